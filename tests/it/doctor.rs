//! What `probant doctor` finds, and that what it makes again says what was said before.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rusqlite::Connection;
use serde_json::Value;

use crate::access::acts;
use crate::night::{FIRST, Night};

fn lead(n: u64) -> String {
    format!("PR{:08}", FIRST + n)
}

/// A night that was read twice, and where somebody objected.
fn lived() -> Night {
    let night = Night::new(60);
    night.score("out/a.csv", &[]).done();
    for n in [3, 5] {
        night.say(&["explain", &lead(n), "--why", "audit"]).done();
    }
    night
        .say(&["subject", "object", &lead(9), "--request", "OPP-1"])
        .done();
    night
}

/// How a part is.
fn part(health: &Value, name: &str) -> String {
    let parts = health["parts"].as_array().unwrap();
    let line = parts.iter().find(|it| it["part"] == name);
    line.unwrap()["condition"].as_str().unwrap().to_owned()
}

fn ill(night: &Night, name: &str) -> Value {
    let said = night.say(&["doctor"]);
    assert_eq!(said.exit, 1, "{said:?}");
    let health = said.json();
    assert_eq!(part(&health, name), "ill", "{health}");
    assert_eq!(health["healthy"], false);
    health
}

#[test]
fn a_workspace_in_order_is_said_to_be_and_looking_changes_nothing() {
    let night = lived();
    let before = crate::night::tree(&night.root(), &["ledger", "keys", "models", "tmp"]);
    let health = night.say(&["doctor"]).done().json();
    for name in [
        "policy",
        "ledger",
        "state",
        "acts",
        "models",
        "documents",
        "keys",
        "outputs",
        "leftovers",
        "requests",
    ] {
        assert_eq!(part(&health, name), "well", "{health}");
    }
    let after = crate::night::tree(&night.root(), &["ledger", "keys", "models", "tmp"]);
    assert_eq!(before, after);
    // What waits, and what a crash left, is said and is no illness.
    night
        .say(&["subject", "erase", &lead(4), "--request", "DEM-1"])
        .done();
    fs::create_dir_all(night.root().join("tmp/left")).unwrap();
    fs::write(night.root().join("tmp/left/1.rows"), "x").unwrap();
    let health = night.say(&["doctor"]).done().json();
    assert_eq!(part(&health, "requests"), "note");
    assert_eq!(part(&health, "leftovers"), "note");
}

#[test]
fn each_illness_is_named() {
    let night = lived();
    let root = night.root();
    let policy = fs::read_to_string(root.join("probant.toml")).unwrap();
    fs::write(root.join("probant.toml"), format!("{policy}\nmodel = 3\n")).unwrap();
    ill(&night, "policy");
    fs::write(root.join("probant.toml"), policy).unwrap();

    let checkpoint = fs::read(root.join("ledger/checkpoint")).unwrap();
    let mut other = checkpoint.clone();
    let at = other.len() - 8;
    other[at] ^= 1;
    fs::write(root.join("ledger/checkpoint"), other).unwrap();
    ill(&night, "ledger");
    fs::write(root.join("ledger/checkpoint"), checkpoint).unwrap();

    let current = root.join("keys/current");
    fs::set_permissions(&current, fs::Permissions::from_mode(0o644)).unwrap();
    ill(&night, "keys");
    fs::set_permissions(&current, fs::Permissions::from_mode(0o600)).unwrap();

    let db = Connection::open(root.join("state.db")).unwrap();
    db.execute_batch(
        "DROP TRIGGER act_never_changes; UPDATE act SET purpose = 'other' WHERE kind = 5;",
    )
    .unwrap();
    drop(db);
    ill(&night, "acts");
    night.say(&["doctor", "--rebuild"]).done();
    night.say(&["doctor"]).done();

    let db = Connection::open(root.join("state.db")).unwrap();
    db.execute_batch("UPDATE output SET placed = 0").unwrap();
    drop(db);
    ill(&night, "outputs");
}

