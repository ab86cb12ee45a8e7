//! The explanation on a terminal: a salesperson understands its first lines in ten seconds, an auditor the last.

use std::fmt::Write as _;

use crate::digest::hex;
use crate::lang::Lang;
use crate::odds::LogOdds;
use crate::say;

use super::explain::{Explanation, Term};
use super::words::{cut, factor, plain, signed, thousandths, weight};

/// Terms with a line of their own; the others are summed in one.
const LISTED: usize = 8;
/// Letters of the longest bar.
const BAR: f64 = 12.0;

impl Explanation {
    /// Plain text, at most about 100 columns, no colour: the answer, its three strongest reasons, the sum, the proof.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let mut out = String::new();
        self.answer(&mut out, lang);
        self.sum(&mut out, lang);
        self.record(&mut out, lang);
        self.siblings(&mut out, lang);
        out
    }

    fn answer(&self, out: &mut String, lang: Lang) {
        let (lead, band) = (plain(&self.lead), plain(&self.band_label));
        let share = lang.percent(self.score.value());
        let score = lang.decimal(self.score.value(), 6);
        let line = say!(
            lang,
            "Lead {lead}: score {share}, “{band}”" | "Prospect {lead} : score {share}, « {band} »"
        );
        let _ = writeln!(out, "{line}\n");
        for (at, term) in self
            .terms
            .iter()
            .filter(|term| term.contribution != LogOdds(0))
            .take(3)
            .enumerate()
        {
            let (label, meaning, weight) = (
                &term.label,
                plain(&term.meaning),
                weight(term.contribution, lang),
            );
            let n = at + 1;
            let line = say!(
                lang,
                "  {n}. {label}: {meaning} — {weight}" | "  {n}. {label} : {meaning} — {weight}"
            );
            let _ = writeln!(out, "{line}");
        }
        let title = say!(
            lang,
            "How the score {score} adds up (log-odds; beside it, what each does to the odds)"
                | "D'où vient le score {score} (en log-cotes ; à côté, l'effet sur la cote)"
        );
        let _ = writeln!(out, "\n{title}");
    }

    fn sum(&self, out: &mut String, lang: Lang) {
        let (listed, rest) = self.terms.split_at(self.terms.len().min(LISTED));
        let labels = listed
            .iter()
            .map(|term| term.label.chars().count())
            .max()
            .unwrap_or(0)
            .clamp(20, 34);
        let meanings = listed
            .iter()
            .map(|term| said(term, lang).chars().count())
            .max()
            .unwrap_or(0)
            .clamp(8, 36);
        let longest = listed
            .iter()
            .map(|term| term.contribution.0.unsigned_abs())
            .max()
            .unwrap_or(0)
            .max(1);
        let mut line = |label: &str, meaning: &str, thousandths: i64, tail: &str| {
            let (label, meaning) = (cut(label, labels), cut(meaning, meanings));
            let number = signed(thousandths, lang);
            let text = format!("  {label:<labels$}  {meaning:<meanings$}  {number:>8}  {tail}");
            let _ = writeln!(out, "{}", text.trim_end());
        };
        let start = thousandths(i64::from(self.baseline.0));
        line(
            &say!(lang, "where all start" | "départ de tous"),
            "",
            start,
            "",
        );
        let mut printed = start;
        for term in listed {
            let size = thousandths(i64::from(term.contribution.0));
            printed += size;
            let tail = format!(
                "{:>7}  {}",
                factor(term.contribution, lang),
                bar(term.contribution, longest)
            );
            line(&term.label, &said(term, lang), size, &tail);
        }
        if !rest.is_empty() {
            let n = rest.len();
            let size = thousandths(rest.iter().map(|term| i64::from(term.contribution.0)).sum());
            printed += size;
            line(
                &say!(lang, "rest: {n} others" | "reste : {n} autres"),
                "",
                size,
                "",
            );
        }
        // Each line is rounded correctly, so what rounding loses has a line of its own.
        let total = thousandths(i64::from(self.log_odds.0));
        if printed != total {
            line(
                &say!(lang, "rounding" | "arrondis"),
                "",
                total - printed,
                "",
            );
        }
        line(&say!(lang, "total" | "total"), "", total, "");
        self.notes(out, lang);
    }

    fn notes(&self, out: &mut String, lang: Lang) {
        let given = self
            .terms
            .iter()
            .filter_map(|term| term.given.as_ref().map(|given| given.still(term.code)));
        let (same, changed): (Vec<bool>, Vec<bool>) = given.partition(|still| *still);
        if !same.is_empty() || !changed.is_empty() {
            let (same, changed) = (same.len(), changed.len());
            let note = say!(
                lang,
                "  [ ]: the value in the file given now; still the recorded code (=): {same}, another code (≠): {changed}."
                    | "  [ ] : la valeur du fichier fourni ; même code qu'à l'enregistrement (=) : {same}, autre code (≠) : {changed}."
            );
            let _ = writeln!(out, "{note}");
        }
        let (base, total) = (self.baseline.0, self.log_odds.0);
        let sum: i64 = self
            .terms
            .iter()
            .map(|term| i64::from(term.contribution.0))
            .sum();
        let note = say!(
            lang,
            "  Exactly, in units of 2⁻²⁰: {base} + ({sum}) = {total}.\n  \
             These weights say what the model has seen in past leads; they are no causes."
                | "  Exactement, en unités de 2⁻²⁰ : {base} + ({sum}) = {total}.\n  \
                   Ces poids disent ce que le modèle a vu dans les fiches passées ; ce ne sont pas des causes."
        );
        let _ = writeln!(out, "{note}");
    }

    fn record(&self, out: &mut String, lang: Lang) {
        let title = say!(lang, "The record" | "La trace");
        let _ = writeln!(out, "\n{title}");
        let mut line = |name: String, value: &str| {
            let _ = writeln!(out, "  {name:<14}  {value}");
        };
        let number = lang.count(self.decision);
        line(say!(lang, "decision" | "décision"), &number);
        line(
            say!(lang, "date" | "date"),
            &format!("{} ({})", self.date, self.time),
        );
        line(say!(lang, "run" | "exécution"), &self.run);
        line(say!(lang, "model" | "modèle"), &self.model.to_string());
        let purpose = match &self.purpose_words {
            Some(words) => format!("{} — {}", self.purpose, plain(words)),
            None => self.purpose.clone(),
        };
        line(say!(lang, "purpose" | "finalité"), &purpose);
        line(
            say!(lang, "legal basis" | "base légale"),
            &self.basis.words(lang),
        );
        line(
            say!(lang, "pseudonym" | "pseudonyme"),
            &hex(&self.pseudonym),
        );
        let proof = &self.proof;
        let (segment, row) = (&proof.segment, proof.row);
        line(
            say!(lang, "record" | "trace"),
            &say!(
                lang,
                "segment {segment}, row {row}" | "segment {segment}, ligne {row}"
            ),
        );
        line(say!(lang, "leaf" | "feuille"), &proof.leaf);
        let (index, size, root) = (
            proof.log_index,
            proof.checkpoint_size,
            &proof.checkpoint_root,
        );
        let log = say!(
            lang,
            "entry {index}, under the checkpoint of {size} entries, root {root}"
                | "entrée {index}, sous le point de contrôle à {size} entrées, racine {root}"
        );
        line(say!(lang, "ledger" | "registre"), &log);
        let verdict = if proof.verified {
            say!(
                lang,
                "verified: leaf, segment, entry and checkpoint agree"
                    | "vérifiée : feuille, segment, entrée et point de contrôle concordent"
            )
        } else {
            say!(
                lang,
                "NOT VERIFIED: do not rely on this record"
                    | "NON VÉRIFIÉE : ne pas se fier à cette trace"
            )
        };
        line(say!(lang, "proof" | "preuve"), &verdict);
    }

    fn siblings(&self, out: &mut String, lang: Lang) {
        if self.others.is_empty() {
            return;
        }
        let title = say!(
            lang,
            "Other decisions about this lead" | "Autres décisions sur ce prospect"
        );
        let _ = writeln!(out, "\n{title}");
        for other in &self.others {
            let (number, score) = (
                lang.count(other.decision),
                lang.percent(other.score.value()),
            );
            let _ = writeln!(
                out,
                "  {number}  {}  {score}  {}  ({})",
                other.date,
                plain(&other.band_label),
                other.run
            );
        }
    }
}

/// A term's meaning, with the value given now behind it.
fn said(term: &Term, lang: Lang) -> String {
    let meaning = plain(&term.meaning);
    let Some(given) = &term.given else {
        return meaning;
    };
    let mark = if given.still(term.code) { "=" } else { "≠" };
    match &given.value {
        Some(value) => format!("{meaning} [{mark} {}]", plain(value)),
        None => say!(
            lang,
            "{meaning} [{mark} not given]" | "{meaning} [{mark} non renseigné]"
        ),
    }
}

/// A bar as long as the contribution is large; `+` and `−` are told apart by their fill.
fn bar(contribution: LogOdds, longest: u32) -> String {
    let length = BAR * f64::from(contribution.0.unsigned_abs()) / f64::from(longest);
    let fill = if contribution < LogOdds(0) {
        "░"
    } else {
        "█"
    };
    fill.repeat(length.round() as usize)
}
