//! What is random, what is kept of it, and how two of them are compared.

use release_feed::hex;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::store::StoreError;

/// 16 random bytes as 32 hexadecimal digits, as many as Memfault's project keys have characters.
pub(crate) fn short() -> Result<String, StoreError> {
    random::<16>()
}

/// 32 random bytes as 64 hexadecimal digits.
pub(crate) fn long() -> Result<String, StoreError> {
    random::<32>()
}

fn random<const N: usize>() -> Result<String, StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Random(error.to_string()))?;
    Ok(hex(&bytes))
}

/// What is kept of a secret. One that is random needs neither salt nor a slow function: there is nothing to guess.
pub(crate) fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}

/// Whether two secrets, or hashes of such, are the same. How long it takes tells nothing of them but whether they are of
/// one length, for it does not end where they begin to differ. Nothing else compares secrets.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    are_same(one.as_bytes(), other.as_bytes())
}

fn are_same<T: ConstantTimeEq>(one: &[T], other: &[T]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use subtle::Choice;

    use super::*;

    /// A byte that counts how often it is looked at.
    struct Counted<'a>(u8, &'a Cell<usize>);

    impl ConstantTimeEq for Counted<'_> {
        fn ct_eq(&self, other: &Self) -> Choice {
            self.1.set(self.1.get() + 1);
            self.0.ct_eq(&other.0)
        }
    }

    #[test]
    fn all_of_a_secret_is_looked_at_wherever_it_begins_to_differ() {
        let secret = short().unwrap();
        for differs_at in [None, Some(0), Some(secret.len() / 2), Some(secret.len() - 1)] {
            let looks = Cell::new(0);
            let counted = |(place, byte)| Counted(if Some(place) == differs_at { byte ^ 1 } else { byte }, &looks);
            let given: Vec<_> = secret.bytes().enumerate().map(counted).collect();
            let held: Vec<_> = secret.bytes().map(|byte| Counted(byte, &looks)).collect();
            assert_eq!(are_same(&held, &given), differs_at.is_none());
            assert_eq!(looks.get(), secret.len(), "{differs_at:?}");
        }
    }

    #[test]
    fn only_the_whole_of_a_secret_is_the_same() {
        assert!(is_same("oat_1", "oat_1") && is_same("", ""));
        for other in ["", "oat_", "oat_2", "OAT_1", "oat_11"] {
            assert!(!is_same("oat_1", other), "{other}");
        }
    }
}
