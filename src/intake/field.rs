//! A record to the fields that were asked for.
//!
//! Every field's end has to be found; only the asked ones become a [`Cut`].
//! The others are stepped over, neither copied nor unescaped nor looked at.

/// Where an asked field's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    start: u32,
    end: u32,
    /// In the scratch text, because quotes had to be undoubled; else in the record.
    unescaped: bool,
}

impl Cut {
    /// The field's text.
    pub(super) fn text<'t>(self, record: &'t str, scratch: &'t str) -> &'t str {
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
    record: &str,
    separator: u8,
    wanted: &[u32],
    cuts: &mut Vec<Cut>,
    scratch: &mut String,
) -> Shape {
    cuts.clear();
    scratch.clear();
    let bytes = record.as_bytes();
    let mut wanted = wanted;
    let mut shape = Shape {
        fields: 0,
        last_empty: false,
        stray: None,
    };
    let mut start = 0;
    loop {
        let keep = wanted.first() == Some(&shape.fields);
        let (cut, end) = if bytes.get(start) == Some(&b'"') {
            quoted(
                record,
                start,
                separator,
                keep.then_some(&mut *scratch),
                &mut shape,
            )
        } else {
            let end = ending(bytes, start, separator);
            (cut(start, end, false), end)
        };
        while wanted.first() == Some(&shape.fields) {
            cuts.push(cut);
            wanted = &wanted[1..];
        }
        shape.fields += 1;
        if end == bytes.len() {
            shape.last_empty = start == end || &bytes[start..end] == b"\"\"";
            return shape;
        }
        start = end + 1;
    }
}

fn cut(start: usize, end: usize, unescaped: bool) -> Cut {
    // A record is at most 1 MiB.
    Cut {
        start: start as u32,
        end: end as u32,
        unescaped,
    }
}

/// Where the unquoted field at `start` ends.
fn ending(bytes: &[u8], start: usize, separator: u8) -> usize {
    bytes[start..]
        .iter()
        .position(|&byte| byte == separator)
        .map_or(bytes.len(), |length| start + length)
}

/// The quoted field at `start`, and where it ends; unescaped only if there is a place for it.
fn quoted(
    record: &str,
    start: usize,
    separator: u8,
    mut scratch: Option<&mut String>,
    shape: &mut Shape,
) -> (Cut, usize) {
    let bytes = record.as_bytes();
    let from = scratch.as_ref().map_or(0, |scratch| scratch.len());
    let mut piece = start + 1;
    let mut doubled = false;
    loop {
        let closing = bytes[piece..]
            .iter()
            .position(|&byte| byte == b'"')
            .map_or(bytes.len(), |found| piece + found);
        if bytes.get(closing + 1) == Some(&b'"') {
            doubled = true;
            if let Some(scratch) = scratch.as_deref_mut() {
                scratch.push_str(&record[piece..=closing]);
            }
            piece = closing + 2;
            continue;
        }
        let after = (closing + 1).min(bytes.len());
        let end = ending(bytes, after, separator);
        if !doubled && after == end {
            return (cut(start + 1, closing, false), end);
        }
        if bytes[after..end].iter().any(|&byte| byte != b' ') {
            shape.stray.get_or_insert(shape.fields);
        }
        let Some(scratch) = scratch else {
            return (cut(0, 0, false), end);
        };
        scratch.push_str(&record[piece..closing]);
        scratch.push_str(&record[after..end]);
        return (cut(from, scratch.len(), true), end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(record: &str, wanted: &[u32]) -> (Vec<String>, Shape) {
        let (mut cuts, mut scratch) = (Vec::new(), String::new());
        let shape = split(record, b';', wanted, &mut cuts, &mut scratch);
        (
            cuts.iter()
                .map(|cut| cut.text(record, &scratch).to_owned())
                .collect(),
            shape,
        )
    }

    #[test]
    fn only_the_fields_asked_for_are_kept() {
        let (kept, shape) = fields("a;\"b;\"\"c\"\"\";d;;\"\"", &[1, 3]);
        assert_eq!(kept, ["b;\"c\"", ""]);
        assert_eq!(
            (shape.fields, shape.last_empty, shape.stray),
            (5, true, None)
        );

        let (mut cuts, mut scratch) = (Vec::new(), String::new());
        split(
            "\"x\"\"y\";2;\"z\"\"\"",
            b';',
            &[1],
            &mut cuts,
            &mut scratch,
        );
        assert_eq!(cuts.len(), 1);
        assert_eq!(scratch, "", "an undeclared field was unescaped");
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
