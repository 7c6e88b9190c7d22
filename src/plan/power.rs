//! What a search of a family can find: how likely a body of the missing person reaches the threshold, and how
//! likely a stranger does.
//!
//! Why: a second cousin alone cannot identify anybody by autosomal STRs, and whoever asks should know that before
//! the search, not after it. The distributions are convolved over the loci, not simulated: of a stranger from the
//! frequencies of genotypes, of the missing person from the same times the likelihood ratio of each.
//!
//! Limits: of a body with the loci that most bodies have; ratios are rounded to 10^0.01. With theta above 0 the
//! frequencies are given the alleles of one relative, so the numbers are approximate.

use rayon::prelude::*;
use serde::Serialize;

use super::chance::{FineSpread, GenotypeOutcomes};
use super::family_question::FamilyQuestion;
use super::search::ReadySearch;
use crate::domain::likelihood::Population;
use crate::domain::locus::LocusSet;
use crate::error::Result;

/// Families looked at; each takes some hundredths of a second.
const MAX_FAMILIES: usize = 400;

/// What a search can find of one family.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FamilyPower {
    /// The family.
    pub family_id: String,
    /// Relatives in its pedigree.
    pub members: u32,
    /// Probability that a body of the missing person reaches the threshold.
    pub found: f64,
    /// Probability that a stranger does.
    pub chance: f64,
    /// log10 likelihood ratios that a body of the missing person exceeds with probability 0.95, 0.5 and 0.05.
    pub true_log10: [f64; 3],
    /// The same of a stranger; minus infinity where one is excluded as often as that.
    pub false_log10: [f64; 3],
}

/// Probabilities of which quantiles are stated.
const EXCEEDED: [f64; 3] = [0.95, 0.5, 0.05];

/// The powers of the families of a search, or of an even selection of many, ascending by family. A family with too
/// many ways of inheritance for every genotype is not among them.
///
/// # Errors
/// A profile cannot be read.
pub fn powers(search: &ReadySearch, population: &Population) -> Result<Vec<FamilyPower>> {
    let sets = search.probes.locus_sets()?;
    let Some((loci, _)) = sets.iter().max_by_key(|(set, count)| (**count, **set)) else {
        return Ok(Vec::new());
    };
    let families = &search.pedigrees.families;
    let step = families.len().div_ceil(MAX_FAMILIES).max(1);
    let chosen: Vec<&FamilyQuestion> = families.iter().step_by(step).collect();
    let power = |family: &&FamilyQuestion| {
        let outcomes = family.outcomes(population).ok()?;
        let [of_missing, of_strangers] = distributions(&outcomes, *loci);
        let quantiles = |spread: &FineSpread| EXCEEDED.map(|share| spread.exceeded_with(share));
        Some(FamilyPower {
            family_id: family.family_id.clone(),
            members: family.placed.len() as u32,
            found: of_missing.at_least(search.threshold_log10),
            chance: of_strangers.at_least(search.threshold_log10),
            true_log10: quantiles(&of_missing),
            false_log10: quantiles(&of_strangers),
        })
    };
    Ok(chosen.par_iter().filter_map(power).collect())
}

