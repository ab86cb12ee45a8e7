//! Over-profiling: what each feature brings and whom it singles out, and the budget that a policy sets.

use std::fs;
use std::path::Path;

use serde_json::Value;

use probant::demo::{self, Stage};
use probant::digest::sha256;
use probant::model::findings::{Profile, Verdict};
use probant::model::profile::profile;
use probant::model::train::{Error, Example, Examples, train};
use probant::policy::{IdType, Pairs, Profiling, Solver, Training};
use probant::report::Provenance;
use probant::table::{Category, Column};

use crate::cli_support::{json, ours, probant, shared, workspace};

/// scikit-learn's fits and ours stop at other points near one optimum, and a pair of rows may change places.
const AREA_TOLERANCE: f64 = 2e-6;

fn training() -> Training {
    Training {
        seed: 7,
        min_people: 20,
        max_bins: 32,
        pairs: Pairs::Off,
        solver: Solver::Newton,
        one_standard_error: false,
        rows_in_time_order: false,
        max_calibration_error: 1.0,
        certificate_mib: 16,
    }
}

/// Numbers from 0 to 1 that look random: the same on every machine.
fn unit(salt: &[u8], row: usize) -> f64 {
    let digest = sha256(&[salt, &(row as u64).to_be_bytes()]);
    f64::from(u32::from_be_bytes(*digest.first_chunk().unwrap())) / f64::from(u32::MAX)
}

fn example(name: &str, column: Column) -> Example {
    Example {
        name: name.to_owned(),
        column,
        keep_calendar: false,
    }
}

/// Leads whose outcome depends on `size` and `source`; `twin` is `size` again, `noise` is nothing.
fn leads(rows: usize, persons: usize) -> Examples {
    let number = |salt: &[u8]| (0..rows).map(|row| unit(salt, row)).collect::<Vec<_>>();
    let (size, noise) = (number(b"size"), number(b"noise"));
    let source: Vec<u32> = (0..rows)
        .map(|row| (unit(b"source", row) * 4.0) as u32 % 4)
        .collect();
    let outcome = (0..rows).map(|row| {
        let eta = -2.0 + 2.5 * size[row] + 0.6 * f64::from(source[row]);
        unit(b"outcome", row) < 1.0 / (1.0 + (-eta).exp())
    });
    Examples {
        id_type: IdType::CrmId,
        outcome: outcome.collect(),
        keys: (0..rows)
            .map(|row| sha256(&[b"key", &((row % persons) as u64).to_be_bytes()]))
            .collect(),
        dates: None,
        in_file_order: false,
        features: vec![
            example("size", Column::Number(size.clone())),
            example("twin", Column::Number(size)),
            example("noise", Column::Number(noise)),
            example(
                "source",
                Column::Category(Category {
                    levels: ["ads", "fair", "mail", "web"].map(Into::into).to_vec(),
                    codes: source,
                }),
            ),
        ],
    }
}

fn without(mut examples: Examples, name: &str) -> Examples {
    examples.features.retain(|it| it.name != name);
    examples
}

fn profiled(examples: &Examples) -> Profile {
    let (profile, over) = profile(examples, &training(), &Profiling::default(), &|_| ()).unwrap();
    assert_eq!(over, None, "without a budget nothing is refused");
    profile
}

fn verdict(profile: &Profile, name: &str) -> Verdict {
    let feature = profile.features.iter().find(|it| it.feature == name);
    feature.unwrap().verdict.unwrap()
}

#[test]
fn a_feature_that_brings_nothing_is_listed_and_one_that_brings_something_is_not() {
    let profile = profiled(&without(leads(20_000, 20_000), "twin"));
    assert_eq!(profile.idle().collect::<Vec<_>>(), ["noise"], "{profile:?}");
    assert_eq!(verdict(&profile, "size"), Verdict::Brings);
    assert_eq!(verdict(&profile, "source"), Verdict::Brings);
    let size = profile.features[0].gain.unwrap();
    assert!(size.value > 0.05 && size.error < 0.01, "{size:?}");
}

#[test]
fn of_two_features_that_say_the_same_each_brings_nothing_beside_the_other() {
    let profile = profiled(&leads(20_000, 20_000));
    for name in ["size", "twin"] {
        assert_eq!(
            verdict(&profile, name),
            Verdict::Nothing,
            "{name}: {profile:?}"
        );
    }
    assert_eq!(verdict(&profile, "source"), Verdict::Brings);
    // A copy singles out nobody whom the first has not: without it as many are alone.
    assert_eq!(profile.features[1].alone_without, profile.alone);
}

#[test]
fn what_few_leads_say_is_not_taken_for_a_gain() {
    let profile = profiled(&without(leads(400, 400), "twin"));
    assert_ne!(verdict(&profile, "noise"), Verdict::Brings, "{profile:?}");
    let errors = profile.features.iter().map(|it| it.gain.unwrap().error);
    assert!(errors.into_iter().all(|error| error > 0.002), "{profile:?}");
}

