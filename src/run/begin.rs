//! How a run begins, or goes on after it was interrupted.
//!
//! A new run writes its job ([`crate::hits::job`]) before the first tile; one that goes on must be the same run:
//! same identity, same searches, same tiles. Tiles in the journal whose shards are as they were written are not
//! done again; a shard that is not is put aside, and its tile is done again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::tile::{Stages, TileOutput};
use crate::error::{Error, Kind, Result};
use crate::hits::job::{Job, JobSearch};
use crate::hits::journal::{self, Journal, TileEntry};
use crate::hits::output::{self, Claim};
use crate::hits::shard::Shards;

/// Whether a run begins or goes on.
#[derive(Debug, Clone)]
pub enum Begin {
    /// It begins; the command line is kept so that it can go on.
    New {
        /// The command line; empty if it is not text.
        arguments: Vec<String>,
        /// Directory it was given in.
        directory: PathBuf,
    },
    /// It goes on.
    Resume(Box<Job>),
}

impl Begin {
    /// A run of this process's command line.
    pub fn of_process() -> Begin {
        let arguments: Option<Vec<String>> =
            std::env::args_os().map(|argument| argument.into_string().ok()).collect();
        Begin::New {
            arguments: without_keys(arguments.unwrap_or_default()),
            directory: std::env::current_dir().unwrap_or_default(),
        }
    }

    /// The job that goes on.
    pub fn job(&self) -> Option<&Job> {
        match self {
            Begin::New { .. } => None,
            Begin::Resume(job) => Some(job),
        }
    }
}

/// A command line without where the keys come from: a job file says nothing of keys, and a run that goes on is given
/// its own.
fn without_keys(arguments: Vec<String>) -> Vec<String> {
    const SOURCES: [&str; 2] = ["--keys", "--keys-command"];
    let mut is_source = false;
    let is_kept = |argument: &String| {
        if std::mem::take(&mut is_source) {
            return false;
        }
        let (name, value) =
            argument.split_once('=').map_or((argument.as_str(), None), |(n, v)| (n, Some(v)));
        is_source = SOURCES.contains(&name) && value.is_none();
        !SOURCES.contains(&name)
    };
    arguments.into_iter().filter(is_kept).collect()
}

/// What identifies a run and its work.
pub(super) struct Identity<'a> {
    pub(super) run_id: &'a str,
    pub(super) as_of: Date,
    pub(super) gallery_generation: u64,
    pub(super) searches: Vec<JobSearch>,
    pub(super) started_at: &'a str,
}

/// A run that was begun.
pub(super) struct Begun {
    pub(super) shards: Shards,
    pub(super) journal: Journal,
    /// Tiles that are done, by their number in the run.
    pub(super) done: HashMap<u64, TileEntry>,
    /// What was found damaged and is done again.
    pub(super) notes: Vec<String>,
}

/// Claims `out` and begins the run there, or goes on with it.
///
/// # Errors
/// As [`output::claim`]; an interrupted run is there that may not be replaced; or what goes on is another run.
pub(super) fn begin(
    (out, overwrite, begin): (&Path, bool, &Begin),
    identity: &Identity,
) -> Result<(Claim, Begun)> {
    let claim = output::claim(out, overwrite)?;
    let begun = match begin {
        Begin::New { arguments, directory } => {
            if !overwrite && Job::read(out).is_ok_and(|job| job.is_some()) {
                let out = out.display();
                return Err(Error::usage(
                    format!("{out} holds a run that was interrupted"),
                    format!("`tanba resume --out {out}` goes on; --overwrite starts again"),
                ));
            }
            // In this order, so that no crash leaves the job of one run beside the journal of another.
            Job::remove(out)?;
            let shards = Shards::create(out)?;
            let journal = Journal::create(out, identity.run_id)?;
            let (arguments, directory) = (arguments.clone(), directory.clone());
            let mut job =
                Job::new(identity.run_id.to_owned(), arguments, directory, identity.as_of);
            job.gallery_generation = identity.gallery_generation;
            job.searches = identity.searches.clone();
            job.started_at = identity.started_at.to_owned();
            job.write(out)?;
            Begun { shards, journal, done: HashMap::new(), notes: Vec::new() }
        }
        Begin::Resume(job) => resumed(out, job, identity)?,
    };
    Ok((claim, begun))
}

fn resumed(out: &Path, job: &Job, identity: &Identity) -> Result<Begun> {
    if job.run_id != identity.run_id || job.searches != identity.searches {
        return Err(Error::usage(
            format!(
                "the run in {} is {} and would go on as {}",
                out.display(),
                job.run_id,
                identity.run_id
            ),
            "a file it reads or the program has changed since; start it again with --overwrite",
        ));
    }
    let shards = Shards::open(out)?;
    let (journal, recorded) = Journal::open(out, &job.run_id)?;
    let mut notes: Vec<String> = recorded
        .damaged
        .iter()
        .map(|offset| {
            format!("journal: the line at byte {offset} is damaged; its tile is done again")
        })
        .collect();
    let mut done = HashMap::new();
    for entry in recorded.tiles {
        match &entry.shard {
            Some(shard) if !shards.is_sound(shard)? => notes.push(format!(
                "{} is not what was written; it was put into quarantine/ and its tile is done again",
                shard.path
            )),
            _ => {
                done.insert(entry.tile, entry);
            }
        }
    }
    Ok(Begun { shards, journal, done, notes })
}

/// What every tile of a finished run brought, from its journal; those of a shard redone by their last line.
///
/// # Errors
/// The journal cannot be read.
pub(super) fn recorded(out: &Path, run_id: &str) -> Result<Vec<TileEntry>> {
    Ok(journal::read(out, run_id)?.tiles)
}

/// Removes what only an interrupted run needs.
///
/// # Errors
/// The operating system refuses.
pub(super) fn end(out: &Path, shards: Shards) -> Result<()> {
    Job::remove(out)?;
    journal::remove(out)?;
    shards.remove()
}

/// The line of a tile in the journal.
pub(super) fn entry(tile: u64, output: &TileOutput) -> TileEntry {
    TileEntry {
        tile,
        shard: None,
        comparisons: output.comparisons,
        survivors: output.survivors,
        written: output.written,
        splits: output.splits,
        stages: [output.stages.first_fingers, output.stages.all_fingers],
        histogram: output.histogram.clone(),
    }
}

/// What a tile brought, without its hits, from its line in the journal.
pub(super) fn output(entry: &TileEntry) -> TileOutput {
    let [first_fingers, all_fingers] = entry.stages;
    TileOutput {
        comparisons: entry.comparisons,
        survivors: entry.survivors,
        written: entry.written,
        splits: entry.splits,
        stages: Stages { first_fingers, all_fingers },
        histogram: entry.histogram.clone(),
        hits: Vec::new(),
    }
}

/// An error of a run that was begun, with how to go on where it can.
pub(super) fn interrupted(error: Error, out: &Path) -> Error {
    if error.kind() != Kind::Incomplete {
        return error;
    }
    let help = error.help();
    let first = if help.is_empty() { String::new() } else { format!("{help}; then ") };
    Error::Incomplete {
        what: error.to_string(),
        help: format!("{first}`tanba resume --out {}` goes on with the tiles left", out.display()),
    }
}
