//! Met again after a reset, perhaps at another rate.

use core::time::Duration;

use super::sync::Presence;
use super::{Bootloader, Command, ConnectError, Error};
use crate::boot_mode::Wiring;
use crate::port::{LineSettings, Port};

/// How long a ROM is looked for beyond the longest that it may take to start.
const PATIENCE: Duration = Duration::from_millis(500);
/// The pause between two bytes of that search, longer than most answers' way back.
const PAUSE: Duration = Duration::from_millis(100);

impl<P: Port> Bootloader<P> {
    /// Resets the chip by `wiring` and meets its ROM again at `baud`, for a ROM measures the rate once after each reset.
    /// It starts within `start_up`.
    ///
    /// What the ROM was in the midst of is over, and what it was told is forgotten. Wires that do not reset the chip after
    /// all leave it [in step](Presence::InStep), to be found only at the rate that it has.
    ///
    /// # Errors
    /// [`ConnectError`] when it is not found, or does not answer as before. After that only a restart brings host and ROM
    /// into step.
    pub async fn restart(&mut self, wiring: Wiring, baud: u32, start_up: Duration) -> Result<Presence, ConnectError> {
        let port = &mut self.link.port;
        port.set_line(LineSettings { baud, ..port.line() }).await?;
        wiring.enter(port).await?;
        self.link.forget();
        self.round_trip = Duration::MAX;
        let presence = self.link.synchronise(start_up + PATIENCE, PAUSE, false).await?;
        // The version of the protocol is asked for once, so that it may have been disturbed, and nothing depends on it.
        let (_, commands, product_id) = self.introduction().await?;
        if commands != *self.commands() || product_id != self.product_id() {
            return Err(ConnectError::Unreliable(Error::Undecided { command: Command::Get }));
        }
        self.reset_by = (presence == Presence::Fresh).then_some(wiring);
        Ok(presence)
    }

    /// The wires that were seen to reset the chip into its ROM: by a [`restart`](Self::restart) that found it fresh, or
    /// [before it was met](Self::connect_reset_by).
    pub const fn reset_by(&self) -> Option<Wiring> {
        self.reset_by
    }
}
