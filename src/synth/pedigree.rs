//! Who is whose child: clans of three generations.
//!
//! A clan descends from one couple. Their children marry founders, some a second time, so that a clan
//! holds full siblings, half siblings, grandparents, uncles, aunts and first cousins. Different clans
//! are unrelated.

use std::ops::Range;

use rand::Rng;
use rand::seq::SliceRandom;

use super::stream::{Purpose, stream};
use crate::domain::relation::Kinship;
use crate::error::{Error, Result};

/// Days of a mean calendar year, for ages.
pub(super) const DAYS_PER_YEAR: u32 = 365;

/// Children of a couple of the first generation, each as likely.
const CHILDREN_OF_FIRST_COUPLE: [u32; 6] = [1, 2, 2, 3, 4, 5];
/// Children of a couple of the second generation.
const CHILDREN_OF_LATER_COUPLE: [u32; 6] = [0, 1, 2, 2, 3, 4];
/// Probability that a person of the second generation has children at all.
const MARRIES: f64 = 0.8;
/// Probability of a second partner, whose children are half siblings of the first's.
const MARRIES_AGAIN: f64 = 0.2;

/// One simulated person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    pub(super) father: Option<u32>,
    pub(super) mother: Option<u32>,
    /// The elder monozygotic twin; always the person just before.
    pub(super) twin_of: Option<u32>,
    pub(super) female: bool,
    pub(super) age_days: u32,
    pub(super) clan: u32,
}

impl Person {
    fn has_parent(&self, person: u32) -> bool {
        self.father == Some(person) || self.mother == Some(person)
    }

    fn parents(&self) -> impl Iterator<Item = u32> {
        self.father.into_iter().chain(self.mother)
    }

    fn is_full_sibling_of(&self, other: &Person) -> bool {
        self.father.is_some() && self.father == other.father && self.mother == other.mother
    }

    fn is_half_sibling_of(&self, other: &Person) -> bool {
        let shared = |a: Option<u32>, b: Option<u32>| a.is_some() && a == b;
        shared(self.father, other.father) != shared(self.mother, other.mother)
    }
}

/// Everybody, clan by clan; parents stand before their children, full siblings side by side.
#[derive(Debug, Clone)]
pub(super) struct Pedigree {
    pub(super) people: Vec<Person>,
    /// Where each clan lies in `people`.
    pub(super) clans: Vec<Range<u32>>,
}

impl Pedigree {
    /// `persons` persons with `twin_pairs` pairs of monozygotic twins among them.
    ///
    /// # Errors
    /// There are fewer pairs of full siblings of one sex than `twin_pairs`.
    pub(super) fn new(seed: u64, persons: u32, twin_pairs: u32) -> Result<Pedigree> {
        let mut rng = stream(seed, Purpose::Pedigree, 0);
        let mut growing =
            Growing { people: Vec::with_capacity(persons as usize), limit: persons, clan: 0 };
        let mut clans = Vec::new();
        while growing.len() < persons {
            let start = growing.len();
            growing.clan = clans.len() as u32;
            // A clan that meets the limit stays as far as it came: parents precede children.
            let _ = growing.add_clan(&mut rng);
            clans.push(start..growing.len());
        }
        let mut pedigree = Pedigree { people: growing.people, clans };
        pedigree.make_twins(twin_pairs, &mut rng)?;
        Ok(pedigree)
    }

