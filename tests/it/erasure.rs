//! Rows that leave the ledger: nothing else changes, nothing comes back, and what was begun is always finished.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;

use probant::ledger::entry::{Entry, request_commitment};
use probant::ledger::key::{Secret, SecretKind, Unwrapped};
use probant::ledger::text::{EventId, Progress, SegmentId, SegmentKind, Time};
use probant::ledger::verify::{Level, Report};
use probant::ledger::{Error as Broken, Replay, RunId};
use probant::name::Token;
use probant::workspace::disk::Disk;
use probant::workspace::journal::{Commit, Entropy, Erasure, Error, Restriction, View, Writer};

use crate::faults::{die, failing, full};
use crate::ledger::{
    NOW, Toy, copy, documents, files, pseudonym, score, small, token, verify, workspace,
};

pub fn model(_: &probant::digest::Digest, bytes: &[u8]) -> Result<Box<dyn Replay>, String> {
    Toy::of(bytes).map(|toy| Box::new(toy) as Box<dyn Replay>)
}

/// Where these people's rows stand.
fn rows_of(view: &View, people: &[u64]) -> BTreeMap<SegmentId, Vec<u32>> {
    let wanted: BTreeSet<[u8; 16]> = people.iter().map(|id| pseudonym(*id)).collect();
    let mut found: BTreeMap<SegmentId, Vec<u32>> = BTreeMap::new();
    for placed in view.segments() {
        view.scan(placed, |row, whose| {
            if wanted.contains(whose) {
                found.entry(placed.entry.id).or_default().push(row);
            }
        })
        .unwrap();
    }
    found
}

pub fn erasure(view: &View, people: &[u64], event: u8) -> Erasure {
    Erasure {
        event: EventId([event; 16]),
        time: NOW,
        actor: token("dpo-1"),
        reason: token("art17-1-b"),
        requests: vec![request_commitment(&[event; 16], "DEM-2026-017")],
        rows: rows_of(view, people),
    }
}

/// Erases people as the workspace does.
pub fn erase(root: &Path, disk: &Disk, people: &[u64], event: u8, seed: u8) -> Result<(), Error> {
    let mut entropy = Entropy::seeded([seed; 32]);
    let mut writer = Writer::open(root, disk)?;
    finish(&mut writer, &mut entropy)?;
    let erasure = erasure(writer.view(), people, event);
    if !erasure.rows.is_empty() {
        writer.begin_erasure(&erasure, &model)?;
    }
    finish(&mut writer, &mut entropy)
}

/// What whoever writes next does first.
fn finish(writer: &mut Writer, entropy: &mut Entropy) -> Result<(), Error> {
    for listed in writer.unfinished()? {
        writer.carry_out(&listed, &model, entropy)?;
        writer.finish_erasure(&listed, NOW)?;
    }
    Ok(())
}

/// Restricts people.
pub fn restrict(root: &Path, people: &[u64], event: u8) {
    let mut writer = Writer::open(root, &Disk::new()).unwrap();
    let restriction = Restriction {
        event: EventId([event; 16]),
        time: NOW,
        actor: token("dpo-1"),
        reason: token("legal-hold"),
        request: request_commitment(&[event; 16], "dossier"),
        rows: rows_of(writer.view(), people),
    };
    writer.restrict(&restriction, &model).unwrap();
}

fn sound(root: &Path) -> Report {
    let report = verify(root, Level::Full);
    assert!(
        report.is_sound() && report.leftovers.is_empty(),
        "{report:?}"
    );
    report
}

fn roots(view: &View) -> Vec<[u8; 32]> {
    view.segments().map(|placed| placed.entry.root).collect()
}

