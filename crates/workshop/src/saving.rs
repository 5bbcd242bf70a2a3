//! Files: what a person picks, and what they save.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, File, HtmlAnchorElement, Url, window};

/// A file's contents.
///
/// # Errors
/// The browser's words, where it cannot be read.
pub async fn contents(file: &File) -> Result<Vec<u8>, String> {
    let buffer = browser::settled(&file.array_buffer()).await;
    buffer.map(|buffer| Uint8Array::new(&buffer).to_vec()).map_err(|error| browser::error_text(&error))
}

/// Has the browser save bytes as a file with this name.
pub fn save(name: &str, bytes: &[u8]) {
    // Where it cannot, nothing is saved, and the browser says why itself.
    let _ = try_save(name, bytes);
}

fn try_save(name: &str, bytes: &[u8]) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("application/octet-stream");
    let parts = Array::of1(&Uint8Array::from(bytes));
    let url = Url::create_object_url_with_blob(&Blob::new_with_u8_array_sequence_and_options(&parts, &options)?)?;
    let document = window().and_then(|window| window.document()).ok_or(JsValue::UNDEFINED)?;
    let link: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&url)
}
