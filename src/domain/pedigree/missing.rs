//! A family that looks for a missing person: the likelihood ratio of every body, one look-up per locus.
//!
//! The ratio compares two explanations of what was typed in the family and in the body: the body is the
//! missing person, or it is a person unrelated to the family, of the same population (`research/dna.md`
//! 3.7). At each locus it depends on the body's genotype alone, so a family is a table per locus. When not to
//! use it: a body that may be another missing member of the same family.

use super::gene_flow::GeneFlow;
use super::locus_model::{AllelePair, LocusModel, pair_number};
use super::peel::Peeling;
use super::shape::Shape;
use super::{Pedigree, PedigreeError, UntypedParent};
use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing};
use crate::domain::locus::Locus;
use crate::limits::MAX_INHERITANCE_PATTERNS;

/// A pedigree with profiles of some of its persons and a place for the missing one.
#[derive(Debug, Clone)]
pub struct MissingPersonCase {
    pedigree: Pedigree,
    missing: usize,
    profiles: Vec<Option<Profile>>,
    untyped_parent: UntypedParent,
}

/// Likelihood ratios of one locus, for every genotype a body can have.
#[derive(Debug, Clone, PartialEq)]
pub struct GenotypeRatios {
    /// The locus.
    pub locus: Locus,
    /// The alleles, ascending. A body with another one needs a model of its own.
    pub alleles: Vec<Allele>,
    /// By [`pair_number`] of the places in `alleles`.
    pub ratios: Vec<f64>,
}

impl GenotypeRatios {
    /// The ratio of a body; `None` if it does not read as one person's or has an allele the table lacks.
    pub fn get(&self, body: &Typing) -> Option<f64> {
        let (a, b) = body.genotype()?;
        let place = |allele: Allele| self.alleles.binary_search(&allele).ok();
        self.ratios.get(pair_number([place(a)?, place(b)?])).copied()
    }
}

/// Probability of what was typed: peeled with theta 0 where there is no loop, else summed over the flow of
/// genes, or peeled where that is possible and the sum has more terms than a couple has genotypes.
pub(super) fn likelihood(
    shape: &Shape,
    model: &LocusModel,
    typed: &[Option<AllelePair>],
) -> Result<f64, PedigreeError> {
    let flow = GeneFlow::new(shape, model, typed);
    let genotypes = (model.size() * (model.size() + 1) / 2) as f64;
    let is_flow_short =
        model.theta() > 0.0 && flow.patterns() * model.size() as f64 <= genotypes * genotypes;
    let peeling = if is_flow_short { None } else { Peeling::new(shape, model, typed) };
    peeling.map_or_else(|| flow.likelihood(), |peeling| Ok(peeling.likelihood()))
}

impl MissingPersonCase {
    /// The case of `pedigree` with `profiles` per person, the one at `missing` without.
    ///
    /// # Errors
    /// The missing person is not there or has a profile, or there is not one entry per person.
    pub fn new(
        pedigree: Pedigree,
        missing: usize,
        profiles: Vec<Option<Profile>>,
        untyped_parent: UntypedParent,
    ) -> Result<MissingPersonCase, PedigreeError> {
        let is_missing = profiles.get(missing).is_some_and(Option::is_none);
        if !is_missing || profiles.len() != pedigree.persons().len() {
            return Err(PedigreeError::Missing);
        }
        Ok(MissingPersonCase { pedigree, missing, profiles, untyped_parent })
    }

    /// What the relatives have at `locus`, with their places in the pedigree.
    pub fn typings(&self, locus: Locus) -> impl Iterator<Item = (usize, &Typing)> {
        let typing = move |profile: &'_ Profile| profile.get(locus).is_some();
        self.profiles.iter().enumerate().filter_map(move |(place, profile)| {
            let profile = profile.as_ref().filter(|profile| typing(profile))?;
            profile.get(locus).map(|typing| (place, typing))
        })
    }

    /// The pedigree.
    pub fn pedigree(&self) -> &Pedigree {
        &self.pedigree
    }

    /// Place of the missing person.
    pub fn missing(&self) -> usize {
        self.missing
    }

    /// What counts as typed at the locus of `model`, by person, with room for an unrelated one.
    fn typed(&self, model: &LocusModel) -> Vec<Option<AllelePair>> {
        let mut typed = vec![None; self.profiles.len() + 1];
        for (place, typing) in self.typings(model.locus()) {
            typed[place] = model.pair(typing);
        }
        typed
    }

