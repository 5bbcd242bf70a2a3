//! A simulated device for the page, as the browser would show a real one: what it gives is used like a `SerialPort` of
//! Web Serial, or like a `USBDevice` of WebUSB, so that the page does the same with it as with any other.
//!
//! It is a module of its own, which the page loads when someone asks for it.

#[cfg(target_arch = "wasm32")]
mod clock;
#[cfg(target_arch = "wasm32")]
mod device;
#[cfg(target_arch = "wasm32")]
mod serial_port;
#[cfg(target_arch = "wasm32")]
mod signal;
#[cfg(target_arch = "wasm32")]
mod usb_chip;
#[cfg(target_arch = "wasm32")]
mod usb_device;

#[cfg(target_arch = "wasm32")]
pub use serial_port::{SimulatedSerialPort, serial_port, serial_port_to};
#[cfg(target_arch = "wasm32")]
pub use usb_device::{SimulatedUsbDevice, usb_device};
