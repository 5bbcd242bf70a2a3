//! What the ROMs are known to do wrong. AN2606's sections on F3, F4, L4, L5 and WB were read for it.

use crate::chip::Limitation;

const SLOW: &str = "the bootloader answers at 57600 baud at most";

pub(super) const F105: &[Limitation] = &[
    Limitation {
        of: "V2.0",
        text: "it says that it speaks version 2.0 of the protocol, and speaks 2.2",
        source: "AN2606 Table 3, note 1",
    },
    Limitation { of: "all", text: "with PA9 high it takes half a second to start", source: "AN2606 Table 227" },
    Limitation {
        of: "all",
        text: "over USB it fails to be recognised a few times, and takes up to 14 s, with a crystal of 8 MHz",
        source: "AN2606 Table 229",
    },
];

pub(super) const F358: &[Limitation] = &[Limitation { of: "STM32F358", text: SLOW, source: "AN2606 Table 66" }];
pub(super) const F378: &[Limitation] = &[
    Limitation { of: "STM32F378", text: SLOW, source: "AN2606 Table 70" },
    Limitation {
        of: "STM32F373, V4.1",
        text: "over USB it fails to write on some high-speed ports; a hub in between helps",
        source: "AN2606 Table 68",
    },
];

pub(super) const F405: &[Limitation] = &[
    Limitation {
        of: "V9.0",
        text: "under read-out protection it refuses to read, write and start with two answers in place of one",
        source: "AN2606 Table 76",
    },
    Limitation {
        of: "V9.0",
        text: "an application that it starts finds the CCM RAM switched off; a reset starts it as usual",
        source: "AN2606 Table 76",
    },
];

pub(super) const F401: &[Limitation] = &[Limitation {
    of: "V13",
    text: "an application that it starts finds the clocks of AHB1 switched off; a reset starts it as usual",
    source: "AN2606 Table 78",
}];

pub(super) const L1_A: &[Limitation] = &[Limitation {
    of: "all",
    text: "it does not answer at all to an address that it does not reach",
    source: "AN2606 Table 153",
}];

pub(super) const L412: &[Limitation] =
    &[Limitation { of: "V13.1", text: "it acknowledges the first byte twice", source: "stm32flash" }];

pub(super) const L476: &[Limitation] = &[
    Limitation { of: "V9.0", text: "what is written into RAM arrives spoilt", source: "UM1879" },
    Limitation {
        of: "all",
        text: "without a 32 kHz crystal it takes two and a half seconds to start",
        source: "AN2606 Table 227",
    },
];

pub(super) const L496: &[Limitation] =
    &[Limitation { of: "V9.3", text: "it does not erase a single bank at once", source: "AN2606 Table 173" }];

pub(super) const WB55: &[Limitation] = &[Limitation {
    of: "V13.5",
    text: "read-out protection that was removed is gone only after the power was off",
    source: "AN2606 Table 184",
}];

pub(super) const L4R: &[Limitation] = &[Limitation {
    of: "all",
    text: "over USB it does not answer while the core has voltage scaling range 2, or no voltage at VDDUSB",
    source: "AN2606, sections on L4R and L4P5",
}];

pub(super) const L552: &[Limitation] = &[Limitation {
    of: "V9.0",
    text: "over USB it does not start an application; a reset does",
    source: "AN2606 Table 180",
}];
