//! Recognises a format by content. The extension of a file name is never consulted: laboratories
//! call the same export `.txt`, `.csv` and `.tsv`.

use std::path::Path;

use crate::error::{Error, Position, Rejection, Result};
use crate::import::table::{Header, Rows, fold};
use crate::import::{Format, marker, mitochondrial, wide_csv};

/// Column names a header may have been meant to carry, for the help text.
const COLUMN_NAMES: [&str; 8] = [
    "SampleName",
    "Sample Name",
    "Sample File",
    "Marker",
    "Allele1",
    "record_id",
    "specimenId",
    "family_id",
];

/// First words of a Familias project, before the version.
pub(super) const FAMILIAS_BANNER: &str = "\"Output from Familias";

/// The format of `text`.
///
/// # Errors
/// Nothing is recognised; the rejection says what was seen and what is nearest to it.
pub fn recognise(path: &Path, text: &str) -> Result<Format> {
    let start = text.trim_start();
    if start.starts_with('<') {
        return recognise_xml(path, start);
    }
    if start.starts_with(FAMILIAS_BANNER) {
        return Ok(Format::FamiliasFam);
    }
    let header = Rows::new(path, text).header()?;
    recognise_table(&header).ok_or_else(|| unknown_table(path, &header))
}

/// The format of an XML text, by the name of its root element.
fn recognise_xml(path: &Path, text: &str) -> Result<Format> {
    let root = root_name(text).unwrap_or_default();
    match root {
        "CODISImportFile" | "CODISRapidImportFile" => Ok(Format::CodisCmf),
        "frequencies" => Ok(Format::FrequencyTable),
        _ => Err(Rejection::new(
            path,
            Position::File,
            "an XML file is a CODISImportFile, a CODISRapidImportFile or a STRidER frequency file",
            match root {
                "schema" => "an XML schema, which describes files and holds none".to_owned(),
                "" => "XML without a root element".to_owned(),
                other => format!("the root element {other:?}"),
            },
            "export the specimens as CODIS CMF 3.2 or 3.3",
        )
        .into()),
    }
}

/// Local name of the first element; comments, declarations and instructions are skipped.
pub(super) fn root_name(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        let open = rest.find('<')?;
        rest = &rest[open + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = &comment[comment.find("-->")? + 3..];
        } else if rest.starts_with(['?', '!']) {
            rest = &rest[rest.find('>')? + 1..];
        } else {
            let end = rest.find([' ', '>', '/', '\t', '\r', '\n']).unwrap_or(rest.len());
            let name = &rest[..end];
            return Some(name.rsplit_once(':').map_or(name, |(_, local)| local));
        }
    }
}

fn recognise_table(header: &Header) -> Option<Format> {
    let folded: Vec<String> = header.names.iter().map(|name| fold(name)).collect();
    let has = |names: &[&str]| folded.iter().any(|name| names.contains(&name.as_str()));
    let no_aliases = Default::default();
    let markers =
        || header.names.iter().filter(|name| marker::resolve(name, &no_aliases).is_some()).count();
    if has(&["family id"]) && has(&["relation"]) {
        return Some(Format::FamilyCsv);
    }
    if has(&["family id"]) && has(&["person"]) && has(&["father"]) && has(&["mother"]) {
        return Some(Format::PedigreeCsv);
    }
    if folded.first().is_some_and(|first| first == "allele") && markers() > 0
        || has(&["locus", "marker"]) && has(&["allele"]) && has(&["frequency"])
    {
        return Some(Format::FrequencyTable);
    }
    let has_id = has(&wide_csv::ID_COLUMNS);
    let is_long = has(&["marker"]) && has(&["allele1", "allele 1"]);
    if has(&["sample file"]) && (is_long || markers() > 0) {
        return Some(Format::GeneMapper);
    }
    if has_id && is_long {
        return Some(Format::LongTable);
    }
    if header.names.iter().any(|name| marker::numbered(name).is_some()) && has_id {
        let is_codis = has(&["specimenid", "specimen id"]);
        return Some(if is_codis { Format::CodisCsv } else { Format::WideCsv });
    }
    if has(&["sample name", "samplename"]) && markers() > 0 {
        return Some(Format::GeneMapper);
    }
    let is_of_haplotypes = has(&mitochondrial::RANGES) && has(&mitochondrial::VARIANTS) && has_id;
    is_of_haplotypes.then_some(Format::HaplotypeTable)
}

fn unknown_table(path: &Path, header: &Header) -> Error {
    let unknown = |name: &&String| !COLUMN_NAMES.iter().any(|known| fold(known) == fold(name));
    let slip = header.names.iter().filter(unknown).find_map(|name| {
        marker::nearest(name, COLUMN_NAMES.into_iter()).map(|known| (name, known))
    });
    let help = match slip {
        Some((name, known)) => {
            format!("the column {:?} may be meant as {known:?}", marker::cut(name))
        }
        None => "name the columns as docs/import.md shows for each format".to_owned(),
    };
    Rejection::new(
        path,
        Position::Line(header.line),
        "the first line names the columns of a wide, long, GeneMapper, family, pedigree or haplotype table",
        header.names.join(" | "),
        help,
    )
    .into()
}

/// The refusal of a file that is recognised but holds no profiles.
pub(super) fn not_profiles(path: &Path, format: Format) -> Error {
    let (found, help) = match format {
        Format::HaplotypeTable => (
            format!("a {format}"),
            "import it from a file, together with the file that holds its records; compare two haplotypes with \
             `tanba score lineage`",
        ),
        _ => (format!("an {format}"), "give allele frequencies to a run with --frequencies FILE"),
    };
    let rule = "an import file holds profiles or families";
    Rejection::new(path, Position::File, rule, found, help).into()
}
