//! How many pairs of a database chance lets agree: the expected match matrix.
//!
//! What: the probability that two persons' genotypes at a locus are equal (full), share an allele
//! without being equal (partial), or share none; and, convolved over loci, the expected number of
//! pairs by loci in full and in partial agreement. It is the table to lay beside a counted matrix: a
//! database whose far corner holds more pairs than expected holds duplicates or relatives, or the
//! table of frequencies is not its population's.
//!
//! Sources: Weir 2004 (J Forensic Sci 49:1009) and 2007 (Annals of Applied Statistics 1:358);
//! Tvedebrink, Eriksen, Curran, Mogensen and Morling 2012 (FSI Genetics 6:387), whose program
//! DNAtools computes the same matrix (`dbExpect`; compared in `tests/reference.rs`);
//! `research/dna.md` 2.6.
//!
//! Limits: genotypes of single persons, typed without error; no mutation, so a parent and a child
//! share an allele at every locus; loci are independent given theta and the relation. When not to use it:
//! for a database of mixtures, or of several populations apart.

use super::frequency::LocusFrequencies;
use super::relation::Relation;

/// Probabilities that two genotypes at one locus agree; they add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocusAgreement {
    /// No allele is shared.
    pub none: f64,
    /// An allele is shared, and the genotypes differ.
    pub partial: f64,
    /// The genotypes are equal.
    pub full: f64,
}

impl LocusAgreement {
    /// Agreement of two persons of `relation` (`None`: unrelated) from a population with coancestry
    /// `theta`. The frequencies are divided by their sum: what a table does not list cannot be
    /// shared by name.
    ///
    /// Four alleles a, b | c, d are drawn by the sampling formula where nothing is identical by
    /// descent, three where one allele is, and then the genotypes are equal exactly when the other two
    /// alleles are.
    pub fn new(
        frequencies: &LocusFrequencies,
        theta: f64,
        relation: Option<Relation>,
    ) -> LocusAgreement {
        let sum: f64 = frequencies.alleles.values().sum();
        let p: Vec<f64> = frequencies.alleles.values().map(|frequency| frequency / sum).collect();
        let [k0, k1, k2] = relation.map_or([1.0, 0.0, 0.0], Relation::identity_by_descent);
        let (none, full) = without_descent(&p, theta);
        let full_with_one: f64 = p.iter().map(|p| p * (theta + (1.0 - theta) * p)).sum();
        let (none, full) = (k0 * none, k0 * full + k1 * full_with_one + k2);
        // One of three that add up to 1; rounding must not make it negative at a locus with one allele.
        LocusAgreement { none, partial: (1.0 - none - full).max(0.0), full }
    }
}

/// Probabilities of (none, full) agreement where no allele is identical by descent.
fn without_descent(p: &[f64], theta: f64) -> (f64, f64) {
    let q: Vec<f64> = p.iter().map(|p| (1.0 - theta) * p).collect();
    let denominator = (1.0 + theta) * (1.0 + 2.0 * theta);
    // Probability that the first two alleles drawn are both a, without the denominator of the others.
    let twice: Vec<f64> = p.iter().zip(&q).map(|(p, q)| p * (theta + q)).collect();
    let all_equal: f64 =
        twice.iter().zip(&q).map(|(f, q)| f * (2.0 * theta + q) * (3.0 * theta + q)).sum();
    // Sums over alleles a before b, and over a with every pair of others, without the quartic loops.
    let (mut two_pairs, mut one_pair) = (0.0, 0.0);
    let (q_sum, q_squares) = (q.iter().sum::<f64>(), q.iter().map(|q| q * q).sum::<f64>());
    let mut pairs_before = 0.0;
    for (f, q) in twice.iter().zip(&q) {
        two_pairs += pairs_before * q * (theta + q);
        pairs_before += f;
        let others = q_sum - q;
        one_pair += f * (others * others - (q_squares - q * q)) / 2.0;
    }
    let four_different = 24.0 * elementary_symmetric_4(p) * (1.0 - theta).powi(3);
    let none = (2.0 * two_pairs + 4.0 * one_pair + four_different) / denominator;
    let full = (all_equal + 4.0 * two_pairs) / denominator;
    (none, full)
}

/// Sum of the products of every four different entries.
fn elementary_symmetric_4(p: &[f64]) -> f64 {
    let mut sums = [1.0, 0.0, 0.0, 0.0, 0.0];
    for p in p {
        for order in (1..sums.len()).rev() {
            sums[order] += sums[order - 1] * p;
        }
    }
    sums[4]
}

/// Expected pairs by loci in full and in partial agreement.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedMatrix {
    side: usize,
    cells: Vec<f64>,
}

impl ExpectedMatrix {
    /// A matrix of zeros for up to `loci` loci.
    pub fn new(loci: usize) -> ExpectedMatrix {
        let side = loci + 1;
        ExpectedMatrix { side, cells: vec![0.0; side * side] }
    }

    /// Rows and columns: one more than the loci.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Expected number of pairs with `full` loci in full and `partial` in partial agreement.
    pub fn pairs(&self, full: usize, partial: usize) -> f64 {
        self.cells[full * self.side + partial]
    }

