//! Damage to the ledger: every flipped bit, every cut, every failed write, and every write that failed but happened.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;

use probant::ledger::key::{Secret, SigningKey};
use probant::ledger::note::{Checkpoint, Verifier};
use probant::ledger::text::{KeyUse, SegmentKind};
use probant::ledger::verify::{Level, Report};
use probant::ledger::{Entry, RunId, tile, tree};
use probant::workspace::disk::Disk;
use probant::workspace::journal::{Commit, Entropy, Error, RunWriter, View, Writer, create};

use crate::faults::{die, failing, full};
use crate::ledger::{
    NOW, Rows, Toy, copy, documents, files, heading, keep_model, pseudonym, run_entry, score,
    small, token, verify, workspace,
};

fn names(report: &Report, file: &str) -> bool {
    report.integrity.iter().any(|finding| finding.file == file)
}

fn name_of(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

/// A ledger small enough that every one of its bytes can be damaged in turn.
fn tiny(root: &Path) {
    let disk = Disk::new();
    create(
        root,
        &disk,
        &mut Entropy::seeded([3; 32]),
        NOW,
        &token("0.1.0"),
    )
    .unwrap();
    Writer::open(root, &disk)
        .unwrap()
        .commit(&keep_model(root))
        .unwrap();
    score(
        root,
        &disk,
        Entropy::seeded([4; 32]),
        RunId([9; 16]),
        &[(0, 5)],
        2,
    )
    .unwrap();
}

/// The same after a life: two people erased one after the other, one restricted, one erasure under way.
fn lived(root: &Path) {
    tiny(root);
    let disk = Disk::new();
    crate::erasure::erase(root, &disk, &[1], 1, 1).unwrap();
    crate::erasure::erase(root, &disk, &[3, 900_001], 2, 2).unwrap();
    crate::erasure::restrict(root, &[4], 3);
    let mut writer = Writer::open(root, &disk).unwrap();
    let erasure = crate::erasure::erasure(writer.view(), &[0], 4);
    writer
        .begin_erasure(&erasure, &crate::erasure::model)
        .unwrap();
}

#[test]
fn any_flipped_bit_of_a_ledger_that_people_have_left_is_found_and_the_file_is_named() {
    let folder = workspace();
    let root = folder.path();
    lived(root);
    assert!(verify(root, Level::Full).is_sound());
    let kinds = [
        ".erased",
        ".rows",
        ".nodes",
        ".key",
        "pending/",
        "restricted/",
        "entries/",
    ];
    let all = files(root, "ledger");
    for kind in kinds {
        assert!(
            all.iter().any(|path| path.to_string_lossy().contains(kind)),
            "{kind}"
        );
    }
    for path in all {
        let name = name_of(root, &path);
        let bytes = fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            fs::write(&path, &damaged).unwrap();
            let report = verify(root, Level::Full);
            assert!(
                names(&report, &name),
                "byte {at} of {name} was changed unseen: {report:?}"
            );
        }
        fs::write(&path, &bytes).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(
            names(&verify(root, Level::Hashes), &name),
            "{name} is missing unseen"
        );
        fs::write(&path, &bytes).unwrap();
    }
    assert!(verify(root, Level::Full).is_sound());
}

#[test]
fn any_flipped_bit_in_any_file_is_found_and_the_file_is_named() {
    let folder = workspace();
    let root = folder.path();
    tiny(root);
    assert!(verify(root, Level::Full).is_sound());
    let mut flipped = 0;
    for folder in ["ledger", "models"] {
        for path in files(root, folder) {
            let name = name_of(root, &path);
            let bytes = fs::read(&path).unwrap();
            for at in 0..bytes.len() {
                let mut damaged = bytes.clone();
                // Each byte, each time another of its bits.
                damaged[at] ^= 1 << (at % 8);
                fs::write(&path, &damaged).unwrap();
                let report = verify(root, Level::Full);
                assert!(
                    names(&report, &name),
                    "byte {at} of {name} was changed unseen: {report:?}"
                );
                flipped += 1;
            }
            fs::write(&path, &bytes).unwrap();
        }
    }
    assert!(flipped > 4000, "{flipped}");
    assert!(verify(root, Level::Full).is_sound());
}

