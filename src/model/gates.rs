//! Gates: what a model must pass before a second person may approve it, each with what it found and what would pass it.
//!
//! Whoever approves does not read a notebook. So each gate says in both languages
//! what it asks, and one that failed says what to do. They are asked of what the
//! training found and of the policy as it stands on the day of the approval; a
//! finding that an older training did not make is asked for by training again.
//!
//! Pure. What is serialised here is about nobody: no figure stands for fewer than `min_people` people.

use serde::{Deserialize, Serialize};

use super::Model;
use super::compared::{Compared, Rival, Seen};
use super::findings::{Findings, Warning};
use super::fit::{TOLERANCE, USABLE};
use crate::digest::Digest;
use crate::features::Shape;
use crate::lang::Lang;
use crate::odds::LogOdds;
use crate::policy::{Policy, Profiling, Training};
use crate::say;

/// The version of the document.
const SCHEMA_VERSION: u32 = 1;

/// What all gates said of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gates {
    /// Of this document: 1.
    pub schema_version: u32,
    /// The model.
    pub model: Digest,
    /// The model that is active for the purpose today, or was last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<Digest>,
    /// Whether every gate was passed.
    pub passed: bool,
    /// In a fixed order.
    pub gates: Vec<Gate>,
}

impl Gates {
    /// Those that were not passed.
    pub fn failed(&self) -> impl Iterator<Item = &Gate> {
        self.gates.iter().filter(|gate| !gate.passed)
    }
}

/// One gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Which.
    pub id: GateId,
    /// Whether it was passed.
    pub passed: bool,
    /// What was found, as a number, where it is one that may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<f64>,
    /// What it is held to, as a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// What was asked and found.
    pub meaning: Said,
    /// What would pass it, where it was not passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would_pass: Option<Said>,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateId {
    /// It orders leads better than chance.
    Signal,
    /// Its scores keep their word.
    Calibration,
    /// It is no worse than the active model.
    Active,
    /// No feature was written after the outcome.
    Leakage,
    /// Its features single out no more people than the policy allows.
    Profiling,
    /// No entry of its tables stands for fewer people than allowed.
    Cells,
    /// Its fit ended at the optimum, and a second solver agrees.
    Convergence,
    /// Nothing that its card shows stands for fewer people than allowed.
    Anonymity,
}

impl GateId {
    /// What people call it.
    #[must_use]
    pub fn name(self, lang: Lang) -> String {
        match self {
            Self::Signal => say!(lang, "signal" | "signal"),
            Self::Calibration => say!(lang, "calibration" | "calibration"),
            Self::Active => say!(lang, "active model" | "modèle actif"),
            Self::Leakage => say!(lang, "leakage" | "fuite"),
            Self::Profiling => say!(lang, "profiling" | "profilage"),
            Self::Cells => say!(lang, "smallest cell" | "plus petite case"),
            Self::Convergence => say!(lang, "convergence" | "convergence"),
            Self::Anonymity => say!(lang, "card" | "carte"),
        }
    }
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// English.
    pub en: String,
    /// French.
    pub fr: String,
}

impl Said {
    fn new(of: impl Fn(Lang) -> String) -> Self {
        Self {
            en: of(Lang::En),
            fr: of(Lang::Fr),
        }
    }

    /// In this language.
    #[must_use]
    pub fn words(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Fr => &self.fr,
        }
    }
}

/// The model that a new one has to be no worse than: taking it out of use does not make it worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// It scores for the purpose today.
    Active(Digest),
    /// None does; it was the last one that did.
    Last(Digest),
    /// The last one that did, whose folder was removed.
    Purged(Digest),
}

impl Against {
    /// Its version.
    #[must_use]
    pub fn version(self) -> Digest {
        match self {
            Self::Active(it) | Self::Last(it) | Self::Purged(it) => it,
        }
    }

    /// What people call it, without its article, and its first digits.
    fn called(self, lang: Lang) -> String {
        let short = self.version().short();
        match self {
            Self::Active(_) => say!(lang, "active model {short}" | "modèle actif {short}"),
            Self::Last(_) | Self::Purged(_) => say!(
                lang,
                "last active model {short}" | "dernier modèle actif {short}"
            ),
        }
    }
}

