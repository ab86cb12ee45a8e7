//! What is known of a model beside its own papers: its life so far, its gates, and tables that other rooms laid out.

use serde::Serialize;
use serde_json::Value;

use super::card::CardInput;
use super::words::{moment, plain};
use crate::lang::Lang;
use crate::model::gates::{GateId, Gates};
use crate::say;

/// What a card shows beside the model's papers; nothing of it has to be known.
#[derive(Clone, Copy, Default)]
pub struct Known<'a> {
    /// What became of the model since it was trained, oldest first, as the log says it today.
    pub life: &'a [Step],
    /// What its gates say.
    pub gates: Option<&'a Gates>,
    /// How groups of people fare.
    pub fairness: Option<&'a Laid>,
    /// How leads and scores have moved since.
    pub drift: Option<&'a Laid>,
}

/// One step in a model's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What happened.
    pub what: Happened,
    /// RFC 3339, UTC.
    pub at: String,
    /// The person's id in the policy.
    pub by: String,
    /// For which purpose.
    pub purpose: String,
    /// The entry of the log that says so.
    pub entry: u64,
}

/// What happened to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happened {
    /// A second person approved it.
    Approved,
    /// A second person rejected it.
    Rejected,
    /// It became the one that scores.
    Activated,
    /// It became so again, after another.
    ActiveAgain,
    /// Another took over from it.
    Replaced,
    /// The model before it took over again.
    RolledBack,
    /// It was taken out of use.
    Retired,
    /// Its folder was removed as well.
    Purged,
}

impl Happened {
    fn words(self, lang: Lang) -> String {
        match self {
            Self::Approved => say!(lang, "approved" | "approuvé"),
            Self::Rejected => say!(lang, "rejected" | "rejeté"),
            Self::Activated => say!(lang, "activated" | "activé"),
            Self::ActiveAgain => say!(lang, "active again" | "de nouveau actif"),
            Self::Replaced => say!(lang, "replaced by another" | "remplacé par un autre"),
            Self::RolledBack => say!(
                lang,
                "taken back, for the model before it" | "retiré au profit du modèle antérieur"
            ),
            Self::Retired => say!(lang, "taken out of use" | "mis hors d’usage"),
            Self::Purged => say!(lang, "its folder removed" | "dossier supprimé"),
        }
    }
}

/// A table that another room laid out, in both languages, with the JSON that says the same. None of its figures may
/// stand for fewer people than the policy allows: whoever lays it out sees to that.
#[derive(Clone, Debug, PartialEq)]
pub struct Laid {
    /// In English, then in French.
    pub tables: [Table; 2],
    /// The same as data.
    pub json: Value,
}

/// One table with what is said before and after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What the columns mean.
    pub note: String,
    /// The columns' heads.
    pub heads: Vec<String>,
    /// As many cells each; the first names the row.
    pub rows: Vec<Vec<String>>,
    /// What is left to say.
    pub remarks: Vec<String>,
}

impl Laid {
    pub(super) fn table(&self, lang: Lang) -> Table {
        let [en, fr] = &self.tables;
        let table = match lang {
            Lang::En => en,
            Lang::Fr => fr,
        };
        let all = |texts: &[String]| texts.iter().map(|it| plain(it)).collect();
        Table {
            note: plain(&table.note),
            heads: all(&table.heads),
            rows: table.rows.iter().map(|row| all(row)).collect(),
            remarks: all(&table.remarks),
        }
    }
}

/// A gate, ready to be laid out.
pub(super) struct GateRow {
    /// What people call it.
    pub name: String,
    /// Whether it was passed.
    pub passed: bool,
    /// What was asked and found.
    pub meaning: String,
    /// What would pass it; empty where it was passed.
    pub would_pass: String,
}

pub(super) fn gate_rows(known: &Known<'_>, lang: Lang) -> Vec<GateRow> {
    let gates = known.gates.iter().flat_map(|it| &it.gates);
    let row = |gate: &crate::model::gates::Gate| GateRow {
        name: gate.id.name(lang),
        passed: gate.passed,
        meaning: plain(gate.meaning.words(lang)),
        would_pass: gate
            .would_pass
            .as_ref()
            .map_or_else(String::new, |it| plain(it.words(lang))),
    };
    gates.map(row).collect()
}

/// The steps as lines: when, what, by whom; the training first.
pub(super) fn life(input: &CardInput<'_>, known: &Known<'_>, lang: Lang) -> Vec<[String; 3]> {
    let from = input.provenance;
    let line =
        |at: &str, what: String, by: &str| [moment(at, lang), what, plain(&input.person(by))];
    let mut lines = vec![line(
        &from.trained_at,
        say!(lang, "trained" | "appris"),
        from.trained_by.as_str(),
    )];
    let several = input.policy.purposes.len() > 1;
    lines.extend(known.life.iter().map(|step| {
        let mut what = step.what.words(lang);
        if several {
            let purpose = plain(&step.purpose);
            what = say!(lang, "{what}, for {purpose}" | "{what}, pour {purpose}");
        }
        line(&step.at, what, &step.by)
    }));
    lines
}

/// Where the model stands, in a sentence, and whether it is good news.
pub(super) fn standing(input: &CardInput<'_>, known: &Known<'_>, lang: Lang) -> (bool, String) {
    let purpose = input.provenance.purpose.as_str();
    let mut steps = known.life.iter().filter(|it| it.purpose == purpose);
    if let Some(last) = steps.next_back() {
        let (at, by) = (moment(&last.at, lang), plain(&input.person(&last.by)));
        let good = matches!(
            last.what,
            Happened::Approved | Happened::Activated | Happened::ActiveAgain
        );
        let words = match last.what {
            Happened::Approved => say!(
                lang,
                "Approved on {at} by {by}; not active yet."
                    | "Approuvé le {at} par {by} ; pas encore actif."
            ),
            Happened::Rejected => {
                say!(
                    lang,
                    "Rejected on {at} by {by}." | "Rejeté le {at} par {by}."
                )
            }
            Happened::Activated | Happened::ActiveAgain => {
                say!(
                    lang,
                    "Active since {at}, by {by}." | "Actif depuis le {at}, par {by}."
                )
            }
            Happened::Replaced | Happened::RolledBack => say!(
                lang,
                "No longer active since {at}, by {by}."
                    | "N’est plus actif depuis le {at}, par {by}."
            ),
            Happened::Retired | Happened::Purged => say!(
                lang,
                "Taken out of use on {at} by {by}." | "Mis hors d’usage le {at} par {by}."
            ),
        };
        return (good, words);
    }
    let passed = known
        .gates
        .map_or(input.findings().promotable, |it| it.passed);
    if passed {
        return (
            true,
            say!(
                lang,
                "Candidate. It passed every gate of its training; a second person has to approve it."
                    | "Candidat. Il a franchi tous les contrôles de son apprentissage ; une seconde personne doit l’approuver."
            ),
        );
    }
    let names: Vec<String> = known
        .gates
        .iter()
        .flat_map(|it| it.failed())
        .map(|gate: &crate::model::gates::Gate| GateId::name(gate.id, lang))
        .collect();
    if names.is_empty() {
        return (
            false,
            say!(
                lang,
                "This model cannot be approved: see the warnings."
                    | "Ce modèle ne peut pas être approuvé : voir les avertissements."
            ),
        );
    }
    let names = names.join(", ");
    (
        false,
        say!(
            lang,
            "This model cannot be approved. Gates it did not pass: {names}."
                | "Ce modèle ne peut pas être approuvé. Contrôles non franchis : {names}."
        ),
    )
}
