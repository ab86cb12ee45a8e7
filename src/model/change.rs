//! From one score of a lead to the next: what its data changed, and what the model changed, in whole numbers.
//!
//! **Data change** is what the *old* model says of today's data, less what it
//! said of yesterday's; **model change** is what the *new* model says of
//! today's data, less what the old one says of them. Together they are the
//! difference, term by term. Where the record does not tell how the old model
//! would read today's value, that term's difference is *open*: it is named, and
//! attributed to neither.

use super::document::Model;
use super::matched::{matched, translated};
use super::score::Error;
use crate::features::Pair;

/// The way from one score to another; all numbers are log-odds in units of 2⁻²⁰.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The score before.
    pub before: i64,
    /// The score after.
    pub after: i64,
    /// What the baseline moved: a change of the model.
    pub baseline: i64,
    /// The terms of either model.
    pub lines: Vec<Line>,
}

/// What one term moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its columns.
    pub columns: Vec<String>,
    /// Its position and its code in the old model.
    pub old: Option<(usize, u16)>,
    /// The same in the new one.
    pub new: Option<(usize, u16)>,
    /// By the data.
    pub data: i64,
    /// By the model.
    pub model: i64,
    /// By either: the record does not tell.
    pub open: i64,
}

impl Line {
    /// Altogether.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.data + self.model + self.open
    }
}

impl Change {
    /// What the data changed.
    #[must_use]
    pub fn data(&self) -> i64 {
        self.lines.iter().map(|line| line.data).sum()
    }

    /// What the model changed, the baseline included.
    #[must_use]
    pub fn model(&self) -> i64 {
        self.baseline + self.lines.iter().map(|line| line.model).sum::<i64>()
    }

    /// What the record attributes to neither.
    #[must_use]
    pub fn open(&self) -> i64 {
        self.lines.iter().map(|line| line.open).sum()
    }

    /// Whether the parts are the difference.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.data() + self.model() + self.open() == self.after - self.before
    }
}

/// The way from what `old` says of `then` to what `new` says of `now`.
///
/// `seen` are the old model's codes of today's values, where somebody holds the values themselves: as many as the old
/// model has features, or none.
pub fn change(
    (old, then): (&Model, &[u16]),
    (new, now): (&Model, &[u16]),
    seen: &[Option<u16>],
) -> Result<Change, Error> {
    let (before, after) = (old.score(then)?, new.score(now)?);
    let today = today(old, new, now, seen);
    let entry = |model: &Model, term: usize, code: u16| -> i64 {
        i64::from(model.tables()[term][usize::from(code)].0)
    };
    let line = |it: super::matched::Matched| {
        let was = it.old.map(|term| (term, before.terms[term].code));
        let is = it.new.map(|term| (term, after.terms[term].code));
        let of = |model, side: Option<(usize, u16)>| {
            side.map_or(0, |(term, code)| entry(model, term, code))
        };
        let (from, to) = (of(old, was), of(new, is));
        // What the old model says of today's value; it says nothing of a term that it does not have.
        let between = it.old.map_or(Some(0), |term| said(old, term, &today));
        let (data, model, open) = match between {
            Some(between) => (between - from, to - between, 0),
            None => (0, 0, to - from),
        };
        Line {
            columns: it.columns,
            old: was,
            new: is,
            data,
            model,
            open,
        }
    };
    let terms = matched(old.schema(), new.schema());
    Ok(Change {
        before: i64::from(before.log_odds.0),
        after: i64::from(after.log_odds.0),
        baseline: i64::from(new.baseline().0) - i64::from(old.baseline().0),
        lines: terms.into_iter().map(line).collect(),
    })
}

/// The codes that today's values may have in the old model, by feature; all of them where nothing is known.
fn today(old: &Model, new: &Model, now: &[u16], seen: &[Option<u16>]) -> Vec<Vec<u16>> {
    let features = old.schema().features.iter().enumerate();
    let codes = |(at, feature): (usize, &crate::features::Feature)| {
        if let Some(code) = seen.get(at).copied().flatten() {
            return vec![code];
        }
        let mut others = new.schema().features.iter().zip(now);
        let same = others.find(|(other, _)| other.name == feature.name);
        same.and_then(|(other, &code)| translated(&other.shape, code, &feature.shape))
            .unwrap_or_else(|| (0..feature.shape.codes() as u16).collect())
    };
    features.map(codes).collect()
}

/// The entry of a term of the old model, where every code that may be today's has the same.
fn said(old: &Model, term: usize, today: &[Vec<u16>]) -> Option<i64> {
    let table = &old.tables()[term];
    let entry = |code: u16| i64::from(table[usize::from(code)].0);
    let schema = old.schema();
    match term.checked_sub(schema.features.len()) {
        None => only(today[term].iter().map(|&code| entry(code))),
        Some(pair) => {
            let Pair { a, b, .. } = schema.pairs[pair];
            let code = |a, b| entry(schema.pairs[pair].code(a, b));
            let sides = today[a]
                .iter()
                .flat_map(|&x| today[b].iter().map(move |&y| (x, y)));
            only(sides.map(|(x, y)| code(x, y)))
        }
    }
}

/// The one number that all of these are.
fn only(mut numbers: impl Iterator<Item = i64>) -> Option<i64> {
    let first = numbers.next()?;
    numbers.all(|number| number == first).then_some(first)
}
