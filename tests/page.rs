//! The whole page with the simulated device, its feed played by the test.
#![cfg(target_arch = "wasm32")]

use core::time::Duration;

use fieldflash::view::Page;
use gloo_timers::future::sleep;
use leptos::mount::mount_to;
use sha2::{Digest, Sha256};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{HtmlElement, window};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
const original = window.fetch;
/* Answers by the end of the path: a text, bytes, a status, or nothing for a dead network. */
export function play_feed(config, status, release, bytes) {
    /* A copy: what is passed is a view of memory that may move. */
    const payload = bytes.slice();
    window.fetch = async request => {
        const path = new URL(request.url ?? request, location.href).pathname;
        if (path.endsWith("/fieldflash.json")) return new Response(config);
        if (path.endsWith("/payload")) return new Response(payload);
        if (!path.endsWith("/api/v0/releases/latest")) return original(request);
        if (status === 0) throw new TypeError("Failed to fetch");
        const body = status === 204 ? null : release;
        return new Response(body, { status, headers: { "memfault-reason": "latest" } });
    };
}"#)]
extern "C" {
    fn play_feed(config: &str, status: u16, release: &str, payload: &[u8]);
}

const CONFIG: &str = r#"{"feed":{"project_key":"key"},"product":{"software_type":"stm32-fw","hardware_version":"mp"}}"#;

/// A raw image of 20 KiB for the simulated F405.
fn image() -> Vec<u8> {
    let mut image: Vec<u8> = (0..20u32 << 10).map(|n| (n * 31 % 251) as u8).collect();
    image[..8].copy_from_slice(&[0x00, 0x10, 0x00, 0x20, 0x01, 0x02, 0x00, 0x08]);
    image
}

fn release(payload: &[u8]) -> String {
    let sha256 = release_feed::hex(&Sha256::digest(payload));
    let size = payload.len();
    format!(
        r#"{{"version":"1.2.0","notes":"Fixes <b>things</b>","artifacts":
            [{{"url":"/payload","hardware_version":"mp","type":"firmware","file_size":{size},"sha256":"{sha256}"}}]}}"#
    )
}

/// Puts a fresh page into the document, at an address with `query`, until the answer is dropped.
#[must_use]
fn open_page(query: &str) -> impl Sized + use<> {
    open_page_at(&format!("simulated_speed=10000&{query}"))
}

#[must_use]
fn open_page_at(query: &str) -> impl Sized + use<> {
    let window = window().unwrap();
    let address = format!("?{query}");
    window.history().unwrap().replace_state_with_url(&"".into(), "", Some(&address)).unwrap();
    let document = window.document().unwrap();
    let place: HtmlElement = document.create_element("div").unwrap().unchecked_into();
    document.body().unwrap().append_child(&place).unwrap();
    mount_to(place, Page)
}

fn find(test_id: &str) -> Option<HtmlElement> {
    let selector = format!("[data-testid={test_id}]");
    window()?.document()?.query_selector(&selector).ok()??.dyn_into().ok()
}

/// Waits until it is so.
async fn wait_until(so: impl Fn() -> bool) {
    let mut patience = 4000;
    while !so() {
        patience -= 1;
        assert!(
            patience > 0,
            "waited in vain on {}",
            window().unwrap().document().unwrap().body().unwrap().inner_text()
        );
        sleep(Duration::from_millis(5)).await;
    }
}

/// The element, as soon as it is there.
async fn wait_for(test_id: &str) -> HtmlElement {
    wait_until(|| find(test_id).is_some()).await;
    find(test_id).unwrap()
}

async fn click(test_id: &str) {
    wait_for(test_id).await.click();
}

async fn text_of(test_id: &str) -> String {
    wait_for(test_id).await.inner_text()
}

fn shown_log() -> String {
    find("log").and_then(|log| log.text_content()).unwrap_or_default()
}

async fn outcome() -> String {
    wait_for("result").await.get_attribute("data-outcome").unwrap()
}

#[wasm_bindgen_test]
async fn a_simulated_device_is_updated() {
    let payload = image();
    play_feed(CONFIG, 200, &release(&payload), &payload);
    let _page = open_page("");
    click("connect-simulated").await;
    assert_eq!(text_of("release-version").await, "1.2.0");
    assert_eq!(text_of("release-notes").await, "Fixes <b>things</b>");
    assert!(text_of("device-chip").await.contains("F40"));
    assert_eq!(text_of("device-serial").await.len(), 24);
    click("update").await;
    assert_eq!(outcome().await, "updated");
    assert_eq!(text_of("installed-version").await, "1.2.0");
    let log = shown_log();
    assert!(log.contains("all of the image was read back") && log.contains("started the application"), "{log}");
}

#[wasm_bindgen_test]
async fn a_payload_with_a_wrong_hash_is_refused_before_the_device_is_touched() {
    play_feed(CONFIG, 200, &release(&image()), &vec![0x55; image().len()]);
    let _page = open_page("");
    click("connect-simulated").await;
    click("update").await;
    assert_eq!(outcome().await, "failed");
    assert!(text_of("error").await.contains("not what was released"));
    assert!(text_of("device-state").await.contains("not changed"));
    assert!(!shown_log().contains("erased"));
    assert!(find("ask-again").is_some(), "the device still waits: no new connection is needed");
}

