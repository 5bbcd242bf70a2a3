//! The page's components, one a file.

mod connect;
mod details;
mod log;
mod outcome;
mod overview;
mod page;
mod steps;
mod working;

pub use page::Page;
