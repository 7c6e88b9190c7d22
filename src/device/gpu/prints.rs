//! Prints on a device: packed and brought there once, compared any number of times.
//!
//! They lie in shards of consecutive prints, as no binding holds a gallery: of each the descriptors (64
//! bytes a minutia, four vectors in the shader), the minutiae (8 bytes) and the records of the prints
//! ([`PrintWords`]), which say where the minutiae lie and hold what a kernel would otherwise look up.
//!
//! Limits: prints are copied in the processor's memory on their way, a shard at a time.

use std::ops::Range;

use super::GpuDevice;
use super::context::{Context, GpuError};
use super::interface::{MAX_MINUTIAE, PrintWords};
use crate::domain::finger::MAX_EXTENT_PX;
use crate::kernel::minutia::{DESCRIPTOR_BYTES, Descriptor, PrintView};
use crate::kernel::minutia_gate::RECIPROCAL_ROOTS;

/// Bytes of descriptors of a shard at most, whatever a binding holds: while it is written there are two
/// copies of it in the processor's memory.
const MAX_SHARD_BYTES: u64 = 256 << 20;

/// Prints of a shard at most, whatever they hold: their records then fit any binding.
const MAX_SHARD_PRINTS: usize = 1 << 22;

/// Prints on a device, for the kernels of that device alone.
#[derive(Debug)]
pub struct GpuPrints {
    /// Number of the context they lie in.
    context: u64,
    shards: Vec<PrintShard>,
    len: usize,
}

/// Consecutive prints on a device.
#[derive(Debug)]
pub(super) struct PrintShard {
    /// Number of the first among all.
    pub(super) first: usize,
    len: usize,
    pub(super) descriptors: wgpu::Buffer,
    /// Two words a minutia: x and, in the high half, y; direction and, from bit 8 on, quality.
    pub(super) minutiae: wgpu::Buffer,
    pub(super) prints: wgpu::Buffer,
}

impl GpuDevice {
    /// Brings `prints` to the device, where they stay until the result is dropped.
    ///
    /// # Errors
    /// A print has columns of different lengths or more minutiae than
    /// [`crate::domain::finger::MAX_PRINT_MINUTIAE`], or extends beyond [`MAX_EXTENT_PX`]; the device fails.
    pub fn minutia_prints(&self, prints: &[PrintView<'_>]) -> Result<GpuPrints, GpuError> {
        let most = self.context.most_bound_bytes().min(MAX_SHARD_BYTES);
        GpuPrints::upload(&self.context, prints, most as usize / DESCRIPTOR_BYTES)
    }
}

impl GpuPrints {
    /// In shards of at most `most_minutiae`, or a single print.
    pub(super) fn upload(
        context: &Context,
        prints: &[PrintView<'_>],
        most_minutiae: usize,
    ) -> Result<GpuPrints, GpuError> {
        for (print, view) in prints.iter().enumerate() {
            check(view).map_err(|reason| GpuError::Print { print, reason })?;
        }
        let mut shards = Vec::new();
        let mut first = 0;
        while let Some(rest) = prints.get(first..).filter(|rest| !rest.is_empty()) {
            if !shards.is_empty() {
                // What is written waits in the processor's memory until it is submitted.
                context.settle("a copy")?;
            }
            let mut minutiae = 0;
            let fitting = rest.iter().take(MAX_SHARD_PRINTS).take_while(|print| {
                minutiae += print.len();
                minutiae <= most_minutiae
            });
            let len = fitting.count().max(1);
            shards.push(PrintShard::upload(context, first, &rest[..len])?);
            first += len;
        }
        Ok(GpuPrints { context: context.number(), shards, len: prints.len() })
    }

    /// The shards, for kernels on `context`: wgpu might take another device's buffers for its own.
    pub(super) fn shards(&self, context: &Context) -> Result<&[PrintShard], GpuError> {
        if self.context == context.number() { Ok(&self.shards) } else { Err(GpuError::Foreign) }
    }

    /// The shard that holds print `print`.
    pub(super) fn shard_of(&self, print: usize) -> Result<&PrintShard, GpuError> {
        let found = self.shards.iter().find(|shard| shard.range().contains(&print));
        found.ok_or_else(|| GpuError::Refused(format!("print {print} of {}", self.len)))
    }

    /// Number after the last print of the shard that holds print `print`, or of all.
    pub(super) fn shard_end(&self, print: usize) -> usize {
        self.shard_of(print).map_or(self.len, |shard| shard.range().end)
    }

    /// Number of prints.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no print.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// What a shader may assume of a print.
fn check(print: &PrintView<'_>) -> Result<(), &'static str> {
    let len = print.len();
    let others = [print.x.len(), print.y.len(), print.directions.len(), print.qualities.len()];
    if others.iter().any(|other| *other != len) {
        return Err("its columns differ in length");
    }
    if len > MAX_MINUTIAE as usize {
        return Err("it has too many minutiae");
    }
    let extent = |places: &[i16]| match (places.iter().min(), places.iter().max()) {
        (Some(least), Some(largest)) => i32::from(*largest) - i32::from(*least),
        _ => 0,
    };
    // Sums of products of distances fit their words only within an extent.
    if extent(print.x).max(extent(print.y)) > MAX_EXTENT_PX {
        return Err("it extends too far");
    }
    Ok(())
}

impl PrintShard {
    fn upload(
        context: &Context,
        first: usize,
        prints: &[PrintView<'_>],
    ) -> Result<PrintShard, GpuError> {
        let mut next = 0;
        let words = |print: &PrintView<'_>| {
            let (first, len) = (next, print.len());
            next += len as u32;
            PrintWords {
                first,
                minutiae: len as u32 | (RECIPROCAL_ROOTS[len] << 8),
                order_low: print.order_key as u32,
                order_high: (print.order_key >> 32) as u32,
            }
        };
        let words: Vec<PrintWords> = prints.iter().map(words).collect();
        let descriptors: Vec<Descriptor> =
            prints.iter().flat_map(|print| print.descriptors).copied().collect();
        let minutiae: Vec<[u32; 2]> = prints.iter().flat_map(minutiae).collect();
        Ok(PrintShard {
            first,
            len: prints.len(),
            descriptors: context.input("descriptors", &descriptors)?,
            minutiae: context.input("minutiae", &minutiae)?,
            prints: context.input("prints", &words)?,
        })
    }

    /// Numbers of its prints among all.
    pub(super) fn range(&self) -> Range<usize> {
        self.first..self.first + self.len
    }
}

fn minutiae(print: &PrintView<'_>) -> impl Iterator<Item = [u32; 2]> {
    let places = print.x.iter().zip(print.y);
    let others = print.directions.iter().zip(print.qualities);
    places.zip(others).map(|((x, y), (direction, quality))| {
        let place = u32::from(*x as u16) | (u32::from(*y as u16) << 16);
        [place, u32::from(*direction) | (u32::from(*quality) << 8)]
    })
}
