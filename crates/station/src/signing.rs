//! The key with which the maker of a device signs releases, kept in a file of its own: never in the data folder, for who
//! has the station must not have the key.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ed25519_dalek::Signer;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use release_feed::{PublicKey, Signature, Statement, link_statement};

/// An Ed25519 key in a PEM file as RFC 8410 has it, so that other tools can make it and use it.
pub struct SigningKey(ed25519_dalek::SigningKey);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be written; one that is there already is left alone.
    #[error("the key cannot be written to {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("the key {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It holds no such key.
    #[error("{} holds no Ed25519 private key in PEM; `station keys new` makes one", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for a key: {0}")]
    Random(String),
}

impl SigningKey {
    /// Makes a key and writes it to `path`, where nothing may be yet. Only its owner may read the file.
    ///
    /// # Errors
    /// [`KeyError::Unwritable`] or [`KeyError::Random`].
    pub fn create(path: &Path) -> Result<Self, KeyError> {
        let unwritable = |source| KeyError::Unwritable { path: path.to_owned(), source };
        let mut secret_key = [0; 32];
        getrandom::fill(&mut secret_key).map_err(|error| KeyError::Random(error.to_string()))?;
        // Without the public key in it, which several tools do not expect there.
        let pem = KeypairBytes { secret_key, public_key: None }.to_pkcs8_pem(LineEnding::LF);
        let pem = pem.map_err(|error| unwritable(io::Error::other(error)))?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(unwritable)?;
        file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(unwritable)?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&secret_key)))
    }

    /// Reads the key in `path`.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`] or [`KeyError::NoKey`].
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let pem = fs::read_to_string(path).map_err(|source| KeyError::Unreadable { path: path.to_owned(), source })?;
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(&pem);
        key.map(Self).map_err(|_| KeyError::NoKey { path: path.to_owned() })
    }

    /// What pages are given, to believe this key.
    pub fn public_key(&self) -> PublicKey {
        release_feed::Bytes(self.0.verifying_key().to_bytes())
    }

    /// Signs a statement.
    pub fn sign(&self, statement: &Statement) -> Signature {
        release_feed::Bytes(self.0.sign(statement.to_string().as_bytes()).to_bytes())
    }

    /// Signs a link with these parameters, as they stand in the address.
    pub fn sign_link(&self, parameters: &str) -> Signature {
        release_feed::Bytes(self.0.sign(link_statement(parameters).as_bytes()).to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use ed25519_dalek::{Verifier, VerifyingKey};
    use tempfile::tempdir;

    use super::*;

    #[test]
    fn a_key_is_read_again_as_it_was_made_and_its_owner_alone_may_read_it() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("maker.pem");
        let made = SigningKey::create(&path).unwrap();
        assert_eq!(SigningKey::read(&path).unwrap().public_key(), made.public_key());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_is_there_is_never_overwritten() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("maker.pem");
        let first = SigningKey::create(&path).unwrap().public_key();
        assert!(matches!(SigningKey::create(&path), Err(KeyError::Unwritable { .. })));
        assert_eq!(SigningKey::read(&path).unwrap().public_key(), first);
    }

    #[test]
    fn what_is_no_key_is_told_as_such() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        fs::write(&path, "hello").unwrap();
        assert!(matches!(SigningKey::read(&path), Err(KeyError::NoKey { .. })));
        assert!(matches!(SigningKey::read(&folder.path().join("none")), Err(KeyError::Unreadable { .. })));
    }

    /// The key of RFC 8032 §7.1, TEST 1, as RFC 8410 writes keys.
    #[test]
    fn a_key_that_another_tool_made_signs_as_the_standard_says() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("other.pem");
        let body = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
        fs::write(&path, format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")).unwrap();
        let key = SigningKey::read(&path).unwrap();
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(key.public_key().to_string(), public);
        let statement = Statement {
            software_type: "stm32-fw".parse().unwrap(),
            hardware_version: "mp".parse().unwrap(),
            version: "1.2.0".parse().unwrap(),
            sha256: release_feed::Bytes([1; 32]),
            downgrade_allowed: false,
        };
        let signature = ed25519_dalek::Signature::from_bytes(&key.sign(&statement).0);
        let verifying = VerifyingKey::from_bytes(&key.public_key().0).unwrap();
        verifying.verify(statement.to_string().as_bytes(), &signature).unwrap();
    }
}
