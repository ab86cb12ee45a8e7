//! Outside the operator's reach: what a witness grants, what a ledger that was put back may do, and what
//! anchors find out about whoever holds every key.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use probant::ledger::anchor::{Claim, Comparison, Name, compare};
use probant::ledger::entry::Note;
use probant::ledger::text::Time;
use probant::ledger::timestamp::{Request, Token};
use probant::ledger::{Entry, Hash, witness};
use probant::workspace::disk::{Disk, Operation, Phase};
use probant::workspace::journal::{Commit, View, Writer};
use serde_json::Value;

use crate::night::{Draws, Night, Said, copy, run, say, tree, world, world_on};

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A workspace, and places beside it: the witness's folder, and an auditor's.
struct Scene {
    night: Night,
}

impl Scene {
    fn new() -> Self {
        let scene = Self {
            night: Night::new(40),
        };
        fs::create_dir(scene.path("auditor")).unwrap();
        scene
    }

    fn root(&self) -> PathBuf {
        self.night.root()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.night.path(name)
    }

    fn text(&self, name: &str) -> String {
        text(&self.path(name))
    }

    fn say(&self, words: &[&str]) -> Said {
        say(&self.root(), words)
    }

    fn size(&self) -> u64 {
        View::open(&self.root()).unwrap().size()
    }

    fn log(&self) -> String {
        View::open(&self.root()).unwrap().verifier()
    }

    fn request(&self, more: &[&str]) -> Value {
        let file = self.text("request.txt");
        let _ = fs::remove_file(&file);
        let mut words = vec!["ledger", "anchor", "request", "--cosign", &file];
        words.extend(more);
        self.say(&words).done().json()
    }

    fn cosign(&self, more: &[&str]) -> Said {
        let [request, folder, out] =
            ["request.txt", "dpo/witness", "answer.txt"].map(|name| self.text(name));
        let _ = fs::remove_file(&out);
        let mut words = vec!["ledger", "cosign", &request, "--witness", &folder];
        words.extend(["--out", &out]);
        words.extend(more);
        self.say(&words)
    }

    fn witness(&self) -> String {
        let folder = self.text("dpo/witness");
        let said = self.say(&["ledger", "witness", &folder]).done().json();
        said["witness"].as_str().unwrap().to_owned()
    }

    /// What the witness's folder holds.
    fn memory(&self) -> std::collections::BTreeMap<String, Vec<u8>> {
        tree(&self.path("dpo"), &["witness"])
    }

    /// Anchors the log by the witness, all the way.
    fn anchored(&self) -> u64 {
        self.request(&[]);
        self.cosign(&["--log", &self.log()]).done();
        let (answer, key) = (self.text("answer.txt"), self.witness());
        let words = ["ledger", "anchor", "add", &answer, "--witness", &key];
        let said = self.say(&words).done().json();
        said["anchors"][0]["size"].as_u64().unwrap()
    }

    /// The auditor takes a copy of the anchors.
    fn carried_to(&self, folder: &str) {
        let to = self.path(folder);
        fs::create_dir_all(&to).unwrap();
        for item in fs::read_dir(self.root().join("anchors")).unwrap() {
            let path = item.unwrap().path();
            if path.is_file() {
                fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
            }
        }
    }

    fn verify(&self, folders: &[&str]) -> Said {
        let folders: Vec<String> = folders.iter().map(|name| self.text(name)).collect();
        let mut words = vec!["ledger", "verify"];
        for folder in &folders {
            words.extend(["--anchors", folder]);
        }
        self.say(&words)
    }

    /// The verdicts of `ledger verify --anchors`, which fails.
    fn verdicts(&self, folders: &[&str]) -> Vec<String> {
        let said = self.verify(folders);
        assert_eq!(said.exit, 4, "{said:?}");
        let said = said.json();
        // The ledger by itself is sound: whoever holds the keys made it so.
        assert_eq!(said["integrity"], Value::Array(Vec::new()), "{said}");
        verdicts(&said)
    }
}

fn verdicts(said: &Value) -> Vec<String> {
    let anchors = said["anchors"]["anchors"].as_array().unwrap();
    let verdict = |it: &Value| it["verdict"].as_str().unwrap().to_owned();
    anchors.iter().map(verdict).collect()
}

/// Appends `count` entries, as whoever holds the keys can.
fn grow(root: &Path, count: usize, about: &str) {
    let mut writer = Writer::open(root, &Disk::new()).unwrap();
    for _ in 0..count {
        writer.commit(&noted(about)).unwrap();
    }
}

fn noted(about: &str) -> Commit {
    Commit {
        documents: Vec::new(),
        entries: vec![Entry::Note(Note {
            about: about.parse().unwrap(),
            time: Time(1_790_000_000),
            actor: "operator".parse().unwrap(),
            checkpoint: None,
        })],
    }
}

/// Puts a copy of the ledger back, and leaves the anchors as they are.
fn put_back(from: &Path, root: &Path) {
    fs::remove_dir_all(root.join("ledger")).unwrap();
    copy(from, &root.join("ledger"));
}

