//! Runs searches: reads ahead, compares tiles on all threads, writes shards, finishes the list.
//!
//! The hits depend on the gallery, the searches and the parameters, and on nothing else: not on the
//! SIMD level, the number of threads or the size of tiles (`tests/night.rs` shows it byte by byte).

mod family_tile;
pub mod finger_compare;
mod finger_first;
mod finger_full;
mod finger_mark;
pub mod finger_probes;
mod finger_ready;
mod finger_tile;
pub mod load;
pub mod matrix;
pub mod mixture;
mod posterior;
pub mod probes;
pub mod progress;
pub mod tile;
mod work;
mod workers;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::column::hit::{HIT_SCHEMA_VERSION, Hit};
use crate::device::{Device, Devices};
use crate::domain::calibration;
use crate::domain::likelihood::Population;
use crate::error::{Error, Result};
use crate::hits::cluster::{cluster_count, clusters};
use crate::hits::finish::finish;
use crate::hits::histogram::Histogram;
use crate::hits::output::{self, Finished};
use crate::hits::report::{CaseBinding, DeviceReport, RunReport, SearchReport};
use crate::hits::shard::Shards;
use crate::ident::content_id;
use crate::kernel::SPECS;
use crate::limits::MAX_HITS_PER_RUN;
use crate::plan::finger_screen;
use crate::plan::finger_search::ReadyFingerSearch;
use crate::plan::job::{Comparator, Parameters};
use crate::plan::search::ReadySearch;
use crate::plan::tile::TileSize;
use finger_tile::FingerContext;
use progress::{Observer, Progress};
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
    /// Devices.
    pub devices: Arc<Devices>,
    /// Case the result is bound to.
    pub case: Option<CaseBinding>,
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
    let _claim = output::claim(&execution.out, execution.overwrite)?;
    let run_id = run_id(inputs)?;
    let workers = Workers { devices: &execution.devices, threads: execution.threads, observer };
    let writer = load::ShardWriter::start(Shards::create(&execution.out)?, SHARDS_IN_FLIGHT)?;
    let mut searches = Vec::new();
    let mut histograms = Vec::new();
    let mut first_tile = 0;
    let mut written = 0;
    for work in work(inputs, &execution.devices.cpu.device, &run_id) {
        let done = run_search(&work, execution, &workers, &writer, first_tile);
        let (report, histogram, hits) = match done {
            Ok(done) => done,
            // If a shard could not be written, that is the cause; the workers only saw the queue close.
            Err(error) => return Err(writer.finish().err().unwrap_or(error)),
        };
        first_tile += report.tiles;
        written += hits;
        histograms.push((report.search.clone(), report.comparisons, histogram));
        searches.push(report);
    }
    let shards = writer.finish()?;
    let mut hits = ordered_hits(&shards, inputs, written)?;
    if let Some(prior) = inputs.parameters.prior {
        posterior::fill(&mut hits, &inputs.searches, prior, &inputs.population)?;
    }
    for report in &mut searches {
        report.hits = hits.iter().filter(|h| h.search == report.search).count() as u64;
    }
    let members = clusters(&hits, &inputs.triangles());
    let parameters = serde_json::to_value(inputs.parameters)
        .map_err(|e| Error::usage(e.to_string(), "check the parameters"))?;
    let report = RunReport {
        run_id,
        case: execution.case.clone(),
        tanba_version: env!("CARGO_PKG_VERSION").into(),
        hit_schema_version: HIT_SCHEMA_VERSION,
        kernels: comparator_versions(inputs),
        gallery_generation: inputs.gallery_generation,
        gallery_manifest_blake3: inputs.gallery_manifest_blake3.clone(),
        parameters,
        searches,
        hits: hits.len() as u64,
        clusters: cluster_count(&members),
        devices: device_reports(&execution.devices),
        simd_level: execution.devices.cpu.device.cpu().level().name().into(),
        threads: execution.threads,
        tile_probes: execution.tile.probes,
        tile_rows: execution.tile.rows,
        started_at,
        seconds: started.elapsed().as_secs_f64(),
    };
    let finished =
        Finished { hits: &hits, clusters: &members, histograms: &histograms, report: &report };
    output::write(&execution.out, &finished)?;
    shards.remove()?;
    Ok(RunOutcome { report, hits })
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

