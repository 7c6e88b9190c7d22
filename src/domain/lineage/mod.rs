//! Lineage markers: what Y-STR and mitochondrial haplotypes say of two samples.
//!
//! What: comparison of two haplotypes, with a conclusion, and how often a haplotype is found in a named
//! database. Why apart from the autosomal profile: a haplotype is inherited whole, so its loci are not
//! independent and no product over them means anything; and all relatives of the line share it, so
//! "not excluded" is said of a lineage, never of a person. A frequency of a haplotype stands by
//! itself: this program multiplies it with nothing.
//!
//! Sources: DNA commission of the ISFG on Y-STR (Roewer et al. 2020, FSI Genetics 48:102308) and on
//! mitochondrial typing (Parson et al. 2014, FSI Genetics 13:134), as `research/dna.md` 2.5 renders them; the
//! texts themselves were not read, so the limits between conclusions are defaults that a laboratory sets.

pub mod count;
pub mod frequency;
pub mod mitochondrial;
pub mod statement;
pub mod y_chromosome;

/// What a comparison of haplotypes says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// Nothing is typed in both.
    NotCompared,
    /// No difference: both can be of one lineage, as all relatives of that line.
    NotExcluded,
    /// Differences that mutation explains within one lineage.
    Inconclusive,
    /// More differences than that.
    Excluded,
}

impl Conclusion {
    /// Name used in results.
    pub const fn name(self) -> &'static str {
        match self {
            Conclusion::NotCompared => "not-compared",
            Conclusion::NotExcluded => "not-excluded",
            Conclusion::Inconclusive => "inconclusive",
            Conclusion::Excluded => "excluded",
        }
    }
}
