//! What AVX-512 does in its own way for `minutia_gate`: products of four bytes at once (VNNI), look-ups in
//! tables held in registers, and a sorting network of 16 lanes.
//!
//! The bytes of the gallery print are moved by 128 into the unsigned range that the instruction wants; what
//! that adds, 128 times the sum of the probe's descriptor, is taken off the start.

use std::arch::x86_64::*;

use fearless_simd::{Avx512, Bytes, Simd, SimdBase, SimdInto, i8x64, i32x8, i32x16, kernel, u8x64};

use super::lanes::{Kit, LANES, NEAR, Pairs, Places, keys};
use super::{INDEX_MASK, TOLERANCE_PX2, TOLERANCE_SHIFT};
use crate::kernel::minutia::Descriptor;
use crate::kernel::minutia::trigonometry::DIRECTIONS;

/// Words of a descriptor of bytes.
pub(super) const BYTE_WORDS: usize = 16;

/// AVX-512 with VNNI and VBMI.
pub(super) struct Vnni;

impl Kit<Avx512, BYTE_WORDS> for Vnni {
    const TILE: usize = 3;
    const ROWS: usize = 8;

    #[inline(always)]
    fn probe_words(descriptor: &Descriptor) -> [i32; BYTE_WORDS] {
        let words = descriptor.as_chunks::<4>().0;
        std::array::from_fn(|word| i32::from_le_bytes(words[word].map(|byte| byte as u8)))
    }

    #[inline(always)]
    fn gallery_words(simd: Avx512, descriptor: &Descriptor) -> [i32; BYTE_WORDS] {
        let words: i32x16<Avx512> = i8x64::from_slice(simd, descriptor).bitcast();
        (words ^ 0x8080_8080_u32 as i32).into()
    }

    fn start(descriptor: &Descriptor) -> i32 {
        -128 * descriptor.iter().map(|byte| i32::from(*byte)).sum::<i32>()
    }

    #[inline(always)]
    fn add_products(
        simd: Avx512,
        sum: i32x16<Avx512>,
        probes: i32x16<Avx512>,
        gallery: i32x16<Avx512>,
    ) -> i32x16<Avx512> {
        add_products(simd, sum, probes, gallery)
    }

    #[inline(always)]
    fn keep_maxima(simd: Avx512, vectors: &[i32x16<Avx512>; 8], kept: &mut [i32; 8]) {
        let [a, b, c, d, e, f, g, h] = *vectors;
        let (found, _) = simd.split_i32x16(columns(simd, a, b, c, d, e, f, g, h));
        found.max(i32x8::from_slice(simd, kept)).store_array(kept);
    }

    #[inline(always)]
    fn strongest(simd: Avx512, best: &[i32], len: usize) -> i32x16<Avx512> {
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
        simd: Avx512,
        places: &Places,
        numbers: i32x16<Avx512>,
    ) -> (i32x16<Avx512>, i32x16<Avx512>) {
        let tables = places.positions.as_chunks::<32>().0;
        let mut found = look_up_32(simd, numbers, &tables[0]);
        if places.len() > 32 {
            found = instead(simd, numbers, 32, found, look_up_32(simd, numbers, &tables[1]));
        }
        if places.len() > 64 {
            let low = look_up_32(simd, numbers, &tables[2]);
            let high = look_up_32(simd, numbers, &tables[3]);
            found = instead(simd, numbers, 64, found, instead(simd, numbers, 32, low, high));
        }
        let (low, high) = places.directions.split_at(64);
        (found, look_up_bytes(simd, numbers, bytes(simd, low), bytes(simd, high)))
    }

