//! Accuracy of the fingerprint matcher on truth-labelled impressions.
//!
//! What: verification ([`rates`]: EER, FMR100, ZeroFMR with intervals) by database and pooled under one
//! threshold, identification ([`identification`]: rank 1, CMC), for the full score and for the gate alone.
//! Definitions are in those modules and in `docs/fingerprints.md`.
//!
//! Limits: figures are of the impressions given. A database that the projection was learned from is
//! named, for its figures are too good ([`projections`]).

mod calibrate;
mod chart;
mod chimera;
mod curve;
mod dataset;
mod figures;
mod filter;
mod identification;
mod likeness;
mod matrix;
mod output;
mod projections;
mod protocol;
mod rates;
mod render;
mod scorer;

#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::device::cpu::CpuDevice;
use crate::domain::finger::Rotation;
use crate::error::{Error, Result};
use crate::kernel::minutia::descriptor::DESCRIPTOR_VERSION;
use crate::kernel::{minutia_gate, minutia_pair};

pub use calibrate::{CalibrationSource, SHOWN_MBAN, calibrate};
pub use curve::{Curve, Point};
pub use dataset::{Dataset, LabelledPrint};
pub use figures::tails;
pub use filter::{DEPTHS, Distractors, Filter, Recall};
pub use identification::Identification;
pub use likeness::{PairScores, draw as draw_likeness, quantile};
pub use matrix::{Matrix, Stage};
pub use output::write_finger;
pub use projections::{NamedProjection, Projections, Training};
pub use protocol::{Comparison, Protocol, comparisons};
pub use rates::{
    Bootstrap, Interval, MIN_FALSE_MATCHES, Rate, Rates, Scored, curve, rates, sorted,
};
pub use render::render;

/// What to evaluate, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FingerOptions {
    /// Comparisons made.
    pub protocol: Protocol,
    /// What is taken for known of rotations.
    pub rotation: Rotation,
    /// How intervals are found.
    pub bootstrap: Bootstrap,
    /// Distractors among which the recall of the gate is measured; none for no such measurement.
    pub distractors: Distractors,
}

/// One database of the evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatabaseSummary {
    /// Name of the folder.
    pub database: String,
    /// Fingers.
    pub fingers: usize,
    /// Impressions.
    pub impressions: usize,
    /// Impressions without a minutia: they score 0 against everything.
    pub without_minutiae: usize,
    /// Mean number of minutiae.
    pub minutiae_mean: f64,
    /// Projection used.
    pub projection: String,
    /// Its hash.
    pub projection_hash: String,
    /// Whether the projection was learned from a database of this name.
    pub training: Training,
}

/// How one stage of the matcher did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageEvaluation {
    /// All databases under one threshold; `None` without mated or without non-mated comparisons.
    pub pooled: Option<Rates>,
    /// By database, in the order of [`FingerEvaluation::databases`].
    pub by_database: Vec<Option<Rates>>,
    /// Searches among all other impressions; `None` without mated pairs.
    pub identification: Option<Identification>,
}

/// The evaluation of one folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FingerEvaluation {
    /// Name of the folder.
    pub source: String,
    /// What was asked for.
    pub options: FingerOptions,
    /// Versions of descriptor and kernels.
    pub kernels: Vec<String>,
    /// Databases, ascending by name.
    pub databases: Vec<DatabaseSummary>,
    /// The full score.
    pub full: StageEvaluation,
    /// The gate alone.
    pub gate: StageEvaluation,
    /// Recall of the gate among distractors, where it was asked for.
    pub filter: Option<Filter>,
}

/// Names and versions of what determines a score, the projection apart.
pub fn kernels() -> Vec<String> {
    let named =
        [minutia_gate::SPEC, minutia_pair::SPEC].map(|s| format!("{} {}", s.name, s.version));
    std::iter::once(format!("minutia {DESCRIPTOR_VERSION}")).chain(named).collect()
}

/// Evaluates the matcher on the impressions of a folder called `source`; gives the scores too.
///
/// # Errors
/// There are too many impressions, or no database has a mated and a non-mated comparison.
pub fn evaluate_finger(
    source: &str,
    dataset: &Dataset,
    projections: &Projections,
    options: FingerOptions,
    device: &CpuDevice,
) -> Result<(FingerEvaluation, Matrix)> {
    let matrix = Matrix::compute(dataset, projections, options.rotation, device)?;
    let comparisons = comparisons(dataset, options.protocol);
    let full = stage(dataset, &matrix, Stage::Full, &comparisons, options.bootstrap);
    if full.pooled.is_none() {
        return Err(Error::usage(
            format!("{source} has no two impressions of one finger, or no two fingers"),
            "put at least two impressions each of two fingers of a database there",
        ));
    }
    let gate = stage(dataset, &matrix, Stage::Gate, &comparisons, options.bootstrap);
    let databases =
        (0..dataset.databases.len()).map(|d| summary(dataset, projections, d)).collect();
    let distractors = options.distractors;
    let filter = (distractors.count > 0).then(|| {
        filter::filter(dataset, &matrix, projections, options.rotation, distractors, device)
    });
    let evaluation = FingerEvaluation {
        source: source.to_owned(),
        options,
        kernels: kernels(),
        databases,
        full,
        gate,
        filter: filter.transpose()?,
    };
    Ok((evaluation, matrix))
}

fn stage(
    dataset: &Dataset,
    matrix: &Matrix,
    stage: Stage,
    comparisons: &[Comparison],
    bootstrap: Bootstrap,
) -> StageEvaluation {
    let all = sorted(matrix.scored(stage, comparisons));
    let of = |database: usize| {
        let own = comparisons.iter().filter(|c| dataset.prints[c.first].database == database);
        let own: Vec<Comparison> = own.copied().collect();
        let strata = vec![matrix.strata()[database].clone()];
        rates(&sorted(matrix.scored(stage, &own)), &strata, bootstrap)
    };
    StageEvaluation {
        pooled: rates(&all, matrix.strata(), bootstrap),
        by_database: (0..dataset.databases.len()).map(of).collect(),
        identification: identification::identification(matrix, stage, bootstrap),
    }
}

fn summary(dataset: &Dataset, projections: &Projections, database: usize) -> DatabaseSummary {
    let prints: Vec<&LabelledPrint> =
        dataset.prints.iter().filter(|print| print.database == database).collect();
    let mut fingers: Vec<u32> = prints.iter().map(|print| print.finger).collect();
    fingers.dedup();
    let minutiae: usize = prints.iter().map(|print| print.minutiae.len()).sum();
    let (projection, training) = projections.of(database);
    DatabaseSummary {
        database: dataset.databases[database].clone(),
        fingers: fingers.len(),
        impressions: prints.len(),
        without_minutiae: prints.iter().filter(|print| print.minutiae.is_empty()).count(),
        minutiae_mean: minutiae as f64 / prints.len().max(1) as f64,
        projection: projection.name.clone(),
        projection_hash: projection.hash.clone(),
        training,
    }
}
