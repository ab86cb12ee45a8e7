//! Validated leads leave for a tool: what leaves, what stays and why, what is recorded, and what a crash leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;

use probant::demo::Stage;
use probant::digest::Digest;
use probant::event::{self, Act, Circumstances};
use probant::law::words::Scope;
use probant::ledger::entry::file_commitment;
use probant::ledger::key::{Secret, SigningKey};
use probant::ledger::note::Verifier;
use probant::ledger::{Entry, Event, Heading, RunId, SegmentKind, Time};
use probant::policy;
use probant::workspace::World;
use probant::workspace::disk::Disk;
use probant::workspace::journal::{Commit, Entropy, View, Writer};

use crate::faults::{die, failing, full};
use crate::night::{FIRST, Night, Said, copy, export, run, table};

/// 2026-09-21, 14:13:20 UTC.
const NOW: i64 = 1_790_000_000;
const DAY: i64 = 86_400;
const WISH: &str = "Accepte les courriels";

const MORE: &str = r#"
[columns."Accepte les courriels"]
kind = "flag"
role = "preference"
channel = "email"

[[tools]]
id = "mailer"
name = "Mailer"
channel = "email"
audited = 2026-01-15
certificate = "ISO 27001, certificat 1234"
scope = "envoi de courriels"
expires = 2027-01-15
columns = ["E-mail", "Réf. prospect", "band"]

[[tools]]
id = "other"
name = "Other"
channel = "email"
audited = 2026-01-15
certificate = "ISO 27001"
scope = "envoi de courriels"
expires = 2027-01-15
columns = ["Réf. prospect", "decision", "score"]

[[tools]]
id = "old"
name = "Old"
channel = "email"
audited = 2025-01-15
certificate = "ISO 27001"
scope = "envoi de courriels"
expires = 2026-09-20
columns = ["Réf. prospect"]

[[tools]]
id = "unseen"
name = "Unseen"
channel = "post"
columns = ["Réf. prospect"]

[[caps]]
channel = "email"
days = 7
most = 1

[[caps]]
channel = "email"
days = 30
most = 2
"#;

/// The key of whoever reviews.
fn key() -> SigningKey {
    SigningKey::of(&Secret::new([7; 32]))
}

fn policy_text() -> String {
    let key = Verifier::new("revue-1", &key()).text();
    let text = crate::night::POLICY
        .replace("pairs = \"auto\"", "pairs = \"off\"")
        .replace(
            "roles = [\"reviewer\"]",
            &format!("roles = [\"reviewer\"]\nkey = \"{key}\""),
        );
    let (before, after) = text.split_once("[training]").unwrap();
    let (column, rest) = MORE.split_once("[[tools]]").unwrap();
    format!("{before}{column}[training]{after}\n[[tools]]{rest}")
}

/// The records of a CSV file: a line feed inside quotes ends none.
fn records(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (mut all, mut one, mut quoted) = (Vec::new(), Vec::new(), false);
    for &byte in bytes {
        quoted ^= byte == b'"';
        if byte == b'\n' && !quoted {
            if one.last() == Some(&b'\r') {
                one.pop();
            }
            all.push(std::mem::take(&mut one));
        } else {
            one.push(byte);
        }
    }
    all
}

/// An export with a wish in each row: «oui», «non» for every tenth, nothing for every seventh.
fn leads(rows: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for (n, record) in records(&export(rows, 2, FIRST, Stage::Open))
        .iter()
        .enumerate()
    {
        out.extend(record);
        out.push(b';');
        out.extend(match n {
            0 => WISH.as_bytes(),
            n if (n - 1) % 10 == 9 => b"non",
            n if (n - 1) % 7 == 6 => b"",
            _ => b"oui",
        });
        out.extend(b"\r\n");
    }
    out
}

fn lead(n: u64) -> String {
    format!("PR{:08}", FIRST + n)
}

fn world(now: i64) -> World {
    World {
        disk: Disk::new(),
        now: Time(now),
        entropy: Entropy::os(),
    }
}

/// A workspace with a scored run of `rows` leads.
fn scored(rows: usize) -> Night {
    let night = Night::new(rows);
    fs::write(night.root().join("probant.toml"), policy_text()).unwrap();
    night.put("night.csv", &leads(rows));
    night.score("out/scores.csv", &[]).done();
    night
}

/// The decision of each lead of the last run, with its pseudonym.
fn decisions(night: &Night) -> BTreeMap<u64, (u64, [u8; 16])> {
    let view = View::open(&night.root()).unwrap();
    let rows = table(&night.read("out/scores.csv"));
    let all = rows.iter().enumerate().map(|(n, row)| {
        let decision: u64 = row["decision"].parse().unwrap();
        let (placed, at) = view.decision(decision).unwrap();
        let mut whose = [0; 16];
        view.scan(placed, |row, pseudonym| {
            if row == at {
                whose = *pseudonym;
            }
        })
        .unwrap();
        (n as u64, (decision, whose))
    });
    all.collect()
}

