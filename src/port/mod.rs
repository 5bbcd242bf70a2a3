//! The ports that the page has: all are Web Serial's, or pass for it as the simulated device does.

mod simulated;
mod web_serial;

pub use simulated::simulated_device;
pub use web_serial::{OpenError, WebSerial};