#[test]
fn a_model_or_a_document_that_is_not_what_was_recorded_is_named() {
    let night = lived();
    let root = night.root();
    let list = || night.say(&["models", "list"]).done().json()["models"][0].clone();
    let whole = list();
    assert_eq!(whole["altered"], false, "{whole}");
    let version = whole["version"].as_str().unwrap();
    let home = root.join("models").join(version);
    for name in ["model.json", "provenance.json", "model.sig"] {
        let file = home.join(name);
        let bytes = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        let health = ill(&night, "models");
        assert!(health.to_string().contains(name), "{health}");
        let digits = bytes.iter().rposition(u8::is_ascii_alphanumeric).unwrap();
        let mut other = bytes.clone();
        other[digits] = if other[digits] == b'1' { b'2' } else { b'1' };
        fs::write(&file, other).unwrap();
        let health = ill(&night, "models");
        assert!(health.to_string().contains(name), "{health}");
        fs::write(&file, bytes).unwrap();
    }
    // A figure that somebody wrote in afterwards is told to nobody.
    let papers = home.join("provenance.json");
    let text = fs::read_to_string(&papers).unwrap();
    let auc = whole["roc_auc"].to_string();
    assert!(text.contains(&auc), "{auc}");
    fs::write(&papers, text.replace(&auc, "0.9999")).unwrap();
    let lied = list();
    assert_eq!(
        (&lied["altered"], &lied["roc_auc"]),
        (&true.into(), &Value::Null)
    );
    fs::write(&papers, text).unwrap();
    assert_eq!(list(), whole);
    let documents = fs::read_dir(root.join("ledger/documents")).unwrap();
    let mut documents: Vec<_> = documents.map(|it| it.unwrap().path()).collect();
    documents.sort();
    assert!(documents.len() >= 3);
    for file in documents {
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, [&bytes[..], b" "].concat()).unwrap();
        let health = ill(&night, "documents");
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(health.to_string().contains(name), "{health}");
        fs::write(&file, bytes).unwrap();
    }
    night.say(&["doctor"]).done();
    fs::remove_dir_all(&home).unwrap();
    ill(&night, "models");
}

#[test]
fn what_is_read_again_from_the_ledger_is_what_was_known() {
    let night = lived();
    let before = acts(&night.root());
    assert_eq!(before.len(), 3);
    let done = night.say(&["doctor", "--rebuild"]).done().json();
    assert_eq!(done["rebuilt"]["acts"], 3);
    assert_eq!(done["rebuilt"]["anew"], false);
    assert_eq!(acts(&night.root()), before);
    let requests = night.say(&["subject", "list"]).done().out;
    assert!(requests.contains("OPP-1"), "nothing else was lost");
}

#[test]
fn a_state_that_is_lost_or_damaged_is_said_and_made_again_with_the_same_acts() {
    for damage in ["missing", "torn", "no database"] {
        let night = lived();
        let root = night.root();
        let before = acts(&root);
        let path = root.join("state.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
            .unwrap();
        let bytes = fs::read(&path).unwrap();
        match damage {
            "missing" => fs::remove_file(&path).unwrap(),
            "torn" => {
                let mut torn = bytes.clone();
                for page in torn.chunks_mut(4096).skip(1) {
                    page[..64].fill(0xa5);
                }
                fs::write(&path, torn).unwrap();
            }
            _ => fs::write(&path, "this is no database, and was never one").unwrap(),
        }
        ill(&night, "state");
        let done = night.say(&["doctor", "--rebuild"]).json();
        assert_eq!(done["rebuilt"]["anew"], true, "{damage}: {done}");
        assert_eq!(acts(&root), before, "{damage}");
        let kept = fs::read_dir(&root).unwrap().filter_map(Result::ok);
        let aside: Vec<_> = kept
            .map(|it| it.file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with("state.db.broken-"))
            .collect();
        assert_eq!(aside.len(), usize::from(damage != "missing"), "{aside:?}");
        // What was set aside is named until somebody deletes it: no erasure reaches it.
        for name in &aside {
            ill(&night, "leftovers");
            fs::remove_file(root.join(name)).unwrap();
        }
        night.say(&["doctor"]).done();
        // The next night goes on, and still knows who objected.
        let next = night
            .score(
                "out/b.csv",
                &[
                    "--again",
                    "--refused",
                    night.path("out/r.csv").to_str().unwrap(),
                ],
            )
            .done()
            .json();
        assert_eq!(next["refused"], 1, "{next}");
    }
}

#[test]
fn people_read_what_is_lost_for_good() {
    let night = lived();
    fs::remove_file(night.root().join("state.db")).unwrap();
    let root = night.root();
    let say = |lang: &str| {
        let output = std::process::Command::new(crate::night::PROBANT)
            .args(["--lang", lang, "-w"])
            .arg(&root)
            .args(["doctor", "--rebuild"])
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let english = say("en");
    for lost in [
        "free text",
        "requests that waited",
        "planted controls",
        "salts",
    ] {
        assert!(english.contains(lost), "{english}");
    }
    fs::remove_file(root.join("state.db")).unwrap();
    assert!(say("fr").contains("textes libres"));
}
