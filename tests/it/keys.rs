//! Keys over time: periods that end and are destroyed, and a machine that is lost and brought back.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use probant::cli::run_in;
use probant::demo::Stage;
use probant::ledger::age::{self, Draws, Identity};
use probant::ledger::{Secret, Time};
use probant::workspace::disk::{Disk, Operation, Phase};
use probant::workspace::journal::Entropy;
use serde_json::Value;

use crate::night::{FIRST, Night, Said, copy, export, run, say, table, tree, world_on};

const NOW: i64 = 1_790_000_000;
const DAY: i64 = 86_400;

/// Runs a command line `days` after the workspace's first day.
fn on_day(root: &Path, days: i64, words: &[&str]) -> Said {
    let mut world = world_on(Disk::new(), 0);
    world.now = Time(NOW + days * DAY);
    world.entropy = Entropy::os();
    run(root, &mut world, words)
}

/// The same as a person reads it, in French, without JSON.
fn in_french(root: &Path, words: &[&str]) -> (String, String) {
    let mut world = world_on(Disk::new(), 0);
    world.entropy = Entropy::os();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let root = root.to_str().unwrap();
    let all = ["probant", "--lang", "fr", "-w", root]
        .into_iter()
        .chain(words.iter().copied());
    run_in(all.map(Into::into), &mut out, &mut err, &mut world);
    (
        String::from_utf8(out).unwrap(),
        String::from_utf8(err).unwrap(),
    )
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The lead on a row of a score file.
fn lead(night: &Night, scores: &str, row: usize) -> String {
    table(&night.read(scores))[row]["Réf. prospect"].clone()
}

fn periods(root: &Path) -> Vec<Value> {
    let list = say(root, &["keys", "list"]).done().json();
    list["periods"].as_array().unwrap().clone()
}

fn kid(period: &Value) -> &str {
    period["kid"].as_str().unwrap()
}

fn states(root: &Path) -> Vec<String> {
    let state = |period: &Value| period["state"].as_str().unwrap().to_owned();
    periods(root).iter().map(state).collect()
}

fn rotate(root: &Path, days: i64) -> String {
    let done = on_day(root, days, &["keys", "rotate", "--as", "dpo-1"]).done();
    done.json()["began"].as_str().unwrap().to_owned()
}

fn verified(root: &Path) {
    say(root, &["ledger", "verify", "--full"]).done();
}

/// A night scored, a rotation, and another night in which every second lead is a new one.
fn two_periods() -> Night {
    let night = Night::new(60);
    night.put("later.csv", &export(60, 2, FIRST + 30, Stage::Open));
    let root = night.root();
    let (first, later) = (night.path("night.csv"), night.path("later.csv"));
    let (a, b) = (night.path("out/a.csv"), night.path("out/b.csv"));
    on_day(&root, 0, &["score", text(&first), "--out", text(&a)]).done();
    rotate(&root, 10);
    on_day(&root, 11, &["score", text(&later), "--out", text(&b)]).done();
    night
}

#[test]
fn a_rotation_ends_a_period_and_everything_goes_on_working() {
    let night = two_periods();
    let root = night.root();
    let found = periods(&root);
    assert_eq!(states(&root), ["kept", "in-use"]);
    for period in &found {
        assert_eq!(period["predictions"], 60, "{found:?}");
    }
    assert_eq!(found[0]["until"], found[1]["since"]);
    assert_eq!(found[1]["until"], Value::Null);
    // Someone of both nights is found under both periods.
    let known: BTreeSet<String> = (0..60).map(|row| lead(&night, "out/a.csv", row)).collect();
    let both = (0..60)
        .map(|row| lead(&night, "out/b.csv", row))
        .find(|it| known.contains(it))
        .unwrap();
    let said = say(&root, &["explain", "--why", "audit", &both])
        .done()
        .json();
    assert_eq!(
        said["other_decisions"].as_array().unwrap().len(),
        1,
        "{said}"
    );
    assert_eq!(said.get("unlinked"), None);
    // Someone of the first night only is found too.
    let later: BTreeSet<String> = (0..60).map(|row| lead(&night, "out/b.csv", row)).collect();
    let early = known.iter().find(|it| !later.contains(*it)).unwrap();
    say(&root, &["explain", "--why", "audit", early]).done();
    verified(&root);
    // A retry of the first night is written again under the first night's period.
    let whole = night.read("out/a.csv");
    fs::remove_file(night.path("out/a.csv")).unwrap();
    let (data, out) = (night.path("night.csv"), night.path("out/a.csv"));
    let again = on_day(&root, 0, &["score", text(&data), "--out", text(&out)]).done();
    assert_eq!(again.json()["status"], "restored");
    assert_eq!(night.read("out/a.csv"), whole);
    let (out, err) = in_french(&root, &["keys", "list"]);
    assert!(out.contains("en usage") && out.contains("gardée"), "{out}");
    assert!(err.contains("ensuite"), "{err}");
}

#[test]
fn a_destroyed_period_says_why_nobody_is_found_in_it() {
    let night = two_periods();
    let root = night.root();
    let found = periods(&root);
    let (old, new) = (kid(&found[0]).to_owned(), kid(&found[1]).to_owned());
    let known: BTreeSet<String> = (0..60).map(|row| lead(&night, "out/a.csv", row)).collect();
    let later: BTreeSet<String> = (0..60).map(|row| lead(&night, "out/b.csv", row)).collect();
    let early = known.iter().find(|it| !later.contains(*it)).unwrap();
    let both = known.iter().find(|it| later.contains(*it)).unwrap();

    let destroy = |period: &str, more: &[&str]| {
        let mut words = vec!["keys", "destroy", "--period", period, "--as", "dpo-1"];
        words.extend(more);
        on_day(&root, 20, &words)
    };
    let before = tree(&root, &["ledger", "keys"]);
    let refused = destroy(&new, &["--yes"]).failed(5);
    assert!(refused.err.contains("keys rotate"), "{refused:?}");
    let refused = destroy(&old, &[]).failed(2);
    assert!(refused.err.contains("60 predictions"), "{refused:?}");
    assert!(refused.err.contains("--yes"), "{refused:?}");
    destroy("0123", &["--yes"]).failed(2);
    assert_eq!(tree(&root, &["ledger", "keys"]), before);

    assert!(root.join(format!("keys/pseudonym-{old}")).exists());
    let done = destroy(&old[..8], &["--yes"]).done().json();
    assert_eq!(
        (&done["period"], &done["already"]),
        (&old.as_str().into(), &false.into())
    );
    assert!(!root.join(format!("keys/pseudonym-{old}")).exists());
    assert_eq!(states(&root), ["destroyed", "in-use"]);
    let log = say(&root, &["ledger", "show"]).done().out;
    assert!(log.contains(&format!("about pseudonym-destroyed-{old}")));
    // Again: nothing to do, and nothing recorded.
    let size = tree(&root, &["ledger"]);
    let again = destroy(&old, &["--yes"]).done().json();
    assert_eq!(again["already"], true);
    assert_eq!(again["since"], done["since"]);
    assert_eq!(tree(&root, &["ledger"]), size);
    verified(&root);

    // Someone of the destroyed period only: why, how many, from when to when, since when.
    let said = say(&root, &["explain", "--why", "audit", early]).failed(1);
    let why = format!(
        "60 predictions of period {old}, from 2026-09-21 to 2026-09-21, can no longer be linked to anybody since 2026-10-11"
    );
    assert!(said.err.contains(&why), "{said:?}");
    let (_, err) = in_french(&root, &["explain", "--why", "audit", early]);
    assert!(
        err.contains("ne peuvent plus être rattachées à personne depuis le 11/10/2026"),
        "{err}"
    );
    // Someone found elsewhere: explained, with a line about what could not be searched.
    let said = say(&root, &["explain", "--why", "audit", both])
        .done()
        .json();
    assert_eq!(
        said["other_decisions"].as_array().unwrap().len(),
        0,
        "{said}"
    );
    assert_eq!(said["unlinked"][0]["kid"], old.as_str());
    let (out, _) = in_french(&root, &["explain", "--why", "audit", both]);
    assert!(
        out.contains(&format!("60 prédictions de la période {old}")),
        "{out}"
    );
    // Nobody: the same answer as for someone who was there, or the difference would tell.
    let nobody = say(&root, &["explain", "--why", "audit", "NOBODY"]).failed(1);
    assert!(nobody.err.contains(&why), "{nobody:?}");

    // The files of a run of that period cannot be made again; those in place are recognised.
    let (data, out) = (night.path("night.csv"), night.path("out/a.csv"));
    let words = ["score", text(&data), "--out", text(&out)];
    assert_eq!(on_day(&root, 0, &words).done().json()["status"], "restored");
    fs::remove_file(&out).unwrap();
    let refused = on_day(&root, 0, &words).failed(5);
    assert!(
        refused.err.contains(&old) && refused.err.contains("--again"),
        "{refused:?}"
    );
    assert!(!out.exists());
    on_day(&root, 0, &[&words[..], &["--again"]].concat()).done();
    say(&root, &["explain", "--why", "audit", early]).done();
    verified(&root);
}

#[test]
fn a_key_that_is_missing_without_a_word_in_the_log_is_said_to_be_missing() {
    let night = two_periods();
    let root = night.root();
    let found = periods(&root);
    let old = root.join(format!("keys/pseudonym-{}", kid(&found[0])));
    let secret = fs::read(&old).unwrap();
    fs::remove_file(&old).unwrap();
    assert_eq!(states(&root), ["missing", "in-use"]);
    let said = say(&root, &["explain", "--why", "audit", "NOBODY"]).failed(1);
    assert!(
        said.err.contains("does not say that it was destroyed"),
        "{said:?}"
    );
    fs::write(&old, secret).unwrap();
    // Keys that are newer than the log: nothing is taken for an orphan.
    let current = fs::read_to_string(root.join("keys/current")).unwrap();
    let newer = current.replace(kid(&found[1]), "0123456789abcdef");
    fs::write(root.join("keys/current"), newer).unwrap();
    close(&root.join("keys"), 0o600);
    say(&root, &["keys", "rotate", "--as", "dpo-1"]).failed(4);
    fs::write(root.join("keys/current"), current).unwrap();
    assert_eq!(states(&root), ["kept", "in-use"]);
    rotate(&root, 12);
}

/// Gives every file of a folder this mode.
fn close(folder: &Path, mode: u32) {
    #[cfg(unix)]
    for item in fs::read_dir(folder).unwrap() {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        fs::set_permissions(item.unwrap().path(), mode).unwrap();
    }
    #[cfg(not(unix))]
    let _ = (folder, mode);
}

/// A disk whose `n`-th watched moment fails, and how many moments there were.
fn failing(n: usize) -> (Disk, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let watcher = move |_: Phase, _: Operation, _: &Path| {
        if seen.fetch_add(1, Ordering::SeqCst) == n {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        } else {
            Ok(())
        }
    };
    (Disk::watched(Arc::new(watcher)), count)
}

/// Plays `words` on copies of `fresh`, each with another moment of the disk failing; `check` sees each copy.
fn at_every_moment(
    fresh: &Path,
    words: &dyn Fn(&Path) -> Vec<String>,
    check: &dyn Fn(&Path, &Said, &str),
) -> usize {
    let folder = tempfile::tempdir().unwrap();
    for n in 0.. {
        let place = folder.path().join(n.to_string());
        let root = place.join("ws");
        copy(fresh, &root);
        let (disk, count) = failing(n);
        let mut world = world_on(disk, 0);
        world.entropy = Entropy::os();
        let words = words(&place);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let said = run(&root, &mut world, &words);
        let over = count.load(Ordering::SeqCst) <= n;
        assert!(!over || said.exit == 0, "{said:?}");
        check(&place, &said, &format!("moment {n} of {words:?}"));
        fs::remove_dir_all(&place).unwrap();
        if over {
            return n;
        }
    }
    unreachable!("the loop ends when no moment is left")
}

/// The masters that `keys/` holds, by id.
fn masters(root: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(root.join("keys")).unwrap();
    names
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_prefix("pseudonym-").map(str::to_owned))
        .collect()
}

