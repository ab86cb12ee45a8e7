//! What was typed: the grammar of the command line.

mod diff;
mod fair;
mod models;
mod review;
mod trend;
mod watch;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

use crate::event::Why;
use crate::lang::Lang;
use crate::sql::Dialect;
use crate::workspace::{ReleaseRequest, RestoreRequest, WhyQuestion};

pub use diff::Diff;
pub use models::{ModelsVerb, Who};
pub use review::{By, ReviewVerb};
pub use trend::Trend;
pub use watch::{Monitor, Outcomes};

/// Scores sales leads on your own machine; every decision can be explained and proved.
#[derive(Debug, Parser)]
#[command(
    name = "probant",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    before_help = "Examples:\n  probant demo                             see the whole path on invented leads\n  probant init leads.csv                   draft a policy from an export\n  probant train leads.csv --as data-1 --key data-1.key      fit a candidate model\n  probant models approve @candidate --as dpo-1 --key dpo-1.key\n  probant models activate @candidate --as data-1 --key data-1.key\n  probant score tonight.csv --out scores.csv\n  probant explain L-1042 --why review      why this lead has this score\n  probant ledger verify --full             prove that nothing was changed\n"
)]
pub struct Typed {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options that every command takes.
    #[command(flatten)]
    pub common: Common,
}

