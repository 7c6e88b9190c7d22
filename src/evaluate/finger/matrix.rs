//! Every impression of a dataset against every other.

use rayon::prelude::*;

use super::dataset::Dataset;
use super::projections::Projections;
use super::protocol::Comparison;
use super::rates::{Scored, Strata};
use super::scorer::{Probe, gate_scores, similarities};
use crate::device::cpu::CpuDevice;
use crate::domain::finger::Rotation;
use crate::error::{Error, Result};
use crate::kernel::minutia::{Print, PrintView};
use crate::limits::MAX_EVALUATED_PRINTS;

/// Which score of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The gate alone (stages 1 and 2).
    Gate,
    /// The full score.
    Full,
}

/// Scores of all ordered pairs of impressions. The row of an impression is computed with the projection
/// of the impression's own database, the impressions of other databases included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    gate: Vec<Vec<i32>>,
    full: Vec<Vec<i32>>,
    /// Finger of each impression, numbered through all databases.
    fingers: Vec<u32>,
    strata: Strata,
}

impl Matrix {
    /// Compares everything with everything.
    ///
    /// # Errors
    /// There are more than [`MAX_EVALUATED_PRINTS`] impressions.
    pub fn compute(
        dataset: &Dataset,
        projections: &Projections,
        rotation: Rotation,
        device: &CpuDevice,
    ) -> Result<Matrix> {
        let prints = &dataset.prints;
        if prints.len() > MAX_EVALUATED_PRINTS {
            return Err(Error::Limit {
                what: format!("a folder of {} impressions", prints.len()),
                limit: MAX_EVALUATED_PRINTS as u64,
                help: "evaluate fewer databases at a time".into(),
            });
        }
        let (fingers, strata) = number_fingers(dataset);
        let mut matrix = Matrix { gate: Vec::new(), full: Vec::new(), fingers, strata };
        let mut gallery: Option<(usize, Vec<Print>)> = None;
        for database in 0..dataset.databases.len() {
            let projection = &projections.of(database).0.projection;
            let number = projections.number(database);
            let gallery = match &mut gallery {
                Some((known, gallery)) if *known == number => gallery,
                other => {
                    let of = prints.par_iter().map(|p| Print::of(&p.minutiae, projection));
                    &mut other.insert((number, of.collect())).1
                }
            };
            let gallery: Vec<PrintView<'_>> = gallery.iter().map(Print::view).collect();
            let rows: Vec<(Vec<i32>, Vec<i32>)> = prints
                .par_iter()
                .filter(|print| print.database == database)
                .map(|print| {
                    let probe = Probe::new(&print.minutiae, projection, rotation);
                    (
                        gate_scores(device, &probe, &gallery, 0),
                        similarities(device, &probe, &gallery),
                    )
                })
                .collect();
            let (gate, full): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
            matrix.gate.extend(gate);
            matrix.full.extend(full);
        }
        Ok(matrix)
    }

    /// Scores of an impression against all impressions, itself included.
    pub(super) fn row(&self, stage: Stage, print: usize) -> &[i32] {
        match stage {
            Stage::Gate => &self.gate[print],
            Stage::Full => &self.full[print],
        }
    }

    /// Finger of each impression, numbered through all databases.
    pub fn fingers(&self) -> &[u32] {
        &self.fingers
    }

    /// The fingers of each database.
    pub(super) fn strata(&self) -> &Strata {
        &self.strata
    }

    /// Comparisons with their scores.
    pub fn scored(&self, stage: Stage, comparisons: &[Comparison]) -> Vec<Scored> {
        let scored = comparisons.iter().map(|c| Scored {
            score: self.row(stage, c.first)[c.second],
            fingers: (self.fingers[c.first], self.fingers[c.second]),
        });
        scored.collect()
    }
}

/// The finger of each impression, numbered through all databases, and the fingers of each database.
fn number_fingers(dataset: &Dataset) -> (Vec<u32>, Strata) {
    let mut fingers = Vec::with_capacity(dataset.prints.len());
    let mut strata: Strata = vec![Vec::new(); dataset.databases.len()];
    let mut last = None;
    let mut count = 0;
    for print in &dataset.prints {
        if last != Some((print.database, print.finger)) {
            last = Some((print.database, print.finger));
            strata[print.database].push(count);
            count += 1;
        }
        fingers.push(count - 1);
    }
    (fingers, strata)
}
