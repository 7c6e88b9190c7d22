//! The figures of a run for Prometheus: a file that the textfile collector of its node exporter reads.
//!
//! Why a file and not a server: a run ends, and whoever would ask it then gets no answer. The file is written under
//! another name and renamed, so that nobody reads half of it, at each change of search and else at most every
//! [`INTERVAL`]. Where it cannot be written in the middle of a run, the run goes on and says so once.

use std::collections::HashMap;
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use prometheus::core::Collector;
use prometheus::{Gauge, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};

use super::ui::Ui;
use crate::error::{Error, Result};
use crate::hits::report::{RunReport, SearchReport};
use crate::run::progress::Event;

/// Time between two writings while a search goes on.
const INTERVAL: Duration = Duration::from_secs(5);

/// Figures of one run and the file they are written into.
pub(super) struct Metrics {
    file: PathBuf,
    ui: Ui,
    started: Instant,
    figures: Figures,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: Option<Instant>,
    has_failed: bool,
}

/// The figures; those of a search have its name as a label.
struct Figures {
    registry: Registry,
    duration: Gauge,
    generation: IntGauge,
    info: IntGaugeVec,
    tiles: IntGaugeVec,
    tiles_done: IntCounterVec,
    comparisons: IntCounterVec,
    survivors: IntCounterVec,
    hits: IntGaugeVec,
    left_out: IntGaugeVec,
    device_tiles: IntCounterVec,
    device_comparisons: IntCounterVec,
    device_put_out: IntGaugeVec,
}

fn registered<C: Collector + Clone + 'static>(
    registry: &Registry,
    made: prometheus::Result<C>,
) -> prometheus::Result<C> {
    let made = made?;
    registry.register(Box::new(made.clone()))?;
    Ok(made)
}

fn gauge(registry: &Registry, name: &str, help: &str, value: f64) -> prometheus::Result<Gauge> {
    let made = registered(registry, Gauge::new(name, help))?;
    made.set(value);
    Ok(made)
}

