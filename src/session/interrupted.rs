//! Which device's update was interrupted: kept by the browser, so that a closed tab loses nothing.
//!
//! The browser's local storage holds one entry for each device, the hash of the payload that was being written. It is
//! only a hint to compare all of the device's flash with the image: what is there is what the comparison finds. Without
//! it an interrupted update starts from the beginning.

use super::Code;
use crate::browser::{error_name, local_storage};

/// What the entries' names begin with; the device's unique id follows.
const PREFIX: &str = "fieldflash.interrupted.";

/// An update of one device to one payload.
#[derive(Debug, Clone)]
pub struct Attempt {
    name: String,
    payload: String,
}

impl Attempt {
    /// The update of the device with this unique id to the payload with this hash.
    pub fn new(unique_id: &str, payload: String) -> Self {
        Self { name: format!("{PREFIX}{unique_id}"), payload }
    }

    /// Whether the last attempt for this device was of this payload, and did not get to its end.
    pub fn was_interrupted(&self) -> bool {
        let kept = local_storage().and_then(|storage| storage.get_item(&self.name).ok().flatten());
        kept.is_some_and(|payload| payload == self.payload)
    }

    /// Remembers that it has begun.
    ///
    /// # Errors
    /// Why it cannot be remembered.
    pub fn begin(&self) -> Result<(), Code> {
        let storage = local_storage().ok_or(Code::StorageRefused)?;
        storage.set_item(&self.name, &self.payload).map_err(|error| match error_name(&error).as_str() {
            "QuotaExceededError" => Code::StorageFull,
            _ => Code::StorageRefused,
        })
    }

    /// Forgets it: the device holds all of the image.
    pub fn end(&self) {
        if let Some(storage) = local_storage() {
            let _ = storage.remove_item(&self.name);
        }
    }
}
