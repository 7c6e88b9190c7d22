//! The qualitative model against an enumeration of every draw and every loss, and its laws.

use proptest::prelude::*;

use super::*;
use crate::domain::dna::Typing;
use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
use crate::domain::likelihood::locus_ratio;
use crate::domain::relation::Relation;

/// Frequencies of the alleles 6, 7, 8, 9.3 of the tests.
const P: [f64; 4] = [0.1, 0.2, 0.3, 0.4];

fn allele(place: usize) -> Allele {
    Allele::repeat([60, 70, 80, 93][place]).unwrap()
}

fn th01() -> Locus {
    Locus::parse("TH01").unwrap()
}

fn table(frequencies: &[(Allele, f64)]) -> FrequencyTable {
    let mut text = String::from("locus,allele,frequency,count,n_alleles\n");
    for (allele, frequency) in frequencies {
        text += &format!("TH01,{allele},{frequency},,1000\n");
    }
    FrequencyTable::from_csv("test", &text).unwrap()
}

fn full_table() -> FrequencyTable {
    table(&(0..4).map(|place| (allele(place), P[place])).collect::<Vec<_>>())
}

fn person(genotype: [usize; 2]) -> Profile {
    [(th01(), Typing::new(&genotype.map(allele)).unwrap())].into_iter().collect()
}

fn evidence(replicates: &[Vec<usize>]) -> Evidence {
    let mut evidence = Evidence::new();
    for seen in replicates {
        evidence.add(th01(), seen.iter().map(|place| allele(*place))).unwrap();
    }
    evidence
}

fn known(person: usize, drop_out: f64) -> Contributor {
    Contributor { person: Some(person), drop_out }
}

fn unknown(drop_out: f64) -> Contributor {
    Contributor { person: None, drop_out }
}

/// Both likelihoods of a case at its only locus.
fn likelihoods(
    evidence: &Evidence,
    persons: &[Profile],
    prosecution: &[Contributor],
    defence: &[Contributor],
    (theta, drop_in): (f64, f64),
) -> LocusLikelihoods {
    let table = full_table();
    let minimum = MinimumFrequency::UnseenOnly;
    let population = Population { frequencies: &table, theta, minimum };
    let case = MixtureCase::new(evidence, persons, prosecution, defence).unwrap();
    case.likelihoods(&population, drop_in).unwrap()[0]
}

/// One hypothesis of the oracle: typed genotypes, places of known contributors, drop-out of all.
struct Oracle<'a> {
    replicates: &'a [Vec<usize>],
    typed: &'a [[usize; 2]],
    contributors: &'a [Contributor],
    theta: f64,
    drop_in: f64,
}

impl Oracle<'_> {
    /// Draws every allele of every unknown contributor one after the other, in all ways.
    fn likelihood(&self) -> f64 {
        let pool: Vec<usize> = self.typed.iter().flatten().copied().collect();
        let mut copies = Vec::new();
        let mut open = Vec::new();
        for contributor in self.contributors {
            match contributor.person {
                Some(person) => {
                    copies.extend(self.typed[person].map(|a| (a, contributor.drop_out)));
                }
                None => open.extend([contributor.drop_out; 2]),
            }
        }
        self.draw(&pool, &copies, &open)
    }

    fn draw(&self, pool: &[usize], copies: &[(usize, f64)], open: &[f64]) -> f64 {
        let Some((drop_out, rest)) = open.split_first() else {
            return self.replicates.iter().map(|seen| self.losses(seen, copies)).product();
        };
        let mut sum = 0.0;
        for (next, frequency) in P.iter().enumerate() {
            let same = pool.iter().filter(|a| **a == next).count() as f64;
            let n = pool.len() as f64;
            let chance = if pool.is_empty() {
                *frequency
            } else {
                (same * self.theta + (1.0 - self.theta) * frequency)
                    / (1.0 + (n - 1.0) * self.theta)
            };
            let pool = [pool, &[next]].concat();
            let copies = [copies, &[(next, *drop_out)]].concat();
            sum += chance * self.draw(&pool, &copies, rest);
        }
        sum
    }

    /// Adds up the ways in which copies can be lost that leave exactly what is seen.
    fn losses(&self, seen: &[usize], copies: &[(usize, f64)]) -> f64 {
        let seen: BTreeSet<usize> = seen.iter().copied().collect();
        let carried: BTreeSet<usize> = copies.iter().map(|(a, _)| *a).collect();
        let wanted: BTreeSet<usize> = seen.intersection(&carried).copied().collect();
        let mut sum = 0.0;
        for lost in 0..1_u32 << copies.len() {
            let is_lost = |place: usize| lost >> place & 1 == 1;
            let left = copies.iter().enumerate().filter(|(place, _)| !is_lost(*place));
            if left.map(|(_, (a, _))| *a).collect::<BTreeSet<_>>() == wanted {
                let each = copies.iter().enumerate();
                let chances = each.map(|(i, (_, d))| if is_lost(i) { *d } else { 1.0 - d });
                sum += chances.product::<f64>();
            }
        }
        let dropped_in: Vec<f64> =
            seen.difference(&carried).map(|a| self.drop_in * P[*a]).collect();
        sum * if dropped_in.is_empty() { 1.0 - self.drop_in } else { dropped_in.iter().product() }
    }
}

