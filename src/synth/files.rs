//! The folder of a synthetic registry.
//!
//! | file | content |
//! |---|---|
//! | `convicts.csv`, `traces.csv`, `corpses.csv`, `relatives.csv` | wide tables, as `tanba import` reads them |
//! | `corpses_mt.csv`, `relatives_mt.csv` | `id,ranges,variants`: the mitochondrial haplotypes of those records |
//! | `families.csv` | `family_id,missing_person_id,relative_record_id,relation,consent,case_open` |
//! | `truth_records.csv` | `record_id,index,person,kind,expired,note` |
//! | `truth_persons.csv` | `person,father,mother,twin_of` |
//! | `truth_missing.csv` | `family_id,missing_person_id,person` |
//! | `registry.json` | options and counts; written last, so a folder with it is complete |
//!
//! Wide tables: an empty cell is not typed; a homozygote is written twice where the profile is
//! complete and once where the laboratory marks it partial (it may be a drop-out); `*` stands for a
//! recognised drop-out; a third allele is in `LOCUS_3`. Amelogenin and Y-STR have columns of the same form.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Registry;
use super::truth::Truth;
use crate::domain::allele::Allele;
use crate::domain::apart::{MITOCHONDRIAL_RANGES, MITOCHONDRIAL_VARIANTS, parse_marker};
use crate::domain::category::Index;
use crate::domain::dna::Typing;
use crate::domain::family::FamilyMember;
use crate::domain::locus::Locus;
use crate::domain::record::DnaRecord;
use crate::domain::relation::Kinship;
use crate::error::{Error, Position, Rejection, Result};
use crate::limits::MAX_INPUT_BYTES;

/// Version of this layout, in `registry.json`.
const LAYOUT_VERSION: u32 = 1;

const REGISTRY_FILE: &str = "registry.json";
const FAMILIES_FILE: &str = "families.csv";
pub(super) const TRUTH_RECORDS_FILE: &str = "truth_records.csv";
const TRUTH_PERSONS_FILE: &str = "truth_persons.csv";
const TRUTH_MISSING_FILE: &str = "truth_missing.csv";

/// The wide table of `index`.
pub const fn table_file(index: Index) -> &'static str {
    match index {
        Index::Convict => "convicts.csv",
        Index::Trace => "traces.csv",
        Index::Corpse => "corpses.csv",
        Index::Relative => "relatives.csv",
    }
}

/// What a synthetic registry is, as `registry.json` says it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Description {
    /// Version of the layout of the folder.
    pub layout_version: u32,
    /// Version of the program that made it.
    pub program_version: &'static str,
    /// A warning for whoever finds the folder.
    pub notice: &'static str,
    /// Seed.
    pub seed: u64,
    /// Persons simulated.
    pub persons: u32,
    /// Frequency table.
    pub frequencies: String,
    /// Coancestry of the founders.
    pub theta: f64,
    /// Mutations per transmission.
    pub mutation_rate: f64,
    /// Convicts per adult.
    pub convict_share: f64,
    /// Convicts' profiles typed with the older kit.
    pub older_kit_share: f64,
    /// Pairs of monozygotic twins.
    pub twin_pairs: u32,
    /// The day the registry is as of.
    pub as_of: Date,
    /// Records by index.
    pub records: BTreeMap<&'static str, u64>,
    /// Records by kind; expired ones are counted apart with the suffix `_expired`.
    pub kinds: BTreeMap<String, u64>,
    /// Families looking for a missing person.
    pub families: u64,
}

impl Description {
    /// Describes `registry`.
    pub fn new(registry: &Registry) -> Description {
        let options = &registry.options;
        let mut records = BTreeMap::new();
        let mut kinds = BTreeMap::new();
        for record in &registry.truth.records {
            *records.entry(record.index.name()).or_default() += 1;
            let suffix = if record.expired { "_expired" } else { "" };
            *kinds.entry(format!("{}{suffix}", record.kind)).or_default() += 1;
        }
        Description {
            layout_version: LAYOUT_VERSION,
            program_version: env!("CARGO_PKG_VERSION"),
            notice: "synthetic: every person and record in this folder is made up",
            seed: options.seed,
            persons: options.persons,
            frequencies: options.frequencies.name().to_owned(),
            theta: options.theta,
            mutation_rate: options.mutation_rate,
            convict_share: options.convict_share,
            older_kit_share: options.older_kit_share,
            twin_pairs: options.twin_pairs,
            as_of: options.as_of,
            records,
            kinds,
            families: registry.truth.missing.len() as u64,
        }
    }
}