/// After any crash and the next writer's open: sound, one period in use, no file that the log does not explain.
fn settled(root: &Path, when: &str) {
    say(root, &["ledger", "verify", "--full"]).done();
    // A writer's open that records nothing.
    say(
        root,
        &["keys", "destroy", "--period", "ffff", "--as", "dpo-1"],
    )
    .failed(2);
    say(root, &["ledger", "verify", "--full"]).done();
    let found = periods(root);
    let with = |state: &str| -> Vec<String> {
        let such = found.iter().filter(|period| period["state"] == state);
        such.map(|period| kid(period).to_owned()).collect()
    };
    assert_eq!(with("in-use").len(), 1, "{when}: {found:?}");
    assert!(with("missing").is_empty(), "{when}: {found:?}");
    assert_eq!(with("in-use")[0], kid(found.last().unwrap()), "{when}");
    let standing: BTreeSet<String> = with("in-use").into_iter().chain(with("kept")).collect();
    assert_eq!(masters(root), standing, "{when}");
    for item in fs::read_dir(root.join("keys")).unwrap() {
        let name = item.unwrap().file_name().into_string().unwrap();
        assert!(!name.starts_with('.'), "{when}: {name}");
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_rotation_cut_short_at_any_operation_leaves_the_old_period_or_the_new_one() {
    let night = Night::new(20);
    night.score("out/a.csv", &[]).done();
    let whose = lead(&night, "out/a.csv", 0);
    let words = owned(&["keys", "rotate", "--as", "dpo-1"]);
    let (old, new) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let moments = at_every_moment(&night.root(), &|_| words.clone(), &|place, said, when| {
        let root = place.join("ws");
        settled(&root, when);
        let began = periods(&root).len();
        assert!(
            said.exit != 0 || began == 2,
            "{when}: reported done, and gone"
        );
        if began == 2 { &new } else { &old }.fetch_add(1, Ordering::SeqCst);
        say(&root, &["explain", "--why", "audit", &whose]).done();
        rotate(&root, 1);
        settled(&root, when);
        assert_eq!(periods(&root).len(), began + 1, "{when}");
    });
    let (old, new) = (old.into_inner(), new.into_inner());
    assert!(
        old > 20 && new > 5 && old + new == moments + 1,
        "{old} old, {new} new"
    );
}

#[test]
fn a_destruction_cut_short_at_any_operation_is_finished_or_was_never_decided() {
    let night = Night::new(20);
    night.score("out/a.csv", &[]).done();
    let root = night.root();
    rotate(&root, 1);
    let old = kid(&periods(&root)[0]).to_owned();
    let words = owned(&[
        "keys", "destroy", "--period", &old, "--as", "dpo-1", "--yes",
    ]);
    let (stands, gone) = (AtomicUsize::new(0), AtomicUsize::new(0));
    at_every_moment(&root, &|_| words.clone(), &|place, said, when| {
        let root = place.join("ws");
        // Before anyone recovers, what the log says counts: nothing is looked for with a condemned key.
        let before = states(&root)[0].clone();
        let held = root.join(format!("keys/pseudonym-{old}")).exists();
        assert!(
            held || before == "destroyed",
            "{when}: gone before the log said so"
        );
        settled(&root, when);
        assert_eq!(states(&root)[0], before, "{when}");
        assert!(said.exit != 0 || before == "destroyed", "{when}");
        if before == "kept" { &stands } else { &gone }.fetch_add(1, Ordering::SeqCst);
        let again: Vec<&str> = words.iter().map(String::as_str).collect();
        let done = say(&root, &again).done().json();
        assert_eq!(done["already"], before == "destroyed", "{when}");
        settled(&root, when);
        assert_eq!(states(&root), ["destroyed", "in-use"], "{when}");
    });
    let (stands, gone) = (stands.into_inner(), gone.into_inner());
    assert!(stands > 15 && gone > 6, "{stands} stand, {gone} gone");
}

/// A machine of the DPO, with the recovery identity on it.
struct Dpo {
    folder: tempfile::TempDir,
    recipient: String,
}

impl Dpo {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("recovery.key");
        let made = say(folder.path(), &["keys", "recovery", "--out", text(&file)]).done();
        let recipient = made.json()["recipient"].as_str().unwrap().to_owned();
        Self { folder, recipient }
    }

    fn identity(&self) -> PathBuf {
        self.folder.path().join("recovery.key")
    }

    /// Declares this recovery key in a workspace's policy.
    fn declare(&self, root: &Path, days: u32) {
        let path = root.join("probant.toml");
        let policy = fs::read_to_string(&path).unwrap();
        let table = format!(
            "\n[backup]\nrecovery = \"{}\"\nkeep_keys_days = {days}\n",
            self.recipient
        );
        fs::write(path, policy + &table).unwrap();
    }
}

fn restore(dir: &Path, dpo: &Dpo, into: &Path, more: &[&str]) -> Said {
    let identity = dpo.identity();
    let mut words = vec!["restore", text(dir), "--identity", text(&identity)];
    words.extend(["--into", text(into)]);
    words.extend(more);
    say(dir, &words)
}

#[test]
fn a_machine_that_is_lost_comes_back_and_goes_on() {
    let (night, dpo) = (two_periods(), Dpo::new());
    let (root, dir) = (night.root(), night.path("safe"));
    dpo.declare(&root, 30);
    let whose = lead(&night, "out/b.csv", 7);
    let (data, out) = (night.path("later.csv"), night.path("out/c.csv"));
    let again_words = ["score", text(&data), "--out", text(&out)];
    on_day(&root, 11, &again_words).done();
    let explained = say(&root, &["explain", "--why", "audit", &whose])
        .done()
        .out;
    let made = on_day(&root, 12, &["backup", text(&dir)]).done().json();
    assert_eq!(made["stamp"], "20261003T141320Z");
    let before = tree(&root, &["ledger", "models", "keys"]);
    fs::remove_dir_all(&root).unwrap();

    let back = night.path("back");
    let said = restore(&dir, &dpo, &back, &[]).done().json();
    assert_eq!(said["verdict"]["integrity"].as_array().unwrap().len(), 0);
    assert_eq!(said["verdict"]["replayed"], 180);
    assert_eq!(tree(&back, &["ledger", "models", "keys"]), before);
    verified(&back);
    let again = say(&back, &["explain", "--why", "audit", &whose])
        .done()
        .out;
    // The same decision; the log has grown by the first reading of it.
    let told = |text: &str| {
        let mut said: Value = serde_json::from_str(text).unwrap();
        for name in [
            "checkpoint",
            "checkpoint_size",
            "checkpoint_root",
            "entry_path",
        ] {
            assert!(
                said["proof"]
                    .as_object_mut()
                    .unwrap()
                    .remove(name)
                    .is_some()
            );
        }
        said
    };
    assert_eq!(told(&again), told(&explained));
    // What the desk remembered is back as well: a retry logs nobody twice.
    let retry = on_day(&back, 11, &again_words).done().json();
    assert_eq!(retry["status"], "restored");
    // And the next night goes on.
    night.put("next.csv", &export(40, 9, FIRST, Stage::Open));
    let (data, out) = (night.path("next.csv"), night.path("out/next.csv"));
    on_day(&back, 13, &["score", text(&data), "--out", text(&out)]).done();
    rotate(&back, 14);
    verified(&back);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&back.join("keys")), 0o700);
        for name in fs::read_dir(back.join("keys")).unwrap() {
            assert_eq!(mode(&name.unwrap().path()), 0o600);
        }
        assert_eq!(mode(&dpo.identity()), 0o600);
        assert_eq!(mode(&dir.join("20261003T141320Z-keys.age")), 0o600);
    }
    // Where the keys are kept elsewhere.
    let apart = night.path("apart.age");
    fs::rename(dir.join("20261003T141320Z-keys.age"), &apart).unwrap();
    let second = night.path("second");
    let refused = restore(&dir, &dpo, &second, &[]).failed(2);
    assert!(refused.err.contains("without its keys"), "{refused:?}");
    assert!(!second.exists());
    restore(&dir, &dpo, &second, &["--keys", text(&apart)]).done();
    assert_eq!(tree(&second, &["ledger", "models", "keys"]), before);
}

