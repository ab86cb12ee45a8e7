//! Each term of a model as a picture and as a table, with nothing in either that fewer than `k` people stand behind.

use crate::features::{Pair, Schema, Shape};
use crate::lang::Lang;
use crate::model::findings::Level;
use crate::odds::LogOdds;
use crate::say;

use super::card::CardInput;
use super::reasons::term_label;
use super::svg::{self, Mark};
use super::words::{coarse_meaning, meaning, number, plain, signed, thousandths};

/// Levels that a picture shows; more stand in the tables.
const DRAWN: usize = 16;

/// A feature or a pair, ready to be laid out.
pub(super) struct TermView {
    /// What people call it.
    pub title: String,
    /// Why it is used, as the policy says.
    pub why: String,
    /// Where the values come from, as the policy says.
    pub origin: String,
    /// The picture.
    pub svg: String,
    /// What the picture leaves out.
    pub note: String,
    /// Every code; empty for a pair.
    pub rows: Vec<CodeRow>,
}

/// One code of a feature, in a table.
pub(super) struct CodeRow {
    /// What it means.
    pub meaning: String,
    /// Training rows, or `< k`.
    pub rows: String,
    /// Share converted, or a dash.
    pub share: String,
    /// Its contribution, signed, or a dash.
    pub contribution: String,
}

/// All features in the schema's order, strongest first, then all pairs.
pub(super) fn terms(input: &CardInput<'_>, lang: Lang) -> Vec<TermView> {
    let schema = input.model.schema();
    let scale = scale(input);
    let mut order: Vec<usize> = (0..schema.features.len()).collect();
    let reach = |term: usize| {
        input.model.tables()[term]
            .iter()
            .map(|entry| entry.0.unsigned_abs())
            .max()
            .unwrap_or(0)
    };
    order.sort_by_key(|&term| std::cmp::Reverse(reach(term)));
    let features = order
        .into_iter()
        .map(|term| feature(input, term, scale, lang));
    let pairs = schema
        .pairs
        .iter()
        .enumerate()
        .map(|(at, pair)| pair_view(input, at, pair, lang));
    features.chain(pairs).collect()
}

/// The log-odds at the edge of every feature's picture: the same for all, so that they compare at a glance.
fn scale(input: &CardInput<'_>) -> f64 {
    let features = input.model.schema().features.len();
    let entries = input.model.tables()[..features].iter().flatten();
    entries.map(|entry| entry.value().abs()).fold(0.2, f64::max) * 1.08
}

/// The rows of a code if they may be shown: at least `k`, whatever the findings say.
pub(super) fn shown_rows(levels: &[Level], code: u16, k: u64) -> Option<&Level> {
    levels
        .iter()
        .find(|level| level.code == code)
        .filter(|level| level.rows.is_some_and(|rows| rows >= k))
}

fn feature(input: &CardInput<'_>, term: usize, scale: f64, lang: Lang) -> TermView {
    let feature = &input.model.schema().features[term];
    let table = &input.model.tables()[term];
    let levels = input.levels(term);
    let mark = |code: u16| Mark {
        name: meaning(&feature.shape, code, lang),
        value: shown_rows(levels, code, input.k()).map(|_| table[usize::from(code)].value()),
    };
    let title = term_label(input.model.schema(), term, &|name| input.label(name));
    let says = say!(
        lang,
        "What each value of “{title}” adds" | "Ce que chaque valeur de « {title} » apporte"
    );
    let mut note = String::new();
    let svg = match &feature.shape {
        Shape::Number { edges, .. } => {
            let bins: Vec<Mark> = (0..=edges.len() as u16).map(mark).collect();
            svg::steps(
                &says,
                &bins,
                &mark(feature.shape.missing()),
                &ticks(edges, lang),
                scale,
                lang,
            )
        }
        Shape::Category { .. } | Shape::Flag => {
            let mut marks: Vec<Mark> = (0..feature.shape.codes() as u16)
                .map(mark)
                .filter(|mark| mark.value.is_some())
                .collect();
            marks.sort_by(|a, b| b.value.unwrap_or(0.0).total_cmp(&a.value.unwrap_or(0.0)));
            if marks.len() > DRAWN {
                let n = marks.len() - DRAWN;
                marks.drain(DRAWN / 2..DRAWN / 2 + n);
                note = say!(
                    lang,
                    "{n} values in between: see the tables."
                        | "{n} valeurs intermédiaires : voir les tableaux."
                );
            }
            svg::bars(&says, &marks, scale, lang)
        }
    };
    let column = input.policy.column(&feature.name);
    TermView {
        title,
        why: column
            .and_then(|column| column.why.clone())
            .unwrap_or_default(),
        origin: column
            .and_then(|column| column.origin.clone())
            .unwrap_or_default(),
        svg,
        note,
        rows: (0..feature.shape.codes() as u16)
            .filter_map(|code| code_row(input, term, code, lang))
            .collect(),
    }
}

