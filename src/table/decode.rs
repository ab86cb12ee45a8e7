//! Row groups to batches: a window of rows at a time, so that of a row group of any size no more than
//! the compressed columns and one window are in memory.
//!
//! Texts that repeat are taken as Parquet keeps them, a dictionary and one
//! small number a row: nobody looks at a text twice. Everything else goes
//! through polars' own types and casts.

use std::fs::File;
use std::io::{Cursor, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use polars::prelude::{DataType, Series};
use polars_arrow::array::{Array, DictionaryArray, Utf8ViewArray};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::{ArrowDataType, DTYPE_CATEGORICAL_NEW, Field, IntegerType, Metadata};
use polars_buffer::Buffer;
use polars_parquet::read::{
    BasicDecompressor, ColumnChunkMetadata, FileMetadata, Filter, PageReader,
    column_iter_to_arrays, infer_schema, read_metadata,
};
use rayon::prelude::*;

use super::column::Category;
use super::error::Error;
use super::read::{BATCH, Raw, RawBatch, Wanted, guarded, raw_column};
use super::sound::{self, Kept};

/// Rows that are decoded at a time: a few batches, since a page is decompressed anew for each window that it spans.
const WINDOW: usize = 4 * BATCH;

/// Decodes the wanted columns of `paths`, in order, and hands over batches until `send` wants no more.
///
/// Every wanted column stands in every file, by the name given beside it.
pub(super) fn batches(
    paths: &[PathBuf],
    wanted: &[(Wanted, String)],
    send: &mut dyn FnMut(RawBatch) -> bool,
) -> Result<(), Error> {
    let mut kinds: Option<Vec<ArrowDataType>> = None;
    let mut batch = Batch::default();
    for path in paths {
        let damaged = |kind| Error::Damaged {
            path: path.clone(),
            kind,
        };
        let opened = Opened::open(path, wanted)?;
        let here = || opened.fields.iter().map(|field| &field.dtype);
        let kinds = kinds.get_or_insert_with(|| here().cloned().collect());
        // A column of nothing but empty cells may have lost its type.
        if here()
            .zip(&*kinds)
            .any(|(here, first)| here != first && *here != ArrowDataType::Null)
        {
            return Err(damaged("columns do not match"));
        }
        for group in 0..opened.metadata.row_groups.len() {
            let group = opened.group(group, kinds).map_err(damaged)?;
            let mut at = 0;
            while at < group.rows {
                // Windows end where batches end, so that most batches come out of one.
                let end = group.rows.min(at + WINDOW - batch.rows);
                let window = group.window(at..end, wanted).map_err(damaged)?;
                at = end;
                if !batch.take(&window, wanted, send)? {
                    return Ok(());
                }
            }
        }
    }
    if batch.rows > 0 {
        send(batch.finish());
    }
    Ok(())
}

/// A file whose footer was read.
struct Opened {
    file: File,
    length: u64,
    metadata: FileMetadata,
    /// The wanted columns' types, in order.
    fields: Vec<Field>,
}

impl Opened {
    fn open(path: &Path, wanted: &[(Wanted, String)]) -> Result<Self, Error> {
        let failed = |source| Error::Open {
            path: path.to_owned(),
            source,
        };
        let damaged = |kind| Error::Damaged {
            path: path.to_owned(),
            kind,
        };
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let (metadata, schema) = guarded(|| {
            let metadata = read_metadata(&mut file)?;
            let schema = infer_schema(&metadata)?;
            Ok((metadata, schema))
        })
        .map_err(damaged)?;
        let mut fields = Vec::with_capacity(wanted.len());
        for (_, name) in wanted {
            let field = schema.get(name.as_str());
            fields.push(
                field
                    .cloned()
                    .ok_or_else(|| damaged("columns do not match"))?,
            );
        }
        Ok(Self {
            file,
            length,
            metadata,
            fields,
        })
    }

    /// Reads the wanted columns of a row group, as they stand in the file.
    fn group(&self, at: usize, kinds: &[ArrowDataType]) -> Result<Group<'_>, &'static str> {
        let group = &self.metadata.row_groups[at];
        let mut chunks = Vec::with_capacity(self.fields.len());
        for (field, kind) in self.fields.iter().zip(kinds) {
            let mut columns = group
                .columns_under_root_iter(&field.name)
                .into_iter()
                .flatten();
            let metadata = columns.next().ok_or("its pages cannot be decoded")?;
            // Several columns under one name are a list or a structure.
            let pages = match columns.next() {
                None => Some((metadata, self.bytes(metadata)?.into())),
                Some(_) => None,
            };
            chunks.push(Chunk {
                field: field.clone(),
                kind: kind.clone(),
                pages,
                texts: OnceLock::new(),
            });
        }
        Ok(Group {
            rows: group.num_rows(),
            chunks,
        })
    }

    /// A column of a row group, as it stands in the file.
    fn bytes(&self, metadata: &ColumnChunkMetadata) -> Result<Vec<u8>, &'static str> {
        let range = metadata.byte_range();
        if range.end > self.length {
            return Err("its pages cannot be decoded");
        }
        let mut bytes = vec![0; (range.end - range.start) as usize];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(range.start))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|_| "input or output failed")?;
        Ok(bytes)
    }
}