    #[inline(always)]
    fn support(simd: Avx512, pairs: &Pairs<Avx512>) -> i32x16<Avx512> {
        let mut support = i32x16::splat(simd, 0);
        support = supported(simd, pairs, &turned::<1>(pairs), support);
        support = supported(simd, pairs, &turned::<2>(pairs), support);
        support = supported(simd, pairs, &turned::<3>(pairs), support);
        support = supported(simd, pairs, &turned::<4>(pairs), support);
        support = supported(simd, pairs, &turned::<5>(pairs), support);
        support = supported(simd, pairs, &turned::<6>(pairs), support);
        support = supported(simd, pairs, &turned::<7>(pairs), support);
        supported(simd, pairs, &turned::<8>(pairs), support + support)
    }

    #[inline(always)]
    fn waves(simd: Avx512, directions: i32x16<Avx512>) -> i32x16<Avx512> {
        waves(simd, directions, &SINES)
    }
}

/// The pairs `TURN` lanes on.
#[inline(always)]
fn turned<const TURN: usize>(pairs: &Pairs<Avx512>) -> Pairs<Avx512> {
    let turn = |vector: i32x16<Avx512>| vector.slide::<TURN>(vector);
    Pairs {
        first: turn(pairs.first),
        second: turn(pairs.second),
        rotation: turn(pairs.rotation),
        along: turn(pairs.along),
        across: turn(pairs.across),
        strength: turn(pairs.strength),
    }
}

#[inline(always)]
fn bytes(simd: Avx512, bytes: &[u8]) -> i32x16<Avx512> {
    u8x64::from_slice(simd, bytes).bitcast()
}

/// Sines of half a turn, times [`crate::kernel::minutia::trigonometry::ONE`].
static SINES: [[i16; 32]; 4] = {
    let mut sines = [[0; 32]; 4];
    let mut direction = 0;
    while direction < 128 {
        sines[direction / 32][direction % 32] = DIRECTIONS[direction].1 as i16;
        direction += 1;
    }
    sines
};

const _: () = assert!(INDEX_MASK == 127, "tables are looked up by seven bits");

kernel!(
    /// As [`super::lanes::supported`], with the products added as they are made and both errors squared at
    /// once: neither reaches 15 bits.
    #[inline(always)]
    fn supported(
        token: Avx512,
        pairs: &Pairs<Avx512>,
        others: &Pairs<Avx512>,
        support: i32x16<Avx512>,
    ) -> i32x16<Avx512> {
        let vector = |v: i32x16<Avx512>| -> __m512i { v.into() };
        let (along, across) = (vector(others.along), vector(others.across));
        let difference = _mm512_sub_epi32(pairs.rotation.into(), others.rotation.into());
        let difference = _mm512_abs_epi32(difference);
        let near = _mm512_test_epi32_mask(difference, _mm512_set1_epi32(255));
        let near = _mm512_mask_cmplt_epi32_mask(near, difference, _mm512_set1_epi32(NEAR + 1));
        let a = _mm512_sub_epi16(pairs.first.into(), others.first.into());
        let b = _mm512_sub_epi16(pairs.second.into(), others.second.into());
        let ex = _mm512_madd_epi16(b, _mm512_set1_epi32(0x8000));
        let ex = _mm512_dpwssd_epi32(ex, a, pairs.along.into());
        let ex = _mm512_dpwssd_epi32(ex, a, along);
        let ey = _mm512_madd_epi16(b, _mm512_set1_epi32(i32::MIN));
        let ey = _mm512_dpwssd_epi32(ey, a, pairs.across.into());
        let ey = _mm512_dpwssd_epi32(ey, a, across);
        let ex = _mm512_srli_epi32::<15>(_mm512_abs_epi32(ex));
        let ey = _mm512_slli_epi32::<1>(_mm512_abs_epi32(ey));
        // The high half of `ey` over the low half of `ex`.
        let high = _mm512_set1_epi32(!0xffff);
        let errors = _mm512_ternarylogic_epi32::<0xca>(high, ey, ex);
        let error = _mm512_madd_epi16(errors, errors);
        let distance = _mm512_srli_epi32::<TOLERANCE_SHIFT>(_mm512_madd_epi16(a, a));
        let tolerance = _mm512_add_epi32(distance, _mm512_set1_epi32(TOLERANCE_PX2));
        let strength = vector(others.strength);
        let fits = _mm512_mask_cmplt_epi32_mask(near, error, tolerance);
        let twice = _mm512_add_epi32(error, error);
        let well = _mm512_mask_cmplt_epi32_mask(near, twice, tolerance);
        let four = _mm512_slli_epi32::<2>(error);
        let best = _mm512_mask_cmplt_epi32_mask(near, four, tolerance);
        let mut support: __m512i = support.into();
        support = _mm512_mask_add_epi32(support, fits, support, strength);
        support = _mm512_mask_add_epi32(support, well, support, strength);
        support = _mm512_mask_add_epi32(support, best, support, strength);
        support.simd_into(token)
    }
);

