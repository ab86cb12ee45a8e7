//! What became of leads: counted to the last row, recorded once, about the decision before it, and gone with the person.

use std::path::Path;

use probant::demo::Stage;
use probant::event::Act;
use probant::ledger::{Event, EventKind};
use rusqlite::Connection;
use serde_json::Value;

use crate::night::{FIRST, Night, Said, export, run, world};

/// The history of so many leads, which is scored like any other export and says what became of them.
pub fn history(rows: usize) -> Vec<u8> {
    export(rows, 5, FIRST, Stage::History)
}

/// An export with one column changed where `change` says; letters stay the bytes that they are.
pub fn changed(
    bytes: &[u8],
    column: &str,
    change: impl Fn(usize, &str) -> Option<String>,
) -> Vec<u8> {
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(bytes);
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .from_writer(Vec::new());
    let headers = reader.byte_headers().unwrap().clone();
    let at = headers
        .iter()
        .position(|it| it == column.as_bytes())
        .unwrap();
    writer.write_byte_record(&headers).unwrap();
    for (row, record) in reader.byte_records().enumerate() {
        let record = record.unwrap();
        let cells = record.iter().enumerate().map(|(cell, bytes)| {
            let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
            let new = change(row, &text).filter(|_| cell == at);
            new.map_or_else(
                || bytes.to_vec(),
                |new| new.chars().map(|it| it as u8).collect(),
            )
        });
        writer.write_byte_record(&cells.collect()).unwrap();
    }
    writer.into_inner().unwrap()
}

/// How many rows of the export have each outcome: yes, no, and anything else.
fn told(bytes: &[u8]) -> [u64; 3] {
    let mut counts = [0; 3];
    for row in crate::night::table(bytes) {
        let at = match row["Converti"].as_str() {
            "oui" => 0,
            "non" => 1,
            _ => 2,
        };
        counts[at] += 1;
    }
    counts
}

fn take(night: &Night, name: &str, more: &[&str]) -> Said {
    let file = night.path(name);
    let mut words = vec!["outcomes", file.to_str().unwrap()];
    words.extend(more);
    night.say(&words)
}

fn counts(said: &Value) -> [u64; 7] {
    [
        "rows_in",
        "recorded",
        "unchanged",
        "open",
        "failed",
        "no_decision",
        "held",
    ]
    .map(|name| said[name].as_u64().unwrap())
}

fn lead(n: u64) -> String {
    format!("PR{:08}", FIRST + n)
}

/// The outcome leaves as `state.db` knows them.
fn leaves(root: &Path) -> Vec<Event> {
    let desk = Connection::open(root.join("state.db")).unwrap();
    let mut query = desk
        .prepare("SELECT record FROM act ORDER BY segment, row")
        .unwrap();
    let rows = query.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    rows.map(|it| Event::decode(&it.unwrap()).unwrap())
        .filter(|it| it.kind == EventKind::Outcome)
        .collect()
}

#[test]
fn every_row_is_counted_and_the_same_outcome_is_recorded_once() {
    let night = Night::new(10);
    let known = history(600);
    night.put("night.csv", &known);
    night.score("out/a.csv", &[]).done();
    let [won, lost, open] = told(&known);
    // Five strangers, one unreadable row and one lead that comes twice.
    let mut file = known.clone();
    let strangers = export(5, 9, FIRST + 10_000, Stage::History);
    let strangers = changed(&strangers, "Converti", |_, _| Some("oui".to_owned()));
    let lines = strangers.split_inclusive(|it| *it == b'\n').skip(1);
    file.extend(lines.flatten());
    let again: Vec<u8> = known
        .split_inclusive(|it| *it == b'\n')
        .nth(1)
        .unwrap()
        .to_vec();
    file.extend(again);
    night.put("closed.csv", &file);

    let dry = take(&night, "closed.csv", &["--dry-run"]).done().json();
    assert_eq!(dry["status"], "counted");
    assert_eq!(counts(&dry), [606, won + lost, 0, open, 1, 5, 0]);
    assert!(leaves(&night.root()).is_empty());

    let said = take(&night, "closed.csv", &[]).done();
    let first = said.json();
    assert_eq!(first["status"], "recorded");
    assert_eq!(counts(&first), counts(&dry));
    assert_eq!((&first["won"], &first["lost"]), (&won.into(), &lost.into()));
    assert!(!said.out.contains("PR0"), "it never shows whose: {said:?}");
    let held = leaves(&night.root());
    assert_eq!(held.len() as u64, won + lost);
    // When the lead came says nothing of what became of it.
    assert!(held.iter().all(
        |it| matches!(Act::of(it), Some(Act::Became { date: None, .. })) && it.decision.is_some()
    ));

    let second = take(&night, "closed.csv", &[]).done().json();
    assert_eq!(second["status"], "unchanged");
    assert_eq!(counts(&second), [606, 0, won + lost, open, 1, 5, 0]);
    assert_eq!(leaves(&night.root()).len(), held.len());
    night.say(&["ledger", "verify", "--full"]).done();
}

