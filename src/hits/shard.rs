//! Shards: the hits of one tile, written and flushed before the tile counts as done.

use std::fs;
use std::path::{Path, PathBuf};

use super::part::Part;
use crate::column::hit::{Hit, decode_hits, encode_hits, hit_schema};
use crate::error::{Error, Result};
use crate::gallery::file::{
    FileEntry, create_directory, encode_parquet, read_parquet, verified, write_new,
};

const DIRECTORY: &str = "shards";

/// Folder of shards that are not what was written.
const QUARANTINE: &str = "quarantine";

/// The bytes of a shard that is to lie at `path`.
///
/// # Errors
/// The hits cannot be written as Parquet, or not encrypted.
pub fn encode(path: &Path, hits: &[Hit]) -> Result<Vec<u8>> {
    let broken = |e: String| Error::integrity(path, e, "run again");
    let batch = encode_hits(hits).map_err(|e| broken(e.to_string()))?;
    encode_parquet(hit_schema(), &[batch], &[]).map_err(|e| broken(e.to_string()))
}

/// The shards of a run in progress.
#[derive(Debug)]
pub struct Shards {
    out: PathBuf,
    directory: PathBuf,
    /// Where a shard goes that is not what was written.
    aside: PathBuf,
}

impl Shards {
    fn of(out: &Path) -> Shards {
        Shards { out: out.to_owned(), directory: out.join(DIRECTORY), aside: out.join(QUARANTINE) }
    }

    /// The shards of a part of the run in `out`, to be read; damaged ones are put aside in `out`, which stays.
    pub fn of_part(out: &Path, part: Part) -> Shards {
        Shards { aside: out.join(QUARANTINE), ..Shards::of(&part.directory(out)) }
    }

    /// An empty shard directory below `out`; shards left by a run that did not finish are removed.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn create(out: &Path) -> Result<Shards> {
        let shards = Shards::of(out);
        let directory = &shards.directory;
        if directory.exists() {
            fs::remove_dir_all(directory).map_err(Error::io(directory))?;
        }
        create_directory(directory)?;
        Ok(shards)
    }

    /// The shard directory below `out` as an interrupted run left it.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn open(out: &Path) -> Result<Shards> {
        let shards = Shards::of(out);
        create_directory(&shards.directory)?;
        Ok(shards)
    }

    /// Writes the hits of tile `number`.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn write(&self, number: u64, hits: &[Hit]) -> Result<FileEntry> {
        let relative = format!("{DIRECTORY}/tile-{number:08}.parquet");
        write_new(&self.out, &relative, &encode(&self.out.join(&relative), hits)?)
    }

    /// Whether a shard is as it was written. One that is not is put aside, where it can be looked at.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn is_sound(&self, shard: &FileEntry) -> Result<bool> {
        if verified(&self.out, shard).is_ok() {
            return Ok(true);
        }
        let path = self.out.join(&shard.path);
        if path.exists() {
            create_directory(&self.aside)?;
            let to = self.aside.join(path.file_name().unwrap_or_default());
            fs::rename(&path, &to).map_err(Error::io(&path))?;
        }
        Ok(false)
    }

    /// The hits of one shard.
    ///
    /// # Errors
    /// The shard is missing, changed or cannot be understood.
    pub fn read(&self, shard: &FileEntry) -> Result<Vec<Hit>> {
        let help = "`tanba resume` puts the shard aside and does its tile again";
        let path = verified(&self.out, shard).map_err(|error| match error {
            Error::Integrity { path, rule, .. } => Error::integrity(&path, rule, help),
            other => other,
        })?;
        let mut hits = Vec::new();
        for batch in read_parquet(&path, None)? {
            hits.extend(
                decode_hits(&batch).map_err(|e| Error::integrity(&path, e.to_string(), help))?,
            );
        }
        Ok(hits)
    }

    /// Where the shards lie.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Removes the shards once the hit list is written.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.directory).map_err(Error::io(&self.directory))
    }
}
