//! `tanba hits diff`: what one run found and another did not.

use std::path::PathBuf;

use clap::Args;

use super::common::grouped;
use super::hits_list::{SelectArgs, agreement};
use super::place::finished;
use super::ui::{Outcome, Ui};
use crate::column::hit::Hit;
use crate::error::Result;
use crate::hits::difference::{difference, parameter_changes};
use crate::hits::output::{read_hits, read_report};
use crate::hits::report::RunReport;
use crate::language::{Message, message, words_with};

/// Hits named of each kind of difference.
const TOP: usize = 20;

/// Arguments of `tanba hits diff`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tanba hits diff night night\n\n\
Hits are joined by hit_id, which is the same for the same two records in every run. docs/hits.md has the same question \
as one anti-join in SQL. With --json every hit that differs is a document of its own.")]
pub(super) struct DiffArgs {
    /// Directory of the earlier run
    #[arg(value_name = "RUN1", value_parser = finished())]
    before: PathBuf,
    /// Directory of the later run
    #[arg(value_name = "RUN2", value_parser = finished())]
    after: PathBuf,
    #[command(flatten)]
    select: SelectArgs,
    /// Hits named of each kind; 0: all
    #[arg(long, default_value_t = TOP, value_name = "K")]
    top: usize,
}

/// Runs the verb.
pub(super) fn run(args: &DiffArgs, ui: &Ui) -> Result<Outcome> {
    let (of_before, of_after) = (read_report(&args.before)?, read_report(&args.after)?);
    let selection = args.select.selection();
    let list = |run: &PathBuf| -> Result<Vec<Hit>> {
        let mut hits = read_hits(run)?;
        hits.retain(|hit| selection.picks(hit));
        Ok(hits)
    };
    let (before, after) = (list(&args.before)?, list(&args.after)?);
    let found = difference(&before, &after);
    for reason in reasons(&of_before, &of_after) {
        ui.say(message!("runs-differ", reason = reason));
    }
    let top = if args.top == 0 { usize::MAX } else { args.top };
    let changed: Vec<&Hit> = found.changed.iter().map(|(_, after)| *after).collect();
    for (kind, title, hits) in [
        ("new", "diff-new", &found.new),
        ("gone", "diff-gone", &found.gone),
        ("changed", "diff-changed", &changed),
    ] {
        let mut table = ui.titled(&[title, "search", "probe", "found", "agreement", "score"]);
        for (place, hit) in hits.iter().enumerate() {
            let was = found.changed.get(place).filter(|_| kind == "changed");
            let was = was.map(|(before, _)| before.score_mban);
            ui.document(&serde_json::json!({
                "type": "difference", "kind": kind, "hit": hit, "score_before_mban": was,
            }));
            let log10 = |mban: i32| format!("{:.2}", f64::from(mban) / 1000.0);
            let score = log10(hit.score_mban);
            if place < top {
                table.add_row([
                    hit.hit_id.clone(),
                    hit.search.clone(),
                    hit.probe_id.clone(),
                    hit.gallery_id.clone(),
                    agreement(hit),
                    was.map_or(score.clone(), |was| {
                        words_with("score-changed", &[("before", &log10(was)), ("now", &score)])
                    }),
                ]);
            }
        }
        if table.row_count() > 0 {
            ui.say(table.to_string());
        }
        if hits.len() > top {
            let count = grouped((hits.len() - top) as u64);
            ui.note(words_with("diff-more", &[("count", &count)]));
        }
    }
    let counts = found.counts();
    let [new, gone, changed, same] =
        [counts.new, counts.gone, counts.changed, counts.same].map(grouped);
    let numbers = [("new", &*new), ("gone", &*gone), ("changed", &*changed), ("same", &*same)];
    ui.say(words_with("diff-counts", &numbers));
    ui.document(&serde_json::json!({
        "type": "hits_diff", "before": of_before.run_id, "after": of_after.run_id, "counts": counts,
        "reasons": reasons(&of_before, &of_after),
    }));
    Ok(Outcome::Done)
}

/// Why two lists may differ, as far as the runs' own accounts say.
fn reasons(before: &RunReport, after: &RunReport) -> Vec<Message> {
    let mut reasons = Vec::new();
    if before.gallery_manifest_blake3 != after.gallery_manifest_blake3 {
        reasons.push(message!(
            "differ-generations",
            before = before.gallery_generation.to_string(),
            after = after.gallery_generation.to_string(),
        ));
    }
    let changes = parameter_changes(&before.parameters, &after.parameters);
    reasons.extend(changes.into_iter().map(|name| message!("differ-parameter", name = name)));
    if before.kernels != after.kernels {
        reasons.push(message!("differ-kernels"));
    }
    let names = |report: &RunReport| {
        report.searches.iter().map(|search| search.search.clone()).collect::<Vec<_>>()
    };
    if names(before) != names(after) {
        reasons.push(message!("differ-searches"));
    }
    if let Some(since) = after.searches.iter().find_map(|search| search.since_generation) {
        reasons.push(message!("differ-newer-only", generation = since.to_string()));
    }
    reasons
}
