//! Work without a network and many units in a row, by modules that are loaded once the page is shown.

use js_sys::Function;
use leptos::prelude::*;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;

use crate::port::choice;
use crate::session::{Session, Stage, percent};
use crate::{offline, t, text};

/// Loads what keeps the page, and lets it see the session.
pub fn begin(session: Session) {
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
    let _ = offline::begin(command.into_js_value().unchecked_ref::<Function>());
}

/// What technicians need, closed until someone asks for it. The module finds it by its name.
#[component]
pub fn Technician() -> impl IntoView {
    view! {
        <details class="card" id="technician" data-testid="technician">
            <summary>{t!(Technician)}</summary>
        </details>
    }
}

fn carry_out(session: Session, command: &str, value: JsValue) -> JsValue {
    match command {
        "connect" => session.connect_plugged(value),
        // An update that was interrupted goes on by itself.
        "update" if session.model.with_untracked(|model| model.stage == Stage::Ready) => session.update(),
        "take-along" => {
            let taken = async move {
                session.take_along(value.as_string().unwrap_or_default()).await.map_err(|failure| {
                    let title = text::title(failure.code).text();
                    format!("{title} {}", t!(FailedDetails, detail = failure.detail, code = failure.code.name())).into()
                })
            };
            return future_to_promise(taken).into();
        }
        "is-in-update-mode" => return choice::is_in_update_mode(value.unchecked_ref()).into(),
        _ => {}
    }
    JsValue::UNDEFINED
}
