//! A record to the fields that were asked for.
//!
//! Every field's end has to be found; only the asked ones become a [`Cut`].
//! The others are stepped over, neither copied nor unescaped nor looked at.

use memchr::memchr;

use super::word::{few, word};

/// Where an asked field's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    start: u32,
    end: u32,
    /// In the scratch text, because quotes had to be undoubled; else in the record.
    unescaped: bool,
}

impl Cut {
    /// The field's bytes.
    #[inline]
    pub(super) fn bytes<'t>(self, record: &'t [u8], scratch: &'t [u8]) -> &'t [u8] {
        let whole = if self.unescaped { scratch } else { record };
        &whole[self.start as usize..self.end as usize]
    }
}

/// What a record turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// How many fields it has.
    pub(super) fields: u32,
    /// The last field holds nothing.
    pub(super) last_empty: bool,
    /// The first field in which a closing quote was followed by more text.
    pub(super) stray: Option<u32>,
}

/// Finds the fields at positions `wanted` (ascending, perhaps repeated) in a record.
pub(super) fn split(
    record: &[u8],
    separator: u8,
    wanted: &[u32],
    cuts: &mut Vec<Cut>,
    scratch: &mut Vec<u8>,
) -> Shape {
    cuts.clear();
    scratch.clear();
    let mut wanted = wanted;
    let mut shape = Shape {
        fields: 0,
        last_empty: false,
        stray: None,
    };
    let mut ends = Ends::new(record, separator);
    let mut start = 0;
    loop {
        let keep = wanted.first() == Some(&shape.fields);
        let (cut, end) = if record.get(start) == Some(&b'"') {
            let scratch = keep.then_some(&mut *scratch);
            let (cut, end) = quoted(record, start, separator, scratch, &mut shape);
            ends.skip_to(end + 1);
            (cut, end)
        } else {
            let end = ends.next();
            (cut(start, end, false), end)
        };
        if keep {
            while wanted.first() == Some(&shape.fields) {
                cuts.push(cut);
                wanted = &wanted[1..];
            }
        }
        shape.fields += 1;
        if end == record.len() {
            shape.last_empty = start == end || &record[start..end] == b"\"\"";
            return shape;
        }
        start = end + 1;
    }
}

/// The separators of a record one after the other, found 64 bytes at a time.
struct Ends<'r> {
    record: &'r [u8],
    separator: u8,
    /// Where the block stands that is looked at.
    at: usize,
    /// A bit for each of its bytes that is a separator and has not been told.
    hits: u64,
}

impl<'r> Ends<'r> {
    fn new(record: &'r [u8], separator: u8) -> Self {
        let mut ends = Self {
            record,
            separator,
            at: 0,
            hits: 0,
        };
        ends.skip_to(0);
        ends
    }

    /// Where the next separator stands, or the record ends.
    #[inline]
    fn next(&mut self) -> usize {
        while self.hits == 0 {
            if self.record.len() - self.at <= 64 {
                return self.record.len();
            }
            self.skip_to(self.at + 64);
        }
        let end = self.at + self.hits.trailing_zeros() as usize;
        self.hits &= self.hits - 1;
        end
    }

    /// Goes on from there.
    fn skip_to(&mut self, at: usize) {
        self.at = at.min(self.record.len());
        let rest = &self.record[self.at..];
        let mut words = rest[..rest.len().min(64)].chunks_exact(8);
        self.hits = 0;
        let mut shift = 0;
        for eight in &mut words {
            self.hits |= separators(word(eight), self.separator) << shift;
            shift += 8;
        }
        if !words.remainder().is_empty() {
            // Behind the record there are zeros, and no separator is NUL.
            self.hits |= separators(few(words.remainder()), self.separator) << shift;
        }
    }
}

