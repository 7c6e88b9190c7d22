//! `tanba score`: pairs in, likelihood ratios and scores out. Validation laboratories drive the program with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::common::PopulationArgs;
use super::score_finger::{self, FingerArgs};
use super::score_lineage::{self, LineageArgs};
use super::score_mixture::{self, MixtureArgs};
use super::ui::{Outcome, Ui};
use crate::domain::dna::Profile;
use crate::domain::frequency::MinimumFrequency;
use crate::domain::likelihood::{Population, check_model, log10_product};
use crate::domain::locus::Locus;
use crate::domain::relation::Relation;
use crate::error::{Error, Result};
use crate::import::pairs::{Pair, read_pairs};

/// Arguments of `tanba score`.
#[derive(Debug, Args)]
pub(super) struct ScoreArgs {
    #[command(subcommand)]
    what: ScoreWhat,
}

#[derive(Debug, Subcommand)]
enum ScoreWhat {
    /// Likelihood ratios of identity and kinship for pairs of DNA profiles
    Dna(DnaArgs),
    /// Likelihood ratio of a mixture or a partial profile, with drop-out and drop-in
    Mixture(MixtureArgs),
    /// Conclusion from two Y-STR or mitochondrial haplotypes
    Lineage(LineageArgs),
    /// Scores of pairs of fingerprint template files
    Finger(FingerArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
tanba score dna --pairs pairs.csv --frequencies nist1036-caucasian --theta 0.01 --relation PO,FS --per-locus\n\n\
PAIRS has the columns pair, member (two per pair) and LOCUS_1, LOCUS_2 of each locus. Relations:\n\
PO parent-child, FS full and HS half siblings, GP grandparent, AV avuncular, FC first and SC second\n\
cousins, MZ identity. No mutation is modelled: an excluded pair has a likelihood ratio of exactly 0.\n\
A locus typed on one side only says nothing and counts exactly 1.")]
struct DnaArgs {
    /// Table of pairs
    #[arg(long, value_name = "FILE")]
    pairs: PathBuf,
    /// Relations to test, separated by commas, or `all`
    #[arg(long, default_value = "all", value_name = "CODES")]
    relation: String,
    /// One more column per locus
    #[arg(long)]
    per_locus: bool,
    /// File to write instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    population: PopulationArgs,
}

/// Runs the verb.
pub(super) fn run(args: &ScoreArgs, ui: &Ui) -> Result<Outcome> {
    match &args.what {
        ScoreWhat::Dna(args) => run_dna(args, ui),
        ScoreWhat::Mixture(args) => score_mixture::run(args, ui),
        ScoreWhat::Lineage(args) => score_lineage::run(args, ui),
        ScoreWhat::Finger(args) => score_finger::run(args, ui),
    }
}

fn run_dna(args: &DnaArgs, ui: &Ui) -> Result<Outcome> {
    let relations = relations(&args.relation)?;
    let table = args.population.table()?;
    // Frequencies as tabulated: what a validation laboratory compares with other programs.
    let minimum = args.population.min_frequency.unwrap_or(MinimumFrequency::UnseenOnly);
    check_model(args.population.theta, minimum)?;
    let population = Population { minimum, ..args.population.population(&table) };
    let pairs = read_pairs(&args.pairs)?;
    let text = csv_text(&pairs, &relations, &population, args.per_locus)
        .map_err(|e| Error::usage(e.to_string(), "report this"))?;
    let text = String::from_utf8_lossy(&text);
    ui.csv(args.out.as_deref(), &text)?;
    Ok(Outcome::Done)
}

fn relations(text: &str) -> Result<Vec<Relation>> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(Relation::ALL.to_vec());
    }
    text.split(',')
        .map(|code| {
            Relation::from_code(code.trim()).ok_or_else(|| {
                let codes: Vec<&str> = Relation::ALL.iter().map(|r| r.code()).collect();
                Error::usage(
                    format!("{code:?} is not a relation"),
                    format!("relations: all, {}", codes.join(", ")),
                )
            })
        })
        .collect()
}

/// 17 significant digits: enough to read back the same `f64`; zero is `0`.
pub(super) fn exact(value: f64) -> String {
    if value == 0.0 { "0".into() } else { format!("{value:.16e}") }
}

fn csv_text(
    pairs: &[Pair],
    relations: &[Relation],
    population: &Population,
    per_locus: bool,
) -> std::result::Result<Vec<u8>, csv::Error> {
    let loci: Vec<Locus> = {
        let typed = |p: &Profile| p.iter().map(|(l, _)| l).collect::<Vec<_>>();
        let all: BTreeSet<Locus> =
            pairs.iter().flat_map(|p| [typed(&p.a), typed(&p.b)]).flatten().collect();
        all.into_iter().collect()
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<&str> = vec!["pair", "relation", "theta", "mutation", "lr", "log10_lr"];
    if per_locus {
        header.extend(loci.iter().map(|l| l.name()));
    }
    writer.write_record(&header)?;
    for pair in pairs {
        for relation in relations {
            let ratios: BTreeMap<Locus, f64> =
                population.locus_ratios(&pair.a, &pair.b, *relation).into_iter().collect();
            let ratio: f64 = ratios.values().product();
            let log10 = log10_product(ratios.values().copied());
            let mut row = vec![
                pair.name.clone(),
                relation.code().to_owned(),
                population.theta.to_string(),
                "none".to_owned(),
                exact(ratio),
                if ratio == 0.0 { "-inf".to_owned() } else { exact(log10) },
            ];
            if per_locus {
                let cell = |l: &Locus| ratios.get(l).map_or_else(|| "1".to_owned(), |r| exact(*r));
                row.extend(loci.iter().map(cell));
            }
            writer.write_record(&row)?;
        }
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}
