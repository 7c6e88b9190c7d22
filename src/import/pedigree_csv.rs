//! Pedigrees of families of missing persons as a table: `family_id, person, father, mother, sex`.
//!
//! One row per person, typed or not. Typed relatives bear the id of their record and the missing person the
//! `missing_person_id` of its family, so that the table needs no other link; a parent nobody knows is left
//! empty. A family is taken as a whole: one bad row refuses its rows, because half a pedigree is another one.

use std::collections::BTreeMap;
use std::path::Path;

use crate::domain::family::{PedigreePerson, pedigree_of};
use crate::domain::pedigree::Sex;
use crate::error::{Error, Position, Rejection, Result};
use crate::import::assemble::{Collector, identifier_fault};
use crate::import::table::{Header, Row, Rows, fold, unstored_warnings};
use crate::import::{Format, ImportOptions, Imported, text};

const COLUMNS: [&str; 5] = ["family id", "person", "father", "mother", "sex"];

/// Rows of one family, with their lines.
#[derive(Debug, Default)]
struct Family {
    persons: Vec<(u64, PedigreePerson)>,
    is_refused: bool,
}

/// Reads a table of pedigrees.
///
/// # Errors
/// The file as a whole is refused: header, quotes or a limit.
pub fn read(path: &Path, content: &str, options: &ImportOptions) -> Result<Imported> {
    let mut rows = Rows::new(path, content);
    let header = rows.header()?;
    let columns = columns(path, &header)?;
    let mut collector = Collector::new(path, Format::PedigreeCsv, options);
    passed_over(&header).iter().for_each(|warning| collector.warn(warning.as_str()));
    if let Some(warning) = text::unfinished_line_warning(content) {
        collector.warn(warning);
    }
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut row = Row::default();
    while rows.read(&mut row)? {
        let checked = match rows.ragged(&row) {
            Some(rejection) => Err(Box::new(rejection)),
            None => person(path, columns, &row),
        };
        let family = families.entry(row.cell(columns[0]).to_owned()).or_default();
        match checked {
            Ok(person) => family.persons.push((row.line, person)),
            Err(rejection) => {
                family.is_refused = true;
                collector.reject(rejection.of_record(row.cell(columns[1])))?;
            }
        }
    }
    for (family_id, family) in families.into_iter().filter(|(_, family)| !family.is_refused) {
        let line = family.persons.first().map_or(1, |(line, _)| *line);
        let persons: Vec<PedigreePerson> = family.persons.into_iter().map(|(_, p)| p).collect();
        match pedigree_of(&persons) {
            Ok(_) => persons.into_iter().for_each(|person| collector.pedigree_person(person)),
            Err(error) => {
                let rule = "the rows of a family make a pedigree";
                let help = "correct who is whose parent; a parent needs a row of its own";
                let position = Position::Line(line);
                let rejection = Rejection::new(path, position, rule, error.to_string(), help);
                collector.reject(rejection.of_record(&family_id))?;
            }
        }
    }
    collector.finish()
}

/// Places of [`COLUMNS`].
fn columns(path: &Path, header: &Header) -> Result<[usize; 5]> {
    let mut places = [0; 5];
    for (place, name) in places.iter_mut().zip(COLUMNS) {
        *place = header.find(&[name]).ok_or_else(|| -> Error {
            let rule = format!("a table of pedigrees has a column {}", name.replace(' ', "_"));
            let help = "the columns are family_id, person, father, mother, sex";
            let position = Position::Line(header.line);
            Rejection::new(path, position, rule, header.names.join(","), help).into()
        })?;
    }
    Ok(places)
}

/// Warnings about columns that are not read.
fn passed_over(header: &Header) -> Vec<String> {
    let is_other = |name: &&str| !name.is_empty() && !COLUMNS.contains(&fold(name).as_str());
    let names: Vec<&str> = header.names.iter().map(String::as_str).filter(is_other).collect();
    unstored_warnings(&names)
}

fn person(
    path: &Path,
    [family, person, father, mother, sex]: [usize; 5],
    row: &Row<'_>,
) -> std::result::Result<PedigreePerson, Box<Rejection>> {
    let refuse = |rule: &str, found: &str, help: &str| {
        Box::new(Rejection::new(path, Position::Line(row.line), rule, found, help))
    };
    let identifier = |column: usize| {
        let text = row.cell(column);
        match identifier_fault(text) {
            Some((rule, help)) => Err(refuse(rule, text, help)),
            None => Ok(text.to_owned()),
        }
    };
    let parent = |column: usize| match row.cell(column) {
        "" => Ok(None),
        _ => identifier(column).map(Some),
    };
    let sex = match row.cell(sex) {
        "" | "unknown" => None,
        word => Some(Sex::parse(word).ok_or_else(|| {
            let help =
                "it decides the rates of mutation; leave it empty for who has no children here";
            refuse("a sex is female or male", word, help)
        })?),
    };
    Ok(PedigreePerson {
        family_id: identifier(family)?,
        person: identifier(person)?,
        father: parent(father)?,
        mother: parent(mother)?,
        sex,
    })
}
