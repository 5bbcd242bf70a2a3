//! Side by side: what is connected, what is installed, what is offered.

use core::time::Duration;

use leptos::prelude::*;

use super::arrival::Arrival;
use crate::session::{Outcome, Session, SlowAdapter, Stage};
use crate::text;

/// The two cards, and what starts the update.
#[component]
pub fn Overview(session: Session) -> impl IntoView {
    let device = move || session.model.with(|model| model.device.clone());
    let offer = Memo::new(move |_| session.model.with(|model| model.offer.clone()));
    let up_to_date = move || session.model.with(|model| matches!(model.outcome, Some(Outcome::UpToDate { .. })));
    let stage = Memo::new(move |_| session.model.with(|model| model.stage));
    let baud = Memo::new(move |_| session.model.with(|model| model.baud));
    let serial = move || session.details.with(|details| details.device_serial.clone());
    let installed = move || {
        session.details.with(|details| match details.current_version.as_str() {
            "" => "not known".to_owned(),
            version => version.to_owned(),
        })
    };
    let flash = move || {
        device().map(|device| {
            let at_most = if device.flash_size_read { "" } else { "at most " };
            format!("{at_most}{} KiB", device.flash_kib)
        })
    };
    view! {
        <div class="sides">
            <section class="card" aria-labelledby="device-title">
                <h2 id="device-title">"Your device"</h2>
                <dl>
                    <dt>"Chip"</dt>
                    <dd data-testid="device-chip">{move || device().map(|device| device.chip)}</dd>
                    <dt>"Memory"</dt>
                    <dd>{flash}</dd>
                    <dt>"Connection"</dt>
                    <dd data-testid="device-baud">{move || baud.get().map_or_else(|| "USB".into(), |baud| format!("{baud} baud"))}</dd>
                    <dt>"Serial number"</dt>
                    <dd class="number" data-testid="device-serial">{serial}</dd>
                    <dt>"Installed version"</dt>
                    <dd data-testid="installed-version">{installed}</dd>
                </dl>
                <Show when=move || device().is_some_and(|device| !device.notice.is_empty())>
                    <p class="notice" data-testid="device-notice">{move || device().map(|device| device.notice)}</p>
                </Show>
            </section>
            <section class="card" aria-labelledby="release-title">
                <h2 id="release-title">"Latest version"</h2>
                {move || match offer.get() {
                    Some(offer) => view! {
                        <dl>
                            <dt>"Version"</dt>
                            <dd class="version" data-testid="release-version">{offer.version.clone()}</dd>
                            <dt>"Size"</dt>
                            <dd>{offer.size.map_or_else(|| "not known".into(), text::bytes)}</dd>
                            <dt>"Takes"</dt>
                            <dd data-testid="expected-time">{offer.expected.map_or_else(|| "not known".into(), |expected| {
                                format!("about {}", time(expected.seconds))
                            })}</dd>
                        </dl>
                        {offer.expected.and_then(|expected| expected.saved_by_supply).map(|saved| view! {
                            <p data-testid="supply">{format!("{} less than usual, as the supply of this device is known to be 2.7 V or more.", time(saved))}</p>
                        })}
                        {offer.expected.and_then(|expected| expected.slow_adapter).map(|slow| view! { <SlowAdapterNotice slow/> })}
                        <h3>"What is new"</h3>
                        <p class="notes" data-testid="release-notes">{
                            if offer.notes.is_empty() { "No notes were written for this version.".to_owned() } else { offer.notes }
                        }</p>
                    }.into_any(),
                    None => view! {
                        <p class="status" role="status">{move || match stage.get() {
                            Stage::Asking => "Asking for the latest version…",
                            Stage::Details => "Fill in the details below to find it.",
                            _ if up_to_date() => "Nothing newer than what is installed is offered.",
                            _ => "None is offered.",
                        }}</p>
                    }.into_any(),
                }}
            </section>
        </div>
        <Show when=move || stage.get() == Stage::Ready>
            <Start session/>
        </Show>
    }
}

/// The button that everything is about.
#[component]
fn Start(session: Session) -> impl IntoView {
    let offer = session.model.with_untracked(|model| model.offer.clone());
    let confirmed = RwSignal::new(false);
    offer.map(|offer| {
        view! {
            <section class="card act" aria-labelledby="update-title">
                <div>
                    <Arrival id="update-title">"Ready to update"</Arrival>
                    <p>"Keep the device plugged in and this page open until it is done. You can cancel at any time."</p>
                    {offer.older.then(|| view! {
                        <label class="choice" data-testid="older">
                            <input type="checkbox" data-testid="older-confirmed" on:change:target=move |event| confirmed.set(event.target().checked())/>
                            "This version is older than the one on the device. I want to go back to it."
                        </label>
                    })}
                </div>
                <button class="primary" data-testid="update" disabled=move || offer.older && !confirmed.get() on:click=move |_| session.update()>
                    {format!("Update to {}", offer.version)}
                </button>
            </section>
        }
    })
}

fn time(seconds: u64) -> String {
    text::about(Duration::from_secs(seconds))
}

/// What a slow adapter costs, and how it is set.
#[component]
fn SlowAdapterNotice(slow: SlowAdapter) -> impl IntoView {
    let SlowAdapter { milliseconds, seconds } = slow;
    view! {
        <details class="notice" data-testid="slow-adapter">
            <summary>{format!("About {seconds} seconds of that are the adapter's")}</summary>
            <p>{format!("It holds each answer of the device back for {milliseconds} ms. With an FTDI adapter this can be set:")}</p>
            <ul>
                <li>"Windows: Device Manager, Ports, the adapter, Port Settings, Advanced: set the latency timer to 1 ms."</li>
                <li>"Linux: write 1 to /sys/bus/usb-serial/devices/ttyUSB0/latency_timer."</li>
            </ul>
            <p>"Then plug the adapter in again. The update works without it, too."</p>
        </details>
    }
}
