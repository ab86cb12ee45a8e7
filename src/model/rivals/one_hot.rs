//! The ordinary pipeline: numbers standardised with the median where there is none, one column for each level,
//! logistic regression with C = 1.
//!
//! scikit-learn's `ColumnTransformer` of `SimpleImputer(strategy="median")` and `StandardScaler` for numbers and of
//! `OneHotEncoder(handle_unknown="ignore")` for everything else, before `LogisticRegression(C=1)`: the L2 penalty is
//! λ = 1 on the summed loss, and the intercept is free. A missing category or flag is a level like any other. Every
//! declared feature takes part, calendars too: the ordinary pipeline knows none.
//!
//! Two bounds keep it within a training's memory and time, and [`super::Compared::rows`] tells of the first: it is
//! fitted on [`MOST_ROWS`] rows at most, and levels that hardly anybody holds get no column where there would be
//! more than [`MOST_INDICATORS`].

use std::collections::HashMap;

use crate::model::examples::Example;
use crate::model::fit::{self, Indicators};
use crate::table::{Category, Column};

/// Rows that it is fitted on.
pub(super) const MOST_ROWS: usize = 1 << 18;

/// Indicator columns.
const MOST_INDICATORS: usize = 1_000;

/// scikit-learn's C = 1.
const RIDGE: f64 = 1.0;

/// What the columns' values become.
struct Pipeline<'a> {
    columns: Vec<Taken<'a>>,
    width: usize,
}

enum Taken<'a> {
    /// The values, what stands for none, the mean, one over the standard deviation.
    Number(&'a [f64], f64, f64, f64),
    /// The level's id of each row, and the column of each id.
    Level(Vec<u32>, HashMap<u32, u16>),
}

/// The probability of each of the `valid` rows by a fit on the rows `train`, in their order.
pub(super) fn probabilities(
    features: &[Example],
    outcome: &[bool],
    train: &[u32],
    valid: &[u32],
) -> Result<Vec<f64>, fit::Error> {
    let pipeline = Pipeline::new(features, train);
    let theta = pipeline.design(train, outcome).fit(RIDGE)?;
    let eta = pipeline.design(valid, outcome).log_odds(&theta);
    Ok(eta.into_iter().map(crate::odds::sigmoid).collect())
}

impl<'a> Pipeline<'a> {
    fn new(features: &'a [Example], train: &[u32]) -> Self {
        let ids: Vec<Option<Vec<u32>>> = features.iter().map(|it| ids(&it.column)).collect();
        let counts: Vec<HashMap<u32, usize>> = ids
            .iter()
            .flatten()
            .map(|ids| {
                let mut counts = HashMap::new();
                for &row in train {
                    *counts.entry(ids[row as usize]).or_insert(0) += 1;
                }
                counts
            })
            .collect();
        let kept = |least: usize| {
            let all = counts.iter().flat_map(HashMap::values);
            all.filter(|count| **count >= least).count()
        };
        let mut least = 1;
        while kept(least) > MOST_INDICATORS {
            least *= 2;
        }
        let mut width = 0;
        let mut counts = counts.into_iter();
        let columns = features.iter().zip(ids).filter_map(|(feature, ids)| {
            if let Column::Number(values) = &feature.column {
                return scaled(values, train);
            }
            let (ids, counts) = (ids?, counts.next()?);
            let mut levels: Vec<u32> = counts
                .into_iter()
                .filter(|(_, count)| *count >= least)
                .map(|(id, _)| id)
                .collect();
            levels.sort_unstable();
            let places = levels.into_iter().zip(width as u16..).collect();
            let taken = Taken::Level(ids, places);
            if let Taken::Level(_, places) = &taken {
                width += places.len();
            }
            Some(taken)
        });
        Self {
            columns: columns.collect(),
            width,
        }
    }

    fn design(&self, rows: &[u32], outcome: &[bool]) -> Indicators {
        let mut design = Indicators {
            width: self.width,
            outcome: rows.iter().map(|&row| outcome[row as usize]).collect(),
            ..Indicators::default()
        };
        for column in &self.columns {
            match column {
                Taken::Number(values, none, mean, scale) => {
                    let value = |&row: &u32| {
                        let value = values[row as usize];
                        ((if value.is_finite() { value } else { *none }) - mean) * scale
                    };
                    design.numbers.push(rows.iter().map(value).collect());
                }
                Taken::Level(ids, places) => {
                    let place = |&row: &u32| places.get(&ids[row as usize]).copied();
                    design.levels.push(rows.iter().map(place).collect());
                }
            }
        }
        design
    }
}

/// A number with its median, mean and scale on these rows; none without a value.
fn scaled<'a>(values: &'a [f64], train: &[u32]) -> Option<Taken<'a>> {
    let held = train.iter().map(|&row| values[row as usize]);
    let mut sorted: Vec<f64> = held.clone().filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let median = f64::midpoint(sorted[last / 2], sorted[last.div_ceil(2)]);
    let filled = held.map(|value| if value.is_finite() { value } else { median });
    let rows = train.len() as f64;
    let mean = filled.clone().sum::<f64>() / rows;
    let variance = filled.map(|it| (it - mean) * (it - mean)).sum::<f64>() / rows;
    // As scikit-learn: a constant is left as it is.
    let scale = if variance > 0.0 {
        1.0 / variance.sqrt()
    } else {
        1.0
    };
    Some(Taken::Number(values, median, mean, scale))
}

/// An integer for each row's level, ordered as the levels' texts are, so that no order of rows shows; none for numbers.
fn ids(column: &Column) -> Option<Vec<u32>> {
    match column {
        Column::Category(category) => {
            let mut order: Vec<&str> = category.levels.iter().map(|it| &**it).collect();
            order.sort_unstable();
            order.dedup();
            let of_code: Vec<u32> = category
                .levels
                .iter()
                .map(|level| order.partition_point(|it| *it < &**level) as u32)
                .collect();
            let id = |&code: &u32| of_code.get(code as usize).copied();
            Some(
                category
                    .codes
                    .iter()
                    .map(|it| id(it).unwrap_or(Category::MISSING))
                    .collect(),
            )
        }
        Column::Flag(values) => Some(values.iter().map(|&it| u32::from(it)).collect()),
        Column::Number(_) | Column::Date(_) | Column::Text(_) => None,
    }
}
