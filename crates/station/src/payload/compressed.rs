//! Payloads that were compressed, kept for whoever asks next.
//!
//! A payload is compressed once, when somebody first asks for it so, and behind that one's back: whoever comes first
//! gets it as it is and waits for nothing. Compressed copies are kept in memory, of which they take a fixed share;
//! those made first go first.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::TryStreamExt;
use release_feed::hex;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::coding::Coding;
use crate::store::{Payload, PayloadId, StoreError};

/// Bytes of the largest payload that is compressed: more than any image of an STM32's flash has.
const LARGEST: u64 = 16 << 20;
/// Bytes of all compressed copies.
const MOST: usize = 64 << 20;
/// A copy is kept if it is at least this part smaller: 1/20.
const WORTH: usize = 20;

/// A payload, compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copy {
    pub bytes: Bytes,
    /// A strong tag. It holds a digest of the copy: two stations may compress one payload to different bytes.
    pub tag: String,
}

type Name = (PayloadId, Coding);

/// What became of a payload's compression.
#[derive(Debug)]
enum Outcome {
    Working,
    /// It is no smaller, or could not be read.
    Useless,
    Done(Copy),
}

#[derive(Debug, Default)]
struct Kept {
    outcomes: HashMap<Name, Outcome>,
    /// The copies, those made first first.
    order: VecDeque<Name>,
    /// Bytes of all copies.
    size: usize,
}

/// All copies of a station.
#[derive(Debug, Clone)]
pub(crate) struct Compressed {
    kept: Arc<Mutex<Kept>>,
    /// One at a time: it is no hurry, and requests need the processors too.
    turn: Arc<Semaphore>,
    most: usize,
}

impl Default for Compressed {
    fn default() -> Self {
        Self { kept: Arc::default(), turn: Arc::new(Semaphore::new(1)), most: MOST }
    }
}

impl Compressed {
    /// The copy, if there is one.
    pub(super) fn find(&self, id: &PayloadId, coding: Coding) -> Option<Copy> {
        match self.kept().outcomes.get(&(id.clone(), coding)) {
            Some(Outcome::Done(copy)) => Some(copy.clone()),
            _ => None,
        }
    }

    /// Sees to it that there will be a copy of the payload.
    pub(super) fn want(&self, id: &PayloadId, coding: Coding, payload: Payload) {
        let name = (id.clone(), coding);
        {
            let mut kept = self.kept();
            if payload.size() > LARGEST || kept.outcomes.contains_key(&name) {
                return;
            }
            kept.outcomes.insert(name.clone(), Outcome::Working);
        }
        let all = self.clone();
        tokio::spawn(async move {
            let Ok(_turn) = all.turn.acquire().await else { return };
            match make(&name, &payload).await {
                Ok(Some(copy)) => all.keep(name, copy),
                Ok(None) => all.give_up(name),
                Err(error) => {
                    tracing::error!("payload {} cannot be compressed: {error}", name.0);
                    all.give_up(name);
                }
            }
        });
    }

    fn keep(&self, name: Name, copy: Copy) {
        let mut kept = self.kept();
        kept.size += copy.bytes.len();
        kept.outcomes.insert(name.clone(), Outcome::Done(copy));
        kept.order.push_back(name);
        while kept.size > self.most
            && let Some(oldest) = kept.order.pop_front()
        {
            // Asked for again, it is made again.
            if let Some(Outcome::Done(copy)) = kept.outcomes.remove(&oldest) {
                kept.size -= copy.bytes.len();
            }
        }
    }

    fn give_up(&self, name: Name) {
        self.kept().outcomes.insert(name, Outcome::Useless);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a copy, if it is of use.
async fn make(name: &Name, payload: &Payload) -> Result<Option<Copy>, StoreError> {
    let parts: Vec<_> = payload.read(0..payload.size()).await?.try_collect().await?;
    let name = name.clone();
    let work = tokio::task::spawn_blocking(move || compress(&name, &parts.concat()));
    Ok(work.await.unwrap_or_else(|error| Err(io::Error::other(error)))?)
}

fn compress((id, coding): &Name, plain: &[u8]) -> io::Result<Option<Copy>> {
    let bytes = coding.compress(plain)?;
    if bytes.len() > plain.len() - plain.len() / WORTH {
        return Ok(None);
    }
    let digest = hex(&Sha256::digest(&bytes)[..8]);
    Ok(Some(Copy { tag: format!("\"{id}-{}-{digest}\"", coding.name()), bytes: bytes.into() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(length: usize) -> Copy {
        Copy { bytes: vec![0; length].into(), tag: String::new() }
    }

    fn name(digit: char) -> Name {
        (digit.to_string().repeat(64).parse().unwrap(), Coding::Gzip)
    }

    #[test]
    fn copies_take_a_fixed_share_of_memory_and_those_made_first_go_first() {
        let all = Compressed { most: 100, ..Compressed::default() };
        for digit in ['a', 'b', 'c'] {
            all.keep(name(digit), copy(40));
        }
        let is_kept = |digit| all.find(&name(digit).0, Coding::Gzip).is_some();
        assert_eq!(['a', 'b', 'c'].map(is_kept), [false, true, true]);
        all.keep(name('d'), copy(101));
        assert_eq!(['b', 'c', 'd'].map(is_kept), [false, false, false]);
        assert_eq!(all.kept().size, 0);
    }

    #[test]
    fn what_does_not_get_smaller_is_not_kept() {
        let mut bytes = [0; 10_000];
        getrandom::fill(&mut bytes).unwrap();
        assert_eq!(compress(&name('a'), &bytes).unwrap(), None);
        assert!(compress(&name('a'), &[7; 10_000]).unwrap().is_some());
    }
}
