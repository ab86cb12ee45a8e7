//! A model watched: whether the leads that come are still those that it learned from, and whether it keeps its word.
//!
//! | file | noun |
//! | --- | --- |
//! | [`document`] | what was found, as it is kept and shown |
//! | [`psi`] | the population stability index, and what chance alone makes of it |
//! | [`pooled`] | cells joined until none stands for fewer than `k` people |
//! | `drift` | features, scores and contributions beside the training's |
//! | `kept` | what came of it: outcomes, reviews, refusals |
//!
//! Pure: histograms, counts and scores in, one document out. It proposes and
//! never acts, and nothing in it stands for fewer than `k` people.

pub mod document;
mod drift;
mod kept;
pub mod pooled;
pub mod psi;

use crate::digest::Digest;
use crate::model::Model;
use crate::model::evaluate::Judged;
use crate::model::findings::Findings;
use crate::model::reference::Census;
use crate::policy::Monitoring;

pub use document::{Monitored, Signal, Verdict};
pub use kept::{Opinion, Opinions, Refusals};

/// Outcomes of either kind below which nothing is said about how the model keeps its word.
pub const LEAST_OF_EITHER: u64 = 50;

/// A model, what its training found, and the limits in force.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    /// The model.
    pub model: &'a Model,
    /// What its training found.
    pub findings: &'a Findings,
    /// The limits.
    pub limits: &'a Monitoring,
    /// The calibration error that a model may have.
    pub max_calibration_error: f64,
    /// The least number of people that a figure may stand for.
    pub k: u64,
    /// Seeds the bootstrap.
    pub seed: u64,
}

/// What was read of the window: each lead once, by its latest decision.
#[derive(Debug)]
pub struct Window {
    /// Its codes and scores.
    pub census: Census,
    /// Leads that the model handed to people without a proposal; none where it never does.
    pub abstained: Option<u64>,
    /// Leads whose outcome is known.
    pub judged: Vec<Outcome>,
    /// What people made of proposals, by band.
    pub opinions: Opinions,
    /// Who was refused, here and in the window before.
    pub refusals: Refusals,
}

/// What became of one lead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// What the model had said.
    pub probability: f64,
    /// Whether it was won.
    pub won: bool,
    /// Whose it is: equal numbers are one person.
    pub person: u32,
}

/// Which window it is, and who asks.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The purpose.
    pub purpose: String,
    /// The policy in force.
    pub policy: Digest,
    /// UTC.
    pub time: String,
    /// The first civil day.
    pub from: String,
    /// The last.
    pub to: String,
    /// Runs that were read.
    pub runs: u64,
    /// Runs of other models in the same days, which were not.
    pub apart: Vec<document::Apart>,
    /// Trials in the same days, which never count.
    pub trials: u64,
    /// Runs that were recorded in the same days under other dates, which were not read.
    pub other_dates: u64,
    /// Whether there was no run at all though a model was active.
    pub overdue: bool,
}

/// What there is to say about a model in a window.
#[must_use]
pub fn monitor(watched: &Watched<'_>, frame: Frame, window: &Window) -> Monitored {
    let leads = window.census.scores.rows();
    let enough = leads >= watched.least();
    let mut said = Monitored::empty(watched, frame);
    said.leads = shown(leads, watched.k);
    said.refusals = window.refusals.mix(watched.k);
    said.reviews = window.opinions.agreement(watched.k);
    said.abstained = window
        .abstained
        .and_then(|it| kept::share(it, leads, watched.k));
    let won = window.judged.iter().filter(|it| it.won).count() as u64;
    let lost = window.judged.len() as u64 - won;
    said.outcomes = document::Known {
        won: shown(won, watched.k),
        lost: shown(lost, watched.k),
    };
    if won.min(lost) >= LEAST_OF_EITHER.max(watched.k) {
        let of = |it: fn(&Outcome) -> f64| window.judged.iter().map(it).collect::<Vec<f64>>();
        let outcome: Vec<bool> = window.judged.iter().map(|it| it.won).collect();
        let people: Vec<u32> = window.judged.iter().map(|it| it.person).collect();
        let judged = Judged::new(&of(|it| it.probability), &outcome, &people);
        said.realised = Some(document::Realised {
            metrics: judged.metrics(watched.seed),
            reliability: judged.curves(watched.k as u32).reliability,
        });
    }
    if enough {
        drift::measure(watched, &window.census, &mut said);
    }
    said.judge(watched, enough);
    said
}

impl Watched<'_> {
    /// The fewest leads of which anything is said.
    fn least(&self) -> u64 {
        u64::from(self.limits.min_leads).max(self.k)
    }
}

/// A count, unless it stands for somebody and for too few.
fn shown(count: u64, k: u64) -> Option<u64> {
    (!(1..k).contains(&count)).then_some(count)
}
