//! `tanba score mixture`: a trace and two hypotheses in, likelihoods and their ratio out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;

use super::common::{PopulationArgs, file_records};
use super::score::exact;
use super::ui::{Outcome, Ui};
use crate::domain::allele::Allele;
use crate::domain::dna::Profile;
use crate::domain::frequency::MinimumFrequency;
use crate::domain::likelihood::{Population, check_model};
use crate::domain::locus::{Locus, LocusSet};
use crate::domain::mixture::{Contributor, Evidence, LocusLikelihoods, MixtureCase};
use crate::domain::record::DnaRecord;
use crate::error::{Error, Result};

/// The word for an unknown person, on the command line and in results.
const UNKNOWN: &str = "unknown";

/// Unknown contributors a hypothesis may be asked for; [`crate::limits::MAX_MIXTURE_TERMS`] ends most
/// questions before that.
const MOST_UNKNOWN: i64 = 4;

/// Arguments of `tanba score mixture`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
tanba score mixture --evidence mixture.csv --profiles persons.csv --suspect C0000001 --known C0000002 \
--drop-out 0.1 --drop-in 0.05\n  \
tanba score mixture --evidence mixture.csv --profiles persons.csv --suspect C0000001 --unknown 1 \
--drop-out 0.1,C0000001=0.3 --drop-in 0.05 --theta 0.03\n\n\
The prosecution says that the suspects, the known and the unknown persons left the trace; the defence\n\
says that an unknown person, with the suspect's drop-out, did in each suspect's place. The model reads\n\
alleles, not peak heights; drop-out is per copy of an allele, drop-in per allele seen. A person not\n\
typed at a locus counts as unknown there. Files are profiles in any format of `tanba import`.")]
pub(super) struct MixtureArgs {
    /// File with the profile of the trace, all alleles seen
    #[arg(long, value_name = "FILE")]
    evidence: PathBuf,
    /// Record of the evidence file; repeat it for replicates of one extract [default: the only one]
    #[arg(long, value_name = "ID")]
    sample: Vec<String>,
    /// File with the profiles of the persons named below
    #[arg(long, value_name = "FILE")]
    profiles: PathBuf,
    /// Contributor under the prosecution's hypothesis only; repeat it for several together
    #[arg(long, required = true, value_name = "ID")]
    suspect: Vec<String>,
    /// Contributor under both hypotheses, as a victim; may be repeated
    #[arg(long, value_name = "ID")]
    known: Vec<String>,
    /// Typed contributor under the defence's hypothesis only, in a suspect's place; may be repeated
    #[arg(long, value_name = "ID")]
    alternative: Vec<String>,
    /// Unknown contributors besides, under both hypotheses
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u8).range(..=MOST_UNKNOWN))]
    unknown: u8,
    /// All unknown contributors of the defence's hypothesis [default: --unknown and one for each suspect
    /// without an alternative]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(..=MOST_UNKNOWN))]
    unknown_defence: Option<u8>,
    /// Probability that a copy of an allele is not seen: of everybody, or ID=P of one person, or
    /// unknown=P; separated by commas
    #[arg(long, required = true, value_delimiter = ',', value_name = "P|ID=P")]
    drop_out: Vec<String>,
    /// Probability of drop-in, times the allele's frequency for each allele seen that nobody carries
    #[arg(long, value_name = "P")]
    drop_in: f64,
    /// Loci to leave out, separated by commas
    #[arg(long, value_delimiter = ',', value_parser = parse_locus, value_name = "LOCI")]
    without: Vec<Locus>,
    /// File to write instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    population: PopulationArgs,
}

fn parse_locus(text: &str) -> std::result::Result<Locus, String> {
    Locus::parse(text).ok_or_else(|| "is not an autosomal locus".to_owned())
}

