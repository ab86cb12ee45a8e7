//! How far each proposal of a run has come: a fold over the ledger's acts, in the order in which they were recorded.
//!
//! What stands here is believed only under the signature of the person of that
//! day's policy: nobody who holds the machine's keys can decide for them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use super::book::segments;
use crate::decision::{Band, Decision, DecisionNumber, Opinion, Proposal, Review, SignedOff};
use crate::digest::Digest;
use crate::event::{self, Act, Control};
use crate::ledger::entry::SignOff;
use crate::ledger::record::actor;
use crate::ledger::{Entry, RunId, SegmentId};
use crate::name::Token;
use crate::policy::{Person, Policy};
use crate::workspace::Workspace;
use crate::workspace::error::Error;
use crate::workspace::explain::policy_of;
use crate::workspace::journal::{Placed, View};
use crate::workspace::person;
use crate::workspace::state::{State, Told, Which};

/// How far a proposal has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has decided it. A planted case that waits for its answer is one of these, so that no release tells which they are.
    Undecided,
    /// Validated, or given another band, by somebody who let a planted case of this run through: it waits for somebody else.
    Unseen {
        /// Who decided it.
        reviewer: Token,
    },
    /// Decided: what it may be used as, who said so, how and when. A [`Decision`] with a band may be released.
    Decided(Decision),
    /// Rejected: never to be used. The decision has no band.
    Rejected(Decision),
    /// A person contests it, and nobody but who decided it before has looked since.
    Contested {
        /// Who may not decide it again.
        but: BTreeSet<Token>,
    },
}

/// What became of every proposal of a run.
#[derive(Clone, Debug)]
pub struct Decisions {
    run: RunId,
    /// Decision numbers of the run's proposals, and how its bands are coded.
    placed: Vec<Part>,
    /// Decisions about which something was recorded.
    touched: BTreeMap<u64, Touched>,
    signed_off: Option<SignedOff>,
    /// Those who let a planted case of this run through.
    missed: BTreeSet<Token>,
}

/// The numbers of a segment's proposals, and the codes of its bands.
type Part = (Range<u64>, Vec<(u8, Token)>);

/// What was recorded about a decision, put together.
#[derive(Clone, Debug, Default)]
struct Touched {
    last: Option<Review>,
    /// Waits for somebody else than these.
    contested: bool,
    /// Whoever decided it before it was contested.
    but: BTreeSet<Token>,
}

/// What became of the proposals of a run; `state` has caught up with `view`.
pub fn decisions(
    ws: &Workspace,
    view: &View,
    state: &State,
    run: RunId,
) -> Result<Decisions, Error> {
    let mut found = Decisions {
        run,
        placed: segments(view, run).filter_map(range).collect(),
        touched: BTreeMap::new(),
        signed_off: None,
        missed: BTreeSet::new(),
    };
    let mut people = People::new(ws, view);
    let signed = signed_off(view, run);
    let acts = acts_of(view, state, run)?;
    for (_, told) in &acts {
        found.note_missed(told, &mut people);
    }
    let before = |index: u64| signed.is_some_and(|(at, _)| index < at);
    for (index, told) in &acts {
        if before(*index) {
            found.take(told, &mut people);
        }
    }
    if let Some((_, entry)) = signed {
        found.signed_off = people.signed_off(entry);
    }
    for (index, told) in &acts {
        if !before(*index) {
            found.take(told, &mut people);
        }
    }
    Ok(found)
}

/// The acts about a run's proposals, each with the number of its segment's entry, in the order of the log.
pub(super) fn acts_of(view: &View, state: &State, run: RunId) -> Result<Vec<(u64, Told)>, Error> {
    let mut indices: HashMap<SegmentId, u64> = HashMap::new();
    for placed in view.segments() {
        indices.insert(placed.entry.id, placed.index);
    }
    let mut acts: Vec<(u64, Told)> = Vec::new();
    for (numbers, _) in segments(view, run).filter_map(range) {
        for told in state.acts(Which::Decisions(numbers.start, numbers.end))? {
            // An act whose segment is gone is one that the desk has not forgotten yet.
            if let Some(index) = indices.get(&SegmentId(told.event.segment)) {
                acts.push((*index, told));
            }
        }
    }
    acts.sort_by_key(|(index, told)| (*index, told.event.row));
    Ok(acts)
}

