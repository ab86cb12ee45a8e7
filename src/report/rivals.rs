//! A model beside other methods on the same holdout, in words, for the card and for a terminal.

use crate::lang::Lang;
use crate::model::compared::{Compared, Rival, Seen};
use crate::model::findings::{Findings, Interval};
use crate::say;

/// A comparison, ready to be laid out.
pub struct RivalsView {
    /// What the columns mean.
    pub note: String,
    /// The columns' heads.
    pub heads: [String; 5],
    /// The model's twin first, then each rival: name, AUC, log-loss, and what ours has more of each.
    pub rows: Vec<[String; 5]>,
    /// What is left to say: of whom the active model had seen, of rows that were sampled.
    pub remarks: Vec<String>,
}

/// What people call a rival.
#[must_use]
pub fn name(rival: &Rival, lang: Lang) -> String {
    match rival {
        Rival::NaiveBayes => say!(
            lang,
            "naive Bayes, as in Odoo" | "Bayes naïf, comme dans Odoo"
        ),
        Rival::OneHot => say!(
            lang,
            "one-hot logistic regression" | "régression logistique sur indicatrices"
        ),
        Rival::Active { model, .. } => {
            let short = model.short();
            say!(lang, "active model {short}" | "modèle actif {short}")
        }
    }
}

/// The rivals in words; none where nothing was compared, or where too few people judge it.
#[must_use]
pub fn rivals(found: &Findings, k: u64, lang: Lang) -> Option<RivalsView> {
    let metrics = &found.metrics;
    let few = metrics
        .positives
        .min(metrics.rows.saturating_sub(metrics.positives))
        < k;
    if few || (found.compared.is_empty() && found.incomparable.is_none()) {
        return None;
    }
    let mut rows = vec![[
        say!(lang, "this model’s twin" | "jumeau de ce modèle"),
        figure(metrics.roc_auc, lang),
        figure(metrics.log_loss, lang),
        String::new(),
        String::new(),
    ]];
    rows.extend(found.compared.iter().map(|it| {
        [
            name(&it.rival, lang),
            figure(it.roc_auc, lang),
            figure(it.log_loss, lang),
            difference(it.difference.roc_auc, lang),
            difference(it.difference.log_loss, lang),
        ]
    }));
    let mut remarks: Vec<String> = found
        .compared
        .iter()
        .filter_map(|it| seen(it, lang))
        .collect();
    remarks.extend(found.incomparable.iter().map(|it| {
        let (short, feature) = (it.model.short(), &it.feature);
        say!(
            lang,
            "The active model {short} could not judge these leads: it reads “{feature}”, which the policy no longer declares, or declares differently."
                | "Le modèle actif {short} n’a pas pu noter ces prospects\u{a0}: il lit «\u{a0}{feature}\u{a0}», que la politique ne déclare plus, ou déclare autrement."
        )
    }));
    Some(RivalsView {
        note: say!(
            lang,
            "Other methods on the same leads held out. Difference: this model’s twin less the other, with the 95% interval of paired redraws by person; an AUC difference under 0 or a log-loss difference over 0 throughout means that this model is worse."
                | "D’autres méthodes sur les mêmes prospects mis de côté. Écart\u{a0}: le jumeau de ce modèle moins l’autre, avec l’intervalle à 95\u{202f}% de rééchantillonnages appariés par personne\u{a0}; un écart d’AUC tout entier sous 0, ou de perte tout entier au-dessus de 0, veut dire que ce modèle est moins bon."
        ),
        heads: [
            say!(lang, "Method" | "Méthode"),
            say!(lang, "ROC AUC" | "AUC (ROC)"),
            say!(lang, "Log-loss" | "Perte logarithmique"),
            say!(lang, "AUC difference" | "Écart d’AUC"),
            say!(lang, "Log-loss difference" | "Écart de perte"),
        ],
        rows,
        remarks,
    })
}

fn figure(it: Interval, lang: Lang) -> String {
    lang.decimal(it.value, 4)
}

fn difference(it: Interval, lang: Lang) -> String {
    let (value, low, high) = (
        signed(it.value, lang),
        signed(it.low, lang),
        signed(it.high, lang),
    );
    say!(
        lang,
        "{value} ({low} to {high})" | "{value} ({low} à {high})"
    )
}

/// Four places with their sign; nothing is `0`, without one.
pub(super) fn signed(value: f64, lang: Lang) -> String {
    let size = lang.decimal(value.abs(), 4);
    let nothing = size.chars().all(|it| matches!(it, '0' | '.' | ','));
    let sign = match value {
        _ if nothing => "",
        v if v < 0.0 => "−",
        _ => "+",
    };
    format!("{sign}{size}")
}

