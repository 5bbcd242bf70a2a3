//! What sets the page up: the deployment's `fieldflash.json`, and the address of the page.

mod address;
mod boot_mode;
mod chip;
mod drawing;
mod link;

pub use address::Address;
pub use boot_mode::{BootMode, Entered, Wire};
pub use chip::Description;
pub use drawing::Drawing;
pub use link::{DECIDING, Link};

use core::fmt::Display;
use core::str::FromStr;

use release_feed::{Chosen, DeviceSerial, HardwareVersion, PublicKey, SoftwareType, Version};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use stm32_bootloader::ladder;
use updater::Supply;

/// Rates that a ROM may lock on to: AN3155 tests 1200 to 115200, hardware detection goes higher.
pub const BAUD: core::ops::RangeInclusive<u32> = 1200..=2_000_000;

/// The `release` of a link that wants the latest one, as it would be without.
const LATEST: &str = "latest";

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

/// What in the page's address could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A rate that is none.
    Baud {
        /// What stands there.
        wanted: String,
        /// What is used instead.
        used: u32,
    },
    /// A way into the bootloader, or a version, that is none.
    Unknown {
        /// The parameter.
        parameter: &'static str,
        /// What stands there.
        wanted: String,
    },
    /// The link is not signed as the deployment wants it, so that these of its parameters are not used.
    Unsigned {
        /// The parameters.
        parameters: Vec<&'static str>,
    },
}

/// How the page is set up.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// What the feed is asked with.
    pub details: Details,
    /// Which of these the page's address gives: they hold whatever the device says.
    pub given: Vec<Detail>,
    /// Bits a second.
    pub baud: u32,
    /// Bits a second that are not exceeded where a faster line can be tried.
    pub fastest_baud: u32,
    /// How many times faster than a real one the simulated device works.
    pub simulated_speed: u32,
    /// Whether the simulated device is on USB; otherwise it is a serial port.
    pub simulated_on_usb: bool,
    /// What the device is to have, where it is not what its feed has for it.
    pub chosen: Option<Chosen>,
    /// How the device gets into its bootloader.
    pub boot_mode: BootMode,
    /// What the page's address has set, of what decides what is done with a device.
    pub set: Vec<(&'static str, String)>,
    /// What in the page's address could not be used.
    pub problems: Vec<Problem>,
}