#[test]
fn a_feature_alone_is_weighed_against_chance() {
    let mut one = leads(5_000, 5_000);
    one.features.truncate(1);
    let profile = profiled(&one);
    let gain = profile.features[0].gain.unwrap();
    assert!((gain.value - (profile.roc_auc.unwrap() - 0.5)).abs() < 1e-12);
    assert_eq!(profile.features[0].alone_without, Some(0));
}

#[test]
fn neither_order_nor_threads_change_a_figure_and_check_says_what_training_says() {
    let leads = leads(4_000, 3_000);
    let first = profiled(&leads);
    let order: Vec<u32> = (0..4_000u32).map(|row| row * 1_361 % 4_000).collect();
    let shuffled = Examples {
        features: leads
            .features
            .iter()
            .map(|it| {
                let kind = match &it.column {
                    Column::Number(_) => probant::policy::Kind::Number,
                    _ => probant::policy::Kind::Category,
                };
                let mut column = Column::empty(kind);
                column.extend(&it.column, &order);
                example(&it.name, column)
            })
            .collect(),
        outcome: order
            .iter()
            .map(|&row| leads.outcome[row as usize])
            .collect(),
        keys: order.iter().map(|&row| leads.keys[row as usize]).collect(),
        ..leads.clone()
    };
    for threads in [1, 2, 16] {
        let pool = rayon::ThreadPoolBuilder::new();
        let pool = pool.num_threads(threads).build().unwrap();
        assert_eq!(
            pool.install(|| profiled(&shuffled)),
            first,
            "{threads} threads"
        );
    }
    let (_, findings) = train(&leads, &training(), &Profiling::default(), &|_| ()).unwrap();
    assert_eq!(findings.profile, Some(first));
}

#[test]
fn a_person_with_several_rows_counts_once() {
    // Every row twice: nobody is less alone for having come twice.
    let once = without(leads(2_000, 2_000), "twin");
    let twice = |rows: Vec<u32>, keys: usize| {
        let features = once.features.iter().map(|it| {
            let kind = match &it.column {
                Column::Number(_) => probant::policy::Kind::Number,
                _ => probant::policy::Kind::Category,
            };
            let mut column = Column::empty(kind);
            column.extend(&it.column, &rows);
            example(&it.name, column)
        });
        Examples {
            features: features.collect(),
            outcome: rows.iter().map(|&row| once.outcome[row as usize]).collect(),
            keys: (0..rows.len())
                .map(|at| sha256(&[b"key", &((at % keys) as u64).to_be_bytes()]))
                .collect(),
            ..once.clone()
        }
    };
    let rows: Vec<u32> = (0..2_000).chain(0..2_000).collect();
    let single = profiled(&once);
    let (same, strangers) = (
        profiled(&twice(rows.clone(), 2_000)),
        profiled(&twice(rows, 4_000)),
    );
    assert_eq!((same.people, same.alone), (single.people, single.alone));
    assert!(single.alone.unwrap() > 20);
    assert_eq!(strangers.alone, Some(0), "everybody has a double");
}

#[test]
fn no_figure_of_a_profile_stands_for_fewer_people_than_allowed() {
    let (leads, k) = (leads(3_000, 3_000), 90);
    let shown = |min_people, max_bins| -> Vec<Option<u64>> {
        let training = Training {
            min_people,
            max_bins,
            ..training()
        };
        let (profile, _) = profile(&leads, &training, &Profiling::default(), &|_| ()).unwrap();
        let each = profile.features.iter().map(|it| it.alone_without);
        [profile.alone].into_iter().chain(each).collect()
    };
    let mut hidden = 0;
    for bins in [16, 20, 24, 28] {
        assert!(shown(1, bins).iter().all(Option::is_some));
        for count in shown(k, bins) {
            assert!(count.is_none_or(|count| count == 0 || count >= u64::from(k)));
            hidden += usize::from(count.is_none());
        }
    }
    assert!(hidden > 0, "nothing was hidden");
}

#[test]
fn the_budget_names_what_would_pass_and_that_passes() {
    let leads = without(leads(3_000, 3_000), "twin");
    let strict = |max_alone| Profiling {
        max_alone: Some(max_alone),
        ..Profiling::default()
    };
    let share = profiled(&leads).alone.unwrap() as f64 / 3_000.0;
    assert!(
        train(&leads, &training(), &strict(share), &|_| ()).is_ok(),
        "at the budget"
    );
    let error = train(&leads, &training(), &strict(share - 1e-9), &|_| ()).unwrap_err();
    assert!(matches!(error, Error::OverBudget(_)) && error.exit() == 5);
    let hint = error.hint().unwrap();
    let named: Vec<&str> = hint.split('`').skip(1).step_by(2).collect();
    assert!(hint.contains("which is within the budget"), "{hint}");
    let passes = without(leads.clone(), named[0]);
    assert!(
        train(&passes, &training(), &strict(share - 1e-9), &|_| ()).is_ok(),
        "{hint}"
    );
}

