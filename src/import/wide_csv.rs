//! Wide tables: one row per record, allele columns `LOCUS_1` … `LOCUS_8`.
//!
//! Also the CODIS database export (`specimenId`, `NULL` for nothing typed), which is the same layout.
//! Only the columns named in `docs/import.md` are stored; any other is passed over with a warning.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{Error, Position, Rejection, Result};
use crate::import::assemble::{Call, Collector, Draft, parse_date, parse_flag};
use crate::import::marker::{self, Marker};
use crate::import::table::{Header, Row, Rows, fold, unstored_warnings};
use crate::import::{Format, ImportOptions, Imported, text};

/// Folded names of the column that identifies the record, the most specific first.
pub(super) const ID_COLUMNS: [&str; 7] =
    ["record id", "id", "specimenid", "specimen id", "samplename", "sample name", "sample"];

/// The metadata columns, by place.
#[derive(Debug, Default)]
struct Metadata {
    person_id: Option<usize>,
    case_id: Option<usize>,
    kit: Option<usize>,
    partial: Option<usize>,
    registered_on: Option<usize>,
    born_on: Option<usize>,
    died_on: Option<usize>,
    acquitted_on: Option<usize>,
}

/// What each column of the table is.
#[derive(Debug)]
struct Layout {
    id: usize,
    metadata: Metadata,
    /// Columns of each marker, in the order of their numbers.
    markers: Vec<(Marker, Vec<usize>)>,
    warnings: Vec<String>,
}

/// Reads a wide table.
///
/// # Errors
/// The file as a whole is refused: header, quotes or a limit.
pub fn read(
    path: &Path,
    content: &str,
    format: Format,
    options: &ImportOptions,
) -> Result<Imported> {
    let mut rows = Rows::new(path, content);
    let header = rows.header()?;
    let layout = layout(path, &header, options)?;
    let mut collector = Collector::new(path, format, options);
    layout.warnings.iter().for_each(|warning| collector.warn(warning.as_str()));
    if let Some(warning) = text::unfinished_line_warning(content) {
        collector.warn(warning);
    }
    let mut row = Row::default();
    while rows.read(&mut row)? {
        match rows.ragged(&row) {
            Some(rejection) => collector.reject(rejection.of_record(row.cell(layout.id)))?,
            None => {
                collector.add(draft(path, &layout, &row))?;
            }
        }
    }
    collector.finish()
}

/// One row as a specimen.
fn draft(path: &Path, layout: &Layout, row: &Row<'_>) -> Draft {
    let metadata = &layout.metadata;
    let mut draft = Draft::new(row.line, row.cell(layout.id));
    let stated = |column| match row.optional(column) {
        "" | "NULL" => None,
        text => Some(text.to_owned()),
    };
    draft.person_id = stated(metadata.person_id);
    draft.case_id = stated(metadata.case_id);
    draft.kit = stated(metadata.kit);
    draft.registered_on = date(path, &mut draft, row, metadata.registered_on);
    draft.born_on = date(path, &mut draft, row, metadata.born_on);
    draft.died_on = date(path, &mut draft, row, metadata.died_on);
    draft.acquitted_on = date(path, &mut draft, row, metadata.acquitted_on);
    match parse_flag(row.optional(metadata.partial), false) {
        Some(partial) => draft.partial = partial,
        None => draft.fault(Rejection::new(
            path,
            Position::Line(row.line),
            "the column partial is true or false",
            row.optional(metadata.partial),
            "write true, false or nothing",
        )),
    }
    let mut calls: Vec<Call<'_>> = Vec::new();
    for (marker, columns) in &layout.markers {
        calls.clear();
        for column in columns {
            let text = row.cell(*column);
            match marker {
                Marker::Apart("AMEL") => calls.extend(amelogenin(text)),
                _ => calls.push(text.into()),
            }
        }
        draft.add(path, row.line, *marker, &calls);
    }
    draft
}

