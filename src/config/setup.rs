//! How the deployment and the page's address set the page up.

use release_feed::Chosen;
use stm32_bootloader::ladder;

use super::{BAUD, BootMode, DECIDING, Detail, Details, Doubt, Product};

/// The `release` of a link that wants the latest one, as it would be without.
const LATEST: &str = "latest";

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
    /// These of the link's parameters are not used.
    Doubted {
        /// Why.
        doubt: Doubt,
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
    /// what is done with a device, none where there is a `doubt` about the address.
    pub fn new(product: &Product, parameter: impl Fn(&str) -> Option<String>, doubt: Option<Doubt>) -> Self {
        let mut problems = Vec::new();
        let given =
            |name: &'static str| parameter(name).map(|value| value.trim().to_owned()).filter(|it| !it.is_empty());
        let mut set: Vec<_> = DECIDING.into_iter().filter_map(|name| Some((name, given(name)?))).collect();
        if let Some(doubt) = doubt.filter(|_| !set.is_empty()) {
            problems.push(Problem::Doubted { doubt, parameters: set.drain(..).map(|(name, _)| name).collect() });
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
