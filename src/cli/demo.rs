//! `tanba demo`: a registry, a night, and the truth beside it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::common::{
    ExecutionArgs, PopulationArgs, RuleArgs, expectation, grouped, living_day, parameters, today,
};
use super::evaluate;
use super::import::file_name;
use super::progress::Shown;
use super::run::{Night, Preset};
use super::summary;
use super::ui::{Outcome, Ui};
use crate::domain::category::Index;
use crate::error::{Error, Result};
use crate::evaluate::Evaluation;
use crate::gallery::commit::{self, ImportOutcome, Intake};
use crate::hits::output::HITS_FILE;
use crate::hits::report::RunReport;
use crate::import::mitochondrial::HaplotypeTables;
use crate::import::{ImportOptions, import_file};
use crate::synth::{self, SynthOptions};

/// Arguments of `tanba demo`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tanba demo --persons 2000 --out demo-small\n\n\
Everything is synthetic; no real person is in it.")]
pub(super) struct DemoArgs {
    /// Persons to simulate; most have no record
    #[arg(long, default_value_t = 20_000)]
    persons: u32,
    /// Seed of the registry
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Directory of registry, gallery and night; replaced if it is an earlier demo
    #[arg(long, default_value = "tanba-demo", value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    rule: RuleArgs,
    #[command(flatten)]
    population: PopulationArgs,
    #[command(flatten)]
    execution: ExecutionArgs,
}

/// File that marks a directory as a demo's, so that nothing else is ever deleted.
const MARK: &str = ".tanba-demo";

/// Runs the verb.
pub(super) fn run(args: &DemoArgs, ui: &Ui) -> Result<Outcome> {
    let started = Instant::now();
    clear(&args.out)?;
    let table = args.population.table()?;
    let mut options = SynthOptions::new(args.persons, table.clone());
    options.seed = args.seed;
    options.as_of = today();
    let registry_dir = args.out.join("registry");
    let registry = synth::generate(&options)?;
    synth::write_registry(&registry_dir, &registry)?;
    ui.say(format!(
        "1. a registry of {} persons, seed {}: {} records, in {}",
        grouped(u64::from(args.persons)),
        args.seed,
        grouped(registry.records.len() as u64),
        registry_dir.display()
    ));
    let gallery = args.out.join("gallery");
    let import_started = Instant::now();
    let added = import_all(&registry_dir, &gallery, options.as_of)?;
    let seconds = import_started.elapsed().as_secs_f64();
    ui.say(format!(
        "2. imported {} records into {} in {seconds:.1} s ({:.0} records/s)",
        grouped(added),
        gallery.display(),
        added as f64 / seconds
    ));
    let night = args.out.join("night");
    let parameters =
        parameters(&args.population, &args.rule, &table, living_day(args.rule.as_of)?)?;
    let execution = args.execution.execution(night.clone(), true, ui)?;
    let sweeps = Preset::Nightly.sweeps();
    let night_run = Night { sweeps, parameters: &parameters, table: &table, since: None };
    let outcome = night_run.run(&gallery, &execution, &Shown::new(*ui), ui)?;
    let evaluation =
        evaluate::evaluated(&night, &registry_dir, &night.join(evaluate::EVALUATION_FILE))?;
    ui.say("3. ran the night and compared its hits with the truth:\n");
    ui.say(night_table(&outcome.report, &evaluation, ui));
    ui.say(
        "\nsame source: pairs that the registry planted (a person registered twice, a stain and its \
         donor,\na body and its family); chance: hits of unrelated persons, against the number the \
         model expects;\nrelatives and twins are true kin found by a search for identity or another \
         relation.",
    );
    summary::say_lineages(&outcome.report.searches, ui);
    let comparisons: u64 = outcome.report.searches.iter().map(|s| s.comparisons).sum();
    let seconds: f64 = outcome.report.searches.iter().map(|s| s.seconds).sum();
    ui.say(format!(
        "\n{} comparisons in {seconds:.2} s: {:.1e} pairs per second on {} threads ({}); the whole \
         demo took {:.1} s.",
        grouped(comparisons),
        comparisons as f64 / seconds.max(1e-9),
        outcome.report.threads,
        outcome.report.simd_level,
        started.elapsed().as_secs_f64(),
    ));
    show_next_steps(&night, &registry_dir, &gallery, ui);
    ui.document(&serde_json::json!({
        "type": "demo", "report": outcome.report, "evaluation": evaluation,
    }));
    Ok(Outcome::Done)
}

