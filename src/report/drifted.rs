//! What a monitoring run found, in sentences that a salesperson reads in ten seconds.

use crate::features::{Feature, Shape};
use crate::lang::Lang;
use crate::model::Model;
use crate::monitor::document::{Cause, FeatureDrift, Held};
use crate::monitor::{Monitored, Verdict};
use crate::say;

use super::words::{coarse_meaning, meaning, plain};

/// The one sentence above all others.
#[must_use]
pub fn headline(said: &Monitored, lang: Lang) -> String {
    let broken = said
        .causes
        .iter()
        .any(|it| matches!(it, Cause::Ranking { .. } | Cause::Calibration { .. }));
    match said.verdict {
        Verdict::Overdue => say!(
            lang,
            "No run in this window, though a model was active: does the nightly scoring still run?"
                | "Aucun passage sur cette période, alors qu’un modèle était actif\u{a0}: la notation de nuit tourne-t-elle encore\u{202f}?"
        ),
        Verdict::TooFew => {
            let least = lang.count(said.limits.min_leads);
            say!(
                lang,
                "Too few leads to judge: at least {least} are needed. Nothing is said about this window."
                    | "Trop peu de prospects pour juger\u{a0}: il en faut au moins {least}. Rien n’est dit de cette période."
            )
        }
        Verdict::Steady => say!(
            lang,
            "Nothing moved beyond the limits: these leads look like those that the model learned from."
                | "Rien n’a bougé au-delà des limites\u{a0}: ces prospects ressemblent à ceux dont le modèle a appris."
        ),
        Verdict::Watch => say!(
            lang,
            "Something is moving: worth a look, nothing urgent."
                | "Quelque chose bouge\u{a0}: à regarder, sans urgence."
        ),
        Verdict::Alert if broken => say!(
            lang,
            "The model no longer keeps its word: what came of these leads is not what it had said."
                | "Le modèle ne tient plus parole\u{a0}: ces prospects n’ont pas donné ce qu’il annonçait."
        ),
        Verdict::Alert => say!(
            lang,
            "These leads no longer look like those that the model learned from."
                | "Ces prospects ne ressemblent plus à ceux dont le modèle a appris."
        ),
    }
}

/// Runs that the window leaves out because they bear other dates; nothing where there are none.
#[must_use]
pub fn other_dates(said: &Monitored, lang: Lang) -> Option<String> {
    let count = lang.count(said.other_dates);
    match said.other_dates {
        0 => None,
        1 => Some(say!(
            lang,
            "1 run was recorded in these days under another date: it is in no figure."
                | "1 passage a été consigné ces jours-là sous une autre date\u{a0}: aucun chiffre ne le compte."
        )),
        _ => Some(say!(
            lang,
            "{count} runs were recorded in these days under other dates: they are in no figure."
                | "{count} passages ont été consignés ces jours-là sous d’autres dates\u{a0}: aucun chiffre ne les compte."
        )),
    }
}

/// One cause in one sentence; `label` is what people call a column.
#[must_use]
pub fn cause(
    cause: &Cause,
    said: &Monitored,
    model: &Model,
    label: &dyn Fn(&str) -> String,
    lang: Lang,
) -> String {
    match cause {
        Cause::Feature { feature, psi, .. } => {
            let (name, psi) = (plain(&label(feature)), lang.decimal(*psi, 2));
            let mut features = model.schema().features.iter();
            let known = features.find(|it| it.name == *feature);
            let moved = known.zip(said.feature(feature));
            let moved = moved.map(|(known, it)| from_what_to_what(known, it, lang));
            match moved.filter(|it| !it.is_empty()) {
                Some(moved) => say!(
                    lang,
                    "{name}: {moved} (index {psi})." | "{name}\u{a0}: {moved} (indice {psi})."
                ),
                None => say!(
                    lang,
                    "{name}: spread otherwise than in training (index {psi})."
                        | "{name}\u{a0}: répartition différente de celle de l’apprentissage (indice {psi})."
                ),
            }
        }
        Cause::Score { psi, .. } => {
            let psi = lang.decimal(*psi, 2);
            match said
                .promise
                .and_then(|it| Some((it.training?.won, it.window.won)))
            {
                Some((before, here)) => {
                    let (before, here) = (lang.percent(before), lang.percent(here));
                    say!(
                        lang,
                        "Scores: on average {here}, where training had {before} (index {psi})."
                            | "Scores\u{a0}: {here} en moyenne, contre {before} à l’apprentissage (indice {psi})."
                    )
                }
                None => say!(
                    lang,
                    "Scores are spread otherwise than in training (index {psi})."
                        | "Les scores se répartissent autrement qu’à l’apprentissage (indice {psi})."
                ),
            }
        }
        Cause::Ranking { here, holdout, .. } => {
            let [value, low, high, from, to] =
                [here.value, here.low, here.high, holdout.low, holdout.high]
                    .map(|it| lang.decimal(it, 3));
            say!(
                lang,
                "Order: the AUC came to {value} ({low} to {high}), and {from} to {to} had been measured before."
                    | "Ordre\u{a0}: l’AUC constatée est de {value} ({low} à {high})\u{a0}; on avait mesuré {from} à {to}."
            )
        }
        Cause::Calibration { here, limit, .. } => {
            let (here, limit) = (lang.percent(here.value), lang.percent(*limit));
            say!(
                lang,
                "Word: scores are {here} off from what came of them on average; at most {limit} is allowed."
                    | "Parole\u{a0}: l’écart moyen entre score et issue est de {here}\u{a0}; au plus {limit} est admis."
            )
        }
        Cause::Promise {
            roc_auc, holdout, ..
        } => {
            let [here, low] = [*roc_auc, holdout.low].map(|it| lang.decimal(it, 3));
            say!(
                lang,
                "Scores are closer together: they tell leads apart less well (expected AUC {here}, measured before: at least {low})."
                    | "Les scores se resserrent\u{a0}: ils distinguent moins bien les prospects (AUC attendue {here}, mesurée avant\u{a0}: au moins {low})."
            )
        }
    }
}

/// «A» goes from 13 % to 31 %; «B» from 26 % to 12 %.
fn from_what_to_what(feature: &Feature, drift: &FeatureDrift, lang: Lang) -> String {
    let each = drift.moved.iter().enumerate();
    let parts = each.map(|(at, it)| {
        let (what, to) = (held(&feature.shape, it, lang), lang.percent(it.window));
        let from = it.training.map_or_else(
            || say!(lang, "almost none" | "presque aucun"),
            |it| lang.percent(it),
        );
        if at == 0 {
            say!(
                lang,
                "“{what}” goes from {from} to {to}" | "«\u{a0}{what}\u{a0}» passe de {from} à {to}"
            )
        } else {
            say!(
                lang,
                "“{what}” from {from} to {to}" | "«\u{a0}{what}\u{a0}» de {from} à {to}"
            )
        }
    });
    let between = match lang {
        Lang::En => "; ",
        Lang::Fr => "\u{a0}; ",
    };
    parts.collect::<Vec<_>>().join(between)
}

/// What some codes together mean; of none, all the others.
#[must_use]
pub fn held(shape: &Shape, held: &Held, lang: Lang) -> String {
    match held.codes[..] {
        [] => say!(lang, "others" | "autres"),
        [only] => plain(&meaning(shape, only, lang)),
        _ => {
            let mut coarse = vec![None; shape.codes()];
            for code in &held.codes {
                if let Some(it) = coarse.get_mut(usize::from(*code)) {
                    *it = Some(0);
                }
            }
            plain(&coarse_meaning(shape, &coarse, 0, lang))
        }
    }
}
