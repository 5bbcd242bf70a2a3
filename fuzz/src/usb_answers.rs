//! Whatever a USB device answers, the client ends in good time and never panics.

use core::time::Duration;

use pollster::block_on;
use stm32_bootloader::dfuse::{Bootloader, detach, identify};
use stm32_bootloader::pipe::{ControlPipe, Kind, PipeError, Request};
use stm32_bootloader::port::Instant;
use stm32_bootloader::usart::VoltageRange;
use updater::{Before, Image, Observer, Segment, Stamped, Supply, Target, update};

/// How long all of it may take: each of some twenty exchanges may wait for its answer, be recovered from and done again,
/// and a device may say that it is busy for a minute.
const BOUND: Duration = Duration::from_secs(4 * 3600);
/// How much it may ask.
const MOST_TRANSFERS: u64 = 200_000;

/// Connects, identifies, updates and gives every other command there is, with answers as `script` says.
pub fn holds(script: &[u8]) {
    let mut device = Scripted::new(script);
    block_on(converse(&mut device));
    assert!(device.now.elapsed() <= BOUND, "it took {:?}", device.now.elapsed());
    assert!(device.transfers <= MOST_TRANSFERS, "it took {} transfers", device.transfers);
    // What a detach comes to is of no interest here; only that it ends.
    let _ = block_on(detach(&mut device));
}

/// What a command comes to is of no interest either.
async fn converse(device: &mut Scripted<'_>) {
    let Ok(mut bootloader) = Bootloader::connect(device).await else { return };
    let second = Duration::from_secs(1);
    let base = bootloader.geometry().base;
    if let Ok(identity) = identify(&mut bootloader).await
        && let Ok(image) = Image::new(vec![Segment { address: base, bytes: vec![0x55; 3000] }])
    {
        let (chip, geometry) = (&identity.chip, &identity.geometry);
        let before = Before::Interrupted;
        let target = Target { before, supply: Supply::From2V7, ..Target::new(chip, geometry) };
        let _ = update(&mut bootloader, &image, target, &mut Nobody).await;
    }
    let _ = bootloader.commands().await;
    let _ = bootloader.erase(base, second).await;
    let _ = bootloader.write(base, &[0x55; 3000]).await;
    let _ = bootloader.recover().await;
    let mut found = vec![0; 3000];
    let _ = bootloader.insist(async |bootloader: &mut Bootloader<_>| bootloader.read(base, &mut found).await).await;
    let _ = bootloader.set_voltage_range(VoltageRange::From2V7).await;
    let _ = bootloader.mass_erase(second).await;
    let _ = bootloader.read_unprotect(second).await;
    let _ = bootloader.leave(base).await;
}

struct Nobody;

impl Observer for Nobody {
    fn observe(&mut self, _stamped: Stamped) {}
}

/// A device on virtual time. The first byte of its script says whether the rest begins anew at its end (an odd number) or
/// stalls follow. Of the rest one byte says what becomes of a transfer, as the codes below have it; what an answer is made
/// of follows it, but for descriptors where the script says that they are right.
struct Scripted<'a> {
    script: &'a [u8],
    next: usize,
    again: bool,
    now: Instant,
    transfers: u64,
}

/// What becomes of a transfer: the code modulo eight. Above it is answered with what follows in the script.
const STALLED: u8 = 0;
const LATE: u8 = 1;
const GONE: u8 = 2;
const RIGHT: u8 = 3;

/// The descriptors of a device that is in order: of the device, its configuration, and each of its strings.
const DEVICE: &[u8] = &[18, 1, 0, 1, 0, 0, 0, 64, 0x83, 0x04, 0x11, 0xDF, 0x00, 0x22, 1, 2, 3, 1];
const CONFIGURATION: &[u8] =
    &[9, 2, 27, 0, 1, 1, 0, 0xC0, 50, 9, 4, 0, 0, 0, 0xFE, 1, 2, 4, 9, 0x21, 0x0B, 0xFF, 0, 0, 4, 0x1A, 1];
const LAYOUT: &[u8] = b"\x00\x03@Internal Flash /0x08000000/04*016Kg";

impl<'a> Scripted<'a> {
    fn new(script: &'a [u8]) -> Self {
        let (again, script) = script.split_first().map_or((false, script), |(first, rest)| (first % 2 == 1, rest));
        Self { script, next: 0, again, now: Instant::default(), transfers: 0 }
    }

    fn step(&mut self) -> u8 {
        if self.next >= self.script.len() && self.again {
            self.next = 0;
        }
        self.next += 1;
        self.script.get(self.next - 1).copied().unwrap_or(STALLED)
    }

    fn transfer(&mut self, deadline: Instant) -> Result<bool, PipeError> {
        self.transfers += 1;
        self.now = self.now + Duration::from_millis(1);
        match self.step() % 8 {
            STALLED => Err(PipeError::Stalled),
            LATE => {
                self.now = self.now.max(deadline);
                Err(PipeError::TimedOut)
            }
            GONE => Err(PipeError::Lost("gone".into())),
            RIGHT => Ok(true),
            _ => Ok(false),
        }
    }
}

impl ControlPipe for Scripted<'_> {
    fn now(&self) -> Instant {
        self.now
    }

    async fn wait_until(&mut self, moment: Instant) {
        self.now = self.now.max(moment);
    }

    async fn control_in(&mut self, request: Request, buffer: &mut [u8], deadline: Instant) -> Result<usize, PipeError> {
        let right = self.transfer(deadline)?;
        if right && request.kind == Kind::Standard {
            let answer = match request.value >> 8 {
                1 => DEVICE,
                2 => CONFIGURATION,
                _ => LAYOUT,
            };
            let count = answer.len().min(buffer.len());
            buffer[..count].copy_from_slice(&answer[..count]);
            if request.value >> 8 == 3 {
                buffer[0] = u8::try_from(count).expect("a string is short");
            }
            return Ok(count);
        }
        let count = if right { buffer.len() } else { usize::from(self.step()).min(buffer.len()) };
        buffer[..count].fill_with(|| self.step());
        Ok(count)
    }

    async fn control_out(&mut self, _: Request, _: &[u8], deadline: Instant) -> Result<(), PipeError> {
        self.transfer(deadline).map(drop)
    }

    async fn select(&mut self, _: u8, _: u8) -> Result<(), PipeError> {
        self.transfer(self.now).map(drop)
    }

    async fn reset(&mut self) -> Result<(), PipeError> {
        self.transfer(self.now).map(drop)
    }
}
