//! The files that a run hands over: scores, rejects, refusals; each whole or absent.
//!
//! A file is written as `.<name>.<run>.part` beside its destination and moved
//! there only after the ledger's checkpoint is durable.

use std::borrow::Cow;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::disk::{Disk, Draft};
use super::error::Error;
use super::files;
use super::state::Output;
use crate::digest::{Digest, Hasher};
use crate::intake::{Cell, Failure, Writer as Rows};
use crate::lang::Lang;
use crate::policy::Dialect;
use crate::table::{Cells, Field, Writer as Columns};

/// A file on its way.
pub struct Part {
    output: Output,
    to: To,
}

enum To {
    Csv(Box<Rows<BufWriter<Hashed>>>),
    Parquet(Box<Columns<BufWriter<Hashed>>>),
}

/// A file that knows the digest of what was written to it.
struct Hashed {
    to: Draft,
    hasher: Hasher,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The file of a run that belongs at `target`: where it will be written first, and as what.
///
/// `.parquet` and `.csv` are known; the folder must exist.
pub fn plan(target: &Path, kind: &str, run: &str) -> Result<Output, Error> {
    let target = std::path::absolute(target).map_err(|source| Error::Write {
        path: target.to_owned(),
        source,
    })?;
    is_parquet(&target)?;
    if target.is_dir() {
        return Err(Error::Usage {
            what: format!("`{}` is a folder", target.display()),
            hint: "name a file to write",
        });
    }
    let name = target
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Ok(Output {
        run: run.to_owned(),
        kind: kind.to_owned(),
        part: target.with_file_name(format!(".{name}.{}.part", &run[..run.len().min(16)])),
        target,
        // Of nothing yet: no file has this digest.
        digest: Digest([0; 32]),
    })
}

impl Part {
    /// Starts a planned file with columns shaped like `example`.
    pub fn start(
        output: Output,
        dialect: &Dialect,
        example: &[Field],
        disk: &Disk,
    ) -> Result<Self, Error> {
        let failed = |source| refused(&output, source);
        let file = Hashed {
            to: disk.start(&output.part)?,
            hasher: Hasher::default(),
        };
        let file = BufWriter::with_capacity(1 << 20, file);
        let to = if is_parquet(&output.target)? {
            let columns = Columns::new(file, example).map_err(io::Error::other);
            To::Parquet(Box::new(columns.map_err(failed)?))
        } else {
            let header: Vec<&str> = example.iter().map(|field| field.name.as_str()).collect();
            To::Csv(Box::new(Rows::new(file, dialect, &header).map_err(failed)?))
        };
        Ok(Self { output, to })
    }

    /// Writes the rows of one batch.
    pub fn write(&mut self, fields: &[Field]) -> Result<(), Error> {
        let output = &self.output;
        let failed = |source| refused(output, source);
        match &mut self.to {
            To::Parquet(columns) => columns
                .write(fields)
                .map_err(|error| failed(io::Error::other(error))),
            To::Csv(rows) => {
                let count = fields.first().map_or(0, |field| field.cells.len());
                let mut line = Vec::with_capacity(fields.len());
                for row in 0..count {
                    line.clear();
                    line.extend(fields.iter().map(|field| cell(&field.cells, row)));
                    rows.row(&line).map_err(failed)?;
                }
                Ok(())
            }
        }
    }

