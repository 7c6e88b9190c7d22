//! Rigid alignment of one print to another, and the smooth distortion that is left over.
//!
//! The rotation is the one of weighted least squares over the paired positions (Kabsch 1976, in the
//! plane), with the directions of the minutiae as further evidence.

use super::Paired;
use crate::kernel::minutia::PrintView;
use crate::kernel::minutia::trigonometry::{DIRECTIONS, ONE};

/// Mapped positions are in 1/16 pixel.
pub(crate) const SUB_PIXELS: i32 = 16;

/// What the agreement of two directions counts against positions: square pixels per pair.
pub(crate) const DIRECTION_PX2: i64 = 900;

/// A rotation and a translation from the first print to the second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alignment {
    cosine: i32,
    sine: i32,
    /// Nearest direction to the rotation, 1/256 turn.
    pub(super) rotation: u8,
    /// Centroids of the paired minutiae, 1/16 pixel.
    from: (i32, i32),
    to: (i32, i32),
}

impl Alignment {
    /// The alignment of at least one pair. Weights are at most 255.
    pub(super) fn fit(a: PrintView<'_>, b: PrintView<'_>, pairs: &[Paired]) -> Alignment {
        let weight: i32 = pairs.iter().map(|p| p.weight).sum::<i32>().max(1);
        // Relative to one of the minutiae, and divisions towards zero: translating a print or turning
        // both changes nothing but the place.
        let centroid = |place: &dyn Fn(&Paired) -> i16| {
            let origin = pairs.first().map_or(0, |p| i32::from(place(p)));
            let sum: i32 = pairs.iter().map(|p| p.weight * (i32::from(place(p)) - origin)).sum();
            origin * SUB_PIXELS + sum * SUB_PIXELS / weight
        };
        let from = (centroid(&|p| a.x[p.first]), centroid(&|p| a.y[p.first]));
        let to = (centroid(&|p| b.x[p.second]), centroid(&|p| b.y[p.second]));
        let (mut along, mut across) = (0i64, 0i64);
        for pair in pairs {
            // To a quarter of a pixel: products of two then fit 32 bits for prints of any size.
            let quarter =
                |at: i16, centre: i32| i64::from((i32::from(at) * SUB_PIXELS - centre) / 4);
            let (px, py) = (quarter(a.x[pair.first], from.0), quarter(a.y[pair.first], from.1));
            let (qx, qy) = (quarter(b.x[pair.second], to.0), quarter(b.y[pair.second], to.1));
            let turn = b.directions[pair.second].wrapping_sub(a.directions[pair.first]);
            let (c, s) = DIRECTIONS[usize::from(turn)];
            let direction = |part: i32| (DIRECTION_PX2 * 16 * i64::from(part)) >> 14;
            along += i64::from(pair.weight) * (px * qx + py * qy + direction(c));
            across += i64::from(pair.weight) * (px * qy - py * qx + direction(s));
        }
        let (cosine, sine) = unit(along, across);
        Alignment { cosine, sine, rotation: nearest_direction(cosine, sine), from, to }
    }

    /// The minutiae of the first print in the frame of the second, 1/16 pixel.
    pub(super) fn map(&self, print: PrintView<'_>) -> Vec<(i32, i32)> {
        let places = print.x.iter().zip(print.y);
        places
            .map(|(x, y)| {
                let dx = i32::from(*x) * SUB_PIXELS - self.from.0;
                let dy = i32::from(*y) * SUB_PIXELS - self.from.1;
                (
                    rounded(self.cosine * dx - self.sine * dy) + self.to.0,
                    rounded(self.sine * dx + self.cosine * dy) + self.to.1,
                )
            })
            .collect()
    }
}

/// Divides by [`ONE`], to the nearest, halves away from zero: a turned print maps to the turned place.
fn rounded(value: i32) -> i32 {
    ((value.abs() + ONE / 2) >> 14) * value.signum()
}