    /// Whether a relative is typed at the locus of `model`, as one person with alleles of the model. Without
    /// one the locus says nothing of any body.
    pub fn is_informative(&self, model: &LocusModel) -> bool {
        self.typed(model).iter().any(Option::is_some)
    }

    /// The shapes under both explanations: the body is the missing person; it is unrelated.
    fn shapes(&self, typed: &[Option<AllelePair>]) -> [Shape; 2] {
        let persons = self.profiles.len();
        let mut is_typed: Vec<bool> = typed[..persons].iter().map(Option::is_some).collect();
        let without = Shape::new(&self.pedigree, &is_typed, self.untyped_parent);
        is_typed[self.missing] = true;
        let with = Shape::new(&self.pedigree, &is_typed, self.untyped_parent);
        [with, without]
    }

    /// The likelihood ratio of a body with the alleles `body` at the locus of `model`.
    ///
    /// # Errors
    /// The family is impossible under the model, or over a limit.
    pub fn ratio(&self, model: &LocusModel, body: AllelePair) -> Result<f64, PedigreeError> {
        let typed = self.typed(model);
        let [with, without] = self.shapes(&typed);
        let without = without.with_unrelated(self.profiles.len());
        let typed_with = |place: usize| {
            let mut typed = typed.clone();
            typed[place] = Some(body);
            typed
        };
        let unrelated = likelihood(&without, model, &typed_with(self.profiles.len()))?;
        if unrelated == 0.0 {
            return Err(PedigreeError::Impossible(model.locus()));
        }
        Ok(likelihood(&with, model, &typed_with(self.missing))? / unrelated)
    }

    /// The likelihood ratios of bodies with the alleles `bodies` at the locus of `model`, in that order. Where
    /// the family can be peeled all of them come out of one pass; else each costs a sum of its own.
    ///
    /// # Errors
    /// As [`Self::ratio`], or all sums together are over the limit.
    pub fn ratios(
        &self,
        model: &LocusModel,
        bodies: &[AllelePair],
    ) -> Result<Vec<f64>, PedigreeError> {
        let typed = self.typed(model);
        let [with, without] = self.shapes(&typed);
        let member = with.members.iter().position(|member| member.person == self.missing);
        let peeling = |shape| Peeling::new(shape, model, &typed);
        if let (Some(member), Some(with), Some(without)) =
            (member, peeling(&with), peeling(&without))
        {
            return peeled_ratios(model, &with.genotypes_of(member), &without, bodies);
        }
        let patterns = |body: &AllelePair| {
            let mut typed = typed.clone();
            typed[self.missing] = Some(*body);
            GeneFlow::new(&with, model, &typed).patterns()
        };
        let count: f64 = bodies.iter().map(patterns).sum();
        if count > MAX_INHERITANCE_PATTERNS as f64 {
            let (locus, limit) = (model.locus(), MAX_INHERITANCE_PATTERNS);
            return Err(PedigreeError::TooComplex { locus, count, limit });
        }
        bodies.iter().map(|body| self.ratio(model, *body)).collect()
    }

    /// The likelihood ratio of every genotype a body can have at the locus of `model`.
    ///
    /// # Errors
    /// As [`Self::ratios`].
    pub fn genotype_ratios(&self, model: &LocusModel) -> Result<GenotypeRatios, PedigreeError> {
        let pairs: Vec<AllelePair> = model.typed_pairs().collect();
        let ratios = self.ratios(model, &pairs)?;
        Ok(GenotypeRatios { locus: model.locus(), alleles: model.alleles().to_vec(), ratios })
    }
}

/// Ratios from the joint probability of the family and each genotype of the missing person.
fn peeled_ratios(
    model: &LocusModel,
    joint: &[f64],
    without: &Peeling,
    bodies: &[AllelePair],
) -> Result<Vec<f64>, PedigreeError> {
    let hidden = |pair: &AllelePair| model.genotypes(*pair);
    let genotypes: Vec<AllelePair> = bodies.iter().flat_map(hidden).collect();
    let unrelated = without.with_unrelated(&genotypes);
    let mut pairs = genotypes.iter().zip(&unrelated);
    let ratio = |pair: &AllelePair| {
        let (mut related, mut chance) = (0.0, 0.0);
        for (genotype, probability) in pairs.by_ref().take(hidden(pair).len()) {
            related += joint[pair_number(*genotype)];
            chance += probability;
        }
        if chance == 0.0 {
            return Err(PedigreeError::Impossible(model.locus()));
        }
        Ok(related / chance)
    };
    bodies.iter().map(ratio).collect()
}
