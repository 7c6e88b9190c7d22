//! `tanba score lineages`: the bodies of a gallery against its families by Y-STR and mitochondrial DNA alone.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;

use super::common::{grouped, living_day};
use super::place::place;
use super::score::exact;
use super::ui::{Outcome, Ui};
use crate::domain::category::Index;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::law::purpose;
use crate::plan::census::Side;
use crate::run::lineage_search::{LeastCompared, LineagePair, search};

/// Arguments of `tanba score lineages`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
tanba score lineages --gallery registry\n  \
tanba score lineages --gallery registry --min-y-loci 12 --min-mt-bases 500 --out lineages.csv\n\n\
For bones without an autosomal profile. A row is a body and a family whose haplotypes do not differ\n\
along a line that is certain (father, brother, child: Y-STR; mother, sibling, child of a woman: mtDNA),\n\
and that no other haplotype excludes. Pairs excluded and undecided are counted. Every relative of a line\n\
has its haplotype: a row is a lead and no identification, and the frequencies are multiplied with nothing.")]
pub(super) struct LineagesArgs {
    /// Directory of the gallery
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// Least number of Y-STR that an inclusion rests on
    #[arg(long, value_name = "N", default_value_t = 8)]
    min_y_loci: u32,
    /// Least number of positions of mitochondrial DNA that an inclusion rests on
    #[arg(long, value_name = "N", default_value_t = 250)]
    min_mt_bases: u32,
    /// Day on which records must be alive, not before today [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// File to write instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the verb.
pub(super) fn run(args: &LineagesArgs, ui: &Ui) -> Result<Outcome> {
    // Before any work: what the law forbids is not computed.
    let purpose = purpose::require(Index::Corpse, Index::Relative)?;
    if args.min_y_loci == 0 || args.min_mt_bases == 0 {
        return Err(Error::usage(
            "--min-y-loci and --min-mt-bases start at 1",
            "leave the option out for the default",
        ));
    }
    let gallery = Gallery::open(&args.gallery)?;
    let statuses = gallery.statuses()?;
    let day = living_day(args.as_of)?;
    let side = |index| Side::open(&gallery, index, &statuses, day);
    let (bodies, relatives) = (side(Index::Corpse)?, side(Index::Relative)?);
    let members = gallery.family_members()?;
    let least = LeastCompared { y_loci: args.min_y_loci, mt_bases: args.min_mt_bases };
    let found = search(&bodies, (&relatives, &members), &side(Index::Convict)?, least)?;
    ui.note(format!(
        "{} bodies and {} families with haplotypes ({}): {} pairs compared along a certain line, {} excluded, {} \
         undecided, {} listed",
        grouped(found.bodies),
        grouped(found.families),
        purpose.article,
        grouped(found.compared),
        grouped(found.excluded),
        grouped(found.undecided),
        grouped(found.pairs.len() as u64),
    ));
    let text = csv_text(&found.pairs, purpose.article)
        .map_err(|error| Error::usage(error.to_string(), "report this"))?;
    ui.csv(args.out.as_deref(), &String::from_utf8_lossy(&text))?;
    Ok(if found.pairs.is_empty() { Outcome::NoHits } else { Outcome::Done })
}

fn csv_text(pairs: &[LineagePair], article: &str) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "body",
        "family_id",
        "y_record",
        "y_loci_compared",
        "y_loci_differing",
        "y_steps",
        "y_statement",
        "y_frequency",
        "y_database",
        "mt_record",
        "mt_range_bases",
        "mt_differences",
        "mt_statement",
        "mt_frequency",
        "mt_database",
        "purpose",
    ])?;
    let real = |value: Option<f64>| value.map_or_else(String::new, exact);
    let count = |value: Option<u32>| value.map_or_else(String::new, |value| value.to_string());
    for pair in pairs {
        let y = pair.evidence.y.as_ref().map_or_else(<[String; 7]>::default, |y| {
            [
                y.y_record.clone(),
                y.y_loci_compared.to_string(),
                y.y_loci_differing.to_string(),
                count(y.y_steps),
                y.y_statement.clone(),
                real(y.y_frequency),
                count(y.y_database),
            ]
        });
        let mt = pair.evidence.mitochondrial.as_ref();
        let mt = mt.map_or_else(<[String; 6]>::default, |mt| {
            [
                mt.mt_record.clone(),
                mt.mt_range_bases.to_string(),
                mt.mt_differences.to_string(),
                mt.mt_statement.clone(),
                real(mt.mt_frequency),
                count(mt.mt_database),
            ]
        });
        let own = [pair.body.as_str(), &pair.family_id];
        let cells = own.into_iter().chain(y.iter().chain(&mt).map(String::as_str));
        writer.write_record(cells.chain([article]))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}
