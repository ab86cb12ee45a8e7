//! Time-stamps of RFC 3161: a stranger's word that a checkpoint existed at a time.
//!
//! We write the request, and read of the answer what it is about: status, imprint, nonce, time. Whether the
//! authority signed it is not ours to judge: `openssl ts -verify` does, with the authority's certificate.

use chrono::NaiveDateTime;

use super::der::{Elements, element, tag};
use super::error::Error;
use super::text::Time;
use super::tree::Hash;

/// 2.16.840.1.101.3.4.2.1
const SHA256: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// 1.2.840.113549.1.7.2
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.4
const TST_INFO: [u8; 11] = [
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04,
];

/// A request to a time-stamping authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// SHA-256 of the checkpoint's note.
    pub imprint: Hash,
    nonce: [u8; 8],
}

impl Request {
    /// A request for `imprint`; of the random bytes, 62 bits become the nonce.
    #[must_use]
    pub fn new(imprint: Hash, mut random: [u8; 8]) -> Self {
        // Positive, and eight bytes long in its shortest spelling.
        random[0] = random[0] & 0x3f | 0x40;
        Self {
            imprint,
            nonce: random,
        }
    }

    /// The `TimeStampReq`, in DER; it asks for the authority's certificate.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let algorithm = element(
            tag::SEQUENCE,
            &[&element(tag::OID, &[&SHA256]), &element(tag::NULL, &[])],
        );
        let imprint = element(
            tag::SEQUENCE,
            &[&algorithm, &element(tag::OCTETS, &[&self.imprint])],
        );
        element(
            tag::SEQUENCE,
            &[
                &element(tag::INTEGER, &[&[1]]),
                &imprint,
                &element(tag::INTEGER, &[&self.nonce]),
                &element(tag::BOOLEAN, &[&[0xff]]),
            ],
        )
    }

    /// Reads a request, exactly as [`Request::bytes`] writes it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let wrong = Error::Timestamp("the request is not as it was written");
        let mut all = Elements::of(bytes);
        let mut request = all.within(tag::SEQUENCE)?;
        request.take(tag::INTEGER)?;
        let imprint = imprint(&mut request)?;
        let nonce = request.take(tag::INTEGER)?;
        let nonce = nonce.try_into().map_err(|_| wrong.clone())?;
        let request = Self { imprint, nonce };
        if request.bytes() == bytes {
            Ok(request)
        } else {
            Err(wrong)
        }
    }
}

/// What an authority's answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The SHA-256 that it is about.
    pub imprint: Hash,
    /// When, by the authority's clock.
    pub time: Time,
    nonce: Option<Vec<u8>>,
}

impl Token {
    /// Reads a `TimeStampResp` that grants; its signature is not looked at.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut all = Elements::of(bytes);
        let mut answer = all.within(tag::SEQUENCE)?;
        all.end()?;
        let mut status = answer.within(tag::SEQUENCE)?;
        // 0 granted, 1 granted with modifications: of the policy or the accuracy, never of the imprint.
        if !matches!(status.take(tag::INTEGER)?, [0 | 1]) {
            return Err(Error::Timestamp("the authority did not grant it"));
        }
        let mut token = answer.within(tag::SEQUENCE)?;
        answer.end()?;
        named(&mut token, &SIGNED_DATA)?;
        let mut explicit = token.within(tag::FIRST)?;
        token.end()?;
        let mut signed = explicit.within(tag::SEQUENCE)?;
        explicit.end()?;
        signed.take(tag::INTEGER)?;
        signed.take(tag::SET)?;
        let mut content = signed.within(tag::SEQUENCE)?;
        named(&mut content, &TST_INFO)?;
        let mut explicit = content.within(tag::FIRST)?;
        let mut info = Elements::of(explicit.take(tag::OCTETS)?);
        explicit.end()?;
        content.end()?;
        let mut fields = info.within(tag::SEQUENCE)?;
        info.end()?;
        Self::info(&mut fields)
    }

    fn info(fields: &mut Elements) -> Result<Self, Error> {
        if fields.take(tag::INTEGER)? != [1] {
            return Err(Error::Timestamp("a version that nobody knows"));
        }
        fields.take(tag::OID)?;
        let imprint = imprint(fields)?;
        fields.take(tag::INTEGER)?;
        let time = moment(fields.take(tag::TIME)?)?;
        let mut nonce = None;
        while !fields.is_empty() {
            let (found, contents) = fields.next()?;
            if found == tag::INTEGER {
                nonce = Some(contents.to_vec());
            }
        }
        Ok(Self {
            imprint,
            time,
            nonce,
        })
    }

    /// Whether this answers `request`: the same imprint, and its nonce.
    pub fn answers(&self, request: &Request) -> Result<(), Error> {
        if self.imprint != request.imprint {
            Err(Error::Timestamp("it is about something else"))
        } else if self.nonce.as_deref() != Some(&request.nonce) {
            Err(Error::Timestamp("it answers another request"))
        } else {
            Ok(())
        }
    }
}

