//! Pictures of a monitoring run: how far each thing moved, and from what to what.

use super::{AGAINST, Canvas, GRID, INK, MUTED, TOWARDS, stroke};
use crate::lang::Lang;
use crate::report::words::{cut, plain};
use crate::say;

/// How far something moved, to draw.
pub struct Gauge {
    /// As people read it.
    pub name: String,
    /// Its index.
    pub index: f64,
    /// Whether it is beyond a limit and beyond chance.
    pub moved: bool,
}

/// A share in training and in the window, to draw.
pub struct Shares {
    /// As people read it.
    pub name: String,
    /// In training; none where too few people had it.
    pub training: Option<f64>,
    /// In the window.
    pub window: f64,
}

/// One bar per thing, with both limits as rules across.
pub fn gauges(title: &str, gauges: &[Gauge], limits: [f64; 2], lang: Lang) -> String {
    let (width, row, label, top) = (640.0, 19.0, 214.0, 22.0);
    let height = top + row * gauges.len() as f64 + 6.0;
    let mut canvas = Canvas::new(width, height, title);
    let (left, right) = (label + 10.0, width - 48.0);
    let most = gauges.iter().map(|it| it.index).fold(limits[1], f64::max) * 1.05;
    let x = |value: f64| left + (right - left) * (value / most).min(1.0);
    let words = match lang {
        Lang::En => ["watch", "alert"],
        Lang::Fr => ["à surveiller", "alerte"],
    };
    // Apart from each other, however near the limits are drawn.
    let sides = [("end", -3.0), ("start", 3.0)];
    for ((limit, word), (anchor, aside)) in limits.into_iter().zip(words).zip(sides) {
        let dashed = format!("{} stroke-dasharray=\"3 4\"", stroke(MUTED, 0.9));
        canvas.line((x(limit), top - 4.0), (x(limit), height - 4.0), &dashed);
        let text = format!("{word} {}", lang.decimal(limit, 2));
        canvas.text((x(limit) + aside, top - 9.0), anchor, MUTED, &text);
    }
    for (at, gauge) in gauges.iter().enumerate() {
        let y = top + row * at as f64;
        let name = cut(&plain(&gauge.name), 38);
        canvas.text((label, y + 12.0), "end", INK, &name);
        let index = lang.decimal(gauge.index, 3);
        let colour = if gauge.moved { AGAINST } else { TOWARDS };
        let style = format!("fill=\"{colour}\"");
        let said = say!(lang, "{name}: {index}" | "{name} : {index}");
        let end = x(gauge.index).max(left + 1.0);
        canvas.rect((left, y + 3.0), (end, y + row - 4.0), &style, &said);
        canvas.text((width - 2.0, y + 12.0), "end", MUTED, &index);
    }
    canvas.finish()
}

/// Two bars per value: above, pale, the training; below the window.
pub fn shares(title: &str, shares: &[Shares], lang: Lang) -> String {
    let (width, row, label) = (340.0, 25.0, 138.0);
    let height = row * shares.len() as f64 + 6.0;
    let mut canvas = Canvas::new(width, height, title);
    let (left, right) = (label + 8.0, width - 46.0);
    let of = |it: &Shares| it.training.unwrap_or(0.0).max(it.window);
    let most = shares.iter().map(of).fold(0.01, f64::max);
    let x = |value: f64| left + (right - left) * value / most;
    canvas.line((left, 2.0), (left, height - 4.0), &stroke(GRID, 1.0));
    for (at, share) in shares.iter().enumerate() {
        let y = row * at as f64 + 3.0;
        let name = cut(&plain(&share.name), 25);
        canvas.text((label, y + 13.5), "end", INK, &name);
        let window = lang.percent(share.window);
        let training = share.training.map_or_else(
            || say!(lang, "too few people" | "trop peu de personnes"),
            |it| lang.percent(it),
        );
        let said = say!(
            lang,
            "{name}: {training} in training, {window} here"
                | "{name} : {training} à l’apprentissage, {window} ici"
        );
        if let Some(before) = share.training {
            let style = format!("fill=\"{MUTED}\" fill-opacity=\"0.35\"");
            canvas.rect((left, y + 1.0), (x(before), y + 9.0), &style, &said);
        }
        let style = format!("fill=\"{TOWARDS}\"");
        canvas.rect((left, y + 10.0), (x(share.window), y + 19.0), &style, &said);
        canvas.text((width - 2.0, y + 13.5), "end", MUTED, &window);
    }
    canvas.finish()
}
