//! The window beside the training: what comes in, what is said of it, and which terms say it.

use super::document::{
    FeatureDrift, Held, Monitored, Promise, ScoreCell, ScoreDrift, Share, Signal, TermDrift,
};
use super::pooled::{Cell, Side, join, pool};
use super::psi::{noise, psi};
use super::{Watched, shown};
use crate::features::{Feature, Shape};
use crate::model::findings::Level;
use crate::model::reference::{Census, Reach, Reference};
use crate::odds::ONE;

/// Cells of a number that a sentence tells apart: fourths of the training.
const FOURTHS: u64 = 4;

/// What a sentence names at most.
const NAMED: usize = 3;

/// A share that moved by less is not named.
const LEAST_MOVED: f64 = 0.01;

/// Fills in what the window's histograms say.
pub(super) fn measure(watched: &Watched<'_>, census: &Census, said: &mut Monitored) {
    let schema = watched.model.schema();
    let levels = &watched.findings.levels;
    let none = Vec::new();
    said.features = schema
        .features
        .iter()
        .zip(&census.features)
        .enumerate()
        .map(|(at, (feature, counts))| {
            feature_drift(watched, feature, levels.get(at).unwrap_or(&none), counts)
        })
        .collect();
    let reference = watched.findings.reference.as_ref();
    said.score = reference.and_then(|it| score_drift(watched, it, census));
    said.terms = terms(watched, reference, census);
    said.promise = census.scores.expected().map(|window| {
        let holdout = &watched.findings.metrics;
        Promise {
            window,
            training: reference.and_then(|it| it.expected),
            holdout_roc_auc: holdout.roc_auc,
            holdout_log_loss: holdout.log_loss,
            holdout_brier: holdout.brier,
            holdout_ece: holdout.ece,
        }
    });
}

/// How far an index moved: beyond a limit, and beyond chance.
fn signal(watched: &Watched<'_>, psi: f64, noise: f64) -> Signal {
    if psi <= noise {
        Signal::Steady
    } else if psi >= watched.limits.psi_alert {
        Signal::Alert
    } else if psi >= watched.limits.psi_watch {
        Signal::Watch
    } else {
        Signal::Steady
    }
}

/// The cells of an index: each code that the training shows, and all the others as one.
fn cells(rows: u64, levels: &[Level], counts: &[u64]) -> Vec<(u64, u64)> {
    let known = |code: usize| levels.get(code).and_then(|level| level.rows);
    let each = counts.iter().enumerate();
    let mut cells: Vec<(u64, u64)> = each
        .filter_map(|(code, &here)| Some((known(code)?, here)))
        .collect();
    let sum = |of: fn(&(u64, u64)) -> u64| cells.iter().map(of).sum::<u64>();
    let rest = (
        rows.saturating_sub(sum(|it| it.0)),
        counts.iter().sum::<u64>() - sum(|it| it.1),
    );
    cells.push(rest);
    cells
}

fn feature_drift(
    watched: &Watched<'_>,
    feature: &Feature,
    levels: &[Level],
    counts: &[u64],
) -> FeatureDrift {
    let (trained, here): (u64, u64) = (watched.findings.rows, counts.iter().sum());
    let all = cells(trained, levels, counts);
    let (psi, noise) = (psi(&all).unwrap_or(0.0), noise(&all));
    let training = |code: u16| levels.get(usize::from(code)).and_then(|it| it.rows);
    let cell = |code: u16| Cell {
        of: vec![code],
        before: training(code).unwrap_or(0),
        now: counts[usize::from(code)],
    };
    // A number's bins are neighbours; what is missing is nobody's.
    let codes: Vec<Cell<u16>> = match &feature.shape {
        Shape::Number { edges, .. } => {
            let bins = edges.len() as u16 + 1;
            let mut codes = join((0..bins).map(cell).collect(), Side::Now, watched.k);
            // What lies beyond is told by itself, unless those are too few: then it is with its end bin.
            let beyond = |at| Some(cell(at)).filter(|it| shown(it.now, watched.k).is_some());
            match (beyond(bins + 1), codes.first_mut()) {
                (Some(below), _) => codes.insert(0, below),
                (None, Some(first)) => first.with(cell(bins + 1)),
                (None, None) => {}
            }
            match (beyond(bins + 2), codes.last_mut()) {
                (Some(above), _) => codes.push(above),
                (None, Some(last)) => last.with(cell(bins + 2)),
                (None, None) => {}
            }
            codes.push(cell(feature.shape.missing()));
            codes
        }
        Shape::Category { .. } | Shape::Flag => (0..counts.len() as u16).map(cell).collect(),
    };
    let (listed, rest) = pool(codes, Side::Now, watched.k);
    let held = |cell: &Cell<u16>| Held {
        codes: cell.of.clone(),
        training: shown(cell.before, watched.k)
            .filter(|_| cell.before > 0 || cell.of.iter().all(|it| training(*it).is_some()))
            .map(|it| it as f64 / trained.max(1) as f64),
        window: cell.now as f64 / here.max(1) as f64,
    };
    let rate = |code: u16| Share {
        training: training(code).map(|it| it as f64 / trained.max(1) as f64),
        window: listed
            .iter()
            .find(|it| it.of == [code])
            .map(|it| it.now as f64 / here.max(1) as f64),
    };
    let (number, category) = (
        matches!(feature.shape, Shape::Number { .. }),
        matches!(feature.shape, Shape::Category { .. }),
    );
    let missing = feature.shape.missing();
    let mut cells: Vec<Held> = listed.iter().map(held).collect();
    cells.extend(rest.iter().map(|it| Held {
        codes: Vec::new(),
        ..held(it)
    }));
    FeatureDrift {
        feature: feature.name.clone(),
        psi,
        noise,
        signal: signal(watched, psi, noise),
        missing: rate(missing),
        unseen: category.then(|| rate(missing + 1)),
        below: number.then(|| rate(missing + 1)),
        above: number.then(|| rate(missing + 2)),
        moved: moved(listed, number.then_some(missing), trained)
            .iter()
            .map(held)
            .filter(|it| change(it).abs() >= LEAST_MOVED)
            .take(NAMED)
            .collect(),
        cells,
    }
}

