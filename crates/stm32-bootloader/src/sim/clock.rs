//! A real clock that a chip's time follows.

use core::time::Duration;
use std::time;

use crate::port::Instant;

/// A clock that shows the chip's time.
#[derive(Debug)]
pub struct Clock {
    began: time::Instant,
    zero: Instant,
    speed: f64,
}

impl Clock {
    /// From now on, when it is `zero` on the chip's clock: `speed` times as fast as real time.
    pub fn new(zero: Instant, speed: f64) -> Self {
        Self { began: time::Instant::now(), zero, speed }
    }

    pub fn now(&self) -> Instant {
        self.zero + self.began.elapsed().mul_f64(self.speed)
    }

    /// Real time from now until the chip's `moment`.
    pub fn until(&self, moment: Instant) -> Duration {
        moment.since(self.now()).div_f64(self.speed)
    }
}
