//! How fast an update went, as a picture.

use core::fmt::Write;
use core::time::Duration;

use leptos::prelude::*;

use fieldflash::report::{Rate, Timeline, Work};
use fieldflash::{t, text};

/// What the picture is drawn on, in units of its own.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 160.0;

/// What is done with bytes, in a word.
pub fn name(work: Work) -> &'static str {
    match work {
        Work::Compare => t!(DeskWorkCompare),
        Work::Erase => t!(DeskWorkErase),
        Work::Write => t!(DeskWorkWrite),
        Work::Verify => t!(DeskWorkVerify),
    }
}

/// A line for each kind of work, over the time of the whole session, and what each came to. Nothing where no byte went.
#[component]
pub fn Picture(timeline: Timeline) -> impl IntoView {
    // Erasing is no stream of bytes: a unit takes as long as it takes.
    let rates: Vec<Rate> = timeline.rates.iter().copied().filter(|rate| rate.work != Work::Erase).collect();
    let (first, last) = match (rates.first(), rates.last()) {
        (Some(first), Some(last)) => (first.since, last.at),
        _ => return None,
    };
    let span = last.saturating_sub(first).as_secs_f64().max(0.001);
    let fastest = rates.iter().map(|rate| rate.bytes).max().unwrap_or(1).max(1);
    let x = move |at: Duration| at.saturating_sub(first).as_secs_f64() / span * WIDTH;
    let y = move |bytes: u64| HEIGHT - bytes as f64 / fastest as f64 * (HEIGHT - 8.0);
    let line = |work: Work| {
        let mut path = String::new();
        let mut before = None;
        for (place, rate) in rates.iter().enumerate().filter(|(_, rate)| rate.work == work) {
            // Writing to a text cannot fail.
            let _ = if before.is_some_and(|before| before + 1 == place) {
                write!(path, " L{:.1} {:.1}", x(rate.at), y(rate.bytes))
            } else {
                // A time of its own begins level.
                let (since, at, y) = (x(rate.since), x(rate.at), y(rate.bytes));
                write!(path, " M{since:.1} {y:.1} L{at:.1} {y:.1}")
            };
            before = Some(place);
        }
        path
    };
    let average = |work: Work| {
        let all: Vec<u64> = rates.iter().filter(|rate| rate.work == work).map(|rate| rate.bytes).collect();
        (!all.is_empty()).then(|| all.iter().sum::<u64>() / all.len() as u64)
    };
    let legend: Vec<_> = Work::ALL.into_iter().filter_map(|work| average(work).map(|rate| (work, rate))).collect();
    let told = legend.iter().map(|(work, rate)| said(*work, *rate)).collect::<Vec<_>>().join(", ");
    Some(view! {
        <section class="card" aria-labelledby="rate-title">
            <h2 id="rate-title">{t!(DeskRateTitle)}</h2>
            <svg class="rate" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=told data-testid="rate-picture">
                {legend.iter().map(|(work, _)| view! {
                    <path class=format!("line {}", class(*work)) d=line(*work)></path>
                }).collect_view()}
            </svg>
            <p class="figures">
                {legend.iter().map(|(work, rate)| view! {
                    <span class=format!("key {}", class(*work))>{said(*work, *rate)}</span>
                }).collect_view()}
                <span>{t!(DeskRateFastest, rate = text::bytes(fastest))}</span>
            </p>
        </section>
    })
}

fn said(work: Work, rate: u64) -> String {
    t!(DeskRateOf, work = name(work), rate = text::bytes(rate))
}

const fn class(work: Work) -> &'static str {
    match work {
        Work::Compare => "compare",
        Work::Erase => "erase",
        Work::Write => "write",
        Work::Verify => "verify",
    }
}
