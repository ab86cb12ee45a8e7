//! A model watched: what drifts is named, what does not is left alone, and nothing stands for too few.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

use chrono::NaiveDate;
use probant::demo::Stage;
use probant::digest::{Digest, sha256};
use probant::form::Filing;
use probant::ledger::entry::{Document, Entry, Run};
use probant::ledger::{Block, Heading, RunId, SegmentKind, Time};
use probant::model::Model;
use probant::model::expected::Scores;
use probant::monitor::document::{Cause, Monitored, Signal, Verdict};
use probant::monitor::psi::psi;
use probant::odds::Score;
use probant::workspace::Replayer;
use probant::workspace::disk::Disk;
use probant::workspace::journal::{Commit, Entropy, RunWriter, View, Writer};
use serde_json::Value;

use crate::faults::{failing, full};
use crate::night::{FIRST, Night, Said, copy, export, key, run, say, table, world, world_on};
use crate::outcomes::{changed, history};
use crate::review::Desk;

/// The k of the policy of these tests.
const K: f64 = 20.0;

/// Numbers agree with numpy's and scikit-learn's to this.
const EXACT: f64 = 1e-9;

/// A night of leads like the training's, of whom the origin of every second one was changed.
fn shifted(rows: usize) -> Vec<u8> {
    changed(&export(rows, 2, FIRST, Stage::Open), "Origine", |row, _| {
        (row % 2 == 0).then(|| "Salon professionnel".to_owned())
    })
}

fn watch(night: &Night, more: &[&str]) -> Said {
    night.say(&[&["monitor"], more].concat())
}

