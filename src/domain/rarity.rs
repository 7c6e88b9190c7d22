//! How rare a profile is: match probabilities, and the chance that an unrelated person agrees.
//!
//! Two uses: the likelihood ratio of identity (1 over the match probability), and the expected
//! number of chance hits that every plan, list and report states.

use super::dna::Typing;
use super::likelihood::{Genotype, Population, WeightedAllele};
use super::locus::Locus;

/// What one discordant locus takes from the score of an identity hit, log10: the order of magnitude
/// of a typing or transcription error at a locus. A policy number, not a likelihood: the likelihood
/// ratio of such a pair stays exactly zero and is reported so.
pub const DISCORDANCE_LOG10: f64 = -3.0;

/// Which published formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formula {
    /// NRC II 4.4: population proportion with inbreeding, p² + p(1−p)θ and 2pq(1−θ).
    Nrc44,
    /// NRC II 4.10 (Balding and Nichols): probability that an unrelated member of the same
    /// subpopulation matches, given that the profile was seen once.
    Nrc410,
}

/// Probability of `genotype` at one locus under `formula`.
pub fn match_probability(genotype: &Genotype, theta: f64, formula: Formula) -> f64 {
    let [a, b] = genotype;
    let (p, q) = (a.frequency, b.frequency);
    let homozygote = a.code == b.code;
    match (formula, homozygote) {
        (Formula::Nrc44, true) => p * p + p * (1.0 - p) * theta,
        (Formula::Nrc44, false) => 2.0 * p * q * (1.0 - theta),
        (Formula::Nrc410, true) => {
            (2.0 * theta + (1.0 - theta) * p) * (3.0 * theta + (1.0 - theta) * p)
                / ((1.0 + theta) * (1.0 + 2.0 * theta))
        }
        (Formula::Nrc410, false) => {
            2.0 * (theta + (1.0 - theta) * p) * (theta + (1.0 - theta) * q)
                / ((1.0 + theta) * (1.0 + 2.0 * theta))
        }
    }
}

/// Probability that an unrelated single person's genotype agrees with a stain's `alleles` at
/// moderate stringency (one set contains the other).
///
/// One allele {a}: the person carries a, 2p − p² (the "2p rule"). Several alleles with sum s: the
/// person's alleles all lie in the set, s² + s(1−s)θ (NRC II 4.4 summed over the genotypes inside).
pub fn inclusion_probability(alleles: &[WeightedAllele], theta: f64) -> f64 {
    let s: f64 = alleles.iter().map(|a| a.frequency).sum::<f64>().min(1.0);
    if alleles.len() == 1 { 1.0 - (1.0 - s) * (1.0 - s) } else { s * s + s * (1.0 - s) * theta }
}

/// How likely an unrelated person agrees with a typing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgreementChance {
    /// The genotype is exactly that of the typing (high stringency without a wildcard).
    pub equal: f64,
    /// The rule is satisfied, equal genotypes included.
    pub agree: f64,
}

impl Population<'_> {
    /// Chance that an unrelated person agrees with `typing` at high stringency (`exact`) or at
    /// moderate; `None` where the table lacks the locus or the typing says nothing.
    pub fn chance_of_agreement(
        &self,
        locus: Locus,
        typing: &Typing,
        exact: bool,
    ) -> Option<AgreementChance> {
        if !typing.is_comparable() {
            return None;
        }
        let known: Option<Vec<WeightedAllele>> =
            typing.known().map(|a| self.weigh(locus, a)).collect();
        let known = known?;
        if let Some(genotype) = self.genotype(locus, typing) {
            let equal = match_probability(&genotype, self.theta, Formula::Nrc410);
            let agree = if exact { equal } else { inclusion_probability(&known, self.theta) };
            return Some(AgreementChance { equal, agree: agree.max(equal) });
        }
        let agree = match (typing.unknown(), exact) {
            (None, _) => inclusion_probability(&known, self.theta),
            (Some(_), true) => carried_with_one_more(&known),
            (Some(_), false) => self.agrees_with_wildcard(locus, typing, &known),
        };
        Some(AgreementChance { equal: 0.0, agree })
    }

    /// Moderate stringency against a typing with an unnamed call: everybody agrees but the
    /// heterozygotes of two alleles that the typing does not name.
    fn agrees_with_wildcard(&self, locus: Locus, typing: &Typing, known: &[WeightedAllele]) -> f64 {
        let s: f64 = known.iter().map(|a| a.frequency).sum::<f64>().min(1.0);
        let homozygotes =
            self.frequencies.sum_of_squares(locus, |a| !typing.alleles().contains(&a));
        let homozygotes = homozygotes.min((1.0 - s) * (1.0 - s));
        1.0 - ((1.0 - s) * (1.0 - s) - homozygotes)
    }
}

