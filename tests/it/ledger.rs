//! The ledger on disk: what is recorded is found again, proved, and the same for any number of threads.
//!
//! Also the small workspace that the other ledger tests damage and crash.

use std::fs;
use std::path::{Path, PathBuf};

use probant::digest::Digest;
use probant::form::{Filing, Filled, Form};
use probant::ledger::block::shuffle;
use probant::ledger::entry::{Document, Entry, ModelEntry, Note, Run, Segment};
use probant::ledger::key::{Secret, SigningKey};
use probant::ledger::note::Checkpoint;
use probant::ledger::opened::Opened;
use probant::ledger::record::{Event, EventKind, Facts, Record};
use probant::ledger::seal::{CHUNK, Seal, TAG, sealed_length};
use probant::ledger::segment::Growing;
use probant::ledger::text::{SegmentId, Time};
use probant::ledger::tree;
use probant::ledger::verify::{Judge, Level, Oracles, Report};
use probant::ledger::{BasisName, Block, Heading, Replay, RunId, SegmentKind, Standing};
use probant::name::Token;
use probant::workspace::disk::Disk;
use probant::workspace::journal::{
    Commit, Entropy, Error, Receipt, RunWriter, View, Writer, check, create,
};

pub const NOW: Time = Time(1_767_225_600);

pub fn token(text: &str) -> Token {
    text.parse().unwrap()
}

/// A model that is its document: one digit of contribution for each feature, and one pair.
pub struct Toy {
    features: usize,
    widths: Vec<usize>,
    step: i32,
}

impl Toy {
    pub fn of(document: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(document).map_err(|error| error.to_string())?;
        let (features, step) = text.trim().split_once(' ').ok_or("not a toy")?;
        let features: usize = features.parse().map_err(|_| "not a toy")?;
        let widths = (0..=features)
            .map(|at| if at == 1 { 2 } else { 1 })
            .collect();
        Ok(Self {
            features,
            widths,
            step: step.parse().map_err(|_| "not a toy")?,
        })
    }
}

impl Replay for Toy {
    fn features(&self) -> usize {
        self.features
    }

    fn widths(&self) -> &[usize] {
        &self.widths
    }

    fn replay(&self, features: &[u16], terms: &mut Vec<(u16, i32)>) -> i32 {
        terms.clear();
        let term = |(at, code): (usize, &u16)| (*code, self.step * (i32::from(*code) - at as i32));
        terms.extend(features.iter().enumerate().map(term));
        let pair = (features[0] ^ features[1]) & 7;
        terms.push((pair, -i32::from(pair) * 100));
        terms.iter().map(|term| term.1).sum::<i32>() - 1_000_000
    }
}

/// The documents that every small ledger keeps: model, schema, policy, law.
pub fn documents() -> [Vec<u8>; 4] {
    [
        b"3 40000\n".to_vec(),
        b"schema\n".to_vec(),
        b"policy\n".to_vec(),
        b"none-1\n".to_vec(),
    ]
}

pub fn digests() -> [Digest; 4] {
    documents().map(|document| Digest::of(&document))
}

/// The band of a score: the toy policy's.
pub fn band(ppm: u32) -> u8 {
    if ppm >= 400_000 { 1 } else { 2 }
}

/// Columns of a block, owned.
pub struct Rows {
    pub pseudonyms: Vec<[u8; 16]>,
    pub basis: Vec<u8>,
    pub outcomes: Vec<u8>,
    pub codes: Vec<Vec<u16>>,
    pub facts: Filing,
}

/// An empty folder, in memory where the system has such: thousands of syncs are slow on a disk.
pub fn workspace() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    }
    .unwrap()
}

/// Deterministic noise.
pub fn noise(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

pub fn pseudonym(id: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&noise(id).to_be_bytes());
    bytes[8..].copy_from_slice(&id.to_be_bytes());
    bytes
}

