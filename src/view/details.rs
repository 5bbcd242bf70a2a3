//! What the feed is asked with, for a person to fill in or correct.

use leptos::html;
use leptos::prelude::*;

use crate::config::Details;
use crate::session::{Code, Outcome, Session, Stage};

/// The form. Open when something is missing or the feed did not know it, otherwise out of the way.
#[component]
pub fn DetailsForm(session: Session) -> impl IntoView {
    let needed = Memo::new(move |_| {
        session.model.with(|model| {
            model.stage == Stage::Details
                || matches!(&model.outcome, Some(Outcome::Failed(failure)) if failure.code == Code::UnknownDevice)
        })
    });
    let summary = NodeRef::<html::Summary>::new();
    Effect::new(move |_| {
        if needed.get()
            && let Some(summary) = summary.get()
        {
            let _ = summary.focus();
        }
    });
    let shown = move || {
        session.model.with(|model| {
            matches!(model.stage, Stage::Details | Stage::Ready)
                || (model.stage == Stage::Ended && session.is_connected())
        })
    };
    let field = move |id: &'static str,
                      label: &'static str,
                      hint: &'static str,
                      get: fn(&Details) -> &String,
                      set: fn(&mut Details) -> &mut String| {
        view! {
            <label for=id>{label}</label>
            <input id=id data-testid=format!("{id}-input") autocomplete="off" spellcheck="false" placeholder=hint
                prop:value=move || session.details.with(|details| get(details).clone())
                on:input:target=move |event| {
                    let value = event.target().value();
                    session.details.update(|details| *set(details) = value);
                }/>
        }
    };
    view! {
        <Show when=shown>
            <details class="card" open=move || needed.get()>
                <summary node_ref=summary>"Details of this device"</summary>
                <form on:submit=move |event| { event.prevent_default(); session.ask_with_details(); }>
                    {field("device_serial", "Serial number", "", |d| &d.device_serial, |d| &mut d.device_serial)}
                    {field("hardware_version", "Hardware version", "for example mp", |d| &d.hardware_version, |d| &mut d.hardware_version)}
                    {field("software_type", "Software type", "for example stm32-fw", |d| &d.software_type, |d| &mut d.software_type)}
                    {field("current_version", "Installed version", "leave empty if you do not know it", |d| &d.current_version, |d| &mut d.current_version)}
                    <p class="problem" role="alert" data-testid="details-problem">{move || session.details_problem.get()}</p>
                    <button type="submit" data-testid="ask">"Find the latest version"</button>
                </form>
            </details>
        </Show>
    }
}
