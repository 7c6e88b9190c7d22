//! Everything a report says, as numbers.

use std::collections::HashSet;

use serde::Serialize;

use super::accuracy::{self, Trade};
use super::answer::Answer;
use super::checks::{Check, checks};
use super::pictured::{Pictured, pictured};
use super::source::{Request, Source};
use super::{chart, lists, tables};
use crate::error::Result;
use crate::evaluate::{Evaluation, of_run};
use crate::hits::report::RunReport;
use crate::language::Message;

/// A drawing with the table its numbers are in.
#[derive(Debug, Clone, Serialize)]
pub struct Chart {
    /// What it shows, in words.
    pub title: Message,
    /// SVG, to stand in a page; its words are in the language of the process.
    pub svg: String,
}

/// A part of a report: its tables, and the charts of each.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// The table.
    pub answer: Answer,
    /// Its charts.
    pub charts: Vec<Chart>,
}

impl Table {
    fn plain(answer: Answer) -> Table {
        Table { answer, charts: Vec::new() }
    }
}

/// What a report says. Tables that do not apply are absent.
#[derive(Debug, Clone, Serialize)]
pub struct Facts {
    /// `run.json`.
    pub run: RunReport,
    /// `run.json` as it stands there.
    #[serde(skip)]
    pub account: serde_json::Value,
    /// Identity of the run before, if one was named.
    pub previous: Option<String>,
    /// Hits shown of each search, and clusters drawn, at most.
    pub top: usize,
    /// What was looked for, the weightiest first.
    pub checks: Vec<Check>,
    /// The whole run in one row.
    pub night: Table,
    /// Searches, articles, thresholds.
    pub searches: Table,
    /// Devices.
    pub devices: Table,
    /// Pairs at each stage.
    pub stages: Table,
    /// Stages of the screen of fingerprints.
    pub finger_stages: Option<Table>,
    /// Hits by band of score.
    pub bands: Option<Table>,
    /// Scores.
    pub histogram: Table,
    /// Lineage markers of hits.
    pub lineage: Option<Table>,
    /// Hits by generation.
    pub generations: Table,
    /// Hits new since the run before.
    pub new: Option<Table>,
    /// Clusters by size.
    pub cluster_sizes: Table,
    /// Clusters drawn.
    pub clusters: Table,
    /// Strongest hits.
    pub strongest: Table,
    /// The first of these drawn; empty without a gallery.
    pub pictured: Vec<Pictured>,
    /// Rejected imports.
    pub rejected: Option<Table>,
    /// Records left out.
    pub left_out: Table,
    /// Segments not searched.
    pub set_aside: Option<Table>,
    /// Foreseen and come.
    pub prediction: Table,
    /// Hits against the truth.
    pub accuracy: Option<Table>,
    /// Chance hits found and expected.
    pub calibration: Option<Table>,
    /// Misses against chance hits.
    pub trades: Vec<Trade>,
}

impl Facts {
    /// The tables that apply.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        let always = [
            &self.night,
            &self.searches,
            &self.devices,
            &self.stages,
            &self.histogram,
            &self.generations,
            &self.cluster_sizes,
            &self.clusters,
            &self.strongest,
            &self.left_out,
            &self.prediction,
        ];
        let at_times = [
            &self.finger_stages,
            &self.bands,
            &self.lineage,
            &self.new,
            &self.rejected,
            &self.set_aside,
            &self.accuracy,
            &self.calibration,
        ];
        always.into_iter().chain(at_times.into_iter().flatten())
    }
}

/// Counts everything a report of the request says.
///
/// # Errors
/// A folder named holds no finished run, a file cannot be read, or the run is not of the registry named as truth.
pub fn facts(request: &Request) -> Result<Facts> {
    let source = Source::read(request)?;
    let evaluation =
        request.truth.as_deref().map(|truth| of_run(&request.run, truth)).transpose()?;
    let strongest = lists::strongest(&source, request.top);
    let pictured = pictured(request, &strongest)?;
    let drawn = lists::clusters(&source, request.top);
    let trades = evaluation.as_ref().map(accuracy::trades).unwrap_or_default();
    let stages = tables::stages(&source);
    let prediction = tables::prediction(&source);
    Ok(Facts {
        previous: source.previous.as_ref().map(|(report, _)| report.run_id.clone()),
        top: request.top,
        checks: checks(&source, evaluation.as_ref(), &pictured),
        night: Table::plain(tables::night(&source)),
        searches: Table::plain(tables::searches(&source)),
        devices: Table::plain(tables::devices(&source)),
        stages: Table { charts: chart::stages(&stages), answer: stages },
        finger_stages: tables::finger_stages(&source).map(Table::plain),
        bands: tables::bands(&source).map(|answer| Table { charts: chart::bands(&answer), answer }),
        histogram: histogram(&source),
        lineage: tables::lineage(&source).map(Table::plain),
        generations: Table::plain(tables::generations(&source)),
        new: tables::new_hits(&source).map(Table::plain),
        cluster_sizes: Table::plain(lists::cluster_sizes(&source)),
        clusters: Table {
            answer: lists::cluster_list(&drawn, request.top),
            charts: drawn.iter().filter_map(chart::cluster).collect(),
        },
        pictured,
        strongest: Table::plain(lists::strongest_table(&strongest, request.top)),
        rejected: lists::rejected(&source).map(Table::plain),
        left_out: Table::plain(tables::left_out(&source)),
        set_aside: tables::set_aside(&source).map(Table::plain),
        prediction: Table { charts: chart::prediction(&prediction), answer: prediction },
        accuracy: evaluation.as_ref().map(|evaluation| Table {
            answer: accuracy::accuracy(evaluation),
            charts: chart::trades(&trades).into_iter().collect(),
        }),
        calibration: evaluation.as_ref().map(|evaluation| calibration(&source, evaluation)),
        trades,
        run: source.report,
        account: source.account,
    })
}

fn histogram(source: &Source) -> Table {
    let answer = tables::histogram(source);
    let searches = source.report.searches.iter();
    let charts = searches.filter_map(|search| chart::histogram(&answer, search));
    Table { charts: charts.collect(), answer }
}

/// The chance hits of the truth against the bands of the run.
fn calibration(source: &Source, evaluation: &Evaluation) -> Table {
    let wrong: HashSet<(&str, &str, &str)> = evaluation
        .searches
        .iter()
        .flat_map(|search| {
            let chance = search.wrong_pairs.iter().filter(|pair| pair.kind == "chance");
            chance.map(|pair| (search.search.as_str(), &*pair.probe_id, &*pair.gallery_id))
        })
        .collect();
    let chance: Vec<(&str, i32)> = source
        .hits
        .iter()
        .filter(|h| wrong.contains(&(h.search.as_str(), &*h.probe_id, &*h.gallery_id)))
        .map(|h| (h.search.as_str(), h.score_mban))
        .collect();
    let is_evaluated =
        |name: &str| evaluation.searches.iter().any(|evaluated| evaluated.search == name);
    let mut searches = source.report.searches.clone();
    searches.retain(|search| is_evaluated(&search.search));
    let answer = accuracy::calibration(&searches, &chance);
    Table { charts: chart::calibration(&answer).into_iter().collect(), answer }
}
