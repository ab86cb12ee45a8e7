//! What to do with each record of a run, decided once by the header, and done in parallel.

use std::sync::Arc;

use super::column::{Building, Found};
use super::error::Error;
use super::field::{self, Cut};
use super::frame::{Chunk, Span};
use super::value::Values;
use super::{Asked, Failure, MAX_CELL, Place, Reason};
use crate::name::tidy;
use crate::policy::Dialect;

/// What to do with each record.
pub(super) struct Plan {
    pub(super) separator: u8,
    /// Fields of the header.
    width: u32,
    /// The header ends with a separator: records may do so or not.
    open_ended: bool,
    /// Positions of the asked fields, ascending.
    wanted: Vec<u32>,
    /// For each of them: which asked column it is.
    slots: Vec<usize>,
    pub(super) asked: Vec<Asked>,
    names: Vec<Arc<str>>,
    values: Values,
}

/// What became of a chunk.
pub(super) struct Part {
    pub(super) columns: Vec<Building>,
    pub(super) records: Vec<u64>,
    pub(super) places: Vec<Place>,
    pub(super) failures: Vec<Failure>,
    /// Fields that were looked at.
    pub(super) cut: u64,
}

impl Plan {
    pub(super) fn new(headers: &[String], dialect: &Dialect, asked: &[Asked]) -> Self {
        let mut pairs: Vec<(u32, usize)> = asked
            .iter()
            .enumerate()
            .filter_map(|(slot, column)| {
                let field = headers.iter().position(|header| *header == column.name)?;
                Some((field as u32, slot))
            })
            .collect();
        pairs.sort_unstable();
        Self {
            separator: dialect.separator,
            width: headers.len() as u32,
            open_ended: headers.last().is_some_and(String::is_empty),
            wanted: pairs.iter().map(|(field, _)| *field).collect(),
            slots: pairs.iter().map(|(_, slot)| *slot).collect(),
            asked: asked.to_vec(),
            names: asked
                .iter()
                .map(|column| Arc::from(column.name.as_str()))
                .collect(),
            values: Values::new(dialect),
        }
    }

    /// Reads a chunk's records; the number of the first is `first`.
    pub(super) fn read(
        &self,
        chunk: &Chunk,
        file: u32,
        first: u64,
        name: &str,
    ) -> Result<Part, Error> {
        let rows = chunk.spans.len();
        let mut part = Part {
            columns: self
                .asked
                .iter()
                .map(|it| Building::new(it, rows))
                .collect(),
            records: Vec::with_capacity(rows),
            places: Vec::with_capacity(rows),
            failures: Vec::new(),
            cut: 0,
        };
        let (mut cuts, mut scratch) = (Vec::new(), Vec::new());
        for (at, span) in chunk.spans.iter().enumerate() {
            let record = first + at as u64;
            let place = Place {
                file,
                line: span.line,
            };
            match self.row(chunk, *span, &mut cuts, &mut scratch, &mut part.columns) {
                Ok(()) => {
                    part.records.push(record);
                    part.places.push(place);
                }
                Err((_, Reason::Ragged { expected, found }))
                    if found < expected && chunk.cut && at + 1 == chunk.spans.len() =>
                {
                    return Err(Error::Truncated {
                        file: name.to_owned(),
                        record,
                        line: span.line,
                        expected,
                        found,
                    });
                }
                Err((slot, reason)) => part.failures.push(Failure {
                    record,
                    place,
                    column: slot.map(|slot| self.names[slot].clone()),
                    reason,
                    identifier: self.identifier(chunk, *span, reason, &cuts, &scratch),
                }),
            }
            part.cut += cuts.len() as u64;
        }
        Ok(part)
    }

    /// The identifier of a record that failed, where its fields are in their places.
    fn identifier(
        &self,
        chunk: &Chunk,
        span: Span,
        reason: Reason,
        cuts: &[Cut],
        scratch: &[u8],
    ) -> Option<Box<str>> {
        let misplaced = matches!(
            reason,
            Reason::Ragged { .. } | Reason::Blank | Reason::StrayQuote
        );
        let at = self
            .slots
            .iter()
            .position(|slot| self.asked[*slot].required)?;
        let cut = cuts.get(at).filter(|_| !misplaced)?;
        let record = &chunk.text[span.start as usize..span.end as usize];
        let text = chunk.charset.text(cut.bytes(record, scratch));
        let named = tidy(&text);
        (!named.is_empty() && named.len() <= MAX_CELL).then(|| Box::from(&*named))
    }

    /// Reads one record into the columns, whole or not at all; else the asked column at fault and why.
    fn row(
        &self,
        chunk: &Chunk,
        span: Span,
        cuts: &mut Vec<Cut>,
        scratch: &mut Vec<u8>,
        columns: &mut [Building],
    ) -> Result<(), (Option<usize>, Reason)> {
        cuts.clear();
        if span.start == span.end {
            return Err((None, Reason::Blank));
        }
        let record = &chunk.text[span.start as usize..span.end as usize];
        let shape = field::split(record, self.separator, &self.wanted, cuts, scratch);
        let one_more = shape.fields == self.width + 1 && shape.last_empty;
        let one_less = shape.fields + 1 == self.width && self.open_ended;
        if shape.fields != self.width && !one_more && !one_less {
            return Err((
                None,
                Reason::Ragged {
                    expected: self.width,
                    found: shape.fields,
                },
            ));
        }
        if let Some(field) = shape.stray {
            let slot = self
                .wanted
                .iter()
                .position(|wanted| *wanted == field)
                .map(|at| self.slots[at]);
            return Err((slot, Reason::StrayQuote));
        }
        for (at, cut) in cuts.iter().enumerate() {
            let slot = self.slots[at];
            let found = Found {
                bytes: cut.bytes(record, scratch),
                charset: chunk.charset,
            };
            if let Err(reason) = columns[slot].push(found, &self.values) {
                if self.asked[slot].lenient {
                    columns[slot].push_unreadable();
                    continue;
                }
                for done in &self.slots[..at] {
                    columns[*done].pop();
                }
                return Err((Some(slot), reason));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::text::Charset;
    use crate::policy::{DateOrder, Encoding, Format, Kind, Thousands};

    #[test]
    fn no_undeclared_field_is_ever_looked_at() {
        let dialect = Dialect {
            format: Format::Csv,
            separator: b',',
            encoding: Encoding::Utf8,
            decimal: '.',
            thousands: Thousands::None,
            dates: DateOrder::Iso,
            missing: Vec::new(),
            yes: Vec::new(),
            no: Vec::new(),
        };
        let asked = [Asked::column("b", Kind::Number)];
        let headers = ["a", "b", "c", "d"].map(str::to_owned);
        let plan = Plan::new(&headers, &dialect, &asked);
        let text = b"x,1,\"y\"\"\",z\nx,2,y,z\n".to_vec();
        let spans = vec![
            Span {
                start: 0,
                end: 11,
                line: 2,
            },
            Span {
                start: 12,
                end: 19,
                line: 3,
            },
        ];
        let chunk = Chunk {
            text,
            charset: Charset::Utf8,
            spans,
            cut: false,
        };
        let part = plan.read(&chunk, 0, 1, "`x`").unwrap();
        assert_eq!(part.records, [1, 2]);
        assert_eq!(
            part.cut, 2,
            "one field of four was asked for, in two records"
        );
    }
}
