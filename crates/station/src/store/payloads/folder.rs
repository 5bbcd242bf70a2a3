//! What is so only of payloads in a folder.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use std::{fs, io};

use futures_util::TryStreamExt;
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
            let file = fs::File::create(&path).unwrap();
            if is_old {
                file.set_modified(SystemTime::now() - 2 * LEFT_BEHIND).unwrap();
            }
            path
        };
        let files = [file("payloads/a#1", true), file("payloads/a#2", false), file("payloads/a", true)];
        remove_unfinished(folder.path()).unwrap();
        assert_eq!(files.map(|path| path.exists()), [false, true, true]);
    }
}
