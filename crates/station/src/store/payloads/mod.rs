//! Payloads, each named by its SHA-256, and the parts of those on their way.

mod bucket;
mod digest;
mod folder;
mod kept;

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::Utc;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, GetResultPayload, ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};

use super::StoreError;
use crate::secret;

pub use bucket::{BucketUrl, BucketUrlError};
pub(super) use digest::Digests;
pub use digest::{PayloadId, PayloadIdError};
pub(super) use folder::read_file;

use digest::Digesting;
use folder::{blocking, blocks, open_folder, remove_unfinished};
use kept::{Kept, LARGEST};

/// The folders, or what objects' names begin with.
const PAYLOADS: &str = "payloads";
const UPLOADS: &str = "uploads";
const INCOMING: &str = "incoming";
/// How long nothing was written to what counts as left behind by a crash.
const LEFT_BEHIND: Duration = Duration::from_secs(60 * 60);
/// Bytes that are read of a file at a time: most payloads in one or two.
const BLOCK: usize = 128 << 10;
/// Bytes that are sent to a bucket at a time, of which 5 MiB is the least that S3 takes; as much is held in memory
/// before a payload counts as large.
const CHUNK: usize = 8 << 20;
/// How many of them may be on their way at a time.
const CHUNKS_AT_A_TIME: usize = 3;
/// How many sizes are remembered.
const MOST_SIZES: usize = 10_000;

/// Bytes as they come, until the end or an error.
pub type Bytestream = Pin<Box<dyn Stream<Item = Result<Bytes, StoreError>> + Send>>;

/// The payloads, in the data folder or in a bucket of a store that speaks S3's protocol.
///
/// * `payloads/SHA256`: the payloads. What has such a name is whole, and never changes.
/// * `uploads/TOKEN-NUMBER`: parts of payloads.
/// * `incoming/RANDOM`: payloads whose digest is not known as yet. In memory instead if they are small.
#[derive(Debug)]
pub(super) struct Payloads {
    objects: Arc<dyn ObjectStore>,
    prefix: ObjectPath,
    /// The data folder, if that is where they are.
    folder: Option<PathBuf>,
    /// Sizes of payloads that were asked for: asking a bucket takes as long as the first bytes do.
    sizes: Mutex<HashMap<PayloadId, u64>>,
    kept: Arc<Kept>,
}

/// Bytes that are stored, but not yet under their name. Never kept, they are gone, at once or after a while.
#[derive(Debug)]
pub(super) struct Incoming {
    pub digests: Digests,
    held: Held,
}

/// Where [`Incoming`] bytes are.
#[derive(Debug)]
enum Held {
    Memory(PutPayload),
    Object(ObjectPath),
}

/// A payload that is held.
#[derive(Debug, Clone)]
pub struct Payload {
    id: PayloadId,
    size: u64,
    whereabouts: Whereabouts,
}

/// Where a payload's bytes are.
#[derive(Debug, Clone)]
enum Whereabouts {
    /// In memory.
    Here(Bytes),
    /// Where they are stored; they may come into memory.
    There(Stored),
}

/// Where a payload is stored.
#[derive(Debug, Clone)]
struct Stored {
    kept: Arc<Kept>,
    objects: Arc<dyn ObjectStore>,
    place: ObjectPath,
    /// If that is a file.
    file: Option<PathBuf>,
}

impl Payload {
    /// Bytes, at least 1.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// These bytes of it, if it is in memory.
    pub fn in_memory(&self, range: &Range<u64>) -> Option<Bytes> {
        let Whereabouts::Here(whole) = &self.whereabouts else { return None };
        Some(whole.slice(range.start as usize..range.end as usize))
    }

    /// These bytes of it, as they come: no more than a few blocks are in memory at a time.
    ///
    /// # Errors
    /// [`StoreError::NoPayload`] if it was removed meanwhile, or [`StoreError::Payloads`]; the bytes may end with the
    /// latter, too.
    pub async fn read(&self, range: Range<u64>) -> Result<Bytestream, StoreError> {
        let whole = match &self.whereabouts {
            Whereabouts::Here(whole) => whole.clone(),
            Whereabouts::There(stored) if self.size > LARGEST => return stored.stream(range).await,
            Whereabouts::There(stored) => match stored.kept.get(&self.id) {
                Some(whole) => whole,
                None => self.whole(stored).await?,
            },
        };
        let part = whole.slice(range.start as usize..range.end as usize);
        Ok(Box::pin(stream::once(async { Ok(part) })))
    }

