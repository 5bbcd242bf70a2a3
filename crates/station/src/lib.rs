//! The station: serves the page and a release feed with Memfault's device-facing API.
//!
//! * [`store`]: what it keeps, in one folder: releases, cohorts and devices in SQLite, payloads as files.
//! * [`feed`]: what devices ask, and which release they are offered.
//! * [`gateway`]: the same questions, passed on to a release service elsewhere.
//! * [`payload`]: payloads, by byte ranges; [`link`]: the links to them, which expire.
//! * [`app`]: the page's files, its security headers, its `fieldflash.json`.
//! * [`live`]: support that looks on while a customer updates.
//! * [`manage`]: what those who make releases do, with tokens, as Memfault's command line does it.
//! * [`router`] and [`serve()`]: all of that over HTTP and TLS; [`command`]: all of that on the command line.

pub mod app;
pub mod command;
pub mod config;
pub mod feed;
pub mod gateway;
pub mod link;
pub mod live;
pub mod manage;
pub mod payload;
pub mod store;

mod attempts;
mod document;
mod origin;
mod peer;
mod refusal;
mod router;
mod secret;
mod serve;
mod signing;

pub use refusal::Refusal;
pub use router::{Station, router};
pub use serve::{Certificate, CertificateError, Limits, local_address, serve};
pub use signing::{KeyError, SigningKey};
