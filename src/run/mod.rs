//! Runs searches: reads ahead, compares tiles on all threads, writes shards, finishes the list.
//!
//! The hits depend on the gallery, the searches and the parameters, and on nothing else: not on the
//! SIMD level, the number of threads or the size of tiles (`tests/night.rs` shows it byte by byte).

mod bands;
pub mod begin;
pub mod elsewhere;
mod family_tile;
pub mod finger_compare;
mod finger_first;
mod finger_full;
mod finger_mark;
pub mod finger_probes;
mod finger_ready;
mod finger_tile;
mod join_tile;
mod lineage;
pub mod lineage_search;
pub mod load;
pub mod matrix;
pub mod mixture;
pub mod pair;
pub mod part;
mod posterior;
mod predicted;
pub mod probes;
pub mod progress;
#[cfg(feature = "distributed")]
pub mod serve;
pub mod since;
mod tables;
pub mod tile;
mod work;
mod workers;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::column::hit::{HIT_SCHEMA_VERSION, Hit};
use crate::device::{Device, Devices};
use crate::domain::likelihood::Population;
use crate::error::{Error, Result};
use crate::gallery::memory;
use crate::hits::account::Account;
use crate::hits::bucket::shown;
use crate::hits::cluster::{cluster_count, clusters};
use crate::hits::finish::finish;
use crate::hits::histogram::Histogram;
use crate::hits::job::JobSearch;
use crate::hits::journal::TileEntry;
use crate::hits::output::{self, Finished};
use crate::hits::part::{Part, PartReport};
use crate::hits::report::{CaseBinding, DeviceReport, RunReport, SearchReport, count_lineage};
use crate::hits::shard::Shards;
use crate::ident::content_id;
use crate::kernel::SPECS;
use crate::limits::MAX_HITS_PER_RUN;
use crate::plan::finger_screen;
use crate::plan::finger_search::ReadyFingerSearch;
use crate::plan::job::{Comparator, Parameters};
use crate::plan::join::Join;
use crate::plan::search::ReadySearch;
use crate::plan::tile::{Tile, TileSize, layout_blake3};
use crate::plan::way::{self, Deciding, PlannedWay, WayChoice};
use begin::{Begin, Begun, Identity};
use elsewhere::{Elsewhere, Left, Place};
use finger_tile::FingerContext;
use progress::{Event, Observer, Progress};
use tile::{TileContext, TileOutput};
use work::Work;
use workers::Workers;

/// Shards waiting to be written before the workers pause.
const SHARDS_IN_FLIGHT: usize = 64;

/// How a run is executed. Nothing here changes its hits.
#[derive(Debug, Clone)]
pub struct Execution {
    /// Directory of the result.
    pub out: PathBuf,
    /// Replace a finished run in `out`.
    pub overwrite: bool,
    /// Size of tiles.
    pub tile: TileSize,
    /// Worker threads.
    pub threads: usize,
    /// How searches of records in themselves find their survivors.
    pub way: WayChoice,
    /// Devices.
    pub devices: Arc<Devices>,
    /// Whether the run begins or goes on.
    pub begin: Begin,
    /// Until when to wait for another run that writes into `out`; none refuses at once.
    pub wait_until: Option<Instant>,
    /// Set from outside when the run is to stop after the tiles in hand; it can go on later.
    pub interrupt: Arc<AtomicBool>,
    /// Case the result is bound to.
    pub case: Option<CaseBinding>,
    /// Other processes that do the tiles; none: this one does.
    pub elsewhere: Option<Arc<dyn Elsewhere>>,
}

/// What the hits are computed from.
#[derive(Debug)]
pub struct RunInputs<'a> {
    /// Generation of the gallery.
    pub gallery_generation: u64,
    /// BLAKE3 of its manifest.
    pub gallery_manifest_blake3: String,
    /// Identity of what is searched besides the gallery (an ad-hoc probe file), or empty.
    pub probe_blake3: String,
    /// Searches of profiles, made ready.
    pub searches: Vec<ReadySearch>,
    /// Searches of fingerprints, made ready.
    pub finger_searches: Vec<ReadyFingerSearch>,
    /// Parameters.
    pub parameters: &'a Parameters,
    /// Population model, as the parameters say.
    pub population: Population<'a>,
}