/// Seconds since 1970.
fn now() -> f64 {
    jiff::Timestamp::now().as_millisecond() as f64 / 1000.0
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Figures {
    /// Figures that all have `labels`: files of several runs may lie side by side.
    fn new(labels: HashMap<String, String>) -> prometheus::Result<Figures> {
        let registry = Registry::new_custom(None, Some(labels))?;
        let gauges = |name: &str, help: &str, labels: &[&str]| {
            registered(&registry, IntGaugeVec::new(Opts::new(name, help), labels))
        };
        let counters = |name: &str, help: &str, labels: &[&str]| {
            registered(&registry, IntCounterVec::new(Opts::new(name, help), labels))
        };
        let search = &["search"][..];
        let device = &["device"][..];
        let start = "When the process of this run began, seconds since 1970.";
        gauge(&registry, "tanba_run_start_timestamp_seconds", start, now())?;
        let duration = "How long this process has worked.";
        let generation = "Generation of the gallery.";
        let generation = IntGauge::new("tanba_run_gallery_generation", generation);
        Ok(Figures {
            duration: gauge(&registry, "tanba_run_duration_seconds", duration, 0.0)?,
            generation: registered(&registry, generation)?,
            info: gauges(
                "tanba_run_info",
                "Always 1; the labels say which run this is.",
                &["run_id", "version"],
            )?,
            tiles: gauges("tanba_run_tiles", "Pieces of work of the search.", search)?,
            tiles_done: counters(
                "tanba_run_tiles_done_total",
                "Pieces of work done, those of before an interruption among them.",
                search,
            )?,
            comparisons: counters("tanba_run_comparisons_total", "Pairs compared.", search)?,
            survivors: counters(
                "tanba_run_survivors_total",
                "Pairs that passed the screen.",
                search,
            )?,
            hits: gauges(
                "tanba_run_hits",
                "Hits; until the run ends, before the final reduction.",
                search,
            )?,
            left_out: gauges(
                "tanba_run_records_left_out",
                "Records of both sides that took no part, by reason.",
                &["search", "reason"],
            )?,
            device_tiles: counters("tanba_run_device_tiles_total", "Tiles by device.", device)?,
            device_comparisons: counters(
                "tanba_run_device_comparisons_total",
                "Pairs compared, by device.",
                device,
            )?,
            device_put_out: gauges(
                "tanba_run_device_put_out",
                "1 if the device failed and took no further part.",
                device,
            )?,
            registry,
        })
    }

    fn left_out(&self, report: &SearchReport) {
        for (reason, count) in [
            ("expired", report.left_out_expired),
            ("blocked", report.left_out_blocked),
            ("family_member", report.left_out_family_members),
            ("not_comparable", report.records_not_compared),
        ] {
            self.left_out.with_label_values(&[&report.search, reason]).set(whole(count));
        }
    }

    fn count(counters: &IntCounterVec, label: &str, value: u64) {
        let counter = counters.with_label_values(&[label]);
        counter.reset();
        counter.inc_by(value);
    }

    fn of_search(&self, search: &str, tiles: u64, [done, comparisons, survivors, hits]: [u64; 4]) {
        self.tiles.with_label_values(&[search]).set(whole(tiles));
        Figures::count(&self.tiles_done, search, done);
        Figures::count(&self.comparisons, search, comparisons);
        Figures::count(&self.survivors, search, survivors);
        self.hits.with_label_values(&[search]).set(whole(hits));
    }
}

impl Metrics {
    /// Figures of a run that begins now, written at once: a file that cannot be written is found before the work.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn open(file: &Path, labels: &[(&str, String)], ui: Ui) -> Result<Metrics> {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let figures = Figures::new(labels.collect()).map_err(|error| {
            Error::usage(format!("the metrics cannot be kept: {error}"), "leave --metrics out")
        })?;
        let state = Mutex::default();
        let file = file.to_owned();
        let metrics = Metrics { file, ui, started: Instant::now(), figures, state };
        metrics.write()?;
        Ok(metrics)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an event of the run.
    pub(super) fn event(&self, event: &Event) {
        let figures = &self.figures;
        match event {
            Event::RunStarted { run_id, gallery_generation, .. } => {
                figures.generation.set(whole(*gallery_generation));
                let version = env!("CARGO_PKG_VERSION");
                figures.info.with_label_values(&[run_id, version]).set(1);
            }
            Event::SearchStarted { search, tiles, .. } => {
                figures.of_search(search, *tiles, [0; 4]);
            }
            Event::Advanced {
                search,
                tiles_done,
                tiles,
                comparisons_done,
                survivors,
                hits,
                ..
            } => {
                // Events of several threads may come out of turn.
                let state = self.state();
                let counted = figures.tiles_done.with_label_values(&[search]).get();
                if counted <= *tiles_done {
                    let counts = [*tiles_done, *comparisons_done, *survivors, *hits];
                    figures.of_search(search, *tiles, counts);
                }
                if state.last.is_some_and(|last| last.elapsed() < INTERVAL) {
                    return;
                }
            }
            Event::SearchFinished { report } => {
                let counts = [report.tiles, report.comparisons, report.survivors, report.hits];
                figures.of_search(&report.search, report.tiles, counts);
                figures.left_out(report);
            }
            Event::DevicePutOut { device, .. } => {
                figures.device_put_out.with_label_values(&[device]).set(1);
            }
            Event::Waiting { .. } | Event::Repaired { .. } | Event::RunFinished { .. } => {}
        }
        self.write_or_say();
    }

    /// Takes the account of a run that has ended.
    pub(super) fn outcome(&self, report: &RunReport) {
        for search in &report.searches {
            let hits = self.figures.hits.with_label_values(&[&search.search]);
            hits.set(whole(search.hits));
        }
        for device in &report.devices {
            let label = device.device.as_str();
            Figures::count(&self.figures.device_tiles, label, device.tiles);
            Figures::count(&self.figures.device_comparisons, label, device.comparisons);
            let is_out = i64::from(device.put_out.is_some());
            self.figures.device_put_out.with_label_values(&[label]).set(is_out);
        }
    }

    /// The process ends with this exit code.
    pub(super) fn end(&self, exit_code: u8) {
        let registry = &self.figures.registry;
        let end = "When the process of this run ended, seconds since 1970; absent while it works.";
        let code = "Exit code: 0 with hits, 1 without, 2 to 6 errors (docs/operating.md).";
        let made = gauge(registry, "tanba_run_end_timestamp_seconds", end, now())
            .and_then(|_| gauge(registry, "tanba_run_exit_code", code, f64::from(exit_code)));
        if let Err(error) = made {
            self.ui.warn(format!("the metrics of the end cannot be kept: {error}"));
        }
        self.write_or_say();
    }

    fn write_or_say(&self) {
        if let Err(error) = self.write() {
            let has_failed = std::mem::replace(&mut self.state().has_failed, true);
            if !has_failed {
                self.ui.warn(format!("the run goes on without its metrics: {error}"));
            }
        }
    }

    fn write(&self) -> Result<()> {
        self.figures.duration.set(self.started.elapsed().as_secs_f64());
        let mut state = self.state();
        state.last = Some(Instant::now());
        let gathered = self.figures.registry.gather();
        let text = TextEncoder::new().encode_to_string(&gathered).map_err(|error| {
            Error::usage(format!("the metrics cannot be written: {error}"), "leave --metrics out")
        })?;
        let folder = match self.file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // Readable by the collector, which is another user; the name is none that it looks at.
        let staged = tempfile::Builder::new()
            .prefix(".tanba-metrics-")
            .suffix(".staged")
            .permissions(Permissions::from_mode(0o644))
            .tempfile_in(folder);
        let mut staged = staged.map_err(Error::io(&self.file))?;
        staged.write_all(text.as_bytes()).map_err(Error::io(&self.file))?;
        staged.persist(&self.file).map_err(|error| Error::io(&self.file)(error.error))?;
        Ok(())
    }
}
