//! What support works with: a page on which a report is opened, a link is made and a session is watched; and the
//! customer's end of it, which the page loads when someone asks for it. Both are this one module.
#![cfg(target_arch = "wasm32")]

mod browser;
mod channel;
mod desk;
mod help;

use js_sys::Function;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

/// Support's page, in the document that this module was loaded by.
#[wasm_bindgen]
pub fn desk() {
    spawn_local(async {
        fieldflash::text::load().await;
        leptos::mount::mount_to_body(desk::Desk);
    });
}

/// Help for the person at the device, `what`: `copy-report`, `save-report` or `live`. It is shown in `place`; `ask` is asked
/// what is known of the session, and told what to do with it.
#[wasm_bindgen]
pub fn help(what: String, place: HtmlElement, ask: Function) {
    spawn_local(async move {
        fieldflash::text::load().await;
        help::begin(&what, place, help::Session::new(ask)).await;
    });
}
