//! `minutia_gate` at every instruction set against its definition, and the laws it obeys.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::kernel::finger_testing::{Style, distorted, random_print};
use crate::kernel::minutia::Print;
use crate::kernel::simd::SimdLevel;
use crate::kernel::testing::kernel_tests;

kernel_tests!(minutia_gate);

fn views(prints: &[Print]) -> Vec<PrintView<'_>> {
    prints.iter().map(Print::view).collect()
}

fn all_scores(level: SimdLevel, probes: &[Print], gallery: &[Print], minimum: &[i32]) -> Vec<i32> {
    let mut scores = vec![-1; probes.len() * gallery.len()];
    gate(&Batch::new(level, &views(probes)), &views(gallery), minimum, &mut scores);
    scores
}

/// Every level gives the scores of the definition, with and without minima.
fn check(levels: &[SimdLevel], probes: &[Print], gallery: &[Print]) -> Vec<i32> {
    let expected: Vec<i32> = probes
        .iter()
        .flat_map(|probe| gallery.iter().map(|print| reference(probe.view(), print.view())))
        .collect();
    let minimum: Vec<i32> = expected
        .chunks(gallery.len().max(1))
        .map(|scores| scores.iter().sum::<i32>() / scores.len() as i32 + 1)
        .collect();
    for level in levels {
        assert_eq!(all_scores(*level, probes, gallery, &[]), expected, "{level}");
        if minimum.len() == probes.len() {
            let cut = expected.iter().enumerate().map(|(place, score)| {
                if *score < minimum[place / gallery.len()] { 0 } else { *score }
            });
            let cut: Vec<i32> = cut.collect();
            assert_eq!(all_scores(*level, probes, gallery, &minimum), cut, "{level} cut");
        }
    }
    expected
}

fn suite(levels: &[SimdLevel]) {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut positive = 0;
    for sizes in
        [&[0, 1, 2, 3, 15, 16, 17][..], &[31, 32, 33, 36, 47, 48, 49], &[63, 64, 65, 128, 128]]
    {
        for style in Style::ALL {
            let probes: Vec<Print> =
                sizes.iter().map(|n| random_print(&mut rng, *n, style)).collect();
            let mut gallery: Vec<Print> =
                sizes.iter().map(|n| random_print(&mut rng, *n, style)).collect();
            gallery.extend(probes.iter().map(|probe| distorted(&mut rng, probe)));
            let scores = check(levels, &probes, &gallery);
            positive += scores.iter().filter(|score| **score > 0).count();
        }
    }
    for _ in 0..40 {
        let mut some = |most: usize| -> Vec<Print> {
            let count = rng.random_range(0..most);
            let style = Style::ALL[rng.random_range(0..Style::ALL.len())];
            let sizes: Vec<usize> = (0..count).map(|_| rng.random_range(0..=60)).collect();
            sizes.into_iter().map(|n| random_print(&mut rng, n, style)).collect()
        };
        let (probes, gallery) = (some(12), some(6));
        check(levels, &probes, &gallery);
    }
    assert!(positive > 300, "{positive} positive scores test nothing");
}
