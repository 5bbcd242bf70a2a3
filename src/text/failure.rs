//! One row for each failure: what happened, and what to do next for this person.

use super::Text;
use super::circumstances::{Browser, Circumstances, System};
use crate::session::Code;

/// More than these nobody reads.
const MOST: usize = 3;

/// Where a remedy helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    Everywhere,
    On(System),
    In(Browser),
    /// Where the browser may be a snap, as far as that can be told.
    Snap,
    /// Where the browser called the error this, which then stands in the details.
    Named(&'static str),
}

impl Where {
    /// What is not known rules nothing out: such a text says itself whom it is for.
    fn applies(self, detail: &str, Circumstances { system, browser }: Circumstances) -> bool {
        match self {
            Self::Everywhere => true,
            Self::On(wanted) => system.is_none_or(|system| system == wanted),
            Self::In(wanted) => browser == Some(wanted),
            Self::Snap => {
                Self::On(System::Linux).applies(detail, Circumstances { system, browser })
                    && browser.is_none_or(|browser| browser == Browser::Chromium)
            }
            Self::Named(name) => detail.contains(name),
        }
    }
}

/// Where this remedy helps.
const fn place(remedy: Text) -> Where {
    use Where::{Everywhere, In, Named, On, Snap};
    match remedy {
        Text::RemedyNoAccess | Text::RemedyNotListedDriver => On(System::Windows),
        Text::RemedyNotListedMac => On(System::Mac),
        Text::RemedyNoAccess2 | Text::RemedyNotListedLinux | Text::RemedyPortBusy3 => On(System::Linux),
        Text::RemedyNotListedChromeos => On(System::ChromeOs),
        Text::RemedyNotListedAndroid => On(System::Android),
        Text::RemedyNotListedFirefox => In(Browser::Firefox),
        Text::RemedySnap => Snap,
        Text::RemedyPortForbidden => Named("SecurityError"),
        _ => Everywhere,
    }
}

/// What a person reads about a failure.
#[derive(Debug, Clone, Copy)]
struct Words {
    /// What happened.
    title: Text,
    /// What may help, likeliest first.
    remedies: &'static [Text],
}

/// What happened.
pub const fn title(code: Code) -> Text {
    words(code).title
}

/// What to do, likeliest first: one to three texts. `detail`: the failure's particulars, where an error of the browser's
/// stands with its name.
pub fn remedies(code: Code, detail: &str, circumstances: Circumstances) -> Vec<Text> {
    let all = words(code).remedies.iter().copied();
    all.filter(|&remedy| place(remedy).applies(detail, circumstances)).take(MOST).collect()
}

