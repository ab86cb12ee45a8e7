//! A day in the life, as a transcript: a night of 10,000 leads on the eve of a new law, and the morning after.
//!
//! Every command stands in `day.txt` with what it prints. Digests, identifiers and decision numbers are masked, all the
//! rest is held to the letter. The child that plays it has a terminal of its own width and a clock that the test sets.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{Days, NaiveDate};
use probant::cli::run_in;
use probant::demo::{self, Stage};
use probant::ledger::Time;
use probant::policy;
use probant::workspace::disk::Disk;
use probant::workspace::journal::Entropy;
use probant::workspace::{World, keep_demo, sign_demo, stage_demo};
use serde_json::Value;

use crate::night::{FIRST, table};

/// 10 August 2026, 06:30 UTC: since the next day a consumer is called only with consent (L. 2025-594, art. 13).
const MORNING: i64 = 1_786_343_400;

/// The demonstration's leads are newer than that day by so many days.
const EARLIER: u64 = 84;

const LEADS: usize = 10_000;

/// A second purpose, by phone, whose law changes overnight.
const CALLS: &str = r#"
[[purposes]]
id = "rappels"
description = "Rappeler par téléphone les particuliers."
basis = ["legitimate-interest", "consent"]
channel = "phone"
assessment = "assessments/interet-legitime-rappels.toml"
retention_days = 1095

# Comment l’export du CRM"#;

/// An export whose days are all earlier.
fn earlier(rows: usize, seed: u64, first: u64, stage: Stage) -> Vec<u8> {
    let mut bytes = Vec::new();
    demo::export(&mut bytes, rows, seed, first, stage).unwrap();
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    let moved = text.split_inclusive(['\n', ';']).map(|cell| {
        let day = cell.trim_end_matches(['\r', '\n', ';']);
        match NaiveDate::parse_from_str(day, "%d/%m/%Y") {
            Ok(date) => {
                let date = date.checked_sub_days(Days::new(EARLIER)).unwrap();
                format!("{}{}", date.format("%d/%m/%Y"), &cell[day.len()..])
            }
            Err(_) => cell.to_owned(),
        }
    });
    let moved: String = moved.collect();
    moved.chars().map(|letter| letter as u8).collect()
}

fn policy_text() -> String {
    let text = demo::policy()
        .replacen("\n# Comment l’export du CRM", CALLS, 1)
        .replacen(
            "similar-products = true",
            "bloctel = false\nsimilar-products = true",
            1,
        )
        .replacen("borderline = 0.005", "borderline = 0.002", 1);
    assert!(text.contains("rappels") && text.contains("bloctel") && text.contains("0.002"));
    text
}

/// The day, its clock, and what was said in it.
struct Day {
    root: PathBuf,
    world: World,
    transcript: String,
}

impl Day {
    fn new(folder: &Path) -> Self {
        let root = folder.join("lumen");
        let mut world = World {
            disk: Disk::new(),
            now: Time(MORNING),
            entropy: Entropy::seeded([5; 32]),
        };
        let exports = [
            ("past.csv", earlier(6_000, 1, 1, Stage::History)),
            ("night.csv", earlier(LEADS, 2, FIRST, Stage::Open)),
            ("next.csv", earlier(LEADS - 500, 2, FIRST, Stage::Open)),
        ];
        let named: Vec<(&str, &[u8])> = exports
            .iter()
            .map(|(name, bytes)| (*name, &bytes[..]))
            .collect();
        stage_demo(&root, &mut world, &policy_text(), &named).unwrap();
        keep_demo(&root, &mut world, &demo::wordings()).unwrap();
        let people = ["dpo-1", "revue-1", "revue-2", "data-1"];
        sign_demo(
            &root,
            &mut world,
            &policy_text(),
            demo::assessment(),
            &people,
        )
        .unwrap();
        let mut day = Self {
            root,
            world,
            transcript: String::new(),
        };
        let second = demo::assessment()
            .replace("\"interet-legitime-2026\"", "\"interet-legitime-rappels\"")
            .replace("\"prospection\"", "\"rappels\"");
        fs::write(
            day.root.join("assessments/interet-legitime-rappels.toml"),
            second,
        )
        .unwrap();
        day.done("law sign lumen/assessments/interet-legitime-rappels.toml --as dpo-1 --key lumen/dpo-1.key");
        day
    }

