//! How the device gets into update mode: a picture, and what to do step by step.

use leptos::prelude::*;

use crate::config::Drawing;
use crate::session::Session;
use crate::t;

/// The picture and the steps. Open where the person has to do something.
#[component]
pub fn BootMode(session: Session) -> impl IntoView {
    let (drawing, own) = session.boot_mode();
    let (shown, usual): (&str, &[&str]) = match drawing {
        Drawing::Buttons => (t!(BootDrawingButtons), &[t!(BootHold), t!(BootReset), t!(BootRelease)]),
        Drawing::Jumper => (t!(BootDrawingJumper), &[t!(BootJumper), t!(BootReset), t!(BootJumperBack)]),
        Drawing::Automatic => (t!(BootDrawingAutomatic), &[t!(BootAutomatic)]),
        Drawing::Usb => (t!(BootDrawingUsb), &[t!(BootUsb), t!(BootUsbAllow)]),
        Drawing::Own(_) => (t!(BootHow), &[t!(BootHold), t!(BootReset), t!(BootRelease)]),
    };
    let steps = if own.is_empty() { usual.iter().map(|&step| step.to_owned()).collect() } else { own };
    view! {
        <details class="boot" data-testid="boot-mode" open=drawing.is_by_hand()>
            <summary>{t!(BootHow)}</summary>
            <img src=drawing.address().to_owned() alt=shown width="320" height="180" loading="lazy"/>
            <ol>{steps.into_iter().map(|step| view! { <li>{step}</li> }).collect_view()}</ol>
        </details>
    }
}
