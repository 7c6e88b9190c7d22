//! Vector arithmetic shared by the kernels: 512 rows of a block at once, one bit each.
//!
//! Everything here is `#[inline(always)]`: it must be compiled inside the function that carries the
//! instruction set (`Simd::vectorize`), or it falls back to what every processor has.

use fearless_simd::{Select, Simd, SimdBase, SimdMask, mask16x32, u16x32, u64x8};

use super::planes::{LANES, MANY, ONE, PlaneView, TWO, TYPED, WILD, WORDS};
use super::query::{Query, QueryLocus};
use crate::limits::MAX_ALLELES_PER_LOCUS;

/// Bits that count to [`crate::limits::MAX_LOCI`].
pub(super) const WIDE_BITS: usize = 7;
/// Bits that count the loci of every kit in use.
pub(super) const NARROW_BITS: usize = 5;

const _: () = assert!(crate::limits::MAX_LOCI < 1 << WIDE_BITS);

/// Whether counters of [`NARROW_BITS`] hold the loci of every query.
pub(super) fn fit_narrow<'a>(loci: impl IntoIterator<Item = &'a Query>) -> bool {
    loci.into_iter().all(|query| query.loci().len() < 1 << NARROW_BITS)
}

/// Place of the first plane of each locus of `view`.
pub(super) fn first_planes(view: &PlaneView) -> Vec<u32> {
    view.map().loci().iter().map(|planes| planes.first_plane() as u32).collect()
}

/// The planes of one block.
#[derive(Clone, Copy)]
pub(super) struct Block<'a, S: Simd> {
    simd: S,
    planes: &'a [[u64; WORDS]],
}

impl<'a, S: Simd> Block<'a, S> {
    #[inline(always)]
    pub(super) fn new(simd: S, view: &PlaneView<'a>, block: usize) -> Self {
        Block { simd, planes: view.block(block).as_chunks::<WORDS>().0 }
    }

    /// The bits of `plane`.
    #[inline(always)]
    pub(super) fn load(&self, plane: u32) -> u64x8<S> {
        u64x8::from_slice(self.simd, &self.planes[plane as usize])
    }

    #[inline(always)]
    pub(super) fn zero(&self) -> u64x8<S> {
        u64x8::splat(self.simd, 0)
    }

    /// Whether every one of `rows` rows is typed at each locus that starts at one of
    /// `first_planes`.
    #[inline(always)]
    pub(super) fn is_fully_typed(&self, first_planes: &[u32], rows: usize) -> bool {
        let mut typed = u64x8::splat(self.simd, u64::MAX);
        for first in first_planes {
            typed &= self.load(first + TYPED as u32);
        }
        is_zero(u64x8::from_slice(self.simd, &lane_mask(0..rows)) & !typed)
    }

    /// Whether any row has a wildcard at a locus that starts at one of `first_planes`.
    #[inline(always)]
    pub(super) fn has_wild(&self, first_planes: &[u32]) -> bool {
        let mut wild = self.zero();
        for first in first_planes {
            wild |= self.load(first + WILD as u32);
        }
        !is_zero(wild)
    }
}

/// Whether no bit is set.
#[inline(always)]
pub(super) fn is_zero<S: Simd>(bits: u64x8<S>) -> bool {
    bits.simd_eq(0u64).all_true()
}

/// The words of a plane with the lanes of `lanes` set.
#[inline(always)]
pub(super) fn lane_mask(lanes: std::ops::Range<usize>) -> [u64; WORDS] {
    let mut words = [0; WORDS];
    for (place, word) in words.iter_mut().enumerate() {
        let first = place * 64;
        let below = |lane: usize| match lane.saturating_sub(first) {
            0 => 0,
            bits @ 1..64 => (1u64 << bits) - 1,
            _ => u64::MAX,
        };
        *word = below(lanes.end) & !below(lanes.start);
    }
    words
}

/// Calls `each` with every lane set in `bits`, ascending.
#[inline(always)]
pub(super) fn for_each_lane<S: Simd>(bits: u64x8<S>, mut each: impl FnMut(usize)) {
    let mut words = [0u64; WORDS];
    bits.store_slice(&mut words);
    for (place, mut word) in words.into_iter().enumerate() {
        while word != 0 {
            each(place * 64 + word.trailing_zeros() as usize);
            word &= word - 1;
        }
    }
}

