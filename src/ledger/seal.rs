//! Chunks that are sealed one by one, so that every byte of a segment is authenticated.
//!
//! STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, 2015) over
//! XChaCha20-Poly1305 in 64 KiB chunks: no chunk can be altered, dropped,
//! repeated or moved. A key seals one file once; within it, each stream has a
//! nonce of its own, its number.

use std::ops::Range;

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::stream::{NewStream as _, StreamBE32, StreamPrimitive as _};
use chacha20poly1305::aead::{KeyInit as _, Payload, generic_array::GenericArray};
use rayon::prelude::*;

use super::error::Error;
use super::key::Secret;

/// Bytes of a chunk before it is sealed.
pub const CHUNK: usize = 1 << 16;

/// Chunks that are sealed at a time.
const TOGETHER: usize = 32;

/// Bytes that sealing adds to each chunk.
pub const TAG: usize = 16;

/// The length of `plain` bytes once sealed; an empty stream has one empty chunk.
#[must_use]
pub fn sealed_length(plain: usize) -> usize {
    plain + TAG * plain.div_ceil(CHUNK).max(1)
}

/// Seals and opens the streams of one file.
pub struct Seal {
    cipher: XChaCha20Poly1305,
    /// What the file is, authenticated with every chunk.
    file: Vec<u8>,
}

impl Seal {
    /// A seal with this key for the file that starts with `head`.
    #[must_use]
    pub fn new(key: &Secret, head: &[u8]) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(key.expose().into()),
            file: head.to_vec(),
        }
    }

    fn stream(&self, number: u32) -> StreamBE32<XChaCha20Poly1305> {
        let mut nonce = [0; 19];
        nonce[15..].copy_from_slice(&number.to_be_bytes());
        StreamBE32::from_aead(self.cipher.clone(), GenericArray::from_slice(&nonce))
    }

    /// Seals a whole stream.
    #[must_use]
    pub fn seal(&self, number: u32, plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(sealed_length(plain.len()));
        self.seal_onto(number, plain, &mut sealed);
        sealed
    }

    /// Seals a whole stream behind what `out` holds.
    pub fn seal_onto(&self, number: u32, plain: &[u8], out: &mut Vec<u8>) {
        let empty = plain.is_empty().then_some(plain);
        let chunks = plain.chunks(CHUNK).chain(empty);
        self.seal_chunks(number, chunks, out);
    }

    /// Seals a stream whose chunks are given one by one, each let go once it is sealed: all but the last are whole.
    pub fn seal_chunks<C: AsRef<[u8]> + Sync>(
        &self,
        number: u32,
        chunks: impl IntoIterator<Item = C>,
        out: &mut Vec<u8>,
    ) {
        let stream = self.stream(number);
        let mut chunks = chunks.into_iter().peekable();
        let mut at = 0;
        while chunks.peek().is_some() {
            let together: Vec<C> = chunks.by_ref().take(TOGETHER).collect();
            let last = chunks.peek().is_none().then(|| together.len() - 1);
            let sealed: Vec<Vec<u8>> = together
                .par_iter()
                .enumerate()
                .map(|(place, chunk)| {
                    let payload = Payload {
                        msg: chunk.as_ref(),
                        aad: &self.file,
                    };
                    stream
                        .encrypt(at + place as u32, last == Some(place), payload)
                        .expect("a chunk is far below the cipher's limit")
                })
                .collect();
            at += together.len() as u32;
            for chunk in &sealed {
                out.extend_from_slice(chunk);
            }
        }
    }

    /// Opens a whole stream.
    pub fn open(&self, number: u32, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let last = sealed.len().div_ceil(CHUNK + TAG).max(1) - 1;
        let chunks: Result<Vec<Vec<u8>>, Error> = (0..=last)
            .into_par_iter()
            .map(|at| {
                let chunk = &sealed[at * (CHUNK + TAG)..sealed.len().min((at + 1) * (CHUNK + TAG))];
                self.open_chunk(number, at, at == last, chunk)
            })
            .collect();
        Ok(chunks?.concat())
    }

    /// Opens one chunk of a stream.
    pub fn open_chunk(
        &self,
        number: u32,
        at: usize,
        last: bool,
        sealed: &[u8],
    ) -> Result<Vec<u8>, Error> {
        self.stream(number)
            .decrypt(
                at as u32,
                last,
                Payload {
                    msg: sealed,
                    aad: &self.file,
                },
            )
            .map_err(|_| Error::Segment("a sealed chunk does not open"))
    }
}

/// Where streams of these plain lengths stand, one after the other from `start`.
#[must_use]
pub fn ranges(start: usize, plain: impl IntoIterator<Item = usize>) -> Vec<Range<usize>> {
    let mut at = start;
    let mut ranges = Vec::new();
    for length in plain {
        let end = at + sealed_length(length);
        ranges.push(at..end);
        at = end;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_of_many_chunks_opens_as_it_was_sealed_and_in_no_other_order() {
        let seal = Seal::new(&Secret::new([7; 32]), b"head");
        let plain: Vec<u8> = (0..CHUNK * (2 * TOGETHER + 1) + 5)
            .map(|at| (at / 1000 % 251) as u8)
            .collect();
        let mut sealed = seal.seal(1, &plain);
        assert_eq!(sealed.len(), sealed_length(plain.len()));
        assert!(seal.open(1, &sealed).unwrap() == plain);
        let mut by_chunks = Vec::new();
        seal.seal_chunks(1, plain.chunks(CHUNK), &mut by_chunks);
        assert!(by_chunks == sealed);
        // The first chunk of the first lot and of the second change places.
        let (first, second) = sealed.split_at_mut((CHUNK + TAG) * TOGETHER);
        first[..CHUNK + TAG].swap_with_slice(&mut second[..CHUNK + TAG]);
        assert!(seal.open(1, &sealed).is_err());
        assert_eq!(seal.open(2, &seal.seal(2, &[])), Ok(Vec::new()));
    }
}
