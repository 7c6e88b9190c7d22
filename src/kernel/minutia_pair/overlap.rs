//! The region both prints show: which minutiae could have found a partner.
//!
//! The region of a print is the intersection of 16 half planes that just hold its minutiae: nearly its
//! convex hull, without divisions or branches. A minutia counts by its quality, so that a doubtful one
//! without a partner weighs little.

use super::Paired;
use super::align::SUB_PIXELS;
use crate::kernel::minutia::PrintView;
use crate::kernel::minutia::trigonometry::{cosine, sine};

/// Half planes of a region.
pub(crate) const SIDES: usize = 16;

/// Normals of the half planes, half as long as `ONE`: two prints of the largest extent side by side stay
/// within 32 bits.
pub(crate) const NORMALS: [(i32, i32); SIDES] = {
    let mut normals = [(0, 0); SIDES];
    let mut side = 0;
    while side < SIDES {
        let angle = (side * 512 / SIDES) as u32;
        normals[side] = (cosine(angle) / 2, sine(angle) / 2);
        side += 1;
    }
    normals
};

/// What a minutia counts for, by quality 0 (unknown) to 100: `round(256 sqrt(quality / 100))`.
pub(crate) const QUALITY_WEIGHTS: [i32; 101] = {
    let mut weights = [256; 101];
    let mut quality = 1u32;
    while quality <= 100 {
        // Nearest root of 65536 * quality / 100, by the root of four times it.
        weights[quality as usize] = ((4 * 65_536 * quality / 100).isqrt() as i32 + 1) / 2;
        quality += 1;
    }
    weights
};

/// What a minutia of `quality` counts for, 256 for the best.
pub(super) fn quality_weight(quality: u8) -> i32 {
    QUALITY_WEIGHTS[usize::from(quality.min(100))]
}

/// The minutiae of either print in the region of the other, by number, the paired ones in any case. `mapped` are
/// those of the first print in the frame of `b`, 1/16 pixel.
pub(super) fn inside(b: PrintView<'_>, mapped: &[(i32, i32)], pairs: &[Paired]) -> [u128; 2] {
    let places: Vec<(i32, i32)> =
        b.x.iter()
            .zip(b.y)
            .map(|(x, y)| (i32::from(*x) * SUB_PIXELS, i32::from(*y) * SUB_PIXELS))
            .collect();
    let paired = |of: fn(&Paired) -> usize| pairs.iter().fold(0u128, |set, p| set | 1 << of(p));
    let held = |places: &[(i32, i32)], region: &[i32; SIDES], taken: u128| {
        let others = places.iter().enumerate().filter(|(i, _)| taken >> i & 1 == 0);
        others.filter(|(_, place)| holds(region, **place)).fold(taken, |set, (i, _)| set | 1 << i)
    };
    [
        held(mapped, &region(&places), paired(|p| p.first)),
        held(&places, &region(mapped), paired(|p| p.second)),
    ]
}

/// Sums of quality weights of the minutiae of either print in the region of the other, as [`inside`].
pub(super) fn overlap(
    a: PrintView<'_>,
    b: PrintView<'_>,
    mapped: &[(i32, i32)],
    pairs: &[Paired],
) -> (i32, i32) {
    weight_of(inside(b, mapped, pairs), a, b)
}

/// Sums of quality weights of the minutiae of either print that [`inside`] names.
pub(super) fn weight_of(inside: [u128; 2], a: PrintView<'_>, b: PrintView<'_>) -> (i32, i32) {
    let count = |inside: u128, qualities: &[u8]| {
        let counted = qualities.iter().enumerate().filter(|(i, _)| inside >> i & 1 == 1);
        counted.map(|(_, quality)| quality_weight(*quality)).sum()
    };
    (count(inside[0], a.qualities), count(inside[1], b.qualities))
}

/// The reach of the places along each normal.
fn region(places: &[(i32, i32)]) -> [i32; SIDES] {
    NORMALS
        .map(|(nx, ny)| places.iter().map(|(x, y)| along(*x, *y, nx, ny)).max().unwrap_or(i32::MIN))
}

fn holds(region: &[i32; SIDES], (x, y): (i32, i32)) -> bool {
    NORMALS.iter().zip(region).all(|((nx, ny), reach)| along(x, y, *nx, *ny) <= *reach)
}

/// Length along a normal.
fn along(x: i32, y: i32, nx: i32, ny: i32) -> i32 {
    x * nx + y * ny
}
