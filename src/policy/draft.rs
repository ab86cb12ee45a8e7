//! The first policy, drafted from what a file looks like, for people to correct.

mod page;

use std::collections::HashSet;

use super::{DateOrder, Encoding, FactKind, Format, IdType, Kind, Thousands};
use crate::lang::Lang;
use crate::name::tidy;
use page::Page;

/// What a survey of an export found: everything that a draft is written from.
///
/// No value of a person is here but the distinct values of the outcome, which are few and of nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// CSV or Parquet.
    pub format: Format,
    /// One of `, ; tab |`, as a byte; `,` for Parquet.
    pub separator: u8,
    /// How bytes become text.
    pub encoding: Encoding,
    /// `.` or `,`.
    pub decimal: char,
    /// What sets groups of three digits apart.
    pub thousands: Thousands,
    /// The order of a written date.
    pub dates: DateOrder,
    /// Texts that mean "not known", besides the empty one.
    pub missing: Vec<String>,
    /// Texts that mean yes; the usual ones are added by the draft when empty.
    pub yes: Vec<String>,
    /// Texts that mean no; the usual ones are added by the draft when empty.
    pub no: Vec<String>,
    /// The columns, in the order of the file.
    pub columns: Vec<ObservedColumn>,
}

/// What a survey found of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedColumn {
    /// Its header, after [`crate::name::tidy`].
    pub name: String,
    /// How its values seem to be written.
    pub kind: Kind,
    /// What it seems to be for.
    pub role: Guess,
    /// How many distinct values were seen, if they were counted.
    pub distinct: Option<u64>,
}

/// What a column seems to be for: [`super::Use`] before anybody declared it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guess {
    /// Names the lead in the CRM.
    Identifier(IdType),
    /// Name, e-mail, phone …: never read by the scorer.
    Identity,
    /// Worth scoring by.
    Feature,
    /// What became of the lead.
    Outcome {
        /// The distinct values seen, tidied, most frequent first; the draft decides which of them mean won.
        values: Vec<String>,
    },
    /// Consent proof.
    Consent,
    /// B2B or B2C.
    Audience,
    /// A fact that law packs ask for.
    Fact(FactKind),
    /// When the lead was created.
    Date,
    /// For fairness side files only.
    Audit,
    /// Nothing that scoring needs.
    Ignore,
}

/// A commented policy in the language asked for, ready for people to correct.
///
/// Whatever was observed, the text parses: what cannot be declared as it was guessed (a text as a
/// feature, a second identifier, an outcome with one value) is drafted as something safer, with a
/// comment that says so.
#[must_use]
pub fn draft(observed: &Observed, lang: Lang) -> String {
    Page::written(observed, &settled(observed), lang)
}

/// A column as it will be declared.
struct Settled<'o> {
    name: String,
    kind: Kind,
    role: Role<'o>,
    distinct: Option<u64>,
    doubt: Option<Doubt>,
}

enum Role<'o> {
    Identifier(IdType),
    Outcome {
        positive: Vec<&'o str>,
        negative: Vec<&'o str>,
    },
    Feature,
    Audience,
    Fact(FactKind),
    Other(&'static str),
}

/// Why a column is not drafted as it was guessed, or should be looked at.
#[derive(Clone, Copy)]
enum Doubt {
    FreeText,
    DateAsFeature,
    Second,
    OneOutcome,
    UnclearOutcome,
    PartOfConsent,
    WordsOfAudience,
}