#[test]
fn a_backup_that_was_touched_anywhere_is_refused_and_the_file_is_named() {
    let (night, dpo) = (Night::new(20), Dpo::new());
    let (root, dir) = (night.root(), night.path("safe"));
    dpo.declare(&root, 30);
    night.score("out/a.csv", &[]).done();
    let made = say(&root, &["backup", text(&dir)]).done().json();
    let stamp = made["stamp"].as_str().unwrap().to_owned();
    let back = night.path("back");
    let refused = |file: &Path, when: &str| {
        let said = restore(&dir, &dpo, &back, &[]).failed(4);
        assert!(said.err.contains(text(file)), "{when}: {said:?}");
        assert!(!back.exists(), "{when}");
    };
    let ledger = dir.join(format!("{stamp}-ledger"));
    let files: Vec<PathBuf> = tree(&dir, &[&format!("{stamp}-ledger")])
        .keys()
        .map(|name| dir.join(name))
        .collect();
    assert!(files.len() > 10);
    for file in &files {
        let bytes = fs::read(file).unwrap();
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut touched = bytes.clone();
            touched[at] ^= 1;
            fs::write(file, touched).unwrap();
            refused(file, &format!("byte {at} of {}", file.display()));
        }
        fs::remove_file(file).unwrap();
        refused(file, "missing");
        fs::write(file, bytes).unwrap();
    }
    let manifest = ledger.join("MANIFEST");
    let bytes = fs::read(&manifest).unwrap();
    for at in (0..bytes.len()).step_by(11) {
        let mut touched = bytes.clone();
        touched[at] ^= 1 << (at % 8);
        fs::write(&manifest, touched).unwrap();
        refused(&manifest, &format!("byte {at} of the manifest"));
    }
    fs::write(&manifest, bytes).unwrap();
    let extra = ledger.join("ledger/extra");
    fs::write(&extra, b"x").unwrap();
    refused(&extra, "a file too many");
    fs::remove_file(extra).unwrap();
    let keys = dir.join(format!("{stamp}-keys.age"));
    let bytes = fs::read(&keys).unwrap();
    for at in 0..bytes.len() {
        let mut touched = bytes.clone();
        touched[at] ^= 1 << (at % 8);
        fs::write(&keys, touched).unwrap();
        if at % 40 == 0 {
            refused(&keys, &format!("byte {at} of the keys"));
        }
        let identity = fs::read_to_string(dpo.identity()).unwrap();
        let identity = Identity::parse(&identity).unwrap();
        let touched = fs::read(&keys).unwrap();
        assert!(age::open(&touched, &identity).is_err(), "byte {at}");
    }
    for length in (0..bytes.len()).step_by(29) {
        fs::write(&keys, &bytes[..length]).unwrap();
        refused(&keys, &format!("cut to {length}"));
    }
    fs::write(&keys, bytes).unwrap();
    restore(&dir, &dpo, &back, &[]).done();
    let refused = restore(&dir, &dpo, &back, &[]).failed(2);
    assert!(refused.err.contains("not empty"), "{refused:?}");
}

