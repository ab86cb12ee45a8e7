//! A segment without some of its records, under the same root.
//!
//! The file is written again without them under a key of its own, and the
//! salts' seeds become those of the subtrees that hold no erased row: the
//! salt of an erased row cannot be derived any more, so that its leaf's hash,
//! which is kept, tells nothing. Every other record, salt and proof stays what
//! it was.

use std::borrow::Cow;

use rayon::prelude::*;

use super::error::Error;
use super::forms::{self, Kept};
use super::key::{Secret, SegmentKey};
use super::opened::{Columns, Opened};
use super::seal::CHUNK;
use super::segment::{BODY, Shape, happenings, predictions};
use super::text::SegmentKind;
use crate::form::Filled;

/// A segment's next file and key.
#[derive(Debug)]
pub struct Punctured {
    /// The sealed file.
    pub sealed: Vec<u8>,
    /// What opens it.
    pub key: SegmentKey,
}

/// Writes the segment of `file` again without `rows` (ascending, none of them erased before), sealed by `key`, which seals
/// nothing else; `generation` is that of the file read.
pub fn puncture(
    opened: &Opened,
    file: &[u8],
    rows: &[u32],
    generation: u32,
    key: Secret,
) -> Result<Punctured, Error> {
    if let Some(row) = rows.iter().find(|row| **row >= opened.rows()) {
        return Err(Error::NoRow { row: *row });
    }
    if let Some(row) = rows
        .iter()
        .find(|row| opened.gaps().binary_search(row).is_ok())
    {
        return Err(Error::Erased { row: *row });
    }
    let range = |at: std::ops::Range<usize>| {
        file.get(at)
            .ok_or(Error::Segment("it is longer or shorter than it was sealed"))
    };
    let whole = opened.pseudonyms(range(opened.pseudonyms_at())?)?;
    let (all, _) = whole.as_chunks::<16>();
    let pseudonyms: Vec<u8> = all
        .iter()
        .zip(opened.live_rows())
        .filter(|(_, row)| rows.binary_search(row).is_err())
        .flat_map(|(pseudonym, _)| *pseudonym)
        .collect();
    let block = |at: usize| -> Result<(u32, Vec<u8>), Error> {
        let (first, count) = opened.blocks()[at];
        let sealed = range(opened.block_at(at))?;
        let gone = &rows[rows.partition_point(|row| *row < first)
            ..rows.partition_point(|row| *row < first + count)];
        let payload = if gone.is_empty() {
            opened.payload(at, sealed)?
        } else {
            let from = opened.place(first);
            let gone: Vec<usize> = gone.iter().map(|row| opened.place(*row) - from).collect();
            without(opened, &opened.columns(at, sealed)?, &gone)?
        };
        Ok((count, payload))
    };
    let blocks: Vec<(u32, Vec<u8>)> = (0..opened.blocks().len())
        .into_par_iter()
        .map(block)
        .collect::<Result<_, _>>()?;
    let shape = Shape {
        id: opened.id(),
        kind: opened.kind(),
        rows: opened.rows(),
        features: opened.features(),
    };
    Ok(Punctured {
        sealed: shape.seal(
            pseudonyms.chunks(CHUNK).map(<[u8]>::to_vec).collect(),
            blocks,
            &key,
        ),
        key: SegmentKey {
            generation: generation
                .checked_add(1)
                .ok_or(Error::Segment("it was rewritten too often"))?,
            key,
            frontier: opened
                .frontier()
                .without(&opened.id().0, opened.rows(), rows),
        },
    })
}

/// The bytes of a block without the places `gone` (ascending).
fn without(opened: &Opened, columns: &Columns, gone: &[usize]) -> Result<Vec<u8>, Error> {
    let stays = |at: &usize| gone.binary_search(at).is_err();
    let facts = || -> Vec<Cow<'_, [u8]>> {
        let rows = (0..columns.rows()).filter(stays);
        rows.map(|at| columns.facts.of(at)).collect()
    };
    if opened.kind() == SegmentKind::Events {
        let bodies: Vec<u8> = (0..columns.rows())
            .filter(stays)
            .flat_map(|at| &columns.bodies[at * BODY..(at + 1) * BODY])
            .copied()
            .collect();
        return happenings(&bodies, &facts());
    }
    let kept = |column: &Vec<u16>| -> Vec<u16> {
        (0..column.len())
            .filter(stays)
            .map(|at| column[at])
            .collect()
    };
    let all: Vec<Vec<u16>> = [&columns.basis, &columns.outcomes]
        .into_iter()
        .chain(&columns.codes)
        .map(kept)
        .collect();
    predictions(&all, || match &columns.facts {
        Kept::Lines { .. } => forms::lines(&facts()),
        Kept::Forms(filing) => {
            let rows = (0..filing.rows.len()).filter(stays);
            let filled: Vec<Filled> = rows.map(|at| filing.rows[at]).collect();
            forms::columns(filing, &filled)
        }
    })
}
