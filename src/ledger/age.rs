//! Secrets sealed to a key that is kept elsewhere, in the age format, so that opening them needs no program of ours.
//!
//! [age-encryption.org/v1](https://c2sp.org/age) with exactly one recipient, of type X25519: what
//! `age -r age1…` writes and `age -d -i FILE` opens. Randomness is an argument.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::error::Error;
use super::key::Secret;
use super::seal::{CHUNK, TAG};
use crate::bech32;
use crate::digest::{MacKey, derive_salted};

const VERSION: &str = "age-encryption.org/v1";
const STANZA: &str = "\n-> X25519 ";
const WRAP: &[u8] = b"age-encryption.org/v1/X25519";
const IDENTITY: &str = "age-secret-key-";
const FILE_KEY: usize = 16;
const NONCE: usize = 16;

/// Who can open: the public half of an [`Identity`], `age1…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient(PublicKey);

impl Recipient {
    /// As people copy it.
    #[must_use]
    pub fn text(&self) -> String {
        bech32::encode("age", self.0.as_bytes())
    }

    /// Reads `age1…`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        bech32::decode("age", text)
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .map(|bytes| Self(PublicKey::from(bytes)))
            .ok_or(Error::Key("not a recovery key of the form `age1…`"))
    }
}

/// What opens: 32 secret bytes, wiped on drop.
pub struct Identity(StaticSecret);

impl Identity {
    /// The identity that these random bytes are.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        Self(StaticSecret::from(*secret.expose()))
    }

    /// To whom things are sealed that this opens.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient(PublicKey::from(&self.0))
    }

    /// The text of its file, as `age-keygen` writes it.
    #[must_use]
    pub fn file(&self, created: &str) -> Zeroizing<String> {
        let lower = Zeroizing::new(bech32::encode(IDENTITY, self.0.as_bytes()));
        let upper = Zeroizing::new(lower.to_ascii_uppercase());
        let recipient = self.recipient().text();
        // Room enough, so that no shorter copy is left behind.
        let mut text = Zeroizing::new(String::with_capacity(256));
        for part in [
            "# created: ",
            created,
            "\n# public key: ",
            &recipient,
            "\n",
            &upper,
            "\n",
        ] {
            text.push_str(part);
        }
        text
    }

    /// Reads such a file: comments and blank lines aside, one `AGE-SECRET-KEY-1…`.
    pub fn parse(file: &str) -> Result<Self, Error> {
        let wrong = Error::Key("not a recovery identity: one line `AGE-SECRET-KEY-1…` is expected");
        let mut lines = file
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (Some(line), None) = (lines.next(), lines.next()) else {
            return Err(wrong);
        };
        let bytes = Zeroizing::new(bech32::decode(IDENTITY, line).ok_or(wrong.clone())?);
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| wrong)?;
        Ok(Self(StaticSecret::from(bytes)))
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(..)")
    }
}

/// What one sealing draws.
#[derive(Debug)]
pub struct Draws {
    /// The ephemeral key.
    pub ephemeral: Secret,
    /// Its first 16 bytes are the file's key.
    pub file_key: Secret,
    /// The payload's nonce.
    pub nonce: [u8; NONCE],
}

/// Seals `plain` so that only the identity of `recipient` opens it.
#[must_use]
pub fn seal(plain: &[u8], recipient: &Recipient, draws: &Draws) -> Vec<u8> {
    let ephemeral = StaticSecret::from(*draws.ephemeral.expose());
    let share = PublicKey::from(&ephemeral);
    let shared = ephemeral.diffie_hellman(&recipient.0);
    let file_key = &draws.file_key.expose()[..FILE_KEY];
    let wrapped = wrap(shared.as_bytes(), &share, &recipient.0)
        .encrypt(&Nonce::default(), file_key)
        .expect("a file's key is far below the cipher's limit");
    let (share, wrapped) = (
        STANDARD_NO_PAD.encode(share.as_bytes()),
        STANDARD_NO_PAD.encode(wrapped),
    );
    let head = format!("{VERSION}{STANZA}{share}\n{wrapped}\n---");
    let mac = STANDARD_NO_PAD.encode(authenticated(file_key, &head));
    let mut out = format!("{head} {mac}\n").into_bytes();
    out.extend(draws.nonce);
    let cipher = payload(file_key, &draws.nonce);
    let last = plain.len().div_ceil(CHUNK).max(1) - 1;
    for at in 0..=last {
        let chunk = &plain[at * CHUNK..plain.len().min((at + 1) * CHUNK)];
        let sealed = cipher
            .encrypt(&counter(at, at == last), chunk)
            .expect("a chunk is far below the cipher's limit");
        out.extend(sealed);
    }
    out
}

