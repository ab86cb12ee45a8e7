//! The explanation on a terminal: a salesperson understands its first lines in ten seconds, an auditor the last.

use std::fmt::Write as _;

use crate::digest::hex;
use crate::lang::Lang;
use crate::odds::LogOdds;
use crate::say;

use super::explain::{Explanation, Term};
use super::words::{day, factor, plain, signed, thousandths, weight, wrap};

/// Terms with a line of their own; the others are summed in one.
const LISTED: usize = 8;
/// Letters of the longest bar.
const BAR: f64 = 12.0;

impl Explanation {
    /// Plain text for a page of 100 columns: see [`Explanation::text_within`].
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        self.text_within(lang, 100)
    }

    /// Plain text, no colour: the answer, its three strongest reasons, the sum, the proof.
    ///
    /// `width` is the terminal's, in columns. Words are wrapped, never cut; digests keep their line.
    #[must_use]
    pub fn text_within(&self, lang: Lang, width: usize) -> String {
        let mut out = String::new();
        self.answer(&mut out, lang);
        self.sum(&mut out, lang, width);
        self.record(&mut out, lang, width);
        self.siblings(&mut out, lang);
        out
    }

    fn answer(&self, out: &mut String, lang: Lang) {
        let (lead, band) = (plain(&self.lead), plain(&self.band_label));
        let share = lang.percent(self.score.value());
        let score = lang.decimal(self.score.value(), 6);
        let line = say!(
            lang,
            "Lead {lead}: score {share}, “{band}”"
                | "Prospect {lead}\u{a0}: score {share}, «\u{a0}{band}\u{a0}»"
        );
        let _ = writeln!(out, "{line}\n");
        self.abstained(out, lang);
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
                "  {n}. {label}: {meaning} — {weight}"
                    | "  {n}. {label}\u{a0}: {meaning} — {weight}"
            );
            let _ = writeln!(out, "{line}");
        }
        let title = say!(
            lang,
            "How the score {score} adds up (in log-odds; ×2 doubles the odds, ÷2 halves them)"
                | "Comment se forme le score {score} (en logits\u{a0}; ×2 double la cote, ÷2 la divise par deux)"
        );
        let _ = writeln!(out, "\n{title}");
    }

    /// Why the machine proposes nothing.
    fn abstained(&self, out: &mut String, lang: Lang) {
        if self.flags.is_empty() {
            return;
        }
        let title = say!(
            lang,
            "The machine proposes no band: a person decides, because"
                | "La machine ne propose aucune tranche\u{a0}: une personne décide, car"
        );
        let _ = writeln!(out, "{title}");
        for flag in &self.flags {
            let _ = writeln!(out, "  ! {}", flag.words);
        }
        let _ = writeln!(out);
    }

    fn sum(&self, out: &mut String, lang: Lang, width: usize) {
        let (listed, rest) = self.terms.split_at(self.terms.len().min(LISTED));
        let longest_of = |length: &dyn Fn(&Term) -> usize| listed.iter().map(length).max();
        // Margins, three gaps, the number and the factor; a bar where there is room for one.
        let bars = width >= 96;
        let room = width.saturating_sub(2 + 2 + 2 + 8 + 2 + 7 + if bars { 2 + 12 } else { 0 });
        let labels = longest_of(&|term| term.label.chars().count())
            .unwrap_or(0)
            .clamp(16, (room * 9 / 20).max(16));
        let meanings = longest_of(&|term| said(term, lang).chars().count())
            .unwrap_or(0)
            .clamp(8, room.saturating_sub(labels).max(8));
        let longest = longest_of(&|term| term.contribution.0.unsigned_abs() as usize);
        let longest = (longest.unwrap_or(0) as u32).max(1);
        let mut line = |label: &str, meaning: &str, thousandths: i64, tail: &str| {
            let (labelled, meant) = (wrap(label, labels), wrap(meaning, meanings));
            for at in 0..labelled.len().max(meant.len()) {
                let part = |of: &[String]| of.get(at).cloned().unwrap_or_default();
                let (label, meaning) = (part(&labelled), part(&meant));
                let text = if at == 0 {
                    let number = signed(thousandths, lang);
                    format!("  {label:<labels$}  {meaning:<meanings$}  {number:>8}  {tail}")
                } else {
                    format!("  {label:<labels$}  {meaning}")
                };
                let _ = writeln!(out, "{}", text.trim_end());
            }
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
            let mut tail = format!("{:>7}", factor(term.contribution, lang));
            if bars {
                tail = format!("{tail}  {}", bar(term.contribution, longest));
            }
            line(&term.label, &said(term, lang), size, &tail);
        }
        if !rest.is_empty() {
            let n = rest.len();
            let size = thousandths(rest.iter().map(|term| i64::from(term.contribution.0)).sum());
            printed += size;
            let label = match n {
                1 => say!(lang, "rest: 1 other" | "reste\u{a0}: 1 autre"),
                _ => say!(lang, "rest: {n} others" | "reste\u{a0}: {n} autres"),
            };
            line(&label, "", size, "");
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
                    | "  [ ]\u{a0}: la valeur du fichier fourni\u{a0}; même code qu’à l’enregistrement (=)\u{a0}: {same}, autre code (≠)\u{a0}: {changed}."
            );
            let _ = writeln!(out, "{note}");
        }
        // What changed has a line of its own even where its weight has none.
        for term in self.terms.iter().skip(LISTED) {
            if term
                .given
                .as_ref()
                .is_some_and(|given| !given.still(term.code))
            {
                let (label, what) = (&term.label, said(term, lang));
                let line = say!(lang, "  {label}: {what}" | "  {label}\u{a0}: {what}");
                let _ = writeln!(out, "{line}");
            }
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
                | "  Exactement, en unités de 2⁻²⁰\u{a0}: {base} + ({sum}) = {total}.\n  \
                   Ces poids disent ce que le modèle a vu dans les fiches passées\u{a0}; ce ne sont pas des causes."
        );
        let _ = writeln!(out, "{note}");
    }

    fn record(&self, out: &mut String, lang: Lang, width: usize) {
        let title = say!(lang, "The record" | "La trace");
        let _ = writeln!(out, "\n{title}");
        let mut line = |name: String, value: &str| {
            for (at, part) in wrap(value, width.saturating_sub(18).max(40))
                .iter()
                .enumerate()
            {
                let name = if at == 0 { name.as_str() } else { "" };
                let _ = writeln!(out, "  {name:<14}  {part}");
            }
        };
        // As `--decision` and the score file have it: digits, and nothing between them.
        line(
            say!(lang, "decision" | "décision"),
            &self.decision.to_string(),
        );
        line(
            say!(lang, "date" | "date"),
            &format!("{} ({})", day(&self.date, lang), self.time),
        );
        line(say!(lang, "run" | "passage"), &self.run);
        line(say!(lang, "model" | "modèle"), &self.model.to_string());
        if self.trial {
            line(
                say!(lang, "a trial" | "un essai"),
                &say!(
                    lang,
                    "this model was not the active one: nothing of it may be used"
                        | "ce modèle n’était pas le modèle actif\u{a0}: rien n’en est utilisé"
                ),
            );
        }
        let purpose = match &self.purpose_words {
            Some(words) => format!("{} — {}", self.purpose, plain(words)),
            None => self.purpose.clone(),
        };
        line(say!(lang, "purpose" | "finalité"), &purpose);
        line(
            say!(lang, "legal basis" | "base légale"),
            &self.grounds(lang),
        );
        line(
            say!(lang, "pseudonym" | "pseudonyme"),
            &hex(&self.pseudonym),
        );
        let proof = &self.proof;
        let (segment, row) = (&proof.segment, proof.row);
        line(
            say!(lang, "place" | "emplacement"),
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
                    | "vérifiée\u{a0}: feuille, segment, entrée et point de contrôle concordent"
            )
        } else {
            say!(
                lang,
                "NOT VERIFIED: do not rely on this record"
                    | "NON VÉRIFIÉE\u{a0}: ne pas se fier à cette trace"
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
            let (number, score) = (other.decision, lang.percent(other.score.value()));
            let _ = writeln!(
                out,
                "  {number}  {}  {score}  {}  ({})",
                day(&other.date, lang),
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
        // The level itself, or what has no value: no need to say it twice.
        value
            if given.still(term.code)
                && value.as_ref().is_none_or(|value| plain(value) == meaning) =>
        {
            format!("{meaning} [=]")
        }
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
