//! What a training found out about its model: the numbers of the card and of `provenance.json`.
//!
//! Nothing here shows fewer than `min_people` rows: small counts are `None`,
//! printed as `< k`.

use serde::{Deserialize, Serialize};

use super::compared::{Compared, Incomparable, Rival};
use super::reference::Reference;

/// A point estimate with its 95 % bootstrap interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate on the rows themselves.
    pub value: f64,
    /// The 2.5 % quantile of the draws.
    pub low: f64,
    /// The 97.5 % quantile of the draws.
    pub high: f64,
}

/// How well probabilities meet outcomes on rows that the fit did not see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Rows judged.
    pub rows: u64,
    /// Of them, won.
    pub positives: u64,
    /// Area under the ROC curve, ties counted half.
    pub roc_auc: Interval,
    /// Average precision.
    pub pr_auc: Interval,
    /// Mean negative log-likelihood, in nats.
    pub log_loss: Interval,
    /// Mean squared error of the probability.
    pub brier: Interval,
    /// Expected calibration error over 10 equal-count bins.
    pub ece: Interval,
    /// The mean ECE that perfectly calibrated outcomes would show, simulated from the probabilities.
    pub ece_noise_floor: f64,
    /// Positives among the top 10 % by score over the base rate, averaged over ties.
    pub lift_10: Interval,
}

/// Points to draw; each stands for at least `min_people` rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// (false positive rate, true positive rate), ascending, at most 50 points besides the corners.
    pub roc: Vec<(f64, f64)>,
    /// The ten bins of the calibration error.
    pub reliability: Vec<Calibration>,
}

/// One bin of a reliability curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Rows in the bin.
    pub rows: u64,
    /// Mean probability.
    pub predicted: f64,
    /// Share won.
    pub observed: f64,
}

/// How the holdout was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Holdout {
    /// The latest fifth by the date column, or by row order where the policy says so.
    Time {
        /// The first civil date of the holdout, where there is a date column.
        from: Option<String>,
    },
    /// A stratified fifth.
    Stratified,
}

/// One code of one feature, for the card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The code.
    pub code: u16,
    /// Training rows that hold it; `None` where under `min_people`.
    pub rows: Option<u64>,
    /// Of them, won; `None` where `rows` is, or where either class is under `min_people`.
    pub positives: Option<u64>,
}

/// A pair that was kept, and what it gained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptPair {
    /// First feature.
    pub a: String,
    /// Second feature.
    pub b: String,
    /// Its score-test gain.
    pub gain: f64,
}

/// One strength that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// The ridge strength λ.
    pub strength: f64,
    /// Number of pairs: 0, 10 or 20, or as many as listed.
    pub pairs: usize,
    /// Mean cross-validated log-loss, in nats.
    pub log_loss: f64,
    /// Its standard error over folds.
    pub standard_error: f64,
}

/// linfa-logistic's independent fit of the same objective on a sample, from zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// Rows of the sample.
    pub rows: u64,
    /// Columns of the dense design.
    pub columns: u64,
    /// Largest difference of log-odds over the sampled rows.
    pub largest_difference: f64,
    /// ‖∇‖∞ / n of the summed loss at linfa's answer, recomputed by us.
    pub gradient: f64,
    /// Whether `largest_difference` is at most 1e-3.
    pub certified: bool,
}

/// Something that the data team should look at before it trusts the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "warning")]
pub enum Warning {
    /// One feature alone has an AUC over 0.95: known only after the outcome?
    Leak {
        /// The feature.
        feature: String,
        /// Its AUC alone.
        auc: f64,
    },
    /// A level or bin holds only one outcome.
    Separates {
        /// The feature.
        feature: String,
        /// The code.
        code: u16,
        /// Rows that hold it.
        rows: u64,
        /// The outcome they all share.
        positive: bool,
    },
    /// Nearly constant within a month (or a stretch of rows) and new in the next.
    Calendar {
        /// The feature.
        feature: String,
        /// Share of later rows whose value was never seen before.
        novelty: f64,
        /// Whether it was left out of the model.
        left_out: bool,
    },
    /// One value stands far from all others and holds many rows: a mark for "none"?
    Sentinel {
        /// The feature.
        feature: String,
        /// The value, as a decimal string; a shared constant, hence of nobody.
        value: String,
        /// Share of rows.
        share: f64,
    },
    /// Rows that repeat another row's features exactly, beyond what chance explains; they straddle folds.
    Duplicates {
        /// Rows that have a twin.
        rows: u64,
    },
    /// The feature has one value only.
    Constant {
        /// The feature.
        feature: String,
    },
    /// Out of sample the AUC's interval includes 0.5: there is no signal, and the model is not promotable.
    NoSignal,
    /// The calibration error exceeds the policy's limit: the model is not promotable.
    Uncalibrated {
        /// The error.
        ece: f64,
        /// The limit.
        limit: f64,
    },
    /// linfa-logistic's fit differs by more than 1e-3.
    NotCertified {
        /// The largest difference of log-odds.
        largest_difference: f64,
    },
    /// Conversion moves from the first tenth of the rows by time to the last.
    Drift {
        /// Share won in the first tenth.
        first: f64,
        /// Share won in the last tenth.
        last: f64,
    },
    /// Another method judges the same holdout better, beyond chance.
    WorseThan {
        /// Which.
        rival: Rival,
        /// Area under the ROC curve, ours less theirs.
        roc_auc: f64,
        /// Log-loss, ours less theirs.
        log_loss: f64,
    },
}