#[test]
fn only_the_right_identity_opens_and_only_its_own_ledger() {
    let (night, dpo, other) = (Night::new(20), Dpo::new(), Dpo::new());
    let (root, dir, back) = (night.root(), night.path("safe"), night.path("back"));
    dpo.declare(&root, 30);
    night.score("out/a.csv", &[]).done();
    on_day(&root, 0, &["backup", text(&dir)]).done();
    let refused = restore(&dir, &other, &back, &[]).failed(4);
    assert!(refused.err.contains("another recovery key"), "{refused:?}");
    // A file that is none, and one that others may read.
    let broken = fs::read_to_string(other.identity())
        .unwrap()
        .replace("KEY-1", "KEY-1Q");
    fs::write(other.identity(), broken).unwrap();
    restore(&dir, &other, &back, &[]).failed(3);
    #[cfg(unix)]
    {
        let loose = std::os::unix::fs::PermissionsExt::from_mode(0o640);
        fs::set_permissions(other.identity(), loose).unwrap();
        let refused = restore(&dir, &other, &back, &[]).failed(1);
        assert!(refused.err.contains("chmod 600"), "{refused:?}");
    }
    // The keys of the day after, and those of another log.
    on_day(&root, 1, &["backup", text(&dir)]).done();
    let names: Vec<String> = fs::read_dir(&dir)
        .unwrap()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with("-keys.age"))
        .collect();
    assert_eq!(names.len(), 2);
    let (first, second) = (names.iter().min().unwrap(), names.iter().max().unwrap());
    let first = dir.join(first);
    let refused = restore(&dir, &dpo, &back, &["--keys", text(&first)]).failed(4);
    assert!(refused.err.contains("another backup"), "{refused:?}");
    let elsewhere = night.path("elsewhere");
    say(&elsewhere, &["init"]).done();
    dpo.declare(&elsewhere, 30);
    let far = night.path("far");
    on_day(&elsewhere, 1, &["backup", text(&far)]).done();
    let keys = far.join(second);
    let refused = restore(&dir, &dpo, &back, &["--keys", text(&keys)]).failed(4);
    assert!(refused.err.contains("another log"), "{refused:?}");
    assert!(!back.exists());
    // An older backup by its time.
    let stamp = first.file_name().unwrap().to_str().unwrap();
    let stamp = stamp.strip_suffix("-keys.age").unwrap();
    restore(&dir, &dpo, &back, &["--stamp", stamp]).done();
    restore(
        &dir,
        &dpo,
        &night.path("none"),
        &["--stamp", "20200101T000000Z"],
    )
    .failed(2);
    restore(&root, &dpo, &night.path("none"), &[]).failed(2);
}

