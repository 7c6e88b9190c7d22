//! `tanba score`: pairs in, likelihood ratios and scores out. Validation laboratories drive the program with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::common::PopulationArgs;
use super::family_warnings::warn_of_linked;
use super::pedigree_args::{TransmissionArgs, cells, explained};
use super::score_candidates::{self, CandidatesArgs};
use super::score_family::{self, FamilyScore};
use super::score_finger::{self, FingerArgs};
use super::score_lineage::{self, LineageArgs};
use super::score_lineages::{self, LineagesArgs};
use super::score_mixture::{self, MixtureArgs};
use super::ui::{Outcome, Ui};
use crate::domain::dna::Profile;
use crate::domain::frequency::MinimumFrequency;
use crate::domain::likelihood::{Population, check_model, log10_product};
use crate::domain::locus::{Locus, LocusSet};
use crate::domain::pedigree::PedigreeError;
use crate::domain::pedigree::locus_model::LocusModel;
use crate::domain::pedigree::pair::PairPedigree;
use crate::domain::pedigree::transmission::Transmission;
use crate::domain::relation::Relation;
use crate::error::{Error, Result};
use crate::import::pairs::{Pair, read_pairs};
use crate::language::Message;

/// Arguments of `tanba score`.
#[derive(Debug, Args)]
pub(super) struct ScoreArgs {
    #[command(subcommand)]
    what: ScoreWhat,
}

#[derive(Debug, Subcommand)]
enum ScoreWhat {
    /// Likelihood ratios of pairs of DNA profiles, or of bodies and families
    Dna(Box<DnaArgs>),
    /// Likelihood ratio of a mixture or a partial profile, with drop-out and drop-in
    Mixture(Box<MixtureArgs>),
    /// Likelihood ratios of every record of a gallery as a contributor to a mixture
    Candidates(Box<CandidatesArgs>),
    /// Conclusion from two Y-STR or mitochondrial haplotypes
    Lineage(LineageArgs),
    /// Bodies and families of a gallery that Y-STR and mitochondrial DNA alone do not exclude
    Lineages(LineagesArgs),
    /// Scores of pairs of fingerprint template files
    Finger(FingerArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
tanba score dna --pairs pairs.csv --frequencies nist1036-caucasian --theta 0.01 --relation PO,FS --per-locus\n  \
tanba score dna --pairs pairs.csv --relation PO --mutation equal --mutation-rate 0.001\n  \
tanba score dna --family families.csv --bodies bodies.csv --mutation-table rates.csv\n\n\
PAIRS has the columns pair, member (two per pair) and LOCUS_1, LOCUS_2 of each locus. Relations:\n\
PO parent-child, FS full and HS half siblings, GP grandparent, AV avuncular, FC first and SC second\n\
cousins, MZ identity; with mutation the first member is the elder one (parent, grandparent, uncle).\n\
Without mutation an excluded pair has a likelihood ratio of exactly 0. A locus typed on one side\n\
only says nothing and counts exactly 1. FAMILIES has one row per person: family, person, father,\n\
mother, sex, missing (yes for one of each family) and the loci. BODIES has the columns body, perhaps\n\
family, and the loci. Loci are taken as independent; vWA and D12S391, for instance, are linked.")]
struct DnaArgs {
    /// Table of pairs
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "family",
        conflicts_with = "family"
    )]
    pairs: Option<PathBuf>,
    /// Table of families, each with its missing person: pedigree likelihood ratios of bodies
    #[arg(long, value_name = "FILE", conflicts_with = "relation")]
    family: Option<PathBuf>,
    /// Table of bodies to compare with the families
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "pairs",
        required_unless_present_any = ["pairs", "genotype_table"]
    )]
    bodies: Option<PathBuf>,
    /// File for the ratio of every genotype a body can have, by family and locus
    #[arg(long, value_name = "FILE", conflicts_with = "pairs")]
    genotype_table: Option<PathBuf>,
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
    #[command(flatten)]
    transmission: TransmissionArgs,
}

/// Runs the verb.
pub(super) fn run(args: &ScoreArgs, ui: &Ui) -> Result<Outcome> {
    match &args.what {
        ScoreWhat::Dna(args) => run_dna(args, ui),
        ScoreWhat::Candidates(args) => score_candidates::run(args, ui),
        ScoreWhat::Mixture(args) => score_mixture::run(args, ui),
        ScoreWhat::Lineage(args) => score_lineage::run(args, ui),
        ScoreWhat::Lineages(args) => score_lineages::run(args, ui),
        ScoreWhat::Finger(args) => score_finger::run(args, ui),
    }
}

