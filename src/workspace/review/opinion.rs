//! Validate, override, reject: what a person made of proposals that they opened.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::book::{Seat, reviewer, run_of};
use super::opened::{about, proposal, run_of_decision, standing_row};
use super::planted::{Drawn, drawn};
use super::refusal::Refusal;
use super::standing::{Decisions, decisions};
use crate::decision::DecisionNumber;
use crate::event::{Act, Circumstances, Control, note_commitment};
use crate::ledger::RunId;
use crate::name::{Token, nearest};
use crate::policy::{REVIEW, Right};
use crate::workspace::acts::{self, Doing};
use crate::workspace::error::Error;
use crate::workspace::journal::{Commit, View};
use crate::workspace::person::Signer;
use crate::workspace::{Recorded, Workspace, World, erasure};

/// What a person thinks of proposals.
#[derive(Clone, Debug)]
pub enum Given {
    /// They stand.
    Validate,
    /// Another band, and why.
    Override {
        /// The band's id.
        band: String,
        /// The reason's id or code.
        reason: String,
    },
    /// Not to be used, and why.
    Reject {
        /// The reason's id or code.
        reason: String,
    },
}

/// What is said of which decisions, by whom.
#[derive(Clone, Debug)]
pub struct OpinionRequest {
    /// The decisions' numbers.
    pub decisions: Vec<u64>,
    /// What is said.
    pub given: Given,
    /// In their own words; kept beside the ledger, which holds a commitment.
    pub note: Option<String>,
    /// Who: a reviewer of the policy.
    pub person: String,
    /// The secret half of their key.
    pub key: PathBuf,
}

/// What was recorded.
#[derive(Clone, Debug, Serialize)]
pub struct Said {
    /// Of this document.
    pub schema_version: u32,
    /// `validated`, `overridden` or `rejected`.
    pub opinion: &'static str,
    /// Of which decisions.
    pub decisions: Vec<u64>,
    /// The band, where it is another.
    pub band: Option<String>,
    /// The reason's id, where one was given.
    pub reason: Option<String>,
    /// By whom.
    pub person: String,
    /// Decisions among them that were planted: their band was a wrong one. Open them again, they are shown truly now.
    pub planted: Vec<u64>,
}

/// The opinion with its band and its reason known.
enum Known {
    Validate,
    Override { band: Token, reason: u16 },
    Reject { reason: u16 },
}

/// What a person has seen and may say in one run.
struct Desk {
    seat: Seat,
    drawn: Drawn,
    decisions: Decisions,
}

/// Records a person's opinion of each decision, all or none.
pub fn review(
    ws: &Workspace,
    world: &mut World,
    request: &OpinionRequest,
) -> Result<Recorded<Said>, Error> {
    let person = reviewer(ws, world, &request.person, Right::Review)?
        .id
        .clone();
    let (known, reason) = known(ws, &request.given)?;
    let signer = Signer::open(ws, &person, &request.key)?;
    let mut writer = erasure::writer(ws, world)?;
    let mut numbers = request.decisions.clone();
    numbers.sort_unstable();
    numbers.dedup();
    let mut desks = desks(ws, world, writer.view(), &numbers, &person)?;
    let mut doing = Vec::with_capacity(numbers.len());
    let mut planted = Vec::new();
    for number in &numbers {
        let run = run_of_decision(writer.view(), *number)?;
        run_of(writer.view(), run)?; // of a trial nothing is decided
        let desk = desks.get_mut(&run).expect("each run was given a desk");
        let (act, shown) = desk.act(ws, world, *number, &known, &person, writer.view())?;
        if control(&act).is_some() {
            planted.push(*number);
        }
        doing.push(signed(
            ws,
            world,
            writer.view(),
            (*number, &act, shown),
            request,
            &signer,
        )?);
    }
    acts::record(ws, world, &mut writer, Commit::default(), doing)?;
    Ok(Recorded(Said {
        schema_version: 1,
        opinion: match known {
            Known::Validate => "validated",
            Known::Override { .. } => "overridden",
            Known::Reject { .. } => "rejected",
        },
        decisions: numbers,
        band: match &known {
            Known::Override { band, .. } => Some(band.to_string()),
            _ => None,
        },
        reason,
        person: person.to_string(),
        planted,
    }))
}

fn control(act: &Act) -> Option<Control> {
    match act {
        Act::Validated { control }
        | Act::Rejected { control, .. }
        | Act::Overridden { control, .. } => *control,
        _ => None,
    }
}

/// The opinion in the policy's own words, and the reason's id.
fn known(ws: &Workspace, given: &Given) -> Result<(Known, Option<String>), Error> {
    let coded = |asked: &str| {
        let ids = ws.policy.reasons.iter().map(|it| it.id.as_str());
        let found = ws.policy.reason(asked).ok_or_else(|| Error::Unknown {
            what: "reason",
            name: asked.to_owned(),
            near: nearest(asked, ids).map(str::to_owned),
        })?;
        Ok::<_, Error>((found.code, Some(found.id.to_string())))
    };
    Ok(match given {
        Given::Validate => (Known::Validate, None),
        Given::Reject { reason } => {
            let (reason, id) = coded(reason)?;
            (Known::Reject { reason }, id)
        }
        Given::Override { band, reason } => {
            let (reason, id) = coded(reason)?;
            let known = ws.policy.bands.iter().map(|it| it.id.as_str());
            let unknown = || Error::Unknown {
                what: "band",
                name: band.clone(),
                near: nearest(band, known).map(str::to_owned),
            };
            let band = band.parse::<Token>().map_err(|_| unknown())?;
            (Known::Override { band, reason }, id)
        }
    })
}