impl Rows {
    pub fn proposals(first: u64, count: u64, model: &dyn Replay) -> Self {
        let ids: Vec<u64> = (first..first + count).collect();
        let wide = |at: usize| if model.widths()[at] == 2 { 400 } else { 12 };
        let codes: Vec<Vec<u16>> = (0..model.features())
            .map(|at| {
                ids.iter()
                    .map(|id| (noise(id * 31 + at as u64) % wide(at)) as u16)
                    .collect()
            })
            .collect();
        let mut terms = Vec::new();
        let outcomes = (0..ids.len())
            .map(|row| {
                let features: Vec<u16> = codes.iter().map(|column| column[row]).collect();
                band(
                    probant::odds::LogOdds(model.replay(&features, &mut terms))
                        .score()
                        .ppm(),
                )
            })
            .collect();
        let texts: [&[u8]; 4] = [
            b"audience=b2b\n",
            b"",
            b"audience=b2b\ncollected=\x01\nlast-contact=\x04\n",
            b"consent-proof=\x05\nconsent-when=\x02\n",
        ];
        let mut facts = Filing {
            forms: texts.map(|text| Form::new(text).unwrap()).into(),
            ..Filing::default()
        };
        for id in &ids {
            let filled = Filled {
                form: (noise(*id) % 4) as u32,
                days: [1, 2, 3, 4].map(|blank| 20_000 + (noise(id * 7 + blank) % 900) as u16),
                sum: 0,
            };
            let sum = [*id as u8; 32];
            facts.file(filled, (filled.form == 3).then_some(sum));
        }
        Self {
            pseudonyms: ids.iter().map(|id| pseudonym(*id)).collect(),
            basis: ids.iter().map(|_| 3).collect(),
            outcomes,
            codes,
            facts,
        }
    }

    pub fn refusals(first: u64, count: u64) -> Self {
        let ids = first..first + count;
        Self {
            pseudonyms: ids.clone().map(pseudonym).collect(),
            basis: ids.clone().map(|_| 0).collect(),
            outcomes: ids.clone().map(|_| 200).collect(),
            codes: Vec::new(),
            facts: Filing::verbatim(ids.map(|_| b"consent=none\n".as_slice())),
        }
    }

    pub fn columns(&self) -> Vec<&[u16]> {
        self.codes.iter().map(Vec::as_slice).collect()
    }

    pub fn block<'a>(&'a self, columns: &'a [&'a [u16]]) -> Block<'a> {
        Block {
            pseudonyms: &self.pseudonyms,
            basis: &self.basis,
            outcomes: &self.outcomes,
            codes: columns,
            facts: &self.facts,
        }
    }
}

pub fn heading(run: RunId, kid: &Token) -> Heading {
    let [model, schema, policy, law] = digests();
    Heading {
        run,
        model: Some((model, Standing::Active)),
        schema,
        policy,
        law,
        binary: token("0.1.0"),
        kid: kid.clone(),
        purpose: token("lead-scoring"),
        basis: vec![
            (
                0,
                BasisName {
                    article: token("none"),
                    document: None,
                },
            ),
            (
                3,
                BasisName {
                    article: token("art6-1-f"),
                    document: Some(policy),
                },
            ),
        ],
        outcomes: vec![
            (1, token("hot")),
            (2, token("cold")),
            (200, token("no-basis")),
        ],
        retention: (token("leads"), "2029-01-01".parse().unwrap()),
    }
}

/// What must stand in the log before a run can: the documents, and the model's folder.
pub fn keep_model(root: &Path) -> Commit {
    let [model, schema, policy, law] = digests();
    let folder = root.join("models").join(model.to_string());
    fs::create_dir_all(&folder).unwrap();
    let card = b"a card".to_vec();
    fs::write(folder.join("model.json"), &documents()[0]).unwrap();
    fs::write(folder.join("card.html"), &card).unwrap();
    let files = vec![
        (token("card.html"), Digest::of(&card)),
        (token("model.json"), model),
    ];
    let kept = |document| Document {
        document,
        time: NOW,
    };
    let entry = ModelEntry {
        model,
        schema,
        policy,
        time: NOW,
        binary: token("0.1.0"),
        actor: token("data-team"),
        files,
        signature: None,
    };
    Commit {
        documents: documents().to_vec(),
        entries: vec![
            Entry::Schema(kept(schema)),
            Entry::Policy(kept(policy)),
            Entry::Law(kept(law)),
            Entry::Model(entry),
        ],
    }
}

pub fn run_entry(run: RunId, proposed: u64, refused: u64) -> Entry {
    let [model, schema, policy, law] = digests();
    Entry::Run(Run {
        run,
        time: NOW,
        date: "2026-01-01".parse().unwrap(),
        purpose: token("lead-scoring"),
        model: (model, Standing::Active),
        schema,
        policy,
        law,
        binary: token("0.1.0"),
        inputs: vec![[7; 32]],
        total: proposed + refused + 1,
        proposed,
        refused,
        failed: 1,
    })
}

