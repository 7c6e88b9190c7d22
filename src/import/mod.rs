//! Importers: one file per format; bounded, never panicking, all or nothing.
//!
//! What: the bytes of one file become records of the domain, or rejections that name file, position,
//! rule and next step. The format is recognised by content ([`sniff`]), never by the file's name.
//! Why all or nothing: a file half in the registry is worse than a file not in it, because nobody
//! knows which half; `--partial` is the operator saying that the good records may go in.
//! Limits: a file is read whole ([`crate::limits::MAX_INPUT_BYTES`] at most), and the records it
//! holds are in memory together; about ten times the size of a wide table. A text format without an
//! end mark (CSV) that is cut exactly between two rows cannot be told from a shorter file; where the
//! cut is inside the last line a warning says so.
//! When not to use: to write into a gallery. This module only reads.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::Path;

use jiff::civil::Date;

use crate::domain::category::Index;
use crate::domain::family::{FamilyMember, PedigreePerson};
use crate::domain::lineage::mitochondrial::MitochondrialHaplotype;
use crate::domain::locus::Locus;
use crate::domain::record::DnaRecord;
use crate::error::{Error, Position, Rejection, Result};
use crate::limits;

mod assemble;
mod familias_dvi;
mod marker;
mod pedigree;
mod table;
mod text;
mod xml;

pub mod act;
pub mod calibration;
pub mod cases;
pub mod codis_cmf;
pub mod familias;
pub mod family_csv;
pub mod finger;
pub mod frequency;
pub mod genemapper;
pub mod long_table;
pub mod missing_families;
pub mod mitochondrial;
pub mod mutation_table;
pub mod pairs;
pub mod pedigree_csv;
pub mod policy;
pub mod quarantine;
pub mod rules;
pub mod sniff;
pub mod status_feed;
pub mod wide_csv;

/// What the operator says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOptions {
    /// Legal category of every record of the file.
    pub index: Index,
    /// Authority that owns the records.
    pub owner: String,
    /// Day of registration of records whose file states none.
    pub registered_on: Date,
    /// Day of the import: nothing has been registered after it.
    pub today: Date,
    /// Names of loci that only this laboratory uses (`--alias NAME=LOCUS`); letter case is ignored.
    pub aliases: BTreeMap<String, Locus>,
    /// Keep the good records of a file that also has bad ones.
    pub partial: bool,
    /// Take records of Y-STR haplotypes alone: a comparison of lineages can use them.
    pub lineage_only: bool,
    /// Mitochondrial haplotypes by record id, from the tables of the same import. A record with one needs nothing
    /// else.
    pub haplotypes: BTreeMap<String, MitochondrialHaplotype>,
}

/// What one file held.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The format recognised.
    pub format: Format,
    /// Records in file order; empty when something was rejected and `partial` was not set.
    pub records: Vec<DnaRecord>,
    /// Lines of families; empty under the same condition.
    pub family_members: Vec<FamilyMember>,
    /// Persons of pedigrees, family by family; empty under the same condition.
    pub pedigree_persons: Vec<PedigreePerson>,
    /// Everything that was refused, in file order.
    pub rejections: Vec<Rejection>,
    /// What the operator should know but need not act on.
    pub warnings: Vec<String>,
    /// BLAKE3 of the file's bytes, hexadecimal.
    pub file_hash: String,
}

/// A format recognised by content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// One row per record, columns `LOCUS_1`, `LOCUS_2`, ….
    WideCsv,
    /// One row per record and marker: SampleName, Marker, Allele 1 … k.
    LongTable,
    /// CODIS Common Message Format 3.2, 3.3 or Rapid Import, XML.
    CodisCmf,
    /// GeneMapper genotypes table, wide or long.
    GeneMapper,
    /// Wide table of a CODIS database export (`specimenId`, `NULL`).
    CodisCsv,
    /// Families of missing persons.
    FamilyCsv,
    /// Who is whose parent in families of missing persons.
    PedigreeCsv,
    /// A Familias 3 project file.
    FamiliasFam,
    /// Mitochondrial haplotypes of records of the same import.
    HaplotypeTable,
    /// Allele frequencies: recognised in order to be refused as profiles.
    FrequencyTable,
}

impl Format {
    /// Name used in messages and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Format::WideCsv => "wide table",
            Format::LongTable => "long table",
            Format::CodisCmf => "CODIS CMF",
            Format::GeneMapper => "GeneMapper table",
            Format::CodisCsv => "CODIS database CSV",
            Format::FamilyCsv => "family table",
            Format::PedigreeCsv => "pedigree table",
            Format::FamiliasFam => "Familias project",
            Format::HaplotypeTable => "table of mitochondrial haplotypes",
            Format::FrequencyTable => "allele-frequency table",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads and recognises a file.
///
/// # Errors
/// [`Error::Io`] when it cannot be read, [`Error::Limit`] when it is larger than
/// [`limits::MAX_INPUT_BYTES`], [`Error::Usage`] for fingerprints, [`Error::Rejected`] when it is
/// refused as a whole. Faults of single
/// records are not errors: they are in [`Imported::rejections`].
pub fn import_file(path: &Path, options: &ImportOptions) -> Result<Imported> {
    let bytes = read_bounded(path)?;
    import_bytes(path, &bytes, options)
        .map_err(|error| finger::intake::not_profiles(path, &bytes).unwrap_or(error))
}

/// The same for bytes in memory; `path` is used in messages only.
///
/// # Errors
/// As [`import_file`], without [`Error::Io`] and [`Error::Usage`].
pub fn import_bytes(path: &Path, bytes: &[u8], options: &ImportOptions) -> Result<Imported> {
    let text = text::decode(path, bytes)?;
    let format = sniff::recognise(path, &text)?;
    let mut imported = match format {
        Format::WideCsv | Format::CodisCsv => wide_csv::read(path, &text, format, options)?,
        Format::LongTable => long_table::read(path, &text, format, options)?,
        Format::GeneMapper => genemapper::read(path, &text, options)?,
        Format::CodisCmf => codis_cmf::read(path, &text, options)?,
        Format::FamilyCsv => family_csv::read(path, &text, options)?,
        Format::PedigreeCsv => pedigree_csv::read(path, &text, options)?,
        Format::FamiliasFam => familias::read(path, &text, options)?,
        Format::HaplotypeTable | Format::FrequencyTable => {
            return Err(sniff::not_profiles(path, format));
        }
    };
    imported.file_hash = blake3::hash(bytes).to_hex().to_string();
    if !imported.rejections.is_empty() && !options.partial {
        imported.records.clear();
        imported.family_members.clear();
        imported.pedigree_persons.clear();
    }
    Ok(imported)
}

/// The bytes of a file, if it is not larger than the limit.
fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    let file = std::fs::File::open(path).map_err(Error::input(path))?;
    let mut bytes = Vec::new();
    let stated = file.metadata().map_err(Error::io(path))?.len();
    if stated <= limits::MAX_INPUT_BYTES {
        // Bounded again: a pipe states no size, and a file may grow.
        file.take(limits::MAX_INPUT_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io(path))?;
    }
    if stated.max(bytes.len() as u64) > limits::MAX_INPUT_BYTES {
        return Err(Error::Limit {
            what: format!("the size of {}", path.display()),
            limit: limits::MAX_INPUT_BYTES,
            help: "split the file; each part is imported on its own".into(),
        });
    }
    if bytes.is_empty() {
        return Err(Rejection::new(
            path,
            Position::File,
            "a file holds at least one record",
            "an empty file",
            "check that the export finished",
        )
        .into());
    }
    Ok(bytes)
}
