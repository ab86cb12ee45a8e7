//! What the main log may say: a closed list of entries, each a strict ASCII text about nobody.
//!
//! [`Entry::parse`] accepts exactly what [`Entry::text`] writes: after reading,
//! it writes again and compares.

mod lines;

use super::error::Error;
use super::text::{
    About, AnchorKind, Approval, BasisName, Course, Date, EventId, KeyUse, Leaving, Lines,
    Progress, Reader, Restraint, RunId, SegmentId, SegmentKind, Signature, Standing, Time,
};
use super::tree::Hash;
use crate::digest::{Digest, sha256};
use crate::name::Token;

/// An entry of the main log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The log begins; always entry 0, and only there.
    Genesis(Genesis),
    /// A key came into use.
    Key(Key),
    /// A model was trained and kept.
    Model(ModelEntry),
    /// An encoder's document was kept.
    Schema(Document),
    /// A policy was kept.
    Policy(Document),
    /// A law pack was kept.
    Law(Document),
    /// A scoring run.
    Run(Run),
    /// A segment of people's records, by its root.
    Segment(Segment),
    /// A person signed a run off.
    SignOff(SignOff),
    /// Validated leads left for a tool.
    Release(Release),
    /// A bundle was handed to somebody outside.
    Bundle(Bundle),
    /// A second person approved or rejected a model.
    Approve(Approve),
    /// A model became the active one.
    Activate(Activate),
    /// A model was taken out of use.
    Retire(Retire),
    /// A document about models and nobody was kept.
    Report(Report),
    /// Rows were erased.
    Erase(Erase),
    /// Rows were restricted, or freed.
    Restrict(Restrict),
    /// Whole segments were destroyed at their date.
    Purge(Purge),
    /// A checkpoint left the machine.
    Anchor(Anchor),
    /// Something about the log itself.
    Note(Note),
}

/// The log begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The log's name: `probant.invalid/` and 16 hex digits.
    pub origin: String,
    /// When.
    pub time: Time,
    /// The version of the program.
    pub binary: Token,
    /// The verifier key of the log's signature, as Go's `note` reads it.
    pub key: String,
}

/// A key came into use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub kid: Token,
    /// What for.
    pub purpose: KeyUse,
    /// When.
    pub time: Time,
    /// `SHA-256("probant/key-check/v1\0" ‖ key)`: recognises the key, which is 32 random bytes.
    pub check: Hash,
}

/// A model was trained and kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelEntry {
    /// SHA-256 of `model.json`: its version.
    pub model: Digest,
    /// Its encoder's document.
    pub schema: Digest,
    /// The policy it was trained under.
    pub policy: Digest,
    /// When.
    pub time: Time,
    /// The version of the program.
    pub binary: Token,
    /// Who: a role's id.
    pub actor: Token,
    /// Every file of its folder and its SHA-256, names ascending.
    pub files: Vec<(Token, Digest)>,
    /// The trainer's, over [`Entry::signed_text`]; none in trainings before signatures, or without a key.
    pub signature: Option<Signature>,
}

/// A document was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its SHA-256; the file stands in `documents/`.
    pub document: Digest,
    /// When.
    pub time: Time,
}

/// A scoring run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its name.
    pub run: RunId,
    /// When it started.
    pub time: Time,
    /// The date of law it applied.
    pub date: Date,
    /// The purpose.
    pub purpose: Token,
    /// The model.
    pub model: (Digest, Standing),
    /// The encoder's document.
    pub schema: Digest,
    /// The policy.
    pub policy: Digest,
    /// The law pack.
    pub law: Digest,
    /// The version of the program.
    pub binary: Token,
    /// One commitment for each input file, in the order read: see [`input_commitment`].
    pub inputs: Vec<Hash>,
    /// Rows read.
    pub total: u64,
    /// Of them, proposed.
    pub proposed: u64,
    /// Of them, refused.
    pub refused: u64,
    /// Of them, failed.
    pub failed: u64,
}

