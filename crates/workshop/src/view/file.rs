//! A file from the person's computer: what is in it, and what can be done with it.

use fieldflash::session::Ask;
use fieldflash::session::map::{FlashMap, State};
use js_sys::Uint8Array;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use super::picture::hatches;
use super::{address_field, size, stopped};
use crate::build_id::Maker;
use crate::device::{Device, Facts, Stop};
use crate::difference::{Difference, differences};
use crate::drawing::{area, lines};
use crate::file::Contents;
use crate::range;
use crate::reading::Reading;
use crate::saving;
use crate::t;

/// More differences than these are only counted.
const MOST_SHOWN: usize = 100;

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Compared {
    bytes: u64,
    differences: Vec<Difference>,
}

/// Picking a file, what is in it, writing it, comparing it.
#[component]
pub fn LocalFile(device: Device) -> impl IntoView {
    let facts = device.facts();
    let file = RwSignal::new(None::<(String, Vec<u8>)>);
    let address = RwSignal::new(range::written(facts.image_address));
    let problem = RwSignal::new(None::<String>);
    let compared = RwSignal::new(None::<Compared>);
    let over = RwSignal::new(false);
    let contents = Memo::new(move |_| {
        compared.set(None);
        let address = address.with(|address| range::address(address)).ok()?;
        file.with(|file| {
            file.as_ref().map(|(_, bytes)| Contents::of(bytes, address).map_err(|error| error.to_string()))
        })
    });
    // What the page would say if it were to be written: all that can be known before.
    let refused = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        refused.set(None);
        if let Some(Ok(contents)) = contents.get()
            && device.facts().local_file
            && let Some((_, bytes)) = file.get_untracked()
        {
            let address = range::address(&address.get_untracked()).unwrap_or(contents.image.start());
            spawn_local(async move {
                let checked = device.ask(Ask::Check, address, 0, Uint8Array::from(&bytes[..]).into()).await;
                refused.set(checked.err());
            });
        }
    });
    let take = move |picked: Option<File>| {
        let Some(picked) = picked else { return };
        problem.set(None);
        spawn_local(async move {
            match saving::contents(&picked).await {
                Ok(bytes) => file.set(Some((picked.name(), bytes))),
                Err(reason) => problem.set(Some(reason)),
            }
        });
    };
    let write = move |_| {
        let Some((_, bytes)) = file.get_untracked() else { return };
        let Ok(address) = range::address(&address.get_untracked()) else { return };
        spawn_local(async move {
            problem.set(device.ask(Ask::Write, address, 0, Uint8Array::from(&bytes[..]).into()).await.err());
        });
    };
    let compare = move |_| {
        let Some(Ok(wanted)) = contents.get_untracked() else { return };
        problem.set(None);
        compared.set(None);
        spawn_local(async move {
            let what = format!("comparing {} bytes with a file", wanted.image.size());
            let result = device.work(what, compare(device, &wanted)).await;
            // Another file may have been picked meanwhile, and it says nothing of that.
            if contents.with_untracked(|now| now.as_ref() != Some(&Ok(wanted))) {
                return;
            }
            match result {
                Ok(result) => compared.set(Some(result)),
                Err(stop) => problem.set(Some(stopped(stop))),
            }
        });
    };
    let is_raw = move || matches!(contents.get(), Some(Ok(it)) if it.kind == updater::Kind::Raw);
    let Facts { local_file, read_back, .. } = facts;
    let ready = move || matches!(contents.get(), Some(Ok(_))) && !device.is_busy();
    view! {
        <details open=local_file>
            <summary>{t!(WorkshopFile)}</summary>
            <label class="drop" class:over=move || over.get()
                on:dragover=move |event| { event.prevent_default(); over.set(true); }
                on:dragleave=move |_| over.set(false)
                on:drop=move |event| {
                    event.prevent_default();
                    over.set(false);
                    take(event.data_transfer().and_then(|drop| drop.files()).and_then(|files| files.get(0)));
                }>
                {t!(WorkshopDrop)}
                <input type="file" data-testid="workshop-file" accept=".bin,.hex,.ihex,.ihx,.elf,.axf,.out,.srec,.s19,.s28,.s37,.mot,.dfu"
                    on:change:target=move |event| take(event.target().files().and_then(|files| files.get(0)))/>
            </label>
            {move || contents.get().map(|contents| match contents {
                Ok(contents) => view! { <InFile device name=file.with_untracked(|file| file.as_ref().map(|(name, _)| name.clone())) contents/> }.into_any(),
                Err(error) => view! { <p class="problem" role="alert" data-testid="workshop-file-problem">{t!(WorkshopUnreadable, reason = error)}</p> }.into_any(),
            })}
            <div hidden=move || !is_raw()>{address_field("workshop-address", t!(WorkshopAddress), address)}</div>
            <p class="problem" role="alert" data-testid="workshop-refused">
                {move || refused.get().map(|reason| t!(WorkshopRefused, reason = reason))}
            </p>
            <p class="problem" role="alert" data-testid="workshop-problem">{problem}</p>
            <div class="buttons">
                {local_file.then(|| view! {
                    <button data-testid="workshop-write" on:click=write
                        disabled=move || !ready() || refused.with(Option::is_some)>{t!(WorkshopWrite)}</button>
                })}
                {read_back.then(|| view! {
                    <button data-testid="workshop-compare" on:click=compare disabled=move || !ready()>{t!(WorkshopCompare)}</button>
                })}
            </div>
            <div role="status">{move || compared.get().map(|compared| view! { <Differences compared/> })}</div>
        </details>
    }
}

