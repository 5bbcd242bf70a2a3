//! Whether a device may wait for the list of an erase, and takes whatever it is sent for that: kept by the browser, for a page
//! that is closed just then knows nothing of it when it is opened again.

use crate::browser::local_storage;

/// The entry in the browser's local storage, which is there as long as one does.
const NAME: &str = "fieldflash.amid-list";

/// Keeps whether one does. It can be done without.
pub fn note(awaits: bool) {
    let Some(storage) = local_storage() else { return };
    let _ = if awaits { storage.set_item(NAME, "") } else { storage.remove_item(NAME) };
}

/// Whether one may, for all that is known.
pub fn is_left() -> bool {
    local_storage().and_then(|storage| storage.get_item(NAME).ok().flatten()).is_some()
}