#[test]
fn an_outcome_that_a_hand_took_from_the_desk_is_missed_before_anything_is_said() {
    let night = Night::new(10);
    let known = history(600);
    night.put("night.csv", &known);
    night.score("out/a.csv", &[]).done();
    night.put("closed.csv", &known);
    take(&night, "closed.csv", &[]).done();
    let desk = Connection::open(night.root().join("state.db")).unwrap();
    let triggers: Vec<String> = desk
        .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for trigger in triggers {
        desk.execute_batch(&format!("DROP TRIGGER {trigger}"))
            .unwrap();
    }
    let kind = EventKind::Outcome as u8;
    let taken = desk
        .execute("DELETE FROM act WHERE kind = ?1", [kind])
        .unwrap();
    assert!(taken > 0);
    drop(desk);
    for said in [
        night.say(&["monitor"]),
        take(&night, "closed.csv", &["--dry-run"]),
        take(&night, "closed.csv", &[]),
    ] {
        let said = said.failed(5);
        assert!(said.err.contains("doctor --rebuild"), "{said:?}");
    }
    night.say(&["doctor", "--rebuild"]).done();
    let again = take(&night, "closed.csv", &[]).done().json();
    assert_eq!(again["status"], "unchanged");
}

#[test]
fn a_changed_outcome_is_recorded_beside_the_old_one_and_the_latest_counts() {
    let night = Night::new(10);
    night.put("night.csv", &history(300));
    night.score("out/a.csv", &[]).done();
    night.put("closed.csv", &history(300));
    let before = take(&night, "closed.csv", &[]).done().json();
    let lost = before["lost"].as_u64().unwrap();
    // Everybody who was lost buys after all.
    let swapped = changed(&history(300), "Converti", |_, was| {
        (was == "non").then(|| "oui".to_owned())
    });
    night.put("later.csv", &swapped);
    let later = take(&night, "later.csv", &[]).done().json();
    assert_eq!(
        (&later["recorded"], &later["changed"]),
        (&lost.into(), &lost.into())
    );
    assert_eq!(later["unchanged"], before["won"]);
    let again = take(&night, "later.csv", &[]).done().json();
    assert_eq!(again["status"], "unchanged");
    assert_eq!(
        leaves(&night.root()).len() as u64,
        lost * 2 + before["won"].as_u64().unwrap()
    );
}

#[test]
fn an_outcome_is_about_the_latest_decision_that_somebody_acted_on() {
    let night = Night::new(10);
    night.put("night.csv", &history(60));
    night.score("out/a.csv", &[]).done();
    night.score("out/b.csv", &["--again"]).done();
    // A trial is nobody's decision.
    night.put("more.csv", &export(6_000, 77, 1, Stage::History));
    let more = night.path("more.csv");
    night.say(&["train", more.to_str().unwrap()]).done();
    let tried = night.score("out/c.csv", &["--again", "--model", "@latest"]);
    assert_eq!(tried.done().json()["standing"], "trial");
    night.put("closed.csv", &history(60));
    take(&night, "closed.csv", &[]).done();
    assert!(!leaves(&night.root()).is_empty());
    // Numbers count up: 0 to 59, 60 to 119, and 120 to 179 of the trial.
    let latest = 60..120;
    for it in leaves(&night.root()) {
        assert!(latest.contains(&it.decision.unwrap()), "{:?}", it.decision);
    }
}

