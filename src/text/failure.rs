//! One row for each failure: what happened, and what to do next.

use super::Text;
use crate::session::Code;

/// What a person reads about a failure.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// What happened.
    pub title: Text,
    /// What to do, likeliest first.
    pub remedies: &'static [Text],
}

/// The row for a failure.
pub const fn words(code: Code) -> Words {
    use Text::*;
    let (title, remedies): (Text, &[Text]) = match code {
        Code::BadConfig => (FailureBadConfig, &[RemedyBadConfig, RemedyBadConfig2]),
        Code::NotLoaded => (FailureNotLoaded, &[RemedyNotLoaded, RemedyNotLoaded2, RemedyNotLoaded3]),
        Code::PortBusy => (FailurePortBusy, &[RemedyPortBusy, RemedyPortBusy2, RemedyPortBusy3]),
        Code::NoAccess => (FailureNoAccess, &[RemedyNoAccess, RemedyNoAccess2, RemedyNoAccess3]),
        Code::NoWebUsb => (FailureNoWebUsb, &[RemedyNoWebUsb]),
        Code::NotDfuse => (FailureNotDfuse, &[RemedyNotDfuse, RemedyBootMode]),
        Code::UsbTrouble => (FailureUsbTrouble, &[RemedyUsbTrouble, RemedyUsbTrouble2, RemedyCable]),
        Code::Unplugged => (FailureUnplugged, &[RemedyUnplugged, RemedyCable]),
        Code::NoAnswer => (FailureNoAnswer, &[RemedyBootMode, RemedyPort, RemedyCable, RemedyNoAnswer]),
        Code::NotEntered => (FailureNotEntered, &[RemedyPort, RemedyCable, RemedyNotEntered, RemedyNotEntered2]),
        Code::Echo => (FailureEcho, &[RemedyEcho, RemedyEcho2]),
        Code::Garbled => (FailureGarbled, &[RemedyBootMode, RemedyGarbled, RemedyGarbled2]),
        Code::Unreliable => (FailureUnreliable, &[RemedyBootMode, RemedyUnreliable, RemedyUnreliable2]),
        Code::UnknownChip => (FailureUnknownChip, &[RemedyUnknownChip, RemedyUnknownChip2]),
        Code::Protected => (FailureProtected, &[RemedyProtected]),
        Code::NoNetwork => (FailureNoNetwork, &[RemedyNoNetwork, RemedyNoNetwork2]),
        Code::WrongKey => (FailureWrongKey, &[RemedyWrongKey]),
        Code::UnknownDevice => (FailureUnknownDevice, &[RemedyUnknownDevice, RemedyUnknownDevice2]),
        Code::AskedTooOften => (FailureAskedTooOften, &[RemedyAskedTooOften]),
        Code::FeedDown => (FailureFeedDown, &[RemedyFeedDown, RemedyContact]),
        Code::UnsuitableRelease => (FailureUnsuitableRelease, &[RemedyUnsuitableRelease]),
        Code::Unsigned => (FailureUnsigned, &[RemedyUnsigned]),
        Code::NoSignatureCheck => (FailureNoSignatureCheck, &[RemedyNoSignatureCheck]),
        Code::Older => (FailureOlder, &[RemedyOlder, RemedyContact]),
        Code::Download => (FailureDownload, &[RemedyNoNetwork, RemedyContact]),
        Code::WrongPayload => (FailureWrongPayload, &[RemedyWrongPayload, RemedyContact]),
        Code::BadImage => (FailureBadImage, &[RemedyUnsuitableRelease]),
        Code::WrongDevice => (FailureWrongDevice, &[RemedyWrongDevice, RemedyContact]),
        Code::Mismatch => (FailureMismatch, &[RemedyMismatch, RemedyMismatch2]),
        Code::NotErased => (FailureNotErased, &[RemedyNotErased]),
        Code::NeedsReset => (FailureNeedsReset, &[RemedyBootMode, RemedyNeedsReset, RemedyUnreliable]),
        Code::LinkLost => (FailureLinkLost, &[RemedyBootMode, RemedyCable, RemedyUnreliable]),
    };
    Words { title, remedies }
}
