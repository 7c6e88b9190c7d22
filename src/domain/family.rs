//! A family that looks for a missing person: which record is which relative, and who is whose parent.

use std::collections::BTreeMap;

use super::pedigree::{Pedigree, PedigreeError, Person, Sex};
use super::relation::Kinship;

/// One line of a family: a relative's record and what it is to the missing person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FamilyMember {
    /// The family's identifier.
    pub family_id: String,
    /// Identifier of the missing person in the special record.
    pub missing_person_id: String,
    /// The relative's genomic record (index `relative`).
    pub relative_record_id: String,
    /// What the relative is to the missing person.
    pub kinship: Kinship,
    /// Written consent of the relative (L40 18(2)); without it the record takes part in nothing.
    pub consent: bool,
    /// The search for the missing person is open; a closed case ends the search (L40 29(3)).
    pub case_open: bool,
}

/// One person of a family's pedigree, typed or not. Typed relatives bear the name of their record, the missing
/// person its identifier in the special record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PedigreePerson {
    /// The family's identifier.
    pub family_id: String,
    /// Name of the person in its family: a code, not a name.
    pub person: String,
    /// The father's, if he is in the pedigree.
    pub father: Option<String>,
    /// The mother's, if she is in the pedigree.
    pub mother: Option<String>,
    /// Sex; of somebody without children in the pedigree it may be unknown.
    pub sex: Option<Sex>,
}

/// The pedigree of one family's persons, each at its place in the list.
///
/// # Errors
/// A parent has no row, or no sex, or as [`Pedigree::new`].
pub fn pedigree_of(persons: &[PedigreePerson]) -> Result<Pedigree, PedigreeError> {
    let places: BTreeMap<&str, usize> =
        persons.iter().enumerate().map(|(place, p)| (p.person.as_str(), place)).collect();
    let parent = |name: &Option<String>, child: &PedigreePerson| {
        let Some(name) = name else { return Ok(None) };
        let place = places.get(name.as_str()).copied();
        place.map(Some).ok_or_else(|| PedigreeError::UnknownParent(child.person.clone()))
    };
    let person = |p: &PedigreePerson| {
        let (father, mother) = (parent(&p.father, p)?, parent(&p.mother, p)?);
        let mut parents = father.into_iter().chain(mother);
        if parents.any(|place| persons[place].sex.is_none()) {
            return Err(PedigreeError::ParentSex(p.person.clone()));
        }
        // The sex of somebody who transmits nothing changes nothing.
        let sex = p.sex.unwrap_or(Sex::Male);
        Ok(Person { name: p.person.clone(), sex, father, mother })
    };
    Pedigree::new(persons.iter().map(person).collect::<Result<_, PedigreeError>>()?)
}

/// Pedigrees of families, by family.
pub type FamilyPedigrees = BTreeMap<String, Vec<PedigreePerson>>;

/// Families by identifier, each with its members ascending.
pub fn by_family(members: &[FamilyMember]) -> BTreeMap<&str, Vec<&FamilyMember>> {
    let mut families: BTreeMap<&str, Vec<&FamilyMember>> = BTreeMap::new();
    for member in members {
        families.entry(&member.family_id).or_default().push(member);
    }
    for list in families.values_mut() {
        list.sort();
        list.dedup();
    }
    families
}
