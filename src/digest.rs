//! SHA-256 and what is built on it: the only hash in the house.
//!
//! One hash everywhere, because an auditor's `openssl` has it. This is the
//! door of `sha2` and `hkdf`; every other room asks here. HMAC is our own, on
//! `sha2`'s compression, so that a key's states are computed once and kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, compress256};
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// The first state of SHA-256 (FIPS 180-4 §5.3.3).
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Hashes a message of `L` bytes, which with its padding fills `N` blocks.
#[must_use]
pub fn sha256_fixed<const L: usize, const N: usize>(message: &[u8; L]) -> [u8; 32] {
    const { assert!((L + 9).div_ceil(BLOCK) == N) };
    short::<N>(&[message], L)
}

/// Hashes the concatenation of `parts`.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    match (length + 9).div_ceil(BLOCK) {
        1 => return short::<1>(parts, length),
        2 => return short::<2>(parts, length),
        3 => return short::<3>(parts, length),
        _ => {}
    }
    let mut state = Sha256::new();
    for part in parts {
        state.update(part);
    }
    state.finalize().into()
}

/// Hashes a message that, with its padding, fills `N` blocks.
///
/// Half of a ledger's time goes into hashing messages of one to three blocks: padding them where they
/// stand saves the buffer of a general hasher, a tenth of it.
#[inline]
fn short<const N: usize>(parts: &[&[u8]], length: usize) -> [u8; 32] {
    let mut blocks = [[0; BLOCK]; N];
    let bytes = blocks.as_flattened_mut();
    let mut at = 0;
    for part in parts {
        bytes[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    bytes[at] = 0x80;
    bytes[N * BLOCK - 8..].copy_from_slice(&(8 * length as u64).to_be_bytes());
    let mut state = START;
    compress256(&mut state, &blocks.map(Into::into));
    output(state)
}

/// Messages that are hashed side by side.
pub const LANES: usize = 4;

/// Hashes several messages, which are left with their padding.
///
/// Each block waits for the one before it, so that a processor that is given blocks of several messages by turns hashes
/// them in three quarters of the time.
#[must_use]
pub fn sha256_together(messages: &mut [Vec<u8>; LANES]) -> [[u8; 32]; LANES] {
    let mut states = [START; LANES];
    let mut most = 0;
    for message in messages.iter_mut() {
        let length = message.len();
        let blocks = (length + 9).div_ceil(BLOCK);
        message.resize(blocks * BLOCK, 0);
        message[length] = 0x80;
        message[blocks * BLOCK - 8..].copy_from_slice(&(8 * length as u64).to_be_bytes());
        most = most.max(blocks);
    }
    for at in 0..most {
        for (state, message) in states.iter_mut().zip(&*messages) {
            if let Some(block) = message.as_chunks::<BLOCK>().0.get(at) {
                compress(state, block);
            }
        }
    }
    states.map(output)
}

/// A SHA-256 over bytes that arrive piece by piece.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of everything taken.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// What a document is known by: its SHA-256, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

/// A text offered as a [`Digest`] is not 64 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 lower-case hex digits")]
pub struct NotADigest;

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha256(&[bytes]))
    }

    /// The first twelve hex digits: enough for a person, never for a proof.
    #[must_use]
    pub fn short(&self) -> String {
        hex(&self.0[..6])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        unhex(text)
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(NotADigest)
    }
}

impl TryFrom<String> for Digest {
    type Error = NotADigest;

    fn try_from(text: String) -> Result<Self, NotADigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The bytes of a lower-case hex text; nothing else is accepted.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?))
        .collect()
}

/// An HMAC-SHA-256 key whose padded states are computed once, and taken up again for each message (RFC 2104 §4).
#[derive(Clone)]
pub struct MacKey {
    inner: [u32; 8],
    outer: [u32; 8],
}

/// The states stand for the key.
impl Drop for MacKey {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl MacKey {
    /// A key from bytes of any length.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK]);
        if key.len() > BLOCK {
            block[..32].copy_from_slice(&sha256(&[key]));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let state = |pad: u8| {
            let mut state = START;
            let padded = Zeroizing::new(block.map(|byte| byte ^ pad));
            compress(&mut state, &padded);
            state
        };
        Self {
            inner: state(0x36),
            outer: state(0x5c),
        }
    }

    /// The tag of the concatenation of `parts`.
    #[must_use]
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let inner = ended(self.inner, parts);
        ended(self.outer, &[&inner])
    }
}

