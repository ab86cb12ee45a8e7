//! Gates: each fails by itself, says so in both languages, and says what would pass it.

use probant::digest::Digest;
use probant::model::Model;
use probant::model::compared::{Compared, Difference, Incomparable, Newer, Rival, Seen};
use probant::model::findings::{Findings, Interval, Warning};
use probant::model::gates::{Against, Gate, GateId, Gates, gates};
use probant::model::train::train;
use probant::odds::LogOdds;
use probant::policy::{self, Pairs, Policy, Profiling, Training};

use crate::model::{leads, training};

struct Case {
    model: Model,
    findings: Findings,
    policy: Policy,
}

impl Case {
    /// A model that passes, and a policy as it was trained under.
    fn new() -> Self {
        let training = Training {
            pairs: Pairs::Off,
            ..training()
        };
        let leads = leads(3_000, -1.0);
        let (model, findings) = train(&leads, &training, &Profiling::default(), &|_| ()).unwrap();
        let mut policy = policy::parse(crate::night::POLICY).unwrap();
        policy.training = training;
        policy.profiling = Profiling::default();
        Self {
            model,
            findings,
            policy,
        }
    }

    fn asked(&self, against: Option<Digest>) -> Gates {
        let against = against.map(Against::Active);
        gates(&self.model, &self.findings, &self.policy, against)
    }

    /// The only gate that is not passed.
    fn failed(&self, against: Option<Digest>) -> Gate {
        let asked = self.asked(against);
        let failed: Vec<&Gate> = asked.failed().collect();
        assert_eq!(failed.len(), 1, "{failed:#?}");
        assert!(!asked.passed);
        failed[0].clone()
    }
}

/// Fails with this id, in both languages, with what would pass it.
fn assert_failed(case: &Case, id: GateId, against: Option<Digest>, says: &str) {
    let gate = case.failed(against);
    assert_eq!(gate.id, id);
    let pass = gate
        .would_pass
        .expect("a failed gate says what would pass it");
    for text in [&gate.meaning.en, &gate.meaning.fr, &pass.en, &pass.fr] {
        assert!(text.len() > 20 && text.ends_with('.'), "{text}");
    }
    assert_ne!(gate.meaning.en, gate.meaning.fr);
    assert!(
        gate.meaning.en.contains(says) || pass.en.contains(says),
        "`{says}` in `{}` or `{}`",
        gate.meaning.en,
        pass.en
    );
}

fn interval(value: f64, half: f64) -> Interval {
    Interval {
        value,
        low: value - half,
        high: value + half,
    }
}

#[test]
fn a_model_of_which_nothing_is_wrong_passes_every_gate_and_survives_its_document() {
    let case = Case::new();
    let asked = case.asked(None);
    assert!(asked.passed, "{:#?}", asked.failed().collect::<Vec<_>>());
    assert_eq!(asked.gates.len(), 8);
    assert!(asked.gates.iter().all(|gate| gate.would_pass.is_none()));
    assert!(case.findings.promotable, "the training asks the same");
    let text = serde_json::to_string_pretty(&asked).unwrap();
    assert_eq!(serde_json::from_str::<Gates>(&text).unwrap(), asked);
    assert!(text.contains("\"schema_version\": 1"));
    // The active model itself needs no comparison.
    assert!(case.asked(Some(case.model.version())).passed);
}

#[test]
fn each_gate_that_fails_says_what_would_pass_it() {
    let with = |change: fn(&mut Case)| {
        let mut case = Case::new();
        change(&mut case);
        case
    };
    let none = |case: &Case, id, says| assert_failed(case, id, None, says);
    none(
        &with(|it| it.findings.metrics.roc_auc.low = 0.5),
        GateId::Signal,
        "must lie above 0.5",
    );
    none(
        &with(|it| it.findings.metrics.ece = interval(0.21, 0.01)),
        GateId::Calibration,
        "newer leads",
    );
    none(
        &with(|it| {
            it.policy.training.max_calibration_error = 0.001;
            it.findings.metrics.ece_noise_floor = 0.01;
        }),
        GateId::Calibration,
        "even perfect scores would fail",
    );
    none(
        &with(|it| {
            it.findings.warnings.push(Warning::Leak {
                feature: "size".to_owned(),
                auc: 0.99,
            });
        }),
        GateId::Leakage,
        "“size”",
    );
    none(
        &with(|it| {
            it.policy.profiling.max_alone = Some(0.01);
            let profile = it.findings.profile.as_mut().unwrap();
            profile.alone = Some(profile.people / 2);
        }),
        GateId::Profiling,
        "max_bins",
    );
    none(
        &with(|it| {
            it.policy.profiling.max_alone = Some(0.01);
            it.findings.profile = None;
        }),
        GateId::Profiling,
        "did not count",
    );
    none(
        &with(|it| it.findings.thin = Some(2)),
        GateId::Cells,
        "2 entries",
    );
    none(
        &with(|it| it.findings.gradient = 1e-9),
        GateId::Convergence,
        "1.0e-9",
    );
    none(
        &with(|it| it.findings.certificate.as_mut().unwrap().certified = false),
        GateId::Convergence,
        "other numbers",
    );
    none(
        &with(|it| it.findings.curves.reliability[0].rows = 19),
        GateId::Anonymity,
        "1 counts or points",
    );
    // A level that nobody converted from is ordinary.
    let ordinary = with(|it| {
        it.findings.warnings.push(Warning::Separates {
            feature: "source".to_owned(),
            code: 1,
            rows: 400,
            positive: false,
        });
    });
    assert!(ordinary.asked(None).passed);
}

