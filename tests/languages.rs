//! The texts: each language has all of them, and no text stands in the code.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fieldflash::text::LANGUAGES;

fn texts(language: &str) -> BTreeMap<String, String> {
    let path = format!("languages/{language}.json");
    let file = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands in braces.
fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![(path.clone(), fs::read_to_string(&path).unwrap())],
        })
        .collect()
}

#[test]
fn each_language_has_all_texts_and_fills_in_the_same() {
    let english = texts("en");
    for language in LANGUAGES {
        let theirs = texts(language.tag);
        let missing: Vec<_> = english.keys().filter(|name| !theirs.contains_key(*name)).collect();
        let unknown: Vec<_> = theirs.keys().filter(|name| !english.contains_key(*name)).collect();
        assert!(missing.is_empty() && unknown.is_empty(), "{}: without {missing:?}, unknown {unknown:?}", language.tag);
        for (name, text) in &theirs {
            assert_eq!(placeholders(text), placeholders(&english[name]), "{}: {name}", language.tag);
            assert!(!text.trim().is_empty(), "{}: {name} is empty", language.tag);
        }
    }
}

/// What is typed as it is, in all languages alike.
const VERBATIM: [&str; 8] = [
    "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"0483\", ATTR{idProduct}==\"df11\", TAG+=\"uaccess\"",
    "/etc/udev/rules.d/60-stm32-dfu.rules",
    "sudo snap connect chromium:raw-usb",
    "sudo usermod -aG dialout $USER",
    "sudo apt remove brltty",
    "/sys/bus/usb-serial/devices/ttyUSB0/latency_timer",
    "?baud=57600",
    "boot_mode",
];

#[test]
fn what_is_typed_as_it_is_is_not_translated() {
    let english = texts("en");
    for language in LANGUAGES {
        let theirs = texts(language.tag);
        for typed in VERBATIM {
            for (name, _) in english.iter().filter(|(_, text)| text.contains(typed)) {
                assert!(theirs[name].contains(typed), "{}: {name} lacks {typed}", language.tag);
            }
        }
    }
}

/// Unicode's isolates: of the direction of what they hold, from the left to the right, and the end of both.
const ISOLATES: (char, char, char) = ('\u{2068}', '\u{2066}', '\u{2069}');

#[test]
fn right_to_left_what_is_filled_in_and_what_is_typed_is_isolated() {
    let (own, left_to_right, end) = ISOLATES;
    let english = texts("en");
    for language in LANGUAGES.iter().filter(|language| language.right_to_left) {
        for (name, text) in texts(language.tag) {
            for hole in placeholders(&text).iter().filter(|hole| !VERBATIM[0].contains(**hole)) {
                let isolated = format!("{own}{{{hole}}}{end}");
                assert!(text.contains(&isolated), "{}: {name}: {hole} is not isolated", language.tag);
            }
            for typed in
                VERBATIM.iter().filter(|typed| typed.contains(['/', '=', ' ']) && english[&name].contains(**typed))
            {
                let isolated = text
                    .split(left_to_right)
                    .skip(1)
                    .any(|part| part.split(end).next().is_some_and(|part| part.trim() == *typed));
                assert!(isolated, "{}: {name}: {typed} is not isolated", language.tag);
            }
        }
    }
}

#[test]
fn styles_name_no_side_that_a_language_may_turn_round() {
    let styles = ["style", "src"].into_iter().flat_map(|folder| sources(Path::new(folder)));
    for (path, style) in styles.filter(|(path, _)| path.extension().is_some_and(|extension| extension == "css")) {
        for (number, line) in style.lines().enumerate() {
            let names_one = line.split(|c: char| !c.is_alphabetic()).any(|word| matches!(word, "left" | "right"));
            assert!(!names_one, "{}:{}: {line}: it is the start or the end of a line", path.display(), number + 1);
        }
    }
}

#[test]
fn each_file_in_the_folder_is_a_language_that_can_be_chosen() {
    let files: BTreeSet<_> = fs::read_dir("languages").unwrap().map(|file| file.unwrap().file_name()).collect();
    let known: BTreeSet<_> = LANGUAGES.iter().map(|language| format!("{}.json", language.tag).into()).collect();
    assert_eq!(files, known);
}

#[test]
fn each_text_is_read_somewhere() {
    let folders = ["src", "crates/support-desk/src", "crates/workshop/src"];
    let code: String =
        folders.into_iter().flat_map(|folder| sources(Path::new(folder))).map(|(_, code)| code).collect();
    let before = fs::read_to_string("index.html").unwrap();
    let words: BTreeSet<&str> = code.split(|c: char| !c.is_alphanumeric()).collect();
    for name in texts("en").keys() {
        // A module in JavaScript reads a text by its name, and so does what is there before the page.
        if code.contains(&format!("'{name}'")) || before.contains(&format!("{{{name}}}")) {
            continue;
        }
        let variant: String = name.split(['.', '-']).map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        assert!(words.contains(variant.as_str()), "nobody reads {name}");
    }
}

#[test]
fn no_text_stands_in_the_code_of_a_view() {
    let folders = ["src/view", "crates/support-desk/src", "crates/workshop/src/view"];
    for (path, code) in folders.into_iter().flat_map(|folder| sources(Path::new(folder))) {
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or_default();
            // Every second part stands between quotation marks.
            for literal in line.split('"').skip(1).step_by(2) {
                // Two small letters in a row: what draws a line has none.
                let has_words = literal.as_bytes().windows(2).any(|pair| pair.iter().all(u8::is_ascii_lowercase));
                let begins_a_sentence = has_words && literal.starts_with(|c: char| c.is_uppercase());
                assert!(
                    !begins_a_sentence,
                    "{}:{}: {literal:?} belongs into languages/en.json",
                    path.display(),
                    number + 1
                );
            }
        }
    }
}
