//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};
use stm32_bootloader::chip::{Chip, ProductId};
use stm32_bootloader::sim::{ModemLine, Quirks, Rom, Start, Wire, Wiring};

pub const USAGE: &str = "\
A simulated STM32 with its ROM bootloader on a pseudo-terminal, or on USB.

Usage: simulated-stm32 --chip PID [options]

  --chip PID               the product id, as 0x413
  --answers-as PID         what it answers when it is asked for its product id, if that is another one
  --flash-kib N            flash of the chip; else the most that the die can have
  --unique-id HEX          its unique id, 24 hexadecimal digits in the order of its bytes
  --load FILE              what is in the flash from its start on
  --usb PATH               on USB: at PATH there is a socket that speaks USB/IP, for what plays the host's driver
  --usb-id VVVV:PPPP       vendor and product of its ROM there, if not ST's
  --application KIND       dfu: its application is a USB device, 1209:0001, that DFU_DETACH restarts in the bootloader;
                           serial: it has a serial port, too, tells what it is when it is sent a line `info`, and
                           restarts at 1200 baud or when it is sent a line `dfu`
  --link PATH              a symbolic link to the pseudo-terminal or the socket
  --speed N                how many times faster than real time (1)
  --latency MS             how long the adapter holds back what the chip sends (0)
  --quirk NAME             stray-zero, extra-ack, read-protected, two-nacks, synced or mid-pair; may be repeated
  --write-protected UNIT   a unit that is write-protected; may be repeated
  --nrst LINE              the modem line that the board wires to NRST: dtr or rts, or dtr-inverted or rts-inverted
                           where the pin is low while the line is asserted
  --boot0 LINE             the one that it wires to BOOT0, likewise
  --modem-lines PATH       a datagram socket at PATH that takes the command lines, for what plays the adapter's driver
  --dump FILE              where the flash is written to at the end

Prints the path of the pseudo-terminal or the socket. Then takes commands from its input, one a line, and answers each with one line,
which begins with `error:` where it could not be done:

  state                    waiting, bootloader, application, fault, held or unplugged
  wait STATE               answers once it is in that state
  reset [app]              resets it into the bootloader, or into the application
  unplug                   pulls the cable out, which is its supply too
  unplug-after N           does that by itself once N more bytes of flash were programmed
  unplug-amid-list N       does that by itself once the bootloader waits for the list of units of the Nth erase from now on
  port                     answers with the path of the application's serial port, once it is there
  say TEXT                 the application says it at its serial port; \\r, \\n and \\e stand for control characters
  heard                    answers with what the application was sent since this was asked last
  plug [app]               plugs it in again; answers with the new path
  flash FILE               writes what the flash holds to FILE
  load ADDRESS FILE        puts FILE into the flash, the option bytes, the OTP or the data EEPROM
  wear-out ADDRESS         the byte there keeps nothing it is programmed with from now on
  line FAULT               what is wrong with the cable until it is plugged in again: echo where the host's own lines touch,
                           garbled N where one byte in N arrives from the chip as another, or silent-after N where nothing
                           gets to the chip once the host has sent N more bytes
  lines [dtr=D rts=R]      sets the modem lines, 1 for asserted and 0 for not; answers how they are
  traffic                  how many transfers of USB were answered since this was last asked, of which kind, and in what time
  log FILE                 writes what was done to the chip to FILE, one thing a line
  quit                     ends it

It ends at `quit`, SIGTERM or SIGINT, and goes on without commands when its input ends.
";

/// What the command line says.
pub struct Arguments {
    pub rom: Rom,
    pub usb: Option<PathBuf>,
    pub usb_id: Option<(u16, u16)>,
    pub application: Vec<String>,
    pub link: Option<PathBuf>,
    pub speed: f64,
    pub latency: Duration,
    pub wiring: Wiring,
    pub modem_lines: Option<PathBuf>,
    pub dump: Option<PathBuf>,
}

