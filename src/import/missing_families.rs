//! Tables of families and bodies for `tanba score dna --family`. These files are scored, never stored.
//!
//! A table of families has the columns `family`, `person`, `father`, `mother`, `sex`, `missing` and `LOCUS_1`,
//! `LOCUS_2` of each locus: one row per person, typed or not; one person of each family is missing (`yes`) and
//! untyped. A parent that nobody knows is left empty. A table of bodies has the columns `body` and the same
//! loci, and may have `family`: then the body is compared with that family alone. Other columns are passed
//! over. Persons are codes; no column holds a name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing};
use crate::domain::locus::Locus;
use crate::domain::pedigree::{Pedigree, Person, Sex};
use crate::error::{Error, Position, Rejection, Result};
use crate::import::assemble::{identifier_fault, parse_flag};
use crate::import::pairs::allele_column;
use crate::import::table::{Header, Row, Rows, fold};

const FAMILY_COLUMNS: &str =
    "columns: family, person, father, mother, sex, missing, and LOCUS_1, LOCUS_2 for each locus";
const BODY_COLUMNS: &str = "columns: body, perhaps family, and LOCUS_1, LOCUS_2 for each locus";

/// A family as the table has it.
#[derive(Debug, Clone, PartialEq)]
pub struct MissingFamily {
    /// Its identifier.
    pub family: String,
    /// Who is whose parent.
    pub pedigree: Pedigree,
    /// Place of the missing person in the pedigree.
    pub missing: usize,
    /// Profiles by person; none where nothing is typed.
    pub profiles: Vec<Option<Profile>>,
}

/// A body that may be a missing person.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// Its identifier.
    pub body: String,
    /// The family to compare it with, if not with all.
    pub family: Option<String>,
    /// What was typed.
    pub profile: Profile,
}

/// One row of a family before its parents are found.
#[derive(Debug)]
struct Relative {
    line: u64,
    person: String,
    parents: [Option<String>; 2],
    sex: Sex,
    is_missing: bool,
    profile: Profile,
}

/// Reads a table of families; they come in order of first appearance.
///
/// # Errors
/// The file cannot be read, a column is missing, or a family breaks a rule; the error names the line.
pub fn read_missing_families(path: &Path) -> Result<Vec<MissingFamily>> {
    missing_families_of_bytes(path, &super::read_bounded(path)?)
}

/// The same for bytes in memory; `path` is used in messages only.
///
/// # Errors
/// As [`read_missing_families`].
pub fn missing_families_of_bytes(path: &Path, bytes: &[u8]) -> Result<Vec<MissingFamily>> {
    let text = super::text::decode(path, bytes)?;
    let mut rows = Rows::new(path, &text);
    let header = rows.header()?;
    let names = ["family", "person", "father", "mother", "sex", "missing"];
    let columns = columns(path, &header, names, FAMILY_COLUMNS)?;
    let loci = locus_columns(path, &header, FAMILY_COLUMNS)?;
    let mut order: Vec<String> = Vec::new();
    let mut families: BTreeMap<String, Vec<Relative>> = BTreeMap::new();
    let mut row = Row::default();
    while rows.read(&mut row)? {
        if let Some(rejection) = rows.ragged(&row) {
            return Err(rejection.into());
        }
        let family = row.cell(columns[0]).to_owned();
        let relative = relative(path, &row, columns, &loci)?;
        if !families.contains_key(&family) {
            order.push(family.clone());
        }
        families.entry(family).or_default().push(relative);
    }
    let mut found = Vec::with_capacity(order.len());
    for family in order {
        let relatives = families.remove(&family).unwrap_or_default();
        found.push(family_of(path, family, relatives)?);
    }
    Ok(found)
}

/// Reads a table of bodies, in its order.
///
/// # Errors
/// The file cannot be read, a column is missing, a row breaks a rule or a body occurs twice.
pub fn read_bodies(path: &Path) -> Result<Vec<Body>> {
    bodies_of_bytes(path, &super::read_bounded(path)?)
}

/// The same for bytes in memory; `path` is used in messages only.
///
/// # Errors
/// As [`read_bodies`].
pub fn bodies_of_bytes(path: &Path, bytes: &[u8]) -> Result<Vec<Body>> {
    let text = super::text::decode(path, bytes)?;
    let mut rows = Rows::new(path, &text);
    let header = rows.header()?;
    let [column] = columns(path, &header, ["body"], BODY_COLUMNS)?;
    let family = header.find(&["family"]);
    let loci = locus_columns(path, &header, BODY_COLUMNS)?;
    let mut bodies = Vec::new();
    let mut known = BTreeSet::new();
    let mut row = Row::default();
    while rows.read(&mut row)? {
        if let Some(rejection) = rows.ragged(&row) {
            return Err(rejection.into());
        }
        let body = identifier(path, &row, column)?;
        let family = Some(row.optional(family)).filter(|text| !text.is_empty()).map(str::to_owned);
        if !known.insert((body.clone(), family.clone())) {
            let rule = "a body occurs once, or once per family";
            let position = Position::Line(row.line);
            return Err(
                Rejection::new(path, position, rule, body, "keep the row that is right").into()
            );
        }
        bodies.push(Body { body, family, profile: profile(path, &row, &loci)? });
    }
    Ok(bodies)
}

