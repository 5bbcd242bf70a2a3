//! Places for what is loaded later: the workshop and the monitor where the deployment opens them, and the picture of the
//! flash for who wants to see it.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use super::shown::{Shown, so};
use crate::session::{Later, Session, Stage};
use crate::{browser, t};

/// The workshop for a device that waits, the monitor once it was let go.
#[component]
pub fn Workshop(session: Session) -> impl IntoView {
    let setup = session.workshop();
    let stage = move || session.model.with(|model| model.stage);
    let waits = move || match stage() {
        Stage::Details | Stage::Asking | Stage::Ready | Stage::Working => true,
        Stage::Ended => session.is_connected(),
        _ => false,
    };
    view! {
        <Shown when=so(move || setup.is_open() && waits())>{place(session, Later::Workshop)}</Shown>
        <Shown when=so(move || setup.monitor && stage() == Stage::Ended && session.has_free_port())>
            {place(session, Later::Monitor)}
        </Shown>
    }
}

/// The flash map, closed until someone asks for it.
#[component]
pub fn FlashMap(session: Session) -> impl IntoView {
    let opened = RwSignal::new(false);
    view! {
        <details class="card picture" data-testid="flash-map" on:toggle=move |_| opened.set(true)>
            <summary>{t!(MapTitle)}</summary>
            <Shown when=so(move || opened.get())>{place(session, Later::Picture)}</Shown>
        </details>
    }
}

/// A place that is filled once it is there.
fn place(session: Session, what: Later) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    place.on_load(move |place| {
        spawn_local(async move {
            let place = place.unchecked_into();
            if let Err(error) = session.load(what, &place).await {
                place.set_text_content(Some(&browser::error_text(&error)));
            }
        });
    });
    view! { <div node_ref=place></div> }
}
