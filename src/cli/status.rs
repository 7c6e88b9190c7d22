//! `tanba status`: how far a run is, or where it was interrupted.

use std::collections::HashSet;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::common::grouped;
use super::place::result;
use super::ui::{Outcome, Ui};
use crate::error::{Error, Result};
use crate::hits::bucket;
use crate::hits::job::Job;
use crate::hits::lock::{self, Holder, is_claimed};
use crate::hits::output::{RUN_FILE, read_report};
use crate::hits::part::{Part, PartState};
use crate::hits::{journal, read_hits};
use crate::language::{message, word};

/// Arguments of `tanba status`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tanba status --out interrupted")]
pub(super) struct StatusArgs {
    /// Directory of the result of the run
    #[arg(long, value_name = "DIR|URL", value_parser = result())]
    out: PathBuf,
}

#[derive(Debug, Serialize)]
struct SearchStatus {
    search: String,
    tiles_done: u64,
    tiles: u64,
    comparisons_done: u64,
    hits: u64,
}

#[derive(Debug, Serialize)]
struct RunStatus {
    r#type: &'static str,
    out: String,
    /// `finished`, `running` or `interrupted`.
    state: &'static str,
    run_id: String,
    started_at: String,
    tiles_done: u64,
    tiles: u64,
    hits: u64,
    searches: Vec<SearchStatus>,
    /// Who works on it, if that is known.
    holder: Option<Holder>,
    /// Where its parts stand; empty of a run that is not in parts.
    parts: Vec<PartStatus>,
}

#[derive(Debug, Serialize)]
struct PartStatus {
    part: u32,
    state: PartState,
    holder: Option<Holder>,
}

/// Runs the verb.
pub(super) fn run(args: &StatusArgs, ui: &Ui) -> Result<Outcome> {
    if let Some(results) = bucket::of(&args.out) {
        if !results.is_waiting() && results.is_finished()? {
            let read = StatusArgs { out: bucket::read(results.url())? };
            return shown(&read, finished(&read)?, ui);
        }
        results.bring_parts()?;
    }
    let status = match Job::read(&args.out)? {
        Some(job) if !args.out.join(RUN_FILE).exists() => begun(args, job)?,
        _ if args.out.join(RUN_FILE).exists() => finished(args)?,
        _ => {
            return Err(Error::usage(
                format!("{} holds no run", bucket::shown(&args.out).display()),
                "give the --out of a run",
            ));
        }
    };
    shown(args, status, ui)
}

fn shown(args: &StatusArgs, status: RunStatus, ui: &Ui) -> Result<Outcome> {
    let mut table = ui.titled(&["search", "column-tiles", "comparisons", "hits"]);
    for search in &status.searches {
        table.add_row([
            search.search.clone(),
            message!(
                "status-tiles-of",
                done = grouped(search.tiles_done),
                all = grouped(search.tiles),
            )
            .to_string(),
            grouped(search.comparisons_done),
            grouped(search.hits),
        ]);
    }
    ui.say(message!(
        "status-run",
        run = &status.run_id,
        state = word("state", status.state),
        began = &status.started_at,
    ));
    ui.say(table.to_string());
    ui.say(message!(
        "status-tiles",
        done = grouped(status.tiles_done),
        all = grouped(status.tiles),
        hits = grouped(status.hits),
    ));
    if let Some(holder) = &status.holder {
        ui.say(message!("status-held-by", holder = holder.to_string()));
    }
    for part in &status.parts {
        let said = match &part.holder {
            None => message!("status-part"),
            Some(holder) => message!("status-part-held", holder = holder.to_string()),
        };
        let state = part.state.name().replace(' ', "-");
        let said =
            said.with("part", part.part.to_string()).with("of", status.parts.len().to_string());
        ui.say(said.with("state", word("part-state", &state)));
    }
    let left = status.parts.iter().filter(|part| part.state != PartState::Done).count();
    if status.state == "interrupted" && left == 0 {
        let verb = if status.parts.is_empty() { "resume" } else { "finish" };
        ui.say(message!(
            "status-go-on",
            verb = verb,
            out = bucket::shown(&args.out).display().to_string()
        ));
    } else if left > 0 {
        ui.say(message!("status-parts-left", count = left.to_string()));
    }
    ui.document(&status);
    Ok(Outcome::Done)
}

/// The status of a run whose job is there: somebody works on it, or nobody does.
fn begun(args: &StatusArgs, job: Job) -> Result<RunStatus> {
    let mut tiles = journal::read(&args.out, &job.run_id)?.tiles;
    let mut parts = Vec::new();
    for part in Part::all(job.division.map_or(0, |division| division.of)) {
        let directory = part.directory(&args.out);
        let known: HashSet<u64> = tiles.iter().map(|tile| tile.tile).collect();
        let own = journal::read(&directory, &job.run_id)?.tiles.into_iter();
        tiles.extend(own.filter(|tile| part.takes(tile.tile) && !known.contains(&tile.tile)));
        let state = PartState::of(&args.out, part)?;
        let holder = lock::holder(&directory).filter(|_| state == PartState::Running);
        parts.push(PartStatus { part: part.number(), state, holder });
    }
    let mut first = 0;
    let mut searches = Vec::new();
    for search in &job.searches {
        let range = first..first + search.tiles;
        first = range.end;
        let own = tiles.iter().filter(|tile| range.contains(&tile.tile));
        let mut status = SearchStatus {
            search: search.search.clone(),
            tiles_done: 0,
            tiles: search.tiles,
            comparisons_done: 0,
            hits: 0,
        };
        for tile in own {
            status.tiles_done += 1;
            status.comparisons_done += tile.comparisons;
            status.hits += tile.written;
        }
        searches.push(status);
    }
    let is_held = is_claimed(&args.out)?;
    let is_running = is_held || parts.iter().any(|part| part.state == PartState::Running);
    Ok(RunStatus {
        r#type: "status",
        out: bucket::shown(&args.out).display().to_string(),
        state: if is_running { "running" } else { "interrupted" },
        started_at: job.started_at.clone(),
        tiles_done: searches.iter().map(|search| search.tiles_done).sum(),
        tiles: job.tiles(),
        hits: searches.iter().map(|search| search.hits).sum(),
        run_id: job.run_id,
        searches,
        holder: lock::holder(&args.out).filter(|_| is_held),
        parts,
    })
}

fn finished(args: &StatusArgs) -> Result<RunStatus> {
    let report = read_report(&args.out)?;
    let hits = read_hits(&args.out)?.len() as u64;
    let searches = report.searches.iter().map(|search| SearchStatus {
        search: search.search.clone(),
        tiles_done: search.tiles,
        tiles: search.tiles,
        comparisons_done: search.comparisons,
        hits: search.hits,
    });
    let searches: Vec<SearchStatus> = searches.collect();
    let tiles = searches.iter().map(|search| search.tiles).sum();
    Ok(RunStatus {
        r#type: "status",
        out: bucket::shown(&args.out).display().to_string(),
        state: "finished",
        run_id: report.run_id,
        started_at: report.started_at,
        tiles_done: tiles,
        tiles,
        hits,
        searches,
        holder: None,
        parts: Vec::new(),
    })
}
