//! What is wrong with a policy, collected while all of it is read.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use super::error::{Error, Finding};
use super::source::Section;

/// A value and where it stands.
pub(super) type Placed<T> = Spanned<T>;

/// Collects everything that is wrong, in any order.
pub(super) struct Findings<'t> {
    text: &'t str,
    /// The syntax already failed: what seems absent may only be unread.
    broken: bool,
    found: Vec<Finding>,
}

impl<'t> Findings<'t> {
    /// The document, as far as it could be read; what its syntax breaks is noted.
    pub(super) fn read(text: &'t str) -> (Self, Section<'t>) {
        let (document, errors) = DeTable::parse_recoverable(text);
        let mut findings = Self {
            text,
            broken: false,
            found: Vec::new(),
        };
        for error in &errors {
            let what = error.message().to_owned();
            findings.note(
                error.span().unwrap_or(0..0),
                what,
                Some("the file must be TOML: https://toml.io".into()),
            );
        }
        findings.broken = !errors.is_empty();
        let root = Section {
            name: String::new(),
            at: 0..0,
            table: document.into_inner(),
            meant: Vec::new(),
        };
        (findings, root)
    }

    /// Something stands there that must not.
    pub(super) fn note(&mut self, at: Range<usize>, what: impl Into<String>, hint: Option<String>) {
        let (line, column) = self.place(at.start);
        // After a syntax error the same line has nothing more to tell.
        if !self.broken || self.found.iter().all(|finding| finding.line != line) {
            self.found.push(Finding {
                line,
                column,
                what: legible(&what.into()),
                hint: hint.map(|hint| legible(&hint)),
            });
        }
    }

    /// Something that must stand there does not.
    pub(super) fn lack(&mut self, at: Range<usize>, what: impl Into<String>, hint: Option<String>) {
        if !self.broken {
            self.note(at, what, hint);
        }
    }

    /// `value` when nothing was found.
    pub(super) fn settle<T>(mut self, value: Option<T>) -> Result<T, Error> {
        if self.found.is_empty()
            && let Some(value) = value
        {
            return Ok(value);
        }
        self.found
            .sort_by_key(|finding| (finding.line, finding.column));
        Err(Error::Invalid {
            findings: self.found,
        })
    }

    fn place(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (
            line,
            before[start..].chars().filter(|&c| c != '\u{feff}').count() + 1,
        )
    }
}

/// On one line, whatever was typed.
fn legible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            out.extend(c.escape_debug());
        } else {
            out.push(c);
        }
    }
    out
}
