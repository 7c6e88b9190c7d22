//! The two stages of `minutia_gate` for a single pair of prints, with everything that
//! [`crate::kernel::minutia_pair`] goes on from: all similarities, the best pairs and the total.

use fearless_simd::{Level, Select, Simd, SimdBase, dispatch, i32x16};

use super::lanes::{COUNT, Kit, LANES, Places, Vector, consistency, keys, products};
#[cfg(target_arch = "x86_64")]
use super::lanes_avx2::Halves;
#[cfg(target_arch = "x86_64")]
use super::lanes_avx512::{BYTE_WORDS, Vnni};
use super::lanes_portable::{PORTABLE_WORDS, Portable};
use super::{INDEX_MASK, Key, largest};
use crate::kernel::minutia::PrintView;

/// Minutiae of the first print taken at once.
const BLOCK: usize = 8;

/// What stages 1 and 2 find in two prints.
pub(in crate::kernel) struct Compared {
    similarities: Vec<Vector>,
    vectors: usize,
    /// The best pairs, the first of the first print, descending.
    pub(in crate::kernel) best: Vec<Key>,
    /// [`super::consistency`] in both directions.
    pub(in crate::kernel) total: u32,
}

impl Compared {
    /// Similarity of two minutiae.
    #[inline(always)]
    pub(in crate::kernel) fn similarity(&self, first: usize, second: usize) -> i32 {
        self.similarities[first * self.vectors + second / LANES][second % LANES]
    }
}

/// Compares two prints in their given order; `count` best pairs are kept.
pub(in crate::kernel) fn compare(
    level: Level,
    first: PrintView<'_>,
    second: PrintView<'_>,
    count: usize,
) -> Compared {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(simd) => simd.vectorize(
            #[inline(always)]
            || compare_at::<_, Vnni, BYTE_WORDS>(simd, first, second, count),
        ),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(simd) => simd.vectorize(
            #[inline(always)]
            || compare_at::<_, Halves, PORTABLE_WORDS>(simd, first, second, count),
        ),
        level => dispatch!(level, simd => {
            compare_at::<_, Portable, PORTABLE_WORDS>(simd, first, second, count)
        }),
    }
}

#[inline(always)]
fn compare_at<S: Simd, K: Kit<S, W>, const W: usize>(
    simd: S,
    first: PrintView<'_>,
    second: PrintView<'_>,
    count: usize,
) -> Compared {
    let vectors = second.len().div_ceil(LANES);
    let mut rows: Vec<[i32; W]> = Vec::with_capacity(first.len() + BLOCK);
    for descriptor in first.descriptors {
        rows.push(K::gallery_words(simd, descriptor));
    }
    rows.resize(first.len() + BLOCK, [0; W]);
    let mut similarities = vec![[0; LANES]; (first.len() + BLOCK) * vectors];
    let mut best_in_lanes = vec![[0; LANES]; first.len() + BLOCK];
    let mut best_of_second = vec![[0; LANES]; vectors];
    for vector in 0..vectors {
        let descriptors = &second.descriptors[vector * LANES..];
        let (mut panel, mut starts) = ([[[0; LANES]; 1]; W], [[0; LANES]; 1]);
        let mut mask = [0; LANES];
        for (lane, descriptor) in descriptors.iter().take(LANES).enumerate() {
            for (words, word) in panel.iter_mut().zip(K::probe_words(descriptor)) {
                words[0][lane] = word;
            }
            starts[0][lane] = K::start(descriptor);
            mask[lane] = !INDEX_MASK;
        }
        let mask = i32x16::from_slice(simd, &mask);
        let number = i32x16::from_slice(simd, &COUNT) + (vector * LANES) as i32;
        let mut best = i32x16::splat(simd, 0);
        for (block, rows) in rows.as_chunks::<BLOCK>().0.iter().enumerate() {
            let sums = products::<S, K, W, 1, BLOCK>(simd, &panel, &starts, rows);
            for (m, [sum]) in sums.iter().enumerate() {
                let row = block * BLOCK + m;
                if row >= first.len() {
                    break;
                }
                sum.store_array(&mut similarities[row * vectors + vector]);
                best = best.max((*sum & !INDEX_MASK) | row as i32);
                let packed = (*sum & mask) | number;
                let packed = mask.simd_eq(0).select(i32x16::splat(simd, 0), packed);
                let kept = &mut best_in_lanes[row];
                packed.max(i32x16::from_slice(simd, kept)).store_array(kept);
            }
        }
        best.store_array(&mut best_of_second[vector]);
    }
    let mut best_of_first = vec![[0; BLOCK]; first.len().next_multiple_of(LANES) / BLOCK];
    for (kept, rows) in best_of_first.iter_mut().zip(best_in_lanes.as_chunks::<BLOCK>().0) {
        let mut loaded = [i32x16::splat(simd, 0); BLOCK];
        for (vector, row) in loaded.iter_mut().zip(rows) {
            *vector = i32x16::from_slice(simd, row);
        }
        K::keep_maxima(simd, &loaded, kept);
    }
    let (of_first, of_second) = (best_of_first.as_flattened(), best_of_second.as_flattened());
    let (places, other) = (Places::of(first), Places::of(second));
    let strongest = K::strongest(simd, of_first, first.len());
    let total = consistency::<S, K, W>(simd, &places, &other, strongest);
    let strongest = K::strongest(simd, of_second, second.len());
    let total = total + consistency::<S, K, W>(simd, &other, &places, strongest);
    let mut all = vec![[0; LANES]; of_first.len() / LANES];
    let chunks = of_first.as_chunks::<LANES>().0.iter().zip((0..).step_by(LANES));
    for (keys_of, (best, number)) in all.iter_mut().zip(chunks) {
        keys(simd, best, number, first.len()).store_array(keys_of);
    }
    let best = largest(all.as_flattened(), count);
    Compared { similarities, vectors, best, total: total.reduce_sum() as u32 }
}
