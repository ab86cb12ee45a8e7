//! Text to whole records: where each starts and ends, and on which line.
//!
//! Only line ends and quotes matter here, so this part runs at the speed of
//! memory on one thread, and everything behind it runs in parallel. Memory is
//! bounded: a record that outgrows [`MAX_RECORD`] is refused, not collected.
//! Line ends are LF, CRLF or CR, each counted once. Quoting is RFC 4180's; what
//! the `csv` crate reads, this reads (a test holds the two together), and it
//! says on which line a quote was opened that nobody closed.

use memchr::{memchr, memchr3};

use super::MAX_RECORD;
use super::error::Error;
use super::text::{Charset, Stop, Text};
use crate::policy::Encoding;

/// Runs of hollow records that are remembered before they count as records.
const MAX_HOLLOW: usize = 4096;

/// The longest record, and one byte for each of CR and LF behind it.
const BUFFER: usize = MAX_RECORD + 2;

/// One record within a [`Chunk`]'s text; `start == end` is a hollow one (nothing but separators).
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) line: u64,
}

/// Whole records.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) text: Vec<u8>,
    /// What its bytes mean; they are whole characters and none of them is NUL.
    pub(super) charset: Charset,
    pub(super) spans: Vec<Span>,
    /// The last span is the file's last record, and no line end follows it.
    pub(super) cut: bool,
}

/// Frames one file.
pub(super) struct Framer<'a> {
    file: String,
    text: Text<'a>,
    declared: Encoding,
    separator: u8,
    buffer: Vec<u8>,
    /// Line of the buffer's first byte.
    line: u64,
    more: bool,
    /// Records with nothing in them, as (first line, how many): dropped at the end of the file.
    hollow: Vec<(u64, u64)>,
}

/// What stands at the start of a buffer.
enum Scan {
    /// A record; `stray` is where a quoted field over several lines was opened and badly closed.
    Record {
        end: usize,
        next: usize,
        quoted: bool,
        stray: Option<usize>,
    },
    /// No end in sight; `quote` is where a quoted field was opened that has not been closed.
    Open { quote: Option<usize> },
}

impl<'a> Framer<'a> {
    pub(super) fn new(file: String, text: Text<'a>, declared: Encoding, separator: u8) -> Self {
        Self {
            file,
            text,
            declared,
            separator,
            buffer: Vec::new(),
            line: 1,
            more: true,
            hollow: Vec::new(),
        }
    }

