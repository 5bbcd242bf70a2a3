//! WebUSB as a control pipe, on a device of JavaScript's own that behaves as the standard says.
#![cfg(target_arch = "wasm32")]

use core::time::Duration;

use js_sys::{Array, Uint8Array};
use stm32_bootloader::pipe::{ControlPipe, Kind, PipeError, Recipient, Request};
use stm32_bootloader::port::Instant;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_usb::{OpenError, WebUsb};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
const fail = (name, text = 'it is so') => { throw new DOMException(text, name) };
export function fake_device() {
    let giveUp;
    const device = { vendorId: 0x0483, productId: 0xdf11, opened: false, configuration: null, log: [], answers: [], refusal: '' };
    const told = async (...words) => { device.log.push(words.join(' ')) };
    device.open = async () => {
        if (device.refusal) fail(device.refusal);
        if (device.opened) fail('InvalidStateError');
        device.opened = true;
        await told('open');
    };
    device.close = async () => {
        await new Promise(done => setTimeout(done, 20));
        giveUp?.(new DOMException('The transfer was cancelled.', 'AbortError'));
        device.opened = false;
        await told('close');
    };
    device.selectConfiguration = async number => { device.configuration = {}; await told('configuration', number) };
    device.claimInterface = number => told('claim', number);
    device.selectAlternateInterface = (number, setting) => told('select', number, setting);
    device.reset = () => told('reset');
    const transfer = async () => {
        const answer = device.answers.shift();
        if (answer === 'never') return new Promise((_, reject) => { giveUp = reject });
        if (answer === 'unplugged') {
            setTimeout(() => { device.opened = false }, 60);
            fail('NetworkError', 'A transfer error has occurred.');
        }
        if (answer === 'broken') fail('NetworkError', 'A transfer error has occurred.');
        if (answer === 'gone') fail('NotFoundError', 'The device was disconnected.');
        if (answer === 'stall' || answer === 'babble') return { status: answer };
        // What comes may lie amid a larger buffer.
        const all = new Uint8Array([9, ...answer ?? [], 9]);
        return { status: 'ok', data: new DataView(all.buffer, 1, all.length - 2), bytesWritten: 0 };
    };
    const setup = it => [it.requestType, it.recipient, it.request, it.value, it.index].join(' ');
    device.controlTransferIn = (it, length) => (told('in', setup(it), length), transfer());
    device.controlTransferOut = (it, bytes) => (told('out', setup(it), [...bytes]), transfer());
    return device;
}"#)]
extern "C" {
    #[derive(Clone)]
    type FakeDevice;
    fn fake_device() -> FakeDevice;
    #[wasm_bindgen(method, getter)]
    fn log(this: &FakeDevice) -> Array;
    #[wasm_bindgen(method, getter)]
    fn answers(this: &FakeDevice) -> Array;
    #[wasm_bindgen(method, setter)]
    fn set_refusal(this: &FakeDevice, name: &str);
}

const GET_STATUS: Request = Request { kind: Kind::Class, recipient: Recipient::Interface, code: 3, value: 0, index: 0 };
const DOWNLOAD: Request = Request { code: 1, value: 2, ..GET_STATUS };

async fn open(fake: &FakeDevice) -> WebUsb {
    WebUsb::open(fake.clone().unchecked_into()).await.unwrap()
}

/// An open device whose next transfers end like this.
async fn open_with(fake: &FakeDevice, answers: &[&str]) -> WebUsb {
    let pipe = open(fake).await;
    for answer in answers {
        fake.answers().push(&JsValue::from(*answer));
    }
    pipe
}

fn answer(fake: &FakeDevice, bytes: &[u8]) {
    fake.answers().push(&Uint8Array::from(bytes));
}

fn log(fake: &FakeDevice) -> Vec<String> {
    fake.log().iter().filter_map(|line| line.as_string()).collect()
}

fn soon(pipe: &WebUsb) -> Instant {
    pipe.now() + Duration::from_millis(50)
}

fn later(pipe: &WebUsb) -> Instant {
    pipe.now() + Duration::from_secs(20)
}

#[wasm_bindgen_test]
async fn a_device_that_is_opened_is_configured() {
    let fake = fake_device();
    let _pipe = open(&fake).await;
    assert_eq!(log(&fake), ["open", "configuration 1"]);
}