impl Setup {
    /// The deployment's values, and over them those in the page's address, looked up by `parameter`; of those that decide
    /// what is done with a device, none unless the address is `believed`.
    pub fn new(product: &Product, parameter: impl Fn(&str) -> Option<String>, believed: bool) -> Self {
        let mut problems = Vec::new();
        let given =
            |name: &'static str| parameter(name).map(|value| value.trim().to_owned()).filter(|it| !it.is_empty());
        let mut set: Vec<_> = DECIDING.into_iter().filter_map(|name| Some((name, given(name)?))).collect();
        if !believed && !set.is_empty() {
            problems.push(Problem::Unsigned { parameters: set.drain(..).map(|(name, _)| name).collect() });
        }
        let decided = |name: &str| set.iter().find(|(set, _)| *set == name).map(|(_, value)| value.clone());
        let (mut details, mut given) = (Details::default(), Vec::new());
        for (detail, default) in [
            (Detail::DeviceSerial, None),
            (Detail::HardwareVersion, product.hardware_version.clone()),
            (Detail::SoftwareType, product.software_type.clone()),
            (Detail::CurrentVersion, None),
        ] {
            let in_address = decided(detail.name());
            // Of what is installed nobody's word counts more than the device's: an older release is told by it.
            if in_address.is_some() && detail != Detail::CurrentVersion {
                given.push(detail);
            }
            *details.get_mut(detail) = in_address.or(default).unwrap_or_default().trim().to_owned();
        }
        let mut baud = product.baud.unwrap_or(115_200);
        let mut fastest_baud = product.fastest_baud.unwrap_or(ladder::HIGHEST);
        if let Some(value) = decided("baud") {
            match value.parse() {
                // Who asks for a rate gets it, and no other one.
                Ok(wanted) if BAUD.contains(&wanted) => (baud, fastest_baud) = (wanted, wanted),
                _ => problems.push(Problem::Baud { wanted: value, used: baud }),
            }
        }
        let mut boot_mode = product.boot_mode.clone();
        if let Some(wanted) = decided("wiring") {
            match BootMode::of_link(&wanted) {
                Some(way) => boot_mode = way,
                None => problems.push(Problem::Unknown { parameter: "wiring", wanted }),
            }
        }
        let mut chosen = Chosen { release: None, cohort: decided("cohort") };
        if let Some(wanted) = decided("release").filter(|wanted| wanted != LATEST) {
            match wanted.parse() {
                Ok(version) => chosen.release = Some(version),
                Err(_) => problems.push(Problem::Unknown { parameter: "release", wanted }),
            }
        }
        let chosen = (chosen != Chosen::default()).then_some(chosen);
        let simulated_speed = parameter("simulated_speed")
            .and_then(|value| value.parse().ok())
            .filter(|speed| (1..=10_000).contains(speed))
            .unwrap_or(1);
        let simulated_on_usb = match parameter("simulated_cable").as_deref() {
            Some("usb") => true,
            Some("serial") => false,
            _ => product.serial == Some(false),
        };
        Self { details, given, baud, fastest_baud, simulated_speed, simulated_on_usb, chosen, boot_mode, set, problems }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(product: &Product, query: &[(&str, &str)], believed: bool) -> Setup {
        let parameter = |name: &str| query.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into());
        Setup::new(product, parameter, believed)
    }

    fn setup(product: &Product, query: &[(&str, &str)]) -> Setup {
        linked(product, query, true)
    }

    #[test]
    fn the_address_wins_over_the_deployment() {
        let product = Product { hardware_version: Some("evt".into()), baud: Some(57_600), ..Product::default() };
        let setup = setup(&product, &[("hardware_version", "mp"), ("baud", "230400")]);
        assert_eq!((setup.details.hardware_version.as_str(), setup.baud), ("mp", 230_400));
    }

    #[test]
    fn a_faster_line_is_tried_up_to_what_the_deployment_says_and_not_where_the_address_asks_for_a_rate() {
        assert_eq!(setup(&Product::default(), &[]).fastest_baud, 921_600);
        let product = Product { fastest_baud: Some(230_400), ..Product::default() };
        assert_eq!(setup(&product, &[]).fastest_baud, 230_400);
        assert_eq!(setup(&product, &[("baud", "57600")]).fastest_baud, 57_600);
        let error = Config::parse(r#"{"feed": {}, "product": {"fastest_baud": 9216000}}"#).unwrap_err();
        assert!(error.contains("product.fastest_baud must be 1200 to 2000000"), "{error}");
    }

    #[test]
    fn a_link_chooses_a_release_a_cohort_and_the_wiring_and_the_page_can_say_so() {
        let query = [("release", "1.2.0"), ("cohort", "beta"), ("wiring", "reset-dtr,boot0-rts"), ("language", "de")];
        let setup = setup(&Product::default(), &query);
        let chosen = Chosen { release: "1.2.0".parse().ok(), cohort: Some("beta".into()) };
        assert_eq!(setup.chosen, Some(chosen));
        assert!(matches!(setup.boot_mode, BootMode::Wired { boot0: Some(_), .. }));
        let names: Vec<_> = setup.set.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["release", "cohort", "wiring"]);
    }

    #[test]
    fn a_link_that_wants_the_latest_release_is_as_one_that_says_nothing_of_it() {
        assert_eq!(setup(&Product::default(), &[("release", "latest")]).chosen, None);
    }

    #[test]
    fn what_in_a_link_is_nothing_that_there_is_is_told_and_not_used() {
        let setup = setup(&Product::default(), &[("release", &*"1".repeat(200)), ("wiring", "magic")]);
        assert_eq!((setup.chosen, setup.boot_mode), (None, BootMode::ByHand));
        assert_eq!(setup.problems.len(), 2);
    }

