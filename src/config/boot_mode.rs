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
#[serde(rename_all = "kebab-case")]
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
    /// The application restarts in update mode when it is sent a text.
    Send {
        /// What it is sent, its line end included.
        text: String,
        /// Bits a second that it listens at, without parity; 115200 if nothing else is said.
        baud: Option<u32>,
    },
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
            Self::Touch => return Ok(touch(port).await),
            Self::Find | Self::Send { .. } if look_for(port, BY_HAND).await?.is_some() => None,
            Self::Send { text, baud } => return send(port, text, *baud).await,
            Self::Find => match Wiring::find(port).await {
                // A bridge without modem lines is one that nothing is wired to.
                Err(PortError::Refused(_)) => None,
                found => found?,
            },
        };
        Ok(Entered::Here(wiring))
    }
}

/// Sets 1200 baud, and raises the line and lets it go by which the device sees that the port is opened and closed.
async fn touch<P: Port>(port: &mut P) -> Entered {
    // Whatever fails: it may be gone already.
    let _ = port.set_line(LineSettings { baud: TOUCH, parity: Parity::None }).await;
    for dtr in [true, false] {
        let _ = port.set_signals(Signals { dtr, rts: false }).await;
        port.wait_until(port.now() + TOUCHED).await;
    }
    Entered::OnUsb
}

/// Sends the application its text, and looks whether the port stays.
async fn send<P: Port>(port: &mut P, text: &str, baud: Option<u32>) -> Result<Entered, PortError> {
    let line = port.line();
    port.set_line(LineSettings { baud: baud.unwrap_or(LineSettings::DEFAULT.baud), parity: Parity::None }).await?;
    let deadline = port.now() + RESTART;
    port.write(text.as_bytes(), deadline).await?;
    loop {
        // What it says meanwhile is of no interest.
        match port.read(&mut [0; 64], deadline).await {
            Ok(_) | Err(PortError::Line(_)) => {}
            Err(PortError::TimedOut) => break,
            Err(PortError::Lost(_)) => return Ok(Entered::OnUsb),
            Err(error) => return Err(error),
        }
    }
    port.set_line(line).await?;
    Ok(Entered::Here(None))
}