/// Asks every gate. `against` is the model that is active for the purpose today, or was last.
#[must_use]
pub fn gates(
    model: &Model,
    findings: &Findings,
    policy: &Policy,
    against: Option<Against>,
) -> Gates {
    let mut gates = own(model, findings, &policy.training, &policy.profiling);
    gates.insert(2, active(model.version(), findings, against));
    Gates {
        schema_version: SCHEMA_VERSION,
        model: model.version(),
        against: against.map(Against::version),
        passed: gates.iter().all(|gate| gate.passed),
        gates,
    }
}

/// The gates that need no other model: all that a training can ask of itself.
pub(crate) fn own(
    model: &Model,
    findings: &Findings,
    training: &Training,
    profiling: &Profiling,
) -> Vec<Gate> {
    vec![
        signal(findings, training),
        calibration(findings, training),
        leakage(findings),
        self::profiling(findings, profiling, training),
        cells(model, findings, training),
        convergence(findings),
        anonymity(model, findings, training),
    ]
}

fn gate(
    id: GateId,
    passed: bool,
    numbers: (Option<f64>, Option<f64>),
    meaning: impl Fn(Lang) -> String,
    would_pass: impl Fn(Lang) -> String,
) -> Gate {
    Gate {
        id,
        passed,
        found: numbers.0,
        limit: numbers.1,
        meaning: Said::new(meaning),
        would_pass: (!passed).then(|| Said::new(would_pass)),
    }
}

/// Whether the holdout has enough of either outcome for its figures to be shown.
fn enough(findings: &Findings, k: u32) -> bool {
    let (rows, won) = (findings.metrics.rows, findings.metrics.positives);
    won.min(rows.saturating_sub(won)) >= u64::from(k)
}

fn signal(findings: &Findings, training: &Training) -> Gate {
    let auc = findings.metrics.roc_auc;
    let k = training.min_people;
    let enough = enough(findings, k);
    gate(
        GateId::Signal,
        enough && auc.low > 0.5,
        (enough.then_some(auc.low), Some(0.5)),
        |lang| {
            if !enough {
                return say!(
                    lang,
                    "Fewer than {k} leads held out have one of the outcomes: nothing can be said of the order that the model gives."
                        | "Moins de {k} prospects mis de côté ont l’une des issues\u{a0}: rien ne peut être dit de l’ordre que donne le modèle."
                );
            }
            let (low, value) = (lang.decimal(auc.low, 3), lang.decimal(auc.value, 3));
            say!(
                lang,
                "The area under the ROC curve on leads held out is {value}; the lower end of its 95% interval, {low}, must lie above 0.5, where chance is."
                    | "L’aire sous la courbe ROC sur les prospects mis de côté est de {value}\u{a0}; la borne basse de son intervalle à 95\u{202f}%, {low}, doit dépasser 0,5, la valeur du hasard."
            )
        },
        |lang| {
            say!(
                lang,
                "Wait for more outcomes, or declare features that describe interest or need, and train again."
                    | "Attendre davantage d’issues, ou déclarer des critères qui décrivent l’intérêt ou le besoin, puis réapprendre."
            )
        },
    )
}

fn calibration(findings: &Findings, training: &Training) -> Gate {
    let (ece, limit) = (findings.metrics.ece.value, training.max_calibration_error);
    let floor = findings.metrics.ece_noise_floor;
    let enough = enough(findings, training.min_people);
    // What chance alone shows shrinks with the square root of the rows.
    let needed = findings.metrics.rows as f64 * (floor / limit) * (floor / limit);
    gate(
        GateId::Calibration,
        enough && ece <= limit,
        (enough.then_some(ece), Some(limit)),
        |lang| {
            let limit = lang.decimal(limit, 4);
            if !enough {
                return say!(
                    lang,
                    "Too few leads were held out to tell whether scores keep their word (limit: {limit})."
                        | "Trop peu de prospects mis de côté pour dire si les scores tiennent parole (limite\u{a0}: {limit})."
                );
            }
            let (ece, floor) = (lang.decimal(ece, 4), lang.decimal(floor, 4));
            say!(
                lang,
                "Scores and shares converted differ by {ece} on average; the policy allows {limit} (`max_calibration_error`). Chance alone would show {floor} with perfect scores."
                    | "Scores et parts converties s’écartent de {ece} en moyenne\u{a0}; la politique admet {limit} (`max_calibration_error`). Le seul hasard montrerait {floor} avec des scores parfaits."
            )
        },
        |lang| {
            if floor > limit {
                let needed = lang.count(needed.ceil().min(1e15) as u64);
                return say!(
                    lang,
                    "So few leads cannot show it: even perfect scores would fail. Hold out some {needed} leads or more (five times as many in all), or raise the limit with a reason."
                        | "Si peu de prospects ne peuvent le montrer\u{a0}: même des scores parfaits échoueraient. Il en faut environ {needed} mis de côté (cinq fois plus en tout), ou une limite relevée avec une raison."
                );
            }
            say!(
                lang,
                "Train on newer leads: conversion has probably moved. If the order of leads is all that is needed, raise `max_calibration_error` and say why."
                    | "Réapprendre sur des prospects plus récents\u{a0}: la conversion a sans doute bougé. Si seul l’ordre des prospects compte, relever `max_calibration_error` et dire pourquoi."
            )
        },
    )
}

