//! What the columns are called: those that are read, and those that come out.
//!
//! The score file's own names, except where an engine cannot have them; then both the table's
//! columns and the answer's are named by the same rule, and the comment lists what became what.

use std::collections::HashSet;

use super::Error;
use super::dialect::Dialect;
use crate::model::Model;
use crate::policy::Policy;

/// The columns that stand before the contributions, after the identifier.
const FIXED: [&str; 5] = ["score", "log_odds", "band", "model", "baseline"];

/// The columns of a SELECT.
pub(super) struct Names {
    /// The identifier's column in the table.
    pub(super) identifier: String,
    /// Each feature's column in the table.
    pub(super) read: Vec<String>,
    /// The answer's columns, in order.
    pub(super) out: Vec<String>,
    /// The names that this engine cannot have, and what they became.
    pub(super) changed: Vec<(String, String)>,
}

impl Names {
    pub(super) fn new(model: &Model, policy: &Policy, dialect: Dialect) -> Result<Self, Error> {
        let (column, _) = policy.identifier();
        let identifier = &column.ok_or(Error::NoIdentifier)?.name;
        let schema = model.schema();
        let features: Vec<&String> = schema.features.iter().map(|it| &it.name).collect();
        let pairs = schema
            .pairs
            .iter()
            .map(|pair| format!("{} × {}", features[pair.a], features[pair.b]));
        let terms = features.iter().map(ToString::to_string).chain(pairs);

        let mut changed = Vec::new();
        let mut known = |wanted: &str, given: String| {
            if wanted != given {
                changed.push((wanted.to_owned(), given.clone()));
            }
            given
        };
        let mut column = |name: &str| known(name, allowed(dialect, name));
        let read: Vec<String> = features.iter().map(|name| column(name)).collect();
        let identifier = column(identifier);
        let mut out = vec![identifier.clone()];
        out.extend(FIXED.map(str::to_owned));
        out.extend(terms.enumerate().map(|(at, term)| {
            let wanted = format!("c.{term}");
            known(&wanted, shortened(dialect, allowed(dialect, &wanted), at))
        }));
        once(dialect, read.iter().chain([&identifier]))?;
        once(dialect, out.iter())?;
        Ok(Self {
            identifier,
            read,
            out,
            changed,
        })
    }
}

/// The name with `_` for each character that this engine's columns cannot hold.
fn allowed(dialect: Dialect, name: &str) -> String {
    match dialect {
        // What BigQuery calls flexible column names, less what is easily mistaken.
        Dialect::BigQuery => name
            .chars()
            .map(|it| {
                let plain = it.is_alphanumeric()
                    || matches!(it, ' ' | '_' | '-' | '&' | '%' | '+' | ':' | '#');
                if plain { it } else { '_' }
            })
            .collect(),
        Dialect::DuckDb | Dialect::Postgres | Dialect::Snowflake | Dialect::Spark => {
            name.to_owned()
        }
    }
}

/// The name within this engine's length, told apart by its term's position where it was cut.
fn shortened(dialect: Dialect, name: String, at: usize) -> String {
    let most = match dialect {
        Dialect::Postgres => 63,
        Dialect::Snowflake | Dialect::BigQuery => 255,
        Dialect::DuckDb | Dialect::Spark => usize::MAX,
    };
    if name.len() <= most {
        return name;
    }
    let end = format!("_{at}");
    let cut = name.floor_char_boundary(most - end.len());
    format!("{}{end}", &name[..cut])
}

fn once<'a>(dialect: Dialect, names: impl Iterator<Item = &'a String>) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for name in names {
        let folded = if dialect.folds_case() {
            name.to_lowercase()
        } else {
            name.clone()
        };
        if !seen.insert(folded) {
            return Err(Error::Twice {
                dialect,
                column: name.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_an_engine_cannot_have_is_changed_by_a_rule() {
        let bigquery = |name| allowed(Dialect::BigQuery, name);
        assert_eq!(
            bigquery("c.Réf. prospect × CA (k€)"),
            "c_Réf_ prospect _ CA _k__"
        );
        assert_eq!(allowed(Dialect::DuckDb, "c.a × b"), "c.a × b");
    }

    #[test]
    fn a_long_name_is_cut_between_characters_and_stays_apart() {
        let cut = shortened(Dialect::Postgres, "é".repeat(40), 17);
        assert_eq!(cut, format!("{}_17", "é".repeat(30)));
        assert!(cut.len() <= 63);
        let kept = "é".repeat(40);
        assert_eq!(shortened(Dialect::Spark, kept.clone(), 17), kept);
    }
}
