//! The model card's pictures: small, quiet, self-contained SVG.
//!
//! Every picture has a `<title>` that says what it shows. Blue weighs towards converting, ochre
//! against; no meaning rests on colour alone, since position says the same.

mod watch;

use std::fmt::Write as _;

use crate::lang::Lang;
use crate::model::findings::Calibration;
use crate::say;

use super::words::{cut, plain};

pub(super) use watch::{Gauge, Shares, gauges, shares};

const TOWARDS: &str = "#2f5d8a";
const AGAINST: &str = "#a5521c";
const INK: &str = "#1f2933";
const MUTED: &str = "#5b6470";
const GRID: &str = "#dfe3e8";

/// A value with a name, to draw.
pub(super) struct Mark {
    /// As people read it.
    pub name: String,
    /// Its contribution in log-odds; `None` where too few people hold it.
    pub value: Option<f64>,
}

/// `text` as it may stand in markup.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in plain(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

/// A picture being drawn, in user units.
struct Canvas(String);

impl Canvas {
    fn new(width: f64, height: f64, title: &str) -> Self {
        let title = escape(title);
        Self(format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>"
        ))
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), style: &str) {
        let _ = write!(
            self.0,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" {style}/>",
            from.0, from.1, to.0, to.1
        );
    }

    fn text(&mut self, at: (f64, f64), anchor: &str, fill: &str, text: &str) {
        let text = escape(text);
        let _ = write!(
            self.0,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{text}</text>",
            at.0, at.1
        );
    }

    /// A rectangle with a name of its own, between two corners in any order.
    fn rect(&mut self, a: (f64, f64), b: (f64, f64), style: &str, title: &str) {
        let (x, y) = (a.0.min(b.0), a.1.min(b.1));
        let (width, height) = ((a.0 - b.0).abs(), (a.1 - b.1).abs());
        let title = escape(title);
        let _ = write!(
            self.0,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {style}><title>{title}</title></rect>"
        );
    }

    fn path(&mut self, points: &[(f64, f64)], style: &str) {
        let mut d = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let _ = write!(d, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
        }
        let _ = write!(self.0, "<path d=\"{d}\" fill=\"none\" {style}/>");
    }

    fn dot(&mut self, at: (f64, f64), radius: f64, fill: &str, title: &str) {
        let title = escape(title);
        let _ = write!(
            self.0,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\" fill=\"{fill}\"><title>{title}</title></circle>",
            at.0, at.1
        );
    }

    fn finish(mut self) -> String {
        self.0.push_str("</svg>");
        self.0
    }
}

fn stroke(colour: &str, width: f64) -> String {
    format!("stroke=\"{colour}\" stroke-width=\"{width}\"")
}

fn side(value: f64) -> &'static str {
    if value < 0.0 { AGAINST } else { TOWARDS }
}

/// A number's shape: one step per bin, all bins equally wide, "not given" apart at the right.
///
/// `ticks` are (bin boundary, text); `scale` is the log-odds at the top of the picture.
pub(super) fn steps(
    title: &str,
    bins: &[Mark],
    missing: &Mark,
    ticks: &[(usize, String)],
    scale: f64,
    lang: Lang,
) -> String {
    let (width, height, left, right, top, bottom) = (340.0, 190.0, 34.0, 286.0, 10.0, 160.0);
    let mut canvas = Canvas::new(width, height, title);
    let middle = f64::midpoint(top, bottom);
    let y = |value: f64| middle - value / scale * (bottom - top) / 2.0;
    let x = |bin: usize| left + (right - left) * bin as f64 / bins.len().max(1) as f64;
    axis(&mut canvas, &y, (left, width - 6.0), scale, lang);
    let mut curve = Vec::new();
    for (at, bin) in bins.iter().enumerate() {
        let value = bin.value.unwrap_or(0.0);
        let style = format!("fill=\"{}\" fill-opacity=\"0.16\"", side(value));
        canvas.rect(
            (x(at), y(0.0)),
            (x(at + 1), y(value)),
            &style,
            &named(bin, lang),
        );
        curve.extend([(x(at), y(value)), (x(at + 1), y(value))]);
    }
    canvas.path(&curve, &stroke(INK, 1.6));
    for (boundary, text) in ticks {
        canvas.line(
            (x(*boundary), bottom),
            (x(*boundary), bottom + 4.0),
            &stroke(MUTED, 0.8),
        );
        canvas.text((x(*boundary), bottom + 16.0), "middle", MUTED, text);
    }
    if let Some(value) = missing.value {
        let at = f64::midpoint(right, width);
        canvas.line((at, y(0.0)), (at, y(value)), &stroke(side(value), 1.2));
        canvas.dot((at, y(value)), 3.4, side(value), &named(missing, lang));
        let (above, below) = match lang {
            Lang::En => ("not", "given"),
            Lang::Fr => ("non", "renseigné"),
        };
        canvas.text((at, bottom + 14.0), "middle", MUTED, above);
        canvas.text((at, bottom + 25.0), "middle", MUTED, below);
    }
    canvas.finish()
}

