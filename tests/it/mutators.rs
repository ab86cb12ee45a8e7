//! Every reader of stored bytes, offered bytes that nobody wrote.
//!
//! A valid document is damaged (flipped, cut, spliced, its numbers made extreme) and read. The reader
//! must not panic; it either says what is wrong, or what it read writes itself back byte for byte.
//! `mutators_sealed.rs` does the same behind the seals; `tests/fuzz/` does it for hours, outside the gate.

use std::fmt::Display;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use probant::digest::Digest;
use probant::eligibility::{Context, LeadFacts, decide};
use probant::features::Schema;
use probant::law;
use probant::ledger::entry::Entry;
use probant::ledger::key::{Secret, SecretKind, SigningKey};
use probant::ledger::note::{self, Checkpoint, Verifier};
use probant::ledger::record::{Event, EventKind, Facts, Prediction, Term};
use probant::ledger::salt::Frontier;
use probant::ledger::segment;
use probant::ledger::text::{
    About, AnchorKind, Approval, BasisName, Course, EventId, KeyUse, Leaving, Progress, Restraint,
    RunId, SegmentId, SegmentKind, Standing, Sum, Time,
};
use probant::ledger::tile::{self, Tile};
use probant::ledger::tree;
use probant::model::Model;
use probant::name::Token;
use probant::policy;
use probant::report::Provenance;
use probant::workspace::RunReport;
use probant::workspace::journal::keyring::Keyring;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::ledger_entries::samples;

/// One way to damage bytes; places are taken modulo what there is.
#[derive(Clone, Debug)]
pub enum Damage {
    Flip(usize, u8),
    Set(usize, u8),
    Insert(usize, Vec<u8>),
    Delete(usize, usize),
    Duplicate(usize, usize, usize),
    Truncate(usize),
    /// The rest of another valid document takes the place of this one's.
    Splice(usize, usize),
    /// A big-endian field of 1, 2, 4 or 8 bytes becomes an extreme.
    Field(usize, u32, u64),
    /// A run of decimal digits becomes an extreme.
    Number(usize, &'static str),
}

/// What a field of a length or a count may be made.
const EXTREMES: [u64; 12] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0xffff,
    0x1_0000,
    0x0010_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    u64::MAX,
];