    /// Raw bytes taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.text.taken
    }

    /// Steps over a `sep=;` line, and returns the separator that it names.
    pub(super) fn separator_hint(&mut self) -> Result<Option<u8>, Error> {
        self.refill()?;
        let head = &self.buffer;
        if head.len() < 5 || !head[..4].eq_ignore_ascii_case(b"sep=") {
            return Ok(None);
        }
        let length = match head[5..] {
            [b'\r', b'\n', ..] => 7,
            [b'\r' | b'\n', ..] => 6,
            _ => return Ok(None),
        };
        let named = head[4];
        self.buffer.drain(..length);
        self.line += 1;
        Ok(Some(named))
    }

    /// Up to `limit` records, about 1 MiB of them; `None` at the end of the file.
    pub(super) fn chunk(&mut self, limit: usize) -> Result<Option<Chunk>, Error> {
        self.refill()?;
        let mut spans: Vec<Span> = Vec::with_capacity(limit.min(8192));
        let mut at = 0;
        let mut cut = false;
        while at < self.buffer.len() && spans.len() < limit {
            match scan(&self.buffer, at, self.separator, !self.more) {
                Scan::Record {
                    end,
                    next,
                    quoted,
                    stray,
                } => {
                    if self.outgrown(at, end) {
                        return Err(self.too_long());
                    }
                    if let Some(quote) = stray {
                        return Err(self.unclosed(at, quote));
                    }
                    if end > at && !self.take_hollow(at, end) {
                        if !self.hollow.is_empty() && self.release(&mut spans, limit) {
                            break;
                        }
                        spans.push(Span {
                            start: at as u32,
                            end: end as u32,
                            line: self.line,
                        });
                        cut = end == next;
                    }
                    self.line += if quoted {
                        lines(&self.buffer[at..next])
                    } else {
                        u64::from(next > end)
                    };
                    at = next;
                }
                Scan::Open { .. } if self.outgrown(at, self.buffer.len()) => {
                    return Err(self.too_long());
                }
                Scan::Open { quote: Some(quote) } if !self.more => {
                    return Err(self.unclosed(at, quote));
                }
                Scan::Open { .. } => break,
            }
        }
        if self.hollow.len() > MAX_HOLLOW {
            self.release(&mut spans, limit);
        }
        if at == 0 && spans.is_empty() {
            if self.buffer.is_empty() {
                return Ok(None);
            }
            return Err(self.too_long());
        }
        let mut rest = Vec::with_capacity(BUFFER);
        rest.extend_from_slice(&self.buffer[at..]);
        let mut text = std::mem::replace(&mut self.buffer, rest);
        text.truncate(at);
        self.validate(&text, &spans)?;
        Ok(Some(Chunk {
            text,
            charset: self.text.charset(),
            spans,
            cut,
        }))
    }

    /// Whether a record is longer than it may be once it is UTF-8.
    fn outgrown(&self, start: usize, end: usize) -> bool {
        // No character of Windows-1252 takes more than three bytes of UTF-8.
        self.text.charset() == Charset::Western
            && end - start > MAX_RECORD / 3
            && Charset::Western.text(&self.buffer[start..end]).len() > MAX_RECORD
    }

    fn too_long(&self) -> Error {
        Error::RecordTooLong {
            file: self.file.clone(),
            line: self.line,
        }
    }

    /// Reads until the buffer could hold the longest record, or the file ends.
    fn refill(&mut self) -> Result<(), Error> {
        while self.more && self.buffer.len() < BUFFER {
            let want = BUFFER - self.buffer.len();
            match self.text.fill(&mut self.buffer, want) {
                Ok(more) => self.more = more,
                Err(Stop::Refused(error)) => return Err(error),
                Err(Stop::Malformed) => {
                    return Err(self.malformed(&self.buffer, self.buffer.len(), self.line));
                }
            }
        }
        Ok(())
    }

    /// Whether this record has nothing but separators and spaces; if so it waits for a fuller one to follow.
    fn take_hollow(&mut self, start: usize, end: usize) -> bool {
        let bytes = &self.buffer[start..end];
        let nothing = |byte: u8| byte == self.separator || byte == b' ';
        if !nothing(bytes[0]) || !bytes.iter().all(|&byte| nothing(byte)) {
            return false;
        }
        match self.hollow.last_mut() {
            Some((first, count)) if *first + *count == self.line => *count += 1,
            _ => self.hollow.push((self.line, 1)),
        }
        true
    }

    /// Turns waiting hollow records into records; whether `limit` was reached before the last of them.
    fn release(&mut self, spans: &mut Vec<Span>, limit: usize) -> bool {
        let mut released = 0;
        for (line, count) in &mut self.hollow {
            while *count > 0 && spans.len() < limit {
                spans.push(Span {
                    start: 0,
                    end: 0,
                    line: *line,
                });
                *line += 1;
                *count -= 1;
            }
            released += usize::from(*count == 0);
        }
        self.hollow.drain(..released);
        spans.len() == limit
    }

    /// Refuses the text of a chunk that is not whole characters without NUL.
    fn validate(&self, bytes: &[u8], spans: &[Span]) -> Result<(), Error> {
        // The line of the chunk's first byte: its first record may stand after blank lines.
        let first = || {
            spans
                .iter()
                .find(|span| span.end > span.start)
                .map_or((0, self.line), |span| (span.start as usize, span.line))
        };
        if let Some(at) = memchr(0, bytes) {
            let (start, line) = first();
            let (line, character) = self.place(&bytes[start.min(at)..at], line);
            return Err(Error::Nul {
                file: self.file.clone(),
                line,
                character,
            });
        }
        if self.declared != Encoding::Utf8 {
            return Ok(()); // Every byte of Windows-1252 is a character, and a decoder writes UTF-8.
        }
        std::str::from_utf8(bytes).map(|_| ()).map_err(|error| {
            let at = error.valid_up_to();
            let (start, line) = first();
            self.malformed(&bytes[start.min(at)..], at - start.min(at), line)
        })
    }

    /// The line and character (both 1-based) that follow `before`, which starts on `line`.
    fn place(&self, before: &[u8], line: u64) -> (u64, u64) {
        let last = before
            .iter()
            .rposition(|byte| matches!(byte, b'\n' | b'\r'))
            .map_or(0, |at| at + 1);
        let characters = self.text.charset().text(&before[last..]).chars().count();
        (line + lines(before), characters as u64 + 1)
    }

    /// The bytes at `at` mean nothing in the declared encoding; `line` is that of the first of `bytes`.
    fn malformed(&self, bytes: &[u8], at: usize, line: u64) -> Error {
        let (line, character) = self.place(&bytes[..at], line);
        Error::Encoding {
            file: self.file.clone(),
            declared: self.declared,
            line,
            character,
        }
    }

    /// The quote at `quote`, in the record at `start`, is never closed as it should be.
    fn unclosed(&self, start: usize, quote: usize) -> Error {
        Error::UnclosedQuote {
            file: self.file.clone(),
            line: self.line + lines(&self.buffer[start..quote]),
        }
    }
}

