//! How many chance hits a search must expect.
//!
//! Identity: for each probe and each set of loci typed in the gallery, the probability that an
//! unrelated person agrees at all compared loci but the mismatches allowed (a Poisson-binomial over
//! the loci), at the score such a pair would have. Kinship: the distribution of log10 LR of an
//! unrelated body against each relative, by convolution over the loci.
//!
//! Limits: the model is of unrelated persons with complete typings in the gallery; relatives and
//! twins add to it, and so does drop-out on the gallery side. A pair's score is taken at its most
//! favourable, so that the number errs upwards. Above [`MAX_MODELLED_PAIRS`] combinations an even
//! sample of the probes stands for all.

use std::collections::BTreeMap;

use crate::domain::allele::Allele;
use crate::domain::dna::Profile;
use crate::domain::likelihood::{Population, WeightedAllele, draw_probability, locus_ratio};
use crate::domain::locus::{Locus, LocusSet};
use crate::domain::rarity::DISCORDANCE_LOG10;
use crate::domain::relation::Relation;

/// Probe and locus-set combinations evaluated one by one.
pub const MAX_MODELLED_PAIRS: usize = 500_000;

/// Width of a bin of scores, log10.
const BIN_LOG10: f64 = 0.05;

/// Number of gallery records per set of comparable loci.
pub type LocusSetCounts = BTreeMap<LocusSet, u64>;

/// Rule of an identity search, as far as chance depends on it.
#[derive(Debug, Clone, Copy)]
pub struct IdentityRule {
    /// High stringency (else moderate).
    pub exact: bool,
    /// Loci that may fail.
    pub mismatches: usize,
    /// Least number of loci compared.
    pub min_loci: usize,
}

/// Expected number of comparisons of unrelated persons per bin of score.
#[derive(Debug, Clone, Default)]
pub struct ChanceBins {
    /// Bin number to expected comparisons; bin b holds scores from b·0.05 log10.
    bins: BTreeMap<i32, f64>,
}

impl ChanceBins {
    fn count(&mut self, bin: i32, comparisons: f64) {
        *self.bins.entry(bin).or_insert(0.0) += comparisons;
    }

    /// Adds one probe of an identity search against a gallery.
    pub fn add_identity(
        &mut self,
        probe: &Profile,
        gallery: &LocusSetCounts,
        rule: IdentityRule,
        population: &Population,
    ) {
        let loci: Vec<(Locus, f64)> = probe
            .iter()
            .filter_map(|(locus, typing)| {
                Some((locus, population.chance_of_agreement(locus, typing, rule.exact)?))
            })
            .collect();
        let mut chances = Vec::with_capacity(loci.len());
        for (set, records) in gallery {
            chances.clear();
            chances.extend(loci.iter().filter(|(l, _)| set.contains(*l)).map(|(_, p)| *p));
            if chances.len() >= rule.min_loci {
                for (score_log10, probability) in agreements(&mut chances, rule.mismatches) {
                    let bin = (score_log10 / BIN_LOG10).floor() as i32;
                    self.count(bin, *records as f64 * probability);
                }
            }
        }
    }

    /// Adds one relative of a kinship search against bodies with the given sets of loci.
    pub fn add_kinship(
        &mut self,
        relative: &Profile,
        relation: Relation,
        bodies: &LocusSetCounts,
        population: &Population,
    ) {
        for (set, records) in bodies {
            let mut sums: BTreeMap<i32, f64> = BTreeMap::from([(0, *records as f64)]);
            for (locus, typing) in relative.iter().filter(|(l, _)| set.contains(*l)) {
                let Some((a, b)) = typing.genotype() else { continue };
                let Some(outcomes) = outcomes(locus, (a, b), relation, population) else {
                    continue;
                };
                let mut next = BTreeMap::new();
                for (sum, weight) in &sums {
                    for (bin, probability) in &outcomes {
                        *next.entry(sum + bin).or_insert(0.0) += weight * probability;
                    }
                }
                sums = next;
            }
            for (bin, weight) in sums {
                self.count(bin, weight);
            }
        }
    }

    /// Every expectation `times` over: a sample stands for all, or each pair was counted twice.
    pub fn scale(&mut self, times: f64) {
        self.bins.values_mut().for_each(|weight| *weight *= times);
    }

    /// Chance hits to expect at `score_log10` or higher.
    pub fn expected_at(&self, score_log10: f64) -> f64 {
        // A threshold that is itself a bin's edge must not lose its bin to rounding.
        let first = (score_log10 / BIN_LOG10 + 1e-9).floor() as i32;
        self.bins.range(first..).map(|(_, weight)| weight).sum()
    }

    /// The lowest score, log10, at which at most `expect_false` chance hits are expected; minus
    /// infinity where all comparisons together stay below it.
    pub fn threshold(&self, expect_false: f64) -> f64 {
        let mut sum = 0.0;
        for (bin, weight) in self.bins.iter().rev() {
            sum += weight;
            if sum > expect_false {
                return f64::from(bin + 1) * BIN_LOG10;
            }
        }
        f64::NEG_INFINITY
    }
}