#[test]
fn nobody_restricted_erased_or_objecting_is_used() {
    let night = Night::new(10);
    let known = changed(&history(120), "Converti", |_, _| Some("oui".to_owned()));
    night.put("night.csv", &known);
    night.score("out/a.csv", &[]).done();
    let ask = |words: &[&str]| night.say(words).done();
    ask(&[
        "subject",
        "restrict",
        &lead(1),
        "--request",
        "R-1",
        "--as",
        "dpo-1",
    ]);
    ask(&[
        "subject",
        "erase",
        &lead(2),
        "--request",
        "R-2",
        "--as",
        "dpo-1",
        "--now",
    ]);
    for (n, scope) in [(3, "profiling"), (4, "all"), (5, "promotion")] {
        let (lead, reference) = (lead(n), format!("R-{n}"));
        let words = [
            "subject",
            "object",
            &lead,
            "--scope",
            scope,
            "--request",
            &reference,
        ];
        ask(&[&words[..], &["--as", "dpo-1"]].concat());
    }
    night.put("closed.csv", &known);
    let said = take(&night, "closed.csv", &[]).done().json();
    assert_eq!(counts(&said), [120, 116, 0, 0, 0, 0, 4], "{said}");
}

#[test]
fn outcomes_go_with_the_person_and_come_back_with_the_desk() {
    let night = Night::new(10);
    night.put("night.csv", &history(200));
    night.score("out/a.csv", &[]).done();
    let known = changed(&history(200), "Converti", |_, _| Some("non".to_owned()));
    night.put("closed.csv", &known);
    take(&night, "closed.csv", &[]).done();
    let before = leaves(&night.root());
    assert_eq!(before.len(), 200);
    let erase = [
        "subject",
        "erase",
        &lead(7),
        "--request",
        "R-7",
        "--as",
        "dpo-1",
        "--now",
    ];
    let done = night.say(&erase).done().json();
    assert_eq!(
        done["batch"]["records"], 2,
        "the decision and its outcome: {done}"
    );
    let after = leaves(&night.root());
    assert_eq!(after.len(), 199);
    let gone = before.iter().filter(|it| !after.contains(it)).count();
    assert_eq!(gone, 1);
    night.say(&["ledger", "verify", "--full"]).done();
    // A desk that is lost is made again from the leaves.
    night.say(&["doctor", "--rebuild", "--as", "dpo-1"]).done();
    assert_eq!(leaves(&night.root()), after);
    let again = take(&night, "closed.csv", &[]).done().json();
    assert_eq!(counts(&again), [200, 0, 199, 0, 0, 0, 1], "{again}");
}

#[test]
fn leads_are_found_under_earlier_periods_too() {
    let night = Night::new(10);
    night.put("night.csv", &history(50));
    night.score("out/a.csv", &[]).done();
    let mut world = world(3);
    world.entropy = probant::workspace::journal::Entropy::os();
    world.now.0 += 400 * 86_400;
    run(
        &night.root(),
        &mut world,
        &["keys", "rotate", "--as", "dpo-1"],
    )
    .done();
    let known = changed(&history(50), "Converti", |_, _| Some("non".to_owned()));
    night.put("closed.csv", &known);
    let said = take(&night, "closed.csv", &[]).done().json();
    assert_eq!(counts(&said), [50, 50, 0, 0, 0, 0, 0], "{said}");
    let again = take(&night, "closed.csv", &[]).done().json();
    assert_eq!(counts(&again), [50, 0, 50, 0, 0, 0, 0], "{again}");
}

#[test]
fn leads_that_are_numbered_by_row_have_no_outcomes() {
    let policy = crate::night::POLICY.replace(
        "role = \"identifier\"\nid_type = \"crm-id\"\n",
        "role = \"ignore\"\n",
    );
    let policy = policy.replacen("[data]\n", "[data]\nidentifier = \"row\"\n", 1);
    let night = Night::new(10);
    std::fs::write(night.root().join("probant.toml"), policy).unwrap();
    night.put("closed.csv", &history(10));
    take(&night, "closed.csv", &[]).failed(5);
}
