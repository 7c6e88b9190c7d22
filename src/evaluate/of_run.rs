//! A finished run in its folder against the folder of a synthetic registry.

use std::path::Path;

use super::{
    Evaluation, FingerSearchTruthInput, Modality, SearchTruthInput, evaluate,
    evaluate_finger_searches,
};
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::hits::output::{read_hits, read_report};
use crate::hits::report::SearchReport;
use crate::synth::finger::read_finger_truth;
use crate::synth::{is_of_fingers, read_family_members, read_truth};

/// Evaluates the run in `run` against the truth in `truth`. Of a run of profiles and fingerprints the searches
/// that the truth is of are evaluated.
///
/// # Errors
/// A folder cannot be read, or the run is not of this registry.
pub fn of_run(run: &Path, truth: &Path) -> Result<Evaluation> {
    let modality = if is_of_fingers(truth)? { Modality::Finger } else { Modality::Dna };
    let is_of = |word: &str| word == modality.name();
    let mut hits = read_hits(run)?;
    hits.retain(|hit| is_of(&hit.modality));
    let mut reports = read_report(run)?.searches;
    reports.retain(|search| is_of(&search.modality));
    if reports.is_empty() {
        return Err(Error::usage(
            format!("{} has no search of what {} is the truth of", run.display(), truth.display()),
            "give the registry that the gallery of this run was made from",
        ));
    }
    match modality {
        Modality::Dna => {
            let families = read_family_members(truth)?;
            let searches: Vec<SearchTruthInput> = reports.iter().map(input).collect();
            evaluate(&hits, &searches, &read_truth(truth)?, &families)
        }
        Modality::Finger => {
            let searches = reports.iter().map(finger_input).collect::<Result<Vec<_>>>()?;
            evaluate_finger_searches(&hits, &searches, &read_finger_truth(truth)?)
        }
    }
}

fn input(search: &SearchReport) -> SearchTruthInput {
    SearchTruthInput {
        search: search.search.clone(),
        comparisons: search.comparisons,
        expected_chance_hits: search.expected_chance_hits,
    }
}

fn finger_input(search: &SearchReport) -> Result<FingerSearchTruthInput> {
    let register = |word: &str| {
        Register::parse(word).ok_or_else(|| {
            Error::usage(
                format!("the search {} is of the unknown register {word:?}", search.search),
                "evaluate the run with the release of tanba that wrote it",
            )
        })
    };
    let registers = (register(&search.probe_index)?, register(&search.gallery_index)?);
    Ok(FingerSearchTruthInput { search: input(search), registers })
}
