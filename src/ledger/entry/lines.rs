//! The lines of each kind of entry, in their order: once to write them, once to read them.

use std::fmt::Display;
use std::str::FromStr;

use super::{
    Act, Activate, Anchor, Approve, Bundle, Document, Genesis, Key, ModelEntry, Note, Purge,
    Release, Report, Retire, Rows, Run, Segment, SignOff, Signed,
};
use crate::digest::Digest;
use crate::ledger::error::Error;
use crate::ledger::text::{BasisName, EventId, Lines, Reader, SegmentId, Sum, Time, Two};
use crate::ledger::tree::Hash;
use crate::name::Token;

/// Two words with a space between them.
type Spaced<A, B> = Two<A, B, ' '>;

/// A code and what it stands for.
type Coded<B> = Two<u8, B, '='>;

impl Genesis {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("origin", &self.origin).line("time", self.time);
        out.line("binary", &self.binary).line("key", &self.key);
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            origin: from.line("origin")?,
            time: from.line("time")?,
            binary: from.line("binary")?,
            key: from.line("key")?,
        })
    }
}

impl Key {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("kid", &self.kid).line("use", self.purpose);
        out.line("time", self.time).line("check", Sum(self.check));
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            kid: from.line("kid")?,
            purpose: from.line("use")?,
            time: from.line("time")?,
            check: hash(from, "check")?,
        })
    }
}

impl ModelEntry {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("model", self.model)
            .line("schema", self.schema)
            .line("policy", self.policy);
        out.line("time", self.time)
            .line("binary", &self.binary)
            .line("actor", &self.actor);
        out.each(
            "file",
            self.files
                .iter()
                .map(|(name, sum)| Two::<_, _, ' '>(name, sum)),
        );
        out.each("signature", self.signature);
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            model: from.line("model")?,
            schema: from.line("schema")?,
            policy: from.line("policy")?,
            time: from.line("time")?,
            binary: from.line("binary")?,
            actor: from.line("actor")?,
            files: pairs(from.each::<Spaced<Token, Digest>>("file")?),
            signature: from.optional("signature")?,
        })
    }
}

impl Document {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("document", self.document).line("time", self.time);
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            document: from.line("document")?,
            time: from.line("time")?,
        })
    }
}

impl Run {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("run", self.run)
            .line("time", self.time)
            .line("date", self.date);
        out.line("purpose", &self.purpose);
        out.line("model", Two::<_, _, ' '>(self.model.0, self.model.1));
        out.line("schema", self.schema)
            .line("policy", self.policy)
            .line("law", self.law);
        out.line("binary", &self.binary);
        out.each("input", self.inputs.iter().map(|input| Sum(*input)));
        out.line("in", self.total).line("proposed", self.proposed);
        out.line("refused", self.refused)
            .line("failed", self.failed);
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            run: from.line("run")?,
            time: from.line("time")?,
            date: from.line("date")?,
            purpose: from.line("purpose")?,
            model: from
                .line("model")
                .map(|Two::<_, _, ' '>(model, standing)| (model, standing))?,
            schema: from.line("schema")?,
            policy: from.line("policy")?,
            law: from.line("law")?,
            binary: from.line("binary")?,
            inputs: hashes(from, "input")?,
            total: from.line("in")?,
            proposed: from.line("proposed")?,
            refused: from.line("refused")?,
            failed: from.line("failed")?,
        })
    }
}

impl Segment {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("id", self.id)
            .line("kind", self.kind)
            .line("run", self.run);
        out.line("rows", self.rows).line("root", Sum(self.root));
        out.each(
            "model",
            self.model
                .map(|(model, standing)| Two::<_, _, ' '>(model, standing)),
        );
        out.line("schema", self.schema)
            .line("policy", self.policy)
            .line("law", self.law);
        out.line("binary", &self.binary)
            .line("kid", &self.kid)
            .line("purpose", &self.purpose);
        out.each(
            "basis",
            self.basis
                .iter()
                .map(|(code, name)| Two::<_, _, '='>(code, name)),
        );
        out.each(
            "outcome",
            self.outcomes
                .iter()
                .map(|(code, name)| Two::<_, _, '='>(code, name)),
        );
        out.line(
            "retention",
            Two::<_, _, ' '>(&self.retention.0, self.retention.1),
        );
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            id: from.line("id")?,
            kind: from.line("kind")?,
            run: from.line("run")?,
            rows: from.line("rows")?,
            root: hash(from, "root")?,
            model: from
                .optional("model")?
                .map(|Two::<_, _, ' '>(model, standing)| (model, standing)),
            schema: from.line("schema")?,
            policy: from.line("policy")?,
            law: from.line("law")?,
            binary: from.line("binary")?,
            kid: from.line("kid")?,
            purpose: from.line("purpose")?,
            basis: pairs(from.each::<Coded<BasisName>>("basis")?),
            outcomes: pairs(from.each::<Coded<Token>>("outcome")?),
            retention: from
                .line("retention")
                .map(|Two::<_, _, ' '>(class, date)| (class, date))?,
        })
    }
}

