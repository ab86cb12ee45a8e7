//! Who may do what, every command against every role; and every reading of a person's record, recorded before it is shown.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use std::sync::atomic::Ordering;

use clap::CommandFactory as _;
use probant::cli::Typed;
use probant::digest::sha256;
use probant::event::{Act, Seen, Why};
use probant::ledger::{Event, EventKind};
use probant::policy::{self, Right};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::cli_support::{json, workspace};
use crate::faults::{failing, full};
use crate::night::{FIRST, Night, copy, run, world_on};

/// A command, words that reach it, and who may: `o`perator, `d`ata scientist, `r`eviewer, `p` for the DPO,
/// `a`uditor. Whatever only shows what is about nobody is open to all, and says why.
const TABLE: &[(&str, &str, &str)] = &[
    ("doctor", "doctor --rebuild", "o--p-"),
    ("demo", "", "open: invented leads in a folder of their own"),
    (
        "init",
        "",
        "open: there is no policy yet that could forbid it",
    ),
    (
        "check",
        "",
        "open: counts of an export that the caller holds",
    ),
    ("policy check", "", "open: the policy is no secret"),
    ("policy schema", "", "open: the policy's shape"),
    ("law show", "", "open: published law"),
    (
        "law diff",
        "",
        "open: counts of an export that the caller holds",
    ),
    ("law sign", "law sign none.toml --key none.key", "---p-"),
    ("train", "train none.csv", "-d---"),
    ("train", "train none.csv --cv", "-d---"),
    ("models list", "", "open: models are about nobody"),
    ("models show", "", "open: models are about nobody"),
    ("models card", "", "open: models are about nobody"),
    (
        "models approve",
        "models approve @latest --key none",
        "-d-p-",
    ),
    ("models reject", "models reject @latest --key none", "-d-p-"),
    (
        "models activate",
        "models activate @latest --key none",
        "-d---",
    ),
    ("models rollback", "models rollback --key none", "-d---"),
    ("models retire", "models retire @latest --key none", "-d---"),
    ("models at", "", "open: models are about nobody"),
    (
        "models verify",
        "models verify @latest --data none.csv",
        "-d--a",
    ),
    (
        "models fairness",
        "models fairness @latest --data none.csv --audit none.csv",
        "---pa",
    ),
    ("score", "score none.csv --out none.parquet", "od---"),
    ("score", "score none.csv --dry-run", "od---"),
    ("runs list", "", "open: counts"),
    ("runs show", "", "open: counts"),
    ("explain", "explain L-1042 --why audit", "o-rpa"),
    ("trend", "trend L-1042 --why audit", "o-rpa"),
    ("models diff", "models diff @active @latest", "-d-pa"),
    (
        "models diff",
        "models diff @active @latest --data none.csv",
        "-d-pa",
    ),
    (
        "review list",
        "",
        "open: decision numbers and bands, about nobody in particular",
    ),
    ("review show", "review show 0 --key none", "--r--"),
    ("review validate", "review validate 0 --key none", "--r--"),
    (
        "review override",
        "review override 0 --to b --reason r --key none",
        "--r--",
    ),
    (
        "review reject",
        "review reject 0 --reason r --key none",
        "--r--",
    ),
    (
        "review sign-off",
        "review sign-off @latest --key none",
        "--r--",
    ),
    (
        "release",
        "release --to t --message legal --data none.csv --out none.csv",
        "o----",
    ),
    ("release list", "", "open: counts"),
    ("why", "why L-1 --release 1 --why audit", "o-rpa"),
    (
        "release",
        "release --to t --message legal --data none.csv --out none.csv",
        "o----",
    ),
    ("release list", "", "open: tools, counts and days"),
    ("why", "why L-1042 --release 1 --why audit", "o-rpa"),
    ("outcomes", "outcomes none.csv", "od---"),
    ("outcomes", "outcomes none.csv --dry-run", "od---"),
    ("monitor", "monitor", "od-pa"),
    ("export sql", "export sql --dialect duckdb", "-d--a"),
    ("subject erase", "subject erase L-1 --request R", "---p-"),
    (
        "subject restrict",
        "subject restrict L-1 --request R",
        "---p-",
    ),
    ("subject lift", "subject lift L-1 --request R", "---p-"),
    (
        "subject contest",
        "subject contest L-1 --decision 0 --request R",
        "o-rp-",
    ),
    ("subject object", "subject object L-1 --request R", "o-rp-"),
    ("subject list", "subject list", "---pa"),
    ("subject receipt", "subject receipt R --out none", "---p-"),
    ("ledger verify", "", "open: says whether the log holds"),
    (
        "ledger show",
        "",
        "open: entries of the main log are about nobody",
    ),
    ("ledger purge", "ledger purge", "---p-"),
    ("ledger purge", "ledger purge --dry-run", "---p-"),
    ("ledger gc", "ledger gc", "o--p-"),
    ("ledger stats", "", "open: counts"),
    (
        "ledger bundle",
        "ledger bundle --run @latest --recipient r --out none",
        "---pa",
    ),
    (
        "ledger anchor request",
        "ledger anchor request --cosign none",
        "o--p-",
    ),
    (
        "ledger anchor request",
        "ledger anchor request --timestamp none",
        "o--p-",
    ),
    ("ledger anchor add", "ledger anchor add none", "o--p-"),
    (
        "ledger anchor copy",
        "ledger anchor copy none.note",
        "o--p-",
    ),
    (
        "ledger anchor list",
        "",
        "open: checkpoints are about nobody",
    ),
    (
        "ledger anchor accept-rollback",
        "ledger anchor accept-rollback",
        "---p-",
    ),
    ("ledger cosign", "", "open: a witness has no workspace"),
    ("ledger witness", "", "open: a witness has no workspace"),
    ("keys list", "", "open: ids, never a secret"),
    ("keys rotate", "keys rotate", "---p-"),
    ("keys rewrap", "keys rewrap", "---p-"),
    ("keys destroy", "keys destroy --period 0000", "---p-"),
    ("keys person", "", "open: on a person's own machine"),
    (
        "keys recovery",
        "",
        "open: on the machine of whoever keeps it",
    ),
    ("backup", "backup none", "o--p-"),
    (
        "restore",
        "",
        "open: whoever holds the recovery key; the policy comes with the backup",
    ),
];

