//! A training's findings in words: what each figure means, and what to do about each warning.

use crate::lang::Lang;
use crate::model::findings::{Certificate, Findings, Holdout, Interval, Metrics, Warning};
use crate::say;

use super::card::CardInput;
use super::rivals;
use super::words::{meaning, plain, scientific};

/// One figure with its interval and what it means.
pub(super) struct MetricRow {
    /// The field's name for it.
    pub name: String,
    /// The estimate.
    pub value: String,
    /// The 95 % interval.
    pub interval: String,
    /// What it means, for somebody who never met it.
    pub meaning: String,
}

/// Something to look at, and what to do.
pub(super) struct WarningView {
    /// What was found.
    pub what: String,
    /// What to do.
    pub advice: String,
}

/// The six figures; none where either class of the holdout is under `k`.
pub(super) fn metrics(found: &Metrics, k: u64, lang: Lang) -> Vec<MetricRow> {
    if found.positives < k || found.rows.saturating_sub(found.positives) < k {
        return Vec::new();
    }
    let base = found.positives as f64 / found.rows as f64;
    let entropy = lang.decimal(
        -(base * libm::log(base) + (1.0 - base) * libm::log(1.0 - base)),
        3,
    );
    let variance = lang.decimal(base * (1.0 - base), 3);
    let (share, floor) = (lang.percent(base), lang.decimal(found.ece_noise_floor, 4));
    let (auc, lift) = (
        lang.percent(found.roc_auc.value),
        lang.decimal(found.lift_10.value, 2),
    );
    let row = |name: String, figure: Interval, places: usize, meaning: String| {
        let (low, high) = (
            lang.decimal(figure.low, places),
            lang.decimal(figure.high, places),
        );
        MetricRow {
            name,
            value: lang.decimal(figure.value, places),
            interval: say!(lang, "{low} to {high}" | "{low} à {high}"),
            meaning,
        }
    };
    vec![
        row(
            say!(lang, "ROC AUC" | "AUC (ROC)"),
            found.roc_auc,
            3,
            say!(
                lang,
                "Of a converted and an unconverted lead taken at random, the model ranks the converted one first in {auc} of cases; chance does in 50%."
                    | "Entre un prospect converti et un autre qui ne l’est pas, pris au hasard, le modèle place le converti devant dans {auc} des cas ; le hasard, dans 50 %."
            ),
        ),
        row(
            say!(lang, "Lift at 10%" | "Gain à 10 %"),
            found.lift_10,
            2,
            say!(
                lang,
                "Among the tenth of leads with the highest scores, conversion is {lift} times as frequent as among all."
                    | "Parmi le dixième des prospects les mieux notés, la conversion est {lift} fois plus fréquente que dans l’ensemble."
            ),
        ),
        row(
            say!(lang, "Average precision" | "Précision moyenne"),
            found.pr_auc,
            3,
            say!(
                lang,
                "Share of converted leads met while going down the list, averaged over them; a list in random order has {share}."
                    | "Part de convertis rencontrée en descendant la liste, en moyenne ; une liste au hasard donne {share}."
            ),
        ),
        row(
            say!(lang, "Calibration error" | "Erreur de calibration"),
            found.ece,
            4,
            say!(
                lang,
                "Average gap between the score given and the share that converted. Chance alone would show {floor} with perfect scores."
                    | "Écart moyen entre le score annoncé et la part réellement convertie. Le seul hasard montrerait {floor} avec des scores parfaits."
            ),
        ),
        row(
            say!(lang, "Log-loss" | "Perte logarithmique"),
            found.log_loss,
            3,
            say!(
                lang,
                "What the scores cost when they are wrong, lower is better; giving everyone the average rate costs {entropy}."
                    | "Ce que coûtent les scores quand ils se trompent, plus bas est mieux ; annoncer à tous le taux moyen coûte {entropy}."
            ),
        ),
        row(
            say!(lang, "Brier score" | "Score de Brier"),
            found.brier,
            3,
            say!(
                lang,
                "Mean squared gap between score and outcome, lower is better; giving everyone the average rate has {variance}."
                    | "Écart quadratique moyen entre score et issue, plus bas est mieux ; annoncer à tous le taux moyen donne {variance}."
            ),
        ),
    ]
}

