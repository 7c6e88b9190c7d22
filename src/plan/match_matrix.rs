//! The match matrix to expect of a gallery: how many pairs would agree so far if all were unrelated,
//! or if so many were relatives.
//!
//! Pairs are compared at the loci both records have. Records are grouped by the set of loci typed,
//! so that a gallery with partial profiles is as exact as one of complete ones; the work is that of
//! every pair of sets. Limits: relatives are taken to be typed like the average pair; a mixture or a
//! typing that is not one genotype counts as a typed locus here, and agrees by other rules when counted.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::chance::LocusSetCounts;
use crate::domain::frequency::FrequencyTable;
use crate::domain::locus::{Locus, LocusSet};
use crate::domain::match_matrix::{ExpectedMatrix, LocusAgreement};
use crate::domain::relation::Relation;
use crate::error::{Error, Result};
use crate::limits::MAX_LOCUS_SETS;

/// Number of pairs of relatives assumed among the pairs of a gallery, by relation.
pub type RelativePairs = BTreeMap<Relation, u64>;

/// What is expected of the pairs that are compared at so many loci.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedPairs {
    /// Number of such pairs.
    pub pairs: u64,
    /// How they are expected to agree; as large as for all loci of the records.
    pub matrix: ExpectedMatrix,
}

/// Expected agreement of the pairs of a gallery, by the number of loci compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    loci: usize,
    by_loci_compared: BTreeMap<usize, ExpectedPairs>,
}

impl Expectation {
    /// Expects of the records whose sets of typed loci are `records`, in a population of `frequencies`
    /// and coancestry `theta`, with `relatives` among the pairs.
    ///
    /// # Errors
    /// The table lacks a locus of a record, more relatives are assumed than there are pairs, or
    /// [`Error::Limit`] when the records have more than [`MAX_LOCUS_SETS`] different sets of loci.
    pub fn new(
        records: &LocusSetCounts,
        frequencies: &FrequencyTable,
        theta: f64,
        relatives: &RelativePairs,
    ) -> Result<Expectation> {
        if records.len() > MAX_LOCUS_SETS {
            return Err(Error::Limit {
                what: format!("the number of different sets of typed loci, {},", records.len()),
                limit: MAX_LOCUS_SETS as u64,
                help: "ask for an index of complete profiles".into(),
            });
        }
        let loci = covered_loci(records, frequencies)?;
        let pairs = pairs_by_loci(records);
        let shares = shares(pairs.values().sum(), relatives)?;
        let agreements: Vec<(f64, BTreeMap<Locus, LocusAgreement>)> = shares
            .into_iter()
            .map(|(relation, share)| {
                let covered = frequencies.loci().filter(|(locus, _)| loci.contains(*locus));
                let of = |entry| LocusAgreement::new(entry, theta, relation);
                (share, covered.map(|(locus, entry)| (locus, of(entry))).collect())
            })
            .collect();
        let mut by_size: BTreeMap<usize, Vec<(LocusSet, u64)>> = BTreeMap::new();
        for (set, pairs) in pairs {
            by_size.entry(set.len()).or_default().push((set, pairs));
        }
        let by_loci_compared = by_size
            .into_iter()
            .map(|(size, sets)| {
                let pairs = sets.iter().map(|(_, pairs)| pairs).sum();
                (size, ExpectedPairs { pairs, matrix: over_sets(&sets, &agreements, loci.len()) })
            })
            .collect();
        Ok(Expectation { loci: loci.len(), by_loci_compared })
    }

    /// By number of loci compared, ascending.
    pub fn by_loci_compared(&self) -> impl Iterator<Item = (usize, &ExpectedPairs)> {
        self.by_loci_compared.iter().map(|(loci, pairs)| (*loci, pairs))
    }

    /// The expected match matrix of all pairs.
    pub fn matrix(&self) -> ExpectedMatrix {
        let mut sum = ExpectedMatrix::new(self.loci);
        self.by_loci_compared.values().for_each(|part| sum.merge(&part.matrix));
        sum
    }
}

