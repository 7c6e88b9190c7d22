//! A run in parts: one part alone, and what the assembly takes from all of them.
//!
//! Whichever part begins first writes the job of the run; the others begin with its day, its generation of the gallery
//! and its ways, and must be the same run with the same tiles. A part that is run again goes on where it was
//! interrupted. The assembly is the run itself, going on with the tiles of all parts: what only a whole run knows
//! (order, clusters, bands, lineage markers) is made there, and a tile that a part left damaged is done again.

use std::path::Path;
use std::sync::Mutex;

use super::begin::{self, Begin, Begun, Identity};
use super::progress::{Event, Observer};
use super::{Execution, RunInputs};
use crate::error::{Error, Result};
use crate::hits::bucket::shown;
use crate::hits::job::Job;
use crate::hits::journal;
use crate::hits::output::RUN_FILE;
use crate::hits::part::{Division, Part, PartReport, all_done};
use crate::hits::report::{DeviceReport, SearchReport};
use crate::hits::shard::Shards;

/// What came of a part.
#[derive(Debug)]
pub struct PartOutcome {
    /// The part's account.
    pub report: PartReport,
    /// It had ended before, and nothing was done.
    pub was_done: bool,
}

/// The job of the run that `part` in `out` belongs to, if a part has begun it.
///
/// # Errors
/// A finished run is there, or one that is divided otherwise.
pub fn planned(out: &Path, part: Part) -> Result<Option<Job>> {
    if out.join(RUN_FILE).exists() {
        return Err(Error::usage(
            format!("{} already holds a finished run", shown(out).display()),
            "choose another --out; a run in parts replaces none",
        ));
    }
    let job = Job::read(out)?;
    match job.as_ref().map(|job| job.division) {
        Some(None) => Err(Error::usage(
            format!("{} holds an interrupted run that is not in parts", shown(out).display()),
            "choose another --out, or go on with it: `tanba resume`",
        )),
        Some(Some(division)) if division.of != part.of() => Err(Error::usage(
            format!(
                "{} holds a run in {} parts, not {}",
                shown(out).display(),
                division.of,
                part.of()
            ),
            "give every part the same number of parts, or choose another --out",
        )),
        _ => Ok(job),
    }
}

/// Executes one part of a run, or what is left of it, in its own folder below `execution.out`.
///
/// # Errors
/// As [`super::execute`]; [`Error::Conflict`] if another part began the run at the same time, otherwise than this one:
/// run again with [`Begin::Planned`].
pub fn execute_part(
    inputs: &RunInputs,
    execution: &Execution,
    part: Part,
    observer: &dyn Observer,
) -> Result<PartOutcome> {
    let started_at = jiff::Timestamp::now().to_string();
    let run_id = super::run_id(inputs)?;
    let ways = super::ways(inputs, execution)?;
    let works = super::works(inputs, execution, &run_id, &ways);
    let identity = super::identity(inputs, &works, &ways, (execution, &run_id, &started_at));
    settle(part, execution, &identity)?;
    let directory = part.directory(&execution.out);
    let _claim = begin::claim(&directory, execution, observer)?;
    if let Some(report) = PartReport::read(&execution.out, part, &run_id)? {
        return Ok(PartOutcome { report, was_done: true });
    }
    let begun = match Job::read(&directory)? {
        Some(job) => {
            let help = format!("remove {} and run the part again", directory.display());
            begin::resumed(&directory, &job, &identity, &help)?
        }
        None => begin::fresh(&directory, execution.begin.command_line(), &identity)?,
    };
    super::announce(&begun, &identity, Some(part), observer);
    let compared =
        super::compare(&works, &ways, begun, (execution, Some(part), &Mutex::default()), observer);
    let (_, searches, _) = compared.map_err(|error| begin::interrupted(error, &directory))?;
    let sum = |count: fn(&SearchReport) -> u64| searches.iter().map(count).sum();
    let report = PartReport {
        run_id: run_id.clone(),
        number: part.number(),
        of: part.of(),
        tiles: sum(|search| search.tiles),
        comparisons: sum(|search| search.comparisons),
        hits: sum(|search| search.hits),
        search_seconds: searches.iter().map(|search| search.seconds).collect(),
        devices: super::device_reports(&execution.devices),
    };
    report.write(&directory).map_err(|error| begin::interrupted(error, &directory))?;
    observer.event(&Event::RunFinished { run_id: run_id.clone(), hits: report.hits });
    Ok(PartOutcome { report, was_done: false })
}