/// Up to five bin boundaries, evenly spread.
fn ticks(edges: &[f64], lang: Lang) -> Vec<(usize, String)> {
    let bins = edges.len() + 1;
    let shown = edges.len().min(4);
    (1..=shown)
        .map(|n| (n * bins + shown.div_ceil(2)) / (shown + 1))
        .filter(|&at| (1..bins).contains(&at))
        .map(|at| (at, number(edges[at - 1], lang)))
        .collect()
}

/// A code's line; `None` for the two codes of values beyond the training range, which no training row holds.
fn code_row(input: &CardInput<'_>, term: usize, code: u16, lang: Lang) -> Option<CodeRow> {
    let shape = &input.model.schema().features[term].shape;
    if matches!(shape, Shape::Number { .. }) && code > shape.missing() {
        return None;
    }
    let entry = input.model.tables()[term][usize::from(code)];
    let meaning = plain(&meaning(shape, code, lang));
    let k = input.k();
    let dash = || String::from("–");
    let row = match shown_rows(input.levels(term), code, k) {
        None => CodeRow {
            meaning,
            rows: format!("< {k}"),
            share: dash(),
            contribution: if entry == LogOdds(0) {
                signed(0, lang)
            } else {
                dash()
            },
        },
        Some(level) => {
            let rows = level.rows.unwrap_or(0);
            let both = level
                .positives
                .filter(|&won| won >= k && rows.saturating_sub(won) >= k);
            CodeRow {
                meaning,
                rows: lang.count(rows),
                share: both.map_or_else(dash, |won| lang.percent(won as f64 / rows as f64)),
                contribution: signed(thousandths(i64::from(entry.0)), lang),
            }
        }
    };
    Some(row)
}

fn pair_view(input: &CardInput<'_>, at: usize, pair: &Pair, lang: Lang) -> TermView {
    let schema: &Schema = input.model.schema();
    let term = schema.features.len() + at;
    let table = &input.model.tables()[term];
    let cells: Vec<f64> = table[..table.len().saturating_sub(1)]
        .iter()
        .map(|entry| entry.value())
        .collect();
    let side = |feature: usize, coarse: &[Option<u8>], width: usize| -> Vec<String> {
        (0..width as u8)
            .map(|code| coarse_meaning(&schema.features[feature].shape, coarse, code, lang))
            .collect()
    };
    let title = term_label(schema, term, &|name| input.label(name));
    let says = say!(
        lang,
        "What “{title}” adds together" | "Ce que « {title} » apporte ensemble"
    );
    let rows = side(pair.a, &pair.coarse_a, pair.width_a());
    let columns = side(pair.b, &pair.coarse_b, pair.width_b());
    let largest = cells
        .iter()
        .fold(0.05, |most: f64, cell| most.max(cell.abs()));
    let (k, a, b) = (
        input.k(),
        input.label(&schema.features[pair.a].name),
        input.label(&schema.features[pair.b].name),
    );
    TermView {
        why: say!(
            lang,
            "Rows: {a}. Columns: {b}. What the two say together beyond the sum of each."
                | "Lignes : {a}. Colonnes : {b}. Ce que les deux disent ensemble, au-delà de la somme de chacune."
        ),
        origin: String::new(),
        svg: svg::heat(&says, &rows, &columns, &cells, largest, lang),
        note: say!(
            lang,
            "A pale cell adds nothing, or fewer than {k} people share it."
                | "Une case pâle n’apporte rien, ou moins de {k} personnes s’y trouvent."
        ),
        rows: Vec::new(),
        title,
    }
}
