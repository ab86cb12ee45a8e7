//! A person leaves: from the command line to the ledger, the score files and the receipt.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;

use probant::demo::Stage;
use probant::digest::unhex;
use probant::ledger::Time;
use probant::ledger::entry::request_commitment;
use probant::ledger::note::{Checkpoint, Verifier, base64};
use probant::ledger::tree;
use probant::workspace::World;
use probant::workspace::disk::Disk;
use probant::workspace::journal::Entropy;

use crate::faults::{die, failing};
use crate::night::{FIRST, Night, Said, copy, export, run, say, table, tree as files_of, world_on};

const REF: &str = "DEM-2026-017";

fn lead(n: u64) -> String {
    format!("PR{:08}", FIRST + n)
}

fn in_file(night: &Night, name: &str, n: u64) -> bool {
    let wanted = lead(n);
    let rows = csv::ReaderBuilder::new()
        .delimiter(b';')
        .from_reader(night.read(name).as_slice())
        .byte_records()
        .filter(|row| row.as_ref().unwrap().get(0) == Some(wanted.as_bytes()))
        .count();
    assert!(rows <= 1);
    rows == 1
}

fn erase(night: &Night, n: u64, more: &[&str]) -> Said {
    let lead = lead(n);
    let words = ["subject", "erase", &lead, "--request", REF];
    night.say(&[&words, more].concat())
}

fn sound(root: &Path) {
    say(root, &["ledger", "verify", "--full"]).done();
}

