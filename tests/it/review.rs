//! The human decision, from the command line: opened, reviewed, contested, signed off; and every way in which it is refused.
//!
//! The clock is the test's: reading takes time, and the test says how much.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use probant::cli::run_in;
use probant::demo::Stage;
use probant::digest::Digest;
use probant::ledger::Time;
use probant::policy::{self, Policy};
use probant::workspace::disk::Disk;
use probant::workspace::journal::Entropy;
use probant::workspace::{Workspace, World};
use serde_json::{Value, json};

use crate::faults::{failing, full};
use crate::night::{Night, Said, export, run, table, tree};

/// The least reading time that the tests' policy asks, in seconds.
const LEAST: i64 = 4;
const BEGIN: i64 = 1_790_000_000;

/// A scored night, two trained reviewers with their keys, and a clock.
pub struct Desk {
    pub night: Night,
    now: Cell<i64>,
}

impl Desk {
    fn new(leads: usize, oversight: &str) -> Self {
        Self::under(leads, oversight, &|policy| policy)
    }

    /// The same with a policy that was changed before the night.
    pub fn under(leads: usize, oversight: &str, change: &dyn Fn(String) -> String) -> Self {
        let night = Night::new(leads);
        let desk = Self {
            night,
            now: Cell::new(BEGIN),
        };
        let path = desk.night.root().join("probant.toml");
        let mut policy = fs::read_to_string(&path).unwrap();
        let second =
            "[[people]]\nid = \"revue-2\"\nname = \"Lou Armand\"\nroles = [\"reviewer\"]\n";
        policy = policy.replace(
            "# À quelle fin, et sur",
            &format!("{second}\n# À quelle fin, et sur"),
        );
        for person in ["revue-1", "revue-2"] {
            let key = desk.make_key(person, person);
            let id = format!("id = \"{person}\"\n");
            assert!(policy.contains(&id));
            policy = policy.replace(
                &id,
                &format!("{id}key = \"{key}\"\ntrained_until = \"2027-03-01\"\n"),
            );
        }
        policy = format!("{policy}\n[oversight]\n{oversight}\n");
        fs::write(&path, change(policy)).unwrap();
        desk.night.score("out/a.csv", &[]).done();
        desk
    }

    fn key(&self, name: &str) -> PathBuf {
        self.night.path(&format!("{name}.key"))
    }

    fn make_key(&self, person: &str, name: &str) -> String {
        let file = self.key(name);
        let words = ["keys", "person", person, "--out", file.to_str().unwrap()];
        let made = self.night.say(&words).done().json();
        made["key"].as_str().unwrap().to_owned()
    }

    pub fn wait(&self, seconds: i64) {
        self.now.set(self.now.get() + seconds);
    }

    fn on(&self, disk: Disk, words: &[&str]) -> Said {
        let mut world = World {
            disk,
            now: Time(self.now.get()),
            entropy: Entropy::os(),
        };
        run(&self.night.root(), &mut world, words)
    }

    pub fn say(&self, words: &[&str]) -> Said {
        self.on(Disk::new(), words)
    }

    /// `probant review …` by a reviewer with their key.
    pub fn by(&self, person: &str, words: &[&str]) -> Said {
        self.by_on(Disk::new(), person, words)
    }

    fn by_on(&self, disk: Disk, person: &str, words: &[&str]) -> Said {
        let key = self.key(person);
        let all = [
            &["review"],
            words,
            &["--as", person, "--key", key.to_str().unwrap()],
        ]
        .concat();
        self.on(disk, &all)
    }

    pub fn show(&self, person: &str, decision: u64) -> Value {
        let shown = self.by(person, &["show", &decision.to_string()]);
        shown.done().json()
    }

    pub fn validate(&self, person: &str, decision: u64) -> Said {
        self.by(person, &["validate", &decision.to_string()])
    }

    pub fn reject(&self, person: &str, decision: u64) -> Said {
        let words = ["reject", &decision.to_string(), "--reason", "wrong-data"];
        self.by(person, &words)
    }

    pub fn sign_off(&self, person: &str) -> Said {
        self.by(person, &["sign-off", "@latest"])
    }

    pub fn list(&self, person: &str) -> Value {
        let words = ["review", "list", "--as", person, "--limit", "100000"];
        self.say(&words).done().json()
    }

    /// The decisions that a person has to open yet.
    fn to_open(&self, person: &str) -> Vec<u64> {
        let listed = self.list(person);
        let rows = listed["rows"].as_array().unwrap().iter();
        rows.filter(|row| row["to_open"] == true)
            .map(|row| row["decision"].as_u64().unwrap())
            .collect()
    }

    fn statuses(&self) -> BTreeMap<u64, String> {
        let listed = self.list("revue-1");
        let row = |row: &Value| {
            let status = row["status"].as_str().unwrap().to_owned();
            (row["decision"].as_u64().unwrap(), status)
        };
        listed["rows"].as_array().unwrap().iter().map(row).collect()
    }

    fn status(&self, decision: u64) -> String {
        self.statuses()[&decision].clone()
    }

    fn policy(&self) -> Policy {
        let path = self.night.root().join("probant.toml");
        policy::parse(&fs::read_to_string(path).unwrap()).unwrap()
    }

