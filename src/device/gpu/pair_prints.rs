//! Prints in the memory of a device, for `minutia_pair`.

use super::context::GpuError;
use super::interface::PrintWords;
use super::{DeviceError, GpuDevice};
use crate::domain::finger::{MAX_EXTENT_PX, MAX_PRINT_MINUTIAE};
use crate::kernel::minutia::{Descriptor, PrintView};

/// Prints brought to a device once and compared often, as probes or as a gallery.
#[derive(Debug)]
pub struct PairPrints {
    /// Descriptors, minutiae and prints, as the shader binds them.
    pub(super) buffers: [wgpu::Buffer; 3],
    count: usize,
}

impl PairPrints {
    /// Number of prints.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is no print.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl GpuDevice {
    /// Brings `prints` to the device, where they keep their numbers: 72 bytes a minutia and 16 a print.
    ///
    /// # Errors
    /// A print has more than [`MAX_PRINT_MINUTIAE`] minutiae, columns of different lengths, or extends
    /// beyond [`MAX_EXTENT_PX`]; there is no memory for so many; or the device fails.
    pub fn pair_prints(&self, prints: &[PrintView<'_>]) -> Result<PairPrints, DeviceError> {
        let total = prints.iter().map(PrintView::len).sum();
        let mut descriptors: Vec<Descriptor> = Vec::with_capacity(total);
        let mut minutiae: Vec<[u32; 2]> = Vec::with_capacity(total);
        let mut records = Vec::with_capacity(prints.len());
        for (number, print) in prints.iter().enumerate() {
            if let Some(reason) = unsuitable(print) {
                return Err(GpuError::Refused(format!("print {number} {reason}")).into());
            }
            records.push(PrintWords {
                first: minutiae.len() as u32,
                minutiae: print.len() as u32,
                order_low: print.order_key as u32,
                order_high: (print.order_key >> 32) as u32,
            });
            descriptors.extend_from_slice(print.descriptors);
            minutiae.extend((0..print.len()).map(|i| {
                let place = u32::from(print.x[i] as u16) | u32::from(print.y[i] as u16) << 16;
                [place, u32::from(print.directions[i]) | u32::from(print.qualities[i]) << 8]
            }));
        }
        let buffers = [
            self.context.input("descriptors of prints", &descriptors)?,
            self.context.input("minutiae of prints", &minutiae)?,
            self.context.input("prints", &records)?,
        ];
        Ok(PairPrints { buffers, count: prints.len() })
    }
}

/// Why the shader may not read `print`: its arrays have bounds, and its sums fit their words only within
/// an extent.
fn unsuitable(print: &PrintView<'_>) -> Option<&'static str> {
    let columns = [print.x.len(), print.y.len(), print.directions.len(), print.qualities.len()];
    if print.len() > MAX_PRINT_MINUTIAE || columns.iter().any(|length| *length != print.len()) {
        return Some("has too many minutiae, or columns of different lengths");
    }
    let extent = |places: &[i16]| match (places.iter().min(), places.iter().max()) {
        (Some(least), Some(largest)) => i32::from(*largest) - i32::from(*least),
        _ => 0,
    };
    (extent(print.x).max(extent(print.y)) > MAX_EXTENT_PX).then_some("extends too far")
}
