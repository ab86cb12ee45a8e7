//! A monitoring run on one page: what moved, from what to what, and what to do about it.
//!
//! The model card's page and style; both languages, one after the other.

use askama::Template;

use crate::lang::Lang;
use crate::law::Pack;
use crate::model::Model;
use crate::monitor::document::{Share, Signal};
use crate::monitor::{Monitored, Verdict};
use crate::policy::Policy;
use crate::say;

use super::card::{bound, page};
use super::drifted::{cause, headline, held, other_dates};
use super::phrases::{self, MetricRow};
use super::svg::{self, Gauge, Shares};
use super::words::{day, moment, plain};

/// What a page of a monitoring run is made from.
#[derive(Clone, Copy)]
pub struct WatchInput<'a> {
    /// What was found.
    pub said: &'a Monitored,
    /// The model.
    pub model: &'a Model,
    /// The policy in force.
    pub policy: &'a Policy,
    /// The commands that an alert proposes.
    pub next: &'a [String],
}

/// A monitoring run as one HTML file, in both languages; `first` comes first.
#[must_use]
pub fn watch(input: &WatchInput<'_>, first: Lang) -> String {
    let name = plain(&input.policy.controller.name);
    let title = format!("Suivi du modèle – Model monitoring – {name}");
    page(title, first, |lang| {
        let html = Section::of(input, lang).render();
        bound(
            html.expect("a template over plain strings has nothing to fail on"),
            lang,
        )
    })
}

/// A picture with its name and a line below.
struct Figure {
    title: String,
    note: String,
    svg: String,
}

/// A table: what it is, its heads, its rows; the first cell of a row is its name.
struct Sheet {
    title: String,
    note: String,
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// The page in one language.
#[derive(Template)]
#[template(path = "watch_section.html", config = ".cargo/askama.toml")]
struct Section {
    lang: Lang,
    purpose: String,
    controller: String,
    version: String,
    verdict: &'static str,
    word: String,
    headline: String,
    causes: Vec<String>,
    advice: String,
    next: Vec<String>,
    summary: Vec<(String, String)>,
    facts: Vec<(String, String)>,
    gauges: String,
    figures: Vec<Figure>,
    metrics: Vec<MetricRow>,
    reliability: String,
    outcomes: String,
    sheets: Vec<Sheet>,
    limits: Vec<String>,
}

impl Section {
    fn of(input: &WatchInput<'_>, lang: Lang) -> Self {
        let (said, policy) = (input.said, input.policy);
        let label = |name: &str| policy.label(name).to_owned();
        let purpose = policy.purpose(&said.purpose);
        let purpose = purpose.map_or_else(
            || said.purpose.clone(),
            |purpose| purpose.description.clone(),
        );
        let causes = said.causes.iter();
        let causes = causes.map(|it| cause(it, said, input.model, &label, lang));
        let realised = said.realised.as_ref();
        let (verdict, word) = match said.verdict {
            Verdict::Alert => ("no", say!(lang, "Alert." | "Alerte.")),
            Verdict::Watch => ("", say!(lang, "To watch." | "À surveiller.")),
            Verdict::Steady => ("yes", say!(lang, "Steady." | "Stable.")),
            Verdict::TooFew => ("", say!(lang, "No verdict." | "Sans verdict.")),
            Verdict::Overdue => ("no", say!(lang, "Overdue." | "En retard.")),
        };
        let advice = if said.verdict == Verdict::Overdue {
            say!(
                lang,
                "Score again, and see why it stopped. Whoever is not scored is not watched."
                    | "Noter à nouveau, et voir pourquoi cela s’est arrêté. Sans notation, rien n’est suivi."
            )
        } else {
            say!(
                lang,
                "Train a candidate on recent outcomes and compare it; two people then decide. Nothing is replaced by itself."
                    | "Entraîner un candidat sur des issues récentes et le comparer ; deux personnes décident ensuite. Rien n’est remplacé tout seul."
            )
        };
        Self {
            lang,
            purpose: plain(&purpose),
            controller: plain(&policy.controller.name),
            version: said.model.short(),
            verdict,
            word,
            headline: headline(said, lang),
            causes: causes.collect(),
            advice,
            next: input.next.to_vec(),
            summary: summary(said, lang),
            facts: facts(said, lang),
            gauges: gauges(input, lang),
            figures: figures(input, lang),
            metrics: realised
                .map_or_else(Vec::new, |it| phrases::metrics(&it.metrics, said.k, lang)),
            reliability: realised.map_or_else(String::new, |it| {
                let title = say!(
                    lang,
                    "Reliability: share converted by score given"
                        | "Fiabilité : part convertie selon le score annoncé"
                );
                svg::reliability(&title, &it.reliability, lang)
            }),
            outcomes: outcomes(said, lang),
            sheets: [
                promise(said, lang),
                values(input, lang),
                terms(input, lang),
                refusals(input, lang),
                reviews(input, lang),
            ]
            .into_iter()
            .flatten()
            .collect(),
            limits: limits(said, lang),
        }
    }