#[test]
fn a_witness_cosigns_what_continues_what_it_saw_and_the_answer_is_kept() {
    let scene = Scene::new();
    assert_eq!(scene.request(&[])["old"], 0);
    // Nobody has told the witness whose log this is.
    let refused = scene.cosign(&[]).failed(4);
    assert!(
        refused.err.contains("unknown to this witness"),
        "{refused:?}"
    );
    let first = scene.anchored();
    grow(&scene.root(), 3, "grown");
    let asked = scene.request(&[]);
    assert_eq!(asked["old"], first, "the newest cosigned anchor");
    // The ledger may grow between request and answer.
    grow(&scene.root(), 2, "grown");
    let granted = scene.cosign(&[]).done().json();
    assert_eq!(granted["from"], first);
    assert_eq!(granted["size"], first + 4, "three notes and one anchor");
    let answer = scene.text("answer.txt");
    scene.say(&["ledger", "anchor", "add", &answer]).done();
    // The same answer a second time changes nothing.
    let before = tree(&scene.root(), &["anchors"]);
    scene.say(&["ledger", "anchor", "add", &answer]).done();
    assert_eq!(tree(&scene.root(), &["anchors"]), before);
    scene.carried_to("auditor");
    let said = scene.verify(&["auditor"]).done().json();
    assert_eq!(verdicts(&said), ["holds", "holds"]);
    assert_eq!(said["anchors"]["within_reach"], false);
    assert_eq!(said["anchors"]["anchors"][0]["witness"], scene.witness());
    let own = text(&scene.root().join("anchors"));
    let said = scene
        .say(&["ledger", "verify", "--anchors", &own])
        .done()
        .json();
    assert_eq!(said["anchors"]["within_reach"], true);
}

#[test]
fn a_witness_refuses_a_fork_an_older_log_a_foreign_one_and_another_size_and_forgets_nothing() {
    let scene = Scene::new();
    let root = scene.root();
    copy(&root.join("ledger"), &scene.path("backup"));
    grow(&root, 5, "kept");
    let seen = scene.anchored();
    let memory = scene.memory();
    let refused = |more: &[&str], why: &str| {
        let said = scene.cosign(more).failed(4);
        assert!(said.err.contains(why), "{why}: {said:?}");
        assert_eq!(scene.memory(), memory, "{why}: the memory changed");
    };
    // The log as it was, from what the witness remembers, cannot be asked about: `--old` is what it never had.
    fs::remove_dir_all(root.join("anchors")).unwrap();
    put_back(&scene.path("backup"), &root);
    scene.request(&["--old", "1"]);
    refused(&[], &format!("but this witness has seen {seen}"));
    // Another history, longer than the one that was seen.
    grow(&root, 9, "another");
    scene.request(&["--old", &seen.to_string()]);
    refused(&[], "fork: ");
    scene.request(&[]);
    refused(&[], &format!("this witness remembers {seen}"));
    // Another log, which passes itself off under its own key.
    let other = Night::new(1);
    fs::remove_dir_all(other.root()).unwrap();
    let folder = text(&other.root());
    say(Path::new(&folder), &["init"]).done();
    let key = View::open(&other.root()).unwrap().verifier();
    refused(&["--log", &key], "another key");
    let file = scene.text("request.txt");
    fs::remove_file(&file).unwrap();
    let words = ["ledger", "anchor", "request", "--cosign", &file];
    say(&other.root(), &words).done();
    refused(&[], "unknown to this witness");
    refused(&["--log", &scene.log()], "not signed by the log");
}

#[test]
fn no_changed_byte_of_a_request_is_cosigned() {
    let scene = Scene::new();
    scene.anchored();
    grow(&scene.root(), 4, "grown");
    scene.request(&[]);
    let (memory, good) = (scene.memory(), fs::read(scene.path("request.txt")).unwrap());
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(scene.path("request.txt"), &bad).unwrap();
        let said = scene.cosign(&[]);
        assert!(matches!(said.exit, 3 | 4), "byte {at}: {said:?}");
        assert_eq!(scene.memory(), memory, "byte {at}: the memory changed");
        if let Ok(request) = witness::Request::parse(&bad) {
            assert_eq!(request.text().as_bytes(), bad, "byte {at}: two spellings");
        }
    }
    fs::write(scene.path("request.txt"), &good).unwrap();
    scene.cosign(&[]).done();
}

#[test]
fn a_witness_remembers_before_it_answers() {
    let scene = Scene::new();
    scene.anchored();
    grow(&scene.root(), 4, "grown");
    scene.request(&[]);
    let (answer, key) = (scene.path("answer.txt"), scene.log());
    let mut moment = 0;
    // The disk fails at each moment in turn, until it fails at none.
    loop {
        let folder = scene.path(&format!("at-{moment}"));
        copy(&scene.path("dpo/witness"), &folder);
        let before = tree(&folder, &["."]);
        let _ = fs::remove_file(&answer);
        let seen = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = Arc::clone(&seen);
        let disk = Disk::watched(Arc::new(move |_: Phase, _: Operation, _: &Path| {
            if counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == moment {
                Err(io::Error::from(io::ErrorKind::StorageFull))
            } else {
                Ok(())
            }
        }));
        let [request, witness, out] =
            [&scene.path("request.txt"), &folder, &answer].map(|it| text(it));
        let words = ["ledger", "cosign", &request, "--witness", &witness];
        let words: Vec<&str> = words
            .into_iter()
            .chain(["--out", &out, "--log", &key])
            .collect();
        let said = run(&scene.root(), &mut world_on(disk, 3), &words);
        let remembers = tree(&folder, &["."])
            .iter()
            .any(|(name, bytes)| name.starts_with("log-") && before.get(name) != Some(bytes));
        if answer.exists() {
            assert!(remembers, "moment {moment}: it answered before it knew");
        }
        if said.exit == 0 {
            assert!(moment > 8, "only {moment} moments");
            break;
        }
        assert_eq!(said.exit, 1, "moment {moment}: {said:?}");
        moment += 1;
    }
}