#[test]
fn the_hashes_alone_find_any_flipped_bit_as_well() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    for path in files(root, "ledger") {
        let name = name_of(root, &path);
        let bytes = fs::read(&path).unwrap();
        for bit in (0..bytes.len() * 8).step_by(97) {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &damaged).unwrap();
            assert!(
                names(&verify(root, Level::Hashes), &name),
                "bit {bit} of {name} was flipped unseen"
            );
        }
        fs::write(&path, &bytes).unwrap();
    }
}

#[test]
fn a_file_cut_short_prolonged_or_missing_is_named() {
    let folder = workspace();
    let root = folder.path();
    tiny(root);
    for path in files(root, "ledger") {
        let name = name_of(root, &path);
        let bytes = fs::read(&path).unwrap();
        let mut damages: Vec<Vec<u8>> = (0..bytes.len())
            .step_by(7)
            .map(|length| bytes[..length].to_vec())
            .collect();
        damages.push(bytes[..bytes.len() - 1].to_vec());
        damages.push([bytes.as_slice(), &[0]].concat());
        damages.push([bytes.as_slice(), &bytes].concat());
        for damaged in damages {
            fs::write(&path, &damaged).unwrap();
            let report = verify(root, Level::Hashes);
            assert!(
                names(&report, &name),
                "{} bytes of {name}: {report:?}",
                damaged.len()
            );
        }
        fs::remove_file(&path).unwrap();
        assert!(
            names(&verify(root, Level::Hashes), &name),
            "{name} is missing unseen"
        );
        fs::write(&path, &bytes).unwrap();
    }
}

