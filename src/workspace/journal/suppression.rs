//! The key that recognises who may not be scored again: one for the life of the ledger.
//!
//! It is made at the first need and outlives every pseudonym period, since an
//! objection must outlive them too. Its id stands in the log before anything
//! does that needs it.

use super::keyring::{self, Keyring};
use super::{Commit, Entropy, Error, View, Writer};
use crate::ledger::entry::{Entry, Key};
use crate::ledger::key::{Secret, SecretKind};
use crate::ledger::text::{KeyUse, Time};
use crate::name::Token;

impl View {
    /// The id of the key, where there is one.
    #[must_use]
    pub fn suppression_kid(&self) -> Option<&Token> {
        self.entries().find_map(|(_, entry)| match entry {
            Entry::Key(key) if key.purpose == KeyUse::Suppression => Some(&key.kid),
            _ => None,
        })
    }

    /// The key with its id, where there is one.
    pub fn suppression_key(&self) -> Result<Option<(Token, Secret)>, Error> {
        let Some(kid) = self.suppression_kid() else {
            return Ok(None);
        };
        let secret = self.keyring.suppression(kid)?;
        Ok(Some((kid.clone(), secret)))
    }
}

impl Writer {
    /// The key, made now where there is none yet: its file first, then its entry.
    pub fn suppression_key(
        &mut self,
        entropy: &mut Entropy,
        now: Time,
    ) -> Result<(Token, Secret), Error> {
        if let Some(known) = self.view.suppression_key()? {
            return Ok(known);
        }
        let (kid, secret) = self.view.keyring.add_suppression(&self.disk, entropy)?;
        self.commit(&Commit {
            documents: Vec::new(),
            entries: vec![Entry::Key(Key {
                kid: kid.clone(),
                purpose: KeyUse::Suppression,
                time: now,
                check: secret.check(),
            })],
        })?;
        Ok((kid, secret))
    }
}

impl Keyring {
    fn suppression(&self, kid: &Token) -> Result<Secret, Error> {
        self.secret(SecretKind::Suppression, kid)
    }

    /// Makes the key that nothing uses yet; one that a crash left, of which the log never heard, goes first.
    fn add_suppression(
        &self,
        disk: &crate::workspace::disk::Disk,
        entropy: &mut Entropy,
    ) -> Result<(Token, Secret), Error> {
        let refused = |source| Error::Read {
            path: self.folder.clone(),
            source,
        };
        for item in std::fs::read_dir(&self.folder).map_err(refused)? {
            let item = item.map_err(refused)?;
            let name = item.file_name();
            let name = name.to_string_lossy();
            let id = name.trim_start_matches('.').strip_prefix("suppression-");
            if id.is_some_and(keyring::is_id) {
                disk.destroy(&item.path())?;
            }
        }
        let kid = keyring::id(entropy);
        let secret = Secret::new(entropy.bytes());
        let name = keyring::file(SecretKind::Suppression, &kid);
        let part = self.folder.join(format!(".{name}"));
        let text = secret.file(SecretKind::Suppression, &kid);
        disk.create_secret(&part, text.as_bytes())?;
        disk.place(&part, &self.folder.join(name))?;
        Ok((kid, secret))
    }
}
