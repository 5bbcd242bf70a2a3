//! The workshop: what a page lets a person do with a device besides updating it, where its deployment says so. A file from
//! their computer is looked into and written, the flash is read, compared and erased, and a monitor shows what the device
//! says at its serial port.
//!
//! It is a module of its own, which the page loads for those who have it. The device stays with the page's session: the
//! workshop asks for one thing after the other ([`fieldflash::session::Ask`]).

pub mod build_id;
pub mod difference;
pub mod drawing;
pub mod file;
pub mod hex;
pub mod range;
pub mod reading;
pub mod terminal;
pub mod text;

#[cfg(target_arch = "wasm32")]
mod device;
#[cfg(target_arch = "wasm32")]
mod saving;
#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use view::{monitor, picture, workshop};

/// A text in the person's language: `t!(WorkshopTitle)`, and with what stands in its braces.
#[cfg(target_arch = "wasm32")]
macro_rules! t {
    ($text:ident) => { $crate::text::Text::$text.text() };
    ($text:ident, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::text::Text::$text.with(&[$((stringify!($name), &$value)),+])
    };
}
#[cfg(target_arch = "wasm32")]
use t;
