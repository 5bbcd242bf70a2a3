//! The descriptors of ST's ROM, as `lsusb` and `dfu-util` list them.

use super::device::UsbRom;

/// Descriptor types (USB 2.0 Table 9-5).
const DEVICE: u8 = 1;
const CONFIGURATION: u8 = 2;
const STRING: u8 = 3;
const INTERFACE: u8 = 4;
/// DFU 1.1 §4.1.3.
const FUNCTIONAL: u8 = 0x21;
/// The numbers of the strings before those of the alternate settings.
const SERIAL: u8 = 3;
const FIRST_ALTERNATE: u8 = 4;

impl UsbRom {
    /// The newer ROMs take 1024 bytes at a time and write 2.0 in another way; their strings have other spaces.
    fn is_newer(&self) -> bool {
        matches!(self.rom.chip.family, "C0" | "C5" | "G0" | "G4" | "H5" | "H7" | "L5" | "U0" | "U3" | "U5" | "WBA")
    }

    /// `wTransferSize`.
    pub(super) fn transfer_size(&self) -> u16 {
        if self.is_newer() { 1024 } else { 2048 }
    }

    /// The descriptor of this kind and number, or `None` where the ROM stalls.
    pub(super) fn descriptor(&self, kind: u8, number: u8) -> Option<Vec<u8>> {
        match kind {
            DEVICE => Some(self.device()),
            CONFIGURATION if number == 0 => Some(self.configuration()),
            STRING => self.string(number),
            _ => None,
        }
    }

    fn device(&self) -> Vec<u8> {
        let (vendor, product) = self.quirks.usb_id.unwrap_or((0x0483, 0xDF11));
        let release: u16 = if self.is_newer() { 0x0200 } else { 0x2200 };
        let mut bytes = vec![18, DEVICE, 0x00, 0x01, 0, 0, 0, 64];
        for word in [vendor, product, release] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&[1, 2, SERIAL, 1]);
        bytes
    }

    fn configuration(&self) -> Vec<u8> {
        let alternates = u8::try_from(self.alternates().len()).expect("there are few");
        let mut bytes = vec![9, CONFIGURATION, 0, 0, 1, 1, 0, 0xC0, 50];
        for setting in 0..alternates {
            bytes.extend_from_slice(&[9, INTERFACE, 0, setting, 0, 0xFE, 1, 2, FIRST_ALTERNATE + setting]);
        }
        // Can be written and read, detaches by itself, does not survive its own manifestation.
        bytes.extend_from_slice(&[9, FUNCTIONAL, 0x0B, 0xFF, 0x00]);
        bytes.extend_from_slice(&self.transfer_size().to_le_bytes());
        bytes.extend_from_slice(&self.quirks.version.unwrap_or(0x011A).to_le_bytes());
        let length = u16::try_from(bytes.len()).expect("it is short");
        bytes[2..4].copy_from_slice(&length.to_le_bytes());
        bytes
    }

    fn string(&self, number: u8) -> Option<Vec<u8>> {
        let text = match number {
            0 => return Some(vec![4, STRING, 0x09, 0x04]),
            1 => "STMicroelectronics".to_owned(),
            2 => "STM32 BOOTLOADER".to_owned(),
            SERIAL => self.quirks.serial.map_or_else(|| self.serial(), str::to_owned),
            _ => self.alternates().get(usize::from(number - FIRST_ALTERNATE))?.clone(),
        };
        if self.quirks.utf8_strings {
            string(text.bytes())
        } else {
            string(text.encode_utf16().flat_map(u16::to_le_bytes))
        }
    }

    /// The first and third word of the unique id added up, and the upper half of the second (libopencm3 issue 760).
    fn serial(&self) -> String {
        let id = self.rom.memory.unique_id;
        let word = |at: usize| u32::from_le_bytes([id[at], id[at + 1], id[at + 2], id[at + 3]]);
        format!("{:08X}{:04X}", word(0).wrapping_add(word(8)), word(4) >> 16)
    }

    /// The names of the alternate settings.
    pub(super) fn alternates(&self) -> Vec<String> {
        if !self.quirks.alternates.is_empty() {
            return self.quirks.alternates.iter().map(|&name| name.to_owned()).collect();
        }
        let chip = self.rom.chip;
        let spaces = if self.is_newer() { "   " } else { "  " };
        let flash = format!("@Internal Flash{spaces}/0x{:08X}/{}", chip.geometry.base, self.units());
        let options = match (chip.family, &chip.option_bytes) {
            // It has the flash in place of the others (ST community, "Can't set option bytes over USB DFU").
            ("G0", _) => return vec![flash.clone(), flash.clone(), flash],
            ("H7", _) => "0x5200201C/01*128 e".to_owned(),
            (_, Some(options)) => {
                let place = |address: u32| format!("0x{address:08X}/01*{:03} e", options.len());
                // Chips with two banks that have option bytes for each.
                let second = match chip.product_id.0 {
                    0x419 | 0x434 => Some(0x1FFE_C000),
                    0x469 => Some(0x1FFF_F800),
                    _ => None,
                };
                [Some(options.start), second].into_iter().flatten().map(place).collect::<Vec<_>>().join("/")
            }
            _ => return vec![flash],
        };
        let mut names = vec![flash, format!("@Option Bytes{spaces}/{options}")];
        if self.rom.memory.voltage.is_some() {
            names.push("@Device Feature/0xFFFF0000/01*004 e".to_owned());
        }
        names
    }

    /// The flash as the string has it: `04*016Kg,01*064Kg,07*128Kg`.
    fn units(&self) -> String {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for unit in self.rom.geometry().units() {
            match runs.last_mut() {
                Some((count, size)) if *size == unit.size => *count += 1,
                _ => runs.push((1, unit.size)),
            }
        }
        let texts = runs.iter().map(|(count, size)| match size >> 10 {
            0 => format!("{count:02}*{size:03} g"),
            kib => format!("{count:02}*{kib:03}Kg"),
        });
        texts.collect::<Vec<_>>().join(",")
    }
}

/// A string descriptor, if it is not too long for one.
pub(super) fn string(body: impl Iterator<Item = u8>) -> Option<Vec<u8>> {
    let mut bytes = vec![0, STRING];
    bytes.extend(body);
    bytes[0] = u8::try_from(bytes.len()).ok()?;
    Some(bytes)
}
