//! A report that someone sent, as what happened.

use core::time::Duration;

use leptos::prelude::*;
use updater::Phase;

use fieldflash::report::{Entry, Exchange, Place, Report, ReportError, Row, Timeline};
use fieldflash::session::{Event, Failure};
use fieldflash::t;
use fieldflash::text::{self, Circumstances};

use super::rate;

/// What a report says, or why it cannot be opened.
pub fn opened(text: &str) -> Result<ViewFn, String> {
    let report = Report::read(text).map_err(|error| problem(&error))?;
    Ok(ViewFn::from(move || view! { <Opened report=report.clone()/> }))
}

/// Why it cannot be opened, in a sentence.
fn problem(error: &ReportError) -> String {
    match error {
        ReportError::Empty => t!(DeskReportEmpty).into(),
        ReportError::TooLong => t!(DeskReportTooLong).into(),
        ReportError::NotJson(_) => t!(DeskReportNotJson).into(),
        ReportError::NotAReport => t!(DeskReportNotOne).into(),
        ReportError::Newer(format) => t!(DeskReportNewer, format = format),
        ReportError::Damaged(reason) => t!(DeskReportDamaged, reason = reason),
    }
}

#[component]
fn Opened(report: Report) -> impl IntoView {
    let timeline = Timeline::of(report.known());
    let failures = timeline.failures.clone();
    let exchanges = report.exchanges.clone();
    let others = report.events.iter().filter(|entry| matches!(entry, Entry::Other(_))).count();
    let as_text = report.to_text();
    // What helped there, not here.
    let Place { system, browser, .. } = &report.place;
    let there = Circumstances::told(system, browser, browser);
    view! {
        <div class="sides">
            <Made place=report.place.clone()/>
            <Met timeline=timeline.clone()/>
        </div>
        {failures.into_iter().map(|failure| view! { <Failed failure there/> }).collect_view()}
        <rate::Picture timeline=timeline.clone()/>
        <section class="card" aria-labelledby="timeline-title">
            <h2 id="timeline-title">{t!(DeskTimelineTitle)}</h2>
            {(others > 0).then(|| view! { <p class="notice">{t!(DeskTimelineOthers, count = others)}</p> })}
            <Rows timeline/>
        </section>
        {(!exchanges.is_empty()).then(|| view! {
            <details class="card">
                <summary>{t!(DeskExchangesTitle)}</summary>
                <pre tabindex="0" data-testid="exchanges">{exchanges.iter().map(Exchange::line).collect::<String>()}</pre>
            </details>
        })}
        <details class="card">
            <summary>{t!(DeskReportText)}</summary>
            <pre tabindex="0" data-testid="report-as-text">{as_text}</pre>
        </details>
    }
}

/// A fact, where it is known.
fn fact(name: &'static str, value: Option<String>) -> Option<impl IntoView> {
    value.filter(|value| !value.is_empty()).map(|value| view! { <dt>{name}</dt><dd>{value}</dd> })
}

#[component]
fn Made(place: Place) -> impl IntoView {
    let product: Vec<String> = [place.software_type, place.hardware_version].into_iter().flatten().collect();
    view! {
        <section class="card" aria-labelledby="made-title">
            <h2 id="made-title">{t!(DeskMadeTitle)}</h2>
            <dl data-testid="report-place">
                {fact(t!(DeskMadeWhen), Some(place.made))}
                {fact(t!(DeskMadePage), Some(place.page))}
                {fact(t!(DeskMadeName), place.name)}
                {fact(t!(DeskMadeProduct), Some(product.join(", ")))}
                {fact(t!(DeskMadeBrowser), Some(place.browser))}
                {fact(t!(DeskMadeSystem), Some(place.system))}
                {fact(t!(DeskMadeLanguage), Some(place.language))}
            </dl>
        </section>
    }
}

#[component]
fn Met(timeline: Timeline) -> impl IntoView {
    let plan = timeline.plan.map(|plan| {
        // What is committed is written and read back.
        let written = plan.phase(Phase::Write).bytes + plan.phase(Phase::Commit).bytes / 2;
        t!(
            DeskPlan,
            units = text::number(plan.units.len() as u64),
            bytes = text::bytes(written.into()),
            time = text::time(plan.duration())
        )
    });
    let device = timeline.device;
    let memory = device.as_ref().map(|device| text::bytes(u64::from(device.flash_kib) << 10));
    let unique_id = device.as_ref().and_then(|device| device.unique_id.clone());
    let rom = device.as_ref().and_then(|device| device.rom.clone());
    view! {
        <section class="card" aria-labelledby="met-title">
            <h2 id="met-title">{t!(DeskMetTitle)}</h2>
            <dl data-testid="report-device">
                {fact(t!(DeskMetAdapter), timeline.adapter)}
                {fact(t!(DeviceChip), device.map(|device| format!("{} ({})", device.chip, device.product_id)))}
                {fact(t!(DeviceMemory), memory)}
                {fact(t!(DeskMetRom), rom)}
                {fact(t!(DeskMetUniqueId), unique_id)}
                {fact(t!(DeskMetPlan), plan)}
            </dl>
        </section>
    }
}

/// What the person saw.
#[component]
fn Failed(failure: Failure, there: Circumstances) -> impl IntoView {
    let remedies = text::remedies(failure.code, &failure.detail, there);
    view! {
        <section class="card failed" data-testid="report-failure" data-code=failure.code.name()>
            <h2>{text::title(failure.code).text()}</h2>
            <p>{text::device_state(failure.device).text()}</p>
            <h3>{t!(FailedWhatToDo)}</h3>
            <ul>{remedies.into_iter().map(|remedy| view! { <li>{remedy.text()}</li> }).collect_view()}</ul>
            <p class="particulars">{t!(FailedDetails, detail = failure.detail, code = failure.code.name())}</p>
        </section>
    }
}

#[component]
fn Rows(timeline: Timeline) -> impl IntoView {
    let began = timeline.began;
    // Seconds and tenths: finer than that nobody reads.
    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    let row = move |row: Row| {
        let (at, lasted, failed, said) = match row {
            Row::Step { at, lasted, event } => {
                let failed = matches!(&*event, Event::Ended(fieldflash::session::Outcome::Failed(_)));
                let said = match &*event {
                    Event::Update(updater::Event::Phase { phase }) => text::phase(*phase).text().to_owned(),
                    event => event.to_string(),
                };
                (at, lasted, failed, said)
            }
            Row::Blocks { at, lasted, work, bytes } => {
                let rate = bytes * 1000 / (lasted.as_millis() as u64).max(1);
                let said =
                    t!(DeskBlocks, work = rate::name(work), bytes = text::bytes(bytes), rate = text::bytes(rate));
                (at, Some(lasted), false, said)
            }
        };
        view! {
            <li class:bad=failed>
                <span class="number">{seconds(at.saturating_sub(began))}</span>
                <span>{said}</span>
                <span class="number">{lasted.filter(|time| time.as_millis() >= 50).map(seconds)}</span>
            </li>
        }
    };
    view! { <ol class="timeline" data-testid="timeline">{timeline.rows.into_iter().map(row).collect_view()}</ol> }
}
