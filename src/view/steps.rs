//! Where the person is: connect, check, update, done.

use leptos::prelude::*;

/// The ordered list of steps, the current one marked.
#[component]
pub fn Steps(
    /// Which step this is, from 0.
    step: Memo<usize>,
) -> impl IntoView {
    let item = |index: usize, name: &'static str| {
        let current = move || step.get() == index;
        let past = move || index < step.get();
        view! { <li aria-current=move || current().then_some("step") class:past=past>{name}</li> }
    };
    view! {
        <ol class="steps" aria-label="Steps">
            {item(0, "Connect")} {item(1, "Check")} {item(2, "Update")} {item(3, "Done")}
        </ol>
    }
}
