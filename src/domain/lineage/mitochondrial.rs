//! Mitochondrial haplotypes: differences from the revised Cambridge Reference Sequence (rCRS).
//!
//! What: a haplotype is the ranges sequenced and the variants found in them, in the notation of the
//! forensic literature: `263G` or `A263G` a base, `523d` or `523del` a deletion, `315.1C` an insertion,
//! `16093Y` a position with two bases (IUPAC code). Two haplotypes are compared where both were
//! sequenced. A run of deleted bases, or of bases inserted at one place, is one difference.
//!
//! Length differences of the C stretches that end at 309, 315, 573 and 16193 are not counted: they vary
//! within one person (Parson et al. 2014, FSI Genetics 13:134). A position with several bases agrees
//! with each of them, and is reported: the two samples may differ in nothing but heteroplasmy.
//!
//! Limits: the reference sequence itself is not needed and not here, so a position with several
//! bases is taken to contain the reference base where the other haplotype has no variant. Notation
//! is taken as aligned: two ways to write one length variant differ here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Conclusion;

/// Bases of the rCRS (NC_012920); its last position.
const LAST_POSITION: u16 = 16_569;

/// Last positions of the C stretches whose length is not compared.
const LENGTH_VARIANTS: [u16; 4] = [309, 315, 573, 16_193];

/// IUPAC codes and the bases they stand for: A 1, C 2, G 4, T 8. `D` is left out: many write it for a
/// deletion.
const CODES: [(char, u8); 14] = [
    ('A', 1),
    ('C', 2),
    ('G', 4),
    ('T', 8),
    ('M', 3),
    ('R', 5),
    ('W', 9),
    ('S', 6),
    ('Y', 10),
    ('K', 12),
    ('V', 7),
    ('H', 11),
    ('B', 14),
    ('N', 15),
];

/// No base at all.
const DELETED: u8 = 0;

/// A place in a sequence: the position, and 0 for its base or n for the n-th base inserted after it.
type Site = (u16, u8);

/// A mitochondrial haplotype.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MitochondrialHaplotype {
    /// Ranges sequenced, first and last position.
    ranges: Vec<(u16, u16)>,
    variants: BTreeMap<Site, u8>,
}

/// Why a text is not a mitochondrial haplotype.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}; found {found:?}")]
pub struct NotationError {
    /// The rule broken.
    pub rule: &'static str,
    /// The word that breaks it.
    pub found: String,
}

/// A place where two haplotypes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MitochondrialDifference {
    /// Another base at a position.
    Base(u16),
    /// A run of bases that one of them lacks: first and last position.
    Deletion(u16, u16),
    /// Other bases inserted after a position.
    Insertion(u16),
}

impl fmt::Display for MitochondrialDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MitochondrialDifference::Base(position) => write!(f, "{position}"),
            MitochondrialDifference::Deletion(a, b) if a == b => write!(f, "{a}del"),
            MitochondrialDifference::Deletion(a, b) => write!(f, "{a}-{b}del"),
            MitochondrialDifference::Insertion(position) => write!(f, "{position}ins"),
        }
    }
}

/// Two mitochondrial haplotypes compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MitochondrialComparison {
    /// Ranges sequenced in both, first and last position.
    pub ranges: Vec<(u16, u16)>,
    /// Differences, by position.
    pub differences: Vec<MitochondrialDifference>,
    /// Positions that agree because one side has several bases.
    pub heteroplasmic: Vec<u16>,
    /// Length variants of C stretches that differ and are not counted.
    pub not_counted: Vec<u16>,
}

