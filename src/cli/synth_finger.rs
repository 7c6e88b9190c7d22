//! `tanba synth finger` and `tanba synth finger-prints`: synthetic fingers with their truth.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use rayon::prelude::*;

use super::synth_figure::{self, FigureArgs};
use super::ui::{Outcome, Ui};
use crate::domain::finger::{Position, Template};
use crate::error::{Error, Result};
use crate::import::finger::write_iso2005;
use crate::synth::create_empty;
use crate::synth::finger::{
    FingerRegistryOptions, ImpressionOptions, Person, write_finger_registry,
};

/// Verbs below `tanba synth`.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum FingerVerb {
    /// Write a synthetic fingerprint registry: records, lists, truth
    Finger(FingerArgs),
    /// Write prints named `<db>/<finger>_<impression>.iso`, for evaluations
    FingerPrints(FingerPrintsArgs),
    /// Draw the scores of synthetic prints beside those of real ones
    FingerFigure(FigureArgs),
}

/// Arguments of `tanba synth finger`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tanba synth finger --out fingers --persons 100
  tanba synth finger --out fingers --persons 100 --seed 7 --traces 40 --double-registrations 5

The directory holds one ISO/IEC 19794-2:2005 file per record, a list per register (citizen.csv,
convict.csv, trace.csv, corpse.csv) that `tanba import` reads, and truth_records.csv. The same options
give the same bytes on every machine, whatever the number of threads.")]
pub(super) struct FingerArgs {
    /// Directory to write; must be empty or absent
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Persons in a register, ten fingers each
    #[arg(long, default_value_t = 2_000)]
    persons: u32,
    /// Seed of every random draw
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Share of persons who are convicts, whose prints are rolled [default: 0.1]
    #[arg(long)]
    convict_share: Option<f64>,
    /// Persons registered twice, some with hands or fingers exchanged, or with few fingers [default: one
    /// per 200 persons]
    #[arg(long)]
    double_registrations: Option<u32>,
    /// Latent marks of convicts and of nobody [default: a twentieth of the persons]
    #[arg(long)]
    traces: Option<u32>,
    /// Share of latent marks whose finger is in no register [default: 0.3]
    #[arg(long)]
    traces_of_nobody: Option<f64>,
    /// Unidentified corpses, most of them of citizens [default: a hundredth of the persons]
    #[arg(long)]
    corpses: Option<u32>,
    /// Second records of citizens whose retention has ended [default: one per 1000 persons]
    #[arg(long)]
    expired: Option<u32>,
    /// The day the registry is as of [default: 2026-11-21]; no clock is read
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
}

impl FingerArgs {
    /// The options these arguments stand for.
    fn options(&self) -> FingerRegistryOptions {
        let defaults = FingerRegistryOptions::new(self.persons);
        FingerRegistryOptions {
            seed: self.seed,
            convict_share: self.convict_share.unwrap_or(defaults.convict_share),
            double_registrations: self
                .double_registrations
                .unwrap_or(defaults.double_registrations),
            traces: self.traces.unwrap_or(defaults.traces),
            traces_of_nobody_share: self
                .traces_of_nobody
                .unwrap_or(defaults.traces_of_nobody_share),
            corpses: self.corpses.unwrap_or(defaults.corpses),
            expired: self.expired.unwrap_or(defaults.expired),
            as_of: self.as_of.unwrap_or(defaults.as_of),
            ..defaults
        }
    }
}

/// How the impressions of `tanba synth finger-prints` are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Manner {
    /// Plain live scan
    Plain,
    /// Rolled live scan
    Rolled,
    /// Latent marks
    Latent,
    /// Fingers of corpses
    Corpse,
}

impl Manner {
    fn options(self) -> ImpressionOptions {
        match self {
            Manner::Plain => ImpressionOptions::plain(),
            Manner::Rolled => ImpressionOptions::rolled(),
            Manner::Latent => ImpressionOptions::latent(),
            Manner::Corpse => ImpressionOptions::corpse(),
        }
    }
}