/// Score and probability of agreeing at all loci, at all but one, and so on to `mismatches`.
/// The score is the most favourable: the loci that fail are the commonest.
fn agreements(chances: &mut [f64], mismatches: usize) -> Vec<(f64, f64)> {
    chances.sort_by(|a, b| b.total_cmp(a));
    let mut failures = vec![0.0; mismatches.min(chances.len()) + 1];
    failures[0] = 1.0;
    for p in chances.iter() {
        for j in (0..failures.len()).rev() {
            let from_fewer = if j > 0 { failures[j - 1] * (1.0 - p) } else { 0.0 };
            failures[j] = failures[j] * p + from_fewer;
        }
    }
    let mut score_log10: f64 = chances.iter().map(|p| -p.log10()).sum();
    let mut list = Vec::with_capacity(failures.len());
    for (failed, probability) in failures.into_iter().enumerate() {
        if failed > 0 {
            score_log10 += chances[failed - 1].log10() + DISCORDANCE_LOG10;
        }
        list.push((score_log10, probability));
    }
    list
}

/// The possible values of one locus as bins with their probabilities for an unrelated body;
/// impossible ones (ratio zero) are left out.
fn outcomes(
    locus: Locus,
    genotype: (Allele, Allele),
    relation: Relation,
    population: &Population,
) -> Option<Vec<(i32, f64)>> {
    let a = population.weigh(locus, genotype.0)?;
    let b = population.weigh(locus, genotype.1)?;
    let query = [a, b];
    let theta = population.theta;
    let given = draw_probability(&query, theta);
    let next = |alleles: &[WeightedAllele]| {
        let mut drawn = vec![a, b];
        drawn.extend_from_slice(alleles);
        draw_probability(&drawn, theta) / given
    };
    let other_frequency = (1.0 - a.frequency - b.frequency).max(1e-6);
    let other = WeightedAllele { code: 0, frequency: other_frequency };
    let homozygote = a.code == b.code;
    let mut classes = vec![([a, a], next(&[a, a]))];
    let carries_a = 2.0 * next(&[a]) - next(&[a, a]);
    if homozygote {
        classes.push(([a, other], 2.0 * (next(&[a]) - next(&[a, a]))));
        classes.push(([other, other], (1.0 - carries_a).max(0.0)));
    } else {
        let both = 2.0 * next(&[a, b]);
        let (aa, bb) = (next(&[a, a]), next(&[b, b]));
        let a_other = 2.0 * (next(&[a]) - aa) - both;
        let b_other = 2.0 * (next(&[b]) - bb) - both;
        classes.extend([
            ([a, b], both),
            ([b, b], bb),
            ([a, other], a_other),
            ([b, other], b_other),
        ]);
        classes.push(([other, other], (1.0 - aa - bb - both - a_other - b_other).max(0.0)));
    }
    let mut bins: BTreeMap<i32, f64> = BTreeMap::new();
    for (candidate, probability) in classes {
        let ratio = locus_ratio(&query, &candidate, relation, theta);
        if ratio > 0.0 && probability > 0.0 {
            *bins.entry((ratio.log10() / BIN_LOG10).round() as i32).or_insert(0.0) += probability;
        }
    }
    Some(bins.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dna::Typing;
    use crate::domain::frequency::{FrequencyTable, MinimumFrequency};

    fn table() -> FrequencyTable {
        let mut text = String::from("locus,allele,frequency,count,n_alleles\n");
        for locus in Locus::core() {
            for (allele, f) in [(10, 0.5), (11, 0.3), (12, 0.2)] {
                text += &format!("{locus},{allele},{f},,1000\n");
            }
        }
        FrequencyTable::from_csv("t", &text).unwrap()
    }

    fn profile(a: u16, b: u16) -> Profile {
        let allele = |t| Allele::repeat(t).unwrap();
        Locus::core().map(|l| (l, Typing::new(&[allele(a), allele(b)]).unwrap())).collect()
    }

    #[test]
    fn identity_chance_is_the_product_of_match_probabilities() {
        let table = table();
        let population =
            Population { frequencies: &table, theta: 0.0, minimum: MinimumFrequency::UnseenOnly };
        let probe = profile(100, 110);
        let gallery = LocusSetCounts::from([(probe.comparable_loci(), 1000)]);
        let expected = |mismatches, score_log10| {
            let rule = IdentityRule { exact: true, mismatches, min_loci: 8 };
            let mut chance = ChanceBins::default();
            chance.add_identity(&probe, &gallery, rule, &population);
            chance.expected_at(score_log10)
        };
        let all = 0.3f64.powi(23);
        assert!((expected(0, 6.0) / (1000.0 * all) - 1.0).abs() < 1e-9);
        let but_one = 23.0 * 0.7 * 0.3f64.powi(22);
        assert!((expected(1, 6.0) / (1000.0 * (all + but_one)) - 1.0).abs() < 1e-9);
        assert!(
            (expected(1, 11.0) / (1000.0 * all) - 1.0).abs() < 1e-9,
            "a failed locus scores less"
        );
        assert_eq!(expected(1, 20.0), 0.0);
    }

    #[test]
    fn kinship_chance_sums_to_the_comparisons_that_are_not_excluded() {
        let table = table();
        let population =
            Population { frequencies: &table, theta: 0.01, minimum: MinimumFrequency::UnseenOnly };
        for (a, b) in [(100, 110), (110, 110)] {
            let relative = profile(a, b);
            let bodies = LocusSetCounts::from([(relative.comparable_loci(), 500)]);
            let mut chance = ChanceBins::default();
            chance.add_kinship(&relative, Relation::FullSiblings, &bodies, &population);
            assert!((chance.expected_at(-1e6) - 500.0).abs() < 1e-6, "{a} {b}");
            let threshold = chance.threshold(0.5);
            assert!(chance.expected_at(threshold) <= 0.5);
            assert!(chance.expected_at(threshold - BIN_LOG10) > 0.5);
            assert_eq!(chance.threshold(501.0), f64::NEG_INFINITY);
        }
    }
}
