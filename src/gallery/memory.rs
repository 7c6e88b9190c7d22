//! Keeping the resident memory of a run under a limit, however large the gallery is.
//!
//! Under a limit nothing of a segment stays in the memory of the process itself. What kernels read is mapped from
//! the gallery as always; what is decoded from Parquet is written to a file without a name and mapped from there.
//! Mapped pages are given back whenever resident memory comes near the limit ([`keep`]), and come back from the
//! page cache or the disk when they are touched again. So the hits are the same, and a run with too little memory
//! becomes slower instead of ending.
//!
//! Why a file: decoding a part of a segment again whenever a tile needs one of its records would cost more than
//! reading a page, and every reference into a segment would have to be guarded against it.
//!
//! Limits: what a run keeps per record besides (who lives, orders of fingerprint records, haplotypes counted among
//! convicts) and its hits cannot be given back; if that alone is over the limit the run ends and says so
//! ([`check`]). An encrypted gallery cannot be mapped and is refused. Needs `/proc`; the file takes as much room on
//! disk as the decoded columns, and its blocks are free for others as soon as the process ends, not overwritten.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use bytes::Bytes;

use super::file::ROWS_PER_GROUP;
use super::{ipc, map};
use crate::error::{Error, Result};

/// Where the system tells what memory a process has.
const STATUS: &str = "/proc/self/status";

/// Least limit: what the program, its threads and the decoding of one row group need.
pub const LEAST_LIMIT_BYTES: u64 = 160 << 20;

/// Alignment of a batch in the file: a cache line.
const ALIGNMENT: usize = 64;

/// What may become resident between two calls of [`keep`]: the decoding of a row group, and besides what a tile
/// touches on one thread.
const BURST_BYTES: u64 = 96 << 20;
const BURST_BYTES_PER_THREAD: u64 = 8 << 20;

struct Limit {
    bytes: u64,
    /// Resident memory above which pages are given back.
    release_above: u64,
    folder: PathBuf,
}

static LIMIT: OnceLock<Limit> = OnceLock::new();

/// Most that was resident and is no page of a file: it cannot be given back.
static NEEDED: AtomicU64 = AtomicU64::new(0);

/// Limits the resident memory of the process to `bytes`; segments opened from now on keep what they decode in files
/// without a name in `folder`. A second call changes nothing.
///
/// # Errors
/// The limit is below [`LEAST_LIMIT_BYTES`], or the system does not say what is resident.
pub fn limit(bytes: u64, folder: &Path) -> Result<()> {
    if bytes < LEAST_LIMIT_BYTES {
        return Err(Error::usage(
            format!("{bytes} bytes are too few to run in"),
            format!("give --memory {} MiB or more", LEAST_LIMIT_BYTES >> 20),
        ));
    }
    if resident("RssAnon:").is_none() {
        return Err(Error::usage(
            format!("{STATUS} does not say what memory is resident"),
            "run without --memory, under a limit of the operating system (systemd: MemoryMax)",
        ));
    }
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let burst = BURST_BYTES + threads * BURST_BYTES_PER_THREAD;
    let release_above = bytes.saturating_sub(burst).max(bytes / 4);
    let _ = LIMIT.set(Limit { bytes, release_above, folder: folder.to_owned() });
    Ok(())
}

/// Whether there is a limit.
pub fn is_limited() -> bool {
    LIMIT.get().is_some()
}

/// The most memory that was ever resident, bytes; `None` where the system does not say.
pub fn peak_resident_bytes() -> Option<u64> {
    resident("VmHWM:")
}