/// Records acts about leads of the run, as whoever reviews would.
fn act(night: &Night, now: i64, acts: &[(u64, Act)]) {
    act_signed_by(night, now, acts, &key());
}

fn act_signed_by(night: &Night, now: i64, acts: &[(u64, Act)], by: &SigningKey) {
    let known = decisions(night);
    let mut entropy = Entropy::os();
    let mut writer = Writer::open(&night.root(), &Disk::new()).unwrap();
    let of_run =
        |it: &&probant::workspace::journal::Placed| it.entry.kind == SegmentKind::Proposals;
    let entry = writer
        .view()
        .segments()
        .rfind(of_run)
        .unwrap()
        .entry
        .clone();
    let events: Vec<Event> = acts
        .iter()
        .map(|(n, act)| {
            let (decision, pseudonym) = known[n];
            let around = Circumstances {
                event: entropy.bytes(),
                pseudonym,
                decision: Some(decision),
                actor: "revue-1".parse().unwrap(),
                shown: [0; 32],
                time: now,
                note: None,
            };
            event::sign(&act.record(&around).unwrap(), by).unwrap()
        })
        .collect();
    let heading = Heading {
        run: RunId(entropy.bytes()),
        model: None,
        schema: entry.schema,
        policy: entry.policy,
        law: entry.law,
        binary: entry.binary,
        kid: entry.kid,
        purpose: entry.purpose,
        basis: Vec::new(),
        outcomes: Vec::new(),
        retention: entry.retention,
    };
    writer
        .append_events(&Commit::default(), &[(heading, events)], &mut entropy)
        .unwrap();
}

fn validate(night: &Night, leads: impl IntoIterator<Item = u64>) {
    let acts: Vec<(u64, Act)> = leads
        .into_iter()
        .map(|n| (n, Act::Validated { control: None }))
        .collect();
    act(night, NOW, &acts);
}

fn release_at(night: &Night, now: i64, out: &str, more: &[&str]) -> Said {
    let (data, out) = (night.path("night.csv"), night.path(out));
    let mut words = vec![
        "release",
        "--data",
        data.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
        "--as",
        "exploitation-1",
    ];
    words.extend(more);
    run(&night.root(), &mut world(now), &words)
}

const PROMOTE: [&str; 4] = ["--to", "mailer", "--message", "promotional"];

fn release(night: &Night, out: &str, more: &[&str]) -> Said {
    release_at(night, NOW, out, more)
}

/// Leads that stay, by reason.
fn held(said: &serde_json::Value) -> BTreeMap<String, u64> {
    let held = said["held"].as_array().unwrap().iter();
    held.map(|it| {
        let reason = it["reason"].as_str().unwrap().to_owned();
        (reason, it["leads"].as_u64().unwrap())
    })
    .collect()
}

fn counts<const N: usize>(of: [(&str, u64); N]) -> BTreeMap<String, u64> {
    of.map(|(reason, leads)| (reason.to_owned(), leads)).into()
}

/// Whose rows a file for a tool holds.
fn inside(night: &Night, file: &str) -> BTreeSet<u64> {
    let rows = table(&night.read(file));
    let id = |row: &BTreeMap<String, String>| {
        let (_, id) = row
            .iter()
            .find(|(name, _)| name.ends_with("prospect"))
            .unwrap();
        id[2..].parse::<u64>().unwrap() - FIRST
    };
    rows.iter().map(id).collect()
}

fn entries(night: &Night, kind: &str) -> Vec<Entry> {
    let view = View::open(&night.root()).unwrap();
    let all = view.entries().map(|(_, entry)| entry.clone());
    all.filter(|entry| entry.kind() == kind).collect()
}

fn sound(night: &Night) {
    night.say(&["ledger", "verify", "--full"]).done();
}

