//! What people's acts leave on disk, offered bytes that nobody wrote: erasures, anchors, witnesses, backups.
//!
//! As `mutators.rs` does for the rest of the ledger.

use probant::digest::Digest;
use probant::ledger::age::{self, Draws, Identity, Recipient};
use probant::ledger::anchor::{self, Carried, Name};
use probant::ledger::cosignature::{self, Witness};
use probant::ledger::erased::{Erased, Leaves, Listed};
use probant::ledger::key::{Secret, SigningKey};
use probant::ledger::note::{self, Checkpoint, Verifier};
use probant::ledger::text::{AnchorKind, EventId, SegmentId};
use probant::ledger::timestamp::{Request as Stamp, Token};
use probant::ledger::witness::{Memory, Request};

use crate::mutators::{holds, said};

fn leaves(rows: &[u32]) -> Leaves {
    Leaves::of(rows.iter().map(|row| (*row, [*row as u8; 32])).collect()).unwrap()
}

#[test]
fn a_damaged_list_of_rows_is_refused_or_is_the_list_it_says() {
    let valid = [
        vec![(7, leaves(&[0, 5, 1000]))],
        vec![
            (7, leaves(&[9])),
            (12, leaves(&[2, 300, 1023])),
            (u64::MAX, leaves(&[1])),
        ],
    ]
    .map(|blocks| Erased { blocks }.encode());
    holds("erased rows", 20_000, &valid, |bytes| {
        let erased = said(Erased::decode(bytes, 1024))?;
        let _ = (erased.leaves().rows(), erased.leaves().sum());
        Some(erased.encode())
    });
    let rows = vec![
        (SegmentId([1; 16]), leaves(&[3, 4])),
        (SegmentId([2; 16]), leaves(&[0])),
    ];
    let listed = [rows, vec![]].map(|rows| {
        Listed {
            event: EventId([9; 16]),
            rows,
        }
        .encode()
    });
    holds("listed rows", 20_000, &listed, |bytes| {
        Some(said(Listed::decode(bytes))?.encode())
    });
}

fn signing(seed: u8) -> SigningKey {
    SigningKey::of(&Secret::new([seed; 32]))
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        origin: note::origin([1, 2, 3, 4, 5, 6, 7, 8]),
        size: 12,
        root: [3; 32],
    }
}

