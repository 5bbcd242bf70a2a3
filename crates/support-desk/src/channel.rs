//! What the customer's end and support's say to each other, and the channel that carries it.

use core::cell::RefCell;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use updater::Stamped;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

use fieldflash::report::Place;
use fieldflash::session::Event;

#[wasm_bindgen(module = "/src/channel.js")]
extern "C" {
    /// The channel of the browser's own.
    type Raw;
    #[wasm_bindgen(js_name = channel)]
    fn open(base: &str, code: &str, on: &Closure<dyn Fn(String, String)>) -> Raw;
    /// A code as it was typed, or nothing where it is none.
    #[wasm_bindgen(js_name = readCode)]
    pub fn read_code(typed: &str) -> Option<String>;
    #[wasm_bindgen(method)]
    fn send(this: &Raw, text: &str);
    #[wasm_bindgen(method)]
    fn close(this: &Raw);
}

/// What the customer's end says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "kebab-case")]
pub enum ToSupport {
    /// Where it is.
    Here {
        /// The page, and what it runs in.
        place: Place,
    },
    /// More has happened. A download that goes on takes the place of what was said of it last.
    Happened {
        /// What.
        events: Vec<Stamped<Event>>,
    },
    /// The person has decided.
    Decided {
        /// The number of the question.
        number: u32,
        /// Whether they want it done.
        agreed: bool,
    },
}

/// What support's end says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "kebab-case")]
pub enum ToCustomer {
    /// Something to read, and perhaps something on the page to look at.
    Point {
        /// In support's own words; may be empty.
        text: String,
        /// The test id of what is meant.
        at: Option<String>,
    },
    /// A question whether something may be done.
    Ask {
        /// Its number.
        number: u32,
        /// What.
        wish: Wish,
    },
}

/// What support may want to be done, if the person agrees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "kebab-case")]
pub enum Wish {
    /// The update to what is offered.
    Start,
    /// Another try.
    Retry,
    /// That this release is asked for.
    Release {
        /// Its version.
        version: String,
    },
}

/// How the channel is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Being opened.
    Opening,
    /// Open, with this code for the other one.
    Code(String),
    /// Both are there and have proven to each other that they know the code.
    Ready,
    /// The other one is away, and may come again.
    Away,
    /// This one's network is gone, and may come again.
    Lost,
    /// Over, and a word for why.
    Ended(String),
}

/// A channel to the other end.
#[derive(Clone)]
pub struct Channel(Rc<RefCell<Option<Raw>>>);

impl Channel {
    /// Opens a channel at the station with address `base`, or joins the one with this code. `on` is told how it is, and what
    /// the other end says.
    pub fn open<T: for<'a> Deserialize<'a>>(
        base: &str,
        code: &str,
        state: impl Fn(State) + 'static,
        said: impl Fn(T) + 'static,
    ) -> Self {
        let on = Closure::<dyn Fn(String, String)>::new(move |what: String, text: String| {
            state(match what.as_str() {
                "code" => State::Code(text),
                "ready" | "back" | "found" => State::Ready,
                "away" => State::Away,
                "lost" => State::Lost,
                "ended" => State::Ended(text),
                _ => {
                    // What a newer page says is not understood, and does no harm.
                    if let Ok(it) = serde_json::from_str(&text) {
                        said(it);
                    }
                    return;
                }
            });
        });
        let raw = open(base, code, &on);
        on.forget();
        Self(Rc::new(RefCell::new(Some(raw))))
    }

    /// Says something.
    pub fn say(&self, what: &impl Serialize) {
        if let (Some(raw), Ok(text)) = (&*self.0.borrow(), serde_json::to_string(what)) {
            raw.send(&text);
        }
    }

    /// Ends it, for both.
    pub fn close(&self) {
        if let Some(raw) = self.0.take() {
            raw.close();
        }
    }
}