/// A segment of people's records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its name.
    pub id: SegmentId,
    /// What its records are.
    pub kind: SegmentKind,
    /// The run that wrote it.
    pub run: RunId,
    /// Leaves.
    pub rows: u32,
    /// The root over them.
    pub root: Hash,
    /// The model; none for events.
    pub model: Option<(Digest, Standing)>,
    /// The encoder's document.
    pub schema: Digest,
    /// The policy.
    pub policy: Digest,
    /// The law pack.
    pub law: Digest,
    /// The version of the program.
    pub binary: Token,
    /// The id of the pseudonym key.
    pub kid: Token,
    /// The purpose.
    pub purpose: Token,
    /// Legal bases by code, ascending.
    pub basis: Vec<(u8, BasisName)>,
    /// Outcomes by code, ascending.
    pub outcomes: Vec<(u8, Token)>,
    /// The retention class and the date it ends.
    pub retention: (Token, Date),
}

/// A person signed a run off: what nobody reviewed by itself is validated by this. Counts only, and nobody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOff {
    /// The run.
    pub run: RunId,
    /// When.
    pub time: Time,
    /// Who: a person's id.
    pub actor: Token,
    /// The policy, which names this person's key.
    pub policy: Digest,
    /// Proposals that stood.
    pub proposed: u64,
    /// Of them, opened by this person.
    pub opened: u64,
    /// Of them, validated one by one.
    pub validated: u64,
    /// Of them, decided otherwise.
    pub overridden: u64,
    /// Of them, rejected.
    pub rejected: u64,
    /// Cases that were planted for this person.
    pub planted: u64,
    /// Of them, found.
    pub found: u64,
    /// This person's, over [`SignOff::signed_text`].
    pub signature: Signature,
}

impl SignOff {
    /// What the person signs: [`Entry::signed_text`].
    #[must_use]
    pub fn signed_text(&self) -> String {
        Entry::SignOff(self.clone()).signed_text()
    }
}

/// Validated leads left for a tool; who they were is in event segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its name.
    pub event: EventId,
    /// When.
    pub time: Time,
    /// Who: a role's id.
    pub actor: Token,
    /// The purpose.
    pub purpose: Token,
    /// The run whose leads left.
    pub run: RunId,
    /// The audited tool.
    pub tool: Token,
    /// How it reaches people.
    pub channel: Token,
    /// What for: `promotional`, `informational` or `legal`.
    pub message: Token,
    /// How many leads.
    pub leads: u64,
    /// A salted commitment of the file that left.
    pub file: Hash,
}

/// A bundle was handed to somebody outside, with the rows of these segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Its name.
    pub event: EventId,
    /// When.
    pub time: Time,
    /// Who: a role's id.
    pub actor: Token,
    /// To whom, by a name that the controller's own register explains.
    pub recipient: Token,
    /// The segments whose rows were in it, ascending; none when only the log was.
    pub segments: Vec<SegmentId>,
}

/// A second person approved or rejected a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approve {
    /// The model.
    pub model: Digest,
    /// The purpose.
    pub purpose: Token,
    /// When.
    pub time: Time,
    /// Who: a role's id.
    pub actor: Token,
    /// `approved`, or `unapproved` where it was rejected.
    pub approval: Approval,
    /// The report of kind `gates` that was in front of this person.
    pub report: Option<Digest>,
    /// This person's signature; always there since models are approved.
    pub signed: Option<Signed>,
}

/// A person's signature on an entry, and the policy that names their key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The policy.
    pub policy: Digest,
    /// Over [`Entry::signed_text`].
    pub signature: Signature,
}