/// The row for a failure.
const fn words(code: Code) -> Words {
    use Text::*;
    let (title, remedies): (Text, &[Text]) = match code {
        Code::BadConfig => (FailureBadConfig, &[RemedyBadConfig, RemedyBadConfig2]),
        Code::NotLoaded => (FailureNotLoaded, &[RemedyNotLoaded, RemedyNotLoaded2, RemedyNotLoaded3]),
        Code::NoPortPicked => (
            FailureNoPortPicked,
            &[
                RemedyNotListedAndroid,
                RemedyCable,
                RemedyNotListedFirefox,
                RemedyNotListedDriver,
                RemedyNotListedMac,
                RemedyNotListedChromeos,
                RemedySnap,
                RemedyNotListedLinux,
            ],
        ),
        Code::NoDevicePicked => {
            (FailureNoDevicePicked, &[RemedyNotListedUsb, RemedyCable, RemedyNotListedMac, RemedySnap])
        }
        Code::PortBusy => {
            (FailurePortBusy, &[RemedyPortForbidden, RemedyPortBusy, RemedyPortBusy3, RemedySnap, RemedyPortBusy2])
        }
        Code::NoAccess => (FailureNoAccess, &[RemedyNoAccess, RemedyNoAccess2, RemedySnap, RemedyPortBusy2]),
        Code::NoWebUsb => (FailureNoWebUsb, &[RemedyNoWebUsb]),
        Code::NotDfuse => (FailureNotDfuse, &[RemedyNotDfuse, RemedyBootMode]),
        Code::UsbTrouble => (FailureUsbTrouble, &[RemedyUsbTrouble, RemedyUsbTrouble2, RemedyCable]),
        Code::Unplugged => (FailureUnplugged, &[RemedyUnplugged, RemedyCable, RemedyUnreliable]),
        Code::NoAnswer => (FailureNoAnswer, &[RemedyBootMode, RemedyPort, RemedyNoAnswer]),
        Code::NotEntered => (FailureNotEntered, &[RemedyPort, RemedyNotEntered, RemedyNotEntered2]),
        Code::Echo => (FailureEcho, &[RemedyEcho, RemedyEcho2]),
        Code::Garbled => (FailureGarbled, &[RemedyBootMode, RemedyGarbled, RemedyGarbled2]),
        // An adapter without parity gets as far as the second byte: that of 0x7F looks like a stop bit.
        Code::Unreliable => (FailureUnreliable, &[RemedyBootMode, RemedyGarbled, RemedyUnreliable]),
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
        Code::Unerasable => (FailureUnerasable, &[RemedyUnerasable]),
        Code::NotErased => (FailureNotErased, &[RemedyNotErased]),
        Code::NeedsReset => (FailureNeedsReset, &[RemedyBootMode, RemedyNeedsReset, RemedyUnreliable]),
        Code::LinkLost => (FailureLinkLost, &[RemedyBootMode, RemedyCable, RemedyUnreliable]),
        Code::OtherTab => (FailureOtherTab, &[RemedyOtherTab, RemedyOtherTab2]),
        Code::StorageFull => (FailureStorageFull, &[RemedyStorageFull, RemedyStorageUnneeded]),
        Code::StorageRefused => (FailureStorageRefused, &[RemedyStorageRefused, RemedyStorageUnneeded]),
    };
    Words { title, remedies }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEMS: [System; 5] = [System::Windows, System::Mac, System::Linux, System::ChromeOs, System::Android];
    const BROWSERS: [Browser; 3] = [Browser::Chromium, Browser::Firefox, Browser::Other];

    fn at(system: System, browser: Browser) -> Circumstances {
        Circumstances { system: Some(system), browser: Some(browser) }
    }

    #[test]
    fn everybody_reads_one_to_three_remedies_of_every_failure() {
        for code in Code::ALL {
            for system in SYSTEMS {
                for browser in BROWSERS {
                    let remedies = remedies(*code, "", at(system, browser));
                    assert!((1..=MOST).contains(&remedies.len()), "{code:?} {system:?} {browser:?}: {remedies:?}");
                }
            }
            assert!(!remedies(*code, "", Circumstances::default()).is_empty(), "{code:?}");
        }
    }

    #[test]
    fn every_remedy_is_read_by_somebody() {
        for code in Code::ALL {
            for remedy in words(*code).remedies {
                let is_read = SYSTEMS.into_iter().any(|system| {
                    BROWSERS.into_iter().any(|browser| {
                        remedies(*code, "SecurityError: no", at(system, browser)).contains(remedy)
                            || remedies(*code, "NetworkError: no", at(system, browser)).contains(remedy)
                    })
                });
                assert!(is_read, "{code:?}: nobody reads {remedy:?}");
            }
        }
    }

    #[test]
    fn a_port_that_is_not_opened_is_a_matter_of_the_group_on_linux_and_of_nothing_but_other_programs_on_windows() {
        let failed = "NetworkError: Failed to open serial port.";
        let on_linux = remedies(Code::PortBusy, failed, at(System::Linux, Browser::Other));
        assert_eq!(on_linux, [Text::RemedyPortBusy, Text::RemedyPortBusy3, Text::RemedyPortBusy2]);
        assert!(Text::RemedyPortBusy3.text().contains("usermod -aG dialout"));
        let on_windows = remedies(Code::PortBusy, failed, at(System::Windows, Browser::Other));
        assert_eq!(on_windows, [Text::RemedyPortBusy, Text::RemedyPortBusy2]);
    }

    #[test]
    fn only_what_may_be_a_snap_is_told_of_snaps() {
        let told = |system, browser| remedies(Code::PortBusy, "", at(system, browser)).contains(&Text::RemedySnap);
        assert!(told(System::Linux, Browser::Chromium));
        assert!(!told(System::Linux, Browser::Other) && !told(System::Windows, Browser::Chromium));
    }

    #[test]
    fn a_page_that_is_kept_from_ports_where_it_is_shown_says_so_first() {
        let forbidden = "SecurityError: Access to the feature \"serial\" is disallowed by permissions policy.";
        let first = remedies(Code::PortBusy, forbidden, at(System::Mac, Browser::Other))[0];
        assert_eq!(first, Text::RemedyPortForbidden);
    }

    #[test]
    fn usb_needs_a_driver_on_windows_and_a_rule_on_linux() {
        let first = |system| remedies(Code::NoAccess, "", at(system, Browser::Other))[0];
        assert_eq!(first(System::Windows), Text::RemedyNoAccess);
        assert_eq!(first(System::Linux), Text::RemedyNoAccess2);
        assert_eq!(first(System::Mac), Text::RemedyPortBusy2);
    }

    #[test]
    fn no_two_failures_have_one_code_and_the_code_is_what_reports_have() {
        for (index, code) in Code::ALL.iter().enumerate() {
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{}\"", code.name()));
            assert!(Code::ALL[..index].iter().all(|other| other.name() != code.name()), "{code:?}");
        }
    }
}
