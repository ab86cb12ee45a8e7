//! From a value to its code, or straight to its entry where nothing else needs the code.
//!
//! The same questions in the same order as `intake` and `features` ask them: is it missing, is it
//! known, is it within the range. A value that a run would refuse gives no code at all (NULL), so
//! its row has no score.

use super::Words;
use super::dialect::Dialect;
use crate::features::Shape;

/// Cuts that stand in one CASE, asked one after the other; more are halved first.
const IN_A_ROW: usize = 3;

impl Dialect {
    /// The number of the first code: where lists are looked up, they count from 1.
    pub(super) fn first(self) -> i64 {
        i64::from(self == Self::DuckDb)
    }

    /// The value at `code` of a table, by code.
    pub(super) fn look_up(self, code: &str, table: &[i64]) -> String {
        if self == Self::DuckDb {
            // Measured: a third of the time of a CASE, whose branches are asked one by one.
            return format!("{}[{code}]", listed(table.iter(), "[", "]"));
        }
        let arms = table.iter().enumerate();
        let arms = branches(arms.map(|(code, &entry)| (code.to_string(), entry)));
        format!("CASE {code}{arms} END")
    }
}

/// The code, or the entry, of a feature's value: `out` holds what each code becomes.
pub(super) fn coded(
    dialect: Dialect,
    shape: &Shape,
    value: &str,
    out: &[i64],
    words: &Words,
) -> String {
    match shape {
        Shape::Number { edges, low, high } => {
            let (missing, below, above) = (edges.len() + 1, edges.len() + 2, edges.len() + 3);
            let number = |value| dialect.number(value);
            let bins = tree(dialect, value, edges, &out[..missing], 3);
            let (low, high) = (number(*low), number(*high));
            let (least, most) = (number(-f64::MAX), number(f64::MAX));
            let nan = dialect.is_nan(value);
            let (missing, below, above) = (out[missing], out[below], out[above]);
            format!(
                "CASE
      WHEN {value} <= {high} THEN CASE
        WHEN {value} >= {low} THEN {bins}
        WHEN {value} >= {least} THEN {below}
      END
      WHEN {value} IS NULL OR {nan} THEN {missing}
      WHEN {value} <= {most} THEN {above}
    END"
            )
        }
        Shape::Category { levels } => category(dialect, levels, value, out, words),
        Shape::Flag => flag(dialect, value, out, words),
    }
}

/// The bin of a number within its range: the first whose edge it does not exceed.
fn tree(dialect: Dialect, value: &str, edges: &[f64], out: &[i64], depth: usize) -> String {
    let last = out[out.len() - 1];
    if edges.is_empty() {
        return last.to_string();
    }
    if edges.len() <= IN_A_ROW {
        let arms = edges.iter().zip(out);
        let arms = arms.map(|(edge, &out)| (format!("{value} <= {}", dialect.number(*edge)), out));
        return format!("CASE{} ELSE {last} END", branches(arms));
    }
    let half = edges.len() / 2;
    let (under, over) = (&out[..=half], &out[half + 1..]);
    let edge = dialect.number(edges[half]);
    let under = tree(dialect, value, &edges[..half], under, depth + 1);
    let over = tree(dialect, value, &edges[half + 1..], over, depth + 1);
    let indent = "  ".repeat(depth + 2);
    format!(
        "CASE WHEN {value} <= {edge}\n{indent}THEN {under}\n{indent}ELSE {over}\n{}END",
        "  ".repeat(depth + 1)
    )
}

/// A level as it stands is found at once; any other text is tidied first.
fn category(
    dialect: Dialect,
    levels: &[String],
    value: &str,
    out: &[i64],
    words: &Words,
) -> String {
    let (missing, other) = (out[levels.len()], out[levels.len() + 1]);
    // A level that the policy has since declared to mean "missing" is one no longer.
    let (kept, outs): (Vec<&String>, Vec<i64>) = levels
        .iter()
        .zip(out.iter().copied())
        .filter(|(level, _)| !words.missing.contains(level))
        .unzip();
    let marks = marks(dialect, words);
    let tidied = dialect.tidied(value);
    let absent = format!("{value} IS NULL OR {tidied} IN {marks}");
    if kept.is_empty() {
        return format!("CASE WHEN {absent} THEN {missing} ELSE {other} END");
    }
    if dialect == Dialect::DuckDb {
        // Measured: over a dictionary-coded column, a function is asked once per distinct text.
        let known = listed(kept.iter().map(|level| dialect.text(level)), "[", "]");
        let place = |text: &str| format!("list_position({known}, {text})");
        let (missing_at, other_at) = (kept.len() + 1, kept.len() + 2);
        let code = format!(
            "coalesce(
      {},
      CASE WHEN {absent} THEN {missing_at} ELSE coalesce({}, {other_at}) END
    )",
            place(value),
            place(&tidied)
        );
        let outs: Vec<i64> = outs.into_iter().chain([missing, other]).collect();
        let itself = outs.iter().copied().eq(1..=outs.len() as i64);
        return if itself {
            code
        } else {
            dialect.look_up(&code, &outs)
        };
    }
    let spelt = |(level, out): (&String, i64)| dialect.spellings(level).map(move |it| (it, out));
    let known = branches(kept.into_iter().zip(outs).flat_map(spelt));
    format!(
        "CASE WHEN {value} IS NULL THEN {missing} ELSE CASE {value}{known} ELSE
      CASE WHEN {tidied} IN {marks} THEN {missing} ELSE CASE {tidied}{known} ELSE {other} END END
    END END"
    )
}

/// A boolean, a whole number or one of the policy's words; anything else has no code.
fn flag(dialect: Dialect, value: &str, out: &[i64], words: &Words) -> String {
    let (no, yes, missing) = (out[0], out[1], out[2]);
    let meant = |claim| if claim { yes } else { no };
    let stored = Words::stored();
    let plain = branches(stored.map(|(word, claim)| (dialect.text(word), meant(claim))));
    let lists = [(&words.yes, true), (&words.no, false)].into_iter();
    let written = lists.flat_map(|(words, claim)| words.iter().map(move |word| (word, claim)));
    let spelt =
        |(word, claim): (&String, bool)| dialect.spellings(word).map(move |it| (it, meant(claim)));
    let written = branches(written.flat_map(spelt));
    let marks = marks(dialect, words);
    let tidied = dialect.tidied(value);
    let written = if written.is_empty() {
        "NULL".to_owned()
    } else {
        format!("CASE lower({tidied}){written} END")
    };
    format!(
        "CASE WHEN {value} IS NULL THEN {missing} ELSE CASE {value}{plain} ELSE
      CASE WHEN {tidied} IN {marks} THEN {missing} ELSE {written} END
    END END"
    )
}

/// The texts that mean "not known".
fn marks(dialect: Dialect, words: &Words) -> String {
    listed(
        words.marks().flat_map(|mark| dialect.spellings(mark)),
        "(",
        ")",
    )
}

/// The arms of a CASE.
fn branches(arms: impl Iterator<Item = (String, i64)>) -> String {
    let arms: Vec<String> = arms
        .map(|(when, then)| format!(" WHEN {when} THEN {then}"))
        .collect();
    arms.concat()
}

fn listed<T: ToString>(items: impl Iterator<Item = T>, open: &str, close: &str) -> String {
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    format!("{open}{}{close}", items.join(", "))
}
