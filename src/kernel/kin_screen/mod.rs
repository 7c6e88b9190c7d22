//! `kin_screen`: an upper bound of the log10 likelihood ratio of each row against one probe.
//!
//! With the probe's genotype {a,b} fixed, a locus has only six possible ratios, one per class of the
//! row's genotype: without a and b, {a,x}, {a,a}, {b,x}, {b,b}, {a,b} (three for a homozygous
//! probe). Compiling a probe computes the six with [`crate::domain::likelihood::locus_ratio`] and
//! rounds each log10 *up* to a fixed-point number; the screen adds them. A ratio of exactly zero is
//! not a number but an exclusion: an excluded row never survives. Loci where either side is not one
//! person's plain genotype, or that the frequency table lacks, contribute nothing, as in
//! [`crate::domain::likelihood::Population::locus_ratios`].
//!
//! The bound: every class score is above the true value by at least [`SLACK`] units, the threshold
//! is rounded down, and the sum is exact, so no pair at or over the threshold is lost. Survivors are
//! scored again in `f64`; only that score may be reported. (Compiling uses `f64::log10`, whose last
//! bit may differ between systems: then a different row just below the threshold may survive, which
//! the second score removes.) Mutation is not modelled, as in the exact ratio.

mod lanes;
#[cfg(test)]
mod tests;

use super::planes::{ONE, PlaneMap, PlaneView, TWO, TYPED, WILD};
use super::simd::SimdLevel;
use super::{Overflow, Spec, Survivor, Window, assert_paired};
use crate::domain::dna::Profile;
use crate::domain::likelihood::{Genotype, Population, WeightedAllele, locus_ratio};
use crate::domain::relation::Relation;
use crate::limits::MAX_LOCI;

/// Name and version.
pub const SPEC: Spec = Spec { name: "kin_screen", version: 1 };

/// Classes of a row's genotype at one locus, seen from a probe {a,b}.
const CLASSES: usize = 6;
const NEITHER: usize = 0;
const A_AND_OTHER: usize = 1;
const A_TWICE: usize = 2;
const B_AND_OTHER: usize = 3;
const B_TWICE: usize = 4;
const A_AND_B: usize = 5;

/// Units added to a class score before it is rounded up: covers the rounding of `f64` in the class
/// ratio and in a sum of [`MAX_LOCI`] of them, which is below 10^-10 log10, by a factor of two even
/// in the finest unit.
const SLACK: f64 = 1e-6;

/// Finest unit: 2^-12 log10; finer would not change how many rows survive.
const FINEST_EXPONENT: i32 = 12;

/// Largest score of one class, log10: no finite positive `f64` has a log10 outside ±324. A ratio
/// that overflowed counts as this much.
const LARGEST_LOG10: f64 = 400.0;

const _: () = assert!(
    (LARGEST_LOG10 as usize + 2) * MAX_LOCI <= i16::MAX as usize,
    "whole log10 units always fit, so a unit can be found for every probe"
);

/// Which pairs survive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Params {
    /// Smallest log10 likelihood ratio wanted. Nothing survives NaN; at minus infinity every row
    /// that is not excluded does.
    pub threshold_log10: f64,
}

/// One locus of a compiled probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KinLocus {
    pub(crate) first_plane: u32,
    /// Planes of the probe's alleles; `None` where the dictionary lacks the allele, and for b in a
    /// homozygous probe.
    pub(crate) plane_a: Option<u32>,
    pub(crate) plane_b: Option<u32>,
    pub(crate) scores: [i16; CLASSES],
    /// Bit c: class c has the ratio zero.
    pub(crate) excluding: u8,
}

/// A probe compiled for one relation and population: class scores in fixed point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KinQuery {
    loci: Vec<KinLocus>,
    /// Those of the loci with an excluding class.
    excluding: Vec<KinLocus>,
    /// A unit is 2^-exponent log10.
    exponent: i32,
}

impl KinQuery {
    /// Compiles `profile` against `map`, for views of this map alone. The unit is the finest power
    /// of two for which no sum of class scores leaves 16 bits.
    pub fn compile(
        map: &PlaneMap,
        profile: &Profile,
        relation: Relation,
        population: &Population,
    ) -> KinQuery {
        let mut places = Vec::new();
        for (locus, typing) in profile.iter() {
            let planes = map.slot(locus).and_then(|slot| map.loci().get(slot));
            let (Some(planes), Some((a, b))) = (planes, typing.genotype()) else { continue };
            let Some(genotype) = population.genotype(locus, typing) else { continue };
            let plane = |allele| planes.allele_plane(allele).map(|plane| plane as u32);
            let place = KinLocus {
                first_plane: planes.first_plane() as u32,
                plane_a: plane(a),
                plane_b: if a == b { None } else { plane(b) },
                scores: [0; CLASSES],
                excluding: 0,
            };
            places.push((place, class_ratios(&genotype, relation, population.theta)));
        }
        let exponent = finest_exponent(places.iter().map(|(_, ratios)| ratios));
        let loci: Vec<KinLocus> = places
            .into_iter()
            .map(|(mut place, ratios)| {
                for (class, ratio) in ratios.into_iter().enumerate() {
                    place.excluding |= u8::from(ratio == 0.0) << class;
                    place.scores[class] = score(ratio, exponent) as i16;
                }
                place
            })
            .collect();
        let excluding = loci.iter().copied().filter(|locus| locus.excluding != 0).collect();
        let query = KinQuery { loci, excluding, exponent };
        debug_assert!(query.largest_sum() <= i32::from(i16::MAX));
        query
    }

