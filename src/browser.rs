//! The little that is asked of the browser itself: its clock, its timers, the names of its errors.

use core::time::Duration;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::{JsCast, JsValue};

/// The time since the page was opened.
pub fn now() -> Duration {
    let milliseconds = web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now());
    Duration::from_secs_f64(milliseconds.max(0.0) / 1000.0)
}

/// Waits; not at all when `time` is zero.
pub async fn sleep(time: Duration) {
    if !time.is_zero() {
        TimeoutFuture::new(u32::try_from(time.as_millis()).unwrap_or(u32::MAX).max(1)).await;
    }
}

/// The name of a rejected promise's error, e.g. `NetworkError`: remedies hinge on it.
pub fn error_name(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| String::from(error.name()))
}

/// Name and message of an error.
pub fn error_text(error: &JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map_or_else(|| format!("{error:?}"), |error| format!("{}: {}", error.name(), error.message()))
}
