//! Vertical bitmaps of DNA profiles: the layout every DNA kernel reads.
//!
//! Rows are grouped in blocks of [`LANES`]. A *plane* is one bit per row; in a block a plane is
//! [`WORDS`] little-endian words, bit `row % 64` of word `row / 64 % 8`. A block is the planes of its
//! rows one after the other, a segment its blocks one after the other, the last padded with zeros.
//! Loci are ascending, and a locus has these planes:
//!
//! | plane | set when |
//! |---|---|
//! | [`TYPED`] | the locus takes part in comparisons (`Typing::is_comparable`) |
//! | [`WILD`] | one call names no allele (wildcard, off-ladder, outside the ladder) |
//! | [`ONE`], [`TWO`] | one, two known alleles |
//! | [`MANY`] and the two after it | number of known alleles less two, binary, from three alleles on |
//! | [`FIRST_ALLELE`] and after | the known allele is present; one plane per allele of the dictionary |
//!
//! A locus that is missing or not comparable has all planes zero. Why this layout: one query touches
//! two or three planes per locus, so a pair costs about 50 bits of memory instead of 50 bytes, and
//! 512 pairs are compared by one instruction. When not to use it: to read a profile back; which side
//! of the ladder a call lies on, and which alleles are required, are not in the planes.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing};
use crate::domain::locus::Locus;
use crate::limits::{MAX_ALLELES_PER_DICTIONARY, MAX_ALLELES_PER_LOCUS, MAX_ROWS_PER_SEGMENT};

/// Rows of one block.
pub const LANES: usize = 512;
/// Words of one plane in one block.
pub const WORDS: usize = LANES / 64;

/// Plane of a locus: it takes part in comparisons.
pub const TYPED: usize = 0;
/// Plane of a locus: exactly one call names no allele.
pub const WILD: usize = 1;
/// Plane of a locus: one known allele.
pub const ONE: usize = 2;
/// Plane of a locus: two known alleles.
pub const TWO: usize = 3;
/// First of the three planes with the number of known alleles less two (zero for one and two).
pub const MANY: usize = 4;
/// First of the planes of single alleles.
pub const FIRST_ALLELE: usize = 7;

const _: () = assert!(MAX_ALLELES_PER_LOCUS <= 9, "three planes count to 7, two alleles are less");

/// What is wrong with a plane map or the words that go with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaneError {
    /// A stored locus number is unknown, repeated or out of order.
    #[error("loci of a plane map are known and ascending; found number {0}")]
    Locus(u8),
    /// A dictionary is empty, too long, not ascending, or holds a code that names no allele.
    #[error(
        "a dictionary has 1 to {MAX_ALLELES_PER_DICTIONARY} ascending known alleles; {locus} does not"
    )]
    Dictionary {
        /// The locus.
        locus: Locus,
    },
    /// The first plane of a locus is not where the loci before it end.
    #[error("the planes of {locus} start at {expected}, not at {found}")]
    FirstPlane {
        /// The locus.
        locus: Locus,
        /// Where they start.
        expected: usize,
        /// What was stored.
        found: usize,
    },
    /// A profile has a comparable locus or an allele that the map does not have.
    #[error("row {row} has {allele} at {locus}, which is not in the plane map")]
    NotInMap {
        /// Row of the profile, from 0.
        row: usize,
        /// The locus.
        locus: Locus,
        /// The allele.
        allele: Allele,
    },
    /// The words are not as many as the rows need.
    #[error("{rows} rows need {expected} words of planes, found {found}")]
    Words {
        /// Rows stated.
        rows: usize,
        /// Words they need.
        expected: usize,
        /// Words given.
        found: usize,
    },
    /// More rows than a segment may have.
    #[error("a segment has at most {MAX_ROWS_PER_SEGMENT} rows, found {0}")]
    Rows(usize),
}

/// The planes of one locus.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct LocusPlanes {
    locus: u8,
    first_plane: u32,
    alleles: Vec<u16>,
}

impl LocusPlanes {
    /// First plane of the locus within a block.
    pub fn first_plane(&self) -> usize {
        self.first_plane as usize
    }

