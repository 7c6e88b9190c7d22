//! The journal of a run: which tiles are done, what each brought, and the hash of its shard.
//!
//! Append-only lines `HASH JSON`, HASH being the first 16 hexadecimal digits of the BLAKE3 of the JSON under a key
//! made of the run's identity: a line of another run is no line of this one. A tile is done when its line is
//! flushed; its shard was flushed before. Why lines and not one file per tile: a run has millions of tiles, most
//! without a hit.
//!
//! What a crash leaves: a torn tail, which is cut off. A damaged line before good ones is named, and its tile is
//! done again. When not to use it: the hits themselves are in the shards ([`super::shard`]).

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::histogram::Histogram;
use crate::error::{Error, Result};
use crate::gallery::file::{FileEntry, sync_directory};

/// Name of the journal in the directory of a run.
const JOURNAL_FILE: &str = "journal";

/// Digits of a line's hash: enough that damage is not overlooked.
const HASH_DIGITS: usize = 16;

/// A tile that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TileEntry {
    /// Number of the tile in the run.
    pub tile: u64,
    /// Its shard; none if it brought no hit.
    pub shard: Option<FileEntry>,
    /// Pairs compared.
    pub comparisons: u64,
    /// Pairs that passed the screen.
    pub survivors: u64,
    /// Hits written.
    pub written: u64,
    /// Pieces done again in halves.
    pub splits: u64,
    /// Pairs that passed the stages of a screen of fingerprints: first fingers, all fingers.
    pub stages: [u64; 2],
    /// Exact scores.
    pub histogram: Histogram,
}

/// What a journal holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Tiles done, ascending; of a tile done twice the last counts: its first shard was damaged.
    pub tiles: Vec<TileEntry>,
    /// Byte offsets of damaged lines that good ones follow.
    pub damaged: Vec<u64>,
    /// Bytes up to the end of the last good line.
    sound_bytes: u64,
}

/// A journal open for appending.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    key: [u8; 32],
}

fn key_of(run_id: &str) -> [u8; 32] {
    blake3::derive_key("tanba 2026 journal of a run", run_id.as_bytes())
}

fn path_in(out: &Path) -> PathBuf {
    out.join(JOURNAL_FILE)
}

impl Journal {
    /// An empty journal of the run `run_id` in `out`, in place of any other.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn create(out: &Path, run_id: &str) -> Result<Journal> {
        remove(out)?;
        let path = path_in(out);
        let options = OpenOptions::new().append(true).create_new(true).open(&path);
        let file = options.map_err(Error::io(&path))?;
        sync_directory(out)?;
        Ok(Journal { file, path, key: key_of(run_id) })
    }

    /// The journal of `run_id` in `out` with what it holds; a torn tail is cut off. Where there is none it is an
    /// empty one.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn open(out: &Path, run_id: &str) -> Result<(Journal, Recorded)> {
        let recorded = read(out, run_id)?;
        let path = path_in(out);
        let options = OpenOptions::new().append(true).create(true).open(&path);
        let file = options.map_err(Error::io(&path))?;
        file.set_len(recorded.sound_bytes).map_err(Error::io(&path))?;
        file.sync_all().map_err(Error::io(&path))?;
        sync_directory(out)?;
        Ok((Journal { file, path, key: key_of(run_id) }, recorded))
    }

    /// Appends lines and flushes them: from then on the tiles are done.
    ///
    /// # Errors
    /// The operating system refuses; what was written of the lines may be a torn tail.
    pub fn append(&mut self, entries: &[TileEntry]) -> Result<()> {
        let mut lines = Vec::new();
        for entry in entries {
            let json = serde_json::to_vec(entry)
                .map_err(|e| Error::integrity(&self.path, e.to_string(), "report this"))?;
            lines.extend_from_slice(hash(&self.key, &json).as_bytes());
            lines.push(b' ');
            lines.extend_from_slice(&json);
            lines.push(b'\n');
        }
        let written = self.file.write_all(&lines).and_then(|()| self.file.sync_data());
        written.map_err(Error::io(&self.path))
    }
}

fn hash(key: &[u8; 32], json: &[u8]) -> String {
    let mut hex = blake3::keyed_hash(key, json).to_hex().to_string();
    hex.truncate(HASH_DIGITS);
    hex
}

/// What the journal of `run_id` in `out` holds; nothing where there is none.
///
/// # Errors
/// The operating system refuses.
pub fn read(out: &Path, run_id: &str) -> Result<Recorded> {
    let path = path_in(out);
    match fs::read(&path) {
        Ok(bytes) => Ok(understand(&bytes, &key_of(run_id))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Recorded::default()),
        Err(error) => Err(Error::io(&path)(error)),
    }
}

