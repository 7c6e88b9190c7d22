//! `tanba gallery destroy`: records destroyed by an act, with the proof that nothing of them is left.

use std::path::PathBuf;

use clap::Args;

use super::audit::{audited, event, hash_of};
use super::common::{grouped, today};
use super::place::place;
use super::ui::{Outcome, Ui};
use crate::audit::pseudonym::{Named, Names, Salt};
use crate::audit::{Asker, Event};
use crate::destroy::{ActReport, Order, destroy, report_path};
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::gallery::remote::refuse;
use crate::import::act::{Ground, read_act};
use crate::language::message;

/// Arguments of `tanba gallery destroy`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
tanba gallery destroy registry --act acts/act.csv --approved-by unit-head-7\n\n\
An act is a table or JSON Lines with record_id and ground: term-ended (acquitted says the same), or\n\
court:REFERENCE. A record is destroyed only when its term has ended, in the archive too, or a court ordered it.\n\
Earlier generations that held it cannot be opened any more. The report goes beside the act. If the command is\n\
interrupted, give it again: it completes what it began.")]
pub(super) struct DestroyArgs {
    /// Directory of the gallery
    #[arg(value_name = "DIR", value_parser = place())]
    gallery: PathBuf,
    /// The act: which records, on what ground
    #[arg(long, value_name = "FILE")]
    act: PathBuf,
    /// Head of the unit who approved the act (L40 23(4))
    #[arg(long, value_name = "ID")]
    approved_by: String,
    /// Ground of every record of the act, in place of what its lines state: court:REFERENCE
    #[arg(long, value_name = "GROUND", value_parser = parse_ground)]
    ground: Option<Ground>,
    /// Directories of runs whose hits, journals and logs may name the records
    #[arg(long, visible_alias = "hits", value_name = "DIR", num_args = 1..)]
    runs: Vec<PathBuf>,
}

fn parse_ground(text: &str) -> std::result::Result<Ground, String> {
    Ground::parse(text).ok_or_else(|| "is term-ended, acquitted or court:REFERENCE".to_owned())
}

/// What to do instead where the gallery is in a bucket.
const BUCKET_HELP: &str = "versions and copies of a bucket are out of this program's reach: bring the gallery to a \
disk, destroy there, remove the bucket with all versions, and upload the rest (docs/object_storage.md)";

/// Runs the verb.
pub(super) fn run(args: &DestroyArgs, ui: &Ui) -> Result<Outcome> {
    if args.approved_by.trim().is_empty() {
        return Err(Error::usage(
            "an act of destruction is approved by the head of the unit (L40 23(4))",
            "name who approved it with --approved-by",
        ));
    }
    refuse(&args.gallery, "records are not destroyed in", BUCKET_HELP)?;
    Gallery::open(&args.gallery)?;
    let read = read_act(&args.act);
    let named = read.iter().flatten().map(|line| (Named::Record, line.record_id.clone()));
    let names: Names = named.collect();
    let event = Event { names: names.clone(), ..event("gallery destroy", Asker::default()) };
    audited(&args.gallery, event, |account| {
        account.names = names;
        let mut lines = read?;
        if let Some(ground) = &args.ground {
            lines.iter_mut().for_each(|line| line.ground = ground.clone());
        }
        // The entry before this has made it.
        let Some(salt) = Salt::read(&args.gallery)? else {
            let path = Salt::path(&args.gallery);
            return Err(Error::integrity(
                &path,
                "the salt of the log is gone",
                "give the act again",
            ));
        };
        let report = destroy(&Order {
            gallery: &args.gallery,
            act: &args.act,
            lines: &lines,
            approved_by: &args.approved_by,
            runs: &args.runs,
            today: today(),
            pseudonym: &|id| salt.pseudonym(Named::Record, id),
        })?;
        account.count("records", report.records.len() as u64);
        account.count("hits", report.runs.values().map(|run| run.hits).sum());
        account.count("decisions", report.decisions);
        if let Some((generation, _)) = &report.after {
            account.count("generation", *generation);
        }
        // The log shows their pseudonyms, so that it tells of each record until its end.
        let ids = lines.iter().map(|line| line.record_id.as_str());
        account.reason = Some(format!("destroyed: {}", ids.collect::<Vec<_>>().join(", ")));
        account.replaced.clone_from(&report.decisions_replaced);
        account.result_blake3 = Some(hash_of(&report_path(&args.act))?);
        tell(args, &report, ui);
        Ok(Outcome::Done)
    })
}

fn tell(args: &DestroyArgs, report: &ActReport, ui: &Ui) {
    let records = grouped(report.records.len() as u64);
    if let Some((generation, _)) = &report.after {
        let generation = generation.to_string();
        ui.say(message!("destroy-records", records = records, generation = generation));
    }
    ui.say(message!("destroy-files", files = grouped(report.files_removed.len() as u64)));
    for (run, done) in &report.runs {
        let id = if done.was_unfinished { "destroy-hits-unfinished" } else { "destroy-hits" };
        ui.say(message!(id, run = run, hits = grouped(done.hits)));
    }
    if let Some(search) = &report.search {
        let (files, bytes) = (grouped(search.files), grouped(search.bytes));
        ui.say(message!("destroy-nothing-left", files = files, bytes = bytes));
        for file in &search.numbers_of_requests_in {
            ui.warn(message!("destroy-request-number", file = file));
        }
        for file in &search.same_in_other_records {
            ui.warn(message!("destroy-same-biometrics", file = file));
        }
    }
    ui.say(message!("destroy-report", file = report_path(&args.act).display().to_string()));
    ui.document(&serde_json::json!({ "type": "gallery_destroy", "report": report }));
}