/// Records a run of proposals in blocks, and a few refusals.
pub fn score(
    root: &Path,
    disk: &Disk,
    entropy: Entropy,
    run: RunId,
    blocks: &[(u64, u64)],
    refused: u64,
) -> Result<Receipt, Error> {
    let mut writer = RunWriter::start(root, disk, entropy, run)?;
    let heading = heading(run, writer.view().kid());
    let toy = Toy::of(&documents()[0]).unwrap();
    for (first, count) in blocks {
        let rows = Rows::proposals(*first, *count, &toy);
        let columns = rows.columns();
        writer.push(
            &heading,
            SegmentKind::Proposals,
            &rows.block(&columns),
            Some(&toy),
        )?;
    }
    let rows = Rows::refusals(900_000, refused);
    writer.push(&heading, SegmentKind::Refusals, &rows.block(&[]), None)?;
    let proposed = writer.rows(SegmentKind::Proposals);
    writer.commit(&Commit {
        documents: Vec::new(),
        entries: vec![run_entry(run, proposed, refused)],
    })
}

/// A small workspace: model, one run of 300 proposals in two blocks and 4 refusals.
pub fn small(root: &Path) {
    let disk = Disk::new();
    create(
        root,
        &disk,
        &mut Entropy::seeded([1; 32]),
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
        Entropy::seeded([2; 32]),
        RunId([9; 16]),
        &[(0, 200), (200, 100)],
        4,
    )
    .unwrap();
}

pub fn model_files(root: &Path, model: &Digest) -> Option<Vec<(String, Digest)>> {
    let folder = root.join("models").join(model.to_string());
    let mut files: Vec<(String, Digest)> = fs::read_dir(folder)
        .ok()?
        .map(|item| {
            let path = item.unwrap().path();
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                Digest::of(&fs::read(&path).unwrap()),
            )
        })
        .collect();
    files.sort();
    Some(files)
}

pub fn verify(root: &Path, level: Level) -> Report {
    let judge = |_: &Segment, _: &[u8], _: &[u8]| -> Result<Judge, String> {
        Ok(Box::new(|ppm, _: &[u16]| band(ppm)))
    };
    let replay =
        |_: &Digest, bytes: &[u8]| Toy::of(bytes).map(|toy| Box::new(toy) as Box<dyn Replay>);
    let files = |model: &Digest| model_files(root, model);
    check(
        root,
        level,
        Oracles {
            replay: &replay,
            outcome: &judge,
            ruling: &|_: &Segment, _, _: &[u8], _: &[u8]| Ok(None),
            model_files: &files,
        },
    )
    .unwrap()
}

/// Copies a folder with its modes.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let path = item.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Every file under `root/folder`, as paths.
pub fn files(root: &Path, folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![root.join(folder)];
    while let Some(path) = todo.pop() {
        for item in fs::read_dir(path).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn what_was_recorded_verifies_and_is_found_again() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    for level in [Level::Hashes, Level::Full] {
        let report = verify(root, level);
        assert!(report.is_sound(), "{report:?}");
        assert_eq!((report.runs, report.segments, report.rows), (1, 2, 304));
    }
    assert_eq!(verify(root, Level::Full).replayed, 304);

    let view = View::open(root).unwrap();
    let toy = Toy::of(&documents()[0]).unwrap();
    for id in [0_u64, 137, 299] {
        let placed = view.of_run(RunId([9; 16])).next().unwrap();
        let rows = view.find(&pseudonym(id), placed).unwrap();
        assert_eq!(rows.len(), 1);
        let proved = view.fetch(placed, rows[0], Some(&toy)).unwrap();
        assert_eq!(proved.decision, Some(u64::from(rows[0])));
        let Record::Prediction(record) = &proved.record else {
            panic!("a prediction")
        };
        assert_eq!(record.pseudonym, pseudonym(id));
        let total: i32 = record.terms.iter().map(|term| term.contribution).sum();
        assert_eq!(record.log_odds, total - 1_000_000);
        assert_eq!(record.encode(toy.widths()).unwrap(), proved.bytes);
    }
    let refusals = view.of_run(RunId([9; 16])).nth(1).unwrap();
    assert_eq!(refusals.first, Some(300));
    let proved = view.fetch(refusals, 3, None).unwrap();
    assert_eq!(proved.decision, Some(303));
    let Record::Prediction(record) = proved.record else {
        panic!("a refusal")
    };
    assert_eq!(
        (record.log_odds, record.score, record.terms.len()),
        (0, 0, 0)
    );
    assert_eq!(view.decision(303), Some((refusals, 3)));
    assert_eq!(view.decision(304), None);
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let bytes = |threads: usize| {
        let folder = workspace();
        let root = folder.path();
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            small(root);
            let blocks = [(5000, 3000), (9000, 1), (9001, 2500)];
            score(
                root,
                &Disk::new(),
                Entropy::seeded([5; 32]),
                RunId([4; 16]),
                &blocks,
                700,
            )
            .unwrap();
        });
        let all = files(root, "ledger").into_iter().chain(files(root, "keys"));
        let read = |path: PathBuf| {
            (
                path.strip_prefix(root).unwrap().to_owned(),
                fs::read(&path).unwrap(),
            )
        };
        all.map(read).collect::<Vec<_>>()
    };
    let one = bytes(1);
    assert_eq!(one, bytes(2));
    assert_eq!(one, bytes(16));
}

