//! What the feed is asked with, for a person to fill in or correct.

use leptos::html;
use leptos::prelude::*;

use super::shown::{Shown, so};
use crate::config::{Detail, Details, Unusable};
use crate::session::{Code, Outcome, Session, Stage};
use crate::t;

/// The form. Open when something is missing or the feed did not know it, otherwise out of the way.
#[component]
pub fn DetailsForm(session: Session) -> impl IntoView {
    let needed = Memo::new(move |_| {
        session.model.with(|model| {
            model.shown() == Stage::Details
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
            matches!(model.shown(), Stage::Details | Stage::Ready)
                || (model.stage == Stage::Ended && session.is_connected())
                || model.stage == Stage::Working
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
        <Shown when=so(shown)>
            <details class="card" open=move || needed.get()>
                <summary node_ref=summary>{t!(DetailsTitle)}</summary>
                <form on:submit=move |event| { event.prevent_default(); session.ask_with_details(); }>
                    {field("device_serial", t!(DeviceSerial), "", |d| &d.device_serial, |d| &mut d.device_serial)}
                    {field("hardware_version", t!(DeviceHardwareVersion), t!(DetailsHardwareHint), |d| &d.hardware_version, |d| &mut d.hardware_version)}
                    {field("software_type", t!(DeviceSoftwareType), t!(DetailsSoftwareHint), |d| &d.software_type, |d| &mut d.software_type)}
                    {field("current_version", t!(DeviceInstalled), t!(DetailsVersionHint), |d| &d.current_version, |d| &mut d.current_version)}
                    <p class="problem" role="alert" data-testid="details-problem">{move || session.details_problem.get().map(|problem| unusable(&problem))}</p>
                    <button type="submit" data-testid="ask">{t!(DetailsAsk)}</button>
                </form>
            </details>
        </Shown>
    }
}

/// What is wrong with a detail, in a sentence.
fn unusable(Unusable { detail, reason }: &Unusable) -> String {
    let field = match detail {
        Detail::DeviceSerial => t!(DeviceSerial),
        Detail::HardwareVersion => t!(DeviceHardwareVersion),
        Detail::SoftwareType => t!(DeviceSoftwareType),
        Detail::CurrentVersion => t!(DeviceInstalled),
    };
    match reason {
        None => t!(DetailsMissing, field = field),
        Some(reason) => t!(DetailsWrong, field = field, reason = reason),
    }
}