#[test]
fn without_a_recovery_key_nothing_is_backed_up_and_old_key_backups_go() {
    let (night, dpo) = (Night::new(20), Dpo::new());
    let (root, dir) = (night.root(), night.path("safe"));
    let refused = say(&root, &["backup", text(&dir)]).failed(5);
    assert!(refused.err.contains("keys recovery"), "{refused:?}");
    assert!(!dir.exists());
    dpo.declare(&root, 7);
    let inside = root.join("out/safe");
    say(&root, &["backup", text(&inside)]).failed(2);
    assert!(!inside.exists());

    on_day(&root, 0, &["backup", text(&dir)]).done();
    let taken = on_day(&root, 0, &["backup", text(&dir)]).failed(2);
    assert!(taken.err.contains("taken"), "{taken:?}");
    let made = on_day(&root, 7, &["backup", text(&dir)]).done().json();
    assert_eq!(made["due"].as_array().unwrap().len(), 0, "{made}");
    let made = on_day(&root, 8, &["backup", text(&dir)]).done().json();
    let due: Vec<&str> = made["due"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(due, [text(&dir.join("20260921T141320Z-keys.age"))]);
    assert!(Path::new(due[0]).exists());
    let (out, _) = in_french(&root, &["keys", "list"]);
    assert!(out.contains("gardées 7 jours"), "{out}");
    let pruned = on_day(&root, 9, &["backup", text(&dir), "--prune"])
        .done()
        .json();
    assert_eq!(pruned["destroyed"], made["due"]);
    assert!(!Path::new(due[0]).exists());
    let left = fs::read_dir(&dir).unwrap().count();
    assert_eq!(left, 4 + 3, "four ledgers, three keys, and no part of any");
}

#[test]
fn a_backup_cut_short_at_any_operation_is_whole_or_has_no_name() {
    let (night, dpo) = (Night::new(20), Dpo::new());
    dpo.declare(&night.root(), 30);
    night.score("out/a.csv", &[]).done();
    let words = |place: &Path| owned(&["backup", text(&place.join("safe"))]);
    let moments = at_every_moment(&night.root(), &words, &|place, said, when| {
        let (root, dir) = (place.join("ws"), place.join("safe"));
        let names: BTreeSet<String> = fs::read_dir(&dir)
            .map(|items| {
                let name = |item: io::Result<fs::DirEntry>| item.unwrap().file_name().into_string();
                items.map(|item| name(item).unwrap()).collect()
            })
            .unwrap_or_default();
        assert!(said.exit != 0 || names.len() == 2, "{when}: {names:?}");
        // Every seventh: a restoration costs more than a backup.
        let often = when
            .split(' ')
            .nth(1)
            .is_some_and(|n| n.parse::<usize>().unwrap() % 7 == 0);
        let back = place.join("back");
        let whole = |name: &String| name.ends_with("-keys.age") && !name.starts_with('.');
        if names.iter().any(whole) {
            restore(&dir, &dpo, &back, &[]).done();
        } else if often {
            restore(&dir, &dpo, &back, &[]).failed(2);
            on_day(&root, 1, &["backup", text(&dir)]).done();
            restore(&dir, &dpo, &back, &[]).done();
        }
    });
    assert!(moments > 60, "{moments}");
}

#[test]
fn a_restoration_cut_short_at_any_operation_leaves_a_whole_workspace_or_none() {
    let (night, dpo) = (Night::new(20), Dpo::new());
    let (root, dir) = (night.root(), night.path("safe"));
    dpo.declare(&root, 30);
    night.score("out/a.csv", &[]).done();
    say(&root, &["backup", text(&dir)]).done();
    let identity = dpo.identity();
    let words = |place: &Path| {
        let into = place.join("back");
        let mut words = owned(&["restore", text(&dir), "--identity", text(&identity)]);
        words.extend(owned(&["--into", text(&into)]));
        words
    };
    let moments = at_every_moment(&root, &words, &|place, said, when| {
        let back = place.join("back");
        if !back.exists() {
            assert_ne!(said.exit, 0, "{when}");
            let left = fs::read_dir(place).unwrap().count();
            assert_eq!(left, 1, "{when}: keys were left lying about");
            restore(&dir, &dpo, &back, &[]).done();
        }
        assert_eq!(
            tree(&back, &["ledger", "keys"]),
            tree(&root, &["ledger", "keys"])
        );
    });
    assert!(moments > 60, "{moments}");
}

/// Where a secret could be hiding: as it stands in its file, in hex, and as bytes.
fn forms(root: &Path) -> Vec<(String, Vec<u8>)> {
    use base64::Engine as _;
    let mut forms = Vec::new();
    for (name, bytes) in tree(root, &["keys"]) {
        let text = String::from_utf8(bytes).unwrap();
        let Some(line) = text.lines().find_map(|line| line.strip_prefix("secret ")) else {
            continue;
        };
        let raw = base64::engine::general_purpose::STANDARD
            .decode(line)
            .unwrap();
        // A part of each is enough to give it away.
        forms.push((name.clone(), line.as_bytes()[..20].to_vec()));
        forms.push((
            name.clone(),
            probant::digest::hex(&raw).into_bytes()[..20].to_vec(),
        ));
        forms.push((name, raw[..12].to_vec()));
    }
    forms
}

fn hides(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn no_secret_leaves_the_folder_of_keys_but_sealed() {
    let (night, dpo) = (two_periods(), Dpo::new());
    let (root, dir) = (night.root(), night.path("safe"));
    dpo.declare(&root, 30);
    rotate(&root, 12);
    let mut secrets = forms(&root);
    assert_eq!(secrets.len(), 3 * 5, "three masters, a KEK, a signing key");
    let identity = fs::read_to_string(dpo.identity()).unwrap();
    let line = identity
        .lines()
        .find(|line| line.starts_with("AGE-SECRET"))
        .unwrap();
    secrets.push(("recovery".to_owned(), line.as_bytes()[16..40].to_vec()));

    let whose = lead(&night, "out/a.csv", 0);
    let old = kid(&periods(&root)[0]).to_owned();
    let back = night.path("back");
    let key = night.path("second.key");
    let mut said = Vec::new();
    for words in [
        &["keys", "list"][..],
        &["keys", "rotate", "--as", "dpo-1"],
        &["keys", "recovery", "--out", text(&key)],
        &["explain", "--why", "audit", &whose],
        &["backup", text(&dir)],
        &[
            "restore",
            text(&dir),
            "--identity",
            text(&dpo.identity()),
            "--into",
            text(&back),
        ],
        &[
            "restore",
            text(&dir),
            "--identity",
            text(&root.join("keys/current")),
            "--into",
            text(&key),
        ],
        &[
            "restore",
            text(&dir),
            "--identity",
            text(&root.join(format!("keys/pseudonym-{old}"))),
            "--into",
            "x",
        ],
        &["keys", "destroy", "--period", &old, "--as", "dpo-1"],
        &[
            "keys", "destroy", "--period", &old, "--as", "dpo-1", "--yes",
        ],
        &["ledger", "show"],
        &["ledger", "verify", "--full"],
    ] {
        let it = say(&root, words);
        let (out, err) = in_french(&root, words);
        said.push(format!("{}{}{out}{err}", it.out, it.err).into_bytes());
    }
    let mut places: Vec<(String, Vec<u8>)> = said
        .into_iter()
        .enumerate()
        .map(|(at, bytes)| (format!("output {at}"), bytes))
        .collect();
    let all = ["ledger", "models", "tmp", "out", "anchors"];
    for (from, folders) in [(&root, &all[..]), (&back, &all[..]), (&dir, &["."][..])] {
        places.extend(tree(from, folders));
        for name in ["state.db", "state.db-wal", "probant.toml"] {
            places.extend(fs::read(from.join(name)).map(|bytes| (name.to_owned(), bytes)));
        }
    }
    assert!(places.iter().any(|(name, _)| name.ends_with("-keys.age")));
    assert!(places.iter().any(|(name, _)| name.ends_with("MANIFEST")));
    for (place, bytes) in &places {
        for (secret, form) in &secrets {
            assert!(!hides(bytes, form), "{secret} is in {place}");
        }
    }
    // The search finds what is there: the restored keys are those secrets.
    let restored = tree(&back, &["keys"]);
    let found = secrets
        .iter()
        .filter(|(_, form)| restored.values().any(|bytes| hides(bytes, form)))
        .count();
    assert!(found >= 5, "{found}");
}

#[test]
fn key_files_that_others_may_read_are_refused_by_what_uses_them() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let (night, dpo) = (two_periods(), Dpo::new());
        let (root, dir) = (night.root(), night.path("safe"));
        dpo.declare(&root, 30);
        let old = root.join(format!("keys/pseudonym-{}", kid(&periods(&root)[0])));
        let mode = |mode| fs::set_permissions(&old, fs::Permissions::from_mode(mode)).unwrap();
        mode(0o644);
        say(&root, &["explain", "--why", "audit", "NOBODY"]).failed(1);
        let refused = say(&root, &["backup", text(&dir)]).failed(1);
        assert!(refused.err.contains("open to others"), "{refused:?}");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0, "a part was left");
        mode(0o600);
        say(&root, &["backup", text(&dir)]).done();
    }
}

