//! Features that look like a person's identity, or like what art. 9 GDPR protects.
//!
//! A scorer has no use for who somebody is. A feature is found out by what its
//! distinct values look like, or by its name; a finding names the column, the
//! reason and the share, and never a value. Values are forgotten at once: only
//! their hashes are kept, to count each one once.

mod content;
mod special;

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use super::column::Quick;
use crate::lang::Lang;
use crate::table::{Batch, Category, Column};

pub(super) use special::name_words;
pub use special::special_category;

/// Rows that are looked at.
const ROWS: u64 = 100_000;
/// A finding needs this share of the distinct values,
const SHARE: f64 = 0.01;
/// and so many of them.
const FEWEST: u64 = 5;
/// Free text has more distinct values than this,
const FREE_DISTINCT: u64 = 200;
/// and so many words on average.
const FREE_WORDS: f64 = 4.0;

/// Looks at the first 100,000 rows of each feature.
#[derive(Debug, Default)]
pub struct Detector {
    columns: Vec<Sketch>,
}

/// What one column's distinct values look like.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    name: String,
    rows: u64,
    seen: HashSet<u64, BuildHasherDefault<Quick>>,
    words: u64,
    /// By position in [`CONTENT`].
    counts: [u64; CONTENT.len()],
}

/// Why a feature looks like an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Looks {
    /// E-mail addresses.
    Email,
    /// Telephone numbers, French or E.164.
    Phone,
    /// Bank accounts (their check digits hold).
    Iban,
    /// French social security numbers (their keys hold).
    Nir,
    /// Payment cards (their check digits hold).
    Card,
    /// More than 200 distinct texts of four words or more on average.
    FreeText,
    /// Its name is of a special category (GDPR art. 9): the word that says so.
    SpecialCategory(&'static str),
}

/// A feature that looks like an identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The column's header.
    pub column: String,
    /// What it looks like.
    pub looks: Looks,
    /// The share of its distinct values, within `[0, 1]`; 1 for a name.
    pub share: f64,
}

/// Whether a value looks like one kind of identity.
type Test = fn(&str) -> bool;

/// The kinds that values tell.
const CONTENT: [(Looks, Test); 5] = [
    (Looks::Email, content::is_email),
    (Looks::Phone, content::is_phone),
    (Looks::Iban, content::is_iban),
    (Looks::Nir, content::is_nir),
    (Looks::Card, content::is_card),
];

/// What kind of identity a single value looks like: for a value that would be shown, where one is too many.
#[must_use]
pub fn looks_like(value: &str) -> Option<Looks> {
    let found = CONTENT.iter().find(|(_, looks)| looks(value.trim()));
    found.map(|(looks, _)| *looks)
}

impl Detector {
    /// Looks at features of these names.
    #[must_use]
    pub fn new<S: AsRef<str>>(features: &[S]) -> Self {
        let columns = features
            .iter()
            .map(|name| Sketch::new(name.as_ref()))
            .collect();
        Self { columns }
    }

    /// Takes one value of the feature at this position.
    pub fn take(&mut self, feature: usize, value: &str) {
        self.columns[feature].take(value);
    }

    /// Takes a batch; `positions[i]` is the batch's column of feature `i`.
    pub fn take_batch(&mut self, batch: &Batch, positions: &[usize]) {
        for (sketch, &position) in self.columns.iter_mut().zip(positions) {
            sketch.take_column(&batch.columns[position]);
        }
    }

    /// Whether every feature has been looked at long enough.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.columns.iter().all(|column| column.rows >= ROWS)
    }

    /// What was found, in the features' order.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        self.columns.iter().filter_map(Sketch::finding).collect()
    }
}

impl Looks {
    /// What it is called; never a value.
    #[must_use]
    pub fn name(self, lang: Lang) -> String {
        match self {
            Self::Email => crate::say!(lang, "e-mail addresses" | "adresses e-mail"),
            Self::Phone => crate::say!(lang, "telephone numbers" | "numéros de téléphone"),
            Self::Iban => crate::say!(lang, "bank accounts (IBAN)" | "IBAN"),
            Self::Nir => crate::say!(
                lang,
                "French social security numbers" | "numéros de sécurité sociale"
            ),
            Self::Card => crate::say!(lang, "payment cards" | "numéros de carte bancaire"),
            Self::FreeText => crate::say!(lang, "free text" | "texte libre"),
            Self::SpecialCategory(_) => {
                crate::say!(lang, "special categories" | "catégories particulières")
            }
        }
    }
}