/// What is in a file.
#[component]
fn InFile(device: Device, name: Option<String>, contents: Contents) -> impl IntoView {
    let mut map = FlashMap::of(&device.facts().flash);
    let segments = contents.image.segments().iter().map(updater::Segment::range);
    let places: Vec<String> = segments
        .map(|range| {
            map.apply(&updater::Event::Written { address: range.start, bytes: range.end - range.start });
            format!(
                "{} – {} ({})",
                range::written(range.start),
                range::written(range.end - 1),
                size((range.end - range.start).into())
            )
        })
        .collect();
    let left_out: Vec<String> = contents.image.left_out().iter().map(ToString::to_string).collect();
    let build = contents.build_id.map(|id| match id.maker {
        Maker::Gnu => id.to_string(),
        Maker::Memfault => format!("{id} (Memfault)"),
    });
    // Binary-coded decimals, as the suffix has them.
    let version = contents.version.map(|version| format!("{:x}.{:02x}", version >> 8, version & 0xFF));
    let fact = |name: &'static str, value: Option<String>, id: &'static str| {
        value.map(|value| view! { <dt>{name}</dt><dd class="number" data-testid=id>{value}</dd> })
    };
    view! {
        <dl>
            {fact(t!(WorkshopName), name, "workshop-name")}
            {fact(t!(WorkshopFormat), Some(contents.format().into()), "workshop-format")}
            {fact(t!(WorkshopSize), Some(size(contents.image.size() as u64)), "workshop-size")}
            {fact(t!(WorkshopPlaces), Some(places.join("\n")), "workshop-places")}
            {fact(t!(WorkshopLeftOut), (!left_out.is_empty()).then(|| left_out.join("\n")), "workshop-left-out")}
            {fact(t!(WorkshopVersion), version, "workshop-version")}
            {fact(t!(WorkshopBuild), build, "workshop-build")}
        </dl>
        {hatches()}
        <svg role="img" viewBox="0 0 2048 460" aria-label=t!(WorkshopPicture)>
            <path class="blank" d=area(&map, None)/>
            <path class="written" d=area(&map, Some(State::Written))/>
            <path class="lines" d=lines(&map)/>
        </svg>
    }
}

async fn compare(device: Device, contents: &Contents) -> Result<Compared, Stop> {
    let all = contents.image.size() as u64;
    let (mut bytes, mut found) = (0, Vec::new());
    for segment in contents.image.segments() {
        let range = segment.range();
        let percent = |bytes: u64| (bytes * 100 / all) as u32;
        let mut reading = Reading::new(String::new(), range.start, range.end);
        device.read_on(&mut reading, (percent(bytes), percent(bytes + u64::from(range.end - range.start)))).await?;
        found.extend(differences(range.start, &segment.bytes, &reading.bytes));
        bytes += reading.bytes.len() as u64;
    }
    Ok(Compared { bytes, differences: found })
}

/// Where the device and the file differ.
#[component]
fn Differences(compared: Compared) -> impl IntoView {
    let Compared { bytes, differences } = compared;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X} ")).collect::<String>();
    let verdict = match differences.len() {
        0 => t!(WorkshopSame, size = size(bytes)),
        count => t!(WorkshopDiffer, count = fieldflash::text::number(count as u64), size = size(bytes)),
    };
    let shown = !differences.is_empty();
    view! {
        <p data-testid="workshop-compared" class:problem=shown>{verdict}</p>
        <div class="scroll" tabindex="0" hidden=!shown>
            <table>
                <thead><tr><th>{t!(WorkshopAt)}</th><th>{t!(WorkshopLength)}</th><th>{t!(WorkshopInFile)}</th><th>{t!(WorkshopOnDevice)}</th></tr></thead>
                <tbody data-testid="workshop-differences">
                    {differences.into_iter().take(MOST_SHOWN).map(|it| view! {
                        <tr class="number"><td>{range::written(it.address)}</td><td>{size(it.bytes.into())}</td><td>{hex(&it.expected)}</td><td>{hex(&it.found)}</td></tr>
                    }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}