/// Options that every command takes.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Workspace folder (default: the nearest folder upwards that holds probant.toml)
    #[arg(long, short = 'w', global = true, value_name = "DIR")]
    pub workspace: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Language of what is printed: fr or en (default: LANG)
    #[arg(long, global = true, value_name = "fr|en")]
    pub lang: Option<Lang>,
    /// Threads to use (default: one per core); never changes a result
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Plays the whole path on invented leads: train, activate, score, explain, erase, verify
    #[command(before_help = "Examples:\n  probant demo\n  probant demo --dir essai --lang fr\n")]
    Demo {
        /// Folder to create and leave for exploring
        #[arg(long, default_value = "demo", value_name = "DIR")]
        dir: PathBuf,
        /// Number of invented leads to train on
        #[arg(long, default_value_t = 20_000, value_name = "N")]
        leads: usize,
    },
    /// Creates a workspace and drafts its policy, from an export where one is given
    #[command(
        before_help = "Examples:\n  probant init leads.csv\n  probant init leads.parquet --lang fr\n"
    )]
    Init {
        /// An export to look at
        data: Option<PathBuf>,
    },
    /// Says what of an export would be read, what would be refused, and why
    #[command(before_help = "Examples:\n  probant check leads.csv\n")]
    Check {
        /// Exports (a pattern such as '*.csv' names several)
        #[arg(required = true)]
        data: Vec<PathBuf>,
        /// Proofs of consent, an act a line: lead, event (given, withdrawn), when, wording, source, act, scope
        #[arg(long, value_name = "FILE")]
        consents: Option<PathBuf>,
        /// Make undeclared columns an error
        #[arg(long)]
        strict: bool,
    },
    /// Checks the policy, or prints its schema
    #[command(
        before_help = "Examples:\n  probant policy check\n  probant policy schema > probant.schema.json\n"
    )]
    Policy {
        /// What to do with it.
        #[command(subcommand)]
        verb: PolicyVerb,
    },
    /// Shows what law packs say, counts whom another date would change, and signs assessments
    #[command(
        before_help = "Examples:\n  probant law show fr-1\n  probant law diff --at 2026-08-11 leads.csv\n  probant law sign assessments/li-2026.toml --as dpo --key dpo.key\n"
    )]
    Law {
        /// What to do with them.
        #[command(subcommand)]
        verb: LawVerb,
    },
    /// Fits a candidate model; it is never active by itself
    #[command(
        before_help = "Examples:\n  probant train leads.csv --as data-1\n  probant train leads.csv --cv --folds folds.txt --json\n"
    )]
    Train {
        /// Exports with known outcomes (a pattern such as '*.csv' names several)
        #[arg(required = true)]
        data: Vec<PathBuf>,
        /// Who trains: a person of the policy
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<String>,
        /// The secret half of their key: an approval asks for a training that was signed
        #[arg(long, value_name = "FILE", requires = "person")]
        key: Option<PathBuf>,
        /// The purpose, where the policy has several
        #[arg(long, value_name = "ID")]
        purpose: Option<String>,
        /// Cross-validate the whole procedure instead of writing a model
        #[arg(long)]
        cv: bool,
        /// The fold of each row, one number a line, in file order
        #[arg(long, value_name = "FILE", requires = "cv")]
        folds: Option<PathBuf>,
        /// Make undeclared columns an error
        #[arg(long)]
        strict: bool,
    },
    /// Lists, shows, approves and activates models, and goes back to an earlier one
    #[command(
        before_help = "Examples:\n  probant models list\n  probant models show @active\n  probant models approve @candidate --as dpo-1 --key dpo-1.key\n  probant models activate @candidate --as data-1 --key data-1.key\n  probant models at 2026-11-03\n"
    )]
    Models {
        /// What to do with them.
        #[command(subcommand)]
        verb: ModelsVerb,
    },
    /// Scores an export with the active model and records every prediction
    #[command(
        before_help = "Examples:\n  probant score tonight.csv --out scores.csv --rejects rejects.csv\n  probant score 'exports/*.parquet' --out scores.parquet\n"
    )]
    Score {
        /// Exports (a pattern such as '*.csv' names several); several make one run
        #[arg(required = true)]
        data: Vec<PathBuf>,
        /// Proofs of consent, an act a line: lead, event (given, withdrawn), when, wording, source, act, scope
        #[arg(long, value_name = "FILE")]
        consents: Option<PathBuf>,
        /// The score file to write: .parquet or .csv
        #[arg(long, value_name = "FILE", required_unless_present = "dry_run")]
        out: Option<PathBuf>,
        /// Where to list rows that failed, by record, line and column
        #[arg(long, value_name = "FILE")]
        rejects: Option<PathBuf>,
        /// Where to list leads that may not be scored
        #[arg(long, value_name = "FILE")]
        refused: Option<PathBuf>,
        /// Count only: write nothing, record nothing
        #[arg(long)]
        dry_run: bool,
        /// Score again although the same input was scored before
        #[arg(long)]
        again: bool,
        /// The law's date, instead of today's
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<String>,
        /// The purpose, where the policy has several
        #[arg(long, value_name = "ID")]
        purpose: Option<String>,
        /// A model other than the active one; the run is marked as a trial
        #[arg(long, value_name = "VERSION")]
        model: Option<String>,
        /// Who does it: a person of the policy (default: whose work it is)
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<String>,
        /// Make undeclared columns an error
        #[arg(long)]
        strict: bool,
    },
    /// Lists runs, or shows one
    #[command(before_help = "Examples:\n  probant runs list\n  probant runs show @latest\n")]
    Runs {
        /// What to do with them.
        #[command(subcommand)]
        verb: RunsVerb,
    },
    /// Says why a lead has its score, from the record itself
    #[command(
        before_help = "Examples:\n  probant explain L-1042 --why access-request\n  probant explain L-1042 --why review --as reviewer-1 --data tonight.csv --json\n"
    )]
    Explain {
        /// The lead's identifier in the CRM
        lead: String,
        /// A decision other than the latest
        #[arg(long, value_name = "N")]
        decision: Option<u64>,
        /// For which purpose you read it: access-request, contest, review, quality, audit or support; recorded
        #[arg(long, value_name = "PURPOSE", value_parser = why(), hide_possible_values = true)]
        why: Why,
        /// An export that holds the lead, to show its values beside the codes
        #[arg(long, value_name = "EXPORT")]
        data: Option<PathBuf>,
        /// Who does it: a person of the policy (default: whose work it is)
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<String>,
    },
    /// Explains why a lead's score moved: what its data changed, and what the model changed
    #[command(
        before_help = "Examples:\n  probant trend L-1042 --why review\n  probant trend L-1042 --from 12 --to 4711 --why contest --data tonight.csv --json\n"
    )]
    Trend(Trend),
    /// Shows proposals to a person, and takes what they decide
    #[command(
        before_help = "Examples:\n  probant review list\n  probant review show 1042 --as review-1 --key review-1.key\n  probant review validate 1042 --as review-1 --key review-1.key\n  probant review sign-off @latest --as review-1 --key review-1.key\n"
    )]
    Review {
        /// What to do.
        #[command(subcommand)]
        verb: ReviewVerb,
    },
    /// Hands validated leads to a tool, with their class of message; lists what was handed over
    #[command(
        args_conflicts_with_subcommands = true,
        subcommand_negates_reqs = true,
        before_help = "Examples:\n  probant release --to mailer --message promotional --data leads.csv --out mailing.csv --as op-1\n  probant release --to mailer --message promotional --data leads.csv --as op-1 --dry-run\n  probant release list\n"
    )]
    Release {
        /// What else to do with releases.
        #[command(subcommand)]
        verb: Option<ReleaseVerb>,
        /// Which leads, where to, and as what.
        #[command(flatten)]
        request: Release,
    },
    /// Says why a lead was in a release that day, from the record of that day
    #[command(
        before_help = "Examples:\n  probant why L-1042 --release 3 --why access-request --as dpo-1\n"
    )]
    Why(WasInside),
    /// Takes in what became of leads that were scored, each outcome beside the decision before it
    #[command(
        before_help = "Examples:\n  probant outcomes closed.csv\n  probant outcomes 'exports/*.csv' --dry-run --as op-1\n"
    )]
    Outcomes(Outcomes),
    /// Compares recent leads and scores with the training; exit code 8 where that is an alert, or where no run was made
    #[command(
        before_help = "Examples:\n  probant monitor\n  probant monitor --from 2026-10-01 --to 2026-10-31 --out october.html\n"
    )]
    Monitor(Monitor),
    /// Writes a model as SQL, to be run where the leads are
    #[command(
        before_help = "Examples:\n  probant export sql --dialect duckdb --out model.sql\n  probant export sql --dialect bigquery --from crm.leads\n"
    )]
    Export {
        /// In what form.
        #[command(subcommand)]
        verb: ExportVerb,
    },
    /// Takes a person's requests: erasure, restriction, contest; lists them, and writes receipts
    #[command(
        before_help = "Examples:\n  probant subject erase L-1042 --request DEM-2026-017\n  probant subject erase L-1042 --request DEM-2026-017 --now\n  probant subject restrict L-1042 --request DEM-2026-018\n  probant subject receipt DEM-2026-017 --out receipt\n"
    )]
    Subject {
        /// What is asked.
        #[command(subcommand)]
        verb: SubjectVerb,
    },
    /// Verifies, shows and measures the ledger
    #[command(
        before_help = "Examples:\n  probant ledger verify --full\n  probant ledger show\n  probant ledger stats\n"
    )]
    Ledger {
        /// What to do with it.
        #[command(subcommand)]
        verb: LedgerVerb,
    },
    /// Lists keys by id, ends and destroys pseudonym periods, makes a recovery key
    #[command(
        before_help = "Examples:\n  probant keys list\n  probant keys rotate --as dpo\n  probant keys destroy --period 6b51c0de --as dpo --yes\n"
    )]
    Keys {
        /// What to do with them.
        #[command(subcommand)]
        verb: KeysVerb,
    },
    /// Looks at every part of the workspace and says what to do; makes the desk again from the ledger
    #[command(before_help = "Examples:\n  probant doctor\n  probant doctor --rebuild\n")]
    Doctor {
        /// Read every act from the ledger again, into a new state.db where the old one cannot be read
        #[arg(long)]
        rebuild: bool,
        /// Who does it: a person of the policy (default: whose work it is)
        #[arg(long = "as", value_name = "PERSON", requires = "rebuild")]
        person: Option<String>,
    },
    /// Copies the ledger and, apart from it, the keys, sealed to the recovery key
    #[command(
        before_help = "Examples:\n  probant backup /mnt/backup\n  probant backup /mnt/backup --prune\n"
    )]
    Backup {
        /// Folder of backups, on another disk
        dir: PathBuf,
        /// Destroy the key backups found there that are past their days
        #[arg(long)]
        prune: bool,
        /// Who does it: a person of the policy (default: whose work it is)
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<String>,
    },
    /// Makes a new workspace from a backup, and verifies it
    #[command(
        before_help = "Examples:\n  probant restore /mnt/backup --identity recovery.key --into /srv/probant\n"
    )]
    Restore {
        /// Which backup, with what, and where to.
        #[command(flatten)]
        request: Restore,
    },
}

