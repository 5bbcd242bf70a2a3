//! An outsider's device: usbd-dfu, a DfuSe class of another author for chips that run Rust, behind our client. It runs here,
//! on an emulated USB bus.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use pollster::block_on;
use stm32_bootloader::dfuse::{Bootloader, Command, Error, Status};
use stm32_bootloader::pipe::{ControlPipe, Kind, PipeError, Recipient, Request};
use stm32_bootloader::port::Instant;
use usb_device::bus::UsbBusAllocator;
use usbd_class_tester::prelude::*;
use usbd_dfu::{DFUClass, DFUManifestationError, DFUMemError, DFUMemIO};

const BASE: u32 = 0x0800_0000;
const PAGE: usize = 1024;
const PAGES: usize = 32;
const WORST: Duration = Duration::from_secs(1);

/// The flash of the device, as whoever uses usbd-dfu writes it.
struct Flash {
    bytes: Rc<RefCell<Vec<u8>>>,
    buffer: Vec<u8>,
}

impl Flash {
    /// Where the address is, if so many bytes are there.
    fn index(&self, address: u32, length: usize) -> Result<usize, DFUMemError> {
        let index = address.checked_sub(BASE).ok_or(DFUMemError::Address)? as usize;
        (index + length <= PAGE * PAGES).then_some(index).ok_or(DFUMemError::Address)
    }
}

impl DFUMemIO for Flash {
    const INITIAL_ADDRESS_POINTER: u32 = BASE;
    const MEM_INFO_STRING: &'static str = "@Internal Flash   /0x08000000/4*1Ka,28*1Kg";
    const PROGRAM_TIME_MS: u32 = 8;
    const ERASE_TIME_MS: u32 = 50;
    const FULL_ERASE_TIME_MS: u32 = 1000;
    const TRANSFER_SIZE: u16 = 128;

    fn store_write_buffer(&mut self, source: &[u8]) -> Result<(), ()> {
        self.buffer = source.to_vec();
        Ok(())
    }

    fn read(&mut self, address: u32, length: usize) -> Result<&[u8], DFUMemError> {
        let index = self.index(address, length)?;
        self.buffer = self.bytes.borrow()[index..index + length].to_vec();
        Ok(&self.buffer)
    }

    fn program(&mut self, address: u32, length: usize) -> Result<(), DFUMemError> {
        let index = self.index(address, length)?;
        let mut bytes = self.bytes.borrow_mut();
        let place = &mut bytes[index..index + length];
        if place.iter().any(|&byte| byte != 0xFF) {
            return Err(DFUMemError::Prog);
        }
        place.copy_from_slice(&self.buffer[..length]);
        Ok(())
    }

    fn erase(&mut self, address: u32) -> Result<(), DFUMemError> {
        let index = self.index(address, 1)?;
        self.bytes.borrow_mut()[index / PAGE * PAGE..][..PAGE].fill(0xFF);
        Ok(())
    }

    fn erase_all(&mut self) -> Result<(), DFUMemError> {
        self.bytes.borrow_mut().fill(0xFF);
        Ok(())
    }

    fn manifestation(&mut self) -> Result<(), DFUManifestationError> {
        Ok(())
    }
}

struct Context(Rc<RefCell<Vec<u8>>>);

impl UsbDeviceCtx for Context {
    type C<'c> = DFUClass<EmulatedUsbBus, Flash>;
    const EP0_SIZE: u8 = 64;

    fn create_class<'a>(&mut self, bus: &'a UsbBusAllocator<EmulatedUsbBus>) -> AnyResult<Self::C<'a>> {
        Ok(DFUClass::new(bus, Flash { bytes: self.0.clone(), buffer: Vec::new() }))
    }
}

type Class = DFUClass<EmulatedUsbBus, Flash>;

/// The emulated bus as a control pipe. The device does its work at once; the clock only counts what was waited for.
struct Bus<'a> {
    class: Class,
    device: Device<'a, Class, Context>,
    now: Instant,
}

impl Bus<'_> {
    fn transfer(&mut self, request: Request, to_host: bool, length: usize, bytes: &[u8]) -> Result<Vec<u8>, PipeError> {
        self.now = self.now + Duration::from_millis(1);
        let kind = if to_host { CtrRequestType::to_host() } else { CtrRequestType::to_device() };
        let kind = match request.kind {
            Kind::Standard => kind.standard(),
            Kind::Class => kind.class(),
        };
        let kind = match request.recipient {
            Recipient::Device => kind.device(),
            Recipient::Interface => kind.interface(),
        };
        let Request { code, value, index, .. } = request;
        let length = u16::try_from(length).expect("it is short");
        let data = (!to_host).then_some(bytes);
        let result = self.device.ep_io_control(&mut self.class, kind, code, value, index, length, data);
        result.map_err(|error| match error {
            AnyUsbError::EP0Stalled | AnyUsbError::EPStalled => PipeError::Stalled,
            other => PipeError::Refused(format!("{other:?}")),
        })
    }
}

impl ControlPipe for Bus<'_> {
    fn now(&self) -> Instant {
        self.now
    }

    async fn wait_until(&mut self, moment: Instant) {
        self.now = self.now.max(moment);
        self.device.poll(&mut self.class);
    }

    async fn control_in(&mut self, request: Request, buffer: &mut [u8], _: Instant) -> Result<usize, PipeError> {
        let answer = self.transfer(request, true, buffer.len(), &[])?;
        buffer[..answer.len()].copy_from_slice(&answer);
        Ok(answer.len())
    }

    async fn control_out(&mut self, request: Request, bytes: &[u8], _: Instant) -> Result<(), PipeError> {
        self.transfer(request, false, bytes.len(), bytes).map(drop)
    }

    async fn select(&mut self, interface: u8, alternate: u8) -> Result<(), PipeError> {
        let request = Request {
            kind: Kind::Standard,
            recipient: Recipient::Interface,
            code: 11,
            value: alternate.into(),
            index: interface.into(),
        };
        self.control_out(request, &[], self.now).await
    }

    async fn reset(&mut self) -> Result<(), PipeError> {
        Err(PipeError::Refused("this bus cannot be reset".into()))
    }
}

