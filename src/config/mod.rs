//! What sets the page up: the deployment's `fieldflash.json`, and the address of the page.

mod address;
mod boot_mode;
mod chip;
mod details;
mod drawing;
mod link;
mod setup;

pub use address::Address;
pub use boot_mode::{BootMode, Entered, Wire};
pub use chip::Description;
pub use details::{Detail, Details, Unusable};
pub use drawing::Drawing;
pub use link::{DECIDING, Doubt, Link};
pub use setup::{Problem, Setup};

use release_feed::PublicKey;
use serde::Deserialize;
use serde::de::IgnoredAny;
use updater::Supply;

/// Rates that a ROM may lock on to: AN3155 tests 1200 to 115200, hardware detection goes higher.
pub const BAUD: core::ops::RangeInclusive<u32> = 1200..=2_000_000;

/// `fieldflash.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What the page calls itself, e.g. `Smart Fridge updates`.
    #[serde(default)]
    pub name: Option<String>,
    /// Where releases come from.
    pub feed: Feed,
    /// What is known of the devices that the page is for.
    #[serde(default)]
    pub product: Product,
    /// Whose releases are believed: Ed25519, 64 hexadecimal digits each. With none, whatever the feed offers.
    #[serde(default)]
    pub public_keys: Vec<PublicKey>,
    /// Which links to the page are followed.
    #[serde(default)]
    pub links: Links,
    /// Whether the page has what technicians need (`docs/technician.md`): it has, unless it is said that it has not.
    #[serde(default)]
    pub technician: Option<bool>,
    /// What the page lets a person do besides updating.
    #[serde(default)]
    pub workshop: Workshop,
    /// Which pages may show this one in their own (`docs/embedding.md`): read by `src/embedded.js`.
    #[serde(default)]
    pub embed: Option<IgnoredAny>,
    /// Logo, colours, texts and links of the deployment's own: read by `src/theme.js`.
    #[serde(default)]
    pub theme: Option<IgnoredAny>,
}

/// What the page lets a person do besides updating: nothing, unless it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Workshop {
    /// Write an image from a file of theirs to the device.
    pub local_file: bool,
    /// Though there are public keys, and nobody has signed that file.
    pub unsigned_local_files: bool,
    /// Read what is in flash, and compare it with a file.
    pub read_back: bool,
    /// Erase it.
    pub erase: bool,
    /// See what the device says at its serial port, and answer.
    pub monitor: bool,
}

impl Workshop {
    /// Whether there is anything to do for a device that waits in its bootloader.
    pub const fn is_open(self) -> bool {
        self.local_file || self.read_back || self.erase
    }
}

/// Which links to the page are followed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Links {
    /// Whose: Ed25519, 64 hexadecimal digits. Without, what anybody's link asks for is taken.
    #[serde(default)]
    pub public_key: Option<PublicKey>,
}

/// Where releases come from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// The part of the address before `/api/v0/`; empty for the page's own origin.
    #[serde(default)]
    pub url: String,
    /// The project key; left out where a gateway adds it.
    #[serde(default)]
    pub project_key: Option<String>,
    /// Whether the page tells the feed how updates ended. Left out, it does where the feed is the page's own origin: a
    /// feed elsewhere need not take reports.
    #[serde(default)]
    pub report: Option<bool>,
    /// Whether it tells the device's serial number, too.
    #[serde(default)]
    pub report_serial: bool,
    /// Where payloads are fetched instead of from the hosts that the feed names: the part of the address before the
    /// path that it gives; left out where the feed's addresses lead to a host that lets the page have them.
    #[serde(default)]
    pub payloads: Option<String>,
}

impl Feed {
    /// Whether the page tells the feed how updates ended.
    pub fn reports(&self) -> bool {
        self.report.unwrap_or(self.url.is_empty())
    }
}

/// What all devices that the page is for have in common.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The software type of the releases.
    #[serde(default)]
    pub software_type: Option<String>,
    /// The hardware version, where there is only one.
    #[serde(default)]
    pub hardware_version: Option<String>,
    /// Whether its devices are reached at a serial port, an adapter's or one that they are themselves: they may, unless it is
    /// said that they are not.
    #[serde(default)]
    pub serial: Option<bool>,
    /// Whether they are reached over USB, by DFU; likewise.
    #[serde(default)]
    pub usb: Option<bool>,
    /// Bits a second.
    #[serde(default)]
    pub baud: Option<u32>,
    /// Bits a second that are not exceeded where DTR and RTS can reset the device, so that a faster line can be tried;
    /// `baud` or less to try none.
    #[serde(default)]
    pub fastest_baud: Option<u32>,
    /// How a device gets into its bootloader.
    #[serde(default)]
    pub boot_mode: BootMode,
    /// The picture of that, where it is not the one that goes with `boot_mode`.
    #[serde(default)]
    pub boot_drawing: Option<Drawing>,
    /// What the person is to do for that, a sentence each, where it is not what goes with the picture.
    #[serde(default)]
    pub boot_steps: Vec<String>,
    /// Where its devices have their serial number, hardware version and installed version: read by `src/identity.js`.
    #[serde(default)]
    pub identity: Option<IgnoredAny>,
    /// The address of a raw binary in flash, where it is not the flash's start.
    #[serde(default)]
    pub image_address: Option<Address>,
    /// What the devices' supply voltage is known to be.
    #[serde(default)]
    pub supply: Supply,
    /// Whether nothing but the image is kept in flash, so that all of it may be erased at once.
    #[serde(default)]
    pub mass_erase: bool,
    /// What is done with a release that is older than what is installed, and does not itself say that it may be.
    #[serde(default)]
    pub downgrade: Downgrade,
    /// Whether blocks are sent in bursts where that proves to work: an experiment (`docs/burst.md`).
    #[serde(default)]
    pub burst: bool,
    /// Chips of the product that the table does not have, or not with their flash.
    #[serde(default)]
    pub chips: Vec<Description>,
}

/// What is done with a release that is older than what is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Downgrade {
    /// It is refused.
    #[default]
    Refused,
    /// The person is asked.
    Confirmed,
}

impl Config {
    /// Reads `fieldflash.json`.
    ///
    /// # Errors
    /// What is wrong and where, in words for the person who wrote the file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = serde_json::from_str(text).map_err(|error| format!("fieldflash.json: {error}"))?;
        for (name, baud) in [("baud", config.product.baud), ("fastest_baud", config.product.fastest_baud)] {
            if baud.is_some_and(|baud| !BAUD.contains(&baud)) {
                return Err(format!("fieldflash.json: product.{name} must be {} to {}", BAUD.start(), BAUD.end()));
            }
        }
        for chip in &config.product.chips {
            chip.chip().map_err(|error| format!("fieldflash.json: product.chips: {error}"))?;
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests;
