//! What AVX2 does in its own way for `minutia_gate`: more minutiae at a time, and a sorting network over two
//! vectors of eight lanes. Everything else is as [`Portable`] does it.

use std::arch::x86_64::*;

use fearless_simd::{Avx2, Simd, SimdBase, SimdInto, i32x8, i32x16, kernel};

use super::lanes::{Kit, LANES, Pairs, Places, keys};
use super::lanes_portable::{PORTABLE_WORDS, Portable};
use crate::kernel::minutia::Descriptor;

/// AVX2.
pub(super) struct Halves;

impl Kit<Avx2, PORTABLE_WORDS> for Halves {
    const TILE: usize = 1;
    const ROWS: usize = 6;

    #[inline(always)]
    fn probe_words(descriptor: &Descriptor) -> [i32; PORTABLE_WORDS] {
        <Portable as Kit<Avx2, PORTABLE_WORDS>>::probe_words(descriptor)
    }

    #[inline(always)]
    fn gallery_words(simd: Avx2, descriptor: &Descriptor) -> [i32; PORTABLE_WORDS] {
        Portable::gallery_words(simd, descriptor)
    }

    fn start(descriptor: &Descriptor) -> i32 {
        <Portable as Kit<Avx2, PORTABLE_WORDS>>::start(descriptor)
    }

    #[inline(always)]
    fn add_products(
        simd: Avx2,
        sum: i32x16<Avx2>,
        probes: i32x16<Avx2>,
        gallery: i32x16<Avx2>,
    ) -> i32x16<Avx2> {
        Portable::add_products(simd, sum, probes, gallery)
    }

    #[inline(always)]
    fn keep_maxima(simd: Avx2, vectors: &[i32x16<Avx2>; 8], kept: &mut [i32; 8]) {
        let [a, b, c, d, e, f, g, h] = vectors.map(|vector| {
            let (low, high) = simd.split_i32x16(vector);
            low.max(high)
        });
        let found = columns(simd, a, b, c, d, e, f, g, h);
        found.max(i32x8::from_slice(simd, kept)).store_array(kept);
    }

    #[inline(always)]
    fn strongest(simd: Avx2, best: &[i32], len: usize) -> i32x16<Avx2> {
        let mut vectors = best.as_chunks::<LANES>().0.iter().zip((0..len.max(1)).step_by(LANES));
        let Some((first, _)) = vectors.next() else { return i32x16::splat(simd, 0) };
        let mut chosen = keys(simd, first, 0, len);
        if len > LANES {
            chosen = sorted(simd, chosen);
        }
        for (vector, number) in vectors {
            let others = sorted(simd, keys(simd, vector, number, len));
            // The greater of the greatest with the least, and so on: the 16 largest of both.
            chosen = chosen.max(reversed(simd, others));
            if number + LANES < len {
                chosen = merged(simd, chosen);
            }
        }
        chosen
    }

    #[inline(always)]
    fn looked_up(
        simd: Avx2,
        places: &Places,
        numbers: i32x16<Avx2>,
    ) -> (i32x16<Avx2>, i32x16<Avx2>) {
        Portable::looked_up(simd, places, numbers)
    }

    #[inline(always)]
    fn support(simd: Avx2, pairs: &Pairs<Avx2>) -> i32x16<Avx2> {
        Portable::support(simd, pairs)
    }

    #[inline(always)]
    fn waves(simd: Avx2, directions: i32x16<Avx2>) -> i32x16<Avx2> {
        Portable::waves(simd, directions)
    }
}