/// A model became the active one for a purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activate {
    /// The model.
    pub model: Digest,
    /// The purpose.
    pub purpose: Token,
    /// When.
    pub time: Time,
    /// Who: a role's id.
    pub actor: Token,
    /// Whether a second person had approved it.
    pub approval: Approval,
    /// Why; always there since models are approved.
    pub course: Option<Course>,
    /// The model that it takes over from, which is retired by this.
    pub replaces: Option<Digest>,
    /// This person's signature; always there since models are approved.
    pub signed: Option<Signed>,
}

/// A model was taken out of use for a purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retire {
    /// The model.
    pub model: Digest,
    /// The purpose.
    pub purpose: Token,
    /// When.
    pub time: Time,
    /// Who: a role's id.
    pub actor: Token,
    /// How.
    pub leaving: Leaving,
    /// This person's signature.
    pub signed: Signed,
}

/// A document about models and nobody was kept: counts of fewer people than the policy allows are not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its SHA-256; the file stands in `documents/`.
    pub document: Digest,
    /// What it says.
    pub about: About,
    /// The model.
    pub model: Option<Digest>,
    /// The purpose.
    pub purpose: Token,
    /// When.
    pub time: Time,
    /// Who: a role's id.
    pub actor: Token,
}

/// Rows of one segment, by what they hash to together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The segment.
    pub segment: SegmentId,
    /// How many.
    pub count: u32,
    /// `SHA-256(concat(u32 row ‖ leaf hash))`, rows ascending.
    pub sum: Hash,
}

/// Rows were erased.
pub type Erase = Act<Progress>;

/// Rows were restricted, or freed.
pub type Restrict = Act<Restraint>;

/// What was done to rows of people, for a reason; in several parts where one entry would be too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act<S> {
    /// Its name.
    pub event: EventId,
    /// This part and how many there are, from 1.
    pub part: (u32, u32),
    /// How far it has come, or whether it begins or ends.
    pub state: S,
    /// When.
    pub time: Time,
    /// Who: a role's id.
    pub actor: Token,
    /// The article, `retention` or `legal-hold`.
    pub reason: Token,
    /// `SHA-256("probant/req/v1\0" ‖ salt16 ‖ reference)` of each request, ascending.
    pub requests: Vec<Hash>,
    /// Which rows.
    pub rows: Vec<Rows>,
}

/// Whole segments were destroyed at their date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purge {
    /// Its name.
    pub event: EventId,
    /// When.
    pub time: Time,
    /// Who: a role's id.
    pub actor: Token,
    /// The retention class.
    pub class: Token,
    /// The segments, ascending.
    pub segments: Vec<SegmentId>,
}

/// A checkpoint left the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// What carried it.
    pub kind: AnchorKind,
    /// When.
    pub time: Time,
    /// The size it vouches for.
    pub size: u64,
    /// The root it vouches for.
    pub root: Hash,
    /// SHA-256 of the answer.
    pub proof: Hash,
}

/// Something about the log itself, by a name that the documentation explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What: `rollback-accepted`, for instance.
    pub about: Token,
    /// When.
    pub time: Time,
    /// Who: a role's id.
    pub actor: Token,
    /// An older checkpoint that it is about, as size and root.
    pub checkpoint: Option<(u64, Hash)>,
}

/// What the run entry says of an input file: it confirms the file only to whoever holds the salt.
#[must_use]
pub fn input_commitment(salt: &[u8; 16], file: &Digest) -> Hash {
    sha256(&[b"probant/input/v1\0", salt, &file.0])
}

/// What a release entry says of the file that left: it confirms the file only to whoever holds the salt.
#[must_use]
pub fn file_commitment(salt: &[u8; 16], file: &Digest) -> Hash {
    sha256(&[b"probant/release/v1\0", salt, &file.0])
}

/// What an erasure entry says of a request's reference.
#[must_use]
pub fn request_commitment(salt: &[u8; 16], reference: &str) -> Hash {
    sha256(&[b"probant/req/v1\0", salt, reference.as_bytes()])
}

