//! The runs of the ledger: the log is the list, the desk adds what it still remembers.

use serde::Serialize;
use serde_json::Value;

use super::Workspace;
use super::error::Error;
use super::journal::View;
use super::tally::RunReport;
use crate::digest::hex;
use crate::ledger::entry::Run;
use crate::ledger::{Entry, Standing};

/// A run as the log has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunLine {
    /// Its id, in hex.
    pub run: String,
    /// UTC.
    pub started: String,
    /// The law's date.
    pub date: String,
    /// The purpose.
    pub purpose: String,
    /// The model's version.
    pub model: String,
    /// `active` or `trial`.
    pub standing: String,
    /// Rows in.
    pub rows_in: u64,
    /// Scored.
    pub proposed: u64,
    /// Without a legal basis.
    pub refused: u64,
    /// Unreadable.
    pub failed: u64,
}

impl RunLine {
    fn of(run: &Run) -> Self {
        Self {
            run: hex(&run.run.0),
            started: run.time.to_string(),
            date: run.date.to_string(),
            purpose: run.purpose.to_string(),
            model: run.model.0.to_string(),
            standing: if run.model.1 == Standing::Active {
                "active"
            } else {
                "trial"
            }
            .to_owned(),
            rows_in: run.total,
            proposed: run.proposed,
            refused: run.refused,
            failed: run.failed,
        }
    }
}

/// Every run of the log, oldest first.
pub fn list(ws: &Workspace) -> Result<Vec<RunLine>, Error> {
    let view = View::open(&ws.root)?;
    Ok(runs(&view).map(RunLine::of).collect())
}

/// One run: what the log says of it, and the desk's report if it still has one.
pub fn show(ws: &Workspace, asked: &str) -> Result<(RunLine, Option<Value>), Error> {
    let view = View::open(&ws.root)?;
    let run = find(&view, asked)?;
    let report = ws.state()?.report_of(&hex(&run.run.0))?;
    Ok((
        RunLine::of(run),
        report
            .filter(|json| RunReport::parse(json).is_some())
            .and_then(|json| serde_json::from_str(&json).ok()),
    ))
}

fn runs(view: &View) -> impl Iterator<Item = &Run> {
    view.entries().filter_map(|(_, entry)| match entry {
        Entry::Run(run) => Some(run),
        _ => None,
    })
}

/// The same, but `@latest` is the latest run that may be used: no trial, where there is another.
pub fn usable<'a>(view: &'a View, asked: &str) -> Result<&'a Run, Error> {
    let used = |run: &&Run| run.model.1 == Standing::Active;
    match runs(view).filter(used).last() {
        Some(latest) if asked == "@latest" => Ok(latest),
        _ => find(view, asked),
    }
}

/// The run that `asked` stands for: its id, its first digits, or `@latest`.
pub fn find<'a>(view: &'a View, asked: &str) -> Result<&'a Run, Error> {
    let unknown = || Error::Unknown {
        what: "run",
        name: asked.to_owned(),
        near: None,
    };
    if asked == "@latest" {
        return runs(view).last().ok_or_else(unknown);
    }
    let found: Vec<&Run> = runs(view)
        .filter(|run| hex(&run.run.0).starts_with(asked))
        .collect();
    match found[..] {
        [only] if asked.len() >= 4 => Ok(only),
        [] | [_] => Err(unknown()),
        _ => Err(Error::Which {
            what: "run",
            option: "more digits",
            known: found.iter().map(|run| hex(&run.run.0)).collect(),
        }),
    }
}
