//! The text of a policy as tables and values that remember where they stand.

use std::fmt;
use std::ops::{Range, RangeInclusive};

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::findings::{Findings, Placed};
use crate::name::nearest;

/// One table of the document, and how people call it.
pub(super) struct Section<'d> {
    /// `[data]`, ``[columns."Age"]``; empty for the whole file.
    pub(super) name: String,
    /// Where it begins.
    pub(super) at: Range<usize>,
    pub(super) table: DeTable<'d>,
    /// Known keys that an unknown key was probably meant to be.
    pub(super) meant: Vec<String>,
}

impl<'d> Section<'d> {
    /// Notes every key that is none of `known`.
    pub(super) fn only(&mut self, known: &[&str], findings: &mut Findings<'_>) {
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                self.meant
                    .extend(nearest(name, known.iter().copied()).map(str::to_owned));
                let hint = meant(name, known, "the keys are");
                findings.note(
                    key.span(),
                    format!("unknown key `{name}`{}", self.within()),
                    Some(hint),
                );
            }
        }
    }

    /// The tables of a `[[list]]`.
    pub(super) fn sections(&mut self, key: &str, findings: &mut Findings<'_>) -> Vec<Section<'d>> {
        let Some(value) = self.table.remove(key) else {
            return Vec::new();
        };
        let at = value.span();
        let DeValue::Array(items) = value.into_inner() else {
            findings.note(
                at,
                format!("`{key}` must be a list of tables"),
                Some(format!("write `[[{key}]]`")),
            );
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in items {
            let at = item.span();
            match item.into_inner() {
                DeValue::Table(table) => sections.push(Section {
                    name: format!("[[{key}]]"),
                    at,
                    table,
                    meant: Vec::new(),
                }),
                _ => findings.note(
                    at,
                    format!("`{key}` must hold tables only"),
                    Some(format!("write `[[{key}]]`")),
                ),
            }
        }
        sections
    }

    /// The tables of this table, in the order of the file, each with its key.
    pub(super) fn children(
        self,
        findings: &mut Findings<'_>,
    ) -> Vec<(Placed<String>, Section<'d>)> {
        let mut children = Vec::new();
        for (key, value) in self.table {
            let key = Spanned::new(key.span(), key.into_inner().into_owned());
            let at = key.span();
            match value.into_inner() {
                DeValue::Table(table) => {
                    let name = format!("[columns.{:?}]", key.get_ref());
                    children.push((
                        key,
                        Section {
                            name,
                            at,
                            table,
                            meant: Vec::new(),
                        },
                    ));
                }
                _ => findings.note(at, format!("`{}` must be a table", key.get_ref()), None),
            }
        }
        children
    }

    /// The table under `key`.
    pub(super) fn section(
        &mut self,
        key: &str,
        findings: &mut Findings<'_>,
    ) -> Option<Section<'d>> {
        let value = self.table.remove(key)?;
        let at = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            findings.note(
                at,
                format!("`{key}` must be a table"),
                Some(format!("write `[{key}]`")),
            );
            return None;
        };
        Some(Section {
            name: format!("[{key}]"),
            at,
            table,
            meant: Vec::new(),
        })
    }

    /// A table with nothing in it.
    pub(super) fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            at: 0..0,
            table: DeTable::new(),
            meant: Vec::new(),
        }
    }

    /// Where the value under `key` stands, if it is there, whatever it holds.
    pub(super) fn at_key(&self, key: &str) -> Option<Range<usize>> {
        self.table.get(key).map(Spanned::span)
    }

    /// The value under `key`, as it was written.
    pub(super) fn value(&self, key: &str) -> Option<&Spanned<DeValue<'d>>> {
        self.table.get(key)
    }

    /// A sub-table that is none of `known`: a header with dots that was not quoted.
    pub(super) fn dotted(&self, known: &[&str]) -> Option<String> {
        let (key, value) = self.table.iter().next()?;
        let inner = value
            .get_ref()
            .as_table()
            .filter(|_| self.table.len() == 1)?;
        let key = key.get_ref().as_ref();
        if known.contains(&key) {
            return None;
        }
        let inner = Self {
            name: String::new(),
            at: 0..0,
            table: inner.clone(),
            meant: Vec::new(),
        };
        Some(
            inner
                .dotted(known)
                .map_or_else(|| key.to_owned(), |rest| format!("{key}.{rest}")),
        )
    }

    /// A text that says something.
    pub(super) fn text(&self, key: &str, findings: &mut Findings<'_>) -> Option<Placed<String>> {
        let value = self.value(key)?;
        match value.get_ref().as_str() {
            Some(text) if text.trim().is_empty() => {
                findings.note(value.span(), format!("`{key}` is empty"), None);
                None
            }
            Some(text) => Some(Spanned::new(value.span(), text.to_owned())),
            None => self.wrong(key, value, "a text in quotes", findings),
        }
    }

    /// A text that must be there.
    pub(super) fn needed(&self, key: &str, findings: &mut Findings<'_>) -> Option<Placed<String>> {
        self.needs(key, findings);
        self.text(key, findings)
    }

    /// Notes a key that is not there, unless it is there misspelt.
    pub(super) fn needs(&self, key: &str, findings: &mut Findings<'_>) {
        if self.lacks(key) {
            findings.lack(
                self.at.clone(),
                format!("`{key}` is missing{}", self.within()),
                None,
            );
        }
    }

    /// Whether the key is not there, not even misspelt.
    pub(super) fn lacks(&self, key: &str) -> bool {
        self.value(key).is_none() && !self.meant.iter().any(|meant| meant == key)
    }

    /// One of the given texts.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
        findings: &mut Findings<'_>,
    ) -> Option<T> {
        let typed = self.text(key, findings)?;
        chosen(key, &typed, choices, findings)
    }

    /// Texts, tidied, none of them empty or said twice.
    pub(super) fn texts(
        &self,
        key: &str,
        findings: &mut Findings<'_>,
    ) -> Option<Vec<Placed<String>>> {
        let value = self.value(key)?;
        let Some(items) = value.get_ref().as_array() else {
            return self.wrong(key, value, "a list of texts: `[\"…\", \"…\"]`", findings);
        };
        let mut texts: Vec<Placed<String>> = Vec::new();
        for item in items {
            let text = item
                .get_ref()
                .as_str()
                .map(|text| crate::name::tidy(text).into_owned());
            match text {
                None => findings.note(
                    item.span(),
                    format!("`{key}` must hold texts only"),
                    Some("put it in quotes".into()),
                ),
                Some(text) if text.is_empty() => {
                    findings.note(
                        item.span(),
                        format!("`{key}` holds an empty text"),
                        Some("an empty cell is always missing".into()),
                    );
                }
                Some(text) if texts.iter().any(|other| *other.get_ref() == text) => {
                    findings.note(item.span(), format!("`{key}` says `{text}` twice"), None);
                }
                Some(text) => texts.push(Spanned::new(item.span(), text)),
            }
        }
        Some(texts)
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &str, findings: &mut Findings<'_>) -> Option<bool> {
        let value = self.value(key)?;
        value
            .get_ref()
            .as_bool()
            .or_else(|| self.wrong(key, value, "`true` or `false`", findings))
    }

    /// A whole number within a range.
    pub(super) fn whole(
        &self,
        key: &str,
        range: RangeInclusive<u64>,
        findings: &mut Findings<'_>,
    ) -> Option<u64> {
        let value = self.value(key)?;
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        number
            .filter(|n| range.contains(n))
            .or_else(|| self.wrong(key, value, &wanted, findings))
    }

    /// A civil date, `2026-03-31`, in quotes or as TOML's own.
    pub(super) fn date(&self, key: &str, findings: &mut Findings<'_>) -> Option<NaiveDate> {
        let value = self.value(key)?;
        let written = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            _ => String::new(),
        };
        NaiveDate::parse_from_str(&written, "%Y-%m-%d")
            .ok()
            .filter(|date| date.format("%Y-%m-%d").to_string() == written)
            .or_else(|| self.wrong(key, value, "a date such as 2026-03-31", findings))
    }

    /// A share, from 0 to 1.
    pub(super) fn share(&self, key: &str, findings: &mut Findings<'_>) -> Option<f64> {
        let value = self.value(key)?;
        let written = decimal(value.get_ref()).and_then(|text| text.parse::<f64>().ok());
        written
            .filter(|share| (0.0..=1.0).contains(share))
            .or_else(|| self.wrong(key, value, "a number from 0 to 1", findings))
    }

    /// ` in [data]`, or nothing for the whole file.
    pub(super) fn within(&self) -> String {
        if self.name.is_empty() {
            String::new()
        } else {
            format!(" in {}", self.name)
        }
    }

    fn wrong<T>(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        wanted: &str,
        findings: &mut Findings<'_>,
    ) -> Option<T> {
        findings.note(
            value.span(),
            format!("`{key}`{} must be {wanted}", self.within()),
            None,
        );
        None
    }
}