impl RunInputs<'_> {
    /// Names of the searches, in order.
    fn names(&self) -> Vec<String> {
        let dna = self.searches.iter().map(|s| s.spec.name.clone());
        dna.chain(self.finger_searches.iter().map(|s| s.spec.name.clone())).collect()
    }

    /// Names of the searches of records in themselves.
    fn triangles(&self) -> Vec<String> {
        let dna = self.searches.iter().filter(|s| s.spec.triangle).map(|s| &s.spec.name);
        let fingers = self.finger_searches.iter().filter(|s| s.spec.triangle);
        dna.chain(fingers.map(|s| &s.spec.name)).cloned().collect()
    }
}

/// What a run found.
#[derive(Debug)]
pub struct RunOutcome {
    /// The run's account, as in `run.json`.
    pub report: RunReport,
    /// Hits in final order.
    pub hits: Vec<Hit>,
}

/// Executes a run and writes its files.
///
/// # Errors
/// The output directory is taken or cannot be written, a segment cannot be read, or the list grows
/// over its limit. What was written so far stays in the shard directory.
pub fn execute(
    inputs: &RunInputs,
    execution: &Execution,
    observer: &dyn Observer,
) -> Result<RunOutcome> {
    let started = Instant::now();
    let started_at = jiff::Timestamp::now().to_string();
    let run_id = run_id(inputs)?;
    let ways = ways(inputs, execution)?;
    let predicted = predicted::seconds(inputs, execution, &ways)?;
    let works = works(inputs, execution, &run_id, &ways);
    let identity = identity(inputs, &works, &ways, (execution, &run_id, &started_at));
    let (_claim, mut begun) = begin::begin(execution, observer, &identity)?;
    announce(&begun, &identity, None, observer);
    let parts = std::mem::take(&mut begun.parts);
    let account = Mutex::new(std::mem::take(&mut begun.account));
    let compared = compare(&works, &ways, begun, (execution, None, &account), observer);
    let (shards, mut searches, histograms) =
        compared.map_err(|error| begin::interrupted(error, &execution.out))?;
    let recorded = recorded(&shards, &parts, &identity, &execution.out)?;
    let mut hits = ordered_hits(recorded, inputs, &execution.out)?;
    if let Some(prior) = inputs.parameters.prior {
        posterior::fill(&mut hits, &inputs.searches, prior, &inputs.population)?;
    }
    lineage::annotate(&mut hits, &inputs.searches)?;
    count_lineage(&hits, &mut searches);
    predicted::enter(predicted, &mut searches);
    for report in &mut searches {
        let of_search = || hits.iter().filter(|h| h.search == report.search);
        report.hits = of_search().count() as u64;
        if let Some(search) = inputs.searches.iter().find(|s| s.spec.name == report.search) {
            report.bands = bands::bands(search, of_search().map(|hit| hit.score_mban));
        }
    }
    memory::keep();
    memory::check().map_err(|error| begin::interrupted(error, &execution.out))?;
    let members = clusters(&hits, &inputs.triangles());
    let mut devices = device_reports(&execution.devices);
    let account = account.into_inner().unwrap_or_else(PoisonError::into_inner);
    elsewhere::add_devices(&account, &mut devices);
    part::add_accounts(&parts, &mut searches, &mut devices);
    let parameters = serde_json::to_value(inputs.parameters)
        .map_err(|e| Error::usage(e.to_string(), "check the parameters"))?;
    let report = RunReport {
        run_id: run_id.clone(),
        case: execution.case.clone(),
        tanba_version: env!("CARGO_PKG_VERSION").into(),
        hit_schema_version: HIT_SCHEMA_VERSION,
        kernels: comparator_versions(inputs),
        gallery_generation: inputs.gallery_generation,
        gallery_manifest_blake3: inputs.gallery_manifest_blake3.clone(),
        parameters,
        tables: tables::tables(inputs),
        searches,
        hits: hits.len() as u64,
        clusters: cluster_count(&members),
        devices,
        simd_level: match execution.elsewhere {
            Some(_) if !account.is_empty() => account.simd_levels(),
            _ => execution.devices.cpu.device.cpu().level().name().into(),
        },
        threads: match execution.elsewhere {
            Some(_) if !account.is_empty() => account.threads(),
            _ => execution.threads,
        },
        tile_probes: execution.tile.probes,
        tile_rows: execution.tile.rows,
        peak_resident_bytes: memory::peak_resident_bytes(),
        started_at,
        seconds: started.elapsed().as_secs_f64(),
    };
    let finished =
        Finished { hits: &hits, clusters: &members, histograms: &histograms, report: &report };
    output::write(&execution.out, &finished)
        .map_err(|error| begin::interrupted(error, &execution.out))?;
    begin::end(&execution.out, shards)?;
    observer.event(&Event::RunFinished { run_id: report.run_id.clone(), hits: report.hits });
    Ok(RunOutcome { report, hits })
}

