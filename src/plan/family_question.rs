//! One family ready to be asked for: the ratio of every genotype a body has, locus by locus.
//!
//! Why a family of one is one too: where alleles mutate, a single relative and a body are compared by the
//! pedigree of the two, with the same screen. Limits: a model is of the family alone, so that another body's
//! alleles do not change the ratio of this one; a body with an allele that neither family nor table has gets a
//! model of its own.

use std::sync::Arc;

use super::chance::GenotypeOutcomes;
use crate::domain::dna::{Profile, Typing};
use crate::domain::likelihood::{Population, WeightedAllele, draw_probability};
use crate::domain::locus::Locus;
use crate::domain::pedigree::locus_model::{AllelePair, LocusModel};
use crate::domain::pedigree::missing::MissingPersonCase;
use crate::domain::pedigree::pair::PairPedigree;
use crate::domain::pedigree::transmission::Transmission;
use crate::domain::pedigree::{Pedigree, PedigreeError, UntypedParent};
use crate::kernel::genotype_screen::{GenotypeMap, Query};

/// A family ready to be asked for.
#[derive(Debug)]
pub struct FamilyQuestion {
    /// Its identifier.
    pub family_id: String,
    /// The relative that stands for the family in a hit, among the relatives of the search: of those in the
    /// pedigree the one with the lowest record id.
    pub relative: usize,
    /// The relatives in the pedigree, by their numbers among those of the search, with their places in it.
    pub placed: Vec<(usize, usize)>,
    /// The screen's question.
    pub query: Query,
    asked: Asked,
}

/// What a body is compared with.
#[derive(Debug)]
pub(super) enum Case {
    /// A pedigree with a place for the missing person.
    Family(MissingPersonCase),
    /// The missing person's own sample.
    Own(PairPedigree, UntypedParent),
}

/// Typed members and what follows from them.
#[derive(Debug)]
struct Asked {
    case: Case,
    typed: Vec<Profile>,
    transmission: Arc<Transmission>,
    /// Of each locus that says something.
    models: Vec<LocusModel>,
}

/// Which family, and who of it stands for it.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) family_id: String,
    pub(super) relative: usize,
    pub(super) placed: Vec<(usize, usize)>,
}

impl FamilyQuestion {
    /// The question of a family whose `typed` members are in `case`, asked of the genotypes of `map`.
    ///
    /// # Errors
    /// The family is impossible, over a limit, or the sexes of those who transmit matter and are not known; or
    /// a model of mutation cannot be had at a locus.
    pub(super) fn new(
        named: Named,
        (case, typed): (Case, Vec<Profile>),
        map: &GenotypeMap,
        (population, transmission): (&Population, &Arc<Transmission>),
    ) -> Result<FamilyQuestion, PedigreeError> {
        let transmission = Arc::clone(transmission);
        let mut asked = Asked { case, typed, transmission, models: Vec::new() };
        for locus in Locus::all() {
            let model = asked.model(None, locus, population)?;
            let informative = model.filter(|model| asked.is_informative(model));
            asked.models.extend(informative);
        }
        let mut tables = Vec::new();
        for model in &asked.models {
            tables.push((model.locus(), asked.table(model, map, population)?));
        }
        let query = Query::compile(map, |locus, typing| {
            let (_, table) = tables.iter().find(|(other, _)| *other == locus)?;
            table.iter().find(|(genotype, _)| *genotype == typing).map(|(_, ratio)| *ratio)
        });
        let Named { family_id, relative, placed } = named;
        Ok(FamilyQuestion { family_id, relative, placed, query, asked })
    }

    /// The pedigree with the place of the missing person; none where the missing person's own sample is asked.
    pub fn pedigree(&self) -> Option<(&Pedigree, usize)> {
        match &self.asked.case {
            Case::Family(case) => Some((case.pedigree(), case.missing())),
            Case::Own(..) => None,
        }
    }

    /// The profile of the first member: of a pair the relative's.
    pub fn first_member(&self) -> Option<&Profile> {
        self.asked.typed.first()
    }

    /// The likelihood ratio of `body` at each locus that says something, exact.
    ///
    /// # Errors
    /// A sum over the ways of inheritance is over its limit.
    pub fn ratios(
        &self,
        body: &Profile,
        population: &Population,
    ) -> Result<Vec<(Locus, f64)>, PedigreeError> {
        let mut ratios = Vec::new();
        for model in &self.asked.models {
            let locus = model.locus();
            let Some(typing) = body.get(locus) else { continue };
            let ratio = self.asked.of_typing(model, typing, population)?;
            ratios.extend(ratio.map(|ratio| (locus, ratio)));
        }
        Ok(ratios)
    }

    /// The likelihood ratio of a body typed so at `locus`; `None` where that says nothing.
    ///
    /// # Errors
    /// As [`Self::ratios`].
    pub fn ratio(
        &self,
        locus: Locus,
        typing: &Typing,
        population: &Population,
    ) -> Result<Option<f64>, PedigreeError> {
        let model = self.asked.models.iter().find(|model| model.locus() == locus);
        model.map_or(Ok(None), |model| self.asked.of_typing(model, typing, population))
    }