fn understand(bytes: &[u8], key: &[u8; 32]) -> Recorded {
    let mut recorded = Recorded::default();
    let mut tiles = BTreeMap::new();
    let mut bad = Vec::new();
    let mut offset = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let start = offset as u64;
        offset += line.len();
        match entry(line, key) {
            Some(entry) => {
                recorded.damaged.append(&mut bad);
                recorded.sound_bytes = offset as u64;
                tiles.insert(entry.tile, entry);
            }
            None => bad.push(start),
        }
    }
    recorded.tiles = tiles.into_values().collect();
    recorded
}

/// The entry of one line with its line end, if it is one of this run and whole.
fn entry(line: &[u8], key: &[u8; 32]) -> Option<TileEntry> {
    let line = line.strip_suffix(b"\n")?;
    let (stated, rest) = line.split_at_checked(HASH_DIGITS)?;
    let json = rest.strip_prefix(b" ")?;
    if stated != hash(key, json).as_bytes() {
        return None;
    }
    serde_json::from_slice(json).ok()
}

/// Removes the journal in `out`, if there is one.
///
/// # Errors
/// The operating system refuses.
pub fn remove(out: &Path) -> Result<()> {
    let path = path_in(out);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(&path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::score::Millibans;

    fn entry_of(tile: u64) -> TileEntry {
        let mut histogram = Histogram::default();
        histogram.add(Millibans(tile as i32 * 777 - 3000));
        let file = FileEntry { path: format!("shards/{tile}"), blake3: "ab".into(), bytes: tile };
        TileEntry {
            tile,
            shard: tile.is_multiple_of(2).then_some(file),
            comparisons: tile * 1000,
            survivors: tile,
            written: tile / 2,
            splits: 0,
            stages: [tile, 1],
            histogram,
        }
    }

    fn written(folder: &Path, tiles: u64) -> Vec<u8> {
        let mut journal = Journal::create(folder, "run").unwrap();
        let entries: Vec<TileEntry> = (0..tiles).map(entry_of).collect();
        let (first, second) = entries.split_at(entries.len() / 2);
        journal.append(first).unwrap();
        journal.append(second).unwrap();
        fs::read(path_in(folder)).unwrap()
    }

    #[test]
    fn a_journal_gives_back_what_was_appended_and_nothing_of_another_run() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path(), 9);
        let (mut journal, recorded) = Journal::open(folder.path(), "run").unwrap();
        assert_eq!(recorded.tiles, (0..9).map(entry_of).collect::<Vec<_>>());
        journal.append(&[entry_of(9), entry_of(3)]).unwrap();
        let recorded = read(folder.path(), "run").unwrap();
        assert_eq!((recorded.tiles.len(), recorded.damaged.len()), (10, 0));
        assert_eq!(read(folder.path(), "other").unwrap(), Recorded::default());
        remove(folder.path()).unwrap();
        remove(folder.path()).unwrap();
        assert_eq!(read(folder.path(), "run").unwrap(), Recorded::default());
    }

    #[test]
    fn a_torn_tail_of_any_length_is_cut_off_and_the_journal_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = written(folder.path(), 6);
        let ends: Vec<usize> =
            bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(n, _)| n + 1).collect();
        for cut in 0..bytes.len() {
            fs::write(path_in(folder.path()), &bytes[..cut]).unwrap();
            let (mut journal, recorded) = Journal::open(folder.path(), "run").unwrap();
            let whole = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!((recorded.tiles.len(), recorded.damaged.len()), (whole, 0), "cut at {cut}");
            journal.append(&[entry_of(77)]).unwrap();
            let recorded = read(folder.path(), "run").unwrap();
            assert_eq!((recorded.tiles.len(), recorded.damaged.len()), (whole + 1, 0));
        }
    }

    #[test]
    fn every_flipped_bit_costs_its_line_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = written(folder.path(), 5);
        let key = key_of("run");
        for place in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[place / 8] ^= 1 << (place % 8);
            let recorded = understand(&flipped, &key);
            let lost = 5 - recorded.tiles.len();
            // A flipped line end joins two lines; a line end out of nowhere cuts one.
            assert!((1..=2).contains(&lost), "bit {place}: {lost} lines");
            assert!(recorded.tiles.iter().all(|tile| *tile == entry_of(tile.tile)), "bit {place}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_journal_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(understand(&bytes, &key_of("run")).tiles.len(), 0);
        }
    }
}
