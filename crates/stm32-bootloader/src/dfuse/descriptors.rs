//! Descriptors, from the bytes that the device sends: browsers do not pass on what they do not know, and hosts differ in
//! what they do.

use core::time::Duration;

/// Descriptor types (USB 2.0 Table 9-5; DFU 1.1 §4.1.3).
pub(super) const DEVICE: u8 = 1;
pub(super) const CONFIGURATION: u8 = 2;
pub(super) const STRING: u8 = 3;
const INTERFACE: u8 = 4;
const FUNCTIONAL: u8 = 0x21;
/// Class and subclass of DFU interfaces (DFU 1.1 Table 4.1).
const DFU: (u8, u8) = (0xFE, 0x01);

/// The bytes of a configuration descriptor that say how long all of it is.
pub(super) const HEADER: usize = 9;

/// Why descriptors cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorError {
    /// They end early, or are not what was asked for.
    #[error("the descriptor is damaged at byte {offset}")]
    Damaged {
        /// Where.
        offset: usize,
    },
    /// No interface is one of DFU in the mode that is needed.
    #[error("the device has no DFU interface")]
    NoInterface,
    /// The DFU interface comes without its functional descriptor, or with one that allows no transfer.
    #[error("the device does not say how it is to be programmed")]
    NoFunctional,
}

/// Which device it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Device {
    /// `idVendor`.
    pub vendor: u16,
    /// `idProduct`.
    pub product: u16,
    /// `bcdDevice`. The high byte is the version of ST's ROM, e.g. 0x22 for 2.2 (AN3156 §1).
    pub release: u16,
    /// The number of the string with the serial number; zero where there is none.
    pub(super) serial: u8,
}

impl Device {
    /// Reads a device descriptor.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, DescriptorError> {
        let damaged = DescriptorError::Damaged { offset: 0 };
        let bytes: &[u8; 18] = bytes.first_chunk().filter(|bytes| bytes[1] == DEVICE).ok_or(damaged)?;
        let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        Ok(Self { vendor: word(8), product: word(10), release: word(12), serial: bytes[16] })
    }
}

/// In which mode a DFU interface is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The application runs; the interface is only there to leave it.
    Application,
    /// It can be programmed.
    Dfu,
}

/// What a device says of how it is programmed: the DFU functional descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Functional {
    /// It can be written (`bitCanDnload`).
    pub can_download: bool,
    /// It can be read (`bitCanUpload`).
    pub can_upload: bool,
    /// It goes on to answer once it is programmed (`bitManifestationTolerant`).
    pub manifestation_tolerant: bool,
    /// It leaves the bus by itself when it is told to detach (`bitWillDetach`); others wait to be reset.
    pub will_detach: bool,
    /// How long it waits to be reset.
    pub detach_timeout: Duration,
    /// The most bytes of one transfer, at least 1.
    pub transfer_size: u16,
    /// `bcdDFUVersion`: 0x011A is ST's extension, DfuSe; 0x0100 also stands for a descriptor without it.
    pub version: u16,
}

/// A DFU interface and the numbers of its alternate settings, each with that of the string which names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its number.
    pub number: u8,
    /// Its mode.
    pub mode: Mode,
    /// Its alternate settings and the numbers of their strings, in the order of the descriptor.
    pub alternates: Vec<(u8, u8)>,
    /// How it is programmed.
    pub functional: Functional,
}

/// How many bytes a configuration descriptor has in all, from the first of them.
pub(super) fn total_length(header: &[u8]) -> Result<usize, DescriptorError> {
    match header {
        [length, CONFIGURATION, low, high, ..] if usize::from(*length) >= HEADER => {
            Ok(usize::from(u16::from_le_bytes([*low, *high])))
        }
        _ => Err(DescriptorError::Damaged { offset: 0 }),
    }
}

/// The DFU interface of a configuration descriptor that is in this mode, with its functional descriptor.
///
/// A descriptor of the type of DFU's functional one is found in HID interfaces as well, so only one that stands in a DFU
/// interface counts. ST's ROM has one behind its last alternate setting; other devices have one behind each.
///
/// # Errors
/// [`DescriptorError`] where there is none, or where the bytes are damaged.
pub fn interface(configuration: &[u8], mode: Mode) -> Result<Interface, DescriptorError> {
    let mut found: Option<(u8, Vec<(u8, u8)>)> = None;
    let mut functional = None;
    let mut inside = false;
    let mut offset = 0;
    let mut rest = &configuration[..total_length(configuration)?.min(configuration.len())];
    while let [length, kind, ..] = *rest {
        let damaged = DescriptorError::Damaged { offset };
        let (descriptor, after) = rest.split_at_checked(length.into()).filter(|_| length >= 2).ok_or(damaged)?;
        match (kind, descriptor) {
            (INTERFACE, &[_, _, number, setting, _, class, subclass, protocol, name, ..]) => {
                // In application mode the protocol is 1 (DFU 1.1 Table 4.1); 2, and 0 on some old devices, is DFU mode.
                let in_mode = (protocol == 1) == (mode == Mode::Application);
                let first = found.as_ref().is_none_or(|&(first, _)| first == number);
                inside = (class, subclass) == DFU && in_mode && first;
                if inside {
                    found.get_or_insert((number, Vec::new())).1.push((setting, name));
                }
            }
            (INTERFACE, _) => return Err(damaged),
            (FUNCTIONAL, &[_, _, attributes, d0, d1, t0, t1, ref version @ ..]) if inside && functional.is_none() => {
                let bit = |bit: u8| attributes >> bit & 1 == 1;
                functional = Some(Functional {
                    can_download: bit(0),
                    can_upload: bit(1),
                    manifestation_tolerant: bit(2),
                    will_detach: bit(3),
                    detach_timeout: Duration::from_millis(u16::from_le_bytes([d0, d1]).into()),
                    transfer_size: u16::from_le_bytes([t0, t1]),
                    // DFU 1.0 has no version here.
                    version: version.first_chunk().map_or(0x0100, |version| u16::from_le_bytes(*version)),
                });
            }
            _ => {}
        }
        offset += descriptor.len();
        rest = after;
    }
    let (number, alternates) = found.ok_or(DescriptorError::NoInterface)?;
    let functional = functional.filter(|functional| functional.transfer_size > 0);
    Ok(Interface { number, mode, alternates, functional: functional.ok_or(DescriptorError::NoFunctional)? })
}

/// The text of a string descriptor: UTF-16, or UTF-8 as the GD32VF103 sends it. What is not printable is left out.
pub fn text(descriptor: &[u8]) -> Result<String, DescriptorError> {
    let damaged = DescriptorError::Damaged { offset: 0 };
    let &[length, STRING, ..] = descriptor else { return Err(damaged) };
    let bytes = descriptor.get(2..usize::from(length).min(descriptor.len())).ok_or(damaged)?;
    let text = if bytes.len() % 2 == 1 || bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        String::from_utf8_lossy(bytes).into_owned()
    } else {
        char::decode_utf16(bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])))
            .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    Ok(text.chars().filter(|char| !char.is_control()).collect())
}
