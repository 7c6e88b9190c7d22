//! Both ways to a likelihood against each other and against closed forms; limits and refusals.

use proptest::prelude::*;

use super::gene_flow::GeneFlow;
use super::locus_model::{AllelePair, LocusModel, pair_number};
use super::missing::MissingPersonCase;
use super::pair::PairPedigree;
use super::peel::Peeling;
use super::shape::Shape;
use super::{Pedigree, PedigreeError, Person, Sex, UntypedParent};
use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing};
use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
use crate::domain::likelihood::{Population, locus_ratio};
use crate::domain::locus::Locus;
use crate::domain::mutation::rates::MutationTable;
use crate::domain::mutation::{Mutation, MutationModel};
use crate::domain::relation::Relation;

const TEXT: &str =
    "locus,allele,frequency\nTH01,6,0.25\nTH01,7,0.15\nTH01,8,0.2\nTH01,9,0.1\nTH01,9.3,0.3\n";

fn locus() -> Locus {
    Locus::parse("TH01").unwrap()
}

fn mutation(model: MutationModel) -> Mutation {
    let rate = if model == MutationModel::None { 0.0 } else { 0.02 };
    let range = model.has_range().then_some(0.2);
    Mutation::new(model, rate, range, if model.has_second_rate() { 0.003 } else { 0.0 }).unwrap()
}

fn model(kind: MutationModel, theta: f64, silent: f64) -> LocusModel {
    let frequencies = FrequencyTable::from_csv("t", TEXT).unwrap();
    let minimum = MinimumFrequency::UnseenOnly;
    let population = Population { frequencies: &frequencies, theta, minimum };
    let table = MutationTable::uniform(mutation(kind));
    LocusModel::new(&population, locus(), [], &table, silent).unwrap().unwrap()
}

fn person(name: &str, sex: Sex, father: Option<usize>, mother: Option<usize>) -> Person {
    Person { name: name.to_owned(), sex, father, mother }
}

/// Grandparents 0 and 1 have 2 and 3; 2 and 4 have the missing 5 and 6; 5 has 7 with somebody.
fn family() -> Pedigree {
    Pedigree::new(vec![
        person("grandfather", Sex::Male, None, None),
        person("grandmother", Sex::Female, None, None),
        person("father", Sex::Male, Some(0), Some(1)),
        person("aunt", Sex::Female, Some(0), Some(1)),
        person("mother", Sex::Female, None, None),
        person("missing", Sex::Male, Some(2), Some(4)),
        person("sister", Sex::Female, Some(2), Some(4)),
        person("child", Sex::Female, Some(5), None),
    ])
    .unwrap()
}

const TYPED: [Option<AllelePair>; 8] =
    [None, None, None, Some([0, 1]), None, None, Some([1, 3]), Some([2, 4])];

fn case(untyped_parent: UntypedParent) -> MissingPersonCase {
    let tenths = [60, 70, 80, 90, 93];
    let typing = |pair: AllelePair| {
        Typing::new(&pair.map(|number| Allele::repeat(tenths[number]).unwrap())).unwrap()
    };
    let profile = |pair| Profile::from_iter([(locus(), typing(pair))]);
    let profiles = TYPED.iter().map(|pair| pair.map(profile)).collect();
    MissingPersonCase::new(family(), 5, profiles, untyped_parent).unwrap()
}

#[test]
fn a_pedigree_lists_parents_before_children_whatever_the_order_given() {
    let persons = vec![
        person("child", Sex::Male, Some(1), Some(2)),
        person("father", Sex::Male, Some(3), None),
        person("mother", Sex::Female, None, None),
        person("grandfather", Sex::Male, None, None),
    ];
    assert_eq!(Pedigree::new(persons).unwrap().order(), [2, 3, 1, 0]);
}

