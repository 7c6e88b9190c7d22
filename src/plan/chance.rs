//! How many chance hits a search must expect.
//!
//! The score of an unrelated pair is a sum over the loci, each with a few possible outcomes: in an
//! identity search the genotype is equal, or agrees without being equal, or fails; in a kinship search
//! it is one of six classes. Convolving the outcomes gives the distribution of scores of each probe
//! against each set of loci typed in the gallery.
//!
//! Limits: the model is of unrelated persons with complete typings in the gallery; relatives and
//! twins add to it, and so does drop-out on the gallery side. Scores are rounded to bins of a tenth.
//! Above [`MAX_MODELLED_PAIRS`] combinations an even sample of the probes stands for all.

use std::collections::BTreeMap;

use crate::domain::allele::Allele;
use crate::domain::dna::Profile;
use crate::domain::likelihood::{Population, WeightedAllele, draw_probability, locus_ratio};
use crate::domain::locus::{Locus, LocusSet};
use crate::domain::rarity::DISCORDANCE_LOG10;
use crate::domain::relation::Relation;
use crate::domain::rule_set::{LocusOutcomes, RuleSet, SearchKind};

/// Probe and locus-set combinations convolved one by one.
pub const MAX_MODELLED_PAIRS: usize = 50_000;

/// Width of a bin of scores, log10.
const BIN_LOG10: f64 = 0.1;

/// Width of a bin where the ratio of every genotype is known. Of cousins every locus without a common allele has
/// a ratio of 3/4: rounded to tenths, 23 of them would make a factor of four.
const FINE_BIN_LOG10: f64 = 0.01;

/// Bins up to a score that no comparison reaches by chance.
const BOUNDED_BINS: i32 = 400;

/// Number of gallery records per set of comparable loci.
pub type LocusSetCounts = BTreeMap<LocusSet, u64>;

/// Probability and likelihood ratio of every genotype, by locus.
pub type GenotypeOutcomes = Vec<(Locus, Vec<(f64, f64)>)>;

/// Expected number of comparisons of unrelated persons per bin of score.
#[derive(Debug, Clone, Default)]
pub struct ChanceBins {
    /// Bin number to expected comparisons; bin b holds scores from b tenths.
    bins: BTreeMap<i32, f64>,
}

impl ChanceBins {
    fn count(&mut self, bin: i32, comparisons: f64) {
        *self.bins.entry(bin).or_insert(0.0) += comparisons;
    }

