//! The words that people read. One row for each failure: what happened, and what to do next.

use stm32_bootloader::chip::Advice;
use updater::{DeviceState, Phase};

use crate::session::Code;

/// What a person reads about a failure.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// What happened.
    pub title: &'static str,
    /// What to do, likeliest first.
    pub remedies: &'static [&'static str],
}

const CABLE: &str = "Check that the cable is plugged in at both ends and carries data, not only power.";
const BOOT_MODE: &str =
    "Put the device in update mode again: hold BOOT (or set BOOT0 high), press and release RESET, then try again.";
const PORT: &str = "Check that you picked the right port: unplug the device, see which port disappears from the list, and pick that one.";
const CONTACT: &str = "If it happens again, send the log below to the maker of your device.";

/// What is told of a chip whose geometry is not out of a document. The same.
pub const UNPROVEN: &str = "This chip's memory layout was not checked against its manufacturer's documents. The update \
    is read back and compared, as always. ";

/// What a person does about a fault of the bootloader: a sentence and a space, for more may follow.
pub const fn advice(advice: Advice) -> &'static str {
    match advice {
        Advice::Reset => "If the device does not start after the update, reset it. ",
        Advice::PowerAfter => "Once updated, switch the device off and on: its supply is set anew only then. ",
        Advice::PowerIfSilent => {
            "If it stops answering before the update is done, switch it off and on: a reset is not enough. "
        }
    }
}

/// The row for a failure.
pub const fn words(code: Code) -> Words {
    let (title, remedies): (&str, &[&str]) = match code {
        Code::BadConfig => (
            "This page is not set up correctly.",
            &["Tell the company that runs this page what the details below say.", "Reload the page."],
        ),
        Code::NotLoaded => (
            "A part of this page could not be loaded.",
            &[
                "Reload the page: a newer one may be there.",
                "Check your internet connection, or try another network: a company network may change what comes through it.",
                "If it happens again, tell the company that runs this page what the details below say.",
            ],
        ),
        Code::PortBusy => (
            "The port could not be opened.",
            &[
                "Close other programs and tabs that may use the port: serial monitors, slicers, another tab with this page.",
                "Unplug the device, plug it in again, and try again.",
                "On Linux, your user may need to be in the group dialout; log in again after joining it.",
            ],
        ),
        Code::NoAccess => (
            "This computer does not let the browser use the device.",
            &[
                "On Windows, the device needs the driver WinUSB: install STM32CubeProgrammer, which brings it, or start Zadig (zadig.akeo.ie), pick “STM32 BOOTLOADER” and install WinUSB.",
                "On Linux, put this line into /etc/udev/rules.d/60-stm32-dfu.rules, then unplug the device and plug it in again: SUBSYSTEM==\"usb\", ATTR{idVendor}==\"0483\", ATTR{idProduct}==\"df11\", TAG+=\"uaccess\". If the details below begin with other numbers, put those in.",
                "If the browser came as a snap (Ubuntu), run: sudo snap connect chromium:raw-usb",
            ],
        ),
        Code::NoWebUsb => (
            "This browser cannot reach devices on USB.",
            &["Open this page in Chrome, Edge or Opera, with the device in update mode as it is now."],
        ),
        Code::NotDfuse => (
            "This USB device has no update mode that is known here.",
            &["Check that you picked the right device.", BOOT_MODE],
        ),
        Code::UsbTrouble => (
            "The device does not answer over USB as it should.",
            &["Unplug the device, put it in update mode again, and try again.", "Plug it in without a hub.", CABLE],
        ),
        Code::Unplugged => (
            "The connection to the device was lost.",
            &[
                "Plug the device in again, put it in update mode, and connect. The update then goes on where it stopped.",
                CABLE,
            ],
        ),
        Code::NoAnswer => (
            "The device does not answer.",
            &[BOOT_MODE, PORT, CABLE, "If you wired an adapter yourself, swap RX and TX."],
        ),
        Code::NotEntered => (
            "The device could not be put in update mode.",
            &[
                PORT,
                CABLE,
                "Put it in update mode by hand: hold BOOT (or set BOOT0 high), press and release RESET, then try again.",
                "Tell the company that runs this page: boot_mode in its settings may not be how DTR and RTS are wired in this device.",
            ],
        ),
        Code::Echo => (
            "The adapter only hears itself.",
            &["RX and TX of the adapter touch each other: check the wiring.", "Check that the device has power."],
        ),
        Code::Garbled => (
            "The device answers, but not as one in update mode.",
            &[
                BOOT_MODE,
                "The adapter may not support even parity: try another one.",
                "Try a lower speed, for example by adding ?baud=57600 to the address of this page.",
            ],
        ),
        Code::Unreliable => (
            "The connection to the device is not reliable.",
            &[BOOT_MODE, "Use a shorter cable, without a hub.", "Try a lower speed, for example ?baud=57600."],
        ),
        Code::UnknownChip => (
            "This chip is not known here.",
            &[
                "Check that this is the device that the update is for.",
                "The company that runs this page can describe the chip in its settings: tell it what the details below say.",
            ],
        ),
        Code::Protected => (
            "The chip is protected against reading, so it cannot be updated this way.",
            &["Ask the maker of your device how to update it: removing the protection erases everything on it."],
        ),
        Code::NoNetwork => (
            "The release server cannot be reached.",
            &["Check your internet connection and try again.", "A company network may block it: try another network."],
        ),
        Code::WrongKey => (
            "The release server does not accept this page.",
            &["Tell the company that runs this page that its project key is missing or wrong."],
        ),
        Code::UnknownDevice => (
            "The release server does not know this kind of device.",
            &[
                "Check the hardware version and the software type below, correct them, and ask again.",
                "If they are right, no release exists for this device yet.",
            ],
        ),
        Code::AskedTooOften => (
            "The release server was asked too often.",
            &["Wait a while and try again. Nothing is wrong with your device."],
        ),
        Code::FeedDown => (
            "The release server is out of order.",
            &["Try again in a few minutes. Nothing is wrong with your device.", CONTACT],
        ),
        Code::UnsuitableRelease => (
            "The release that is offered cannot be installed this way.",
            &["Tell the maker of your device what the details below say."],
        ),
        Code::Unsigned => (
            "The release is not signed by the maker of your device, so it was not installed.",
            &["Do not install it another way either. Tell the maker of your device what the details below say."],
        ),
        Code::NoSignatureCheck => (
            "This browser cannot check who made the release, so it was not installed.",
            &["Update your browser, or use Chrome or Edge 137 or newer, or Firefox 151 or newer."],
        ),
        Code::Older => (
            "The version that is offered is older than the one on your device, so it was not installed.",
            &["Check the installed version below. If it is right, your device needs no update.", CONTACT],
        ),
        Code::Download => {
            ("The release could not be downloaded.", &["Check your internet connection and try again.", CONTACT])
        }
        Code::WrongPayload => (
            "What was downloaded is not what was released, so it was not installed.",
            &["Try again: the download may have been damaged on its way.", CONTACT],
        ),
        Code::BadImage => (
            "The release is not a valid image, so it was not installed.",
            &["Tell the maker of your device what the details below say."],
        ),
        Code::WrongDevice => (
            "The release is not made for this device, so it was not installed.",
            &["Check that this is the right device, and the hardware version below.", CONTACT],
        ),
        Code::Mismatch => (
            "The device did not keep what was written.",
            &["Try again.", "Part of its memory may be write-protected or worn: ask the maker of your device."],
        ),
        Code::NotErased => (
            "Part of the device's memory cannot be erased: it is write-protected, or worn.",
            &["Ask the maker of your device whether the part that the details name is protected on purpose."],
        ),
        Code::NeedsReset => (
            "The connection was disturbed at a moment after which the device must be reset.",
            &[BOOT_MODE, "The update then goes on where it stopped.", "Use a shorter cable, without a hub."],
        ),
        Code::LinkLost => (
            "The device stopped answering during the update.",
            &[BOOT_MODE, CABLE, "Use a shorter cable, without a hub."],
        ),
    };
    Words { title, remedies }
}

