//! The page starts without a network, and says when a new version of it is there.

use leptos::prelude::*;

use crate::session::Session;
use crate::{offline, t};

/// The word on a new version, while nothing is under way.
#[component]
pub fn Newer(session: Session) -> impl IntoView {
    let (there, refused) = (RwSignal::new(false), RwSignal::new(false));
    offline::keep_page(move || there.set(true));
    offline::tell_kept_outcomes();
    let idle = move || session.model.with(|model| !model.stage.busy());
    let reload = move |_| offline::take_new_version(move || refused.set(true));
    view! {
        <Show when=move || there.get() && idle()>
            <div class="notice" role="status" data-testid="newer">
                <p>{move || if refused.get() { t!(NewerElsewhere) } else { t!(NewerThere) }}</p>
                <button data-testid="reload" on:click=reload>{t!(NewerReload)}</button>
            </div>
        </Show>
    }
}
