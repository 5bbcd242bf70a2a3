//! The foot of the page: where the update happens, and in which language it is told.

use core::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use crate::text::{LANGUAGES, Language};
use crate::{browser, t, text};

/// The `id` of the choice of languages.
const CHOICE: &str = "language";

/// A sentence, and the choice of languages, each by its own name.
#[component]
pub fn Footer(
    /// The language of the page. All that speaks it is built anew when it is set.
    language: RwSignal<Language>,
) -> impl IntoView {
    let spoken = language.get_untracked();
    let choose = move |tag: String| {
        spawn_local(async move {
            let chosen = text::choose(&tag).await;
            // Set in any case: where it could not be had, the choice goes back to what is spoken.
            language.update(|language| *language = chosen.unwrap_or(*language));
            // Who chose goes on from there, also on the page that has taken the place of this one. A heading of it that takes
            // the focus does so first: it needs no timer.
            browser::sleep(Duration::from_millis(1)).await;
            if let Some(element) = document().get_element_by_id(CHOICE) {
                let _ = element.unchecked_into::<HtmlElement>().focus();
            }
        });
    };
    view! {
        <footer>
            <p>{t!(Footer)}</p>
            <label for=CHOICE>{t!(Language)}</label>
            <select id=CHOICE data-testid="language" on:change:target=move |event| choose(event.target().value())>
                {LANGUAGES.into_iter().map(|language| view! {
                    <option value=language.tag lang=language.tag selected={language == spoken}>{language.name}</option>
                }).collect_view()}
            </select>
        </footer>
    }
}