impl Entry {
    /// The word of the first line.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Genesis(_) => "genesis",
            Self::Key(_) => "key",
            Self::Model(_) => "model",
            Self::Schema(_) => "schema",
            Self::Policy(_) => "policy",
            Self::Law(_) => "law",
            Self::Run(_) => "run",
            Self::Segment(_) => "segment",
            Self::SignOff(_) => "sign-off",
            Self::Release(_) => "release",
            Self::Bundle(_) => "bundle",
            Self::Approve(_) => "approve",
            Self::Activate(_) => "activate",
            Self::Retire(_) => "retire",
            Self::Report(_) => "report",
            Self::Erase(_) => "erase",
            Self::Restrict(_) => "restrict",
            Self::Purge(_) => "purge",
            Self::Anchor(_) => "anchor",
            Self::Note(_) => "note",
        }
    }

    /// When it was recorded; a segment has the time of its run.
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        Some(match self {
            Self::Genesis(it) => it.time,
            Self::Key(it) => it.time,
            Self::Model(it) => it.time,
            Self::Schema(it) | Self::Policy(it) | Self::Law(it) => it.time,
            Self::Run(it) => it.time,
            Self::SignOff(it) => it.time,
            Self::Release(it) => it.time,
            Self::Approve(it) => it.time,
            Self::Activate(it) => it.time,
            Self::Retire(it) => it.time,
            Self::Report(it) => it.time,
            Self::Erase(it) => it.time,
            Self::Restrict(it) => it.time,
            Self::Purge(it) => it.time,
            Self::Anchor(it) => it.time,
            Self::Note(it) => it.time,
            Self::Bundle(it) => it.time,
            Self::Segment(_) => return None,
        })
    }

    /// The documents that must stand in `documents/` because of this entry.
    #[must_use]
    pub fn documents(&self) -> Option<Digest> {
        match self {
            Self::Model(entry) => Some(entry.model),
            Self::Schema(entry) | Self::Policy(entry) | Self::Law(entry) => Some(entry.document),
            Self::Report(entry) => Some(entry.document),
            _ => None,
        }
    }

    /// The documents that this entry relies on, each with the kind of entry that must have kept it before.
    #[must_use]
    pub fn relies_on(&self) -> Vec<(&'static str, Digest)> {
        let model = |model| vec![("model", model)];
        match self {
            Self::Model(it) => vec![("schema", it.schema), ("policy", it.policy)],
            Self::Run(it) => {
                vec![
                    ("model", it.model.0),
                    ("schema", it.schema),
                    ("policy", it.policy),
                    ("law", it.law),
                ]
            }
            Self::Segment(it) => {
                let mut documents = it.model.map_or_else(Vec::new, |it| model(it.0));
                documents.extend([
                    ("schema", it.schema),
                    ("policy", it.policy),
                    ("law", it.law),
                ]);
                documents
            }
            Self::SignOff(it) => vec![("policy", it.policy)],
            Self::Approve(it) => named(it.model, it.signed.as_ref())
                .chain(it.report.map(|report| ("report", report)))
                .collect(),
            Self::Activate(it) => named(it.model, it.signed.as_ref())
                .chain(it.replaces.map(|model| ("model", model)))
                .collect(),
            Self::Retire(it) => named(it.model, Some(&it.signed)).collect(),
            Self::Report(it) => it.model.map_or_else(Vec::new, model),
            _ => Vec::new(),
        }
    }

    /// The signature of the person who acted, where the entry has one.
    #[must_use]
    pub fn signature(&self) -> Option<Signature> {
        match self {
            Self::Model(it) => it.signature,
            Self::SignOff(it) => Some(it.signature),
            Self::Approve(it) => it.signed.map(|it| it.signature),
            Self::Activate(it) => it.signed.map(|it| it.signature),
            Self::Retire(it) => Some(it.signed.signature),
            _ => None,
        }
    }

    /// What the person signs: the entry's text up to its last line, which is the signature's.
    #[must_use]
    pub fn signed_text(&self) -> String {
        let mut text = self.text();
        if self.signature().is_some() {
            let end = text.rfind("signature ").unwrap_or(text.len());
            text.truncate(end);
        }
        text
    }

    /// The entry's text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = Lines::of(self.kind());
        match self {
            Self::Genesis(it) => it.write(&mut out),
            Self::Key(it) => it.write(&mut out),
            Self::Model(it) => it.write(&mut out),
            Self::Schema(it) | Self::Policy(it) | Self::Law(it) => it.write(&mut out),
            Self::Run(it) => it.write(&mut out),
            Self::Segment(it) => it.write(&mut out),
            Self::SignOff(it) => it.write(&mut out),
            Self::Release(it) => it.write(&mut out),
            Self::Bundle(it) => it.write(&mut out),
            Self::Approve(it) => it.write(&mut out),
            Self::Activate(it) => it.write(&mut out),
            Self::Retire(it) => it.write(&mut out),
            Self::Report(it) => it.write(&mut out),
            Self::Erase(it) => it.write(&mut out),
            Self::Restrict(it) => it.write(&mut out),
            Self::Purge(it) => it.write(&mut out),
            Self::Anchor(it) => it.write(&mut out),
            Self::Note(it) => it.write(&mut out),
        }
        out.0
    }

    /// Reads an entry, exactly as [`Entry::text`] writes it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let wrong = |why| Error::Entry {
            line: "probant".to_owned(),
            why,
        };
        let text = std::str::from_utf8(bytes)
            .ok()
            .filter(|text| text.is_ascii())
            .ok_or(wrong("it is not ASCII"))?;
        let mut from = Reader::of(text);
        let kind = from
            .next()
            .and_then(|line| line.strip_prefix("probant/"))
            .and_then(|line| line.strip_suffix("/v1"))
            .ok_or(wrong("the first line names no kind of entry of version 1"))?;
        let entry = Self::read(kind, &mut from)?;
        from.end()?;
        entry.check()?;
        if entry.text() == text {
            Ok(entry)
        } else {
            Err(wrong("it is not as the ledger writes it"))
        }
    }

    fn read(kind: &str, from: &mut Reader) -> Result<Self, Error> {
        Ok(match kind {
            "genesis" => Self::Genesis(Genesis::read(from)?),
            "key" => Self::Key(Key::read(from)?),
            "model" => Self::Model(ModelEntry::read(from)?),
            "schema" => Self::Schema(Document::read(from)?),
            "policy" => Self::Policy(Document::read(from)?),
            "law" => Self::Law(Document::read(from)?),
            "run" => Self::Run(Run::read(from)?),
            "segment" => Self::Segment(Segment::read(from)?),
            "sign-off" => Self::SignOff(SignOff::read(from)?),
            "release" => Self::Release(Release::read(from)?),
            "bundle" => Self::Bundle(Bundle::read(from)?),
            "approve" => Self::Approve(Approve::read(from)?),
            "activate" => Self::Activate(Activate::read(from)?),
            "retire" => Self::Retire(Retire::read(from)?),
            "report" => Self::Report(Report::read(from)?),
            "erase" => Self::Erase(Erase::read(from)?),
            "restrict" => Self::Restrict(Restrict::read(from)?),
            "purge" => Self::Purge(Purge::read(from)?),
            "anchor" => Self::Anchor(Anchor::read(from)?),
            "note" => Self::Note(Note::read(from)?),
            _ => {
                return Err(Error::Entry {
                    line: "probant".to_owned(),
                    why: "an unknown kind of entry",
                });
            }
        })
    }

    /// What the lines promise each other.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |line: &str, why| {
            Err(Error::Entry {
                line: line.to_owned(),
                why,
            })
        };
        match self {
            Self::Genesis(it) if !super::note::is_origin(&it.origin) => {
                wrong("origin", "not a log's name")
            }
            Self::Genesis(it) if super::note::Verifier::parse(&it.key).is_err() => {
                wrong("key", "not a verifier key")
            }
            Self::Model(it) if !ascend(it.files.iter().map(|file| &file.0)) => {
                wrong("file", "names must ascend")
            }
            Self::Run(it)
                if [it.proposed, it.refused, it.failed]
                    .iter()
                    .map(|n| u128::from(*n))
                    .sum::<u128>()
                    != u128::from(it.total) =>
            {
                wrong("in", "the counts do not add up")
            }
            Self::SignOff(it) => it.check(),
            Self::Activate(it) if it.course.is_some() != it.signed.is_some() => {
                wrong("course", "it stands where somebody signed, and there alone")
            }
            Self::Activate(it) if it.replaces == Some(it.model) => {
                wrong("replaces", "a model does not take over from itself")
            }
            Self::Approve(it) if it.report.is_some() && it.signed.is_none() => {
                wrong("report", "nobody signed what was in front of them")
            }
            Self::Segment(it) => it.check(),
            Self::Erase(Erase {
                part,
                requests,
                rows,
                ..
            })
            | Self::Restrict(Restrict {
                part,
                requests,
                rows,
                ..
            }) => {
                if !(1..=part.1).contains(&part.0) {
                    wrong("part", "not a part of the whole")
                } else if !ascend(requests) {
                    wrong("request", "requests must ascend")
                } else if !ascend(rows.iter().map(|rows| rows.segment)) {
                    wrong("rows", "segments must ascend")
                } else {
                    Ok(())
                }
            }
            Self::Release(it)
                if !["promotional", "informational", "legal"].contains(&it.message.as_str()) =>
            {
                wrong("message", "no class of messages")
            }
            Self::Release(it) if it.leads == 0 => wrong("leads", "nobody left"),
            Self::Purge(Purge { segments, .. }) | Self::Bundle(Bundle { segments, .. })
                if !ascend(segments) =>
            {
                wrong("segment", "segments must ascend")
            }
            _ => Ok(()),
        }
    }
}