/// Horizontal rules at 0 and at ± half and whole units of a round step.
fn axis(canvas: &mut Canvas, y: &dyn Fn(f64) -> f64, span: (f64, f64), scale: f64, lang: Lang) {
    let step = round_step(scale);
    for n in -4..=4 {
        let value = f64::from(n) * step;
        if value.abs() > scale * 0.999 {
            continue;
        }
        let style = if n == 0 {
            stroke(MUTED, 1.0)
        } else {
            stroke(GRID, 0.8)
        };
        canvas.line((span.0, y(value)), (span.1, y(value)), &style);
        canvas.text(
            (span.0 - 5.0, y(value) + 3.5),
            "end",
            MUTED,
            &tick(value, lang),
        );
    }
}

/// A step of 0.1, 0.2, 0.5, 1, 2 or 5 … that puts one to four rules on each side of 0.
fn round_step(scale: f64) -> f64 {
    [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0]
        .into_iter()
        .find(|step| scale / step <= 3.0)
        .unwrap_or(scale)
}

fn tick(value: f64, lang: Lang) -> String {
    let text = super::words::number((value * 100.0).round() / 100.0, lang);
    if value > 0.0 {
        format!("+{text}")
    } else {
        text
    }
}

fn named(mark: &Mark, lang: Lang) -> String {
    let name = &mark.name;
    match mark.value {
        Some(value) => {
            let value = tick(value, lang);
            say!(lang, "{name}: {value}" | "{name} : {value}")
        }
        None => say!(
            lang,
            "{name}: too few people" | "{name} : trop peu de personnes"
        ),
    }
}

/// A category's shape: one bar per level, in the order given.
pub(super) fn bars(title: &str, marks: &[Mark], scale: f64, lang: Lang) -> String {
    let (width, row, label, value_width) = (340.0, 17.0, 132.0, 38.0);
    let height = row * marks.len() as f64 + 6.0;
    let mut canvas = Canvas::new(width, height, title);
    let (left, right) = (label + 8.0, width - value_width);
    let middle = f64::midpoint(left, right);
    let x = |value: f64| middle + value / scale * (right - left) / 2.0;
    canvas.line((middle, 2.0), (middle, height - 4.0), &stroke(MUTED, 0.9));
    for (at, mark) in marks.iter().enumerate() {
        let top = row * at as f64 + 3.0;
        canvas.text(
            (label, top + 10.5),
            "end",
            INK,
            &cut(&plain(&mark.name), 24),
        );
        match mark.value {
            Some(value) => {
                let style = format!("fill=\"{}\"", side(value));
                canvas.rect(
                    (middle, top + 2.0),
                    (x(value), top + row - 4.0),
                    &style,
                    &named(mark, lang),
                );
                let text = lang.decimal(value.abs(), 2);
                let sign = if value < 0.0 { '−' } else { '+' };
                canvas.text(
                    (width - 2.0, top + 10.5),
                    "end",
                    MUTED,
                    &format!("{sign}{text}"),
                );
            }
            None => canvas.text((width - 2.0, top + 10.5), "end", MUTED, "·"),
        }
    }
    canvas.finish()
}

/// A pair's interaction: rows are the first feature's coarse codes, columns the second's.
pub(super) fn heat(
    title: &str,
    rows: &[String],
    columns: &[String],
    cells: &[f64],
    scale: f64,
    lang: Lang,
) -> String {
    let (width, left, cell) = (340.0, 132.0, 21.0);
    let foot = 78.0;
    let height = cell * rows.len() as f64 + foot;
    let mut canvas = Canvas::new(width, height, title);
    let wide = (width - left - 10.0) / columns.len().max(1) as f64;
    let wide = wide.min(46.0);
    for (r, row) in rows.iter().enumerate() {
        let top = cell * r as f64 + 2.0;
        canvas.text((left - 6.0, top + 14.0), "end", INK, &cut(&plain(row), 21));
        for (c, column) in columns.iter().enumerate() {
            let value = cells[r * columns.len() + c];
            let x = left + wide * c as f64;
            let strength = (value.abs() / scale).min(1.0);
            let style = format!(
                "fill=\"{}\" fill-opacity=\"{:.2}\" stroke=\"{GRID}\" stroke-width=\"0.6\"",
                side(value),
                strength * 0.85
            );
            let name = format!("{row} × {column}");
            canvas.rect(
                (x, top),
                (x + wide - 1.5, top + cell - 1.5),
                &style,
                &named(
                    &Mark {
                        name,
                        value: Some(value),
                    },
                    lang,
                ),
            );
            if strength > 0.25 {
                let ink = if strength > 0.6 { "#ffffff" } else { INK };
                let sign = if value < 0.0 { '−' } else { '+' };
                let text = format!("{sign}{}", lang.decimal(value.abs(), 1));
                canvas.text((x + wide / 2.0 - 0.7, top + 14.0), "middle", ink, &text);
            }
        }
    }
    let base = cell * rows.len() as f64 + 10.0;
    for (c, column) in columns.iter().enumerate() {
        let x = left + wide * (c as f64 + 0.5);
        let text = escape(&cut(&plain(column), 20));
        let _ = write!(
            canvas.0,
            "<text transform=\"translate({x:.1} {base:.1}) rotate(-38)\" text-anchor=\"end\" fill=\"{INK}\">{text}</text>"
        );
    }
    canvas.finish()
}