    fn done(&mut self, command: &str) {
        self.says(command, 0);
    }

    /// Refused by the policy or the law.
    fn refused(&mut self, command: &str) {
        self.says(command, 5);
    }

    /// Runs a command and keeps what it said; paths are as in the transcript, below the folder that holds `lumen`.
    fn says(&mut self, command: &str, exit: u8) {
        let said = self.runs(command, &[], exit);
        writeln!(self.transcript, "$ probant {command}\n{said}").unwrap();
    }

    /// Runs a command without keeping what it said.
    fn json(&mut self, command: &str) -> Value {
        serde_json::from_str(&self.runs(command, &["--json"], 0)).unwrap()
    }

    fn runs(&mut self, command: &str, more: &[&str], exit: u8) -> String {
        self.world.now.0 += 20;
        let above = self.root.parent().unwrap().to_owned();
        let root = self.root.to_str().unwrap().to_owned();
        let mut words: Vec<String> = ["probant", "--lang", "en", "-w", &root]
            .map(str::to_owned)
            .to_vec();
        words.extend(
            command
                .split(' ')
                .map(|word| match word.strip_prefix("lumen/") {
                    Some(rest) => above.join("lumen").join(rest).to_str().unwrap().to_owned(),
                    None => word.to_owned(),
                }),
        );
        words.extend(more.iter().map(|it| (*it).to_owned()));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        let ended = run_in(words, &mut out, &mut err, &mut self.world);
        let (out, err) = (
            String::from_utf8(out).unwrap(),
            String::from_utf8(err).unwrap(),
        );
        assert_eq!(ended.0, exit, "{command}\n{out}{err}");
        let said = if more.is_empty() {
            format!("{out}{err}")
        } else {
            out
        };
        said.replace(&format!("{}/", above.display()), "")
    }

    /// A sentence between two commands.
    fn note(&mut self, text: &str) {
        writeln!(self.transcript, "# {text}\n").unwrap();
    }

    /// Reviews everything that this person has to open, giving each its time, and overrides the planted cases.
    fn looks(&mut self, person: &str) -> usize {
        let policy =
            policy::parse(&fs::read_to_string(self.root.join("probant.toml")).unwrap()).unwrap();
        let by = format!("--as {person} --key lumen/{person}.key");
        let listed = self.json(&format!("review list --limit 100000 --as {person}"));
        let asked: Vec<u64> = listed["rows"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["to_open"] == true)
            .map(|row| row["decision"].as_u64().unwrap())
            .collect();
        for number in &asked {
            let shown = self.json(&format!("review show {number} {by}"));
            let own = &policy.bands[policy.band(shown["score_ppm"].as_u64().unwrap() as u32)].id;
            if shown["band"]["id"] != own.as_str() {
                self.json(&format!(
                    "review override {number} --to {own} --reason band-does-not-follow {by}"
                ));
                self.json(&format!("review show {number} {by}"));
            }
        }
        asked.len()
    }

    fn rows(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        table(&fs::read(self.root.join(name)).unwrap())
    }

    /// Whose rows a file holds.
    fn whose(&self, name: &str) -> BTreeSet<String> {
        self.rows(name).iter().map(reference).collect()
    }

    /// The first lead of a band that the night scored, and its decision.
    fn lead(&self, band: &str) -> (String, u64) {
        let rows = self.rows("scores.csv");
        let row = rows.iter().find(|row| row["band"] == band).unwrap();
        (reference(row), row["decision"].parse().unwrap())
    }
}

fn reference(row: &BTreeMap<String, String>) -> String {
    let (_, id) = row
        .iter()
        .find(|(name, _)| name.ends_with("prospect"))
        .unwrap();
    id.clone()
}