/// The digest of a message whose first block led to `state` and whose others are `parts`.
fn ended(mut state: [u32; 8], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = [0; BLOCK];
    let mut held = 0;
    let mut length = BLOCK;
    for part in parts {
        length += part.len();
        let mut rest = *part;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(BLOCK - held));
            block[held..held + now.len()].copy_from_slice(now);
            held += now.len();
            rest = later;
            if held == BLOCK {
                compress(&mut state, &block);
                held = 0;
            }
        }
    }
    block[held..].fill(0);
    block[held] = 0x80;
    if held + 9 > BLOCK {
        compress(&mut state, &block);
        block.fill(0);
    }
    block[BLOCK - 8..].copy_from_slice(&(8 * length as u64).to_be_bytes());
    compress(&mut state, &block);
    output(state)
}

fn compress(state: &mut [u32; 8], block: &[u8; BLOCK]) {
    compress256(state, std::slice::from_ref(block.into()));
}

/// A state as the digest that it stands for.
fn output(state: [u32; 8]) -> [u8; 32] {
    let mut digest = [0; 32];
    let (words, _) = digest.as_chunks_mut::<4>();
    for (word, state) in words.iter_mut().zip(state) {
        *word = state.to_be_bytes();
    }
    digest
}

/// HKDF-SHA-256 without salt: 32 bytes derived from `secret` for the use that `info` names (RFC 5869).
#[must_use]
pub fn derive(secret: &[u8], info: &[&[u8]]) -> [u8; 32] {
    derive_salted(secret, &[], info)
}

/// The same with a salt.
#[must_use]
pub fn derive_salted(secret: &[u8], salt: &[u8], info: &[&[u8]]) -> [u8; 32] {
    let mut key = [0; 32];
    hkdf::Hkdf::<Sha256>::new(Some(salt), secret)
        .expand_multi_info(info, &mut key)
        .expect("32 bytes is one block, within what HKDF can expand to");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_abc_is_the_one_in_fips_180() {
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(b"abc").to_string(), text);
        assert_eq!(text.parse(), Ok(Digest::of(b"abc")));
        assert_eq!(text.to_uppercase().parse::<Digest>(), Err(NotADigest));
    }

    #[test]
    fn short_messages_hash_as_long_ones_do_whatever_their_parts() {
        let message: Vec<u8> = (0..300).map(|at| (at * 7 % 251) as u8).collect();
        for length in 0..message.len() {
            let (first, second) = message[..length].split_at(length / 3);
            let by_pieces: [u8; 32] = Sha256::digest(&message[..length]).into();
            assert_eq!(sha256(&[first, second]), by_pieces, "{length} bytes");
        }
        for (fixed, plain) in [
            (sha256_fixed::<48, 1>(&[5; 48]), sha256(&[&[5; 48]])),
            (sha256_fixed::<55, 1>(&[5; 55]), sha256(&[&[5; 55]])),
            (sha256_fixed::<65, 2>(&[5; 65]), sha256(&[&[5; 65]])),
        ] {
            assert_eq!(fixed, plain);
        }
    }

    #[test]
    fn messages_side_by_side_hash_as_each_does_alone() {
        let message: Vec<u8> = (0..300).map(|at| (at * 7 % 251) as u8).collect();
        for length in 0..message.len() {
            let lengths = [length, 299 - length, length / 2, 0];
            let mut messages = lengths.map(|it| message[..it].to_vec());
            let together = sha256_together(&mut messages);
            assert_eq!(together, lengths.map(|it| sha256(&[&message[..it]])));
        }
    }

    #[test]
    fn tags_are_those_of_the_hmac_crate_for_keys_and_messages_of_any_length() {
        use hmac::{Hmac, Mac as _};
        let bytes: Vec<u8> = (0..200).map(|at| (at * 11 % 251) as u8).collect();
        for (key, length) in
            (0..200).flat_map(|length| [0, 8, 32, 64, 65, 200].map(|key| (key, length)))
        {
            let (first, second) = bytes[..length].split_at(length / 3);
            let mut oracle = Hmac::<Sha256>::new_from_slice(&bytes[..key]).unwrap();
            oracle.update(&bytes[..length]);
            let expected: [u8; 32] = oracle.finalize().into_bytes().into();
            assert_eq!(MacKey::new(&bytes[..key]).tag(&[first, second]), expected);
        }
    }

    #[test]
    fn hex_survives_the_round_trip() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("0G"), None);
    }
}
