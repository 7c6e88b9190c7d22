//! `tanba run`: a night, or one of its sweeps.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::adjudicate::say_decided;
use super::audit::{account_of_run, audited, event};
use super::begin;
use super::cluster_args::OnClusterArgs;
use super::common::{ExecutionArgs, PopulationArgs, RuleArgs, WayArgs, grouped, parameters};
use super::family_warnings::warn_of_searches;
use super::operation::{OperationArgs, Watch};
use super::place::{check_free, finished, place, publish, result};
use super::summary;
use super::ui::{Outcome, Ui};
use crate::audit::Asker;
use crate::device::cpu::CpuDevice;
use crate::domain::frequency::FrequencyTable;
use crate::domain::likelihood::Population;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::hits::bucket;
use crate::hits::part::Part;
use crate::language::message;
use crate::law::finger_purpose::Policy;
use crate::plan::finger_job::{FingerSearchSpec, Holdings, finger_searches};
use crate::plan::finger_screen::Penetration;
use crate::plan::finger_search::{FingerSides, ReadyFingerSearch, ready_finger};
use crate::plan::job::{Parameters, Sweep, searches};
use crate::plan::search::{ReadySearch, Sides, ready};
#[cfg(feature = "distributed")]
use crate::plan::way::WayChoice;
use crate::run::begin::Begin;
use crate::run::progress::Observer;
use crate::run::{Execution, RunInputs, RunOutcome, execute, load, part, since};

/// Ground of the searches of a night: each states its standing purpose, and no case.
const STANDING: &str = "standing";

/// What to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Preset {
    /// Every sweep
    Nightly,
    /// Persons registered twice: convicts by profile, every register by fingerprints
    Dedup,
    /// Traces against convicts, other traces and corpses; marks also against the other registers
    ColdCase,
    /// Corpses against families, convicts and other corpses; by fingerprints against every register
    MissingPerson,
}

impl Preset {
    /// The sweeps of the preset.
    pub(super) fn sweeps(self) -> &'static [Sweep] {
        match self {
            Preset::Nightly => &Sweep::NIGHTLY,
            Preset::Dedup => &[Sweep::Dedup],
            Preset::ColdCase => &[Sweep::ColdCase],
            Preset::MissingPerson => &[Sweep::MissingPerson],
        }
    }
}

/// Arguments of `tanba run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba run nightly --gallery registry --out night-1\n  \
tanba run dedup --gallery registry --out dedup-1 --expect-false 0.1\n  \
tanba run nightly --gallery registry --out night-2 --metrics tanba.prom --wait 10m\n  \
tanba run nightly --gallery registry --out night-3 --part 1/2\n\n\
Writes OUT/hits.parquet, clusters.parquet, histogram.parquet and run.json (docs/hits.md).")]
pub(super) struct RunArgs {
    /// What to run
    #[arg(value_enum)]
    preset: Preset,
    /// Directory of the gallery
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// Directory of the result
    #[arg(long, value_name = "DIR|URL", value_parser = result())]
    pub(super) out: PathBuf,
    /// Compare only pairs with a side that is newer than this earlier run of the gallery
    #[arg(long, value_name = "DIR|URL", value_parser = finished())]
    since: Option<PathBuf>,
    /// Replace a finished run in OUT
    #[arg(long)]
    pub(super) overwrite: bool,
    /// Do one part of the run in OUT, such as 2/8; `tanba finish --out OUT` makes the list of all
    #[arg(long, value_name = "I/N", conflicts_with = "overwrite")]
    pub(super) part: Option<Part>,
    #[command(flatten)]
    pub(super) operation: OperationArgs,
    #[command(flatten)]
    rule: RuleArgs,
    #[command(flatten)]
    population: PopulationArgs,
    #[command(flatten)]
    pub(super) execution: ExecutionArgs,
    #[command(flatten)]
    way: WayArgs,
    #[command(flatten)]
    pub(super) cluster: OnClusterArgs,
}

/// Runs the verb.
pub(super) fn run(args: &RunArgs, begin: &Begin, ui: &Ui) -> Result<Outcome> {
    let preset = args.preset.to_possible_value().map(|value| value.get_name().to_owned());
    let preset = preset.map(|name| ("preset", name));
    let part = args.part.map(|part| ("part", part.to_string()));
    let labels: Vec<_> = preset.into_iter().chain(part).collect();
    let watch = Watch::open(&args.operation, &labels, *ui)?;
    args.cluster.refuse_part(args.part)?;
    let done = match args.part {
        None => whole(args, begin, &watch, ui),
        Some(part) => one_part(args, part, begin, &watch, ui),
    };
    watch.end(&done);
    done
}

