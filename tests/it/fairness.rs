//! How groups fare: figures held to scipy and scikit-learn, groups that may not be told, and a side file that nothing else reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

use probant::demo::Stage;
use probant::fairness::{self, Audited, Column, Interval, People, association, judge};
use serde_json::{Value, json};

use crate::faults::{failing, full};
use crate::finder::{Needle, find, find_in};
use crate::night::{FIRST, Night, POLICY, Said, copy, export, learn, run, tree, world, world_on};

/// How near another implementation's figures are.
const NEAR: f64 = 1e-9;

fn near(one: f64, other: &Value, what: &str) {
    let other = other.as_f64().unwrap();
    assert!((one - other).abs() <= NEAR, "{what}: {one} {other}");
}

fn interval(one: Interval, other: &Value, what: &str) {
    near(one.value, &other[0], what);
    near(one.low, &other[1], what);
    near(one.high, &other[2], what);
}

fn numbers<T>(value: &Value, of: impl Fn(f64) -> T) -> Vec<T> {
    let items = value.as_array().unwrap().iter();
    items.map(|it| of(it.as_f64().unwrap())).collect()
}

#[test]
fn shares_ratios_intervals_and_proxies_are_those_of_scipy_and_scikit_learn() {
    let golden: Value = serde_json::from_str(include_str!("../golden/fairness.json")).unwrap();
    let mut by_chance = 0;
    for case in golden["cases"].as_array().unwrap() {
        let features = ["tells", "says", "binary", "many"];
        let people = People {
            selected: numbers(&case["selected"], |it| it > 0.5),
            probability: numbers(&case["probability"], |it| it),
            outcome: numbers(&case["outcome"], |it| (it >= 0.0).then_some(it > 0.5)),
            features: features
                .map(|name| {
                    let codes = numbers(&case["features"][name], |it| it as u16);
                    (name.to_owned(), codes)
                })
                .to_vec(),
        };
        let expected = case["expected"].as_array().unwrap();
        let audited = Audited {
            column: "c".into(),
            levels: (0..expected.len()).map(|at| format!("g{at}")).collect(),
            of: numbers(&case["groups"], |it| Some(it as u32)),
        };
        let found = judge(&people, &audited, 1).unwrap();
        assert_eq!(found.groups.len(), expected.len());
        let most = &found.groups[found.most_selected.unwrap()];
        assert_eq!(most.named, [case["most"].as_str().unwrap()]);
        for wanted in expected {
            let name = wanted["group"].as_str().unwrap();
            let group = found.groups.iter().find(|it| it.named == [name]).unwrap();
            assert_eq!(group.people, wanted["people"].as_u64().unwrap());
            interval(group.selected.unwrap(), &wanted["selected"], "selected");
            match group.ratio {
                Some(ratio) => interval(ratio, &wanted["ratio"], "ratio"),
                None => assert!(wanted["ratio"].is_null()),
            }
            near(group.score_area.unwrap(), &wanted["area"], "area");
            let calibration = group.calibration.unwrap();
            near(calibration.predicted, &wanted["predicted"], "predicted");
            interval(calibration.observed, &wanted["observed"], "observed");
            let errors = group.errors.unwrap();
            interval(
                errors.false_positive,
                &wanted["false_positive"],
                "false positive",
            );
            interval(
                errors.false_negative,
                &wanted["false_negative"],
                "false negative",
            );
        }
        for (name, codes) in &people.features {
            let it = association(codes, &audited.of, expected.len()).unwrap();
            near(it.cramers_v, &case["cramers_v"][name], name);
            let p = case["p_value"][name].as_f64().unwrap();
            assert!(!(5e-4..2e-3).contains(&p), "too near the border: {p}");
            let proxy = it.cramers_v >= fairness::PROXY && p < 1e-3;
            by_chance += usize::from(it.cramers_v >= fairness::PROXY && !proxy);
            let listed = found.proxies.iter().any(|it| it.feature == *name);
            assert_eq!(listed, proxy, "{name}: {it:?} {p}");
        }
        assert_eq!(found.proxies[0].feature, "tells");
        // No order of people changes a bit.
        let turned = |people: &People| People {
            selected: people.selected.iter().rev().copied().collect(),
            probability: people.probability.iter().rev().copied().collect(),
            outcome: people.outcome.iter().rev().copied().collect(),
            features: people
                .features
                .iter()
                .map(|(name, codes)| (name.clone(), codes.iter().rev().copied().collect()))
                .collect(),
        };
        let other = Audited {
            of: audited.of.iter().rev().copied().collect(),
            ..audited
        };
        assert_eq!(judge(&turned(&people), &other, 1), Some(found));
    }
    assert!(
        by_chance > 0,
        "a feature with many codes goes with groups by chance"
    );
}

