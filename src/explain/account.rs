//! A finished run as its scores can be had again: its account with the tables and parameters behind it.
//!
//! Limits: an account of a release that kept no tables can be read where the tables are built in; otherwise the error
//! says which is missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use serde::Deserialize;

use crate::column::hit::Hit;
use crate::domain::builtin_frequencies;
use crate::domain::calibration::{self, Calibration};
use crate::domain::finger_record::FingerRecord;
use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
use crate::domain::likelihood::Population;
use crate::domain::locus::Locus;
use crate::domain::mutation::rates::MutationTable;
use crate::domain::mutation::{Mutation, MutationModel};
use crate::domain::pedigree::transmission::Transmission;
use crate::domain::pedigree::{Sex, UntypedParent};
use crate::domain::record::DnaRecord;
use crate::domain::rule_set::{self, RuleSet};
use crate::error::{Error, Result};
use crate::gallery::keys::unhex;
use crate::gallery::set_aside::SetAside;
use crate::hits::output::{RUN_FILE, read_hits, read_report};
use crate::hits::report::{MutationRow, RunReport, SearchReport};
use crate::plan::job::{Parameters, Threshold};

/// What to do about an account that does not say what made its scores.
const HELP: &str = "restore the run's folder from a backup, or make the run again";

/// Probes that were searched from a file, read again: they are in no gallery.
#[derive(Debug, Default)]
pub struct GivenProbes {
    /// Profiles by record.
    pub profiles: BTreeMap<String, DnaRecord>,
    /// Fingerprints by record.
    pub fingers: BTreeMap<String, FingerRecord>,
}

/// A finished run.
#[derive(Debug)]
pub struct FinishedRun {
    /// Its folder.
    pub directory: PathBuf,
    /// Its account.
    pub report: RunReport,
    /// The parameters of the account.
    pub parameters: Parameters,
    /// Its probes, where they came from a file that was given again.
    pub given: GivenProbes,
    table: FrequencyTable,
}

/// The parameters as an account holds them: sets and tables by name and hash.
#[derive(Deserialize)]
struct Stated {
    as_of: Date,
    frequencies: String,
    frequencies_id: String,
    theta: f64,
    minimum_frequency: MinimumFrequency,
    threshold: Threshold,
    rules: Option<StatedRules>,
    mismatches: u32,
    min_loci: u32,
    top: Option<u32>,
    #[serde(default)]
    across_owners: bool,
    transmission: Option<StatedTransmission>,
    prior: Option<f64>,
    since: Option<String>,
    /// Hash of a calibration table that is not built in.
    calibration: Option<String>,
    #[serde(default)]
    set_aside: Vec<SetAside>,
}

#[derive(Deserialize)]
struct StatedRules {
    name: String,
    blake3: String,
}

#[derive(Deserialize)]
struct StatedTransmission {
    mutation: String,
    mutation_id: String,
    untyped_parent: String,
    silent: f64,
}

impl FinishedRun {
    /// Opens the run in `directory`.
    ///
    /// # Errors
    /// It holds no finished run, or one whose parameters or tables are not there any more.
    pub fn open(directory: &Path) -> Result<FinishedRun> {
        let report = read_report(directory)?;
        let path = directory.join(RUN_FILE);
        let stated: Stated = serde_json::from_value(report.parameters.clone())
            .map_err(|e| Error::integrity(&path, format!("`parameters`: {e}"), HELP))?;
        let table = table(&stated, &report, &path)?;
        let rules = rules(&stated, &report, &path)?;
        let transmission = stated.transmission.as_ref();
        let transmission =
            transmission.map(|of| transmission_of(of, &report, &path)).transpose()?;
        let calibration = calibration(&stated, &report, &path)?;
        let parameters = Parameters {
            as_of: stated.as_of,
            frequencies: stated.frequencies,
            frequencies_id: stated.frequencies_id,
            theta: stated.theta,
            minimum_frequency: stated.minimum_frequency,
            threshold: stated.threshold,
            rules,
            mismatches: stated.mismatches,
            min_loci: stated.min_loci,
            top: stated.top,
            across_owners: stated.across_owners,
            transmission,
            prior: stated.prior,
            since: stated.since,
            calibration: Arc::new(calibration),
            set_aside: stated.set_aside,
        };
        parameters.validate()?;
        let given = GivenProbes::default();
        Ok(FinishedRun { directory: directory.to_owned(), report, parameters, given, table })
    }

    /// The hits of its list.
    ///
    /// # Errors
    /// The list cannot be read.
    pub fn hits(&self) -> Result<Vec<Hit>> {
        read_hits(&self.directory)
    }

    /// The population model of its likelihood ratios.
    pub fn population(&self) -> Population<'_> {
        Population {
            frequencies: &self.table,
            theta: self.parameters.theta,
            minimum: self.parameters.minimum_frequency,
        }
    }

    /// What the account says of a search.
    pub fn search(&self, name: &str) -> Option<&SearchReport> {
        self.report.searches.iter().find(|search| search.search == name)
    }
}

