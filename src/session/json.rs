//! Events as JSON, written the same as `serde_json` does, in a tenth of the room that it takes in the page.
//!
//! Nothing can go wrong in it, so that nothing checks whether it did: that is what makes it small.

use core::fmt;

use serde::ser::{self, Impossible, Serialize, Serializer};
use updater::Stamped;

use super::Event;

/// Events as a list.
pub fn list(events: &[Stamped<Event>]) -> String {
    let mut json = Json { text: "[".into(), begun: false };
    for Stamped { at, event } in events {
        json.next();
        json.text.push_str("{\"ms\":");
        json.number(at.as_millis() as u64);
        json.begun = true;
        let Ok(()) = event.serialize(&mut json);
    }
    json.text + "]"
}

struct Json {
    text: String,
    /// The object that comes next has its brace and a field already.
    begun: bool,
}

impl Json {
    /// A comma, unless it is the first.
    #[inline(never)]
    fn next(&mut self) {
        if !self.text.ends_with(['[', '{']) {
            self.text.push(',');
        }
    }

    #[inline(never)]
    fn number(&mut self, number: u64) {
        self.text.push_str(&number.to_string());
    }

    #[inline(never)]
    fn text(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            if c < ' ' {
                self.text.push_str("\\u00");
                self.text.extend(
                    [(c as u8) >> 4, c as u8 & 15].map(|digit| char::from(b"0123456789abcdef"[digit as usize])),
                );
            } else {
                if matches!(c, '"' | '\\') {
                    self.text.push('\\');
                }
                self.text.push(c);
            }
        }
        self.text.push('"');
    }

    #[inline(never)]
    fn key(&mut self, key: &str) {
        self.next();
        self.text(key);
        self.text.push(':');
    }

    #[inline(never)]
    fn begin(&mut self, bracket: char) {
        if !core::mem::take(&mut self.begun) {
            self.text.push(bracket);
        }
    }
}

/// What does not happen.
#[derive(Debug)]
enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl core::error::Error for Never {}

impl ser::Error for Never {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        unreachable!("{reason}")
    }
}

type Written = Result<(), Never>;

/// Fields of an object.
struct Fields<'a>(&'a mut Json);

/// Elements of a list.
struct Elements<'a>(&'a mut Json);

impl<'a> Serializer for &'a mut Json {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Impossible<(), Never>;
    type SerializeTupleVariant = Impossible<(), Never>;
    type SerializeMap = Impossible<(), Never>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Impossible<(), Never>;

