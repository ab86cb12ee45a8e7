//! A pack that holds together: its text, and its rules made ready to rule.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use serde::Serialize;

use super::asked::{Answers, Asked, ContactState, Questions};
use super::document::{First, Head, Named, Parameters, Ruling, Second};
use super::words::{Basis, Channel};
use super::{
    ERASED, Error, FIRST, FIRST_GROUND, FIRST_REFUSAL, Ground, OBJECTED, RESTRICTED, Refusal,
    SECOND, Sentence, Source, document,
};
use crate::digest::Digest;
use crate::lang::Lang;
use crate::name::Token;

/// A law pack that holds together.
#[derive(Clone, Debug)]
pub struct Pack {
    id: Token,
    from: NaiveDate,
    title: Sentence,
    sources: Vec<Source>,
    parameters: Option<Parameters>,
    grounds: Vec<Arc<Ground>>,
    refusals: Vec<Arc<Refusal>>,
    rules: Vec<Rule>,
    undeclared: Option<Arc<Refusal>>,
    otherwise: Then,
    text: String,
    digest: Digest,
}

/// One rule: on these dates, a lead with these answers gets this ruling.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
    /// What it asks.
    pub asks: Questions,
    /// The answers that it takes.
    pub takes: Answers,
    /// What it asks and takes, as it is written.
    pub when: Vec<(Token, Vec<Token>)>,
    /// What it says.
    pub then: Then,
}

/// What a rule says of a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// May be scored on this ground.
    Eligible(Arc<Ground>),
    /// May be scored on the basis that the policy declares.
    Declared,
    /// May not be scored.
    Refuse(Arc<Refusal>),
}

impl Pack {
    /// Reads a pack from its canonical text: JSON with a two-space indent, keys in the documented
    /// order, one LF at the end.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let Head { format, id } = serde_json::from_str(text)?;
        match format.as_str() {
            FIRST => first(serde_json::from_str(text)?, text),
            SECOND => second(serde_json::from_str(text)?, text),
            _ => Err(Error::Invalid {
                id,
                what: "its format is neither `probant/law/v1` nor `probant/law/v2`",
            }),
        }
    }

    /// What people and the policy call it.
    #[must_use]
    pub fn id(&self) -> &Token {
        &self.id
    }

    /// Whether it names its own grounds (format v2), so that a record's facts suffice to rule again.
    #[must_use]
    pub fn names_grounds(&self) -> bool {
        self.undeclared.is_some()
    }

    /// SHA-256 of [`Pack::text`]: what the ledger names it by.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The canonical document, kept as long as a record refers to it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first date that it speaks for.
    #[must_use]
    pub fn from(&self) -> NaiveDate {
        self.from
    }

    /// In one sentence.
    #[must_use]
    pub fn title(&self, lang: Lang) -> &str {
        self.title.words(lang)
    }

    /// Where its rules are written.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The numbers that it gives; none in the first format.
    #[must_use]
    pub fn parameters(&self) -> Option<&Parameters> {
        self.parameters.as_ref()
    }

    /// Its grounds, by ascending code; none in the first format.
    pub fn grounds(&self) -> impl Iterator<Item = &Ground> {
        self.grounds.iter().map(AsRef::as_ref)
    }

    /// The grounds that a purpose with these bases may stand on, by ascending code: the segment's table of bases.
    #[must_use]
    pub fn grounds_of(&self, bases: &[Basis]) -> Vec<Ground> {
        if self.names_grounds() {
            let own = self.grounds().filter(|it| bases.contains(&it.basis));
            return own.cloned().collect();
        }
        bases
            .first()
            .copied()
            .map(Ground::declared)
            .into_iter()
            .collect()
    }

    /// Whether a purpose with these bases needs an assessment: one of its grounds is a legitimate interest.
    #[must_use]
    pub fn asks_assessment(&self, bases: &[Basis]) -> bool {
        let mut grounds = self.grounds();
        bases.contains(&Basis::LegitimateInterest)
            && grounds.any(|it| it.basis == Basis::LegitimateInterest)
    }

    /// The refusals that its rules pronounce because retention is over: whoever has one is to be forgotten as well.
    #[must_use]
    pub fn lapses(&self) -> Vec<&Refusal> {
        let lapsed = |rule: &&Rule| {
            let asks = |(question, answers): &(Token, Vec<Token>)| {
                question.as_str() == Asked::Contact.token()
                    && answers.len() == 1
                    && answers[0].as_str() == ContactState::Lapsed.token()
            };
            rule.when.iter().any(asks)
        };
        let refused = self.rules.iter().filter(lapsed);
        let mut found: Vec<&Refusal> = refused
            .filter_map(|rule| match &rule.then {
                Then::Refuse(refusal) => Some(refusal.as_ref()),
                _ => None,
            })
            .collect();
        found.sort_by_key(|it| it.code);
        found.dedup();
        found
    }

    /// Every refusal that it may pronounce, by ascending code: the segment's table of outcomes.
    #[must_use]
    pub fn refusals(&self) -> Vec<&Refusal> {
        self.refusals.iter().map(AsRef::as_ref).collect()
    }

    /// Its rules, in the order in which they are asked.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules that speak on this date for this channel, in their order; none before the pack's own date.
    pub fn in_force(
        &self,
        date: NaiveDate,
        channel: Option<Channel>,
    ) -> impl Iterator<Item = &Rule> {
        let reached = Answers::NONE.channel(channel);
        let speaks = !self.names_grounds() || self.from <= date;
        self.rules.iter().filter(move |rule| {
            speaks && rule.from <= date && date <= rule.until && rule.takes.takes(reached)
        })
    }

    /// What it says of a lead whose only grounds have a basis that the purpose does not declare.
    #[must_use]
    pub fn undeclared(&self) -> Option<&Arc<Refusal>> {
        self.undeclared.as_ref()
    }

    /// What it says where no rule speaks.
    #[must_use]
    pub fn otherwise(&self) -> &Then {
        &self.otherwise
    }
}