/// Runs `words` on copies of `scene`'s workspace whose disk fails at each moment in turn; how many moments there are.
fn at_each_moment(scene: &Scene, words: &[&str], holds: &dyn Fn(&Path, &Said, usize)) -> usize {
    for moment in 0.. {
        let root = scene.path(&format!("ws-{moment}"));
        copy(&scene.root(), &root);
        let seen = std::sync::atomic::AtomicUsize::new(0);
        let disk = Disk::watched(Arc::new(move |_: Phase, _: Operation, _: &Path| {
            if seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == moment {
                Err(io::Error::from(io::ErrorKind::StorageFull))
            } else {
                Ok(())
            }
        }));
        let said = run(&root, &mut world_on(disk, 3), words);
        holds(&root, &said, moment);
        fs::remove_dir_all(&root).unwrap();
        if said.exit == 0 {
            return moment;
        }
    }
    unreachable!("the moments end")
}

#[test]
fn an_anchor_is_kept_whole_or_not_at_all_whatever_the_disk_refuses() {
    let Some((scene, _, _)) = stamped() else {
        return;
    };
    scene.request(&[]);
    scene.cosign(&["--log", &scene.log()]).done();
    let stamp = scene.text("answer.tsr");
    let (answer, key) = (scene.text("answer.txt"), scene.witness());
    fs::remove_dir_all(scene.root().join("anchors/asked")).unwrap();
    let query = scene.text("later.tsq");
    fs::rename(scene.root().join("anchors"), scene.path("aside")).unwrap();
    // Asked about anew: the same checkpoint as the witness was.
    scene.request(&[]);
    let words = ["ledger", "anchor", "request", "--timestamp", &query];
    let whole = |root: &Path, said: &Said, moment: usize, words: &[&str]| {
        assert!(matches!(said.exit, 0 | 1), "moment {moment}: {said:?}");
        // What stands is whole, writers open, and the same command finishes what was begun.
        say(root, &["ledger", "anchor", "list"]).done();
        grow(root, 1, "since");
        let _ = fs::remove_file(&query);
        say(root, words).done();
        let _ = fs::remove_file(&query);
        let folder = text(&root.join("anchors"));
        let verified = say(root, &["ledger", "verify", "--anchors", &folder]);
        let asked_only = words.contains(&"request");
        assert_eq!(
            verified.exit,
            if asked_only { 2 } else { 0 },
            "{verified:?}"
        );
    };
    let moments = at_each_moment(&scene, &words, &|root, said, moment| {
        whole(root, said, moment, &words);
    });
    assert!(moments > 8, "{moments} moments");
    let words = ["ledger", "anchor", "add", &answer, "--witness", &key];
    let moments = at_each_moment(&scene, &words, &|root, said, moment| {
        whole(root, said, moment, &words);
    });
    assert!(moments > 8, "{moments} moments");
    // The time-stamp that was answered before: nothing here remembers having asked.
    scene.say(&["ledger", "anchor", "add", &stamp]).failed(4);
}

#[test]
fn refusals_are_said_in_french_too() {
    let scene = Scene::new();
    let root = scene.root();
    copy(&root.join("ledger"), &scene.path("backup"));
    grow(&root, 3, "lost");
    let seen = scene.anchored();
    put_back(&scene.path("backup"), &root);
    let french = |words: &[&str]| {
        let output = Command::new(crate::night::PROBANT)
            .args(["--lang", "fr", "-w"])
            .arg(&root)
            .args(words)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (data, out) = (scene.text("night.csv"), scene.text("out/a.csv"));
    let (code, said) = french(&["score", &data, "--out", &out]);
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("copie plus ancienne") && said.contains("conseil\u{a0}: remettez"),
        "{said}"
    );
    scene.request(&["--old", "0"]);
    let [request, folder, answer] =
        ["request.txt", "dpo/witness", "answer.txt"].map(|name| scene.text(name));
    let words = ["ledger", "cosign", &request, "--witness", &folder];
    let words: Vec<&str> = words.into_iter().chain(["--out", &answer]).collect();
    let (code, said) = french(&words);
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains(&format!("ce témoin en a vu {seen}")),
        "{said}"
    );
    // The operator asks from what the witness saw, which this ledger never had.
    let asked = scene.text("request.txt");
    let words = ["ledger", "anchor", "request", "--cosign", &asked];
    let said = scene.say(&words).failed(2);
    assert!(
        said.err.contains("never cosigns a shorter history"),
        "{said:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_witness_whose_key_is_open_to_others_does_not_sign() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new();
    scene.anchored();
    scene.request(&[]);
    let folder = scene.path("dpo/witness");
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|item| item.unwrap().path())
        .filter(|path| !path.ends_with("lock"))
        .collect();
    assert_eq!(files.len(), 2, "a key and a memory");
    for path in files.iter().chain([&folder]) {
        let was = fs::metadata(path).unwrap().permissions().mode();
        mode(path, was | 0o040);
        let said = scene.cosign(&[]).failed(1);
        assert!(said.err.contains("is open to others"), "{said:?}");
        mode(path, was);
    }
    scene.cosign(&[]).done();
}

