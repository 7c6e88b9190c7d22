//! The mutation models of all loci: one for each locus and sex of the parent, with a default.

use std::collections::BTreeMap;

use super::Mutation;
use crate::domain::locus::Locus;
use crate::domain::pedigree::Sex;

/// Mutation per locus and sex of the transmitting parent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MutationTable {
    every_locus: BTreeMap<Sex, Mutation>,
    per_locus: BTreeMap<(Locus, Sex), Mutation>,
}

impl MutationTable {
    /// One model for every locus and both sexes.
    pub fn uniform(mutation: Mutation) -> Self {
        let every_locus = Sex::ALL.into_iter().map(|sex| (sex, mutation)).collect();
        MutationTable { every_locus, per_locus: BTreeMap::new() }
    }

    /// Sets the model of parents of `sex` at `locus`, or with `None` at every locus that has none of its
    /// own. False if there was one already; it stays.
    pub fn insert(&mut self, locus: Option<Locus>, sex: Sex, mutation: Mutation) -> bool {
        match locus {
            Some(locus) if self.per_locus.contains_key(&(locus, sex)) => false,
            Some(locus) => self.per_locus.insert((locus, sex), mutation).is_none(),
            None if self.every_locus.contains_key(&sex) => false,
            None => self.every_locus.insert(sex, mutation).is_none(),
        }
    }

    /// The model of parents of `sex` at `locus`; `None` if the table says nothing of it.
    pub fn get(&self, locus: Locus, sex: Sex) -> Option<Mutation> {
        self.per_locus.get(&(locus, sex)).or_else(|| self.every_locus.get(&sex)).copied()
    }

    /// Every model as [`Self::insert`] takes it; `None` stands for every other locus.
    pub fn models(&self) -> impl Iterator<Item = (Option<Locus>, Sex, Mutation)> + '_ {
        let every = self.every_locus.iter().map(|(sex, mutation)| (None, *sex, *mutation));
        let own = self.per_locus.iter();
        every.chain(own.map(|((locus, sex), mutation)| (Some(*locus), *sex, *mutation)))
    }

    /// Identity of the content: equal for tables that give every locus and sex the same model.
    pub fn content_id(&self) -> String {
        let mut bytes = Vec::new();
        let mut add = |locus: u8, sex: Sex, mutation: &Mutation| {
            bytes.extend_from_slice(&[locus, u8::from(sex == Sex::Male)]);
            bytes.extend_from_slice(mutation.name().as_bytes());
            bytes.push(0);
        };
        self.every_locus.iter().for_each(|(sex, mutation)| add(u8::MAX, *sex, mutation));
        let of_loci = self.per_locus.iter();
        of_loci.for_each(|((locus, sex), mutation)| add(locus.number(), *sex, mutation));
        crate::ident::content_id("mutation", [&bytes[..]])
    }

    /// Whether mothers and fathers mutate alike at every locus.
    pub fn is_same_for_both_sexes_everywhere(&self) -> bool {
        self.every_locus.get(&Sex::Female) == self.every_locus.get(&Sex::Male)
            && self.per_locus.keys().all(|(locus, _)| self.is_same_for_both_sexes(*locus))
    }

    /// Whether mothers and fathers mutate alike at `locus`.
    pub fn is_same_for_both_sexes(&self, locus: Locus) -> bool {
        self.get(locus, Sex::Female) == self.get(locus, Sex::Male)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mutation::MutationModel;

    #[test]
    fn a_locus_of_its_own_comes_before_the_default() {
        let equal = |rate| Mutation::new(MutationModel::Equal, rate, None, 0.0).unwrap();
        let [fga, th01] = ["FGA", "TH01"].map(|name| Locus::parse(name).unwrap());
        let mut table = MutationTable::uniform(equal(0.001));
        assert!(table.insert(Some(fga), Sex::Male, equal(0.003)));
        assert!(!table.insert(Some(fga), Sex::Male, equal(0.004)));
        assert!(!table.insert(None, Sex::Male, equal(0.004)));
        assert_eq!(table.get(fga, Sex::Male), Some(equal(0.003)));
        assert_eq!(table.get(fga, Sex::Female), Some(equal(0.001)));
        assert!(table.is_same_for_both_sexes(th01) && !table.is_same_for_both_sexes(fga));
        assert_eq!(MutationTable::default().get(fga, Sex::Male), None);
        assert!(!table.is_same_for_both_sexes_everywhere());
        assert!(MutationTable::uniform(equal(0.001)).is_same_for_both_sexes_everywhere());
        assert_ne!(table.content_id(), MutationTable::uniform(equal(0.001)).content_id());
        assert_eq!(table.content_id(), table.clone().content_id());
    }
}
