//! Where the person is: connect, check, update, done.

use leptos::prelude::*;

use crate::t;

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
        <ol class="steps" aria-label=t!(Steps)>
            {item(0, t!(StepsConnect))} {item(1, t!(StepsCheck))} {item(2, t!(StepsUpdate))} {item(3, t!(StepsDone))}
        </ol>
    }
}
