//! `tanba report`: a run as one page.

use std::path::{Path, PathBuf};

use clap::Args;

use super::audit::{audited, event, hash_of};
use super::common::grouped;
use super::place::{finished, place};
use super::ui::{Outcome, Ui};
use crate::audit::{Account, Asker};
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::gallery::file::write_new;
use crate::hits::bucket;
use crate::hits::output::{REPORT_FILE, read_report};
use crate::language::message;
use crate::report::{Facts, Request, facts, html, is_of_encrypted_hits};

/// Arguments of `tanba report`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba report night-2\n  \
tanba report night-2 --gallery registry --previous night-1\n  \
tanba report night-2 --truth synthetic --output report.html\n\n\
The page is one file without scripts that loads nothing: it opens in any browser and prints. With --json every table\n\
is printed with the DuckDB query that gives it again (docs/report.md).")]
pub(super) struct ReportArgs {
    /// Directory of the finished run
    #[arg(value_name = "RUN", value_parser = finished())]
    run: PathBuf,
    /// Gallery that was searched: for rejected imports and decisions; its audit log records the report
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    gallery: Option<PathBuf>,
    /// Directory of an earlier run, for what is new since
    #[arg(long, value_name = "DIR|URL", value_parser = finished())]
    previous: Option<PathBuf>,
    /// Directory of the synthetic registry the gallery was made from, for accuracy
    #[arg(long, value_name = "DIR")]
    truth: Option<PathBuf>,
    /// File of the page [default: report.html in RUN, where it goes with the run]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Hits shown of each search, and clusters drawn
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    top: u16,
    /// Hits of each search that are drawn, with --gallery
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=100))]
    pictures: u16,
}

/// Runs the verb.
pub(super) fn run(args: &ReportArgs, ui: &Ui) -> Result<Outcome> {
    if args.output.is_none() && bucket::of(&args.run).is_some() {
        return Err(Error::usage(
            "the page of a run in a bucket needs a file of its own",
            "name it: --output report.html",
        ));
    }
    let case = read_report(&args.run)?.case;
    let asker = case.map_or_else(Asker::default, |case| Asker {
        case: Some(case.case),
        ground: case.ground,
        ..Asker::default()
    });
    match &args.gallery {
        None => made(args, &mut Account::default(), ui),
        Some(gallery) => {
            Gallery::open(gallery)?;
            audited(gallery, event("report", asker), |account| made(args, account, ui))
        }
    }
}

fn made(args: &ReportArgs, account: &mut Account, ui: &Ui) -> Result<Outcome> {
    if args.output.is_none() && is_of_encrypted_hits(&args.run)? {
        return Err(Error::usage(
            "the hits of this run are encrypted, and a report is not",
            "name a place for it with --output where only those who may read the hits can read it",
        ));
    }
    let facts = facts(&Request {
        run: args.run.clone(),
        gallery: args.gallery.clone(),
        previous: args.previous.clone(),
        truth: args.truth.clone(),
        top: usize::from(args.top),
        pictures: usize::from(args.pictures),
    })?;
    let page = html(&facts)?;
    let path = args.output.clone().unwrap_or_else(|| args.run.join(REPORT_FILE));
    written(&path, &page)?;
    account.run_id = Some(facts.run.run_id.clone());
    account.result_blake3 = Some(hash_of(&path)?);
    account.count("hits", facts.run.hits);
    tell(args, &facts, (&path, page.len()), ui);
    Ok(Outcome::Done)
}

fn written(path: &Path, page: &str) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        let what = format!("{} is no name of a file", path.display());
        return Err(Error::usage(what, "name a file, such as report.html"));
    };
    write_new(folder.unwrap_or(Path::new(".")), name, page.as_bytes()).map(drop)
}

fn tell(args: &ReportArgs, facts: &Facts, (path, bytes): (&Path, usize), ui: &Ui) {
    let file = path.display().to_string();
    ui.say(message!("report-written", file = file, bytes = grouped(bytes as u64)));
    let is_inside = args.output.is_none();
    if !is_inside {
        ui.note(message!("report-outside"));
    }
    ui.document(&serde_json::json!({
        "type": "report", "output": path.display().to_string(), "bytes": bytes, "facts": facts,
    }));
}
