//! Labelled leads to learn from.

use super::people::People;
use super::train::Error;
use crate::policy::IdType;
use crate::table::Column;

/// The least number of rows of either outcome.
pub(crate) const LEAST_OF_EITHER: u64 = 50;

/// A declared feature and its parsed values.
#[derive(Clone, Debug)]
pub struct Example {
    /// The column's header.
    pub name: String,
    /// One value per row: numbers, a category or flags.
    pub column: Column,
    /// Kept although it looks like a calendar in disguise.
    pub keep_calendar: bool,
}

/// Labelled leads to learn from.
#[derive(Clone, Debug)]
pub struct Examples {
    /// The declared features, in the policy's order.
    pub features: Vec<Example>,
    /// Named in the schema.
    pub id_type: IdType,
    /// Whether each row was won.
    pub outcome: Vec<bool>,
    /// Each row's HMAC(seed, identifier): equal keys are one person, and their order is the order in
    /// which people are dealt.
    pub keys: Vec<[u8; 32]>,
    /// Days since 1970-01-01, `i32::MIN` where unknown.
    pub dates: Option<Vec<i32>>,
    /// The rows stand in the order of time already.
    pub in_file_order: bool,
}

impl Examples {
    /// Rows won and lost, if there is enough to learn from.
    pub(crate) fn check(&self) -> Result<(u64, u64), Error> {
        let rows = self.outcome.len();
        let ragged = self
            .features
            .iter()
            .any(|feature| feature.column.len() != rows);
        if ragged
            || self.keys.len() != rows
            || self.dates.as_ref().is_some_and(|dates| dates.len() != rows)
        {
            return Err(Error::Ragged);
        }
        let won = self.outcome.iter().filter(|&&won| won).count() as u64;
        let lost = rows as u64 - won;
        if won.min(lost) < LEAST_OF_EITHER {
            return Err(Error::FewOutcomes { won, lost });
        }
        Ok((won, lost))
    }

    /// Who stands behind the rows, and when they came.
    #[must_use]
    pub fn people(&self) -> People {
        let time: Option<Vec<i64>> = match &self.dates {
            Some(dates) => Some(dates.iter().map(|&day| i64::from(day)).collect()),
            None => self
                .in_file_order
                .then(|| (0..self.outcome.len() as i64).collect()),
        };
        People::new(&self.keys, time.as_deref())
    }
}
