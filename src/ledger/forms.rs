//! The facts of a block as it is stored: on forms, or as the lines that older blocks hold.
//!
//! A block's facts are a few forms, and what each row fills in: days as
//! columns of integers, digests as they are. Which form was used first would
//! say something of the order in which the rows came, so that the forms
//! ascend; and a form that nobody uses is not kept, so that nothing of an
//! erased row is.

use std::borrow::Cow;

use rayon::prelude::*;

use super::column::{compress, decompress, decompress_any, pack, unpack};
use super::error::Error;
use super::record::check_facts;
use crate::form::{DAYS, Filing, Filled, Form};

/// What stands in place of the lengths of facts where facts are on forms: no column is packed so.
pub(super) const ON_FORMS: &[u8] = &[255];

/// The most bytes of all forms of a block, with their lengths.
const MOST: usize = 1 << 26;

/// The facts of a block that was read.
#[derive(Debug)]
pub enum Kept {
    /// As lines.
    Lines {
        /// Where each row's facts end.
        ends: Vec<usize>,
        /// All facts.
        bytes: Vec<u8>,
    },
    /// On forms.
    Forms(Filing),
}

impl Kept {
    /// Rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Lines { ends, .. } => ends.len(),
            Self::Forms(filing) => filing.rows.len(),
        }
    }

    /// The facts of place `at`.
    #[must_use]
    pub fn of(&self, at: usize) -> Cow<'_, [u8]> {
        match self {
            Self::Lines { ends, bytes } => {
                let from = if at == 0 { 0 } else { ends[at - 1] };
                bytes[from..ends[at]].into()
            }
            Self::Forms(filing) => {
                let mut text = Vec::new();
                filing.fill(at, &mut text);
                text.into()
            }
        }
    }
}

/// Whether every form is of facts, and every row has its form and its digest.
pub(super) fn check(filing: &Filing) -> Result<(), Error> {
    filing.forms.iter().try_for_each(check_form)?;
    let held = |row: &Filled| {
        let form = filing.forms.get(row.form as usize);
        form.is_some_and(|form| !form.has_sum() || (row.sum as usize) < filing.sums.len())
    };
    if filing.rows.iter().all(held) {
        Ok(())
    } else {
        Err(Error::Block("facts on a form that is not there"))
    }
}

/// A form is of facts if it is when filled in, and its blanks are whole values.
fn check_form(form: &Form) -> Result<(), Error> {
    check_facts(form.sample())?;
    let blank = |byte: u8| !(b' '..=b'~').contains(&byte) && byte != b'\n';
    let text = form.text();
    let whole = (0..text.len()).all(|at| {
        !blank(text[at]) || (at > 0 && text[at - 1] == b'=' && text.get(at + 1) == Some(&b'\n'))
    });
    if whole {
        Ok(())
    } else {
        Err(Error::Record("a blank that is not the whole of a value"))
    }
}

/// The columns of a block's facts; `rows` are those of `filing` in the order of their places.
pub(super) fn columns(filing: &Filing, rows: &[Filled]) -> Result<Vec<Vec<u8>>, Error> {
    let Filing { forms, sums, .. } = filing;
    if rows
        .iter()
        .all(|row| forms[row.form as usize].text().is_empty())
    {
        return lines(&vec![&[][..]; rows.len()]);
    }
    let mut used = vec![false; forms.len()];
    for row in rows {
        used[row.form as usize] = true;
    }
    let mut kept: Vec<usize> = (0..forms.len()).filter(|at| used[*at]).collect();
    kept.sort_unstable_by_key(|at| forms[*at].text());
    kept.dedup_by_key(|at| forms[*at].text());
    let number = |form: &Form| kept.partition_point(|at| forms[*at].text() < form.text()) as u16;
    let numbers: Vec<u16> = forms.iter().map(number).collect();
    let mut texts = Vec::new();
    for at in &kept {
        let text = forms[*at].text();
        texts.extend_from_slice(&(text.len() as u16).to_be_bytes());
        texts.extend_from_slice(text);
    }
    if texts.len() > MOST {
        return lines(&written(filing, rows));
    }
    let form = |row: &Filled| &forms[row.form as usize];
    let column = |at: usize| -> Vec<u16> {
        let Some(day) = at.checked_sub(1) else {
            return rows.iter().map(|row| numbers[row.form as usize]).collect();
        };
        let filled = rows.iter().filter(|row| form(row).has_day(day));
        filled.map(|row| row.days[day]).collect()
    };
    let packed = (0..=DAYS).into_par_iter().map(|at| pack(&column(at)));
    let (packed, texts) = rayon::join(
        || packed.collect::<Result<Vec<Vec<u8>>, Error>>(),
        || compress(&texts),
    );
    let filled = rows.iter().filter(|row| form(row).has_sum());
    let filled: Vec<[u8; 32]> = filled.map(|row| sums[row.sum as usize]).collect();
    let mut all = vec![ON_FORMS.to_vec(), texts?];
    all.extend(packed?);
    all.push(filled.into_flattened());
    Ok(all)
}

