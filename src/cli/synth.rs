//! `tanba synth`: a synthetic registry with its truth.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;

use super::synth_finger::{self, FingerVerb};
use super::ui::{Outcome, Ui};
use crate::domain::builtin_frequencies;
use crate::error::{Error, Result};
use crate::synth::{Description, SynthOptions, generate, write_registry};

/// Arguments of `tanba synth`: a DNA registry, or one of the verbs below it.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct SynthArgs {
    #[command(subcommand)]
    fingers: Option<FingerVerb>,
    #[command(flatten)]
    dna: Option<DnaArgs>,
}

/// Arguments of `tanba synth` without a verb below it.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tanba synth --out registry
  tanba synth --out registry --persons 100000 --seed 7
  tanba synth --out registry --frequencies norstr-mid-asia --theta 0.01
  tanba synth --out registry --frequencies laboratory.csv --traces 500 --double-registrations 40

The directory holds wide tables and families that `tanba import` reads, and the truth that
`tanba evaluate` reads. The same options give the same bytes on every machine.")]
struct DnaArgs {
    /// Directory to write; must be empty or absent
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Persons to simulate, in families of three generations; most have no record
    #[arg(long, default_value_t = 20_000)]
    persons: u32,
    /// Seed of every random draw
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Allele frequencies: a built-in table or a file `locus,allele,frequency,count,n_alleles`
    #[arg(long, value_name = "NAME|FILE", default_value = builtin_frequencies::DEFAULT_NAME)]
    frequencies: String,
    /// Coancestry of the founders; 0 draws them from the table itself
    #[arg(long, default_value_t = 0.0)]
    theta: f64,
    /// Probability that an allele mutates by one repeat per transmission; 0 means never
    #[arg(long, default_value_t = 0.0)]
    mutation_rate: f64,
    /// Share of adults who are convicts [default: 0.4]
    #[arg(long)]
    convict_share: Option<f64>,
    /// Share of convicts typed with the older kit of 15 loci [default: 0.1]
    #[arg(long)]
    older_kit_share: Option<f64>,
    /// Traces [default: a twentieth of the persons]
    #[arg(long)]
    traces: Option<u32>,
    /// Corpse records [default: a hundredth of the persons]
    #[arg(long)]
    corpses: Option<u32>,
    /// Families looking for a missing person [default: a hundredth of the persons]
    #[arg(long)]
    families: Option<u32>,
    /// Convicts registered twice [default: one per 200 persons]
    #[arg(long)]
    double_registrations: Option<u32>,
    /// Pairs of monozygotic twins [default: one per 500 persons]
    #[arg(long)]
    twin_pairs: Option<u32>,
    /// Convicts, traces and corpses, so many of each, whose retention has ended [default: one per
    /// 1000 persons]
    #[arg(long)]
    expired: Option<u32>,
    /// The day the registry is as of [default: 2026-11-21]; no clock is read
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
}

impl DnaArgs {
    /// The options these arguments stand for.
    ///
    /// # Errors
    /// The frequency table is neither built in nor a readable file.
    fn options(&self) -> Result<SynthOptions> {
        let defaults = SynthOptions::new(
            self.persons,
            super::common::frequency_table(&self.frequencies, None)?,
        );
        Ok(SynthOptions {
            seed: self.seed,
            theta: self.theta,
            mutation_rate: self.mutation_rate,
            convict_share: self.convict_share.unwrap_or(defaults.convict_share),
            older_kit_share: self.older_kit_share.unwrap_or(defaults.older_kit_share),
            traces: self.traces.unwrap_or(defaults.traces),
            corpses: self.corpses.unwrap_or(defaults.corpses),
            families: self.families.unwrap_or(defaults.families),
            double_registrations: self
                .double_registrations
                .unwrap_or(defaults.double_registrations),
            twin_pairs: self.twin_pairs.unwrap_or(defaults.twin_pairs),
            expired: self.expired.unwrap_or(defaults.expired),
            as_of: self.as_of.unwrap_or(defaults.as_of),
            ..defaults
        })
    }
}

/// Makes and writes the registry.
///
/// # Errors
/// The options make no registry, or the folder cannot be written.
pub(super) fn run(args: &SynthArgs, ui: &Ui) -> Result<Outcome> {
    match (&args.fingers, &args.dna) {
        (Some(verb), _) => synth_finger::run(verb, ui),
        (None, Some(dna)) => run_dna(dna, ui),
        // The parser requires --out of whoever names no verb.
        (None, None) => Err(Error::usage("no folder to write is named", "add --out DIR")),
    }
}

fn run_dna(args: &DnaArgs, ui: &Ui) -> Result<Outcome> {
    let registry = generate(&args.options()?)?;
    write_registry(&args.out, &registry)?;
    let description = Description::new(&registry);
    let out = args.out.display();
    ui.say(format!("{out}: {} persons, seed {}", description.persons, description.seed));
    for (index, count) in &description.records {
        ui.say(format!("  {count:>9} {index} records"));
    }
    ui.say(format!("  {:>9} families", description.families));
    ui.say(format!("frequencies: {}; every person is made up", description.frequencies));
    ui.document_of("synth", &description);
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::error::Kind;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: SynthArgs,
    }

    fn parsed(line: &str) -> SynthArgs {
        Line::try_parse_from(line.split_whitespace()).unwrap().args
    }

    #[test]
    fn without_a_verb_below_a_folder_is_required() {
        for line in ["synth", "synth --persons 7", "synth finger", "synth --out a finger --out b"] {
            assert!(Line::try_parse_from(line.split_whitespace()).is_err(), "{line}");
        }
    }

    #[test]
    fn arguments_left_out_are_the_documented_defaults() {
        let options =
            parsed("synth --out x --traces 7 --as-of 2027-01-02").dna.unwrap().options().unwrap();
        let defaults = SynthOptions::with_default_frequencies(20_000).unwrap();
        let as_of = jiff::civil::date(2027, 1, 2);
        assert_eq!(options, SynthOptions { traces: 7, as_of, ..defaults });
    }

    #[test]
    fn the_verb_writes_a_complete_folder_once() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("registry");
        let args = parsed(&format!("synth --out {} --persons 1000", out.display()));
        let ui = Ui { json: true };
        assert_eq!(run(&args, &ui).unwrap(), Outcome::Done);
        assert!(out.join("registry.json").is_file());
        assert_eq!(run(&args, &ui).unwrap_err().kind(), Kind::Usage);
    }
}
