//! Down a rung of the ladder, when a slower line would get on faster.

use stm32_bootloader::chip::Chip;

use super::{Cause, Observer, Run};
use crate::{Event, Loader};

/// What one exchange that had to be done again weighs against exchanges that went well.
///
/// Doing one again takes from 0.1 s, where a byte was garbled, to 2 s, where one was lost. One block takes up to 3 ms more
/// at the next rung down from 921600 baud, and 13 ms at that from 230400.
const AGAIN: u32 = 32;
/// As many are too many: three in as many exchanges as outweigh one of them.
const MOST: u32 = 2 * AGAIN;

/// Weighs exchanges that had to be done again against those that went well.
#[derive(Debug, Default)]
pub(super) struct Strain {
    weight: u32,
    recoveries: u32,
}

impl Strain {
    /// From the moment at which host and device had been brought back into step so often.
    pub const fn since(recoveries: u32) -> Self {
        Self { weight: 0, recoveries }
    }

    /// One exchange more is done. Host and device have been brought back into step so often in all.
    pub fn exchange(&mut self, recoveries: u32) {
        let again = recoveries.saturating_sub(self.recoveries);
        self.recoveries = recoveries;
        self.weight = self.weight.saturating_sub(1).saturating_add(again * AGAIN);
    }

    /// An exchange was done again without that.
    pub const fn again(&mut self) {
        self.weight = self.weight.saturating_add(AGAIN);
    }

    /// Whether a slower line would get on faster.
    pub const fn is_too_much(&self) -> bool {
        self.weight > MOST
    }
}

impl<L: Loader, O: Observer> Run<'_, L, O> {
    /// Between two exchanges: whether to go on.
    pub(super) fn heed(&mut self) -> Result<(), Cause> {
        self.strain.exchange(self.loader.recoveries());
        if self.observer.cancelled() {
            Err(Cause::Cancelled)
        } else if self.strain.is_too_much() && self.loader.can_slow_down() {
            Err(Cause::Disturbed)
        } else {
            Ok(())
        }
    }

    /// Goes on at a lower rate, where that may help: with `cause` otherwise.
    pub(super) async fn step_down(&mut self, cause: Cause, chip: &Chip) -> Result<(), Cause> {
        let of_the_line = match &cause {
            Cause::Command(error) => error.is_of_the_line(),
            Cause::Disturbed => true,
            Cause::Cancelled
            | Cause::TooLarge { .. }
            | Cause::Mismatch { .. }
            | Cause::Unerasable { .. }
            | Cause::NotErased { .. } => false,
        };
        if !of_the_line {
            return Err(cause);
        }
        let Some((from, to)) = self.loader.slow_down(chip.start_up).await else { return Err(cause) };
        self.strain = Strain::since(self.loader.recoveries());
        self.tell(Event::SteppedDown { from, to, reason: cause.to_string() });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it becomes too much when one in so many exchanges has to be done again.
    fn gives_in_to(one_in: u32) -> bool {
        let mut strain = Strain::default();
        (1..5000).any(|number| {
            strain.exchange(number / one_in);
            strain.is_too_much()
        })
    }

    #[test]
    fn a_few_in_a_row_are_too_many_and_as_many_now_and_then_are_not() {
        assert!(gives_in_to(3) && gives_in_to(20));
        assert!(!gives_in_to(40) && !gives_in_to(1000));
    }

    #[test]
    fn one_that_is_done_again_as_often_as_it_can_be_is_too_much() {
        let mut strain = Strain::since(5);
        strain.exchange(7);
        assert!(!strain.is_too_much());
        strain.again();
        assert!(strain.is_too_much());
    }
}
