//! A year in which leads really drift: the alert comes, two people publish the next model, and every decision keeps its own.

#[path = "year/play.rs"]
pub mod play;

use std::fs;

use crate::cli_support::{ours, shared};

/// The stretches of each of five long months: a smaller cut of the year that `benches/year.sh` plays in twelve.
const CUT: [std::ops::Range<usize>; 5] = [3..4, 4..8, 8..10, 10..17, 17..26];

#[test]
fn a_year_of_real_leads_drifts_is_answered_and_every_decision_keeps_its_model() {
    let Some(file) = shared("data/bank_marketing/bank-additional-full.csv") else {
        return;
    };
    let policy = fs::read_to_string(ours("data/policies/bank-additional-ordered.toml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let calls = play::Calls::read(&file);
    let mut year = play::live(folder.path(), &policy, &calls, &CUT, 3);
    let months = &year.months;
    let models: Vec<&str> = months.iter().map(|it| it.model.as_str()).collect();
    assert!(months.windows(2).all(|pair| pair[0].won < pair[1].won));
    // The published order drifts, and a scheduler sees it every time; what drifted is named.
    for it in months {
        let causes = it.watched["causes"].as_array().unwrap();
        assert_eq!((it.exit, &it.watched["verdict"]), (8, &"alert".into()));
        assert!(!causes.is_empty(), "{}: {it:?}", it.name);
    }
    // Without signal in time no candidate passes its gates, and the first model goes on scoring.
    for it in &months[..2] {
        assert!(it.done.contains("not approved"), "{it:?}");
        assert!(it.done.contains("must lie above 0.5"), "{it:?}");
    }
    assert_eq!(models[..3], [models[0]; 3]);
    // Then one passes, is published, rolled back from at once, and does not score.
    let back = format!("approved, activated, rolled back to {}", models[0]);
    assert!(months[2].done.ends_with(&back), "{:?}", months[2]);
    assert_eq!(models[3], models[0]);
    // The next one takes over and scores.
    assert!(
        months[3].done.ends_with("approved, activated"),
        "{:?}",
        months[3]
    );
    assert!(months[3].done.starts_with(models[4]));
    year.proves_itself();
}