/// What `probant restore` takes.
#[derive(Args, Debug)]
pub struct Restore {
    /// Folder of backups
    dir: PathBuf,
    /// The recovery identity, as `probant keys recovery` wrote it
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// The workspace to make: a folder that does not exist, or is empty
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// A backup other than the newest, by the time in its name
    #[arg(long, value_name = "STAMP")]
    stamp: Option<String>,
    /// The sealed keys, where they are kept elsewhere
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

impl From<Restore> for RestoreRequest {
    fn from(typed: Restore) -> Self {
        let Restore {
            dir,
            identity,
            into,
            stamp,
            keys,
        } = typed;
        Self {
            dir,
            identity,
            into,
            stamp,
            keys,
        }
    }
}

/// Verbs of `probant keys`.
#[derive(Debug, Subcommand)]
pub enum KeysVerb {
    /// Lists pseudonym periods and the ids of the other keys; never a secret
    #[command(before_help = "Examples:\n  probant keys list\n  probant keys list --json\n")]
    List,
    /// Ends the pseudonym period in use and begins another
    #[command(before_help = "Examples:\n  probant keys rotate --as dpo\n")]
    Rotate {
        /// Who does it: a person of the policy
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
    },
    /// Wraps every segment's key anew and destroys the key that wrapped them: older copies open no more
    #[command(before_help = "Examples:\n  probant keys rewrap --as dpo\n")]
    Rewrap {
        /// Who does it: a person of the policy
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
    },
    /// Destroys the key of a period that has ended: nobody can be found in it any more
    #[command(
        before_help = "Examples:\n  probant keys destroy --period 6b51c0de --as dpo\n  probant keys destroy --period 6b51c0de --as dpo --yes\n"
    )]
    Destroy {
        /// The period, as `probant keys list` shows it, or its first digits
        #[arg(long, value_name = "PERIOD")]
        period: String,
        /// Who does it: a person of the policy
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
        /// Do it: it is for ever
        #[arg(long)]
        yes: bool,
    },
    /// Makes a person's own key, on their machine, to sign what they decide; needs no workspace
    #[command(before_help = "Examples:\n  probant keys person review-1 --out review-1.key\n")]
    Person {
        /// The person's id in the policy
        person: String,
        /// Where to write the secret half
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Makes a recovery key, on the machine of whoever keeps it; needs no workspace
    #[command(before_help = "Examples:\n  probant keys recovery --out recovery.key\n")]
    Recovery {
        /// Where to write the secret half
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// What `probant release` hands over, to whom, and as what.
#[derive(Args, Debug)]
pub struct Release {
    /// The tool: its id among the tools of probant.toml
    #[arg(long = "to", value_name = "TOOL", required = true)]
    tool: Option<String>,
    /// The class of the message: promotional, informational or legal; nothing leaves without one
    #[arg(long, value_name = "CLASS")]
    message: Option<String>,
    /// The exports that hold the leads (a pattern such as '*.csv' names several)
    #[arg(long, value_name = "EXPORT", required = true, num_args = 1..)]
    data: Vec<PathBuf>,
    /// The file for the tool: .csv or .parquet
    #[arg(long, value_name = "FILE", required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// The run: its id, its first digits, or @latest
    #[arg(long, value_name = "RUN", default_value = "@latest")]
    run: String,
    /// Only leads of these bands
    #[arg(long = "band", value_name = "BAND")]
    bands: Vec<String>,
    /// Proofs of consent, an act a line: lead, event (given, withdrawn), when, wording, source, act, scope
    #[arg(long, value_name = "FILE")]
    consents: Option<PathBuf>,
    /// Who does it: a person of the policy
    #[arg(long = "as", value_name = "PERSON", required = true)]
    person: Option<String>,
    /// The purpose, where it is not the run's
    #[arg(long, value_name = "ID")]
    purpose: Option<String>,
    /// Count only: write nothing, record nothing
    #[arg(long)]
    dry_run: bool,
    /// Let leads go again that went to this tool from this run before; caps hold all the same
    #[arg(long)]
    again: bool,
}

impl From<Release> for ReleaseRequest {
    fn from(typed: Release) -> Self {
        let Release {
            tool,
            message,
            data,
            out,
            run,
            bands,
            consents,
            person,
            purpose,
            dry_run,
            again,
        } = typed;
        Self {
            data,
            tool: tool.unwrap_or_default(),
            message,
            out,
            run,
            bands,
            consents,
            person: person.unwrap_or_default(),
            purpose,
            dry_run,
            again,
        }
    }
}

/// What `probant why` asks.
#[derive(Args, Debug)]
pub struct WasInside {
    /// The lead's identifier in the CRM
    lead: String,
    /// The release's number, as `probant release list` shows it
    #[arg(long, value_name = "N")]
    release: u64,
    /// For which purpose this record is looked at, in one word; it is recorded
    #[arg(long, value_name = "TOKEN")]
    why: String,
    /// Who asks: a person of the policy
    #[arg(long = "as", value_name = "PERSON")]
    person: String,
}

impl From<WasInside> for WhyQuestion {
    fn from(typed: WasInside) -> Self {
        let WasInside {
            lead,
            release,
            why,
            person,
        } = typed;
        Self {
            lead,
            release,
            why,
            person,
        }
    }
}

/// Verbs of `probant release`.
#[derive(Debug, Subcommand)]
pub enum ReleaseVerb {
    /// Lists what was handed over, to whom and when
    #[command(before_help = "Examples:\n  probant release list\n  probant release list --json\n")]
    List,
}

/// Verbs of `probant policy`.
#[derive(Debug, Subcommand)]
pub enum PolicyVerb {
    /// Reads the policy and lists everything that is wrong with it
    #[command(before_help = "Examples:\n  probant policy check\n")]
    Check,
    /// Prints the policy's JSON Schema
    #[command(before_help = "Examples:\n  probant policy schema > probant.schema.json\n")]
    Schema,
}

/// Verbs of `probant law`.
#[derive(Debug, Subcommand)]
pub enum LawVerb {
    /// Lists the law packs, or shows the rules, parameters, refusals and sources of one
    #[command(before_help = "Examples:\n  probant law show\n  probant law show fr-1 --lang fr\n")]
    Show {
        /// The pack; all are listed without one
        pack: Option<String>,
    },
    /// Counts the leads whose status another date would change, by reason; records nothing, shows nobody
    #[command(
        before_help = "Examples:\n  probant law diff --at 2026-08-11 leads.csv\n  probant law diff --from 2026-08-10 --at 2026-08-11 leads.csv --json\n"
    )]
    Diff {
        /// Exports (a pattern such as '*.csv' names several)
        #[arg(required = true)]
        data: Vec<PathBuf>,
        /// The other date
        #[arg(long, value_name = "YYYY-MM-DD")]
        at: String,
        /// The date to compare it with, instead of today
        #[arg(long, value_name = "YYYY-MM-DD")]
        from: Option<String>,
        /// The purpose, where the policy has several
        #[arg(long, value_name = "ID")]
        purpose: Option<String>,
        /// Proofs of consent, an act a line: lead, event (given, withdrawn), when, wording, source, act, scope
        #[arg(long, value_name = "FILE")]
        consents: Option<PathBuf>,
    },
    /// Signs an assessment of legitimate interest with a person's key
    #[command(
        before_help = "Examples:\n  probant law sign assessments/li-2026.toml --as dpo --key dpo.key\n"
    )]
    Sign {
        /// The assessment, a TOML file
        file: PathBuf,
        /// Who signs: the person of the policy whom the assessment names
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
        /// The file of that person's key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
}

