//! The life of a model: two people, signed steps, one command back, and which model scored on a day.

use std::fs;
use std::process::Command;

use probant::demo::Stage;
use probant::ledger::Entry;
use probant::ledger::entry::{Activate, Approve, ModelEntry, Retire, Signed};
use probant::ledger::key::{Secret, SigningKey};
use probant::ledger::text::{Approval, Course, Leaving, Signature, Time};
use probant::workspace::disk::Disk;
use probant::workspace::journal::{Commit, View, Writer};
use serde_json::Value;

use crate::night::{DPO_KEY, Night, PROBANT, Said, export, key, run, table, world};

/// A workspace whose first model is active, and whose leads differ from training to training.
struct House {
    night: Night,
    now: i64,
}

impl House {
    fn new() -> Self {
        let night = Night::new(60);
        Self {
            night,
            now: 1_790_000_000,
        }
    }

    fn say(&mut self, words: &[&str]) -> Said {
        self.now += 60;
        let mut world = world(0);
        world.now = Time(self.now);
        world.entropy = probant::workspace::journal::Entropy::os();
        run(&self.night.root(), &mut world, words)
    }

    /// Trains on other leads, signed unless `sign` is false; the version.
    fn train(&mut self, seed: u64, sign: bool) -> String {
        self.night
            .put("leads.csv", &export(6_000, seed, 1, Stage::History));
        let leads = self.night.path("leads.csv");
        let (leads, own) = (leads.to_str().unwrap().to_owned(), key("data-1"));
        let mut words = vec!["train", &leads, "--as", "data-1"];
        if sign {
            words.extend(["--key", &own]);
        }
        let said = self.say(&words).done().json();
        said["model"].as_str().unwrap().to_owned()
    }

    fn step(&mut self, verb: &str, model: &str, who: &str) -> Said {
        self.say(&["models", verb, model, "--as", who, "--key", &key(who)])
    }

    /// Trains the model of these leads once more, which compares it with the one that is active by now.
    fn again(&mut self, seed: u64, model: &str) {
        assert_eq!(self.train(seed, true), model);
    }

    fn publish(&mut self, model: &str) {
        self.step("approve", model, "dpo-1").done();
        self.step("activate", model, "data-1").done();
    }

    fn rollback(&mut self, more: &[&str]) -> Said {
        let own = key("data-1");
        let words = ["models", "rollback", "--as", "data-1", "--key", &own];
        self.say(&[&words[..], more].concat())
    }

    fn active(&mut self) -> String {
        let said = self.say(&["models", "show", "@active"]).done().json();
        said["model"]["version"].as_str().unwrap().to_owned()
    }

    fn stage(&mut self, model: &str) -> String {
        let said = self.say(&["models", "list"]).done().json();
        let models = said["models"].as_array().unwrap();
        let it = models.iter().find(|it| it["version"] == model).unwrap();
        it["stands"][0]["stage"].as_str().unwrap().to_owned()
    }

