//! How two persons of the truth are related.

use std::collections::BTreeMap;

use crate::domain::relation::Relation;
use crate::synth::TruthPerson;

/// Generations looked back: great-great-grandparents, one beyond the second cousins of L40 1(2).
const GENERATIONS: u32 = 4;

/// Related, but in no way that [`Relation`] names (half cousins, cousins once removed).
pub(super) const OTHER: &str = "other";

/// The truth's persons as a pedigree; monozygotic twins are one genetic person.
pub(super) struct Kin<'a> {
    persons: &'a [TruthPerson],
}

impl<'a> Kin<'a> {
    pub(super) fn new(persons: &'a [TruthPerson]) -> Self {
        Kin { persons }
    }

    /// The person, or the elder monozygotic twin.
    pub(super) fn genetic(&self, person: u32) -> u32 {
        self.persons.get(person as usize).and_then(|p| p.twin_of).unwrap_or(person)
    }

    /// The relation of two persons: a code of [`Relation`] or [`OTHER`]; `None` when they have no
    /// common ancestor within [`GENERATIONS`].
    pub(super) fn relation(&self, a: u32, b: u32) -> Option<&'static str> {
        let (ancestors_a, ancestors_b) = (self.ancestors(a), self.ancestors(b));
        let common = ancestors_a.iter().filter_map(|(person, depth_a)| {
            let depth_b = ancestors_b.get(person)?;
            Some((depth_a + depth_b, *depth_a.min(depth_b)))
        });
        let common: Vec<(u32, u32)> = common.collect();
        let closest = *common.iter().min()?;
        let paths = common.iter().filter(|path| **path == closest).count();
        let relation = match (closest, paths) {
            ((0, 0), _) => Relation::Identity,
            ((1, 0), _) => Relation::ParentChild,
            ((2, 0), _) => Relation::Grandparent,
            ((2, 1), 2) => Relation::FullSiblings,
            ((2, 1), 1) => Relation::HalfSiblings,
            ((3, 1), 2) => Relation::Avuncular,
            ((4, 2), 2) => Relation::FirstCousins,
            ((6, 3), 2) => Relation::SecondCousins,
            _ => return Some(OTHER),
        };
        Some(relation.code())
    }

    /// Ancestors with the fewest generations to each; the person itself at 0.
    fn ancestors(&self, person: u32) -> BTreeMap<u32, u32> {
        let mut found = BTreeMap::new();
        let mut generation = vec![self.genetic(person)];
        for depth in 0..=GENERATIONS {
            let mut parents = Vec::new();
            for person in generation {
                found.entry(person).or_insert(depth);
                if let Some(entry) = self.persons.get(person as usize) {
                    let both = entry.father.into_iter().chain(entry.mother);
                    parents.extend(both.map(|parent| self.genetic(parent)));
                }
            }
            generation = parents;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(person: u32, parents: Option<(u32, u32)>, twin_of: Option<u32>) -> TruthPerson {
        let (father, mother) = parents.unzip();
        TruthPerson { person, father, mother, twin_of }
    }

    #[test]
    fn every_relation_of_a_clan_is_named() {
        let persons = [
            person(0, None, None),
            person(1, None, None),
            person(2, Some((0, 1)), None),
            person(3, Some((0, 1)), None),
            person(4, None, None),
            person(5, Some((2, 4)), None),
            person(6, None, None),
            person(7, Some((6, 3)), None),
            person(8, None, None),
            person(9, Some((2, 8)), None),
            person(10, Some((5, 13)), None),
            person(11, Some((7, 14)), None),
            person(12, Some((0, 1)), Some(3)),
            person(13, None, None),
            person(14, None, None),
        ];
        let kin = Kin::new(&persons);
        for (a, b, expected) in [
            (5, 5, Some("MZ")),
            (3, 12, Some("MZ")),
            (0, 2, Some("PO")),
            (2, 3, Some("FS")),
            (5, 9, Some("HS")),
            (0, 5, Some("GP")),
            (2, 7, Some("AV")),
            (5, 7, Some("FC")),
            (10, 11, Some("SC")),
            (12, 7, Some("PO")),
            (10, 3, Some(OTHER)),
            (0, 1, None),
            (4, 8, None),
        ] {
            assert_eq!(kin.relation(a, b), expected, "{a} {b}");
            assert_eq!(kin.relation(b, a), expected, "{b} {a}");
        }
    }
}
