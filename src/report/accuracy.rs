//! Accuracy of a run whose truth is known: what was found, what thresholds would do, whether chance is as foreseen.
//!
//! Limits: only hits are known, so nothing is said of thresholds below the run's. The numbers are those of
//! `tanba evaluate`; no query over the run gives them, because a run does not know the truth.

use serde::Serialize;
use serde_json::json;

use super::answer::Unit::{Count, Expected, Text};
use super::answer::{Answer, SEARCH};
use crate::evaluate::{Evaluation, SearchEvaluation};
use crate::hits::report::SearchReport;
use crate::language::Message;
use crate::score::Millibans;

/// A search as a trade of misses against chance hits, thresholds descending.
#[derive(Debug, Clone, Serialize)]
pub struct Trade {
    /// Search.
    pub search: String,
    /// False match rate (chance hits per comparison) and false non-match rate (mated pairs missed, of all).
    pub points: Vec<(f64, f64)>,
}

/// How each search did.
pub(super) fn accuracy(evaluation: &Evaluation) -> Answer {
    let columns = [
        SEARCH,
        ("mated", "column-mated-pairs", Count),
        ("found", "found", Count),
        ("missed", "column-missed", Count),
        ("hits_twin", "column-hits-of-twins", Count),
        ("hits_relative", "column-of-relatives", Count),
        ("hits_chance", "by-chance", Count),
        ("expected_chance_hits", "expected-by-chance", Expected),
        ("hits_unlawful", "column-must-not-exist", Count),
    ];
    let rows = evaluation.searches.iter().map(|s| {
        vec![
            json!(s.search),
            json!(s.mated),
            json!(s.found),
            json!(s.missed()),
            json!(s.hits_twin),
            json!(s.hits_relative.values().sum::<u64>()),
            json!(s.hits_chance),
            json!(s.expected_chance_hits),
            json!(s.hits_unlawful),
        ]
    });
    Answer::new("accuracy", &columns, None).with(rows)
}

/// The detection error trade-off of each search that has mated pairs. Steps at which only the share of misses
/// changes are one line of the curve; both ends of it are kept.
pub(super) fn trades(evaluation: &Evaluation) -> Vec<Trade> {
    let with_mates = evaluation.searches.iter().filter(|s| s.mated > 0 && s.comparisons > 0);
    with_mates.map(trade).filter(|trade| !trade.points.is_empty()).collect()
}

fn trade(search: &SearchEvaluation) -> Trade {
    let points = &search.operating_points;
    let is_corner = |place: usize| {
        let same = |other: Option<usize>| {
            let other = other.and_then(|place| points.get(place));
            other.is_some_and(|other| other.chance == points[place].chance)
        };
        !(same(place.checked_sub(1)) && same(Some(place + 1)))
    };
    let corners = (0..points.len()).filter(|place| is_corner(*place));
    let rates = corners.map(|place| {
        let point = points[place];
        let missed = search.mated.saturating_sub(point.found);
        (point.chance as f64 / search.comparisons as f64, missed as f64 / search.mated as f64)
    });
    Trade { search: search.search.clone(), points: rates.collect() }
}

/// How a band of scores is named in data.
const TO: &str = " to ";
const MORE: &str = " and more";
const FINGERS: &str = "all scores, fingerprints";

/// The name of a band of scores in words.
pub(super) fn band(name: &str) -> Message {
    match (name.split_once(TO), name.strip_suffix(MORE)) {
        (Some((from, to)), _) => Message::new("chart-band-to").with("from", from).with("to", to),
        (_, Some(from)) => Message::new("chart-band-more").with("from", from),
        _ if name == FINGERS => Message::new("chart-band-fingers"),
        _ => Message::data(name),
    }
}

/// Chance hits found against chance hits expected, over all searches, by band of score. `chance`: search and score
/// in millibans of each chance hit.
pub(super) fn calibration(searches: &[SearchReport], chance: &[(&str, i32)]) -> Answer {
    let columns = [
        ("band", "column-score-above", Text),
        ("expected", "column-expected", Expected),
        ("found", "found", Count),
    ];
    let mut bands: Vec<(String, f64, u64)> = Vec::new();
    let mut add = |name: String, expected: f64, found: u64| match bands
        .iter_mut()
        .find(|(own, ..)| *own == name)
    {
        Some(band) => *band = (name, band.1 + expected, band.2 + found),
        None => bands.push((name, expected, found)),
    };
    for search in searches {
        let scores: Vec<i32> = chance
            .iter()
            .filter(|(own, _)| *own == search.search)
            .map(|(_, score)| *score)
            .collect();
        for band in &search.bands {
            let least = Millibans::from_log10(band.from_log10).0;
            let end = band.to_log10.map_or(i32::MAX, |edge| Millibans::from_log10(edge).0);
            let found = scores.iter().filter(|score| (least..end).contains(score)).count();
            let above = |edge: f64| edge - search.threshold_log10;
            let name = match band.to_log10 {
                Some(to) => format!("{:.0}{TO}{:.0}", above(band.from_log10), above(to)),
                None => format!("{:.0}{MORE}", above(band.from_log10)),
            };
            add(name, band.expected_chance_hits, found as u64);
        }
        if search.bands.is_empty() {
            let found = scores.len() as u64;
            add(FINGERS.to_owned(), search.expected_chance_hits, found);
        }
    }
    let rows = bands
        .into_iter()
        .map(|(name, expected, found)| vec![json!(name), json!(expected), json!(found)]);
    Answer::new("calibration", &columns, None).with(rows)
}
