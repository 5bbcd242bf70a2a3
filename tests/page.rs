//! The whole page with the simulated device, its feed played by the test.
#![cfg(target_arch = "wasm32")]

mod page_in_test;

use page_in_test::{
    CONFIG, click, find, image, open_page, open_page_at, outcome, play_feed, release, reported_to_feed, shown_log,
    text_of, wait_for, wait_until,
};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::window;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn a_simulated_device_is_updated() {
    let payload = image();
    play_feed(CONFIG, 200, &release(&payload), &payload);
    let _page = open_page("");
    click("connect-simulated").await;
    assert_eq!(text_of("release-version").await, "1.2.0");
    assert_eq!(text_of("release-notes").await, "Fixes <b>things</b>");
    assert!(text_of("device-chip").await.contains("F40"));
    assert_eq!(text_of("device-serial").await.len(), 24);
    click("update").await;
    assert_eq!(outcome().await, "updated");
    assert_eq!(text_of("installed-version").await, "1.2.0");
    let log = shown_log();
    assert!(log.contains("all of the image is there") && log.contains("started the application"), "{log}");
}

#[wasm_bindgen_test]
async fn a_simulated_device_on_usb_is_updated() {
    let payload = image();
    play_feed(CONFIG, 200, &release(&payload), &payload);
    let _page = open_page("simulated_cable=usb");
    click("connect-simulated").await;
    assert_eq!(text_of("release-version").await, "1.2.0");
    assert!(text_of("device-chip").await.contains("F40"));
    assert_eq!(text_of("device-serial").await.len(), 12);
    click("update").await;
    assert_eq!(outcome().await, "updated");
    let log = shown_log();
    assert!(log.contains("DfuSe") && log.contains("all of the image is there"), "{log}");
}

#[wasm_bindgen_test]
async fn a_payload_with_a_wrong_hash_is_refused_before_the_device_is_touched() {
    play_feed(CONFIG, 200, &release(&image()), &vec![0x55; image().len()]);
    let _page = open_page("");
    click("connect-simulated").await;
    click("update").await;
    assert_eq!(outcome().await, "failed");
    assert!(text_of("error").await.contains("not what was released"));
    assert!(text_of("device-state").await.contains("not changed"));
    assert!(!shown_log().contains("erased"));
    assert!(find("ask-again").is_some(), "the device still waits: no new connection is needed");
}

#[wasm_bindgen_test]
async fn up_to_date_offers_to_install_again() {
    let payload = image();
    play_feed(CONFIG, 204, "", &[]);
    let _page = open_page("current_version=1.2.0");
    click("connect-simulated").await;
    assert_eq!(outcome().await, "up-to-date");
    play_feed(CONFIG, 200, &release(&payload), &payload);
    click("install-again").await;
    assert_eq!(text_of("release-version").await, "1.2.0");
    assert_eq!(text_of("installed-version").await, "1.2.0", "it is still known what is installed");
    let questions: Vec<bool> = shown_log()
        .lines()
        .filter(|line| line.contains("asking for a release"))
        .map(|line| line.contains("current_version"))
        .collect();
    assert_eq!(questions, [true, false]);
    click("update").await;
    assert_eq!(outcome().await, "updated");
}

