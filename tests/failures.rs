//! Each row of the table of failures: the page is driven into it, and says what helps. A new code that nothing leads to does
//! not compile.
#![cfg(target_arch = "wasm32")]

mod page_in_test;

use core::any::Any;

use fieldflash::session::Code;
use fieldflash::text::title;
use page_in_test::{
    CONFIG, click, find, image, open_page, outcome, play_feed, release, shown_log, text_of, wait_until,
};
use simulated_device::serial_port_to;
use stm32_bootloader::chip::{Chip, ProductId};
use stm32_bootloader::sim::{Quirks, Rom, SimulatedPort};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{HtmlElement, window};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
const browsers = name => new DOMException("said by the browser", name);
const refuses = name => async () => { throw browsers(name) };
let undo = [];
const replace = (object, name, value) => {
    const old = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, { value, configurable: true });
    undo.push(() => old ? Object.defineProperty(object, name, old) : delete object[name]);
};
/* A serial port whose other end does one thing. */
export function port_that(does) {
    let bring;
    const hear = bytes => {
        if (does === "echoes") bring.enqueue(bytes.slice());
        if (does === "babbles") bring.enqueue(new Uint8Array([0x55]));
        if (does === "knows no command" && bytes[0] === 0x7F) bring.enqueue(new Uint8Array([0x79]));
        if (does === "is lost") port.readable = null, bring.error(browsers("NetworkError"));
    };
    const port = {
        open: async () => {
            if (does === "is busy") throw browsers("NetworkError");
            port.readable = new ReadableStream({ start: it => { bring = it } });
            port.writable = new WritableStream({ write: hear });
        },
        close: async () => { port.readable = port.writable = null },
        setSignals: async () => {},
        getInfo: () => ({}),
    };
    plug_in(port);
}
/* What the simulated device is from now on. */
export function plug_in(port) { globalThis.plugIn = () => port }
/* One thing that is done to a device on USB has this error, or is only said to be done. */
export function usb_fails(at, name) {
    const connect = globalThis.connectUsb;
    const fail = async () => { if (name) throw Object.assign(new Error("said by the module"), { name }) };
    globalThis.connectUsb = at === "connect" ? fail : async device => new Proxy(await connect(device), {
        get: (remote, key) => {
            const it = Reflect.get(remote, key);
            return key === at ? fail : typeof it === "function" ? it.bind(remote) : it;
        },
    });
}
/* The device on USB is an STM32F429 with 1 MiB in two banks, and with an old program in the second. */
export function usb_has_two_banks() {
    const bank = [4, 16 << 10, 1, 64 << 10, 3, 128 << 10];
    const begin = 0x08000000, second = begin + (512 << 10);
    const connect = globalThis.connectUsb;
    globalThis.connectUsb = async device => new Proxy(await connect(device), {
        get: (remote, key) => {
            if (key === "candidates") return new Uint16Array([0x419]);
            if (key === "flash") return new Uint32Array([2048, 0, 0, begin, ...bank, ...bank]);
            const it = Reflect.get(remote, key);
            if (key === "read") return async (address, length) =>
                address >= second ? new Uint8Array(length).map((_, place) => place) : it.call(remote, address, length);
            return typeof it === "function" ? it.bind(remote) : it;
        },
    });
}
export function nothing_is_picked() {
    replace(navigator.serial, "requestPort", refuses("NotFoundError"));
    replace(navigator.usb, "requestDevice", refuses("NotFoundError"));
}
export function without_web_usb() { replace(navigator, "usb", undefined) }
export function without_signatures() { replace(crypto.subtle, "importKey", refuses("NotSupportedError")) }
export function storage_fails(name) { replace(Storage.prototype, "setItem", () => { throw browsers(name) }) }
export function payload_fails() {
    const { fetch } = window;
    replace(window, "fetch", async request =>
        (request.url ?? request).endsWith("/payload") ? new Response(null, { status: 500 }) : fetch(request));
}
/* Another tab takes the page. */
export function another_tab() {
    const closed = new Promise(close => undo.push(close));
    navigator.locks.request("fieldflash.page", { steal: true }, () => closed);
}
/* All is as it was. */
export function restore() { undo.splice(0).reverse().forEach(it => it()) }
"#)]
extern "C" {
    fn port_that(does: &str);
    fn plug_in(port: JsValue);
    fn usb_fails(at: &str, name: &str);
    fn usb_has_two_banks();
    fn nothing_is_picked();
    fn without_web_usb();
    fn without_signatures();
    fn storage_fails(name: &str);
    fn payload_fails();
    fn another_tab();
    fn restore();
}

