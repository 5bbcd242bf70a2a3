//! What became of the flash, as a picture, and how fast that went.

use fieldflash::session::map::{FlashMap, State};
use fieldflash::session::rates::Rates;
use leptos::prelude::*;
use updater::{Phase, Stamped};

use super::size;
use crate::drawing::{area, bars, lines, vectors};
use crate::t;

/// The patterns by which states differ besides their colours: what `style/page.css` calls them, and their paths.
const HATCHES: [(&str, &str); 4] = [
    ("kept", "M0 8H32M0 24H32"),
    ("skipped", "M6 6h8v8h-8zM22 22h8v8h-8z"),
    ("erased", "M0 0L32 32M-8 24L8 40M24 -8L40 8"),
    ("written", "M0 32L32 0M-8 8L8 -8M24 40L40 24"),
];
/// All of a sample, and the line on which the graph stands.
const SAMPLE: &str = "M0 0H150V100H0z";
const GROUND: &str = "M0 304H2048";

/// What is drawn: it grows with each event.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drawn {
    map: FlashMap,
    rates: Rates,
}

impl Drawn {
    /// Of a flash to which nothing was done yet.
    pub fn of(map: FlashMap) -> Self {
        Self { map, rates: Rates::default() }
    }

    /// Takes one more event in.
    pub fn apply(&mut self, stamped: &Stamped) {
        self.map.apply(&stamped.event);
        self.rates.apply(stamped);
    }
}

/// The patterns, for all pictures.
pub fn hatches() -> impl IntoView {
    let pattern = |(id, path): (&'static str, &'static str)| {
        view! {
            <pattern id=id width="32" height="32" patternUnits="userSpaceOnUse"><path d=path/></pattern>
        }
    };
    view! { <svg class="hatches" aria-hidden="true">{HATCHES.map(pattern).into_iter().collect_view()}</svg> }
}

/// Flash map, legend and rate graph.
#[component]
pub fn Picture(drawn: RwSignal<Drawn>) -> impl IntoView {
    let map = Memo::new(move |_| drawn.with(|drawn| drawn.map.clone()));
    let rates = Memo::new(move |_| drawn.with(|drawn| drawn.rates.clone()));
    let state = move |state: State| map.with(|map| says(map, state));
    let summary = move || {
        let parts: Vec<String> = State::ALL.into_iter().filter_map(state).collect();
        format!("{}: {}", t!(WorkshopMapTitle), parts.join(", "))
    };
    view! {
        {hatches()}
        <svg role="img" viewBox="0 0 2048 460" aria-label=summary data-testid="flash-picture">
            <path class="blank" d=move || map.with(|map| area(map, None))/>
            {State::ALL.map(|state| view! {
                <path class=class(state) d=move || map.with(|map| area(map, Some(state)))/>
            }).into_iter().collect_view()}
            <path class="lines" d=move || map.with(lines)/>
            <path class="vectors" d=move || map.with(vectors)/>
        </svg>
        <ul class="legend" data-testid="flash-legend">
            {move || {
                let states = State::ALL.into_iter().filter_map(|it| Some((class(it), state(it)?)));
                let vectors = map.with(|map| map.vectors.is_some()).then(|| ("vectors", t!(WorkshopMapVectors).to_owned()));
                states.chain(vectors).map(item).collect_view()
            }}
        </ul>
        <div hidden=move || rates.with(|rates| rates.most() == 0)>
            <h3>{t!(WorkshopMapRates)}</h3>
            <svg viewBox="0 0 2048 310" aria-hidden="true">
                {Phase::ALL.map(|phase| view! {
                    <path class=colour(phase) d=move || rates.with(|rates| bars(rates, phase))/>
                }).into_iter().collect_view()}
                <path class="lines" d=GROUND/>
            </svg>
            <ul class="legend" data-testid="rates">
                {move || {
                    let means = Phase::ALL.into_iter().filter_map(|phase| Some((colour(phase), rates.with(|rates| mean(rates, phase))?)));
                    means.map(item).collect_view()
                }}
            </ul>
        </div>
    }
}

/// A line of a legend.
fn item((class, says): (&'static str, String)) -> impl IntoView {
    view! {
        <li><svg viewBox="0 0 150 100" aria-hidden="true"><path class=class d=SAMPLE/></svg>{says}</li>
    }
}

/// How much is in a state, if anything is.
fn says(map: &FlashMap, state: State) -> Option<String> {
    let bytes = map.bytes(state);
    let name = match state {
        State::Kept => t!(WorkshopMapKept),
        State::Skipped => t!(WorkshopMapSkipped),
        State::Erased => t!(WorkshopMapErased),
        State::Blank => t!(WorkshopMapBlank),
        State::Written => t!(WorkshopMapWritten),
        State::Verified => t!(WorkshopMapVerified),
    };
    (bytes > 0).then(|| format!("{name}: {}", size(bytes.into())))
}

const fn class(state: State) -> &'static str {
    match state {
        State::Kept => "kept",
        State::Skipped => "skipped",
        State::Erased => "erased",
        State::Blank => "blank",
        State::Written => "written",
        State::Verified => "verified",
    }
}

/// A phase has the colour of what becomes of the flash in it.
const fn colour(phase: Phase) -> &'static str {
    match phase {
        Phase::Compare => "skipped",
        Phase::Erase => "erased",
        Phase::Write => "written",
        Phase::Verify => "verified",
        Phase::Commit | Phase::Start => "vectors",
    }
}

/// How fast a phase went all in all.
fn mean(rates: &Rates, phase: Phase) -> Option<String> {
    let spans = || rates.spans.iter().filter(|span| span.phase == phase);
    let (count, bytes) = (spans().count() as u64, spans().map(|span| u64::from(span.bytes)).sum::<u64>());
    let rate = (bytes * 1000).checked_div(count * rates.span.as_millis() as u64).filter(|_| bytes > 0)?;
    Some(format!("{}: {}", fieldflash::text::phase(phase).text(), t!(WorkshopMapRate, bytes = size(rate))))
}