#[test]
fn what_is_no_pedigree_is_refused_by_name() {
    let man = |name: &str, father| person(name, Sex::Male, father, None);
    assert_eq!(Pedigree::new(vec![]), Err(PedigreeError::Size(0)));
    for (persons, error) in [
        (vec![man("a", None), man("a", None)], PedigreeError::Repeated("a".into())),
        (vec![man("a", Some(7))], PedigreeError::UnknownParent("a".into())),
        (vec![man("a", Some(1)), man("b", Some(0))], PedigreeError::Cycle("a".into())),
        (vec![man("a", Some(0))], PedigreeError::Cycle("a".into())),
        (
            vec![man("a", None), person("b", Sex::Male, None, Some(0))],
            PedigreeError::ParentSex("b".into()),
        ),
    ] {
        assert_eq!(Pedigree::new(persons), Err(error));
    }
}

#[test]
fn peeling_and_the_flow_of_genes_give_one_likelihood() {
    for kind in MutationModel::ALL {
        for (silent, convention) in [
            (0.0, UntypedParent::Pruned),
            (0.0, UntypedParent::Explicit),
            (0.03, UntypedParent::Pruned),
            (0.03, UntypedParent::Explicit),
        ] {
            let model = model(kind, 0.0, silent);
            let is_typed = TYPED.map(|typed| typed.is_some());
            let shape = Shape::new(&family(), &is_typed, convention);
            let peeled = Peeling::new(&shape, &model, &TYPED).unwrap().likelihood();
            let summed = GeneFlow::new(&shape, &model, &TYPED).likelihood().unwrap();
            assert!(peeled > 0.0, "{kind:?}");
            assert!((peeled / summed - 1.0).abs() < 1e-13, "{kind:?} {silent} {peeled} {summed}");
        }
    }
}

#[test]
fn the_expected_ratio_of_unrelated_bodies_is_one() {
    for kind in MutationModel::ALL {
        for silent in [0.0, 0.03] {
            let model = model(kind, 0.0, silent);
            let ratios = case(UntypedParent::Explicit).genotype_ratios(&model).unwrap();
            let p = model.frequencies();
            let mut expected = 0.0;
            for pair @ [a, b] in model.typed_pairs() {
                let hidden = if silent > 0.0 { 2.0 * p[a] * silent } else { 0.0 };
                let chance = if a == b { p[a] * p[a] + hidden } else { 2.0 * p[a] * p[b] };
                expected += chance * ratios.ratios[pair_number(pair)];
            }
            // Two silent alleles are typed as nothing, which is no body of the table.
            let missed = if silent > 0.0 { 0.03 } else { 1e-13 };
            assert!((expected - 1.0).abs() < missed, "{kind:?} {silent}: {expected}");
        }
    }
}

#[test]
fn both_conventions_agree_where_mutation_keeps_the_frequencies() {
    for kind in MutationModel::ALL {
        let keeps = !matches!(
            kind,
            MutationModel::Equal | MutationModel::Stepwise | MutationModel::ExtendedStepwise
        );
        let worst = |theta: f64| {
            let model = model(kind, theta, 0.0);
            let [pruned, explicit] = [UntypedParent::Pruned, UntypedParent::Explicit]
                .map(|convention| case(convention).genotype_ratios(&model).unwrap().ratios);
            let pairs = pruned.iter().zip(&explicit).filter(|(_, b)| **b > 0.0);
            pairs.map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max)
        };
        assert_eq!(worst(0.0) < 1e-13, keeps, "{kind:?}");
        // With theta a mutated founder allele is less like the others, whatever the model.
        assert_eq!(worst(0.05) < 1e-13, kind == MutationModel::None, "{kind:?}");
    }
}

#[test]
fn the_table_and_the_single_ratio_are_the_same_with_theta() {
    let model = model(MutationModel::ExtendedStepwise, 0.03, 0.0);
    let case = case(UntypedParent::Pruned);
    let table = case.genotype_ratios(&model).unwrap();
    for pair in model.typed_pairs() {
        let alleles = pair.map(|number| model.alleles()[number]);
        let looked_up = table.get(&Typing::new(&alleles).unwrap()).unwrap();
        assert_eq!(looked_up, case.ratio(&model, pair).unwrap());
    }
    assert_eq!(table.get(&Typing::new(&[Allele::repeat(120).unwrap()]).unwrap()), None);
    assert_eq!(table.get(&Typing::new(&[Allele::WILDCARD]).unwrap()), None);
}

