//! The plots of an evaluation: error rates, similarities, ranks, the gate, and the tails of a calibration.
//!
//! Every curve is drawn from the counts that `rates.json` and `scores.csv` hold. What is extrapolated is dashed.

use super::calibrate::CalibrationSource;
use super::chart::{Axis, Series, chart};
use super::curve::Curve;
use super::dataset::Dataset;
use super::matrix::{Matrix, Stage};
use super::protocol::Comparison;
use super::rates::{curve, sorted};
use super::{Filter, FingerEvaluation};
use crate::domain::calibration::CalibrationCurve;
use crate::domain::finger::Rotation;

/// An axis of error rates down to the power of ten below one in `comparisons`.
fn error_axis(label: &'static str, comparisons: u64) -> Axis {
    let smallest = 10f64.powf((1.0 / comparisons.max(10) as f64).log10().floor());
    Axis { label, from: smallest, to: 1.0, is_logarithmic: true, is_percent: true }
}

/// The curves of an evaluation, pooled and by database, as `points` makes them from error rates.
fn curves(
    dataset: &Dataset,
    matrix: &Matrix,
    made: &[Comparison],
    points: impl Fn(Vec<(f64, f64)>) -> Vec<(f64, f64)>,
) -> Vec<Series> {
    let of = |stage: Stage, database: Option<usize>| {
        let is_of =
            |c: &&Comparison| database.is_none_or(|d| dataset.prints[c.first].database == d);
        let own: Vec<Comparison> = made.iter().filter(is_of).copied().collect();
        curve(&sorted(matrix.scored(stage, &own)))
    };
    let mut series = Vec::new();
    let mut add = |name: &str, curve: Option<Curve>, colour: usize, is_dashed: bool| {
        if let Some(curve) = curve {
            let points = points(steps(&curve));
            series.push(Series { name: name.to_owned(), points, colour, is_dashed });
        }
    };
    add("pooled, full", of(Stage::Full, None), 0, false);
    add("pooled, gate", of(Stage::Gate, None), 0, true);
    for (number, database) in dataset.databases.iter().enumerate() {
        add(database, of(Stage::Full, Some(number)), number + 1, false);
    }
    series
}

/// Detection error trade-off: false non-matches against false matches (ISO/IEC 19795-1).
pub(super) fn det(
    evaluation: &FingerEvaluation,
    dataset: &Dataset,
    matrix: &Matrix,
    made: &[Comparison],
) -> String {
    let counts = evaluation.full.pooled.as_ref().map_or((0, 0), |r| (r.mated, r.non_mated));
    chart(
        &format!("{}: detection error trade-off", evaluation.source),
        &error_axis("false match rate, %", counts.1),
        &error_axis("false non-match rate, %", counts.0),
        &curves(dataset, matrix, made, |rates| rates),
    )
}

/// Receiver operating characteristic: mates accepted against false matches (ISO/IEC 19795-1).
pub(super) fn roc(
    evaluation: &FingerEvaluation,
    dataset: &Dataset,
    matrix: &Matrix,
    made: &[Comparison],
) -> String {
    let accepted = |rates: Vec<(f64, f64)>| -> Vec<(f64, f64)> {
        rates.into_iter().map(|(fmr, fnmr)| (fmr, 1.0 - fnmr)).collect()
    };
    let series = curves(dataset, matrix, made, accepted);
    let shares = series.iter().flat_map(|s| s.points.iter().map(|(_, share)| *share));
    // Down to the ten per cent below what is accepted without any false match.
    let from = (shares.fold(0.9, f64::min) * 10.0).floor() / 10.0;
    let non_mated = evaluation.full.pooled.as_ref().map_or(0, |rates| rates.non_mated);
    let label = "mates accepted, %";
    chart(
        &format!("{}: receiver operating characteristic", evaluation.source),
        &error_axis("false match rate, %", non_mated),
        &Axis {
            label,
            from: from.clamp(0.0, 0.9),
            to: 1.0,
            is_logarithmic: false,
            is_percent: true,
        },
        &series,
    )
}

/// Parts that the similarities of a histogram are divided into.
const PARTS: i32 = 80;

/// How the similarities of mates and of different fingers are spread.
pub(super) fn similarities(source: &str, matrix: &Matrix, made: &[Comparison]) -> String {
    let of = |is_mated: bool| -> Vec<i32> {
        let own: Vec<Comparison> =
            made.iter().filter(|c| c.is_mated == is_mated).copied().collect();
        matrix.scored(Stage::Full, &own).into_iter().map(|scored| scored.score).collect()
    };
    let (mated, other) = (of(true), of(false));
    let most = mated.iter().chain(&other).copied().max().unwrap_or(1).max(1);
    let width = (most / PARTS + 1).max(1);
    let spread = |scores: &[i32]| -> Vec<(f64, f64)> {
        let mut counts = vec![0u64; PARTS as usize + 1];
        scores.iter().for_each(|score| counts[(score.max(&0) / width) as usize] += 1);
        let share = |count: u64| count as f64 / scores.len().max(1) as f64;
        // Two corners a part: the outline of its bar.
        let bars = counts.iter().enumerate().flat_map(|(part, count)| {
            let from = (part as i32 * width) as f64;
            [(from, share(*count)), (from + f64::from(width), share(*count))]
        });
        bars.collect()
    };
    let series = |name: &str, scores: &[i32], colour, is_dashed| Series {
        name: format!("{name}, {}", scores.len()),
        points: spread(scores),
        colour,
        is_dashed,
    };
    let smallest = 1.0 / other.len().max(mated.len()).max(10) as f64;
    let y = Axis {
        label: "share of the comparisons, %",
        from: 10f64.powf(smallest.log10().floor()),
        to: 1.0,
        is_logarithmic: true,
        is_percent: true,
    };
    let to = f64::from(width * (PARTS + 1));
    chart(
        &format!("{source}: similarities"),
        &Axis { label: "similarity", from: 0.0, to, is_logarithmic: false, is_percent: false },
        &y,
        &[series("mates", &mated, 1, false), series("different fingers", &other, 2, true)],
    )
}