#[wasm_bindgen_test]
async fn a_supply_that_makes_the_update_shorter_is_told_as_the_reason() {
    let mut payload = image();
    payload.resize(200 << 10, 0x3C);
    let mut expected = Vec::new();
    for supply in ["unknown", "2.7V"] {
        let config = CONFIG.replace(r#""hardware_version""#, &format!(r#""supply":"{supply}","hardware_version""#));
        play_feed(&config, 200, &release(&payload), &payload);
        let _page = open_page("");
        click("connect-simulated").await;
        let time = text_of("expected-time").await;
        assert!(time.starts_with("at most about "), "{time}");
        let seconds: u32 = time.split(' ').find_map(|word| word.parse().ok()).expect("a time has a number");
        expected.push((seconds, find("supply").map(|reason| reason.inner_text())));
    }
    let [(usual, None), (shorter, Some(reason))] = &expected[..] else { panic!("{expected:?}") };
    assert!(shorter < usual && reason.contains("2.7 V") && reason.contains("less"), "{expected:?}");
}

#[wasm_bindgen_test]
async fn an_update_that_was_cancelled_goes_on_where_it_stopped() {
    let mut payload = image();
    payload.resize(200 << 10, 0x3C);
    play_feed(CONFIG, 200, &release(&payload), &payload);
    // Slow enough for the button to be found.
    let _page = open_page_at("simulated_speed=50");
    click("connect-simulated").await;
    click("update").await;
    wait_until(|| shown_log().contains("wrote")).await;
    click("cancel").await;
    assert_eq!(outcome().await, "cancelled");
    assert!(text_of("device-state").await.contains("incomplete"));
    click("connect-simulated").await;
    click("update").await;
    assert_eq!(outcome().await, "updated");
    let log = shown_log();
    assert!(log.contains("it goes on where it stopped") && log.contains("is as in the image"), "{log}");
}

#[wasm_bindgen_test]
async fn what_was_interrupted_is_taken_up_on_that_device_with_that_payload_alone() {
    let storage = window().unwrap().local_storage().unwrap().unwrap();
    // The simulated device keeps what it holds: nothing of it is in the next one.
    let filled = |byte| {
        let mut payload = image();
        payload.iter_mut().skip(8).for_each(|it| *it ^= byte);
        payload.resize(200 << 10, byte);
        payload
    };
    let (this_device, other_device) = ("fieldflash.interrupted.", "fieldflash.interrupted.another-");
    for (interrupted, payload, device, goes_on) in [
        (filled(1), filled(1), this_device, true),
        (filled(2), filled(3), this_device, false),
        (filled(4), filled(4), other_device, false),
    ] {
        storage.clear().unwrap();
        play_feed(CONFIG, 200, &release(&interrupted), &interrupted);
        let page = open_page_at("simulated_speed=50");
        click("connect-simulated").await;
        click("update").await;
        wait_until(|| shown_log().contains("wrote")).await;
        click("cancel").await;
        assert_eq!(outcome().await, "cancelled");
        drop(page);
        assert_eq!(storage.length().unwrap(), 1, "one update was interrupted");
        let name = storage.key(0).unwrap().unwrap();
        let hash = storage.get_item(&name).unwrap().unwrap();
        storage.clear().unwrap();
        storage.set_item(&name.replace(this_device, device), &hash).unwrap();

        play_feed(CONFIG, 200, &release(&payload), &payload);
        let _page = open_page("");
        click("connect-simulated").await;
        click("update").await;
        assert_eq!(outcome().await, "updated");
        assert_eq!(shown_log().contains("it goes on where it stopped"), goes_on, "{}", shown_log());
    }
}

/// A product whose boards are wired as the simulated device's.
const WIRED: &str = r#"{"feed":{},"product":{"software_type":"stm32-fw","hardware_version":"mp",
    "boot_mode":{"wired":{"reset":{"line":"dtr"},"boot0":{"line":"rts"}}}}}"#;

fn rates_that_work() -> usize {
    shown_log().matches(" baud works").count()
}

#[wasm_bindgen_test]
async fn a_wired_device_is_updated_at_the_fastest_rate_that_works_which_is_remembered() {
    let mut payload = image();
    payload.resize(150 << 10, 0x3C);
    play_feed(WIRED, 200, &release(&payload), &payload);
    window().unwrap().local_storage().unwrap().unwrap().clear().unwrap();
    let _page = open_page("");
    click("connect-simulated").await;
    assert_eq!(text_of("release-version").await, "1.2.0");
    assert_eq!(text_of("device-baud").await, "921600 baud");
    assert_eq!(rates_that_work(), 3, "{}", shown_log());
    click("update").await;
    assert_eq!(outcome().await, "updated");

    click("connect-simulated").await;
    wait_until(|| shown_log().matches("offered 1.2.0").count() == 2).await;
    assert_eq!(text_of("device-baud").await, "921600 baud");
    assert_eq!(rates_that_work(), 4, "it is gone to at once: {}", shown_log());
}

