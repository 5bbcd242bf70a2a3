//! One session: a device is connected, a release is found, the device is updated.
//!
//! Everything that happens is an [`Event`]; [`Model`] folds them into what the page shows.

mod cancel;
#[cfg(target_arch = "wasm32")]
mod climb;
#[cfg(target_arch = "wasm32")]
mod connect;
mod event;
mod failure;
#[cfg(target_arch = "wasm32")]
pub mod identity;
#[cfg(target_arch = "wasm32")]
mod interrupted;
#[cfg(any(test, target_arch = "wasm32"))]
mod json;
pub mod map;
mod model;
pub mod numbers;
pub mod rates;
#[cfg(target_arch = "wasm32")]
mod reached;
#[cfg(any(test, target_arch = "wasm32"))]
mod remembered;
#[cfg(target_arch = "wasm32")]
mod report;
#[cfg(target_arch = "wasm32")]
mod serial;
#[cfg(target_arch = "wasm32")]
mod sight;
#[cfg(target_arch = "wasm32")]
mod state;
#[cfg(target_arch = "wasm32")]
mod support;
#[cfg(target_arch = "wasm32")]
mod take_along;
#[cfg(target_arch = "wasm32")]
mod trust;
#[cfg(target_arch = "wasm32")]
mod unfinished;
#[cfg(target_arch = "wasm32")]
mod update;
#[cfg(target_arch = "wasm32")]
mod usb;
mod workshop;

pub use cancel::Cancel;
#[cfg(target_arch = "wasm32")]
pub use connect::{Chosen, PortChoice};
pub use event::{Device, Event, Expectation, Notice, Offer, Outcome, SlowAdapter, Units};
pub use failure::{Code, Failure};
pub use model::{Model, Stage};
#[cfg(target_arch = "wasm32")]
pub use sight::percent;
#[cfg(target_arch = "wasm32")]
pub use state::{Protection, Session, Stop};
pub use workshop::Ask;
#[cfg(target_arch = "wasm32")]
pub use workshop::Later;
