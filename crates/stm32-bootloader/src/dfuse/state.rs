//! What a DFU device is at, as GETSTATUS tells it (DFU 1.1 §6.1.2).

use core::fmt;
use core::time::Duration;

/// The state of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The application runs.
    AppIdle,
    /// The application runs and waits to be reset into DFU mode.
    AppDetach,
    /// It waits for a download or an upload.
    Idle,
    /// It has received a block or a command, and begins with it at the next GETSTATUS.
    DownloadSync,
    /// It works on a block or a command.
    DownloadBusy,
    /// It waits for the next block or command.
    DownloadIdle,
    /// It was told to leave, and does so at the next GETSTATUS.
    ManifestSync,
    /// It leaves.
    Manifest,
    /// It waits to be reset.
    ManifestWaitReset,
    /// It waits for the next upload.
    UploadIdle,
    /// Something failed, and it waits for CLRSTATUS.
    Error,
}

impl State {
    const ALL: [Self; 11] = [
        Self::AppIdle,
        Self::AppDetach,
        Self::Idle,
        Self::DownloadSync,
        Self::DownloadBusy,
        Self::DownloadIdle,
        Self::ManifestSync,
        Self::Manifest,
        Self::ManifestWaitReset,
        Self::UploadIdle,
        Self::Error,
    ];

    /// The state of this number.
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).copied()
    }
}

/// What failed, as the device says: `bStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(pub u8);

impl Status {
    /// Nothing did.
    pub const OK: Self = Self(0x00);
    /// The address is not in memory that can be used (AN3156 §5).
    pub const TARGET: Self = Self(0x01);
    /// Read-out protection is on (AN3156 §4 and §5).
    pub const VENDOR: Self = Self(0x0B);
    /// Something that has no number of its own.
    pub const UNKNOWN: Self = Self(0x0E);
    /// A request came that the device did not expect.
    pub const STALLED: Self = Self(0x0F);
}

/// As DFU 1.1 §6.1.2 describes it, or AN3156 where that differs.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            0x00 => "nothing is wrong",
            0x01 => "the address is out of reach",
            0x02 => "the file fails a check",
            0x03 => "it cannot write",
            0x04 => "the erase failed",
            0x05 => "it is not blank after the erase",
            0x06 => "programming failed",
            0x07 => "what was programmed is wrong",
            0x08 => "the address is out of range",
            0x09 => "it waits for more",
            0x0A => "its firmware is damaged",
            0x0B => "it is read-out protected",
            0x0C => "it was reset unexpectedly",
            0x0D => "it lost power unexpectedly",
            0x0F => "it did not expect that",
            other => return write!(f, "error 0x{other:02X}"),
        };
        f.write_str(text)
    }
}

/// An answer to GETSTATUS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// What failed.
    pub status: Status,
    /// How long the device is to be left alone before the next request. At most 2²⁴ ms, which is over four hours.
    pub poll_timeout: Duration,
    /// The state that the device is in from this answer on.
    pub state: State,
}

impl Report {
    /// The length of the answer.
    pub(super) const LENGTH: usize = 6;

    /// Reads an answer; `None` where the state has no meaning.
    pub(super) fn parse(bytes: [u8; Self::LENGTH]) -> Option<Self> {
        let [status, p0, p1, p2, state, _] = bytes;
        let poll_timeout = Duration::from_millis(u32::from_le_bytes([p0, p1, p2, 0]).into());
        Some(Self { status: Status(status), poll_timeout, state: State::from_byte(state)? })
    }
}
