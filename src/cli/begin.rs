//! What a run that goes on does otherwise than one that begins: the day and the generation of the gallery are
//! those it began with, and nobody takes part whom the law has taken out since.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::civil::Date;
use signal_hook::consts::TERM_SIGNALS;
use signal_hook::flag::{register, register_conditional_shutdown};

use super::common::{grouped, living_day, today};
use super::config::effective_arguments;
use super::run::ReadySearches;
use super::ui::Ui;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::gallery::set_aside::SetAside;
use crate::language::{Message, message};
use crate::plan::job::Parameters;
use crate::run::begin::{Begin, CommandLine};

/// Exit code of a process that is ended by a second signal: 128 and the number of SIGINT.
const ENDED_BY_SIGNAL: i32 = 130;

/// A flag that the first SIGINT or SIGTERM sets; the second ends the process.
pub(super) fn interrupt_flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in TERM_SIGNALS {
        // In this order: what the second signal ends is decided before the first sets the flag. Where a handler
        // cannot be had a signal ends the process at once; what is done is kept all the same.
        let ends = register_conditional_shutdown(*signal, ENDED_BY_SIGNAL, Arc::clone(&flag));
        let _ = ends.and_then(|_| register(*signal, Arc::clone(&flag)));
    }
    flag
}

/// A run that begins with this process's command line.
pub(super) fn of_process() -> Begin {
    let arguments: Option<Vec<String>> =
        effective_arguments().into_iter().map(|argument| argument.into_string().ok()).collect();
    Begin::New(CommandLine {
        arguments: without_sources(arguments.unwrap_or_default()),
        directory: std::env::current_dir().unwrap_or_default(),
    })
}

/// A command line without where the keys come from, and without the cluster: a job file says nothing of these, and a run
/// that goes on is given its own.
fn without_sources(arguments: Vec<String>) -> Vec<String> {
    const SOURCES: [&str; 6] =
        ["--keys", "--keys-command", "--cluster", "--tls-cert", "--tls-key", "--tls-ca"];
    let mut is_source = false;
    let is_kept = |argument: &String| {
        if std::mem::take(&mut is_source) {
            return false;
        }
        let (name, value) =
            argument.split_once('=').map_or((argument.as_str(), None), |(n, v)| (n, Some(v)));
        is_source = SOURCES.contains(&name) && value.is_none();
        !SOURCES.contains(&name)
    };
    arguments.into_iter().filter(is_kept).collect()
}

/// The day on which records must be alive: that of the run which goes on, else as [`living_day`].
///
/// # Errors
/// As [`living_day`].
pub(super) fn day(begin: &Begin, as_of: Option<Date>) -> Result<Date> {
    begin.job().map_or_else(|| living_day(as_of), |job| Ok(job.as_of))
}

/// The gallery, at the generation of the run which goes on.
///
/// # Errors
/// As [`Gallery::open`]; the generation is not there.
pub(super) fn gallery(begin: &Begin, root: &Path) -> Result<Gallery> {
    begin
        .job()
        .map_or_else(|| Gallery::open(root), |job| Gallery::open_at(root, job.gallery_generation))
}

/// The gallery without its broken segments, where that is asked; they go into the parameters and are told.
pub(super) fn set_aside(
    gallery: Gallery,
    is_asked: bool,
    parameters: &mut Parameters,
    ui: &Ui,
) -> Gallery {
    if is_asked {
        parameters.set_aside = gallery.broken_segments();
        parameters.set_aside.iter().for_each(|segment| ui.warn(told(segment)));
    }
    gallery.without(&parameters.set_aside)
}

/// What is said of a segment that is not searched.
pub(super) fn told(segment: &SetAside) -> Message {
    message!(
        "status-not-searched",
        records = grouped(segment.records),
        of = segment.of.to_string(),
        segment = &segment.segment,
        file = &segment.file,
        rule = &segment.rule,
    )
}

/// The error of a broken segment, with the way to search the others.
pub(super) fn or_without(error: Error, gallery: &Path) -> Error {
    match error {
        Error::Integrity { path, rule, help } if path.starts_with(gallery.join("segments")) => {
            let help = format!("{help}; --without-broken searches the other segments meanwhile");
            Error::Integrity { path, rule, help }
        }
        other => other,
    }
}

/// Refuses to go on where a record that takes part has been blocked or has expired since the run began, or whose identifier may not be shown any more.
///
/// # Errors
/// [`Error::Refused`] then; or the gallery cannot be read.
pub(super) fn still_lawful(begin: &Begin, root: &Path, ready: &ReadySearches) -> Result<()> {
    if begin.job().is_none() {
        return Ok(());
    }
    let statuses = Gallery::open(root)?.statuses()?;
    let day = today();
    let profiles = ready.sides.by_index.values().chain(&ready.sides.ad_hoc_probes);
    let mut profiles = profiles.filter_map(|side| side.first_ended(&statuses, day));
    let fingers = ready.finger_sides.by_register.values().chain(&ready.finger_sides.ad_hoc_probes);
    let mut fingers = fingers.filter_map(|side| side.first_ended(&statuses, day));
    match profiles.next().or_else(|| fingers.next()) {
        None => Ok(()),
        Some(record) => Err(Error::Refused {
            what: "to go on with this run".into(),
            rule: format!(
                "record {record} has been blocked or depersonalised, or its retention has ended, since \
                 (L40 9(1), 9(2), 15, 29)"
            ),
            article: "L40 9(1), 9(2), 15, 29",
            help: "start the run again with --overwrite, one in parts in another --out: it leaves the record out"
                .into(),
        }),
    }
}
