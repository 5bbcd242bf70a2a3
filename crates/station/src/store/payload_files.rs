//! Payloads as files, each named by its SHA-256.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use md5::Md5;
use release_feed::hex;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::StoreError;

/// What files begin with while they are written.
const INCOMING: &str = "incoming-";
/// How long nothing was written to a file before it counts as left behind by a crash.
const LEFT_BEHIND: Duration = Duration::from_secs(60 * 60);

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

/// The folder of payloads.
#[derive(Debug, Clone)]
pub(super) struct PayloadFiles {
    folder: PathBuf,
}

/// A payload that is written, but not yet under its name. Dropped, it is gone.
pub(super) struct Incoming {
    file: NamedTempFile,
    /// Bytes.
    pub size: u64,
    /// MD5, hexadecimal.
    pub md5: String,
    /// SHA-1, hexadecimal.
    pub sha1: String,
    /// SHA-256.
    pub id: PayloadId,
}

impl PayloadFiles {
    /// Makes the folder if it is missing, and sees that it can be written to.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        tempfile::tempfile_in(&folder)?;
        Ok(Self { folder })
    }

    /// Where a payload's file is, if it is held.
    pub fn path(&self, id: &PayloadId) -> PathBuf {
        self.folder.join(id.as_str())
    }

    /// Copies the file at `path` to a temporary one, down to the disk.
    pub async fn receive(&self, path: &Path) -> Result<Incoming, StoreError> {
        let (files, path) = (self.clone(), path.to_owned());
        blocking(move || files.copy(&path)).await
    }

    /// Gives the payload its name. The same payload may be held already: then it is the same bytes.
    pub async fn keep(&self, incoming: Incoming) -> Result<(), StoreError> {
        let files = self.clone();
        blocking(move || files.persist(incoming)).await
    }

    fn copy(&self, path: &Path) -> Result<Incoming, StoreError> {
        let unreadable = |source| StoreError::Unreadable { path: path.to_owned(), source };
        let mut source = File::open(path).map_err(unreadable)?;
        self.remove_left_behind().map_err(StoreError::Storing)?;
        let mut file =
            tempfile::Builder::new().prefix(INCOMING).tempfile_in(&self.folder).map_err(StoreError::Storing)?;
        let (mut md5, mut sha1, mut sha256) = (Md5::new(), Sha1::new(), Sha256::new());
        let mut size = 0;
        let mut block = vec![0; 64 << 10];
        loop {
            let length = match source.read(&mut block) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(error)),
            };
            let bytes = &block[..length];
            file.write_all(bytes).map_err(StoreError::Storing)?;
            md5.update(bytes);
            sha1.update(bytes);
            sha256.update(bytes);
            size += length as u64;
        }
        if size == 0 {
            return Err(StoreError::Empty { path: path.to_owned() });
        }
        file.as_file().sync_all().map_err(StoreError::Storing)?;
        let id = PayloadId(hex(&sha256.finalize()));
        Ok(Incoming { file, size, md5: hex(&md5.finalize()), sha1: hex(&sha1.finalize()), id })
    }

    fn persist(&self, incoming: Incoming) -> Result<(), StoreError> {
        incoming.file.persist(self.path(&incoming.id)).map_err(|error| StoreError::Storing(error.error))?;
        // A rename is on the disk only when its folder is.
        #[cfg(unix)]
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(StoreError::Storing)?;
        Ok(())
    }

    fn remove_left_behind(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let is_incoming = entry.file_name().to_string_lossy().starts_with(INCOMING);
            let modified = || entry.metadata()?.modified();
            if is_incoming
                && modified().is_ok_and(|time| {
                    SystemTime::now().duration_since(time).is_ok_and(|unchanged| unchanged > LEFT_BEHIND)
                })
            {
                // Another process may have removed it in between: then it is gone as well.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }
}

/// Does what waits for the disk on a thread for that.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(StoreError::Storing(io::Error::other(error))))
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
    fn what_a_crash_left_behind_is_removed_when_it_is_old() {
        let folder = tempfile::tempdir().unwrap();
        let files = PayloadFiles::open(folder.path().join("payloads")).unwrap();
        let (old, new) = (files.folder.join("incoming-old"), files.folder.join("incoming-new"));
        File::create(&old).unwrap().set_modified(SystemTime::now() - 2 * LEFT_BEHIND).unwrap();
        File::create(&new).unwrap();
        files.remove_left_behind().unwrap();
        assert_eq!((old.exists(), new.exists()), (false, true));
    }

    #[test]
    fn a_payload_that_was_not_kept_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let files = PayloadFiles::open(folder.path().join("payloads")).unwrap();
        let source = folder.path().join("fw.bin");
        fs::write(&source, b"abc").unwrap();
        let incoming = files.copy(&source).unwrap();
        // The digests of "abc" are test vectors of RFC 1321 and FIPS 180.
        assert_eq!(incoming.md5, "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(incoming.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(incoming.id.as_str().starts_with("ba7816bf8f01cfea"));
        drop(incoming);
        assert_eq!(fs::read_dir(&files.folder).unwrap().count(), 0);
    }
}