    /// Stored number of the locus.
    pub fn locus_number(&self) -> u8 {
        self.locus
    }

    /// Codes of the dictionary, ascending.
    pub fn allele_codes(&self) -> &[u16] {
        &self.alleles
    }

    /// Plane within a block of the known `allele`, if the dictionary has it.
    pub fn allele_plane(&self, allele: Allele) -> Option<usize> {
        let place = self.alleles.binary_search(&allele.code()).ok()?;
        Some(self.first_plane() + FIRST_ALLELE + place)
    }

    fn planes(&self) -> usize {
        FIRST_ALLELE + self.alleles.len()
    }
}

/// Which plane of a block means what: the loci and dictionaries of one segment.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(try_from = "StoredMap")]
pub struct PlaneMap {
    loci: Vec<LocusPlanes>,
}

/// A map as stored, not yet checked.
#[derive(Deserialize)]
struct StoredMap {
    loci: Vec<LocusPlanes>,
}

impl TryFrom<StoredMap> for PlaneMap {
    type Error = PlaneError;

    fn try_from(stored: StoredMap) -> Result<Self, PlaneError> {
        let map = PlaneMap { loci: stored.loci };
        map.validate()?;
        Ok(map)
    }
}

impl PlaneMap {
    /// The map that holds every comparable locus and known allele of `profiles`.
    ///
    /// # Errors
    /// A locus has more than [`MAX_ALLELES_PER_DICTIONARY`] different alleles.
    pub fn from_profiles<'a>(
        profiles: impl IntoIterator<Item = &'a Profile>,
    ) -> Result<PlaneMap, PlaneError> {
        let mut dictionaries: BTreeMap<Locus, Vec<u16>> = BTreeMap::new();
        for profile in profiles {
            for (locus, typing) in profile.iter().filter(|(_, t)| t.is_comparable()) {
                let dictionary = dictionaries.entry(locus).or_default();
                for allele in typing.known() {
                    if let Err(place) = dictionary.binary_search(&allele.code()) {
                        dictionary.insert(place, allele.code());
                    }
                }
                if dictionary.len() > MAX_ALLELES_PER_DICTIONARY {
                    return Err(PlaneError::Dictionary { locus });
                }
            }
        }
        Ok(Self::of_dictionaries(dictionaries))
    }

    /// The map that holds every locus and allele of `maps`.
    ///
    /// # Errors
    /// A locus has more than [`MAX_ALLELES_PER_DICTIONARY`] different alleles.
    pub fn union<'a>(maps: impl IntoIterator<Item = &'a PlaneMap>) -> Result<PlaneMap, PlaneError> {
        let mut dictionaries: BTreeMap<Locus, Vec<u16>> = BTreeMap::new();
        for planes in maps.into_iter().flat_map(PlaneMap::loci) {
            let locus = Locus::from_number(planes.locus).ok_or(PlaneError::Locus(planes.locus))?;
            let dictionary = dictionaries.entry(locus).or_default();
            dictionary.extend_from_slice(&planes.alleles);
            dictionary.sort_unstable();
            dictionary.dedup();
            if dictionary.len() > MAX_ALLELES_PER_DICTIONARY {
                return Err(PlaneError::Dictionary { locus });
            }
        }
        Ok(Self::of_dictionaries(dictionaries))
    }

    fn of_dictionaries(dictionaries: BTreeMap<Locus, Vec<u16>>) -> PlaneMap {
        let mut loci = Vec::with_capacity(dictionaries.len());
        let mut first_plane = 0;
        for (locus, alleles) in dictionaries {
            let planes = LocusPlanes { locus: locus.number(), first_plane, alleles };
            first_plane += planes.planes() as u32;
            loci.push(planes);
        }
        PlaneMap { loci }
    }

    /// Checks what a stored map must satisfy: known ascending loci, bounded ascending dictionaries
    /// of known alleles, planes without gap or overlap.
    ///
    /// # Errors
    /// The first rule broken.
    pub fn validate(&self) -> Result<(), PlaneError> {
        let mut previous = None;
        let mut expected = 0;
        for planes in &self.loci {
            let locus = Locus::from_number(planes.locus)
                .filter(|locus| Some(*locus) > previous)
                .ok_or(PlaneError::Locus(planes.locus))?;
            previous = Some(locus);
            let ascending = planes.alleles.windows(2).all(|pair| pair[0] < pair[1]);
            let known = |code: &u16| Allele::from_code(*code).is_some_and(Allele::is_known);
            let bounded = (1..=MAX_ALLELES_PER_DICTIONARY).contains(&planes.alleles.len());
            if !ascending || !bounded || !planes.alleles.iter().all(known) {
                return Err(PlaneError::Dictionary { locus });
            }
            let found = planes.first_plane();
            if found != expected {
                return Err(PlaneError::FirstPlane { locus, expected, found });
            }
            expected += planes.planes();
        }
        Ok(())
    }

    /// The loci, ascending.
    pub fn loci(&self) -> &[LocusPlanes] {
        &self.loci
    }

    /// Place in [`Self::loci`] of `locus`.
    pub fn slot(&self, locus: Locus) -> Option<usize> {
        self.loci.binary_search_by_key(&locus.number(), |planes| planes.locus).ok()
    }

    /// Planes of a block.
    pub fn planes(&self) -> usize {
        self.loci.last().map_or(0, |last| last.first_plane() + last.planes())
    }

    /// Words of a block.
    pub fn words_per_block(&self) -> usize {
        self.planes() * WORDS
    }

    /// Bytes one profile takes in a full block.
    pub fn bytes_per_profile(&self) -> f64 {
        self.planes() as f64 / 8.0
    }
}