/// A bit for each of eight bytes that is the separator; the first byte has the lowest.
#[inline]
fn separators(word: u64, separator: u8) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let differs = word ^ u64::from_le_bytes([separator; 8]);
    // A byte that does not differ is zero, and only then neither the sum nor itself has its high bit.
    let hits = !(((differs & LOW) + LOW) | differs) & !LOW;
    // Each high bit to its place in the highest byte; no two products meet in one bit.
    (hits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

fn cut(start: usize, end: usize, unescaped: bool) -> Cut {
    // A record is at most 1 MiB.
    Cut {
        start: start as u32,
        end: end as u32,
        unescaped,
    }
}

/// The quoted field at `start`, and where it ends; unescaped only if there is a place for it.
fn quoted(
    record: &[u8],
    start: usize,
    separator: u8,
    mut scratch: Option<&mut Vec<u8>>,
    shape: &mut Shape,
) -> (Cut, usize) {
    let from = scratch.as_ref().map_or(0, |scratch| scratch.len());
    let mut piece = start + 1;
    let mut doubled = false;
    loop {
        let closing = memchr(b'"', &record[piece..]).map_or(record.len(), |found| piece + found);
        if record.get(closing + 1) == Some(&b'"') {
            doubled = true;
            if let Some(scratch) = scratch.as_deref_mut() {
                scratch.extend_from_slice(&record[piece..=closing]);
            }
            piece = closing + 2;
            continue;
        }
        let after = (closing + 1).min(record.len());
        let end = memchr(separator, &record[after..]).map_or(record.len(), |length| after + length);
        if !doubled && after == end {
            return (cut(start + 1, closing, false), end);
        }
        if record[after..end].iter().any(|&byte| byte != b' ') {
            shape.stray.get_or_insert(shape.fields);
        }
        let Some(scratch) = scratch else {
            return (cut(0, 0, false), end);
        };
        scratch.extend_from_slice(&record[piece..closing]);
        scratch.extend_from_slice(&record[after..end]);
        return (cut(from, scratch.len(), true), end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(record: &str, wanted: &[u32]) -> (Vec<String>, Shape) {
        let (mut cuts, mut scratch) = (Vec::new(), Vec::new());
        let record = record.as_bytes();
        let shape = split(record, b';', wanted, &mut cuts, &mut scratch);
        let text = |cut: &Cut| String::from_utf8(cut.bytes(record, &scratch).to_vec()).unwrap();
        (cuts.iter().map(text).collect(), shape)
    }

    #[test]
    fn only_the_fields_asked_for_are_kept() {
        let (kept, shape) = fields("a;\"b;\"\"c\"\"\";d;;\"\"", &[1, 3]);
        assert_eq!(kept, ["b;\"c\"", ""]);
        assert_eq!(
            (shape.fields, shape.last_empty, shape.stray),
            (5, true, None)
        );

        let (mut cuts, mut scratch) = (Vec::new(), Vec::new());
        split(
            b"\"x\"\"y\";2;\"z\"\"\"",
            b';',
            &[1],
            &mut cuts,
            &mut scratch,
        );
        assert_eq!(cuts.len(), 1);
        assert_eq!(scratch, b"", "an undeclared field was unescaped");
    }

    #[test]
    fn every_separator_is_found_wherever_it_stands() {
        let mut draws = 1_u64;
        for length in 0..200 {
            // Bytes that differ from the separator in one bit, and such as would carry into their neighbour.
            let record: Vec<u8> = (0..length)
                .map(|_| {
                    draws = draws
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    b";;\xbb:\x00\xff\x80\x7f"[(draws >> 61) as usize]
                })
                .collect();
            let mut ends = Ends::new(&record, b';');
            let mut expected = record.iter().enumerate().filter(|(_, byte)| **byte == b';');
            for (end, _) in &mut expected {
                assert_eq!(ends.next(), end, "of {length} bytes");
            }
            assert_eq!(ends.next(), record.len());
        }
    }

    #[test]
    fn text_behind_a_closing_quote_is_noticed() {
        let (kept, shape) = fields("\"5\" pipe\";x", &[0, 1]);
        assert_eq!(kept, ["5 pipe\"", "x"]);
        assert_eq!(shape.stray, Some(0));
        let (kept, shape) = fields("\"a\"  ;x", &[0]);
        assert_eq!(kept, ["a  "]);
        assert_eq!(shape.stray, None);
    }
}
