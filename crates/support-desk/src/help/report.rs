//! The report of a session, for the person to hand to support: what is in it is theirs to see and to decide.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use fieldflash::config::Config;
use fieldflash::report::{self, Place};
use fieldflash::t;

use super::Session;
use crate::browser;

/// Where the report is made: what the browser says, and what the deployment has set.
pub async fn place() -> Place {
    let mut place: Place = serde_json::from_str(&browser::place()).unwrap_or_default();
    place.page = format!("{} {}", report::PAGE, place.page).trim_end().to_owned();
    if let Ok(Config { name, product, .. }) = Config::parse(&browser::deployment().await) {
        place.name = name;
        place.software_type = product.software_type;
        place.hardware_version = product.hardware_version;
    }
    place
}

/// What became of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handed {
    Copied,
    /// The browser did not let it into the clipboard.
    NotCopied,
    Saved,
}

/// Copies or saves the report at once, then shows what is in it and what more can be.
#[component]
pub fn Report(session: Session, saved: bool) -> impl IntoView {
    let session = StoredValue::new_local(session);
    let names = RwSignal::new(false);
    let keep = RwSignal::new(false);
    let report = RwSignal::new(None::<report::Report>);
    let handed = RwSignal::new(None::<Handed>);
    let make = async move || {
        let place = place().await;
        let (events, exchanges) = session.with_value(|session| (session.events(0), session.exchanges()));
        let made = report::Report::new(place, events, exchanges, names.get_untracked());
        report.set(Some(made.clone()));
        made
    };
    let copy = move || {
        spawn_local(async move {
            let copied = browser::copy(&make().await.to_json()).await;
            handed.set(Some(if copied { Handed::Copied } else { Handed::NotCopied }));
        });
    };
    let save = move || {
        spawn_local(async move {
            browser::save("fieldflash-report.json", &make().await.to_json());
            handed.set(Some(Handed::Saved));
        });
    };
    if saved {
        save()
    } else {
        copy()
    }
    let text = move || report.with(|report| report.as_ref().map(report::Report::to_text));
    view! {
        <div class="notice" data-testid="report" data-handed=move || handed.get().map(|handed| format!("{handed:?}"))>
            <p role="status">{move || handed.get().map(|handed| match handed {
                Handed::Copied => t!(DeskReportCopied),
                Handed::NotCopied => t!(DeskReportNotCopied),
                Handed::Saved => t!(DeskReportSaved),
            })}</p>
            <p>{t!(DeskReportHolds)}</p>
            <label class="choice">
                <input type="checkbox" data-testid="report-names" on:change:target=move |event| names.set(event.target().checked())/>
                {t!(DeskReportNames)}
            </label>
            <label class="choice">
                <input type="checkbox" data-testid="report-exchanges" disabled=move || keep.get()
                    on:change=move |_| { keep.set(true); session.with_value(Session::keep_exchanges); }/>
                {t!(DeskReportExchanges)}
            </label>
            <p role="status">{move || keep.get().then(|| t!(DeskReportTryAgain))}</p>
            <div class="buttons">
                <button data-testid="copy-again" on:click=move |_| copy()>{t!(DeskReportCopy)}</button>
                <button data-testid="save-again" on:click=move |_| save()>{t!(DeskReportSave)}</button>
            </div>
            <details>
                <summary>{t!(DeskReportSee)}</summary>
                <pre tabindex="0" data-testid="report-text">{text}</pre>
            </details>
        </div>
    }
}