/// What will be declared: every rule of the policy holds for it.
fn settled(observed: &Observed) -> Vec<Settled<'_>> {
    let mut names = HashSet::new();
    let (mut identified, mut concluded, mut dated) = (false, false, false);
    let mut columns = Vec::new();
    // The audience and the facts that have a column already.
    let mut told: Vec<Option<FactKind>> = Vec::new();
    for column in &observed.columns {
        let name = tidy(&column.name).into_owned();
        if name.is_empty() || !names.insert(name.clone()) {
            continue;
        }
        let ignored = |doubt| (column.kind, Role::Other("ignore"), Some(doubt));
        let (kind, role, doubt) = match &column.role {
            Guess::Identifier(_) if identified => {
                (column.kind, Role::Other("identity"), Some(Doubt::Second))
            }
            Guess::Identifier(id_type) => {
                identified = true;
                let id_type = if *id_type == IdType::Row {
                    IdType::CrmId
                } else {
                    *id_type
                };
                let number = column.kind == Kind::Number && id_type == IdType::CrmId;
                let kind = if number || column.kind == Kind::Category {
                    column.kind
                } else {
                    Kind::Text
                };
                (kind, Role::Identifier(id_type), None)
            }
            Guess::Outcome { .. } if concluded => ignored(Doubt::Second),
            Guess::Outcome { values } => match split(values, &observed.missing) {
                Some((positive, negative, clear)) => {
                    concluded = true;
                    let kind = if column.kind == Kind::Date {
                        Kind::Category
                    } else {
                        column.kind
                    };
                    let doubt = (!clear).then_some(Doubt::UnclearOutcome);
                    (kind, Role::Outcome { positive, negative }, doubt)
                }
                None => ignored(Doubt::OneOutcome),
            },
            Guess::Date if column.kind != Kind::Date => (column.kind, Role::Other("ignore"), None),
            Guess::Date if dated => ignored(Doubt::Second),
            Guess::Date => {
                dated = true;
                (Kind::Date, Role::Other("date"), None)
            }
            Guess::Feature if column.kind == Kind::Text => ignored(Doubt::FreeText),
            Guess::Feature if column.kind == Kind::Date => ignored(Doubt::DateAsFeature),
            Guess::Feature => (column.kind, Role::Feature, None),
            Guess::Identity => (column.kind, Role::Other("identity"), None),
            Guess::Consent => {
                let doubt = Some(Doubt::PartOfConsent);
                (column.kind, Role::Other("consent"), doubt)
            }
            Guess::Audience if told.contains(&None) => ignored(Doubt::Second),
            Guess::Audience => {
                told.push(None);
                let doubt = Some(Doubt::WordsOfAudience);
                (Kind::Category, Role::Audience, doubt)
            }
            Guess::Fact(fact) if told.contains(&Some(*fact)) => ignored(Doubt::Second),
            Guess::Fact(fact) if (column.kind == Kind::Date) == fact.is_date() => {
                told.push(Some(*fact));
                let kind = if fact.is_date() {
                    Kind::Date
                } else {
                    Kind::Flag
                };
                (kind, Role::Fact(*fact), None)
            }
            Guess::Audit => (column.kind, Role::Other("audit"), None),
            Guess::Fact(_) | Guess::Ignore => (column.kind, Role::Other("ignore"), None),
        };
        columns.push(Settled {
            name,
            kind,
            role,
            distinct: column.distinct,
            doubt,
        });
    }
    columns
}

const WON: [&str; 18] = [
    "oui",
    "o",
    "yes",
    "y",
    "true",
    "vrai",
    "1",
    "won",
    "closed won",
    "gagné",
    "gagne",
    "gagnée",
    "converti",
    "convertie",
    "converted",
    "signé",
    "success",
    "souscrit",
];
const LOST: [&str; 15] = [
    "non",
    "n",
    "no",
    "false",
    "faux",
    "0",
    "lost",
    "closed lost",
    "perdu",
    "perdue",
    "abandonné",
    "abandon",
    "refus",
    "failure",
    "non converti",
];

/// Won values, lost values, and whether their words said which is which.
type Split<'o> = (Vec<&'o str>, Vec<&'o str>, bool);

/// `None` when there are not two values to tell apart.
fn split<'o>(values: &'o [String], missing: &[String]) -> Option<Split<'o>> {
    let mut seen = HashSet::new();
    let known = |text: &&str| {
        !tidy(text).is_empty() && !missing.iter().any(|mark| tidy(mark) == tidy(text))
    };
    let values: Vec<&str> = values
        .iter()
        .map(String::as_str)
        .filter(known)
        .filter(|text| seen.insert(tidy(text).into_owned()))
        .collect();
    let means = |words: &[&str]| -> Vec<&'o str> {
        values
            .iter()
            .copied()
            .filter(|text| words.contains(&tidy(text).to_lowercase().as_str()))
            .collect()
    };
    let (won, lost) = (means(&WON), means(&LOST));
    let without = |known: &[&str]| -> Vec<&'o str> {
        values
            .iter()
            .copied()
            .filter(|it| !known.contains(it))
            .collect()
    };
    let (positive, negative, clear) = match (won.is_empty(), lost.is_empty()) {
        (false, false) => (won, lost, true),
        (false, true) => (won.clone(), without(&won), values.len() == 2),
        (true, false) => (without(&lost), lost, values.len() == 2),
        // The rarest stands last: leads that are won are seldom the most frequent.
        (true, true) => {
            let last = values.last().copied().into_iter().collect::<Vec<_>>();
            (last.clone(), without(&last), false)
        }
    };
    (!positive.is_empty() && !negative.is_empty()).then_some((positive, negative, clear))
}
