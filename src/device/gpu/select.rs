//! `select` on a device: of scores that are there already, or that are brought to it.
//!
//! Why there: of a million scores of the gate some hundred matter. Counters are read first, then exactly the
//! survivors; where there was too little room the selection is made again, not the scores.

use super::context::{Context, Dispatch, GpuError, Pipeline};
use super::fault::Injected;
use super::gate::{Comparison, Finger, Tile};
use super::interface::{SELECT, SelectCall, SurvivorWords, WORKGROUP};
use super::screens::{FIRST_ROOM, survivor, survivors_buffer};
use super::{DeviceError, GpuDevice};
use crate::kernel::select::{self, Params, Selected, merged};
use crate::kernel::{Overflow, Survivor, minutia_gate};

/// The row of one of the best that does not exist.
const NO_ROW: u32 = u32::MAX;

/// Most scores of a dispatch where they are brought: 32 MiB.
const MOST_SCORES: usize = 1 << 23;

/// Most scores of a probe in one dispatch, and most of its best: an invocation looks at one in 64 once for
/// each of the best and once for the survivors, and Mesa's software adapter ends all loops of an invocation,
/// without a word, after 65,535 turns together.
pub(super) const MOST_ROWS: usize = 1 << 16;
const MOST_BEST: u32 = 32;
const _: () = assert!(MOST_ROWS as u32 / WORKGROUP * (MOST_BEST + 1) < 60_000);

/// The shader.
pub(super) struct Select {
    pipeline: Pipeline,
}

impl Select {
    pub(super) fn open(context: &Context, source: &'static str) -> Result<Select, GpuError> {
        Ok(Select { pipeline: context.pipeline(&SELECT, source)? })
    }
}

/// A selection under way.
struct Selection<'a> {
    device: &'a GpuDevice,
    params: &'a Params,
    counters: wgpu::Buffer,
    survivors: wgpu::Buffer,
    room: usize,
    best: wgpu::Buffer,
    best_room: usize,
    capacity: usize,
    found: Selected,
}

impl<'a> Selection<'a> {
    fn start(
        device: &'a GpuDevice,
        params: &'a Params,
        capacity: usize,
        injected: Injected,
    ) -> Result<Selection<'a>, GpuError> {
        if params.best > MOST_BEST {
            let best = params.best;
            return Err(GpuError::Refused(format!("the best {best} of a probe, over {MOST_BEST}")));
        }
        let room = injected.first_room(FIRST_ROOM);
        Ok(Selection {
            device,
            params,
            counters: device.context.output("counters", 16)?,
            survivors: survivors_buffer(device, room)?,
            room,
            best: survivors_buffer(device, 1)?,
            best_room: 1,
            capacity,
            found: Selected::default(),
        })
    }

    /// Selects from the `scores` of a tile, which `before` computes.
    fn run(
        &mut self,
        scores: &wgpu::Buffer,
        tile: &Tile,
        before: Vec<Dispatch<'_>>,
    ) -> Result<std::time::Duration, DeviceError> {
        let context = &self.device.context;
        let wanted = tile.probes.len() * self.params.best as usize;
        if wanted > self.best_room {
            self.best = survivors_buffer(self.device, wanted)?;
            self.best_room = wanted;
        }
        let mut dispatches = before;
        dispatches.push(self.dispatch(scores, tile)?);
        let time = context.run(&dispatches, Some(&self.counters))?;
        let count = loop {
            let count = context.read::<u32>(&self.counters, 1)?.first().copied().unwrap_or(0);
            let count = count as usize;
            if self.found.survivors.len().saturating_add(count) > self.capacity {
                return Err(Overflow { capacity: self.capacity }.into());
            }
            if count <= self.room {
                break count;
            }
            self.survivors = survivors_buffer(self.device, count)?;
            self.room = count;
            // The scores are still there.
            context.run(&[self.dispatch(scores, tile)?], Some(&self.counters))?;
        };
        let words: Vec<SurvivorWords> = context.read(&self.survivors, count)?;
        self.found.survivors.extend(words.into_iter().map(survivor));
        let words: Vec<SurvivorWords> = context.read(&self.best, wanted)?;
        self.found.best.extend(words.into_iter().map(survivor).filter(|s| s.row != NO_ROW));
        Ok(time)
    }

    fn dispatch(&self, scores: &wgpu::Buffer, tile: &Tile) -> Result<Dispatch<'a>, GpuError> {
        let buffers = [scores, &self.counters, &self.survivors, &self.best];
        let probes = tile.probes.len();
        let call = |grid_width| SelectCall {
            probes: probes as u32,
            rows: tile.prints.len() as u32,
            first_probe: tile.probes.start as u32,
            first_row: tile.prints.start as u32,
            least: self.params.least,
            best: self.params.best,
            room: self.room as u32,
            grid_width,
        };
        let pipeline = &self.device.select.pipeline;
        self.device.context.dispatch(pipeline, &buffers, probes as u64, call)
    }

    /// What was found, in the order of [`select::reference`]: a device appends survivors as it comes to them.
    fn finish(self, injected: Injected) -> Selected {
        let mut found = self.found;
        found.survivors.sort_unstable();
        found.best = merged(found.best, self.params);
        if injected.is_wrong() {
            let raise = |s: &mut Survivor| s.value += 1;
            found.survivors.iter_mut().for_each(raise);
            found.best.iter_mut().for_each(raise);
        }
        found
    }
}

