//! What a relative is to the missing person, derived from parent and child edges.
//!
//! A walk up to great-grandparents, which is where second cousins meet (L40 1(2)). Limits: a relative
//! related in more than one way, through a half relation of an older generation, or not at all is
//! [`Kinship::Unrelated`]; a pairwise likelihood ratio would be of the wrong relation.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::relation::Kinship;

/// Parents per child, by a number the caller gives each person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pedigree {
    parents: BTreeMap<usize, BTreeSet<usize>>,
}

impl Pedigree {
    /// Adds a parent; false if the child then has more than two, or is its own parent.
    pub(super) fn add(&mut self, parent: usize, child: usize) -> bool {
        let parents = self.parents.entry(child).or_default();
        parents.insert(parent);
        parents.len() <= 2 && parent != child
    }

    /// Whether somebody is an ancestor of himself.
    pub(super) fn has_cycle(&self) -> bool {
        // Peel off persons whose parents are all peeled; what remains is on or below a cycle.
        let mut left: BTreeSet<usize> = self.parents.keys().copied().collect();
        loop {
            let before = left.len();
            let free: Vec<usize> =
                left.iter().copied().filter(|p| self.of(*p).all(|q| !left.contains(&q))).collect();
            left.retain(|person| !free.contains(person));
            if left.is_empty() {
                return false;
            }
            if left.len() == before {
                return true;
            }
        }
    }

    /// What `relative` is to `missing`; `None` where it is not one simple relation.
    pub(super) fn kinship(
        &self,
        relative: usize,
        missing: usize,
        relative_is_male: bool,
    ) -> Option<Kinship> {
        if relative == missing {
            return Some(Kinship::Own);
        }
        let mut found = Vec::new();
        let mut note = |times: usize, kinship| found.extend(std::iter::repeat_n(kinship, times));
        let up = |person: usize, generations: usize| self.ancestors(person, generations);
        let times = |list: &[usize], person| list.iter().filter(|p| **p == person).count();
        let parent = if relative_is_male { Kinship::Father } else { Kinship::Mother };
        note(times(&up(missing, 1), relative), parent);
        note(times(&up(relative, 1), missing), Kinship::Child);
        note(times(&up(missing, 2), relative), Kinship::Grandparent);
        note(times(&up(relative, 2), missing), Kinship::Grandchild);
        match self.shared_parents(relative, missing) {
            0 => {}
            1 => note(1, Kinship::HalfSibling),
            _ => note(1, Kinship::FullSibling),
        }
        let siblings = |ours: &[usize], theirs: &[usize]| {
            let pairs = ours.iter().flat_map(|a| theirs.iter().map(move |b| (*a, *b)));
            pairs.filter(|(a, b)| a != b && self.shared_parents(*a, *b) == 2).count()
        };
        note(siblings(&[relative], &up(missing, 1)), Kinship::UncleAunt);
        note(siblings(&up(relative, 1), &[missing]), Kinship::NephewNiece);
        note(siblings(&up(relative, 1), &up(missing, 1)), Kinship::FirstCousin);
        note(siblings(&up(relative, 2), &up(missing, 2)), Kinship::SecondCousin);
        match found.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// The parents of a person.
    pub(super) fn of(&self, child: usize) -> impl Iterator<Item = usize> + '_ {
        self.parents.get(&child).into_iter().flatten().copied()
    }

    /// The ancestors exactly `generations` up, as often as there are lines to them.
    fn ancestors(&self, person: usize, generations: usize) -> Vec<usize> {
        let mut level = vec![person];
        for _ in 0..generations {
            level = level.into_iter().flat_map(|p| self.of(p)).collect();
        }
        level
    }

    fn shared_parents(&self, a: usize, b: usize) -> usize {
        self.of(a).filter(|parent| self.of(b).any(|other| other == *parent)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0 and 1 have 2 and 3; 2 has 4 with 10, 3 has 5 with 11; 4 has 6 with 12, 5 has 7 with 13;
    /// 0 has 8 with 14.
    fn family() -> Pedigree {
        let mut pedigree = Pedigree::default();
        let children = [
            (2, [0, 1]),
            (3, [0, 1]),
            (4, [2, 10]),
            (5, [3, 11]),
            (6, [4, 12]),
            (7, [5, 13]),
            (8, [0, 14]),
        ];
        for (child, parents) in children {
            assert!(parents.into_iter().all(|parent| pedigree.add(parent, child)));
        }
        pedigree
    }

    #[test]
    fn every_simple_relation_is_derived_from_the_edges() {
        for (relative, missing, kinship) in [
            (0, 2, Some(Kinship::Father)),
            (2, 0, Some(Kinship::Child)),
            (2, 3, Some(Kinship::FullSibling)),
            (8, 2, Some(Kinship::HalfSibling)),
            (0, 4, Some(Kinship::Grandparent)),
            (4, 0, Some(Kinship::Grandchild)),
            (3, 4, Some(Kinship::UncleAunt)),
            (4, 3, Some(Kinship::NephewNiece)),
            (4, 5, Some(Kinship::FirstCousin)),
            (6, 7, Some(Kinship::SecondCousin)),
            (0, 6, None),
            (8, 4, None),
            (0, 1, None),
            (5, 5, Some(Kinship::Own)),
        ] {
            assert_eq!(family().kinship(relative, missing, true), kinship, "{relative} {missing}");
        }
        assert_eq!(family().kinship(1, 2, false), Some(Kinship::Mother));
    }

    #[test]
    fn double_relations_third_parents_and_cycles_are_not_simple() {
        let mut pedigree = family();
        // 8 is the half sibling of 2 and, as a child of 2's child 4, also a grandchild.
        assert!(!pedigree.add(4, 8));
        assert!(!Pedigree::default().add(1, 1));
        let mut incest = Pedigree::default();
        assert!(incest.add(0, 1) && incest.add(1, 2) && incest.add(0, 2));
        assert_eq!(incest.kinship(0, 2, true), None);
        assert!(!incest.has_cycle());
        assert!(incest.add(2, 0) && incest.has_cycle());
    }
}
