//! A customer's session, as it happens.

use leptos::prelude::*;
use updater::Stamped;

use fieldflash::report::{self, Place};
use fieldflash::session::{Event, Model, Stage};
use fieldflash::{t, text};

use crate::browser;
use crate::channel::{Channel, State, ToCustomer, ToSupport, Wish, read_code};
use crate::help::live::{name, said};

/// Lines of the log that are shown.
const LINES: usize = 400;

/// What on the customer's page can be pointed at: its test id there, and what is written on it.
fn places() -> [(&'static str, &'static str); 8] {
    [
        ("connect", t!(ConnectChoose)),
        ("connect-known", t!(ConnectKnown)),
        ("connect-usb", t!(ConnectUsb)),
        ("allow", t!(AllowButton)),
        ("update", t!(StepsUpdate)),
        ("ask", t!(DetailsAsk)),
        ("ask-again", t!(TryAgain)),
        ("hardware_version-input", t!(DeviceHardwareVersion)),
    ]
}

/// Where the code is typed, and the session that it leads to.
#[component]
pub fn Looking() -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let no_code = RwSignal::new(false);
    let state = RwSignal::new(None::<State>);
    let place = RwSignal::new(Place::default());
    let model = RwSignal::new(Model::default());
    let log = RwSignal::new(Vec::<Stamped<Event>>::new());
    let decided = RwSignal::new(None::<bool>);
    let asked = StoredValue::new(0u32);
    let channel = StoredValue::new_local(None::<Channel>);
    let heard = move |said: ToSupport| match said {
        ToSupport::Here { place: here } => place.set(here),
        ToSupport::Happened { events } => {
            model.update(|model| events.iter().for_each(|event| model.apply(event)));
            log.update(|log| {
                for event in events {
                    if let (Some(Stamped { event: Event::Downloading { .. }, .. }), Event::Downloading { .. }) =
                        (log.last(), &event.event)
                    {
                        log.pop();
                    }
                    log.push(event);
                }
                log.drain(..log.len().saturating_sub(LINES));
            });
        }
        ToSupport::Decided { number, agreed } => {
            if number == asked.get_value() {
                decided.set(Some(agreed));
            }
        }
    };
    let join = move || {
        let Some(code) = read_code(&typed.get_untracked()) else { return no_code.set(true) };
        no_code.set(false);
        model.set(Model::default());
        log.set(Vec::new());
        decided.set(None);
        state.set(Some(State::Opening));
        let open = Channel::open(&browser::base(), &code, move |now| state.set(Some(now)), heard);
        if let Some(before) = channel.try_update_value(|held| held.replace(open)).flatten() {
            before.close();
        }
    };
    on_cleanup(move || {
        if let Some(open) = channel.try_update_value(Option::take).flatten() {
            open.close();
        }
    });
    let say = move |what: ToCustomer| {
        channel.with_value(|channel| channel.iter().for_each(|channel| channel.say(&what)));
    };
    let ask = move |wish: Wish| {
        asked.update_value(|number| *number += 1);
        decided.set(None);
        say(ToCustomer::Ask { number: asked.get_value(), wish });
    };
    let met = move || state.with(|state| matches!(state, Some(State::Ready | State::Away | State::Lost)));
    let over = move || state.with(|state| matches!(state, None | Some(State::Ended(_))));
    let words = RwSignal::new(String::new());
    let at = RwSignal::new(String::new());
    let version = RwSignal::new(String::new());
    let percent = move || model.with(|model| (model.progress.fraction() * 100.0) as u32);
    let lines = move || log.with(|log| log.iter().map(report::line).collect::<String>());
    let on_page = move || {
        let Place { page, browser, system, language, .. } = place.get();
        [page, browser, system, language].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    };
    view! {
        <section class="card" aria-labelledby="look-title" data-testid="look" data-state=move || state.with(|state| state.as_ref().map(name))>
            <h2 id="look-title">{t!(DeskLookTitle)}</h2>
            <Show when=over>
                <form on:submit=move |event| { event.prevent_default(); join(); }>
                    <label for="code">{t!(DeskLookCode)}</label>
                    <input id="code" class="number" data-testid="code" autocomplete="off" spellcheck="false" maxlength="12"
                        on:input:target=move |event| typed.set(event.target().value())/>
                    <p class="problem" role="alert">{move || no_code.get().then(|| t!(DeskLookNoCode))}</p>
                    <button class="primary" type="submit" data-testid="join">{t!(DeskLookJoin)}</button>
                </form>
            </Show>
            <p role="status" data-testid="look-state">{move || state.with(|state| state.as_ref().map(|state| said(state, false)))}</p>
            <button data-testid="look-end" hidden=over on:click=move |_| channel.with_value(|channel| channel.iter().for_each(Channel::close))>
                {t!(DeskLiveEnd)}
            </button>
        </section>
        <Show when=move || met() || !log.with(Vec::is_empty)>
            <div class="sides">
                <section class="card" aria-labelledby="state-title">
                    <h2 id="state-title" data-testid="look-stage">{move || model.with(stage)}</h2>
                    <div class="bar" role="progressbar" aria-labelledby="state-title" aria-valuemin="0" aria-valuemax="100"
                        aria-valuenow=move || percent().to_string() data-testid="look-progress">
                        <div class="fill" style:width=move || format!("{}%", percent())></div>
                    </div>
                    <dl>
                        <dt>{t!(DeskMadePage)}</dt><dd>{on_page}</dd>
                        <dt>{t!(DeviceChip)}</dt>
                        <dd>{move || model.with(|model| model.device.as_ref().map(|device| device.chip.clone()))}</dd>
                        <dt>{t!(ReleaseTitle)}</dt>
                        <dd>{move || model.with(|model| model.offer.as_ref().map(|offer| offer.version.clone()))}</dd>
                    </dl>
                </section>
                <section class="card" aria-labelledby="help-title">
                    <h2 id="help-title">{t!(DeskLookHelp)}</h2>
                    <label for="words">{t!(DeskLookSay)}</label>
                    <input id="words" data-testid="words" prop:value=move || words.get() on:input:target=move |event| words.set(event.target().value())/>
                    <label for="at">{t!(DeskLookPoint)}</label>
                    <select id="at" data-testid="at" on:change:target=move |event| at.set(event.target().value())>
                        <option value="">{t!(DeskLookNowhere)}</option>
                        {places().map(|(id, name)| view! { <option value=id>{name}</option> }).into_iter().collect_view()}
                    </select>
                    <div class="buttons">
                        <button data-testid="point" on:click=move |_| {
                            let at = Some(at.get_untracked()).filter(|at| !at.is_empty());
                            say(ToCustomer::Point { text: words.get_untracked(), at });
                        }>{t!(DeskLookShow)}</button>
                    </div>
                    <p>{t!(DeskLookAsk)}</p>
                    <div class="buttons">
                        <button data-testid="ask-start" disabled=move || model.with(|model| model.stage != Stage::Ready)
                            on:click=move |_| ask(Wish::Start)>{t!(DeskLookStart)}</button>
                        <button data-testid="ask-retry" on:click=move |_| ask(Wish::Retry)>{t!(DeskLookRetry)}</button>
                    </div>
                    <label for="version">{t!(DeskLookVersion)}</label>
                    <input id="version" data-testid="version" on:input:target=move |event| version.set(event.target().value().trim().to_owned())/>
                    <div class="buttons">
                        <button data-testid="ask-release" disabled=move || version.with(String::is_empty)
                            on:click=move |_| ask(Wish::Release { version: version.get_untracked() })>{t!(DeskLookRelease)}</button>
                    </div>
                    <p role="status" data-testid="decided">{move || decided.get().map(|agreed| if agreed { t!(DeskLookAgreed) } else { t!(DeskLookDeclined) })}</p>
                </section>
            </div>
            <section class="card" aria-labelledby="look-log-title">
                <h2 id="look-log-title">{t!(LogTitle)}</h2>
                <pre class="follow" tabindex="0" data-testid="look-log">{lines}</pre>
            </section>
        </Show>
    }
}

/// Where the customer is, in a few words.
fn stage(model: &Model) -> String {
    match model.stage {
        Stage::Start => t!(DeskStageStart).into(),
        Stage::Connecting => t!(Connecting).into(),
        Stage::Unlocking => t!(Unlocking).into(),
        Stage::Permission => t!(AllowTitle).into(),
        Stage::Details => t!(ReleaseFillIn).into(),
        Stage::Asking => t!(ReleaseAsking).into(),
        Stage::Ready => t!(ReadyTitle).into(),
        Stage::Downloading => t!(PhaseDownload).into(),
        Stage::Updating => model.progress.phase().map_or(t!(PhasePrepare), |phase| text::phase(phase).text()).into(),
        Stage::Working => t!(DeskStageWorking).into(),
        Stage::Ended => {
            model.outcome.as_ref().map_or(String::new(), |outcome| Event::Ended(outcome.clone()).to_string())
        }
    }
}
