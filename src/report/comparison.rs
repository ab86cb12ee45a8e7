//! Two models compared, for whoever has to approve the new one: what moved in its tables, and what that does to leads.
//!
//! The document is about nobody: a figure stands for at least `k` people or is
//! left out, and an example is a group, described by what all of it share.

use std::fmt::Write as _;

use serde::Serialize;

use crate::lang::Lang;
use crate::model::Model;
use crate::model::matched::{Matched, matched, pieces, widest};
use crate::model::shift::{Counted, EDGES, Shifts};
use crate::say;

use super::reasons::{term_label, term_meaning};
use super::words::{meaning, pair_meaning, plain, signed, thousandths, wrap};

/// The document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Of this document.
    pub schema_version: u32,
    /// `comparison`.
    pub about: &'static str,
    /// The old model's version.
    pub old: String,
    /// The new one's.
    pub new: String,
    /// The purpose.
    pub purpose: String,
    /// What the baseline is.
    pub baseline: Sides,
    /// Terms that only the new model has.
    pub came: Vec<String>,
    /// Terms that only the old one has.
    pub gone: Vec<String>,
    /// Features that both have, as different kinds of thing: none of their codes compare.
    pub changed_kind: Vec<String>,
    /// Entries that moved, the most first.
    pub moved: Vec<Moved>,
    /// What it does to the leads of an export, where one was given.
    pub export: Option<Moves>,
}

/// A number in both models, in units of 2⁻²⁰.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sides {
    /// In the old one.
    pub old: i64,
    /// In the new one.
    pub new: i64,
    /// What it moved.
    pub difference: i64,
}

/// An entry that moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The term.
    pub label: String,
    /// The level; or an interval that neither model cuts, the widest that its bin of either has in common with the other's.
    pub meaning: String,
    /// The entries.
    #[serde(flatten)]
    pub entry: Sides,
}

/// What another model does to the leads of an export.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moves {
    /// No figure stands for fewer people.
    pub k: u64,
    /// The civil date at which it was ruled who may be scored.
    pub date: String,
    /// Leads that may be scored.
    pub leads: u64,
    /// The bands, as the matrix has them.
    pub bands: Vec<String>,
    /// The same as people read them.
    pub labels: Vec<String>,
    /// How many go from which band (row) to which (column); null: fewer than `k`, or it would tell a count that is.
    pub matrix: Vec<Vec<Option<u64>>>,
    /// How many scores move by how much.
    pub shifts: Vec<Shift>,
    /// Groups that move most, each of at least `k` leads.
    pub groups: Vec<Group>,
}

/// Scores that move by so much, in parts per million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Shift {
    /// At least; null: without end.
    pub from_ppm: Option<i32>,
    /// Less than; null: without end.
    pub to_ppm: Option<i32>,
    /// How many; null as in the matrix.
    pub leads: Option<u64>,
}

/// A group of leads that share something, and what moved them: `baseline` and `shared` of each of them, and `rest` of all
/// of them together, are `moved` exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// How many they are.
    pub leads: u64,
    /// What they moved together: the sum over all of them.
    pub moved: i64,
    /// What the baseline moved each of them.
    pub baseline: i64,
    /// What they share, and what it moved each of them.
    pub shared: Vec<Line>,
    /// What all else moved them, together.
    pub rest: i64,
}

/// Something that a group shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The term.
    pub label: String,
    /// What its code means.
    pub meaning: String,
    /// What it moved each of them.
    pub difference: i64,
}

impl Comparison {
    /// The two models' tables compared; `label` gives what people call a column.
    #[must_use]
    pub fn of(
        (old, new): (&Model, &Model),
        purpose: &str,
        label: &dyn Fn(&str) -> String,
        lang: Lang,
    ) -> Self {
        let terms = matched(old.schema(), new.schema());
        let only = |is: fn(&Matched) -> bool| {
            let terms = terms.iter().filter(|it| is(it));
            let named = |it: &Matched| named(it, (old, new), label);
            terms.map(named).collect()
        };
        let mut moved = Vec::new();
        let mut changed_kind = Vec::new();
        for it in &terms {
            let (Some(before), Some(after)) = (it.old, it.new) else {
                continue;
            };
            match entries((before, after), (old, new), lang) {
                Some(rows) => moved.extend(rows.into_iter().map(|(meaning, entry)| Moved {
                    label: named(it, (old, new), label),
                    meaning,
                    entry,
                })),
                None => changed_kind.push(named(it, (old, new), label)),
            }
        }
        moved.retain(|it| it.entry.difference != 0);
        moved.sort_by_key(|it| std::cmp::Reverse(it.entry.difference.abs()));
        Self {
            schema_version: 1,
            about: "comparison",
            old: old.version().to_string(),
            new: new.version().to_string(),
            purpose: purpose.to_owned(),
            baseline: Sides::of(old.baseline().0, new.baseline().0),
            came: only(|it| it.old.is_none()),
            gone: only(|it| it.new.is_none()),
            changed_kind,
            moved,
            export: None,
        }
    }

