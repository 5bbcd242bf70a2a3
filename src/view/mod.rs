//! The page's components, one a file.

mod arrival;
mod connect;
mod details;
mod log;
mod map;
mod outcome;
mod overview;
mod page;
mod steps;
mod working;
mod workshop;

pub use map::{area, lines};
pub use page::Page;
