//! Makes the calibration table: similarities of different fingers to false match rates.
//!
//! Data: every pair of impressions of different fingers in each folder, across its databases too. The
//! comparisons are those of the evaluation's matrix, so where there is a projection learned without the
//! database of the first impression, it is used.
//!
//! Measured: at a similarity that `k` of `n` comparisons reach, the rate is `(k + 1) / (n + 1)`, as far as
//! `k` is at least [MIN_EXCEEDANCES]. It falls with similarity by itself, so nothing has to be made
//! monotone. Extrapolated: beyond, the rate falls exponentially at the mean excess of the
//! [`TAIL_EXCEEDANCES`] largest similarities over the next one, that mean raised to the upper end of its one-sided 95 %
//! interval (Pickands 1975: excesses over a high threshold tend to a generalised Pareto distribution; its
//! shape is reported, and where it is negative, as with this matcher, an exponential is too cautious and
//! never too bold).
//!
//! Of several folders (extractors of minutiae) the least evidence counts at each similarity, so that the
//! table is bold for none of them.
//!
//! Limits: the pairs of a few fingers are not independent, so the measured end is less certain than its
//! count suggests.

use std::collections::BTreeMap;

use serde::Serialize;

use super::dataset::Dataset;
use super::matrix::{Matrix, Stage};
use super::projections::NamedProjection;
use crate::domain::calibration::{
    Calibration, CalibrationCurve, Comparator, MAX_SCORE_MBAN, STEPS,
};
use crate::domain::finger::Rotation;
use crate::error::{Error, Result};
use crate::kernel::minutia::descriptor::DESCRIPTOR_VERSION;
use crate::kernel::{minutia_gate, minutia_pair};

/// Comparisons that must reach a similarity for its rate to count as measured.
pub(super) const MIN_EXCEEDANCES: u64 = 10;

/// Largest similarities the tail is fitted to.
pub(super) const TAIL_EXCEEDANCES: u64 = 200;

/// Fewest comparisons of different fingers a table is made from: the tail is then their highest tenth.
const MIN_COMPARISONS: u64 = 10 * TAIL_EXCEEDANCES;

/// Upper end of a one-sided 95 % interval, standard deviations.
const UPPER: f64 = 1.645;

/// Largest similarity searched for the end of the table: no comparison comes near.
const LARGEST_SIMILARITY: i32 = 1 << 20;

/// Scores at which a table is shown, millibans.
pub const SHOWN_MBAN: [i32; 6] = [1000, 2000, 3000, 4000, 6000, 9000];

/// One folder's comparisons of different fingers under one rotation, and what was fitted to them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationSource {
    /// Name of the folder.
    pub source: String,
    /// Databases in it.
    pub databases: Vec<String>,
    /// Projections used, by database: name and hash.
    pub projections: Vec<(String, String)>,
    /// What was known of rotations.
    pub rotation: Rotation,
    /// Comparisons of different fingers.
    pub comparisons: u64,
    /// Largest similarity whose rate is measured.
    pub measured_to: i32,
    /// The rate there.
    pub measured_fmr: f64,
    /// Similarity over which the tail was fitted.
    pub tail_over: i32,
    /// Similarity by which the extrapolated rate falls to a tenth.
    pub similarity_per_decade: f64,
    /// Shape of the tail by moments: negative falls faster than extrapolated, positive slower.
    pub tail_shape: f64,
    /// Similarity at 10 %, 1 %, 0.1 % of the comparisons.
    pub quantiles: [i32; 3],
    /// Comparisons that reach each similarity, by similarity descending.
    #[serde(skip)]
    reached: Vec<(i32, u64)>,
}