    /// All of it, kept for the next one; but only if it is what its name says.
    async fn whole(&self, stored: &Stored) -> Result<Bytes, StoreError> {
        let parts: Vec<_> = stored.stream(0..self.size).await?.try_collect().await?;
        let whole = Bytes::from(parts.concat());
        let mut digesting = Digesting::default();
        digesting.update(&whole);
        if digesting.finish().id != self.id {
            return Err(StoreError::Payloads(format!("payload {} is damaged: its SHA-256 is another", self.id)));
        }
        stored.kept.keep(&self.id, whole.clone());
        Ok(whole)
    }
}

impl Stored {
    async fn stream(&self, range: Range<u64>) -> Result<Bytestream, StoreError> {
        match self.file.clone() {
            // At once, and not by way of asking whether it is there.
            Some(path) => blocks(move || File::open(path), range).await,
            None => read(&*self.objects, &self.place, Some(range)).await,
        }
    }
}

impl Payloads {
    /// Opens the bucket, or the folders in the data folder, which it makes if they are missing. Either must be of use.
    pub async fn open(folder: &Path, bucket: Option<&BucketUrl>) -> Result<Self, StoreError> {
        let (objects, prefix) = match bucket {
            Some(url) => url.open()?,
            None => (open_folder(folder)?, ObjectPath::default()),
        };
        let folder = bucket.is_none().then(|| folder.to_owned());
        let payloads = Self { objects, prefix, folder, sizes: Mutex::default(), kept: Arc::default() };
        // A bucket says only when it is asked whether it is there, and for whom.
        let incoming = payloads.objects.list(Some(&payloads.place(&[INCOMING]))).next().await.transpose();
        match (incoming, bucket) {
            (Err(error), Some(url)) => Err(url.cannot_be_used(&error)),
            (Err(error), None) => Err(error.into()),
            (Ok(_), _) => Ok(payloads),
        }
    }

    /// A payload, if it is held.
    pub async fn get(&self, id: &PayloadId) -> Result<Option<Payload>, StoreError> {
        if let Some(whole) = self.kept.get(id) {
            let size = whole.len() as u64;
            return Ok(Some(Payload { id: id.clone(), size, whereabouts: Whereabouts::Here(whole) }));
        }
        let place = self.payload(id);
        let known = self.sizes().get(id).copied();
        let size = match known {
            Some(size) => size,
            None => match self.objects.head(&place).await {
                Ok(about) => about.size,
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            },
        };
        let mut sizes = self.sizes();
        if sizes.len() >= MOST_SIZES {
            sizes.clear();
        }
        sizes.insert(id.clone(), size);
        let file = self.folder.as_ref().map(|folder| folder.join(PAYLOADS).join(id.as_str()));
        let (kept, objects) = (Arc::clone(&self.kept), Arc::clone(&self.objects));
        let stored = Stored { kept, objects, place, file };
        Ok(Some(Payload { id: id.clone(), size, whereabouts: Whereabouts::There(stored) }))
    }

    /// Stores a payload, without its name as yet.
    pub async fn receive(&self, bytes: Bytestream) -> Result<Incoming, StoreError> {
        self.remove_left_behind().await?;
        let place = self.place(&[INCOMING, &secret::short()?]);
        let (digests, small) = self.write(bytes, u64::MAX, &place).await?;
        Ok(Incoming { digests, held: small.map_or(Held::Object(place), Held::Memory) })
    }

    /// Gives a payload its name. The same payload may be held already: then it is the same bytes.
    pub async fn keep(&self, Incoming { digests, held }: Incoming) -> Result<(), StoreError> {
        let place = self.payload(&digests.id);
        match held {
            Held::Memory(bytes) => self.objects.put(&place, bytes).await.map(|_| ())?,
            Held::Object(incoming) => self.objects.rename(&incoming, &place).await?,
        }
        Ok(())
    }

    /// Removes a payload, if it is held.
    pub async fn remove(&self, id: &PayloadId) -> Result<(), StoreError> {
        self.forget();
        self.delete(&self.payload(id)).await
    }

    /// Forgets what is remembered of payloads: some may have been removed.
    pub fn forget(&self) {
        self.sizes().clear();
        self.kept.clear();
    }

    /// Stores part `number` of an upload, of at most `at_most` bytes, instead of one that is there.
    pub async fn put_part(
        &self,
        upload: &str,
        number: u32,
        bytes: Bytestream,
        at_most: u64,
    ) -> Result<Digests, StoreError> {
        let place = self.part(upload, number);
        let (digests, small) = self.write(bytes, at_most, &place).await?;
        if let Some(bytes) = small {
            self.objects.put(&place, bytes).await?;
        }
        Ok(digests)
    }

