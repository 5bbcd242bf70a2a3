//! The ports that the page has: Web Serial, and a simulated device.

mod simulated;
mod web_serial;

pub use simulated::SimulatedDevice;
pub use web_serial::{OpenError, WebSerial};

use stm32_bootloader::port::{Instant, LineSettings, Port, PortError, Signals};

/// Whichever port the person chose, open until it is dropped. One type, so that the protocol is compiled once.
#[derive(Debug)]
pub enum DevicePort {
    /// A real port.
    Serial(WebSerial),
    /// A simulated device.
    Simulated(Box<SimulatedDevice>),
}

impl DevicePort {
    /// What tells its kind of adapter from others, where anything does.
    pub fn adapter(&self) -> Option<String> {
        match self {
            Self::Serial(port) => port.adapter(),
            Self::Simulated(_) => Some("simulated".into()),
        }
    }
}

impl Port for DevicePort {
    fn now(&self) -> Instant {
        match self {
            Self::Serial(port) => port.now(),
            Self::Simulated(port) => port.now(),
        }
    }

    async fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, PortError> {
        match self {
            Self::Serial(port) => port.read(buffer, deadline).await,
            Self::Simulated(port) => port.read(buffer, deadline).await,
        }
    }

    async fn write(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), PortError> {
        match self {
            Self::Serial(port) => port.write(bytes, deadline).await,
            Self::Simulated(port) => port.write(bytes, deadline).await,
        }
    }

    async fn clear_input(&mut self) -> Result<(), PortError> {
        match self {
            Self::Serial(port) => port.clear_input().await,
            Self::Simulated(port) => port.clear_input().await,
        }
    }

    async fn set_signals(&mut self, signals: Signals) -> Result<(), PortError> {
        match self {
            Self::Serial(port) => port.set_signals(signals).await,
            Self::Simulated(port) => port.set_signals(signals).await,
        }
    }

    async fn set_line(&mut self, settings: LineSettings) -> Result<(), PortError> {
        match self {
            Self::Serial(port) => port.set_line(settings).await,
            Self::Simulated(port) => port.set_line(settings).await,
        }
    }

    fn line(&self) -> LineSettings {
        match self {
            Self::Serial(port) => port.line(),
            Self::Simulated(port) => port.line(),
        }
    }

    async fn wait_until(&mut self, moment: Instant) {
        match self {
            Self::Serial(port) => port.wait_until(moment).await,
            Self::Simulated(port) => port.wait_until(moment).await,
        }
    }
}