/// The planes of `profiles` in order; `rows.div_ceil(LANES) * map.words_per_block()` words.
///
/// # Errors
/// More than [`MAX_ROWS_PER_SEGMENT`] profiles, or a comparable locus or known allele not in `map`.
pub fn pack<P: Borrow<Profile>>(map: &PlaneMap, profiles: &[P]) -> Result<Vec<u64>, PlaneError> {
    if profiles.len() > MAX_ROWS_PER_SEGMENT {
        return Err(PlaneError::Rows(profiles.len()));
    }
    let words_per_block = map.words_per_block();
    let mut words = vec![0u64; profiles.len().div_ceil(LANES) * words_per_block];
    if words_per_block == 0 {
        return match profiles.iter().position(|p| !p.borrow().comparable_loci().is_empty()) {
            Some(row) => Err(not_in_map(map, row, profiles[row].borrow())),
            None => Ok(words),
        };
    }
    let blocks = words.chunks_exact_mut(words_per_block).zip(profiles.chunks(LANES));
    for (number, (block, rows)) in blocks.enumerate() {
        for (lane, profile) in rows.iter().map(Borrow::borrow).enumerate() {
            if pack_row(map, block, lane, profile).is_none() {
                return Err(not_in_map(map, number * LANES + lane, profile));
            }
        }
    }
    Ok(words)
}

fn not_in_map(map: &PlaneMap, row: usize, profile: &Profile) -> PlaneError {
    let missing = profile.iter().filter(|(_, t)| t.is_comparable()).find_map(|(locus, typing)| {
        let planes = map.slot(locus).map(|slot| &map.loci[slot]);
        typing
            .known()
            .find(|a| planes.is_none_or(|planes| planes.allele_plane(*a).is_none()))
            .map(|allele| PlaneError::NotInMap { row, locus, allele })
    });
    missing.unwrap_or(PlaneError::Rows(row))
}

/// Sets the bits of one profile; `None` if the map lacks something.
fn pack_row(map: &PlaneMap, block: &mut [u64], lane: usize, profile: &Profile) -> Option<()> {
    let mut set = |plane: usize| block[plane * WORDS + lane / 64] |= 1 << (lane % 64);
    for (locus, typing) in profile.iter().filter(|(_, t)| t.is_comparable()) {
        let planes = map.loci.get(map.slot(locus)?)?;
        let first = planes.first_plane();
        let mut size = 0;
        for allele in typing.known() {
            set(planes.allele_plane(allele)?);
            size += 1;
        }
        set(first + TYPED);
        for plane in size_planes(typing, size) {
            set(first + plane);
        }
    }
    Some(())
}

