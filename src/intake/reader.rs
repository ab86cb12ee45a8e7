//! Files to portions of typed rows: framed in order, read in parallel, kept in order.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;

use rayon::prelude::*;

use super::column::Joined;
use super::error::{Error, MissingColumn};
use super::field;
use super::frame::{Chunk, Framer};
use super::plan::{Part, Plan};
use super::text::{Charset, Source, Text};
use super::{Asked, BATCH, Portion};
use crate::name::{nearest, tidy};
use crate::policy::{Dialect, Encoding};
use crate::table::Batch;

/// Reads a run's files, portion after portion.
pub struct Reader<'a> {
    files: Files<'a>,
    plan: Plan,
    /// What was framed while the chunks before it were read.
    ahead: Option<Result<Group, Error>>,
    ended: bool,
}

/// The files of a run, framed one after the other.
struct Files<'a> {
    waiting: VecDeque<Source<'a>>,
    /// How many files the run has.
    count: usize,
    /// Which of them is being framed, and how errors call it.
    file: usize,
    name: Arc<str>,
    framer: Framer<'a>,
    encoding: Encoding,
    separator: u8,
    headers: Vec<String>,
    records: u64,
    /// Records of earlier files, to know a file that holds none.
    before: u64,
    bytes: u64,
}

/// The next few chunks of one file.
struct Group {
    chunks: Vec<Numbered>,
    file: u32,
    name: Arc<str>,
}

/// A chunk, and the number of its first record.
struct Numbered {
    chunk: Chunk,
    first: u64,
}

impl<'a> Reader<'a> {
    /// Opens the run: the first file's head and header are checked now, the others' when they are reached.
    pub fn open(
        sources: Vec<Source<'a>>,
        dialect: &Dialect,
        asked: &[Asked],
    ) -> Result<Self, Error> {
        let count = sources.len();
        let mut waiting = VecDeque::from(sources);
        let first = waiting.pop_front().ok_or(Error::NoFile)?;
        let name = call(&first.name, 0, count);
        let (framer, header) = begin(first, &name, dialect.encoding, dialect.separator)?;
        let headers = headers(&header, dialect.separator);
        if headers.len() == 1
            && asked.iter().all(|column| column.name != headers[0])
            && let Some(looks) = other_separator(&header)
        {
            return Err(Error::OtherSeparator {
                file: name,
                declared: dialect.separator,
                looks,
            });
        }
        check_headers(&name, &headers, asked)?;
        Ok(Self {
            plan: Plan::new(&headers, dialect, asked),
            files: Files {
                waiting,
                count,
                file: 0,
                name: name.into(),
                framer,
                encoding: dialect.encoding,
                separator: dialect.separator,
                headers,
                records: 0,
                before: 0,
                bytes: 0,
            },
            ahead: None,
            ended: false,
        })
    }

    /// The headers, tidied, in the order of the file.
    #[must_use]
    pub fn headers(&self) -> &[String] {
        &self.files.headers
    }

    /// The headers that `declared` does not name: columns that are never read.
    #[must_use]
    pub fn undeclared(&self, declared: &[&str]) -> Vec<String> {
        let named = |header: &&String| !header.is_empty() && !declared.contains(&header.as_str());
        self.headers().iter().filter(named).cloned().collect()
    }

    /// Records framed so far, good and failed.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.files.records
    }

    /// Bytes of the files taken so far, for a progress bar.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.bytes + self.files.framer.taken()
    }

    /// The next portion; `None` after the last record of the last file.
    ///
    /// While chunks are read by all threads at hand, one of them frames the next few.
    fn portion(&mut self) -> Result<Option<Portion>, Error> {
        let Self {
            files, plan, ahead, ..
        } = self;
        let mut room = BATCH;
        let mut parts = Vec::new();
        let mut group = match ahead.take() {
            Some(group) => group?,
            None => files.group(room)?,
        };
        while !group.chunks.is_empty() {
            room -= group.records();
            let next = if room > 0 { room } else { BATCH };
            let (read, framed) = rayon::join(|| group.read(plan), || files.group(next));
            parts.extend(read?);
            if room == 0 {
                *ahead = Some(framed);
                break;
            }
            group = framed?;
        }
        let records = (BATCH - room) as u64;
        Ok((records > 0).then(|| joined(parts, &plan.asked, records)))
    }
}

/// One portion of the parts of its chunks.
fn joined(parts: Vec<Part>, asked: &[Asked], records: u64) -> Portion {
    let rows = parts.iter().map(|part| part.records.len()).sum();
    let mut portion = Portion {
        batch: Batch {
            records: Vec::with_capacity(rows),
            columns: Vec::new(),
        },
        places: Vec::with_capacity(rows),
        failures: Vec::new(),
        records,
    };
    let mut columns: Vec<Joined> = asked
        .iter()
        .map(|column| Joined::new(column, rows))
        .collect();
    for part in parts {
        for (whole, part) in columns.iter_mut().zip(part.columns) {
            whole.extend(part);
        }
        portion.batch.records.extend(part.records);
        portion.places.extend(part.places);
        portion.failures.extend(part.failures);
    }
    portion.batch.columns = columns.into_iter().map(Joined::finish).collect();
    portion
}

impl Group {
    fn records(&self) -> usize {
        self.chunks.iter().map(|it| it.chunk.spans.len()).sum()
    }

