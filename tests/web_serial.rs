//! Web Serial as a port, on a port of JavaScript's own that behaves as the standard says.
#![cfg(target_arch = "wasm32")]

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;

use fieldflash::port::{OpenError, WebSerial, adapter};
use js_sys::{Array, Reflect, Uint8Array};
use stm32_bootloader::port::{Instant, LineSettings, Port, PortError};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
const shown = performance.now.bind(performance);
let asleep = 0;
performance.now = () => shown() + asleep;
export function computer_sleeps(after, time) { setTimeout(() => { asleep += time }, after) }
export function fake_port() {
    let controller;
    const stream = () => new ReadableStream({ start: it => { controller = it } });
    const port = { written: [], signals: [], closings: 0, busy: 0, readable: null, writable: null };
    port.open = async options => {
        if (port.readable) throw new DOMException("already open", "InvalidStateError");
        if (port.busy-- > 0 || options.baudRate > 921600) throw new DOMException("Failed to open serial port.", "NetworkError");
        port.options = options;
        port.readable = stream();
        port.writable = new WritableStream({ write: bytes => { port.written.push(...bytes) } });
    };
    port.close = async () => {
        if (port.readable.locked || port.writable.locked) throw new TypeError("a stream is locked");
        await new Promise(done => setTimeout(done, 20));
        port.readable = port.writable = null;
        port.closings += 1;
    };
    port.getInfo = () => port.onUsb ? { usbVendorId: 0x0403, usbProductId: 0x6001 } : {};
    port.setSignals = async signals => { port.signals.push(signals) };
    port.bring = bytes => controller.enqueue(bytes);
    port.bringLater = (bytes, after) => setTimeout(port.bring, after, bytes.slice());
    port.disturb = name => {
        const old = controller;
        port.readable = stream();
        old.error(new DOMException("disturbed", name));
    };
    port.unplug = () => {
        port.readable = null;
        controller.error(new DOMException("The device has been lost.", "NetworkError"));
    };
    return port;
}"#)]
extern "C" {
    #[derive(Clone)]
    type FakePort;
    fn fake_port() -> FakePort;
    fn computer_sleeps(after: f64, time: f64);
    #[wasm_bindgen(method, js_name = bringLater)]
    fn bring_later(this: &FakePort, bytes: &Uint8Array, after: f64);
    #[wasm_bindgen(method)]
    fn bring(this: &FakePort, bytes: &Uint8Array);
    #[wasm_bindgen(method)]
    fn disturb(this: &FakePort, name: &str);
    #[wasm_bindgen(method)]
    fn unplug(this: &FakePort);
    #[wasm_bindgen(method, getter)]
    fn written(this: &FakePort) -> Array;
    #[wasm_bindgen(method, getter)]
    fn signals(this: &FakePort) -> Array;
    #[wasm_bindgen(method, getter)]
    fn options(this: &FakePort) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn closings(this: &FakePort) -> u32;
    /// How often it is refused from now on, as something else has it open.
    #[wasm_bindgen(method, setter)]
    fn set_busy(this: &FakePort, times: u32);
    #[wasm_bindgen(method, setter = "onUsb")]
    fn set_on_usb(this: &FakePort, on_usb: bool);
}

async fn open(fake: &FakePort, baud: u32) -> WebSerial {
    let port = fake.clone().unchecked_into();
    WebSerial::open(port, LineSettings { baud, ..LineSettings::DEFAULT }).await.unwrap()
}

/// An open port that has read already.
async fn open_and_reading(fake: &FakePort) -> WebSerial {
    let mut port = open(fake, 115_200).await;
    fake.bring(&Uint8Array::from(&[0][..]));
    assert_eq!(port.read(&mut [0], later(&port)).await, Ok(1));
    port
}

fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap()
}

fn soon(port: &WebSerial) -> Instant {
    port.now() + Duration::from_millis(50)
}

fn later(port: &WebSerial) -> Instant {
    port.now() + Duration::from_secs(20)
}