/// How the holdout was taken, and what the figures are of.
pub(super) fn holdout(found: &Findings, k: u64, lang: Lang) -> String {
    let rows = if found.metrics.rows < k {
        format!("< {k}")
    } else {
        lang.count(found.metrics.rows)
    };
    let how = match &found.holdout {
        Holdout::Time { from: Some(from) } => say!(
            lang,
            "the latest fifth, {rows} leads created from {from} on"
                | "le cinquième le plus récent, {rows} prospects créés à partir du {from}"
        ),
        Holdout::Time { from: None } => say!(
            lang,
            "the last fifth of the file, {rows} leads"
                | "le dernier cinquième du fichier, {rows} prospects"
        ),
        Holdout::Stratified => say!(
            lang,
            "a fifth drawn at random, {rows} leads, with the same share of converted ones"
                | "un cinquième tiré au hasard, {rows} prospects, avec la même part de convertis"
        ),
    };
    say!(
        lang,
        "Measured on {how}, by a twin that never saw them. The model itself was then refitted on all rows, with the same settings. Intervals hold 95% of a thousand redraws by person."
            | "Mesuré sur {how}, par un jumeau qui ne les a jamais vus. Le modèle lui-même a ensuite été réajusté sur toutes les lignes, avec les mêmes réglages. Les intervalles couvrent 95 % de mille rééchantillonnages par personne."
    )
}

/// The warnings in words, each with what to do.
#[must_use]
pub fn warnings(input: &CardInput<'_>, lang: Lang) -> Vec<(String, String)> {
    views(input, lang)
        .into_iter()
        .map(|warning| (warning.what, warning.advice))
        .collect()
}

/// The same for the card.
pub(super) fn views(input: &CardInput<'_>, lang: Lang) -> Vec<WarningView> {
    input
        .findings()
        .warnings
        .iter()
        .map(|warning| warning_view(input, warning, lang))
        .collect()
}

fn warning_view(input: &CardInput<'_>, warning: &Warning, lang: Lang) -> WarningView {
    let what = match warning {
        Warning::Separates { .. } | Warning::Duplicates { .. } => counted(input, warning, lang),
        _ => found(input, warning, lang),
    };
    WarningView {
        what,
        advice: advice(warning, lang),
    }
}

/// Warnings that speak of a number of rows.
fn counted(input: &CardInput<'_>, warning: &Warning, lang: Lang) -> String {
    let count = |rows: u64| input.count(rows, lang);
    match warning {
        Warning::Separates {
            feature,
            code,
            rows,
            positive,
        } => {
            let (name, rows) = (input.label(feature), count(*rows));
            let schema = input.model.schema();
            let shape = schema
                .features
                .iter()
                .find(|held| held.name == *feature)
                .map(|held| &held.shape);
            let value =
                plain(&shape.map_or_else(|| code.to_string(), |shape| meaning(shape, *code, lang)));
            if *positive {
                say!(
                    lang,
                    "“{name}: {value}” ({rows} rows): all of them converted."
                        | "« {name} : {value} » ({rows} lignes) : toutes converties."
                )
            } else {
                say!(
                    lang,
                    "“{name}: {value}” ({rows} rows): none of them converted."
                        | "« {name} : {value} » ({rows} lignes) : aucune convertie."
                )
            }
        }
        Warning::Duplicates { rows } => {
            let rows = count(*rows);
            say!(
                lang,
                "{rows} rows repeat another row exactly."
                    | "{rows} lignes en répètent exactement une autre."
            )
        }
        _ => String::new(),
    }
}

fn found(input: &CardInput<'_>, warning: &Warning, lang: Lang) -> String {
    match warning {
        Warning::Leak { feature, auc } => {
            let (name, auc) = (input.label(feature), lang.decimal(*auc, 3));
            say!(
                lang,
                "“{name}” alone nearly tells the outcome (AUC {auc})."
                    | "« {name} » annonce presque l’issue à elle seule (AUC {auc})."
            )
        }
        Warning::Calendar {
            feature,
            novelty,
            left_out,
        } => {
            let (name, novelty) = (input.label(feature), lang.percent(*novelty));
            let fate = if *left_out {
                say!(lang, "It was left out." | "Elle a été écartée.")
            } else {
                say!(lang, "It was kept." | "Elle a été conservée.")
            };
            say!(
                lang,
                "“{name}” is a calendar in disguise: {novelty} of later rows hold a value never seen before. {fate}"
                    | "« {name} » est un calendrier déguisé : {novelty} des lignes suivantes portent une valeur jamais vue. {fate}"
            )
        }
        Warning::Sentinel {
            feature,
            value,
            share,
        } => {
            let (name, value, share) = (input.label(feature), plain(value), lang.percent(*share));
            say!(
                lang,
                "“{name}” holds {value} in {share} of rows, far from all others."
                    | "« {name} » vaut {value} dans {share} des lignes, loin de toutes les autres."
            )
        }
        Warning::Constant { feature } => {
            let name = input.label(feature);
            say!(
                lang,
                "“{name}” has one value only." | "« {name} » n’a qu’une seule valeur."
            )
        }
        Warning::NoSignal => say!(
            lang,
            "No signal: on leads that it had not seen, the model does no better than chance."
                | "Aucun signal : sur des prospects qu’il n’avait pas vus, le modèle ne fait pas mieux que le hasard."
        ),
        Warning::Uncalibrated { ece, limit } => {
            let (ece, limit) = (lang.decimal(*ece, 4), lang.decimal(*limit, 4));
            say!(
                lang,
                "The calibration error, {ece}, exceeds the policy's limit, {limit}."
                    | "L’erreur de calibration, {ece}, dépasse la limite de la politique, {limit}."
            )
        }
        Warning::NotCertified { largest_difference } => {
            let difference = lang.decimal(*largest_difference, 6);
            say!(
                lang,
                "The independent fit differs by up to {difference} in log-odds."
                    | "L’ajustement indépendant s’écarte de {difference} au plus, en logits."
            )
        }
        Warning::Drift { first, last } => {
            let (first, last) = (lang.percent(*first), lang.percent(*last));
            say!(
                lang,
                "Conversion moved from {first} in the oldest tenth to {last} in the latest."
                    | "La conversion est passée de {first} dans le dixième le plus ancien à {last} dans le plus récent."
            )
        }
        Warning::WorseThan {
            rival,
            roc_auc,
            log_loss,
        } => rivals::worse(rival, *roc_auc, *log_loss, lang),
        Warning::Separates { .. } | Warning::Duplicates { .. } => String::new(),
    }
}