#[test]
fn a_run_and_a_change_of_periods_wait_for_each_other() {
    let night = Night::new(20);
    let root = night.root();
    let lock = Disk::new().lock(&root.join("run.lock"), std::time::Duration::ZERO);
    let lock = lock.unwrap().unwrap();
    let busy = say(&root, &["keys", "rotate", "--as", "dpo-1"]).failed(7);
    assert!(busy.err.contains("run.lock"), "{busy:?}");
    drop(lock);
    rotate(&root, 1);
    say(&root, &["keys", "rotate", "--as", "nobody"]).failed(2);
}

/// Sealed by us with these draws; the bytes that pyrage 1.4, which is rage's library, has opened.
const SEALED: &str = "6167652d656e6372797074696f6e2e6f72672f76310a2d3e20583235353139204537355036757279424d66394d316a38\
    6e41427947494852644365424b434a2b786e547a66332f706532300a33556a7943586e63767143586c4f37584f4f5852\
    762b38713361314a42416342722b4747314b47777032510a2d2d2d2051647a6c5a526930665376473231487767754255\
    30623030554b484778456c49555561306b4871336346590a09090909090909090909090909090909ce1b09a0b898badd\
    2e2000368488842299dabbb141a98fef0df74e";

fn sample() -> (Identity, Vec<u8>, Draws) {
    let draws = Draws {
        ephemeral: Secret::new([7; 32]),
        file_key: Secret::new([8; 32]),
        nonce: [9; 16],
    };
    (
        Identity::of(&Secret::new([0x42; 32])),
        b"three keys\n".to_vec(),
        draws,
    )
}

