//! Tables of mitochondrial haplotypes: columns `id` (or another name of an identifier), `ranges` and `variants`.
//! The notation is that of [`crate::domain::lineage::mitochondrial`].
//!
//! What for: `tanba score lineage` scores two of them; `tanba import` reads such a table before the files beside it
//! and gives each haplotype to the record of that identifier ([`HaplotypeTables`]). A haplotype without a record in the
//! same import is refused: an identifier written wrongly must not make a record of its own.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::assemble::{Collector, identifier_fault};
use super::table::{Header, Row, Rows, unstored_warnings};
use super::wide_csv::ID_COLUMNS;
use super::{Format, ImportOptions, Imported};
use crate::domain::lineage::mitochondrial::MitochondrialHaplotype;
use crate::error::{Error, Position, Rejection, Result};

const HELP: &str =
    "columns: id, ranges such as 16024-16365 73-340, variants such as 16126C 263G 315.1C";

/// A haplotype of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Haplotype {
    id: String,
    line: u64,
    haplotype: MitochondrialHaplotype,
}

/// What a table of haplotypes holds.
#[derive(Debug)]
struct Table {
    path: PathBuf,
    haplotypes: Vec<Haplotype>,
    rejections: Vec<Rejection>,
    warnings: Vec<String>,
    file_hash: String,
}

/// Reads a table of haplotypes, in file order, each with its identifier.
///
/// # Errors
/// The file cannot be read, a column is missing, an identifier is empty or there twice, or a haplotype
/// breaks the notation.
pub fn read_haplotypes(path: &Path) -> Result<Vec<(String, MitochondrialHaplotype)>> {
    haplotypes_of_bytes(path, &super::read_bounded(path)?)
}

/// The same for bytes in memory; `path` is used in messages only.
///
/// # Errors
/// As [`read_haplotypes`].
pub fn haplotypes_of_bytes(
    path: &Path,
    bytes: &[u8],
) -> Result<Vec<(String, MitochondrialHaplotype)>> {
    let table = read_table(path, bytes)?;
    match table.rejections.into_iter().next() {
        Some(rejection) => Err(rejection.into()),
        None => Ok(table.haplotypes.into_iter().map(|h| (h.id, h.haplotype)).collect()),
    }
}

/// What the columns are.
struct Layout {
    id: usize,
    ranges: usize,
    variants: usize,
}

impl Layout {
    fn of(path: &Path, header: &Header) -> Result<Layout> {
        let column = |names: &[&str], rule: &str| {
            header.find(names).ok_or_else(|| {
                let found = header.names.join(" | ");
                Error::from(Rejection::new(path, Position::Line(header.line), rule, found, HELP))
            })
        };
        Ok(Layout {
            id: column(&ID_COLUMNS, "a table of haplotypes has a column id")?,
            ranges: column(&RANGES, "a table of haplotypes has a column ranges")?,
            variants: column(&VARIANTS, "a table of haplotypes has a column variants")?,
        })
    }
}

/// Folded names of the column of ranges.
pub(super) const RANGES: [&str; 2] = ["ranges", "range"];

/// Folded names of the column of variants.
pub(super) const VARIANTS: [&str; 2] = ["variants", "variant"];

fn read_table(path: &Path, bytes: &[u8]) -> Result<Table> {
    let text = super::text::decode(path, bytes)?;
    let mut rows = Rows::new(path, &text);
    let header = rows.header()?;
    let layout = Layout::of(path, &header)?;
    let is_read = |column: &usize| [layout.id, layout.ranges, layout.variants].contains(column);
    let names = header.names.iter().enumerate();
    let passed_over: Vec<&str> = names
        .filter(|(column, name)| !is_read(column) && !name.is_empty())
        .map(|(_, name)| name.as_str())
        .collect();
    let mut table = Table {
        path: path.to_owned(),
        haplotypes: Vec::new(),
        rejections: Vec::new(),
        warnings: unstored_warnings(&passed_over),
        file_hash: blake3::hash(bytes).to_hex().to_string(),
    };
    table.warnings.extend(super::text::unfinished_line_warning(&text));
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut row = Row::default();
    while rows.read(&mut row)? {
        let read = match rows.ragged(&row) {
            Some(rejection) => Err(rejection),
            None => haplotype(path, &layout, &row, &mut seen),
        };
        match read {
            Ok(haplotype) => table.haplotypes.push(haplotype),
            Err(rejection) => table.rejections.push(rejection.of_record(row.cell(layout.id))),
        }
    }
    Ok(table)
}

/// One row as a haplotype; `seen` are the lines of the identifiers before it.
#[allow(clippy::result_large_err, reason = "a rejection is stored, not passed up a long way")]
fn haplotype(
    path: &Path,
    layout: &Layout,
    row: &Row<'_>,
    seen: &mut HashMap<String, u64>,
) -> std::result::Result<Haplotype, Rejection> {
    let refuse = |rule: &str, found: &str, help: &str| {
        Rejection::new(path, Position::Line(row.line), rule, found, help)
    };
    let id = row.cell(layout.id);
    if let Some((rule, help)) = identifier_fault(id) {
        return Err(refuse(rule, id, help));
    }
    if let Some(first) = seen.insert(id.to_owned(), row.line) {
        let found = format!("{id}, also on line {first}");
        return Err(refuse("a haplotype has an identifier of its own", &found, HELP));
    }
    if row.cell(layout.ranges).is_empty() {
        return Err(refuse("a haplotype has a range sequenced", id, HELP));
    }
    let haplotype =
        MitochondrialHaplotype::parse(row.cell(layout.ranges), row.cell(layout.variants))
            .map_err(|error| refuse(error.rule, &error.found, HELP))?;
    Ok(Haplotype { id: id.to_owned(), line: row.line, haplotype })
}

