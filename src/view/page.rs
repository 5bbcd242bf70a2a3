//! The whole page.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::arrival::Arrival;
use super::connect::Connect;
use super::footer::Footer;
use super::meanwhile::Meanwhile;
use super::remedies::Remedies;
use super::shown::{Shown, so};
use super::steps::Steps;
use crate::config::{BAUD, Config, Doubt, Link, Problem, Setup};
use crate::session::{Code, Model, Session, Stage, identity};
use crate::text::{LANGUAGES, Language};
use crate::{browser, fetch, t, text};

/// Reads the deployment's settings, then shows the page.
#[component]
pub fn Page() -> impl IntoView {
    let config = RwSignal::new(None);
    let language = RwSignal::new(LANGUAGES[0]);
    spawn_local(async move {
        // The deployment may have words of its own.
        let set_up = set_up().await;
        language.set(text::load().await);
        browser::clear_away("before");
        config.set(Some(set_up));
    });
    move || {
        config.get().map(|config| match config {
            Ok((config, setup)) => view! { <Ready config setup language/> }.into_any(),
            Err(problem) => view! {
                <header>
                    <h1>{t!(Name)}</h1>
                </header>
                <main>
                    <NotSetUp problem/>
                </main>
            }
            .into_any(),
        })
    }
}

/// How the deployment, and the page's address, set it up.
async fn set_up() -> Result<(Config, Setup), String> {
    let file = fetch::settings().await?;
    let config = Config::parse(&file)?;
    if config.product.identity.is_some() {
        identity::take(&file).await?;
    }
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
    let parameter = |name: &str| browser::parameter(link.parameters, name);
    let doubt = if believed { Doubt::of_end(parameter, &browser::day()) } else { Some(Doubt::Unsigned) };
    let setup = Setup::new(&config.product, parameter, doubt);
    Ok((config, setup))
}

/// The page once its settings are read. In another language it is built anew, around the same session.
#[component]
fn Ready(mut config: Config, setup: Setup, language: RwSignal<Language>) -> impl IntoView {
    let name = config.name.clone();
    let problems = setup.problems.clone();
    let set = setup.set.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ");
    config.product.boot_mode = setup.boot_mode.clone();
    let session = Session::new(config, setup);
    let stage = Memo::new(move |_| session.model.with(Model::shown));
    let step = Memo::new(move |_| session.model.with(Model::step));
    let connecting =
        move || matches!(stage.get(), Stage::Start | Stage::Connecting | Stage::Unlocking | Stage::Permission);
    let busy = Memo::new(move |_| {
        session.model.with(|model| {
            matches!(model.stage, Stage::Unlocking | Stage::Downloading | Stage::Updating | Stage::Working)
        })
    });
    Effect::new(move |_| browser::guard(busy.get()));
    on_cleanup(|| browser::guard(false));

    let advice = Memo::new(move |_| session.model.with(|model| model.advice));
    let here = RwSignal::new(true);
    browser::claim_page(move |mine| {
        // The page may be gone by then.
        if here.try_set(mine).is_none() && !mine {
            session.let_go();
        }
    });
    browser::on_port_change(move || session.look_for_unfinished());

    // What a person sees first does not wait for it. Where it does not come, it is asked for again once a device was picked,
    // and the person told if that fails too.
    spawn_local(async move {
        browser::at_rest().await;
        let _ = session.second_part().await;
    });

    move || {
        language.track();
        let name = name.clone().unwrap_or_else(|| t!(Name).into());
        document().set_title(&name);
        let (problems, set) = (problems.clone(), set.clone());
        view! {
            <header>
                <h1>{name}</h1>
                <Steps step/>
            </header>
            <main>
                <Meanwhile here advice/>
                <div class="cards" hidden=move || !here.get()>
                    <div id="technician-top"></div>
                    {problems.iter().map(|problem| view! { <p class="notice" role="alert" data-testid="link-problem">{unusable(problem)}</p> }).collect_view()}
                    {(!set.is_empty()).then(|| view! { <p class="status" id="link-sets" data-testid="link-sets">{t!(LinkSets, what = set)}</p> })}
                    <Shown when=so(connecting)><Connect session/></Shown>
                    {move || session.work.get().map(|work| (work.cards)(session))}
                </div>
            </main>
            <Footer language/>
        }
    }
}

/// What is shown when the page's own settings are missing or wrong.
#[component]
pub fn NotSetUp(
    /// What is wrong, in words for the person who runs the page.
    problem: String,
) -> impl IntoView {
    view! {
        <section class="card failed" data-testid="result" data-outcome="failed" data-code=Code::BadConfig.name()>
            <Arrival test_id="error">{text::title(Code::BadConfig).text()}</Arrival>
            <p data-testid="harmless">{t!(FailedHarmless)}</p>
            <Remedies code=Code::BadConfig/>
            <p class="particulars">{t!(FailedDetails, detail = problem, code = Code::BadConfig.name())}</p>
        </section>
    }
}

/// What in the page's address could not be used, in a sentence.
fn unusable(problem: &Problem) -> String {
    match problem {
        Problem::Baud { wanted, used } => {
            t!(AddressBaud, wanted = wanted, least = BAUD.start(), most = BAUD.end(), used = used)
        }
        Problem::Unknown { parameter, wanted } => t!(LinkUnknown, what = parameter, wanted = wanted),
        Problem::Doubted { doubt, parameters } => {
            let what = parameters.join(", ");
            match doubt {
                Doubt::Unsigned => t!(LinkUnsigned, what = what),
                Doubt::Ended(until) => t!(LinkEnded, until = until, what = what),
            }
        }
    }
}