#[test]
fn the_next_run_records_the_hash_of_each_anchor() {
    let scene = Scene::new();
    scene.anchored();
    let copied = scene.text("auditor/here.note");
    scene.say(&["ledger", "anchor", "copy", &copied]).done();
    let size = scene.size();
    let list = scene.say(&["ledger", "anchor", "list"]).done().json();
    assert_eq!(list["anchors"].as_array().unwrap().len(), 2);
    assert!(list["anchors"][0]["entry"].is_null(), "{list}");
    scene.night.score("out/a.csv", &[]).done();
    let view = View::open(&scene.root()).unwrap();
    let recorded: Vec<Name> = view
        .entries()
        .filter_map(|(index, entry)| match entry {
            Entry::Anchor(it) => {
                assert!(index >= size, "it was recorded before the run");
                assert_eq!(Some(it.root), view.root_at(it.size));
                Some(Name {
                    size: it.size,
                    kind: it.kind,
                    proof: probant::digest::Digest(it.proof),
                })
            }
            _ => None,
        })
        .collect();
    assert_eq!(recorded, view.anchors().unwrap());
    for name in &recorded {
        let file = scene.root().join(format!("anchors/{}.note", name.stem()));
        let digest = probant::digest::Digest::of(&fs::read(file).unwrap());
        assert_eq!(digest, name.proof, "{}", name.stem());
    }
    // Once, and not again with the next run.
    let words = ["--date", "2026-11-01"];
    scene.night.score("out/b.csv", &words).done();
    let view = View::open(&scene.root()).unwrap();
    let anchors = view.entries().filter(|(_, it)| it.kind() == "anchor");
    assert_eq!(anchors.count(), 2);
    scene.say(&["ledger", "verify", "--full"]).done();
    let list = scene.say(&["ledger", "anchor", "list"]).done().json();
    assert!(list["anchors"][1]["entry"].is_u64(), "{list}");
}

#[test]
fn a_ledger_older_than_its_anchor_is_not_written_until_a_person_accepts_it() {
    let scene = Scene::new();
    let root = scene.root();
    copy(&root.join("ledger"), &scene.path("backup"));
    grow(&root, 4, "lost");
    let anchored = scene.anchored();
    scene.carried_to("auditor");
    let nothing = ["ledger", "anchor", "accept-rollback", "--as", "dpo-1"];
    scene.say(&nothing).failed(2);
    put_back(&scene.path("backup"), &root);
    let held = scene.size();
    let before = tree(&root, &["ledger"]);
    let refused = scene.night.score("out/a.csv", &[]).failed(4);
    let why = format!("holds {held} entries, but an anchor vouches for {anchored}");
    assert!(refused.err.contains(&why), "{refused:?}");
    assert!(refused.err.contains("accept-rollback"), "{refused:?}");
    assert_eq!(
        tree(&root, &["ledger"]),
        before,
        "a refusal changed the ledger"
    );
    // Whoever only reads is not held up.
    scene.say(&["ledger", "verify", "--full"]).done();
    scene.say(&["models", "list"]).done();
    assert_eq!(scene.verdicts(&["auditor"]), ["truncated"]);
    let stranger = ["ledger", "anchor", "accept-rollback", "--as", "nobody"];
    scene.say(&stranger).failed(2);
    let accepted = scene.say(&nothing).done().json();
    assert_eq!(accepted["entry"], held);
    assert_eq!(accepted["sizes"], serde_json::json!([anchored]));
    let entry = scene.say(&["ledger", "show", &held.to_string()]).done();
    assert!(entry.out.contains("about rollback-accepted"), "{entry:?}");
    // It is written again, and grows past the anchor that it does not continue.
    scene.night.score("out/a.csv", &[]).done();
    grow(&root, 6, "since");
    assert!(scene.size() > anchored);
    scene.say(&["ledger", "verify", "--full"]).done();
    // Whoever holds the keys could have written that note: it is named, and fails all the same.
    let said = scene.verify(&["auditor"]);
    assert_eq!(said.exit, 4, "{said:?}");
    let said = said.json();
    assert_eq!(verdicts(&said), ["rewritten"]);
    assert_eq!(said["anchors"]["anchors"][0]["accepted"], held);
    // A second restoration takes the note away too, and is refused anew.
    put_back(&scene.path("backup"), &root);
    scene.night.score("out/c.csv", &[]).failed(4);
}

#[test]
fn a_rewritten_ledger_is_not_written_either() {
    let scene = Scene::new();
    let root = scene.root();
    copy(&root.join("ledger"), &scene.path("backup"));
    grow(&root, 4, "lost");
    let anchored = scene.anchored();
    fs::rename(root.join("anchors"), scene.path("aside")).unwrap();
    put_back(&scene.path("backup"), &root);
    grow(&root, 9, "another");
    fs::rename(scene.path("aside"), root.join("anchors")).unwrap();
    let refused = scene.night.score("out/a.csv", &[]).failed(4);
    let why = format!("not the one that was anchored at {anchored} entries");
    assert!(refused.err.contains(&why), "{refused:?}");
}