#[test]
fn an_erased_row_is_gone_and_everything_else_is_what_it_was() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    let before = View::open(root).unwrap();
    let toy = Toy::of(&documents()[0]).unwrap();
    let prove = |view: &View, id: u64| {
        let placed = view.segments().next().unwrap();
        let rows = view.find(&pseudonym(id), placed).unwrap();
        rows.first()
            .map(|row| view.fetch(placed, *row, Some(&toy)).unwrap())
    };
    let old: Vec<_> = (0..300).map(|id| prove(&before, id).unwrap()).collect();
    let all: Vec<Vec<u64>> = vec![vec![17], vec![3, 4, 250, 299], vec![900_001]];
    let mut gone: BTreeSet<u64> = BTreeSet::new();
    for (people, event) in all.iter().zip(1..) {
        erase(root, &Disk::new(), people, event, event).unwrap();
        gone.extend(people);
        let view = View::open(root).unwrap();
        assert_eq!(roots(&view), roots(&before));
        let report = sound(root);
        assert_eq!(report.rows, 304);
        assert_eq!(report.erased, gone.len() as u64);
        assert_eq!(report.replayed, 304 - gone.len() as u64);
        for (id, old) in (0..300).zip(&old) {
            let now = prove(&view, id);
            if gone.contains(&id) {
                assert!(now.is_none(), "{id} is still found");
                continue;
            }
            let now = now.unwrap();
            // The record, its salt, its number and its path: only the checkpoint grew.
            assert_eq!((&now.bytes, now.salt), (&old.bytes, old.salt));
            assert_eq!((&now.path, now.decision), (&old.path, old.decision));
        }
    }
    let view = View::open(root).unwrap();
    let placed = view.segments().next().unwrap();
    let row = match old[17].record {
        probant::ledger::Record::Prediction(ref it) => it.row,
        probant::ledger::Record::Event(_) => unreachable!(),
    };
    assert!(matches!(
        view.fetch(placed, row, Some(&toy)),
        Err(Error::Refused(Broken::Erased { .. }))
    ));
    assert_eq!(view.erased(placed).unwrap().hash(row), Some(old[17].leaf()));
    assert!(
        files(root, "ledger")
            .iter()
            .all(|path| !path.to_string_lossy().contains("pending"))
    );
    // The run that comes next is recorded as if nothing had happened.
    score(
        root,
        &Disk::new(),
        Entropy::os(),
        RunId([7; 16]),
        &[(500, 40)],
        2,
    )
    .unwrap();
    assert_eq!(sound(root).rows, 346);
}

#[test]
fn all_rows_of_a_segment_can_be_erased() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    let people: Vec<u64> = (0..300).collect();
    erase(root, &Disk::new(), &people, 1, 1).unwrap();
    let report = sound(root);
    assert_eq!((report.rows, report.erased, report.replayed), (304, 300, 4));
    let view = View::open(root).unwrap();
    let placed = view.segments().next().unwrap();
    view.scan(placed, |_, _| panic!("nobody is left")).unwrap();
    erase(
        root,
        &Disk::new(),
        &[900_000, 900_001, 900_002, 900_003],
        2,
        2,
    )
    .unwrap();
    assert_eq!(sound(root).erased, 304);
}

/// Yesterday's copy of `ledger/` beside today's keys.
#[test]
fn yesterdays_copy_of_the_segments_cannot_be_read_with_todays_keys() {
    let folder = workspace();
    let (root, yesterday) = (folder.path().join("ws"), folder.path().join("yesterday"));
    small(&root);
    copy(&root, &yesterday);
    let view = View::open(&yesterday).unwrap();
    let id = view.segments().next().unwrap().entry.id;
    erase(&root, &Disk::new(), &[17], 1, 1).unwrap();
    // Before: the copy, with its own keys, shows everything.
    assert_eq!(rows_of(&View::open(&yesterday).unwrap(), &[17]).len(), 1);
    fs::remove_dir_all(yesterday.join("keys")).unwrap();
    copy(&root.join("keys"), &yesterday.join("keys"));
    let view = View::open(&yesterday).unwrap();
    assert!(
        view.find(&pseudonym(17), view.segments().next().unwrap())
            .is_err()
    );
    // No key of today opens any wrapped key of yesterday.
    let mut tried = 0;
    for wrapped in files(&yesterday, "ledger/keys") {
        let file = fs::read(&wrapped).unwrap();
        for secret in files(&root, "keys") {
            let name = secret.file_name().unwrap().to_str().unwrap().to_owned();
            for kind in [SecretKind::Kek, SecretKind::Pseudonym, SecretKind::Signing] {
                let Some(of) = name.strip_prefix(&format!("{}-", kind.token())) else {
                    continue;
                };
                let of: Token = of.parse().unwrap();
                let key = Secret::parse(&fs::read(&secret).unwrap(), kind, &of).unwrap();
                assert!(Unwrapped::open(&file, &id.0, &key).is_err());
                tried += 1;
            }
        }
    }
    assert!(tried >= 6, "{tried}");
    let old: Vec<String> = files(&yesterday, "ledger/keys")
        .iter()
        .map(|it| it.display().to_string())
        .collect();
    assert!(!old.is_empty() && files(&root, "keys").len() == 4);
}

