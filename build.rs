//! Makes the type of all texts from `languages/en.json`: a name that does not exist does not compile.
//!
//! A module that the page loads later has this build script, too. Its texts are those whose names begin with its own, and
//! are in no other part: what few people read is not loaded by all.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::{env, fs};

/// What the names of texts begin with that are not of the page's WebAssembly, but of a module that reads them itself where it
/// is loaded, or of what is there before.
const MODULES: [&str; 6] = ["before.", "embed.", "newer.", "row.", "take-along.", "theme."];
/// The packages that have texts of their own.
const PACKAGES: [&str; 1] = ["workshop"];

fn main() {
    if env::var_os("CARGO_FEATURE_SPLIT").is_some() {
        // What refers to what, by which the second part is found: src/work.rs.
        println!("cargo::rustc-link-arg-bins=--emit-relocs");
    }
    let package = env::var("CARGO_PKG_NAME").expect("cargo says which");
    let is_own = PACKAGES.contains(&package.as_str());
    let path = if is_own { "../../languages/en.json" } else { "languages/en.json" };
    println!("cargo::rerun-if-changed={path}");
    let file = fs::read_to_string(path).expect("languages/en.json can be read");
    let mut texts: BTreeMap<String, String> =
        serde_json::from_str(&file).expect("languages/en.json has a text for each name");
    // Of support's module and page all stand in the type, where they are asked for.
    let desk = env::var_os("CARGO_FEATURE_DESK").is_some();
    texts.retain(|name, _| {
        let owner = name.split('.').next().filter(|first| PACKAGES.contains(first));
        let of_page = !MODULES.iter().any(|module| name.starts_with(module)) && (desk || !name.starts_with("desk."));
        owner.map_or(!is_own && of_page, |owner| owner == package)
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
