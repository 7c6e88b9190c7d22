//! Pairs of loci that are inherited together more often than not.
//!
//! Likelihood ratios multiply over loci as if each were on a chromosome of its own. For identity that is harmless;
//! between relatives two linked loci say less together, or more, than their product: the difference reaches a
//! factor of a few. Why a list: a laboratory that types both should know, and may leave one out. Distances are
//! not used in any formula.
//!
//! Source: `research/dna.md` 2.1, which names these pairs as general knowledge of the field; vWA and D12S391 lie
//! 6.3 million base pairs apart. No map of recombination was read for the others.

use super::locus::{Locus, LocusSet};

/// Pairs by name.
const LINKED: [[&str; 2]; 5] = [
    ["vWA", "D12S391"],
    ["CSF1PO", "D5S818"],
    ["SE33", "D6S1043"],
    ["TPOX", "D2S441"],
    ["D21S11", "Penta D"],
];

/// The linked pairs of which both are in `loci`.
pub fn linked_within(loci: LocusSet) -> Vec<[Locus; 2]> {
    let pairs = LINKED.iter().filter_map(|[a, b]| Some([Locus::parse(a)?, Locus::parse(b)?]));
    pairs.filter(|pair| pair.iter().all(|locus| loci.contains(*locus))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_counts_where_both_are_typed_and_every_name_is_a_locus() {
        let mut all = LocusSet::default();
        Locus::all().for_each(|locus| all.insert(locus));
        assert_eq!(linked_within(all).len(), LINKED.len());
        let mut one = LocusSet::default();
        one.insert(Locus::parse("vWA").unwrap());
        assert!(linked_within(one).is_empty());
        one.insert(Locus::parse("D12S391").unwrap());
        assert_eq!(linked_within(one).len(), 1);
    }
}
