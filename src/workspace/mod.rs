//! The hands: what touches the disk, the clock and the machine's randomness, one file per use case.
//!
//! Rooms decide, the workspace does. Each use case reads what it needs, asks
//! the rooms, has the ledger record the outcome, and only then returns it.

pub mod disk;
pub mod error;
pub mod journal;

mod acts;
mod anchor;
mod ask;
mod assessment;
mod backup;
mod bundle;
mod check;
mod columns;
mod compare;
mod consents;
mod desk;
mod doctor;
mod erasure;
mod examine;
mod explain;
mod export;
mod export_sql;
mod fairness;
mod files;
mod gather;
mod handed;
mod init;
mod keys;
mod log;
mod met;
mod models;
mod monitor;
mod night;
mod outcomes;
mod output;
mod person;
mod place;
mod record;
mod release;
mod replay;
mod reproduction;
mod restore;
mod review;
mod rulings;
mod runs;
mod score;
mod sheet;
mod signed;
mod state;
mod suppressed;
mod tally;
mod train;
mod trend;
mod unlinked;
mod witness;

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, Utc};

use crate::law::{self, Pack};
use crate::ledger::Time;
use crate::name::{Token, nearest};
use crate::policy::{self, Person, Policy, Purpose, Right, Tool, Unfit};

pub use anchor::{
    Accepted, AnchorLine, Kept, accept_rollback, add as add_anchor, carry, list as list_anchors,
};
pub use ask::{Asked, ask_authority, ask_witness};
pub use assessment::{Lack, Signed, Unassessed, sign as sign_assessment};
pub use backup::{
    BackedUp, Error as BackupError, RestoreRequest, Restored, back_up, restore as restore_backup,
};
pub use bundle::{BundleRequest, HandedOver, Refusal, Selection, bundle};
pub use check::{Checked, ColumnReport, check};
pub use compare::{CompareRequest, Compared, compare};
pub use doctor::{Condition, Health, Line, Part, Rebuilt, examine, rebuild};
pub use erasure::{
    Ask, Batch, FileDone, Objected, Orphan, Receipt, RequestLine, Taken, ask as erase, gc, lift,
    list as list_requests, object, preview as preview_batch, purge, receipt, restrict,
};
pub use error::Error;
pub use examine::{AnchorVerdict, Anchored, Examined};
pub use explain::{Answer, Evidence, Explained, Question, explain};
pub use export_sql::{SqlExported, SqlRequest, export_sql};
pub use fairness::{FairnessRequest, Judged, Refusal as FairnessRefusal, fairness};
pub use handed::{HandOver, recipients};
pub use init::{Initialised, init, keep_demo, sign_demo, stage_demo};
pub use keys::{
    Destroyed, KeyList, RecoveryMade, Refusal as KeyRefusal, Rewrapped, Rotated,
    destroy as destroy_period, list as list_keys, make_recovery, rewrap as rewrap_keys,
    rotate as rotate_period,
};
pub use log::{EntryLine, Size, Trouble, Verdict, entries, entry, stats, verify};
pub use models::{
    Asked as StepAsked, Listed, Refusal as ModelRefusal, ScoredThen, Stage, StandsFor, StepDone,
    StepRequest, activate, approve, at as models_at, list as list_models, reject, retire, rollback,
    show as show_model,
};
pub use models::{CardRequest, CardWritten, card_today};
pub use monitor::{MonitorRequest, Watching, monitor};
pub use outcomes::{Learned, OutcomesRequest, outcomes};
pub use person::{KeyMade, make_key};
pub use place::Refusal as PlaceRefusal;
pub use release::{
    HeldCount, Refusal as ReleaseRefusal, ReleaseLine, ReleaseRequest, Released, Why, WhyQuestion,
    list as list_releases, release, why,
};
pub use replay::{Replayer, ruler};
pub use reproduction::{
    Reason as ReproductionReason, Reproduction, RowsAre, ThenAndNow, VerifyRequest, verify_model,
};
pub use review::{
    Contest, Contested, Filter, Given, ListRequest, Listed as ListedProposals, OpinionRequest,
    Refusal as ReviewRefusal, Row as ReviewRow, Said as Opinion, ShowRequest,
    Shown as ShownProposal, SignOffDone, SignOffRequest, Status, contest, list as list_proposals,
    review, sentence as review_sentence, show as show_proposal, sign_off,
};
pub use rulings::{Changes, Counted, Said, diff as law_diff};
pub use runs::{RunLine, list as list_runs, show as show_run};
pub use score::{Request, score};
pub use state::Error as StateError;
pub use tally::{BandCount, ConsentCount, FeatureCount, ReasonCount, RefusalCount, RunReport};
pub use train::{CvReport, TrainRequest, Trained, cross_validate, train};
pub use trend::{TrendQuestion, trend};
pub use unlinked::Unlinked;
pub use witness::{Cosigned, Remembered, Shown, cosign, show as show_witness};

use disk::Disk;
use journal::Entropy;

/// What was recorded before it is shown: only the workspace makes one, after the ledger has synced.
#[derive(Clone, Debug)]
pub struct Recorded<T>(T);

impl<T> Deref for Recorded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// What the world gives a use case: the disk, the time and randomness. Tests bring their own.
pub struct World {
    /// Where bytes go.
    pub disk: Disk,
    /// The time, fixed for the whole command.
    pub now: Time,
    /// Where unpredictable bytes come from.
    pub entropy: Entropy,
}

