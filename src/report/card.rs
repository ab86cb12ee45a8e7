//! The model card: one page that a DPO, a sales director and a statistician can each read.
//!
//! Self-contained HTML: no script, no link, no font to fetch; both languages, one after the other. Every
//! count goes through [`CardInput::count`], which shows none under `k`.

use askama::Template;

use crate::lang::Lang;
use crate::model::Model;
use crate::model::findings::{Calibration, Findings, Level};
use crate::policy::Policy;
use crate::say;

use super::figures::{self, TermView};
use super::life::{self, GateRow, Known, Table};
use super::phrases::{self, MetricRow, WarningView};
use super::profiling::{ProfilingView, profiling};
use super::provenance::Provenance;
use super::rivals::{RivalsView, rivals};
use super::svg;
use super::words::plain;

/// What a card is made from.
#[derive(Clone, Copy)]
pub struct CardInput<'a> {
    /// The model.
    pub model: &'a Model,
    /// The policy that it was trained under.
    pub policy: &'a Policy,
    /// Where it comes from, and what the training found.
    pub provenance: &'a Provenance,
}

/// The card as one HTML file, in both languages; `first` comes first. What is `known` beside the model's papers may
/// be nothing.
#[must_use]
pub fn card(input: &CardInput<'_>, known: &Known<'_>, first: Lang) -> String {
    let name = plain(&input.policy.controller.name);
    let title = format!("Carte du modèle – Model card – {name}");
    page(title, first, |lang| Section::of(input, known, lang).html())
}

/// A page in both languages, `first` first: no script, no link, nothing to fetch.
pub(super) fn page(title: String, first: Lang, section: impl Fn(Lang) -> String) -> String {
    let order = match first {
        Lang::En => [Lang::En, Lang::Fr],
        Lang::Fr => [Lang::Fr, Lang::En],
    };
    let page = Page {
        title,
        sections: order.map(|lang| (lang, section(lang))),
    };
    page.render()
        .expect("a template over plain strings has nothing to fail on")
}

/// French markup with its unbreakable spaces; any other as it is.
pub(super) fn bound(html: String, lang: Lang) -> String {
    if lang == Lang::En {
        return html;
    }
    [
        (" :", "\u{a0}:"),
        (" ;", "\u{a0};"),
        ("« ", "«\u{a0}"),
        (" »", "\u{a0}»"),
        (" %", "\u{202f}%"),
    ]
    .iter()
    .fold(html, |html, (plain, bound)| html.replace(plain, bound))
}

impl CardInput<'_> {
    /// The least number of people that a figure may stand for.
    pub(super) fn k(&self) -> u64 {
        u64::from(self.model.settings().min_people)
    }

    pub(super) fn findings(&self) -> &Findings {
        &self.provenance.findings
    }

    /// What the findings say of a feature's codes.
    pub(super) fn levels(&self, feature: usize) -> &[Level] {
        self.findings()
            .levels
            .get(feature)
            .map_or(&[], Vec::as_slice)
    }

    /// A person's name and id, as the policy has them.
    pub(super) fn person(&self, id: &str) -> String {
        let person = self.policy.person(id);
        person.map_or_else(
            || id.to_owned(),
            |person| format!("{} ({})", person.name, person.id),
        )
    }

    /// What people call a column.
    pub(super) fn label(&self, name: &str) -> String {
        plain(self.policy.label(name))
    }

    /// What each feature brings and costs, in words; older trainings did not ask.
    #[must_use]
    pub fn profiling(&self, lang: Lang) -> Option<ProfilingView> {
        let profile = self.findings().profile.as_ref()?;
        let label = |name: &str| self.label(name);
        Some(profiling(profile, self.k(), &label, lang))
    }

    /// A number of rows: as it is, or `< k`; nobody is behind 0.
    pub(super) fn count(&self, rows: u64, lang: Lang) -> String {
        let k = self.k();
        if (1..k).contains(&rows) {
            format!("< {k}")
        } else {
            lang.count(rows)
        }
    }
}

#[derive(Template)]
#[template(path = "card.html", config = ".cargo/askama.toml")]
struct Page {
    title: String,
    sections: [(Lang, String); 2],
}

/// The card in one language.
#[derive(Template)]
#[template(path = "card_section.html", config = ".cargo/askama.toml")]
struct Section {
    lang: Lang,
    purpose: String,
    controller: String,
    version: String,
    standing: (bool, String),
    life: Vec<[String; 3]>,
    gates: Vec<GateRow>,
    rivals: Option<RivalsView>,
    fairness: Option<Table>,
    drift: Option<Table>,
    summary: Vec<(String, String)>,
    facts: Vec<(String, String)>,
    data: Vec<(String, String)>,
    holdout: String,
    metrics: Vec<MetricRow>,
    reliability: String,
    roc: String,
    terms: Vec<TermView>,
    profiling: Option<ProfilingView>,
    warnings: Vec<WarningView>,
    certificate: String,
    tried: String,
    limits: Vec<String>,
    k: u64,
}