    /// Closes the file, makes it durable, and says where it must go.
    pub fn finish(self, disk: &Disk) -> Result<Output, Error> {
        let mut output = self.output;
        let closed = match self.to {
            To::Parquet(columns) => columns.finish().map_err(io::Error::other),
            To::Csv(rows) => rows.finish(),
        };
        let closed =
            closed.and_then(|file| file.into_inner().map_err(io::IntoInnerError::into_error));
        let file = closed.map_err(|source| refused(&output, source))?;
        disk.sync(&output.part)?;
        output.digest = file.hasher.finish();
        Ok(output)
    }
}

/// The disk, or whoever writes to it, did not take the rows of a file.
fn refused(output: &Output, source: io::Error) -> Error {
    Error::Write {
        path: output.target.clone(),
        source,
    }
}

/// Moves a finished file to its place.
pub fn place(output: &Output, disk: &Disk) -> Result<(), Error> {
    Ok(disk.replace(&output.part, &output.target)?)
}

/// Whether the file at `path` holds the bytes of `output`.
pub fn holds(path: &Path, output: &Output) -> bool {
    path.is_file() && files::digest(path).is_ok_and(|digest| digest == output.digest)
}

/// Whether a target is Parquet or CSV, by its ending.
pub fn is_parquet(target: &Path) -> Result<bool, Error> {
    match target.extension().map(std::ffi::OsStr::to_ascii_lowercase) {
        Some(ending) if ending == "parquet" => Ok(true),
        Some(ending) if ending == "csv" => Ok(false),
        _ => Err(Error::Usage {
            what: format!(
                "`{}` has no ending that says what to write",
                target.display()
            ),
            hint: "end the name with `.parquet` or `.csv`",
        }),
    }
}

fn cell<'a>(cells: &'a Cells, row: usize) -> Cell<'a> {
    match cells {
        Cells::Text(cells) => cells[row].as_deref().map_or(Cell::Missing, Cell::Text),
        Cells::Dictionary { levels, codes } => levels
            .get(codes[row] as usize)
            .map_or(Cell::Missing, |level| Cell::Text(level)),
        Cells::Entries { levels, codes } => levels
            .get(codes[row] as usize)
            .map_or(Cell::Missing, |level| Cell::Number(*level)),
        Cells::Whole(cells) => {
            cells[row].map_or(Cell::Missing, |number| Cell::Integer(number as i64))
        }
        Cells::Number(cells) if cells[row].is_nan() => Cell::Missing,
        Cells::Number(cells) => Cell::Number(cells[row]),
        Cells::Score(cells) if cells[row].is_nan() => Cell::Missing,
        Cells::Score(cells) => Cell::Fixed(cells[row], 6),
    }
}

/// The list of failed rows: record, file, line, column, reason. Never a value.
pub fn rejects<'a>(failures: &'a [Failure], files: &'a [String], lang: Lang) -> Vec<Field<'a>> {
    let text = |name: &str, cells: Vec<Option<Cow<'a, str>>>| Field {
        name: name.to_owned(),
        cells: Cells::Text(cells),
    };
    let whole = |name: &str, cells: Vec<Option<u64>>| Field {
        name: name.to_owned(),
        cells: Cells::Whole(cells),
    };
    vec![
        whole(
            "record",
            failures
                .iter()
                .map(|failure| Some(failure.record))
                .collect(),
        ),
        text(
            "file",
            failures
                .iter()
                .map(|failure| files.get(failure.place.file as usize).map(Cow::from))
                .collect(),
        ),
        whole(
            "line",
            failures
                .iter()
                .map(|failure| Some(failure.place.line))
                .collect(),
        ),
        text(
            "column",
            failures
                .iter()
                .map(|failure| failure.column.as_deref().map(Cow::from))
                .collect(),
        ),
        text(
            "reason",
            failures
                .iter()
                .map(|failure| Some(failure.reason.token().into()))
                .collect(),
        ),
        text(
            "words",
            failures
                .iter()
                .map(|failure| Some(failure.reason.words(lang).into()))
                .collect(),
        ),
    ]
}

/// Removes a part that will not be needed; one that is gone already is fine.
pub fn discard(part: &Path, disk: &Disk) -> Result<(), Error> {
    let failed = |source| Error::Read {
        path: part.to_owned(),
        source,
    };
    if fs::exists(part).map_err(failed)? {
        Ok(disk.remove(part)?)
    } else {
        Ok(())
    }
}