#[test]
fn a_truncated_tail_a_rewritten_history_and_a_fork_are_each_named_though_all_keys_are_theirs() {
    let scene = Scene::new();
    let root = scene.root();
    let forget = || fs::remove_dir_all(root.join("anchors")).unwrap();
    grow(&root, 2, "shared");
    let early = scene.text("auditor/early.note");
    scene.say(&["ledger", "anchor", "copy", &early]).done();
    copy(&root.join("ledger"), &scene.path("backup"));
    grow(&root, 4, "honest");
    scene.anchored();
    scene.carried_to("auditor");
    let early_held = "holds";

    // The tail is cut off, and the shorter log signed.
    forget();
    put_back(&scene.path("backup"), &root);
    let said = scene.verdicts(&["auditor"]);
    assert_eq!(said, [early_held, early_held, "truncated"]);

    // Another history is written in its place, and is longer.
    grow(&root, 9, "another");
    let said = scene.verdicts(&["auditor"]);
    assert_eq!(said, [early_held, early_held, "rewritten"]);

    // That history was shown to somebody else: two left the machine.
    fs::create_dir(scene.path("bank")).unwrap();
    let other = scene.text("bank/other.note");
    scene.say(&["ledger", "anchor", "copy", &other]).done();
    scene.verify(&["bank"]).done();
    let said = scene.verdicts(&["auditor", "bank"]);
    assert_eq!(said, [early_held, early_held, "forked", "holds"]);

    // A person reads it, in either language.
    for (lang, words) in [
        ("en", ["Anchors DO NOT HOLD", "fork: two histories"]),
        (
            "fr",
            [
                "Ancrages\u{a0}: ROMPUS",
                "bifurcation\u{a0}: deux histoires",
            ],
        ),
    ] {
        let output = Command::new(crate::night::PROBANT)
            .args(["--lang", lang, "-w"])
            .arg(&root)
            .args(["ledger", "verify", "--anchors"])
            .arg(scene.path("auditor"))
            .arg("--anchors")
            .arg(scene.path("bank"))
            .output()
            .unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(4), "{out}");
        for word in words {
            assert!(out.contains(word), "{lang}: {out}");
        }
    }
}

#[test]
fn anchors_are_compared_with_the_log_and_with_each_other() {
    let root_at = |size: u64| (size <= 10).then_some([size as u8; 32]);
    let claim = |size: u64, root: u8| Claim {
        size,
        root: [root; 32],
    };
    let said = |claims: &[Claim]| compare(claims, 10, &root_at);
    assert_eq!(
        said(&[claim(3, 3), claim(10, 10)]),
        [Comparison::Holds, Comparison::Holds]
    );
    assert_eq!(said(&[claim(11, 1)]), [Comparison::Truncated]);
    assert_eq!(
        said(&[claim(3, 3), claim(7, 1)]),
        [Comparison::Holds, Comparison::Rewritten]
    );
    assert_eq!(
        said(&[claim(7, 1), claim(8, 8)]),
        [Comparison::Forked, Comparison::Holds]
    );
    assert_eq!(
        said(&[claim(12, 1), claim(12, 2)]),
        [Comparison::Forked, Comparison::Forked]
    );
}

#[test]
fn a_folder_without_an_anchor_proves_nothing() {
    let scene = Scene::new();
    let said = scene.verify(&["auditor"]).failed(2);
    assert!(said.err.contains("nothing was proved"), "{said:?}");
    scene.verify(&["nowhere"]).failed(2);
    fs::write(scene.path("auditor/readme.txt"), "hello").unwrap();
    scene.verify(&["auditor"]).failed(2);
    let bad = scene.text("auditor/copy.txt");
    scene.say(&["ledger", "anchor", "copy", &bad]).failed(2);
    let good = scene.text("auditor/copy.note");
    scene.say(&["ledger", "anchor", "copy", &good]).done();
    scene.say(&["ledger", "anchor", "copy", &good]).done();
    let said = scene.verify(&["auditor"]).done().json();
    let ignored = said["anchors"]["ignored"][0].as_str().unwrap();
    assert!(ignored.ends_with("readme.txt"), "{said}");
    // An older copy is evidence: a newer one does not take its place.
    grow(&scene.root(), 1, "grown");
    scene.say(&["ledger", "anchor", "copy", &good]).failed(2);
    scene.verify(&["auditor"]).done();
}

/// A time-stamping authority of our own, or `None` (with a printed line) without `openssl`.
struct Authority {
    folder: PathBuf,
}

