//! `minutia_gate` on a device: every probe with every print of a range of the gallery.
//!
//! What: pairs of shards are cut into tiles of a dispatch each; a workgroup takes one print of the gallery
//! and a few probes. Integers only, so any card gives the scores of [`minutia_gate::screened`].
//!
//! When not to use it: for some hundred comparisons, which a processor has done before a card has begun.

use std::ops::Range;

use super::context::{Context, GpuError, Pipeline};
use super::interface::{MINUTIA_GATE, MinutiaGateCall};
use super::pace::Pace;
use super::prints::{GpuPrints, PrintShard};
use super::{DeviceError, GpuDevice};
use crate::kernel::minutia::trigonometry::DIRECTIONS;
use crate::kernel::minutia_gate;

/// Probes of a tile at most: they are read again for every print of the gallery, so they should stay in the
/// cache of the card (256 of 36 minutiae take 600 kB), and scores are copied by rows, which should be long.
const TILE_PROBES: usize = 256;

/// Probes that a workgroup compares with its print: more, and the print is loaded less often; fewer, and
/// small galleries fill the card.
const GROUP_PROBES: usize = 8;

/// Comparisons of the first dispatch, and the least of any: a processor that plays a graphics card does some
/// 10^4 a second.
const LEAST: u64 = 256;

/// Most comparisons of a dispatch: their scores have 32 MiB.
const MOST: u64 = 1 << 23;

/// The shader with its table.
pub(super) struct Gate {
    pipeline: Pipeline,
    /// Cosines and sines of the 256 directions.
    directions: wgpu::Buffer,
    /// In comparisons.
    pub(super) pace: Pace,
}

impl Gate {
    pub(super) fn open(context: &Context, source: &'static str) -> Result<Gate, GpuError> {
        let directions: Vec<[i32; 2]> =
            DIRECTIONS.iter().map(|(cosine, sine)| [*cosine, *sine]).collect();
        Ok(Gate {
            pipeline: context.pipeline(&MINUTIA_GATE, source)?,
            directions: context.input("directions", &directions)?,
            pace: Pace::new(LEAST, MOST.min(context.most_bound_bytes() / 4)),
        })
    }
}

/// What one dispatch compares, by numbers among all prints.
struct Tile {
    probes: Range<usize>,
    prints: Range<usize>,
}

impl Tile {
    fn comparisons(&self) -> usize {
        self.probes.len() * self.prints.len()
    }
}

/// A call under way.
struct Comparison<'a> {
    device: &'a GpuDevice,
    /// Prints of the gallery that are asked for.
    range: &'a Range<usize>,
    least_excess: i32,
    /// The device's scores of a tile, and for how many there is room.
    answers: wgpu::Buffer,
    room: usize,
}

impl GpuDevice {
    /// Runs [`minutia_gate`]: the score of every print of `probes` with every print of the `range` of
    /// `gallery`, at `probe * range.len() + print - range.start` of `scores`; 0 where
    /// [`minutia_gate::excess`] is below `least_excess`.
    ///
    /// # Errors
    /// `gallery` has no such range, `scores` has another length, prints are another device's, or the device
    /// fails. Some of `scores` may then be written.
    pub fn minutia_gate(
        &self,
        probes: &GpuPrints,
        gallery: &GpuPrints,
        range: Range<usize>,
        least_excess: i32,
        scores: &mut [i32],
    ) -> Result<(), DeviceError> {
        let injected = self.injected(&minutia_gate::SPEC)?;
        let probe_shards = probes.shards(&self.context)?;
        let gallery_shards = gallery.shards(&self.context)?;
        if range.start > range.end || range.end > gallery.len() {
            let (Range { start, end }, len) = (range, gallery.len());
            return Err(GpuError::Refused(format!("prints {start} to {end} of {len}")).into());
        }
        let (given, needed) = (scores.len(), probes.len().saturating_mul(range.len()));
        if given != needed {
            return Err(GpuError::Scores { given, needed }.into());
        }
        if needed == 0 {
            return Ok(());
        }
        let room = needed.min(self.gate.pace.allowed() as usize);
        let answers = answers(&self.context, room)?;
        let mut comparison =
            Comparison { device: self, range: &range, least_excess, answers, room };
        for probe_shard in probe_shards {
            for gallery_shard in gallery_shards {
                comparison.shards(probe_shard, gallery_shard, scores)?;
            }
        }
        if injected.is_wrong() {
            scores.iter_mut().for_each(|score| *score += 1);
        }
        Ok(())
    }
}

fn answers(context: &Context, room: usize) -> Result<wgpu::Buffer, GpuError> {
    context.output("scores", (room * size_of::<i32>()) as u64)
}

impl Comparison<'_> {
    /// Compares two shards, tile by tile: all prints with some probes, then with the next.
    fn shards(
        &mut self,
        probe_shard: &PrintShard,
        gallery_shard: &PrintShard,
        scores: &mut [i32],
    ) -> Result<(), GpuError> {
        let (all_probes, all_prints) = (probe_shard.range(), gallery_shard.within(self.range));
        let allowed = || self.device.gate.pace.allowed() as usize;
        let mut probes = all_probes.start..all_probes.start;
        while probes.end < all_probes.end {
            let height = TILE_PROBES.min(allowed()).max(1);
            probes = probes.end..all_probes.end.min(probes.end + height);
            let mut prints = all_prints.start..all_prints.start;
            while prints.end < all_prints.end {
                let width = (allowed() / probes.len()).max(1);
                prints = prints.end..all_prints.end.min(prints.end + width);
                let tile = Tile { probes: probes.clone(), prints: prints.clone() };
                self.tile(probe_shard, gallery_shard, &tile, scores)?;
            }
        }
        Ok(())
    }

    fn tile(
        &mut self,
        probe_shard: &PrintShard,
        gallery_shard: &PrintShard,
        tile: &Tile,
        scores: &mut [i32],
    ) -> Result<(), GpuError> {
        let (context, gate) = (&self.device.context, &self.device.gate);
        let comparisons = tile.comparisons();
        if comparisons > self.room {
            self.answers = answers(context, comparisons)?;
            self.room = comparisons;
        }
        let buffers = [
            &probe_shard.descriptors,
            &probe_shard.minutiae,
            &probe_shard.prints,
            &gallery_shard.descriptors,
            &gallery_shard.minutiae,
            &gallery_shard.prints,
            &gate.directions,
            &self.answers,
        ];
        let groups_per_print = tile.probes.len().div_ceil(GROUP_PROBES);
        let workgroups = (groups_per_print * tile.prints.len()) as u64;
        let call = |grid_width| MinutiaGateCall {
            first_probe: (tile.probes.start - probe_shard.first) as u32,
            probes: tile.probes.len() as u32,
            first_print: (tile.prints.start - gallery_shard.first) as u32,
            prints: tile.prints.len() as u32,
            probes_per_group: GROUP_PROBES as u32,
            groups_per_print: groups_per_print as u32,
            grid_width,
            least_excess: self.least_excess,
        };
        // Every score of the tile is written: nothing to zero.
        let time = context.run(&gate.pipeline, &buffers, None, workgroups, call)?;
        gate.pace.note(comparisons as u64, time);
        let answers: Vec<i32> = context.read(&self.answers, comparisons)?;
        for (probe, row) in tile.probes.clone().zip(answers.chunks_exact(tile.prints.len())) {
            let start = probe * self.range.len() + tile.prints.start - self.range.start;
            scores[start..start + row.len()].copy_from_slice(row);
        }
        Ok(())
    }
}
