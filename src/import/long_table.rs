//! Long tables: one row per record and marker, `SampleName, Marker, Allele 1 … k`.
//!
//! The layout of LRmix, EuroForMix, CaseSolver, STRmix inputs and of GeneMapper's long export; heights,
//! sizes and analysis flags are passed over. Rows of one record need not stand together. Limits:
//! replicates (a marker twice in a record) are refused, because only an analyst can make a consensus.

use std::collections::HashMap;
use std::path::Path;

use crate::error::{Error, Position, Rejection, Result};
use crate::import::assemble::{Call, Collector, Draft, identifier_fault};
use crate::import::table::{Header, Row, Rows, fold, unstored_warnings};
use crate::import::wide_csv::ID_COLUMNS;
use crate::import::{Format, ImportOptions, Imported, marker, text};

/// First words of columns that hold measurements or flags of the analysis software.
const ANALYSIS_COLUMNS: [&str; 11] = [
    "height",
    "size",
    "area",
    "peak",
    "dye",
    "panel",
    "ado",
    "ud",
    "data point",
    "sample file",
    "run",
];

/// What the columns are.
#[derive(Debug)]
struct Layout {
    id: usize,
    marker: usize,
    alleles: Vec<usize>,
    warnings: Vec<String>,
}

/// Reads a long table.
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
    let layout = layout(path, &rows.header()?)?;
    let mut collector = Collector::new(path, format, options);
    layout.warnings.iter().for_each(|warning| collector.warn(warning.as_str()));
    if let Some(warning) = text::unfinished_line_warning(content) {
        collector.warn(warning);
    }
    let mut drafts: Vec<Draft> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut row = Row::default();
    while rows.read(&mut row)? {
        let id = row.cell(layout.id);
        let fault = rows.ragged(&row).or_else(|| {
            let (rule, help) = identifier_fault(id)?;
            Some(Rejection::new(path, Position::Line(row.line), rule, id, help))
        });
        if id.is_empty() {
            fault.map_or(Ok(()), |fault| collector.reject(fault))?;
            continue;
        }
        let place = places.get(id).copied().unwrap_or_else(|| {
            places.insert(id.to_owned(), drafts.len());
            drafts.push(Draft::new(row.line, id));
            drafts.len() - 1
        });
        let Some(draft) = drafts.get_mut(place) else { continue };
        match fault {
            // A damaged row refuses the record it belongs to: half a profile is not a profile.
            Some(fault) => draft.fault(fault),
            None if add_row(path, &layout, &row, draft, options) => {
                collector.note_repeated_marker(row.cell(layout.id), row.line);
            }
            None => {}
        }
    }
    for draft in drafts {
        collector.add(draft)?;
    }
    collector.finish()
}

/// Adds a row's marker to its specimen; true if the specimen had the same typing already.
fn add_row(
    path: &Path,
    layout: &Layout,
    row: &Row<'_>,
    draft: &mut Draft,
    options: &ImportOptions,
) -> bool {
    let name = row.cell(layout.marker);
    let Some(marker) = marker::resolve(name, &options.aliases) else {
        draft.fault(marker::unknown(path, Position::Line(row.line), name));
        return false;
    };
    let calls: Vec<Call<'_>> =
        layout.alleles.iter().map(|column| row.cell(*column).into()).collect();
    draft.add(path, row.line, marker, &calls)
}

fn layout(path: &Path, header: &Header) -> Result<Layout> {
    let refuse = |rule: &str, found: &str, help: &str| -> Error {
        Rejection::new(path, Position::Line(header.line), rule, found, help).into()
    };
    let missing = |rule| {
        refuse(
            rule,
            &header.names.join(" | "),
            "name the columns SampleName, Marker, Allele1, Allele2",
        )
    };
    let id = ID_COLUMNS.iter().find_map(|name| header.find(&[name]));
    let id = id.ok_or_else(|| missing("a long table has a column SampleName"))?;
    let marker = header.find(&["marker"]);
    let marker = marker.ok_or_else(|| missing("a long table has a column Marker"))?;
    let (mut alleles, mut numbers, mut passed_over) = (Vec::new(), Vec::new(), Vec::new());
    for (column, name) in header.names.iter().enumerate() {
        let folded = fold(name);
        let number = folded.strip_prefix("allele").and_then(|n| n.trim().parse::<usize>().ok());
        if let Some(number) = number {
            if numbers.contains(&number) {
                return Err(refuse("an allele column occurs once", name, "remove one of the two"));
            }
            numbers.push(number);
            alleles.push(column);
        } else if [id, marker].contains(&column) || folded.is_empty() {
            continue;
        } else if ["marker"].contains(&folded.as_str()) || ID_COLUMNS.contains(&folded.as_str()) {
            return Err(refuse("a column occurs once", name, "remove one of the two"));
        } else if !ANALYSIS_COLUMNS.iter().any(|known| folded.starts_with(known)) {
            passed_over.push(name.as_str());
        }
    }
    if alleles.is_empty() {
        return Err(missing("a long table has columns Allele1, Allele2, …"));
    }
    Ok(Layout { id, marker, alleles, warnings: unstored_warnings(&passed_over) })
}
