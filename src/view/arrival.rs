//! Where the focus goes when the page has moved on.

use leptos::html;
use leptos::prelude::*;

/// A heading that takes the focus when it appears: what the person had pressed is gone, and the new state is to be
/// heard and seen wherever they were.
#[component]
pub fn Arrival(
    /// Its `id`, for what it labels.
    #[prop(optional, into)]
    id: Option<String>,
    /// Its `data-testid`.
    #[prop(optional)]
    test_id: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let heading = NodeRef::<html::H2>::new();
    heading.on_load(|heading| {
        let _ = heading.focus();
    });
    view! { <h2 id=id tabindex="-1" node_ref=heading data-testid=test_id>{children()}</h2> }
}