const SCORE: &str = "--purpose prospection --as exploitation-1";
const FIRST_REVIEWER: &str = "--as revue-1 --key lumen/revue-1.key";
const SECOND_REVIEWER: &str = "--as revue-2 --key lumen/revue-2.key";
const RELEASE: &str = "--data lumen/night.csv --out lumen/mailing.csv --as exploitation-1";

/// The whole day. What its users rely on is asserted here; what they read is the transcript.
fn live(folder: &Path) -> String {
    let mut day = Day::new(folder);
    day.done("train lumen/past.csv --purpose prospection --as data-1 --key lumen/data-1.key");
    for purpose in ["prospection", "rappels"] {
        day.done(&format!(
            "models approve @candidate --purpose {purpose} --as dpo-1 --key lumen/dpo-1.key"
        ));
        day.done(&format!(
            "models activate @candidate --purpose {purpose} --as data-1 --key lumen/data-1.key"
        ));
    }
    night(&mut day);
    let contester = review(&mut day);
    let mailed = release(&mut day, &contester);
    objection(&mut day, &mailed);
    tomorrow(&mut day);
    day.note("And all of it can be proved.");
    day.done("ledger verify --full");
    day.transcript
}

fn night(day: &mut Day) {
    day.note(
        "The night: whom the law lets through is scored, the others are refused with an article.",
    );
    day.done(&format!(
        "score lumen/night.csv --out lumen/scores.csv --refused lumen/refused.csv {SCORE}"
    ));
    let (scored, refused) = (day.whose("scores.csv"), day.whose("refused.csv"));
    assert_eq!(scored.len() + refused.len(), LEADS);
    assert!(scored.is_disjoint(&refused), "a refused lead has a score");
    assert!(
        day.rows("refused.csv")
            .iter()
            .all(|row| !row["article"].is_empty())
    );
}

/// The token sign-off, one override, one contest, the true sign-off; who contested.
fn review(day: &mut Day) -> String {
    day.note("A signature under a list that nobody read is no oversight.");
    day.refused(&format!("review sign-off @latest {SECOND_REVIEWER}"));
    day.done(&format!(
        "release --to mailer --message promotional {RELEASE}"
    ));
    assert!(!day.root.join("mailing.csv").exists());
    day.note("One override: the reviewer knows something that the export does not say.");
    let (_, known) = day.lead("froid");
    day.done(&format!("review show {known} {FIRST_REVIEWER}"));
    day.done(&format!(
        "review override {known} --to chaud --reason known-context {FIRST_REVIEWER}"
    ));
    day.note("One contest: the decision waits for a second reviewer, and the run with it.");
    let (person, contested) = day.lead("chaud");
    day.done(&format!("review show {contested} {FIRST_REVIEWER}"));
    day.done(&format!("review validate {contested} {FIRST_REVIEWER}"));
    day.done(&format!("explain {person} --why access-request --as dpo-1"));
    day.done(&format!(
        "subject contest {person} --decision {contested} --request DEM-2026-031 --as dpo-1"
    ));
    let opened = day.looks("revue-1");
    assert!(opened > 20, "{opened}");
    day.note("revue-1 opens every other proposal that the sign-off asks for, and finds the planted cases.");
    day.refused(&format!("review sign-off @latest {FIRST_REVIEWER}"));
    day.done(&format!("review show {contested} {SECOND_REVIEWER}"));
    day.done(&format!(
        "review override {contested} --to froid --reason person-asked {SECOND_REVIEWER}"
    ));
    day.done(&format!("review sign-off @latest {FIRST_REVIEWER}"));
    person
}

