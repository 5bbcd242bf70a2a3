//! The wire's bits: what a listener hears of a character that was sent at another rate, and how a rate is measured.

use crate::port::{LineSettings, Parity};

/// A character's levels in order: start, eight data bits from the lowest, parity if any. All after it is idle, high.
fn levels(byte: u8, parity: Parity) -> impl Fn(usize) -> bool {
    let odd = byte.count_ones() % 2 == 1;
    move |bit| match bit {
        0 => false,
        1..=8 => byte >> (bit - 1) & 1 == 1,
        9 if parity == Parity::Even => odd,
        _ => true,
    }
}

/// What a listener set to `listener` receives when `byte` is sent as `sender`: each bit sampled in its middle.
///
/// A byte whose parity or stop bit comes out wrong has its top bit turned over, so that the ROM's
/// checksums find it as they find it on the real chip.
pub fn heard(byte: u8, sender: LineSettings, listener: LineSettings) -> u8 {
    if sender == listener {
        return byte;
    }
    let level = levels(byte, sender.parity);
    let sample = |bit: u64| {
        // The middle of the listener's bit, counted in the sender's bits.
        let middle = (2 * bit + 1) * u64::from(sender.baud) / (2 * u64::from(listener.baud.max(1)));
        level(usize::try_from(middle).unwrap_or(usize::MAX))
    };
    let received = (1..=8).fold(0, |received, bit| received | u8::from(sample(bit)) << (bit - 1));
    let intact = match listener.parity {
        Parity::Even => sample(9) == (received.count_ones() % 2 == 1) && sample(10),
        Parity::None => sample(9),
    };
    if intact { received } else { received ^ 0x80 }
}

/// The rate that a ROM takes the host's for after `byte`: it times the eight bits from the start bit's
/// falling edge to the next one, which are eight only in 0x7F (AN3155 §1). `None` where no edge follows.
pub fn measured(byte: u8, sender: LineSettings) -> Option<u32> {
    let level = levels(byte, sender.parity);
    (1..11).find(|&bit| level(bit - 1) && !level(bit)).map(|bit| {
        let bits = u32::try_from(bit).expect("a character has eleven bits");
        sender.baud * 8 / bits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: LineSettings = LineSettings::DEFAULT;

    fn at(baud: u32) -> LineSettings {
        LineSettings { baud, ..LINE }
    }

    #[test]
    fn every_byte_is_heard_as_it_was_sent_within_two_percent() {
        for byte in 0..=255 {
            assert_eq!(heard(byte, LINE, LINE), byte);
            assert_eq!(heard(byte, at(117_500), LINE), byte);
            assert_eq!(heard(byte, at(112_900), LINE), byte);
        }
    }

    #[test]
    fn another_rate_is_heard_as_something_else() {
        let wrong = (0..=255).filter(|&byte| heard(byte, at(57_600), LINE) != byte).count();
        assert!(wrong > 250, "only {wrong} of 256 bytes were disturbed");
    }

    #[test]
    fn without_parity_the_first_byte_and_the_acknowledgement_still_pass() {
        let no_parity = LineSettings { parity: Parity::None, ..LINE };
        assert_eq!(heard(0x7F, no_parity, LINE), 0x7F);
        assert_eq!(heard(0x79, LINE, no_parity), 0x79);
        assert_ne!(heard(0x00, no_parity, LINE), 0x00);
    }

    #[test]
    fn only_0x7f_gives_the_true_rate() {
        assert_eq!(measured(0x7F, LINE), Some(115_200));
        assert_eq!(measured(0x55, LINE), Some(115_200 * 8 / 2));
        assert_eq!(measured(0x00, LINE), None);
    }
}