    /// The bytes of parts 1 to `count` of an upload, one after the other.
    pub fn parts(&self, upload: &str, count: u32) -> Bytestream {
        let places: Vec<_> = (1..=count).map(|number| self.part(upload, number)).collect();
        let objects = Arc::clone(&self.objects);
        let parts = stream::iter(places).then(move |place| {
            let objects = Arc::clone(&objects);
            async move { read(&*objects, &place, None).await }
        });
        Box::pin(parts.try_flatten())
    }

    /// Removes all parts of an upload.
    pub async fn remove_parts(&self, upload: &str, count: u32) -> Result<(), StoreError> {
        for number in 1..=count {
            self.delete(&self.part(upload, number)).await?;
        }
        Ok(())
    }

    /// Writes what comes to `place`; or gives it back, where it is little enough to do without being put together.
    async fn write(
        &self,
        mut bytes: Bytestream,
        at_most: u64,
        place: &ObjectPath,
    ) -> Result<(Digests, Option<PutPayload>), StoreError> {
        let mut digesting = Digesting::default();
        let mut first = vec![];
        let mut rest: Option<WriteMultipart> = None;
        let written = async {
            while let Some(bytes) = bytes.next().await {
                let bytes = bytes?;
                digesting.update(&bytes);
                if digesting.size > at_most {
                    return Err(StoreError::TooLong { at_most });
                }
                match &mut rest {
                    None => first.push(bytes),
                    Some(rest) => {
                        rest.wait_for_capacity(CHUNKS_AT_A_TIME).await?;
                        rest.put(bytes);
                    }
                }
                if rest.is_none() && digesting.size > CHUNK as u64 {
                    let upload = self.objects.put_multipart(place).await?;
                    let rest = rest.insert(WriteMultipart::new_with_chunk_size(upload, CHUNK));
                    first.drain(..).for_each(|bytes| rest.put(bytes));
                }
            }
            Ok(())
        };
        match (written.await, rest) {
            (Ok(()), None) => Ok((digesting.finish(), Some(first.into_iter().collect()))),
            (Ok(()), Some(rest)) => {
                rest.finish().await?;
                Ok((digesting.finish(), None))
            }
            (Err(error), rest) => {
                if let Some(rest) = rest {
                    // What is the matter is told by the first error.
                    let _ = rest.abort().await;
                }
                Err(error)
            }
        }
    }

    async fn delete(&self, place: &ObjectPath) -> Result<(), StoreError> {
        match self.objects.delete(place).await {
            Err(error) if !matches!(error, object_store::Error::NotFound { .. }) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Removes what was never kept because a program came to its end: objects, and the files that become such.
    async fn remove_left_behind(&self) -> Result<(), StoreError> {
        let mut incoming = self.objects.list(Some(&self.place(&[INCOMING])));
        while let Some(object) = incoming.try_next().await? {
            if Utc::now().signed_duration_since(object.last_modified).to_std().is_ok_and(|age| age > LEFT_BEHIND) {
                self.delete(&object.location).await?;
            }
        }
        match self.folder.clone() {
            Some(folder) => Ok(blocking(move || remove_unfinished(&folder)).await?),
            None => Ok(()),
        }
    }

    fn payload(&self, id: &PayloadId) -> ObjectPath {
        self.place(&[PAYLOADS, id.as_str()])
    }

    fn part(&self, upload: &str, number: u32) -> ObjectPath {
        self.place(&[UPLOADS, &format!("{upload}-{number}")])
    }

    fn place(&self, names: &[&str]) -> ObjectPath {
        names.iter().fold(self.prefix.clone(), |place, name| place.join(*name))
    }

    fn sizes(&self) -> MutexGuard<'_, HashMap<PayloadId, u64>> {
        self.sizes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(
    objects: &dyn ObjectStore,
    place: &ObjectPath,
    range: Option<Range<u64>>,
) -> Result<Bytestream, StoreError> {
    let options = GetOptions::new().with_range(range);
    let found = objects.get_opts(place, options).await?;
    match found.payload {
        // Read in larger blocks than the other arm would.
        GetResultPayload::File(file, _) => blocks(|| Ok(file), found.range).await,
        GetResultPayload::Stream(bytes) => Ok(Box::pin(bytes.map_err(StoreError::from))),
    }
}
