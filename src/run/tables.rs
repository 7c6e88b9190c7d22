//! The tables of a run that are not built in, as its account holds them.
//!
//! Why: whoever has the gallery and the run must be able to have every score again, also when the file the
//! frequencies came from is lost. The parameters hold a hash of each table, and are what identifies the run.

use super::RunInputs;
use crate::domain::builtin_frequencies;
use crate::domain::calibration::Calibration;
use crate::domain::frequency::FrequencyTable;
use crate::domain::locus::Locus;
use crate::domain::mutation::Mutation;
use crate::domain::pedigree::Sex;
use crate::domain::pedigree::transmission::Transmission;
use crate::domain::rule_set::{self, RuleSet};
use crate::gallery::keys::hex;
use crate::hits::report::{MutationRow, RunTables};

/// The tables that `inputs` name and the program does not have built in.
pub(super) fn tables(inputs: &RunInputs) -> RunTables {
    let parameters = inputs.parameters;
    RunTables {
        frequencies: frequencies(inputs.population.frequencies),
        rules: rules(&parameters.rules),
        mutation: parameters.transmission.as_ref().map(mutation),
        calibration: calibration(&parameters.calibration),
    }
}

fn frequencies(table: &FrequencyTable) -> Option<String> {
    let builtin = builtin_frequencies::builtin(table.name()).and_then(Result::ok);
    let is_builtin = builtin.is_some_and(|other| other.content_id() == table.content_id());
    (!is_builtin).then(|| table.to_csv())
}

fn calibration(table: &Calibration) -> Option<String> {
    (!table.is_builtin()).then(|| hex(&table.to_bytes()))
}

fn rules(rules: &RuleSet) -> Option<String> {
    let builtin = rule_set::builtin(&rules.name).and_then(Result::ok);
    let is_builtin = builtin.is_some_and(|other| other.blake3 == rules.blake3);
    (!is_builtin).then(|| rules.text.clone())
}

fn mutation(transmission: &Transmission) -> Vec<MutationRow> {
    let row = |(locus, sex, mutation): (Option<Locus>, Sex, Mutation)| {
        let (rate, range, rate2) = mutation.numbers();
        MutationRow {
            locus: locus.map(|locus| locus.name().to_owned()),
            sex: sex.name().to_owned(),
            model: mutation.model().name().to_owned(),
            rate,
            range,
            rate2,
        }
    };
    transmission.mutation.models().map(row).collect()
}
