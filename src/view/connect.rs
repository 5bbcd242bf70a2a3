//! Getting to the device.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::browser;
use crate::port::WebSerial;
use crate::session::{PortChoice, Session, Stage};

/// The ways to connect, and what to do first.
#[component]
pub fn Connect(session: Session) -> impl IntoView {
    let doing = move || match session.model.with(|model| model.stage) {
        Stage::Connecting => Some("Looking for the device…"),
        Stage::Unlocking => Some("Removing the protection. This can take half a minute…"),
        _ => None,
    };
    view! {
        <section class="card" aria-labelledby="connect-title">
            <h2 id="connect-title">"Connect your device"</h2>
            <p>"Put the device in update mode and plug it into this computer. Your settings and files on this computer are not touched."</p>
            <ConnectButtons session/>
            <p role="status" class="status">{doing}</p>
            <details>
                <summary>"How do I put it in update mode?"</summary>
                <ol>
                    <li>"Hold the button BOOT (or set the jumper BOOT0 to 1)."</li>
                    <li>"Press and release RESET, or unplug the device and plug it in again."</li>
                    <li>"Let go of BOOT. The device now waits for an update; it looks as if it were off."</li>
                </ol>
            </details>
        </section>
    }
}

/// The buttons, and the right words for a browser without Web Serial.
#[component]
pub fn ConnectButtons(session: Session) -> impl IntoView {
    let busy = Signal::derive(move || session.model.with(|model| model.stage.busy()));
    let supported = WebSerial::supported();
    let known = RwSignal::new(false);
    let look = move || {
        spawn_local(async move {
            let any = !WebSerial::known().await.is_empty();
            // The page may have moved on while the browser answered.
            known.try_set(any);
        });
    };
    look();
    browser::on_port_change(look);

    view! {
        <Show when=move || !supported>
            <div class="notice" role="note" data-testid="unsupported">
                <p><strong>"This browser cannot reach serial ports."</strong>
                " Open this page in Chrome, Edge or Opera (version 89 or newer) or Firefox (151 or newer) on a computer with Windows, macOS, Linux or ChromeOS."</p>
                <p>"Here you can still try the page with a simulated device."</p>
            </div>
        </Show>
        <div class="buttons">
            <Show when=move || known.get()>
                <button class="primary" data-testid="connect-known" disabled=busy on:click=move |_| session.connect(PortChoice::Known)>
                    "Use the connected device"
                </button>
            </Show>
            <Show when=move || supported>
                <button class:primary=move || !known.get() data-testid="connect" disabled=busy on:click=move |_| session.connect(PortChoice::Choose)>
                    {move || if known.get() { "Choose another device" } else { "Connect device" }}
                </button>
            </Show>
            <button class="quiet" data-testid="connect-simulated" disabled=busy on:click=move |_| session.connect(PortChoice::Simulated)>
                "Try it with a simulated device"
            </button>
        </div>
    }
}
