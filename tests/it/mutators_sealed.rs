//! What stands behind a seal, damaged before it was sealed: the right key opens it, and the reader must still doubt it.
//!
//! Only whoever holds the keys can write such bytes. They get an error, never a panic, and never more
//! memory than the file itself could fill.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use probant::demo::Stage;
use probant::ledger::Replay as _;
use probant::ledger::block::shuffle;
use probant::ledger::column::{compress, decompress, pack, unpack};
use probant::ledger::key::{Secret, SegmentKey, Unwrapped};
use probant::ledger::opened::Opened;
use probant::ledger::puncture::puncture;
use probant::ledger::record::{Event, EventKind, Facts, check_facts};
use probant::ledger::salt::Frontier;
use probant::ledger::seal::Seal;
use probant::ledger::segment::{Closed, Growing, HEAD};
use probant::ledger::text::{SegmentId, SegmentKind};
use probant::workspace::journal::keyring::Keyring;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::ledger::{Rows, Toy, documents};
use crate::mutators::{damaged, damages, holds, said};
use crate::night::{FIRST, Night, export};

const ID: SegmentId = SegmentId([5; 16]);
const KEY: [u8; 32] = [8; 32];
const SEED: [u8; 16] = [9; 16];

fn key() -> SegmentKey {
    SegmentKey {
        generation: 0,
        key: Secret::new(KEY),
        frontier: Frontier::whole(SEED),
    }
}

/// A sealed file, its kind, and the rows that were erased from it.
struct Sample {
    file: Vec<u8>,
    kind: SegmentKind,
    gaps: Vec<u32>,
}

impl Sample {
    fn open(&self) -> Opened {
        Opened::of(&self.file, ID, key(), self.gaps.clone()).unwrap()
    }

    fn streams(&self) -> Streams {
        Streams::of(&self.file, ID, &Secret::new(KEY), &self.open())
    }
}

/// A segment's streams, before they were sealed.
#[derive(Clone, Debug)]
pub struct Streams {
    id: SegmentId,
    /// The directory, the pseudonyms, then each block.
    pub plain: Vec<Vec<u8>>,
}

impl Streams {
    /// What a sealed file holds.
    pub fn of(file: &[u8], id: SegmentId, key: &Secret, opened: &Opened) -> Self {
        let start = opened.pseudonyms_at().start;
        let seal = Seal::new(key, &file[..HEAD]);
        let mut at = vec![HEAD..start, opened.pseudonyms_at()];
        at.extend((0..opened.blocks().len()).map(|block| opened.block_at(block)));
        let plain = at
            .into_iter()
            .zip(0..)
            .map(|(range, number)| seal.open(number, &file[range]).unwrap())
            .collect();
        Self { id, plain }
    }

    /// The sealed file.
    pub fn seal(&self, key: &Secret) -> Vec<u8> {
        let mut file = b"PBSEG\0\0\x01".to_vec();
        file.extend_from_slice(&self.id.0);
        file.extend_from_slice(&(self.plain[0].len() as u32).to_be_bytes());
        let seal = Seal::new(key, &file);
        for (stream, number) in self.plain.iter().zip(0..) {
            file.extend(seal.seal(number, stream));
        }
        file
    }

    /// The same with stream `number` replaced; the directory says its length.
    pub fn with(&self, number: usize, plain: Vec<u8>) -> Self {
        let mut streams = self.clone();
        if let Some(block) = number.checked_sub(2) {
            let field = 11 + block * 8 + 4;
            let length = (plain.len() as u32).to_be_bytes();
            streams.plain[0][field..field + 4].copy_from_slice(&length);
        }
        streams.plain[number] = plain;
        streams
    }
}

fn samples() -> Vec<Sample> {
    let mut samples: Vec<Sample> = closed()
        .into_iter()
        .map(|closed| Sample {
            file: closed.sealed,
            kind: closed.kind,
            gaps: vec![],
        })
        .collect();
    // The proposals again, without some rows.
    let gaps = vec![0, 5, 6, 299];
    let older = as_lines(&samples[0]);
    let opened = samples[0].open();
    let punctured = puncture(&opened, &samples[0].file, &gaps, 0, Secret::new(KEY)).unwrap();
    samples.push(Sample {
        file: punctured.sealed,
        kind: SegmentKind::Proposals,
        gaps,
    });
    samples.push(older);
    samples
}

