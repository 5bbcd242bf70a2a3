//! Back to dfuIDLE from every state, and what faults of single transfers come to.

use super::*;
use crate::pipe::{ControlPipe, Kind, PipeError, Recipient, Request};
use crate::sim::WhileBusy;

const fn class(code: u8, value: u16) -> Request {
    Request { kind: Kind::Class, recipient: Recipient::Interface, code, value, index: 0 }
}

const DOWNLOAD: u8 = 1;
const UPLOAD: u8 = 2;
const GET_STATUS: u8 = 3;

fn out(pipe: &mut SimulatedPipe, request: Request, bytes: &[u8]) {
    let deadline = pipe.now() + Duration::from_secs(1);
    // Some of them are stalled, and meant to be.
    let _ = block_on(pipe.control_out(request, bytes, deadline));
}

fn state(pipe: &mut SimulatedPipe) -> u8 {
    let (deadline, mut answer) = (pipe.now() + Duration::from_secs(1), [0]);
    block_on(pipe.control_in(class(5, 0), &mut answer, deadline)).expect("it tells its state");
    answer[0]
}

/// A device as another host left it, in each state that it can be found in.
fn left_in(state: u8) -> SimulatedPipe {
    let quirks = UsbQuirks { while_busy: WhileBusy::Answers, ..UsbQuirks::default() };
    let mut pipe = quirky(rom(0x413), quirks);
    let deadline = pipe.now() + Duration::from_secs(1);
    let status = |pipe: &mut SimulatedPipe| {
        let deadline = pipe.now() + Duration::from_secs(1);
        block_on(pipe.control_in(class(GET_STATUS, 0), &mut [0; 6], deadline)).expect("it answers");
    };
    match state {
        2 => {}
        3 => out(&mut pipe, class(DOWNLOAD, 0), &[0x41, 0, 0, 0, 8]),
        4 | 5 => {
            out(&mut pipe, class(DOWNLOAD, 0), &[0x41, 0, 0, 0, 8]);
            status(&mut pipe);
            if state == 5 {
                block_on(pipe.wait_until(deadline));
                status(&mut pipe);
            }
        }
        6 => out(&mut pipe, class(DOWNLOAD, 2), &[]),
        9 => drop(block_on(pipe.control_in(class(UPLOAD, 2), &mut [0; 64], deadline))),
        10 => out(&mut pipe, class(DOWNLOAD, 0), &[0; 4000]),
        _ => unreachable!("the ROM is never there"),
    }
    pipe
}

#[test]
fn a_device_is_brought_to_idle_from_every_state_that_it_can_be_found_in() {
    for number in [2, 3, 4, 5, 6, 9, 10] {
        let mut pipe = left_in(number);
        assert_eq!(state(&mut pipe), number, "the device is not as it was to be");
        let mut bootloader = connected(pipe);
        assert_eq!(state(bootloader.pipe()), 2, "from state {number}");
        let data = bytes(3000);
        block_on(bootloader.write(BASE + 0x8000, &data)).expect("it takes commands");
        assert_eq!(flash(&mut bootloader)[0x8000..][..3000], data, "from state {number}");
    }
}

#[test]
fn a_command_that_was_received_and_not_begun_is_dropped() {
    let mut bootloader = connected(left_in(3));
    assert!(!events(&mut bootloader).iter().any(|event| matches!(event, Event::Erased { .. })));
}

#[test]
fn work_that_has_begun_is_waited_for() {
    let mut bootloader = connected(left_in(4));
    assert_eq!(events(&mut bootloader), [Event::Erased { unit: 0 }]);
}

#[test]
fn a_device_that_never_answers_is_given_up_in_good_time() {
    let mut bootloader = connected(pipe(rom(0x413)));
    bootloader.pipe().device_mut().rom_mut().hold();
    let start = bootloader.pipe().now();
    assert_eq!(block_on(bootloader.recover()), Err(Error::Stuck));
    assert!(bootloader.pipe().now().since(start) < Duration::from_secs(60));
}

/// Erases a unit, writes two blocks and reads them back, each as the procedure does.
async fn exchange(bootloader: &mut Bootloader<SimulatedPipe>, data: &[u8]) -> Result<(), Error> {
    bootloader.insist(async |bootloader: &mut Bootloader<SimulatedPipe>| bootloader.erase(BASE, WORST).await).await?;
    for (number, block) in data.chunks(2048).enumerate() {
        let address = BASE + number as u32 * 2048;
        if bootloader.write(address, block).await.is_err() {
            bootloader.recover().await?;
            let mut found = vec![0; block.len()];
            bootloader
                .insist(async |bootloader: &mut Bootloader<SimulatedPipe>| bootloader.read(address, &mut found).await)
                .await?;
            if found != block {
                bootloader.write(address, block).await?;
            }
        }
    }
    let mut found = vec![0; data.len()];
    bootloader
        .insist(async |bootloader: &mut Bootloader<SimulatedPipe>| bootloader.read(BASE, &mut found).await)
        .await?;
    assert_eq!(found, data);
    Ok(())
}

#[test]
fn any_one_transfer_that_is_lost_stalled_or_late_is_made_good() {
    let data = bytes(4096);
    let device = || UsbRom::new(rom(0x413).with_flash(BASE, &[0x22; 8192]));
    let mut bootloader = connected(SimulatedPipe::new(device()));
    let first = bootloader.pipe().transfers();
    block_on(exchange(&mut bootloader, &data)).expect("nothing is in the way");
    let last = bootloader.pipe().transfers();
    assert!(last - first > 12);
    for number in first..last {
        let late = Duration::from_secs(30);
        for faults in [
            PipeFaults { lost: vec![number], ..PipeFaults::default() },
            PipeFaults { unanswered: vec![number], ..PipeFaults::default() },
            PipeFaults { stalled: vec![number], ..PipeFaults::default() },
            PipeFaults { delayed: vec![(number, late)], ..PipeFaults::default() },
        ] {
            let mut bootloader = connected(SimulatedPipe::new(device()).with_faults(faults.clone()));
            block_on(exchange(&mut bootloader, &data)).unwrap_or_else(|error| panic!("{faults:?}: {error}"));
            assert!(flash(&mut bootloader).starts_with(&data), "{faults:?}");
        }
    }
}

#[test]
fn a_device_that_is_pulled_out_is_told_as_that() {
    let faults = PipeFaults { unplug_at: Some((20, Duration::ZERO)), ..PipeFaults::default() };
    let mut bootloader = connected(pipe(rom(0x413)).with_faults(faults));
    let error = block_on(exchange(&mut bootloader, &bytes(4096))).expect_err("it is out");
    assert!(matches!(error, Error::Pipe(PipeError::Lost(_))), "{error:?}");
}
