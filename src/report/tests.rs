use updater::{DeviceState, Phase, Summary};

use super::*;
use crate::session::{Code, Device, Failure, Outcome, Units};

fn at(ms: u64, event: Event) -> Stamped<Event> {
    Stamped { at: Duration::from_millis(ms), event }
}

fn update(ms: u64, event: updater::Event) -> Stamped<Event> {
    at(ms, Event::Update(event))
}

fn device() -> Device {
    Device {
        chip: "STM32F405".into(),
        product_id: "0x413".into(),
        flash_kib: 1024,
        flash_size_read: true,
        units: vec![Units { address: 0x0800_0000, count: 4, size: 16 << 10 }],
        unique_id: Some("0011223344556677 8899AABB".replace(' ', "")),
        rom: None,
        notices: Vec::new(),
    }
}

/// A session that fails while it writes, with names of the device in all places where there are any.
fn events() -> Vec<Stamped<Event>> {
    let plan = Summary { units: vec![0, 1], ..Summary::default() };
    let mut events = vec![
        at(1000, Event::Connecting { to: "a device".into(), baud: Some(115_200), adapter: Some("0403:6001".into()) }),
        at(1500, Event::Identified(device())),
        at(1600, Event::Asking { query: "device_serial=SN-4711&hardware_version=mp&software_type=stm32-fw".into() }),
        at(2000, Event::Downloading { received: 2048, total: Some(2048) }),
        at(2100, Event::Checked { bytes: 2048, left_out: vec!["4 bytes for sn-4711".into()] }),
        update(2200, updater::Event::Planned(plan)),
        update(2300, updater::Event::Phase { phase: Phase::Write }),
    ];
    let written = |n: u32| updater::Event::Written { address: 0x0800_0000 + 256 * n, bytes: 256 };
    events.extend((0..8).map(|n| update(2400 + 100 * u64::from(n), written(n))));
    let detail = "device SN-4711 (00112233445566778899aabb) is silent; SN-47110 is another".into();
    events.push(at(
        3500,
        Event::Ended(Outcome::Failed(Failure { code: Code::LinkLost, detail, device: DeviceState::Incomplete })),
    ));
    events
}

fn exchanges() -> Vec<Exchange> {
    let exchange = |sent, bytes: &str| Exchange { ms: 1400, sent, bytes: bytes.into() };
    vec![
        exchange(true, "11ee"),
        exchange(false, "79332211"),
        exchange(false, "00797766"),
        exchange(true, "11ee"),
        exchange(false, "5544ff534e2d34373131"),
    ]
}

fn place() -> Place {
    Place {
        page: "0.1.0 (abc)".into(),
        browser: "Chromium 140".into(),
        name: Some("Fridge".into()),
        ..Place::default()
    }
}

#[test]
fn a_report_that_was_made_is_read_again_as_it_was() {
    for names in [true, false] {
        let report = Report::new(place(), events(), exchanges(), names);
        assert_eq!(Report::read(&report.to_json()), Ok(report.clone()));
        assert!(report.events.iter().all(|entry| matches!(entry, Entry::Known(_))), "{report:?}");
    }
}

#[test]
fn a_report_does_not_name_the_device_unless_that_is_wanted() {
    let json = Report::new(place(), events(), exchanges(), false).to_json().to_lowercase();
    for name in ["sn-4711\"", "sn-4711 ", "00112233445566778899aabb", "332211", "534e2d34373131", "77665544"] {
        assert!(!json.contains(name), "{name} is in {json}");
    }
    // What only looks like it stays, and so does all else.
    assert!(json.contains("sn-47110 is another") && json.contains("device_serial=…&hardware_version=mp"), "{json}");
    assert!(json.contains("stm32f405") && json.contains("0403:6001"));
    let json = Report::new(place(), events(), exchanges(), true).to_json();
    assert!(json.contains("SN-4711") && json.contains("00112233445566778899AABB") && json.contains("534e2d34373131"));
}

#[test]
fn a_name_is_found_in_bytes_that_came_in_two_pieces() {
    let report = Report::new(place(), events(), exchanges(), false);
    let bytes: Vec<_> = report.exchanges.iter().map(|exchange| exchange.bytes.as_str()).collect();
    assert_eq!(bytes, ["11ee", "79******", "**79****", "11ee", "****ff**************"]);
}

