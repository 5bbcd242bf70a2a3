//! What the page and the modules that it loads ask of the browser: its clock and timers, its promises and their errors.
#![cfg(target_arch = "wasm32")]

mod clock;
pub mod closing;

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::Poll;
use core::time::Duration;

use gloo_timers::future::TimeoutFuture;
use js_sys::Promise;
use stm32_bootloader::port::Instant;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(module = "/src/rest.js")]
extern "C" {
    fn rest(ms: u32) -> JsValue;
}

/// The time that the page has had since it was opened. While someone waits, it stands still with the page: when the
/// computer sleeps, or the browser lets a hidden page rest, no deadline passes that an answer was not looked for.
pub fn now() -> Duration {
    clock::now()
}

/// The time from now until `deadline` on the page's clock.
pub fn until(deadline: Instant) -> Duration {
    deadline.elapsed().saturating_sub(now())
}

/// Waits; not at all when `time` is zero. A page that is hidden waits no longer than one that is seen, if for less than a
/// second: that is how long devices are given before they are asked again.
pub async fn sleep(time: Duration) {
    if time.is_zero() {
        return;
    }
    let _waiting = clock::Waiting::begin();
    let end = now() + time;
    loop {
        // Short enough that a gap shows.
        let (begin, tick) = (now(), until(Instant::at(end)).min(clock::TICK));
        let ms = (tick.as_micros() as u32).div_ceil(1000).max(1);
        // Who waits a second or more waits for something that does not come: a hidden page may be slow to say so.
        match if tick < clock::TICK { rest(ms) } else { JsValue::UNDEFINED } {
            none if none.is_undefined() => TimeoutFuture::new(ms).await,
            // It is never rejected.
            promise => drop(settled(&promise).await),
        }
        clock::passed(begin, tick);
        if tick < clock::TICK || until(Instant::at(end)).is_zero() {
            return;
        }
    }
}

/// Completes with the future's output, or with `None` after `time`. A future that is ready costs no timer.
pub async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    // Of one type for all, however many wait for however many things: the page is downloaded.
    let mut timer: Pin<Box<dyn Future<Output = ()>>> = Box::pin(sleep(time));
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => timer.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// What a promise comes to.
///
/// # Errors
/// What it is rejected with.
pub async fn settled(promise: &JsValue) -> Result<JsValue, JsValue> {
    JsFuture::from(promise.unchecked_ref::<Promise>().clone()).await
}

/// What was thrown that is no error.
fn what(thrown: &JsValue) -> String {
    thrown.as_string().unwrap_or_else(|| "unknown".into())
}

/// The name of a rejected promise's error, e.g. `NetworkError`: remedies hinge on it.
pub fn error_name(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| what(error), |error| String::from(error.name()))
}

/// The message of an error.
pub fn error_message(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| what(error), |error| String::from(error.message()))
}

/// Name and message of an error.
pub fn error_text(error: &JsValue) -> String {
    format!("{}: {}", error_name(error), error_message(error))
}
