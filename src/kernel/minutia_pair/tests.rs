//! `minutia_pair` at every instruction set against its definition, and the laws both minutia kernels obey.

use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::domain::finger::PlacedMinutia;
use crate::kernel::finger_testing::{Style, distorted, random_print};
use crate::kernel::minutia::projection::Projection;
use crate::kernel::minutia_gate;
use crate::kernel::testing::kernel_tests;

kernel_tests!(minutia_pair);

fn suite(levels: &[SimdLevel]) {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut paired = 0;
    for round in 0..120 {
        let style = Style::ALL[round % Style::ALL.len()];
        let len = if round % 9 == 0 { 128 } else { rng.random_range(0..60) };
        let print = random_print(&mut rng, len, style);
        let other = rng.random_range(0..=70);
        let mate = distorted(&mut rng, &print);
        for other in [random_print(&mut rng, other, style), mate, print.clone()] {
            let expected = reference(print.view(), other.view());
            paired += expected.paired;
            for level in levels {
                let found = score(*level, print.view(), other.view());
                assert_eq!(found, expected, "{level} {style:?} {len}");
                assert_eq!(score(*level, other.view(), print.view()), expected, "{level}");
            }
        }
    }
    assert!(paired > 3000, "{paired} paired minutiae test nothing");
}

/// Up to 60 minutiae of one print, none twice in one place.
fn minutiae() -> impl Strategy<Value = Vec<PlacedMinutia>> {
    let minutia = (0i16..300, 0i16..400, any::<u8>(), 0u8..=100);
    proptest::collection::vec(minutia, 0..60).prop_map(|list| {
        let mut list: Vec<PlacedMinutia> = list
            .into_iter()
            .map(|(x_px, y_px, direction, quality)| PlacedMinutia {
                x_px,
                y_px,
                direction,
                quality,
            })
            .collect();
        list.sort_unstable();
        list.dedup_by_key(|m| (m.x_px, m.y_px));
        list
    })
}

/// A quarter turn counter-clockwise about the origin.
fn turned(minutiae: &[PlacedMinutia]) -> Vec<PlacedMinutia> {
    let turn = |m: &PlacedMinutia| PlacedMinutia {
        x_px: -m.y_px,
        y_px: m.x_px,
        direction: m.direction.wrapping_add(64),
        ..*m
    };
    minutiae.iter().map(turn).collect()
}

/// Scores at the fastest level.
fn score_of(a: &Print, b: &Print) -> (i32, PairScore) {
    let level = SimdLevel::fastest();
    let mut gate = [-1];
    minutia_gate::gate(&minutia_gate::Batch::new(level, &[a.view()]), &[b.view()], 0, &mut gate);
    (gate[0], score(level, a.view(), b.view()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn neither_the_order_of_minutiae_nor_of_prints_nor_their_place_changes_a_score(
        first in minutiae(),
        second in minutiae(),
        mates in any::<bool>(),
        seed in any::<u64>(),
        shift in (-2000i16..2000, -2000i16..2000),
    ) {
        let projection = Projection::builtin().unwrap();
        let second = if mates { first.iter().step_by(2).copied().collect() } else { second };
        let (a, b) = (Print::of(&first, &projection), Print::of(&second, &projection));
        let expected = score_of(&a, &b);
        prop_assert_eq!(score_of(&b, &a), expected);

        let mut mixed = first.clone();
        mixed.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        prop_assert_eq!(score_of(&Print::of(&mixed, &projection), &b), expected);

        let moved = |m: &PlacedMinutia| PlacedMinutia {
            x_px: m.x_px + shift.0,
            y_px: m.y_px + shift.1,
            ..*m
        };
        let moved: Vec<PlacedMinutia> = first.iter().map(moved).collect();
        prop_assert_eq!(score_of(&Print::of(&moved, &projection), &b), expected);

        let both = (turned(&first), turned(&second));
        let both = (Print::of(&both.0, &projection), Print::of(&both.1, &projection));
        prop_assert_eq!(score_of(&both.0, &both.1), expected);
    }

    #[test]
    fn the_best_quarter_turn_is_the_same_however_either_print_is_turned(
        first in minutiae(),
        second in minutiae(),
        mates in any::<bool>(),
    ) {
        let projection = Projection::builtin().unwrap();
        let second = if mates { first.iter().step_by(2).copied().collect() } else { second };
        let best = |a: &[PlacedMinutia], b: &[PlacedMinutia]| {
            let turns = quarter_turns(Print::of(a, &projection));
            let b = Print::of(b, &projection);
            let found = best_turn_score(SimdLevel::fastest(), &turns, b.view());
            assert_eq!(found, best_turn(&turns, b.view()));
            found
        };
        let expected = best(&first, &second);
        prop_assert_eq!(best(&turned(&first), &second), expected);
        prop_assert_eq!(best(&first, &turned(&turned(&second))), expected);
    }
}

#[test]
fn every_print_finds_itself_first() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let projection = Projection::builtin().unwrap();
    let prints: Vec<Print> = (0..40)
        .map(|_| {
            let count = rng.random_range(12..60);
            let minutia = |_| PlacedMinutia {
                x_px: rng.random_range(0..300),
                y_px: rng.random_range(0..400),
                direction: rng.random(),
                quality: rng.random_range(1..=100),
            };
            Print::of(&(0..count).map(minutia).collect::<Vec<_>>(), &projection)
        })
        .collect();
    for (i, print) in prints.iter().enumerate() {
        let (own_gate, own) = score_of(print, print);
        for other in prints.iter().enumerate().filter(|(j, _)| *j != i) {
            let (gate, pair) = score_of(print, other.1);
            assert!(gate < own_gate && pair.similarity < own.similarity, "{i} and {}", other.0);
        }
    }
}