/// Writes the registry into the folder `dir`, which must be empty or absent.
///
/// # Errors
/// The folder is not empty or cannot be written.
pub fn write_registry(dir: &Path, registry: &Registry) -> Result<()> {
    create_empty(dir)?;
    let mut rest = registry.records.iter().zip(&registry.births).peekable();
    for index in Index::ALL {
        let mut rows = Vec::new();
        while let Some(row) = rest.next_if(|(record, _)| record.index == index) {
            rows.push(row);
        }
        write_table(&dir.join(table_file(index)), &registry.options.loci(), &rows)?;
        if let Some(file) = haplotype_file(index) {
            let records = rows.iter().map(|(record, _)| *record);
            write_rows(&dir.join(file), records.filter_map(HaplotypeRow::of))?;
        }
    }
    write_rows(&dir.join(FAMILIES_FILE), registry.family_members.iter().map(FamilyRow::from))?;
    let truth = &registry.truth;
    write_rows(&dir.join(TRUTH_RECORDS_FILE), truth.records.iter())?;
    write_rows(&dir.join(TRUTH_PERSONS_FILE), truth.persons.iter())?;
    write_rows(&dir.join(TRUTH_MISSING_FILE), truth.missing.iter())?;
    write_description(dir, &Description::new(registry))
}

/// Makes sure that `dir` exists and holds nothing.
///
/// # Errors
/// The folder is not empty or cannot be made.
pub fn create_empty(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir).map_err(Error::io(dir))?;
    if std::fs::read_dir(dir).map_err(Error::io(dir))?.next().is_some() {
        return Err(Error::usage(
            format!("the folder {} is not empty", dir.display()),
            "name a new folder; a synthetic registry never overwrites files",
        ));
    }
    Ok(())
}

/// Writes the description that makes the folder `dir` complete.
pub(super) fn write_description<D: Serialize>(dir: &Path, description: &D) -> Result<()> {
    let path = dir.join(REGISTRY_FILE);
    let mut text = serde_json::to_string_pretty(description)
        .map_err(|error| Error::io(&path)(error.into()))?;
    text.push('\n');
    std::fs::write(&path, text).map_err(Error::io(&path))
}

/// Whether the synthetic registry in `dir` is of fingerprints, not of profiles.
///
/// # Errors
/// The folder is not complete, or its description cannot be read.
pub fn is_of_fingers(dir: &Path) -> Result<bool> {
    /// The word that tells one from the other.
    #[derive(Deserialize)]
    struct Head {
        modality: Option<String>,
    }
    require_complete(dir)?;
    let path = dir.join(REGISTRY_FILE);
    let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
    let head: Head = serde_json::from_slice(&bytes).map_err(|error| {
        Error::from(Rejection::new(
            &path,
            Position::File,
            "the description of a synthetic registry is JSON",
            error.to_string(),
            "restore the file as `tanba synth` wrote it",
        ))
    })?;
    Ok(head.modality.as_deref() == Some("finger"))
}

/// Reads the truth that [`write_registry`] wrote into `dir`.
///
/// # Errors
/// The folder is not complete, or a file breaks a rule of its format.
pub fn read_truth(dir: &Path) -> Result<Truth> {
    require_complete(dir)?;
    let truth = Truth {
        records: read_rows(&dir.join(TRUTH_RECORDS_FILE), Some)?,
        persons: read_rows(&dir.join(TRUTH_PERSONS_FILE), Some)?,
        missing: read_rows(&dir.join(TRUTH_MISSING_FILE), Some)?,
    };
    check_persons(dir, &truth)?;
    Ok(truth)
}

/// Refuses a folder without the description, which is written last.
pub(super) fn require_complete(dir: &Path) -> Result<()> {
    if dir.join(REGISTRY_FILE).is_file() {
        return Ok(());
    }
    Err(Error::usage(
        format!("{} is not a synthetic registry: it has no {REGISTRY_FILE}", dir.display()),
        "name the folder that `tanba synth --out` wrote; if it stopped half-way, make it again",
    ))
}

/// Reads the families that [`write_registry`] wrote into `dir`.
///
/// # Errors
/// The file is absent or breaks a rule of its format.
pub fn read_family_members(dir: &Path) -> Result<Vec<FamilyMember>> {
    read_rows(&dir.join(FAMILIES_FILE), FamilyRow::read)
}

