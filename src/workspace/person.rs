//! A person's own key: made once, kept by the person, and named in the policy by its public half.
//!
//! The workspace never holds a person's secret. What they sign, anybody can
//! check who has the policy of that day.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::Error;
use super::journal::keyring::guard;
use super::{Workspace, World, files, journal, place};
use crate::event;
use crate::ledger::key::{Secret, SecretKind, SigningKey};
use crate::ledger::note::{self, Verifier};
use crate::ledger::{self, Event};
use crate::name::Token;
use crate::policy::Person;

/// A person who signs, with a key that is the policy's.
pub struct Signer {
    /// The person.
    pub person: Token,
    key: SigningKey,
}

/// A key that was made.
#[derive(Clone, Debug, Serialize)]
pub struct KeyMade {
    /// Of this document.
    pub schema_version: u32,
    /// Whose.
    pub person: String,
    /// The file of the secret half.
    pub file: PathBuf,
    /// What the policy says of it: `key = "…"`.
    pub key: String,
}

/// Makes a key for a person, in a file that only its owner may read.
pub fn make_key(world: &mut World, person: &str, out: &Path) -> Result<KeyMade, Error> {
    let person: Token = person.parse().map_err(|_| Error::Usage {
        what: "a person\u{2019}s id is 1 to 64 of `a-z`, `0-9`, `-`, `_` and `.`".to_owned(),
        hint: "give the `id` under `[[people]]` in probant.toml",
    })?;
    place::vacant(out)?;
    let secret = Secret::new(world.entropy.bytes());
    let text = secret.file(SecretKind::Person, &person);
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    let part = out.with_file_name(format!(".{name}.part"));
    // What a crash left of an earlier attempt: nobody was told of it.
    world.disk.destroy(&part)?;
    world.disk.create_secret(&part, text.as_bytes())?;
    world.disk.place(&part, out)?;
    Ok(KeyMade {
        schema_version: 1,
        key: Verifier::new(person.as_str(), &SigningKey::of(&secret)).text(),
        person: person.to_string(),
        file: out.to_owned(),
    })
}

/// What checks a person's signatures.
pub fn verifier(person: &Person) -> Result<Verifier, Error> {
    let Some(text) = &person.key else {
        return Err(Error::Refused {
            what: format!("the policy has no `key` for `{}`", person.id),
            hint: "`probant keys person PERSON --out FILE`, then put the line that it prints under `[[people]]`",
        });
    };
    Verifier::parse(text)
        .ok()
        .filter(|it| it.name() == person.id.as_str())
        .ok_or_else(|| Error::Data {
            what: format!(
                "the `key` of `{}` in the policy is no signature key",
                person.id
            ),
            hint: "copy the line that `probant keys person` printed",
        })
}

impl Signer {
    /// The person with the secret half in `file`; refused unless it is the policy's.
    pub fn open(ws: &Workspace, person: &Token, file: &Path) -> Result<Self, Error> {
        let known = ws.person_by_id(person.as_str())?;
        let verifier = verifier(known)?;
        let bytes = zeroize::Zeroizing::new(files::brought(file, "a person\u{2019}s key")?);
        guard(file)?;
        let damaged = || journal::Error::Damaged {
            file: file.display().to_string(),
            source: ledger::Error::Key("it is not the key of this person"),
        };
        let parsed = |of: &Token| Secret::parse(&bytes, SecretKind::Person, of).ok();
        let key = match parsed(person) {
            Some(secret) => Some(SigningKey::of(&secret)),
            None if ws.policy.people.iter().any(|it| parsed(&it.id).is_some()) => None,
            None => return Err(damaged().into()),
        };
        let own = key.filter(|key| Verifier::new(person.as_str(), key) == verifier);
        let key = own.ok_or_else(|| Error::Refused {
            what: format!("this is not the key that the policy names for `{person}`"),
            hint: "use the file that belongs to the `key` in probant.toml, or have the DPO put the new key there",
        })?;
        Ok(Self {
            person: person.clone(),
            key,
        })
    }

    /// The act with this person's signature.
    pub fn act(&self, event: &Event) -> Result<Event, Error> {
        Ok(event::sign(event, &self.key)?)
    }

    /// A signed note over `text`, which ends with a line feed.
    #[must_use]
    pub fn note(&self, text: &str) -> String {
        note::sign(text, self.person.as_str(), &self.key)
    }

    /// The signature over a text.
    #[must_use]
    pub fn sign(&self, text: &str) -> [u8; 64] {
        self.key.sign(text.as_bytes())
    }
}
