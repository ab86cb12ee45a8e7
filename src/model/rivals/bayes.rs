//! Naive Bayes as Odoo scores leads: frequencies per field, a tenth added to each, and one product.
//!
//! Source: Odoo Community, `crm/models/crm_lead.py`, `_pls_get_naive_bayes_probabilities` (since version 14): P(won) ·
//! Π won(value) / won(field) against the same of lost; every frequency of the table has 0.1 added; a field that is
//! empty, or whose value is not in the table, says nothing; the probability is rounded to hundredths of a percent
//! and kept within 0.01 % and 99.99 %. Odoo's fields are discrete (country, source, language, quality of phone and
//! e-mail), and so are ours here: codes, that is bins of numbers, and levels that enough people share.

use crate::features::{Codes, Shape};
use crate::model::prepare::Prepared;

/// Added to every frequency.
const TENTH: f64 = 0.1;

/// The probability of each row, from its code of each feature.
pub(super) fn probabilities(learned: &Prepared, valid: &[Codes]) -> Vec<f64> {
    let won = learned.outcome.iter().filter(|won| **won).count() as f64;
    let lost = learned.outcome.len() as f64 - won;
    let tables: Vec<Vec<f64>> = learned
        .features
        .iter()
        .zip(&learned.counts)
        .zip(&learned.won)
        .map(|((feature, rows), won)| table(&feature.shape, rows, won))
        .collect();
    let rows = valid.first().map_or(0, Codes::len);
    (0..rows)
        .map(|row| {
            let fields = valid.iter().zip(&tables);
            let said: f64 = fields
                .map(|(codes, table)| table[usize::from(codes.at(row))])
                .sum();
            rounded(crate::odds::sigmoid(libm::log(won / lost) + said))
        })
        .collect()
}

/// What each code of a field says: log won(value) / won(field) less the same of lost.
fn table(shape: &Shape, rows: &[u64], won: &[u64]) -> Vec<f64> {
    let missing = usize::from(shape.missing());
    let known = |code: &usize| *code != missing && rows[*code] > 0;
    let frequency = |count: u64| count as f64 + TENTH;
    let all = |of: &dyn Fn(usize) -> u64| {
        let codes = (0..rows.len()).filter(known);
        codes.map(|code| frequency(of(code))).sum::<f64>()
    };
    let (all_won, all_lost) = (all(&|it| won[it]), all(&|it| rows[it] - won[it]));
    let mut table: Vec<f64> = (0..rows.len())
        .map(|code| {
            if !known(&code) {
                return 0.0;
            }
            libm::log(frequency(won[code]) / all_won)
                - libm::log(frequency(rows[code] - won[code]) / all_lost)
        })
        .collect();
    if let Shape::Number { edges, .. } = shape {
        // Beyond what was seen, a number says what the last bin says, as everywhere here.
        (table[missing + 1], table[missing + 2]) = (table[0], table[edges.len()]);
    }
    table
}

/// In hundredths of a percent, and neither impossible nor certain.
fn rounded(p: f64) -> f64 {
    (p * 1e4).round().clamp(1.0, 9_999.0) / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_says_what_its_frequencies_say() {
        // Two levels, missing, other: 30 of 40 won, 10 of 60 won, 5 missing, nobody else.
        let levels = vec!["a".to_owned(), "b".to_owned()];
        let table = table(
            &Shape::Category { levels },
            &[40, 60, 5, 0],
            &[30, 10, 1, 0],
        );
        let expected = ((30.1 / 40.2) / (10.1 / 60.2_f64)).ln();
        assert!((table[0] - expected).abs() < 1e-12);
        assert_eq!(table[2..], [0.0, 0.0], "empty and unknown say nothing");
        for (p, kept) in [(0.123_456, 0.1235), (0.0, 0.0001), (1.0, 0.9999)] {
            assert!((rounded(p) - kept).abs() < 1e-15);
        }
    }

    #[test]
    fn a_number_beyond_the_known_says_what_its_last_bin_says() {
        let shape = Shape::Number {
            edges: vec![10.0],
            low: 0.0,
            high: 20.0,
        };
        let table = table(&shape, &[50, 50, 7, 0, 0], &[10, 20, 3, 0, 0]);
        assert_eq!((table[3], table[4]), (table[0], table[1]));
        assert_eq!(table[2..3], [0.0]);
    }
}
