//! The page's clock, which stands still while the page does.

use core::cell::Cell;
use core::time::Duration;

/// How often someone who waits looks at the clock.
pub(crate) const TICK: Duration = Duration::from_secs(1);
/// What a browser's timer may be early by, as its clock is a coarse one (100 µs, HR-Time "coarsen time") and timers count in
/// whole milliseconds.
pub(crate) const ROUNDING: Duration = Duration::from_millis(1);
/// A page that has not looked for so long though someone waits was not running: hidden pages get a timer a second.
const GAP: f64 = 2500.0;

thread_local! {
    /// How long the page stood still so far, in ms.
    static STOOD: Cell<f64> = const { Cell::new(0.0) };
    /// What the browser's clock showed when it was last looked at, in ms.
    static SEEN: Cell<f64> = const { Cell::new(0.0) };
    /// How many wait.
    static WAITING: Cell<u32> = const { Cell::new(0) };
}

/// The time that the page has had.
pub(crate) fn now() -> Duration {
    let shown = web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now());
    let gap = shown - SEEN.replace(shown);
    if gap > GAP && WAITING.get() > 0 {
        // One tick has passed: who waits gets there, if slowly, where that is all that a hidden page is given.
        STOOD.set(STOOD.get() + gap - TICK.as_secs_f64() * 1000.0);
    }
    Duration::from_secs_f64((shown - STOOD.get()).max(0.0) / 1000.0)
}

/// Someone waits for as long as this is there.
pub(crate) struct Waiting(());

impl Waiting {
    pub(crate) fn begin() -> Self {
        // What was before is no gap.
        let _ = now();
        WAITING.set(WAITING.get() + 1);
        Self(())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.set(WAITING.get() - 1);
    }
}
