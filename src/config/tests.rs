use release_feed::Chosen;

use super::*;

fn linked(product: &Product, query: &[(&str, &str)], doubt: Option<Doubt>) -> Setup {
    let parameter = |name: &str| query.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into());
    Setup::new(product, parameter, doubt)
}

fn setup(product: &Product, query: &[(&str, &str)]) -> Setup {
    linked(product, query, None)
}

#[test]
fn the_address_wins_over_the_deployment() {
    let product = Product { hardware_version: Some("evt".into()), baud: Some(57_600), ..Product::default() };
    let setup = setup(&product, &[("hardware_version", "mp"), ("baud", "230400")]);
    assert_eq!((setup.details.hardware_version.as_str(), setup.baud), ("mp", 230_400));
}

#[test]
fn a_faster_line_is_tried_up_to_what_the_deployment_says_and_not_where_the_address_asks_for_a_rate() {
    assert_eq!(setup(&Product::default(), &[]).fastest_baud, 921_600);
    let product = Product { fastest_baud: Some(230_400), ..Product::default() };
    assert_eq!(setup(&product, &[]).fastest_baud, 230_400);
    assert_eq!(setup(&product, &[("baud", "57600")]).fastest_baud, 57_600);
    let error = Config::parse(r#"{"feed": {}, "product": {"fastest_baud": 9216000}}"#).unwrap_err();
    assert!(error.contains("product.fastest_baud must be 1200 to 2000000"), "{error}");
}

#[test]
fn a_link_chooses_a_release_a_cohort_and_the_wiring_and_the_page_can_say_so() {
    let query = [("release", "1.2.0"), ("cohort", "beta"), ("wiring", "reset-dtr,boot0-rts"), ("language", "de")];
    let setup = setup(&Product::default(), &query);
    let chosen = Chosen { release: "1.2.0".parse().ok(), cohort: Some("beta".into()) };
    assert_eq!(setup.chosen, Some(chosen));
    assert!(matches!(setup.boot_mode, BootMode::Wired { boot0: Some(_), .. }));
    let names: Vec<_> = setup.set.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["release", "cohort", "wiring"]);
}

#[test]
fn a_link_that_wants_the_latest_release_is_as_one_that_says_nothing_of_it() {
    assert_eq!(setup(&Product::default(), &[("release", "latest")]).chosen, None);
}

#[test]
fn what_in_a_link_is_nothing_that_there_is_is_told_and_not_used() {
    let setup = setup(&Product::default(), &[("release", &*"1".repeat(200)), ("wiring", "magic")]);
    assert_eq!((setup.chosen, setup.boot_mode), (None, BootMode::ByHand));
    assert_eq!(setup.problems.len(), 2);
}

#[test]
fn of_a_link_that_is_not_believed_nothing_that_decides_is_used_and_that_is_told() {
    let query = [("hardware_version", "evt"), ("release", "1.0.0"), ("baud", "9600"), ("simulated_speed", "50")];
    let product = Product { hardware_version: Some("mp".into()), ..Product::default() };
    for doubt in [Doubt::Unsigned, Doubt::Ended("2026-11-23".into())] {
        let mut setup = linked(&product, &query, Some(doubt.clone()));
        let parameters = vec!["hardware_version", "release", "baud"];
        assert_eq!(setup.problems, [Problem::Doubted { doubt, parameters }]);
        assert_eq!(setup.simulated_speed, 50);
        (setup.problems, setup.simulated_speed) = (Vec::new(), 1);
        assert_eq!(setup, linked(&product, &[], None));
    }
}

#[test]
fn what_the_device_says_is_installed_counts_more_than_what_a_link_says() {
    let setup = setup(&Product::default(), &[("current_version", "0.1.0"), ("hardware_version", "mp")]);
    assert_eq!(setup.given, [Detail::HardwareVersion]);
    assert_eq!(setup.details.current_version, "0.1.0", "it is taken where the device says nothing");
}

#[test]
fn nothing_in_a_link_weakens_a_check() {
    // All that a deployment decides what is believed by, by the names that it has in fieldflash.json, and others.
    let names = "feed url project_key report payloads public_keys public_key links downgrade supply chips boot_mode \
                 image_address burst mass_erase verify verification signature unsigned allow_downgrade insecure key keys config";
    for name in names.split_whitespace() {
        assert!(!DECIDING.contains(&name), "{name}");
        for value in ["", "true", "allowed", "confirmed", "https://evil.example", "[]"] {
            assert_eq!(setup(&Product::default(), &[(name, value)]), setup(&Product::default(), &[]), "{name}");
        }
    }
}

#[test]
fn a_baud_that_is_none_is_told_and_not_used() {
    let setup = setup(&Product::default(), &[("baud", "fast")]);
    assert_eq!(setup.baud, 115_200);
    assert_eq!(setup.problems, [Problem::Baud { wanted: "fast".into(), used: 115_200 }]);
}

#[test]
fn details_that_are_missing_are_named() {
    let setup = setup(&Product::default(), &[("device_serial", "A-1"), ("software_type", "stm32-fw")]);
    assert_eq!(setup.details.query(), Err(Unusable { detail: Detail::HardwareVersion, reason: None }));
}

