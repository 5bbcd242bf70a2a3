//! Reaching a device: its descriptors, its flash, and the way to where it takes commands.

use core::time::Duration;

use super::descriptors::{self, DescriptorError, Device, Functional, Mode};
use super::link::{Code, Link, PATIENCE};
use super::quirks::{Quirks, gd32_geometry};
use super::{Alternate, Bootloader, Command, ConnectError, MemoryLayout};
use crate::chip::Geometry;
use crate::pipe::{ControlPipe, Kind, PipeError, Recipient, Request};

/// `bcdDFUVersion` of ST's extension.
const DFUSE: u16 = 0x011A;
/// GET_DESCRIPTOR (USB 2.0 Table 9-4).
const GET_DESCRIPTOR: u8 = 6;
/// The language that strings are asked for in: all that ST's ROM has.
const ENGLISH: u16 = 0x0409;
/// How often a descriptor is asked for before its error is believed: what chip it is hangs on them.
const TRIES: u32 = 2;

impl<P: ControlPipe> Bootloader<P> {
    /// Reads the device's descriptors, selects its flash and brings it to dfuIDLE, whatever it was at.
    ///
    /// # Errors
    /// [`ConnectError`] for a device that is none of ST's extension, has no flash that can be written, or does not answer.
    pub async fn connect(mut pipe: P) -> Result<Self, ConnectError> {
        let mut buffer = [0; 18];
        let count = get_descriptor(&mut pipe, descriptors::DEVICE, 0, 0, &mut buffer).await?;
        let device = Device::parse(&buffer[..count])?;
        let configuration = configuration(&mut pipe).await?;
        let interface = descriptors::interface(&configuration, Mode::Dfu)?;
        let functional = interface.functional;
        if functional.version != DFUSE {
            return Err(ConnectError::NotDfuse { version: functional.version });
        }
        if !functional.can_download || !functional.can_upload {
            return Err(ConnectError::OneWay);
        }
        let serial = string(&mut pipe, device.serial).await?;
        let mut alternates = Vec::new();
        for (setting, name) in interface.alternates {
            let name = string(&mut pipe, name).await?;
            alternates.push(Alternate { setting, layout: MemoryLayout::parse(&name) });
        }
        let layouts: Vec<&MemoryLayout> = alternates.iter().filter_map(|memory| memory.layout.as_ref().ok()).collect();
        let quirks = Quirks::of(&device, &layouts);
        let Some((selected, mut geometry)) = flash(&alternates) else {
            return Err(ConnectError::NoFlash(alternates.into_iter().find_map(|memory| memory.layout.err())));
        };
        if let Some(right) = quirks.size_in_serial.then(|| gd32_geometry(&serial, geometry.base)).flatten() {
            geometry = right;
        }
        let mut link = Link::new(pipe, interface.number);
        if quirks.stays_busy {
            link.busy_patience = Duration::ZERO;
        }
        let largest = usize::from(functional.transfer_size);
        let mut bootloader = Self {
            link,
            device,
            serial,
            functional,
            alternates,
            geometry,
            quirks,
            selected,
            largest,
            has_begun_to_erase: false,
        };
        if let Err(error) = bootloader.select(selected).await {
            if !error.may_pass() {
                return Err(error.into());
            }
            bootloader.select(selected).await?;
        }
        bootloader.recover().await?;
        Ok(bootloader)
    }
}

/// The setting that stands for the flash, and its units: the one called so before another one that can be erased, for
/// some devices have option bytes that can be.
pub(super) fn flash(alternates: &[Alternate]) -> Option<(u8, Geometry)> {
    let usable = alternates.iter().filter_map(|memory| {
        let layout = memory.layout.as_ref().ok()?;
        let name = layout.name.to_ascii_lowercase();
        let rank = ["internal flash", "flash", ""].iter().position(|part| name.contains(part))?;
        Some((rank, memory.setting, layout.geometry()?))
    });
    usable.min_by_key(|&(rank, ..)| rank).map(|(_, setting, geometry)| (setting, geometry))
}

/// Reads a descriptor, and says how much of it came.
async fn get_descriptor<P: ControlPipe>(
    pipe: &mut P,
    kind: u8,
    number: u8,
    language: u16,
    buffer: &mut [u8],
) -> Result<usize, PipeError> {
    let request = Request {
        kind: Kind::Standard,
        recipient: Recipient::Device,
        code: GET_DESCRIPTOR,
        value: u16::from_be_bytes([kind, number]),
        index: language,
    };
    let mut tries = 0;
    loop {
        tries += 1;
        let deadline = pipe.now() + PATIENCE;
        match pipe.control_in(request, buffer, deadline).await {
            Err(PipeError::TimedOut | PipeError::Stalled) if tries < TRIES => {}
            result => return Ok(result?.min(buffer.len())),
        }
    }
}

/// All of the configuration descriptor. The functional descriptor is never asked for by itself: the STM32C5 does not answer.
async fn configuration<P: ControlPipe>(pipe: &mut P) -> Result<Vec<u8>, ConnectError> {
    let mut header = [0; descriptors::HEADER];
    let count = get_descriptor(pipe, descriptors::CONFIGURATION, 0, 0, &mut header).await?;
    let mut all = vec![0; descriptors::total_length(&header[..count])?];
    let count = get_descriptor(pipe, descriptors::CONFIGURATION, 0, 0, &mut all).await?;
    if count < all.len() {
        return Err(DescriptorError::Damaged { offset: count }.into());
    }
    Ok(all)
}

/// A string of the device; empty where it has none of this number, or none that can be read.
async fn string<P: ControlPipe>(pipe: &mut P, number: u8) -> Result<String, PipeError> {
    let mut buffer = [0; 255];
    if number == 0 {
        return Ok(String::new());
    }
    match get_descriptor(pipe, descriptors::STRING, number, ENGLISH, &mut buffer).await {
        Ok(count) => Ok(descriptors::text(&buffer[..count]).unwrap_or_default()),
        Err(PipeError::Stalled) => Ok(String::new()),
        Err(error) => Err(error),
    }
}

/// Tells an application that has a DFU interface beside its own to restart in DFU mode. It is gone afterwards, and comes
/// back as another device.
///
/// # Errors
/// [`ConnectError`] where it has no such interface, or does not take the request.
pub async fn detach<P: ControlPipe>(mut pipe: P) -> Result<(), ConnectError> {
    let configuration = configuration(&mut pipe).await?;
    let interface = descriptors::interface(&configuration, Mode::Application)?;
    let Functional { will_detach, detach_timeout, .. } = interface.functional;
    if let Some(&(setting, _)) = interface.alternates.first() {
        pipe.select(interface.number, setting).await?;
    }
    let mut link = Link::new(pipe, interface.number);
    let milliseconds = u16::try_from(detach_timeout.as_millis()).unwrap_or(u16::MAX);
    link.write(Command::Leave, Code::Detach, milliseconds, &[]).await?;
    if !will_detach {
        // A device that is another one from then on is lost to this pipe.
        match link.pipe.reset().await {
            Ok(()) | Err(PipeError::Lost(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
