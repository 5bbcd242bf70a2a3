//! The customer's end: a report of the session, and support that looks on.

pub mod live;
mod report;

use core::any::Any;
use core::cell::RefCell;

use js_sys::Function;
use leptos::mount::mount_to;
use leptos::prelude::*;
use updater::Stamped;
use wasm_bindgen::JsValue;
use web_sys::HtmlElement;

use fieldflash::report::Exchange;
use fieldflash::session::Event;

use crate::channel::Wish;

thread_local! {
    /// What is shown, as long as it is held: one thing at a time.
    static SHOWN: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };
}

/// The session that the page has, as far as this module may know of it and do with it.
#[derive(Clone)]
pub struct Session(Function);

impl Session {
    pub fn new(ask: Function) -> Self {
        Self(ask)
    }

    /// The page's answer.
    fn ask(&self, what: &str) -> String {
        self.0.call1(&JsValue::UNDEFINED, &what.into()).ok().and_then(|answer| answer.as_string()).unwrap_or_default()
    }

    /// What happened from event number `from` on.
    pub fn events(&self, from: usize) -> Vec<Stamped<Event>> {
        serde_json::from_str(&self.ask(&from.to_string())).unwrap_or_default()
    }

    /// Has the page do what support wants, and gives back why not if it does not.
    pub fn carry_out(&self, wish: &Wish) -> String {
        match wish {
            Wish::Start => self.ask("start"),
            Wish::Retry => self.ask("retry"),
            Wish::Release { version } => self.ask(version),
        }
    }

    /// Has the page keep what is sent to the device and received from it, from now on.
    pub fn keep_exchanges(&self) {
        self.ask("keep");
    }

    /// What was kept of that.
    pub fn exchanges(&self) -> Vec<Exchange> {
        serde_json::from_str(&self.ask("exchanges")).unwrap_or_default()
    }
}

/// Begins `what`, and shows in `place` what there is to show.
pub async fn begin(what: &str, place: HtmlElement, session: Session) {
    if what == "live" {
        return live::begin(session).await;
    }
    let saved = what == "save-report";
    show(place, move || view! { <report::Report session saved/> }.into_any());
}

/// Shows `view` in `place`, and nothing that was shown before.
fn show(place: HtmlElement, view: impl FnOnce() -> AnyView + 'static) {
    SHOWN.take();
    SHOWN.set(Some(Box::new(mount_to(place, view))));
}