#[test]
fn a_gap_without_its_entry_and_an_entry_without_its_gap_are_named() {
    let folder = workspace();
    let (whole, root) = (folder.path().join("whole"), folder.path().join("ws"));
    small(&whole);
    copy(&whole, &root);
    // Somebody who holds all keys erases a row and says nothing of it in the log…
    erase(&root, &Disk::new(), &[17], 1, 1).unwrap();
    let view = View::open(&root).unwrap();
    let id = view.segments().next().unwrap().entry.id;
    for name in ["ledger/checkpoint", "ledger/tile"] {
        let (from, to) = (whole.join(name), root.join(name));
        if to.is_dir() {
            fs::remove_dir_all(&to).unwrap();
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
    let report = verify(&root, Level::Hashes);
    let list = format!("ledger/segments/{id}.1.erased");
    assert_eq!(report.integrity.len(), 1, "{report:?}");
    assert_eq!(report.integrity[0].file, list);
    assert!(
        report.integrity[0].why.contains("1 of its rows are erased"),
        "{report:?}"
    );

    // … or says that he erased, and keeps the row.
    fs::remove_dir_all(&root).unwrap();
    copy(&whole, &root);
    let mut writer = Writer::open(&root, &Disk::new()).unwrap();
    let erasure = erasure(writer.view(), &[17], 1);
    let listed = writer.begin_erasure(&erasure, &model).unwrap();
    drop(writer);
    assert!(
        verify(&root, Level::Full).is_sound(),
        "it is under way, and its rows are kept"
    );
    let mut writer = Writer::open(&root, &Disk::new()).unwrap();
    writer.finish_erasure(&listed, NOW).unwrap();
    drop(writer);
    let report = verify(&root, Level::Hashes);
    assert_eq!(report.integrity.len(), 1, "{report:?}");
    assert_eq!(
        report.integrity[0].file,
        format!("ledger/segments/{id}.0.rows")
    );
    assert!(
        report.integrity[0]
            .why
            .contains("entry 9 says that 1 of its rows"),
        "{report:?}"
    );
}

#[test]
fn entries_about_erasures_that_contradict_themselves_are_named() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    let mut writer = Writer::open(root, &Disk::new()).unwrap();
    let entry = |event, part, state| {
        Entry::Erase(probant::ledger::entry::Erase {
            event: EventId([event; 16]),
            part,
            state,
            time: NOW,
            actor: token("dpo-1"),
            reason: token("art17-1-b"),
            requests: vec![],
            rows: vec![],
        })
    };
    let purge = Entry::Purge(probant::ledger::entry::Purge {
        event: EventId([3; 16]),
        time: NOW,
        actor: token("dpo-1"),
        class: token("leads"),
        segments: vec![SegmentId([7; 16])],
    });
    let entries = vec![
        entry(1, (1, 1), Progress::Done),
        entry(2, (2, 2), Progress::Intent),
        purge,
    ];
    writer
        .commit(&Commit {
            documents: vec![],
            entries,
        })
        .unwrap();
    drop(writer);
    let report = verify(root, Level::Hashes);
    assert!(
        report.completeness[0]
            .file
            .starts_with("entry 11: segment 0707"),
        "{report:?}"
    );
    let said: Vec<&str> = report.integrity.iter().map(|it| it.why.as_str()).collect();
    assert!(
        said.iter()
            .any(|why| why.contains("entry 9: it ends what was not begun")),
        "{said:?}"
    );
    assert!(
        said.iter()
            .any(|why| why.contains("entry 10: its parts are not in their order")),
        "{said:?}"
    );
}

#[test]
fn restricted_rows_are_neither_erased_nor_purged_until_the_restriction_is_lifted() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    restrict(root, &[17, 18], 4);
    let event = EventId([4; 16]);
    sound(root);
    let mut writer = Writer::open(root, &Disk::new()).unwrap();
    let more = erasure(writer.view(), &[18, 19], 1);
    assert!(matches!(
        writer.begin_erasure(&more, &model),
        Err(Error::Restricted { rows: 1 })
    ));
    let ids: Vec<SegmentId> = writer.view().segments().map(|it| it.entry.id).collect();
    // The day after the heading's retention date.
    let act = (EventId([5; 16]), Time(1_861_920_000 + 86_400));
    assert!(matches!(
        writer.purge(&ids, act, &token("retention")),
        Err(Error::Restricted { rows: 2 })
    ));
    drop(writer);
    // Every byte of its list counts.
    let list = root.join("ledger/restricted").join(event.to_string());
    let bytes = fs::read(&list).unwrap();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&list, &damaged).unwrap();
        let report = verify(root, Level::Hashes);
        assert!(
            report
                .integrity
                .iter()
                .any(|it| it.file.contains("restricted/")),
            "byte {at}"
        );
    }
    fs::write(&list, &bytes).unwrap();
    let writer = || Writer::open(root, &Disk::new()).unwrap();
    writer()
        .lift(&[event], NOW, &token("dpo-1"), [1; 32])
        .unwrap();
    assert!(!list.exists());
    sound(root);
    writer().begin_erasure(&more, &model).unwrap();
    finish(&mut writer(), &mut Entropy::os()).unwrap();
    assert_eq!(sound(root).erased, 2);
    writer().purge(&ids[1..], act, &token("retention")).unwrap();
    let report = sound(root);
    assert_eq!(report.rows, 300, "{report:?}");
    assert_eq!(View::open(root).unwrap().segments().count(), 1);
    assert_eq!(
        View::open(root).unwrap().next_decision(),
        304,
        "numbers are never used again"
    );
    writer().purge(&ids[..1], act, &token("retention")).unwrap();
    assert_eq!(sound(root).rows, 0);
    score(
        root,
        &Disk::new(),
        Entropy::os(),
        RunId([7; 16]),
        &[(500, 40)],
        2,
    )
    .unwrap();
    sound(root);
}

