//! A Parquet file written again without some of its rows: what erasure does to a file that was handed over.

use std::fs::File;
use std::io::BufWriter;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    BooleanChunked, DataFrame, DataType, Engine, NewChunkedArray as _, ParquetCompression,
    ParquetWriter, PlanCallback, StatisticsOptions, col,
};

use super::error::{Error, unwritten};
use super::read::{BATCH, guarded, headers, scan, schema_of};

/// Writes the rows of `from` whose first cell is not one to `leave` out; how many were left out.
///
/// `None`, and nothing is written, where the first column is not called `identifier` or holds no texts.
pub fn without(
    from: &Path,
    to: File,
    identifier: &str,
    leave: &mut dyn FnMut(&str) -> bool,
) -> Result<Option<u64>, Error> {
    let schema = schema_of(from)?;
    let first = schema.iter().next().map(|(_, kind)| kind.clone());
    if headers(from)?.first().is_none_or(|name| name != identifier)
        || first != Some(DataType::String)
    {
        return Ok(None);
    }
    let names: Vec<String> = schema.iter_names().map(ToString::to_string).collect();
    let (frames, engine) = stream(&[from.to_owned()], &names)?;
    let mut to: BatchedWriter<BufWriter<File>> =
        ParquetWriter::new(BufWriter::with_capacity(1 << 20, to))
            .with_compression(ParquetCompression::Zstd(None))
            .with_statistics(StatisticsOptions::empty())
            .batched(&schema)
            .map_err(|error| unwritten(&error))?;
    let mut left_out = 0;
    for frame in frames {
        let stays = stays(&frame, leave).map_err(|error| unwritten(&error))?;
        left_out += stays.iter().filter(|stays| !**stays).count() as u64;
        let stays = BooleanChunked::from_slice("stays".into(), &stays);
        let kept = frame.filter(&stays).map_err(|error| unwritten(&error))?;
        to.write_batch(&kept).map_err(|error| unwritten(&error))?;
    }
    engine
        .join()
        .unwrap_or(Err("its reader gave up"))
        .map_err(|kind| Error::Damaged {
            path: from.to_owned(),
            kind,
        })?;
    to.finish().map_err(|error| unwritten(&error))?;
    Ok(Some(left_out))
}

fn stays(
    frame: &DataFrame,
    leave: &mut dyn FnMut(&str) -> bool,
) -> polars::prelude::PolarsResult<Vec<bool>> {
    let mut stays = vec![true; frame.height()];
    if let Some(column) = frame.columns().first() {
        for (stays, text) in stays.iter_mut().zip(column.str()?.iter()) {
            *stays = !text.is_some_and(&mut *leave);
        }
    }
    Ok(stays)
}

type Stream = (Receiver<DataFrame>, JoinHandle<Result<(), &'static str>>);

fn stream(paths: &[PathBuf], names: &[String]) -> Result<Stream, Error> {
    let first = paths.first().cloned().unwrap_or_default();
    let plan = guarded(|| {
        Ok(scan(paths)?.select(
            names
                .iter()
                .map(|name| col(name.as_str()))
                .collect::<Vec<_>>(),
        ))
    })
    .map_err(|kind| Error::Damaged { path: first, kind })?;
    let (send, frames) = sync_channel(2);
    let engine = thread::spawn(move || {
        guarded(|| {
            let send = std::sync::Mutex::new(send);
            // `true` stops the engine: nobody listens any more.
            let hand_over = move |frame: DataFrame| {
                let closed = send.lock().map_or(true, |send| send.send(frame).is_err());
                Ok(closed)
            };
            plan.sink_batches(PlanCallback::new(hand_over), true, NonZeroUsize::new(BATCH))?
                .collect_with_engine(Engine::Streaming)
                .map(|_| ())
        })
    });
    Ok((frames, engine))
}
