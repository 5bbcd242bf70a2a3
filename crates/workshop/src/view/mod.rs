//! What is shown: the workshop for a device that waits, the monitor for a port that is free.

mod erase;
mod file;
mod monitor;
mod picture;
mod read;

use core::any::Any;
use core::cell::RefCell;

use fieldflash::session::map::FlashMap;
use fieldflash::session::numbers;
use js_sys::{Array, Function, Promise};
use leptos::mount::mount_to;
use leptos::prelude::*;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, SerialPort};

use crate::device::{Device, Facts, Stop, units_of};
use crate::{t, text};

/// The `id` of what has the page wear the workshop's style.
const STYLE: &str = "workshop-style";

thread_local! {
    /// What is shown: the page takes the place away, and with the next one the last is over.
    static SHOWN: RefCell<[Option<Box<dyn Any>>; 3]> = const { RefCell::new([const { None }; 3]) };
}

/// Shows `view` in a place once its words are there. `index`: in place of which other one.
fn show<V: IntoView + 'static>(index: usize, place: HtmlElement, view: impl FnOnce() -> V + 'static) {
    spawn_local(async move {
        text::load().await;
        dress();
        let before = SHOWN.with_borrow_mut(|shown| shown[index].take());
        drop(before);
        let handle: Box<dyn Any> = Box::new(mount_to(place, view));
        SHOWN.with_borrow_mut(|shown| shown[index] = Some(handle));
    });
}

/// Adds the workshop's style to the page, once.
fn dress() {
    let Some(head) = document().head().filter(|_| document().get_element_by_id(STYLE).is_none()) else { return };
    let Ok(link) = document().create_element("link") else { return };
    link.set_id(STYLE);
    let _ = link.set_attribute("rel", "stylesheet");
    let _ = link.set_attribute("href", "workshop.css");
    let _ = head.append_child(&link);
}

/// Shows the workshop in `place`, for the device that the page leads to by `ask`: see its `facts` and `server`.
#[wasm_bindgen]
pub fn workshop(place: HtmlElement, ask: Function, facts: &Array) {
    if let Some(facts) = Facts::of(facts) {
        show(0, place, move || view! { <Workshop device=Device::new(ask, facts)/> });
    }
}

/// Shows the monitor in `place`, for a port that is free. What is given back has it let go of the port, and gives a promise
/// of that.
#[wasm_bindgen]
pub fn monitor(place: HtmlElement, port: SerialPort) -> Function {
    let line = monitor::Line::default();
    let shown = line.clone();
    show(1, place, move || view! { <monitor::Monitor line=shown port/> });
    Closure::<dyn Fn() -> Promise>::new(move || line.close()).into_js_value().into()
}

/// Shows what becomes of a flash in `place`: `units` are the address, the number and the size of each run of its units. What
/// is given back is to be called with each event as numbers (`fieldflash::session::numbers`).
#[wasm_bindgen]
pub fn picture(place: HtmlElement, units: Vec<u32>) -> Function {
    // It outlives whoever shows it, as what is given back does.
    let drawn = ArcRwSignal::new(picture::Drawn::of(FlashMap::of(&units_of(&units))));
    let shown = drawn.clone();
    show(2, place, move || view! { <picture::Picture drawn=RwSignal::from(shown)/> });
    Closure::<dyn Fn(Vec<u32>)>::new(move |numbers: Vec<u32>| {
        if let Some(event) = numbers::event(&numbers) {
            drawn.update(|drawn| drawn.apply(&event));
        }
    })
    .into_js_value()
    .into()
}

/// All that the deployment allows.
#[component]
fn Workshop(device: Device) -> impl IntoView {
    let facts = device.facts();
    let chip = facts.chip.clone();
    view! {
        <section class="card workshop" aria-labelledby="workshop-title" data-testid="workshop">
            <h2 id="workshop-title">{t!(WorkshopTitle)}</h2>
            <p>{t!(WorkshopFor, chip = chip)}</p>
            <Under device/>
            {(facts.local_file || facts.read_back).then(|| view! { <file::LocalFile device/> })}
            {facts.read_back.then(|| view! { <read::Read device/> })}
            {facts.erase.then(|| view! { <erase::Erase device/> })}
        </section>
    }
}

/// How far it is with what is being done, and the way out.
#[component]
fn Under(device: Device) -> impl IntoView {
    let percent = move || device.percent.get().unwrap_or(0);
    view! {
        <Show when=move || device.is_busy()>
            <div class="bar" role="progressbar" data-testid="workshop-progress" aria-label=t!(WorkshopBusy)
                aria-valuemin="0" aria-valuemax="100" aria-valuenow=move || percent().to_string()>
                <div class="fill" style:width=move || format!("{}%", percent())></div>
            </div>
            <p class="figures">
                <span>{move || fieldflash::text::percent(percent())}</span>
                <span>{t!(WorkshopKeep)}</span>
            </p>
            <button data-testid="workshop-cancel" on:click=move |_| device.cancel()>{t!(WorkshopCancel)}</button>
        </Show>
    }
}

/// A field for an address.
fn address_field(id: &'static str, label: &'static str, value: RwSignal<String>) -> impl IntoView {
    view! {
        <label for=id>{label}</label>
        <input id=id data-testid=id class="number" autocomplete="off" spellcheck="false" dir="ltr"
            prop:value=move || value.get() on:input:target=move |event| value.set(event.target().value())/>
    }
}

/// Two fields for the first and the last address of a part of the flash.
fn range_fields(first: (&'static str, RwSignal<String>), last: (&'static str, RwSignal<String>)) -> impl IntoView {
    view! {
        <div class="pair">
            <div>{address_field(first.0, t!(WorkshopFirst), first.1)}</div>
            <div>{address_field(last.0, t!(WorkshopLast), last.1)}</div>
        </div>
    }
}

/// What is wrong with a range, in a sentence.
fn wrong(wrong: crate::range::Wrong) -> &'static str {
    match wrong {
        crate::range::Wrong::NoAddress => t!(WorkshopNoAddress),
        crate::range::Wrong::Backwards => t!(WorkshopBackwards),
        crate::range::Wrong::Outside => t!(WorkshopOutside),
    }
}

/// How something ended that did not get to its end.
fn stopped(stop: Stop) -> String {
    match stop {
        Stop::Cancelled => t!(WorkshopCancelled).into(),
        Stop::Failed(reason) => t!(WorkshopFailed, reason = reason),
    }
}

fn size(bytes: u64) -> String {
    fieldflash::text::bytes(bytes)
}