fn run_dna(args: &DnaArgs, ui: &Ui) -> Result<Outcome> {
    let relations = relations(&args.relation)?;
    let transmission = args.transmission.read()?;
    let table = args.population.table()?;
    // Frequencies as tabulated: what a validation laboratory compares with other programs.
    let minimum = args.population.min_frequency.unwrap_or(MinimumFrequency::UnseenOnly);
    check_model(args.population.theta, minimum)?;
    let population = Population { minimum, ..args.population.population(&table) };
    if let Some(families) = &args.family {
        let score = FamilyScore {
            families,
            bodies: args.bodies.as_deref(),
            genotype_table: args.genotype_table.as_deref(),
            out: args.out.as_deref(),
            per_locus: args.per_locus,
        };
        score_family::run(&score, &population, &transmission, ui)?;
        return Ok(Outcome::Done);
    }
    let Some(path) = &args.pairs else {
        return Err(Error::usage(
            "nothing to score was given",
            "add --pairs FILE or --family FILE",
        ));
    };
    let pairs = read_pairs(path)?;
    let is_linkable =
        |relation: &Relation| !matches!(relation, Relation::Identity | Relation::ParentChild);
    if relations.iter().any(is_linkable) {
        let typed = pairs
            .iter()
            .map(|pair| pair.a.comparable_loci().intersection(pair.b.comparable_loci()));
        warn_of_linked(
            Message::new("plan-kinship"),
            typed.fold(LocusSet::default(), LocusSet::union),
            ui,
        );
    }
    let mut scored = Vec::with_capacity(pairs.len());
    for pair in &pairs {
        let explain = |error: PedigreeError| explained(&error, path, &pair.name);
        let ratios: Vec<BTreeMap<Locus, f64>> = relations
            .iter()
            .map(|relation| locus_ratios(pair, *relation, &population, &transmission))
            .collect::<std::result::Result<_, _>>()
            .map_err(explain)?;
        scored.push((pair, ratios));
    }
    let text = csv_text(&scored, &relations, population.theta, &transmission, args.per_locus)
        .map_err(|e| Error::usage(e.to_string(), "report this"))?;
    let text = String::from_utf8_lossy(&text);
    ui.csv(args.out.as_deref(), &text)?;
    Ok(Outcome::Done)
}

/// The ratios of the loci that count for a pair.
fn locus_ratios(
    pair: &Pair,
    relation: Relation,
    population: &Population,
    transmission: &Transmission,
) -> std::result::Result<BTreeMap<Locus, f64>, PedigreeError> {
    if transmission.is_plain {
        return Ok(population.locus_ratios(&pair.a, &pair.b, relation).into_iter().collect());
    }
    let pedigree = PairPedigree::new(relation)?;
    let mut ratios = BTreeMap::new();
    for (locus, a) in pair.a.iter() {
        let Some(b) = pair.b.get(locus) else { continue };
        let (mutation, silent) = (&transmission.mutation, transmission.silent);
        let Some(model) = LocusModel::new(population, locus, [a, b], mutation, silent)? else {
            continue;
        };
        if let (Some(a), Some(b)) = (model.pair(a), model.pair(b)) {
            ratios.insert(locus, pedigree.ratio(&model, [a, b], transmission.untyped_parent)?);
        }
    }
    Ok(ratios)
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
    scored: &[(&Pair, Vec<BTreeMap<Locus, f64>>)],
    relations: &[Relation],
    theta: f64,
    transmission: &Transmission,
    per_locus: bool,
) -> std::result::Result<Vec<u8>, csv::Error> {
    let loci: BTreeSet<Locus> = {
        let typed = |p: &Profile| p.iter().map(|(l, _)| l).collect::<Vec<_>>();
        scored.iter().flat_map(|(p, _)| [typed(&p.a), typed(&p.b)]).flatten().collect()
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header = vec!["pair", "relation", "theta", "mutation", "untyped_parent", "silent"];
    header.extend(["lr", "log10_lr"]);
    if per_locus {
        header.extend(loci.iter().map(|l| l.name()));
    }
    writer.write_record(&header)?;
    for (pair, ratios) in scored {
        for (relation, ratios) in relations.iter().zip(ratios) {
            let ratio: f64 = ratios.values().product();
            let log10 = log10_product(ratios.values().copied());
            let mut row = vec![pair.name.clone(), relation.code().to_owned(), theta.to_string()];
            row.extend(cells(transmission));
            row.extend([exact(ratio), if ratio == 0.0 { "-inf".to_owned() } else { exact(log10) }]);
            if per_locus {
                let cell = |l: &Locus| ratios.get(l).map_or_else(|| "1".to_owned(), |r| exact(*r));
                row.extend(loci.iter().map(cell));
            }
            writer.write_record(&row)?;
        }
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}