/// Verbs of `probant runs`.
#[derive(Debug, Subcommand)]
pub enum RunsVerb {
    /// Lists the runs of the ledger
    #[command(before_help = "Examples:\n  probant runs list\n")]
    List,
    /// Shows one run's report
    #[command(
        before_help = "Examples:\n  probant runs show @latest\n  probant runs show 38b1 --json\n"
    )]
    Show {
        /// The run's id, its first digits, or @latest
        run: String,
    },
}

/// Verbs of `probant export`.
#[derive(Debug, Subcommand)]
pub enum ExportVerb {
    /// Writes a model as one SELECT with its contributions; what it computes is no recorded decision
    #[command(
        before_help = "Examples:\n  probant export sql --dialect duckdb --out model.sql\n  probant export sql --dialect duckdb --from \"read_parquet('leads.parquet')\"\n  probant export sql --dialect snowflake --from CRM.PUBLIC.LEADS --model 6b51\n"
    )]
    Sql(Sql),
}

/// What `probant export sql` writes, and where.
#[derive(Args, Debug)]
pub struct Sql {
    /// The database that is to run it: duckdb, postgres, snowflake, bigquery or spark
    #[arg(long, value_name = "DIALECT", value_parser = dialect(), hide_possible_values = true)]
    pub dialect: Dialect,
    /// The model: @active, @latest, a version or its first digits
    #[arg(long, default_value = "@active", value_name = "VERSION")]
    pub model: String,
    /// The purpose, where the policy has several
    #[arg(long, value_name = "ID")]
    pub purpose: Option<String>,
    /// The table or sub-query of the leads, written as it is given: typed columns, named as in probant.toml
    #[arg(long, default_value = "leads", value_name = "TABLE")]
    pub from: String,
    /// The file to write; without one, the text goes to the standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Who does it: a person of the policy (default: whose work it is)
    #[arg(long = "as", value_name = "PERSON")]
    pub person: Option<String>,
}

