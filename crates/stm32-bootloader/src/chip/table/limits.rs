//! What the ROMs are known to do wrong on a USART, or over USB where that must be known beforehand: AN2606 (2026 edition),
//! the tables of versions of all chips.
//!
//! Left out is what concerns other interfaces, boot modes, option bytes that an update does not touch, and pins.

use crate::chip::{Fault, Limitation};

/// The versions named, or all.
const fn told(table: u8, roms: &'static [u8], fault: Fault) -> Limitation {
    Limitation { roms, fault, table }
}

/// After the ROM was started because the flash is empty.
const fn forgets_empty(table: u8, roms: &'static [u8]) -> Limitation {
    told(table, roms, Fault::ForgetsEmptyFlash)
}

/// Chips without CCM RAM: an application switches the clocks on that it needs.
const fn clocks_off(table: u8) -> Limitation {
    told(table, &[], Fault::GoLeavesTraces)
}

const fn inexact_baud(table: u8) -> Limitation {
    told(table, &[], Fault::InexactBaud)
}

pub(super) const C051: &[Limitation] = &[forgets_empty(15, &[])];
pub(super) const C071: &[Limitation] = &[forgets_empty(17, &[])];
pub(super) const C091: &[Limitation] = &[forgets_empty(19, &[])];

pub(super) const F03: &[Limitation] = &[told(30, &[], Fault::TwoNacks)];
pub(super) const F05: &[Limitation] = &[told(34, &[], Fault::TwoNacks)];

pub(super) const F105: &[Limitation] = &[
    // V1.0 and V2.0, which are told from the later ones by the answer alone.
    told(48, &[], Fault::WrongProtocolVersion),
    told(227, &[], Fault::SlowStart),
];

pub(super) const F205: &[Limitation] = &[
    told(52, &[0x20], Fault::SilentBadAddress),
    told(54, &[0x32], Fault::SilentBadAddress),
    told(54, &[0x33], Fault::TwoNacks),
];

pub(super) const F358: &[Limitation] = &[told(66, &[0x50], Fault::SlowBaud)];
pub(super) const F378: &[Limitation] = &[told(70, &[0x50], Fault::SlowBaud)];

pub(super) const F405: &[Limitation] = &[
    told(74, &[0x30], Fault::SilentBadAddress),
    told(74, &[0x31], Fault::TwoNacks),
    told(74, &[0x30, 0x31], Fault::GoLeavesCcmOff),
    told(76, &[0x90], Fault::TwoNacks),
    told(76, &[0x90], Fault::GoLeavesCcmOff),
];
pub(super) const F401C: &[Limitation] = &[clocks_off(78)];
pub(super) const F401E: &[Limitation] = &[clocks_off(80)];
pub(super) const F410: &[Limitation] = &[clocks_off(82)];
pub(super) const F411: &[Limitation] = &[clocks_off(84)];
pub(super) const F412: &[Limitation] = &[clocks_off(86)];
pub(super) const F413: &[Limitation] = &[clocks_off(88)];
pub(super) const F42: &[Limitation] = &[
    told(90, &[0x70], Fault::GoLeavesCcmOff),
    told(90, &[0x70], Fault::NoSecondBankOverUsb),
    told(92, &[0x90, 0x91], Fault::GoLeavesCcmOff),
    told(92, &[0x90, 0x91], Fault::NoSecondBankOverUsb),
];
pub(super) const F446: &[Limitation] = &[clocks_off(94)];
pub(super) const F469: &[Limitation] = &[told(96, &[], Fault::GoLeavesCcmOff)];

pub(super) const F722: &[Limitation] = &[inexact_baud(98)];
pub(super) const F74: &[Limitation] = &[inexact_baud(100), inexact_baud(102)];
pub(super) const F76: &[Limitation] = &[inexact_baud(104)];

pub(super) const G03: &[Limitation] = &[told(106, &[0x51, 0x52], Fault::StuckByOtherPin)];
pub(super) const G05: &[Limitation] = &[told(114, &[0x50], Fault::InexactBaud)];
pub(super) const G07: &[Limitation] = &[
    told(108, &[0xB0], Fault::LargePackagesOnly),
    told(108, &[0xB2], Fault::ProtectsAfterPowerOff),
    told(108, &[0xB2], Fault::GoLeavesTraces),
    told(108, &[0xB3], Fault::ErasesUnawaited { from: 0 }),
    forgets_empty(108, &[0xB3]),
];
/// Of the second bank alone; erasing the first by single units, too, costs next to nothing.
pub(super) const G0B: &[Limitation] = &[
    told(110, &[0xD0], Fault::ErasesFirstOfList),
    forgets_empty(110, &[0xD0]),
    told(112, &[0x92], Fault::ErasesFirstOfList),
    told(112, &[0x92], Fault::GoLeavesTraces),
    forgets_empty(112, &[0x92]),
];

pub(super) const H72: &[Limitation] = &[told(134, &[0x91, 0x92], Fault::LocksSupply)];
pub(super) const H74: &[Limitation] = &[
    told(136, &[0xD2], Fault::NoGo),
    told(136, &[0xD3], Fault::NoBankErase),
    told(136, &[0x90], Fault::GoUnacknowledged),
    told(136, &[0x90], Fault::CommandsMiscounted),
    told(136, &[0x90], Fault::SecondReset),
    told(136, &[0xD2, 0xD3, 0x90], Fault::LocksSupply),
    told(136, &[0x91], Fault::ErasesUnawaited { from: 0x0810_0000 }),
    told(136, &[0x90, 0x91, 0x92], Fault::GoNeedsRoomAboveStack),
    told(136, &[0x90, 0x91, 0x92], Fault::StuckByOtherPin),
];
pub(super) const H7A3: &[Limitation] = &[told(138, &[0x91], Fault::LocksSupply)];

pub(super) const L1_A: &[Limitation] = &[told(153, &[], Fault::SilentBadAddress)];
pub(super) const L1_B: &[Limitation] = &[told(155, &[], Fault::SilentBadAddress)];
pub(super) const L1_C: &[Limitation] = &[told(157, &[], Fault::TwoNacks)];
pub(super) const L1_D: &[Limitation] = &[told(159, &[0x45], Fault::TwoNacks)];
pub(super) const L1_E: &[Limitation] = &[told(161, &[], Fault::TwoNacks)];

pub(super) const L412: &[Limitation] = &[told(163, &[], Fault::TwoAcks)];
pub(super) const L43: &[Limitation] = &[told(165, &[], Fault::GoLeavesTraces)];
pub(super) const L476: &[Limitation] =
    &[told(169, &[0xA1], Fault::SpoilsRam), told(171, &[0x90], Fault::SpoilsRam), told(227, &[], Fault::SlowStart)];
pub(super) const L496: &[Limitation] = &[told(173, &[], Fault::NoBankErase)];

pub(super) const U031: &[Limitation] = &[forgets_empty(205, &[])];
pub(super) const U073: &[Limitation] = &[forgets_empty(207, &[])];
pub(super) const U375: &[Limitation] = &[told(210, &[0xE1], Fault::ErasesFirstOfList)];

pub(super) const WB55: &[Limitation] = &[told(184, &[], Fault::ProtectsAfterPowerOff)];
