//! The page's clock, which stands still while the page does.

use core::cell::Cell;
use core::time::Duration;

/// How often someone who waits looks at the clock.
pub(crate) const TICK: Duration = Duration::from_secs(1);
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
        STOOD.set(STOOD.get() + gap);
    }
    Duration::from_secs_f64((shown - STOOD.get()).max(0.0) / 1000.0)
}

/// A timer that was set for `time` at the moment `begin` has gone off: so much has passed at least. Who waits gets there, if
/// slowly, even if a timer a minute is all that a hidden page is given.
pub(crate) fn passed(begin: Duration, time: Duration) {
    let missing = (begin + time).saturating_sub(now());
    STOOD.set(STOOD.get() - missing.as_secs_f64() * 1000.0);
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
