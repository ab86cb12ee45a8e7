//! Assessments of legitimate interest: signed, and asked for before a run reads anything.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::Serialize;

use super::error::Error;
use super::person::{Signer, verifier};
use super::{Workspace, World, files};
use crate::law::Pack;
use crate::law::assessment::{Assessment, Misread};
use crate::ledger::note;
use crate::name::Token;
use crate::policy::{Purpose, Right};

/// Why nothing is scored: the assessment that a legitimate interest rests on does not stand. Exit 5.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the purpose `{purpose}` rests on a legitimate interest, and its assessment {lack}")]
pub struct Unassessed {
    /// The purpose.
    pub purpose: Token,
    /// What is missing.
    pub lack: Lack,
}

/// What an assessment lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// The policy names none.
    #[error("is not named in the policy")]
    Name,
    /// There is no such file.
    #[error("`{file}` is not there")]
    File {
        /// As the policy names it.
        file: String,
    },
    /// It is no assessment.
    #[error("`{file}` is none: {why}")]
    Part {
        /// As the policy names it.
        file: String,
        /// What is wrong.
        why: Misread,
    },
    /// It is about another purpose.
    #[error("`{file}` weighs the purpose `{other}`")]
    Purpose {
        /// As the policy names it.
        file: String,
        /// The other purpose.
        other: Token,
    },
    /// Nobody signed it.
    #[error("`{file}` is not signed")]
    Signature {
        /// As the policy names it.
        file: String,
    },
    /// The policy does not know who signed, or has no key of theirs.
    #[error("`{file}` is to be signed by `{person}`, of whom the policy has no key")]
    Person {
        /// As the policy names it.
        file: String,
        /// Who.
        person: Token,
    },
    /// The signature is of another file or by another key.
    #[error("`{file}` is not signed by `{person}` as it stands")]
    Signed {
        /// As the policy names it.
        file: String,
        /// Who.
        person: Token,
    },
    /// It does not count yet.
    #[error("`{file}` counts from {from} only, and the law is asked for {date}")]
    Early {
        /// As the policy names it.
        file: String,
        /// Its first day.
        from: NaiveDate,
        /// The day of the run.
        date: NaiveDate,
    },
    /// It does not count any more.
    #[error("`{file}` counted until {until}, and the law is asked for {date}")]
    Expired {
        /// As the policy names it.
        file: String,
        /// Its last day.
        until: NaiveDate,
        /// The day of the run.
        date: NaiveDate,
    },
}

impl Unassessed {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.lack {
            Lack::Signature { .. } | Lack::Signed { .. } => {
                "have it signed as it stands: `probant law sign FILE --as PERSON --key KEYFILE`"
            }
            Lack::Person { .. } => {
                "`probant keys person PERSON --out FILE`, then put the line that it prints under `[[people]]`"
            }
            Lack::Early { .. } | Lack::Expired { .. } => {
                "weigh the interest again, give the file new dates and have it signed: `probant law sign FILE --as PERSON --key KEYFILE`"
            }
            _ => {
                "write interest, necessity and balance into a file, name it with `assessment = \"…\"`, and have it signed: `probant law sign FILE --as PERSON --key KEYFILE`"
            }
        }
    }
}

/// An assessment that was signed.
#[derive(Clone, Debug, Serialize)]
pub struct Signed {
    /// Of this document.
    pub schema_version: u32,
    /// The assessment's id.
    pub id: String,
    /// The purpose that it weighs.
    pub purpose: String,
    /// The last day that it counts.
    pub expires: String,
    /// SHA-256 of the file.
    pub digest: String,
    /// Who signed.
    pub signed_by: String,
    /// The signature's file.
    pub signature: PathBuf,
}

/// Signs an assessment with a person's key; the signature goes beside it.
pub fn sign(
    ws: &Workspace,
    world: &mut World,
    file: &Path,
    person: &str,
    key: &Path,
) -> Result<Signed, Error> {
    ws.may(Some(person), Right::LawSign)?;
    let bytes = files::brought(file, "an assessment")?;
    let assessment = parse(file, &bytes)?;
    if assessment.signed_by.as_str() != person {
        return Err(Error::Usage {
            what: format!(
                "the assessment says that `{}` signs it, not `{person}`",
                assessment.signed_by
            ),
            hint: "correct `signed_by` in the file, or have that person sign",
        });
    }
    ws.purpose(Some(assessment.purpose.as_str()))?;
    let signer = Signer::open(ws, &assessment.signed_by, key)?;
    let signature = signature_of(file);
    let part = signature.with_extension("sig.part");
    // What a crash left of an earlier attempt.
    world.disk.destroy(&part)?;
    world
        .disk
        .create(&part, signer.note(&assessment.signed_text()).as_bytes())?;
    world.disk.replace(&part, &signature)?;
    Ok(Signed {
        schema_version: 1,
        id: assessment.id.to_string(),
        purpose: assessment.purpose.to_string(),
        expires: assessment.expires.to_string(),
        digest: assessment.digest.to_string(),
        signed_by: person.to_owned(),
        signature,
    })
}

/// The assessment that a purpose needs under a pack on a date; none where it needs none.
///
/// What is missing is refused by name: the file, a part of it, its signature, or its time.
pub fn needed(
    ws: &Workspace,
    purpose: &Purpose,
    pack: &Pack,
    date: NaiveDate,
) -> Result<Option<Assessment>, Error> {
    if !pack.asks_assessment(&purpose.bases) {
        return Ok(None);
    }
    let refused = |lack: Lack| {
        Error::from(Unassessed {
            purpose: purpose.id.clone(),
            lack,
        })
    };
    let Some(named) = &purpose.assessment else {
        return Err(refused(Lack::Name));
    };
    let file = named.clone();
    let path = ws.root.join(named);
    let read = |path: &Path, lack: Lack| {
        fs::read(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => refused(lack),
            _ => Error::Read {
                path: path.to_owned(),
                source,
            },
        })
    };
    let bytes = read(&path, Lack::File { file: file.clone() })?;
    let it = Assessment::parse(&bytes).map_err(|why| {
        let file = file.clone();
        refused(Lack::Part { file, why })
    })?;
    if it.purpose != purpose.id {
        let other = it.purpose;
        return Err(refused(Lack::Purpose { file, other }));
    }
    let signature = read(&signature_of(&path), Lack::Signature { file: file.clone() })?;
    let person = it.signed_by.clone();
    let signer = ws.policy.person(person.as_str());
    let Some(signer) = signer.filter(|it| it.key.is_some()) else {
        return Err(refused(Lack::Person { file, person }));
    };
    let verifier = verifier(signer)?;
    let stands = std::str::from_utf8(&signature)
        .is_ok_and(|note| note::open(note, &verifier).is_ok_and(|text| text == it.signed_text()));
    if !stands {
        return Err(refused(Lack::Signed { file, person }));
    }
    if date < it.date {
        let from = it.date;
        return Err(refused(Lack::Early { file, from, date }));
    }
    if date > it.expires {
        let until = it.expires;
        return Err(refused(Lack::Expired { file, until, date }));
    }
    Ok(Some(it))
}

fn parse(file: &Path, bytes: &[u8]) -> Result<Assessment, Error> {
    Assessment::parse(bytes).map_err(|error| Error::Data {
        what: format!("`{}` is no assessment: {error}", file.display()),
        hint: "it holds id, purpose, interest, necessity, balance, signed_by, date and expires",
    })
}

/// Where the signature of a file stands.
fn signature_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    PathBuf::from(name)
}