/// The comparison with the active model, if it is one with the model that is active today, or was last.
fn active(version: Digest, findings: &Findings, against: Option<Against>) -> Gate {
    let without = |said: &dyn Fn(Lang) -> String| {
        gate(GateId::Active, true, (None, None), said, |_| String::new())
    };
    let Some(against) = against else {
        return without(&|lang| {
            say!(
                lang,
                "No model is active yet." | "Aucun modèle n’est encore actif."
            )
        });
    };
    let active = against.version();
    if active == version {
        return without(&|lang| match against {
            Against::Active(_) => say!(
                lang,
                "It is the model that is active." | "C’est le modèle actif lui-même."
            ),
            Against::Last(_) | Against::Purged(_) => say!(
                lang,
                "It is the model that was active last; none is now."
                    | "C’est le dernier modèle actif lui-même\u{a0}; aucun ne l’est à présent."
            ),
        });
    }
    if let Against::Purged(_) = against {
        return without(&|lang| {
            let called = against.called(lang);
            say!(
                lang,
                "The {called} cannot judge anything: its folder was removed. Nothing says that the new model is as good."
                    | "Le {called} ne peut plus rien noter\u{a0}: son dossier a été supprimé. Rien ne dit que le nouveau modèle le vaut."
            )
        });
    }
    let incomparable = findings.incomparable.as_ref();
    if let Some(it) = incomparable.filter(|it| it.model == active) {
        let feature = &it.feature;
        return without(&|lang| {
            let called = against.called(lang);
            say!(
                lang,
                "The {called} could not judge the same leads: it reads “{feature}”, which the policy no longer declares, or declares differently. Nothing says that the new model is as good."
                    | "Le {called} n’a pas pu noter les mêmes prospects\u{a0}: il lit «\u{a0}{feature}\u{a0}», que la politique ne déclare plus, ou déclare autrement. Rien ne dit que le nouveau modèle le vaut."
            )
        });
    }
    let compared = findings.compared.iter().find_map(|it| match it.rival {
        Rival::Active { model, seen } if model == active => Some((it, seen)),
        _ => None,
    });
    let short = active.short();
    let Some((compared, seen)) = compared else {
        return gate(
            GateId::Active,
            false,
            (None, None),
            |lang| match against {
                Against::Active(_) => say!(
                    lang,
                    "The training compared it with another model than the one active now, {short}, or with none."
                        | "L’apprentissage l’a comparé à un autre modèle que l’actuel, {short}, ou à aucun."
                ),
                Against::Last(_) | Against::Purged(_) => say!(
                    lang,
                    "The training compared it with another model than the one active last, {short}, or with none; that no model is active now makes none better."
                        | "L’apprentissage l’a comparé à un autre modèle que le dernier actif, {short}, ou à aucun\u{a0}; qu’aucun ne soit actif à présent n’en rend aucun meilleur."
                ),
            },
            |lang| {
                say!(
                    lang,
                    "Train again: that model is then compared on the same leads."
                        | "Réapprendre\u{a0}: ce modèle sera alors comparé sur les mêmes prospects."
                )
            },
        );
    };
    beside(compared, seen, against)
}