#[wasm_bindgen_test]
async fn a_rate_that_the_address_asks_for_is_kept_to() {
    let payload = image();
    play_feed(WIRED, 200, &release(&payload), &payload);
    let _page = open_page("baud=57600");
    click("connect-simulated").await;
    assert_eq!(text_of("release-version").await, "1.2.0");
    assert_eq!((text_of("device-baud").await.as_str(), rates_that_work()), ("57600 baud", 0));
}

#[wasm_bindgen_test]
async fn each_trouble_with_the_feed_has_its_own_words() {
    let body = r#"{"error":{"message":"said by the feed"}}"#;
    for (status, words) in [
        (0, "cannot be reached"),
        (403, "does not accept this page"),
        (400, "does not know this kind of device"),
        (429, "asked too often"),
        (500, "out of order"),
    ] {
        play_feed(CONFIG, status, body, &[]);
        let _page = open_page("");
        click("connect-simulated").await;
        assert_eq!(outcome().await, "failed");
        let error = text_of("error").await;
        assert!(error.contains(words), "{status}: {error}");
        assert!(!text_of("remedy").await.is_empty());
    }
}

#[wasm_bindgen_test]
async fn what_is_missing_is_asked_for() {
    let payload = image();
    play_feed(r#"{"feed":{}}"#, 200, &release(&payload), &payload);
    let _page = open_page("software_type=stm32-fw");
    click("connect-simulated").await;
    assert_eq!(text_of("details-problem").await, "“Hardware version” is missing.");
    let input: web_sys::HtmlInputElement = wait_for("hardware_version-input").await.unchecked_into();
    input.set_value("mp");
    input.dispatch_event(&web_sys::Event::new("input").unwrap()).unwrap();
    click("ask").await;
    assert_eq!(text_of("release-version").await, "1.2.0");
}

#[wasm_bindgen_test]
async fn settings_that_are_wrong_are_told_with_their_place() {
    play_feed(r#"{"feed":{"projectkey":"key"}}"#, 200, "", &[]);
    let _page = open_page("");
    assert_eq!(outcome().await, "failed");
    let page = window().unwrap().document().unwrap().body().unwrap().inner_text();
    assert!(page.contains("projectkey") && page.contains("line 1"), "{page}");
}

#[wasm_bindgen_test]
async fn the_feed_is_told_how_an_update_ended_but_not_of_which_device() {
    let payload = image();
    play_feed(CONFIG, 200, &release(&payload), &payload);
    let page = open_page("current_version=1.0.0");
    click("connect-simulated").await;
    click("update").await;
    assert_eq!(outcome().await, "updated");
    wait_until(|| shown_log().contains("the feed was told how it ended")).await;
    let told = reported_to_feed();
    assert!(told.contains("from_version=1.0.0&to_version=1.2.0&chip=STM32F40"), "{told}");
    assert!(!told.contains("device_serial") && !told.contains("failure"), "{told}");
    drop(page);

    play_feed(CONFIG, 200, &release(&payload), &vec![0x55; payload.len()]);
    let _page = open_page("");
    click("connect-simulated").await;
    click("update").await;
    wait_until(|| reported_to_feed().contains("failure=wrong-payload")).await;
}

#[wasm_bindgen_test]
async fn nothing_is_told_where_the_deployment_switched_that_off() {
    let payload = image();
    let quiet = CONFIG.replace(r#""project_key":"key""#, r#""project_key":"key","report":false"#);
    play_feed(&quiet, 200, &release(&payload), &payload);
    let _page = open_page("current_version=1.1.1");
    click("connect-simulated").await;
    click("update").await;
    assert_eq!(outcome().await, "updated");
    // What is told is told when the end is.
    assert!(!shown_log().contains("the feed was") && !reported_to_feed().contains("1.1.1"));
}