fn close(got: f64, expected: f64) -> bool {
    (got - expected).abs() <= 1e-12 * expected.abs()
}

fn genotypes() -> impl Strategy<Value = [usize; 2]> {
    prop::array::uniform2(0usize..4)
}

/// Sets of alleles seen, the empty one included.
fn sets() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::btree_set(0usize..4, 0..=4).prop_map(|set| set.into_iter().collect())
}

/// Every set of alleles that can be seen.
fn all_sets() -> impl Iterator<Item = Vec<usize>> {
    (0..16_usize).map(|bits| (0..4).filter(|place| bits >> place & 1 == 1).collect())
}

proptest! {
    #[test]
    fn the_likelihood_is_the_sum_over_every_draw_and_every_loss(
        replicates in prop::collection::vec(sets(), 1..3), typed in prop::array::uniform2(genotypes()),
        theta in 0.0f64..0.2, drop_in in 0.0f64..0.3, d in prop::array::uniform3(0.0f64..=1.0),
        number_unknown in 0usize..3,
    ) {
        let contributors =
            [vec![known(0, d[0])], vec![unknown(d[1]), unknown(d[2])][..number_unknown].to_vec()]
                .concat();
        let persons = typed.map(person);
        let seen = evidence(&replicates);
        let got =
            likelihoods(&seen, &persons, &contributors, &[known(1, d[1])], (theta, drop_in));
        let oracle = |contributors: &[Contributor]| {
            let replicates = &replicates;
            Oracle { replicates, typed: &typed, contributors, theta, drop_in }.likelihood()
        };
        prop_assert!(close(got.prosecution, oracle(&contributors)), "{:?}", got);
        prop_assert!(close(got.defence, oracle(&[known(1, d[1])])), "{:?}", got);
    }

    #[test]
    fn the_order_of_contributors_and_of_replicates_changes_nothing(
        replicates in prop::collection::vec(sets(), 2), genotype in genotypes(),
        theta in 0.0f64..0.2, d in prop::array::uniform3(0.0f64..=1.0),
    ) {
        let persons = [person(genotype)];
        let contributors = [known(0, d[0]), unknown(d[1]), unknown(d[2])];
        let turned = [unknown(d[2]), known(0, d[0]), unknown(d[1])];
        let model = (theta, 0.05);
        let seen = evidence(&replicates);
        let got = likelihoods(&seen, &persons, &contributors, &turned, model);
        prop_assert!(close(got.prosecution, got.defence), "{:?}", got);
        let other = evidence(&[replicates[1].clone(), replicates[0].clone()]);
        let other = likelihoods(&other, &persons, &contributors, &turned, model);
        prop_assert!(close(got.prosecution, other.prosecution), "{:?} {:?}", got, other);
    }

    #[test]
    fn without_drop_in_the_probabilities_of_all_evidence_add_up_to_one(
        genotype in genotypes(), theta in 0.0f64..0.2, d in prop::array::uniform2(0.0f64..=1.0),
    ) {
        let persons = [person(genotype)];
        let contributors = [known(0, d[0]), unknown(d[1])];
        let sum: f64 = all_sets()
            .map(|set| {
                let seen = evidence(&[set]);
                likelihoods(&seen, &persons, &contributors, &contributors, (theta, 0.0)).defence
            })
            .sum();
        prop_assert!((sum - 1.0).abs() < 1e-12, "{}", sum);
    }

    #[test]
    fn under_the_defence_the_expected_ratio_is_one(
        typed in prop::array::uniform2(genotypes()), theta in 0.0f64..0.2,
        d in prop::array::uniform2(0.01f64..0.99),
    ) {
        let persons = typed.map(person);
        let prosecution = [known(0, d[0]), known(1, d[1])];
        let defence = [unknown(d[0]), known(1, d[1])];
        let expected: f64 = all_sets()
            .map(|set| {
                let seen = evidence(&[set]);
                let got = likelihoods(&seen, &persons, &prosecution, &defence, (theta, 0.0));
                got.ratio().map_or(0.0, |ratio| ratio * got.defence)
            })
            .sum();
        prop_assert!((expected - 1.0).abs() < 1e-12, "{}", expected);
    }

    #[test]
    fn unseen_alleles_count_alike_as_one_class_or_many(
        typed in genotypes(), theta in 0.0f64..0.2, d in 0.0f64..=1.0, share in 0.1f64..0.9,
    ) {
        let seen = evidence(&[vec![0, 1]]);
        let persons = [person(typed)];
        let case = |table: &FrequencyTable| {
            let minimum = MinimumFrequency::UnseenOnly;
            let population = Population { frequencies: table, theta, minimum };
            let (prosecution, defence) = ([known(0, d), unknown(d)], [unknown(d), unknown(d)]);
            let case = MixtureCase::new(&seen, &persons, &prosecution, &defence).unwrap();
            case.likelihoods(&population, 0.05).unwrap()
        };
        let split = [(allele(0), 0.1), (allele(1), 0.2), (allele(2), 0.7 * share), (allele(3), 0.7 * (1.0 - share))];
        let got = case(&table(&split));
        let one = case(&full_table());
        prop_assert!(close(got[0].prosecution, one[0].prosecution), "{:?} {:?}", got, one);
        prop_assert!(close(got[0].defence, one[0].defence), "{:?} {:?}", got, one);
    }

    #[test]
    fn without_drop_out_and_drop_in_one_contributor_gives_the_ratio_of_identity_or_zero(
        typed in genotypes(), seen in genotypes(), theta in 0.0f64..0.2,
    ) {
        let got = likelihoods(
            &evidence(&[seen.to_vec()]), &[person(typed)], &[known(0, 0.0)], &[unknown(0.0)],
            (theta, 0.0),
        );
        let sorted = |mut genotype: [usize; 2]| { genotype.sort_unstable(); genotype };
        if sorted(typed) == sorted(seen) {
            let weighted = typed.map(|a| WeightedAllele { code: allele(a).code(), frequency: P[a] });
            let ratio = locus_ratio(&weighted, &weighted, Relation::Identity, theta);
            prop_assert!(close(got.ratio().unwrap(), ratio), "{:?} {}", got, ratio);
        } else {
            prop_assert_eq!(got.ratio(), Some(0.0));
        }
    }

    #[test]
    fn without_drop_out_and_drop_in_a_known_pair_is_included_or_excluded_exactly(
        set in sets(), typed in prop::array::uniform2(genotypes()),
    ) {
        let both = [known(0, 0.0), known(1, 0.0)];
        let got = likelihoods(
            &evidence(std::slice::from_ref(&set)), &typed.map(person), &both, &both, (0.0, 0.0),
        );
        let carried: BTreeSet<usize> = typed.iter().flatten().copied().collect();
        let included = carried == set.into_iter().collect();
        prop_assert_eq!(got.prosecution, f64::from(u8::from(included)));
        prop_assert_eq!(got.ratio(), included.then_some(1.0));
    }

    #[test]
    fn a_person_not_typed_at_the_locus_gives_a_ratio_of_exactly_one(
        set in sets(), genotype in genotypes(), theta in 0.0f64..0.2, d in 0.0f64..=1.0,
    ) {
        let persons = [Profile::new(), person(genotype)];
        let prosecution = [known(0, d), known(1, 0.1)];
        let defence = [unknown(d), known(1, 0.1)];
        let got = likelihoods(&evidence(&[set]), &persons, &prosecution, &defence, (theta, 0.05));
        prop_assert!(got.ratio().is_none_or(|ratio| ratio == 1.0), "{:?}", got);
    }
}