type Case = Box<dyn for<'a> FnOnce(Bootloader<Bus<'a>>)>;

thread_local! {
    /// What to do with the device: the tester takes a function that knows nothing but its arguments.
    static CASE: RefCell<Option<Case>> = const { RefCell::new(None) };
}

/// Connects to a device whose flash is full of 0x5A, and passes that on as well.
fn with_device(case: impl for<'a> FnOnce(Bootloader<Bus<'a>>, &RefCell<Vec<u8>>) + 'static) {
    let flash = Rc::new(RefCell::new(vec![0x5A; PAGE * PAGES]));
    let context = Context(flash.clone());
    CASE.set(Some(Box::new(move |bootloader| case(bootloader, &flash))));
    context
        .with_usb(|class, device| {
            let bootloader = block_on(Bootloader::connect(Bus { class, device, now: Instant::default() }));
            CASE.take().expect("it was put there")(bootloader.expect("it is a DfuSe device"));
        })
        .expect("the device enumerates");
}

/// Bytes without a pattern of the block's size.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n * 7 + n / 251) as u8).collect()
}

#[test]
fn it_tells_its_memory_and_its_transfer_size() {
    with_device(|bootloader, _| {
        assert_eq!(bootloader.functional().transfer_size, 128);
        assert!(bootloader.functional().manifestation_tolerant);
        assert_eq!(bootloader.serial(), "TestSerial");
        let units: Vec<_> = bootloader.geometry().units().collect();
        assert_eq!((units[0].number, units[0].address, units.len()), (4, BASE + 0x1000, 28));
    });
}

#[test]
fn a_program_is_written_read_back_and_started() {
    with_device(|mut bootloader, flash| {
        let program = bytes(3000);
        let address = BASE + 0x1000;
        block_on(async {
            for page in 0..3 {
                bootloader.erase(address + page * PAGE as u32, WORST).await?;
            }
            bootloader.write(address, &program).await?;
            let mut found = vec![0; program.len()];
            bootloader.read(address, &mut found).await?;
            assert_eq!(found, program);
            bootloader.leave(address).await
        })
        .expect("nothing is in the way");
        let flash = flash.borrow();
        assert_eq!(flash[0x1000..][..program.len()], program);
        assert!(flash[..0x1000].iter().chain(&flash[0x1C00..]).all(|&byte| byte == 0x5A), "nothing else was touched");
    });
}

#[test]
fn a_mass_erase_erases_all() {
    with_device(|mut bootloader, flash| {
        block_on(bootloader.mass_erase(WORST)).expect("nothing is in the way");
        assert!(flash.borrow().iter().all(|&byte| byte == 0xFF));
    });
}

#[test]
fn its_errors_are_told_and_it_takes_commands_after_them() {
    with_device(|mut bootloader, _| {
        let address = BASE + 0x1000;
        // It is not blank: this flash says so.
        let error = block_on(bootloader.write(address, &[1; 16])).expect_err("it was not erased");
        assert_eq!(error, Error::Refused { command: Command::Write, status: Status(0x06) });
        assert_eq!(error.to_string(), "the bootloader refused Write Memory: programming failed");
        block_on(bootloader.erase(address, WORST)).expect("it is ready again");
        block_on(bootloader.write(address, &[1; 16])).expect("it is blank now");
    });
}

#[test]
fn it_lists_its_commands() {
    with_device(|mut bootloader, _| {
        assert_eq!(block_on(bootloader.commands()).expect("it answers"), [0x00, 0x21, 0x41]);
        // It has no Read Unprotect, and stalls it.
        let error = block_on(bootloader.read_unprotect(WORST)).expect_err("it is not in the list");
        assert_eq!(error, Error::Transfer { command: Command::ReadUnprotect, error: PipeError::Stalled });
        block_on(bootloader.recover()).expect("it is ready again");
    });
}

#[test]
fn it_is_brought_back_to_idle_from_the_states_that_a_broken_session_leaves() {
    const DOWNLOAD: u8 = 1;
    const UPLOAD: u8 = 2;
    const GET_STATE: u8 = 5;
    let class = |code, value| Request { kind: Kind::Class, recipient: Recipient::Interface, code, value, index: 0 };
    // A command that was not begun, a wrong one, an upload, and an end that was not begun.
    for (code, block, sent) in [
        (DOWNLOAD, 0, &[0x41, 0x00, 0x10, 0x00, 0x08][..]),
        (DOWNLOAD, 1, &[1, 2, 3, 4]),
        (UPLOAD, 2, &[]),
        (DOWNLOAD, 2, &[]),
    ] {
        with_device(move |mut bootloader, _| {
            let pipe = bootloader.pipe();
            if code == UPLOAD {
                block_on(pipe.control_in(class(code, block), &mut [0; 128], pipe.now())).expect("it can be read");
            } else {
                // The wrong one is stalled, and meant to be.
                let _ = block_on(pipe.control_out(class(code, block), sent, pipe.now()));
            }
            block_on(bootloader.recover()).unwrap_or_else(|error| panic!("{code} {block}: {error}"));
            let mut state = [0];
            let pipe = bootloader.pipe();
            block_on(pipe.control_in(class(GET_STATE, 0), &mut state, pipe.now())).expect("it answers");
            assert_eq!(state, [2], "{code} {block}");
        });
    }
}
