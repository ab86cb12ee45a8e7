//! `state.db` as older versions of the program left it: opened, brought up to date, and nothing of it lost.

use rusqlite::Connection;

use crate::night::{FIRST, Night};

const LATEST: &str = "DROP TABLE training_key;";
const LATER: &str =
    "DROP TABLE act; DROP TABLE taken; DROP TABLE note; DROP TABLE leaving; DROP TABLE lapsed;";
const REQUESTS: &str = "DROP TABLE whose; DROP TABLE request; DROP TABLE handed;";

fn db(night: &Night) -> Connection {
    Connection::open(night.root().join("state.db")).unwrap()
}

/// The tables and triggers of the file, with what made them.
fn made(night: &Night) -> Vec<String> {
    let db = db(night);
    let mut all = db
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        .unwrap();
    let all = all.query_map([], |row| row.get(0)).unwrap();
    all.map(Result::unwrap).collect()
}

fn count(night: &Night, table: &str) -> u32 {
    let sql = format!("SELECT count(*) FROM {table}");
    db(night).query_row(&sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_desk_of_an_older_version_is_brought_up_to_date_and_keeps_what_it_knew() {
    for version in [1, 2, 3] {
        let night = Night::new(30);
        let run = night.score("out/a.csv", &[]).done().json();
        let whole = made(&night);
        let gone = [LATEST, LATER, REQUESTS][..4 - version].concat();
        db(&night)
            .execute_batch(&format!("{gone} PRAGMA user_version = {version};"))
            .unwrap();
        assert!(made(&night).len() < whole.len());

        // A retry knows its run, and nothing is logged twice.
        let again = night.score("out/a.csv", &[]).done().json();
        assert_eq!(
            (&again["status"], &again["run"]),
            (&"restored".into(), &run["run"])
        );
        assert_eq!(made(&night), whole, "version {version}");
        assert_eq!(
            count(&night, "handed"),
            1,
            "where the file was put is known still"
        );
        // What came with this version works: acts, and refusals that were seen to.
        let lead = format!("PR{FIRST:08}");
        let object = [
            "subject",
            "object",
            &lead,
            "--request",
            "OPP-1",
            "--as",
            "dpo-1",
        ];
        night.say(&object).done();
        night.score("out/b.csv", &["--again"]).done();
        assert_eq!((count(&night, "act"), count(&night, "lapsed")), (1, 1));
        night.say(&["ledger", "verify", "--full"]).done();
    }
}

#[test]
fn a_desk_of_a_newer_version_is_left_as_it_is() {
    let night = Night::new(10);
    db(&night).execute_batch("PRAGMA user_version = 5").unwrap();
    let said = night.score("out/a.csv", &[]).failed(1);
    assert!(said.err.contains("version 5"), "{said:?}");
    let version: u32 = db(&night)
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, 5);
}