/// A segment of predictions as an older program wrote it: lengths of facts, then all lines.
fn as_lines(sample: &Sample) -> Sample {
    let opened = sample.open();
    let mut streams = sample.streams();
    for block in 0..opened.blocks().len() {
        let payload = &streams.plain[2 + block];
        let mut at = 0;
        for _ in 0..2 + opened.features() {
            let length = payload[at..at + 4].try_into().unwrap();
            at += 4 + u32::from_be_bytes(length) as usize;
        }
        assert_eq!(payload[at..at + 5], [0, 0, 0, 1, 255], "it is on forms");
        let columns = opened
            .columns(block, &sample.file[opened.block_at(block)])
            .unwrap();
        let facts: Vec<_> = (0..columns.rows()).map(|at| columns.facts.of(at)).collect();
        let lengths: Vec<u16> = facts.iter().map(|it| it.len() as u16).collect();
        let mut older = payload[..at].to_vec();
        for column in [pack(&lengths).unwrap(), compress(&facts.concat()).unwrap()] {
            older.extend_from_slice(&(column.len() as u32).to_be_bytes());
            older.extend_from_slice(&column);
        }
        streams = streams.with(2 + block, older);
    }
    Sample {
        file: streams.seal(&Secret::new(KEY)),
        kind: sample.kind,
        gaps: sample.gaps.clone(),
    }
}

/// Every record of a segment of proposals, with its row.
fn records(sample: &Sample) -> Vec<(u32, Vec<u8>)> {
    let toy = Toy::of(&documents()[0]).unwrap();
    let opened = sample.open();
    let whose = opened
        .pseudonyms(&sample.file[opened.pseudonyms_at()])
        .unwrap();
    let mut records = Vec::new();
    for block in 0..opened.blocks().len() {
        let columns = opened
            .columns(block, &sample.file[opened.block_at(block)])
            .unwrap();
        let from = opened.place(opened.blocks()[block].0);
        let rows = opened.live_rows().skip(from).take(columns.rows());
        for (at, row) in rows.enumerate() {
            let pseudonym = whose[(from + at) * 16..][..16].try_into().unwrap();
            let record = opened.prediction(&columns, (at, row), pseudonym, Some(&toy));
            let record = record.unwrap().encode(toy.widths()).unwrap();
            records.push((row, record));
        }
    }
    records
}

#[test]
fn facts_that_older_blocks_hold_as_lines_are_read_and_erased_as_those_on_forms() {
    let samples = samples();
    let (now, older) = (&samples[0], samples.last().unwrap());
    assert_ne!(now.file, older.file);
    assert_eq!(records(now), records(older));
    let gaps = vec![1, 2, 299, 300, 369];
    let [now, older] = [now, older].map(|sample| {
        let opened = sample.open();
        let written = puncture(&opened, &sample.file, &gaps, 0, Secret::new(KEY)).unwrap();
        Sample {
            file: written.sealed,
            kind: sample.kind,
            gaps: gaps.clone(),
        }
    });
    let left = records(&now);
    assert_eq!(left, records(&older));
    assert_eq!(left.len(), 365);
    assert!(left.iter().all(|(row, _)| !gaps.contains(row)));
    // What was written as lines stays as lines: nothing else could be said to be what stood there.
    assert_eq!(
        as_lines(&now).streams().plain[2..],
        older.streams().plain[2..]
    );
}

fn closed() -> Vec<Closed> {
    let toy = Toy::of(&documents()[0]).unwrap();
    let mut proposals = Growing::new(ID, SegmentKind::Proposals, 3, SEED);
    for (first, count) in [(0, 300), (300, 70)] {
        let rows = Rows::proposals(first, count, &toy);
        let order = shuffle([first as u8; 32], count as usize);
        proposals
            .push(&rows.block(&rows.columns()), &order, Some(&toy))
            .unwrap();
    }
    let mut refusals = Growing::new(ID, SegmentKind::Refusals, 0, SEED);
    let rows = Rows::refusals(0, 40);
    refusals
        .push(&rows.block(&[]), &shuffle([1; 32], 40), None)
        .unwrap();
    let mut events = Growing::new(ID, SegmentKind::Events, 0, SEED);
    let event = |n: u8| Event {
        segment: ID.0,
        row: 0,
        kind: EventKind::Review,
        event: [n; 16],
        pseudonym: [n; 16],
        decision: Some(u64::from(n)),
        actor: [1; 16],
        reason: 3,
        shown: [n; 32],
        time: 1_767_225_600,
        facts: Facts::of([("n", n.to_string().as_str())]).unwrap(),
    };
    let all: Vec<Event> = (0..30).map(event).collect();
    events.push_events(&all, &shuffle([1; 32], 30)).unwrap();
    [proposals, refusals, events]
        .map(|growing| growing.close(Secret::new(KEY)))
        .into()
}

