//! What the workshop may do with the device: read it, erase it, have a file checked and written.
//!
//! The workshop is a module that is loaded where the deployment opens it. It asks for one thing after the other by a
//! function that it is given, so that the device, and all that guards it, stays with the session.

/// What the workshop asks for, with an address, a length in bytes, and a value where one belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// To begin something that takes the device for a while; the value says what, for the log.
    Begin,
    /// What is in flash, at most a block: the answer is as many bytes.
    Read,
    /// To erase the units that have any of the bytes.
    Erase,
    /// To end what was begun; the value says how, for the log.
    Rest,
    /// Whether the file may be written: the value is its contents, the address where a raw binary goes.
    Check,
    /// To write it; the answer comes when that begins.
    Write,
}

impl Ask {
    const ALL: [Self; 6] = [Self::Begin, Self::Read, Self::Erase, Self::Rest, Self::Check, Self::Write];

    /// What has this number: they are counted from 0.
    pub fn of(number: u32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

#[cfg(target_arch = "wasm32")]
mod serving {
    use core::cell::RefCell;

    use js_sys::{Array, Error, Promise, Uint8Array, Uint32Array};
    use leptos::prelude::*;
    use stm32_bootloader::chip::Unit;
    use updater::{DeviceState, Image, Loader, Stamped, Stretch};
    use wasm_bindgen::prelude::Closure;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::future_to_promise;
    use web_sys::SerialPort;

    use super::super::state::{Connection, Identity, Session};
    use super::super::update::disconnected;
    use super::super::{Code, Event, Failure, Outcome, Stage, numbers};
    use super::Ask;
    use crate::browser::{self, closing};
    use crate::config::Workshop;
    use crate::port::module;

    /// A file of the person's, which is written in place of a release.
    pub(in super::super) struct LocalFile {
        bytes: Vec<u8>,
        /// Where it goes, if it is a raw binary.
        address: u32,
    }

    /// What is loaded when it is to be shown.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Later {
        /// The workshop, for the device that is connected.
        Workshop,
        /// The monitor, for the port that was used last.
        Monitor,
        /// The picture of the flash.
        Picture,
    }

    impl Later {
        /// What the module calls it, and where the page has room for it.
        pub const fn place(self) -> &'static str {
            match self {
                Self::Workshop => "workshop",
                Self::Monitor => "monitor",
                Self::Picture => "picture",
            }
        }
    }

    /// What the page shares with the module.
    #[derive(Default)]
    struct Outside {
        /// A file that is to be written.
        file: Option<LocalFile>,
        /// The serial port that was used last.
        port: Option<SerialPort>,
    }

    /// Has the picture show an event, where there is one.
    pub(in super::super) fn draw(stamped: &Stamped<Event>) {
        if let Event::Update(event) = &stamped.event {
            module::draw(&numbers::of(stamped.at, event));
        }
    }

    thread_local! {
        static OUTSIDE: RefCell<Outside> = RefCell::default();
    }

    impl Session {
        /// What the deployment lets a person do.
        pub fn workshop(self) -> Workshop {
            self.config.with_value(|config| config.workshop)
        }

        /// Whether there is a serial port that is not in use, for the monitor.
        pub fn has_free_port(self) -> bool {
            !self.is_connected() && OUTSIDE.with_borrow(|outside| outside.port.is_some())
        }

        /// Shows something in its place, if that is there and empty.
        pub async fn show(self, what: Later) {
            closing::finished().await;
            let nothing = JsValue::UNDEFINED;
            let (first, second) = match what {
                Later::Workshop => (self.server(), self.facts().into()),
                Later::Monitor => (OUTSIDE.with_borrow(|outside| outside.port.clone()).into(), nothing),
                Later::Picture => (self.units().into(), nothing),
            };
            let shown = browser::settled(&module::show(what.place(), &first, &second)).await;
            if what == Later::Picture && shown.is_ok_and(|shown| shown.is_truthy()) {
                self.log.with_untracked(|log| {
                    let of_this = log.iter().rposition(|it| matches!(it.event, Event::Identified(_)));
                    log[of_this.unwrap_or(0)..].iter().for_each(draw);
                });
            }
        }

        /// The flash's units: address, number and size of each run.
        fn units(self) -> Uint32Array {
            let mut numbers = Vec::new();
            self.model.with_untracked(|model| {
                if let Some(device) = &model.device {
                    for units in &device.units {
                        numbers.extend_from_slice(&[units.address, units.count, units.size]);
                    }
                }
            });
            Uint32Array::from(&numbers[..])
        }

        /// Another port is used from now on, or none: the monitor lets go of the last one.
        pub(in super::super) fn leave_port(self, next: Option<SerialPort>) {
            OUTSIDE.with_borrow_mut(|outside| outside.port = next);
            if let Ok(closing) = module::leave().dyn_into() {
                closing::begin(closing);
            }
        }

        /// The file that is to be written in place of what was offered.
        pub(in super::super) fn take_file(self) -> Option<LocalFile> {
            OUTSIDE.with_borrow_mut(|outside| outside.file.take())
        }

        /// What the workshop needs to know of the device: what is allowed, where a raw binary goes, what erased flash reads
        /// as, how long a block is; the flash's units; and its chip's name and its own.
        fn facts(self) -> Array {
            let Workshop { local_file, read_back, erase, .. } = self.workshop();
            self.connection.with_value(|connection| {
                let Some(Connection { identity, .. }) = connection else { return Array::new() };
                let Identity { chip, geometry, unique_id, .. } = identity;
                let [local_file, read_back, erase] = [local_file, read_back, erase].map(u32::from);
                let facts = [
                    local_file,
                    read_back,
                    erase,
                    self.image_address(geometry),
                    chip.erased_byte.into(),
                    chip.max_block.into(),
                ];
                let id = unique_id.as_deref().unwrap_or_default();
                Array::of4(&Uint32Array::from(&facts[..]), &self.units(), &chip.name.into(), &id.into())
            })
        }

