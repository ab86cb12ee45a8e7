//! The architecture as a test: layers, doors, and the promises of `ARCHITECTURE.md`.

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A foreign crate, and the only room (or file) that may name it.
const DOORS: [(&str, &[&str]); 25] = [
    ("polars", &["table/"]),
    ("polars_arrow", &["table/"]),
    ("polars_buffer", &["table/"]),
    ("polars_parquet", &["table/"]),
    ("linfa", &["model/fit"]),
    ("linfa_logistic", &["model/fit"]),
    ("ndarray", &["model/fit"]),
    ("faer", &["model/fit"]),
    ("clap", &["cli"]),
    ("comfy_table", &["cli"]),
    ("indicatif", &["cli"]),
    ("sha2", &["digest.rs"]),
    ("hmac", &["digest.rs"]),
    ("hkdf", &["digest.rs"]),
    ("strsim", &["name.rs"]),
    ("unicode_normalization", &["name.rs"]),
    ("toml", &["policy/", "law/"]),
    ("encoding_rs", &["intake/"]),
    ("chardetng", &["intake/"]),
    ("memchr", &["intake/"]),
    ("chacha20poly1305", &["ledger/"]),
    ("ed25519_dalek", &["ledger/"]),
    ("x25519_dalek", &["ledger/"]),
    ("askama", &["report/"]),
    ("rusqlite", &["workspace/"]),
];

/// What only the workspace may touch: the disk for writing, the clock, the machine's randomness.
const HANDS: [&str; 6] = [
    "fs::write",
    "File::create",
    "SystemTime::now",
    "Utc::now",
    "getrandom::",
    "OpenOptions",
];

/// Every Rust file of `src/`, by its path below it.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let base = Path::new(ROOT).join("src");
    let mut found = Vec::new();
    walk(&base, &mut found);
    found.sort();
    assert!(found.len() > 30, "the walk found {} files", found.len());
    found
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(&base)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// The blank-line groups of `pub mod` in `lib.rs`, bottom up.
fn layers() -> Vec<Vec<String>> {
    let text = fs::read_to_string(Path::new(ROOT).join("src/lib.rs")).unwrap();
    let groups: Vec<Vec<String>> = text
        .split("\n\n")
        .map(|group| {
            group
                .lines()
                .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .filter(|group| !group.is_empty())
        .collect();
    assert!(groups.len() >= 9, "lib.rs names {} layers", groups.len());
    groups
}

fn room(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

/// Whether code (not a comment) mentions `what`, as a whole path.
fn names(text: &str, what: &str) -> bool {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .any(|line| {
            line.match_indices(what).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + what.len()..].chars().next();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
                    && !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
            })
        })
}

/// The rooms named in `use crate::{a, b::c}` lists, which [`names`] does not see.
fn grouped(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("use crate::{") {
        let list = &text[at + "use crate::{".len()..];
        let mut depth = 1;
        let mut word = String::new();
        for letter in list.chars() {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => {
                    found.push(std::mem::take(&mut word));
                    continue;
                }
                _ => {}
            }
            if depth == 0 {
                found.push(word);
                break;
            }
            word.push(letter);
        }
    }
    found
        .iter()
        .map(|item| item.trim().split("::").next().unwrap_or("").to_owned())
        .collect()
}

#[test]
fn a_room_uses_only_rooms_of_earlier_layers() {
    let layers = layers();
    for (path, text) in sources() {
        let room = room(&path);
        let Some(here) = layers
            .iter()
            .position(|layer| layer.iter().any(|it| it == room))
        else {
            assert!(
                ["lib", "main"].contains(&room),
                "{path} belongs to no layer"
            );
            continue; // `lib.rs` and `main.rs` are doors, not rooms.
        };
        let lists = grouped(&text);
        for other in layers[here..].iter().flatten().filter(|it| *it != room) {
            assert!(
                !names(&text, &format!("crate::{other}")) && !lists.contains(other),
                "{path}: {room} reaches across or up to {other}"
            );
        }
    }
}

#[test]
fn a_foreign_crate_is_named_in_one_room_only() {
    for (path, text) in sources() {
        for (foreign, doors) in DOORS {
            if !doors.iter().any(|door| path.starts_with(door)) {
                assert!(
                    !names(&text, &format!("{foreign}::"))
                        && !text.contains(&format!("use {foreign}")),
                    "{path} names {foreign}"
                );
            }
        }
    }
}

#[test]
fn only_the_workspace_touches_the_disk_the_clock_and_randomness() {
    for (path, text) in sources() {
        let code = text.split("#[cfg(test)]").next().unwrap();
        if !path.starts_with("workspace/") {
            for hand in HANDS {
                assert!(
                    !names(code, hand) && !code.contains(hand),
                    "{path} uses {hand}"
                );
            }
        }
    }
}

#[test]
fn every_invariant_names_a_test_that_exists() {
    let page = fs::read_to_string(Path::new(ROOT).join("src/ARCHITECTURE.md")).unwrap();
    let (_, invariants) = page
        .split_once("## Invariants")
        .expect("the page lists its invariants");
    let mut tests = String::new();
    let folder = Path::new(ROOT).join("tests/it");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            tests.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    for (_, text) in sources() {
        tests.push_str(&text);
    }
    let named: Vec<&str> = invariants
        .lines()
        .filter_map(|line| line.rsplit_once("(`")?.1.strip_suffix("`)"))
        .collect();
    assert!(
        named.len() >= 10,
        "only {} invariants name a test",
        named.len()
    );
    for test in named {
        assert!(
            tests.contains(&format!("fn {test}(")),
            "no test is called {test}"
        );
    }
    for line in invariants.lines().filter(|line| line.starts_with("- ")) {
        assert!(line.ends_with("`)"), "an invariant without a test: {line}");
    }
}

#[test]
fn the_root_holds_what_the_client_asked_for_and_little_else() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "models",
        "data",
        "benches",
        "tests",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "CHANGELOG.md",
        "target",
        "demo",
    ];
    for entry in fs::read_dir(ROOT).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name.starts_with('.') || allowed.contains(&name.as_str()),
            "`{name}` stands at the root"
        );
    }
}
