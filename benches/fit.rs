//! What a training costs: encode and one fit, or folds by strengths, of a Parquet export under `benches/leads.toml`.
//!
//! Prints one line of JSON. Reading is timed apart; what is timed as `learn`, `encode` and `total` starts from
//! the typed columns in memory, as `probant train` has them.
//!
//!   fit fit TRAIN TEST [--strength S] [--times N]   learn, encode, one fit; log-loss and AUC on TEST
//!   fit cv  TRAIN                                   5 folds by 8 strengths, everything learned anew in each fold

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use probant::features::{self, LearnSettings, NamedColumn};
use probant::intake::{Asked, Columnar, Outcome, outcome};
use probant::model::train::{Example, Examples, fit_at, judge, out_of_fold};
use probant::policy::{self, Kind, Policy};
use probant::pseudonym::{normalise, training_key};
use probant::table::{Column, Reader, Wanted};

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["fit", train, test] => fit(train, test, 1.0, 1),
        ["fit", train, test, "--strength", strength] => fit(train, test, strength.parse()?, 1),
        ["fit", train, test, "--times", times] => fit(train, test, 1.0, times.parse()?),
        ["cv", train] => cv(train),
        _ => {
            println!("nothing to measure: see the head of benches/fit.rs");
            Ok(())
        }
    }
}

/// Learns, encodes and fits once, so many times over; the model judges the other file.
fn fit(train: &str, test: &str, strength: f64, times: u32) -> Fallible<()> {
    let policy = leads()?;
    let begun = Instant::now();
    let examples = read(Path::new(train), &policy)?;
    let seconds = begun.elapsed().as_secs_f64();
    let (held, read_mib) = (mib("VmRSS:"), mib("VmHWM:"));
    let test = read(Path::new(test), &policy)?;
    let all: Vec<u32> = (0..examples.outcome.len() as u32).collect();
    let tested: Vec<u32> = (0..test.outcome.len() as u32).collect();
    for _ in 0..times {
        let (learn, encode) = encoded(&examples, &all, &policy)?;
        let begun = Instant::now();
        let fitted = fit_at(&examples, &all, strength, &[], &policy.training)?;
        let total = begun.elapsed().as_secs_f64();
        let judged = judge(&fitted.model, &test, &test.people(), &tested)?.figures();
        println!(
            "{{\"rows\": {}, \"read\": {seconds:.3}, \"learn\": {learn:.4}, \"encode\": {encode:.4}, \"fit\": {:.4}, \"total\": {total:.4}, \"steps\": {}, \"gradient\": {:e}, \"log_loss\": {:.7}, \"auc\": {:.6}, \"model\": \"{}\", \"mib_held\": {held}, \"mib_read\": {read_mib}, \"mib_peak\": {}}}",
            all.len(),
            total - learn - encode,
            fitted.steps,
            fitted.gradient,
            judged.log_loss,
            judged.roc_auc,
            &fitted.model.version().to_string()[..12],
            mib("VmHWM:"),
        );
    }
    Ok(())
}

/// Seconds of the two steps before the fit, taken apart; `fit_at` does them again.
fn encoded(examples: &Examples, rows: &[u32], policy: &Policy) -> Fallible<(f64, f64)> {
    let settings = LearnSettings {
        min_people: policy.training.min_people,
        max_bins: policy.training.max_bins,
    };
    let begun = Instant::now();
    let columns: Vec<NamedColumn<'_>> = examples
        .features
        .iter()
        .map(|example| NamedColumn {
            name: &example.name,
            column: &example.column,
        })
        .collect();
    let learned = features::learn(&columns, rows, &settings)?.features;
    let learn = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    for (feature, example) in learned.iter().zip(&examples.features) {
        assert_eq!(
            features::encode(&example.column, &feature.shape)?.len(),
            rows.len()
        );
    }
    Ok((learn, begun.elapsed().as_secs_f64()))
}

/// The peer's grid: C from 10⁻³ to 10, and a ridge of 1/C on the summed loss.
fn cv(train: &str) -> Fallible<()> {
    let policy = leads()?;
    let begun = Instant::now();
    let examples = read(Path::new(train), &policy)?;
    let read = begun.elapsed().as_secs_f64();
    let strengths: Vec<f64> = (0..8)
        .map(|at| 10f64.powf(3.0 - 4.0 * f64::from(at) / 7.0))
        .collect();
    let begun = Instant::now();
    let tried = out_of_fold(&examples, &strengths, &policy.training)?;
    let seconds = begun.elapsed().as_secs_f64();
    let losses: Vec<String> = tried
        .iter()
        .map(|it| format!("[{:.4}, {:.7}]", it.strength, it.log_loss))
        .collect();
    println!(
        "{{\"rows\": {}, \"read\": {read:.3}, \"cv\": {seconds:.3}, \"log_loss_by_strength\": [{}], \"mib_peak\": {}}}",
        examples.outcome.len(),
        losses.join(", "),
        mib("VmHWM:")
    );
    Ok(())
}

fn leads() -> Fallible<Policy> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/leads.toml");
    Ok(policy::parse(&fs::read_to_string(path)?)?)
}

/// The labelled leads of a Parquet export, as a training takes them.
fn read(path: &Path, policy: &Policy) -> Fallible<Examples> {
    let (identifier, id_type) = policy.identifier();
    let identifier = identifier.ok_or("the policy names no identifier")?;
    let (positive, negative) = policy.outcome().ok_or("the policy names no outcome")?;
    let target = policy
        .columns
        .iter()
        .find(|it| matches!(it.role, policy::Use::Outcome { .. }));
    let target = target.ok_or("the policy names no outcome")?;
    let mut asked = vec![
        Asked::identifier(&identifier.name),
        Asked::column(&target.name, Kind::Text),
    ];
    asked.extend(policy.features().map(|it| Asked::column(&it.name, it.kind)));
    let wanted: Vec<Wanted> = asked
        .iter()
        .map(|it| Wanted {
            name: it.name.clone(),
            repeats: it.kind != Kind::Text,
        })
        .collect();
    let reader = Reader::open(&[PathBuf::from(path)], &wanted)?;
    let name = path.display().to_string();
    let portions = Columnar::new(reader, &policy.dialect, &asked, &[name])?;
    let mut features: Vec<Example> = policy
        .features()
        .map(|it| Example {
            name: it.name.clone(),
            column: Column::empty(it.kind),
            keep_calendar: it.keep_calendar,
        })
        .collect();
    let (mut keys, mut outcomes) = (Vec::new(), Vec::new());
    for portion in portions {
        let batch = portion?.batch;
        let [Column::Text(ids), Column::Text(became), columns @ ..] = &batch.columns[..] else {
            return Err("texts are asked for first".into());
        };
        let mut kept = Vec::new();
        for (row, (id, text)) in ids.iter().zip(became.iter()).enumerate() {
            match outcome(text, positive, negative) {
                Outcome::Open => continue,
                known => outcomes.push(known == Outcome::Won),
            }
            let id = normalise(id_type, id.unwrap_or_default())?;
            keys.push(training_key(policy.training.seed, &id));
            kept.push(row as u32);
        }
        for (example, column) in features.iter_mut().zip(columns) {
            example.column.extend(column, &kept);
        }
    }
    Ok(Examples {
        features,
        id_type,
        outcome: outcomes,
        keys,
        dates: None,
        in_file_order: false,
    })
}

/// The memory that this process holds (`VmRSS:`) or the most that it ever held (`VmHWM:`), where the system says so.
fn mib(which: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(which));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
    kib.unwrap_or(0u64) / 1024
}
