//! What an export, the policy and the proofs of consent tell of each lead.
//!
//! A cell that cannot be read is never passed over. Where not knowing could let
//! a lead through, it counts as the answer that does not: whoever wrote
//! something under «objection» that is neither yes nor no is taken to have
//! objected until somebody puts it right. Elsewhere it is unknown, which is
//! never taken for yes. Nothing here is a feature, and nothing leaves but
//! [`LeadFacts`].

use chrono::NaiveDate;

use super::consents::{Consents, Wordings};
use super::facts::{Consent, Known, LeadFacts, Proof, ProofParts};
use super::rules::Rules;
use crate::form;
use crate::law::asked::Asked;
use crate::law::words::{Audience, Channels, ConsentPart, FactKind};
use crate::policy::{Kind, Policy, Use, Words};
use crate::table::{Category, Column, UNREADABLE, UNREADABLE_DATE, UNREADABLE_FLAG};

/// A column that tells something the rules ask.
#[derive(Clone, Debug)]
pub struct Telling {
    /// Its header.
    pub header: String,
    /// How its cells are read.
    pub kind: Kind,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Audience(Words),
    Fact(FactKind),
    Consent(ConsentPart),
}

impl Telling {
    /// The declared columns that these rules ask, in the policy's order; no other is read.
    #[must_use]
    pub fn asked(policy: &Policy, rules: &[&Rules]) -> Vec<Self> {
        let ask = |asked| rules.iter().any(|it| it.asks().hold(asked));
        let consent = rules.iter().any(|it| it.asks_consent());
        let stated = |role: &Use| matches!(role, Use::Audience(words) if words.stated);
        let audience = policy.columns.iter().find(|it| stated(&it.role));
        let audience = audience.map(|it| &it.name);
        let mut found: Vec<Self> = Vec::new();
        for column in &policy.columns {
            let (what, kind, wanted) = match &column.role {
                Use::Audience(words) => {
                    let other = audience.is_some_and(|it| *it != column.name);
                    let again = found.iter().any(|it| matches!(it.what, What::Audience(_)));
                    let wanted = ask(Asked::Audience) && !other && !again;
                    (What::Audience(words.clone()), Kind::Category, wanted)
                }
                Use::Fact(fact) if fact.is_date() => {
                    (What::Fact(*fact), Kind::Date, ask(Asked::Contact))
                }
                Use::Fact(fact) => {
                    let asked = Asked::of(fact.token());
                    (What::Fact(*fact), Kind::Flag, asked.is_some_and(ask))
                }
                Use::Consent(Some(part)) if part.is_date() => {
                    (What::Consent(*part), Kind::Date, consent)
                }
                Use::Consent(Some(part)) => (What::Consent(*part), Kind::Category, consent),
                _ => continue,
            };
            if wanted {
                found.push(Self {
                    header: column.name.clone(),
                    kind,
                    what,
                });
            }
        }
        found
    }
}

/// What is told of the leads of one batch.
pub struct Told<'a> {
    constants: LeadFacts,
    date: NaiveDate,
    audience: Option<(&'a [u32], Vec<Known<Audience>>)>,
    flags: Vec<(FactKind, &'a [u8])>,
    dates: Vec<(FactKind, &'a [i32])>,
    proof: Option<Columns<'a>>,
    consents: Option<&'a Consents>,
}

/// The columns of the proofs of consent.
struct Columns<'a> {
    when: &'a [i32],
    withdrawn: &'a [i32],
    wording: Texts<'a>,
    source: Texts<'a>,
    act: Texts<'a>,
    scope: Texts<'a>,
    scopes: Vec<Option<Channels>>,
}

/// A column of texts, each level made ready once; none where it proves nothing.
#[derive(Default)]
struct Texts<'a> {
    codes: &'a [u32],
    levels: Vec<Option<String>>,
}

