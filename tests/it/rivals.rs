//! The twin beside other methods: their figures, what differs draw by draw, and what is made of it.

use probant::model::compared::{Rival, Seen};
use probant::model::evaluate::Judged;
use probant::model::findings::{Findings, Warning};
use probant::model::rivals::Active;
use probant::model::train::{Examples, train, train_beside};
use probant::policy::{Pairs, Profiling, Training};

use crate::model::{golden, golden_leads, leads, shuffled, training};

/// How far two programs' figures may lie apart, whose fits end at the same optimum.
const FITTED: f64 = 1e-6;

/// The same figures from the same frequencies.
const COUNTED: f64 = 1e-9;

fn plain() -> Training {
    Training {
        pairs: Pairs::Off,
        ..training()
    }
}

fn findings(examples: &Examples, training: &Training) -> Findings {
    train(examples, training, &Profiling::default(), &|_| ())
        .unwrap()
        .1
}

#[test]
fn rivals_are_what_scikit_learn_and_the_frequencies_say() {
    let theirs = golden("rivals.json");
    let mut leads = golden_leads(&golden("explain.json"));
    leads.in_file_order = true;
    let near = |ours: f64, method: &str, figure: &str, tolerance: f64| {
        let theirs = theirs[method][figure].as_f64().unwrap();
        assert!(
            (ours - theirs).abs() <= tolerance,
            "{method}, {figure}: {ours} by us, {theirs} by them"
        );
    };
    let found = findings(&leads, &plain());
    assert_eq!(found.metrics.rows, theirs["rows"]);
    let one_hot = found
        .compared
        .iter()
        .find(|it| it.rival == Rival::OneHot)
        .unwrap();
    near(one_hot.roc_auc.value, "one_hot", "roc_auc", FITTED);
    near(one_hot.log_loss.value, "one_hot", "log_loss", FITTED);

    // Odoo's fields are discrete.
    leads
        .features
        .retain(|it| !["age", "visits"].contains(&it.name.as_str()));
    let found = findings(&leads, &plain());
    let bayes = &found.compared[0];
    assert_eq!(bayes.rival, Rival::NaiveBayes);
    near(bayes.roc_auc.value, "naive_bayes", "roc_auc", COUNTED);
    near(bayes.log_loss.value, "naive_bayes", "log_loss", COUNTED);
}

#[test]
fn no_order_of_rows_and_no_number_of_threads_shows_beside_other_methods() {
    let leads = leads(3_000, -1.5);
    let once = findings(&leads, &plain());
    assert_eq!(once.compared.len(), 2);
    for (threads, seed) in [(1, 5), (7, 6)] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let again = pool
            .build()
            .unwrap()
            .install(|| findings(&shuffled(&leads, seed), &plain()));
        assert_eq!(once.compared, again.compared, "{threads} threads");
    }
}

