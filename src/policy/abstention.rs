//! When the machine abstains: the leads that it scores and does not judge, as the policy limits them.

use serde::Serialize;

use super::findings::Findings;
use super::source::Section;
use super::{Band, Policy};
use crate::say;

pub(super) const ABSTENTION: [&str; 4] = ["missing", "unseen", "beyond", "important"];
pub(super) const SCOPES: [(&str, Watched); 3] = [
    ("any", Watched::Any),
    ("important", Watched::Important),
    ("never", Watched::Never),
];

/// The band of leads that a person must judge: no range of scores, and no name for one.
pub const REVIEW: &str = "review";

/// What sets a lead apart, for a person to judge.
///
/// Shares are parts per million: a verifier must come to the same answer in whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Abstention {
    /// A lead that lacks more than this share of the features.
    pub missing_ppm: u32,
    /// A level that was never seen, or too rarely, in these features.
    pub unseen: Watched,
    /// A number out of the training range, in these features.
    pub beyond: Watched,
    /// A feature is important whose table spans at least this share of what the widest one spans.
    pub important_ppm: u32,
    /// Whether the policy says so itself.
    pub stated: bool,
}

/// In which features something is watched for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Watched {
    /// All of them.
    Any,
    /// Those that weigh.
    Important,
    /// None.
    Never,
}

impl Default for Abstention {
    fn default() -> Self {
        Self {
            missing_ppm: 500_000,
            unseen: Watched::Important,
            beyond: Watched::Any,
            important_ppm: 250_000,
            stated: false,
        }
    }
}

/// The settings of `[abstention]`, each with its default: without the table the machine abstains all the same.
pub(super) fn abstention(
    root: &mut Section<'_>,
    bands: &[Band],
    findings: &mut Findings<'_>,
) -> Abstention {
    let stated = root.at_key("abstention");
    let mut section = root
        .section("abstention", findings)
        .unwrap_or_else(|| Section::empty("[abstention]"));
    section.only(&ABSTENTION, findings);
    let default = Abstention::default();
    // Six decimals count, as in scores.
    let ppm = |share: f64| libm::round(share * 1e6) as u32;
    let share =
        |key, usual, findings: &mut Findings<'_>| section.share(key, findings).map_or(usual, ppm);
    let scope = |key, usual, findings: &mut Findings<'_>| {
        section.choice(key, &SCOPES, findings).unwrap_or(usual)
    };
    let settings = Abstention {
        missing_ppm: share("missing", default.missing_ppm, findings),
        unseen: scope("unseen", default.unseen, findings),
        beyond: scope("beyond", default.beyond, findings),
        important_ppm: share("important", default.important_ppm, findings),
        stated: stated.is_some(),
    };
    if let Some(at) = stated.filter(|_| is_taken(bands)) {
        findings.note(
            at,
            format!(
                "a band is called `{REVIEW}`, which is where leads go that a person must judge"
            ),
            Some("give the band another `id`".into()),
        );
    }
    settings
}

fn is_taken(bands: &[Band]) -> bool {
    bands.iter().any(|band| band.id.as_str() == REVIEW)
}

impl Policy {
    /// Whether a band bears the name that set-apart leads need: a policy of before there were any.
    #[must_use]
    pub fn review_is_taken(&self) -> bool {
        is_taken(&self.bands)
    }

    /// The outcome code of leads that are set apart: the one after the last band's.
    #[must_use]
    pub fn review_code(&self) -> u8 {
        // A policy has at most 32 bands.
        self.bands.len() as u8
    }

    /// How people read a band, [`REVIEW`] included; the id itself where the policy has no such band.
    #[must_use]
    pub fn band_label(&self, id: &str) -> String {
        let band = self.bands.iter().find(|band| band.id.as_str() == id);
        match band {
            Some(band) => band.label.clone(),
            None if id == REVIEW => say!(
                self.controller.language,
                "For a person to judge" | "À juger par une personne"
            ),
            None => id.to_owned(),
        }
    }
}
