//! How updates ended, as pages tell the feed.

use std::fs;

use release_feed::{OUTCOMES_PATH, OutcomeReport};

use crate::server::{Server, agent, header, text, version_of};

fn report(failure: Option<&str>) -> OutcomeReport {
    OutcomeReport {
        device_serial: None,
        hardware_version: "mp".parse().unwrap(),
        software_type: "stm32-fw".parse().unwrap(),
        from_version: Some(version_of("1.0.0")),
        to_version: version_of("1.1.0+a b"),
        chip: Some("STM32F42xxx".to_owned()),
        failure: failure.map(str::to_owned),
        duration_ms: 61_500,
        age_seconds: None,
    }
}

/// Sends a form. Gives back the status and what was said.
fn send(server: &Server, key: &str, form: String) -> (u16, String) {
    let request = agent().post(format!("{}{OUTCOMES_PATH}", server.address)).header("Memfault-Project-Key", key);
    let mut response = request.content_type("application/x-www-form-urlencoded").send(form).unwrap();
    (response.status().as_u16(), text(&mut response))
}

#[test]
fn outcomes_that_are_reported_are_kept_and_counted() {
    let server = Server::start();
    let key = server.store.project_key();
    for failure in [None, None, Some("link-lost")] {
        assert_eq!(send(&server, key, report(failure).to_form()), (204, String::new()));
    }
    let outcomes = server.wait(server.store.outcomes(None, None, 10)).unwrap();
    let last = &outcomes[0];
    assert_eq!((&*last.result, &*last.reason, &*last.chip), ("failed", "link-lost", "STM32F42xxx"));
    assert_eq!((&*last.from_version, &*last.to_version, &*last.device_serial), ("1.0.0", "1.1.0+a b", ""));
    assert_eq!(last.duration_ms, 61_500);
    let tally = server.wait(server.store.tally()).unwrap();
    assert_eq!(tally.iter().map(|row| (&*row.result, row.count)).collect::<Vec<_>>(), [("updated", 2), ("failed", 1)]);
}

#[test]
fn one_that_is_told_late_is_dated_by_when_it_was_within_ninety_days_and_never_in_the_future() {
    const DAY: u32 = 24 * 60 * 60;
    let server = Server::start();
    let now = || chrono::Utc::now();
    let dated = |age: Option<u32>| {
        let form = OutcomeReport { age_seconds: age, ..report(None) }.to_form();
        assert_eq!(send(&server, server.store.project_key(), form).0, 204);
        let outcomes = server.wait(server.store.outcomes(None, None, 1)).unwrap();
        let date = chrono::DateTime::parse_from_rfc3339(&outcomes[0].date).unwrap();
        (now() - date.to_utc()).num_seconds()
    };
    for (age, told) in [(None, 0), (Some(0), 0), (Some(3600), 3600), (Some(90 * DAY), 90 * i64::from(DAY))] {
        assert!((told..told + 60).contains(&dated(age)), "{age:?}");
    }
    // Longer ago than anyone believes: when it was heard.
    for age in [90 * DAY + 1, u32::MAX] {
        assert!((0..60).contains(&dated(Some(age))), "{age}");
    }
    let late = format!("{}&age_seconds=-5", report(None).to_form());
    let (status, said) = send(&server, server.store.project_key(), late);
    assert!(status == 400 && said.contains("age_seconds"), "{status} {said}");
}

#[test]
fn a_report_without_the_key_or_of_another_shape_is_refused() {
    let server = Server::start();
    let key = server.store.project_key();
    assert_eq!(send(&server, "wrong", report(None).to_form()).0, 403);
    let (status, said) = send(&server, key, "hardware_version=mp".to_owned());
    assert!(status == 400 && said.contains("software_type is missing"), "{status} {said}");
    assert_eq!(send(&server, key, format!("{}&x={}", report(None).to_form(), "x".repeat(5000))).0, 413);
    assert_eq!(server.get(OUTCOMES_PATH, &[]).status(), 405);
    assert_eq!(server.database().number("SELECT count(*) FROM outcome"), 0);
}

#[test]
fn who_reports_too_often_is_told_to_wait() {
    let server = Server::start();
    let send = || send(&server, server.store.project_key(), report(None).to_form()).0;
    for _ in 0..100 {
        assert_eq!(send(), 204);
    }
    assert_eq!(send(), 429);
    assert_eq!(server.database().number("SELECT count(*) FROM outcome"), 100);
}

#[test]
fn a_page_of_another_origin_may_report_if_it_has_the_key() {
    let server = Server::start();
    let preflight = agent()
        .options(format!("{}{OUTCOMES_PATH}", server.address))
        .header("Origin", "https://update.example.com")
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "memfault-project-key");
    let response = preflight.call().unwrap();
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
    assert!(header(&response, "access-control-allow-methods").contains("POST"));
}

#[test]
fn the_pages_settings_say_that_serial_numbers_are_not_reported_unless_they_are_asked_for() {
    let server = Server::start();
    let mut told = server.get("/fieldflash.json", &[]);
    assert!(!text(&mut told).contains("report"));
    fs::write(server.folder.path().join("fieldflash.json"), r#"{"feed":{"report":false}}"#).unwrap();
    assert!(text(&mut server.get("/fieldflash.json", &[])).contains("\"report\":false"));
}
