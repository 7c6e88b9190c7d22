//! `tanba hits stats`: a run in numbers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::common::{expectation, grouped};
use super::place::finished;
use super::ui::{Outcome, Ui};
use crate::error::Result;
use crate::hits::output::{read_hits, read_report};
use crate::hits::statistics::{SearchStatistics, statistics};
use crate::language::{words, words_with};

/// Characters of the longest bar.
const BAR: u64 = 40;

/// Scores that share a bar, log10; `--json` has them one by one.
const STEP_LOG10: i32 = 5;

/// Arguments of `tanba hits stats`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba hits stats night\n  tanba hits stats night --json\n\n\
Counts of decisions by month are those of `tanba adjudicate stats`.")]
pub(super) struct StatsArgs {
    /// Directory of a finished run
    #[arg(value_name = "RUN", value_parser = finished())]
    run: PathBuf,
}

/// Runs the verb.
pub(super) fn run(args: &StatsArgs, ui: &Ui) -> Result<Outcome> {
    let report = read_report(&args.run)?;
    let searches = statistics(&report, &read_hits(&args.run)?);
    let mut table = ui.titled(&[
        "search",
        "probes",
        "searched-in",
        "comparisons",
        "hits",
        "by-chance",
        "probes-hit",
        "records-hit",
        "new",
        "best",
    ]);
    for s in &searches {
        table.add_row([
            s.search.clone(),
            grouped(s.probes),
            grouped(s.gallery),
            grouped(s.comparisons),
            grouped(s.hits),
            expectation(s.expected_chance_hits),
            grouped(s.probes_with_hits),
            grouped(s.gallery_records_hit),
            grouped(s.new_in_generation),
            s.best_mban.map_or("-".into(), |mban| format!("{:.2}", f64::from(mban) / 1000.0)),
        ]);
    }
    ui.say(table.to_string());
    let generation = report.gallery_generation.to_string();
    ui.say(format!("{}\n", words_with("new-legend", &[("generation", &generation)])));
    for s in searches.iter().filter(|s| s.hits > 0) {
        ui.say(distribution(s));
    }
    ui.document(&serde_json::json!({
        "type": "hits_stats", "run_id": report.run_id, "gallery_generation": report.gallery_generation,
        "hits": report.hits, "searches": searches,
    }));
    Ok(if report.hits == 0 { Outcome::NoHits } else { Outcome::Done })
}

/// The hits of a search by score as bars, then by class and rule.
fn distribution(s: &SearchStatistics) -> String {
    let mut text = words_with("by-log10", &[("search", &s.search)]) + "\n";
    let mut steps: BTreeMap<i32, u64> = BTreeMap::new();
    for (log10, hits) in &s.by_log10 {
        *steps.entry(log10.div_euclid(STEP_LOG10) * STEP_LOG10).or_default() += hits;
    }
    let most = steps.values().copied().max().unwrap_or(1);
    for (from, hits) in &steps {
        let length = (hits * BAR).div_ceil(most);
        let bar = "#".repeat(usize::try_from(length).unwrap_or_default());
        let to = from + STEP_LOG10;
        text += &format!("  {from:>4} – {to:<4} {:>9}  {bar}\n", grouped(*hits));
    }
    for (id, counts) in [("by-class", &s.by_class), ("by-rule", &s.by_rule)] {
        if let Some(line) = line(&words(id), counts) {
            text += &line;
        }
    }
    text
}

fn line(name: &str, counts: &BTreeMap<String, u64>) -> Option<String> {
    let counts: Vec<String> =
        counts.iter().map(|(key, hits)| format!("{} {key}", grouped(*hits))).collect();
    (!counts.is_empty()).then(|| format!("  {name}: {}\n", counts.join(", ")))
}
