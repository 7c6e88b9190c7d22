//! The files of an evaluation: `rates.json`, `scores.csv`, `det.svg`, `cmc.svg`, `recall.svg`.

use std::path::Path;

use serde::Serialize;

use super::chart::{Axis, Series, chart};
use super::curve::Curve;
use super::dataset::Dataset;
use super::matrix::{Matrix, Stage};
use super::protocol::{Comparison, comparisons};
use super::rates::{curve, sorted};
use super::{Filter, FingerEvaluation};
use crate::error::{Error, Result};

/// One row of `scores.csv`.
#[derive(Debug, Serialize)]
struct Row<'a> {
    database: &'a str,
    probe_finger: u32,
    probe_impression: u32,
    gallery_finger: u32,
    gallery_impression: u32,
    is_mated: bool,
    gate: i32,
    similarity: i32,
}

/// Writes all files into `folder`, which is made where it is absent.
///
/// # Errors
/// A file cannot be written.
pub fn write_finger(
    folder: &Path,
    evaluation: &FingerEvaluation,
    dataset: &Dataset,
    matrix: &Matrix,
) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(Error::io(&path))
    };
    let path = folder.join("rates.json");
    let mut text =
        serde_json::to_string_pretty(evaluation).map_err(|e| Error::io(&path)(e.into()))?;
    text.push('\n');
    write("rates.json", text)?;
    let made = comparisons(dataset, evaluation.options.protocol);
    scores(&folder.join("scores.csv"), dataset, matrix, &made)?;
    write("det.svg", det(evaluation, dataset, matrix, &made))?;
    write("cmc.svg", cmc(evaluation))?;
    if let Some(filter) = &evaluation.filter {
        write("recall.svg", recall(&evaluation.source, filter))?;
    }
    Ok(())
}

fn scores(path: &Path, dataset: &Dataset, matrix: &Matrix, made: &[Comparison]) -> Result<()> {
    let failed = |error: csv::Error| Error::io(path)(error.into());
    let mut writer = csv::Writer::from_path(path).map_err(failed)?;
    for comparison in made {
        let (probe, gallery) =
            (&dataset.prints[comparison.first], &dataset.prints[comparison.second]);
        let row = Row {
            database: &dataset.databases[probe.database],
            probe_finger: probe.finger,
            probe_impression: probe.impression,
            gallery_finger: gallery.finger,
            gallery_impression: gallery.impression,
            is_mated: comparison.is_mated,
            gate: matrix.row(Stage::Gate, comparison.first)[comparison.second],
            similarity: matrix.row(Stage::Full, comparison.first)[comparison.second],
        };
        writer.serialize(row).map_err(failed)?;
    }
    writer.flush().map_err(Error::io(path))
}

/// An axis of error rates down to the power of ten below one in `comparisons`.
fn error_axis(label: &'static str, comparisons: u64) -> Axis {
    let smallest = 10f64.powf((1.0 / comparisons.max(10) as f64).log10().floor());
    Axis { label, from: smallest, to: 1.0, is_logarithmic: true, is_percent: true }
}

fn det(
    evaluation: &FingerEvaluation,
    dataset: &Dataset,
    matrix: &Matrix,
    made: &[Comparison],
) -> String {
    let of = |stage: Stage, database: Option<usize>| {
        let is_of =
            |c: &&Comparison| database.is_none_or(|d| dataset.prints[c.first].database == d);
        let own: Vec<Comparison> = made.iter().filter(is_of).copied().collect();
        curve(&sorted(matrix.scored(stage, &own)))
    };
    let mut series = Vec::new();
    let mut add = |name: &str, curve: Option<Curve>, colour: usize, is_dashed: bool| {
        if let Some(curve) = curve {
            series.push(Series { name: name.to_owned(), points: steps(&curve), colour, is_dashed });
        }
    };
    add("pooled, full", of(Stage::Full, None), 0, false);
    add("pooled, gate", of(Stage::Gate, None), 0, true);
    for (number, database) in dataset.databases.iter().enumerate() {
        add(database, of(Stage::Full, Some(number)), number + 1, false);
    }
    let counts = evaluation.full.pooled.as_ref().map_or((0, 0), |r| (r.mated, r.non_mated));
    chart(
        &format!("{}: detection error trade-off", evaluation.source),
        &error_axis("false match rate, %", counts.1),
        &error_axis("false non-match rate, %", counts.0),
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

fn cmc(evaluation: &FingerEvaluation) -> String {
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

fn recall(source: &str, filter: &Filter) -> String {
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