fn advice(warning: &Warning, lang: Lang) -> String {
    match warning {
        Warning::Leak { .. } | Warning::Separates { .. } => say!(
            lang,
            "Ask when this value is written: if it is known only after the outcome, give the column the role `ignore`."
                | "Demander quand cette valeur est saisie : si elle n’est connue qu’après l’issue, donner à la colonne le rôle « ignore »."
        ),
        Warning::Calendar { .. } => say!(
            lang,
            "Prefer a column that describes the lead; `keep_calendar` in the policy insists on this one."
                | "Préférer une colonne qui décrit le prospect ; « keep_calendar » dans la politique la maintient."
        ),
        Warning::Sentinel { .. } => say!(
            lang,
            "If it means “not known”, add it to the policy's `missing` list."
                | "Si elle signifie « inconnu », l’ajouter à la liste « missing » de la politique."
        ),
        Warning::Duplicates { .. } => say!(
            lang,
            "Check the export: repeated rows make the figures look better than they are."
                | "Vérifier l’export : des lignes répétées embellissent les mesures."
        ),
        Warning::Constant { .. } => say!(
            lang,
            "Remove it from the policy: what brings nothing should not be read."
                | "La retirer de la politique : ce qui n’apporte rien ne doit pas être lu."
        ),
        Warning::NoSignal => say!(
            lang,
            "Do not use it. Look for features that describe interest or need, or gather more outcomes."
                | "Ne pas l’utiliser. Chercher des données qui décrivent l’intérêt ou le besoin, ou réunir plus d’issues."
        ),
        Warning::Uncalibrated { .. } => say!(
            lang,
            "The order of leads may be right, the scores are not. Train on newer leads."
                | "L’ordre des prospects peut être juste, les scores ne le sont pas. Réapprendre sur des prospects plus récents."
        ),
        Warning::NotCertified { .. } => say!(
            lang,
            "Do not promote it before the difference is understood."
                | "Ne pas le promouvoir avant d’avoir compris l’écart."
        ),
        Warning::Drift { .. } => say!(
            lang,
            "Expect the scores to age; train again soon, and watch the outcomes."
                | "S’attendre à ce que les scores vieillissent ; réapprendre bientôt et suivre les issues."
        ),
        Warning::WorseThan { rival, .. } => rivals::advice(rival, lang),
    }
}

/// What the certificate says, in a sentence.
pub(super) fn certificate(held: Option<&Certificate>, lang: Lang) -> String {
    let Some(held) = held else {
        return say!(
            lang,
            "The numbers come from linfa-logistic itself; there is no second fit to compare them with."
                | "Les nombres viennent de linfa-logistic même ; il n’y a pas de second ajustement auquel les comparer."
        );
    };
    let (rows, columns) = (lang.count(held.rows), lang.count(held.columns));
    let (difference, gradient) = (
        scientific(held.largest_difference, lang),
        scientific(held.gradient, lang),
    );
    let fit = say!(
        lang,
        "linfa-logistic fitted the same problem, from zero, on a sample of {rows} rows and {columns} columns. Its log-odds differ from ours by at most {difference} on these rows (its own gradient: {gradient})."
            | "linfa-logistic a résolu le même problème, en partant de zéro, sur un échantillon de {rows} lignes et {columns} colonnes. Ses logits s’écartent des nôtres de {difference} au plus sur ces lignes (son propre gradient : {gradient})."
    );
    if held.certified {
        say!(lang, "Certified. {fit}" | "Certifié. {fit}")
    } else {
        say!(lang, "Not certified. {fit}" | "Non certifié. {fit}")
    }
}
