//! Texts that differ in a day or a digest alone: written once, with blanks, and filled in for each lead.
//!
//! A night records what was known of a million leads. But for their days and
//! their digests that is a hundred texts at most; so a lead is a form's number
//! and what stands in its blanks, and its text is put together only where its
//! bytes are asked for.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{Datelike as _, NaiveDate};

/// Blanks for days that a form may have, each at most once.
pub const DAYS: usize = 4;

/// The byte that stands for the blank of a digest; the blank of day `n` is the byte `n + 1`.
pub const SUM: u8 = DAYS as u8 + 1;

/// Characters of a day.
const DAY_LENGTH: usize = 10;

/// Characters of a digest.
const SUM_LENGTH: usize = 64;

/// A text with blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    text: Box<[u8]>,
    /// The text with something in each blank.
    sample: Box<[u8]>,
    /// Where in the sample each day stands.
    days: [Option<usize>; DAYS],
    sum: Option<usize>,
}

/// What one lead puts into its form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Which form.
    pub form: u32,
    /// Days since 1970-01-01, by blank; of no meaning where the form has no such blank.
    pub days: [u16; DAYS],
    /// The place of its digest among the digests, where the form has a blank for one.
    pub sum: u32,
}

/// The texts of some leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filing {
    /// The forms.
    pub forms: Vec<Form>,
    /// Each lead's; empty where nobody has a text.
    pub rows: Vec<Filled>,
    /// The digests.
    pub sums: Vec<[u8; 32]>,
}

/// Every day that a blank can hold, and as it is written: a night asks a few million times.
static DATES: LazyLock<Vec<(NaiveDate, [u8; DAY_LENGTH])>> = LazyLock::new(|| {
    let days = (0..=u16::MAX).filter_map(|day| NaiveDate::from_epoch_days(day.into()));
    days.map(|date| (date, written(date))).collect()
});

