//! Getting to the device.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::arrival::Arrival;
use crate::browser;
use crate::port::choice;
use crate::session::{PortChoice, Session, Stage};

/// The ways to connect, and what to do first.
#[component]
pub fn Connect(session: Session) -> impl IntoView {
    let doing = move || match session.model.with(|model| model.stage) {
        Stage::Connecting => Some("Looking for the device…"),
        Stage::Unlocking => Some("Removing the protection. This can take half a minute…"),
        _ => None,
    };
    let permission = move || session.model.with(|model| model.stage == Stage::Permission);
    view! {
        <section class="card" aria-labelledby="connect-title">
            <h2 id="connect-title">"Connect your device"</h2>
            <p>"Put the device in update mode and plug it into this computer. Your settings and files on this computer are not touched."</p>
            <Show when=permission><Allow session/></Show>
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

/// The one more click that a device takes which has restarted as another one.
#[component]
fn Allow(session: Session) -> impl IntoView {
    view! {
        <div class="notice" role="note">
            <Arrival>"One more click"</Arrival>
            <p>"The device has restarted in update mode. To the browser it is a new device now, and it asks you once whether this page may use it. Press the button, pick the device in the list that opens, and press Connect."</p>
            <div class="buttons">
                <button class="primary" data-testid="allow" on:click=move |_| session.connect(PortChoice::Restarted)>
                    "Allow the device in update mode"
                </button>
            </div>
        </div>
    }
}

/// The ways to a device that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ways {
    serial: bool,
    usb: bool,
    /// A serial port that the page may use already.
    known_port: bool,
    /// A USB device that the page may use already.
    known_device: bool,
}

/// What a button says and whether it is the one to press, where there is to be one.
type Label = fn(Ways) -> Option<(&'static str, bool)>;

/// The buttons, and the right words for a browser without any port.
#[component]
pub fn ConnectButtons(session: Session) -> impl IntoView {
    let busy = Signal::derive(move || session.model.with(|model| model.stage.busy()));
    let (serial, usb) = session.cables();
    let (serial, usb) =
        (serial && browser::of_navigator("serial").is_some(), usb && browser::of_navigator("usb").is_some());
    let ways = RwSignal::new(Ways { serial, usb, known_port: false, known_device: false });
    let look = move || {
        spawn_local(async move {
            let known = choice::known(usb).await;
            let (known_port, known_device) = (serial && known.port.is_some(), known.device.is_some());
            // The page may have moved on while the browser answered.
            ways.try_set(Ways { serial, usb, known_port, known_device });
        });
    };
    look();
    browser::on_port_change(look);
    // One thing at a time is the one to press.
    let permission = move || session.model.with(|model| model.stage == Stage::Permission);
    let button = move |id: &'static str, choice: PortChoice, label: Label| {
        move || {
            label(ways.get()).map(|(text, primary)| {
                view! {
                    <button class:primary=move || primary && !permission() data-testid=id disabled=busy on:click=move |_| session.connect(choice)>
                        {text}
                    </button>
                }
            })
        }
    };

    view! {
        <Show when=move || !serial && !usb>
            <div class="notice" role="note" data-testid="unsupported">
                <p><strong>"This browser cannot reach devices."</strong>
                " Open this page in Chrome, Edge or Opera (version 89 or newer) or Firefox (151 or newer) on a computer with Windows, macOS, Linux or ChromeOS. Devices on USB can be reached by Chrome on Android, too."</p>
                <p>"Here you can still try the page with a simulated device."</p>
            </div>
        </Show>
        <div class="buttons">
            {button("connect-usb-known", PortChoice::KnownUsb, |ways| {
                let text = if ways.known_port { "Use the device on USB" } else { "Use the connected device" };
                ways.known_device.then_some((text, true))
            })}
            {button("connect-known", PortChoice::Known, |ways| {
                let text = if ways.known_device { "Use the device at the serial port" } else { "Use the connected device" };
                ways.known_port.then_some((text, !ways.known_device))
            })}
            {button("connect", PortChoice::Choose, |ways| {
                let known = ways.known_port || ways.known_device;
                let text = match (ways.usb, known) {
                    (true, _) => "Connect over a serial port",
                    (false, true) => "Choose another device",
                    (false, false) => "Connect device",
                };
                ways.serial.then_some((text, !known))
            })}
            {button("connect-usb", PortChoice::ChooseUsb, |ways| {
                ways.usb.then_some(("Connect over USB", !(ways.serial || ways.known_device)))
            })}
            {button("connect-simulated", PortChoice::Simulated, |_| Some(("Try it with a simulated device", false)))}
        </div>
    }
}
