//! Proofs of consent from outside the export: the events file, and the folder of wordings.
//!
//! The file is a table in the policy's dialect, or Parquet, with the columns
//! `lead`, `event` (`given` or `withdrawn`), `when`, `wording`, `source`, `act`
//! and `scope`. A line that cannot be read refuses the whole file: a withdrawal
//! must not be lost because its date is written badly.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::columns::is_parquet;
use super::error::Error;
use super::export::{Export, name_of};
use super::{Workspace, files};
use crate::digest::{Digest, Hasher};
use crate::eligibility::Rules;
use crate::eligibility::consents::{Act, Consents, Happened, Reading, Wordings};
use crate::intake::{Asked, Failure};
use crate::lang::Lang;
use crate::law::Pack;
use crate::law::words::Channels;
use crate::policy::{Format, IdType, Kind};
use crate::pseudonym::Key;
use crate::table::{Category, Column};

/// The folder of the wordings that people agreed to.
pub const WORDINGS: &str = "consents";

/// The columns after the lead's.
const COLUMNS: [(&str, Kind); 6] = [
    ("event", Kind::Category),
    ("when", Kind::Date),
    ("wording", Kind::Category),
    ("source", Kind::Category),
    ("act", Kind::Category),
    ("scope", Kind::Category),
];

/// The wordings of a workspace, and a digest of them all: what a retry must share with a run.
pub fn wordings(ws: &Workspace) -> Result<(Wordings, Digest), Error> {
    let folder = ws.root.join(WORDINGS);
    let mut found = BTreeMap::new();
    if folder.is_dir() {
        let failed = |source| Error::Read {
            path: folder.clone(),
            source,
        };
        for file in fs::read_dir(&folder).map_err(failed)? {
            let path = file.map_err(failed)?.path();
            if path.is_file() {
                found.insert(name_of(&path), files::digest(&path)?);
            }
        }
    }
    let mut all = Hasher::default();
    for (name, digest) in &found {
        all.update(format!("{name}\0{digest}\n").as_bytes());
    }
    Ok((Wordings::new(found), all.finish()))
}

/// The one file of events that `--consents` names, which some rule in force must ask for: proofs that nobody would read
/// are refused, for whoever names them counts on them.
pub fn named<'a>(
    named: Option<&Path>,
    rules: impl IntoIterator<Item = &'a Rules>,
    pack: &Pack,
) -> Result<Option<PathBuf>, Error> {
    let Some(file) = named else { return Ok(None) };
    if !rules.into_iter().any(Rules::asks_consent) {
        return Err(Error::Usage {
            what: format!(
                "nothing would read what `--consents` names: by the law pack `{}`, no rule in force asks for a consent",
                pack.id()
            ),
            hint: "leave out `--consents`, or name in probant.toml a pack that asks: `probant law show` lists them",
        });
    }
    match &mut *files::expand(&[file.to_owned()])? {
        [one] => Ok(Some(std::mem::take(one))),
        _ => Err(Error::Usage {
            what: "`--consents` names several files".to_owned(),
            hint: "put the events of consent into one file",
        }),
    }
}

/// What the events in `path` come to on `date`; pseudonyms by `key`.
pub fn read(
    ws: &Workspace,
    path: &Path,
    key: &Key,
    wordings: &Wordings,
    (date, today): (NaiveDate, NaiveDate),
) -> Result<Consents, Error> {
    let format = if is_parquet(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })? {
        Format::Parquet
    } else {
        Format::Csv
    };
    let columns = COLUMNS.map(|(name, kind)| Asked::column(name, kind));
    let asked: Vec<Asked> = [Asked::identifier("lead")]
        .into_iter()
        .chain(columns)
        .collect();
    let export = Export::in_format(&[path.to_owned()], &ws.policy, &asked, format)?;
    let (_, id_type) = ws.policy.identifier();
    let mut reading = Reading::new(date, today);
    for portion in export {
        let portion = portion?;
        if let Some(failure) = portion.failures.first() {
            return Err(unread(path, failure));
        }
        let lines = Lines::of(&portion.batch.columns);
        for (row, place) in portion.places.iter().enumerate() {
            let bad = |what: &'static str| malformed(path, place.line, what);
            let lead = lines.lead(row);
            let pseudonym = match id_type {
                IdType::Row => key.pseudonym(lead).0,
                _ => {
                    key.of(lead)
                        .map_err(|_| bad("its lead is no identifier"))?
                        .0
                }
            };
            let what = lines.act(row, wordings).map_err(bad)?;
            let day = lines.day(row).ok_or_else(|| bad("it has no date"))?;
            reading.take(&Happened {
                pseudonym,
                day,
                what: what.borrowed(),
            });
        }
    }
    Ok(reading.settle())
}

/// The columns of some lines.
struct Lines<'a> {
    columns: &'a [Column],
}

/// An act whose wording was looked up.
struct Told<'a> {
    act: Act<'a>,
    wording: Option<String>,
}

impl Told<'_> {
    fn borrowed(&self) -> Act<'_> {
        match self.act {
            Act::Given {
                source, act, scope, ..
            } => Act::Given {
                wording: self.wording.as_deref(),
                source,
                act,
                scope,
            },
            Act::Withdrawn => Act::Withdrawn,
        }
    }
}

impl<'a> Lines<'a> {
    fn of(columns: &'a [Column]) -> Self {
        Self { columns }
    }

    fn lead(&self, row: usize) -> &'a str {
        match &self.columns[0] {
            Column::Text(texts) => texts.get(row).unwrap_or_default(),
            _ => "",
        }
    }

    fn text(&self, at: usize, row: usize) -> Option<&'a str> {
        match &self.columns[at] {
            Column::Category(Category { levels, codes }) => {
                levels.get(codes[row] as usize).map(|level| &**level)
            }
            _ => None,
        }
    }

    fn day(&self, row: usize) -> Option<NaiveDate> {
        match &self.columns[2] {
            Column::Date(days) => NaiveDate::from_epoch_days(days[row]),
            _ => None,
        }
    }

    fn act(&self, row: usize, wordings: &Wordings) -> Result<Told<'a>, &'static str> {
        match self.text(1, row) {
            Some("given") => {
                let scope = match self.text(6, row) {
                    None => None,
                    Some(text) => Some((
                        text,
                        Channels::read(text).ok_or("its scope names no channel")?,
                    )),
                };
                Ok(Told {
                    wording: self.text(3, row).and_then(|cell| wordings.digest(cell)),
                    act: Act::Given {
                        wording: None,
                        source: self.text(4, row),
                        act: self.text(5, row),
                        scope,
                    },
                })
            }
            Some("withdrawn") => Ok(Told {
                wording: None,
                act: Act::Withdrawn,
            }),
            _ => Err("its event is neither `given` nor `withdrawn`"),
        }
    }
}

fn unread(path: &Path, failure: &Failure) -> Error {
    let why = failure.reason.words(Lang::En);
    let column = failure.column.as_deref();
    let whole = column.map_or_else(|| why.clone(), |column| format!("column `{column}`: {why}"));
    malformed(path, failure.place.line, &whole)
}

/// A line that cannot be read, by its number and never by what it holds.
fn malformed(path: &Path, line: u64, what: &str) -> Error {
    Error::Data {
        what: format!("`{}`, line {line}: {what}", name_of(path)),
        hint: "correct the line: nothing was read further, so that no withdrawal is lost",
    }
}
