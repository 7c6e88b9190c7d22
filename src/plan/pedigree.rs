//! The families of a search of bodies, made ready: as pedigrees, or relative by relative where alleles mutate.
//!
//! Why here: what a family says of a genotype is computed once; every body then costs one look-up per locus in
//! `genotype_screen`, and only those that pass are computed in full. The pedigree is the one the registry was
//! given (`domain::family::PedigreePerson`), or that of `domain::pedigree::kinship`, made of words. Limits: of
//! words the sex of parents alone is known, so a family in which somebody else transmits needs a mutation model
//! that is the same for both sexes, or a pedigree of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::census::{Side, TypedRelative};
use super::family_question::{Case, FamilyQuestion, Named};
use crate::domain::dna::Profile;
use crate::domain::family::{FamilyPedigrees, PedigreePerson, pedigree_of};
use crate::domain::likelihood::Population;
use crate::domain::locus::Locus;
use crate::domain::pedigree::PedigreeError;
use crate::domain::pedigree::kinship::{FamilyPedigree, of_kinships};
use crate::domain::pedigree::missing::MissingPersonCase;
use crate::domain::pedigree::pair::PairPedigree;
use crate::domain::pedigree::transmission::Transmission;
use crate::domain::relation::{Kinship, Relation};
use crate::error::{Error, Result};
use crate::kernel::genotype_screen::{GenotypeCodes, GenotypeMap};

/// What a hit's column `relation` says of a pedigree.
pub const PEDIGREE: &str = "pedigree";

/// Whether an error is about one family, which others need not suffer for.
fn is_of_the_family(error: &PedigreeError) -> bool {
    !matches!(
        error,
        PedigreeError::NoMutationModel(_)
            | PedigreeError::Mutation { .. }
            | PedigreeError::Population
    )
}

/// The error of a family whose likelihood cannot be had.
pub fn refused(family_id: &str, error: &PedigreeError) -> Error {
    Error::usage(
        format!("family {family_id}: {error}"),
        "search with --theta 0, or correct the family or the model of mutation",
    )
}

/// A search of families: the bodies as the screen reads them, and what is asked.
#[derive(Debug, Default)]
pub struct FamilySearch {
    /// Genotypes of each segment of the bodies.
    pub bodies: Vec<GenotypeCodes>,
    /// Families, ascending; of a search by pairs each relative is one.
    pub families: Vec<FamilyQuestion>,
    /// Families that are not searched, and why: what was typed cannot come from the pedigree even with
    /// mutation, its likelihood is over a limit, or a sex that matters is not known.
    pub left_out: Vec<(String, String)>,
    /// Relatives of those families.
    pub left_out_members: u64,
    /// Relatives that are not in the pedigree of their family, and those listed twice.
    pub members_beside: u64,
}

/// What the families of a search are made of.
#[derive(Debug, Clone, Copy)]
pub struct FamilyModel<'a> {
    /// Frequencies and theta.
    pub population: &'a Population<'a>,
    /// How alleles are transmitted.
    pub transmission: &'a Arc<Transmission>,
    /// Pedigrees given for families; of the others words are made into one. Not read for pairs.
    pub pedigrees: &'a FamilyPedigrees,
}

/// How relatives are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// All relatives of a missing person together.
    Families,
    /// Each relative by itself.
    Pairs,
}

/// Makes the families of `relatives` ready, to be asked of `bodies`.
///
/// # Errors
/// A profile cannot be read, or the model of mutation cannot be had at a locus.
pub fn families(
    (relatives, gallery): (&[TypedRelative], &Side),
    bodies: &Side,
    model: FamilyModel<'_>,
    grouping: Grouping,
) -> Result<FamilySearch> {
    let profiles = bodies.living_profiles()?;
    let map = GenotypeMap::from_profiles(profiles.iter().flatten());
    let places = match grouping {
        Grouping::Families => once_each(relatives, gallery),
        Grouping::Pairs => (0..relatives.len()).collect(),
    };
    let are_together = |a: &usize, b: &usize| {
        grouping == Grouping::Families && relatives[*a].family_id == relatives[*b].family_id
    };
    let families: Vec<&[usize]> = places.chunk_by(are_together).collect();
    let maker = Maker { relatives, gallery, map: &map, model };
    let made = families
        .par_iter()
        .map(|members| maker.family(members, grouping))
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
                search.members_beside += count - question.placed.len() as u64;
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
    /// No relative that its pedigree has a place for.
    NoPedigree,
    /// It has no likelihood, or none within the limits.
    LeftOut(PedigreeError),
}

/// What every family is made ready with.
struct Maker<'a> {
    relatives: &'a [TypedRelative],
    gallery: &'a Side,
    map: &'a GenotypeMap,
    model: FamilyModel<'a>,
}