    /// The document's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self)
            .expect("every key is a string and every value plain data")
            + "\n"
    }
}

impl Sides {
    fn of(old: i32, new: i32) -> Self {
        let (old, new) = (i64::from(old), i64::from(new));
        Self {
            old,
            new,
            difference: new - old,
        }
    }
}

fn named(it: &Matched, (old, new): (&Model, &Model), label: &dyn Fn(&str) -> String) -> String {
    match (it.new, it.old) {
        (Some(term), _) => term_label(new.schema(), term, label),
        (None, Some(term)) => term_label(old.schema(), term, label),
        (None, None) => String::new(),
    }
}

/// What a term that both have says of each piece that neither cuts; none where it is of different kinds.
fn entries(
    (before, after): (usize, usize),
    (old, new): (&Model, &Model),
    lang: Lang,
) -> Option<Vec<(String, Sides)>> {
    let entry = |a: u16, b: u16| {
        let of = |model: &Model, term: usize, code: u16| model.tables()[term][usize::from(code)].0;
        Sides::of(of(old, before, a), of(new, after, b))
    };
    let (was, is) = (old.schema(), new.schema());
    let feature = |at: usize| {
        let name = &is.features[at].name;
        let same = was.features.iter().find(|it| it.name == *name);
        let both = same.and_then(|it| pieces(&it.shape, &is.features[at].shape));
        both.map(|(shape, found)| {
            let found = widest(&shape, found);
            (shape, found)
        })
    };
    let Some(pair) = after.checked_sub(is.features.len()) else {
        let (shape, found) = feature(after)?;
        let row = |it: crate::model::matched::Piece| {
            (
                plain(&meaning(&shape, it.code, lang)),
                entry(it.old, it.new),
            )
        };
        return Some(found.into_iter().map(row).collect());
    };
    let (pair, earlier) = (&is.pairs[pair], &was.pairs[before - was.features.len()]);
    let (_, a) = feature(pair.a)?;
    let (_, b) = feature(pair.b)?;
    // The old model may have the two the other way round.
    let is_turned = was.features[earlier.a].name != is.features[pair.a].name;
    let mut cells: Vec<(u16, u16)> = Vec::new();
    for x in &a {
        for y in &b {
            let (first, second) = if is_turned { (y, x) } else { (x, y) };
            let cell = (earlier.code(first.old, second.old), pair.code(x.new, y.new));
            if !cells.contains(&cell) {
                cells.push(cell);
            }
        }
    }
    let row = |(x, y): (u16, u16)| {
        let (then, now) = (
            plain(&pair_meaning(was, earlier, x, lang)),
            plain(&pair_meaning(is, pair, y, lang)),
        );
        let what = if then == now || is_turned {
            now
        } else {
            format!("{then} → {now}")
        };
        (what, entry(x, y))
    };
    Some(cells.into_iter().map(row).collect())
}

/// What another model does to the leads that were counted.
#[must_use]
pub fn moves(
    (shifts, groups): (&Shifts, &[Counted]),
    (old, new): (&Model, &Model),
    (k, date): (u64, String),
    bands: Vec<(String, String)>,
    label: &dyn Fn(&str) -> String,
    lang: Lang,
) -> Moves {
    let terms = matched(old.schema(), new.schema());
    let baseline = i64::from(new.baseline().0) - i64::from(old.baseline().0);
    let meaning = |term: &Matched, was: Option<u16>, is: Option<u16>| {
        let of = |model: &Model, term: Option<usize>, code: Option<u16>| {
            let both = term.zip(code);
            both.map(|(term, code)| plain(&term_meaning(model.schema(), term, code, lang)))
        };
        match (of(old, term.old, was), of(new, term.new, is)) {
            (Some(then), Some(now)) if then != now => format!("{then} → {now}"),
            (_, Some(now)) => now,
            (then, None) => then.unwrap_or_default(),
        }
    };
    let group = |it: &Counted| {
        let lines = it.shared.iter().map(|line| Line {
            label: named(&terms[line.term], (old, new), label),
            meaning: meaning(&terms[line.term], line.old, line.new),
            difference: line.difference,
        });
        let shared: Vec<Line> = lines.collect();
        let each: i64 = shared.iter().map(|line| line.difference).sum::<i64>() + baseline;
        Group {
            leads: it.leads,
            moved: it.moved,
            baseline,
            rest: it.moved - each * it.leads as i64,
            shared,
        }
    };
    let starts = [None].into_iter().chain(EDGES.map(Some));
    let ends = EDGES.map(Some).into_iter().chain([None]);
    let ranges = starts.zip(ends).zip(shifts.ranges());
    let shift = |((from_ppm, to_ppm), leads)| Shift {
        from_ppm,
        to_ppm,
        leads,
    };
    let (bands, labels) = bands.into_iter().unzip();
    Moves {
        k,
        date,
        leads: shifts.leads(),
        bands,
        labels,
        matrix: shifts.matrix(),
        shifts: ranges.map(shift).collect(),
        groups: groups.iter().map(group).collect(),
    }
}