const PEOPLE: [(char, &str); 5] = [
    ('o', "operator"),
    ('d', "data-scientist"),
    ('r', "reviewer"),
    ('p', "dpo"),
    ('a', "auditor"),
];

/// A workspace where each role has one person, who is called by it.
fn one_of_each(rights: &str) -> TempDir {
    let text = crate::night::POLICY;
    let (head, rest) = text.split_once("[[people]]").unwrap();
    let tail = &rest[rest.find("[[purposes]]").unwrap()..];
    let people = PEOPLE.map(|(_, role)| {
        format!("[[people]]\nid = \"{role}\"\nname = \"X\"\nroles = [\"{role}\"]\n\n")
    });
    let people = people.concat();
    let text = format!("{head}{people}{tail}\n{rights}");
    policy::parse(&text).unwrap();
    workspace(&text)
}

/// Runs `probant` in the workspace, from within it: what a command may write stays there.
fn probant(root: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_probant"))
        .args(["--lang", "en"])
        .args(words)
        .current_dir(root)
        .output()
        .expect("the binary starts")
}

/// The commands of the grammar that do something themselves.
fn leaves(of: &clap::Command, path: &str, found: &mut BTreeSet<String>) {
    // `release` does something without its subcommand as well.
    if !of.has_subcommands() || of.is_subcommand_negates_reqs_set() {
        found.insert(path.to_owned());
    }
    for sub in of.get_subcommands() {
        let below = format!("{path} {}", sub.get_name());
        leaves(sub, below.trim_start(), found);
    }
}