fn range(placed: &Placed) -> Option<Part> {
    let first = placed.first?;
    let numbers = first..first + u64::from(placed.entry.rows);
    Some((numbers, placed.entry.outcomes.clone()))
}

/// The sign-off of a run and the number of its entry.
pub(super) fn signed_off(view: &View, run: RunId) -> Option<(u64, &SignOff)> {
    view.entries().find_map(|(index, entry)| match entry {
        Entry::SignOff(it) if it.run == run => Some((index, it)),
        _ => None,
    })
}

/// Those who acted, as the policies of those days know them.
pub(super) struct People<'a> {
    ws: &'a Workspace,
    view: &'a View,
    policies: HashMap<Digest, Policy>,
}

impl<'a> People<'a> {
    /// Nobody asked for yet.
    pub(super) fn new(ws: &'a Workspace, view: &'a View) -> Self {
        Self {
            ws,
            view,
            policies: HashMap::new(),
        }
    }

    /// The policy of the day on which a segment was recorded.
    pub(super) fn policy_of_segment(&mut self, segment: SegmentId) -> Option<&Policy> {
        let digest = self.view.placed(segment)?.entry.policy;
        Some(self.policy(digest))
    }

    fn policy(&mut self, digest: Digest) -> &Policy {
        self.policies
            .entry(digest)
            .or_insert_with(|| policy_of(self.ws, self.view, digest))
    }

    /// Who did and signed this, by the policy of that day.
    pub(super) fn signer(&mut self, told: &Told) -> Option<Person> {
        let policy = self.policy_of_segment(SegmentId(told.event.segment))?;
        let who = policy
            .people
            .iter()
            .find(|person| actor(&person.id) == told.event.actor)?;
        let by = person::verifier(who).ok()?;
        event::is_signed(&told.event, &by).then(|| who.clone())
    }

    /// The sign-off, where the reviewer who is said to have given it signed it.
    pub(super) fn signed_off(&mut self, entry: &SignOff) -> Option<SignedOff> {
        let policy = self.policy(entry.policy);
        let who = policy.person(entry.actor.as_str())?;
        let by = person::verifier(who).ok()?;
        let signed = by.signed(entry.signed_text().as_bytes(), &entry.signature.0);
        signed
            .then(|| SignedOff::recorded(who, entry.time.0).ok())
            .flatten()
    }
}

impl Decisions {
    /// The run.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// Who signed the run off, if somebody did.
    #[must_use]
    pub fn signed_off(&self) -> Option<&SignedOff> {
        self.signed_off.as_ref()
    }

    /// Whether somebody let a planted case of this run through.
    #[must_use]
    pub fn has_missed(&self, person: &Token) -> bool {
        self.missed.contains(person)
    }

    /// Decision numbers about which something was recorded and not answered: contested, waiting for a second reviewer.
    pub fn contested(&self) -> impl Iterator<Item = u64> {
        let waiting = |(number, it): (&u64, &Touched)| it.contested.then_some(*number);
        self.touched.iter().filter_map(waiting)
    }

