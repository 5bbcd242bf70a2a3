//! What is known of a device's supply voltage.

use serde::{Deserialize, Serialize};

/// What whoever deploys says of a product's supply voltage.
///
/// F2, F4 and F7 erase and program faster from 2.7 V on, if they are told. Told so with less, the flash is programmed
/// with less than it needs and may lose it in time, so only who built the device can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Supply {
    /// Nothing: the bootloader takes it for as low as it can be.
    #[default]
    #[serde(rename = "unknown")]
    Unknown,
    /// It is 2.7 V or more, in all devices and at all times.
    #[serde(rename = "2.7V")]
    From2V7,
}
