//! How a run begins, or goes on after it was interrupted.
//!
//! A new run writes its job ([`crate::hits::job`]) before the first tile; one that goes on must be the same run:
//! same identity, same searches, same tiles. Tiles in the journal whose shards are as they were written are not
//! done again; a shard that is not is put aside, and its tile is done again. Tiles that parts did count as done
//! when every part has ended.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::progress::{Event, Observer};
use super::tile::{Stages, TileOutput};
use super::{Execution, elsewhere, part};
use crate::error::{Error, Kind, Result};
use crate::gallery::memory;
use crate::hits::account::Account;
use crate::hits::bucket::{self, shown};
use crate::hits::commit::{self, Attempts, Wanted, wait};
use crate::hits::job::{Job, JobSearch};
use crate::hits::journal::{self, Journal, Recorded, TileEntry};
use crate::hits::lock::{self, Claim, Holder, Wait};
use crate::hits::part::{Part, PartReport};
use crate::hits::shard::Shards;

/// Whether a run begins or goes on.
#[derive(Debug, Clone)]
pub enum Begin {
    /// It begins; the command line is kept so that it can go on.
    New(CommandLine),
    /// A part begins of a run that another part has begun: day, generation and ways are those of its job.
    Planned(CommandLine, Box<Job>),
    /// It goes on.
    Resume(Box<Job>),
}

/// The command line of a run, so that it can go on.
#[derive(Debug, Clone, Default)]
pub struct CommandLine {
    /// Arguments from the program's name on, whole: what a file or the environment added is among them. Empty if
    /// they are not text.
    pub arguments: Vec<String>,
    /// Directory they were given in.
    pub directory: PathBuf,
}

impl Begin {
    /// The job that goes on, or of which a part begins.
    pub fn job(&self) -> Option<&Job> {
        match self {
            Begin::New(_) => None,
            Begin::Planned(_, job) | Begin::Resume(job) => Some(job),
        }
    }

    /// Whether the tiles are those of a run under a limit of memory: as the run began.
    pub(super) fn is_memory_limited(&self) -> bool {
        self.job().map_or_else(memory::is_limited, |job| job.is_memory_limited)
    }

    /// The command line, of a run or part that begins.
    pub(super) fn command_line(&self) -> CommandLine {
        match self {
            Begin::New(line) | Begin::Planned(line, _) => line.clone(),
            Begin::Resume(job) => {
                let (arguments, directory) = (job.arguments.clone(), job.directory.clone());
                CommandLine { arguments, directory }
            }
        }
    }
}

/// What identifies a run and its work.
pub(super) struct Identity<'a> {
    pub(super) run_id: &'a str,
    pub(super) as_of: Date,
    pub(super) gallery_generation: u64,
    pub(super) is_memory_limited: bool,
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
    /// The parts that did some of these, with what they say of themselves.
    pub(super) parts: Vec<(Part, PartReport)>,
    /// BLAKE3 of the job, which names it to other processes.
    pub(super) seal: String,
    /// What other processes did of these.
    pub(super) account: Account,
}

impl Begun {
    fn of(shards: Shards, journal: Journal, seal: String) -> Begun {
        let (done, notes, parts) = (HashMap::new(), Vec::new(), Vec::new());
        Begun { shards, journal, done, notes, parts, seal, account: Account::default() }
    }

    /// Counts tiles that other processes committed and that are not in the journal yet, and those that are as theirs.
    fn collect(&mut self, out: &Path) -> Result<()> {
        let attempts = Attempts::of(out, &self.seal)?;
        // First, so that no late attempt goes on beside this run.
        wait(attempts.withdraw())?;
        let found = wait(attempts.committed(&mut Wanted::AllBut(HashSet::new())))?;
        let (sound, notes) = elsewhere::sound(found, &attempts, &self.shards)?;
        self.notes.extend(notes);
        let mut new = Vec::new();
        for commit in sound {
            let known = self.done.get(&commit.entry.tile);
            if known.is_none_or(|known| *known == commit.entry) {
                self.account.add(&commit);
            }
            if known.is_none() {
                new.push(commit.entry);
            }
        }
        self.journal.append(&new)?;
        self.done.extend(new.into_iter().map(|entry| (entry.tile, entry)));
        Ok(())
    }
}

/// BLAKE3 of the job in `out`.
fn seal_of(out: &Path) -> Result<String> {
    let seal = Job::read(out)?.and_then(|job| job.body_blake3);
    seal.ok_or_else(|| Error::Conflict { what: format!("the job in {}", shown(out).display()) })
}

impl Identity<'_> {
    /// The job of a run with this identity.
    pub(super) fn job(&self, line: CommandLine) -> Job {
        let mut job = Job::new(self.run_id.to_owned(), line.arguments, line.directory, self.as_of);
        job.gallery_generation = self.gallery_generation;
        job.searches = self.searches.clone();
        job.is_memory_limited = self.is_memory_limited;
        job.started_at = self.started_at.to_owned();
        job
    }

    /// Whether `job` is of the same run with the same tiles.
    pub(super) fn is_of(&self, job: &Job) -> bool {
        job.run_id == self.run_id && job.searches == self.searches
    }

    /// Tiles of all searches.
    pub(super) fn tiles(&self) -> u64 {
        self.searches.iter().map(|search| search.tiles).sum()
    }
}

