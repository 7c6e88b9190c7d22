//! Likelihoods of any pedigree, with theta and loops, by summing over the ways the alleles were inherited.
//!
//! With theta the founders' alleles are not independent, so nothing factorises over founders. What does is
//! the inheritance itself: once it is fixed which of its two alleles every untyped person transmitted, and
//! which allele of every typed heterozygote is the paternal one, each founder allele is known by what became
//! of it. The founder alleles that were typed are drawn one after the other by the sampling formula
//! (Balding and Nichols 1994; `research/dna.md` 3.2). The others are summed over the ways in which they can
//! be copies of one another: the formula is a Pólya urn, so a group of s copies has the weight
//! α·θ^(s−1)·(s−1)!, and one allele (Blackwell and MacQueen 1973). Alleles of untyped persons that nobody
//! inherited drop out, because the urn is exchangeable. A typed person's alleles are known, so what it
//! transmits needs no sum. Nothing is lumped, so every model of mutation is exact.
//!
//! The cost: twice as much per transmission from an untyped person (its first from a founder is free) and per
//! typed heterozygote that is no founder, and 3^n for n untyped founder alleles. Over the limits it is an error.
//! When not to use it: many siblings of untyped parents with theta 0 and no loop, which [`super::peel`] does.

use super::PedigreeError;
use super::Sex;
use super::locus_model::{AllelePair, LocusModel};
use super::shape::{Origin, Shape};
use crate::limits::{MAX_INHERITANCE_PATTERNS, MAX_UNTYPED_FOUNDER_ALLELES};

/// What is known of one allele from those that came of it.
#[derive(Debug, Clone)]
enum Likelihood {
    /// Nothing came of it.
    Nothing,
    /// It is this one.
    Is(usize),
    /// Probability of what came of it, per allele.
    PerAllele(Vec<f64>),
}

/// One way to read what was typed: the paternal and the maternal allele, and how many ways it stands for.
type Phase = ([usize; 2], f64);

/// A pedigree at one locus, ready for the sum.
#[derive(Debug)]
pub(super) struct GeneFlow<'a> {
    shape: &'a Shape,
    model: &'a LocusModel,
    /// Per member the ways to read what was typed; empty if untyped.
    phases: Vec<Vec<Phase>>,
    /// Per member and origin: whether either of the transmitter's two alleles may have been transmitted.
    is_open: Vec<[bool; 2]>,
}