/// A day of a year of four digits, as it is written.
fn written(date: NaiveDate) -> [u8; DAY_LENGTH] {
    let mut text = *b"0000-00-00";
    let mut rest = date.year() as u32 * 10_000 + date.month() * 100 + date.day();
    for at in [9, 8, 6, 5, 3, 2, 1, 0] {
        text[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    text
}

/// The day that is so many after 1970-01-01.
#[must_use]
pub fn date(days: i32) -> Option<NaiveDate> {
    let near = u16::try_from(days).ok();
    near.map_or_else(
        || NaiveDate::from_epoch_days(days),
        |day| Some(DATES[usize::from(day)].0),
    )
}

/// The day as a blank holds it: from 1970-01-01 on for 179 years.
#[must_use]
pub fn day(date: NaiveDate) -> Option<u16> {
    u16::try_from(date.to_epoch_days()).ok()
}

impl Form {
    /// The form of a text in which the bytes 1 to [`SUM`] are blanks; none if one of them stands twice.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let mut sample = Vec::with_capacity(text.len() + 128);
        let (mut days, mut sum) = ([None; DAYS], None);
        for &byte in text {
            let (place, blank): (_, &[u8]) = match byte {
                SUM => (&mut sum, &[b'0'; SUM_LENGTH]),
                1..SUM => (&mut days[usize::from(byte) - 1], b"1970-01-01"),
                _ => {
                    sample.push(byte);
                    continue;
                }
            };
            if place.replace(sample.len()).is_some() {
                return None;
            }
            sample.extend_from_slice(blank);
        }
        Some(Self {
            text: text.into(),
            sample: sample.into(),
            days,
            sum,
        })
    }

    /// A text without blanks, whatever its bytes.
    #[must_use]
    pub fn verbatim(text: &[u8]) -> Self {
        Self {
            text: text.into(),
            sample: text.into(),
            days: [None; DAYS],
            sum: None,
        }
    }

    /// The text, blanks as single bytes.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The text with something in each blank: as long as every text of this form.
    #[must_use]
    pub fn sample(&self) -> &[u8] {
        &self.sample
    }

    /// Whether it has a blank for this day.
    #[must_use]
    pub fn has_day(&self, day: usize) -> bool {
        self.days[day].is_some()
    }

    /// Whether it has a blank for a digest.
    #[must_use]
    pub fn has_sum(&self) -> bool {
        self.sum.is_some()
    }

    /// Appends the text, filled in.
    pub fn fill(&self, days: &[u16; DAYS], sum: Option<&[u8; 32]>, out: &mut Vec<u8>) {
        let from = out.len();
        out.extend_from_slice(&self.sample);
        let filled = &mut out[from..];
        for (at, day) in self.days.iter().zip(days) {
            if let Some(at) = *at {
                filled[at..at + DAY_LENGTH].copy_from_slice(&DATES[usize::from(*day)].1);
            }
        }
        if let (Some(at), Some(sum)) = (self.sum, sum) {
            let (pairs, _) = filled[at..at + SUM_LENGTH].as_chunks_mut::<2>();
            for (pair, byte) in pairs.iter_mut().zip(sum) {
                *pair = HEX[usize::from(*byte)];
            }
        }
    }
}

/// The two digits of each byte.
const HEX: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut all = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        all[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    all
};

impl Filing {
    /// These texts as they are, a form for each that differs.
    #[must_use]
    pub fn verbatim<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut filing = Self::default();
        let mut known: HashMap<&[u8], u32> = HashMap::new();
        for text in texts {
            let next = filing.forms.len() as u32;
            let form = *known.entry(text).or_insert(next);
            if form == next {
                filing.forms.push(Form::verbatim(text));
            }
            filing.rows.push(Filled {
                form,
                ..Filled::default()
            });
        }
        filing
    }

    /// Takes what one lead fills in, and its digest.
    pub fn file(&mut self, filled: Filled, sum: Option<[u8; 32]>) {
        let at = self.sums.len() as u32;
        self.sums.extend(sum);
        self.rows.push(Filled { sum: at, ..filled });
    }

    /// On these forms; empty where nobody has a text.
    pub fn on(&mut self, forms: &[Form]) {
        let silent = |row: &Filled| forms[row.form as usize].text.is_empty();
        if self.rows.iter().all(silent) {
            *self = Self::default();
        } else {
            self.forms = forms.to_vec();
        }
    }

    /// Appends the text of one lead; nothing where nobody has one.
    pub fn fill(&self, at: usize, out: &mut Vec<u8>) {
        if let Some(filled) = self.rows.get(at) {
            self.fill_in(filled, out);
        }
    }

    /// Appends the text of whoever filled in this.
    pub fn fill_in(&self, filled: &Filled, out: &mut Vec<u8>) {
        if let Some(form) = self.forms.get(filled.form as usize) {
            form.fill(&filled.days, self.sums.get(filled.sum as usize), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_filled_in_with_the_days_and_the_digest_of_its_lead() {
        let form = Form::new(b"a=\x02\nb=\x05\nc=\x01\n").unwrap();
        let mut filing = Filing {
            forms: vec![Form::verbatim(b"x=1\n"), form],
            rows: vec![Filled::default(); 2],
            sums: vec![[0xab; 32]],
        };
        let days = ["2026-11-25", "2149-06-06"].map(|text| text.parse::<NaiveDate>().unwrap());
        filing.rows[1] = Filled {
            form: 1,
            days: [day(days[0]).unwrap(), day(days[1]).unwrap(), 7, 7],
            sum: 0,
        };
        let mut text = Vec::new();
        (0..3).for_each(|at| filing.fill(at, &mut text));
        let expected = format!("x=1\na={}\nb={}\nc={}\n", days[1], "ab".repeat(32), days[0]);
        assert_eq!(String::from_utf8(text).unwrap(), expected);
        assert_eq!(filing.forms[1].sample().len(), expected.len() - 4);
    }

    #[test]
    fn no_blank_stands_twice_and_no_day_is_taken_for_another() {
        assert_eq!(Form::new(b"a=\x01\nb=\x01\n"), None);
        assert_eq!(Form::new(b"a=\x05\nb=\x05\n"), None);
        let text = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(day(text("1970-01-01")), Some(0));
        assert_eq!(day(text("1969-12-31")), None);
        assert_eq!(day(text("2149-06-07")), None);
        for at in [0_u16, 1, 59, 60, 20_000, u16::MAX] {
            let (date, written) = &DATES[usize::from(at)];
            assert_eq!(date.to_string().as_bytes(), written);
            assert_eq!(day(*date), Some(at));
            assert_eq!(super::date(at.into()), Some(*date));
        }
    }
}
