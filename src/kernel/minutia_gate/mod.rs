//! `minutia_gate`: how well the local structures of two prints agree, and how consistently they lie.
//!
//! What: stage 1 compares every minutia of one print with every minutia of the other (dot product of the
//! descriptors) and keeps for each its best partner; stage 2 takes the 16 best of these pairs and counts,
//! weighted by similarity, which of them keep their distance and bearing under one rotation. Both prints
//! take the part of the first in turn, so the score is symmetric. Measured recall is in
//! `docs/fingerprints.md`.
//!
//! Why: it costs a fraction of a microsecond and puts nearly all mates among the best one per cent, so
//! that [`crate::kernel::minutia_pair`] needs to look at those alone.
//!
//! Limits: prints turned against each other by more than about an eighth of a turn lose the preference
//! for equal directions; marks of unknown direction are compared in all four quarter turns
//! ([`crate::kernel::minutia::Print::quarter_turned`]). Not a score to decide on: use `minutia_pair`.

mod batch;
mod lanes;
#[cfg(target_arch = "x86_64")]
mod lanes_avx2;
#[cfg(target_arch = "x86_64")]
mod lanes_avx512;
mod lanes_portable;
pub(in crate::kernel) mod lanes_single;
#[cfg(test)]
mod tests;

pub use batch::{Batch, gate};

use super::Spec;
use super::minutia::trigonometry::DIRECTIONS;
use super::minutia::{INDEX_MASK, MAX_STRENGTH, PrintView, similarity};

/// Identity of this kernel.
pub const SPEC: Spec = Spec { name: "minutia_gate", version: 2 };

/// Pairs of minutiae whose consistency is examined.
pub const PAIRS: usize = 16;

/// Largest difference of the rotations of two consistent pairs, 1/256 turn.
pub const MAX_ROTATION_DIFFERENCE: i32 = 16;

/// Squared distance by which consistent pairs may differ: this, in squared pixels,
pub const TOLERANCE_PX2: i32 = 100;
/// and the squared distance shifted right by this.
pub const TOLERANCE_SHIFT: u32 = 6;

/// Strength of a best partner up to which it says nothing: about what the middle one of a stranger reaches.
pub const PLAIN_STRENGTH: i32 = 600;

/// `round(4096 / sqrt(n))`, for n from 0 (unused) to 128.
pub const RECIPROCAL_ROOTS: [u32; 129] = {
    let mut table = [0; 129];
    let mut n = 1u64;
    while n < 129 {
        // The integer nearest to sqrt(2^24 / n), by the square of twice it.
        let mut root = 1u64;
        while (2 * root + 1) * (2 * root + 1) * n <= 4 << 24 {
            root += 1;
        }
        table[n as usize] = root as u32;
        n += 1;
    }
    table
};

/// A pair of minutiae, packed: similarity without its low seven bits, number in the second print, number
/// in the first print. 0 for no pair.
pub type Key = i32;

/// Number in the first print.
pub const fn first_of(key: Key) -> usize {
    (key & INDEX_MASK) as usize
}

/// Number in the second print.
pub const fn second_of(key: Key) -> usize {
    ((key >> 7) & INDEX_MASK) as usize
}

/// Similarity, shifted right by seven bits: at most [`MAX_STRENGTH`].
pub const fn strength_of(key: Key) -> i32 {
    key >> 14
}

/// The best partner of each minutia of `a` among those of `b`, as keys in the order of `a`.
pub fn best_partners(a: PrintView<'_>, b: PrintView<'_>) -> Vec<Key> {
    let best = |described| {
        let packed = b.descriptors.iter().enumerate();
        let packed =
            packed.map(|(j, other)| (similarity(described, other) & !INDEX_MASK) | j as i32);
        packed.max().unwrap_or(0).max(0)
    };
    let keys = a.descriptors.iter().enumerate();
    keys.map(|(i, described)| match best(described) {
        0..=INDEX_MASK => 0,
        best => (best << 7) | i as i32,
    })
    .collect()
}

/// The `count` largest keys of pairs, descending.
pub fn largest(keys: &[Key], count: usize) -> Vec<Key> {
    let mut chosen: Vec<Key> = keys.iter().copied().filter(|key| *key > 0).collect();
    chosen.sort_unstable_by(|x, y| y.cmp(x));
    chosen.truncate(count);
    chosen
}

