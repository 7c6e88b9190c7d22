//! `genotype_screen`: upper bounds of log10 likelihood ratios that depend, locus by locus, on a candidate's
//! genotype alone: one look-up per locus.
//!
//! What: a question is a table per locus, of a score for every genotype of the gallery. A family that looks for
//! a missing person, a pair under a mutation model and a mixed trace with one unknown contributor are such
//! questions. Candidates are codes of genotypes, in blocks that stay in the first-level cache while the
//! questions of a call pass over them.
//!
//! Why a kernel of its own: [`super::kin_screen`] knows six classes of genotypes against two alleles, which a
//! pedigree or a mutation model does not reduce to. Limits: a locus has at most [`MAX_GENOTYPES`] different
//! genotypes; rarer ones get the highest score of the table, so that none is lost. Typings that are not one
//! person's genotype say nothing, as a locus that is not typed.

mod codes;
#[cfg(test)]
mod tests;

pub use codes::{BLOCK, CodedRows, GenotypeCodes, GenotypeMap, MAX_GENOTYPES};

use super::{Overflow, Spec, Survivor, Window, assert_paired};
use crate::domain::dna::Typing;
use crate::domain::locus::Locus;

/// Identity of this kernel.
pub const SPEC: Spec = Spec { name: "genotype_screen", version: 1 };

/// Score of a genotype that excludes: below any sum of other loci.
pub const EXCLUDING_MBAN: i32 = -1_000_000;
/// Highest score of one locus.
const HIGHEST_MBAN: i32 = 1_000_000;

/// Codes of a locus: untyped, [`MAX_GENOTYPES`] genotypes, and any other one.
pub const CODES: usize = MAX_GENOTYPES + 2;
const _: () = assert!(CODES.is_power_of_two() && CODES * crate::limits::MAX_LOCI < 1 << 20);

/// What is asked of every candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    /// Sums of scores that survive are at least this.
    pub least_mban: i32,
}

/// A question: scores by locus and code, of upper bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    tables: Vec<[i32; CODES]>,
}

impl Query {
    /// The question whose likelihood ratio at a locus, for a genotype of `map`, is `ratio`; `None` where the
    /// genotype says nothing. A locus where the candidate is not typed counts 1.
    pub fn compile(map: &GenotypeMap, ratio: impl Fn(Locus, &Typing) -> Option<f64>) -> Query {
        let tables = map.loci().map(|(locus, genotypes)| {
            let mut table = [0; CODES];
            for (place, genotype) in genotypes.iter().enumerate() {
                table[place + 1] = ratio(locus, genotype).map_or(0, upper_bound_mban);
            }
            // Whatever an unlisted genotype scores is not known here: it is let through.
            table[CODES - 1] = HIGHEST_MBAN;
            table
        });
        Query { tables: tables.collect() }
    }

    /// The question that every row of a map of so many loci answers with the highest score.
    pub fn of_everybody(loci: usize) -> Query {
        Query { tables: vec![[HIGHEST_MBAN; CODES]; loci] }
    }

    /// Scores by locus of the map, then code.
    pub fn tables(&self) -> &[[i32; CODES]] {
        &self.tables
    }
}

/// log10 of a ratio in millibans, rounded up.
fn upper_bound_mban(ratio: f64) -> i32 {
    let mban = (ratio.log10() * 1000.0).ceil();
    // What is not a number is no reason to lose a candidate.
    if mban.is_nan() {
        HIGHEST_MBAN
    } else {
        mban.clamp(f64::from(EXCLUDING_MBAN), f64::from(HIGHEST_MBAN)) as i32
    }
}

/// The definition: candidates whose sum of scores is at least [`Params::least_mban`], ascending by question,
/// then row.
///
/// # Errors
/// More than `capacity` pairs survive.
pub fn reference(
    params: &Params,
    queries: &[&Query],
    windows: &[Window],
    rows: &CodedRows,
    capacity: usize,
) -> Result<Vec<Survivor>, Overflow> {
    assert_paired(queries, windows);
    let mut survivors = Vec::new();
    for (probe, (query, window)) in queries.iter().zip(windows).enumerate() {
        for row in rows.within(window) {
            let codes = query.tables.iter().enumerate();
            let value: i32 = codes.map(|(locus, table)| table[rows.code(locus, row)]).sum();
            if value >= params.least_mban {
                survivors.push(Survivor { probe: probe as u32, row: row as u32, value });
            }
        }
    }
    if survivors.len() > capacity { Err(Overflow { capacity }) } else { Ok(survivors) }
}

/// Candidates whose sums are kept in registers.
const TOGETHER: usize = 8;

/// What [`reference`] gives: a block of candidates at a time, every question over it.
///
/// # Errors
/// More than `capacity` pairs survive.
pub fn run(
    params: &Params,
    queries: &[&Query],
    windows: &[Window],
    rows: &CodedRows,
    capacity: usize,
) -> Result<Vec<Survivor>, Overflow> {
    assert_paired(queries, windows);
    if rows.loci() == 0 {
        // There are no columns to go through, and every row has a sum of 0.
        return reference(params, queries, windows, rows, capacity);
    }
    let mut survivors = Vec::new();
    for (first_row, block) in rows.blocks() {
        for (probe, (query, window)) in queries.iter().zip(windows).enumerate() {
            let asked = rows.within(window);
            if asked.start >= first_row + BLOCK || asked.end <= first_row {
                continue;
            }
            for group in (0..BLOCK).step_by(TOGETHER) {
                let sums = sums(query, block, group);
                for (place, value) in sums.into_iter().enumerate() {
                    let row = first_row + group + place;
                    if value >= params.least_mban && asked.contains(&row) {
                        survivors.push(Survivor { probe: probe as u32, row: row as u32, value });
                    }
                }
            }
        }
        if survivors.len() > capacity {
            return Err(Overflow { capacity });
        }
    }
    survivors.sort_unstable();
    Ok(survivors)
}

/// The sums of some candidates of a block, from `first` on.
fn sums(query: &Query, block: &[[u16; BLOCK]], first: usize) -> [i32; TOGETHER] {
    let mut sums = [0; TOGETHER];
    for (table, codes) in query.tables.iter().zip(block) {
        for (sum, code) in sums.iter_mut().zip(&codes[first..first + TOGETHER]) {
            // The mask says to the compiler what the codes keep to.
            *sum += table[usize::from(*code) & (CODES - 1)];
        }
    }
    sums
}
