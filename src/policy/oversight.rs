//! How closely people look before anything leaves, and the reasons for which they decide otherwise.

use std::collections::HashSet;

use super::findings::Findings;
use super::parse::id;
use super::source::Section;
use super::{Oversight, Reason};
use crate::lang::Lang;
use crate::say;

pub(super) const OVERSIGHT: [&str; 5] =
    ["borderline", "sample", "sample_min", "controls", "seconds"];
pub(super) const REASON: [&str; 3] = ["id", "code", "label"];

/// The settings of `[oversight]`, each with its default.
pub(super) fn oversight(root: &mut Section<'_>, findings: &mut Findings<'_>) -> Oversight {
    let mut section = root
        .section("oversight", findings)
        .unwrap_or_else(|| Section::empty("[oversight]"));
    section.only(&OVERSIGHT, findings);
    let default = Oversight::default();
    let borderline = section.share("borderline", findings);
    let whole = |key, most, usual: u32, findings: &mut Findings<'_>| {
        let typed = section.whole(key, 0..=most, findings);
        typed.map_or(usual, |it| it as u32)
    };
    Oversight {
        // A share has at most six decimals that count: scores are parts per million.
        borderline_ppm: borderline.map_or(default.borderline_ppm, |share| {
            libm::round(share * 1e6) as u32
        }),
        sample: section.share("sample", findings).unwrap_or(default.sample),
        sample_min: whole("sample_min", 1_000_000, default.sample_min, findings),
        controls: whole("controls", 100, default.controls, findings),
        seconds: whole("seconds", 3_600, default.seconds, findings),
    }
}

/// The `[[reasons]]`, in the order of the file; a list in the policy's language where there is none.
pub(super) fn reasons(
    root: &mut Section<'_>,
    lang: Lang,
    findings: &mut Findings<'_>,
) -> Vec<Reason> {
    if root.lacks("reasons") {
        return usual(lang);
    }
    let (mut taken, mut codes) = (HashSet::new(), HashSet::new());
    let mut reasons = Vec::new();
    for mut section in root.sections("reasons", findings) {
        section.only(&REASON, findings);
        let id = id(&section, &mut taken, findings);
        section.needs("code", findings);
        let code = section.whole("code", 1..=65_534, findings);
        if let (Some(code), Some(at)) = (code, section.at_key("code"))
            && !codes.insert(code)
        {
            findings.note(
                at,
                format!("the code {code} is taken{}", section.within()),
                Some("a code that the ledger holds must mean one thing".into()),
            );
        }
        let label = section.needed("label", findings);
        if let (Some(id), Some(code), Some(label)) = (id, code, label) {
            reasons.push(Reason {
                id,
                code: code as u16,
                label: label.into_inner(),
            });
        }
    }
    reasons
}

/// Why people decide otherwise, where the policy does not say.
fn usual(lang: Lang) -> Vec<Reason> {
    let usual = [
        (
            "wrong-data",
            say!(
                lang,
                "the data about this lead are wrong or out of date"
                    | "les données de ce prospect sont fausses ou périmées"
            ),
        ),
        (
            "known-context",
            say!(
                lang,
                "something that the data do not show is known"
                    | "un élément connu n’apparaît pas dans les données"
            ),
        ),
        (
            "out-of-target",
            say!(
                lang,
                "outside of what is offered" | "hors de la cible de l’offre"
            ),
        ),
        (
            "already-in-touch",
            say!(
                lang,
                "already a customer, or already in touch" | "déjà client, ou contact déjà en cours"
            ),
        ),
        (
            "duplicate",
            say!(
                lang,
                "the same person or company stands elsewhere"
                    | "la même personne ou société figure ailleurs"
            ),
        ),
        (
            "person-asked",
            say!(
                lang,
                "at the person’s request" | "à la demande de la personne"
            ),
        ),
        (
            "band-does-not-follow",
            say!(
                lang,
                "the band does not follow from the score" | "la tranche ne découle pas du score"
            ),
        ),
        ("other", say!(lang, "another reason" | "autre motif")),
    ];
    let reason = |(at, (id, label)): (usize, (&str, String))| Reason {
        id: id.parse().expect("these are names"),
        code: at as u16 + 1,
        label,
    };
    usual.into_iter().enumerate().map(reason).collect()
}