/// High stringency against a typing with an unnamed call: the person carries every named allele and
/// at most one other.
fn carried_with_one_more(known: &[WeightedAllele]) -> f64 {
    match known {
        [a] => 1.0 - (1.0 - a.frequency) * (1.0 - a.frequency),
        [a, b] => 2.0 * a.frequency * b.frequency,
        more => inclusion_probability(more, 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::likelihood::locus_ratio;
    use super::super::relation::Relation;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn identity_ratio_is_one_over_the_match_probability(
            p in 0.001f64..0.5, q in 0.001f64..0.5, homozygote: bool, theta in 0.0f64..0.1,
        ) {
            let a = WeightedAllele { code: 1, frequency: p };
            let b = if homozygote { a } else { WeightedAllele { code: 2, frequency: q } };
            let ratio = locus_ratio(&[a, b], &[a, b], Relation::Identity, theta);
            let product = ratio * match_probability(&[a, b], theta, Formula::Nrc410);
            prop_assert!((product - 1.0).abs() < 1e-13, "{}", product);
        }

        #[test]
        fn inclusion_without_theta_is_the_sum_over_compatible_genotypes(
            set in prop::collection::btree_set(0usize..5, 1..4),
        ) {
            let p = [0.05, 0.1, 0.2, 0.25, 0.4];
            let weighted: Vec<WeightedAllele> = set
                .iter()
                .map(|i| WeightedAllele { code: *i as u16, frequency: p[*i] })
                .collect();
            let mut sum = 0.0;
            for (i, pi) in p.iter().enumerate() {
                for (j, pj) in p.iter().enumerate() {
                    let inside = set.contains(&i) && set.contains(&j);
                    let contains = set.iter().all(|a| *a == i || *a == j);
                    if inside || contains {
                        sum += pi * pj;
                    }
                }
            }
            let got = inclusion_probability(&weighted, 0.0);
            prop_assert!((got - sum).abs() < 1e-12, "{} {}", got, sum);
        }
    }

    #[test]
    fn the_chance_of_a_typing_is_the_sum_over_the_genotypes_that_agree_with_it() {
        use super::super::allele::Allele;
        use super::super::frequency::{FrequencyTable, MinimumFrequency};
        use super::super::stringency::{Stringency, agreement};
        let p = [(60, 0.4), (70, 0.3), (80, 0.2), (93, 0.1)];
        let mut text = String::from("locus,allele,frequency,count,n_alleles\n");
        for (tenths, f) in p {
            text += &format!("TH01,{},{f},,1000\n", Allele::repeat(tenths).unwrap());
        }
        let table = FrequencyTable::from_csv("t", &text).unwrap();
        let population =
            Population { frequencies: &table, theta: 0.0, minimum: MinimumFrequency::UnseenOnly };
        let th01 = Locus::parse("TH01").unwrap();
        let typing = |text: &str| {
            let calls: Vec<Allele> =
                text.split(',').map(|t| Allele::parse(t).unwrap().unwrap()).collect();
            Typing::new(&calls).unwrap()
        };
        for stain in ["6", "6,7", "6,*", "6,7,*", "8,9.3", "6,7,8"] {
            let stain = typing(stain);
            for (exact, stringency) in [(true, Stringency::High), (false, Stringency::Moderate)] {
                let mut agree = 0.0;
                for (a, fa) in p {
                    for (b, fb) in p {
                        let pair = [a, b].map(|t| Allele::repeat(t).unwrap());
                        let person = Typing::new(&pair).unwrap();
                        if agreement(&stain, &person) >= Some(stringency) {
                            agree += fa * fb;
                        }
                    }
                }
                let got = population.chance_of_agreement(th01, &stain, exact).unwrap().agree;
                // Three alleles are nobody's genotype: the chance stays an upper bound.
                if exact && stain.alleles().len() > 2 {
                    assert!(got >= agree - 1e-12, "{stain:?} {got} {agree}");
                } else {
                    assert!((got - agree).abs() < 1e-12, "{stain:?} exact {exact}: {got} {agree}");
                }
            }
        }
    }
}