/// A purpose of the closed list.
fn why() -> impl TypedValueParser<Value = Why> {
    PossibleValuesParser::new(Why::ALL.iter().map(|it| it.token()))
        .try_map(|word| Why::of(&word).ok_or("no such purpose"))
}

/// Any other name is refused, and the right ones are said.
fn dialect() -> impl TypedValueParser<Value = Dialect> {
    PossibleValuesParser::new(Dialect::ALL.map(Dialect::name))
        .try_map(|name| name.parse::<Dialect>())
}

/// Whose request it is, and who takes it.
#[derive(Args, Clone, Debug)]
pub struct Whose {
    /// The lead's identifier in the CRM
    pub lead: String,
    /// What the request is known by, in any words; they never enter the log
    #[arg(long, value_name = "REF")]
    pub request: String,
    /// Who takes the request: a person of the policy
    #[arg(long = "as", value_name = "PERSON")]
    pub person: Option<String>,
}

/// Verbs of `probant subject`.
#[derive(Debug, Subcommand)]
pub enum SubjectVerb {
    /// Erases everything recorded about a lead, with the next night or now
    #[command(
        before_help = "Examples:\n  probant subject erase L-1042 --request DEM-2026-017\n  probant subject erase --batch requests.csv --now\n  probant subject erase --now\n"
    )]
    Erase {
        /// The lead's identifier in the CRM
        lead: Option<String>,
        /// What the request is known by, in any words; they never enter the log
        #[arg(long, value_name = "REF", requires = "lead")]
        request: Option<String>,
        /// A file of requests, a header and two columns: lead, reference
        #[arg(long, value_name = "FILE", conflicts_with = "lead")]
        batch: Option<PathBuf>,
        /// The article: art17-1-a to art17-1-f (default: art17-1)
        #[arg(long, value_name = "ARTICLE")]
        reason: Option<String>,
        /// Who takes the request: a person of the policy
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<String>,
        /// Carry out everything that waits at once, instead of with the next night
        #[arg(long)]
        now: bool,
    },
    /// Restricts everything recorded about a lead: kept, and neither used nor destroyed
    #[command(
        before_help = "Examples:\n  probant subject restrict L-1042 --request DEM-2026-018\n  probant subject restrict L-1042 --request dossier-7 --reason legal-hold\n"
    )]
    Restrict {
        /// Whose
        #[command(flatten)]
        whose: Whose,
        /// The article: art18-1-a to art18-1-d, or legal-hold (default: art18-1)
        #[arg(long, value_name = "ARTICLE")]
        reason: Option<String>,
    },
    /// Lifts the restriction on a lead's records
    #[command(before_help = "Examples:\n  probant subject lift L-1042 --request DEM-2026-021\n")]
    Lift {
        /// Whose
        #[command(flatten)]
        whose: Whose,
    },
    /// Takes an objection: in force at once, without a reason, and lifted by nobody
    #[command(
        before_help = "Examples:\n  probant subject object L-1042 --request DEM-2026-019\n  probant subject object L-1042 --request DEM-2026-020 --scope promotion\n"
    )]
    Object {
        /// Whose
        #[command(flatten)]
        whose: Whose,
        /// To what: all (default), profiling, or promotion
        #[arg(long, value_name = "SCOPE", default_value = "all",
            value_parser = PossibleValuesParser::new(["all", "profiling", "promotion"]))]
        scope: String,
    },
    /// Takes a contest: the decision waits for a second reviewer, and is not used until then
    #[command(
        before_help = "Examples:\n  probant subject contest L-1042 --decision 7 --request DEM-2026-022\n  probant subject contest L-1042 --decision 7 --request DEM-2026-022 --note 'I moved in May'\n"
    )]
    Contest {
        /// Whose
        #[command(flatten)]
        whose: Whose,
        /// The decision's number, as `probant explain` shows it
        #[arg(long, value_name = "N")]
        decision: u64,
        /// What the person says, in their words, for whoever reviews it; never in the log, which keeps a commitment
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Lists the requests, waiting and carried out
    #[command(before_help = "Examples:\n  probant subject list\n")]
    List {
        /// Who does it: a person of the policy (default: whose work it is)
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<String>,
    },
    /// Writes the receipt of an erasure that was carried out: its proofs and a letter
    #[command(before_help = "Examples:\n  probant subject receipt DEM-2026-017 --out receipt\n")]
    Receipt {
        /// The request's reference, as it was given
        request: String,
        /// A new folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Who does it: a person of the policy (default: whose work it is)
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<String>,
    },
}

