//! Who objected, or was erased on request, and does not come back: whatever the CRM exports, and whatever becomes of the rest.

use std::fs;
use std::sync::atomic::Ordering;

use probant::digest::{hex, sha256};
use probant::ledger::SegmentKind;
use probant::workspace::Error;
use probant::workspace::disk::Disk;
use probant::workspace::journal::{Leaf, View};

use crate::faults::{failing, full};
use crate::night::{FIRST, Night, Said, copy, run, say, table, tree, world, world_on};

fn lead(n: u64) -> String {
    format!("PR{:08}", FIRST + n)
}

fn object(night: &Night, n: u64, request: &str, more: &[&str]) -> Said {
    let lead = lead(n);
    let words = [
        "subject",
        "object",
        &lead,
        "--request",
        request,
        "--as",
        "dpo-1",
    ];
    night.say(&[&words, more].concat())
}

/// The refusals of tonight's export when it is scored again.
fn refused(night: &Night, name: &str) -> Vec<(String, String, String)> {
    let list = night.path(&format!("{name}-refused.csv"));
    let more = ["--again", "--refused", list.to_str().unwrap()];
    let report = night.score(&format!("{name}.csv"), &more).done().json();
    let rows = table(&fs::read(&list).unwrap());
    assert_eq!(report["refused"], rows.len());
    let scored = table(&night.read(&format!("{name}.csv")));
    rows.iter()
        .map(|row| {
            let whose = row["Réf. prospect"].clone();
            assert!(
                scored.iter().all(|it| it["Réf. prospect"] != whose),
                "a refused lead has no score"
            );
            (whose, row["refusal"].clone(), row["article"].clone())
        })
        .collect()
}

fn all(n: u64, refusal: &str, article: &str) -> Vec<(String, String, String)> {
    vec![(lead(n), refusal.to_owned(), article.to_owned())]
}

#[test]
fn an_objection_survives_the_next_import_and_everything_else_about_the_person() {
    let night = Night::new(400);
    night.score("out/a.csv", &[]).done();
    let done = object(&night, 7, "OPP-1", &[]).done().json();
    assert_eq!(
        (&done["status"], &done["scope"], &done["records"]),
        (&"done".into(), &"all".into(), &1.into())
    );
    assert_eq!(
        done["files"].as_array().unwrap().len(),
        1,
        "the score file that still names them is said"
    );
    let objected = all(7, "objected", "gdpr-21-3");
    assert_eq!(refused(&night, "out/b"), objected);
    // The person's records are erased, the period of pseudonyms ends, and the desk is lost.
    let whose = lead(7);
    night
        .say(&["subject", "erase", &whose, "--request", "DEM-1", "--now"])
        .done();
    night.say(&["keys", "rotate", "--as", "dpo-1"]).done();
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        let _ = fs::remove_file(night.root().join(name));
    }
    assert_eq!(refused(&night, "out/c"), all(7, "erased", "gdpr-17"));
    say(&night.root(), &["ledger", "verify", "--full"]).done();
    // Whatever is past its date goes; the objection has none.
    let mut later = world(9);
    later.now.0 += 86_400 * 365 * 40;
    run(
        &night.root(),
        &mut later,
        &["ledger", "purge", "--as", "dpo-1"],
    )
    .done();
    assert_eq!(refused(&night, "out/d"), all(7, "erased", "gdpr-17"));
}

#[test]
fn an_objection_needs_no_record_and_each_scope_stops_scoring() {
    let night = Night::new(300);
    for (n, scope) in [(3, "profiling"), (4, "promotion"), (5, "all")] {
        let done = object(&night, n, &format!("OPP-{n}"), &["--scope", scope])
            .done()
            .json();
        assert_eq!(
            (&done["records"], &done["scope"]),
            (&0.into(), &scope.into())
        );
        let again = object(&night, n, &format!("OPP-{n}"), &["--scope", scope])
            .done()
            .json();
        assert_eq!(again["status"], "answered", "typed twice, recorded once");
    }
    let mut found = refused(&night, "out/a");
    found.sort();
    assert_eq!(
        found,
        [3, 4, 5].map(|n| all(n, "objected", "gdpr-21-3").remove(0))
    );
    let list = night.say(&["subject", "list"]).done().json();
    assert_eq!(list["requests"].as_array().unwrap().len(), 3);
    assert_eq!(object(&night, 3, "OPP-9", &["--scope", "erased"]).exit, 2);
    object(&night, 3, " ", &[]).failed(2);
    let whose = lead(3);
    night
        .say(&[
            "subject",
            "object",
            &whose,
            "--request",
            "X",
            "--as",
            "nobody",
        ])
        .failed(2);
    night
        .say(&["subject", "lift", &whose, "--request", "X"])
        .failed(5);
    let stats = night.say(&["ledger", "stats"]).done().json();
    assert_eq!(stats["events"], 3);
}

#[test]
fn an_objection_that_the_disk_refused_is_not_told_as_taken() {
    let night = Night::new(300);
    night.score("out/a.csv", &[]).done();
    let whose = lead(7);
    let words = [
        "subject",
        "object",
        &whose,
        "--request",
        "OPP-1",
        "--as",
        "dpo-1",
    ];
    let mut failed = 0;
    for at in (0..).step_by(3) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("ws");
        copy(&night.root(), &root);
        let (disk, reached) = failing(at, full);
        let said = run(&root, &mut world_on(disk, 3), &words);
        if reached.load(Ordering::SeqCst) <= at {
            said.done();
            break;
        }
        failed += 1;
        // Tidying up afterwards may fail unsaid; what was told as taken is in force all the same.
        let told = said.exit == 0;
        // Typed again, it holds, and the ledger is sound.
        let mut mended = world_on(Disk::new(), 4);
        let typed = run(&root, &mut mended, &words).done().json();
        assert!(!told || typed["status"] == "answered", "moment {at}");
        run(&root, &mut mended, &["ledger", "verify", "--full"]).done();
        let again = run(&root, &mut mended, &words).done().json();
        assert_eq!(again["status"], "answered", "moment {at}");
    }
    assert!(failed > 5, "only {failed} moments failed");
}

#[test]
fn nothing_of_the_set_names_anybody() {
    let night = Night::new(300);
    object(&night, 7, "OPP-1", &[]).done();
    let whose = lead(7);
    for (name, bytes) in tree(&night.root(), &["ledger", "keys"]) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&whose) && !text.contains("OPP-1"), "{name}");
    }
    // Nor the records themselves, which are sealed on the disk: no name, and no bare hash of one.
    let view = View::open(&night.root()).unwrap();
    let mut records = 0;
    for placed in view
        .segments()
        .filter(|it| it.entry.kind == SegmentKind::Events)
    {
        view.leaves(placed, None, |leaf| {
            let Leaf::Record { bytes, .. } = leaf else {
                panic!("nobody was erased");
            };
            records += 1;
            for plain in [whose.as_bytes(), b"OPP-1"] {
                let hashed = sha256(&[plain]);
                for told in [plain, &hashed[..16], hex(&hashed).as_bytes()] {
                    assert!(!bytes.windows(told.len()).any(|it| it == told));
                }
            }
            Ok::<(), Error>(())
        })
        .unwrap();
    }
    assert_eq!(records, 1);
    let keys = night.say(&["keys", "list"]).done().json();
    assert!(keys["suppression"].is_string(), "{keys}");
}
