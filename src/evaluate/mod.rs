//! Accuracy of a run against known truth.
//!
//! What: of the mated pairs of a synthetic registry of profiles or of fingerprints, how many a run found
//! and missed, by kind; of its hits, which are the same person, twins, relatives, chance, or must not
//! exist; and whether chance hits came as often as the run's own model expected. Why: a matcher that is not measured on what it
//! misses is only trusted by those who wrote it.
//!
//! Limits: the truth is [`crate::synth`]'s. A hit of related persons is no chance hit, but neither is it
//! a find. Pairs of expired records, relatives without consent and closed cases are not mated: a hit
//! of theirs is unlawful.

mod curve;
pub mod finger;
mod finger_search;
mod of_run;
mod pedigree;
mod poisson;
mod render;
mod search;
pub mod train;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::column::hit::Hit;
use crate::domain::family::FamilyMember;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::synth::Truth;
use crate::synth::finger::FingerTruthRecord;

pub use curve::OperatingPoint;
use finger_search::FingerKey;
pub use of_run::of_run;
pub use render::{expectation, grouped, render};
use search::{Key, Shape};

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

/// What a run says of one of its searches of fingerprints.
#[derive(Debug, Clone, PartialEq)]
pub struct FingerSearchTruthInput {
    /// As of any search.
    pub search: SearchTruthInput,
    /// Registers searched and searched in.
    pub registers: (Register, Register),
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
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SearchEvaluation {
    /// Name.
    pub search: String,
    /// Pairs compared, as the run says.
    pub comparisons: u64,
    /// Mated pairs, all kinds but twins and, of fingerprints, pairs without a finger in common.
    pub mated: u64,
    /// Mated pairs found.
    pub found: u64,
    /// Mated pairs by kind; `twin` and `no_common_finger` are apart from the totals.
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
    /// Where other thresholds would lie, from that of the run upwards: the score of each hit of one person or by
    /// chance, descending, with what a threshold there finds.
    pub operating_points: Vec<OperatingPoint>,
    /// Every mated pair missed, those apart from the totals included.
    pub missed_pairs: Vec<Pair>,
    /// Every chance or unlawful hit.
    pub wrong_pairs: Vec<Pair>,
}

/// What a run compared, as far as it was evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// Profiles.
    Dna,
    /// Fingerprints.
    Finger,
}

impl Modality {
    /// Word used in hit lists and run reports.
    pub const fn name(self) -> &'static str {
        match self {
            Modality::Dna => "dna",
            Modality::Finger => "finger",
        }
    }
}

/// How a run did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// What was compared.
    pub modality: Modality,
    /// Search by search, in the order of the input.
    pub searches: Vec<SearchEvaluation>,
}

impl SearchEvaluation {
    /// Nothing found yet in a search that wrote `hits` hit rows.
    fn of(input: &SearchTruthInput, hits: usize) -> SearchEvaluation {
        SearchEvaluation {
            search: input.search.clone(),
            comparisons: input.comparisons,
            expected_chance_hits: input.expected_chance_hits,
            hits: hits as u64,
            ..SearchEvaluation::default()
        }
    }

    /// Mated pairs found, per cent; none where there are none to find.
    pub fn recall_percent(&self) -> Option<f64> {
        (self.mated > 0).then(|| 100.0 * self.found as f64 / self.mated as f64)
    }

    /// Mated pairs not found, twins not counted.
    pub fn missed(&self) -> u64 {
        self.mated - self.found
    }
}

impl Evaluation {
    /// Hit rows that must not exist, over all searches.
    pub fn hits_unlawful(&self) -> u64 {
        self.searches.iter().map(|search| search.hits_unlawful).sum()
    }
}

/// Hits by search.
///
/// # Errors
/// A search occurs twice, or a hit is of a search that is not listed.
fn by_search<'a>(
    hits: &'a [Hit],
    searches: impl Iterator<Item = &'a SearchTruthInput>,
) -> Result<BTreeMap<&'a str, Vec<&'a Hit>>> {
    let mut by_search: BTreeMap<&str, Vec<&Hit>> = BTreeMap::new();
    for input in searches {
        if by_search.insert(&input.search, Vec::new()).is_some() {
            return Err(Error::usage(
                format!("the run has the search {} twice", input.search),
                "evaluate one run at a time",
            ));
        }
    }
    for hit in hits {
        let Some(list) = by_search.get_mut(hit.search.as_str()) else {
            return Err(Error::usage(
                format!(
                    "the hit {} is of the search {}, which the run does not list",
                    hit.hit_id, hit.search
                ),
                "evaluate the hits of a run with that run's own description",
            ));
        };
        list.push(hit);
    }
    Ok(by_search)
}

fn without_truth(search: &str) -> Error {
    Error::usage(
        format!("the search {search} has no truth to compare with"),
        "evaluate runs of the presets dedup, cold-case and missing-person",
    )
}

/// Compares the hits of a run's searches of profiles with the truth.
///
/// # Errors
/// A search has a name of unknown form or occurs twice, or a hit names a search, record or family
/// that is not known.
pub fn evaluate(
    hits: &[Hit],
    searches: &[SearchTruthInput],
    truth: &Truth,
    families: &[FamilyMember],
) -> Result<Evaluation> {
    let by_search = by_search(hits, searches.iter())?;
    let key = Key::new(truth, families);
    let searches = searches
        .iter()
        .map(|input| {
            let shape = Shape::of(&input.search).ok_or_else(|| without_truth(&input.search))?;
            let hits = by_search.get(input.search.as_str()).map_or(&[][..], Vec::as_slice);
            key.evaluate(input, shape, hits)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Evaluation { modality: Modality::Dna, searches })
}

/// Compares the hits of a run's searches of fingerprints with the truth.
///
/// # Errors
/// A search is not of whole registers or occurs twice, or a hit names a search or record that is not
/// known.
pub fn evaluate_finger_searches(
    hits: &[Hit],
    searches: &[FingerSearchTruthInput],
    truth: &[FingerTruthRecord],
) -> Result<Evaluation> {
    let by_search = by_search(hits, searches.iter().map(|input| &input.search))?;
    let key = FingerKey::new(truth);
    let evaluated = |input: &FingerSearchTruthInput| {
        let name = input.search.search.as_str();
        // An ad-hoc search is of some records alone, and the run does not say of which.
        if name.starts_with("search/") {
            return Err(without_truth(name));
        }
        let hits = by_search.get(name).map_or(&[][..], Vec::as_slice);
        key.evaluate(&input.search, input.registers, hits)
    };
    let searches = searches.iter().map(evaluated).collect::<Result<Vec<_>>>()?;
    Ok(Evaluation { modality: Modality::Finger, searches })
}
