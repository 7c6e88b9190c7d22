//! Genomes: founders drawn from a population, children from their parents.
//!
//! Source of the subpopulation: Balding and Nichols (1995): the frequencies of a subpopulation are
//! Dirichlet with parameters p(1−θ)/θ, so that two of its alleles are identical by descent with
//! probability θ. Gamma variates by Marsaglia and Tsang (2000), normal ones by Box and Muller (1958).

use rand::{Rng, RngCore};
use rayon::prelude::*;

use super::options::SynthOptions;
use super::pedigree::{Pedigree, Person};
use super::stream::{Purpose, stream};
use crate::domain::allele::Allele;
use crate::domain::locus::Locus;

/// Draws alleles of one locus.
#[derive(Debug, Clone)]
pub(super) struct AlleleSampler {
    pub(super) locus: Locus,
    alleles: Vec<Allele>,
    /// Upper end of each allele's share of the 64-bit numbers, ascending; the last is `u64::MAX`.
    ends: Vec<u64>,
}

impl AlleleSampler {
    /// A sampler with probabilities proportional to `weights`.
    fn new(locus: Locus, alleles: Vec<Allele>, weights: &[f64]) -> AlleleSampler {
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let mut ends: Vec<u64> = weights
            .iter()
            .map(|weight| {
                sum += weight;
                (sum / total * 2.0f64.powi(64)) as u64
            })
            .collect();
        if let Some(last) = ends.last_mut() {
            *last = u64::MAX;
        }
        AlleleSampler { locus, alleles, ends }
    }

    /// One allele.
    pub(super) fn draw(&self, rng: &mut impl RngCore) -> Allele {
        let number = rng.next_u64();
        let place = self.ends.partition_point(|end| *end < number);
        self.alleles[place.min(self.alleles.len() - 1)]
    }
}

/// The samplers of the loci of `options`, in their order.
pub(super) fn samplers(options: &SynthOptions) -> Vec<AlleleSampler> {
    let loci = options.loci();
    options
        .frequencies
        .loci()
        .filter(|(locus, _)| loci.contains(locus))
        .map(|(locus, frequencies)| {
            let alleles: Vec<Allele> = frequencies.alleles.keys().copied().collect();
            let mut weights: Vec<f64> = frequencies.alleles.values().copied().collect();
            if options.theta > 0.0 {
                let number = u64::from(locus.number());
                let mut rng = stream(options.seed, Purpose::Subpopulation, number);
                let concentration = (1.0 - options.theta) / options.theta;
                for weight in &mut weights {
                    *weight = gamma(&mut rng, *weight * concentration);
                }
            }
            AlleleSampler::new(locus, alleles, &weights)
        })
        .collect()
}

