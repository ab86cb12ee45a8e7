//! The score bands of a policy: named, ascending, the first from 0.

use std::collections::HashSet;

use super::Band;
use super::findings::Findings;
use super::parse::id;
use super::source::{Section, decimal};

const MOST_BANDS: usize = 32;

pub(super) const BAND: [&str; 3] = ["id", "from", "label"];

/// The `[[bands]]`, in the order of the file.
pub(super) fn bands(root: &mut Section<'_>, findings: &mut Findings<'_>) -> Vec<Band> {
    let absent = root.lacks("bands");
    let sections = root.sections("bands", findings);
    if absent {
        findings.lack(
            0..0,
            "no band is declared",
            Some("add `[[bands]]`, the first with `from = 0`".into()),
        );
    }
    if let Some(section) = sections.get(MOST_BANDS) {
        findings.note(
            section.at.clone(),
            format!("more than {MOST_BANDS} bands are declared"),
            None,
        );
    }
    let mut taken = HashSet::new();
    let mut bands: Vec<Band> = Vec::new();
    let mut last: Option<u32> = None;
    for mut section in sections {
        section.only(&BAND, findings);
        let id = id(&section, &mut taken, findings);
        let label = section.needed("label", findings);
        section.needs("from", findings);
        let from = threshold(&section, findings);
        if let (Some(from_ppm), Some(at)) = (from, section.at_key("from")) {
            match last {
                None if from_ppm != 0 => {
                    findings.note(
                        at,
                        "the first band must start from 0",
                        Some("every score falls in a band".into()),
                    );
                }
                Some(last) if from_ppm <= last => {
                    findings.note(
                        at,
                        "bands must ascend: this one starts no higher than the one before",
                        None,
                    );
                }
                _ => {}
            }
            last = Some(from_ppm);
        } else {
            last = last.or(Some(0));
        }
        if let (Some(id), Some(from_ppm), Some(label)) = (id, from, label) {
            bands.push(Band {
                id,
                from_ppm,
                label: label.into_inner(),
            });
        }
    }
    bands
}

/// `from` in parts per million: a plain decimal from 0 to 1, so that nothing is rounded.
fn threshold(section: &Section<'_>, findings: &mut Findings<'_>) -> Option<u32> {
    let value = section.value("from")?;
    let ppm = decimal(value.get_ref()).and_then(parts_per_million);
    if ppm.is_none() {
        let hint = "for example `from = 0.35`".to_owned();
        findings.note(
            value.span(),
            "`from` must be a decimal from 0 to 1 with at most six decimals",
            Some(hint),
        );
    }
    ppm
}

fn parts_per_million(written: &str) -> Option<u32> {
    let (whole, fraction) = written.split_once('.').unwrap_or((written, ""));
    let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    if !matches!(whole, "0" | "1") || !digits(fraction) || fraction.len() > 6 {
        return None;
    }
    let ppm = format!("{whole}{fraction:0<6}").parse().ok()?;
    (ppm <= 1_000_000).then_some(ppm)
}
