//! Runs searches: reads ahead, compares tiles on all threads, writes shards, finishes the list.
//!
//! The hits depend on the gallery, the searches and the parameters, and on nothing else: not on the
//! SIMD level, the number of threads or the size of tiles (`tests/night.rs` shows it byte by byte).

pub mod load;
pub mod matrix;
pub mod probes;
pub mod progress;
pub mod tile;

use std::path::PathBuf;
use std::time::Instant;

use rayon::prelude::*;

use crate::column::hit::{HIT_SCHEMA_VERSION, Hit};
use crate::device::cpu::CpuDevice;
use crate::domain::likelihood::Population;
use crate::error::{Error, Result};
use crate::hits::cluster::{cluster_count, clusters};
use crate::hits::finish::finish;
use crate::hits::histogram::Histogram;
use crate::hits::output::{self, Finished};
use crate::hits::report::{RunReport, SearchReport};
use crate::hits::shard::Shards;
use crate::ident::content_id;
use crate::kernel::SPECS;
use crate::limits::MAX_HITS_PER_RUN;
use crate::plan::job::{Comparator, Parameters};
use crate::plan::search::ReadySearch;
use crate::plan::tile::{Tile, TileSize, tiles};
use progress::{Observer, Progress};
use tile::{TileContext, TileOutput, run_tile};

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
    /// Device.
    pub device: CpuDevice,
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
    /// Searches, made ready.
    pub searches: Vec<ReadySearch>,
    /// Parameters.
    pub parameters: &'a Parameters,
    /// Population model, as the parameters say.
    pub population: Population<'a>,
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
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(execution.threads)
        .build()
        .map_err(|e| Error::usage(e.to_string(), "choose another number of --threads"))?;
    let writer = load::ShardWriter::start(Shards::create(&execution.out)?, SHARDS_IN_FLIGHT)?;
    let mut searches = Vec::new();
    let mut histograms = Vec::new();
    let mut first_tile = 0;
    let mut written = 0;
    for search in &inputs.searches {
        let context = TileContext {
            search,
            parameters: inputs.parameters,
            population: &inputs.population,
            device: execution.device,
            run_id: &run_id,
        };
        let done = run_search(&context, execution, &pool, &writer, first_tile, observer);
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
    let hits = ordered_hits(&shards, inputs, written)?;
    for report in &mut searches {
        report.hits = hits.iter().filter(|h| h.search == report.search).count() as u64;
    }
    let triangles: Vec<String> =
        inputs.searches.iter().filter(|s| s.spec.triangle).map(|s| s.spec.name.clone()).collect();
    let members = clusters(&hits, &triangles);
    let parameters = serde_json::to_value(inputs.parameters)
        .map_err(|e| Error::usage(e.to_string(), "check the parameters"))?;
    let report = RunReport {
        run_id,
        tanba_version: env!("CARGO_PKG_VERSION").into(),
        hit_schema_version: HIT_SCHEMA_VERSION,
        kernels: kernel_versions(),
        gallery_generation: inputs.gallery_generation,
        gallery_manifest_blake3: inputs.gallery_manifest_blake3.clone(),
        parameters,
        searches,
        hits: hits.len() as u64,
        clusters: cluster_count(&members),
        device: execution.device.name().into(),
        simd_level: execution.device.level().name().into(),
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

fn kernel_versions() -> Vec<String> {
    SPECS.iter().map(|spec| format!("{} {}", spec.name, spec.version)).collect()
}

/// Hash of everything that determines the hits; device, threads and tiles are not in it.
fn run_id(inputs: &RunInputs) -> Result<String> {
    let parameters = serde_json::to_string(inputs.parameters)
        .map_err(|e| Error::usage(e.to_string(), "check the parameters"))?;
    let searches: Vec<&str> = inputs.searches.iter().map(|s| s.spec.name.as_str()).collect();
    let kernels = kernel_versions().join(",");
    let searches = searches.join(",");
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
    let names: Vec<String> = inputs.searches.iter().map(|s| s.spec.name.clone()).collect();
    Ok(finish(hits, &names, inputs.parameters.top))
}

/// Runs every tile of one search; its shards are numbered from `first_tile`. The last number of the
/// result is the hits written.
fn run_search(
    context: &TileContext,
    execution: &Execution,
    pool: &rayon::ThreadPool,
    writer: &load::ShardWriter,
    first_tile: u64,
    observer: &dyn Observer,
) -> Result<(SearchReport, Histogram, u64)> {
    let started = Instant::now();
    let search = context.search;
    let list = search_tiles(search, execution.tile);
    let progress =
        Progress::start(&search.spec.name, list.len() as u64, search.comparisons, observer);
    let outputs: Vec<TileOutput> = pool.install(|| {
        list.par_iter()
            .enumerate()
            .map(|(number, tile)| {
                let mut output = run_tile(context, tile)?;
                if !output.hits.is_empty() {
                    let hits = std::mem::take(&mut output.hits);
                    writer.send(first_tile + number as u64, hits)?;
                }
                progress.tile_done(output.comparisons, output.written);
                Ok(output)
            })
            .collect::<Result<_>>()
    })?;
    let mut histogram = Histogram::default();
    outputs.iter().for_each(|output| histogram.merge(&output.histogram));
    let sum = |value: fn(&TileOutput) -> u64| outputs.iter().map(value).sum::<u64>();
    let kin = matches!(search.spec.comparator, Comparator::Kinship);
    let report = SearchReport {
        search: search.spec.name.clone(),
        purpose: search.spec.purpose.article.into(),
        probe_index: search.spec.probe.name().into(),
        gallery_index: search.spec.gallery.name().into(),
        probes: search.probes.records,
        gallery: if kin { search.relatives.len() as u64 } else { search.gallery.records },
        left_out_expired: left_out(search, |l| l.expired),
        left_out_blocked: left_out(search, |l| l.blocked),
        left_out_family_members: {
            let l = &search.families_left_out;
            l.without_consent
                + l.case_closed
                + l.record_left_out
                + l.record_missing
                + l.not_a_relative
        },
        comparisons: sum(|o| o.comparisons),
        survivors: sum(|o| o.survivors),
        hits: 0,
        threshold_log10: search.threshold_log10,
        expected_chance_hits: search.expected_chance_hits,
        tiles: list.len() as u64,
        tiles_split: sum(|o| o.splits),
        seconds: started.elapsed().as_secs_f64(),
    };
    progress.finish(&report);
    Ok((report, histogram, sum(|o| o.written)))
}

/// Records left out of either side; an N:N search has one side.
fn left_out(search: &ReadySearch, value: fn(&crate::plan::census::LeftOut) -> u64) -> u64 {
    let gallery = if search.spec.triangle { 0 } else { value(&search.gallery.left_out) };
    value(&search.probes.left_out) + gallery
}

/// The tiles of a search. In a kinship search the relatives are compiled and the bodies scanned, so
/// a tile's "probes" are relatives.
fn search_tiles(search: &ReadySearch, size: TileSize) -> Vec<Tile> {
    let mut list = Vec::new();
    if matches!(search.spec.comparator, Comparator::Kinship) {
        for (place, segment) in search.probes.segments.iter().enumerate() {
            list.extend(tiles((0, search.relatives.len()), (place, segment.rows()), false, size));
        }
        return list;
    }
    for (p, probe) in search.probes.segments.iter().enumerate() {
        for (g, gallery) in search.gallery.segments.iter().enumerate() {
            if !search.spec.triangle || p <= g {
                let diagonal = search.spec.triangle && p == g;
                list.extend(tiles((p, probe.rows()), (g, gallery.rows()), diagonal, size));
            }
        }
    }
    list
}
