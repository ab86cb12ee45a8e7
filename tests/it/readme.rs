//! What the README shows is what the program prints.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use crate::cli_support::ours;

/// Runs the demo as the README does; what a terminal would show.
fn demo(folder: &Path) -> String {
    let log = folder.join("terminal.txt");
    let terminal = File::create(&log).unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_probant"))
        .args(["demo", "--lang", "en"])
        .env("COLUMNS", "100")
        .current_dir(folder)
        .stdout(terminal.try_clone().unwrap())
        .stderr(terminal)
        .status()
        .unwrap();
    let text = fs::read_to_string(&log).unwrap();
    assert!(status.success(), "{text}");
    text
}

/// The same without what differs from day to day: digests, ids, dates, times, absolute paths.
fn steady(text: &str, folder: &Path) -> String {
    let text = text.replace(&format!("{}/", folder.display()), "");
    let text = text.replace(
        &format!("{}/", folder.canonicalize().unwrap().display()),
        "",
    );
    let mut out = String::new();
    let mut word = String::new();
    for letter in text.chars().chain(['\n']) {
        if letter.is_ascii_alphanumeric() || "+/=-:".contains(letter) {
            word.push(letter);
            continue;
        }
        out.push_str(if varies(&word) { "*" } else { &word });
        word.clear();
        out.push(letter);
    }
    out.lines()
        .map(shuffled)
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}

/// A line without the number that the shuffle of rows decides.
fn shuffled(line: &str) -> &str {
    let decision = line.starts_with("  decision ");
    let row = line.find(", row ").filter(|_| line.starts_with("  place "));
    if decision {
        "  decision"
    } else {
        row.map_or(line, |at| &line[..at])
    }
}

/// A digest, an id, a date, a time or a base64 root; not a word, not a number of leads.
fn varies(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let hex =
        word.len() >= 12 && word.chars().all(|letter| letter.is_ascii_hexdigit()) && digits > 0;
    let date = word.len() >= 10 && word.starts_with("20") && word.matches('-').count() == 2;
    let root = word.len() == 44 && word.ends_with('=');
    // A path that holds a digest.
    let path = word.split('/').any(|part| part.len() == 64);
    hex || date || root || path
}

#[test]
fn the_session_of_the_readme_is_what_the_demo_prints() {
    let readme = fs::read_to_string(ours("README.md")).unwrap();
    let shown = readme
        .split_once("<!-- session -->\n")
        .and_then(|(_, rest)| rest.split_once("\n<!-- /session -->"))
        .map(|(session, _)| {
            session
                .trim_start_matches("```text\n")
                .trim_end_matches("```")
                .to_owned()
        })
        .expect("the README has a session");
    let folder = tempfile::tempdir().unwrap();
    let printed = demo(folder.path());
    let (shown, printed) = (
        steady(&shown, folder.path()),
        steady(&printed, folder.path()),
    );
    for (at, (a, b)) in shown.lines().zip(printed.lines()).enumerate() {
        assert_eq!(
            a,
            b,
            "line {} of the session; the demo prints now:\n{printed}",
            at + 1
        );
    }
    assert_eq!(shown.lines().count(), printed.lines().count(), "{printed}");
}

#[test]
fn the_sample_model_is_the_one_that_the_demo_trains() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    let models = folder.path().join("demo/models");
    let trained = fs::read_dir(models)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let sample = fs::read_to_string(ours("models/model.json")).unwrap();
    assert_eq!(
        sample,
        fs::read_to_string(trained.join("model.json")).unwrap()
    );
    let model = probant::model::Model::parse(&sample).unwrap();
    assert_eq!(
        model.version().to_string(),
        trained.file_name().unwrap().to_string_lossy()
    );
}
