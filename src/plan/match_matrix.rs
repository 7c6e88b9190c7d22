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

/// Expected pairs by loci in full and partial agreement among the records whose sets of typed loci
/// are `records`, in a population of `frequencies` and coancestry `theta`.
///
/// # Errors
/// The table lacks a locus of a record, more relatives are assumed than there are pairs, or
/// [`Error::Limit`] when the records have more than [`MAX_LOCUS_SETS`] different sets of loci.
pub fn expected_matrix(
    records: &LocusSetCounts,
    frequencies: &FrequencyTable,
    theta: f64,
    relatives: &RelativePairs,
) -> Result<ExpectedMatrix> {
    if records.len() > MAX_LOCUS_SETS {
        return Err(Error::Limit {
            what: format!("the number of different sets of typed loci, {},", records.len()),
            limit: MAX_LOCUS_SETS as u64,
            help: "ask for an index of complete profiles".into(),
        });
    }
    let loci = covered_loci(records, frequencies)?;
    let pairs = pairs_by_loci(records);
    let all_pairs: u64 = pairs.values().sum();
    let related: u64 = relatives.values().sum();
    if related > all_pairs {
        return Err(Error::usage(
            format!("{related} pairs of relatives are assumed among {all_pairs} pairs"),
            "--relatives counts pairs of records, not persons",
        ));
    }
    let unrelated = (None, all_pairs - related);
    let mut sum = ExpectedMatrix::new(loci.len());
    for (relation, share) in
        std::iter::once(unrelated).chain(relatives.iter().map(|(r, n)| (Some(*r), *n)))
    {
        if share == 0 {
            continue;
        }
        let of_pairs = share as f64 / all_pairs as f64;
        let agreements: BTreeMap<Locus, LocusAgreement> = frequencies
            .loci()
            .filter(|(locus, _)| loci.contains(*locus))
            .map(|(locus, entry)| (locus, LocusAgreement::new(entry, theta, relation)))
            .collect();
        sum.merge(&over_all_sets(&pairs, &agreements, of_pairs, loci.len()));
    }
    Ok(sum)
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

/// The expected matrix of a share of all pairs. Sets are added in their order, in parts whose number
/// does not depend on the machine: floating-point sums must not either.
fn over_all_sets(
    pairs: &BTreeMap<LocusSet, u64>,
    agreements: &BTreeMap<Locus, LocusAgreement>,
    share: f64,
    loci: usize,
) -> ExpectedMatrix {
    const SETS_PER_PART: usize = 1024;
    let sets: Vec<(LocusSet, u64)> = pairs.iter().map(|(set, pairs)| (*set, *pairs)).collect();
    let parts: Vec<ExpectedMatrix> = sets
        .par_chunks(SETS_PER_PART)
        .map(|part| {
            let mut matrix = ExpectedMatrix::new(loci);
            for (set, pairs) in part {
                let compared = agreements.iter().filter(|(locus, _)| set.contains(**locus));
                let compared: Vec<LocusAgreement> = compared.map(|(_, a)| *a).collect();
                matrix.add(&compared, *pairs as f64 * share);
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

    fn total(matrix: &ExpectedMatrix) -> f64 {
        let side = matrix.side();
        (0..side * side).map(|place| matrix.pairs(place / side, place % side)).sum()
    }

    #[test]
    fn partial_records_are_expected_to_agree_at_the_loci_both_have() {
        let table = builtin(DEFAULT_NAME).unwrap().unwrap();
        let (all, few) = (set(Locus::core()), set(Locus::core().take(3)));
        let records = LocusSetCounts::from([(all, 3), (few, 2)]);
        let expected = expected_matrix(&records, &table, 0.01, &RelativePairs::new()).unwrap();
        assert!((total(&expected) - 10.0).abs() < 1e-12);
        let of = |set, pairs: u64| {
            let records = LocusSetCounts::from([(set, 2)]);
            let one = expected_matrix(&records, &table, 0.01, &RelativePairs::new()).unwrap();
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
        let expected = expected_matrix(&records, &table, 0.01, &relatives).unwrap();
        assert!((expected.pairs(23, 0) - 4.0).abs() < 1e-12);
        assert!((total(&expected) - 4950.0).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_expected_is_refused() {
        let table = builtin(DEFAULT_NAME).unwrap().unwrap();
        let refused = |records: &LocusSetCounts, relatives: &RelativePairs| {
            expected_matrix(records, &table, 0.0, relatives).unwrap_err().to_string()
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