/// What `probant ledger bundle` hands out, to whom, and where it is put.
#[derive(Args, Debug)]
pub struct Bundle {
    /// A run: its id, its first digits, or @latest
    #[arg(
        long,
        value_name = "RUN",
        required_unless_present_any = ["lead", "from"],
        conflicts_with_all = ["lead", "from", "to"]
    )]
    pub run: Option<String>,
    /// One lead's decisions, with nobody else's: the identifier in the CRM
    #[arg(long, value_name = "LEAD", conflicts_with_all = ["from", "to", "rows"])]
    pub lead: Option<String>,
    /// One of the lead's decisions (default: all)
    #[arg(
        long,
        value_name = "N",
        requires = "lead",
        conflicts_with_all = ["run", "from", "to"]
    )]
    pub decision: Option<u64>,
    /// The runs of a range of law dates: the first day
    #[arg(long, value_name = "YYYY-MM-DD", requires = "to")]
    pub from: Option<String>,
    /// The last day
    #[arg(long, value_name = "YYYY-MM-DD", requires = "from")]
    pub to: Option<String>,
    /// Add everybody's records, in clear
    #[arg(long)]
    pub rows: bool,
    /// Whom it is for: a short name that your own register explains
    #[arg(long, value_name = "TOKEN")]
    pub recipient: String,
    /// Who hands it out: a person of the policy
    #[arg(long = "as", value_name = "PERSON")]
    pub person: String,
    /// The new folder
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Verbs of `probant ledger`.
#[derive(Debug, Subcommand)]
pub enum LedgerVerb {
    /// Verifies signatures, hashes and counts; with --full, replays every score
    #[command(
        before_help = "Examples:\n  probant ledger verify\n  probant ledger verify --full\n  probant ledger verify --anchors /media/usb/anchors\n"
    )]
    Verify {
        /// Replay every prediction from its codes and its model
        #[arg(long)]
        full: bool,
        /// Compare with the anchors of a folder (may be given several times)
        #[arg(long, value_name = "DIR")]
        anchors: Vec<PathBuf>,
    },
    /// Lists the entries of the log, or prints one as it stands
    #[command(before_help = "Examples:\n  probant ledger show\n  probant ledger show 8\n")]
    Show {
        /// An entry's index
        index: Option<u64>,
    },
    /// Destroys what is past its date, and carries out what waits
    #[command(
        before_help = "Examples:\n  probant ledger purge --dry-run\n  probant ledger purge --as dpo-1\n"
    )]
    Purge {
        /// Say what would be destroyed, and destroy nothing
        #[arg(long)]
        dry_run: bool,
        /// Who decides: a person of the policy
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<String>,
    },
    /// Deletes what crashes left behind
    #[command(before_help = "Examples:\n  probant ledger gc --dry-run\n  probant ledger gc\n")]
    Gc {
        /// List it, and delete nothing
        #[arg(long)]
        dry_run: bool,
        /// Who does it: a person of the policy (default: whose work it is)
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<String>,
    },
    /// Says how large the ledger is
    #[command(before_help = "Examples:\n  probant ledger stats\n")]
    Stats,
    /// Makes a folder that an auditor can verify without this program, and records who got it
    #[command(
        before_help = "Examples:\n  probant ledger bundle --run @latest --recipient cabinet-durand --as dpo-1 --out bundle\n  probant ledger bundle --from 2026-01-01 --to 2026-12-31 --rows --recipient cabinet-durand --as dpo-1 --out bundle\n  probant ledger bundle --lead L-1042 --recipient avocat-martin --as dpo-1 --out bundle\n"
    )]
    Bundle(Bundle),
    /// Carries the checkpoint out of the machine, and keeps what comes back
    #[command(
        before_help = "Examples:\n  probant ledger anchor request --cosign request.txt\n  probant ledger anchor add answer.txt\n  probant ledger anchor list\n"
    )]
    Anchor {
        /// What to do with them.
        #[command(subcommand)]
        verb: AnchorVerb,
    },
    /// Cosigns another machine's log, if it continues what was cosigned before
    #[command(
        before_help = "Examples:\n  probant ledger cosign request.txt --witness /media/dpo/witness --out answer.txt\n"
    )]
    Cosign {
        /// The operator's request
        request: PathBuf,
        /// The witness's folder, made on first use
        #[arg(long, value_name = "DIR")]
        witness: PathBuf,
        /// The answer to write
        #[arg(long, value_name = "ANSWER")]
        out: PathBuf,
        /// The log's key, compared by telephone or on paper: needed the first time
        #[arg(long, value_name = "VKEY")]
        log: Option<String>,
    },
    /// Shows a witness's key and what it remembers; makes it on first use
    #[command(before_help = "Examples:\n  probant ledger witness /media/dpo/witness\n")]
    Witness {
        /// The witness's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// Verbs of `probant ledger anchor`.
#[derive(Debug, Subcommand)]
pub enum AnchorVerb {
    /// Writes a request, for a witness or for a time-stamping authority
    #[command(
        before_help = "Examples:\n  probant ledger anchor request --cosign request.txt\n  probant ledger anchor request --timestamp request.tsq\n"
    )]
    Request {
        /// Write a witness's request to this file
        #[arg(
            long,
            value_name = "FILE",
            required_unless_present = "timestamp",
            conflicts_with = "timestamp"
        )]
        cosign: Option<PathBuf>,
        /// Write an RFC 3161 request to this file
        #[arg(long, value_name = "FILE")]
        timestamp: Option<PathBuf>,
        /// Which witness, where several have cosigned
        #[arg(long, value_name = "VKEY", requires = "cosign")]
        witness: Option<String>,
        /// The size that the witness remembers, instead of the one that was anchored
        #[arg(long, value_name = "SIZE", requires = "cosign")]
        old: Option<u64>,
        /// Who does it: a person of the policy (default: whose work it is)
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<String>,
    },
    /// Checks and keeps what came back: a witness's answer or a time-stamp
    #[command(
        before_help = "Examples:\n  probant ledger anchor add answer.txt --witness VKEY\n  probant ledger anchor add answer.tsr\n"
    )]
    Add {
        /// The file that came back
        answer: PathBuf,
        /// The witness's key, as the witness reads it out: needed the first time
        #[arg(long, value_name = "VKEY")]
        witness: Option<String>,
        /// Who does it: a person of the policy (default: whose work it is)
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<String>,
    },
    /// Writes a bare copy of the checkpoint, to be kept elsewhere
    #[command(before_help = "Examples:\n  probant ledger anchor copy /media/usb/checkpoint.note\n")]
    Copy {
        /// The copy to write; its name ends in .note
        file: PathBuf,
        /// Who does it: a person of the policy (default: whose work it is)
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<String>,
    },
    /// Lists the anchors kept here
    #[command(before_help = "Examples:\n  probant ledger anchor list\n")]
    List,
    /// Goes on with a ledger that is older than its anchors, and records who decided it
    #[command(before_help = "Examples:\n  probant ledger anchor accept-rollback --as dpo-1\n")]
    AcceptRollback {
        /// Who decides it: a person of the policy
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
    },
}