/// `None` when help was asked for.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Arguments>, String> {
    let mut parser = Parser::from_args(arguments);
    let mut chip = None;
    let mut product_id = None;
    let mut flash_kib = None;
    let mut unique_id = None;
    let mut contents = None;
    let mut quirks: Vec<String> = Vec::new();
    let mut write_protected = Vec::new();
    let (mut usb, mut usb_id, mut application) = (None, None, Vec::new());
    let (mut link, mut dump, mut speed, mut latency) = (None, None, 1.0, Duration::ZERO);
    let (mut wiring, mut modem_lines) = (Wiring::default(), None);
    let plain = |error: lexopt::Error| error.to_string();
    while let Some(argument) = parser.next().map_err(plain)? {
        let Arg::Long(name) = argument else { return Err(argument.unexpected().to_string()) };
        let name = name.to_owned();
        if name == "help" {
            return Ok(None);
        }
        let value = parser.value().map_err(plain)?;
        match name.as_str() {
            "chip" => chip = Some(value.parse_with(chip_of).map_err(plain)?),
            "answers-as" => product_id = Some(value.parse_with(product_id_of).map_err(plain)?),
            "flash-kib" => flash_kib = Some(value.parse().map_err(plain)?),
            "unique-id" => unique_id = Some(value.parse_with(unique_id_of).map_err(plain)?),
            "load" => contents = Some(read(&PathBuf::from(value))?),
            "usb" => usb = Some(PathBuf::from(value)),
            "usb-id" => usb_id = Some(value.parse_with(usb_id_of).map_err(plain)?),
            "application" => application.push(value.parse_with(application_of).map_err(plain)?),
            "link" => link = Some(PathBuf::from(value)),
            "speed" => speed = value.parse_with(speed_of).map_err(plain)?,
            "latency" => latency = value.parse().map(Duration::from_millis).map_err(plain)?,
            "quirk" => quirks.push(value.string().map_err(plain)?),
            "write-protected" => write_protected.push(value.parse().map_err(plain)?),
            "nrst" => wiring.reset = Some(value.parse_with(wire_of).map_err(plain)?),
            "boot0" => wiring.boot0 = Some(value.parse_with(wire_of).map_err(plain)?),
            "modem-lines" => modem_lines = Some(PathBuf::from(value)),
            "dump" => dump = Some(PathBuf::from(value)),
            _ => return Err(format!("there is no option --{name}")),
        }
    }
    let chip = chip.ok_or("which chip? Give its product id, as --chip 0x413")?;
    let mut quirks = quirks.iter().try_fold(Quirks::of(chip), with_quirk)?;
    quirks.write_protected = write_protected;
    quirks.product_id = product_id;
    let mut rom = Rom::new(chip).with_quirks(quirks);
    if let Some(kib) = flash_kib {
        rom = rom.with_flash_kib(kib);
    }
    if let Some(id) = unique_id {
        rom = rom.with_unique_id(id);
    }
    if let Some(contents) = contents {
        rom.load(chip.geometry.base, &contents);
    }
    Ok(Some(Arguments { rom, usb, usb_id, application, link, speed, latency, wiring, modem_lines, dump }))
}

fn product_id_of(text: &str) -> Result<u16, &'static str> {
    number(text).and_then(|id| u16::try_from(id).ok()).ok_or("it is not a product id, as 0x413")
}

fn chip_of(text: &str) -> Result<&'static Chip, String> {
    Ok(Chip::by_product_id(ProductId(product_id_of(text)?)).ok_or("no chip with this product id is known")?)
}

fn usb_id_of(text: &str) -> Result<(u16, u16), &'static str> {
    let number = |text| u16::from_str_radix(text, 16).ok();
    let (vendor, product) = text.split_once(':').ok_or("it is no USB id, as 0483:df11")?;
    number(vendor).zip(number(product)).ok_or("it is no USB id, as 0483:df11")
}

fn unique_id_of(text: &str) -> Result<[u8; 12], &'static str> {
    let byte = |at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or("it is not 24 hexadecimal digits")
}

fn application_of(text: &str) -> Result<String, &'static str> {
    if matches!(text, "dfu" | "serial") { Ok(text.to_owned()) } else { Err("it is neither dfu nor serial") }
}

fn speed_of(text: &str) -> Result<f64, &'static str> {
    text.parse().ok().filter(|&speed: &f64| speed.is_finite() && speed > 0.0).ok_or("it is not a number above zero")
}

fn wire_of(text: &str) -> Result<Wire, &'static str> {
    let (line, inverted) = text.strip_suffix("-inverted").map_or((text, false), |line| (line, true));
    let from = match line {
        "dtr" => ModemLine::Dtr,
        "rts" => ModemLine::Rts,
        _ => return Err("it is not a modem line, as dtr or rts-inverted"),
    };
    Ok(Wire { from, inverted })
}

fn with_quirk(quirks: Quirks, name: &String) -> Result<Quirks, String> {
    Ok(match name.as_str() {
        "stray-zero" => Quirks { stray_zero: true, ..quirks },
        "extra-ack" => Quirks { extra_ack: true, ..quirks },
        "read-protected" => Quirks { read_protected: true, ..quirks },
        "two-nacks" => Quirks { two_nacks: true, ..quirks },
        "synced" => Quirks { start: Start::Synced, ..quirks },
        "mid-pair" => Quirks { start: Start::MidPair, ..quirks },
        _ => return Err(format!("there is no quirk {name}")),
    })
}

/// A number, hexadecimal after 0x.
pub fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The bytes of a file.
pub fn read(path: &PathBuf) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
