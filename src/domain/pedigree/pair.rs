//! Likelihood ratios of a relation between two persons with mutation and silent alleles: the pedigree of two
//! typed persons.
//!
//! Compared with two unrelated persons of the population, both drawn from it. Why not the closed form of
//! [`crate::domain::likelihood`]: with mutation a relation is more than its identity-by-descent
//! probabilities; grandparents, half siblings and uncles differ. The first person is the elder one: parent,
//! grandparent, uncle. Limits: nobody knows the sexes of a pair, so both sexes must mutate alike. When not to
//! use it: a known pedigree, which [`super::missing`] takes as it is.

use super::locus_model::{AllelePair, LocusModel};
use super::missing::likelihood;
use super::shape::Shape;
use super::{Pedigree, PedigreeError, Person, Sex, UntypedParent};
use crate::domain::relation::Relation;

/// The pedigree of a relation: its persons, and which two are the pair.
#[derive(Debug, Clone)]
pub struct PairPedigree {
    relation: Relation,
    pedigree: Pedigree,
    pair: [usize; 2],
    unrelated: Pedigree,
}

impl PairPedigree {
    /// The pedigree of `relation`; of identity it is one person twice.
    ///
    /// # Errors
    /// None that a relation of the list can raise.
    pub fn new(relation: Relation) -> Result<PairPedigree, PedigreeError> {
        let mut builder = Builder::default();
        let pair = match relation {
            Relation::Identity => {
                let person = builder.founder();
                [person, person]
            }
            Relation::ParentChild => {
                let parent = builder.founder();
                [parent, builder.child(parent, None)]
            }
            Relation::Grandparent => {
                let grandparent = builder.founder();
                let parent = builder.child(grandparent, None);
                [grandparent, builder.child(parent, None)]
            }
            Relation::HalfSiblings => {
                let parent = builder.founder();
                [builder.child(parent, None), builder.child(parent, None)]
            }
            Relation::FullSiblings => builder.siblings(),
            Relation::Avuncular => {
                let [uncle, parent] = builder.siblings();
                [uncle, builder.child(parent, None)]
            }
            Relation::FirstCousins => builder.siblings().map(|parent| builder.child(parent, None)),
            Relation::SecondCousins => builder.siblings().map(|grandparent| {
                let parent = builder.child(grandparent, None);
                builder.child(parent, None)
            }),
        };
        let mut strangers = Builder::default();
        strangers.founder();
        strangers.founder();
        let unrelated = Pedigree::new(strangers.persons)?;
        Ok(PairPedigree { relation, pedigree: Pedigree::new(builder.persons)?, pair, unrelated })
    }

    /// The likelihood ratio at the locus of `model`; exactly zero where the relation is impossible.
    ///
    /// # Errors
    /// The sexes mutate at different rates, or a limit is reached.
    pub fn ratio(
        &self,
        model: &LocusModel,
        [a, b]: [AllelePair; 2],
        untyped_parent: UntypedParent,
    ) -> Result<f64, PedigreeError> {
        let do_sexes_matter = self.relation != Relation::Identity;
        if do_sexes_matter && model.transmission(Sex::Female) != model.transmission(Sex::Male) {
            return Err(PedigreeError::UnknownSex(model.locus()));
        }
        if self.relation == Relation::Identity && a != b {
            return Ok(0.0);
        }
        let related = {
            let mut typed = vec![None; self.pedigree.persons().len()];
            typed[self.pair[0]] = Some(a);
            typed[self.pair[1]] = Some(b);
            probability(&self.pedigree, model, &typed, untyped_parent)?
        };
        Ok(related / probability(&self.unrelated, model, &[Some(a), Some(b)], untyped_parent)?)
    }
}

fn probability(
    pedigree: &Pedigree,
    model: &LocusModel,
    typed: &[Option<AllelePair>],
    untyped_parent: UntypedParent,
) -> Result<f64, PedigreeError> {
    let is_typed: Vec<bool> = typed.iter().map(Option::is_some).collect();
    likelihood(&Shape::new(pedigree, &is_typed, untyped_parent), model, typed)
}

/// Persons of a pedigree as they are added. All but mothers are male: the sexes mutate alike.
#[derive(Debug, Default)]
struct Builder {
    persons: Vec<Person>,
}

impl Builder {
    fn add(&mut self, sex: Sex, father: Option<usize>, mother: Option<usize>) -> usize {
        let name = self.persons.len().to_string();
        self.persons.push(Person { name, sex, father, mother });
        self.persons.len() - 1
    }

    fn founder(&mut self) -> usize {
        self.add(Sex::Male, None, None)
    }

    fn child(&mut self, father: usize, mother: Option<usize>) -> usize {
        self.add(Sex::Male, Some(father), mother)
    }

    /// Two full siblings.
    fn siblings(&mut self) -> [usize; 2] {
        let father = self.founder();
        let mother = self.add(Sex::Female, None, None);
        [self.child(father, Some(mother)), self.child(father, Some(mother))]
    }
}
