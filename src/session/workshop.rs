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
    use js_sys::{Array, Error, Function, Promise, Uint8Array, Uint32Array};
    use leptos::prelude::*;
    use stm32_bootloader::chip::Unit;
    use updater::{DeviceState, Image, Loader, LoaderError, Stretch};
    use wasm_bindgen::prelude::Closure;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::future_to_promise;
    use web_sys::HtmlElement;

    use super::super::reached::Reached;
    use super::super::state::{Connection, Identity, Session};
    use super::super::update::disconnected;
    use super::super::{Cancel, Code, Event, Failure, Outcome, Stage};
    use super::Ask;
    use crate::browser::closing;
    use crate::config::Workshop;
    use crate::port::module;

    /// Where the module is, beside the page.
    const MODULE: &str = "workshop.js";

    impl Session {
        /// What the deployment lets a person do.
        pub fn workshop(self) -> Workshop {
            self.config.with_value(|config| config.workshop)
        }

        /// Shows the workshop in `place`, for the device that is connected.
        ///
        /// # Errors
        /// When its module cannot be loaded.
        pub async fn open_workshop(self, place: HtmlElement) -> Result<(), JsValue> {
            let open = module::function(MODULE, "open").await?;
            let Some((facts, names)) = self.facts() else { return Ok(()) };
            open.apply(&JsValue::UNDEFINED, &Array::of4(&place, &self.server(), &facts, &names)).map(drop)
        }

        /// Whether there is a serial port that is not in use, for the monitor.
        pub fn has_free_port(self) -> bool {
            !self.is_connected() && self.port.with_value(Option::is_some)
        }

        /// Shows the monitor in `place`, for the port that was used last.
        ///
        /// # Errors
        /// When its module cannot be loaded.
        pub async fn open_monitor(self, place: HtmlElement) -> Result<(), JsValue> {
            let Some(port) = self.port.get_value() else { return Ok(()) };
            let open = module::function(MODULE, "monitor").await?;
            closing::finished().await;
            let close: Function = open.call2(&JsValue::UNDEFINED, &place, &port)?.unchecked_into();
            self.monitor.set_value(Some(close));
            Ok(())
        }

        /// Has the monitor let go of the port.
        pub(in super::super) fn close_monitor(self) {
            if let Some(close) = self.monitor.try_update_value(Option::take).flatten()
                && let Ok(closed) = close.call0(&JsValue::UNDEFINED)
            {
                closing::begin(closed.unchecked_into());
            }
        }

        /// What the workshop needs to know of the device: what is allowed, where a raw binary goes, what erased flash reads
        /// as, how long a block is, and the flash's units; and its chip's name and its own.
        fn facts(self) -> Option<(Uint32Array, Array)> {
            let Workshop { local_file, read_back, erase, .. } = self.workshop();
            let units = self.model.with_untracked(|model| model.device.clone())?.units;
            self.connection.with_value(|connection| {
                let Identity { chip, geometry, unique_id } = &connection.as_ref()?.identity;
                let allowed = [local_file, read_back, erase].map(u32::from);
                let mut facts = allowed.to_vec();
                facts.extend([self.image_address(geometry), chip.erased_byte.into(), chip.max_block.into()]);
                facts.extend(units.iter().flat_map(|units| [units.address, units.count, units.size]));
                let id = unique_id.as_deref().unwrap_or_default();
                Some((Uint32Array::from(&facts[..]), Array::of2(&chip.name.into(), &id.into())))
            })
        }

        /// The function that the workshop asks by.
        fn server(self) -> JsValue {
            let serve = move |ask: u32, address: u32, length: u32, with: JsValue| {
                future_to_promise(async move {
                    let answer = self.serve(Ask::of(ask), address, length as usize, with).await;
                    answer.map_err(|reason| Error::new(&reason).into())
                })
            };
            Closure::<dyn Fn(u32, u32, u32, JsValue) -> Promise>::new(serve).into_js_value()
        }

        async fn serve(self, ask: Option<Ask>, address: u32, length: usize, with: JsValue) -> Result<JsValue, String> {
            let works = self.model.with_untracked(|model| model.stage == Stage::Working);
            let what = || with.as_string().unwrap_or_default();
            let bytes = || Uint8Array::new(&with).to_vec();
            match ask {
                Some(Ask::Begin) if !works && self.is_connected() => self.tell(Event::Work { what: what() }),
                Some(Ask::Read) if works => {
                    let read = async |bootloader: &mut Reached, _: &Identity| {
                        let mut bytes = vec![0; length];
                        bootloader.read(address, &mut bytes).await?;
                        Ok(bytes)
                    };
                    return self.with_device(read).await.map(|bytes| Uint8Array::from(&bytes[..]).into());
                }
                Some(Ask::Erase) if works && self.workshop().erase => {
                    let end = address.saturating_add(length as u32);
                    self.with_device(async |bootloader, identity| self.erase(bootloader, identity, address..end).await)
                        .await?;
                }
                // It may be over already: the device is gone.
                Some(Ask::Rest) if works => self.tell(Event::Rest { how: what() }),
                Some(Ask::Rest) => {}
                Some(Ask::Check) => drop(self.local_image(&bytes(), address).map_err(|failure| failure.detail)?),
                Some(Ask::Write) if !works => self.write_file(bytes(), address),
                _ => return Err(disconnected().detail),
            }
            Ok(JsValue::UNDEFINED)
        }

        /// Does something with the device. Where that shows that it is gone, the session ends.
        async fn with_device<T>(
            self,
            act: impl AsyncFnOnce(&mut Reached, &Identity) -> Result<T, LoaderError>,
        ) -> Result<T, String> {
            let held = self.connection.try_update_value(Option::take).flatten();
            let mut connection = held.ok_or_else(|| disconnected().detail)?;
            let Connection { bootloader, identity, .. } = &mut connection;
            let error = match act(bootloader, identity).await {
                Ok(done) => {
                    self.connection.set_value(Some(connection));
                    return Ok(done);
                }
                Err(error) => error,
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
            let device = if bootloader.has_begun_to_erase() { DeviceState::Incomplete } else { DeviceState::Untouched };
            self.tell(Event::Ended(Outcome::Failed(Failure { code, detail: error.to_string(), device })));
            Err(error.to_string())
        }

        async fn erase(
            self,
            bootloader: &mut Reached,
            Identity { chip, geometry, .. }: &Identity,
            range: core::ops::Range<u32>,
        ) -> Result<(), LoaderError> {
            let of_range = |unit: &Unit| unit.address < range.end && range.start < unit.end();
            let units: Vec<Unit> = geometry.units().filter(of_range).collect();
            for list in units.chunks(usize::from(chip.erase_list.max(1))) {
                bootloader.erase(list, chip).await?;
                self.tell(Event::Update(updater::Event::Erased {
                    units: list.iter().map(|unit| unit.number).collect(),
                    bytes: list.iter().map(|unit| unit.size).sum(),
                    places: Stretch::joined(list.iter().map(Stretch::from)),
                }));
            }
            Ok(())
        }

        /// A file of the person's as an image that may be written to the connected device.
        fn local_image(self, payload: &[u8], address: u32) -> Result<Image, Failure> {
            let Workshop { local_file, unsigned_local_files, .. } = self.workshop();
            let signed = self.config.with_value(|config| !config.public_keys.is_empty());
            if !local_file {
                return Err(Failure::untouched(Code::Unsigned, "files are not written here"));
            }
            if signed && !unsigned_local_files {
                return Err(Failure::untouched(
                    Code::Unsigned,
                    "nobody has signed this file, and releases are signed here",
                ));
            }
            self.parsed(payload, address)
        }

        /// Writes a file of the person's, as a release is written.
        fn write_file(self, payload: Vec<u8>, address: u32) {
            let cancel = Cancel::default();
            self.cancel.set_value(cancel.clone());
            self.spawn(async move {
                let image = self.local_image(&payload, address)?;
                self.tell(Event::FromFile { bytes: payload.len() as u64 });
                // Which file it is only matters for going on with the same one.
                let hash = payload.iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, &byte| {
                    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
                });
                let started = self.write(Some(format!("{hash:x}")), &image, cancel).await?;
                self.details.update(|details| details.current_version.clear());
                self.tell(Event::Ended(Outcome::Updated { started }));
                Ok(())
            });
        }
    }
}

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
