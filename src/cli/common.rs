//! Arguments that several verbs share, and what they mean.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use bytesize::ByteSize;
use clap::Args;
use jiff::civil::Date;

use super::begin::{self, interrupt_flag};
use super::pedigree_args::TransmissionArgs;
use super::ui::Ui;
use crate::device::cpu::CpuDevice;
use crate::device::{DeviceChoice, Devices, NoDevice, selftest};
use crate::domain::builtin_frequencies::{DEFAULT_NAME, NAMES, builtin};
use crate::domain::calibration::{self, Calibration};
use crate::domain::category::Index;
use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
use crate::domain::likelihood::Population;
use crate::domain::record::DnaRecord;
use crate::domain::register::Register;
use crate::domain::rule_set::{self, RuleSet};
use crate::error::{Error, Result};
pub(super) use crate::evaluate::{expectation, grouped};
use crate::gallery::memory;
use crate::import::calibration::read_calibration;
use crate::import::frequency::read_frequencies;
use crate::import::rules::read_rule_set;
use crate::import::{ImportOptions, import_file};
use crate::plan::cost::Workers;
use crate::plan::job::{Parameters, Threshold};
use crate::plan::tile::TileSize;
use crate::plan::way::WayChoice;
use crate::run::Execution;

/// The population model of likelihood ratios.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Population")]
pub(super) struct PopulationArgs {
    /// Allele frequencies: a built-in table or a file
    #[arg(long, default_value = DEFAULT_NAME, value_name = "NAME|FILE")]
    pub(super) frequencies: String,
    /// Which population of a frequency file that holds several
    #[arg(long, value_name = "NAME")]
    pub(super) frequency_origin: Option<String>,
    /// Coancestry coefficient of the subpopulation correction (NRC II 4.10)
    #[arg(long, default_value_t = 0.01, allow_negative_numbers = true)]
    pub(super) theta: f64,
    /// Rare alleles: `unseen` (only unseen ones get 5/2N), `5/2N` (all at least that), or a number
    /// [default: 5/2N in searches, unseen in `score`]
    #[arg(long, value_name = "RULE", value_parser = parse_minimum)]
    pub(super) min_frequency: Option<MinimumFrequency>,
}

fn parse_minimum(text: &str) -> std::result::Result<MinimumFrequency, String> {
    match text {
        "unseen" => Ok(MinimumFrequency::UnseenOnly),
        "5/2N" => Ok(MinimumFrequency::FiveObservations),
        number => number
            .parse()
            .map(MinimumFrequency::Fixed)
            .map_err(|_| "is `unseen`, `5/2N` or a number such as 0.001".to_owned()),
    }
}

impl PopulationArgs {
    /// The frequency table these arguments name.
    ///
    /// # Errors
    /// As [`frequency_table`].
    pub(super) fn table(&self) -> Result<FrequencyTable> {
        frequency_table(&self.frequencies, self.frequency_origin.as_deref())
    }

    /// The rule for rare alleles of a search: the cautious one, unless another is asked for.
    fn search_minimum(&self) -> MinimumFrequency {
        self.min_frequency.unwrap_or(MinimumFrequency::FiveObservations)
    }

    /// The model of a search over `table`.
    pub(super) fn population<'a>(&self, table: &'a FrequencyTable) -> Population<'a> {
        Population { frequencies: table, theta: self.theta, minimum: self.search_minimum() }
    }
}

/// The built-in table called `name`, else the table in the file of that name.
///
/// # Errors
/// `name` is neither, or the file is not a frequency table.
pub(super) fn frequency_table(name: &str, origin: Option<&str>) -> Result<FrequencyTable> {
    let path = Path::new(name);
    match builtin(name) {
        Some(Ok(table)) => Ok(table),
        Some(Err(error)) => Err(Error::usage(error.to_string(), "reinstall tanba")),
        None if path.exists() => read_frequencies(path, origin),
        None => Err(Error::usage(
            format!("{name} is neither a built-in frequency table nor a file"),
            format!("built-in tables: {}", NAMES.join(", ")),
        )),
    }
}