fn utf8(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

#[test]
fn a_damaged_cosignature_or_anchor_is_refused_or_is_what_it_says() {
    let log = Verifier::new(&checkpoint().origin, &signing(7));
    let name = cosignature::witness_name([8; 8]);
    let witness = Witness::new(&name, &signing(9));
    holds(
        "witness's key",
        20_000,
        &[anchor::key_file(&witness).1.into_bytes()],
        |bytes| {
            Some(
                anchor::key_file(&said(anchor::read_key(bytes))?)
                    .1
                    .into_bytes(),
            )
        },
    );
    let line = cosignature::cosign(&checkpoint().text(), 1_790_000_000, &name, &signing(9));
    let line = line.trim_end_matches('\n').to_owned();
    holds(
        "cosignature",
        20_000,
        &[line.clone().into_bytes()],
        |bytes| {
            let time = said(witness.cosigned(utf8(bytes)?, &checkpoint().text()))?;
            let again = cosignature::cosign(&checkpoint().text(), time, &name, &signing(9));
            Some(again.trim_end_matches('\n').as_bytes().to_vec())
        },
    );
    let signed = checkpoint().sign(&signing(7));
    let notes = [signed.clone(), format!("{signed}{line}\n")].map(String::into_bytes);
    let witnesses = [witness];
    holds("anchor's note", 10_000, &notes, |bytes| {
        let carried = said(Carried::open(bytes, &log))?;
        let cosigned = said(carried.cosignatures(&witnesses))?;
        let lines = cosigned
            .iter()
            .map(|(_, time)| cosignature::cosign(&checkpoint().text(), *time, &name, &signing(9)));
        let lines: String = lines
            .map(|line| format!("{}\n", line.trim_end_matches('\n')))
            .collect::<Vec<_>>()
            .concat();
        Some(format!("{}{lines}", carried.note).into_bytes())
    });
    let names = [AnchorKind::Copy, AnchorKind::Timestamp].map(|kind| {
        let name = Name {
            size: 12,
            kind,
            proof: Digest([4; 32]),
        };
        format!("{}.note", name.stem()).into_bytes()
    });
    holds("anchor's name", 20_000, &names, |bytes| {
        let text = utf8(bytes)?;
        let (_, ending) = text.rsplit_once('.')?;
        Some(format!("{}.{ending}", Name::of(text)?.stem()).into_bytes())
    });
}

#[test]
fn a_damaged_request_to_a_witness_or_its_memory_is_refused_or_is_what_it_says() {
    let note = checkpoint().sign(&signing(7));
    let requests = [(0, vec![]), (5, vec![[1; 32], [2; 32]])].map(|(old, proof)| {
        Request {
            old,
            proof,
            note: note.clone(),
        }
        .text()
        .into_bytes()
    });
    holds("witness's request", 20_000, &requests, |bytes| {
        Some(said(Request::parse(bytes))?.text().into_bytes())
    });
    let mut memory = Memory::of(Verifier::new(&checkpoint().origin, &signing(7)));
    memory.size = 7;
    holds(
        "witness's memory",
        20_000,
        &[memory.text().into_bytes()],
        |bytes| Some(said(Memory::parse(bytes))?.text().into_bytes()),
    );
}

#[test]
fn a_damaged_timestamp_is_refused_or_is_what_it_says() {
    let request = Stamp::new([5; 32], [0xff, 1, 2, 3, 4, 5, 6, 7]);
    holds("time-stamp request", 20_000, &[request.bytes()], |bytes| {
        Some(said(Stamp::parse(bytes))?.bytes())
    });
    // An answer is an authority's: it has many spellings, and its signature is for others to check.
    holds("time-stamp answer", 30_000, &[answer(&request)], |bytes| {
        let token = said(Token::parse(bytes))?;
        let _ = said(token.answers(&request));
        Some(bytes.to_vec())
    });
}

/// An element of DER.
fn der(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let mut out = vec![tag];
    match contents.len() {
        length @ 0..128 => out.push(length as u8),
        length => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    if contents.len() >= 128 && contents.len() < 256 {
        out.splice(1.., [0x81, contents.len() as u8]);
    }
    out.extend(contents);
    out
}

/// A `TimeStampResp` that grants `request`, as far as it is read: without certificates and signature.
fn answer(request: &Stamp) -> Vec<u8> {
    let asked = request.bytes();
    // SEQUENCE { INTEGER 1, imprint, nonce, BOOLEAN }: the imprint and the nonce are taken over.
    let imprint = &asked[5..5 + 2 + usize::from(asked[6])];
    let nonce = &asked[5 + imprint.len()..][..10];
    let info = der(
        0x30,
        &[
            &der(2, &[&[1]]),
            &der(6, &[&[0x2a, 3]]),
            imprint,
            &der(2, &[&[7]]),
            &der(0x18, &[b"20260921141320Z"]),
            nonce,
        ],
    );
    let tst_info = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];
    let signed_data = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
    let content = der(
        0x30,
        &[&der(6, &[&tst_info]), &der(0xa0, &[&der(4, &[&info])])],
    );
    let signed = der(0x30, &[&der(2, &[&[3]]), &der(0x31, &[]), &content]);
    let token = der(0x30, &[&der(6, &[&signed_data]), &der(0xa0, &[&signed])]);
    der(0x30, &[&der(0x30, &[&der(2, &[&[0]])]), &token])
}

#[test]
fn a_damaged_recovery_key_or_sealed_backup_is_refused_or_is_what_it_says() {
    let identity = Identity::of(&Secret::new([3; 32]));
    let recipient = identity.recipient();
    holds(
        "recipient",
        20_000,
        &[recipient.text().into_bytes()],
        |bytes| Some(said(Recipient::parse(utf8(bytes)?))?.text().into_bytes()),
    );
    // An identity is a file that a person may edit: comments and blank lines are free, the key is not.
    let file = identity.file("2026-09-21T14:13:20Z").as_bytes().to_vec();
    holds("identity", 20_000, &[file], |bytes| {
        let found = said(Identity::parse(utf8(bytes)?))?;
        assert_eq!(found.recipient(), recipient);
        Some(bytes.to_vec())
    });
    let draws = || Draws {
        ephemeral: Secret::new([4; 32]),
        file_key: Secret::new([5; 32]),
        nonce: [6; 16],
    };
    let plains: [Vec<u8>; 3] = [vec![], b"keys".to_vec(), vec![7; 70_000]];
    let sealed = plains.map(|plain| age::seal(&plain, &recipient, &draws()));
    holds("sealed backup", 4_000, &sealed, |bytes| {
        let plain = said(age::open(bytes, &identity))?;
        Some(age::seal(&plain, &recipient, &draws()))
    });
}
