//! What is still being closed: it cannot be opened again before.

use core::cell::RefCell;

use js_sys::Promise;

use crate::settled;

thread_local! {
    /// The closing of the port that was used last.
    static CLOSING: RefCell<Option<Promise>> = const { RefCell::new(None) };
}

/// Something is being closed from now on, until `closing` settles.
pub fn begin(closing: Promise) {
    CLOSING.set(Some(closing));
}

/// Waits until what was used last is closed.
pub async fn finished() {
    if let Some(closing) = CLOSING.take() {
        // Whether it could be closed shows when it is opened.
        let _ = settled(&closing).await;
    }
}
