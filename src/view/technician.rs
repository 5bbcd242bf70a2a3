//! What technicians need, in a module of its own that is loaded when someone opens it.

use js_sys::Function;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{future_to_promise, spawn_local};

use crate::port::module;
use crate::session::Session;
use crate::{browser, t, text};

/// Where the module is, beside the page.
const MODULE: &str = "technician/technician.js";

/// The card, closed until someone asks for it.
#[component]
pub fn Technician(
    session: Session,
    /// Where the module shows what has to be seen first.
    top: NodeRef<html::Div>,
) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let begun = StoredValue::new(false);
    let problem = RwSignal::new(None);
    let see = RwSignal::new_local(None::<Function>);
    // It need not see every byte.
    let moved = Memo::new(move |_| {
        session.model.with(|model| model.stage as u32 * 101 + (model.progress.fraction() * 100.0) as u32)
    });
    Effect::new(move |_| {
        moved.get();
        if let Some(see) = see.get() {
            let _ = see.call1(&JsValue::UNDEFINED, &session.sight());
        }
    });
    let open = move |_| {
        if begun.get_value() {
            return;
        }
        begun.set_value(true);
        spawn_local(async move {
            match start(session, top, place).await {
                Ok(function) => see.set(Some(function)),
                Err(error) => {
                    begun.set_value(false);
                    problem.set(Some(t!(TechnicianMissing, reason = browser::error_text(&error))));
                }
            }
        });
    };
    view! {
        <details class="card" data-testid="technician" on:toggle=open>
            <summary>{t!(Technician)}</summary>
            <p class="problem" role="alert">{problem}</p>
            <div node_ref=place></div>
        </details>
    }
}

/// Loads the module. It gives back what is to be called whenever the session has moved on.
async fn start(
    session: Session,
    top: NodeRef<html::Div>,
    place: NodeRef<html::Div>,
) -> Result<Function, JsValue> {
    let start = module::function(MODULE, "start").await?;
    let element = |node: NodeRef<html::Div>| node.get_untracked().map_or(JsValue::UNDEFINED, JsValue::from);
    // It is there as long as the page is.
    let command = Closure::<dyn Fn(String, JsValue) -> JsValue>::new(move |command: String, value| {
        carry_out(session, &command, value)
    });
    let page = browser::object(&[
        ("top", element(top)),
        ("place", element(place)),
        ("command", command.into_js_value()),
    ]);
    start.call1(&JsValue::UNDEFINED, &page)?.dyn_into()
}

fn carry_out(session: Session, command: &str, value: JsValue) -> JsValue {
    match command {
        "connect" => session.connect_plugged(value),
        "update" => session.update(),
        "take-along" => {
            let taken = async move {
                let taken = session.take_along(value.as_string().unwrap_or_default()).await;
                taken.map(|taken| taken.map_or(JsValue::UNDEFINED, JsValue::from)).map_err(|failure| {
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
