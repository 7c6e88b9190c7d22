//! GeneMapper and GeneMapper ID-X genotype tables.
//!
//! Wide: one row per sample, one cell per marker with its alleles in a list (`12, 13, , ,`), optionally
//! followed by a `Height` cell. The long export has the columns of [`super::long_table`] and is read
//! there. The record's identifier is the Sample Name; the Sample File is not stored. Any column that is
//! neither known nor a marker refuses the file: a damaged header moves alleles to another locus.

use std::path::Path;

use crate::domain::locus::Locus;
use crate::error::{Position, Rejection, Result};
use crate::import::assemble::{Call, Collector, Draft};
use crate::import::marker::{self, Marker};
use crate::import::table::{Header, Row, Rows, fold};
use crate::import::{Format, ImportOptions, Imported, long_table, text};
use crate::limits::MAX_CALLS_PER_CELL;

/// First words of columns that hold no alleles.
const OTHER_COLUMNS: [&str; 9] =
    ["sample file", "height", "size", "area", "panel", "run", "kit", "ud", "comments"];

/// Columns a damaged header may have meant.
const COLUMN_NAMES: [&str; 4] = ["Sample File", "Sample Name", "Height", "Size"];

/// Reads a GeneMapper table, wide or long.
///
/// # Errors
/// The file as a whole is refused: header, quotes or a limit.
pub fn read(path: &Path, content: &str, options: &ImportOptions) -> Result<Imported> {
    let mut rows = Rows::new(path, content);
    let header = rows.header()?;
    if header.find(&["marker"]).is_some() {
        return long_table::read(path, content, Format::GeneMapper, options);
    }
    let (id, markers) = layout(path, &header, options)?;
    let mut collector = Collector::new(path, Format::GeneMapper, options);
    if let Some(warning) = text::unfinished_line_warning(content) {
        collector.warn(warning);
    }
    let mut row = Row::default();
    while rows.read(&mut row)? {
        if let Some(rejection) = rows.ragged(&row) {
            collector.reject(rejection.of_record(row.cell(id)))?;
            continue;
        }
        let mut draft = Draft::new(row.line, row.cell(id));
        for (column, marker) in &markers {
            let position = Position::Line(row.line);
            match calls(row.cell(*column)) {
                Ok(calls) => drop(draft.add(path, row.line, *marker, &calls)),
                Err((rule, help)) => {
                    let found = format!("{:?} at {}", row.cell(*column), marker.name());
                    draft.fault(Rejection::new(path, position, rule, found, help));
                }
            }
        }
        collector.add(draft)?;
    }
    collector.finish()
}

/// The calls of one cell, or rule and help.
fn calls(cell: &str) -> std::result::Result<Vec<Call<'_>>, (&'static str, &'static str)> {
    // GeneMapper separates with comma and space; then a comma alone is a decimal comma.
    let texts: Vec<&str> = if cell.contains(", ") {
        cell.split(", ").map(|text| text.trim_end_matches(',')).collect()
    } else {
        cell.split(',').collect()
    };
    if texts.len() > MAX_CALLS_PER_CELL {
        return Err(("a cell lists at most 64 calls", "export one cell per marker"));
    }
    let is_decimal = |text: &&str| matches!(text.trim(), "1" | "2" | "3" | "4");
    if !cell.contains(", ") && texts.iter().skip(1).any(is_decimal) {
        return Err((
            "calls in a cell are separated by a comma and a space",
            "a comma alone may be a decimal comma: write \"9, 3\" for two calls, 9.3 for one",
        ));
    }
    Ok(texts.into_iter().map(Call::from).collect())
}

/// The identifier column and the columns of markers.
fn layout(
    path: &Path,
    header: &Header,
    options: &ImportOptions,
) -> Result<(usize, Vec<(usize, Marker)>)> {
    let position = Position::Line(header.line);
    let refuse = |rule: &str, found: &str, help: String| {
        crate::error::Error::from(Rejection::new(path, position, rule, found, help))
    };
    let mut markers: Vec<(usize, Marker)> = Vec::new();
    let mut id = None;
    for (column, name) in header.names.iter().enumerate() {
        let folded = fold(name);
        if matches!(folded.as_str(), "sample name" | "samplename") {
            if id.replace(column).is_some() {
                let help = "remove one of the two".to_owned();
                return Err(refuse("a column occurs once", name, help));
            }
        } else if let Some(marker) = marker::resolve(name, &options.aliases) {
            if markers.iter().any(|(_, known)| *known == marker) {
                let help = "remove one of the two".to_owned();
                return Err(refuse("a marker has one column", name, help));
            }
            markers.push((column, marker));
        } else if !folded.is_empty() && !OTHER_COLUMNS.iter().any(|o| folded.starts_with(o)) {
            let near_column = marker::nearest(name, COLUMN_NAMES.into_iter());
            let near_marker = marker::nearest(name, Locus::all().map(Locus::name));
            return Err(match (near_column, near_marker) {
                (Some(known), None) => refuse(
                    "the columns of a GeneMapper table are Sample File, Sample Name, markers and \
                     Height",
                    name,
                    format!("the column may be meant as {known:?}; correct the header"),
                ),
                _ => marker::unknown(path, position, name).into(),
            });
        }
    }
    let id = id.ok_or_else(|| {
        let help = "export the table with the column Sample Name".to_owned();
        refuse("a GeneMapper table has a column Sample Name", &header.names.join(" | "), help)
    })?;
    if !markers.iter().any(|(_, marker)| matches!(marker, Marker::Autosomal(_))) {
        let help = "export the table with one column per marker".to_owned();
        return Err(refuse(
            "a GeneMapper table has a column for each marker",
            &header.names.join(" | "),
            help,
        ));
    }
    Ok((id, markers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(cell: &str) -> Option<Vec<&str>> {
        let calls = calls(cell).ok()?;
        Some(calls.iter().map(|call| call.text).filter(|text| !text.trim().is_empty()).collect())
    }

    #[test]
    fn lists_are_separated_and_a_lone_comma_that_may_be_decimal_is_refused() {
        assert_eq!(texts("12, 13, , ,"), Some(vec!["12", "13"]));
        assert_eq!(texts("9,3, 10"), Some(vec!["9,3", "10"]));
        assert_eq!(texts("12,13"), Some(vec!["12", "13"]));
        assert_eq!(texts("9,3"), None);
        assert_eq!(texts(""), Some(vec![]));
    }
}
