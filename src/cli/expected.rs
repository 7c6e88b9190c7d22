//! `tanba gallery expected`: the match matrix that chance lets expect, beside the one counted.

use std::fmt::Write as _;

use clap::Args;

use super::common::{expectation, frequency_table, grouped};
use super::matrix::{Counted, CountedArgs};
use super::ui::{Outcome, Ui};
use crate::device::Device;
use crate::domain::builtin_frequencies::DEFAULT_NAME;
use crate::domain::frequency::MinimumFrequency;
use crate::domain::likelihood::check_model;
use crate::domain::match_matrix::ExpectedMatrix;
use crate::domain::relation::Relation;
use crate::domain::stringency::Agreement;
use crate::error::{Error, Result};
use crate::kernel::str_counts::{AgreementHistogram, CountMatrix};
use crate::plan::match_matrix::{Expectation, RelativePairs};
use crate::run::matrix::PackedIndex;

/// Arguments of `tanba gallery expected`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tanba gallery expected registry --index convict > expected.csv\n  \
tanba gallery expected registry --index convict --theta 0.03 --relatives FS=25,MZ=2 --out expected.csv\n  \
tanba gallery expected registry --by-loci\n\n\
One row per cell of `tanba gallery matrix`: loci in full agreement, loci in partial agreement, pairs\n\
counted, pairs expected. Expected of unrelated persons (Weir 2007; the figure of DNAtools' dbExpect),\n\
and with --relatives of so many pairs of relatives among them. More pairs than expected at many loci are\n\
duplicates, relatives, or a population that the table of frequencies does not describe."
)]
pub(super) struct ExpectedArgs {
    #[command(flatten)]
    counted: CountedArgs,
    /// Full and near matches by number of loci compared instead
    #[arg(long)]
    by_loci: bool,
    /// Allele frequencies: a built-in table or a file
    #[arg(long, default_value = DEFAULT_NAME, value_name = "NAME|FILE")]
    frequencies: String,
    /// Which population of a frequency file that holds several
    #[arg(long, value_name = "NAME")]
    frequency_origin: Option<String>,
    /// Coancestry coefficient
    #[arg(long, default_value_t = 0.01, allow_negative_numbers = true)]
    theta: f64,
    /// Pairs of relatives among the records, by relation (PO, FS, HS, GP, AV, FC, SC; MZ a person twice)
    #[arg(long, value_delimiter = ',', value_parser = parse_relatives, value_name = "CODE=PAIRS")]
    relatives: Vec<(Relation, u64)>,
}

fn parse_relatives(text: &str) -> std::result::Result<(Relation, u64), String> {
    let parts = text.split_once('=').and_then(|(code, pairs)| {
        Some((Relation::from_code(code.trim())?, pairs.trim().parse().ok()?))
    });
    parts.ok_or_else(|| "is a relation and a number of pairs, such as FS=25".to_owned())
}

/// Runs the verb.
pub(super) fn run(args: &ExpectedArgs, ui: &Ui) -> Result<Outcome> {
    let mut relatives = RelativePairs::new();
    for (relation, pairs) in &args.relatives {
        if relatives.insert(*relation, *pairs).is_some() {
            return Err(Error::usage(
                format!("--relatives names {relation} twice"),
                "give each relation one number of pairs",
            ));
        }
    }
    check_model(args.theta, MinimumFrequency::UnseenOnly)?;
    let table = frequency_table(&args.frequencies, args.frequency_origin.as_deref())?;
    let counted = args.counted.open()?;
    let sets = counted.side.locus_sets()?;
    let expected = Expectation::new(&sets, &table, args.theta, &relatives)?;
    let text = if args.by_loci {
        let apart = expected.by_loci_compared().find(|(loci, _)| *loci == 0);
        if let Some((_, part)) = apart {
            ui.note(format!("{} pairs have no locus in common", grouped(part.pairs)));
        }
        let count = |packed: &PackedIndex, device: &Device| packed.by_stringency(device);
        by_loci_csv(&args.counted.count(&counted, count, ui)?, &expected)
    } else {
        let count = |packed: &PackedIndex, device: &Device| packed.matrix(device);
        let observed = args.counted.count(&counted, count, ui)?;
        let expected = expected.matrix();
        if let Some(line) = beyond_expectation(&observed, &expected) {
            ui.note(line);
        }
        csv_text(&observed, &expected)
    };
    counted.say(ui);
    warn_of_other_typings(&counted, ui)?;
    let assumed: Vec<String> =
        relatives.iter().map(|(relation, pairs)| format!("{pairs} pairs {relation}")).collect();
    ui.note(format!(
        "expected with frequencies {}, theta {}, {}",
        table.name(),
        args.theta,
        if assumed.is_empty() { "no relatives".to_owned() } else { assumed.join(", ") },
    ));
    ui.csv(args.counted.out.as_deref(), &text)?;
    Ok(Outcome::Done)
}

