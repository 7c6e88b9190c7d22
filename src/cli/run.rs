//! `tanba run`: a night, or one of its sweeps.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::common::{ExecutionArgs, PopulationArgs, RuleArgs, parameters};
use super::progress::Shown;
use super::summary;
use super::ui::{Outcome, Ui};
use crate::domain::frequency::FrequencyTable;
use crate::domain::likelihood::Population;
use crate::error::Result;
use crate::gallery::Gallery;
use crate::plan::job::{Parameters, SearchSpec, Sweep, searches};
use crate::plan::search::{Sides, ready};
use crate::run::{Execution, RunInputs, RunOutcome, execute, load};

/// What to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Preset {
    /// Every sweep
    Nightly,
    /// Convicts registered twice
    Dedup,
    /// Traces against convicts, other traces and corpses
    ColdCase,
    /// Corpses against families, convicts and other corpses
    MissingPerson,
}

impl Preset {
    /// The searches of the preset.
    ///
    /// # Errors
    /// As [`searches`].
    pub(super) fn searches(self) -> Result<Vec<SearchSpec>> {
        let sweeps: &[Sweep] = match self {
            Preset::Nightly => &Sweep::NIGHTLY,
            Preset::Dedup => &[Sweep::Dedup],
            Preset::ColdCase => &[Sweep::ColdCase],
            Preset::MissingPerson => &[Sweep::MissingPerson],
        };
        let mut list = Vec::new();
        for sweep in sweeps {
            list.extend(searches(*sweep)?);
        }
        Ok(list)
    }
}

/// Arguments of `tanba run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba run nightly --gallery registry --out night-1\n  \
tanba run dedup --gallery registry --out dedup-1 --expect-false 0.1\n\n\
Writes OUT/hits.parquet, clusters.parquet, histogram.parquet and run.json (docs/hits.md).")]
pub(super) struct RunArgs {
    /// What to run
    #[arg(value_enum)]
    preset: Preset,
    /// Directory of the gallery
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,
    /// Directory of the result
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace a finished run in OUT
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    rule: RuleArgs,
    #[command(flatten)]
    population: PopulationArgs,
    #[command(flatten)]
    execution: ExecutionArgs,
}

/// Runs the verb.
pub(super) fn run(args: &RunArgs, ui: &Ui) -> Result<Outcome> {
    let searches = args.preset.searches()?;
    let table = args.population.table()?;
    let parameters = parameters(&args.population, &args.rule, &table)?;
    let execution = args.execution.execution(args.out.clone(), args.overwrite)?;
    let outcome = run_searches(&args.gallery, &searches, &parameters, &table, &execution, ui)?;
    summary::show(&outcome.report, &outcome.hits, Some(&args.out), ui);
    Ok(if outcome.hits.is_empty() { Outcome::NoHits } else { Outcome::Done })
}

/// Runs `searches` of the records in a gallery.
///
/// # Errors
/// The gallery cannot be read, or as [`execute`].
pub(super) fn run_searches(
    gallery: &Path,
    searches: &[SearchSpec],
    parameters: &Parameters,
    table: &FrequencyTable,
    execution: &Execution,
    ui: &Ui,
) -> Result<RunOutcome> {
    let gallery = Gallery::open(gallery)?;
    let sides = load::sides(&gallery, searches, true, parameters.as_of)?;
    run_ready(&gallery, searches, &sides, "", (parameters, table), execution, ui)
}

/// Runs `searches` over opened sides; `probe_blake3` identifies ad-hoc probes.
///
/// # Errors
/// A stored profile cannot be read, or as [`execute`].
pub(super) fn run_ready(
    gallery: &Gallery,
    searches: &[SearchSpec],
    sides: &Sides,
    probe_blake3: &str,
    (parameters, table): (&Parameters, &FrequencyTable),
    execution: &Execution,
    ui: &Ui,
) -> Result<RunOutcome> {
    let population = Population {
        frequencies: table,
        theta: parameters.theta,
        minimum: parameters.minimum_frequency,
    };
    let ready = searches
        .iter()
        .map(|spec| ready(spec, sides, parameters, &population))
        .collect::<Result<Vec<_>>>()?;
    let inputs = RunInputs {
        gallery_generation: gallery.manifest().generation,
        gallery_manifest_blake3: gallery.manifest_hash().to_owned(),
        probe_blake3: probe_blake3.to_owned(),
        searches: ready,
        parameters,
        population,
    };
    execute(&inputs, execution, &Shown::new(*ui))
}
