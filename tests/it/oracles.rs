//! Other people's numbers: exact reference fits of real data, and linfa-logistic with the traps it sets.

use std::collections::BTreeSet;
use std::fs;

use probant::features::{Codes, Shape};
use probant::model::fit::{Basis, Coded, Coding, Dense, Error, certify, fit_linfa, newton, solve};

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");

/// What any solver of ours must agree to, in parameters and in probabilities.
const AGREEMENT: f64 = 1e-8;

/// A Bank Marketing file as rows of texts.
fn table(name: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let text = fs::read_to_string(format!("{SHARED}/data/bank_marketing/{name}")).unwrap();
    let mut lines = text.lines().map(|line| {
        line.split(';')
            .map(|cell| cell.trim_matches('"').to_owned())
            .collect()
    });
    (lines.next().unwrap(), lines.collect())
}

/// The references' dense design: standardised numbers, one column per level; rows whose position is a multiple of five are for testing.
fn design(
    header: &[String],
    rows: &[Vec<String>],
    columns: &BTreeSet<String>,
) -> (Dense, Dense, Vec<String>) {
    let train: Vec<usize> = (0..rows.len()).filter(|row| row % 5 != 0).collect();
    let mut names = Vec::new();
    let mut values: Vec<Vec<f64>> = Vec::new();
    for (at, name) in header.iter().enumerate().filter(|(_, name)| *name != "y") {
        if columns.contains(name) {
            let column: Vec<f64> = rows.iter().map(|row| row[at].parse().unwrap()).collect();
            let n = train.len() as f64;
            let mean = train.iter().map(|&row| column[row]).sum::<f64>() / n;
            let deviation = (train
                .iter()
                .map(|&row| (column[row] - mean).powi(2))
                .sum::<f64>()
                / n)
                .sqrt();
            names.push(name.clone());
            values.push(
                column
                    .iter()
                    .map(|value| (value - mean) / deviation)
                    .collect(),
            );
        } else if columns
            .iter()
            .any(|column| column.starts_with(&format!("{name}=")))
        {
            for level in train
                .iter()
                .map(|&row| &rows[row][at])
                .collect::<BTreeSet<_>>()
            {
                names.push(format!("{name}={level}"));
                values.push(
                    rows.iter()
                        .map(|row| f64::from(u8::from(row[at] == *level)))
                        .collect(),
                );
            }
        }
    }
    let dense = |part: Vec<usize>| Dense {
        values: part
            .iter()
            .flat_map(|&row| values.iter().map(move |column| column[row]))
            .collect(),
        width: values.len(),
        outcome: part
            .iter()
            .map(|&row| rows[row].last().unwrap() == "yes")
            .collect(),
    };
    (
        dense(train.clone()),
        dense((0..rows.len()).step_by(5).collect()),
        names,
    )
}

#[test]
fn our_newton_agrees_with_the_reference_fits() {
    if !fs::exists(format!("{SHARED}/oracles")).unwrap() {
        println!("skipped: no ../shared/oracles; a synthetic design stands in for it");
        return our_newton_on_codes_is_our_newton_on_their_dense_design();
    }
    for (data, oracle) in [
        ("bank-full.csv", "bankfull"),
        ("bank-additional-full.csv", "bankadd"),
    ] {
        let (header, rows) = table(data);
        for oracle in [format!("{oracle}.json"), format!("{oracle}_nodur.json")] {
            let text = fs::read_to_string(format!("{SHARED}/oracles/ref_{oracle}")).unwrap();
            let oracle: serde_json::Value = serde_json::from_str(&text).unwrap();
            let numbers = |key: &str| {
                oracle[key]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|x| x.as_f64().unwrap())
                    .collect::<Vec<_>>()
            };
            let names: Vec<String> = oracle["columns"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap().to_owned())
                .collect();
            let (train, test, ours) = design(&header, &rows, &names.iter().cloned().collect());
            assert_eq!(ours, names);
            let fitted = newton(&train, 1.0, vec![0.0; names.len() + 1], 1e-14).unwrap();
            let expected =
                std::iter::once(oracle["intercept"].as_f64().unwrap()).chain(numbers("coef"));
            for (ours, theirs) in fitted.theta.iter().zip(expected) {
                assert!(
                    (ours - theirs).abs() <= AGREEMENT,
                    "{ours} by us, {theirs} by the reference"
                );
            }
            for (eta, theirs) in test
                .log_odds(&fitted.theta)
                .iter()
                .zip(numbers("first_20_test_probs"))
            {
                assert!((1.0 / (1.0 + (-eta).exp()) - theirs).abs() <= AGREEMENT);
            }
        }
    }
}

