//! Signed notes and checkpoints, as C2SP specifies them: what the log signs, and strangers check.
//!
//! <https://c2sp.org/signed-note> and <https://c2sp.org/tlog-checkpoint>. Our own checkpoint has
//! three lines and one signature, and nothing else is accepted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};

use super::error::Error;
use super::key::SigningKey;
use super::tree::Hash;
use crate::digest::{hex, sha256, unhex};

/// Base64 with padding, as every text of the ledger has it.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of strict base64: padded, no stray bits, no spaces.
pub(super) fn unbase64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The type byte of Ed25519 in a key and in its id.
const ED25519: u8 = 1;

/// A name with its public key: who signs, and how to check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

impl Verifier {
    /// A verifier for the public half of `key` under `name`.
    #[must_use]
    pub fn new(name: &str, key: &SigningKey) -> Self {
        Self {
            name: name.to_owned(),
            key: key.public(),
        }
    }

    /// The name that signs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key id: the first four bytes of `SHA-256(name ‖ LF ‖ 0x01 ‖ key)`.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let digest = sha256(&[self.name.as_bytes(), b"\n", &[ED25519], self.key.as_bytes()]);
        [digest[0], digest[1], digest[2], digest[3]]
    }

    /// The verifier key as Go's `note` reads it: `name+id+base64`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        format!("{}+{}+{}", self.name, hex(&self.id()), base64(&key))
    }

    /// Reads a verifier key, exactly as [`Verifier::text`] writes it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Error::Note("a verifier key has three parts"));
        };
        let bytes = unbase64(key).ok_or(Error::Note("the verifier key is not base64"))?;
        let [ED25519, public @ ..] = bytes.as_slice() else {
            return Err(Error::Note("the verifier key is not Ed25519"));
        };
        let public: &[u8; 32] = public
            .try_into()
            .map_err(|_| Error::Note("the verifier key is not 32 bytes"))?;
        let key = VerifyingKey::from_bytes(public)
            .map_err(|_| Error::Note("the verifier key is no point"))?;
        let verifier = Self {
            name: name.to_owned(),
            key,
        };
        if !is_name(name) || unhex(id).as_deref() != Some(&verifier.id()) {
            return Err(Error::Note("the verifier key's id does not match"));
        }
        Ok(verifier)
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+' || c.is_control())
}

/// Signs `text`, which ends with a line feed, and returns the note.
#[must_use]
pub fn sign(text: &str, name: &str, key: &SigningKey) -> String {
    let mut bytes = Verifier::new(name, key).id().to_vec();
    bytes.extend_from_slice(&key.sign(text.as_bytes()));
    format!("{text}\n\u{2014} {name} {}\n", base64(&bytes))
}

/// The text of a note that has exactly one signature, which is by `verifier`.
pub fn open<'a>(note: &'a str, verifier: &Verifier) -> Result<&'a str, Error> {
    let end = note
        .rfind("\n\n")
        .ok_or(Error::Note("no blank line before the signature"))?;
    let (text, signature) = (&note[..=end], &note[end + 2..]);
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Error::Note("a control character"));
    }
    let line = signature
        .strip_suffix('\n')
        .ok_or(Error::Note("no line feed at the end"))?;
    if line.contains('\n') {
        return Err(Error::Note("more than one signature"));
    }
    let (name, encoded) = line
        .strip_prefix("\u{2014} ")
        .and_then(|rest| rest.split_once(' '))
        .ok_or(Error::Note("the signature line is malformed"))?;
    let bytes = unbase64(encoded).ok_or(Error::Note("the signature is not base64"))?;
    let (id, bytes) = bytes
        .split_first_chunk::<4>()
        .ok_or(Error::Note("the signature is cut short"))?;
    if name != verifier.name || *id != verifier.id() {
        return Err(Error::Note("signed by another key"));
    }
    let signature =
        Signature::from_slice(bytes).map_err(|_| Error::Note("the signature is not 64 bytes"))?;
    verifier
        .key
        .verify_strict(text.as_bytes(), &signature)
        .map_err(|_| Error::Note("the signature does not match the text"))?;
    Ok(text)
}

/// What a checkpoint says: this log has `size` entries under `root`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The three lines that are signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64(&self.root))
    }

    /// The signed note.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        sign(&self.text(), &self.origin, key)
    }

    /// Reads the three lines and nothing else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(Error::Note("a checkpoint has three lines"));
        };
        let size = size
            .parse()
            .map_err(|_| Error::Note("the size is not a number"))?;
        let root = unbase64(root)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(Error::Note("the root is not a hash"))?;
        let checkpoint = Self {
            origin: origin.to_owned(),
            size,
            root,
        };
        if !is_origin(origin) || checkpoint.text() != text {
            return Err(Error::Note("the checkpoint is not as the log writes it"));
        }
        Ok(checkpoint)
    }

    /// Reads and checks a signed checkpoint.
    pub fn open(note: &[u8], verifier: &Verifier) -> Result<Self, Error> {
        let note = std::str::from_utf8(note).map_err(|_| Error::Note("it is not UTF-8"))?;
        let checkpoint = Self::parse(open(note, verifier)?)?;
        if checkpoint.origin != verifier.name {
            return Err(Error::Note("another log's checkpoint"));
        }
        Ok(checkpoint)
    }
}

/// Whether `text` names a log of ours: `probant.invalid/` and 16 lower-case hex digits.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    text.strip_prefix("probant.invalid/")
        .is_some_and(|rest| rest.len() == 16 && unhex(rest).is_some())
}

/// The origin of a log with these random bytes.
#[must_use]
pub fn origin(random: [u8; 8]) -> String {
    format!("probant.invalid/{}", hex(&random))
}
