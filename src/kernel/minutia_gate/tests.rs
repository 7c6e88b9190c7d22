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

fn all_scores(level: SimdLevel, probes: &[Print], gallery: &[Print], least: i32) -> Vec<i32> {
    let mut scores = vec![-1; probes.len() * gallery.len()];
    gate(&Batch::new(level, &views(probes)), &views(gallery), least, &mut scores);
    scores
}

fn of_all<T>(
    probes: &[Print],
    gallery: &[Print],
    of: impl Fn(PrintView<'_>, PrintView<'_>) -> T,
) -> Vec<T> {
    let pairs = probes.iter().flat_map(|probe| gallery.iter().map(move |print| (probe, print)));
    pairs.map(|(probe, print)| of(probe.view(), print.view())).collect()
}

/// Every level gives the scores of the definition, with and without a least excess.
fn check(levels: &[SimdLevel], probes: &[Print], gallery: &[Print]) -> Vec<i32> {
    let expected = of_all(probes, gallery, reference);
    // In the middle of the excesses there are, and at one of them exactly.
    let mut excesses = of_all(probes, gallery, excess);
    excesses.sort_unstable();
    let middle = excesses.get(excesses.len() / 2).copied().unwrap_or(1);
    for level in levels {
        assert_eq!(all_scores(*level, probes, gallery, 0), expected, "{level}");
        for least in [middle, middle + 1] {
            let cut = of_all(probes, gallery, |a, b| screened(a, b, least));
            assert_eq!(all_scores(*level, probes, gallery, least), cut, "{level} from {least}");
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