/// Opens what was sealed to `identity`; a changed byte anywhere is an error.
pub fn open(sealed: &[u8], identity: &Identity) -> Result<Zeroizing<Vec<u8>>, Error> {
    let wrong = Error::Key("not a file of the age format with one X25519 recipient");
    let end = sealed
        .windows(5)
        .position(|window| window == b"\n--- ")
        .ok_or(wrong.clone())?;
    let (head, rest) = sealed.split_at(end + 4);
    let head = std::str::from_utf8(head).map_err(|_| wrong.clone())?;
    let (mac, body) = rest
        .strip_prefix(b" ")
        .and_then(|rest| rest.split_at_checked(43))
        .ok_or(wrong.clone())?;
    let body = body.strip_prefix(b"\n").ok_or(wrong.clone())?;
    let (share, wrapped) = head
        .strip_prefix(VERSION)
        .and_then(|rest| rest.strip_prefix(STANZA))
        .and_then(|rest| rest.strip_suffix("\n---"))
        .and_then(|rest| rest.split_once('\n'))
        .ok_or(wrong.clone())?;
    let share: [u8; 32] = strict(share.as_bytes()).ok_or(wrong.clone())?;
    let wrapped: [u8; FILE_KEY + TAG] = strict(wrapped.as_bytes()).ok_or(wrong.clone())?;
    let mac: [u8; 32] = strict(mac).ok_or(wrong.clone())?;
    let share = PublicKey::from(share);
    let shared = identity.0.diffie_hellman(&share);
    if !shared.was_contributory() {
        return Err(wrong);
    }
    let file_key = wrap(shared.as_bytes(), &share, &identity.recipient().0)
        .decrypt(&Nonce::default(), &wrapped[..])
        .map(Zeroizing::new)
        .map_err(|_| Error::Key("it was sealed to another recovery key, or it was changed"))?;
    // A tag that was forged byte by byte would need as many attempts as answers, and nobody answers here.
    if authenticated(&file_key, head) != mac {
        return Err(Error::Key("its header was changed"));
    }
    let (nonce, chunks) = body.split_first_chunk::<NONCE>().ok_or(wrong)?;
    let cipher = payload(&file_key, nonce);
    let last = chunks.len().div_ceil(CHUNK + TAG).max(1) - 1;
    let mut plain = Zeroizing::new(Vec::with_capacity(chunks.len()));
    for at in 0..=last {
        let chunk = &chunks[at * (CHUNK + TAG)..chunks.len().min((at + 1) * (CHUNK + TAG))];
        let opened = cipher
            .decrypt(&counter(at, at == last), chunk)
            .map(Zeroizing::new)
            .map_err(|_| Error::Key("it was changed, or it is cut short"))?;
        if at > 0 && opened.is_empty() {
            return Err(Error::Key("it was changed, or it is cut short"));
        }
        plain.extend_from_slice(&opened);
    }
    Ok(plain)
}

/// Exactly `N` bytes in base64 without padding.
fn strict<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    STANDARD_NO_PAD.decode(text).ok()?.try_into().ok()
}

fn wrap(shared: &[u8; 32], share: &PublicKey, recipient: &PublicKey) -> ChaCha20Poly1305 {
    let salt = [share.as_bytes().as_slice(), recipient.as_bytes()].concat();
    let key = Zeroizing::new(derive_salted(shared, &salt, &[WRAP]));
    ChaCha20Poly1305::new((&*key).into())
}

fn authenticated(file_key: &[u8], head: &str) -> [u8; 32] {
    let key = Zeroizing::new(derive_salted(file_key, &[], &[b"header"]));
    MacKey::new(&*key).tag(&[head.as_bytes()])
}

fn payload(file_key: &[u8], nonce: &[u8; NONCE]) -> ChaCha20Poly1305 {
    let key = Zeroizing::new(derive_salted(file_key, nonce, &[b"payload"]));
    ChaCha20Poly1305::new((&*key).into())
}

/// 11 bytes of the chunk's number, then 01 for the last chunk.
fn counter(at: usize, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&(at as u64).to_be_bytes());
    nonce[11] = u8::from(last);
    nonce.into()
}