/// The columns of facts that are kept as lines: how long each row's are, then all of them.
pub(super) fn lines<T: AsRef<[u8]>>(facts: &[T]) -> Result<Vec<Vec<u8>>, Error> {
    let lengths: Vec<u16> = facts.iter().map(|it| it.as_ref().len() as u16).collect();
    let all: Vec<u8> = facts.iter().flat_map(AsRef::as_ref).copied().collect();
    Ok(vec![pack(&lengths)?, compress(&all)?])
}

fn written(filing: &Filing, rows: &[Filled]) -> Vec<Vec<u8>> {
    let of = |row: &Filled| {
        let mut text = Vec::new();
        filing.fill_in(row, &mut text);
        text
    };
    rows.iter().map(of).collect()
}

/// The facts of `rows` rows as they stand behind the codes; `next` gives the next column.
pub(super) fn read<'a>(
    mut next: impl FnMut() -> Result<&'a [u8], Error>,
    rows: usize,
) -> Result<Kept, Error> {
    let first = next()?;
    if first != ON_FORMS {
        let lengths = unpack(first, rows)?;
        return of_lines(&lengths, next()?);
    }
    let texts = decompress_any(next()?, MOST)?;
    let mut rest = texts.as_slice();
    let mut forms: Vec<Form> = Vec::new();
    while !rest.is_empty() {
        let wrong = Error::Segment("a form is cut short");
        let (length, after) = rest.split_first_chunk::<2>().ok_or(wrong.clone())?;
        let (text, after) = after
            .split_at_checked(u16::from_be_bytes(*length).into())
            .ok_or(wrong)?;
        rest = after;
        if forms.last().is_some_and(|last| last.text() >= text) || forms.len() == rows {
            return Err(Error::Segment("forms that do not ascend, or too many"));
        }
        let form = Form::new(text).ok_or(Error::Segment("a blank that stands twice"))?;
        check_form(&form)?;
        forms.push(form);
    }
    let columns: Vec<&[u8]> = (0..=DAYS).map(|_| next()).collect::<Result<_, _>>()?;
    let numbers = unpack(columns[0], rows)?;
    let mut used = vec![0_usize; forms.len()];
    for number in &numbers {
        let uses = used.get_mut(usize::from(*number));
        *uses.ok_or(Error::Segment("a form that is not there"))? += 1;
    }
    if used.contains(&0) {
        return Err(Error::Segment("a form that nobody uses"));
    }
    let mut filled: Vec<Filled> = numbers
        .iter()
        .map(|number| Filled {
            form: u32::from(*number),
            ..Filled::default()
        })
        .collect();
    let count = |has: &dyn Fn(&Form) -> bool| -> usize {
        let uses = forms.iter().zip(&used);
        uses.map(|(form, uses)| if has(form) { *uses } else { 0 })
            .sum()
    };
    for (day, column) in columns[1..].iter().enumerate() {
        let mut days = unpack(column, count(&|form| form.has_day(day)))?.into_iter();
        let having = filled
            .iter_mut()
            .filter(|row| forms[row.form as usize].has_day(day));
        for row in having {
            row.days[day] = days.next().unwrap_or_default();
        }
    }
    let (sums, odd) = next()?.as_chunks::<32>();
    if !odd.is_empty() || sums.len() != count(&Form::has_sum) {
        return Err(Error::Segment("not as many digests as rows have"));
    }
    let having = filled
        .iter_mut()
        .filter(|row| forms[row.form as usize].has_sum());
    for (row, at) in having.zip(0..) {
        row.sum = at;
    }
    Ok(Kept::Forms(Filing {
        forms,
        rows: filled,
        sums: sums.to_vec(),
    }))
}

