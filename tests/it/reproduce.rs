//! A model trained again: the same from the same rows, in whatever order; and what is told where it is another.

use std::fs;

use probant::demo::Stage;
use probant::ledger::Time;
use probant::report::Provenance;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::cli_support::{ours, shared};
use crate::night::{Night, Said, export, run, say, tree, world};

/// Rows that the base model of every night learned from.
fn learned() -> Vec<u8> {
    export(6_000, 1, 1, Stage::History)
}

/// The records of an export as they stand, its header first; a quoted cell may hold a line's end.
fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut quoted = false;
    let ends = |byte: &u8| {
        quoted ^= *byte == b'"';
        *byte == b'\n' && !quoted
    };
    let lines = bytes.split_inclusive(ends);
    lines.map(<[u8]>::to_vec).collect()
}

fn verify(night: &Night, data: &str) -> Said {
    let data = night.path(data);
    let data = data.to_str().unwrap();
    night.say(&[
        "models", "verify", "@active", "--data", data, "--as", "data-1",
    ])
}

fn same(said: &Said) -> Value {
    assert_eq!(said.exit, 0, "{said:?}");
    let told = said.json();
    assert_eq!(told["same"], true);
    assert_eq!(told["model"], told["again"]);
    assert_eq!(told["differs"], Value::Null);
    assert_eq!(told["because"], json!([]));
    told
}

fn other(said: &Said) -> Value {
    assert_eq!(said.exit, 4, "{said:?}");
    let told = said.json();
    assert_eq!(told["same"], false);
    assert_ne!(told["model"], told["again"]);
    told
}

#[test]
fn the_same_rows_in_any_order_and_any_threads_give_the_same_model_and_nothing_is_left_behind() {
    let night = Night::new(5);
    let rows = lines(&learned());
    let mut turned = rows.clone();
    turned[1..].reverse();
    turned[1..].rotate_left(1_234);
    // A column more that the policy does not name is not read.
    let more: Vec<Vec<u8>> = turned
        .iter()
        .map(|line| [&b"x;"[..], line].concat())
        .collect();
    night.put("leads.csv", &rows.concat());
    night.put("turned.csv", &turned.concat());
    night.put("more.csv", &more.concat());
    let before = tree(&night.root(), &["ledger", "models", "keys", "tmp", "out"]);
    for data in ["leads.csv", "turned.csv", "more.csv"] {
        let told = same(&verify(&night, data));
        assert_eq!(told["rows_are"], "same", "{data}");
        assert_eq!(told["rows"]["then"], told["rows"]["now"]);
        assert_eq!(told["todays_policy"], true);
    }
    let path = night.path("turned.csv");
    let words = [
        "models",
        "verify",
        "@active",
        "--data",
        path.to_str().unwrap(),
    ];
    for threads in [1, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        let told = pool.install(|| {
            run(
                &night.root(),
                &mut world(9),
                &[&words[..], &["--as", "data-1"]].concat(),
            )
        });
        assert_eq!(same(&told)["rows_are"], "same", "{threads} threads");
    }
    let after = tree(&night.root(), &["ledger", "models", "keys", "tmp", "out"]);
    assert_eq!(before, after);
}

#[test]
fn a_cell_a_row_or_a_copy_of_one_makes_other_rows() {
    let night = Night::new(5);
    let rows = lines(&learned());
    // One lead's outcome is the other one.
    let mut cell = rows.clone();
    let at = (1..cell.len())
        .find(|at| find(&cell[*at], b";non;").is_some())
        .unwrap();
    let start = find(&cell[at], b";non;").unwrap();
    cell[at].splice(start..start + 5, *b";oui;");
    night.put("cell.csv", &cell.concat());
    let told = other(&verify(&night, "cell.csv"));
    assert_eq!(told["rows_are"], "other");
    assert_eq!(told["because"], json!(["other-rows"]));
    assert_eq!(
        told["differs"],
        json!({ "part": "setting", "name": "positives" })
    );
    // One row less.
    night.put("less.csv", &rows[..rows.len() - 1].concat());
    let told = other(&verify(&night, "less.csv"));
    assert_eq!(
        (&told["rows_are"], &told["because"]),
        (&json!("other"), &json!(["other-rows"]))
    );
    assert!(told["rows"]["now"]["read"].as_u64() < told["rows"]["then"]["read"].as_u64());
}

