//! Help from support: a report of what happened, and a look at this session as it happens. What does that is a module of
//! its own, which is loaded when someone asks for it.

use js_sys::Function;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use crate::port::module;
use crate::session::Session;
use crate::t;

/// Where the module is, beside the page.
const MODULE: &str = "support-desk.js";

/// The buttons, and the place below them for what the module shows.
#[component]
pub fn Support(session: Session) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let missing = RwSignal::new(false);
    let ask = Closure::<dyn Fn(String) -> String>::new(move |what: String| session.told(&what));
    let ask = StoredValue::new_local(ask.into_js_value().unchecked_into::<Function>());
    let button = move |what: &'static str, label: &'static str| {
        let begin = move |_| {
            spawn_local(async move {
                let begun = async {
                    let element = place.get_untracked().ok_or(JsValue::UNDEFINED)?;
                    let help = module::function(MODULE, "help").await?;
                    ask.with_value(|ask| help.call3(&JsValue::UNDEFINED, &what.into(), &element, ask))
                };
                let begun = begun.await;
                missing.try_set(begun.is_err());
            });
        };
        view! { <button data-testid=what on:click=begin>{label}</button> }
    };
    view! {
        <div class="buttons">
            {button("copy-report", t!(SupportCopy))}
            {button("save-report", t!(SupportSave))}
            {button("live", t!(SupportLive))}
        </div>
        <p class="problem" role="alert">{move || missing.get().then(|| t!(SupportMissing))}</p>
        <div node_ref=place></div>
    }
}