#[wasm_bindgen_test]
async fn it_opens_at_the_baud_with_even_parity_and_lets_both_modem_lines_go() {
    let fake = fake_port();
    let _port = open(&fake, 57_600).await;
    let options = fake.options();
    assert_eq!(get(&options, "baudRate"), 57_600);
    assert_eq!(get(&options, "parity"), "even");
    assert_eq!((get(&options, "dataBits"), get(&options, "stopBits")), (8.into(), 1.into()));
    let signals = fake.signals().get(0);
    assert_eq!((get(&signals, "dataTerminalReady"), get(&signals, "requestToSend")), (false.into(), false.into()));
}

#[wasm_bindgen_test]
async fn bytes_that_nobody_waited_for_are_kept() {
    let fake = fake_port();
    let mut port = open(&fake, 115_200).await;
    let mut byte = [0];
    assert_eq!(port.read(&mut byte, soon(&port)).await, Err(PortError::TimedOut));
    fake.bring(&Uint8Array::from(&[1, 2, 3][..]));
    fake.bring(&Uint8Array::from(&[4][..]));
    for expected in 1..=4 {
        assert_eq!(port.read(&mut byte, later(&port)).await, Ok(1));
        assert_eq!(byte[0], expected);
    }
}

#[wasm_bindgen_test]
async fn no_deadline_passes_while_the_computer_sleeps() {
    let fake = fake_port();
    let mut port = open_and_reading(&fake).await;
    let before = port.now();
    let deadline = before + Duration::from_millis(500);
    computer_sleeps(5.0, 60_000.0);
    port.wait_until(before + Duration::from_millis(20)).await;
    assert!(port.now() < deadline, "{:?} after {before:?}", port.now());
    fake.bring_later(&Uint8Array::from(&[7][..]), 50.0);
    assert_eq!(port.read(&mut [0], deadline).await, Ok(1));
}

#[wasm_bindgen_test]
async fn a_wait_during_which_the_computer_sleeps_comes_to_an_end() {
    let fake = fake_port();
    let mut port = open_and_reading(&fake).await;
    computer_sleeps(20.0, 60_000.0);
    let deadline = port.now() + Duration::from_millis(200);
    assert_eq!(port.read(&mut [0], deadline).await, Err(PortError::TimedOut));
}

#[wasm_bindgen_test]
async fn what_is_there_is_told_without_a_wait() {
    let fake = fake_port();
    let mut port = open_and_reading(&fake).await;
    let now = port.now();
    let mut byte = [0];
    let mut read = pin!(port.read(&mut byte, now));
    let at_once = poll_fn(|context| Poll::Ready(read.as_mut().poll(context))).await;
    assert_eq!(at_once, Poll::Ready(Err(PortError::TimedOut)));
}

#[wasm_bindgen_test]
async fn what_is_written_goes_out_in_order() {
    let fake = fake_port();
    let mut port = open(&fake, 115_200).await;
    port.write(&[0x31, 0xCE], later(&port)).await.unwrap();
    port.write(&[0x7F], later(&port)).await.unwrap();
    let written: Vec<f64> = fake.written().iter().filter_map(|byte| byte.as_f64()).collect();
    assert_eq!(written, [49.0, 206.0, 127.0]);
}

#[wasm_bindgen_test]
async fn a_disturbed_line_is_told_and_goes_on() {
    let fake = fake_port();
    let mut port = open_and_reading(&fake).await;
    fake.disturb("ParityError");
    let mut byte = [0];
    assert_eq!(port.read(&mut byte, later(&port)).await, Err(PortError::Line("ParityError".into())));
    fake.bring(&Uint8Array::from(&[0x79][..]));
    assert_eq!((port.read(&mut byte, later(&port)).await, byte[0]), (Ok(1), 0x79));
}