impl SignOff {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("run", self.run)
            .line("time", self.time)
            .line("actor", &self.actor);
        out.line("policy", self.policy)
            .line("proposed", self.proposed)
            .line("opened", self.opened);
        out.line("validated", self.validated)
            .line("overridden", self.overridden)
            .line("rejected", self.rejected);
        out.line("planted", self.planted).line("found", self.found);
        out.line("signature", self.signature);
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            run: from.line("run")?,
            time: from.line("time")?,
            actor: from.line("actor")?,
            policy: from.line("policy")?,
            proposed: from.line("proposed")?,
            opened: from.line("opened")?,
            validated: from.line("validated")?,
            overridden: from.line("overridden")?,
            rejected: from.line("rejected")?,
            planted: from.line("planted")?,
            found: from.line("found")?,
            signature: from.line("signature")?,
        })
    }
}

impl Release {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("event", self.event)
            .line("time", self.time)
            .line("actor", &self.actor);
        out.line("purpose", &self.purpose).line("run", self.run);
        out.line("tool", &self.tool)
            .line("channel", &self.channel)
            .line("message", &self.message);
        out.line("leads", self.leads).line("file", Sum(self.file));
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            event: from.line("event")?,
            time: from.line("time")?,
            actor: from.line("actor")?,
            purpose: from.line("purpose")?,
            run: from.line("run")?,
            tool: from.line("tool")?,
            channel: from.line("channel")?,
            message: from.line("message")?,
            leads: from.line("leads")?,
            file: hash(from, "file")?,
        })
    }
}

impl Bundle {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("event", self.event).line("time", self.time);
        out.line("actor", &self.actor)
            .line("recipient", &self.recipient);
        out.each("segment", &self.segments);
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            event: from.line("event")?,
            time: from.line("time")?,
            actor: from.line("actor")?,
            recipient: from.line("recipient")?,
            segments: from.each("segment")?,
        })
    }
}

impl Approve {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("model", self.model)
            .line("purpose", &self.purpose)
            .line("time", self.time);
        out.line("actor", &self.actor)
            .line("approval", self.approval);
        out.each("report", self.report);
        write_signed(out, self.signed.as_ref());
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            model: from.line("model")?,
            purpose: from.line("purpose")?,
            time: from.line("time")?,
            actor: from.line("actor")?,
            approval: from.line("approval")?,
            report: from.optional("report")?,
            signed: read_signed(from)?,
        })
    }
}

impl Activate {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("model", self.model)
            .line("purpose", &self.purpose)
            .line("time", self.time);
        out.line("actor", &self.actor)
            .line("approval", self.approval);
        out.each("course", self.course);
        out.each("replaces", self.replaces);
        write_signed(out, self.signed.as_ref());
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            model: from.line("model")?,
            purpose: from.line("purpose")?,
            time: from.line("time")?,
            actor: from.line("actor")?,
            approval: from.line("approval")?,
            course: from.optional("course")?,
            replaces: from.optional("replaces")?,
            signed: read_signed(from)?,
        })
    }
}

impl Retire {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("model", self.model)
            .line("purpose", &self.purpose)
            .line("time", self.time);
        out.line("actor", &self.actor).line("leaving", self.leaving);
        write_signed(out, Some(&self.signed));
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            model: from.line("model")?,
            purpose: from.line("purpose")?,
            time: from.line("time")?,
            actor: from.line("actor")?,
            leaving: from.line("leaving")?,
            signed: Signed {
                policy: from.line("policy")?,
                signature: from.line("signature")?,
            },
        })
    }
}

