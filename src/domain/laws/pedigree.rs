//! Families that look for a missing person. That the ratio of unrelated bodies is one on average is shown beside
//! the likelihoods.

use super::*;
use crate::domain::mutation::rates::MutationTable;
use crate::domain::mutation::{Mutation, MutationModel};
use crate::domain::pedigree::locus_model::LocusModel;
use crate::domain::pedigree::missing::MissingPersonCase;
use crate::domain::pedigree::{Pedigree, Person, Sex, UntypedParent};

/// A family: a father 0 and a mother 1 have the missing 2 and a sister 3; 2 and somebody 4 have a child 5.
/// The father's parents 6 and 7 have an aunt 8.
const PARENTS: [Option<[usize; 2]>; 9] =
    [Some([6, 7]), None, Some([0, 1]), Some([0, 1]), None, Some([2, 4]), None, None, Some([6, 7])];
const MISSING: usize = 2;
const FEMALE: [usize; 5] = [1, 3, 4, 7, 8];

/// A family and what is typed of it.
#[derive(Debug, Clone)]
struct Family {
    persons: Vec<Person>,
    profiles: Vec<Option<Profile>>,
    missing: usize,
}

impl Family {
    fn new(profiles: Vec<Option<Profile>>) -> Family {
        let person = |(place, parents): (usize, &Option<[usize; 2]>)| Person {
            name: place.to_string(),
            sex: if FEMALE.contains(&place) { Sex::Female } else { Sex::Male },
            father: parents.map(|[father, _]| father),
            mother: parents.map(|[_, mother]| mother),
        };
        let persons = PARENTS.iter().enumerate().map(person).collect();
        Family { persons, profiles, missing: MISSING }
    }

    /// The persons in the order of `places`.
    fn reordered(&self, places: &[usize]) -> Family {
        let to = |place: usize| places.iter().position(|other| *other == place).unwrap();
        let person = |place: &usize| {
            let person = &self.persons[*place];
            let (father, mother) = (person.father.map(to), person.mother.map(to));
            Person { father, mother, ..person.clone() }
        };
        Family {
            persons: places.iter().map(person).collect(),
            profiles: places.iter().map(|place| self.profiles[*place].clone()).collect(),
            missing: to(self.missing),
        }
    }

    /// The same with one person more.
    fn with(mut self, father: Option<usize>, profile: Option<Profile>) -> Family {
        let name = self.persons.len().to_string();
        self.persons.push(Person { name, sex: Sex::Female, father, mother: None });
        self.profiles.push(profile);
        self
    }

    /// Ratio of a body by locus, where a relative is typed and so is the body; none where the family or its
    /// sum is refused.
    fn ratios(
        &self,
        body: &Profile,
        population: &Population,
        mutation: Mutation,
    ) -> Vec<Option<f64>> {
        let pedigree = Pedigree::new(self.persons.clone()).unwrap();
        let convention = UntypedParent::Pruned;
        let case =
            MissingPersonCase::new(pedigree, self.missing, self.profiles.clone(), convention);
        let case = case.unwrap();
        let table = MutationTable::uniform(mutation);
        let of_locus = |place| {
            let locus = locus(place);
            let body = body.get(locus)?;
            let typings = case.typings(locus).map(|(_, typing)| typing).chain([body]);
            let model = LocusModel::new(population, locus, typings, &table, 0.0).unwrap()?;
            case.ratio(&model, model.pair(body)?).ok()
        };
        (0..LOCI.len()).map(of_locus).collect()
    }
}

fn same(a: &[Option<f64>], b: &[Option<f64>], tolerance: f64) -> bool {
    let close = |a: f64, b: f64| (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1e-3);
    a.iter().zip(b).all(|(a, b)| match (a, b) {
        (Some(a), Some(b)) => close(*a, *b),
        (a, b) => a.is_none() && b.is_none(),
    })
}

/// A mother, a sister, a child and an aunt of alleles below `alleles`, of whom some are typed.
fn families(alleles: usize) -> impl Strategy<Value = [Option<Calls>; 4]> {
    prop::array::uniform4(prop::option::weighted(0.7, person(alleles)))
}

fn family(typed: &[Option<Calls>; 4], names: &Names) -> Family {
    let mut profiles = vec![None; PARENTS.len()];
    for (place, calls) in [1, 3, 5, 8].into_iter().zip(typed) {
        profiles[place] = calls.as_ref().map(|calls| profile(calls, names));
    }
    Family::new(profiles)
}