#[test]
fn an_erased_lead_is_gone_from_ledger_and_files_and_everybody_else_stays() {
    let night = Night::new(400);
    night.score("out/a.csv", &[]).done();
    night.score("out/b.parquet", &["--again"]).done();
    let before = night.read("out/a.csv");
    assert!(in_file(&night, "out/a.csv", 7));
    let asked = erase(&night, 7, &["--as", "dpo-1"]).done().json();
    assert_eq!(asked["status"], "queued");
    assert_eq!(asked["records"], 2);
    assert_eq!(night.read("out/a.csv"), before, "it waits for the night");
    let waiting = night.say(&["subject", "list"]).done().json();
    assert_eq!(waiting["requests"][0]["done"], serde_json::Value::Null);
    // The next night carries it out, its own rows included.
    night.put("more.csv", &export(60, 2, FIRST, Stage::Open));
    let more = night.path("more.csv");
    let out = night.path("out/c.csv");
    let words = [
        "score",
        more.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    let report = night.say(&words).done().json();
    assert_eq!(report["batch"]["requests"], 1);
    assert_eq!(report["batch"]["records"], 3, "{report}");
    let files = report["batch"]["files"].as_array().unwrap();
    assert!(
        files.len() == 3
            && files[..2]
                .iter()
                .all(|it| it["status"] == "rewritten" && it["rows"] == 1)
            && files[2]["status"] == "clean",
        "{report}"
    );
    // Whoever asked to be forgotten was refused when the CRM exported them again, and that record left as well.
    assert_eq!(
        (&report["proposed"], &report["refused"]),
        (&59.into(), &1.into()),
        "{report}"
    );
    sound(&night.root());
    night
        .say(&["explain", "--why", "audit", &lead(7)])
        .failed(1);
    for n in [6, 8] {
        night.say(&["explain", "--why", "audit", &lead(n)]).done();
        assert!(in_file(&night, "out/a.csv", n) && in_file(&night, "out/c.csv", n));
    }
    for name in ["out/a.csv", "out/c.csv"] {
        assert!(!in_file(&night, name, 7), "{name}");
    }
    // Nothing but their line left the file.
    let expected: Vec<u8> = before
        .split_inclusive(|byte| *byte == b'\n')
        .filter(|line| !line.starts_with(lead(7).as_bytes()))
        .flatten()
        .copied()
        .collect();
    assert_eq!(night.read("out/a.csv"), expected);
    let parquet = probant::table::Reader::open(
        &[night.path("out/b.parquet")],
        &[probant::table::Wanted {
            name: "Réf. prospect".to_owned(),
            repeats: false,
        }],
    )
    .unwrap();
    let mut held = Vec::new();
    for batch in parquet {
        if let probant::table::Raw::Text(texts) = &batch.unwrap().columns[0] {
            held.extend(texts.iter().flatten().map(ToString::to_string));
        }
    }
    assert_eq!(held.len(), 399);
    assert!(!held.contains(&lead(7)));
    // A retry of the first night restores the files as they are now.
    let again = night.score("out/a.csv", &[]).done().json();
    assert_eq!(again["status"], "restored");
    assert_eq!(night.read("out/a.csv"), expected);
    fs::remove_file(night.path("out/a.csv")).unwrap();
    let again = night.score("out/a.csv", &[]).done().json();
    assert_eq!(again["status"], "restored");
    assert_eq!(again["proposed"], 400);
    assert_eq!(table(&night.read("out/a.csv")).len(), 399);
    assert!(!in_file(&night, "out/a.csv", 7));
    let done = night.say(&["subject", "list"]).done().json();
    assert!(done["requests"][0]["done"].is_string());
}

#[test]
fn files_in_every_dialect_are_rewritten() {
    for encoding in ["utf-8", "utf-16"] {
        let night = Night::new(30);
        let path = night.root().join("probant.toml");
        let policy = fs::read_to_string(&path).unwrap();
        let policy = policy.replace(
            "encoding = \"windows-1252\"",
            &format!("encoding = \"{encoding}\""),
        );
        fs::write(&path, policy).unwrap();
        let text = probant_text(&export(30, 2, FIRST, Stage::Open));
        let bytes: Vec<u8> = if encoding == "utf-16" {
            [0xff, 0xfe]
                .into_iter()
                .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
                .collect()
        } else {
            text.into_bytes()
        };
        night.put("night.csv", &bytes);
        night.score("out/a.csv", &[]).done();
        let before = night.read("out/a.csv");
        let done = erase(&night, 7, &["--now"]).done().json();
        assert_eq!(done["batch"]["files"][0]["status"], "rewritten", "{done}");
        let after = night.read("out/a.csv");
        let decode = |bytes: &[u8]| -> String {
            if encoding == "utf-16" {
                let units: Vec<u16> = bytes
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .map(|it| u16::from_le_bytes(*it))
                    .collect();
                String::from_utf16(&units).unwrap()
            } else {
                String::from_utf8(bytes.to_vec()).unwrap()
            }
        };
        let kept: String = decode(&before)
            .split_inclusive('\n')
            .filter(|line| !line.starts_with(&lead(7)))
            .collect();
        assert_eq!(decode(&after), kept);
    }
}

/// An export as text.
fn probant_text(bytes: &[u8]) -> String {
    // The letters of the invented leads are in Latin-1, which is the first page of Unicode; € and ’ do not occur.
    bytes
        .iter()
        .map(|byte| match byte {
            0x92 => '’',
            0x80 => '€',
            0x9c => 'œ',
            byte => char::from(*byte),
        })
        .collect()
}

#[test]
fn files_that_were_moved_or_replaced_are_said_and_not_touched() {
    let night = Night::new(50);
    night.score("out/a.csv", &[]).done();
    night.score("out/b.csv", &["--again"]).done();
    fs::remove_file(night.path("out/a.csv")).unwrap();
    night.put("out/b.csv", b"something;else\n1;2\n");
    let done = erase(&night, 7, &["--now"]).done().json();
    let said: Vec<&str> = done["batch"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["status"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["missing", "foreign"]);
    assert_eq!(night.read("out/b.csv"), b"something;else\n1;2\n");
    sound(&night.root());
}

#[test]
fn the_receipt_proves_itself_and_opens_only_its_own_request() {
    let night = Night::new(50);
    night.score("out/a.csv", &[]).done();
    erase(&night, 7, &[]).done();
    let other = lead(8);
    night
        .say(&["subject", "erase", &other, "--request", "autre demande"])
        .done();
    let out = night.path("receipt");
    let words = ["subject", "receipt", REF, "--out", out.to_str().unwrap()];
    night.say(&words).failed(5);
    night.say(&["subject", "erase", "--now"]).done();
    let written = night.say(&words).done().json();
    night.say(&words).failed(2);
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let opening: serde_json::Value = serde_json::from_str(&read("opening.json")).unwrap();
    let salt: [u8; 16] = unhex(opening["salt"].as_str().unwrap())
        .unwrap()
        .try_into()
        .unwrap();
    let commitment = base64(&request_commitment(&salt, REF));
    let intent = read("intent.entry");
    assert!(intent.contains(&format!("request {commitment}\n")));
    assert_eq!(
        intent.matches("\nrequest ").count(),
        2,
        "one entry for the whole batch"
    );
    for text in [
        &intent,
        &read("done.entry"),
        &read("opening.json"),
        &read("receipt.txt"),
    ] {
        assert!(!text.contains("autre demande") && !text.contains(&lead(7)));
    }
    let verifier = Verifier::parse(opening["log"].as_str().unwrap()).unwrap();
    for (name, at) in [("intent", 0), ("done", 1)] {
        let proof = read(&format!("{name}.tlog-proof"));
        let (head, note) = proof.split_once("\n\n").unwrap();
        let checkpoint = Checkpoint::open(note.as_bytes(), &verifier).unwrap();
        let mut lines = head.lines();
        assert_eq!(lines.next(), Some("c2sp.org/tlog-proof@v1"));
        let index: u64 = lines
            .next()
            .unwrap()
            .strip_prefix("index ")
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(index, written["entries"][at].as_u64().unwrap());
        let path: Vec<[u8; 32]> = lines
            .map(|line| unbase64(line).try_into().unwrap())
            .collect();
        let leaf = tree::leaf(&[read(&format!("{name}.entry")).as_bytes()]);
        assert!(
            tree::includes(&checkpoint.root, checkpoint.size, index, &leaf, &path),
            "{name}"
        );
    }
    night
        .say(&["subject", "receipt", "inconnue", "--out", "x"])
        .failed(2);
}

fn unbase64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

#[test]
fn what_cannot_be_asked_is_refused_and_nothing_is_taken() {
    let night = Night::new(50);
    night.score("out/a.csv", &[]).done();
    let first = lead(7);
    for (words, exit) in [
        (vec!["subject", "erase", "PR99999999", "--request", REF], 1),
        (vec!["subject", "erase", &first], 2),
        (vec!["subject", "erase"], 2),
        (vec!["subject", "erase", &first, "--request", " "], 2),
        (
            vec![
                "subject",
                "erase",
                &first,
                "--request",
                REF,
                "--reason",
                "parce que",
            ],
            2,
        ),
        (
            vec![
                "subject",
                "erase",
                &first,
                "--request",
                REF,
                "--as",
                "personne",
            ],
            2,
        ),
        (vec!["subject", "lift", &first, "--request", REF], 5),
        (
            vec![
                "subject",
                "restrict",
                &first,
                "--request",
                REF,
                "--reason",
                "art17-1-a",
            ],
            2,
        ),
    ] {
        let said = night.say(&words);
        assert_eq!(said.exit, exit, "{words:?}: {said:?}");
        assert!(
            !said.err.contains("PR99999999") && !said.err.contains(&first),
            "{said:?}"
        );
    }
    let file = night.path("requests.csv");
    let path = file.to_str().unwrap();
    for (text, line) in [
        (format!("lead;request\n{first};A\nPR99999999;B\n"), "line 3"),
        (format!("lead;request\n{first};A\n{first}\n"), "line 3"),
        (format!("lead;request\n{first};\n"), "line 2"),
        ("lead;request\n".to_owned(), "holds no request"),
    ] {
        fs::write(&file, &text).unwrap();
        let said = night.say(&["subject", "erase", "--batch", path]).failed(3);
        assert!(said.err.contains(line), "{text}: {said:?}");
        assert!(!said.err.contains("PR99999999"), "{said:?}");
    }
    assert_eq!(
        night.say(&["subject", "list"]).done().json()["requests"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    fs::write(
        &file,
        format!("lead;request\n{first};A\n{};B\n{first};C\n", lead(9)),
    )
    .unwrap();
    let done = night
        .say(&["subject", "erase", "--batch", path, "--now"])
        .done()
        .json();
    assert_eq!(
        (
            done["batch"]["requests"].as_u64(),
            done["batch"]["records"].as_u64()
        ),
        (Some(3), Some(2))
    );
    sound(&night.root());
    assert_eq!(
        night.say(&["subject", "erase", "--now"]).done().json()["status"],
        "nothing"
    );
    let again = ["subject", "erase", &first, "--request", "C", "--now"];
    assert_eq!(night.say(&again).done().json()["status"], "answered");
}

#[test]
fn a_restricted_lead_is_kept_and_neither_used_nor_scored_until_it_is_free() {
    let night = Night::new(50);
    night.score("out/a.csv", &[]).done();
    let (whose, free) = (lead(7), lead(8));
    let words = [
        "subject",
        "restrict",
        &whose,
        "--request",
        "LIM-1",
        "--as",
        "dpo-1",
    ];
    assert_eq!(night.say(&words).done().json()["records"], 1);
    night.say(&words).failed(5);
    sound(&night.root());
    night.say(&["explain", "--why", "audit", &whose]).failed(5);
    night.say(&["explain", "--why", "audit", &free]).done();
    // Asking to be erased waits for the restriction; others do not wait for it.
    erase(&night, 7, &[]).done();
    night
        .say(&["subject", "erase", &free, "--request", "autre"])
        .done();
    let done = night.say(&["subject", "erase", "--now"]).done().json();
    assert_eq!(
        (&done["batch"]["requests"], &done["batch"]["held_requests"]),
        (&1.into(), &1.into())
    );
    // The next night refuses them, with the article, and gives no score; nor to the one who was erased.
    let refused = night.path("out/refused.csv");
    let report = night
        .score(
            "out/b.csv",
            &["--again", "--refused", refused.to_str().unwrap()],
        )
        .done()
        .json();
    assert_eq!(
        (&report["proposed"], &report["refused"]),
        (&48.into(), &2.into())
    );
    assert!(!in_file(&night, "out/b.csv", 7));
    let rows = String::from_utf8_lossy(&night.read("out/refused.csv")).into_owned();
    assert!(
        rows.contains(&whose) && rows.contains("restricted;gdpr-18-2"),
        "{rows}"
    );
    sound(&night.root());
    night
        .say(&["subject", "lift", &whose, "--request", "LIM-2"])
        .done();
    night.say(&["explain", "--why", "audit", &whose]).done();
    let done = night.say(&["subject", "erase", "--now"]).done().json();
    assert_eq!(
        done["batch"]["records"], 3,
        "the refusal is a record as well, and so is the reading: {done}"
    );
    assert!(!in_file(&night, "out/refused.csv", 7));
    night.say(&["explain", "--why", "audit", &whose]).failed(1);
    sound(&night.root());
}

fn later(days: i64) -> World {
    let mut world = world_on(Disk::new(), 3);
    world.now = Time(world.now.0 + days * 86_400);
    world.entropy = Entropy::os();
    world
}

#[test]
fn what_is_past_its_date_is_destroyed_but_for_what_a_restriction_keeps() {
    let night = Night::new(50);
    night.score("out/a.csv", &[]).done();
    let whose = lead(7);
    night
        .say(&["subject", "restrict", &whose, "--request", "LIM-1"])
        .done();
    let root = night.root();
    let due = |days| {
        run(&root, &mut later(days), &["ledger", "purge", "--dry-run"])
            .done()
            .json()
    };
    assert_eq!(due(1000)["expired"], 0);
    assert_eq!(
        (&due(1200)["expired"], &due(1200)["held"]),
        (&49.into(), &1.into())
    );
    sound(&root);
    let done = run(
        &root,
        &mut later(1200),
        &["ledger", "purge", "--as", "dpo-1"],
    )
    .done()
    .json();
    assert_eq!(
        (&done["expired"], &done["purged_segments"], &done["held"]),
        (&49.into(), &0.into(), &1.into())
    );
    assert_eq!(table(&night.read("out/a.csv")).len(), 1);
    assert!(in_file(&night, "out/a.csv", 7));
    sound(&root);
    night
        .say(&["subject", "lift", &whose, "--request", "LIM-2"])
        .done();
    // The batch of any later night sees to the rest.
    night.put("other.csv", &export(20, 9, FIRST + 5_000, Stage::Open));
    let (data, out) = (night.path("other.csv"), night.path("out/b.csv"));
    let words = [
        "score",
        data.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    let report = run(&root, &mut later(1201), &words).done().json();
    assert_eq!(
        (
            &report["batch"]["expired"],
            &report["batch"]["purged_segments"]
        ),
        (&1.into(), &1.into()),
        "{report}"
    );
    assert!(
        !night.path("out/a.csv").exists(),
        "its file is past its date as well"
    );
    sound(&root);
    night.say(&["explain", "--why", "audit", &whose]).failed(1);
    let stats = night.say(&["ledger", "stats"]).done().json();
    assert_eq!(
        (&stats["proposals"], &stats["purged"]),
        (&70.into(), &50.into())
    );
    let left = files_of(&root, &["ledger"]);
    assert_eq!(left.keys().filter(|name| name.contains(".rows")).count(), 1);
}

#[test]
fn what_crashes_left_is_listed_then_deleted() {
    let night = Night::new(50);
    night.score("out/a.csv", &[]).done();
    let root = night.root();
    let id = files_of(&root, &["ledger/segments"])
        .keys()
        .next()
        .unwrap()
        .clone();
    let id = id
        .rsplit('/')
        .next()
        .unwrap()
        .split('.')
        .next()
        .unwrap()
        .to_owned();
    let put = |name: &str| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"left").unwrap();
        name.to_owned()
    };
    let left = [
        put(&format!("ledger/segments/{id}.1.rows")),
        put(&format!("ledger/keys/0011223344556677/{id}.key")),
        put(&format!("ledger/pending/{id}")),
        put("tmp/commit/file"),
        put("models/.abc.part/model.json"),
    ];
    let listed = night.say(&["ledger", "gc", "--dry-run"]).done().json();
    let names = |said: &serde_json::Value| -> Vec<String> {
        said["orphans"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["path"].as_str().unwrap().to_owned())
            .collect()
    };
    for name in &left {
        assert!(names(&listed).contains(name), "{name}: {listed}");
        assert!(root.join(name).exists());
    }
    let before = files_of(&root, &["ledger", "models", "keys"]);
    night.say(&["ledger", "gc"]).done();
    let after = files_of(&root, &["ledger", "models", "keys"]);
    assert!(left.iter().all(|name| !root.join(name).exists()));
    assert_eq!(before.len() - after.len(), 4);
    assert!(names(&night.say(&["ledger", "gc"]).done().json()).is_empty());
    sound(&root);
}

fn erase_on(root: &Path, disk: Disk) -> Said {
    let whose = lead(7);
    run(
        root,
        &mut world_on(disk, 5),
        &["subject", "erase", &whose, "--request", REF, "--now"],
    )
}

/// After an erasure that was cut short, and after it was taken up again.
fn holds(folder: &Path, reported: bool, when: &str) {
    let root = folder.join("ws");
    sound(&root);
    let waiting = say(&root, &["subject", "list"]).done().json()["requests"]
        .as_array()
        .unwrap()
        .len();
    assert!(waiting == 1 || !reported, "{when}");
    // Whoever writes next finishes it; the same command again asks anew if it was never taken.
    let other = folder.join("other.csv");
    fs::write(&other, export(5, 8, FIRST + 5_000, Stage::Open)).unwrap();
    let out = folder.join("out/other.csv");
    say(
        &root,
        &[
            "score",
            other.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ],
    )
    .done();
    let gone = !leads_of(&fs::read(folder.join("out/a.csv")).unwrap()).contains(&lead(7));
    let known = say(&root, &["explain", "--why", "audit", &lead(7)]).exit == 0;
    assert_eq!(gone, !known, "{when}: file and ledger disagree");
    assert_eq!(
        gone,
        waiting == 1,
        "{when}: a request that was taken is carried out by the next night"
    );
    if !gone {
        erase_on(&root, Disk::new()).done();
    }
    let rows = leads_of(&fs::read(folder.join("out/a.csv")).unwrap());
    assert!(rows.len() == 29 && !rows.contains(&lead(7)), "{when}");
    let parts = fs::read_dir(folder.join("out"))
        .unwrap()
        .filter(|it| {
            it.as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|it| it == "part")
        })
        .count();
    assert_eq!(parts, 0, "{when}");
    let list = say(&root, &["subject", "list"]).done().json();
    assert!(
        list["requests"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["done"].is_string()),
        "{when}: {list}"
    );
    sound(&root);
}

fn leads_of(bytes: &[u8]) -> Vec<String> {
    csv::ReaderBuilder::new()
        .delimiter(b';')
        .from_reader(bytes)
        .byte_records()
        .map(|row| String::from_utf8(row.unwrap()[0].to_vec()).unwrap())
        .collect()
}

fn stage() -> Night {
    let night = Night::new(30);
    night.score("out/a.csv", &[]).done();
    night
}

/// A copy of the night whose score file stands in the copy's own folder.
fn place(night: &Night, name: &str) -> std::path::PathBuf {
    let folder = night.path(name);
    copy(&night.root(), &folder.join("ws"));
    copy(&night.path("out"), &folder.join("out"));
    let db = rusqlite::Connection::open(folder.join("ws/state.db")).unwrap();
    let target = folder.join("out/a.csv");
    for table in ["output", "handed"] {
        db.execute(
            &format!("UPDATE {table} SET target = ?1"),
            [target.to_str().unwrap()],
        )
        .unwrap();
    }
    folder
}

#[test]
fn an_erasure_whose_disk_fails_at_any_step_is_finished_by_the_next_night() {
    let night = stage();
    for n in 0.. {
        let folder = place(&night, &format!("at-{n}"));
        let (disk, count) = failing(n, || Err(io::Error::from(io::ErrorKind::StorageFull)));
        let said = erase_on(&folder.join("ws"), disk);
        let when = format!("failed at {n}: {said:?}");
        assert!(matches!(said.exit, 0 | 1), "{when}");
        holds(&folder, said.exit == 0, &when);
        fs::remove_dir_all(&folder).unwrap();
        if count.load(Ordering::SeqCst) <= n {
            assert!(n > 60, "{n} moments only");
            break;
        }
    }
}

/// Does nothing by itself: the test below runs it in a process of its own, which does not survive it.
#[test]
fn a_request_that_is_killed() {
    let (Ok(folder), Ok(at)) = (
        std::env::var("PROBANT_TEST_SUBJECT_FOLDER"),
        std::env::var("PROBANT_TEST_SUBJECT_AT"),
    ) else {
        return;
    };
    let (disk, _) = failing(at.parse().unwrap(), die);
    erase_on(&Path::new(&folder).join("ws"), disk).done();
    fs::write(Path::new(&folder).join("done"), b"").unwrap();
}

#[test]
fn an_erasure_killed_at_any_step_is_finished_by_the_next_night() {
    let night = stage();
    for n in 0.. {
        let folder = place(&night, &format!("at-{n}"));
        Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "subject::a_request_that_is_killed",
                "--test-threads",
                "1",
            ])
            .env("PROBANT_TEST_SUBJECT_FOLDER", &folder)
            .env("PROBANT_TEST_SUBJECT_AT", n.to_string())
            .output()
            .unwrap();
        let done = folder.join("done").exists();
        holds(&folder, done, &format!("killed at {n}"));
        fs::remove_dir_all(&folder).unwrap();
        if done {
            assert!(n > 60, "{n} moments only");
            break;
        }
    }
}

