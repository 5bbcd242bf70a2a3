//! How an update ended, as whoever carried it out tells the feed: the station's own route, which Memfault's API lacks.

use core::fmt::Write;
use core::str::FromStr;

use percent_encoding::utf8_percent_encode;

use crate::query::{ESCAPED, QueryError, read};
use crate::{DeviceSerial, HardwareVersion, NameError, SoftwareType, Version};

/// Where a station takes reports: a POST of a form.
pub const OUTCOMES_PATH: &str = "/api/v0/fieldflash/outcomes";
/// The most characters of a chip's name and of a code.
const LONGEST: usize = 64;

/// How an update of a device ended. There is nothing in it of the person, and of the device only what all of its kind
/// have in common, unless its serial number is told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutcomeReport {
    /// Which device, where the deployment wants that to be told.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub device_serial: Option<DeviceSerial>,
    /// Its hardware version.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub hardware_version: HardwareVersion,
    /// What was updated.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub software_type: SoftwareType,
    /// What it ran before, where that is known.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub from_version: Option<Version>,
    /// What it was to run.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub to_version: Version,
    /// Its chip, where that is known.
    pub chip: Option<String>,
    /// The code of what went wrong; `None` for a device that has the new version.
    pub failure: Option<String>,
    /// How long it took from the begin of the download, in milliseconds.
    pub duration_ms: u32,
    /// How long ago that was, in seconds, where it could not be told at once. Not the time of day: the clock of whoever tells
    /// it may be wrong, but it measures how long something waited.
    pub age_seconds: Option<u32>,
}

impl OutcomeReport {
    /// The report as a form, `application/x-www-form-urlencoded`.
    pub fn to_form(&self) -> String {
        let mut form = format!("duration_ms={}", self.duration_ms);
        let mut add = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                // Writing to a text cannot fail.
                let _ = write!(form, "&{name}={}", utf8_percent_encode(value, ESCAPED));
            }
        };
        add("device_serial", self.device_serial.as_ref().map(DeviceSerial::as_str));
        add("hardware_version", Some(self.hardware_version.as_str()));
        add("software_type", Some(self.software_type.as_str()));
        add("from_version", self.from_version.as_ref().map(Version::as_str));
        add("to_version", Some(self.to_version.as_str()));
        add("chip", self.chip.as_deref());
        add("failure", self.failure.as_deref());
        add("age_seconds", self.age_seconds.map(|age| age.to_string()).as_deref());
        form
    }

    /// Reads the fields as `parameter` finds them by name, decoded. An empty one counts as left out.
    ///
    /// # Errors
    /// [`QueryError`] names the first field that is missing or wrong.
    pub fn from_parameters(parameter: impl Fn(&str) -> Option<String>) -> Result<Self, QueryError> {
        let missing = |name| move || QueryError::Missing(name);
        let duration: Option<Number> = read("duration_ms", &parameter)?;
        Ok(Self {
            device_serial: read("device_serial", &parameter)?,
            hardware_version: read("hardware_version", &parameter)?.ok_or_else(missing("hardware_version"))?,
            software_type: read("software_type", &parameter)?.ok_or_else(missing("software_type"))?,
            from_version: read("from_version", &parameter)?,
            to_version: read("to_version", &parameter)?.ok_or_else(missing("to_version"))?,
            chip: read("chip", &parameter)?.map(|Word(chip)| chip),
            failure: read("failure", &parameter)?.map(|Word(code)| code),
            duration_ms: duration.ok_or_else(missing("duration_ms"))?.0,
            age_seconds: read("age_seconds", &parameter)?.map(|Number(age)| age),
        })
    }
}

/// A number without a sign.
struct Number(u32);

impl FromStr for Number {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let found = text.chars().find(|c| !c.is_ascii_digit());
        match (text.parse(), found) {
            (Ok(number), None) => Ok(Self(number)),
            (_, Some(found)) => Err(NameError::Character { found, allowed: "no others" }),
            _ => Err(NameError::TooLong(text.len())),
        }
    }
}

/// A chip's name or a code: what can be printed, in ASCII.
struct Word(String);

impl FromStr for Word {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.chars().find(|c| !(' '..='~').contains(c)) {
            Some(found) => Err(NameError::Character { found, allowed: "what ASCII prints" }),
            None if text.len() > LONGEST => Err(NameError::TooLong(text.len())),
            None => Ok(Self(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> OutcomeReport {
        OutcomeReport {
            device_serial: None,
            hardware_version: "rev [2]".parse().unwrap(),
            software_type: "stm32-fw".parse().unwrap(),
            from_version: None,
            to_version: "1.0.0+abc".parse().unwrap(),
            chip: Some("STM32F405xx/07xx and STM32F415xx/17xx".to_owned()),
            failure: Some("link-lost".to_owned()),
            duration_ms: 12_345,
            age_seconds: None,
        }
    }

    #[test]
    fn a_report_is_a_form_without_what_is_not_told() {
        assert_eq!(
            report().to_form(),
            "duration_ms=12345&hardware_version=rev%20%5B2%5D&software_type=stm32-fw&to_version=1.0.0%2Babc\
             &chip=STM32F405xx%2F07xx%20and%20STM32F415xx%2F17xx&failure=link-lost"
        );
        let late = OutcomeReport { age_seconds: Some(3600), ..report() };
        assert_eq!(late.to_form(), report().to_form() + "&age_seconds=3600");
    }

    #[test]
    fn what_is_no_report_is_refused_by_the_name_of_the_field() {
        let read = |changed: &str, value: &str| {
            OutcomeReport::from_parameters(|name| match name {
                _ if name == changed => Some(value.to_owned()),
                "duration_ms" => Some("12345".to_owned()),
                "hardware_version" | "software_type" => Some("x".to_owned()),
                "to_version" => Some("1.0.0".to_owned()),
                _ => None,
            })
        };
        assert_eq!(read("chip", "F4").unwrap().chip.as_deref(), Some("F4"));
        assert_eq!(read("age_seconds", "3600").unwrap().age_seconds, Some(3600));
        assert_eq!(read("to_version", ""), Err(QueryError::Missing("to_version")));
        for (name, value) in [
            ("duration_ms", "-1"),
            ("duration_ms", "99999999999"),
            ("age_seconds", "-1"),
            ("chip", "a\nb"),
            ("failure", &"x".repeat(65)),
            ("device_serial", "a b"),
        ] {
            let error = read(name, value).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