#[wasm_bindgen_test]
async fn up_to_date_offers_to_install_again() {
    let payload = image();
    play_feed(CONFIG, 204, "", &[]);
    let _page = open_page("current_version=1.2.0");
    click("connect-simulated").await;
    assert_eq!(outcome().await, "up-to-date");
    play_feed(CONFIG, 200, &release(&payload), &payload);
    click("install-again").await;
    assert_eq!(text_of("release-version").await, "1.2.0");
    click("update").await;
    assert_eq!(outcome().await, "updated");
}

#[wasm_bindgen_test]
async fn an_update_that_was_cancelled_goes_on_where_it_stopped() {
    let mut payload = image();
    payload.resize(200 << 10, 0x3C);
    play_feed(CONFIG, 200, &release(&payload), &payload);
    // Slow enough for the button to be found.
    let _page = open_page_at("simulated_speed=50");
    click("connect-simulated").await;
    click("update").await;
    wait_until(|| shown_log().contains("wrote")).await;
    click("cancel").await;
    assert_eq!(outcome().await, "cancelled");
    assert!(text_of("device-state").await.contains("incomplete"));
    click("connect-simulated").await;
    click("update").await;
    assert_eq!(outcome().await, "updated");
    let log = shown_log();
    assert!(log.contains("it goes on where it stopped") && log.contains("is as in the image"), "{log}");
}

/// A product whose boards are wired as the simulated device's.
const WIRED: &str = r#"{"feed":{},"product":{"software_type":"stm32-fw","hardware_version":"mp",
    "boot_mode":{"wired":{"reset":{"line":"dtr"},"boot0":{"line":"rts"}}}}}"#;

fn rates_that_work() -> usize {
    shown_log().matches(" baud works").count()
}

#[wasm_bindgen_test]
async fn a_wired_device_is_updated_at_the_fastest_rate_that_works_which_is_remembered() {
    let mut payload = image();
    payload.resize(150 << 10, 0x3C);
    play_feed(WIRED, 200, &release(&payload), &payload);
    window().unwrap().local_storage().unwrap().unwrap().clear().unwrap();
    let _page = open_page("");
    click("connect-simulated").await;
    assert_eq!(text_of("release-version").await, "1.2.0");
    assert_eq!(text_of("device-baud").await, "921600 baud");
    assert_eq!(rates_that_work(), 3, "{}", shown_log());
    click("update").await;
    assert_eq!(outcome().await, "updated");

    click("connect-simulated").await;
    wait_until(|| shown_log().matches("offered 1.2.0").count() == 2).await;
    assert_eq!(text_of("device-baud").await, "921600 baud");
    assert_eq!(rates_that_work(), 4, "it is gone to at once: {}", shown_log());
}

#[wasm_bindgen_test]
async fn a_rate_that_the_address_asks_for_is_kept_to() {
    let payload = image();
    play_feed(WIRED, 200, &release(&payload), &payload);
    let _page = open_page("baud=57600");
    click("connect-simulated").await;
    assert_eq!(text_of("release-version").await, "1.2.0");
    assert_eq!((text_of("device-baud").await.as_str(), rates_that_work()), ("57600 baud", 0));
}

#[wasm_bindgen_test]
async fn each_trouble_with_the_feed_has_its_own_words() {
    let body = r#"{"error":{"message":"said by the feed"}}"#;
    for (status, words) in [
        (0, "cannot be reached"),
        (403, "does not accept this page"),
        (400, "does not know this kind of device"),
        (429, "asked too often"),
        (500, "out of order"),
    ] {
        play_feed(CONFIG, status, body, &[]);
        let _page = open_page("");
        click("connect-simulated").await;
        assert_eq!(outcome().await, "failed");
        let error = text_of("error").await;
        assert!(error.contains(words), "{status}: {error}");
        assert!(!text_of("remedy").await.is_empty());
    }
}

#[wasm_bindgen_test]
async fn what_is_missing_is_asked_for() {
    let payload = image();
    play_feed(r#"{"feed":{}}"#, 200, &release(&payload), &payload);
    let _page = open_page("software_type=stm32-fw");
    click("connect-simulated").await;
    assert_eq!(text_of("details-problem").await, "The hardware version is missing.");
    let input: web_sys::HtmlInputElement = wait_for("hardware_version-input").await.unchecked_into();
    input.set_value("mp");
    input.dispatch_event(&web_sys::Event::new("input").unwrap()).unwrap();
    click("ask").await;
    assert_eq!(text_of("release-version").await, "1.2.0");
}

#[wasm_bindgen_test]
async fn settings_that_are_wrong_are_told_with_their_place() {
    play_feed(r#"{"feed":{"projectkey":"key"}}"#, 200, "", &[]);
    let _page = open_page("");
    assert_eq!(outcome().await, "failed");
    let page = window().unwrap().document().unwrap().body().unwrap().inner_text();
    assert!(page.contains("projectkey") && page.contains("line 1"), "{page}");
}