/// Reads everything of a segment, as `verify` and `explain` do; what its directory says, written again.
fn read(file: &[u8], gaps: &[u32]) -> Option<Vec<u8>> {
    let opened = said(Opened::of(file, ID, key(), gaps.to_vec()))?;
    if opened.length() != file.len() {
        return None;
    }
    let whose = said(opened.pseudonyms(&file[opened.pseudonyms_at()]))?;
    let chunks = 0..opened.pseudonym_chunks();
    let sealed = &file[opened.pseudonym_chunks_at(chunks)];
    assert_eq!(said(opened.pseudonyms_of_chunks(0, sealed))?, whose);
    let toy = Toy::of(&documents()[0]).unwrap();
    let replay: Option<&dyn probant::ledger::Replay> =
        (opened.kind() == SegmentKind::Proposals).then_some(&toy);
    for block in 0..opened.blocks().len() {
        let columns = said(opened.columns(block, &file[opened.block_at(block)]))?;
        let (first, count) = opened.blocks()[block];
        let _ = opened.salts(first, first + count);
        let from = opened.place(first);
        for (at, row) in opened
            .live_rows()
            .skip(from)
            .take(columns.rows())
            .enumerate()
        {
            said(check_facts(&columns.facts.of(at)))?;
            let pseudonym = &whose[opened.place(row) * 16..][..16];
            let pseudonym: [u8; 16] = pseudonym.try_into().unwrap();
            if opened.kind() == SegmentKind::Events {
                said(Event::decode(&opened.event(
                    &columns,
                    (at, row),
                    &pseudonym,
                )))?;
            } else if opened.features() == replay.map_or(0, probant::ledger::Replay::features) {
                let record = said(opened.prediction(&columns, (at, row), pseudonym, replay))?;
                said(record.encode(replay.map_or(&[], probant::ledger::Replay::widths)))?;
            }
        }
    }
    let mut directory = vec![match opened.kind() {
        SegmentKind::Proposals => 1,
        SegmentKind::Refusals => 2,
        SegmentKind::Events => 3,
    }];
    directory.extend_from_slice(&opened.rows().to_be_bytes());
    directory.extend_from_slice(&(opened.features() as u16).to_be_bytes());
    directory.extend_from_slice(&(opened.blocks().len() as u32).to_be_bytes());
    for (block, (_, rows)) in opened.blocks().iter().enumerate() {
        let sealed = opened.block_at(block).len();
        let plain = sealed - 16 * sealed.div_ceil((1 << 16) + 16);
        directory.extend_from_slice(&rows.to_be_bytes());
        directory.extend_from_slice(&(plain as u32).to_be_bytes());
    }
    Some(directory)
}

#[test]
fn a_damaged_segment_does_not_open() {
    for sample in samples() {
        let file = &sample.file;
        holds("sealed file", 5_000, std::slice::from_ref(file), |bytes| {
            read(bytes, &sample.gaps).map(|_| file.clone())
        });
    }
}

#[test]
fn a_segment_damaged_before_it_was_sealed_is_refused_or_is_what_it_says() {
    let secret = Secret::new(KEY);
    for sample in samples() {
        let streams = sample.streams();
        assert_eq!(streams.seal(&secret), sample.file);
        for number in 0..streams.plain.len() {
            let what = format!("stream {number} of {}", sample.kind);
            let other = (number + 1) % streams.plain.len();
            let valid = [number, other].map(|at| streams.plain[at].clone());
            let mut runner = TestRunner::new(ProptestConfig {
                cases: 3_000,
                failure_persistence: None,
                ..ProptestConfig::default()
            });
            let ran = runner.run(&damages(), |damages| {
                let plain = damaged(&valid[0], &valid[1], &damages);
                let damaged = streams.with(number, plain);
                if let Some(directory) = read(&damaged.seal(&secret), &sample.gaps) {
                    prop_assert_eq!(&directory, &damaged.plain[0]);
                }
                Ok(())
            });
            if let Err(error) = ran {
                panic!("{what}: {error}");
            }
        }
    }
}

