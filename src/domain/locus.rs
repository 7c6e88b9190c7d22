//! Autosomal STR loci by name.
//!
//! What: the closed list of loci Tanba compares, with the spellings laboratories use. Why closed: a
//! profile stores a locus as one byte, and that byte must mean the same for as long as the gallery
//! lives; the list therefore only grows at its end. Markers that are not autosomal (amelogenin,
//! Y-STR) are in [`super::apart`] and are never counted as loci.

use std::fmt;

use crate::limits::MAX_LOCI;

/// An autosomal locus; the number is its place in [`LOCUS_NAMES`] and is written into galleries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locus(u8);

/// Canonical names, in storage order. The first [`CORE_LOCI`] are the 23 of PowerPlex Fusion 6C in
/// the order of the reference files; then the rest of NIST 1036, then loci of supplementary kits.
/// Append only: a locus's place is its stored number.
pub const LOCUS_NAMES: [&str; 58] = [
    "D3S1358",
    "vWA",
    "D16S539",
    "CSF1PO",
    "TPOX",
    "D8S1179",
    "D21S11",
    "D18S51",
    "D2S441",
    "D19S433",
    "TH01",
    "FGA",
    "D22S1045",
    "D5S818",
    "D13S317",
    "D7S820",
    "SE33",
    "D10S1248",
    "D1S1656",
    "D12S391",
    "D2S1338",
    "PentaE",
    "PentaD",
    "D6S1043",
    "PentaC",
    "LPL",
    "F13A01",
    "F13B",
    "FESFPS",
    "CD4",
    "GABA",
    "APOAI1",
    "D10S1435",
    "D10S2325",
    "D11S2368",
    "D11S554",
    "D13S325",
    "D14S1434",
    "D15S659",
    "D17S1301",
    "D17S906",
    "D18S1364",
    "D19S253",
    "D20S482",
    "D21S2055",
    "D22GATA198B05",
    "D2S1360",
    "D3S1744",
    "D3S3045",
    "D4S2366",
    "D5S2500",
    "D5S2800",
    "D6S474",
    "D6S477",
    "D7S1517",
    "D7S3048",
    "D8S1132",
    "D9S1122",
];

/// How many of [`LOCUS_NAMES`] are the core set a complete profile has.
pub const CORE_LOCI: usize = 23;

const _: () = assert!(LOCUS_NAMES.len() <= MAX_LOCI, "locus sets are u64 masks");

/// Other spellings, in the normal form of [`normalise`]. The spellings of the canonical names
/// themselves need no row.
const ALIASES: [(&str, &str); 5] = [
    ("THO1", "TH01"),
    ("TP0X", "TPOX"),
    ("CSF1P0", "CSF1PO"),
    ("F13A1", "F13A01"),
    ("FES", "FESFPS"),
];

impl Locus {
    /// The locus stored as `number`, if the program knows it.
    pub fn from_number(number: u8) -> Option<Locus> {
        (usize::from(number) < LOCUS_NAMES.len()).then_some(Locus(number))
    }

    /// The stored number.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Place in tables indexed by locus.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Canonical name.
    pub fn name(self) -> &'static str {
        LOCUS_NAMES[self.index()]
    }

    /// The locus that a file calls `text`: letter case, spaces, `_` and `-` do not matter, and the
    /// zero/letter-O confusions of CODIS (`THO1`, `TP0X`) are understood.
    pub fn parse(text: &str) -> Option<Locus> {
        let wanted = normalise(text);
        let canonical = ALIASES
            .iter()
            .find(|(alias, _)| *alias == wanted)
            .map_or(wanted.as_str(), |(_, name)| name);
        LOCUS_NAMES
            .iter()
            .position(|name| name.eq_ignore_ascii_case(canonical))
            .map(|place| Locus(place as u8))
    }

    /// Every locus, in storage order.
    pub fn all() -> impl Iterator<Item = Locus> {
        (0..LOCUS_NAMES.len() as u8).map(Locus)
    }

    /// The 23 core loci, in the order of the reference files.
    pub fn core() -> impl Iterator<Item = Locus> {
        (0..CORE_LOCI as u8).map(Locus)
    }
}

impl fmt::Display for Locus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Upper case, without spaces, `_`, `-` and `.`.
pub(super) fn normalise(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-' | '.' | '\u{a0}'))
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// A set of loci.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct LocusSet(pub u64);

impl LocusSet {
    /// Adds `locus`.
    pub fn insert(&mut self, locus: Locus) {
        self.0 |= 1 << locus.0;
    }

    /// The loci of either.
    pub fn union(self, other: LocusSet) -> LocusSet {
        LocusSet(self.0 | other.0)
    }

    /// The loci of both.
    pub fn intersection(self, other: LocusSet) -> LocusSet {
        LocusSet(self.0 & other.0)
    }

    /// Whether `locus` is in the set.
    pub fn contains(self, locus: Locus) -> bool {
        self.0 >> locus.0 & 1 == 1
    }

    /// Number of loci in the set.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether no locus is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_every_laboratory_name_the_same_locus() {
        for (text, name) in [
            ("VWA", "vWA"),
            ("vwa", "vWA"),
            ("TH 01", "TH01"),
            ("THO1", "TH01"),
            ("TP0X", "TPOX"),
            ("PENTA_D", "PentaD"),
            ("Penta E", "PentaE"),
            ("penta_c", "PentaC"),
            ("F13A1", "F13A01"),
            ("CSF1P0", "CSF1PO"),
            ("d3s1358", "D3S1358"),
        ] {
            assert_eq!(Locus::parse(text).map(Locus::name), Some(name), "{text}");
        }
        assert_eq!(Locus::parse("AMEL"), None);
        assert_eq!(Locus::parse(""), None);
    }

    #[test]
    fn every_name_parses_to_its_own_number() {
        for locus in Locus::all() {
            assert_eq!(Locus::parse(locus.name()), Some(locus));
            assert_eq!(Locus::from_number(locus.number()), Some(locus));
        }
        assert_eq!(Locus::from_number(LOCUS_NAMES.len() as u8), None);
    }
}