#[test]
fn what_is_sealed_keeps_the_bytes_that_another_program_opened() {
    let (identity, plain, draws) = sample();
    let sealed = age::seal(&plain, &identity.recipient(), &draws);
    assert_eq!(probant::digest::hex(&sealed), SEALED);
    assert_eq!(*age::open(&sealed, &identity).unwrap(), plain);
    for length in [0, 1, 65_535, 65_536, 65_537, 131_072] {
        let plain = vec![5; length];
        let sealed = age::seal(&plain, &identity.recipient(), &draws);
        assert_eq!(*age::open(&sealed, &identity).unwrap(), plain, "{length}");
        assert!(age::open(&sealed[..sealed.len() - 1], &identity).is_err());
    }
}

/// A Python that has pyrage, which is rage's library: `PROBANT_TEST_PYTHON`, else `python3`.
fn python() -> Option<String> {
    let python = std::env::var("PROBANT_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import pyrage"]).output();
    if has.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    println!("skipped: no Python with pyrage here (set PROBANT_TEST_PYTHON)");
    None
}

#[test]
fn the_keys_of_a_backup_open_without_us() {
    let Some(python) = python() else { return };
    let (night, dpo) = (Night::new(20), Dpo::new());
    let (root, dir) = (night.root(), night.path("safe"));
    dpo.declare(&root, 30);
    let made = say(&root, &["backup", text(&dir)]).done().json();
    let script = "import sys, pyrage\n\
        lines = [l for l in open(sys.argv[1]).read().split('\\n') if l.startswith('AGE-')]\n\
        key = pyrage.x25519.Identity.from_str(lines[0])\n\
        sys.stdout.buffer.write(str(key.to_public()).encode() + b'\\n')\n\
        sys.stdout.buffer.write(pyrage.decrypt(open(sys.argv[2], 'rb').read(), [key]))\n";
    let output = Command::new(python)
        .args([
            "-c",
            script,
            text(&dpo.identity()),
            made["keys"].as_str().unwrap(),
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let opened = String::from_utf8(output.stdout).unwrap();
    let (recipient, rest) = opened.split_once('\n').unwrap();
    assert_eq!(recipient, dpo.recipient);
    assert!(rest.starts_with("probant/backup/v1\npart keys\n"));
    for (name, bytes) in tree(&root, &["keys"]) {
        assert!(
            rest.contains(std::str::from_utf8(&bytes).unwrap()),
            "{name}"
        );
        assert!(rest.contains(&format!(" {name}\n")), "{name}");
    }
}

#[test]
fn the_policy_says_to_whom_and_for_how_long_or_what_is_wrong_with_it() {
    let sample = include_str!("../vectors/policy-1.toml");
    let policy = probant::policy::parse(sample).unwrap();
    assert_eq!(
        (policy.backup.recovery, policy.backup.keep_keys_days),
        (None, 30)
    );
    let (identity, ..) = self::sample();
    let key = identity.recipient().text();
    let with = |table: &str| probant::policy::parse(&format!("{sample}\n[backup]\n{table}\n"));
    let policy = with(&format!("recovery = \"{key}\"\nkeep_keys_days = 3650")).unwrap();
    assert_eq!(policy.backup.recovery.as_deref(), Some(key.as_str()));
    assert_eq!(policy.backup.keep_keys_days, 3650);
    let slip = key.replace("zvky", "zvkz");
    let secret = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    for wrong in [slip.as_str(), secret, "age1", &key.to_uppercase(), ""] {
        let table = format!("recovery = \"{wrong}\"\nkeep_keys_days = 0\ndays = 3");
        let error = with(&table).unwrap_err();
        assert_eq!(error.findings().len(), 3, "{error}");
        assert!(
            wrong.len() < 5 || !error.to_string().contains(wrong),
            "{error}"
        );
    }
}
