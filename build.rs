//! Makes the type of all texts from `languages/en.json`: a name that does not exist does not compile.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::{env, fs};

/// What the names of texts begin with that are not the page's but a module's, which reads them itself where it is loaded.
const MODULES: [&str; 3] = ["newer.", "take-along.", "row."];

fn main() {
    println!("cargo::rerun-if-changed=languages/en.json");
    let file = fs::read_to_string("languages/en.json").expect("languages/en.json can be read");
    let mut texts: BTreeMap<String, String> =
        serde_json::from_str(&file).expect("languages/en.json has a text for each name");
    // Of support's module and page all stand in the type, where they are asked for.
    let desk = env::var_os("CARGO_FEATURE_DESK").is_some();
    texts.retain(|name, _| {
        !MODULES.iter().any(|module| name.starts_with(module)) && (desk || !name.starts_with("desk."))
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