/// Where the hit list lies, and commands to look further.
fn show_next_steps(night: &Path, registry: &Path, gallery: &Path, ui: &Ui) {
    let hits = night.join(HITS_FILE);
    ui.say(format!(
        "\nHit list: {}\nLook further:\n  tanba evaluate --run {} --truth {}\n  \
         tanba plan nightly --gallery {}\n  tanba gallery info {}\n  \
         duckdb -c \"select * from '{}' order by search, rank limit 10\"",
        hits.display(),
        night.display(),
        registry.display(),
        gallery.display(),
        gallery.display(),
        hits.display(),
    ));
}

/// One line per search: what it cost, what it found, what it should have found.
fn night_table(report: &RunReport, evaluation: &Evaluation, ui: &Ui) -> String {
    let mut table = ui.table(&[
        "search",
        "comparisons",
        "seconds",
        "hits",
        "same source",
        "missed",
        "kin, twins",
        "by chance",
        "expected",
    ]);
    for (search, truth) in report.searches.iter().zip(&evaluation.searches) {
        table.add_row([
            search.search.clone(),
            grouped(search.comparisons),
            format!("{:.2}", search.seconds),
            grouped(search.hits),
            format!("{} of {}", grouped(truth.found), grouped(truth.mated)),
            grouped(truth.missed()),
            grouped(truth.hits_twin + truth.hits_relative.values().sum::<u64>()),
            grouped(truth.hits_chance),
            expectation(search.expected_chance_hits),
        ]);
    }
    table.to_string()
}

/// Empties an earlier demo's directory; refuses to touch any other.
fn clear(out: &Path) -> Result<()> {
    let mark = out.join(MARK);
    if out.exists() && !mark.exists() {
        let empty = std::fs::read_dir(out).map_err(Error::io(out))?.next().is_none();
        if !empty {
            return Err(Error::usage(
                format!("{} is not empty and not an earlier demo", out.display()),
                "choose another --out",
            ));
        }
    }
    if mark.exists() {
        std::fs::remove_dir_all(out).map_err(Error::io(out))?;
    }
    std::fs::create_dir_all(out).map_err(Error::io(out))?;
    std::fs::write(&mark, "made by tanba demo; replaced by the next one\n")
        .map_err(Error::io(&mark))
}

/// Imports every file of a synthetic registry, as an operator would.
fn import_all(registry: &Path, gallery: &Path, as_of: jiff::civil::Date) -> Result<u64> {
    let mut added = 0;
    for (index, table) in synth::table_paths(registry) {
        let mut paths = vec![table];
        if index == Index::Relative {
            paths.push(synth::families_path(registry));
        }
        let tables = HaplotypeTables::read(
            &synth::haplotypes_path(registry, index).into_iter().collect::<Vec<_>>(),
        )?;
        let options = ImportOptions {
            index,
            owner: "agis".into(),
            registered_on: as_of,
            today: as_of,
            aliases: Default::default(),
            partial: false,
            lineage_only: false,
            haplotypes: tables.by_id(),
        };
        let mut intakes = Vec::new();
        for path in &paths {
            let imported = import_file(path, &options)?;
            if let Some(first) = imported.rejections.into_iter().next() {
                return Err(first.into());
            }
            intakes.push(Intake {
                file_hash: imported.file_hash,
                file_name: file_name(path),
                records: imported.records,
                family_members: imported.family_members,
                pedigree_persons: imported.pedigree_persons,
                rejected: 0,
            });
        }
        match commit::import(gallery, index, "agis", &intakes)? {
            ImportOutcome::Committed(committed) => added += committed.added,
            ImportOutcome::Clashes(clashes) => {
                let ids: Vec<String> = clashes.into_iter().map(|c| c.record_id).collect();
                return Err(Error::usage(format!("ids clash: {}", ids.join(", ")), "report this"));
            }
        }
    }
    Ok(added)
}
