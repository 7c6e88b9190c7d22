//! Reading ahead and writing behind, on a small tokio runtime, while the rayon workers compare.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use crate::column::hit::Hit;
use crate::domain::category::Index;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::gallery::finger_segment::FingerSegment;
use crate::gallery::segment::Segment;
use crate::gallery::status::StatusTable;
use crate::gallery::{Gallery, memory};
use crate::hits::journal::{Journal, TileEntry};
use crate::hits::shard::Shards;
use crate::plan::census::Side;
use crate::plan::finger_job::FingerSearchSpec;
use crate::plan::finger_search::FingerSides;
use crate::plan::finger_side::FingerSide;
use crate::plan::job::SearchSpec;
use crate::plan::search::Sides;

/// Threads that read and write beside the workers.
const IO_THREADS: usize = 2;

fn runtime() -> Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if memory::is_limited() {
        // One segment is decoded at a time.
        builder.max_blocking_threads(1);
    }
    builder.worker_threads(IO_THREADS).build().map_err(|e| {
        Error::usage(
            format!("the I/O threads could not be started: {e}"),
            "free some memory and run again",
        )
    })
}

/// Opens every side the searches need: segments are checked and mapped concurrently.
///
/// # Errors
/// A segment, status or family file is missing, changed or cannot be understood.
pub fn sides(
    gallery: &Gallery,
    searches: &[SearchSpec],
    with_probes: bool,
    day: jiff::civil::Date,
) -> Result<Sides> {
    let mut wanted: BTreeSet<Index> = searches.iter().map(|s| s.gallery).collect();
    if with_probes {
        wanted.extend(searches.iter().map(|s| s.probe));
    }
    let statuses = gallery.statuses()?;
    let mut sides = Sides::default();
    open_indexes(gallery, &wanted, &mut sides, &statuses, day)?;
    // Haplotypes of hits are counted among the convicts, whichever indexes are searched.
    let mut opened = sides.by_index.values().flat_map(|side| &side.segments);
    if opened.any(|segment| segment.has_apart()) && !wanted.contains(&Index::Convict) {
        open_indexes(gallery, &[Index::Convict].into(), &mut sides, &statuses, day)?;
    }
    sides.family_members = gallery.family_members()?;
    sides.family_pedigrees = gallery.family_pedigrees()?;
    Ok(sides)
}

/// Opens the segments of `wanted` and adds their sides.
fn open_indexes(
    gallery: &Gallery,
    wanted: &BTreeSet<Index>,
    sides: &mut Sides,
    statuses: &StatusTable,
    day: jiff::civil::Date,
) -> Result<()> {
    let mut jobs = Vec::new();
    for index in wanted {
        for (place, entry) in gallery.segments(*index).into_iter().enumerate() {
            let (root, entry) = (gallery.root().to_owned(), entry.clone());
            jobs.push(((*index, place), move || Segment::open(&root, &entry).map(Arc::new)));
        }
    }
    let opened = open_all(jobs)?;
    for index in wanted {
        let segments =
            opened.range((*index, 0)..=(*index, usize::MAX)).map(|(_, s)| Arc::clone(s)).collect();
        sides.by_index.insert(*index, Arc::new(Side::new(segments, statuses, day)));
    }
    Ok(())
}

/// Does `jobs` concurrently; what they opened, by key.
fn open_all<K, S, F>(jobs: Vec<(K, F)>) -> Result<BTreeMap<K, S>>
where
    K: Ord + Send + 'static,
    S: Send + 'static,
    F: FnOnce() -> Result<S> + Send + 'static,
{
    let runtime = runtime()?;
    let mut opening = JoinSet::new();
    for (key, open) in jobs {
        opening.spawn_blocking_on(move || open().map(|opened| (key, opened)), runtime.handle());
    }
    runtime.block_on(async {
        let mut opened = BTreeMap::new();
        while let Some(done) = opening.join_next().await {
            let (key, value) = done.map_err(|e| stopped(&e.to_string()))??;
            opened.insert(key, value);
        }
        Ok(opened)
    })
}