    /// Adds one probe of an identity search, as the rules read it, against a gallery.
    pub fn add_identity(
        &mut self,
        probe: &Profile,
        gallery: &LocusSetCounts,
        (rules, kind): (&RuleSet, SearchKind),
        population: &Population,
    ) {
        let loci: Vec<(Locus, LocusOutcomes)> = probe
            .iter()
            .filter_map(|(locus, typing)| {
                Some((locus, population.rule_outcomes(rules, kind, locus, typing)?))
            })
            .collect();
        for (set, records) in gallery {
            let compared: Vec<&LocusOutcomes> =
                loci.iter().filter(|(l, _)| set.contains(*l)).map(|(_, o)| o).collect();
            if compared.len() >= rules.least_loci as usize {
                for spread in by_failures(&compared, rules.most_failing as usize) {
                    self.add_spread(&spread, *records as f64);
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
            let mut spread = Spread::certain();
            for (locus, typing) in relative.iter().filter(|(l, _)| set.contains(*l)) {
                let Some((a, b)) = typing.genotype() else { continue };
                if let Some(outcomes) = outcomes(locus, (a, b), relation, population) {
                    spread = Spread::sum([(&spread, outcomes.as_slice())]);
                }
            }
            self.add_spread(&spread, *records as f64);
        }
    }

    /// Adds one family against bodies with the given sets of loci, from the probability and the likelihood
    /// ratio of every genotype at its loci.
    pub fn add_family(&mut self, outcomes: &GenotypeOutcomes, bodies: &LocusSetCounts) {
        for (set, records) in bodies {
            let typed = outcomes.iter().filter(|(locus, _)| set.contains(*locus));
            let spread = FineSpread::of_ratios(typed.map(|(_, genotypes)| genotypes.as_slice()));
            for (score_log10, probability) in spread.scores() {
                self.count(bin(score_log10), *records as f64 * probability);
            }
        }
    }

    /// Adds what chance may bring at most, where there is no model: at every score comparisons × 10^-score hits
    /// (Good 1950: the mean ratio of unrelated persons is one).
    pub fn add_bound(&mut self, comparisons: u64) {
        let reaching = |bin: i32| comparisons as f64 * 10f64.powf(-f64::from(bin) * BIN_LOG10);
        for bin in 0..BOUNDED_BINS {
            self.count(bin, reaching(bin) - reaching(bin + 1));
        }
    }

    fn add_spread(&mut self, spread: &Spread, comparisons: f64) {
        for (place, probability) in spread.probabilities.iter().enumerate() {
            if *probability > 0.0 {
                self.count(spread.first_bin + place as i32, comparisons * probability);
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
        // A sum of no terms is -0.0, which nobody should read.
        self.bins.range(first..).map(|(_, weight)| weight).sum::<f64>() + 0.0
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

/// A distribution of log10 likelihood ratios in bins of [`FINE_BIN_LOG10`].
pub(super) struct FineSpread(Spread);

impl FineSpread {
    /// Of the product of ratios that each locus has with the probabilities given; ratios of zero are left out.
    pub(super) fn of_ratios<'o>(loci: impl Iterator<Item = &'o [(f64, f64)]>) -> FineSpread {
        FineSpread(loci.fold(Spread::certain(), |spread, outcomes| {
            let mut bins: BTreeMap<i32, f64> = BTreeMap::new();
            for (probability, ratio) in outcomes.iter().filter(|(_, ratio)| *ratio > 0.0) {
                let bin = (ratio.log10() / FINE_BIN_LOG10).round() as i32;
                *bins.entry(bin).or_insert(0.0) += probability;
            }
            let outcomes: Vec<(i32, f64)> = bins.into_iter().collect();
            Spread::sum([(&spread, outcomes.as_slice())])
        }))
    }

    /// Scores, log10, ascending, with their probabilities.
    fn scores(&self) -> impl DoubleEndedIterator<Item = (f64, f64)> + '_ {
        let score = |place: usize| f64::from(self.0.first_bin + place as i32) * FINE_BIN_LOG10;
        let places = self.0.probabilities.iter().enumerate();
        places.map(move |(place, probability)| (score(place), *probability))
    }

    /// Probability of a score of `score_log10` or more.
    pub(super) fn at_least(&self, score_log10: f64) -> f64 {
        // A score that is itself a bin's must not be lost to rounding.
        let reached = self.scores().filter(|(score, _)| *score >= score_log10 - 1e-9);
        reached.map(|(_, probability)| probability).sum::<f64>() + 0.0
    }

    /// The highest score, log10, that is reached with at least this probability; minus infinity where none is.
    pub(super) fn exceeded_with(&self, probability: f64) -> f64 {
        let mut sum = 0.0;
        let reached = self.scores().rev().find(|(_, share)| {
            sum += share;
            sum >= probability
        });
        reached.map_or(f64::NEG_INFINITY, |(score, _)| score)
    }
}

/// A distribution of scores: consecutive bins from `first_bin`.
struct Spread {
    first_bin: i32,
    probabilities: Vec<f64>,
}

impl Spread {
    /// Score zero with certainty: no locus yet.
    fn certain() -> Spread {
        Spread { first_bin: 0, probabilities: vec![1.0] }
    }

    /// The sum of several distributions, each shifted by the outcomes (bin, probability) of a locus.
    fn sum<'a>(parts: impl IntoIterator<Item = (&'a Spread, &'a [(i32, f64)])> + Clone) -> Spread {
        let shifted = parts.clone().into_iter().flat_map(|(spread, outcomes)| {
            outcomes
                .iter()
                .map(move |(shift, _)| (spread.first_bin + shift, spread.probabilities.len()))
        });
        let bounds = shifted.fold(None, |bounds: Option<(i32, i32)>, (first, length)| {
            let end = first + length as i32;
            Some(bounds.map_or((first, end), |(low, high)| (low.min(first), high.max(end))))
        });
        let Some((first_bin, end)) = bounds else {
            return Spread { first_bin: 0, probabilities: Vec::new() };
        };
        let mut probabilities = vec![0.0; (end - first_bin) as usize];
        for (spread, outcomes) in parts {
            for (shift, probability) in outcomes {
                let start = (spread.first_bin + shift - first_bin) as usize;
                for (to, from) in probabilities[start..].iter_mut().zip(&spread.probabilities) {
                    *to += from * probability;
                }
            }
        }
        Spread { first_bin, probabilities }
    }
}

fn bin(score_log10: f64) -> i32 {
    (score_log10 / BIN_LOG10).round() as i32
}

/// Distributions of the score when no locus fails, when one does, and so on to `mismatches`.
fn by_failures(loci: &[&LocusOutcomes], mismatches: usize) -> Vec<Spread> {
    let mut list = vec![Spread::certain()];
    for locus in loci {
        let agrees: Vec<(i32, f64)> =
            locus.passing.iter().map(|(score, chance)| (bin(*score), *chance)).collect();
        let fails = [(bin(DISCORDANCE_LOG10), locus.failing)];
        let next = (0..(list.len() + 1).min(mismatches + 1)).map(|failed| {
            let stays = list.get(failed).map(|spread| (spread, agrees.as_slice()));
            let falls = failed.checked_sub(1).map(|fewer| (&list[fewer], fails.as_slice()));
            Spread::sum(stays.into_iter().chain(falls))
        });
        list = next.collect();
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
            *bins.entry(bin(ratio.log10())).or_insert(0.0) += probability;
        }
    }
    Some(bins.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dna::Typing;
    use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
    use crate::domain::rule_set::builtin;
    use crate::domain::stringency::Stringency;

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

    /// Every genotype at each of `loci`, with its probability under Hardy-Weinberg.
    fn everybody(loci: &[Locus], table: &FrequencyTable) -> Vec<(Profile, f64)> {
        let mut list = vec![(Profile::new(), 1.0)];
        for locus in loci {
            let (_, entry) = table.loci().find(|(l, _)| l == locus).unwrap();
            let mut next = Vec::new();
            for (profile, weight) in &list {
                for (a, fa) in &entry.alleles {
                    for (b, fb) in &entry.alleles {
                        let mut profile: Profile = profile.clone();
                        profile.insert(*locus, Typing::new(&[*a, *b]).unwrap());
                        next.push((profile, weight * fa * fb));
                    }
                }
            }
            list = next;
        }
        list
    }

    #[test]
    fn identity_chance_equals_the_count_over_every_possible_person() {
        let table = table();
        let population =
            Population { frequencies: &table, theta: 0.0, minimum: MinimumFrequency::UnseenOnly };
        let loci: Vec<Locus> = Locus::core().take(4).collect();
        let everybody = everybody(&loci, &table);
        let call = |text: &str| Allele::parse(text).unwrap().unwrap();
        let stain: Profile =
            [vec!["10", "11"], vec!["12"], vec!["10", "*"], vec!["10", "11", "12"]]
                .into_iter()
                .zip(&loci)
                .map(|(calls, locus)| {
                    let calls: Vec<Allele> = calls.into_iter().map(call).collect();
                    (*locus, Typing::new(&calls).unwrap())
                })
                .collect();
        let gallery = LocusSetCounts::from([(stain.comparable_loci(), 1)]);
        let mut rules = builtin("tanba").unwrap().unwrap();
        rules.least_loci = 4;
        let kind = SearchKind::Traces;
        for (mismatches, stringency, floor) in [
            (0, Stringency::Moderate, None),
            (1, Stringency::Moderate, None),
            (2, Stringency::Moderate, None),
            (0, Stringency::Low, None),
            (1, Stringency::Low, None),
            (2, Stringency::Moderate, Some(Stringency::Low)),
        ] {
            rules.most_failing = mismatches;
            rules.traces = stringency;
            rules.failing_agree_at = floor;
            let mut chance = ChanceBins::default();
            chance.add_identity(&stain, &gallery, (&rules, kind), &population);
            let mut total = 0.0;
            let mut mean = 0.0;
            for (person, weight) in &everybody {
                let score = population.identity_score(&stain, person, &rules, kind);
                if score.failing <= mismatches && score.below_floor == 0 {
                    total += weight;
                    mean += weight * score.score_log10;
                }
            }
            assert!((chance.expected_at(-1e6) - total).abs() < 1e-9, "{mismatches}");
            let modelled: f64 =
                chance.bins.iter().map(|(bin, w)| f64::from(*bin) * BIN_LOG10 * w).sum();
            // Each of the four loci is rounded to a tenth.
            assert!((modelled - mean).abs() < 4.0 * BIN_LOG10 / 2.0 * total, "{modelled} {mean}");
        }
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

    #[test]
    fn without_a_model_the_bound_is_what_is_expected() {
        let mut chance = ChanceBins::default();
        chance.add_bound(1_000_000);
        for score_log10 in [0.0, 3.0, 6.5] {
            let bound = 1e6 * 10f64.powf(-score_log10);
            assert!((chance.expected_at(score_log10) / bound - 1.0).abs() < 1e-9);
        }
        assert!((chance.threshold(1.0) - 6.0).abs() < 0.11);
    }
}
