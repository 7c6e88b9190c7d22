//! The descriptor of a minutia: what the neighbourhood looks like, in 64 signed bytes.
//!
//! A cylinder in the manner of the Minutia Cylinder-Code (Cappelli, Ferrara, Maltoni, PAMI 32, 2010): a
//! grid of cells around the minutia, turned with it, each with six slices of relative direction; every
//! other minutia adds a Gaussian of its distance to the cell times the part of a Gaussian of its relative
//! direction that falls into the slice. No hull, no validity mask, no least number of neighbours. The 672
//! values go through a linear projection learned from mated minutiae ([`super::projection`]), are
//! normalised, and four components hold the direction of the minutia, so that the dot product of two
//! descriptors is a cosine plus a soft preference for equal directions.
//!
//! Integers throughout, and sums in which order does not matter: the same minutiae give the same bytes on
//! every machine, and turning the print by quarter turns changes only the direction components.

use std::sync::LazyLock;

use super::projection::Projection;
use super::trigonometry::{DIRECTIONS, ONE};
use super::{Descriptor, TURN_FREE_COMPONENTS};
use crate::domain::finger::PlacedMinutia;

/// Raised whenever the descriptor of some print can change for a given projection.
pub const DESCRIPTOR_VERSION: u32 = 1;

/// Cells along one side of the grid.
const GRID: i32 = 12;
/// Half the side of the grid, and the radius within which cells count, pixels at 500 dpi.
const RADIUS_PX: i32 = 80;
/// Slices of relative direction.
const SLICES: usize = 6;
/// Cells whose centre lies within the radius.
const CELLS: usize = 112;
/// Values of a cylinder.
pub const CYLINDER_VALUES: usize = CELLS * SLICES;

/// Sub-pixel units of the tables below: 1/6 pixel, in which cell centres are integers twelve-to-the-grid.
const UNITS_PER_PX: i32 = 6;
/// Standard deviation of a contribution over distance, pixels.
const SIGMA_PX: f64 = 9.5;
/// Contributions end at three standard deviations.
const REACH: i32 = 171;
/// Standard deviation of a contribution over direction, degrees.
const SIGMA_DEGREES: f64 = 40.0;
/// Scale of the sum of contributions: this is 1.
const SUM_ONE: f64 = (1u32 << 28) as f64;
/// The sum at which the value of a cell is one half, and how steeply it rises there.
const SIGMOID: (f64, f64) = (0.01, 400.0);
/// Steps of the sum that the table of the sigmoid tells apart, as a shift of the sum.
const SIGMOID_SHIFT: u32 = 14;
const SIGMOID_STEPS: usize = 1024;

/// Length of the turn-free part of a descriptor; with [`DIRECTION_LENGTH`] the dot product of two
/// descriptors is at most about 168,000.
const LENGTH: f64 = 360.0;
/// Length of each of the two direction pairs.
const DIRECTION_LENGTH: i32 = 139;

/// The cylinder of one minutia: each value in 1/255.
pub type Cylinder = [u8; CYLINDER_VALUES];

struct Tables {
    /// Cell centres in sub-pixel units, in the frame of the minutia.
    cells: Vec<(i32, i32)>,
    /// Weight by squared distance in squared sub-pixel units, shifted by [`DISTANCE_SHIFT`].
    distance: Vec<i32>,
    /// Weight by relative direction and slice, 1/4096.
    direction: Vec<[i32; SLICES]>,
    /// Value by shifted sum.
    sigmoid: Vec<u8>,
}

const DISTANCE_SHIFT: u32 = 2;
const DIRECTION_ONE: f64 = 4096.0;

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let step = 2 * RADIUS_PX * UNITS_PER_PX / GRID;
    let centre = |cell: i32| -RADIUS_PX * UNITS_PER_PX + step / 2 + step * cell;
    let radius = RADIUS_PX * UNITS_PER_PX;
    let cells = (0..GRID)
        .flat_map(|i| (0..GRID).map(move |j| (centre(i), centre(j))))
        .filter(|(x, y)| x * x + y * y <= radius * radius)
        .collect();
    let sigma = SIGMA_PX * f64::from(UNITS_PER_PX);
    let height = SUM_ONE / DIRECTION_ONE / (SIGMA_PX * std::f64::consts::TAU.sqrt());
    let distance = (0..=(REACH * REACH) >> DISTANCE_SHIFT)
        .map(|step| {
            let squared = f64::from(step << DISTANCE_SHIFT);
            (height * (-squared / (2.0 * sigma * sigma)).exp()).round() as i32
        })
        .collect();
    let sigmoid = (0..SIGMOID_STEPS)
        .map(|step| {
            let sum = ((step as f64 + 0.5) * f64::from(1u32 << SIGMOID_SHIFT)) / SUM_ONE;
            (255.0 / (1.0 + (-SIGMOID.1 * (sum - SIGMOID.0)).exp())).round() as u8
        })
        .collect();
    Tables { cells, distance, direction: (0..=255).map(slices).collect(), sigmoid }
});