#[test]
fn every_command_stands_in_the_table_of_rights() {
    let mut typed = BTreeSet::new();
    leaves(&Typed::command(), "", &mut typed);
    let lines: BTreeSet<String> = TABLE.iter().map(|it| it.0.to_owned()).collect();
    let new: Vec<_> = typed.difference(&lines).collect();
    let gone: Vec<_> = lines.difference(&typed).collect();
    assert!(new.is_empty(), "who may do this? {new:?}");
    assert!(gone.is_empty(), "no such command: {gone:?}");
}

fn refused(root: &Path, words: &str, person: Option<&str>) -> bool {
    let mut words: Vec<&str> = words.split(' ').collect();
    words.extend(person.iter().flat_map(|it| ["--as", it]));
    let ran = probant(root, &words);
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    let refused = said.contains(" may not `");
    assert!(!said.contains("panicked"), "{words:?}: {said}");
    if refused {
        assert_eq!(ran.status.code(), Some(5), "{words:?}: {said}");
        assert!(ran.stdout.is_empty(), "{words:?}");
        assert!(said.contains("hint: whoever is "), "{words:?}: {said}");
    } else {
        assert!(
            !said.contains("Usage:"),
            "no such command: {words:?}: {said}"
        );
    }
    refused
}

#[test]
fn nobody_does_what_no_role_of_theirs_may() {
    let folder = one_of_each("");
    let mut tried = 0;
    for (name, words, who) in TABLE.iter().filter(|it| !it.2.starts_with("open")) {
        for (letter, role) in PEOPLE {
            let may = who.contains(letter);
            let was = refused(folder.path(), words, Some(role));
            assert_eq!(was, !may, "{name}: {role}");
            tried += 1;
        }
    }
    assert!(tried > 100);
}

#[test]
fn what_is_open_asks_nobody() {
    let rights = PEOPLE.map(|(_, role)| format!("{role} = []\n")).concat();
    let folder = one_of_each(&format!("[rights]\n{rights}"));
    let open: BTreeSet<&str> = TABLE
        .iter()
        .filter(|it| it.2.starts_with("open"))
        .map(|it| it.0)
        .collect();
    for words in [
        "check none.csv",
        "policy check",
        "policy schema",
        "law show",
        "models list",
        "models show @latest",
        "models card @latest",
        "runs list",
        "runs show @latest",
        "ledger verify",
        "ledger show",
        "ledger stats",
        "ledger anchor list",
        "keys list",
    ] {
        assert!(open.iter().any(|name| words.starts_with(name)), "{words}");
        let ran = probant(folder.path(), &words.split(' ').collect::<Vec<_>>());
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(!said.contains(" may not `"), "{words}: {said}");
    }
    // And nobody may do anything else, whoever they are.
    for (name, words, _) in TABLE.iter().filter(|it| !it.2.starts_with("open")) {
        let ran = probant(
            folder.path(),
            &words.split(' ').chain(["--as", "dpo"]).collect::<Vec<_>>(),
        );
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(said.contains(" may not `"), "{name}: {said}");
        assert!(said.contains("no role may"), "{name}: {said}");
        assert_eq!(ran.status.code(), Some(5));
    }
}

#[test]
fn a_nightly_job_needs_no_name_where_it_is_one_persons_work() {
    let folder = one_of_each("");
    // The operator's, though a data scientist may as well.
    assert!(!refused(folder.path(), "score none.csv --dry-run", None));
    let two = "[[people]]\nid = \"second\"\nname = \"X\"\nroles = [\"operator\"]\n";
    let path = folder.path().join("probant.toml");
    let text = std::fs::read_to_string(&path).unwrap() + "\n" + two;
    std::fs::write(&path, &text).unwrap();
    let ran = probant(folder.path(), &["score", "none.csv", "--dry-run"]);
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{said}");
    assert!(said.contains("which person? operator, second"), "{said}");
    assert!(said.contains("--as"), "{said}");
}

