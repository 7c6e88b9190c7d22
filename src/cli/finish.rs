//! `tanba finish`: makes the hit list of a run in parts.

use std::path::{Path, PathBuf};

use bytesize::ByteSize;
use clap::Args;

use super::cluster_args::OnClusterArgs;
use super::common::grouped;
use super::operation::OperationArgs;
use super::place::result;
use super::resume::{self, ResumeArgs};
use super::ui::{Outcome, Ui};
use crate::error::{Error, Result};
use crate::hits::bucket;
use crate::hits::job::Job;
use crate::hits::output::{RUN_FILE, read_hits, read_report};
use crate::language::message;

/// Arguments of `tanba finish`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tanba finish --out in-parts\n\n\
Every part (`tanba run --part I/N`) must have ended; those that have not are named (exit code 4). The list is byte for\n\
byte that of one run. Given again after that it says so and changes nothing: exit code 0 with hits, 1 without.")]
pub(super) struct FinishArgs {
    /// Directory of the result of the run
    #[arg(long, value_name = "DIR|URL", value_parser = result())]
    out: PathBuf,
    /// Most memory to be resident, instead of what the run began with
    #[arg(long, value_name = "SIZE")]
    memory: Option<ByteSize>,
    #[command(flatten)]
    operation: OperationArgs,
}

/// Runs the verb.
pub(super) fn run(args: &FinishArgs, ui: &Ui) -> Result<Outcome> {
    let shown = bucket::shown(&args.out);
    if let Some(results) = bucket::of(&args.out) {
        if results.is_finished()? {
            return ended(&bucket::read(results.url())?, &shown, ui);
        }
        results.bring_parts()?;
    } else if args.out.join(RUN_FILE).exists() {
        return ended(&args.out, &shown, ui);
    }
    let is_waiting = bucket::of(&args.out).is_some_and(|results| results.is_waiting());
    let job = Job::read(&args.out)?;
    if !is_waiting && job.is_none_or(|job| job.division.is_none()) {
        return Err(Error::usage(
            format!("{} holds no run in parts", shown.display()),
            "`tanba run --part I/N` begins one; `tanba resume` goes on with a run that is not in parts",
        ));
    }
    let args = ResumeArgs {
        out: args.out.clone(),
        memory: args.memory,
        operation: args.operation.clone(),
        cluster: OnClusterArgs::default(),
    };
    resume::run(&args, ui)
}

/// Says that the list had been made.
fn ended(folder: &Path, shown: &Path, ui: &Ui) -> Result<Outcome> {
    let report = read_report(folder)?;
    let hits = read_hits(folder)?.len() as u64;
    ui.say(message!(
        "status-was-finished",
        run = &report.run_id,
        hits = grouped(hits),
        out = shown.display().to_string(),
    ));
    ui.document(&serde_json::json!({
        "type": "finish", "out": shown, "was_done": true, "run_id": report.run_id, "hits": hits,
    }));
    Ok(if hits == 0 { Outcome::NoHits } else { Outcome::Done })
}
