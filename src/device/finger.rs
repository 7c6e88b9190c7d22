//! The kernels of fingerprints on a device, and prints made ready for it.
//!
//! Why apart: a processor reads prints where they lie, a card needs them brought to it once. Who compares
//! need not know which.

#[cfg(feature = "gpu")]
use super::gpu::{GpuError, GpuPrints};
use super::{Device, DeviceError};
use crate::kernel::minutia::PrintView;
use crate::kernel::{minutia_gate, select};

/// Probes made ready for the gate of one device, by [`Device::minutia_batch`].
#[derive(Debug)]
pub struct Batch<'a>(ReadyBatch<'a>);

#[derive(Debug)]
enum ReadyBatch<'a> {
    Cpu(minutia_gate::Batch<'a>),
    #[cfg(feature = "gpu")]
    Gpu(GpuPrints),
}

/// Prints of a gallery made ready for the gate of one device, by [`Device::minutia_gallery`].
#[derive(Debug)]
pub struct Prints<'a>(ReadyPrints<'a>);

#[derive(Debug)]
enum ReadyPrints<'a> {
    Cpu(Vec<PrintView<'a>>),
    #[cfg(feature = "gpu")]
    Gpu(GpuPrints),
}

impl Batch<'_> {
    /// Number of probes.
    pub fn len(&self) -> usize {
        match &self.0 {
            ReadyBatch::Cpu(batch) => batch.len(),
            #[cfg(feature = "gpu")]
            ReadyBatch::Gpu(prints) => prints.len(),
        }
    }

    /// Whether there is no probe.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Prints<'_> {
    /// Number of prints.
    pub fn len(&self) -> usize {
        match &self.0 {
            ReadyPrints::Cpu(views) => views.len(),
            #[cfg(feature = "gpu")]
            ReadyPrints::Gpu(prints) => prints.len(),
        }
    }

    /// Whether there is no print.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Prints and probes of one call of the gate that suit a device: a processor keeps them in a core's
/// second-level cache, a card needs enough to be busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateSize {
    /// Prints of the gallery.
    pub prints: usize,
    /// Probes.
    pub probes: usize,
}

/// 256 prints take about 600 kB.
const CPU_GATE: GateSize = GateSize { prints: 256, probes: 32 };
/// A million comparisons: ten milliseconds of a fast card.
#[cfg(feature = "gpu")]
const GPU_GATE: GateSize = GateSize { prints: 4096, probes: 256 };

impl Device {
    /// The size of a call of [`Self::minutia_gate`] that suits this device. Scores do not depend on it.
    pub fn gate_size(&self) -> GateSize {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu
            && gpu.adapter().kind != super::gpu::adapters::AdapterKind::Software
        {
            return GPU_GATE;
        }
        CPU_GATE
    }

    /// Makes `probes` ready for [`Self::minutia_gate`] on this device.
    ///
    /// # Errors
    /// The device fails.
    pub fn minutia_batch<'a>(&self, probes: &[PrintView<'a>]) -> Result<Batch<'a>, DeviceError> {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            return Ok(Batch(ReadyBatch::Gpu(gpu.minutia_prints(probes)?)));
        }
        Ok(Batch(ReadyBatch::Cpu(self.cpu.minutia_batch(probes))))
    }

    /// Makes `prints` ready to be compared by [`Self::minutia_gate`] on this device, any number of times.
    ///
    /// # Errors
    /// The device fails.
    pub fn minutia_gallery<'a>(&self, prints: &[PrintView<'a>]) -> Result<Prints<'a>, DeviceError> {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            return Ok(Prints(ReadyPrints::Gpu(gpu.minutia_prints(prints)?)));
        }
        Ok(Prints(ReadyPrints::Cpu(prints.to_vec())))
    }

    /// Runs [`minutia_gate`]: the score of every probe of `batch` with every print of `gallery`, at
    /// `probe * gallery.len() + print` of `scores`; 0 where [`minutia_gate::excess`] is below
    /// `least_excess`.
    ///
    /// # Errors
    /// `batch` or `gallery` were made ready for another device, or the device fails; some of `scores` may
    /// then be written.
    ///
    /// # Panics
    /// `scores` has another length than `batch.len() * gallery.len()`, on the processor; a card returns an
    /// error.
    pub fn minutia_gate(
        &self,
        batch: &Batch<'_>,
        gallery: &Prints<'_>,
        least_excess: i32,
        scores: &mut [i32],
    ) -> Result<(), DeviceError> {
        match (&batch.0, &gallery.0) {
            (ReadyBatch::Cpu(batch), ReadyPrints::Cpu(views)) => {
                self.cpu.minutia_gate(batch, views, least_excess, scores);
                Ok(())
            }
            #[cfg(feature = "gpu")]
            (ReadyBatch::Gpu(probes), ReadyPrints::Gpu(prints)) => {
                let gpu = self.gpu.as_ref().ok_or(GpuError::Foreign)?;
                gpu.minutia_gate(probes, prints, least_excess, scores)
            }
            #[cfg(feature = "gpu")]
            _ => Err(GpuError::Foreign.into()),
        }
    }

    /// Runs [`minutia_gate`] on each of `fingers`, a batch of probes and the same finger of records, and
    /// [`select`] on the sums of their scores.
    ///
    /// # Errors
    /// More than `capacity` pairs survive, a batch or prints were made ready for another device, or the
    /// device fails.
    ///
    /// # Panics
    /// Of the processor: fingers have different numbers of prints; a card returns an error.
    pub fn minutia_gate_select(
        &self,
        fingers: &[(&Batch<'_>, &Prints<'_>)],
        least_excess: i32,
        params: &select::Params,
        capacity: usize,
    ) -> Result<select::Selected, DeviceError> {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            let of_card = fingers.iter().map(|(batch, prints)| match (&batch.0, &prints.0) {
                (ReadyBatch::Gpu(probes), ReadyPrints::Gpu(prints)) => Ok((probes, prints)),
                _ => Err(GpuError::Foreign),
            });
            let of_card = of_card.collect::<Result<Vec<_>, GpuError>>()?;
            return gpu.minutia_gate_select(&of_card, least_excess, params, capacity);
        }
        let rows = fingers.first().map_or(0, |(_, prints)| prints.len());
        let pairs = fingers.first().map_or(0, |(batch, _)| batch.len()) * rows;
        let (mut sums, mut scores) = (vec![0; pairs], Vec::new());
        for (place, (batch, prints)) in fingers.iter().enumerate() {
            if place == 0 {
                self.minutia_gate(batch, prints, least_excess, &mut sums)?;
                continue;
            }
            scores.resize(pairs, 0);
            self.minutia_gate(batch, prints, least_excess, &mut scores)?;
            sums.iter_mut().zip(&scores).for_each(|(sum, score)| *sum += score);
        }
        self.select(params, &sums, rows, capacity)
    }
}
