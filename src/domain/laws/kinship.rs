//! Relations between two persons, without and with mutation. That the ratio without mutation is the same whoever is
//! asked first, and one on average, is shown beside its formula.

use super::*;
use crate::domain::likelihood::{Population, log10_product};
use crate::domain::mutation::rates::MutationTable;
use crate::domain::mutation::{Mutation, MutationModel};
use crate::domain::pedigree::UntypedParent;
use crate::domain::pedigree::locus_model::LocusModel;
use crate::domain::pedigree::pair::PairPedigree;
use crate::domain::relation::Relation;

fn relations() -> impl Strategy<Value = Relation> {
    prop::sample::select(Relation::ALL.to_vec())
}

/// log10 of the ratio over all loci.
fn log10(population: &Population, a: &Profile, b: &Profile, relation: Relation) -> f64 {
    log10_product(population.locus_ratios(a, b, relation).into_iter().map(|(_, ratio)| ratio))
}

/// The ratio of the first locus with mutation; `None` where it is not typed in both.
fn mutating(
    population: &Population,
    [a, b]: [&Profile; 2],
    relation: Relation,
    mutation: Mutation,
) -> Option<f64> {
    let locus = locus(0);
    let typings = [a.get(locus)?, b.get(locus)?];
    let table = MutationTable::uniform(mutation);
    let model = LocusModel::new(population, locus, typings, &table, 0.0).unwrap()?;
    let pair = [model.pair(typings[0])?, model.pair(typings[1])?];
    let pedigree = PairPedigree::new(relation).unwrap();
    Some(pedigree.ratio(&model, pair, UntypedParent::Pruned).unwrap())
}

fn equal(rate: f64) -> Mutation {
    Mutation::new(MutationModel::Equal, rate, None, 0.0).unwrap()
}

fn same(a: Option<f64>, b: Option<f64>) -> bool {
    a.is_some() == b.is_some() && a.zip(b).is_none_or(|(a, b)| close(a, b))
}

