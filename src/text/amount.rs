//! Numbers, sizes and times, as people say them. The browser knows how each language does.

use core::time::Duration;

/// A number of bytes, e.g. `200 KiB`: the units are the same in all languages.
pub fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} B"),
        1024..1_048_576 => format!("{} KiB", count.div_ceil(1024)),
        _ => {
            let tenths = (count * 10 + (1 << 19)) >> 20;
            format!("{}.{} MiB", tenths / 10, tenths % 10)
        }
    }
}

/// A time, rounded as people say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// It is over before it is said.
    Moment,
    /// So many seconds.
    Seconds(u64),
    /// So many minutes.
    Minutes(u64),
}

impl From<Duration> for Span {
    fn from(time: Duration) -> Self {
        match time.as_secs_f64().ceil() as u64 {
            0..=1 => Self::Moment,
            seconds @ 2..=9 => Self::Seconds(seconds),
            seconds @ 10..=89 => Self::Seconds(seconds.div_ceil(5) * 5),
            seconds => Self::Minutes((seconds + 30) / 60),
        }
    }
}

#[cfg(target_arch = "wasm32")]
mod spoken {
    use js_sys::{Array, Function, Object, Reflect, global};
    use wasm_bindgen::{JsCast, JsValue};

    use super::{Duration, Span};
    use crate::t;

    /// A number as `Intl.NumberFormat` writes it, in the language of the page; in the digits that versions and sizes have.
    fn formatted(number: f64, options: &[(&str, &str)]) -> Option<String> {
        let document = web_sys::window()?.document()?.document_element()?;
        let language = document.get_attribute("lang")?;
        let settings = Object::new();
        for (name, value) in options.iter().chain(&[("numberingSystem", "latn")]) {
            Reflect::set(&settings, &(*name).into(), &(*value).into()).ok()?;
        }
        let intl = Reflect::get(&global(), &"Intl".into()).ok()?;
        let class: Function = Reflect::get(&intl, &"NumberFormat".into()).ok()?.dyn_into().ok()?;
        let format = Reflect::construct(&class, &Array::of2(&JsValue::from(language), &settings)).ok()?;
        let write: Function = Reflect::get(&format, &"format".into()).ok()?.dyn_into().ok()?;
        write.call1(&JsValue::UNDEFINED, &number.into()).ok()?.as_string()
    }

    /// A number.
    pub fn number(number: u64) -> String {
        formatted(number as f64, &[]).unwrap_or_else(|| number.to_string())
    }

    /// So many percent.
    pub fn percent(percent: u32) -> String {
        formatted(f64::from(percent) / 100.0, &[("style", "percent")]).unwrap_or_else(|| format!("{percent} %"))
    }

    /// A time, e.g. `20 seconds`.
    pub fn time(time: Duration) -> String {
        let (count, unit) = match Span::from(time) {
            Span::Moment => return t!(TimeMoment).into(),
            Span::Seconds(count) => (count, "second"),
            Span::Minutes(count) => (count, "minute"),
        };
        formatted(count as f64, &[("style", "unit"), ("unit", unit), ("unitDisplay", "long")])
            .unwrap_or_else(|| format!("{count} {unit}s"))
    }

    /// About so long, and no longer.
    pub fn at_most(duration: Duration) -> String {
        t!(ReleaseTakesAtMost, time = time(duration))
    }
}
#[cfg(target_arch = "wasm32")]
pub use spoken::{at_most, number, percent, time};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_as_people_say_them() {
        let spans = [300, 4200, 31_000, 95_000, 260_000].map(|ms| Span::from(Duration::from_millis(ms)));
        assert_eq!(spans, [Span::Moment, Span::Seconds(5), Span::Seconds(35), Span::Minutes(2), Span::Minutes(4)]);
    }

    #[test]
    fn sizes_read_as_people_say_them() {
        assert_eq!([900, 204_800, 1_572_864].map(bytes), ["900 B", "200 KiB", "1.5 MiB"]);
    }
}