/// The documents that a step in a model's life relies on.
fn named(
    model: Digest,
    signed: Option<&Signed>,
) -> impl Iterator<Item = (&'static str, Digest)> + use<> {
    let policy = signed.map(|it| ("policy", it.policy));
    [("model", model)].into_iter().chain(policy)
}

fn ascend<T: Ord>(values: impl IntoIterator<Item = T>) -> bool {
    let values: Vec<T> = values.into_iter().collect();
    values.windows(2).all(|pair| pair[0] < pair[1])
}

impl SignOff {
    fn check(&self) -> Result<(), Error> {
        let wrong = |line: &str, why| {
            Err(Error::Entry {
                line: line.to_owned(),
                why,
            })
        };
        let reviewed = [self.validated, self.overridden, self.rejected].map(u128::from);
        if self.opened > self.proposed {
            return wrong("opened", "more than were proposed");
        }
        if reviewed.iter().sum::<u128>() > u128::from(self.proposed) {
            return wrong("rejected", "more reviewed than proposed");
        }
        if self.found != self.planted {
            return wrong("found", "a planted case was not found");
        }
        Ok(())
    }
}

impl Segment {
    fn check(&self) -> Result<(), Error> {
        let wrong = |line: &str, why| {
            Err(Error::Entry {
                line: line.to_owned(),
                why,
            })
        };
        if self.rows == 0 || self.rows > 1 << super::salt::DEPTH {
            return wrong("rows", "a segment holds 1 to 1048576 rows");
        }
        if self.model.is_none() != (self.kind == SegmentKind::Events) {
            return wrong("model", "predictions have a model, and events have none");
        }
        if !ascend(self.basis.iter().map(|(code, _)| code)) {
            return wrong("basis", "codes must ascend");
        }
        if !ascend(self.outcomes.iter().map(|(code, _)| code)) {
            return wrong("outcome", "codes must ascend");
        }
        Ok(())
    }
}
