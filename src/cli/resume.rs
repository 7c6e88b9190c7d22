//! `tanba resume`: goes on with a run that was interrupted.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use bytesize::ByteSize;
use clap::{Args, Parser};

use super::cluster_args::OnClusterArgs;
use super::common::grouped;
use super::operation::OperationArgs;
use super::place::{open, result, use_cache_of};
use super::ui::{Outcome, Ui};
use super::{Cli, Verb, run, search};
use crate::error::{Error, Result};
use crate::hits::job::Job;
use crate::hits::output::{RUN_FILE, read_hits, read_report};
use crate::hits::part::all_done;
use crate::hits::{bucket, commit};
use crate::language::message;
use crate::run::begin::{Begin, CommandLine};

/// Arguments of `tanba resume`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tanba resume --out interrupted\n\n\
The run goes on with its own command line, on the day and the generation of the gallery it began with. Tiles that\n\
are done are not done again; what was found damaged is. The hits are those of a run that was never interrupted.\n\
Where all parts of a run (`tanba run --part`) have ended, it makes one list of them.")]
pub(super) struct ResumeArgs {
    /// Directory of the result of the run
    #[arg(long, value_name = "DIR|URL", value_parser = result())]
    pub(super) out: PathBuf,
    /// Most memory to be resident, instead of what the run began with
    #[arg(long, value_name = "SIZE")]
    pub(super) memory: Option<ByteSize>,
    #[command(flatten)]
    pub(super) operation: OperationArgs,
    #[command(flatten)]
    pub(super) cluster: OnClusterArgs,
}

/// Runs the verb.
pub(super) fn run(args: &ResumeArgs, ui: &Ui) -> Result<Outcome> {
    let out = std::path::absolute(&args.out).map_err(Error::io(&args.out))?;
    let operation = args.operation.absolute()?;
    let cluster = args.cluster.absolute()?;
    if let Some(results) = bucket::of(&args.out) {
        if results.is_waiting() {
            return put_into_bucket(&results, ui);
        }
        if !results.may_replace() && results.is_finished()? {
            // Another machine made the result: what is left of this one's attempts serves nobody.
            commit::remove(&args.out)?;
            return Err(is_finished(&args.out));
        }
        results.bring_parts()?;
    }
    let job = Job::read(&out)?.ok_or_else(|| nothing_to_resume(&args.out))?;
    if let Some(division) = job.division {
        all_done(&args.out, division.of)?;
    }
    let stored: Vec<OsString> = job.arguments.iter().map(OsString::from).collect();
    use_cache_of(&stored);
    let cannot = |what: String| Error::usage(what, "start the run again with --overwrite");
    let cli = Cli::try_parse_from(&job.arguments).map_err(|_| {
        cannot("this program does not understand the command line of the run".into())
    })?;
    open(&stored)?;
    let memory = args.memory;
    std::env::set_current_dir(&job.directory).map_err(Error::io(&job.directory))?;
    match cli.verb {
        Verb::Run(mut args) => {
            args.operation = operation.or(args.operation);
            args.execution.memory = memory.or(args.execution.memory);
            args.cluster = cluster;
            let is_part = args.part.is_some() && job.division.is_none();
            if !is_part {
                args.part = None;
                // What it was to replace is gone; what has ended meanwhile is not to be replaced.
                args.overwrite = false;
                args.out = out;
                return run::run(&args, &Begin::Resume(Box::new(job)), ui);
            }
            // The folder of a part, below that of the run.
            args.out = out.parent().unwrap_or(&out).to_owned();
            let Job { arguments, directory, .. } = job;
            run::run(&args, &Begin::New(CommandLine { arguments, directory }), ui)
        }
        Verb::Search(mut args) => {
            cluster.refuse_search()?;
            args.out = Some(out);
            args.execution.memory = memory.or(args.execution.memory);
            search::run(&args, &Begin::Resume(Box::new(job)), ui)
        }
        _ => Err(cannot("only runs and searches go on".into())),
    }
}

/// Puts a run into its bucket that has ended on this machine and could not be put there then.
fn put_into_bucket(results: &bucket::Results, ui: &Ui) -> Result<Outcome> {
    let folder = bucket::to_write(results.url());
    let (report, hits) = (read_report(&folder)?, read_hits(&folder)?.len());
    results.publish()?;
    ui.say(message!(
        "status-was-put",
        run = &report.run_id,
        hits = grouped(hits as u64),
        out = results.url(),
    ));
    ui.document(&serde_json::json!({
        "type": "resume", "out": results.url(), "run_id": report.run_id, "hits": hits,
    }));
    Ok(if hits == 0 { Outcome::NoHits } else { Outcome::Done })
}

fn nothing_to_resume(out: &Path) -> Error {
    if out.join(RUN_FILE).exists() {
        return is_finished(out);
    }
    Error::usage(
        format!("{} holds no interrupted run", bucket::shown(out).display()),
        "give the --out of a run that was interrupted",
    )
}

fn is_finished(out: &Path) -> Error {
    Error::usage(
        format!("{} is of a finished run", bucket::shown(out).display()),
        "its hit list is complete; there is nothing to do",
    )
}