#[test]
fn what_a_person_decided_leaves_with_the_cells_of_the_tool_and_nothing_else() {
    let night = scored(60);
    validate(&night, 0..20);
    act(
        &night,
        NOW,
        &[
            (
                30,
                Act::Overridden {
                    band: "chaud".parse().unwrap(),
                    reason: 1,
                    control: None,
                },
            ),
            (
                31,
                Act::Rejected {
                    reason: 1,
                    control: None,
                },
            ),
            (5, Act::Contested { request: [1; 32] }),
        ],
    );
    let said = release(&night, "out/mailing.csv", &PROMOTE).done().json();
    assert_eq!(said["status"], "released");
    assert_eq!(said["release"], 1);
    // 0 to 19 but 5 and, by their wish, 9 and 19; and 30.
    assert_eq!(said["leads"], 18);
    assert_eq!(said["rows_in"], 60);
    assert_eq!(
        held(&said),
        counts([
            ("contested", 1),
            ("preference", 2),
            ("rejected", 1),
            ("undecided", 38)
        ])
    );
    let expected: BTreeSet<u64> = (0..20)
        .filter(|n| ![5, 9, 19].contains(n))
        .chain([30])
        .collect();
    assert_eq!(inside(&night, "out/mailing.csv"), expected);
    // The identifier, then the tool's own columns, and no cell of any other.
    let file = night.read("out/mailing.csv");
    let lines = records(&file);
    let header: String = lines[0].iter().map(|&byte| char::from(byte)).collect();
    assert_eq!(header, "Réf. prospect;E-mail;band");
    let source = table(&night.read("night.csv"));
    let text: String = file.iter().map(|&byte| char::from(byte)).collect();
    for (n, row) in source.iter().enumerate() {
        assert_eq!(
            text.contains(&row["E-mail"]),
            expected.contains(&(n as u64))
        );
        for column in ["Téléphone", "Commentaire", "Secteur"] {
            let cell = row[column].as_str();
            assert!(cell.len() < 3 || !text.contains(cell), "{column} of {n}");
        }
    }
    assert_eq!(
        table(&file)
            .iter()
            .filter(|row| row["band"] == "chaud")
            .count(),
        {
            let scores = table(&night.read("out/scores.csv"));
            let hot = |n: &&u64| scores[**n as usize]["band"] == "chaud" || **n == 30;
            expected.iter().filter(hot).count()
        }
    );
    sound(&night);
    let releases = entries(&night, "release");
    let [Entry::Release(entry)] = &releases[..] else {
        panic!("{releases:?}");
    };
    assert_eq!(
        (entry.leads, entry.message.as_str(), entry.tool.as_str()),
        (18, "promotional", "mailer")
    );
    assert_eq!(
        (entry.channel.as_str(), entry.actor.as_str()),
        ("email", "exploitation-1")
    );
    assert_ne!(entry.file, file_commitment(&[0; 16], &Digest::of(&file)));
    let listed = night.say(&["release", "list"]).done().json();
    assert_eq!(listed["releases"][0]["leads"], 18);
    assert_eq!(listed["releases"][0]["release"], 1);
}

#[test]
fn the_words_of_a_tool_are_the_record_s() {
    let night = scored(20);
    validate(&night, [3]);
    release(
        &night,
        "out/o.csv",
        &["--to", "other", "--message", "informational"],
    )
    .done();
    let rows = table(&night.read("out/o.csv"));
    let scores = table(&night.read("out/scores.csv"));
    assert_eq!(rows[0]["decision"], scores[3]["decision"]);
    assert_eq!(rows[0]["score"], scores[3]["score"]);
    assert_eq!(rows[0].len(), 3);
}

#[test]
fn each_thing_that_stops_a_release_has_its_exit_code_leaves_no_byte_and_is_recorded() {
    let night = scored(20);
    validate(&night, 0..20);
    let refused = |more: &[&str], why: &str, note: Option<&str>| {
        let before = entries(&night, "note").len();
        let said = release(&night, "out/none.csv", more).failed(5);
        assert!(said.err.contains(why), "{said:?}");
        assert_eq!(
            fs::read_dir(night.path("out")).unwrap().count(),
            1,
            "only the score file"
        );
        let notes = entries(&night, "note");
        match note {
            None => assert_eq!(notes.len(), before),
            Some(about) => {
                let [.., Entry::Note(last)] = &notes[..] else {
                    panic!("no note");
                };
                assert_eq!(
                    (last.about.as_str(), last.actor.as_str()),
                    (about, "exploitation-1")
                );
                assert_eq!(notes.len(), before + 1);
            }
        }
        assert_eq!(entries(&night, "release").len(), 0);
    };
    refused(&["--to", "mailer"], "no class", None);
    refused(
        &["--to", "mailer", "--message", "newsletter"],
        "no class",
        None,
    );
    refused(
        &["--to", "mailre", "--message", "legal"],
        "no tool `mailre`",
        Some("release-refused-unknown"),
    );
    refused(
        &["--to", "old", "--message", "legal"],
        "counted until 2026-09-20",
        Some("release-refused-expired-old"),
    );
    refused(
        &["--to", "unseen", "--message", "legal"],
        "has no audit",
        Some("release-refused-audit-unseen"),
    );
    // An invoice goes to whomever it concerns: a segment of scores is none.
    for class in ["legal", "informational"] {
        let words = ["--to", "mailer", "--message", class, "--band", "chaud"];
        refused(&words, "whatever their band", None);
    }
    // The day before it ended, the audit still counted.
    let yesterday = ["--to", "old", "--message", "informational"];
    release_at(&night, NOW - DAY, "out/yesterday.csv", &yesterday).done();
    fs::remove_file(night.path("out/yesterday.csv")).unwrap();
    sound(&night);
}