/// The built-in rule set called `name`, else the one in the file of that name.
///
/// # Errors
/// `name` is neither, or the file is not a rule set.
pub(super) fn rule_set(name: &str) -> Result<RuleSet> {
    match rule_set::builtin(name) {
        Some(rules) => rules.map_err(|e| Error::usage(e.to_string(), "reinstall tanba")),
        None if Path::new(name).exists() => read_rule_set(Path::new(name)),
        None => Err(Error::usage(
            format!("{name} is neither a built-in rule set nor a file"),
            format!("built-in sets: {}", rule_set::NAMES.join(", ")),
        )),
    }
}

/// How similarities of fingerprints become scores.
#[derive(Debug, Clone, Args)]
pub(super) struct CalibrationArgs {
    /// Table from similarity of fingerprints to false match rate, made by `tanba evaluate finger --calibrate`
    /// [default: the built-in one]
    #[arg(long, value_name = "FILE")]
    pub(super) calibration: Option<PathBuf>,
}

impl CalibrationArgs {
    /// The table these arguments name.
    ///
    /// # Errors
    /// As [`read_calibration`].
    pub(super) fn table(&self) -> Result<Calibration> {
        self.calibration.as_deref().map_or(Ok(calibration::BUILTIN), read_calibration)
    }
}

/// What makes a pair a hit.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Rule and threshold")]
pub(super) struct RuleArgs {
    /// Chance hits accepted per search; the threshold follows from it
    #[arg(long, default_value_t = 1.0, value_name = "E")]
    pub(super) expect_false: f64,
    /// Least score of a hit (log10 likelihood ratio; -log10 false match rate), instead of
    /// --expect-false
    #[arg(
        long,
        value_name = "LOG10",
        conflicts_with = "expect_false",
        allow_negative_numbers = true
    )]
    pub(super) threshold: Option<f64>,
    /// False match rate accepted: chance hits per comparison, instead of --expect-false
    #[arg(long, value_name = "RATE", conflicts_with_all = ["expect_false", "threshold"])]
    pub(super) fmr: Option<f64>,
    /// False positive identification rate accepted: chance hits per probe, instead of --expect-false
    #[arg(long, value_name = "RATE", conflicts_with_all = ["expect_false", "threshold", "fmr"])]
    pub(super) fpir: Option<f64>,
    /// Rules of searches of identity between profiles: a built-in set (`tanba rules list`) or a TOML file
    #[arg(long, default_value = rule_set::NAMES[0], value_name = "NAME|FILE")]
    pub(super) rules: String,
    /// Loci that may fail an identity search's stringency, under the default rules
    #[arg(long, default_value_t = 1, value_name = "N", conflicts_with = "rules")]
    pub(super) mismatches: u32,
    /// Least number of loci compared, under the default rules and in searches of relatives (6 is the least
    /// of Prüm and INTERPOL exchange)
    #[arg(long, default_value_t = 6, value_name = "N", conflicts_with = "rules")]
    pub(super) min_loci: u32,
    #[command(flatten, next_help_heading = "Transmission in searches of families")]
    pub(super) transmission: TransmissionArgs,
    /// Probability, before the search, that the missing person of a family is among the bodies: hits of pedigrees
    /// then state a posterior
    #[arg(long, value_name = "P")]
    pub(super) prior: Option<f64>,
    #[command(flatten)]
    pub(super) calibration: CalibrationArgs,
    /// Keep only the best K hits of each probe and search
    #[arg(long, value_name = "K")]
    pub(super) top: Option<u32>,
    /// Day on which records must be alive, not before today [default: today]
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<Date>,
    /// The owners of fingerprint databases have agreed that these may be compared (L40 8(2))
    #[arg(long)]
    pub(super) across_owners: bool,
    /// Search without the segments of the gallery whose files are not as committed, and say which
    #[arg(long)]
    pub(super) without_broken: bool,
}

impl RuleArgs {
    /// The threshold these arguments stand for.
    fn chosen(&self) -> Threshold {
        match (self.threshold, self.fmr, self.fpir) {
            (Some(log10), _, _) => Threshold::Log10(log10),
            (_, Some(rate), _) => Threshold::Fmr(rate),
            (_, _, Some(rate)) => Threshold::Fpir(rate),
            _ => Threshold::ExpectFalse(self.expect_false),
        }
    }

    /// The rules of searches of identity. Under the default ones two numbers are options.
    fn rule_set(&self) -> Result<RuleSet> {
        let mut rules = rule_set(&self.rules)?;
        if rules.name == rule_set::NAMES[0] {
            rules.most_failing = self.mismatches;
            rules.least_loci = self.min_loci;
        }
        Ok(rules)
    }
}

