//! At which rates an adapter and a kind of chip understand each other: kept by the browser, for the next device.
//!
//! The browser's local storage holds one entry for each pair. A rung that worked is tried first next time. One that failed
//! is not tried again on the same day: after that it may have been the cable.

#[cfg(target_arch = "wasm32")]
use stm32_bootloader::chip::ProductId;
use stm32_bootloader::ladder::Known;

#[cfg(target_arch = "wasm32")]
use crate::browser;

/// What is known of an adapter and a kind of chip.
#[cfg(target_arch = "wasm32")]
#[derive(Debug)]
pub struct Remembered {
    /// The entry's name; none where the adapter cannot be told from others.
    name: Option<String>,
    pub known: Known,
}

#[cfg(target_arch = "wasm32")]
impl Remembered {
    /// What is kept of an adapter and a chip.
    pub fn of(adapter: Option<String>, chip: ProductId) -> Self {
        let name = adapter.map(|adapter| format!("fieldflash.baud.{adapter}.{chip}"));
        let kept = |name: &String| browser::local_storage()?.get_item(name).ok()?;
        let known = name.as_ref().and_then(kept).map(|text| read(&text, browser::today()));
        Self { name, known: known.unwrap_or_default() }
    }

    /// Keeps what is known now.
    pub fn keep(&self) {
        if let (Some(storage), Some(name)) = (browser::local_storage(), &self.name) {
            let _ = storage.set_item(name, &write(self.known, browser::today()));
        }
    }
}

/// An entry: the rung that works and the one that fails, 0 for none, and the day.
fn write(known: Known, today: u32) -> String {
    format!("{} {} {today}", known.works.unwrap_or(0), known.fails.unwrap_or(0))
}

/// What an entry says today. Whatever is no entry says nothing.
fn read(text: &str, today: u32) -> Known {
    let mut numbers = text.split(' ').map(|number| number.parse().ok().filter(|&number| number != 0));
    let mut next = || numbers.next().flatten();
    let (works, fails, day) = (next(), next(), next());
    Known { works, fails: fails.filter(|_| day == Some(today)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_known_again() {
        for (works, fails) in [(None, None), (Some(460_800), Some(921_600)), (None, Some(230_400))] {
            let known = Known { works, fails };
            assert_eq!(read(&write(known, 20_412), 20_412), known);
        }
    }

    #[test]
    fn what_failed_is_tried_again_on_another_day_and_what_worked_is_not_forgotten() {
        let known = Known { works: Some(460_800), fails: Some(921_600) };
        assert_eq!(read(&write(known, 20_412), 20_413), Known { fails: None, ..known });
    }

    #[test]
    fn what_is_no_entry_says_nothing() {
        for text in ["", "fast", "-1 x", "99999999999 0"] {
            assert_eq!(read(text, 20_412), Known::default(), "{text}");
        }
    }
}