/// The wanted columns of a row group, compressed.
struct Group<'a> {
    rows: usize,
    chunks: Vec<Chunk<'a>>,
}

/// A column of a row group, compressed; without pages where it is a list or a structure.
struct Chunk<'a> {
    field: Field,
    /// The type that the column has in the first file of the run.
    kind: ArrowDataType,
    pages: Option<(&'a ColumnChunkMetadata, Buffer<u8>)>,
    /// How its texts are kept, once that was looked at.
    texts: OnceLock<Result<Kept, &'static str>>,
}

/// Some rows of a row group, decoded.
struct Window {
    rows: usize,
    columns: Vec<Decoded>,
}

enum Decoded {
    /// Texts by their place in a list.
    Coded(DictionaryArray<u32>),
    Typed(Series),
    /// Of a type that no kind is read from; its name.
    Foreign(String),
}

impl Group<'_> {
    fn window(
        &self,
        rows: Range<usize>,
        wanted: &[(Wanted, String)],
    ) -> Result<Window, &'static str> {
        let columns = self
            .chunks
            .par_iter()
            .zip(wanted)
            .map(|(chunk, (want, _))| chunk.decode(rows.clone(), want.repeats))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Window {
            rows: rows.len(),
            columns,
        })
    }
}

impl Chunk<'_> {
    fn decode(&self, rows: Range<usize>, repeats: bool) -> Result<Decoded, &'static str> {
        let foreign = || Decoded::Foreign(DataType::from_arrow_field(&self.field).to_string());
        let Some(pages) = &self.pages else {
            return Ok(foreign());
        };
        let text = is_text(&self.field.dtype);
        if self.field.dtype == ArrowDataType::Null && self.kind != ArrowDataType::Null {
            let kind = if is_text(&self.kind) {
                DataType::String
            } else {
                DataType::from_arrow_dtype(&self.kind)
            };
            let nothing = || Ok(Series::full_null("".into(), rows.len(), &kind));
            return guarded(nothing).map(Decoded::Typed);
        }
        if !text && self.field.dtype.is_nested() {
            return Ok(foreign());
        }
        if text && repeats {
            let look = || guarded(|| sound::kept(pages.0, &pages.1));
            match (*self.texts.get_or_init(look))? {
                Kept::Short => return Err(SHORT),
                Kept::Plain => {}
                Kept::Coded => {
                    let arrays = arrays(pages, coded(&self.field), rows)?;
                    let array = arrays.first().ok_or(SHORT)?;
                    let coded = array.as_any().downcast_ref::<DictionaryArray<u32>>();
                    return Ok(Decoded::Coded(coded.ok_or(SHORT)?.clone()));
                }
            }
        }
        let mut field = self.field.clone();
        if text {
            (field.dtype, field.metadata) = (ArrowDataType::Utf8View, None);
        }
        let arrays = arrays(pages, field.clone(), rows)?;
        guarded(|| Series::try_from((&field, arrays))).map(Decoded::Typed)
    }
}

fn is_text(kind: &ArrowDataType) -> bool {
    match kind {
        ArrowDataType::Utf8View => true,
        ArrowDataType::Dictionary(_, values, _) => **values == ArrowDataType::Utf8View,
        _ => false,
    }
}

/// A row group that holds fewer rows than its footer says.
const SHORT: &str = "lengths do not match";

/// The field that makes polars hand over the codes of texts as they are.
fn coded(field: &Field) -> Field {
    let mark = (DTYPE_CATEGORICAL_NEW.into(), "".into());
    Field {
        dtype: ArrowDataType::Dictionary(
            IntegerType::UInt32,
            Box::new(ArrowDataType::Utf8View),
            false,
        ),
        metadata: Some(Arc::new(Metadata::from([mark]))),
        ..field.clone()
    }
}

