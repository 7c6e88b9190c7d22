//! Arguments of likelihood ratios with mutation and pedigrees, and what their errors mean to a person.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::domain::mutation::rates::MutationTable;
use crate::domain::mutation::{Mutation, MutationModel};
use crate::domain::pedigree::transmission::Transmission;
use crate::domain::pedigree::{PedigreeError, UntypedParent};
use crate::error::{Error, Position, Rejection, Result};
use crate::import::mutation_table::read_mutation_table;

/// How alleles are transmitted.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Transmission")]
pub(super) struct TransmissionArgs {
    /// Mutation model: none, equal, proportional, stepwise, extended-stepwise, stationary-equal,
    /// stationary-stepwise, stationary-extended-stepwise [default: none; in searches of pedigrees
    /// extended-stepwise 0.001 range 0.1 rate2 0.000001]
    #[arg(long, value_name = "MODEL", value_parser = parse_model)]
    mutation: Option<MutationModel>,
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
    /// [default: pruned]
    #[arg(long, value_name = "CONVENTION", value_parser = parse_untyped)]
    untyped_parent: Option<UntypedParent>,
    /// Frequency of a silent allele at every locus, 0 to 0.1 [default: 0]
    #[arg(long, value_name = "FREQUENCY", allow_negative_numbers = true)]
    silent: Option<f64>,
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
    /// What these arguments ask of a search; `None` where none of them is given. A convention or a silent allele
    /// without a model goes with the model of searches of pedigrees.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) fn asked(&self) -> Result<Option<Transmission>> {
        let is_modelled = self.mutation.is_some() || self.mutation_table.is_some();
        let numbers = [self.mutation_rate, self.mutation_range, self.mutation_rate2];
        if is_modelled || numbers.iter().any(Option::is_some) {
            return self.read().map(Some);
        }
        if self.untyped_parent.is_none() && self.silent.is_none() {
            return Ok(None);
        }
        let asked = self.read()?;
        let Transmission { untyped_parent, silent, .. } = asked;
        let default = Transmission::of_pedigrees();
        Ok(Some(Transmission { untyped_parent, silent, ..default }))
    }

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
                let model = self.mutation.unwrap_or(MutationModel::None);
                if model != MutationModel::None && self.mutation_rate.is_none() {
                    let message = format!("the model {} needs a rate", model.name());
                    return Err(Error::usage(message, help));
                }
                let rate = self.mutation_rate.unwrap_or(0.0);
                let rate2 = self.mutation_rate2.unwrap_or(0.0);
                let mutation = Mutation::new(model, rate, self.mutation_range, rate2)
                    .map_err(|error| Error::usage(error.to_string(), help))?;
                (MutationTable::uniform(mutation), mutation.name(), mutation.is_none())
            }
        };
        let silent = self.silent.unwrap_or(0.0);
        if !(0.0..=0.1).contains(&silent) {
            let message = "the frequency of a silent allele is a number from 0 to 0.1";
            return Err(Error::usage(message, "leave --silent out, or write 0.001 for example"));
        }
        let untyped_parent = self.untyped_parent.unwrap_or_default();
        Ok(Transmission {
            mutation,
            name,
            untyped_parent,
            silent,
            is_plain: is_none && silent == 0.0,
        })
    }
}

/// The columns that state the transmission in results: mutation, untyped_parent, silent.
pub(super) fn cells(transmission: &Transmission) -> [String; 3] {
    let Transmission { name, untyped_parent, silent, .. } = transmission;
    [name.clone(), untyped_parent.name().to_owned(), silent.to_string()]
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