    /// One of two static texts.
    fn t<'a>(&self, en: &'a str, fr: &'a str) -> &'a str {
        match self.lang {
            Lang::En => en,
            Lang::Fr => fr,
        }
    }
}

/// The figures under the title.
fn summary(said: &Monitored, lang: Lang) -> Vec<(String, String)> {
    let mut summary = vec![(
        count(said.leads, said.k, lang),
        say!(lang, "leads in the window" | "prospects de la période"),
    )];
    if let Some(score) = &said.score {
        summary.push((
            lang.decimal(score.psi, 2),
            say!(lang, "drift of the scores" | "dérive des scores"),
        ));
    }
    if let Some(promise) = &said.promise {
        summary.push((
            lang.percent(promise.window.won),
            say!(lang, "conversion expected" | "conversion attendue"),
        ));
    }
    if let Some(share) = said.abstained {
        summary.push((
            lang.percent(share),
            say!(lang, "left to people" | "laissés à l’humain"),
        ));
    }
    summary
}

fn count(count: Option<u64>, k: u64, lang: Lang) -> String {
    count.map_or_else(|| format!("< {k}"), |it| lang.count(it))
}

fn facts(said: &Monitored, lang: Lang) -> Vec<(String, String)> {
    let (from, to) = (day(&said.from, lang), day(&said.to, lang));
    let mut facts = vec![
        (
            say!(lang, "Window" | "Période"),
            say!(lang, "{from} to {to}" | "du {from} au {to}"),
        ),
        (
            say!(lang, "Runs read" | "Passages lus"),
            lang.count(said.runs),
        ),
        (
            say!(lang, "Written on" | "Établi le"),
            moment(&said.time, lang),
        ),
        (
            say!(lang, "Model version" | "Version du modèle"),
            said.model.to_string(),
        ),
        (say!(lang, "Schema" | "Schéma"), said.schema.to_string()),
        (say!(lang, "Policy" | "Politique"), said.policy.to_string()),
    ];
    for apart in &said.apart {
        let (model, runs) = (apart.model.short(), lang.count(apart.runs));
        facts.push((
            say!(lang, "Kept apart" | "Tenu à part"),
            say!(
                lang,
                "runs by model {model}: {runs}, in no figure here"
                    | "passages par le modèle {model} : {runs}, dans aucun chiffre de cette page"
            ),
        ));
    }
    if said.trials > 0 {
        let trials = lang.count(said.trials);
        facts.push((
            say!(lang, "Trials, never counted" | "Essais, jamais comptés"),
            trials,
        ));
    }
    if let Some(line) = other_dates(said, lang) {
        facts.push((say!(lang, "Other dates" | "Autres dates"), line));
    }
    facts
}

/// Every feature and the score, the farthest first.
fn gauges(input: &WatchInput<'_>, lang: Lang) -> String {
    let said = input.said;
    let mut all: Vec<Gauge> = said
        .features
        .iter()
        .map(|it| Gauge {
            name: input.policy.label(&it.feature).to_owned(),
            index: it.psi,
            moved: it.signal > Signal::Steady,
        })
        .collect();
    all.extend(said.score.iter().map(|it| Gauge {
        name: say!(lang, "Score" | "Score"),
        index: it.psi,
        moved: it.signal > Signal::Steady,
    }));
    if all.is_empty() {
        return String::new();
    }
    all.sort_by(|a, b| b.index.total_cmp(&a.index));
    let title = say!(
        lang,
        "How far each feature has moved since training"
            | "De combien chaque donnée s’est éloignée de l’apprentissage"
    );
    let limits = [said.limits.psi_watch, said.limits.psi_alert];
    svg::gauges(&title, &all, limits, lang)
}

/// What moved, from what to what; and the scores.
fn figures(input: &WatchInput<'_>, lang: Lang) -> Vec<Figure> {
    let said = input.said;
    let mut moved: Vec<_> = said
        .features
        .iter()
        .filter(|it| it.signal > Signal::Steady)
        .collect();
    moved.sort_by(|a, b| b.psi.total_cmp(&a.psi));
    let here = say!(
        lang,
        "Pale: training. Blue: this window." | "Pâle : l’apprentissage. Bleu : cette période."
    );
    let of = |title: String, all: &[Shares]| Figure {
        svg: svg::shares(&title, all, lang),
        note: here.clone(),
        title,
    };
    let mut figures = Vec::new();
    if let Some(score) = &said.score {
        let percent = |ppm: u32| lang.percent(f64::from(ppm) / 1e6);
        let cells: Vec<Shares> = score
            .cells
            .iter()
            .map(|it| {
                let (over, up_to) = (percent(it.over), percent(it.up_to));
                Shares {
                    name: say!(lang, "{over} to {up_to}" | "de {over} à {up_to}"),
                    training: Some(it.training),
                    window: it.window,
                }
            })
            .collect();
        figures.push(of(say!(lang, "Scores" | "Scores"), &cells));
    }
    for drift in moved {
        let mut features = input.model.schema().features.iter();
        let Some(known) = features.find(|it| it.name == drift.feature) else {
            continue;
        };
        let cells: Vec<Shares> = drift
            .cells
            .iter()
            .map(|it| Shares {
                name: held(&known.shape, it, lang),
                training: it.training,
                window: it.window,
            })
            .collect();
        figures.push(of(plain(input.policy.label(&drift.feature)), &cells));
    }
    figures
}

/// How many outcomes are known, and what is missing.
fn outcomes(said: &Monitored, lang: Lang) -> String {
    let (won, lost) = (
        count(said.outcomes.won, said.k, lang),
        count(said.outcomes.lost, said.k, lang),
    );
    if said.realised.is_some() {
        return say!(
            lang,
            "Outcomes known of these leads: {won} won, {lost} lost. Those still open are in no figure: while the slow ones are missing, what came of the others may look better or worse than it will be."
                | "Issues connues de ces prospects : {won} gagnés, {lost} perdus. Ceux en cours n’entrent dans aucun chiffre : tant que les plus lents manquent, le résultat des autres peut paraître meilleur ou moins bon qu’il ne sera."
        );
    }
    let least = lang.count(crate::monitor::LEAST_OF_EITHER.max(said.k));
    say!(
        lang,
        "Outcomes known of these leads: {won} won, {lost} lost. At least {least} of either are needed to say how the model keeps its word: “probant outcomes FILE” takes them in."
            | "Issues connues de ces prospects : {won} gagnés, {lost} perdus. Il en faut au moins {least} de chaque sorte pour dire si le modèle tient parole : « probant outcomes FICHIER » les prend en compte."
    )
}

/// What the scores promise, beside what the holdout showed.
fn promise(said: &Monitored, lang: Lang) -> Option<Sheet> {
    let promise = said.promise?;
    let here = promise.window;
    let rows = [
        (
            say!(lang, "AUC (ROC)" | "AUC (ROC)"),
            here.roc_auc,
            promise.holdout_roc_auc,
        ),
        (
            say!(lang, "Log-loss" | "Perte logarithmique"),
            here.log_loss,
            promise.holdout_log_loss,
        ),
        (
            say!(lang, "Brier score" | "Score de Brier"),
            here.brier,
            promise.holdout_brier,
        ),
    ];
    let rows = rows.map(|(name, here, holdout)| {
        let [here, value, low, high] =
            [here, holdout.value, holdout.low, holdout.high].map(|it| lang.decimal(it, 3));
        vec![
            name,
            here,
            say!(
                lang,
                "{value} ({low} to {high})" | "{value} ({low} à {high})"
            ),
        ]
    });
    Some(Sheet {
        title: say!(
            lang,
            "What these scores promise, before any outcome"
                | "Ce que ces scores promettent, avant toute issue"
        ),
        note: say!(
            lang,
            "If a score of 30% still means 30 in a hundred, the scores alone tell how well they rank. This sees leads that change, and not a market that changes its mind: only outcomes do."
                | "Si un score de 30 % veut toujours dire 30 sur cent, les scores suffisent à dire s’ils classent bien. On voit ainsi changer les prospects, mais pas un marché qui change d’avis : seules les issues le montrent."
        ),
        heads: vec![
            say!(lang, "Figure" | "Mesure"),
            say!(lang, "Expected here" | "Attendu ici"),
            say!(lang, "Measured on the holdout" | "Mesuré à l’apprentissage"),
        ],
        rows: rows.to_vec(),
    })
}

/// A share in training and here.
fn both(share: Option<Share>, k: u64, lang: Lang) -> String {
    let Some(share) = share else {
        return "–".to_owned();
    };
    let one = |it: Option<f64>| it.map_or_else(|| format!("< {k}"), |it| lang.percent(it));
    format!("{} → {}", one(share.training), one(share.window))
}

/// Every feature in figures.
fn values(input: &WatchInput<'_>, lang: Lang) -> Option<Sheet> {
    let said = input.said;
    let rows: Vec<Vec<String>> = said
        .features
        .iter()
        .map(|it| {
            vec![
                plain(input.policy.label(&it.feature)),
                lang.decimal(it.psi, 3),
                lang.decimal(it.noise, 3),
                both(Some(it.missing), said.k, lang),
                both(it.unseen, said.k, lang),
                both(it.below, said.k, lang),
                both(it.above, said.k, lang),
            ]
        })
        .collect();
    let k = said.k;
    (!rows.is_empty()).then(|| Sheet {
        title: say!(lang, "Every feature, in figures" | "Chaque donnée, en chiffres"),
        note: say!(
            lang,
            "Training → here. “Chance” is the index that two samples of one population exceed once in a thousand times; “< {k}”: fewer people than may be shown."
                | "Apprentissage → ici. « Hasard » : l’indice que deux échantillons d’une même population ne dépassent qu’une fois sur mille ; « < {k} » : moins de personnes qu’il n’est permis d’en montrer."
        ),
        heads: vec![
            say!(lang, "Feature" | "Donnée"),
            say!(lang, "Index" | "Indice"),
            say!(lang, "Chance" | "Hasard"),
            say!(lang, "Not given" | "Non renseigné"),
            say!(lang, "Other or never seen" | "Autre ou jamais vu"),
            say!(lang, "Below" | "En dessous"),
            say!(lang, "Beyond" | "Au-delà"),
        ],
        rows,
    })
}

/// What weighs now and what weighed in training: the ten terms whose weight moved most.
fn terms(input: &WatchInput<'_>, lang: Lang) -> Option<Sheet> {
    let mut all: Vec<_> = input.said.terms.iter().collect();
    let far = |it: &crate::monitor::document::TermDrift| {
        (it.weight_window - it.weight_training.unwrap_or(it.weight_window)).abs()
    };
    all.sort_by(|a, b| far(b).total_cmp(&far(a)));
    let share = |it: Option<f64>| it.map_or_else(|| "–".to_owned(), |it| lang.percent(it));
    let signed = |it: Option<f64>| {
        it.map_or_else(
            || "–".to_owned(),
            |it| {
                let sign = if it < 0.0 { '−' } else { '+' };
                format!("{sign}{}", lang.decimal(it.abs(), 3))
            },
        )
    };
    let rows: Vec<Vec<String>> = all
        .iter()
        .take(10)
        .map(|it| {
            let names: Vec<String> = it
                .columns
                .iter()
                .map(|name| plain(input.policy.label(name)))
                .collect();
            vec![
                names.join(" × "),
                share(it.weight_training),
                share(Some(it.weight_window)),
                signed(it.training),
                signed(Some(it.window)),
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| Sheet {
        title: say!(lang, "What weighs in the scores" | "Ce qui pèse dans les scores"),
        note: say!(
            lang,
            "The part that each takes in all that is added, and what it adds on average in log-odds; those whose part moved most."
                | "La part de chacune dans tout ce qui s’ajoute, et ce qu’elle ajoute en moyenne en logits ; celles dont la part a le plus bougé."
        ),
        heads: vec![
            say!(lang, "Term" | "Terme"),
            say!(lang, "Part in training" | "Part à l’apprentissage"),
            say!(lang, "Part here" | "Part ici"),
            say!(lang, "Adds in training" | "Apport à l’apprentissage"),
            say!(lang, "Adds here" | "Apport ici"),
        ],
        rows,
    })
}

fn refusals(input: &WatchInput<'_>, lang: Lang) -> Option<Sheet> {
    let mix = &input.said.refusals;
    let pack = input.policy.pack();
    let share = |part: u64, all: Option<u64>| match all {
        Some(all) if all > 0 => lang.percent(part as f64 / all as f64),
        _ => "–".to_owned(),
    };
    let rows: Vec<Vec<String>> = mix
        .reasons
        .iter()
        .map(|it| {
            let name = it.reason.as_deref();
            let words = |name: &str| refusal(&pack, name, lang);
            vec![
                name.map_or_else(|| say!(lang, "other reasons" | "autres motifs"), words),
                share(it.before, mix.leads_before),
                share(it.window, mix.leads),
                lang.count(it.window),
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| Sheet {
        title: say!(lang, "Who may not be scored" | "Qui ne peut pas être noté"),
        note: say!(
            lang,
            "Leads refused, as a share of all leads of the window and of the one before, by the law pack’s reason."
                | "Prospects refusés, en part de tous les prospects de la période et de la précédente, selon le motif du corpus juridique."
        ),
        heads: vec![
            say!(lang, "Reason" | "Motif"),
            say!(lang, "Window before" | "Période précédente"),
            say!(lang, "This window" | "Cette période"),
            say!(lang, "Leads" | "Prospects"),
        ],
        rows,
    })
}

/// A refusal as its law pack words it, or as every pack does.
fn refusal(pack: &Pack, name: &str, lang: Lang) -> String {
    let mut own = pack.refusals().into_iter();
    let said = own
        .find(|it| it.name.as_str() == name)
        .and_then(|it| it.sentence.as_ref());
    match (said, name) {
        (Some(sentence), _) => plain(sentence.words(lang)),
        (None, "objected") => say!(
            lang,
            "This person objected." | "Cette personne s’est opposée."
        ),
        (None, "erased") => say!(
            lang,
            "This person was erased at their request."
                | "Cette personne a été effacée à sa demande."
        ),
        (None, "restricted") => say!(
            lang,
            "This person’s records are restricted."
                | "Le traitement est limité pour cette personne."
        ),
        (None, other) => plain(other),
    }
}

fn reviews(input: &WatchInput<'_>, lang: Lang) -> Option<Sheet> {
    let said = input.said;
    let reviews = said.reviews.as_ref()?;
    let k = said.k;
    let share = |it: Option<f64>| it.map_or_else(|| format!("< {k}"), |it| lang.percent(it));
    let row = |name: String, it: &crate::monitor::document::Agreement| {
        vec![
            name,
            lang.count(it.reviewed),
            share(it.validated),
            share(it.overridden),
            share(it.rejected),
        ]
    };
    let mut rows = vec![row(say!(lang, "All" | "Ensemble"), &reviews.all)];
    for (band, it) in &reviews.bands {
        let mut bands = input.policy.bands.iter();
        let known = bands.find(|known| known.id.as_str() == band);
        rows.push(row(known.map_or(band.clone(), |it| it.label.clone()), it));
    }
    Some(Sheet {
        title: say!(
            lang,
            "What people made of the proposals" | "Ce que l’on a fait des propositions"
        ),
        note: say!(
            lang,
            "Of the proposals that somebody opened and decided one by one; never by person."
                | "Sur les propositions ouvertes et décidées une par une ; jamais par personne."
        ),
        heads: vec![
            say!(lang, "Band" | "Tranche"),
            say!(lang, "Reviewed" | "Relues"),
            say!(lang, "Agreed" | "Validées"),
            say!(lang, "Another band" | "Autre tranche"),
            say!(lang, "Rejected" | "Rejetées"),
        ],
        rows,
    })
}

fn limits(said: &Monitored, lang: Lang) -> Vec<String> {
    let k = said.k;
    let (watch, alert) = (
        lang.decimal(said.limits.psi_watch, 2),
        lang.decimal(said.limits.psi_alert, 2),
    );
    vec![
        say!(
            lang,
            "A monitoring run proposes at most a training. It changes no model and no score."
                | "Un suivi propose tout au plus un apprentissage. Il ne change ni modèle ni score."
        ),
        say!(
            lang,
            "The index is the population stability index: under {watch} stable, from {alert} on an alert (Siddiqi, 2006), and never where chance alone would show as much (Yurdakul, 2018). A cell that is empty on one side counts there as half a lead."
                | "L’indice est celui de stabilité de population : stable sous {watch}, alerte dès {alert} (Siddiqi, 2006), et jamais quand le hasard seul en montrerait autant (Yurdakul, 2018). Une case vide d’un seul côté y compte pour un demi-prospect."
        ),
        say!(
            lang,
            "Each lead counts once, by its latest decision in the window. Erased and restricted leads are not read."
                | "Chaque prospect compte une fois, par sa dernière décision de la période. Les prospects effacés ou limités ne sont pas lus."
        ),
        say!(
            lang,
            "No figure stands for fewer than {k} people; rarer values are joined."
                | "Aucun chiffre ne porte sur moins de {k} personnes ; les valeurs plus rares sont réunies."
        ),
    ]
}
