//! The JavaScript class with the simulated device, as a page uses it.
#![cfg(target_arch = "wasm32")]

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::UsbDevice;
use web_usb::connect;

wasm_bindgen_test_configure!(run_in_browser);

const BASE: u32 = 0x0800_0000;

#[wasm_bindgen]
extern "C" {
    /// The class, as JavaScript sees it.
    type Class;
    #[wasm_bindgen(method)]
    fn identify(this: &Class) -> Promise;
    #[wasm_bindgen(method, getter)]
    fn name(this: &Class) -> String;
    #[wasm_bindgen(method, getter)]
    fn candidates(this: &Class) -> Vec<u16>;
    #[wasm_bindgen(method, getter)]
    fn flash(this: &Class) -> Vec<u32>;
    #[wasm_bindgen(method, getter)]
    fn texts(this: &Class) -> Vec<String>;
    #[wasm_bindgen(method)]
    fn read(this: &Class, address: u32, length: usize) -> Promise;
    #[wasm_bindgen(method)]
    fn write(this: &Class, address: u32, bytes: &Uint8Array) -> Promise;
    #[wasm_bindgen(method)]
    fn erase(this: &Class, address: u32, size: u32) -> Promise;
    #[wasm_bindgen(method)]
    fn start(this: &Class, address: u32) -> Promise;
    #[wasm_bindgen(method)]
    fn close(this: &Class);
}

/// The simulated device, plugged in.
fn device() -> UsbDevice {
    JsValue::from(simulated_device::usb_device(50.0).unwrap_or_else(|_| panic!("there is no chip"))).unchecked_into()
}

async fn connected() -> Class {
    browser::settled(&connect(device())).await.expect("it answers").unchecked_into()
}

/// The name of the error that a promise is rejected with.
async fn refusal(promise: Promise) -> String {
    browser::error_name(&browser::settled(&promise).await.expect_err("it is refused"))
}

#[wasm_bindgen_test]
async fn the_device_tells_what_it_is() {
    let bootloader = connected().await;
    browser::settled(&bootloader.identify()).await.unwrap();
    let texts = bootloader.texts();
    assert_eq!(texts[..3], ["USB 0483:DF11", "DfuSe, ROM 2.2", "00 21 41 92"]);
    assert_eq!(texts[3].len(), 12, "{texts:?}");
    assert_eq!(bootloader.flash(), [2048, 0, 0, BASE, 4, 16 << 10, 1, 64 << 10, 7, 128 << 10]);
    assert!(bootloader.name().contains("F405"), "{}", bootloader.name());
    assert!(bootloader.candidates().contains(&0x413));
    bootloader.close();
}

#[wasm_bindgen_test]
async fn the_device_is_erased_written_read_and_started() {
    let bootloader = connected().await;
    browser::settled(&bootloader.identify()).await.unwrap();
    browser::settled(&bootloader.erase(BASE, 16 << 10)).await.unwrap();
    // The vector table of a program that starts.
    let contents = [[0x00, 0x10, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08], [1, 2, 3, 4, 5, 6, 7, 8]].concat();
    browser::settled(&bootloader.write(BASE, &Uint8Array::from(contents.as_slice()))).await.unwrap();
    let read = browser::settled(&bootloader.read(BASE, 16)).await.unwrap();
    assert_eq!(read.unchecked_into::<Uint8Array>().to_vec(), contents);
    browser::settled(&bootloader.start(BASE)).await.unwrap();
    assert_eq!(refusal(bootloader.read(BASE, 16)).await, "lost");
    bootloader.close();
}

#[wasm_bindgen_test]
async fn what_is_no_memory_is_refused_by_name() {
    let bootloader = connected().await;
    assert_eq!(refusal(bootloader.read(0x2000_0000, 16)).await, "refusal");
    bootloader.close();
}

#[wasm_bindgen_test]
async fn a_device_that_is_gone_is_told_as_one() {
    let device = device();
    // The chip is plugged in anew, and is another device then.
    let _other = simulated_device::usb_device(50.0);
    assert_eq!(refusal(connect(device)).await, "lost");
}
