//! What a long run tells while it works. The run reports events; who shows them is decided above.

use std::sync::Mutex;
use std::time::Instant;

use serde::Serialize;

use super::tile::TileOutput;
use crate::hits::report::SearchReport;

/// An event of a run, in the form of JSON lines.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Another process writes into the directory of the result; this one waits for it.
    Waiting {
        /// Directory.
        out: String,
        /// Who holds it, if that is known.
        holder: Option<String>,
    },
    /// The run, or a part of it, begins or goes on.
    RunStarted {
        /// Identity of the run's inputs.
        run_id: String,
        /// Generation of the gallery.
        gallery_generation: u64,
        /// Part and their number, such as `2/8`; none of a whole run.
        part: Option<String>,
        /// Tiles of the run, of all its parts.
        tiles: u64,
        /// Tiles that were done before.
        tiles_before: u64,
    },
    /// The run, or a part of it, has ended.
    RunFinished {
        /// Identity of the run's inputs.
        run_id: String,
        /// Hits in the list; of a part, before the final reduction.
        hits: u64,
    },
    /// A search begins.
    SearchStarted {
        /// Search.
        search: String,
        /// Tiles to do.
        tiles: u64,
        /// Pairs to compare; in a part, an estimate by the share of its tiles.
        comparisons: u64,
    },
    /// Tiles are done.
    Advanced {
        /// Search.
        search: String,
        /// Tiles done.
        tiles_done: u64,
        /// Tiles to do.
        tiles: u64,
        /// Pairs compared.
        comparisons_done: u64,
        /// Pairs to compare.
        comparisons: u64,
        /// Pairs that passed the screen so far.
        survivors: u64,
        /// Hits so far, before the final reduction.
        hits: u64,
        /// Seconds since the search began.
        seconds: f64,
        /// Estimated seconds to go.
        seconds_left: f64,
    },
    /// A device failed or answered wrongly and takes no further part; the processor does its tiles.
    DevicePutOut {
        /// The device.
        device: String,
        /// What went wrong.
        fault: String,
    },
    /// Something an interrupted run left was damaged, and is done again.
    Repaired {
        /// What.
        what: String,
    },
    /// A search has ended.
    SearchFinished {
        /// Its account, with the hits of its tiles: the final reduction may keep fewer.
        report: Box<SearchReport>,
    },
}

/// Receives events; called from worker threads.
pub trait Observer: Sync {
    /// Takes one event.
    fn event(&self, event: &Event);
}

/// An observer that shows nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _event: &Event) {}
}

/// Progress of one search.
pub(super) struct Progress<'a> {
    search: &'a str,
    tiles: u64,
    comparisons: u64,
    started: Instant,
    done: Mutex<Done>,
    observer: &'a dyn Observer,
}

#[derive(Default)]
struct Done {
    tiles: u64,
    comparisons: u64,
    survivors: u64,
    hits: u64,
    /// Comparisons made before the run went on: they took none of this time.
    before: u64,
}

impl<'a> Progress<'a> {
    pub(super) fn start(
        search: &'a str,
        tiles: u64,
        comparisons: u64,
        observer: &'a dyn Observer,
    ) -> Self {
        observer.event(&Event::SearchStarted { search: search.to_owned(), tiles, comparisons });
        Progress {
            search,
            tiles,
            comparisons,
            started: Instant::now(),
            done: Mutex::default(),
            observer,
        }
    }

    /// Counts tiles that were done before the run was interrupted.
    pub(super) fn already(&self, tiles: u64, sum: &TileOutput) {
        let mut done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        done.tiles = tiles;
        done.comparisons = sum.comparisons;
        done.survivors = sum.survivors;
        done.hits = sum.written;
        done.before = done.comparisons;
    }

    pub(super) fn tile_done(&self, output: &TileOutput) {
        // A worker that panicked cannot have left the counters half changed.
        let mut done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        done.tiles += 1;
        done.comparisons += output.comparisons;
        done.survivors += output.survivors;
        done.hits += output.written;
        let seconds = self.started.elapsed().as_secs_f64();
        let to_do = self.comparisons.saturating_sub(done.before).max(1);
        // What a part has to do is an estimate.
        let share = ((done.comparisons - done.before) as f64 / to_do as f64).min(1.0);
        self.observer.event(&Event::Advanced {
            search: self.search.to_owned(),
            tiles_done: done.tiles,
            tiles: self.tiles,
            comparisons_done: done.comparisons,
            comparisons: self.comparisons,
            survivors: done.survivors,
            hits: done.hits,
            seconds,
            seconds_left: if share > 0.0 { seconds / share - seconds } else { 0.0 },
        });
    }

    pub(super) fn finish(&self, report: &SearchReport) {
        self.observer.event(&Event::SearchFinished { report: Box::new(report.clone()) });
    }
}
