//! Families made ready for a search of bodies: the ratio of every genotype a body has, locus by locus.
//!
//! Why here: what a family says of a genotype is computed once; every body then costs one look-up per locus in
//! `genotype_screen`, and only those that pass are computed in full. Limits: one mutation model for all loci and
//! both sexes ([`MUTATION`]); the pedigree is that of `domain::pedigree::kinship`.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::census::{Side, TypedRelative};
use super::chance::GenotypeOutcomes;
use crate::domain::dna::{Profile, Typing};
use crate::domain::likelihood::{Population, WeightedAllele, draw_probability};
use crate::domain::locus::Locus;
use crate::domain::mutation::rates::MutationTable;
use crate::domain::mutation::{Mutation, MutationModel};
use crate::domain::pedigree::kinship::of_kinships;
use crate::domain::pedigree::locus_model::{AllelePair, LocusModel};
use crate::domain::pedigree::missing::MissingPersonCase;
use crate::domain::pedigree::{PedigreeError, UntypedParent};
use crate::error::{Error, Result};
use crate::kernel::genotype_screen::{GenotypeCodes, GenotypeMap, Query};

/// What a hit's column `relation` says of a pedigree.
pub const PEDIGREE: &str = "pedigree";

/// Model, rate, range and rate of incomplete repeats: one transmission in a thousand changes the allele, ten times
/// as rarely for each step more. A choice of this program, between the rates of mothers and fathers that its
/// reference cases have (0.0005 and 0.002, `research/dna.md` 4); a change of it is another run.
const MUTATION: (MutationModel, f64, f64, f64) =
    (MutationModel::ExtendedStepwise, 0.001, 0.1, 0.000_001);

/// What becomes of untyped parents.
const UNTYPED_PARENT: UntypedParent = UntypedParent::Pruned;

/// How the hits of a search of families state their model.
pub fn rule() -> String {
    let (model, rate, range, rate2) = MUTATION;
    let untyped = UNTYPED_PARENT.name();
    format!("pedigree; {} {rate} {range} {rate2}; untyped parents {untyped}", model.name())
}

/// A family ready to be asked for.
#[derive(Debug)]
pub struct FamilyQuestion {
    /// Its identifier.
    pub family_id: String,
    /// The relative with the lowest record id of those in the pedigree, among the relatives of the search: it
    /// stands for the family in a hit.
    pub relative: usize,
    /// How many relatives are in the pedigree.
    pub members: u32,
    /// The screen's question.
    pub query: Query,
    case: MissingPersonCase,
    /// Profiles of the members.
    typed: Vec<Profile>,
    /// Of the family alone, at each locus where a member is typed: another body's alleles must not change the
    /// ratio of this one.
    models: Vec<LocusModel>,
}

impl FamilyQuestion {
    /// The likelihood ratio of `body` at each locus that says something, exact.
    ///
    /// # Errors
    /// A sum over the ways of inheritance is over its limit.
    pub fn ratios(
        &self,
        body: &Profile,
        population: &Population,
    ) -> std::result::Result<Vec<(Locus, f64)>, PedigreeError> {
        let mut ratios = Vec::new();
        for model in &self.models {
            let locus = model.locus();
            let Some(typing) = body.get(locus).filter(|t| t.genotype().is_some()) else { continue };
            let ratio = match model.pair(typing) {
                Some(pair) => Some(self.case.ratio(model, pair)?),
                None => of_rare(&self.case, (&self.typed, typing), locus, population)?,
            };
            ratios.extend(ratio.map(|ratio| (locus, ratio)));
        }
        Ok(ratios)
    }

    /// At each locus the probability that an unrelated body has a genotype, given the alleles of one member, and
    /// the ratio it would have, for every genotype.
    ///
    /// # Errors
    /// A sum over the ways of inheritance of all genotypes is over its limit, though those of the bodies were not.
    pub fn outcomes(
        &self,
        population: &Population,
    ) -> std::result::Result<GenotypeOutcomes, PedigreeError> {
        let of_locus = |model: &LocusModel| {
            let known = self.typed.iter().filter_map(|profile| profile.get(model.locus()));
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
            let ratios = self.case.ratios(model, &pairs)?;
            let probability =
                |[a, b]: AllelePair| drawn(&[a, b]) / drawn(&[]) * if a == b { 1.0 } else { 2.0 };
            let outcomes = pairs.into_iter().map(probability).zip(ratios);
            Ok((model.locus(), outcomes.collect()))
        };
        self.models.iter().map(of_locus).collect()
    }
}

