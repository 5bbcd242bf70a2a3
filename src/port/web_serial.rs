//! Web Serial as a port.
//!
//! A read of the browser's stream cannot be given up without losing what it would have brought, so one task reads for
//! as long as the port is open and the protocol takes from what it has gathered.

use core::cell::RefCell;
use core::future::poll_fn;
use core::task::{Poll, Waker};
use core::time::Duration;
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Reflect, Uint8Array};
use stm32_bootloader::port::{Instant, LineSettings, Parity, Port, PortError, Signals};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};
use web_sys::{
    FlowControlType, ParityType, ReadableStream, ReadableStreamDefaultReader, SerialOptions, SerialOutputSignals,
    SerialPort, WritableStreamDefaultWriter,
};

use super::{OpenError, amid_list, exchange};
use crate::browser::{self, closing, until};

/// The browser's buffer, in bytes; its default of 255 is less than one block's answer.
const BUFFER: u32 = 8192;

/// Errors that end a stream but leave the port open (Web Serial standard, "receiving data").
const LINE_ERRORS: [&str; 5] = ["BufferOverrunError", "BreakError", "FramingError", "ParityError", "UnknownError"];

/// The one of them that may be the first that is seen of a device that was pulled out.
const SYSTEM_ERROR: &str = "UnknownError";
/// After which the browser knows that it was. Chromium's page is gone where a stream is begun, and let go of, meanwhile.
const GONE: Duration = Duration::from_millis(200);

/// What a port is refused with that something else has open, or that the system does not let the browser open.
const REFUSED: &str = "NetworkError";
/// After which it may be otherwise: a system sets the rights of a device after it was plugged in and seen, and a page that was
/// closed a moment ago lets go of its port a moment later.
const SETTLED: Duration = Duration::from_millis(500);

/// An open Web Serial port.
#[derive(Debug)]
pub struct WebSerial {
    port: SerialPort,
    line: LineSettings,
    writer: Option<WritableStreamDefaultWriter>,
    inbox: Rc<RefCell<Inbox>>,
}

/// Vendor and product id of the USB adapter of `port`, e.g. `0403:6001`; none where it is not on USB.
pub fn adapter(port: &SerialPort) -> Option<String> {
    let info = port.get_info();
    Some(format!("{:04X}:{:04X}", info.get_usb_vendor_id()?, info.get_usb_product_id()?))
}

/// What the reading task has gathered.
#[derive(Debug, Default)]
struct Inbox {
    bytes: VecDeque<u8>,
    /// The line was disturbed since the last read.
    disturbed: Option<String>,
    /// The port is gone.
    lost: Option<String>,
    /// The one who waits for any of these.
    waker: Option<Waker>,
    reader: Option<ReadableStreamDefaultReader>,
    closing: bool,
}

impl Inbox {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl WebSerial {
    /// Opens `port`.
    ///
    /// # Errors
    /// [`OpenError::Refused`] with the browser's own words.
    pub async fn open(port: SerialPort, line: LineSettings) -> Result<Self, OpenError> {
        closing::finished().await;
        let inbox = Rc::new(RefCell::new(Inbox::default()));
        let mut this = Self { port, line, writer: None, inbox };
        let mut started = this.start().await;
        if started.as_ref().is_err_and(|error| browser::error_name(error) == REFUSED) {
            browser::sleep(SETTLED).await;
            started = this.start().await;
        }
        started.map_err(|error| OpenError::Refused(browser::error_text(&error)))?;
        Ok(this)
    }

    /// The browser's port.
    pub fn serial_port(&self) -> &SerialPort {
        &self.port
    }

    /// Closes the port, and gives back how its line was and what it is.
    pub fn into_parts(self) -> (LineSettings, SerialPort) {
        (self.line, self.port.clone())
    }

    async fn start(&mut self) -> Result<(), JsValue> {
        let options = SerialOptions::new(self.line.baud);
        options.set_data_bits(8);
        options.set_stop_bits(1);
        options.set_parity(match self.line.parity {
            Parity::Even => ParityType::Even,
            Parity::None => ParityType::None,
        });
        options.set_flow_control(FlowControlType::None);
        options.set_buffer_size(BUFFER);
        JsFuture::from(self.port.open(&options)).await?;
        // Boards wire these lines to BOOT0 and NRST. Systems differ in how they leave them at open, so both are let
        // go. Bridges without modem lines refuse, and need nothing.
        let _ = self.set_signals(Signals::default()).await;
        self.writer = Some(self.port.writable().get_writer()?);
        *self.inbox.borrow_mut() = Inbox::default();
        spawn_local(pump(self.port.clone(), self.inbox.clone()));
        Ok(())
    }

