//! Tables of mutation rates for `tanba score`: columns `locus`, `sex`, `model`, `rate`, `range`, `rate2`.
//!
//! One row per locus and sex of the parent (`female`, `male`, `both`); the locus `*` stands for every locus
//! without rows of its own. `range` and `rate2` may be empty where the model has none. Other columns are
//! passed over. Why nothing has a default number: a rate is evidence about a population and a kit, and the
//! report must be able to name its source.

use std::path::Path;

use crate::domain::locus::Locus;
use crate::domain::mutation::rates::MutationTable;
use crate::domain::mutation::{Mutation, MutationModel};
use crate::domain::pedigree::Sex;
use crate::error::{Position, Rejection, Result};
use crate::import::table::{Header, Row, Rows};

const COLUMNS: &str =
    "the columns are locus, sex, model, rate, range, rate2; a locus * stands for every other";

/// Reads a table of mutation rates.
///
/// # Errors
/// The file cannot be read, a column is missing, or a row breaks a rule; the error names the line.
pub fn read_mutation_table(path: &Path) -> Result<MutationTable> {
    mutation_table_of_bytes(path, &super::read_bounded(path)?)
}

/// The same for bytes in memory; `path` is used in messages only.
///
/// # Errors
/// As [`read_mutation_table`].
pub fn mutation_table_of_bytes(path: &Path, bytes: &[u8]) -> Result<MutationTable> {
    let text = super::text::decode(path, bytes)?;
    let mut rows = Rows::new(path, &text);
    let header = rows.header()?;
    let columns = columns(path, &header)?;
    let mut table = MutationTable::default();
    let mut row = Row::default();
    let mut count = 0_usize;
    while rows.read(&mut row)? {
        if let Some(rejection) = rows.ragged(&row) {
            return Err(rejection.into());
        }
        let refuse = |rule: &str, found: &str, help: &str| {
            Rejection::new(path, Position::Line(row.line), rule, found, help)
        };
        let [locus, sex, model, ..] = columns.map(|column| row.optional(column));
        let locus_of_row = match locus {
            "*" => None,
            name => Some(Locus::parse(name).ok_or_else(|| {
                refuse("a locus is one the program knows, or *", name, "check its spelling")
            })?),
        };
        let mutation = mutation(&row, columns, model, &refuse)?;
        for sex in sexes(sex).ok_or_else(|| {
            refuse("a sex is female, male or both", sex, "write the sex of the transmitting parent")
        })? {
            if !table.insert(locus_of_row, sex, mutation) {
                let found = format!("{locus} {sex:?}");
                let help = "keep the row that is right";
                return Err(refuse("a locus has one row per sex", &found, help).into());
            }
        }
        count += 1;
    }
    if count == 0 {
        return Err(
            Rejection::new(path, Position::File, "a table has rows", "none", COLUMNS).into()
        );
    }
    Ok(table)
}

/// Places of locus, sex, model, rate, range, rate2; the last two may be absent.
fn columns(path: &Path, header: &Header) -> Result<[Option<usize>; 6]> {
    let names = ["locus", "sex", "model", "rate", "range", "rate2"];
    let columns = names.map(|name| header.find(&[name]));
    match names.iter().zip(&columns).take(4).find(|(_, column)| column.is_none()) {
        Some((name, _)) => {
            let rule = format!("a table of mutation rates has a column {name}");
            let position = Position::Line(header.line);
            Err(Rejection::new(path, position, rule, header.names.join(","), COLUMNS).into())
        }
        None => Ok(columns),
    }
}

fn sexes(text: &str) -> Option<Vec<Sex>> {
    match text.to_ascii_lowercase().as_str() {
        "both" | "*" => Some(Sex::ALL.to_vec()),
        _ => Sex::parse(text).map(|sex| vec![sex]),
    }
}

fn mutation(
    row: &Row<'_>,
    columns: [Option<usize>; 6],
    model: &str,
    refuse: &impl Fn(&str, &str, &str) -> Rejection,
) -> Result<Mutation> {
    let number = |column: usize| -> Result<Option<f64>> {
        let text = row.optional(columns[column]);
        if text.is_empty() {
            return Ok(None);
        }
        let number = text.replace(',', ".").parse().ok().filter(|n: &f64| n.is_finite());
        let rule = "a rate or range is a number such as 0.002";
        Ok(Some(number.ok_or_else(|| refuse(rule, text, COLUMNS))?))
    };
    let names = || MutationModel::ALL.map(MutationModel::name).join(", ");
    let known = MutationModel::parse(model).ok_or_else(|| {
        refuse("a model is one of the list", model, &format!("models: {}", names()))
    })?;
    let rate = match number(3)? {
        Some(rate) => rate,
        None if known == MutationModel::None => 0.0,
        None => return Err(refuse("every row but those of `none` has a rate", "", COLUMNS).into()),
    };
    Mutation::new(known, rate, number(4)?, number(5)?.unwrap_or(0.0))
        .map_err(|error| refuse(&error.to_string(), &row.cells.join(","), COLUMNS).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<MutationTable> {
        mutation_table_of_bytes(Path::new("rates.csv"), text.as_bytes())
    }

    #[test]
    fn rates_are_read_per_locus_and_sex() {
        let text = "locus,sex,model,rate,range,rate2,source\n\
                    *,both,equal,0.001,,,x\n\
                    FGA,male,extended-stepwise,0.003,0.1,1e-6,y\n\
                    TH01,both,none,,,,z\n";
        let table = read(text).unwrap();
        let [fga, th01, vwa] = ["FGA", "TH01", "vWA"].map(|name| Locus::parse(name).unwrap());
        let stepwise = Mutation::new(MutationModel::ExtendedStepwise, 0.003, Some(0.1), 1e-6);
        assert_eq!(table.get(fga, Sex::Male), stepwise.ok());
        assert_eq!(table.get(fga, Sex::Female), table.get(vwa, Sex::Male));
        assert!(table.get(th01, Sex::Male).unwrap().is_none());
    }

    #[test]
    fn a_broken_row_names_its_line_and_rule() {
        let header = "locus,sex,model,rate,range,rate2\n";
        for (rows, line, rule) in [
            ("*,both,equal,0.001,,\nFGA9,male,equal,0.1,,\n", 3, "a locus is one"),
            ("FGA,child,equal,0.1,,\n", 2, "a sex is"),
            ("FGA,male,random,0.1,,\n", 2, "a model is"),
            ("FGA,male,equal,,,\n", 2, "every row but"),
            ("FGA,male,equal,1e-3x,,\n", 2, "a rate or range"),
            ("FGA,male,equal,nan,,\n", 2, "a rate or range"),
            ("FGA,male,equal,1.5,,\n", 2, "a mutation rate is a probability"),
            ("FGA,male,equal,0.1,0.1,\n", 2, "the model equal has no range"),
            ("FGA,both,equal,0.1,,\nFGA,male,equal,0.1,,\n", 3, "a locus has one row per sex"),
            ("FGA,both,equal\n", 2, "a row has as many cells"),
        ] {
            let error = read(&format!("{header}{rows}")).unwrap_err().to_string();
            assert!(error.starts_with(&format!("rates.csv:{line}: {rule}")), "{error}");
        }
        assert!(read(header).is_err() && read("locus,sex\nFGA,male\n").is_err());
    }

    proptest! {
        #[test]
        fn no_table_makes_the_parser_panic(
            rows in prop::collection::vec("[*a-z0-9,.\"e-]{0,32}", 0..6),
        ) {
            let _ = read(&format!("locus,sex,model,rate,range,rate2\n{}", rows.join("\n")));
        }
    }
}