#[test]
fn a_shuffle_is_a_permutation_that_its_seed_decides() {
    for rows in [0_usize, 1, 2, 3, 1000, 65_536] {
        let order = shuffle([7; 32], rows);
        assert_eq!(order, shuffle([7; 32], rows));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(
            sorted.iter().zip(0..).all(|(at, expected)| *at == expected) && sorted.len() == rows
        );
        assert!(rows < 1000 || order != shuffle([8; 32], rows));
    }
    // Each of the six orders of three rows comes about as often as the others.
    let mut counts = std::collections::BTreeMap::new();
    for seed in 0..6000_u32 {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&seed.to_be_bytes());
        *counts.entry(shuffle(bytes, 3)).or_insert(0) += 1;
    }
    assert!(
        counts.len() == 6 && counts.values().all(|count| (850..1150).contains(count)),
        "{counts:?}"
    );
}

#[test]
fn ordinals_say_where_each_row_went() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    let run = RunId([4; 16]);
    let mut writer = RunWriter::start(root, &Disk::new(), Entropy::os(), run).unwrap();
    let toy = Toy::of(&documents()[0]).unwrap();
    let heading = heading(run, writer.view().kid());
    let mut whose = Vec::new();
    for (first, count) in [(0, 500), (500, 77), (577, 300)] {
        let rows = Rows::proposals(first, count, &toy);
        let columns = rows.columns();
        let ordinals = writer
            .push(
                &heading,
                SegmentKind::Proposals,
                &rows.block(&columns),
                Some(&toy),
            )
            .unwrap();
        assert!(
            !ordinals.is_sorted(),
            "rows are numbered in the order in which they came"
        );
        whose.extend(rows.pseudonyms.into_iter().zip(ordinals));
    }
    let commit = Commit {
        documents: Vec::new(),
        entries: vec![run_entry(run, 877, 0)],
    };
    let receipt = writer.commit(&commit).unwrap();
    assert_eq!(
        (receipt.first_proposal, receipt.first_refusal),
        (304, 304 + 877)
    );
    let view = View::open(root).unwrap();
    for (pseudonym, ordinal) in whose.into_iter().step_by(41) {
        let (placed, row) = view.decision(receipt.first_proposal + ordinal).unwrap();
        let proved = view.fetch(placed, row, Some(&toy)).unwrap();
        let Record::Prediction(record) = proved.record else {
            panic!("a prediction")
        };
        assert_eq!(record.pseudonym, pseudonym);
    }
}

