//! Bytes to text: a stream in the declared encoding, or a refusal.
//!
//! Nothing is guessed here. What contradicts the policy, or is no text at all,
//! is refused before a record is framed. Windows-1252 stays as it came: its
//! marks are those of UTF-8, so a record is framed and cut as bytes, and only
//! the few cells that are read as text are ever transcoded. The door of `encoding_rs`.

use std::borrow::Cow;
use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::error::{Container, Error};
use crate::policy::Encoding;

/// Bytes read before anything is decided.
const HEAD: usize = 1 << 16;

/// One file of a run. Its name is for people only.
pub struct Source<'a> {
    /// How errors call it.
    pub name: String,
    /// Its bytes.
    pub bytes: Box<dyn Read + Send + 'a>,
}

impl<'a> Source<'a> {
    /// A file of this name.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: impl Read + Send + 'a) -> Self {
        Self {
            name: name.into(),
            bytes: Box::new(bytes),
        }
    }
}

/// What the bytes of a stream mean; in both, a byte below 128 is that character of ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// UTF-8.
    Utf8,
    /// Windows-1252: one byte, one character.
    Western,
}

impl Charset {
    /// The characters of whole `bytes`.
    pub(super) fn text(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => String::from_utf8_lossy(bytes),
            },
            Self::Western => WINDOWS_1252.decode_without_bom_handling(bytes).0,
        }
    }
}

/// A stream of text: UTF-8 (still to be validated) or Windows-1252 as it came, UTF-16 transcoded to UTF-8.
pub(super) struct Text<'a> {
    file: String,
    bytes: Box<dyn Read + Send + 'a>,
    head: io::Cursor<Vec<u8>>,
    declared: Encoding,
    decoder: Option<Decoder>,
    undecoded: Vec<u8>,
    /// Whether bytes beyond ASCII were seen, in Windows-1252 only.
    judged: bool,
    /// Raw bytes taken so far.
    pub(super) taken: u64,
    finished: bool,
}

/// What stopped the stream; the place is known to the caller, who has framed what came before.
pub(super) enum Stop {
    /// A refusal that needs no place.
    Refused(Error),
    /// The next bytes cannot be decoded.
    Malformed,
}

impl<'a> Text<'a> {
    /// Reads the file's head and checks it against the declared encoding.
    pub(super) fn open(
        file: String,
        mut bytes: Box<dyn Read + Send + 'a>,
        declared: Encoding,
    ) -> Result<Self, Error> {
        let head = head(&file, &mut bytes)?;
        check_head(&file, &head, declared)?;
        let skip = usize::from(declared == Encoding::Utf8 && head.starts_with(b"\xef\xbb\xbf")) * 3;
        let decoder = match declared {
            Encoding::Utf8 | Encoding::Windows1252 => None,
            Encoding::Utf16 if head.starts_with(b"\xfe\xff") => {
                Some(UTF_16BE.new_decoder_with_bom_removal())
            }
            Encoding::Utf16 => Some(UTF_16LE.new_decoder_with_bom_removal()),
        };
        let mut head = io::Cursor::new(head);
        head.set_position(skip as u64);
        Ok(Self {
            file,
            bytes,
            head,
            declared,
            decoder,
            undecoded: Vec::new(),
            judged: false,
            taken: skip as u64,
            finished: false,
        })
    }

    /// What the bytes of this stream mean.
    pub(super) fn charset(&self) -> Charset {
        match self.declared {
            Encoding::Utf8 | Encoding::Utf16 => Charset::Utf8,
            Encoding::Windows1252 => Charset::Western,
        }
    }

    /// Appends about `want` bytes of text to `out`; whether there may be more.
    pub(super) fn fill(&mut self, out: &mut Vec<u8>, want: usize) -> Result<bool, Stop> {
        if self.finished {
            return Ok(false);
        }
        if self.decoder.is_some() {
            self.decode(out, want)?;
        } else {
            let unjudged = self.charset() == Charset::Western && !self.judged;
            let want = if unjudged { HEAD } else { want };
            let before = out.len();
            let got = self.raw(out, want)?;
            if unjudged {
                self.judge(&out[before..])?;
            }
            self.finished = got < want;
        }
        Ok(!self.finished)
    }

    /// Appends up to `want` raw bytes to `out`, fewer only at the end.
    fn raw(&mut self, out: &mut Vec<u8>, want: usize) -> Result<usize, Stop> {
        let before = out.len();
        out.resize(before + want, 0);
        let mut from = (&mut self.head).chain(&mut self.bytes);
        let mut end = before;
        while end < out.len() {
            match from.read(&mut out[end..]) {
                Ok(0) => break,
                Ok(got) => end += got,
                Err(source) if source.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => {
                    let file = self.file.clone();
                    return Err(Stop::Refused(Error::Read { file, source }));
                }
            }
        }
        out.truncate(end);
        self.taken += (end - before) as u64;
        Ok(end - before)
    }

