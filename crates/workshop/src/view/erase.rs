//! Erasing the flash, or a part of it.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{range_fields, size, stopped, wrong};
use crate::device::Device;
use crate::range;
use crate::t;

/// Small units are erased up to so many bytes at once: after each the person can cancel.
const AT_ONCE: u32 = 16 << 10;

/// Which part, what is lost, and the button behind a confirmation.
#[component]
pub fn Erase(device: Device) -> impl IntoView {
    let facts = device.facts();
    let (first, last) = facts.ends();
    let (first, last) = (RwSignal::new(range::written(first)), RwSignal::new(range::written(last)));
    let understood = RwSignal::new(false);
    let said = RwSignal::new(None::<Result<String, String>>);
    // What goes is whole units.
    let erases = Memo::new(move |_| {
        understood.set(false);
        let flash = device.facts().flash;
        let range = first.with(|first| last.with(|last| range::parse(first, last, &flash)));
        range.map(|(start, end)| range::erases(start, end, &flash, AT_ONCE))
    });
    let lost = move || match erases.get() {
        Ok(erases) => {
            let bytes = erases.iter().map(|(_, length)| u64::from(*length)).sum();
            let (start, _) = erases.first().copied().unwrap_or_default();
            let (address, length) = erases.last().copied().unwrap_or_default();
            t!(
                WorkshopLost,
                size = size(bytes),
                first = range::written(start),
                last = range::written(address + length - 1)
            )
        }
        Err(error) => wrong(error).to_owned(),
    };
    let erase = move |_| {
        let Ok(erases) = erases.get_untracked() else { return };
        said.set(None);
        spawn_local(async move {
            let what = format!("erasing {} bytes", erases.iter().map(|(_, length)| length).sum::<u32>());
            let result = device.work(what, device.erase(&erases)).await;
            understood.set(false);
            said.set(Some(match result {
                Ok(None) => Ok(t!(WorkshopErased).into()),
                Ok(Some(address)) => Err(t!(WorkshopNotErased, address = range::written(address))),
                Err(stop) => Err(stopped(stop)),
            }));
        });
    };
    view! {
        <details data-testid="workshop-erase-part">
            <summary>{t!(WorkshopEraseTitle)}</summary>
            {range_fields(("workshop-erase-first", first), ("workshop-erase-last", last))}
            <p class="notice" data-testid="workshop-lost">{lost}</p>
            <label class="choice">
                <input type="checkbox" data-testid="workshop-understood" prop:checked=move || understood.get()
                    disabled=move || erases.get().is_err() || device.is_busy()
                    on:change:target=move |event| understood.set(event.target().checked())/>
                {t!(WorkshopUnderstood)}
            </label>
            <button data-testid="workshop-erase" on:click=erase
                disabled=move || !understood.get() || device.is_busy()>{t!(WorkshopErase)}</button>
            <p role="status" data-testid="workshop-was-erased" class:problem=move || said.get().is_some_and(|said| said.is_err())>
                {move || said.get().map(|said| said.unwrap_or_else(|problem| problem))}
            </p>
        </details>
    }
}
