//! Support looks on. They see what happens here, can say what to do next, and have nothing done that the person here has not
//! clicked on. The device stays with this browser.

use core::cell::RefCell;

use leptos::mount::mount_to;
use leptos::prelude::*;
use updater::Stamped;
use wasm_bindgen_futures::spawn_local;

use fieldflash::session::Event;
use fieldflash::{report, t};

use super::Session;
use crate::browser;
use crate::channel::{Channel, State, ToCustomer, ToSupport, Wish};

/// How often what has happened is told.
const OFTEN: u32 = 250;
/// Events in one message, which has at most 64 KiB.
const EVENTS: usize = 100;

thread_local! {
    /// What is open: one at a time, whatever becomes of the place that it was asked for in.
    static OPEN: RefCell<Option<Channel>> = const { RefCell::new(None) };
}

/// Opens a room and shows its code, unless one is open.
pub async fn begin(session: Session) {
    if OPEN.with_borrow(Option::is_some) {
        return;
    }
    let place = browser::above("help");
    place.set_text_content(None);
    mount_to(place, move || view! { <Live session/> }).forget();
}

/// The question that waits for the person.
type Question = (u32, Wish);

#[component]
fn Live(session: Session) -> impl IntoView {
    let state = RwSignal::new(State::Opening);
    let message = RwSignal::new(String::new());
    let question = RwSignal::new(None::<Question>);
    let refused = RwSignal::new(false);
    let session = StoredValue::new_local(session);
    let told = move |said: ToCustomer| match said {
        ToCustomer::Point { text, at } => {
            message.set(text);
            if let Some(at) = at {
                browser::point(&at);
            }
        }
        ToCustomer::Ask { number, wish } => question.set(Some((number, wish))),
    };
    let changed = move |now: State| {
        if matches!(now, State::Ended(_)) {
            OPEN.take();
            question.set(None);
        }
        state.set(now);
    };
    let channel = Channel::open(&browser::base(), "", changed, told);
    OPEN.set(Some(channel.clone()));
    tell_what_happens(channel.clone(), session);
    let channel = StoredValue::new_local(channel);
    let decide = move |agreed: bool| {
        let Some((number, wish)) = question.get_untracked() else { return };
        question.set(None);
        let done = agreed.then(|| session.with_value(|session| session.carry_out(&wish)));
        refused.set(done.is_some_and(|why_not| !why_not.is_empty()));
        channel.with_value(|channel| channel.say(&ToSupport::Decided { number, agreed }));
    };
    let ended = move || state.with(|state| matches!(state, State::Ended(_)));
    view! {
        <section class="card help" aria-labelledby="live-title" data-testid="live-card" data-state=move || state.with(name)>
            <h2 id="live-title">{t!(DeskLiveTitle)}</h2>
            <p role="status" data-testid="live-state">{move || state.with(|state| said(state, true))}</p>
            {move || match state.get() {
                State::Code(code) => Some(view! {
                    <p class="code" data-testid="live-code">{format!("{} {}", &code[..4], &code[4..])}</p>
                    <p>{t!(DeskLiveSees)}</p>
                }),
                _ => None,
            }}
            <div aria-live="assertive">
                {move || (!message.with(String::is_empty)).then(|| view! {
                    <p class="notice" data-testid="live-message"><strong>{t!(DeskLiveSays)}</strong>" "{message.get()}</p>
                })}
                {move || question.get().map(|(_, wish)| view! {
                    <div class="notice" data-testid="live-question">
                        <p>{asked(&wish)}</p>
                        <div class="buttons">
                            <button data-testid="live-yes" on:click=move |_| decide(true)>{t!(DeskLiveYes)}</button>
                            <button data-testid="live-no" on:click=move |_| decide(false)>{t!(DeskLiveNo)}</button>
                        </div>
                    </div>
                })}
                <p class="problem">{move || refused.get().then(|| t!(DeskLiveOlder))}</p>
            </div>
            <button data-testid="live-end" hidden=ended on:click=move |_| channel.with_value(Channel::close)>{t!(DeskLiveEnd)}</button>
        </section>
    }
}

/// Tells support what happens, until it is over.
fn tell_what_happens(channel: Channel, session: StoredValue<Session, LocalStorage>) {
    spawn_local(async move {
        channel.say(&ToSupport::Here { place: super::report::place().await });
        let mut next = 0;
        while OPEN.with_borrow(Option::is_some) {
            let Some(events) = session.try_with_value(|session| session.events(next)) else { return };
            next += events.len();
            // A download that goes on is one event that changes.
            if matches!(events.last(), Some(Stamped { event: Event::Downloading { .. }, .. })) {
                next -= 1;
            }
            for events in report::merged(events).chunks(EVENTS) {
                channel.say(&ToSupport::Happened { events: events.to_vec() });
            }
            browser::sleep(OFTEN).await;
        }
    });
}

/// What is asked, in a sentence.
fn asked(wish: &Wish) -> String {
    match wish {
        Wish::Start => t!(DeskLiveAskStart).into(),
        Wish::Retry => t!(DeskLiveAskRetry).into(),
        Wish::Release { version } => t!(DeskLiveAskRelease, version = version),
    }
}

/// How the channel is, in a word for tests.
pub fn name(state: &State) -> &'static str {
    match state {
        State::Opening => "opening",
        State::Code(_) => "code",
        State::Ready => "ready",
        State::Away => "away",
        State::Lost => "lost",
        State::Ended(_) => "ended",
    }
}

/// How it is, in a sentence for the customer, or else for support.
pub fn said(state: &State, customer: bool) -> &'static str {
    match state {
        State::Opening => t!(DeskLiveOpening),
        State::Code(_) => t!(DeskLiveTell),
        State::Ready if customer => t!(DeskLiveReady),
        State::Ready => t!(DeskLiveReadySupport),
        State::Away => t!(DeskLiveAway),
        State::Lost => t!(DeskLiveLost),
        State::Ended(reason) => match reason.as_str() {
            "left" => t!(DeskLiveLeft),
            "time" => t!(DeskLiveTime),
            "wrong-code" if customer => t!(DeskLiveWrongCode),
            "wrong-code" => t!(DeskLiveWrongCodeSupport),
            "no-room" => t!(DeskLiveNoRoom),
            "full" => t!(DeskLiveFull),
            "unreachable" => t!(DeskLiveUnreachable),
            _ => t!(DeskLiveBroken),
        },
    }
}
