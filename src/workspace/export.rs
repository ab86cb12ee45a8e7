//! An export being read: CSV or Parquet, one file or several, as one stream of portions.

use std::fs::File;
use std::path::PathBuf;

use super::error::Error;
use crate::eligibility::Telling;
use crate::intake::{Asked, Columnar, Portion, Reader, Source};
use crate::policy::{Column, Format, IdType, Kind, Policy, Use};
use crate::table::{self, Wanted};

/// What a use case wants from an export, and where each thing stands in a batch.
pub struct Plan {
    /// The columns to read, in the order of the batch.
    pub asked: Vec<Asked>,
    /// Position of the identifier; `None` where rows are numbered.
    pub identifier: Option<usize>,
    /// How identifiers are normalised.
    pub id_type: IdType,
    /// Position of the outcome, where it is wanted.
    pub outcome: Option<usize>,
    /// Position of the lead's date, where the policy has one and it is wanted.
    pub date: Option<usize>,
    /// Position of each feature, in the order given.
    pub features: Vec<usize>,
    /// What tells the facts that the law asks for, each with its position.
    pub tellings: Vec<(Telling, usize)>,
}

impl Plan {
    /// A plan that reads these features, and the outcome and date where `learning`.
    pub fn new(policy: &Policy, features: &[&Column], learning: bool) -> Self {
        let mut asked = Vec::new();
        let mut add = |ask: Asked| {
            asked.push(ask);
            asked.len() - 1
        };
        let (column, id_type) = policy.identifier();
        let identifier = column.map(|column| add(Asked::identifier(&column.name)));
        let find =
            |wanted: fn(&Use) -> bool| policy.columns.iter().find(|column| wanted(&column.role));
        let outcome = find(|role| matches!(role, Use::Outcome { .. }))
            .filter(|_| learning)
            .map(|column| add(Asked::column(&column.name, Kind::Text)));
        let date = find(|role| *role == Use::Date)
            .filter(|_| learning)
            .map(|column| add(Asked::column(&column.name, Kind::Date)));
        let features = features
            .iter()
            .map(|column| add(Asked::column(&column.name, column.kind)))
            .collect();
        Self {
            asked,
            identifier,
            id_type,
            outcome,
            date,
            features,
            tellings: Vec::new(),
        }
    }

    /// Reads these facts as well.
    pub fn telling(mut self, tellings: Vec<Telling>) -> Self {
        for telling in tellings {
            self.asked.push(Asked::fact(&telling.header, telling.kind));
            self.tellings.push((telling, self.asked.len() - 1));
        }
        self
    }
}

/// A stream of portions.
pub struct Export {
    from: From,
    undeclared: Vec<String>,
    bytes: u64,
}

enum From {
    Csv(Box<Reader<'static>>),
    Parquet(Box<Columnar>),
}

impl Export {
    /// Opens `paths` as one export in the policy's dialect.
    pub fn open(paths: &[PathBuf], policy: &Policy, asked: &[Asked]) -> Result<Self, Error> {
        let declared: Vec<&str> = policy
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let mut exported = Self::in_format(paths, policy, asked, policy.dialect.format)?;
        exported
            .undeclared
            .retain(|header| !header.is_empty() && !declared.contains(&header.as_str()));
        Ok(exported)
    }

    /// Opens `paths` as one table of this format in the policy's dialect; every header counts as undeclared.
    pub fn in_format(
        paths: &[PathBuf],
        policy: &Policy,
        asked: &[Asked],
        format: Format,
    ) -> Result<Self, Error> {
        let mut bytes = 0;
        let from = match format {
            Format::Csv => {
                let mut sources = Vec::new();
                for path in paths {
                    let failed = |source| Error::Read {
                        path: path.clone(),
                        source,
                    };
                    let file = File::open(path).map_err(failed)?;
                    bytes += file.metadata().map_err(failed)?.len();
                    sources.push(Source::new(name_of(path), file));
                }
                From::Csv(Box::new(Reader::open(sources, &policy.dialect, asked)?))
            }
            Format::Parquet => {
                let wanted: Vec<Wanted> = asked
                    .iter()
                    .map(|ask| Wanted {
                        name: ask.name.clone(),
                        repeats: ask.kind != Kind::Text,
                    })
                    .collect();
                let reader = table::Reader::open(paths, &wanted)?;
                let files: Vec<String> = paths.iter().map(|path| name_of(path)).collect();
                From::Parquet(Box::new(Columnar::new(
                    reader,
                    &policy.dialect,
                    asked,
                    &files,
                )?))
            }
        };
        let headers = match &from {
            From::Csv(reader) => reader.headers(),
            From::Parquet(reader) => reader.headers(),
        };
        let undeclared = headers.to_vec();
        Ok(Self {
            from,
            undeclared,
            bytes,
        })
    }

    /// Headers that the policy does not name: their columns are not read.
    pub fn undeclared(&self) -> &[String] {
        &self.undeclared
    }

    /// Refuses columns that the policy does not name, where that was asked for.
    pub fn strictly(&self, strict: bool) -> Result<(), Error> {
        if !strict || self.undeclared.is_empty() {
            return Ok(());
        }
        Err(Error::Data {
            what: format!(
                "the export has columns that the policy does not name: {}",
                self.undeclared.join(", ")
            ),
            hint: "declare them (`role = \"ignore\"` will do), or leave out `--strict`",
        })
    }

    /// The share of the input read so far, where it is known.
    pub fn share(&self) -> Option<f64> {
        match &self.from {
            From::Csv(reader) if self.bytes > 0 => {
                Some((reader.bytes() as f64 / self.bytes as f64).min(1.0))
            }
            _ => None,
        }
    }
}

impl Iterator for Export {
    type Item = Result<Portion, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.from {
            From::Csv(reader) => reader.next().map(|portion| portion.map_err(Error::from)),
            From::Parquet(reader) => reader.next().map(|portion| portion.map_err(Error::from)),
        }
    }
}

/// A file's name without its folder, for errors.
pub fn name_of(path: &std::path::Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}
