//! The log of a run: events for the operator's collector, on standard error, as text or one JSON document per line.
//!
//! What is in it: run ids, names of searches, counts, times, devices, file names of the run. What is never in it:
//! record and person identifiers, profiles, keys; therefore an error is logged by its kind, and its message, which
//! may name a record, is for the people at standard error alone. When not to use it: who searched what is in the
//! audit log of the gallery.

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use super::progress::BesideBar;
use crate::error::{Error, Result};
use crate::run::progress::Event;

/// Environment variable of the filter.
const FILTER_VARIABLE: &str = "TANBA_LOG";

/// How lines of the log are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people
    Text,
    /// One JSON document per line
    Json,
}

/// Starts the log: with a format, events from `info` up; without one, warnings of libraries alone; unless the environment
/// says which.
///
/// # Errors
/// The filter of the environment cannot be understood.
pub(super) fn start(format: Option<LogFormat>) -> Result<()> {
    let asked = std::env::var(FILTER_VARIABLE).unwrap_or_default();
    // What people should know is said to them; without a format nobody collects the rest.
    let default = if format.is_some() { "warn,tanba=info" } else { "warn,tanba=off" };
    let filter = EnvFilter::try_new(if asked.is_empty() { default } else { &asked });
    let filter = filter.map_err(|error| {
        Error::usage(
            format!("{FILTER_VARIABLE}={asked}: {error}"),
            "write a level, such as info or debug, or parts and levels, such as tanba=debug",
        )
    })?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| BesideBar);
    match format {
        Some(LogFormat::Json) => log.json().flatten_event(true).init(),
        _ => log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
    }
    Ok(())
}

/// Logs an event of a run.
pub(super) fn event(event: &Event) {
    match event {
        Event::Waiting { out, holder } => {
            tracing::info!(out, holder, "waiting for another run");
        }
        Event::RunStarted { run_id, gallery_generation, part, tiles, tiles_before } => {
            tracing::info!(run_id, gallery_generation, part, tiles, tiles_before, "run begins");
        }
        Event::SearchStarted { search, tiles, comparisons } => {
            tracing::info!(search, tiles, comparisons, "search begins");
        }
        Event::Advanced {
            search, tiles_done, tiles, comparisons_done, survivors, hits, ..
        } => {
            tracing::debug!(
                search,
                tiles_done,
                tiles,
                comparisons_done,
                survivors,
                hits,
                "tile done"
            );
        }
        Event::DevicePutOut { device, fault } => {
            tracing::warn!(device, fault, "device takes no further part");
        }
        Event::Repaired { what } => tracing::warn!(what, "damage is done again"),
        Event::SearchFinished { report } => {
            tracing::info!(
                search = report.search,
                comparisons = report.comparisons,
                survivors = report.survivors,
                hits = report.hits,
                left_out_expired = report.left_out_expired,
                left_out_blocked = report.left_out_blocked,
                seconds = report.seconds,
                "search ends"
            );
        }
        Event::RunFinished { run_id, hits } => tracing::info!(run_id, hits, "run ends"),
    }
}

/// Logs that a verb ended with an error, without its message.
pub(super) fn failed(error: &Error) {
    let (kind, exit_code) = (error.kind().name(), error.kind().exit_code());
    tracing::error!(kind, exit_code, article = error.article(), "ended with an error");
}