/// Parents 0 and 1 have the missing 2 and three typed siblings, 3 to 5; 5 has 7 with 6.
fn siblings(is_father_typed: bool) -> (Pedigree, Vec<Option<AllelePair>>) {
    let child = |name| person(name, Sex::Male, Some(0), Some(1));
    let pedigree = Pedigree::new(vec![
        person("father", Sex::Male, None, None),
        person("mother", Sex::Female, None, None),
        child("missing"),
        child("first"),
        child("second"),
        child("third"),
        person("wife", Sex::Female, None, None),
        person("nephew", Sex::Male, Some(5), Some(6)),
    ])
    .unwrap();
    let father = is_father_typed.then_some([0, 2]);
    let typed = [[0, 1], [1, 3], [2, 2], [0, 4], [2, 4]].map(Some);
    (pedigree, [&[father, None, None][..], &typed].concat())
}

#[test]
fn siblings_of_an_untyped_couple_are_peeled_with_theta_as_they_are_summed() {
    for kind in MutationModel::ALL {
        for theta in [0.01, 0.2] {
            let model = model(kind, theta, 0.0);
            let (pedigree, mut typed) = siblings(false);
            // With the missing person untyped, and as three bodies.
            for body in [None, Some([0, 0]), Some([1, 4]), Some([2, 3])] {
                typed[2] = body;
                let is_typed: Vec<bool> = typed.iter().map(Option::is_some).collect();
                let shape = Shape::new(&pedigree, &is_typed, UntypedParent::Pruned);
                let peeled = Peeling::new(&shape, &model, &typed).unwrap().likelihood();
                let summed = GeneFlow::new(&shape, &model, &typed).likelihood().unwrap();
                assert!((peeled - summed).abs() <= 1e-13 * summed, "{kind:?} {theta} {body:?}");
            }
            let (pedigree, typed) = siblings(true);
            let is_typed: Vec<bool> = typed.iter().map(Option::is_some).collect();
            let shape = Shape::new(&pedigree, &is_typed, UntypedParent::Pruned);
            let peeling = Peeling::new(&shape, &model, &typed);
            assert!(peeling.is_none(), "a mother alone is no couple");
        }
    }
}

#[test]
fn unrelated_bodies_are_drawn_from_the_same_urn() {
    for is_typed in [true, false] {
        let model = model(MutationModel::StationaryEqual, 0.05, 0.0);
        let (pedigree, mut typed) = siblings(false);
        if is_typed {
            // Both parents typed: nothing is left to enumerate.
            (typed[0], typed[1]) = (Some([0, 2]), Some([1, 3]));
        }
        let known: Vec<bool> = typed.iter().map(Option::is_some).collect();
        let shape = Shape::new(&pedigree, &known, UntypedParent::Pruned);
        let bodies: Vec<AllelePair> = model.typed_pairs().collect();
        let peeled = Peeling::new(&shape, &model, &typed).unwrap().with_unrelated(&bodies);
        let with_one = shape.clone().with_unrelated(8);
        for (body, peeled) in bodies.into_iter().zip(peeled) {
            let typed = [&typed[..], &[Some(body)]].concat();
            let summed = GeneFlow::new(&with_one, &model, &typed).likelihood().unwrap();
            assert!((peeled - summed).abs() <= 1e-13 * summed, "{body:?}: {peeled} {summed}");
        }
    }
    // Nobody typed: the body alone.
    let model = model(MutationModel::None, 0.05, 0.0);
    let empty = Shape { members: Vec::new() };
    let alone = Peeling::new(&empty, &model, &[]).unwrap().with_unrelated(&[[0, 0], [0, 1]]);
    assert!((alone[0] - 0.25 * (0.05 + 0.95 * 0.25)).abs() < 1e-16);
    assert!((alone[1] - 2.0 * 0.25 * 0.95 * 0.15).abs() < 1e-16);
}