kernel!(
    #[inline(always)]
    fn add_products(
        token: Avx512,
        sum: i32x16<Avx512>,
        probes: i32x16<Avx512>,
        gallery: i32x16<Avx512>,
    ) -> i32x16<Avx512> {
        _mm512_dpbusd_epi32(sum.into(), gallery.into(), probes.into()).simd_into(token)
    }
);

kernel!(
    /// The greatest of each of eight vectors, in the low half.
    #[allow(clippy::too_many_arguments, reason = "eight vectors in registers")]
    #[inline(always)]
    fn columns(
        token: Avx512,
        a: i32x16<Avx512>,
        b: i32x16<Avx512>,
        c: i32x16<Avx512>,
        d: i32x16<Avx512>,
        e: i32x16<Avx512>,
        f: i32x16<Avx512>,
        g: i32x16<Avx512>,
        h: i32x16<Avx512>,
    ) -> i32x16<Avx512> {
        let pair = |a: __m512i, b: __m512i| {
            _mm512_max_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b))
        };
        let four = |a: __m512i, b: __m512i| {
            _mm512_max_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b))
        };
        let low = four(pair(a.into(), b.into()), pair(c.into(), d.into()));
        let high = four(pair(e.into(), f.into()), pair(g.into(), h.into()));
        let halves = _mm512_max_epi32(
            _mm512_shuffle_i32x4::<0x44>(low, high),
            _mm512_shuffle_i32x4::<0xee>(low, high),
        );
        let swapped = _mm512_shuffle_i32x4::<0xb1>(halves, halves);
        let whole = _mm512_max_epi32(halves, swapped);
        _mm512_shuffle_i32x4::<0x08>(whole, whole).simd_into(token)
    }
);

kernel!(
    /// Sorted, the greatest first (Batcher's bitonic network).
    #[inline(always)]
    fn sorted(token: Avx512, vector: i32x16<Avx512>) -> i32x16<Avx512> {
        // Each step compares lanes a power of two apart; the mask says which lanes keep the greater.
        let step = |vector: __m512i, other: __m512i, greater: u16| {
            let least = _mm512_min_epi32(vector, other);
            _mm512_mask_max_epi32(least, greater, vector, other)
        };
        let by1 = |v: __m512i| _mm512_shuffle_epi32::<0xb1>(v);
        let by2 = |v: __m512i| _mm512_shuffle_epi32::<0x4e>(v);
        let by4 = |v: __m512i| _mm512_shuffle_i32x4::<0xb1>(v, v);
        let by8 = |v: __m512i| _mm512_shuffle_i32x4::<0x4e>(v, v);
        let mut v: __m512i = vector.into();
        v = step(v, by1(v), 0x9999);
        v = step(v, by2(v), 0xc3c3);
        v = step(v, by1(v), 0xa5a5);
        v = step(v, by4(v), 0xf00f);
        v = step(v, by2(v), 0xcc33);
        v = step(v, by1(v), 0xaa55);
        v = step(v, by8(v), 0x00ff);
        v = step(v, by4(v), 0x0f0f);
        v = step(v, by2(v), 0x3333);
        v = step(v, by1(v), 0x5555);
        v.simd_into(token)
    }
);