#[test]
fn strangers_in_the_ledger_and_in_a_model_folder_are_named_and_kept() {
    let folder = workspace();
    let root = folder.path();
    tiny(root);
    let model = fs::read_dir(root.join("models"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let strangers = [
        "ledger/README",
        "ledger/tile/0/000.p/999",
        "ledger/segments/x.rows",
    ]
    .map(|name| root.join(name));
    for path in strangers.iter().chain([&model.join("notes.txt")]) {
        fs::write(path, b"hello").unwrap();
        let report = verify(root, Level::Full);
        assert!(names(&report, &name_of(root, path)), "{report:?}");
        assert_eq!(report.integrity.len(), 1, "{report:?}");
        drop(Writer::open(root, &Disk::new()).unwrap());
        assert!(
            path.exists(),
            "a writer deletes only what a writer can have left"
        );
        fs::remove_file(path).unwrap();
    }
    fs::remove_dir_all(&model).unwrap();
    assert!(names(&verify(root, Level::Hashes), &name_of(root, &model)));
}

/// CVE-2026-56865: hashes of a tile that no root vouches for must not be believed.
#[test]
fn a_forged_level_0_tile_is_refused() {
    let folder = workspace();
    let root = folder.path();
    tiny(root);
    let mut writer = Writer::open(root, &Disk::new()).unwrap();
    let note = |n: i64| {
        Entry::Key(probant::ledger::entry::Key {
            kid: token(&format!("k{n}")),
            purpose: KeyUse::Pseudonym,
            time: NOW,
            check: [0; 32],
        })
    };
    writer
        .commit(&Commit {
            documents: vec![],
            entries: (0..600).map(note).collect(),
        })
        .unwrap();
    drop(writer);
    assert!(verify(root, Level::Full).is_sound());
    let full = root.join("ledger/tile/0/000");
    let honest = fs::read(&full).unwrap();
    // The forger swaps an entry, and puts its hash where the old one was in the full tile.
    let bundle = root.join("ledger/tile/entries/000");
    let entries = fs::read(&bundle).unwrap();
    let mut texts: Vec<Vec<u8>> = tile::unbundle(&entries, 256)
        .unwrap()
        .iter()
        .map(|text| text.to_vec())
        .collect();
    texts[200] = note(9999).text().into_bytes();
    let mut forged = honest.clone();
    forged[200 * 32..201 * 32].copy_from_slice(&tree::leaf(&[&texts[200]]));
    fs::write(&full, &forged).unwrap();
    let report = verify(root, Level::Hashes);
    assert!(names(&report, "ledger/tile/0/000"), "{report:?}");
    fs::write(&bundle, tile::bundle(&texts).unwrap()).unwrap();
    let report = verify(root, Level::Hashes);
    assert!(
        !report.integrity.is_empty() && View::open(root).is_err(),
        "{report:?}"
    );
    // The tile above it says what the root vouches for; forging that too changes nothing.
    let above = root.join("ledger/tile/1/000.p/2");
    let mut hashes = fs::read(&above).unwrap();
    let (tile_hashes, _) = forged.as_chunks::<32>();
    hashes[..32].copy_from_slice(&tree::root(tile_hashes));
    fs::write(&above, &hashes).unwrap();
    let report = verify(root, Level::Hashes);
    assert!(
        names(&report, "checkpoint") || names(&report, "ledger/checkpoint"),
        "{report:?}"
    );
    assert!(View::open(root).is_err());
}

#[test]
fn a_log_signed_by_another_key_is_refused() {
    let folder = workspace();
    let root = folder.path();
    tiny(root);
    let path = root.join("ledger/checkpoint");
    let view = View::open(root).unwrap();
    let text = String::from_utf8(view.checkpoint().to_vec()).unwrap();
    let checkpoint =
        Checkpoint::parse(&format!("{}\n", text.split_once("\n\n").unwrap().0)).unwrap();
    fs::write(
        &path,
        checkpoint.sign(&SigningKey::of(&Secret::new([1; 32]))),
    )
    .unwrap();
    assert!(names(&verify(root, Level::Hashes), "ledger/checkpoint"));
    assert!(
        matches!(View::open(root), Err(Error::Damaged { file, .. }) if file == "ledger/checkpoint")
    );
    assert!(matches!(
        Writer::open(root, &Disk::new()),
        Err(Error::Damaged { .. })
    ));
}

#[test]
fn a_run_that_counts_other_rows_than_its_segments_hold_is_incomplete() {
    let folder = workspace();
    let root = folder.path();
    tiny(root);
    let disk = Disk::new();
    // A run entry without its leaves, past the run writer that would refuse it.
    let entries = vec![run_entry(RunId([8; 16]), 5, 0)];
    Writer::open(root, &disk)
        .unwrap()
        .commit(&Commit {
            documents: vec![],
            entries,
        })
        .unwrap();
    let report = verify(root, Level::Hashes);
    assert!(
        report.integrity.is_empty() && report.completeness.len() == 1,
        "{report:?}"
    );

    let mut run = RunWriter::start(root, &disk, Entropy::os(), RunId([7; 16])).unwrap();
    let toy = Toy::of(&documents()[0]).unwrap();
    let rows = Rows::proposals(50, 3, &toy);
    let columns = rows.columns();
    let heading = heading(RunId([7; 16]), run.view().kid());
    run.push(
        &heading,
        SegmentKind::Proposals,
        &rows.block(&columns),
        Some(&toy),
    )
    .unwrap();
    let commit = Commit {
        documents: vec![],
        entries: vec![run_entry(RunId([7; 16]), 4, 0)],
    };
    assert!(matches!(
        run.commit(&commit),
        Err(Error::Counts {
            said: 4,
            held: 3,
            ..
        })
    ));
}

#[test]
fn a_lie_about_an_outcome_is_found_though_it_was_sealed_and_signed() {
    let folder = workspace();
    let root = folder.path();
    tiny(root);
    let disk = Disk::new();
    let run = RunId([6; 16]);
    let mut writer = RunWriter::start(root, &disk, Entropy::os(), run).unwrap();
    let toy = Toy::of(&documents()[0]).unwrap();
    let mut rows = Rows::proposals(50, 9, &toy);
    rows.outcomes[4] = 3 - rows.outcomes[4];
    let columns = rows.columns();
    let heading = heading(run, writer.view().kid());
    writer
        .push(
            &heading,
            SegmentKind::Proposals,
            &rows.block(&columns),
            Some(&toy),
        )
        .unwrap();
    writer
        .commit(&Commit {
            documents: vec![],
            entries: vec![run_entry(run, 9, 0)],
        })
        .unwrap();
    assert!(verify(root, Level::Hashes).is_sound());
    let report = verify(root, Level::Full);
    assert_eq!(report.integrity.len(), 1, "{report:?}");
    assert!(report.integrity[0].why.contains("outcome"), "{report:?}");
}

/// One commit to crash: a run in two blocks with refusals, and a document of its own.
fn night(root: &Path, disk: &Disk) -> Result<(), Error> {
    let run = RunId([5; 16]);
    let mut writer = RunWriter::start(root, disk, Entropy::seeded([6; 32]), run)?;
    let toy = Toy::of(&documents()[0]).unwrap();
    let heading = heading(run, writer.view().kid());
    let rows = Rows::proposals(1000, 40, &toy);
    let columns = rows.columns();
    writer.push(
        &heading,
        SegmentKind::Proposals,
        &rows.block(&columns),
        Some(&toy),
    )?;
    writer.push(
        &heading,
        SegmentKind::Refusals,
        &Rows::refusals(2000, 3).block(&[]),
        None,
    )?;
    let document = b"policy 2\n".to_vec();
    let kept = probant::ledger::entry::Document {
        document: probant::digest::Digest::of(&document),
        time: NOW,
    };
    let entries = vec![Entry::Policy(kept), run_entry(run, 40, 3)];
    writer.commit(&Commit {
        documents: vec![document],
        entries,
    })?;
    Ok(())
}

/// After a crash: the ledger opens, verifies, holds all of the night or nothing, and can be appended to.
fn all_or_nothing(root: &Path, before: u64, reported: bool, when: &str) -> bool {
    let view = View::open(root).unwrap_or_else(|error| panic!("{when}: {error:?}"));
    let held = view.size() > before;
    assert!(
        !reported || held,
        "{when}: a commit that was reported done is gone"
    );
    assert_eq!(
        view.size(),
        if held { before + 4 } else { before },
        "{when}"
    );
    let report = verify(root, Level::Full);
    assert!(
        report.is_sound(),
        "{when}, before anyone recovers: {report:?}"
    );
    drop(Writer::open(root, &Disk::new()).unwrap_or_else(|error| panic!("{when}: {error:?}")));
    let report = verify(root, Level::Full);
    assert!(
        report.is_sound() && report.leftovers.is_empty(),
        "{when}: {report:?}"
    );
    assert_eq!(report.runs, if held { 2 } else { 1 }, "{when}");
    assert!(
        !root.join("tmp").exists() || files(root, "tmp").is_empty(),
        "{when}: tmp is not empty"
    );
    score(
        root,
        &Disk::new(),
        Entropy::os(),
        RunId([77; 16]),
        &[(0, 3)],
        1,
    )
    .unwrap();
    let report = verify(root, Level::Full);
    assert!(report.is_sound(), "{when}, then a run: {report:?}");
    held
}

#[test]
fn a_disk_that_fails_at_any_operation_leaves_all_or_nothing() {
    let folder = workspace();
    let fresh = folder.path().join("fresh");
    tiny(&fresh);
    let before = View::open(&fresh).unwrap().size();
    let (mut held, mut lost, mut n) = (0, 0, 0);
    loop {
        let root = folder.path().join(format!("at-{n}"));
        copy(&fresh, &root);
        let (disk, count) = failing(n, full);
        let result = night(&root, &disk);
        if count.load(Ordering::SeqCst) <= n {
            result.unwrap();
            break;
        }
        if all_or_nothing(
            &root,
            before,
            result.is_ok(),
            &format!("operation {n} failed"),
        ) {
            held += 1;
        } else {
            lost += 1;
        }
        fs::remove_dir_all(&root).unwrap();
        n += 1;
    }
    assert!(held >= 3 && lost >= 30, "{held} held, {lost} lost");
}

#[test]
fn a_writer_that_saw_the_disk_fail_does_not_go_on() {
    let folder = workspace();
    let root = folder.path();
    tiny(root);
    let (disk, _) = failing(9, full);
    let mut writer = Writer::open(root, &disk).unwrap();
    let kept = probant::ledger::entry::Document {
        document: probant::digest::Digest::of(b"x"),
        time: NOW,
    };
    let commit = Commit {
        documents: vec![b"x".to_vec()],
        entries: vec![Entry::Law(kept)],
    };
    assert!(matches!(writer.commit(&commit), Err(Error::Disk(_))));
    assert!(matches!(writer.commit(&commit), Err(Error::Spent)));
}

const CRASH: &str = "PROBANT_TEST_CRASH_AT";

/// Does nothing by itself: the test below runs it in a process of its own, which does not survive it.
#[test]
fn a_night_that_is_killed() {
    let (Ok(root), Ok(at)) = (
        std::env::var("PROBANT_TEST_CRASH_ROOT"),
        std::env::var(CRASH),
    ) else {
        return;
    };
    let (disk, _) = failing(at.parse().unwrap(), die);
    night(Path::new(&root), &disk).unwrap();
    fs::write(PathBuf::from(root).join("done"), b"").unwrap();
}

#[test]
fn a_process_killed_at_any_operation_leaves_all_or_nothing() {
    let folder = workspace();
    let fresh = folder.path().join("fresh");
    tiny(&fresh);
    let before = View::open(&fresh).unwrap().size();
    let (mut held, mut lost) = (0, 0);
    for n in 0.. {
        let root = folder.path().join(format!("at-{n}"));
        copy(&fresh, &root);
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "ledger_damage::a_night_that_is_killed",
                "--test-threads",
                "1",
            ])
            .env("PROBANT_TEST_CRASH_ROOT", &root)
            .env(CRASH, n.to_string())
            .output()
            .unwrap();
        let done = root.join("done").exists();
        assert_eq!(output.status.success(), done);
        if all_or_nothing(&root, before, done, &format!("killed at {n}")) {
            held += 1;
        } else {
            lost += 1;
        }
        fs::remove_dir_all(&root).unwrap();
        if done {
            break;
        }
    }
    assert!(held >= 3 && lost >= 30, "{held} held, {lost} lost");
}