/// Arguments of `tanba synth finger-prints`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tanba synth finger-prints --out prints --fingers 20 --impressions 4
  tanba synth finger-prints --out marks --fingers 20 --impressions 2 --manner latent

Each finger is of a person of its own; the ten positions take turns. A database folder holds ten
fingers, as those of the fingerprint verification competitions do.")]
pub(super) struct FingerPrintsArgs {
    /// Directory to write; must be empty or absent
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Fingers
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    fingers: u32,
    /// Impressions of each finger
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=100))]
    impressions: u32,
    /// Seed of every random draw
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How the impressions are made
    #[arg(long, value_enum, default_value = "plain")]
    manner: Manner,
}

/// Fingers of one database folder.
pub(super) const FINGERS_PER_DATABASE: u32 = 10;

/// Runs a verb below `tanba synth`.
///
/// # Errors
/// The options make no registry, or the folder cannot be written.
pub(super) fn run(verb: &FingerVerb, ui: &Ui) -> Result<Outcome> {
    match verb {
        FingerVerb::Finger(args) => run_registry(args, ui),
        FingerVerb::FingerPrints(args) => run_prints(args, ui),
        FingerVerb::FingerFigure(args) => synth_figure::run(args, ui),
    }
}

fn run_registry(args: &FingerArgs, ui: &Ui) -> Result<Outcome> {
    let description = write_finger_registry(&args.out, &args.options(), &write_iso2005)?;
    let out = args.out.display();
    ui.say(format!("{out}: {} persons, seed {}", description.persons, description.seed));
    for (register, count) in &description.records {
        ui.say(format!("  {count:>9} {register} records"));
    }
    ui.say(format!("  {:>9} prints; every person is made up", description.prints));
    ui.document_of("synth_finger", &description);
    Ok(Outcome::Done)
}

/// `impressions` impressions of finger `number` of a set where every finger is of another person and
/// `positions` take turns.
pub(super) fn impressions_of(
    seed: u64,
    number: u32,
    positions: &[Position],
    impressions: u32,
    options: &ImpressionOptions,
) -> Vec<Template> {
    let position = positions.iter().cycle().nth(number as usize % positions.len().max(1));
    let master = position.and_then(|position| Person::new(seed, number).master(*position));
    let streams = 0..u64::from(impressions);
    master.map(|m| streams.map(|n| m.impression(options, n)).collect()).unwrap_or_default()
}

fn run_prints(args: &FingerPrintsArgs, ui: &Ui) -> Result<Outcome> {
    create_empty(&args.out)?;
    let folder = |number: u32| args.out.join(format!("db{:04}", number / FINGERS_PER_DATABASE + 1));
    for number in (0..args.fingers).step_by(FINGERS_PER_DATABASE as usize) {
        std::fs::create_dir_all(folder(number)).map_err(Error::io(&args.out))?;
    }
    let options = args.manner.options();
    (0..args.fingers).into_par_iter().try_for_each(|number| {
        let made =
            impressions_of(args.seed, number, &Position::FINGERS, args.impressions, &options);
        for (place, template) in made.into_iter().enumerate() {
            let finger = 101 + number % FINGERS_PER_DATABASE;
            let path = folder(number).join(format!("{finger}_{}.iso", place + 1));
            std::fs::write(&path, write_iso2005(&[template])?).map_err(Error::io(&path))?;
        }
        Ok::<_, Error>(())
    })?;
    ui.say(format!(
        "{}: {} fingers, {} impressions each; every person is made up",
        args.out.display(),
        args.fingers,
        args.impressions
    ));
    ui.document(&serde_json::json!({
        "type": "finger_prints",
        "out": args.out.display().to_string(),
        "fingers": args.fingers,
        "impressions": args.impressions,
        "seed": args.seed,
    }));
    Ok(Outcome::Done)
}
