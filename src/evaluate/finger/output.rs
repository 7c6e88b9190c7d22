//! The files of an evaluation: `rates.json`, `scores.csv` and plots.

use std::path::Path;

use serde::Serialize;

use super::FingerEvaluation;
use super::dataset::Dataset;
use super::figures::{cmc, det, recall, roc, similarities};
use super::matrix::{Matrix, Stage};
use super::protocol::{Comparison, comparisons};
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
    write("roc.svg", roc(evaluation, dataset, matrix, &made))?;
    write("similarities.svg", similarities(&evaluation.source, matrix, &made))?;
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
