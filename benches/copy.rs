//! The limit: what polars takes to copy the columns that the scorer reads, and nothing else.
//!
//! Links the same polars as the scorer, uses its streaming engine, its own options (zstd) and one pass, and
//! writes the same columns out. It encodes, scores, explains, hashes and records nothing, and syncs nothing.
//! Driven by `race.sh`, which times the whole process.
//!
//!   copy IN.parquet OUT.parquet POLICY.toml    the identifier and the features of the policy

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{
    Engine, Expr, FileWriteFormat, LazyFrame, ParquetWriteOptions, PlRefPath, ScanArgsParquet,
    SinkDestination, SinkTarget, UnifiedSinkArgs, col,
};
use probant::policy;

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    match &words[..] {
        [from, to, policy] => copy(Path::new(from), Path::new(to), &declared(policy)?)?,
        _ => println!("nothing to copy: see the head of benches/copy.rs"),
    }
    Ok(())
}

/// The columns that the scorer reads under this policy.
fn declared(path: &str) -> Fallible<Vec<Expr>> {
    let policy = policy::parse(&fs::read_to_string(path)?)?;
    let (identifier, _) = policy.identifier();
    let read = identifier.into_iter().chain(policy.features());
    Ok(read.map(|column| col(column.name.as_str())).collect())
}

fn copy(from: &Path, to: &Path, columns: &[Expr]) -> Fallible<()> {
    let target = SinkTarget::Path(PlRefPath::try_from_path(to)?);
    LazyFrame::scan_parquet(PlRefPath::try_from_path(from)?, ScanArgsParquet::default())?
        .select(columns)
        .sink(
            SinkDestination::File { target },
            FileWriteFormat::Parquet(Arc::new(ParquetWriteOptions::default())),
            UnifiedSinkArgs::default(),
        )?
        .collect_with_engine(Engine::Streaming)?;
    Ok(())
}
