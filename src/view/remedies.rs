//! What to do about a failure.

use leptos::prelude::*;

use crate::session::Code;
use crate::text::{self, Circumstances};

/// What to do in this browser on this system, likeliest first.
#[component]
pub fn Remedies(code: Code, #[prop(optional)] detail: String) -> impl IntoView {
    let remedies = text::remedies(code, &detail, Circumstances::here());
    view! {
        <ul data-testid="remedy">{remedies.into_iter().map(|remedy| view! { <li>{remedy.text().to_owned()}</li> }).collect_view()}</ul>
    }
}
