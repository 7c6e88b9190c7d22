//! Arguments of a mixed trace: what was seen, who is said to have left it, and how much is lost or added.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;

use super::common::{PopulationArgs, file_records};
use super::ui::Ui;
use crate::domain::dna::Profile;
use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
use crate::domain::likelihood::{Population, check_model};
use crate::domain::locus::{Locus, LocusSet};
use crate::domain::mixture::{Contributor, Evidence};
use crate::domain::record::DnaRecord;
use crate::error::{Error, Result};

/// The word for an unknown person, on the command line and in results.
const UNKNOWN: &str = "unknown";

/// Unknown contributors a hypothesis may be asked for; [`crate::limits::MAX_MIXTURE_TERMS`] ends most
/// questions before that.
pub(super) const MOST_UNKNOWN: i64 = 4;

/// A trace, and what is said of it under both hypotheses.
#[derive(Debug, Args)]
pub(super) struct TraceArgs {
    /// File with the profile of the trace, all alleles seen
    #[arg(long, value_name = "FILE")]
    evidence: PathBuf,
    /// Record of the evidence file; repeat it for replicates of one extract [default: the only one]
    #[arg(long, value_name = "ID")]
    sample: Vec<String>,
    /// Contributor under both hypotheses, as a victim; may be repeated
    #[arg(long, value_name = "ID")]
    pub(super) known: Vec<String>,
    /// Unknown contributors besides, under both hypotheses
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u8).range(..=MOST_UNKNOWN))]
    unknown: u8,
    /// Probability that a copy of an allele is not seen: of everybody, or ID=P of one person, or
    /// unknown=P; separated by commas
    #[arg(long, required = true, value_delimiter = ',', value_name = "P|ID=P")]
    drop_out: Vec<String>,
    /// Probability of drop-in, times the allele's frequency for each allele seen that nobody carries
    #[arg(long, value_name = "P")]
    pub(super) drop_in: f64,
    /// Loci to leave out, separated by commas
    #[arg(long, value_delimiter = ',', value_parser = parse_locus, value_name = "LOCI")]
    without: Vec<Locus>,
    /// File to write instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    population: PopulationArgs,
}

fn parse_locus(text: &str) -> std::result::Result<Locus, String> {
    Locus::parse(text).ok_or_else(|| "is not an autosomal locus".to_owned())
}

/// What the arguments of a trace name.
pub(super) struct Read {
    pub(super) table: FrequencyTable,
    pub(super) samples: Vec<DnaRecord>,
    pub(super) evidence: Evidence,
}

impl TraceArgs {
    /// Reads the frequencies and the evidence.
    ///
    /// # Errors
    /// A file cannot be read, or names no profile of the trace.
    pub(super) fn read(&self, ui: &Ui) -> Result<Read> {
        let table = self.population.table()?;
        let left_out = self.without.iter().fold(LocusSet::default(), |mut set, locus| {
            set.insert(*locus);
            set
        });
        let samples = samples(self, ui)?;
        let mut evidence = Evidence::new();
        for sample in &samples {
            evidence.add_profile(&sample.profile, left_out)?;
        }
        Ok(Read { table, samples, evidence })
    }

    /// The population model; frequencies as tabulated, as in `score dna`.
    ///
    /// # Errors
    /// Theta or the least frequency has no meaning.
    pub(super) fn population<'t>(&self, table: &'t FrequencyTable) -> Result<Population<'t>> {
        let minimum = self.population.min_frequency.unwrap_or(MinimumFrequency::UnseenOnly);
        check_model(self.population.theta, minimum)?;
        Ok(Population { minimum, ..self.population.population(table) })
    }
}

/// The columns that state a case in results, before those of their own.
pub(super) const CASE_COLUMNS: [&str; 7] =
    ["evidence", "prosecution", "defence", "drop_in", "theta", "minimum_frequency", "frequencies"];

impl TraceArgs {
    /// The cells of [`CASE_COLUMNS`].
    pub(super) fn cells(
        &self,
        samples: &[DnaRecord],
        hypotheses: &Hypotheses,
        population: &Population,
    ) -> [String; 7] {
        let samples: Vec<&str> = samples.iter().map(|s| s.record_id.as_str()).collect();
        [
            samples.join("+"),
            hypotheses.text(&hypotheses.prosecution),
            hypotheses.text(&hypotheses.defence),
            self.drop_in.to_string(),
            population.theta.to_string(),
            population.minimum.name(),
            population.frequencies.name().to_owned(),
        ]
    }
}

/// Who has which part in a case.
pub(super) struct Parts<'a> {
    pub(super) suspects: &'a [String],
    pub(super) alternatives: &'a [String],
    /// All unknown contributors of the defence's hypothesis, where that is said.
    pub(super) unknown_defence: Option<u8>,
    pub(super) trace: &'a TraceArgs,
}

/// The record called `id` of a file.
fn record<'a>(records: &'a [DnaRecord], id: &str, path: &Path) -> Result<&'a DnaRecord> {
    records.iter().find(|record| record.record_id == id).ok_or_else(|| {
        Error::usage(
            format!("{} has no record {id:?}", path.display()),
            "name a record of the file as the file writes it",
        )
    })
}

