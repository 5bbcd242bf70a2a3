//! All that is more than the first sight of support's page: the second part of this module, which comes once it is needed. As
//! that of the page (`src/work.rs` there), it is a WebAssembly module of its own: all that is reached through [`Second`]
//! alone.

use core::pin::Pin;

use js_sys::Function;
use leptos::prelude::*;
use leptos::wasm_split::SplitLoaderError;
use web_sys::HtmlElement;

use crate::{desk, help};

/// What goes on until it is shown.
pub type Begun = Pin<Box<dyn Future<Output = ()>>>;

/// Where the second part begins.
#[derive(Clone, Copy)]
pub struct Second {
    /// What a report says, or why it cannot be opened.
    pub opened: fn(&str) -> Result<ViewFn, String>,
    /// Makes links, for the deployment with these settings.
    pub link: fn(&str) -> AnyView,
    /// Looks on.
    pub live: fn() -> AnyView,
    /// Begins what a customer has asked for.
    pub help: fn(String, HtmlElement, Function) -> Begun,
}

/// The second part, once it is there. It is asked for anew each time that it did not come.
#[leptos::wasm_split::wasm_split(desk, wasm_split_path = leptos::wasm_split, fallible)]
pub fn second() -> Result<Second, SplitLoaderError> {
    Ok(Second {
        opened: desk::opened,
        link: desk::link,
        live: desk::live,
        help: |what, place, ask| Box::pin(async move { help::begin(&what, place, help::Session::new(ask)).await }),
    })
}
