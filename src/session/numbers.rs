//! What a picture of an update needs of its events, as numbers: the picture is drawn by a module that is loaded when someone
//! wants to see it.

use core::time::Duration;

use updater::{Event, Phase, Stamped, Stretch, Summary};

/// An event, or nothing where it is none that is drawn.
pub fn of(at: Duration, event: &Event) -> Vec<u32> {
    let mut numbers = vec![0, u32::try_from(at.as_millis()).unwrap_or(u32::MAX)];
    let (kind, places): (u32, &[Stretch]) = match event {
        Event::Phase { phase } => (0, &[Stretch { address: *phase as u32, bytes: 0 }]),
        Event::Compared { address, bytes, same: true } => (1, &[Stretch { address: *address, bytes: *bytes }]),
        Event::Compared { address, bytes, same: false } => (2, &[Stretch { address: *address, bytes: *bytes }]),
        Event::Written { address, bytes } => (3, &[Stretch { address: *address, bytes: *bytes }]),
        Event::Verified { address, bytes } => (4, &[Stretch { address: *address, bytes: *bytes }]),
        Event::Erased { places, .. } => (5, places),
        Event::Planned(summary) => {
            numbers.extend([summary.vectors, 0]);
            (6, &summary.write)
        }
        _ => return Vec::new(),
    };
    numbers[0] = kind;
    numbers.extend(places.iter().flat_map(|place| [place.address, place.bytes]));
    numbers
}

/// The event that these numbers are of, with what is drawn of it.
pub fn event(numbers: &[u32]) -> Option<Stamped> {
    let (&[kind, ms], rest) = numbers.split_first_chunk()?;
    let places: Vec<Stretch> = rest.as_chunks().0.iter().map(|&[address, bytes]| Stretch { address, bytes }).collect();
    let Stretch { address, bytes } = places.first().copied().unwrap_or(Stretch { address: 0, bytes: 0 });
    let event = match kind {
        0 => Event::Phase { phase: Phase::ALL.get(address as usize).copied()? },
        1 => Event::Compared { address, bytes, same: true },
        2 => Event::Compared { address, bytes, same: false },
        3 => Event::Written { address, bytes },
        4 => Event::Verified { address, bytes },
        5 => Event::Erased {
            units: Vec::new(),
            bytes: places.iter().fold(0, |sum, place| place.bytes.saturating_add(sum)),
            places,
        },
        6 => Event::Planned(Summary { vectors: address, write: places.get(1..)?.to_vec(), ..Summary::default() }),
        _ => return None,
    };
    Some(Stamped { at: Duration::from_millis(ms.into()), event })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_is_drawn_is_the_same_again() {
        let (address, bytes) = (0x0800_4000, 256);
        let places = vec![Stretch { address, bytes }, Stretch { address: 0x0801_0000, bytes: 2048 }];
        let events = [
            Event::Phase { phase: Phase::Verify },
            Event::Compared { address, bytes, same: true },
            Event::Compared { address, bytes, same: false },
            Event::Written { address, bytes },
            Event::Verified { address, bytes },
            Event::Erased { units: Vec::new(), bytes: 2304, places: places.clone() },
            Event::Planned(Summary { vectors: address, write: places, ..Summary::default() }),
        ];
        for event in events {
            let stamped = Stamped { at: Duration::from_millis(12_345), event };
            assert_eq!(super::event(&of(stamped.at, &stamped.event)), Some(stamped));
        }
    }

    #[test]
    fn what_is_not_drawn_is_left_out_and_what_is_no_event_is_none() {
        assert!(of(Duration::ZERO, &Event::Complete).is_empty());
        for numbers in [&[][..], &[3], &[99, 0, 1, 2], &[0, 0, 77, 0], &[6, 0]] {
            assert_eq!(event(numbers), None, "{numbers:?}");
        }
    }
}