/// How much of a contribution of relative direction `difference` falls into each slice.
fn slices(difference: u8) -> [i32; SLICES] {
    let width = std::f64::consts::TAU / SLICES as f64;
    let sigma = SIGMA_DEGREES.to_radians();
    let angle = f64::from(difference) / 256.0 * std::f64::consts::TAU;
    std::array::from_fn(|slice| {
        let centre = -std::f64::consts::PI + (slice as f64 + 0.5) * width;
        let mut away = (centre - angle).rem_euclid(std::f64::consts::TAU);
        if away >= std::f64::consts::PI {
            away -= std::f64::consts::TAU;
        }
        let part = normal(away + width / 2.0, sigma) - normal(away - width / 2.0, sigma);
        (part * DIRECTION_ONE).round() as i32
    })
}

/// Distribution function of a normal variable, by Simpson's rule from 0.
fn normal(value: f64, sigma: f64) -> f64 {
    const PARTS: i32 = 64;
    let end = value / sigma;
    let density = |t: f64| (-t * t / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let step = end / f64::from(PARTS);
    let inner: f64 =
        (1..PARTS).map(|k| density(f64::from(k) * step) * if k % 2 == 1 { 4.0 } else { 2.0 }).sum();
    0.5 + (density(0.0) + inner + density(end)) * step / 3.0
}

/// The cylinders of `minutiae`, one each.
pub fn cylinders(minutiae: &[PlacedMinutia]) -> Vec<Cylinder> {
    minutiae.iter().map(|centre| cylinder(centre, minutiae)).collect()
}

fn cylinder(centre: &PlacedMinutia, minutiae: &[PlacedMinutia]) -> Cylinder {
    let tables = &*TABLES;
    let (cosine, sine) = DIRECTIONS[usize::from(centre.direction)];
    let mut sums = [[0i32; SLICES]; CELLS];
    let farthest = RADIUS_PX + REACH / UNITS_PER_PX + 1;
    for other in minutiae.iter().filter(|m| !std::ptr::eq(*m, centre)) {
        let dx = i32::from(other.x_px) - i32::from(centre.x_px);
        let dy = i32::from(other.y_px) - i32::from(centre.y_px);
        if dx.abs().max(dy.abs()) > farthest {
            continue;
        }
        // Rounded towards zero, so that opposite places stay opposite.
        let u = (dx * cosine + dy * sine) * UNITS_PER_PX / ONE;
        let v = (dy * cosine - dx * sine) * UNITS_PER_PX / ONE;
        let parts = &tables.direction[usize::from(centre.direction.wrapping_sub(other.direction))];
        for (sum, (x, y)) in sums.iter_mut().zip(&tables.cells) {
            let squared = (x - u) * (x - u) + (y - v) * (y - v);
            if squared <= REACH * REACH {
                let weight = tables.distance[(squared >> DISTANCE_SHIFT) as usize];
                for (sum, part) in sum.iter_mut().zip(parts) {
                    *sum += weight * part;
                }
            }
        }
    }
    let mut values = [0; CYLINDER_VALUES];
    for (value, sum) in values.iter_mut().zip(sums.as_flattened()) {
        let step = (*sum >> SIGMOID_SHIFT) as usize;
        *value = tables.sigmoid[step.min(SIGMOID_STEPS - 1)];
    }
    values
}

/// The descriptors of `minutiae`, one each.
pub(super) fn describe(minutiae: &[PlacedMinutia], projection: &Projection) -> Vec<Descriptor> {
    cylinders(minutiae)
        .iter()
        .zip(minutiae)
        .map(|(cylinder, minutia)| normalised(&projection.apply(cylinder), minutia.direction))
        .collect()
}

/// Scales the projected values to [`LENGTH`] and adds the direction.
fn normalised(values: &[i32; TURN_FREE_COMPONENTS], direction: u8) -> Descriptor {
    // Sums in this order, square roots, products and quotients of `f64` are the same on every machine.
    let squared: f64 = values.iter().map(|v| f64::from(*v) * f64::from(*v)).sum();
    let scale = LENGTH / squared.max(1.0).sqrt();
    let mut described = [0; super::DESCRIPTOR_BYTES];
    for (component, value) in described.iter_mut().zip(values) {
        *component = (f64::from(*value) * scale).round().clamp(-127.0, 127.0) as i8;
    }
    let (cosine, sine) = DIRECTIONS[usize::from(direction)];
    let scaled = |part: i32| {
        let product = part * DIRECTION_LENGTH;
        ((product.abs() + ONE / 2) / ONE * product.signum()).clamp(-127, 127) as i8
    };
    let pair = [scaled(cosine), scaled(sine)];
    described[TURN_FREE_COMPONENTS..TURN_FREE_COMPONENTS + 2].copy_from_slice(&pair);
    described[TURN_FREE_COMPONENTS + 2..].copy_from_slice(&pair);
    described
}

/// Turns the direction components by a quarter, as if the print were turned counter-clockwise.
pub(super) fn quarter_turn(descriptor: &mut Descriptor) {
    for pair in descriptor[TURN_FREE_COMPONENTS..].chunks_exact_mut(2) {
        pair.swap(0, 1);
        pair[0] = -pair[0];
    }
}