impl CalibrationSource {
    /// The comparisons of different fingers in `matrix`.
    ///
    /// # Errors
    /// There are too few.
    pub fn new(
        source: &str,
        dataset: &Dataset,
        matrix: &Matrix,
        projections: Vec<(String, String)>,
        rotation: Rotation,
    ) -> Result<CalibrationSource> {
        let mut counts: BTreeMap<i32, u64> = BTreeMap::new();
        let fingers = matrix.fingers();
        for first in 0..fingers.len() {
            let row = matrix.row(Stage::Full, first);
            for second in (first + 1..row.len()).filter(|second| fingers[*second] != fingers[first])
            {
                *counts.entry(row[second]).or_default() += 1;
            }
        }
        let databases = dataset.databases.clone();
        CalibrationSource::of_counts(source, databases, projections, rotation, &counts)
    }

    fn of_counts(
        source: &str,
        databases: Vec<String>,
        projections: Vec<(String, String)>,
        rotation: Rotation,
        counts: &BTreeMap<i32, u64>,
    ) -> Result<CalibrationSource> {
        let comparisons: u64 = counts.values().sum();
        if comparisons < MIN_COMPARISONS {
            return Err(Error::usage(
                format!("{source}: {comparisons} comparisons of different fingers are too few"),
                format!("a calibration needs {MIN_COMPARISONS}; give impressions of more fingers"),
            ));
        }
        let mut so_far = 0;
        let reached: Vec<(i32, u64)> = counts
            .iter()
            .rev()
            .map(|(similarity, count)| {
                so_far += count;
                (*similarity, so_far)
            })
            .collect();
        // The last entry is reached by all comparisons, so there always is one.
        let first_with = |least: u64| reached.iter().find(|(_, k)| *k >= least).map_or(0, |r| r.0);
        let (measured_to, tail_over) =
            (first_with(MIN_EXCEEDANCES), first_with(TAIL_EXCEEDANCES + 1));
        let over =
            counts.range(tail_over + 1..).map(|(s, n)| (f64::from(s - tail_over), *n as f64));
        let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for (excess, n) in over {
            count += n;
            sum += n * excess;
            squares += n * excess * excess;
        }
        if count < MIN_EXCEEDANCES as f64 {
            return Err(Error::usage(
                format!("{source}: the similarities of different fingers are nearly all equal"),
                "check the impressions; a calibration needs a tail to fit",
            ));
        }
        let mean = sum / count;
        let variance = (squares / count - mean * mean).max(1.0);
        let upper = mean * (1.0 + UPPER / count.sqrt());
        let part = |one_in: u64| first_with(comparisons / one_in);
        let mut fitted = CalibrationSource {
            source: source.to_owned(),
            databases,
            projections,
            rotation,
            comparisons,
            measured_to,
            measured_fmr: 0.0,
            tail_over,
            similarity_per_decade: upper * std::f64::consts::LN_10,
            tail_shape: 0.5 * (1.0 - mean * mean / variance),
            quantiles: [part(10), part(100), part(1000)],
            reached,
        };
        fitted.measured_fmr = 10f64.powf(-fitted.log10_evidence(measured_to));
        Ok(fitted)
    }

    /// Similarities with the rate at which different fingers reach them: as measured, and from there as extrapolated up
    /// to the similarity `to`.
    pub(super) fn rates(&self, to: f64) -> [Vec<(f64, f64)>; 2] {
        let rate = |at: i32| (f64::from(at), 10f64.powf(-self.log10_evidence(at)));
        let measured = self.reached.iter().map(|(similarity, _)| *similarity);
        let measured = measured.filter(|at| *at <= self.measured_to).map(rate).collect();
        [measured, vec![rate(self.measured_to), rate(to as i32)]]
    }

    /// -log10 of the rate at a similarity.
    fn log10_evidence(&self, similarity: i32) -> f64 {
        let place = self.reached.partition_point(|(s, _)| *s >= similarity.min(self.measured_to));
        let count = place.checked_sub(1).map_or(0, |place| self.reached[place].1);
        let measured = (self.comparisons as f64 + 1.0).log10() - (count as f64 + 1.0).log10();
        let beyond = f64::from((similarity - self.measured_to).max(0));
        measured + beyond / self.similarity_per_decade
    }
}

