//! The screen of a rule set drops no pair that the rule keeps, over random galleries.

use proptest::prelude::*;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::domain::builtin_frequencies::{self, DEFAULT_NAME};
use crate::domain::frequency::MinimumFrequency;
use crate::domain::likelihood::Population;
use crate::domain::rule_set::{LeastAgreeing, Mixtures, NAMES, TriAlleles, Wildcards, builtin};
use crate::kernel::planes::{PlaneView, pack};
use crate::kernel::simd::SimdLevel;
use crate::kernel::{Window, str_screen};

/// Loci of a random profile: with repeats of four and of five bases.
const LOCI: [&str; 9] =
    ["D3S1358", "vWA", "D8S1179", "D21S11", "D18S51", "TH01", "FGA", "PentaD", "D16S539"];

/// Calls close to one another, so that neighbours are common, and calls that name none.
fn call(rng: &mut ChaCha8Rng) -> Allele {
    let text = if rng.random_bool(0.08) {
        (*["*", "OL", "<9", ">10"].choose(rng).unwrap()).to_owned()
    } else if rng.random_bool(0.5) {
        format!("{}", rng.random_range(9..12))
    } else {
        format!("{}.{}", rng.random_range(9..11), rng.random_range(1..5))
    };
    Allele::parse(&text).unwrap().unwrap()
}

fn typing(rng: &mut ChaCha8Rng) -> Typing {
    let count = *[1, 2, 2, 2, 2, 2, 3, 4, 6].choose(rng).unwrap();
    let calls: Vec<Allele> = (0..count).map(|_| call(rng)).collect();
    let required = if rng.random_bool(0.1) { &calls[..1] } else { &[] };
    Typing::with_required(&calls, required).unwrap()
}

/// A typing near another: one call is replaced by a neighbour, dropped, added, or lost.
fn near(rng: &mut ChaCha8Rng, locus: Locus, other: &Typing) -> Typing {
    let mut calls = other.alleles().to_vec();
    let place = rng.random_range(0..calls.len());
    match rng.random_range(0..6) {
        0 => calls[place] = call(rng),
        1 => calls.push(call(rng)),
        2 if calls.len() > 1 => drop(calls.remove(place)),
        3 => calls[place] = Allele::WILDCARD,
        _ => {
            for call in &mut calls {
                let others: Vec<Allele> = neighbours(locus, *call).collect();
                *call = *others.choose(rng).unwrap_or(call);
            }
        }
    }
    Typing::new(&calls[..calls.len().min(8)]).unwrap()
}

fn profile(rng: &mut ChaCha8Rng, others: &[Profile]) -> Profile {
    let loci = LOCI.map(|name| Locus::parse(name).unwrap());
    match others.choose(rng) {
        Some(other) if rng.random_bool(0.8) => other
            .iter()
            .map(|(locus, t)| (locus, if rng.random_bool(0.3) { near(rng, locus, t) } else { *t }))
            .collect(),
        _ => {
            let mut profile = Profile::new();
            for locus in loci {
                if rng.random_bool(0.9) {
                    profile.insert(locus, typing(rng));
                }
            }
            profile
        }
    }
}

/// A rule set with conditions loose enough that pairs satisfy it.
fn rules(rng: &mut ChaCha8Rng) -> RuleSet {
    let mut rules = builtin(NAMES.choose(rng).unwrap()).unwrap().unwrap();
    rules.least_loci = rng.random_range(1..6);
    rules.most_failing = rng.random_range(0..4);
    let stringencies = [Stringency::High, Stringency::Moderate, Stringency::Low];
    if rng.random_bool(0.5) {
        rules.traces = *stringencies.choose(rng).unwrap();
        rules.failing_agree_at = stringencies.choose(rng).copied();
        rules.required_alleles = rng.random_bool(0.5);
        rules.wildcards = *[Wildcards::AnyAllele, Wildcards::NotCompared].choose(rng).unwrap();
        let own = Locus::parse(LOCI.choose(rng).unwrap()).unwrap();
        rules.own_stringency.insert(own, *stringencies.choose(rng).unwrap());
        rules.loci.insert(own);
    }
    if rng.random_bool(0.5) {
        rules.microvariants = Microvariants::Neighbouring;
        rules.mixtures = Mixtures::NotCompared;
        rules.tri_alleles = if rng.random_bool(0.5) {
            TriAlleles::FirstAndWildcard
        } else {
            TriAlleles::NotCompared
        };
    }
    rules.least_agreeing =
        LeastAgreeing { designated: rng.random_range(0..3), ..LeastAgreeing::default() };
    rules
}

/// Pairs kept by the rule, those of rows that no screen judges, and those the screen drops.
fn judged(seed: u64) -> [usize; 3] {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let rules = rules(rng);
    let mut rows: Vec<Profile> = Vec::new();
    for _ in 0..60 {
        let next = profile(rng, &rows);
        rows.push(next);
    }
    let map = PlaneMap::from_profiles(&rows).unwrap();
    let words = pack(&map, &rows).unwrap();
    let view = PlaneView::new(&map, &words, rows.len()).unwrap();
    let probes: Vec<Profile> = (0..20).map(|_| profile(rng, &rows)).collect();
    let mut screen = RuleScreen::new(&rules, SearchKind::Traces, &map);
    let queries: Vec<Query> = probes.iter().map(|probe| screen.compile(probe)).collect();
    let windows = vec![Window { first_row: 0, end_row: rows.len() as u32 }; queries.len()];
    let params = screen.params();
    let run = |level| str_screen::run(level, &params, &queries, &windows, view, usize::MAX);
    let survivors = run(SimdLevel::fastest()).unwrap();
    assert_eq!(survivors, run(SimdLevel::Scalar).unwrap());
    let table = builtin_frequencies::builtin(DEFAULT_NAME).unwrap().unwrap();
    let minimum = MinimumFrequency::FiveObservations;
    let population = Population { frequencies: &table, theta: 0.01, minimum };
    let mut counts = [0, 0, probes.len() * rows.len() - survivors.len()];
    for (place, probe) in probes.iter().enumerate() {
        let read = rules.read_profile(probe);
        for (row, typed) in rows.iter().enumerate() {
            let candidate = rules.read_profile(typed);
            let score = population.identity_score(&read, &candidate, &rules, SearchKind::Traces);
            if !rules.is_satisfied(&score) {
                continue;
            }
            counts[0] += 1;
            let is_found = survivors.iter().any(|s| (s.probe, s.row) == (place as u32, row as u32));
            let is_apart = rules.rewrites(typed);
            counts[1] += usize::from(is_apart && !is_found);
            assert!(is_found || is_apart, "seed {seed}: {probe:?} {typed:?} {rules:?}");
        }
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn the_screen_keeps_every_pair_the_rule_keeps(seed in any::<u64>()) {
        judged(seed);
    }
}

#[test]
fn random_galleries_hold_pairs_of_every_fate() {
    let mut sums = [0; 3];
    for seed in 0..40 {
        for (sum, count) in sums.iter_mut().zip(judged(seed)) {
            *sum += count;
        }
    }
    let [kept, apart, dropped] = sums;
    assert!(kept > 1000 && apart > 20 && dropped > 10_000, "{sums:?}");
}
