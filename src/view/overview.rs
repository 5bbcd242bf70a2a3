//! Side by side: what is connected, what is installed, what is offered.

use core::time::Duration;

use leptos::prelude::*;

use super::arrival::Arrival;
use super::shown::{Shown, said, so};
use crate::session::{Model, Outcome, Session, SlowAdapter, Stage};
use crate::{t, text};

/// The two cards, and what starts the update.
#[component]
pub fn Overview(session: Session) -> impl IntoView {
    let device = move || session.model.with(|model| model.device.clone());
    let offer = Memo::new(move |_| session.model.with(|model| model.offer.clone()));
    let up_to_date = move || session.model.with(|model| matches!(model.outcome, Some(Outcome::UpToDate { .. })));
    let stage = Memo::new(move |_| session.model.with(Model::shown));
    let baud = Memo::new(move |_| session.model.with(|model| model.baud));
    let serial = move || session.details.with(|details| details.device_serial.clone());
    let installed = move || {
        session.details.with(|details| match details.current_version.as_str() {
            "" => t!(NotKnown).to_owned(),
            version => version.to_owned(),
        })
    };
    // It is broken between two chips, and not within the name of one.
    let chip = move || device().map(|device| device.chip.replace('/', "/\u{200B}")).unwrap_or_default();
    let flash = move || {
        device().map_or_else(String::new, |device| {
            let size = text::bytes(u64::from(device.flash_kib) << 10);
            if device.flash_size_read { size } else { t!(DeviceAtMost, size = size) }
        })
    };
    view! {
        <div class="sides">
            <section class="card" aria-labelledby="device-title">
                <h2 id="device-title">{t!(DeviceTitle)}</h2>
                <dl>
                    <dt>{t!(DeviceChip)}</dt>
                    <dd data-testid="device-chip">{said(chip)}</dd>
                    <dt>{t!(DeviceMemory)}</dt>
                    <dd>{said(flash)}</dd>
                    <dt>{t!(DeviceConnection)}</dt>
                    <dd data-testid="device-baud">{said(move || baud.get().map_or_else(|| "USB".into(), |baud| t!(DeviceBaud, baud = baud)))}</dd>
                    <dt>{t!(DeviceSerial)}</dt>
                    <dd class="number" data-testid="device-serial">{said(serial)}</dd>
                    <dt>{t!(DeviceInstalled)}</dt>
                    <dd data-testid="installed-version">{said(installed)}</dd>
                </dl>
                <Shown when=so(move || device().is_some_and(|device| !device.notices.is_empty()))>
                    <div class="notice" data-testid="device-notice">
                        {move || device().into_iter().flat_map(|device| device.notices).map(|notice| {
                            view! { <p>{text::notice(notice).text()}</p> }
                        }).collect_view()}
                    </div>
                </Shown>
            </section>
            <section class="card" aria-labelledby="release-title">
                <h2 id="release-title">{t!(ReleaseTitle)}</h2>
                {move || match offer.get() {
                    Some(offer) => view! {
                        <dl>
                            <dt>{t!(ReleaseVersion)}</dt>
                            <dd class="version" data-testid="release-version">{offer.version.clone()}</dd>
                            <dt>{t!(ReleaseSize)}</dt>
                            <dd>{offer.size.map_or_else(|| t!(NotKnown).into(), text::bytes)}</dd>
                            <dt>{t!(ReleaseTakes)}</dt>
                            <dd data-testid="expected-time">{offer.expected.map_or_else(|| t!(NotKnown).into(), |expected| {
                                text::at_most(Duration::from_secs(expected.seconds))
                            })}</dd>
                        </dl>
                        {offer.taken.map(|day| view! {
                            <p class="notice" data-testid="taken-along">{t!(ReleaseTaken, day = day)}</p>
                        })}
                        {offer.expected.and_then(|expected| expected.saved_by_supply).map(|saved| view! {
                            <p data-testid="supply">{t!(Supply, time = time(saved))}</p>
                        })}
                        {offer.expected.and_then(|expected| expected.slow_adapter).map(|slow| view! { <SlowAdapterNotice slow/> })}
                        <h3>{t!(ReleaseNew)}</h3>
                        <p class="notes" data-testid="release-notes">{
                            if offer.notes.is_empty() { t!(ReleaseNoNotes).to_owned() } else { offer.notes }
                        }</p>
                    }.into_any(),
                    None => view! {
                        <p class="status" role="status">{move || match stage.get() {
                            Stage::Asking => t!(ReleaseAsking),
                            Stage::Details => t!(ReleaseFillIn),
                            _ if up_to_date() => t!(ReleaseNothingNewer),
                            _ => t!(ReleaseNone),
                        }}</p>
                    }.into_any(),
                }}
            </section>
        </div>
        <Shown when=so(move || stage.get() == Stage::Ready)>
            <Start session/>
        </Shown>
    }
}

/// The button that everything is about.
#[component]
fn Start(session: Session) -> impl IntoView {
    let offer = session.model.with_untracked(|model| model.offer.clone());
    let confirmed = RwSignal::new(false);
    let busy = move || session.model.with(|model| model.stage.busy());
    offer.map(|offer| {
        view! {
            <section class="card act" aria-labelledby="update-title">
                <div>
                    <Arrival id="update-title">{t!(ReadyTitle)}</Arrival>
                    <p>{t!(ReadyKeep)}</p>
                    {offer.older.then(|| view! {
                        <label class="choice" data-testid="older">
                            <input type="checkbox" data-testid="older-confirmed" on:change:target=move |event| confirmed.set(event.target().checked())/>
                            {t!(ReadyOlder)}
                        </label>
                    })}
                </div>
                <button class="primary" data-testid="update" disabled=move || busy() || offer.older && !confirmed.get() on:click=move |_| session.update()>
                    {t!(ReadyUpdate, version = offer.version)}
                </button>
            </section>
        }
    })
}

fn time(seconds: u64) -> String {
    text::time(Duration::from_secs(seconds))
}

/// What a slow adapter costs, and how it is set.
#[component]
fn SlowAdapterNotice(slow: SlowAdapter) -> impl IntoView {
    let SlowAdapter { milliseconds, seconds } = slow;
    view! {
        <details class="notice" data-testid="slow-adapter">
            <summary>{t!(SlowAdapterSummary, time = time(seconds))}</summary>
            <p>{t!(SlowAdapterWhy, milliseconds = milliseconds)}</p>
            <ul>
                <li>{t!(SlowAdapterWindows)}</li>
                <li>{t!(SlowAdapterLinux)}</li>
            </ul>
            <p>{t!(SlowAdapterAgain)}</p>
        </details>
    }
}
