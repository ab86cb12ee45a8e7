//! What a monitoring run found, as the ledger keeps it and people read it: about nobody.
//!
//! A share or a count that would stand for fewer than `k` people is `None`, or
//! joined with others; a figure without enough outcomes or leads is absent,
//! never 0.

use serde::{Deserialize, Serialize};

use super::{Frame, Watched};
use crate::digest::Digest;
use crate::model::expected::Expected;
use crate::model::findings::{Calibration, Interval, Metrics};

/// The version of the document that this program writes.
pub const VERSION: u32 = 1;

/// Everything that a monitoring run found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Monitored {
    /// 1.
    pub schema_version: u32,
    /// The purpose.
    pub purpose: String,
    /// The model's version.
    pub model: Digest,
    /// Its schema: what the codes below mean.
    pub schema: Digest,
    /// The policy whose limits hold.
    pub policy: Digest,
    /// UTC.
    pub time: String,
    /// The first civil day of the window.
    pub from: String,
    /// The last.
    pub to: String,
    /// Nothing here stands for fewer people.
    pub k: u64,
    /// The limits in force.
    pub limits: Limits,
    /// Runs of the window that were read.
    pub runs: u64,
    /// Leads in them, each once, by its latest decision; none where they are some, but under `k`.
    pub leads: Option<u64>,
    /// Runs by other models in the same days: no figure has them.
    pub apart: Vec<Apart>,
    /// Trials in the same days: no figure has them.
    pub trials: u64,
    /// Runs that were recorded in the same days under other dates: no figure has them.
    #[serde(default, skip_serializing_if = "is_none")]
    pub other_dates: u64,
    /// What to make of it.
    pub verdict: Verdict,
    /// Why, the gravest first.
    pub causes: Vec<Cause>,
    /// The scores beside the training's; older trainings kept none of theirs.
    pub score: Option<ScoreDrift>,
    /// Features in the schema's order; none where there are too few leads.
    pub features: Vec<FeatureDrift>,
    /// What each term adds, in the schema's order; none where there are too few leads.
    pub terms: Vec<TermDrift>,
    /// How well the scores rank and what they cost if they are still calibrated.
    pub promise: Option<Promise>,
    /// Outcomes that are known of these leads.
    pub outcomes: Known,
    /// How the model kept its word, once enough outcomes of either kind are known.
    pub realised: Option<Realised>,
    /// Who was refused, and why, beside the window before.
    pub refusals: Mix,
    /// What people made of the proposals that they reviewed; none where too few were.
    pub reviews: Option<Reviews>,
    /// Leads that the model left to people; none where it never does, or where they are too few.
    pub abstained: Option<f64>,
}

/// The limits in force.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// From here on a distribution is watched.
    pub psi_watch: f64,
    /// From here on it alerts.
    pub psi_alert: f64,
    /// Under so many leads nothing is judged.
    pub min_leads: u64,
    /// The calibration error that a model may have.
    pub max_calibration_error: f64,
}

/// A model whose runs were kept apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apart {
    /// Its version.
    pub model: Digest,
    /// How many.
    pub runs: u64,
    /// Whether its codes mean the same as those of the model watched.
    pub same_schema: bool,
}

/// What to make of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No run at all though a model was active: something that should run every night may have stopped.
    Overdue,
    /// Too few leads: nothing is said.
    TooFew,
    /// Nothing moved beyond the limits.
    Steady,
    /// Something moved: worth a look.
    Watch,
    /// Something moved so far that a training is proposed.
    Alert,
}

/// How far something moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// Not beyond the limits, or not beyond chance.
    Steady,
    /// Beyond the first limit.
    Watch,
    /// Beyond the second.
    Alert,
}

