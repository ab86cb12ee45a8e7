//! The readers of stored bytes, each as one function that a fuzzer can call.
//!
//! What is asked of each is what `tests/it/mutators.rs` asks: no panic, and either an error, or what was
//! read writes itself back byte for byte. The rooms are the product's own files, included by path.
#![allow(dead_code, unused_imports, missing_docs)]

#[path = "../../../src/bech32.rs"]
pub mod bech32;
#[path = "../../../src/digest.rs"]
pub mod digest;
#[path = "../../../src/form.rs"]
pub mod form;
#[path = "../../../src/lang.rs"]
pub mod lang;
#[path = "../../../src/law/mod.rs"]
pub mod law;
#[path = "../../../src/ledger/mod.rs"]
pub mod ledger;
#[path = "../../../src/name.rs"]
pub mod name;
#[path = "../../../src/odds.rs"]
pub mod odds;
#[path = "../../../src/policy/mod.rs"]
pub mod policy;

pub mod acts;
pub mod features;
pub mod model;
pub mod sealed;

use ledger::key::{Secret, SecretKind, SigningKey};
use ledger::note::{self, Checkpoint, Verifier};
use ledger::record::{Event, Facts, Prediction};
use ledger::salt::Frontier;
use ledger::tile::{self, Tile};
use ledger::{Entry, SegmentId, Time};

/// Bytes of each code of the records that are read.
pub const WIDTHS: [usize; 4] = [1, 1, 2, 1];

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// What was read, or nothing once its error was printed.
fn said<T, E: std::fmt::Display + std::fmt::Debug>(read: Result<T, E>) -> Option<T> {
    read.map_err(|error| format!("{error} {error:?}")).ok()
}

pub fn signing() -> SigningKey {
    SigningKey::of(&Secret::new([7; 32]))
}

pub fn origin() -> String {
    note::origin([1, 2, 3, 4, 5, 6, 7, 8])
}

pub fn entry(data: &[u8]) {
    if let Some(entry) = said(Entry::parse(data)) {
        let _ = (entry.kind(), entry.documents(), entry.relies_on());
        assert_eq!(entry.text().as_bytes(), data);
    }
}

/// A note's text is signed here, since no fuzzer can; its lines are then damaged by `checkpoint_text`.
pub fn note(data: &[u8]) {
    let verifier = Verifier::new(&origin(), &signing());
    if let Some(checkpoint) = said(Checkpoint::open(data, &verifier)) {
        assert_eq!(checkpoint.sign(&signing()).as_bytes(), data);
    }
    let Some(text) = text(data) else { return };
    if let Some(inside) = said(note::open(text, &verifier)) {
        assert_eq!(note::sign(inside, &origin(), &signing()), text);
    }
    if let Some(checkpoint) = said(Checkpoint::parse(text)) {
        assert_eq!(checkpoint.text(), text);
    }
    let signed = note::sign(text, &origin(), &signing());
    let _ = said(Checkpoint::open(signed.as_bytes(), &verifier));
}

/// Short texts: verifier keys, paths, names, times.
pub fn word(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Some(verifier) = said(Verifier::parse(text)) {
        assert_eq!(verifier.text(), text);
    }
    if let Some(tile) = Tile::at(text) {
        assert_eq!(tile.path(), text);
    }
    if let Some(time) = said(text.parse::<Time>()) {
        assert_eq!(time.to_string(), text);
    }
    if let Some(id) = said(text.parse::<SegmentId>()) {
        assert_eq!(id.to_string(), text);
    }
    if let Some(basis) = said(text.parse::<ledger::BasisName>()) {
        assert_eq!(basis.to_string(), text);
    }
    let _ = ledger::verify::is_ours(text);
}

pub fn bundle(data: &[u8]) {
    for width in [1, 2, 3, 256] {
        if let Some(entries) = said(tile::unbundle(data, width)) {
            assert_eq!(tile::bundle(&entries).as_deref(), Ok(data));
        }
    }
}

pub fn record(data: &[u8]) {
    if let Some(record) = said(Prediction::decode(data, &WIDTHS)) {
        assert_eq!(record.encode(&WIDTHS).as_deref(), Ok(data));
    }
    if let Some(record) = said(Event::decode(data)) {
        assert_eq!(record.encode().as_deref(), Ok(data));
    }
}

pub fn facts(data: &[u8]) {
    if let Some(facts) = said(Facts::parse(data)) {
        let again = Facts::of(facts.pairs()).expect("what was read can be said");
        assert_eq!(again.bytes(), data);
    }
}

pub fn secret(data: &[u8]) {
    let id = "0011223344556677".parse().expect("a name");
    if let Some(secret) = said(Secret::parse(data, SecretKind::Kek, &id)) {
        assert_eq!(secret.file(SecretKind::Kek, &id).as_bytes(), data);
    }
}

/// The first byte says which rows are erased; the rest are the seeds.
pub fn frontier(data: &[u8]) {
    let Some((gaps, seeds)) = data.split_first() else {
        return;
    };
    let gaps: Vec<u32> = (0..8)
        .filter(|bit| gaps >> bit & 1 == 1)
        .map(|bit| bit * 130)
        .collect();
    let Some(frontier) = said(Frontier::of_seeds(seeds, 1023, &gaps)) else {
        return;
    };
    let mut back = Vec::new();
    frontier.seeds(&mut back);
    assert_eq!(back, seeds);
    for row in [0, 1023, (1 << 20) - 1, 1 << 20, u32::MAX] {
        let _ = frontier.salt(&[3; 16], row);
    }
    let _ = frontier.without(&[3; 16], 1023, &[0, 5, 1022]);
}

pub fn document(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Some(model) = said(model::Model::parse(text)) {
        assert_eq!(model.to_json(), text);
    }
    if let Some(schema) = said(features::Schema::parse(text)) {
        assert_eq!(schema.to_json(), text);
    }
    if let Some(pack) = said(law::Pack::parse(text)) {
        assert_eq!(pack.text(), text);
        let date = chrono::NaiveDate::default();
        let _ = (pack.in_force(date, None).count(), pack.refusals());
    }
}

pub fn policy_text(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Err(error) = policy::parse(text) {
        let _ = format!("{error} {error:?}");
        let lines = text.split('\n').count();
        assert!(
            error
                .findings()
                .iter()
                .all(|it| (1..=lines).contains(&it.line))
        );
    }
}
