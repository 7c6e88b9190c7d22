//! Two records through the searches of a run by themselves, by the definition of every kernel, with what each search
//! found on the way.
//!
//! Why: a hit is explained, and a pair that is no hit accounted for, by the same code that makes hit lists. The
//! caller brings sides that hold these records alone ([`crate::plan::search::ready`]) with the thresholds and the
//! screen of the run. When not to use it: for many pairs; every call compiles its queries anew.

use std::sync::Mutex;

use super::finger_compare::Comparison;
use super::finger_tile::FingerContext;
use super::tile::{TileContext, TileOutput};
use super::work::Work;
use crate::column::hit::Hit;
use crate::device::{Device, cpu::CpuDevice};
use crate::domain::likelihood::Population;
use crate::error::{Error, Result};
use crate::kernel::simd::SimdLevel;
use crate::plan::finger_search::ReadyFingerSearch;
use crate::plan::job::Parameters;
use crate::plan::search::ReadySearch;
use crate::plan::tile::TileSize;

/// What a search found in the pairs of its sides.
#[derive(Debug, Default)]
pub struct Found {
    /// Pairs compared: 0 where an earlier run had compared them.
    pub comparisons: u64,
    /// Pairs of fingerprint records that passed the first stage of their screen.
    pub first_fingers: u64,
    /// Pairs that passed the screen.
    pub survivors: u64,
    /// Hits, in no order, without what the list as a whole adds.
    pub hits: Vec<Hit>,
    /// Full comparisons of fingerprint records, hits or not, with the sides as a hit has them.
    pub compared: Vec<Comparison>,
}

impl Found {
    fn of(output: TileOutput) -> Found {
        Found {
            comparisons: output.comparisons,
            first_fingers: output.stages.first_fingers,
            survivors: output.survivors,
            hits: output.hits,
            compared: Vec::new(),
        }
    }
}

/// The processor as it executes the definitions of the kernels.
///
/// # Errors
/// Never on a processor this program runs on.
pub fn reference_device() -> Result<CpuDevice> {
    CpuDevice::new(SimdLevel::Scalar).map_err(|e| {
        Error::usage(e.to_string(), "report this: every processor has the definitions")
    })
}

/// Runs a search of profiles.
///
/// # Errors
/// A stored profile cannot be read.
pub fn profiles(
    search: &ReadySearch,
    parameters: &Parameters,
    population: &Population,
    run_id: &str,
) -> Result<Found> {
    let device = Device::from(reference_device()?);
    let context =
        TileContext { search, parameters, population, join: None, device: device.clone(), run_id };
    all_tiles(&Work::Dna(context), &device).map(Found::of)
}

/// Runs a search of fingerprints.
///
/// # Errors
/// None on the processor.
pub fn fingers(search: &ReadyFingerSearch, run_id: &str) -> Result<Found> {
    let device = Device::from(reference_device()?);
    let kept = Mutex::default();
    let context = FingerContext { search, device: device.clone(), run_id, kept: Some(&kept) };
    let output = all_tiles(&Work::Finger(context), &device)?;
    let compared = kept.into_inner().unwrap_or_default();
    Ok(Found { compared, ..Found::of(output) })
}

fn all_tiles(work: &Work, device: &Device) -> Result<TileOutput> {
    let mut sum = TileOutput::default();
    for tile in work.tiles(TileSize::default(), false) {
        sum.merge(work.run(&tile, device)?);
    }
    Ok(sum)
}
