//! Synthetic registry with ground truth.
//!
//! What: persons in families of three generations, their genomes, and the records that a national
//! registry would hold of them, with a table that says which record is whose. Why: a matcher is
//! judged by what it misses, and only made-up people have a known truth. Founders' alleles are drawn
//! from a frequency table, children's from their parents (Mendel), samples are then typed well or
//! badly (partial, degraded, drop-out, drop-in, a wrong call).
//!
//! Limits: loci are independent, no mixtures, no population structure beyond one subpopulation, and
//! the damage of traces follows simple rules, not a laboratory's validation. A figure measured on a
//! synthetic registry is about this program, not about casework.

mod assemble;
mod files;
pub mod finger;
mod genome;
mod lineage;
mod options;
mod pedigree;
mod selection;
mod stream;
mod truth;
mod typing;

#[cfg(test)]
mod tests;

use jiff::civil::Date;

use crate::domain::family::FamilyMember;
use crate::domain::record::DnaRecord;
use crate::error::Result;

pub use files::{
    Description, create_empty, families_path, haplotypes_path, is_of_fingers, read_family_members,
    read_truth, table_file, table_paths, write_registry,
};
pub use options::{MAX_OTHERS, MAX_PERSONS, SynthOptions};
pub use truth::{RecordKind, Truth, TruthMissing, TruthPerson, TruthRecord};

/// A synthetic registry.
#[derive(Debug, Clone, PartialEq)]
pub struct Registry {
    /// What it was made from.
    pub options: SynthOptions,
    /// All records: convicts, then traces, corpses and relatives; within an index ascending by id.
    pub records: Vec<DnaRecord>,
    /// Day of birth of each record's person, where a register would know it (convicts); parallel
    /// to `records`.
    pub births: Vec<Option<Date>>,
    /// The families of missing persons.
    pub family_members: Vec<FamilyMember>,
    /// Who is who.
    pub truth: Truth,
}

/// Makes the registry that `options` describe.
///
/// # Errors
/// [`SynthOptions::check`] refuses the options, or the persons do not suffice for the counts asked.
pub fn generate(options: &SynthOptions) -> Result<Registry> {
    options.check()?;
    let pedigree = pedigree::Pedigree::new(options.seed, options.persons, options.twin_pairs)?;
    let selection = selection::select(options, &pedigree)?;
    let genomes = genome::Genomes::new(options, &pedigree);
    assemble::assemble(options, &pedigree, &genomes, &selection)
}
