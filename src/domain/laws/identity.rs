//! Identity: two profiles as samples of one person.

use super::*;
use std::sync::OnceLock;

use crate::domain::identity::IdentityScore;
use crate::domain::rule_set::{RuleSet, SearchKind, builtin};
use crate::domain::stringency::Stringency;

fn stringencies() -> impl Strategy<Value = Stringency> {
    prop::sample::select(vec![Stringency::Low, Stringency::Moderate, Stringency::High])
}

/// The default rules with this stringency.
fn rules(stringency: Stringency) -> RuleSet {
    static DEFAULT: OnceLock<RuleSet> = OnceLock::new();
    let default = DEFAULT.get_or_init(|| builtin("tanba").unwrap().unwrap());
    RuleSet { persons: stringency, ..default.clone() }
}

fn scored(of: &Population, a: &Profile, b: &Profile, stringency: Stringency) -> IdentityScore {
    of.identity_score(a, b, &rules(stringency), SearchKind::Persons)
}

fn score(a: &Profile, b: &Profile, stringency: Stringency, theta: f64) -> IdentityScore {
    scored(&population(&table(&NAMES), theta), a, b, stringency)
}

fn same(a: &IdentityScore, b: &IdentityScore) -> bool {
    let counts = (a.agreement, a.failing) == (b.agreement, b.failing);
    counts && close(a.score_log10, b.score_log10) && close(a.log10_lr, b.log10_lr)
}

proptest! {
    #[test]
    fn the_score_is_the_same_whoever_is_asked_first_and_in_whatever_order_it_was_typed(
        a in trace(), b in trace(), stringency in stringencies(),
    ) {
        let given = score(&profile(&a, &NAMES), &profile(&b, &NAMES), stringency, 0.01);
        prop_assert_eq!(score(&profile(&b, &NAMES), &profile(&a, &NAMES), stringency, 0.01), given);
        prop_assert_eq!(score(&turned(&a), &turned(&b), stringency, 0.01), given);
    }

    #[test]
    fn a_locus_that_the_other_lacks_or_that_says_nothing_changes_nothing(
        a in trace(), b in trace(), place in 0..LOCI.len(), stringency in stringencies(),
    ) {
        let without = only(&a, place, false);
        let expected =
            score(&profile(&without, &NAMES), &profile(&b, &NAMES), stringency, 0.01);
        let other = only(&b, place, false);
        let found = score(&profile(&a, &NAMES), &profile(&other, &NAMES), stringency, 0.01);
        prop_assert_eq!(found, expected);
        let mut silent = a.clone();
        silent[place] = Some(vec![WILDCARD]);
        let found = score(&profile(&silent, &NAMES), &profile(&b, &NAMES), stringency, 0.01);
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn alleles_renamed_together_with_their_frequencies_change_nothing(
        a in trace(), b in trace(), names in names(), stringency in stringencies(),
    ) {
        let table = table(&names);
        let (x, y) = (profile(&a, &names), profile(&b, &names));
        let renamed = scored(&population(&table, 0.01), &x, &y, stringency);
        let given = score(&profile(&a, &NAMES), &profile(&b, &NAMES), stringency, 0.01);
        prop_assert!(same(&renamed, &given), "{renamed:?} {given:?}");
    }

    #[test]
    fn a_locus_taken_out_takes_its_own_score_with_it(
        a in trace(), b in trace(), place in 0..LOCI.len(), stringency in stringencies(),
    ) {
        let of = |a: &Calls| score(&profile(a, &NAMES), &profile(&b, &NAMES), stringency, 0.01);
        let (all, rest, one) = (of(&a), of(&only(&a, place, false)), of(&only(&a, place, true)));
        prop_assert!(close(all.score_log10, rest.score_log10 + one.score_log10));
        prop_assert!(close(all.log10_lr, rest.log10_lr + one.log10_lr));
        let counts = |s: &IdentityScore| [s.agreement.compared, s.agreement.high, s.failing];
        let sum: Vec<u32> = counts(&rest).iter().zip(counts(&one)).map(|(a, b)| a + b).collect();
        prop_assert_eq!(counts(&all).to_vec(), sum);
    }

    #[test]
    fn merging_two_alleles_that_nobody_has_changes_nothing(
        a in person(3), b in person(3), stringency in stringencies(), theta in 0.0..0.05,
    ) {
        let (x, y) = (profile(&a, &NAMES), profile(&b, &NAMES));
        let merged = merged_table();
        let found = scored(&population(&merged, theta), &x, &y, stringency);
        prop_assert!(same(&found, &score(&x, &y, stringency, theta)));
    }

    #[test]
    fn a_theta_that_goes_to_zero_ends_at_theta_zero(
        a in trace(), b in trace(), stringency in stringencies(),
    ) {
        let (x, y) = (profile(&a, &NAMES), profile(&b, &NAMES));
        let [at, near, far] = [0.0, 1e-9, 1e-4].map(|theta| score(&x, &y, stringency, theta));
        prop_assert!((near.score_log10 - at.score_log10).abs() < 1e-6);
        let difference = (far.score_log10 - at.score_log10).abs();
        prop_assert!((near.score_log10 - at.score_log10).abs() <= difference + 1e-12);
    }
}

#[test]
fn ratios_over_all_persons_weighted_by_their_probability_sum_to_one() {
    let a = profile(&[Some(vec![0, 1]), Some(vec![2]), None, Some(vec![4, 1])], &NAMES);
    let genotypes: Vec<[usize; 2]> =
        (0..P.len()).flat_map(|x| (0..=x).map(move |y| [x, y])).collect();
    for place in [0, 1, 3] {
        let sum: f64 = genotypes
            .iter()
            .map(|[x, y]| {
                let mut calls: Calls = Default::default();
                calls[place] = Some(vec![*x, *y]);
                let orders = if x == y { 1.0 } else { 2.0 };
                let weight = orders * frequency(place, *x) * frequency(place, *y);
                let b = profile(&calls, &NAMES);
                weight * 10f64.powf(score(&a, &b, Stringency::High, 0.0).log10_lr)
            })
            .sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
    }
}