/// Claims `execution.out` and begins the run there, or goes on with it.
///
/// # Errors
/// As [`lock::claim`]; an interrupted run is there that may not be replaced; what goes on is another run; or a part
/// of it has not ended.
pub(super) fn begin(
    execution: &Execution,
    observer: &dyn Observer,
    identity: &Identity,
) -> Result<(Claim, Begun)> {
    let out = &*execution.out;
    let claim = claim(out, execution, observer)?;
    let begun = match &execution.begin {
        Begin::Resume(job) => {
            let mut begun = resumed(out, job, identity, "start it again with --overwrite")?;
            if let Some(division) = job.division {
                part::collect(out, division.of, identity.run_id, &mut begun)?;
            }
            begun
        }
        Begin::New(line) | Begin::Planned(line, _) => {
            if !execution.overwrite && Job::read(out).is_ok_and(|job| job.is_some()) {
                let out = shown(out);
                let out = out.display();
                return Err(Error::usage(
                    format!("{out} holds a run that was interrupted"),
                    format!("`tanba resume --out {out}` goes on; --overwrite starts again"),
                ));
            }
            crate::hits::part::remove(out)?;
            fresh(out, line.clone(), identity)?
        }
    };
    Ok((claim, begun))
}

/// Claims a folder as the execution says: replacing a run or not, waiting or not.
pub(super) fn claim(out: &Path, execution: &Execution, observer: &dyn Observer) -> Result<Claim> {
    let begins = |holder: Option<&Holder>| {
        let holder = holder.map(ToString::to_string);
        observer.event(&Event::Waiting { out: shown(out).display().to_string(), holder });
    };
    let wait =
        Wait { until: execution.wait_until, interrupt: &execution.interrupt, begins: &begins };
    lock::claim(out, execution.overwrite, &wait)
}

/// Begins a run, or a part of one, in `out`.
pub(super) fn fresh(out: &Path, line: CommandLine, identity: &Identity) -> Result<Begun> {
    // In this order, so that no crash leaves the job of one run beside the journal of another.
    Job::remove(out)?;
    let shards = Shards::create(out)?;
    let journal = Journal::create(out, identity.run_id)?;
    commit::remove(out)?;
    identity.job(line).write(out)?;
    Ok(Begun::of(shards, journal, seal_of(out)?))
}

/// Goes on in `out`; `help` says how to begin again where it is another run.
pub(super) fn resumed(out: &Path, job: &Job, identity: &Identity, help: &str) -> Result<Begun> {
    if !identity.is_of(job) {
        return Err(Error::usage(
            match job.run_id == identity.run_id {
                true => format!("the tiles of the run in {} would be others", shown(out).display()),
                false => format!(
                    "the run in {} is {} and would go on as {}",
                    shown(out).display(),
                    job.run_id,
                    identity.run_id
                ),
            },
            format!(
                "a file it reads, the program, or what decides on tiles has changed since; {help}"
            ),
        ));
    }
    let shards = Shards::open(out)?;
    let (journal, recorded) = Journal::open(out, &job.run_id)?;
    let mut begun = Begun::of(shards, journal, seal_of(out)?);
    let attempts = Attempts::of(out, &begun.seal)?;
    let elsewhere = recorded.tiles.iter().filter_map(|entry| entry.shard.as_ref());
    elsewhere.filter(|shard| attempts.hold(shard)).try_for_each(|shard| attempts.bring(shard))?;
    let sound = sound(recorded, &begun.shards, "journal", &mut begun.notes)?;
    begun.done.extend(sound.into_iter().map(|entry| (entry.tile, entry)));
    begun.collect(out)?;
    Ok(begun)
}

/// The tiles of a journal whose shards are as they were written; the others are done again, as `notes` then say.
pub(super) fn sound(
    recorded: Recorded,
    shards: &Shards,
    journal: &str,
    notes: &mut Vec<String>,
) -> Result<Vec<TileEntry>> {
    notes.extend(recorded.damaged.iter().map(|offset| {
        format!("{journal}: the line at byte {offset} is damaged; its tile is done again")
    }));
    let mut tiles = Vec::new();
    for entry in recorded.tiles {
        match &entry.shard {
            Some(shard) if !shards.is_sound(shard)? => notes.push(format!(
                "{} is not what was written; it was put into quarantine/ and its tile is done again",
                shard.path
            )),
            _ => tiles.push(entry),
        }
    }
    Ok(tiles)
}

/// What every tile of a finished run brought, from its journal; those of a shard redone by their last line.
///
/// # Errors
/// The journal cannot be read.
pub(super) fn recorded(out: &Path, run_id: &str) -> Result<Vec<TileEntry>> {
    Ok(journal::read(out, run_id)?.tiles)
}

/// Removes what only an interrupted run or its assembly needs. What lies in a bucket goes when the result is there
/// ([`bucket::Results::publish`]).
///
/// # Errors
/// The operating system refuses.
pub(super) fn end(out: &Path, shards: Shards) -> Result<()> {
    // In this order: a late attempt sees that the job is gone and removes what it wrote.
    Job::remove(out)?;
    if bucket::of(out).is_none() {
        commit::remove(out)?;
    }
    journal::remove(out)?;
    shards.remove()?;
    crate::hits::part::remove(out)
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
        help: format!(
            "{first}`tanba resume --out {}` goes on with the tiles left",
            shown(out).display()
        ),
    }
}