impl<'a> GeneFlow<'a> {
    /// The sum over `shape` with `typed` per person of the pedigree.
    pub(super) fn new(
        shape: &'a Shape,
        model: &'a LocusModel,
        typed: &[Option<AllelePair>],
    ) -> GeneFlow<'a> {
        let members = &shape.members;
        let phases: Vec<Vec<Phase>> = members
            .iter()
            .map(|member| {
                let genotypes = typed[member.person].map_or_else(Vec::new, |p| model.genotypes(p));
                genotypes.into_iter().flat_map(|g| readings(g, member.is_founder())).collect()
            })
            .collect();
        let mut has_transmitted = vec![false; members.len()];
        let mut is_open = vec![[false; 2]; members.len()];
        for (place, member) in members.iter().enumerate() {
            for (slot, origin) in member.origins.iter().enumerate() {
                let Origin::Member(parent, _) = *origin else { continue };
                // The two alleles of an untyped founder are alike until one was transmitted.
                let is_first = !std::mem::replace(&mut has_transmitted[parent], true);
                is_open[place][slot] =
                    phases[parent].is_empty() && !(is_first && members[parent].is_founder());
            }
        }
        GeneFlow { shape, model, phases, is_open }
    }

    /// How many ways of inheritance the sum has.
    pub(super) fn patterns(&self) -> f64 {
        self.radices().iter().map(|radix| *radix as f64).product()
    }

    /// Number of choices of each thing to choose: phases per member, then transmissions.
    fn radices(&self) -> Vec<usize> {
        let phases = self.phases.iter().map(|phases| phases.len().max(1));
        let transmissions = self.is_open.iter().flatten().map(|is_open| 1 + usize::from(*is_open));
        phases.chain(transmissions).collect()
    }

    /// Probability of everything typed.
    ///
    /// # Errors
    /// There are more ways of inheritance or untyped founder alleles than the limits allow.
    pub(super) fn likelihood(&self) -> Result<f64, PedigreeError> {
        let count = self.patterns();
        if count > MAX_INHERITANCE_PATTERNS as f64 {
            let (locus, limit) = (self.model.locus(), MAX_INHERITANCE_PATTERNS);
            return Err(PedigreeError::TooComplex { locus, count, limit });
        }
        let radices = self.radices();
        let mut choices = vec![0; radices.len()];
        let mut sum = 0.0;
        loop {
            sum += self.of_pattern(&choices)?;
            let Some(place) = choices.iter().zip(&radices).position(|(c, radix)| c + 1 < *radix)
            else {
                return Ok(sum);
            };
            choices[..place].fill(0);
            choices[place] += 1;
        }
    }

    /// Probability of one way of inheritance and everything typed.
    fn of_pattern(&self, choices: &[usize]) -> Result<f64, PedigreeError> {
        let members = &self.shape.members;
        let (phases, transmissions) = choices.split_at(members.len());
        let mut inherited = vec![[Likelihood::Nothing, Likelihood::Nothing]; members.len()];
        let mut urn = Urn::new(self.model);
        let mut probability = 1.0;
        // Children before parents: what became of an allele is known when its holder is reached.
        for (place, member) in members.iter().enumerate().rev() {
            let phase = self.phases[place].get(phases[place]);
            let alleles = match phase {
                Some((alleles, ways)) => {
                    probability *= ways;
                    alleles.map(Likelihood::Is)
                }
                None => std::mem::replace(
                    &mut inherited[place],
                    [Likelihood::Nothing, Likelihood::Nothing],
                ),
            };
            for (slot, allele) in alleles.into_iter().enumerate() {
                match member.origins[slot] {
                    Origin::Population => urn.draw(allele),
                    Origin::UntypedFounder(sex) => urn.draw(self.before(sex, allele)),
                    Origin::Member(parent, sex) => {
                        if let Some((of, _)) = self.phases[parent].get(phases[parent]) {
                            let before = self.before(sex, allele);
                            probability *= (value(&before, of[0]) + value(&before, of[1])) / 2.0;
                            continue;
                        }
                        if self.is_open[place][slot] {
                            probability /= 2.0;
                        }
                        let target = &mut inherited[parent][transmissions[2 * place + slot]];
                        let own = std::mem::replace(target, Likelihood::Nothing);
                        let (both, factor) = together(own, self.before(sex, allele));
                        *target = both;
                        probability *= factor;
                    }
                }
            }
            if probability == 0.0 {
                return Ok(0.0);
            }
        }
        Ok(probability * urn.probability()?)
    }

    /// What is known of an allele before a parent of `sex` transmitted it.
    fn before(&self, sex: Sex, allele: Likelihood) -> Likelihood {
        let Some(matrix) = self.model.transmission(sex) else { return allele };
        match allele {
            Likelihood::Nothing => Likelihood::Nothing,
            Likelihood::Is(to) => {
                Likelihood::PerAllele((0..matrix.size()).map(|from| matrix.at(from, to)).collect())
            }
            Likelihood::PerAllele(after) => Likelihood::PerAllele(matrix.before(&after)),
        }
    }
}

/// The ways to read a genotype: a founder's two alleles come in any order, which is counted, not listed.
fn readings([a, b]: AllelePair, is_founder: bool) -> Vec<Phase> {
    match (a == b, is_founder) {
        (true, _) => vec![([a, b], 1.0)],
        (false, true) => vec![([a, b], 2.0)],
        (false, false) => vec![([a, b], 1.0), ([b, a], 1.0)],
    }
}

fn value(likelihood: &Likelihood, allele: usize) -> f64 {
    match likelihood {
        Likelihood::Nothing => 1.0,
        Likelihood::Is(known) => f64::from(u8::from(*known == allele)),
        Likelihood::PerAllele(values) => values[allele],
    }
}