#[wasm_bindgen_test]
async fn an_unplugged_port_is_lost_at_once() {
    let fake = fake_port();
    let mut port = open_and_reading(&fake).await;
    fake.unplug();
    let error = port.read(&mut [0], later(&port)).await.unwrap_err();
    assert!(matches!(&error, PortError::Lost(reason) if reason.contains("NetworkError")), "{error:?}");
}

#[wasm_bindgen_test]
async fn after_an_error_of_the_system_nothing_reads_until_it_is_known_whether_the_device_is_gone() {
    let fake = fake_port();
    let mut port = open_and_reading(&fake).await;
    fake.disturb("UnknownError");
    assert_eq!(port.read(&mut [0], later(&port)).await, Err(PortError::Line("UnknownError".into())));
    assert_eq!(get(&get(&fake, "readable"), "locked"), false);
    fake.bring(&Uint8Array::from(&[5][..]));
    let mut byte = [0];
    assert_eq!((port.read(&mut byte, later(&port)).await, byte[0]), (Ok(1), 5));
}

#[wasm_bindgen_test]
async fn a_dropped_port_is_closed_before_it_is_opened_again() {
    let fake = fake_port();
    drop(open(&fake, 115_200).await);
    let mut port = open(&fake, 9_600).await;
    assert_eq!((fake.closings(), get(&fake.options(), "baudRate")), (1, 9_600.into()));
    fake.bring(&Uint8Array::from(&[5][..]));
    let mut byte = [0];
    assert_eq!((port.read(&mut byte, later(&port)).await, byte[0]), (Ok(1), 5));
}

#[wasm_bindgen_test]
async fn another_rate_closes_and_opens_the_port() {
    let fake = fake_port();
    let mut port = open(&fake, 115_200).await;
    port.set_line(LineSettings { baud: 230_400, ..LineSettings::DEFAULT }).await.unwrap();
    assert_eq!((fake.closings(), get(&fake.options(), "baudRate")), (1, 230_400.into()));
    assert_eq!(port.line().baud, 230_400);
}

#[wasm_bindgen_test]
async fn another_rate_closes_and_opens_a_port_that_has_read_already() {
    let fake = fake_port();
    let mut port = open_and_reading(&fake).await;
    port.set_line(LineSettings { baud: 1200, ..LineSettings::DEFAULT }).await.unwrap();
    assert_eq!((fake.closings(), get(&fake.options(), "baudRate")), (1, 1200.into()));
}

#[wasm_bindgen_test]
async fn a_rate_that_the_port_refuses_can_be_come_back_from() {
    let fake = fake_port();
    let mut port = open(&fake, 115_200).await;
    let at = |baud| LineSettings { baud, ..LineSettings::DEFAULT };
    let refused = port.set_line(at(1_843_200)).await;
    assert!(matches!(&refused, Err(PortError::Refused(reason)) if reason.contains("NetworkError")), "{refused:?}");
    port.set_line(at(115_200)).await.unwrap();
    fake.bring(&Uint8Array::from(&[5][..]));
    let mut byte = [0];
    assert_eq!((port.read(&mut byte, later(&port)).await, byte[0]), (Ok(1), 5));
}

#[wasm_bindgen_test]
async fn a_port_that_is_let_go_of_a_moment_later_is_opened_then_and_one_that_is_kept_is_told() {
    for (times, opens) in [(0, true), (1, true), (2, false)] {
        let fake = fake_port();
        fake.set_busy(times);
        let opened = WebSerial::open(fake.clone().unchecked_into(), LineSettings::DEFAULT).await;
        assert_eq!(opened.is_ok(), opens, "refused {times} times");
        let told = matches!(&opened, Err(OpenError::Refused(reason)) if reason.contains("NetworkError"));
        assert_eq!(told, !opens, "{opened:?}");
    }
}

#[wasm_bindgen_test]
async fn an_adapter_on_usb_is_told_from_others() {
    let fake = fake_port();
    assert_eq!(adapter(fake.unchecked_ref()), None);
    fake.set_on_usb(true);
    assert_eq!(adapter(fake.unchecked_ref()).as_deref(), Some("0403:6001"));
}
