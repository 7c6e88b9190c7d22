//! `tanba search`: the records of a file against a gallery.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::common::{ExecutionArgs, PopulationArgs, RuleArgs, parameters, parse_index};
use super::import::parse_alias;
use super::run::run_ready;
use super::ui::{Outcome, Ui};
use super::{plan, summary};
use crate::domain::category::Index;
use crate::domain::locus::Locus;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::gallery::segment::Segment;
use crate::import::{ImportOptions, import_file};
use crate::plan::census::Side;
use crate::plan::job::ad_hoc_searches;
use crate::plan::search::ready;
use crate::run::{load, probes};

/// Arguments of `tanba search`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
tanba search stain.csv --probe-index trace --gallery registry --out search-1\n  \
tanba search stain.csv --probe-index trace --gallery registry --plan\n  \
tanba search body.xml --probe-index corpse --gallery registry --index convict,relative --top 10 --out search-2\n\n\
Without --index every index is searched that the law allows for the probe. A search the law forbids\n\
is refused with exit code 5 before any work.")]
pub(super) struct SearchArgs {
    /// File with the probes, in any format `import` reads
    #[arg(value_name = "PROBE")]
    probe: PathBuf,
    /// Legal category of the probes: convict, trace, corpse or relative
    #[arg(long, value_parser = parse_index)]
    probe_index: Index,
    /// A laboratory's own name of a locus, such as STR7=D7S820; may be repeated
    #[arg(long, value_name = "NAME=LOCUS", value_parser = parse_alias)]
    alias: Vec<(String, Locus)>,
    /// Directory of the gallery
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,
    /// Indexes to search, separated by commas
    #[arg(long, value_delimiter = ',', value_parser = parse_index)]
    index: Vec<Index>,
    /// Directory of the result; without it every hit is shown and nothing is kept
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Say what the search would do, and do nothing
    #[arg(long)]
    plan: bool,
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
pub(super) fn run(args: &SearchArgs, ui: &Ui) -> Result<Outcome> {
    let searches = ad_hoc_searches(args.probe_index, &args.index)?;
    let table = args.population.table()?;
    let parameters = parameters(&args.population, &args.rule, &table)?;
    let options = ImportOptions {
        index: args.probe_index,
        owner: "ad-hoc".into(),
        registered_on: parameters.as_of,
        aliases: args.alias.iter().cloned().collect(),
        partial: false,
    };
    let mut imported = import_file(&args.probe, &options)?;
    for warning in &imported.warnings {
        ui.warn(format!("{}: {warning}", args.probe.display()));
    }
    if let Some(first) = imported.rejections.into_iter().next() {
        return Err(first.into());
    }
    if imported.records.is_empty() {
        return Err(Error::usage(
            format!("{} holds no profile", args.probe.display()),
            "give a file with at least one profile",
        ));
    }
    let gallery = Gallery::open(&args.gallery)?;
    let statuses = gallery.statuses()?;
    let day = parameters.as_of;
    let records = &mut imported.records;
    for line in probes::admit(&gallery, &statuses, args.probe_index, records, day)? {
        ui.warn(line);
    }
    let mut sides = load::sides(&gallery, &searches, false, parameters.as_of)?;
    let segment = Segment::in_memory(args.probe_index, &imported.records)?;
    let side = Side::new(vec![Arc::new(segment)], &statuses, day);
    sides.ad_hoc_probes = Some(Arc::new(side));
    if args.plan {
        let population = args.population.population(&table);
        let ready = searches
            .iter()
            .map(|spec| ready(spec, &sides, &parameters, &population))
            .collect::<Result<Vec<_>>>()?;
        plan::show(&ready, &sides, args.execution.threads(), &parameters, &population, ui)?;
        return Ok(Outcome::Done);
    }
    let passing = tempfile::tempdir().map_err(Error::io(&std::env::temp_dir()))?;
    let out = args.out.as_deref().unwrap_or(passing.path());
    let execution = args.execution.execution(out.to_owned(), args.overwrite)?;
    let outcome = run_ready(
        &gallery,
        &searches,
        &sides,
        &imported.file_hash,
        (&parameters, &table),
        &execution,
        ui,
    )?;
    summary::show(&outcome.report, &outcome.hits, args.out.as_deref(), ui);
    Ok(if outcome.hits.is_empty() { Outcome::NoHits } else { Outcome::Done })
}