/// On which of the same leads the comparison is made, and whether it is one between equals.
fn on_which(compared: &Compared, seen: Seen, lang: Lang) -> String {
    if let Some(newer) = &compared.newer {
        let after = &newer.after;
        return say!(
            lang,
            "On the same leads held out, those after {after}, which neither had seen"
                | "Sur les mêmes prospects mis de côté, ceux d’après le {after}, que ni l’un ni l’autre n’avait vus"
        );
    }
    let too_few = compared.last.as_ref().map_or_else(
        || {
            say!(
                lang,
                "nothing is known to be newer" | "rien n’est connu pour plus récent"
            )
        },
        |last| {
            say!(
                lang,
                "nothing newer than {last} to judge by, or too little"
                    | "rien de plus récent que le {last} pour en juger, ou trop peu"
            )
        },
    );
    match seen {
        Seen::No => say!(
            lang,
            "On the same leads held out, which neither had seen"
                | "Sur les mêmes prospects mis de côté, que ni l’un ni l’autre n’avait vus"
        ),
        Seen::Yes => say!(
            lang,
            "Not a comparison between equals ({too_few}; the other had seen some of the leads held out, the model itself has seen them all and may flatter itself more): on them"
                | "Comparaison qui n’est pas entre égaux ({too_few}\u{a0}; l’autre avait vu une part des prospects mis de côté, le modèle lui-même les a tous vus et peut se flatter davantage)\u{a0}: sur eux"
        ),
        Seen::Unknown => say!(
            lang,
            "Not a comparison between equals ({too_few}; the other may have seen the leads held out, the model itself has seen them all and may flatter itself more): on them"
                | "Comparaison qui n’est pas entre égaux ({too_few}\u{a0}; l’autre a pu voir les prospects mis de côté, le modèle lui-même les a tous vus et peut se flatter davantage)\u{a0}: sur eux"
        ),
    }
}

fn beside(compared: &Compared, seen: Seen, against: Against) -> Gate {
    let difference = compared.decisive();
    let loss = difference.log_loss;
    gate(
        GateId::Active,
        !difference.is_worse(),
        (Some(loss.low), Some(0.0)),
        |lang| {
            let signed = |value: f64, places| {
                let size = lang.decimal(value.abs(), places);
                format!("{}{size}", if value < 0.0 { '−' } else { '+' })
            };
            let (low, high) = (signed(loss.low, 4), signed(loss.high, 4));
            let auc = difference.roc_auc;
            let (auc_low, auc_high) = (signed(auc.low, 4), signed(auc.high, 4));
            let (on, called) = (on_which(compared, seen, lang), against.called(lang));
            say!(
                lang,
                "{on}, its log-loss less that of the {called} lies between {low} and {high}, its AUC less the other’s between {auc_low} and {auc_high} (95% of paired redraws by person). It fails when one of them is worse throughout."
                    | "{on}, sa perte logarithmique moins celle du {called} est entre {low} et {high}, son AUC moins celle de l’autre entre {auc_low} et {auc_high} (95\u{202f}% des rééchantillonnages appariés par personne). Échec si l’une des deux est moins bonne d’un bout à l’autre."
            )
        },
        |lang| {
            say!(
                lang,
                "Keep the earlier model, or find what the new one lost: fewer rows, a feature left out, a calendar. `probant models diff` shows what moved."
                    | "Garder l’ancien modèle, ou trouver ce que le nouveau a perdu\u{a0}: moins de lignes, un critère écarté, un calendrier. `probant models diff` montre ce qui a bougé."
            )
        },
    )
}

fn leakage(findings: &Findings) -> Gate {
    let suspects: Vec<&str> = findings
        .warnings
        .iter()
        .filter_map(|warning| match warning {
            // A level that nobody converted from is ordinary in a file of leads; one from which all did is not.
            Warning::Leak { feature, .. }
            | Warning::Separates {
                feature,
                positive: true,
                ..
            } => Some(feature.as_str()),
            _ => None,
        })
        .collect();
    let named = |lang: Lang| {
        let names = suspects.iter().map(|name| match lang {
            Lang::En => format!("“{name}”"),
            Lang::Fr => format!("«\u{a0}{name}\u{a0}»"),
        });
        names.collect::<Vec<_>>().join(", ")
    };
    gate(
        GateId::Leakage,
        suspects.is_empty(),
        (Some(suspects.len() as f64), Some(0.0)),
        |lang| {
            if suspects.is_empty() {
                return say!(
                    lang,
                    "No feature tells the outcome by itself."
                        | "Aucun critère n’annonce l’issue à lui seul."
                );
            }
            let names = named(lang);
            say!(
                lang,
                "Too good to be true, and probably written after the outcome: {names}."
                    | "Trop beau pour être vrai, et sans doute écrit après l’issue\u{a0}: {names}."
            )
        },
        |lang| {
            let names = named(lang);
            say!(
                lang,
                "Give {names} the role `ignore`, or export its value as it was before the outcome, and train again."
                    | "Donner à {names} le rôle `ignore`, ou exporter sa valeur telle qu’elle était avant l’issue, puis réapprendre."
            )
        },
    )
}

