//! Writes valid inputs of every target to `corpus/`, so that a fuzzer begins where a reader says yes.

use std::fs;
use std::path::Path;

use probant_fuzz::form::{Filing, Filled, Form};
use probant_fuzz::ledger::age::{self, Draws, Identity};
use probant_fuzz::ledger::block::Block;
use probant_fuzz::ledger::cosignature::{self, Witness};
use probant_fuzz::ledger::entry::{Document, Entry, Erase, Note, Rows, Run, Segment};
use probant_fuzz::ledger::erased::{Erased, Leaves, Listed};
use probant_fuzz::ledger::key::{Secret, SecretKind};
use probant_fuzz::ledger::note::{Checkpoint, Verifier};
use probant_fuzz::ledger::record::{Event, EventKind, Facts, Prediction, Term};
use probant_fuzz::ledger::salt::Frontier;
use probant_fuzz::ledger::seal::Seal;
use probant_fuzz::ledger::segment::{Growing, HEAD};
use probant_fuzz::ledger::text::{EventId, Progress, SegmentKind, Standing, Time};
use probant_fuzz::ledger::timestamp::Request as Stamp;
use probant_fuzz::ledger::witness::{Memory, Request};
use probant_fuzz::ledger::{BasisName, RunId, column, opened::Opened, tile};
use probant_fuzz::{WIDTHS, origin, sealed, signing};

fn put(target: &str, seeds: &[Vec<u8>]) {
    let folder = Path::new("corpus").join(target);
    fs::create_dir_all(&folder).unwrap();
    for (at, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{at}")), seed).unwrap();
    }
}

fn entries() -> Vec<Vec<u8>> {
    let token = |text: &str| text.parse().unwrap();
    let digest = probant_fuzz::digest::Digest([1; 32]);
    let time = Time(1_767_225_600);
    let run = Run {
        run: RunId([1; 16]),
        time,
        date: "2026-01-01".parse().unwrap(),
        purpose: token("p"),
        model: (digest, Standing::Active),
        schema: digest,
        policy: digest,
        law: digest,
        binary: token("0.1.0"),
        inputs: vec![[9; 32]],
        total: 3,
        proposed: 1,
        refused: 1,
        failed: 1,
    };
    let segment = Segment {
        id: sealed::ID,
        kind: SegmentKind::Proposals,
        run: RunId([1; 16]),
        rows: 5,
        root: [2; 32],
        model: Some((digest, Standing::Trial)),
        schema: digest,
        policy: digest,
        law: digest,
        binary: token("0.1.0"),
        kid: token("k"),
        purpose: token("p"),
        basis: vec![(
            3,
            BasisName {
                article: token("a"),
                document: Some(digest),
            },
        )],
        outcomes: vec![(1, token("hot")), (200, token("none"))],
        retention: (token("leads"), "2029-01-01".parse().unwrap()),
    };
    let erase = Erase {
        event: EventId([3; 16]),
        part: (1, 1),
        state: Progress::Done,
        time,
        actor: token("dpo"),
        reason: token("art17-1-b"),
        requests: vec![[4; 32]],
        rows: vec![Rows {
            segment: sealed::ID,
            count: 1,
            sum: [5; 32],
        }],
    };
    let note = Note {
        about: token("rollback"),
        time,
        actor: token("dpo"),
        checkpoint: Some((7, [6; 32])),
    };
    let law = Document {
        document: digest,
        time,
    };
    [
        Entry::Run(run),
        Entry::Segment(segment),
        Entry::Erase(erase),
        Entry::Note(note),
        Entry::Law(law),
    ]
    .map(|entry| entry.text().into_bytes())
    .into()
}

fn records() -> Vec<Vec<u8>> {
    let facts = Facts::of([("audience", "b2b"), ("consent", "none")]).unwrap();
    let terms = [(9, 1000), (1, -500), (300, 20_000), (7, -1)]
        .map(|(code, contribution)| Term { code, contribution });
    let prediction = Prediction {
        segment: [1; 16],
        row: 3,
        pseudonym: [2; 16],
        basis: 3,
        outcome: 1,
        log_odds: -1_000_000,
        score: 278_000,
        terms: terms.into(),
        facts: facts.clone(),
    };
    vec![
        prediction.encode(&WIDTHS).unwrap(),
        event(1).encode().unwrap(),
    ]
}