/// Line ends in `bytes`: LF, CRLF or CR, each counted once.
fn lines(bytes: &[u8]) -> u64 {
    let mut previous = 0;
    let mut count = 0;
    for &byte in bytes {
        count += u64::from(byte == b'\r' || (byte == b'\n' && previous != b'\r'));
        previous = byte;
    }
    count
}

/// Finds the end of the record that starts at `start`.
fn scan(buffer: &[u8], start: usize, separator: u8, complete: bool) -> Scan {
    let mut at = start;
    let mut quoted = false;
    let mut stray = None;
    loop {
        let Some(found) = memchr3(b'"', b'\n', b'\r', &buffer[at..]) else {
            if complete {
                let end = buffer.len();
                return Scan::Record {
                    end,
                    next: end,
                    quoted,
                    stray,
                };
            }
            return Scan::Open { quote: None };
        };
        let mark = at + found;
        if buffer[mark] != b'"' {
            let next = match (buffer[mark], buffer.get(mark + 1)) {
                (b'\r', None) if !complete => return Scan::Open { quote: None },
                (b'\r', Some(b'\n')) => mark + 2,
                _ => mark + 1,
            };
            return Scan::Record {
                end: mark,
                next,
                quoted,
                stray,
            };
        }
        if mark > start && buffer[mark - 1] != separator {
            // A quote amid a field that did not start with one is a character like any other.
            at = mark + 1;
            continue;
        }
        quoted = true;
        match close(buffer, mark, separator, complete) {
            Close::At { after, proper } => {
                if !proper && stray.is_none() && lines(&buffer[mark..after]) > 0 {
                    stray = Some(mark);
                }
                at = after;
            }
            Close::Open => return Scan::Open { quote: Some(mark) },
        }
    }
}

/// How a quoted field ends.
enum Close {
    /// After its closing quote; `proper` when a separator, a line end or the end of the file follows (or spaces, then one of these).
    At { after: usize, proper: bool },
    /// Not within these bytes.
    Open,
}

/// Finds the quote that closes the one at `quote`.
fn close(buffer: &[u8], quote: usize, separator: u8, complete: bool) -> Close {
    let mut at = quote + 1;
    loop {
        let Some(found) = memchr(b'"', &buffer[at..]) else {
            return Close::Open;
        };
        let after = at + found + 1;
        match buffer.get(after) {
            None if complete => {
                return Close::At {
                    after,
                    proper: true,
                };
            }
            None => return Close::Open,
            Some(b'"') => at = after + 1,
            Some(_) => {
                let next = buffer[after..].iter().find(|&&byte| byte != b' ');
                let proper = match next {
                    None => complete,
                    Some(&byte) => byte == separator || matches!(byte, b'\r' | b'\n'),
                };
                if next.is_none() && !complete {
                    return Close::Open;
                }
                return Close::At { after, proper };
            }
        }
    }
}