    #[test]
    fn of_a_link_that_is_not_believed_nothing_that_decides_is_used_and_that_is_told() {
        let query = [("hardware_version", "evt"), ("release", "1.0.0"), ("baud", "9600"), ("simulated_speed", "50")];
        let product = Product { hardware_version: Some("mp".into()), ..Product::default() };
        let mut setup = linked(&product, &query, false);
        let parameters = vec!["hardware_version", "release", "baud"];
        assert_eq!(setup.problems, [Problem::Unsigned { parameters }]);
        assert_eq!(setup.simulated_speed, 50);
        (setup.problems, setup.simulated_speed) = (Vec::new(), 1);
        assert_eq!(setup, linked(&product, &[], true));
    }

    #[test]
    fn what_the_device_says_is_installed_counts_more_than_what_a_link_says() {
        let setup = setup(&Product::default(), &[("current_version", "0.1.0"), ("hardware_version", "mp")]);
        assert_eq!(setup.given, [Detail::HardwareVersion]);
        assert_eq!(setup.details.current_version, "0.1.0", "it is taken where the device says nothing");
    }

    #[test]
    fn nothing_in_a_link_weakens_a_check() {
        // All that a deployment decides what is believed by, by the names that it has in fieldflash.json, and others.
        let names = "feed url project_key report payloads public_keys public_key links downgrade supply chips boot_mode \
                     image_address burst verify verification signature unsigned allow_downgrade insecure key keys config";
        for name in names.split_whitespace() {
            assert!(!DECIDING.contains(&name), "{name}");
            for value in ["", "true", "allowed", "confirmed", "https://evil.example", "[]"] {
                assert_eq!(setup(&Product::default(), &[(name, value)]), setup(&Product::default(), &[]), "{name}");
            }
        }
    }

    #[test]
    fn a_baud_that_is_none_is_told_and_not_used() {
        let setup = setup(&Product::default(), &[("baud", "fast")]);
        assert_eq!(setup.baud, 115_200);
        assert_eq!(setup.problems, [Problem::Baud { wanted: "fast".into(), used: 115_200 }]);
    }

    #[test]
    fn details_that_are_missing_are_named() {
        let setup = setup(&Product::default(), &[("device_serial", "A-1"), ("software_type", "stm32-fw")]);
        assert_eq!(setup.details.query(), Err(Unusable { detail: Detail::HardwareVersion, reason: None }));
    }

    #[test]
    fn a_mistyped_name_in_the_file_is_told_with_its_place() {
        let error = Config::parse("{\"feed\": {\"url\": \"\", \"projectkey\": \"x\"}}").unwrap_err();
        assert!(error.contains("projectkey") && error.contains("line 1"), "{error}");
    }

    #[test]
    fn the_settings_for_a_web_server_alone_are_those_that_the_document_shows() {
        let document = include_str!("../../docs/deploying.md");
        let (_, file) = document.split_once("```json\n").unwrap();
        let config = Config::parse(file.split_once("```").unwrap().0).unwrap();
        assert_eq!((config.feed.url.as_str(), config.feed.payloads.as_deref()), ("", Some("/ota-cdn")));
    }

