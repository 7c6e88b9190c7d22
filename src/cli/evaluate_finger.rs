//! `tanba evaluate finger`: error rates of the fingerprint matcher on labelled impressions, and the
//! calibration table made from them.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::common::device;
use super::score_finger::RotationArg;
use super::ui::{Outcome, Ui};
use crate::device::cpu::CpuDevice;
use crate::domain::calibration::{Calibration, CalibrationCurve};
use crate::domain::finger::Rotation;
use crate::error::{Error, Result};
use crate::evaluate::finger::{
    Bootstrap, CalibrationSource, Dataset, Distractors, FingerEvaluation, FingerOptions, Matrix,
    NamedProjection, Projections, Protocol, SHOWN_MBAN, Training, calibrate, evaluate_finger,
    kernels, render, tails, write_finger,
};

/// Shape of a tail from which the extrapolation is called bold.
const HEAVY_TAIL: f64 = 0.1;

/// Comparisons made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProtocolArg {
    /// All pairs of impressions of a database
    All,
    /// As in the competitions: of two fingers only the first impressions
    Fvc,
}

/// Arguments of `tanba evaluate finger`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tanba evaluate finger prints
  tanba evaluate finger prints --protocol fvc --rotation any --json
  tanba evaluate finger prints --projections projections --distractors 100 --out report

Each DIR holds databases, and a database files named <finger>_<impression>.iso, such as
fvc2002_db1/101_1.iso. docs/fingerprints.md defines every figure.")]
pub(super) struct EvaluateFingerArgs {
    /// Folders of databases; each is evaluated by itself
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// Folder of projections: without-<database>.bin where there is one, else all.bin [default:
    /// the built-in projection]
    #[arg(long, value_name = "DIR")]
    projections: Option<PathBuf>,
    /// Comparisons made
    #[arg(long, value_enum, default_value_t = ProtocolArg::All)]
    protocol: ProtocolArg,
    /// How impressions may lie
    #[arg(long, value_enum, default_value_t = RotationArg::Upright)]
    rotation: RotationArg,
    /// Distractors among which the recall of the gate is measured (10000 in docs/fingerprints.md)
    #[arg(long, default_value_t = 0, value_name = "N")]
    distractors: u32,
    /// Per cent of a probe's comparisons for which the gate's second stage is run in that measurement
    #[arg(long, default_value_t = 100, value_name = "P", value_parser = clap::value_parser!(u32).range(1..=100))]
    stage_2: u32,
    /// Resamples of the fingers for the confidence intervals; 0 for none
    #[arg(long, default_value_t = 1000, value_name = "N")]
    resamples: u32,
    /// Seed of everything random
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Folder for rates.json, scores.csv and the plots, each DIR's in a folder of its name
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Make the table from similarity to false match rate of all DIRs, under both rotations; beside
    /// FILE.bin stands FILE.json: what it was made of
    #[arg(long, value_name = "FILE.bin")]
    calibrate: Option<PathBuf>,
}

/// Runs the verb.
pub(super) fn run(args: &EvaluateFingerArgs, ui: &Ui) -> Result<Outcome> {
    let options = FingerOptions {
        protocol: match args.protocol {
            ProtocolArg::All => Protocol::All,
            ProtocolArg::Fvc => Protocol::Fvc,
        },
        rotation: args.rotation.rotation(),
        bootstrap: Bootstrap { resamples: args.resamples, seed: args.seed },
        distractors: Distractors {
            count: args.distractors,
            seed: args.seed,
            stage_2_percent: args.stage_2,
        },
    };
    let device = device()?;
    let mut sources = Vec::new();
    for (folder, name) in args.folders.iter().zip(&names(&args.folders)?) {
        let dataset = Dataset::read(folder)?;
        let projections = match &args.projections {
            Some(folder) => Projections::read(folder, &dataset.databases)?,
            None => Projections::one(NamedProjection::builtin()?, &dataset.databases),
        };
        let (evaluation, matrix) = evaluate_finger(name, &dataset, &projections, options, &device)?;
        ui.say(render(&evaluation));
        ui.document_of("finger_evaluation", &evaluation);
        warn_of_training(&evaluation, ui);
        if let Some(out) = &args.out {
            let out = out.join(name);
            write_finger(&out, &evaluation, &dataset, &matrix)?;
            ui.note(format!("rates, scores and plots are in {}", out.display()));
        }
        if args.calibrate.is_some() {
            let known = (options.rotation, &matrix);
            sources.extend(calibration_sources(name, &dataset, &projections, known, &device)?);
        }
    }
    if let Some(path) = &args.calibrate {
        write_calibration(path, &sources, ui)?;
    }
    Ok(Outcome::Done)
}

/// Last parts of the folders' names.
fn names(folders: &[PathBuf]) -> Result<Vec<String>> {
    let mut names = Vec::with_capacity(folders.len());
    for folder in folders {
        let full = folder.canonicalize().map_err(Error::input(folder))?;
        let name = full.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if names.contains(&name) {
            return Err(Error::usage(
                format!("two folders are called {name}"),
                "give folders of different names; results are told apart by them",
            ));
        }
        names.push(name);
    }
    Ok(names)
}

fn warn_of_training(evaluation: &FingerEvaluation, ui: &Ui) {
    for database in &evaluation.databases {
        let (name, projection) = (&database.database, &database.projection);
        match database.training {
            Training::Unseen => {}
            Training::Seen => ui.warn(format!(
                "{name}: the projection {projection} was learned from it; its figures are too good"
            )),
            Training::Unknown => ui.warn(format!(
                "{name}: nothing says what the projection {projection} was learned from; if from it, \
                 its figures are too good"
            )),
        }
    }
}