/// Probabilities that tell the outcome by `strength`, and outcomes, of people with two rows each.
fn judged(rows: u32, strength: f64) -> Judged {
    // `SplitMix64`'s finish, so that rows and salts have nothing to do with each other.
    let unit = |row: u32, salt: u32| {
        let mut z = (u64::from(row) << 8 | u64::from(salt)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(((z ^ (z >> 31)) >> 40) as u32) / f64::from(1u32 << 24)
    };
    let truth: Vec<f64> = (0..rows).map(|row| unit(row, 1)).collect();
    let outcome: Vec<bool> = (0..rows)
        .map(|row| unit(row, 2) < truth[row as usize])
        .collect();
    let said: Vec<f64> = (0..rows)
        .map(|row| {
            (strength * truth[row as usize] + (1.0 - strength) * unit(row, 3)).clamp(0.01, 0.99)
        })
        .collect();
    let people: Vec<u32> = (0..rows).map(|row| row / 2).collect();
    Judged::new(&said, &outcome, &people)
}

#[test]
fn what_is_drawn_is_the_difference_and_not_two_figures() {
    let (good, less) = (judged(2_000, 0.9), judged(2_000, 0.7));
    let same = good.beside(&[&good], 1)[0].difference;
    for it in [same.roc_auc, same.log_loss] {
        assert_eq!([it.value, it.low, it.high].map(f64::to_bits), [0; 3]);
    }
    assert!(!same.is_worse(), "nothing is worse than itself");

    let there = good.beside(&[&less], 1)[0];
    let back = less.beside(&[&good], 1)[0].difference;
    for (x, y) in [
        (back.turned().roc_auc, there.difference.roc_auc),
        (back.turned().log_loss, there.difference.log_loss),
    ] {
        for (x, y) in [(x.value, y.value), (x.low, y.low), (x.high, y.high)] {
            assert!((x - y).abs() < 1e-12, "{x} one way, {y} the other");
        }
    }
    assert!(!there.difference.is_worse() && back.is_worse());
    // Both judge the same people: their difference is surer than either.
    let width = there.difference.roc_auc.high - there.difference.roc_auc.low;
    assert!(width < (there.roc_auc.high - there.roc_auc.low) * 0.7);
    // The draws are those of the figures' own intervals.
    let own = less.metrics(1).roc_auc;
    assert!(
        (own.low - there.roc_auc.low).abs() < 1e-12
            && (own.high - there.roc_auc.high).abs() < 1e-12
    );
}

fn dated(mut leads: Examples) -> Examples {
    let day = |key: &[u8; 32]| 19_000 + i32::from(key[0]) * 3;
    leads.dates = Some(leads.keys.iter().map(day).collect());
    leads
}

#[test]
fn the_active_model_judges_the_same_leads_and_whether_it_saw_them_is_said() {
    let leads = dated(leads(3_000, -1.0));
    let (model, alone) = train(&leads, &plain(), &Profiling::default(), &|_| ()).unwrap();
    assert!(
        alone
            .compared
            .iter()
            .all(|it| !matches!(it.rival, Rival::Active { .. }))
    );
    let version = model.version();
    let beside = |leads: &Examples, last: Option<&str>| {
        let active = Active {
            version,
            model: &model,
            last,
        };
        train_beside(
            leads,
            &plain(),
            &Profiling::default(),
            Some(&active),
            &|_| (),
        )
        .unwrap()
        .1
    };
    for (last, expected) in [
        (Some("2000-01-01"), Seen::No),
        (Some("2030-01-01"), Seen::Yes),
        (None, Seen::Unknown),
    ] {
        let found = beside(&leads, last);
        let compared = found.compared.last().unwrap();
        let rival = Rival::Active {
            model: version,
            seen: expected,
        };
        assert_eq!(compared.rival, rival);
        // The very same model, refitted on the same rows: where it may have seen them, its equal is itself.
        assert_eq!(compared.refitted.is_some(), expected != Seen::No);
        if let Some(equal) = compared.refitted {
            assert_eq!(equal.log_loss.value.to_bits(), 0);
        }
        assert_eq!(found.incomparable, None);
    }
    let mut fewer = leads.clone();
    fewer.features.retain(|it| it.name != "visits");
    let found = beside(&fewer, None);
    let incomparable = found.incomparable.unwrap();
    assert_eq!(
        (incomparable.model, incomparable.feature.as_str()),
        (version, "visits")
    );
}

#[test]
fn what_neither_has_seen_decides_and_a_model_that_saw_the_holdout_does_not_flatter_itself() {
    let leads = dated(leads(12_000, -1.0));
    let (good, _) = train(&leads, &plain(), &Profiling::default(), &|_| ()).unwrap();
    // A candidate of the same leads without what tells most is worse wherever neither has seen the rows.
    let mut days = leads.dates.clone().unwrap();
    days.sort_unstable();
    let day = |share: usize| days[days.len() * share / 100];
    let civil = |day: i32| {
        let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        (epoch + chrono::Days::new(day as u64)).to_string()
    };
    for (share, newer) in [(81, true), (99, false)] {
        let last = civil(day(share));
        let active = Active {
            version: good.version(),
            model: &good,
            last: Some(&last),
        };
        let profiling = Profiling::default();
        let found = train_beside(&leads, &plain(), &profiling, Some(&active), &|_| ());
        let found = found.unwrap().1;
        let compared = found.compared.last().unwrap();
        assert_eq!(compared.last.as_ref(), Some(&last));
        assert_eq!(compared.newer.is_some(), newer, "{share}: {compared:?}");
        assert_eq!(
            (compared.refitted.is_some(), compared.is_fair()),
            (!newer, newer)
        );
        // The refitted model is the active one, bit for bit: only the newer rows tell the twin from it.
        let by = compared.decisive().log_loss.value;
        assert_eq!(by.to_bits() != 0, newer, "{by}");
        if let Some(it) = &compared.newer {
            assert!(it.after >= last && it.difference != compared.difference);
        }
        let text = serde_json::to_string(compared).unwrap();
        let back: probant::model::compared::Compared = serde_json::from_str(&text).unwrap();
        assert_eq!(&back, compared);
    }
}

#[test]
fn whatever_judges_better_is_named_with_what_to_do() {
    // A straight line over the whole range, which the latest fifth leaves: bins end where the known values end.
    let mut leads = leads(6_000, -1.0);
    leads.in_file_order = true;
    let rows = leads.outcome.len();
    let line: Vec<f64> = (0..rows)
        .map(|row| (row as f64 / rows as f64).powi(6) * 10.0 + (row % 7) as f64 * 0.4)
        .collect();
    leads.outcome = (0..rows)
        .map(|row| {
            let hash = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11;
            (hash as f64 / (1u64 << 53) as f64) < 1.0 / (1.0 + (2.5 - line[row]).exp())
        })
        .collect();
    leads.features.truncate(1);
    leads.features[0].column = probant::table::Column::Number(line);
    let found = findings(&leads, &plain());
    let named = found.warnings.iter().find_map(|it| match it {
        Warning::WorseThan {
            rival: Rival::OneHot,
            log_loss,
            ..
        } => Some(*log_loss),
        _ => None,
    });
    assert!(named.is_some_and(|loss| loss > 0.0), "{:?}", found.compared);
    let text = serde_json::to_value(&found.warnings).unwrap();
    let named = text
        .as_array()
        .unwrap()
        .iter()
        .any(|it| it["warning"] == "worse-than" && it["rival"]["method"] == "one-hot");
    assert!(named, "{text}");
}

#[test]
fn findings_of_before_other_methods_were_asked_are_the_same_bytes_again() {
    let text = include_str!("../vectors/provenance-1.json");
    let before = probant::report::Provenance::parse(text).unwrap();
    assert!(before.findings.compared.is_empty() && before.findings.thin.is_none());
    assert_eq!(before.to_json(), text);
}
