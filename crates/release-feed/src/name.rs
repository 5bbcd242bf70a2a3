//! The names that devices go by: each of 1 to 128 characters of its own alphabet.

use core::fmt;
use core::str::FromStr;

/// The most characters in a name.
const LONGEST: usize = 128;

/// Why a text is no such name. The texts are for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// There is too much.
    #[error("it has {0} characters, at most {LONGEST} are allowed")]
    TooLong(usize),
    /// A character is not of the alphabet.
    #[error("{found:?} is not allowed in it; only letters, digits and {allowed} are")]
    Character {
        /// The first one that is not.
        found: char,
        /// What is allowed besides letters and digits.
        allowed: &'static str,
    },
}

/// A text of at most 128 characters: ASCII letters, digits and those of `marks`, which `allowed` says in words.
fn checked(text: &str, marks: &str, allowed: &'static str) -> Result<String, NameError> {
    let length = text.chars().count();
    if length == 0 {
        return Err(NameError::Empty);
    }
    if let Some(found) = text.chars().find(|&c| !c.is_ascii_alphanumeric() && !marks.contains(c)) {
        return Err(NameError::Character { found, allowed });
    }
    if length > LONGEST {
        return Err(NameError::TooLong(length));
    }
    Ok(text.to_owned())
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $marks:literal, $allowed:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                checked(text, $marks, $allowed).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// What tells a device from all others of its project; it decides the cohort.
    DeviceSerial,
    "-_",
    "- _"
);
name!(
    /// A revision of the hardware, e.g. `evt` or `mp`. Payloads are per hardware version.
    HardwareVersion,
    "-_.+:\\()[]/ ",
    "- _ . + : \\ ( ) [ ] / and spaces"
);
name!(
    /// A component that is updated by itself, e.g. `stm32-fw`.
    SoftwareType,
    "-_.+: ",
    "- _ . + : and spaces"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_takes_letters_digits_hyphen_and_underscore() {
        assert_eq!("A-1_b".parse::<DeviceSerial>().unwrap().as_str(), "A-1_b");
        let error = "A 1".parse::<DeviceSerial>().unwrap_err();
        assert_eq!(error, NameError::Character { found: ' ', allowed: "- _" });
    }

    #[test]
    fn a_hardware_version_takes_the_marks_of_the_documentation() {
        assert!(r"rev[2]/a:b+c\(d) e-f_g.h".parse::<HardwareVersion>().is_ok());
        assert!("rev#2".parse::<HardwareVersion>().is_err());
    }

    #[test]
    fn a_name_has_1_to_128_characters() {
        assert_eq!("".parse::<SoftwareType>().unwrap_err(), NameError::Empty);
        assert!("x".repeat(128).parse::<SoftwareType>().is_ok());
        assert_eq!("x".repeat(129).parse::<SoftwareType>().unwrap_err(), NameError::TooLong(129));
    }
}