impl Section {
    fn of(input: &CardInput<'_>, known: &Known<'_>, lang: Lang) -> Self {
        let found = input.findings();
        let purpose = input.policy.purpose(input.provenance.purpose.as_str());
        let title = purpose.map_or_else(
            || input.provenance.purpose.to_string(),
            |purpose| purpose.description.clone(),
        );
        let bins: Vec<Calibration> = found
            .curves
            .reliability
            .iter()
            .copied()
            .filter(|bin| bin.rows >= input.k())
            .collect();
        let metrics = phrases::metrics(&found.metrics, input.k(), lang);
        let roc_points: &[(f64, f64)] = if metrics.is_empty() {
            &[]
        } else {
            &found.curves.roc
        };
        Self {
            lang,
            purpose: plain(&title),
            controller: plain(&input.policy.controller.name),
            version: input.model.version().short(),
            standing: life::standing(input, known, lang),
            life: life::life(input, known, lang),
            gates: life::gate_rows(known, lang),
            rivals: rivals(found, input.k(), lang),
            fairness: known.fairness.map(|it| it.table(lang)),
            drift: known.drift.map(|it| it.table(lang)),
            summary: summary(input, &metrics, lang),
            facts: facts(input, lang),
            data: data(input, lang),
            holdout: phrases::holdout(found, input.k(), lang),
            metrics,
            reliability: svg::reliability(
                &say!(
                    lang,
                    "Reliability: share converted by score given"
                        | "Fiabilité : part convertie selon le score annoncé"
                ),
                &bins,
                lang,
            ),
            roc: svg::roc(
                &say!(
                    lang,
                    "ROC: converted leads reached as more leads are called"
                        | "Courbe ROC : convertis atteints à mesure que l’on rappelle"
                ),
                roc_points,
                lang,
            ),
            terms: figures::terms(input, lang),
            profiling: input.profiling(lang),
            warnings: phrases::views(input, lang),
            certificate: phrases::certificate(found.certificate.as_ref(), lang),
            tried: tried(found, lang),
            limits: limits(input, lang),
            k: input.k(),
        }
    }

    /// One of two static texts.
    fn t<'a>(&self, en: &'a str, fr: &'a str) -> &'a str {
        match self.lang {
            Lang::En => en,
            Lang::Fr => fr,
        }
    }

    /// The section's markup; French gets its unbreakable spaces.
    fn html(&self) -> String {
        let html = self
            .render()
            .expect("a template over plain strings has nothing to fail on");
        bound(html, self.lang)
    }
}

/// The four figures under the title.
fn summary(input: &CardInput<'_>, metrics: &[MetricRow], lang: Lang) -> Vec<(String, String)> {
    let found = input.findings();
    let mut summary: Vec<(String, String)> = metrics
        .iter()
        .take(2)
        .map(|row| (row.value.clone(), row.name.clone()))
        .collect();
    summary.push((
        input.count(found.rows, lang),
        say!(lang, "leads learnt from" | "prospects observés"),
    ));
    let k = input.k();
    if found.positives >= k && found.rows.saturating_sub(found.positives) >= k {
        let share = lang.percent(found.positives as f64 / found.rows as f64);
        summary.push((
            share,
            say!(lang, "of them converted" | "d’entre eux convertis"),
        ));
    }
    summary
}

/// Purpose, people, dates, digests.
fn facts(input: &CardInput<'_>, lang: Lang) -> Vec<(String, String)> {
    let (from, policy) = (input.provenance, input.policy);
    let trainer = input.person(from.trained_by.as_str());
    let purpose = policy.purpose(from.purpose.as_str());
    let mut facts = vec![
        (
            say!(lang, "Controller" | "Responsable du traitement"),
            policy.controller.name.clone(),
        ),
        (
            say!(
                lang,
                "Data protection officer" | "Délégué à la protection des données"
            ),
            policy.controller.dpo.clone(),
        ),
    ];
    if let Some(purpose) = purpose {
        facts.push((
            say!(lang, "Legal basis" | "Base légale"),
            purpose.basis.words(lang),
        ));
        if let Some(document) = &purpose.document {
            facts.push((say!(lang, "Supported by" | "Appuyée par"), document.clone()));
        }
    }
    facts.extend([
        (
            say!(lang, "Trained on" | "Appris le"),
            from.trained_at.replacen('T', " ", 1).replace('Z', " UTC"),
        ),
        (say!(lang, "Trained by" | "Appris par"), trainer),
        (
            say!(lang, "Program" | "Programme"),
            format!("probant {}", from.binary),
        ),
        (
            say!(lang, "Model version" | "Version du modèle"),
            input.model.version().to_string(),
        ),
        (say!(lang, "Schema" | "Schéma"), from.schema.to_string()),
        (say!(lang, "Policy" | "Politique"), from.policy.to_string()),
    ]);
    facts
        .iter()
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect()
}