#[test]
fn an_act_that_a_hand_took_from_the_state_lets_nobody_out() {
    let night = scored(20);
    validate(&night, 0..5);
    act(&night, NOW, &[(3, Act::Contested { request: [1; 32] })]);
    night.say(&["review", "list", "--as", "revue-1"]).done();
    let state = rusqlite::Connection::open(night.root().join("state.db")).unwrap();
    let contest = decisions(&night)[&3].0 as i64;
    let taken = state
        .execute_batch(&format!(
            "INSERT INTO leaving VALUES (1);
             DELETE FROM act WHERE rowid = (SELECT max(rowid) FROM act WHERE decision = {contest});
             DELETE FROM leaving;"
        ))
        .is_ok();
    assert!(taken);
    drop(state);
    let said = release(&night, "out/m.csv", &PROMOTE).failed(5);
    assert!(said.err.contains("doctor --rebuild"), "{said:?}");
    assert!(!night.path("out/m.csv").exists());
    night.say(&["doctor", "--rebuild"]);
    release(&night, "out/m.csv", &PROMOTE).done();
    assert_eq!(inside(&night, "out/m.csv"), [0, 1, 2, 4].into());
    sound(&night);
}

#[test]
fn a_trial_is_never_released() {
    let night = scored(20);
    let root = night.root();
    night.put("leads.csv", &export(3_000, 7, 1, Stage::History));
    let leads = night.path("leads.csv");
    night
        .say(&["train", leads.to_str().unwrap(), "--as", "data-1"])
        .done();
    fs::remove_file(leads).unwrap();
    let tried = night.score("out/trial.csv", &["--model", "@latest"]);
    let tried = tried.done().json();
    // Without a word it is the night that may be used; the trial has to be named, and does not leave.
    let words = [&PROMOTE[..], &["--run", tried["run"].as_str().unwrap()]].concat();
    let said = release(&night, "out/none.csv", &words).failed(5);
    assert!(said.err.contains("was a trial"), "{said:?}");
    let notes = entries(&night, "note");
    assert!(
        matches!(&notes[..], [.., Entry::Note(it)] if it.about.as_str() == "release-refused-trial")
    );
    assert!(!night.path("out/none.csv").exists() && root.exists());
}

#[test]
fn nobody_is_reached_more_often_than_the_caps_allow_whatever_the_tool() {
    let night = scored(30);
    validate(&night, 0..9);
    let said = |day: i64, tool: &str, message: &str, out: &str| {
        let more = ["--to", tool, "--message", message, "--again"];
        release_at(&night, NOW + day * DAY, out, &more)
            .done()
            .json()
    };
    assert_eq!(said(0, "mailer", "promotional", "out/0.csv")["leads"], 9);
    // The same day, the same channel, another tool: one in seven days.
    let again = said(0, "other", "promotional", "out/1.csv");
    assert_eq!(
        (again["status"].as_str(), again["leads"].as_u64()),
        (Some("empty"), Some(0))
    );
    assert_eq!(held(&again), counts([("frequency", 9), ("undecided", 21)]));
    assert!(!night.path("out/1.csv").exists());
    // What informs is not counted, and not stopped.
    assert_eq!(said(1, "mailer", "informational", "out/2.csv")["leads"], 9);
    assert_eq!(said(6, "mailer", "promotional", "out/3.csv")["leads"], 0);
    assert_eq!(said(7, "mailer", "promotional", "out/4.csv")["leads"], 9);
    // Two in thirty days.
    assert_eq!(said(20, "mailer", "promotional", "out/5.csv")["leads"], 0);
    assert_eq!(said(30, "mailer", "promotional", "out/6.csv")["leads"], 9);
    assert_eq!(entries(&night, "release").len(), 4);
    sound(&night);
}

#[test]
fn the_same_request_twice_reaches_nobody_twice() {
    let night = scored(20);
    validate(&night, 0..5);
    let more = ["--to", "mailer", "--message", "informational"];
    assert_eq!(
        release(&night, "out/a.csv", &more).done().json()["leads"],
        5
    );
    let again = release(&night, "out/b.csv", &more).done().json();
    assert_eq!(again["status"], "empty");
    assert_eq!(held(&again), counts([("before", 5), ("undecided", 15)]));
    assert!(!night.path("out/b.csv").exists());
    assert_eq!(entries(&night, "release").len(), 1);
    // Nor is a file written over: whoever lost it says so.
    release(&night, "out/a.csv", &more).failed(2);
    let more = [&more[..], &["--again"]].concat();
    assert_eq!(
        release(&night, "out/c.csv", &more).done().json()["release"],
        2
    );
}

#[test]
fn an_objection_after_the_review_stops_what_sells_and_never_what_the_law_asks_for() {
    let night = scored(20);
    validate(&night, 0..6);
    let objected = |scope| Act::Objected {
        scope,
        request: [2; 32],
    };
    act(
        &night,
        NOW,
        &[
            (0, objected(Scope::Promotion)),
            (1, objected(Scope::Profiling)),
            (2, objected(Scope::All)),
        ],
    );
    let of = |message: &str, out: &str| {
        let more = ["--to", "mailer", "--message", message];
        let said = release(&night, out, &more).done().json();
        (inside(&night, out), held(&said).get("objected").copied())
    };
    assert_eq!(of("promotional", "out/p.csv"), ([3, 4, 5].into(), Some(3)));
    assert_eq!(
        of("informational", "out/i.csv"),
        ([0, 3, 4, 5].into(), Some(2))
    );
    assert_eq!(of("legal", "out/l.csv"), ((0..6).collect(), None));
}