/// Persons are numbered without a gap, parents and elder twins come first, and every record's person
/// exists: what the evaluation relies on.
fn check_persons(dir: &Path, truth: &Truth) -> Result<()> {
    let fail = |file: &str, place: usize, rule: &str, found: String| {
        let position = Position::Line(place as u64 + 2);
        Err(Error::from(Rejection::new(
            &dir.join(file),
            position,
            rule,
            found,
            "restore the file as `tanba synth` wrote it",
        )))
    };
    for (place, person) in truth.persons.iter().enumerate() {
        let earlier = [person.father, person.mother, person.twin_of];
        let known = earlier.into_iter().flatten().all(|other| other < person.person);
        if person.person as usize != place || !known {
            let rule = "persons are numbered from 0, parents and elder twins before their own";
            return fail(TRUTH_PERSONS_FILE, place, rule, format!("{person:?}"));
        }
    }
    let exists = |person: u32| (person as usize) < truth.persons.len();
    let rule = "a person of the truth is in truth_persons.csv";
    if let Some(place) = truth.records.iter().position(|record| !exists(record.person)) {
        return fail(TRUTH_RECORDS_FILE, place, rule, truth.records[place].person.to_string());
    }
    if let Some(place) = truth.missing.iter().position(|missing| !exists(missing.person)) {
        return fail(TRUTH_MISSING_FILE, place, rule, truth.missing[place].person.to_string());
    }
    Ok(())
}

/// Writes one wide table; columns as wide as the locus's richest typing, two at least.
fn write_table(path: &Path, loci: &[Locus], rows: &[(&DnaRecord, &Option<Date>)]) -> Result<()> {
    let widths: Vec<usize> = loci
        .iter()
        .map(|locus| {
            let typed = rows.iter().filter_map(|(record, _)| record.profile.get(*locus));
            typed.map(|typing| typing.alleles().len()).max().unwrap_or(0).max(2)
        })
        .collect();
    let apart = apart_widths(rows);
    let mut writer = csv_writer(path)?;
    let mut fields: Vec<String> =
        ["record_id", "person_id", "case_id", "registered_on", "birth_date", "kit", "partial"]
            .map(String::from)
            .to_vec();
    for (locus, width) in loci.iter().zip(&widths) {
        fields.extend((1..=*width).map(|number| format!("{locus}_{number}")));
    }
    for (marker, width) in &apart {
        fields.extend((1..=*width).map(|number| format!("{marker}_{number}")));
    }
    let failed = |error| csv_failure(path, error);
    writer.write_record(&fields).map_err(failed)?;
    for (record, born_on) in rows {
        let mut row = RowWriter { writer: &mut writer, cell: String::new() };
        row.cell(&record.record_id).map_err(failed)?;
        row.cell(record.person_id.as_deref().unwrap_or("")).map_err(failed)?;
        row.cell(record.case_id.as_deref().unwrap_or("")).map_err(failed)?;
        row.cell(record.registered_on).map_err(failed)?;
        row.cell(born_on.map(|date| date.to_string()).unwrap_or_default()).map_err(failed)?;
        row.cell(record.kit.as_deref().unwrap_or("")).map_err(failed)?;
        row.cell(record.partial).map_err(failed)?;
        for (locus, width) in loci.iter().zip(&widths) {
            let typing = record.profile.get(*locus);
            for place in 0..*width {
                match typing.and_then(|typing| call(typing, place, record.partial)) {
                    Some(allele) => row.cell(allele),
                    None => row.cell(""),
                }
                .map_err(failed)?;
            }
        }
        for (marker, width) in &apart {
            let calls = record.apart.get(*marker);
            for place in 0..*width {
                row.cell(calls.and_then(|calls| calls.get(place)).map_or("", String::as_str))
                    .map_err(failed)?;
            }
        }
        row.writer.write_record(None::<&[u8]>).map_err(failed)?;
    }
    finish(path, writer)
}

/// The markers kept apart that the records of a table have in columns, each with its number of them.
fn apart_widths<'a>(rows: &[(&'a DnaRecord, &Option<Date>)]) -> BTreeMap<&'a str, usize> {
    let mut widths = BTreeMap::new();
    for (marker, calls) in rows.iter().flat_map(|(record, _)| &record.apart) {
        if parse_marker(marker).is_some() {
            let width: &mut usize = widths.entry(marker.as_str()).or_default();
            *width = calls.len().max(*width);
        }
    }
    widths
}

/// The call in column `place` (from 0) of a locus: alleles ascending, a wildcard last.
fn call(typing: &Typing, place: usize, partial: bool) -> Option<Allele> {
    match (typing.genotype(), place) {
        (Some((a, b)), 1) if a == b => (!partial).then_some(a),
        _ => {
            let unknown = typing.alleles().iter().copied().filter(|a| !a.is_known());
            typing.known().chain(unknown).nth(place)
        }
    }
}

/// Writes fields of one row through one buffer.
struct RowWriter<'a> {
    writer: &'a mut csv::Writer<BufWriter<File>>,
    cell: String,
}

impl RowWriter<'_> {
    fn cell(&mut self, value: impl std::fmt::Display) -> csv::Result<()> {
        self.cell.clear();
        // Writing into a string cannot fail.
        let _ = write!(self.cell, "{value}");
        self.writer.write_field(&self.cell)
    }
}

