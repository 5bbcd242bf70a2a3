//! The page's components, one a file.

mod advice;
mod arrival;
mod boot_mode;
mod connect;
mod details;
mod footer;
mod log;
mod other_tab;
mod outcome;
mod overview;
mod page;
mod shown;
mod steps;
mod support;
mod technician;
mod working;

pub use page::Page;