/// Whether the device is safe, in a sentence.
pub const fn device_state(state: DeviceState) -> &'static str {
    match state {
        DeviceState::Untouched => "Your device was not changed: what was on it before is still there.",
        DeviceState::Incomplete => {
            "The update on your device is incomplete, so it will not start yet. It is not damaged: \
             its update mode is built in and cannot be erased. Connect it again, and the update goes on where it stopped."
        }
        DeviceState::Complete => "The new version is completely on your device.",
    }
}

/// A phase, as the person sees it.
pub const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Compare => "Comparing with what is on the device",
        Phase::Erase => "Erasing",
        Phase::Write => "Writing",
        Phase::Verify => "Checking what was written",
        Phase::Commit => "Finishing",
        Phase::Start => "Starting the new version",
    }
}

/// A number of bytes, e.g. `200 KiB`.
pub fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} bytes"),
        1024..1_048_576 => format!("{} KiB", count.div_ceil(1024)),
        _ => format!("{:.1} MiB", count as f64 / 1_048_576.0),
    }
}

/// A time that something will take, as people say it.
pub fn about(time: core::time::Duration) -> String {
    match time.as_secs_f64().ceil() as u64 {
        0..=1 => "a moment".into(),
        seconds @ 2..=9 => format!("{seconds} seconds"),
        seconds @ 10..=89 => format!("{} seconds", seconds.div_ceil(5) * 5),
        seconds => format!("{} minutes", (seconds + 30) / 60),
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        let texts = [300, 4200, 31_000, 95_000, 260_000].map(|ms| about(Duration::from_millis(ms)));
        assert_eq!(texts, ["a moment", "5 seconds", "35 seconds", "2 minutes", "4 minutes"]);
    }

    #[test]
    fn sizes_read_as_people_say_them() {
        assert_eq!([900, 204_800, 1_572_864].map(bytes), ["900 bytes", "200 KiB", "1.5 MiB"]);
    }
}
