//! From one decision about a lead to a later one, in words and in numbers that add up.
//!
//! What the data changed is told apart from what the model changed; what the
//! record attributes to neither has a column of its own.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::digest::{Digest, hex};
use crate::lang::Lang;
use crate::model::Model;
use crate::model::change::{Change, Line};
use crate::odds::{ONE, Score};
use crate::say;

use super::reasons::{term_label, term_meaning};
use super::words::{day, plain, signed, thousandths, wrap};

/// Two decisions about one lead, and the way from the one to the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// The lead as the operator typed it; shown, never stored.
    pub lead: String,
    /// What the ledger knows the lead by, under the later decision's purpose and period.
    pub pseudonym: [u8; 16],
    /// The earlier decision.
    pub from: End,
    /// The later one.
    pub to: End,
    /// Whether today's values were read from an export.
    pub seen: bool,
    /// The parts; they are the difference.
    pub change: Change,
    /// What each line of the change is called, and what its codes meant; in the same order.
    pub words: Vec<Words>,
}

/// One of the two decisions.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// Its number.
    pub decision: u64,
    /// Its civil date.
    pub date: String,
    /// Its model.
    pub model: Digest,
    /// Its score.
    pub score: Score,
    /// What the ledger knows its band by.
    pub band: String,
    /// How people read the band.
    pub band_label: String,
}

/// A line's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What people call the term.
    pub label: String,
    /// What its code meant before; nothing where the old model does not have it.
    pub then: Option<String>,
    /// What its code means after.
    pub now: Option<String>,
}

/// The words of a change's lines.
#[must_use]
pub fn words(
    change: &Change,
    (old, new): (&Model, &Model),
    label: &dyn Fn(&str) -> String,
    lang: Lang,
) -> Vec<Words> {
    let of = |line: &Line| {
        let meaning =
            |model: &Model, (term, code)| plain(&term_meaning(model.schema(), term, code, lang));
        let (model, (term, _)) = match (line.new, line.old) {
            (Some(side), _) => (new, side),
            (None, Some(side)) => (old, side),
            (None, None) => unreachable!("a line is of one model at least"),
        };
        Words {
            label: term_label(model.schema(), term, label),
            then: line.old.map(|side| meaning(old, side)),
            now: line.new.map(|side| meaning(new, side)),
        }
    };
    change.lines.iter().map(of).collect()
}

impl Words {
    fn meaning(&self, lang: Lang) -> String {
        match (&self.then, &self.now) {
            (Some(then), Some(now)) if then == now => now.clone(),
            (Some(then), Some(now)) => format!("{then} → {now}"),
            (Some(then), None) => say!(
                lang,
                "{then} → no longer used" | "{then} → n’est plus utilisé"
            ),
            (None, Some(now)) => say!(lang, "new: {now}" | "nouveau\u{a0}: {now}"),
            (None, None) => String::new(),
        }
    }
}

impl Trend {
    /// Lines that moved anything, the most first, with their words.
    fn moved(&self) -> Vec<(&Line, &Words)> {
        let all = self.change.lines.iter().zip(&self.words);
        let mut moved: Vec<_> = all
            .filter(|(line, _)| [line.data, line.model, line.open].iter().any(|&it| it != 0))
            .collect();
        let weight = |line: &Line| line.data.abs().max(line.model.abs()).max(line.open.abs());
        moved.sort_by_key(|(line, _)| std::cmp::Reverse(weight(line)));
        moved
    }

