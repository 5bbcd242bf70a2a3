//! Where a report that someone sent is put in. It is opened in the browser: nothing is sent anywhere.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DragEvent, File};

use fieldflash::t;

use super::not_loaded;
use crate::browser;
use crate::second::second;

/// Where a report is put in, and what it says.
#[component]
pub fn Viewer() -> impl IntoView {
    let read = RwSignal::new(None::<Result<ViewFn, String>>);
    let pasted = NodeRef::<html::Textarea>::new();
    let open = move |text: String| {
        spawn_local(async move {
            read.set(Some(match second().await {
                Ok(second) => (second.opened)(&text),
                Err(_) => Err(not_loaded()),
            }));
        });
    };
    let open_file = move |file: Option<File>| {
        let Some(file) = file else { return };
        spawn_local(async move { open(browser::contents(&file).await.unwrap_or_default()) });
    };
    let drop = move |event: DragEvent| {
        event.prevent_default();
        open_file(event.data_transfer().and_then(|given| given.files()).and_then(|files| files.get(0)));
    };
    view! {
        <section class="card" aria-labelledby="open-title" on:dragover=move |event| event.prevent_default() on:drop=drop>
            <h2 id="open-title">{t!(DeskReportTitle)}</h2>
            <p>{t!(DeskReportOpenHow)}</p>
            <label for="pasted">{t!(DeskReportPasted)}</label>
            <textarea id="pasted" data-testid="pasted" node_ref=pasted rows="5" spellcheck="false"
                on:input:target=move |event| { let text = event.target().value(); if !text.trim().is_empty() { open(text) } }></textarea>
            <label for="file">{t!(DeskReportFile)}</label>
            <input id="file" type="file" data-testid="report-file" accept=".json,application/json,text/plain"
                on:change:target=move |event| open_file(event.target().files().and_then(|files| files.get(0)))/>
            <p class="problem" role="alert" data-testid="report-problem">{move || read.get().and_then(Result::err)}</p>
        </section>
        {move || read.get().and_then(Result::ok).map(|opened| opened.run())}
    }
}
