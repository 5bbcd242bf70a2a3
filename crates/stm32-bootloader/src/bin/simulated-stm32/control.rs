//! The commands on the input.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use stm32_bootloader::port::Signals;
use stm32_bootloader::sim::{Boot, TooFast, Traffic};

use crate::arguments::{number, read};
use crate::chip::Chip;

/// Commands that came and were not carried out yet, in order.
#[derive(Default)]
pub struct Control {
    text: Vec<u8>,
    lines: VecDeque<String>,
}

/// What a command leads to.
pub enum Outcome {
    /// It is done; this is said.
    Said(String),
    /// It waits for a state that the chip is not in yet.
    Waits,
    /// The program is to end.
    Quits,
}

impl Control {
    /// Takes in what came.
    pub fn hear(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
        while let Some(end) = self.text.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.text.drain(..=end).collect();
            self.lines.push_back(String::from_utf8_lossy(&line).trim().to_owned());
        }
    }

    /// Carries the next command out; `None` where there is none.
    pub fn carry_out(&mut self, chip: &mut Chip) -> Option<Outcome> {
        let outcome = carry_out(self.lines.front()?, chip);
        if !matches!(outcome, Ok(Outcome::Waits)) {
            self.lines.pop_front();
        }
        Some(outcome.unwrap_or_else(|problem| Outcome::Said(format!("error: {problem}"))))
    }
}

fn carry_out(line: &str, chip: &mut Chip) -> Result<Outcome, String> {
    let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    match command {
        "state" => return Ok(Outcome::Said(chip.state().into())),
        "wait" if chip.state() == rest => return Ok(Outcome::Said(rest.into())),
        "wait" => return Ok(Outcome::Waits),
        "port" => {
            let path = chip.application_port().map(|path| path.display().to_string());
            return Ok(path.map_or(Outcome::Waits, Outcome::Said));
        }
        "quit" => return Ok(Outcome::Quits),
        "plug" => {
            chip.plug(boot(rest)?).map_err(|error| error.to_string())?;
            let path = chip.path().map(|path| path.display().to_string());
            return Ok(Outcome::Said(path.unwrap_or_default()));
        }
        "reset" => chip.reset(boot(rest)?),
        "lines" => return lines(rest, chip).map(Outcome::Said),
        "say" => chip.say(rest.replace("\\r", "\r").replace("\\n", "\n").replace("\\e", "\x1b").as_bytes()),
        "heard" => return Ok(Outcome::Said(chip.heard().escape_ascii().to_string())),
        "unplug" => chip.unplug(),
        "unplug-after" => chip.unplug_after(number(rest).ok_or("how many bytes?")?.into()),
        "unplug-amid-list" => {
            let number = number(rest).ok_or("of which erase?")?;
            if !chip.unplug_amid_list(number as usize) {
                return Err("over USB there are no lists".into());
            }
        }
        "flash" => write(Path::new(rest), chip.rom().flash())?,
        "load" => {
            let (address, path) = rest.split_once(' ').ok_or("load what? An address and a file are needed")?;
            let address = number(address).ok_or("the address is not a number")?;
            let contents = read(&PathBuf::from(path.trim()))?;
            chip.rom_mut().load(address, &contents);
        }
        "wear-out" => chip.rom_mut().wear_out(number(rest).ok_or("which address?")?),
        "line" => spoil(rest, chip)?,
        "traffic" => return traffic(chip).map(Outcome::Said),
        "log" => {
            let text: String = chip.rom().log().iter().map(|entry| format!("{entry}\n")).collect();
            write(Path::new(rest), text.as_bytes())?;
        }
        _ => return Err(format!("there is no command {command:?}")),
    }
    Ok(Outcome::Said("ok".into()))
}

/// Sets the modem lines where there is something to set, and says how they are.
pub fn lines(wanted: &str, chip: &mut Chip) -> Result<String, String> {
    if !wanted.is_empty() {
        let mut signals = Signals::default();
        for word in wanted.split_whitespace() {
            match word {
                "dtr=0" | "rts=0" => {}
                "dtr=1" => signals.dtr = true,
                "rts=1" => signals.rts = true,
                _ => return Err(format!("{word:?} sets no modem line")),
            }
        }
        chip.set_signals(signals).map_err(|error| error.to_string())?;
    }
    let Signals { dtr, rts } = chip.signals();
    Ok(format!("dtr={} rts={}", u8::from(dtr), u8::from(rts)))
}

/// Gives the cable a fault.
fn spoil(fault: &str, chip: &mut Chip) -> Result<(), String> {
    let cable = chip.cable_mut().ok_or("it has no serial cable")?;
    let sent = cable.sent_to_chip();
    let faults = cable.faults_mut();
    match fault.split_once(' ').unwrap_or((fault, "")) {
        ("echo", _) => faults.echo = true,
        ("garbled", one_in) => {
            let one_in = number(one_in).filter(|&one_in| one_in > 0).ok_or("one byte in how many?")?.into();
            faults.from_chip.too_fast = Some(TooFast { above: 0, one_in, bits: 0x2C });
        }
        ("silent-after", bytes) => {
            faults.to_chip.silent_from = Some(sent + u64::from(number(bytes).ok_or("after how many bytes?")?));
        }
        _ => return Err(format!("a cable has no fault {fault:?}")),
    }
    Ok(())
}

/// What was answered over USB since this was last asked for, and how long that took.
fn traffic(chip: &mut Chip) -> Result<String, String> {
    let Traffic { downloads, uploads, statuses, others, begin, end } = chip.take_traffic().ok_or("it is not on USB")?;
    let seconds = begin.map_or(0.0, |begin| end.since(begin).as_secs_f64());
    Ok(format!("downloads={downloads} uploads={uploads} statuses={statuses} others={others} seconds={seconds:.6}"))
}

fn boot(word: &str) -> Result<Boot, String> {
    match word {
        "" => Ok(Boot::Bootloader),
        "app" => Ok(Boot::Application),
        _ => Err(format!("it starts nothing called {word:?}")),
    }
}

/// Writes a file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    std::fs::write(path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
