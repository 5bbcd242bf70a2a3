//! A faster line where wires can reset the chip, since a ROM measures the rate only once after each reset.
//!
//! ST tests every ROM up to 115200 baud (AN3155 §2.2), and most can do more; with which adapter and cable, only trying
//! tells. So the rate is raised rung by rung. Each one is proven by reads, which change nothing on the chip, before it is
//! used for anything else; a rung that fails costs a reset, and the last proven one is gone back to.

use core::time::Duration;

use crate::boot_mode::Wiring;
use crate::chip::Chip;
use crate::port::{LineSettings, Port, PortError};
use crate::usart::{Bootloader, ConnectError, Error, Presence};

/// The rates of the ladder, lowest first: each twice the one below or less, all of them in every adapter's list.
///
/// * The lowest is the highest that ST tested on every chip (AN2606 Tables 66 and 70): for going down.
/// * At the highest, 256 bytes take 3.2 ms on the wire, less than the adapter, the browser and the flash take for them.
///   Another rung would save 1.6 ms of some ten.
pub const RUNGS: [u32; 5] = [57_600, 115_200, 230_400, 460_800, 921_600];
/// The highest of them.
pub const HIGHEST: u32 = RUNGS[RUNGS.len() - 1];

/// The highest rate that ST tested on all chips but a few; those few are not tried any higher than they were.
const TESTED: u32 = 115_200;
/// A rung is proven by so many bytes of flash, read this often.
///
/// 4 KiB without an error come through one time in a hundred where one byte in 900 is disturbed, which is one block in
/// four. A line between that and a good one mends itself at the cost of some blocks sent twice, and is stepped down from
/// when that becomes too much.
const PROOF: u32 = 2048;
const PASSES: u32 = 2;
/// How often a rung that is gone down to is tried.
const TRIES: u32 = 2;

/// The rung below `baud`, if there is one.
pub fn below(baud: u32) -> Option<u32> {
    RUNGS.into_iter().rev().find(|&rung| rung < baud)
}

/// Resets the chip by `wiring` and meets it again at `baud`, or at the next lower rung at which that succeeds. Says which.
/// Its ROM starts within `start_up`.
///
/// # Errors
/// [`ConnectError`] of the lowest rung when it is found at none, or when the port is gone.
pub async fn descend<P: Port>(
    bootloader: &mut Bootloader<P>,
    wiring: Wiring,
    start_up: Duration,
    baud: u32,
) -> Result<u32, ConnectError> {
    let mut baud = baud;
    loop {
        let mut tries = 0;
        let error = loop {
            tries += 1;
            match bootloader.restart(wiring, baud, start_up).await {
                Ok(_) => return Ok(baud),
                Err(error @ ConnectError::Port(PortError::Lost(_))) => return Err(error),
                Err(error) if tries == TRIES => break error,
                Err(_) => {}
            }
        };
        baud = below(baud).ok_or(error)?;
    }
}

/// What is known of how fast a chip and an adapter understand each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Known {
    /// The fastest rung that was proven. It is tried first.
    pub works: Option<u32>,
    /// The slowest rung that failed. Neither it nor a faster one is tried.
    pub fails: Option<u32>,
}

impl Known {
    /// Notes that `baud` failed.
    pub fn failed(&mut self, baud: u32) {
        self.fails = Some(self.fails.map_or(baud, |fails| fails.min(baud)));
        self.works = self.works.filter(|&works| works < baud);
    }

    /// Notes that the rate had to be lowered to `baud` after it had been proven.
    pub fn lowered(&mut self, baud: u32) {
        if let Some(above) = RUNGS.into_iter().find(|&rung| rung > baud) {
            self.failed(above);
        }
        self.works = Some(baud);
    }
}

/// Why a rung is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RungError {
    /// The ROM was not found at this rate, or did not answer as before.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The wires did not reset it.
    #[error("DTR and RTS do not reset the device")]
    NotReset,
    /// A read failed.
    #[error(transparent)]
    Read(#[from] Error),
    /// A read brought something else than at the rung before.
    #[error("what is read differs from what was read before")]
    Garbled,
}

/// The ladder of a chip.
#[derive(Debug, Clone, Copy)]
pub struct Ladder<'a> {
    chip: &'a Chip,
    wiring: Wiring,
    highest: u32,
}

impl<'a> Ladder<'a> {
    /// The ladder of a chip that `wiring` resets, no higher than `highest` baud. `None` where BOOT0 is not wired: nobody
    /// may be holding its button when the chip is reset again.
    pub fn new(chip: &'a Chip, wiring: Wiring, highest: u32) -> Option<Self> {
        wiring.boot0.is_some().then_some(Self { chip, wiring, highest })
    }

