//! Progress, drawn on stderr when a person watches.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::lang::Lang;
use crate::workspace::Progress;

/// A bar that a use case can move; silent unless a terminal watches.
pub struct Bar {
    bar: ProgressBar,
    lang: Lang,
}

impl Bar {
    /// A bar for a terminal, or nothing.
    pub fn new(terminal: bool, lang: Lang) -> Self {
        let bar = if terminal {
            ProgressBar::new(1000)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} {msg} {wide_bar:.dim} {elapsed} {eta}")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, lang }
    }

    /// Moves it.
    pub fn show(&self, progress: &Progress) {
        match progress {
            Progress::Rows { done, share } => {
                let seconds = self.bar.elapsed().as_secs_f64().max(0.001);
                let rows = self.lang.count(*done);
                let rate = self.lang.count((*done as f64 / seconds) as u64);
                self.bar.set_message(crate::say!(
                    self.lang,
                    "{rows} rows, {rate} rows/s" | "{rows} lignes, {rate} lignes/s"
                ));
                if let Some(share) = share {
                    self.bar.set_position((share * 1000.0) as u64);
                }
            }
            Progress::Training(step) => self.bar.set_message(step.words(self.lang)),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
