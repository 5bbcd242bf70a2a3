//! The work with a device, as opposed to the way to it: the second part of the page, which comes while the person reads the
//! first and picks a device.
//!
//! With the feature `split`, as the page is built for a website, all that is reached through [`Work`] alone is in a
//! WebAssembly module of its own: `wasm-split-cli` finds out what that is. Without it, as in the tests, both are one.

use core::pin::Pin;

use leptos::prelude::*;
use leptos::wasm_split::SplitLoaderError;

use crate::port::ModuleError;
use crate::session::{Chosen, Session, Stop};
use crate::view;

/// What goes on with a device, until it ends.
pub type UnderWay = Pin<Box<dyn Future<Output = Result<(), Stop>>>>;

/// Where the second part begins.
#[derive(Clone, Copy)]
pub struct Work {
    /// Connects to what was chosen, which is called so in the log, identifies it and asks the feed.
    pub reach: fn(Session, Chosen, &'static str) -> UnderWay,
    /// All that is shown of a session once it has begun.
    pub cards: fn(Session) -> AnyView,
}

const WORK: Work = Work {
    reach: |session, chosen, to| Box::pin(session.reach(chosen, to)),
    cards: |session| view! { <view::Cards session/> }.into_any(),
};

#[cfg(feature = "split")]
#[leptos::wasm_split::wasm_split(work, wasm_split_path = leptos::wasm_split, fallible)]
fn second() -> Result<Work, SplitLoaderError> {
    Ok(WORK)
}

#[cfg(not(feature = "split"))]
async fn second() -> Result<Work, SplitLoaderError> {
    Ok(WORK)
}

/// The second part of the page, once it is there.
///
/// # Errors
/// [`ModuleError`], when it cannot be loaded. It is tried anew each time.
pub async fn loaded() -> Result<Work, ModuleError> {
    second().await.map_err(|error| ModuleError { name: "not-loaded".into(), message: error.to_string() })
}