#[test]
fn creation_that_is_cut_short_can_be_done_again() {
    let folder = workspace();
    for n in 0.. {
        let root = folder.path().join(n.to_string());
        let (disk, count) = failing(n, full);
        let make = |disk: &Disk| create(&root, disk, &mut Entropy::os(), NOW, &token("0.1.0"));
        let first = make(&disk);
        if View::open(&root).is_err() {
            assert!(first.is_err());
            make(&Disk::new()).unwrap();
        }
        assert!(verify(&root, Level::Full).is_sound());
        assert!(matches!(make(&Disk::new()), Err(Error::Present { .. })));
        if count.load(Ordering::SeqCst) <= n {
            break;
        }
    }
}

#[test]
fn what_a_reader_sees_does_not_change_while_a_writer_appends() {
    let folder = workspace();
    let root = folder.path();
    tiny(root);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut writer = Writer::open(root, &Disk::new()).unwrap();
            for n in 0..400_u16 {
                let mut id = [100; 16];
                id[..2].copy_from_slice(&n.to_be_bytes());
                let entries = vec![run_entry(RunId(id), 0, 0)];
                writer
                    .commit(&Commit {
                        documents: vec![],
                        entries,
                    })
                    .unwrap();
            }
        });
        let mut size = 0;
        while !writing.is_finished() {
            let now = View::open(root).unwrap().size();
            assert!(now >= size, "a reader saw the log shrink");
            size = now;
        }
    });
    assert!(verify(root, Level::Hashes).is_sound());
    let view = View::open(root).unwrap();
    let verifier = Verifier::parse(&view.verifier()).unwrap();
    assert_eq!(
        Checkpoint::open(view.checkpoint(), &verifier).unwrap().size,
        view.size()
    );
    let placed = view.segments().next().unwrap();
    assert_eq!(view.find(&pseudonym(2), placed).unwrap().len(), 1);
}

