//! Leads that the machine scores and does not judge: who they are, where they go, and that nobody can say otherwise.

use std::fs;

use probant::decision::{Flag, Limits};
use probant::features::{Codes, Feature, Schema, Shape};
use probant::form::Filing;
use probant::ledger::entry::{Run, Segment};
use probant::ledger::{Block, Entry, Heading, Replay as _, RunId, SegmentKind};
use probant::model::Model;
use probant::model::document::Settings;
use probant::odds::LogOdds;
use probant::policy::{self, Abstention, Policy, REVIEW, Solver, Watched};
use probant::workspace::Replayer;
use probant::workspace::disk::Disk;
use probant::workspace::journal::{Commit, Entropy, RunWriter, View};
use proptest::prelude::*;
use serde_json::Value;

use crate::auditor::tools;
use crate::night::{FIRST, Night, POLICY, Said, export, table};
use crate::review::Desk;

/// A model of a number with two bins, a category of two levels and a flag, with these spans.
fn model(spans: [i32; 3]) -> Model {
    let schema = Schema {
        normaliser: 1,
        id_type: "row".to_owned(),
        features: vec![
            Feature {
                name: "size".to_owned(),
                shape: Shape::Number {
                    edges: vec![10.0],
                    low: 0.0,
                    high: 100.0,
                },
            },
            Feature {
                name: "origin".to_owned(),
                shape: Shape::Category {
                    levels: vec!["fair".to_owned(), "web".to_owned()],
                },
            },
            Feature {
                name: "customer".to_owned(),
                shape: Shape::Flag,
            },
        ],
        pairs: Vec::new(),
    };
    let tables = schema.features.iter().zip(spans).map(|(feature, span)| {
        let mut table = vec![LogOdds(0); feature.shape.codes()];
        table[0] = LogOdds(span);
        table
    });
    let tables = tables.collect();
    let settings = Settings {
        seed: 1,
        min_people: 20,
        max_bins: 32,
        strength: "1".to_owned(),
        solver: Solver::Newton,
        rows: 100,
        positives: 10,
    };
    Model::new(schema, settings, LogOdds(0), tables).unwrap()
}

/// The codes of [`model`]'s features that no training row had, and those of missing values.
const STRANGE: [&[u16]; 3] = [&[3, 4], &[3], &[]];
const MISSING: [u16; 3] = [2, 2, 2];

fn watched() -> impl Strategy<Value = Watched> {
    prop_oneof![
        Just(Watched::Any),
        Just(Watched::Important),
        Just(Watched::Never)
    ]
}

proptest! {
    #[test]
    fn a_lead_is_set_apart_by_its_codes_its_model_and_its_policy_alone(
        spans in [0..100i32, 0..100i32, 0..100i32],
        rows in prop::collection::vec((0..5u16, 0..4u16, 0..3u16), 1..40),
        (unseen, beyond) in (watched(), watched()),
        (missing_ppm, important_ppm) in (
            prop_oneof![Just(0), Just(1_000_000), 0..=1_000_000u32],
            0..=1_000_000u32,
        ),
    ) {
        let settings = Abstention { missing_ppm, unseen, beyond, important_ppm, stated: true };
        let limits = Limits::of(&model(spans), &settings);
        let column = |of: fn(&(u16, u16, u16)) -> u16| {
            Codes::Narrow(rows.iter().map(|row| of(row) as u8).collect())
        };
        let columns = [column(|row| row.0), column(|row| row.1), column(|row| row.2)];
        let apart = limits.apart(&columns);
        for (row, apart) in rows.iter().zip(apart) {
            let codes = [row.0, row.1, row.2];
            // The same said again from the policy's words, in another way.
            let widest = f64::from(*spans.iter().max().unwrap());
            let weighs = |at: usize| {
                spans[at] > 0 && f64::from(spans[at]) / widest * 1e6 >= f64::from(important_ppm) - 1e-6
            };
            let counts = |at: usize| match [beyond, unseen, unseen][at] {
                Watched::Any => true,
                Watched::Important => weighs(at),
                Watched::Never => false,
            };
            let strange = (0..3).filter(|&at| STRANGE[at].contains(&codes[at]) && counts(at)).count();
            let missing = (0..3).filter(|&at| codes[at] == MISSING[at]).count();
            let lacks = missing as f64 / 3.0 > f64::from(missing_ppm) / 1e6;
            prop_assert_eq!(apart, strange > 0 || lacks);
            prop_assert_eq!(limits.sets_apart(&codes), apart);
            prop_assert_eq!(limits.flags(&codes).len(), strange + usize::from(lacks));
        }
    }
}

