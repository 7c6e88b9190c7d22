//! What any instruction set does for `minutia_gate`: products of pairs of 16-bit numbers, look-ups one by
//! one, and ranks by counting.

use fearless_simd::{Select, Simd, SimdBase, i32x4, i32x16};

use super::INDEX_MASK;
use super::lanes::{
    COORDINATE_BITS, Kit, LANES, Pairs, Places, Vector, dot, halves, keys, supported,
};
use crate::domain::finger::MAX_PRINT_MINUTIAE;
use crate::kernel::minutia::Descriptor;
use crate::kernel::minutia::trigonometry::{DIRECTIONS, ONE};

/// What every instruction set can do: products of pairs of 16-bit numbers.
pub(super) struct Portable;

/// Words of a descriptor of 16-bit numbers.
pub(super) const PORTABLE_WORDS: usize = 32;

/// The bits of x in a word of [`Places::words`].
const COORDINATE: i32 = (1 << COORDINATE_BITS) - 1;

impl<S: Simd> Kit<S, PORTABLE_WORDS> for Portable {
    const TILE: usize = 1;
    const ROWS: usize = 4;

    #[inline(always)]
    fn probe_words(descriptor: &Descriptor) -> [i32; PORTABLE_WORDS] {
        let pairs = descriptor.as_chunks::<2>().0;
        std::array::from_fn(|word| {
            let [low, high] = pairs[word].map(i32::from);
            low & 0xffff | high << 16
        })
    }

    #[inline(always)]
    fn gallery_words(_: S, descriptor: &Descriptor) -> [i32; PORTABLE_WORDS] {
        <Self as Kit<S, PORTABLE_WORDS>>::probe_words(descriptor)
    }

    fn start(_: &Descriptor) -> i32 {
        0
    }

    #[inline(always)]
    fn add_products(simd: S, sum: i32x16<S>, probes: i32x16<S>, gallery: i32x16<S>) -> i32x16<S> {
        sum + dot(simd, halves(probes), halves(gallery))
    }

    #[inline(always)]
    fn keep_maxima(simd: S, vectors: &[i32x16<S>; 8], kept: &mut [i32; 8]) {
        for (kept, vectors) in kept.as_chunks_mut().0.iter_mut().zip(vectors.as_chunks::<4>().0) {
            let [a, b, c, d] = *vectors;
            let (a, b) = (quarter(simd, a), quarter(simd, b));
            let (c, d) = (quarter(simd, c), quarter(simd, d));
            let (ac, bd) = (a.zip_low(c).max(a.zip_high(c)), b.zip_low(d).max(b.zip_high(d)));
            let found = ac.zip_low(bd).max(ac.zip_high(bd));
            found.max(i32x4::from_slice(simd, kept)).store_array(kept);
        }
    }

    #[inline(always)]
    fn strongest(simd: S, best: &[i32], len: usize) -> i32x16<S> {
        let mut all = [0; MAX_PRINT_MINUTIAE];
        let numbers = (0..len).step_by(LANES);
        let vectors = all.as_chunks_mut::<LANES>().0.iter_mut().zip(best.as_chunks::<LANES>().0);
        for ((vector, best), number) in vectors.zip(numbers) {
            keys(simd, best, number, len).store_array(vector);
        }
        // Each key goes to the place given by the number of greater ones; keys of pairs are distinct.
        let mut chosen = [0; LANES + 1];
        let vectors = &all.as_chunks::<LANES>().0[..len.div_ceil(LANES)];
        for vector in vectors {
            let own = i32x16::from_slice(simd, vector);
            let mut greater = i32x16::splat(simd, 0);
            for key in &all[..len] {
                let is_greater = i32x16::splat(simd, *key).simd_gt(own);
                greater += is_greater.select(i32x16::splat(simd, 1), i32x16::splat(simd, 0));
            }
            let mut places = [0; LANES];
            greater.store_array(&mut places);
            for (place, key) in places.iter().zip(vector) {
                chosen[(*place as usize).min(LANES)] = *key;
            }
        }
        i32x16::from_slice(simd, &chosen[..LANES])
    }

    #[inline(always)]
    fn looked_up(simd: S, places: &Places, numbers: i32x16<S>) -> (i32x16<S>, i32x16<S>) {
        let numbers: Vector = numbers.into();
        let at = |number: i32| places.words[(number & INDEX_MASK) as usize] as i32;
        let words = i32x16::from_slice(simd, &numbers.map(at));
        let y = (words & (COORDINATE << COORDINATE_BITS)) << (16 - COORDINATE_BITS);
        // The sign of the direction's highest bit runs into the other bytes.
        ((words & COORDINATE) | y, words >> (2 * COORDINATE_BITS))
    }

    #[inline(always)]
    fn support(simd: S, pairs: &Pairs<S>) -> i32x16<S> {
        // Each vector twice, so that every turn is a load; a loop, so that its code stays in the cache.
        let twice = |vector: i32x16<S>| {
            let mut ring = [0; 2 * LANES];
            for half in ring.as_chunks_mut::<LANES>().0 {
                vector.store_array(half);
            }
            ring
        };
        let (first, second) = (twice(pairs.first), twice(pairs.second));
        let (along, across) = (twice(pairs.along), twice(pairs.across));
        let (rotation, strength) = (twice(pairs.rotation), twice(pairs.strength));
        let mut support = i32x16::splat(simd, 0);
        for turn in 1..=LANES / 2 {
            let at = |ring: &[i32; 2 * LANES]| i32x16::from_slice(simd, &ring[turn..turn + LANES]);
            let others = Pairs {
                first: at(&first),
                second: at(&second),
                rotation: at(&rotation),
                along: at(&along),
                across: at(&across),
                strength: at(&strength),
            };
            if turn == LANES / 2 {
                support += support;
            }
            support = supported(simd, pairs, &others, support);
        }
        support
    }

    #[inline(always)]
    fn waves(simd: S, directions: i32x16<S>) -> i32x16<S> {
        let directions: Vector = directions.into();
        i32x16::from_slice(simd, &directions.map(|direction| WAVES[(direction & 255) as usize]))
    }
}

/// The greatest of lanes four apart.
#[inline(always)]
fn quarter<S: Simd>(simd: S, vector: i32x16<S>) -> i32x4<S> {
    let (low, high) = simd.split_i32x16(vector);
    let (low, high) = simd.split_i32x8(low.max(high));
    low.max(high)
}

/// Cosine (low half) and sine (high half) of each direction, times [`ONE`].
static WAVES: [i32; 256] = {
    let mut waves = [0; 256];
    let mut direction = 0;
    while direction < 256 {
        let (cosine, sine) = DIRECTIONS[direction];
        waves[direction] = cosine & 0xffff | sine << 16;
        direction += 1;
    }
    waves
};

const _: () = assert!(ONE <= i16::MAX as i32, "a sine fits half a word");
