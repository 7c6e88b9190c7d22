//! Identification: does the mate come first when an impression is searched among all others?
//!
//! A search is an ordered mated pair: the first impression is the probe, the second its only mate in a
//! gallery of the second and all impressions of other fingers in the folder, of every database. The rank
//! of the mate is one more than the number of those others whose score is **at least** as high: a tie is
//! a miss. The cumulative match characteristic (CMC) gives for each rank the share of searches whose mate
//! is at it or before.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::matrix::{Matrix, Stage};
use super::rates::{Bootstrap, Interval, interval};

/// Shares of mates at a rank or before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Identification {
    /// Searches: ordered mated pairs.
    pub searches: u64,
    /// Impressions of other fingers among which the mate is sought.
    pub others: usize,
    /// Share of mates at rank 1.
    pub rank1: f64,
    /// Its interval, from a bootstrap over fingers.
    pub rank1_interval: Option<Interval>,
    /// Rank and share of mates at it or before; only ranks where the share grows, and rank 1.
    pub cmc: Vec<(u64, f64)>,
}

/// The rank of every mate, with the finger it is of.
pub(super) fn ranks(matrix: &Matrix, stage: Stage) -> Vec<(u32, u64)> {
    let fingers = matrix.fingers();
    let of = |probe: usize| {
        let row = matrix.row(stage, probe);
        let is_other = |i: &usize| fingers[*i] != fingers[probe];
        let mut others: Vec<i32> = (0..row.len()).filter(is_other).map(|i| row[i]).collect();
        others.sort_unstable();
        let mates = (0..row.len()).filter(|i| *i != probe && fingers[*i] == fingers[probe]);
        let rank = |i| 1 + (others.len() - others.partition_point(|s| *s < row[i])) as u64;
        mates.map(|i| (fingers[probe], rank(i))).collect::<Vec<_>>()
    };
    (0..fingers.len()).into_par_iter().flat_map_iter(of).collect()
}

/// What the ranks of the mates come to; `None` when there is no mated pair.
pub(super) fn identification(
    matrix: &Matrix,
    stage: Stage,
    bootstrap: Bootstrap,
) -> Option<Identification> {
    let ranks = ranks(matrix, stage);
    let mut by_finger: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for (finger, rank) in &ranks {
        let (all, first) = by_finger.entry(*finger).or_default();
        *all += 1;
        *first += u64::from(*rank == 1);
    }
    let resampled = bootstrap.draw(matrix.strata()).into_iter().filter_map(|drawn| {
        let (mut all, mut first) = (0, 0);
        for (finger, times) in drawn {
            let counts = by_finger.get(&finger).copied().unwrap_or_default();
            all += times * counts.0;
            first += times * counts.1;
        }
        (all > 0).then(|| first as f64 / all as f64)
    });
    let rank1_interval = interval(resampled.collect());
    let cmc = characteristic(ranks.iter().map(|(_, rank)| *rank))?;
    let rank1 = cmc.first().map_or(0.0, |(_, share)| *share);
    let fingers = matrix.fingers();
    let impressions = |finger: u32| fingers.iter().filter(|f| **f == finger).count();
    let others = fingers.len() - fingers.first().map_or(0, |finger| impressions(*finger));
    let searches = ranks.len() as u64;
    Some(Identification { searches, others, rank1, rank1_interval, cmc })
}

/// Rank and share of `ranks` at it or before: rank 1, and every rank where the share grows. `None`
/// without ranks.
pub(super) fn characteristic(ranks: impl Iterator<Item = u64>) -> Option<Vec<(u64, f64)>> {
    let mut by_rank = BTreeMap::from([(1, 0u64)]);
    let mut count = 0;
    for rank in ranks {
        *by_rank.entry(rank).or_default() += 1;
        count += 1;
    }
    let mut so_far = 0;
    let shares = by_rank.into_iter().map(|(rank, more)| {
        so_far += more;
        (rank, so_far as f64 / f64::from(count))
    });
    (count > 0).then(|| shares.collect())
}
