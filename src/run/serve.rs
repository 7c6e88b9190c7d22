//! Single tiles of a run that another process began: its searches are made once, then any tile is done when it is asked
//! for. Nothing is written here; whoever asks gets the line of the journal and the bytes of the shard.
//!
//! Limits: the run must be the one that was begun, with the same tiles; that is checked before the first.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::progress::Silent;
use super::work::Work;
use super::workers::{DRIVERS, Workers};
use super::{Execution, RunInputs, begin};
use crate::device::{Devices, Member};
use crate::error::{Error, Result};
use crate::gallery::memory;
use crate::hits::commit::Made;
use crate::hits::job::Job;
use crate::hits::journal::TileEntry;
use crate::hits::shard;
use crate::plan::tile::Tile;

/// A tile that was done.
#[derive(Debug)]
pub struct Served {
    /// Its line in the journal, without the shard.
    pub entry: TileEntry,
    /// The bytes of its shard; none if it brought no hit.
    pub shard: Option<Vec<u8>>,
    /// What did it.
    pub made: Made,
}

/// A tile that is asked for.
pub struct Request {
    /// Its number in the run.
    pub tile: u64,
    /// Told what came of it.
    pub reply: Box<dyn FnOnce(Result<Served>) + Send>,
}

/// Who does the tiles, as commits name it.
#[derive(Debug, Clone)]
pub struct Server {
    /// Identity of the process.
    pub executor: String,
    /// Host it runs on.
    pub host: String,
}

/// Tiles that are done at the same time.
pub fn slots(devices: &Devices, threads: usize) -> usize {
    let of_cpu = if devices.cpu_compares { threads } else { 0 };
    of_cpu + devices.gpus.len() * DRIVERS
}

/// Does the tiles that are asked for, until nobody can ask any more.
///
/// # Errors
/// The inputs are not those of the run that was begun.
pub fn serve(
    inputs: &RunInputs,
    execution: &Execution,
    (job, server): (&Job, &Server),
    requests: &Mutex<Receiver<Request>>,
) -> Result<()> {
    let run_id = super::run_id(inputs)?;
    let ways = super::ways(inputs, execution)?;
    let works = super::works(inputs, execution, &run_id, &ways);
    let identity = super::identity(inputs, &works, &ways, (execution, &run_id, &job.started_at));
    if !identity.is_of(job) {
        return Err(Error::usage(
            format!(
                "this machine would do run {run_id} where {} was begun, or other tiles",
                job.run_id
            ),
            "give every machine the same release of tanba and the same files under the same paths",
        ));
    }
    let devices = &*execution.devices;
    let workers = Workers {
        devices,
        threads: execution.threads,
        observer: &Silent,
        interrupt: &execution.interrupt,
    };
    let serving = Serving { workers, works: &works, out: &execution.out, server, requests };
    std::thread::scope(|scope| {
        for _ in 0..if devices.cpu_compares { execution.threads } else { 0 } {
            scope.spawn(|| serving.answer(&devices.cpu));
        }
        for gpu in &devices.gpus {
            for _ in 0..DRIVERS {
                scope.spawn(|| serving.answer(gpu));
            }
        }
    });
    Ok(())
}

struct Serving<'a> {
    workers: Workers<'a>,
    works: &'a [(Work<'a>, Vec<Tile>)],
    out: &'a Path,
    server: &'a Server,
    requests: &'a Mutex<Receiver<Request>>,
}

impl Serving<'_> {
    fn answer(&self, member: &Member) {
        loop {
            let next = self.requests.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Request { tile, reply }) = next else { return };
            reply(self.tile(tile, member));
        }
    }

    fn tile(&self, number: u64, member: &Member) -> Result<Served> {
        let started = Instant::now();
        let (work, tile) = self.found(number)?;
        let (mut output, device) = self.workers.run_tile(work, tile, member)?;
        memory::keep();
        memory::check()?;
        let hits = std::mem::take(&mut output.hits);
        let shard = (!hits.is_empty()).then(|| shard::encode(self.out, &hits)).transpose()?;
        let devices = self.workers.devices;
        let named = |member: &Member| format!("{} on {}", member.device, self.server.host);
        let put_out = std::iter::once(&devices.cpu).chain(&devices.gpus);
        let put_out = put_out.filter_map(|member| Some((named(member), member.reason()?)));
        let made = Made {
            executor: self.server.executor.clone(),
            threads: slots(devices, self.workers.threads) as u64,
            simd_level: devices.cpu.device.cpu().level().name().into(),
            device: named(device),
            seconds: started.elapsed().as_secs_f64(),
            put_out: put_out.collect::<BTreeMap<_, _>>(),
        };
        Ok(Served { entry: begin::entry(number, &output), shard, made })
    }

    /// The tile of a number in the run, and its search.
    fn found(&self, number: u64) -> Result<(&Work<'_>, &Tile)> {
        let mut place = usize::try_from(number).unwrap_or(usize::MAX);
        for (work, tiles) in self.works {
            match tiles.get(place) {
                Some(tile) => return Ok((work, tile)),
                None => place -= tiles.len(),
            }
        }
        let what = format!("the run has no tile {number}");
        Err(Error::usage(what, "use one release of tanba on every machine"))
    }
}