fn named(elements: &mut Elements, oid: &[u8]) -> Result<(), Error> {
    if elements.take(tag::OID)? == oid {
        Ok(())
    } else {
        Err(Error::Timestamp("it holds no time-stamp"))
    }
}

/// A `MessageImprint` by SHA-256, whose parameters may be NULL or absent.
fn imprint(elements: &mut Elements) -> Result<Hash, Error> {
    let mut imprint = elements.within(tag::SEQUENCE)?;
    let mut algorithm = imprint.within(tag::SEQUENCE)?;
    if algorithm.take(tag::OID)? != SHA256 {
        return Err(Error::Timestamp("its imprint is not by SHA-256"));
    }
    if algorithm.peek().is_some() && !algorithm.take(tag::NULL)?.is_empty() {
        return Err(Error::Timestamp("its imprint is not by SHA-256"));
    }
    algorithm.end()?;
    let hash = imprint.take(tag::OCTETS)?;
    imprint.end()?;
    hash.try_into()
        .map_err(|_| Error::Timestamp("its imprint is not 32 bytes"))
}

/// `YYYYMMDDHHMMSS[.f…]Z`, whole seconds.
fn moment(text: &[u8]) -> Result<Time, Error> {
    let wrong = Error::Timestamp("its time is not one");
    let text = std::str::from_utf8(text).map_err(|_| wrong.clone())?;
    let text = text.strip_suffix('Z').ok_or(wrong.clone())?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || fraction.is_empty() || !digits(fraction) {
        return Err(wrong);
    }
    NaiveDateTime::parse_from_str(whole, "%Y%m%d%H%M%S")
        .map(|moment| Time(moment.and_utc().timestamp()))
        .map_err(|_| wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_it_was_written_and_in_no_other_way() {
        let request = Request::new([7; 32], [0xff; 8]);
        let bytes = request.bytes();
        assert_eq!(Request::parse(&bytes), Ok(request));
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert_ne!(Request::parse(&bad), Request::parse(&bytes), "byte {at}");
            assert!(Request::parse(&bytes[..at]).is_err());
        }
    }

    #[test]
    fn times_are_those_of_rfc_3161() {
        let good = |text: &str| moment(text.as_bytes()).map(|time| time.to_string());
        assert_eq!(
            good("20260331235959Z").as_deref(),
            Ok("2026-03-31T23:59:59Z")
        );
        assert_eq!(
            good("20260331235959.125Z").as_deref(),
            Ok("2026-03-31T23:59:59Z")
        );
        for bad in [
            "",
            "Z",
            "20260331235959",
            "20260331235959.Z",
            "202603312359Z",
            "20261331235959Z",
        ] {
            assert!(good(bad).is_err(), "{bad}");
        }
    }
}
