//! The device, as the page lets the workshop have it.

use fieldflash::session::{Ask, Units};
use js_sys::{Array, Function, Uint8Array, Uint32Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use crate::reading::Reading;

/// An exchange that failed is tried so often in all: the bootloader has tried itself before.
const TRIES: u32 = 3;

/// What the page says of it.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Whether a file of the person's may be written.
    pub local_file: bool,
    /// Whether the flash may be read.
    pub read_back: bool,
    /// Whether it may be erased.
    pub erase: bool,
    /// Where a raw binary goes, unless the person says otherwise.
    pub image_address: u32,
    /// What erased flash reads as.
    pub erased: u8,
    /// The most bytes that one exchange carries.
    pub block: u32,
    /// The flash.
    pub flash: Vec<Units>,
    /// The chip's name.
    pub chip: String,
    /// The device's unique id, or nothing.
    pub id: String,
}

impl Facts {
    /// As the page gives them: see its `facts`.
    pub fn of(facts: &Array) -> Option<Self> {
        let numbers = facts.get(0).dyn_into::<Uint32Array>().ok()?.to_vec();
        let [local_file, read_back, erase, image_address, erased, block] = numbers[..] else { return None };
        Some(Self {
            local_file: local_file != 0,
            read_back: read_back != 0,
            erase: erase != 0,
            image_address,
            erased: erased as u8,
            block: block.max(1),
            flash: units_of(&facts.get(1).dyn_into::<Uint32Array>().ok()?.to_vec()),
            chip: facts.get(2).as_string()?,
            id: facts.get(3).as_string()?,
        })
    }

    /// The addresses of the first and the last byte of flash.
    pub fn ends(&self) -> (u32, u32) {
        let first = self.flash.first().map_or(0, |units| units.address);
        (first, self.flash.last().map_or(first, |units| units.end() - 1))
    }
}

/// Units as the page gives them: address, number and size of each run.
pub fn units_of(numbers: &[u32]) -> Vec<Units> {
    numbers.as_chunks().0.iter().map(|&[address, count, size]| Units { address, count, size }).collect()
}

/// Why something ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The person wanted it.
    Cancelled,
    /// It failed, in the page's words.
    Failed(String),
}

/// The device, with what the workshop is doing to it.
#[derive(Debug, Clone, Copy)]
pub struct Device {
    ask: StoredValue<Function, LocalStorage>,
    facts: StoredValue<Facts>,
    /// How many percent of what is being done are, while something is.
    pub percent: RwSignal<Option<u32>>,
    cancelled: StoredValue<bool>,
}

impl Device {
    /// The device that `ask` leads to.
    pub fn new(ask: Function, facts: Facts) -> Self {
        Self {
            ask: StoredValue::new_local(ask),
            facts: StoredValue::new(facts),
            percent: RwSignal::new(None),
            cancelled: StoredValue::new(false),
        }
    }

    /// What is known of it.
    pub fn facts(self) -> Facts {
        self.facts.get_value()
    }

    /// Whether something is being done.
    pub fn is_busy(self) -> bool {
        self.percent.get().is_some()
    }

    /// Ends what is being done.
    pub fn cancel(self) {
        self.cancelled.set_value(true);
    }

    /// Asks the page for something.
    ///
    /// # Errors
    /// Why not, in the page's words.
    pub async fn ask(self, ask: Ask, address: u32, length: u32, with: JsValue) -> Result<JsValue, String> {
        let ask = Array::of4(&(ask as u32).into(), &address.into(), &length.into(), &with);
        let answer = async {
            let promise = self.ask.with_value(|page| page.apply(&JsValue::UNDEFINED, &ask))?;
            browser::settled(&promise).await
        };
        answer.await.map_err(|error: JsValue| browser::error_message(&error))
    }

    /// Does something that takes the device for a while. `what` is for the log.
    pub async fn work<T>(self, what: String, act: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
        self.cancelled.set_value(false);
        self.ask(Ask::Begin, 0, 0, what.into()).await.map_err(Stop::Failed)?;
        self.percent.set(Some(0));
        let result = act.await;
        self.percent.set(None);
        let how = match &result {
            Ok(_) => "done",
            Err(Stop::Cancelled) => "cancelled",
            Err(Stop::Failed(reason)) => reason,
        };
        // The page has said why, where there is nothing left to end.
        let _ = self.ask(Ask::Rest, 0, 0, how.into()).await;
        result
    }

    /// Reads what is left of a reading, which holds what was read whatever comes of it. Of all that is done this is the
    /// part from one percentage to another.
    pub async fn read_on(self, reading: &mut Reading, (from, to): (u32, u32)) -> Result<(), Stop> {
        let block = self.facts.with_value(|facts| facts.block);
        let mut tries = 0;
        while let Some((address, length)) = reading.next(block) {
            if self.cancelled.get_value() {
                return Err(Stop::Cancelled);
            }
            tries += 1;
            match self.ask(Ask::Read, address, length, JsValue::UNDEFINED).await {
                Ok(bytes) => {
                    reading.bytes.extend(Uint8Array::new(&bytes).to_vec());
                    self.percent.set(Some(from + reading.percent() * (to - from) / 100));
                    tries = 0;
                }
                Err(reason) if tries == TRIES => return Err(Stop::Failed(reason)),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Erases some of the flash, unit by unit, and proves of each that nothing is left in its first block. Gives back the
    /// address of the first one of which something is.
    pub async fn erase(self, erases: &[(u32, u32)]) -> Result<Option<u32>, Stop> {
        let Facts { erased, block, .. } = self.facts();
        let all: u32 = erases.iter().map(|(_, length)| length).sum();
        let mut done = 0;
        for &(address, length) in erases {
            if self.cancelled.get_value() {
                return Err(Stop::Cancelled);
            }
            self.ask(Ask::Erase, address, length, JsValue::UNDEFINED).await.map_err(Stop::Failed)?;
            let mut proof = Reading::new(String::new(), address, address + block.min(length));
            let percent = (u64::from(done) * 100 / u64::from(all.max(1))) as u32;
            self.read_on(&mut proof, (percent, percent)).await?;
            if proof.bytes.iter().any(|&byte| byte != erased) {
                return Ok(Some(address));
            }
            done += length;
            self.percent.set(Some((u64::from(done) * 100 / u64::from(all)) as u32));
        }
        Ok(None)
    }
}