/// Why a verdict is not «steady».
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Cause {
    /// A feature has other values than in training.
    Feature {
        /// Which.
        feature: String,
        /// Its index.
        psi: f64,
        /// How far.
        signal: Signal,
    },
    /// The scores are spread otherwise.
    Score {
        /// Their index.
        psi: f64,
        /// How far.
        signal: Signal,
    },
    /// The model ranks worse than its holdout promised: the intervals do not meet.
    Ranking {
        /// Here.
        here: Interval,
        /// On the holdout.
        holdout: Interval,
        /// How far.
        signal: Signal,
    },
    /// Scores do not mean what they say any more.
    Calibration {
        /// The calibration error.
        here: Interval,
        /// What it may be.
        limit: f64,
        /// How far.
        signal: Signal,
    },
    /// The scores alone promise to rank worse than the holdout did.
    Promise {
        /// The area that they promise.
        roc_auc: f64,
        /// On the holdout.
        holdout: Interval,
        /// How far.
        signal: Signal,
    },
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a function of a reference"
)]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Cause {
    /// How far it moved.
    #[must_use]
    pub fn signal(&self) -> Signal {
        match self {
            Self::Feature { signal, .. }
            | Self::Score { signal, .. }
            | Self::Ranking { signal, .. }
            | Self::Calibration { signal, .. }
            | Self::Promise { signal, .. } => *signal,
        }
    }
}

/// One feature beside the training's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureDrift {
    /// The column.
    pub feature: String,
    /// Its population stability index, over the training's codes; those that the training shows of nobody are one cell.
    pub psi: f64,
    /// What chance alone exceeds once in a thousand times.
    pub noise: f64,
    /// How far it moved.
    pub signal: Signal,
    /// Values that are missing.
    pub missing: Share,
    /// Levels that the training did not know, or that were too rare; of a category.
    pub unseen: Option<Share>,
    /// Values under the training's; of a number.
    pub below: Option<Share>,
    /// Values over the training's; of a number.
    pub above: Option<Share>,
    /// Its codes, joined until each stands for enough people.
    pub cells: Vec<Held>,
    /// What moved most, the largest first.
    pub moved: Vec<Held>,
}

/// A share here and in training, where enough people have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// In training.
    pub training: Option<f64>,
    /// In the window.
    pub window: Option<f64>,
}

/// The share of some codes together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The codes; of all those that are not listed, none.
    pub codes: Vec<u16>,
    /// In training; none where too few had them.
    pub training: Option<f64>,
    /// In the window.
    pub window: f64,
}

/// The scores beside the training's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreDrift {
    /// Their population stability index over tenths of the training.
    pub psi: f64,
    /// What chance alone exceeds once in a thousand times.
    pub noise: f64,
    /// How far they moved.
    pub signal: Signal,
    /// Ascending ranges of scores, joined until each stands for enough people.
    pub cells: Vec<ScoreCell>,
}

/// A range of scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreCell {
    /// Scores above this, in parts per million; of the first range, from 0 on.
    pub over: u32,
    /// Scores up to this.
    pub up_to: u32,
    /// Its share in training.
    pub training: f64,
    /// Its share in the window.
    pub window: f64,
}

/// What a term adds on average, in log-odds, and its part of all that is added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TermDrift {
    /// The columns: one, or the two of a pair.
    pub columns: Vec<String>,
    /// The mean contribution in training.
    pub training: Option<f64>,
    /// The mean contribution in the window.
    pub window: f64,
    /// Its part of the mean absolute contributions in training.
    pub weight_training: Option<f64>,
    /// Its part of them in the window.
    pub weight_window: f64,
}

/// What scores promise: true as far as they are calibrated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Promise {
    /// By the window's scores.
    pub window: Expected,
    /// By the training's.
    pub training: Option<Expected>,
    /// What the holdout showed.
    pub holdout_roc_auc: Interval,
    /// What the holdout showed.
    pub holdout_log_loss: Interval,
    /// What the holdout showed.
    pub holdout_brier: Interval,
    /// What the holdout showed.
    pub holdout_ece: Interval,
}

/// Leads whose outcome is known; none where they are some, but under `k`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Won.
    pub won: Option<u64>,
    /// Lost.
    pub lost: Option<u64>,
}

/// How the model kept its word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Realised {
    /// With 95 % intervals by person.
    pub metrics: Metrics,
    /// Scores and what came of them, in bins of at least `k` people.
    pub reliability: Vec<Calibration>,
}

/// Leads that were refused, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mix {
    /// Leads of the window before, refused or not; none where they are some, but under `k`.
    pub leads_before: Option<u64>,
    /// Leads of this window, refused or not.
    pub leads: Option<u64>,
    /// By reason; the last may stand for all that are not listed.
    pub reasons: Vec<Refused>,
}

/// Leads refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its name in the law pack; none: all the others together.
    pub reason: Option<String>,
    /// In the window before.
    pub before: u64,
    /// In this window.
    pub window: u64,
}

