//! What the plan's rates let expect of a run, written down before it begins, so that a report can compare.
//!
//! Limits: of the processor alone, also where a graphics card helps. A run that goes on, one in parts and one on a cluster are not
//! predicted: their seconds are of a piece, or of several machines.

use super::begin::Begin;
use super::{Execution, MadeWay, RunInputs};
use crate::error::Result;
use crate::hits::report::SearchReport;
use crate::plan::cost::{seconds_of, seconds_of_fingers};
use crate::plan::way::Deciding;

/// Seconds of each search, in order; none of a run that does not begin now.
///
/// # Errors
/// A segment cannot be read.
pub(super) fn seconds(
    inputs: &RunInputs,
    execution: &Execution,
    ways: &[MadeWay],
) -> Result<Option<Vec<f64>>> {
    if !matches!(execution.begin, Begin::New(_)) || execution.elsewhere.is_some() {
        return Ok(None);
    }
    let device = execution.devices.cpu.device.cpu();
    let deciding = Deciding {
        choice: execution.way,
        has_processor: execution.devices.cpu_compares,
        device,
        threads: execution.threads,
        parameters: inputs.parameters,
        population: &inputs.population,
    };
    let profiles = inputs.searches.iter().zip(ways);
    let profiles =
        profiles.map(|(search, way)| seconds_of(search, way.planned.as_ref(), &deciding));
    let workers = (execution.threads, execution.tile);
    let fingers = inputs.finger_searches.iter();
    let fingers = fingers.map(|search| Ok(seconds_of_fingers(search, device, workers)));
    profiles.chain(fingers).collect::<Result<Vec<f64>>>().map(Some)
}

/// Enters the prediction into the accounts of the searches.
pub(super) fn enter(predicted: Option<Vec<f64>>, searches: &mut [SearchReport]) {
    for (search, seconds) in searches.iter_mut().zip(predicted.into_iter().flatten()) {
        search.predicted_seconds = Some(seconds);
    }
}
