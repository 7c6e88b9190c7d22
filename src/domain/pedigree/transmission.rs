//! How alleles come from parents to children in a likelihood: mutation, untyped parents, a silent allele.
//!
//! Why one type: the three belong together wherever a ratio is stated, and a result without one of them cannot
//! be computed again. Limits: one frequency of a silent allele for every locus.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::UntypedParent;
use crate::domain::mutation::rates::MutationTable;
use crate::domain::mutation::{Mutation, MutationModel};

/// How alleles are transmitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Transmission {
    /// Models by locus and sex of the parent.
    pub mutation: MutationTable,
    /// How results name the models.
    pub name: String,
    /// What becomes of untyped parents.
    pub untyped_parent: UntypedParent,
    /// Frequency of a silent allele at every locus.
    pub silent: f64,
    /// No mutation and no silent allele.
    pub is_plain: bool,
}

/// Model, rate, range and rate of incomplete repeats of searches of pedigrees that name no other: one
/// transmission in a thousand changes the allele, ten times as rarely for each step more. A choice of this
/// program, between the rates of mothers and fathers that its reference cases have (0.0005 and 0.002,
/// `research/dna.md` 4); a change of it is another run.
const OF_PEDIGREES: (MutationModel, f64, f64, f64) =
    (MutationModel::ExtendedStepwise, 0.001, 0.1, 0.000_001);

impl Transmission {
    /// One model for every locus and both sexes.
    pub fn uniform(mutation: Mutation, untyped_parent: UntypedParent, silent: f64) -> Transmission {
        Transmission {
            mutation: MutationTable::uniform(mutation),
            name: mutation.name(),
            untyped_parent,
            silent,
            is_plain: mutation.is_none() && silent == 0.0,
        }
    }

    /// That of searches of pedigrees that name no other.
    pub fn of_pedigrees() -> Transmission {
        let (model, rate, range, rate2) = OF_PEDIGREES;
        let mutation = Mutation::new(model, rate, Some(range), rate2).unwrap_or(Mutation::NONE);
        Transmission::uniform(mutation, UntypedParent::default(), 0.0)
    }

    /// How the hits of a search state it.
    pub fn rule(&self) -> String {
        let (model, untyped) = (&self.name, self.untyped_parent.name());
        let silent = match self.silent {
            0.0 => String::new(),
            frequency => format!("; silent allele {frequency}"),
        };
        format!("{model}; untyped parents {untyped}{silent}")
    }
}

/// As part of a run's identity: the name of the models with the hash of their numbers.
impl Serialize for Transmission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Transmission", 4)?;
        fields.serialize_field("mutation", &self.name)?;
        fields.serialize_field("mutation_id", &self.mutation.content_id())?;
        fields.serialize_field("untyped_parent", self.untyped_parent.name())?;
        fields.serialize_field("silent", &self.silent)?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_of_pedigrees_mutates_and_says_how() {
        let transmission = Transmission::of_pedigrees();
        assert!(!transmission.is_plain);
        assert_eq!(
            transmission.rule(),
            "extended-stepwise 0.001 range 0.1 rate2 0.000001; untyped parents pruned"
        );
    }
}