/// The same in decimal, and other spellings of small numbers.
const NUMBERS: [&str; 12] = [
    "0",
    "00",
    "01",
    "+1",
    "-1",
    "255",
    "256",
    "65536",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "1e400",
];

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<usize>;
    let short = 1..40_usize;
    let byte = prop_oneof![
        any::<u8>(),
        prop::sample::select(b" \n\r\t=;:/.+-_,\"{}[]\x000aZ\xc3\xa9".to_vec()),
    ];
    prop_oneof![
        3 => (at(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        3 => (at(), byte.clone()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        2 => (at(), prop::collection::vec(byte, 1..5)).prop_map(|(at, it)| Damage::Insert(at, it)),
        2 => (at(), short.clone()).prop_map(|(at, length)| Damage::Delete(at, length)),
        2 => (at(), short, at()).prop_map(|(at, length, to)| Damage::Duplicate(at, length, to)),
        1 => at().prop_map(Damage::Truncate),
        2 => (at(), at()).prop_map(|(at, from)| Damage::Splice(at, from)),
        2 => (at(), prop::sample::select(vec![1, 2, 4, 8]), prop::sample::select(EXTREMES.to_vec()))
            .prop_map(|(at, width, to)| Damage::Field(at, width, to)),
        2 => (at(), prop::sample::select(NUMBERS.to_vec()))
            .prop_map(|(at, to)| Damage::Number(at, to)),
    ]
}

/// One to three damages, done one after the other.
pub fn damages() -> impl Strategy<Value = Vec<Damage>> {
    prop::collection::vec(damage(), 1..4)
}

/// `bytes` so damaged; `other` is what is spliced in.
pub fn damaged(bytes: &[u8], other: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for damage in damages {
        let (place, past) = (
            |at: usize| at % bytes.len().max(1),
            |at: usize| at % (bytes.len() + 1),
        );
        match damage {
            Damage::Flip(..) | Damage::Set(..) if bytes.is_empty() => {}
            Damage::Flip(at, bit) => {
                let at = place(*at);
                bytes[at] ^= 1 << bit;
            }
            Damage::Set(at, byte) => {
                let at = place(*at);
                bytes[at] = *byte;
            }
            Damage::Insert(at, more) => {
                let at = past(*at);
                bytes.splice(at..at, more.iter().copied());
            }
            Damage::Delete(at, length) => {
                let at = past(*at);
                let end = bytes.len().min(at + length);
                bytes.drain(at..end);
            }
            Damage::Duplicate(at, length, to) => {
                let (at, to) = (past(*at), past(*to));
                let piece = bytes[at..bytes.len().min(at + length)].to_vec();
                bytes.splice(to..to, piece);
            }
            Damage::Truncate(at) => bytes.truncate(past(*at)),
            Damage::Splice(at, from) => {
                bytes.truncate(past(*at));
                bytes.extend_from_slice(&other[from % (other.len() + 1)..]);
            }
            Damage::Field(at, width, to) => {
                let field = &to.to_be_bytes()[8 - *width as usize..];
                let at = past(*at);
                let end = bytes.len().min(at + field.len());
                bytes.splice(at..end, field.iter().copied());
            }
            Damage::Number(at, to) => {
                let at = past(*at);
                let Some(first) = bytes[at..].iter().position(u8::is_ascii_digit) else {
                    continue;
                };
                let first = at + first;
                let digits = bytes[first..].iter().take_while(|b| b.is_ascii_digit());
                let end = first + digits.count();
                bytes.splice(first..end, to.bytes());
            }
        }
    }
    bytes
}

/// Reads damaged forms of `valid` documents; `read` gives what an accepted one writes back.
pub fn holds(what: &str, cases: u32, valid: &[Vec<u8>], read: impl Fn(&[u8]) -> Option<Vec<u8>>) {
    for (at, bytes) in valid.iter().enumerate() {
        let back = read(bytes);
        assert_eq!(back.as_ref(), Some(bytes), "{what}: {at} is not valid");
    }
    let refused = std::cell::Cell::new(0_u32);
    let mut runner = TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let strategy = (0..valid.len(), 0..valid.len(), damages());
    let ran = runner.run(&strategy, |(one, other, damages)| {
        let bytes = damaged(&valid[one], &valid[other], &damages);
        match read(&bytes) {
            Some(written) => prop_assert_eq!(
                String::from_utf8_lossy(&written),
                String::from_utf8_lossy(&bytes)
            ),
            None => refused.set(refused.get() + 1),
        }
        Ok(())
    });
    if let Err(error) = ran {
        panic!("{what}: {error}");
    }
    // Damage that nothing refuses would not be damage.
    assert!(refused.get() > cases / 50, "{what}: {}", refused.get());
}

/// The value; or, after its error was printed every way that it can be, nothing.
pub fn said<T, E: Display + std::fmt::Debug>(read: Result<T, E>) -> Option<T> {
    read.map_err(|error| format!("{error} {error:?}")).ok()
}

fn utf8(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn bytes_of(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn word<T: FromStr + Display>(what: &str, valid: &[&str])
where
    T::Err: Display + std::fmt::Debug,
{
    holds(what, 20_000, &bytes_of(valid), |bytes| {
        Some(said(utf8(bytes)?.parse::<T>())?.to_string().into_bytes())
    });
}

#[test]
fn a_damaged_word_is_refused_or_is_the_word_it_says() {
    let hex = ["00112233445566778899aabbccddeeff"];
    let sha = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    word::<Time>("time", &["2026-01-31T23:59:59Z", "0000-01-01T00:00:00Z"]);
    word::<SegmentId>("segment id", &hex);
    word::<RunId>("run id", &hex);
    word::<EventId>("event id", &hex);
    word::<SegmentKind>("segment kind", &["proposals", "refusals", "events"]);
    word::<Standing>("standing", &["active", "trial"]);
    word::<Approval>("approval", &["approved", "unapproved"]);
    word::<Course>("course", &["publication", "rollback"]);
    word::<Leaving>("leaving", &["retired", "purged"]);
    word::<About>("about", &["gates", "comparison", "fairness", "monitoring"]);
    word::<Progress>("progress", &["intent", "done"]);
    word::<Restraint>("restraint", &["set", "lifted"]);
    word::<AnchorKind>("anchor", &["cosignature", "timestamp", "copy"]);
    word::<KeyUse>("key use", &["pseudonym"]);
    let document = format!("art6-1-f;document={sha}");
    word::<BasisName>("basis", &["none", &document]);
    word::<Sum>("sum", &["AVaYU9Fbnk58nSWCg/e3bWxAMfTwYuXgguxWiWo6Pyo="]);
    word::<Digest>("digest", &[sha]);
    word::<Token>("token", &["lead-scoring.v1_a", "0.1.0"]);
}

#[test]
fn a_damaged_entry_is_refused_or_is_the_entry_it_says() {
    let valid: Vec<Vec<u8>> = samples()
        .iter()
        .map(|entry| entry.text().into_bytes())
        .collect();
    holds("entry", 60_000, &valid, |bytes| {
        let entry = said(Entry::parse(bytes))?;
        // Whoever reads an entry asks it these.
        let _ = (entry.kind(), entry.documents(), entry.relies_on());
        Some(entry.text().into_bytes())
    });
}

fn signing() -> SigningKey {
    SigningKey::of(&Secret::new([7; 32]))
}

#[test]
fn a_damaged_note_or_checkpoint_is_refused() {
    let origin = note::origin([1, 2, 3, 4, 5, 6, 7, 8]);
    let verifier = Verifier::new(&origin, &signing());
    let checkpoints: Vec<Checkpoint> = [(0, [0; 32]), (5, [1; 32]), (u64::MAX, [255; 32])]
        .map(|(size, root)| Checkpoint {
            origin: origin.clone(),
            size,
            root,
        })
        .into();
    let signed: Vec<Vec<u8>> = checkpoints
        .iter()
        .map(|it| it.sign(&signing()).into_bytes())
        .collect();
    holds("checkpoint", 20_000, &signed, |bytes| {
        let checkpoint = said(Checkpoint::open(bytes, &verifier))?;
        Some(checkpoint.sign(&signing()).into_bytes())
    });
    holds("note", 20_000, &signed, |bytes| {
        let text = said(note::open(utf8(bytes)?, &verifier))?;
        Some(note::sign(text, &origin, &signing()).into_bytes())
    });
    let texts: Vec<Vec<u8>> = checkpoints
        .iter()
        .map(|it| it.text().into_bytes())
        .collect();
    holds("checkpoint's text", 20_000, &texts, |bytes| {
        Some(said(Checkpoint::parse(utf8(bytes)?))?.text().into_bytes())
    });
    let keys = [verifier, Verifier::new("dpo.exemple.fr/temoin", &signing())]
        .map(|it| it.text().into_bytes());
    holds("verifier key", 20_000, &keys, |bytes| {
        Some(said(Verifier::parse(utf8(bytes)?))?.text().into_bytes())
    });
}

#[test]
fn a_damaged_path_or_bundle_is_refused_or_is_what_it_says() {
    let mut paths: Vec<Vec<u8>> = tile::all(70_000)
        .iter()
        .step_by(40)
        .map(|tile| tile.path().into_bytes())
        .collect();
    for (level, index, width) in [(None, 1_234_067, 17), (Some(7), u64::MAX, 255)] {
        let tile = Tile {
            level,
            index,
            width,
        };
        paths.push(tile.path().into_bytes());
    }
    holds("tile's path", 30_000, &paths, |bytes| {
        Some(Tile::at(utf8(bytes)?)?.path().into_bytes())
    });
    let entries: Vec<String> = samples().iter().map(Entry::text).collect();
    let bundles = [&entries[..3], &entries[3..6]].map(|it| tile::bundle(it).unwrap());
    holds("bundle", 30_000, &bundles, |bytes| {
        Some(tile::bundle(&said(tile::unbundle(bytes, 3))?).unwrap())
    });
}

const WIDTHS: [usize; 4] = [1, 1, 2, 1];

fn predictions() -> Vec<Vec<u8>> {
    let terms = [(9, 1000), (1, -500), (300, 20_000), (7, i32::MIN)]
        .map(|(code, contribution)| Term { code, contribution });
    let scored = Prediction {
        segment: [1; 16],
        row: 3,
        pseudonym: [2; 16],
        basis: 3,
        outcome: 1,
        log_odds: -1_000_000,
        score: 278_000,
        terms: terms.into(),
        facts: Facts::of([("audience", "b2b"), ("consent", "none")]).unwrap(),
    };
    let refused = Prediction {
        log_odds: 0,
        score: 0,
        terms: vec![],
        facts: Facts::default(),
        outcome: 200,
        ..scored.clone()
    };
    vec![
        scored.encode(&WIDTHS).unwrap(),
        refused.encode(&WIDTHS).unwrap(),
    ]
}

fn events() -> Vec<Event> {
    [(EventKind::Review, None), (EventKind::Outcome, Some(7))]
        .map(|(kind, decision)| Event {
            segment: [1; 16],
            row: 3,
            kind,
            event: [4; 16],
            pseudonym: [2; 16],
            decision,
            actor: [5; 16],
            reason: 9,
            shown: [6; 32],
            time: -1,
            facts: Facts::of([("a", "b")]).unwrap(),
        })
        .into()
}

#[test]
fn a_damaged_record_is_refused_or_is_the_record_it_says() {
    holds("prediction", 30_000, &predictions(), |bytes| {
        Some(
            said(Prediction::decode(bytes, &WIDTHS))?
                .encode(&WIDTHS)
                .unwrap(),
        )
    });
    let events: Vec<Vec<u8>> = events().iter().map(|it| it.encode().unwrap()).collect();
    holds("event", 30_000, &events, |bytes| {
        Some(said(Event::decode(bytes))?.encode().unwrap())
    });
    let facts = bytes_of(&["audience=b2b\nconsent=none\n", "a=\nb= ~\n", ""]);
    holds("facts", 30_000, &facts, |bytes| {
        let facts = said(Facts::parse(bytes))?;
        Some(said(Facts::of(facts.pairs()))?.bytes().to_vec())
    });
}

#[test]
fn a_damaged_secret_or_frontier_is_refused_or_is_what_it_says() {
    let id: Token = "0011223344556677".parse().unwrap();
    let secrets = [[7; 32], [255; 32]].map(|it| {
        Secret::new(it)
            .file(SecretKind::Kek, &id)
            .as_bytes()
            .to_vec()
    });
    holds("secret", 30_000, &secrets, |bytes| {
        let secret = said(Secret::parse(bytes, SecretKind::Kek, &id))?;
        Some(secret.file(SecretKind::Kek, &id).as_bytes().to_vec())
    });
    let segment = [3; 16];
    let whole = Frontier::whole([9; 16]);
    let punctured = whole.without(&segment, 1023, &[0, 2, 3, 500, 1022]);
    for (frontier, erased) in [(whole, vec![]), (punctured, vec![0, 2, 3, 500, 1022])] {
        holds("frontier", 20_000, &[seeds(&frontier)], |bytes| {
            let frontier = said(Frontier::of_seeds(bytes, 1023, &erased))?;
            for row in [0, 1, 1023, (1 << 20) - 1, 1 << 20, u32::MAX] {
                let _ = frontier.salt(&segment, row);
            }
            let _ = frontier.without(&segment, 1023, &[0, 2, 3, 5, 500, 1022]);
            Some(seeds(&frontier))
        });
    }
}

fn seeds(frontier: &Frontier) -> Vec<u8> {
    let mut bytes = Vec::new();
    frontier.seeds(&mut bytes);
    bytes
}

#[test]
fn damaged_hashes_of_a_segment_are_refused() {
    let leaves: Vec<tree::Hash> = (0..600_u32)
        .map(|row| tree::leaf(&[&row.to_be_bytes()]))
        .collect();
    let groups: Vec<tree::Hash> = leaves.chunks(segment::GROUP).map(tree::root).collect();
    let root = tree::root(&leaves);
    holds("nodes", 20_000, &[groups.concat()], |bytes| {
        Some(said(segment::nodes(bytes, 600, &root))?.concat())
    });
}

/// A folder `keys/` with this file `current`.
fn keyring(root: &Path, current: &[u8]) -> Option<Keyring> {
    fs::write(root.join("keys/current"), current).unwrap();
    said(Keyring::open(root))
}

#[test]
fn a_damaged_list_of_keys_is_refused_or_names_the_keys_it_says() {
    let folder = crate::ledger::workspace();
    let root = folder.path();
    crate::ledger::small(root);
    let current = fs::read(root.join("keys/current")).unwrap();
    holds("keys/current", 3_000, &[current], |bytes| {
        let keyring = keyring(root, bytes)?;
        let text = format!(
            "probant/keys/v1\nkek {}\npseudonym {}\nlog {}\n",
            keyring.kek_id(),
            keyring.kid(),
            keyring.verifier().text()
        );
        // What it names is asked for next, whatever it is.
        let _ = said(keyring.kek());
        let _ = said(keyring.signing());
        Some(text.into_bytes())
    });
}

fn sample(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A model with a shape of each kind and a pair, small enough to be hit everywhere.
const SMALL: &str = include_str!("../vectors/model-1.json");

#[test]
fn a_damaged_model_or_schema_is_refused_or_is_what_it_says() {
    let valid = [SMALL.as_bytes().to_vec(), sample("models/model.json")];
    let schemas: Vec<Vec<u8>> = valid
        .iter()
        .map(|it| Model::parse(utf8(it).unwrap()).unwrap())
        .map(|it| it.schema().to_json().into_bytes())
        .collect();
    let read = |bytes: &[u8]| {
        let model = said(Model::parse(utf8(bytes)?))?;
        // It scores whatever it understands, and refuses the rest without a panic.
        for code in [0, 1, 255, u16::MAX] {
            let _ = said(model.score(&vec![code; model.schema().features.len()]));
        }
        Some(model.to_json().into_bytes())
    };
    holds("small model", 30_000, &valid[..1], read);
    holds("model", 1_500, &valid, read);
    let read = |bytes: &[u8]| Some(said(Schema::parse(utf8(bytes)?))?.to_json().into_bytes());
    holds("small schema", 20_000, &schemas[..1], read);
    holds("schema", 1_500, &schemas, read);
}

#[test]
fn a_damaged_law_pack_is_refused_or_is_the_pack_it_says() {
    let mut valid: Vec<Vec<u8>> = law::packs().map(|it| it.text().into()).collect();
    valid.push(include_bytes!("../vectors/law-1.json").to_vec());
    let date = "2026-06-30".parse().unwrap();
    let policy = policy::parse(crate::night::POLICY).unwrap();
    holds("law pack", 20_000, &valid, |bytes| {
        let pack = said(law::Pack::parse(utf8(bytes)?))?;
        // It rules on whatever it understands, without a panic.
        let context = Context::of(&policy.purposes[0], &pack, date);
        let _ = (decide(&context, &LeadFacts::default()), pack.refusals());
        Some(pack.text().as_bytes().to_vec())
    });
}

#[test]
fn a_damaged_provenance_or_report_is_refused_or_is_what_it_says() {
    let valid = [sample("models/provenance.json")];
    holds("provenance", 4_000, &valid, |bytes| {
        Some(
            said(Provenance::parse(utf8(bytes)?))?
                .to_json()
                .into_bytes(),
        )
    });
    let report = RunReport {
        schema_version: 1,
        run: "00112233445566778899aabbccddeeff".to_owned(),
        status: "recorded".to_owned(),
        rows_in: 3,
        proposed: 3,
        undeclared: vec!["Note".to_owned()],
        first_decision: Some(7),
        ..RunReport::default()
    };
    holds(
        "report",
        20_000,
        &[report.to_json().into_bytes()],
        |bytes| Some(RunReport::parse(utf8(bytes)?)?.to_json().into_bytes()),
    );
}

/// A policy is written by people: it has many spellings, so all that is asked is that no text makes the
/// reader panic, and that what is wrong is said at a place that the file has.
#[test]
fn a_damaged_policy_is_read_or_every_finding_has_its_place() {
    let valid = [
        crate::night::POLICY.as_bytes().to_vec(),
        sample("tests/vectors/policy-1.toml"),
        sample("data/policies/bank-additional.toml"),
    ];
    holds("policy", 4_000, &valid, |bytes| {
        let text = utf8(bytes)?;
        let lines = text.split('\n').count();
        match policy::parse(text) {
            Ok(_) => Some(bytes.to_vec()),
            Err(error) => {
                let _ = format!("{error} {error:?}");
                assert!(!error.findings().is_empty());
                assert!(
                    error
                        .findings()
                        .iter()
                        .all(|it| (1..=lines).contains(&it.line))
                );
                None
            }
        }
    });
}