fn whole(args: &RunArgs, begin: &Begin, watch: &Watch, ui: &Ui) -> Result<Outcome> {
    if matches!(begin, Begin::New(_)) {
        check_free(&args.out, args.overwrite)?;
    }
    let (execution, table, parameters) = prepared(args, &args.out, begin, watch, ui)?;
    let night = args.night(&parameters, &table);
    audited(&args.gallery, event("run", standing()), |account| {
        let outcome = night.run(&args.gallery, &execution, watch, ui);
        let outcome = outcome.map_err(|error| begin::or_without(error, &args.gallery))?;
        watch.outcome(&outcome.report);
        account_of_run(&outcome, &args.out, account)?;
        publish(&args.out)?;
        parameters.set_aside.iter().for_each(|segment| ui.warn(begin::told(segment)));
        summary::show(&outcome.report, &outcome.hits, Some(&bucket::shown(&args.out)), ui);
        summary::warn_of_memory(&outcome.report, ui);
        say_decided(&args.gallery, &outcome.hits, ui)?;
        Ok(if outcome.hits.is_empty() { Outcome::NoHits } else { Outcome::Done })
    })
}

/// One part of a run. Where another part has begun the run, it is with the day and the gallery of that one.
fn one_part(args: &RunArgs, part: Part, begin: &Begin, watch: &Watch, ui: &Ui) -> Result<Outcome> {
    if let Some(results) = bucket::of(&args.out) {
        results.check_free(false)?;
        results.bring_job()?;
        results.bring_part(part)?;
    }
    let planned = |begin: &Begin| -> Result<Begin> {
        Ok(match (begin, part::planned(&args.out, part)?) {
            (Begin::New(line) | Begin::Planned(line, _), Some(job)) => {
                Begin::Planned(line.clone(), Box::new(job))
            }
            _ => begin.clone(),
        })
    };
    let first = planned(begin)?;
    match part_begun(args, part, &first, watch, ui) {
        // Another part was quicker to begin the run, on another day or generation, or in other ways.
        Err(Error::Conflict { .. }) if matches!(first, Begin::New(_)) => {
            part_begun(args, part, &planned(begin)?, watch, ui)
        }
        done => done,
    }
}

fn part_begun(
    args: &RunArgs,
    part: Part,
    begin: &Begin,
    watch: &Watch,
    ui: &Ui,
) -> Result<Outcome> {
    let directory = part.directory(&args.out);
    let (execution, table, parameters) = prepared(args, &directory, begin, watch, ui)?;
    let execution = Execution { out: args.out.clone(), ..execution };
    let night = args.night(&parameters, &table);
    audited(&args.gallery, event("run", standing()), |account| {
        let inputs = night.inputs_of(&args.gallery, &execution, ui);
        let inputs = inputs.map_err(|error| begin::or_without(error, &args.gallery))?;
        let outcome = part::execute_part(&inputs, &execution, part, watch)?;
        if let Some(results) = bucket::of(&args.out) {
            results.commit_part(part, &outcome.report.run_id)?;
        }
        parameters.set_aside.iter().for_each(|segment| ui.warn(begin::told(segment)));
        let report = &outcome.report;
        account.run_id = Some(report.run_id.clone());
        account.count("comparisons", report.comparisons);
        account.count("generation", inputs.gallery_generation);
        let out = bucket::shown(&args.out);
        let out = out.display();
        let id = if outcome.was_done { "status-part-was-done" } else { "status-part-run" };
        ui.say(message!(
            id,
            part = part.to_string(),
            run = &report.run_id,
            tiles = grouped(report.tiles),
            comparisons = grouped(report.comparisons),
            hits = grouped(report.hits),
        ));
        ui.say(message!("status-when-all-ended", out = out.to_string()));
        ui.document(&serde_json::json!({
            "type": "part", "out": out.to_string(), "was_done": outcome.was_done, "report": report,
        }));
        Ok(Outcome::Done)
    })
}

/// Who asks for the searches of a night.
fn standing() -> Asker {
    Asker { ground: Some(STANDING.into()), ..Asker::default() }
}

