//! When a model is said to have drifted, as the policy declares it.

use super::Monitoring;
use super::findings::Findings;
use super::source::Section;

pub(super) const MONITORING: [&str; 4] = ["window_days", "psi_watch", "psi_alert", "min_leads"];

/// The settings of `[monitoring]`, each with its default.
pub(super) fn monitoring(root: &mut Section<'_>, findings: &mut Findings<'_>) -> Monitoring {
    let mut section = root
        .section("monitoring", findings)
        .unwrap_or_else(|| Section::empty("[monitoring]"));
    section.only(&MONITORING, findings);
    let default = Monitoring::default();
    let days = section.whole("window_days", 1..=3_660, findings);
    let leads = section.whole("min_leads", 1..=1_000_000, findings);
    let watch = section.share("psi_watch", findings);
    let alert = section.share("psi_alert", findings);
    let declared = Monitoring {
        window_days: days.map_or(default.window_days, |it| it as u32),
        psi_watch: watch.unwrap_or(default.psi_watch),
        psi_alert: alert.unwrap_or(default.psi_alert),
        min_leads: leads.map_or(default.min_leads, |it| it as u32),
    };
    let key = if alert.is_some() {
        "psi_alert"
    } else {
        "psi_watch"
    };
    if declared.psi_alert < declared.psi_watch
        && let Some(at) = section.at_key(key)
    {
        findings.note(
            at,
            "`psi_alert` in [monitoring] is under `psi_watch`",
            Some(
                "what alerts has been watched before: raise `psi_alert`, or lower `psi_watch`"
                    .into(),
            ),
        );
    }
    declared
}
