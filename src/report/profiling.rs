//! What each feature brings and whom it singles out, in words, for the card and for a terminal.

use crate::lang::Lang;
use crate::model::findings::{Profile, Profiled, Verdict};
use crate::say;

/// A profile, ready to be laid out.
pub struct ProfilingView {
    /// What the columns mean.
    pub note: String,
    /// The columns' heads, as many as a row has cells.
    pub heads: [String; 4],
    /// All features first, then each: its name, its gain, who is alone without it, the verdict.
    pub rows: Vec<[String; 4]>,
    /// What the policy allows.
    pub budget: String,
    /// What is listed for removal; empty where nothing is.
    pub idle: String,
}

/// A profile in words; `label` is what people call a column, and no number stands for fewer than `k` people.
#[must_use]
pub fn profiling(
    profile: &Profile,
    k: u64,
    label: &dyn Fn(&str) -> String,
    lang: Lang,
) -> ProfilingView {
    let mut rows = vec![[
        say!(lang, "all features" | "tous les critères"),
        profile.roc_auc.map_or_else(dash, |auc| {
            let auc = lang.decimal(auc, 4);
            say!(lang, "AUC {auc}" | "AUC {auc}")
        }),
        alone(profile, profile.alone, k, lang),
        String::new(),
    ]];
    rows.extend(profile.features.iter().map(|it| {
        [
            label(&it.feature),
            gain(it, lang),
            alone(profile, it.alone_without, k, lang),
            verdict(it, lang),
        ]
    }));
    ProfilingView {
        note: say!(
            lang,
            "AUC gain: what the order of leads loses without the feature, on leads that the fit had not seen, ± one standard error. Alone: people whose values, as ranges and levels, nobody else shares; the fewer, the better."
                | "Gain d’AUC\u{a0}: ce que l’ordre des prospects perd sans le critère, sur des prospects que l’ajustement n’avait pas vus, ± une erreur type. Seules\u{a0}: les personnes dont nul autre ne partage les valeurs, prises par intervalles et modalités\u{a0}; moins il y en a, mieux c’est."
        ),
        heads: [
            say!(lang, "Feature" | "Critère"),
            say!(lang, "AUC gain" | "Gain d’AUC"),
            say!(lang, "Alone without it" | "Seules sans lui"),
            say!(lang, "Verdict" | "Verdict"),
        ],
        rows,
        budget: budget(profile, k, lang),
        idle: idle(profile, label, lang),
    }
}

fn dash() -> String {
    "–".to_owned()
}

/// A share of the people, or `< k`.
fn alone(profile: &Profile, count: Option<u64>, k: u64, lang: Lang) -> String {
    match count {
        Some(count) if profile.people >= k => share(count as f64 / profile.people as f64, lang),
        _ => format!("< {k}"),
    }
}

fn share(share: f64, lang: Lang) -> String {
    let percent = lang.decimal(share * 100.0, 2);
    say!(lang, "{percent}%" | "{percent}\u{202f}%")
}

fn gain(feature: &Profiled, lang: Lang) -> String {
    let Some(gain) = feature.gain else {
        return dash();
    };
    let (size, error) = (
        lang.decimal(gain.value.abs(), 4),
        lang.decimal(gain.error, 4),
    );
    let sign = if gain.value < 0.0 { "−" } else { "+" };
    format!("{sign}{size} ± {error}")
}

fn verdict(feature: &Profiled, lang: Lang) -> String {
    match feature.verdict {
        Some(Verdict::Brings) => say!(lang, "brings something" | "apporte"),
        Some(Verdict::Nothing) => say!(
            lang,
            "brings nothing: consider removing" | "n’apporte rien\u{a0}: retrait à envisager"
        ),
        Some(Verdict::Unclear) => say!(
            lang,
            "not told from noise" | "ne se distingue pas du hasard"
        ),
        None => dash(),
    }
}

fn budget(profile: &Profile, k: u64, lang: Lang) -> String {
    let alone = alone(profile, profile.alone, k, lang);
    match profile.max_alone {
        None => say!(
            lang,
            "Alone in their cell: {alone}. The policy sets no budget (`[profiling] max_alone`)."
                | "Seules dans leur case\u{a0}: {alone}. La politique ne fixe pas de budget (`[profiling] max_alone`)."
        ),
        Some(most) => {
            let most = share(most, lang);
            say!(
                lang,
                "Alone in their cell: {alone}; the policy allows {most}."
                    | "Seules dans leur case\u{a0}: {alone}\u{a0}; la politique admet {most}."
            )
        }
    }
}

fn idle(profile: &Profile, label: &dyn Fn(&str) -> String, lang: Lang) -> String {
    let names: Vec<String> = profile.idle().map(label).collect();
    if names.is_empty() {
        return String::new();
    }
    let (names, least) = (names.join(", "), lang.decimal(profile.min_gain, 4));
    say!(
        lang,
        "Brings nothing (an AUC gain under {least}): {names}. Remove one at a time: two that say the same each seem useless beside the other."
            | "N’apporte rien (gain d’AUC inférieur à {least})\u{a0}: {names}. Retirer un critère à la fois\u{a0}: deux qui disent la même chose paraissent chacun inutiles à côté de l’autre."
    )
}
