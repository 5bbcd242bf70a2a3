//! The whole page.

use leptos::prelude::*;

use super::connect::Connect;
use super::details::DetailsForm;
use super::log::Log;
use super::outcome::Ending;
use super::overview::Overview;
use super::steps::Steps;
use super::working::Working;
use crate::config::{BAUD, Config, Link, Problem, Setup};
use crate::session::{Code, Model, Session, Stage};
use crate::{browser, fetch, t, text};

/// Reads the deployment's settings, then shows the page.
#[component]
pub fn Page() -> impl IntoView {
    let config = LocalResource::new(|| async {
        text::load().await;
        let config = Config::parse(&fetch::text("fieldflash.json").await?)?;
        let address = browser::query();
        let link = Link::of(&address);
        let believed = match (config.links.public_key, link.to_check(config.links.public_key)) {
            (None, _) => true,
            (_, None) => false,
            // A browser that cannot check it does not believe it.
            (_, Some((key, signature, text))) => {
                browser::verify_ed25519(&key, &signature, text.as_bytes()).await.unwrap_or(false)
            }
        };
        // Whoever signed a link has not signed what stands behind the signature.
        let setup = Setup::new(&config.product, |name| browser::parameter(link.parameters, name), believed);
        Ok((config, setup))
    });
    view! {
        {move || config.get().map(|config| match config {
            Ok((config, setup)) => view! { <Ready config setup/> }.into_any(),
            Err(problem) => view! { <NotSetUp problem/> }.into_any(),
        })}
    }
}

/// The page once its settings are read.
#[component]
fn Ready(mut config: Config, setup: Setup) -> impl IntoView {
    let name = config.name.clone().unwrap_or_else(|| t!(Name).into());
    document().set_title(&name);
    let problems = setup.problems.clone();
    let set: Vec<_> = setup.set.iter().map(|(name, value)| format!("{name} {value}")).collect();
    config.product.boot_mode = setup.boot_mode.clone();
    let session = Session::new(config, setup);
    let stage = Memo::new(move |_| session.model.with(|model| model.stage));
    let step = Memo::new(move |_| session.model.with(Model::step));
    let connected = move || session.model.with(|model| model.device.is_some());
    let connecting =
        move || matches!(stage.get(), Stage::Start | Stage::Connecting | Stage::Unlocking | Stage::Permission);
    browser::guard_leaving(move || {
        session.model.with_untracked(|model| matches!(model.stage, Stage::Updating | Stage::Unlocking))
    });

    view! {
        <header>
            <h1>{name}</h1>
            <Steps step/>
        </header>
        <main>
            {problems.into_iter().map(|problem| view! { <p class="notice" role="alert" data-testid="link-problem">{unusable(&problem)}</p> }).collect_view()}
            {(!set.is_empty()).then(|| view! { <p class="status" data-testid="link-sets">{t!(LinkSets, what = set.join(", "))}</p> })}
            <Show when=move || stage.get() == Stage::Ended><Ending session/></Show>
            <Show when=connecting><Connect session/></Show>
            <Working session/>
            <Show when=connected>
                <Overview session/>
                <DetailsForm session/>
            </Show>
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
        Problem::Unknown { parameter, wanted } => t!(LinkUnknown, what = parameter, wanted = wanted),
        Problem::Unsigned { parameters } => t!(LinkUnsigned, what = parameters.join(", ")),
    }
}
