//! Support's page.

mod link;
mod live;
mod rate;
mod report;

use leptos::prelude::*;

use fieldflash::config::Config;
use fieldflash::t;

use crate::browser;

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

/// The whole of it.
#[component]
pub fn Desk() -> impl IntoView {
    document().set_title(t!(DeskTitle));
    let work = RwSignal::new(Work::Report);
    work.set(Work::of(&browser::follow_hash(move |hash| work.set(Work::of(&hash)))));
    // What is wrong with the settings shows on the page that they are for.
    let config = LocalResource::new(|| async { Config::parse(&browser::deployment().await).ok() });
    view! {
        <header>
            <h1>{t!(DeskTitle)}</h1>
            <nav aria-label=t!(DeskTitle)>
                {Work::ALL.map(|one| view! {
                    <a href=format!("#{}", one.hash()) aria-current=move || (work.get() == one).then_some("page")>{one.name()}</a>
                }).collect_view()}
            </nav>
        </header>
        <main>
            {move || match work.get() {
                Work::Live => view! { <live::Looking/> }.into_any(),
                Work::Report => view! { <report::Viewer/> }.into_any(),
                Work::Link => config.get().map(|config| view! { <link::Maker config/> }).into_any(),
            }}
        </main>
        <footer><p>{t!(DeskFooter)}</p></footer>
    }
}