    /// Turns neighbouring full siblings of one sex into twins.
    fn make_twins(&mut self, twin_pairs: u32, rng: &mut impl Rng) -> Result<()> {
        let mut candidates: Vec<usize> = self
            .people
            .windows(2)
            .enumerate()
            .filter(|(_, pair)| matches!(pair, [a, b] if a.is_full_sibling_of(b) && a.female == b.female))
            .map(|(elder, _)| elder)
            .collect();
        candidates.shuffle(rng);
        let mut made = 0;
        let mut taken = vec![false; self.people.len()];
        for elder in candidates {
            if made == twin_pairs {
                break;
            }
            let (Some(false), Some(false)) = (taken.get(elder), taken.get(elder + 1)) else {
                continue;
            };
            taken[elder] = true;
            taken[elder + 1] = true;
            // The older age of the two: nobody gets a parent younger than before.
            let age_days = self.people[elder].age_days.max(self.people[elder + 1].age_days);
            self.people[elder].age_days = age_days;
            self.people[elder + 1].age_days = age_days;
            self.people[elder + 1].twin_of = Some(elder as u32);
            made += 1;
        }
        if made < twin_pairs {
            return Err(Error::usage(
                format!(
                    "{} persons give {made} pairs of twins; {twin_pairs} are asked",
                    self.people.len()
                ),
                "ask for fewer twins or more persons",
            ));
        }
        Ok(())
    }

    /// The person with `number`.
    pub(super) fn person(&self, number: u32) -> &Person {
        &self.people[number as usize]
    }

    /// What `other` is to `person`, by descent inside a clan; `None` for spouses, twins of
    /// `person`, and relations beyond first cousins.
    pub(super) fn kinship(&self, person: u32, other: u32) -> Option<Kinship> {
        let (p, q) = (self.person(person), self.person(other));
        if person == other || p.twin_of == Some(other) || q.twin_of == Some(person) {
            return None;
        }
        let is_uncle = |of: &Person, candidate: &Person| {
            of.parents().any(|parent| self.person(parent).is_full_sibling_of(candidate))
        };
        Some(match () {
            () if p.father == Some(other) => Kinship::Father,
            () if p.mother == Some(other) => Kinship::Mother,
            () if q.has_parent(person) => Kinship::Child,
            () if p.is_full_sibling_of(q) => Kinship::FullSibling,
            () if p.is_half_sibling_of(q) => Kinship::HalfSibling,
            () if p.parents().any(|parent| self.person(parent).has_parent(other)) => {
                Kinship::Grandparent
            }
            () if q.parents().any(|parent| self.person(parent).has_parent(person)) => {
                Kinship::Grandchild
            }
            () if is_uncle(p, q) && !p.has_parent(other) => Kinship::UncleAunt,
            () if is_uncle(q, p) && !q.has_parent(person) => Kinship::NephewNiece,
            () if q.parents().any(|parent| is_uncle(p, self.person(parent))) => {
                Kinship::FirstCousin
            }
            () => return None,
        })
    }

    /// The blood relatives of `person`, the closest first; twins of the person are not among them.
    pub(super) fn relatives(&self, person: u32) -> Vec<(Kinship, u32)> {
        let clan = self.clans[self.person(person).clan as usize].clone();
        let mut relatives: Vec<(Kinship, u32)> =
            clan.filter_map(|other| Some((self.kinship(person, other)?, other))).collect();
        relatives.sort_unstable();
        relatives
    }
}

/// A pedigree while it grows up to a limit.
struct Growing {
    people: Vec<Person>,
    limit: u32,
    clan: u32,
}

impl Growing {
    fn len(&self) -> u32 {
        self.people.len() as u32
    }

    /// Adds a person; `None` when the limit is reached.
    fn add(&mut self, parents: Option<(u32, u32)>, female: bool, age_days: u32) -> Option<u32> {
        if self.len() == self.limit {
            return None;
        }
        self.people.push(Person {
            father: parents.map(|(father, _)| father),
            mother: parents.map(|(_, mother)| mother),
            twin_of: None,
            female,
            age_days,
            clan: self.clan,
        });
        Some(self.len() - 1)
    }

    /// Adds one clan; `None` when the limit cut it short.
    fn add_clan(&mut self, rng: &mut impl Rng) -> Option<()> {
        let age_days = years(rng, 70, 88);
        let father = self.add(None, false, age_days)?;
        let mother = self.add(None, true, age_days)?;
        let children = self.add_children(rng, (father, mother), &CHILDREN_OF_FIRST_COUPLE)?;
        for child in children {
            if !rng.random_bool(MARRIES) {
                continue;
            }
            self.add_household(rng, child)?;
            if rng.random_bool(MARRIES_AGAIN) {
                self.add_household(rng, child)?;
            }
        }
        Some(())
    }