/// Opens every side the searches of fingerprints need, as [`sides`].
///
/// # Errors
/// A segment or status file is missing, changed or cannot be understood.
pub fn finger_sides(
    gallery: &Gallery,
    searches: &[FingerSearchSpec],
    with_probes: bool,
    day: jiff::civil::Date,
) -> Result<FingerSides> {
    let mut wanted: BTreeSet<Register> = searches.iter().map(|s| s.gallery).collect();
    if with_probes {
        wanted.extend(searches.iter().map(|s| s.probe));
    }
    let statuses = gallery.statuses()?;
    let mut jobs = Vec::new();
    for register in &wanted {
        for (place, entry) in gallery.finger_segments(*register).into_iter().enumerate() {
            let (root, entry) = (gallery.root().to_owned(), entry.clone());
            let open = move || FingerSegment::open(&root, &entry).map(Arc::new);
            jobs.push(((*register, place), open));
        }
    }
    let opened = open_all(jobs)?;
    let mut sides = FingerSides::default();
    for register in wanted {
        let range = (register, 0)..=(register, usize::MAX);
        let segments = opened.range(range).map(|(_, segment)| Arc::clone(segment)).collect();
        let side = FingerSide::new(segments, &statuses, day);
        sides.by_register.insert(register, Arc::new(side));
    }
    Ok(sides)
}

fn stopped(reason: &str) -> Error {
    Error::Conflict { what: format!("the run's I/O task ended early ({reason}); its output") }
}

/// What a tile brought, on its way to the disk.
pub(super) struct DoneTile {
    pub(super) hits: Vec<Hit>,
    /// Its line in the journal, without the shard.
    pub(super) entry: TileEntry,
}

/// Writes shards and the journal behind the workers; a full queue makes them wait, so memory stays bounded. Tiles
/// that wait together are flushed together.
#[derive(Debug)]
pub(super) struct ShardWriter {
    // Dropped first: the task ends when nobody can send, and dropping the runtime waits for the task.
    sender: mpsc::Sender<DoneTile>,
    task: JoinHandle<Result<Shards>>,
    runtime: Runtime,
}

impl ShardWriter {
    pub(super) fn start(
        shards: Shards,
        mut journal: Journal,
        in_flight: usize,
    ) -> Result<ShardWriter> {
        let runtime = runtime()?;
        let (sender, mut receiver) = mpsc::channel::<DoneTile>(in_flight);
        let task = runtime.spawn_blocking(move || {
            while let Some(first) = receiver.blocking_recv() {
                let waiting = std::iter::from_fn(|| receiver.try_recv().ok()).take(in_flight);
                let mut entries = Vec::new();
                for mut done in std::iter::once(first).chain(waiting) {
                    if !done.hits.is_empty() {
                        done.entry.shard = Some(shards.write(done.entry.tile, &done.hits)?);
                    }
                    entries.push(done.entry);
                }
                journal.append(&entries)?;
            }
            Ok(shards)
        });
        Ok(ShardWriter { runtime, sender, task })
    }

    pub(super) fn send(&self, done: DoneTile) -> Result<()> {
        self.sender
            .blocking_send(done)
            .map_err(|_| stopped("no shard could be written; see the first error"))
    }

    /// Waits for the last shard.
    pub(super) fn finish(self) -> Result<Shards> {
        drop(self.sender);
        self.runtime.block_on(self.task).map_err(|e| stopped(&e.to_string()))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hits::histogram::Histogram;

    #[test]
    fn a_writer_given_up_after_an_error_ends_instead_of_waiting_for_itself() {
        let folder = tempfile::tempdir().unwrap();
        let shards = Shards::create(folder.path()).unwrap();
        let journal = Journal::create(folder.path(), "r").unwrap();
        let writer = ShardWriter::start(shards, journal, 1).unwrap();
        let entry = TileEntry {
            tile: 0,
            shard: None,
            comparisons: 1,
            survivors: 0,
            written: 0,
            splits: 0,
            stages: [0; 2],
            histogram: Histogram::default(),
        };
        writer.send(DoneTile { hits: Vec::new(), entry }).unwrap();
        drop(writer);
    }
}
