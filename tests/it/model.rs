//! The model: its integers add up, its document cannot be bent, and the same data give the same bytes.

use proptest::prelude::*;

use probant::digest::sha256;
use probant::features::{Codes, Feature, Pair, Schema, Shape};
use probant::model::document::Settings;
use probant::model::evaluate::Judged;
use probant::model::findings::{Findings, Holdout, Warning};
use probant::model::train::{Error, Example, Examples, codes_of, cross_validate, fit_at, train};
use probant::model::{Model, fit};
use probant::odds::LogOdds;
use probant::policy::{IdType, Pairs, Profiling, Solver, Training};
use probant::table::{Category, Column};

/// Rounding of one entry is half of 2⁻²⁰; the fits themselves agree far better.
const SHAP_TOLERANCE: f64 = 1e-6;
const METRIC_TOLERANCE: f64 = 1e-9;

pub(crate) fn training() -> Training {
    Training {
        seed: 7,
        min_people: 20,
        max_bins: 16,
        pairs: Pairs::Auto,
        solver: Solver::Newton,
        one_standard_error: false,
        rows_in_time_order: false,
        max_calibration_error: 0.2,
        certificate_mib: 64,
    }
}

/// A small generator, so that the tests need no randomness (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }
}

fn category(values: &[Option<String>]) -> Column {
    let mut column = Category::default();
    for value in values {
        let code = value.as_ref().map_or(Category::MISSING, |value| {
            column
                .levels
                .iter()
                .position(|level| **level == **value)
                .unwrap_or_else(|| {
                    column.levels.push(value.as_str().into());
                    column.levels.len() - 1
                }) as u32
        });
        column.codes.push(code);
    }
    Column::Category(column)
}

fn example(name: &str, column: Column) -> Example {
    Example {
        name: name.to_owned(),
        column,
        keep_calendar: false,
    }
}

/// Synthetic leads: two numbers (missing values, a sentinel), a category (rare levels), a flag, an interaction.
pub(crate) fn leads(rows: usize, base: f64) -> Examples {
    let mut random = Random(11);
    let (mut size, mut visits, mut source, mut flag, mut outcome) =
        (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..rows {
        let s = if random.unit() < 0.1 {
            f64::NAN
        } else {
            (random.unit() * random.unit() * 900.0).round()
        };
        let v = if random.unit() < 0.4 {
            999.0
        } else {
            random.below(12) as f64
        };
        let names = ["ads", "fair", "mail", "web", "referral"];
        let c = if random.unit() < 0.01 {
            format!("rare-{}", random.below(9))
        } else {
            names[random.below(5)].to_owned()
        };
        let c = (random.unit() > 0.05).then_some(c);
        let f = if random.unit() < 0.05 {
            2
        } else {
            random.below(2) as u8
        };
        let both = v > 900.0 && c.as_deref() == Some("web");
        let eta = base + if s.is_nan() { 0.3 } else { s / 300.0 } - f64::from(f) * 0.4
            + if both { 1.5 } else { 0.0 };
        outcome.push(random.unit() < 1.0 / (1.0 + (-eta).exp()));
        size.push(s);
        visits.push(v);
        source.push(c);
        flag.push(f);
    }
    Examples {
        features: vec![
            example("size", Column::Number(size)),
            example("visits", Column::Number(visits)),
            example("source", category(&source)),
            example("recent", Column::Flag(flag)),
        ],
        id_type: IdType::Row,
        outcome,
        keys: (0..rows as u64)
            .map(|row| sha256(&[b"key", &row.to_be_bytes()]))
            .collect(),
        dates: None,
        in_file_order: false,
    }
}

/// The same leads with their rows in another order, and the category's dictionary with them.
pub(crate) fn shuffled(examples: &Examples, seed: u64) -> Examples {
    let mut random = Random(seed);
    let mut order: Vec<usize> = (0..examples.outcome.len()).collect();
    for at in (1..order.len()).rev() {
        order.swap(at, random.below(at + 1));
    }
    let features = examples.features.iter().map(|example| {
        let column = match &example.column {
            Column::Number(values) => {
                Column::Number(order.iter().map(|&row| values[row]).collect())
            }
            Column::Flag(values) => Column::Flag(order.iter().map(|&row| values[row]).collect()),
            Column::Category(held) => {
                let text = |row: usize| {
                    held.levels
                        .get(held.codes[row] as usize)
                        .map(ToString::to_string)
                };
                category(&order.iter().map(|&row| text(row)).collect::<Vec<_>>())
            }
            other => panic!("no such feature here: {other:?}"),
        };
        Example {
            column,
            ..example.clone()
        }
    });
    Examples {
        features: features.collect(),
        outcome: order.iter().map(|&row| examples.outcome[row]).collect(),
        keys: order.iter().map(|&row| examples.keys[row]).collect(),
        dates: examples
            .dates
            .as_ref()
            .map(|dates| order.iter().map(|&row| dates[row]).collect()),
        ..examples.clone()
    }
}

fn trained(examples: &Examples, training: &Training, threads: usize) -> (Model, Findings) {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| train(examples, training, &Profiling::default(), &|_| ()))
        .unwrap()
}