/// Whether an error is about one family, which others need not suffer for.
fn is_of_the_family(error: &PedigreeError) -> bool {
    matches!(
        error,
        PedigreeError::Size(_)
            | PedigreeError::Impossible(_)
            | PedigreeError::TooComplex { .. }
            | PedigreeError::TooManyFounderAlleles { .. }
    )
}

/// The error of a family whose likelihood cannot be had.
pub fn refused(family_id: &str, error: &PedigreeError) -> Error {
    Error::usage(
        format!("family {family_id}: {error}"),
        "search with --theta 0, or correct the family",
    )
}

/// The ratio of a body with an allele that neither the family nor the frequency table has.
fn of_rare(
    case: &MissingPersonCase,
    (typed, typing): (&[Profile], &Typing),
    locus: Locus,
    population: &Population,
) -> std::result::Result<Option<f64>, PedigreeError> {
    let Some(model) = model(typed, Some(typing), locus, population)? else { return Ok(None) };
    model.pair(typing).map(|pair| case.ratio(&model, pair)).transpose()
}

/// The model of a locus for the family and perhaps a body.
fn model(
    typed: &[Profile],
    body: Option<&Typing>,
    locus: Locus,
    population: &Population,
) -> std::result::Result<Option<LocusModel>, PedigreeError> {
    let (model, rate, range, rate2) = MUTATION;
    let mutation = Mutation::new(model, rate, Some(range), rate2)
        .map_err(|source| PedigreeError::Mutation { locus, source })?;
    let of_family = typed.iter().filter_map(|profile| profile.get(locus));
    let typings = of_family.filter(|typing| typing.genotype().is_some()).chain(body);
    LocusModel::new(population, locus, typings, &MutationTable::uniform(mutation), 0.0)
}

/// A search of families: the bodies as the screen reads them, and what is asked.
#[derive(Debug, Default)]
pub struct FamilySearch {
    /// Genotypes of each segment of the bodies.
    pub bodies: Vec<GenotypeCodes>,
    /// Families, ascending.
    pub families: Vec<FamilyQuestion>,
    /// Families that are not searched as pedigrees, and why: what was typed cannot come from the pedigree even
    /// with mutation, or its likelihood is over a limit.
    pub left_out: Vec<(String, String)>,
    /// Relatives of those families.
    pub left_out_members: u64,
    /// Relatives that are not in the pedigree of their family, and those listed twice.
    pub members_beside: u64,
}

/// Makes the families of `relatives` ready, to be asked of `bodies`.
///
/// # Errors
/// A profile cannot be read, or a family is too large for its likelihood.
pub fn families(
    (relatives, gallery): (&[TypedRelative], &Side),
    bodies: &Side,
    population: &Population,
) -> Result<FamilySearch> {
    let profiles = bodies.living_profiles()?;
    let map = GenotypeMap::from_profiles(profiles.iter().flatten());
    let places = once_each(relatives, gallery);
    let of_family = |a: &usize, b: &usize| relatives[*a].family_id == relatives[*b].family_id;
    let families: Vec<&[usize]> = places.chunk_by(of_family).collect();
    let made = families
        .par_iter()
        .map(|members| family((relatives, gallery), members, &map, population))
        .collect::<Result<Vec<_>>>()?;
    let mut search = FamilySearch {
        bodies: profiles.iter().map(|rows| GenotypeCodes::new(&map, rows)).collect(),
        members_beside: (relatives.len() - places.len()) as u64,
        ..FamilySearch::default()
    };
    for (members, made) in families.iter().zip(made) {
        let count = members.len() as u64;
        match made {
            Made::Question(question) => {
                search.members_beside += count - u64::from(question.members);
                search.families.push(*question);
            }
            Made::NoPedigree => search.members_beside += count,
            Made::LeftOut(reason) => {
                search.left_out.push((relatives[members[0]].family_id.clone(), reason.to_string()));
                search.left_out_members += count;
            }
        }
    }
    Ok(search)
}

