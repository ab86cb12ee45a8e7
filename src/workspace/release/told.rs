//! The releases of the log, and why somebody was in one on its day.
//!
//! Everything comes from the record of that day, nothing from what is known
//! today; and whoever asks is recorded before they are answered.

use std::collections::BTreeMap;

use serde::Serialize;

use super::people::fact;
use crate::digest::{hex, sha256};
use crate::event::{self, Act, Circumstances, Message, Seen};
use crate::ledger::entry::Release as Entered;
use crate::ledger::text::EventId;
use crate::ledger::{Entry, Event, SegmentKind};
use crate::name::Token;
use crate::policy::Right;
use crate::pseudonym::normalise;
use crate::workspace::acts::{self, Doing};
use crate::workspace::error::Error;
use crate::workspace::journal::{Commit, View};
use crate::workspace::state::Which;
use crate::workspace::unlinked::Keys;
use crate::workspace::{KeyRefusal, Recorded, Workspace, World, erasure};

/// A release as the log has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReleaseLine {
    /// Its number in the order of the log, from 1.
    pub release: u64,
    /// Its name.
    pub event: String,
    /// UTC.
    pub time: String,
    /// Who did it.
    pub actor: String,
    /// The purpose.
    pub purpose: String,
    /// The run.
    pub run: String,
    /// The tool.
    pub tool: String,
    /// Its channel.
    pub channel: String,
    /// The class of the message.
    pub message: String,
    /// Leads that left.
    pub leads: u64,
}

/// Whose, and which release.
#[derive(Clone, Debug, Default)]
pub struct WhyQuestion {
    /// The identifier as the operator typed it.
    pub lead: String,
    /// The release's number.
    pub release: u64,
    /// For which stated purpose somebody asks.
    pub why: String,
    /// Who asks.
    pub person: String,
}

/// Why somebody was in a segment that day, or that they were not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// Of this document.
    pub schema_version: u32,
    /// The lead as it was typed.
    pub lead: String,
    /// The release.
    pub release: ReleaseLine,
    /// Whether the lead was in it.
    pub inside: bool,
    /// The decision about the lead in the run that was released; none where the run has no proposal for it.
    pub decision: Option<u64>,
    /// The band that was decided.
    pub band: Option<String>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When, in UTC.
    pub decided: Option<String>,
    /// `validated` or `overridden`.
    pub decided_as: Option<String>,
    /// `review` or `sign-off`.
    pub decided_way: Option<String>,
    /// The article that it left on.
    pub article: Option<String>,
    /// The ground's name in the law pack, for promotion.
    pub ground: Option<String>,
    /// The law pack that was asked that day.
    pub law: Option<String>,
    /// What was known of the person that day, consent included.
    pub facts: BTreeMap<String, String>,
}

impl ReleaseLine {
    fn of(number: u64, it: &Entered) -> Self {
        Self {
            release: number,
            event: it.event.to_string(),
            time: it.time.to_string(),
            actor: it.actor.to_string(),
            purpose: it.purpose.to_string(),
            run: hex(&it.run.0),
            tool: it.tool.to_string(),
            channel: it.channel.to_string(),
            message: it.message.to_string(),
            leads: it.leads,
        }
    }
}

fn releases(view: &View) -> impl Iterator<Item = (u64, &Entered)> {
    let entries = view.entries().filter_map(|(_, entry)| match entry {
        Entry::Release(it) => Some(it),
        _ => None,
    });
    (1..).zip(entries)
}

/// The number of a release.
pub fn number(view: &View, event: EventId) -> Option<u64> {
    let mut all = releases(view);
    all.find(|(_, it)| it.event == event).map(|it| it.0)
}

/// Every release of the log, oldest first.
pub fn list(ws: &Workspace) -> Result<Vec<ReleaseLine>, Error> {
    let view = View::open(&ws.root)?;
    Ok(releases(&view)
        .map(|(number, it)| ReleaseLine::of(number, it))
        .collect())
}

