//! `tanba search`: the records of a file, or fingerprint records of the gallery itself, against a gallery.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use jiff::civil::Date;

use super::ask::{AskArgs, Permit};
use super::audit::{account_of_run, audited, event};
use super::common::{
    ExecutionArgs, PopulationArgs, RuleArgs, device, parameters, parse_index, parse_register,
};
use super::family_warnings::warn_of_searches;
use super::import::parse_alias;
use super::place::{check_free, place, publish, result};
use super::progress::Shown;
use super::run::{Night, ReadySearches};
use super::ui::{Outcome, Ui};
use super::{begin, plan, search_finger, summary};
use crate::audit::Account;
use crate::domain::category::Index;
use crate::domain::locus::Locus;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::gallery::segment::Segment;
use crate::hits::bucket::shown;
use crate::import::{ImportOptions, Imported, import_file};
use crate::law::access::Sight;
use crate::plan::census::Side;
use crate::plan::finger_job::Holdings;
use crate::plan::finger_search::FingerSides;
use crate::plan::job::{SearchSpec, ad_hoc_searches};
use crate::plan::search::ready;
use crate::run::begin::Begin;
use crate::run::{execute, load, probes};

/// Arguments of `tanba search`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
tanba search stain.csv --probe-index trace --gallery registry --out search-1\n  \
tanba search stain.csv --probe-index trace --gallery registry --plan\n  \
tanba search body.xml --probe-index corpse --gallery registry --index convict,relative --top 10 --out search-2\n  \
tanba search mark.iso --probe-register trace --gallery registry --in convict --top 20\n  \
tanba search --record FP0000012 --gallery registry --fpir 0.01\n  \
tanba search stain.csv --probe-index trace --gallery registry --role criminal-police --ground criminal --case K-1\n\n\
Genomic probes have an index, fingerprints a register. Without --index or --in everything is searched\n\
that the law allows for the probe. A search the law forbids is refused with exit code 5 before any work.")]
#[command(group(clap::ArgGroup::new("what").required(true).args(["probe", "record"])))]
#[command(group(clap::ArgGroup::new("category").required(true)
    .args(["probe_index", "probe_register", "record"])))]
pub(super) struct SearchArgs {
    /// File with the probes, in any format `import` reads
    #[arg(value_name = "PROBE")]
    pub(super) probe: Option<PathBuf>,
    /// A fingerprint record of the gallery to search, instead of a file; may be repeated
    #[arg(long, value_name = "ID")]
    pub(super) record: Vec<String>,
    /// Legal category of genomic probes: convict, trace, corpse or relative
    #[arg(long, value_parser = parse_index)]
    probe_index: Option<Index>,
    /// Legal category of fingerprint probes: citizen, seafarer, resident, refugee, expelled, visa,
    /// convict, trace or corpse
    #[arg(long, value_parser = parse_register)]
    pub(super) probe_register: Option<Register>,
    /// A laboratory's own name of a locus, such as STR7=D7S820; may be repeated
    #[arg(long, value_name = "NAME=LOCUS", value_parser = parse_alias)]
    alias: Vec<(String, Locus)>,
    /// Directory of the gallery
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    pub(super) gallery: PathBuf,
    /// Indexes to search for genomic probes, separated by commas
    #[arg(long, value_delimiter = ',', value_parser = parse_index, conflicts_with_all = ["probe_register", "record"])]
    index: Vec<Index>,
    /// Registers to search for fingerprint probes, separated by commas
    #[arg(long = "in", value_delimiter = ',', value_name = "REGISTERS", value_parser = parse_register, conflicts_with = "probe_index")]
    pub(super) registers: Vec<Register>,
    /// Directory of the result; without it every hit is shown and nothing is kept
    #[arg(long, value_name = "DIR|URL", value_parser = result())]
    pub(super) out: Option<PathBuf>,
    /// Say what the search would do, and do nothing
    #[arg(long)]
    plan: bool,
    /// Replace a finished run in OUT
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    pub(super) ask: AskArgs,
    #[command(flatten)]
    pub(super) rule: RuleArgs,
    #[command(flatten)]
    pub(super) population: PopulationArgs,
    #[command(flatten)]
    pub(super) execution: ExecutionArgs,
}

/// Runs the verb.
pub(super) fn run(args: &SearchArgs, begin: &Begin, ui: &Ui) -> Result<Outcome> {
    audited(&args.gallery, event("search", args.ask.asker()), |account| {
        let permit = args.ask.permit(&args.gallery, account)?;
        run_permitted(args, &mut Asked { permit: &permit, account, begin }, ui)
            .map_err(|error| begin::or_without(error, &args.gallery))
    })
}

/// Whoever asked may ask: what they may see, and the account of it; and whether the search begins or goes on.
pub(super) struct Asked<'a> {
    pub(super) permit: &'a Permit,
    pub(super) account: &'a mut Account,
    pub(super) begin: &'a Begin,
}

