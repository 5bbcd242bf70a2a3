//! A link that sets the page up for one customer: what is filled in here is what it says.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use fieldflash::config::{BootMode, Config};
use fieldflash::t;
use fieldflash::text::LANGUAGES;
use release_feed::{
    DeviceSerial, HardwareVersion, LINK_SIGNATURE, LINK_UNTIL, SoftwareType, Version, is_day, link_statement,
};

use crate::browser;

/// The parameters, in their order in the link, with what is filled in.
type Values = [String; 10];

/// What the fields are called in the address, in the order of [`Values`].
const NAMES: [&str; 10] = [
    "software_type",
    "hardware_version",
    "device_serial",
    "release",
    "cohort",
    "baud",
    "wiring",
    "language",
    "simulated_speed",
    LINK_UNTIL,
];
/// Ways into the bootloader that are offered; any other can be written in the link.
const WIRINGS: [&str; 6] = ["", "by-hand", "find", "reset-dtr,boot0-rts", "reset-rts,boot0-dtr", "touch"];
/// How fast a simulated device works that is to be shown and not waited for.
const SIMULATED: &str = "20";

/// Which of what is filled in cannot be used.
fn wrong(values: &Values) -> Vec<usize> {
    let parses = |at: usize, value: &str| match at {
        0 => value.parse::<SoftwareType>().is_ok(),
        1 => value.parse::<HardwareVersion>().is_ok(),
        2 => value.parse::<DeviceSerial>().is_ok(),
        3 => value.parse::<Version>().is_ok(),
        // A cohort is named as a device is.
        4 => value.parse::<DeviceSerial>().is_ok(),
        5 => value.parse().is_ok_and(|baud: u32| fieldflash::config::BAUD.contains(&baud)),
        6 => BootMode::of_link(value).is_some(),
        9 => is_day(value),
        _ => true,
    };
    values.iter().enumerate().filter(|(at, value)| !value.is_empty() && !parses(*at, value)).map(|(at, _)| at).collect()
}

/// The link's parameters as they stand in the address.
fn parameters(values: &Values) -> String {
    let escaped = |value: &str| String::from(js_sys::encode_uri_component(value));
    let set = NAMES.iter().zip(values).filter(|(_, value)| !value.is_empty());
    set.map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
}

/// The page's own address, without what follows its folder.
fn page() -> String {
    let href = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    let end = href.find(['?', '#']).unwrap_or(href.len());
    href[..href[..end].rfind('/').map_or(end, |slash| slash + 1)].to_owned()
}