/// What the person has seen, of each run that these decisions are of.
fn desks(
    ws: &Workspace,
    world: &mut World,
    view: &View,
    numbers: &[u64],
    person: &Token,
) -> Result<BTreeMap<RunId, Desk>, Error> {
    let mut state = ws.state()?;
    acts::catch_up(&mut state, view)?;
    let mut desks = BTreeMap::new();
    for number in numbers {
        let run = run_of_decision(view, *number)?;
        if desks.contains_key(&run) {
            continue;
        }
        let seat = Seat::of(ws, view, &state, run, person)?;
        let drawn = drawn(ws, world, view, &mut state, run, Some((person, &seat)))?;
        let decisions = decisions(ws, view, &state, run)?;
        desks.insert(
            run,
            Desk {
                seat,
                drawn,
                decisions,
            },
        );
    }
    Ok(desks)
}

impl Desk {
    /// The act that this opinion of a decision is, and the digest of what the person saw.
    fn act(
        &self,
        ws: &Workspace,
        world: &World,
        number: u64,
        known: &Known,
        person: &Token,
        view: &View,
    ) -> Result<(Act, [u8; 32]), Error> {
        let case = self.seat.waiting(&self.drawn.planted, number);
        if self.decisions.is_excluded(DecisionNumber(number), person) {
            return Err(Refusal::SecondReviewer {
                decision: number,
                person: person.clone(),
            }
            .into());
        }
        let shown = self.look(ws, world, number, person)?;
        let (placed, row) = standing_row(view, number)?;
        let found = case.map(|_| Control::Found);
        let act = match known {
            Known::Validate => {
                self.may_let_out(ws, world, person)?;
                let control = case.map(|_| Control::Missed);
                Act::Validated { control }
            }
            Known::Reject { reason } => Act::Rejected {
                reason: *reason,
                control: found,
            },
            Known::Override { band, reason } => {
                self.may_let_out(ws, world, person)?;
                // Whoever decides has a band to name; that a person must judge is no decision.
                let code = self.decisions.coded(number, band);
                let code = code.filter(|_| band.as_str() != REVIEW);
                let code = code.ok_or_else(|| Error::Unknown {
                    what: "band",
                    name: band.to_string(),
                    near: None,
                })?;
                let (_, proposed) = proposal(ws, view, placed, row)?;
                let same = case.map_or(code.0 == proposed, |it| it.band == *band);
                if same {
                    return Err(Refusal::SameBand {
                        decision: number,
                        band: band.clone(),
                    }
                    .into());
                }
                Act::Overridden {
                    band: band.clone(),
                    reason: *reason,
                    control: found,
                }
            }
        };
        Ok((act, shown))
    }

    /// The digest of what the person saw of a decision, long enough ago to have read it.
    fn look(
        &self,
        ws: &Workspace,
        world: &World,
        number: u64,
        person: &Token,
    ) -> Result<[u8; 32], Refusal> {
        let least = ws.policy.oversight.seconds;
        let opened = self.seat.opened(&self.drawn.planted, number);
        let opened = opened.ok_or_else(|| Refusal::NotOpened {
            decision: number,
            person: person.clone(),
        })?;
        let since = world.now.0 - opened.time;
        if since < i64::from(least) {
            return Err(Refusal::TooSoon {
                decision: number,
                since,
                least,
            });
        }
        Ok(opened.shown)
    }

    /// Whether this person's word that leads may be used is worth something in this run.
    fn may_let_out(&self, ws: &Workspace, world: &World, person: &Token) -> Result<(), Refusal> {
        if self.decisions.has_missed(person) {
            return Err(Refusal::Missed {
                person: person.clone(),
                run: self.decisions.run().to_string(),
            });
        }
        let least = ws.policy.oversight.seconds;
        let reading = self.seat.reading(world.now.0, least);
        if !reading.is_reading() {
            return Err(Refusal::Pace {
                opened: reading.opened,
                seconds: reading.seconds,
                needed: reading.needed,
            });
        }
        Ok(())
    }
}

/// The act about a decision, signed, with its note.
fn signed(
    ws: &Workspace,
    world: &mut World,
    view: &View,
    (number, act, shown): (u64, &Act, [u8; 32]),
    request: &OpinionRequest,
    signer: &Signer,
) -> Result<Doing, Error> {
    let (placed, row) = standing_row(view, number)?;
    let (pseudonym, _) = proposal(ws, view, placed, row)?;
    let note = request.note.as_ref().map(|text| {
        let salt: [u8; 16] = world.entropy.bytes();
        (salt, text.clone())
    });
    let event = act.record(&Circumstances {
        event: world.entropy.bytes(),
        pseudonym,
        decision: Some(number),
        actor: signer.person.clone(),
        shown,
        time: world.now.0,
        note: note
            .as_ref()
            .map(|(salt, text)| note_commitment(salt, text)),
    })?;
    Ok(about(placed, signer.act(&event)?, note))
}
