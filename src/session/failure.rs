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

/// Each code with its name, which is written once.
macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal,)*) => {
        /// Every way in which a session can fail, or not get on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $name)] $code,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The code as it stands in logs and reports.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)*
                }
            }
        }
    };
}

codes! {
    /// The page's own settings cannot be read.
    BadConfig = "bad-config",
    /// A part of the page that is loaded when it is used is not there, or not as it was built.
    NotLoaded = "not-loaded",
    /// Twice nothing was picked in the browser's list of serial ports.
    NoPortPicked = "no-port-picked",
    /// Twice nothing was picked in its list of USB devices.
    NoDevicePicked = "no-device-picked",
    /// The port could not be opened.
    PortBusy = "port-busy",
    /// The system keeps the USB device from the browser.
    NoAccess = "no-access",
    /// The device waits on USB, which this browser does not reach.
    NoWebUsb = "no-web-usb",
    /// The USB device has no update mode that is known here.
    NotDfuse = "not-dfuse",
    /// The device does not answer over USB as it should.
    UsbTrouble = "usb-trouble",
    /// The port went away.
    Unplugged = "unplugged",
    /// No byte came back.
    NoAnswer = "no-answer",
    /// The wires that reset the device into its bootloader did not.
    NotEntered = "not-entered",
    /// Only what was sent came back.
    Echo = "echo",
    /// Bytes came back that are no answer.
    Garbled = "garbled",
    /// It answered, then it did not.
    Unreliable = "unreliable",
    /// A chip that is not in the table.
    UnknownChip = "unknown-chip",
    /// Read-out protection.
    Protected = "protected",
    /// The feed could not be reached.
    NoNetwork = "no-network",
    /// The feed refused the project key.
    WrongKey = "wrong-key",
    /// The feed does not know the hardware version or software type.
    UnknownDevice = "unknown-device",
    /// The feed was asked too often.
    AskedTooOften = "asked-too-often",
    /// The feed is out of order.
    FeedDown = "feed-down",
    /// What the feed offers is nothing that can be written here.
    UnsuitableRelease = "unsuitable-release",
    /// The release is not signed by any of those who are believed.
    Unsigned = "unsigned",
    /// The browser cannot check signatures.
    NoSignatureCheck = "no-signature-check",
    /// The release is older than what is installed.
    Older = "older",
    /// The payload did not arrive whole.
    Download = "download",
    /// The payload is not the one that the feed described.
    WrongPayload = "wrong-payload",
    /// The payload is no image.
    BadImage = "bad-image",
    /// The image is not for this chip.
    WrongDevice = "wrong-device",
    /// Flash does not hold what was written.
    Mismatch = "mismatch",
    /// Part of the flash would have to be erased, and it is known beforehand that the bootloader does not do it.
    Unerasable = "unerasable",
    /// Part of the flash was not erased, though the bootloader said so.
    NotErased = "not-erased",
    /// The bootloader stopped answering, or answered wrongly, during the update.
    LinkLost = "link-lost",
    /// The connection broke at a moment after which nothing but a reset helps.
    NeedsReset = "needs-reset",
    /// Another tab of the browser has this page in use.
    OtherTab = "other-tab",
    /// The browser has no room to keep what the page would keep.
    StorageFull = "storage-full",
    /// The browser keeps nothing for this page.
    StorageRefused = "storage-refused",
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
            Cause::TooLarge { .. } => Code::WrongDevice,
            Cause::Mismatch { .. } => Code::Mismatch,
            Cause::Unerasable { .. } => Code::Unerasable,
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