#[test]
fn a_locus_that_is_not_typed_in_the_trace_is_not_in_the_result() {
    let table = full_table();
    let minimum = MinimumFrequency::UnseenOnly;
    let population = Population { frequencies: &table, theta: 0.0, minimum };
    let (persons, none) = ([person([0, 1])], Evidence::new());
    let (known, unknown) = ([known(0, 0.1)], [unknown(0.1)]);
    let case = MixtureCase::new(&none, &persons, &known, &unknown).unwrap();
    assert_eq!(case.likelihoods(&population, 0.05).unwrap(), []);
}

#[test]
fn minimum_frequencies_that_add_up_to_more_than_one_are_scaled() {
    let rare = [(allele(0), 0.5), (allele(1), 0.5)];
    let table = table(&rare);
    let minimum = MinimumFrequency::UnseenOnly;
    let population = Population { frequencies: &table, theta: 0.0, minimum };
    let seen = evidence(&[vec![0, 1, 2]]);
    let contributors = [unknown(0.0), unknown(0.0)];
    let case = MixtureCase::new(&seen, &[], &contributors, &contributors).unwrap();
    let [a, b, c] = [0.5, 0.5, 0.005].map(|p: f64| p / 1.005);
    // Two persons show all three alleles: each triple with one allele twice, 4!/2! orders.
    let expected = 12.0 * (a * a * b * c + a * b * b * c + a * b * c * c);
    let got = case.likelihoods(&population, 0.0).unwrap()[0];
    assert!(close(got.defence, expected), "{got:?} {expected}");
}