    /// The log10 that `value`, the value of a survivor of this probe, stands for.
    pub fn to_log10(&self, value: i32) -> f64 {
        f64::from(value) * f64::from(-self.exponent).exp2()
    }

    /// The loci, as devices read them.
    #[cfg(feature = "gpu")]
    pub(crate) fn loci(&self) -> &[KinLocus] {
        &self.loci
    }

    /// `threshold_log10` in this probe's unit, rounded down.
    pub(crate) fn threshold(&self, threshold_log10: f64) -> i32 {
        if threshold_log10.is_nan() {
            return i32::MAX;
        }
        (threshold_log10 * f64::from(self.exponent).exp2()).floor() as i32
    }

    /// The largest absolute value a sum of scores over any subset of the loci can have.
    fn largest_sum(&self) -> i32 {
        let largest = |locus: &KinLocus| locus.scores.iter().map(|s| i32::from(*s).abs()).max();
        self.loci.iter().filter_map(largest).sum()
    }
}

/// The likelihood ratio of each class. Alleles the probe does not have may be any: their frequency
/// cancels, and two different ones score as one twice.
fn class_ratios(probe: &Genotype, relation: Relation, theta: f64) -> [f64; CLASSES] {
    let [a, b] = *probe;
    let other = WeightedAllele { code: u16::MAX, frequency: 0.1 };
    let ratio = |row: Genotype| locus_ratio(probe, &row, relation, theta);
    [
        ratio([other, other]),
        ratio([a, other]),
        ratio([a, a]),
        ratio([b, other]),
        ratio([b, b]),
        ratio([a, b]),
    ]
}

/// log10 of a class ratio in units of 2^-exponent, rounded up; 0 for an exclusion.
fn score(ratio: f64, exponent: i32) -> i32 {
    if ratio == 0.0 {
        return 0;
    }
    let log10 = if ratio.is_finite() { ratio.log10().min(LARGEST_LOG10) } else { LARGEST_LOG10 };
    (log10 * f64::from(exponent).exp2() + SLACK).ceil() as i32
}

/// The finest unit in which the largest scores of all loci together fit 16 bits.
fn finest_exponent<'a>(ratios: impl Iterator<Item = &'a [f64; CLASSES]> + Clone) -> i32 {
    let fits = |exponent: &i32| {
        let largest = |classes: &[f64; CLASSES]| {
            classes.iter().map(|ratio| score(*ratio, *exponent).abs()).max().unwrap_or(0)
        };
        ratios.clone().map(largest).sum::<i32>() <= i32::from(i16::MAX)
    };
    (0..=FINEST_EXPONENT).rev().find(fits).unwrap_or(0)
}

/// The class of one row at one locus; `None` if it is not one person's plain genotype.
fn class(view: &PlaneView, locus: &KinLocus, row: usize) -> Option<usize> {
    let bit = |plane: usize| view.bit(locus.first_plane as usize + plane, row);
    let has = |plane: Option<u32>| plane.is_some_and(|plane| view.bit(plane as usize, row));
    if !bit(TYPED) || bit(WILD) || !(bit(ONE) || bit(TWO)) {
        return None;
    }
    Some(match (has(locus.plane_a), has(locus.plane_b), bit(ONE)) {
        (true, true, _) => A_AND_B,
        (true, false, true) => A_TWICE,
        (true, false, false) => A_AND_OTHER,
        (false, true, true) => B_TWICE,
        (false, true, false) => B_AND_OTHER,
        (false, false, _) => NEITHER,
    })
}

/// Sum of the class scores of one row; `None` if it is excluded.
fn sum(view: &PlaneView, query: &KinQuery, row: usize) -> Option<i32> {
    let mut sum = 0;
    for locus in &query.loci {
        let Some(class) = class(view, locus, row) else { continue };
        if locus.excluding >> class & 1 == 1 {
            return None;
        }
        sum += i32::from(locus.scores[class]);
    }
    Some(sum)
}

/// The definition: every pair of `queries[i]` with the rows of `windows[i]`, one after the other.
/// A survivor's value is the sum in its query's unit.
///
/// # Errors
/// More than `capacity` pairs survive.
///
/// # Panics
/// The numbers of queries and windows differ.
pub fn reference(
    params: &Params,
    queries: &[KinQuery],
    windows: &[Window],
    view: PlaneView,
    capacity: usize,
) -> Result<Vec<Survivor>, Overflow> {
    assert_paired(queries, windows);
    let mut survivors = Vec::new();
    for (probe, (query, window)) in queries.iter().zip(windows).enumerate() {
        let threshold = query.threshold(params.threshold_log10);
        for row in window.rows(&view) {
            let Some(value) = sum(&view, query, row).filter(|sum| *sum >= threshold) else {
                continue;
            };
            if survivors.len() == capacity {
                return Err(Overflow { capacity });
            }
            survivors.push(Survivor { probe: probe as u32, row: row as u32, value });
        }
    }
    Ok(survivors)
}

/// The same answer as [`reference`], computed at `level`.
///
/// # Errors
/// As [`reference`].
///
/// # Panics
/// As [`reference`].
pub fn run(
    level: SimdLevel,
    params: &Params,
    queries: &[KinQuery],
    windows: &[Window],
    view: PlaneView,
    capacity: usize,
) -> Result<Vec<Survivor>, Overflow> {
    assert_paired(queries, windows);
    match level.token() {
        None => reference(params, queries, windows, view, capacity),
        Some(token) => lanes::run(token, params, queries, windows, view, capacity),
    }
}