/// Stage 2: the sum over all ordered pairs of pairs of the product of their strengths, times how well
/// they are consistent (0 to 3). `keys` are at most [`PAIRS`], of minutiae of `a` and `b`.
pub fn consistency(a: PrintView<'_>, b: PrintView<'_>, keys: &[Key]) -> u32 {
    let rotation = |key| b.directions[second_of(key)].wrapping_sub(a.directions[first_of(key)]);
    let at = |print: &PrintView<'_>, i: usize| (i32::from(print.x[i]), i32::from(print.y[i]));
    let mut total = 0;
    for &u in keys {
        let mut support = 0;
        for &t in keys.iter().filter(|t| second_of(**t) != second_of(u)) {
            let (rotation_u, rotation_t) = (rotation(u), rotation(t));
            let difference = i32::from(rotation_u.wrapping_sub(rotation_t) as i8);
            if difference.abs() > MAX_ROTATION_DIFFERENCE {
                continue;
            }
            let (from, to) = (at(&a, first_of(u)), at(&a, first_of(t)));
            let (ax, ay) = (from.0 - to.0, from.1 - to.1);
            let (from, to) = (at(&b, second_of(u)), at(&b, second_of(t)));
            let (bx, by) = (from.0 - to.0, from.1 - to.1);
            let (cu, su) = DIRECTIONS[usize::from(rotation_u)];
            let (ct, st) = DIRECTIONS[usize::from(rotation_t)];
            // The mean of the two rotations, as vectors: 2^15 is one.
            let (c, s) = (cu + ct, su + st);
            // Without their signs before the shift: turning both prints changes nothing.
            let ex = (c * ax - s * ay - (bx << 15)).abs() >> 15;
            let ey = (s * ax + c * ay - (by << 15)).abs() >> 15;
            let error = ex * ex + ey * ey;
            let tolerance = TOLERANCE_PX2 + ((ax * ax + ay * ay) >> TOLERANCE_SHIFT);
            let fit = i32::from(error < tolerance)
                + i32::from(2 * error < tolerance)
                + i32::from(4 * error < tolerance);
            support += fit * strength_of(t);
        }
        total += support * strength_of(u);
    }
    total as u32
}

/// By how much the best partners of two prints, in both directions, are stronger than plain ones: what is
/// known of a comparison before stage 2, for a fraction of its cost.
pub fn excess(a: PrintView<'_>, b: PrintView<'_>) -> i32 {
    let partners = best_partners(a, b).into_iter().chain(best_partners(b, a));
    partners.map(|key| (strength_of(key) - PLAIN_STRENGTH).max(0)).sum()
}

/// The score of two prints, or 0 where their [`excess`] is below `least_excess`; 0 for prints without minutiae.
pub fn screened(a: PrintView<'_>, b: PrintView<'_>, least_excess: i32) -> i32 {
    if least_excess > 0 && excess(a, b) < least_excess { 0 } else { reference(a, b) }
}

/// The definition: the score of two prints, in either order; 0 for prints without minutiae.
pub fn reference(a: PrintView<'_>, b: PrintView<'_>) -> i32 {
    let (a, b) = a.ordered(b);
    let total = consistency(a, b, &largest(&best_partners(a, b), PAIRS))
        + consistency(b, a, &largest(&best_partners(b, a), PAIRS));
    normalised(total, a.len(), b.len())
}

/// The score of a total: divided by the geometric mean of the numbers of minutiae.
pub fn normalised(total: u32, minutiae_a: usize, minutiae_b: usize) -> i32 {
    let roots = u64::from(RECIPROCAL_ROOTS[minutiae_a]) * u64::from(RECIPROCAL_ROOTS[minutiae_b]);
    ((u64::from(total) * roots) >> 25) as i32
}

const _: () = assert!(
    2 * (PAIRS * (PAIRS - 1) * 3) as i64 * (MAX_STRENGTH as i64) * (MAX_STRENGTH as i64)
        <= u32::MAX as i64,
    "the totals of both directions fit 32 bits together"
);