    /// How far a proposal of this run has come; [`Standing::Undecided`] of any other.
    #[must_use]
    pub fn stands(&self, proposal: &Proposal) -> Standing {
        let number = proposal.decision().0;
        if !self.placed.iter().any(|(all, _)| all.contains(&number)) {
            return Standing::Undecided;
        }
        let touched = self.touched.get(&number);
        if let Some(it) = touched.filter(|it| it.contested) {
            return Standing::Contested {
                but: it.but.clone(),
            };
        }
        let own = touched.and_then(|it| it.last.clone());
        let unseen = |it: &Review| self.missed.contains(it.reviewer());
        let review = match (own, &self.signed_off) {
            (Some(own), run) if unseen(&own) => match (own.opinion(), run) {
                (Opinion::Rejected { .. }, _) => own,
                (Opinion::Validated, Some(run)) => Review::signed_off(run),
                _ => {
                    let reviewer = own.reviewer().clone();
                    return Standing::Unseen { reviewer };
                }
            },
            (Some(own), _) => own,
            (None, Some(run)) => Review::signed_off(run),
            (None, None) => return Standing::Undecided,
        };
        let decision = proposal.clone().decided_by(review);
        match decision.band() {
            Some(_) => Standing::Decided(decision),
            None => Standing::Rejected(decision),
        }
    }

    fn note_missed(&mut self, told: &Told, people: &mut People<'_>) {
        if control(told) == Some(Control::Missed)
            && let Some(who) = people.signer(told)
        {
            self.missed.insert(who.id);
        }
    }

    fn take(&mut self, told: &Told, people: &mut People<'_>) {
        let Some(number) = told.event.decision else {
            return;
        };
        let opinion = match Act::of(&told.event) {
            Some(Act::Contested { .. }) => {
                let decider = self.decider(number);
                let touched = self.touched.entry(number).or_default();
                touched.contested = true;
                touched.but.extend(decider);
                return;
            }
            // An answer to a planted case decides nothing.
            Some(Act::Validated { control: None }) => Opinion::Validated,
            Some(Act::Rejected {
                reason,
                control: None,
            }) => Opinion::Rejected { reason },
            Some(Act::Overridden {
                band,
                reason,
                control: None,
            }) => match self.coded(number, &band) {
                Some(band) => Opinion::Overridden { band, reason },
                None => return,
            },
            _ => return,
        };
        let Some(who) = people.signer(told) else {
            return;
        };
        let Ok(review) = Review::by(&who, opinion, told.event.time) else {
            return;
        };
        let touched = self.touched.entry(number).or_default();
        if !touched.but.contains(&who.id) {
            touched.last = Some(review);
            touched.contested = false;
        }
    }

    /// Who decided it last.
    fn decider(&self, number: u64) -> Option<Token> {
        let own = self.touched.get(&number).and_then(|it| it.last.as_ref());
        own.map(|it| it.reviewer().clone())
            .or_else(|| self.signed_off.as_ref().map(|it| it.reviewer().clone()))
    }

    /// The code of a band in the table of the decision's own segment.
    pub(super) fn coded(&self, number: u64, band: &Token) -> Option<Band> {
        let (_, outcomes) = self.placed.iter().find(|(all, _)| all.contains(&number))?;
        let (code, _) = outcomes.iter().find(|(_, name)| name == band)?;
        Some(Band(*code))
    }

    /// The id of a proposal's band, by the table of its own segment.
    pub(super) fn named(&self, number: u64, band: Band) -> String {
        let of = |(all, outcomes): &Part| {
            let mut outcomes = outcomes.iter().filter(|_| all.contains(&number));
            outcomes
                .find(|(code, _)| *code == band.0)
                .map(|it| it.1.to_string())
        };
        self.placed
            .iter()
            .find_map(of)
            .unwrap_or_else(|| band.0.to_string())
    }

    /// Who may not review this decision, since they decided it before it was contested.
    pub(super) fn is_excluded(&self, number: DecisionNumber, person: &Token) -> bool {
        let touched = self.touched.get(&number.0);
        touched.is_some_and(|it| it.but.contains(person))
    }
}

/// What an act proved of a planted case.
pub(super) fn control(told: &Told) -> Option<Control> {
    match Act::of(&told.event)? {
        Act::Validated { control }
        | Act::Rejected { control, .. }
        | Act::Overridden { control, .. } => control,
        _ => None,
    }
}
