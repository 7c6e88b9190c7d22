//! Monthly statistics of decisions: what was confirmed, what was adventitious, and how long it took.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::{State, standings};
use crate::column::decision::{Decision, Verdict};

/// One month of UTC. Hits count in the month of the last decision that counts on them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Month {
    /// Decisions made, superseded ones too.
    pub decisions: u64,
    /// Hits two examiners confirmed: identifications.
    pub confirmed: u64,
    /// Hits two examiners excluded: they agree by chance or are relatives.
    pub adventitious: u64,
    /// Hits two examiners could not decide.
    pub inconclusive: u64,
    /// Hits of which two examiners found a record insufficient.
    pub insufficient: u64,
    /// Median days from the run to the decision of those hits whose run is known.
    pub median_days: Option<f64>,
    /// Hits whose run is known: what the median is of.
    pub timed: u64,
}

/// Decisions by month, and what is open.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Statistics {
    /// By month, such as `2026-11`.
    pub months: BTreeMap<String, Month>,
    /// Hits that wait for a second examiner.
    pub waiting: u64,
    /// Hits two examiners differ about.
    pub disputed: u64,
}

fn month(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string()
}

/// The statistics of all decisions of a gallery.
pub fn statistics(decisions: &[Decision]) -> Statistics {
    let mut statistics = Statistics::default();
    for decision in decisions {
        statistics.months.entry(month(decision.decided_at)).or_default().decisions += 1;
    }
    let mut days: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for standing in standings(decisions).values() {
        let verdict = match standing.state() {
            State::Single => {
                statistics.waiting += 1;
                continue;
            }
            State::Disputed => {
                statistics.disputed += 1;
                continue;
            }
            State::Decided(verdict) => verdict,
        };
        let of_hit = || standing.latest.values();
        let Some(decided_at) = of_hit().map(|decision| decision.decided_at).max() else { continue };
        let name = month(decided_at);
        let line = statistics.months.entry(name.clone()).or_default();
        *match verdict {
            Verdict::Identification => &mut line.confirmed,
            Verdict::Exclusion => &mut line.adventitious,
            Verdict::Inconclusive => &mut line.inconclusive,
            Verdict::Insufficient => &mut line.insufficient,
        } += 1;
        if let Some(found_at) = of_hit().filter_map(|decision| decision.found_at).min() {
            let seconds = decided_at.duration_since(found_at).as_secs_f64();
            days.entry(name).or_default().push(seconds / 86_400.0);
        }
    }
    for (name, days) in days {
        let line = statistics.months.entry(name).or_default();
        line.timed = days.len() as u64;
        line.median_days = median(days);
    }
    statistics
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    values.get(middle.checked_sub(1)?).map(|lower| (lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::decision;
    use super::*;

    #[test]
    fn hits_count_in_the_month_two_examiners_agreed_with_the_median_time() {
        use Verdict::{Exclusion, Identification, Insufficient};
        let day = 1440;
        let mut all = vec![
            decision(1, "A", Identification, 0),
            decision(1, "B", Identification, day),
            decision(2, "A", Exclusion, 0),
            decision(2, "B", Exclusion, 40 * day),
            decision(3, "A", Exclusion, 0),
            decision(4, "A", Exclusion, 0),
            decision(4, "B", Insufficient, 0),
            decision(5, "A", Identification, 0),
            decision(5, "B", Identification, 3 * day),
        ];
        let start = all[0].decided_at;
        all.iter_mut().for_each(|d| d.found_at = Some(start));
        let found = statistics(&all);
        assert_eq!((found.waiting, found.disputed, found.months.len()), (1, 1, 2));
        let first = found.months.values().next().unwrap();
        assert_eq!((first.decisions, first.confirmed, first.adventitious), (8, 2, 0));
        assert_eq!((first.median_days, first.timed), (Some(2.0), 2));
        let last = found.months.values().last().unwrap();
        assert_eq!((last.decisions, last.confirmed, last.adventitious), (1, 0, 1));
        assert_eq!(last.median_days, Some(40.0));
        assert_eq!(statistics(&[]), Statistics::default());
    }
}
