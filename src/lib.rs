//! The page: connects a device, finds its release, updates it.
//!
//! The parts that know nothing of the browser (what a session is, how it is set up, what people read) compile natively
//! too, and are tested there.

pub mod config;
pub mod report;
pub mod session;
pub mod text;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod fetch;
#[cfg(target_arch = "wasm32")]
mod offline;
#[cfg(target_arch = "wasm32")]
pub mod port;
#[cfg(target_arch = "wasm32")]
pub mod view;
#[cfg(target_arch = "wasm32")]
mod work;

#[cfg(target_arch = "wasm32")]
pub use fetch::settings;
