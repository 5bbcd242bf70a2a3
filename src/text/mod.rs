//! The words that people read: `languages/en.json` has all of them, the files beside it have them in other languages.
//!
//! A text is a variant of [`Text`], so that one that does not exist does not compile: `connect.title` is
//! [`Text::ConnectTitle`], and [`t!`](crate::t) gives it in the person's language.

mod amount;
mod circumstances;
mod failure;
mod language;

pub use amount::{Span, bytes};
#[cfg(target_arch = "wasm32")]
pub use amount::{at_most, number, percent, time};
pub use circumstances::{Browser, Circumstances, System};
pub use failure::{remedies, title};
pub use language::{LANGUAGES, Language};
#[cfg(target_arch = "wasm32")]
pub use language::{choose, load, spoken};

use core::fmt::Display;

use updater::{DeviceState, Phase};

use crate::session::Notice;

crate::texts!();

/// A text in the person's language: `t!(ConnectTitle)`, and with what stands in its braces: `t!(ReadyUpdate, version = v)`.
#[macro_export]
macro_rules! t {
    ($text:ident) => { $crate::text::Text::$text.text() };
    ($text:ident, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::text::Text::$text.with(&[$((stringify!($name), &$value)),+])
    };
}

/// The type of all texts of a package, as its build script has made it: once in each that has texts.
#[macro_export]
macro_rules! texts {
    () => {
        include!(concat!(env!("OUT_DIR"), "/texts.rs"));

        thread_local! {
            static SPOKEN: core::cell::Cell<&'static [&'static str]> = const { core::cell::Cell::new(&ENGLISH) };
        }

        impl Text {
            /// The text in the person's language.
            pub fn text(self) -> &'static str {
                SPOKEN.get()[self as usize]
            }

            /// The text with `values` in place of their names in braces.
            pub fn with(self, values: &[(&str, &dyn core::fmt::Display)]) -> String {
                $crate::text::filled(self.text(), values)
            }
        }
    };
}

/// A text with `values` in place of their names in braces.
pub fn filled(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after
            .split_once('}')
            .and_then(|(name, after)| values.iter().find(|(known, _)| *known == name).map(|(_, value)| (value, after)));
        rest = match value {
            Some((value, after)) => {
                filled.push_str(&value.to_string());
                after
            }
            None => {
                filled.push('{');
                after
            }
        };
    }
    filled + rest
}

/// What a person is to know about a chip.
pub const fn notice(notice: Notice) -> Text {
    match notice {
        Notice::Unproven => Text::AdviceUnproven,
        Notice::Reset => Text::AdviceReset,
        Notice::PowerAfter => Text::AdvicePowerAfter,
        Notice::PowerIfSilent => Text::AdvicePowerIfSilent,
    }
}

/// Whether the device is safe, in a sentence.
pub const fn device_state(state: DeviceState) -> Text {
    match state {
        DeviceState::Untouched => Text::DeviceUntouched,
        DeviceState::Incomplete => Text::DeviceIncomplete,
        DeviceState::Complete => Text::DeviceComplete,
    }
}

/// What a person does whose browser reaches no devices, by what `before.js` calls the reason.
pub fn unsupported(reason: &str) -> Text {
    match reason {
        "ios" => Text::UnsupportedIos,
        "phone" => Text::UnsupportedPhone,
        "insecure" => Text::UnsupportedInsecure,
        "firefox" => Text::UnsupportedFirefox,
        "safari" => Text::UnsupportedSafari,
        _ => Text::UnsupportedWhere,
    }
}

/// A phase, as the person sees it.
pub const fn phase(phase: Phase) -> Text {
    match phase {
        Phase::Compare => Text::PhaseCompare,
        Phase::Erase => Text::PhaseErase,
        Phase::Write => Text::PhaseWrite,
        Phase::Verify => Text::PhaseVerify,
        Phase::Commit => Text::PhaseCommit,
        Phase::Start => Text::PhaseStart,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_braces_is_filled_in_and_other_braces_stay() {
        assert_eq!(t!(ReadyUpdate, version = "1.2.0"), "Update to 1.2.0");
        assert!(Text::RemedyNoAccess2.with(&[("version", &1)]).contains("ATTR{idVendor}"));
    }
}