/// A counter per lane, `N` bits, bit-sliced.
#[derive(Clone, Copy)]
pub(super) struct Counter<S: Simd, const N: usize> {
    pub(super) bits: [u64x8<S>; N],
}

impl<S: Simd, const N: usize> Counter<S, N> {
    /// Every lane at `value`, which `N` bits hold.
    #[inline(always)]
    pub(super) fn splat(simd: S, value: u32) -> Self {
        let mut bits = [u64x8::splat(simd, 0); N];
        for (place, bit) in bits.iter_mut().enumerate() {
            *bit = u64x8::splat(simd, 0u64.wrapping_sub(u64::from(value >> place & 1)));
        }
        Counter { bits }
    }

    /// Adds `one` to each lane; returns the lanes that wrapped to zero.
    #[inline(always)]
    pub(super) fn add(&mut self, one: u64x8<S>) -> u64x8<S> {
        let mut carry = one;
        for bit in &mut self.bits {
            let next = *bit & carry;
            *bit ^= carry;
            carry = next;
        }
        carry
    }

    /// Adds eight numbers of one bit to each lane, which must not overflow. Carry-save adders take a
    /// third of the operations of eight single additions. `N` is at least 4.
    #[inline(always)]
    pub(super) fn add_eight(&mut self, ones: [u64x8<S>; 8]) {
        let [a, b, c, d, e, f, g, h] = ones;
        let (first, sum) = full_adder(self.bits[0], a, b);
        let (second, sum) = full_adder(sum, c, d);
        let (third, sum) = full_adder(sum, e, f);
        let (fourth, sum) = full_adder(sum, g, h);
        self.bits[0] = sum;
        let (fours, sum) = full_adder(self.bits[1], first, second);
        let (more_fours, sum) = full_adder(sum, third, fourth);
        self.bits[1] = sum;
        let (mut carry, sum) = full_adder(self.bits[2], fours, more_fours);
        self.bits[2] = sum;
        for bit in &mut self.bits[3..] {
            let next = *bit & carry;
            *bit ^= carry;
            carry = next;
        }
    }

    /// The lanes whose count is over `limit`.
    #[inline(always)]
    pub(super) fn over(&self, simd: S, limit: u32) -> u64x8<S> {
        let mut over = u64x8::splat(simd, 0);
        if limit >= 1 << N {
            return over;
        }
        let mut equal = u64x8::splat(simd, u64::MAX);
        for (place, bit) in self.bits.iter().enumerate().rev() {
            if limit >> place & 1 == 1 {
                equal &= *bit;
            } else {
                over |= equal & *bit;
                equal &= !*bit;
            }
        }
        over
    }

    /// The bits as words, to read single lanes.
    #[inline(always)]
    pub(super) fn store(&self) -> [[u64; WORDS]; N] {
        let mut words = [[0; WORDS]; N];
        for (word, bit) in words.iter_mut().zip(&self.bits) {
            bit.store_slice(word);
        }
        words
    }
}

/// Carry and sum of three numbers of one bit.
#[inline(always)]
fn full_adder<S: Simd>(a: u64x8<S>, b: u64x8<S>, c: u64x8<S>) -> (u64x8<S>, u64x8<S>) {
    let differ = a ^ b;
    ((differ & c) | (!differ & a), differ ^ c)
}

/// One 16-bit number per lane from its bit planes: `low` counts from bit 0, `high` from bit `N`.
#[inline(always)]
pub(super) fn interleave<S: Simd, const N: usize>(
    simd: S,
    low: &Counter<S, N>,
    high: &Counter<S, N>,
) -> [u16; LANES] {
    let planes = [low.store(), high.store()];
    let mut numbers = [0; LANES];
    for (place, chunk) in numbers.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        let mut sum = u16x32::splat(simd, 0);
        for (bit, words) in planes.as_flattened().iter().enumerate() {
            let mask = mask16x32::from_bitmask(simd, words[place / 2] >> (place % 2 * 32));
            sum = mask.select(sum + (1u16 << bit), sum);
        }
        sum.store_slice(chunk);
    }
    numbers
}

