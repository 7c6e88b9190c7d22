//! Families of missing persons as a table: `family_id, missing_person_id, relative_record_id, relation,
//! consent, case_open`.
//!
//! A relative without written consent is stored as such and takes part in nothing (L40 18(2)); that is
//! a warning, not a rejection, because the registry must know of the missing consent.

use std::collections::HashMap;
use std::path::Path;

use crate::domain::family::FamilyMember;
use crate::domain::relation::Kinship;
use crate::error::{Error, Position, Rejection, Result};
use crate::import::assemble::{Collector, identifier_fault, parse_flag};
use crate::import::table::{Header, Row, Rows, fold, unstored_warnings};
use crate::import::{Format, ImportOptions, Imported, text};
use crate::limits::MAX_RELATIVES_PER_FAMILY;

/// What the columns are.
#[derive(Debug)]
struct Layout {
    family: usize,
    missing: usize,
    relative: usize,
    relation: usize,
    consent: Option<usize>,
    case_open: Option<usize>,
    warnings: Vec<String>,
}

/// A family while its lines are read.
#[derive(Debug)]
struct Family {
    missing_person_id: String,
    /// Line and content per relative.
    members: HashMap<String, (u64, FamilyMember)>,
}

/// Reads a table of families.
///
/// # Errors
/// The file as a whole is refused: header, quotes or a limit.
pub fn read(path: &Path, content: &str, options: &ImportOptions) -> Result<Imported> {
    let mut rows = Rows::new(path, content);
    let layout = layout(path, &rows.header()?)?;
    let mut collector = Collector::new(path, Format::FamilyCsv, options);
    layout.warnings.iter().for_each(|warning| collector.warn(warning.as_str()));
    if let Some(warning) = text::unfinished_line_warning(content) {
        collector.warn(warning);
    }
    let mut families: HashMap<String, Family> = HashMap::new();
    let (mut without_consent, mut repeated) = (0_u64, 0_u64);
    let mut row = Row::default();
    while rows.read(&mut row)? {
        let checked = match rows.ragged(&row) {
            Some(rejection) => Err(Box::new(rejection)),
            None => member(path, &layout, &row)
                .and_then(|member| place(path, row.line, member, &mut families)),
        };
        match checked {
            Ok(Some(member)) => {
                without_consent += u64::from(!member.consent);
                collector.family_member(member);
            }
            Ok(None) => repeated += 1,
            Err(rejection) => collector.reject(rejection.of_record(row.cell(layout.relative)))?,
        }
    }
    if without_consent > 0 {
        collector.warn(format!(
            "{without_consent} relatives without written consent are stored and take part in nothing \
             (L40 18(2))"
        ));
    }
    if repeated > 0 {
        collector.warn(format!("{repeated} lines repeat an earlier one; one of each is kept"));
    }
    collector.finish()
}

/// One row as a line of a family.
fn member(
    path: &Path,
    layout: &Layout,
    row: &Row<'_>,
) -> std::result::Result<FamilyMember, Box<Rejection>> {
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
    let flag = |column: Option<usize>, default, rule: &str| {
        let text = row.optional(column);
        parse_flag(text, default)
            .ok_or_else(|| refuse(rule, text, "write true or false; nothing is guessed"))
    };
    let kinship = Kinship::parse(row.cell(layout.relation)).ok_or_else(|| {
        let words: Vec<&str> = Kinship::ALL.iter().map(|kinship| kinship.name()).collect();
        let help = format!("write one of: {}", words.join(", "));
        refuse(
            "a relation is what the relative is to the missing person",
            row.cell(layout.relation),
            &help,
        )
    })?;
    Ok(FamilyMember {
        family_id: identifier(layout.family)?,
        missing_person_id: identifier(layout.missing)?,
        relative_record_id: identifier(layout.relative)?,
        kinship,
        consent: flag(layout.consent, false, "the column consent is true or false")?,
        case_open: flag(layout.case_open, true, "the column case_open is true or false")?,
    })
}

/// Checks a line against the earlier ones of its family; `None` if it repeats one.
fn place(
    path: &Path,
    line: u64,
    member: FamilyMember,
    families: &mut HashMap<String, Family>,
) -> std::result::Result<Option<FamilyMember>, Box<Rejection>> {
    let refuse = |rule: &str, found: String, help: &str| {
        Err(Box::new(Rejection::new(path, Position::Line(line), rule, found, help)))
    };
    let family = families.entry(member.family_id.clone()).or_insert_with(|| Family {
        missing_person_id: member.missing_person_id.clone(),
        members: HashMap::new(),
    });
    if family.missing_person_id != member.missing_person_id {
        return refuse(
            "a family looks for one missing person",
            format!("{} and {}", family.missing_person_id, member.missing_person_id),
            "give each missing person a family of its own; relatives may be in several",
        );
    }
    if let Some((first, earlier)) = family.members.get(&member.relative_record_id) {
        if *earlier == member {
            return Ok(None);
        }
        return refuse(
            "a relative occurs once in a family",
            format!("{}, already on line {first} with other content", member.relative_record_id),
            "keep the line that is right",
        );
    }
    if family.members.len() >= MAX_RELATIVES_PER_FAMILY {
        return refuse(
            "a family has at most 256 relatives",
            member.family_id,
            "check that family_id identifies one family",
        );
    }
    family.members.insert(member.relative_record_id.clone(), (line, member.clone()));
    Ok(Some(member))
}

fn layout(path: &Path, header: &Header) -> Result<Layout> {
    let find = |names: &[&str], called: &str| -> Result<usize> {
        header.find(names).ok_or_else(|| -> Error {
            Rejection::new(
                path,
                Position::Line(header.line),
                format!("a family table has a column {called}"),
                header.names.join(","),
                "the columns are family_id, missing_person_id, relative_record_id, relation, \
                 consent, case_open",
            )
            .into()
        })
    };
    let known = [
        "family id",
        "missing person id",
        "relative record id",
        "relation",
        "consent",
        "case open",
    ];
    let mut passed_over = Vec::new();
    for (column, name) in header.names.iter().enumerate() {
        let folded = fold(name);
        if !known.contains(&folded.as_str()) {
            passed_over.extend(Some(name.as_str()).filter(|name| !name.is_empty()));
        } else if header.find(&[&folded]) != Some(column) {
            let position = Position::Line(header.line);
            let rule = "a column occurs once";
            return Err(Rejection::new(path, position, rule, name, "remove one of the two").into());
        }
    }
    Ok(Layout {
        family: find(&["family id"], "family_id")?,
        missing: find(&["missing person id"], "missing_person_id")?,
        relative: find(&["relative record id"], "relative_record_id")?,
        relation: find(&["relation"], "relation")?,
        consent: header.find(&["consent"]),
        case_open: header.find(&["case open"]),
        warnings: unstored_warnings(&passed_over),
    })
}