impl Comparison {
    /// The heading, and the entries that moved most.
    #[must_use]
    pub fn tables(&self, lang: Lang, width: usize, most: usize) -> String {
        let mut out = String::new();
        let short = |version: &str| version.get(..12).unwrap_or(version).to_owned();
        let (old, new) = (short(&self.old), short(&self.new));
        let (from, to) = (
            shown(self.baseline.old, lang),
            shown(self.baseline.new, lang),
        );
        let title = say!(
            lang,
            "From model {old} to model {new} (in log-odds); where all start: {from} → {to}"
                | "Du modèle {old} au modèle {new} (en logits)\u{a0}; départ de tous\u{a0}: {from} → {to}"
        );
        let _ = writeln!(out, "{title}");
        let lists = [
            (
                &self.came,
                say!(lang, "Only the new one has" | "Le nouveau est seul à avoir"),
            ),
            (
                &self.gone,
                say!(lang, "Only the old one has" | "L’ancien est seul à avoir"),
            ),
            (
                &self.changed_kind,
                say!(lang, "Of another kind now" | "Changent de nature"),
            ),
        ];
        for (names, title) in lists.into_iter().filter(|(names, _)| !names.is_empty()) {
            let names = names.join(", ");
            let line = say!(lang, "{title}: {names}" | "{title}\u{a0}: {names}");
            for line in wrap(&line, width) {
                let _ = writeln!(out, "{line}");
            }
        }
        let listed = &self.moved[..self.moved.len().min(most)];
        let rest = self.moved.len() - listed.len();
        let longest = listed.iter().map(|it| it.label.chars().count()).max();
        let room = width.saturating_sub(2 + 3 * 10 + 4).max(30);
        let labels = longest.unwrap_or(0).clamp(8, room * 9 / 20);
        let meanings = room - labels - 2;
        let heads = [
            say!(lang, "before" | "avant"),
            say!(lang, "after" | "après"),
            say!(lang, "moved" | "écart"),
        ];
        let mut line = |label: &str, meaning: &str, numbers: [String; 3]| {
            let (labelled, meant) = (wrap(label, labels), wrap(meaning, meanings));
            for at in 0..labelled.len().max(meant.len()) {
                let part = |of: &[String]| of.get(at).cloned().unwrap_or_default();
                let (label, meaning) = (part(&labelled), part(&meant));
                let mut text = format!("  {label:<labels$}  {meaning:<meanings$}");
                for number in numbers.iter().filter(|_| at == 0) {
                    let _ = write!(text, " {number:>9}");
                }
                let _ = writeln!(out, "{}", text.trim_end());
            }
        };
        if !listed.is_empty() {
            line("", "", heads);
        }
        for it in listed {
            let numbers = [it.entry.old, it.entry.new, it.entry.difference];
            line(
                &it.label,
                &it.meaning,
                numbers.map(|number| shown(number, lang)),
            );
        }
        let text = match rest {
            0 => return out,
            1 => say!(lang, "1 other moved less" | "1 autre a moins bougé"),
            _ => say!(
                lang,
                "{rest} others moved less" | "{rest} autres ont moins bougé"
            ),
        };
        let _ = writeln!(out, "  {text}");
        out
    }
}

impl Group {
    /// What they share and what moved them, each line the mean of one of them.
    #[must_use]
    pub fn text(&self, lang: Lang, width: usize) -> String {
        let mut out = String::new();
        let (leads, mean) = (lang.count(self.leads), shown(self.mean(self.moved), lang));
        let title = say!(
            lang,
            "{leads} leads move by {mean} on average, and share:"
                | "{leads} prospects bougent de {mean} en moyenne, et ont en commun\u{a0}:"
        );
        let _ = writeln!(out, "{title}");
        let room = width.saturating_sub(14).max(30);
        let mut line = |text: &str, number: i64| {
            let number = shown(number, lang);
            for (at, text) in wrap(text, room).iter().enumerate() {
                let number = if at == 0 { number.as_str() } else { "" };
                let _ = writeln!(out, "{}", format!("  {text:<room$} {number:>9}").trim_end());
            }
        };
        for it in &self.shared {
            let (label, meaning) = (&it.label, &it.meaning);
            let text = say!(lang, "{label}: {meaning}" | "{label}\u{a0}: {meaning}");
            line(&text, it.difference);
        }
        if self.baseline != 0 {
            let text = say!(lang, "where all start" | "départ de tous");
            line(&text, self.baseline);
        }
        let text = say!(lang, "all else, on average" | "tout le reste, en moyenne");
        line(&text, self.mean(self.rest));
        out
    }

    fn mean(&self, sum: i64) -> i64 {
        // To the nearest unit, halves away from zero.
        let leads = self.leads.max(1) as i64;
        (sum + sum.signum() * (leads / 2)) / leads
    }
}

fn shown(q20: i64, lang: Lang) -> String {
    signed(thousandths(q20), lang)
}
