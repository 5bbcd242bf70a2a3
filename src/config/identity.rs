//! Where a product has its serial number, its hardware version and its installed version, as `fieldflash.json` says it.

use core::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Address, BAUD, Detail};

/// `product.identity`: the places of each detail, the first that gives it is the one. What none gives is typed in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    #[serde(default = "unique_id")]
    serial: Vec<Source>,
    #[serde(default)]
    hardware_version: Vec<Source>,
    #[serde(default)]
    installed_version: Vec<Source>,
}

impl Default for Identity {
    fn default() -> Self {
        Self { serial: unique_id(), hardware_version: Vec::new(), installed_version: Vec::new() }
    }
}

fn unique_id() -> Vec<Source> {
    vec![Source::UniqueId]
}

impl Identity {
    /// Each detail and its places.
    pub fn all(&self) -> [(Detail, &[Source]); 3] {
        [
            (Detail::DeviceSerial, &self.serial),
            (Detail::HardwareVersion, &self.hardware_version),
            (Detail::CurrentVersion, &self.installed_version),
        ]
    }

    /// What the running application is asked.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.all().into_iter().flat_map(|(_, sources)| sources).filter_map(|source| match source {
            Source::Application(question) => Some(question),
            _ => None,
        })
    }
}

/// A place where a detail is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The chip's unique id, over USB the serial number that its ROM makes of it.
    UniqueId,
    /// Memory that the bootloader can read: flash, OTP, option bytes, EEPROM.
    Memory(Place),
    /// The running application, before it is put in update mode.
    Application(Question),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UniqueId => f.write_str("the unique id"),
            Self::Memory(place) => write!(f, "{} bytes at 0x{:08X}", place.length, place.address),
            Self::Application(_) => f.write_str("said by the application"),
        }
    }
}

/// A place in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Where it begins.
    pub address: u32,
    /// Bytes, 1 to 256.
    pub length: u16,
    /// How they are read.
    pub form: Form,
}

/// How bytes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// As UTF-8 up to the first byte that is 0x00 or 0xFF, without blanks around it.
    #[default]
    Text,
    /// As hexadecimal digits, two each byte.
    Hex,
}

impl Form {
    /// What `bytes` say; `None` where nothing was written yet, or it is no text.
    pub fn read(self, bytes: &[u8]) -> Option<String> {
        let blank = |byte: u8| matches!(byte, 0x00 | 0xFF);
        match self {
            Self::Text => {
                let end = bytes.iter().position(|&byte| blank(byte)).unwrap_or(bytes.len());
                let text = core::str::from_utf8(&bytes[..end]).ok()?.trim();
                (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned())
            }
            Self::Hex if bytes.iter().all(|&byte| byte == bytes[0] && blank(byte)) => None,
            Self::Hex => Some(release_feed::hex(bytes).to_uppercase()),
        }
    }
}

/// What an application is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What it is sent, its line end included.
    pub send: String,
    /// At how many bits a second, without parity.
    pub baud: u32,
    /// A regular expression of JavaScript's that finds the detail in what it answers: its first group, or all of it. `^` and
    /// `$` are the begin and the end of a line.
    pub pattern: String,
}

/// A source as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    address: Option<Address>,
    length: Option<u16>,
    #[serde(default, rename = "as")]
    form: Form,
    send: Option<String>,
    baud: Option<u32>,
    pattern: Option<String>,
}

impl Written {
    fn source(self) -> Result<Source, &'static str> {
        match self {
            Self {
                address: Some(Address(address)),
                length: Some(length),
                form,
                send: None,
                baud: None,
                pattern: None,
            } => {
                if !(1..=256).contains(&length) {
                    return Err("length must be 1 to 256");
                }
                Ok(Source::Memory(Place { address, length, form }))
            }
            Self { address: None, length: None, send: Some(send), baud, pattern: Some(pattern), .. } => {
                let baud = baud.unwrap_or(115_200);
                if !BAUD.contains(&baud) {
                    return Err("baud must be 1200 to 2000000");
                }
                Ok(Source::Application(Question { send, baud, pattern }))
            }
            _ => Err("a source is \"unique-id\", or has address and length, or send and pattern"),
        }
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Source;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"unique-id\", or an object with address and length, or with send and pattern")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Source, E> {
                if text == "unique-id" {
                    Ok(Source::UniqueId)
                } else {
                    Err(E::custom(format!("unknown source {text:?}")))
                }
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Source, M::Error> {
                Written::deserialize(MapAccessDeserializer::new(map))?.source().map_err(M::Error::custom)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Identity, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn each_detail_has_its_places_in_order() {
        let identity = parse(
            r#"{"serial": [{"address": "0x1FFF7800", "length": 12, "as": "hex"}, "unique-id"],
                "installed_version": [{"send": "info\r\n", "pattern": "version: (\\S+)"}]}"#,
        )
        .unwrap();
        let [(_, serial), (_, hardware_version), (_, installed)] = identity.all();
        let otp = Place { address: 0x1FFF_7800, length: 12, form: Form::Hex };
        assert_eq!(serial, [Source::Memory(otp), Source::UniqueId]);
        assert!(hardware_version.is_empty());
        let question = Question { send: "info\r\n".into(), baud: 115_200, pattern: r"version: (\S+)".into() };
        assert_eq!(installed, [Source::Application(question.clone())]);
        assert_eq!(identity.questions().collect::<Vec<_>>(), [&question]);
    }

    #[test]
    fn a_device_goes_by_its_unique_id_unless_something_else_is_said() {
        assert_eq!(parse("{}"), Ok(Identity::default()));
        assert_eq!(Identity::default().all()[0].1, [Source::UniqueId]);
        assert_eq!(parse(r#"{"serial": []}"#).unwrap().all()[0].1, []);
    }

    #[test]
    fn a_source_that_is_none_is_told() {
        let error = |source: &str| parse(&format!(r#"{{"serial": [{source}]}}"#)).unwrap_err();
        assert!(error(r#""uid""#).contains("uid"));
        assert!(error(r#"{"address": "0x1FFF7800"}"#).contains("address and length"));
        assert!(error(r#"{"address": 0, "length": 0}"#).contains("1 to 256"));
        assert!(error(r#"{"address": 0, "length": 4, "send": "x"}"#).contains("send and pattern"));
        assert!(error(r#"{"send": "x", "pattern": "x", "baud": 1}"#).contains("1200 to 2000000"));
        assert!(error(r#"{"adress": 0, "length": 4}"#).contains("adress"));
    }

    #[test]
    fn text_ends_where_nothing_was_written() {
        assert_eq!(Form::Text.read(b"A-0017\0\0junk").as_deref(), Some("A-0017"));
        assert_eq!(Form::Text.read(b" evt2 \xFF\xFF").as_deref(), Some("evt2"));
        for blank in [&b"\xFF\xFF"[..], b"\0\0", b"   ", b"\x80\x81", b"a\x07b"] {
            assert_eq!(Form::Text.read(blank), None, "{blank:?}");
        }
    }

    #[test]
    fn digits_are_those_of_all_bytes_unless_none_was_written() {
        assert_eq!(Form::Hex.read(&[0x00, 0xA5, 0xFF]).as_deref(), Some("00A5FF"));
        assert_eq!((Form::Hex.read(&[0xFF; 4]), Form::Hex.read(&[0x00; 4])), (None, None));
        assert_eq!(Form::Hex.read(&[0x11, 0x11]).as_deref(), Some("1111"));
    }
}