/// The planes that say how many alleles are known and whether one call is not.
fn size_planes(typing: &Typing, size: usize) -> impl Iterator<Item = usize> {
    let wild = typing.unknown().map(|_| WILD);
    let counted = match size {
        1 => Some(ONE),
        2 => Some(TWO),
        _ => None,
    };
    let many = size.saturating_sub(2);
    let binary = (0..3).filter(move |bit| many >> bit & 1 == 1).map(|bit| MANY + bit);
    wild.into_iter().chain(counted).chain(binary)
}

/// The planes of one segment, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct PlaneView<'a> {
    map: &'a PlaneMap,
    words: &'a [u64],
    rows: usize,
    segment_number: Option<u64>,
}

impl<'a> PlaneView<'a> {
    /// A view of `rows` rows in `words`; `words` need no more than a word's alignment.
    ///
    /// # Errors
    /// The number of words is not what the rows need, or the rows are too many for a segment.
    pub fn new(map: &'a PlaneMap, words: &'a [u64], rows: usize) -> Result<Self, PlaneError> {
        if rows > MAX_ROWS_PER_SEGMENT {
            return Err(PlaneError::Rows(rows));
        }
        let expected = rows.div_ceil(LANES) * map.words_per_block();
        if words.len() != expected {
            return Err(PlaneError::Words { rows, expected, found: words.len() });
        }
        Ok(PlaneView { map, words, rows, segment_number: None })
    }

    /// The same view, known to be of the words of this number ([`new_number`]): a device may keep the planes
    /// under it.
    pub fn of_segment(self, number: u64) -> Self {
        PlaneView { segment_number: Some(number), ..self }
    }

    /// Number of the words this is a view of, if they have one.
    pub fn segment_number(&self) -> Option<u64> {
        self.segment_number
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Blocks.
    pub fn blocks(&self) -> usize {
        self.rows.div_ceil(LANES)
    }

    /// The map.
    pub fn map(&self) -> &'a PlaneMap {
        self.map
    }

    /// The words of block `block`, `map().words_per_block()` of them; empty past the last block.
    pub fn block(&self, block: usize) -> &'a [u64] {
        let length = self.map.words_per_block();
        self.words.get(block * length..(block + 1) * length).unwrap_or(&[])
    }

    /// The words of `blocks`, as far as they exist.
    pub fn blocks_between(&self, blocks: std::ops::Range<usize>) -> &'a [u64] {
        let length = self.map.words_per_block();
        let end = blocks.end.min(self.blocks()) * length;
        self.words.get((blocks.start * length).min(end)..end).unwrap_or(&[])
    }

    /// The bit of `plane` at `row`; false outside the view.
    pub fn bit(&self, plane: usize, row: usize) -> bool {
        let (block, lane) = (row / LANES, row % LANES);
        let word = self.block(block).get(plane * WORDS + lane / 64);
        word.is_some_and(|word| word >> (lane % 64) & 1 == 1)
    }
}

