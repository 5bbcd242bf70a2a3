//! Rooms: who is in which, and what is passed from one to the other. Nothing of that is kept.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::secret;

/// How long a room is there.
pub const OPEN_FOR: Duration = Duration::from_secs(30 * 60);
/// How long a room waits for someone to come back to it.
const WAITS_FOR: Duration = Duration::from_secs(2 * 60);
/// Rooms at a time.
const ROOMS: usize = 1000;
/// Messages that wait for who takes them slowly. Those beyond are lost, which the two ends notice and make good.
const WAITING: usize = 64;
/// Bytes that pass through a room in all.
const BYTES: u64 = 64 << 20;

/// What someone in a room is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// What the other one said, as it was.
    Said(Bytes),
    /// Whether the other one is there.
    Peer(bool),
    /// The room is closed.
    Ended(Reason),
}

/// Why one is not let in, or a room is closed; the two ends know these words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There is no such room.
    NoRoom,
    /// The room is there already.
    Taken,
    /// Two are in it.
    Full,
    /// There are too many rooms.
    TooMany,
    /// Its time is over.
    Time,
    /// One of the two has closed it.
    Left,
    /// More was said than is passed on.
    TooMuch,
}

impl Reason {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoRoom => "no-room",
            Self::Taken => "taken",
            Self::Full => "full",
            Self::TooMany => "too-many",
            Self::Time => "time",
            Self::Left => "left",
            Self::TooMuch => "too-much",
        }
    }
}

/// How someone wants to come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// As the first, in a new room.
    Open,
    /// As the second.
    Join,
    /// Again, with the token of the first time.
    Return(String),
}

/// Someone in a room.
#[derive(Debug)]
struct Seat {
    /// What only who was here knows.
    token: String,
    /// How often they came: of two connections the later one counts.
    visit: u64,
    sender: Option<Sender<Sent>>,
    /// When they left last.
    left: Instant,
}

#[derive(Debug)]
struct Room {
    opened: Instant,
    seats: Vec<Seat>,
    bytes: u64,
}

impl Room {
    fn is_over(&self) -> bool {
        let waited = |seat: &Seat| seat.sender.is_none() && seat.left.elapsed() >= WAITS_FOR;
        self.opened.elapsed() >= OPEN_FOR || self.seats.iter().all(waited)
    }

    fn tell(&self, seat: usize, what: Sent) {
        if let Some(sender) = self.seats.get(seat).and_then(|seat| seat.sender.as_ref()) {
            // There is always room for what the station itself says; what the other one says and does not fit is lost, and
            // the two ends make it good.
            let spare = match what {
                Sent::Said(_) => 8,
                Sent::Peer(_) => 1,
                Sent::Ended(_) => 0,
            };
            if sender.capacity() > spare {
                let _ = sender.try_send(what);
            }
        }
    }

    fn end(&self, reason: Reason) {
        (0..self.seats.len()).for_each(|seat| self.tell(seat, Sent::Ended(reason)));
    }
}

/// A place in a room, as long as a connection is there.
#[derive(Debug)]
pub struct Place {
    room: String,
    seat: usize,
    visit: u64,
    /// What lets one come again.
    pub token: String,
    /// When the room is closed.
    pub until: Instant,
    /// What one is sent.
    pub receiver: Receiver<Sent>,
}

/// All rooms.
#[derive(Debug, Default)]
pub struct Rooms(Mutex<HashMap<String, Room>>);

