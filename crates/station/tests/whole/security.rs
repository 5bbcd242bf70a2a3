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

/// What is compared on a line of Rust by `==` or `!=`: the last name of each side.
fn compared(line: &str) -> impl Iterator<Item = &str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let places = line.match_indices("==").chain(line.match_indices("!="));
    places.flat_map(move |(place, sign)| {
        let before = line[..place].trim_end().rsplit(|c| !is_name(c)).next();
        let after = line[place + sign.len()..].trim_start_matches(['&', '*', ' ']);
        let after = after.split(|c| !is_name(c) && c != '.').next().and_then(|path| path.rsplit('.').next());
        before.into_iter().chain(after)
    })
}

#[test]
fn secrets_are_compared_in_one_place_or_as_a_mac_is_and_nowhere_else() {
    assert_eq!(compared("if seat.token == *given.secret && a != b").collect::<Vec<_>>(), ["token", "secret", "a", "b"]);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let outside_tests = |path: &str| {
        let text = fs::read_to_string(source.join(path)).unwrap();
        text.split("#[cfg(test)]").next().unwrap().to_owned()
    };
    for (path, how) in [
        ("store/token.rs", "secret::is_same("),
        ("manage/caller.rs", "secret::is_same("),
        ("feed/mod.rs", "secret::is_same("),
        ("live/rooms.rs", "secret::is_same("),
        ("secret.rs", ".ct_eq("),
        // The whole of it, in constant time; verify_truncated_left and such would not be.
        ("link.rs", ".verify_slice("),
    ] {
        assert!(outside_tests(path).contains(how), "{path}");
    }
    const SECRET: [&str; 7] =
        ["token", "secret", "hash", "project_key", "link_secret", "secret_sha256", "token_sha256"];
    for line in sources(&source).lines() {
        let secret = compared(line).find(|name| SECRET.contains(name));
        assert_eq!(secret, None, "{line}");
    }
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
