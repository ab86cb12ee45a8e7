//! What people's acts leave on disk: erasures, anchors, witnesses, backups.

use crate::ledger::age::{self, Identity, Recipient};
use crate::ledger::anchor::{Carried, Name, read_key};
use crate::ledger::erased::{Erased, Listed};
use crate::ledger::key::Secret;
use crate::ledger::note::Verifier;
use crate::ledger::timestamp::{Request as Stamp, Token};
use crate::ledger::witness::{Memory, Request};
use crate::{origin, said, signing, text};

pub fn rows(data: &[u8]) {
    if let Some(erased) = said(Erased::decode(data, 1024)) {
        assert_eq!(erased.encode(), data);
        let _ = erased.leaves().sum();
    }
    if let Some(listed) = said(Listed::decode(data)) {
        assert_eq!(listed.encode(), data);
    }
}

pub fn anchor(data: &[u8]) {
    let log = Verifier::new(&origin(), &signing());
    let _ = said(Carried::open(data, &log));
    if let Some(witness) = said(read_key(data)) {
        assert_eq!(format!("{}\n", witness.text()).as_bytes(), data);
    }
    if let Some(request) = said(Request::parse(data)) {
        assert_eq!(request.text().as_bytes(), data);
    }
    if let Some(memory) = said(Memory::parse(data)) {
        assert_eq!(memory.text().as_bytes(), data);
    }
    if let Some(text) = text(data)
        && let Some(name) = Name::of(text)
    {
        assert!(text.starts_with(&name.stem()));
    }
}

pub fn timestamp(data: &[u8]) {
    if let Some(request) = said(Stamp::parse(data)) {
        assert_eq!(request.bytes(), data);
    }
    if let Some(token) = said(Token::parse(data)) {
        let _ = said(token.answers(&Stamp::new([5; 32], [1; 8])));
    }
}

pub fn backup(data: &[u8]) {
    let identity = Identity::of(&Secret::new([3; 32]));
    let _ = said(age::open(data, &identity));
    let Some(text) = text(data) else { return };
    if let Some(recipient) = said(Recipient::parse(text)) {
        assert_eq!(recipient.text(), text);
    }
    let _ = said(Identity::parse(text));
}