/// Share of all pairs per relation, unrelated persons first.
fn shares(all_pairs: u64, relatives: &RelativePairs) -> Result<Vec<(Option<Relation>, f64)>> {
    let related: u64 = relatives.values().fold(0, |sum, pairs| sum.saturating_add(*pairs));
    let Some(unrelated) = all_pairs.checked_sub(related) else {
        return Err(Error::usage(
            format!("{related} pairs of relatives are assumed among {all_pairs} pairs"),
            "--relatives counts pairs of records, not persons",
        ));
    };
    let counts = std::iter::once((None, unrelated))
        .chain(relatives.iter().map(|(relation, pairs)| (Some(*relation), *pairs)));
    // Without a pair there is nothing to share out.
    let of_all = |pairs| pairs as f64 / all_pairs.max(1) as f64;
    Ok(counts.filter(|(_, n)| *n > 0).map(|(relation, n)| (relation, of_all(n))).collect())
}

/// The loci typed by any record.
fn covered_loci(records: &LocusSetCounts, frequencies: &FrequencyTable) -> Result<LocusSet> {
    let loci = records.keys().fold(LocusSet::default(), |all, set| LocusSet(all.0 | set.0));
    let lacking: Vec<&str> = Locus::all()
        .filter(|locus| loci.contains(*locus) && !frequencies.covers(*locus))
        .map(Locus::name)
        .collect();
    if lacking.is_empty() {
        return Ok(loci);
    }
    Err(Error::usage(
        format!("the table {} has no frequencies of {}", frequencies.name(), lacking.join(", ")),
        "use a table that has them: a match matrix counts every locus that is typed",
    ))
}

/// Number of pairs of records per set of loci typed in both.
fn pairs_by_loci(records: &LocusSetCounts) -> BTreeMap<LocusSet, u64> {
    let mut pairs = BTreeMap::new();
    for (place, (a, of_a)) in records.iter().enumerate() {
        *pairs.entry(*a).or_insert(0) += of_a * of_a.saturating_sub(1) / 2;
        for (b, of_b) in records.iter().skip(place + 1) {
            *pairs.entry(LocusSet(a.0 & b.0)).or_insert(0) += of_a * of_b;
        }
    }
    pairs
}

