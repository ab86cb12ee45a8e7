//! The kernels one by one, so that a regression is found at its source: encode, score, pseudonym, leaf, tree, fit.
//!
//!   cargo bench --bench kernels                          all of them, a minute
//!   cargo bench --bench kernels -- tree                  those whose name says `tree`
//!   cargo bench --bench kernels -- --save-baseline main  then, after a change: -- --baseline main
//!
//! Invented columns shaped like the race's export: eight categories, five numbers, two flags, and a pair. One batch
//! of 65,536 rows, which is what the scorer holds while it is hot; the fit has four of them. Throughput is in rows.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{
    BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main,
    measurement::WallTime,
};
use probant::digest::sha256;
use probant::features::{Codes, Shape, encode};
use probant::form::Filing;
use probant::ledger::block::{BLOCK, shuffle};
use probant::ledger::salt::{Frontier, Salt};
use probant::ledger::segment::Growing;
use probant::ledger::{Block, Facts, Hash, Prediction, SegmentId, SegmentKind, Term, tree};
use probant::model::Model;
use probant::model::fit::{Basis, Coded, Coding, Descent};
use probant::model::train::{Example, Examples, fit_at};
use probant::name::IdType;
use probant::policy;
use probant::pseudonym::Master;
use probant::table::{Category, Column};
use probant::workspace::Replayer;

/// Rows of the fit: what one pass over them costs must not be drowned by starting threads.
const LEARNED: usize = 4 * BLOCK;

/// The name of the one segment.
const SEGMENT: [u8; 16] = [7; 16];

/// Its seed of salts.
const SEED: Salt = [9; 16];

criterion_group! {
    name = kernels;
    config = Criterion::default().sample_size(20);
    targets = reading, scoring, hiding, hashing, recording, learning
}
criterion_main!(kernels);

/// Values to codes, by kind of column.
fn reading(c: &mut Criterion) {
    let leads = Leads::invent(BLOCK);
    let model = model();
    let mut group = group(c, "encode", BLOCK);
    for (kind, at) in [("category of 40", 1), ("number", 8), ("flag", 13)] {
        let (column, shape) = (&leads.columns[at], &model.schema().features[at].shape);
        group.bench_function(kind, |b| b.iter(|| encode(black_box(column), shape)));
    }
    group.finish();
}

/// Codes to log-odds.
fn scoring(c: &mut Criterion) {
    let model = model();
    let codes = Leads::invent(BLOCK).codes(&model);
    let mut group = group(c, "score", BLOCK);
    group.bench_function("15 features and a pair", |b| {
        b.iter(|| model.score_batch(black_box(&codes)));
    });
    group.finish();
}

/// An identifier to the 16 bytes that the ledger knows a lead by.
fn hiding(c: &mut Criterion) {
    let purpose = "benchmark".parse().expect("a token");
    let key = Master::new(&[1; 32]).key(&purpose, IdType::CrmId);
    let names: Vec<String> = (0..BLOCK).map(|row| format!("L{row:011}")).collect();
    let all = || names.iter().map(|name| key.pseudonym(name).0);
    let mut group = group(c, "pseudonym", BLOCK);
    group.bench_function("hmac", |b| b.iter(|| all().collect::<Vec<_>>()));
    group.finish();
}

/// What the ledger does with a row, step by step, on one thread.
fn hashing(c: &mut Criterion) {
    let model = model();
    let widths = model.schema().widths();
    let predictions = predictions(&model, &Leads::invent(BLOCK).codes(&model));
    let bytes = |prediction: &Prediction| prediction.encode(&widths).expect("a record");
    let records: Vec<Vec<u8>> = predictions.iter().map(bytes).collect();
    let salts = || {
        let mut salts = Vec::with_capacity(BLOCK);
        Frontier::whole(SEED).extend(&SEGMENT, 0, BLOCK as u32, &mut salts);
        salts
    };
    let all = salts();
    let leaves = || -> Vec<Hash> {
        let rows = records.iter().zip(&all);
        rows.map(|(record, (_, salt))| tree::leaf(&[salt, record]))
            .collect()
    };
    let hashes = leaves();
    let mut group = group(c, "leaf", BLOCK);
    group.bench_function("record", |b| {
        b.iter(|| predictions.iter().map(bytes).collect::<Vec<_>>());
    });
    group.bench_function("salt", |b| b.iter(salts));
    group.bench_function("hash", |b| b.iter(leaves));
    group.finish();
    let mut group = self::group(c, "tree", BLOCK);
    group.bench_function("root", |b| b.iter(|| tree::root(black_box(&hashes))));
    group.finish();
}