    #[test]
    fn a_wiring_is_read_from_the_file() {
        let product = |boot_mode: &str| {
            let text = format!(r#"{{"feed":{{}},"product":{{"boot_mode":{boot_mode}}}}}"#);
            Config::parse(&text).map(|config| config.product.boot_mode)
        };
        assert_eq!(product(r#""find""#), Ok(BootMode::Find));
        let wired = product(r#"{"wired":{"reset":{"line":"dtr"},"boot0":{"line":"rts","inverted":false}}}"#);
        assert!(matches!(wired, Ok(BootMode::Wired { boot0: Some(_), .. })), "{wired:?}");
        assert!(product(r#"{"wired":{"reset":{"line":"cts"}}}"#).unwrap_err().contains("cts"));
    }

    #[test]
    fn how_an_application_is_told_to_restart_is_read_from_the_file() {
        let product = |boot_mode: &str| {
            let text = format!(r#"{{"feed":{{}},"product":{{"boot_mode":{boot_mode}}}}}"#);
            Config::parse(&text).map(|config| config.product.boot_mode)
        };
        assert_eq!(product(r#""touch""#), Ok(BootMode::Touch));
        assert_eq!(product(r#"{"send":"dfu\r\n"}"#), Ok(BootMode::Send("dfu\r\n".into())));
        assert!(product(r#"{"send":1}"#).unwrap_err().contains("string"));
    }

    #[test]
    fn a_chip_that_the_table_does_not_have_is_described_in_the_file() {
        let parse = |size: &str| {
            Config::parse(&format!(
                r#"{{"feed":{{}},"product":{{"chips":[{{"product_id":"0x4A0","units":[{{"count":64,"size":{size}}}],
                "ram":["0x20000000","0x20020000"]}}]}}}}"#
            ))
        };
        let chip = parse("8192").unwrap().product.chips[0].chip().unwrap();
        assert_eq!((chip.product_id.0, chip.geometry.size), (0x4A0, 512 << 10));
        assert!(parse("100").unwrap_err().contains("multiples of 128 bytes"));
    }

    #[test]
    fn a_public_key_that_is_none_is_told() {
        let parse = |key: &str| Config::parse(&format!(r#"{{"feed":{{}},"public_keys":["{key}"]}}"#));
        assert_eq!(parse(&"0f".repeat(32)).unwrap().public_keys.len(), 1);
        assert!(parse("0f").unwrap_err().contains("64 hexadecimal digits"));
    }

    #[test]
    fn bursts_are_tried_only_where_the_file_says_so() {
        let product = |text: &str| Config::parse(&format!(r#"{{"feed":{{}},"product":{text}}}"#)).unwrap().product;
        assert!(!product("{}").burst && product(r#"{"burst":true}"#).burst);
    }

    #[test]
    fn the_settings_of_the_workshop_are_those_that_its_document_shows() {
        let document = include_str!("../../docs/workshop.md");
        let (_, file) = document.split_once("```json\n").unwrap();
        let workshop = Config::parse(file.split_once("```").unwrap().0).unwrap().workshop;
        assert!(workshop.local_file && workshop.read_back && workshop.erase && workshop.monitor);
        assert!(!workshop.unsigned_local_files);
    }

    #[test]
    fn a_workshop_is_closed_unless_the_file_opens_it() {
        let workshop = |text: &str| Config::parse(&format!(r#"{{"feed":{{}}{text}}}"#)).map(|config| config.workshop);
        assert!(!workshop("").unwrap().is_open());
        let open = workshop(r#","workshop":{"read_back":true,"monitor":true}"#).unwrap();
        assert!(open.is_open() && open.monitor && !open.erase && !open.local_file && !open.unsigned_local_files);
        assert!(workshop(r#","workshop":{"readback":true}"#).unwrap_err().contains("readback"));
    }

    #[test]
    fn the_file_of_a_new_station_is_enough() {
        let config = Config::parse(r#"{"feed": {"url": "", "project_key": "abc"}}"#).unwrap();
        assert_eq!(config.feed.project_key.as_deref(), Some("abc"));
        assert_eq!(config.product, Product::default());
    }

    #[test]
    fn outcomes_are_reported_to_the_pages_own_origin_unless_that_is_switched_off() {
        let reports = |feed: &str| Config::parse(&format!(r#"{{"feed":{feed}}}"#)).unwrap().feed.reports();
        assert!(reports("{}"));
        assert!(!reports(r#"{"report":false}"#));
        assert!(!reports(r#"{"url":"https://device.memfault.com"}"#));
        assert!(reports(r#"{"url":"https://ota.example.com","report":true}"#));
    }
}
