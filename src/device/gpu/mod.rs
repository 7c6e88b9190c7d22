//! Kernels on a graphics card through wgpu and Vulkan: the same answers as [`super::CpuDevice`], bit for bit.
//!
//! What: one shader a kernel, `shaders/NAME.wgsl`, and its host here. A call is cut into dispatches of less
//! than a tenth of a second; planes of segments stay on the device, and so do prints while who compares them
//! holds them; a buffer too small for the survivors of
//! a dispatch is made larger and the dispatch run again.
//!
//! Limits: Vulkan alone, and adapters with immediates (push constants). Results are sorted here, because a
//! device appends them as it comes to them. When not to use it: for few pairs; a call costs a fraction of a
//! millisecond whatever it asks.

use std::sync::{Mutex, PoisonError};

pub mod adapters;
mod context;
mod counts;
mod encode;
mod fault;
mod gate;
pub mod interface;
mod pace;
mod pair;
mod pair_tables;
mod prints;
mod resident;
mod screens;
mod select;
mod spent;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod tests_gate;
#[cfg(test)]
mod tests_pair;
#[cfg(test)]
mod tests_select;

pub use context::GpuError;
pub use fault::{Fault, FaultPlan};
pub use gate::Finger;
pub use prints::GpuPrints;
pub use spent::Spent;

use adapters::Adapter;
use context::{Context, Pipeline};
use fault::Injected;
use gate::Gate;
use interface::{GENOTYPE_SCREEN, KIN_SCREEN, STR_COUNTS, STR_SCREEN};
use pace::Pace;
use pair::Pair;
use resident::Resident;
use select::Select;

use super::DeviceError;
use crate::domain::finger::MAX_PRINT_MINUTIAE;
use crate::kernel::minutia::DESCRIPTOR_BYTES;
use crate::kernel::minutia_pair::{CANDIDATES, tables};
use crate::kernel::{Spec, genotype_screen, minutia, minutia_gate, planes};
use crate::limits::{MAX_ALLELES_PER_LOCUS, MAX_LOCI};

const _: () = {
    assert!(interface::BLOCK_WORDS as usize * 32 == planes::LANES);
    assert!(interface::BLOCK_ROWS as usize == genotype_screen::BLOCK);
    assert!(interface::GENOTYPE_CODES as usize == genotype_screen::CODES);
    assert!(interface::TYPED as usize == planes::TYPED && interface::WILD as usize == planes::WILD);
    assert!(interface::ONE as usize == planes::ONE && interface::TWO as usize == planes::TWO);
    assert!(interface::MANY as usize == planes::MANY);
    assert!(interface::MAX_ALLELES_PER_LOCUS as usize == MAX_ALLELES_PER_LOCUS);
    assert!(MAX_LOCI < 1 << 7, "the shaders count loci in seven bits");
    assert!(interface::MAX_MINUTIAE as usize == MAX_PRINT_MINUTIAE && DESCRIPTOR_BYTES == 64);
    assert!(interface::INDEX_MASK as usize + 1 == MAX_PRINT_MINUTIAE);
    assert!(interface::PAIRS as usize == minutia_gate::PAIRS);
    assert!(interface::MAX_ROTATION_DIFFERENCE == minutia_gate::MAX_ROTATION_DIFFERENCE);
    assert!(interface::TOLERANCE_PX2 == minutia_gate::TOLERANCE_PX2);
    assert!(interface::TOLERANCE_SHIFT == minutia_gate::TOLERANCE_SHIFT);
    assert!(interface::PLAIN_STRENGTH == minutia_gate::PLAIN_STRENGTH);
    assert!(4 * interface::PAIRS == interface::WORKGROUP, "threads of stage 2 of minutia_gate");
    assert!(cfg!(target_endian = "little"), "planes are words of 64 bits read as two of 32");
};

