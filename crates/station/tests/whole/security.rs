//! What `docs/security.md` names.

use std::fs;
use std::path::Path;

/// The sources below a folder, one after the other.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: std::path::PathBuf| match path.extension() {
        _ if path.is_dir() && !path.ends_with("target") && !path.ends_with("node_modules") => sources(&path),
        Some(kind) if kind == "rs" => fs::read_to_string(path).unwrap(),
        _ => String::new(),
    };
    entries.map(text).collect()
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let model = fs::read_to_string(root.join("docs/security.md")).unwrap();
    let sources: String = ["crates", "src", "tests"].iter().map(|folder| sources(&root.join(folder))).collect();
    let names: Vec<_> = model
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.matches('_').count() > 2 && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric()))
        .collect();
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        assert!(sources.contains(&format!("fn {name}()")), "there is no test {name}");
    }
}
