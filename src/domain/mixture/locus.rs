//! The qualitative model at one locus: a sum over the genotypes of the unknown contributors.
//!
//! Alleles that no replicate shows are one class, [`REST`]: each of their copies must be lost, with the
//! same probability whichever allele it is, and the sampling formula gives a union of alleles the
//! sum of their probabilities. So the sum is over few genotypes and still exact.

use std::collections::BTreeSet;

use super::super::allele::Allele;
use super::super::likelihood::WeightedAllele;

/// The class of all alleles that no replicate shows.
pub(super) const REST: usize = 0;

/// One contributor at one locus.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Donor {
    /// Classes of both alleles; `None` for an unknown person.
    pub(super) genotype: Option<[usize; 2]>,
    pub(super) drop_out: f64,
}

/// The alleles of one locus as the model sees them: [`REST`], then those seen, ascending.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Classes {
    alleles: Vec<u16>,
    frequencies: Vec<f64>,
    /// Per replicate and class: the allele is seen.
    seen: Vec<Vec<bool>>,
    theta: f64,
}

/// What the contributors so far carry, class by class.
#[derive(Debug, Clone)]
struct Carried {
    /// Probability that every copy is lost; 1 where there is none.
    all_lost: Vec<f64>,
    copies: Vec<u32>,
    /// Alleles drawn and typed so far, for the sampling formula.
    drawn: Vec<f64>,
    total_drawn: f64,
}

impl Classes {
    /// The classes of `alleles`, which are all those of `replicates`, ascending.
    ///
    /// The rest gets what frequency is left. Minimum frequencies can lift the sum of the alleles seen
    /// above 1; they are divided by it then.
    pub(super) fn new(
        alleles: &[WeightedAllele],
        replicates: &[BTreeSet<Allele>],
        theta: f64,
    ) -> Classes {
        let sum: f64 = alleles.iter().map(|allele| allele.frequency).sum();
        let scale = sum.max(1.0);
        let seen = |replicate: &BTreeSet<Allele>| {
            let is_seen =
                |allele: &WeightedAllele| replicate.iter().any(|seen| seen.code() == allele.code);
            std::iter::once(false).chain(alleles.iter().map(is_seen)).collect()
        };
        let frequencies = alleles.iter().map(|allele| allele.frequency / scale);
        Classes {
            alleles: alleles.iter().map(|allele| allele.code).collect(),
            frequencies: std::iter::once((1.0 - sum).max(0.0)).chain(frequencies).collect(),
            seen: replicates.iter().map(seen).collect(),
            theta,
        }
    }

    /// The class of `allele`.
    pub(super) fn place(&self, allele: Allele) -> usize {
        let place = self.alleles.iter().position(|code| *code == allele.code());
        place.map_or(REST, |place| place + 1)
    }

    /// Number of genotypes an unknown person can have.
    pub(super) fn genotypes(&self) -> u64 {
        let classes = self.frequencies.len() as u64;
        classes * (classes + 1) / 2
    }

    /// Probability of what the replicates show, given the genotypes of all `typed` persons and that
    /// `donors` left the trace.
    pub(super) fn likelihood(
        &self,
        typed: &[Option<[usize; 2]>],
        donors: &[Donor],
        drop_in: f64,
    ) -> f64 {
        let classes = self.frequencies.len();
        let mut carried = Carried {
            all_lost: vec![1.0; classes],
            copies: vec![0; classes],
            drawn: vec![0.0; classes],
            total_drawn: 0.0,
        };
        for class in typed.iter().flatten().flatten() {
            carried.draw(*class);
        }
        let mut unknown = Vec::new();
        for donor in donors {
            match donor.genotype {
                Some(genotype) => carried.add(genotype, donor.drop_out),
                None => unknown.push(donor.drop_out),
            }
        }
        self.sum(&unknown, &carried, drop_in)
    }

    /// Sums over the genotypes of the contributors with drop-out `unknown`.
    fn sum(&self, unknown: &[f64], carried: &Carried, drop_in: f64) -> f64 {
        let Some((drop_out, others)) = unknown.split_first() else {
            return self.seen.iter().map(|seen| self.replicate(seen, carried, drop_in)).product();
        };
        let mut sum = 0.0;
        for first in 0..self.frequencies.len() {
            let mut after_first = carried.clone();
            let first_drawn = self.chance(first, carried);
            after_first.draw(first);
            for second in first..self.frequencies.len() {
                let orders = if first == second { 1.0 } else { 2.0 };
                let chance = orders * first_drawn * self.chance(second, &after_first);
                // A genotype nobody can have: an allele that takes the whole population.
                if chance == 0.0 {
                    continue;
                }
                let mut next = after_first.clone();
                next.draw(second);
                next.add([first, second], *drop_out);
                sum += chance * self.sum(others, &next, drop_in);
            }
        }
        sum
    }

    /// Probability that the next allele drawn is of `class`: the sampling formula (NRC II 4.10).
    fn chance(&self, class: usize, carried: &Carried) -> f64 {
        if carried.total_drawn == 0.0 {
            return self.frequencies[class];
        }
        (carried.drawn[class] * self.theta + (1.0 - self.theta) * self.frequencies[class])
            / (1.0 + (carried.total_drawn - 1.0) * self.theta)
    }

    /// Probability of one replicate given all genotypes.
    fn replicate(&self, seen: &[bool], carried: &Carried, drop_in: f64) -> f64 {
        let mut probability = 1.0;
        let mut has_drop_in = false;
        for (class, is_seen) in seen.iter().enumerate() {
            probability *= match (is_seen, carried.copies[class]) {
                (false, _) => carried.all_lost[class],
                (true, 0) => {
                    has_drop_in = true;
                    drop_in * self.frequencies[class]
                }
                (true, _) => 1.0 - carried.all_lost[class],
            };
        }
        if has_drop_in { probability } else { probability * (1.0 - drop_in) }
    }
}

impl Carried {
    fn draw(&mut self, class: usize) {
        self.drawn[class] += 1.0;
        self.total_drawn += 1.0;
    }

    fn add(&mut self, genotype: [usize; 2], drop_out: f64) {
        for class in genotype {
            self.copies[class] += 1;
            self.all_lost[class] *= drop_out;
        }
    }
}