impl Authority {
    fn new(folder: PathBuf) -> Option<Self> {
        let known = Command::new("openssl").arg("version").output();
        if !known.is_ok_and(|it| it.status.success()) {
            println!("skipped: there is no openssl to be the time-stamping authority");
            return None;
        }
        fs::create_dir(&folder).unwrap();
        let it = Self { folder };
        let conf = "[tsa]\nserial = serial\nsigner_cert = tsa.pem\nsigner_key = tsa.key\n\
            signer_digest = sha256\ndefault_policy = 1.2.3.4\ndigests = sha256\ness_cert_id_alg = sha256\n\
            accuracy = secs:1\n[req]\ndistinguished_name = dn\n[dn]\n[ext]\n\
            extendedKeyUsage = critical,timeStamping\n";
        fs::write(it.folder.join("tsa.conf"), conf).unwrap();
        fs::write(it.folder.join("serial"), "01\n").unwrap();
        for (name, subject) in [
            ("ca", "/CN=Autorite de test"),
            ("tsa", "/CN=Horodateur de test"),
        ] {
            let (key, out) = (format!("{name}.key"), format!("{name}.csr"));
            let new = "req -newkey rsa:2048 -nodes -config tsa.conf -subj";
            let words: Vec<&str> = new
                .split(' ')
                .chain([subject, "-keyout", &key, "-out", &out])
                .collect();
            it.openssl(&words);
        }
        it.openssl(
            &"x509 -req -in ca.csr -signkey ca.key -days 3650 -out ca.pem"
                .split(' ')
                .collect::<Vec<_>>(),
        );
        it.openssl(
            &"x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -extfile tsa.conf -extensions ext -out tsa.pem"
                .split(' ')
                .collect::<Vec<_>>(),
        );
        Some(it)
    }

    fn try_openssl(&self, words: &[&str]) -> bool {
        let output = Command::new("openssl")
            .args(words)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        output.status.success()
    }

    fn openssl(&self, words: &[&str]) {
        assert!(self.try_openssl(words), "openssl {words:?}");
    }

    fn reply(&self, query: &Path, out: &Path) {
        let (query, out) = (text(query), text(out));
        let words = "ts -reply -config tsa.conf -section tsa -queryfile";
        let words: Vec<&str> = words
            .split(' ')
            .chain([query.as_str(), "-out", &out])
            .collect();
        self.openssl(&words);
    }

    /// Whether `openssl ts -verify` accepts `token` for `data`, as `verify` tells people to ask it.
    fn accepts(&self, data: &Path, token: &Path) -> bool {
        let (data, token) = (text(data), text(token));
        let words = ["ts", "-verify", "-data", &data, "-in", &token];
        let words: Vec<&str> = words.into_iter().chain(["-CAfile", "ca.pem"]).collect();
        self.try_openssl(&words)
    }
}

/// A scene whose log was time-stamped; the authority, and the anchor as it was kept.
fn stamped() -> Option<(Scene, Authority, Value)> {
    let scene = Scene::new();
    let authority = Authority::new(scene.path("authority"))?;
    let (query, answer) = (scene.text("request.tsq"), scene.text("answer.tsr"));
    let words = ["ledger", "anchor", "request", "--timestamp", &query];
    scene.say(&words).done();
    authority.reply(Path::new(&query), Path::new(&answer));
    // The ledger may grow meanwhile.
    grow(&scene.root(), 3, "grown");
    let said = scene
        .say(&["ledger", "anchor", "add", &answer])
        .done()
        .json();
    let kept = said["anchors"][0].clone();
    Some((scene, authority, kept))
}

#[test]
fn openssl_accepts_the_time_stamp_of_a_checkpoint_and_for_nothing_else() {
    let Some((scene, authority, kept)) = stamped() else {
        return;
    };
    let path = |name: &str| PathBuf::from(kept[name].as_str().unwrap());
    let (note, token) = (path("note"), path("token"));
    assert!(authority.accepts(&note, &token));
    let checkpoint = scene.root().join("ledger/checkpoint");
    assert!(
        !authority.accepts(&checkpoint, &token),
        "another checkpoint"
    );
    scene.carried_to("auditor");
    let said = scene.verify(&["auditor"]).done().json();
    let anchor = &said["anchors"]["anchors"][0];
    assert_eq!(anchor["kind"], "timestamp");
    let data = PathBuf::from(anchor["data"].as_str().unwrap());
    let file = PathBuf::from(anchor["file"].as_str().unwrap());
    assert!(
        authority.accepts(&data, &file),
        "the command that is printed"
    );
    assert_eq!(verdicts(&said), ["holds"], "one line, not two");
}

#[test]
fn a_time_stamp_of_something_else_or_of_another_request_or_not_granted_is_not_kept() {
    let Some((scene, authority, _)) = stamped() else {
        return;
    };
    let before = tree(&scene.root(), &["anchors"]);
    let answer = scene.text("answer.tsr");
    let refused = |why: &str| {
        let said = scene.say(&["ledger", "anchor", "add", &answer]).failed(4);
        assert!(said.err.contains(why), "{why}: {said:?}");
        let now = tree(&scene.root(), &["anchors"]);
        assert_eq!(now, before, "{why}: something was kept");
    };
    // Of a file of the operator's choosing.
    fs::write(scene.path("other"), "other").unwrap();
    let (other, query) = (scene.text("other"), scene.text("other.tsq"));
    let words = ["ts", "-query", "-sha256", "-data", &other, "-out", &query];
    authority.openssl(&words);
    authority.reply(Path::new(&query), Path::new(&answer));
    refused("nothing that was asked here");
    // Of the same checkpoint, with another nonce.
    let asked = scene.root().join("anchors/asked");
    let standing = fs::read_dir(&asked)
        .unwrap()
        .map(|item| item.unwrap().path())
        .find(|path| path.extension().is_some_and(|it| it == "tsq"))
        .unwrap();
    let request = Request::parse(&fs::read(standing).unwrap()).unwrap();
    let twin = Request::new(request.imprint, [9; 8]);
    fs::write(&query, twin.bytes()).unwrap();
    authority.reply(Path::new(&query), Path::new(&answer));
    refused("it answers another request");
    // Refused by the authority: it knows no SHA-1.
    let words = ["ts", "-query", "-sha1", "-data", &other, "-out", &query];
    authority.openssl(&words);
    let words = "ts -reply -config tsa.conf -section tsa -queryfile";
    let words: Vec<&str> = words
        .split(' ')
        .chain([query.as_str(), "-out", &answer])
        .collect();
    authority.try_openssl(&words);
    refused("the authority did not grant it");
}

