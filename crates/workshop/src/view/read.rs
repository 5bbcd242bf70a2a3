//! Reading the flash into a file.

use core::cell::RefCell;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{range_fields, size, stopped, wrong};
use crate::device::Device;
use crate::hex::intel_hex;
use crate::range;
use crate::reading::Reading;
use crate::saving::save;
use crate::t;

thread_local! {
    /// What was read last. It outlives the place in which it is shown, so that it goes on after the cable was out.
    static READ: RefCell<Option<Reading>> = const { RefCell::new(None) };
}

/// Which part, how far, and the way to a file.
#[component]
pub fn Read(device: Device) -> impl IntoView {
    let facts = device.facts();
    let (first, last) = facts.ends();
    let (first, last) = (RwSignal::new(range::written(first)), RwSignal::new(range::written(last)));
    let problem = RwSignal::new(None::<String>);
    let id = StoredValue::new(facts.id);
    // Which part of it is there, where this device can go on with it; and from where to where it is, once it is whole.
    let begun = RwSignal::new(None::<u32>);
    let whole = RwSignal::new(None::<(u32, u32)>);
    let look = move || {
        READ.with_borrow(|read| {
            let of_this = read.as_ref().filter(|read| id.with_value(|id| read.device == *id));
            begun.set(of_this.filter(|read| read.goes_on_with(&read.device)).map(Reading::percent));
            whole.set(of_this.filter(|read| read.next(1).is_none()).map(|read| (read.start, read.end)));
        });
    };
    look();
    let read = move |from: Reading| {
        problem.set(None);
        whole.set(None);
        begun.set(None);
        spawn_local(async move {
            let mut reading = from;
            let begun = (reading.percent(), 100);
            let what = format!("reading {} to {}", range::written(reading.start), range::written(reading.end - 1));
            let result = device.work(what, device.read_on(&mut reading, begun)).await;
            READ.set(Some(reading));
            problem.set(result.err().map(stopped));
            look();
        });
    };
    let anew = move |_| {
        let flash = device.facts().flash;
        match range::parse(&first.get_untracked(), &last.get_untracked(), &flash) {
            Ok((start, end)) => read(Reading::new(id.get_value(), start, end)),
            Err(error) => problem.set(Some(wrong(error).into())),
        }
    };
    let go_on = move |_| {
        if let Some(reading) = READ.take() {
            read(reading);
        }
    };
    let save_as = move |extension: &str| {
        READ.with_borrow(|read| {
            if let Some(read) = read {
                let name = format!("flash-{:08X}.{extension}", read.start);
                match extension {
                    "hex" => save(&name, intel_hex(read.start, &read.bytes).as_bytes()),
                    _ => save(&name, &read.bytes),
                }
            }
        });
    };
    view! {
        <details data-testid="workshop-read-part">
            <summary>{t!(WorkshopReadTitle)}</summary>
            {range_fields(("workshop-read-first", first), ("workshop-read-last", last))}
            <p class="problem" role="alert" data-testid="workshop-read-problem">{problem}</p>
            <div class="buttons">
                <Show when=move || begun.get().is_some()>
                    <button data-testid="workshop-go-on" disabled=move || device.is_busy() on:click=go_on>
                        {move || t!(WorkshopGoOn, percent = fieldflash::text::percent(begun.get().unwrap_or(0)))}
                    </button>
                </Show>
                <button data-testid="workshop-read" disabled=move || device.is_busy() on:click=anew>{t!(WorkshopRead)}</button>
            </div>
            <Show when=move || whole.get().is_some()>
                <p role="status" data-testid="workshop-was-read">{move || whole.get().map(|(start, end)| {
                    t!(WorkshopWasRead, size = size((end - start).into()), first = range::written(start), last = range::written(end - 1))
                })}</p>
                <div class="buttons">
                    <button data-testid="workshop-save-bin" on:click=move |_| save_as("bin")>{t!(WorkshopSaveBin)}</button>
                    <button data-testid="workshop-save-hex" on:click=move |_| save_as("hex")>{t!(WorkshopSaveHex)}</button>
                </div>
            </Show>
        </details>
    }
}
