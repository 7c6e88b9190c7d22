//! `tanba score finger`: pairs of template files in, scores out. Test harnesses drive the matcher with it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use super::common::{CalibrationArgs, device};
use super::ui::{Outcome, Ui};
use crate::device::cpu::CpuDevice;
use crate::domain::calibration::Scale;
use crate::domain::finger::Rotation;
use crate::error::{Error, Result};
use crate::import::finger::pairs::{FingerPairs, read_finger_pairs, read_template_files};
use crate::run::finger_compare::records;
use crate::run::finger_probes::Described;

/// How impressions may lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RotationArg {
    /// As the other, give or take an eighth of a turn
    Upright,
    /// In any direction
    Any,
}

impl RotationArg {
    /// The rotation of the comparison.
    pub(super) fn rotation(self) -> Rotation {
        match self {
            RotationArg::Upright => Rotation::Upright,
            RotationArg::Any => Rotation::Any,
        }
    }
}

/// Arguments of `tanba score finger`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
tanba score finger --pairs finger-pairs.csv --out scores.csv\n\n\
PAIRS has the columns probe and gallery: paths of template files in any format `import` reads, relative\n\
to the folder of PAIRS. The result has the columns probe, gallery, score_mban (-log10 of the false match\n\
rate, in thousandths) and similarity (of the best pair of impressions), a row per pair in the order of\n\
PAIRS. Files of one impression each are compared whatever their positions; files of several by position.")]
pub(super) struct FingerArgs {
    /// List of pairs
    #[arg(long, value_name = "FILE")]
    pairs: PathBuf,
    /// How the impressions may lie
    #[arg(long, value_enum, default_value = "any")]
    rotation: RotationArg,
    #[command(flatten)]
    calibration: CalibrationArgs,
    /// File to write instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the verb.
pub(super) fn run(args: &FingerArgs, ui: &Ui) -> Result<Outcome> {
    let list = read_finger_pairs(&args.pairs)?;
    let templates = read_template_files(&list, None)?;
    let described: Vec<Result<Described>> =
        templates.par_iter().map(|templates| Described::of(templates)).collect();
    let described = described.into_iter().collect::<Result<Vec<_>>>()?;
    let calibration = args.calibration.table()?;
    let scale = Scale { rotation: args.rotation.rotation(), calibration: &calibration };
    let text = csv_text(&list, &described, scale, &device()?)
        .map_err(|e| Error::usage(e.to_string(), "report this"))?;
    ui.csv(args.out.as_deref(), &String::from_utf8_lossy(&text))?;
    Ok(Outcome::Done)
}

fn csv_text(
    list: &FingerPairs,
    described: &[Described],
    scale: Scale<'_>,
    device: &CpuDevice,
) -> std::result::Result<Vec<u8>, csv::Error> {
    let score = |places: (usize, usize)| {
        let both = (&described[places.0].placed()[..], &described[places.1].placed()[..]);
        let found = records(device, both, scale, i32::MAX);
        let similarity = found.pairs.iter().map(|pair| pair.similarity).max().unwrap_or(0);
        (found.score_mban, similarity)
    };
    let scores: Vec<(i32, i32)> = list.pairs.par_iter().map(|row| score(row.places)).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["probe", "gallery", "score_mban", "similarity"])?;
    for (row, (score, similarity)) in list.pairs.iter().zip(scores) {
        let numbers = (score.to_string(), similarity.to_string());
        writer.write_record([&row.probe, &row.gallery, &numbers.0, &numbers.1])?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}
