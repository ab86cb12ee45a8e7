//! The folder `keys/`: secrets in files that only their owner may read.
//!
//! `current` names the keys in use and is the only file here that is ever
//! replaced. A folder or file that others may read is refused.

use std::path::{Path, PathBuf};

use super::{Entropy, Error, Paths, read};
use crate::digest::hex;
use crate::ledger;
use crate::ledger::key::{Secret, SecretKind, SigningKey};
use crate::ledger::note::Verifier;
use crate::name::Token;
use crate::workspace::disk::Disk;

/// Which keys are in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyring {
    pub(super) folder: PathBuf,
    /// Wraps the keys of segments.
    kek: Token,
    /// Makes pseudonyms.
    pub(super) kid: Token,
    /// Checks the log's signatures.
    verifier: Verifier,
}

impl Keyring {
    /// Makes the folder and its secrets for the log `origin`.
    pub(super) fn create(
        paths: &Paths,
        disk: &Disk,
        entropy: &mut Entropy,
        origin: &str,
    ) -> Result<Self, Error> {
        let folder = paths.keys();
        disk.create_secret_directory(&folder)?;
        let (kek, kid) = (id(entropy), id(entropy));
        let signing = Secret::new(entropy.bytes());
        let verifier = Verifier::new(origin, &SigningKey::of(&signing));
        let secrets = [
            (SecretKind::Kek, &kek, &Secret::new(entropy.bytes())),
            (SecretKind::Pseudonym, &kid, &Secret::new(entropy.bytes())),
            (SecretKind::Signing, &signing_id(&verifier), &signing),
        ];
        for (kind, id, secret) in secrets {
            disk.create_secret(
                &folder.join(file(kind, id)),
                secret.file(kind, id).as_bytes(),
            )?;
        }
        let keyring = Self {
            folder,
            kek,
            kid,
            verifier,
        };
        keyring.take_over(disk)?;
        Ok(keyring)
    }

    /// The same keys but for a new one that wraps the keys of segments; its file is there, and not in use yet.
    pub(super) fn with_new_kek(
        &self,
        disk: &Disk,
        entropy: &mut Entropy,
    ) -> Result<(Self, Secret), Error> {
        let kek: Token = hex(&entropy.bytes::<8>())
            .parse()
            .expect("hex digits make a name");
        let secret = Secret::new(entropy.bytes());
        let path = self.folder.join(file(SecretKind::Kek, &kek));
        disk.create_secret(&path, secret.file(SecretKind::Kek, &kek).as_bytes())?;
        let keyring = Self {
            kek,
            ..self.clone()
        };
        Ok((keyring, secret))
    }

    /// Makes these the keys in use: `current` is replaced.
    pub(super) fn take_over(&self, disk: &Disk) -> Result<(), Error> {
        let fresh = self.folder.join(format!(".current.{}", self.kek));
        if fresh.exists() {
            disk.remove(&fresh)?;
        }
        disk.create_secret(&fresh, self.text().as_bytes())?;
        Ok(disk.replace(&fresh, &self.folder.join("current"))?)
    }

    /// Destroys every key-encryption key but the one in use.
    pub(super) fn sweep_keks(&self, disk: &Disk) -> Result<(), Error> {
        let current = file(SecretKind::Kek, &self.kek);
        let refused = |source| Error::Read {
            path: self.folder.clone(),
            source,
        };
        for item in std::fs::read_dir(&self.folder).map_err(refused)? {
            let name = item.map_err(refused)?.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("kek-") && *name != *current {
                disk.destroy(&self.folder.join(&*name))?;
            }
        }
        Ok(())
    }

    /// Reads which keys are in use.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let folder = Paths::of(root).keys();
        guard(&folder)?;
        let path = folder.join("current");
        guard(&path)?;
        let bytes = read(&path)?;
        Self::parse(&folder, &bytes)
            .ok_or_else(|| damaged("current", "it does not name the keys in use"))
    }

    pub(super) fn text(&self) -> String {
        format!(
            "probant/keys/v1\nkek {}\npseudonym {}\nlog {}\n",
            self.kek,
            self.kid,
            self.verifier.text()
        )
    }

    fn parse(folder: &Path, bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.lines().skip(1);
        let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix(' ');
        let keyring = Self {
            folder: folder.to_owned(),
            kek: value("kek")?.parse().ok()?,
            kid: value("pseudonym")?.parse().ok()?,
            verifier: Verifier::parse(value("log")?).ok()?,
        };
        (keyring.text() == text).then_some(keyring)
    }

    /// The id of the key that signs checkpoints.
    #[must_use]
    pub fn signing_id(&self) -> Token {
        signing_id(&self.verifier)
    }

    /// The id of the key that wraps the keys of segments.
    #[must_use]
    pub fn kek_id(&self) -> &Token {
        &self.kek
    }

    /// The id of the pseudonym key in use.
    #[must_use]
    pub fn kid(&self) -> &Token {
        &self.kid
    }

    /// Who signs this log.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The key that wraps the keys of segments.
    pub fn kek(&self) -> Result<Secret, Error> {
        self.secret(SecretKind::Kek, &self.kek)
    }

    /// The master that makes the pseudonyms of `kid`.
    pub fn master(&self, kid: &Token) -> Result<Secret, Error> {
        self.secret(SecretKind::Pseudonym, kid)
    }

    /// The key that signs checkpoints.
    pub fn signing(&self) -> Result<SigningKey, Error> {
        let id = signing_id(&self.verifier);
        let key = SigningKey::of(&self.secret(SecretKind::Signing, &id)?);
        if Verifier::new(self.verifier.name(), &key) == self.verifier {
            Ok(key)
        } else {
            Err(damaged(
                &file(SecretKind::Signing, &id),
                "it is not the key that signs this log",
            ))
        }
    }

    pub(super) fn secret(&self, kind: SecretKind, id: &Token) -> Result<Secret, Error> {
        let name = file(kind, id);
        let path = self.folder.join(&name);
        guard(&path)?;
        let bytes = zeroize::Zeroizing::new(read(&path)?);
        Secret::parse(&bytes, kind, id).map_err(|source| Error::Damaged {
            file: format!("keys/{name}"),
            source,
        })
    }
}

pub(super) fn damaged(name: &str, why: &'static str) -> Error {
    Error::Damaged {
        file: format!("keys/{name}"),
        source: ledger::Error::Key(why),
    }
}

pub(super) fn file(kind: SecretKind, id: &Token) -> String {
    format!("{}-{id}", kind.token())
}

/// A new key's id: 16 random hex digits.
pub(super) fn id(entropy: &mut Entropy) -> Token {
    hex(&entropy.bytes::<8>())
        .parse()
        .expect("hex digits make a name")
}

/// Whether a text is an id of that kind.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 16
        && text
            .bytes()
            .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

fn signing_id(verifier: &Verifier) -> Token {
    hex(&verifier.id()).parse().expect("hex digits make a name")
}

/// Refuses a file or folder that others may read.
pub(in crate::workspace) fn guard(path: &Path) -> Result<(), Error> {
    let metadata = std::fs::metadata(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            return Err(Error::Loose {
                path: path.to_owned(),
                mode,
            });
        }
    }
    #[cfg(not(unix))]
    let _ = metadata;
    Ok(())
}