    /// Raises the rate as far as it works and pays for `traffic` bytes on the wire, both ways together, and says which one
    /// it is then. A rung that is `known` to work is tried first; what is learnt is noted there, whatever the outcome.
    /// `tell` hears of each rung that was tried, and why it is not used if it is not.
    ///
    /// Nothing on the chip is changed, and no fault of a rung is one of the climb: the ROM is in step at a rate that works.
    ///
    /// # Errors
    /// [`ConnectError`] when the port is gone, or the ROM is not found again at any rate.
    pub async fn climb<P: Port>(
        &self,
        bootloader: &mut Bootloader<P>,
        traffic: u32,
        known: &mut Known,
        tell: &mut dyn FnMut(u32, Option<&RungError>),
    ) -> Result<u32, ConnectError> {
        let mut sample = None;
        loop {
            let from = bootloader.port().line();
            let Some(baud) = self.next(from, bootloader.round_trip(), traffic, known) else { return Ok(from.baud) };
            if sample.is_none() {
                sample = self.read(bootloader).await.ok();
            }
            if let Some(sample) = &sample {
                let tried = self.prove(bootloader, baud, sample).await;
                tell(baud, tried.as_ref().err());
                match tried {
                    Ok(()) => {
                        known.works = Some(baud);
                        continue;
                    }
                    Err(RungError::Connect(ConnectError::Port(error)) | RungError::Read(Error::Port(error)))
                        if matches!(error, PortError::Lost(_)) =>
                    {
                        return Err(error.into());
                    }
                    Err(_) => {}
                }
            }
            let reached = descend(bootloader, self.wiring, self.chip.start_up, from.baud).await?;
            // A line that is disturbed as it is is none to go up from, and wires that do nothing say nothing of a rate.
            if sample.is_none() || bootloader.reset_by().is_none() {
                return Ok(reached);
            }
            known.failed(baud);
        }
    }

    /// The rung that is to be tried next, if one is.
    fn next(&self, from: LineSettings, round_trip: Duration, traffic: u32, known: &Known) -> Option<u32> {
        if self.chip.tested_baud < TESTED {
            return None;
        }
        let open = |rung: &u32| {
            let below_what_fails = known.fails.is_none_or(|fails| *rung < fails);
            RUNGS.contains(rung) && (from.baud + 1..=self.highest).contains(rung) && below_what_fails
        };
        let rung = known.works.filter(open).or_else(|| RUNGS.into_iter().find(open))?;
        self.pays(from, LineSettings { baud: rung, ..from }, round_trip, traffic).then_some(rung)
    }

    /// Whether `traffic` bytes, both ways together, take less time at the rate `to` than at `from` by more than it costs to
    /// try it, and to come back if it fails. An answer takes `round_trip` beyond its time on the wire.
    pub fn pays(&self, from: LineSettings, to: LineSettings, round_trip: Duration, traffic: u32) -> bool {
        let bytes = u32::from(self.chip.max_block);
        // Opcode 2, ACK, address 5, ACK, count 2, ACK, bytes.
        let block = |line: LineSettings| line.byte_time() * (bytes + 12) + round_trip * 3;
        let reads = (block(from) + block(to) * PASSES) * PROOF.div_ceil(bytes);
        let resets = Wiring::time_to_enter(self.chip.start_up) * 2;
        from.byte_time().saturating_sub(to.byte_time()) * traffic > reads + resets
    }

    /// Resets the chip and holds `baud` to the proof: not a single error.
    async fn prove<P: Port>(&self, bootloader: &mut Bootloader<P>, baud: u32, sample: &[u8]) -> Result<(), RungError> {
        if bootloader.restart(self.wiring, baud, self.chip.start_up).await? != Presence::Fresh {
            return Err(RungError::NotReset);
        }
        for _ in 0..PASSES {
            if self.read(bootloader).await? != sample {
                return Err(RungError::Garbled);
            }
        }
        Ok(())
    }

    /// Reads the beginning of the flash, which every ROM lets be read that lets anything be.
    async fn read<P: Port>(&self, bootloader: &mut Bootloader<P>) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; PROOF.min(self.chip.geometry.size) as usize];
        let mut address = self.chip.geometry.base;
        for block in bytes.chunks_mut(self.chip.max_block.into()) {
            bootloader.read_memory(address, block).await?;
            address += u32::from(self.chip.max_block);
        }
        Ok(bytes)
    }
}

#[cfg(all(test, feature = "sim"))]
mod tests;