/// A number as it was written, with its sign.
pub(super) fn decimal<'v>(value: &'v DeValue<'_>) -> Option<&'v str> {
    match value {
        DeValue::Integer(n) if n.radix() == 10 => Some(n.as_str()),
        DeValue::Float(x) => Some(x.as_str()),
        _ => None,
    }
}

/// The choice that was typed; what is allowed and what was meant are told otherwise.
pub(super) fn chosen<T: Copy>(
    key: &str,
    typed: &Placed<String>,
    choices: &[(&str, T)],
    findings: &mut Findings<'_>,
) -> Option<T> {
    let found = choices
        .iter()
        .find(|(name, _)| name == typed.get_ref())
        .map(|&(_, value)| value);
    if found.is_none() {
        let names: Vec<&str> = choices.iter().map(|&(name, _)| name).collect();
        let hint = meant(typed.get_ref(), &names, "it may be");
        findings.note(
            typed.span(),
            format!("`{key}` cannot be `{}`", typed.get_ref()),
            Some(hint),
        );
    }
    found
}

/// Did you mean, and what is allowed.
pub(super) fn meant(typed: &str, known: &[&str], lead: &str) -> String {
    let listed = Listed(known);
    match nearest(typed, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {lead} {listed}"),
        None => format!("{lead} {listed}"),
    }
}

struct Listed<'a>(&'a [&'a str]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.0.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { ", " })?;
            write!(f, "`{}`", name.escape_debug())?;
        }
        Ok(())
    }
}