#[test]
fn a_record_is_proved_by_hashes_alone() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    score(
        root,
        &Disk::new(),
        Entropy::os(),
        RunId([4; 16]),
        &[(0, 1000)],
        1,
    )
    .unwrap();
    let view = View::open(root).unwrap();
    let toy = Toy::of(&documents()[0]).unwrap();
    for placed in view.segments() {
        for row in (0..placed.entry.rows).step_by(99) {
            let proved = view.fetch(placed, row, Some(&toy)).unwrap();
            // As a stranger would: leaf, path, the root as the entry's text has it, the entry's path, the checkpoint.
            let leaf = tree::leaf(&[&proved.salt, &proved.bytes]);
            let Entry::Segment(segment) = Entry::parse(proved.entry.as_bytes()).unwrap() else {
                panic!("a segment")
            };
            assert!(tree::includes(
                &segment.root,
                segment.rows.into(),
                row.into(),
                &leaf,
                &proved.path
            ));
            let text = String::from_utf8(proved.checkpoint).unwrap();
            let signed =
                Checkpoint::parse(&format!("{}\n", text.split_once("\n\n").unwrap().0)).unwrap();
            let entry = tree::leaf(&[proved.entry.as_bytes()]);
            assert!(tree::includes(
                &signed.root,
                signed.size,
                proved.index,
                &entry,
                &proved.entry_path
            ));
        }
    }
    let proposals = view.segments().next().unwrap();
    assert!(matches!(
        view.fetch(proposals, 0, None),
        Err(Error::Refused(probant::ledger::Error::NoModel(_)))
    ));
    assert!(matches!(
        view.fetch(proposals, 300, Some(&toy)),
        Err(Error::Refused(probant::ledger::Error::NoRow { .. }))
    ));
    // Another model says other things of the same codes: not what was signed.
    let other = Toy::of(b"3 40001\n").unwrap();
    assert!(matches!(
        view.fetch(proposals, 0, Some(&other)),
        Err(Error::Damaged { .. })
    ));
}

#[test]
fn two_runs_at_once_are_one_too_many_and_a_commit_waits() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    let disk = Disk::new();
    let mut first = RunWriter::start(root, &disk, Entropy::os(), RunId([1; 16])).unwrap();
    let second = RunWriter::start(root, &disk, Entropy::os(), RunId([2; 16]));
    assert!(matches!(second, Err(Error::Busy { lock: "run.lock" })));
    // What is not a run goes on meanwhile, and leaves the run's folder alone.
    let toy = Toy::of(&documents()[0]).unwrap();
    let rows = Rows::proposals(0, 30, &toy);
    let columns = rows.columns();
    let heading = heading(RunId([1; 16]), first.view().kid());
    first
        .push(
            &heading,
            SegmentKind::Proposals,
            &rows.block(&columns),
            Some(&toy),
        )
        .unwrap();
    let note = Entry::Note(Note {
        about: token("hello"),
        time: NOW,
        actor: token("dpo"),
        checkpoint: Some((6, [1; 32])),
    });
    let mut writer = Writer::open(root, &disk).unwrap();
    writer
        .commit(&Commit {
            documents: Vec::new(),
            entries: vec![note],
        })
        .unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            first
                .commit(&Commit {
                    documents: Vec::new(),
                    entries: vec![run_entry(RunId([1; 16]), 30, 0)],
                })
                .unwrap()
        });
        drop(writer);
        assert_eq!(waiting.join().unwrap().first_proposal, 304);
    });
    drop(first);
    assert!(verify(root, Level::Full).is_sound());
    assert!(RunWriter::start(root, &disk, Entropy::os(), RunId([2; 16])).is_ok());
}

#[test]
fn secrets_are_never_printed_and_their_files_are_closed_to_others() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    let view = View::open(root).unwrap();
    let master = view.master(view.kid()).unwrap();
    let bytes = master.expose();
    let printed = format!("{master:?} {view:?} {:?}", SigningKey::of(&master));
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    for secret in [
        probant::digest::hex(bytes),
        encoded,
        format!("{:?}", &bytes[..4]).replace(['[', ']'], ""),
    ] {
        assert!(!printed.contains(&secret));
    }
    for path in files(root, "ledger") {
        let text = fs::read(&path).unwrap();
        assert!(
            !text.windows(16).any(|window| window == &bytes[..16]),
            "{}",
            path.display()
        );
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for path in files(root, "keys") {
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            let opened = View::open(root).and_then(|view| {
                view.master(view.kid())?;
                drop(Writer::open(root, &Disk::new())?);
                view.find(&pseudonym(1), view.segments().next().unwrap())
            });
            assert!(
                matches!(opened, Err(Error::Loose { mode: 0o640, .. })),
                "{}",
                path.display()
            );
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::set_permissions(root.join("keys"), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(
            View::open(root),
            Err(Error::Loose { mode: 0o755, .. })
        ));
    }
}