impl Report {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("document", self.document)
            .line("about", self.about);
        out.each("model", self.model);
        out.line("purpose", &self.purpose)
            .line("time", self.time)
            .line("actor", &self.actor);
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            document: from.line("document")?,
            about: from.line("about")?,
            model: from.optional("model")?,
            purpose: from.line("purpose")?,
            time: from.line("time")?,
            actor: from.line("actor")?,
        })
    }
}

impl<S: FromStr + Display> Act<S> {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("event", self.event)
            .line("part", Two::<_, _, '/'>(self.part.0, self.part.1));
        out.line("state", &self.state).line("time", self.time);
        out.line("actor", &self.actor).line("reason", &self.reason);
        write_rows(out, &self.requests, &self.rows);
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            event: from.line("event")?,
            part: from
                .line("part")
                .map(|Two::<_, _, '/'>(part, of)| (part, of))?,
            state: from.line("state")?,
            time: from.line("time")?,
            actor: from.line("actor")?,
            reason: from.line("reason")?,
            requests: hashes(from, "request")?,
            rows: read_rows(from)?,
        })
    }
}

impl Purge {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("event", self.event).line("time", self.time);
        out.line("actor", &self.actor).line("class", &self.class);
        out.each("segment", &self.segments);
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        let (event, time): (EventId, Time) = (from.line("event")?, from.line("time")?);
        Ok(Self {
            event,
            time,
            actor: from.line("actor")?,
            class: from.line("class")?,
            segments: from.each("segment")?,
        })
    }
}

impl Anchor {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("kind", self.kind)
            .line("time", self.time)
            .line("size", self.size);
        out.line("root", Sum(self.root))
            .line("proof", Sum(self.proof));
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            kind: from.line("kind")?,
            time: from.line("time")?,
            size: from.line("size")?,
            root: hash(from, "root")?,
            proof: hash(from, "proof")?,
        })
    }
}

impl Note {
    pub(super) fn write(&self, out: &mut Lines) {
        out.line("about", &self.about)
            .line("time", self.time)
            .line("actor", &self.actor);
        let size_and_root = self
            .checkpoint
            .map(|(size, root)| Two::<_, _, ' '>(size, Sum(root)));
        out.each("checkpoint", size_and_root);
    }

    pub(super) fn read(from: &mut Reader) -> Result<Self, Error> {
        let (about, time, actor) = (from.line("about")?, from.line("time")?, from.line("actor")?);
        let checkpoint: Option<Spaced<u64, Sum>> = from.optional("checkpoint")?;
        Ok(Self {
            about,
            time,
            actor,
            checkpoint: checkpoint.map(|Two(size, root)| (size, root.0)),
        })
    }
}

fn hash(from: &mut Reader, key: &str) -> Result<Hash, Error> {
    Ok(from.line::<Sum>(key)?.0)
}

fn hashes(from: &mut Reader, key: &str) -> Result<Vec<Hash>, Error> {
    Ok(from
        .each::<Sum>(key)?
        .into_iter()
        .map(|sum| sum.0)
        .collect())
}

fn pairs<A, B, const MARK: char>(words: Vec<Two<A, B, MARK>>) -> Vec<(A, B)> {
    words.into_iter().map(|Two(a, b)| (a, b)).collect()
}

fn write_signed(out: &mut Lines, signed: Option<&Signed>) {
    out.each("policy", signed.map(|it| it.policy));
    out.each("signature", signed.map(|it| it.signature));
}

/// A policy and a signature, or neither.
fn read_signed(from: &mut Reader) -> Result<Option<Signed>, Error> {
    let policy = from.optional("policy")?;
    policy
        .map(|policy| {
            Ok(Signed {
                policy,
                signature: from.line("signature")?,
            })
        })
        .transpose()
}

fn write_rows(out: &mut Lines, requests: &[Hash], rows: &[Rows]) {
    out.each("request", requests.iter().map(|request| Sum(*request)));
    let line =
        |rows: &Rows| Two::<_, _, ' '>(rows.segment, Two::<_, _, ' '>(rows.count, Sum(rows.sum)));
    out.each("rows", rows.iter().map(line));
}

fn read_rows(from: &mut Reader) -> Result<Vec<Rows>, Error> {
    let lines: Vec<Spaced<SegmentId, Spaced<u32, Sum>>> = from.each("rows")?;
    let rows = |Two(segment, Two(count, sum)): Spaced<SegmentId, Spaced<u32, Sum>>| Rows {
        segment,
        count,
        sum: sum.0,
    };
    Ok(lines.into_iter().map(rows).collect())
}