    /// Adds `pairs` pairs that are compared at `loci`, of which this matrix must have room for all.
    pub fn add(&mut self, loci: &[LocusAgreement], pairs: f64) {
        let mut spread = ExpectedMatrix::new(loci.len());
        spread.cells[0] = pairs;
        for (done, locus) in loci.iter().enumerate() {
            // From the far corner, so that a cell is read before it is replaced.
            for full in (0..=done + 1).rev() {
                for partial in (0..=done + 1 - full).rev() {
                    let mut cell = spread.pairs(full, partial) * locus.none;
                    if partial > 0 {
                        cell += spread.pairs(full, partial - 1) * locus.partial;
                    }
                    if full > 0 {
                        cell += spread.pairs(full - 1, partial) * locus.full;
                    }
                    spread.cells[full * spread.side + partial] = cell;
                }
            }
        }
        for full in 0..spread.side {
            for partial in 0..spread.side - full {
                self.cells[full * self.side + partial] += spread.pairs(full, partial);
            }
        }
    }

    /// Adds the pairs of another matrix of the same size.
    pub fn merge(&mut self, other: &ExpectedMatrix) {
        for (cell, more) in self.cells.iter_mut().zip(&other.cells) {
            *cell += more;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::allele::Allele;
    use super::super::likelihood::{WeightedAllele, draw_probability};
    use super::*;
    use proptest::prelude::*;

    fn frequencies(p: &[f64]) -> LocusFrequencies {
        let alleles = (10..).zip(p).map(|(tenths, p)| (Allele::repeat(tenths).unwrap(), *p));
        LocusFrequencies { alleles: alleles.collect(), sampled_alleles: None }
    }

    /// Every sequence of alleles of two genotypes, drawn with so many alleles identical by descent.
    fn enumerated(p: &[f64], theta: f64, relation: Option<Relation>) -> [f64; 3] {
        let all: Vec<WeightedAllele> =
            (0..).zip(p).map(|(code, p)| WeightedAllele { code, frequency: *p }).collect();
        let mut sums = [0.0; 3];
        let [k0, k1, k2] = relation.map_or([1.0, 0.0, 0.0], Relation::identity_by_descent);
        let mut count = |x: [u16; 2], y: [u16; 2], probability: f64| {
            let sorted = |mut g: [u16; 2]| {
                g.sort_unstable();
                g
            };
            let shares = x.iter().any(|allele| y.contains(allele));
            let place = if sorted(x) == sorted(y) { 2 } else { usize::from(shares) };
            sums[place] += probability;
        };
        for a in &all {
            for b in &all {
                count([a.code, b.code], [a.code, b.code], k2 * draw_probability(&[*a, *b], theta));
                for c in &all {
                    let chance = k1 * draw_probability(&[*a, *b, *c], theta);
                    count([a.code, b.code], [a.code, c.code], chance);
                    for d in &all {
                        let chance = k0 * draw_probability(&[*a, *b, *c, *d], theta);
                        count([a.code, b.code], [c.code, d.code], chance);
                    }
                }
            }
        }
        sums
    }

    proptest! {
        #[test]
        fn the_probabilities_are_those_of_drawing_every_pair_of_genotypes(
            weights in prop::collection::vec(0.01f64..1.0, 1..6), theta in 0.0f64..0.2,
            relation in 0usize..9,
        ) {
            let sum: f64 = weights.iter().sum();
            let p: Vec<f64> = weights.iter().map(|w| w / sum).collect();
            let relation = Relation::ALL.get(relation).copied();
            let got = LocusAgreement::new(&frequencies(&weights), theta, relation);
            let expected = enumerated(&p, theta, relation);
            for (got, expected) in [got.none, got.partial, got.full].into_iter().zip(expected) {
                prop_assert!((got - expected).abs() < 1e-12, "{} {}", got, expected);
            }
        }

        #[test]
        fn the_order_of_loci_changes_nothing_and_no_pair_is_lost(
            loci in prop::collection::vec((0.0f64..0.5, 0.0f64..0.5), 0..8),
        ) {
            let agreement = |(none, full)| LocusAgreement { none, partial: 1.0 - none - full, full };
            let mut loci: Vec<LocusAgreement> = loci.into_iter().map(agreement).collect();
            let mut forward = ExpectedMatrix::new(8);
            forward.add(&loci, 1000.0);
            loci.reverse();
            let mut backward = ExpectedMatrix::new(8);
            backward.add(&loci, 1000.0);
            let mut total = 0.0;
            for full in 0..9 {
                for partial in 0..9 {
                    let (x, y) = (forward.pairs(full, partial), backward.pairs(full, partial));
                    prop_assert!((x - y).abs() <= 1e-9, "{} {}", x, y);
                    total += x;
                }
            }
            prop_assert!((total - 1000.0).abs() < 1e-9, "{}", total);
        }
    }

    #[test]
    fn identity_agrees_fully_everywhere_and_parents_share_an_allele_everywhere() {
        let p = frequencies(&[0.2, 0.3, 0.5]);
        let one = LocusAgreement::new(&p, 0.03, Some(Relation::Identity));
        assert_eq!(one, LocusAgreement { none: 0.0, partial: 0.0, full: 1.0 });
        assert_eq!(LocusAgreement::new(&p, 0.03, Some(Relation::ParentChild)).none, 0.0);
    }
}
