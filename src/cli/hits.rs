//! `tanba hits`: hit lists looked at, written for other programs, compared, counted; and destroyed with their case.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::audit::{audited, event};
use super::common::grouped;
use super::hits_diff::{self, DiffArgs};
use super::hits_export::{self, ExportArgs};
use super::hits_list::{self, ListArgs};
use super::hits_stats::{self, StatsArgs};
use super::place::place;
use super::ui::{Outcome, Ui};
use crate::audit::Asker;
use crate::error::Result;
use crate::gallery::Gallery;
use crate::hits::expunge::{destroy, results_of};
use crate::language::message;

/// Arguments of `tanba hits`.
#[derive(Debug, Args)]
pub(super) struct HitsArgs {
    #[command(subcommand)]
    verb: HitsVerb,
}

#[derive(Debug, Subcommand)]
enum HitsVerb {
    /// The hits of a run as a table, by search, record, score or decision
    List(ListArgs),
    /// Write hits into a CSV, JSON Lines, Arrow or Parquet file
    Export(ExportArgs),
    /// What one run found and another did not
    Diff(DiffArgs),
    /// A run in numbers: hits by search, score, class and rule
    Stats(StatsArgs),
    /// Destroy the results bound to a case (L510 16-3(3))
    Expunge(ExpungeArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
tanba hits expunge --case K-1 --gallery registry --runs search-1 results\n\n\
Every file of a result whose run.json names the case is overwritten with zeros and removed; other results are\n\
left alone and named. Copies, exports, backups and snapshots elsewhere are not reached.")]
struct ExpungeArgs {
    /// Number of the case
    #[arg(long, value_name = "NUMBER")]
    case: String,
    /// Gallery that was searched; its audit log records the destruction
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// Results of searches, or folders that hold them
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    runs: Vec<PathBuf>,
}

/// Runs the verb.
pub(super) fn run(args: &HitsArgs, ui: &Ui) -> Result<Outcome> {
    match &args.verb {
        HitsVerb::List(args) => hits_list::run(args, ui),
        HitsVerb::Export(args) => hits_export::run(args, ui),
        HitsVerb::Diff(args) => hits_diff::run(args, ui),
        HitsVerb::Stats(args) => hits_stats::run(args, ui),
        HitsVerb::Expunge(args) => expunge(args, ui),
    }
}

fn expunge(args: &ExpungeArgs, ui: &Ui) -> Result<Outcome> {
    Gallery::open(&args.gallery)?;
    let asker = Asker { case: Some(args.case.clone()), ..Asker::default() };
    audited(&args.gallery, event("hits expunge", asker), |account| {
        let (bound, others) = results_of(&args.case, &args.runs)?;
        for other in &others {
            let folder = other.display().to_string();
            ui.note(message!("expunge-other", folder = folder, case = &args.case));
        }
        let (mut files, mut bytes, mut runs) = (0, 0, Vec::new());
        for folder in &bound {
            let destroyed = destroy(folder)?;
            files += destroyed.files;
            bytes += destroyed.bytes;
            runs.push(destroyed.run_id);
            account.count("results", runs.len() as u64);
            account.count("files", files);
            account.count("bytes", bytes);
            account.reason = Some(format!("destroyed: {}", runs.join(", ")));
            ui.say(message!("expunge-folder", folder = folder.display().to_string()));
        }
        ui.say(message!(
            "expunge-results",
            results = grouped(runs.len() as u64),
            case = &args.case,
            files = grouped(files),
            bytes = grouped(bytes),
        ));
        if !runs.is_empty() {
            ui.note(message!("expunge-not-reached"));
        }
        ui.document(&serde_json::json!({
            "type": "expunge", "case": args.case, "runs": runs, "files": files, "bytes": bytes,
            "left_alone": others.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        }));
        Ok(if runs.is_empty() { Outcome::NoHits } else { Outcome::Done })
    })
}
