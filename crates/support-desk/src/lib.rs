//! What support works with: a page on which a report is opened, a link is made and a session is watched; and the
//! customer's end of it, which the page loads when someone asks for it. Both are this one module.
#![cfg(target_arch = "wasm32")]

mod browser;
mod channel;
mod desk;
mod help;
mod second;

use js_sys::Function;
use leptos::mount::mount_to_body;
use leptos::prelude::*;
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

/// Support's page, in the document that this module was loaded by.
#[wasm_bindgen]
pub fn desk() {
    spawn_local(async {
        // The deployment may have words of its own.
        let settings = fieldflash::settings().await;
        fieldflash::text::load().await;
        if let Some(before) = document().get_element_by_id("before") {
            before.remove();
        }
        mount_to_body(|| view! { <desk::Desk settings/> });
    });
}

/// Help for the person at the device, `what`: `copy-report`, `save-report` or `live`. It is shown in `place`; `ask` is asked
/// what is known of the session, and told what to do with it.
///
/// # Errors
/// What the browser says, where the second part of this module cannot be loaded.
#[wasm_bindgen]
pub async fn help(what: String, place: HtmlElement, ask: Function) -> Result<(), JsError> {
    let second = second::second().await?;
    fieldflash::text::load().await;
    (second.help)(what, place, ask).await;
    Ok(())
}
