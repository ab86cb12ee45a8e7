//! What stands behind a seal: sealed here with the right key, so that the fuzzer's bytes are what is read.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::ledger::column::{decompress, pack, unpack};
use crate::ledger::key::{Secret, SegmentKey, Unwrapped};
use crate::ledger::opened::Opened;
use crate::ledger::record::Event;
use crate::ledger::salt::Frontier;
use crate::ledger::seal::Seal;
use crate::ledger::{Replay, SegmentId, SegmentKind};

pub const ID: SegmentId = SegmentId([5; 16]);
const KEY: [u8; 32] = [8; 32];

pub fn key() -> SegmentKey {
    SegmentKey {
        generation: 0,
        key: Secret::new(KEY),
        frontier: Frontier::whole([9; 16]),
    }
}

/// A sealed file of these streams: directory, pseudonyms, blocks.
pub fn seal(streams: &[&[u8]]) -> Vec<u8> {
    let mut file = b"PBSEG\0\0\x01".to_vec();
    file.extend_from_slice(&ID.0);
    file.extend_from_slice(&(streams[0].len() as u32).to_be_bytes());
    let seal = Seal::new(&Secret::new(KEY), &file);
    for (stream, number) in streams.iter().zip(0..) {
        file.extend(seal.seal(number, stream));
    }
    file
}

/// Reads everything of a segment, as `verify` and `explain` do.
fn read(file: &[u8]) {
    let Ok(opened) = Opened::of(file, ID, key(), vec![]) else {
        return;
    };
    if opened.length() != file.len() {
        return;
    }
    let Ok(whose) = opened.pseudonyms(&file[opened.pseudonyms_at()]) else {
        return;
    };
    let chunks = 0..opened.pseudonym_chunks();
    let again = opened.pseudonyms_of_chunks(0, &file[opened.pseudonym_chunks_at(chunks)]);
    assert_eq!(again.as_ref(), Ok(&whose));
    for block in 0..opened.blocks().len() {
        let Ok(columns) = opened.columns(block, &file[opened.block_at(block)]) else {
            return;
        };
        let (first, count) = opened.blocks()[block];
        let _ = opened.salts(first, first + count);
        for at in 0..columns.rows() {
            let whose = &whose[(first as usize + at) * 16..][..16];
            let whose: [u8; 16] = whose.try_into().expect("sixteen bytes");
            if opened.kind() == SegmentKind::Events {
                let _ = Event::decode(&opened.event(&columns, (at, first + at as u32), &whose));
            } else if let Ok(record) =
                opened.prediction(&columns, (at, first + at as u32), whose, Some(&Echo))
            {
                let _ = record.encode(Echo.widths());
            }
        }
    }
}

/// A model of three features that says the codes again.
struct Echo;

impl Replay for Echo {
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

/// The directory is the fuzzer's; so are the blocks behind it, as far as it says that there are some.
pub fn segment(data: &[u8]) {
    let Some((length, data)) = data.split_first_chunk::<2>() else {
        return;
    };
    let length = usize::from(u16::from_be_bytes(*length)).min(data.len());
    let (directory, mut rest) = data.split_at(length);
    let number = |at: usize| {
        let field = directory.get(at..at + 4)?;
        Some(u32::from_be_bytes(field.try_into().ok()?) as usize)
    };
    let rows = number(1).unwrap_or(0).min(5000);
    let pseudonyms = vec![0; rows * 16];
    let mut streams = vec![directory, pseudonyms.as_slice()];
    let mut at = 15;
    while let Some(plain) = number(at) {
        let (block, after) = rest.split_at(plain.min(rest.len()));
        streams.push(block);
        rest = after;
        at += 8;
    }
    let file = seal(&streams);
    read(&file);
    // And with the file's own bytes where its head stands.
    let _ = crate::ledger::opened::opening(data);
}

/// One block of a kind with so many rows, whose payload is the fuzzer's.
pub fn block(data: &[u8]) {
    let Some(([kind, features, many, few], payload)) = data.split_first_chunk::<4>() else {
        return;
    };
    let (kind, features) = (kind % 3 + 1, if kind % 3 == 0 { features % 4 } else { 0 });
    let rows = u32::from(u16::from_be_bytes([many % 8, *few])).max(1);
    let mut directory = vec![kind];
    directory.extend_from_slice(&rows.to_be_bytes());
    directory.extend_from_slice(&[0, features, 0, 0, 0, 1]);
    directory.extend_from_slice(&rows.to_be_bytes());
    directory.extend_from_slice(&(payload.len() as u32).to_be_bytes());
    read(&seal(&[&directory, &vec![1; rows as usize * 16], payload]));
}

/// A column, and a frame of zstd, of a length that the fuzzer says.
pub fn column(data: &[u8]) {
    let Some((rows, bytes)) = data.split_first_chunk::<2>() else {
        return;
    };
    let rows = usize::from(u16::from_be_bytes(*rows));
    if let Ok(values) = unpack(bytes, rows) {
        assert_eq!(values.len(), rows);
        let again = pack(&values).expect("what was read can be packed");
        assert_eq!(again[0], bytes[0], "another width than the writer's");
        assert_eq!(unpack(&again, rows), Ok(values));
    }
    if let Ok(plain) = decompress(bytes, rows) {
        assert_eq!(plain.len(), rows);
    }
}

/// What a wrapped key holds, wrapped here in either version; and the file itself.
pub fn wrapped(data: &[u8]) {
    let kek = Secret::new([3; 32]);
    let cipher = XChaCha20Poly1305::new(kek.expose().into());
    for (version, gaps) in [(1, vec![]), (2, vec![5, 700])] {
        let mut head = b"PBKEY\0\0".to_vec();
        head.push(version);
        head.extend_from_slice(&ID.0);
        let payload = Payload {
            msg: data,
            aad: &head,
        };
        let sealed = cipher
            .encrypt(XNonce::from_slice(&[7; 24]), payload)
            .expect("it seals");
        let file = [head.as_slice(), &[7; 24], &sealed].concat();
        if let Ok(key) = Unwrapped::open(&file, &ID.0, &kek).and_then(|it| it.key(1000, &gaps)) {
            assert_eq!(key.wrap(&ID.0, &kek, [7; 24]), file);
        }
    }
    let _ = Unwrapped::open(data, &ID.0, &kek);
}
