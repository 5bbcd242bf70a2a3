//! Where the person is: connect, check, update, done.

use leptos::prelude::*;

use crate::session::Stage;

/// The ordered list of steps, the current one marked.
#[component]
pub fn Steps(stage: Memo<Stage>) -> impl IntoView {
    let step = |index: usize, name: &'static str| {
        let current = move || stage.get().step() == index;
        let past = move || index < stage.get().step();
        view! { <li aria-current=move || current().then_some("step") class:past=past>{name}</li> }
    };
    view! {
        <ol class="steps" aria-label="Steps">
            {step(0, "Connect")} {step(1, "Check")} {step(2, "Update")} {step(3, "Done")}
        </ol>
    }
}
