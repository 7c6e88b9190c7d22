//! What the operator of a run sees and decides: progress, log, metrics, and how long to wait for another run.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use super::log;
use super::metrics::Metrics;
use super::progress::Shown;
use super::ui::{Outcome, Ui};
use crate::error::{Error, Result};
use crate::hits::bucket::shown;
use crate::hits::lock::{Holder, Wait, wait_until_free};
use crate::hits::report::RunReport;
use crate::run::Execution;
use crate::run::progress::{Event, Observer};

/// How a run is operated; nothing here changes its result.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Operation (does not change results)")]
pub(super) struct OperationArgs {
    /// How long to wait for another run that writes into OUT, in seconds or such as 10m [default: not at all]
    #[arg(long, value_name = "TIME", value_parser = parse_wait)]
    wait: Option<Duration>,
    /// File of figures for Prometheus, rewritten during the run (docs/operating.md)
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
}

/// Longest wait: longer is a slip of the pen.
const LONGEST_WAIT: Duration = Duration::from_secs(7 * 24 * 3600);

pub(super) fn parse_wait(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || "is a number of seconds, or a time such as 90s, 10m or 1h30m".to_owned();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let parsed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
            Duration::try_from(parsed).map_err(|_| wrong())?
        }
    };
    if wait > LONGEST_WAIT {
        return Err("is at most 7 days".into());
    }
    Ok(wait)
}

impl OperationArgs {
    /// These, and where they say nothing, `stored`; how long to wait is never stored.
    pub(super) fn or(self, stored: OperationArgs) -> OperationArgs {
        OperationArgs { wait: self.wait, metrics: self.metrics.or(stored.metrics) }
    }

    /// With paths that do not depend on the directory of work.
    pub(super) fn absolute(&self) -> Result<OperationArgs> {
        let absolute = |path: &PathBuf| std::path::absolute(path).map_err(Error::io(path));
        let metrics = self.metrics.as_ref().map(absolute).transpose()?;
        Ok(OperationArgs { wait: self.wait, metrics })
    }

    /// Until when to wait.
    pub(super) fn wait_until(&self) -> Option<Instant> {
        self.wait.filter(|wait| !wait.is_zero()).map(|wait| Instant::now() + wait)
    }
}

/// Shows the events of a run, logs them and counts them.
pub(super) struct Watch {
    shown: Shown,
    metrics: Option<Metrics>,
}

impl Watch {
    /// A watch over a run that is about to begin; its figures have `labels`.
    ///
    /// # Errors
    /// The file of metrics cannot be written.
    pub(super) fn open(args: &OperationArgs, labels: &[(&str, String)], ui: Ui) -> Result<Watch> {
        let open = |file| Metrics::open(file, labels, ui);
        let metrics = args.metrics.as_deref().map(open).transpose()?;
        Ok(Watch { shown: Shown::new(ui), metrics })
    }

    /// Waits until nobody writes into `directory`, as the execution says.
    ///
    /// # Errors
    /// As [`wait_until_free`].
    pub(super) fn wait_until_free(&self, directory: &Path, execution: &Execution) -> Result<()> {
        let begins = |holder: Option<&Holder>| {
            let holder = holder.map(ToString::to_string);
            self.event(&Event::Waiting { out: shown(directory).display().to_string(), holder });
        };
        let interrupt = &execution.interrupt;
        let wait = Wait { until: execution.wait_until, interrupt, begins: &begins };
        wait_until_free(directory, &wait)
    }

    /// Takes what only the end of a run knows.
    pub(super) fn outcome(&self, report: &RunReport) {
        if let Some(metrics) = &self.metrics {
            metrics.outcome(report);
        }
    }

    /// The run has ended.
    pub(super) fn end(&self, done: &Result<Outcome>) {
        if let Some(metrics) = &self.metrics {
            metrics.end(match done {
                Ok(outcome) => outcome.exit_code(),
                Err(error) => error.kind().exit_code(),
            });
        }
    }
}

impl Observer for Watch {
    fn event(&self, event: &Event) {
        log::event(event);
        if let Some(metrics) = &self.metrics {
            metrics.event(event);
        }
        self.shown.event(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_time_with_its_units() {
        let seconds = |text: &str| parse_wait(text).map(|wait| wait.as_secs());
        assert_eq!(seconds("0"), Ok(0));
        assert_eq!(seconds("90"), Ok(90));
        assert_eq!(seconds("10m"), Ok(600));
        assert_eq!(seconds("1h30m"), Ok(5400));
        for wrong in ["", "-1", "-5m", "soon", "8d", "1 month", "99999999999999999999"] {
            assert!(parse_wait(wrong).is_err(), "{wrong}");
        }
    }
}
