//! Payloads, each named by its SHA-256, and the parts of those on their way.

mod bucket;
mod folder;

use std::collections::HashMap;
use std::fmt;
use std::io::{self, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::Utc;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use md5::Md5;
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, GetResultPayload, ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};
use release_feed::hex;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::{StoreError, secret};

pub use bucket::{BucketUrl, BucketUrlError};
pub(super) use folder::read_file;

use folder::{open_folder, remove_unfinished};

/// The folders, or what objects' names begin with.
const PAYLOADS: &str = "payloads";
const UPLOADS: &str = "uploads";
const INCOMING: &str = "incoming";
/// How long nothing was written to what counts as left behind by a crash.
const LEFT_BEHIND: Duration = Duration::from_secs(60 * 60);
/// Bytes that are read of a file at a time.
const BLOCK: usize = 64 << 10;
/// Bytes that are sent to a bucket at a time, of which 5 MiB is the least that S3 takes; as much is held in memory
/// before a payload counts as large.
const CHUNK: usize = 8 << 20;
/// How many of them may be on their way at a time.
const CHUNKS_AT_A_TIME: usize = 3;
/// How many sizes are remembered.
const MOST_SIZES: usize = 10_000;

/// Bytes as they come, until the end or an error.
pub type Bytestream = Pin<Box<dyn Stream<Item = Result<Bytes, StoreError>> + Send>>;

/// The SHA-256 of a payload: 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PayloadId(String);

impl PayloadId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PayloadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a payload is named by 64 lower-case hexadecimal digits")]
pub struct PayloadIdError;

impl FromStr for PayloadId {
    type Err = PayloadIdError;

    fn from_str(text: &str) -> Result<Self, PayloadIdError> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 64 && text.bytes().all(is_digit) { Ok(Self(text.to_owned())) } else { Err(PayloadIdError) }
    }
}

/// What tells a payload from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digests {
    /// Bytes.
    pub size: u64,
    /// MD5, hexadecimal.
    pub md5: String,
    /// SHA-1, hexadecimal.
    pub sha1: String,
    /// SHA-256.
    pub id: PayloadId,
}

/// Digests of bytes that come one after the other.
#[derive(Default)]
struct Digesting {
    size: u64,
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
}

impl Digesting {
    fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.md5.update(bytes);
        self.sha1.update(bytes);
        self.sha256.update(bytes);
    }

    fn finish(self) -> Digests {
        Digests {
            size: self.size,
            md5: hex(&self.md5.finalize()),
            sha1: hex(&self.sha1.finalize()),
            id: PayloadId(hex(&self.sha256.finalize())),
        }
    }
}

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
    objects: Arc<dyn ObjectStore>,
    place: ObjectPath,
    size: u64,
}

impl Payload {
    /// Bytes, at least 1.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// These bytes of it, as they come: no more than a few blocks are in memory at a time.
    ///
    /// # Errors
    /// [`StoreError::NoPayload`] if it was removed meanwhile, or [`StoreError::Payloads`]; the bytes may end with the
    /// latter, too.
    pub async fn read(&self, range: Range<u64>) -> Result<Bytestream, StoreError> {
        read(&*self.objects, &self.place, Some(range)).await
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
        let payloads = Self { objects, prefix, folder, sizes: Mutex::default() };
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
        Ok(Some(Payload { objects: Arc::clone(&self.objects), place, size }))
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
        self.sizes().remove(id);
        self.delete(&self.payload(id)).await
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
            Some(folder) => {
                let removed = tokio::task::spawn_blocking(move || remove_unfinished(&folder)).await;
                Ok(removed.unwrap_or_else(|error| Err(io::Error::other(error)))?)
            }
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
        GetResultPayload::File(file, _) => {
            let mut file = tokio::fs::File::from_std(file);
            file.seek(SeekFrom::Start(found.range.start)).await?;
            let bytes = file.take(found.range.end - found.range.start);
            Ok(Box::pin(ReaderStream::with_capacity(bytes, BLOCK).map_err(StoreError::from)))
        }
        GetResultPayload::Stream(bytes) => Ok(Box::pin(bytes.map_err(StoreError::from))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_named_by_64_lower_case_digits() {
        assert!("0123456789abcdef".repeat(4).parse::<PayloadId>().is_ok());
        for wrong in ["", "../../etc/passwd", &"A".repeat(64), &"a".repeat(63), &"a".repeat(65)] {
            assert_eq!(wrong.parse::<PayloadId>(), Err(PayloadIdError), "{wrong}");
        }
    }

    #[test]
    fn bytes_have_the_digests_of_the_standards() {
        let mut digesting = Digesting::default();
        digesting.update(b"a");
        digesting.update(b"bc");
        let digests = digesting.finish();
        // The digests of "abc" are test vectors of RFC 1321 and FIPS 180.
        assert_eq!((digests.size, &*digests.md5), (3, "900150983cd24fb0d6963f7d28e17f72"));
        assert_eq!(digests.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(digests.id.as_str().starts_with("ba7816bf8f01cfea"));
    }
}