#[wasm_bindgen_test]
async fn what_the_device_answers_comes_through() {
    let fake = fake_device();
    let mut pipe = open(&fake).await;
    answer(&fake, &[1, 2, 3]);
    let mut buffer = [0; 6];
    let deadline = later(&pipe);
    assert_eq!(pipe.control_in(GET_STATUS, &mut buffer, deadline).await, Ok(3));
    assert_eq!(buffer, [1, 2, 3, 0, 0, 0]);
    assert_eq!(log(&fake)[2], "in class interface 3 0 0 6");
}

#[wasm_bindgen_test]
async fn what_is_sent_reaches_the_device() {
    let fake = fake_device();
    let mut pipe = open(&fake).await;
    let deadline = later(&pipe);
    assert_eq!(pipe.control_out(DOWNLOAD, &[7, 8], deadline).await, Ok(()));
    assert_eq!(log(&fake)[2], "out class interface 1 2 0 7,8");
}

#[wasm_bindgen_test]
async fn a_setting_is_selected_each_time_and_its_interface_claimed_once() {
    let fake = fake_device();
    let mut pipe = open(&fake).await;
    pipe.select(0, 0).await.unwrap();
    pipe.select(0, 1).await.unwrap();
    assert_eq!(log(&fake)[2..], ["claim 0", "select 0 0", "select 0 1"]);
}

#[wasm_bindgen_test]
async fn a_stall_is_told_as_one() {
    let fake = fake_device();
    let mut pipe = open_with(&fake, &["stall"]).await;
    let deadline = later(&pipe);
    assert_eq!(pipe.control_in(GET_STATUS, &mut [0; 6], deadline).await, Err(PipeError::Stalled));
}

#[wasm_bindgen_test]
async fn a_transfer_without_an_answer_ends_at_its_deadline_and_the_next_one_is_not_mistaken_for_it() {
    let fake = fake_device();
    let mut pipe = open_with(&fake, &["never"]).await;
    pipe.select(0, 1).await.unwrap();
    let deadline = soon(&pipe);
    assert_eq!(pipe.control_in(GET_STATUS, &mut [0; 6], deadline).await, Err(PipeError::TimedOut));
    answer(&fake, &[4]);
    let deadline = later(&pipe);
    assert_eq!(pipe.control_in(GET_STATUS, &mut [0; 6], deadline).await, Ok(1));
    // Only closing ends a transfer in WebUSB; then the device is brought to where it was.
    let after = log(&fake).iter().position(|line| line == "close").expect("it was closed");
    assert_eq!(log(&fake)[after + 1..after + 4], ["open", "claim 0", "select 0 1"]);
}

#[wasm_bindgen_test]
async fn a_transfer_that_was_disturbed_may_be_tried_again() {
    let fake = fake_device();
    let mut pipe = open_with(&fake, &["broken", "babble"]).await;
    for _ in 0..2 {
        let deadline = later(&pipe);
        assert_eq!(pipe.control_in(GET_STATUS, &mut [0; 6], deadline).await, Err(PipeError::TimedOut));
    }
    answer(&fake, &[2]);
    let deadline = later(&pipe);
    assert_eq!(pipe.control_in(GET_STATUS, &mut [0; 6], deadline).await, Ok(1));
}

#[wasm_bindgen_test]
async fn a_device_that_is_pulled_out_is_lost_even_amid_a_transfer() {
    for end in ["gone", "unplugged"] {
        let fake = fake_device();
        let mut pipe = open_with(&fake, &[end]).await;
        let deadline = later(&pipe);
        let error = pipe.control_in(GET_STATUS, &mut [0; 6], deadline).await.unwrap_err();
        assert!(matches!(error, PipeError::Lost(_)), "{end}: {error:?}");
    }
}

#[wasm_bindgen_test]
async fn a_device_that_the_system_keeps_from_the_browser_is_told_apart_from_one_in_use() {
    let fake = fake_device();
    fake.set_refusal("SecurityError");
    let error = WebUsb::open(fake.clone().unchecked_into()).await.unwrap_err();
    assert!(matches!(error, OpenError::NoAccess(_)), "{error:?}");
    fake.set_refusal("NetworkError");
    let error = WebUsb::open(fake.clone().unchecked_into()).await.unwrap_err();
    assert!(matches!(error, OpenError::Refused(_)), "{error:?}");
}

#[wasm_bindgen_test]
async fn a_dropped_device_is_closed_before_it_is_opened_again() {
    let fake = fake_device();
    drop(open(&fake).await);
    let _pipe = open(&fake).await;
    assert_eq!(log(&fake), ["open", "configuration 1", "close", "open"]);
}