/// The rate at which different fingers reach a similarity: as measured in every source, beyond that as extrapolated, and
/// the curve of the table, which is never below any of them.
pub fn tails(
    sources: &[CalibrationSource],
    table: &CalibrationCurve,
    rotation: Rotation,
) -> String {
    let to = f64::from(table.first + table.step * (table.scores_mban.len() as i32 - 1));
    let least = sources.iter().map(|source| 1.0 / source.comparisons as f64).fold(1e-6, f64::min);
    let mut series = Vec::new();
    let own = sources.iter().filter(|source| source.rotation == rotation);
    for (number, source) in own.enumerate() {
        let colour = number + 1;
        let name = &source.source;
        let [measured, beyond] = source.rates(to);
        let named = |what: &str| format!("{name}, {what}");
        series.push(Series { name: named("measured"), points: measured, colour, is_dashed: false });
        let name = named("extrapolated");
        series.push(Series { name, points: beyond, colour, is_dashed: true });
    }
    let step = ((to as i32) / 400).max(1);
    let places = (0..=(to as i32) / step).map(|number| number * step);
    let rate = |at: i32| 10f64.powf(-f64::from(table.evidence(at).score_mban) / 1000.0);
    let points = places.map(|at| (f64::from(at), rate(at))).collect();
    series.push(Series { name: "table".into(), points, colour: 0, is_dashed: false });
    let y = Axis {
        label: "different fingers that reach it, share",
        from: 10f64.powf((least * 1e-6).log10().floor()),
        to: 1.0,
        is_logarithmic: true,
        is_percent: false,
    };
    chart(
        &format!("calibration, rotation {}", rotation.word()),
        &Axis { label: "similarity", from: 0.0, to, is_logarithmic: false, is_percent: false },
        &y,
        &series,
    )
}

/// The corners of a curve of steps: FMR and FNMR.
fn steps(curve: &Curve) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for point in curve.points() {
        let at = (curve.fmr(point), curve.fnmr(point));
        if let Some(last) = corners.last().copied() {
            if last == at {
                continue;
            }
            if last.0 != at.0 && last.1 != at.1 {
                corners.push((at.0, last.1));
            }
        }
        corners.push(at);
    }
    corners
}

fn share_axis(label: &'static str, curves: &[&[(u64, f64)]]) -> Axis {
    let least = curves.iter().filter_map(|curve| curve.first()).map(|(_, share)| *share);
    // Down to the ten per cent below the lowest curve.
    let from = (least.fold(0.9, f64::min) * 10.0).floor() / 10.0;
    Axis { label, from: from.clamp(0.0, 0.9), to: 1.0, is_logarithmic: false, is_percent: true }
}

/// Cumulative match characteristic, of the full score and of the gate.
pub(super) fn cmc(evaluation: &FingerEvaluation) -> String {
    let stages = [("full", &evaluation.full, false), ("gate", &evaluation.gate, true)];
    let found: Vec<_> = stages
        .into_iter()
        .filter_map(|(name, stage, dashed)| Some((name, stage.identification.as_ref()?, dashed)))
        .collect();
    let most = found.iter().map(|(_, found, _)| found.others + 1).max().unwrap_or(2).max(2) as f64;
    let series: Vec<Series> = found
        .iter()
        .map(|(name, found, is_dashed)| Series {
            name: (*name).to_owned(),
            points: stairs(&found.cmc, most),
            colour: 0,
            is_dashed: *is_dashed,
        })
        .collect();
    let curves: Vec<&[(u64, f64)]> = found.iter().map(|(_, f, _)| f.cmc.as_slice()).collect();
    let rank = Axis { label: "rank", from: 1.0, to: most, is_logarithmic: true, is_percent: false };
    chart(
        &format!("{}: cumulative match characteristic", evaluation.source),
        &rank,
        &share_axis("mates at the rank or before, %", &curves),
        &series,
    )
}

/// Recall of the gate among distractors.
pub(super) fn recall(source: &str, filter: &Filter) -> String {
    let named = [("one finger", &filter.single, 1), ("two fingers", &filter.fused, 2)];
    let found: Vec<_> = named
        .into_iter()
        .filter_map(|(name, r, colour)| Some((name, r.as_ref()?, colour)))
        .collect();
    let most = found.iter().map(|(_, r, _)| r.others + 1).max().unwrap_or(2).max(2) as f64;
    let series: Vec<Series> = found
        .iter()
        .map(|(name, recall, colour)| Series {
            name: (*name).to_owned(),
            points: stairs(&recall.recall, most),
            colour: *colour,
            is_dashed: false,
        })
        .collect();
    let curves: Vec<&[(u64, f64)]> = found.iter().map(|(_, r, _)| r.recall.as_slice()).collect();
    let label = "prints that survive the gate";
    chart(
        &format!("{source}: recall of the gate among {} distractors", filter.distractors.count),
        &Axis { label, from: 1.0, to: most, is_logarithmic: true, is_percent: false },
        &share_axis("mates that survive, %", &curves),
        &series,
    )
}

/// The corners of shares by rank, to the end of the axis.
fn stairs(shares: &[(u64, f64)], end: f64) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for (rank, share) in shares {
        if let Some((_, last)) = corners.last().copied() {
            corners.push((*rank as f64, last));
        }
        corners.push((*rank as f64, *share));
    }
    corners.extend(shares.last().map(|(_, share)| (end, *share)));
    corners
}