#[test]
fn no_changed_byte_of_an_anchor_goes_unnoticed() {
    let Some((scene, _, _)) = stamped() else {
        return;
    };
    scene.anchored();
    let bare = scene.text("auditor/bare.note");
    scene.say(&["ledger", "anchor", "copy", &bare]).done();
    scene.carried_to("auditor");
    scene.verify(&["auditor"]).done();
    let files = tree(&scene.path("."), &["auditor"]);
    let kinds: Vec<_> = files
        .keys()
        .map(|name| name.rsplit('.').next().unwrap())
        .collect();
    // Time-stamp, cosignature with its key, copy here, copy elsewhere.
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    for (name, bytes) in &files {
        let path = scene.path(name);
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            let said = scene.verify(&["auditor"]);
            assert_eq!(
                said.exit, 4,
                "{name}: byte {at} was changed unseen: {said:?}"
            );
            let named = path.file_stem().unwrap().to_str().unwrap();
            let key = named.starts_with("witness-");
            assert!(
                said.out.contains(named) || key,
                "{name} is not named: {said:?}"
            );
        }
        fs::write(&path, bytes).unwrap();
    }
    for name in files
        .keys()
        .filter(|name| ["tsr", "vkey"].contains(&name.rsplit('.').next().unwrap()))
    {
        fs::remove_file(scene.path(name)).unwrap();
        assert_eq!(
            scene.verify(&["auditor"]).exit,
            4,
            "{name} was taken away unseen"
        );
        fs::write(scene.path(name), &files[name]).unwrap();
    }
    scene.verify(&["auditor"]).done();
}

#[test]
fn a_damaged_anchor_stops_writers_and_names_itself() {
    let scene = Scene::new();
    scene.anchored();
    let view = View::open(&scene.root()).unwrap();
    let name = view.anchors().unwrap()[0].stem();
    let path = scene.root().join(format!("anchors/{name}.note"));
    let mut bytes = fs::read(&path).unwrap();
    bytes[40] ^= 1;
    fs::write(&path, bytes).unwrap();
    let said = scene.night.score("out/a.csv", &[]).failed(4);
    assert!(said.err.contains(&name), "{said:?}");
    assert!(said.err.contains("put it back from a copy"), "{said:?}");
    // Moved out of the way, it stops nobody.
    fs::remove_file(&path).unwrap();
    scene.night.score("out/a.csv", &[]).done();
}

#[test]
fn no_bytes_make_the_readers_of_anchors_panic() {
    let mut draws = Draws(7);
    let scene = stamped();
    let token = scene
        .as_ref()
        .map(|(scene, _, _)| fs::read(scene.path("answer.tsr")).unwrap());
    let request = Request::new([1; 32], [2; 8]).bytes();
    let asked = witness::Request {
        old: 3,
        proof: vec![[5; 32]; 2],
        note: "probant.invalid/0123456789abcdef\n7\n".to_owned(),
    }
    .text()
    .into_bytes();
    for seed in token.iter().chain([&request, &asked]) {
        for _ in 0..20_000 {
            let mut bytes = seed.clone();
            for _ in 0..=draws.below(4) {
                let at = draws.below(bytes.len().max(1));
                match draws.below(3) {
                    0 if !bytes.is_empty() => bytes[at] = draws.below(256) as u8,
                    1 => bytes.truncate(at),
                    _ => bytes.insert(at, draws.below(256) as u8),
                }
            }
            let _ = Token::parse(&bytes);
            let _ = witness::Memory::parse(&bytes);
            if let Ok(request) = Request::parse(&bytes) {
                assert_eq!(request.bytes(), bytes);
            }
            if let Ok(request) = witness::Request::parse(&bytes) {
                assert_eq!(request.text().into_bytes(), bytes);
            }
        }
    }
}

/// The C2SP rules once more, from the specifications, in another language.
const PYTHON: &str = r#"
import base64, hashlib, struct, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
note, logkey, witkey = open(sys.argv[1], encoding="utf-8", newline="").read(), sys.argv[2], open(sys.argv[3]).read()
assert witkey.endswith("\n")
def vkey(text, kind):
    name, kid, key = text.split("+", 2)
    raw = base64.b64decode(key, validate=True)
    assert raw[0] == kind and len(raw) == 33
    assert hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() == kid
    return name, bytes.fromhex(kid), Ed25519PublicKey.from_public_bytes(raw[1:])
