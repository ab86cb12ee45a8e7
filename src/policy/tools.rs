//! The inventory of tools that may receive leads, and how often a person may be reached.
//!
//! A tool is declared before anything is sent to it: what it is, who looked at
//! it and until when that counts, and which cells of a lead it may receive.

use std::collections::HashSet;
use std::ops::Range;

use chrono::NaiveDate;
use serde::Serialize;

use super::findings::{Findings, Placed};
use super::parse::{CHANNELS, id};
use super::source::Section;
use super::{Channel, Column, Use};
use crate::name::{Token, nearest};

pub(super) const TOOL: [&str; 8] = [
    "id",
    "name",
    "channel",
    "audited",
    "certificate",
    "scope",
    "expires",
    "columns",
];
pub(super) const CAP: [&str; 3] = ["channel", "days", "most"];

/// The log names a refused tool in one word of 64 letters at most.
const LONGEST_ID: usize = 40;
const MOST_DAYS: u64 = 3_650;
const MOST: u64 = 10_000;

/// A tool that leads may be handed to (GDPR art. 28).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// What the ledger and `--to` know it by.
    pub id: Token,
    /// As people know it.
    pub name: String,
    /// How it reaches people.
    pub channel: Channel,
    /// When somebody looked at it; without it, nothing goes there.
    pub audited: Option<NaiveDate>,
    /// What it showed: a certificate, a report.
    pub certificate: Option<String>,
    /// What it was looked at for.
    pub scope: Option<String>,
    /// The last day on which that counts.
    pub expires: Option<NaiveDate>,
    /// What it may receive, in the order of its files, where the identifier comes first.
    pub columns: Vec<Part>,
}

/// What a tool may receive of a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// A declared column, by header.
    Column(String),
    /// The band that was decided: the word `band`.
    Band,
    /// The score: the word `score`.
    Score,
    /// The decision's number: the word `decision`.
    Decision,
}

/// What stands in the way of a tool on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unfit {
    /// No audit is declared, or one of a later day.
    Unaudited,
    /// Its audit counts no longer.
    Expired,
}

/// At most so many promotional messages per person, channel and days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cap {
    /// The channel.
    pub channel: Channel,
    /// The length of the window in days, today included.
    pub days: u32,
    /// How many.
    pub most: u32,
}

