//! What is random, and what is kept of it.

use release_feed::hex;
use sha2::{Digest, Sha256};

use super::StoreError;

/// 16 random bytes as 32 hexadecimal digits, as many as Memfault's project keys have characters.
pub(super) fn short() -> Result<String, StoreError> {
    random::<16>()
}

/// 32 random bytes as 64 hexadecimal digits.
pub(super) fn long() -> Result<String, StoreError> {
    random::<32>()
}

fn random<const N: usize>() -> Result<String, StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Random(error.to_string()))?;
    Ok(hex(&bytes))
}

/// What is kept of a secret. One that is random needs neither salt nor a slow function: there is nothing to guess.
pub(super) fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}