impl World {
    /// The machine's own.
    #[must_use]
    pub fn real() -> Self {
        Self {
            disk: Disk::new(),
            now: Time(Utc::now().timestamp()),
            entropy: Entropy::os(),
        }
    }
}

/// How far a long command has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Rows read so far; and, where it is known, the share of the input read.
    Rows {
        /// Rows.
        done: u64,
        /// From 0 to 1.
        share: Option<f64>,
    },
    /// A step of a training.
    Training(crate::model::train::Progress),
}

/// Whoever wants to know.
pub type Watch<'a> = &'a (dyn Fn(Progress) + Sync);

/// A folder with a policy in it.
pub struct Workspace {
    root: PathBuf,
    policy: Policy,
    policy_text: String,
}

/// The name of the policy file.
pub const POLICY: &str = "probant.toml";

/// The version of the program, as the ledger names it.
#[must_use]
pub fn binary() -> Token {
    env!("CARGO_PKG_VERSION")
        .parse()
        .expect("a version is digits, dots and letters")
}

/// The law pack with this id.
pub fn law_pack(id: &str) -> Result<Pack, Error> {
    let known: Vec<String> = law::packs().map(|it| it.id().to_string()).collect();
    law::builtin(id).ok_or_else(|| Error::Unknown {
        what: "law pack",
        name: id.to_owned(),
        near: nearest(id, known.iter().map(String::as_str)).map(str::to_owned),
    })
}

impl Workspace {
    /// The workspace at `root`, its policy read and checked.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let path = root.join(POLICY);
        let policy_text = fs::read_to_string(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::NoWorkspace {
                at: root.to_owned(),
            },
            std::io::ErrorKind::InvalidData => Error::PolicyEncoding,
            _ => Error::Read { path, source },
        })?;
        let policy = policy::parse(&policy_text)?;
        Ok(Self {
            root: root.to_owned(),
            policy,
            policy_text,
        })
    }

    /// The nearest folder from `from` upwards that holds a policy.
    pub fn locate(from: &Path) -> Result<PathBuf, Error> {
        from.ancestors()
            .find(|folder| folder.join(POLICY).is_file())
            .map(Path::to_owned)
            .ok_or_else(|| Error::NoWorkspace {
                at: from.to_owned(),
            })
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Its policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The purpose asked for, or the only one.
    fn purpose(&self, asked: Option<&str>) -> Result<&Purpose, Error> {
        let known = || {
            self.policy
                .purposes
                .iter()
                .map(|purpose| purpose.id.as_str())
        };
        match asked {
            Some(id) => self.policy.purpose(id).ok_or_else(|| Error::Unknown {
                what: "purpose",
                name: id.to_owned(),
                near: nearest(id, known()).map(str::to_owned),
            }),
            None => match &self.policy.purposes[..] {
                [only] => Ok(only),
                _ => Err(Error::Which {
                    what: "purpose",
                    option: "--purpose",
                    known: known().map(str::to_owned).collect(),
                }),
            },
        }
    }

    /// The person with this id.
    fn person_by_id(&self, id: &str) -> Result<&Person, Error> {
        let known = self.policy.people.iter().map(|person| person.id.as_str());
        self.policy.person(id).ok_or_else(|| Error::Unknown {
            what: "person",
            name: id.to_owned(),
            near: nearest(id, known).map(str::to_owned),
        })
    }

    /// The law pack that the policy names.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "whoever asks expects to be refused"
    )]
    fn pack(&self) -> Result<Pack, Error> {
        Ok(self.policy.pack())
    }

    /// Who does what only some may do: the person asked for, or the only one whose work it is; refused to whoever may not.
    ///
    /// The one place where the table of rights is asked. Where nobody is named, the first role of the right that
    /// anybody has decides, so that a nightly job needs no name.
    fn may(&self, asked: Option<&str>, right: Right) -> Result<&Person, Error> {
        let refused = |person: Option<&Person>| Error::MayNot {
            person: person.map(|person| person.id.to_string()),
            right,
            roles: self.policy.rights.roles(right),
        };
        if let Some(id) = asked {
            let person = self.person_by_id(id)?;
            let may = self.policy.rights.allow(person, right);
            return may.then_some(person).ok_or_else(|| refused(Some(person)));
        }
        let people = &self.policy.people;
        let able = self
            .policy
            .rights
            .roles(right)
            .into_iter()
            .find_map(|role| {
                let able: Vec<&Person> = people
                    .iter()
                    .filter(|it| it.roles.contains(&role))
                    .collect();
                (!able.is_empty()).then_some(able)
            });
        match able.as_deref() {
            None => Err(refused(None)),
            Some([only]) => Ok(only),
            Some(several) => Err(Error::Which {
                what: "person",
                option: "--as",
                known: several.iter().map(|person| person.id.to_string()).collect(),
            }),
        }
    }

    /// The civil date of `now` in the policy's zone.
    fn civil_date(&self, now: Time) -> NaiveDate {
        chrono::DateTime::from_timestamp(now.0, 0)
            .unwrap_or_default()
            .with_timezone(&self.policy.controller.time_zone)
            .date_naive()
    }

    /// The tools to which nothing may be handed today, and why not.
    #[must_use]
    pub fn tools_unfit(&self, now: Time) -> Vec<(&Tool, Unfit)> {
        let today = self.civil_date(now);
        let tools = self.policy.tools.iter();
        tools
            .filter_map(|tool| Some((tool, tool.unfit(today)?)))
            .collect()
    }

    fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    fn state(&self) -> Result<state::State, Error> {
        Ok(state::State::open(&self.root.join("state.db"))?)
    }
}