/// What computes the scores, each with its version; of pedigrees also their model; of fingerprints also the screen, the comparison of records
/// and the hash of the calibration table.
fn comparator_versions(inputs: &RunInputs) -> Vec<String> {
    let kernels = SPECS.iter().map(|spec| format!("{} {}", spec.name, spec.version));
    let mut versions: Vec<String> = kernels.collect();
    if inputs.searches.iter().any(|search| search.spec.comparator == Comparator::Pedigree) {
        versions.push(inputs.parameters.of_pedigrees().rule());
    }
    if !inputs.finger_searches.is_empty() {
        let table = blake3::hash(&calibration::BUILTIN.to_bytes()).to_hex();
        versions.push(format!("finger_screen {}", finger_screen::SCREEN_VERSION));
        versions.push(format!("finger_records {}", finger_compare::COMPARISON_VERSION));
        versions.push(format!("finger_calibration {}", &table[..16]));
    }
    versions
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

/// Every hit of every tile, in final order; `written` is what the tiles counted.
fn ordered_hits(shards: &Shards, inputs: &RunInputs, written: u64) -> Result<Vec<Hit>> {
    let hits = shards.read_all()?;
    if hits.len() as u64 != written {
        return Err(Error::integrity(
            shards.directory(),
            format!("the shards hold {} hits where the tiles wrote {written}", hits.len()),
            "run again; nothing else may write into the output directory",
        ));
    }
    if hits.len() > MAX_HITS_PER_RUN {
        return Err(Error::Limit {
            what: format!("the number of hits ({})", hits.len()),
            limit: MAX_HITS_PER_RUN as u64,
            help: "raise --threshold or lower --expect-false; the shards keep every hit".into(),
        });
    }
    Ok(finish(hits, &inputs.names(), inputs.parameters.top))
}

/// The searches of a run in order: profiles, then fingerprints.
fn work<'a>(
    inputs: &'a RunInputs<'a>,
    device: &'a Device,
    run_id: &'a str,
) -> impl Iterator<Item = Work<'a>> {
    let dna = inputs.searches.iter().map(move |search| {
        Work::Dna(TileContext {
            search,
            parameters: inputs.parameters,
            population: &inputs.population,
            device: device.clone(),
            run_id,
        })
    });
    let fingers = inputs.finger_searches.iter();
    let finger = move |search| FingerContext { search, device: device.clone(), run_id };
    dna.chain(fingers.map(move |search| Work::Finger(finger(search))))
}

/// Runs every tile of one search; its shards are numbered from `first_tile`. The last number of the
/// result is the hits written.
fn run_search(
    work: &Work,
    execution: &Execution,
    workers: &Workers,
    writer: &load::ShardWriter,
    first_tile: u64,
) -> Result<(SearchReport, Histogram, u64)> {
    let started = Instant::now();
    let list = work.tiles(execution.tile);
    let progress =
        Progress::start(work.name(), list.len() as u64, work.comparisons(), workers.observer);
    let outputs = workers.run(work, &list, |number, mut output: TileOutput| {
        if !output.hits.is_empty() {
            let hits = std::mem::take(&mut output.hits);
            writer.send(first_tile + number as u64, hits)?;
        }
        progress.tile_done(output.comparisons, output.written);
        Ok(output)
    })?;
    let mut histogram = Histogram::default();
    outputs.iter().for_each(|output| histogram.merge(&output.histogram));
    let report = work.report(&outputs, started.elapsed().as_secs_f64());
    progress.finish(&report);
    Ok((report, histogram, outputs.iter().map(|output| output.written).sum()))
}
