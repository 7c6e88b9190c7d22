//! `tanba evaluate`: a run against the truth of a synthetic registry.

use std::path::{Path, PathBuf};

use clap::Args;

use super::ui::{Outcome, Ui};
use crate::column::hit::Hit;
use crate::error::{Error, Result};
use crate::evaluate::{SearchTruthInput, evaluate, render};
use crate::synth::{read_family_members, read_truth};

/// File written into the run's folder unless `--out` names another.
const EVALUATION_FILE: &str = "evaluation.json";

/// Compare a run with the truth of a synthetic registry: found, missed and false, by kind, and the
/// chance hits expected against those observed.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tanba evaluate --run out --truth registry
  tanba evaluate --run out --truth registry --json
  tanba evaluate --run out --truth registry --out evaluation.json")]
pub struct EvaluateArgs {
    /// Folder of the run.
    #[arg(long, value_name = "FOLDER")]
    pub run: PathBuf,
    /// Folder that `tanba synth` wrote.
    #[arg(long, value_name = "FOLDER")]
    pub truth: PathBuf,
    /// File for the whole evaluation, every missed and wrong pair included [default:
    /// evaluation.json in the folder of the run].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What a run's folder says: its hits, and its searches.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResults {
    /// All hits.
    pub hits: Vec<Hit>,
    /// All searches, those without hits included.
    pub searches: Vec<SearchTruthInput>,
}

/// Evaluates the run; `read` reads its folder.
///
/// # Errors
/// A folder cannot be read, or the run is not of this registry.
pub fn run(
    args: &EvaluateArgs,
    ui: &Ui,
    read: impl FnOnce(&Path) -> Result<RunResults>,
) -> Result<Outcome> {
    let truth = read_truth(&args.truth)?;
    let families = read_family_members(&args.truth)?;
    let results = read(&args.run)?;
    let evaluation = evaluate(&results.hits, &results.searches, &truth, &families)?;
    let path = args.out.clone().unwrap_or_else(|| args.run.join(EVALUATION_FILE));
    let mut text = serde_json::to_string_pretty(&evaluation)
        .map_err(|error| Error::io(&path)(error.into()))?;
    text.push('\n');
    std::fs::write(&path, text).map_err(Error::io(&path))?;
    ui.say(render(&evaluation));
    ui.document(&evaluation);
    ui.note(format!("every missed and wrong pair is listed in {}", path.display()));
    let unlawful = evaluation.hits_unlawful();
    if unlawful > 0 {
        ui.warn(format!("{unlawful} hits are of records that may not be compared"));
    }
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{SynthOptions, generate, write_registry};

    #[test]
    fn the_evaluation_is_written_beside_the_run() {
        let dir = tempfile::tempdir().unwrap();
        let registry = generate(&SynthOptions::with_default_frequencies(1_000).unwrap()).unwrap();
        write_registry(&dir.path().join("registry"), &registry).unwrap();
        let args = EvaluateArgs {
            run: dir.path().to_owned(),
            truth: dir.path().join("registry"),
            out: None,
        };
        let read = |folder: &Path| {
            assert_eq!(folder, dir.path());
            let search = SearchTruthInput {
                search: "dedup/convict".into(),
                comparisons: 3,
                expected_chance_hits: 0.5,
            };
            Ok(RunResults { hits: Vec::new(), searches: vec![search] })
        };
        assert_eq!(run(&args, &Ui { json: true }, read).unwrap(), Outcome::Done);
        let text = std::fs::read_to_string(dir.path().join(EVALUATION_FILE)).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["searches"][0]["search"], "dedup/convict");
        assert_eq!(document["searches"][0]["found"], 0);
    }
}
