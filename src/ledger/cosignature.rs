//! A witness's signature over somebody else's checkpoint: who saw that history, and when.
//!
//! C2SP's Ed25519 cosignature (<https://c2sp.org/tlog-cosignature>): a line of a signed note whose
//! key has type 0x04, whose signature begins with a time, and which signs a text of its own, so that
//! no cosignature can pass for a log's signature, nor the reverse.

use ed25519_dalek::{Signature, VerifyingKey};

use super::error::Error;
use super::key::SigningKey;
use super::note::{key_id, key_text, parse_key, signature_by, signature_line};
use crate::digest::{hex, unhex};

/// The type byte of a cosigner's Ed25519 key.
const COSIGNER: u8 = 4;

/// A witness by its name and public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    name: String,
    key: VerifyingKey,
}

impl Witness {
    /// The witness `name` whose key this is.
    #[must_use]
    pub fn new(name: &str, key: &SigningKey) -> Self {
        Self {
            name: name.to_owned(),
            key: key.public(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key id: the first four bytes of `SHA-256(name ‖ LF ‖ 0x04 ‖ key)`.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        key_id(&self.name, COSIGNER, &self.key)
    }

    /// The verifier key, `name+id+base64`: what is read over the telephone.
    #[must_use]
    pub fn text(&self) -> String {
        key_text(&self.name, COSIGNER, &self.key)
    }

    /// Reads a verifier key, exactly as [`Witness::text`] writes it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (name, key) = parse_key(text, COSIGNER)?;
        Ok(Self { name, key })
    }

    /// The time, in UTC seconds, at which this witness cosigned the checkpoint `text` by `line`,
    /// which has no line feed.
    pub fn cosigned(&self, line: &str, text: &str) -> Result<u64, Error> {
        let bytes = signature_by(line, &self.name, self.id())?;
        let (time, bytes) = bytes
            .split_first_chunk::<8>()
            .ok_or(Error::Note("the cosignature is cut short"))?;
        let time = u64::from_be_bytes(*time);
        if i64::try_from(time).is_err() {
            return Err(Error::Note("the cosignature's time is out of range"));
        }
        let signature = Signature::from_slice(bytes)
            .map_err(|_| Error::Note("the cosignature is not 64 bytes"))?;
        self.key
            .verify_strict(message(text, time).as_bytes(), &signature)
            .map_err(|_| Error::Note("the cosignature does not match the checkpoint"))?;
        Ok(time)
    }
}

/// What is signed: two lines, then the checkpoint's text without any signature.
fn message(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// The line by which the witness `name` cosigns the checkpoint `text` at `time`, in UTC seconds; it ends with LF.
#[must_use]
pub fn cosign(text: &str, time: u64, name: &str, key: &SigningKey) -> String {
    let mut signature = time.to_be_bytes().to_vec();
    signature.extend_from_slice(&key.sign(message(text, time).as_bytes()));
    signature_line(name, Witness::new(name, key).id(), &signature)
}

/// The name of a witness of ours with this id of 16 hex digits.
#[must_use]
pub fn witness_name(id: [u8; 8]) -> String {
    format!("probant.invalid/witness/{}", hex(&id))
}

/// The id in the name of a witness of ours.
#[must_use]
pub fn witness_id(name: &str) -> Option<[u8; 8]> {
    unhex(name.strip_prefix("probant.invalid/witness/")?)?
        .try_into()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::key::Secret;
    use crate::ledger::note::{self, Verifier};

    const TEXT: &str = "probant.invalid/0123456789abcdef\n7\nAAAA\n";

    #[test]
    fn a_cosignature_holds_for_its_text_its_time_and_its_witness_only() {
        let key = SigningKey::of(&Secret::new([5; 32]));
        let name = witness_name([7; 8]);
        let witness = Witness::new(&name, &key);
        let line = cosign(TEXT, 1_679_315_147, &name, &key);
        let line = line.strip_suffix('\n').unwrap();
        assert_eq!(witness.cosigned(line, TEXT), Ok(1_679_315_147));
        assert!(witness.cosigned(line, &TEXT.replace('7', "8")).is_err());
        let other = Witness::new(&witness_name([8; 8]), &key);
        assert!(other.cosigned(line, TEXT).is_err());
        for at in 0..line.len() {
            let mut bytes = line.as_bytes().to_vec();
            bytes[at] ^= 1;
            if let Ok(bad) = std::str::from_utf8(&bytes) {
                assert!(witness.cosigned(bad, TEXT).is_err(), "byte {at}");
            }
        }
        assert_eq!(Witness::parse(&witness.text()), Ok(witness));
    }

    #[test]
    fn a_log_cannot_be_taken_for_a_witness_nor_a_witness_for_a_log() {
        let key = SigningKey::of(&Secret::new([5; 32]));
        let name = witness_name([7; 8]);
        let (witness, log) = (Witness::new(&name, &key), Verifier::new(&name, &key));
        assert!(Witness::parse(&log.text()).is_err() && Verifier::parse(&witness.text()).is_err());
        let signed = note::sign(TEXT, &name, &key);
        let line = signed.lines().last().unwrap();
        assert!(witness.cosigned(line, TEXT).is_err());
        let cosigned = format!("{TEXT}\n{}", cosign(TEXT, 1, &name, &key));
        assert!(note::open(&cosigned, &log).is_err());
    }
}
