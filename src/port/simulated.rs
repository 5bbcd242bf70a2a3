//! The simulated device: a chip as the ROM bootloader's tests use it, at a real chip's pace or a multiple of it.

use core::cell::RefCell;
use core::time::Duration;

use stm32_bootloader::chip::{Chip, ProductId};
use stm32_bootloader::port::{Instant, LineSettings, Port, PortError, Signals};
use stm32_bootloader::sim::{Boot, ModemLine, Rom, SimulatedPort, Wire, Wiring};

use crate::browser;

/// STM32F405 and its kin.
const PRODUCT_ID: ProductId = ProductId(0x413);
/// Its board's wires, which matter only to a product that is said to have some.
const WIRING: Wiring = Wiring {
    reset: Some(Wire { from: ModemLine::Dtr, inverted: true }),
    boot0: Some(Wire { from: ModemLine::Rts, inverted: true }),
    boot: Boot::Bootloader,
};
/// Shorter waits are saved up: a browser's timers take some milliseconds each.
const SHORTEST_WAIT: Duration = Duration::from_millis(8);
/// After this long without a pause the browser gets one, so that it can paint.
const LONGEST_RUN: Duration = Duration::from_millis(30);

thread_local! {
    /// The chip while nothing is connected to it. What was written to it stays until the page is closed.
    static DRAWER: RefCell<Option<Rom>> = const { RefCell::new(None) };
}

/// A simulated chip on a simulated cable, slowed down to `speed` times a real one's pace.
#[derive(Debug)]
pub struct SimulatedDevice {
    /// Only empty while it is dropped.
    port: Option<SimulatedPort>,
    speed: u32,
    /// A moment on the page's clock and the moment of virtual time that belongs to it.
    anchor: (Duration, Duration),
    last_pause: Duration,
}

impl SimulatedDevice {
    /// Plugs the chip in, freshly reset into its bootloader.
    ///
    /// # Errors
    /// [`PortError::Refused`] when the table does not have the chip.
    pub async fn plug_in(line: LineSettings, speed: u32) -> Result<Self, PortError> {
        let chip = Chip::by_product_id(PRODUCT_ID)
            .ok_or_else(|| PortError::Refused(format!("no chip {PRODUCT_ID} to simulate")))?;
        let mut rom = DRAWER.take().unwrap_or_else(|| Rom::new(chip));
        rom.reset(Boot::Bootloader);
        let mut port = SimulatedPort::new(rom).with_wiring(WIRING);
        port.set_line(line).await?;
        let now = browser::now();
        Ok(Self { anchor: (now, port.now().elapsed()), port: Some(port), speed, last_pause: now })
    }

    fn port(&self) -> &SimulatedPort {
        self.port.as_ref().expect("it is there until it is dropped")
    }

    fn port_mut(&mut self) -> &mut SimulatedPort {
        self.port.as_mut().expect("it is there until it is dropped")
    }

    /// Virtual time stands still between two calls, and the page's clock does not.
    fn begin(&mut self) {
        if self.due() + LONGEST_RUN < browser::now() {
            self.anchor = (browser::now(), self.port().now().elapsed());
        }
    }

    /// The moment on the page's clock at which virtual time is where it is.
    fn due(&self) -> Duration {
        let (real, virtual_time) = self.anchor;
        real + self.port().now().elapsed().saturating_sub(virtual_time) / self.speed
    }

    /// Lets the page's clock catch up with virtual time.
    async fn catch_up(&mut self) {
        let now = browser::now();
        let ahead = self.due().saturating_sub(now);
        if ahead >= SHORTEST_WAIT || now.saturating_sub(self.last_pause) >= LONGEST_RUN {
            browser::sleep(ahead.max(Duration::from_millis(1))).await;
            self.last_pause = browser::now();
        }
    }
}

impl Drop for SimulatedDevice {
    fn drop(&mut self) {
        DRAWER.set(self.port.take().map(SimulatedPort::into_rom));
    }
}

impl Port for SimulatedDevice {
    fn now(&self) -> Instant {
        self.port().now()
    }

    async fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, PortError> {
        self.begin();
        let result = self.port_mut().read(buffer, deadline).await;
        self.catch_up().await;
        result
    }

    async fn write(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), PortError> {
        self.begin();
        self.port_mut().write(bytes, deadline).await
    }

    async fn clear_input(&mut self) -> Result<(), PortError> {
        self.port_mut().clear_input().await
    }

    async fn set_signals(&mut self, signals: Signals) -> Result<(), PortError> {
        self.port_mut().set_signals(signals).await
    }

    async fn set_line(&mut self, settings: LineSettings) -> Result<(), PortError> {
        self.port_mut().set_line(settings).await
    }

    fn line(&self) -> LineSettings {
        self.port().line()
    }

    async fn wait_until(&mut self, moment: Instant) {
        self.begin();
        self.port_mut().wait_until(moment).await;
        self.catch_up().await;
    }
}