#[test]
fn any_order_of_rows_and_any_number_of_threads_give_the_same_bytes() {
    let leads = leads(3000, -1.5);
    let (model, findings) = trained(&leads, &training(), 1);
    assert!(
        !findings.pairs.is_empty(),
        "the interaction was not found: {:?}",
        findings.tried
    );
    assert!(findings.certificate.as_ref().unwrap().certified && findings.promotable);
    for (threads, seed) in [(2, 1), (16, 2)] {
        let (other, also) = trained(&shuffled(&leads, seed), &training(), threads);
        assert_eq!(model.to_json(), other.to_json(), "{threads} threads");
        assert_eq!(
            (findings.metrics.clone(), findings.tried.clone()),
            (also.metrics, also.tried)
        );
    }
    let dated = |mut leads: Examples| {
        leads.dates = Some(
            leads
                .keys
                .iter()
                .map(|key| 19_000 + i32::from(key[0]) * 3)
                .collect(),
        );
        leads
    };
    let (model, findings) = trained(&dated(leads.clone()), &training(), 2);
    assert!(matches!(findings.holdout, Holdout::Time { from: Some(_) }));
    assert_eq!(
        model.to_json(),
        trained(&dated(shuffled(&leads, 3)), &training(), 16)
            .0
            .to_json()
    );
}

#[test]
fn where_a_fit_of_many_rows_began_does_not_show_in_the_model() {
    let leads = leads(140_000, -1.0);
    let all: Vec<u32> = (0..140_000).collect();
    let text = |examples: &Examples, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| {
            let fitted = fit_at(examples, &all, 1.0, &[], &training()).unwrap();
            assert!(fitted.gradient <= fit::TOLERANCE && fitted.steps < 20);
            fitted.model.to_json()
        })
    };
    let model = text(&leads, 1);
    assert_eq!(text(&shuffled(&leads, 3), 3), model);
    // Other keys are another sample to begin on; no key under the limit is no sample at all.
    let keyed = |first: fn(u8) -> u8| {
        let mut keyed = leads.clone();
        keyed.keys.iter_mut().for_each(|key| key[0] = first(key[0]));
        keyed
    };
    assert_eq!(text(&keyed(|byte| !byte), 2), model);
    assert_eq!(text(&keyed(|_| 255), 2), model);
}

#[test]
fn neither_outcome_is_the_favourite() {
    // linfa calls the majority positive; whichever that is, and whoever fits, won stays won.
    for base in [-2.0, 1.5] {
        let won = leads(2000, base);
        let lost = Examples {
            outcome: won.outcome.iter().map(|won| !won).collect(),
            ..won.clone()
        };
        let all: Vec<u32> = (0..2000).collect();
        let fit = |examples: &Examples, solver| {
            fit_at(
                examples,
                &all,
                3.0,
                &[],
                &Training {
                    solver,
                    ..training()
                },
            )
            .unwrap()
            .model
        };
        let ours = fit(&won, Solver::Newton);
        let linfa = fit(&won, Solver::Linfa);
        let mirror = fit(&lost, Solver::Newton);
        let entries = |model: &Model| {
            model
                .tables()
                .iter()
                .flatten()
                .copied()
                .chain([model.baseline()])
                .collect::<Vec<_>>()
        };
        for ((ours, linfa), mirror) in entries(&ours)
            .into_iter()
            .zip(entries(&linfa))
            .zip(entries(&mirror))
        {
            assert!(
                (ours.value() - linfa.value()).abs() < 1e-3,
                "{ours:?} by us, {linfa:?} by linfa"
            );
            assert!((ours.0 + mirror.0).abs() <= 2, "{ours:?} and {mirror:?}");
        }
    }
}

