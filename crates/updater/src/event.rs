//! What happens during an update, as values: the page, the log and the report all fold these.

use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use stm32_bootloader::chip::Unit;

use crate::Block;

/// What people are told the procedure is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Comparing what the device holds with the image; left out where nothing of it is there.
    Compare,
    /// Erasing the units that the image needs.
    Erase,
    /// Writing all but the vector table's unit.
    Write,
    /// Reading that back.
    Verify,
    /// Writing and reading back the vector table's unit: from here on the image can start.
    Commit,
    /// Starting the application.
    Start,
}

impl Phase {
    /// All phases, in order.
    pub const ALL: [Self; 6] = [Self::Compare, Self::Erase, Self::Write, Self::Verify, Self::Commit, Self::Start];
}

/// One phase's part of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Share {
    /// Bytes of flash that are erased, written or read back in it.
    pub bytes: u32,
    /// The time that it is expected to take.
    #[serde(rename = "ms", with = "milliseconds")]
    pub duration: Duration,
}

/// Bytes of flash that lie next to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The address of the first one.
    pub address: u32,
    /// How many there are.
    pub bytes: u32,
}

impl Stretch {
    /// The address after the last byte.
    pub const fn end(&self) -> u32 {
        self.address.saturating_add(self.bytes)
    }

    /// In order of address, each as long as it can be.
    pub fn joined(stretches: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut joined: Vec<Self> = Vec::new();
        for stretch in stretches {
            // Mostly they come in order already, so that it is the last one which it belongs to.
            let after = joined.iter().rposition(|it| it.address <= stretch.address).map_or(0, |index| index + 1);
            joined.insert(after, stretch);
            // Both its neighbours may touch it.
            for index in [after + 1, after] {
                if let (Some(left), Some(&right)) = (index.checked_sub(1), joined.get(index))
                    && joined[left].end() >= right.address
                {
                    joined[left].bytes = joined[left].bytes.max(right.end() - joined[left].address);
                    joined.remove(index);
                }
            }
        }
        joined
    }
}

impl From<&Unit> for Stretch {
    fn from(unit: &Unit) -> Self {
        Self { address: unit.address, bytes: unit.size }
    }
}

impl From<&Block> for Stretch {
    fn from(block: &Block) -> Self {
        Self { address: block.address, bytes: block.size() }
    }
}

/// What a plan comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// The numbers of the units that are erased, in the order in which they are.
    pub units: Vec<u16>,
    /// Where they are, in order of address.
    #[serde(default)]
    pub erase: Vec<Stretch>,
    /// What is written, in order of address. The rest of what is erased stays blank.
    #[serde(default)]
    pub write: Vec<Stretch>,
    /// The address of the vector table, which decides whether the image starts.
    #[serde(default)]
    pub vectors: u32,
    /// Each phase's part, in the order of [`Phase::ALL`].
    pub phases: [Share; 6],
}

impl Summary {
    /// The time that all of it is expected to take.
    pub fn duration(&self) -> Duration {
        self.phases.iter().map(|share| share.duration).sum()
    }

