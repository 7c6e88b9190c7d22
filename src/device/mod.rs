//! Runs kernels on a device: the processor, or with the feature `gpu` a graphics card. Every device gives
//! the same answers, bit for bit.

mod choice;
pub mod cpu;
mod finger;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod measure;
mod paper;
pub mod selftest;
mod selftest_finger;
pub mod workload;

use std::fmt;
#[cfg(feature = "gpu")]
use std::sync::Arc;

pub use choice::{DeviceChoice, Devices, Member, NoDevice};
pub use cpu::CpuDevice;
pub use finger::{Batch, GateSize, Prints};

use crate::kernel::minutia::PrintView;
use crate::kernel::planes::PlaneView;
use crate::kernel::{
    Overflow, Survivor, Window, genotype_screen, kin_screen, minutia_pair, select, str_counts,
    str_screen,
};

/// Why a device did not answer a question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// More pairs survive than there is room for: ask for less at once.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// The device failed; another one can answer.
    #[cfg(feature = "gpu")]
    #[error(transparent)]
    Gpu(#[from] gpu::GpuError),
}

impl DeviceError {
    /// That more pairs survive than there is room for, if that is all.
    pub fn overflow(&self) -> Option<Overflow> {
        match self {
            DeviceError::Overflow(overflow) => Some(*overflow),
            #[cfg(feature = "gpu")]
            DeviceError::Gpu(_) => None,
        }
    }

    /// Whether the device had no memory for the question; it may have for another.
    pub fn lacks_memory(&self) -> bool {
        match self {
            DeviceError::Overflow(_) => false,
            #[cfg(feature = "gpu")]
            DeviceError::Gpu(error) => matches!(error, gpu::GpuError::OutOfMemory { .. }),
        }
    }
}

/// A device with the processor beside it, which does what the device has no kernel for.
#[derive(Debug, Clone)]
pub struct Device {
    cpu: CpuDevice,
    #[cfg(feature = "gpu")]
    gpu: Option<Arc<gpu::GpuDevice>>,
}

impl From<CpuDevice> for Device {
    fn from(cpu: CpuDevice) -> Device {
        Device {
            cpu,
            #[cfg(feature = "gpu")]
            gpu: None,
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            let adapter = gpu.adapter();
            return write!(formatter, "gpu:{} ({})", adapter.number, adapter.name);
        }
        write!(formatter, "cpu ({})", self.cpu.level())
    }
}

impl Device {
    /// A graphics card.
    #[cfg(feature = "gpu")]
    pub fn gpu(gpu: Arc<gpu::GpuDevice>, cpu: CpuDevice) -> Device {
        Device { cpu, gpu: Some(gpu) }
    }

    /// What an adapter spent its time on since it was opened; none of the processor.
    #[cfg(feature = "gpu")]
    pub fn spent(&self) -> Option<gpu::Spent> {
        self.gpu.as_ref().map(|gpu| gpu.spent())
    }

    /// The name of an adapter; none of the processor.
    #[cfg(feature = "gpu")]
    fn adapter_name(&self) -> Option<&str> {
        self.gpu.as_ref().map(|gpu| gpu.adapter().name.as_str())
    }

    /// The processor beside the device, or the device itself.
    pub fn cpu(&self) -> &CpuDevice {
        &self.cpu
    }

    /// Whether this is more than the processor.
    pub fn is_gpu(&self) -> bool {
        #[cfg(feature = "gpu")]
        return self.gpu.is_some();
        #[cfg(not(feature = "gpu"))]
        false
    }

    /// Runs [`str_screen`].
    ///
    /// # Errors
    /// More than `capacity` pairs survive, or the device fails.
    pub fn str_screen(
        &self,
        params: &str_screen::Params,
        queries: &[str_screen::Query],
        windows: &[Window],
        view: PlaneView,
        capacity: usize,
    ) -> Result<Vec<Survivor>, DeviceError> {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            return gpu.str_screen(params, queries, windows, view, capacity);
        }
        Ok(self.cpu.str_screen(params, queries, windows, view, capacity)?)
    }

    /// Runs [`kin_screen`].
    ///
    /// # Errors
    /// More than `capacity` pairs survive, or the device fails.
    pub fn kin_screen(
        &self,
        params: &kin_screen::Params,
        queries: &[kin_screen::KinQuery],
        windows: &[Window],
        view: PlaneView,
        capacity: usize,
    ) -> Result<Vec<Survivor>, DeviceError> {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            return gpu.kin_screen(params, queries, windows, view, capacity);
        }
        Ok(self.cpu.kin_screen(params, queries, windows, view, capacity)?)
    }

    /// Runs [`genotype_screen`].
    ///
    /// # Errors
    /// More than `capacity` rows survive, or the device fails.
    pub fn genotype_screen(
        &self,
        params: &genotype_screen::Params,
        queries: &[&genotype_screen::Query],
        windows: &[Window],
        rows: &genotype_screen::CodedRows,
        capacity: usize,
    ) -> Result<Vec<Survivor>, DeviceError> {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            return gpu.genotype_screen(params, queries, windows, rows, capacity);
        }
        Ok(self.cpu.genotype_screen(params, queries, windows, rows, capacity)?)
    }

    /// Runs [`str_counts`]: the match matrix.
    ///
    /// # Errors
    /// The device fails.
    pub fn str_counts(
        &self,
        queries: &[str_counts::Query],
        windows: &[Window],
        view: PlaneView,
    ) -> Result<str_counts::CountMatrix, DeviceError> {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            return gpu.str_counts(queries, windows, view);
        }
        Ok(self.cpu.str_counts(queries, windows, view))
    }

    /// Runs [`str_counts`]: the histogram by agreement.
    ///
    /// # Errors
    /// The device fails.
    pub fn str_counts_by_agreement(
        &self,
        queries: &[str_counts::Query],
        windows: &[Window],
        view: PlaneView,
    ) -> Result<str_counts::AgreementHistogram, DeviceError> {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            return gpu.str_counts_by_agreement(queries, windows, view);
        }
        Ok(self.cpu.str_counts_by_agreement(queries, windows, view))
    }

    /// Runs [`select`] on a table of scores of `rows` rows.
    ///
    /// # Errors
    /// More than `capacity` scores survive, or the device fails.
    pub fn select(
        &self,
        params: &select::Params,
        scores: &[i32],
        rows: usize,
        capacity: usize,
    ) -> Result<select::Selected, DeviceError> {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            return gpu.select(params, scores, rows, capacity);
        }
        Ok(select::run(params, scores, rows, capacity)?)
    }

    /// Runs [`minutia_pair`] on `pairs` of a number in `probes` and one in `gallery`: a score for each, in
    /// their order.
    ///
    /// # Errors
    /// The device fails, or refuses a pair or a print that does not keep the limits of [`PrintView`].
    ///
    /// # Panics
    /// Of the processor: a pair names a print that is not there.
    pub fn minutia_pairs(
        &self,
        probes: &[PrintView<'_>],
        gallery: &[PrintView<'_>],
        pairs: &[(u32, u32)],
    ) -> Result<Vec<minutia_pair::PairScore>, DeviceError> {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            let (probes, gallery) = (gpu.minutia_prints(probes)?, gpu.minutia_prints(gallery)?);
            return gpu.minutia_pair(&probes, &gallery, pairs);
        }
        let score = |&(probe, print): &(u32, u32)| {
            self.cpu.minutia_pair(probes[probe as usize], gallery[print as usize])
        };
        Ok(pairs.iter().map(score).collect())
    }
}