/// What people made of the proposals that they reviewed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reviews {
    /// All of them.
    pub all: Agreement,
    /// By proposed band; empty where one has too few of either opinion.
    pub bands: Vec<(String, Agreement)>,
}

/// What became of reviewed proposals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Reviewed.
    pub reviewed: u64,
    /// The share that people agreed with; none where agreement or the rest stands for too few.
    pub validated: Option<f64>,
    /// The share that was given another band.
    pub overridden: Option<f64>,
    /// The share that was rejected.
    pub rejected: Option<f64>,
}

impl Monitored {
    /// Nothing found yet.
    pub(super) fn empty(watched: &Watched<'_>, frame: Frame) -> Self {
        Self {
            schema_version: VERSION,
            purpose: frame.purpose,
            model: watched.model.version(),
            schema: watched.model.schema().digest(),
            policy: frame.policy,
            time: frame.time,
            from: frame.from,
            to: frame.to,
            k: watched.k,
            limits: Limits {
                psi_watch: watched.limits.psi_watch,
                psi_alert: watched.limits.psi_alert,
                min_leads: watched.least(),
                max_calibration_error: watched.max_calibration_error,
            },
            runs: frame.runs,
            leads: None,
            apart: frame.apart,
            trials: frame.trials,
            other_dates: frame.other_dates,
            verdict: if frame.overdue {
                Verdict::Overdue
            } else {
                Verdict::TooFew
            },
            causes: Vec::new(),
            score: None,
            features: Vec::new(),
            terms: Vec::new(),
            promise: None,
            outcomes: Known::default(),
            realised: None,
            refusals: Mix::default(),
            reviews: None,
            abstained: None,
        }
    }

    /// Weighs what was found, the gravest first.
    pub(super) fn judge(&mut self, watched: &Watched<'_>, enough: bool) {
        let moved = self.features.iter().map(|it| Cause::Feature {
            feature: it.feature.clone(),
            psi: it.psi,
            signal: it.signal,
        });
        let scores = self.score.iter().map(|it| Cause::Score {
            psi: it.psi,
            signal: it.signal,
        });
        let mut causes: Vec<Cause> = moved.chain(scores).collect();
        let holdout = &watched.findings.metrics;
        if let Some(Realised { metrics, .. }) = &self.realised {
            let worse = metrics.roc_auc.high < holdout.roc_auc.low;
            causes.push(Cause::Ranking {
                here: metrics.roc_auc,
                holdout: holdout.roc_auc,
                signal: if worse { Signal::Alert } else { Signal::Steady },
            });
            // The error of a sample is never 0, so it must exceed what chance shows as well.
            let limit = watched.max_calibration_error;
            let off = metrics.ece.value > limit && metrics.ece.low > metrics.ece_noise_floor;
            causes.push(Cause::Calibration {
                here: metrics.ece,
                limit,
                signal: if off { Signal::Alert } else { Signal::Steady },
            });
        }
        if let Some(promise) = &self.promise {
            let worse = promise.window.roc_auc < holdout.roc_auc.low;
            causes.push(Cause::Promise {
                roc_auc: promise.window.roc_auc,
                holdout: holdout.roc_auc,
                signal: if worse { Signal::Watch } else { Signal::Steady },
            });
        }
        causes.retain(|it| it.signal() > Signal::Steady);
        let size = |cause: &Cause| match cause {
            Cause::Feature { psi, .. } | Cause::Score { psi, .. } => *psi,
            _ => f64::INFINITY,
        };
        causes.sort_by(|a, b| {
            let grave = b.signal().cmp(&a.signal());
            grave.then(size(b).total_cmp(&size(a)))
        });
        self.verdict = match causes.first().map(Cause::signal) {
            Some(Signal::Alert) => Verdict::Alert,
            // Too few, or none though one was due.
            _ if !enough => self.verdict,
            Some(Signal::Watch) => Verdict::Watch,
            _ => Verdict::Steady,
        };
        self.causes = causes;
    }

    /// What is kept and printed: keys in the order of these fields, two-space indent, LF.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("every key is a string and every value plain data");
        text.push('\n');
        text
    }

    /// What was found of one feature.
    #[must_use]
    pub fn feature(&self, name: &str) -> Option<&FeatureDrift> {
        self.features.iter().find(|it| it.feature == name)
    }
}
