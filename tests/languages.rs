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

#[test]
fn each_file_in_the_folder_is_a_language_that_can_be_chosen() {
    let files: BTreeSet<_> = fs::read_dir("languages").unwrap().map(|file| file.unwrap().file_name()).collect();
    let known: BTreeSet<_> = LANGUAGES.iter().map(|language| format!("{}.json", language.tag).into()).collect();
    assert_eq!(files, known);
}

#[test]
fn each_text_is_read_somewhere() {
    let folders = ["src", "crates/workshop/src"].map(Path::new);
    let code: String = folders.into_iter().flat_map(sources).map(|(_, code)| code).collect();
    let words: BTreeSet<&str> = code.split(|c: char| !c.is_alphanumeric()).collect();
    for name in texts("en").keys() {
        let variant: String = name.split(['.', '-']).map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        assert!(words.contains(variant.as_str()), "nobody reads {name}");
    }
}

#[test]
fn no_text_stands_in_the_code_of_a_view() {
    for (path, code) in ["src/view", "crates/workshop/src/view"].map(Path::new).into_iter().flat_map(sources) {
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or_default();
            // Every second part stands between quotation marks.
            for literal in line.split('"').skip(1).step_by(2) {
                let begins_a_sentence = literal.starts_with(|c: char| c.is_uppercase()) && literal.len() > 3;
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
