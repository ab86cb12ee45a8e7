//! Two models side by side: which terms they share, and what a code of the one is in the other.
//!
//! Terms are the same where their columns are. Codes are compared by what they
//! mean: levels by their text, a number's bins by the values that they hold.

use crate::features::{Schema, Shape};

/// A term of one model or of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// Its columns: one, or a pair's two.
    pub columns: Vec<String>,
    /// Its position in the old model.
    pub old: Option<usize>,
    /// Its position in the new one.
    pub new: Option<usize>,
}

/// The terms of both, in the new model's order, then those that only the old one has; features, then pairs.
#[must_use]
pub fn matched(old: &Schema, new: &Schema) -> Vec<Matched> {
    let (before, after) = (names(old), names(new));
    let same = |a: &[String], b: &[String]| {
        a == b || matches!((a, b), ([a, b], [c, d]) if a == d && b == c)
    };
    let at = |all: &[Vec<String>], columns: &[String]| all.iter().position(|it| same(it, columns));
    let kept = after.iter().enumerate().map(|(term, columns)| Matched {
        columns: columns.clone(),
        old: at(&before, columns),
        new: Some(term),
    });
    let gone = before.iter().enumerate();
    let gone = gone.filter(|(_, columns)| at(&after, columns).is_none());
    let gone = gone.map(|(term, columns)| Matched {
        columns: columns.clone(),
        old: Some(term),
        new: None,
    });
    let mut all: Vec<Matched> = kept.chain(gone).collect();
    all.sort_by_key(|it| it.columns.len());
    all
}

fn names(schema: &Schema) -> Vec<Vec<String>> {
    let name = |feature: usize| schema.features[feature].name.clone();
    let features = (0..schema.features.len()).map(|at| vec![name(at)]);
    let pairs = schema.pairs.iter();
    features
        .chain(pairs.map(|pair| vec![name(pair.a), name(pair.b)]))
        .collect()
}

/// The codes that a value may have under `to`, which has this code under `from`; none where the two are of different kinds,
/// or the code is nobody's.
///
/// More than one where `from` says too little: a bin that reaches over an edge of `to`, or a level that it does not know.
#[must_use]
pub fn translated(from: &Shape, code: u16, to: &Shape) -> Option<Vec<u16>> {
    if usize::from(code) >= from.codes() {
        return None;
    }
    if from == to {
        return Some(vec![code]);
    }
    let found: Vec<u16> = match (from, to) {
        (Shape::Flag, Shape::Flag) => vec![code],
        _ if std::mem::discriminant(from) != std::mem::discriminant(to) => return None,
        _ if code == from.missing() => vec![to.missing()],
        (Shape::Category { levels }, Shape::Category { levels: known }) => {
            let other = to.missing() + 1;
            if let Some(level) = levels.get(usize::from(code)) {
                vec![place(known, level).unwrap_or(other)]
            } else {
                let unknown = known.iter().enumerate();
                let unknown = unknown.filter(|(_, level)| place(levels, level).is_none());
                unknown.map(|(at, _)| at as u16).chain([other]).collect()
            }
        }
        _ => {
            let values = Values::of(from, code);
            let meets = |code: &u16| *code != to.missing() && values.meet(&Values::of(to, *code));
            (0..to.codes() as u16).filter(meets).collect()
        }
    };
    Some(found).filter(|it| !it.is_empty())
}

fn place(levels: &[String], level: &str) -> Option<u16> {
    let found = levels.binary_search_by(|it| it.as_str().cmp(level));
    found.ok().map(|at| at as u16)
}

/// The values that have a code of a number: an interval, open or closed at each end.
struct Values {
    low: f64,
    low_is_in: bool,
    high: f64,
    high_is_in: bool,
}

impl Values {
    fn of(shape: &Shape, code: u16) -> Self {
        let Shape::Number { edges, low, high } = shape else {
            unreachable!("asked of numbers only")
        };
        let (at, bins) = (usize::from(code), edges.len() + 1);
        let (low, low_is_in, high, high_is_in) = if at == bins + 1 {
            (f64::NEG_INFINITY, true, *low, false)
        } else if at > bins {
            (*high, false, f64::INFINITY, true)
        } else {
            let first = at == 0;
            let under = if first { *low } else { edges[at - 1] };
            let over = edges.get(at).copied().unwrap_or(*high);
            (under, first, over, true)
        };
        Self {
            low,
            low_is_in,
            high,
            high_is_in,
        }
    }

