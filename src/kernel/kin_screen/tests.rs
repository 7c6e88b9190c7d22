//! `kin_screen` against its definition, and its bound against the exact likelihood ratio.

use proptest::prelude::*;

use super::*;
use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
use crate::domain::likelihood::log10_product;
use crate::domain::locus::Locus;
use crate::kernel::testing::{Case, LONG, Style, cases, check_capacity, kernel_tests};

kernel_tests!(kin_screen);

const THETAS: [f64; 3] = [0.0, 0.01, 0.03];

/// Frequencies of the alleles of random profiles, rare and common; every fifth locus is missing.
fn table() -> FrequencyTable {
    let mut text = String::from("locus,allele,frequency,count,n_alleles\n");
    for (place, locus) in Locus::all().enumerate().filter(|(place, _)| place % 5 != 4) {
        for (repeats, frequency) in (8..14).zip([0.3, 0.25, 0.2, 0.15, 0.0625, 0.002]) {
            let frequency = frequency / (1.0 + place as f64);
            text.push_str(&format!("{},{repeats},{frequency},,200\n", locus.name()));
        }
    }
    FrequencyTable::from_csv("test", &text).unwrap()
}

fn population(frequencies: &FrequencyTable, theta: f64) -> Population<'_> {
    Population { frequencies, theta, minimum: MinimumFrequency::UnseenOnly }
}

fn suite(levels: &[SimdLevel]) {
    let table = table();
    let mut survivors_seen = 0;
    for case in cases(200) {
        for (place, relation) in Relation::ALL.into_iter().enumerate() {
            let population = population(&table, THETAS[(place + case.rows) % 3]);
            let compile = |p| KinQuery::compile(&case.map, p, relation, &population);
            let queries: Vec<KinQuery> = case.probes.iter().map(compile).collect();
            for threshold_log10 in [f64::NEG_INFINITY, -3.0, 0.0, 2.5, 1e9, f64::NAN] {
                let params = Params { threshold_log10 };
                let run = |level, capacity| {
                    run(level, &params, &queries, &case.windows, case.view(), capacity)
                };
                let expected = run(SimdLevel::Scalar, usize::MAX).unwrap();
                assert!(expected.is_sorted());
                survivors_seen += expected.len();
                for level in levels {
                    assert_eq!(run(*level, usize::MAX).unwrap(), expected, "{level} {relation}");
                    if threshold_log10 == 0.0 {
                        check_capacity(&expected, |capacity| run(*level, capacity));
                    }
                }
            }
        }
    }
    assert!(survivors_seen > 10_000, "{survivors_seen} survivors test nothing");
}

#[test]
fn the_sum_stays_in_sixteen_bits_for_the_most_extreme_ratios_a_table_can_give() {
    let mut text = String::from("locus,allele,frequency\n");
    for locus in Locus::all() {
        text.push_str(&format!("{},9,0.000001\n{},10,1\n", locus.name(), locus.name()));
    }
    let table = FrequencyTable::from_csv("extreme", &text).unwrap();
    let style = Style { missing: 0.0, unknown: 0.0, many: 0.0, alleles: 3, ..LONG };
    let case = Case::random(5, style, 600, 20);
    for relation in Relation::ALL {
        for theta in THETAS {
            for probe in &case.probes {
                let query =
                    KinQuery::compile(&case.map, probe, relation, &population(&table, theta));
                assert!(query.largest_sum() <= i32::from(i16::MAX));
                assert!((0..=FINEST_EXPONENT).contains(&query.exponent));
            }
        }
    }
}

#[test]
fn an_excluded_parent_never_survives_however_low_the_threshold() {
    let case = Case::random(6, crate::kernel::testing::FULL, 300, 4);
    let table = table();
    let population = population(&table, 0.01);
    let compile = |p| KinQuery::compile(&case.map, p, Relation::ParentChild, &population);
    let queries: Vec<KinQuery> = case.probes.iter().map(compile).collect();
    let params = Params { threshold_log10: f64::NEG_INFINITY };
    let windows = vec![Window::ALL; queries.len()];
    let survivors = reference(&params, &queries, &windows, case.view(), 10_000).unwrap();
    assert!(survivors.len() < 300);
}

proptest! {
    #[test]
    fn no_pair_at_or_over_the_threshold_is_lost_and_the_bound_is_close(
        seed in any::<u64>(), relation in 0usize..8, theta in 0usize..3, missing in 0.0f64..0.5,
        many in 0.0f64..0.3, unknown in 0.0f64..0.3,
    ) {
        let table = table();
        let population = population(&table, THETAS[theta]);
        let style = Style { missing, many, unknown, loci: 25, alleles: 4 };
        let (case, gallery) = Case::random_with_gallery(seed, style, 60, 3);
        for probe in &case.probes {
            let query = KinQuery::compile(&case.map, probe, Relation::ALL[relation], &population);
            for (row, profile) in gallery.iter().enumerate() {
                let ratios =
                    population.locus_ratios(probe, profile, Relation::ALL[relation]);
                let loci = ratios.len() as f64;
                let exact = log10_product(ratios.into_iter().map(|(_, ratio)| ratio));
                let window = Window { first_row: row as u32, end_row: row as u32 + 1 };
                // The exact value itself is the sharpest threshold the pair must pass.
                let params = Params { threshold_log10: exact };
                let found =
                    run(SimdLevel::fastest(), &params, std::slice::from_ref(&query), &[window], case.view(), 1);
                let found = found.unwrap();
                if exact == f64::NEG_INFINITY {
                    prop_assert!(found.is_empty());
                    continue;
                }
                prop_assert_eq!(found.len(), 1, "lost a pair at {}", exact);
                let bound = query.to_log10(found[0].value);
                prop_assert!(bound >= exact);
                prop_assert!(bound - exact <= (loci + 1.0) * 1.01 * query.to_log10(1));
            }
        }
    }
}