#[test]
fn readers_go_on_while_rows_are_erased() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    std::thread::scope(|scope| {
        let erasing = scope.spawn(|| {
            for person in 0..20_u8 {
                erase(root, &Disk::new(), &[u64::from(person)], person + 1, person).unwrap();
            }
        });
        let view = View::open(root).unwrap();
        let toy = Toy::of(&documents()[0]).unwrap();
        let placed = view.segments().next().unwrap();
        while !erasing.is_finished() {
            // A view that was opened before all erasures, and one of now.
            for view in [&view, &View::open(root).unwrap()] {
                let rows = view.find(&pseudonym(222), placed).unwrap();
                view.fetch(placed, rows[0], Some(&toy)).unwrap();
            }
            assert!(verify(root, Level::Full).is_sound());
        }
        erasing.join().unwrap();
    });
    assert_eq!(sound(root).erased, 20);
}

/// What is cut short: an erasure of two people, after an earlier one; or a change of keys.
fn act(root: &Path, disk: &Disk, what: &str) -> Result<(), Error> {
    if what == "erase" {
        return erase(root, disk, &[5, 900_001], 9, 9);
    }
    let mut entropy = Entropy::seeded([8; 32]);
    let mut writer = Writer::open(root, disk)?;
    writer.rotate_kek(&mut entropy)
}

/// After a crash: everything verifies before and after anyone recovers; an act that was begun is finished by the next
/// writer; an act that was reported done is done; and what was to be kept is kept.
fn holds(root: &Path, what: &str, reported: bool, when: &str) {
    let report = verify(root, Level::Full);
    assert!(
        report.is_sound(),
        "{when}, before anyone recovers: {report:?}"
    );
    let said = View::open(root)
        .unwrap()
        .entries()
        .any(|(_, entry)| matches!(entry, Entry::Erase(it) if it.event == EventId([9; 16])));
    let gone = rows_of(&View::open(root).unwrap(), &[5, 900_001]).is_empty();
    assert!(said || !gone, "{when}: rows went before the log said so");
    let mut writer = Writer::open(root, &Disk::new()).unwrap();
    finish(&mut writer, &mut Entropy::os()).unwrap();
    drop(writer);
    let report = sound(root);
    if what == "erase" {
        assert!(
            said || !reported,
            "{when}: reported done, and not in the log"
        );
        assert_eq!(report.erased, if said { 4 } else { 2 }, "{when}");
        assert_eq!(
            rows_of(&View::open(root).unwrap(), &[5, 900_001]).is_empty(),
            said,
            "{when}"
        );
    } else {
        assert_eq!(report.erased, 2, "{when}");
    }
    assert_eq!(
        files(root, "keys").len(),
        4,
        "{when}: {:?}",
        files(root, "keys")
    );
    assert!(
        !root.join("tmp").exists() || files(root, "tmp").is_empty(),
        "{when}"
    );
    erase(root, &Disk::new(), &[5, 900_001], 9, 10)
        .unwrap_or_else(|error| panic!("{when}: {error:?}"));
    assert_eq!(sound(root).erased, 4, "{when}");
}