    /// The band that a score falls in, and another.
    fn bands(&self, said: &Value) -> (String, String) {
        let policy = self.policy();
        let ppm = said["score_ppm"].as_u64().unwrap();
        let own = policy
            .bands
            .iter()
            .rfind(|band| u64::from(band.from_ppm) <= ppm)
            .unwrap();
        let other = policy.bands.iter().find(|band| band.id != own.id);
        let other = other.unwrap_or(own);
        (own.id.to_string(), other.id.to_string())
    }

    /// Whether a proposal was shown with a band that its score does not have.
    fn is_wrong(&self, said: &Value) -> bool {
        said["band"]["id"] != self.bands(said).0.as_str()
    }

    /// Opens what there is to open, reading each; wrong bands are answered by `answer`.
    fn look(&self, person: &str, answer: &dyn Fn(&Self, u64, &Value)) -> usize {
        let mut wrong = 0;
        loop {
            let waiting = self.to_open(person);
            if waiting.is_empty() {
                return wrong;
            }
            for decision in waiting {
                let said = self.show(person, decision);
                self.wait(LEAST + 1);
                if self.is_wrong(&said) {
                    wrong += 1;
                    answer(self, decision, &said);
                }
            }
        }
    }

    /// An attentive reviewer's look.
    pub fn read_all(&self, person: &str) -> usize {
        self.look(person, &|desk, decision, said| {
            let (own, _) = desk.bands(said);
            let words = [
                "override",
                &decision.to_string(),
                "--to",
                &own,
                "--reason",
                "band-does-not-follow",
            ];
            let done = desk.by(person, &words).done().json();
            assert_eq!(done["planted"][0], decision, "{done}");
        })
    }

    /// Validates the first planted case that comes.
    fn lets_one_through(&self, person: &str) {
        for decision in self.to_open(person) {
            let said = self.show(person, decision);
            self.wait(LEAST + 1);
            if self.is_wrong(&said) {
                self.validate(person, decision).done();
                return;
            }
        }
        panic!("nothing was planted for {person}");
    }

    fn verified(&self) {
        self.say(&["ledger", "verify", "--full"]).done();
    }

    /// The identifier of a decision's lead, from the score file.
    fn lead(&self, decision: u64) -> String {
        let rows = table(&self.night.read("out/a.csv"));
        let row = rows
            .iter()
            .find(|row| row["decision"] == decision.to_string());
        row.unwrap()["Réf. prospect"].clone()
    }
}

/// What of a refused sign-off was missing.
fn lacks(said: &Said, words: &str) {
    assert_eq!(said.exit, 5, "{said:?}");
    assert!(said.err.contains(words), "`{words}` in {said:?}");
    assert!(said.err.contains("hint: "), "{said:?}");
}

fn ordinary(desk: &Desk, person: &str) -> u64 {
    // A decision that is not planted: shown with the band of its score, and closed again.
    for decision in desk.statuses().into_keys() {
        let said = desk.show(person, decision);
        desk.wait(LEAST + 1);
        if !desk.is_wrong(&said) {
            return decision;
        }
    }
    unreachable!("few cases are planted")
}

