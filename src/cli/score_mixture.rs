//! `tanba score mixture`: a trace and two hypotheses in, likelihoods and their ratio out.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::mixture_args::{
    CASE_COLUMNS, Hypotheses, MOST_UNKNOWN, Parts, Read, TraceArgs, persons,
};
use super::score::exact;
use super::ui::{Outcome, Ui};
use crate::domain::allele::Allele;
use crate::domain::dna::Profile;
use crate::domain::locus::Locus;
use crate::domain::mixture::{Evidence, LocusLikelihoods, MixtureCase};
use crate::error::{Error, Result};

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
    #[command(flatten)]
    trace: TraceArgs,
    /// File with the profiles of the persons named below
    #[arg(long, value_name = "FILE")]
    profiles: PathBuf,
    /// Contributor under the prosecution's hypothesis only; repeat it for several together
    #[arg(long, required = true, value_name = "ID")]
    suspect: Vec<String>,
    /// Typed contributor under the defence's hypothesis only, in a suspect's place; may be repeated
    #[arg(long, value_name = "ID")]
    alternative: Vec<String>,
    /// All unknown contributors of the defence's hypothesis [default: --unknown and one for each suspect
    /// without an alternative]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(..=MOST_UNKNOWN))]
    unknown_defence: Option<u8>,
}

/// Runs the verb.
pub(super) fn run(args: &MixtureArgs, ui: &Ui) -> Result<Outcome> {
    let Read { table, samples, evidence } = args.trace.read(ui)?;
    let population = args.trace.population(&table)?;
    let hypotheses = Hypotheses::new(&args.parts())?;
    let persons = persons(&args.profiles, &hypotheses.names, ui)?;
    let case = MixtureCase::new(&evidence, &persons, &hypotheses.prosecution, &hypotheses.defence)?;
    let likelihoods = case.likelihoods(&population, args.trace.drop_in)?;
    if likelihoods.is_empty() {
        return Err(Error::usage(
            "no locus of the evidence is left to compare",
            "check the evidence file and --without",
        ));
    }
    say_what_was_not_compared(&likelihoods, &hypotheses.names, &persons, ui);
    let constants = args.trace.cells(&samples, &hypotheses, &population);
    let text = csv_text(&constants, &evidence, &likelihoods)
        .map_err(|e| Error::usage(e.to_string(), "report this"))?;
    ui.csv(args.trace.out.as_deref(), &String::from_utf8_lossy(&text))?;
    Ok(Outcome::Done)
}

impl MixtureArgs {
    fn parts(&self) -> Parts<'_> {
        Parts {
            suspects: &self.suspect,
            alternatives: &self.alternative,
            unknown_defence: self.unknown_defence,
            trace: &self.trace,
        }
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
    let own =
        ["locus", "alleles", "likelihood_prosecution", "likelihood_defence", "lr", "log10_lr"];
    writer.write_record(CASE_COLUMNS.iter().chain(&own))?;
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
        let hypotheses = Hypotheses::new(&args.parts())?;
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