#[test]
fn nobody_leaves_on_an_opinion_that_its_reviewer_did_not_sign() {
    let night = scored(20);
    validate(&night, [0]);
    // Somebody who holds the machine's keys, and not the reviewer's.
    act_signed_by(
        &night,
        NOW,
        &[(1, Act::Validated { control: None })],
        &SigningKey::of(&Secret::new([8; 32])),
    );
    let said = release(
        &night,
        "out/l.csv",
        &["--to", "mailer", "--message", "legal"],
    )
    .done()
    .json();
    assert_eq!(said["leads"], 1);
    assert_eq!(inside(&night, "out/l.csv"), [0].into());
}

/// Consumers under the French pack: each by their own consent, told in columns.
const LAW: &str = r#"
[law]
pack = "fr-1"

[facts]
audience = "b2c"

[columns."Objection"]
kind = "flag"
role = "fact"
fact = "objection"

[columns."Collecte"]
kind = "date"
role = "fact"
fact = "collected"

[columns."Consentement"]
kind = "date"
role = "consent"
part = "when"

[columns."Texte"]
kind = "category"
role = "consent"
part = "wording"

[columns."Par"]
kind = "category"
role = "consent"
part = "source"

[columns."Acte"]
kind = "category"
role = "consent"
part = "act"

[columns."Portée"]
kind = "category"
role = "consent"
part = "scope"

[columns."Retrait"]
kind = "date"
role = "consent"
part = "withdrawn"
"#;