#[test]
fn impossible_families_and_too_many_ways_are_errors() {
    let parent = person("father", Sex::Male, None, None);
    let mut persons = vec![parent, person("missing", Sex::Male, Some(0), None)];
    for number in 0..11 {
        persons.push(person(&format!("half sibling {number}"), Sex::Male, Some(0), None));
    }
    let typing = |tenths: u16| Typing::new(&[Allele::repeat(tenths).unwrap()]).unwrap();
    let case = |count: usize, tenths: [u16; 3], convention| {
        let profile = |place: usize| {
            let typing = typing(tenths[place % 3]);
            (place >= 2).then(|| Profile::from_iter([(locus(), typing)]))
        };
        let pedigree = Pedigree::new(persons[..count].to_vec()).unwrap();
        let profiles = (0..count).map(profile).collect();
        MissingPersonCase::new(pedigree, 1, profiles, convention).unwrap()
    };
    // Three homozygotes of different alleles have no common father.
    let three = case(5, [60, 70, 80], UntypedParent::Pruned);
    let without_mutation = model(MutationModel::None, 0.0, 0.0);
    assert_eq!(three.ratio(&without_mutation, [0, 0]), Err(PedigreeError::Impossible(locus())));
    assert!(three.ratio(&model(MutationModel::Equal, 0.0, 0.0), [0, 0]).unwrap() > 0.0);
    let eleven = case(13, [60, 60, 60], UntypedParent::Explicit);
    let with_theta = model(MutationModel::Equal, 0.01, 0.0);
    let error = eleven.ratio(&with_theta, [0, 0]).unwrap_err();
    let (count, limit) = (13, crate::limits::MAX_UNTYPED_FOUNDER_ALLELES);
    assert!(
        matches!(error, PedigreeError::TooManyFounderAlleles { limit: l, count: c, .. }
            if l == limit && c > limit && c <= count),
        "{error}"
    );
    let error = eleven.genotype_ratios(&with_theta).unwrap_err().to_string();
    assert!(error.contains("founder alleles"), "{error}");
}

#[test]
fn a_pair_of_unknown_sexes_needs_one_rate() {
    let frequencies = FrequencyTable::from_csv("t", TEXT).unwrap();
    let minimum = MinimumFrequency::UnseenOnly;
    let population = Population { frequencies: &frequencies, theta: 0.0, minimum };
    let mut table = MutationTable::default();
    let missing = LocusModel::new(&population, locus(), [], &table, 0.0);
    assert_eq!(missing, Err(PedigreeError::NoMutationModel(locus())));
    table.insert(None, Sex::Male, mutation(MutationModel::Equal));
    table.insert(None, Sex::Female, Mutation::NONE);
    let model = LocusModel::new(&population, locus(), [], &table, 0.0).unwrap().unwrap();
    let pair = PairPedigree::new(Relation::ParentChild).unwrap();
    let error = pair.ratio(&model, [[0, 0], [0, 1]], UntypedParent::Pruned).unwrap_err();
    assert_eq!(error, PedigreeError::UnknownSex(locus()));
    for silent in [-0.1, 0.2, f64::NAN] {
        let model = LocusModel::new(&population, locus(), [], &table, silent);
        assert_eq!(model, Err(PedigreeError::Population));
    }
}

proptest! {
    #[test]
    fn without_mutation_every_relation_has_its_closed_form(
        a in (0usize..5, 0usize..5), b in (0usize..5, 0usize..5), relation in 0usize..8,
        theta in prop::sample::select(vec![0.0, 0.01, 0.03, 0.2]), is_explicit in any::<bool>(),
    ) {
        let model = model(MutationModel::None, theta, 0.0);
        let frequencies = FrequencyTable::from_csv("t", TEXT).unwrap();
        let minimum = MinimumFrequency::UnseenOnly;
        let population = Population { frequencies: &frequencies, theta, minimum };
        let sorted = |(x, y): (usize, usize)| [x.min(y), x.max(y)];
        let [a, b] = [a, b].map(sorted);
        let weigh = |pair: AllelePair| {
            pair.map(|number| population.weigh(locus(), model.alleles()[number]).unwrap())
        };
        let relation = Relation::ALL[relation];
        let closed = locus_ratio(&weigh(a), &weigh(b), relation, theta);
        let convention =
            if is_explicit { UntypedParent::Explicit } else { UntypedParent::Pruned };
        let got = PairPedigree::new(relation).unwrap().ratio(&model, [a, b], convention).unwrap();
        prop_assert!((got - closed).abs() <= 1e-12 * closed, "{} {}", got, closed);
    }
}