#[test]
fn an_entry_behind_which_too_few_people_stand_fails_the_gate() {
    let case = Case::new();
    let findings = &case.findings;
    // A code that too few held, missing included: its entry is 0, and would be seen if it were not.
    let schema = case.model.schema();
    let mut hidden = findings.levels.iter().zip(&schema.features).enumerate();
    let hidden = hidden.find_map(|(at, (levels, feature))| {
        let mut learned = levels.iter().take(usize::from(feature.shape.missing()) + 1);
        Some((at, learned.position(|it| it.rows.is_none())?))
    });
    let (feature, code) = hidden.expect("nobody lacks a number of visits");
    let mut tables = case.model.tables().to_vec();
    assert_eq!(tables[feature][code], LogOdds(0));
    tables[feature][code] = LogOdds(7);
    let model = Model::new(
        case.model.schema().clone(),
        case.model.settings().clone(),
        case.model.baseline(),
        tables,
    )
    .unwrap();
    let case = Case { model, ..case };
    assert_failed(&case, GateId::Cells, None, "1 entries");
}

#[test]
fn too_few_leads_held_out_pass_neither_signal_nor_calibration() {
    let mut case = Case::new();
    case.findings.metrics.positives = 19;
    let failed: Vec<GateId> = case.asked(None).failed().map(|it| it.id).collect();
    assert_eq!(failed[..2], [GateId::Signal, GateId::Calibration]);
    let asked = case.asked(None);
    assert!(
        asked.failed().take(2).all(|it| it.found.is_none()),
        "no figure of so few"
    );
}

#[test]
fn only_a_comparison_with_the_model_that_is_active_now_passes() {
    let mut case = Case::new();
    let (active, other) = (Digest::of(b"active"), Digest::of(b"other"));
    assert_failed(&case, GateId::Active, Some(active), "Train again");
    let compared = |difference, refitted| Compared {
        rival: Rival::Active {
            model: active,
            seen: Seen::No,
        },
        rows: None,
        roc_auc: interval(0.8, 0.01),
        log_loss: interval(0.3, 0.01),
        difference,
        last: None,
        newer: None,
        refitted,
    };
    let as_good = Difference {
        roc_auc: interval(-0.001, 0.002),
        log_loss: interval(0.001, 0.002),
    };
    let worse = Difference {
        roc_auc: interval(-0.001, 0.002),
        log_loss: interval(0.003, 0.002),
    };
    case.findings.compared = vec![compared(as_good, None)];
    assert!(case.asked(Some(active)).passed);
    assert_failed(&case, GateId::Active, Some(other), "another model");
    case.findings.compared = vec![compared(worse, None)];
    assert_failed(&case, GateId::Active, Some(active), "+0.0010 and +0.0050");
    // Where the active model has seen the holdout, what is newer decides; without it, that is said.
    let said = |case: &Case| {
        let asked = case.asked(Some(active)).gates;
        let gate = asked.into_iter().find(|it| it.id == GateId::Active);
        gate.unwrap().meaning.en
    };
    let mut seen = compared(worse, Some(as_good));
    seen.rival = Rival::Active {
        model: active,
        seen: Seen::Yes,
    };
    seen.last = Some("2026-09-30".to_owned());
    case.findings.compared = vec![seen.clone()];
    assert!(case.asked(Some(active)).passed);
    let text = said(&case);
    assert!(
        text.contains("Not a comparison between equals (nothing newer than 2026-09-30"),
        "{text}"
    );
    seen.newer = Some(Newer {
        after: "2026-09-30".to_owned(),
        difference: worse,
    });
    case.findings.compared = vec![seen];
    assert_failed(
        &case,
        GateId::Active,
        Some(active),
        "those after 2026-09-30",
    );
    // A purged model judges nothing, and that is said.
    let gone = gates(
        &case.model,
        &case.findings,
        &case.policy,
        Some(Against::Purged(active)),
    );
    assert!(gone.passed && gone.gates[2].meaning.en.contains("its folder was removed"));
    case.findings.compared = Vec::new();
    case.findings.incomparable = Some(Incomparable {
        model: active,
        feature: "age".to_owned(),
    });
    let asked = case.asked(Some(active));
    assert!(asked.passed);
    let said = asked.gates.iter().find(|it| it.id == GateId::Active);
    assert!(
        said.unwrap().meaning.en.contains("Nothing says"),
        "{said:?}"
    );
    assert_failed(&case, GateId::Active, Some(other), "Train again");
}