// `minutia_pair`; `pair_tables` asserts the places of its tables.
const _: () = {
    assert!(interface::COUNT_MASK >= interface::MAX_MINUTIAE);
    assert!(interface::UNIT == minutia::trigonometry::ONE);
    assert!(interface::CANDIDATES as usize == CANDIDATES);
    assert!(interface::FULL_AGREEMENT == tables::FULL);
    assert!(interface::ROTATION_FACTOR == tables::ROTATION_FACTOR);
    assert!(interface::MAX_DISTANCE as usize == tables::MAX_DISTANCE);
    assert!(interface::SUB_PIXELS == tables::SUB_PIXELS);
    assert!(interface::DIRECTION_PX2 as i64 == tables::DIRECTION_PX2);
    assert!(interface::NEIGHBOURS as usize == tables::NEIGHBOURS);
    assert!(interface::ROUNDS as usize == tables::ROUNDS);
    assert!(interface::MAX_DIRECTION == tables::MAX_DIRECTION);
    assert!(interface::DISTANCES as usize == tables::DISTANCES);
    assert!(interface::MAX_WEIGHT == tables::MAX_WEIGHT && interface::BASE == tables::BASE);
    assert!(interface::HEAVIEST == tables::HEAVIEST);
    assert!(interface::SIDES as usize == tables::SIDES);
    assert!(4 * interface::SIDES == interface::WORKGROUP, "an invocation looks along a side");
    assert!(interface::LOG_BITS == tables::LOG_BITS);
    assert!(interface::WEIGHT_PERCENT == tables::WEIGHT_PERCENT);
    assert!(interface::OVERLAP_PERCENT == tables::OVERLAP_PERCENT);
    assert!(interface::TOTAL_PERCENT == tables::TOTAL_PERCENT);
    assert!(interface::MINUTIAE_PERCENT == tables::MINUTIAE_PERCENT);
    assert!(interface::AWAY_PERCENT == tables::AWAY_PERCENT);
};

/// The whole text of a shader, as `build.rs` made it.
macro_rules! source {
    ($shader:literal) => {
        include_str!(concat!(env!("OUT_DIR"), "/", $shader, ".wgsl"))
    };
}

/// The pace of each kernel of profiles.
#[derive(Default)]
struct Paces {
    str_screen: Pace,
    str_counts: Pace,
    kin_screen: Pace,
    genotype_screen: Pace,
}

/// An adapter opened for the kernels. May be used from several threads: while one waits for a dispatch,
/// another brings its probes.
pub struct GpuDevice {
    adapter: Adapter,
    context: Context,
    str_screen: Pipeline,
    str_counts: Pipeline,
    kin_screen: Pipeline,
    genotype_screen: Pipeline,
    gate: Gate,
    pair: Pair,
    select: Select,
    paces: Paces,
    resident: Resident,
    faults: Mutex<Option<FaultPlan>>,
}

impl std::fmt::Debug for GpuDevice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("GpuDevice").field("adapter", &self.adapter).finish_non_exhaustive()
    }
}

impl GpuDevice {
    /// Opens `adapter`.
    ///
    /// # Errors
    /// It is unsuitable, or its driver refuses it or a shader.
    pub fn open(adapter: &Adapter) -> Result<GpuDevice, GpuError> {
        if let Some(reason) = &adapter.unsuitable {
            return Err(GpuError::Refused(reason.clone()));
        }
        let context = Context::open(&adapter.inner)?;
        Ok(GpuDevice {
            adapter: adapter.clone(),
            str_screen: context.pipeline(&STR_SCREEN, source!("str_screen"))?,
            str_counts: context.pipeline(&STR_COUNTS, source!("str_counts"))?,
            kin_screen: context.pipeline(&KIN_SCREEN, source!("kin_screen"))?,
            genotype_screen: context.pipeline(&GENOTYPE_SCREEN, source!("genotype_screen"))?,
            gate: Gate::open(&context, source!("minutia_gate"))?,
            pair: Pair::open(&context, source!("minutia_pair"))?,
            select: Select::open(&context, source!("select"))?,
            context,
            paces: Paces::default(),
            resident: Resident::default(),
            faults: Mutex::new(None),
        })
    }

    /// Puts faults into the calls from now on, for tests.
    pub fn set_faults(&self, faults: Option<FaultPlan>) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Calls that went wrong on purpose since the faults were set.
    pub fn faults_injected(&self) -> u64 {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.as_ref().map_or(0, FaultPlan::injected)
    }

    /// The adapter.
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// What it spent its time on since it was opened.
    pub fn spent(&self) -> Spent {
        self.context.account.so_far()
    }

    /// What is to go wrong with this call of `kernel`.
    fn injected(&self, kernel: &Spec) -> Result<Injected, GpuError> {
        let fault = {
            let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            faults.as_mut().and_then(|plan| plan.next(kernel))
        };
        match fault {
            Some(Fault::Lost) => {
                self.context.lose();
                self.context.check()?;
            }
            Some(Fault::OutOfMemory) => {
                return Err(GpuError::OutOfMemory { what: kernel.name, bytes: 0 });
            }
            _ => {}
        }
        Ok(Injected(fault))
    }
}