/// People of whom only the groups matter: by size, the outcomes as `outcome` says.
fn column(
    sizes: &[(&str, usize)],
    not_stated: usize,
    outcome: impl Fn(usize) -> Option<bool>,
) -> Option<Column> {
    let mut of = vec![None; not_stated];
    for (at, (_, size)) in sizes.iter().enumerate() {
        of.extend(vec![Some(at as u32); *size]);
    }
    let people = People {
        selected: (0..of.len()).map(|at| at % 4 < 2).collect(),
        probability: (0..of.len()).map(|at| (at % 10) as f64 / 10.0).collect(),
        outcome: (0..of.len()).map(outcome).collect(),
        features: Vec::new(),
    };
    let audited = Audited {
        column: "c".into(),
        levels: sizes.iter().map(|it| it.0.to_owned()).collect(),
        of,
    };
    judge(&people, &audited, 20)
}

/// Each group as it is told: its names, who else is in it, how many.
fn told(column: &Column) -> Vec<(Vec<&str>, bool, bool, u64)> {
    let groups = column.groups.iter();
    groups
        .map(|it| {
            let named = it.named.iter().map(String::as_str).collect();
            (named, it.others, it.not_stated, it.people)
        })
        .collect()
}

#[test]
fn no_group_of_few_is_told_nor_left_over_by_a_subtraction() {
    // One small group hides behind the next smallest, whose name stays; its own is said nowhere.
    let found = column(&[("F", 300), ("M", 290), ("Zéphyrine", 3)], 0, |_| None).unwrap();
    assert_eq!(
        told(&found),
        [
            (vec!["F"], false, false, 300),
            (vec!["M"], true, false, 293)
        ]
    );
    assert!(found.groups[1].ratio.is_some() || found.most_selected == Some(1));
    assert!(!serde_json::to_string(&found).unwrap().contains("Zéphyrine"));
    // Those of whom nothing is stated go first: they are compared with nobody.
    let found = column(&[("F", 300), ("M", 290), ("X", 3)], 50, |_| None).unwrap();
    assert_eq!(
        told(&found),
        [
            (vec!["F"], false, false, 300),
            (vec!["M"], false, false, 290),
            (vec![], true, true, 53)
        ]
    );
    assert_eq!(found.groups[2].ratio, None);
    // Several small ones are told together.
    let found = column(&[("a", 12), ("b", 13), ("c", 300)], 0, |_| None).unwrap();
    assert_eq!(
        told(&found),
        [(vec!["c"], false, false, 300), (vec![], true, false, 25)]
    );
    // With nobody to compare, nothing is told.
    assert_eq!(column(&[("a", 19), ("b", 19)], 400, |_| None), None);
    assert_eq!(column(&[("a", 400), ("b", 5)], 0, |_| None), None);
    assert_eq!(column(&[("a", 400)], 400, |_| None), None);
}