/// How much a share grew.
fn change(held: &Held) -> f64 {
    held.window - held.training.unwrap_or(0.0)
}

/// Cells by how far they moved, the farthest first; a number's in fourths of the training.
fn moved(listed: Vec<Cell<u16>>, missing: Option<u16>, trained: u64) -> Vec<Cell<u16>> {
    let mut cells = match missing {
        None => listed,
        Some(missing) => {
            let mut fourths: Vec<Cell<u16>> = Vec::new();
            for cell in listed {
                let full = fourths
                    .last()
                    .is_none_or(|last| last.before * FOURTHS >= trained || last.of == [missing]);
                if full || cell.of == [missing] {
                    fourths.push(cell);
                } else if let Some(last) = fourths.last_mut() {
                    last.of.extend(cell.of);
                    last.before += cell.before;
                    last.now += cell.now;
                }
            }
            fourths
        }
    };
    let here: u64 = cells.iter().map(|it| it.now).sum();
    let far = |cell: &Cell<u16>| {
        let (before, now) = (cell.before as f64, cell.now as f64);
        (now / here.max(1) as f64 - before / trained.max(1) as f64).abs()
    };
    cells.sort_by(|a, b| far(b).total_cmp(&far(a)));
    cells
}

fn score_drift(
    watched: &Watched<'_>,
    reference: &Reference,
    census: &Census,
) -> Option<ScoreDrift> {
    let here = census.scores.cells(&reference.edges);
    if reference.rows.len() != here.len() {
        return None;
    }
    let all: Vec<(u64, u64)> = reference.rows.iter().copied().zip(here).collect();
    let (psi, noise) = (psi(&all)?, noise(&all));
    let (trained, rows) = all
        .iter()
        .fold((0, 0), |sum, cell| (sum.0 + cell.0, sum.1 + cell.1));
    let cells = all.iter().enumerate().map(|(at, &(before, now))| Cell {
        of: vec![at],
        before,
        now,
    });
    let cells = join(cells.collect(), Side::Now, watched.k);
    let edge = |at: usize| reference.edges.get(at).copied().unwrap_or(1_000_000);
    let cells = cells.iter().map(|cell| ScoreCell {
        over: cell.of[0].checked_sub(1).map_or(0, edge),
        up_to: cell.of.last().map_or(1_000_000, |at| edge(*at)),
        training: cell.before as f64 / trained as f64,
        window: cell.now as f64 / rows as f64,
    });
    Some(ScoreDrift {
        psi,
        noise,
        signal: signal(watched, psi, noise),
        cells: cells.collect(),
    })
}

/// What each term adds, exact from its integers.
fn terms(watched: &Watched<'_>, reference: Option<&Reference>, census: &Census) -> Vec<TermDrift> {
    let schema = watched.model.schema();
    let names = |at: usize| match at.checked_sub(schema.features.len()) {
        None => vec![schema.features[at].name.clone()],
        Some(pair) => {
            let pair = &schema.pairs[pair];
            [pair.a, pair.b]
                .map(|it| schema.features[it].name.clone())
                .to_vec()
        }
    };
    let here = census.reaches(watched.model);
    let before = reference.map(|it| it.terms.as_slice());
    let before = before.filter(|it| it.len() == here.len());
    let all = |reaches: &[Reach]| reaches.iter().map(|it| it.size).sum::<i64>();
    let mean = |sum: i64, rows: u64| sum as f64 / f64::from(ONE) / rows.max(1) as f64;
    let part = |size: i64, all: i64| size as f64 / all.max(1) as f64;
    let each = here.iter().enumerate();
    each.map(|(at, reach)| {
        let trained = before.map(|before| (before[at], all(before)));
        TermDrift {
            columns: names(at),
            training: trained.map(|(it, _)| mean(it.sum, watched.findings.rows)),
            window: mean(reach.sum, census.scores.rows()),
            weight_training: trained.map(|(it, all)| part(it.size, all)),
            weight_window: part(reach.size, all(&here)),
        }
    })
    .collect()
}
