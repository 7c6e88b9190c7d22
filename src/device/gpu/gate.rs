//! `minutia_gate` on a device: every probe with every print of a gallery.
//!
//! What: pairs of shards are cut into tiles of a dispatch each; a workgroup takes one print of the gallery
//! and a few probes. Integers only, so any card gives the scores of [`minutia_gate::screened`].
//!
//! When not to use it: for some hundred comparisons, which a processor has done before a card has begun.

use std::ops::Range;

use super::context::{Context, Dispatch, GpuError, Pipeline};
use super::fault::Injected;
use super::interface::{MINUTIA_GATE, MinutiaGateCall};
use super::pace::Pace;
use super::prints::GpuPrints;
use super::select::MOST_ROWS;
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
pub(super) struct Tile {
    pub(super) probes: Range<usize>,
    pub(super) prints: Range<usize>,
}

impl Tile {
    /// Scores of the tile.
    pub(super) fn comparisons(&self) -> usize {
        self.probes.len() * self.prints.len()
    }
}

/// The same finger of probes and of records of a gallery, brought to the device.
pub type Finger<'a> = (&'a GpuPrints, &'a GpuPrints);

/// A call under way: scores are summed over fingers that all have as many prints.
pub(super) struct Comparison<'a> {
    device: &'a GpuDevice,
    fingers: &'a [Finger<'a>],
    least_excess: i32,
    /// Comparisons of a tile at most, where less than the pace allows.
    most: usize,
    /// The device's scores of a tile, and for how many there is room.
    pub(super) answers: wgpu::Buffer,
    room: usize,
}

impl GpuDevice {
    /// Runs [`minutia_gate`]: the score of every print of `probes` with every print of `gallery`, at
    /// `probe * gallery.len() + print` of `scores`; 0 where [`minutia_gate::excess`] is below
    /// `least_excess`.
    ///
    /// # Errors
    /// `scores` has another length, prints are another device's, or the device fails. Some of `scores` may
    /// then be written.
    pub fn minutia_gate(
        &self,
        probes: &GpuPrints,
        gallery: &GpuPrints,
        least_excess: i32,
        scores: &mut [i32],
    ) -> Result<(), DeviceError> {
        let injected = self.injected(&minutia_gate::SPEC)?;
        let fingers = [(probes, gallery)];
        let mut comparison = Comparison::start(self, &fingers, least_excess, injected)?;
        let (given, needed) = (scores.len(), probes.len().saturating_mul(gallery.len()));
        if given != needed {
            return Err(GpuError::Scores { given, needed }.into());
        }
        let width = gallery.len();
        comparison.for_each_tile(|comparison, tile| {
            let time = self.context.run(&comparison.dispatches(tile)?, None)?;
            self.gate.pace.note(tile.comparisons() as u64, time);
            let answers: Vec<i32> = self.context.read(&comparison.answers, tile.comparisons())?;
            for (probe, row) in tile.probes.clone().zip(answers.chunks_exact(tile.prints.len())) {
                let start = probe * width + tile.prints.start;
                scores[start..start + row.len()].copy_from_slice(row);
            }
            Ok(())
        })?;
        if injected.is_wrong() {
            scores.iter_mut().for_each(|score| *score += 1);
        }
        Ok(())
    }
}

fn answers(context: &Context, room: usize) -> Result<wgpu::Buffer, GpuError> {
    context.output("scores", (room.max(1) * size_of::<i32>()) as u64)
}

impl<'a> Comparison<'a> {
    /// Of at least one finger.
    pub(super) fn start(
        device: &'a GpuDevice,
        fingers: &'a [Finger<'a>],
        least_excess: i32,
        injected: Injected,
    ) -> Result<Comparison<'a>, GpuError> {
        let Some((probes, gallery)) = fingers.first() else {
            return Err(GpuError::Refused("a comparison of no finger".into()));
        };
        for (other, others) in fingers {
            if other.len() != probes.len() || others.len() != gallery.len() {
                return Err(GpuError::Refused("fingers of different records".into()));
            }
            other.shards(&device.context)?;
            others.shards(&device.context)?;
        }
        let most = injected.first_room(usize::MAX);
        let needed = probes.len().saturating_mul(gallery.len());
        let room = needed.min(device.gate.pace.allowed() as usize).min(most);
        let answers = answers(&device.context, room)?;
        Ok(Comparison { device, fingers, least_excess, most, answers, room })
    }

    /// Calls `each` with every tile: all prints with some probes, then with the next. A tile is within one
    /// shard of either side, of every finger.
    pub(super) fn for_each_tile(
        &mut self,
        mut each: impl FnMut(&Self, &Tile) -> Result<(), DeviceError>,
    ) -> Result<(), DeviceError> {
        let Some((probes, gallery)) = self.fingers.first() else { return Ok(()) };
        let (all_probes, all_prints) = (probes.len(), gallery.len());
        let mut first_probe = 0;
        while first_probe < all_probes && all_prints > 0 {
            let height = TILE_PROBES.min(self.allowed()).max(1);
            let of_probes = self.fingers.iter().map(|(probes, _)| probes);
            let end_probe = end_within(of_probes, first_probe).min(first_probe + height);
            let probes = first_probe..end_probe;
            let mut first_print = 0;
            while first_print < all_prints {
                let width = (self.allowed() / probes.len().max(1)).clamp(1, MOST_ROWS);
                let of_prints = self.fingers.iter().map(|(_, gallery)| gallery);
                let end_print = end_within(of_prints, first_print).min(first_print + width);
                let tile = Tile { probes: probes.clone(), prints: first_print..end_print };
                if tile.comparisons() > self.room {
                    self.answers = answers(&self.device.context, tile.comparisons())?;
                    self.room = tile.comparisons();
                }
                each(self, &tile)?;
                first_print = end_print;
            }
            first_probe = end_probe;
        }
        Ok(())
    }

    /// Comparisons a tile may have now: every finger takes its time.
    fn allowed(&self) -> usize {
        (self.device.gate.pace.allowed() as usize / self.fingers.len()).clamp(1, self.most)
    }

    /// The work of a tile: after it the scores of the tile, summed over the fingers, are in `answers`.
    pub(super) fn dispatches(&self, tile: &Tile) -> Result<Vec<Dispatch<'a>>, GpuError> {
        let fingers = self.fingers.iter().enumerate();
        fingers.map(|(place, finger)| self.dispatch(tile, finger, place > 0)).collect()
    }

    fn dispatch(
        &self,
        tile: &Tile,
        (probes, gallery): &Finger<'_>,
        adds: bool,
    ) -> Result<Dispatch<'a>, GpuError> {
        let (context, gate) = (&self.device.context, &self.device.gate);
        let probe_shard = probes.shard_of(tile.probes.start)?;
        let gallery_shard = gallery.shard_of(tile.prints.start)?;
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
            adds: adds.into(),
        };
        // Every score of the tile is written: nothing to zero.
        context.dispatch(&gate.pipeline, &buffers, workgroups, call)
    }
}

/// Where the first of the shards ends that hold print `print` of each of `all`.
fn end_within<'p>(all: impl Iterator<Item = &'p &'p GpuPrints>, print: usize) -> usize {
    all.map(|prints| prints.shard_end(print)).min().unwrap_or(print)
}