#[test]
fn each_flag_says_which_feature_and_which_end() {
    let limits = Limits::of(&model([8, 8, 1]), &Abstention::default());
    assert_eq!(limits.important(), [true, true, false]);
    assert_eq!(limits.flags(&[0, 0, 0]), []);
    assert_eq!(limits.flags(&[3, 0, 0]), [Flag::Below { feature: 0 }]);
    assert_eq!(limits.flags(&[4, 0, 0]), [Flag::Above { feature: 0 }]);
    assert_eq!(limits.flags(&[0, 3, 0]), [Flag::Unseen { feature: 1 }]);
    let missing = Flag::Missing {
        missing: 2,
        features: 3,
    };
    assert_eq!(limits.flags(&[2, 2, 0]), [missing]);
    assert_eq!(limits.flags(&[2, 0, 0]), []);
    // Whoever holds a damaged file may ask for any code.
    assert!(!limits.sets_apart(&[9, 9, 9]));
    // A model that says nothing has no feature that weighs.
    let dumb = Limits::of(&model([0, 0, 0]), &Abstention::default());
    assert_eq!(dumb.flags(&[0, 3, 0]), []);
}

#[test]
fn the_band_of_set_apart_leads_is_nobody_elses() {
    let taken = POLICY.replacen("[[bands]]\nid = \"", "[[bands]]\nid = \"review\" #", 1);
    assert_ne!(taken, POLICY);
    // A policy of before there was such a band is still read, so that its ledger verifies.
    assert!(policy::parse(&taken).unwrap().review_is_taken());
    let stated = format!("{taken}\n[abstention]\nmissing = 0.5\n");
    let error = policy::parse(&stated).unwrap_err();
    assert!(
        error.to_string().contains("a band is called `review`"),
        "{error}"
    );

    let night = Night::new(30);
    fs::write(night.root().join("probant.toml"), &taken).unwrap();
    let said = night.score("out/a.csv", &[]).failed(5);
    assert!(said.err.contains("a band of the policy is called `review`"));
}

