//! The family of a search as rows that can be drawn: who is whose parent, who is typed, whose place the body takes.

use serde::Serialize;

use crate::domain::family::PedigreePerson;
use crate::domain::pedigree::{Pedigree, Sex};
use crate::domain::relation::Kinship;

/// A person of a pedigree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PedigreeRow {
    /// Number in the pedigree.
    pub number: usize,
    /// Record of a typed person, and of the body that is compared with the missing one's place.
    pub record_id: Option<String>,
    /// What a typed person is to the missing one.
    pub role: Option<&'static str>,
    /// `male` or `female`; null where it is not known.
    pub sex: Option<&'static str>,
    /// Number of the father.
    pub father: Option<usize>,
    /// Number of the mother.
    pub mother: Option<usize>,
    /// Whether this is the missing person.
    pub is_missing: bool,
}

/// A typed relative: place in the pedigree, word, record.
pub(super) type PlacedRelative = (usize, Kinship, String);

/// The rows of a pedigree with a place for the missing person. `placed` are the typed persons by place; `given` the
/// pedigree the registry was given, if it was not made of words.
pub(super) fn rows_of(
    (pedigree, missing): (&Pedigree, usize),
    (placed, given): (&[PlacedRelative], Option<&Vec<PedigreePerson>>),
    body: &str,
) -> Vec<PedigreeRow> {
    let persons = pedigree.persons();
    // Words say who is father and mother, and of nobody else the sex.
    let are_parents_known = placed.iter().all(|(_, kinship, _)| {
        matches!(kinship, Kinship::Father | Kinship::Mother | Kinship::FullSibling | Kinship::Child)
    });
    let sex_of = |number: usize| -> Option<Sex> {
        match given {
            Some(given) => given.get(number).and_then(|person| person.sex),
            None => {
                let is_parent = persons[missing].parents().any(|parent| parent == number);
                (is_parent && are_parents_known).then(|| persons[number].sex)
            }
        }
    };
    let row = |(number, person): (usize, &crate::domain::pedigree::Person)| {
        let typed = placed.iter().find(|(place, ..)| *place == number);
        let is_missing = number == missing;
        PedigreeRow {
            number,
            record_id: match is_missing {
                true => Some(body.to_owned()),
                false => typed.map(|(_, _, id)| id.clone()),
            },
            role: typed.map(|(_, kinship, _)| kinship.name()),
            sex: sex_of(number).map(Sex::name),
            father: person.father,
            mother: person.mother,
            is_missing,
        }
    };
    persons.iter().enumerate().map(row).collect()
}
