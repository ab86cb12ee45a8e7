//! Just enough DER to ask for a time-stamp and to read what one is about.
//!
//! Of a token we read a path of a dozen elements, from the status to the imprint; its certificates and its signature
//! are `openssl`'s to judge. The crate `x509-tsp` would bring `cms`, `x509-cert` and a derive macro for
//! it, and would refuse whole tokens over the order of certificates that nobody here looks at.
//! Definite, shortest lengths and one-byte tags only: anything else is refused.

use super::error::Error;

/// The tags that a time-stamp is made of.
pub(super) mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const OCTETS: u8 = 0x04;
    pub const NULL: u8 = 0x05;
    pub const OID: u8 = 0x06;
    pub const TIME: u8 = 0x18;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
    pub const FIRST: u8 = 0xa0;
}

/// Elements, one after the other.
pub(super) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    pub fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tag of the next element.
    pub fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element: its tag and its contents.
    pub fn next(&mut self) -> Result<(u8, &'a [u8]), Error> {
        const WRONG: Error = Error::Timestamp("it is not DER");
        let (&[tag, first], rest) = self.0.split_first_chunk::<2>().ok_or(WRONG)?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest
                    .split_at_checked(usize::from(first & 0x7f))
                    .ok_or(WRONG)?;
                let length = digits
                    .iter()
                    .fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit));
                // One spelling: no leading zero, and no long form where the short one does.
                if digits[0] == 0 || length < 0x80 {
                    return Err(WRONG);
                }
                (length, rest)
            }
            _ => return Err(WRONG),
        };
        if tag & 0x1f == 0x1f {
            return Err(WRONG);
        }
        let (contents, rest) = rest.split_at_checked(length).ok_or(WRONG)?;
        self.0 = rest;
        Ok((tag, contents))
    }

    /// The contents of the next element, which has this tag.
    pub fn take(&mut self, tag: u8) -> Result<&'a [u8], Error> {
        match self.next()? {
            (found, contents) if found == tag => Ok(contents),
            _ => Err(Error::Timestamp("it is not laid out as RFC 3161 has it")),
        }
    }

    /// The elements within the next one, which has this tag.
    pub fn within(&mut self, tag: u8) -> Result<Self, Error> {
        self.take(tag).map(Self)
    }

    pub fn end(&self) -> Result<(), Error> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(Error::Timestamp("bytes that nothing accounts for"))
        }
    }
}

/// An element of at most 127 bytes.
pub(super) fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let length: usize = contents.iter().map(|part| part.len()).sum();
    debug_assert!(length < 0x80, "a request's elements are short");
    let mut bytes = vec![tag, length as u8];
    for part in contents {
        bytes.extend_from_slice(part);
    }
    bytes
}