    /// Adds a partner of `person` and their children.
    fn add_household(&mut self, rng: &mut impl Rng, person: u32) -> Option<()> {
        let Person { female, age_days, .. } = self.people[person as usize];
        let partner = self.add(None, !female, age_days)?;
        let parents = if female { (partner, person) } else { (person, partner) };
        self.add_children(rng, parents, &CHILDREN_OF_LATER_COUPLE).map(drop)
    }

    /// Adds children, each born when the parents were 18 to 34; parents under 18 have none.
    fn add_children(
        &mut self,
        rng: &mut impl Rng,
        parents: (u32, u32),
        numbers: &[u32; 6],
    ) -> Option<Range<u32>> {
        let start = self.len();
        let parent_age = self.people[parents.1 as usize].age_days;
        let count = numbers[rng.random_range(0..6u32) as usize];
        for _ in 0..count {
            let gap = years(rng, 18, 34);
            let female = rng.random_bool(0.5);
            if gap < parent_age {
                self.add(Some(parents), female, parent_age - gap)?;
            }
        }
        Some(start..self.len())
    }
}

/// A number of days between two numbers of years.
fn years(rng: &mut impl Rng, from: u32, to: u32) -> u32 {
    rng.random_range(from * DAYS_PER_YEAR..to * DAYS_PER_YEAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_stand_before_their_children_are_older_and_of_the_right_sex() {
        let pedigree = Pedigree::new(7, 3_000, 20).unwrap();
        assert_eq!(pedigree.people.len(), 3_000);
        for (number, person) in pedigree.people.iter().enumerate() {
            assert_eq!(person.father.is_some(), person.mother.is_some());
            for (parent, female) in [(person.father, false), (person.mother, true)] {
                let Some(parent) = parent else { continue };
                assert!((parent as usize) < number);
                assert_eq!(pedigree.person(parent).female, female);
                assert!(pedigree.person(parent).age_days > person.age_days + 17 * DAYS_PER_YEAR);
                assert_eq!(pedigree.person(parent).clan, person.clan);
            }
        }
        assert_eq!(pedigree.people.iter().filter(|p| p.twin_of.is_some()).count(), 20);
    }

    #[test]
    fn kinship_is_seen_from_both_sides() {
        let pedigree = Pedigree::new(3, 2_000, 0).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for person in 0..2_000 {
            for (kinship, other) in pedigree.relatives(person) {
                let back = pedigree.kinship(other, person).unwrap();
                let expected: &[Kinship] = match kinship {
                    Kinship::Father | Kinship::Mother => &[Kinship::Child],
                    Kinship::Child => &[Kinship::Father, Kinship::Mother],
                    Kinship::Grandparent => &[Kinship::Grandchild],
                    Kinship::Grandchild => &[Kinship::Grandparent],
                    Kinship::UncleAunt => &[Kinship::NephewNiece],
                    Kinship::NephewNiece => &[Kinship::UncleAunt],
                    Kinship::FullSibling => &[Kinship::FullSibling],
                    Kinship::HalfSibling => &[Kinship::HalfSibling],
                    Kinship::FirstCousin => &[Kinship::FirstCousin],
                    other => panic!("{other:?} is not made"),
                };
                assert!(expected.contains(&back), "{kinship:?} back {back:?}");
                seen.insert(kinship);
            }
        }
        assert_eq!(seen.len(), 10, "every relation occurs: {seen:?}");
    }

    #[test]
    fn too_many_twins_are_refused_with_the_number_there_could_be() {
        let error = Pedigree::new(1, 30, 30).unwrap_err();
        assert!(error.to_string().contains("30 are asked"), "{error}");
    }
}