#[test]
fn a_run_is_signed_off_after_a_real_look_and_the_ledger_says_so() {
    let desk = Desk::new(60, "");
    let listed = desk.list("revue-1");
    assert_eq!(listed["proposed"], 60);
    assert_eq!(listed["open"], 60);
    let missing: Vec<&str> = listed["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["missing"].as_str().unwrap())
        .collect();
    assert!(
        missing.contains(&"sample") && missing.contains(&"controls"),
        "{listed}"
    );
    // Borderline first, and nobody's identity anywhere.
    let flags: Vec<bool> = listed["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["borderline"].as_bool().unwrap())
        .collect();
    assert!(flags.windows(2).all(|pair| pair[0] >= pair[1]), "{flags:?}");
    assert!(!listed.to_string().contains("PR00"), "{listed}");

    assert_eq!(desk.read_all("revue-1"), 3, "three cases are planted");
    let after = desk.list("revue-1");
    assert_eq!(after["missing"].as_array().unwrap().len(), 0, "{after}");
    // Nothing of it decided anything.
    assert_eq!(after["open"], 60, "{after}");

    let own = ordinary(&desk, "revue-1");
    desk.validate("revue-1", own).done();
    let done = desk.sign_off("revue-1").done().json();
    assert_eq!(
        [
            &done["proposed"],
            &done["validated"],
            &done["planted"],
            &done["found"]
        ],
        [60, 1, 3, 3],
        "{done}"
    );
    assert!(desk.statuses().values().all(|it| it == "validated"));
    let entry = desk
        .say(&["ledger", "show", &done["entry"].to_string()])
        .done();
    assert!(entry.out.contains("probant/sign-off/v1"), "{entry:?}");
    desk.verified();

    // Once, and a later review of one decision counts.
    lacks(&desk.sign_off("revue-2"), "was signed off by `revue-1`");
    let other = *desk.statuses().keys().find(|it| **it != own).unwrap();
    desk.show("revue-1", other);
    desk.wait(LEAST);
    desk.reject("revue-1", other).done();
    assert_eq!(desk.status(other), "rejected");
    desk.verified();
}

#[test]
fn a_token_sign_off_is_refused_recorded_and_told_what_it_lacks() {
    let desk = Desk::new(150, "sample = 1.0");
    let nothing = desk.sign_off("revue-1");
    lacks(&nothing, "drawn at random and not opened: 150 of 150");
    lacks(&nothing, "planted cases not found: 3 of 3");
    // A hundred and more in a minute, every band that is wrong noticed all the same.
    for decision in desk.to_open("revue-1") {
        let said = desk.show("revue-1", decision);
        if decision % 3 == 0 {
            desk.wait(1);
        }
        if desk.is_wrong(&said) {
            desk.wait(LEAST);
            desk.reject("revue-1", decision).done();
            desk.show("revue-1", decision);
        }
    }
    assert!(desk.to_open("revue-1").is_empty());
    lacks(
        &desk.sign_off("revue-1"),
        "nobody reads as many in less than 600 s",
    );
    // A night's sleep reads no hundred leads.
    desk.wait(86_400);
    lacks(
        &desk.sign_off("revue-1"),
        "nobody reads as many in less than 600 s",
    );
    let one = *desk.statuses().keys().next().unwrap();
    lacks(&desk.validate("revue-1", one), "150 leads were opened");
    let log = desk.say(&["ledger", "show"]).done().out;
    assert_eq!(log.matches("about sign-off-refused-").count(), 3);
    assert!(!log.contains("probant/sign-off/v1"));
    desk.verified();
}

#[test]
fn whoever_lets_a_planted_case_through_signs_nothing_off_and_somebody_else_looks_anew() {
    let desk = Desk::new(50, "borderline = 0.0");
    let missed = desk.look("revue-1", &|desk, decision, _| {
        let said = desk.validate("revue-1", decision);
        // After the first, they validate nothing more, planted or not.
        if said.exit == 0 {
            assert_eq!(said.json()["planted"][0], decision);
        } else {
            lacks(&said, "let a planted case");
            desk.reject("revue-1", decision).done();
        }
    });
    assert!(missed > 0);
    lacks(&desk.sign_off("revue-1"), "planted cases let through: 1");
    // Nothing was decided by it, and their word counts no more in this run.
    assert!(desk.statuses().values().all(|it| it == "open"));
    let own = ordinary(&desk, "revue-1");
    lacks(&desk.validate("revue-1", own), "let a planted case");
    desk.reject("revue-1", own).done();
    assert_eq!(desk.status(own), "rejected");
    // The other looks at everything, with cases of their own.
    assert_eq!(desk.to_open("revue-2").len(), 10);
    assert_eq!(desk.read_all("revue-2"), 3);
    let done = desk.sign_off("revue-2").done().json();
    assert_eq!([&done["rejected"], &done["found"]], [1, 3], "{done}");
    assert_eq!(desk.status(own), "rejected");
    desk.verified();
}

#[test]
fn what_was_validated_by_somebody_who_then_missed_a_case_waits_for_somebody_else() {
    let desk = Desk::new(30, "sample = 1.0");
    let first = ordinary(&desk, "revue-1");
    desk.validate("revue-1", first).done();
    assert_eq!(desk.status(first), "validated");
    desk.lets_one_through("revue-1");
    assert_eq!(desk.status(first), "open");
    let said = desk.show("revue-2", first);
    desk.wait(LEAST + 1);
    if !desk.is_wrong(&said) {
        desk.validate("revue-2", first).done();
        assert_eq!(desk.status(first), "validated");
    }
}

#[test]
fn nobody_reviews_what_they_have_not_opened_and_read() {
    let desk = Desk::new(20, "controls = 0");
    let one = *desk.statuses().keys().next().unwrap();
    lacks(
        &desk.validate("revue-1", one),
        "was not opened by `revue-1`",
    );
    desk.show("revue-2", one);
    lacks(
        &desk.validate("revue-1", one),
        "was not opened by `revue-1`",
    );
    desk.show("revue-1", one);
    desk.wait(LEAST - 1);
    lacks(&desk.validate("revue-1", one), "was opened 3 s ago");
    lacks(&desk.reject("revue-1", one), "was opened 3 s ago");
    desk.wait(1);
    desk.validate("revue-1", one).done();
    desk.by("revue-1", &["validate", "999999"]).failed(2);
    desk.verified();
}

#[test]
fn an_override_needs_a_reason_and_another_band() {
    let desk = Desk::new(20, "controls = 0");
    let one = *desk.statuses().keys().next().unwrap();
    let said = desk.show("revue-1", one);
    desk.wait(LEAST);
    let (own, other) = desk.bands(&said);
    let d = one.to_string();
    let without = desk.by("revue-1", &["override", &d, "--to", &other]);
    assert_eq!(without.exit, 2, "{without:?}");
    let words = |band: &str, reason: &str| {
        desk.by(
            "revue-1",
            &[
                "override",
                &d,
                "--to",
                band,
                "--reason",
                reason,
                "--note",
                "vu au salon",
            ],
        )
    };
    words(&other, "no-such-reason").failed(2);
    words("no-such-band", "other").failed(2);
    words(&own, "other").failed(5);
    let done = words(&other, "2").done().json();
    assert_eq!(done["reason"], "known-context");
    assert_eq!(desk.status(one), "overridden");
    // The words stay at the desk.
    let files = tree(&desk.night.root(), &["ledger"]);
    let holds = |bytes: &Vec<u8>| bytes.windows(11).any(|it| it == b"vu au salon");
    assert!(!files.is_empty() && !files.values().any(holds));
    desk.verified();
}

#[test]
fn who_may_review_is_a_trained_reviewer_with_their_own_key() {
    let desk = Desk::new(12, "controls = 0");
    let one = *desk.statuses().keys().next().unwrap();
    let d = one.to_string();
    // Another's key, an unknown key, no reviewer.
    let key = desk.key("revue-2");
    let wrong = [
        "review",
        "show",
        &d,
        "--as",
        "revue-1",
        "--key",
        key.to_str().unwrap(),
    ];
    assert_ne!(desk.say(&wrong).exit, 0);
    desk.make_key("revue-1", "stranger");
    let key = desk.key("stranger");
    let strange = [
        "review",
        "show",
        &d,
        "--as",
        "revue-1",
        "--key",
        key.to_str().unwrap(),
    ];
    lacks(&desk.say(&strange), "not the key that the policy names");
    let not = [
        "review",
        "show",
        &d,
        "--as",
        "dpo-1",
        "--key",
        key.to_str().unwrap(),
    ];
    lacks(&desk.say(&not), "`dpo-1` may not");
    desk.show("revue-1", one);
    // On the last day of the training, and on the day after.
    desk.now.set(1_803_911_400); // 2027-03-01, 14:30 in Paris
    desk.validate("revue-1", one).done();
    desk.wait(86_400);
    for said in [
        desk.validate("revue-1", one),
        desk.by("revue-1", &["show", &d]),
        desk.sign_off("revue-1"),
    ] {
        lacks(&said, "their training counted until 2027-03-01");
    }
    desk.verified();
}

#[test]
fn a_contested_decision_waits_for_a_second_reviewer() {
    let desk = Desk::new(
        20,
        "controls = 0\nborderline = 0.0\nsample = 0.0\nsample_min = 0",
    );
    let one = *desk.statuses().keys().next().unwrap();
    desk.show("revue-1", one);
    desk.wait(LEAST);
    desk.validate("revue-1", one).done();
    let lead = desk.lead(one);
    let contest = |decision: u64| {
        let words = [
            "subject",
            "contest",
            &lead,
            "--decision",
            &decision.to_string(),
            "--request",
            "DEM-2026-022",
        ];
        desk.say(&words)
    };
    contest(one + 1).failed(1);
    contest(one).done();
    assert_eq!(desk.status(one), "contested");
    let asked = desk.say(&["subject", "list"]).done().json();
    assert_eq!(asked["requests"][0]["kind"], "contest");
    lacks(
        &desk.sign_off("revue-2"),
        "waiting for a second reviewer: 1",
    );
    desk.show("revue-1", one);
    desk.wait(LEAST);
    lacks(
        &desk.validate("revue-1", one),
        "a second person must review it",
    );
    lacks(
        &desk.reject("revue-1", one),
        "a second person must review it",
    );
    desk.show("revue-2", one);
    desk.wait(LEAST);
    desk.reject("revue-2", one).done();
    assert_eq!(desk.status(one), "rejected");
    // Who signs a run off decides all that was open, and cannot answer a contest of it.
    desk.sign_off("revue-1").done();
    assert_eq!(desk.status(one), "rejected");
    let two = *desk.statuses().keys().find(|it| **it != one).unwrap();
    let lead = desk.lead(two);
    let words = [
        "subject",
        "contest",
        &lead,
        "--decision",
        &two.to_string(),
        "--request",
        "DEM-2026-023",
    ];
    desk.say(&words).done();
    assert_eq!(desk.status(two), "contested");
    desk.show("revue-1", two);
    desk.wait(LEAST);
    lacks(
        &desk.validate("revue-1", two),
        "a second person must review it",
    );
    desk.verified();
}

#[test]
fn a_planted_case_is_shown_wrong_until_it_is_answered_and_then_as_it_is() {
    let desk = Desk::new(40, "borderline = 0.0");
    let mut wrong = Vec::new();
    for decision in desk.to_open("revue-1") {
        let said = desk.show("revue-1", decision);
        desk.wait(LEAST + 1);
        if desk.is_wrong(&said) {
            wrong.push((decision, said["band"]["id"].as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(wrong.len(), 3);
    for (decision, band) in &wrong {
        // List and show agree, and say the same again.
        let listed = desk.list("revue-1");
        let rows = listed["rows"].as_array().unwrap();
        let row = rows
            .iter()
            .find(|row| row["decision"] == *decision)
            .unwrap();
        assert_eq!(row["band"], band.as_str());
        let again = desk.show("revue-1", *decision);
        assert_eq!(again["band"]["id"], band.as_str());
        desk.wait(LEAST + 1);
        // "Overriding" to the wrong band is agreeing with it.
        let same = [
            "override",
            &decision.to_string(),
            "--to",
            band,
            "--reason",
            "other",
        ];
        desk.by("revue-1", &same).failed(5);
        desk.reject("revue-1", *decision).done();
        assert_eq!(desk.status(*decision), "open", "it decided nothing");
        // What was seen was the wrong band: it must be opened again.
        lacks(&desk.validate("revue-1", *decision), "was not opened");
        let truly = desk.show("revue-1", *decision);
        assert!(!desk.is_wrong(&truly), "{truly}");
        desk.wait(LEAST + 1);
        desk.validate("revue-1", *decision).done();
        assert_eq!(desk.status(*decision), "validated");
    }
    desk.verified();
}

#[test]
fn with_one_band_nothing_can_be_planted_and_the_list_says_so() {
    let desk = Desk::under(12, "", &|policy| {
        let first = policy.find("[[bands]]").unwrap();
        let second = first + 9 + policy[first + 9..].find("[[bands]]").unwrap();
        let rest = policy[second..].find("[oversight]").unwrap();
        policy[..second].to_owned() + &policy[second + rest..]
    });
    let listed = desk.list("revue-1");
    assert_eq!(listed["planted"], false, "{listed}");
    assert_eq!(desk.read_all("revue-1"), 0);
    let done = desk.sign_off("revue-1").done().json();
    assert_eq!(done["planted"], 0);
    desk.verified();
}

#[test]
fn a_trial_is_never_signed_off() {
    let desk = Desk::new(12, "");
    let learned = export(2_000, 3, 1, Stage::History);
    desk.night.put("leads.csv", &learned);
    let leads = desk.night.path("leads.csv");
    desk.say(&["train", leads.to_str().unwrap(), "--as", "data-1"])
        .done();
    let tried = desk.night.score("out/trial.csv", &["--model", "@latest"]);
    let tried = tried.done().json();
    // What is listed without a word is the night that may be used.
    assert_eq!(desk.list("revue-1")["trial"], false);
    let run = tried["run"].as_str().unwrap();
    let list = ["review", "list", "--as", "revue-1", "--run", run];
    let listed = desk.say(&list).done().json();
    assert_eq!(listed["trial"], true);
    lacks(&desk.by("revue-1", &["sign-off", run]), "is a trial");
    // One by one neither.
    let decision = listed["rows"][0]["decision"].to_string();
    desk.show("revue-1", decision.parse().unwrap());
    desk.wait(LEAST + 1);
    lacks(&desk.by("revue-1", &["validate", &decision]), "is a trial");
}

#[test]
fn erased_and_restricted_decisions_are_neither_listed_nor_shown() {
    let desk = Desk::new(30, "sample = 1.0");
    let all: Vec<u64> = desk.statuses().into_keys().collect();
    let (gone, held) = (all[0], all[1]);
    for decision in [gone, held] {
        desk.show("revue-1", decision);
        desk.wait(LEAST + 1);
        desk.reject("revue-1", decision).done();
    }
    let held_lead = desk.lead(held);
    let gone_lead = desk.lead(gone);
    desk.say(&["subject", "restrict", &held_lead, "--request", "A"])
        .done();
    desk.say(&["subject", "erase", &gone_lead, "--request", "B", "--now"])
        .done();
    let left = desk.statuses();
    assert_eq!(left.len(), 28);
    assert!(!left.contains_key(&gone) && !left.contains_key(&held));
    lacks(
        &desk.by("revue-1", &["show", &held.to_string()]),
        "restricted",
    );
    lacks(&desk.validate("revue-1", held), "restricted");
    desk.by("revue-1", &["show", &gone.to_string()]).failed(2);
    let db = rusqlite::Connection::open(desk.night.root().join("state.db")).unwrap();
    for table in ["sample", "planted", "act"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE decision = ?1");
        let rows: i64 = db.query_row(&sql, [gone as i64], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    desk.read_all("revue-1");
    let done = desk.sign_off("revue-1").done().json();
    assert_eq!(done["proposed"], 28);
    desk.verified();
}

#[test]
fn another_band_asks_for_as_much_reading_as_the_one_proposed() {
    let desk = Desk::new(60, "sample = 1.0\nborderline = 0.0");
    let other = |decision: u64, said: &Value| {
        let band = desk.bands(said).1;
        let words = [
            "override",
            &decision.to_string(),
            "--to",
            &band,
            "--reason",
            "known-context",
        ];
        desk.by("revue-1", &words)
    };
    let shown: Vec<(u64, Value)> = desk
        .to_open("revue-1")
        .into_iter()
        .map(|decision| (decision, desk.show("revue-1", decision)))
        .collect();
    desk.wait(LEAST);
    // Sixty leads in four seconds: whoever has read none of them lets none of them out, whatever the band.
    let (decision, said) = shown.iter().find(|(_, it)| !desk.is_wrong(it)).unwrap();
    lacks(&other(*decision, said), "60 leads were opened");
    desk.reject("revue-1", *decision).done();
    // Nor does the refusal tell which were planted.
    let (decision, said) = shown.iter().find(|(_, it)| desk.is_wrong(it)).unwrap();
    let own = desk.bands(said).0;
    let words = [
        "override",
        &decision.to_string(),
        "--to",
        &own,
        "--reason",
        "known-context",
    ];
    lacks(&desk.by("revue-1", &words), "60 leads were opened");
    assert_eq!(
        desk.say(&["review", "list", "--as", "revue-1", "--json"])
            .exit,
        0
    );
    desk.verified();
}

#[test]
fn another_band_by_somebody_who_missed_a_case_waits_for_somebody_else() {
    let desk = Desk::new(30, "sample = 1.0");
    let to_other = |decision: u64| {
        let said = desk.show("revue-1", decision);
        desk.wait(LEAST + 1);
        let band = desk.bands(&said).1;
        let words = [
            "override",
            &decision.to_string(),
            "--to",
            &band,
            "--reason",
            "known-context",
        ];
        desk.by("revue-1", &words)
    };
    let first = ordinary(&desk, "revue-1");
    to_other(first).done();
    assert_eq!(desk.status(first), "overridden");
    desk.lets_one_through("revue-1");
    assert_eq!(desk.status(first), "open");
    let second = *desk.statuses().keys().find(|it| **it != first).unwrap();
    lacks(&to_other(second), "let a planted case");
    // Nor does somebody else's sign-off make their band count, or hide that they gave another.
    desk.read_all("revue-2");
    desk.sign_off("revue-2").done();
    assert_eq!(desk.status(first), "open");
    desk.verified();
}

#[test]
fn no_list_tells_planted_cases_apart() {
    let desk = Desk::new(40, "sample = 1.0");
    let listed = desk.list("revue-1");
    let rows = listed["rows"].as_array().unwrap();
    assert!(
        rows.len() == 40 && rows.iter().all(|row| row["band"].is_null()),
        "{listed}"
    );
    // What a band holds is told by the scores alone, which everybody knows from the score file.
    let scores = table(&desk.night.read("out/a.csv"));
    for band in desk.policy().bands {
        let words = [
            "review",
            "list",
            "--as",
            "revue-1",
            "--limit",
            "100",
            "--band",
            band.id.as_str(),
        ];
        let listed = desk.say(&words).done().json();
        let mut listed: Vec<String> = listed["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["decision"].to_string())
            .collect();
        let of = scores.iter().filter(|row| row["band"] == band.id.as_str());
        let mut scored: Vec<String> = of.map(|row| row["decision"].clone()).collect();
        listed.sort();
        scored.sort();
        assert_eq!(listed, scored);
    }
    let one = desk.to_open("revue-1")[0];
    let shown = desk.show("revue-1", one);
    let listed = desk.list("revue-1");
    let mut rows = listed["rows"].as_array().unwrap().iter();
    let row = rows.find(|row| row["decision"] == one).unwrap();
    assert_eq!(row["band"], shown["band"]["id"]);
}

#[test]
fn what_a_hand_takes_from_the_sample_and_the_planted_cases_is_drawn_again() {
    let desk = Desk::new(60, "sample = 0.5\nborderline = 0.0");
    assert_eq!(desk.to_open("revue-1").len(), 30);
    let state = rusqlite::Connection::open(desk.night.root().join("state.db")).unwrap();
    state
        .execute_batch("DELETE FROM sample; DELETE FROM planted;")
        .unwrap();
    drop(state);
    let said = desk.sign_off("revue-1");
    lacks(&said, "leads drawn at random and not opened: 30 of 30");
    lacks(&said, "planted cases not found: 3 of 3");
    assert_eq!(desk.read_all("revue-1"), 3);
    desk.sign_off("revue-1").done();
}

#[test]
fn a_lost_desk_is_told_by_the_ledger_and_new_cases_are_planted() {
    let desk = Desk::new(40, "");
    let (first, second) = {
        let mut all = desk.statuses().into_keys();
        (all.next().unwrap(), all.next().unwrap())
    };
    desk.read_all("revue-1");
    for decision in [first, second] {
        desk.show("revue-1", decision);
        desk.wait(LEAST + 1);
    }
    desk.validate("revue-1", first).done();
    desk.reject("revue-1", second).done();
    let before = desk.statuses();
    assert_ne!(before[&first], before[&second]);
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        let _ = fs::remove_file(desk.night.root().join(name));
    }
    assert_eq!(desk.statuses(), before);
    lacks(&desk.sign_off("revue-1"), "planted cases not found: 3 of 3");
    desk.read_all("revue-1");
    desk.sign_off("revue-1").done();
    desk.verified();
}

#[test]
fn a_review_and_a_sign_off_cut_short_anywhere_are_recorded_whole_or_not_at_all() {
    let desk = Desk::new(12, "controls = 0\nborderline = 0.0\nsample_min = 1");
    desk.read_all("revue-1");
    let one = ordinary(&desk, "revue-1");
    let d = one.to_string();
    for words in [
        &["reject", &d, "--reason", "other"][..],
        &["sign-off", "@latest"],
    ] {
        let mut last = 0;
        for n in 0.. {
            let (disk, count) = failing(n, full);
            let said = desk.by_on(disk, "revue-1", words);
            desk.say(&["ledger", "verify"]).done();
            let status = desk.status(one);
            if said.exit == 0 || said.err.contains("was signed off") {
                last = count.load(Ordering::SeqCst);
                break;
            }
            assert!(status == "open" || status == "rejected", "{status}");
        }
        assert!(last > 0);
    }
    assert_eq!(desk.status(one), "rejected");
    let log = desk.say(&["ledger", "show"]).done().out;
    assert_eq!(log.matches("probant/sign-off/v1").count(), 1);
    desk.verified();
}

#[test]
fn a_sign_off_that_its_person_did_not_sign_is_named() {
    let desk = Desk::new(
        12,
        "controls = 0\nborderline = 0.0\nsample_min = 0\nsample = 0.0",
    );
    desk.sign_off("revue-1").done();
    desk.verified();
    // Whoever holds the machine's keys writes another one, for another run.
    desk.night.score("out/b.csv", &["--again"]).done();
    let root = desk.night.root();
    let ws = Workspace::open(&root).unwrap();
    let view = probant::workspace::journal::View::open(&root).unwrap();
    let entries: Vec<_> = view.entries().map(|(_, it)| it.clone()).collect();
    let run = entries
        .iter()
        .rev()
        .find_map(|it| match it {
            probant::ledger::Entry::Run(run) => Some(run.run),
            _ => None,
        })
        .unwrap();
    let mut forged = entries
        .iter()
        .find_map(|it| match it {
            probant::ledger::Entry::SignOff(it) => Some(it.clone()),
            _ => None,
        })
        .unwrap();
    assert_eq!(ws.policy().digest, forged.policy);
    forged.run = run;
    let disk = Disk::new();
    let mut writer = probant::workspace::journal::Writer::open(&root, &disk).unwrap();
    writer
        .commit(&probant::workspace::journal::Commit {
            documents: Vec::new(),
            entries: vec![probant::ledger::Entry::SignOff(forged)],
        })
        .unwrap();
    drop(writer);
    let said = desk.say(&["ledger", "verify"]);
    assert_eq!(said.exit, 4, "{said:?}");
    assert!(said.out.contains("did not sign"), "{said:?}");
    // And it decides nothing.
    assert!(desk.statuses().values().all(|it| it == "open"));
}

#[test]
fn refusals_and_lists_speak_french() {
    let desk = Desk::new(20, "");
    let root = desk.night.root();
    let key = desk.key("revue-1");
    let say = |words: &[&str]| {
        let mut all: Vec<std::ffi::OsString> =
            ["probant", "--lang", "fr", "-w"].map(Into::into).to_vec();
        all.push(root.clone().into());
        all.extend(words.iter().map(Into::into));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut world = World {
            disk: Disk::new(),
            now: Time(desk.now.get()),
            entropy: Entropy::os(),
        };
        let exit = run_in(all, &mut out, &mut err, &mut world);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (exit.0, text(out), text(err))
    };
    let by = ["--as", "revue-1", "--key", key.to_str().unwrap()];
    let (exit, _, err) = say(&[&["review", "sign-off", "@latest"], &by[..]].concat());
    assert_eq!(exit, 5);
    assert!(
        err.contains("ne peut être approuvé par")
            && err.contains("tirés au hasard et non ouverts")
            && err.contains("conseil"),
        "{err}"
    );
    let (exit, out, err) = say(&["review", "list", "--as", "revue-1"]);
    assert_eq!(exit, 0, "{err}");
    assert!(
        out.contains("à décider 20") && out.contains("Avant que revue-1 puisse approuver"),
        "{out}"
    );
    assert!(err.contains("ensuite"), "{err}");
}

/// An override and a contest of one decision, each with words of its own.
fn disputed(desk: &Desk, one: u64) {
    let (_, other) = desk.bands(&desk.show("revue-1", one));
    desk.wait(LEAST);
    let number = one.to_string();
    let words = [
        "override",
        &number,
        "--to",
        &other,
        "--reason",
        "wrong-data",
        "--note",
        "Secteur mal relevé, CANARI-K7",
    ];
    desk.by("revue-1", &words).done();
    let lead = desk.lead(one);
    let words = [
        "subject",
        "contest",
        &lead,
        "--decision",
        &number,
        "--request",
        "DEM-2026-024",
        "--note",
        "J’ai déménagé en mai, CANARI-K8",
    ];
    desk.say(&words).done();
}

/// What `review show` prints to people.
fn page(desk: &Desk, person: &str, decision: u64, lang: &str) -> String {
    let (root, key) = (desk.night.root(), desk.key(person));
    let mut world = World {
        disk: Disk::new(),
        now: Time(desk.now.get()),
        entropy: Entropy::os(),
    };
    let number = decision.to_string();
    let words: [&OsStr; 12] = [
        "probant".as_ref(),
        "--lang".as_ref(),
        lang.as_ref(),
        "-w".as_ref(),
        root.as_ref(),
        "review".as_ref(),
        "show".as_ref(),
        number.as_ref(),
        "--as".as_ref(),
        person.as_ref(),
        "--key".as_ref(),
        key.as_ref(),
    ];
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run_in(words.map(OsStr::to_owned), &mut out, &mut err, &mut world);
    assert_eq!(exit.0, 0, "{}", String::from_utf8_lossy(&err));
    String::from_utf8(out).unwrap()
}

#[test]
fn whoever_reviews_a_contested_decision_reads_what_was_said_of_it_before() {
    let desk = Desk::new(20, "controls = 0\nsample = 0.0\nsample_min = 0");
    let one = *desk.statuses().keys().next().unwrap();
    assert_eq!(desk.show("revue-2", one)["before"], json!([]));
    disputed(&desk, one);
    let said = desk.show("revue-2", one);
    let (_, other) = desk.bands(&said);
    let policy = desk.policy();
    let band = policy.bands.iter().find(|it| it.id.as_str() == other);
    let reason = policy.reason("wrong-data").unwrap();
    let time = |at: &str| {
        let at = said["before"][at.parse::<usize>().unwrap()]["time"].as_str();
        at.unwrap().to_owned()
    };
    assert_eq!(
        said["before"],
        json!([
            {
                "what": "overridden",
                "time": time("0"),
                "person": "revue-1",
                "band": band.unwrap().label,
                "reason": reason.label,
                "request": null,
                "note": { "status": "kept", "text": "Secteur mal relevé, CANARI-K7" },
            },
            {
                "what": "contested",
                "time": time("1"),
                "person": "dpo-1",
                "band": null,
                "reason": null,
                "request": { "status": "kept", "text": "DEM-2026-024" },
                "note": { "status": "kept", "text": "J’ai déménagé en mai, CANARI-K8" },
            },
        ])
    );
    for (lang, words) in [
        (
            "en",
            [
                "What people said of it before",
                "contested by the person",
                "request: “DEM-2026-024”",
            ],
        ),
        (
            "fr",
            [
                "Ce qui en a été dit",
                "contesté par la personne",
                "demande\u{a0}: «\u{a0}DEM-2026-024\u{a0}»",
            ],
        ),
    ] {
        let text = page(&desk, "revue-2", one, lang);
        // Wherever a line was broken.
        let text = text
            .split([' ', '\n'])
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        for words in words
            .into_iter()
            .chain(["CANARI-K7", "CANARI-K8", &reason.label])
        {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}

/// The commitments of what was said, recomputed from what is kept, oldest first.
fn committed(db: &rusqlite::Connection) -> Vec<String> {
    let mut notes = db
        .prepare("SELECT salt, text FROM note ORDER BY rowid")
        .unwrap();
    let notes = notes.query_map([], |row| {
        let (salt, text): (Vec<u8>, String) = (row.get(0)?, row.get(1)?);
        let said = [b"probant/note/v1\0", &salt[..], text.as_bytes()].concat();
        Ok(Digest::of(&said).to_string())
    });
    notes.unwrap().map(Result::unwrap).collect()
}

#[test]
fn words_that_were_changed_or_lost_are_told_and_never_shown_as_what_was_said() {
    let desk = Desk::new(20, "controls = 0\nsample = 0.0\nsample_min = 0");
    let one = *desk.statuses().keys().next().unwrap();
    disputed(&desk, one);
    let state = desk.night.root().join("state.db");
    let db = rusqlite::Connection::open(&state).unwrap();
    let committed = committed(&db);
    db.execute_batch(
        "DROP TRIGGER note_never_changes; UPDATE note SET text = 'CANARI-K9' WHERE text LIKE '%K7';
         UPDATE request SET reference = 'DEM-2026-099'",
    )
    .unwrap();
    drop(db);
    let said = desk.show("revue-2", one);
    let altered = json!({ "status": "altered", "commitment": committed[0] });
    assert_eq!(said["before"][0]["note"], altered);
    assert_eq!(said["before"][1]["request"]["status"], "altered");
    assert_eq!(said["before"][1]["note"]["status"], "kept");
    let text = page(&desk, "revue-2", one, "en");
    assert!(
        !text.contains("CANARI-K9") && text.contains("is not the one that was recorded"),
        "{text}"
    );

    // With `state.db` the words are lost, and the commitment stands.
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(desk.night.root().join(format!("state.db{ending}")));
    }
    desk.say(&["doctor", "--rebuild"]).done();
    let said = desk.show("revue-2", one);
    for (at, commitment) in committed.iter().enumerate() {
        let lost = json!({ "status": "lost", "commitment": commitment });
        assert_eq!(said["before"][at]["note"], lost);
    }
    assert_eq!(said["before"][1]["request"]["status"], "lost");
    let text = page(&desk, "revue-2", one, "en");
    assert!(
        text.contains("the text is lost; its commitment stands"),
        "{text}"
    );
    desk.verified();
}

#[test]
fn what_others_said_of_a_planted_case_is_told_only_once_it_was_answered() {
    let desk = Desk::new(60, "borderline = 0.0\ncontrols = 5");
    let mut wrong = desk.to_open("revue-2");
    wrong.retain(|it| {
        let said = desk.show("revue-2", *it);
        desk.wait(LEAST + 1);
        desk.is_wrong(&said)
    });
    let mut told = 0;
    for decision in wrong {
        let said = desk.show("revue-1", decision);
        desk.wait(LEAST + 1);
        if desk.is_wrong(&said) {
            continue;
        }
        told += 1;
        let (own, other) = desk.bands(&said);
        let number = decision.to_string();
        let words = [
            "override",
            &number,
            "--to",
            &other,
            "--reason",
            "wrong-data",
            "--note",
            "Vu",
        ];
        desk.by("revue-1", &words).done();
        assert_eq!(desk.show("revue-2", decision)["before"], json!([]));
        desk.wait(LEAST + 1);
        let words = [
            "override",
            &number,
            "--to",
            &own,
            "--reason",
            "band-does-not-follow",
        ];
        let answered = desk.by("revue-2", &words).done().json();
        assert_eq!(answered["planted"][0], decision);
        // Their own answer decided nothing, and is not among what was said.
        let said = desk.show("revue-2", decision);
        assert_eq!(said["before"].as_array().unwrap().len(), 1, "{said}");
        assert_eq!(said["before"][0]["person"], "revue-1");
    }
    assert!(told > 0, "some case is planted for one of them only");
    desk.verified();
}

#[test]
fn what_was_said_of_a_lead_leaves_with_them() {
    let desk = Desk::new(20, "controls = 0\nsample = 0.0\nsample_min = 0");
    let one = *desk.statuses().keys().next().unwrap();
    disputed(&desk, one);
    let holds = |word: &str| {
        let files = tree(&desk.night.root(), &["."]).into_iter();
        let holds = |(_, bytes): &(String, Vec<u8>)| {
            bytes.windows(word.len()).any(|it| it == word.as_bytes())
        };
        files
            .filter(holds)
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
    };
    for word in ["CANARI-K7", "CANARI-K8"] {
        let found = holds(word);
        assert!(
            !found.is_empty() && found.iter().all(|it| it.starts_with("state.db")),
            "{found:?}"
        );
    }
    let lead = desk.lead(one);
    let erase = [
        "subject",
        "erase",
        &lead,
        "--request",
        "DEM-2026-025",
        "--now",
    ];
    desk.say(&erase).done();
    for word in ["CANARI-K7", "CANARI-K8"] {
        assert_eq!(holds(word), Vec::<String>::new());
    }
    desk.verified();
}