/// Runs the verb.
pub(super) fn run(args: &MixtureArgs, ui: &Ui) -> Result<Outcome> {
    let table = args.population.table()?;
    // As in `score dna`: frequencies as tabulated.
    let minimum = args.population.min_frequency.unwrap_or(MinimumFrequency::UnseenOnly);
    check_model(args.population.theta, minimum)?;
    let population = Population { minimum, ..args.population.population(&table) };
    let left_out = args.without.iter().fold(LocusSet::default(), |mut set, locus| {
        set.insert(*locus);
        set
    });
    let samples = samples(args, ui)?;
    let mut evidence = Evidence::new();
    for sample in &samples {
        evidence.add_profile(&sample.profile, left_out)?;
    }
    let hypotheses = Hypotheses::new(args)?;
    let persons = persons(&args.profiles, &hypotheses.names, ui)?;
    let case = MixtureCase::new(&evidence, &persons, &hypotheses.prosecution, &hypotheses.defence)?;
    let likelihoods = case.likelihoods(&population, args.drop_in)?;
    if likelihoods.is_empty() {
        return Err(Error::usage(
            "no locus of the evidence is left to compare",
            "check the evidence file and --without",
        ));
    }
    say_what_was_not_compared(&likelihoods, &hypotheses.names, &persons, ui);
    let sample_ids: Vec<&str> = samples.iter().map(|s| s.record_id.as_str()).collect();
    let constants = [
        sample_ids.join("+"),
        hypotheses.text(&hypotheses.prosecution),
        hypotheses.text(&hypotheses.defence),
        args.drop_in.to_string(),
        population.theta.to_string(),
        population.minimum.name(),
        table.name().to_owned(),
    ];
    let text = csv_text(&constants, &evidence, &likelihoods)
        .map_err(|e| Error::usage(e.to_string(), "report this"))?;
    ui.csv(args.out.as_deref(), &String::from_utf8_lossy(&text))?;
    Ok(Outcome::Done)
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
fn samples(args: &MixtureArgs, ui: &Ui) -> Result<Vec<DnaRecord>> {
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
fn persons(path: &Path, names: &[String], ui: &Ui) -> Result<Vec<Profile>> {
    let records = file_records(path, false, ui)?;
    names.iter().map(|id| Ok(record(&records, id, path)?.profile.clone())).collect()
}

/// Who left the trace, as both sides say.
#[derive(Debug, PartialEq)]
struct Hypotheses {
    /// The typed persons of the case.
    names: Vec<String>,
    prosecution: Vec<Contributor>,
    defence: Vec<Contributor>,
}

impl Hypotheses {
    fn new(args: &MixtureArgs) -> Result<Hypotheses> {
        let names = [&args.suspect[..], &args.known, &args.alternative].concat();
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
        let (suspects, known) = (persons(&args.suspect)?, persons(&args.known)?);
        let alternatives = persons(&args.alternative)?;
        // An unknown person in a suspect's place left as much as the suspect is said to have left.
        let in_place = suspects.iter().skip(alternatives.len()).map(|suspect| suspect.drop_out);
        let in_place: Vec<f64> = in_place.collect();
        let count = match args.unknown_defence {
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
    fn text(&self, contributors: &[Contributor]) -> String {
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

/// Says where a profile is silent: what a reader of a product of loci must know.
fn say_what_was_not_compared(
    likelihoods: &[LocusLikelihoods],
    names: &[String],
    persons: &[Profile],
    ui: &Ui,
) {
    let compared: Vec<Locus> = likelihoods.iter().map(|l| l.locus).collect();
    ui.note(format!("{} loci of the evidence compared", compared.len()));
    for (name, profile) in names.iter().zip(persons) {
        let untyped: Vec<&str> = compared
            .iter()
            .filter(|locus| profile.get(**locus).is_none())
            .map(|locus| locus.name())
            .collect();
        if !untyped.is_empty() {
            ui.warn(format!("{name} is not typed at {}: unknown there", untyped.join(", ")));
        }
        let unseen: Vec<&str> = profile
            .iter()
            .filter(|(locus, _)| !compared.contains(locus))
            .map(|(locus, _)| locus.name())
            .collect();
        if !unseen.is_empty() {
            ui.note(format!("loci of {name} that were not compared: {}", unseen.join(", ")));
        }
    }
}

/// The ratio of a locus, or the product over several, and its log10, as text. A product beyond the
/// range of `f64` is left empty: its log10 says it.
fn ratio_cells(ratios: &[Option<f64>]) -> [String; 2] {
    let Some(ratios) = ratios.iter().copied().collect::<Option<Vec<f64>>>() else {
        return ["undefined".into(), "undefined".into()];
    };
    let is_zero = ratios.contains(&0.0);
    let is_infinite = ratios.contains(&f64::INFINITY);
    match (is_zero, is_infinite) {
        (true, true) => ["undefined".into(), "undefined".into()],
        (true, false) => ["0".into(), "-inf".into()],
        (false, true) => ["inf".into(), "inf".into()],
        (false, false) => {
            let product: f64 = ratios.iter().product();
            let log10: f64 = ratios.iter().map(|ratio| ratio.log10()).sum();
            let in_range = product.is_normal();
            [if in_range { exact(product) } else { String::new() }, exact(log10)]
        }
    }
}

fn csv_text(
    constants: &[String],
    evidence: &Evidence,
    likelihoods: &[LocusLikelihoods],
) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "evidence",
        "prosecution",
        "defence",
        "drop_in",
        "theta",
        "minimum_frequency",
        "frequencies",
        "locus",
        "alleles",
        "likelihood_prosecution",
        "likelihood_defence",
        "lr",
        "log10_lr",
    ])?;
    let alleles =
        |set: &BTreeSet<Allele>| set.iter().map(Allele::to_string).collect::<Vec<_>>().join("/");
    for ((locus, replicates), likelihood) in evidence.iter().zip(likelihoods) {
        let [lr, log10] = ratio_cells(&[likelihood.ratio()]);
        let seen: Vec<String> = replicates.iter().map(alleles).collect();
        let cells = [
            locus.name().to_owned(),
            seen.join(" "),
            exact(likelihood.prosecution),
            exact(likelihood.defence),
            lr,
            log10,
        ];
        writer.write_record(constants.iter().chain(&cells))?;
    }
    let ratios: Vec<Option<f64>> = likelihoods.iter().map(LocusLikelihoods::ratio).collect();
    let [lr, log10] = ratio_cells(&ratios);
    let total = ["total".to_owned(), String::new(), String::new(), String::new(), lr, log10];
    writer.write_record(constants.iter().chain(&total))?;
    writer.into_inner().map_err(|e| e.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: MixtureArgs,
    }

    fn hypotheses(line: &str) -> Result<[String; 2]> {
        let start = "mixture --evidence e --profiles p --drop-in 0.05 ";
        let words = format!("{start}{line}");
        let args = Line::try_parse_from(words.split(' ')).unwrap().args;
        let hypotheses = Hypotheses::new(&args)?;
        Ok([&hypotheses.prosecution, &hypotheses.defence].map(|list| hypotheses.text(list)))
    }

    #[test]
    fn unknown_persons_take_the_places_of_suspects_with_their_drop_out() {
        let asked = |line| hypotheses(line).unwrap();
        let two = asked("--suspect S --known V --drop-out 0.1,S=0.3");
        assert_eq!(two, ["S(0.3)+V(0.1)", "V(0.1)+unknown(0.3)"]);
        let more =
            asked("--suspect S --unknown 1 --unknown-defence 3 --drop-out S=0.3,unknown=0.2");
        assert_eq!(more, ["S(0.3)+unknown(0.2)", "unknown(0.3)+unknown(0.2)+unknown(0.2)"]);
        let other = asked("--suspect S --suspect T --alternative A --drop-out 0.1,T=0");
        assert_eq!(other, ["S(0.1)+T(0)", "A(0.1)+unknown(0)"]);
    }

    #[test]
    fn contradictions_about_persons_are_refused() {
        for (line, word) in [
            ("--suspect S --known S --drop-out 0.1", "one part"),
            ("--suspect S --drop-out T=0.1,0.2", "no part"),
            ("--suspect S --drop-out T", "not a drop-out probability"),
            ("--suspect S --unknown 1 --drop-out S=0.1", "has no drop-out"),
            ("--suspect S --drop-out 0.1,0.2", "second"),
        ] {
            let error = hypotheses(line).unwrap_err().to_string();
            assert!(error.contains(word), "{line}: {error}");
        }
    }

    #[test]
    fn a_product_is_written_so_that_exclusion_underflow_and_nonsense_differ() {
        let cells = |ratios: &[Option<f64>]| ratio_cells(ratios);
        assert_eq!(cells(&[Some(0.0), Some(5.0)]), ["0", "-inf"]);
        assert_eq!(cells(&[Some(f64::INFINITY), Some(5.0)]), ["inf", "inf"]);
        assert_eq!(cells(&[Some(f64::INFINITY), Some(0.0)])[0], "undefined");
        assert_eq!(cells(&[None, Some(1.0)])[0], "undefined");
        assert_eq!(cells(&[Some(1e-200); 2])[0], "");
        assert!(cells(&[Some(1e-200); 2])[1].starts_with("-4.0"));
    }
}