impl MitochondrialHaplotype {
    /// Reads ranges (`16024-16365 73-340`; `16024-576` runs through the end of the circle) and variants,
    /// words separated by spaces, commas or semicolons.
    ///
    /// # Errors
    /// A word is not in the notation, a position is written twice, or a variant lies outside the
    /// ranges.
    pub fn parse(ranges: &str, variants: &str) -> Result<Self, NotationError> {
        let mut haplotype =
            MitochondrialHaplotype { ranges: parse_ranges(ranges)?, variants: BTreeMap::new() };
        for word in words(variants) {
            let fail = |rule| NotationError { rule, found: word.to_owned() };
            let (site, bases) = parse_variant(word).ok_or_else(|| {
                fail("a variant is written like 263G, A263G, 523d, 523del, 315.1C or 16093Y")
            })?;
            if !within(&haplotype.ranges, site.0) {
                return Err(fail("a variant lies within the ranges sequenced"));
            }
            if haplotype.variants.insert(site, bases).is_some() {
                return Err(fail("a position has one variant"));
            }
        }
        Ok(haplotype)
    }

    /// The ranges sequenced as words, such as `16024-16365`; [`Self::parse`] reads them back.
    pub fn range_words(&self) -> Vec<String> {
        self.ranges.iter().map(|(first, last)| format!("{first}-{last}")).collect()
    }

    /// The variants as words, by position, in one spelling: `263G`, `523d`, `315.1C`.
    pub fn variant_words(&self) -> Vec<String> {
        let word = |((position, order), bases): (&Site, &u8)| {
            let place = match order {
                0 => position.to_string(),
                order => format!("{position}.{order}"),
            };
            let code = CODES.iter().find(|(_, code)| code == bases).map_or('d', |(code, _)| *code);
            format!("{place}{code}")
        };
        self.variants.iter().map(word).collect()
    }

    /// Whether all of `ranges` was sequenced; both are ascending and do not touch.
    pub fn covers(&self, ranges: &[(u16, u16)]) -> bool {
        let holds = |(first, last): &(u16, u16)| {
            self.ranges.iter().any(|(start, end)| start <= first && last <= end)
        };
        ranges.iter().all(holds)
    }

    /// The haplotype as if `ranges` alone had been sequenced; all of them were.
    pub fn restricted(&self, ranges: &[(u16, u16)]) -> Self {
        let inside = self.variants.iter().filter(|((position, _), _)| within(ranges, *position));
        MitochondrialHaplotype {
            ranges: ranges.to_vec(),
            variants: inside.map(|(site, bases)| (*site, *bases)).collect(),
        }
    }

    /// Compares two haplotypes; who is asked first does not matter.
    pub fn compare(&self, other: &Self) -> MitochondrialComparison {
        let ranges = common(&self.ranges, &other.ranges);
        let sites: BTreeSet<Site> =
            self.variants.keys().chain(other.variants.keys()).copied().collect();
        let mut comparison = MitochondrialComparison {
            ranges,
            differences: Vec::new(),
            heteroplasmic: Vec::new(),
            not_counted: Vec::new(),
        };
        for site in sites {
            if within(&comparison.ranges, site.0) {
                comparison.add(site, self.variants.get(&site), other.variants.get(&site));
            }
        }
        comparison.differences.sort_unstable();
        comparison
    }
}

impl MitochondrialComparison {
    fn add(&mut self, (position, order): Site, a: Option<&u8>, b: Option<&u8>) {
        if a == b {
            return;
        }
        let is_indel = order > 0 || a == Some(&DELETED) || b == Some(&DELETED);
        // A base both can have; without a variant the other side has the reference base.
        let agrees = match (a, b) {
            (Some(a), Some(b)) => a & b != 0,
            (Some(bases), None) | (None, Some(bases)) => order == 0 && bases.count_ones() > 1,
            (None, None) => true,
        };
        if agrees {
            self.heteroplasmic.push(position);
        } else if is_indel && LENGTH_VARIANTS.contains(&position) {
            if self.not_counted.last() != Some(&position) {
                self.not_counted.push(position);
            }
        } else if order > 0 {
            let insertion = MitochondrialDifference::Insertion(position);
            if !self.differences.contains(&insertion) {
                self.differences.push(insertion);
            }
        } else if is_indel {
            self.add_deletion(position);
        } else {
            self.differences.push(MitochondrialDifference::Base(position));
        }
    }