#[test]
fn a_mistyped_name_in_the_file_is_told_with_its_place() {
    let error = Config::parse("{\"feed\": {\"url\": \"\", \"projectkey\": \"x\"}}").unwrap_err();
    assert!(error.contains("projectkey") && error.contains("line 1"), "{error}");
}

#[test]
fn the_settings_for_a_web_server_alone_are_those_that_the_document_shows() {
    let document = include_str!("../../docs/deploying.md");
    let (_, file) = document.split_once("```json\n").unwrap();
    let config = Config::parse(file.split_once("```").unwrap().0).unwrap();
    assert_eq!((config.feed.url.as_str(), config.feed.payloads.as_deref()), ("", Some("/ota-cdn")));
}

#[test]
fn a_wiring_is_read_from_the_file() {
    let product = |boot_mode: &str| {
        let text = format!(r#"{{"feed":{{}},"product":{{"boot_mode":{boot_mode}}}}}"#);
        Config::parse(&text).map(|config| config.product.boot_mode)
    };
    assert_eq!(product(r#""find""#), Ok(BootMode::Find));
    let wired = product(r#"{"wired":{"reset":{"line":"dtr"},"boot0":{"line":"rts","inverted":false}}}"#);
    assert!(matches!(wired, Ok(BootMode::Wired { boot0: Some(_), .. })), "{wired:?}");
    assert!(product(r#"{"wired":{"reset":{"line":"cts"}}}"#).unwrap_err().contains("cts"));
}

#[test]
fn how_an_application_is_told_to_restart_is_read_from_the_file() {
    let product = |boot_mode: &str| {
        let text = format!(r#"{{"feed":{{}},"product":{{"boot_mode":{boot_mode}}}}}"#);
        Config::parse(&text).map(|config| config.product.boot_mode)
    };
    assert_eq!(product(r#""touch""#), Ok(BootMode::Touch));
    assert_eq!(product(r#"{"send":"dfu\r\n"}"#), Ok(BootMode::Send("dfu\r\n".into())));
    assert!(product(r#"{"send":1}"#).unwrap_err().contains("string"));
}

#[test]
fn a_chip_that_the_table_does_not_have_is_described_in_the_file() {
    let parse = |size: &str| {
        Config::parse(&format!(
            r#"{{"feed":{{}},"product":{{"chips":[{{"product_id":"0x4A0","units":[{{"count":64,"size":{size}}}],
            "ram":["0x20000000","0x20020000"]}}]}}}}"#
        ))
    };
    let chip = parse("8192").unwrap().product.chips[0].chip().unwrap();
    assert_eq!((chip.product_id.0, chip.geometry.size), (0x4A0, 512 << 10));
    assert!(parse("100").unwrap_err().contains("multiples of 128 bytes"));
}

#[test]
fn a_public_key_that_is_none_is_told() {
    let parse = |key: &str| Config::parse(&format!(r#"{{"feed":{{}},"public_keys":["{key}"]}}"#));
    assert_eq!(parse(&"0f".repeat(32)).unwrap().public_keys.len(), 1);
    assert!(parse("0f").unwrap_err().contains("64 hexadecimal digits"));
}

#[test]
fn bursts_are_tried_only_where_the_file_says_so() {
    let product = |text: &str| Config::parse(&format!(r#"{{"feed":{{}},"product":{text}}}"#)).unwrap().product;
    assert!(!product("{}").burst && product(r#"{"burst":true}"#).burst);
}

#[test]
fn the_settings_of_the_workshop_are_those_that_its_document_shows() {
    let document = include_str!("../../docs/workshop.md");
    let (_, file) = document.split_once("```json\n").unwrap();
    let workshop = Config::parse(file.split_once("```").unwrap().0).unwrap().workshop;
    assert!(workshop.local_file && workshop.read_back && workshop.erase && workshop.monitor);
    assert!(!workshop.unsigned_local_files);
}

#[test]
fn a_workshop_is_closed_unless_the_file_opens_it() {
    let workshop = |text: &str| Config::parse(&format!(r#"{{"feed":{{}}{text}}}"#)).map(|config| config.workshop);
    assert!(!workshop("").unwrap().is_open());
    let open = workshop(r#","workshop":{"read_back":true,"monitor":true}"#).unwrap();
    assert!(open.is_open() && open.monitor && !open.erase && !open.local_file && !open.unsigned_local_files);
    assert!(workshop(r#","workshop":{"readback":true}"#).unwrap_err().contains("readback"));
}

#[test]
fn the_file_of_a_new_station_is_enough() {
    let config = Config::parse(r#"{"feed": {"url": "", "project_key": "abc"}}"#).unwrap();
    assert_eq!(config.feed.project_key.as_deref(), Some("abc"));
    assert_eq!(config.product, Product::default());
}

#[test]
fn outcomes_are_reported_to_the_pages_own_origin_unless_that_is_switched_off() {
    let reports = |feed: &str| Config::parse(&format!(r#"{{"feed":{feed}}}"#)).unwrap().feed.reports();
    assert!(reports("{}"));
    assert!(!reports(r#"{"report":false}"#));
    assert!(!reports(r#"{"url":"https://device.memfault.com"}"#));
    assert!(reports(r#"{"url":"https://ota.example.com","report":true}"#));
}
