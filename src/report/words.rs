//! What a code means, in words, so that a person never has to know that there are codes.
//!
//! Everything here names what the model saw and which way it weighs; nothing says that it *causes*
//! anything.

use crate::features::{Pair, Schema, Shape};
use crate::lang::Lang;
use crate::odds::LogOdds;
use crate::say;

/// What a feature's code means: `entre 10 et 49,5`, `non renseigné`, `oui`, or the level itself.
///
/// ```text
/// number    at most 10 · between 10 and 49.5 · more than 250 · not given · below/beyond what was known
/// category  the level · not given · other or never seen
/// flag      no · yes · not given
/// ```
#[must_use]
pub fn meaning(shape: &Shape, code: u16, lang: Lang) -> String {
    let at = usize::from(code);
    if code == shape.missing() {
        return say!(lang, "not given" | "non renseigné");
    }
    match shape {
        Shape::Number { edges, .. } if at <= edges.len() => range(edges, at, at, lang),
        Shape::Number { edges, low, .. } if at == edges.len() + 2 => {
            let low = number(*low, lang);
            say!(
                lang,
                "below the known values (under {low})"
                    | "sous les valeurs connues (moins de {low})"
            )
        }
        Shape::Number { edges, high, .. } if at == edges.len() + 3 => {
            let high = number(*high, lang);
            say!(
                lang,
                "beyond the known values (over {high})"
                    | "au-delà des valeurs connues (plus de {high})"
            )
        }
        Shape::Category { levels } if at < levels.len() => levels[at].clone(),
        Shape::Category { levels } if at == levels.len() + 1 => {
            say!(lang, "other or never seen" | "autre ou jamais vu")
        }
        Shape::Flag if code == 0 => say!(lang, "no" | "non"),
        Shape::Flag if code == 1 => say!(lang, "yes" | "oui"),
        _ => say!(lang, "code {code}" | "code {code}"),
    }
}

/// What a pair's code means: both sides' coarse ranges, `Salon professionnel × plus de 60`.
#[must_use]
pub fn pair_meaning(schema: &Schema, pair: &Pair, code: u16, lang: Lang) -> String {
    let width = pair.width_b();
    let at = usize::from(code);
    if at + 1 >= pair.codes() || width == 0 {
        return say!(lang, "too rare for a pair" | "trop rare pour une paire");
    }
    let a = coarse_meaning(
        &schema.features[pair.a].shape,
        &pair.coarse_a,
        (at / width) as u8,
        lang,
    );
    let b = coarse_meaning(
        &schema.features[pair.b].shape,
        &pair.coarse_b,
        (at % width) as u8,
        lang,
    );
    format!("{a} × {b}")
}

/// What one coarse code of a pair's side means: the union of the fine codes that it covers.
#[must_use]
pub fn coarse_meaning(shape: &Shape, coarse: &[Option<u8>], code: u8, lang: Lang) -> String {
    let covered: Vec<u16> = (0..shape.codes() as u16)
        .filter(|&fine| coarse.get(usize::from(fine)) == Some(&Some(code)))
        .collect();
    let mut parts = Vec::new();
    if let Shape::Number { edges, .. } = shape {
        let bins: Vec<usize> = covered
            .iter()
            .map(|&fine| usize::from(fine))
            .filter(|&at| at <= edges.len())
            .collect();
        if let (Some(&first), Some(&last)) = (bins.first(), bins.last()) {
            parts.push(range(edges, first, last, lang));
        }
        // Values beyond the training range share their end bin's coarse code; the range says it already.
        let beyond = |fine: u16| usize::from(fine) > edges.len() + 1;
        let rest = covered
            .iter()
            .filter(|&&fine| usize::from(fine) > edges.len() && (bins.is_empty() || !beyond(fine)));
        parts.extend(rest.map(|&fine| meaning(shape, fine, lang)));
    } else {
        parts.extend(covered.iter().map(|&fine| meaning(shape, fine, lang)));
    }
    listed(parts, lang)
}

/// `A`, `A or B`, `A, B or C`, and past three `A, B … (5 values)`.
fn listed(mut parts: Vec<String>, lang: Lang) -> String {
    if parts.len() > 3 {
        let (n, first, second) = (parts.len(), &parts[0], &parts[1]);
        return say!(
            lang,
            "{first}, {second} … ({n} values)" | "{first}, {second} … ({n} valeurs)"
        );
    }
    let Some(last) = parts.pop() else {
        return say!(lang, "no value" | "aucune valeur");
    };
    if parts.is_empty() {
        return last;
    }
    let first = parts.join(", ");
    say!(lang, "{first} or {last}" | "{first} ou {last}")
}

/// The range of the bins `first..=last`.
fn range(edges: &[f64], first: usize, last: usize, lang: Lang) -> String {
    let low = first.checked_sub(1).map(|at| number(edges[at], lang));
    let high = edges.get(last).map(|&edge| number(edge, lang));
    match (low, high) {
        (None, None) => say!(lang, "any value" | "toute valeur"),
        (None, Some(high)) => say!(lang, "at most {high}" | "au plus {high}"),
        (Some(low), None) => say!(lang, "more than {low}" | "plus de {low}"),
        (Some(low), Some(high)) => say!(lang, "between {low} and {high}" | "entre {low} et {high}"),
    }
}