    /// Reads the chunks in parallel; their parts stand in order.
    fn read(&self, plan: &Plan) -> Result<Vec<Part>, Error> {
        let parts: Vec<Result<Part, Error>> = self
            .chunks
            .par_iter()
            .map(|Numbered { chunk, first }| plan.read(chunk, self.file, *first, &self.name))
            .collect();
        parts.into_iter().collect()
    }
}

impl Files<'_> {
    /// The next few chunks of one file, `room` records at most; none at the end of the run.
    ///
    /// How many depends on the threads at hand; what is read does not.
    fn group(&mut self, mut room: usize) -> Result<Group, Error> {
        let most = rayon::current_num_threads().max(1) * 2;
        let mut chunks = Vec::with_capacity(most);
        while chunks.len() < most && room > 0 {
            let Some(chunk) = self.framer.chunk(room)? else {
                if self.records == self.before {
                    return Err(Error::HeaderOnly {
                        file: self.name.to_string(),
                    });
                }
                if !chunks.is_empty() || !self.next_file()? {
                    break;
                }
                continue;
            };
            let first = self.records + 1;
            self.records += chunk.spans.len() as u64;
            room -= chunk.spans.len();
            chunks.push(Numbered { chunk, first });
        }
        Ok(Group {
            chunks,
            file: self.file as u32,
            name: self.name.clone(),
        })
    }

    /// Goes on to the next file, whose header must be the first's; `false` after the last.
    fn next_file(&mut self) -> Result<bool, Error> {
        let Some(source) = self.waiting.pop_front() else {
            return Ok(false);
        };
        self.bytes += self.framer.taken();
        self.file += 1;
        self.before = self.records;
        self.name = call(&source.name, self.file, self.count).into();
        let (framer, header) = begin(source, &self.name, self.encoding, self.separator)?;
        self.framer = framer;
        let headers = headers(&header, self.separator);
        if headers != self.headers {
            let column = self
                .headers
                .iter()
                .zip(&headers)
                .take_while(|(a, b)| a == b)
                .count()
                + 1;
            return Err(Error::HeadersDiffer {
                file: self.name.to_string(),
                column,
            });
        }
        Ok(true)
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Portion, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.portion().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// How errors call a file: its name, and its place among several.
fn call(name: &str, position: usize, files: usize) -> String {
    if files == 1 {
        format!("`{name}`")
    } else {
        format!("`{name}` (file {} of {files})", position + 1)
    }
}

/// Opens a file and reads its header record.
pub(super) fn begin<'a>(
    source: Source<'a>,
    name: &str,
    encoding: Encoding,
    separator: u8,
) -> Result<(Framer<'a>, String), Error> {
    let text = Text::open(name.to_owned(), source.bytes, encoding)?;
    let mut framer = Framer::new(name.to_owned(), text, encoding, separator);
    if let Some(looks) = framer.separator_hint()?
        && looks != separator
    {
        return Err(Error::OtherSeparator {
            file: name.to_owned(),
            declared: separator,
            looks,
        });
    }
    while let Some(chunk) = framer.chunk(1)? {
        let Some(span) = chunk.spans.first().filter(|span| span.end > span.start) else {
            continue;
        };
        let record = &chunk.text[span.start as usize..span.end as usize];
        let record = chunk.charset.text(record);
        if !record.trim().is_empty() {
            return Ok((framer, record.into_owned()));
        }
    }
    Err(Error::Empty {
        file: name.to_owned(),
    })
}

/// The tidied headers of a header record.
pub(super) fn headers(record: &str, separator: u8) -> Vec<String> {
    let record = record.as_bytes();
    let (mut cuts, mut scratch) = (Vec::new(), Vec::new());
    let fields = field::split(record, separator, &[], &mut cuts, &mut scratch).fields;
    let wanted: Vec<u32> = (0..fields).collect();
    field::split(record, separator, &wanted, &mut cuts, &mut scratch);
    cuts.iter()
        .map(|cut| tidy(&Charset::Utf8.text(cut.bytes(record, &scratch))).into_owned())
        .collect()
}

/// Refuses a header that lacks an asked column or has one twice.
pub(super) fn check_headers(file: &str, headers: &[String], asked: &[Asked]) -> Result<(), Error> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (at, header) in headers
        .iter()
        .enumerate()
        .filter(|(_, header)| !header.is_empty())
    {
        if let Some(first) = places.insert(header, at) {
            let declared = asked.iter().any(|column| column.name == *header);
            return Err(Error::DuplicateHeader {
                file: file.to_owned(),
                first: first + 1,
                second: at + 1,
                name: declared.then(|| header.clone()),
            });
        }
    }
    let missing: Vec<MissingColumn> = asked
        .iter()
        .filter(|column| !places.contains_key(column.name.as_str()))
        .map(|column| MissingColumn {
            name: column.name.clone(),
            near: nearest(&column.name, headers.iter().map(String::as_str)).map(str::to_owned),
        })
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::MissingColumns {
        file: file.to_owned(),
        missing,
    })
}

/// The mark that would cut a header that was found as one column.
fn other_separator(header: &str) -> Option<u8> {
    b",;\t|"
        .iter()
        .map(|&mark| (header.bytes().filter(|&byte| byte == mark).count(), mark))
        .filter(|(count, _)| *count > 0)
        .max_by_key(|(count, _)| *count)
        .map(|(_, mark)| mark)
}
