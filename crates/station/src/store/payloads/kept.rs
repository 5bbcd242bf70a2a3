//! Payloads that were asked for, whole in memory.
//!
//! A fleet that updates asks for the same few payloads, most of them in small ranges. From memory a range costs neither
//! a turn of a thread nor a question to a bucket. What is there never changes, so it is right as long as it is held.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::PayloadId;

/// Bytes of the largest payload that is kept: more than most images of an STM32's flash have.
pub(super) const LARGEST: u64 = 4 << 20;
/// Bytes of all payloads that are kept.
const MOST: usize = 64 << 20;

#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    payloads: HashMap<PayloadId, Bytes>,
    /// Those kept first first.
    order: VecDeque<PayloadId>,
    size: usize,
}

impl Kept {
    pub fn get(&self, id: &PayloadId) -> Option<Bytes> {
        self.memory().payloads.get(id).cloned()
    }

    /// Keeps a payload; those that were kept first go first.
    pub fn keep(&self, id: &PayloadId, bytes: Bytes) {
        let mut memory = self.memory();
        memory.size += bytes.len();
        if let Some(same) = memory.payloads.insert(id.clone(), bytes) {
            memory.size -= same.len();
            return;
        }
        memory.order.push_back(id.clone());
        while memory.size > MOST
            && let Some(oldest) = memory.order.pop_front()
        {
            memory.size -= memory.payloads.remove(&oldest).map_or(0, |bytes| bytes.len());
        }
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        *self.memory() = Memory::default();
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_take_a_fixed_share_of_memory_and_those_kept_first_go_first() {
        let kept = Kept::default();
        let id = |digit: char| digit.to_string().repeat(64).parse::<PayloadId>().unwrap();
        for digit in ['a', 'b', 'a', 'c'] {
            kept.keep(&id(digit), vec![0; MOST / 2].into());
        }
        assert_eq!(['a', 'b', 'c'].map(|digit| kept.get(&id(digit)).is_some()), [false, true, true]);
        assert_eq!(kept.memory().size, MOST / 2 * 2);
        kept.clear();
        assert_eq!((kept.get(&id('b')), kept.memory().size), (None, 0));
    }
}
