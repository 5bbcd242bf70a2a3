//! The query: who asks for a release.

use core::fmt::{self, Display};
use core::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{DeviceSerial, HardwareVersion, NameError, SoftwareType, Version};

/// All but the unreserved characters of RFC 3986: a `+` in a version must not become a space.
pub(crate) const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The query parameters of both routes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct LatestQuery {
    /// Which device.
    #[cfg_attr(feature = "openapi", param(value_type = String, pattern = "^[-_a-zA-Z0-9]{1,128}$"))]
    pub device_serial: DeviceSerial,
    /// Its hardware version.
    #[cfg_attr(feature = "openapi", param(value_type = String))]
    pub hardware_version: HardwareVersion,
    /// What is to be updated.
    #[cfg_attr(feature = "openapi", param(value_type = String))]
    pub software_type: SoftwareType,
    /// What is installed; left out, the latest release is offered.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub current_version: Option<Version>,
}

/// Why parameters are no query. The texts are for the person who set them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A parameter is missing.
    #[error("the query parameter {0} is missing")]
    Missing(&'static str),
    /// A parameter is not what it must be.
    #[error("the query parameter {parameter} is not valid: {reason}")]
    Invalid {
        /// Which.
        parameter: &'static str,
        /// Why not.
        reason: NameError,
    },
}

/// Reads one parameter. An empty one counts as left out.
pub(crate) fn read<T: FromStr<Err = NameError>>(
    name: &'static str,
    find: impl Fn(&str) -> Option<String>,
) -> Result<Option<T>, QueryError> {
    find(name)
        .filter(|text| !text.is_empty())
        .map(|text| text.parse())
        .transpose()
        .map_err(|reason| QueryError::Invalid { parameter: name, reason })
}

impl LatestQuery {
    /// Reads the parameters as `parameter` finds them by name, decoded. An empty one counts as left out.
    ///
    /// A space in the version counts as a `+`: devices put their queries together by hand, and an unescaped `+`, as in
    /// `1.2.0+abc`, is decoded as one. Of a hardware version a space can be a part.
    ///
    /// # Errors
    /// [`QueryError`] names the first parameter that is missing or wrong.
    pub fn from_parameters(parameter: impl Fn(&str) -> Option<String>) -> Result<Self, QueryError> {
        let missing = |name| move || QueryError::Missing(name);
        Ok(Self {
            device_serial: read("device_serial", &parameter)?.ok_or_else(missing("device_serial"))?,
            hardware_version: read("hardware_version", &parameter)?.ok_or_else(missing("hardware_version"))?,
            software_type: read("software_type", &parameter)?.ok_or_else(missing("software_type"))?,
            current_version: read("current_version", |name| parameter(name).map(|text| text.replace(' ', "+")))?,
        })
    }

    /// The query as it stands in an address, without the `?`.
    pub fn to_query_string(&self) -> String {
        self.to_string()
    }
}

impl Display for LatestQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escape = |text| utf8_percent_encode(text, ESCAPED);
        write!(f, "device_serial={}", escape(self.device_serial.as_str()))?;
        write!(f, "&hardware_version={}", escape(self.hardware_version.as_str()))?;
        write!(f, "&software_type={}", escape(self.software_type.as_str()))?;
        match &self.current_version {
            Some(version) => write!(f, "&current_version={}", escape(version.as_str())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &[(&str, &str)]) -> Result<LatestQuery, QueryError> {
        LatestQuery::from_parameters(|name| {
            parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    const WHOLE: [(&str, &str); 4] = [
        ("device_serial", "DEMO"),
        ("hardware_version", "rev [2]/a"),
        ("software_type", "stm32-fw"),
        ("current_version", "1.0.0+abc"),
    ];

    #[test]
    fn what_could_be_mistaken_in_an_address_is_escaped() {
        let query = read(&WHOLE).unwrap();
        assert_eq!(
            query.to_query_string(),
            "device_serial=DEMO&hardware_version=rev%20%5B2%5D%2Fa&software_type=stm32-fw&current_version=1.0.0%2Babc"
        );
    }

    #[test]
    fn a_plus_that_was_not_escaped_is_one_in_a_version_and_a_space_elsewhere() {
        let mut parameters = WHOLE;
        parameters[1].1 = "rev 2";
        parameters[3].1 = "1.0.0 abc";
        let query = read(&parameters).unwrap();
        assert_eq!(query.current_version, "1.0.0+abc".parse().ok());
        assert_eq!(query.hardware_version.as_str(), "rev 2");
    }

    #[test]
    fn a_missing_parameter_is_named() {
        assert_eq!(read(&WHOLE[1..]), Err(QueryError::Missing("device_serial")));
        assert_eq!(read(&WHOLE[..2]), Err(QueryError::Missing("software_type")));
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        let error = read(&[("device_serial", "a b")]).unwrap_err();
        assert!(matches!(error, QueryError::Invalid { parameter: "device_serial", .. }));
    }

    #[test]
    fn an_empty_current_version_counts_as_left_out() {
        let mut parameters = WHOLE;
        parameters[3].1 = "";
        assert_eq!(read(&parameters).unwrap().current_version, None);
    }
}
