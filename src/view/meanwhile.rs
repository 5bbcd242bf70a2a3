//! What a person is told while nothing has ended: that the page is in use elsewhere, or what may help.

use js_sys::Array;
use leptos::prelude::*;

use crate::session::Code;
use crate::text::{self, Circumstances};
use crate::{browser, t};

/// The place where it is told. What is in it is the browser's own elements, as it is seldom needed: `src/browser.js`.
#[component]
pub fn Meanwhile(
    /// Whether this tab has the page.
    here: RwSignal<bool>,
    /// Which row of the table may help.
    advice: Memo<Option<Code>>,
) -> impl IntoView {
    Effect::new(move |_| {
        let code = if here.get() { advice.get() } else { Some(Code::OtherTab) };
        let texts = Array::new();
        if let Some(code) = code {
            // The page around this one may have it twice.
            let is_elsewhere = !here.get() && browser::is_embedded();
            let title = if is_elsewhere { t!(TabElsewhere) } else { text::title(code).text() };
            texts.push(&title.into());
            texts.push(&t!(FailedHarmless).into());
            for remedy in text::remedies(code, "", Circumstances::here()) {
                texts.push(&remedy.text().into());
            }
        }
        browser::tell_meanwhile(code.map_or("", Code::name), &texts, !here.get(), t!(TabTake), t!(TabUpdating));
    });
    view! { <div id="meanwhile" role="status"></div> }
}