/// The account names a table by its hash and does not hold it.
fn not_held(path: &Path, what: &str, name: &str) -> Error {
    let message =
        format!("{}: it does not hold the {what} {name}, which is not built in", path.display());
    Error::usage(message, "make the run again: accounts of this release hold their tables")
}

/// What was read is not what the run used.
fn differs(path: &Path, what: &str, name: &str) -> Error {
    Error::integrity(path, format!("the {what} {name} is not the one whose hash it states"), HELP)
}

fn table(stated: &Stated, report: &RunReport, path: &Path) -> Result<FrequencyTable> {
    let (what, name) = ("frequency table", &stated.frequencies);
    let table = match (&report.tables.frequencies, builtin_frequencies::builtin(name)) {
        (Some(text), _) => FrequencyTable::from_csv(name, text)
            .map_err(|e| Error::integrity(path, format!("`tables`: {e}"), HELP))?,
        (None, Some(table)) => table.map_err(|e| Error::usage(e.to_string(), "reinstall tanba"))?,
        (None, None) => return Err(not_held(path, what, name)),
    };
    match table.content_id() == stated.frequencies_id {
        true => Ok(table),
        false => Err(differs(path, what, name)),
    }
}

fn rules(stated: &Stated, report: &RunReport, path: &Path) -> Result<RuleSet> {
    let what = "rule set";
    let name = stated.rules.as_ref().map_or(rule_set::NAMES[0], |rules| &rules.name);
    let mut rules = match (&report.tables.rules, rule_set::builtin(name)) {
        (Some(text), _) => RuleSet::parse(text)
            .map_err(|e| Error::integrity(path, format!("`tables`: {e}"), HELP))?,
        (None, Some(rules)) => rules.map_err(|e| Error::usage(e.to_string(), "reinstall tanba"))?,
        (None, None) => return Err(not_held(path, what, name)),
    };
    if stated.rules.as_ref().is_some_and(|stated| stated.blake3 != rules.blake3) {
        return Err(differs(path, what, name));
    }
    // Under the default rules two numbers are options.
    if rules.name == rule_set::NAMES[0] {
        rules.most_failing = stated.mismatches;
        rules.least_loci = stated.min_loci;
    }
    Ok(rules)
}

fn calibration(stated: &Stated, report: &RunReport, path: &Path) -> Result<Calibration> {
    let Some(name) = &stated.calibration else { return Ok(calibration::BUILTIN) };
    let what = "calibration table";
    let text = report.tables.calibration.as_ref().ok_or_else(|| not_held(path, what, name))?;
    let bytes: [u8; calibration::TABLE_BYTES] =
        unhex(text).ok_or_else(|| differs(path, what, name))?;
    let table = Calibration::from_bytes(&bytes)
        .map_err(|e| Error::integrity(path, format!("`tables`: {e}"), HELP))?;
    if table.blake3() == *name { Ok(table) } else { Err(differs(path, what, name)) }
}

fn transmission_of(
    stated: &StatedTransmission,
    report: &RunReport,
    path: &Path,
) -> Result<Transmission> {
    let (what, name) = ("model of mutation", stated.mutation.as_str());
    let rows = report.tables.mutation.as_ref().ok_or_else(|| not_held(path, what, name))?;
    let mut mutation = MutationTable::default();
    for row in rows {
        let (locus, sex, model) = mutation_of(row).ok_or_else(|| differs(path, what, name))?;
        mutation.insert(locus, sex, model);
    }
    let conventions = [UntypedParent::Pruned, UntypedParent::Explicit];
    let untyped_parent = conventions.into_iter().find(|of| of.name() == stated.untyped_parent);
    let untyped_parent = untyped_parent.ok_or_else(|| differs(path, what, name))?;
    if mutation.content_id() != stated.mutation_id {
        return Err(differs(path, what, name));
    }
    // A table is a model of its own, whatever its numbers are.
    let is_table = name.starts_with("table ");
    let nothing_mutates = mutation.models().all(|(_, _, model)| model.is_none());
    Ok(Transmission {
        is_plain: !is_table && nothing_mutates && stated.silent == 0.0,
        mutation,
        name: name.to_owned(),
        untyped_parent,
        silent: stated.silent,
    })
}

fn mutation_of(row: &MutationRow) -> Option<(Option<Locus>, Sex, Mutation)> {
    let locus = match &row.locus {
        Some(name) => Some(Locus::parse(name)?),
        None => None,
    };
    let model = MutationModel::parse(&row.model)?;
    let mutation = Mutation::new(model, row.rate, row.range, row.rate2).ok()?;
    Some((locus, Sex::parse(&row.sex)?, mutation))
}