fn find(line: &[u8], what: &[u8]) -> Option<usize> {
    line.windows(what.len()).position(|it| it == what)
}

#[test]
fn a_change_that_no_model_sees_is_told_by_the_fingerprint_alone() {
    let night = Night::new(5);
    let text = encoding_rs::WINDOWS_1252.decode(&learned()).0.into_owned();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b';')
        .from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let turnover = header.iter().position(|it| it == "CA (k€)").unwrap();
    let rows: Vec<Vec<String>> = reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    // A turnover that is a little larger stays in its interval, but for the few that are an interval's end.
    let unseen = (100..110).find(|&at| {
        let mut rows = rows.clone();
        if rows[at][turnover].is_empty() || rows[at][turnover].contains('n') {
            return false;
        }
        let cell = &mut rows[at][turnover];
        let more = if cell.contains(',') { "1" } else { ",1" };
        cell.push_str(more);
        let mut out = csv::WriterBuilder::new()
            .delimiter(b';')
            .from_writer(Vec::new());
        out.write_record(&header).unwrap();
        for row in &rows {
            out.write_record(row).unwrap();
        }
        let text = String::from_utf8(out.into_inner().unwrap()).unwrap();
        night.put("other.csv", &encoding_rs::WINDOWS_1252.encode(&text).0);
        let said = verify(&night, "other.csv");
        let told = said.json();
        assert_eq!(told["rows_are"], "other", "{said:?}");
        assert_eq!(said.exit, if told["same"] == true { 0 } else { 4 });
        said.exit == 0
    });
    assert!(unseen.is_some());
}

#[test]
fn a_model_is_verified_under_the_policy_of_its_day() {
    let night = Night::new(5);
    night.put("leads.csv", &learned());
    let path = night.root().join("probant.toml");
    let text = fs::read_to_string(&path).unwrap();
    // Another seed, another k, and a feature that is one no more.
    let later = text
        .replace("seed = 20260930", "seed = 7")
        .replace("min_people = 20", "min_people = 40");
    assert_ne!(later, text);
    fs::write(&path, later).unwrap();
    let told = same(&verify(&night, "leads.csv"));
    assert_eq!(told["todays_policy"], false);
    assert_eq!(told["rows_are"], "same");
}

#[test]
fn the_key_goes_with_the_rows_and_then_only_the_model_can_tell() {
    let night = Night::new(5);
    night.put("leads.csv", &learned());
    night.put("less.csv", &lines(&learned())[..6_000].concat());
    let keys = || -> (u32, u32) {
        let db = Connection::open(night.root().join("state.db")).unwrap();
        let count = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table}");
            db.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        (count("training_key"), count("training"))
    };
    let purge = |days: i64, dry: bool| -> Value {
        let mut world = world(3);
        world.now = Time(world.now.0 + days * 86_400);
        let mut words = vec!["ledger", "purge", "--as", "dpo-1"];
        words.extend(dry.then_some("--dry-run"));
        run(&night.root(), &mut world, &words).done().json()
    };
    assert_eq!(keys(), (1, 1));
    // Kept as long as a prediction of this purpose: 1095 days from the training.
    assert_eq!(purge(1095, false)["trainings"], Value::Null);
    assert_eq!(keys(), (1, 1));
    assert_eq!(purge(1096, true)["trainings"], 1);
    assert_eq!(keys(), (1, 1));
    assert_eq!(purge(1096, false)["trainings"], 1);
    assert_eq!(keys(), (0, 0));
    assert_eq!(purge(1096, false)["trainings"], Value::Null);
    let told = same(&verify(&night, "leads.csv"));
    assert_eq!(told["rows_are"], "key-destroyed");
    let told = other(&verify(&night, "less.csv"));
    assert_eq!(told["rows_are"], "key-destroyed");
    assert_eq!(told["because"], json!(["other-rows"]));
    // In words.
    let data = night.path("leads.csv");
    let words = [
        "models",
        "verify",
        "@active",
        "--data",
        data.to_str().unwrap(),
        "--as",
        "data-1",
    ];
    let said = crate::cli_support::probant(&night.root(), &words);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(
        said.contains("Cannot tell whether the rows are the same"),
        "{said}"
    );
    night.say(&["ledger", "verify", "--full"]).done();
}

