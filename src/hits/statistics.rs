//! What a run found, in numbers by search.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::report::{RunReport, SearchReport};
use crate::column::hit::Hit;

/// One search in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchStatistics {
    /// Name.
    pub search: String,
    /// Records searched.
    pub probes: u64,
    /// Records searched in.
    pub gallery: u64,
    /// Pairs compared.
    pub comparisons: u64,
    /// Least score of a hit, log10.
    pub threshold_log10: f64,
    /// Chance hits to expect among unrelated persons.
    pub expected_chance_hits: f64,
    /// Rows of the list.
    pub hits: u64,
    /// Records searched that have a hit.
    pub probes_with_hits: u64,
    /// Records searched in that are a hit of some record searched.
    pub gallery_records_hit: u64,
    /// Hits whose pair could be compared in this generation of the gallery for the first time.
    pub new_in_generation: u64,
    /// Highest score, millibans.
    pub best_mban: Option<i32>,
    /// Hits by whole log10 of their score, rounded down.
    pub by_log10: BTreeMap<i32, u64>,
    /// Hits by class of the agreement under the rules; none of searches that have no class.
    pub by_class: BTreeMap<String, u64>,
    /// Hits by rule.
    pub by_rule: BTreeMap<String, u64>,
}

/// The searches of a run in numbers, in their order.
pub fn statistics(report: &RunReport, hits: &[Hit]) -> Vec<SearchStatistics> {
    report
        .searches
        .iter()
        .map(|search| of_search(search, report.gallery_generation, hits))
        .collect()
}

fn of_search(search: &SearchReport, generation: u64, hits: &[Hit]) -> SearchStatistics {
    let (mut probes, mut records) = (HashSet::new(), HashSet::new());
    let mut found = SearchStatistics {
        search: search.search.clone(),
        probes: search.probes,
        gallery: search.gallery,
        comparisons: search.comparisons,
        threshold_log10: search.threshold_log10,
        expected_chance_hits: search.expected_chance_hits,
        hits: 0,
        probes_with_hits: 0,
        gallery_records_hit: 0,
        new_in_generation: 0,
        best_mban: None,
        by_log10: BTreeMap::new(),
        by_class: BTreeMap::new(),
        by_rule: BTreeMap::new(),
    };
    for hit in hits.iter().filter(|hit| hit.search == search.search) {
        found.hits += 1;
        probes.insert(hit.probe_id.as_str());
        records.insert(hit.gallery_id.as_str());
        found.new_in_generation += u64::from(hit.new_since == generation);
        found.best_mban = found.best_mban.max(Some(hit.score_mban));
        *found.by_log10.entry(hit.score_mban.div_euclid(1000)).or_default() += 1;
        *found.by_rule.entry(hit.rule.clone()).or_default() += 1;
        if let Some(class) = hit.dna.as_ref().and_then(|dna| dna.rule_class.clone()) {
            *found.by_class.entry(class).or_default() += 1;
        }
    }
    found.probes_with_hits = probes.len() as u64;
    found.gallery_records_hit = records.len() as u64;
    found
}