/// A document is canonical when writing it again gives the same text.
fn canonical<T: Serialize>(document: &T, text: &str) -> Result<bool, Error> {
    Ok(format!("{}\n", serde_json::to_string_pretty(document)?) == text)
}

const CANON: &str = "the text is not canonical";
const DATE: &str = "a date is not `yyyy-mm-dd`";

fn first(document: First, text: &str) -> Result<Pack, Error> {
    let id = document.id.clone();
    let invalid = |what| Error::Invalid {
        id: id.clone(),
        what,
    };
    if !canonical(&document, text)? {
        return Err(invalid(CANON));
    }
    let mut refusals: BTreeMap<u8, Arc<Refusal>> = BTreeMap::new();
    let mut then = |ruling: Ruling| match ruling {
        Ruling::Eligible(document::Declared::DeclaredBasis) => Ok(Then::Declared),
        Ruling::Refuse(bare) => {
            code(bare.code)?;
            let refusal = Arc::new(Refusal {
                code: bare.code,
                name: bare.name,
                article: bare.article,
                sentence: None,
            });
            refusals.insert(bare.code, Arc::clone(&refusal));
            Ok(Then::Refuse(refusal))
        }
    };
    let rules = document.rules.into_iter();
    let rules = rules.map(|it| rule(it, false, &mut then));
    let rules = rules.collect::<Result<_, _>>().map_err(&invalid)?;
    let otherwise = then(document.otherwise).map_err(&invalid)?;
    Ok(Pack {
        from: date(&document.from).ok_or_else(|| invalid(DATE))?,
        title: document.title,
        sources: document.sources,
        parameters: None,
        grounds: Vec::new(),
        refusals: refusals.into_values().collect(),
        rules,
        undeclared: None,
        otherwise,
        text: text.to_owned(),
        digest: Digest::of(text.as_bytes()),
        id,
    })
}

fn second(document: Second, text: &str) -> Result<Pack, Error> {
    let id = document.id.clone();
    let invalid = |what| Error::Invalid {
        id: id.clone(),
        what,
    };
    if !canonical(&document, text)? {
        return Err(invalid(CANON));
    }
    let months = document.parameters.retention_months;
    if !(1..=1200).contains(&months) || document.parameters.retention_from.is_empty() {
        return Err(invalid("retention is not 1 to 1200 months from something"));
    }
    let said = document.sources.iter().map(|it| &it.article);
    let sources: BTreeSet<Token> = said.cloned().collect();
    if document.sources.iter().any(|it| date(&it.read).is_none()) {
        return Err(invalid(DATE));
    }
    let (grounds, refusals) = (grounds(document.grounds), refusals(document.refusals));
    let (grounds, refusals) = (grounds.map_err(&invalid)?, refusals.map_err(&invalid)?);
    let cited = grounds.iter().map(|it| &it.article);
    let mut cited = cited.chain(refusals.iter().map(|it| &it.article));
    if !cited.all(|article| sources.contains(article)) {
        return Err(invalid("an article is cited that no source gives"));
    }
    let ground = |name: &Token| {
        let found = grounds.iter().find(|it| it.name == *name);
        found
            .cloned()
            .ok_or("a rule names a ground that is not listed")
    };
    let refusal = |name: &Token| {
        let found = refusals.iter().find(|it| it.name == *name);
        found
            .cloned()
            .ok_or("a refusal is named that is not listed")
    };
    let mut then = |named: Named| match named {
        Named::Eligible(name) => ground(&name).map(Then::Eligible),
        Named::Refuse(name) => refusal(&name).map(Then::Refuse),
    };
    let rules = document.rules.into_iter();
    let rules = rules.map(|it| rule(it, true, &mut then));
    let rules = rules.collect::<Result<_, _>>().map_err(&invalid)?;
    Ok(Pack {
        from: date(&document.from).ok_or_else(|| invalid(DATE))?,
        title: document.title,
        sources: document.sources,
        parameters: Some(document.parameters),
        rules,
        undeclared: Some(refusal(&document.undeclared).map_err(&invalid)?),
        otherwise: Then::Refuse(refusal(&document.otherwise).map_err(&invalid)?),
        grounds,
        refusals,
        text: text.to_owned(),
        digest: Digest::of(text.as_bytes()),
        id,
    })
}