/// Both of two things known of one allele, and a factor.
fn together(one: Likelihood, other: Likelihood) -> (Likelihood, f64) {
    match (one, other) {
        (Likelihood::Nothing, other) => (other, 1.0),
        (one, Likelihood::Nothing) => (one, 1.0),
        (Likelihood::Is(known), other) | (other, Likelihood::Is(known)) => {
            let factor = value(&other, known);
            (Likelihood::Is(known), factor)
        }
        (Likelihood::PerAllele(mut one), Likelihood::PerAllele(other)) => {
            one.iter_mut().zip(other).for_each(|(a, b)| *a *= b);
            (Likelihood::PerAllele(one), 1.0)
        }
    }
}

/// The founder alleles of one way of inheritance.
#[derive(Debug)]
struct Urn<'a> {
    model: &'a LocusModel,
    /// Alleles that are known.
    known: Vec<usize>,
    /// What is known of the others.
    unknown: Vec<Vec<f64>>,
}

impl<'a> Urn<'a> {
    fn new(model: &'a LocusModel) -> Self {
        Urn { model, known: Vec::new(), unknown: Vec::new() }
    }

    /// Adds a founder allele; one of which nothing came does not count.
    fn draw(&mut self, allele: Likelihood) {
        match allele {
            Likelihood::Nothing => {}
            Likelihood::Is(known) => self.known.push(known),
            Likelihood::PerAllele(values) => self.unknown.push(values),
        }
    }

    /// Probability of all founder alleles together.
    fn probability(&self) -> Result<f64, PedigreeError> {
        let theta = self.model.theta();
        let mut probability = 1.0;
        let mut seen = vec![0.0; self.model.size()];
        // Of each allele to be the next one, and what all together stand for in units of the formula.
        let mut next = self.model.frequencies().to_vec();
        for (drawn, allele) in self.known.iter().enumerate() {
            probability *= next[*allele];
            seen[*allele] += 1.0;
            let total = 1.0 + drawn as f64 * theta;
            for ((next, seen), p) in next.iter_mut().zip(&seen).zip(self.model.frequencies()) {
                *next = (seen * theta + (1.0 - theta) * p) / total;
            }
        }
        Ok(probability * self.of_unknown(&next)?)
    }

    /// Probability of what is known of the others, `next` being the distribution of the next allele: the sum
    /// over all ways to part them into groups of copies.
    fn of_unknown(&self, next: &[f64]) -> Result<f64, PedigreeError> {
        let theta = self.model.theta();
        let count = self.unknown.len();
        let mean = |values: &[f64]| values.iter().zip(next).map(|(v, p)| v * p).sum::<f64>();
        if theta == 0.0 || count < 2 {
            return Ok(self.unknown.iter().map(|values| mean(values)).product());
        }
        if count > MAX_UNTYPED_FOUNDER_ALLELES {
            let (locus, limit) = (self.model.locus(), MAX_UNTYPED_FOUNDER_ALLELES);
            return Err(PedigreeError::TooManyFounderAlleles { locus, count, limit });
        }
        let alpha = 1.0 - theta + self.known.len() as f64 * theta;
        let groups: Vec<f64> = (0..1_usize << count)
            .map(|group| {
                let mut product = vec![1.0; next.len()];
                let mut weight = alpha;
                for (copy, place) in (0..count).filter(|place| group >> place & 1 == 1).enumerate()
                {
                    product.iter_mut().zip(&self.unknown[place]).for_each(|(p, v)| *p *= v);
                    weight *= if copy == 0 { 1.0 } else { theta * copy as f64 };
                }
                weight * mean(&product)
            })
            .collect();
        // Per set of alleles the sum over its partitions; the group of the lowest one comes first.
        let mut partitions = vec![1.0; 1 << count];
        for set in 1..1_usize << count {
            let lowest = set & set.wrapping_neg();
            let rest = set & !lowest;
            let mut sum = 0.0;
            let mut others = rest;
            loop {
                sum += groups[others | lowest] * partitions[rest & !others];
                if others == 0 {
                    break;
                }
                others = (others - 1) & rest;
            }
            partitions[set] = sum;
        }
        let total: f64 = (0..count).map(|drawn| alpha + drawn as f64 * theta).product();
        Ok(partitions[(1 << count) - 1] / total)
    }
}
