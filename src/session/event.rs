//! What happens in a session, as values. The page, the log and a report fold the same events.

use core::fmt;

use serde::{Deserialize, Serialize};
use stm32_bootloader::chip::Advice;

use super::failure::{Code, Failure};
use crate::config::Detail;

/// What the device told of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// ST's name for the chips of this die.
    pub chip: String,
    /// What Get ID answered, e.g. `0x413`.
    pub product_id: String,
    /// Flash in KiB.
    pub flash_kib: u32,
    /// Whether the chip said so itself; otherwise it is the largest of the die.
    pub flash_size_read: bool,
    /// What one erase erases, in order of address.
    #[serde(default)]
    pub units: Vec<Units>,
    /// The 96-bit unique id as hexadecimal digits, where it could be read.
    pub unique_id: Option<String>,
    /// The version of the bootloader's program, e.g. `V11.3`, where something depends on it and it could be read.
    pub rom: Option<String>,
    /// What a person is to know. Empty as a rule.
    pub notices: Vec<Notice>,
}

/// Erase units of one size that lie next to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Units {
    /// The address of the first one.
    pub address: u32,
    /// How many there are.
    pub count: u32,
    /// How many bytes each has.
    pub size: u32,
}

impl Units {
    /// The address after the last one.
    pub const fn end(&self) -> u32 {
        self.address.saturating_add(self.count.saturating_mul(self.size))
    }
}

/// What a person is to know about a chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// Its flash geometry is not out of a document.
    Unproven,
    /// A fault of the ROM: it may not start the application.
    Reset,
    /// A fault of the ROM: something it has set stays so until the device was off.
    PowerAfter,
    /// A fault of the ROM: once it is silent, a reset is not enough.
    PowerIfSilent,
}

impl From<Advice> for Notice {
    fn from(advice: Advice) -> Self {
        match advice {
            Advice::Reset => Self::Reset,
            Advice::PowerAfter => Self::PowerAfter,
            Advice::PowerIfSilent => Self::PowerIfSilent,
        }
    }
}

/// What the feed offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The version, as the feed names it for people.
    pub version: String,
    /// Release notes, plain text; may be empty.
    pub notes: String,
    /// Bytes to download, where the feed says.
    pub size: Option<u64>,
    /// Whether it is older than what is installed, so that the person is to confirm it.
    pub older: bool,
    /// What it will take, where that can be told beforehand.
    pub expected: Option<Expectation>,
    /// The day on which it was taken along, e.g. `2026-11-24`, where the feed itself could not be asked.
    pub taken: Option<String>,
}

/// What an update will take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// How long it is expected to take.
    pub seconds: u64,
    /// How much less that is because the supply is known to be 2.7 V or more, where it makes a difference.
    pub saved_by_supply: Option<u64>,
    /// How much of it is the adapter's, if it holds answers back for long and that makes a difference.
    pub slow_adapter: Option<SlowAdapter>,
}