    fn serialize_bool(self, value: bool) -> Written {
        self.text.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Written {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Written {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Written {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Written {
        self.number(value);
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Written {
        self.text(value);
        Ok(())
    }

    fn serialize_none(self) -> Written {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        self.text.push_str("null");
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'a>, Never> {
        self.begin('[');
        Ok(Elements(self))
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements<'a>, Never> {
        self.serialize_seq(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, Never> {
        self.begin('{');
        Ok(Fields(self))
    }

    // Events have none of what follows: a test has one of each kind of event.

    fn serialize_i8(self, _: i8) -> Written {
        unreachable!()
    }

    fn serialize_i16(self, _: i16) -> Written {
        unreachable!()
    }

    fn serialize_i32(self, _: i32) -> Written {
        unreachable!()
    }

    fn serialize_i64(self, _: i64) -> Written {
        unreachable!()
    }

    fn serialize_f32(self, _: f32) -> Written {
        unreachable!()
    }

    fn serialize_f64(self, _: f64) -> Written {
        unreachable!()
    }

    fn serialize_char(self, _: char) -> Written {
        unreachable!()
    }

    fn serialize_bytes(self, _: &[u8]) -> Written {
        unreachable!()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        unreachable!()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        unreachable!()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Never> {
        unreachable!()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Never> {
        unreachable!()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Never> {
        unreachable!()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Never> {
        unreachable!()
    }
}

impl ser::SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Written {
        self.0.key(key);
        value.serialize(&mut *self.0)
    }

    fn end(self) -> Written {
        self.0.text.push('}');
        Ok(())
    }
}

impl ser::SerializeSeq for Elements<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.0.next();
        value.serialize(&mut *self.0)
    }

    fn end(self) -> Written {
        self.0.text.push(']');
        Ok(())
    }
}

impl ser::SerializeTuple for Elements<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        ser::SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Written {
        ser::SerializeSeq::end(self)
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use serde_json::Value;
    use updater::{DeviceState, Phase, Stretch, Summary};

    use super::super::{Code, Device, Expectation, Failure, Notice, Offer, Outcome, SlowAdapter, Units};
    use super::*;
    use crate::config::Detail;

    /// One of each kind of event.
    fn events() -> Vec<Event> {
        use updater::Event as Update;
        let device = Device {
            chip: "STM32F405".into(),
            product_id: "0x413".into(),
            flash_kib: 1024,
            flash_size_read: true,
            units: vec![Units { address: 15, count: 16, size: 17 }],
            unique_id: Some("00".into()),
            rom: None,
            notices: vec![Notice::Unproven, Notice::PowerAfter],
        };
        let slow_adapter = Some(SlowAdapter { milliseconds: 16, seconds: 20 });
        let expected = Some(Expectation { seconds: 40, saved_by_supply: None, slow_adapter });
        let notes = "Fixes \"things\"\n\tand \\ more: ünïcode, \u{7}\u{1f}".into();
        let offer = Offer {
            version: "1.2.0".into(),
            notes,
            size: Some(u64::MAX),
            older: false,
            expected,
            taken: Some("2026-11-24".into()),
        };
        let failure = Failure { code: Code::LinkLost, detail: "silent".into(), device: DeviceState::Incomplete };
        let updates = [
            Update::SupplyTold,
            Update::SupplyNotTold { reason: "no".into() },
            Update::NoMassErase { reason: "no".into() },
            Update::Pace { bursts: true },
            Update::Planned(Summary {
                units: vec![0, 1],
                write: vec![Stretch { address: 1, bytes: 2 }],
                ..Summary::default()
            }),
            Update::Phase { phase: Phase::Write },
            Update::Compared { address: 1, bytes: 2, same: true },
            Update::Erased { units: vec![3], bytes: 4, places: vec![Stretch { address: 3, bytes: 4 }] },
            Update::Written { address: 5, bytes: 6 },
            Update::Verified { address: 7, bytes: 8 },
            Update::ReadAgain { address: 9 },
            Update::Again { address: 10, reason: "lost".into() },
            Update::Repair { address: 11 },
            Update::SteppedDown { from: 12, to: 13, reason: "noise".into() },
            Update::Complete,
            Update::Started { address: 14 },
            Update::NotStarted { reason: "no".into() },
        ];
        let outcomes = [
            Outcome::Updated { started: true },
            Outcome::UpToDate { reason: Some("latest".into()) },
            Outcome::Cancelled { device: DeviceState::Untouched },
            Outcome::Failed(failure),
        ];
        let others = [
            Event::Connecting { to: "a device".into(), baud: Some(115_200), adapter: None },
            Event::Advised { code: Code::PortBusy },
            Event::TakenOver,
            Event::ApplicationAnswered,
            Event::Learned { detail: Detail::DeviceSerial, from: "the unique id".into() },
            Event::Restarting,
            Event::PermissionNeeded,
            Event::EnteredByWire,
            Event::Unlocking,
            Event::Synchronised { protocol: "3.1".into(), commands: "00 01".into(), round_trip_us: 900 },
            Event::Identified(device),
            Event::Tried { baud: 230_400, problem: Some("no answer".into()) },
            Event::Speed { baud: 230_400 },
            Event::DetailsNeeded,
            Event::Asking { query: "a=b".into() },
            Event::Offered(offer),
            Event::Downloading { received: 1, total: None },
            Event::Checked { bytes: 2, left_out: vec!["that".into()] },
            Event::TakenUp,
            Event::Work { what: "reading".into(), busy: true },
            Event::Reported { problem: None },
        ];
        let updates = updates.into_iter().map(Event::Update);
        others.into_iter().chain(updates).chain(outcomes.into_iter().map(Event::Ended)).collect()
    }

    #[test]
    fn each_event_is_written_as_serde_json_writes_it() {
        let at = Duration::from_millis(1234);
        let events: Vec<_> = events().into_iter().map(|event| Stamped { at, event }).collect();
        let written: Vec<Value> = serde_json::from_str(&list(&events)).unwrap();
        assert_eq!(written.len(), events.len());
        for (written, event) in written.into_iter().zip(&events) {
            assert_eq!(written, serde_json::to_value(event).unwrap());
        }
    }

    #[test]
    fn no_events_are_an_empty_list() {
        assert_eq!(list(&[]), "[]");
    }
}
