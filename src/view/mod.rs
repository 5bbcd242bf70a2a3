//! The page's components, one a file.

mod arrival;
mod boot_mode;
mod cards;
mod connect;
mod details;
mod footer;
mod later;
mod log;
mod meanwhile;
mod outcome;
mod overview;
mod page;
mod remedies;
mod shown;
mod steps;
mod support;
mod technician;
mod working;

pub use cards::Cards;
pub use page::{NotSetUp, Page};