at = note.rindex("\n\n")
text, lines = note[:at + 1], note[at + 2:].splitlines()
def signature(line, name, kid):
    dash, who, sig = line.split(" ")
    raw = base64.b64decode(sig, validate=True)
    assert dash == "\u2014" and who == name and raw[:4] == kid
    return raw[4:]
name, kid, key = vkey(logkey, 1)
key.verify(signature(lines[0], name, kid), text.encode())
name, kid, key = vkey(witkey[:-1], 4)
raw = signature(lines[1], name, kid)
assert len(raw) == 72
time = struct.unpack(">Q", raw[:8])[0]
key.verify(raw[8:], f"cosignature/v1\ntime {time}\n{text}".encode())
print(time)
"#;

#[test]
fn python_verifies_a_cosignature_from_the_specification_alone() {
    let known = Command::new("python3")
        .args(["-c", "import cryptography"])
        .output();
    if !known.is_ok_and(|it| it.status.success()) {
        println!("skipped: there is no python3 with `cryptography`");
        return;
    }
    let scene = Scene::new();
    scene.anchored();
    let (mut note, mut key) = (None, None);
    for item in fs::read_dir(scene.root().join("anchors")).unwrap() {
        let path = item.unwrap().path();
        match path.extension().and_then(|it| it.to_str()) {
            Some("note") => note = Some(path),
            Some("vkey") => key = Some(path),
            _ => {}
        }
    }
    let (note, key) = (note.unwrap(), key.unwrap());
    let verified = || {
        let output = Command::new("python3")
            .args(["-c", PYTHON])
            .arg(&note)
            .arg(scene.log())
            .arg(&key)
            .output()
            .unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| out.trim().to_owned())
    };
    assert_eq!(verified().as_deref(), Some("1790000000"));
    let good = fs::read_to_string(&note).unwrap();
    fs::write(&note, good.replacen('\n', "\n1", 1)).unwrap();
    assert_eq!(verified(), None);
}

/// A cosigner as `signed_note` wants one, from the specification.
struct Cosigner {
    name: String,
    id: u32,
    key: ed25519_dalek::VerifyingKey,
}

impl signed_note::Verifier for Cosigner {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = signature.split_first_chunk::<8>() else {
            return false;
        };
        let time = u64::from_be_bytes(*time);
        let signed = [format!("cosignature/v1\ntime {time}\n").as_bytes(), message].concat();
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|it| self.key.verify_strict(&signed, &it).is_ok())
    }
}

#[test]
fn signed_note_reads_a_cosigned_checkpoint_and_both_signatures_hold() {
    use base64::Engine as _;
    use signed_note::{Note, StandardVerifier, VerifierList};
    let scene = Scene::new();
    scene.anchored();
    let view = View::open(&scene.root()).unwrap();
    let name = view.anchors().unwrap()[0];
    let file = scene.root().join(format!("anchors/{}.note", name.stem()));
    let note = Note::from_bytes(&fs::read(file).unwrap()).unwrap();
    let vkey = scene.witness();
    let parts: Vec<&str> = vkey.splitn(3, '+').collect();
    let key = base64::engine::general_purpose::STANDARD
        .decode(parts[2])
        .unwrap();
    let cosigner = Cosigner {
        name: parts[0].to_owned(),
        id: u32::from_str_radix(parts[1], 16).unwrap(),
        key: ed25519_dalek::VerifyingKey::from_bytes(key[1..].try_into().unwrap()).unwrap(),
    };
    let log = StandardVerifier::new(&scene.log()).unwrap();
    let list = VerifierList::new(vec![Box::new(log), Box::new(cosigner)]);
    let (verified, unverified) = note.verify(&list).unwrap();
    assert_eq!((verified.len(), unverified.len()), (2, 0));
}

#[test]
fn a_witness_asked_twice_for_the_same_checkpoint_cosigns_it_twice() {
    let scene = Scene::new();
    scene.anchored();
    let mut world = world(5);
    world.now = Time(1_790_000_600);
    scene.request(&[]);
    let [request, folder, out] =
        ["request.txt", "dpo/witness", "answer.txt"].map(|name| scene.text(name));
    let words = [
        "ledger",
        "cosign",
        &request,
        "--witness",
        &folder,
        "--out",
        &out,
    ];
    fs::remove_file(&out).unwrap();
    let said = run(&scene.root(), &mut world, &words).done().json();
    assert_eq!(said["from"], said["size"]);
    scene.say(&["ledger", "anchor", "add", &out]).done();
    let view = View::open(&scene.root()).unwrap();
    assert_eq!(view.anchors().unwrap().len(), 2);
}

#[test]
fn hashes_of_anchors_are_what_sha256sum_says() {
    let hash: Hash = [0xab; 32];
    let name = Name {
        size: 42,
        kind: probant::ledger::text::AnchorKind::Copy,
        proof: probant::digest::Digest(hash),
    };
    let stem = format!("copy-42-{}", "ab".repeat(32));
    assert_eq!(name.stem(), stem);
    assert_eq!(Name::of(&format!("{stem}.note")), Some(name));
    for bad in ["copy-042-", "copy--", "Copy-42-", "copy-42"] {
        assert_eq!(Name::of(&format!("{bad}{}.note", "ab".repeat(32))), None);
    }
}