    /// The whole of it as JSON: `schema_version` 1, every term; `q20` is the exact integer in units of 2⁻²⁰.
    #[must_use]
    pub fn json(&self) -> Value {
        let end = |end: &End, log_odds: i64| {
            json!({
                "decision": end.decision,
                "date": end.date,
                "model": end.model,
                "score": end.score.value(),
                "score_ppm": end.score.ppm(),
                "log_odds": exact(log_odds),
                "band": { "id": end.band, "label": end.band_label },
            })
        };
        let terms = self.change.lines.iter().zip(&self.words);
        let term = |(line, words): (&Line, &Words)| {
            let side = |side: Option<(usize, u16)>, meaning: &Option<String>| {
                side.map(|(_, code)| json!({ "code": code, "meaning": meaning }))
            };
            json!({
                "columns": line.columns,
                "label": words.label,
                "then": side(line.old, &words.then),
                "now": side(line.new, &words.now),
                "data": exact(line.data),
                "model": exact(line.model),
                "open": exact(line.open),
            })
        };
        json!({
            "schema_version": 1,
            "lead": self.lead,
            "pseudonym": hex(&self.pseudonym),
            "from": end(&self.from, self.change.before),
            "to": end(&self.to, self.change.after),
            "same_model": self.from.model == self.to.model,
            "values_read": self.seen,
            "difference": exact(self.change.after - self.change.before),
            "data": exact(self.change.data()),
            "model": exact(self.change.model()),
            "open": exact(self.change.open()),
            "baseline": exact(self.change.baseline),
            "terms": terms.map(term).collect::<Vec<_>>(),
        })
    }

    /// Plain text: the two scores, what moved by which hand, the sums, and what they mean.
    #[must_use]
    pub fn text_within(&self, lang: Lang, width: usize) -> String {
        let mut out = String::new();
        self.heading(&mut out, lang);
        self.sum(&mut out, lang, width);
        for line in self.meaning(lang) {
            for line in wrap(&line, width.clamp(40, 100)) {
                let _ = writeln!(out, "{line}");
            }
        }
        out
    }

    fn heading(&self, out: &mut String, lang: Lang) {
        let lead = plain(&self.lead);
        let line = say!(lang, "Lead {lead}" | "Prospect {lead}");
        let _ = writeln!(out, "{line}\n");
        for end in [&self.from, &self.to] {
            let (decision, date, model) = (end.decision, day(&end.date, lang), end.model.short());
            let (share, band) = (lang.percent(end.score.value()), plain(&end.band_label));
            let line = say!(
                lang,
                "  {date}: {share}, “{band}” (decision {decision}, model {model})"
                    | "  {date}\u{a0}: {share}, «\u{a0}{band}\u{a0}» (décision {decision}, modèle {model})"
            );
            let _ = writeln!(out, "{line}");
        }
        let title = say!(
            lang,
            "What moved the score, in log-odds (×2 doubles the odds, ÷2 halves them)"
                | "Ce qui a fait bouger le score, en logits (×2 double la cote, ÷2 la divise par deux)"
        );
        let _ = writeln!(out, "\n{title}");
    }

    fn sum(&self, out: &mut String, lang: Lang, width: usize) {
        let change = &self.change;
        let is_open = change.lines.iter().any(|line| line.open != 0);
        let moved = self.moved();
        let columns = if is_open { 3 } else { 2 };
        let room = width.saturating_sub(4 + columns * 11).max(30);
        let longest = moved.iter().map(|(_, words)| words.label.chars().count());
        let labels = longest.max().unwrap_or(0).clamp(16, room * 9 / 20);
        let meanings = room - labels - 2;
        let mut line = |label: &str, meaning: &str, numbers: &[String]| {
            let (labelled, meant) = (wrap(label, labels), wrap(meaning, meanings));
            for at in 0..labelled.len().max(meant.len()) {
                let part = |of: &[String]| of.get(at).cloned().unwrap_or_default();
                let (label, meaning) = (part(&labelled), part(&meant));
                let mut text = format!("  {label:<labels$}  {meaning:<meanings$}");
                for number in numbers.iter().filter(|_| at == 0) {
                    let _ = write!(text, " {number:>10}");
                }
                let _ = writeln!(out, "{}", text.trim_end());
            }
        };
        let heads = [
            say!(lang, "data" | "données"),
            say!(lang, "model" | "modèle"),
            say!(lang, "open" | "indécis"),
        ];
        line("", "", &heads[..columns]);
        let mut printed = [0; 3];
        let mut row = |label: &str, meaning: &str, parts: [i64; 3], printed: &mut [i64; 3]| {
            let parts = parts.map(thousandths);
            for (sum, part) in printed.iter_mut().zip(parts) {
                *sum += part;
            }
            line(label, meaning, &numbers(parts, columns, lang));
        };
        if change.baseline != 0 {
            let label = say!(lang, "where all start" | "départ de tous");
            row(&label, "", [0, change.baseline, 0], &mut printed);
        }
        for (part, words) in &moved {
            let parts = [part.data, part.model, part.open];
            row(&words.label, &words.meaning(lang), parts, &mut printed);
        }
        let total = [change.data(), change.model(), change.open()].map(thousandths);
        // Each line is rounded correctly, so what rounding loses has a line of its own.
        if printed != total {
            let lost = [0, 1, 2].map(|at: usize| total[at] - printed[at]);
            let label = say!(lang, "rounding" | "arrondis");
            line(&label, "", &numbers(lost, columns, lang));
        }
        let all = thousandths(change.after - change.before);
        let label = say!(lang, "together" | "ensemble");
        line(&label, &signed(all, lang), &numbers(total, columns, lang));
        let still = change.lines.len() - moved.len();
        if still > 0 {
            let label = match still {
                1 => say!(lang, "1 other did not move" | "1 autre n’a pas bougé"),
                _ => say!(
                    lang,
                    "{still} others did not move" | "{still} autres n’ont pas bougé"
                ),
            };
            // No column: a sentence of its own, whatever the labels' width.
            for text in wrap(&label, width.saturating_sub(2).max(30)) {
                let _ = writeln!(out, "  {text}");
            }
        }
    }

