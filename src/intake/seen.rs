//! The identifiers met so far in a run: who comes twice.

use std::collections::HashSet;

/// Remembers 16-byte pseudonyms over a whole run: about 20 bytes each.
#[derive(Debug, Default)]
pub struct Seen(HashSet<[u8; 16]>);

impl Seen {
    /// Nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether this is the first time; from then on it is not.
    pub fn first(&mut self, pseudonym: [u8; 16]) -> bool {
        self.0.insert(pseudonym)
    }
}