#[test]
fn what_the_model_has_no_probability_for_is_refused() {
    let refused = |result: Result<()>, word: &str| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    let mut with_wildcard = Evidence::new();
    refused(with_wildcard.add(th01(), [allele(0), Allele::OFF_LADDER]), "names no allele");
    let seen = evidence(&[vec![0, 1]]);
    let persons = [person([0, 1])];
    let one = [unknown(0.1)];
    for (contributors, word) in [
        (vec![], "at least one contributor"),
        (vec![unknown(1.5)], "between 0 and 1"),
        (vec![unknown(f64::NAN)], "between 0 and 1"),
        (vec![known(1, 0.1)], "a typed person"),
        (vec![known(0, 0.1), known(0, 0.1)], "contributes once"),
    ] {
        let case = MixtureCase::new(&seen, &persons, &contributors, &one);
        refused(case.map(|_| ()), word);
    }
    let table = full_table();
    let minimum = MinimumFrequency::UnseenOnly;
    let population = Population { frequencies: &table, theta: 0.0, minimum };
    let of = |seen: &Evidence, persons: &[Profile], others: &[Contributor], drop_in: f64| {
        let case = MixtureCase::new(seen, persons, others, &one).unwrap();
        case.likelihoods(&population, drop_in).map(|_| ())
    };
    refused(of(&seen, &persons, &one, 1.0), "drop-in probability");
    let mut elsewhere = Evidence::new();
    elsewhere.add(Locus::parse("FGA").unwrap(), [allele(0)]).unwrap();
    refused(of(&elsewhere, &persons, &one, 0.0), "no frequencies of FGA");
    let three = [(th01(), Typing::new(&[0, 1, 2].map(allele)).unwrap())].into_iter().collect();
    refused(of(&seen, &[three], &[known(0, 0.1)], 0.0), "not one genotype");
    refused(of(&seen, &persons, &[unknown(0.1); 12], 0.0), "over the limit");
}