fn stationary(rate: f64) -> Mutation {
    Mutation::new(MutationModel::Proportional, rate, None, 0.0).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_persons_and_of_calls_changes_nothing(
        typed in families(5), body in person(5), theta in prop::sample::select(vec![0.0, 0.02]),
        order in Just((0..PARENTS.len()).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let table = table(&NAMES);
        let population = population(&table, theta);
        let (given, body_profile) = (family(&typed, &NAMES), profile(&body, &NAMES));
        let expected = given.ratios(&body_profile, &population, stationary(0.01));
        let found = given.reordered(&order).ratios(&turned(&body), &population, stationary(0.01));
        prop_assert!(same(&found, &expected, 1e-9), "{found:?} {expected:?}");
    }

    #[test]
    fn an_untyped_stranger_or_child_changes_nothing_and_without_theta_nor_does_a_typed_stranger(
        typed in families(5), body in person(5), stranger in person(5),
        theta in prop::sample::select(vec![0.0, 0.02]),
    ) {
        let table = table(&NAMES);
        let (given, body) = (family(&typed, &NAMES), profile(&body, &NAMES));
        let of = |family: &Family, theta| {
            family.ratios(&body, &population(&table, theta), stationary(0.01))
        };
        let expected = of(&given, theta);
        for father in [None, Some(MISSING), Some(0)] {
            let found = of(&given.clone().with(father, None), theta);
            prop_assert!(same(&found, &expected, 1e-9), "{father:?}: {found:?} {expected:?}");
        }
        let with = given.clone().with(None, Some(profile(&stranger, &NAMES)));
        let (found, expected) = (of(&with, 0.0), of(&given, 0.0));
        prop_assert!(same(&found, &expected, 1e-9), "{found:?} {expected:?}");
    }

    #[test]
    fn alleles_renamed_with_their_frequencies_and_a_locus_that_is_not_typed_change_nothing(
        typed in families(5), body in person(5), names in names(), place in 0..LOCI.len(),
    ) {
        let (given, renamed) = (table(&NAMES), table(&names));
        let expected = family(&typed, &NAMES)
            .ratios(&profile(&body, &NAMES), &population(&given, 0.0), stationary(0.01));
        let found = family(&typed, &names)
            .ratios(&profile(&body, &names), &population(&renamed, 0.0), stationary(0.01));
        prop_assert!(same(&found, &expected, 1e-9), "{found:?} {expected:?}");
        // A locus taken out of the body takes its own ratio with it, and no other changes.
        let part = profile(&only(&body, place, false), &NAMES);
        let found =
            family(&typed, &NAMES).ratios(&part, &population(&given, 0.0), stationary(0.01));
        let mut expected = expected;
        expected[place] = None;
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn merging_alleles_that_nobody_has_changes_nothing_without_mutation(
        typed in families(3), body in person(3), theta in prop::sample::select(vec![0.0, 0.03]),
    ) {
        let (given, merged) = (table(&NAMES), merged_table());
        let (family, body) = (family(&typed, &NAMES), profile(&body, &NAMES));
        let of = |table| family.ratios(&body, &population(table, theta), Mutation::NONE);
        let (found, expected) = (of(&merged), of(&given));
        prop_assert!(same(&found, &expected, 1e-9), "{found:?} {expected:?}");
    }

    #[test]
    fn rates_and_theta_that_go_to_zero_end_at_zero(typed in families(5), body in person(5)) {
        let table = table(&NAMES);
        let (family, body) = (family(&typed, &NAMES), profile(&body, &NAMES));
        let of = |theta, mutation| family.ratios(&body, &population(&table, theta), mutation);
        let (found, expected) = (of(1e-9, stationary(0.01)), of(0.0, stationary(0.01)));
        prop_assert!(same(&found, &expected, 1e-4), "{found:?} {expected:?}");
        // A family that only a mutation explains has a ratio with any rate, however small, and none without.
        let (near, none) = (of(0.0, stationary(1e-12)), of(0.0, Mutation::NONE));
        for (near, none) in near.iter().zip(&none).filter(|(_, none)| none.is_some()) {
            prop_assert!(same(&[*near], &[*none], 1e-4), "{near:?} {none:?}");
        }
    }
}
