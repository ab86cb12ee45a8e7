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

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::path::Path;

    use polars_arrow::array::{
        Array as _, DictionaryArray, MutableBinaryViewArray, PrimitiveArray, Utf8ViewArray,
    };
    use polars_arrow::bitmap::Bitmap;
    use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field, IntegerType};
    use polars_parquet::parquet::CowBuffer;
    use polars_parquet::parquet::encoding::hybrid_rle::Encoder as _;
    use polars_parquet::parquet::page::{DataPageHeader, DataPageHeaderV1, DictPage};
    use polars_parquet::write::fallible_streaming_iterator::convert;
    use polars_parquet::write::{
        CompressedPage, CompressionOptions, DynIter, DynStreamingIterator, FileWriter,
        StatisticsOptions, Version, WriteOptions, array_to_columns, compress, write_def_levels,
    };

    use super::*;
    use crate::table::{Category, Error, Raw, Reader, Wanted};

    const STORED: WriteOptions = WriteOptions {
        statistics: StatisticsOptions {
            min_value: false,
            max_value: false,
            distinct_count: false,
            null_count: false,
            binary_statistics_truncate_length: None,
        },
        version: Version::V1,
        compression: CompressionOptions::Uncompressed,
        data_page_size: None,
    };

    /// A file of one column, `level`, whose pages `make` gives.
    fn file(
        path: &Path,
        kind: ArrowDataType,
        rows: usize,
        make: impl Fn(&FileWriter<File>) -> Vec<CompressedPage>,
    ) {
        let field = Field::new("level".into(), kind, true);
        let schema: ArrowSchema = [(field.name.clone(), field)].into_iter().collect();
        let mut to = FileWriter::try_new(File::create(path).unwrap(), schema, STORED).unwrap();
        let pages = make(&to);
        let pages = DynStreamingIterator::new(convert(pages.iter().map(Ok)));
        to.write(rows as u64, DynIter::new([Ok(pages)].into_iter()))
            .unwrap();
        to.end(None).unwrap();
    }

    fn read(path: &Path) -> Result<Category, Error> {
        let wanted = Wanted {
            name: "level".to_owned(),
            repeats: true,
        };
        let mut reader = Reader::open(&[path.to_owned()], &[wanted]).unwrap();
        match reader.next().unwrap()?.columns.remove(0) {
            Raw::Dictionary(category) => Ok(category),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn codes_that_are_cut_short_are_damage_and_not_the_first_level() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("short.parquet");
        // The first row has no text; where all have one, polars sees for itself that codes are missing.
        let there: Bitmap = (0..65).map(|row| row > 0).collect();
        let codes: Vec<u32> = (0..64).map(|row| 1 + row % 2).collect();
        for held in [64, 32, 0] {
            file(&path, ArrowDataType::Utf8View, 65, |to| {
                let kind = &to.parquet_schema().columns()[0];
                let mut bytes = Vec::new();
                write_def_levels(&mut bytes, true, Some(&there), 65, Version::V1).unwrap();
                bytes.push(2);
                if held > 0 {
                    let held = codes[..held].iter().copied();
                    u32::bitpacked_encode(&mut bytes, held, 2).unwrap();
                }
                let header = DataPageHeaderV1 {
                    num_values: 65,
                    encoding: Encoding::RleDictionary.into(),
                    definition_level_encoding: Encoding::Rle.into(),
                    repetition_level_encoding: Encoding::Rle.into(),
                    statistics: None,
                };
                let header = DataPageHeader::V1(header);
                let bytes = CowBuffer::Owned(bytes);
                let data = DataPage::new(header, bytes, kind.descriptor.clone(), 65);
                let list = b"\x01\0\0\0a\x01\0\0\0b\x01\0\0\0c".to_vec();
                let list = DictPage::new(CowBuffer::Owned(list), 3, false);
                [Page::Dict(list), Page::Data(data)]
                    .map(|page| compress(page, Vec::new(), STORED.compression).unwrap())
                    .into()
            });
            match read(&path) {
                Ok(category) => {
                    assert_eq!(
                        (held, &*category.levels[0], &*category.levels[1]),
                        (64, "b", "c")
                    );
                }
                Err(Error::Damaged { kind, .. }) => {
                    assert!(held < 64 && kind == "lengths do not match");
                }
                Err(other) => panic!("{other}"),
            }
        }
    }

    #[test]
    fn a_column_kept_as_an_arrow_dictionary_is_read_as_its_texts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("category.parquet");
        let kind = ArrowDataType::Dictionary(
            IntegerType::UInt32,
            Box::new(ArrowDataType::Utf8View),
            false,
        );
        let mut levels = MutableBinaryViewArray::<str>::new();
        for level in ["salon", "site"] {
            levels.push(Some(level));
        }
        let levels: Utf8ViewArray = levels.into();
        let keys = PrimitiveArray::from(vec![Some(1u32), None, Some(0), Some(1)]);
        let column = DictionaryArray::try_new(kind.clone(), keys, levels.boxed()).unwrap();
        file(&path, kind, 4, |to| {
            let kind = to.parquet_schema().fields()[0].clone();
            let column = column.to_boxed();
            let pages = array_to_columns(column, kind, STORED, &[Encoding::RleDictionary]);
            pages
                .unwrap()
                .remove(0)
                .map(|page| compress(page.unwrap(), Vec::new(), STORED.compression).unwrap())
                .collect()
        });
        let category = read(&path).unwrap();
        let texts: Vec<Option<&str>> = category
            .codes
            .iter()
            .map(|code| category.levels.get(*code as usize).map(|level| &**level))
            .collect();
        assert_eq!(texts, [Some("site"), None, Some("salon"), Some("site")]);
    }
}
