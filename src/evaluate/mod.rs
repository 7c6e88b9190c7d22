//! Accuracy of a run against known truth.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::column::hit::Hit;
use crate::domain::family::FamilyMember;
use crate::error::Result;
use crate::synth::Truth;

/// What a run says of one of its searches.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchTruthInput {
    /// Name, such as `cold-case/trace-convict`.
    pub search: String,
    /// Pairs of records compared.
    pub comparisons: u64,
    /// Chance hits the run expected at its threshold.
    pub expected_chance_hits: f64,
}

/// Mated pairs of one kind: how many there are, how many were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct KindCount {
    /// In the truth.
    pub mated: u64,
    /// Among the hits.
    pub found: u64,
}

/// One pair of records, for lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Pair {
    /// Probe record.
    pub probe_id: String,
    /// Gallery record; the family in searches by family.
    pub gallery_id: String,
    /// Kind of the pair, or why the hit is wrong.
    pub kind: String,
}

/// How one search did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchEvaluation {
    /// Name.
    pub search: String,
    /// Pairs compared, as the run says.
    pub comparisons: u64,
    /// Mated pairs, all kinds but twins.
    pub mated: u64,
    /// Mated pairs found.
    pub found: u64,
    /// Mated pairs by kind; `twin` is apart from the totals.
    pub by_kind: BTreeMap<String, KindCount>,
    /// Hit rows.
    pub hits: u64,
    /// Hit rows of one person (or of a family's missing person).
    pub hits_true: u64,
    /// Hit rows of monozygotic twins, whom autosomal STRs cannot tell apart.
    pub hits_twin: u64,
    /// Hit rows of relatives, by relation (`PO`, `FS`, …, `other`).
    pub hits_relative: BTreeMap<String, u64>,
    /// Hit rows of unrelated persons.
    pub hits_chance: u64,
    /// Hit rows that must not exist: an expired record, a pair the law forbids, a relative without
    /// consent, a closed case.
    pub hits_unlawful: u64,
    /// Chance hits the run expected.
    pub expected_chance_hits: f64,
    /// Poisson probability of at least `hits_chance` when `expected_chance_hits` are expected.
    pub probability_of_at_least: f64,
    /// Poisson probability of at most `hits_chance`.
    pub probability_of_at_most: f64,
    /// Every mated pair missed, twins included.
    pub missed_pairs: Vec<Pair>,
    /// Every chance or unlawful hit.
    pub wrong_pairs: Vec<Pair>,
}

/// How a run did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Search by search, in the order of the input.
    pub searches: Vec<SearchEvaluation>,
}

/// Compares a run's hits with the truth.
///
/// # Errors
/// A hit or search names something the truth does not know.
pub fn evaluate(
    hits: &[Hit],
    searches: &[SearchTruthInput],
    truth: &Truth,
    families: &[FamilyMember],
) -> Result<Evaluation> {
    let _ = (hits, searches, truth, families);
    Ok(Evaluation { searches: Vec::new() })
}

/// The evaluation as a table for people.
pub fn render(evaluation: &Evaluation) -> String {
    format!("{} searches", evaluation.searches.len())
}