/// A gamma variate of `shape` above 0 and scale 1.
fn gamma(rng: &mut impl Rng, shape: f64) -> f64 {
    if shape < 1.0 {
        let power: f64 = open_unit(rng).powf(1.0 / shape);
        return gamma(rng, shape + 1.0) * power;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(rng);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && open_unit(rng).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

fn normal(rng: &mut impl Rng) -> f64 {
    (-2.0 * open_unit(rng).ln()).sqrt() * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// Uniform in (0, 1]: its logarithm is finite.
fn open_unit(rng: &mut impl Rng) -> f64 {
    1.0 - rng.random::<f64>()
}

/// The genotypes of everybody at the loci of one registry.
#[derive(Debug, Clone)]
pub(super) struct Genomes {
    loci: Vec<Locus>,
    /// Person-major: `alleles[person * loci + locus]`, the allele from the father first.
    alleles: Vec<[Allele; 2]>,
}

impl Genomes {
    /// Draws the genomes of everybody in `pedigree`, clan by clan in parallel; the result does not
    /// depend on the number of threads.
    pub(super) fn new(options: &SynthOptions, pedigree: &Pedigree) -> Genomes {
        let loci = options.loci();
        let samplers = samplers(options);
        let mut alleles = vec![[Allele::WILDCARD; 2]; pedigree.people.len() * loci.len()];
        let mut rest = alleles.as_mut_slice();
        let mut clans = Vec::with_capacity(pedigree.clans.len());
        for clan in &pedigree.clans {
            let (own, others) = rest.split_at_mut(clan.len() * loci.len());
            clans.push((clan.clone(), own));
            rest = others;
        }
        clans.into_par_iter().enumerate().for_each(|(number, (clan, genomes))| {
            let mut rng = stream(options.seed, Purpose::Genomes, number as u64);
            for person in clan.clone() {
                let (earlier, own) =
                    genomes.split_at_mut((person - clan.start) as usize * loci.len());
                let relative = |other: u32, locus: usize| {
                    earlier[(other - clan.start) as usize * loci.len() + locus]
                };
                let pedigree_entry = pedigree.person(person);
                for (place, sampler) in samplers.iter().enumerate() {
                    own[place] = match *pedigree_entry {
                        Person { twin_of: Some(twin), .. } => relative(twin, place),
                        Person { father: Some(father), mother: Some(mother), .. } => [
                            transmit(&mut rng, relative(father, place), options.mutation_rate),
                            transmit(&mut rng, relative(mother, place), options.mutation_rate),
                        ],
                        _ => [sampler.draw(&mut rng), sampler.draw(&mut rng)],
                    };
                }
            }
        });
        Genomes { loci, alleles }
    }

    /// The genotype of `person` at each locus.
    pub(super) fn of(&self, person: u32) -> impl Iterator<Item = (Locus, [Allele; 2])> + '_ {
        let width = self.loci.len();
        let start = person as usize * width;
        self.loci.iter().copied().zip(self.alleles[start..start + width].iter().copied())
    }
}

/// The allele a parent passes on: either of the two, one repeat longer or shorter with probability
/// `mutation_rate`.
fn transmit(rng: &mut impl Rng, parent: [Allele; 2], mutation_rate: f64) -> Allele {
    let allele = parent[usize::from(rng.random_bool(0.5))];
    if mutation_rate > 0.0 && rng.random_bool(mutation_rate) {
        let code = allele.code();
        let stepped = if rng.random_bool(0.5) { code + 10 } else { code.saturating_sub(10) };
        return Allele::repeat(stepped).unwrap_or(allele);
    }
    allele
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn made(options: &SynthOptions) -> (Pedigree, Genomes) {
        let pedigree = Pedigree::new(options.seed, options.persons, options.twin_pairs).unwrap();
        let genomes = Genomes::new(options, &pedigree);
        (pedigree, genomes)
    }

    #[test]
    fn a_child_has_one_allele_of_each_parent_at_every_locus() {
        let options = SynthOptions::with_default_frequencies(3_000).unwrap();
        let (pedigree, genomes) = made(&options);
        let mut children = 0;
        for (number, person) in pedigree.people.iter().enumerate() {
            let (Some(father), Some(mother)) = (person.father, person.mother) else { continue };
            children += 1;
            let parents = genomes.of(father).zip(genomes.of(mother));
            for ((locus, own), ((_, father), (_, mother))) in genomes.of(number as u32).zip(parents)
            {
                assert!(father.contains(&own[0]) && mother.contains(&own[1]), "{number} {locus}");
            }
        }
        assert!(children > 1_000);
    }

    #[test]
    fn twins_have_one_genome_and_siblings_do_not() {
        let options = SynthOptions::with_default_frequencies(3_000).unwrap();
        let (pedigree, genomes) = made(&options);
        for (number, person) in pedigree.people.iter().enumerate() {
            let own: Vec<_> = genomes.of(number as u32).collect();
            if let Some(twin) = person.twin_of {
                assert_eq!(own, genomes.of(twin).collect::<Vec<_>>());
            } else if number > 0 {
                assert_ne!(own, genomes.of(number as u32 - 1).collect::<Vec<_>>());
            }
        }
    }

    /// Counts of founders' alleles per locus and the total per locus.
    fn founder_counts(
        pedigree: &Pedigree,
        genomes: &Genomes,
    ) -> (BTreeMap<(Locus, Allele), f64>, f64) {
        let mut counts = BTreeMap::new();
        let mut founders = 0.0;
        for (number, person) in pedigree.people.iter().enumerate() {
            if person.father.is_some() {
                continue;
            }
            founders += 1.0;
            for (locus, alleles) in genomes.of(number as u32) {
                for allele in alleles {
                    *counts.entry((locus, allele)).or_insert(0.0) += 1.0;
                }
            }
        }
        (counts, 2.0 * founders)
    }

    #[test]
    fn founders_carry_the_alleles_of_the_table_within_sampling_error() {
        let options = SynthOptions::with_default_frequencies(20_000).unwrap();
        let (pedigree, genomes) = made(&options);
        let (counts, total) = founder_counts(&pedigree, &genomes);
        for (locus, frequencies) in
            options.frequencies.loci().filter(|(l, _)| options.loci().contains(l))
        {
            let mut chi_square = 0.0;
            for (allele, p) in &frequencies.alleles {
                let observed = counts.get(&(locus, *allele)).copied().unwrap_or(0.0);
                let deviation = observed - total * p;
                assert!(
                    deviation.abs() < 5.0 * (total * p * (1.0 - p)).sqrt() + 1.0,
                    "{locus} {allele}"
                );
                chi_square += deviation * deviation / (total * p);
            }
            // Mean k−1, variance about 2(k−1): six standard deviations above is a wrong sampler.
            let freedom = frequencies.alleles.len() as f64 - 1.0;
            assert!(chi_square < freedom + 6.0 * (2.0 * freedom).sqrt(), "{locus} {chi_square}");
        }
    }

    #[test]
    fn founders_are_homozygous_as_often_as_hardy_and_weinberg_say() {
        let options = SynthOptions::with_default_frequencies(20_000).unwrap();
        let (pedigree, genomes) = made(&options);
        let founders: Vec<u32> =
            (0..options.persons).filter(|p| pedigree.person(*p).father.is_none()).collect();
        let total = founders.len() as f64;
        for (place, locus) in options.loci().into_iter().enumerate() {
            let homozygous = founders
                .iter()
                .filter(|p| genomes.of(**p).nth(place).is_some_and(|(_, [a, b])| a == b))
                .count() as f64;
            let (_, frequencies) = options.frequencies.loci().find(|(l, _)| *l == locus).unwrap();
            let p: f64 = frequencies.alleles.values().map(|p| p * p).sum();
            let deviation = homozygous - total * p;
            assert!(deviation.abs() < 5.0 * (total * p * (1.0 - p)).sqrt(), "{locus} {deviation}");
        }
    }

    #[test]
    fn a_subpopulation_has_the_variance_that_theta_says() {
        let theta = 0.03;
        let mut sum = 0.0;
        let mut terms = 0.0;
        for seed in 0..40 {
            let options =
                SynthOptions { seed, theta, ..SynthOptions::with_default_frequencies(0).unwrap() };
            let loci = options.loci();
            for ((locus, frequencies), sampler) in
                options.frequencies.loci().filter(|(l, _)| loci.contains(l)).zip(samplers(&options))
            {
                for (allele, p) in frequencies.alleles.iter().filter(|(_, p)| **p > 0.05) {
                    let place = sampler.alleles.iter().position(|a| a == allele).unwrap();
                    let below = if place == 0 { 0 } else { sampler.ends[place - 1] };
                    let q = (sampler.ends[place] - below) as f64 / 2.0f64.powi(64);
                    sum += (q - p).powi(2) / (p * (1.0 - p));
                    terms += 1.0;
                    assert!(q > 0.0 && q < 1.0, "{locus}");
                }
            }
        }
        // E[(q−p)²] = θ p(1−p); about 4,600 terms put the mean within 5 % of θ.
        assert!((sum / terms - theta).abs() < 0.1 * theta, "{}", sum / terms);
    }

    #[test]
    fn mutations_happen_at_the_rate_asked_and_step_by_one_repeat() {
        let options = SynthOptions {
            mutation_rate: 0.02,
            ..SynthOptions::with_default_frequencies(5_000).unwrap()
        };
        let (pedigree, genomes) = made(&options);
        let (mut transmitted, mut foreign) = (0.0, 0.0);
        for (number, person) in pedigree.people.iter().enumerate() {
            let Some(father) = person.father.filter(|_| person.twin_of.is_none()) else { continue };
            for ((_, own), (_, parent)) in genomes.of(number as u32).zip(genomes.of(father)) {
                transmitted += 1.0;
                if !parent.contains(&own[0]) {
                    foreign += 1.0;
                    assert!(parent.iter().any(|a| a.code().abs_diff(own[0].code()) == 10));
                }
            }
        }
        // A step often lands on the parent's other allele, so somewhat fewer are seen than happen.
        let rate = foreign / transmitted;
        assert!(rate > 0.012 && rate < 0.0205, "{rate}");
    }
}
