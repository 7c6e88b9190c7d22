//! Markers kept apart from the autosomal profile: amelogenin, Y-indel, Y-STR and mitochondrial haplotypes.
//!
//! Why apart: they say something about sex or lineage, not about the individual, so they
//! never enter a count of loci or a likelihood ratio of this program. They are stored as typed.

use std::collections::BTreeMap;

use super::locus::normalise;

/// Alleles of markers kept apart, by canonical marker name, as text in file order.
pub type ApartMarkers = BTreeMap<String, Vec<String>>;

/// Key under which a record keeps the ranges of its mitochondrial haplotype; no marker of a file has it.
pub const MITOCHONDRIAL_RANGES: &str = "MT_RANGES";

/// Key of its variants.
pub const MITOCHONDRIAL_VARIANTS: &str = "MT_VARIANTS";

/// Number of markers known.
pub const MARKERS: usize = 35;

/// Canonical names of the markers known.
const NAMES: [&str; MARKERS] = [
    "AMEL", "YINDEL", "DYS19", "DYS385", "DYS389I", "DYS389II", "DYS390", "DYS391", "DYS392",
    "DYS393", "DYS437", "DYS438", "DYS439", "DYS448", "DYS449", "DYS456", "DYS458", "DYS460",
    "DYS481", "DYS518", "DYS533", "DYS549", "DYS570", "DYS576", "DYS627", "DYS635", "DYS643",
    "DYF387S1", "YGATAH4", "DYS385A", "DYS385B", "DYS522", "DYS444", "DYS447", "DYS388",
];

/// The canonical name of the non-autosomal marker that a file calls `text`.
pub fn parse_marker(text: &str) -> Option<&'static str> {
    let wanted = normalise(text);
    let wanted = match wanted.as_str() {
        "AMELOGENIN" | "AM" | "AMELX" | "AMELY" | "AMELXY" => "AMEL",
        "DYS389A" => "DYS389I",
        "GATAH4" => "YGATAH4",
        other => other,
    };
    NAMES.iter().copied().find(|name| *name == wanted)
}

/// The place of a canonical name among the markers known, below [`MARKERS`].
pub fn marker_number(name: &str) -> Option<usize> {
    NAMES.iter().position(|known| *known == name)
}

/// Whether a canonical name is that of a Y-STR.
pub fn is_y_str(name: &str) -> bool {
    marker_number(name).is_some() && !matches!(name, "AMEL" | "YINDEL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amelogenin_and_y_markers_are_recognised_in_all_spellings() {
        assert_eq!(parse_marker("Amelogenin"), Some("AMEL"));
        assert_eq!(parse_marker("Y indel"), Some("YINDEL"));
        assert_eq!(parse_marker("DYS389 II"), Some("DYS389II"));
        assert_eq!(parse_marker("vWA"), None);
        assert_eq!(parse_marker(MITOCHONDRIAL_RANGES), None);
        assert!(is_y_str("DYS19") && !is_y_str("AMEL") && !is_y_str(MITOCHONDRIAL_RANGES));
    }
}
