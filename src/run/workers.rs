//! The workers of a run: threads that take tiles from one queue, each with a device.
//!
//! Why one queue: a device's share of the tiles follows its speed by itself. Two threads or more drive an
//! adapter, so that one brings probes and compares survivors while another waits. A tile that a device fails
//! at is done by the processor beside it; the device is put out, unless it lacked memory alone. Where the
//! caller insists on the device, the run ends.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::progress::{Event, Observer};
use super::tile::TileOutput;
use super::work::Work;
use crate::device::{Device, Devices, Member};
use crate::error::{Error, Result};
use crate::gallery::memory;
use crate::plan::tile::Tile;

/// Threads that drive an adapter beside the processor's own workers.
pub(super) const DRIVERS: usize = 2;
/// Most threads that drive an adapter where the processor has no tiles of its own.
const MAX_DRIVERS: usize = 16;

/// How the tiles of a run are worked on.
pub(super) struct Workers<'a> {
    pub(super) devices: &'a Devices,
    /// Threads of the processor.
    pub(super) threads: usize,
    pub(super) observer: &'a dyn Observer,
    /// Set when the run is to stop after the tiles in hand.
    pub(super) interrupt: &'a AtomicBool,
}

/// A queue of tiles, and what came of them.
struct Queue<'a> {
    tiles: &'a [Tile],
    next: AtomicUsize,
    is_over: AtomicBool,
    /// Sum of what the tiles brought, and how many were done: a list of them would grow with the gallery.
    done: Mutex<(TileOutput, usize)>,
    failure: Mutex<Option<Error>>,
}

impl Workers<'_> {
    /// Runs every tile; `each` takes what one brought, from any thread. Returns their sum.
    pub(super) fn run(
        &self,
        work: &Work,
        tiles: &[Tile],
        each: impl Fn(usize, TileOutput) -> Result<TileOutput> + Sync,
    ) -> Result<TileOutput> {
        let queue = Queue {
            tiles,
            next: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            done: Mutex::default(),
            failure: Mutex::new(None),
        };
        let devices = self.devices;
        let drivers =
            if devices.cpu_compares { DRIVERS } else { self.threads.clamp(DRIVERS, MAX_DRIVERS) };
        std::thread::scope(|scope| {
            if devices.cpu_compares {
                for _ in 0..self.threads {
                    scope.spawn(|| self.take_tiles(&queue, work, &devices.cpu, &each));
                }
            }
            for gpu in &devices.gpus {
                for _ in 0..drivers {
                    scope.spawn(|| self.take_tiles(&queue, work, gpu, &each));
                }
            }
        });
        if let Some(error) = queue.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let (sum, count) = queue.done.into_inner().unwrap_or_else(PoisonError::into_inner);
        if self.interrupt.load(Ordering::Relaxed) && count < tiles.len() {
            return Err(Error::Incomplete {
                what: "the run was interrupted".into(),
                help: String::new(),
            });
        }
        if count != tiles.len() {
            return Err(Error::Incomplete {
                what: format!("{count} of {} tiles were done", tiles.len()),
                help: "report this; a worker stopped without saying why".into(),
            });
        }
        Ok(sum)
    }

    fn take_tiles(
        &self,
        queue: &Queue,
        work: &Work,
        member: &Member,
        each: &(impl Fn(usize, TileOutput) -> Result<TileOutput> + Sync),
    ) {
        let is_over =
            || queue.is_over.load(Ordering::Relaxed) || self.interrupt.load(Ordering::Relaxed);
        while !is_over() {
            let number = queue.next.fetch_add(1, Ordering::Relaxed);
            let Some(tile) = queue.tiles.get(number) else { return };
            let done = self.run_tile(work, tile, member).and_then(|(output, _)| {
                memory::keep();
                memory::check()?;
                each(number, output)
            });
            match done {
                Ok(output) => {
                    let mut done = queue.done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.0.merge(output);
                    done.1 += 1;
                }
                Err(error) => {
                    queue.is_over.store(true, Ordering::Relaxed);
                    let mut failure = queue.failure.lock().unwrap_or_else(PoisonError::into_inner);
                    failure.get_or_insert(error);
                }
            }
        }
    }

    /// One tile on the device, or where that fails or is out, on the processor; and which of them did it.
    pub(super) fn run_tile<'d>(
        &'d self,
        work: &Work,
        tile: &Tile,
        member: &'d Member,
    ) -> Result<(TileOutput, &'d Member)> {
        let cpu = &self.devices.cpu;
        let is_free = member.device.is_gpu() && member.reason().is_none();
        if is_free && work.is_for_devices(tile) {
            match work.run(tile, &member.device) {
                Ok(output) => {
                    member.did(output.comparisons);
                    return Ok((output, member));
                }
                Err(Error::Device { device, fault, is_final, .. })
                    if !self.devices.is_gpu_required =>
                {
                    tracing::warn!(device, fault, "the processor does a tile of this device");
                    if (is_final || member.refuses()) && member.put_out(&fault) {
                        self.observer.event(&Event::DevicePutOut { device, fault });
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let output = work.run(tile, &Device::from(*cpu.device.cpu()))?;
        cpu.did(output.comparisons);
        Ok((output, cpu))
    }
}
