//! What helps, from the table of failures.

use leptos::prelude::*;

use crate::session::Code;
use crate::text::{self, Circumstances};

/// What to do about a failure in this browser on this system, likeliest first.
#[component]
pub fn Remedies(code: Code, #[prop(optional)] detail: String) -> impl IntoView {
    let remedies = text::remedies(code, &detail, Circumstances::here());
    view! {
        <ul data-testid="remedy">{remedies.into_iter().map(|remedy| view! { <li>{remedy.text()}</li> }).collect_view()}</ul>
    }
}

/// A row of the table that is not the end of anything: the person is told, and goes on.
#[component]
pub fn Advice(code: Code) -> impl IntoView {
    view! {
        <section class="notice" role="status" data-testid="advice" data-code=code.name()>
            <p><strong data-testid="error">{text::title(code).text()}</strong></p>
            <Remedies code/>
        </section>
    }
}
