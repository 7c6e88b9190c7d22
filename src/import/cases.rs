//! A registry of cases as a table: `case, ground, owner, open_from, open_to`.
//!
//! `owner` is the person or the unit whose case it is; a case of several has several rows. `open_to` is the
//! last day and may be empty. The whole file is read and checked each time it is asked: one bad row is an
//! error, because nobody knows whose case it would have been.

use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::assemble::parse_date;
use super::table::{Row, Rows};
use super::{read_bounded, text};
use crate::error::{Error, Position, Rejection, Result};
use crate::law::access::{Case, CaseRegistry, Ground};

const COLUMNS: [&str; 5] = ["case", "ground", "owner", "open from", "open to"];

/// The registry of cases in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// The file.
    pub path: PathBuf,
}

impl CaseRegistry for CaseFile {
    fn find(&self, number: &str) -> Result<Vec<Case>> {
        let bytes = read_bounded(&self.path)?;
        let cases = cases_of_bytes(&self.path, &bytes)?;
        Ok(cases.into_iter().filter(|case| case.number == number).collect())
    }
}

/// Reads all cases of a table; `path` names it.
///
/// # Errors
/// The table lacks a column or has one more, or a row breaks a rule.
pub fn cases_of_bytes(path: &Path, bytes: &[u8]) -> Result<Vec<Case>> {
    let content = text::decode(path, bytes)?;
    let mut rows = Rows::new(path, &content);
    let header = rows.header()?;
    let find = |name: &str| {
        header.find(&[name]).ok_or_else(|| -> Error {
            let rule = format!("a registry of cases has a column {}", name.replace(' ', "_"));
            let help = "the columns are case, ground, owner, open_from, open_to";
            let found = header.names.join(",");
            Rejection::new(path, Position::Line(header.line), rule, found, help).into()
        })
    };
    let columns = COLUMNS.map(find);
    let [number, ground, owner, open_from, open_to] = columns;
    let (number, ground, owner) = (number?, ground?, owner?);
    let (open_from, open_to) = (open_from?, open_to?);
    let mut cases = Vec::new();
    let mut row = Row::default();
    while rows.read(&mut row)? {
        if let Some(rejection) = rows.ragged(&row) {
            return Err(rejection.into());
        }
        let refuse = |rule: &str, found: &str, help: &str| -> Error {
            Rejection::new(path, Position::Line(row.line), rule, found, help).into()
        };
        let word = |column: usize, rule: &str| match row.cell(column) {
            "" => Err(refuse(rule, "nothing", "fill the cell")),
            text => Ok(text.to_owned()),
        };
        let date = |column: usize| -> Result<Option<Date>> {
            let text = row.cell(column);
            let help = "write it as 2026-11-21";
            parse_date(text).map_err(|_| refuse("a date is year, month and day", text, help))
        };
        let words = Ground::ALL.map(Ground::name).join(", ");
        let text = row.cell(ground);
        let help = format!("write one of {words}");
        cases.push(Case {
            number: word(number, "a case has a number")?,
            ground: Ground::parse(text)
                .ok_or_else(|| refuse("a ground is one of O34 annex 1", text, &help))?,
            owner: word(owner, "a case is a person's or a unit's")?,
            open_from: date(open_from)?.ok_or_else(|| {
                refuse("a case is open from a day on", "nothing", "write it as 2026-11-21")
            })?,
            open_to: date(open_to)?,
        });
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &str) -> Result<Vec<Case>> {
        let text = format!("case,ground,owner,open_from,open_to\n{rows}");
        cases_of_bytes(Path::new("cases.csv"), text.as_bytes())
    }

    #[test]
    fn a_registry_of_cases_is_read_and_its_faults_have_their_line() {
        let cases = read("K-1,criminal,unit 7,2026-01-01,\nK-1,search,P9,2026-01-01,2026-02-01\n");
        let cases = cases.unwrap();
        assert_eq!((cases[0].owner.as_str(), cases[0].open_to), ("unit 7", None));
        assert_eq!(cases[1].ground, Ground::Search);
        assert_eq!(cases[1].open_to, Some(jiff::civil::date(2026, 2, 1)));
        for (row, said) in [
            ("K-1,crime,P,2026-01-01,\n", "cases.csv:2: a ground is"),
            (",criminal,P,2026-01-01,\n", "cases.csv:2: a case has a number"),
            ("K,criminal,,2026-01-01,\n", "cases.csv:2: a case is a person's"),
            ("K,criminal,P,01.01.2026,\n", "cases.csv:2: a date is"),
            ("K,criminal,P,,\n", "cases.csv:2: a case is open from"),
            ("K,criminal,P,2026-01-01,soon\n", "cases.csv:2: a date is"),
            ("K,criminal,P\n", "cases.csv:2: a row has as many cells"),
        ] {
            let error = read(row).unwrap_err();
            assert!(error.to_string().starts_with(said), "{row}: {error}");
        }
        let error = cases_of_bytes(Path::new("c"), b"case,ground\nK,criminal\n").unwrap_err();
        assert!(error.to_string().contains("column owner"), "{error}");
    }
}
