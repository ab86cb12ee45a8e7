//! How exports are written, as the policy declares it: nothing is left to a guess.

use super::findings::{Findings, Placed};
use super::source::Section;
use super::{DateOrder, Dialect, Encoding, Format, Thousands};

pub(super) const DATA: [&str; 11] = [
    "format",
    "separator",
    "encoding",
    "decimal",
    "thousands",
    "dates",
    "missing",
    "yes",
    "no",
    "max_failed",
    "identifier",
];
pub(super) const FORMATS: [(&str, Format); 2] =
    [("csv", Format::Csv), ("parquet", Format::Parquet)];
pub(super) const SEPARATORS: [(&str, u8); 5] = [
    (",", b','),
    (";", b';'),
    ("tab", b'\t'),
    ("\t", b'\t'),
    ("|", b'|'),
];
pub(super) const ENCODINGS: [(&str, Encoding); 3] = [
    ("utf-8", Encoding::Utf8),
    ("utf-16", Encoding::Utf16),
    ("windows-1252", Encoding::Windows1252),
];
pub(super) const DECIMALS: [(&str, char); 2] = [(".", '.'), (",", ',')];
pub(super) const THOUSANDS: [(&str, Thousands); 5] = [
    ("none", Thousands::None),
    ("space", Thousands::Space),
    ("dot", Thousands::Dot),
    ("comma", Thousands::Comma),
    ("apostrophe", Thousands::Apostrophe),
];
pub(super) const DATES: [(&str, DateOrder); 3] = [
    ("yyyy-mm-dd", DateOrder::Iso),
    ("dd/mm/yyyy", DateOrder::DayFirst),
    ("mm/dd/yyyy", DateOrder::MonthFirst),
];
/// Texts that mean yes where the policy lists none.
pub(super) const YES: [&str; 7] = ["oui", "yes", "true", "vrai", "1", "o", "y"];
/// Texts that mean no where the policy lists none.
pub(super) const NO: [&str; 6] = ["non", "no", "false", "faux", "0", "n"];

/// The dialect of `[data]`; `None` when its format is not known.
pub(super) fn dialect(section: &mut Section<'_>, findings: &mut Findings<'_>) -> Option<Dialect> {
    section.only(&DATA, findings);
    section.needs("format", findings);
    let format = section.choice("format", &FORMATS, findings);
    if format == Some(Format::Csv) {
        // Nothing of how a text is written is left to a guess, not even to a default.
        for key in ["separator", "encoding", "decimal"] {
            section.needs(key, findings);
        }
    }
    let separator = section
        .choice("separator", &SEPARATORS, findings)
        .unwrap_or(b',');
    let encoding = section
        .choice("encoding", &ENCODINGS, findings)
        .unwrap_or(Encoding::Utf8);
    let decimal = section
        .choice("decimal", &DECIMALS, findings)
        .unwrap_or('.');
    let thousands = section
        .choice("thousands", &THOUSANDS, findings)
        .unwrap_or(Thousands::None);
    if matches!(
        (decimal, thousands),
        ('.', Thousands::Dot) | (',', Thousands::Comma)
    ) {
        let at = section.at_key("thousands").unwrap_or(0..0);
        let what =
            format!("`{decimal}` cannot be both the decimal mark and what sets thousands apart");
        findings.note(at, what, Some("`1.234` must have one meaning".into()));
    }
    let dates = section
        .choice("dates", &DATES, findings)
        .unwrap_or(DateOrder::Iso);
    let missing = section.texts("missing", findings).unwrap_or_default();
    let yes = lowered(section, "yes", &YES, findings);
    let no = lowered(section, "no", &NO, findings);
    apart(("yes", &yes), ("no", &no), section, findings);
    let missing = missing.into_iter().map(Placed::into_inner).collect();
    Some(Dialect {
        format: format?,
        separator,
        encoding,
        decimal,
        thousands,
        dates,
        missing,
        yes,
        no,
    })
}

fn lowered(
    section: &Section<'_>,
    key: &str,
    usual: &[&str],
    findings: &mut Findings<'_>,
) -> Vec<String> {
    match section.texts(key, findings) {
        Some(texts) => texts
            .iter()
            .map(|text| text.get_ref().to_lowercase())
            .collect(),
        None => usual.iter().map(|&text| text.to_owned()).collect(),
    }
}

fn apart(
    a: (&str, &[String]),
    b: (&str, &[String]),
    section: &Section<'_>,
    findings: &mut Findings<'_>,
) {
    let at = section
        .at_key(b.0)
        .or_else(|| section.at_key(a.0))
        .unwrap_or(0..0);
    for text in b.1.iter().filter(|text| a.1.contains(text)) {
        findings.note(
            at.clone(),
            format!("`{text}` cannot mean both {} and {}", a.0, b.0),
            None,
        );
    }
}