fn profiling(findings: &Findings, profiling: &Profiling, training: &Training) -> Gate {
    let Some(limit) = profiling.max_alone else {
        return gate(
            GateId::Profiling,
            true,
            (None, None),
            |lang| {
                say!(
                    lang,
                    "The policy sets no budget of people who stand alone (`max_alone`)."
                        | "La politique ne fixe pas de budget de personnes seules dans leur case (`max_alone`)."
                )
            },
            |_| String::new(),
        );
    };
    let profile = findings.profile.as_ref();
    let share = profile.and_then(|it| Some(it.alone? as f64 / it.people.max(1) as f64));
    // Fewer than k are alone: the number is not known here, but a training within a tighter budget was within this one.
    let fewest = profile.is_some_and(|it| {
        let most = f64::from(training.min_people.saturating_sub(1));
        it.max_alone.is_some_and(|before| before <= limit)
            || (it.alone.is_none() && most <= limit * it.people as f64)
    });
    let within = share.map_or(fewest, |share| share <= limit);
    gate(
        GateId::Profiling,
        within,
        (share, Some(limit)),
        |lang| {
            let limit = lang.decimal(limit * 100.0, 2);
            match (profile, share) {
                (None, _) => say!(
                    lang,
                    "The training did not count who stands alone; the policy allows {limit}%."
                        | "L’apprentissage n’a pas compté les personnes seules dans leur case\u{a0}; la politique admet {limit}\u{202f}%."
                ),
                (_, Some(share)) => {
                    let share = lang.decimal(share * 100.0, 2);
                    say!(
                        lang,
                        "{share}% of people stand alone in their cell of features; the policy allows {limit}% (`max_alone`)."
                            | "{share}\u{202f}% des personnes sont seules dans leur case de critères\u{a0}; la politique admet {limit}\u{202f}% (`max_alone`)."
                    )
                }
                (_, None) => {
                    let k = training.min_people;
                    say!(
                        lang,
                        "Fewer than {k} people stand alone in their cell of features; the policy allows {limit}% (`max_alone`)."
                            | "Moins de {k} personnes sont seules dans leur case de critères\u{a0}; la politique admet {limit}\u{202f}% (`max_alone`)."
                    )
                }
            }
        },
        |lang| {
            say!(
                lang,
                "Give the features that single out most the role `ignore` (the card lists them), lower `max_bins`, and train again."
                    | "Donner le rôle `ignore` aux critères qui isolent le plus (la carte les donne), baisser `max_bins`, puis réapprendre."
            )
        },
    )
}

fn cells(model: &Model, findings: &Findings, training: &Training) -> Gate {
    let (k, learned) = (training.min_people, model.settings().min_people);
    let thin = thin_features(model, findings);
    let thin = findings.thin.map_or(thin, |counted| counted.max(thin));
    gate(
        GateId::Cells,
        thin == 0 && learned >= k,
        (Some(f64::from(learned)), Some(f64::from(k))),
        |lang| {
            if thin > 0 {
                return say!(
                    lang,
                    "{thin} entries of its tables are not 0 although fewer than {learned} people stand behind each."
                        | "{thin} valeurs de ses tables ne sont pas nulles alors que moins de {learned} personnes se trouvent derrière chacune."
                );
            }
            say!(
                lang,
                "Every value that fewer than {learned} people share weighs 0; the policy asks for {k} (`min_people`)."
                    | "Toute valeur que partagent moins de {learned} personnes pèse 0\u{a0}; la politique en demande {k} (`min_people`)."
            )
        },
        |lang| {
            say!(
                lang,
                "Train again under the policy as it is today."
                    | "Réapprendre sous la politique d’aujourd’hui."
            )
        },
    )
}

