//! The page's clock, and how a chip's time follows it.

use core::cell::Cell;
use core::time::Duration;

use gloo_timers::future::TimeoutFuture;
use stm32_bootloader::port::Instant;

/// Shorter waits are saved up: a browser's timers take some milliseconds each.
pub(crate) const SHORTEST_WAIT: Duration = Duration::from_millis(8);
/// After this long without a pause the browser gets one, so that it can paint.
const LONGEST_RUN: Duration = Duration::from_millis(30);

/// The time since the page was opened.
pub(crate) fn now() -> Duration {
    let milliseconds = web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now());
    Duration::from_secs_f64(milliseconds.max(0.0) / 1000.0)
}

/// Waits, for a millisecond at least: so long the browser may do other things.
pub(crate) async fn sleep(time: Duration) {
    TimeoutFuture::new(u32::try_from(time.as_millis()).unwrap_or(u32::MAX).max(1)).await;
}

/// The chip's time: so many times as fast as the page's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Moments that belong together: the page's, the chip's.
    anchor: (Duration, Duration),
    speed: f64,
}

impl Pace {
    /// From now on, when it is `chip` on the chip's clock.
    pub(crate) fn new(chip: Instant, speed: f64) -> Self {
        Self { anchor: (now(), chip.elapsed()), speed }
    }

    /// What it is now on the chip's clock.
    pub(crate) fn chip_now(self) -> Instant {
        let (page, chip) = self.anchor;
        Instant::at(chip + now().saturating_sub(page).mul_f64(self.speed))
    }

    /// How far the chip's clock gets while the page's goes on for `span`.
    pub(crate) fn chip_span(self, span: Duration) -> Duration {
        span.mul_f64(self.speed)
    }

    /// How long it is, on the page's clock, until the chip's shows `moment`.
    pub(crate) fn until(self, moment: Instant) -> Duration {
        let (page, chip) = self.anchor;
        (page + moment.elapsed().saturating_sub(chip).div_f64(self.speed)).saturating_sub(now())
    }
}

/// The pauses in which the page's clock catches up with a chip's.
#[derive(Debug)]
pub(crate) struct Pauses {
    last: Cell<Duration>,
}

impl Pauses {
    /// The last one is over now.
    pub(crate) fn new() -> Self {
        Self { last: Cell::new(now()) }
    }

    /// Lets the page's clock catch up with the chip's, which is `ahead`, where that is worth a pause.
    pub(crate) async fn catch_up(&self, ahead: Duration) {
        if ahead >= SHORTEST_WAIT || now().saturating_sub(self.last.get()) >= LONGEST_RUN {
            sleep(ahead).await;
            self.last.set(now());
        }
    }
}
