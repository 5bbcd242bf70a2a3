//! Help from support: a report of what happened, and a look at this session as it happens. What does that is a module of
//! its own, which is loaded when someone asks for it.

use js_sys::{Function, Promise};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::shown::said;
use crate::browser;
use crate::port::module::{self, ModuleError};
use crate::session::Session;
use crate::t;

/// Where the module is, beside the page.
const MODULE: &str = "support-desk.js";

/// The buttons, and the place below them for what the module shows.
#[component]
pub fn Support(session: Session) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let missing = RwSignal::new(false);
    let begin = move |what: &'static str| {
        spawn_local(async move { missing.set(begin(what, place.get_untracked().into(), session).await.is_err()) });
    };
    let live = session.has_station().then(|| ("live", t!(SupportLive)));
    let buttons = [("copy-report", t!(SupportCopy)), ("save-report", t!(SupportSave))].into_iter().chain(live);
    view! {
        <div class="buttons">
            {buttons.map(|(what, label)| view! { <button data-testid=what on:click=move |_| begin(what)>{label}</button> }).collect::<Vec<_>>()}
        </div>
        <p class="problem" role="alert">{said(move || if missing.get() { t!(SupportMissing).into() } else { String::new() })}</p>
        <div node_ref=place></div>
    }
}

/// Loads the module, and has it begin.
async fn begin(what: &str, place: JsValue, session: Session) -> Result<(), ModuleError> {
    let help: Function = module::function(MODULE, "help").await?;
    let ask = Closure::<dyn Fn(JsValue) -> JsValue>::new(move |what: JsValue| {
        session.told(&what.as_string().unwrap_or_default()).into()
    });
    let begun = help.call3(&JsValue::UNDEFINED, &what.into(), &place, ask.into_js_value().unchecked_ref())?;
    // It loads the second part of its own.
    browser::settled(begun.unchecked_ref::<Promise>()).await?;
    Ok(())
}