#[test]
fn a_new_name_never_takes_the_place_of_a_file() {
    let folder = workspace();
    let root = folder.path();
    let disk = Disk::new();
    let (a, b) = (root.join("a"), root.join("b"));
    disk.create(&a, b"a").unwrap();
    assert!(disk.create(&a, b"other").is_err());
    disk.create(&b, b"b").unwrap();
    assert!(disk.place(&a, &b).is_err());
    assert_eq!(fs::read(&b).unwrap(), b"b");
    disk.replace(&a, &b).unwrap();
    assert_eq!(fs::read(&b).unwrap(), b"a");
    let lock = disk
        .lock(&root.join("lock"), std::time::Duration::ZERO)
        .unwrap();
    assert!(lock.is_some());
    assert!(
        disk.lock(&root.join("lock"), std::time::Duration::ZERO)
            .unwrap()
            .is_none()
    );
    drop(lock);
    assert!(
        disk.lock(&root.join("lock"), std::time::Duration::ZERO)
            .unwrap()
            .is_some()
    );
}

#[test]
fn verification_during_a_commit_sees_the_ledger_between_commits() {
    let folder = workspace();
    let root = folder.path();
    tiny(root);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for n in 0..12_u8 {
                score(
                    root,
                    &Disk::new(),
                    Entropy::os(),
                    RunId([n + 100; 16]),
                    &[(0, 4)],
                    1,
                )
                .unwrap();
            }
        });
        while !writing.is_finished() {
            let report = verify(root, Level::Full);
            assert!(
                report.is_sound() && report.leftovers.is_empty(),
                "{report:?}"
            );
        }
    });
    assert_eq!(verify(root, Level::Full).runs, 13);
}