/// The distributions of the log10 likelihood ratio of the missing person and of a stranger, typed at `loci`.
fn distributions(outcomes: &GenotypeOutcomes, loci: LocusSet) -> [FineSpread; 2] {
    let typed: Vec<_> = outcomes.iter().filter(|(locus, _)| loci.contains(*locus)).collect();
    let of = |weigh: fn(f64, f64) -> f64| {
        let weighed = typed.iter().map(|(_, genotypes)| -> Vec<(f64, f64)> {
            let weights = genotypes.iter().map(|(p, ratio)| (weigh(*p, *ratio), *ratio));
            let sum: f64 = weights.clone().map(|(weight, _)| weight).sum();
            weights.map(|(weight, ratio)| (weight / sum, ratio)).collect()
        });
        let weighed: Vec<Vec<(f64, f64)>> = weighed.collect();
        FineSpread::of_ratios(weighed.iter().map(Vec::as_slice))
    };
    [of(|p, ratio| p * ratio), of(|p, _| p)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::allele::Allele;
    use crate::domain::builtin_frequencies::{DEFAULT_NAME, builtin};
    use crate::domain::dna::{Profile, Typing};
    use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
    use crate::domain::locus::Locus;
    use crate::domain::relation::Relation;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn drawn(rng: &mut ChaCha8Rng, frequencies: &FrequencyTable, locus: Locus) -> Allele {
        let (_, entry) = frequencies.loci().find(|(l, _)| *l == locus).unwrap();
        let total: f64 = entry.alleles.values().sum();
        let mut left = rng.random_range(0.0..total);
        let mut last = None;
        for (allele, frequency) in &entry.alleles {
            last = Some(*allele);
            left -= frequency;
            if left <= 0.0 {
                break;
            }
        }
        last.unwrap()
    }

    /// Outcomes of every genotype at `locus` for a relation to somebody of `typing`.
    fn outcomes(
        population: &Population,
        locus: Locus,
        typing: Typing,
        relation: Relation,
    ) -> Vec<(f64, f64)> {
        let (_, entry) = population.frequencies.loci().find(|(l, _)| *l == locus).unwrap();
        let one = |typing| Profile::from_iter([(locus, typing)]);
        let mut list = Vec::new();
        for (a, p) in &entry.alleles {
            for (b, q) in entry.alleles.range(a..) {
                let body = Typing::new(&[*a, *b]).unwrap();
                let ratios = population.locus_ratios(&one(typing), &one(body), relation);
                list.push((p * q * if a == b { 1.0 } else { 2.0 }, ratios[0].1));
            }
        }
        list
    }

    /// `research/dna.md` 3.8: simulated with 200,000 pairs each, NIST Caucasian, 23 loci, theta 0, no mutation.
    #[test]
    fn the_power_of_relations_is_that_of_two_hundred_thousand_simulated_pairs() {
        let frequencies = &builtin(DEFAULT_NAME).unwrap().unwrap();
        let minimum = MinimumFrequency::UnseenOnly;
        let population = Population { frequencies, theta: 0.0, minimum };
        let loci: Vec<Locus> = Locus::core().collect();
        let mut all = LocusSet::default();
        loci.iter().for_each(|locus| all.insert(*locus));
        let mut rng = ChaCha8Rng::seed_from_u64(38);
        // Relation, its true positive rates at ratios of 1e2, 1e3, 1e4, and median log10 ratio.
        let expected = [
            (Relation::ParentChild, [1.0, 1.0, 0.9999], 8.44),
            (Relation::FullSiblings, [0.969, 0.932, 0.867], 7.05),
            (Relation::HalfSiblings, [0.482, 0.226, 0.077], 1.93),
            (Relation::FirstCousins, [0.040, 0.004, 0.0003], 0.49),
        ];
        const RELATIVES: usize = 250;
        for (relation, rates, median) in expected {
            let mut sums = [0.0; 3];
            let (mut squares, mut medians) = ([0.0; 3], 0.0);
            for _ in 0..RELATIVES {
                let outcomes: GenotypeOutcomes = loci
                    .iter()
                    .map(|locus| {
                        let mut allele = || drawn(&mut rng, frequencies, *locus);
                        let typing = Typing::new(&[allele(), allele()]).unwrap();
                        (*locus, outcomes(&population, *locus, typing, relation))
                    })
                    .collect();
                let [of_missing, of_strangers] = distributions(&outcomes, all);
                for (place, threshold) in [2.0, 3.0, 4.0].into_iter().enumerate() {
                    let found = of_missing.at_least(threshold);
                    sums[place] += found;
                    squares[place] += found * found;
                    // The mean ratio of strangers is one (Good 1950).
                    assert!(of_strangers.at_least(threshold) <= 1.2 * 10f64.powf(-threshold));
                }
                medians += of_missing.exceeded_with(0.5);
            }
            let count = RELATIVES as f64;
            for place in 0..3 {
                let mean = sums[place] / count;
                let error = ((squares[place] / count - mean * mean).max(0.0) / count).sqrt();
                let allowed = 4.0 * error + 2e-4;
                assert!(
                    (mean - rates[place]).abs() < allowed,
                    "{relation} {place}: {mean} {error}"
                );
            }
            // The mean of the relatives' medians is near the median of all pairs, not equal to it.
            assert!((medians / count - median).abs() < 0.2, "{relation}: {}", medians / count);
        }
    }
}