/// `bank-full.toml` with its categories only, which pandas can count without our bins.
fn categories() -> String {
    let policy = fs::read_to_string(ours("data/policies/bank-full.toml")).unwrap();
    let mut number = false;
    let lines = policy.lines().map(|line| {
        if line.starts_with('[') {
            number = false;
        }
        number |= line == "kind = \"number\"";
        if number && line == "role = \"feature\"" {
            return "role = \"ignore\"";
        }
        line
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn gains_and_people_alone_are_those_of_scikit_learn_and_pandas() {
    let Some(data) = shared("data/bank_marketing/bank-full.csv") else {
        return;
    };
    let golden: Value = serde_json::from_str(include_str!("../golden/profile.json")).unwrap();
    let root = workspace(&categories());
    let checked = json(root.path(), &["check", data.to_str().unwrap()]);
    let profile = &checked["profile"];
    assert_eq!(profile["people"], golden["people"]);
    assert_eq!(profile["alone"], golden["alone"]);
    let near = |ours: &Value, theirs: &Value, what: &str| {
        let (ours, theirs) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
        println!("{what}: {ours:.7} by us, {theirs:.7} by scikit-learn");
        assert!(
            (ours - theirs).abs() <= AREA_TOLERANCE,
            "{what}: {ours} {theirs}"
        );
    };
    near(&profile["roc_auc"], &golden["roc_auc"], "all");
    let features = profile["features"].as_array().unwrap();
    assert_eq!(
        features.len(),
        golden["features"].as_object().unwrap().len()
    );
    for feature in features {
        let name = feature["feature"].as_str().unwrap();
        let theirs = &golden["features"][name];
        assert_eq!(feature["alone_without"], theirs["alone_without"], "{name}");
        near(&feature["gain"]["value"], &theirs["gain"], name);
        near(&feature["gain"]["error"], &theirs["error"], name);
    }
}

/// A workspace of the demonstration with so many leads, and its policy with this table.
fn demonstration(table: &str) -> (tempfile::TempDir, String) {
    let root = workspace(&format!("{}\n{table}\n", crate::night::POLICY));
    let data = root.path().join("leads.csv");
    let mut bytes = Vec::new();
    demo::export(&mut bytes, 4_000, 1, 1, Stage::History).unwrap();
    fs::write(&data, bytes).unwrap();
    (root, data.to_str().unwrap().to_owned())
}

/// Every file of a folder, by path and content.
fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_training_above_the_budget_is_refused_and_leaves_nothing_behind() {
    let (root, data) = demonstration("[profiling]\nmax_alone = 0.01");
    let before = files(root.path());
    let refused = probant(root.path(), &["train", &data, "--as", "data-1"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    println!("{said}");
    assert_eq!(refused.status.code(), Some(5), "{said}");
    assert!(refused.stdout.is_empty());
    assert!(
        said.contains("the policy allows 1.00% (`max_alone`)"),
        "{said}"
    );
    assert!(said.contains("the feature that costs most is"), "{said}");
    assert_eq!(files(root.path()), before);

    // `check` says so too, with the table, before anybody tries.
    let checked = probant(root.path(), &["check", &data]);
    let said = String::from_utf8(checked.stdout).unwrap();
    assert_eq!(checked.status.code(), Some(5), "{said}");
    assert!(
        said.contains("the policy allows 1.00%") && said.contains("AUC gain"),
        "{said}"
    );
}

#[test]
fn train_card_and_models_show_the_same_profile_in_both_languages() {
    let (root, data) = demonstration("[profiling]\nmax_alone = 1\nmin_gain = 0.002");
    let checked = json(root.path(), &["check", &data]);
    let trained = json(root.path(), &["train", &data, "--as", "data-1"]);
    let profile = &trained["provenance"]["findings"]["profile"];
    assert_eq!(&checked["profile"], profile);
    assert_eq!(profile["min_gain"], 0.002);
    let folder = Path::new(trained["folder"].as_str().unwrap());
    let kept = fs::read_to_string(folder.join("provenance.json")).unwrap();
    let kept = Provenance::parse(&kept).unwrap().findings.profile.unwrap();
    assert_eq!(serde_json::to_value(&kept).unwrap(), *profile);
    let card = fs::read_to_string(folder.join("card.html")).unwrap();
    for words in [
        "What each feature brings, and whom it singles out",
        "Ce que chaque critère apporte, et qui il isole",
        "the policy allows 100.00%",
    ] {
        assert!(card.contains(words), "{words}");
    }
    let version = trained["model"].as_str().unwrap();
    let shown = probant(root.path(), &["models", "show", version]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    println!("{shown}");
    for feature in &kept.features {
        let gain = feature.gain.unwrap();
        let printed = format!("{:.4} ± {:.4}", gain.value.abs(), gain.error);
        assert!(
            shown.contains(&printed) && card.contains(&printed),
            "{printed}"
        );
    }
}
