//! The update while it runs.

use core::time::Duration;

use leptos::prelude::*;

use super::arrival::Arrival;
use super::shown::{Shown, said, so};
use crate::session::{Session, Stage};
use crate::{t, text};

/// A screen reader hears of every step of this many percent.
const SPOKEN_STEP: u32 = 25;

/// Phase, bar, bytes, rate, time left, and the way out.
#[component]
pub fn Working(session: Session) -> impl IntoView {
    let stage = Memo::new(move |_| session.model.with(|model| model.stage));
    view! {
        <Shown when=so(move || matches!(stage.get(), Stage::Downloading | Stage::Updating))>
            <Bar session/>
        </Shown>
    }
}

/// What the bar shows, from one look at the model.
#[derive(Debug, Clone, PartialEq)]
struct Sight {
    phase: &'static str,
    percent: u32,
    bytes: String,
    rate: Option<String>,
    left: String,
}

fn sight(session: Session) -> Sight {
    session.model.with(|model| {
        if model.stage != Stage::Updating {
            let (received, total) = model.downloaded.unwrap_or_default();
            let part = total.filter(|&total| total > 0).map_or(0.0, |total| received as f64 / total as f64);
            return Sight {
                phase: t!(PhaseDownload),
                percent: (part * 100.0) as u32,
                bytes: of(received, total.unwrap_or(received)),
                rate: None,
                left: String::new(),
            };
        }
        let progress = &model.progress;
        let (done, all) = progress.phase_bytes();
        Sight {
            phase: progress.phase().map_or(t!(PhasePrepare), |phase| text::phase(phase).text()),
            percent: (progress.fraction() * 100.0) as u32,
            bytes: if all == 0 { String::new() } else { of(done.into(), all.into()) },
            rate: progress.rate().map(|rate| t!(ProgressRate, bytes = text::bytes(rate as u64))),
            left: match progress.remaining() {
                Duration::ZERO => String::new(),
                time => t!(ProgressLeft, time = text::time(time)),
            },
        }
    })
}

fn of(done: u64, all: u64) -> String {
    t!(ProgressOf, done = text::bytes(done), all = text::bytes(all))
}

#[component]
fn Bar(session: Session) -> impl IntoView {
    let sight = Memo::new(move |_| sight(session));
    let percent = Memo::new(move |_| sight.with(|sight| sight.percent));
    let cancelling = RwSignal::new(false);
    // A polite voice at every phase and quarter; the bar itself says nothing by itself.
    let spoken = Memo::new(move |_| {
        let sight = sight.get();
        (sight.phase, sight.percent / SPOKEN_STEP * SPOKEN_STEP)
    });
    view! {
        <section class="card working" aria-labelledby="working-title">
            <Arrival id="working-title" test_id="phase">{said(move || sight.with(|sight| sight.phase.to_owned()))}</Arrival>
            <div class="bar" role="progressbar" data-testid="progress" aria-labelledby="working-title"
                aria-valuemin="0" aria-valuemax="100" aria-valuenow=move || percent.get().to_string()
                aria-valuetext=move || sight.with(|sight| t!(ProgressSpokenLeft, phase = sight.phase, percent = text::percent(sight.percent), left = sight.left))>
                <div class="fill" style:width=move || format!("{}%", percent.get())></div>
            </div>
            <p class="figures">
                <span>{said(move || text::percent(percent.get()))}</span>
                <span data-testid="bytes">{said(move || sight.with(|sight| sight.bytes.clone()))}</span>
                <span data-testid="rate">{said(move || sight.with(|sight| sight.rate.clone().unwrap_or_default()))}</span>
                <span data-testid="time-left">{said(move || sight.with(|sight| sight.left.clone()))}</span>
            </p>
            <p class="unseen" aria-live="polite">{said(move || { let (phase, percent) = spoken.get(); t!(ProgressSpoken, phase = phase, percent = text::percent(percent)) })}</p>
            <p>{t!(ProgressKeep)}</p>
            <button data-testid="cancel" disabled=move || cancelling.get()
                on:click=move |_| { cancelling.set(true); session.cancel(); }>
                {said(move || if cancelling.get() { t!(Cancelling) } else { t!(Cancel) }.to_owned())}
            </button>
        </section>
    }
}