    fn edit(&self, from: &str, to: &str) {
        let file = self.night.root().join("probant.toml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from));
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
    }
}

#[test]
fn whoever_trained_a_model_never_approves_it() {
    let mut house = House::new();
    let model = house.train(7, true);
    let own = house.step("approve", &model, "data-1").failed(5);
    assert!(own.err.contains("`data-1` trained model"), "{own:?}");
    // Not with every role of the house either, nor by a rejection turned round.
    house.edit(
        "roles = [\"data-scientist\"]",
        "roles = [\"data-scientist\", \"dpo\", \"reviewer\", \"operator\", \"auditor\"]",
    );
    house.step("approve", &model, "data-1").failed(5);
    assert_eq!(house.stage(&model), "candidate");
    house.step("activate", &model, "data-1").failed(5);
    house.publish(&model);
    assert_eq!(house.active(), model);
    house.say(&["ledger", "verify", "--full"]).done();
}

#[test]
fn nobody_approves_with_anothers_key_nor_with_the_trainers() {
    let mut house = House::new();
    let model = house.train(7, true);
    let other = key("data-1");
    let words = [
        "models", "approve", &model, "--as", "dpo-1", "--key", &other,
    ];
    let said = house.say(&words).failed(5);
    assert!(
        said.err.contains("not the key that the policy names"),
        "{said:?}"
    );
    // Two names, one key: the policy says that the DPO's is the trainer's.
    let secret = Secret::new([21; 32]);
    let same = probant::ledger::note::Verifier::new("dpo-1", &SigningKey::of(&secret)).text();
    house.edit(DPO_KEY, &same);
    let file = house.night.path("dpo-1.key");
    let kind = probant::ledger::key::SecretKind::Person;
    fs::write(
        &file,
        secret.file(kind, &"dpo-1".parse().unwrap()).as_bytes(),
    )
    .unwrap();
    closed(&file);
    let file = file.to_str().unwrap().to_owned();
    let words = ["models", "approve", &model, "--as", "dpo-1", "--key", &file];
    let said = house.say(&words).failed(5);
    assert!(said.err.contains("has the key of `data-1`"), "{said:?}");
    assert_eq!(house.stage(&model), "candidate");
}

fn closed(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_training_that_nobody_signed_is_not_approved_until_its_trainer_signs_it() {
    let mut house = House::new();
    let model = house.train(7, false);
    let said = house.step("approve", &model, "dpo-1").failed(5);
    assert!(said.err.contains("nobody signed the training"), "{said:?}");
    let again = house.train(7, true);
    assert_eq!(again, model, "the same model, byte for byte");
    house.publish(&model);
    house.say(&["ledger", "verify", "--full"]).done();
}

#[test]
fn nothing_scores_that_nobody_approved_or_that_was_rejected() {
    let mut house = House::new();
    let first = house.active();
    let model = house.train(7, true);
    let said = house.step("activate", &model, "data-1").failed(5);
    assert!(
        said.err.contains("is candidate for `prospection`"),
        "{said:?}"
    );
    house.step("approve", &model, "dpo-1").done();
    assert_eq!(house.active(), first, "an approval activates nothing");
    // A second thought before it scores.
    house.step("reject", &model, "dpo-1").done();
    house.step("activate", &model, "data-1").failed(5);
    assert_eq!(house.stage(&model), "rejected");
    house.publish(&model);
    house.step("reject", &model, "dpo-1").failed(5);
    house.step("activate", &model, "data-1").failed(5);
    assert_eq!(house.stage(&first), "replaced");
}

#[test]
fn a_model_that_was_altered_is_neither_approved_nor_activated() {
    let mut house = House::new();
    let model = house.train(7, true);
    let card = house
        .night
        .root()
        .join("models")
        .join(&model)
        .join("card.html");
    let good = fs::read(&card).unwrap();
    let altered = [&good[..], b" "].concat();
    fs::write(&card, &altered).unwrap();
    house.step("approve", &model, "dpo-1").failed(4);
    fs::write(&card, &good).unwrap();
    house.step("approve", &model, "dpo-1").done();
    fs::write(&card, &altered).unwrap();
    house.step("activate", &model, "data-1").failed(4);
    fs::write(&card, &good).unwrap();
    house.step("activate", &model, "data-1").done();
}

#[test]
fn one_command_goes_back_and_every_day_knows_its_model() {
    let mut house = House::new();
    let first = house.active();
    let dates = ["2026-09-21", "2026-09-22", "2026-09-23"];
    let (second, third) = (house.train(7, true), house.train(8, true));
    house.now += 86_400;
    house.publish(&second);
    house.now += 86_400;
    // It was compared with the first one, which is not the one to beat any more.
    let said = house.step("approve", &third, "dpo-1").failed(5);
    assert!(
        said.err.contains("another model than the one active now"),
        "{said:?}"
    );
    house.again(8, &third);
    house.publish(&third);
    let back = house.rollback(&[]).done().json();
    assert_eq!(
        (&back["model"], &back["replaced"]),
        (&Value::from(&*second), &Value::from(&*third))
    );
    assert_eq!(
        (house.active(), house.stage(&third)),
        (second.clone(), "rolled-back".into())
    );
    // Once more goes to the one before, never round in a circle.
    house.rollback(&[]).done();
    assert_eq!(house.active(), first);
    let none = house.rollback(&[]).failed(5);
    assert!(none.err.contains("no earlier model"), "{none:?}");
    // What was rolled back from needs a new approval.
    house.step("activate", &third, "data-1").failed(5);
    house.again(8, &third);
    house.publish(&third);
    // And back by name.
    house.rollback(&["--to", &first]).done();
    assert_eq!(house.active(), first);

    let then = |house: &mut House, date: &str| -> Vec<String> {
        let said = house.say(&["models", "at", date]).done().json();
        let scored = said["scored"].as_array().unwrap();
        scored
            .iter()
            .map(|it| it["model"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(then(&mut house, dates[0]), [first.as_str()]);
    assert_eq!(then(&mut house, dates[1]), [first.clone(), second.clone()]);
    let last = then(&mut house, dates[2]);
    assert_eq!(last[..4], [second.clone(), third, second, first][..]);
    house.say(&["models", "at", "2026-01-01"]).failed(5);
    house.say(&["ledger", "verify", "--full"]).done();
}

#[test]
fn there_is_no_going_back_to_a_model_that_was_never_active_or_is_gone() {
    let mut house = House::new();
    let first = house.active();
    let (second, third) = (house.train(7, true), house.train(8, true));
    house.step("approve", &third, "dpo-1").done();
    let never = house.rollback(&["--to", &third]).failed(5);
    assert!(never.err.contains("was never active"), "{never:?}");
    house.publish(&second);
    // The first one scored nobody, so that no record needs it.
    let own = key("data-1");
    let purge = [
        "models", "retire", &first, "--purge", "--as", "data-1", "--key", &own,
    ];
    house.say(&purge).done();
    assert!(!house.night.root().join("models").join(&first).exists());
    for more in [&[][..], &["--to", &first]] {
        let gone = house.rollback(more).failed(5);
        assert!(gone.err.contains("is purged"), "{gone:?}");
    }
    house.say(&["ledger", "verify", "--full"]).done();
    // A folder that a crash would have left is swept; a model that explains a record is never removed.
    fs::create_dir(house.night.root().join("models").join(&first)).unwrap();
    house.night.score("out/a.csv", &[]).done();
    assert!(!house.night.root().join("models").join(&first).exists());
    house.step("activate", &third, "data-1").done();
    let purge = [
        "models", "retire", &second, "--purge", "--as", "data-1", "--key", &own,
    ];
    let needed = house.say(&purge).failed(5);
    assert!(needed.err.contains("are explained by model"), "{needed:?}");
    let lead = table(&house.night.read("out/a.csv"))[3]["Réf. prospect"].clone();
    house.say(&["explain", &lead, "--why", "audit"]).done();
}

#[test]
fn a_model_out_of_use_scores_nobody_and_a_trial_is_marked_and_never_leaves() {
    let mut house = House::new();
    let first = house.active();
    house.step("retire", "@active", "data-1").done();
    let said = house.night.score("out/a.csv", &[]).failed(5);
    assert!(said.err.contains("no model is active"), "{said:?}");
    assert_eq!(house.stage(&first), "retired");
    // Tried out by name, it is a trial: the segment's entry says so, and nothing of it may be signed off.
    house.night.score("out/b.csv", &["--model", &first]).done();
    let shown = house.say(&["ledger", "show"]).done();
    assert!(
        shown.out.contains(&format!("model {first} trial")),
        "{shown:?}"
    );
    house.say(&["ledger", "verify", "--full"]).done();
    // It may come back, but somebody approves it again.
    house.rollback(&[]).failed(5);
    house.publish(&first);
    assert_eq!(house.active(), first);
}

#[test]
fn taking_the_active_model_out_of_use_does_not_switch_its_gate_off() {
    let mut house = House::new();
    let first = house.active();
    let (second, third) = (house.train(7, true), house.train(8, true));
    house.publish(&second);
    house.step("retire", "@active", "data-1").done();
    // It was compared with the first one; the second is still the one to beat.
    let said = house.step("approve", &third, "dpo-1").failed(5);
    assert!(said.err.contains("the one active last"), "{said:?}");
    house.again(8, &third);
    let done = house.step("approve", &third, "dpo-1").done().json();
    let gates = done["gates"]["gates"].as_array().unwrap();
    let gate = gates.iter().find(|it| it["id"] == "active").unwrap();
    let en = gate["meaning"]["en"].as_str().unwrap();
    assert!(
        en.contains("the last active model") && en.contains(&second[..8]),
        "{en}"
    );
    assert_eq!(done["gates"]["against"], second.as_str());
    assert_ne!(first, second);
}

#[test]
fn nothing_takes_over_that_the_policy_does_not_let_score() {
    let mut house = House::new();
    let first = house.active();
    let second = house.train(7, true);
    house.publish(&second);
    let (from, to) = ("role = \"feature\"", "role = \"ignore\"");
    house.edit(from, to);
    let said = house.rollback(&[]).failed(5);
    assert!(
        said.err
            .contains("the policy does not declare as a feature"),
        "{said:?}"
    );
    assert_eq!(house.active(), second);
    house.edit(to, from);
    house.rollback(&[]).done();
    assert_eq!(house.active(), first);
}

/// What a forger writes who holds the ledger's key, but nobody's own; and what is said of it.
fn forgeries(known: &ModelEntry) -> Vec<(Vec<Entry>, &'static str)> {
    let policy = known.policy;
    let model = known.model;
    let signed = Signed {
        policy,
        signature: Signature([1; 64]),
    };
    let by = |who: &str| who.parse().unwrap();
    let approve = |who: &str, signed| {
        Entry::Approve(Approve {
            model,
            purpose: by("prospection"),
            time: Time(1_790_000_100),
            actor: by(who),
            approval: Approval::Approved,
            report: None,
            signed,
        })
    };
    let activate = |model, replaces, course, signed| {
        Entry::Activate(Activate {
            model,
            purpose: by("prospection"),
            time: Time(1_790_000_200),
            actor: by("data-1"),
            approval: Approval::Approved,
            course,
            replaces,
            signed,
        })
    };
    let retire = |leaving| {
        Entry::Retire(Retire {
            model,
            purpose: by("prospection"),
            time: Time(1_790_000_300),
            actor: by("data-1"),
            leaving,
            signed,
        })
    };
    let trained = Entry::Model(ModelEntry {
        signature: Some(signed.signature),
        ..known.clone()
    });
    let back = Some(Course::Rollback);
    vec![
        (vec![approve("dpo-1", Some(signed))], "did not sign"),
        (
            vec![approve("data-1", Some(signed))],
            "whoever trained a model approves it",
        ),
        (
            vec![approve("dpo-1", None)],
            "nobody signed it, in a log where steps are",
        ),
        (
            vec![activate(model, None, None, None)],
            "nobody signed it, in a log where steps are",
        ),
        (
            vec![activate(
                model,
                None,
                Some(Course::Publication),
                Some(signed),
            )],
            "did not sign",
        ),
        (
            vec![
                retire(Leaving::Retired),
                activate(model, None, back, Some(signed)),
            ],
            "nobody had approved its model",
        ),
        (
            vec![retire(Leaving::Purged)],
            "the folder of a model that scores",
        ),
        (vec![trained], "did not sign"),
    ]
}

#[test]
fn steps_that_nobody_signed_or_that_do_not_follow_are_named() {
    let base = House::new();
    let view = View::open(&base.night.root()).unwrap();
    let Some((_, Entry::Model(known))) = view.entries().find(|(_, it)| it.kind() == "model") else {
        panic!("a model");
    };
    let known = known.clone();
    drop(view);
    for (entries, why) in forgeries(&known) {
        let house = House::new();
        let mut writer = Writer::open(&house.night.root(), &Disk::new()).unwrap();
        writer
            .commit(&Commit {
                documents: Vec::new(),
                entries,
            })
            .unwrap();
        drop(writer);
        let said = house.night.say(&["ledger", "verify"]);
        assert_eq!(said.exit, 4, "{why}: {said:?}");
        assert!(said.out.contains(why), "{why}: {said:?}");
    }
}

#[test]
fn a_card_written_anew_says_who_approved_and_activated_it() {
    let mut house = House::new();
    let model = house.active();
    let page = house.night.root();
    let page = Command::new(PROBANT)
        .args(["-w", page.to_str().unwrap(), "models", "card", "@active"])
        .output()
        .unwrap();
    let page = String::from_utf8(page.stdout).unwrap();
    for needed in ["Actif depuis le", "dpo-1", "data-1", "Active since"] {
        assert!(page.contains(needed), "no `{needed}`");
    }
    let data = house.say(&["models", "card", &model[..8]]).done().json();
    let steps: Vec<&str> = data["life"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["what"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["approved", "activated"]);
    assert_eq!(data["gates"]["passed"], true);
    // The recorded card stays what it was on the day of the training.
    let folder = house.night.root().join("models").join(&model);
    let recorded = fs::read_to_string(folder.join("card.html")).unwrap();
    assert!(!recorded.contains("Active since") && recorded.contains("Candidate."));
    let twin: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("card.json")).unwrap()).unwrap();
    assert_eq!(twin["model"], model.as_str());
}

#[test]
fn what_was_replaced_is_not_rejected_and_stays_the_way_back() {
    let mut house = House::new();
    let first = house.active();
    let second = house.train(7, true);
    house.publish(&second);
    for verb in ["reject", "approve"] {
        let said = house.step(verb, &first, "dpo-1").failed(5);
        assert!(said.err.contains("is replaced for"), "{said:?}");
        assert!(said.err.contains("models rollback --to"), "{said:?}");
    }
    house.rollback(&[]).done();
    assert_eq!(house.active(), first);
}

#[test]
fn a_second_id_of_the_trainer_is_the_trainer_and_a_key_slipped_in_is_told() {
    let mut house = House::new();
    let model = house.train(7, true);
    let key_of = |byte: u8, who: &str| {
        let secret = Secret::new([byte; 32]);
        let file = house.night.path(&format!("{who}-{byte}.key"));
        let kind = probant::ledger::key::SecretKind::Person;
        fs::write(&file, secret.file(kind, &who.parse().unwrap()).as_bytes()).unwrap();
        closed(&file);
        let key = probant::ledger::note::Verifier::new(who, &SigningKey::of(&secret)).text();
        (file.to_str().unwrap().to_owned(), key)
    };
    let (file, own) = key_of(41, "maud-2");
    let (slipped, new) = key_of(42, "dpo-1");
    let twin = format!(
        "[[people]]\nid = \"maud-2\"\nname = \"MAUD  Escande\"\nroles = [\"dpo\"]\nkey = \"{own}\"\n\n[[purposes]]"
    );
    house.edit("[[purposes]]", &twin);
    let approve = |who, key| ["models", "approve", "@candidate", "--as", who, "--key", key];
    let said = house.say(&approve("maud-2", file.as_str())).failed(5);
    assert!(said.err.contains("trained model"), "{said:?}");
    let told =
        |house: &mut House| house.say(&["ledger", "verify"]).done().json()["other_keys"].clone();
    assert_eq!(told(&mut house), Value::Null);
    house.edit(DPO_KEY, &new);
    house.say(&approve("dpo-1", slipped.as_str())).done();
    house.edit(&new, DPO_KEY);
    house.step("activate", &model, "data-1").done();
    let told = told(&mut house);
    assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
    assert!(
        told[0]["why"].as_str().unwrap().contains("`dpo-1`"),
        "{told}"
    );
}

#[test]
fn a_trial_is_nobodys_score_and_nothing_of_it_is_decided() {
    let mut house = House::new();
    let first = house.active();
    let tried = house.train(7, true);
    house.night.score("out/a.csv", &[]).done();
    house.night.score("out/b.csv", &["--model", &tried]).done();
    let lead = |file: &str| {
        let row = table(&house.night.read(file))[3].clone();
        (row["Réf. prospect"].clone(), row["decision"].clone())
    };
    let ((lead, own), (_, trial)) = (lead("out/a.csv"), lead("out/b.csv"));
    let why = ["--why", "audit", "--as", "dpo-1"];
    let said = house
        .say(&[&["explain", &lead][..], &why].concat())
        .done()
        .json();
    assert_eq!(
        (&said["model"], &said["trial"]),
        (&Value::from(first), &Value::from(false))
    );
    assert_eq!(said["decision"].to_string(), own);
    let words = [&["explain", &lead, "--decision", &trial][..], &why].concat();
    let said = house.say(&words).done().json();
    assert_eq!(
        (&said["model"], &said["trial"]),
        (&Value::from(tried), &Value::from(true))
    );
    // A night's work is the latest one that may be used.
    let listed = house.say(&["review", "list"]).done().json();
    let runs = house.say(&["runs", "list"]).done().json();
    let runs = runs["runs"].as_array().unwrap();
    assert_eq!(
        (&runs[0]["standing"], &runs[1]["standing"]),
        (&"active".into(), &"trial".into())
    );
    assert_eq!(listed["run"], runs[0]["run"]);
}