/// Numbers given out so far.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// A number for words that do not change from now on, which no other words of this process ever get: an
/// address could come again with other contents.
pub fn new_number() -> u64 {
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::testing::{Case, MIXED};

    fn typing(text: &str) -> Typing {
        let calls: Vec<Allele> =
            text.split(',').map(|call| Allele::parse(call).unwrap().unwrap()).collect();
        Typing::new(&calls).unwrap()
    }

    fn profile(cells: &[(&str, &str)]) -> Profile {
        cells.iter().map(|(locus, text)| (Locus::parse(locus).unwrap(), typing(text))).collect()
    }

    #[test]
    fn a_map_covers_what_is_comparable_and_nothing_else() {
        let profiles = [
            profile(&[("TH01", "9.3,6"), ("FGA", "*")]),
            profile(&[("TH01", "6,*"), ("vWA", "17")]),
        ];
        let map = PlaneMap::from_profiles(&profiles).unwrap();
        let loci: Vec<&[u16]> = map.loci().iter().map(LocusPlanes::allele_codes).collect();
        assert_eq!(loci, [&[170][..], &[60, 93][..]]);
        assert_eq!((map.planes(), map.words_per_block()), (8 + 9, 17 * WORDS));
        let other = profile(&[("TH01", "7")]);
        assert_eq!(
            pack(&map, &[profiles[0].clone(), other]),
            Err(PlaneError::NotInMap {
                row: 1,
                locus: Locus::parse("TH01").unwrap(),
                allele: Allele::repeat(70).unwrap()
            })
        );
        let nothing = PlaneMap::from_profiles([]).unwrap();
        assert_eq!(pack(&nothing, &[Profile::new()]), Ok(vec![]));
        assert!(matches!(pack(&nothing, &profiles), Err(PlaneError::NotInMap { row: 0, .. })));
    }

    #[test]
    fn a_stored_map_that_breaks_a_rule_is_refused() {
        let map = PlaneMap::from_profiles(&[profile(&[("TH01", "9.3,6"), ("vWA", "17")])]).unwrap();
        let text = serde_json::to_string(&map).unwrap();
        assert_eq!(serde_json::from_str::<PlaneMap>(&text).unwrap(), map);
        for (from, to) in [
            ("\"locus\":10", "\"locus\":1"),
            ("\"locus\":10", "\"locus\":200"),
            ("[60,93]", "[93,60]"),
            ("[60,93]", "[60,60]"),
            ("[60,93]", "[1,60]"),
            ("[60,93]", "[]"),
            ("\"first_plane\":8", "\"first_plane\":7"),
            ("\"first_plane\":8", "\"first_plane\":4000000000"),
        ] {
            let broken = text.replace(from, to);
            assert_ne!(broken, text, "{from} is in the text");
            assert!(serde_json::from_str::<PlaneMap>(&broken).is_err(), "{to} was accepted");
        }
    }

    #[test]
    fn a_view_of_the_wrong_size_is_refused_and_reads_outside_are_empty() {
        let profiles = [profile(&[("TH01", "9.3")])];
        let map = PlaneMap::from_profiles(&profiles).unwrap();
        let words = pack(&map, &profiles).unwrap();
        assert!(matches!(PlaneView::new(&map, &words, 513), Err(PlaneError::Words { .. })));
        assert!(matches!(PlaneView::new(&map, &[], 1), Err(PlaneError::Words { .. })));
        let rows = MAX_ROWS_PER_SEGMENT + 1;
        assert_eq!(PlaneView::new(&map, &words, rows).unwrap_err(), PlaneError::Rows(rows));
        let view = PlaneView::new(&map, &words, 1).unwrap();
        assert!(view.bit(TYPED, 0) && !view.bit(TYPED, 1) && !view.bit(TYPED, 5000));
        assert!(view.block(1).is_empty());
    }

    proptest! {
        #[test]
        fn planes_say_exactly_what_was_typed(seed in any::<u64>(), rows in 0usize..700) {
            let (case, gallery) = Case::random_with_gallery(seed, MIXED, rows, 0);
            let view = case.view();
            for (row, profile) in gallery.iter().enumerate() {
                for planes in case.map.loci() {
                    let locus = Locus::from_number(planes.locus_number()).unwrap();
                    let bit = |plane| view.bit(planes.first_plane() + plane, row);
                    let typing = profile.get(locus).filter(|t| t.is_comparable());
                    let known: Vec<u16> =
                        typing.iter().flat_map(|t| t.known()).map(Allele::code).collect();
                    prop_assert_eq!(bit(TYPED), typing.is_some());
                    prop_assert_eq!(bit(WILD), typing.is_some_and(|t| t.unknown().is_some()));
                    prop_assert_eq!(bit(ONE), known.len() == 1);
                    prop_assert_eq!(bit(TWO), known.len() == 2);
                    let many = (0..3).map(|place| usize::from(bit(MANY + place)) << place);
                    prop_assert_eq!(many.sum::<usize>(), known.len().saturating_sub(2));
                    for (place, code) in planes.allele_codes().iter().enumerate() {
                        prop_assert_eq!(bit(FIRST_ALLELE + place), known.contains(code));
                    }
                }
            }
        }
    }
}