#[test]
fn the_policy_says_who_may_and_check_prints_it() {
    let folder = one_of_each("[rights]\nauditor = [\"score\"]\n");
    let root = folder.path();
    assert!(!refused(root, "score none.csv --dry-run", Some("auditor")));
    assert!(refused(root, "explain L-1042 --why audit", Some("auditor")));
    assert!(!refused(
        root,
        "explain L-1042 --why audit",
        Some("reviewer")
    ));
    let printed = json(root, &["policy", "check"]);
    for right in Right::all() {
        let roles = printed["rights"][right.word()].as_array().unwrap();
        let auditors = roles.iter().any(|role| role == "auditor");
        assert_eq!(auditors, right == Right::Score, "{}", right.word());
    }
    let table = probant(root, &["policy", "check"]);
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    let line = table.lines().find(|it| it.contains("score")).unwrap();
    assert!(line.contains("operator, data-scientist, auditor"), "{line}");
}

/// What the projection holds, as its own bytes say it.
pub fn acts(root: &Path) -> Vec<Event> {
    let db = Connection::open(root.join("state.db")).unwrap();
    let mut rows = db
        .prepare("SELECT record FROM act ORDER BY segment, row")
        .unwrap();
    let records = rows.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    records
        .map(|bytes| Event::decode(&bytes.unwrap()).unwrap())
        .collect()
}

fn scored() -> (Night, String) {
    let night = Night::new(60);
    night.score("out/a.csv", &[]).done();
    let lead = format!("PR{:08}", FIRST + 7);
    (night, lead)
}