/// The searches of a run with their tiles.
fn works<'a>(
    inputs: &'a RunInputs<'a>,
    execution: &'a Execution,
    run_id: &'a str,
    ways: &'a [MadeWay],
) -> Vec<(Work<'a>, Vec<Tile>)> {
    let with_tiles = |work: Work<'a>| {
        let tiles = work.tiles(execution.tile, execution.begin.is_memory_limited());
        (work, tiles)
    };
    work(inputs, &execution.devices.cpu.device, run_id, ways).map(with_tiles).collect()
}

fn identity<'a>(
    inputs: &RunInputs,
    works: &[(Work, Vec<Tile>)],
    ways: &[MadeWay],
    (execution, run_id, started_at): (&Execution, &'a str, &'a str),
) -> Identity<'a> {
    Identity {
        run_id,
        is_memory_limited: execution.begin.is_memory_limited(),
        as_of: inputs.parameters.as_of,
        gallery_generation: inputs.gallery_generation,
        searches: job_searches(works, ways),
        started_at,
    }
}

/// Tells what begins or goes on, and what was found damaged.
fn announce(begun: &Begun, identity: &Identity, part: Option<Part>, observer: &dyn Observer) {
    observer.event(&Event::RunStarted {
        run_id: identity.run_id.to_owned(),
        gallery_generation: identity.gallery_generation,
        part: part.map(|part| part.to_string()),
        tiles: identity.tiles(),
        tiles_before: begun.done.len() as u64,
    });
    for note in &begun.notes {
        observer.event(&Event::Repaired { what: note.clone() });
    }
}

/// What each device did.
fn device_reports(devices: &Devices) -> Vec<DeviceReport> {
    let all = std::iter::once(&devices.cpu).chain(&devices.gpus);
    all.map(|member| {
        let (tiles, comparisons) = member.work();
        let device = member.device.to_string();
        DeviceReport { device, tiles, comparisons, put_out: member.reason() }
    })
    .collect()
}

/// What computes the scores, each with its version; of pedigrees also their model; of fingerprints also the screen,
/// the comparison of records and the hash of the calibration table.
fn comparator_versions(inputs: &RunInputs) -> Vec<String> {
    let has_pedigrees =
        inputs.searches.iter().any(|search| search.spec.comparator == Comparator::Pedigree);
    let mut versions = kernel_versions();
    if has_pedigrees {
        versions.push(format!("pedigree; {}", inputs.parameters.of_pedigrees().rule()));
    }
    if !inputs.finger_searches.is_empty() {
        versions.extend(finger_versions(inputs.parameters));
    }
    versions
}

/// The versions of everything that could take part in a run with these parameters.
fn possible_versions(parameters: &Parameters) -> Vec<String> {
    let pedigree = format!("pedigree; {}", parameters.of_pedigrees().rule());
    kernel_versions().into_iter().chain([pedigree]).chain(finger_versions(parameters)).collect()
}

fn kernel_versions() -> Vec<String> {
    SPECS.iter().map(|spec| format!("{} {}", spec.name, spec.version)).collect()
}

fn finger_versions(parameters: &Parameters) -> [String; 3] {
    let table = parameters.calibration.blake3();
    [
        format!("finger_screen {}", finger_screen::SCREEN_VERSION),
        format!("finger_records {}", finger_compare::COMPARISON_VERSION),
        format!("finger_calibration {}", &table[..16]),
    ]
}

/// Hash of everything that determines the hits; device, threads and tiles are not in it.
fn run_id(inputs: &RunInputs) -> Result<String> {
    let parameters = serde_json::to_string(inputs.parameters)
        .map_err(|e| Error::usage(e.to_string(), "check the parameters"))?;
    let kernels = comparator_versions(inputs).join(",");
    let searches = inputs.names().join(",");
    let version = HIT_SCHEMA_VERSION.to_string();
    let parts = [
        &inputs.gallery_manifest_blake3,
        &inputs.probe_blake3,
        &parameters,
        &searches,
        &kernels,
        &version,
    ];
    Ok(content_id("run", parts.map(|part| part.as_bytes())))
}

