//! What support's module asks of a session, and has it do once the person has agreed.

use leptos::prelude::*;
use release_feed::Chosen;

use super::state::Session;
use super::{PortChoice, json};
use crate::port::exchange;

impl Session {
    /// Whether there is a station to look on by: one takes reports, other feeds need not.
    pub fn has_station(self) -> bool {
        self.config.with_value(|config| config.feed.reports())
    }

    /// The answer to what the module asks: a number for the events from that one on, as JSON; `keep` to keep what is sent to
    /// the device and received from now on, and `exchanges` for what was kept. `start` updates to what is offered, `retry`
    /// tries again from where it stands, and anything else is a version to be asked for.
    pub fn told(self, what: &str) -> String {
        if let Ok(from) = what.parse::<usize>() {
            return self.log.with_untracked(|log| json::list(log.get(from..).unwrap_or_default()));
        }
        match what {
            "keep" => exchange::keep(),
            "exchanges" => return exchange::kept(),
            // Whether to go back to an older version is asked on the page itself.
            "start" if self.offers_older() => return "older".into(),
            "start" => self.update(),
            "retry" => self.try_again(),
            version => {
                let chosen = Chosen { release: version.parse().ok(), cohort: None };
                self.setup.update_value(|setup| setup.chosen = Some(chosen));
                self.try_again();
            }
        }
        String::new()
    }

    fn offers_older(self) -> bool {
        self.model.with_untracked(|model| model.offer.as_ref().is_some_and(|offer| offer.older))
    }

    /// Asks once more with the device that waits at the other end, else connects to the one of before.
    fn try_again(self) {
        if self.is_connected() {
            return self.ask_with_details();
        }
        self.connect(match self.connected.get_value() {
            PortChoice::Choose => PortChoice::Known,
            PortChoice::ChooseUsb | PortChoice::Restarted => PortChoice::KnownUsb,
            choice => choice,
        });
    }
}