impl Finding {
    /// The reason, in words; never a value.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let share = lang.percent(self.share);
        match self.looks {
            Looks::Email => crate::say!(
                lang,
                "{share} of its distinct values look like e-mail addresses"
                    | "{share} de ses valeurs distinctes ressemblent à des adresses e-mail"
            ),
            Looks::Phone => crate::say!(
                lang,
                "{share} of its distinct values look like telephone numbers"
                    | "{share} de ses valeurs distinctes ressemblent à des numéros de téléphone"
            ),
            Looks::Iban => crate::say!(
                lang,
                "{share} of its distinct values look like bank accounts (IBAN)"
                    | "{share} de ses valeurs distinctes ressemblent à des IBAN"
            ),
            Looks::Nir => crate::say!(
                lang,
                "{share} of its distinct values look like French social security numbers"
                    | "{share} de ses valeurs distinctes ressemblent à des numéros de sécurité sociale"
            ),
            Looks::Card => crate::say!(
                lang,
                "{share} of its distinct values look like payment cards"
                    | "{share} de ses valeurs distinctes ressemblent à des numéros de carte bancaire"
            ),
            Looks::FreeText => {
                crate::say!(lang, "it holds free text" | "elle contient du texte libre")
            }
            Looks::SpecialCategory(word) => crate::say!(
                lang,
                "its name says `{word}`, a special category (GDPR art. 9)"
                    | "son nom évoque «\u{a0}{word}\u{a0}», une catégorie particulière (RGPD, art. 9)"
            ),
        }
    }
}

impl Sketch {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn take(&mut self, value: &str) {
        if self.rows >= ROWS {
            return;
        }
        self.rows += 1;
        self.look(value);
    }

    /// Looks at a value, if it is the first of its kind.
    fn look(&mut self, value: &str) {
        let value = value.trim();
        let mut hash = Quick::default();
        hash.write(value.as_bytes());
        if value.is_empty() || !self.seen.insert(hash.finish()) {
            return;
        }
        self.words += value.split_whitespace().count() as u64;
        if let Some(at) = CONTENT.iter().position(|(_, looks)| looks(value)) {
            self.counts[at] += 1;
        }
    }

    fn take_column(&mut self, column: &Column) {
        let room = ROWS.saturating_sub(self.rows) as usize;
        let rows = column.len().min(room);
        self.rows += rows as u64;
        match column {
            Column::Category(Category { levels, codes }) => {
                let used: HashSet<u32> = codes[..rows].iter().copied().collect();
                let used = |at: &usize| used.contains(&(*at as u32));
                (0..levels.len())
                    .filter(used)
                    .for_each(|at| self.look(&levels[at]));
            }
            Column::Text(texts) => texts
                .iter()
                .take(rows)
                .flatten()
                .for_each(|text| self.look(text)),
            Column::Number(numbers) => {
                for number in numbers[..rows].iter().filter(|number| !number.is_nan()) {
                    self.look(&number_text(*number));
                }
            }
            Column::Flag(_) | Column::Date(_) => {}
        }
    }

    pub(super) fn distinct(&self) -> u64 {
        self.seen.len() as u64
    }

    /// What the column looks like, if it looks like an identity.
    pub(super) fn finding(&self) -> Option<Finding> {
        let found = |looks, share| {
            Some(Finding {
                column: self.name.clone(),
                looks,
                share,
            })
        };
        if let Some(word) = special_category(&self.name) {
            return found(Looks::SpecialCategory(word), 1.0);
        }
        let distinct = self.distinct();
        let enough = |count: u64| count >= FEWEST && count as f64 >= SHARE * distinct as f64;
        let most = (0..CONTENT.len()).max_by_key(|&at| (self.counts[at], CONTENT.len() - at))?;
        if enough(self.counts[most]) {
            return found(CONTENT[most].0, self.counts[most] as f64 / distinct as f64);
        }
        if distinct > FREE_DISTINCT && self.words as f64 >= FREE_WORDS * distinct as f64 {
            return found(Looks::FreeText, 1.0);
        }
        None
    }
}

/// A number as it may have been written before it was read: a mobile number that lost its leading 0 gets it back.
fn number_text(number: f64) -> String {
    let whole = number.fract() == 0.0 && number.abs() < 1e16;
    match number {
        _ if !whole => format!("{number}"),
        n if (6e8..8e8).contains(&n) => format!("0{n}"),
        n if (331e8..340e8).contains(&n) => format!("+{n}"),
        n => format!("{n}"),
    }
}
