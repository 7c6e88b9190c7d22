//! Founders with theta above 0 where all but one couple are typed: their joint probability, genotype by genotype.
//!
//! The sampling formula (Balding and Nichols 1994; `research/dna.md` 3.2) ties all founders together. Where
//! those that nobody typed are one couple, its two genotypes can be enumerated, and everything below them is
//! peeled as with theta 0. That is the common case of siblings whose parents are dead: the cost is the square
//! of the number of genotypes, however many siblings there are.

use super::locus_model::{AllelePair, LocusModel};

/// The founders of a family of which at most one couple is untyped.
#[derive(Debug)]
pub(super) struct UrnCouple {
    /// The family of the untyped couple; none if every founder is typed.
    pub(super) family: Option<usize>,
    theta: f64,
    /// Founder alleles that were typed.
    drawn: f64,
    /// Frequencies, for the very first draw.
    frequencies: Vec<f64>,
    /// Per allele θ times those typed, plus (1 − θ) times its frequency.
    base: Vec<f64>,
    /// Probability of the typed founders over that of independent ones.
    pub(super) correction: f64,
}

/// What the couple's genotypes say of the next allele: sums over all of them, with their probabilities.
#[derive(Debug, Clone)]
pub(super) struct Moments {
    pub(super) total: f64,
    /// Per allele the expected number of copies among the couple's four alleles, times `total`.
    first: Vec<f64>,
    /// Per pair of alleles the expected product of their numbers of copies, times `total`.
    second: Vec<f64>,
}

impl Moments {
    pub(super) fn new(size: usize) -> Moments {
        Moments { total: 0.0, first: vec![0.0; size], second: vec![0.0; size * size] }
    }

    /// Adds one pair of genotypes with its probability.
    pub(super) fn add(&mut self, alleles: [usize; 4], probability: f64) {
        self.total += probability;
        let size = self.first.len();
        for a in alleles {
            self.first[a] += probability;
            for b in alleles {
                self.second[a * size + b] += probability;
            }
        }
    }

    /// Scales everything by `factor`.
    pub(super) fn times(&mut self, factor: f64) {
        self.total *= factor;
        self.first.iter_mut().chain(&mut self.second).for_each(|value| *value *= factor);
    }
}

impl UrnCouple {
    /// The founders at the locus of `model`, `typed` being the genotypes of those that were typed.
    pub(super) fn new(
        model: &LocusModel,
        typed: &[AllelePair],
        family: Option<usize>,
    ) -> UrnCouple {
        let (theta, frequencies) = (model.theta(), model.frequencies().to_vec());
        let mut urn = UrnCouple {
            family,
            theta,
            drawn: 0.0,
            base: frequencies.iter().map(|p| (1.0 - theta) * p).collect(),
            correction: 1.0,
            frequencies,
        };
        for allele in typed.iter().flatten() {
            urn.correction *= urn.next(*allele, 0.0, 0.0) / urn.frequencies[*allele];
            urn.base[*allele] += theta;
            urn.drawn += 1.0;
        }
        urn
    }

    /// Probability that the next allele is `allele` after `more` others, `same` of them alike.
    fn next(&self, allele: usize, more: f64, same: f64) -> f64 {
        let drawn = self.drawn + more;
        if drawn == 0.0 {
            return self.frequencies[allele];
        }
        (self.base[allele] + same * self.theta) / (1.0 + (drawn - 1.0) * self.theta)
    }

    /// Probability of the couple's two genotypes, given the typed founders.
    pub(super) fn weight(&self, one: AllelePair, other: AllelePair) -> f64 {
        let alleles = [one[0], one[1], other[0], other[1]];
        let orders = |pair: AllelePair| if pair[0] == pair[1] { 1.0 } else { 2.0 };
        let mut weight = orders(one) * orders(other);
        for (place, allele) in alleles.iter().enumerate() {
            let same = alleles[..place].iter().filter(|before| *before == allele).count();
            weight *= self.next(*allele, place as f64, same as f64);
        }
        weight
    }

    /// Probability of everything that `moments` sums up and of an unrelated person of genotype `body`.
    pub(super) fn with_body(&self, moments: &Moments, [a, b]: AllelePair) -> f64 {
        let size = self.base.len();
        let drawn = self.drawn + if self.family.is_some() { 4.0 } else { 0.0 };
        let p = &self.frequencies;
        if drawn == 0.0 {
            let second = (1.0 - self.theta) * p[b] + if a == b { self.theta } else { 0.0 };
            return moments.total * p[a] * second * if a == b { 1.0 } else { 2.0 };
        }
        // With x(a) = base(a) + θ·copies(a): x(a)·x(b), and x(a)·(x(a) + θ) for a homozygote.
        let (base, theta) = (&self.base, self.theta);
        let product = base[a] * base[b] * moments.total
            + theta * (base[a] * moments.first[b] + base[b] * moments.first[a])
            + theta * theta * moments.second[a * size + b];
        let numerator = if a == b {
            product + theta * (base[a] * moments.total + theta * moments.first[a])
        } else {
            2.0 * product
        };
        numerator / ((1.0 + (drawn - 1.0) * theta) * (1.0 + drawn * theta))
    }
}