/// The ledger that is cut short: two people have left it already.
fn begun(root: &Path) {
    small(root);
    erase(root, &Disk::new(), &[17, 222], 1, 1).unwrap();
}

#[test]
fn a_disk_that_fails_at_any_operation_of_an_erasure_or_rotation_loses_nothing_else() {
    let folder = workspace();
    let fresh = folder.path().join("fresh");
    begun(&fresh);
    for what in ["erase", "rotate"] {
        for n in 0.. {
            let root = folder.path().join(format!("{what}-{n}"));
            copy(&fresh, &root);
            let (disk, count) = failing(n, full);
            let done = act(&root, &disk, what).is_ok();
            let reached = count.load(Ordering::SeqCst) > n;
            holds(&root, what, done, &format!("{what} failed at {n}"));
            fs::remove_dir_all(&root).unwrap();
            if !reached {
                assert!(n > 40, "{what} has only {n} moments");
                break;
            }
        }
    }
}

/// Does nothing by itself: the test below runs it in a process of its own, which does not survive it.
#[test]
fn an_erasure_that_is_killed() {
    let (Ok(root), Ok(at), Ok(what)) = (
        std::env::var("PROBANT_TEST_ERASURE_ROOT"),
        std::env::var("PROBANT_TEST_ERASURE_AT"),
        std::env::var("PROBANT_TEST_ERASURE_WHAT"),
    ) else {
        return;
    };
    let (disk, _) = failing(at.parse().unwrap(), die);
    act(Path::new(&root), &disk, &what).unwrap();
    fs::write(Path::new(&root).join("done"), b"").unwrap();
}

#[test]
fn a_process_killed_at_any_operation_of_an_erasure_or_rotation_loses_nothing_else() {
    let folder = workspace();
    let fresh = folder.path().join("fresh");
    begun(&fresh);
    for what in ["erase", "rotate"] {
        for n in 0.. {
            let root = folder.path().join(format!("{what}-{n}"));
            copy(&fresh, &root);
            Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "erasure::an_erasure_that_is_killed",
                    "--test-threads",
                    "1",
                ])
                .env("PROBANT_TEST_ERASURE_ROOT", &root)
                .env("PROBANT_TEST_ERASURE_AT", n.to_string())
                .env("PROBANT_TEST_ERASURE_WHAT", what)
                .output()
                .unwrap();
            let done = root.join("done").exists();
            if done {
                fs::remove_file(root.join("done")).unwrap();
            }
            holds(&root, what, done, &format!("{what} killed at {n}"));
            fs::remove_dir_all(&root).unwrap();
            if done {
                assert!(n > 40, "{what} has only {n} moments");
                break;
            }
        }
    }
}

#[test]
fn what_an_erasure_leaves_is_small() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    let sizes = |root: &Path| -> u64 {
        let left = files(root, "ledger").into_iter().filter(|path| {
            let name = path.to_string_lossy().into_owned();
            [".key", ".erased"].iter().any(|it| name.ends_with(it))
        });
        left.map(|path| fs::metadata(path).unwrap().len()).sum()
    };
    let before = sizes(root);
    erase(root, &Disk::new(), &[17], 1, 1).unwrap();
    let one = sizes(root) - before;
    assert!(one <= 352, "{one} bytes");
    let view = View::open(root).unwrap();
    assert_eq!(
        view.segments()
            .filter(|it| it.entry.kind == SegmentKind::Proposals)
            .count(),
        1
    );
}