fn found(said: &Said) -> Monitored {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

/// The last entry of the log, and its text.
fn last(root: &Path) -> Entry {
    let view = View::open(root).unwrap();
    view.entries().next_back().unwrap().1.clone()
}

/// As a person reads it, in this language.
fn read(night: &Night, lang: &str, more: &[&str]) -> (i32, String) {
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_probant"))
        .arg("-w")
        .arg(night.root())
        .args(["--lang", lang, "monitor"])
        .args(if more.contains(&"--to") {
            &[][..]
        } else {
            &["--to", "2026-09-30"]
        })
        .args(more)
        .output()
        .unwrap();
    (
        done.status.code().unwrap(),
        String::from_utf8(done.stdout).unwrap() + &String::from_utf8(done.stderr).unwrap(),
    )
}

#[test]
fn a_column_that_shifted_is_named_and_a_scheduler_sees_it() {
    let night = Night::new(10);
    night.put("night.csv", &shifted(3_000));
    night.score("out/a.csv", &[]).done();
    let said = watch(&night, &[]);
    assert_eq!(said.exit, 8, "{said:?}");
    let it = found(&said);
    assert_eq!((it.verdict, it.leads), (Verdict::Alert, Some(3_000)));
    let Cause::Feature {
        feature,
        psi,
        signal,
    } = &it.causes[0]
    else {
        panic!("{:?}", it.causes)
    };
    assert_eq!((feature.as_str(), *signal), ("Origine", Signal::Alert));
    assert!(*psi > 0.25);
    assert_eq!(
        it.features
            .iter()
            .filter(|it| it.signal > Signal::Steady)
            .count(),
        1
    );
    // Recorded before it was said, as a document about nobody.
    let Entry::Report(report) = last(&night.root()) else {
        panic!("the last entry is the report")
    };
    assert_eq!(report.about.token(), "monitoring");
    let kept = night
        .root()
        .join(format!("ledger/documents/{}", report.document));
    let kept: Monitored = serde_json::from_slice(&fs::read(kept).unwrap()).unwrap();
    assert_eq!(kept, it);
    assert_eq!(said.json()["document"], report.document.to_string());
    night.say(&["ledger", "verify", "--full"]).done();
    // It proposes, and never acts.
    let next: Vec<String> = serde_json::from_value(said.json()["next"].clone()).unwrap();
    assert_eq!(next[0], "probant train DATA --as PERSON --key FILE");
    assert!(next[1].starts_with("probant models diff @active @candidate --data EXPORT"));
    // As people read it.
    for (lang, words) in [
        ("en", "“Salon professionnel” goes from 1"),
        ("fr", "«\u{a0}Salon professionnel\u{a0}» passe de 1"),
    ] {
        let (exit, text) = read(&night, lang, &[]);
        assert_eq!(exit, 8);
        assert!(text.contains(words), "{text}");
        assert!(text.contains("models diff @active @candidate"), "{text}");
    }
}

#[test]
fn leads_like_those_of_the_training_raise_nothing() {
    let night = Night::new(3_000);
    night.score("out/a.csv", &[]).done();
    let said = watch(&night, &[]);
    assert_eq!(said.exit, 0, "{said:?}");
    let it = found(&said);
    assert_eq!(it.verdict, Verdict::Steady, "{:?}", it.causes);
    assert!(it.causes.is_empty());
    assert!(it.score.is_some() && !it.features.is_empty() && it.promise.is_some());
    assert_eq!(said.json()["next"].as_array().unwrap().len(), 0);
}

#[test]
fn too_few_leads_are_said_and_nothing_is_judged() {
    let night = Night::new(10);
    night.put("night.csv", &shifted(150));
    night.score("out/a.csv", &[]).done();
    let said = watch(&night, &[]);
    assert_eq!(said.exit, 0, "{said:?}");
    let it = found(&said);
    assert_eq!(it.verdict, Verdict::TooFew);
    assert!(it.features.is_empty() && it.terms.is_empty() && it.promise.is_none());
    let (_, text) = read(&night, "fr", &[]);
    assert!(text.contains("Trop peu de prospects"), "{text}");
    // Before any model was active, nothing was due.
    let (exit, text) = read(
        &night,
        "en",
        &["--from", "2020-01-01", "--to", "2020-01-31"],
    );
    assert_eq!((exit, text.contains("Too few leads")), (0, true), "{text}");
}

/// Every share of the window stands for nobody or for enough.
fn shy(it: &Monitored) -> Vec<String> {
    let leads = it.leads.unwrap() as f64;
    let mut shy = Vec::new();
    let mut check = |what: String, share: f64| {
        let people = share * leads;
        if people > 1e-6 && people < K - 1e-6 {
            shy.push(format!("{what}: {people}"));
        }
    };
    for feature in &it.features {
        let mut all = 0.0;
        for cell in feature.cells.iter().chain(&feature.moved) {
            check(format!("{} {:?}", feature.feature, cell.codes), cell.window);
        }
        for cell in &feature.cells {
            all += cell.window;
        }
        assert!(all < 1.0 + 1e-9);
        check(
            format!("{} (difference)", feature.feature),
            (1.0 - all).max(0.0),
        );
        let rates = [
            Some(feature.missing),
            feature.unseen,
            feature.below,
            feature.above,
        ];
        for rate in rates.into_iter().flatten().filter_map(|it| it.window) {
            check(feature.feature.clone(), rate);
        }
    }
    for cell in it.score.iter().flat_map(|it| &it.cells) {
        check("score".to_owned(), cell.window);
    }
    shy
}

#[test]
fn no_figure_of_a_monitoring_run_stands_for_too_few() {
    let night = Night::new(10);
    // Some rare things: nine new origins, seven huge numbers, three blanks.
    let rare = changed(&shifted(700), "Origine", |row, _| {
        (row < 9).then(|| "Bouche à oreille".to_owned())
    });
    let rare = changed(&rare, "Effectif", |row, _| match row {
        20..27 => Some("9999999".to_owned()),
        40..43 => Some(String::new()),
        _ => None,
    });
    night.put("night.csv", &rare);
    night.score("out/a.csv", &[]).done();
    let page = night.path("out/watch.html");
    let said = watch(&night, &["--out", page.to_str().unwrap()]);
    let it = found(&said);
    assert_eq!(it.k, 20);
    assert!(it.features.len() > 5);
    assert_eq!(shy(&it), Vec::<String>::new());
    let size = it.feature("Effectif").unwrap();
    assert_eq!(
        size.above.unwrap().window,
        None,
        "seven people are too few to tell of"
    );
    // And the page says nothing that the document does not.
    let html = fs::read_to_string(&page).unwrap();
    assert!(!html.contains("Bouche"));
}

#[test]
fn a_report_is_one_file_in_both_languages_and_fetches_nothing() {
    let night = Night::new(10);
    night.put("night.csv", &shifted(2_000));
    night.score("out/a.csv", &[]).done();
    let page = night.path("out/watch.html");
    let out = page.to_str().unwrap();
    let said = watch(&night, &["--out", out]);
    assert_eq!(said.exit, 8);
    let html = fs::read_to_string(&page).unwrap();
    for word in [
        "<script", "http://", "https://", "url(", "@import", "<link", "src=",
    ] {
        assert!(!html.contains(word), "{word}");
    }
    assert!(html.contains("<section class=\"card\" lang=\"fr\">"));
    assert!(html.contains("<section class=\"card\" lang=\"en\">"));
    assert!(html.contains("These leads no longer look like those"));
    assert!(html.contains("Ces prospects ne ressemblent plus à ceux"));
    assert!(html.matches("<svg").count() >= 6);
    assert!(html.contains("probant train DATA"));
    assert_eq!(
        html.matches("<section").count(),
        html.matches("</section>").count()
    );
    // Nothing is written over.
    watch(&night, &["--out", out]).failed(2);
    let inside = night.root().join("ledger/watch.html");
    watch(&night, &["--out", inside.to_str().unwrap()]).failed(2);
}

#[test]
fn each_lead_counts_once_and_nobody_erased_or_restricted_is_read() {
    let night = Night::new(1_000);
    night.score("out/a.csv", &[]).done();
    night.score("out/b.csv", &["--again"]).done();
    let it = found(&watch(&night, &[]));
    assert_eq!((it.runs, it.leads), (2, Some(1_000)));
    let lead = |n: u64| format!("PR{:08}", FIRST + n);
    for (n, verb) in [(3, "restrict"), (4, "erase")] {
        let (lead, reference) = (lead(n), format!("R-{n}"));
        let words = [
            "subject",
            verb,
            &lead,
            "--request",
            &reference,
            "--as",
            "dpo-1",
        ];
        night.say(&words).done();
    }
    night
        .say(&["subject", "erase", "--now", "--as", "dpo-1"])
        .done();
    let it = found(&watch(&night, &[]));
    assert_eq!(it.leads, Some(998));
}

/// What `monitor` says so many days after the model was activated.
fn watch_after(night: &Night, days: i64) -> Said {
    let mut later = world(7);
    later.now.0 += days * 86_400;
    run(&night.root(), &mut later, &["monitor"])
}

#[test]
fn nights_without_a_run_are_an_alarm_and_runs_under_other_dates_are_told() {
    let night = Night::new(300);
    // The day of the activation, and the first night, need no run yet.
    for days in [0, 1] {
        let said = watch_after(&night, days).done();
        assert_eq!(found(&said).verdict, Verdict::TooFew);
    }
    let said = watch_after(&night, 3);
    assert_eq!(said.exit, 8, "{said:?}");
    let it = found(&said);
    assert_eq!(
        (it.verdict, it.runs, it.other_dates),
        (Verdict::Overdue, 0, 0)
    );
    assert_eq!(
        said.json()["next"][0],
        "probant score EXPORT --out scores.csv"
    );
    assert!(
        !said.out.contains("other_dates"),
        "old documents stay as they are"
    );

    night.score("out/a.csv", &["--date", "2026-07-01"]).done();
    let said = watch_after(&night, 3);
    assert_eq!(
        said.exit, 8,
        "a date takes no night out of the watch: {said:?}"
    );
    assert_eq!(found(&said).other_dates, 1);
    for (lang, words) in [
        ("en", ["No run in this window", "1 run was recorded"]),
        (
            "fr",
            [
                "Aucun passage sur cette période",
                "1 passage a été consigné",
            ],
        ),
    ] {
        let page = night.path(lang).with_extension("html");
        let (exit, text) = read(&night, lang, &["--out", page.to_str().unwrap()]);
        assert_eq!(exit, 8, "{text}");
        let page = fs::read_to_string(&page).unwrap();
        for words in words {
            assert!(text.contains(words), "{text}");
            assert!(page.contains(words), "{words}");
        }
    }

    night.score("out/b.csv", &["--again"]).done();
    let it = found(&watch_after(&night, 3).done());
    assert_eq!(
        (it.verdict, it.runs, it.other_dates),
        (Verdict::Steady, 1, 1)
    );
}

#[test]
fn where_no_model_is_active_an_alert_compares_with_none() {
    let night = Night::new(10);
    night.put("night.csv", &shifted(3_000));
    night.score("out/a.csv", &[]).done();
    let it = found(&watch(&night, &[]));
    let model = it.model.to_string();
    let own = key("data-1");
    let retire = [
        "models", "retire", "@active", "--as", "data-1", "--key", &own,
    ];
    night.say(&retire).done();
    let said = watch(&night, &["--model", &model]);
    assert_eq!(said.exit, 8, "{said:?}");
    let next: Vec<String> = serde_json::from_value(said.json()["next"].clone()).unwrap();
    assert_eq!(next, ["probant train DATA --as PERSON --key FILE"]);
}

/// Trains on these leads under another seed and makes that model the active one.
fn another_model(night: &Night) {
    night.put("more.csv", &export(6_000, 77, 1, Stage::History));
    let more = night.path("more.csv");
    night.say(&["train", more.to_str().unwrap()]).done();
}

#[test]
fn trials_never_count_and_runs_by_another_model_are_kept_apart() {
    let night = Night::new(400);
    night.score("out/a.csv", &[]).done();
    another_model(&night);
    night
        .score("out/b.csv", &["--again", "--model", "@latest"])
        .done();
    let it = found(&watch(&night, &[]));
    assert_eq!((it.runs, it.trials, it.leads), (1, 1, Some(400)));
    // The one who was tried has been scored by nobody yet: not a number.
    let tried = found(&watch(&night, &["--model", "@latest"]));
    assert_eq!(
        (tried.runs, tried.leads, tried.verdict),
        (0, Some(0), Verdict::TooFew)
    );
    assert_eq!(tried.apart.len(), 1);
    assert_eq!((tried.apart[0].model, tried.apart[0].runs), (it.model, 1));
    assert!(!tried.apart[0].same_schema, "its codes mean something else");
    let (_, text) = read(&night, "en", &["--model", "@latest"]);
    assert!(text.contains("Kept apart: runs by model"), "{text}");
}

/// What a forger with every key would append: a run of the active model, with these codes and this schema.
fn forge(root: &Path, schema: Option<&[u8]>, codes: &[&[u16]], shaped: &Model) {
    let disk = Disk::new();
    let view = View::open(root).unwrap();
    let mut runs = view.entries().filter_map(|(_, it)| match it {
        Entry::Run(run) => Some(run.clone()),
        _ => None,
    });
    let honest = runs.next_back().unwrap();
    let schema = schema.map_or(honest.schema, |bytes| {
        let document = Digest::of(bytes);
        let kept = Commit {
            documents: vec![bytes.to_vec()],
            entries: vec![Entry::Schema(Document {
                document,
                time: Time(1),
            })],
        };
        Writer::open(root, &disk).unwrap().commit(&kept).unwrap();
        document
    });
    let id = RunId([7; 16]);
    let mut writer = RunWriter::start(root, &disk, Entropy::os(), id).unwrap();
    let rows = codes[0].len();
    let heading = Heading {
        run: id,
        model: Some(honest.model),
        schema,
        policy: honest.policy,
        law: honest.law,
        binary: honest.binary.clone(),
        kid: writer.view().kid().clone(),
        purpose: honest.purpose.clone(),
        basis: vec![(
            4,
            probant::ledger::BasisName {
                article: "gdpr-6-1-f".parse().unwrap(),
                document: None,
            },
        )],
        outcomes: vec![(1, "froid".parse().unwrap())],
        retention: (
            "predictions".parse().unwrap(),
            NaiveDate::from_ymd_opt(2030, 1, 1).unwrap(),
        ),
    };
    let people: Vec<[u8; 16]> = (0..rows)
        .map(|at| sha256(&[&at.to_be_bytes()])[..16].try_into().unwrap())
        .collect();
    let block = Block {
        pseudonyms: &people,
        basis: &vec![4; rows],
        outcomes: &vec![1; rows],
        codes,
        facts: &Filing::verbatim((0..rows).map(|_| &b""[..])),
    };
    let replayer = Replayer::new(shaped.clone());
    writer
        .push(&heading, SegmentKind::Proposals, &block, Some(&replayer))
        .unwrap();
    let entry = Entry::Run(Run {
        run: id,
        schema,
        total: rows as u64,
        proposed: rows as u64,
        refused: 0,
        failed: 0,
        ..honest
    });
    writer
        .commit(&Commit {
            documents: Vec::new(),
            entries: vec![entry],
        })
        .unwrap();
}

/// The active model, as it stands on the disk.
fn model_of(root: &Path) -> Model {
    let view = View::open(root).unwrap();
    let mut active = view.entries().filter_map(|(_, it)| match it {
        Entry::Activate(it) => Some(it.model),
        _ => None,
    });
    let version = active.next_back().unwrap();
    let text = fs::read_to_string(root.join(format!("models/{version}/model.json"))).unwrap();
    Model::parse(&text).unwrap()
}

#[test]
fn a_run_under_another_schema_is_refused_and_gives_no_number() {
    let night = Night::new(400);
    night.score("out/a.csv", &[]).done();
    assert_eq!(watch(&night, &[]).exit, 0);
    let model = model_of(&night.root());
    let zeros = vec![0_u16; 300];
    let columns: Vec<&[u16]> = model.schema().features.iter().map(|_| &zeros[..]).collect();
    for (schema, columns, why) in [
        // Another schema, whatever its codes.
        (
            Some(&b"another schema\n"[..]),
            &columns[..],
            "was scored under another schema",
        ),
        // The schema's name, and other columns.
        (None, &columns[..3], "it has other columns than its model"),
    ] {
        let root = night.path("forged");
        copy(&night.root(), &root);
        let shaped = if schema.is_some() {
            model.clone()
        } else {
            narrow(&model, 3)
        };
        forge(&root, schema, columns, &shaped);
        let before = View::open(&root).unwrap().size();
        let said = say(&root, &["monitor"]).failed(4);
        assert_eq!(said.out, "");
        assert!(said.err.contains(why), "{said:?}");
        assert_eq!(
            View::open(&root).unwrap().size(),
            before,
            "nothing is recorded of it"
        );
        fs::remove_dir_all(&root).unwrap();
    }
    // Its papers are the model's own, to the last byte.
    let folder = night.root().join(format!("models/{}", model.version()));
    let papers = fs::read_to_string(folder.join("provenance.json")).unwrap();
    fs::write(
        folder.join("provenance.json"),
        papers.replacen("\"rows\": ", "\"rows\": 1", 1),
    )
    .unwrap();
    assert_eq!(watch(&night, &[]).failed(4).out, "");
}

/// The model's first features alone.
fn narrow(model: &Model, features: usize) -> Model {
    let mut schema = model.schema().clone();
    schema.features.truncate(features);
    schema.pairs.clear();
    let tables = model.tables()[..features].to_vec();
    Model::new(schema, model.settings().clone(), model.baseline(), tables).unwrap()
}

#[test]
fn nothing_of_a_monitoring_run_is_shown_that_could_not_be_recorded() {
    let night = Night::new(300);
    night.score("out/a.csv", &[]).done();
    let mut tried = 0;
    loop {
        let root = night.path(&format!("ws-{tried}"));
        copy(&night.root(), &root);
        let before = View::open(&root).unwrap().size();
        let (disk, count) = failing(tried, full);
        let mut world = world_on(disk, 9);
        let said = run(&root, &mut world, &["monitor"]);
        if count.load(Ordering::SeqCst) <= tried {
            assert_eq!(said.exit, 0, "{said:?}");
            break;
        }
        if said.exit == 0 {
            assert_eq!(
                View::open(&root).unwrap().size(),
                before + 1,
                "moment {tried}"
            );
        } else {
            assert_eq!(said.out, "", "moment {tried}: {said:?}");
        }
        fs::remove_dir_all(&root).unwrap();
        tried += 1;
    }
    assert!(tried > 4, "only {tried} moments at which a disk can fail");
}

#[test]
fn what_came_of_the_leads_is_judged_once_enough_is_known() {
    let night = Night::new(10);
    night.put("night.csv", &history(2_000));
    night.score("out/a.csv", &[]).done();
    assert!(found(&watch(&night, &[])).realised.is_none());
    night.put("closed.csv", &history(2_000));
    let closed = night.path("closed.csv");
    night.say(&["outcomes", closed.to_str().unwrap()]).done();
    let it = found(&watch(&night, &[]));
    let realised = it.realised.expect("there are outcomes enough");
    // By hand, from the two files: how often a converted lead stands before another.
    let scores = table(&night.read("out/a.csv"));
    let (mut won, mut lost) = (Vec::new(), Vec::new());
    for (score, told) in scores.iter().zip(table(&night.read("closed.csv"))) {
        let score: f64 = score["score"].replace(',', ".").parse().unwrap();
        match told["Converti"].as_str() {
            "oui" => won.push(score),
            "non" => lost.push(score),
            _ => {}
        }
    }
    let before = |a: f64, b: f64| {
        if a > b {
            1.0
        } else if a < b {
            0.0
        } else {
            0.5
        }
    };
    let pairs = won.iter().flat_map(|a| lost.iter().map(|b| before(*a, *b)));
    let auc = pairs.sum::<f64>() / (won.len() * lost.len()) as f64;
    let metrics = realised.metrics;
    assert_eq!(metrics.rows, (won.len() + lost.len()) as u64);
    assert_eq!(it.outcomes.won, Some(won.len() as u64));
    assert!(
        (metrics.roc_auc.value - auc).abs() < 2e-4,
        "{auc} and {metrics:?}"
    );
    assert!(metrics.roc_auc.low < auc && auc < metrics.roc_auc.high);
    // A market that changes its mind: the leads look the same, and buy where they did not.
    let mind = changed(&history(2_000), "Converti", |_, was| match was {
        "oui" => Some("non".to_owned()),
        "non" => Some("oui".to_owned()),
        _ => None,
    });
    night.put("later.csv", &mind);
    let later = night.path("later.csv");
    night.say(&["outcomes", later.to_str().unwrap()]).done();
    let said = watch(&night, &[]);
    assert_eq!(said.exit, 8);
    let it = found(&said);
    assert!(matches!(
        it.causes[0],
        Cause::Ranking { .. } | Cause::Calibration { .. }
    ));
    assert!(it.features.iter().all(|it| it.signal == Signal::Steady));
}

#[test]
fn what_people_made_of_proposals_is_told_and_never_by_whom() {
    let desk = Desk::under(400, "controls = 0\nseconds = 0", &|policy| policy);
    let it = found(&desk.say(&["monitor"]));
    assert_eq!(it.reviews, None, "nobody reviewed anything");
    for decision in 0..55 {
        desk.show("revue-1", decision);
        if decision < 30 {
            desk.validate("revue-1", decision).done();
        } else {
            desk.reject("revue-1", decision).done();
        }
        // The last word counts: the first five are taken back.
        if decision < 5 {
            desk.reject("revue-1", decision).done();
        }
        if decision == 15 {
            let it = found(&desk.say(&["monitor"]));
            assert_eq!(it.reviews, None, "sixteen are too few");
        }
    }
    let said = desk.say(&["monitor"]);
    let reviews = found(&said).reviews.unwrap();
    assert_eq!(reviews.all.reviewed, 55);
    assert_eq!(reviews.all.validated, Some(25.0 / 55.0));
    assert_eq!(reviews.all.rejected, Some(30.0 / 55.0));
    assert!(!said.out.contains("revue-1"));
}

#[test]
fn values_beyond_the_training_and_leads_left_to_people_are_told() {
    let night = Night::new(10);
    let huge = changed(
        &export(1_000, 2, FIRST, Stage::Open),
        "Effectif",
        |row, _| (row % 5 == 0).then(|| "9999999".to_owned()),
    );
    night.put("night.csv", &huge);
    let scored = night.score("out/a.csv", &[]).done().json();
    let bands = scored["bands"].as_array().unwrap().iter();
    let apart = bands.filter(|it| it["id"] == "review");
    let apart: f64 = apart.map(|it| it["leads"].as_f64().unwrap()).sum();
    let said = watch(&night, &[]);
    assert_eq!(said.exit, 8);
    let it = found(&said);
    let size = it.feature("Effectif").unwrap();
    assert_eq!(size.above.unwrap().window, Some(0.2));
    assert_eq!(size.signal, Signal::Alert);
    // As many as the night itself set apart; nobody, where it sets nobody apart.
    assert!((it.abstained.unwrap_or(0.0) - apart / 1_000.0).abs() < 1e-12);
}

#[test]
fn a_window_that_ends_before_it_begins_is_a_slip() {
    let night = Night::new(10);
    watch(&night, &["--from", "2026-02-01", "--to", "2026-01-01"]).failed(2);
}

fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/monitor.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn close(ours: f64, theirs: &Value) {
    let theirs = theirs.as_f64().unwrap();
    assert!((ours - theirs).abs() <= EXACT, "{ours} and {theirs}");
}

#[test]
fn the_stability_index_is_numpys() {
    let cases = golden();
    let cases = cases["psi"].as_array().unwrap();
    assert!(cases.len() >= 5);
    for case in cases {
        let side = |name: &str| -> Vec<u64> { serde_json::from_value(case[name].clone()).unwrap() };
        let cells: Vec<(u64, u64)> = side("training").into_iter().zip(side("window")).collect();
        close(psi(&cells).unwrap(), &case["psi"]);
    }
}

#[test]
fn what_scores_promise_is_scikit_learns() {
    for case in golden()["expected"].as_array().unwrap() {
        let mut scores = Scores::default();
        for ppm in case["scores"].as_array().unwrap() {
            scores.add(Score::try_from(ppm.as_u64().unwrap() as u32).unwrap());
        }
        let said = scores.expected().unwrap();
        close(said.won, &case["won"]);
        close(said.roc_auc, &case["roc_auc"]);
        close(said.log_loss, &case["log_loss"]);
        close(said.brier, &case["brier"]);
        close(said.lift_10, &case["lift_10"]);
    }
}

#[test]
fn what_a_training_keeps_for_later_is_what_its_own_leads_look_like() {
    let night = Night::new(10);
    let model = model_of(&night.root());
    let folder = night.root().join(format!("models/{}", model.version()));
    let papers: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("provenance.json")).unwrap()).unwrap();
    let kept = &papers["findings"]["reference"];
    let rows: Vec<u64> = serde_json::from_value(kept["rows"].clone()).unwrap();
    assert_eq!(
        rows.iter().sum::<u64>(),
        papers["findings"]["rows"].as_u64().unwrap()
    );
    assert!(rows.iter().all(|it| *it >= 20));
    let edges: Vec<u32> = serde_json::from_value(kept["edges"].clone()).unwrap();
    assert_eq!(rows.len(), edges.len() + 1);
    assert!(edges.windows(2).all(|it| it[0] < it[1]));
    assert_eq!(
        kept["terms"].as_array().unwrap().len(),
        model.tables().len()
    );
    // A model's scores on its own leads are right on average.
    let won = papers["findings"]["positives"].as_f64().unwrap()
        / papers["findings"]["rows"].as_f64().unwrap();
    assert!((kept["expected"]["won"].as_f64().unwrap() - won).abs() < 1e-3);
}