    /// Closes the port. The returned future goes on by itself, whoever drops this.
    fn stop(&mut self) -> impl Future<Output = ()> + use<> {
        let (port, writer) = (self.port.clone(), self.writer.take());
        let reader = {
            let mut inbox = self.inbox.borrow_mut();
            inbox.closing = true;
            inbox.reader.clone()
        };
        async move {
            if let Some(reader) = reader {
                let _ = JsFuture::from(reader.cancel()).await;
            }
            if let Some(writer) = writer {
                // Abort rather than close: closing waits for bytes that a dead adapter will never take.
                let _ = JsFuture::from(writer.abort()).await;
                writer.release_lock();
            }
            let _ = JsFuture::from(port.close()).await;
        }
    }
}

/// Closes the port, so that this page and other programs can open it again.
impl Drop for WebSerial {
    fn drop(&mut self) {
        let stop = self.stop();
        closing::begin(future_to_promise(async move {
            stop.await;
            Ok(JsValue::UNDEFINED)
        }));
    }
}

/// Reads until the port is closed or gone.
async fn pump(port: SerialPort, inbox: Rc<RefCell<Inbox>>) {
    loop {
        // A reader would keep the port from being closed, even one that comes too late.
        if inbox.borrow().closing {
            return;
        }
        // The stream is null once the port is closed or gone, whatever the bindings say.
        let readable = Reflect::get(&port, &"readable".into()).ok().and_then(|stream| stream.dyn_into().ok());
        let Some(readable): Option<ReadableStream> = readable else {
            let mut inbox = inbox.borrow_mut();
            inbox.lost = Some("the port is closed".into());
            return inbox.wake();
        };
        let reader: ReadableStreamDefaultReader = readable.get_reader().unchecked_into();
        inbox.borrow_mut().reader = Some(reader.clone());
        let end = gather(&reader, &inbox).await;
        reader.release_lock();
        let name = end.as_ref().map(browser::error_name).unwrap_or_default();
        {
            let mut inbox = inbox.borrow_mut();
            inbox.reader = None;
            if inbox.closing {
                return;
            }
            if !LINE_ERRORS.contains(&name.as_str()) {
                inbox.lost = Some(end.map_or_else(|| "the stream ended".into(), |error| browser::error_text(&error)));
                return inbox.wake();
            }
            inbox.disturbed = Some(name.clone());
            inbox.wake();
        }
        if name == SYSTEM_ERROR {
            browser::sleep(GONE).await;
        }
    }
}

/// Gathers what `reader` brings until its stream ends, and says with which error if with one.
async fn gather(reader: &ReadableStreamDefaultReader, inbox: &Rc<RefCell<Inbox>>) -> Option<JsValue> {
    loop {
        match browser::next_piece(reader).await {
            Ok(Some(bytes)) => {
                exchange::note(false, &bytes);
                let mut inbox = inbox.borrow_mut();
                inbox.bytes.extend(bytes);
                inbox.wake();
            }
            Ok(None) => return None,
            Err(error) => return Some(error),
        }
    }
}

impl Port for WebSerial {
    fn now(&self) -> Instant {
        Instant::at(browser::now())
    }

    async fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, PortError> {
        let inbox = &self.inbox;
        let taken = poll_fn(|context| {
            let mut inbox = inbox.borrow_mut();
            if !inbox.bytes.is_empty() {
                let count = buffer.len().min(inbox.bytes.len());
                for (slot, byte) in buffer.iter_mut().zip(inbox.bytes.drain(..count)) {
                    *slot = byte;
                }
                return Poll::Ready(Ok(count));
            }
            if let Some(reason) = inbox.disturbed.take() {
                return Poll::Ready(Err(PortError::Line(reason)));
            }
            if let Some(reason) = &inbox.lost {
                return Poll::Ready(Err(PortError::Lost(reason.clone())));
            }
            // Waiting for no time at all takes a browser milliseconds.
            if until(deadline).is_zero() {
                return Poll::Ready(Err(PortError::TimedOut));
            }
            inbox.waker = Some(context.waker().clone());
            Poll::Pending
        });
        browser::within(until(deadline), taken).await.unwrap_or(Err(PortError::TimedOut))
    }

    async fn write(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), PortError> {
        let writer = self.writer.as_ref().ok_or_else(|| PortError::Lost("the port is closed".into()))?;
        exchange::note(true, bytes);
        let written = JsFuture::from(writer.write_with_chunk(&Uint8Array::from(bytes)));
        match browser::within(until(deadline), written).await {
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(PortError::Lost(browser::error_text(&error))),
            None => Err(PortError::TimedOut),
        }
    }

    async fn clear_input(&mut self) -> Result<(), PortError> {
        let mut inbox = self.inbox.borrow_mut();
        inbox.bytes.clear();
        inbox.disturbed = None;
        Ok(())
    }

    async fn set_signals(&mut self, signals: Signals) -> Result<(), PortError> {
        let output = SerialOutputSignals::new();
        output.set_data_terminal_ready(signals.dtr);
        output.set_request_to_send(signals.rts);
        JsFuture::from(self.port.set_signals_with_signals(&output))
            .await
            .map(drop)
            .map_err(|error| PortError::Refused(browser::error_text(&error)))
    }

    async fn set_line(&mut self, settings: LineSettings) -> Result<(), PortError> {
        // Web Serial has no way to change the line of an open port.
        self.stop().await;
        self.line = settings;
        self.inbox = Rc::default();
        self.start().await.map_err(|error| PortError::Refused(browser::error_text(&error)))
    }

    fn line(&self) -> LineSettings {
        self.line
    }

    async fn wait_until(&mut self, moment: Instant) {
        browser::sleep(until(moment)).await;
    }

    fn awaits_list(&mut self, awaits: bool) {
        amid_list::note(awaits);
    }
}