    fn meet(&self, other: &Self) -> bool {
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        let holds = |at: f64| self.holds(at) && other.holds(at);
        low < high || (low <= high && holds(low))
    }

    fn holds(&self, at: f64) -> bool {
        (self.low < at || (self.low_is_in && self.low <= at))
            && (at < self.high || (self.high_is_in && at <= self.high))
    }
}

/// One piece of what two models' codes of a feature both say: a level, or an interval that neither cuts.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Its code under the shape of both together.
    pub code: u16,
    /// Its code in the old model.
    pub old: u16,
    /// Its code in the new one.
    pub new: u16,
}

/// The shape that cuts wherever one of the two does, and its pieces; none where the two are of different kinds.
///
/// Values beyond a range are no piece of their own: they have the entry of their end bin.
#[must_use]
pub fn pieces(old: &Shape, new: &Shape) -> Option<(Shape, Vec<Piece>)> {
    let both = match (old, new) {
        (Shape::Flag, Shape::Flag) => Shape::Flag,
        (Shape::Category { levels: a }, Shape::Category { levels: b }) => {
            let mut levels = [a.clone(), b.clone()].concat();
            levels.sort_unstable();
            levels.dedup();
            Shape::Category { levels }
        }
        (
            Shape::Number {
                edges: a,
                low,
                high,
            },
            Shape::Number {
                edges: b,
                low: lower,
                high: higher,
            },
        ) => {
            let mut edges = [a.clone(), b.clone()].concat();
            edges.sort_unstable_by(f64::total_cmp);
            edges.dedup();
            Shape::Number {
                edges,
                low: low.min(*lower),
                high: high.max(*higher),
            }
        }
        _ => return None,
    };
    let codes = match &both {
        Shape::Number { edges, .. } => edges.len() as u16 + 2,
        _ => both.codes() as u16,
    };
    let piece = |code: u16| Piece {
        code,
        old: within(&both, code, old),
        new: within(&both, code, new),
    };
    let pieces = (0..codes).map(piece).collect();
    Some((both, pieces))
}

/// Of a number's pieces, those that tell two models apart best: the widest one of each code of either. The others are
/// slivers between two edges that nearly meet. Pieces of anything else are all kept.
#[must_use]
pub fn widest(both: &Shape, pieces: Vec<Piece>) -> Vec<Piece> {
    let Shape::Number { edges, low, high } = both else {
        return pieces;
    };
    let width = |it: &Piece| {
        let at = usize::from(it.code);
        let from = at.checked_sub(1).map_or(*low, |at| edges[at]);
        edges.get(at).copied().unwrap_or(*high) - from
    };
    let bins = &pieces[..pieces.len() - 1];
    let leads = |it: &Piece, of: fn(&Piece) -> u16| {
        let mut rivals = bins.iter().filter(|other| of(other) == of(it));
        rivals.all(|other| width(other) <= width(it))
    };
    let is_kept =
        |it: &&Piece| it.code == both.missing() || leads(it, |it| it.old) || leads(it, |it| it.new);
    pieces.iter().filter(is_kept).cloned().collect()
}

/// The code, under `of`, of a piece of a shape that cuts wherever `of` does.
fn within(both: &Shape, code: u16, of: &Shape) -> u16 {
    if code == both.missing() {
        return of.missing();
    }
    match (both, of) {
        (Shape::Number { edges: cuts, .. }, Shape::Number { edges, .. }) => {
            // A bin holds its upper edge; the last has none.
            match cuts.get(usize::from(code)) {
                Some(upper) => edges.partition_point(|edge| edge < upper) as u16,
                None => edges.len() as u16,
            }
        }
        (Shape::Category { levels }, Shape::Category { levels: known }) => {
            let level = levels.get(usize::from(code));
            let found = level.and_then(|level| place(known, level));
            found.unwrap_or(of.missing() + 1)
        }
        _ => code,
    }
}
