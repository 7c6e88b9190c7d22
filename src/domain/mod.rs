//! The words of the field as types: loci, alleles, profiles, frequencies, relations, likelihood ratios.
//! No input or output happens here.

pub mod allele;
pub mod apart;
pub mod builtin_frequencies;
pub mod calibration;
pub mod category;
pub mod dna;
pub mod family;
pub mod finger;
pub mod finger_fusion;
pub mod finger_record;
pub mod frequency;
pub mod identity;
#[cfg(test)]
mod laws;
pub mod life_event;
pub mod likelihood;
pub mod lineage;
pub mod linkage;
pub mod locus;
pub mod match_matrix;
pub mod mixture;
pub mod mutation;
pub mod pedigree;
pub mod rarity;
pub mod record;
pub mod register;
pub mod relation;
pub mod rule_set;
pub mod stringency;
