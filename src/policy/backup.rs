//! What becomes of copies: to whom key backups are sealed, and how long they are kept.

use super::Backup;
use super::findings::Findings;
use super::source::Section;
use crate::bech32;

/// Days that key backups are kept unless the policy says otherwise.
const DAYS: u32 = 30;

pub(super) const BACKUP: [&str; 2] = ["recovery", "keep_keys_days"];

/// The settings of `[backup]`, each with its default.
pub(super) fn backup(root: &mut Section<'_>, findings: &mut Findings<'_>) -> Backup {
    let mut section = root
        .section("backup", findings)
        .unwrap_or_else(|| Section::empty("[backup]"));
    section.only(&BACKUP, findings);
    let recovery = section.text("recovery", findings).and_then(|typed| {
        // Spelt as it is printed: lower case, nothing around it.
        let text = typed.get_ref();
        let key = bech32::decode("age", text).filter(|key| key.len() == 32);
        if key.is_some_and(|key| bech32::encode("age", &key) == *text) {
            return Some(typed.into_inner());
        }
        findings.note(
            typed.span(),
            "`recovery` is no recovery key of the form `age1…`",
            Some("copy what `probant keys recovery --out FILE` printed".into()),
        );
        None
    });
    Backup {
        recovery,
        keep_keys_days: section
            .whole("keep_keys_days", 1..=3650, findings)
            .map_or(DAYS, |days| days as u32),
    }
}
