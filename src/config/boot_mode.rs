//! How a product's devices get into their bootloader, as `fieldflash.json` says it.

use core::time::Duration;

use serde::Deserialize;
use stm32_bootloader::boot_mode::{self, Wiring};
use stm32_bootloader::port::{Port, PortError};
use stm32_bootloader::usart::look_for;

/// How long a device that someone put in update mode by hand is looked for before wires are tried.
const BY_HAND: Duration = Duration::from_millis(500);

/// `product.boot_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
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
    /// Gets the device at the other end of `port` into its bootloader, and says by which wires if by any.
    ///
    /// # Errors
    /// [`PortError`] when the port fails, or has no modem lines where the device is said to be wired to them.
    pub async fn enter<P: Port>(self, port: &mut P) -> Result<Option<Wiring>, PortError> {
        match self {
            Self::ByHand => Ok(None),
            Self::Wired { reset, boot0 } => {
                let wiring = Wiring { reset: reset.into(), boot0: boot0.map(Into::into) };
                wiring.enter(port).await.map(|()| Some(wiring))
            }
            Self::Find if look_for(port, BY_HAND).await?.is_some() => Ok(None),
            Self::Find => match Wiring::find(port).await {
                // A bridge without modem lines is one that nothing is wired to.
                Err(PortError::Refused(_)) => Ok(None),
                found => found,
            },
        }
    }
}