/// The expected matrix of the pairs compared at each of `sets`. Sets are added in their order, in parts
/// whose number does not depend on the machine: floating-point sums must not either.
fn over_sets(
    sets: &[(LocusSet, u64)],
    agreements: &[(f64, BTreeMap<Locus, LocusAgreement>)],
    loci: usize,
) -> ExpectedMatrix {
    const SETS_PER_PART: usize = 1024;
    let parts: Vec<ExpectedMatrix> = sets
        .par_chunks(SETS_PER_PART)
        .map(|part| {
            let mut matrix = ExpectedMatrix::new(loci);
            for (set, pairs) in part {
                for (share, agreements) in agreements {
                    let compared = agreements.iter().filter(|(locus, _)| set.contains(**locus));
                    let compared: Vec<LocusAgreement> = compared.map(|(_, a)| *a).collect();
                    matrix.add(&compared, *pairs as f64 * share);
                }
            }
            matrix
        })
        .collect();
    let mut sum = ExpectedMatrix::new(loci);
    parts.iter().for_each(|part| sum.merge(part));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::builtin_frequencies::{DEFAULT_NAME, builtin};

    fn set(loci: impl Iterator<Item = Locus>) -> LocusSet {
        let mut set = LocusSet::default();
        loci.for_each(|locus| set.insert(locus));
        set
    }

    fn matrix(
        records: &LocusSetCounts,
        table: &FrequencyTable,
        relatives: &RelativePairs,
    ) -> ExpectedMatrix {
        Expectation::new(records, table, 0.01, relatives).unwrap().matrix()
    }

    fn total(matrix: &ExpectedMatrix) -> f64 {
        let side = matrix.side();
        (0..side * side).map(|place| matrix.pairs(place / side, place % side)).sum()
    }

    #[test]
    fn partial_records_are_expected_to_agree_at_the_loci_both_have() {
        let table = builtin(DEFAULT_NAME).unwrap().unwrap();
        let (all, few) = (set(Locus::core()), set(Locus::core().take(3)));
        let records = LocusSetCounts::from([(all, 3), (few, 2)]);
        let expected = matrix(&records, &table, &RelativePairs::new());
        assert!((total(&expected) - 10.0).abs() < 1e-12);
        let of = |set, pairs: u64| {
            let records = LocusSetCounts::from([(set, 2)]);
            let one = matrix(&records, &table, &RelativePairs::new());
            move |full: usize, partial: usize| match full.max(partial) < one.side() {
                true => one.pairs(full, partial) * pairs as f64,
                false => 0.0,
            }
        };
        // Three pairs have all loci in common, seven pairs three.
        let (whole, part) = (of(all, 3), of(few, 7));
        for (full, partial) in [(0, 0), (1, 1), (3, 0), (0, 3), (5, 9)] {
            let got = expected.pairs(full, partial);
            let wanted = whole(full, partial) + part(full, partial);
            assert!((got / wanted - 1.0).abs() < 1e-12, "{full} {partial}: {got} {wanted}");
        }
    }

    #[test]
    fn identical_pairs_stand_in_the_far_corner() {
        let table = builtin(DEFAULT_NAME).unwrap().unwrap();
        let records = LocusSetCounts::from([(set(Locus::core()), 100)]);
        let relatives = RelativePairs::from([(Relation::Identity, 4)]);
        let expected = matrix(&records, &table, &relatives);
        assert!((expected.pairs(23, 0) - 4.0).abs() < 1e-12);
        assert!((total(&expected) - 4950.0).abs() < 1e-9);
    }

    #[test]
    fn full_matches_by_loci_compared_are_pairs_times_the_match_probability() {
        let table = builtin(DEFAULT_NAME).unwrap().unwrap();
        let (all, few) = (set(Locus::core()), set(Locus::core().take(6)));
        let records = LocusSetCounts::from([(all, 1000), (few, 10)]);
        let expected = Expectation::new(&records, &table, 0.0, &RelativePairs::new()).unwrap();
        let by_loci: Vec<_> = expected.by_loci_compared().collect();
        assert_eq!(
            by_loci.iter().map(|(loci, e)| (*loci, e.pairs)).collect::<Vec<_>>(),
            [(6, 10_045), (23, 499_500)]
        );
        for (loci, expected) in by_loci {
            // The chance of one genotype twice: 2 (sum of p²)² − sum of p⁴ (research/dna.md 2.6).
            let chance = |locus: Locus| {
                let p: Vec<f64> = match table.loci().find(|(known, _)| *known == locus) {
                    Some((_, entry)) => entry.alleles.values().copied().collect(),
                    None => Vec::new(),
                };
                let power =
                    |n| p.iter().map(|p| p.powi(n)).sum::<f64>() / p.iter().sum::<f64>().powi(n);
                2.0 * power(2) * power(2) - power(4)
            };
            let wanted: f64 = Locus::core().take(loci).map(chance).product();
            let got = expected.matrix.pairs(loci, 0) / expected.pairs as f64;
            assert!((got / wanted - 1.0).abs() < 1e-12, "{loci}: {got} {wanted}");
        }
    }

    #[test]
    fn what_cannot_be_expected_is_refused() {
        let table = builtin(DEFAULT_NAME).unwrap().unwrap();
        let refused = |records: &LocusSetCounts, relatives: &RelativePairs| {
            Expectation::new(records, &table, 0.0, relatives).unwrap_err().to_string()
        };
        let unknown = Locus::all().find(|locus| !table.covers(*locus)).unwrap();
        let records = LocusSetCounts::from([(set([unknown].into_iter()), 2)]);
        assert!(refused(&records, &RelativePairs::new()).contains(unknown.name()));
        let records = LocusSetCounts::from([(set(Locus::core()), 2)]);
        let relatives = RelativePairs::from([(Relation::FullSiblings, 2)]);
        assert!(refused(&records, &relatives).contains("among 1 pairs"));
        let many = (0..=MAX_LOCUS_SETS as u64).map(|bits| (LocusSet(bits), 1)).collect();
        assert!(refused(&many, &RelativePairs::new()).contains("over the limit"));
    }
}