/// The curve of several folders: the least evidence of any. `None` without folders.
fn curve(sources: &[&CalibrationSource]) -> Option<CalibrationCurve> {
    let mban = |similarity: i32| {
        let log10 = sources.iter().map(|source| source.log10_evidence(similarity));
        ((1000.0 * log10.fold(f64::INFINITY, f64::min)) as i32).clamp(0, MAX_SCORE_MBAN)
    };
    // The least similarity with a score of at least so much.
    let least = |score: i32| {
        let (mut below, mut at) = (0, LARGEST_SIMILARITY);
        while below + 1 < at {
            let middle = (below + at) / 2;
            if mban(middle) >= score { at = middle } else { below = middle }
        }
        at
    };
    let measured_to = sources.iter().map(|source| source.measured_to).min()?;
    let first = (least(50) - 1).max(1);
    let span = least(MAX_SCORE_MBAN) - first;
    let step = (span + STEPS as i32 - 2) / (STEPS as i32 - 1);
    let scores_mban = std::array::from_fn(|k| mban(first + k as i32 * step));
    Some(CalibrationCurve { first, step, measured_to, scores_mban })
}

/// The table of folders under both rotations, for `projection`, which the program describes prints with.
///
/// # Errors
/// There is no folder under one of the rotations.
pub fn calibrate(
    sources: &[CalibrationSource],
    projection: &NamedProjection,
) -> Result<Calibration> {
    let of = |rotation: Rotation| sources.iter().filter(move |source| source.rotation == rotation);
    let (upright, any): (Vec<_>, Vec<_>) =
        (of(Rotation::Upright).collect(), of(Rotation::Any).collect());
    let missing = || {
        Error::usage(
            "comparisons under one of the rotations are missing",
            "a table needs impressions compared upright and in any direction",
        )
    };
    if any.is_empty() {
        return Err(missing());
    }
    // The best of four turns is at least the first, so it is never worth more.
    let any = [any, upright.clone()].concat();
    Ok(Calibration {
        comparator: Comparator {
            descriptor_version: DESCRIPTOR_VERSION,
            gate_version: minutia_gate::SPEC.version,
            pair_version: minutia_pair::SPEC.version,
            projection_blake3: *blake3::hash(&projection.projection.to_bytes()).as_bytes(),
        },
        upright: curve(&upright).ok_or_else(missing)?,
        any: curve(&any).ok_or_else(missing)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calibration::BUILTIN;

    /// `n` similarities of an exponential distribution: a tenth every `decade`, from `from` on.
    fn exponential(n: u64, from: i32, decade: f64) -> BTreeMap<i32, u64> {
        let mut counts = BTreeMap::new();
        for k in 0..n {
            let rate = (k as f64 + 0.5) / n as f64;
            let similarity = f64::from(from) - decade * rate.log10();
            *counts.entry(similarity as i32).or_default() += 1;
        }
        counts
    }

    fn source(rotation: Rotation, from: i32, decade: f64) -> CalibrationSource {
        let counts = exponential(100_000, from, decade);
        CalibrationSource::of_counts("made", vec![], vec![], rotation, &counts).unwrap()
    }

    #[test]
    fn known_rates_come_out_measured_where_counted_and_cautious_beyond() {
        let made = source(Rotation::Upright, 10_000, 1000.0);
        assert_eq!(made.comparisons, 100_000);
        // Ten of 100,000: four decades up.
        assert!((made.measured_to - 14_000).abs() < 40, "{}", made.measured_to);
        assert!(made.tail_shape.abs() < 0.1, "an exponential tail has shape 0: {made:?}");
        assert!((made.similarity_per_decade - 1000.0 * (1.0 + 1.645 / 200f64.sqrt())).abs() < 30.0);
        let curve = curve(&[&made]).unwrap();
        for (similarity, expected) in [(11_000, 1000), (12_500, 2500), (13_900, 3900)] {
            let found = curve.evidence(similarity);
            // Straight lines under a rounded table: a little too cautious where few were counted.
            assert!(
                (expected - 40..=expected + 25).contains(&found.score_mban),
                "{similarity}: {found:?}"
            );
            assert!(found.is_measured);
        }
        let beyond = curve.evidence(18_000);
        assert!(!beyond.is_measured);
        assert!((7300..8000).contains(&beyond.score_mban), "8 bans less caution: {beyond:?}");
        assert_eq!(curve.scores_mban[STEPS - 1], MAX_SCORE_MBAN);
    }

    #[test]
    fn the_curves_of_a_calibration_go_on_from_what_was_measured_and_never_rise() {
        let made = source(Rotation::Upright, 10_000, 1000.0);
        let [measured, beyond] = made.rates(20_000.0);
        let falls = |curve: &[(f64, f64)]| {
            let mut curve = curve.to_vec();
            curve.sort_by(|a, b| a.0.total_cmp(&b.0));
            curve.windows(2).all(|pair| pair[0].1 >= pair[1].1)
        };
        assert!(falls(&measured) && falls(&beyond) && measured.len() > 100);
        assert_eq!(measured[0], beyond[0]);
        assert_eq!(beyond[0].1, made.measured_fmr);
        assert!((beyond[1].1.log10() + made.log10_evidence(20_000)).abs() < 1e-9);
        let table = curve(&[&made]).unwrap();
        let of = |rotation| super::super::tails(std::slice::from_ref(&made), &table, rotation);
        let drawing = of(Rotation::Upright);
        assert!(drawing.contains("made, extrapolated") && drawing.contains("stroke-dasharray"));
        assert!(!of(Rotation::Any).contains("made, extrapolated"));
    }

    #[test]
    fn of_two_sources_the_one_with_less_evidence_counts() {
        let (low, high) =
            (source(Rotation::Any, 10_000, 1000.0), source(Rotation::Any, 10_500, 700.0));
        let both = curve(&[&low, &high]).unwrap();
        let (low, high) = (curve(&[&low]).unwrap(), curve(&[&high]).unwrap());
        for similarity in (9_000..20_000).step_by(250) {
            let least =
                low.evidence(similarity).score_mban.min(high.evidence(similarity).score_mban);
            let found = both.evidence(similarity).score_mban;
            assert!((found - least).abs() <= 60, "{similarity}: {found} for {least}");
        }
        assert_eq!(both.measured_to, low.measured_to.min(high.measured_to));
    }

    #[test]
    fn a_table_survives_its_file_form_and_too_few_comparisons_make_none() {
        let sources = Rotation::ALL.map(|rotation| source(rotation, 10_000, 1000.0));
        let projection = NamedProjection::builtin().unwrap();
        let table = calibrate(&sources, &projection).unwrap();
        assert_eq!(Calibration::from_bytes(&table.to_bytes()), Ok(table));
        assert!(calibrate(&sources[..1], &projection).is_err());
        let few = exponential(1999, 0, 10.0);
        let refused = CalibrationSource::of_counts("few", vec![], vec![], Rotation::Any, &few);
        assert!(refused.unwrap_err().to_string().contains("1999 comparisons"));
        let equal = BTreeMap::from([(0, 100_000)]);
        assert!(
            CalibrationSource::of_counts("equal", vec![], vec![], Rotation::Any, &equal).is_err()
        );
    }

    #[test]
    fn the_builtin_table_is_of_this_matcher_and_projection() {
        let projection = NamedProjection::builtin().unwrap();
        let hash = *blake3::hash(&projection.projection.to_bytes()).as_bytes();
        let expected = Comparator {
            descriptor_version: DESCRIPTOR_VERSION,
            gate_version: minutia_gate::SPEC.version,
            pair_version: minutia_pair::SPEC.version,
            projection_blake3: hash,
        };
        assert_eq!(BUILTIN.comparator, expected, "make it again: scripts/calibrate");
    }
}
