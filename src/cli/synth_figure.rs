//! `tanba synth finger-figure`: scores of synthetic prints beside those of real ones, drawn.

use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;

use super::synth_finger::{FINGERS_PER_DATABASE, impressions_of};
use super::ui::{Outcome, Ui};
use crate::domain::finger::Position;
use crate::error::{self, Error, Rejection, Result};
use crate::evaluate::finger::{Dataset, LabelledPrint, PairScores, draw_likeness, quantile};
use crate::kernel::minutia::projection::Projection;
use crate::synth::finger::ImpressionOptions;

/// Arguments of `tanba synth finger-figure`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The figure of docs/synthetic_fingers.md, with a projection that knows no real print:
  tanba synth finger-prints --out training --fingers 1000 --impressions 2 --seed 999
  tanba train --data training --out learned.bin
  tanba synth finger-figure --real shared/data/fvc/leader --projection learned.bin --out scores.svg

Every pair inside a database folder is compared: of one finger (mated) and of two (non-mated). The
synthetic set has ten index and middle fingers of ten persons per database, as the fingerprint
verification competitions have, and eight plain impressions of each.")]
pub(super) struct FigureArgs {
    /// Folder of real prints named <db>/<finger>_<impression>.<any>
    #[arg(long, value_name = "DIR")]
    real: PathBuf,
    /// Projection of descriptors, as `tanba train` writes it
    #[arg(long, value_name = "FILE")]
    projection: PathBuf,
    /// Drawing to write
    #[arg(long, value_name = "SVG")]
    out: PathBuf,
    /// Synthetic fingers
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(2..=1000))]
    fingers: u32,
    /// Seed of the synthetic fingers
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Impressions of each synthetic finger.
const IMPRESSIONS: u32 = 8;

/// Scores both sets and draws them.
///
/// # Errors
/// A file cannot be read or is refused, or the drawing cannot be written.
pub(super) fn run(args: &FigureArgs, ui: &Ui) -> Result<Outcome> {
    let projection = projection(&args.projection)?;
    let real = PairScores::of(&Dataset::read(&args.real)?, &projection);
    let synthetic = PairScores::of(&synthetic(args)?, &projection);
    let name = args.real.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let title = format!("Real prints ({name}) and synthetic ones under the same matcher");
    std::fs::write(&args.out, draw_likeness(&title, &real, &synthetic))
        .map_err(Error::io(&args.out))?;
    for (set, scores) in [("real", &real), ("synthetic", &synthetic)] {
        for (kind, scores) in [("mated", &scores.mated), ("non-mated", &scores.non_mated)] {
            let shares = [0.01, 0.05, 0.5, 0.95, 0.999];
            let at = shares.map(|share| quantile(scores, share));
            let words = at.map(|score| score.map_or("-".into(), |score| score.to_string()));
            ui.say(format!(
                "{set:<10} {kind:<10} {:>7} pairs; similarity at 1, 5, 50, 95, 99.9 %: {}",
                scores.len(),
                words.join(" ")
            ));
            ui.document(&serde_json::json!({
                "type": "scores", "set": set, "kind": kind, "pairs": scores.len(),
                "shares": shares, "similarity": at,
            }));
        }
    }
    Ok(Outcome::Done)
}

fn projection(path: &Path) -> Result<Projection> {
    let bytes = std::fs::read(path).map_err(Error::input(path))?;
    Projection::from_bytes(&bytes).map_err(|error| {
        Rejection::new(
            path,
            error::Position::File,
            "a projection is as `tanba train` writes it",
            error.to_string(),
            "train one with this version of the program",
        )
        .into()
    })
}

/// The synthetic set, as [`Dataset::read`] would read what `tanba synth finger-prints` writes.
fn synthetic(args: &FigureArgs) -> Result<Dataset> {
    let plain = ImpressionOptions::plain();
    let databases = args.fingers.div_ceil(FINGERS_PER_DATABASE);
    // The competitions took the index and middle fingers of both hands.
    let positions = [2, 3, 7, 8].map(Position::from_code).into_iter().flatten().collect::<Vec<_>>();
    let made = (0..args.fingers).into_par_iter().map(|number| {
        let made = impressions_of(args.seed, number, &positions, IMPRESSIONS, &plain);
        let labelled = (1u32..).zip(made).map(|(impression, template)| {
            let minutiae = template.print().map_err(|error| {
                Error::usage(
                    format!("a synthetic impression is not a print: {error}"),
                    "report this; it is a fault of the program",
                )
            })?;
            let database = (number / FINGERS_PER_DATABASE) as usize;
            let finger = number % FINGERS_PER_DATABASE;
            Ok(LabelledPrint { database, finger, impression, minutiae })
        });
        labelled.collect::<Result<Vec<_>>>()
    });
    let prints = made.collect::<Result<Vec<_>>>()?.concat();
    let databases = (1..=databases).map(|number| format!("db{number:04}")).collect();
    Ok(Dataset { databases, prints })
}
