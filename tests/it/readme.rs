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
        .map(|line| shuffled(line).trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}

/// A line without what the shuffle of rows and the draws of the sample and of planted cases decide.
fn shuffled(line: &str) -> String {
    if line.starts_with("  decision ") {
        return "  decision".to_owned();
    }
    if let Some(at) = line.find(", row ").filter(|_| line.starts_with("  place ")) {
        return line[..at].to_owned();
    }
    let drawn = [
        "review show ",
        "review validate ",
        "review override ",
        "Lead #",
        "Decision ",
        "--to ",
        "revue-1 to `",
        "revue-1 opens ",
        "proposed, ",
        "Integrity holds: ",
        "entries, ",
    ];
    let mut line = line.to_owned();
    for before in drawn {
        if let Some((head, rest)) = line.split_once(before)
            && !head.ends_with("release ")
        {
            let end = rest.find([' ', ':', '`']).unwrap_or(rest.len());
            line = format!("{head}{before}*{}", &rest[end..]);
        }
    }
    line
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
