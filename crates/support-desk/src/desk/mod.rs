//! Support's page.

mod link;
mod live;
mod opened;
mod rate;
mod report;

pub use opened::opened;

use js_sys::{JSON, Reflect};
use leptos::prelude::*;

use fieldflash::config::Config;
use fieldflash::t;
use fieldflash::view::NotSetUp;

use crate::browser;
use crate::second::{Second, second};

/// What a person at support works on, by the part of the address after `#`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Report,
    Link,
    Live,
}

impl Work {
    const ALL: [Self; 3] = [Self::Report, Self::Link, Self::Live];

    fn of(hash: &str) -> Self {
        Self::ALL.into_iter().find(|work| work.hash() == hash).unwrap_or(Self::Report)
    }

    const fn hash(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Link => "link",
            Self::Live => "live",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Report => t!(DeskReportTitle),
            Self::Link => t!(DeskLinkTitle),
            Self::Live => t!(DeskLookTitle),
        }
    }
}

/// Makes links, for the deployment with these settings.
pub fn link(settings: &str) -> AnyView {
    view! { <link::Maker config=Config::parse(settings).ok()/> }.into_any()
}

/// Looks on.
pub fn live() -> AnyView {
    view! { <live::Looking/> }.into_any()
}

/// What is said where the second part cannot be loaded.
fn not_loaded() -> String {
    [t!(FailureNotLoaded), t!(RemedyNotLoaded)].join(" ")
}

/// What the deployment is called.
fn name(settings: &str) -> Option<String> {
    Reflect::get(&JSON::parse(settings).ok()?, &"name".into()).ok()?.as_string()
}

/// The whole of it, for the deployment with these settings, or with what is wrong with them.
#[component]
pub fn Desk(settings: Result<String, String>) -> impl IntoView {
    let (settings, problem) =
        settings.map_or_else(|problem| (String::new(), Some(problem)), |settings| (settings, None));
    let name = name(&settings);
    let title = [Some(t!(DeskTitle)), name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" – ");
    document().set_title(&title);
    let work = RwSignal::new(Work::Report);
    work.set(Work::of(&browser::follow_hash(move |hash| work.set(Work::of(&hash)))));
    view! {
        <header>
            {name.map(|name| view! { <p class="name" data-testid="name">{name}</p> })}
            <h1>{t!(DeskTitle)}</h1>
            <nav aria-label=t!(DeskTitle)>
                {Work::ALL.map(|one| view! {
                    <a href=format!("#{}", one.hash()) aria-current=move || (work.get() == one).then_some("page")>{one.name()}</a>
                }).collect_view()}
            </nav>
        </header>
        <main>
            {problem.map(|problem| view! { <NotSetUp problem/> })}
            {move || {
                let settings = settings.clone();
                match work.get() {
                    Work::Report => view! { <report::Viewer/> }.into_any(),
                    Work::Link => view! { <Later view=move |second| (second.link)(&settings)/> }.into_any(),
                    Work::Live => view! { <Later view=|second| (second.live)()/> }.into_any(),
                }
            }}
        </main>
        <footer><p>{t!(DeskFooter)}</p></footer>
    }
}

/// What is of the second part, once that is there.
#[component]
fn Later<F: Fn(Second) -> AnyView + Send + 'static>(view: F) -> impl IntoView {
    let second = LocalResource::new(|| async { second().await.ok() });
    move || {
        second.get().map(|second| match second {
            Some(second) => view(second),
            None => view! { <p class="notice" role="alert">{not_loaded()}</p> }.into_any(),
        })
    }
}