        /// The function that the workshop asks by.
        fn server(self) -> JsValue {
            let serve = move |ask: u32, address: u32, length: u32, with: JsValue| {
                future_to_promise(async move {
                    let answer = self.serve(Ask::of(ask), address, length, with).await;
                    answer.map_err(|reason| Error::new(&reason).into())
                })
            };
            Closure::<dyn Fn(u32, u32, u32, JsValue) -> Promise>::new(serve).into_js_value()
        }

        async fn serve(self, ask: Option<Ask>, address: u32, length: u32, with: JsValue) -> Result<JsValue, String> {
            let works = self.model.with_untracked(|model| model.stage == Stage::Working);
            let what = with.as_string().unwrap_or_default();
            match ask {
                Some(Ask::Begin) if !works && self.is_connected() => self.tell(Event::Work { what, busy: true }),
                // It may be over already: the device is gone.
                Some(Ask::Rest) if works => self.tell(Event::Work { what, busy: false }),
                Some(Ask::Rest) => {}
                Some(Ask::Read) if works => {
                    let mut bytes = vec![0; length as usize];
                    self.exchange(address, &mut bytes, &[]).await?;
                    return Ok(Uint8Array::from(&bytes[..]).into());
                }
                Some(Ask::Erase) if works && self.workshop().erase => {
                    let end = address.saturating_add(length);
                    let units: Vec<Unit> = self.connection.with_value(|connection| {
                        let units = connection.iter().flat_map(|connection| connection.identity.geometry.units());
                        units.filter(|unit| unit.address < end && address < unit.end()).collect()
                    });
                    self.exchange(address, &mut [], &units).await?;
                }
                Some(Ask::Check | Ask::Write) if !works => {
                    let file = LocalFile { bytes: Uint8Array::new(&with).to_vec(), address };
                    self.local_image(&file).map_err(|failure| failure.detail)?;
                    if ask == Some(Ask::Write) {
                        self.tell(Event::Work { what: "writing a file in place of a release".into(), busy: false });
                        OUTSIDE.with_borrow_mut(|outside| outside.file = Some(file));
                        self.update();
                    }
                }
                _ => return Err(disconnected().detail),
            }
            Ok(JsValue::UNDEFINED)
        }

        /// Fills a buffer from `address` on, or else erases units. Where that shows that the device is gone, the session ends.
        async fn exchange(self, address: u32, buffer: &mut [u8], units: &[Unit]) -> Result<(), String> {
            let held = self.connection.try_update_value(Option::take).flatten();
            let mut connection = held.ok_or_else(|| disconnected().detail)?;
            let Connection { bootloader, identity: Identity { chip, .. }, .. } = &mut connection;
            let mut done = if buffer.is_empty() { Ok(()) } else { bootloader.read(address, buffer).await };
            for list in units.chunks(usize::from(chip.erase_list.max(1))) {
                if done.is_ok() {
                    done = bootloader.erase(list, chip).await;
                }
                if done.is_ok() {
                    self.tell(Event::Update(updater::Event::Erased {
                        units: list.iter().map(|unit| unit.number).collect(),
                        bytes: list.iter().map(|unit| unit.size).sum(),
                        places: Stretch::joined(list.iter().map(Stretch::from)),
                    }));
                }
            }
            // Another tab may have taken the page over meanwhile.
            if self.model.with_untracked(|model| model.stage != Stage::Working) {
                return Err(disconnected().detail);
            }
            let Err(error) = done else {
                self.connection.set_value(Some(connection));
                return Ok(());
            };
            if !error.is_lost() && !error.needs_reset() && bootloader.recover().await.is_ok() {
                self.connection.set_value(Some(connection));
                return Err(error.to_string());
            }
            let code = match () {
                () if error.is_lost() => Code::Unplugged,
                () if error.needs_reset() => Code::NeedsReset,
                () => Code::LinkLost,
            };
            if code == Code::NeedsReset {
                self.is_amid_list();
            }
            let device = if bootloader.has_begun_to_erase() { DeviceState::Incomplete } else { DeviceState::Untouched };
            self.tell(Event::Ended(Outcome::Failed(Failure { code, detail: error.to_string(), device })));
            Err(error.to_string())
        }

        /// A file of the person's as an image that may be written to the connected device.
        pub(in super::super) fn local_image(self, file: &LocalFile) -> Result<Image, Failure> {
            let Workshop { local_file, unsigned_local_files, .. } = self.workshop();
            let signed = self.config.with_value(|config| !config.public_keys.is_empty());
            let refused = match () {
                () if !local_file => "files are not written here",
                () if signed && !unsigned_local_files => "nobody has signed this file, and releases are signed here",
                () => return self.parsed(&file.bytes, file.address),
            };
            Err(Failure::untouched(Code::Unsigned, refused))
        }
    }

    impl LocalFile {
        /// What stands for it where only the same one is to be taken up again.
        pub(in super::super) fn mark(&self) -> String {
            let mix = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
            self.bytes.iter().fold(0xCBF2_9CE4_8422_2325, mix).to_string()
        }
    }
}

#[cfg(target_arch = "wasm32")]
pub use serving::Later;
#[cfg(target_arch = "wasm32")]
pub(super) use serving::{LocalFile, draw};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_by_its_number_is_that() {
        for ask in Ask::ALL {
            assert_eq!(Ask::of(ask as u32), Some(ask));
        }
        assert_eq!(Ask::of(Ask::ALL.len() as u32), None);
    }
}