/// The calls of an amelogenin cell: `X`, `XY`, `X,Y` and `X/Y` are all in use.
fn amelogenin(text: &str) -> Vec<Call<'_>> {
    match text {
        "XY" | "xy" | "XX" | "xx" => vec![text[..1].into(), text[1..].into()],
        _ => text.split([',', '/', ' ']).map(Call::from).collect(),
    }
}

fn date(
    path: &Path,
    draft: &mut Draft,
    row: &Row<'_>,
    column: Option<usize>,
) -> Option<jiff::civil::Date> {
    parse_date(row.optional(column)).unwrap_or_else(|found| {
        draft.fault(Rejection::new(
            path,
            Position::Line(row.line),
            "a date is YYYY-MM-DD, from 1850 to 2200",
            found,
            "write the date as year, month, day: 2024-03-31",
        ));
        None
    })
}

/// Understands the header.
fn layout(path: &Path, header: &Header, options: &ImportOptions) -> Result<Layout> {
    let refuse = |rule: &str, found: &str, help: &str| -> Error {
        Rejection::new(path, Position::Line(header.line), rule, found, help).into()
    };
    let Some(id) = ID_COLUMNS.iter().find_map(|name| header.find(&[name])) else {
        return Err(refuse(
            "a wide table has an identifier column: record_id, id, specimenId or SampleName",
            &header.names.join(","),
            "rename the column that identifies the record to record_id",
        ));
    };
    let mut metadata = Metadata::default();
    let mut markers: BTreeMap<Marker, BTreeMap<usize, usize>> = BTreeMap::new();
    let mut passed_over = Vec::new();
    for (column, name) in header.names.iter().enumerate().filter(|(column, _)| *column != id) {
        let folded = fold(name);
        if let Some(slot) = metadata.slot(&folded) {
            if slot.replace(column).is_some() {
                return Err(refuse("a column occurs once", name, "remove one of the two"));
            }
            continue;
        }
        let Some((marker, number)) = allele_column(path, header.line, name, options)? else {
            if !name.is_empty() {
                passed_over.push(name.as_str());
            }
            continue;
        };
        if markers.entry(marker).or_default().insert(number, column).is_some() {
            return Err(refuse("an allele column occurs once", name, "remove one of the two"));
        }
    }
    if !markers.keys().any(|marker| matches!(marker, Marker::Autosomal(_))) {
        return Err(refuse(
            "a wide table has allele columns such as FGA_1 and FGA_2",
            &header.names.join(","),
            "name each allele column by its locus, an underscore and the number of the allele",
        ));
    }
    Ok(Layout {
        id,
        metadata,
        markers: markers.into_iter().map(|(m, c)| (m, c.into_values().collect())).collect(),
        warnings: unstored_warnings(&passed_over),
    })
}

impl Metadata {
    /// The place of a metadata column, by its folded name.
    fn slot(&mut self, folded: &str) -> Option<&mut Option<usize>> {
        Some(match folded {
            "person id" => &mut self.person_id,
            "case id" => &mut self.case_id,
            "kit" => &mut self.kit,
            "partial" => &mut self.partial,
            "registered on" => &mut self.registered_on,
            "birth date" => &mut self.born_on,
            "death date" => &mut self.died_on,
            "acquitted on" => &mut self.acquitted_on,
            _ => return None,
        })
    }
}

/// Which allele of which marker a column holds; `None` for a column that is none.
fn allele_column(
    path: &Path,
    line: u64,
    name: &str,
    options: &ImportOptions,
) -> Result<Option<(Marker, usize)>> {
    let position = Position::Line(line);
    match (marker::resolve(name, &options.aliases), marker::numbered(name)) {
        (Some(apart @ Marker::Apart(_)), _) => Ok(Some((apart, 1))),
        (Some(Marker::Autosomal(locus)), _) => Err(Rejection::new(
            path,
            position,
            "an allele column of a wide table is a locus and a number, such as FGA_1",
            name,
            format!("name the columns {locus}_1, {locus}_2"),
        )
        .into()),
        (None, Some((base, number))) => match marker::resolve(base, &options.aliases) {
            Some(marker) => Ok(Some((marker, number))),
            None => Err(marker::unknown(path, position, base).into()),
        },
        (None, None) => Ok(None),
    }
}