impl Texts<'_> {
    fn at(&self, row: usize) -> Cell<'_> {
        match self.codes.get(row) {
            None | Some(&Category::MISSING) => Cell::Empty,
            Some(&code) => match self.levels.get(code as usize) {
                Some(Some(text)) => Cell::Is(text),
                _ => Cell::Unreadable,
            },
        }
    }
}

enum Cell<'a> {
    Empty,
    Unreadable,
    Is(&'a str),
}

impl<'a> Told<'a> {
    /// What these columns tell on the day of the ruling; each telling with its column.
    #[must_use]
    pub fn of(
        policy: &Policy,
        date: NaiveDate,
        tellings: &[(&Telling, &'a Column)],
        wordings: &Wordings,
        consents: Option<&'a Consents>,
    ) -> Self {
        let mut told = Self {
            constants: constants(policy),
            date,
            audience: None,
            flags: Vec::new(),
            dates: Vec::new(),
            proof: None,
            consents,
        };
        for (telling, column) in tellings {
            match (&telling.what, column) {
                (What::Audience(words), Column::Category(category)) => {
                    let levels = category.levels.iter().map(|it| audience(words, it));
                    told.audience = Some((&category.codes, levels.collect()));
                }
                (What::Fact(fact), Column::Flag(values)) => told.flags.push((*fact, values)),
                (What::Fact(fact), Column::Date(values)) => told.dates.push((*fact, values)),
                (What::Consent(part), column) => {
                    told.proof
                        .get_or_insert_with(Columns::new)
                        .take(*part, column, wordings);
                }
                _ => unreachable!("a telling is read as the kind that it asks for"),
            }
        }
        told
    }

    /// What is known of the lead of one row, who counts as met.
    #[must_use]
    pub fn lead(&self, row: usize, pseudonym: &[u8; 16]) -> LeadFacts {
        let events = self.consents.and_then(|it| it.of(pseudonym));
        self.with(row, pseudonym, events)
    }

    /// The same for somebody who was met already.
    #[must_use]
    pub fn lead_again(&self, row: usize, pseudonym: &[u8; 16]) -> LeadFacts {
        let events = self.consents.and_then(|it| it.again(pseudonym));
        self.with(row, pseudonym, events)
    }

    fn with(&self, row: usize, pseudonym: &[u8; 16], events: Option<&Consent>) -> LeadFacts {
        let mut lead = self.constants.clone();
        if let Some((codes, levels)) = &self.audience {
            let level = codes.get(row).and_then(|code| levels.get(*code as usize));
            lead.audience = level.copied().unwrap_or(Known::Unknown);
        }
        for (fact, values) in &self.flags {
            *lead.flag(*fact) = match values[row] {
                0 => Some(false),
                1 => Some(true),
                UNREADABLE_FLAG => against(*fact),
                _ => None,
            };
        }
        for (fact, values) in &self.dates {
            *lead.date(*fact) = day(values[row]).known();
        }
        if let Some(columns) = &self.proof {
            lead.consent = columns.consent(row, pseudonym, self.date);
        }
        if let Some(consent) = events {
            lead.consent = lead.consent.or_later(consent);
        }
        lead
    }
}

/// What the policy states of all leads.
fn constants(policy: &Policy) -> LeadFacts {
    let mut lead = LeadFacts {
        audience: policy.facts.audience.map_or(Known::Unknown, Known::Is),
        ..LeadFacts::default()
    };
    for (fact, value) in &policy.facts.flags {
        *lead.flag(*fact) = Some(*value);
    }
    for (fact, value) in &policy.facts.dates {
        *lead.date(*fact) = Some(*value);
    }
    lead
}

fn audience(words: &Words, level: &str) -> Known<Audience> {
    let level = level.to_lowercase();
    if words.b2b.contains(&level) {
        Known::Is(Audience::B2b)
    } else if words.b2c.contains(&level) {
        Known::Is(Audience::B2c)
    } else {
        Known::Unreadable
    }
}

/// What a cell counts as that is neither yes nor no: the answer that lets nobody through, where not knowing would.
fn against(fact: FactKind) -> Option<bool> {
    match fact {
        FactKind::Objection | FactKind::GenericAddress | FactKind::Bloctel => Some(true),
        FactKind::OptOutOffered => Some(false),
        _ => None,
    }
}

/// What stands in a cell of a date.
enum Day {
    Empty,
    Unreadable,
    Is(NaiveDate),
}

impl Day {
    fn known(self) -> Option<NaiveDate> {
        match self {
            Self::Is(date) => Some(date),
            Self::Empty | Self::Unreadable => None,
        }
    }
}

fn day(value: i32) -> Day {
    match value {
        i32::MIN => Day::Empty,
        UNREADABLE_DATE => Day::Unreadable,
        days => form::date(days).map_or(Day::Unreadable, Day::Is),
    }
}

impl<'a> Columns<'a> {
    fn new() -> Self {
        Self {
            when: &[],
            withdrawn: &[],
            wording: Texts::default(),
            source: Texts::default(),
            act: Texts::default(),
            scope: Texts::default(),
            scopes: Vec::new(),
        }
    }

    fn take(&mut self, part: ConsentPart, column: &'a Column, wordings: &Wordings) {
        match (part, column) {
            (ConsentPart::When, Column::Date(days)) => self.when = days,
            (ConsentPart::Withdrawn, Column::Date(days)) => self.withdrawn = days,
            (part, Column::Category(category)) => {
                let whole = |level: &str| (level != UNREADABLE).then(|| level.to_owned());
                let ready = |level: &str| match part {
                    ConsentPart::Wording => whole(level).and_then(|it| wordings.digest(&it)),
                    _ => whole(level),
                };
                let texts = Texts {
                    codes: &category.codes,
                    levels: category.levels.iter().map(|it| ready(it)).collect(),
                };
                match part {
                    ConsentPart::Wording => self.wording = texts,
                    ConsentPart::Source => self.source = texts,
                    ConsentPart::Act => self.act = texts,
                    _ => {
                        self.scopes = category
                            .levels
                            .iter()
                            .map(|it| Channels::read(it))
                            .collect();
                        self.scope = texts;
                    }
                }
            }
            _ => unreachable!("a part is read as the kind that it asks for"),
        }
    }

    /// A consent whose withdrawal is there but cannot be read was withdrawn by the day of the ruling at the latest.
    fn consent(&self, row: usize, pseudonym: &[u8; 16], date: NaiveDate) -> Consent {
        let when = day(self.when.get(row).copied().unwrap_or(i32::MIN));
        let withdrawn = match day(self.withdrawn.get(row).copied().unwrap_or(i32::MIN)) {
            Day::Empty => None,
            Day::Unreadable => Some(date),
            Day::Is(day) => Some(day),
        };
        let texts = [&self.wording, &self.source, &self.act, &self.scope].map(|it| it.at(row));
        let scope = self.scope.codes.get(row);
        let scope = scope.and_then(|code| self.scopes.get(*code as usize));
        let scope = scope.copied().flatten();
        let bare = withdrawn.map_or(Consent::Incomplete, Consent::Withdrawn);
        match (when, texts, scope) {
            (
                Day::Is(when),
                [
                    Cell::Is(wording),
                    Cell::Is(source),
                    Cell::Is(act),
                    Cell::Is(text),
                ],
                Some(scope),
            ) => Consent::Proof(Proof {
                when,
                withdrawn,
                scope,
                digest: ProofParts {
                    pseudonym,
                    when,
                    wording,
                    source,
                    act,
                    scope: text,
                }
                .digest(),
            }),
            (Day::Empty, [Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty], None)
                if withdrawn.is_none() =>
            {
                Consent::None
            }
            _ => bare,
        }
    }
}
