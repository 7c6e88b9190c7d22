//! `genotype_screen` against its definition, and that its sums bound the exact ratios.

use proptest::prelude::*;

use super::*;
use crate::kernel::testing::{Case, FULL, MIXED};

/// A ratio of every genotype, some of them excluding, some of them saying nothing.
fn ratio(seed: u64) -> impl Fn(Locus, &Typing) -> Option<f64> {
    move |locus, typing| {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        hasher.update(locus.name().as_bytes());
        typing.known().for_each(|allele| {
            hasher.update(&allele.code().to_le_bytes());
        });
        match hasher.finalize().as_bytes()[..3] {
            [0..20, ..] => Some(0.0),
            [20..40, ..] => None,
            [_, a, b] => {
                Some(10f64.powf((f64::from(a) - 100.0) / 40.0) * (1.0 + f64::from(b) / 256.0))
            }
            _ => unreachable!(),
        }
    }
}

fn windows(rows: usize, count: usize, seed: u64) -> Vec<Window> {
    let place = |n: u64| ((seed.wrapping_mul(2 * n + 1) >> 7) % (rows as u64 + 3)) as u32;
    (0..count as u64)
        .map(|n| Window { first_row: place(n), end_row: place(n + 99) })
        .chain([])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn blocks_give_what_the_definition_gives_and_bound_the_exact_ratio(
        seed: u64,
        rows in 0..1600usize,
        questions in 1..6usize,
        least_mban in -3000..6000i32,
        mixed: bool,
        capacity in 0..4000usize,
    ) {
        let gallery = Case::random(seed, if mixed { MIXED } else { FULL }, 1, rows).probes;
        // Genotypes that only the other half has get the code of any other one.
        let map = GenotypeMap::from_profiles(&gallery[..rows / 2]);
        let codes = GenotypeCodes::new(&map, &gallery);
        let ratios: Vec<_> = (0..questions as u64).map(|n| ratio(seed ^ n)).collect();
        let queries: Vec<Query> = ratios.iter().map(|r| Query::compile(&map, r)).collect();
        let queries: Vec<&Query> = queries.iter().collect();
        let mut windows = windows(rows, questions, seed);
        windows[0] = Window::ALL;
        let params = Params { least_mban };
        let expected = reference(&params, &queries, &windows, &codes.rows(), capacity);
        prop_assert_eq!(&run(&params, &queries, &windows, &codes.rows(), capacity), &expected);
        for survivor in expected.unwrap_or_default() {
            let profile = &gallery[survivor.row as usize];
            let known = map.loci().filter_map(|(locus, _)| Some((locus, profile.get(locus)?)));
            let exact: f64 = known
                .filter(|(_, typing)| typing.genotype().is_some())
                .filter_map(|(locus, typing)| ratios[survivor.probe as usize](locus, typing))
                .map(f64::log10)
                .sum();
            prop_assert!(f64::from(survivor.value) >= 1000.0 * exact - 1e-6, "{exact}");
            let is_known = map.loci().all(|(locus, genotypes)| {
                profile.get(locus).filter(|t| t.genotype().is_some()).is_none_or(|t| genotypes.contains(t))
            });
            if is_known && exact.is_finite() {
                prop_assert!(f64::from(survivor.value) <= 1000.0 * exact + 64.0, "{exact}");
            }
        }
    }
}

#[test]
fn no_candidate_is_lost_to_rounding_or_to_a_ratio_that_is_no_number() {
    assert_eq!(upper_bound_mban(1.0), 0);
    assert_eq!(upper_bound_mban(1.0001), 1);
    assert_eq!(upper_bound_mban(0.0), EXCLUDING_MBAN);
    assert_eq!(upper_bound_mban(f64::INFINITY), HIGHEST_MBAN);
    assert_eq!(upper_bound_mban(f64::NAN), HIGHEST_MBAN);
}