/// What was read, left out, and never read.
fn data(input: &CardInput<'_>, lang: Lang) -> Vec<(String, String)> {
    let (from, found) = (input.provenance, input.findings());
    let count = |rows: u64| input.count(rows, lang);
    let mut data = vec![
        (
            say!(lang, "Rows read" | "Lignes lues"),
            count(from.rows.read),
        ),
        (say!(lang, "Used" | "Utilisées"), count(from.rows.used)),
        (
            say!(lang, "Of them converted" | "Dont converties"),
            count(found.positives),
        ),
        (
            say!(lang, "Open leads, left out" | "Prospects en cours, écartés"),
            count(from.rows.open),
        ),
        (
            say!(lang, "Failed rows, left out" | "Lignes en échec, écartées"),
            count(from.rows.failed),
        ),
    ];
    if let Some(period) = &from.period {
        let (first, last) = (&period.first, &period.last);
        data.push((
            say!(lang, "Period" | "Période"),
            say!(lang, "{first} to {last}" | "du {first} au {last}"),
        ));
    }
    let none = say!(lang, "none" | "aucune");
    let undeclared = if from.undeclared.is_empty() {
        none
    } else {
        from.undeclared.join(", ")
    };
    data.push((
        say!(
            lang,
            "Undeclared columns, never read" | "Colonnes non déclarées, jamais lues"
        ),
        undeclared,
    ));
    for kept in &from.not_identity {
        let (column, why) = (&kept.column, &kept.why);
        let name = say!(
            lang,
            "Looks like an identity, kept: {column}"
                | "Ressemble à une identité, conservée : {column}"
        );
        data.push((name, why.clone()));
    }
    for commitment in &from.data {
        data.push((
            say!(lang, "Commitment to the file" | "Engagement sur le fichier"),
            commitment.to_string(),
        ));
    }
    data.into_iter()
        .map(|(name, value)| (plain(&name), plain(&value)))
        .collect()
}

/// What was tried and chosen.
fn tried(found: &Findings, lang: Lang) -> String {
    let (n, strength) = (
        found.tried.len(),
        super::words::number(found.strength, lang),
    );
    let (pairs, steps) = (found.pairs.len(), found.steps);
    let gradient = super::words::scientific(found.gradient, lang);
    say!(
        lang,
        "Smoothing strength {strength}; pairs kept: {pairs}; both chosen by cross-validation, combinations tried: {n}. Newton steps in the last fit: {steps}; gradient at its end, per row: {gradient}."
            | "Force de lissage : {strength} ; paires retenues : {pairs} ; choisies par validation croisée, combinaisons essayées : {n}. Pas de Newton du dernier ajustement : {steps} ; gradient final, par ligne : {gradient}."
    )
}

/// What it cannot do.
pub(super) fn limits(input: &CardInput<'_>, lang: Lang) -> Vec<String> {
    let k = input.k();
    vec![
        say!(
            lang,
            "A score is a proposal. A person decides; the model alone decides nothing about anyone."
                | "Un score est une proposition. Une personne décide ; le modèle seul ne décide rien pour personne."
        ),
        say!(
            lang,
            "It describes past leads of this company. A weight is no cause: changing a value does not make a lead convert."
                | "Il décrit les prospects passés de cette entreprise. Un poids n’est pas une cause : changer une valeur ne fait pas convertir."
        ),
        say!(
            lang,
            "It is for the purpose above and no other; it says nothing about creditworthiness, character or merit."
                | "Il sert la finalité ci-dessus et aucune autre ; il ne dit rien de la solvabilité, du caractère ni du mérite."
        ),
        say!(
            lang,
            "Beyond the range seen in training, a number weighs as the last range does."
                | "Au-delà de l’étendue observée, un nombre pèse comme le dernier intervalle."
        ),
        say!(
            lang,
            "A value that fewer than {k} people share weighs 0, and no figure here stands for fewer."
                | "Une valeur que partagent moins de {k} personnes pèse 0, et aucun chiffre de cette page ne porte sur moins."
        ),
        say!(
            lang,
            "Markets move: figures measured in the past are no promise."
                | "Les marchés bougent : des mesures passées ne sont pas une promesse."
        ),
    ]
}