#[test]
fn a_workspace_without_a_ledger_says_so_and_one_with_a_ledger_gets_no_second() {
    let folder = workspace();
    let root = folder.path();
    assert!(matches!(View::open(root), Err(Error::Absent { .. })));
    assert!(matches!(
        Writer::open(root, &Disk::new()),
        Err(Error::Absent { .. })
    ));
    assert!(matches!(
        RunWriter::start(root, &Disk::new(), Entropy::os(), RunId([1; 16])),
        Err(Error::Absent { .. })
    ));
    assert!(
        fs::read_dir(root).unwrap().next().is_none(),
        "looking leaves nothing behind"
    );
    small(root);
    let again = create(root, &Disk::new(), &mut Entropy::os(), NOW, &token("0.1.0"));
    assert!(matches!(again, Err(Error::Present { .. })));
    // Nor when its checkpoint is gone: what is left may be all that can be saved.
    fs::remove_file(root.join("ledger/checkpoint")).unwrap();
    let again = create(root, &Disk::new(), &mut Entropy::os(), NOW, &token("0.1.0"));
    assert!(matches!(again, Err(Error::Present { .. })));
}

#[test]
fn a_segment_closes_before_a_block_that_would_not_fit() {
    let id = SegmentId([1; 16]);
    let mut growing = Growing::new(id, SegmentKind::Refusals, 0, [2; 16]);
    let rows = Rows {
        facts: Filing::default(),
        ..Rows::refusals(0, 65_536)
    };
    let order = shuffle([0; 32], 65_536);
    for _ in 0..16 {
        assert!(growing.fits(65_536));
        growing.push(&rows.block(&[]), &order, None).unwrap();
    }
    assert!(!growing.fits(1));
    let one = Rows::refusals(0, 1);
    assert!(growing.push(&one.block(&[]), &[0], None).is_err());
    let closed = growing.close(Secret::new([3; 32]));
    assert_eq!((closed.rows, closed.nodes.len()), (1 << 20, 4096 * 32));
    assert!(probant::ledger::segment::nodes(&closed.nodes, closed.rows, &closed.root).is_ok());
}

#[test]
fn a_block_that_does_not_hold_together_is_refused() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    let run = RunId([4; 16]);
    let mut writer = RunWriter::start(root, &Disk::new(), Entropy::os(), run).unwrap();
    let toy = Toy::of(&documents()[0]).unwrap();
    let heading = heading(run, writer.view().kid());
    let rows = Rows::proposals(0, 10, &toy);
    let columns = rows.columns();
    let whole = rows.block(&columns);
    let odd = Filing::verbatim([b"b=1\na=2\n".as_slice(); 10]);
    let short = [columns[0], columns[1], &columns[2][..9]];
    let bad = [
        Block {
            basis: &whole.basis[1..],
            ..whole
        },
        Block {
            outcomes: &[],
            ..whole
        },
        Block {
            codes: &columns[..2],
            ..whole
        },
        Block {
            codes: &short,
            ..whole
        },
        Block {
            facts: &odd,
            ..whole
        },
    ];
    for block in bad {
        assert!(
            writer
                .push(&heading, SegmentKind::Proposals, &block, Some(&toy))
                .is_err()
        );
    }
    assert!(
        writer
            .push(&heading, SegmentKind::Refusals, &whole, Some(&toy))
            .is_err()
    );
    let other = Heading {
        purpose: token("else"),
        ..heading.clone()
    };
    writer
        .push(&heading, SegmentKind::Proposals, &whole, Some(&toy))
        .unwrap();
    assert!(
        writer
            .push(&other, SegmentKind::Proposals, &whole, Some(&toy))
            .is_err()
    );
    assert_eq!(writer.rows(SegmentKind::Proposals), 10);
}

