//! How far features may single people out, and what each must bring to be kept, as the policy declares it.

use super::Profiling;
use super::findings::Findings;
use super::source::Section;

pub(super) const PROFILING: [&str; 2] = ["max_alone", "min_gain"];

/// The settings of `[profiling]`, each with its default; without the table everything is shown and nothing refused.
pub(super) fn profiling(root: &mut Section<'_>, findings: &mut Findings<'_>) -> Profiling {
    let mut section = root
        .section("profiling", findings)
        .unwrap_or_else(|| Section::empty("[profiling]"));
    section.only(&PROFILING, findings);
    let default = Profiling::default();
    Profiling {
        max_alone: section.share("max_alone", findings),
        min_gain: section
            .share("min_gain", findings)
            .unwrap_or(default.min_gain),
    }
}
