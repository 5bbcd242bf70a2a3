//! Payloads as files in the data folder.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use futures_util::stream;
use tempfile::TempPath;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

use super::{Bytestream, Digesting, Digests, PayloadId, StoreError};

/// What files begin with while they are written.
const INCOMING: &str = "incoming-";
/// How long nothing was written to a file before it counts as left behind by a crash.
const LEFT_BEHIND: Duration = Duration::from_secs(60 * 60);
/// Bytes that are read at a time.
const BLOCK: usize = 64 << 10;

/// The folders of payloads and of parts of payloads.
#[derive(Debug, Clone)]
pub(in crate::store) struct PayloadFolder {
    payloads: PathBuf,
    parts: PathBuf,
}

/// Bytes that are on the disk, but not yet under their name. Dropped, they are gone.
pub(in crate::store) struct Incoming {
    file: TempPath,
    pub digests: Digests,
}

impl PayloadFolder {
    /// Makes the folders if they are missing, and sees that they can be written to.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let (payloads, parts) = (folder.join("payloads"), folder.join("uploads"));
        for folder in [&payloads, &parts] {
            fs::create_dir_all(folder)?;
            tempfile::tempfile_in(folder)?;
        }
        Ok(Self { payloads, parts })
    }

    /// Where a payload's file is, if it is held.
    pub fn path(&self, id: &PayloadId) -> PathBuf {
        self.payloads.join(id.as_str())
    }

    /// Writes a payload down to the disk.
    pub async fn receive(&self, bytes: Bytestream) -> Result<Incoming, StoreError> {
        write(&self.payloads, bytes, u64::MAX).await
    }

    /// Gives a payload its name. The same payload may be held already: then it is the same bytes.
    pub async fn keep(&self, incoming: Incoming) -> Result<(), StoreError> {
        let (folder, path) = (self.payloads.clone(), self.path(&incoming.digests.id));
        blocking(move || persist(incoming.file, &path, &folder)).await
    }

    /// Removes a payload, if it is held.
    pub async fn remove(&self, id: &PayloadId) -> Result<(), StoreError> {
        let path = self.path(id);
        blocking(move || remove(&path)).await
    }

    /// Stores part `number` of an upload, instead of one that is there.
    pub async fn put_part(
        &self,
        upload: &str,
        number: u32,
        bytes: Bytestream,
        at_most: u64,
    ) -> Result<Digests, StoreError> {
        let Incoming { file, digests } = write(&self.parts, bytes, at_most).await?;
        let (folder, path) = (self.parts.clone(), self.part(upload, number));
        blocking(move || persist(file, &path, &folder)).await?;
        Ok(digests)
    }

    /// The bytes of parts 1 to `count` of an upload, one after the other.
    pub fn parts(&self, upload: &str, count: u32) -> Bytestream {
        let paths: Vec<_> = (1..=count).map(|number| self.part(upload, number)).collect();
        Box::pin(stream::iter(paths).then(|path| async move { read(&path).await }).flat_map(|opened| match opened {
            Ok(bytes) => bytes,
            Err(error) => Box::pin(stream::iter([Err(error)])),
        }))
    }

    /// Removes all parts of an upload.
    pub async fn remove_parts(&self, upload: &str, count: u32) -> Result<(), StoreError> {
        let paths: Vec<_> = (1..=count).map(|number| self.part(upload, number)).collect();
        blocking(move || paths.iter().try_for_each(|path| remove(path))).await
    }

    fn part(&self, upload: &str, number: u32) -> PathBuf {
        self.parts.join(format!("{upload}-{number}"))
    }
}

/// The bytes of a file.
pub(in crate::store) async fn read(path: &Path) -> Result<Bytestream, StoreError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Unreadable { path, source }
    };
    let file = tokio::fs::File::open(path).await.map_err(unreadable(path))?;
    let path = path.to_owned();
    let bytes = ReaderStream::with_capacity(file, BLOCK);
    Ok(Box::pin(bytes.map(move |read| read.map_err(unreadable(&path)))))
}