fn arrays(
    (metadata, bytes): &(&ColumnChunkMetadata, Buffer<u8>),
    field: Field,
    rows: Range<usize>,
) -> Result<Vec<Box<dyn Array>>, &'static str> {
    let pages = PageReader::new(Cursor::new(bytes.clone()), metadata, Vec::new(), usize::MAX);
    let pages = BasicDecompressor::new(pages, Vec::new());
    let kind = &metadata.descriptor().descriptor.primitive_type;
    let length = rows.len();
    let (arrays, _) = guarded(|| {
        column_iter_to_arrays(vec![pages], vec![kind], field, Some(Filter::Range(rows)))
    })?;
    if arrays.iter().map(|array| array.len()).sum::<usize>() == length {
        Ok(arrays)
    } else {
        Err(SHORT)
    }
}

/// The batch that is being filled.
#[derive(Default)]
struct Batch {
    rows: usize,
    columns: Vec<Raw>,
}

impl Batch {
    /// Takes the rows of a window, and sends each batch that is full; whether more is wanted.
    fn take(
        &mut self,
        window: &Window,
        wanted: &[(Wanted, String)],
        send: &mut dyn FnMut(RawBatch) -> bool,
    ) -> Result<bool, Error> {
        let mut at = 0;
        while at < window.rows {
            let rows = at..window.rows.min(at + BATCH - self.rows);
            at = rows.end;
            self.rows += rows.len();
            let part = window
                .columns
                .par_iter()
                .zip(wanted)
                .map(|(column, (want, _))| column.part(rows.clone(), want))
                .collect::<Result<Vec<_>, _>>()?;
            if self.columns.is_empty() {
                self.columns = part;
            } else {
                self.columns
                    .par_iter_mut()
                    .zip(part)
                    .for_each(|(column, part)| column.append(part));
            }
            if self.rows == BATCH && !send(self.finish()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn finish(&mut self) -> RawBatch {
        RawBatch {
            columns: std::mem::take(&mut self.columns),
            rows: std::mem::take(&mut self.rows),
        }
    }
}

impl Decoded {
    fn part(&self, rows: Range<usize>, want: &Wanted) -> Result<Raw, Error> {
        match self {
            Self::Coded(array) => Ok(Raw::Dictionary(category(array, rows))),
            Self::Typed(series) => raw_column(&series.slice(rows.start as i64, rows.len()), want),
            Self::Foreign(kind) => Err(Error::Type {
                column: want.name.clone(),
                dtype: kind.clone(),
            }),
        }
    }
}

/// The bits of a bitmap, 64 at a time, the first in the lowest place: what is there of so many rows.
pub(super) fn words(bits: &Bitmap) -> impl Iterator<Item = u64> {
    let chunks = bits.chunks::<u64>();
    let rest = chunks.remainder();
    chunks.chain([rest])
}

/// Some rows of coded texts; the levels are those that these rows have, in order of first appearance.
fn category(array: &DictionaryArray<u32>, rows: Range<usize>) -> Category {
    let texts = array.values().as_any().downcast_ref::<Utf8ViewArray>();
    let texts = texts.expect("the dictionary was asked for as texts");
    let mut places = vec![Category::MISSING; texts.len()];
    let mut levels: Vec<Box<str>> = Vec::new();
    let mut place = |key: u32| {
        let place = &mut places[key as usize];
        if *place == Category::MISSING {
            *place = levels.len() as u32;
            levels.push(Box::from(texts.value(key as usize)));
        }
        *place
    };
    let keys = &array.keys().values()[rows.clone()];
    let mut codes: Vec<u32> = Vec::with_capacity(keys.len());
    match array.keys().validity() {
        None => codes.extend(keys.iter().map(|&key| place(key))),
        Some(validity) => {
            let validity = validity.clone().sliced(rows.start, rows.len());
            for (keys, there) in keys.chunks(64).zip(words(&validity)) {
                for (at, &key) in keys.iter().enumerate() {
                    let there = there >> at & 1 == 1;
                    codes.push(if there { place(key) } else { Category::MISSING });
                }
            }
        }
    }
    Category { levels, codes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hold_each_bit_once_wherever_a_bitmap_was_cut() {
        let bit = |at: usize| at * at % 7 % 3 == 1;
        let bits: Bitmap = (0..400).map(bit).collect();
        for from in 0..70 {
            for length in [0, 1, 7, 63, 64, 65, 128, 130, 300] {
                let words: Vec<u64> = words(&bits.clone().sliced(from, length)).collect();
                for at in 0..length {
                    let held = words[at / 64] >> (at % 64) & 1 == 1;
                    assert_eq!(held, bit(from + at), "bit {at} of {length} from {from}");
                }
            }
        }
    }
}