kernel!(
    /// Sorts what rises and then falls, or falls and then rises: the last four steps of [`sorted`].
    #[inline(always)]
    fn merged(token: Avx512, vector: i32x16<Avx512>) -> i32x16<Avx512> {
        let step = |vector: __m512i, other: __m512i, greater: u16| {
            let least = _mm512_min_epi32(vector, other);
            _mm512_mask_max_epi32(least, greater, vector, other)
        };
        let mut v: __m512i = vector.into();
        v = step(v, _mm512_shuffle_i32x4::<0x4e>(v, v), 0x00ff);
        v = step(v, _mm512_shuffle_i32x4::<0xb1>(v, v), 0x0f0f);
        v = step(v, _mm512_shuffle_epi32::<0x4e>(v), 0x3333);
        v = step(v, _mm512_shuffle_epi32::<0xb1>(v), 0x5555);
        v.simd_into(token)
    }
);

kernel!(
    #[inline(always)]
    fn reversed(token: Avx512, vector: i32x16<Avx512>) -> i32x16<Avx512> {
        let order = _mm512_set_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        _mm512_permutexvar_epi32(order, vector.into()).simd_into(token)
    }
);

kernel!(
    /// Entries of a table of 32, by the low five bits.
    #[inline(always)]
    fn look_up_32(token: Avx512, numbers: i32x16<Avx512>, table: &[i32; 32]) -> i32x16<Avx512> {
        let (low, high) = table.split_at(LANES);
        let low = i32x16::from_slice(token, low).into();
        let high = i32x16::from_slice(token, high).into();
        _mm512_permutex2var_epi32(low, numbers.into(), high).simd_into(token)
    }
);

kernel!(
    /// `second` where the number has `bit`, else `first`.
    #[inline(always)]
    fn instead(
        token: Avx512,
        numbers: i32x16<Avx512>,
        bit: i32,
        first: i32x16<Avx512>,
        second: i32x16<Avx512>,
    ) -> i32x16<Avx512> {
        let which = _mm512_test_epi32_mask(numbers.into(), _mm512_set1_epi32(bit));
        _mm512_mask_blend_epi32(which, first.into(), second.into()).simd_into(token)
    }
);

kernel!(
    /// Entries of a table of 128 bytes, by the low seven bits of each byte.
    #[inline(always)]
    fn look_up_bytes(
        token: Avx512,
        numbers: i32x16<Avx512>,
        low: i32x16<Avx512>,
        high: i32x16<Avx512>,
    ) -> i32x16<Avx512> {
        _mm512_permutex2var_epi8(low.into(), numbers.into(), high.into()).simd_into(token)
    }
);

kernel!(
    /// See [`Kit::waves`]: the sine of half a turn by table, in the low half of a quarter further on.
    #[inline(always)]
    fn waves(token: Avx512, directions: i32x16<Avx512>, sines: &[[i16; 32]; 4]) -> i32x16<Avx512> {
        use fearless_simd::i16x32;
        let table = |place: usize| -> __m512i { i16x32::from_slice(token, &sines[place]).into() };
        let directions: __m512i = directions.into();
        let both = _mm512_or_si512(directions, _mm512_slli_epi32::<16>(directions));
        let angles = _mm512_add_epi32(both, _mm512_set1_epi32(64));
        let low = _mm512_permutex2var_epi16(table(0), angles, table(1));
        let high = _mm512_permutex2var_epi16(table(2), angles, table(3));
        let second_quarter = _mm512_test_epi16_mask(angles, _mm512_set1_epi16(64));
        let sine = _mm512_mask_blend_epi16(second_quarter, low, high);
        let second_half = _mm512_test_epi16_mask(angles, _mm512_set1_epi16(128));
        _mm512_mask_sub_epi16(sine, second_half, _mm512_setzero_si512(), sine).simd_into(token)
    }
);