/// The tables of haplotypes of one import: read before the other files, accounted for after them.
#[derive(Debug, Default)]
pub struct HaplotypeTables {
    tables: Vec<Table>,
}

impl HaplotypeTables {
    /// Reads those of `paths` that are tables of haplotypes. Other files are left to [`super::import_file`], and so
    /// are pipes, which can be read once only, and files that cannot be read, for it to say so.
    ///
    /// # Errors
    /// A table of haplotypes is refused as a whole.
    pub fn read(paths: &[PathBuf]) -> Result<HaplotypeTables> {
        let mut tables = HaplotypeTables::default();
        for path in paths.iter().filter(|path| path.is_file()) {
            let Ok(bytes) = super::read_bounded(path) else { continue };
            let Ok(text) = super::text::decode(path, &bytes) else { continue };
            if matches!(super::sniff::recognise(path, &text), Ok(Format::HaplotypeTable)) {
                drop(text);
                tables.tables.push(read_table(path, &bytes)?);
            }
        }
        Ok(tables)
    }

    /// The haplotypes by identifier; of one that two tables hold, the first.
    pub fn by_id(&self) -> BTreeMap<String, MitochondrialHaplotype> {
        let all = self.tables.iter().rev().flat_map(|table| &table.haplotypes);
        all.map(|one| (one.id.clone(), one.haplotype.clone())).collect()
    }

    /// Whether `path` is one of the tables.
    pub fn holds(&self, path: &Path) -> bool {
        self.tables.iter().any(|table| table.path == path)
    }

    /// The account of the table at `path`, after every other file was read: `has_record` says whether a record of
    /// the import bears an identifier.
    ///
    /// # Errors
    /// More rejections than a file may have.
    pub fn account(
        &self,
        path: &Path,
        options: &ImportOptions,
        has_record: impl Fn(&str) -> bool,
    ) -> Result<Option<HaplotypeAccount>> {
        let Some(place) = self.tables.iter().position(|table| table.path == path) else {
            return Ok(None);
        };
        let (earlier, table) = (&self.tables[..place], &self.tables[place]);
        let mut collector = Collector::new(path, Format::HaplotypeTable, options);
        for rejection in &table.rejections {
            collector.reject(rejection.clone())?;
        }
        let mut haplotypes = 0;
        for one in &table.haplotypes {
            let refuse = |rule: &str, found: String, help: &str| {
                Rejection::new(path, Position::Line(one.line), rule, found, help).of_record(&one.id)
            };
            let other =
                earlier.iter().find(|table| table.haplotypes.iter().any(|h| h.id == one.id));
            if let Some(other) = other {
                collector.reject(refuse(
                    "a record has one mitochondrial haplotype",
                    format!("{}, also in {}", one.id, other.path.display()),
                    "keep the table that is right",
                ))?;
            } else if !has_record(&one.id) {
                collector.reject(refuse(
                    "a mitochondrial haplotype belongs to a record of the same import",
                    format!("{}, which no file of this import brings", one.id),
                    "import the table together with the file that holds the record; a row with an identifier \
                     and no typing is enough",
                ))?;
            } else {
                haplotypes += 1;
            }
        }
        table.warnings.iter().for_each(|warning| collector.warn(warning.as_str()));
        let imported = Imported { file_hash: table.file_hash.clone(), ..collector.account() };
        Ok(Some(HaplotypeAccount { imported, haplotypes }))
    }
}

/// What became of one table of haplotypes.
#[derive(Debug)]
pub struct HaplotypeAccount {
    /// Rejections and warnings; no record of its own.
    pub imported: Imported,
    /// Haplotypes given to records.
    pub haplotypes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, MitochondrialHaplotype)>> {
        haplotypes_of_bytes(Path::new("m.csv"), text.as_bytes())
    }

    #[test]
    fn haplotypes_are_read_with_their_ranges() {
        let list =
            read("id;ranges;variants;note\nT;16024-16365 73-340;263G 315.1C;x\nP;73-340;;\n");
        let list = list.unwrap();
        let expected = MitochondrialHaplotype::parse("73-340 16024-16365", "A263G,315.1C").unwrap();
        assert_eq!(list[0], ("T".to_owned(), expected));
        assert_eq!(list[1].1, MitochondrialHaplotype::parse("73-340", "").unwrap());
    }

    #[test]
    fn broken_tables_are_refused_with_line_and_rule() {
        for (text, line, word) in [
            ("id,variants\nT,263G\n", 1, "a column ranges"),
            ("ranges,variants\n1-600,263G\n", 1, "a column id"),
            ("id,ranges,variants\nT,1-600,263G\nT,1-600,263G\n", 3, "of its own"),
            ("id,ranges,variants\n,1-600,263G\n", 2, "is not empty"),
            ("id,ranges,variants\nT,,263G\n", 2, "a range sequenced"),
            ("id,ranges,variants\nT,1-600,263X\n", 2, "is written like"),
            ("id,ranges,variants\nT,1-600,700G\n", 2, "within the ranges"),
            ("id,ranges,variants\nT,1-600\n", 2, "as many cells"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("m.csv:{line}: ")), "{error}");
            assert!(error.contains(word), "{error}");
        }
    }
}
