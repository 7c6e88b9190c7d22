//! Likelihood ratios of identity and kinship at one locus, with theta, without mutation: exact `f64`.
//!
//! LR = k0 + k1·J1/J0 + k2·J2/J0, where Jj is the probability of both genotypes given j alleles
//! identical by descent. With theta every J is a product of the sampling formula
//! P(next = a | n drawn, m of them a) = (m·θ + (1−θ)·p) / (1 + (n−1)·θ) over the founder alleles
//! (Balding and Nichols 1994; NRC II 4.10; `research/dna.md` 3.2 and 3.3).
//!
//! Why per locus: a report shows each locus, and loci are independent under the model. When not to
//! use it: mutation, drop-out and mixtures are not modelled; an excluded parent may be a mutation.

use super::allele::Allele;
use super::dna::{Profile, Typing};
use super::frequency::{FrequencyTable, LEAST_FREQUENCY, MinimumFrequency};
use super::locus::Locus;
use super::relation::Relation;
use crate::error::{Error, Result};

/// An allele with its population frequency; only identity and frequency enter the formulas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedAllele {
    /// Any number that is equal exactly when the alleles are.
    pub code: u16,
    /// Population frequency, in (0, 1].
    pub frequency: f64,
}

/// A genotype: two alleles, equal in a homozygote.
pub type Genotype = [WeightedAllele; 2];

/// Probability of drawing `alleles` in this order from a population with coancestry `theta`.
pub fn draw_probability(alleles: &[WeightedAllele], theta: f64) -> f64 {
    let mut probability = 1.0;
    for (drawn, allele) in alleles.iter().enumerate() {
        let same = alleles[..drawn].iter().filter(|a| a.code == allele.code).count() as f64;
        let drawn = drawn as f64;
        probability *= if drawn == 0.0 {
            allele.frequency
        } else {
            (same * theta + (1.0 - theta) * allele.frequency) / (1.0 + (drawn - 1.0) * theta)
        };
    }
    probability
}

/// Number of orders in which a genotype's alleles can be drawn.
fn orders(genotype: &Genotype) -> f64 {
    if genotype[0].code == genotype[1].code { 1.0 } else { 2.0 }
}

/// Likelihood ratio of `relation` against unrelated for two genotypes at one locus; exactly zero
/// where the relation is impossible without mutation.
pub fn locus_ratio(a: &Genotype, b: &Genotype, relation: Relation, theta: f64) -> f64 {
    let [k0, k1, k2] = relation.identity_by_descent();
    let unrelated = orders(a) * orders(b) * draw_probability(&[a[0], a[1], b[0], b[1]], theta);
    let mut ratio = k0;
    if k1 > 0.0 {
        let mut one_shared = 0.0;
        for x in a {
            for (place, y) in b.iter().enumerate() {
                if x.code == y.code {
                    one_shared += draw_probability(&[a[0], a[1], b[1 - place]], theta);
                }
            }
        }
        ratio += k1 * (orders(a) * orders(b) * 0.25 * one_shared) / unrelated;
    }
    let same = |x: &Genotype, y: &Genotype| {
        (x[0].code == y[0].code && x[1].code == y[1].code)
            || (x[0].code == y[1].code && x[1].code == y[0].code)
    };
    if k2 > 0.0 && same(a, b) {
        ratio += k2 * (orders(a) * draw_probability(&[a[0], a[1]], theta)) / unrelated;
    }
    ratio
}

/// The population model a likelihood ratio is computed under.
#[derive(Debug, Clone, Copy)]
pub struct Population<'a> {
    /// Allele frequencies.
    pub frequencies: &'a FrequencyTable,
    /// Coancestry coefficient, 0 to below 1.
    pub theta: f64,
    /// Rule for rare and unseen alleles.
    pub minimum: MinimumFrequency,
}

/// Refuses numbers without meaning in a population model.
///
/// # Errors
/// Theta outside 0 to 0.5, or a fixed minimum frequency outside [`LEAST_FREQUENCY`] to 0.5.
pub fn check_model(theta: f64, minimum: MinimumFrequency) -> Result<()> {
    if !(0.0..=0.5).contains(&theta) {
        let help = "forensic practice uses 0.01 to 0.03";
        return Err(Error::usage("theta is a number from 0 to 0.5", help));
    }
    if let MinimumFrequency::Fixed(f) = minimum
        && !(LEAST_FREQUENCY..=0.5).contains(&f)
    {
        return Err(Error::usage("a minimum frequency lies between 0.000001 and 0.5", "use 0.001"));
    }
    Ok(())
}

