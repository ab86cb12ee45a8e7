//! What reading a CSV costs, and nothing else: from the file's bytes to typed portions.
//!
//! Driven by `csv.sh`, which makes the export and takes the medians. Prints one line of JSON a reading.
//!
//!   intake FILE.csv POLICY.toml [TIMES]     the identifier and the features, as `score` reads them
//!
//! CPU seconds are those of every thread, read from `/proc`; MB are 10⁶ bytes.

use std::error::Error;
use std::fs::{self, File};
use std::time::Instant;

use probant::intake::{Asked, Reader, Source};
use probant::policy::{self, Policy, Use};

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (file, policy, times) = match words[..] {
        [file, policy] => (file, policy, 1),
        [file, policy, times] => (file, policy, times.parse()?),
        _ => {
            println!("nothing to measure: see the head of benches/intake.rs");
            return Ok(());
        }
    };
    let policy = policy::parse(&fs::read_to_string(policy)?)?;
    for _ in 0..times {
        read(file, &policy)?;
    }
    Ok(())
}

/// Reads the file once and says how long that took.
fn read(path: &str, policy: &Policy) -> Fallible<()> {
    let identifier = policy.identifier().0;
    let features = policy
        .columns
        .iter()
        .filter(|column| column.role == Use::Feature);
    let asked: Vec<Asked> = identifier
        .map(|column| Asked::identifier(&column.name))
        .into_iter()
        .chain(features.map(|column| Asked::column(&column.name, column.kind)))
        .collect();
    let file = File::open(path)?;
    let megabytes = file.metadata()?.len() as f64 / 1e6;
    let (begun, spent) = (Instant::now(), cpu()?);
    let (mut rows, mut failed) = (0, 0);
    for portion in Reader::open(vec![Source::new(path, file)], &policy.dialect, &asked)? {
        let portion = portion?;
        rows += portion.batch.rows();
        failed += portion.failures.len();
    }
    let (wall, cpu) = (begun.elapsed().as_secs_f64(), cpu()? - spent);
    println!(
        "{{\"rows\": {rows}, \"failed\": {failed}, \"wall\": {wall:.4}, \"cpu\": {cpu:.4}, \
         \"mb_per_second\": {:.1}, \"mb_per_cpu_second\": {:.1}}}",
        megabytes / wall,
        megabytes / cpu
    );
    Ok(())
}

/// CPU seconds that the threads of this process have had; threads that ended are not counted.
fn cpu() -> Fallible<f64> {
    let mut nanoseconds = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        let spent = text.split(' ').next().unwrap_or_default();
        nanoseconds += spent.parse::<u64>()?;
    }
    Ok(nanoseconds as f64 / 1e9)
}