/// Places of the relatives by family, each person of a family once: one registered or listed twice would count
/// as two relatives who agree.
fn once_each(relatives: &[TypedRelative], gallery: &Side) -> Vec<usize> {
    let person = |place: usize| {
        let relative = &relatives[place];
        let segment = &gallery.segments[relative.segment];
        segment.person_id(relative.row).unwrap_or_else(|| segment.record_id(relative.row))
    };
    let mut seen = BTreeSet::new();
    let mut places: Vec<usize> = (0..relatives.len()).collect();
    places.sort_by_key(|place| &relatives[*place].family_id);
    places.retain(|place| seen.insert((&relatives[*place].family_id, person(*place))));
    places
}

/// What became of a family.
enum Made {
    Question(Box<FamilyQuestion>),
    /// No relative but the person's own sample.
    NoPedigree,
    /// It has no likelihood, or none within the limits.
    LeftOut(PedigreeError),
}

fn family(
    (relatives, gallery): (&[TypedRelative], &Side),
    members: &[usize],
    map: &GenotypeMap,
    population: &Population,
) -> Result<Made> {
    let family_id = &relatives[members[0]].family_id;
    let refused = |error: PedigreeError| refused(family_id, &error);
    let kinships: Vec<_> = members.iter().map(|place| relatives[*place].kinship).collect();
    let pedigree = match of_kinships(&kinships) {
        Ok(Some(pedigree)) => pedigree,
        Ok(None) => return Ok(Made::NoPedigree),
        Err(error) if is_of_the_family(&error) => return Ok(Made::LeftOut(error)),
        Err(error) => return Err(refused(error)),
    };
    let mut profiles = vec![None; pedigree.pedigree.persons().len()];
    for (member, person) in &pedigree.members {
        let relative = &relatives[members[*member]];
        profiles[*person] = Some(gallery.profile(relative.segment, relative.row)?);
    }
    let typed: Vec<Profile> = profiles.iter().flatten().cloned().collect();
    let case =
        MissingPersonCase::new(pedigree.pedigree, pedigree.missing, profiles, UNTYPED_PARENT)
            .map_err(refused)?;
    let mut models = Vec::new();
    for locus in Locus::all() {
        let model = model(&typed, None, locus, population).map_err(refused)?;
        models.extend(model.filter(|model| case.is_informative(model)));
    }
    let mut tables = Vec::new();
    for model in &models {
        match table(&case, &typed, (model, map), population) {
            Ok(table) => tables.push((model.locus(), table)),
            Err(error) if is_of_the_family(&error) => return Ok(Made::LeftOut(error)),
            Err(error) => return Err(refused(error)),
        }
    }
    let query = Query::compile(map, |locus, typing| {
        let (_, table) = tables.iter().find(|(other, _)| *other == locus)?;
        table.iter().find(|(genotype, _)| *genotype == typing).map(|(_, ratio)| *ratio)
    });
    let id = |member: &usize| {
        let relative = &relatives[members[*member]];
        gallery.segments[relative.segment].record_id(relative.row)
    };
    let first = pedigree.members.iter().map(|(member, _)| member).min_by_key(|member| id(member));
    let Some(first) = first else { return Ok(Made::NoPedigree) };
    Ok(Made::Question(Box::new(FamilyQuestion {
        family_id: family_id.clone(),
        relative: members[*first],
        members: pedigree.members.len() as u32,
        query,
        case,
        typed,
        models,
    })))
}

/// The ratio of each genotype of `map` at the locus of `model`.
fn table<'m>(
    case: &MissingPersonCase,
    typed: &[Profile],
    (model, map): (&LocusModel, &'m GenotypeMap),
    population: &Population,
) -> std::result::Result<Vec<(&'m Typing, f64)>, PedigreeError> {
    let genotypes = map.loci().find(|(locus, _)| *locus == model.locus()).map(|(_, g)| g);
    let (mut typings, mut pairs): (Vec<&Typing>, Vec<AllelePair>) = (Vec::new(), Vec::new());
    let mut table = Vec::new();
    for typing in genotypes.unwrap_or_default() {
        if let Some(pair) = model.pair(typing) {
            typings.push(typing);
            pairs.push(pair);
        } else if let Some(ratio) = of_rare(case, (typed, typing), model.locus(), population)? {
            table.push((typing, ratio));
        }
    }
    table.extend(typings.into_iter().zip(case.ratios(model, &pairs)?));
    Ok(table)
}
