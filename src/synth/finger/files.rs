//! The folder of a synthetic fingerprint registry.
//!
//! | file | content |
//! |---|---|
//! | `citizen/000/FP0000001.iso` … | one ISO/IEC 19794-2:2005 record per registration, one view per finger; a folder per 1,000 |
//! | `citizen.csv`, `convict.csv`, `trace.csv`, `corpse.csv` | `record_id,file,person_id,case_id,registered_on,born_on,died_on`, as `tanba import` reads them |
//! | `truth_records.csv` | `record_id,index,person,kind,expired,note,fingers` |
//! | `registry.json` | options and counts; written last, so a folder with it is complete |

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rayon::prelude::*;
use serde::Serialize;

use super::options::FingerRegistryOptions;
use super::parameters::ImpressionOptions;
use super::person::Person;
use super::selection::{Draft, select};
use super::truth::FingerTruthRecord;
use crate::domain::finger::Template;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::synth::files::{
    TRUTH_RECORDS_FILE, create_empty, read_rows, require_complete, write_description, write_rows,
};

/// Version of this layout, in `registry.json`.
const LAYOUT_VERSION: u32 = 1;

/// Records per folder: file systems and people dislike more.
const RECORDS_PER_FOLDER: usize = 1000;

/// The registers that the registry has.
pub const FINGER_REGISTERS: [Register; 4] =
    [Register::Citizen, Register::Convict, Register::Trace, Register::Corpse];

/// Writes the templates of one record as bytes of a file. Given from outside: this layer knows no
/// file formats.
pub type Encoder<'a> = &'a (dyn Fn(&[Template]) -> Result<Vec<u8>> + Sync);

/// What a synthetic fingerprint registry is, as `registry.json` says it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FingerDescription {
    /// Version of the layout of the folder.
    pub layout_version: u32,
    /// `finger`.
    pub modality: &'static str,
    /// Version of the program that made it.
    pub program_version: &'static str,
    /// A warning for whoever finds the folder.
    pub notice: &'static str,
    /// Seed.
    pub seed: u64,
    /// Persons in a register.
    pub persons: u32,
    /// The day the registry is as of.
    pub as_of: Date,
    /// Records by register.
    pub records: BTreeMap<&'static str, u64>,
    /// Impressions of single fingers.
    pub prints: u64,
    /// Records by kind; expired ones are counted apart with the suffix `_expired`.
    pub kinds: BTreeMap<String, u64>,
}

/// One row of a register's list.
#[derive(Serialize)]
struct ListRow<'a> {
    record_id: &'a str,
    file: String,
    person_id: Option<&'a str>,
    case_id: Option<&'a str>,
    registered_on: Date,
    born_on: Option<Date>,
    died_on: Option<Date>,
}

/// Path of the list of `register` in the folder `dir`.
pub fn finger_list_path(dir: &Path, register: Register) -> PathBuf {
    dir.join(format!("{register}.csv"))
}

/// Makes the registry that `options` describe in the folder `dir`, which must be empty or absent.
/// Records are made and written in parallel, one at a time per thread, so memory does not grow with
/// the registry beyond its plan.
///
/// # Errors
/// [`FingerRegistryOptions::check`] refuses the options, the persons do not suffice for the counts, a
/// record does not fit `encode`, the folder is not empty or cannot be written.
pub fn write_finger_registry(
    dir: &Path,
    options: &FingerRegistryOptions,
    encode: Encoder<'_>,
) -> Result<FingerDescription> {
    options.check()?;
    let drafts = select(options)?;
    create_empty(dir)?;
    let mut description = FingerDescription {
        layout_version: LAYOUT_VERSION,
        modality: "finger",
        program_version: env!("CARGO_PKG_VERSION"),
        notice: "synthetic: every person and record in this folder is made up",
        seed: options.seed,
        persons: options.persons,
        as_of: options.as_of,
        records: BTreeMap::new(),
        prints: 0,
        kinds: BTreeMap::new(),
    };
    for draft in &drafts {
        let suffix = if draft.truth.expired { "_expired" } else { "" };
        *description.records.entry(draft.truth.register.name()).or_default() += 1;
        *description.kinds.entry(format!("{}{suffix}", draft.truth.kind)).or_default() += 1;
        description.prints += draft.truth.fingers.0.len() as u64;
    }
    let mut stream = 0;
    for register in FINGER_REGISTERS {
        let own: Vec<&Draft> = drafts.iter().filter(|d| d.truth.register == register).collect();
        write_register(dir, register, options, &own, stream, encode)?;
        stream += own.len() as u64;
    }
    write_rows(&dir.join(TRUTH_RECORDS_FILE), drafts.iter().map(|draft| &draft.truth))?;
    write_description(dir, &description)?;
    Ok(description)
}

/// Writes the records of one register and its list; `first_stream` numbers the first record's
/// impressions.
fn write_register(
    dir: &Path,
    register: Register,
    options: &FingerRegistryOptions,
    drafts: &[&Draft],
    first_stream: u64,
    encode: Encoder<'_>,
) -> Result<()> {
    for folder in 0..drafts.len().div_ceil(RECORDS_PER_FOLDER) {
        let path = dir.join(register.name()).join(format!("{folder:03}"));
        std::fs::create_dir_all(&path).map_err(Error::io(&path))?;
    }
    let file = |place: usize, draft: &Draft| {
        let folder = place / RECORDS_PER_FOLDER;
        format!("{register}/{folder:03}/{}.iso", draft.truth.record_id)
    };
    drafts.par_iter().enumerate().try_for_each(|(place, draft)| {
        let templates = templates(options, draft, first_stream + place as u64);
        let path = dir.join(file(place, draft));
        std::fs::write(&path, encode(&templates)?).map_err(Error::io(&path))
    })?;
    let rows = drafts.iter().enumerate().map(|(place, draft)| ListRow {
        record_id: &draft.truth.record_id,
        file: file(place, draft),
        person_id: draft.person_id.as_deref(),
        case_id: draft.case_id.as_deref(),
        registered_on: draft.registered_on,
        born_on: draft.born_on,
        died_on: draft.died_on,
    });
    write_rows(&finger_list_path(dir, register), rows)
}

/// The impressions of one record, in the order of its truth.
fn templates(options: &FingerRegistryOptions, draft: &Draft, stream: u64) -> Vec<Template> {
    let person = Person::with_parameters(options.seed, draft.truth.person, options.master);
    let impression = impression_options(options, draft.truth.register);
    let print = |(recorded, own): &(_, _)| {
        let template = person.master(*own)?.impression(impression, stream);
        Some(Template { position: *recorded, ..template })
    };
    draft.truth.fingers.0.iter().filter_map(print).collect()
}

fn impression_options(options: &FingerRegistryOptions, register: Register) -> &ImpressionOptions {
    match register {
        Register::Convict => &options.convict,
        Register::Trace => &options.trace,
        Register::Corpse => &options.corpse,
        _ => &options.citizen,
    }
}

/// Reads the truth that [`write_finger_registry`] wrote into `dir`.
///
/// # Errors
/// The folder is not complete, or the file breaks a rule of its format.
pub fn read_finger_truth(dir: &Path) -> Result<Vec<FingerTruthRecord>> {
    require_complete(dir)?;
    read_rows(&dir.join(TRUTH_RECORDS_FILE), Some)
}
