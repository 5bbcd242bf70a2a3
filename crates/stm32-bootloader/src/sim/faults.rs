//! What a bad cable does to the bytes, by number: for tests of what a host makes of it.

use core::time::Duration;

use crate::port::Instant;

/// The faults of a cable. The default has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults {
    /// From the host to the chip.
    pub to_chip: Direction,
    /// From the chip to the host.
    pub from_chip: Direction,
    /// Whether the host's lines touch: it hears what it sends, and nothing gets to the chip.
    pub echo: bool,
}

/// The faults of one direction. Bytes are numbered from 0 since the cable was plugged in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Direction {
    /// The numbers of the bytes that get lost.
    pub drop: Vec<u64>,
    /// The numbers of the bytes of which bits are turned over, and which bits.
    pub flip: Vec<(u64, u8)>,
    /// The numbers of the bytes that arrive twice.
    pub double: Vec<u64>,
    /// The number of the first byte from which on nothing arrives, though nobody notices.
    pub silent_from: Option<u64>,
    /// For how long nothing arrives from then on; for good where it is `None`.
    pub silent_for: Option<Duration>,
    /// The number of the byte at which the cable is pulled out: it and all that follow are lost.
    pub unplug_at: Option<u64>,
    /// How long a byte is under way beyond its time on the wire.
    pub latency: Duration,
    /// What it does to bytes that come faster than it can carry them.
    pub too_fast: Option<TooFast>,
}

/// A direction that carries some rates badly: a long cable, a slow optocoupler, an adapter whose clock is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFast {
    /// The highest baud at which every byte arrives as it was sent.
    pub above: u32,
    /// Above it, one byte in so many has bits turned over.
    pub one_in: u64,
    /// Which bits.
    pub bits: u8,
}

impl Direction {
    /// What arrives of byte number `number`, sent at `baud`, which is on the wire `at` this moment: none, one or two
    /// bytes. `silence` is the moment at which the silence began, once it has.
    pub(super) fn pass(
        &self,
        number: u64,
        byte: u8,
        baud: u32,
        at: Instant,
        silence: &mut Option<Instant>,
    ) -> impl Iterator<Item = u8> + use<> {
        let silent = self.silent_from.is_some_and(|first| number >= first) && {
            let began = *silence.get_or_insert(at);
            self.silent_for.is_none_or(|time| at < began + time)
        };
        let lost = self.drop.contains(&number) || silent;
        let copies = match (lost, self.double.contains(&number)) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => 2,
        };
        let mask = self.flip.iter().filter(|(at, _)| *at == number).fold(0, |mask, (_, bits)| mask ^ bits);
        let garbled = self.too_fast.filter(|fast| baud > fast.above && (number + 1).is_multiple_of(fast.one_in));
        let mask = mask ^ garbled.map_or(0, |fast| fast.bits);
        core::iter::repeat_n(byte ^ mask, copies)
    }

    /// Whether the cable is pulled out at byte number `number`.
    pub(super) fn unplugs(&self, number: u64) -> bool {
        self.unplug_at.is_some_and(|at| number >= at)
    }
}
