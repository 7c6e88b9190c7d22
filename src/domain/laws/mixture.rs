//! Mixtures. That the order of contributors, merged unseen alleles and untyped persons change nothing, and that
//! ratios are one on average, is shown beside the model, at one locus; here are the laws over several.

use super::*;
use crate::domain::mixture::{Contributor, Evidence, LocusLikelihoods, MixtureCase};

/// A trace of named alleles.
fn seen() -> impl Strategy<Value = Calls> {
    let calls = prop::collection::vec(0..P.len(), 0..=4);
    prop::array::uniform4(prop::option::weighted(0.85, calls))
}

fn evidence(calls: &Calls, names: &Names, is_turned: bool) -> Evidence {
    let mut evidence = Evidence::new();
    let mut places: Vec<usize> = (0..LOCI.len()).collect();
    if is_turned {
        places.reverse();
    }
    for place in places {
        let Some(calls) = &calls[place] else { continue };
        let mut alleles: Vec<Allele> = calls.iter().map(|call| allele(*call, names)).collect();
        if is_turned {
            alleles.reverse();
        }
        evidence.add(locus(place), alleles).unwrap();
    }
    evidence
}

fn contributor(person: Option<usize>, drop_out: f64) -> Contributor {
    Contributor { person, drop_out }
}

/// The suspect, number `suspect` of `persons`, with an unknown person, against two unknown persons.
fn likelihoods(
    evidence: &Evidence,
    persons: &[Profile],
    suspect: usize,
    population: &Population,
) -> Vec<LocusLikelihoods> {
    let prosecution = [contributor(Some(suspect), 0.1), contributor(None, 0.2)];
    let defence = [contributor(None, 0.1), contributor(None, 0.2)];
    let case = MixtureCase::new(evidence, persons, &prosecution, &defence).unwrap();
    case.likelihoods(population, 0.05).unwrap()
}

fn same(a: &[LocusLikelihoods], b: &[LocusLikelihoods], tolerance: f64) -> bool {
    let close = |a: f64, b: f64| (a - b).abs() <= tolerance * a.max(b);
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            a.locus == b.locus && close(a.prosecution, b.prosecution) && close(a.defence, b.defence)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_loci_alleles_and_persons_changes_nothing(
        trace in seen(), suspect in person(5), other in person(5), theta in 0.0..0.05,
    ) {
        let table = table(&NAMES);
        let population = population(&table, theta);
        let (x, y) = (profile(&suspect, &NAMES), profile(&other, &NAMES));
        let expected =
            likelihoods(&evidence(&trace, &NAMES, false), &[x, y.clone()], 0, &population);
        let persons = [y, turned(&suspect)];
        let found = likelihoods(&evidence(&trace, &NAMES, true), &persons, 1, &population);
        prop_assert!(same(&found, &expected, 1e-9), "{found:?} {expected:?}");
    }

    #[test]
    fn alleles_renamed_with_their_frequencies_change_nothing(
        trace in seen(), suspect in person(5), names in names(), theta in 0.0..0.05,
    ) {
        let (given, renamed) = (table(&NAMES), table(&names));
        let of = |names: &Names, table| {
            let persons = [profile(&suspect, names)];
            likelihoods(&evidence(&trace, names, false), &persons, 0, &population(table, theta))
        };
        let (found, expected) = (of(&names, &renamed), of(&NAMES, &given));
        prop_assert!(same(&found, &expected, 1e-9), "{found:?} {expected:?}");
    }

    #[test]
    fn a_locus_taken_out_of_the_trace_takes_its_own_ratio_with_it(
        trace in seen(), suspect in person(5), place in 0..LOCI.len(),
    ) {
        let table = table(&NAMES);
        let population = population(&table, 0.01);
        let persons = [profile(&suspect, &NAMES)];
        let of = |trace| likelihoods(&evidence(trace, &NAMES, false), &persons, 0, &population);
        let mut expected = of(&trace);
        expected.retain(|l| l.locus != locus(place));
        prop_assert_eq!(of(&only(&trace, place, false)), expected);
        // And the suspect's typing there is no matter.
        let without = [profile(&only(&suspect, place, false), &NAMES)];
        let trace = evidence(&only(&trace, place, false), &NAMES, false);
        let found = likelihoods(&trace, &without, 0, &population);
        prop_assert_eq!(found, likelihoods(&trace, &persons, 0, &population));
    }

    #[test]
    fn without_theta_somebody_typed_who_left_nothing_changes_nothing(
        trace in seen(), suspect in person(5), other in person(5),
    ) {
        let table = table(&NAMES);
        let population = population(&table, 0.0);
        let trace = evidence(&trace, &NAMES, false);
        let (x, y) = (profile(&suspect, &NAMES), profile(&other, &NAMES));
        let expected = likelihoods(&trace, std::slice::from_ref(&x), 0, &population);
        let found = likelihoods(&trace, &[x, y], 0, &population);
        prop_assert!(same(&found, &expected, 1e-9), "{found:?} {expected:?}");
    }

    #[test]
    fn a_theta_that_goes_to_zero_ends_at_theta_zero_and_unseen_alleles_may_be_merged(
        trace in prop::array::uniform4(prop::option::of(prop::collection::vec(0..3usize, 0..=3))),
        suspect in person(3), theta in 0.0..0.05,
    ) {
        let (given, merged) = (table(&NAMES), merged_table());
        let (trace, persons) = (evidence(&trace, &NAMES, false), [profile(&suspect, &NAMES)]);
        let of = |table, theta| likelihoods(&trace, &persons, 0, &population(table, theta));
        prop_assert!(same(&of(&given, 1e-9), &of(&given, 0.0), 1e-6));
        prop_assert!(same(&of(&merged, theta), &of(&given, theta), 1e-9));
    }
}
