//! The document of `fieldflash.json`: each of its examples is one, and no setting is missing in it. (What is in `identity`, `theme` and `embed` is for `identity.test.mjs`, `theme.test.mjs` and `embed.test.mjs` in `tests/e2e`.)
#![cfg(not(target_arch = "wasm32"))]

use fieldflash::config::Config;

const DOCUMENT: &str = include_str!("../docs/fieldflash-json.md");

/// The examples, each as a whole file: those without a feed are products.
fn examples() -> Vec<String> {
    let blocks = DOCUMENT.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    blocks
        .map(|text| match text.contains(r#""feed""#) {
            true => text.to_owned(),
            false => format!(r#"{{"feed": {{}}, "product": {text}}}"#),
        })
        .collect()
}

#[test]
fn each_example_of_the_document_is_read() {
    let examples = examples();
    assert!(examples.len() >= 8, "{}", examples.len());
    for example in examples {
        if let Err(error) = Config::parse(&example) {
            panic!("{error}\n{example}");
        }
    }
}

/// The settings that may stand where `text` has `"?"`, as the error says of a name that is none.
fn settings(text: &str) -> Vec<String> {
    let error = Config::parse(text).unwrap_err();
    let (_, expected) = error.split_once("expected").unwrap_or_else(|| panic!("{error}"));
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn each_setting_is_in_the_document() {
    for place in [
        r#"{"?": 1}"#,
        r#"{"feed": {"?": 1}}"#,
        r#"{"feed": {}, "workshop": {"?": 1}}"#,
        r#"{"feed": {}, "product": {"?": 1}}"#,
        r#"{"feed": {}, "product": {"chips": [{"?": 1}]}}"#,
        r#"{"feed": {}, "product": {"boot_mode": "?"}}"#,
        r#"{"feed": {}, "product": {"boot_mode": {"wired": {"?": 1}}}}"#,
        r#"{"feed": {}, "product": {"downgrade": "?"}}"#,
        r#"{"feed": {}, "product": {"supply": "?"}}"#,
    ] {
        let settings = settings(place);
        assert!(settings.len() > 1, "{place}: {settings:?}");
        for setting in settings.iter().filter(|setting| *setting != "unknown") {
            let is_there = DOCUMENT.contains(&format!("`{setting}`")) || DOCUMENT.contains(&format!("\"{setting}\""));
            assert!(is_there, "{place}: the document lacks {setting}");
        }
    }
}
