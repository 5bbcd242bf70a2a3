//! How a product's devices get into their bootloader, as `fieldflash.json` says it.

use core::time::Duration;

use serde::Deserialize;
use stm32_bootloader::boot_mode::{self, Wiring};
use stm32_bootloader::port::{LineSettings, Parity, Port, PortError, Signals};
use stm32_bootloader::usart::look_for;

/// How long a device that someone put in update mode by hand is looked for before wires are tried.
const BY_HAND: Duration = Duration::from_millis(500);

/// The baud by whose setting Arduino's boards, and what follows their example, are told to restart in update mode.
const TOUCH: u32 = 1200;
/// How long a host has the lines of such a board raised.
const TOUCHED: Duration = Duration::from_millis(100);
/// How long an application may take to restart after it was told to: that of the serial port which it is itself is gone
/// by then.
const RESTART: Duration = Duration::from_millis(1500);

/// `product.boot_mode`. An application with a DFU interface of its own needs none: it says itself that it is one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum BootMode {
    /// Someone presses buttons or sets jumpers.
    #[default]
    ByHand,
    /// The adapter's DTR and RTS may be wired to BOOT0 and NRST, it is not known how: all ways are tried.
    Find,
    /// They are wired like this.
    Wired {
        /// What drives NRST.
        reset: Wire,
        /// What drives BOOT0.
        boot0: Option<Wire>,
    },
    /// The application is a serial port on USB, and restarts in update mode when that is opened at 1200 baud and closed.
    Touch,
    /// The application restarts in update mode when it is sent this text, its line end included, at the product's baud and
    /// without parity.
    Send(String),
}

/// Where a device waits in its bootloader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// Where it was, reset by these wires if by any.
    Here(Option<Wiring>),
    /// On USB: the port that it was is gone.
    OnUsb,
}

/// A wire from a modem line to a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wire {
    line: Line,
    /// Whether the pin is low while the line is asserted, as at most adapters.
    #[serde(default = "most")]
    inverted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Dtr,
    Rts,
}

const fn most() -> bool {
    true
}

impl From<Wire> for boot_mode::Wire {
    fn from(wire: Wire) -> Self {
        let line = match wire.line {
            Line::Dtr => boot_mode::ModemLine::Dtr,
            Line::Rts => boot_mode::ModemLine::Rts,
        };
        Self { line, inverted: wire.inverted }
    }
}

impl BootMode {
    /// How a link says it: `by-hand`, `find`, `touch`, or by the lines, `reset-dtr` or `reset-rts,boot0-dtr`, with `!` behind
    /// a line that does not invert. What is sent to a device no link says.
    pub fn of_link(text: &str) -> Option<Self> {
        match text {
            "by-hand" => return Some(Self::ByHand),
            "find" => return Some(Self::Find),
            "touch" => return Some(Self::Touch),
            _ => {}
        }
        let wire = |text: &str| {
            let (name, inverted) = text.strip_suffix('!').map_or((text, true), |name| (name, false));
            let line = match name {
                "dtr" => Line::Dtr,
                "rts" => Line::Rts,
                _ => return None,
            };
            Some(Wire { line, inverted })
        };
        let (reset, boot0) = text.split_once(',').map_or((text, None), |(reset, boot0)| (reset, Some(boot0)));
        let boot0 = match boot0 {
            Some(boot0) => Some(wire(boot0.strip_prefix("boot0-")?)?),
            None => None,
        };
        Some(Self::Wired { reset: wire(reset.strip_prefix("reset-")?)?, boot0 })
    }

    /// Whether the device is reset before anything is sent to it.
    pub const fn resets(&self) -> bool {
        matches!(self, Self::Wired { .. })
    }

    /// Gets the device at the other end of `port` into its bootloader, and says where that is.
    ///
    /// # Errors
    /// [`PortError`] when the port fails, or has no modem lines where the device is said to be wired to them.
    pub async fn enter<P: Port>(&self, port: &mut P) -> Result<Entered, PortError> {
        let wiring = match self {
            Self::ByHand => None,
            &Self::Wired { reset, boot0 } => {
                let wiring = Wiring { reset: reset.into(), boot0: boot0.map(Into::into) };
                wiring.enter(port).await?;
                Some(wiring)
            }
            Self::Find | Self::Send(_) if look_for(port, BY_HAND).await?.is_some() => None,
            Self::Touch => return restart(port, None).await,
            Self::Send(text) => return restart(port, Some(text)).await,
            Self::Find => match Wiring::find(port).await {
                // A bridge without modem lines is one that nothing is wired to.
                Err(PortError::Refused(_)) => None,
                found => found?,
            },
        };
        Ok(Entered::Here(wiring))
    }
}

/// Tells the application at `port` to restart, by `text` or else by the baud, and looks whether the port stays.
async fn restart<P: Port>(port: &mut P, text: Option<&str>) -> Result<Entered, PortError> {
    let line = port.line();
    let baud = if text.is_some() { line.baud } else { TOUCH };
    let told = async {
        port.set_line(LineSettings { baud, parity: Parity::None }).await?;
        // Some applications hear nobody who does not raise this line, and take its fall for the end of the touch.
        port.set_signals(Signals { dtr: true, rts: false }).await?;
        port.write(text.unwrap_or_default().as_bytes(), port.now() + RESTART).await?;
        port.wait_until(port.now() + TOUCHED).await;
        port.set_signals(Signals::default()).await
    };
    // One that restarts at once is gone before all of that is done.
    if told.await.is_err() {
        return Ok(Entered::OnUsb);
    }
    let deadline = port.now() + RESTART;
    loop {
        match port.read(&mut [0; 64], deadline).await {
            // What it says meanwhile is of no interest.
            Ok(_) | Err(PortError::Line(_)) => {}
            Err(PortError::TimedOut) if text.is_some() => break,
            Err(_) => return Ok(Entered::OnUsb),
        }
    }
    port.set_line(line).await?;
    Ok(Entered::Here(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_the_wiring_in_a_few_letters() {
        let wire = |line, inverted| Wire { line, inverted };
        let both = BootMode::Wired { reset: wire(Line::Rts, true), boot0: Some(wire(Line::Dtr, false)) };
        assert_eq!(BootMode::of_link("reset-rts,boot0-dtr!"), Some(both));
        assert_eq!(BootMode::of_link("reset-dtr"), Some(BootMode::Wired { reset: wire(Line::Dtr, true), boot0: None }));
        assert_eq!(BootMode::of_link("find"), Some(BootMode::Find));
        for text in ["", "dtr", "reset-cts", "reset-dtr,rts", "boot0-dtr", "reset-dtr,boot0-rts,more", "send"] {
            assert_eq!(BootMode::of_link(text), None, "{text}");
        }
    }
}