/// Two features as codes, by arithmetic.
fn coded(rows: usize, mostly_won: bool) -> Coded {
    let a: Vec<u8> = (0..rows).map(|row| (row * 7 % 11 % 5) as u8).collect();
    let b: Vec<u8> = (0..rows).map(|row| (row * 13 % 17 % 3) as u8).collect();
    let lost = |row: usize| {
        (row * row + row / 3) % 7 < 2 + usize::from(a[row] > 2)
            || (b[row] == 1 && row.is_multiple_of(4))
    };
    let outcome: Vec<bool> = (0..rows)
        .map(|row| {
            if mostly_won {
                !(lost(row) && row % 3 > 0)
            } else {
                lost(row) && row % 3 > 0
            }
        })
        .collect();
    let number = Shape::Number {
        edges: vec![1.0, 2.0, 3.0],
        low: 0.0,
        high: 9.0,
    };
    let terms = [(number, a, 7), (Shape::Flag, b, 3)].map(|(shape, codes, count)| {
        let codes = Codes::Narrow(codes);
        Coding {
            basis: Basis::of_feature(&shape, &codes.counts(count), 20),
            codes: codes.into(),
        }
    });
    Coded::new(terms.into(), outcome.into())
}

fn largest(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}

fn rows(coded: &Coded) -> Vec<u32> {
    (0..coded.outcome.len() as u32).collect()
}

#[test]
fn our_newton_on_codes_is_our_newton_on_their_dense_design() {
    for ridge in [0.1, 3.0, 300.0] {
        let coded = coded(5000, false);
        let dense = Dense::of(&coded, &rows(&coded));
        let on_codes = newton(&coded, ridge, coded.start(), 1e-10).unwrap();
        let on_doubles = newton(&dense, ridge, vec![0.0; on_codes.theta.len()], 1e-13).unwrap();
        assert!(
            largest(&on_codes.theta, &on_doubles.theta) <= AGREEMENT,
            "{ridge}"
        );
    }
}

#[test]
fn linfa_is_oriented_by_its_labels_whichever_outcome_is_the_majority() {
    for mostly_won in [false, true] {
        let coded = coded(3000, mostly_won);
        let ours = newton(&coded, 1.0, coded.start(), 1e-10).unwrap();
        let theirs = fit_linfa(&Dense::of(&coded, &rows(&coded)), 1.0, 1000).unwrap();
        assert!(
            largest(&ours.theta, &theirs.theta) < 1e-4,
            "{ours:?} {theirs:?}"
        );
        assert_eq!(
            coded.outcome.iter().filter(|&&won| won).count() > 1500,
            mostly_won
        );
    }
}

#[test]
fn linfas_tolerance_is_scaled_to_the_number_of_rows() {
    for rows_held in [300, 3000, 30_000] {
        let coded = coded(rows_held, false);
        let theirs = fit_linfa(&Dense::of(&coded, &rows(&coded)), 1.0, 1000).unwrap();
        assert!(
            theirs.gradient <= 1e-6,
            "{rows_held} rows: {}",
            theirs.gradient
        );
    }
}

#[test]
fn linfas_ok_is_not_taken_for_convergence() {
    let coded = coded(3000, false);
    let stopped = fit_linfa(&Dense::of(&coded, &rows(&coded)), 1.0, 1).unwrap();
    assert!(
        stopped.gradient > 1e-3,
        "recomputed by us: {}",
        stopped.gradient
    );
    assert!(matches!(stopped.checked(), Err(Error::NotConverged { .. })));
    assert!(solve(&coded, 1.0, 64).unwrap().gradient <= 1e-6);
}

#[test]
fn linfa_starts_from_zero_and_certifies_with_numbers_of_its_own() {
    let coded = coded(3000, true);
    let certificate = certify(&coded, &rows(&coded), 1.0, 64).unwrap();
    assert!(
        certificate.certified && certificate.largest_difference > 0.0,
        "{certificate:?}"
    );
    assert_eq!(certificate.rows, 2000);
    // Without memory there is no sample, and no certificate that nothing was looked at for.
    assert_eq!(
        certify(
            &self::coded(30_000, true),
            &(0..30_000).collect::<Vec<_>>(),
            1.0,
            0
        )
        .unwrap_err(),
        Error::TooLarge {
            rows: 0,
            columns: 8,
            mib: 0
        }
    );
}

#[test]
fn what_is_not_a_number_never_reaches_linfa() {
    let coded = coded(300, false);
    for bad in [f64::NAN, f64::INFINITY] {
        let mut dense = Dense::of(&coded, &rows(&coded));
        dense.values[17] = bad;
        assert!(matches!(
            fit_linfa(&dense, 1.0, 100),
            Err(Error::Refused { .. })
        ));
    }
    let one_class = Coded::new(coded.terms, vec![true; 300].into());
    assert!(matches!(
        fit_linfa(&Dense::of(&one_class, &rows(&one_class)), 1.0, 100),
        Err(Error::Refused { .. })
    ));
}

#[test]
fn linfa_gives_the_model_only_where_its_design_fits() {
    let coded = coded(30_000, false);
    assert!(matches!(solve(&coded, 1.0, 1), Err(Error::TooLarge { .. })));
}