/// The value of a line of [`STATUS`], bytes.
fn resident(key: &str) -> Option<u64> {
    let status = std::fs::read_to_string(STATUS).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

/// Gives mapped pages back if resident memory is near the limit. Called between tiles, and every row group of a
/// pass over a gallery.
pub fn keep() {
    let Some(limit) = LIMIT.get() else { return };
    if resident("VmRSS:").is_none_or(|now| now <= limit.release_above) {
        return;
    }
    map::release_all();
    NEEDED.fetch_max(resident("RssAnon:").unwrap_or(0), Ordering::Relaxed);
}

/// As [`keep`], at the first row of every row group: for passes over the rows of a segment.
pub fn keep_each_group(row: usize) {
    if row.is_multiple_of(ROWS_PER_GROUP) {
        keep();
    }
}

/// Whether the limit could be kept so far.
///
/// # Errors
/// [`Error::Incomplete`] if more was needed than can be given back.
pub fn check() -> Result<()> {
    let needed = NEEDED.load(Ordering::Relaxed);
    match LIMIT.get() {
        Some(limit) if needed > limit.bytes => Err(Error::Incomplete {
            what: format!(
                "{} MiB are needed besides what can be given back, the limit is {} MiB",
                needed.div_ceil(1 << 20),
                limit.bytes >> 20
            ),
            help: "go on with a higher limit: tanba resume --memory".into(),
        }),
        _ => Ok(()),
    }
}

/// The limit, where `peak_bytes` of resident memory went over it: pages of files that one step touched.
pub fn overrun(peak_bytes: Option<u64>) -> Option<u64> {
    let limit = LIMIT.get()?.bytes;
    peak_bytes.is_some_and(|peak| peak > limit).then_some(limit)
}

/// Decoded batches as a segment keeps them: in memory, or under a limit in a mapped file without a name.
pub(super) enum Keeper {
    Memory(Vec<RecordBatch>),
    File { file: File, folder: PathBuf, ends: Vec<usize> },
}

impl Keeper {
    /// An empty one.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(super) fn new() -> Result<Keeper> {
        let Some(limit) = LIMIT.get() else { return Ok(Keeper::Memory(Vec::new())) };
        Keeper::in_folder(&limit.folder)
    }

    fn in_folder(folder: &Path) -> Result<Keeper> {
        let file = tempfile::tempfile_in(folder).map_err(Error::io(folder))?;
        Ok(Keeper::File { file, folder: folder.to_owned(), ends: Vec::new() })
    }

    /// Keeps one more.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn push(&mut self, batch: RecordBatch) -> Result<()> {
        match self {
            Keeper::Memory(batches) => batches.push(batch),
            Keeper::File { file, folder, ends } => {
                let refused = |e: String| Error::integrity(folder, e, "report this");
                let mut bytes = ipc::encode(&batch).map_err(refused)?;
                let length = bytes.len();
                bytes.resize(length.next_multiple_of(ALIGNMENT), 0);
                file.write_all(&bytes).map_err(Error::io(folder))?;
                ends.push(length);
                keep();
            }
        }
        Ok(())
    }

    /// What was kept, in its order.
    ///
    /// # Errors
    /// The file cannot be mapped.
    pub(super) fn finish(self) -> Result<Vec<RecordBatch>> {
        let (file, folder, lengths) = match self {
            Keeper::Memory(batches) => return Ok(batches),
            Keeper::File { file, folder, ends } => (file, folder, ends),
        };
        let mapped = map::map_file(&folder, &file)?;
        let buffer = Buffer::from(Bytes::from_owner(mapped));
        let mut start = 0;
        let mut batches = Vec::with_capacity(lengths.len());
        for length in lengths {
            let batch = ipc::decode(&buffer.slice_with_length(start, length));
            batches.push(batch.map_err(|e| Error::integrity(&folder, e, "report this"))?);
            start += length.next_multiple_of(ALIGNMENT);
        }
        Ok(batches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{BinaryArray, StringArray};
    use std::sync::Arc;

    fn batch(rows: usize, from: usize) -> RecordBatch {
        let texts = StringArray::from_iter_values((from..from + rows).map(|i| "x".repeat(i % 7)));
        let bytes = (from..from + rows).map(|i| (i % 3 > 0).then(|| vec![i as u8; i % 5]));
        let columns: [(&str, arrow::array::ArrayRef); 2] =
            [("a", Arc::new(texts)), ("b", Arc::new(BinaryArray::from_iter(bytes)))];
        RecordBatch::try_from_iter_with_nullable(columns.map(|(n, c)| (n, c, true))).unwrap()
    }

    #[test]
    fn batches_come_back_from_the_file_as_they_were_also_after_their_pages_were_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let batches = [batch(1000, 0), batch(0, 0), batch(77, 5)];
        let mut keeper = Keeper::in_folder(folder.path()).unwrap();
        for batch in &batches {
            keeper.push(batch.clone()).unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file has a name");
        let kept = keeper.finish().unwrap();
        assert_eq!(kept, batches);
        map::release_all();
        assert_eq!(kept, batches);
    }

    #[test]
    fn the_system_says_what_is_resident_and_too_small_a_limit_is_refused() {
        let (now, peak) = (resident("VmRSS:").unwrap(), peak_resident_bytes().unwrap());
        assert!(now > 1 << 20 && peak >= now);
        let error = limit(LEAST_LIMIT_BYTES - 1, Path::new(".")).unwrap_err();
        assert_eq!(error.kind().exit_code(), 2);
    }
}