/// Two refused releases and one that is not; somebody who left in it.
fn release(day: &mut Day, contester: &str) -> String {
    day.note("A release, to the tool that was audited, with the class of its message.");
    day.refused(&format!("release --to mailer --band chaud {RELEASE}"));
    day.refused(&format!(
        "release --to ancien-mailer --message promotional --band chaud {RELEASE}"
    ));
    day.done(&format!(
        "release --to mailer --message promotional --band chaud {RELEASE}"
    ));
    let mailing = day.whose("mailing.csv");
    assert!(!mailing.is_empty() && mailing.is_disjoint(&day.whose("refused.csv")));
    assert!(
        !mailing.contains(contester),
        "who contested, and was heard, was mailed"
    );
    let scores = day.rows("scores.csv");
    let mut hot = scores
        .iter()
        .filter(|row| row["band"] == "chaud")
        .map(reference);
    let mailed = hot.find(|id| mailing.contains(id)).unwrap();
    day.done(&format!(
        "why {mailed} --release 1 --why access-request --as dpo-1"
    ));
    mailed
}

fn objection(day: &mut Day, mailed: &str) {
    day.note("Who was mailed objects. The next export brings everybody back; the objection stays.");
    day.done(&format!(
        "subject object {mailed} --request DEM-2026-032 --as dpo-1"
    ));
    day.done(&format!(
        "score lumen/next.csv --out lumen/scores-2.csv --refused lumen/refused-2.csv {SCORE}"
    ));
    let refused = day.rows("refused-2.csv");
    let again: Vec<_> = refused
        .iter()
        .filter(|row| reference(row) == mailed)
        .collect();
    assert_eq!(again.len(), 1, "the objection was forgotten");
    assert_eq!(again[0]["article"], "gdpr-21-3");
}

fn tomorrow(day: &mut Day) {
    day.note("The same night by phone, under today’s law and under tomorrow’s.");
    day.done("law diff --purpose rappels --from 2026-08-10 --at 2026-08-11 lumen/night.csv");
    let by = "--purpose rappels --as exploitation-1";
    day.done(&format!("score lumen/night.csv --out lumen/calls.csv {by}"));
    day.done(&format!(
        "score lumen/night.csv --out lumen/calls-2.csv --date 2026-08-11 {by}"
    ));
    assert!(day.rows("calls.csv").len() > 1_000);
    assert!(day.rows("calls-2.csv").is_empty());
}

/// The transcript without what differs: digests, ids, numbers of decisions that a shuffle gave.
fn steady(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut word = String::new();
        let mut steady = String::new();
        for letter in line.chars().chain(['\n']) {
            if letter.is_ascii_alphanumeric() || "+/=".contains(letter) {
                word.push(letter);
                continue;
            }
            let hex = word.len() >= 12 && word.chars().all(|it| it.is_ascii_hexdigit());
            let root = word.len() == 44 && word.ends_with('=');
            let path = word.split('/').any(|part| part.len() == 64);
            steady.push_str(if hex || root || path { "*" } else { &word });
            word.clear();
            steady.push(letter);
        }
        writeln!(out, "{}", steady.trim_end()).unwrap();
    }
    out.trim().to_owned()
}

#[test]
fn a_day_in_the_life() {
    if let Ok(folder) = std::env::var("PROBANT_DAY") {
        let folder = PathBuf::from(folder);
        fs::write(folder.join("day.txt"), live(&folder)).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["day::a_day_in_the_life", "--exact", "--nocapture"])
        .env("PROBANT_DAY", folder.path())
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lived = steady(&fs::read_to_string(folder.path().join("day.txt")).unwrap());
    let told = include_str!("day.txt").trim();
    if lived == told {
        return;
    }
    let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("day.txt");
    fs::write(&new, format!("{lived}\n")).unwrap();
    let differ = lived.lines().zip(told.lines()).position(|(a, b)| a != b);
    let at = differ.unwrap_or_else(|| lived.lines().count().min(told.lines().count()));
    panic!(
        "the day went otherwise than tests/it/day.txt tells, from its line {}; it is now in {}:\n{}",
        at + 1,
        new.display(),
        lived
            .lines()
            .skip(at)
            .take(5)
            .collect::<Vec<_>>()
            .join("\n")
    );
}