#[test]
fn the_policy_says_what_is_wrong_with_its_limits() {
    let with = |text: &str| policy::parse(&format!("{POLICY}\n[abstention]\n{text}\n"));
    let given =
        with("missing = 0.25\nunseen = \"any\"\nbeyond = \"never\"\nimportant = 0.1").unwrap();
    let expected = Abstention {
        missing_ppm: 250_000,
        unseen: Watched::Any,
        beyond: Watched::Never,
        important_ppm: 100_000,
        stated: true,
    };
    assert_eq!(given.abstention, expected);
    assert_eq!(
        policy::parse(POLICY).unwrap().abstention,
        Abstention::default()
    );
    for (text, why) in [
        ("missing = 2", "a number from 0 to 1"),
        ("unseen = \"importnt\"", "did you mean `important`"),
        ("beyond_range = true", "unknown key `beyond_range`"),
    ] {
        let error = with(text).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}

/// A scored night's model and policy.
fn of(night: &Night) -> (Model, Policy) {
    let models = fs::read_dir(night.root().join("models")).unwrap();
    let folder = models.map(|it| it.unwrap().path()).next().unwrap();
    let model = fs::read_to_string(folder.join("model.json")).unwrap();
    let policy = fs::read_to_string(night.root().join("probant.toml")).unwrap();
    (
        Model::parse(&model).unwrap(),
        policy::parse(&policy).unwrap(),
    )
}

/// The positions of a number, and of a category that weighs.
fn number_and_category(model: &Model, policy: &Policy) -> (usize, usize) {
    let limits = Limits::of(model, &policy.abstention);
    let features = &model.schema().features;
    let number = features
        .iter()
        .position(|it| matches!(it.shape, Shape::Number { .. }));
    let category = features
        .iter()
        .zip(limits.important())
        .position(|(it, weighs)| *weighs && matches!(it.shape, Shape::Category { .. }));
    (number.unwrap(), category.unwrap())
}

/// Changes of a night's rows: the lead, the columns, and what stands there.
fn changed(csv: &[u8], changes: &[(usize, &[&str], &str)]) -> Vec<u8> {
    let text: String = csv.iter().map(|&byte| char::from(byte)).collect();
    let mut lines: Vec<Vec<String>> = text
        .lines()
        .map(|line| line.split(';').map(str::to_owned).collect())
        .collect();
    // The export is in Windows-1252: what is asked is compared letter by letter up to U+00FF.
    let header = lines[0].clone();
    for (row, columns, value) in changes {
        for column in *columns {
            let at = header.iter().position(|it| {
                it.trim_matches('"').replace("\"\"", "\"")
                    == column.replace('’', "\u{92}").replace('€', "\u{80}")
            });
            let at = at.unwrap_or_else(|| panic!("{column} in {header:?}"));
            (*value).clone_into(&mut lines[row + 1][at]);
        }
    }
    let lines: Vec<String> = lines.into_iter().map(|cells| cells.join(";")).collect();
    (lines.join("\n") + "\n")
        .chars()
        .map(|it| it as u8)
        .collect()
}

/// A night in which four leads are strange: an unseen level, a number beyond the range, nearly nothing known, and a level
/// that nobody watches.
fn strange(night: &Night, leads: usize) -> [String; 2] {
    let (model, policy) = of(night);
    let (number, category) = number_and_category(&model, &policy);
    let features = &model.schema().features;
    let names: Vec<&str> = features.iter().map(|it| it.name.as_str()).collect();
    let csv = export(leads, 5, FIRST, probant::demo::Stage::Open);
    let changes: [(usize, &[&str], &str); 3] = [
        (3, &[names[category]], "Astrologie"),
        (5, &[names[number]], "99999999"),
        (7, &names, ""),
    ];
    night.put("night.csv", &changed(&csv, &changes));
    [names[category].to_owned(), names[number].to_owned()]
}

fn lead(row: u64) -> String {
    format!("PR{:08}", FIRST + row)
}

#[test]
fn an_unseen_level_a_number_out_of_range_and_too_little_known_go_to_a_person() {
    let night = Night::new(200);
    let [category, number] = strange(&night, 200);
    let (_, policy) = of(&night);
    let (label, number) = (policy.label(&category), policy.label(&number));
    let report = night.score("out/a.csv", &[]).done().json();
    let bands = report["bands"].as_array().unwrap();
    let count: u64 = bands
        .iter()
        .map(|band| band["leads"].as_u64().unwrap())
        .sum();
    assert_eq!(count, report["proposed"].as_u64().unwrap());
    let review = bands.last().unwrap();
    assert_eq!(
        (&review["id"], &review["leads"]),
        (&REVIEW.into(), &3.into()),
        "{report}"
    );

    let rows = table(&night.read("out/a.csv"));
    let apart: Vec<_> = rows.iter().filter(|row| row["band"] == REVIEW).collect();
    assert_eq!(apart.len(), 3);
    for row in &rows {
        assert_eq!(row["flags"].is_empty(), row["band"] != REVIEW, "{row:?}");
        assert!(
            !row["score"].is_empty(),
            "the score itself is there: {row:?}"
        );
    }
    let at = |at: u64| {
        rows.iter()
            .find(|row| row["Réf. prospect"] == lead(at))
            .unwrap()
    };
    assert_eq!(
        at(3)["flags"],
        format!("{label}: never or hardly ever seen in training")
    );
    let number = number.replace('’', "\u{92}");
    let over = format!("{number}: over everything seen in training (over ");
    assert!(at(5)["flags"].starts_with(&over), "{:?}", at(5));
    assert_eq!(at(7)["flags"], "11 of 11 values are missing");

    let said = night
        .say(&["explain", &lead(3), "--why", "review"])
        .done()
        .json();
    assert_eq!(said["band"]["id"], REVIEW);
    assert_eq!(said["band"]["label"], "À juger par une personne");
    let flag = serde_json::json!([{
        "kind": "unseen",
        "column": category,
        "words": format!("{label}: never or hardly ever seen in training"),
    }]);
    assert_eq!(said["flags"], flag, "{said}");
    let plain = night
        .say(&["explain", &lead(0), "--why", "review"])
        .done()
        .json();
    assert_eq!(plain["flags"], serde_json::json!([]));
    night.say(&["ledger", "verify", "--full"]).done();

    // Whoever does not want it says so, and gets the bands of the scores.
    let path = night.root().join("probant.toml");
    let policy = fs::read_to_string(&path).unwrap();
    let never = "[abstention]\nunseen = \"never\"\nbeyond = \"never\"\nmissing = 1\n";
    fs::write(&path, format!("{policy}\n{never}")).unwrap();
    night.score("out/b.csv", &[]).done();
    assert!(
        table(&night.read("out/b.csv"))
            .iter()
            .all(|row| row["band"] != REVIEW)
    );
    night.say(&["ledger", "verify", "--full"]).done();
    // The first run is explained by the policy of its day.
    let first = said["decision"].to_string();
    let again = night.say(&["explain", &lead(3), "--decision", &first, "--why", "review"]);
    assert_eq!(again.done().json()["flags"], flag);
}

#[test]
fn nobody_signs_a_run_off_whose_set_apart_leads_they_did_not_open() {
    let desk = Desk::under(
        60,
        "borderline = 0\nsample = 0\nsample_min = 0\ncontrols = 0",
        &|it| it,
    );
    strange(&desk.night, 60);
    desk.night.score("out/b.csv", &[]).done();
    let rows = desk.list("revue-1")["rows"].as_array().unwrap().clone();
    let (apart, others) = rows.split_at(3);
    assert!(
        apart
            .iter()
            .all(|row| row["set_apart"] == true && row["to_open"] == true)
    );
    assert!(others.iter().all(|row| row["set_apart"] == false));
    let said = desk.sign_off("revue-1").failed(5);
    assert!(said.err.contains("3 of 3"), "{said:?}");

    let numbers: Vec<u64> = apart
        .iter()
        .map(|row| row["decision"].as_u64().unwrap())
        .collect();
    for number in &numbers {
        let said = desk.show("revue-1", *number);
        assert_eq!(said["band"]["id"], REVIEW, "{said}");
        assert_ne!(said["flags"], serde_json::json!([]));
        desk.wait(5);
    }
    let bands = desk.night.say(&["runs", "list"]);
    drop(bands.done());
    let other = |to: &str| -> Said {
        let number = numbers[0].to_string();
        desk.by(
            "revue-1",
            &["override", &number, "--to", to, "--reason", "known-context"],
        )
    };
    // That a person must judge is not a person's judgement.
    other(REVIEW).failed(2);
    let (_, policy) = of(&desk.night);
    other(policy.bands[0].id.as_str()).done();
    let by = ["reject", &numbers[1].to_string(), "--reason", "wrong-data"];
    desk.by("revue-1", &by).done();
    let done = desk.sign_off("revue-1").done().json();
    assert_eq!(
        (&done["overridden"], &done["rejected"]),
        (&1.into(), &1.into())
    );
    desk.night.say(&["ledger", "verify", "--full"]).done();
}

/// A run of one lead with these feature codes and this outcome, written by somebody who holds every key.
fn forge(night: &Night, run: u8, codes: &[u16], outcome: u8, outcomes: Option<usize>) {
    let root = night.root();
    let view = View::open(&root).unwrap();
    let placed = view
        .segments()
        .find(|it| it.entry.kind == SegmentKind::Proposals);
    let segment: Segment = placed.unwrap().entry.clone();
    let entry = view.entries().find_map(|(_, entry)| match entry {
        Entry::Run(it) => Some(it.clone()),
        _ => None,
    });
    drop(view);
    let (model, _) = of(night);
    let replay = Replayer::new(model);
    let id = RunId([run; 16]);
    let mut table = segment.outcomes.clone();
    table.truncate(outcomes.unwrap_or(table.len()));
    let heading = Heading {
        run: id,
        model: segment.model,
        schema: segment.schema,
        policy: segment.policy,
        law: segment.law,
        binary: segment.binary.clone(),
        kid: segment.kid.clone(),
        purpose: segment.purpose.clone(),
        basis: segment.basis.clone(),
        outcomes: table,
        retention: segment.retention.clone(),
    };
    let columns: Vec<Vec<u16>> = codes.iter().map(|&code| vec![code]).collect();
    let columns: Vec<&[u16]> = columns.iter().map(Vec::as_slice).collect();
    let block = Block {
        pseudonyms: &[[run; 16]],
        basis: &[segment.basis[0].0],
        outcomes: &[outcome],
        codes: &columns,
        facts: &Filing::verbatim([&b""[..]]),
    };
    let mut writer = RunWriter::start(&root, &Disk::new(), Entropy::seeded([run; 32]), id).unwrap();
    writer
        .push(&heading, SegmentKind::Proposals, &block, Some(&replay))
        .unwrap();
    let run = Run {
        run: id,
        total: 1,
        proposed: 1,
        refused: 0,
        failed: 0,
        ..entry.unwrap()
    };
    let commit = Commit {
        documents: Vec::new(),
        entries: vec![Entry::Run(run)],
    };
    writer.commit(&commit).unwrap();
}

#[test]
fn a_forged_review_and_a_forged_absence_are_named() {
    let night = Night::new(40);
    night.score("out/a.csv", &[]).done();
    let (model, policy) = of(&night);
    let (_, category) = number_and_category(&model, &policy);
    let plain = vec![0; model.schema().features.len()];
    let mut strange = plain.clone();
    strange[category] = model.schema().features[category].shape.missing() + 1;
    let band = |codes: &[u16]| {
        let replay = Replayer::new(model.clone());
        policy.band(LogOdds(replay.replay(codes, &mut Vec::new())).score().ppm()) as u8
    };
    let review = policy.review_code();
    let outcome = "its outcome is not the one that the policy gives its score and its codes";
    let silenced = "no outcome for leads that are set apart";
    for (at, (codes, said, outcomes, why)) in [
        (&strange, review, None, None),
        (&plain, band(&plain), None, None),
        (&plain, review, None, Some(outcome)),
        (&strange, band(&strange), None, Some(outcome)),
        (
            &strange,
            band(&strange),
            Some(usize::from(review)),
            Some(silenced),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let forged = Night::new(1);
        fs::remove_dir_all(forged.root()).unwrap();
        crate::night::copy(&night.root(), &forged.root());
        forge(&forged, at as u8 + 1, codes, said, outcomes);
        let verified = forged.say(&["ledger", "verify", "--full"]);
        match why {
            None => drop(verified.done()),
            Some(why) => {
                assert_ne!(verified.exit, 0, "{why}: {verified:?}");
                let named: Vec<Value> = verified.json()["integrity"].as_array().unwrap().clone();
                let words = |it: &Value| it["why"].as_str().unwrap().contains(why);
                assert_eq!(
                    (named.len(), named.iter().all(words)),
                    (1, true),
                    "{named:?}"
                );
            }
        }
    }
}

#[test]
fn an_auditor_judges_set_apart_leads_without_this_program() {
    let Some(tools) = tools() else { return };
    let night = Night::new(200);
    strange(&night, 200);
    night.score("out/a.csv", &[]).done();
    let bundle = night.path("bundle");
    let words = [
        "ledger",
        "bundle",
        "--run",
        "@latest",
        "--rows",
        "--recipient",
        "cabinet-durand",
        "--as",
        "dpo-1",
        "--out",
    ];
    night
        .say(&[&words[..], &[bundle.to_str().unwrap()]].concat())
        .done();
    tools
        .python(&bundle, None)
        .believes("a night with set-apart leads");
}
