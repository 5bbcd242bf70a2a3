//! What is so only of payloads in a folder.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use tokio_util::io::ReaderStream;

use super::{BLOCK, Bytestream, INCOMING, LEFT_BEHIND, PAYLOADS, StoreError, UPLOADS};

/// What the name of a file has in it that is not whole: objects never have it.
const UNFINISHED: char = '#';

/// Makes the folders if they are missing, and sees that they can be written to.
pub(super) fn open_folder(folder: &Path) -> Result<Arc<dyn ObjectStore>, StoreError> {
    let unwritable = |source| StoreError::Unwritable { path: folder.to_owned(), source };
    for name in [PAYLOADS, UPLOADS, INCOMING] {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).and_then(|()| tempfile::tempfile_in(&folder)).map_err(unwritable)?;
    }
    // What is acknowledged survives a loss of power.
    let files = LocalFileSystem::new_with_prefix(folder).map(|files| files.with_fsync(true));
    files.map(|files| Arc::new(files) as _).map_err(|error| unwritable(io::Error::other(error)))
}

/// Removes files that were being written an hour ago and are not since.
pub(super) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for name in [PAYLOADS, UPLOADS, INCOMING] {
        for entry in fs::read_dir(folder.join(name))? {
            let entry = entry?;
            let is_unfinished = entry.file_name().to_string_lossy().contains(UNFINISHED);
            let modified = || entry.metadata()?.modified();
            let is_old = |time| SystemTime::now().duration_since(time).is_ok_and(|unchanged| unchanged > LEFT_BEHIND);
            if is_unfinished && modified().is_ok_and(is_old) {
                // Another process may have removed it in between: then it is gone as well.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
    Ok(())
}

/// A range of a file's bytes, which it must have. Opening it and reading the first block takes one turn of a thread that
/// may wait for the disk, and each later block one more.
pub(super) async fn blocks(
    open: impl FnOnce() -> io::Result<File> + Send + 'static,
    range: Range<u64>,
) -> Result<Bytestream, StoreError> {
    let left = range.end - range.start;
    let first = blocking(move || {
        let mut file = open()?;
        file.seek(SeekFrom::Start(range.start))?;
        block(file, left)
    });
    let (file, first) = first.await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => StoreError::NoPayload,
        _ => error.into(),
    })?;
    let left = left - first.len() as u64;
    let rest = stream::try_unfold((file, left), |(file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let (file, bytes) = blocking(move || block(file, left)).await?;
        let left = left - bytes.len() as u64;
        Ok(Some((bytes, (file, left))))
    });
    Ok(Box::pin(stream::once(async { Ok(first) }).chain(rest)))
}

/// The next bytes of a file: a whole block, or all that are left to be read.
fn block(mut file: File, left: u64) -> io::Result<(File, Bytes)> {
    let length = left.min(BLOCK as u64);
    let mut bytes = Vec::with_capacity(length as usize);
    if (&mut file).take(length).read_to_end(&mut bytes)? as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((file, bytes.into()))
}

/// Does what waits for the disk on a thread for that.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// The bytes of any file.
pub(in crate::store) async fn read_file(path: &Path) -> Result<Bytestream, StoreError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Unreadable { path: path.clone(), source }
    };
    let file = tokio::fs::File::open(path).await.map_err(unreadable(path))?;
    Ok(Box::pin(ReaderStream::with_capacity(file, BLOCK).map_err(unreadable(path))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_crash_left_behind_is_removed_when_it_is_old() {
        let folder = tempfile::tempdir().unwrap();
        open_folder(folder.path()).unwrap();
        let file = |name: &str, is_old: bool| {
            let path = folder.path().join(name);
            let file = File::create(&path).unwrap();
            if is_old {
                file.set_modified(SystemTime::now() - 2 * LEFT_BEHIND).unwrap();
            }
            path
        };
        let files = [file("payloads/a#1", true), file("payloads/a#2", false), file("payloads/a", true)];
        remove_unfinished(folder.path()).unwrap();
        assert_eq!(files.map(|path| path.exists()), [false, true, true]);
    }

    async fn read(path: &Path, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        let path = path.to_owned();
        let bytes: Vec<_> = blocks(move || File::open(path), range).await?.try_collect().await?;
        Ok(bytes.concat())
    }

    #[tokio::test]
    async fn a_file_is_read_in_blocks_from_anywhere_and_one_that_is_too_short_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("payload");
        let bytes: Vec<_> = (0..3 * BLOCK + 1).map(|place| (place % 251) as u8).collect();
        fs::write(&path, &bytes).unwrap();
        for range in [0..1, 0..BLOCK, 5..2 * BLOCK, BLOCK - 1..3 * BLOCK + 1, 0..3 * BLOCK + 1] {
            let read = read(&path, range.start as u64..range.end as u64).await.unwrap();
            assert!(read == bytes[range.clone()], "{range:?}");
        }
        for range in [0..3 * BLOCK + 2, 3 * BLOCK + 2..3 * BLOCK + 3] {
            let short = read(&path, range.start as u64..range.end as u64).await;
            assert!(matches!(short, Err(StoreError::Payloads(_))), "{range:?}");
        }
        assert!(matches!(read(&folder.path().join("missing"), 0..1).await, Err(StoreError::NoPayload)));
    }
}