impl Maker<'_> {
    fn family(&self, members: &[usize], grouping: Grouping) -> Result<Made> {
        let family_id = &self.relatives[members[0]].family_id;
        let question = match self.case(members, grouping)? {
            Ok(Some((case, typed, named))) => {
                let FamilyModel { population, transmission, .. } = self.model;
                FamilyQuestion::new(named, (case, typed), self.map, (population, transmission))
                    .map(|question| Made::Question(Box::new(question)))
            }
            Ok(None) => return Ok(Made::NoPedigree),
            Err(error) => Err(error),
        };
        match question {
            Err(error) if is_of_the_family(&error) => Ok(Made::LeftOut(error)),
            other => other.map_err(|error| refused(family_id, &error)),
        }
    }

    /// The members of a family in their pedigree; `None` where it has a place for none of them.
    ///
    /// # Errors
    /// A profile cannot be read.
    fn case(&self, members: &[usize], grouping: Grouping) -> Result<FamilyCase> {
        let first = &self.relatives[members[0]];
        let given = self.model.pedigrees.get(&first.family_id);
        let given = given.filter(|_| grouping == Grouping::Families);
        if grouping == Grouping::Pairs && first.kinship == Kinship::Own {
            let typed = vec![self.gallery.profile(first.segment, first.row)?];
            let untyped = self.model.transmission.untyped_parent;
            let own = PairPedigree::new(Relation::Identity).map(|pair| Case::Own(pair, untyped));
            return Ok(own.map(|case| Some((case, typed, self.named(members, &[(0, 0)])))));
        }
        let pedigree = match given {
            Some(persons) => self.given(persons, members),
            None => self.of_words(members),
        };
        let FamilyPedigree { pedigree, missing, members: placed, .. } = match pedigree {
            Ok(Some(pedigree)) => pedigree,
            Ok(None) => return Ok(Ok(None)),
            Err(error) => return Ok(Err(error)),
        };
        let mut profiles = vec![None; pedigree.persons().len()];
        for (member, person) in &placed {
            let relative = &self.relatives[members[*member]];
            profiles[*person] = Some(self.gallery.profile(relative.segment, relative.row)?);
        }
        let typed: Vec<Profile> = profiles.iter().flatten().cloned().collect();
        let untyped = self.model.transmission.untyped_parent;
        let case = MissingPersonCase::new(pedigree, missing, profiles, untyped);
        let named = self.named(members, &placed);
        Ok(case.map(|case| Some((Case::Family(case), typed, named))))
    }

    /// The family of `members`, of whom those with the numbers in `placed` are in its pedigree at the places there.
    fn named(&self, members: &[usize], placed: &[(usize, usize)]) -> Named {
        let id = |place: &usize| self.record_id(*place);
        let placed: Vec<(usize, usize)> =
            placed.iter().map(|(number, person)| (members[*number], *person)).collect();
        let places = placed.iter().map(|(relative, _)| *relative);
        let relative = places.min_by(|a, b| id(a).cmp(id(b))).unwrap_or(members[0]);
        let family_id = self.relatives[members[0]].family_id.clone();
        Named { family_id, relative, placed }
    }

    fn record_id(&self, place: usize) -> &str {
        let relative = &self.relatives[place];
        self.gallery.segments[relative.segment].record_id(relative.row)
    }

    /// The pedigree that words make.
    fn of_words(&self, members: &[usize]) -> PedigreeOfFamily {
        let kinships: Vec<_> = members.iter().map(|p| self.relatives[*p].kinship).collect();
        let Some(family) = of_kinships(&kinships)? else { return Ok(None) };
        let mutation = &self.model.transmission.mutation;
        let differs = |locus: &Locus| !mutation.is_same_for_both_sexes(*locus);
        match Locus::all().find(differs).filter(|_| !family.are_sexes_known) {
            Some(locus) => Err(PedigreeError::UnknownSex(locus)),
            None => Ok(Some(family)),
        }
    }

    /// The pedigree that was given; members are persons of it by their record id.
    fn given(&self, persons: &[PedigreePerson], members: &[usize]) -> PedigreeOfFamily {
        let pedigree = pedigree_of(persons)?;
        let place_of = |name: &str| persons.iter().position(|person| person.person == name);
        let missing = &self.relatives[members[0]].missing_person_id;
        let missing = place_of(missing).ok_or(PedigreeError::Missing)?;
        let placed = members.iter().enumerate().filter_map(|(number, place)| {
            let person = place_of(self.record_id(*place));
            person.filter(|person| *person != missing).map(|person| (number, person))
        });
        let members: Vec<(usize, usize)> = placed.collect();
        let family = FamilyPedigree { pedigree, missing, members, are_sexes_known: true };
        Ok((!family.members.is_empty()).then_some(family))
    }
}

/// A pedigree with the members in it; `None` where it has a place for none of them.
type PedigreeOfFamily = std::result::Result<Option<FamilyPedigree>, PedigreeError>;

/// A case with the profiles of its members, and whose it is.
type FamilyCase = std::result::Result<Option<(Case, Vec<Profile>, Named)>, PedigreeError>;
