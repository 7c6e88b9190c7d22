//! `tanba evaluate`: a run against the truth of a synthetic registry; with `finger`, the fingerprint
//! matcher against labelled impressions.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::evaluate_finger::{self, EvaluateFingerArgs};
use super::place::finished;
use super::ui::{Outcome, Ui};
use crate::error::{Error, Result};
use crate::evaluate::{Evaluation, of_run, render};

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
    #[arg(long, value_name = "DIR|URL", value_parser = finished())]
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
    ui.document_of("evaluation", &evaluation);
    ui.note(format!("every missed and wrong pair is listed in {}", path.display()));
    let unlawful = evaluation.hits_unlawful();
    if unlawful > 0 {
        ui.warn(format!("{unlawful} hits are of records that may not be compared"));
    }
    Ok(Outcome::Done)
}

/// Evaluates the run in `run` against the truth in `truth` and writes the evaluation to `out`.
///
/// # Errors
/// As [`of_run`], or the file cannot be written.
pub(super) fn evaluated(run: &Path, truth: &Path, out: &Path) -> Result<Evaluation> {
    let evaluation = of_run(run, truth)?;
    let mut text =
        serde_json::to_string_pretty(&evaluation).map_err(|error| Error::io(out)(error.into()))?;
    text.push('\n');
    std::fs::write(out, text).map_err(Error::io(out))?;
    Ok(evaluation)
}