fn event(n: u8) -> Event {
    Event {
        segment: sealed::ID.0,
        row: 0,
        kind: EventKind::Review,
        event: [n; 16],
        pseudonym: [n; 16],
        decision: Some(7),
        actor: [1; 16],
        reason: 3,
        shown: [n; 32],
        time: 1,
        facts: Facts::of([("a", "b")]).unwrap(),
    }
}

/// Seeds of `segment` (directory and blocks) and of `block` (one payload), from a sealed segment.
fn streams(growing: Growing) -> (Vec<u8>, Vec<u8>) {
    let key = Secret::new(*sealed::key().key.expose());
    let kind = growing_kind(&growing);
    let closed = growing.close(key);
    let opened = Opened::of(&closed.sealed, sealed::ID, sealed::key(), vec![]).unwrap();
    let seal = Seal::new(&sealed::key().key, &closed.sealed[..HEAD]);
    let directory = seal
        .open(0, &closed.sealed[HEAD..opened.pseudonyms_at().start])
        .unwrap();
    let payload = seal.open(2, &closed.sealed[opened.block_at(0)]).unwrap();
    let length = (directory.len() as u16).to_be_bytes();
    let whole = [&length, directory.as_slice(), &payload].concat();
    let [many, few] = (closed.rows as u16).to_be_bytes();
    (
        whole,
        [
            &[kind, opened.features() as u8, many, few],
            payload.as_slice(),
        ]
        .concat(),
    )
}

fn growing_kind(growing: &Growing) -> u8 {
    // The kind is not asked of a growing segment, but its debug form tells it.
    let text = format!("{growing:?}");
    u8::from(text.contains("Refusals")) + 2 * u8::from(text.contains("Events"))
}

struct Three;

impl probant_fuzz::ledger::Replay for Three {
    fn features(&self) -> usize {
        3
    }

    fn widths(&self) -> &[usize] {
        &[1, 2, 1]
    }

    fn replay(&self, features: &[u16], terms: &mut Vec<(u16, i32)>) -> i32 {
        terms.clear();
        terms.extend(features.iter().map(|code| (*code, i32::from(*code))));
        terms.iter().map(|term| term.1).sum()
    }
}

/// Seeds of what people's acts leave on disk.
fn acts() {
    let leaves =
        |rows: &[u32]| Leaves::of(rows.iter().map(|row| (*row, [1; 32])).collect()).unwrap();
    let erased = Erased {
        blocks: vec![(7, leaves(&[0, 5])), (9, leaves(&[3]))],
    };
    let listed = Listed {
        event: EventId([9; 16]),
        rows: vec![(sealed::ID, leaves(&[3, 4]))],
    };
    put("rows", &[erased.encode(), listed.encode()]);
    let checkpoint = Checkpoint {
        origin: origin(),
        size: 5,
        root: [1; 32],
    };
    let log = Verifier::new(&origin(), &signing());
    let name = cosignature::witness_name([8; 8]);
    let line = cosignature::cosign(&checkpoint.text(), 1_790_000_000, &name, &signing());
    let note = checkpoint.sign(&signing());
    let request = Request {
        old: 3,
        proof: vec![[1; 32]],
        note: note.clone(),
    };
    let witness = Witness::new(&name, &signing()).text() + "\n";
    let anchor = format!("copy-5-{}.note", "00".repeat(32));
    let texts = [
        note.clone() + line.trim_end() + "\n",
        request.text(),
        Memory::of(log).text(),
        witness,
        anchor,
    ];
    put("anchor", &texts.map(String::into_bytes));
    put("timestamp", &[Stamp::new([5; 32], [1; 8]).bytes()]);
    let identity = Identity::of(&Secret::new([3; 32]));
    let draws = Draws {
        ephemeral: Secret::new([4; 32]),
        file_key: Secret::new([5; 32]),
        nonce: [6; 16],
    };
    let recipient = identity.recipient();
    let file = identity.file("2026-09-21T14:13:20Z").as_bytes().to_vec();
    put(
        "backup",
        &[
            age::seal(b"keys", &recipient, &draws),
            recipient.text().into_bytes(),
            file,
        ],
    );
}