/// A number as people write it: shortest digits, the language's decimal mark, thousands set apart from 10 000 on.
#[must_use]
pub fn number(value: f64, lang: Lang) -> String {
    let text = format!("{}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::from(if value < 0.0 { "−" } else { "" });
    // A year has four digits and is never grouped.
    match whole.parse::<u64>() {
        Ok(large) if large >= 10_000 => out.push_str(&lang.count(large)),
        _ => out.push_str(whole),
    }
    if !fraction.is_empty() {
        out.push(if lang == Lang::Fr { ',' } else { '.' });
        out.push_str(fraction);
    }
    out
}

/// A small number with two digits and its power of ten: `2,3 × 10⁻⁵`.
#[must_use]
pub fn scientific(value: f64, lang: Lang) -> String {
    let text = format!("{value:.1e}");
    let Some((digits, power)) = text.split_once('e') else {
        return text;
    };
    let power: String = power
        .chars()
        .map(|letter| match letter {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            digit => digit
                .to_digit(10)
                .and_then(|digit| char::from_u32(0x2070 + digit))
                .unwrap_or(digit),
        })
        .collect();
    let digits = if lang == Lang::Fr {
        digits.replace('.', ",")
    } else {
        digits.to_owned()
    };
    format!("{digits} × 10{power}")
}

/// A log-odds in thousandths, rounded half to even, by integers only.
#[must_use]
pub fn thousandths(log_odds: i64) -> i64 {
    let one = i64::from(crate::odds::ONE);
    let scaled = log_odds * 1000;
    let (floor, over) = (scaled.div_euclid(one), scaled.rem_euclid(one));
    floor + i64::from(over * 2 > one || (over * 2 == one && floor % 2 != 0))
}

/// Thousandths with their sign: `+0,412`, `−1,002`.
#[must_use]
pub fn signed(thousandths: i64, lang: Lang) -> String {
    let sign = if thousandths < 0 { '−' } else { '+' };
    let mark = if lang == Lang::Fr { ',' } else { '.' };
    let size = thousandths.unsigned_abs();
    format!("{sign}{}{mark}{:03}", size / 1000, size % 1000)
}

/// What a contribution does to the odds: `×2,49` or `÷1,30`.
#[must_use]
pub fn factor(contribution: LogOdds, lang: Lang) -> String {
    let size = lang.decimal(libm::exp(contribution.value().abs()), 2);
    if contribution < LogOdds(0) {
        format!("÷{size}")
    } else {
        format!("×{size}")
    }
}

/// Which way, and how far: `pèse fortement vers la conversion`.
///
/// Strong is a doubling of the odds or more (|log-odds| ≥ 0.7), slight is less than a fifth (< 0.18).
#[must_use]
pub fn weight(contribution: LogOdds, lang: Lang) -> String {
    let size = contribution.value().abs();
    let strength = match size {
        _ if contribution == LogOdds(0) => {
            return say!(lang, "weighs neither way" | "ne pèse dans aucun sens");
        }
        s if s >= 0.7 => say!(lang, "strongly " | "fortement "),
        s if s >= 0.18 => String::new(),
        _ => say!(lang, "slightly " | "légèrement "),
    };
    if contribution > LogOdds(0) {
        say!(
            lang,
            "weighs {strength}towards converting" | "pèse {strength}vers la conversion"
        )
    } else {
        say!(
            lang,
            "weighs {strength}against converting" | "pèse {strength}contre la conversion"
        )
    }
}

/// A text from a file made fit for a terminal or a page: nothing that moves a cursor, reorders letters or hides.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e0fff}' => '\u{fffd}',
            letter => letter,
        })
        .collect()
}

/// At most `width` letters, the last one `…` where some were cut.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars()
        .take(width.saturating_sub(1))
        .chain(['…'])
        .collect()
}

/// A text in lines of at most `width` letters, broken at spaces; a longer word keeps a line of its own.
///
/// A no-break space is no place to break.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in text.split(' ') {
        let long = word.chars().count();
        if length > 0 && length + 1 + long > width {
            lines.push(String::new());
            length = 0;
        }
        if let Some(line) = lines.last_mut() {
            if length > 0 {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += long;
        }
    }
    lines
}

/// A civil date as people write it: `2026-11-23`, or `23/11/2026` in French; anything else as it is.
#[must_use]
pub fn day(iso: &str, lang: Lang) -> String {
    match (lang, iso.split('-').collect::<Vec<_>>().as_slice()) {
        (Lang::Fr, [year, month, day]) if iso.len() == 10 => format!("{day}/{month}/{year}"),
        _ => iso.to_owned(),
    }
}

/// A moment as people write it, to the minute: `2026-11-23 17:58 UTC`, `23/11/2026 à 17:58 UTC`.
#[must_use]
pub fn moment(rfc3339: &str, lang: Lang) -> String {
    let Some((date, time)) = rfc3339.split_once('T') else {
        return rfc3339.to_owned();
    };
    let (date, time) = (day(date, lang), time.get(..5).unwrap_or(time));
    say!(lang, "{date} {time} UTC" | "{date} à {time} UTC")
}