/// The leads with their proofs; of some, another objection or another day of withdrawal.
fn consenting(rows: usize, other: &[(u64, &str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (n, record) in records(&leads(rows)).iter().enumerate() {
        let more = match n as u64 {
            0 => "Objection;Collecte;Consentement;Texte;Par;Acte;Portée;Retrait".to_owned(),
            n => {
                let changed = other.iter().find(|it| it.0 == n - 1);
                let (objects, gone) = changed.map_or(("non", ""), |it| (it.1, it.2));
                format!(
                    "{objects};01/06/2026;02/06/2026;lettre-3.txt;formulaire;case;e-mail;{gone}"
                )
            }
        };
        out.extend(record);
        out.push(b';');
        out.extend(more.chars().map(|letter| letter as u8));
        out.extend(b"\r\n");
    }
    out
}

#[test]
fn the_law_is_asked_again_with_the_facts_of_this_export_and_the_record_says_what_was_known() {
    let night = Night::new(20);
    let policy = policy_text()
        .replace(
            "basis = \"legitimate-interest\"",
            "basis = \"consent\"\nchannel = \"email\"",
        )
        .replace("role = \"audience\"", "role = \"identity\"");
    let (law, columns) = LAW.split_once("[columns").unwrap();
    let columns = format!("[columns{columns}");
    let policy = policy.replace("[training]", &format!("{columns}\n[training]")) + law;
    fs::write(night.root().join("probant.toml"), policy).unwrap();
    fs::create_dir(night.root().join("consents")).unwrap();
    fs::write(night.root().join("consents/lettre-3.txt"), "J’accepte.").unwrap();
    night.put("night.csv", &consenting(20, &[]));
    let run = night.score("out/scores.csv", &[]).done().json();
    assert_eq!(run["proposed"], 20, "{run}");
    validate(&night, 0..6);
    // Meanwhile one person objected, and another took the consent back.
    night.put(
        "night.csv",
        &consenting(
            20,
            &[
                (1, "oui", ""),
                (2, "non", "20/09/2026"),
                (3, "peut-être", ""),
            ],
        ),
    );
    let said = release(&night, "out/m.csv", &PROMOTE).done().json();
    assert_eq!(inside(&night, "out/m.csv"), [0, 4, 5].into(), "{said}");
    let held: BTreeMap<&str, &str> = said["held"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| Some((it["reason"].as_str()?, it["article"].as_str()?)))
        .collect();
    assert_eq!(
        held,
        [
            ("consent-withdrawn", "gdpr-7-3"),
            ("objection", "gdpr-21-3"),
            ("undecided", "gdpr-22-3")
        ]
        .into(),
        "{said}"
    );
    assert_eq!(said["law"], "fr-1");
    let lead = lead(4);
    let why = [
        "why",
        &lead,
        "--release",
        "1",
        "--why",
        "access-request",
        "--as",
        "dpo-1",
    ];
    let why = night.say(&why).done().json();
    assert_eq!(why["law"], "fr-1");
    assert_eq!(why["facts"]["consent-when"], "2026-06-02");
    assert_eq!(why["facts"]["consent-scope"], "email");
    assert_eq!(why["facts"]["objection"], "no");
    // What informs asks no leave, and what it does not ask it does not read.
    let said = release(
        &night,
        "out/i.csv",
        &["--to", "mailer", "--message", "informational"],
    );
    assert_eq!(said.done().json()["leads"], 6);
    assert_eq!(inside(&night, "out/i.csv"), (0..6).collect());
    // So that proofs of consent, which it would not read, are refused with it and not passed over.
    let proofs = night.path("night.csv");
    let proofs = ["--consents", proofs.to_str().unwrap()];
    let informing = ["--to", "mailer", "--message", "informational"];
    let said = release(&night, "out/j.csv", &[&informing[..], &proofs].concat()).failed(2);
    assert!(said.err.contains("`--consents`"), "{said:?}");
    assert!(!night.path("out/j.csv").exists());
    sound(&night);
}

#[test]
fn restricted_and_erased_leads_and_those_of_no_proposal_stay() {
    let night = scored(20);
    validate(&night, 0..6);
    night
        .say(&[
            "subject",
            "restrict",
            &lead(1),
            "--request",
            "R1",
            "--as",
            "dpo-1",
        ])
        .done();
    night
        .say(&[
            "subject",
            "erase",
            &lead(2),
            "--request",
            "R2",
            "--as",
            "dpo-1",
            "--now",
        ])
        .done();
    night.put("night.csv", &leads(22));
    let said = release(
        &night,
        "out/l.csv",
        &["--to", "mailer", "--message", "legal"],
    )
    .done()
    .json();
    assert_eq!(inside(&night, "out/l.csv"), [0, 3, 4, 5].into());
    assert_eq!(
        held(&said),
        counts([("not-in-run", 3), ("restricted", 1), ("undecided", 14)])
    );
}

#[test]
fn only_the_bands_that_were_asked_for_leave_and_a_dry_run_only_counts() {
    let night = scored(60);
    validate(&night, 0..60);
    let scores = table(&night.read("out/scores.csv"));
    let of = |band: &str| scores.iter().filter(|row| row["band"] == band).count() as u64;
    let more = [
        "--to",
        "mailer",
        "--message",
        "promotional",
        "--band",
        "tiede",
        "--band",
        "chaud",
    ];
    let dry = release(&night, "out/x.csv", &[&more[..], &["--dry-run"]].concat())
        .done()
        .json();
    assert_eq!(dry["status"], "counted");
    let stay = held(&dry);
    assert_eq!(stay["band"], of("froid"));
    // Six of the sixty do not want the channel, whatever their band.
    let unwilling: u64 = stay
        .iter()
        .filter(|(why, _)| *why != "band")
        .map(|(_, leads)| leads)
        .sum();
    assert!(unwilling <= 6);
    assert_eq!(dry["leads"], of("tiede") + of("chaud") - unwilling);
    assert!(!night.path("out/x.csv").exists());
    assert_eq!(entries(&night, "release").len(), 0);
    let said = release(&night, "out/x.csv", &more).done().json();
    assert_eq!((&said["leads"], held(&said)), (&dry["leads"], held(&dry)));
    release(
        &night,
        "out/y.csv",
        &[
            "--to",
            "mailer",
            "--message",
            "promotional",
            "--band",
            "chaude",
        ],
    )
    .failed(2);
}

#[test]
fn an_erased_person_leaves_the_files_of_tools_and_the_tools_are_named() {
    let night = scored(20);
    validate(&night, 0..6);
    release(&night, "out/m.csv", &PROMOTE).done();
    release(
        &night,
        "out/o.parquet",
        &["--to", "other", "--message", "informational"],
    )
    .done();
    let said = night
        .say(&[
            "subject",
            "erase",
            &lead(3),
            "--request",
            "R3",
            "--as",
            "dpo-1",
            "--now",
        ])
        .done()
        .json();
    let batch = &said["batch"];
    // The proposal, its review, and two releases.
    assert_eq!(batch["records"], 4, "{said}");
    let told: Vec<&str> = batch["told"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["recipient"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["mailer", "other"], "{said}");
    let files = batch["files"].as_array().unwrap();
    assert!(
        files.len() == 3
            && files
                .iter()
                .all(|it| it["status"] == "rewritten" && it["rows"] == 1),
        "{said}"
    );
    assert_eq!(inside(&night, "out/m.csv"), [0, 1, 2, 4, 5].into());
    let receipt = night.path("receipt");
    night
        .say(&[
            "subject",
            "receipt",
            "R3",
            "--out",
            receipt.to_str().unwrap(),
        ])
        .done();
    let letter = fs::read_to_string(receipt.join("receipt.txt")).unwrap();
    assert!(letter.contains("mailer, other"), "{letter}");
    sound(&night);
    let why = [
        "why",
        &lead(3),
        "--release",
        "1",
        "--why",
        "access-request",
        "--as",
        "dpo-1",
    ];
    assert_eq!(night.say(&why).done().json()["inside"], false);
}

#[test]
fn why_tells_the_decision_and_the_ground_of_that_day_and_is_recorded_before_it_is_told() {
    let night = scored(20);
    validate(&night, 0..3);
    release(&night, "out/m.csv", &PROMOTE).done();
    // What happens later changes nothing of that day.
    act(
        &night,
        NOW + DAY,
        &[(
            1,
            Act::Rejected {
                reason: 1,
                control: None,
            },
        )],
    );
    let ask = |n: u64, number: &str, more: &[&str]| {
        let lead = lead(n);
        let words = ["why", &lead, "--release", number, "--as", "dpo-1"];
        night.say(&[&words, more].concat())
    };
    let stated = ["--why", "access-request"];
    let said = ask(1, "1", &stated).done().json();
    let decision = decisions(&night)[&1].0;
    assert_eq!(said["inside"], true);
    assert_eq!(said["decision"], decision);
    assert_eq!(
        (
            &said["decided_as"],
            &said["decided_way"],
            &said["decided_by"]
        ),
        (&"validated".into(), &"review".into(), &"revue-1".into())
    );
    assert_eq!(said["decided"], "2026-09-21T14:13:20Z");
    assert_eq!(said["article"], "gdpr-6-1-f");
    assert_eq!(said["law"], "none-1");
    assert_eq!(
        (&said["release"]["tool"], &said["release"]["message"]),
        (&"mailer".into(), &"promotional".into())
    );
    let accesses = || {
        let view = View::open(&night.root()).unwrap();
        let mut found = 0;
        for placed in view
            .segments()
            .filter(|it| it.entry.kind == SegmentKind::Events)
        {
            view.leaves::<probant::workspace::Error>(placed, None, |leaf| {
                if let probant::workspace::journal::Leaf::Record { bytes, .. } = leaf
                    && matches!(Act::of(&Event::decode(bytes)?), Some(Act::Accessed { .. }))
                {
                    found += 1;
                }
                Ok(())
            })
            .unwrap();
        }
        found
    };
    assert_eq!(accesses(), 1);
    // In the run, and not in the release.
    let said = ask(7, "1", &stated).done().json();
    assert_eq!(
        (&said["inside"], said["decision"].is_u64()),
        (&false.into(), true)
    );
    assert_eq!(accesses(), 2);
    // Nobody whom the run knows: nothing of theirs is read.
    assert_eq!(
        ask(900, "1", &stated).done().json()["decision"],
        serde_json::Value::Null
    );
    assert_eq!(accesses(), 2);
    ask(1, "2", &stated).failed(2);
    ask(1, "1", &["--why", "Because I can"]).failed(2);
    night
        .say(&[
            "subject",
            "restrict",
            &lead(1),
            "--request",
            "R1",
            "--as",
            "dpo-1",
        ])
        .done();
    ask(1, "1", &stated).failed(5);
    assert_eq!(accesses(), 2);
    sound(&night);
}

#[test]
fn a_policy_says_what_a_tool_may_receive_or_what_is_wrong_with_it() {
    let whole = policy_text();
    let policy = policy::parse(&whole).unwrap();
    assert_eq!((policy.tools.len(), policy.caps.len()), (4, 2));
    for (from, to, why) in [
        (
            "[\"E-mail\", \"Réf. prospect\", \"band\"]",
            "[\"E-mail\", \"band\"]",
            "`columns` lacks the identifier",
        ),
        (
            "\"E-mail\", \"Réf. prospect\", \"band\"",
            "\"E-mial\", \"Réf. prospect\", \"band\"",
            "`columns` names `E-mial`",
        ),
        (
            "\"E-mail\", \"Réf. prospect\", \"band\"",
            "\"Commentaire\", \"Réf. prospect\", \"band\"",
            "one that is not read",
        ),
        (
            "expires = 2027-01-15",
            "expires = 2025-01-15",
            "`expires` is before `audited`",
        ),
        (
            "id = \"mailer\"",
            "id = \"a-tool-whose-name-is-longer-than-any-note-of-the-log-can-say\"",
            "too long an id",
        ),
        (
            "channel = \"post\"",
            "channel = \"pigeon\"",
            "`channel` cannot be `pigeon`",
        ),
        ("days = 30", "days = 7", "has a cap of 7 days already"),
        ("most = 2", "most = 0", "must be a whole number from 1"),
        (
            "kind = \"flag\"\nrole = \"preference\"",
            "kind = \"text\"\nrole = \"preference\"",
            "needs the kind `flag`",
        ),
        (
            "role = \"preference\"\nchannel = \"email\"",
            "role = \"preference\"",
            "`channel` is missing",
        ),
    ] {
        assert!(whole.contains(from), "{from}");
        let error = policy::parse(&whole.replacen(from, to, 1)).unwrap_err();
        assert!(format!("{error:?}").contains(why), "{why}: {error:?}");
    }
    let night = Night::new(1);
    fs::write(night.root().join("probant.toml"), whole).unwrap();
    let said = night.say(&["policy", "check"]).done().json();
    let unfit = said["tools_unfit"].as_array().unwrap();
    assert_eq!(unfit.len(), 2, "{said}");
    assert_eq!(
        (&unfit[0]["tool"], &unfit[0]["why"]),
        (&"old".into(), &"expired".into())
    );
}

/// What a release that was cut short left, once the next command has run: all of it, or nothing.
fn whole_or_nothing(night: &Night, undisturbed: &[u8], when: &str) -> bool {
    // Whoever comes next finishes it or forgets it.
    let again = release(night, "out/next.csv", &PROMOTE).done().json();
    let parts = fs::read_dir(night.path("out")).unwrap().filter(|item| {
        let name = item.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".part")
    });
    assert_eq!(parts.count(), 0, "{when}");
    sound(night);
    let recorded = entries(night, "release").len();
    let file = night.path("out/m.csv");
    if again["status"] == "empty" {
        assert_eq!(recorded, 1, "{when}");
        assert_eq!(fs::read(file).unwrap(), undisturbed, "{when}");
        return true;
    }
    assert_eq!((recorded, file.exists()), (1, false), "{when}");
    assert_eq!(night.read("out/next.csv"), undisturbed, "{when}");
    false
}

fn small() -> Night {
    let night = scored(20);
    validate(&night, 0..4);
    night
}

/// A copy of a workspace and its exports.
fn twin(night: &Night) -> Night {
    let other = Night::new(1);
    fs::remove_dir_all(other.root()).unwrap();
    copy(&night.root(), &other.root());
    other.put("night.csv", &night.read("night.csv"));
    other.put("out/scores.csv", &night.read("out/scores.csv"));
    other
}

fn on(root: &Path, folder: &Path, disk: Disk) -> Said {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (data, out) = (path("night.csv"), path("out/m.csv"));
    let mut words = vec![
        "release",
        "--data",
        &data,
        "--out",
        &out,
        "--as",
        "exploitation-1",
    ];
    words.extend(PROMOTE);
    let mut world = World { disk, ..world(NOW) };
    run(root, &mut world, &words)
}

#[test]
fn a_disk_that_fails_at_any_step_lets_everybody_out_once_or_nobody() {
    let night = small();
    let calm = twin(&night);
    let (disk, count) = failing(usize::MAX, full);
    on(&calm.root(), &calm.path(""), disk).done();
    let (moments, file) = (count.load(Ordering::SeqCst), calm.read("out/m.csv"));
    let (mut kept, mut lost) = (0, 0);
    for n in 0..moments {
        let one = twin(&night);
        let (disk, _) = failing(n, full);
        let said = on(&one.root(), &one.path(""), disk);
        let when = format!("moment {n} of {moments}: {said:?}");
        // What fails once everything is in its place is seen to by the next one, and nobody's business.
        let done = one.path("out/m.csv").exists();
        assert!(said.exit != 0 || done, "{when}");
        if whole_or_nothing(&one, &file, &when) {
            kept += 1;
        } else {
            lost += 1;
        }
    }
    assert!(kept >= 4 && lost >= 20, "{kept} kept, {lost} lost");
}

const FOLDER: &str = "PROBANT_TEST_RELEASE_FOLDER";
const AT: &str = "PROBANT_TEST_RELEASE_KILLED_AT";

/// Does nothing by itself: the test below runs it in a process of its own, which does not survive it.
#[test]
fn a_release_that_is_killed() {
    let (Ok(folder), Ok(at)) = (std::env::var(FOLDER), std::env::var(AT)) else {
        return;
    };
    let (disk, _) = failing(at.parse().unwrap(), die);
    let folder = Path::new(&folder);
    on(&folder.join("ws"), folder, disk).done();
    fs::write(folder.join("done"), b"").unwrap();
}

#[test]
fn a_release_killed_at_any_step_lets_everybody_out_once_or_nobody() {
    let night = small();
    let calm = twin(&night);
    let (disk, count) = failing(usize::MAX, full);
    on(&calm.root(), &calm.path(""), disk).done();
    let (moments, file) = (count.load(Ordering::SeqCst), calm.read("out/m.csv"));
    let (mut kept, mut lost) = (0, 0);
    for n in 0..moments {
        let one = twin(&night);
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "release::a_release_that_is_killed",
                "--test-threads",
                "1",
            ])
            .env(FOLDER, one.path(""))
            .env(AT, n.to_string())
            .output()
            .unwrap();
        assert!(
            !output.status.success(),
            "moment {n} of {moments} was never reached"
        );
        assert!(!one.path("done").exists());
        if whole_or_nothing(&one, &file, &format!("killed at moment {n}")) {
            kept += 1;
        } else {
            lost += 1;
        }
    }
    assert!(kept >= 4 && lost >= 20, "{kept} kept, {lost} lost");
}