    /// One phase's part.
    pub const fn phase(&self, phase: Phase) -> Share {
        self.phases[phase as usize]
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The bootloader was told, and confirms, that the supply is 2.7 V or more: what follows takes less time.
    SupplyTold,
    /// The bootloader would not be told so: it erases and programs as slowly as with the lowest supply.
    SupplyNotTold {
        /// Why.
        reason: String,
    },
    /// All of the flash was to be erased at once, and was not: it is erased unit by unit.
    NoMassErase {
        /// Why.
        reason: String,
    },
    /// Bursts were asked for and tried, or one of them was doubted.
    Pace {
        /// Whether each block goes in one burst from here on; otherwise each answer is waited for.
        bursts: bool,
    },
    /// The plan is made. Where one follows another, the later one holds: more is known, or something must be done again.
    Planned(Summary),
    /// A phase begins.
    Phase {
        /// Which.
        phase: Phase,
    },
    /// A block was read and compared with the image.
    Compared {
        /// Its address.
        address: u32,
        /// Its length.
        bytes: u32,
        /// Whether the device holds it as in the image, so that it is left alone.
        same: bool,
    },
    /// Units were erased.
    Erased {
        /// Their numbers.
        units: Vec<u16>,
        /// Their bytes.
        bytes: u32,
        /// Where they are, in order of address.
        #[serde(default)]
        places: Vec<Stretch>,
    },
    /// A block was sent, and the chip says that it is programmed.
    Written {
        /// Its address.
        address: u32,
        /// Its length.
        bytes: u32,
    },
    /// A block was read back and is right.
    Verified {
        /// Its address.
        address: u32,
        /// Its length.
        bytes: u32,
    },
    /// A block read back differently and is read once more: reads have no checksum on the wire.
    ReadAgain {
        /// Its address.
        address: u32,
    },
    /// An exchange failed, and host and device are back in step: it is done again.
    Again {
        /// The address that it was about.
        address: u32,
        /// What failed.
        reason: String,
    },
    /// The flash does not hold what was written: what is wrong is found and written anew.
    Repair {
        /// The first byte that differs.
        address: u32,
    },
    /// The line is disturbed more than it may be at this rate: the device was reset and is spoken to at a lower one. What
    /// it holds already is left alone.
    SteppedDown {
        /// The rate until now, in bits a second.
        from: u32,
        /// The rate from here on.
        to: u32,
        /// What was wrong.
        reason: String,
    },
    /// All of the image is there, and right: it was read back, or that its units were erased was shown.
    Complete,
    /// The application was started.
    Started {
        /// The address of its vector table.
        address: u32,
    },
    /// The image is complete, but the bootloader would not start it: the device needs a reset.
    NotStarted {
        /// Why.
        reason: String,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SupplyTold => write!(f, "the supply is 2.7 V or more: erasing and writing take less time"),
            Self::SupplyNotTold { reason } => {
                write!(f, "could not tell the bootloader that the supply is 2.7 V or more: {reason}")
            }
            Self::NoMassErase { reason } => {
                write!(f, "could not erase all of the flash at once: {reason}; it is erased unit by unit")
            }
            Self::Pace { bursts: true } => write!(f, "each block is sent in one burst: it was tried and works here"),
            Self::Pace { bursts: false } => write!(f, "each answer is waited for: bursts are not reliable here"),
            Self::Planned(summary) => write!(
                f,
                "plan: erase {} units, write {} bytes, about {} s",
                summary.units.len(),
                summary.phase(Phase::Write).bytes + summary.phase(Phase::Commit).bytes / 2,
                summary.duration().as_secs_f32().ceil()
            ),
            Self::Phase { phase } => write!(f, "{phase:?}"),
            Self::Compared { address, same: true, .. } => write!(f, "0x{address:08X} is as in the image"),
            Self::Compared { address, same: false, .. } => write!(f, "0x{address:08X} is not as in the image"),
            Self::Erased { units, .. } => write!(f, "erased units {units:?}"),
            Self::Written { address, bytes } => write!(f, "wrote {bytes} bytes at 0x{address:08X}"),
            Self::Verified { address, bytes } => write!(f, "verified {bytes} bytes at 0x{address:08X}"),
            Self::ReadAgain { address } => write!(f, "read back differently at 0x{address:08X}, reading again"),
            Self::Again { address, reason } => write!(f, "{reason}; again at 0x{address:08X}"),
            Self::Repair { address } => {
                write!(f, "the flash at 0x{address:08X} does not hold what was written; looking for what is wrong")
            }
            Self::SteppedDown { from, to, reason } => {
                write!(f, "{reason} at {from} baud; the device was reset, going on at {to} baud")
            }
            Self::Complete => write!(f, "all of the image is there, and right"),
            Self::Started { address } => write!(f, "started the application at 0x{address:08X}"),
            Self::NotStarted { reason } => write!(f, "could not start the application: {reason}"),
        }
    }
}

/// An event and when it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped<E = Event> {
    /// The time since some fixed moment of the port that the update runs over.
    #[serde(rename = "ms", with = "milliseconds")]
    pub at: Duration,
    /// What happened.
    #[serde(flatten)]
    pub event: E,
}

/// Durations as whole milliseconds.
mod milliseconds {
    use core::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_that_touch_or_overlap_are_one() {
        let stretch = |address, bytes| Stretch { address, bytes };
        let joined = Stretch::joined([stretch(0x300, 16), stretch(0x100, 0x80), stretch(0x180, 4), stretch(0x180, 2)]);
        assert_eq!(joined, [stretch(0x100, 0x84), stretch(0x300, 16)]);
        let filled = Stretch::joined([stretch(0x100, 16), stretch(0x120, 16), stretch(0x110, 16)]);
        assert_eq!(filled, [stretch(0x100, 48)]);
    }

    #[test]
    fn an_event_reads_in_a_report_as_one_flat_object() {
        let stamped =
            Stamped { at: Duration::from_millis(1234), event: Event::Written { address: 0x0800_0100, bytes: 256 } };
        let text = serde_json::to_string(&stamped).unwrap();
        assert_eq!(text, r#"{"ms":1234,"event":"written","address":134217984,"bytes":256}"#);
        assert_eq!(serde_json::from_str::<Stamped>(&text).unwrap(), stamped);
    }
}