impl GpuDevice {
    /// Runs [`select`] on a table of scores of `rows` rows.
    ///
    /// # Errors
    /// More than `capacity` scores survive, a probe has more than 65,536 of them or more than 32 of its best
    /// are asked for, or the device fails.
    pub fn select(
        &self,
        params: &Params,
        scores: &[i32],
        rows: usize,
        capacity: usize,
    ) -> Result<Selected, DeviceError> {
        let injected = self.injected(&select::SPEC)?;
        let mut selection = Selection::start(self, params, capacity, injected)?;
        let rows = rows.max(1);
        if rows > MOST_ROWS {
            return Err(GpuError::Refused(format!("{rows} scores of a probe")).into());
        }
        let most = MOST_SCORES.min((self.context.most_bound_bytes() / 4) as usize);
        let probes_at_once = (most / rows).max(1);
        for (number, part) in scores.chunks(probes_at_once * rows).enumerate() {
            let first = number * probes_at_once;
            let probes = first..first + part.len() / rows;
            let buffer = self.context.input("scores", part)?;
            selection.run(&buffer, &Tile { probes, prints: 0..rows }, Vec::new())?;
        }
        Ok(selection.finish(injected))
    }

    /// Runs [`minutia_gate`] on each of `fingers` and [`select`] on the sums of their scores.
    ///
    /// # Errors
    /// More than `capacity` pairs survive, there is no finger, fingers have different numbers of prints or
    /// are another device's, or the device fails.
    pub fn minutia_gate_select(
        &self,
        fingers: &[Finger<'_>],
        least_excess: i32,
        params: &Params,
        capacity: usize,
    ) -> Result<Selected, DeviceError> {
        let of_gate = self.injected(&minutia_gate::SPEC)?;
        let injected = self.injected(&select::SPEC)?;
        let mut comparison = Comparison::start(self, fingers, least_excess, of_gate)?;
        let mut selection = Selection::start(self, params, capacity, injected)?;
        comparison.for_each_tile(|comparison, tile| {
            let dispatches = comparison.dispatches(tile)?;
            let time = selection.run(&comparison.answers, tile, dispatches)?;
            self.gate.pace.note((tile.comparisons() * fingers.len()) as u64, time);
            Ok(())
        })?;
        let wrong = if of_gate.is_wrong() { of_gate } else { injected };
        Ok(selection.finish(wrong))
    }
}