/// The unit square's frame, shared by both curves: returns the canvas and the mapping.
fn square(
    title: &str,
    labels: (&str, &str),
    top_value: f64,
    lang: Lang,
) -> (Canvas, impl Fn(f64, f64) -> (f64, f64) + use<>) {
    let (left, top, size) = (44.0, 10.0, 250.0);
    let mut canvas = Canvas::new(312.0, 310.0, title);
    let place = move |x: f64, y: f64| {
        (
            left + size * x / top_value,
            top + size * (1.0 - y / top_value),
        )
    };
    for n in 0..=4 {
        let value = top_value * f64::from(n) / 4.0;
        let text = super::words::number((value * 100.0).round(), lang);
        canvas.line(
            place(0.0, value),
            place(top_value, value),
            &stroke(GRID, 0.8),
        );
        canvas.line(
            place(value, 0.0),
            place(value, top_value),
            &stroke(GRID, 0.8),
        );
        let (x, y) = place(value, 0.0);
        canvas.text((x, y + 14.0), "middle", MUTED, &text);
        let (x, y) = place(0.0, value);
        canvas.text((x - 6.0, y + 3.5), "end", MUTED, &text);
    }
    canvas.text(
        (left + size / 2.0, top + size + 34.0),
        "middle",
        INK,
        labels.0,
    );
    let label = escape(labels.1);
    let _ = write!(
        canvas.0,
        "<text transform=\"translate(11 {:.1}) rotate(-90)\" text-anchor=\"middle\" fill=\"{INK}\">{label}</text>",
        top + size / 2.0
    );
    let dashed = format!("{} stroke-dasharray=\"3 4\"", stroke(MUTED, 1.0));
    canvas.line(place(0.0, 0.0), place(top_value, top_value), &dashed);
    (canvas, place)
}

/// The ROC curve, in percent.
pub(super) fn roc(title: &str, points: &[(f64, f64)], lang: Lang) -> String {
    let x = say!(
        lang,
        "unconverted leads called, %" | "prospects non convertis rappelés, %"
    );
    let y = say!(
        lang,
        "converted leads reached, %" | "prospects convertis atteints, %"
    );
    let (mut canvas, place) = square(title, (&x, &y), 1.0, lang);
    let inner = points.iter().map(|&(x, y)| place(x, y));
    let curve: Vec<(f64, f64)> = [place(0.0, 0.0)]
        .into_iter()
        .chain(inner)
        .chain([place(1.0, 1.0)])
        .collect();
    canvas.path(&curve, &stroke(TOWARDS, 2.0));
    canvas.finish()
}

/// The reliability curve, in percent, with a band as wide as chance alone moves a bin of that size.
pub(super) fn reliability(title: &str, bins: &[Calibration], lang: Lang) -> String {
    let x = say!(lang, "score given, %" | "score annoncé, %");
    let y = say!(lang, "share converted, %" | "part convertie, %");
    let largest = bins
        .iter()
        .map(|bin| bin.predicted.max(bin.observed))
        .fold(0.0, f64::max);
    let top = [0.1, 0.2, 0.4, 0.6, 0.8]
        .into_iter()
        .find(|top| largest * 1.05 <= *top)
        .unwrap_or(1.0);
    let (mut canvas, place) = square(title, (&x, &y), top, lang);
    for bin in bins {
        // Two standard errors of a share of so many rows, around the score given.
        let p = bin.predicted.clamp(0.0, 1.0);
        let noise = 2.0 * libm::sqrt(p * (1.0 - p) / bin.rows.max(1) as f64);
        let (low, high) = ((p - noise).max(0.0), (p + noise).min(top));
        let style = format!(
            "{} stroke-opacity=\"0.18\" stroke-linecap=\"round\"",
            stroke(MUTED, 9.0)
        );
        canvas.line(place(p, low), place(p, high), &style);
    }
    let curve: Vec<(f64, f64)> = bins
        .iter()
        .map(|bin| place(bin.predicted, bin.observed))
        .collect();
    canvas.path(&curve, &stroke(TOWARDS, 1.4));
    for bin in bins {
        let (given, seen, rows) = (
            lang.percent(bin.predicted),
            lang.percent(bin.observed),
            lang.count(bin.rows),
        );
        let name = say!(
            lang,
            "score {given}, converted {seen}, {rows} leads"
                | "score {given}, convertis {seen}, {rows} prospects"
        );
        canvas.dot(place(bin.predicted, bin.observed), 3.6, TOWARDS, &name);
    }
    canvas.finish()
}