#[test]
fn a_period_does_not_end_while_a_restriction_would_be_forgotten() {
    let night = Night::new(30);
    night.score("out/a.csv", &[]).done();
    let whose = lead(7);
    night
        .say(&["subject", "restrict", &whose, "--request", "LIM-1"])
        .done();
    night.say(&["keys", "rotate", "--as", "dpo-1"]).failed(5);
    night
        .say(&["subject", "lift", &whose, "--request", "LIM-2"])
        .done();
    night.say(&["keys", "rotate", "--as", "dpo-1"]).done();
    // Who was recorded under both periods leaves both.
    night.score("out/b.csv", &["--again"]).done();
    let done = erase(&night, 7, &["--now"]).done().json();
    assert_eq!(done["batch"]["records"], 2, "{done}");
    assert!(!in_file(&night, "out/a.csv", 7) && !in_file(&night, "out/b.csv", 7));
    sound(&night.root());
}

#[test]
fn keys_wrapped_anew_open_what_they_opened_and_an_older_copy_no_more() {
    let night = Night::new(30);
    night.score("out/a.csv", &[]).done();
    let before = files_of(&night.root(), &["keys", "ledger/keys"]);
    let done = night
        .say(&["keys", "rewrap", "--as", "dpo-1"])
        .done()
        .json();
    assert_eq!(done["segments"], 1);
    let after = files_of(&night.root(), &["keys", "ledger/keys"]);
    let wrapping = |files: &std::collections::BTreeMap<String, Vec<u8>>| -> Vec<String> {
        let of = |name: &&String| name.contains("/kek-") || name.starts_with("ledger/keys");
        files.keys().filter(of).cloned().collect()
    };
    assert!(
        wrapping(&before).len() == 2 && wrapping(&after).iter().all(|it| !before.contains_key(it))
    );
    night.say(&["explain", "--why", "audit", &lead(7)]).done();
    sound(&night.root());
}