#[test]
fn a_damaged_column_is_refused_or_is_packed_as_the_writer_packs_it() {
    for most in [0_u16, 1, 3, 15, 200, 60_000] {
        for rows in [1_usize, 9, 500] {
            let column = |seed: usize| -> Vec<u16> {
                (0..rows)
                    .map(|i| {
                        if i == seed {
                            most
                        } else {
                            (i * 31 % 65_536) as u16 & most
                        }
                    })
                    .collect()
            };
            let valid = [0, 1].map(|seed| pack(&column(seed % rows)).unwrap());
            let plain = |bytes: &[u8], length| decompress(bytes, length).ok();
            holds("column", 1_500, &valid, |bytes| {
                let values = said(unpack(bytes, rows))?;
                assert_eq!(values.len(), rows);
                let again = pack(&values).unwrap();
                let length = match again[0] {
                    0 => 0,
                    bits => (rows * usize::from(bits)).div_ceil(8),
                };
                // A frame of zstd has many spellings; the bits in it have one.
                let same = again[0] == bytes[0]
                    && (length == 0 || plain(&again[1..], length) == plain(&bytes[1..], length));
                Some(if same { bytes.to_vec() } else { again })
            });
        }
    }
}

#[test]
fn a_damaged_frame_is_refused_or_has_the_length_that_was_asked_for() {
    let text = b"audience=b2b\nconsent=none\n".repeat(40);
    let noise: Vec<u8> = (0..1040_u64)
        .map(|n| crate::ledger::noise(n) as u8)
        .collect();
    let valid = [&text, &noise].map(|plain| compress(plain).unwrap());
    holds("frame", 20_000, &valid, |bytes| {
        assert_eq!(said(decompress(bytes, 1040))?.len(), 1040);
        Some(bytes.to_vec())
    });
    let [one, two] = &valid;
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, b'h', b'i'];
    for (hidden, length) in [
        ([one.as_slice(), two].concat(), 2080),
        ([one.as_slice(), &skippable].concat(), 1040),
        ([&skippable, one.as_slice()].concat(), 1040),
    ] {
        assert!(decompress(&hidden, length).is_err(), "more than one frame");
    }
}

#[test]
fn a_damaged_wrapped_key_is_refused_or_is_the_key_it_says() {
    let kek = Secret::new([3; 32]);
    let frontier = Frontier::whole(SEED).without(&ID.0, 1000, &[5, 700]);
    for (frontier, gaps) in [(Frontier::whole(SEED), vec![]), (frontier, vec![5, 700])] {
        let key = SegmentKey {
            generation: 3,
            key: Secret::new(KEY),
            frontier,
        };
        let file = key.wrap(&ID.0, &kek, [7; 24]);
        let again = |file: &[u8]| {
            let key = said(said(Unwrapped::open(file, &ID.0, &kek))?.key(1000, &gaps))?;
            Some(key.wrap(&ID.0, &kek, file[24..48].try_into().unwrap()))
        };
        holds("wrapped key", 10_000, std::slice::from_ref(&file), again);
        let head = file[..24].to_vec();
        let cipher = XChaCha20Poly1305::new(kek.expose().into());
        let nonce = XNonce::from_slice(&[7; 24]);
        let sealed = Payload {
            msg: &file[48..],
            aad: &head,
        };
        let plain = cipher.decrypt(nonce, sealed).unwrap();
        holds("wrapped key's plain bytes", 10_000, &[plain], |bytes| {
            let payload = Payload {
                msg: bytes,
                aad: &head,
            };
            let sealed = cipher.encrypt(nonce, payload).unwrap();
            let file = [head.as_slice(), &[7; 24], &sealed].concat();
            assert_eq!(again(&file)?, file);
            Some(bytes.to_vec())
        });
    }
}

/// Codes that no model has, in a segment that was sealed with the right key: the whole product must stand it.
#[test]
fn codes_that_the_model_does_not_have_are_found_and_panic_nothing() {
    let night = Night::new(150);
    let data = export(150, 2, FIRST, Stage::Open);
    night.put("night.csv", &data);
    night.score("out/a.csv", &[]).done();
    let root = night.root();
    let path = rows_file(&root);
    let file = fs::read(&path).unwrap();
    let (id, key) = segment_key(&root, &path);
    let opened = Opened::of(&file, id, key, vec![]).unwrap();
    let (_, key) = segment_key(&root, &path);
    let streams = Streams::of(&file, id, &key.key, &opened);
    let columns = opened.columns(0, &file[opened.block_at(0)]).unwrap();
    let mut draws = crate::night::Draws(7);
    for extreme in [3_u16, 255, 256, u16::MAX] {
        for feature in 0..opened.features() {
            let mut codes = columns.codes.clone();
            for _ in 0..5 {
                codes[feature][draws.below(150)] = extreme;
            }
            let mut payload = Vec::new();
            let mut put = |bytes: Vec<u8>| {
                payload.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
                payload.extend_from_slice(&bytes);
            };
            put(pack(&columns.basis).unwrap());
            put(pack(&columns.outcomes).unwrap());
            for column in &codes {
                put(pack(column).unwrap());
            }
            put(pack(&vec![0; 150]).unwrap());
            put(compress(&[]).unwrap());
            fs::write(&path, streams.with(2, payload).seal(&key.key)).unwrap();
            let when = format!("code {extreme} in feature {feature}");
            let said = night.say(&["ledger", "verify", "--full"]);
            let changed = codes != columns.codes;
            assert_eq!(said.exit, if changed { 4 } else { 0 }, "{when}: {said:?}");
            let said = night.say(&["explain", "--why", "audit", &format!("L-{FIRST}")]);
            assert!([0, 1, 4].contains(&said.exit), "{when}: {said:?}");
        }
    }
    fs::write(&path, &file).unwrap();
    night.say(&["ledger", "verify", "--full"]).done();
}