/// Makes sure that all parts do one run: the first writes its job, the others compare themselves with it.
fn settle(part: Part, execution: &Execution, identity: &Identity) -> Result<()> {
    let out = &*execution.out;
    let size = execution.tile;
    let (tile_probes, tile_rows) = (size.probes as u64, size.rows as u64);
    let division = Division { of: part.of(), tile_probes, tile_rows };
    let mut own = identity.job(execution.begin.command_line());
    own.division = Some(division);
    let has_begun = !matches!(execution.begin, Begin::Planned(..)) && own.write_first(out)?;
    if has_begun {
        return Ok(());
    }
    let Some(job) = planned(out, part)? else {
        return Err(Error::Conflict { what: format!("the run in {}", shown(out).display()) });
    };
    if identity.is_of(&job) && job.division == Some(division) {
        return Ok(());
    }
    if matches!(execution.begin, Begin::New(_)) {
        return Err(Error::Conflict { what: format!("the run in {}", shown(out).display()) });
    }
    let differs = if job.run_id == identity.run_id {
        let size = job.division.map_or((0, 0), |d| (d.tile_probes, d.tile_rows));
        format!(
            "its tiles have {} probes and {} rows at most, or its searches another way",
            size.0, size.1
        )
    } else {
        format!("it is run {}, and this part is of run {}", job.run_id, identity.run_id)
    };
    Err(Error::usage(
        format!(
            "part {part} is not of the run that was begun in {}: {differs}",
            shown(out).display()
        ),
        "give every part the same arguments, galleries and release of tanba, or choose another --out",
    ))
}

/// Adds to `begun` the tiles that the `of` parts of the run in `out` did.
///
/// # Errors
/// A part has not ended, or is of another run.
pub(super) fn collect(out: &Path, of: u32, run_id: &str, begun: &mut Begun) -> Result<()> {
    all_done(out, of)?;
    for part in Part::all(of) {
        let Some(report) = PartReport::read(out, part, run_id)? else { continue };
        let directory = part.directory(out);
        let shards = Shards::of_part(out, part);
        let recorded = journal::read(&directory, run_id)?;
        let name = format!("part {part}: journal");
        let sound = begin::sound(recorded, &shards, &name, &mut begun.notes)?;
        let own: Vec<_> = sound.into_iter().filter(|entry| part.takes(entry.tile)).collect();
        if (own.len() as u64) < report.tiles {
            let left = report.tiles - own.len() as u64;
            let note = format!("part {part}: {left} of {} tiles are done again", report.tiles);
            begun.notes.push(note);
        }
        for entry in own {
            // What the assembly itself did again counts before what the part left.
            begun.done.entry(entry.tile).or_insert(entry);
        }
        begun.parts.push((part, report));
    }
    Ok(())
}

/// Adds the time and the devices of the parts to the account of the whole.
pub(super) fn add_accounts(
    parts: &[(Part, PartReport)],
    searches: &mut [SearchReport],
    devices: &mut Vec<DeviceReport>,
) {
    for (_, report) in parts {
        for (search, seconds) in searches.iter_mut().zip(&report.search_seconds) {
            search.seconds += seconds;
        }
        for device in &report.devices {
            match devices.iter_mut().find(|known| known.device == device.device) {
                Some(known) => {
                    known.tiles += device.tiles;
                    known.comparisons += device.comparisons;
                    known.put_out = known.put_out.take().or_else(|| device.put_out.clone());
                }
                None => devices.push(device.clone()),
            }
        }
    }
}
