//! Pedigrees: who is whose parent, and the likelihood of what was typed in them.
//!
//! What: any family of parents and children with any of them typed, with mutation, theta and silent alleles,
//! exact. Two ways lead to a likelihood: `peel` (Elston and Stewart 1971) for families without loops, with
//! theta 0 or one untyped couple of founders, and `gene_flow` for the rest; both give the same number where
//! both apply. The result for a
//! missing person is a table of one likelihood ratio per genotype ([`missing`]), so that a body costs one
//! look-up per locus. Limits: autosomal loci, taken as independent; monozygotic twins are one person.
//! When not to use it: mixtures and drop-out are not modelled.

mod gene_flow;
pub mod kinship;
pub mod locus_model;
pub mod missing;
pub mod pair;
mod peel;
mod shape;
#[cfg(test)]
mod tests;
pub mod transmission;
mod urn_couple;

use std::collections::BTreeSet;

use super::locus::Locus;
use super::mutation::MutationError;
use crate::limits::MAX_PEDIGREE_PERSONS;

/// Sex of a person, which decides the mutation rate of what it transmits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the variants are the words themselves")]
pub enum Sex {
    Female,
    Male,
}

impl Sex {
    /// Both.
    pub const ALL: [Sex; 2] = [Sex::Female, Sex::Male];

    /// The word in files.
    pub const fn name(self) -> &'static str {
        match self {
            Sex::Female => "female",
            Sex::Male => "male",
        }
    }

    /// Reads `female`, `male`, `F`, `M`, and 2 and 1 as in linkage files.
    pub fn parse(text: &str) -> Option<Sex> {
        match text.trim().to_ascii_lowercase().as_str() {
            "female" | "f" | "2" => Some(Sex::Female),
            "male" | "m" | "1" => Some(Sex::Male),
            _ => None,
        }
    }
}

/// What becomes of a parent that nobody typed (`research/dna.md` 3.5). It matters for models of mutation that
/// do not keep the allele frequencies, and with theta above 0 for every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum UntypedParent {
    /// An untyped person that connects to nobody is taken out; what a child has of it is drawn from the
    /// population. As Familias with theta 0; with theta above 0 it takes nobody out.
    #[default]
    Pruned,
    /// Every child has two parents; what a child has of an untyped founder may have mutated. As pedprobr
    /// and forrel, and Familias with theta above 0.
    Explicit,
}

impl UntypedParent {
    /// The word used on the command line and in results.
    pub const fn name(self) -> &'static str {
        match self {
            UntypedParent::Pruned => "pruned",
            UntypedParent::Explicit => "explicit",
        }
    }
}

/// One person of a pedigree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Name, unique in the pedigree.
    pub name: String,
    /// Sex.
    pub sex: Sex,
    /// Place of the father in the list of persons.
    pub father: Option<usize>,
    /// Place of the mother in the list of persons.
    pub mother: Option<usize>,
}

impl Person {
    /// Places of the known parents.
    pub fn parents(&self) -> impl Iterator<Item = usize> {
        self.father.into_iter().chain(self.mother)
    }
}

/// Why persons are not a pedigree, or a likelihood cannot be had.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "the message names the fields")]
pub enum PedigreeError {
    #[error("a pedigree has 1 to {MAX_PEDIGREE_PERSONS} persons, {0} were given")]
    Size(usize),
    #[error("a person occurs once in a pedigree: {0}")]
    Repeated(String),
    #[error("a parent is a person of the pedigree: a parent of {0} is not")]
    UnknownParent(String),
    #[error("a father is male and a mother female: a parent of {0} is not")]
    ParentSex(String),
    #[error("nobody is an ancestor of himself: {0} is")]
    Cycle(String),
    #[error(
        "the missing person is a person of the pedigree, and nobody else is typed under its name"
    )]
    Missing,
    #[error("the mutation table has no model for {0}")]
    NoMutationModel(Locus),
    #[error("{locus}: {source}")]
    Mutation { locus: Locus, source: MutationError },
    #[error(
        "{0}: what was typed in this family cannot come from this pedigree without mutation or a silent \
         allele"
    )]
    Impossible(Locus),
    #[error(
        "{locus}: {count:.1e} ways of inheritance are over the limit of {limit}; with theta above 0 or loops \
         each transmission from an untyped person and each typed heterozygote doubles them"
    )]
    TooComplex { locus: Locus, count: f64, limit: u64 },
    #[error(
        "{locus}: {count} founder alleles that nobody typed are over the limit of {limit} with theta above 0"
    )]
    TooManyFounderAlleles { locus: Locus, count: usize, limit: usize },
    #[error("theta is a number from 0 to 0.5, a silent allele's frequency one from 0 to 0.1")]
    Population,
    #[error(
        "{0}: mothers and fathers mutate at different rates, and the sex of somebody who transmits is not known"
    )]
    UnknownSex(Locus),
}

/// A pedigree whose rules hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pedigree {
    persons: Vec<Person>,
    /// Places, parents before their children.
    order: Vec<usize>,
}

impl Pedigree {
    /// The pedigree of `persons`.
    ///
    /// # Errors
    /// None or too many persons, a name twice, a parent that is not there or of the wrong sex, or somebody
    /// is an ancestor of himself.
    pub fn new(persons: Vec<Person>) -> Result<Pedigree, PedigreeError> {
        if persons.is_empty() || persons.len() > MAX_PEDIGREE_PERSONS {
            return Err(PedigreeError::Size(persons.len()));
        }
        let mut names = BTreeSet::new();
        for person in &persons {
            if !names.insert(person.name.as_str()) {
                return Err(PedigreeError::Repeated(person.name.clone()));
            }
            for (parent, sex) in [(person.father, Sex::Male), (person.mother, Sex::Female)] {
                let Some(parent) = parent else { continue };
                let Some(parent) = persons.get(parent) else {
                    return Err(PedigreeError::UnknownParent(person.name.clone()));
                };
                if parent.sex != sex {
                    return Err(PedigreeError::ParentSex(person.name.clone()));
                }
            }
        }
        let order = parents_first(&persons)?;
        Ok(Pedigree { persons, order })
    }

    /// The persons, as given.
    pub fn persons(&self) -> &[Person] {
        &self.persons
    }

    /// Places of the persons, parents before their children.
    pub fn order(&self) -> &[usize] {
        &self.order
    }
}

/// Places of `persons`, parents before their children.
fn parents_first(persons: &[Person]) -> Result<Vec<usize>, PedigreeError> {
    let mut order = Vec::with_capacity(persons.len());
    let mut is_placed = vec![false; persons.len()];
    while order.len() < persons.len() {
        let before = order.len();
        for (place, person) in persons.iter().enumerate() {
            if !is_placed[place] && person.parents().all(|parent| is_placed[parent]) {
                is_placed[place] = true;
                order.push(place);
            }
        }
        if order.len() == before {
            let first = is_placed.iter().position(|is_placed| !is_placed).unwrap_or_default();
            return Err(PedigreeError::Cycle(persons[first].name.clone()));
        }
    }
    Ok(order)
}