#[test]
fn a_serial_number_that_is_also_a_word_of_the_format_leaves_the_report_readable() {
    let mut events = events();
    events[2].event = Event::Asking { query: "device_serial=failed&hardware_version=mp".into() };
    let report = Report::new(place(), events, Vec::new(), false);
    assert_eq!(Timeline::of(report.known()).failures.len(), 1);
}

#[test]
fn only_the_last_exchanges_are_in_a_report() {
    let many = (0..300).map(|ms| Exchange { ms, sent: true, bytes: "7f".into() }).collect();
    let report = Report::new(place(), events(), many, false);
    assert_eq!((report.exchanges.len(), report.exchanges[0].ms), (EXCHANGES, 100));
}

#[test]
fn blocks_that_follow_each_other_are_one_and_no_byte_is_lost() {
    let report = Report::new(place(), events(), Vec::new(), false);
    let blocks: Vec<u32> = report
        .known()
        .filter_map(|stamped| match stamped.event {
            Event::Update(updater::Event::Written { bytes, .. }) => Some(bytes),
            _ => None,
        })
        .collect();
    assert_eq!(blocks, [5 * 256, 3 * 256]);
}

#[test]
fn what_is_no_report_is_told_as_what_it_is() {
    let error = |text: &str| Report::read(text).unwrap_err();
    assert_eq!(error("  \n"), ReportError::Empty);
    assert!(matches!(error("Hello, my device does not work"), ReportError::NotJson(_)));
    assert!(matches!(error(r#"{"fieldflash_report": 1, "eve"#), ReportError::NotJson(_)));
    assert_eq!(error(r#"{"feed": {}}"#), ReportError::NotAReport);
    assert_eq!(error("[]"), ReportError::NotAReport);
    assert_eq!(error(r#"{"fieldflash_report": 7}"#), ReportError::Newer(7));
    assert!(matches!(error(r#"{"fieldflash_report": 1, "events": 5}"#), ReportError::Damaged(_)));
    assert_eq!(error(&" ".repeat(3).replace(' ', &"x".repeat(LONGEST))), ReportError::TooLong);
}

#[test]
fn an_event_that_is_not_known_here_is_kept_as_it_is() {
    let text =
        r#"{"fieldflash_report":1,"names_the_device":false,"events":[{"ms":1,"session":"teleported","to":"x"}]}"#;
    let report = Report::read(text).unwrap();
    assert!(matches!(&report.events[..], [Entry::Other(value)] if value["to"] == "x"));
    assert!(report.to_text().contains("teleported"));
}

#[test]
fn the_timeline_says_what_was_done_for_how_long_and_what_went_wrong() {
    let report = Report::new(place(), events(), Vec::new(), false);
    let timeline = Timeline::of(report.known());
    assert_eq!((timeline.began.as_millis(), timeline.ended.as_millis()), (1000, 3500));
    assert_eq!((timeline.adapter.as_deref(), timeline.plan.map(|plan| plan.units.len())), (Some("0403:6001"), Some(2)));
    assert_eq!(timeline.failures[0].code, Code::LinkLost);
    let lasted = |wanted: fn(&Event) -> bool| {
        timeline.rows.iter().find_map(|row| match row {
            Row::Step { lasted, event, .. } if wanted(event) => lasted.map(|time| time.as_millis()),
            _ => None,
        })
    };
    assert_eq!(lasted(|event| matches!(event, Event::Connecting { .. })), Some(600));
    assert_eq!(lasted(|event| matches!(event, Event::Update(updater::Event::Phase { .. }))), Some(1200));
    let written = timeline.rows.iter().find(|row| matches!(row, Row::Blocks { .. }));
    let expected = Row::Blocks {
        at: Duration::from_millis(2300),
        lasted: Duration::from_millis(800),
        work: Work::Write,
        bytes: 2048,
    };
    assert_eq!(written, Some(&expected));
    assert_eq!(timeline.rates.len(), 1);
    assert_eq!((timeline.rates[0].bytes, timeline.rates[0].work), (2560, Work::Write));
}
