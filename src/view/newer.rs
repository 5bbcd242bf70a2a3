//! The page starts without a network, and says when a new version of it is there.

use js_sys::Function;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use crate::session::Session;
use crate::{offline, t};

/// The word on a new version, while nothing is under way.
#[component]
pub fn Newer(session: Session) -> impl IntoView {
    let (there, refused) = (RwSignal::new(false), RwSignal::new(false));
    offline::keep_page(&setting(there));
    offline::tell_kept_outcomes();
    let shown = move || there.get() && session.model.with(|model| !model.stage.busy());
    view! {
        <Show when=shown>
            <div class="notice" role="status" data-testid="newer">
                <p>{move || if refused.get() { t!(NewerElsewhere) } else { t!(NewerThere) }}</p>
                <button data-testid="reload" on:click=move |_| offline::take_new_version(&setting(refused))>
                    {t!(NewerReload)}
                </button>
            </div>
        </Show>
    }
}

/// A function that sets a signal.
fn setting(signal: RwSignal<bool>) -> Function {
    Closure::<dyn Fn()>::new(move || signal.set(true)).into_js_value().unchecked_into()
}