proptest! {
    #[test]
    fn neither_order_nor_an_untyped_locus_nor_names_change_a_ratio(
        a in person(5), b in person(5), relation in relations(), names in names(),
        place in 0..LOCI.len(),
    ) {
        let (x, y) = (profile(&a, &NAMES), profile(&b, &NAMES));
        let (given_table, renamed_table) = (table(&NAMES), table(&names));
        let (given, renamed) = (population(&given_table, 0.01), population(&renamed_table, 0.01));
        let expected = log10(&given, &x, &y, relation);
        prop_assert!(close(log10(&given, &y, &x, relation), expected));
        prop_assert_eq!(log10(&given, &turned(&a), &turned(&b), relation), expected);
        let found = log10(&renamed, &profile(&a, &names), &profile(&b, &names), relation);
        prop_assert!(close(found, expected), "{found} {expected}");
        let without = profile(&only(&b, place, false), &NAMES);
        let untyped = profile(&only(&a, place, false), &NAMES);
        let expected = log10(&given, &untyped, &y, relation);
        prop_assert_eq!(log10(&given, &x, &without, relation), expected);
    }

    #[test]
    fn a_locus_taken_out_divides_the_ratio_by_its_own(
        a in person(5), b in person(5), relation in relations(), place in 0..LOCI.len(),
    ) {
        let table = table(&NAMES);
        let (population, y) = (population(&table, 0.01), profile(&b, &NAMES));
        let of = |calls: &Calls| log10(&population, &profile(calls, &NAMES), &y, relation);
        prop_assert!(close(of(&a), of(&only(&a, place, false)) + of(&only(&a, place, true))));
    }

    #[test]
    fn merging_unseen_alleles_changes_nothing_and_a_small_theta_little(
        a in person(3), b in person(3), relation in relations(), theta in 0.0..0.05,
    ) {
        let (x, y) = (profile(&a, &NAMES), profile(&b, &NAMES));
        let (given, merged) = (table(&NAMES), merged_table());
        let expected = log10(&population(&given, theta), &x, &y, relation);
        prop_assert!(close(log10(&population(&merged, theta), &x, &y, relation), expected));
        let of = |table, theta| mutating(&population(table, theta), [&x, &y], relation, Mutation::NONE);
        prop_assert!(same(of(&merged, theta), of(&given, theta)));
        let [at, near] = [0.0, 1e-9].map(|theta| {
            let ratios = population(&given, theta).locus_ratios(&x, &y, relation);
            ratios.into_iter().map(|(_, ratio)| ratio).product::<f64>()
        });
        prop_assert!((near - at).abs() <= 1e-6 * at.max(1.0), "{near} {at}");
        let [at, near] = [0.0, 1e-9].map(|theta| of(&given, theta).unwrap_or(1.0));
        prop_assert!((near - at).abs() <= 1e-6 * at.max(1.0), "{near} {at}");
    }

    #[test]
    fn with_mutation_too_names_and_the_order_of_alike_relatives_change_nothing(
        a in person(5), b in person(5), relation in relations(), names in names(), rate in 0.0..0.2,
    ) {
        let (given, renamed) = (table(&NAMES), table(&names));
        let (x, y) = (profile(&a, &NAMES), profile(&b, &NAMES));
        let of = |pair| mutating(&population(&given, 0.0), pair, relation, equal(rate));
        let expected = of([&x, &y]);
        let found = mutating(
            &population(&renamed, 0.0),
            [&profile(&a, &names), &profile(&b, &names)],
            relation,
            equal(rate),
        );
        prop_assert!(same(found, expected), "{found:?} {expected:?}");
        let are_alike = !matches!(
            relation,
            Relation::ParentChild | Relation::Grandparent | Relation::Avuncular
        );
        if are_alike {
            prop_assert!(same(of([&y, &x]), expected), "{expected:?}");
        }
    }

    #[test]
    fn a_mutation_rate_that_goes_to_zero_ends_without_mutation(
        a in person(5), b in person(5), relation in relations(),
        kind in prop::sample::select(MutationModel::ALL[1..].to_vec()),
    ) {
        let table = table(&NAMES);
        let population = population(&table, 0.0);
        let pair = [&profile(&a, &NAMES), &profile(&b, &NAMES)];
        let rate = |rate| {
            let range = kind.has_range().then_some(0.1);
            let second = if kind.has_second_rate() { rate / 10.0 } else { 0.0 };
            Mutation::new(kind, rate, range, second).unwrap()
        };
        let near = mutating(&population, pair, relation, rate(1e-9)).unwrap_or(1.0);
        let none = mutating(&population, pair, relation, Mutation::NONE).unwrap_or(1.0);
        prop_assert!((near - none).abs() <= 1e-5 * none.max(1.0), "{near} {none}");
        let closed = population.locus_ratios(pair[0], pair[1], relation);
        let closed = closed.iter().find(|(l, _)| *l == locus(0)).map_or(1.0, |(_, ratio)| *ratio);
        prop_assert!(close(none, closed), "{none} {closed}");
    }
}

#[test]
fn ratios_over_all_pairs_weighted_by_their_probability_sum_to_one_with_mutation() {
    let table = table(&NAMES);
    let population = population(&table, 0.0);
    let genotypes: Vec<[usize; 2]> =
        (0..P.len()).flat_map(|x| (0..=x).map(move |y| [x, y])).collect();
    let of = |[x, y]: [usize; 2]| {
        let weight = if x == y { 1.0 } else { 2.0 } * frequency(0, x) * frequency(0, y);
        (weight, profile(&[Some(vec![x, y]), None, None, None], &NAMES))
    };
    for relation in Relation::ALL {
        let mut sum = 0.0;
        for a in &genotypes {
            for b in &genotypes {
                let ((wa, a), (wb, b)) = (of(*a), of(*b));
                sum += wa * wb * mutating(&population, [&a, &b], relation, equal(0.05)).unwrap();
            }
        }
        assert!((sum - 1.0).abs() < 1e-9, "{relation}: {sum}");
    }
}