/// Places of columns that must be there.
fn columns<const N: usize>(
    path: &Path,
    header: &Header,
    names: [&str; N],
    help: &str,
) -> Result<[usize; N]> {
    let mut columns = [0; N];
    for (column, name) in columns.iter_mut().zip(names) {
        *column = header.find(&[name]).ok_or_else(|| {
            let rule = format!("the table has a column {name}");
            Rejection::new(path, Position::Line(header.line), rule, header.names.join(","), help)
        })?;
    }
    Ok(columns)
}

/// The columns of alleles with their loci. A column twice would join the alleles of two samples.
fn locus_columns(path: &Path, header: &Header, help: &str) -> Result<Vec<(usize, Locus)>> {
    let refuse = |rule: &str, found: &str| -> Error {
        Rejection::new(path, Position::Line(header.line), rule, found, help).into()
    };
    let mut known = BTreeSet::new();
    for name in header.names.iter().filter(|name| !name.is_empty()) {
        if !known.insert(fold(name)) {
            return Err(refuse("a column occurs once", name));
        }
    }
    let names = header.names.iter().enumerate();
    let loci: Vec<(usize, Locus)> =
        names.filter_map(|(column, name)| Some((column, allele_column(name)?))).collect();
    if loci.is_empty() {
        return Err(refuse("the table has columns LOCUS_1 and LOCUS_2", &header.names.join(",")));
    }
    Ok(loci)
}

fn identifier(path: &Path, row: &Row<'_>, column: usize) -> Result<String> {
    let text = row.cell(column);
    match identifier_fault(text) {
        Some((rule, help)) => {
            Err(Rejection::new(path, Position::Line(row.line), rule, text, help).into())
        }
        None => Ok(text.to_owned()),
    }
}

fn profile(path: &Path, row: &Row<'_>, loci: &[(usize, Locus)]) -> Result<Profile> {
    let refuse = |rule: String, found: &str| {
        let help = "alleles are repeat numbers such as 14 or 9.3; an empty cell is not typed";
        Rejection::new(path, Position::Line(row.line), rule, found, help)
    };
    let mut alleles: BTreeMap<Locus, Vec<Allele>> = BTreeMap::new();
    for (column, locus) in loci {
        let cell = row.cell(*column);
        let allele = Allele::parse(cell).map_err(|e| refuse(e.to_string(), cell))?;
        alleles.entry(*locus).or_default().extend(allele);
    }
    let mut profile = Profile::new();
    for (locus, alleles) in alleles.into_iter().filter(|(_, alleles)| !alleles.is_empty()) {
        let typing = Typing::new(&alleles).map_err(|e| refuse(e.to_string(), locus.name()))?;
        profile.insert(locus, typing);
    }
    Ok(profile)
}

fn relative(
    path: &Path,
    row: &Row<'_>,
    [family, person, father, mother, sex, missing]: [usize; 6],
    loci: &[(usize, Locus)],
) -> Result<Relative> {
    identifier(path, row, family)?;
    let refuse = |rule: &str, column: usize| {
        Rejection::new(path, Position::Line(row.line), rule, row.cell(column), FAMILY_COLUMNS)
    };
    let parent = |column: usize| {
        Some(row.cell(column)).filter(|text| !matches!(*text, "" | "0" | "-")).map(str::to_owned)
    };
    Ok(Relative {
        line: row.line,
        person: identifier(path, row, person)?,
        parents: [parent(father), parent(mother)],
        sex: Sex::parse(row.cell(sex)).ok_or_else(|| refuse("a sex is female or male", sex))?,
        is_missing: parse_flag(row.cell(missing), false)
            .ok_or_else(|| refuse("the column missing is yes or no", missing))?,
        profile: profile(path, row, loci)?,
    })
}