/// The same for a whole block, as the ledger does it: on all threads, packed.
fn recording(c: &mut Criterion) {
    let model = model();
    let codes = Leads::invent(BLOCK).codes(&model);
    let wide = |column: &Codes| (0..BLOCK).map(|row| column.at(row)).collect();
    let wide: Vec<Vec<u16>> = codes.iter().map(wide).collect();
    let wide: Vec<&[u16]> = wide.iter().map(Vec::as_slice).collect();
    let block = Block {
        pseudonyms: &(0..BLOCK as u128)
            .map(u128::to_be_bytes)
            .collect::<Vec<_>>(),
        basis: &vec![4; BLOCK],
        outcomes: &vec![0; BLOCK],
        codes: &wide,
        facts: &Filing::default(),
    };
    let order = shuffle([3; 32], BLOCK);
    let replay = Replayer::new(model);
    let empty = || Growing::new(SegmentId(SEGMENT), SegmentKind::Proposals, wide.len(), SEED);
    let mut group = group(c, "segment", BLOCK);
    group.bench_function("shuffle", |b| b.iter(|| shuffle([3; 32], BLOCK)));
    group.bench_function("push", |b| {
        b.iter_batched_ref(
            empty,
            |growing| {
                growing
                    .push(&block, &order, Some(&replay))
                    .expect("a block that fits");
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// One evaluation of loss and gradient; one Newton step, which is two of them, the Hessian and its factor.
///
/// The Hessian alone is no part of the library: subtract.
fn learning(c: &mut Criterion) {
    let leads = Leads::invent(LEARNED);
    let model = model();
    let features = model.schema().features.iter();
    let terms = features.zip(leads.codes(&model)).map(|(feature, codes)| {
        let counts = codes.counts(feature.shape.codes());
        let basis = Basis::of_feature(&feature.shape, &counts, 20);
        let codes = Arc::new(codes);
        Coding { codes, basis }
    });
    let coded = Coded::new(terms.collect(), Arc::new(leads.outcome));
    let fit = |from: &[f64], to: f64| {
        let mut descent = Descent::from(from.to_vec());
        descent.approach(&coded, 1.0, to).expect("it converges")
    };
    // Near the optimum a step divides the gradient by far more than two.
    let near = fit(&coded.start(), 1e-4);
    let step = || fit(&near.theta, near.gradient / 2.0);
    assert_eq!(step().steps, 1);
    let mut group = group(c, "fit", LEARNED);
    group.bench_function("gradient", |b| b.iter(|| fit(&near.theta, f64::INFINITY)));
    group.bench_function("Newton step", |b| b.iter(step));
    group.finish();
}

fn group<'a>(c: &'a mut Criterion, name: &str, rows: usize) -> BenchmarkGroup<'a, WallTime> {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(rows as u64));
    group
}

/// A model of the invented leads, with a pair.
fn model() -> Model {
    let leads = Leads::invent(20_000);
    let training = policy::parse(include_str!("leads.toml"))
        .expect("a policy")
        .training;
    let name = |at: usize| format!("f{at:02}");
    let features = leads.columns.into_iter().enumerate();
    let examples = Examples {
        features: features
            .map(|(at, column)| Example {
                name: name(at),
                column,
                keep_calendar: false,
            })
            .collect(),
        id_type: IdType::CrmId,
        keys: (0..20_000u32)
            .map(|row| sha256(&[&row.to_be_bytes()]))
            .collect(),
        outcome: leads.outcome,
        dates: None,
        in_file_order: false,
    };
    let rows: Vec<u32> = (0..20_000).collect();
    fit_at(&examples, &rows, 1.0, &[(name(1), name(8))], &training)
        .expect("a model")
        .model
}

/// What would be recorded of these rows.
fn predictions(model: &Model, codes: &[Codes]) -> Vec<Prediction> {
    let prediction = |row: usize| {
        let features: Vec<u16> = codes.iter().map(|column| column.at(row)).collect();
        let score = model.score(&features).expect("codes of this model");
        let terms = score.terms.iter().map(|term| Term {
            code: term.code,
            contribution: term.contribution.0,
        });
        Prediction {
            segment: SEGMENT,
            row: row as u32,
            pseudonym: (row as u128).to_be_bytes(),
            basis: 4,
            outcome: 0,
            log_odds: score.log_odds.0,
            score: score.log_odds.score().ppm(),
            terms: terms.collect(),
            facts: Facts::parse(&[]).expect("no fact"),
        }
    };
    (0..BLOCK).map(prediction).collect()
}

/// Leads by column, with what became of them.
struct Leads {
    columns: Vec<Column>,
    outcome: Vec<bool>,
}

impl Leads {
    /// Leads whose outcome depends on the second category and the first number.
    fn invent(rows: usize) -> Self {
        let mut draws = Draws(1);
        let mut columns: Vec<Column> = [12, 40, 20, 18, 6, 9, 3, 8]
            .map(|levels| draws.category(rows, levels))
            .into();
        columns.extend((0..5).map(|at| draws.number(rows, 12.0 + 5.0 * f64::from(at))));
        columns.extend((0..2).map(|_| {
            let flags = (0..rows).map(|_| u8::from(draws.next() < 0.3));
            Column::Flag(flags.collect())
        }));
        let (Column::Category(level), Column::Number(number)) = (&columns[1], &columns[8]) else {
            unreachable!("the second column is a category, the ninth a number");
        };
        let rows = level.codes.iter().zip(number);
        let outcome = rows
            .map(|(level, number)| {
                let likely =
                    0.1 + 0.2 * f64::from(level % 3) + if *number > 15.0 { 0.2 } else { 0.0 };
                draws.next() < likely
            })
            .collect();
        Self { columns, outcome }
    }

    fn codes(&self, model: &Model) -> Vec<Codes> {
        let shapes = model.schema().features.iter().map(|it| &it.shape);
        let codes = |(column, shape): (&Column, &Shape)| encode(column, shape).expect("its kind");
        self.columns.iter().zip(shapes).map(codes).collect()
    }
}

/// The same numbers every time.
struct Draws(u64);

impl Draws {
    /// In `[0, 1)`.
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Level `k` is less likely than `k − 1`; one value in fifty is missing.
    fn category(&mut self, rows: usize, levels: u32) -> Column {
        let mut text = String::new();
        let name = |level| {
            text.clear();
            write!(text, "level {level:02}").expect("memory is no disk");
            Box::from(text.as_str())
        };
        let names = (0..levels).map(name).collect();
        let codes = (0..rows).map(|_| {
            let (one, two) = (self.next(), self.next());
            if self.next() < 0.02 {
                Category::MISSING
            } else {
                (one * two * f64::from(levels)) as u32
            }
        });
        Column::Category(Category {
            codes: codes.collect(),
            levels: names,
        })
    }

    /// Skewed to the right; one value in twelve is missing.
    fn number(&mut self, rows: usize, typical: f64) -> Column {
        let values = (0..rows).map(|_| {
            let value = -typical * (1.0 - self.next()).ln();
            if self.next() < 0.08 {
                f64::NAN
            } else {
                (value * 100.0).round() / 100.0
            }
        });
        Column::Number(values.collect())
    }
}