/// An adapter that waits before it passes an answer on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowAdapter {
    /// What it adds to each answer.
    pub milliseconds: u64,
    /// What that adds to the update.
    pub seconds: u64,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The image was written and read back.
    Updated {
        /// Whether the application runs; if not, the device needs a reset.
        started: bool,
    },
    /// The feed offers nothing newer.
    UpToDate {
        /// Why, where the feed says it and the browser lets it be read.
        reason: Option<String>,
    },
    /// The person cancelled.
    Cancelled {
        /// What the device holds.
        device: updater::DeviceState,
    },
    /// Something went wrong.
    Failed(Failure),
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "session", rename_all = "kebab-case")]
pub enum Event {
    /// Something does not go on, or not as it might: the person is told what helps.
    Advised {
        /// Which row of the table.
        code: Code,
    },
    /// Another tab has taken the page over; this one lets the device go.
    TakenOver,
    /// The running application has answered.
    ApplicationAnswered,
    /// A detail of the device was found where the product has it. What it is stands in the query.
    Learned {
        /// Which.
        detail: Detail,
        /// Where.
        from: String,
    },
    /// A port is being opened.
    Connecting {
        /// What the person chose.
        to: String,
        /// Bits a second, where there is a line that has any.
        baud: Option<u32>,
        /// USB's numbers for vendor and product of the adapter, or of a device that is on USB itself: `0403:6001`.
        #[serde(default)]
        adapter: Option<String>,
    },
    /// The application was told to restart in update mode.
    Restarting,
    /// It has not been found in update mode: the browser may take it for a device that was not allowed yet.
    PermissionNeeded,
    /// The device was reset into its bootloader by DTR and RTS.
    EnteredByWire,
    /// The person wants the device's protection removed.
    Unlocking,
    /// The ROM answered.
    Synchronised {
        /// The protocol's version.
        protocol: String,
        /// The commands it has, as two hexadecimal digits each.
        commands: String,
        /// What adapter and browser add to each answer, in microseconds.
        round_trip_us: u32,
    },
    /// The chip is known.
    Identified(Device),
    /// A faster line was tried: the device was reset and read at it.
    Tried {
        /// Bits a second.
        baud: u32,
        /// Why it is not used, where it is not.
        problem: Option<String>,
    },
    /// The line has another rate from here on.
    Speed {
        /// Bits a second.
        baud: u32,
    },
    /// The feed cannot be asked before the person has filled something in.
    DetailsNeeded,
    /// The feed is asked.
    Asking {
        /// The query, as sent.
        query: String,
    },
    /// The feed offers a release.
    Offered(Offer),
    /// The download goes on.
    Downloading {
        /// Bytes so far.
        received: u64,
        /// Bytes in all, where known.
        total: Option<u64>,
    },
    /// The payload is whole, its hash is right and it fits the chip.
    Checked {
        /// Bytes that will be in flash.
        bytes: u64,
        /// What the file holds for other memories, which is not written.
        left_out: Vec<String>,
    },
    /// An earlier update of this device to this payload was interrupted: it goes on where it stopped.
    TakenUp,
    /// In the workshop something begins that takes the device for a while, or has ended, well or not.
    Work {
        /// What, with its addresses, or how.
        what: String,
        /// Whether the device is busy with it from here on.
        busy: bool,
    },
    /// The update procedure.
    Update(updater::Event),
    /// The end.
    Ended(Outcome),
    /// The feed was told how the update ended.
    Reported {
        /// Why that failed, if it did.
        problem: Option<String>,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Advised { code } => write!(f, "advice is given ({})", code.name()),
            Self::TakenOver => write!(f, "another tab has taken over"),
            Self::ApplicationAnswered => write!(f, "the running application answers"),
            Self::Learned { detail, from } => write!(f, "{} found: {from}", detail.name()),
            Self::Connecting { to, baud, adapter } => {
                write!(f, "connecting to {to}")?;
                baud.iter().try_for_each(|baud| write!(f, ", {baud} baud"))?;
                adapter.iter().try_for_each(|adapter| write!(f, ", {adapter}"))
            }
            Self::Restarting => write!(f, "the device restarts in update mode"),
            Self::PermissionNeeded => write!(f, "the device in update mode is to be allowed"),
            Self::Unlocking => write!(f, "removing the protection"),
            Self::EnteredByWire => write!(f, "reset into the bootloader by DTR and RTS"),
            Self::Synchronised { protocol, commands, round_trip_us } => write!(
                f,
                "bootloader answers: protocol {protocol}, commands {commands}, {}.{} ms an answer",
                round_trip_us / 1000,
                round_trip_us / 100 % 10
            ),
            Self::Identified(device) => write!(
                f,
                "{} ({}), {} KiB of flash{}, unique id {}{}{}",
                device.chip,
                device.product_id,
                device.flash_kib,
                if device.flash_size_read { "" } else { " at most" },
                device.unique_id.as_deref().unwrap_or("not readable"),
                if device.rom.is_some() { ", bootloader " } else { "" },
                device.rom.as_deref().unwrap_or("")
            ),
            Self::Tried { baud, problem: None } => write!(f, "{baud} baud works"),
            Self::Tried { baud, problem: Some(problem) } => write!(f, "{baud} baud does not work: {problem}"),
            Self::Speed { baud } => write!(f, "going on at {baud} baud"),
            Self::DetailsNeeded => write!(f, "waiting for details"),
            Self::Asking { query } => write!(f, "asking for a release: {query}"),
            Self::Offered(offer) => {
                write!(f, "offered {}", offer.version)?;
                offer.taken.iter().try_for_each(|day| write!(f, ", taken along on {day}"))
            }
            Self::Downloading { received, total: Some(total) } => write!(f, "downloaded {received} of {total} bytes"),
            Self::Downloading { received, total: None } => write!(f, "downloaded {received} bytes"),
            Self::Checked { bytes, left_out } => {
                write!(f, "the payload is right: {bytes} bytes for the flash")?;
                left_out.iter().try_for_each(|other| write!(f, "; left out: {other}"))
            }
            Self::TakenUp => write!(f, "this update was interrupted before: it goes on where it stopped"),
            Self::Work { what, .. } => write!(f, "workshop: {what}"),
            Self::Update(event) => event.fmt(f),
            Self::Ended(Outcome::Updated { started: true }) => write!(f, "updated"),
            Self::Ended(Outcome::Updated { started: false }) => write!(f, "updated, needs a reset"),
            Self::Ended(Outcome::UpToDate { reason }) => {
                write!(f, "nothing newer is offered ({})", reason.as_deref().unwrap_or("no reason given"))
            }
            Self::Ended(Outcome::Cancelled { device }) => write!(f, "cancelled, device {device:?}"),
            Self::Reported { problem: None } => write!(f, "the feed was told how it ended"),
            Self::Reported { problem: Some(problem) } => write!(f, "the feed was not told how it ended: {problem}"),
            Self::Ended(Outcome::Failed(failure)) => write!(f, "failed: {} ({})", failure.detail, failure.code.name()),
        }
    }
}
