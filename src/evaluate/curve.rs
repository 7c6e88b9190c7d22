//! What other thresholds than the run's would find: mated pairs against chance hits.
//!
//! Limits: only hits are known, so nothing is said below the threshold of the run.

use std::collections::BTreeMap;

use serde::Serialize;

/// What a threshold at one score finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct OperatingPoint {
    /// Threshold, millibans.
    pub threshold_mban: i32,
    /// Mated pairs that reach it, of those in `mated`.
    pub found: u64,
    /// Chance hits that reach it.
    pub chance: u64,
}

/// The operating points of a search, thresholds descending. `found_mban`: best score of each mated pair found;
/// `chance_mban`: score of each chance hit.
pub(super) fn operating_points(
    found_mban: impl IntoIterator<Item = i32>,
    chance_mban: impl IntoIterator<Item = i32>,
) -> Vec<OperatingPoint> {
    let mut steps: BTreeMap<i32, (u64, u64)> = BTreeMap::new();
    for score in found_mban {
        steps.entry(score).or_default().0 += 1;
    }
    for score in chance_mban {
        steps.entry(score).or_default().1 += 1;
    }
    let sums = steps.into_iter().rev().scan((0, 0), |sum, (threshold_mban, (found, chance))| {
        *sum = (sum.0 + found, sum.1 + chance);
        Some(OperatingPoint { threshold_mban, found: sum.0, chance: sum.1 })
    });
    sums.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_thresholds_find_what_higher_ones_find_and_more() {
        let point =
            |threshold_mban, found, chance| OperatingPoint { threshold_mban, found, chance };
        assert_eq!(
            operating_points([9, 7, 7], [8, 7]),
            [point(9, 1, 0), point(8, 1, 1), point(7, 3, 2)]
        );
        assert_eq!(operating_points([], []), []);
    }
}
