//! The most consistent cluster among the best pairs of minutiae: where the alignment starts from.
//!
//! Two pairs agree as far as they keep distance, bearing and relative direction; distances may stretch by
//! a tenth, bearings move by a quarter of the distance. The pair with the largest share in the principal
//! cluster (three power iterations on the matrix of agreements) is the seed.

use super::CANDIDATES;
use super::Paired;
use crate::kernel::minutia::PrintView;
use crate::kernel::minutia::trigonometry::{ONE, cosine, sine};
use crate::kernel::minutia_gate::{Key, first_of, second_of, strength_of};

/// A pair of minutiae that may be one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) first: usize,
    pub(super) second: usize,
    pub(super) a: (i32, i32),
    pub(super) b: (i32, i32),
    /// From the first to the second, 1/256 turn.
    pub(super) rotation: u8,
    pub(super) strength: i32,
}

/// Agreement of two pairs that agree fully.
pub(crate) const FULL: i32 = 256;

/// Rotations that differ by this, in 1/256 turn (30 degrees), do not agree: `65536 / (64/3)^2`.
pub(crate) const ROTATION_FACTOR: i32 = 144;

/// Distances beyond this many pixels have its tolerances.
pub(crate) const MAX_DISTANCE: usize = 1023;

/// By distance: `2^24 / (distance * tolerance)`, for the tolerances along and across.
pub(crate) static RECIPROCALS: [(i32, i32); MAX_DISTANCE + 1] = {
    let mut table = [(0, 0); MAX_DISTANCE + 1];
    let mut distance = 0i64;
    while distance <= MAX_DISTANCE as i64 {
        let length = if distance == 0 { 1 } else { distance };
        // 8 px and a tenth of the distance along, 8 px and a quarter across.
        let along = (10i64 << 24) / (length * (80 + length));
        let across = (4i64 << 24) / (length * (32 + length));
        table[distance as usize] = (along as i32, across as i32);
        distance += 1;
    }
    table
};

/// The pairs of `keys` with what agreement needs.
pub(super) fn candidates(a: PrintView<'_>, b: PrintView<'_>, keys: &[Key]) -> Vec<Candidate> {
    keys.iter()
        .map(|&key| {
            let (first, second) = (first_of(key), second_of(key));
            Candidate {
                first,
                second,
                a: (i32::from(a.x[first]), i32::from(a.y[first])),
                b: (i32::from(b.x[second]), i32::from(b.y[second])),
                rotation: b.directions[second].wrapping_sub(a.directions[first]),
                strength: strength_of(key),
            }
        })
        .collect()
}

/// How far two pairs agree: 0 to [`FULL`].
fn agreement(u: &Candidate, t: &Candidate) -> i32 {
    if u.second == t.second {
        return 0;
    }
    let difference = i32::from(u.rotation.wrapping_sub(t.rotation) as i8);
    let rotation_part = difference * difference * ROTATION_FACTOR;
    if rotation_part >= 1 << 16 {
        return 0;
    }
    // Halfway between the two rotations, in 1/512 turn.
    let middle = (2 * i32::from(t.rotation) + difference) as u32;
    let (c, s) = (cosine(middle), sine(middle));
    let (ax, ay) = (u.a.0 - t.a.0, u.a.1 - t.a.1);
    let (rx, ry) = ((c * ax - s * ay) / ONE, (s * ax + c * ay) / ONE);
    let (ex, ey) = (u.b.0 - t.b.0 - rx, u.b.1 - t.b.1 - ry);
    let distance = ((ax * ax + ay * ay) as u32).isqrt() as usize;
    let (along, across) = RECIPROCALS[distance.min(MAX_DISTANCE)];
    // Errors times distance over (distance times tolerance): 256 is the tolerance.
    let part = |error: i32, reciprocal: i32| -> i32 {
        let scaled = (i64::from(error.abs()) * i64::from(reciprocal)) >> 16;
        if scaled >= 256 { 1 << 16 } else { (scaled * scaled) as i32 }
    };
    let along = part(ex * rx + ey * ry, along);
    let across = part(ey * rx - ex * ry, across);
    ((1 << 16) - rotation_part - along - across).max(0) >> 8
}

/// The seed and the pairs that agree with it, weighted for a fit; none if nothing agrees with it.
pub(super) fn seed(candidates: &[Candidate]) -> Option<Vec<Paired>> {
    let mut agreements = [[0; CANDIDATES]; CANDIDATES];
    for (u, row) in candidates.iter().enumerate() {
        for (t, column) in candidates.iter().enumerate().take(u) {
            let value = agreement(row, column);
            agreements[u][t] = value;
            agreements[t][u] = value;
        }
    }
    seed_among(candidates, &agreements)
}

/// How far each candidate agrees with each.
pub(super) type Agreements = [[i32; CANDIDATES]; CANDIDATES];

/// As [`seed`], with the agreements given.
#[inline(always)]
pub(super) fn seed_among(candidates: &[Candidate], agreements: &Agreements) -> Option<Vec<Paired>> {
    let mut shares = [0i32; CANDIDATES];
    for (share, candidate) in shares.iter_mut().zip(candidates) {
        *share = candidate.strength;
    }
    for _ in 0..3 {
        let mut next = [0i32; CANDIDATES];
        for (t, candidate) in candidates.iter().enumerate() {
            let support: i32 = agreements[t].iter().zip(&shares).map(|(v, s)| v * s).sum();
            next[t] = (support >> 6) * candidate.strength;
        }
        let largest = next.iter().copied().max().unwrap_or(0);
        // To eleven bits: the next support stays below 24 * 256 * 2048.
        let shift = (32 - largest.leading_zeros()).saturating_sub(11);
        shares = next.map(|share| share >> shift);
    }
    let best = (0..candidates.len()).rev().max_by_key(|t| shares[*t])?;
    let chosen = candidates.iter().enumerate().filter_map(|(t, candidate)| {
        let agreement = if t == best { FULL } else { agreements[best][t] };
        let weight = (agreement * candidate.strength) >> 11;
        (weight > 0).then_some(Paired { first: candidate.first, second: candidate.second, weight })
    });
    let pairs: Vec<Paired> = chosen.collect();
    (pairs.len() >= 2).then_some(pairs)
}
