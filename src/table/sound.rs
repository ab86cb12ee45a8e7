//! How the pages of a column keep its texts, and whether they hold as many codes as they say.
//!
//! polars takes the first level for each code that is not there, and pages have
//! no checksum that anybody writes: what is cut short must be seen here.

use std::io::Cursor;

use polars::prelude::{PolarsError, PolarsResult};
use polars_buffer::Buffer;
use polars_parquet::parquet::compression::DecompressionContext;
use polars_parquet::parquet::encoding::hybrid_rle::HybridRleDecoder;
use polars_parquet::parquet::page::{DataPage, split_buffer};
use polars_parquet::read::{ColumnChunkMetadata, Page, PageReader, ParquetError, decompress};
use polars_parquet::write::Encoding;

/// How the texts of a column chunk are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// By codes, in all pages.
    Coded,
    /// Not all by codes, so that they have to be looked at one by one.
    Plain,
    /// By codes, of which some are not there.
    Short,
}

/// Looks at every page once.
pub(super) fn kept(metadata: &ColumnChunkMetadata, bytes: &Buffer<u8>) -> PolarsResult<Kept> {
    let mut pages = PageReader::new(Cursor::new(bytes.clone()), metadata, Vec::new(), usize::MAX);
    pages.read_dict()?;
    let (mut buffer, mut context) = (Vec::new(), DecompressionContext::Unset);
    for page in pages {
        let Page::Data(page) = decompress(page?, &mut buffer, &mut context)? else {
            continue;
        };
        if !matches!(
            page.encoding(),
            Encoding::PlainDictionary | Encoding::RleDictionary
        ) {
            return Ok(Kept::Plain);
        }
        if !holds_all(&page).map_err(PolarsError::from)? {
            return Ok(Kept::Short);
        }
    }
    Ok(Kept::Coded)
}

fn holds_all(page: &DataPage) -> Result<bool, ParquetError> {
    let parts = split_buffer(page)?;
    let there = if page.descriptor.max_def_level > 0 {
        let levels = HybridRleDecoder::new(parts.def, 1, page.num_values()).collect()?;
        levels.iter().filter(|level| **level == 1).count()
    } else {
        page.num_values()
    };
    let Some((bits, codes)) = parts.values.split_first() else {
        return Ok(there == 0);
    };
    let mut codes = HybridRleDecoder::new(codes, u32::from(*bits), there);
    let mut held = 0;
    while let Some(run) = codes.next_chunk_length()? {
        held += run;
    }
    Ok(held >= there)
}
