//! The way back: a CSV in the policy's dialect, for the score file.
//!
//! A text cell that a spreadsheet would run as a formula is neutralised; a
//! number never needs it. What Windows-1252 cannot write becomes its nearest
//! plain form, or `?`: a night is never lost to one character.

use std::borrow::Cow;
use std::io::{self, Write};

use encoding_rs::WINDOWS_1252;

use crate::policy::{Dialect, Encoding};

/// One cell of an output row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// A text; neutralised.
    Text(&'a str),
    /// A number with as many decimals as it takes to read the same number back.
    Number(f64),
    /// A number with so many decimals.
    Fixed(f64, usize),
    /// A whole number.
    Integer(i64),
    /// Nothing.
    Missing,
}

/// Writes rows of a CSV file.
pub struct Writer<W: Write> {
    out: W,
    encoding: Encoding,
    separator: u8,
    decimal: char,
    rows: csv::Writer<Vec<u8>>,
    cell: String,
}

/// Bytes of text gathered before they are encoded and written.
const BLOCK: usize = 1 << 16;

impl<W: Write> Writer<W> {
    /// Starts a file with its header line.
    pub fn new(mut out: W, dialect: &Dialect, header: &[&str]) -> io::Result<Self> {
        if dialect.encoding == Encoding::Utf16 {
            out.write_all(b"\xff\xfe")?;
        }
        let mut writer = Self {
            out,
            encoding: dialect.encoding,
            separator: dialect.separator,
            decimal: dialect.decimal,
            rows: rows(dialect.separator),
            cell: String::new(),
        };
        for name in header {
            writer.rows.write_field(neutralise(name).as_bytes())?;
        }
        writer.rows.write_record(None::<&[u8]>)?;
        Ok(writer)
    }

    /// Writes one row.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        for cell in cells {
            self.cell.clear();
            match *cell {
                Cell::Text(text) => self.rows.write_field(neutralise(text).as_bytes())?,
                Cell::Missing => self.rows.write_field(b"")?,
                Cell::Number(number) => self.number(format_args!("{number}"))?,
                Cell::Fixed(number, places) => self.number(format_args!("{number:.places$}"))?,
                Cell::Integer(number) => self.number(format_args!("{number}"))?,
            }
        }
        self.rows.write_record(None::<&[u8]>)?;
        if self.rows.get_ref().len() >= BLOCK {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn number(&mut self, number: std::fmt::Arguments<'_>) -> io::Result<()> {
        use std::fmt::Write as _;
        self.cell.write_fmt(number).map_err(io::Error::other)?;
        if self.decimal == '.' {
            self.rows.write_field(self.cell.as_bytes())?;
        } else {
            self.rows.write_field(
                self.cell
                    .replace('.', self.decimal.encode_utf8(&mut [0; 4]))
                    .as_bytes(),
            )?;
        }
        Ok(())
    }

    /// Writes what is left, and returns where it went.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Encodes and writes the rows gathered so far.
    fn flush(&mut self) -> io::Result<()> {
        let gathered = std::mem::replace(&mut self.rows, rows(self.separator));
        let text = gathered
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))?;
        let text = std::str::from_utf8(&text).map_err(io::Error::other)?;
        match self.encoding {
            Encoding::Utf8 => self.out.write_all(text.as_bytes()),
            Encoding::Utf16 => {
                let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                self.out.write_all(&bytes)
            }
            Encoding::Windows1252 => self.out.write_all(&windows_1252(text)),
        }
    }
}

fn rows(separator: u8) -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .from_writer(Vec::new())
}

/// The cell as a spreadsheet may open it: one that starts with `=`, `+`, `-`, `@`, a tab or a
/// line end is shown as text, behind an apostrophe.
#[must_use]
pub fn neutralise(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// The text in Windows-1252, each character that it lacks as its nearest plain form.
fn windows_1252(text: &str) -> Vec<u8> {
    let (bytes, _, lossy) = WINDOWS_1252.encode(text);
    if !lossy {
        return bytes.into_owned();
    }
    let mut out = Vec::with_capacity(text.len());
    for character in text.chars() {
        let mut utf8 = [0; 4];
        let (bytes, _, lossy) = WINDOWS_1252.encode(character.encode_utf8(&mut utf8));
        if lossy {
            out.extend_from_slice(plain(character));
        } else {
            out.extend_from_slice(&bytes);
        }
    }
    out
}

/// What stands for a character that Windows-1252 lacks.
fn plain(character: char) -> &'static [u8] {
    match character {
        '\u{202f}' | '\u{2009}' | '\u{2007}' => b"\xa0",
        '≥' => b">=",
        '≤' => b"<=",
        '−' => b"-",
        '→' => b"->",
        _ => b"?",
    }
}
