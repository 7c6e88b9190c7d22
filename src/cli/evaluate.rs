//! `tanba evaluate`: a run against the truth of a synthetic registry; with `finger`, the fingerprint
//! matcher against labelled impressions.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::evaluate_finger::{self, EvaluateFingerArgs};
use super::ui::{Outcome, Ui};
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::evaluate::{
    Evaluation, FingerSearchTruthInput, Modality, SearchTruthInput, evaluate,
    evaluate_finger_searches, render,
};
use crate::hits::output::{read_hits, read_report};
use crate::hits::report::SearchReport;
use crate::synth::finger::read_finger_truth;
use crate::synth::{is_of_fingers, read_family_members, read_truth};

/// File written into the run's folder unless `--out` names another.
pub(super) const EVALUATION_FILE: &str = "evaluation.json";

/// Arguments of `tanba evaluate`.
#[derive(Debug, Clone, Args)]
#[command(
    subcommand_negates_reqs = true,
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  tanba evaluate --run out --truth registry
  tanba evaluate --run out --truth registry --json
  tanba evaluate --run out --truth registry --out evaluation.json"
)]
pub(super) struct EvaluateArgs {
    #[command(subcommand)]
    what: Option<EvaluateWhat>,
    #[command(flatten)]
    run: Option<EvaluateRunArgs>,
}

#[derive(Debug, Clone, Subcommand)]
enum EvaluateWhat {
    /// Error rates of the fingerprint matcher on labelled impressions
    Finger(EvaluateFingerArgs),
}

#[derive(Debug, Clone, Args)]
struct EvaluateRunArgs {
    /// Directory of the run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Directory that `tanba synth` or `tanba synth finger` wrote
    #[arg(long, value_name = "DIR")]
    truth: PathBuf,
    /// File for the whole evaluation, every missed and wrong pair included [default:
    /// evaluation.json in the directory of the run]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the verb.
pub(super) fn run(args: &EvaluateArgs, ui: &Ui) -> Result<Outcome> {
    if let Some(EvaluateWhat::Finger(args)) = &args.what {
        return evaluate_finger::run(args, ui);
    }
    let Some(args) = &args.run else {
        return Err(Error::usage(
            "nothing to evaluate was named",
            "give --run and --truth, or `tanba evaluate finger DIR`",
        ));
    };
    let path = args.out.clone().unwrap_or_else(|| args.run.join(EVALUATION_FILE));
    let evaluation = evaluated(&args.run, &args.truth, &path)?;
    ui.say(render(&evaluation));
    ui.document(&evaluation);
    ui.note(format!("every missed and wrong pair is listed in {}", path.display()));
    let unlawful = evaluation.hits_unlawful();
    if unlawful > 0 {
        ui.warn(format!("{unlawful} hits are of records that may not be compared"));
    }
    Ok(Outcome::Done)
}

/// Evaluates the run in `run` against the truth in `truth` and writes the evaluation to `out`. Of a run
/// of profiles and fingerprints the searches that the truth is of are evaluated.
///
/// # Errors
/// A folder cannot be read, or the run is not of this registry.
pub(super) fn evaluated(run: &Path, truth: &Path, out: &Path) -> Result<Evaluation> {
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
    let evaluation = match modality {
        Modality::Dna => {
            let families = read_family_members(truth)?;
            let searches: Vec<SearchTruthInput> = reports.iter().map(input).collect();
            evaluate(&hits, &searches, &read_truth(truth)?, &families)?
        }
        Modality::Finger => {
            let searches = reports.iter().map(finger_input).collect::<Result<Vec<_>>>()?;
            evaluate_finger_searches(&hits, &searches, &read_finger_truth(truth)?)?
        }
    };
    let mut text =
        serde_json::to_string_pretty(&evaluation).map_err(|error| Error::io(out)(error.into()))?;
    text.push('\n');
    std::fs::write(out, text).map_err(Error::io(out))?;
    Ok(evaluation)
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
