//! `tanba score candidates`: a mixed trace against every record of a gallery.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;

use super::ask::AskArgs;
use super::audit::{audited, event};
use super::common::{grouped, living_day, parse_index};
use super::mixture_args::{CASE_COLUMNS, Hypotheses, Parts, Read, TraceArgs, persons};
use super::place::place;
use super::score::exact;
use super::ui::{Outcome, Ui};
use crate::audit::Account;
use crate::domain::category::Index;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::law::access::Sight;
use crate::law::purpose;
use crate::plan::census::Side;
use crate::run::mixture::{Candidate, MixtureQuestion};

/// How the hypotheses name the record that is asked about.
const CANDIDATE: &str = "candidate";

/// Arguments of `tanba score candidates`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
tanba score candidates --evidence mixture.csv --gallery registry --index convict --unknown 1 \
--drop-out 0.1 --drop-in 0.05\n  \
tanba score candidates --evidence mixture.csv --profiles persons.csv --known C0000002 --gallery registry \
--index convict --drop-out 0.1,candidate=0.3 --drop-in 0.05 --threshold 4\n\n\
Each living record of the index stands in the place of a suspect, against an unknown person there with\n\
the same drop-out. The model is that of `tanba score mixture`. Rows are the records whose ratio reaches\n\
the threshold, the strongest first; of a gallery of N unrelated persons about N * 10^-threshold or fewer\n\
reach it by chance.")]
pub(super) struct CandidatesArgs {
    #[command(flatten)]
    trace: TraceArgs,
    /// File with the profiles of the known contributors
    #[arg(long, value_name = "FILE", requires = "known")]
    profiles: Option<PathBuf>,
    /// Directory of the gallery
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// Index to search
    #[arg(long, value_parser = parse_index)]
    index: Index,
    /// Least log10 likelihood ratio of a row
    #[arg(long, default_value_t = 3.0, value_name = "LOG10", allow_negative_numbers = true)]
    threshold: f64,
    /// Day on which records must be alive, not before today [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    #[command(flatten)]
    ask: AskArgs,
}

/// Runs the verb.
pub(super) fn run(args: &CandidatesArgs, ui: &Ui) -> Result<Outcome> {
    audited(&args.gallery, event("score candidates", args.ask.asker()), |account| {
        run_audited(args, account, ui)
    })
}

fn run_audited(args: &CandidatesArgs, account: &mut Account, ui: &Ui) -> Result<Outcome> {
    if !args.threshold.is_finite() {
        return Err(Error::usage(
            "--threshold is a log10 likelihood ratio",
            "use 3 for a thousand",
        ));
    }
    // Before any work: what the law forbids is not computed.
    let purpose = purpose::require(Index::Trace, args.index)?;
    let permit = args.ask.permit(&args.gallery, account)?;
    permit.require(Sight::Profiles(Index::Trace, args.index))?;
    let Read { table, samples, evidence } = args.trace.read(ui)?;
    let population = args.trace.population(&table)?;
    let hypotheses = Hypotheses::new(&Parts {
        suspects: &[CANDIDATE.to_owned()],
        alternatives: &[],
        unknown_defence: None,
        trace: &args.trace,
    })?;
    let known = match &args.profiles {
        Some(path) => persons(path, &args.trace.known, ui)?,
        None if args.trace.known.is_empty() => Vec::new(),
        None => {
            return Err(Error::usage(
                "--known names persons whose profiles are in no file",
                "give the file with --profiles",
            ));
        }
    };
    let gallery = Gallery::open(&args.gallery)?;
    let statuses = gallery.statuses()?;
    let side = Side::open(&gallery, args.index, &statuses, living_day(args.as_of)?)?;
    let question = MixtureQuestion {
        evidence: &evidence,
        known: &known,
        prosecution: &hypotheses.prosecution,
        defence: &hypotheses.defence,
        drop_in: args.trace.drop_in,
        population,
    };
    let found = question.search(&side, args.threshold)?;
    ui.note(format!(
        "{} records of {} compared ({}), {} weighed in full, {} with a ratio of 10^{} or more; at most {:.1e} \
         expected by chance",
        grouped(found.compared),
        args.index,
        purpose.article,
        grouped(found.weighed),
        found.candidates.len(),
        args.threshold,
        found.compared as f64 * 10f64.powf(-args.threshold),
    ));
    account.count("comparisons", found.compared);
    account.count("candidates", found.candidates.len() as u64);
    let constants = args.trace.cells(&samples, &hypotheses, &population);
    let text = csv_text(&constants, &found.candidates)
        .map_err(|error| Error::usage(error.to_string(), "report this"))?;
    account.result_blake3 = Some(blake3::hash(&text).to_hex().to_string());
    ui.csv(args.trace.out.as_deref(), &String::from_utf8_lossy(&text))?;
    Ok(if found.candidates.is_empty() { Outcome::NoHits } else { Outcome::Done })
}

fn csv_text(
    constants: &[String],
    candidates: &[Candidate],
) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let own = ["rank", "record_id", "loci", "log10_lr"];
    writer.write_record(CASE_COLUMNS.iter().chain(&own))?;
    for (place, candidate) in candidates.iter().enumerate() {
        let cells = [
            (place + 1).to_string(),
            candidate.record_id.clone(),
            candidate.loci.to_string(),
            exact(candidate.log10_lr),
        ];
        writer.write_record(constants.iter().chain(&cells))?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}
