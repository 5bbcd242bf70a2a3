//! What the product is asked for: its serial number, its hardware version, its installed version, each where it has them.

use core::time::Duration;

use leptos::prelude::*;
use stm32_bootloader::port::{LineSettings, Parity, Port, PortError, Signals};
use stm32_bootloader::usart::look_for;
use updater::Loader;

use super::Event;
use super::state::{Connection, Session};
use crate::browser;
use crate::config::{BootMode, Detail, Question, Source};
use crate::port::WebSerial;

/// How long a device that waits in its bootloader already is looked for.
const IN_BOOTLOADER: Duration = Duration::from_millis(500);
/// How long an application may take for its answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// What an application said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    send: String,
    baud: u32,
    answer: Vec<u8>,
}

impl Heard {
    fn answers(&self, question: &Question) -> bool {
        self.send == question.send && self.baud == question.baud
    }

    /// What `pattern` finds in what was said, or in its whole lines alone while more may come.
    fn find(&self, pattern: &str, whole_lines: bool) -> Option<String> {
        let end = if whole_lines { self.answer.iter().rposition(|&byte| byte == b'\n')? } else { self.answer.len() };
        // It was found to be a pattern when the settings were read.
        browser::matched(pattern, &String::from_utf8_lossy(&self.answer[..end])).ok().flatten()
    }
}

impl Session {
    /// Asks the running application at `port` what there is to be asked. One byte too many, and a bootloader takes another
    /// rate than the line's: nobody is asked where it waits already.
    pub(super) async fn ask_application(self, port: &mut WebSerial) -> Result<(), PortError> {
        let (questions, is_wired) = self.config.with_value(|config| {
            let is_wired = matches!(config.product.boot_mode, BootMode::Wired { .. } | BootMode::Find);
            (config.product.identity.questions().cloned().collect::<Vec<_>>(), is_wired)
        });
        if questions.is_empty() || look_for(port, IN_BOOTLOADER).await?.is_some() {
            return Ok(());
        }
        let line = port.line();
        let mut all: Vec<Heard> = Vec::new();
        for question in questions {
            if !all.iter().any(|heard| heard.answers(&question)) {
                let Question { send, baud, .. } = &question;
                port.set_line(LineSettings { baud: *baud, parity: Parity::None }).await?;
                // Some applications hear nobody who does not raise this line; on other boards it is the reset.
                if !is_wired {
                    let _ = port.set_signals(Signals { dtr: true, rts: false }).await;
                }
                port.write(send.as_bytes(), port.now() + PATIENCE).await?;
                all.push(Heard { send: send.clone(), baud: *baud, answer: Vec::new() });
            }
            let Some(heard) = all.iter_mut().find(|heard| heard.answers(&question)) else { continue };
            let end = port.now() + PATIENCE;
            while heard.find(&question.pattern, true).is_none() {
                let mut bytes = [0; 256];
                match port.read(&mut bytes, end).await {
                    Ok(count) => heard.answer.extend(&bytes[..count]),
                    Err(PortError::Line(_)) if port.now() < end => {}
                    Err(PortError::Line(_) | PortError::TimedOut) => break,
                    Err(error) => return Err(error),
                }
            }
        }
        port.set_line(line).await?;
        if all.iter().any(|heard| !heard.answer.is_empty()) {
            self.tell(Event::ApplicationAnswered);
            self.heard.set_value(all);
        }
        Ok(())
    }

    /// Fills in the details of the device that is connected, from where the product has them. What the page's address says
    /// comes first, and what nobody says is left to the person.
    pub(super) async fn learn(self) {
        let Some(mut connection) = self.connection.try_update_value(Option::take).flatten() else { return };
        let identity = self.config.with_value(|config| config.product.identity.clone());
        for (detail, sources) in identity.all() {
            if self.setup.with_value(|setup| setup.given.contains(&detail)) {
                continue;
            }
            let mut found = None;
            for source in sources {
                found = self.value_at(source, &mut connection).await.filter(|value| !value.is_empty());
                if found.is_some() {
                    self.tell(Event::Learned { detail, from: source.to_string() });
                    break;
                }
            }
            // Each device has its own serial number, and what another one has installed says nothing of this.
            let forget = detail == Detail::DeviceSerial || detail == Detail::CurrentVersion && !sources.is_empty();
            if let Some(value) = found.or_else(|| forget.then(String::new)) {
                self.details.update(|details| *details.get_mut(detail) = value);
            }
        }
        self.connection.set_value(Some(connection));
    }

    async fn value_at(self, source: &Source, connection: &mut Connection) -> Option<String> {
        match source {
            Source::UniqueId => connection.identity.unique_id.clone(),
            Source::Memory(place) => {
                let mut bytes = vec![0; place.length.into()];
                match connection.bootloader.read(place.address, &mut bytes).await {
                    Ok(()) => place.form.read(&bytes),
                    Err(_) => {
                        // An address that this chip keeps to itself is no reason to stop.
                        let _ = connection.bootloader.recover().await;
                        None
                    }
                }
            }
            Source::Application(question) => self.heard.with_value(|all| {
                let heard = all.iter().find(|heard| heard.answers(question))?;
                Some(heard.find(&question.pattern, false)?.trim().to_owned())
            }),
        }
    }
}
