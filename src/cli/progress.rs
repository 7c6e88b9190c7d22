//! Progress of a run: a bar with ETA on a terminal, plain lines in a log, JSON lines for machines.

use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::common::grouped;
use super::ui::Ui;
use crate::language::{Message, message, words};
use crate::run::progress::{Event, Observer};

/// Time between two lines of a log.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// The bar that is on the terminal, for those who write beside it.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

fn shown_bar() -> MutexGuard<'static, Option<ProgressBar>> {
    BAR.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Standard error for lines of a log: a bar on the terminal steps aside for them.
pub(super) struct BesideBar;

impl std::io::Write for BesideBar {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let bar = shown_bar().clone();
        let write = || std::io::Write::write_all(&mut std::io::stderr(), line).map(|()| line.len());
        bar.map_or_else(write, |bar| bar.suspend(write))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::Write::flush(&mut std::io::stderr())
    }
}

/// Shows the events of a run.
pub(super) struct Shown {
    ui: Ui,
    bar: Option<ProgressBar>,
    last_line: Mutex<Option<Instant>>,
}

impl Shown {
    /// An observer for this terminal, log or program.
    pub(super) fn new(ui: Ui) -> Shown {
        let terminal = std::io::stderr().is_terminal() && !ui.json;
        let bar = terminal.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let template = "{prefix:32} {bar:30} {percent:>3}%  {rate}  ETA {eta}  {msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                let rate = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
                    // A terminal that cannot be written to shows nothing either way.
                    let _ = write!(text, "{:.1e} {}", state.per_sec(), words("pairs-per-second"));
                };
                bar.set_style(style.with_key("rate", rate));
            }
            bar
        });
        *shown_bar() = bar.clone();
        Shown { ui, bar, last_line: Mutex::new(None) }
    }

    /// Whether a line of a log is due.
    fn is_due(&self) -> bool {
        let mut last = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|at| at.elapsed() >= LOG_INTERVAL);
        if due {
            *last = Some(Instant::now());
        }
        due
    }

    fn log(&self, event: &Event) {
        match event {
            Event::Waiting { out, holder } => self.ui.note(waiting(out, holder.as_deref())),
            Event::RunStarted { .. } | Event::RunFinished { .. } => {}
            Event::SearchStarted { .. } => {
                *self.last_line.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(Instant::now());
            }
            Event::Advanced { search, tiles_done, tiles, hits, seconds_left, .. } => {
                if self.is_due() {
                    self.ui.note(message!(
                        "progress-advanced",
                        search = search,
                        done = tiles_done.to_string(),
                        all = tiles.to_string(),
                        hits = hits.to_string(),
                        seconds = format!("{seconds_left:.0}"),
                    ));
                }
            }
            Event::DevicePutOut { device, fault } => self.ui.warn(put_out(device, fault)),
            Event::Repaired { what } => self.ui.warn(what),
            Event::SearchFinished { report } => self.ui.note(message!(
                "progress-finished",
                search = &report.search,
                comparisons = grouped(report.comparisons),
                seconds = format!("{:.2}", report.seconds),
            )),
        }
    }

    fn draw(&self, bar: &ProgressBar, event: &Event) {
        match event {
            Event::Waiting { out, holder } => {
                bar.suspend(|| self.ui.note(waiting(out, holder.as_deref())));
            }
            Event::RunStarted { .. } | Event::RunFinished { .. } => {}
            Event::SearchStarted { search, comparisons, .. } => {
                bar.reset();
                bar.set_length(*comparisons);
                bar.set_prefix(search.clone());
                bar.set_message("");
            }
            Event::Advanced { comparisons_done, hits, .. } => {
                bar.set_position(*comparisons_done);
                bar.set_message(message!("progress-hits", hits = hits.to_string()).to_string());
            }
            Event::DevicePutOut { device, fault } => {
                bar.suspend(|| self.ui.warn(put_out(device, fault)));
            }
            Event::Repaired { what } => bar.suspend(|| self.ui.warn(what)),
            Event::SearchFinished { .. } => bar.finish_and_clear(),
        }
    }
}

fn waiting(out: &str, holder: Option<&str>) -> Message {
    match holder {
        None => message!("progress-waiting", out = out),
        Some(holder) => message!("progress-waiting-for", out = out, holder = holder),
    }
}

fn put_out(device: &str, fault: &str) -> Message {
    message!("progress-put-out", device = device, fault = fault)
}

impl Drop for Shown {
    fn drop(&mut self) {
        *shown_bar() = None;
    }
}

impl Observer for Shown {
    fn event(&self, event: &Event) {
        if self.ui.json {
            let finished_or_due = !matches!(event, Event::Advanced { .. }) || self.is_due();
            if finished_or_due {
                self.ui.document(event);
            }
        } else if let Some(bar) = &self.bar {
            self.draw(bar, event);
        } else {
            self.log(event);
        }
    }
}