/// Warns of records that the model does not describe.
fn warn_of_other_typings(counted: &Counted, ui: &Ui) -> Result<()> {
    let mut others = 0;
    for (segment, row) in counted.side.living() {
        let profile = counted.side.profile(segment, row)?;
        let mut compared = profile.iter().filter(|(_, typing)| typing.is_comparable());
        others += u64::from(compared.any(|(_, typing)| typing.genotype().is_none()));
    }
    if others > 0 {
        ui.warn(format!(
            "{} records have a locus that is not one genotype (a mixture, a wildcard, three alleles); \
             the expectation is of genotypes and does not describe their pairs",
            grouped(others)
        ));
    }
    Ok(())
}

/// Pairs counted in a cell; a matrix has no cells for loci nobody has.
fn cell(observed: &CountMatrix, full: usize, partial: usize) -> u64 {
    if full.max(partial) < observed.side { observed.pairs(full, partial) } else { 0 }
}

fn cell_expected(expected: &ExpectedMatrix, full: usize, partial: usize) -> f64 {
    if full.max(partial) < expected.side() { expected.pairs(full, partial) } else { 0.0 }
}

/// From where on less than one pair is expected, and how many there are.
fn beyond_expectation(observed: &CountMatrix, expected: &ExpectedMatrix) -> Option<String> {
    let (mut found, mut chance) = (0, 0.0);
    let mut line = None;
    for full in (0..observed.side.max(expected.side())).rev() {
        found += (0..observed.side).map(|partial| cell(observed, full, partial)).sum::<u64>();
        chance += (0..expected.side()).map(|p| cell_expected(expected, full, p)).sum::<f64>();
        if chance >= 1.0 {
            break;
        }
        line = Some(format!(
            "in full agreement at {full} loci or more: {} pairs counted, {} expected",
            grouped(found),
            expectation(chance),
        ));
    }
    line
}

fn csv_text(observed: &CountMatrix, expected: &ExpectedMatrix) -> String {
    let side = observed.side.max(expected.side());
    let mut text = String::from("full,partial,observed,expected\n");
    for full in 0..side {
        for partial in 0..side - full {
            let (count, chance) =
                (cell(observed, full, partial), cell_expected(expected, full, partial));
            let _ = writeln!(text, "{full},{partial},{count},{chance:e}");
        }
    }
    text
}

/// Full and near matches, counted and expected, per number of loci compared.
fn by_loci_csv(observed: &AgreementHistogram, expected: &Expectation) -> String {
    let count = |loci: usize, high: usize| {
        let is_asked =
            |a: &Agreement| [a.compared, a.high, a.low].map(|n| n as usize) == [loci, high, loci];
        let cells = observed.iter().filter(|(agreement, _)| is_asked(agreement));
        cells.map(|(_, pairs)| pairs).sum::<u64>()
    };
    let mut text = String::from(
        "loci_compared,pairs,full_observed,full_expected,near_observed,near_expected\n",
    );
    // At no locus in common nothing agrees.
    for (loci, part) in expected.by_loci_compared().filter(|(loci, _)| *loci > 0) {
        let _ = writeln!(
            text,
            "{loci},{},{},{:e},{},{:e}",
            part.pairs,
            count(loci, loci),
            part.matrix.pairs(loci, 0),
            count(loci, loci - 1),
            part.matrix.pairs(loci - 1, 1),
        );
    }
    text
}