impl Rooms {
    fn with<T>(&self, then: impl FnOnce(&mut HashMap<String, Room>) -> T) -> T {
        then(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Comes into a room. Both are told whether the other one is there.
    ///
    /// # Errors
    /// Why not.
    pub fn enter(&self, name: &str, way: &Way) -> Result<Place, Reason> {
        self.with(|rooms| {
            if rooms.get(name).is_some_and(Room::is_over) {
                rooms.remove(name);
            }
            if *way == Way::Open {
                if rooms.len() >= ROOMS {
                    rooms.retain(|_, room| !room.is_over());
                }
                match rooms.contains_key(name) {
                    true => return Err(Reason::Taken),
                    false if rooms.len() >= ROOMS => return Err(Reason::TooMany),
                    false => {}
                }
                let room = Room { opened: Instant::now(), seats: Vec::new(), bytes: 0 };
                rooms.insert(name.to_owned(), room);
            }
            let room = rooms.get_mut(name).ok_or(Reason::NoRoom)?;
            let seat = match way {
                Way::Return(token) => {
                    let is_theirs = |seat: &Seat| secret::is_same(&seat.token, token);
                    room.seats.iter().position(is_theirs).ok_or(Reason::NoRoom)?
                }
                // One try: who was there once is not replaced by another.
                Way::Open | Way::Join if room.seats.len() == 2 => return Err(Reason::Full),
                Way::Open | Way::Join => {
                    // Without random bytes there are no rooms.
                    let token = secret::short().map_err(|_| Reason::TooMany)?;
                    let seat = Seat { token, visit: 0, sender: None, left: Instant::now() };
                    room.seats.push(seat);
                    room.seats.len() - 1
                }
            };
            let (sender, receiver) = channel(WAITING);
            let other = room.seats.get(1 - seat).is_some_and(|other| other.sender.is_some());
            room.tell(1 - seat, Sent::Peer(true));
            let until = room.opened + OPEN_FOR;
            let mine = &mut room.seats[seat];
            mine.visit += 1;
            // Nobody waits yet, so there is room for it.
            let _ = sender.try_send(Sent::Peer(other));
            mine.sender = Some(sender);
            Ok(Place { room: name.to_owned(), seat, visit: mine.visit, token: mine.token.clone(), until, receiver })
        })
    }

    /// Passes on what someone said. Says whether the room is still there.
    pub fn say(&self, place: &Place, what: Bytes) -> bool {
        self.with(|rooms| {
            let Some(room) = rooms.get_mut(&place.room) else { return false };
            room.bytes += what.len() as u64;
            if room.bytes > BYTES {
                room.end(Reason::TooMuch);
                rooms.remove(&place.room);
                return false;
            }
            room.tell(1 - place.seat, Sent::Said(what));
            true
        })
    }

    /// Closes the room, for both.
    pub fn close(&self, place: &Place, reason: Reason) {
        self.with(|rooms| {
            if let Some(room) = rooms.remove(&place.room) {
                room.end(reason);
            }
        });
    }

    /// The connection is gone: the place is kept for who comes again.
    pub fn leave(&self, place: &Place) {
        self.with(|rooms| {
            let Some(room) = rooms.get_mut(&place.room) else { return };
            let Some(seat) = room.seats.get_mut(place.seat).filter(|seat| seat.visit == place.visit) else { return };
            (seat.sender, seat.left) = (None, Instant::now());
            room.tell(1 - place.seat, Sent::Peer(false));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(place: &mut Place) -> Option<Sent> {
        place.receiver.try_recv().ok()
    }

    fn bytes(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[test]
    fn what_one_says_the_other_one_gets_and_nobody_else() {
        let rooms = Rooms::default();
        let mut customer = rooms.enter("ACDE", &Way::Open).unwrap();
        let mut elsewhere = rooms.enter("ACDF", &Way::Open).unwrap();
        let mut support = rooms.enter("ACDE", &Way::Join).unwrap();
        assert_eq!(next(&mut customer), Some(Sent::Peer(false)));
        assert_eq!(next(&mut customer), Some(Sent::Peer(true)));
        assert_eq!(next(&mut support), Some(Sent::Peer(true)));
        assert!(rooms.say(&customer, bytes("hello")));
        assert_eq!((next(&mut support), next(&mut customer)), (Some(Sent::Said(bytes("hello"))), None));
        assert_eq!((next(&mut elsewhere), next(&mut elsewhere)), (Some(Sent::Peer(false)), None));
    }

    #[test]
    fn a_third_one_is_not_let_in_even_where_one_of_the_two_is_away() {
        let rooms = Rooms::default();
        let customer = rooms.enter("ACDE", &Way::Open).unwrap();
        let support = rooms.enter("ACDE", &Way::Join).unwrap();
        assert_eq!(rooms.enter("ACDE", &Way::Join).unwrap_err(), Reason::Full);
        assert_eq!(rooms.enter("ACDE", &Way::Open).unwrap_err(), Reason::Taken);
        rooms.leave(&support);
        assert_eq!(rooms.enter("ACDE", &Way::Join).unwrap_err(), Reason::Full);
        assert_eq!(rooms.enter("ACDE", &Way::Return("guessed".into())).unwrap_err(), Reason::NoRoom);
        assert_ne!(customer.token, support.token);
    }

    #[test]
    fn who_was_away_comes_again_with_their_token_and_the_other_one_is_told_of_both() {
        let rooms = Rooms::default();
        let mut customer = rooms.enter("ACDE", &Way::Open).unwrap();
        let support = rooms.enter("ACDE", &Way::Join).unwrap();
        let again = rooms.enter("ACDE", &Way::Return(support.token.clone())).unwrap();
        // The old connection is noticed to be gone only after the new one is there.
        rooms.leave(&support);
        assert!(rooms.say(&customer, bytes("still there?")));
        let mut again = again;
        assert_eq!(next(&mut again), Some(Sent::Peer(true)));
        assert_eq!(next(&mut again), Some(Sent::Said(bytes("still there?"))));
        rooms.leave(&again);
        let told: Vec<_> = std::iter::from_fn(|| next(&mut customer)).collect();
        assert_eq!(told.last(), Some(&Sent::Peer(false)));
    }

    #[test]
    fn a_room_that_is_closed_is_closed_for_both_and_its_tokens_are_worth_nothing() {
        let rooms = Rooms::default();
        let mut customer = rooms.enter("ACDE", &Way::Open).unwrap();
        let support = rooms.enter("ACDE", &Way::Join).unwrap();
        rooms.close(&support, Reason::Left);
        let told: Vec<_> = std::iter::from_fn(|| next(&mut customer)).collect();
        assert_eq!(told.last(), Some(&Sent::Ended(Reason::Left)));
        assert!(!rooms.say(&customer, bytes("hello")));
        assert_eq!(rooms.enter("ACDE", &Way::Return(customer.token)).unwrap_err(), Reason::NoRoom);
        assert_eq!(rooms.enter("ACDE", &Way::Join).unwrap_err(), Reason::NoRoom);
    }

    #[test]
    fn a_room_through_which_too_much_has_passed_is_closed() {
        let rooms = Rooms::default();
        let mut customer = rooms.enter("ACDE", &Way::Open).unwrap();
        let piece = Bytes::from(vec![0; 1 << 20]);
        assert_eq!((0..100).take_while(|_| rooms.say(&customer, piece.clone())).count() as u64, BYTES >> 20);
        let told: Vec<_> = std::iter::from_fn(|| next(&mut customer)).collect();
        assert_eq!(told.last(), Some(&Sent::Ended(Reason::TooMuch)));
    }

    #[test]
    fn who_takes_nothing_of_what_is_said_is_still_told_of_the_end() {
        let rooms = Rooms::default();
        let customer = rooms.enter("ACDE", &Way::Open).unwrap();
        let mut support = rooms.enter("ACDE", &Way::Join).unwrap();
        (0..2 * WAITING).for_each(|_| assert!(rooms.say(&customer, bytes("more"))));
        (0..WAITING).for_each(|_| rooms.leave(&customer));
        rooms.close(&customer, Reason::Left);
        let told: Vec<_> = std::iter::from_fn(|| next(&mut support)).collect();
        assert_eq!(told.last(), Some(&Sent::Ended(Reason::Left)));
    }

    #[test]
    fn there_are_so_many_rooms_and_no_more() {
        let rooms = Rooms::default();
        let held: Vec<_> = (0..ROOMS).map(|n| rooms.enter(&n.to_string(), &Way::Open).unwrap()).collect();
        assert_eq!(rooms.enter("more", &Way::Open).unwrap_err(), Reason::TooMany);
        rooms.close(&held[0], Reason::Left);
        rooms.enter("more", &Way::Open).unwrap();
    }

    /// So much time passes in a room.
    fn pass(rooms: &Rooms, name: &str, time: Duration) {
        rooms.with(|rooms| {
            let room = rooms.get_mut(name).unwrap();
            room.opened -= time;
            room.seats.iter_mut().for_each(|seat| seat.left -= time);
        });
    }

    #[test]
    fn a_room_is_over_after_its_time_even_where_two_are_in_it() {
        let rooms = Rooms::default();
        let customer = rooms.enter("ACDE", &Way::Open).unwrap();
        pass(&rooms, "ACDE", OPEN_FOR - Duration::from_secs(9));
        let support = rooms.enter("ACDE", &Way::Join).unwrap();
        assert!(support.until < Instant::now() + Duration::from_secs(10));
        pass(&rooms, "ACDE", Duration::from_secs(9));
        assert_eq!(rooms.enter("ACDE", &Way::Return(customer.token)).unwrap_err(), Reason::NoRoom);
        rooms.enter("ACDE", &Way::Open).unwrap();
    }

    #[test]
    fn a_room_that_both_have_left_waits_for_two_minutes_and_one_with_somebody_in_it_longer() {
        let rooms = Rooms::default();
        let customer = rooms.enter("ACDE", &Way::Open).unwrap();
        let support = rooms.enter("ACDE", &Way::Join).unwrap();
        rooms.leave(&support);
        pass(&rooms, "ACDE", WAITS_FOR);
        let support = rooms.enter("ACDE", &Way::Return(support.token)).unwrap();
        rooms.leave(&customer);
        rooms.leave(&support);
        pass(&rooms, "ACDE", WAITS_FOR - Duration::from_secs(9));
        let support = rooms.enter("ACDE", &Way::Return(support.token)).unwrap();
        rooms.leave(&support);
        pass(&rooms, "ACDE", WAITS_FOR);
        assert_eq!(rooms.enter("ACDE", &Way::Return(support.token)).unwrap_err(), Reason::NoRoom);
    }
}
