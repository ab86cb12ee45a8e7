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
#[must_use]
pub fn unbase64(text: &str) -> Option<Vec<u8>> {
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
        key_id(&self.name, ED25519, &self.key)
    }

    /// The verifier key as Go's `note` reads it: `name+id+base64`.
    #[must_use]
    pub fn text(&self) -> String {
        key_text(&self.name, ED25519, &self.key)
    }

    /// Whether `signature` is this key's, of `message`.
    #[must_use]
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }

    /// Reads a verifier key, exactly as [`Verifier::text`] writes it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (name, key) = parse_key(text, ED25519)?;
        Ok(Self { name, key })
    }
}

/// The id of a key of type `kind`: the first four bytes of `SHA-256(name ‖ LF ‖ kind ‖ key)`.
pub(super) fn key_id(name: &str, kind: u8, key: &VerifyingKey) -> [u8; 4] {
    let digest = sha256(&[name.as_bytes(), b"\n", &[kind], key.as_bytes()]);
    [digest[0], digest[1], digest[2], digest[3]]
}

/// A public key of type `kind` as C2SP writes it: `name+id+base64`.
pub(super) fn key_text(name: &str, kind: u8, key: &VerifyingKey) -> String {
    let mut bytes = vec![kind];
    bytes.extend_from_slice(key.as_bytes());
    let id = hex(&key_id(name, kind, key));
    format!("{name}+{id}+{}", base64(&bytes))
}

/// Reads a public key of type `kind`, exactly as [`key_text`] writes it.
pub(super) fn parse_key(text: &str, kind: u8) -> Result<(String, VerifyingKey), Error> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Error::Note("a verifier key has three parts"));
    };
    let bytes = unbase64(key).ok_or(Error::Note("the verifier key is not base64"))?;
    let public = match bytes.as_slice() {
        [first, public @ ..] if *first == kind => public,
        _ => return Err(Error::Note("the verifier key is of another type")),
    };
    let public: &[u8; 32] = public
        .try_into()
        .map_err(|_| Error::Note("the verifier key is not 32 bytes"))?;
    let key = VerifyingKey::from_bytes(public)
        .map_err(|_| Error::Note("the verifier key is no point"))?;
    if !is_name(name) || unhex(id).as_deref() != Some(&key_id(name, kind, &key)) {
        return Err(Error::Note("the verifier key's id does not match"));
    }
    Ok((name.to_owned(), key))
}

/// The line that a signature by the key `(name, id)` has in a note: dash, name, base64 of id and signature.
pub(super) fn signature_line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    format!("\u{2014} {name} {}\n", base64(&[&id, signature].concat()))
}

/// The signature of a line without its line feed, if it is by the key `(name, id)`.
pub(super) fn signature_by(line: &str, name: &str, id: [u8; 4]) -> Result<Vec<u8>, Error> {
    let (whose, encoded) = line
        .strip_prefix("\u{2014} ")
        .and_then(|rest| rest.split_once(' '))
        .ok_or(Error::Note("the signature line is malformed"))?;
    let bytes = unbase64(encoded).ok_or(Error::Note("the signature is not base64"))?;
    let (of, signature) = bytes
        .split_first_chunk::<4>()
        .ok_or(Error::Note("the signature is cut short"))?;
    if whose != name || *of != id {
        return Err(Error::Note("signed by another key"));
    }
    Ok(signature.to_vec())
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+' || c.is_control())
}

/// Signs `text`, which ends with a line feed, and returns the note.
#[must_use]
pub fn sign(text: &str, name: &str, key: &SigningKey) -> String {
    let id = Verifier::new(name, key).id();
    let line = signature_line(name, id, &key.sign(text.as_bytes()));
    format!("{text}\n{line}")
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
    let bytes = signature_by(line, &verifier.name, verifier.id())?;
    let signature =
        Signature::from_slice(&bytes).map_err(|_| Error::Note("the signature is not 64 bytes"))?;
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