    /// What the columns mean, in sentences.
    fn meaning(&self, lang: Lang) -> Vec<String> {
        let change = &self.change;
        let exactly = |q20: i64| format!("{q20}/{ONE}").replace('-', "−");
        let (data, model, open) = (
            exactly(change.data()),
            exactly(change.model()),
            exactly(change.open()),
        );
        let all = exactly(change.after - change.before);
        let mut lines = vec![
            String::new(),
            say!(
                lang,
                "Exactly: {data} by the data, {model} by the model, {open} by neither or either: {all}."
                    | "Exactement\u{a0}: {data} par les données, {model} par le modèle, {open} sans qu’on puisse trancher\u{a0}: {all}."
            ),
        ];
        if self.from.model == self.to.model {
            lines.push(say!(
                lang,
                "The model is the same: whatever moved, the data moved it."
                    | "Le modèle est le même\u{a0}: tout ce qui a bougé vient des données."
            ));
            return lines;
        }
        lines.push(say!(
            lang,
            "Data: what the old model says of today’s values, less what it said then. Model: what the new model says of today’s values, less what the old one says of them."
                | "Données\u{a0}: ce que l’ancien modèle dit des valeurs d’aujourd’hui, moins ce qu’il disait alors. Modèle\u{a0}: ce que le nouveau modèle dit des valeurs d’aujourd’hui, moins ce que l’ancien en dit."
        ));
        if change.lines.iter().any(|line| line.open != 0) {
            lines.push(if self.seen {
                say!(
                    lang,
                    "Open: the policy no longer declares what the old model read here."
                        | "Indécis\u{a0}: la politique ne déclare plus ce que l’ancien modèle lisait ici."
                )
            } else {
                say!(
                    lang,
                    "Open: the record holds ranges and levels, not values, and these do not tell how the old model would read them. `--data EXPORT`, the export of the later run, decides it."
                        | "Indécis\u{a0}: le registre garde des plages et des niveaux, non des valeurs, et ceux-ci ne disent pas comment l’ancien modèle les lirait. `--data EXPORT`, l’export du passage le plus récent, permet de trancher."
                )
            });
        }
        lines
    }
}

fn numbers(parts: [i64; 3], columns: usize, lang: Lang) -> Vec<String> {
    let shown = |part: &i64| {
        if *part == 0 {
            "·".to_owned()
        } else {
            signed(*part, lang)
        }
    };
    parts[..columns].iter().map(shown).collect()
}

/// An exact number and its decimal.
fn exact(q20: i64) -> Value {
    json!({ "q20": q20, "value": q20 as f64 / f64::from(ONE) })
}
