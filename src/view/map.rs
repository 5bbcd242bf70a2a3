//! What became of the flash, as a picture, and how fast that went.

use core::fmt::Write;

use leptos::prelude::*;
use updater::Phase;

use crate::session::Session;
use crate::session::map::{FlashMap, State};
use crate::session::rates::Rates;
use crate::{t, text};

/// The flash is drawn in so many rows, each of this width and height and this far below the last.
const ROWS: u64 = 4;
const WIDTH: u64 = 2048;
const HEIGHT: u64 = 100;
const PITCH: u64 = 120;
/// Units that are narrower are not told apart.
const NARROWEST: u64 = 24;
/// The graph's size.
const SPAN: usize = 2048;
const TOP: u32 = 300;

/// Flash map and rate graph, closed until someone asks for them.
#[component]
pub fn FlashPicture(session: Session) -> impl IntoView {
    let map = Memo::new(move |_| session.model.with(|model| model.map.clone()));
    let rates = Memo::new(move |_| session.model.with(|model| model.rates.clone()));
    let states = State::ALL.map(|state| (name(state), class(state), move || map.with(|map| map.bytes(state))));
    let summary = move || {
        let parts = states.iter().map(|(name, _, bytes)| (*name, bytes())).filter(|(_, bytes)| *bytes > 0);
        let parts: Vec<String> = parts.map(|(name, bytes)| format!("{name} {}", size(bytes))).collect();
        format!("{}: {}", t!(MapTitle), parts.join(", "))
    };
    view! {
        <svg class="hatches" aria-hidden="true">
            <pattern id="kept" width="32" height="32" patternUnits="userSpaceOnUse"><path d="M0 8H32M0 24H32"/></pattern>
            <pattern id="skipped" width="32" height="32" patternUnits="userSpaceOnUse"><path d="M6 6h8v8h-8zM22 22h8v8h-8z"/></pattern>
            <pattern id="erased" width="32" height="32" patternUnits="userSpaceOnUse"><path d="M0 0L32 32M-8 24L8 40M24 -8L40 8"/></pattern>
            <pattern id="written" width="32" height="32" patternUnits="userSpaceOnUse"><path d="M0 32L32 0M-8 8L8 -8M24 40L40 24"/></pattern>
        </svg>
        <details class="card picture" data-testid="flash-map">
            <summary>{t!(MapTitle)}</summary>
            <svg role="img" viewBox="0 0 2048 460" aria-label=summary>
                <path class="blank" d=move || map.with(|map| area(map, None))/>
                {states.into_iter().zip(State::ALL).map(|((_, class, _), state)| view! {
                    <path class=class d=move || map.with(|map| area(map, Some(state)))/>
                }).collect_view()}
                <path class="lines" d=move || map.with(lines)/>
                <path class="vectors" d=move || map.with(vectors)/>
            </svg>
            <ul class="legend">
                {states.into_iter().map(|(name, class, bytes)| item(class, move || {
                    (bytes() > 0).then(|| format!("{name}: {}", size(bytes())))
                })).collect_view()}
                {item("vectors", move || map.with(|map| map.vectors.is_some()).then(|| t!(MapVectors).to_owned()))}
            </ul>
            <div hidden=move || rates.with(|rates| rates.most() == 0)>
                <svg viewBox="0 0 2048 310" aria-hidden="true">
                    {Phase::ALL.map(|phase| view! {
                        <path class=colour(phase) d=move || rates.with(|rates| bars(rates, phase))/>
                    }).collect_view()}
                    <path class="lines" d="M0 304H2048"/>
                </svg>
                <ul class="legend" data-testid="rates">
                    {Phase::ALL.map(|phase| item(colour(phase), move || rates.with(|rates| mean(rates, phase)))).collect_view()}
                </ul>
            </div>
        </details>
    }
}

/// A line of the legend, while there is anything to say.
fn item(class: &'static str, says: impl Fn() -> Option<String> + Copy + Send + Sync + 'static) -> impl IntoView {
    view! {
        <li hidden=move || says().is_none()>
            <svg viewBox="0 0 150 100" aria-hidden="true"><path class=class d="M0 0H150V100H0z"/></svg>
            {says}
        </li>
    }
}

fn size(bytes: u32) -> String {
    text::bytes(bytes.into())
}

fn name(state: State) -> &'static str {
    match state {
        State::Kept => t!(MapKept),
        State::Skipped => t!(MapSkipped),
        State::Erased => t!(MapErased),
        State::Blank => t!(MapBlank),
        State::Written => t!(MapWritten),
        State::Verified => t!(MapVerified),
    }
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
    Some(format!("{}: {}", text::phase(phase).text(), t!(ProgressRate, bytes = text::bytes(rate))))
}

/// The stretches between places of the flash, which goes from 0 to 1 in units of `all` bytes, row by row.
fn rows(path: &mut String, from: u64, to: u64, all: u64) {
    let place = |bytes: u64| bytes * WIDTH * ROWS / all.max(1);
    let (mut from, to) = (place(from), place(to));
    while from < to {
        let (row, start) = (from / WIDTH, from % WIDTH);
        let end = (to - row * WIDTH).min(WIDTH);
        let _ = write!(path, "M{start} {}H{end}v{HEIGHT}H{start}z", row * PITCH);
        from = (row + 1) * WIDTH;
    }
}

fn all(map: &FlashMap) -> u64 {
    map.runs.iter().map(|run| u64::from(run.at.bytes)).sum()
}

/// All that is in a state, or all that there is.
pub fn area(map: &FlashMap, state: Option<State>) -> String {
    let (mut path, mut at) = (String::new(), 0);
    for run in &map.runs {
        let end = at + u64::from(run.at.bytes);
        if state.is_none_or(|state| state == run.state) {
            rows(&mut path, at, end, all(map));
        }
        at = end;
    }
    path
}

/// What lies between units, where they are wide enough.
pub fn lines(map: &FlashMap) -> String {
    let (mut path, mut at) = (String::new(), 0);
    for units in &map.flash {
        for _ in 0..units.count {
            let width = u64::from(units.size) * WIDTH * ROWS / all(map).max(1);
            if width >= NARROWEST {
                let place = at * WIDTH * ROWS / all(map).max(1);
                let _ = write!(path, "M{} {}v{HEIGHT}", place % WIDTH, place / WIDTH * PITCH);
            }
            at += u64::from(units.size);
        }
    }
    path
}

/// The unit with the vector table.
fn vectors(map: &FlashMap) -> String {
    let (mut path, mut at) = (String::new(), 0);
    for units in &map.flash {
        if let Some(offset) = map.vectors.and_then(|address| address.checked_sub(units.address))
            && offset < units.end() - units.address
        {
            let start = at + u64::from(offset / units.size * units.size);
            let narrowest = NARROWEST * all(map) / (WIDTH * ROWS);
            rows(&mut path, start, start + u64::from(units.size).max(narrowest), all(map));
        }
        at += u64::from(units.end() - units.address);
    }
    path
}

/// The spans of a phase: of an erase, which goes by units, only that it was.
fn bars(rates: &Rates, phase: Phase) -> String {
    let (mut path, count, most) = (String::new(), rates.spans.len(), rates.most().max(1));
    for (index, span) in rates.spans.iter().enumerate().filter(|(_, span)| span.phase == phase) {
        let height = if phase == Phase::Erase { TOP } else { TOP / 8 * span.bytes / (most / 8).max(1) };
        let (start, end) = (index * SPAN / count, (index + 1) * SPAN / count);
        let _ = write!(path, "M{start} {TOP}V{}H{end}V{TOP}z", TOP.saturating_sub(height));
    }
    path
}