#[test]
fn a_changed_byte_is_another_model_or_none() {
    let leads = leads(600, -1.0);
    let all: Vec<u32> = (0..600).collect();
    let model = fit_at(
        &leads,
        &all,
        10.0,
        &[("visits".into(), "source".into())],
        &Training {
            max_bins: 4,
            ..training()
        },
    )
    .unwrap()
    .model;
    let text = model.to_json();
    assert_eq!(Model::parse(&text).as_ref(), Ok(&model));
    assert_eq!(
        Schema::parse(&model.schema().to_json()).as_ref(),
        Ok(model.schema())
    );
    for at in 0..text.len() {
        for byte in [text.as_bytes()[at] ^ 1, b'0', b' ', b'"'] {
            let mut damaged = text.clone().into_bytes();
            if damaged[at] == byte {
                continue;
            }
            damaged[at] = byte;
            let Ok(damaged) = String::from_utf8(damaged) else {
                continue;
            };
            if let Ok(parsed) = Model::parse(&damaged) {
                assert_ne!(
                    parsed.version(),
                    model.version(),
                    "byte {at} was changed unseen"
                );
                assert_eq!(parsed.to_json(), damaged);
            }
        }
        assert!(
            Model::parse(&text[..at]).is_err(),
            "{at} bytes of a model passed for one"
        );
    }
    assert!(Model::parse(&format!("{text}\n")).is_err());
}

/// A schema with a feature of every shape and a pair, and a row of codes for it.
fn arbitrary() -> impl Strategy<Value = (Vec<Vec<i32>>, i32, Vec<u16>)> {
    let lengths = [7usize, 5, 3, 10];
    let tables = lengths
        .map(|length| prop::collection::vec(-400_000_000..400_000_000i32, length))
        .to_vec();
    (
        tables,
        -400_000_000..400_000_000i32,
        (0u16..7, 0u16..5, 0u16..3).prop_map(|(a, b, c)| vec![a, b, c]),
    )
}

fn model_of(tables: &[Vec<i32>], baseline: i32) -> Model {
    let feature = |name: &str, shape| Feature {
        name: name.to_owned(),
        shape,
    };
    let coarse = |codes: &[i8]| codes.iter().map(|&code| u8::try_from(code).ok()).collect();
    let schema = Schema {
        normaliser: 1,
        id_type: "row".to_owned(),
        features: vec![
            feature(
                "n",
                Shape::Number {
                    edges: vec![0.5, 1.5, 2e-9 + 2.0],
                    low: -1.0,
                    high: 7.25,
                },
            ),
            feature(
                "c",
                Shape::Category {
                    levels: vec!["a".into(), "z".into(), "é \"b\"".into()],
                },
            ),
            feature("f", Shape::Flag),
        ],
        pairs: vec![Pair {
            a: 0,
            b: 1,
            coarse_a: coarse(&[0, 1, 1, 2, -1, 0, 2]),
            coarse_b: coarse(&[0, 1, 2, -1, 1]),
        }],
    };
    let settings = Settings {
        seed: 1,
        min_people: 20,
        max_bins: 32,
        strength: "0.3".into(),
        solver: Solver::Newton,
        rows: 9,
        positives: 4,
    };
    let tables = tables
        .iter()
        .map(|table| table.iter().copied().map(LogOdds).collect())
        .collect();
    Model::new(schema, settings, LogOdds(baseline), tables).unwrap()
}

proptest! {
    #[test]
    fn baseline_and_contributions_add_up_to_the_log_odds((tables, baseline, row) in arbitrary()) {
        let model = model_of(&tables, baseline);
        prop_assert_eq!(Model::parse(&model.to_json()), Ok(model.clone()));
        let score = model.score(&row).unwrap();
        let sum = i64::from(baseline) + score.terms.iter().map(|term| i64::from(term.contribution.0)).sum::<i64>();
        prop_assert_eq!(i64::from(score.log_odds.0), sum);
        let columns: Vec<Codes> = row.iter().map(|&code| Codes::Narrow(vec![code as u8; 3])).collect();
        let batch = model.score_batch(&columns).unwrap();
        prop_assert_eq!(batch.log_odds, vec![score.log_odds; 3]);
        prop_assert_eq!(u16::from(batch.pairs[0][2]), score.terms[3].code);
        let shown: f64 = (0..3).map(|term| model.contributions(term, &columns[term])[0]).sum::<f64>()
            + model.contributions(3, &Codes::Narrow(batch.pairs[0].clone()))[0];
        prop_assert_eq!((shown + model.baseline().value()).to_bits(), score.log_odds.value().to_bits());
    }
}

