//! The proposals of a run as they stand today: the score of each, its band, and what people made of it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::decision::{Band, Decision, DecisionNumber, Proposal as Proposed};
use crate::ledger::entry::Run;
use crate::ledger::{Prediction, Replay as _, SegmentKind};
use crate::name::Token;
use crate::release::Stage;
use crate::workspace::Workspace;
use crate::workspace::error::Error;
use crate::workspace::journal::{Leaf, View};
use crate::workspace::models;
use crate::workspace::review::{Standing, decisions};
use crate::workspace::state::State;

/// A proposal, and what people made of it.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Its number.
    pub decision: u64,
    /// The score, in parts per million.
    pub score: u32,
    /// The article that it was scored on.
    pub article: Arc<Token>,
    /// The band that was decided; the proposed one until somebody decides.
    pub band: Arc<Token>,
    /// How far people have come.
    pub stage: Stage,
    /// What a person decided, where one did.
    pub decided: Option<Decision>,
}

/// Names by their codes in a segment's tables.
type Names = HashMap<u8, Arc<Token>>;

/// The proposals of a run that are not erased, by pseudonym.
pub fn of_run(
    ws: &Workspace,
    view: &View,
    state: &State,
    run: &Run,
) -> Result<HashMap<[u8; 16], Proposal>, Error> {
    let model = models::load(ws, view, run.model.0)?;
    let decisions = decisions(ws, view, state, run.run)?;
    let mut found = HashMap::new();
    for placed in view
        .of_run(run.run)
        .filter(|placed| placed.entry.kind == SegmentKind::Proposals)
    {
        let first = placed.first.unwrap_or(0);
        let shared = |name: &Token| Arc::new(name.clone());
        let bands = placed.entry.outcomes.iter();
        let bands: Names = bands.map(|(code, name)| (*code, shared(name))).collect();
        let articles = placed.entry.basis.iter();
        let articles: Names = articles
            .map(|(code, basis)| (*code, shared(&basis.article)))
            .collect();
        view.leaves(placed, Some(&model.replay), |leaf| {
            let Leaf::Record { bytes, .. } = leaf else {
                return Ok(());
            };
            let record = Prediction::decode(bytes, model.replay.widths())?;
            let decision = first + u64::from(record.row);
            let proposed = Proposed::new(DecisionNumber(decision), Band(record.outcome));
            let (stage, decided) = match decisions.stands(&proposed) {
                Standing::Decided(decided) => (Stage::Decided, Some(decided)),
                Standing::Rejected(_) => (Stage::Rejected, None),
                Standing::Contested { .. } => (Stage::Contested, None),
                Standing::Unseen { .. } => (Stage::Unseen, None),
                Standing::Undecided => (Stage::Undecided, None),
            };
            let band = decided.as_ref().and_then(Decision::band);
            let band = bands.get(&band.map_or(record.outcome, |band| band.0));
            let (Some(band), Some(article)) = (band, articles.get(&record.basis)) else {
                return Ok(());
            };
            found.insert(
                record.pseudonym,
                Proposal {
                    decision,
                    score: record.score,
                    article: Arc::clone(article),
                    band: Arc::clone(band),
                    stage,
                    decided,
                },
            );
            Ok::<(), Error>(())
        })?;
    }
    Ok(found)
}
