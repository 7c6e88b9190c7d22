//! How likely an unrelated person satisfies a rule at one locus, and what the score then is.
//!
//! Stricter agreement has its own outcome with its own score, as [`Population::identity_score`] gives it: an
//! equal genotype, a set that contains the other, a shared allele, and what only neighbouring microvariants
//! bring.
//!
//! Limits: the numbers of conditions over several loci (`least_agreeing`, `[[inclusion]]`) are not in it, so
//! that under a rule set that has them the expected number of chance hits is an upper one.

use super::super::dna::Typing;
use super::super::likelihood::{Population, WeightedAllele};
use super::super::locus::Locus;
use super::super::rarity::{Formula, inclusion_probability, match_probability};
use super::super::stringency::Stringency;
use super::{Microvariants, RuleSet, SearchKind, neighbours};

/// What a locus of a probe may bring with an unrelated person.
#[derive(Debug, Clone, PartialEq)]
pub struct LocusOutcomes {
    /// Score, log10, and probability of every outcome that passes.
    pub passing: Vec<(f64, f64)>,
    /// Probability of failing, as far as the rule lets a locus fail.
    pub failing: f64,
}

impl Population<'_> {
    /// The outcomes of a locus of a probe under `rules`; `None` where the table lacks the locus or the typing
    /// says nothing.
    pub fn rule_outcomes(
        &self,
        rules: &RuleSet,
        kind: SearchKind,
        locus: Locus,
        typing: &Typing,
    ) -> Option<LocusOutcomes> {
        let demanded = rules.stringency(kind, locus);
        let exact = demanded == Stringency::High;
        let strict = self.chance_of_agreement(locus, typing, exact)?;
        let mut passing = Vec::with_capacity(4);
        let mut sum = strict.equal;
        if strict.equal > 0.0 {
            passing.push((-strict.equal.log10(), strict.equal));
        }
        let mut add = |agrees: f64| {
            let more = (agrees - sum).max(0.0);
            if more > 0.0 {
                passing.push((-agrees.log10(), more));
                sum = agrees;
            }
        };
        add(strict.agree);
        let has_neighbours = rules.microvariants == Microvariants::Neighbouring;
        if demanded == Stringency::Low {
            add(self.chance_of_sharing(locus, typing, false)?);
        }
        if has_neighbours {
            add(self.chance_with_neighbours(locus, typing, demanded)?);
        }
        let possible = match rules.failing_agree_at {
            None => 1.0,
            Some(floor) if has_neighbours => self.chance_with_neighbours(locus, typing, floor)?,
            Some(Stringency::Low) => self.chance_of_sharing(locus, typing, false)?,
            Some(floor) => {
                self.chance_of_agreement(locus, typing, floor == Stringency::High)?.agree
            }
        };
        Some(LocusOutcomes { passing, failing: (possible - sum).max(0.0) })
    }

    /// Chance that an unrelated person shares an allele with `typing`: one less the chance that neither of two
    /// alleles drawn is one of those named, given that two of them were seen (sampling formula of Balding and
    /// Nichols). With a call that names no allele everybody does.
    pub(in crate::domain) fn chance_of_sharing(
        &self,
        locus: Locus,
        typing: &Typing,
        has_neighbours: bool,
    ) -> Option<f64> {
        if typing.unknown().is_some() {
            return self.frequencies.covers(locus).then_some(1.0);
        }
        let named = self.named(locus, typing, has_neighbours)?;
        let others = 1.0 - sum(&named);
        let t = self.theta;
        let neither = (1.0 - t) * others / (1.0 + t) * (t + (1.0 - t) * others) / (1.0 + 2.0 * t);
        Some(1.0 - neither)
    }

    /// Chance that an unrelated person agrees with `typing` at `stringency` when neighbouring microvariants are
    /// the same: each allele stands for itself and its neighbours, which counts some persons twice and none too
    /// little.
    pub(in crate::domain) fn chance_with_neighbours(
        &self,
        locus: Locus,
        typing: &Typing,
        stringency: Stringency,
    ) -> Option<f64> {
        let strict = match stringency {
            Stringency::Low => self.chance_of_sharing(locus, typing, false)?,
            other => self.chance_of_agreement(locus, typing, other == Stringency::High)?.agree,
        };
        let named = self.named(locus, typing, true)?;
        let wide = match (stringency, typing.genotype(), typing.unknown()) {
            (Stringency::Low, _, _) => self.chance_of_sharing(locus, typing, true)?,
            (Stringency::High, Some((a, b)), _) => {
                let around = |allele| {
                    let typing = Typing::new(&[allele]).ok()?;
                    let frequency = sum(&self.named(locus, &typing, true)?);
                    Some(WeightedAllele { code: allele.code(), frequency })
                };
                match_probability(&[around(a)?, around(b)?], self.theta, Formula::Nrc410)
            }
            (Stringency::High, None, Some(_)) => {
                let s = sum(&named);
                1.0 - (1.0 - s) * (1.0 - s)
            }
            (Stringency::Moderate, _, Some(_)) => 1.0,
            _ if typing.known().count() == 1 => {
                let any = WeightedAllele { code: 0, frequency: sum(&named) };
                inclusion_probability(&[any], self.theta)
            }
            _ => inclusion_probability(&named, self.theta),
        };
        Some(wide.min(1.0).max(strict))
    }

    /// The known alleles of `typing` with their frequencies, each once; with their neighbours in the table too.
    fn named(
        &self,
        locus: Locus,
        typing: &Typing,
        has_neighbours: bool,
    ) -> Option<Vec<WeightedAllele>> {
        let mut list: Vec<WeightedAllele> = Vec::new();
        let mut add = |allele| {
            let weighted = self.weigh(locus, allele)?;
            if list.iter().all(|other| other.code != weighted.code) {
                list.push(weighted);
            }
            Some(())
        };
        for allele in typing.known() {
            add(allele)?;
            for neighbour in neighbours(locus, allele).filter(|_| has_neighbours) {
                add(neighbour)?;
            }
        }
        Some(list)
    }
}

fn sum(alleles: &[WeightedAllele]) -> f64 {
    alleles.iter().map(|allele| allele.frequency).sum::<f64>().min(1.0)
}
