//! What technicians need, in a module of its own that is loaded when someone opens it.

use js_sys::Function;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;

use crate::session::{Session, percent};
use crate::{offline, t, text};

/// The card, closed until someone asks for it.
#[component]
pub fn Technician(
    session: Session,
    /// Where the module shows what has to be seen first.
    top: NodeRef<html::Div>,
) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    // It need not see every byte.
    let moved = Memo::new(move |_| session.model.with(|model| model.stage as u32 * 101 + percent(model)));
    Effect::new(move |_| {
        moved.get();
        offline::moved(&session.sight());
    });
    let command = Closure::<dyn Fn(String, JsValue) -> JsValue>::new(move |command: String, value| {
        carry_out(session, &command, value)
    });
    // It is there as long as the page is.
    let command = StoredValue::new_local(command.into_js_value().unchecked_into::<Function>());
    let open = move |_| {
        if let (Some(place), Some(top)) = (place.get_untracked(), top.get_untracked()) {
            command.with_value(|command| offline::open_technician(&place, &top, command, t!(TechnicianMissing)));
        }
    };
    view! {
        <details class="card" data-testid="technician" on:toggle=open>
            <summary>{t!(Technician)}</summary>
            <div node_ref=place></div>
        </details>
    }
}

fn carry_out(session: Session, command: &str, value: JsValue) -> JsValue {
    match command {
        "connect" => session.connect_plugged(value),
        "update" => session.update(),
        "take-along" => {
            let taken = async move {
                session.take_along(value.as_string().unwrap_or_default()).await.map_err(|failure| {
                    let title = text::words(failure.code).title.text();
                    format!("{title} {}", t!(FailedDetails, detail = failure.detail, code = failure.code.name())).into()
                })
            };
            return future_to_promise(taken).into();
        }
        _ => {}
    }
    JsValue::UNDEFINED
}
