//! The proposals of a run as they stand today: the score of each, its band, and what people made of it.

use std::collections::HashMap;

use crate::event::{Act, Control};
use crate::ledger::entry::Run;
use crate::ledger::{Prediction, Replay as _, SegmentKind};
use crate::name::Token;
use crate::release::Stage;
use crate::workspace::Workspace;
use crate::workspace::error::Error;
use crate::workspace::journal::{Leaf, View};
use crate::workspace::models;
use crate::workspace::state::{State, Told, Which};

/// A proposal, and what people made of it.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Its number.
    pub decision: u64,
    /// The score, in parts per million.
    pub score: u32,
    /// The article that it was scored on.
    pub article: Token,
    /// The band that was decided; the proposed one until somebody decides.
    pub band: Token,
    /// How far people have come.
    pub stage: Stage,
}

/// The proposals of a run that are not erased, by pseudonym.
pub fn of_run(
    ws: &Workspace,
    view: &View,
    state: &State,
    run: &Run,
) -> Result<HashMap<[u8; 16], Proposal>, Error> {
    let model = models::load(ws, view, run.model.0)?;
    let mut found = HashMap::new();
    for placed in view
        .of_run(run.run)
        .filter(|placed| placed.entry.kind == SegmentKind::Proposals)
    {
        let first = placed.first.unwrap_or(0);
        let names: HashMap<u8, &Token> = placed
            .entry
            .outcomes
            .iter()
            .map(|(code, name)| (*code, name))
            .collect();
        let articles: HashMap<u8, &Token> = placed
            .entry
            .basis
            .iter()
            .map(|(code, basis)| (*code, &basis.article))
            .collect();
        let stages = stages(state, first, first + u64::from(placed.entry.rows))?;
        view.leaves(placed, Some(&model.replay), |leaf| {
            let Leaf::Record { bytes, .. } = leaf else {
                return Ok(());
            };
            let record = Prediction::decode(bytes, model.replay.widths())?;
            let (Some(proposed), Some(article)) =
                (names.get(&record.outcome), articles.get(&record.basis))
            else {
                return Ok(());
            };
            let decision = first + u64::from(record.row);
            let (stage, band) = match stages.get(&decision) {
                Some((stage, band)) => (*stage, band.clone()),
                None => (Stage::Undecided, None),
            };
            found.insert(
                record.pseudonym,
                Proposal {
                    decision,
                    score: record.score,
                    article: (*article).clone(),
                    band: band.unwrap_or_else(|| (*proposed).clone()),
                    stage,
                },
            );
            Ok::<(), Error>(())
        })?;
    }
    Ok(found)
}

/// What people made of the decisions from the first number up to, but without, the second.
fn stages(
    state: &State,
    from: u64,
    to: u64,
) -> Result<HashMap<u64, (Stage, Option<Token>)>, Error> {
    let mut stages: HashMap<u64, (Stage, Option<Token>)> = HashMap::new();
    let mut times: HashMap<u64, i64> = HashMap::new();
    for Told { event, .. } in state.acts(Which::Decisions(from, to))? {
        let (Some(decision), Some(act)) = (event.decision, Act::of(&event)) else {
            continue;
        };
        let missed = |control: &Option<Control>| *control == Some(Control::Missed);
        let stage = match act {
            Act::Validated { control } if missed(&control) => continue,
            Act::Validated { .. } => (Stage::Decided, None),
            Act::Overridden { band, .. } => (Stage::Decided, Some(band)),
            Act::Rejected { .. } => (Stage::Rejected, None),
            Act::Contested { .. } => (Stage::Contested, None),
            _ => continue,
        };
        // Which of two acts of one second came first is not recorded: the stricter one counts.
        let tied = times.insert(decision, event.time) == Some(event.time);
        let before = stages.get(&decision).map(|it| it.0);
        if !(tied && stage.0 == Stage::Decided && before != Some(Stage::Decided)) {
            stages.insert(decision, stage);
        }
    }
    Ok(stages)
}