/// The vector scaled to the length [`ONE`]; no rotation for the null vector.
fn unit(along: i64, across: i64) -> (i32, i32) {
    let largest = along.unsigned_abs().max(across.unsigned_abs());
    let bits = 64 - largest.leading_zeros();
    let scale = |value: i64| {
        let size = value.unsigned_abs();
        let size = if bits > 15 { size >> (bits - 15) } else { size << (15 - bits) };
        size as i32 * value.signum() as i32
    };
    let (x, y) = (scale(along), scale(across));
    let length = ((x * x) as u32 + (y * y) as u32).isqrt() as i32;
    if length == 0 { (ONE, 0) } else { (x * ONE / length, y * ONE / length) }
}

/// The direction nearest to a unit vector, 1/256 turn.
fn nearest_direction(cosine: i32, sine: i32) -> u8 {
    // Within the first quarter of the nearest quarter turn the search is over 64 directions.
    let along = |d: u8| {
        let (c, s) = DIRECTIONS[usize::from(d)];
        cosine * c + sine * s
    };
    let start = match (cosine >= 0, sine >= 0) {
        (true, true) => 0u8,
        (false, true) => 64,
        (false, false) => 128,
        (true, false) => 192,
    };
    let mut best = start.wrapping_add(32);
    let mut step = 16u8;
    while step > 0 {
        let (down, up) = (best.wrapping_sub(step), best.wrapping_add(step));
        if along(up) > along(best) && along(up) >= along(down) {
            best = up;
        } else if along(down) > along(best) {
            best = down;
        }
        step /= 2;
    }
    // One more step at the end of the halving.
    [best.wrapping_sub(1), best.wrapping_add(1)]
        .into_iter()
        .fold(best, |best, other| if along(other) > along(best) { other } else { best })
}

/// `256 * exp(-64 k / (2 * 50^2))`: the weight of a neighbour `64 k` square pixels away.
pub(crate) static NEIGHBOUR_WEIGHTS: std::sync::LazyLock<[i32; NEIGHBOURS]> =
    std::sync::LazyLock::new(|| {
        std::array::from_fn(|k| {
            (256.0 * (-64.0 * k as f64 / (2.0 * 50.0 * 50.0)).exp()).round() as i32
        })
    });

/// Weights of neighbours.
pub(crate) const NEIGHBOURS: usize = (REACH_PX2 >> 6) as usize + 1;

/// Neighbours further than three standard deviations have no say, square pixels.
const REACH_PX2: i32 = 150 * 150;

/// Moves each mapped minutia by the weighted mean of what is left over at the other paired ones, with one
/// vote for not moving.
pub(super) fn follow(mapped: &mut [(i32, i32)], b: PrintView<'_>, pairs: &[Paired]) {
    let weights = &*NEIGHBOUR_WEIGHTS;
    let left_over = pairs.iter().map(|pair| {
        let at = mapped[pair.first];
        let goal = (i32::from(b.x[pair.second]), i32::from(b.y[pair.second]));
        (pair.first, at, (goal.0 * SUB_PIXELS - at.0, goal.1 * SUB_PIXELS - at.1))
    });
    let left_over: Vec<_> = left_over.collect();
    for (i, place) in mapped.iter_mut().enumerate() {
        let (mut sum_x, mut sum_y, mut votes) = (0, 0, 0);
        for (_, at, residual) in left_over.iter().filter(|(first, ..)| *first != i) {
            let (dx, dy) = ((at.0 - place.0) / SUB_PIXELS, (at.1 - place.1) / SUB_PIXELS);
            let Some(weight) = weights.get(((dx * dx + dy * dy) >> 6) as usize) else { continue };
            sum_x += weight * residual.0;
            sum_y += weight * residual.1;
            votes += weight;
        }
        follow_by(place, (sum_x, sum_y), votes);
    }
}

/// Moves one place by a weighted sum, with the vote for not moving.
pub(super) fn follow_by(place: &mut (i32, i32), sum: (i32, i32), votes: i32) {
    place.0 += sum.0 / (votes + 256);
    place.1 += sum.1 / (votes + 256);
}
