//! The page while another tab of the browser has it in use.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::advice::Remedies;
use super::arrival::Arrival;
use crate::session::Code;
use crate::{browser, t, text};

/// Says so, and takes over where no update is under way there.
#[component]
pub fn OtherTab() -> impl IntoView {
    let updating = RwSignal::new(false);
    let take = move |_| {
        spawn_local(async move {
            let taken = browser::take_page().await;
            updating.try_set(!taken);
        });
    };
    view! {
        <section class="card failed" data-testid="other-tab" data-code=Code::OtherTab.name()>
            <Arrival test_id="error">{text::title(Code::OtherTab).text()}</Arrival>
            <Remedies code=Code::OtherTab/>
            <p class="status" role="status" data-testid="other-tab-updating">{move || updating.get().then(|| t!(TabUpdating))}</p>
            <button class="primary" data-testid="take-over" on:click=take>{t!(TabTake)}</button>
        </section>
    }
}