#[test]
fn outcomes_of_few_are_not_told_nor_left_over() {
    let whole = [("a", 300), ("b", 200), ("c", 100)];
    let shown = |outcome: &dyn Fn(usize) -> Option<bool>| -> Vec<(bool, bool)> {
        let found = column(&whole, 0, outcome).unwrap();
        let groups = found.groups.iter();
        groups
            .map(|it| (it.calibration.is_some(), it.errors.is_some()))
            .collect()
    };
    let all = [(true, true); 3];
    assert_eq!(shown(&|at| Some(at.is_multiple_of(2))), all);
    assert_eq!(shown(&|_| None), [(false, false); 3]);
    // Three of all are open, whom the figures of the others and the total would tell.
    let open = |at: usize| (at < 597).then_some(at.is_multiple_of(2));
    assert_eq!(shown(&open), [(false, false); 3]);
    // Where thirty of its neighbour are open too, they hide each other; of the thirty too few are selected for errors.
    let more = |at: usize| (at < 470 || (500..597).contains(&at)).then_some(at.is_multiple_of(2));
    assert_eq!(
        shown(&more),
        [(true, false), (false, false), (false, false)]
    );
    // In the last group 5 were won: its outcomes are not told, nor those of the next, with which they could be had.
    let few = |at: usize| {
        Some(if at < 500 {
            at.is_multiple_of(2)
        } else {
            at >= 595
        })
    };
    assert_eq!(shown(&few), [(true, true), (false, false), (false, false)]);
}

/// Groups by people, selected of those won, of those lost, and of those open, each as (selected, all).
fn fared(groups: &[[(usize, usize); 3]]) -> Option<Column> {
    let (mut people, mut of) = (People::default(), Vec::new());
    for (at, group) in groups.iter().enumerate() {
        for ((selected, all), outcome) in group.iter().zip([Some(true), Some(false), None]) {
            people.selected.extend((0..*all).map(|it| it < *selected));
            people.outcome.extend(vec![outcome; *all]);
            of.extend(vec![Some(at as u32); *all]);
        }
    }
    people.probability = vec![0.5; of.len()];
    let audited = Audited {
        column: "c".into(),
        levels: (0..groups.len()).map(|at| at.to_string()).collect(),
        of,
    };
    judge(&people, &audited, 20)
}

#[test]
fn no_share_of_a_group_stands_for_few_nor_do_those_it_leaves_out() {
    let large = [(200, 300), (200, 300), (0, 0)];
    // Nobody of 20, one of 20, three of 25, all but three of 50: each is hidden, and what would give it away.
    for small in [
        [(0, 5), (0, 15), (0, 0)],
        [(1, 5), (0, 15), (0, 0)],
        [(3, 10), (0, 15), (0, 0)],
        [(25, 25), (22, 25), (0, 0)],
    ] {
        let found = fared(&[large, large, small]).unwrap();
        let last = found.groups.iter().find(|it| it.named == ["2"]).unwrap();
        assert_eq!((last.selected, last.ratio, last.errors), (None, None, None));
        let told = |it: &&fairness::Group| it.selected.is_some();
        assert_eq!(found.groups.iter().filter(told).count(), 1, "{small:?}");
        assert_eq!(found.most_selected, None, "of one there is no highest");
    }
    let enough = fared(&[large, large, [(20, 40), (20, 40), (0, 0)]]).unwrap();
    assert!(enough.groups.iter().all(|it| it.errors.is_some()));
    // Nobody of forty is told; whom the errors leave over are told of too.
    let none = fared(&[large, large, [(0, 20), (0, 20), (0, 0)]]).unwrap();
    assert!(none.groups[2].selected.is_some() && none.groups[2].errors.is_none());
    let open = fared(&[large, [(100, 200), (100, 200), (3, 40)]]).unwrap();
    assert!(open.groups.iter().all(|it| it.selected.is_some()));
    assert!(open.groups.iter().all(|it| it.errors.is_none()));
}

