//! A segment's sealed file, of which only what is asked for is read.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;

use super::view::{damaged, key_name, missing};
use super::{Error, View, rows_name};
use crate::ledger;
use crate::ledger::key::SegmentKey;
use crate::ledger::opened::{self, Columns, Opened};
use crate::ledger::segment::HEAD;
use crate::ledger::text::SegmentId;

impl View {
    /// Opens a segment's file.
    pub(super) fn segment(&self, id: SegmentId) -> Result<SegmentFile, Error> {
        let kek = self.keyring.kek()?;
        let name = key_name(self.keyring.kek_id(), id);
        let wrapped = self.held(&name)?;
        let key =
            SegmentKey::unwrap(&wrapped, &id.0, &kek).map_err(|source| damaged(&name, source))?;
        let name = rows_name(id, key.generation);
        let path = self.paths.in_ledger(&name);
        let refused = |source| Error::Read {
            path: path.clone(),
            source,
        };
        let mut file = File::open(&path).map_err(|source| missing(&self.paths, refused(source)))?;
        let mut start = vec![0; HEAD];
        let opened = |file: &mut File| -> io::Result<Result<Opened, ledger::Error>> {
            file.read_exact(&mut start)?;
            let length = match opened::opening(&start) {
                Ok(length) => length,
                Err(error) => return Ok(Err(error)),
            };
            start.resize(length, 0);
            file.read_exact(&mut start[HEAD..])?;
            Ok(Opened::of(&start, id, key))
        };
        let opened = opened(&mut file).map_err(|source| cut(&name, &path, source))?;
        let opened = opened.map_err(|source| damaged(&name, source))?;
        Ok(SegmentFile { name, file, opened })
    }
}

/// A segment's file, of which only what is asked for is read.
pub(super) struct SegmentFile {
    name: String,
    file: File,
    pub opened: Opened,
}

impl SegmentFile {
    fn bytes(&mut self, range: Range<usize>) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; range.len()];
        self.file
            .seek(SeekFrom::Start(range.start as u64))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|source| cut(&self.name, Path::new(&self.name), source))?;
        Ok(bytes)
    }

    /// The pseudonyms of some chunks.
    pub fn pseudonyms(&mut self, chunks: Range<usize>) -> Result<Vec<u8>, Error> {
        let sealed = self.bytes(self.opened.pseudonym_chunks_at(chunks.clone()))?;
        self.opened
            .pseudonyms_of_chunks(chunks.start, &sealed)
            .map_err(|source| damaged(&self.name, source))
    }

    pub fn columns(&mut self, block: usize) -> Result<Columns, Error> {
        let sealed = self.bytes(self.opened.block_at(block))?;
        self.opened
            .columns(block, &sealed)
            .map_err(|source| damaged(&self.name, source))
    }
}

/// A file that ends too early is damaged; any other failure is the disk's.
fn cut(name: &str, path: &Path, source: io::Error) -> Error {
    if source.kind() == io::ErrorKind::UnexpectedEof {
        damaged(name, ledger::Error::Segment("it is cut short"))
    } else {
        Error::Read {
            path: path.to_owned(),
            source,
        }
    }
}
