//! Whatever comes over the line, the client ends in good time and never panics.

use core::time::Duration;

use pollster::block_on;
use stm32_bootloader::chip::{Chip, TABLE};
use stm32_bootloader::port::{Instant, LineSettings, Port, PortError, Signals};
use stm32_bootloader::usart::{Bootloader, Crc, Everything, Pace, identify};
use updater::{Before, Image, Observer, Segment, Stamped, Supply, Target, update};

/// How long all of it may take. The search for the ROM has seconds by design, and each of some fifty exchanges may wait
/// for its answer, be recovered from and done again; what never ends would run past any bound.
const BOUND: Duration = Duration::from_secs(1800);

/// Connects, identifies, updates and gives every other command there is, with answers as `script` says.
pub fn holds(script: &[u8]) {
    let mut port = Scripted::new(script);
    block_on(converse(&mut port));
    assert!(port.now.elapsed() <= BOUND, "it took {:?}", port.now.elapsed());
}

/// What an exchange answers is of no interest here; only that it ends.
async fn converse(port: &mut Scripted<'_>) {
    let Ok(mut bootloader) = Bootloader::connect(port).await else { return };
    let chip = Chip::by_product_id(bootloader.product_id()).unwrap_or(&TABLE[0]);
    let geometry = identify(&mut bootloader).await.map_or(chip.geometry, |identity| identity.geometry);
    if let Ok(image) = Image::new(vec![Segment { address: geometry.base, bytes: vec![0x55; 300] }]) {
        let before = Before::Interrupted;
        let target = Target { before, supply: Supply::From2V7, pace: Pace::Burst, ..Target::new(chip, &geometry) };
        let _ = update(&mut bootloader, &image, target, &mut Nobody).await;
    }
    let second = Duration::from_secs(1);
    let _ = bootloader.erase(&[0, 1], second).await;
    let _ = bootloader.erase_everything(Everything::Flash, second).await;
    let _ = bootloader.get_checksum(geometry.base, 64, Crc::STM32).await;
    let _ = bootloader.special(0x0082, &[0; 4], second).await;
    let _ = bootloader.extended_special(0x0082, &[0; 4], &[0; 8], second).await;
    let _ = bootloader.write_protect(&[0, 1]).await;
    let _ = bootloader.write_unprotect().await;
    let _ = bootloader.readout_protect().await;
    let _ = bootloader.readout_unprotect(second).await;
    let _ = bootloader.go(geometry.base).await;
}

struct Nobody;

impl Observer for Nobody {
    fn observe(&mut self, _stamped: Stamped) {}
}

/// A port on virtual time. The first byte of its script says whether the rest begins anew at its end (an odd number) or
/// silence follows. Of the rest each byte is one that arrives, but for the codes below.
struct Scripted<'a> {
    script: &'a [u8],
    next: usize,
    again: bool,
    now: Instant,
    line: LineSettings,
}

/// Nothing comes until the deadline.
const SILENCE: u8 = 0xF0;
/// A character with a wrong parity bit.
const DISTURBED: u8 = 0xF1;
/// The adapter is pulled out.
const UNPLUGGED: u8 = 0xF2;
/// The byte after this one arrives, whatever it is.
const LITERAL: u8 = 0xF3;

impl<'a> Scripted<'a> {
    /// At the lowest rate of the ROM: seconds of chatter are few bytes, which is many conversations a second.
    fn new(script: &'a [u8]) -> Self {
        let (again, script) = script.split_first().map_or((false, script), |(first, rest)| (first % 2 == 1, rest));
        Self {
            script,
            next: 0,
            again,
            now: Instant::default(),
            line: LineSettings { baud: 1200, ..LineSettings::DEFAULT },
        }
    }

    fn step(&mut self) -> u8 {
        if self.next >= self.script.len() && self.again {
            self.next = 0;
        }
        let step = self.script.get(self.next).copied().unwrap_or(SILENCE);
        self.next += 1;
        step
    }

    fn silence(&mut self, deadline: Instant) -> PortError {
        self.now = self.now.max(deadline);
        PortError::TimedOut
    }
}

impl Port for Scripted<'_> {
    fn now(&self) -> Instant {
        self.now
    }

    async fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, PortError> {
        let arrival = self.now + self.line.byte_time();
        if arrival > deadline {
            return Err(self.silence(deadline));
        }
        let byte = match self.step() {
            SILENCE => return Err(self.silence(deadline)),
            UNPLUGGED => return Err(PortError::Lost("unplugged".into())),
            DISTURBED => {
                self.now = arrival;
                return Err(PortError::Line("parity".into()));
            }
            LITERAL => self.step(),
            byte => byte,
        };
        self.now = arrival;
        buffer[0] = byte;
        Ok(1)
    }

    async fn write(&mut self, bytes: &[u8], _: Instant) -> Result<(), PortError> {
        for _ in bytes {
            self.now = self.now + self.line.byte_time();
        }
        Ok(())
    }

    async fn clear_input(&mut self) -> Result<(), PortError> {
        Ok(())
    }

    async fn set_signals(&mut self, _: Signals) -> Result<(), PortError> {
        Ok(())
    }

    async fn set_line(&mut self, settings: LineSettings) -> Result<(), PortError> {
        self.line = settings;
        Ok(())
    }

    fn line(&self) -> LineSettings {
        self.line
    }

    async fn wait_until(&mut self, moment: Instant) {
        self.now = self.now.max(moment);
    }
}