/// The grounds of a pack: codes ascend strictly, within their range, and no name is said twice.
fn grounds(written: Vec<document::Ground>) -> Result<Vec<Arc<Ground>>, &'static str> {
    let codes = written.iter().map(|it| it.code);
    if !codes.is_sorted_by(|a, b| a < b) {
        return Err("the codes of grounds do not ascend");
    }
    let within = FIRST_GROUND..FIRST_REFUSAL;
    if !written.iter().all(|it| within.contains(&it.code)) {
        return Err("a ground's code is not 10 to 199");
    }
    let names: BTreeSet<&Token> = written.iter().map(|it| &it.name).collect();
    if names.len() != written.len() {
        return Err("two grounds have one name");
    }
    let ground = |it: document::Ground| {
        Arc::new(Ground {
            code: it.code,
            name: it.name,
            basis: it.basis,
            article: it.article,
            sentence: Some(it.sentence),
        })
    };
    Ok(written.into_iter().map(ground).collect())
}

/// The refusals of a pack, as its grounds.
fn refusals(written: Vec<document::Refusal>) -> Result<Vec<Arc<Refusal>>, &'static str> {
    if !written.iter().map(|it| it.code).is_sorted_by(|a, b| a < b) {
        return Err("the codes of refusals do not ascend");
    }
    written.iter().try_for_each(|it| code(it.code))?;
    let names: BTreeSet<&Token> = written.iter().map(|it| &it.name).collect();
    if names.len() != written.len() {
        return Err("two refusals have one name");
    }
    let refusal = |it: document::Refusal| {
        Arc::new(Refusal {
            code: it.code,
            name: it.name,
            article: it.article,
            sentence: Some(it.sentence),
        })
    };
    Ok(written.into_iter().map(refusal).collect())
}

/// Whether a refusal may have this code.
fn code(code: u8) -> Result<(), &'static str> {
    match code {
        RESTRICTED => Err("a refusal's code is 255, which means restricted"),
        ERASED | OBJECTED => Err("a refusal's code is 253 or 254, which every pack shares"),
        FIRST_REFUSAL.. => Ok(()),
        _ => Err("a refusal's code is under 200"),
    }
}

/// A rule made ready; a `strict` one asks nothing and takes nothing that is not in the closed list.
fn rule<T>(
    written: document::Rule<T>,
    strict: bool,
    then: &mut impl FnMut(T) -> Result<Then, &'static str>,
) -> Result<Rule, &'static str> {
    let from = written.from.as_deref();
    let from = from.map_or(Some(NaiveDate::MIN), date).ok_or(DATE)?;
    let until = written.until.as_deref();
    let until = until.map_or(Some(NaiveDate::MAX), date).ok_or(DATE)?;
    if strict && until < from {
        return Err("a rule ends before it begins");
    }
    let (mut asks, mut takes) = (Questions::default(), Answers::ANY);
    for (question, answers) in &written.when {
        let Some(asked) = Asked::of(question.as_str()) else {
            if strict {
                return Err("a rule asks what no lead can answer");
            }
            takes = Answers::NONE; // an older pack's rule that no lead fits
            continue;
        };
        let known = |answer: &Token| asked.answers().contains(&answer.as_str());
        if strict && (answers.is_empty() || !answers.iter().all(known)) {
            return Err("a rule takes an answer that there is not");
        }
        asks = asks.with(asked);
        takes = takes.only(asked, answers.iter().map(Token::as_str));
    }
    Ok(Rule {
        from,
        until,
        asks,
        takes,
        when: written.when.into_iter().collect(),
        then: then(written.then)?,
    })
}

/// A civil date in its one spelling.
fn date(text: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (date.format("%Y-%m-%d").to_string() == text).then_some(date)
}
