//! How the device gets into update mode: a picture, and what to do step by step.

use leptos::prelude::*;

use crate::config::Drawing;
use crate::session::Session;
use crate::t;

/// The picture and the steps. Open where the person has to do something.
#[component]
pub fn BootMode(session: Session) -> impl IntoView {
    let (drawing, own) = session.boot_mode();
    let by_hand = [t!(BootHold), t!(BootReset), t!(BootRelease)];
    let (shown, usual): (&str, &[&str]) = match drawing {
        Drawing::Buttons => (t!(BootDrawingButtons), &by_hand),
        Drawing::Jumper => (t!(BootDrawingJumper), &[t!(BootJumper), t!(BootReset), t!(BootJumperBack)]),
        Drawing::Automatic => (t!(BootDrawingAutomatic), &[t!(BootAutomatic)]),
        Drawing::Usb => (t!(BootDrawingUsb), &[t!(BootUsb), t!(BootUsbAllow)]),
        Drawing::Own(_) => (t!(BootHow), &by_hand),
    };
    let steps = if own.is_empty() { usual.iter().map(|&step| step.to_owned()).collect() } else { own };
    view! {
        <details class="boot" data-testid="boot-mode" open=drawing.is_by_hand()>
            <summary>{t!(BootHow)}</summary>
            <div>
                <img src=drawing.address().to_owned() alt=shown/>
                <ol>{steps.into_iter().map(|step| view! { <li>{step}</li> }).collect_view()}</ol>
            </div>
        </details>
    }
}
