//! One-to-one pairing of aligned minutiae, the best first.

use std::sync::LazyLock;

use super::Paired;
use super::align::SUB_PIXELS;
use crate::kernel::minutia::{PrintView, similarity};

/// Rounds of pairing and fitting.
pub(crate) const ROUNDS: usize = 3;

/// Distance within which minutiae may pair, by round, 1/16 pixel: 22, 17 and 14.5 pixels.
pub(crate) const REACH: [i32; ROUNDS] = [352, 272, 232];

/// Directions further apart than this, 1/256 turn (28 degrees), do not pair.
pub(crate) const MAX_DIRECTION: i32 = 20;

/// Weight of a pair that lies exactly and whose descriptors are equal.
pub(crate) const MAX_WEIGHT: i32 = 255;

/// What a perfect pair counts before its descriptors are compared, in units of [`strength`]: twice the
/// strength of the turn-free part of equal descriptors.
pub(crate) const BASE: i32 = 2025;

/// `1023 exp(-d^2 / (2 * 7^2))` by squared distance in square pixels, and
/// `1023 exp(-d^2 / (2 * 12 degrees ^2))` by difference of direction in 1/256 turn.
pub(crate) static FALL: LazyLock<([i32; DISTANCES], [i32; TURNS])> = LazyLock::new(|| {
    let bell = |squares: f64| (1023.0 * (-squares / 2.0).exp()).round() as i32;
    let distance = std::array::from_fn(|d2| bell(d2 as f64 / 49.0));
    let direction = std::array::from_fn(|d| bell((d as f64 * 360.0 / 256.0 / 12.0).powi(2)));
    (distance, direction)
});

/// Squared distances in square pixels within the first reach.
pub(crate) const DISTANCES: usize =
    ((REACH[0] / SUB_PIXELS) * (REACH[0] / SUB_PIXELS)) as usize + 1;

/// Differences of direction that may pair.
pub(crate) const TURNS: usize = MAX_DIRECTION as usize + 1;

/// Pairs the minutiae of `a`, mapped into the frame of `b`, one to one.
pub(super) fn pair(
    a: PrintView<'_>,
    b: PrintView<'_>,
    mapped: &[(i32, i32)],
    rotation: u8,
    round: usize,
) -> Vec<Paired> {
    let reach = REACH[round];
    let mut keys: Vec<u32> = Vec::with_capacity(128);
    for (i, place) in mapped.iter().enumerate() {
        let expected = a.directions[i].wrapping_add(rotation);
        for j in 0..b.len() {
            let dx = i32::from(b.x[j]) * SUB_PIXELS - place.0;
            let dy = i32::from(b.y[j]) * SUB_PIXELS - place.1;
            let turn = i32::from(b.directions[j].wrapping_sub(expected) as i8).abs();
            if dx.abs() > reach || dy.abs() > reach || turn > MAX_DIRECTION {
                continue;
            }
            let squared = dx * dx + dy * dy;
            if squared > reach * reach {
                continue;
            }
            let strength = similarity(&a.descriptors[i], &b.descriptors[j]) >> 7;
            keys.push(key((i, j), squared, turn, strength));
        }
    }
    one_to_one(keys)
}

/// A pair of minutiae so many squared sub-pixels and so much direction apart, with its weight; the
/// greatest key is the heaviest pair, of equal ones that of the lowest numbers.
#[inline(always)]
pub(super) fn key((i, j): (usize, usize), squared: i32, turn: i32, strength: i32) -> u32 {
    let (distance_fall, direction_fall) = &*FALL;
    let fall = (distance_fall[(squared >> 8) as usize] * direction_fall[turn as usize]) >> 10;
    let weight = (fall * (BASE + strength).max(0)) >> 8;
    (weight as u32) << 14 | (127 - i as u32) << 7 | (127 - j as u32)
}

/// Takes the pairs of `keys` in turn, the heaviest first, if both minutiae are still free.
pub(super) fn one_to_one(mut keys: Vec<u32>) -> Vec<Paired> {
    keys.sort_unstable_by(|x, y| y.cmp(x));
    let (mut taken_a, mut taken_b) = (0u128, 0u128);
    let mut pairs = Vec::with_capacity(keys.len());
    for key in keys {
        let (first, second) = (127 - (key >> 7 & 127), 127 - (key & 127));
        if taken_a >> first & 1 == 0 && taken_b >> second & 1 == 0 {
            taken_a |= 1 << first;
            taken_b |= 1 << second;
            let weight = (key >> 14) as i32;
            pairs.push(Paired { first: first as usize, second: second as usize, weight });
        }
    }
    for pair in &mut pairs {
        pair.weight = pair.weight * MAX_WEIGHT / HEAVIEST;
    }
    pairs
}

/// Weight of a key of a perfect pair.
pub(crate) const HEAVIEST: i32 =
    (((1023 * 1023) >> 10) * (BASE + crate::kernel::minutia::MAX_STRENGTH)) >> 8;

const _: () = assert!(HEAVIEST < 1 << 18, "a key holds 18 bits of weight");

/// Fourth roots of quality: `round(256 (quality / 100)^(1/4))`; 0, unknown, counts as 100.
pub(crate) static QUALITY_ROOTS: LazyLock<[u32; 101]> = LazyLock::new(|| {
    std::array::from_fn(|q| match q {
        0 => 256,
        _ => (256.0 * (q as f64 / 100.0).powf(0.25)).round() as u32,
    })
});

/// Sum of the weights of `pairs`, each times the fourth root of both its qualities: 256 to the unit of a
/// weight.
pub(super) fn weight_of(a: PrintView<'_>, b: PrintView<'_>, pairs: &[Paired]) -> u32 {
    let root = |quality: u8| QUALITY_ROOTS[usize::from(quality.min(100))];
    let weighed = pairs.iter().map(|pair| {
        let qualities = root(a.qualities[pair.first]) * root(b.qualities[pair.second]);
        pair.weight as u32 * (qualities >> 8)
    });
    weighed.sum()
}