/// The count of one lane in stored bits.
#[inline(always)]
pub(super) fn lane_count(bits: &[[u64; WORDS]], lane: usize) -> u32 {
    let (word, bit) = (lane / 64, lane % 64);
    bits.iter().enumerate().map(|(place, words)| ((words[word] >> bit & 1) as u32) << place).sum()
}

/// Where a probe's locus and 512 rows agree; bits of rows that are not typed mean nothing.
#[derive(Clone, Copy)]
pub(super) struct Agreeing<S: Simd> {
    pub(super) typed: u64x8<S>,
    pub(super) high: u64x8<S>,
    pub(super) moderate: u64x8<S>,
    pub(super) low: u64x8<S>,
}

/// [`super::query::agrees`] for the rows of a block, at every stringency.
#[inline(always)]
pub(super) fn agreeing<S: Simd>(block: &Block<S>, locus: &QueryLocus) -> Agreeing<S> {
    if locus.known > 2 || locus.wild {
        return agreeing_sets(block, locus);
    }
    let first = locus.first_plane;
    let typed = block.load(first + TYPED as u32);
    let wild = block.load(first + WILD as u32);
    let one = block.load(first + ONE as u32);
    let mut found = [block.zero(); 2];
    for (bits, plane) in found.iter_mut().zip(locus.planes()) {
        *bits = block.load(*plane);
    }
    let [a, b] = found;
    if locus.known == 1 {
        let either = a | wild;
        return Agreeing { typed, high: a & one, moderate: either, low: either };
    }
    let two = block.load(first + TWO as u32);
    let (both, single) = (a & b, a ^ b);
    Agreeing {
        typed,
        high: (both & two) | (wild & one & single),
        moderate: both | (one & single) | (wild & (a | b)),
        low: a | b | wild,
    }
}

/// The same for a probe with a wildcard or more than two alleles: one mask per number of shared
/// alleles, against one mask per number of alleles of the row.
#[inline(always)]
fn agreeing_sets<S: Simd>(block: &Block<S>, locus: &QueryLocus) -> Agreeing<S> {
    let first = locus.first_plane;
    let plane = |plane: usize| first + plane as u32;
    let typed = block.load(plane(TYPED));
    let row_wild = block.load(plane(WILD));
    let one = block.load(plane(ONE));
    let two = block.load(plane(TWO));
    let many = [block.load(plane(MANY)), block.load(plane(MANY + 1)), block.load(plane(MANY + 2))];
    let has_many = many[0] | many[1] | many[2];
    let mut size = [block.zero(); MAX_ALLELES_PER_LOCUS + 2];
    size[1] = one;
    size[2] = two & !one;
    for (alleles, mask) in size.iter_mut().enumerate().take(MAX_ALLELES_PER_LOCUS + 1).skip(3) {
        let mut equal = has_many & !one & !two;
        for (place, bits) in many.iter().enumerate() {
            equal &= if (alleles - 2) >> place & 1 == 1 { *bits } else { !*bits };
        }
        *mask = equal;
    }
    let known = usize::from(locus.known);
    let mut shared = [block.zero(); MAX_ALLELES_PER_LOCUS + 1];
    shared[0] = !block.zero();
    for (seen, allele) in locus.planes().iter().enumerate() {
        let bits = block.load(*allele);
        for count in (1..=seen + 1).rev() {
            shared[count] = (shared[count] & !bits) | (shared[count - 1] & bits);
        }
        shared[0] &= !bits;
    }
    let row_covers = shared[known] | (row_wild & shared[known.saturating_sub(1)]);
    let mut probe_covers = block.zero();
    for (count, mask) in shared.iter().enumerate() {
        let mut sizes = size[count];
        if locus.wild {
            sizes |= size[count + 1];
        }
        probe_covers |= *mask & sizes;
    }
    let always = if locus.wild { !block.zero() } else { block.zero() };
    Agreeing {
        typed,
        high: row_covers & probe_covers,
        moderate: row_covers | probe_covers,
        low: !shared[0] | row_wild | always,
    }
}
