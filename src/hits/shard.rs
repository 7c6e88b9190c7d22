//! Shards: the hits of one tile, written and flushed before the tile counts as done.

use std::fs;
use std::path::{Path, PathBuf};

use crate::column::hit::{Hit, decode_hits, encode_hits, hit_schema};
use crate::error::{Error, Result};
use crate::gallery::file::{encode_parquet, read_parquet, write_new};

const DIRECTORY: &str = "shards";

/// The shards of a run in progress.
#[derive(Debug)]
pub struct Shards {
    out: PathBuf,
    directory: PathBuf,
}

impl Shards {
    /// An empty shard directory below `out`; shards left by a run that did not finish are removed.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn create(out: &Path) -> Result<Shards> {
        let directory = out.join(DIRECTORY);
        if directory.exists() {
            fs::remove_dir_all(&directory).map_err(Error::io(&directory))?;
        }
        fs::create_dir_all(&directory).map_err(Error::io(&directory))?;
        Ok(Shards { out: out.to_owned(), directory })
    }

    /// Writes the hits of tile `number`.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn write(&self, number: u64, hits: &[Hit]) -> Result<()> {
        let relative = format!("{DIRECTORY}/tile-{number:08}.parquet");
        let broken = |e: String| Error::integrity(&self.out.join(&relative), e, "run again");
        let batch = encode_hits(hits).map_err(|e| broken(e.to_string()))?;
        let bytes =
            encode_parquet(hit_schema(), &[batch], &[]).map_err(|e| broken(e.to_string()))?;
        write_new(&self.out, &relative, &bytes).map(drop)
    }

    /// Where the shards lie.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Every hit written, in no particular order.
    ///
    /// # Errors
    /// A shard cannot be read.
    pub fn read_all(&self) -> Result<Vec<Hit>> {
        let mut hits = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(Error::io(&self.directory))? {
            let path = entry.map_err(Error::io(&self.directory))?.path();
            for batch in read_parquet(&path, None)? {
                hits.extend(
                    decode_hits(&batch)
                        .map_err(|e| Error::integrity(&path, e.to_string(), "run again"))?,
                );
            }
        }
        Ok(hits)
    }

    /// Removes the shards once the hit list is written.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.directory).map_err(Error::io(&self.directory))
    }
}
