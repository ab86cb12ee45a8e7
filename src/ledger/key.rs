//! Secrets, their files, and the small files that wrap one segment's key each.
//!
//! A secret is never printed, cloned or serialised, and its bytes are wiped
//! when it is dropped. Its only way out is [`Secret::expose`] and its own file.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ed25519_dalek::{Signer as _, VerifyingKey};
use zeroize::{Zeroize as _, Zeroizing};

use super::error::Error;
use super::note::{base64, unbase64};
use super::salt::Frontier;
use super::tree::Hash;
use crate::digest::sha256;
use crate::name::{Token, tokens};

/// 32 secret bytes, on the heap from the start: moving a secret copies a pointer and leaves no trace.
pub struct Secret(Box<Zeroizing<[u8; 32]>>);

impl Secret {
    /// A secret from its bytes; this copy of them is wiped.
    #[must_use]
    pub fn new(mut bytes: [u8; 32]) -> Self {
        let secret = Self::copied(&bytes);
        bytes.zeroize();
        secret
    }

    /// A secret from bytes that their holder wipes.
    #[must_use]
    pub fn copied(bytes: &[u8; 32]) -> Self {
        let mut secret = Self(Box::default());
        secret.0.copy_from_slice(bytes);
        secret
    }

    /// The bytes, for a computation that needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// What the log may say of it: recognises it, and tells nothing of 32 random bytes.
    #[must_use]
    pub fn check(&self) -> Hash {
        sha256(&[b"probant/key-check/v1\0", self.expose()])
    }

    /// The text of its file.
    #[must_use]
    pub fn file(&self, kind: SecretKind, id: &Token) -> Zeroizing<String> {
        let encoded = Zeroizing::new(base64(self.expose()));
        // Room enough for any id, so that no shorter copy is left behind.
        let mut text = Zeroizing::new(String::with_capacity(256));
        for part in [
            "probant/secret/v1\nkind ",
            kind.token(),
            "\nid ",
            id.as_str(),
            "\nsecret ",
            &encoded,
            "\n",
        ] {
            text.push_str(part);
        }
        text
    }

    /// Reads its file, exactly as [`Secret::file`] writes it.
    pub fn parse(text: &[u8], kind: SecretKind, id: &Token) -> Result<Self, Error> {
        let wrong = Error::Key("the secret's file is not as it was written");
        let text = std::str::from_utf8(text).map_err(|_| wrong.clone())?;
        let encoded = text
            .strip_suffix('\n')
            .and_then(|text| text.rsplit_once("\nsecret "))
            .ok_or(wrong.clone())?
            .1;
        let bytes = Zeroizing::new(unbase64(encoded).ok_or(wrong.clone())?);
        let bytes = bytes.as_slice().first_chunk().filter(|_| bytes.len() == 32);
        let secret = Self::copied(bytes.ok_or(wrong.clone())?);
        if secret.file(kind, id).as_str() == text {
            Ok(secret)
        } else {
            Err(wrong)
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// Wraps the keys of segments.
    Kek,
    /// Signs checkpoints.
    Signing,
    /// Makes pseudonyms.
    Pseudonym,
    /// Cosigns other people's checkpoints.
    Witness,
    /// Signs what a person of the policy did.
    Person,
    /// Recognises who may not be scored again.
    Suppression,
}

tokens!(SecretKind {
    Kek = "kek",
    Signing = "signing",
    Pseudonym = "pseudonym",
    Witness = "witness",
    Person = "person",
    Suppression = "suppression",
});

/// The key that signs the log's checkpoints.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key that these secret bytes are the seed of (RFC 8032).
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(secret.expose()))
    }

    pub(super) fn public(&self) -> VerifyingKey {
        self.0.verifying_key()
    }

    /// The signature of `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// What opens one segment: its key, what its salts derive from, and which of its files is the current one.
#[derive(Debug)]
pub struct SegmentKey {
    /// How often the segment was rewritten: part of its file's name.
    pub generation: u32,
    /// The key of its chunks.
    pub key: Secret,
    /// What its live rows' salts derive from.
    pub frontier: Frontier,
}

