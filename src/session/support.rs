//! What support's module asks of a session.

use leptos::prelude::*;

use super::json;
use super::state::Session;

impl Session {
    /// The answer to what the module asks: a number for the events from that one on, as JSON; else something to do, which
    /// the person has agreed to.
    pub fn told(self, what: &str) -> String {
        if let Ok(from) = what.parse::<usize>() {
            return self.log.with_untracked(|log| json::list(log.get(from..).unwrap_or_default()));
        }
        String::new()
    }
}
