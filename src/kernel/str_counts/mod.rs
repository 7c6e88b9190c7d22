//! `str_counts`: how many pairs agree at how many loci, for whole galleries.
//!
//! Two histograms over all pairs asked for. [`CountMatrix`] counts pairs by the loci with equal sets
//! (*full*: high stringency) and the loci that share an allele without being equal (*partial*): the
//! match matrix that DNAtools computes, and the observed side of every check of adventitious hits.
//! [`AgreementHistogram`] counts by (compared, high, moderate, low) and is meant for galleries of
//! partial profiles. Agreement is that of [`super::query::agrees`]. When not to use it: to find
//! pairs; that is `str_screen`.

mod lanes;
#[cfg(test)]
mod tests;

use super::planes::PlaneView;
pub use super::query::Query;
use super::query::agreement_counts;
use super::simd::SimdLevel;
use super::{Spec, Window, assert_paired};
use crate::domain::stringency::Agreement;
use crate::limits::MAX_LOCI;

/// Name and version.
pub const SPEC: Spec = Spec { name: "str_counts", version: 1 };

/// Pairs by loci in full and in partial agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountMatrix {
    /// `counts[full * side + partial]`: pairs.
    pub counts: Vec<u64>,
    /// Loci of the map and one.
    pub side: usize,
}

impl CountMatrix {
    /// All zero, for `loci` loci.
    pub fn new(loci: usize) -> Self {
        let side = loci + 1;
        CountMatrix { counts: vec![0; side * side], side }
    }

    /// Pairs with `full` and `partial` loci; 0 outside the matrix.
    pub fn pairs(&self, full: usize, partial: usize) -> u64 {
        let inside = full < self.side && partial < self.side;
        self.counts.get(full * self.side + partial).copied().filter(|_| inside).unwrap_or(0)
    }

    /// Pairs counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Adds the counts of `other` into this one, which grows to the larger side.
    pub fn merge(&mut self, other: &CountMatrix) {
        if other.side > self.side {
            let mut grown = CountMatrix::new(other.side - 1);
            grown.merge(self);
            *self = grown;
        }
        for full in 0..other.side {
            let from = &other.counts[full * other.side..][..other.side];
            let to = &mut self.counts[full * self.side..][..other.side];
            for (to, from) in to.iter_mut().zip(from) {
                *to += from;
            }
        }
    }
}

/// Number of nested quadruples `high <= moderate <= low <= compared <= MAX_LOCI`.
const QUADRUPLES: usize = place(&Agreement {
    compared: MAX_LOCI as u32,
    high: MAX_LOCI as u32,
    moderate: MAX_LOCI as u32,
    low: MAX_LOCI as u32,
}) + 1;

/// Place of a nested quadruple when they are ordered by compared, low, moderate, high: the
/// combinatorial number system, so the table is dense.
const fn place(agreement: &Agreement) -> usize {
    let (c, l) = (agreement.compared as usize, agreement.low as usize);
    let (m, h) = (agreement.moderate as usize, agreement.high as usize);
    (c + 3) * (c + 2) * (c + 1) * c / 24 + (l + 2) * (l + 1) * l / 6 + (m + 1) * m / 2 + h
}

/// Pairs by loci compared and in agreement at each stringency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreementHistogram {
    counts: Vec<u64>,
}

impl Default for AgreementHistogram {
    fn default() -> Self {
        AgreementHistogram { counts: vec![0; QUADRUPLES] }
    }
}

impl AgreementHistogram {
    fn add(&mut self, agreement: &Agreement, pairs: u64) {
        self.add_at(place(agreement), pairs);
    }

    /// Adds `pairs` at a place of the dense order of nested quadruples, below [`Self::places`].
    pub(crate) fn add_at(&mut self, place: usize, pairs: u64) {
        if let Some(count) = self.counts.get_mut(place) {
            *count += pairs;
        }
    }

    /// Number of nested quadruples.
    #[cfg(feature = "gpu")]
    pub(crate) const fn places() -> usize {
        QUADRUPLES
    }

    /// The counts that are not zero, ascending by compared, low, moderate, high.
    pub fn iter(&self) -> impl Iterator<Item = (Agreement, u64)> + '_ {
        let nested = (0..=MAX_LOCI as u32).flat_map(|compared| {
            (0..=compared).flat_map(move |low| {
                (0..=low).flat_map(move |moderate| {
                    (0..=moderate).map(move |high| Agreement { compared, high, moderate, low })
                })
            })
        });
        nested.zip(self.counts.iter().copied()).filter(|(_, pairs)| *pairs > 0)
    }

    /// Pairs counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &AgreementHistogram) {
        for (to, from) in self.counts.iter_mut().zip(&other.counts) {
            *to += from;
        }
    }
}

/// The definition of the match matrix: every pair of `queries[i]` with the rows of `windows[i]`.
///
/// # Panics
/// The numbers of queries and windows differ.
pub fn reference(queries: &[Query], windows: &[Window], view: PlaneView) -> CountMatrix {
    assert_paired(queries, windows);
    let mut matrix = CountMatrix::new(view.map().loci().len());
    for (query, window) in queries.iter().zip(windows) {
        for row in window.rows(&view) {
            let [_, high, _, low] = agreement_counts(&view, query, row).map(|n| n as usize);
            matrix.counts[high * matrix.side + (low - high)] += 1;
        }
    }
    matrix
}

/// The definition of the histogram by agreement.
///
/// # Panics
/// As [`reference`].
pub fn reference_by_agreement(
    queries: &[Query],
    windows: &[Window],
    view: PlaneView,
) -> AgreementHistogram {
    assert_paired(queries, windows);
    let mut histogram = AgreementHistogram::default();
    for (query, window) in queries.iter().zip(windows) {
        for row in window.rows(&view) {
            let [compared, high, moderate, low] = agreement_counts(&view, query, row);
            histogram.add(&Agreement { compared, high, moderate, low }, 1);
        }
    }
    histogram
}

/// The same matrix as [`reference`], computed at `level`.
///
/// # Panics
/// As [`reference`].
pub fn run(
    level: SimdLevel,
    queries: &[Query],
    windows: &[Window],
    view: PlaneView,
) -> CountMatrix {
    assert_paired(queries, windows);
    match level.token() {
        None => reference(queries, windows, view),
        Some(token) => lanes::run(token, queries, windows, view),
    }
}

/// The same histogram as [`reference_by_agreement`], computed at `level`.
///
/// # Panics
/// As [`reference`].
pub fn run_by_agreement(
    level: SimdLevel,
    queries: &[Query],
    windows: &[Window],
    view: PlaneView,
) -> AgreementHistogram {
    assert_paired(queries, windows);
    match level.token() {
        None => reference_by_agreement(queries, windows, view),
        Some(token) => lanes::run_by_agreement(token, queries, windows, view),
    }
}