    fn decode(&mut self, out: &mut Vec<u8>, want: usize) -> Result<(), Stop> {
        let target = out.len() + want;
        while out.len() < target && !self.finished {
            let mut raw = std::mem::take(&mut self.undecoded);
            let last = self.raw(&mut raw, HEAD)? < HEAD;
            let decoder = self
                .decoder
                .as_mut()
                .expect("`decode` is called only where there is a decoder");
            // Three bytes of UTF-8 for each input byte is more than any of these encodings needs.
            let start = out.len();
            out.resize(start + raw.len() * 3 + 16, 0);
            let (result, read, written) =
                decoder.decode_to_utf8_without_replacement(&raw, &mut out[start..], last);
            out.truncate(start + written);
            if let DecoderResult::Malformed(..) = result {
                return Err(Stop::Malformed);
            }
            self.undecoded.extend_from_slice(&raw[read..]);
            self.finished = last && self.undecoded.is_empty();
        }
        Ok(())
    }

    /// Windows-1252 means every byte, so a UTF-8 file would pass as mojibake: the first bytes beyond ASCII tell.
    fn judge(&mut self, raw: &[u8]) -> Result<(), Stop> {
        if raw.is_ascii() {
            return Ok(());
        }
        self.judged = true;
        let valid = match std::str::from_utf8(raw) {
            Ok(_) => true,
            // A sequence cut by the block's end, after at least one whole one.
            Err(error) => error.error_len().is_none() && !raw[..error.valid_up_to()].is_ascii(),
        };
        if valid {
            return Err(Stop::Refused(Error::OtherEncoding {
                file: self.file.clone(),
                declared: self.declared,
                looks: Encoding::Utf8,
            }));
        }
        Ok(())
    }
}

/// The first bytes of a file.
pub(super) fn head(file: &str, bytes: &mut dyn Read) -> Result<Vec<u8>, Error> {
    let mut head = Vec::with_capacity(HEAD);
    bytes
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .map_err(|source| Error::Read {
            file: file.to_owned(),
            source,
        })?;
    Ok(head)
}

/// The encoding that a byte-order mark announces.
pub(super) fn marked(head: &[u8]) -> Option<Encoding> {
    if head.starts_with(b"\xef\xbb\xbf") {
        Some(Encoding::Utf8)
    } else if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        Some(Encoding::Utf16)
    } else {
        None
    }
}

/// What is no CSV in any encoding.
pub(super) fn check_container(file: &str, head: &[u8]) -> Result<(), Error> {
    let file = file.to_owned();
    if let Some(looks) = container(head) {
        return Err(Error::NotCsv { file, looks });
    }
    if marked(head) != Some(Encoding::Utf16) {
        let control = |byte: &&u8| matches!(byte, 1..=8 | 14..=31 | 127);
        if head.iter().filter(control).count() * 50 > head.len() {
            return Err(Error::Binary { file });
        }
    }
    Ok(())
}

fn check_head(file: &str, head: &[u8], declared: Encoding) -> Result<(), Error> {
    check_container(file, head)?;
    match marked(head) {
        Some(looks) if looks != declared => Err(Error::OtherEncoding {
            file: file.to_owned(),
            declared,
            looks,
        }),
        _ => Ok(()),
    }
}

fn container(head: &[u8]) -> Option<Container> {
    const MAGIC: [(&[u8], Container); 8] = [
        (b"PK\x03\x04", Container::Zip),
        (b"PK\x05\x06", Container::Zip),
        (b"\x1f\x8b", Container::Gzip),
        (b"PAR1", Container::Parquet),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Container::Xls),
        (b"%PDF-", Container::Pdf),
        (b"\x28\xb5\x2f\xfd", Container::Zstd),
        (b"SQLite format 3\0", Container::Sqlite),
    ];
    if let Some((_, looks)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(*looks);
    }
    let text = head
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(head)
        .trim_ascii_start();
    let starts =
        |tag: &[u8]| text.len() >= tag.len() && text[..tag.len()].eq_ignore_ascii_case(tag);
    let tags: [&[u8]; 5] = [b"<!doctype", b"<html", b"<?xml", b"<head", b"<body"];
    tags.iter()
        .any(|tag| starts(tag))
        .then_some(Container::Html)
}
