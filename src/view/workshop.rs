//! Places for what is loaded later: the workshop, and the monitor.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use crate::browser;
use crate::session::{Session, Stage};

/// Where the deployment opens it: the workshop for a device that waits, the monitor once it was let go.
#[component]
pub fn Workshop(session: Session) -> impl IntoView {
    let setup = session.workshop();
    let waits = Memo::new(move |_| {
        session.model.with(|model| match model.stage {
            Stage::Details | Stage::Asking | Stage::Ready | Stage::Working => true,
            Stage::Ended => session.is_connected(),
            _ => false,
        })
    });
    let let_go = Memo::new(move |_| session.model.with(|model| model.stage == Stage::Ended && session.has_free_port()));
    view! {
        <Show when=move || setup.is_open() && waits.get()>
            {place(move |place| async move { session.open_workshop(place).await })}
        </Show>
        <Show when=move || setup.monitor && let_go.get()>
            {place(move |place| async move { session.open_monitor(place).await })}
        </Show>
    }
}

/// A place that `open` fills once it is there.
fn place<F: Future<Output = Result<(), wasm_bindgen::JsValue>> + 'static>(
    open: impl Fn(HtmlElement) -> F + 'static,
) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let problem = RwSignal::new(None);
    place.on_load(move |place| {
        let opened = open(place.unchecked_into());
        spawn_local(async move {
            let error = opened.await.err();
            problem.try_set(error.map(|error| browser::error_text(&error)));
        });
    });
    view! {
        <p class="problem">{problem}</p>
        <div node_ref=place></div>
    }
}
