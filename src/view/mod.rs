//! The page's components, one a file.

mod arrival;
mod connect;
mod details;
mod later;
mod log;
mod outcome;
mod overview;
mod page;
mod shown;
mod steps;
mod working;

pub use page::Page;
