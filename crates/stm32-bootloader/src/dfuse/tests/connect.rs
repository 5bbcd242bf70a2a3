use super::*;
use crate::dfuse::{ConnectError, DescriptorError, LayoutError};
use crate::pipe::{ControlPipe, Kind, PipeError, Request};
use crate::port::Instant;

#[test]
fn a_device_tells_its_memories_and_how_it_is_programmed() {
    let bootloader = connected(pipe(rom(0x413)));
    let device = bootloader.device();
    assert_eq!((device.vendor, device.product, device.release), (0x0483, 0xDF11, 0x2200));
    assert_eq!(bootloader.functional().transfer_size, 2048);
    assert_eq!(*bootloader.geometry(), chip(0x413).geometry);
    let names: Vec<_> =
        bootloader.alternates().iter().map(|memory| memory.layout.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(names, ["Internal Flash", "Option Bytes", "Device Feature"]);
}

#[test]
fn the_serial_number_is_made_of_the_unique_id() {
    // From the device in libopencm3 issue 760.
    let id = [0x002D_0030_u32, 0x3334_510B, 0x3231_3533].map(u32::to_le_bytes).concat();
    let rom = rom(0x413).with_unique_id(id.try_into().unwrap());
    assert_eq!(connected(pipe(rom)).serial(), "325E35633334");
}

#[test]
fn every_chip_of_the_table_whose_rom_speaks_usb_describes_its_flash_as_the_table_does() {
    for product_id in [0x445, 0x448, 0x411, 0x446, 0x419, 0x449, 0x467, 0x469, 0x484, 0x450, 0x480, 0x447, 0x437, 0x482]
    {
        let bootloader = connected(pipe(rom(product_id)));
        let units = |geometry: &crate::chip::Geometry| geometry.units().collect::<Vec<_>>();
        assert_eq!(units(bootloader.geometry()), units(&chip(product_id).geometry), "0x{product_id:03X}");
    }
}

#[test]
fn a_device_that_speaks_plain_dfu_is_refused_with_its_version() {
    let pipe = quirky(rom(0x413), UsbQuirks { version: Some(0x0110), ..UsbQuirks::default() });
    let error = block_on(Bootloader::connect(pipe)).expect_err("it has no addresses");
    assert_eq!(error, ConnectError::NotDfuse { version: 0x0110 });
    assert_eq!(error.to_string(), "the device speaks DFU 1.10, not ST's extension of it");
}

#[test]
fn a_device_without_flash_is_refused_with_what_is_wrong_with_its_layout() {
    let quirks = UsbQuirks { alternates: vec!["@Internal Flash /0x08000000/wrong"], ..UsbQuirks::default() };
    let error = block_on(Bootloader::connect(quirky(rom(0x413), quirks))).expect_err("it has no flash");
    assert!(matches!(error, ConnectError::NoFlash(Some(LayoutError::Part { .. }))), "{error}");
}

#[test]
fn the_flash_is_found_whatever_else_is_there_and_in_which_order() {
    // An AT32's option bytes can be erased, and its name for them is no name of ST's.
    let alternates = vec!["@Option byte   /0x1FFFC000/01*512 g", "damaged", "@Internal Flash   /0x08000000/08*04Kg"];
    let bootloader = connected(quirky(rom(0x413), UsbQuirks { alternates, ..UsbQuirks::default() }));
    assert_eq!((bootloader.selected, bootloader.geometry().size), (2, 32 << 10));
    assert_eq!(bootloader.flash_setting(), 2);
}

#[test]
fn a_device_that_starts_in_an_error_is_cleared() {
    let mut bootloader = connected(quirky(rom(0x451), UsbQuirks { starts_in_error: true, ..UsbQuirks::default() }));
    let mut found = [0; 16];
    block_on(bootloader.read(BASE, &mut found)).expect("it is ready");
}

#[test]
fn a_string_that_is_stalled_or_lost_is_told_or_passed_over() {
    // Device, configuration twice, serial number, then the names.
    let stalled = |stalled| pipe(rom(0x413)).with_faults(PipeFaults { stalled, ..PipeFaults::default() });
    assert!(connected(stalled(vec![5])).alternates()[1].layout.is_ok(), "it is asked for again");
    assert_eq!(connected(stalled(vec![5, 6])).alternates()[1].layout, Err(LayoutError::NoLayout(String::new())));
    let lost = pipe(rom(0x413)).with_faults(PipeFaults { lost: vec![4, 5], ..PipeFaults::default() });
    assert!(matches!(block_on(Bootloader::connect(lost)), Err(ConnectError::Command(Error::Transfer { .. }))));
}

#[test]
fn an_application_without_a_dfu_interface_cannot_be_detached() {
    let error = block_on(crate::dfuse::detach(pipe(rom(0x413)))).expect_err("it is in DFU mode");
    assert_eq!(error, ConnectError::Descriptor(DescriptorError::NoInterface));
}

/// An application with a DFU interface beside a HID one. It goes by itself, or waits to be reset.
#[derive(Default)]
struct Application {
    will_detach: bool,
    detached: Option<u16>,
    resets: u32,
}

impl ControlPipe for &mut Application {
    fn now(&self) -> Instant {
        Instant::default()
    }

    async fn wait_until(&mut self, _: Instant) {}

    async fn control_in(&mut self, request: Request, buffer: &mut [u8], _: Instant) -> Result<usize, PipeError> {
        assert_eq!((request.code, request.value), (6, 0x0200), "the configuration is asked for");
        let attributes = if self.will_detach { 0x0D } else { 0x05 };
        let hid = [[9, 4, 0, 0, 1, 3, 0, 0, 0], [9, 0x21, 0x11, 0x01, 0, 1, 0x22, 0x00, 0x04]];
        let dfu = [[9, 4, 1, 0, 0, 0xFE, 1, 1, 5], [9, 0x21, attributes, 0xE8, 0x03, 0, 8, 0x1A, 1]];
        let all = [&[9, 2, 45, 0, 2, 1, 0, 0xC0, 50][..], hid.as_flattened(), dfu.as_flattened()].concat();
        let count = buffer.len().min(all.len());
        buffer[..count].copy_from_slice(&all[..count]);
        Ok(count)
    }

    async fn control_out(&mut self, request: Request, _: &[u8], _: Instant) -> Result<(), PipeError> {
        assert_eq!((request.kind, request.code, request.index), (Kind::Class, 0, 1));
        self.detached = Some(request.value);
        Ok(())
    }

    async fn select(&mut self, interface: u8, _: u8) -> Result<(), PipeError> {
        assert_eq!(interface, 1);
        Ok(())
    }

    async fn reset(&mut self) -> Result<(), PipeError> {
        self.resets += 1;
        Err(PipeError::Lost("it is another device now".into()))
    }
}

#[test]
fn an_application_is_detached_for_the_time_that_it_waits_and_reset_unless_it_goes_by_itself() {
    for (will_detach, resets) in [(true, 0), (false, 1)] {
        let mut application = Application { will_detach, ..Application::default() };
        block_on(crate::dfuse::detach(&mut application)).expect("it is told");
        assert_eq!((application.detached, application.resets), (Some(1000), resets));
    }
}