impl Population<'_> {
    /// `allele` with its frequency; `None` if the table lacks the locus.
    pub fn weigh(&self, locus: Locus, allele: Allele) -> Option<WeightedAllele> {
        let frequency = self.frequencies.frequency(locus, allele, self.minimum)?;
        Some(WeightedAllele { code: allele.code(), frequency })
    }

    /// The genotype of `typing` with frequencies; `None` if the locus is not typed as one person's
    /// (wildcard, off-ladder call, three alleles or more) or the table lacks it.
    pub fn genotype(&self, locus: Locus, typing: &Typing) -> Option<Genotype> {
        let (a, b) = typing.genotype()?;
        Some([self.weigh(locus, a)?, self.weigh(locus, b)?])
    }

    /// Likelihood ratio per locus of `relation` between two profiles, over the loci where both
    /// read as one person's genotype and the table has frequencies; ascending by locus.
    pub fn locus_ratios(&self, a: &Profile, b: &Profile, relation: Relation) -> Vec<(Locus, f64)> {
        let mut ratios = Vec::with_capacity(a.len());
        for (locus, typing) in a.iter() {
            let Some(genotype_a) = self.genotype(locus, typing) else { continue };
            let Some(genotype_b) = b.get(locus).and_then(|t| self.genotype(locus, t)) else {
                continue;
            };
            ratios.push((locus, locus_ratio(&genotype_a, &genotype_b, relation, self.theta)));
        }
        ratios
    }
}

/// log10 of the product of per-locus ratios, summed in the given order; minus infinity if any is 0.
pub fn log10_product(ratios: impl IntoIterator<Item = f64>) -> f64 {
    ratios.into_iter().map(f64::log10).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn w(code: u16, frequency: f64) -> WeightedAllele {
        WeightedAllele { code, frequency }
    }

    #[test]
    fn closed_forms_without_theta_are_reproduced() {
        let (a, b, x) = (w(1, 0.1), w(2, 0.2), w(3, 0.3));
        let close = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 1e-14, "{got} {want}");
        close(locus_ratio(&[a, b], &[a, x], Relation::ParentChild, 0.0), 1.0 / (4.0 * 0.1));
        close(locus_ratio(&[a, b], &[a, a], Relation::ParentChild, 0.0), 1.0 / (2.0 * 0.1));
        close(locus_ratio(&[a, b], &[a, b], Relation::ParentChild, 0.0), 0.3 / (4.0 * 0.02));
        close(locus_ratio(&[a, a], &[a, a], Relation::Identity, 0.0), 100.0);
        close(locus_ratio(&[a, b], &[a, b], Relation::Identity, 0.0), 1.0 / 0.04);
        assert_eq!(locus_ratio(&[a, b], &[x, x], Relation::ParentChild, 0.03), 0.0);
        assert_eq!(locus_ratio(&[a, b], &[x, x], Relation::FullSiblings, 0.03), 0.25);
    }

    proptest! {
        #[test]
        fn the_ratio_is_the_same_whoever_is_asked_first(
            genotypes in prop::array::uniform4(0u16..4), relation in 0usize..8, theta in 0.0f64..0.2,
        ) {
            let p = [0.1, 0.2, 0.3, 0.4];
            let g = genotypes.map(|code| w(code, p[usize::from(code)]));
            let relation = Relation::ALL[relation];
            let forward = locus_ratio(&[g[0], g[1]], &[g[2], g[3]], relation, theta);
            let backward = locus_ratio(&[g[3], g[2]], &[g[1], g[0]], relation, theta);
            prop_assert!((forward - backward).abs() <= 1e-12 * forward.abs());
        }

        #[test]
        fn the_expected_ratio_of_unrelated_persons_is_one(
            query in prop::array::uniform2(0usize..4), relation in 0usize..8, theta in 0.0f64..0.2,
        ) {
            let p = [0.1, 0.2, 0.3, 0.4];
            let all: Vec<WeightedAllele> = p.iter().zip(0u16..).map(|(f, c)| w(c, *f)).collect();
            let q = [all[query[0]], all[query[1]]];
            let given = draw_probability(&q, theta);
            let mut expected = 0.0;
            for x in &all {
                for y in &all {
                    let probability = draw_probability(&[q[0], q[1], *x, *y], theta) / given;
                    expected += probability * locus_ratio(&q, &[*x, *y], Relation::ALL[relation], theta);
                }
            }
            prop_assert!((expected - 1.0).abs() < 1e-12, "{}", expected);
        }
    }
}