#[test]
fn no_rebuild_brings_a_key_back_and_a_lost_desk_is_not_made_by_looking() {
    let night = Night::new(5);
    night.put("leads.csv", &learned());
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(night.root().join(format!("state.db{ending}")));
    }
    let told = same(&verify(&night, "leads.csv"));
    assert_eq!(told["rows_are"], "key-destroyed");
    assert!(!night.root().join("state.db").exists());
    let said =
        crate::cli_support::probant(&night.root(), &["doctor", "--rebuild", "--as", "dpo-1"]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("keys of training fingerprints"), "{said}");
    let told = same(&verify(&night, "leads.csv"));
    assert_eq!(told["rows_are"], "key-destroyed");
}

#[test]
fn a_changed_model_is_not_one_to_verify() {
    let night = Night::new(5);
    night.put("leads.csv", &learned());
    let models = tree(&night.root(), &["models"]);
    let name = models.keys().find(|it| it.ends_with("model.json")).unwrap();
    let mut bytes = models[name].clone();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(night.root().join(name), bytes).unwrap();
    let said = verify(&night, "leads.csv").failed(4);
    assert!(
        said.err.contains("is not the file that was recorded"),
        "{said:?}"
    );
}

#[test]
fn two_trainings_of_the_same_rows_share_no_fingerprint() {
    let fingerprint = |seed: u8| -> String {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("ws");
        let mut world = world(seed);
        let policy = crate::night::POLICY.replace("pairs = \"auto\"", "pairs = \"off\"");
        let data = export(2_000, 1, 1, Stage::History);
        probant::workspace::stage_demo(&root, &mut world, &policy, &[("l.csv", &data)]).unwrap();
        let data = root.join("l.csv");
        let said = run(&root, &mut world, &["train", data.to_str().unwrap()]).done();
        let told = said.json()["provenance"]["fingerprint"].clone();
        told.as_str().unwrap().to_owned()
    };
    // Nobody can look two models over for a row that they share, nor guess a row of either.
    assert_ne!(fingerprint(11), fingerprint(12));
    assert_eq!(fingerprint(11), fingerprint(11));
}

#[test]
fn a_provenance_without_a_fingerprint_is_read_and_written_as_it_is() {
    let text = fs::read_to_string(ours("tests/vectors/provenance-1.json")).unwrap();
    let papers = Provenance::parse(&text).unwrap();
    assert_eq!(papers.fingerprint, None);
    assert_eq!(papers.to_json(), text);
    let night = Night::new(5);
    let models = tree(&night.root(), &["models"]);
    let name = models
        .keys()
        .find(|it| it.ends_with("provenance.json"))
        .unwrap();
    let text = String::from_utf8(models[name].clone()).unwrap();
    let papers = Provenance::parse(&text).unwrap();
    assert!(papers.fingerprint.is_some());
    assert_eq!(papers.to_json(), text);
}

#[test]
fn a_real_model_is_verified_from_its_rows() {
    let Some(data) = shared("data/bank_marketing/bank-additional-full.csv") else {
        return;
    };
    let policy = fs::read_to_string(ours("data/policies/bank-additional.toml")).unwrap();
    let root = crate::cli_support::workspace(&policy);
    let text = fs::read(&data).unwrap();
    let mut rows = lines(&text);
    rows.truncate(8_001);
    let put = |name: &str, rows: &[Vec<u8>]| {
        let path = root.path().join(name);
        fs::write(&path, rows.concat()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let plain = put("a.csv", &rows);
    say(root.path(), &["train", &plain]).done();
    let told = say(
        root.path(),
        &["models", "verify", "@latest", "--data", &plain],
    );
    assert_eq!(same(&told)["rows_are"], "same");
}