const MAGIC: &[u8; 7] = b"PBKEY\0\0";
/// Of a segment that nobody left: its one seed, at level 0 and index 0.
const WHOLE: u8 = 1;
/// Of a segment with gaps: the seeds alone, since the erased rows say which subtrees they are of.
const PUNCTURED: u8 = 2;
/// Level and index of the one subtree of a whole segment.
const TOP: [u8; 5] = [0; 5];
const NONCE: usize = 24;

impl SegmentKey {
    /// The wrapped-key file: magic ‖ version ‖ segment id ‖ nonce ‖ sealed (generation, key, seeds).
    #[must_use]
    pub fn wrap(&self, segment: &[u8; 16], kek: &Secret, nonce: [u8; NONCE]) -> Vec<u8> {
        let mut plain = Zeroizing::new(Vec::with_capacity(41 + 16 * self.frontier.subtrees()));
        plain.extend_from_slice(&self.generation.to_be_bytes());
        plain.extend_from_slice(self.key.expose());
        let version = if self.frontier.is_whole() {
            plain.extend_from_slice(&TOP);
            WHOLE
        } else {
            PUNCTURED
        };
        self.frontier.seeds(&mut plain);
        let head = head(segment, version);
        let sealed = XChaCha20Poly1305::new(kek.expose().into())
            .encrypt(
                XNonce::from_slice(&nonce),
                Payload {
                    msg: &plain,
                    aad: &head,
                },
            )
            .expect("a wrapped key is far below the cipher's limit");
        [head.as_slice(), &nonce, &sealed].concat()
    }
}

/// A wrapped-key file that was opened, but not yet told which rows are erased.
pub struct Unwrapped {
    /// How often the segment was rewritten: part of its files' names.
    pub generation: u32,
    whole: bool,
    plain: Zeroizing<Vec<u8>>,
}

impl Unwrapped {
    /// Opens a wrapped-key file.
    pub fn open(file: &[u8], segment: &[u8; 16], kek: &Secret) -> Result<Self, Error> {
        let version = *file
            .get(MAGIC.len())
            .ok_or(Error::Key("a wrapped key is cut short"))?;
        if version != WHOLE && version != PUNCTURED {
            return Err(Error::Key("a wrapped key of an unknown version"));
        }
        let head = head(segment, version);
        let rest = file
            .strip_prefix(head.as_slice())
            .ok_or(Error::Key("not this segment's wrapped key"))?;
        let (nonce, sealed) = rest
            .split_first_chunk::<NONCE>()
            .ok_or(Error::Key("a wrapped key is cut short"))?;
        let plain = XChaCha20Poly1305::new(kek.expose().into())
            .decrypt(
                XNonce::from_slice(nonce),
                Payload {
                    msg: sealed,
                    aad: &head,
                },
            )
            .map_err(|_| Error::Key("a wrapped key does not open"))?;
        let plain = Zeroizing::new(plain);
        let generation = *plain
            .first_chunk::<4>()
            .ok_or(Error::Key("a wrapped key is cut short"))?;
        Ok(Self {
            generation: u32::from_be_bytes(generation),
            whole: version == WHOLE,
            plain,
        })
    }

    /// The key of a segment of `rows` rows of which `erased` (ascending) are gone.
    pub fn key(&self, rows: u32, erased: &[u32]) -> Result<SegmentKey, Error> {
        let (key, seeds) = self.plain[4..]
            .split_first_chunk::<32>()
            .ok_or(Error::Key("a wrapped key is cut short"))?;
        if self.whole != erased.is_empty() {
            return Err(Error::Key("it does not fit the rows that are erased"));
        }
        let seeds = if self.whole {
            seeds
                .strip_prefix(TOP.as_slice())
                .ok_or(Error::Key("a wrapped key is cut short"))?
        } else {
            seeds
        };
        Ok(SegmentKey {
            generation: self.generation,
            key: Secret::copied(key),
            frontier: Frontier::of_seeds(seeds, rows, erased)?,
        })
    }
}

impl fmt::Debug for Unwrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unwrapped(generation {})", self.generation)
    }
}

fn head(segment: &[u8; 16], version: u8) -> [u8; 24] {
    let mut head = [0; 24];
    head[..7].copy_from_slice(MAGIC);
    head[7] = version;
    head[8..].copy_from_slice(segment);
    head
}