pub(super) fn csv_writer(path: &Path) -> Result<csv::Writer<BufWriter<File>>> {
    let file = File::create_new(path).map_err(Error::io(path))?;
    Ok(csv::Writer::from_writer(BufWriter::new(file)))
}

pub(super) fn finish(path: &Path, writer: csv::Writer<BufWriter<File>>) -> Result<()> {
    let failed = |error: std::io::Error| Error::Io { path: path.to_owned(), source: error };
    let mut buffer = writer.into_inner().map_err(|error| failed(error.into_error()))?;
    buffer.flush().map_err(failed)
}

pub(super) fn csv_failure(path: &Path, error: csv::Error) -> Error {
    Error::Io { path: path.to_owned(), source: error.into() }
}

pub(super) fn write_rows<R: Serialize>(path: &Path, rows: impl Iterator<Item = R>) -> Result<()> {
    let mut writer = csv_writer(path)?;
    for row in rows {
        writer.serialize(row).map_err(|error| csv_failure(path, error))?;
    }
    finish(path, writer)
}

pub(super) fn read_rows<R: DeserializeOwned, T>(
    path: &Path,
    read: impl Fn(R) -> Option<T>,
) -> Result<Vec<T>> {
    let file = File::open(path).map_err(Error::input(path))?;
    let size_bytes = file.metadata().map_err(Error::io(path))?.len();
    if size_bytes > MAX_INPUT_BYTES {
        return Err(Error::Limit {
            what: format!("{} with {size_bytes} bytes", path.display()),
            limit: MAX_INPUT_BYTES,
            help: "restore the file as `tanba synth` wrote it".into(),
        });
    }
    let mut reader = csv::Reader::from_reader(BufReader::new(file));
    let reject = |line: u64, found: String| {
        Rejection::new(
            path,
            Position::Line(line),
            "a row is as `tanba synth` wrote it",
            found,
            "restore the file as `tanba synth` wrote it",
        )
    };
    let mut items = Vec::new();
    for row in reader.deserialize::<R>() {
        let line = items.len() as u64 + 2;
        let row = row.map_err(|error| reject(line, error.to_string()))?;
        let item = read(row).ok_or_else(|| reject(line, "a word that is not known".into()))?;
        items.push(item);
    }
    Ok(items)
}

/// The mitochondrial haplotype of a record.
#[derive(Serialize)]
struct HaplotypeRow<'a> {
    id: &'a str,
    ranges: String,
    variants: String,
}

impl HaplotypeRow<'_> {
    fn of(record: &DnaRecord) -> Option<HaplotypeRow<'_>> {
        let words = |key| record.apart.get(key).map(|words| words.join(" "));
        Some(HaplotypeRow {
            id: &record.record_id,
            ranges: words(MITOCHONDRIAL_RANGES)?,
            variants: words(MITOCHONDRIAL_VARIANTS).unwrap_or_default(),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct FamilyRow {
    family_id: String,
    missing_person_id: String,
    relative_record_id: String,
    relation: String,
    consent: bool,
    case_open: bool,
}

impl From<&FamilyMember> for FamilyRow {
    fn from(member: &FamilyMember) -> Self {
        FamilyRow {
            family_id: member.family_id.clone(),
            missing_person_id: member.missing_person_id.clone(),
            relative_record_id: member.relative_record_id.clone(),
            relation: member.kinship.name().to_owned(),
            consent: member.consent,
            case_open: member.case_open,
        }
    }
}

impl FamilyRow {
    fn read(self) -> Option<FamilyMember> {
        Some(FamilyMember {
            kinship: Kinship::parse(&self.relation)?,
            family_id: self.family_id,
            missing_person_id: self.missing_person_id,
            relative_record_id: self.relative_record_id,
            consent: self.consent,
            case_open: self.case_open,
        })
    }
}

/// Paths of the tables to import, with the index of each, in the order of [`Index::ALL`].
pub fn table_paths(dir: &Path) -> Vec<(Index, PathBuf)> {
    Index::ALL.into_iter().map(|index| (index, dir.join(table_file(index)))).collect()
}

/// The table of mitochondrial haplotypes of `index`, where it has any.
const fn haplotype_file(index: Index) -> Option<&'static str> {
    match index {
        Index::Corpse => Some("corpses_mt.csv"),
        Index::Relative => Some("relatives_mt.csv"),
        Index::Convict | Index::Trace => None,
    }
}

/// Path of that table in the registry in `dir`.
pub fn haplotypes_path(dir: &Path, index: Index) -> Option<PathBuf> {
    haplotype_file(index).map(|file| dir.join(file))
}

/// Path of the families of the registry in `dir`.
pub fn families_path(dir: &Path) -> PathBuf {
    dir.join(FAMILIES_FILE)
}
