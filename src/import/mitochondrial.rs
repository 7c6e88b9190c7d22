//! Tables of mitochondrial haplotypes for `tanba score lineage`: columns `id` (or another name of an
//! identifier), `ranges` and `variants`. Other columns are passed over. These files are scored, never
//! stored. The notation is that of [`crate::domain::lineage::mitochondrial`].

use std::path::Path;

use super::table::{Row, Rows};
use super::wide_csv::ID_COLUMNS;
use crate::domain::lineage::mitochondrial::MitochondrialHaplotype;
use crate::error::{Error, Position, Rejection, Result};

const HELP: &str =
    "columns: id, ranges such as 16024-16365 73-340, variants such as 16126C 263G 315.1C";

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
    let text = super::text::decode(path, bytes)?;
    let mut rows = Rows::new(path, &text);
    let header = rows.header()?;
    let column = |names: &[&str], rule: &str| {
        header.find(names).ok_or_else(|| {
            let found = header.names.join(" | ");
            Error::from(Rejection::new(path, Position::Line(header.line), rule, found, HELP))
        })
    };
    let id = column(&ID_COLUMNS, "a table of haplotypes has a column id")?;
    let ranges = column(&["ranges", "range"], "a table of haplotypes has a column ranges")?;
    let variants = column(&["variants", "variant"], "a table of haplotypes has a column variants")?;
    let mut haplotypes: Vec<(String, MitochondrialHaplotype)> = Vec::new();
    let mut row = Row::default();
    while rows.read(&mut row)? {
        if let Some(rejection) = rows.ragged(&row) {
            return Err(rejection.into());
        }
        let refuse = |rule: &str, found: &str| -> Error {
            Rejection::new(path, Position::Line(row.line), rule, found, HELP).into()
        };
        let name = row.cell(id);
        if name.is_empty() || haplotypes.iter().any(|(known, _)| known == name) {
            return Err(refuse("a haplotype has an identifier of its own", name));
        }
        if row.cell(ranges).is_empty() {
            return Err(refuse("a haplotype has a range sequenced", name));
        }
        let haplotype = MitochondrialHaplotype::parse(row.cell(ranges), row.cell(variants))
            .map_err(|error| refuse(error.rule, &error.found))?;
        haplotypes.push((name.to_owned(), haplotype));
    }
    Ok(haplotypes)
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