/// Writes at most `at_most` bytes to a temporary file in `folder`, down to the disk.
async fn write(folder: &Path, mut bytes: Bytestream, at_most: u64) -> Result<Incoming, StoreError> {
    let folder = folder.to_owned();
    let temporary = blocking(move || {
        remove_left_behind(&folder)?;
        tempfile::Builder::new().prefix(INCOMING).tempfile_in(&folder)
    });
    let (file, path) = temporary.await?.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let mut digesting = Digesting::default();
    while let Some(bytes) = bytes.next().await {
        let bytes = bytes?;
        digesting.update(&bytes);
        if digesting.size > at_most {
            return Err(StoreError::TooLong { at_most });
        }
        file.write_all(&bytes).await.map_err(StoreError::Storing)?;
    }
    file.flush().await.map_err(StoreError::Storing)?;
    file.sync_all().await.map_err(StoreError::Storing)?;
    Ok(Incoming { file: path, digests: digesting.finish() })
}

fn persist(file: TempPath, path: &Path, folder: &Path) -> io::Result<()> {
    file.persist(path).map_err(|error| error.error)?;
    // A rename is on the disk only when its folder is.
    #[cfg(unix)]
    File::open(folder).and_then(|folder| folder.sync_all())?;
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn remove_left_behind(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_incoming = entry.file_name().to_string_lossy().starts_with(INCOMING);
        let modified = || entry.metadata()?.modified();
        if is_incoming
            && modified()
                .is_ok_and(|time| SystemTime::now().duration_since(time).is_ok_and(|unchanged| unchanged > LEFT_BEHIND))
        {
            // Another process may have removed it in between: then it is gone as well.
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// Does what waits for the disk on a thread for that.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)));
    done.map_err(StoreError::Storing)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn bytes(parts: &[&'static [u8]]) -> Bytestream {
        Box::pin(stream::iter(parts.iter().map(|part| Ok(Bytes::from_static(part))).collect::<Vec<_>>()))
    }

    fn count(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn what_a_crash_left_behind_is_removed_when_it_is_old() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("incoming-old"), folder.path().join("incoming-new"));
        File::create(&old).unwrap().set_modified(SystemTime::now() - 2 * LEFT_BEHIND).unwrap();
        File::create(&new).unwrap();
        remove_left_behind(folder.path()).unwrap();
        assert_eq!((old.exists(), new.exists()), (false, true));
    }

    #[tokio::test]
    async fn a_payload_that_was_not_kept_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let files = PayloadFolder::open(folder.path()).unwrap();
        let incoming = files.receive(bytes(&[b"a", b"bc"])).await.unwrap();
        assert_eq!((count(&files.payloads), incoming.digests.size), (1, 3));
        drop(incoming);
        assert_eq!(count(&files.payloads), 0);
    }

    #[tokio::test]
    async fn parts_are_read_in_their_order_and_put_again_when_they_failed() {
        let folder = tempfile::tempdir().unwrap();
        let files = PayloadFolder::open(folder.path()).unwrap();
        for (number, part) in [(2, &b"second"[..]), (1, b"frist"), (1, b"first ")] {
            files.put_part("upload", number, bytes(&[part]), 6).await.unwrap();
        }
        let too_long = files.put_part("upload", 1, bytes(&[b"much ", b"too long"]), 6).await;
        assert!(matches!(too_long, Err(StoreError::TooLong { at_most: 6 })));
        let incoming = files.receive(files.parts("upload", 2)).await.unwrap();
        let id = incoming.digests.id.clone();
        files.keep(incoming).await.unwrap();
        assert_eq!(fs::read(files.path(&id)).unwrap(), b"first second");
        files.remove_parts("upload", 2).await.unwrap();
        assert_eq!(count(&files.parts), 0);
        assert!(matches!(files.receive(files.parts("upload", 2)).await, Err(StoreError::Unreadable { .. })));
    }
}
