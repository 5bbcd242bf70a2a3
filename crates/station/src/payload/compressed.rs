//! Payloads that were compressed, kept for whoever asks next.
//!
//! A payload is compressed once, when somebody first asks for it so, and behind that one's back: whoever comes first
//! gets it as it is and waits for nothing. Compressed copies are kept in memory, of which they take a fixed share;
//! those made first go first.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use release_feed::hex;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::coding::Coding;
use crate::store::PayloadId;

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

    /// Sees to it that there will be a copy of the payload, whose file of `length` bytes is at `path`.
    pub(super) fn want(&self, id: &PayloadId, coding: Coding, path: PathBuf, length: u64) {
        let name = (id.clone(), coding);
        {
            let mut kept = self.kept();
            if length > LARGEST || kept.outcomes.contains_key(&name) {
                return;
            }
            kept.outcomes.insert(name.clone(), Outcome::Working);
        }
        let all = self.clone();
        tokio::spawn(async move {
            let Ok(_turn) = all.turn.acquire().await else { return };
            let work = tokio::task::spawn_blocking(move || {
                let made = make(&name, path);
                (name, made)
            });
            match work.await {
                Ok((name, Ok(Some(copy)))) => all.keep(name, copy),
                Ok((name, Ok(None))) => all.give_up(name),
                Ok((name, Err(error))) => {
                    tracing::error!("payload {} cannot be compressed: {error}", name.0);
                    all.give_up(name);
                }
                Err(error) => tracing::error!("{error}"),
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
fn make(name: &Name, path: PathBuf) -> io::Result<Option<Copy>> {
    let (id, coding) = name;
    let file = File::open(path)?;
    let length = file.metadata()?.len() as usize;
    let bytes = coding.compress(file)?;
    if bytes.len() > length - length / WORTH {
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
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("random");
        let mut bytes = vec![0; 10_000];
        getrandom::fill(&mut bytes).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(make(&name('a'), path.clone()).unwrap(), None);
        std::fs::write(&path, [7; 10_000]).unwrap();
        assert!(make(&name('a'), path).unwrap().is_some());
    }
}