#[test]
fn a_false_list_costs_no_row_and_is_named() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    let mut writer = Writer::open(root, &Disk::new()).unwrap();
    let erasure = erasure(writer.view(), &[17], 1);
    let listed = writer.begin_erasure(&erasure, &model).unwrap();
    drop(writer);
    // Somebody who holds all keys names another leaf, in the list and in the log.
    let pending = root.join("ledger/pending").join(erasure.event.to_string());
    let (segment, leaves) = listed.rows[0].clone();
    let mut pairs = leaves.pairs().to_vec();
    pairs[0].1[0] ^= 1;
    let forged = probant::ledger::erased::Listed {
        event: EventId([2; 16]),
        rows: vec![(segment, probant::ledger::erased::Leaves::of(pairs).unwrap())],
    };
    let mut writer = Writer::open(root, &Disk::new()).unwrap();
    finish(&mut writer, &mut Entropy::os()).unwrap();
    let entry = Entry::Erase(probant::ledger::entry::Erase {
        event: EventId([2; 16]),
        part: (1, 1),
        state: Progress::Intent,
        time: NOW,
        actor: token("dpo-1"),
        reason: token("art17-1-b"),
        requests: vec![],
        rows: vec![probant::ledger::entry::Rows {
            segment,
            count: 1,
            sum: forged.rows[0].1.sum(),
        }],
    });
    writer
        .commit(&Commit {
            documents: vec![],
            entries: vec![entry],
        })
        .unwrap();
    drop(writer);
    assert!(!pending.exists());
    fs::create_dir_all(pending.parent().unwrap()).unwrap();
    fs::write(
        root.join("ledger/pending").join("02".repeat(16)),
        forged.encode(),
    )
    .unwrap();
    let mut writer = Writer::open(root, &Disk::new()).unwrap();
    assert!(finish(&mut writer, &mut Entropy::os()).is_err());
    drop(writer);
    let view = View::open(root).unwrap();
    assert_eq!(
        view.erased(view.segments().next().unwrap())
            .unwrap()
            .pairs()
            .len(),
        1
    );
}

#[test]
fn what_a_purge_or_an_anchor_may_not_say_is_named() {
    let act = |entry: Entry| {
        let folder = workspace();
        let root = folder.path();
        small(root);
        let mut writer = Writer::open(root, &Disk::new()).unwrap();
        writer
            .commit(&Commit {
                documents: vec![],
                entries: vec![entry],
            })
            .unwrap();
        drop(writer);
        let said: Vec<String> = verify(root, Level::Full)
            .integrity
            .into_iter()
            .map(|it| it.why)
            .collect();
        said.join("; ")
    };
    let folder = workspace();
    small(folder.path());
    let id = View::open(folder.path())
        .unwrap()
        .segments()
        .next()
        .unwrap()
        .entry
        .id;
    let purge = |class: &str, time: i64, segments: Vec<SegmentId>| {
        Entry::Purge(probant::ledger::entry::Purge {
            event: EventId([3; 16]),
            time: Time(time),
            actor: token("dpo-1"),
            class: token(class),
            segments,
        })
    };
    let due = 1_861_920_000 + 86_400;
    assert!(act(purge("nonsense", due, vec![id])).contains("another class"));
    assert!(act(purge("leads", NOW.0, vec![id])).contains("before its date"));
    assert_eq!(act(purge("leads", due, vec![id])), "");
    let anchor = |size, root| {
        Entry::Anchor(probant::ledger::entry::Anchor {
            kind: probant::ledger::text::AnchorKind::Copy,
            time: NOW,
            size,
            root,
            proof: [0; 32],
        })
    };
    assert!(act(anchor(3, [7; 32])).contains("did not have"));
    assert!(act(anchor(9_999, [7; 32])).contains("did not have"));
}

#[test]
fn an_older_file_of_erased_rows_that_comes_back_is_named() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    let view = View::open(root).unwrap();
    let id = view.segments().next().unwrap().entry.id;
    let path = root.join(format!("ledger/segments/{id}.0.rows"));
    let old = fs::read(&path).unwrap();
    erase(root, &Disk::new(), &[17], 1, 1).unwrap();
    fs::write(&path, old).unwrap();
    let report = verify(root, Level::Hashes);
    assert_eq!(report.integrity.len(), 1, "{report:?}");
    assert!(
        report.integrity[0].why.contains("still stand"),
        "{report:?}"
    );
    fs::remove_file(&path).unwrap();
    let stray = root.join(format!("ledger/segments/{id}.someone.rows"));
    fs::write(&stray, b"x").unwrap();
    assert!(!verify(root, Level::Hashes).is_sound());
}
