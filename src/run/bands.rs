//! Expected and observed: the hits of a search by bands of score, beside what chance lets expect there.
//!
//! Why: a list of thirty hits where the model expects thirty says nothing, and one where it expects none says
//! much; which of the two it is differs from band to band of one list. The expectation is that of
//! [`crate::plan::chance`], of unrelated persons; relatives and twins bring more.
//!
//! Limits: the observed are rows of the finished list, after `--top` and with one row per body and family.

use crate::hits::report::BandReport;
use crate::plan::search::ReadySearch;
use crate::score::Millibans;

/// Widths of the bands above the threshold, log10; the last band has no end.
const WIDTHS_LOG10: [f64; 5] = [1.0, 1.0, 1.0, 3.0, 6.0];

/// The bands of a search whose list has rows of these scores, millibans.
pub(super) fn bands(
    search: &ReadySearch,
    scores_mban: impl Iterator<Item = i32> + Clone,
) -> Vec<BandReport> {
    let mut edges = vec![search.threshold_log10];
    edges.extend(WIDTHS_LOG10.iter().scan(search.threshold_log10, |edge, width| {
        *edge += width;
        Some(*edge)
    }));
    let count_from = |edge: f64| {
        let least = Millibans::from_log10(edge).0;
        scores_mban.clone().filter(|score| *score >= least).count() as u64
    };
    // Of a night that compares what is new, its share of the whole search.
    let share = search.new_comparisons() as f64 / search.comparisons.max(1) as f64;
    let expected_from = |edge: f64| share * search.chance.expected_at(edge);
    let next = edges.iter().skip(1).map(|edge| Some(*edge)).chain([None]);
    edges
        .iter()
        .zip(next)
        .map(|(from, to)| BandReport {
            from_log10: *from,
            to_log10: to,
            expected_chance_hits: (expected_from(*from) - to.map_or(0.0, expected_from)).max(0.0),
            hits: count_from(*from) - to.map_or(0, count_from),
        })
        .collect()
}
