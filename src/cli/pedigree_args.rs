//! Arguments of likelihood ratios with mutation and pedigrees, and what their errors mean to a person.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::domain::mutation::rates::MutationTable;
use crate::domain::mutation::{Mutation, MutationModel};
use crate::domain::pedigree::{PedigreeError, UntypedParent};
use crate::error::{Error, Position, Rejection, Result};
use crate::import::mutation_table::read_mutation_table;

/// How alleles are transmitted.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Transmission")]
pub(super) struct TransmissionArgs {
    /// Mutation model: none, equal, proportional, stepwise, extended-stepwise, stationary-equal,
    /// stationary-stepwise, stationary-extended-stepwise
    #[arg(long, default_value = "none", value_name = "MODEL", value_parser = parse_model)]
    mutation: MutationModel,
    /// Probability that a transmitted allele mutates, of mothers and fathers at every locus
    #[arg(long, value_name = "RATE")]
    mutation_rate: Option<f64>,
    /// How much rarer one step more is (stepwise models; 0.1 is usual)
    #[arg(long, value_name = "RATIO")]
    mutation_range: Option<f64>,
    /// Probability of mutation to another incomplete repeat (extended stepwise models)
    #[arg(long, value_name = "RATE")]
    mutation_rate2: Option<f64>,
    /// Models and rates per locus and sex of the parent instead: a table of locus, sex, model, rate,
    /// range, rate2
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["mutation", "mutation_rate", "mutation_range", "mutation_rate2"]
    )]
    mutation_table: Option<PathBuf>,
    /// An untyped parent that connects nobody: `pruned` (taken out, as Familias with theta 0) or `explicit`
    /// (what it transmits may have mutated, as pedprobr)
    #[arg(long, default_value = "pruned", value_name = "CONVENTION", value_parser = parse_untyped)]
    untyped_parent: UntypedParent,
    /// Frequency of a silent allele at every locus, 0 to 0.1
    #[arg(long, default_value_t = 0.0, value_name = "FREQUENCY", allow_negative_numbers = true)]
    silent: f64,
}

/// How alleles are transmitted, read and checked.
#[derive(Debug)]
pub(super) struct Transmission {
    /// Models by locus and sex.
    pub(super) mutation: MutationTable,
    /// How results name the models.
    pub(super) name: String,
    /// What becomes of untyped parents.
    pub(super) untyped_parent: UntypedParent,
    /// Frequency of a silent allele.
    pub(super) silent: f64,
    /// No mutation and no silent allele.
    pub(super) is_plain: bool,
}

fn parse_model(text: &str) -> std::result::Result<MutationModel, String> {
    MutationModel::parse(text).ok_or_else(|| {
        format!("is one of {}", MutationModel::ALL.map(MutationModel::name).join(", "))
    })
}

fn parse_untyped(text: &str) -> std::result::Result<UntypedParent, String> {
    [UntypedParent::Pruned, UntypedParent::Explicit]
        .into_iter()
        .find(|convention| convention.name() == text)
        .ok_or_else(|| "is pruned or explicit".to_owned())
}

impl TransmissionArgs {
    /// What these arguments stand for.
    ///
    /// # Errors
    /// A number is missing or has no meaning, or the table cannot be read.
    pub(super) fn read(&self) -> Result<Transmission> {
        let help = "for example --mutation extended-stepwise --mutation-rate 0.001 --mutation-range 0.1 \
                    --mutation-rate2 0.000001, or a table per locus and sex: --mutation-table FILE";
        let (mutation, name, is_none) = match &self.mutation_table {
            Some(path) => {
                let file = path.file_name().unwrap_or(path.as_os_str());
                let name = format!("table {}", file.display());
                (read_mutation_table(path)?, name, false)
            }
            None => {
                if self.mutation != MutationModel::None && self.mutation_rate.is_none() {
                    let message = format!("the model {} needs a rate", self.mutation.name());
                    return Err(Error::usage(message, help));
                }
                let rate = self.mutation_rate.unwrap_or(0.0);
                let rate2 = self.mutation_rate2.unwrap_or(0.0);
                let mutation = Mutation::new(self.mutation, rate, self.mutation_range, rate2)
                    .map_err(|error| Error::usage(error.to_string(), help))?;
                (MutationTable::uniform(mutation), mutation.name(), mutation.is_none())
            }
        };
        if !(0.0..=0.1).contains(&self.silent) {
            let message = "the frequency of a silent allele is a number from 0 to 0.1";
            return Err(Error::usage(message, "leave --silent out, or write 0.001 for example"));
        }
        let (untyped_parent, silent) = (self.untyped_parent, self.silent);
        Ok(Transmission {
            mutation,
            name,
            untyped_parent,
            silent,
            is_plain: is_none && silent == 0.0,
        })
    }
}

impl Transmission {
    /// The columns that state the transmission in results: mutation, untyped_parent, silent.
    pub(super) fn cells(&self) -> [String; 3] {
        [self.name.clone(), self.untyped_parent.name().to_owned(), self.silent.to_string()]
    }
}

/// What a person can do about an error of a pedigree; `record` of the file `path` is concerned.
pub(super) fn explained(error: &PedigreeError, path: &Path, record: &str) -> Error {
    let message = format!("{record}: {error}");
    match error {
        PedigreeError::TooComplex { locus, count, limit } => Error::Limit {
            what: format!("{record}: {locus}: the number of ways of inheritance, {count:.1e},"),
            limit: *limit,
            help: "a family without loops has no limit with --theta 0; or leave out relatives beyond those \
                   that say most, and report that"
                .into(),
        },
        PedigreeError::TooManyFounderAlleles { .. } => {
            Error::usage(message, "leave out distant relatives, or use --theta 0, and report that")
        }
        PedigreeError::Impossible(_) => {
            let help = "check who is whose parent and what was typed; a true mutation needs a model: \
                        --mutation-table FILE";
            let rule = "a family's own typings are possible in its pedigree";
            Rejection::new(path, Position::File, rule, error.to_string(), help).of_record(record).into()
        }
        PedigreeError::UnknownSex(_) => Error::usage(
            message,
            "give both sexes one rate, or write the pair as a family with sexes: --family FILE",
        ),
        _ => Error::usage(message, "correct the model, the table of rates or the family"),
    }
}