/// Comparisons of different fingers under both rotations; one of them is `known` already.
fn calibration_sources(
    name: &str,
    dataset: &Dataset,
    projections: &Projections,
    known: (Rotation, &Matrix),
    device: &CpuDevice,
) -> Result<Vec<CalibrationSource>> {
    let used: Vec<(String, String)> = (0..dataset.databases.len())
        .map(|database| projections.of(database).0)
        .map(|projection| (projection.name.clone(), projection.hash.clone()))
        .collect();
    let one = |rotation: Rotation| {
        if rotation == known.0 {
            return CalibrationSource::new(name, dataset, known.1, used.clone(), rotation);
        }
        let matrix = Matrix::compute(dataset, projections, rotation, device)?;
        CalibrationSource::new(name, dataset, &matrix, used.clone(), rotation)
    };
    Rotation::ALL.into_iter().map(one).collect()
}

/// What stands beside a table.
#[derive(Debug, Serialize)]
struct Document<'a> {
    format: &'static str,
    tanba_version: &'static str,
    kernels: Vec<String>,
    /// BLAKE3 of the projection that prints are described with.
    projection_blake3: &'a str,
    /// BLAKE3 of the table.
    blake3: String,
    sources: &'a [CalibrationSource],
    upright: &'a CurveDocument,
    any: &'a CurveDocument,
}

/// A curve at a few scores.
#[derive(Debug, Serialize)]
struct CurveDocument {
    measured_to: i32,
    measured_to_mban: i32,
    /// Score in millibans, and the least similarity with it.
    at: Vec<(i32, Option<i32>)>,
}

impl CurveDocument {
    fn new(curve: &CalibrationCurve) -> CurveDocument {
        CurveDocument {
            measured_to: curve.measured_to,
            measured_to_mban: curve.evidence(curve.measured_to).score_mban,
            at: SHOWN_MBAN.iter().map(|score| (*score, curve.least_similarity(*score))).collect(),
        }
    }
}

fn write_calibration(path: &Path, sources: &[CalibrationSource], ui: &Ui) -> Result<()> {
    let projection = NamedProjection::builtin()?;
    let table: Calibration = calibrate(sources, &projection)?;
    let bytes = table.to_bytes();
    let (upright, any) = (CurveDocument::new(&table.upright), CurveDocument::new(&table.any));
    let document = Document {
        format: "tanba-finger-calibration",
        tanba_version: env!("CARGO_PKG_VERSION"),
        kernels: kernels(),
        projection_blake3: &projection.hash,
        blake3: blake3::hash(&bytes).to_hex().to_string(),
        sources,
        upright: &upright,
        any: &any,
    };
    let beside = path.with_extension("json");
    let mut text = serde_json::to_string_pretty(&document)
        .map_err(|error| Error::io(&beside)(error.into()))?;
    text.push('\n');
    std::fs::write(path, bytes).map_err(Error::io(path))?;
    std::fs::write(&beside, text).map_err(Error::io(&beside))?;
    for (rotation, curve) in [(Rotation::Upright, &table.upright), (Rotation::Any, &table.any)] {
        let figure = path.with_extension(format!("{}.svg", rotation.word()));
        std::fs::write(&figure, tails(sources, curve, rotation)).map_err(Error::io(&figure))?;
    }
    ui.say(render_calibration(
        sources,
        &[(Rotation::Upright, &upright), (Rotation::Any, &any)],
        ui,
    ));
    ui.document_of("calibration", &document);
    for source in sources.iter().filter(|source| source.tail_shape > HEAVY_TAIL) {
        ui.warn(format!(
            "{}, rotation {}: the tail is heavier than extrapolated (shape {:.2}); scores beyond the \
             measured part are too high",
            source.source,
            source.rotation.word(),
            source.tail_shape
        ));
    }
    ui.note(format!(
        "the table is in {}, what it was made of in {}, its curves in {}",
        path.display(),
        beside.display(),
        path.with_extension("ROTATION.svg").display()
    ));
    Ok(())
}

fn render_calibration(
    sources: &[CalibrationSource],
    curves: &[(Rotation, &CurveDocument)],
    ui: &Ui,
) -> String {
    let mut fitted = ui.table(&[
        "calibration of",
        "rotation",
        "comparisons",
        "measured to",
        "at FMR",
        "per decade beyond",
        "tail shape",
    ]);
    for source in sources {
        fitted.add_row([
            source.source.clone(),
            source.rotation.word().to_owned(),
            source.comparisons.to_string(),
            source.measured_to.to_string(),
            format!("{:.1e}", source.measured_fmr),
            format!("{:.0}", source.similarity_per_decade),
            format!("{:.2}", source.tail_shape),
        ]);
    }
    let mut header = vec!["least similarity".to_owned(), "measured to".to_owned()];
    header.extend(SHOWN_MBAN.iter().map(|mban| format!("FMR 1e-{}", mban / 1000)));
    let mut table = ui.table(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for (rotation, curve) in curves {
        let mut row = vec![rotation.word().to_owned(), curve.measured_to.to_string()];
        row.extend(curve.at.iter().map(|(_, s)| s.map_or("none".to_owned(), |s| s.to_string())));
        table.add_row(row);
    }
    format!("{fitted}\n\n{table}")
}
