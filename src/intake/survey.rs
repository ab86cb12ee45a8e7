//! What an undeclared file looks like: the dialect and the columns that a first policy is drafted from.
//!
//! Used by `init` and `check` only; `score` never guesses. Values are counted
//! and forgotten: what leaves this room is the dialect, counts, and the few
//! values of a column that looks like the outcome. The door of `chardetng`.

use std::io::{self, Read as _};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use super::error::{Container, Error};
use super::field;
use super::frame::Framer;
use super::guess::{Evidence, Marks};
use super::reader::{begin, check_headers, headers};
use super::role;
use super::text::{self, Source, Text};
use crate::policy::{Encoding, Format, Observed};

/// Records that are looked at.
const RECORDS: usize = 100_000;
/// Bytes that the encoding is judged by.
const SAMPLE: u64 = 4 << 20;
/// Records that the separator is judged by.
const LINES: usize = 200;

/// Looks at the first 100,000 records of a CSV file.
///
/// A Parquet file is refused as [`Error::NotCsv`]: it says itself what its columns are, and
/// [`observe`] takes its texts.
pub fn survey(mut source: Source<'_>) -> Result<Observed, Error> {
    let name = format!("`{}`", source.name);
    let mut sample = Vec::new();
    (&mut source.bytes)
        .take(SAMPLE)
        .read_to_end(&mut sample)
        .map_err(|source| Error::Read {
            file: name.clone(),
            source,
        })?;
    text::check_container(&name, &sample[..sample.len().min(1 << 16)])?;
    let encoding = encoding(&name, &sample)?;
    let separator = separator(&name, &sample, encoding)?;
    let again = Source::new(source.name, io::Cursor::new(sample).chain(source.bytes));
    let (mut framer, header) = begin(again, &name, encoding, separator)?;
    let headers = headers(&header, separator);
    check_headers(&name, &headers, &[])?;

    let mut columns: Vec<Evidence> = headers.iter().map(|header| Evidence::new(header)).collect();
    let wanted: Vec<u32> = (0..headers.len() as u32).collect();
    let (mut cuts, mut scratch) = (Vec::new(), Vec::new());
    let mut records = 0;
    while records < RECORDS
        && let Some(chunk) = framer.chunk(RECORDS - records)?
    {
        records += chunk.spans.len();
        for span in &chunk.spans {
            let record = &chunk.text[span.start as usize..span.end as usize];
            let shape = field::split(record, separator, &wanted, &mut cuts, &mut scratch);
            // A ragged row says nothing about columns: its values may stand in the wrong ones.
            if shape.fields == headers.len() as u32
                || (shape.fields == headers.len() as u32 + 1 && shape.last_empty)
            {
                for (column, cut) in columns.iter_mut().zip(&cuts) {
                    column.take(&chunk.charset.text(cut.bytes(record, &scratch)));
                }
            }
        }
    }
    if records == 0 {
        return Err(Error::HeaderOnly { file: name });
    }
    let form = Form {
        format: Format::Csv,
        separator,
        encoding,
    };
    Ok(observed(form, columns))
}

/// What columns of texts look like when their container is known (Parquet); one iterator per column.
#[must_use]
pub fn observe<'t, I>(columns: impl IntoIterator<Item = (&'t str, I)>) -> Observed
where
    I: IntoIterator<Item = &'t str>,
{
    let columns = columns.into_iter().map(|(name, texts)| {
        let mut evidence = Evidence::new(&crate::name::tidy(name));
        texts
            .into_iter()
            .take(RECORDS)
            .for_each(|text| evidence.take(text));
        evidence
    });
    let form = Form {
        format: Format::Parquet,
        separator: b',',
        encoding: Encoding::Utf8,
    };
    observed(form, columns.collect())
}

/// What is known before any value is read.
#[derive(Clone, Copy)]
struct Form {
    format: Format,
    separator: u8,
    encoding: Encoding,
}

fn observed(form: Form, columns: Vec<Evidence>) -> Observed {
    let columns: Vec<Evidence> = columns
        .into_iter()
        .filter(|column| !column.name.is_empty())
        .collect();
    let marks = Marks::of(&columns, form.separator);
    let mut observed = Observed {
        format: form.format,
        separator: form.separator,
        encoding: form.encoding,
        decimal: marks.decimal,
        thousands: marks.thousands,
        dates: marks.dates,
        missing: marks.missing.clone(),
        yes: Vec::new(),
        no: Vec::new(),
        columns: role::columns(&columns, &marks),
    };
    (observed.yes, observed.no) = role::flag_words(&columns, &observed.columns);
    observed
}

/// The encoding of a file's first bytes.
fn encoding(name: &str, sample: &[u8]) -> Result<Encoding, Error> {
    if let Some(marked) = text::marked(sample) {
        return Ok(marked);
    }
    // Latin text in UTF-16 has a zero in every other byte.
    let zeros = sample.split(|byte| *byte == 0).count() - 1;
    if zeros * 3 > sample.len() {
        return Ok(Encoding::Utf16);
    }
    match std::str::from_utf8(sample) {
        Ok(_) => return Ok(Encoding::Utf8),
        Err(error) if error.error_len().is_none() && sample.len() as u64 == SAMPLE => {
            return Ok(Encoding::Utf8);
        }
        Err(_) => {}
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let looks = detector.guess(Some(b"fr"), Utf8Detection::Deny).name();
    // What is written in western Europe is read as Windows-1252, of which ISO-8859-1 and -15 are near twins.
    if ["windows-125", "ISO-8859-"]
        .iter()
        .any(|family| looks.starts_with(family))
        && looks != "windows-1251"
    {
        Ok(Encoding::Windows1252)
    } else {
        Err(Error::UnknownEncoding {
            file: name.to_owned(),
            looks,
        })
    }
}

/// The separator that cuts the first records most evenly.
fn separator(name: &str, sample: &[u8], encoding: Encoding) -> Result<u8, Error> {
    let head = &sample[..sample.len().min(1 << 18)];
    let mut best = (0.0, 1, b',');
    for candidate in *b";,\t|" {
        let text = Text::open(name.to_owned(), Box::new(head), encoding)?;
        let mut framer = Framer::new(name.to_owned(), text, encoding, candidate);
        if let Ok(Some(named)) = framer.separator_hint()
            && b",;\t|".contains(&named)
        {
            return Ok(named);
        }
        // The head may end anywhere, and a wrong candidate may misread quotes: both only end the counting.
        let mut widths = Vec::new();
        while widths.len() < LINES
            && let Ok(Some(chunk)) = framer.chunk(1)
        {
            let (mut cuts, mut scratch) = (Vec::new(), Vec::new());
            for span in chunk.spans.iter().filter(|span| span.end > span.start) {
                let record = &chunk.text[span.start as usize..span.end as usize];
                widths.push(field::split(record, candidate, &[], &mut cuts, &mut scratch).fields);
            }
        }
        let Some(&width) = widths.first().filter(|width| **width > 1) else {
            continue;
        };
        let even = widths
            .iter()
            .filter(|it| **it == width || **it == width + 1)
            .count();
        // Twentieths, so that one ragged row does not weigh more than twenty columns.
        let share = (even as f64 / widths.len() as f64 * 20.0).round();
        if (share, width) > (best.0, best.1) {
            best = (share, width, candidate);
        }
    }
    Ok(best.2)
}

impl Error {
    /// Whether the file is Parquet under another name.
    #[must_use]
    pub fn is_parquet(&self) -> bool {
        matches!(
            self,
            Self::NotCsv {
                looks: Container::Parquet,
                ..
            }
        )
    }
}