/// The records of the evidence that were asked for.
fn samples(args: &TraceArgs, ui: &Ui) -> Result<Vec<DnaRecord>> {
    let mut records = file_records(&args.evidence, false, ui)?;
    if args.sample.is_empty() {
        return match records.len() {
            1 => Ok(records),
            count => Err(Error::usage(
                format!("{} holds {count} profiles", args.evidence.display()),
                "name the one to compare with --sample; replicates each with one --sample",
            )),
        };
    }
    let wanted: BTreeSet<&str> = args.sample.iter().map(String::as_str).collect();
    for id in &wanted {
        record(&records, id, &args.evidence)?;
    }
    records.retain(|record| wanted.contains(record.record_id.as_str()));
    Ok(records)
}

/// The profiles of the persons `names`, in their order.
pub(super) fn persons(path: &Path, names: &[String], ui: &Ui) -> Result<Vec<Profile>> {
    let records = file_records(path, false, ui)?;
    names.iter().map(|id| Ok(record(&records, id, path)?.profile.clone())).collect()
}

/// Who left the trace, as both sides say.
#[derive(Debug, PartialEq)]
pub(super) struct Hypotheses {
    /// The typed persons of the case.
    pub(super) names: Vec<String>,
    pub(super) prosecution: Vec<Contributor>,
    pub(super) defence: Vec<Contributor>,
}

impl Hypotheses {
    /// As the parts say.
    ///
    /// # Errors
    /// A person has two parts, or a drop-out probability is missing or has no meaning.
    pub(super) fn new(parts: &Parts<'_>) -> Result<Hypotheses> {
        let args = parts.trace;
        let names = [parts.suspects, &args.known, parts.alternatives].concat();
        if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
            return Err(Error::usage(
                "a person has one part in a case",
                "name each person once: as suspect, known or alternative",
            ));
        }
        let drop_out = DropOut::parse(&args.drop_out, &names)?;
        let person = |name: &String| -> Result<Contributor> {
            let place = names.iter().position(|known| known == name);
            Ok(Contributor { person: place, drop_out: drop_out.of(name)? })
        };
        let persons =
            |list: &[String]| list.iter().map(person).collect::<Result<Vec<Contributor>>>();
        let (suspects, known) = (persons(parts.suspects)?, persons(&args.known)?);
        let alternatives = persons(parts.alternatives)?;
        // An unknown person in a suspect's place left as much as the suspect is said to have left.
        let in_place = suspects.iter().skip(alternatives.len()).map(|suspect| suspect.drop_out);
        let in_place: Vec<f64> = in_place.collect();
        let count = match parts.unknown_defence {
            Some(count) => usize::from(count),
            None => usize::from(args.unknown) + in_place.len(),
        };
        let mut defence = [alternatives, known.clone()].concat();
        for number in 0..count {
            let drop_out = match in_place.get(number) {
                Some(drop_out) => *drop_out,
                None => drop_out.of(UNKNOWN)?,
            };
            defence.push(Contributor { person: None, drop_out });
        }
        let mut prosecution = [suspects, known].concat();
        for _ in 0..args.unknown {
            prosecution.push(Contributor { person: None, drop_out: drop_out.of(UNKNOWN)? });
        }
        Ok(Hypotheses { names, prosecution, defence })
    }

    /// A hypothesis as written in results: `S(0.1)+unknown(0.1)`, with the drop-out of each.
    pub(super) fn text(&self, contributors: &[Contributor]) -> String {
        let name = |contributor: &Contributor| {
            let name = contributor.person.map_or(UNKNOWN, |person| self.names[person].as_str());
            format!("{name}({})", contributor.drop_out)
        };
        contributors.iter().map(name).collect::<Vec<_>>().join("+")
    }
}

/// Probabilities of drop-out as given: of everybody, and of some.
struct DropOut {
    everybody: Option<f64>,
    each: BTreeMap<String, f64>,
}

impl DropOut {
    fn parse(texts: &[String], names: &[String]) -> Result<DropOut> {
        let mut drop_out = DropOut { everybody: None, each: BTreeMap::new() };
        for text in texts {
            let (name, number) = match text.rsplit_once('=') {
                Some((name, number)) => (Some(name.trim()), number),
                None => (None, text.as_str()),
            };
            let probability: f64 = number.trim().parse().map_err(|_| {
                Error::usage(
                    format!("{text:?} is not a drop-out probability"),
                    "write 0.1, or ID=0.1 for one person, or unknown=0.1",
                )
            })?;
            let earlier = match name {
                None => drop_out.everybody.replace(probability),
                Some(name) if name == UNKNOWN || names.iter().any(|known| known == name) => {
                    drop_out.each.insert(name.to_owned(), probability)
                }
                Some(name) => {
                    return Err(Error::usage(
                        format!("{name:?} has a drop-out probability and no part in the case"),
                        "name a suspect, a known person, an alternative, or unknown",
                    ));
                }
            };
            if earlier.is_some() {
                return Err(Error::usage(
                    format!("{text:?} is the second drop-out probability of the same person"),
                    "give each person one",
                ));
            }
        }
        Ok(drop_out)
    }

    fn of(&self, name: &str) -> Result<f64> {
        self.each.get(name).copied().or(self.everybody).ok_or_else(|| {
            Error::usage(
                format!("{name} has no drop-out probability"),
                "give one number for everybody besides those of single persons",
            )
        })
    }
}
