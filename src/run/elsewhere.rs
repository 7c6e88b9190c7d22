//! Tiles that other processes do: what is asked of them, and how what they commit becomes part of the run.
//!
//! The other processes are named by a trait, so that this layer knows no engine. Whatever they do, a tile counts when
//! its commit was found, its shard is what was committed, and its line is in the journal; one of which that is not so
//! is asked for again. Limits: they write below the folder of the run, which all see under one path, or into its bucket.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::begin;
use super::load::{DoneTile, ShardWriter};
use super::progress::{Event, Observer, Progress};
use super::tile::TileOutput;
use crate::error::{Error, Result};
use crate::hits::account::Account;
use crate::hits::commit::{Attempts, Commit, Found, wait};
use crate::hits::report::DeviceReport;
use crate::hits::shard::Shards;

/// Times the tiles that are missing after all were asked for are asked for again.
const MAX_ROUNDS: usize = 4;

/// Tiles of one search that are to be done.
#[derive(Debug)]
pub struct Errand<'a> {
    /// Folder of the run.
    pub out: &'a Path,
    /// BLAKE3 of its job.
    pub seal: &'a str,
    /// Search.
    pub search: &'a str,
    /// Numbers of the tiles in the run, ascending.
    pub tiles: &'a [u64],
}

/// Other processes that do tiles.
pub trait Elsewhere: fmt::Debug + Send + Sync {
    /// Has tiles done; `found` is given every commit that appears, in any order. Returns when nobody works on them any
    /// more; a tile of which no commit was found was not done. What `notes` are given the operator is told.
    ///
    /// # Errors
    /// The processes cannot be reached any more, a tile cannot be done by any of them, `found` fails, or `interrupt`
    /// was set.
    fn run(
        &self,
        errand: &Errand,
        found: &mut dyn FnMut(Found) -> Result<()>,
        notes: &mut dyn FnMut(String),
        interrupt: &AtomicBool,
    ) -> Result<()>;
}

/// Other processes, and what they did so far.
pub(super) struct Place<'a> {
    pub(super) elsewhere: &'a dyn Elsewhere,
    pub(super) out: &'a Path,
    pub(super) seal: &'a str,
    pub(super) account: &'a Mutex<Account>,
    pub(super) interrupt: &'a AtomicBool,
    pub(super) observer: &'a dyn Observer,
}

/// The tiles of one search that are left, and where their lines go.
pub(super) struct Left<'a> {
    pub(super) search: &'a str,
    /// Numbers in the run, ascending.
    pub(super) tiles: Vec<u64>,
    pub(super) writer: &'a ShardWriter,
    pub(super) progress: &'a Progress<'a>,
}

impl Place<'_> {
    /// Has every tile done; their sum.
    ///
    /// # Errors
    /// As [`Elsewhere::run`]; a tile is not done however often it is asked for.
    pub(super) fn run(&self, left: &Left) -> Result<TileOutput> {
        let attempts = Attempts::of(self.out, self.seal)?;
        let shards = Shards::open(self.out)?;
        let mut sum = TileOutput::default();
        let mut missing: HashSet<u64> = left.tiles.iter().copied().collect();
        for _ in 0..MAX_ROUNDS {
            if missing.is_empty() {
                return Ok(sum);
            }
            let mut tiles: Vec<u64> = missing.iter().copied().collect();
            tiles.sort_unstable();
            let errand =
                Errand { out: self.out, seal: self.seal, search: left.search, tiles: &tiles };
            let mut found = |found: Found| {
                let sound = self.sound(found, &attempts, &shards)?;
                for commit in sound {
                    if missing.remove(&commit.entry.tile) {
                        self.account.lock().unwrap_or_else(PoisonError::into_inner).add(&commit);
                        let output = begin::output(&commit.entry);
                        left.writer.send(DoneTile { hits: Vec::new(), entry: commit.entry })?;
                        left.progress.tile_done(&output);
                        sum.merge(output);
                    }
                }
                Ok(())
            };
            let mut notes = |what| self.observer.event(&Event::Repaired { what });
            self.elsewhere.run(&errand, &mut found, &mut notes, self.interrupt)?;
        }
        if missing.is_empty() {
            return Ok(sum);
        }
        let what = format!(
            "{} tiles of {} were not done, asked for {MAX_ROUNDS} times",
            missing.len(),
            left.search
        );
        Err(Error::Incomplete { what, help: String::new() })
    }

    /// The commits whose shards are what was committed; the others are taken back and told.
    fn sound(&self, found: Found, attempts: &Attempts, shards: &Shards) -> Result<Vec<Commit>> {
        let (sound, notes) = sound(found, attempts, shards)?;
        for what in notes {
            self.observer.event(&Event::Repaired { what });
        }
        Ok(sound)
    }
}

/// The commits whose shards are what was committed. The others are taken back, so that their tiles are done again, as
/// the notes say.
///
/// # Errors
/// The operating system refuses.
pub(super) fn sound(
    found: Found,
    attempts: &Attempts,
    shards: &Shards,
) -> Result<(Vec<Commit>, Vec<String>)> {
    let (mut sound, mut notes) = (Vec::new(), Vec::new());
    let committed = found.commits.par_iter().filter_map(|commit| commit.entry.shard.as_ref());
    committed.try_for_each(|shard| attempts.bring(shard))?;
    for tile in found.broken {
        wait(attempts.take_back(tile))?;
        notes.push(format!("the commit of tile {tile} is damaged; the tile is done again"));
    }
    for commit in found.commits {
        match &commit.entry.shard {
            Some(shard) if !shards.is_sound(shard)? => {
                wait(attempts.take_back(commit.entry.tile))?;
                notes.push(format!(
                    "{} is not what was committed; {}its tile is done again",
                    shard.path,
                    if attempts.is_in_bucket() { "" } else { "it was put into quarantine/ and " }
                ));
            }
            _ => sound.push(commit),
        }
    }
    Ok((sound, notes))
}

/// Adds what was done elsewhere to what the devices of this process did; a processor that did nothing is left out.
pub(super) fn add_devices(account: &Account, devices: &mut Vec<DeviceReport>) {
    if account.is_empty() {
        return;
    }
    devices.retain(|device| device.tiles > 0 || device.put_out.is_some());
    devices.extend(account.devices().cloned());
}