    /// Adds a deleted base, to the run it continues if there is one.
    fn add_deletion(&mut self, position: u16) {
        for difference in &mut self.differences {
            if let MitochondrialDifference::Deletion(_, last) = difference
                && *last + 1 == position
            {
                *last = position;
                return;
            }
        }
        self.differences.push(MitochondrialDifference::Deletion(position, position));
    }

    /// Number of positions compared.
    pub fn positions(&self) -> u32 {
        self.ranges.iter().map(|(first, last)| u32::from(last - first) + 1).sum()
    }

    /// The conclusion by the rule of forensic laboratories: two differences exclude, one does not
    /// decide, because mothers and children differ by one now and then.
    pub fn conclusion(&self) -> Conclusion {
        match (self.ranges.is_empty(), self.differences.len()) {
            (true, _) => Conclusion::NotCompared,
            (false, 0) => Conclusion::NotExcluded,
            (false, 1) => Conclusion::Inconclusive,
            (false, _) => Conclusion::Excluded,
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t', ',', ';']).filter(|word| !word.is_empty())
}

fn within(ranges: &[(u16, u16)], position: u16) -> bool {
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&position))
}

fn position(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|p| is_number && (1..=LAST_POSITION).contains(p))
}

/// Ranges ascending, those that meet joined.
fn parse_ranges(text: &str) -> Result<Vec<(u16, u16)>, NotationError> {
    let mut ranges = Vec::new();
    for word in words(text) {
        let ends = word.split_once('-').and_then(|(a, b)| Some((position(a)?, position(b)?)));
        match ends {
            Some((first, last)) if first <= last => ranges.push((first, last)),
            // The molecule is a circle: the control region runs through its end.
            Some((first, last)) => ranges.extend([(first, LAST_POSITION), (1, last)]),
            None => {
                let rule = "a range is two positions of 1 to 16569, such as 16024-16365";
                return Err(NotationError { rule, found: word.to_owned() });
            }
        }
    }
    ranges.sort_unstable();
    let mut joined: Vec<(u16, u16)> = Vec::new();
    for (first, last) in ranges {
        match joined.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    Ok(joined)
}

fn parse_variant(word: &str) -> Option<(Site, u8)> {
    let bases = |text: &str| {
        let code = text.chars().next().filter(|_| text.len() == 1)?;
        CODES.iter().find(|(letter, _)| *letter == code).map(|(_, bases)| *bases)
    };
    // The letter of the reference base before the position says nothing that the position does not.
    let word = word.strip_prefix(['A', 'C', 'G', 'T']).unwrap_or(word);
    let digits = word.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = word.split_at(digits);
    let position = position(number)?;
    if let Some(inserted) = rest.strip_prefix('.') {
        let digits = inserted.find(|c: char| !c.is_ascii_digit())?;
        let (order, base) = inserted.split_at(digits);
        let order: u8 = order.parse().ok().filter(|order| *order > 0)?;
        return Some(((position, order), bases(base)?));
    }
    match rest {
        "d" | "del" | "DEL" | "-" => Some(((position, 0), DELETED)),
        base => Some(((position, 0), bases(base)?)),
    }
}

/// The parts that lie in both lists of ranges.
fn common(a: &[(u16, u16)], b: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let mut parts = Vec::new();
    for (first_a, last_a) in a {
        for (first_b, last_b) in b {
            let (first, last) = (*first_a.max(first_b), *last_a.min(last_b));
            if first <= last {
                parts.push((first, last));
            }
        }
    }
    parts.sort_unstable();
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CONTROL_REGION: &str = "16024-576";

    fn compare(a: &str, b: &str) -> MitochondrialComparison {
        let haplotype = |text| MitochondrialHaplotype::parse(CONTROL_REGION, text).unwrap();
        haplotype(a).compare(&haplotype(b))
    }

    fn differences(a: &str, b: &str) -> Vec<String> {
        compare(a, b).differences.iter().map(MitochondrialDifference::to_string).collect()
    }

    #[test]
    fn bases_deletions_and_insertions_are_compared_by_place() {
        assert_eq!(differences("263G 16519C", "A263G T16519C"), [""; 0]);
        assert_eq!(differences("263G 150T", "263G 152C"), ["150", "152"]);
        assert_eq!(differences("150T", "150C"), ["150"]);
        assert_eq!(differences("523d 524del", ""), ["523-524del"]);
        assert_eq!(differences("249- 524d", ""), ["249del", "524del"]);
        assert_eq!(differences("455.1T 455.2T", "455.1T"), ["455ins"]);
    }

    #[test]
    fn lengths_of_c_stretches_and_heteroplasmy_are_reported_and_not_counted() {
        let lengths = compare("309.1C 309.2C 315.1C 16193.1C", "315.1C");
        assert_eq!((lengths.differences.len(), lengths.not_counted), (0, vec![309, 16193]));
        let mixed = compare("16093Y 150T", "16093C 150Y");
        assert_eq!((mixed.differences.len(), mixed.heteroplasmic), (0, vec![150, 16093]));
        assert_eq!(compare("16093Y", "").heteroplasmic, [16093]);
        assert_eq!(differences("16093Y", "16093G"), ["16093"]);
    }

    #[test]
    fn only_ranges_sequenced_on_both_sides_count() {
        let of = |ranges, variants| MitochondrialHaplotype::parse(ranges, variants).unwrap();
        let whole = of("16024-16365, 73-340", "16126C 263G 150T");
        let part = of("100-200", "150T");
        let comparison = whole.compare(&part);
        assert_eq!(
            (comparison.positions(), comparison.conclusion()),
            (101, Conclusion::NotExcluded)
        );
        let nowhere = whole.compare(&of("400-500", ""));
        assert_eq!(nowhere.conclusion(), Conclusion::NotCompared);
        assert_eq!(of("1-10 5-20 21-30", ""), of("1-30", ""));
    }

    #[test]
    fn one_difference_does_not_decide_and_two_exclude() {
        assert_eq!(compare("263G", "263G").conclusion(), Conclusion::NotExcluded);
        assert_eq!(compare("263G 150T", "263G").conclusion(), Conclusion::Inconclusive);
        assert_eq!(compare("263G 150T 152C", "263G").conclusion(), Conclusion::Excluded);
    }

    #[test]
    fn texts_outside_the_notation_are_refused() {
        for (ranges, variants) in [
            ("16024", ""),
            ("0-20", ""),
            ("1-16570", ""),
            ("1-600", "263"),
            ("1-600", "263D"),
            ("1-600", "263GG"),
            ("1-600", "315.C"),
            ("1-600", "315.0C"),
            ("1-600", "G"),
            ("1-600", "700G"),
            ("1-600", "263G 263G"),
            ("1-600", "²63G"),
        ] {
            let parsed = MitochondrialHaplotype::parse(ranges, variants);
            assert!(parsed.is_err(), "{ranges} {variants}");
        }
    }

    proptest! {
        #[test]
        fn the_comparison_is_the_same_whoever_is_asked_first(
            a in prop::collection::btree_map(1u16..40, 0usize..16, 0..12),
            b in prop::collection::btree_map(1u16..40, 0usize..16, 0..12),
        ) {
            let haplotype = |variants: BTreeMap<u16, usize>| {
                let word = |(position, kind): (u16, usize)| match CODES.get(kind) {
                    Some((letter, _)) => format!("{position}{letter}"),
                    None if kind == 14 => format!("{position}d"),
                    None => format!("{position}.1C"),
                };
                let text: Vec<String> = variants.into_iter().map(word).collect();
                MitochondrialHaplotype::parse("1-50", &text.join(" ")).unwrap()
            };
            let (a, b) = (haplotype(a), haplotype(b));
            prop_assert_eq!(a.compare(&b), b.compare(&a));
            prop_assert_eq!(a.compare(&a).conclusion(), Conclusion::NotExcluded);
        }

        #[test]
        fn no_text_makes_the_parser_panic(ranges in "\\PC{0,12}", variants in "[0-9.ACGTNdel é-]{0,12}") {
            let _ = MitochondrialHaplotype::parse(&ranges, &variants);
            let _ = MitochondrialHaplotype::parse("1-16569", &variants);
        }
    }
}
