//! Makes the type of all texts from `languages/en.json`: a name that does not exist does not compile.
//!
//! A module that the page loads later has this build script, too. Its texts are those whose names begin with its own, and
//! are in no other part: what few people read is not loaded by all.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::{env, fs};

/// The modules that have texts of their own.
const MODULES: [&str; 1] = ["workshop"];

fn main() {
    let package = env::var("CARGO_PKG_NAME").expect("cargo says which");
    let is_module = MODULES.contains(&package.as_str());
    let path = if is_module { "../../languages/en.json" } else { "languages/en.json" };
    println!("cargo::rerun-if-changed={path}");
    let file = fs::read_to_string(path).expect("languages/en.json can be read");
    let mut texts: BTreeMap<String, String> =
        serde_json::from_str(&file).expect("languages/en.json has a text for each name");
    texts.retain(|name, _| {
        let module = MODULES.into_iter().find(|module| name.split('.').next() == Some(module));
        module.map_or(!is_module, |module| module == package)
    });
    let mut variants = String::new();
    for (name, text) in &texts {
        let variant: String = name.split(['.', '-']).map(capitalised).collect();
        writeln!(variants, "    #[doc = {:?}]\n    {variant},", format!("`{text}`")).expect("a string grows");
    }
    let (names, english): (Vec<_>, Vec<_>) = texts.iter().unzip();
    let count = texts.len();
    let code = format!(
        "/// A text that people read.\n#[derive(Debug, Clone, Copy, PartialEq, Eq)]\npub enum Text {{\n{variants}}}\n\
         /// What each is called in the files.\n#[cfg(target_arch = \"wasm32\")]\nconst NAMES: [&str; {count}] = {names:?};\n\
         /// Each in English.\nstatic ENGLISH: [&str; {count}] = {english:?};\n"
    );
    let path = format!("{}/texts.rs", env::var("OUT_DIR").expect("cargo says where"));
    fs::write(path, code).expect("cargo's folder can be written");
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
