//! `tanba gallery destroy`: records destroyed by an act, with the proof that nothing of them is left.

use std::path::PathBuf;

use clap::Args;

use super::common::{grouped, today};
use super::ui::{Outcome, Ui};
use crate::destroy::{Order, destroy, report_path};
use crate::error::{Error, Result};
use crate::import::act::{Ground, read_act};

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
    #[arg(value_name = "DIR")]
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
    #[arg(long, value_name = "DIR", num_args = 1..)]
    runs: Vec<PathBuf>,
}

fn parse_ground(text: &str) -> std::result::Result<Ground, String> {
    Ground::parse(text).ok_or_else(|| "is term-ended, acquitted or court:REFERENCE".to_owned())
}

/// Runs the verb.
pub(super) fn run(args: &DestroyArgs, ui: &Ui) -> Result<Outcome> {
    if args.approved_by.trim().is_empty() {
        return Err(Error::usage(
            "an act of destruction is approved by the head of the unit (L40 23(4))",
            "name who approved it with --approved-by",
        ));
    }
    let mut condemned = read_act(&args.act)?;
    if let Some(ground) = &args.ground {
        condemned.iter_mut().for_each(|record| record.ground = ground.clone());
    }
    let report = destroy(&Order {
        gallery: &args.gallery,
        act: &args.act,
        condemned: &condemned,
        approved_by: &args.approved_by,
        runs: &args.runs,
        today: today(),
    })?;
    let records = grouped(report.records.len() as u64);
    if let Some((generation, _)) = &report.after {
        ui.say(format!("{records} records destroyed; the gallery is at generation {generation}"));
    }
    ui.say(format!("{} files removed", grouped(report.files_removed.len() as u64)));
    for (run, done) in &report.runs {
        let unfinished =
            if done.was_unfinished { "; it had not ended and cannot go on" } else { "" };
        ui.say(format!("{run}: {} hits taken out{unfinished}", grouped(done.hits)));
    }
    if let Some(search) = &report.search {
        ui.say(format!(
            "nothing of them is left in {} files of {} bytes",
            grouped(search.files),
            grouped(search.bytes)
        ));
        for file in &search.same_in_other_records {
            ui.warn(format!("{file}: another record has the same biometrics and stays"));
        }
    }
    ui.say(format!("report: {}", report_path(&args.act).display()));
    ui.document(&serde_json::json!({ "type": "gallery_destroy", "report": report }));
    Ok(Outcome::Done)
}
