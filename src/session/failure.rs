//! What went wrong, as a code that support can act on and words for the person who meets it.

use release_feed::{DownloadError, FeedError};
use serde::{Deserialize, Serialize};
use stm32_bootloader::port::PortError;
use stm32_bootloader::usart::{ConnectError, IdentifyError};
use updater::{Cause, CheckError, DeviceState};

/// A failure: its code, the details for support, and what the device holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which row of the table.
    pub code: Code,
    /// The particulars: sizes, addresses, what a server said.
    pub detail: String,
    /// What the device holds.
    pub device: DeviceState,
}

impl Failure {
    /// A failure that happened before anything was erased.
    pub fn untouched(code: Code, detail: impl ToString) -> Self {
        Self { code, detail: detail.to_string(), device: DeviceState::Untouched }
    }
}

/// Every way in which a session can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The page's own settings cannot be read.
    BadConfig,
    /// The port could not be opened.
    PortBusy,
    /// The system keeps the USB device from the browser.
    NoAccess,
    /// The device waits on USB, which this browser does not reach.
    NoWebUsb,
    /// The USB device has no update mode that is known here.
    NotDfuse,
    /// The device does not answer over USB as it should.
    UsbTrouble,
    /// The port went away.
    Unplugged,
    /// No byte came back.
    NoAnswer,
    /// The wires that reset the device into its bootloader did not.
    NotEntered,
    /// Only what was sent came back.
    Echo,
    /// Bytes came back that are no answer.
    Garbled,
    /// It answered, then it did not.
    Unreliable,
    /// A chip that is not in the table.
    UnknownChip,
    /// Read-out protection.
    Protected,
    /// The feed could not be reached.
    NoNetwork,
    /// The feed refused the project key.
    WrongKey,
    /// The feed does not know the hardware version or software type.
    UnknownDevice,
    /// The feed was asked too often.
    AskedTooOften,
    /// The feed is out of order.
    FeedDown,
    /// What the feed offers is nothing that can be written here.
    UnsuitableRelease,
    /// The release is not signed by any of those who are believed.
    Unsigned,
    /// The browser cannot check signatures.
    NoSignatureCheck,
    /// The release is older than what is installed.
    Older,
    /// The payload did not arrive whole.
    Download,
    /// The payload is not the one that the feed described.
    WrongPayload,
    /// The payload is no image.
    BadImage,
    /// The image is not for this chip.
    WrongDevice,
    /// Flash does not hold what was written.
    Mismatch,
    /// Part of the flash was not erased, though the bootloader said so.
    NotErased,
    /// The bootloader stopped answering, or answered wrongly, during the update.
    LinkLost,
    /// The connection broke at a moment after which nothing but a reset helps.
    NeedsReset,
}

impl Code {
    /// The code as it stands in logs and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadConfig => "bad-config",
            Self::PortBusy => "port-busy",
            Self::NoAccess => "no-access",
            Self::NoWebUsb => "no-web-usb",
            Self::NotDfuse => "not-dfuse",
            Self::UsbTrouble => "usb-trouble",
            Self::Unplugged => "unplugged",
            Self::NoAnswer => "no-answer",
            Self::NotEntered => "not-entered",
            Self::Echo => "echo",
            Self::Garbled => "garbled",
            Self::Unreliable => "unreliable",
            Self::UnknownChip => "unknown-chip",
            Self::Protected => "protected",
            Self::NoNetwork => "no-network",
            Self::WrongKey => "wrong-key",
            Self::UnknownDevice => "unknown-device",
            Self::AskedTooOften => "asked-too-often",
            Self::FeedDown => "feed-down",
            Self::UnsuitableRelease => "unsuitable-release",
            Self::Unsigned => "unsigned",
            Self::NoSignatureCheck => "no-signature-check",
            Self::Older => "older",
            Self::Download => "download",
            Self::WrongPayload => "wrong-payload",
            Self::BadImage => "bad-image",
            Self::WrongDevice => "wrong-device",
            Self::Mismatch => "mismatch",
            Self::NotErased => "not-erased",
            Self::LinkLost => "link-lost",
            Self::NeedsReset => "needs-reset",
        }
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        let code = match error {
            PortError::Lost(_) => Code::Unplugged,
            PortError::Refused(_) => Code::PortBusy,
            PortError::Line(_) | PortError::TimedOut => Code::Unreliable,
        };
        Self::untouched(code, error)
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        let code = match error {
            ConnectError::NoAnswer => Code::NoAnswer,
            ConnectError::Echo => Code::Echo,
            ConnectError::Garbled => Code::Garbled,
            ConnectError::Unreliable(_) => Code::Unreliable,
            ConnectError::Port(error) => return error.into(),
        };
        Self::untouched(code, error)
    }
}

impl From<IdentifyError> for Failure {
    fn from(error: IdentifyError) -> Self {
        use stm32_bootloader::usart::Error;
        let code = match error {
            IdentifyError::Unknown(_) | IdentifyError::OtherChip { .. } | IdentifyError::NotThere { .. } => {
                Code::UnknownChip
            }
            IdentifyError::Protected => Code::Protected,
            IdentifyError::Command(Error::Port(error)) => return error.into(),
            IdentifyError::Command(_) => Code::Unreliable,
        };
        Self::untouched(code, error)
    }
}

impl From<CheckError> for Failure {
    fn from(error: CheckError) -> Self {
        let code = match error {
            CheckError::MadeForOther { .. }
            | CheckError::TooLarge { .. }
            | CheckError::StackPointer { .. }
            | CheckError::OutsideFlash { .. } => Code::WrongDevice,
            CheckError::NoVectorTable { .. } | CheckError::ResetVector { .. } => Code::BadImage,
        };
        Self::untouched(code, error)
    }
}

impl From<updater::Failure> for Failure {
    fn from(failure: updater::Failure) -> Self {
        let code = match &failure.cause {
            Cause::Mismatch { .. } => Code::Mismatch,
            Cause::NotErased { .. } => Code::NotErased,
            Cause::Command(error) if error.is_lost() => Code::Unplugged,
            Cause::Command(error) if error.needs_reset() => Code::NeedsReset,
            Cause::Command(_) | Cause::Disturbed | Cause::Cancelled => Code::LinkLost,
        };
        Self { code, detail: failure.cause.to_string(), device: failure.state }
    }
}

impl From<FeedError> for Failure {
    fn from(error: FeedError) -> Self {
        let code = match error {
            FeedError::Unreachable(_) => Code::NoNetwork,
            FeedError::WrongKey(_) => Code::WrongKey,
            FeedError::UnknownDevice(_) => Code::UnknownDevice,
            FeedError::TooOften { .. } => Code::AskedTooOften,
            FeedError::OutOfOrder { .. } => Code::FeedDown,
            FeedError::NotAFeed(_) => Code::BadConfig,
        };
        Self::untouched(code, error)
    }
}

impl From<DownloadError> for Failure {
    fn from(error: DownloadError) -> Self {
        let code = match error {
            DownloadError::WrongSize { .. } | DownloadError::WrongHash { .. } => Code::WrongPayload,
            DownloadError::NoHash | DownloadError::TooLarge { .. } | DownloadError::Withdrawn => {
                Code::UnsuitableRelease
            }
            DownloadError::Broken { .. } | DownloadError::Refused { .. } => Code::Download,
            DownloadError::NoFreshLink(error) => return error.into(),
        };
        Self::untouched(code, error)
    }
}