#[test]
fn whatever_the_groups_no_count_of_few_can_be_reckoned_from_their_shares() {
    let mut state = 7u64;
    let mut size = |most: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((state >> 33) % most) as usize
    };
    let (mut told, mut errors) = (0, 0);
    for _ in 0..400 {
        let groups: Vec<_> = (0..4)
            .map(|_| {
                [(); 3].map(|()| {
                    let all = size(160) * size(2);
                    (size(all as u64 + 1), all)
                })
            })
            .collect();
        let Some(found) = fared(&groups) else {
            continue;
        };
        // What is shown as counts of people, and what all totals leave of it.
        let mut left = [0.0; 6];
        let mut counted = |at: usize, total: usize, shares: Vec<(f64, f64)>| {
            let shown: f64 = shares.iter().map(|(share, of)| share * of).sum();
            left[at] = total as f64 - shown;
            for (share, of) in shares {
                for count in [share * of, (1.0 - share) * of] {
                    assert!(!(0.5..19.5).contains(&count), "{groups:?} {found:?}");
                }
                told += 1;
            }
        };
        let all = |of: fn(&[(usize, usize); 3]) -> usize| groups.iter().map(of).sum::<usize>();
        let shown = found.groups.iter();
        let selected = shown
            .clone()
            .filter_map(|it| Some((it.selected?.value, it.people as f64)));
        let won = shown.clone().filter_map(|it| it.calibration);
        let won = won.map(|it| (it.observed.value, it.people as f64));
        let wrong = shown.filter_map(|it| {
            let (known, errors) = (it.calibration?, it.errors?);
            let lost = (1.0 - known.observed.value) * known.people as f64;
            Some((errors.false_positive.value, lost))
        });
        let wrong: Vec<_> = wrong.collect();
        errors += wrong.len();
        counted(0, all(|it| it[0].0 + it[1].0 + it[2].0), selected.collect());
        counted(2, all(|it| it[0].1), won.collect());
        if !wrong.is_empty() {
            counted(3, all(|it| it[1].0), wrong);
        }
        for at in [0, 2, 3] {
            assert!(
                !(0.5..19.5).contains(&left[at]) || all_hidden(&found, at),
                "{groups:?} {found:?}"
            );
        }
    }
    assert!(told > 200 && errors > 10, "{told} {errors}");
}

/// Whether no group shows this kind of share, so that nothing is given away.
fn all_hidden(found: &Column, at: usize) -> bool {
    found.groups.iter().all(|it| match at {
        0 => it.selected.is_none(),
        2 => it.calibration.is_none(),
        _ => it.errors.is_none(),
    })
}

/// The policy with two audit columns, in the style of the others.
fn policy() -> String {
    let columns = "[columns.\"Genre\"]\nkind = \"category\"\nrole = \"audit\"\nlabel = \"Genre déclaré\"\n\n\
                   [columns.\"Tranche d'âge\"]\nkind = \"category\"\nrole = \"audit\"\n\n[training]";
    POLICY
        .replace("[training]", columns)
        .replace("pairs = \"auto\"", "pairs = \"off\"")
}

/// A night whose policy knows a side file, with outcomes in its export, and the side file: men are called «\u{a0}H\u{a0}».
fn stage(rows: usize) -> Night {
    let night = Night::new(10);
    fs::write(night.root().join("probant.toml"), policy()).unwrap();
    night.put("leads.csv", &export(rows, 3, FIRST, Stage::History));
    night.put("groups.csv", &groups(rows, |_| None));
    night
}

/// A side file: every lead of the export with a gender and an age band; the last of three is not in it. Whoever is big in
/// sector or source is not known here: the groups follow the reference, the third digit the age.
fn groups(rows: usize, other: impl Fn(usize) -> Option<&'static str>) -> Vec<u8> {
    let mut text = String::from("Réf. prospect;Genre;Tranche d'âge;Note\r\n");
    for row in (0..rows).filter(|row| row % 3 != 2) {
        let gender = other(row).unwrap_or(if row % 2 == 0 { "F" } else { "H" });
        let age = ["18-29", "30-44", "45-64"][row % 5 % 3];
        let lead = FIRST + row as u64;
        write!(text, "PR{lead:08};{gender};{age};secret-{row}\r\n").unwrap();
    }
    encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()
}

