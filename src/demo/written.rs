//! How a French CRM writes: Windows-1252, `;`, decimal comma, quotes where they must be.

use std::io;

use super::leads::{HEADERS, Stage, WIDTH, leads};

/// Writes an export: Windows-1252, `;`, decimal comma, CR LF, a header line.
pub fn export(
    to: &mut impl io::Write,
    rows: usize,
    seed: u64,
    first_id: u64,
    stage: Stage,
) -> io::Result<()> {
    to.write_all(&record(&HEADERS.map(String::from)))?;
    for lead in leads(rows, seed, first_id, stage) {
        to.write_all(&record(&lead.fields))?;
    }
    Ok(())
}

/// A number with a decimal comma and its thousands set apart by U+00A0.
pub(super) fn number(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    if places > 0 {
        out.push(',');
        out.push_str(fraction);
    }
    out
}

/// `dd/mm/yyyy` of a day counted from 1970-01-01.
pub(super) fn date(day: i32) -> String {
    let epoch = chrono::NaiveDate::default();
    let date = epoch + chrono::Duration::days(i64::from(day));
    date.format("%d/%m/%Y").to_string()
}

/// A name as the left side of an address: lower case, without accents.
pub(super) fn address(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .map(|letter| match letter {
            'à' | 'â' => 'a',
            'ç' => 'c',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'î' | 'ï' => 'i',
            'ô' => 'o',
            'û' | 'ü' => 'u',
            plain => plain,
        })
        .collect()
}

/// One record in Windows-1252, quoted where it must be, CR LF at its end.
fn record(fields: &[String; WIDTH]) -> Vec<u8> {
    let mut line = Vec::with_capacity(256);
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            line.push(b';');
        }
        let quoted = field.contains([';', '"', '\n', '\r']);
        if quoted {
            line.push(b'"');
        }
        for letter in field.chars() {
            if letter == '"' {
                line.push(b'"');
            }
            line.push(windows_1252(letter));
        }
        if quoted {
            line.push(b'"');
        }
    }
    line.extend_from_slice(b"\r\n");
    line
}

/// The letter's byte; every letter of this file has one.
fn windows_1252(letter: char) -> u8 {
    match letter {
        '€' => 0x80,
        '\0'..='\u{7f}' | '\u{a0}'..='\u{ff}' => letter as u8,
        _ => unreachable!("the lists above hold only letters of Latin-1 and the euro sign"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_are_written_as_a_french_crm_writes_them() {
        assert_eq!(number(1_234_567.25, 1), "1\u{a0}234\u{a0}567,2");
        assert_eq!(number(123.0, 0), "123");
        assert_eq!(date(super::super::LAST_DAY), "30/09/2026");
    }
}
