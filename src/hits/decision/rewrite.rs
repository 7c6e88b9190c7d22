//! Decisions without what an act destroyed: files written again.
//!
//! The log holds the BLAKE3 of every file of decisions. What was written again is entered there as replaced, so that
//! `tanba audit verify` still knows each file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{file_of, files, read_file, to_parquet};
use crate::error::{Error, Result};
use crate::gallery::file::write_new;
use crate::gallery::purge::{Condemned, remove};

/// A file of decisions that names what is to go.
#[derive(Debug)]
pub struct Rewrite {
    old: PathBuf,
    /// BLAKE3 of the file.
    pub old_blake3: String,
    new: Option<Vec<u8>>,
    /// Decisions that go.
    pub decisions: u64,
}

impl Rewrite {
    /// BLAKE3 of the file that takes its place; none if no decision is left.
    pub fn new_blake3(&self) -> Option<String> {
        self.new.as_ref().map(|bytes| blake3::hash(bytes).to_hex().to_string())
    }

    /// Writes the new file, then removes the old.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn apply(&self, gallery: &Path) -> Result<()> {
        if let (Some(bytes), Some(hash)) = (&self.new, self.new_blake3()) {
            let path = file_of(gallery, &hash);
            let name = path.strip_prefix(gallery).unwrap_or(&path).to_string_lossy().into_owned();
            write_new(gallery, &name, bytes)?;
        }
        remove(&self.old).map(drop)
    }
}

/// The files of decisions that have to be written again: without decisions on hits of the condemned records, those in
/// `hits` among them, and without their names in reasons.
///
/// # Errors
/// A file cannot be read.
pub fn rewrites(
    gallery: &Path,
    condemned: &Condemned,
    hits: &BTreeSet<String>,
) -> Result<Vec<Rewrite>> {
    let mut all = Vec::new();
    for old in files(gallery)? {
        let before = read_file(&old)?;
        let mut after = before.clone();
        after.retain(|decision| {
            let ids = decision.probe_id.iter().chain(&decision.gallery_id);
            !hits.contains(&decision.hit_id)
                && !ids.into_iter().any(|id| condemned.records.contains(id))
        });
        for decision in &mut after {
            decision.reason = condemned.words.taken_out_of(&decision.reason);
        }
        if after == before {
            continue;
        }
        let bytes = std::fs::read(&old).map_err(Error::io(&old))?;
        let new = match after.is_empty() {
            true => None,
            false => Some(to_parquet(&old, &after)?),
        };
        all.push(Rewrite {
            old_blake3: blake3::hash(&bytes).to_hex().to_string(),
            old,
            new,
            decisions: (before.len() - after.len()) as u64,
        });
    }
    Ok(all)
}

/// What became of the file of BLAKE3 `hash` after every destruction in `replaced`; none if no decision is left.
pub fn successor(replaced: &BTreeMap<String, Option<String>>, hash: &str) -> Option<String> {
    let mut hash = hash.to_owned();
    // A later destruction replaces what an earlier one wrote; no file follows itself.
    for _ in 0..=replaced.len() {
        match replaced.get(&hash) {
            None => return Some(hash),
            Some(None) => return None,
            Some(Some(next)) => hash = next.clone(),
        }
    }
    Some(hash)
}
