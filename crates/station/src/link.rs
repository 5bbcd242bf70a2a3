//! Links that expire: an address that this station gave out, and that it alone can have given out.
//!
//! A link is an address with two more parameters at its end, `expires` (Unix time) and `token`, the HMAC-SHA256 of all
//! that stands before it. So what is in a link can be believed as far as the station believed it when it made it.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// How long a link is good, as those of Memfault's feed are.
pub const GOOD_FOR: Duration = Duration::from_secs(6 * 60 * 60);
/// Links made within this time are the same, so that caches have something to find.
const STEP: u64 = 10 * 60;

/// What links are signed with.
///
/// Its secret is the store's own ([`crate::store::Store::link_secret`]), not derived from the project key: the page and
/// every device know that one, and could make links to wherever they liked.
#[derive(Clone)]
pub struct LinkKey(Hmac<Sha256>);

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey")
    }
}

/// Why a link leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It is not one of this station's, or was changed.
    #[error("this link is not valid; ask the release feed for one")]
    Forged,
    /// Its time is over.
    #[error("this link has expired; ask the release feed for a fresh one")]
    Expired,
}

impl LinkKey {
    /// The key of a secret.
    pub fn new(secret: &str) -> Self {
        // As HMAC does with a secret that is longer than a block of the hash.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&Sha256::digest(secret));
        Self(Hmac::new(&block.into()))
    }

    /// The link to `address`, a path with or without a query, good until `expires`.
    pub fn link(&self, address: &str, expires: u64) -> String {
        let separator = if address.contains('?') { '&' } else { '?' };
        let signed = format!("{address}{separator}expires={expires}");
        let token = BASE64_URL_SAFE_NO_PAD.encode(self.0.clone().chain_update(&signed).finalize().into_bytes());
        format!("{signed}&token={token}")
    }

    /// How long the link that a request came by is still good, in seconds; never 0.
    ///
    /// # Errors
    /// [`LinkError`] if it is not good.
    pub fn check(&self, request: &Uri) -> Result<u64, LinkError> {
        self.check_at(request.path_and_query().map_or("", PathAndQuery::as_str), now())
    }

    fn check_at(&self, link: &str, now: u64) -> Result<u64, LinkError> {
        let (signed, token) = link.rsplit_once("&token=").ok_or(LinkError::Forged)?;
        let token = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| LinkError::Forged)?;
        // In constant time.
        self.0.clone().chain_update(signed).verify_slice(&token).map_err(|_| LinkError::Forged)?;
        let expires = signed.rsplit_once("expires=").and_then(|(_, expires)| expires.parse::<u64>().ok());
        match expires.ok_or(LinkError::Forged)?.saturating_sub(now) {
            0 => Err(LinkError::Expired),
            left => Ok(left),
        }
    }
}

/// This moment, in Unix time.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// When a link made `now` expires: after [`GOOD_FOR`] or up to 10 minutes earlier.
pub fn expiry(now: u64) -> u64 {
    (now + GOOD_FOR.as_secs()) / STEP * STEP
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "/payloads/ab/f%20w.bin?size=3";

    fn key() -> LinkKey {
        LinkKey::new("secret")
    }

    #[test]
    fn a_link_is_good_until_it_expires() {
        let link = key().link(ADDRESS, 1000);
        assert!(link.starts_with("/payloads/ab/f%20w.bin?size=3&expires=1000&token="), "{link}");
        assert_eq!(key().check_at(&link, 999), Ok(1));
        assert_eq!(key().check_at(&link, 1000), Err(LinkError::Expired));
        assert!(key().link("/a", 1).starts_with("/a?expires=1&token="));
    }

    #[test]
    fn a_link_with_any_character_changed_is_refused() {
        let link = key().link(ADDRESS, 1000);
        for place in 0..link.len() - 1 {
            let mut changed = link.clone().into_bytes();
            changed[place] = if changed[place] == b'a' { b'b' } else { b'a' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(key().check_at(&changed, 0), Err(LinkError::Forged), "{changed}");
        }
        for changed in ["", "/payloads", &link[..link.len() - 1], &(link.clone() + "a"), &(link.clone() + "&x=1")] {
            assert_eq!(key().check_at(changed, 0), Err(LinkError::Forged), "{changed}");
        }
        assert_eq!(LinkKey::new("other").check_at(&link, 0), Err(LinkError::Forged));
    }

    #[test]
    fn links_made_at_about_the_same_time_are_the_same_and_good_for_about_six_hours() {
        let expires = expiry(1_000_000_200);
        assert_eq!(expiry(1_000_000_799), expires);
        assert_ne!(expiry(1_000_000_800), expires);
        assert!((21_000..=21_600).contains(&(expires - 1_000_000_200)));
    }
}