/// How the work is done; nothing here changes a result.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Execution (does not change results)")]
pub(super) struct ExecutionArgs {
    /// Worker threads [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Devices: auto (the processor and every graphics card), cpu, gpu (every adapter), gpu:N (`tanba
    /// devices` lists them)
    #[arg(long, default_value = "auto", value_name = "DEVICES")]
    pub(super) device: DeviceChoice,
    /// End, instead of going on without it, when no graphics card can be used or one fails
    #[arg(long)]
    pub(super) require_gpu: bool,
    /// Probes per tile
    #[arg(long, default_value_t = TileSize::default().probes, value_name = "N")]
    pub(super) tile_probes: usize,
    /// Gallery rows per tile
    #[arg(long, default_value_t = TileSize::default().rows, value_name = "N")]
    pub(super) tile_rows: usize,
    /// Most memory to be resident, such as 512MiB or 4GiB; what was read of the gallery is given back before
    #[arg(long, value_name = "SIZE")]
    pub(super) memory: Option<ByteSize>,
}

/// How searches of records in themselves are done; the hits are the same.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Execution (does not change results)")]
pub(super) struct WayArgs {
    /// How convicts are compared with one another: all pairs, a join of records with equal typings at a part of
    /// their loci, or auto, the cheaper one
    #[arg(long = "nn", default_value = "auto", value_name = "auto|pairs|join")]
    pub(super) way: WayChoice,
}

impl ExecutionArgs {
    /// Number of worker threads.
    pub(super) fn threads(&self) -> usize {
        let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.threads.map_or(all, usize::from)
    }

    /// What a plan counts on, for searches that were made ready since `started`.
    pub(super) fn workers<'a>(&self, device: &'a CpuDevice, started: Instant) -> Workers<'a> {
        Workers {
            device,
            threads: self.threads(),
            tile: TileSize { probes: self.tile_probes.max(1), rows: self.tile_rows.max(1) },
            way: WayChoice::Auto,
            has_processor: !matches!(self.device, DeviceChoice::Gpu(_)),
            setup_seconds: started.elapsed().as_secs_f64(),
        }
    }

    /// Limits memory as asked, before anything of a gallery is opened.
    ///
    /// # Errors
    /// As [`memory::limit`].
    pub(super) fn limit_memory(&self, out: &Path) -> Result<()> {
        match self.memory {
            Some(ByteSize(bytes)) => memory::limit(bytes, existing_folder(out)),
            None => Ok(()),
        }
    }

    /// The execution into `out`, on devices that answered their self-test.
    ///
    /// # Errors
    /// A tile without probes or rows is asked, or as [`devices`].
    pub(super) fn execution(&self, out: PathBuf, overwrite: bool, ui: &Ui) -> Result<Execution> {
        if self.tile_probes == 0 || self.tile_rows == 0 {
            return Err(Error::usage(
                "a tile has at least one probe and one row",
                "leave the options out",
            ));
        }
        self.limit_memory(&out)?;
        let devices = devices(self.device, self.require_gpu)?;
        for note in &devices.notes {
            ui.note(note);
        }
        Ok(Execution {
            out,
            overwrite,
            tile: TileSize { probes: self.tile_probes, rows: self.tile_rows },
            threads: self.threads(),
            way: WayChoice::Auto,
            devices: Arc::new(devices),
            begin: begin::of_process(),
            wait_until: None,
            interrupt: interrupt_flag(),
            case: None,
            elsewhere: None,
        })
    }
}

/// The nearest folder above or at `path` that exists.
fn existing_folder(path: &Path) -> &Path {
    let above = path.ancestors().filter(|folder| !folder.as_os_str().is_empty());
    above.into_iter().find(|folder| folder.is_dir()).unwrap_or(Path::new("."))
}

/// The devices of a choice, after their self-tests.
///
/// # Errors
/// The environment forces a level that cannot be used, the processor fails its self-test, or an adapter that
/// is asked for is not there.
pub(super) fn devices(choice: DeviceChoice, is_gpu_required: bool) -> Result<Devices> {
    Devices::open(choice, is_gpu_required, processor()?).map_err(|error| match error {
        NoDevice::Cpu(error) => computes_wrongly(&error.to_string()),
        NoDevice::Gpu(what) => Error::usage(
            what,
            "`tanba devices` lists the adapters; leave --device and --require-gpu out to use the processor",
        ),
    })
}

