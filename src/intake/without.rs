//! A CSV written again without some of its rows: what erasure does to a file that was handed over.

use std::io::{self, Read, Write};

use encoding_rs::{UTF_16LE, WINDOWS_1252};

use crate::name::tidy;
use crate::policy::{Dialect, Encoding};

/// Copies the rows of `from` whose first cell is not one to `leave` out; how many were left out.
///
/// `None`, and nothing is written, where the first column is not called `identifier`.
pub fn without(
    mut from: impl Read,
    mut to: impl Write,
    dialect: &Dialect,
    identifier: &str,
    leave: &mut dyn FnMut(&str) -> bool,
) -> io::Result<Option<u64>> {
    if dialect.encoding != Encoding::Utf16 {
        return rows(from, to, dialect, identifier, leave);
    }
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes)?;
    let (text, _) = UTF_16LE.decode_with_bom_removal(&bytes);
    let mut kept = Vec::new();
    let left_out = rows(text.as_bytes(), &mut kept, dialect, identifier, leave)?;
    if left_out.is_some() {
        let text = String::from_utf8(kept).map_err(io::Error::other)?;
        to.write_all(b"\xff\xfe")?;
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        to.write_all(&bytes)?;
    }
    Ok(left_out)
}

fn rows(
    from: impl Read,
    to: impl Write,
    dialect: &Dialect,
    identifier: &str,
    leave: &mut dyn FnMut(&str) -> bool,
) -> io::Result<Option<u64>> {
    let text = |cell: &[u8]| match dialect.encoding {
        Encoding::Windows1252 => WINDOWS_1252
            .decode_without_bom_handling(cell)
            .0
            .into_owned(),
        Encoding::Utf8 | Encoding::Utf16 => String::from_utf8_lossy(cell).into_owned(),
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(dialect.separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(from);
    let mut writer = csv::WriterBuilder::new()
        .delimiter(dialect.separator)
        .flexible(true)
        .from_writer(to);
    let mut row = csv::ByteRecord::new();
    let header = reader.read_byte_record(&mut row)?;
    let ours = |cell: &[u8]| tidy(text(cell).trim_start_matches('\u{feff}')) == identifier;
    if !header || !row.get(0).is_some_and(ours) {
        return Ok(None);
    }
    writer.write_byte_record(&row)?;
    let mut left_out = 0;
    while reader.read_byte_record(&mut row)? {
        let cell = text(row.get(0).unwrap_or_default());
        // The writer puts an apostrophe before what a spreadsheet would run.
        let plain = cell
            .strip_prefix('\'')
            .filter(|rest| rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
        if leave(plain.unwrap_or(&cell)) {
            left_out += 1;
        } else {
            writer.write_byte_record(&row)?;
        }
    }
    writer.flush()?;
    Ok(Some(left_out))
}

/// The first cell of the header of a small CSV with two columns, and its rows, neither of their cells empty; else the line
/// that is not so.
pub fn two_columns(
    bytes: &[u8],
    dialect: &Dialect,
) -> Result<(String, Vec<(String, String)>), u64> {
    let text = match dialect.encoding {
        Encoding::Windows1252 => WINDOWS_1252.decode_without_bom_handling(bytes).0,
        Encoding::Utf16 => UTF_16LE.decode_with_bom_removal(bytes).0,
        Encoding::Utf8 => String::from_utf8_lossy(bytes),
    };
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(dialect.separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut all = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.position().map_or(0, csv::Position::line))?;
        let cells = (
            row.get(0).map(str::trim),
            row.get(1).map(str::trim),
            row.len(),
        );
        match cells {
            (Some(lead), Some(reference), 2) if !lead.is_empty() && !reference.is_empty() => {
                all.push((lead.to_owned(), reference.to_owned()));
            }
            _ => return Err(row.position().map_or(0, csv::Position::line)),
        }
    }
    if all.is_empty() {
        return Ok((String::new(), all));
    }
    let header = all.remove(0).0;
    Ok((header, all))
}
