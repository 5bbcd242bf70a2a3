//! The device as a `SerialPort` of Web Serial, as far as a page needs one.

use std::rc::Rc;

use futures_util::{sink, stream};
use js_sys::{Promise, Uint8Array};
use stm32_bootloader::port::{LineSettings, Parity, Signals};
use stm32_bootloader::sim::SimulatedPort;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue};
use web_sys::{ParityType, ReadableStream, SerialOptions, SerialOutputSignals, SerialPortInfo, WritableStream};

use crate::device::Device;

/// A vendor id that is given to none (USB-IF).
const NOBODY: u16 = 0xFFFF;

/// The simulated device, plugged in and freshly reset into its bootloader. Its time passes `speed` times as fast as the
/// page's.
///
/// # Errors
/// When there is no chip to simulate.
#[wasm_bindgen(js_name = serialPort)]
pub fn serial_port(speed: f64) -> Result<SimulatedSerialPort, JsError> {
    let device = Device::plug_in(speed).map_err(|reason| JsError::new(&reason))?;
    Ok(SimulatedSerialPort { device, streams: None })
}

/// Another simulated device than the usual one, for tests of what a page makes of it.
pub fn serial_port_to(port: SimulatedPort, speed: f64) -> SimulatedSerialPort {
    SimulatedSerialPort { device: Rc::new(Device::at(port, speed)), streams: None }
}

/// Has the names, arguments and answers of the standard's `SerialPort`.
#[wasm_bindgen]
pub struct SimulatedSerialPort {
    device: Rc<Device>,
    /// While it is open.
    streams: Option<(ReadableStream, WritableStream)>,
}

#[wasm_bindgen]
impl SimulatedSerialPort {
    /// Opens it at the baud and with the parity that `options` say.
    pub fn open(&mut self, options: &SerialOptions) -> Promise {
        let parity = match options.get_parity() {
            Some(ParityType::Even) => Parity::Even,
            _ => Parity::None,
        };
        let line = LineSettings { baud: options.get_baud_rate(), parity };
        match self.device.open(line) {
            Ok(opening) => {
                self.streams = Some((self.bytes_out(opening), self.bytes_in()));
                Promise::resolve(&JsValue::UNDEFINED)
            }
            Err(error) => refused(&error.to_string()),
        }
    }

    /// Closes it.
    pub fn close(&mut self) -> Promise {
        self.streams = None;
        self.device.close();
        Promise::resolve(&JsValue::UNDEFINED)
    }

    /// What the chip sends; `null` while the port is closed.
    #[wasm_bindgen(getter)]
    pub fn readable(&self) -> JsValue {
        self.streams.as_ref().map_or(JsValue::NULL, |(readable, _)| readable.into())
    }

    /// What is sent to the chip; `null` while the port is closed.
    #[wasm_bindgen(getter)]
    pub fn writable(&self) -> JsValue {
        self.streams.as_ref().map_or(JsValue::NULL, |(_, writable)| writable.into())
    }

    /// Sets DTR and RTS.
    #[wasm_bindgen(js_name = setSignals)]
    pub fn set_signals(&self, signals: &SerialOutputSignals) -> Promise {
        let lines = Signals {
            dtr: signals.get_data_terminal_ready().unwrap_or_default(),
            rts: signals.get_request_to_send().unwrap_or_default(),
        };
        match self.device.set_signals(lines) {
            Ok(()) => Promise::resolve(&JsValue::UNDEFINED),
            Err(error) => refused(&error.to_string()),
        }
    }

    /// Who made the adapter: someone who makes no real one.
    #[wasm_bindgen(js_name = getInfo)]
    pub fn info(&self) -> SerialPortInfo {
        let info = SerialPortInfo::new();
        info.set_usb_vendor_id(NOBODY);
        info.set_usb_product_id(NOBODY);
        info
    }

    fn bytes_out(&self, opening: u32) -> ReadableStream {
        let device = Rc::clone(&self.device);
        let pieces = stream::unfold(device, move |device| async move {
            let piece = device.next(opening).await?;
            Some((Ok(Uint8Array::from(piece.as_slice()).into()), device))
        });
        wasm_streams::ReadableStream::from_stream(pieces).into_raw()
    }

    fn bytes_in(&self) -> WritableStream {
        let device = Rc::clone(&self.device);
        let pieces = sink::unfold(device, |device, piece: JsValue| async move {
            let bytes = piece.dyn_into::<Uint8Array>()?.to_vec();
            device.send(&bytes).map_err(|error| JsValue::from(JsError::new(&error.to_string())))?;
            Ok::<_, JsValue>(device)
        });
        wasm_streams::WritableStream::from_sink(pieces).into_raw()
    }
}

fn refused(reason: &str) -> Promise {
    Promise::reject(&JsError::new(reason).into())
}