/// What a run needs besides the gallery, once nobody else writes into `directory`.
fn prepared(
    args: &RunArgs,
    directory: &Path,
    begin: &Begin,
    watch: &Watch,
    ui: &Ui,
) -> Result<(Execution, FrequencyTable, Parameters)> {
    let table = args.population.table()?;
    let day = begin::day(begin, args.rule.as_of)?;
    let mut parameters = parameters(&args.population, &args.rule, &table, day)?;
    parameters.since = args.since.as_deref().map(since::run_id).transpose()?;
    let execution = args.execution.execution(args.out.clone(), args.overwrite, ui)?;
    let execution = Execution {
        way: args.way.way,
        begin: begin.clone(),
        wait_until: args.operation.wait_until(),
        elsewhere: args.cluster.elsewhere()?,
        ..execution
    };
    // Before the gallery is opened: what is waited for may have gone on for hours.
    watch.wait_until_free(directory, &execution)?;
    if args.rule.without_broken {
        begin::set_aside(begin::gallery(begin, &args.gallery)?, true, &mut parameters, ui);
    }
    Ok((execution, table, parameters))
}

#[cfg(feature = "distributed")]
impl RunArgs {
    /// Makes the paths that are read while tiles are done independent of the directory of work.
    pub(super) fn make_absolute(&mut self, directory: &Path) {
        self.gallery = directory.join(&self.gallery);
        self.since = self.since.as_ref().map(|since| directory.join(since));
    }

    /// How searches of records in themselves are done.
    pub(super) fn way(&self) -> WayChoice {
        self.way.way
    }

    /// Calls `use_inputs` with the inputs of the run that `execution` goes on with, in the directory it was begun in.
    /// Nothing is said: who began it has said it.
    ///
    /// # Errors
    /// As of a run that goes on, or of `use_inputs`.
    pub(super) fn with_inputs(
        &self,
        execution: &Execution,
        use_inputs: impl FnOnce(&RunInputs) -> Result<()>,
    ) -> Result<()> {
        let table = self.population.table()?;
        let day = begin::day(&execution.begin, self.rule.as_of)?;
        let mut parameters = parameters(&self.population, &self.rule, &table, day)?;
        parameters.since = self.since.as_deref().map(since::run_id).transpose()?;
        if self.rule.without_broken {
            let gallery = begin::gallery(&execution.begin, &self.gallery)?;
            parameters.set_aside = gallery.broken_segments();
        }
        let night = self.night(&parameters, &table);
        let (inputs, _) = night.quiet_inputs(&self.gallery, execution)?;
        use_inputs(&inputs)
    }
}

impl RunArgs {
    fn night<'a>(&'a self, parameters: &'a Parameters, table: &'a FrequencyTable) -> Night<'a> {
        Night { sweeps: self.preset.sweeps(), parameters, table, since: self.since.as_deref() }
    }
}

/// Says that everything is compared again, and why.
pub(super) fn warn_of_changes(changed: &[String], ui: &Ui) {
    if !changed.is_empty() {
        ui.warn(message!("status-changed", changed = changed.join(", ")));
    }
}

/// Sweeps over a gallery, of profiles and of fingerprints.
pub(super) struct Night<'a> {
    pub(super) sweeps: &'a [Sweep],
    pub(super) parameters: &'a Parameters,
    pub(super) table: &'a FrequencyTable,
    /// Directory of an earlier run that this one goes on from.
    pub(super) since: Option<&'a Path>,
}

/// What both kinds of searches compare, made ready.
pub(super) struct ReadySearches {
    /// Sides of the searches of profiles.
    pub(super) sides: Sides,
    /// Searches of profiles.
    pub(super) searches: Vec<ReadySearch>,
    /// Sides of the searches of fingerprints.
    pub(super) finger_sides: FingerSides,
    /// Searches of fingerprints.
    pub(super) finger_searches: Vec<ReadyFingerSearch>,
    /// Whose fingerprints of which registers the gallery holds.
    pub(super) holdings: Holdings,
    /// What has changed since the earlier run a night was to go on from, so that everything is compared again.
    pub(super) changed: Vec<String>,
}