/// The searches of a run as its job names them.
fn job_searches(works: &[(Work, Vec<Tile>)], ways: &[MadeWay]) -> Vec<JobSearch> {
    let named = works.iter().enumerate().map(|(number, (work, tiles))| JobSearch {
        search: work.name().to_owned(),
        way: ways.get(number).and_then(|way| Some(way.planned.as_ref()?.way.name().to_owned())),
        tiles: tiles.len() as u64,
        tiles_blake3: layout_blake3(tiles),
    });
    named.collect()
}

/// What the searches of a run brought besides hits, by search: comparisons and exact scores.
type Histograms = Vec<(String, u64, Histogram)>;

/// Runs the tiles that are not done yet, or those of one part.
fn compare(
    works: &[(Work, Vec<Tile>)],
    ways: &[MadeWay],
    begun: Begun,
    (execution, part, account): (&Execution, Option<Part>, &Mutex<Account>),
    observer: &dyn Observer,
) -> Result<(Shards, Vec<SearchReport>, Histograms)> {
    let Begun { shards, journal, done, seal, .. } = begun;
    let interrupt = &*execution.interrupt;
    let place = execution.elsewhere.as_deref().map(|elsewhere| {
        let (out, seal) = (&*execution.out, &*seal);
        Place { elsewhere, out, seal, account, interrupt, observer }
    });
    let workers =
        Workers { devices: &execution.devices, threads: execution.threads, observer, interrupt };
    let writer = load::ShardWriter::start(shards, journal, SHARDS_IN_FLIGHT)?;
    let mut searches = Vec::new();
    let mut histograms = Vec::new();
    let mut first_tile = 0;
    for (number, (work, tiles)) in works.iter().enumerate() {
        let asked = Asked { work, way: ways.get(number), tiles, first_tile, part, done: &done };
        let (report, histogram) = match run_search(&asked, (&workers, place.as_ref()), &writer) {
            Ok(done) => done,
            // If a shard could not be written, that is the cause; the workers only saw the queue close.
            Err(error) => return Err(writer.finish().err().unwrap_or(error)),
        };
        first_tile += tiles.len() as u64;
        histograms.push((report.search.clone(), report.comparisons, histogram));
        searches.push(report);
    }
    Ok((writer.finish()?, searches, histograms))
}

/// Every hit that the tiles of the run wrote, those of parts among them.
///
/// # Errors
/// A shard cannot be read or is not what was written, or a tile or a hit is missing.
fn recorded(
    shards: &Shards,
    parts: &[(Part, PartReport)],
    identity: &Identity,
    out: &Path,
) -> Result<Vec<Hit>> {
    let (mut hits, mut written, mut tiles) = (Vec::new(), 0, HashSet::new());
    let mut take = |shards: &Shards, directory: &Path, part: Option<Part>| -> Result<()> {
        for tile in begin::recorded(directory, identity.run_id)? {
            // What the assembly did again comes first; a part's word of that tile is void.
            if part.is_none_or(|part| part.takes(tile.tile)) && tiles.insert(tile.tile) {
                written += tile.written;
                if let Some(shard) = &tile.shard {
                    hits.extend(shards.read(shard)?);
                }
            }
        }
        Ok(())
    };
    take(shards, out, None)?;
    for (part, _) in parts {
        take(&Shards::of_part(out, *part), &part.directory(out), Some(*part))?;
    }
    if (hits.len() as u64, tiles.len() as u64) != (written, identity.tiles()) {
        let rule = format!(
            "{} of {} tiles are recorded, and the shards hold {} hits where the tiles wrote {written}",
            tiles.len(),
            identity.tiles(),
            hits.len()
        );
        let help = "run again; nothing else may write into the output directory";
        return Err(Error::integrity(shards.directory(), rule, help));
    }
    Ok(hits)
}

/// Hits in final order.
fn ordered_hits(hits: Vec<Hit>, inputs: &RunInputs, out: &Path) -> Result<Vec<Hit>> {
    if hits.len() > MAX_HITS_PER_RUN {
        return Err(Error::Limit {
            what: format!("the number of hits ({})", hits.len()),
            limit: MAX_HITS_PER_RUN as u64,
            help: format!(
                "raise --threshold or lower --expect-false; the shards in {} keep every hit",
                shown(out).display()
            ),
        });
    }
    Ok(finish(hits, &inputs.names(), inputs.parameters.top))
}

/// How a search of profiles finds its survivors.
struct MadeWay {
    planned: Option<PlannedWay>,
    join: Option<Join>,
    /// Seconds it took to choose and to make the keys.
    seconds: f64,
}