impl Part {
    const WORDS: [(&'static str, Self); 3] = [
        ("band", Self::Band),
        ("score", Self::Score),
        ("decision", Self::Decision),
    ];

    /// The header in a file for a tool.
    #[must_use]
    pub fn header(&self) -> &str {
        match self {
            Self::Column(name) => name,
            Self::Band => "band",
            Self::Score => "score",
            Self::Decision => "decision",
        }
    }
}

impl Tool {
    /// Why nothing may be handed to it on this day; none where it may.
    #[must_use]
    pub fn unfit(&self, today: NaiveDate) -> Option<Unfit> {
        let (Some(audited), Some(expires), Some(_), Some(_)) =
            (self.audited, self.expires, &self.certificate, &self.scope)
        else {
            return Some(Unfit::Unaudited);
        };
        if audited > today {
            return Some(Unfit::Unaudited);
        }
        (expires < today).then_some(Unfit::Expired)
    }
}

/// The `[[tools]]`, in the order of the file.
pub(super) fn tools(
    root: &mut Section<'_>,
    columns: Option<&[Column]>,
    findings: &mut Findings<'_>,
) -> Vec<Tool> {
    let mut taken = HashSet::new();
    let mut tools = Vec::new();
    for mut section in root.sections("tools", findings) {
        section.only(&TOOL, findings);
        let id = id(&section, &mut taken, findings);
        if let (Some(id), Some(at)) = (&id, section.at_key("id"))
            && id.as_str().len() > LONGEST_ID
        {
            findings.note(
                at,
                format!("`{id}` is too long an id for a tool"),
                Some(format!("at most {LONGEST_ID} letters")),
            );
        }
        let name = section.needed("name", findings);
        section.needs("channel", findings);
        let channel = section.choice("channel", &CHANNELS, findings);
        let [certificate, scope] =
            ["certificate", "scope"].map(|key| section.text(key, findings).map(Placed::into_inner));
        let [audited, expires] = ["audited", "expires"].map(|key| section.date(key, findings));
        if let (Some(audited), Some(expires), Some(at)) =
            (audited, expires, section.at_key("expires"))
            && expires < audited
        {
            findings.note(
                at,
                "`expires` is before `audited`".to_owned(),
                Some("it is the last day on which the audit counts".into()),
            );
        }
        section.needs("columns", findings);
        let columns = parts(&section, columns, findings);
        if let (Some(id), Some(name), Some(channel)) = (id, name, channel) {
            tools.push(Tool {
                id,
                name: name.into_inner(),
                channel,
                audited,
                certificate,
                scope,
                expires,
                columns,
            });
        }
    }
    tools
}

/// What a tool may receive: declared columns and the three words, the identifier always among them.
fn parts(
    section: &Section<'_>,
    columns: Option<&[Column]>,
    findings: &mut Findings<'_>,
) -> Vec<Part> {
    let (Some(typed), Some(columns)) = (section.texts("columns", findings), columns) else {
        return Vec::new();
    };
    let mut parts = Vec::new();
    for text in &typed {
        let name = text.get_ref().as_str();
        let word = Part::WORDS.iter().find(|(word, _)| *word == name);
        let column = columns.iter().find(|column| column.name == name);
        match (word, column) {
            (Some(_), Some(_)) => findings.note(
                text.span(),
                format!("`{name}` is both a declared column and a word of `columns`"),
                Some("rename the column in the export: `band`, `score` and `decision` are this program's".into()),
            ),
            (Some((_, part)), None) => parts.push(part.clone()),
            (None, Some(column)) if matches!(column.role, Use::Ignore | Use::Audit) => findings.note(
                text.span(),
                format!("the column `{name}` is declared as one that is not read"),
                Some("a column that a tool receives has the role `identity`, or another that is read".into()),
            ),
            (None, Some(column)) => parts.push(Part::Column(column.name.clone())),
            (None, None) => {
                let known = columns.iter().map(|column| column.name.as_str());
                let known = known.chain(Part::WORDS.iter().map(|(word, _)| *word));
                findings.note(
                    text.span(),
                    format!("`columns` names `{name}`, which is not declared"),
                    Some(nearest(name, known).map_or_else(
                        || "name declared columns, `band`, `score` or `decision`".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    )),
                );
            }
        }
    }
    let at = section.at_key("columns").unwrap_or(0..0);
    with_identifier(&parts, columns, at, findings);
    parts
}

/// A tool that does not know which lead is which can be told neither of an erasure nor of an objection.
fn with_identifier(
    parts: &[Part],
    columns: &[Column],
    at: Range<usize>,
    findings: &mut Findings<'_>,
) {
    let identifier = columns
        .iter()
        .find(|column| matches!(column.role, Use::Identifier(_)));
    if let Some(identifier) = identifier
        && !parts.contains(&Part::Column(identifier.name.clone()))
    {
        findings.note(
            at,
            format!("`columns` lacks the identifier `{}`", identifier.name),
            Some("without it the tool cannot be told whom to forget (GDPR art. 19)".into()),
        );
    }
}

/// The `[[caps]]`, in the order of the file.
pub(super) fn caps(root: &mut Section<'_>, findings: &mut Findings<'_>) -> Vec<Cap> {
    let mut caps: Vec<Cap> = Vec::new();
    for mut section in root.sections("caps", findings) {
        section.only(&CAP, findings);
        for key in CAP {
            section.needs(key, findings);
        }
        let channel = section.choice("channel", &CHANNELS, findings);
        let days = section.whole("days", 1..=MOST_DAYS, findings);
        let most = section.whole("most", 1..=MOST, findings);
        let (Some(channel), Some(days), Some(most)) = (channel, days, most) else {
            continue;
        };
        let (days, most) = (days as u32, most as u32);
        if caps
            .iter()
            .any(|cap| cap.channel == channel && cap.days == days)
        {
            findings.note(
                section.at_key("days").unwrap_or(0..0),
                format!("`{}` has a cap of {days} days already", channel.token()),
                None,
            );
        }
        caps.push(Cap {
            channel,
            days,
            most,
        });
    }
    caps
}