fn main() {
    put("entry", &entries());
    let checkpoint = Checkpoint {
        origin: origin(),
        size: 5,
        root: [1; 32],
    };
    put(
        "note",
        &[
            checkpoint.sign(&signing()).into_bytes(),
            checkpoint.text().into_bytes(),
        ],
    );
    let verifier = Verifier::new(&origin(), &signing()).text();
    let words = [
        verifier.as_str(),
        "tile/entries/x001/x234/067.p/17",
        "tile/1/273",
        "2026-01-31T23:59:59Z",
        "00112233445566778899aabbccddeeff",
        "art6-1-f;document=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        "segments/00112233445566778899aabbccddeeff.0.rows",
    ];
    put("word", &words.map(|it| it.as_bytes().to_vec()));
    put(
        "bundle",
        &[
            tile::bundle(&entries()[..3]).unwrap(),
            tile::bundle(&entries()[..1]).unwrap(),
        ],
    );
    put("record", &records());
    put("facts", &[b"audience=b2b\nconsent=none\n".to_vec()]);
    let id = "0011223344556677".parse().unwrap();
    put(
        "secret",
        &[Secret::new([7; 32])
            .file(SecretKind::Kek, &id)
            .as_bytes()
            .to_vec()],
    );
    let seeds = |erased: &[u32], rows| {
        let mut bytes = Vec::new();
        let frontier = Frontier::whole([9; 16]).without(&[3; 16], rows, erased);
        frontier.seeds(&mut bytes);
        bytes
    };
    let gaps = [&[0], seeds(&[], 1023).as_slice()].concat();
    put(
        "frontier",
        &[gaps, [&[3], seeds(&[0, 130], 1023).as_slice()].concat()],
    );
    let plain = |seeds: &[u8]| [&[0, 0, 0, 1], [8; 32].as_slice(), seeds].concat();
    let top = [&[0; 5], seeds(&[], 1000).as_slice()].concat();
    put("wrapped", &[plain(&top), plain(&seeds(&[5, 700], 1000))]);
    acts();
    let read = |path: &str| fs::read(path).unwrap();
    put(
        "document",
        &[
            read("../vectors/model-1.json"),
            read("../vectors/law-1.json"),
            read("../../src/law/none-1.json"),
            read("../../src/law/fr-1.json"),
        ],
    );
    put(
        "policy",
        &[
            read("../vectors/policy-1.toml"),
            read("../../src/demo/probant.toml"),
        ],
    );
    let columns: Vec<Vec<u8>> = [0_u16, 1, 3, 15, 200, 60_000]
        .iter()
        .map(|most| {
            let values: Vec<u16> = (0..40)
                .map(|i| if i % 3 == 0 { *most } else { i & *most })
                .collect();
            [
                &40_u16.to_be_bytes(),
                column::pack(&values).unwrap().as_slice(),
            ]
            .concat()
        })
        .collect();
    put("column", &columns);
    let mut proposals = Growing::new(sealed::ID, SegmentKind::Proposals, 3, [9; 16]);
    let codes: Vec<u16> = (0..50).collect();
    let form = Form::new(b"audience=b2b\ncollected=\x01\nconsent-proof=\x05\nlast-contact=\x04\n");
    let mut facts = Filing {
        forms: vec![Form::verbatim(b"audience=b2c\n"), form.unwrap()],
        ..Filing::default()
    };
    for row in 0..50_u16 {
        let filled = Filled {
            form: u32::from(row % 3 != 0),
            days: [20_000 + row; 4],
            sum: 0,
        };
        facts.file(filled, Some([row as u8; 32]));
    }
    let block = Block {
        pseudonyms: &[[1; 16]; 50],
        basis: &[3; 50],
        outcomes: &[1; 50],
        codes: &[&codes, &codes, &codes],
        facts: &facts,
    };
    let order: Vec<u32> = (0..50).collect();
    proposals.push(&block, &order, Some(&Three)).unwrap();
    let mut refusals = Growing::new(sealed::ID, SegmentKind::Refusals, 0, [9; 16]);
    refusals
        .push(
            &Block {
                codes: &[],
                ..block
            },
            &order,
            None,
        )
        .unwrap();
    let mut events = Growing::new(sealed::ID, SegmentKind::Events, 0, [9; 16]);
    let all: Vec<Event> = (0..20).map(event).collect();
    events.push_events(&all, &order[..20]).unwrap();
    let (segments, blocks): (Vec<_>, Vec<_>) = [proposals, refusals, events]
        .map(streams)
        .into_iter()
        .unzip();
    put("segment", &segments);
    put("block", &blocks);
}
