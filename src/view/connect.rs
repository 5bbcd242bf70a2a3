//! Getting to the device.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::arrival::Arrival;
use super::boot_mode::BootMode;
use super::shown::{Shown, so};
use crate::port::choice;
use crate::session::{PortChoice, Session, Stage};
use crate::text::{Circumstances, System};
use crate::{browser, t, text};

/// The ways to connect, and what to do first.
#[component]
pub fn Connect(session: Session) -> impl IntoView {
    let doing = move || match session.model.with(|model| model.stage) {
        Stage::Connecting => Some(t!(Connecting)),
        Stage::Unlocking => Some(t!(Unlocking)),
        _ => None,
    };
    let permission = move || session.model.with(|model| model.stage == Stage::Permission);
    view! {
        <section class="card" aria-labelledby="connect-title">
            <h2 id="connect-title">{t!(ConnectTitle)}</h2>
            <p>{match (session.boot_mode().0.is_by_hand(), is_android()) {
                (true, false) => t!(ConnectFirst),
                (false, false) => t!(ConnectFirstAutomatic),
                (true, true) => t!(ConnectFirstAndroid),
                (false, true) => t!(ConnectFirstAndroidAutomatic),
            }}</p>
            <Shown when=so(permission)><Allow session/></Shown>
            <ConnectButtons session/>
            <p role="status" class="status">{doing}</p>
            <BootMode session/>
        </section>
    }
}

/// The one more click that a device takes which has restarted as another one.
#[component]
fn Allow(session: Session) -> impl IntoView {
    view! {
        <div class="notice" role="note">
            <Arrival>{t!(AllowTitle)}</Arrival>
            <p>{t!(AllowHow)}</p>
            <div class="buttons">
                <button class="primary" data-testid="allow" on:click=move |_| session.connect(PortChoice::Restarted)>
                    {t!(AllowButton)}
                </button>
            </div>
        </div>
    }
}

/// Whether this is a phone or a tablet, whose socket is USB-C's.
fn is_android() -> bool {
    Circumstances::here().system == Some(System::Android)
}

/// The ways to a device that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ways {
    serial: bool,
    usb: bool,
    /// Of the two, USB is the one that works.
    rather_usb: bool,
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
    let (serial, usb) = (serial && choice::has_serial(is_android()), usb && browser::of_navigator("usb").is_some());
    let rather_usb = usb && (!serial || is_android());
    let ways = RwSignal::new(Ways { serial, usb, rather_usb, known_port: false, known_device: false });
    let look = move || {
        spawn_local(async move {
            let known = choice::known(usb).await;
            let (known_port, known_device) = (serial && known.port.is_some(), known.device.is_some());
            // The page may have moved on while the browser answered.
            ways.try_set(Ways { serial, usb, rather_usb, known_port, known_device });
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

    let choose = button("connect", PortChoice::Choose, |ways| {
        let known = ways.known_port || ways.known_device;
        let text = match (ways.usb, known) {
            (true, _) => t!(ConnectSerial),
            (false, true) => t!(ConnectAnother),
            (false, false) => t!(ConnectChoose),
        };
        ways.serial.then_some((text, !known && !ways.rather_usb))
    });
    let choose_usb = button("connect-usb", PortChoice::ChooseUsb, |ways| {
        ways.usb.then_some((t!(ConnectUsb), ways.rather_usb && !(ways.known_port || ways.known_device)))
    });
    let choices = if rather_usb { [choose_usb, choose] } else { [choose, choose_usb] };

    view! {
        <Shown when=so(move || !serial && !usb)>
            <div class="notice" role="note" data-testid="unsupported">
                <p><strong>{t!(UnsupportedTitle)}</strong></p>
                <p>{text::unsupported(&browser::cannot()).text()}</p>
                <p>{t!(UnsupportedTry)}</p>
            </div>
        </Shown>
        <div class="buttons">
            {button("connect-usb-known", PortChoice::KnownUsb, |ways| {
                let text = if ways.known_port { t!(ConnectKnownUsb) } else { t!(ConnectKnown) };
                ways.known_device.then_some((text, true))
            })}
            {button("connect-known", PortChoice::Known, |ways| {
                let text = if ways.known_device { t!(ConnectKnownSerial) } else { t!(ConnectKnown) };
                ways.known_port.then_some((text, !ways.known_device))
            })}
            {choices.into_iter().collect_view()}
            {button("connect-simulated", PortChoice::Simulated, |_| Some((t!(ConnectSimulated), false)))}
        </div>
    }
}