fn rows_file(root: &Path) -> PathBuf {
    fs::read_dir(root.join("ledger/segments"))
        .unwrap()
        .map(|item| item.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "rows"))
        .unwrap()
}

/// The name and the key of the segment whose rows stand at `path`.
fn segment_key(root: &Path, path: &Path) -> (SegmentId, SegmentKey) {
    let name = path.file_name().unwrap().to_str().unwrap();
    let id: SegmentId = name.split('.').next().unwrap().parse().unwrap();
    let keyring = Keyring::open(root).unwrap();
    let kek = keyring.kek().unwrap();
    let wrapped = root.join(format!("ledger/keys/{}/{id}.key", keyring.kek_id()));
    let key = Unwrapped::open(&fs::read(wrapped).unwrap(), &id.0, &kek)
        .unwrap()
        .key(150, &[])
        .unwrap();
    (id, key)
}

const LIMITED: &str = "PROBANT_TEST_LIMITED";

/// Does nothing by itself: the test below runs it where memory is short.
#[test]
fn claims_that_are_read_where_memory_is_short() {
    if std::env::var(LIMITED).is_err() {
        return;
    }
    let secret = Secret::new(KEY);
    for sample in samples() {
        let streams = sample.streams();
        // Rows, columns and blocks that are not there.
        for (at, width) in [(1, 4), (5, 2), (7, 4), (11, 4), (15, 4)] {
            for byte in [0x10, 0x7f, 0xff] {
                let mut directory = streams.plain[0].clone();
                directory[at..at + width].fill(byte);
                let file = streams.with(0, directory).seal(&secret);
                assert_eq!(read(&file, &sample.gaps), None);
            }
        }
    }
    // 65,536 rows of 65,535 bytes of facts each, in a few bytes; and a frame that says so itself.
    let lengths = pack(&vec![u16::MAX; 1 << 16]).unwrap();
    let mut claims = compress(&[0; 300]).unwrap();
    assert_eq!(claims[..4], [0x28, 0xb5, 0x2f, 0xfd]);
    claims.splice(
        4..7,
        [0xe0].into_iter().chain(4_294_901_760_u64.to_le_bytes()),
    );
    for frame in [compress(b"").unwrap(), claims] {
        let mut payload = Vec::new();
        for column in [&lengths, &compress(&vec![1; 83 << 16]).unwrap(), &frame] {
            payload.extend_from_slice(&(column.len() as u32).to_be_bytes());
            payload.extend_from_slice(column);
        }
        let mut directory = vec![3];
        for field in [1 << 16, 0, 1 << 16, payload.len() as u32] {
            directory.extend_from_slice(&u32::to_be_bytes(field));
        }
        // Features are two bytes, the number of blocks four.
        directory.splice(5..9, [0, 0, 0, 0, 0, 1]);
        let streams = Streams {
            id: ID,
            plain: vec![directory, vec![0; 16 << 16], payload],
        };
        assert_eq!(read(&streams.seal(&secret), &[]), None);
    }
    println!("read all");
}

#[cfg(target_os = "linux")]
#[test]
fn no_claim_of_a_file_takes_the_memory_that_it_claims() {
    let script = "ulimit -v 1500000; exec \"$@\"";
    let output = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "mutators_sealed::claims_that_are_read_where_memory_is_short",
            "--test-threads",
            "1",
            "--nocapture",
        ])
        .env(LIMITED, "1")
        .env("MALLOC_ARENA_MAX", "2")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("read all"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