/// Why the lead was in this release, recorded as an access before it is answered.
pub fn why(
    ws: &Workspace,
    world: &mut World,
    question: &WhyQuestion,
) -> Result<Recorded<Why>, Error> {
    let person = ws.may(Some(&question.person), Right::Why)?.id.clone();
    let purpose = event::Why::of(&question.why).ok_or_else(|| Error::Usage {
        what: "no purpose is stated for looking at this record".to_owned(),
        hint: "`--why access-request`, or contest, review, quality, audit or support",
    })?;
    let purpose = purpose.name();
    let mut writer = erasure::writer(ws, world)?;
    let mut state = ws.state()?;
    acts::catch_up(&mut state, writer.view())?;
    let view = writer.view();
    let (number, release) = releases(view)
        .find(|(number, _)| *number == question.release)
        .ok_or_else(|| Error::Unknown {
            what: "release",
            name: question.release.to_string(),
            near: None,
        })?;
    let release = release.clone();
    let whose = Whose::find(ws, view, &release, &question.lead)?;
    let mut said = Why {
        schema_version: 1,
        lead: question.lead.clone(),
        release: ReleaseLine::of(number, &release),
        inside: false,
        decision: whose.decision,
        band: None,
        decided_by: None,
        decided: None,
        decided_as: None,
        decided_way: None,
        article: None,
        ground: None,
        law: None,
        facts: BTreeMap::new(),
    };
    let left = state
        .acts(Which::Person(&whose.pseudonym))?
        .into_iter()
        .find(|told| {
            matches!(Act::of(&told.event), Some(Act::Released { release: it, .. }) if it == release.event)
        });
    if let Some(told) = &left {
        said.inside = true;
        said.decision = told.event.decision;
        tell(view, &mut said, &told.event);
    }
    // Of somebody whom the run does not know there is no record to be read.
    if left.is_some() || whose.decision.is_some() {
        let shown = serde_json::to_vec(&said).unwrap_or_default();
        let act = Act::Accessed {
            what: Seen::Explanation,
            why: purpose,
        };
        let around = Circumstances {
            event: world.entropy.bytes(),
            pseudonym: whose.pseudonym,
            decision: said.decision,
            actor: person,
            shown: sha256(&[&shown]),
            time: world.now.0,
            note: None,
        };
        let doing = Doing {
            kid: whose.kid,
            purpose: release.purpose.clone(),
            schema: None,
            retention: None,
            event: act.record(&around)?,
            note: None,
        };
        acts::record(ws, world, &mut writer, Commit::default(), vec![doing])?;
    }
    Ok(Recorded(said))
}

/// A person in the run that was released.
struct Whose {
    kid: Token,
    pseudonym: [u8; 16],
    /// The number of the run's proposal about them.
    decision: Option<u64>,
}

impl Whose {
    fn find(ws: &Workspace, view: &View, release: &Entered, lead: &str) -> Result<Self, Error> {
        let (_, id_type) = ws.policy.identifier();
        let normal = normalise(id_type, lead)?;
        let of_run = || {
            view.of_run(release.run)
                .filter(|placed| placed.entry.kind == SegmentKind::Proposals)
        };
        let kid = of_run()
            .next()
            .map_or_else(|| view.kid().clone(), |placed| placed.entry.kid.clone());
        let mut keys = Keys::of(view, id_type);
        let Some(key) = keys.key(&kid, &release.purpose)? else {
            let unlinked = keys.unlinked();
            return Err(KeyRefusal::Unlinked { unlinked }.into());
        };
        let pseudonym = key.pseudonym(&normal).0;
        let held = view.restricted()?;
        let mut decision = None;
        for placed in of_run() {
            for row in view.find(&pseudonym, placed)? {
                if held
                    .get(&placed.entry.id)
                    .is_some_and(|rows| rows.contains(&row))
                {
                    return Err(Error::Refused {
                        what: "this record is restricted (GDPR art. 18): it may be stored, and not used".to_owned(),
                        hint: "`probant subject lift LEAD --request REF` once the restriction ends",
                    });
                }
                decision = Some(placed.first.unwrap_or(0) + u64::from(row));
            }
        }
        Ok(Self {
            kid,
            pseudonym,
            decision,
        })
    }
}

/// What the record of a lead's release says.
fn tell(view: &View, said: &mut Why, event: &Event) {
    let own = |key: &str| fact(event, key).map(str::to_owned);
    (said.band, said.article, said.ground) = (own("band"), own("article"), own("ground"));
    (said.decided_as, said.decided_by) = (own("decided-as"), own("decided-by"));
    (said.decided, said.decided_way) = (own("decided-at"), own("decided-way"));
    if said.release.message == Message::Promotional.token() {
        let placed = view.segments().find(|it| it.entry.id.0 == event.segment);
        said.law = placed.and_then(|placed| {
            let text = String::from_utf8(view.document(&placed.entry.law).ok()?).ok()?;
            Some(crate::law::Pack::parse(&text).ok()?.id().to_string())
        });
    }
    if let Some(Act::Released { facts, .. }) = Act::of(event) {
        const OTHER: [&str; 4] = ["band", "article", "ground", "channel"];
        let other = |key: &str| OTHER.contains(&key) || key.starts_with("decided-");
        said.facts = facts
            .into_iter()
            .filter(|(key, _)| !other(key.as_str()))
            .map(|(key, value)| (key.to_string(), value))
            .collect();
    }
}
