//! How it ended: what happened, whether the device is safe, and what to do next.

use leptos::prelude::*;
use release_feed::{REASON_LATEST, REASON_NO_RELEASE};
use updater::DeviceState;

use super::arrival::Arrival;
use super::connect::ConnectButtons;
use super::remedies::Remedies;
use super::support::Support;
use crate::session::{Failure, Outcome, Protection, Session};
use crate::{t, text};

/// The reason of what was taken along: the feed itself could not be asked.
const REASON_TAKEN: &str = "taken-along";

/// The end of a session.
#[component]
pub fn Ending(session: Session) -> impl IntoView {
    let outcome = session.model.with_untracked(|model| model.outcome.clone());
    outcome.map(|outcome| match outcome {
        Outcome::Updated { started } => view! { <Updated session started/> }.into_any(),
        Outcome::UpToDate { reason } => view! { <UpToDate session reason/> }.into_any(),
        Outcome::Cancelled { device } => view! { <Cancelled session device/> }.into_any(),
        Outcome::Failed(failure) => view! { <Failed session failure/> }.into_any(),
    })
}

#[component]
fn Card(
    outcome: &'static str,
    title: String,
    /// Of what failed.
    #[prop(optional)]
    code: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! {
        <section class=format!("card {outcome}") data-testid="result" data-outcome=outcome data-code=code>
            {if code.is_some() {
                view! { <Arrival test_id="error">{title}</Arrival> }.into_any()
            } else {
                view! { <Arrival>{title}</Arrival> }.into_any()
            }}
            {children()}
        </section>
    }
}

#[component]
fn Updated(session: Session, started: bool) -> impl IntoView {
    let version = session.details.with_untracked(|details| details.current_version.clone());
    let title = if version.is_empty() { t!(UpdatedFile).into() } else { t!(UpdatedTitle, version = version) };
    let next = if started { t!(UpdatedStarted) } else { t!(UpdatedReset) };
    view! {
        <Card outcome="updated" title>
            <p>{next}</p>
            <h3>{t!(UpdatedAnother)}</h3>
            <ConnectButtons session/>
        </Card>
    }
}

#[component]
fn UpToDate(session: Session, reason: Option<String>) -> impl IntoView {
    let version = session.details.with_untracked(|details| details.current_version.clone());
    // Only a feed that says so makes it true: there are other reasons to offer nothing.
    let latest = reason.as_deref() == Some(REASON_LATEST);
    let title = match version.as_str() {
        _ if !latest => t!(UpToDateNothing).to_owned(),
        "" => t!(UpToDateTitle).to_owned(),
        version => t!(UpToDateLatest, version = version),
    };
    let why = match reason.as_deref() {
        Some(REASON_NO_RELEASE) => Some(t!(UpToDateNone)),
        Some(REASON_TAKEN) => Some(t!(UpToDateTaken)),
        _ => None,
    };
    view! {
        <Card outcome="up-to-date" title>
            <p>{text::device_state(DeviceState::Untouched).text()}</p>
            {why.map(|why| view! { <p data-testid="remedy">{why}</p> })}
            <button data-testid="install-again" on:click=move |_| session.offer_again()>{t!(UpToDateAgain)}</button>
        </Card>
    }
}

#[component]
fn Cancelled(session: Session, device: DeviceState) -> impl IntoView {
    view! {
        <Card outcome="cancelled" title=t!(CancelledTitle).into()>
            <p data-testid="device-state">{text::device_state(device).text()}</p>
            <TryAgain session/>
        </Card>
    }
}

#[component]
fn Failed(session: Session, failure: Failure) -> impl IntoView {
    let Failure { code, detail, device } = failure;
    view! {
        <Card outcome="failed" title=text::title(code).text().into() code=code.name()>
            <p data-testid="device-state">{text::device_state(device).text()}</p>
            <h3>{t!(FailedWhatToDo)}</h3>
            <Remedies code detail=detail.clone()/>
            <p class="particulars">{t!(FailedDetails, detail = detail, code = code.name())}</p>
            <TryAgain session/>
            {match session.locked_by() {
                Some(Protection::Readout) => Some(view! { <Unlock session/> }.into_any()),
                Some(Protection::Write) => Some(view! { <UnlockForWriting session/> }.into_any()),
                None => None,
            }}
            <Support session/>
        </Card>
    }
}

/// Removing the protection, with what it costs, behind a confirmation of its own.
#[component]
fn Unlock(session: Session) -> impl IntoView {
    let understood = RwSignal::new(false);
    view! {
        <details class="notice">
            <summary data-testid="unlock-ask">{t!(UnlockAsk)}</summary>
            <p>{t!(UnlockWhat)}</p>
            <label class="choice">
                <input type="checkbox" data-testid="unlock-understood" on:change:target=move |event| understood.set(event.target().checked())/>
                {t!(UnlockAll)}
            </label>
            <button data-testid="unlock" disabled=move || !understood.get() on:click=move |_| session.unlock()>
                {t!(UnlockButton)}
            </button>
        </details>
    }
}

/// Removing a write protection, which costs nothing but may not be what was wrong.
#[component]
fn UnlockForWriting(session: Session) -> impl IntoView {
    view! {
        <details class="notice">
            <summary data-testid="unlock-writing-ask">{t!(UnlockWritingAsk)}</summary>
            <p>{t!(UnlockWritingWhat)}</p>
            <button data-testid="unlock-writing" on:click=move |_| session.unlock()>{t!(UnlockWritingButton)}</button>
        </details>
    }
}

/// The next attempt: with the device that waits at the other end, else from a fresh connection.
#[component]
fn TryAgain(session: Session) -> impl IntoView {
    if session.is_connected() {
        view! {
            <button class="primary" data-testid="ask-again" on:click=move |_| session.ask_again()>{t!(TryAgain)}</button>
        }
        .into_any()
    } else {
        view! { <ConnectButtons session/> }.into_any()
    }
}
