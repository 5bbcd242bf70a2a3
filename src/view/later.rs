//! Places for what is loaded later: the workshop and the monitor where the deployment opens them, and the picture of the
//! flash for who wants to see it.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::session::{Later, Session, Stage};
use crate::t;

/// The workshop for a device that waits, the monitor once it was let go.
#[component]
pub fn Workshop(session: Session) -> impl IntoView {
    let setup = session.workshop();
    let what = Memo::new(move |_| {
        let stage = session.model.with(|model| model.stage);
        let waits = match stage {
            Stage::Details | Stage::Asking | Stage::Ready | Stage::Working => true,
            Stage::Ended => session.is_connected(),
            _ => false,
        };
        match waits {
            true => setup.is_open().then_some(Later::Workshop),
            false => (setup.monitor && stage == Stage::Ended && session.has_free_port()).then_some(Later::Monitor),
        }
    });
    move || {
        what.get().map(|what| {
            fill(session, what);
            view! { <div id=what.place()></div> }
        })
    }
}

/// The flash map, closed until someone asks for it.
#[component]
pub fn FlashMap(session: Session) -> impl IntoView {
    view! {
        <details class="card picture" data-testid="flash-map" on:toggle=move |_| fill(session, Later::Picture)>
            <summary>{t!(MapTitle)}</summary>
            <div id=Later::Picture.place()></div>
        </details>
    }
}

/// Fills the place of something, which is there as soon as what is under way is done, unless it is full.
fn fill(session: Session, what: Later) {
    spawn_local(session.show(what));
}
