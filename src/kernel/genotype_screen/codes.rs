//! Genotypes of a gallery as codes: a column per locus, in blocks of rows.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::super::Window;
use super::super::planes::new_number;
use super::CODES;
use crate::domain::dna::{Profile, Typing};
use crate::domain::locus::Locus;

/// Different genotypes of a locus that have a code of their own; a forensic marker has some hundred.
pub const MAX_GENOTYPES: usize = 1022;

/// Rows of a block: with 24 loci 24 kB, half of a first-level cache.
pub const BLOCK: usize = 512;

/// Code of a locus that says nothing.
const UNTYPED: u16 = 0;
/// Code of a genotype that has none of its own.
const OTHER: u16 = (CODES - 1) as u16;

/// The genotypes of a gallery by locus.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GenotypeMap {
    /// Ascending by locus, then genotype.
    loci: Vec<(Locus, Vec<Typing>)>,
}

impl GenotypeMap {
    /// Every genotype of `profiles`; of a locus with more than [`MAX_GENOTYPES`] those that come first in their
    /// order.
    pub fn from_profiles<'a>(profiles: impl IntoIterator<Item = &'a Profile>) -> GenotypeMap {
        let mut loci: BTreeMap<Locus, BTreeSet<Typing>> = BTreeMap::new();
        for profile in profiles {
            for (locus, typing) in profile.iter().filter(|(_, t)| t.genotype().is_some()) {
                loci.entry(locus).or_default().insert(*typing);
            }
        }
        let few = |(locus, all): (Locus, BTreeSet<Typing>)| {
            (locus, all.into_iter().take(MAX_GENOTYPES).collect())
        };
        GenotypeMap { loci: loci.into_iter().map(few).collect() }
    }

    /// Loci with their genotypes, ascending.
    pub fn loci(&self) -> impl Iterator<Item = (Locus, &[Typing])> {
        self.loci.iter().map(|(locus, genotypes)| (*locus, genotypes.as_slice()))
    }

    fn code(&self, locus: usize, typing: Option<&Typing>) -> u16 {
        let Some(typing) = typing.filter(|typing| typing.genotype().is_some()) else {
            return UNTYPED;
        };
        let place = self.loci[locus].1.binary_search(typing);
        place.map_or(OTHER, |place| place as u16 + 1)
    }
}

/// Rows as codes of one map.
#[derive(Debug, Default)]
pub struct GenotypeCodes {
    /// Number of the codes in the process: a device may keep them under it.
    number: Option<u64>,
    loci: usize,
    rows: usize,
    /// By block, then locus; the last block is padded with untyped rows.
    columns: Vec<[u16; BLOCK]>,
}

impl GenotypeCodes {
    /// The codes of `profiles` in `map`, in their order.
    pub fn new<'a>(
        map: &GenotypeMap,
        profiles: impl IntoIterator<Item = &'a Profile>,
    ) -> GenotypeCodes {
        let loci = map.loci.len();
        let mut codes =
            GenotypeCodes { number: Some(new_number()), loci, ..GenotypeCodes::default() };
        for profile in profiles {
            let (block, place) = (codes.rows / BLOCK, codes.rows % BLOCK);
            codes.columns.resize((block + 1) * loci, [UNTYPED; BLOCK]);
            for (number, (locus, _)) in map.loci.iter().enumerate() {
                codes.columns[block * loci + number][place] = map.code(number, profile.get(*locus));
            }
            codes.rows += 1;
        }
        codes
    }

    /// All rows.
    pub fn rows(&self) -> CodedRows<'_> {
        CodedRows { codes: self }
    }
}

/// Rows that questions are asked of.
#[derive(Debug, Clone, Copy)]
pub struct CodedRows<'a> {
    codes: &'a GenotypeCodes,
}

impl<'a> CodedRows<'a> {
    /// Number of the codes, which no others of this process have.
    pub fn number(&self) -> Option<u64> {
        self.codes.number
    }

    /// Loci of the map.
    pub fn loci(&self) -> usize {
        self.codes.loci
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.codes.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.codes.rows == 0
    }

    /// The columns of all blocks: by block of [`BLOCK`] rows, then locus.
    pub fn columns(&self) -> &'a [[u16; BLOCK]] {
        &self.codes.columns
    }

    /// The rows of a window that exist.
    pub fn within(&self, window: &Window) -> Range<usize> {
        let end = (window.end_row as usize).min(self.codes.rows);
        (window.first_row as usize).min(end)..end
    }

    pub(super) fn code(&self, locus: usize, row: usize) -> usize {
        self.codes.columns[row / BLOCK * self.codes.loci + locus][row % BLOCK].into()
    }

    /// The number of the first row of each block, and its columns by locus.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (usize, &'a [[u16; BLOCK]])> {
        let blocks = self.codes.columns.chunks(self.codes.loci.max(1));
        blocks.enumerate().map(|(number, block)| (number * BLOCK, block))
    }
}