/// Cross-validation on given or dealt folds, the whole procedure repeated in each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// Mean over folds.
    pub roc_auc: f64,
    /// Mean over folds.
    pub log_loss: f64,
    /// Mean over folds.
    pub pr_auc: f64,
    /// Mean over folds.
    pub brier: f64,
    /// Each fold's figures.
    pub folds: Vec<FoldFigures>,
}

/// One fold's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldFigures {
    /// The fold's number as given.
    pub fold: u32,
    /// Rows judged.
    pub rows: u64,
    /// Area under the ROC curve.
    pub roc_auc: f64,
    /// Average precision.
    pub pr_auc: f64,
    /// Log-loss in nats.
    pub log_loss: f64,
    /// Brier score.
    pub brier: f64,
    /// The chosen strength.
    pub strength: f64,
    /// The number of pairs kept.
    pub pairs: usize,
}

/// What each feature brings, and how many people it singles out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// People behind the labelled rows.
    pub people: u64,
    /// Of them, those who share all their codes with nobody else; `None` where they are some, but under `min_people`.
    pub alone: Option<u64>,
    /// Area under the ROC curve of the additive model with all features, out of sample; `None` where too few judge it.
    pub roc_auc: Option<f64>,
    /// The policy's budget, as a share of the people.
    pub max_alone: Option<f64>,
    /// The gain under which a feature brings nothing.
    pub min_gain: f64,
    /// In the schema's order.
    pub features: Vec<Profiled>,
}

/// One feature, weighed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profiled {
    /// The feature.
    pub feature: String,
    /// What the area loses without it; `None` where too few people judge it.
    pub gain: Option<Gain>,
    /// People alone without it; `None` where they are some, but under `min_people`.
    pub alone_without: Option<u64>,
    /// What the gain amounts to, where there is one.
    pub verdict: Option<Verdict>,
}

/// An area gained, out of sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// The mean over folds.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

/// What a gain amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is there, and large enough.
    Brings,
    /// There is none, or less than the policy asks for.
    Nothing,
    /// It would be large enough, but chance alone may give as much: more outcomes are needed to tell.
    Unclear,
}

impl Profile {
    /// The features that bring nothing.
    pub fn idle(&self) -> impl Iterator<Item = &str> {
        let idle = |it: &&Profiled| it.verdict == Some(Verdict::Nothing);
        self.features
            .iter()
            .filter(idle)
            .map(|it| it.feature.as_str())
    }
}

/// Everything a training found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// Labelled rows used.
    pub rows: u64,
    /// Of them, won.
    pub positives: u64,
    /// How the holdout was taken.
    pub holdout: Holdout,
    /// The twin's figures on the holdout; the shipped model is refitted on all rows.
    pub metrics: Metrics,
    /// Its curves.
    pub curves: Curves,
    /// What was tried, in order.
    pub tried: Vec<Tried>,
    /// The chosen strength.
    pub strength: f64,
    /// The pairs kept.
    pub pairs: Vec<KeptPair>,
    /// Per feature of the model's schema, its codes.
    pub levels: Vec<Vec<Level>>,
    /// ‖∇‖∞ / n at the shipped model's optimum, before rounding.
    pub gradient: f64,
    /// Newton steps of the last fit.
    pub steps: u32,
    /// linfa's certificate; `None` where linfa itself gave the model.
    pub certificate: Option<Certificate>,
    /// What to look at.
    pub warnings: Vec<Warning>,
    /// Whether nothing forbids promotion.
    pub promotable: bool,
    /// With `--cv`.
    pub cv: Option<CrossValidation>,
    /// What each feature brings and costs; older trainings did not ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Other methods on the same holdout; older trainings did not ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<Compared>,
    /// The active model, where it could not judge the holdout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomparable: Option<Incomparable>,
    /// Entries of the model's tables that are not 0 although fewer than `min_people` rows stand behind them: none,
    /// or the model is wrong. Older trainings did not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thin: Option<u64>,
    /// What later months are compared with; older trainings kept none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
}