/// The processor, at the level the environment allows, after its self-test.
///
/// # Errors
/// The environment forces a level that cannot be used, or the self-test fails.
pub(super) fn device() -> Result<CpuDevice> {
    let device = processor()?;
    selftest::check(&device.into()).map_err(|error| computes_wrongly(&error.to_string()))?;
    Ok(device)
}

/// The processor at the level to use, untested.
///
/// # Errors
/// The environment forces a level that cannot be used.
pub(super) fn processor() -> Result<CpuDevice> {
    CpuDevice::detect()
        .map_err(|e| Error::usage(e.to_string(), "unset TANBA_SIMD to use the best level"))
}

fn computes_wrongly(what: &str) -> Error {
    Error::integrity(
        Path::new("cpu"),
        what,
        "this processor or build computes wrongly at this level; try TANBA_SIMD=scalar and report it",
    )
}

/// The parameters these arguments stand for, of records alive on `as_of`.
///
/// # Errors
/// As [`Parameters::validate`], or a number or table of mutation has no meaning.
pub(super) fn parameters(
    population: &PopulationArgs,
    rule: &RuleArgs,
    table: &FrequencyTable,
    as_of: Date,
) -> Result<Parameters> {
    let rules = rule.rule_set()?;
    let parameters = Parameters {
        as_of,
        frequencies: table.name().to_owned(),
        frequencies_id: table.content_id(),
        theta: population.theta,
        minimum_frequency: population.search_minimum(),
        threshold: rule.chosen(),
        mismatches: rules.most_failing,
        min_loci: rule.min_loci,
        rules,
        top: rule.top,
        across_owners: rule.across_owners,
        transmission: rule.transmission.asked()?,
        prior: rule.prior,
        since: None,
        calibration: Arc::new(rule.calibration.table()?),
        set_aside: Vec::new(),
    };
    parameters.validate()?;
    Ok(parameters)
}

/// The day on which records must be alive: today, or a later one to see what will have ended.
///
/// # Errors
/// [`Error::Refused`] for a past day: records whose retention has ended since would take part again.
pub(super) fn living_day(as_of: Option<Date>) -> Result<Date> {
    let today = today();
    match as_of {
        Some(day) if day < today => Err(Error::Refused {
            what: format!("a search as of {day}"),
            rule: "a record takes part in no search after its retention has ended (fingerprints: \
                   L40 15, profiles: L40 29)"
                .into(),
            article: "L40 15, 29",
            help: "leave --as-of out, or name a day to come".into(),
        }),
        other => Ok(other.unwrap_or(today)),
    }
}

/// The records of a file of profiles that are scored and never stored; with `lineage_only` also those
/// without an autosomal locus. Warnings are shown.
///
/// # Errors
/// The file cannot be read, or anything of it is refused.
pub(super) fn file_records(path: &Path, lineage_only: bool, ui: &Ui) -> Result<Vec<DnaRecord>> {
    let today = today();
    let options = ImportOptions {
        // The category decides how long a record is kept; these are not.
        index: Index::Trace,
        owner: "score".into(),
        registered_on: today,
        today,
        aliases: BTreeMap::new(),
        partial: false,
        lineage_only,
        haplotypes: Default::default(),
    };
    let imported = import_file(path, &options)?;
    for warning in &imported.warnings {
        ui.warn(format!("{}: {warning}", path.display()));
    }
    match imported.rejections.into_iter().next() {
        Some(first) => Err(first.into()),
        None => Ok(imported.records),
    }
}

/// Today's date, in the system's time zone.
pub(super) fn today() -> Date {
    jiff::Zoned::now().date()
}

/// Reads an index on the command line.
pub(super) fn parse_index(text: &str) -> std::result::Result<Index, String> {
    Index::parse(text).ok_or_else(|| {
        let names: Vec<&str> = Index::ALL.iter().map(|i| i.name()).collect();
        format!("is one of {}", names.join(", "))
    })
}

/// Reads a register on the command line.
pub(super) fn parse_register(text: &str) -> std::result::Result<Register, String> {
    Register::parse(text).ok_or_else(|| {
        let names: Vec<&str> = Register::ALL.iter().map(|r| r.name()).collect();
        format!("is one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_three() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(expectation(0.5), "0.50");
        assert_eq!(expectation(1e-9), "1.0e-9");
    }
}