    /// At each locus the probability that an unrelated body has a genotype, given the alleles of one member, and
    /// the ratio it would have, for every genotype.
    ///
    /// # Errors
    /// A sum over the ways of inheritance of all genotypes is over its limit, though those of the bodies were not.
    pub fn outcomes(&self, population: &Population) -> Result<GenotypeOutcomes, PedigreeError> {
        let of_locus = |model: &LocusModel| {
            let typed = self.asked.typed.iter();
            let known = typed.filter_map(|profile| profile.get(model.locus()));
            let given = known.filter_map(|typing| model.pair(typing)).next();
            let weigh = |allele: usize| WeightedAllele {
                code: allele as u16,
                frequency: model.frequencies()[allele],
            };
            let drawn = |alleles: &[usize]| {
                let all: Vec<WeightedAllele> =
                    given.iter().flatten().chain(alleles).map(|allele| weigh(*allele)).collect();
                draw_probability(&all, population.theta)
            };
            let pairs: Vec<AllelePair> = model.typed_pairs().collect();
            let ratios = self.asked.ratios(model, &pairs)?;
            let probability =
                |[a, b]: AllelePair| drawn(&[a, b]) / drawn(&[]) * if a == b { 1.0 } else { 2.0 };
            let outcomes = pairs.into_iter().map(probability).zip(ratios);
            Ok((model.locus(), outcomes.collect()))
        };
        self.asked.models.iter().map(of_locus).collect()
    }
}

impl Asked {
    fn is_informative(&self, model: &LocusModel) -> bool {
        match &self.case {
            Case::Family(case) => case.is_informative(model),
            Case::Own(..) => self.own(model).is_some(),
        }
    }

    /// What the missing person's own sample has at the locus of `model`.
    fn own(&self, model: &LocusModel) -> Option<AllelePair> {
        model.pair(self.typed.first()?.get(model.locus())?)
    }

    /// The model of a locus for the family and perhaps a body.
    fn model(
        &self,
        body: Option<&Typing>,
        locus: Locus,
        population: &Population,
    ) -> Result<Option<LocusModel>, PedigreeError> {
        let of_family = self.typed.iter().filter_map(|profile| profile.get(locus));
        let typings = of_family.filter(|typing| typing.genotype().is_some()).chain(body);
        let Transmission { mutation, silent, .. } = &*self.transmission;
        LocusModel::new(population, locus, typings, mutation, *silent)
    }

    fn ratio(&self, model: &LocusModel, body: AllelePair) -> Result<f64, PedigreeError> {
        match &self.case {
            Case::Family(case) => case.ratio(model, body),
            Case::Own(pedigree, untyped_parent) => match self.own(model) {
                Some(own) => pedigree.ratio(model, [own, body], *untyped_parent),
                None => Ok(1.0),
            },
        }
    }

    fn ratios(&self, model: &LocusModel, bodies: &[AllelePair]) -> Result<Vec<f64>, PedigreeError> {
        match &self.case {
            Case::Family(case) => case.ratios(model, bodies),
            Case::Own(..) => bodies.iter().map(|body| self.ratio(model, *body)).collect(),
        }
    }

    /// The ratio of a body's typing at the locus of `model`; `None` if it is not one person's.
    fn of_typing(
        &self,
        model: &LocusModel,
        typing: &Typing,
        population: &Population,
    ) -> Result<Option<f64>, PedigreeError> {
        match model.pair(typing) {
            _ if typing.genotype().is_none() => Ok(None),
            Some(pair) => self.ratio(model, pair).map(Some),
            None => self.of_rare(typing, model.locus(), population),
        }
    }

    /// The ratio of a body with an allele that neither the family nor the frequency table has.
    fn of_rare(
        &self,
        typing: &Typing,
        locus: Locus,
        population: &Population,
    ) -> Result<Option<f64>, PedigreeError> {
        let Some(model) = self.model(Some(typing), locus, population)? else { return Ok(None) };
        model.pair(typing).map(|pair| self.ratio(&model, pair)).transpose()
    }

    /// The ratio of each genotype of `map` at the locus of `model`.
    fn table<'m>(
        &self,
        model: &LocusModel,
        map: &'m GenotypeMap,
        population: &Population,
    ) -> Result<Vec<(&'m Typing, f64)>, PedigreeError> {
        let genotypes = map.loci().find(|(locus, _)| *locus == model.locus()).map(|(_, g)| g);
        let (mut typings, mut pairs): (Vec<&Typing>, Vec<AllelePair>) = (Vec::new(), Vec::new());
        let mut table = Vec::new();
        for typing in genotypes.unwrap_or_default() {
            if let Some(pair) = model.pair(typing) {
                typings.push(typing);
                pairs.push(pair);
            } else if let Some(ratio) = self.of_rare(typing, model.locus(), population)? {
                table.push((typing, ratio));
            }
        }
        table.extend(typings.into_iter().zip(self.ratios(model, &pairs)?));
        Ok(table)
    }
}
