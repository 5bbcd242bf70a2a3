//! The whole page.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::connect::Connect;
use super::details::DetailsForm;
use super::later::{FlashMap, Workshop};
use super::log::Log;
use super::outcome::Ending;
use super::overview::Overview;
use super::shown::{Shown, so};
use super::steps::Steps;
use super::working::Working;
use crate::config::{BAUD, Config, Problem, Setup};
use crate::session::{Code, Model, Session, Stage};
use crate::{browser, fetch, t, text};

/// Reads the deployment's settings, then shows the page.
#[component]
pub fn Page() -> impl IntoView {
    let config = RwSignal::new(None);
    spawn_local(async move {
        text::load().await;
        let file = fetch::text("fieldflash.json").await;
        config.set(Some(file.and_then(|file| Config::parse(&file))));
    });
    move || {
        config.get().map(|config| match config {
            Ok(config) => view! { <Ready config/> }.into_any(),
            Err(problem) => view! { <NotSetUp problem/> }.into_any(),
        })
    }
}

/// The page once its settings are read.
#[component]
fn Ready(config: Config) -> impl IntoView {
    let name = config.name.clone().unwrap_or_else(|| t!(Name).into());
    document().set_title(&name);
    let setup = Setup::new(&config.product, browser::query_parameter);
    let problems = setup.problems.clone();
    let session = Session::new(config, setup);
    let stage = Memo::new(move |_| session.model.with(Model::shown));
    let step = Memo::new(move |_| session.model.with(Model::step));
    let connected = move || session.model.with(|model| model.device.is_some());
    let connecting =
        move || matches!(stage.get(), Stage::Start | Stage::Connecting | Stage::Unlocking | Stage::Permission);
    browser::guard_leaving(move || {
        session.model.with_untracked(|model| matches!(model.stage, Stage::Updating | Stage::Unlocking | Stage::Working))
    });

    view! {
        <header>
            <h1>{name}</h1>
            <Steps step/>
        </header>
        <main>
            {problems.into_iter().map(|problem| view! { <p class="notice" role="alert">{unusable(&problem)}</p> }).collect_view()}
            <Shown when=so(move || stage.get() == Stage::Ended)><Ending session/></Shown>
            <Shown when=so(connecting)><Connect session/></Shown>
            <Working session/>
            <Shown when=so(connected)>
                <Overview session/>
                <DetailsForm session/>
                <FlashMap session/>
            </Shown>
            <Workshop session/>
            <Log session/>
        </main>
        <footer>
            <p>{t!(Footer)}</p>
        </footer>
    }
}

/// What is shown when the page's own settings are missing or wrong.
#[component]
fn NotSetUp(problem: String) -> impl IntoView {
    let words = text::words(Code::BadConfig);
    view! {
        <main>
            <section class="card failed" data-testid="result" data-outcome="failed">
                <h1 data-testid="error">{words.title.text()}</h1>
                <p>{problem}</p>
                <ul data-testid="remedy">{words.remedies.iter().map(|remedy| view! { <li>{remedy.text()}</li> }).collect_view()}</ul>
            </section>
        </main>
    }
}

/// What in the page's address could not be used, in a sentence.
fn unusable(problem: &Problem) -> String {
    match problem {
        Problem::Baud { wanted, used } => {
            t!(AddressBaud, wanted = wanted, least = BAUD.start(), most = BAUD.end(), used = used)
        }
    }
}