fn ask(night: &Night, more: &[&str]) -> Said {
    ask_of(night, "leads.csv", "groups.csv", more)
}

fn ask_of(night: &Night, data: &str, audit: &str, more: &[&str]) -> Said {
    let (data, audit) = (night.path(data), night.path(audit));
    let mut words = vec!["models", "fairness", "@active", "--as", "dpo-1"];
    words.extend(["--data", data.to_str().unwrap()]);
    words.extend(["--audit", audit.to_str().unwrap()]);
    words.extend(more);
    night.say(&words)
}

#[test]
fn groups_are_counted_among_those_who_may_be_scored_and_recorded_before_they_are_shown() {
    let night = stage(1_500);
    let page = night.path("out/fairness.html");
    let said = ask(
        &night,
        &["--band", "tiede", "--out", page.to_str().unwrap()],
    )
    .done();
    let told = said.json();
    let count = |name: &str| told[name].as_u64().unwrap();
    assert_eq!(
        count("rows_in"),
        count("scored") + count("refused") + count("failed")
    );
    // The same people as a night would score.
    let night_scored = night
        .say(&[
            "score",
            night.path("leads.csv").to_str().unwrap(),
            "--dry-run",
        ])
        .done()
        .json();
    assert_eq!(count("scored"), night_scored["proposed"].as_u64().unwrap());
    let found = &told["fairness"];
    assert_eq!(found["columns"].as_array().unwrap().len(), 2);
    assert_eq!(found["learned_from"], false);
    assert_eq!(told["unread"], json!(["Note"]));
    let gender = &found["columns"][0];
    let people: u64 = gender["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["people"].as_u64().unwrap())
        .sum();
    assert_eq!(people, count("scored"));
    assert!(gender["groups"][0]["calibration"].is_object());
    // What the ledger holds is what was shown: the document by its digest, and an entry of this kind by this person.
    let shown: Value = serde_json::from_str(&said.out).unwrap();
    let digest = told["document"].as_str().unwrap();
    let kept = tree(&night.root(), &["ledger/documents"]);
    let (_, kept) = kept
        .iter()
        .find(|(name, _)| name.contains(digest))
        .expect("the document is kept");
    let kept: Value = serde_json::from_slice(kept).unwrap();
    assert_eq!(kept, shown["fairness"]);
    let entry = night
        .say(&["ledger", "show", &told["entry"].to_string()])
        .done();
    for word in ["report", "fairness", digest, "dpo-1"] {
        assert!(entry.out.contains(word), "{word}: {entry:?}");
    }
    night.say(&["ledger", "verify", "--full"]).done();
    // The page: self-contained, in both languages, with the policy's own words.
    let page = fs::read_to_string(page).unwrap();
    for word in [
        "Genre déclaré",
        "four fifths",
        "quatre cinquièmes",
        "lang=\"fr\"",
        "lang=\"en\"",
    ] {
        assert!(page.to_lowercase().contains(&word.to_lowercase()), "{word}");
    }
    for word in ["<script", "http://", "https://", "secret-"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn nothing_of_groups_is_shown_that_could_not_be_recorded() {
    let night = stage(600);
    let (data, audit) = (night.path("leads.csv"), night.path("groups.csv"));
    let (mut tried, mut died) = (0, 0);
    loop {
        let root = night.path(&format!("ws-{tried}"));
        let page = night.path(&format!("page-{tried}.html"));
        copy(&night.root(), &root);
        let (disk, count) = failing(tried, full);
        let mut world = world_on(disk, 9);
        let mut words = vec!["models", "fairness", "@active", "--as", "dpo-1"];
        words.extend(["--data", data.to_str().unwrap()]);
        words.extend(["--audit", audit.to_str().unwrap()]);
        words.extend(["--out", page.to_str().unwrap()]);
        let said = run(&root, &mut world, &words);
        let through = count.load(Ordering::SeqCst) <= tried;
        let entries = run(&root, &mut crate::night::world(9), &["ledger", "show"]);
        let recorded = entries.out.contains("fairness");
        let shown = !said.out.is_empty();
        assert!(recorded || !page.exists(), "{tried}: a page unrecorded");
        assert!(recorded || !shown, "{tried}: shown unrecorded");
        // What can no longer be tidied up afterwards fails nothing.
        assert_eq!(said.exit == 0, shown, "{tried}: {said:?}");
        if through {
            assert!(shown && page.exists());
            break;
        }
        died += usize::from(said.exit != 0);
        fs::remove_dir_all(&root).unwrap();
        tried += 1;
    }
    assert!(died >= 10, "{died} of {tried}");
}

#[test]
fn a_parquet_side_file_says_the_same_as_its_csv() {
    use probant::table::{Cells, Field, Writer};
    let night = stage(900);
    let text = encoding_rs::WINDOWS_1252
        .decode(&groups(900, |_| None))
        .0
        .into_owned();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(';').collect())
        .collect();
    let headers = ["Réf. prospect", "Genre", "Tranche d'âge"];
    let fields: Vec<Field> = headers
        .iter()
        .enumerate()
        .map(|(at, name)| Field {
            name: (*name).to_owned(),
            cells: Cells::Text(rows.iter().map(|row| Some(row[at].into())).collect()),
        })
        .collect();
    let mut writer = Writer::new(Vec::new(), &fields).unwrap();
    writer.write(&fields).unwrap();
    let bytes = writer.finish().unwrap();
    night.put("groups.parquet", &bytes);
    let csv = ask(&night, &[]).done().json();
    let parquet = ask_of(&night, "leads.csv", "groups.parquet", &[])
        .done()
        .json();
    assert_eq!(csv["fairness"], parquet["fairness"]);
}

#[test]
fn what_a_side_file_lacks_is_said_without_a_value() {
    let night = stage(600);
    let refused = |said: Said, exit: u8, what: &str| {
        let said = said.failed(exit);
        assert!(said.err.contains(what), "{said:?}");
        assert!(said.out.is_empty());
        let values = Needle::text("a reference", &format!("PR{FIRST:08}"));
        assert_eq!(find_in("errors", &said.err, &[values]), []);
    };
    let entries = || tree(&night.root(), &["ledger"]).len();
    let before = entries();
    let put = |name: &str, text: &str| {
        night.put(name, &encoding_rs::WINDOWS_1252.encode(text).0);
    };
    put("nameless.csv", "Reference;Genre\nPR1;F\nPR2;H\n");
    refused(
        ask_of(&night, "leads.csv", "nameless.csv", &[]),
        3,
        "the side file has no column `Réf. prospect`",
    );
    put("strangers.csv", "Réf. prospect;Genre\nZZ1;F\nZZ2;H\n");
    refused(
        ask_of(&night, "leads.csv", "strangers.csv", &[]),
        3,
        "names anybody who was scored",
    );
    let twice = format!("Réf. prospect;Genre\nPR{FIRST:08};F\nPR{FIRST:08};F\nPR{FIRST:08};H\n");
    put("twice.csv", &twice);
    refused(
        ask_of(&night, "leads.csv", "twice.csv", &[]),
        3,
        "1 rows put somebody in another group",
    );
    // One address, shared by enough people to be shown as a group: its name would be in a document about nobody.
    for (value, looks) in [
        ("accueil@exemple.fr", "e-mail addresses"),
        ("06 39 98 01 23", "telephone numbers"),
    ] {
        let mut shared = String::from("Réf. prospect;Genre\n");
        for row in 0..600 {
            let gender = ["F", value][row as usize % 2];
            writeln!(shared, "PR{:08};{gender}", FIRST + row).unwrap();
        }
        put("shared.csv", &shared);
        let said = ask_of(&night, "leads.csv", "shared.csv", &[]).failed(5);
        assert!(said.err.contains(looks), "{said:?}");
        assert!(!said.err.contains(value) && said.out.is_empty());
    }
    // All groups are small.
    let mut few = String::from("Réf. prospect;Genre\n");
    for row in 0..30 {
        let gender = ["F", "H"][row as usize % 2];
        writeln!(few, "PR{:08};{gender}", FIRST + row).unwrap();
    }
    put("few.csv", &few);
    refused(
        ask_of(&night, "leads.csv", "few.csv", &[]),
        5,
        "no column has two groups of at least 20 people",
    );
    // The two files the other way round.
    refused(
        ask_of(&night, "groups.csv", "leads.csv", &[]),
        3,
        "none of the columns of role `audit` is in the side file",
    );
    refused(
        ask_of(&night, "groups.csv", "groups.csv", &[]),
        3,
        "groups.csv",
    );
    refused(ask(&night, &["--band", "froid"]), 2, "everybody falls in");
    refused(ask(&night, &["--band", "tied"]), 2, "unknown band `tied`");
    // A page is written over nothing.
    let page = night.path("leads.csv");
    refused(
        ask(&night, &["--out", page.to_str().unwrap()]),
        2,
        "exists already",
    );
    let root = night.root().join("probant.toml");
    fs::write(&root, POLICY).unwrap();
    refused(
        ask(&night, &[]),
        5,
        "declares no column of the role `audit`",
    );
    let numbers = policy().replace(
        "[columns.\"Genre\"]\nkind = \"category\"",
        "[columns.\"Genre\"]\nkind = \"number\"",
    );
    fs::write(&root, numbers).unwrap();
    refused(ask(&night, &[]), 5, "which are no groups");
    assert_eq!(entries(), before, "nothing was recorded");
}

#[test]
fn a_column_is_never_both_audited_and_scored() {
    for name in ["Genre", " Genre "] {
        let feature = format!(
            "[columns.\"{name}\"]\nkind = \"category\"\nrole = \"feature\"\nwhy = \"x\"\norigin = \"y\"\n\n[training]"
        );
        let error = probant::policy::parse(&policy().replace("[training]", &feature)).unwrap_err();
        let said = format!("{error:?}");
        let found = ["duplicate key", "the column `Genre` is declared twice"];
        assert!(found.iter().any(|it| said.contains(it)), "{said}");
    }
    let pair = policy().replace("pairs = \"off\"", "pairs = [[\"Genre\", \"Secteur\"]]");
    let error = format!("{:?}", probant::policy::parse(&pair).unwrap_err());
    assert!(error.contains("`Genre` is no declared feature"), "{error}");
}

/// An export with the audit columns beside the features, each cell as `cell` says.
fn with_columns(rows: usize, first: u64, stage: Stage, cell: impl Fn(usize) -> String) -> Vec<u8> {
    let bytes = export(rows, 1, first, stage);
    let text = encoding_rs::WINDOWS_1252.decode(&bytes).0.into_owned();
    let mut lines = text.split_inclusive("\r\n");
    let mut out = lines.next().unwrap().trim_end().to_owned() + ";Genre;Tranche d'âge\r\n";
    for (row, line) in lines.enumerate() {
        let cell = cell(row);
        let line = line.trim_end();
        write!(out, "{line};\"{cell}\";\"{cell}\"\r\n").unwrap();
    }
    encoding_rs::WINDOWS_1252.encode(&out).0.into_owned()
}

/// A training, an activation and a night on exports whose audit columns say `cell`; every file of it, with what
/// commits to the bytes of the exports themselves taken out.
fn lived(cell: impl Fn(usize) -> String) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("ws");
    let mut world = world(5);
    let learned = with_columns(3_000, 1, Stage::History, &cell);
    let tonight = with_columns(500, FIRST, Stage::Open, &cell);
    let exports: [(&str, &[u8]); 2] = [("leads.csv", &learned), ("night.csv", &tonight)];
    probant::workspace::stage_demo(&root, &mut world, &policy(), &exports).unwrap();
    let at = |name: &str| root.join(name).to_str().unwrap().to_owned();
    learn(&root, &mut world);
    let out = folder.path().join("scores.csv");
    let words = ["score", &at("night.csv"), "--out", out.to_str().unwrap()];
    run(&root, &mut world, &words).done();
    // No store holds a cell of these columns: the exports, which lie in the folder here, are taken away first.
    for name in ["leads.csv", "night.csv"] {
        fs::remove_file(root.join(name)).unwrap();
    }
    let canary = Needle::text("an audit column's cell", "canari.exemple.fr");
    assert_eq!(find(folder.path(), &[canary]), []);
    let mut files = tree(&root, &["models", "ledger/segments"]);
    files.insert("scores.csv".into(), fs::read(&out).unwrap());
    let provenance = files.keys().find(|it| it.ends_with("provenance.json"));
    let provenance = provenance.unwrap().clone();
    let mut papers: Value = serde_json::from_slice(&files[&provenance]).unwrap();
    let commitments = papers["data"].take();
    for bytes in files.values_mut() {
        let text = String::from_utf8(bytes.clone());
        let Ok(mut text) = text else { continue };
        for commitment in commitments.as_array().unwrap() {
            text = text.replace(commitment.as_str().unwrap(), "COMMITMENT");
        }
        *bytes = text.into_bytes();
    }
    files
}

#[test]
fn the_trainer_never_reads_an_audit_column() {
    let plain = lived(|row| ["F", "H"][row % 2].to_owned());
    assert!(plain.keys().any(|name| name.ends_with("model.json")));
    assert!(plain.keys().any(|name| name.starts_with("ledger/segments")));
    let poisons: [fn(usize) -> String; 3] = [
        |row| format!("personne-{row}@canari.exemple.fr"),
        |row| format!("not a \"\"group,\n{}", "y".repeat(row % 7 * 100)),
        |_| String::new(),
    ];
    for (at, poison) in poisons.into_iter().enumerate() {
        let other = lived(poison);
        assert!(plain.keys().eq(other.keys()), "poison {at}");
        for (name, bytes) in &plain {
            assert!(other[name] == *bytes, "poison {at}: {name} differs");
        }
    }
}

#[test]
fn only_the_side_file_is_asked_for_audit_columns() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = tree(&source, &["."]);
    let mut naming: Vec<&str> = files
        .iter()
        .filter(|(name, _)| Path::new(name).extension().is_some_and(|it| it == "rs"))
        .filter(|(_, text)| String::from_utf8_lossy(text).contains("Use::Audit"))
        .map(|(name, _)| name.trim_start_matches("./"))
        .collect();
    naming.sort_unstable();
    assert_eq!(
        naming,
        [
            "policy/columns.rs",
            "policy/tools.rs",
            "workspace/fairness.rs"
        ]
    );
}

#[test]
fn nobodys_group_lands_in_the_workspace() {
    let night = stage(600);
    // A group of one is somebody's: here it is a name.
    let name = "Zéphyrine Quatremarre";
    let side = groups(600, |row| {
        (row == 3 || row == 12).then_some("Zéphyrine Quatremarre")
    });
    night.put("groups.csv", &side);
    let before = tree(&night.root(), &["tmp"]).len();
    let page = night.path("out/page.html");
    let said = ask(&night, &["--out", page.to_str().unwrap()]).done();
    let needles = [
        Needle::text("a group of one", name),
        Needle::text("a cell that is not asked for", "secret-"),
        Needle::text("an identifier", &format!("PR{:08}", FIRST + 3)),
    ];
    assert_eq!(find(&night.root(), &needles), []);
    for text in [&said.out, &said.err, &fs::read_to_string(&page).unwrap()] {
        assert_eq!(find_in("shown", text, &needles), []);
    }
    assert_eq!(tree(&night.root(), &["tmp"]).len(), before);
    assert!(
        said.json()["fairness"]["columns"][0]["groups"][1]["others"] == true
            || said.json()["fairness"]["columns"][0]["groups"][2]["others"] == true
    );
}
