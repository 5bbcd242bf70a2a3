//! Which device's update was interrupted: kept by the browser, so that a closed tab loses nothing.
//!
//! The browser's local storage holds one entry for each device, the hash of the payload that was being written and the day.
//! It is only a hint to compare all of the device's flash with the image: what is there is what the comparison finds. Without
//! it an interrupted update starts from the beginning.

use super::Code;
use crate::browser::{error_name, local_storage, today};

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
        kept(&self.name).is_some_and(|entry| entry.split(' ').next() == Some(&self.payload))
    }

    /// Remembers that it has begun.
    ///
    /// # Errors
    /// Why it cannot be remembered.
    pub fn begin(&self) -> Result<(), Code> {
        let storage = local_storage().ok_or(Code::StorageRefused)?;
        storage.set_item(&self.name, &format!("{} {}", self.payload, today())).map_err(|error| {
            match error_name(&error).as_str() {
                "QuotaExceededError" => Code::StorageFull,
                _ => Code::StorageRefused,
            }
        })
    }

    /// Forgets it: the device holds all of the image.
    pub fn end(&self) {
        if let Some(storage) = local_storage() {
            let _ = storage.remove_item(&self.name);
        }
    }
}

/// The entry with this name.
fn kept(name: &str) -> Option<String> {
    local_storage()?.get_item(name).ok()?
}

/// Whether an update of the device with this unique id did not get to its end.
pub fn is_left(unique_id: &str) -> bool {
    kept(&format!("{PREFIX}{unique_id}")).is_some()
}

/// Whether an update of any device did not, today or the day before. What is older may be of one that nobody has any more.
pub fn any_is_left() -> bool {
    let Some(storage) = local_storage() else { return false };
    (0..storage.length().unwrap_or(0)).any(|number| {
        let name = storage.key(number).ok().flatten().filter(|name| name.starts_with(PREFIX));
        let day = name.and_then(|name| kept(&name)?.split(' ').nth(1)?.parse::<u32>().ok());
        day.is_some_and(|day| day + 1 >= today())
    })
}