#[test]
fn a_model_whose_terms_could_overflow_does_not_exist() {
    let mut tables = vec![vec![0; 7], vec![0; 5], vec![0; 3], vec![0; 10]];
    tables[0][3] = i32::MAX - 5;
    let model = model_of(&tables, 5);
    let grown = |baseline| {
        Model::new(
            model.schema().clone(),
            model.settings().clone(),
            LogOdds(baseline),
            model.tables().to_vec(),
        )
    };
    assert!(grown(5).is_ok() && grown(6).is_err() && grown(i32::MIN).is_err());
    let text = model.to_json();
    assert!(text.contains("\"baseline\": 5"));
    assert!(Model::parse(&text.replace("\"baseline\": 5", "\"baseline\": 6")).is_err());
    assert!(model.score(&[0, 0]).is_err() && model.score(&[7, 0, 0]).is_err());
    assert!(
        model
            .score_batch(&[
                Codes::Narrow(vec![7]),
                Codes::Narrow(vec![0]),
                Codes::Narrow(vec![0])
            ])
            .is_err()
    );
}

pub(crate) fn golden(name: &str) -> serde_json::Value {
    let path = format!(
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/{}"),
        name
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap_or(f64::NAN))
        .collect()
}

#[test]
fn figures_are_those_of_scikit_learn() {
    for case in golden("metrics.json").as_array().unwrap() {
        let p = numbers(&case["probabilities"]);
        let outcome: Vec<bool> = numbers(&case["outcome"]).iter().map(|&y| y > 0.5).collect();
        let people: Vec<u32> = (0..p.len() as u32).collect();
        let figures = Judged::new(&p, &outcome, &people).figures();
        let ours = [
            figures.roc_auc,
            figures.pr_auc,
            figures.log_loss,
            figures.brier,
            figures.ece,
            figures.lift_10,
        ];
        for (ours, name) in ours
            .into_iter()
            .zip(["roc_auc", "pr_auc", "log_loss", "brier", "ece", "lift_10"])
        {
            let theirs = case[name].as_f64().unwrap();
            assert!(
                (ours - theirs).abs() <= METRIC_TOLERANCE,
                "{name}: {ours} by us, {theirs} by scikit-learn, {} rows",
                p.len()
            );
        }
    }
}

/// The leads behind `explain.json`.
pub(crate) fn golden_leads(golden: &serde_json::Value) -> Examples {
    let texts = |name: &str| {
        category(
            &golden[name]
                .as_array()
                .unwrap()
                .iter()
                .map(|text| text.as_str().map(str::to_owned))
                .collect::<Vec<_>>(),
        )
    };
    let outcome: Vec<bool> = numbers(&golden["outcome"])
        .iter()
        .map(|&y| y > 0.5)
        .collect();
    Examples {
        features: vec![
            example("age", Column::Number(numbers(&golden["age"]))),
            example("visits", Column::Number(numbers(&golden["visits"]))),
            example("source", texts("source")),
            example("region", texts("region")),
            example(
                "consent",
                Column::Flag(
                    numbers(&golden["consent"])
                        .iter()
                        .map(|&flag| flag as u8)
                        .collect(),
                ),
            ),
        ],
        keys: (0..outcome.len() as u64)
            .map(|row| sha256(&[&row.to_be_bytes()]))
            .collect(),
        outcome,
        ..leads(0, 0.0)
    }
}