/// Whether the active model had seen the holdout, and what that makes of the comparison.
fn seen(it: &Compared, lang: Lang) -> Option<String> {
    let Rival::Active { model, seen } = &it.rival else {
        return None;
    };
    let short = model.short();
    let decisive = it.decisive();
    let (auc, loss) = (
        difference(decisive.roc_auc, lang),
        difference(decisive.log_loss, lang),
    );
    let more = match (&it.newer, &it.refitted) {
        (Some(newer), _) => {
            let after = &newer.after;
            say!(
                lang,
                " Those after {after} neither had seen; on them this model’s twin differs by AUC {auc}, log-loss {loss}."
                    | " Ceux d’après le {after}, ni l’un ni l’autre ne les avait vus\u{a0}; le jumeau de ce modèle y diffère ainsi\u{a0}: AUC {auc}, perte {loss}."
            )
        }
        (None, Some(_)) => {
            let last = it.last.as_ref().map(|last| {
                say!(
                    lang,
                    " Nothing is newer than {last} to judge by, or too little."
                        | " Rien n’est plus récent que le {last} pour en juger, ou trop peu."
                )
            });
            let last = last.unwrap_or_default();
            say!(
                lang,
                "{last} So the model itself, refitted on all rows, is compared too: AUC {auc}, log-loss {loss}. It has seen all of them and may flatter itself more than the active one: this is not a comparison between equals."
                    | "{last} Le modèle lui-même, réajusté sur toutes les lignes, est donc comparé aussi\u{a0}: AUC {auc}, perte {loss}. Il les a tous vus et peut se flatter davantage que l’actif\u{a0}: ce n’est pas une comparaison entre égaux."
            )
        }
        (None, None) => String::new(),
    };
    Some(match seen {
        Seen::No => say!(
            lang,
            "The active model {short} learned from earlier days only: it had not seen these leads either."
                | "Le modèle actif {short} n’a appris que de jours antérieurs\u{a0}: lui non plus n’avait pas vu ces prospects."
        ),
        Seen::Yes => say!(
            lang,
            "The active model {short} learned from days of the holdout, and may have learned from these very leads.{more}"
                | "Le modèle actif {short} a appris de jours de la mise de côté, et peut-être de ces prospects mêmes.{more}"
        ),
        Seen::Unknown => say!(
            lang,
            "No dates say whether the active model {short} learned from these very leads.{more}"
                | "Aucune date ne dit si le modèle actif {short} a appris de ces prospects mêmes.{more}"
        ),
    })
}

/// What was found, where a rival is better.
pub(super) fn worse(rival: &Rival, roc_auc: f64, log_loss: f64, lang: Lang) -> String {
    let name = name(rival, lang);
    let (auc, loss) = (signed(roc_auc, lang), signed(log_loss, lang));
    say!(
        lang,
        "Worse than another method on the same leads, beyond chance: {name} (AUC {auc}, log-loss {loss} against it)."
            | "Moins bon qu’une autre méthode sur les mêmes prospects, au-delà du hasard\u{a0}: {name} (AUC {auc}, perte {loss} face à elle)."
    )
}

/// What to do about it.
pub(super) fn advice(rival: &Rival, lang: Lang) -> String {
    match rival {
        Rival::Active { .. } => say!(
            lang,
            "Keep the active model until you know what this one lost: fewer rows, a feature left out, a calendar."
                | "Garder le modèle actif tant que l’on ignore ce que celui-ci a perdu\u{a0}: moins de lignes, un critère écarté, un calendrier."
        ),
        Rival::NaiveBayes | Rival::OneHot => say!(
            lang,
            "In this order: give the role `ignore` to calendar columns that only tell when a lead came, or keep one that must stay with `keep_calendar`; declare marks for “none” such as 999 as `missing`; smooth more (`one_standard_error = true`); switch pairs off (`pairs = \"off\"`). Train again after each."
                | "Dans cet ordre\u{a0}: donner le rôle `ignore` aux colonnes calendaires qui ne disent que la date d’arrivée, ou garder par `keep_calendar` celle qui doit rester\u{a0}; déclarer comme `missing` les marques d’absence telles que 999\u{a0}; lisser davantage (`one_standard_error = true`)\u{a0}; se passer d’interactions (`pairs = \"off\"`). Réapprendre après chacune."
        ),
    }
}