#[test]
fn events_are_sealed_and_come_back() {
    let event = |n: u8| Event {
        segment: [0; 16],
        row: 0,
        kind: EventKind::Objection,
        event: [n; 16],
        pseudonym: pseudonym(u64::from(n)),
        decision: n.is_multiple_of(2).then_some(u64::from(n)),
        actor: [9; 16],
        reason: 21,
        shown: [n; 32],
        time: NOW.0,
        facts: Facts::of([("channel", "letter")]).unwrap(),
    };
    let events: Vec<Event> = (0..50).map(event).collect();
    let id = SegmentId([1; 16]);
    let mut growing = Growing::new(id, SegmentKind::Events, 0, [2; 16]);
    let order = shuffle([0; 32], 50);
    growing.push_events(&events, &order).unwrap();
    let closed = growing.close(Secret::new([3; 32]));
    let opened = Opened::of(&closed.sealed, id, closed.key, Vec::new()).unwrap();
    assert_eq!(opened.length(), closed.sealed.len());
    let pseudonyms = opened
        .pseudonyms(&closed.sealed[opened.pseudonyms_at()])
        .unwrap();
    let columns = opened
        .columns(0, &closed.sealed[opened.block_at(0)])
        .unwrap();
    let mut leaves = Vec::new();
    for ((row, salt), whose) in opened
        .salts(0, 50)
        .into_iter()
        .zip(pseudonyms.as_chunks::<16>().0)
    {
        let bytes = opened.event(&columns, (row as usize, row), whose);
        leaves.push(tree::leaf(&[&salt, &bytes]));
        let expected = Event {
            segment: id.0,
            row,
            ..events[order[row as usize] as usize].clone()
        };
        assert_eq!(Event::decode(&bytes), Ok(expected));
    }
    assert_eq!(tree::root(&leaves), closed.root);
}

#[test]
fn what_no_earlier_entry_keeps_cannot_be_named() {
    let folder = workspace();
    let root = folder.path();
    small(root);
    let size = View::open(root).unwrap().size();
    let mut writer = Writer::open(root, &Disk::new()).unwrap();
    let document = b"a document".to_vec();
    let kept = Entry::Law(Document {
        document: Digest::of(&document),
        time: NOW,
    });
    let Entry::Run(mut run) = run_entry(RunId([3; 16]), 0, 0) else {
        panic!("a run")
    };
    run.law = Digest::of(&document);
    let run = Entry::Run(run);
    let commit = |documents: &[&Vec<u8>], entries: &[&Entry]| Commit {
        documents: documents.iter().map(|it| (*it).clone()).collect(),
        entries: entries.iter().map(|it| (*it).clone()).collect(),
    };
    for refused in [
        commit(&[], &[&run]),
        commit(&[], &[&kept]),
        commit(&[&document], &[&run]),
        commit(&[&document], &[&run, &kept]),
    ] {
        assert!(
            matches!(writer.commit(&refused), Err(Error::Refused(_))),
            "{refused:?}"
        );
    }
    assert_eq!(writer.view().size(), size);
    writer
        .commit(&commit(&[&document], &[&kept, &run]))
        .unwrap();
    assert_eq!(
        writer.view().document(&Digest::of(&document)).unwrap(),
        document
    );
    drop(writer);
    assert!(verify(root, Level::Full).is_sound());
}

#[test]
fn sealed_chunks_cannot_be_moved_dropped_repeated_or_taken_elsewhere() {
    let plain: Vec<u8> = (0..3 * CHUNK + 5).map(|i| i as u8).collect();
    let seal = Seal::new(&Secret::new([1; 32]), b"this file");
    let sealed = seal.seal(7, &plain);
    assert_eq!(sealed.len(), sealed_length(plain.len()));
    assert_eq!(seal.open(7, &sealed).unwrap(), plain);
    let whole = CHUNK + TAG;
    let swapped = [
        &sealed[whole..2 * whole],
        &sealed[..whole],
        &sealed[2 * whole..],
    ]
    .concat();
    let dropped = [&sealed[..whole], &sealed[2 * whole..]].concat();
    let repeated = [&sealed[..whole], &sealed].concat();
    let shorter = sealed[..3 * whole].to_vec();
    for damaged in [swapped, dropped, repeated, shorter, Vec::new()] {
        assert!(seal.open(7, &damaged).is_err());
    }
    assert!(
        seal.open(8, &sealed).is_err(),
        "another stream of the same file"
    );
    assert!(
        Seal::new(&Secret::new([1; 32]), b"that file")
            .open(7, &sealed)
            .is_err()
    );
    assert!(
        Seal::new(&Secret::new([2; 32]), b"this file")
            .open(7, &sealed)
            .is_err()
    );
    assert_eq!(seal.open(9, &seal.seal(9, &[])).unwrap(), Vec::<u8>::new());
}