/// Entries of features that are not 0 although the findings hide their rows.
fn thin_features(model: &Model, findings: &Findings) -> u64 {
    let features = model.schema().features.iter();
    let each = features.zip(model.tables()).zip(&findings.levels);
    each.map(|((feature, table), levels)| {
        let held = |code: usize| levels.get(code).is_some_and(|it| it.rows.is_some());
        let thin = |code: &usize| table[*code] != LogOdds(0) && !held(*code);
        // Beyond the known range a number takes its end bin's entry: nobody's, and not learned.
        let last = match &feature.shape {
            Shape::Number { .. } => usize::from(feature.shape.missing()) + 1,
            _ => table.len(),
        };
        (0..last).filter(thin).count() as u64
    })
    .sum()
}

fn convergence(findings: &Findings) -> Gate {
    let by_linfa = findings.certificate.is_none();
    let limit = if by_linfa { USABLE } else { TOLERANCE };
    let certified = findings.certificate.as_ref().is_none_or(|it| it.certified);
    gate(
        GateId::Convergence,
        findings.gradient <= limit && certified,
        (Some(findings.gradient), Some(limit)),
        |lang| {
            let (gradient, limit) = (format!("{:.1e}", findings.gradient), format!("{limit:.0e}"));
            if by_linfa {
                return say!(
                    lang,
                    "linfa gave the model itself; its gradient per row is {gradient}, at most {limit}."
                        | "linfa a donné le modèle même\u{a0}; son gradient par ligne est {gradient}, {limit} au plus."
                );
            }
            if certified {
                say!(
                    lang,
                    "The fit ended with a gradient per row of {gradient}, at most {limit}, and a second solver gives the same numbers."
                        | "L’ajustement s’est achevé avec un gradient par ligne de {gradient}, {limit} au plus, et un second solveur donne les mêmes nombres."
                )
            } else {
                say!(
                    lang,
                    "The fit ended with a gradient per row of {gradient}, at most {limit}, but a second solver gives other numbers."
                        | "L’ajustement s’est achevé avec un gradient par ligne de {gradient}, {limit} au plus, mais un second solveur donne d’autres nombres."
                )
            }
        },
        |lang| {
            say!(
                lang,
                "Look for a feature that separates the outcome, or raise `certificate_mib`, and train again; report it if it stays."
                    | "Chercher un critère qui sépare les issues, ou relever `certificate_mib`, puis réapprendre\u{a0}; le signaler si cela demeure."
            )
        },
    )
}

fn anonymity(model: &Model, findings: &Findings, training: &Training) -> Gate {
    let k = u64::from(training.min_people.max(model.settings().min_people));
    let under = published_under(findings, k);
    gate(
        GateId::Anonymity,
        under == 0,
        (Some(under as f64), Some(0.0)),
        |lang| {
            if under == 0 {
                say!(
                    lang,
                    "No count, bar or point of its card stands for fewer than {k} people."
                        | "Aucun compte, aucune barre, aucun point de sa carte ne porte sur moins de {k} personnes."
                )
            } else {
                say!(
                    lang,
                    "{under} counts or points of its papers stand for fewer than {k} people."
                        | "{under} comptes ou points de ses pièces portent sur moins de {k} personnes."
                )
            }
        },
        |lang| {
            say!(
                lang,
                "Train again under the policy as it is today."
                    | "Réapprendre sous la politique d’aujourd’hui."
            )
        },
    )
}

/// Counts and points of the findings that stand for some, but fewer than `k`, people.
fn published_under(findings: &Findings, k: u64) -> usize {
    let few = |count: u64| (1..k).contains(&count);
    let levels = findings.levels.iter().flatten().filter(|level| {
        let of_one_outcome = level.rows.zip(level.positives);
        level.rows.is_some_and(few)
            || of_one_outcome.is_some_and(|(rows, won)| few(won) || few(rows.saturating_sub(won)))
    });
    let bins = findings.curves.reliability.iter();
    let bins = bins.filter(|bin| few(bin.rows));
    let (rows, won) = (findings.metrics.rows, findings.metrics.positives);
    let lost = rows.saturating_sub(won);
    let people = |pair: &[(f64, f64)]| {
        let (lost_here, won_here) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
        (lost_here * lost as f64 + won_here * won as f64).round() as u64
    };
    let steps = findings.curves.roc.windows(2).map(people);
    let steps = steps.filter(|it| few(*it));
    let alone = findings.profile.iter().flat_map(|profile| {
        let each = profile.features.iter().map(|it| it.alone_without);
        each.chain([profile.alone]).flatten()
    });
    let alone = alone.filter(|it| few(*it));
    levels.count() + bins.count() + steps.count() + alone.count()
}
