//! A page in the test's document, and what a person does there.

use core::time::Duration;

use fieldflash::view::Page;
use gloo_timers::future::sleep;
use js_sys::{Array, Function, Promise};
use leptos::mount::mount_to;
use sha2::{Digest, Sha256};
use simulated_device::{serial_port, usb_device};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlElement, UsbDevice, window};

#[wasm_bindgen(inline_js = r#"
const original = window.fetch;
/* Answers by the end of the path: a text, bytes, a status, or nothing for a dead network. */
/* The page's modules are part of this test: the addresses that they are loaded from lead here. */
const modules = document.createElement("script");
modules.type = "importmap";
modules.textContent = JSON.stringify({ imports: {
    [new URL("/simulated-device.js", location.href)]:
        "data:text/javascript,export default () => {}; export const serialPort = speed => plugIn(speed); export const usbDevice = speed => plugIntoUsb(speed)",
    [new URL("/web-usb.js", location.href)]:
        "data:text/javascript,export default () => {}; export const connect = device => connectUsb(device)",
    [new URL("/workshop.js", location.href)]:
        "data:text/javascript,export default () => {}; export const workshop = (...all) => openWorkshop(...all)",
} });
document.head.append(modules);
export function modules_are(plug_in, plug_into_usb, connect_usb, open_workshop) {
    const modules = { plugIn: plug_in, plugIntoUsb: plug_into_usb, connectUsb: connect_usb, openWorkshop: open_workshop };
    Object.assign(globalThis, modules);
}
let reported = "";
/* What the page told the feed last. */
export function reported_to_feed() { return reported }
export function play_feed(config, status, release, bytes) {
    /* A copy: what is passed is a view of memory that may move. */
    const payload = bytes.slice();
    window.fetch = async request => {
        const path = new URL(request.url ?? request, location.href).pathname;
        if (path.endsWith("/fieldflash.json")) return new Response(config);
        if (path.endsWith("/payload")) return new Response(payload);
        if (path.endsWith("/outcomes")) return reported = await request.text(), new Response(null, { status: 204 });
        if (!path.endsWith("/api/v0/releases/latest")) return original(request);
        if (status === 0) throw new TypeError("Failed to fetch");
        const body = status === 204 ? null : release;
        return new Response(body, { status, headers: { "memfault-reason": "latest" } });
    };
}"#)]
extern "C" {
    pub fn reported_to_feed() -> String;
    pub fn play_feed(config: &str, status: u16, release: &str, payload: &[u8]);
    fn modules_are(
        plug_in: &PlugIn,
        plug_into_usb: &PlugIn,
        connect_usb: &Closure<dyn Fn(UsbDevice) -> Promise>,
        open_workshop: &Closure<dyn Fn(HtmlElement, Function, Array)>,
    );
}

type PlugIn = Closure<dyn Fn(f64) -> JsValue>;

pub const CONFIG: &str =
    r#"{"feed":{"project_key":"key"},"product":{"software_type":"stm32-fw","hardware_version":"mp"}}"#;

/// A raw image of 20 KiB for the simulated F405.
pub fn image() -> Vec<u8> {
    let mut image: Vec<u8> = (0..20u32 << 10).map(|n| (n * 31 % 251) as u8).collect();
    image[..8].copy_from_slice(&[0x00, 0x10, 0x00, 0x20, 0x01, 0x02, 0x00, 0x08]);
    image
}

pub fn release(payload: &[u8]) -> String {
    let sha256 = release_feed::hex(&Sha256::digest(payload));
    let size = payload.len();
    format!(
        r#"{{"version":"1.2.0","notes":"Fixes <b>things</b>","artifacts":
            [{{"url":"/payload","hardware_version":"mp","type":"firmware","file_size":{size},"sha256":"{sha256}"}}]}}"#
    )
}

/// Puts a fresh page into the document, at an address with `query`, until the answer is dropped.
#[must_use]
pub fn open_page(query: &str) -> impl Sized + use<> {
    open_page_at(&format!("simulated_speed=10000&{query}"))
}

#[must_use]
pub fn open_page_at(query: &str) -> impl Sized + use<> {
    let plug_in = PlugIn::new(|speed| serial_port(speed).expect("a chip").into());
    let plug_into_usb = PlugIn::new(|speed| usb_device(speed).expect("a chip").into());
    let connect_usb = Closure::<dyn Fn(UsbDevice) -> Promise>::new(web_usb::connect);
    let open_workshop = Closure::<dyn Fn(HtmlElement, Function, Array)>::new(|place, ask, facts: Array| {
        workshop::workshop(place, ask, &facts);
    });
    modules_are(&plug_in, &plug_into_usb, &connect_usb, &open_workshop);
    open_workshop.forget();
    plug_in.forget();
    plug_into_usb.forget();
    connect_usb.forget();
    let window = window().unwrap();
    let address = format!("?{query}");
    window.history().unwrap().replace_state_with_url(&"".into(), "", Some(&address)).unwrap();
    let document = window.document().unwrap();
    let place: HtmlElement = document.create_element("div").unwrap().unchecked_into();
    document.body().unwrap().append_child(&place).unwrap();
    mount_to(place, Page)
}

pub fn find(test_id: &str) -> Option<HtmlElement> {
    let selector = format!("[data-testid={test_id}]");
    window()?.document()?.query_selector(&selector).ok()??.dyn_into().ok()
}

/// Waits until it is so.
pub async fn wait_until(so: impl Fn() -> bool) {
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
pub async fn wait_for(test_id: &str) -> HtmlElement {
    wait_until(|| find(test_id).is_some()).await;
    find(test_id).unwrap()
}

pub async fn click(test_id: &str) {
    wait_for(test_id).await.click();
}

pub async fn text_of(test_id: &str) -> String {
    wait_for(test_id).await.inner_text()
}

pub fn shown_log() -> String {
    find("log").and_then(|log| log.text_content()).unwrap_or_default()
}

pub async fn outcome() -> String {
    wait_for("result").await.get_attribute("data-outcome").unwrap()
}