/// Facts that are kept as lines.
pub(super) fn of_lines(lengths: &[u16], frame: &[u8]) -> Result<Kept, Error> {
    let ends: Vec<usize> = lengths
        .iter()
        .scan(0, |end, length| {
            *end += usize::from(*length);
            Some(*end)
        })
        .collect();
    let bytes = decompress(frame, ends.last().copied().unwrap_or(0))?;
    Ok(Kept::Lines { ends, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Facts of three rows on two of three forms, and their columns.
    fn three() -> (Filing, Vec<Vec<u8>>) {
        let texts: [&[u8]; 3] = [b"z=1\n", b"n=never\n", b"a=\x01\nb=\x05\nc=\x04\n"];
        let mut filing = Filing {
            forms: texts.map(|text| Form::new(text).unwrap()).into(),
            ..Filing::default()
        };
        for (form, day) in [(2, 20_000), (0, 7), (2, 20_001)] {
            let days = [day, 1, 2, day + 1];
            let filled = Filled { form, days, sum: 0 };
            filing.file(filled, (form == 2).then_some([day as u8; 32]));
        }
        let columns = columns(&filing, &filing.rows).unwrap();
        (filing, columns)
    }

    fn back(columns: &[Vec<u8>], rows: usize) -> Result<Kept, Error> {
        let mut rest = columns.iter();
        let kept = read(
            || Ok(rest.next().ok_or(Error::Segment("a block is cut short"))?),
            rows,
        );
        assert!(kept.is_err() || rest.next().is_none());
        kept
    }

    #[test]
    fn facts_on_forms_come_back_and_so_do_those_of_some_rows() {
        let (filing, whole) = three();
        for rows in [&[0, 1, 2][..], &[2, 0], &[1], &[]] {
            let filled: Vec<Filled> = rows.iter().map(|at| filing.rows[*at]).collect();
            let kept = back(&columns(&filing, &filled).unwrap(), rows.len()).unwrap();
            assert_eq!(kept.rows(), rows.len());
            for (at, row) in rows.iter().enumerate() {
                let mut text = Vec::new();
                filing.fill(*row, &mut text);
                assert!(!text.is_empty());
                assert_eq!(kept.of(at), text);
            }
        }
        // Nothing is kept of a form, a day or a digest of somebody else.
        let alone = columns(&filing, &filing.rows[1..2]).unwrap();
        assert_eq!(decompress_any(&alone[1], 100).unwrap(), b"\0\x04z=1\n");
        assert!(
            alone[2..]
                .iter()
                .all(|column| column.is_empty() || column == &[0])
        );
        assert_eq!(whole[7].len(), 64);
    }

    #[test]
    fn what_the_writer_of_forms_would_not_write_is_refused() {
        let (_, valid) = three();
        let forms = |texts: &[&[u8]]| {
            let with = |text: &&[u8]| [&[0, text.len() as u8], *text].concat();
            let all: Vec<u8> = texts.iter().flat_map(with).collect();
            compress(&all).unwrap()
        };
        let texts: [&[u8]; 2] = [b"a=\x01\nb=\x05\nc=\x04\n", b"z=1\n"];
        let (first, last) = (texts[0], texts[1]);
        assert_eq!(forms(&texts), valid[1]);
        let huge = vec![0; MOST + 1];
        let damages: [(usize, Vec<u8>, &str); 16] = [
            (1, forms(&[last, first]), "do not ascend"),
            (1, forms(&[first, first]), "do not ascend"),
            (1, forms(&[first, b"k=1\n", last]), "nobody uses"),
            (
                1,
                forms(&[b"a=1\n", b"b=1\n", b"c=1\n", b"d=1\n"]),
                "too many",
            ),
            (1, forms(&[first]), "form that is not there"),
            (1, forms(&[b"a=\x01\nb=\x01\n", last]), "stands twice"),
            (1, forms(&[b"a=x\x01\n", last]), "whole of a value"),
            (1, forms(&[b"a=\x01\x04\n", last]), "whole of a value"),
            (1, forms(&[b"a=\x06\n", last]), "printable"),
            (1, forms(&[b"a\x01=1\n", last]), "whole of a value"),
            (1, compress(b"\0\x09z=1\n").unwrap(), "cut short"),
            (1, compress(&huge).unwrap(), "another length"),
            (3, pack(&[20_000]).unwrap(), "another length"),
            (4, pack(&[20_000]).unwrap(), "another length"),
            (7, vec![0; 63], "digests"),
            (7, vec![0; 96], "digests"),
        ];
        for (at, column, why) in damages {
            let mut damaged = valid.clone();
            damaged[at] = column;
            let error = back(&damaged, 3).expect_err(why).to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
        for length in 0..valid.len() {
            assert!(back(&valid[..length], 3).is_err());
        }
        assert!(back(&valid, 2).is_err() && back(&valid, 4).is_err());
    }

    #[test]
    fn facts_of_which_hardly_two_are_alike_are_kept_as_lines() {
        let text = |at: usize| format!("a={at:065000}\n");
        let texts: Vec<String> = (0..=MOST / 65_000).map(text).collect();
        let filing = Filing::verbatim(texts.iter().map(String::as_bytes));
        let columns = columns(&filing, &filing.rows).unwrap();
        assert_eq!(columns.len(), 2);
        let kept = back(&columns, texts.len()).unwrap();
        assert!(
            texts
                .iter()
                .enumerate()
                .all(|(at, text)| *kept.of(at) == *text.as_bytes())
        );
    }

    #[test]
    fn a_row_on_a_form_or_with_a_digest_that_is_not_there_is_refused_before_it_is_written() {
        let (filing, _) = three();
        assert!(check(&filing).is_ok());
        let mut other = filing.clone();
        other.rows[1].form = 3;
        assert!(check(&other).is_err());
        let mut other = filing.clone();
        other.rows[2].sum = 2;
        assert!(check(&other).is_err());
        let other = Filing::verbatim([b"a=\x01\n".as_slice()]);
        assert!(check(&other).is_err());
    }
}