kernel!(
    /// The greatest of each of eight vectors.
    #[allow(clippy::too_many_arguments, reason = "eight vectors in registers")]
    #[inline(always)]
    fn columns(
        token: Avx2,
        a: i32x8<Avx2>,
        b: i32x8<Avx2>,
        c: i32x8<Avx2>,
        d: i32x8<Avx2>,
        e: i32x8<Avx2>,
        f: i32x8<Avx2>,
        g: i32x8<Avx2>,
        h: i32x8<Avx2>,
    ) -> i32x8<Avx2> {
        let pair = |a: __m256i, b: __m256i| {
            _mm256_max_epi32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b))
        };
        let four = |a: __m256i, b: __m256i| {
            _mm256_max_epi32(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b))
        };
        let low = four(pair(a.into(), b.into()), pair(c.into(), d.into()));
        let high = four(pair(e.into(), f.into()), pair(g.into(), h.into()));
        _mm256_max_epi32(
            _mm256_permute2x128_si256::<0x20>(low, high),
            _mm256_permute2x128_si256::<0x31>(low, high),
        )
        .simd_into(token)
    }
);

/// One step of a network inside either half: `$shuffle` brings the lane to compare with, the masks say
/// which lanes keep the greater.
macro_rules! step {
    ($vectors:ident, $low:literal, $high:literal, $shuffle:expr) => {
        $vectors = (
            {
                let other = $shuffle($vectors.0);
                let least = _mm256_min_epi32($vectors.0, other);
                _mm256_blend_epi32::<$low>(least, _mm256_max_epi32($vectors.0, other))
            },
            {
                let other = $shuffle($vectors.1);
                let least = _mm256_min_epi32($vectors.1, other);
                _mm256_blend_epi32::<$high>(least, _mm256_max_epi32($vectors.1, other))
            },
        );
    };
}

kernel!(
    /// Sorted, the greatest first (Batcher's bitonic network).
    #[inline(always)]
    fn sorted(token: Avx2, vector: i32x16<Avx2>) -> i32x16<Avx2> {
        let by1 = |v: __m256i| _mm256_shuffle_epi32::<0xb1>(v);
        let by2 = |v: __m256i| _mm256_shuffle_epi32::<0x4e>(v);
        let by4 = |v: __m256i| _mm256_permute2x128_si256::<0x01>(v, v);
        let (low, high) = token.split_i32x16(vector);
        let mut v: (__m256i, __m256i) = (low.into(), high.into());
        step!(v, 0x99, 0x99, by1);
        step!(v, 0xc3, 0xc3, by2);
        step!(v, 0xa5, 0xa5, by1);
        step!(v, 0x0f, 0xf0, by4);
        step!(v, 0x33, 0xcc, by2);
        step!(v, 0x55, 0xaa, by1);
        v = (_mm256_max_epi32(v.0, v.1), _mm256_min_epi32(v.0, v.1));
        step!(v, 0x0f, 0x0f, by4);
        step!(v, 0x33, 0x33, by2);
        step!(v, 0x55, 0x55, by1);
        token.combine_i32x8(v.0.simd_into(token), v.1.simd_into(token))
    }
);

kernel!(
    /// Sorts what rises and then falls, or falls and then rises: the last four steps of [`sorted`].
    #[inline(always)]
    fn merged(token: Avx2, vector: i32x16<Avx2>) -> i32x16<Avx2> {
        let by1 = |v: __m256i| _mm256_shuffle_epi32::<0xb1>(v);
        let by2 = |v: __m256i| _mm256_shuffle_epi32::<0x4e>(v);
        let by4 = |v: __m256i| _mm256_permute2x128_si256::<0x01>(v, v);
        let (low, high) = token.split_i32x16(vector);
        let (low, high): (__m256i, __m256i) = (low.into(), high.into());
        let mut v = (_mm256_max_epi32(low, high), _mm256_min_epi32(low, high));
        step!(v, 0x0f, 0x0f, by4);
        step!(v, 0x33, 0x33, by2);
        step!(v, 0x55, 0x55, by1);
        token.combine_i32x8(v.0.simd_into(token), v.1.simd_into(token))
    }
);

kernel!(
    #[inline(always)]
    fn reversed(token: Avx2, vector: i32x16<Avx2>) -> i32x16<Avx2> {
        let order = _mm256_set_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        let (low, high) = token.split_i32x16(vector);
        let turned = |half: i32x8<Avx2>| _mm256_permutevar8x32_epi32(half.into(), order);
        let (low, high) = (turned(high), turned(low));
        token.combine_i32x8(low.simd_into(token), high.simd_into(token))
    }
);