impl MadeWay {
    fn note(&self, report: &mut SearchReport) {
        if let Some(planned) = &self.planned {
            report.way = Some(planned.way.name().into());
            report.way_reason = Some(planned.reason.english());
            report.seconds += self.seconds;
        }
    }
}

/// The ways of the searches of profiles, in order.
fn ways(inputs: &RunInputs, execution: &Execution) -> Result<Vec<MadeWay>> {
    let job = execution.begin.job();
    let made = |(number, search): (usize, &ReadySearch)| {
        let started = Instant::now();
        // Rates are measured anew each time; a run goes on as it began.
        let begun = job.and_then(|job| job.searches.get(number)?.way.as_deref());
        let choice = begun.and_then(|way| way.parse().ok()).unwrap_or(execution.way);
        let deciding = Deciding {
            choice,
            has_processor: execution.devices.cpu_compares,
            device: execution.devices.cpu.device.cpu(),
            threads: execution.threads,
            parameters: inputs.parameters,
            population: &inputs.population,
        };
        let (planned, join) = way::made(search, &deciding)?;
        Ok(MadeWay { planned, join, seconds: started.elapsed().as_secs_f64() })
    };
    inputs.searches.iter().enumerate().map(made).collect()
}

/// The searches of a run in order: profiles, then fingerprints.
fn work<'a>(
    inputs: &'a RunInputs<'a>,
    device: &'a Device,
    run_id: &'a str,
    ways: &'a [MadeWay],
) -> impl Iterator<Item = Work<'a>> {
    let dna = inputs.searches.iter().zip(ways).map(move |(search, way)| {
        Work::Dna(TileContext {
            search,
            parameters: inputs.parameters,
            population: &inputs.population,
            join: way.join.as_ref(),
            device: device.clone(),
            run_id,
        })
    });
    let fingers = inputs.finger_searches.iter();
    let finger = move |search| FingerContext { search, device: device.clone(), run_id, kept: None };
    dna.chain(fingers.map(move |search| Work::Finger(finger(search))))
}

/// One search with its tiles, numbered in the run from `first_tile`, and those that are done.
struct Asked<'a> {
    work: &'a Work<'a>,
    way: Option<&'a MadeWay>,
    tiles: &'a [Tile],
    first_tile: u64,
    /// The part that is done; none does all tiles.
    part: Option<Part>,
    done: &'a HashMap<u64, TileEntry>,
}

/// Runs the tiles of one search that are not done.
fn run_search(
    asked: &Asked,
    (workers, place): (&Workers, Option<&Place>),
    writer: &load::ShardWriter,
) -> Result<(SearchReport, Histogram)> {
    let Asked { work, way, tiles, first_tile, part, done } = asked;
    let started = Instant::now();
    let number = |place: usize| first_tile + place as u64;
    let own = |place: &usize| part.is_none_or(|part| part.takes(number(*place)));
    let (before, left): (Vec<usize>, Vec<usize>) =
        (0..tiles.len()).filter(own).partition(|place| done.contains_key(&number(*place)));
    let mut sum = TileOutput::default();
    for entry in before.iter().filter_map(|place| done.get(&number(*place))) {
        sum.merge(begin::output(entry));
    }
    let own = before.len() + left.len();
    let share = u128::from(work.comparisons()) * own as u128 / tiles.len().max(1) as u128;
    let comparisons = u64::try_from(share).unwrap_or(u64::MAX);
    let progress = Progress::start(work.name(), own as u64, comparisons, workers.observer);
    progress.already(before.len() as u64, &sum);
    if let Some(place) = place {
        let tiles = left.iter().map(|tile| number(*tile)).collect();
        let left = Left { search: work.name(), tiles, writer, progress: &progress };
        sum.merge(place.run(&left)?);
    } else {
        let to_do: Vec<Tile> = left.iter().map(|place| tiles[*place].clone()).collect();
        sum.merge(workers.run(work, &to_do, |place, mut output: TileOutput| {
            let hits = std::mem::take(&mut output.hits);
            let entry = begin::entry(number(left[place]), &output);
            writer.send(load::DoneTile { hits, entry })?;
            progress.tile_done(&output);
            Ok(output)
        })?);
    }
    let histogram = std::mem::take(&mut sum.histogram);
    let mut report = work.report(&sum, own as u64, started.elapsed().as_secs_f64());
    if let Some(way) = way {
        way.note(&mut report);
    }
    progress.finish(&report);
    Ok((report, histogram))
}
