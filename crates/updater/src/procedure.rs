//! The procedure: carries a plan out, step by step, and tells each one.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use stm32_bootloader::port::{Port, PortError};
use stm32_bootloader::usart::{Bootloader, Error};

use crate::{Action, Event, LinkSpeed, Plan, Stamped};

/// Who follows an update.
pub trait Observer {
    /// Something happened.
    fn observe(&mut self, stamped: Stamped);

    /// Whether the update is to end after the exchange that is under way.
    fn cancelled(&self) -> bool {
        false
    }
}

/// What the device holds when the procedure has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceState {
    /// Nothing was erased: what was installed before is still there and whole.
    Untouched,
    /// The flash holds parts of the image. It will not start, and the ROM is there to try again.
    Incomplete,
    /// All of the image was read back and is right.
    Complete,
}

/// Why the procedure ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The person asked for it.
    #[error("cancelled")]
    Cancelled,
    /// A command failed.
    #[error(transparent)]
    Command(#[from] Error),
    /// The flash does not hold what was written: it is protected, worn, or the write was lost.
    #[error("the flash at 0x{address:08X} does not hold what was written")]
    Mismatch {
        /// The first byte that differs.
        address: u32,
    },
}

/// The end of an update that did not get to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Failure {
    /// Why.
    pub cause: Cause,
    /// What the device holds now.
    pub state: DeviceState,
}

/// The end of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Whether the application runs; if not, the device needs a reset.
    pub started: bool,
}

/// Carries `plan` out.
///
/// # Errors
/// [`Failure`] says why and what the device holds. After any failure the same plan can be carried out again.
pub async fn execute<P: Port>(
    bootloader: &mut Bootloader<P>,
    plan: &Plan,
    observer: &mut impl Observer,
) -> Result<Done, Failure> {
    let mut run = Run { bootloader, plan, observer, state: DeviceState::Untouched };
    run.steps().await.map_err(|cause| Failure { cause, state: run.state })
}

struct Run<'a, P, O> {
    bootloader: &'a mut Bootloader<P>,
    plan: &'a Plan,
    observer: &'a mut O,
    state: DeviceState,
}

impl<P: Port, O: Observer> Run<'_, P, O> {
    async fn steps(&mut self) -> Result<Done, Cause> {
        let link = LinkSpeed::of(self.bootloader);
        self.tell(Event::Planned(self.plan.summary(link)));
        let mut phase = None;
        let mut started = true;
        for step in self.plan.steps() {
            // Starting a complete image can no longer be cancelled: the device would only be left waiting.
            if self.observer.cancelled() && !matches!(step.action, Action::Start { .. }) {
                return Err(Cause::Cancelled);
            }
            if let Action::Start { .. } = step.action {
                self.state = DeviceState::Complete;
                self.tell(Event::Complete);
            }
            if phase != Some(step.phase) {
                phase = Some(step.phase);
                self.tell(Event::Phase { phase: step.phase });
            }
            match &step.action {
                Action::Erase(units) => {
                    let numbers: Vec<u16> = units.iter().map(|unit| unit.number).collect();
                    let chip = self.plan.chip();
                    let worst = units.iter().map(|unit| chip.erase_time(unit.size)).max().unwrap_or(Duration::ZERO)
                        * chip.times.worst_factor;
                    // From here on the ROM may have begun, whatever it answers.
                    self.state = DeviceState::Incomplete;
                    self.bootloader.erase(&numbers, worst).await?;
                    self.tell(Event::Erased { units: numbers, bytes: step.action.size() });
                }
                Action::Write { address, bytes } => {
                    self.bootloader.write_memory(*address, bytes).await?;
                    self.tell(Event::Written { address: *address, bytes: step.action.size() });
                }
                Action::Verify { address, bytes } => {
                    self.verify(*address, bytes).await?;
                    self.tell(Event::Verified { address: *address, bytes: step.action.size() });
                }
                Action::Start { address } => started = self.start(*address).await,
            }
        }
        Ok(Done { started })
    }

    /// Reads a block back; twice when it differs, as a read has no checksum on the wire.
    async fn verify(&mut self, address: u32, expected: &[u8]) -> Result<(), Cause> {
        let mut found = vec![0; expected.len()];
        self.bootloader.read_memory(address, &mut found).await?;
        if found != expected {
            self.tell(Event::ReadAgain { address });
            self.bootloader.read_memory(address, &mut found).await?;
        }
        match found.iter().zip(expected).position(|(found, expected)| found != expected) {
            None => Ok(()),
            Some(offset) => Err(Cause::Mismatch { address: address + u32::try_from(offset).unwrap_or(0) }),
        }
    }

    /// Starts the application. The image is complete whether or not this works, so failing here is no failure.
    async fn start(&mut self, address: u32) -> bool {
        match self.bootloader.go(address).await {
            // Some adapters are gone with the reset; the command was on its way by then.
            Ok(()) | Err(Error::Port(PortError::Lost(_))) => {
                self.tell(Event::Started { address });
                true
            }
            Err(error) => {
                self.tell(Event::NotStarted { reason: error.to_string() });
                false
            }
        }
    }

    fn tell(&mut self, event: Event) {
        let at = self.bootloader.port().now().elapsed();
        self.observer.observe(Stamped { at, event });
    }
}
