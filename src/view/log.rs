//! Everything that happened, for those who want to know and for support.

use leptos::prelude::*;

use super::support::Support;
use crate::report::line;
use crate::session::Session;
use crate::t;

/// The log, closed until someone asks for it.
#[component]
pub fn Log(session: Session) -> impl IntoView {
    let lines = move || session.log.with(|log| log.iter().map(line).collect::<String>());
    let empty = Memo::new(move |_| session.log.with(Vec::is_empty));
    view! {
        <details class="card" hidden=move || empty.get()>
            <summary>{t!(LogTitle)}</summary>
            <pre data-testid="log" tabindex="0">{lines}</pre>
            <Support session/>
        </details>
    }
}
