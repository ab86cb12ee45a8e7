//! The demonstration: a synthetic CRM, so that everything can be seen without a real person's data.

mod leads;
mod written;

pub use leads::{HEADERS, LAST_DAY, Lead, Stage, leads};
pub use written::export;

/// The policy that fits the synthetic export: a commented `probant.toml`, in French.
#[must_use]
pub fn policy() -> &'static str {
    include_str!("probant.toml")
}

/// The assessment that its legitimate interest rests on.
#[must_use]
pub fn assessment() -> &'static str {
    include_str!("assessment.toml")
}

/// The wordings to which its consumers consented, by the names under which proofs of consent know them.
#[must_use]
pub fn wordings() -> [(&'static str, &'static str); 2] {
    [
        (
            "consents/consentement-2025-03.txt",
            "J’accepte de recevoir par courriel les offres de l’Atelier Lumen. Je peux me désinscrire dans chaque message.\n",
        ),
        (
            "consents/consentement-2026-01.txt",
            "J’accepte que l’Atelier Lumen m’écrive par courriel ou par SMS au sujet de ses offres. Je peux retirer cet accord à tout moment.\n",
        ),
    ]
}