/// The feed offers what can be installed.
fn feed_with(config: &str) {
    play_feed(config, 200, &release(&image()), &image());
}

fn feed() {
    feed_with(CONFIG);
}

/// A product of which this is said, too.
fn product(said: &str) -> String {
    CONFIG.replace(r#""hardware_version""#, &format!(r#"{said},"hardware_version""#))
}

/// The simulated chip with these quirks, and an old program.
fn chip_with(quirks: impl FnOnce(Quirks) -> Quirks) {
    let chip = Chip::by_product_id(ProductId(0x413)).unwrap();
    // Flash that is the same all over passes for erased.
    let old: Vec<u8> = (0..64u32 << 10).map(|n| (n % 251) as u8).collect();
    let rom = Rom::new(chip).with_quirks(quirks(Quirks::of(chip))).with_flash(0x0800_0000, &old);
    plug_in(serial_port_to(SimulatedPort::new(rom), 10_000.0).into());
}

/// An image with these words at its begin: where the stack is, where the code is.
fn image_with(stack: u32, code: u32) -> Vec<u8> {
    let mut image = image();
    image[..4].copy_from_slice(&stack.to_le_bytes());
    image[4..8].copy_from_slice(&code.to_le_bytes());
    image
}

/// Opens the page, does `arrange` and connects.
async fn connect(query: &str, arrange: impl FnOnce()) -> Box<dyn Any> {
    let page = open_page(query);
    arrange();
    click("connect-simulated").await;
    Box::new(page)
}

/// The same, and updates.
async fn update(query: &str, arrange: impl FnOnce()) -> Box<dyn Any> {
    let page = connect(query, arrange).await;
    click("update").await;
    page
}

const USB: &str = "simulated_cable=usb";

/// Does what leads to a failure with this code, and gives back what keeps the page open.
async fn lead_to(code: Code) -> Box<dyn Any> {
    // Most need nothing else.
    feed();
    let status = |status| play_feed(CONFIG, status, r#"{"error":{"message":"said by the feed"}}"#, &[]);
    match code {
        Code::BadConfig => {
            feed_with(r#"{"feed":{"projectkey":"key"}}"#);
            Box::new(open_page(""))
        }
        Code::NotLoaded => connect(USB, || usb_fails("connect", "not-loaded")).await,
        Code::NoPortPicked => twice("connect").await,
        Code::NoDevicePicked => twice("connect-usb").await,
        Code::PortBusy => connect("", || port_that("is busy")).await,
        Code::NoAccess => connect(USB, || usb_fails("connect", "no-access")).await,
        Code::NoWebUsb => {
            feed_with(&product(r#""boot_mode":"touch""#));
            connect("simulated_cable=serial", || (port_that("is silent"), without_web_usb()).0).await
        }
        Code::NotDfuse => connect(USB, || usb_fails("connect", "not-dfuse")).await,
        Code::UsbTrouble => connect(USB, || usb_fails("connect", "trouble")).await,
        Code::Unplugged => connect("", || port_that("is lost")).await,
        Code::NoAnswer => connect("", || port_that("is silent")).await,
        Code::NotEntered => {
            feed_with(&product(r#""boot_mode":{"wired":{"reset":{"line":"dtr"}}}"#));
            connect("", || port_that("is silent")).await
        }
        Code::Echo => connect("", || port_that("echoes")).await,
        Code::Garbled => connect("", || port_that("babbles")).await,
        Code::Unreliable => connect("", || port_that("knows no command")).await,
        Code::UnknownChip => connect("", || chip_with(|quirks| Quirks { product_id: Some(0x7F0), ..quirks })).await,
        Code::Protected => connect("", || chip_with(|quirks| Quirks { read_protected: true, ..quirks })).await,
        Code::NoNetwork => connect("", || status(0)).await,
        Code::WrongKey => connect("", || status(403)).await,
        Code::UnknownDevice => connect("", || status(400)).await,
        Code::AskedTooOften => connect("", || status(429)).await,
        Code::FeedDown => connect("", || status(500)).await,
        Code::UnsuitableRelease => {
            play_feed(CONFIG, 200, &release(&image()).replace(r#""mp""#, r#""other""#), &image());
            connect("", || ()).await
        }
        Code::Unsigned => {
            feed_with(&CONFIG.replacen('{', &format!(r#"{{"public_keys":["{}"],"#, "0f".repeat(32)), 1));
            connect("", || ()).await
        }
        Code::NoSignatureCheck => {
            let config = CONFIG.replacen('{', &format!(r#"{{"public_keys":["{}"],"#, "0f".repeat(32)), 1);
            let signed = format!(r#""extra_info":{{"fieldflash_signature":"{}"}},"url""#, "0f".repeat(64));
            play_feed(&config, 200, &release(&image()).replace(r#""url""#, &signed), &image());
            connect("", without_signatures).await
        }
        Code::Older => connect("current_version=9.0.0", || ()).await,
        Code::Download => update("", payload_fails).await,
        Code::WrongPayload => {
            play_feed(CONFIG, 200, &release(&image()), &vec![0x55; image().len()]);
            update("", || ()).await
        }
        Code::BadImage => offering(image_with(0x2000_1000, 0)).await,
        Code::WrongDevice => offering(image_with(0x3000_1000, 0x0800_0201)).await,
        Code::Mismatch => update(USB, || usb_fails("write", "")).await,
        Code::Unerasable => {
            let mut image = image();
            image.resize((512 << 10) + 1024, 0x55);
            play_feed(CONFIG, 200, &release(&image), &image);
            update(USB, usb_has_two_banks).await
        }
        Code::NotErased => update("", || chip_with(|quirks| Quirks { write_protected: vec![0], ..quirks })).await,
        Code::LinkLost => update(USB, || usb_fails("write", "trouble")).await,
        Code::NeedsReset => update(USB, || usb_fails("write", "needs-reset")).await,
        Code::OtherTab => {
            let page = open_page("");
            wait_until(|| find("connect-simulated").is_some()).await;
            another_tab();
            Box::new(page)
        }
        Code::StorageFull => update("", || storage_fails("QuotaExceededError")).await,
        Code::StorageRefused => update("", || storage_fails("SecurityError")).await,
    }
}

async fn twice(button: &str) -> Box<dyn Any> {
    let page = open_page("");
    nothing_is_picked();
    click(button).await;
    wait_until(|| find(button).is_some_and(|button| !button.has_attribute("disabled"))).await;
    assert!(find("advice").is_none() && find("result").is_none(), "who closes the list once meant to");
    click(button).await;
    Box::new(page)
}

async fn offering(payload: Vec<u8>) -> Box<dyn Any> {
    play_feed(CONFIG, 200, &release(&payload), &payload);
    update("", || ()).await
}

/// Where the page says that it is this.
fn place_of(code: Code) -> Option<HtmlElement> {
    let document = window()?.document()?;
    document.query_selector(&format!("[data-code={}]", code.name())).ok()??.dyn_into().ok()
}

#[wasm_bindgen_test]
async fn every_failure_is_told_with_what_helps_in_one_to_three_sentences() {
    for &code in Code::ALL {
        let page = lead_to(code).await;
        // What is waited for in vain is the last one here.
        web_sys::console::log_1(&code.name().into());
        wait_until(|| place_of(code).is_some()).await;
        let place = place_of(code).unwrap();
        let says = place.inner_text();
        assert_eq!(text_of("error").await, title(code).text(), "{code:?}: {}", shown_log());
        let remedies = place.inner_html().matches("<li").count();
        assert!((1..=3).contains(&remedies), "{code:?}: {says}");
        let safety = "[data-testid=device-state], [data-testid=harmless]";
        assert!(place.query_selector(safety).unwrap().is_some(), "{code:?}: {says}");
        assert!(says.contains(&format!("({})", code.name())), "{code:?}: {says}");
        // Where the page is not set up, there is nothing to be tried.
        if place.get_attribute("data-outcome").is_some() && code != Code::BadConfig {
            let again = "[data-testid=ask-again], [data-testid^=connect]";
            assert!(place.query_selector(again).unwrap().is_some(), "{code:?}: no way on");
        }
        if matches!(code, Code::StorageFull | Code::StorageRefused) {
            assert_eq!(outcome().await, "updated", "{code:?} keeps nobody from the update");
        }
        restore();
        if code == Code::OtherTab {
            wait_until(|| find("other-tab").is_none()).await;
        }
        drop(page);
    }
}
