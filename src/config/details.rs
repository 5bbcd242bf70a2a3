//! What the feed is asked with.

use core::fmt::Display;
use core::str::FromStr;

use release_feed::{DeviceSerial, HardwareVersion, SoftwareType, Version};
use serde::{Deserialize, Serialize};

/// What the feed is asked with, as the person may still edit it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// The device's serial number.
    pub device_serial: String,
    /// Its hardware version.
    pub hardware_version: String,
    /// Its software type.
    pub software_type: String,
    /// The version that is installed; empty where it is not known.
    pub current_version: String,
}

impl Details {
    /// One of them.
    pub const fn get_mut(&mut self, detail: Detail) -> &mut String {
        match detail {
            Detail::DeviceSerial => &mut self.device_serial,
            Detail::HardwareVersion => &mut self.hardware_version,
            Detail::SoftwareType => &mut self.software_type,
            Detail::CurrentVersion => &mut self.current_version,
        }
    }

    /// The query for the feed.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn query(&self) -> Result<release_feed::LatestQuery, Unusable> {
        Ok(release_feed::LatestQuery {
            device_serial: parsed::<DeviceSerial>(Detail::DeviceSerial, &self.device_serial)?,
            hardware_version: parsed::<HardwareVersion>(Detail::HardwareVersion, &self.hardware_version)?,
            software_type: parsed::<SoftwareType>(Detail::SoftwareType, &self.software_type)?,
            current_version: match self.current_version.trim() {
                "" => None,
                version => Some(parsed::<Version>(Detail::CurrentVersion, version)?),
            },
        })
    }
}

/// One of the [`Details`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// The device's serial number.
    DeviceSerial,
    /// Its hardware version.
    HardwareVersion,
    /// Its software type.
    SoftwareType,
    /// The version that is installed.
    CurrentVersion,
}

impl Detail {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::DeviceSerial, Self::HardwareVersion, Self::SoftwareType, Self::CurrentVersion];

    /// Its name in the page's address and in a query.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeviceSerial => "device_serial",
            Self::HardwareVersion => "hardware_version",
            Self::SoftwareType => "software_type",
            Self::CurrentVersion => "current_version",
        }
    }
}

/// A detail with which the feed cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// Which.
    pub detail: Detail,
    /// What is wrong with it; `None` where it is missing.
    pub reason: Option<String>,
}

fn parsed<T: FromStr<Err: Display>>(detail: Detail, text: &str) -> Result<T, Unusable> {
    match text.trim() {
        "" => Err(Unusable { detail, reason: None }),
        text => text.parse().map_err(|error: T::Err| Unusable { detail, reason: Some(error.to_string()) }),
    }
}
