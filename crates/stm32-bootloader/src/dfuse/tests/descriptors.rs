use core::time::Duration;

use crate::dfuse::{DescriptorError, Functional, Mode, interface, text};

/// A configuration descriptor of these parts, its length right.
fn configuration(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![9, 2, 0, 0, 1, 1, 0, 0xC0, 50];
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    let length = (bytes.len() as u16).to_le_bytes();
    bytes[2..4].copy_from_slice(&length);
    bytes
}

const fn alternate(setting: u8, protocol: u8) -> [u8; 9] {
    [9, 4, 2, setting, 0, 0xFE, 1, protocol, 4 + setting]
}

/// As `lsusb` shows that of an STM32F405: 255 ms, 2048 bytes, 1.1a.
const FUNCTIONAL: [u8; 9] = [9, 0x21, 0x0B, 0xFF, 0x00, 0x00, 0x08, 0x1A, 0x01];

#[test]
fn the_interface_of_sts_rom_is_read_with_all_it_says() {
    let bytes = configuration(&[&alternate(0, 2), &alternate(1, 2), &FUNCTIONAL]);
    let found = interface(&bytes, Mode::Dfu).expect("it is right");
    assert_eq!((found.number, &found.alternates[..]), (2, &[(0, 4), (1, 5)][..]));
    let functional = Functional {
        can_download: true,
        can_upload: true,
        manifestation_tolerant: false,
        will_detach: true,
        detach_timeout: Duration::from_millis(255),
        transfer_size: 2048,
        version: 0x011A,
    };
    assert_eq!(found.functional, functional);
}

#[test]
fn a_functional_descriptor_behind_each_alternate_setting_does_no_harm() {
    let bytes = configuration(&[&alternate(0, 2), &FUNCTIONAL, &alternate(1, 2), &FUNCTIONAL]);
    assert_eq!(interface(&bytes, Mode::Dfu).expect("it is right").alternates.len(), 2);
}

#[test]
fn descriptors_of_other_interfaces_are_passed_over() {
    // A HID interface, whose descriptor has the type of DFU's, and an endpoint.
    let hid: [u8; 9] = [9, 4, 0, 0, 1, 3, 0, 0, 0];
    let hid_descriptor: [u8; 9] = [9, 0x21, 0x11, 0x01, 0, 1, 0x22, 0x00, 0x04];
    let endpoint: [u8; 7] = [7, 5, 0x81, 3, 8, 0, 10];
    let bytes = configuration(&[&hid, &hid_descriptor, &endpoint, &alternate(0, 2), &FUNCTIONAL]);
    assert_eq!(interface(&bytes, Mode::Dfu).expect("it is right").functional.transfer_size, 2048);
}

#[test]
fn a_functional_descriptor_of_dfu_1_0_ends_before_the_version() {
    let bytes = configuration(&[&alternate(0, 2), &[7, 0x21, 0x01, 0xFF, 0x00, 0x40, 0x00]]);
    let functional = interface(&bytes, Mode::Dfu).expect("it is right").functional;
    assert_eq!((functional.version, functional.transfer_size, functional.can_upload), (0x0100, 64, false));
}

#[test]
fn an_application_is_told_from_a_device_in_dfu_mode() {
    let bytes = configuration(&[&alternate(0, 1), &FUNCTIONAL]);
    assert_eq!(interface(&bytes, Mode::Dfu), Err(DescriptorError::NoInterface));
    assert_eq!(interface(&bytes, Mode::Application).map(|found| found.mode), Ok(Mode::Application));
}

#[test]
fn what_is_missing_or_damaged_is_told() {
    assert_eq!(interface(&configuration(&[]), Mode::Dfu), Err(DescriptorError::NoInterface));
    assert_eq!(interface(&configuration(&[&alternate(0, 2)]), Mode::Dfu), Err(DescriptorError::NoFunctional));
    let no_bytes = [9, 0x21, 0x0B, 0xFF, 0, 0, 0, 0x1A, 1];
    let bytes = configuration(&[&alternate(0, 2), &no_bytes]);
    assert_eq!(interface(&bytes, Mode::Dfu), Err(DescriptorError::NoFunctional));
    for (parts, offset) in [(&[9, 4, 0][..], 9), (&[0, 0], 9), (&[5, 4, 0, 0, 0], 9), (&[1, 4, 0], 9)] {
        assert_eq!(interface(&configuration(&[parts]), Mode::Dfu), Err(DescriptorError::Damaged { offset }));
    }
    for bytes in [&[][..], &[9, 2], &[9, 1, 9, 0, 0, 0, 0, 0, 0], &[8, 2, 9, 0, 0, 0, 0, 0, 0]] {
        assert_eq!(interface(bytes, Mode::Dfu), Err(DescriptorError::Damaged { offset: 0 }));
    }
}

#[test]
fn strings_are_utf_16_or_what_the_gd32vf103_sends() {
    assert_eq!(text(b"\x0C\x03@\0F\0l\0a\0s\0").as_deref(), Ok("@Flas"));
    assert_eq!(text(b"\x06\x033CBJ").as_deref(), Ok("3CBJ"));
    assert_eq!(text(b"\x05\x033CB").as_deref(), Ok("3CB"));
    assert_eq!(text(b"\x08\x03a\0\0\0b\0").as_deref(), Ok("ab"), "what is not printable is left out");
    assert_eq!(text(b"\x02\x03").as_deref(), Ok(""));
    assert_eq!(text(b"\x20\x03a\0").as_deref(), Ok("a"), "a length beyond what came");
    assert_eq!(text(b"\x01\x03a\0"), Err(DescriptorError::Damaged { offset: 0 }));
    assert_eq!(text(b"\x04\x02a\0"), Err(DescriptorError::Damaged { offset: 0 }));
    assert_eq!(text(b""), Err(DescriptorError::Damaged { offset: 0 }));
}