/// The form and the link that comes of it.
#[component]
pub fn Maker(
    /// The deployment's settings, where they can be read.
    config: Option<Config>,
) -> impl IntoView {
    let product = config.as_ref().map(|config| config.product.clone()).unwrap_or_default();
    let wanted_key = config.as_ref().and_then(|config| config.links.public_key).map(|key| key.to_string());
    let signing_is_wanted = wanted_key.is_some();
    let values = RwSignal::new(Values::default());
    let pem = RwSignal::new(None::<String>);
    let signature = RwSignal::new(None::<Result<String, &'static str>>);
    let copied = RwSignal::new(false);
    // Signed anew whenever something changes.
    let wanted_key = StoredValue::new(wanted_key);
    Effect::new(move |_| {
        let parameters = values.with(parameters);
        copied.set(false);
        let Some(pem) = pem.get().filter(|_| !parameters.is_empty()) else { return signature.set(None) };
        spawn_local(async move {
            let signed = match browser::signature(&pem, &link_statement(&parameters)).await {
                None => Err(t!(DeskLinkNoKey)),
                Some((_, key)) if wanted_key.with_value(|wanted| wanted.as_ref().is_some_and(|it| *it != key)) => {
                    Err(t!(DeskLinkOtherKey))
                }
                Some((signature, _)) => Ok(signature),
            };
            // The person may have typed on.
            if values.with_untracked(self::parameters) == parameters {
                signature.set(Some(signed));
            }
        });
    });
    let link = move || {
        let parameters = values.with(parameters);
        let signed = signature.get().and_then(Result::ok);
        match (parameters.as_str(), signed) {
            ("", _) => page(),
            (_, Some(signature)) => format!("{}?{parameters}&{LINK_SIGNATURE}={signature}", page()),
            (_, None) => format!("{}?{parameters}", page()),
        }
    };
    let field = move |at: usize, label: &'static str, hint: String| {
        view! {
            <label for=NAMES[at]>{label}</label>
            <input id=NAMES[at] data-testid=format!("link-{}", NAMES[at]) autocomplete="off" spellcheck="false" placeholder=hint
                aria-invalid=move || values.with(|values| wrong(values).contains(&at)).then_some("true")
                on:input:target=move |event| values.update(|values| values[at] = event.target().value().trim().to_owned())/>
        }
    };
    let select = move |at: usize, label: &'static str, options: Vec<(String, String)>| {
        view! {
            <label for=NAMES[at]>{label}</label>
            <select id=NAMES[at] data-testid=format!("link-{}", NAMES[at])
                on:change:target=move |event| values.update(|values| values[at] = event.target().value())>
                {options.into_iter().map(|(value, name)| view! { <option value=value>{name}</option> }).collect_view()}
            </select>
        }
    };
    let set_already =
        |value: &Option<String>| value.clone().map(|value| t!(DeskLinkDefault, value = value)).unwrap_or_default();
    let as_set = || (String::new(), t!(DeskLinkAsSet).to_owned());
    let wirings = WIRINGS.map(|wiring| if wiring.is_empty() { as_set() } else { (wiring.into(), wiring.into()) });
    let languages = LANGUAGES.map(|language| (language.tag.into(), language.name.into()));
    let languages = core::iter::once((String::new(), t!(DeskLinkTheirs).to_owned())).chain(languages).collect();
    view! {
        <section class="card" aria-labelledby="link-title">
            <h2 id="link-title">{t!(DeskLinkTitle)}</h2>
            <p>{t!(DeskLinkHow)}</p>
            <form on:submit=move |event| event.prevent_default()>
                {field(0, t!(DeviceSoftwareType), set_already(&product.software_type))}
                {field(1, t!(DeviceHardwareVersion), set_already(&product.hardware_version))}
                {field(2, t!(DeviceSerial), String::new())}
                {field(3, t!(DeskLinkRelease), t!(DeskLinkLatest).into())}
                {field(4, t!(DeskLinkCohort), t!(DeskLinkTheirCohort).into())}
                {field(5, t!(DeskLinkBaud), set_already(&product.baud.map(|baud| baud.to_string())))}
                {select(6, t!(DeskLinkWiring), wirings.into())}
                {select(7, t!(DeskLinkLanguage), languages)}
                <label class="choice">
                    <input type="checkbox" data-testid="link-simulated" on:change:target=move |event| {
                        let speed = if event.target().checked() { SIMULATED } else { "" };
                        values.update(|values| values[8] = speed.to_owned());
                    }/>
                    {t!(DeskLinkSimulated)}
                </label>
                <label for=LINK_UNTIL>{t!(DeskLinkUntil)}</label>
                <input id=LINK_UNTIL type="date" data-testid="link-until"
                    on:input:target=move |event| values.update(|values| values[9] = event.target().value())/>
                <label for="key">{t!(DeskLinkKey)}</label>
                <input id="key" type="file" data-testid="link-key" accept=".pem" on:change:target=move |event| {
                    let Some(file) = event.target().files().and_then(|files| files.get(0)) else { return };
                    spawn_local(async move { pem.set(browser::contents(&file).await) });
                }/>
            </form>
            <p class="problem" role="alert" data-testid="link-wrong">{move || {
                let wrong = values.with(wrong);
                (!wrong.is_empty()).then(|| {
                    let names: Vec<_> = wrong.into_iter().map(|at| NAMES[at]).collect();
                    t!(DeskLinkWrong, fields = names.join(", "))
                })
            }}</p>
            <p class="problem" role="alert" data-testid="link-key-problem">{move || signature.get().and_then(Result::err)}</p>
            {signing_is_wanted.then(|| view! {
                <p class="notice" hidden=move || matches!(signature.get(), Some(Ok(_)))>{t!(DeskLinkUnsigned)}</p>
            })}
        </section>
        <section class="card" aria-labelledby="made-link-title">
            <h2 id="made-link-title">{t!(DeskLinkMade)}</h2>
            <p><a class="number" data-testid="link" href=link>{link}</a></p>
            <button class="primary" data-testid="copy-link" on:click=move |_| {
                let link = link();
                spawn_local(async move { copied.set(browser::copy(&link).await) });
            }>{t!(DeskLinkCopy)}</button>
            <p role="status" class="status">{move || copied.get().then(|| t!(DeskLinkCopied))}</p>
        </section>
    }
}