impl Night<'_> {
    /// Runs the sweeps over the records in a gallery.
    ///
    /// # Errors
    /// The gallery cannot be read, or as [`execute`].
    pub(super) fn run(
        &self,
        gallery: &Path,
        execution: &Execution,
        observer: &dyn Observer,
        ui: &Ui,
    ) -> Result<RunOutcome> {
        let inputs = self.inputs_of(gallery, execution, ui)?;
        execute(&inputs, execution, observer)
    }

    /// The inputs of a run of the sweeps over a gallery.
    ///
    /// # Errors
    /// The gallery cannot be read, or a record that takes part in what goes on may do so no more.
    fn inputs_of(&self, root: &Path, execution: &Execution, ui: &Ui) -> Result<RunInputs<'_>> {
        let (inputs, changed) = self.quiet_inputs(root, execution)?;
        warn_of_searches(&inputs.searches, ui)?;
        warn_of_changes(&changed, ui);
        Ok(inputs)
    }

    /// As [`Self::inputs_of`], with what has changed since an earlier run; nothing is said.
    fn quiet_inputs(
        &self,
        root: &Path,
        execution: &Execution,
    ) -> Result<(RunInputs<'_>, Vec<String>)> {
        let gallery = begin::gallery(&execution.begin, root)?.without(&self.parameters.set_aside);
        let ready = self.ready(&gallery, execution.devices.cpu.device.cpu())?;
        begin::still_lawful(&execution.begin, root, &ready)?;
        let inputs = self.inputs(&gallery, "", ready.searches, ready.finger_searches);
        Ok((inputs, ready.changed))
    }

    /// Makes every search of the sweeps ready that the gallery has records for. A gallery of
    /// fingerprints alone makes no search of profiles.
    ///
    /// # Errors
    /// The gallery cannot be read, or the law refuses a search.
    pub(super) fn ready(&self, gallery: &Gallery, device: &CpuDevice) -> Result<ReadySearches> {
        let policy = Policy { across_owners: self.parameters.across_owners };
        let holdings = Holdings::of(&gallery.manifest().finger_segments);
        let mut specs = Vec::new();
        let mut finger_specs = Vec::new();
        for sweep in self.sweeps {
            specs.extend(searches(*sweep)?);
            finger_specs.extend(finger_searches(*sweep, &holdings, policy)?);
        }
        if gallery.manifest().segments.is_empty() && !finger_specs.is_empty() {
            specs.clear();
        }
        let day = self.parameters.as_of;
        let sides = load::sides(gallery, &specs, true, day)?;
        let population = self.population();
        let mut searches = specs
            .iter()
            .map(|spec| ready(spec, &sides, self.parameters, &population))
            .collect::<Result<Vec<_>>>()?;
        let finger_sides = load::finger_sides(gallery, &finger_specs, true, day)?;
        let mut finger_searches = self.ready_fingers(&finger_specs, &finger_sides, device);
        let mut changed = Vec::new();
        if let Some(directory) = self.since {
            let since = since::read(directory, gallery, self.parameters)?;
            let goes_on = |name: &str| since.searches.contains(name);
            for search in searches.iter_mut().filter(|s| goes_on(&s.spec.name)) {
                since.watermark.mark(search, &sides);
            }
            for search in finger_searches.iter_mut().filter(|s| goes_on(&s.spec.name)) {
                search.mark(&since.watermark);
            }
            changed = since.changed;
        }
        Ok(ReadySearches { sides, searches, finger_sides, finger_searches, holdings, changed })
    }

    /// Makes searches of fingerprints ready.
    pub(super) fn ready_fingers(
        &self,
        specs: &[FingerSearchSpec],
        sides: &FingerSides,
        device: &CpuDevice,
    ) -> Vec<ReadyFingerSearch> {
        let made =
            |spec| ready_finger(spec, sides, self.parameters, Penetration::default(), device);
        specs.iter().map(made).collect()
    }

    /// The population model of likelihood ratios.
    pub(super) fn population(&self) -> Population<'_> {
        Population {
            frequencies: self.table,
            theta: self.parameters.theta,
            minimum: self.parameters.minimum_frequency,
        }
    }

    /// The inputs of a run of searches made ready; `probe_blake3` identifies ad-hoc probes.
    pub(super) fn inputs(
        &self,
        gallery: &Gallery,
        probe_blake3: &str,
        searches: Vec<ReadySearch>,
        finger_searches: Vec<ReadyFingerSearch>,
    ) -> RunInputs<'_> {
        RunInputs {
            gallery_generation: gallery.manifest().generation,
            gallery_manifest_blake3: gallery.manifest_hash().to_owned(),
            probe_blake3: probe_blake3.to_owned(),
            searches,
            finger_searches,
            parameters: self.parameters,
            population: self.population(),
        }
    }
}