#[test]
fn contributions_are_shap_values_and_pairs_carry_interaction_only() {
    let golden = golden("explain.json");
    let examples = golden_leads(&golden);
    let all: Vec<u32> = (0..examples.outcome.len() as u32).collect();
    let name = |position: &serde_json::Value| {
        examples.features[position.as_u64().unwrap() as usize]
            .name
            .clone()
    };
    let listed: Vec<(String, String)> = golden["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (name(&pair[0]), name(&pair[1])))
        .collect();
    let training = Training {
        max_bins: golden["max_bins"].as_u64().unwrap() as u32,
        ..training()
    };
    for (kind, pairs) in [("additive", vec![]), ("paired", listed)] {
        let model = fit_at(
            &examples,
            &all,
            golden["strength"].as_f64().unwrap(),
            &pairs,
            &training,
        )
        .unwrap()
        .model;
        let codes = codes_of(&examples, &model.schema().features, &all).unwrap();
        let baseline = golden[kind]["baseline"].as_f64().unwrap();
        assert!(
            (model.baseline().value() - baseline).abs() <= SHAP_TOLERANCE,
            "{kind}: baseline {:?}, {baseline}",
            model.baseline()
        );
        // The golden pairs stand in the order listed, the model's by gain.
        let place = |term: usize| match term.checked_sub(examples.features.len()) {
            None => term,
            Some(pair) => {
                let Pair { a, b, .. } = &model.schema().pairs[pair];
                let position = |[x, y]: [&serde_json::Value; 2]| {
                    x.as_u64() == Some(*a as u64) && y.as_u64() == Some(*b as u64)
                };
                examples.features.len()
                    + golden["pairs"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .position(|pair| position([&pair[0], &pair[1]]))
                        .unwrap()
            }
        };
        for (row, theirs) in golden[kind]["contributions"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
        {
            let theirs = numbers(theirs);
            let score = model
                .score(
                    &codes
                        .iter()
                        .map(|column| column.at(row))
                        .collect::<Vec<_>>(),
                )
                .unwrap();
            assert_eq!(score.terms.len(), theirs.len());
            for (term, ours) in score.terms.iter().enumerate() {
                let (ours, theirs) = (ours.contribution.value(), theirs[place(term)]);
                assert!(
                    (ours - theirs).abs() <= SHAP_TOLERANCE,
                    "{kind} row {row} term {term}: {ours}, {theirs}"
                );
            }
        }
    }
}

#[test]
fn hostile_columns_contribute_nothing_and_are_named() {
    let mut leads = leads(900, -1.0);
    let unique: Vec<Option<String>> = (0..900).map(|row| Some(format!("only-{row}"))).collect();
    leads
        .features
        .push(example("constant", Column::Number(vec![3.5; 900])));
    leads
        .features
        .push(example("nothing", Column::Number(vec![f64::NAN; 900])));
    leads
        .features
        .push(example("no-text", category(&vec![None; 900])));
    leads.features.push(example("unique", category(&unique)));
    let late: Vec<f64> = leads
        .outcome
        .iter()
        .map(|&won| if won { 1.0 } else { 0.0 })
        .collect();
    leads.features.push(example("late", Column::Number(late)));
    let (model, findings) = train(&leads, &training(), &Profiling::default(), &|_| ()).unwrap();
    for name in ["constant", "nothing", "no-text", "unique"] {
        let at = model
            .schema()
            .features
            .iter()
            .position(|feature| feature.name == name)
            .unwrap();
        assert!(
            model.tables()[at].iter().all(|entry| entry.0 == 0),
            "{name}"
        );
    }
    let named = |warning: &Warning| match warning {
        Warning::Constant { feature }
        | Warning::Leak { feature, .. }
        | Warning::Separates { feature, .. } => feature.clone(),
        _ => String::new(),
    };
    let named: Vec<String> = findings.warnings.iter().map(named).collect();
    for name in ["constant", "nothing", "no-text", "late"] {
        assert!(
            named.iter().any(|feature| feature == name),
            "{name} was not named in {:?}",
            findings.warnings
        );
    }
}

#[test]
fn one_outcome_or_too_few_of_either_is_refused() {
    for won in [0, 49, 551, 600] {
        let mut leads = leads(600, 0.0);
        leads.outcome = (0..600).map(|row| row < won).collect();
        let error = train(&leads, &training(), &Profiling::default(), &|_| ()).unwrap_err();
        assert_eq!(
            error,
            Error::FewOutcomes {
                won: won as u64,
                lost: 600 - won as u64
            }
        );
        assert!(error.hint().is_some());
    }
}

#[test]
fn a_design_of_too_many_columns_is_refused_before_it_is_fitted() {
    let mut leads = leads(9000, 0.0);
    let levels: Vec<Option<String>> = (0..9000)
        .map(|row| Some(format!("{:04}", row % 4500)))
        .collect();
    leads.features.push(example("wide", category(&levels)));
    let all: Vec<u32> = (0..9000).collect();
    let error = fit_at(
        &leads,
        &all,
        1.0,
        &[],
        &Training {
            min_people: 2,
            ..training()
        },
    )
    .unwrap_err();
    assert!(
        matches!(error, Error::Fit(fit::Error::TooWide { columns }) if columns > 4000),
        "{error}"
    );
}

#[test]
fn a_number_that_tells_the_month_is_left_out_unless_the_policy_insists() {
    let mut leads = leads(2400, -0.5);
    leads.dates = Some((0..2400).map(|row| 18_000 + row / 8).collect());
    leads.features.push(example(
        "rate",
        Column::Number((0..2400).map(|row| f64::from(row / 240) * 0.7).collect()),
    ));
    let calendar = |leads: &Examples| {
        let (model, findings) = train(leads, &training(), &Profiling::default(), &|_| ()).unwrap();
        let warned = findings.warnings.iter().any(
            |warning| matches!(warning, Warning::Calendar { feature, .. } if feature == "rate"),
        );
        (
            warned,
            model
                .schema()
                .features
                .iter()
                .any(|feature| feature.name == "rate"),
            findings.holdout,
        )
    };
    let holdout = Holdout::Time {
        from: Some("2019-12-10".into()),
    };
    assert_eq!(calendar(&leads), (true, false, holdout.clone()));
    leads.features.last_mut().unwrap().keep_calendar = true;
    assert_eq!(calendar(&leads), (true, true, holdout));
}

#[test]
fn one_person_stands_in_one_fold_and_is_drawn_as_one() {
    let once = leads(400, -0.5);
    let p: Vec<f64> = (0..400).map(|row| f64::from(row % 97) / 97.0).collect();
    let alone = Judged::new(&p, &once.outcome, &(0..400).collect::<Vec<_>>()).metrics(3);
    let repeat = |values: &[f64]| {
        values
            .iter()
            .flat_map(|&value| [value; 9])
            .collect::<Vec<_>>()
    };
    let outcome: Vec<bool> = once.outcome.iter().flat_map(|&won| [won; 9]).collect();
    let people: Vec<u32> = (0..400).flat_map(|person| [person; 9]).collect();
    let nine = Judged::new(&repeat(&p), &outcome, &people).metrics(3);
    // Nine rows of each person say no more than one does: the same draws, the same interval.
    assert!(
        (alone.roc_auc.low - nine.roc_auc.low).abs() < 1e-12
            && (alone.roc_auc.high - nine.roc_auc.high).abs() < 1e-12
    );

    let folds: Vec<u32> = (0..400).map(|row| row % 4).collect();
    let cv = cross_validate(
        &once,
        &Training {
            pairs: Pairs::Off,
            ..training()
        },
        Some(&folds),
        &|_| (),
    )
    .unwrap();
    assert_eq!(
        (
            cv.folds.len(),
            cv.folds.iter().map(|fold| fold.rows).sum::<u64>()
        ),
        (4, 400)
    );
    assert!(matches!(
        cross_validate(&once, &training(), Some(&folds[1..]), &|_| ()),
        Err(Error::Folds { rows: 400 })
    ));
}

#[test]
fn no_point_of_a_curve_stands_for_fewer_people_than_allowed() {
    let p: Vec<f64> = (0..137)
        .map(|row| f64::from(row * row % 101) / 101.0)
        .collect();
    let outcome: Vec<bool> = (0..137).map(|row| row % 3 == 0).collect();
    let judged = Judged::new(&p, &outcome, &(0..137).collect::<Vec<_>>());
    let curves = judged.curves(20);
    assert!(curves.reliability.len() == 6 && curves.reliability.iter().all(|bin| bin.rows >= 20));
    assert!(curves.roc.len() <= 7);
    for step in curves.roc.windows(2) {
        let rows = (step[1].0 - step[0].0) * 91.0 + (step[1].1 - step[0].1) * 46.0;
        assert!(rows >= 19.999, "{step:?} stands for {rows} rows");
    }
}