/// Finds the parents and the missing person of one family.
fn family_of(path: &Path, family: String, relatives: Vec<Relative>) -> Result<MissingFamily> {
    let refuse = |line: u64, rule: &str, found: &str| -> Error {
        Rejection::new(path, Position::Line(line), rule, found, FAMILY_COLUMNS)
            .of_record(&family)
            .into()
    };
    let first = relatives.first().map_or(0, |relative| relative.line);
    let missing: Vec<usize> =
        (0..relatives.len()).filter(|place| relatives[*place].is_missing).collect();
    let [missing] = missing[..] else {
        let found = format!("{}", missing.len());
        return Err(refuse(first, "one person of a family is missing", &found));
    };
    if !relatives[missing].profile.is_empty() {
        let Relative { line, person, .. } = &relatives[missing];
        return Err(refuse(
            *line,
            "the missing person is untyped: its own sample is a direct match",
            person,
        ));
    }
    let mut persons = Vec::with_capacity(relatives.len());
    for relative in &relatives {
        let mut parents = [None; 2];
        for (place, name) in parents.iter_mut().zip(&relative.parents) {
            let Some(name) = name else { continue };
            *place = relatives.iter().position(|other| other.person == *name);
            if place.is_none() {
                return Err(refuse(
                    relative.line,
                    "a parent has a row of its own in the family",
                    name,
                ));
            }
        }
        let [father, mother] = parents;
        persons.push(Person { name: relative.person.clone(), sex: relative.sex, father, mother });
    }
    let pedigree =
        Pedigree::new(persons).map_err(|error| refuse(first, &error.to_string(), &family))?;
    let profiles =
        relatives.into_iter().map(|r| Some(r.profile).filter(|p| !p.is_empty())).collect();
    Ok(MissingFamily { family, pedigree, missing, profiles })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = "family,person,father,mother,sex,missing,TH01_1,TH01_2,note\n";

    fn families(rows: &str) -> Result<Vec<MissingFamily>> {
        missing_families_of_bytes(Path::new("f.csv"), format!("{HEADER}{rows}").as_bytes())
    }

    #[test]
    fn a_family_is_read_with_its_parents_in_any_order() {
        let read = families(
            "F1,MP,dad,mum,male,yes,,,x\nF1,dad,,,M,,6,9.3,x\nF2,MP,,,f,1,,,\nF1,mum,0,-,2,no,,,x\n",
        )
        .unwrap();
        assert_eq!(read.iter().map(|f| f.family.as_str()).collect::<Vec<_>>(), ["F1", "F2"]);
        let family = &read[0];
        assert_eq!(family.missing, 0);
        assert_eq!(family.pedigree.persons()[0].father, Some(1));
        assert_eq!(family.pedigree.persons()[0].mother, Some(2));
        assert!(family.profiles[1].is_some() && family.profiles[2].is_none());
    }

    #[test]
    fn a_broken_family_names_its_line_and_rule() {
        for (rows, line, rule) in [
            ("F1,MP,dad,,male,yes,,,\n", 2, "a parent has a row"),
            ("F1,dad,,,male,,6,7,\n", 2, "one person of a family is missing"),
            ("F1,MP,,,male,yes,,,\nF1,MQ,,,male,yes,,,\n", 2, "one person of a family is missing"),
            ("F1,a,,,male,,6,6,\nF1,MP,a,,male,yes,6,7,\n", 3, "the missing person is untyped"),
            ("F1,MP,,,male,yes,,,\nF1,a,,,x,,,,\n", 3, "a sex is"),
            ("F1,MP,,,male,maybe,,,\n", 2, "the column missing"),
            ("F1,MP,,,male,yes,,,\nF1,a,,,male,,6,q,\n", 3, "an allele is"),
            ("F1,MP,,a,male,yes,,,\nF1,a,,,male,,,,\n", 2, "a father is male"),
            ("F1,MP,MP,,male,yes,,,\n", 2, "nobody is an ancestor"),
            (",MP,,,male,yes,,,\n", 2, "an identifier is not empty"),
        ] {
            let error = families(rows).unwrap_err().to_string();
            assert!(error.starts_with(&format!("f.csv:{line}: {rule}")), "{error}");
        }
        let read = |text: &str| missing_families_of_bytes(Path::new("f.csv"), text.as_bytes());
        assert!(read("family,person\nF,P\n").is_err());
        assert!(read("family,person,father,mother,sex,missing\nF,P,,,m,yes\n").is_err());
        assert!(read("family,person,father,mother,sex,missing,TH01_1,th01 1\n").is_err());
    }

    #[test]
    fn bodies_are_read_once_each() {
        let read = |text: &str| bodies_of_bytes(Path::new("b.csv"), text.as_bytes());
        let bodies = read("body,family,TH01_1,TH01_2\nB1,F1,6,9.3\nB1,F2,6,9.3\nB2,,7,\n").unwrap();
        assert_eq!(bodies.len(), 3);
        assert_eq!(bodies[2].family, None);
        for text in ["body,TH01_1\nB1,6\nB1,7\n", "body\nB1\n", "TH01_1\n6\n", "body,TH01_1\n,6\n"]
        {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_table_makes_the_parsers_panic(
            rows in prop::collection::vec("[a-f0-9,.\"*<FM ]{0,24}", 0..8),
        ) {
            let text = format!("{HEADER}{}", rows.join("\n"));
            let _ = missing_families_of_bytes(Path::new("f.csv"), text.as_bytes());
            let text = format!("body,family,TH01_1,TH01_2\n{}", rows.join("\n"));
            let _ = bodies_of_bytes(Path::new("b.csv"), text.as_bytes());
        }
    }
}
