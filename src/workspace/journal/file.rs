//! A segment's sealed file, of which only what is asked for is read.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;

use super::keyring::Keyring;
use super::view::{damaged, key_name, missing};
use super::{Error, Placed, View, erased_name, rows_name};
use crate::ledger;
use crate::ledger::entry::Segment;
use crate::ledger::erased::{Erased, Leaves};
use crate::ledger::key::{Secret, Unwrapped};
use crate::ledger::opened::{self, Columns, Opened};
use crate::ledger::segment::HEAD;
use crate::ledger::text::SegmentId;

impl View {
    /// Opens a segment's file by the keys in use now: an erasure may have changed them since this view was read.
    pub(super) fn segment(&self, segment: &Segment) -> Result<SegmentFile, Error> {
        let mut keyring = self.keyring.clone();
        loop {
            match self.segment_under(&keyring, segment) {
                Ok(file) => return Ok(file),
                Err(error) => {
                    let now = Keyring::open(&self.paths.root)?;
                    if now == keyring {
                        return Err(error);
                    }
                    keyring = now;
                }
            }
        }
    }

    fn segment_under(&self, keyring: &Keyring, segment: &Segment) -> Result<SegmentFile, Error> {
        let id = segment.id;
        let unwrapped = self.unwrapped(keyring, &keyring.kek()?, id)?;
        let erased = self.erased_under(segment, unwrapped.generation)?;
        let leaves = erased.leaves();
        let gaps = leaves.rows();
        let key = unwrapped
            .key(segment.rows, &gaps)
            .map_err(|source| damaged(&key_name(keyring.kek_id(), id), source))?;
        let name = rows_name(id, unwrapped.generation);
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
            Ok(Opened::of(&start, id, key, gaps))
        };
        let opened = opened(&mut file).map_err(|source| cut(&name, &path, source))?;
        let opened = opened.map_err(|source| damaged(&name, source))?;
        if (opened.rows(), opened.kind()) != (segment.rows, segment.kind) {
            let source = ledger::Error::Segment("it is not the segment of its entry");
            return Err(damaged(&name, source));
        }
        Ok(SegmentFile {
            name,
            file,
            generation: unwrapped.generation,
            erased,
            leaves,
            opened,
        })
    }

    /// A segment's wrapped key, opened.
    pub(super) fn unwrapped(
        &self,
        keyring: &Keyring,
        kek: &Secret,
        id: SegmentId,
    ) -> Result<Unwrapped, Error> {
        let name = key_name(keyring.kek_id(), id);
        let wrapped = self.held(&name)?;
        Unwrapped::open(&wrapped, &id.0, kek).map_err(|source| damaged(&name, source))
    }

    /// The list of a segment's erased rows; empty where none was ever erased.
    pub(super) fn erased_under(&self, segment: &Segment, generation: u32) -> Result<Erased, Error> {
        if generation == 0 {
            return Ok(Erased::default());
        }
        let name = erased_name(segment.id, generation);
        let bytes = self.held(&name)?;
        Erased::decode(&bytes, segment.rows).map_err(|source| damaged(&name, source))
    }

    /// The erased rows of a segment, with the hashes of their leaves.
    pub fn erased(&self, placed: &Placed) -> Result<Leaves, Error> {
        Ok(self.segment(&placed.entry)?.leaves)
    }
}

/// A segment's file, of which only what is asked for is read.
pub(super) struct SegmentFile {
    pub name: String,
    file: File,
    /// How often it was rewritten.
    pub generation: u32,
    /// Its erased rows, by the entry that erased them.
    pub erased: Erased,
    /// The same, together.
    pub leaves: Leaves,
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

    /// All bytes of the file.
    pub fn whole(&mut self) -> Result<Vec<u8>, Error> {
        self.bytes(0..self.opened.length())
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

    /// The outcomes of a block, and nothing else of it.
    pub fn outcomes(&mut self, block: usize) -> Result<Vec<u16>, Error> {
        let sealed = self.bytes(self.opened.block_at(block))?;
        self.opened
            .outcomes(block, &sealed)
            .map_err(|source| damaged(&self.name, source))
    }
}

impl SegmentFile {
    /// The outcomes and the codes of a block, and nothing else of it.
    pub fn codes(&mut self, block: usize) -> Result<(Vec<u16>, Vec<Vec<u16>>), Error> {
        let sealed = self.bytes(self.opened.block_at(block))?;
        self.opened
            .codes(block, &sealed)
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