#[test]
fn nothing_is_read_without_a_purpose_of_the_list() {
    let (night, lead) = scored();
    let none = night.say(&["explain", &lead]);
    assert_eq!(none.exit, 2, "{none:?}");
    assert!(none.err.contains("--why <PURPOSE>"), "{none:?}");
    let other = night.say(&["explain", &lead, "--why", "curiosity"]);
    assert_eq!(other.exit, 2, "{other:?}");
    for why in Why::ALL {
        assert!(other.err.contains(why.token()), "{other:?}");
    }
    assert_eq!(acts(&night.root()), []);
    for why in Why::ALL {
        night.say(&["explain", &lead, "--why", why.token()]).done();
    }
    let said: BTreeSet<String> = acts(&night.root())
        .iter()
        .filter_map(|event| match Act::of(event) {
            Some(Act::Accessed { why, .. }) => Some(why.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(said.len(), Why::ALL.len());
}

#[test]
fn what_was_read_by_whom_and_why_is_in_the_ledger_with_the_digest_of_every_byte_shown() {
    let (night, lead) = scored();
    let words = ["explain", &lead, "--why", "contest", "--as", "revue-1"];
    let said = night.say(&words).done();
    let [event] = &acts(&night.root())[..] else {
        panic!("one reading, one act")
    };
    assert_eq!(event.kind, EventKind::Access);
    assert_eq!(event.shown, sha256(&[said.out.as_bytes()]));
    assert_eq!(
        event.decision,
        Some(said.json()["decision"].as_u64().unwrap())
    );
    assert_eq!(
        probant::digest::hex(&event.pseudonym),
        said.json()["proof"]["pseudonym"]
            .as_str()
            .or(said.json()["pseudonym"].as_str())
            .unwrap()
    );
    let act = Act::Accessed {
        what: Seen::Explanation,
        why: Why::Contest.name(),
    };
    assert_eq!(Act::of(event), Some(act));
    let actor = probant::ledger::record::actor(&"revue-1".parse().unwrap());
    assert_eq!(event.actor, actor);
    // A later reading shows the same record, and is another reading.
    night.say(&words).done();
    assert_eq!(acts(&night.root()).len(), 2);
    night.say(&["ledger", "verify", "--full"]).done();
}

#[test]
fn nothing_is_shown_whose_reading_could_not_be_recorded() {
    let (night, lead) = scored();
    let mut tried = 0;
    loop {
        let root = night.path(&format!("ws-{tried}"));
        copy(&night.root(), &root);
        let (disk, count) = failing(tried, full);
        let mut world = world_on(disk, 9);
        let words = ["explain", &lead, "--why", "audit"];
        let said = run(&root, &mut world, &words);
        if count.load(Ordering::SeqCst) <= tried {
            assert_eq!(said.exit, 0, "{said:?}");
            break;
        }
        // The moment may come after the reading was recorded; never before.
        if said.exit == 0 {
            assert_eq!(acts(&root).len(), 1, "moment {tried}");
        } else {
            assert_eq!(said.out, "", "moment {tried}: {said:?}");
        }
        std::fs::remove_dir_all(&root).unwrap();
        tried += 1;
    }
    assert!(tried > 8, "only {tried} moments at which a disk can fail");
}

#[test]
fn the_reading_of_an_erased_persons_receipt_is_recorded_too() {
    let (night, lead) = scored();
    night.say(&["explain", &lead, "--why", "support"]).done();
    let erase = ["subject", "erase", &lead, "--request", "DEM-1", "--now"];
    night.say(&erase).done();
    let before = acts(&night.root());
    assert!(
        before.iter().all(|it| it.kind != EventKind::Access),
        "readings go with the person's records"
    );
    let out = night.path("receipt");
    let words = [
        "subject",
        "receipt",
        "DEM-1",
        "--out",
        out.to_str().unwrap(),
    ];
    night.say(&words).done();
    let after = acts(&night.root());
    let read = after
        .iter()
        .find(|it| it.kind == EventKind::Access)
        .unwrap();
    let objection = before
        .iter()
        .find(|it| it.kind == EventKind::Objection)
        .unwrap();
    assert_eq!(read.pseudonym, objection.pseudonym);
    let letter = std::fs::read(out.join("receipt.txt")).unwrap();
    assert_eq!(read.shown, sha256(&[&letter]));
    night.say(&["ledger", "verify", "--full"]).done();
}

#[test]
fn no_hand_changes_an_act_or_takes_one_away() {
    let (night, lead) = scored();
    night.say(&["explain", &lead, "--why", "audit"]).done();
    let db = Connection::open(night.root().join("state.db")).unwrap();
    db.execute("INSERT INTO note VALUES (x'00', x'00', 'said')", [])
        .unwrap();
    for (sql, why) in [
        ("UPDATE act SET purpose = 'x'", "never changed"),
        ("UPDATE act SET record = x'00'", "never changed"),
        ("DELETE FROM act", "only with its leaf"),
        ("UPDATE note SET text = 'other'", "never changed"),
        ("DELETE FROM note", "only with its act"),
    ] {
        let error = db.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains(why), "{sql}: {error}");
    }
    assert_eq!(acts(&night.root()).len(), 1);
}

#[test]
fn a_persons_key_is_theirs_alone_and_the_policy_takes_what_is_printed() {
    let folder = one_of_each("");
    let root = folder.path();
    let made = probant(
        root,
        &["keys", "person", "reviewer", "--out", "r.key", "--json"],
    );
    assert!(made.status.success(), "{made:?}");
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    let mode = std::fs::metadata(root.join("r.key")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&mode.permissions());
    assert_eq!(mode & 0o777, 0o600);
    let key = made["key"].as_str().unwrap();
    let secret = std::fs::read_to_string(root.join("r.key")).unwrap();
    assert!(!made.to_string().contains(secret.lines().last().unwrap()));
    let text = std::fs::read_to_string(root.join("probant.toml")).unwrap();
    let declared = |whose: &str| {
        let id = format!("id = \"{whose}\"\n");
        policy::parse(&text.replacen(&id, &format!("{id}key = \"{key}\"\n"), 1))
    };
    let theirs = declared("reviewer").unwrap();
    assert_eq!(theirs.person("reviewer").unwrap().key.as_deref(), Some(key));
    assert!(declared("operator").is_err(), "another's key");
    // A key is never written over, and a person's id is one.
    for (person, exit) in [("reviewer", 2), ("Not An Id", 2)] {
        let again = probant(root, &["keys", "person", person, "--out", "r.key"]);
        assert_eq!(again.status.code(), Some(exit), "{again:?}");
    }
    assert_eq!(std::fs::read_to_string(root.join("r.key")).unwrap(), secret);
}