#[test]
fn a_row_that_failed_leaves_the_score_file_as_well() {
    let night = Night::new(60);
    night.score("out/a.csv", &[]).done();
    // The same lead in another export, where a cell of theirs cannot be read.
    let text = export(60, 2, FIRST, Stage::Open);
    let line = text.split_inclusive(|byte| *byte == b'\n').nth(8).unwrap();
    let broken: Vec<u8> = {
        let mut cells: Vec<Vec<u8>> = line.split(|it| *it == b';').map(<[u8]>::to_vec).collect();
        let header = text.split(|byte| *byte == b'\n').next().unwrap();
        let at = header
            .split(|it| *it == b';')
            .position(|it| it == b"Effectif")
            .unwrap();
        cells[at] = b"12x7".to_vec();
        cells.join(&b';')
    };
    let mut bytes: Vec<u8> = text
        .split_inclusive(|byte| *byte == b'\n')
        .take(8)
        .flatten()
        .copied()
        .collect();
    bytes.extend(broken);
    let more: Vec<u8> = export(300, 9, FIRST + 5_000, Stage::Open)
        .split_inclusive(|byte| *byte == b'\n')
        .skip(1)
        .flatten()
        .copied()
        .collect();
    bytes.extend(more);
    night.put("bad.csv", &bytes);
    let (data, out) = (night.path("bad.csv"), night.path("out/b.csv"));
    let words = [
        "score",
        data.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    assert_eq!(night.say(&words).done().json()["failed"], 1);
    assert!(in_file(&night, "out/b.csv", 7));
    erase(&night, 7, &["--now"]).done();
    assert!(!in_file(&night, "out/a.csv", 7) && !in_file(&night, "out/b.csv", 7));
}

#[test]
fn every_place_where_a_score_file_was_put_is_written_again() {
    let night = Night::new(40);
    night.score("out/a.csv", &[]).done();
    assert_eq!(
        night.score("out/b.csv", &[]).done().json()["status"],
        "restored"
    );
    let done = erase(&night, 7, &["--now"]).done().json();
    assert_eq!(
        done["batch"]["files"].as_array().unwrap().len(),
        2,
        "{done}"
    );
    assert!(!in_file(&night, "out/a.csv", 7) && !in_file(&night, "out/b.csv", 7));
}

#[test]
fn each_request_has_its_own_reference_and_a_file_of_them_its_header() {
    let night = Night::new(40);
    night.score("out/a.csv", &[]).done();
    erase(&night, 7, &[]).done();
    assert_eq!(
        erase(&night, 7, &[]).done().json()["status"],
        "answered",
        "it waits already"
    );
    erase(&night, 8, &[]).failed(2);
    let file = night.path("requests.csv");
    fs::write(&file, format!("{};A\n{};B\n", lead(9), lead(10))).unwrap();
    let words = ["subject", "erase", "--batch", file.to_str().unwrap()];
    let said = night.say(&words).failed(3);
    assert!(said.err.contains("line 1"), "{said:?}");
    fs::write(
        &file,
        format!("lead;request\n{};A\n{};B\n", lead(9), lead(10)),
    )
    .unwrap();
    assert_eq!(night.say(&words).done().json()["requests"], 2);
    night.say(&["subject", "erase", "--now"]).done();
    // A scheduler that gives the same file again finds it answered.
    assert_eq!(night.say(&words).done().json()["status"], "answered");
}

#[test]
fn who_was_handed_one_persons_records_is_told_of_nobody_else() {
    let night = Night::new(40);
    night.score("out/a.csv", &[]).done();
    let out = night.path("handed");
    let (first, second) = (lead(7), lead(8));
    let words = [
        "ledger",
        "bundle",
        "--lead",
        &first,
        "--recipient",
        "avocat",
        "--as",
        "dpo-1",
        "--out",
    ];
    night
        .say(&[&words[..], &[out.to_str().unwrap()]].concat())
        .done();
    night
        .say(&["subject", "erase", &first, "--request", "A"])
        .done();
    night
        .say(&["subject", "erase", &second, "--request", "B", "--now"])
        .done();
    for (request, named) in [("A", true), ("B", false)] {
        let folder = night.path(&format!("receipt-{request}"));
        let words = [
            "subject",
            "receipt",
            request,
            "--out",
            folder.to_str().unwrap(),
        ];
        night.say(&words).done();
        let letter = fs::read_to_string(folder.join("receipt.txt")).unwrap();
        assert_eq!(letter.contains("avocat"), named, "{letter}");
    }
}

#[test]
fn while_a_run_is_under_way_an_erasure_waits_for_its_end() {
    let night = Night::new(40);
    night.score("out/a.csv", &[]).done();
    let lock = Disk::new()
        .lock(&night.root().join("run.lock"), std::time::Duration::ZERO)
        .unwrap();
    assert_eq!(
        erase(&night, 7, &["--now"]).done().json()["status"],
        "running"
    );
    let whose = lead(8);
    let words = ["subject", "restrict", &whose, "--request", "LIM-1"];
    assert_eq!(night.say(&words).exit, 7);
    drop(lock);
    night.put("more.csv", &export(20, 9, FIRST + 5_000, Stage::Open));
    let (data, out) = (night.path("more.csv"), night.path("out/b.csv"));
    let words = [
        "score",
        data.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    assert_eq!(night.say(&words).done().json()["batch"]["requests"], 1);
    assert!(!in_file(&night, "out/a.csv", 7));
}