fn run_permitted(args: &SearchArgs, asked: &mut Asked<'_>, ui: &Ui) -> Result<Outcome> {
    args.execution.limit_memory(args.out.as_deref().unwrap_or(&std::env::temp_dir()))?;
    match (args.probe_index, &args.probe) {
        (Some(index), Some(probe)) => run_profiles(args, (index, probe), asked, ui),
        (Some(_), None) => Err(Error::usage(
            "--record names fingerprint records, and --probe-index is for genomic probes",
            "give the file of the profiles instead of --record",
        )),
        (None, _) => search_finger::run(args, asked, ui),
    }
}

/// Searches the genomic records of a file.
fn run_profiles(
    args: &SearchArgs,
    (index, probe): (Index, &Path),
    asked: &mut Asked<'_>,
    ui: &Ui,
) -> Result<Outcome> {
    let started = Instant::now();
    let searches = ad_hoc_searches(index, &args.index)?;
    let sight = |spec: &SearchSpec| Sight::Profiles(spec.probe, spec.gallery);
    let searches = asked.permit.keep(searches, !args.index.is_empty(), sight, ui)?;
    let table = args.population.table()?;
    let day = begin::day(asked.begin, args.rule.as_of)?;
    let mut parameters = parameters(&args.population, &args.rule, &table, day)?;
    let mut imported = profiles_of_file(probe, index, (day, &args.alias), ui)?;
    let gallery = begin::gallery(asked.begin, &args.gallery)?;
    let gallery = begin::set_aside(gallery, args.rule.without_broken, &mut parameters, ui);
    let statuses = gallery.statuses()?;
    let day = parameters.as_of;
    let records = &mut imported.records;
    let admitted = probes::admit(&gallery, &statuses, index, records, day)?;
    admitted.lines().iter().for_each(|line| ui.warn(line));
    let mut sides = load::sides(&gallery, &searches, false, parameters.as_of)?;
    let segment = Segment::in_memory(index, &imported.records)?;
    let side = Side::new(vec![Arc::new(segment)], &statuses, day);
    sides.ad_hoc_probes = Some(Arc::new(side));
    let night = Night { sweeps: &[], parameters: &parameters, table: &table, since: None };
    let population = night.population();
    let ready = searches
        .iter()
        .map(|spec| ready(spec, &sides, &parameters, &population))
        .collect::<Result<Vec<_>>>()?;
    let ready = ReadySearches {
        sides,
        searches: ready,
        finger_sides: FingerSides::default(),
        finger_searches: Vec::new(),
        holdings: Holdings::default(),
        changed: Vec::new(),
    };
    finish(args, &night, &gallery, &imported.file_hash, (ready, started), asked, ui)
}

/// The profiles of a file that is searched.
///
/// # Errors
/// The file cannot be read, anything of it is refused, or it holds no profile.
pub(super) fn profiles_of_file(
    path: &Path,
    index: Index,
    (day, aliases): (Date, &[(String, Locus)]),
    ui: &Ui,
) -> Result<Imported> {
    let options = ImportOptions {
        index,
        owner: "ad-hoc".into(),
        registered_on: day,
        today: day,
        aliases: aliases.iter().cloned().collect(),
        partial: false,
        lineage_only: false,
        haplotypes: Default::default(),
    };
    let mut imported = import_file(path, &options)?;
    for warning in &imported.warnings {
        ui.warn(format!("{}: {warning}", path.display()));
    }
    if !imported.rejections.is_empty() {
        return Err(imported.rejections.swap_remove(0).into());
    }
    if imported.records.is_empty() {
        return Err(Error::usage(
            format!("{} holds no profile", path.display()),
            "give a file with at least one profile",
        ));
    }
    Ok(imported)
}

/// Plans or runs searches made ready since a time, as the arguments say.
pub(super) fn finish(
    args: &SearchArgs,
    night: &Night<'_>,
    gallery: &Gallery,
    probe_hash: &str,
    (ready, started): (ReadySearches, Instant),
    asked: &mut Asked<'_>,
    ui: &Ui,
) -> Result<Outcome> {
    if args.plan {
        let device = device()?;
        let workers = args.execution.workers(&device, started);
        plan::show(&ready, workers, night.parameters, &night.population(), ui)?;
        return Ok(Outcome::Done);
    }
    begin::still_lawful(asked.begin, &args.gallery, &ready)?;
    warn_of_searches(&ready.searches, ui)?;
    let passing = tempfile::tempdir().map_err(Error::io(&std::env::temp_dir()))?;
    let out = args.out.as_deref().unwrap_or(passing.path());
    if matches!(asked.begin, Begin::New(_)) {
        check_free(out, args.overwrite)?;
    }
    let mut execution = args.execution.execution(out.to_owned(), args.overwrite, ui)?;
    execution.begin = asked.begin.clone();
    execution.case = asked.permit.binding();
    let inputs = night.inputs(gallery, probe_hash, ready.searches, ready.finger_searches);
    let outcome = execute(&inputs, &execution, &Shown::new(*ui))?;
    account_of_run(&outcome, out, asked.account)?;
    publish(out)?;
    summary::show(&outcome.report, &outcome.hits, args.out.as_deref().map(shown).as_deref(), ui);
    summary::warn_of_memory(&outcome.report, ui);
    night.parameters.set_aside.iter().for_each(|segment| ui.warn(begin::told(segment)));
    Ok(if outcome.hits.is_empty() { Outcome::NoHits } else { Outcome::Done })
}
