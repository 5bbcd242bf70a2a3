//! What single ROMs do differently over USB, as data.

use core::time::Duration;

/// What a ROM answers while it works on its flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhileBusy {
    /// Nothing until it is done: it works within its USB interrupt, as ST's DFU library does. A GETSTATUS takes as long as
    /// the erase then, seconds on an STM32F745 (fwupd pull request 1944).
    #[default]
    Holds,
    /// The status dfuDNBUSY.
    Answers,
    /// STALL, as some STM32L4 do (dfu-util, `dfuse.c`).
    Stalls,
}

/// What a simulated ROM does differently over USB. The default is a ROM that does as AN3156 and ST's DFU library have it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsbQuirks {
    /// What it answers while it works.
    pub while_busy: WhileBusy,
    /// The poll time-out that it asks for, whatever it works on, in place of the right one: 100 ms for a mass erase of an
    /// STM32F405 that takes seconds, zero from a Black Magic Probe (dfu-util, `dfuse.c`).
    pub poll_timeout: Option<Duration>,
    /// The erase of a unit from this address on never leaves dfuDNBUSY by itself, though it is complete: STM32H743
    /// revision V (betaflight-configurator pull requests 1861 and 5348).
    pub stays_busy_from: Option<u32>,
    /// The erase of a unit from this address on is said to be done, and is not: STM32F42x and F43x whose flash an option bit
    /// divides into two banks (AN2606 Tables 90 and 92).
    pub unerasable_from: Option<u32>,
    /// CLRSTATUS is stalled outside of dfuERROR, as by the STM32C5 (betaflight-configurator pull request 5300); others go
    /// to dfuERROR then.
    pub strict_clear: bool,
    /// Transfers of more bytes are stalled, whatever the functional descriptor says: 1024 on early STM32L432.
    pub largest_transfer: Option<usize>,
    /// The size by which blocks are counted is that of the block at hand (AN3156 §4.1 can be read so), not the transfer
    /// size.
    pub counts_by_length: bool,
    /// It starts in dfuERROR, as an STM32F767 after a jump from an application.
    pub starts_in_error: bool,
    /// It leaves without an answer to GETSTATUS, as the GD32VF103 (dfu-util, `quirks.c`).
    pub leaves_silently: bool,
    /// It does not leave, as the STM32L5 with ROM V9.0 (AN2606 Table 180).
    pub cannot_leave: bool,
    /// Its strings are UTF-8, as those of the GD32VF103 (dfu-util, `quirks.c`).
    pub utf8_strings: bool,
    /// Vendor and product in place of ST's.
    pub usb_id: Option<(u16, u16)>,
    /// The serial number in place of the one that ST's ROM makes of the unique id.
    pub serial: Option<&'static str>,
    /// The names of its alternate settings in place of those that tell the truth.
    pub alternates: Vec<&'static str>,
    /// The DFU version in place of 0x011A.
    pub version: Option<u16>,
}
