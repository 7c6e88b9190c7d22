//! Probes prepared for comparison with many gallery prints, and the comparison of all with all.
//!
//! A caller that wants the best few alone may name a least [`super::excess`], below which stage 2 is not
//! run: that loses mates, how many is the caller's to measure. The bounds that lose nothing are too wide: at
//! the score that one stranger in a thousand reaches, the strengths of the best pairs rule out no comparison
//! at all (100 by 400 synthetic prints of 36 minutiae).

use fearless_simd::{Level, Simd, dispatch};

use super::lanes::{Packed, run};
#[cfg(target_arch = "x86_64")]
use super::lanes_avx2::Halves;
#[cfg(target_arch = "x86_64")]
use super::lanes_avx512::{BYTE_WORDS, Vnni};
use super::lanes_portable::{PORTABLE_WORDS, Portable};
use super::{SPEC, screened};
use crate::kernel::minutia::PrintView;
use crate::kernel::simd::SimdLevel;

/// Probes prepared for one instruction set. Preparing costs about as much as ten comparisons a probe, and
/// a gallery print is read from memory once for the whole batch: 16 to 256 probes are a good size.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    probes: Vec<PrintView<'a>>,
    packed: Option<(Level, Packed)>,
}

impl<'a> Batch<'a> {
    /// Prepares `probes`, each of at most [`crate::domain::finger::MAX_PRINT_MINUTIAE`] minutiae, for
    /// `level`, which this processor must have (if it lacks it, the definition is used).
    pub fn new(level: SimdLevel, probes: &[PrintView<'a>]) -> Batch<'a> {
        let packed = level.token().map(|level| (level, pack(level, probes)));
        Batch { probes: probes.to_vec(), packed }
    }

    /// Number of probes.
    pub fn len(&self) -> usize {
        self.probes.len()
    }

    /// Whether there is no probe.
    pub fn is_empty(&self) -> bool {
        self.probes.is_empty()
    }
}

fn pack(level: Level, probes: &[PrintView<'_>]) -> Packed {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(_) => Packed::new::<fearless_simd::Avx512, Vnni, BYTE_WORDS>(probes),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(_) => Packed::new::<fearless_simd::Avx2, Halves, PORTABLE_WORDS>(probes),
        level => dispatch!(level, simd => pack_portable(simd, probes)),
    }
}

#[inline(always)]
fn pack_portable<S: Simd>(_: S, probes: &[PrintView<'_>]) -> Packed {
    Packed::new::<S, Portable, PORTABLE_WORDS>(probes)
}

/// Compares every probe of `batch` with every print of `gallery`:
/// `scores[probe * gallery.len() + print]` becomes the score of [`screened`]: with a `least_excess` of 0 or
/// less that of [`super::reference`].
///
/// # Panics
/// `scores` has another length, which would mix up pairs.
pub fn gate(batch: &Batch<'_>, gallery: &[PrintView<'_>], least_excess: i32, scores: &mut [i32]) {
    assert_eq!(scores.len(), batch.len() * gallery.len(), "{}: one score per pair", SPEC.name);
    if gallery.is_empty() {
        return;
    }
    match &batch.packed {
        None => one_by_one(batch, gallery, least_excess, scores),
        #[cfg(target_arch = "x86_64")]
        Some((Level::Avx512(simd), packed)) => simd.vectorize(
            #[inline(always)]
            || run::<_, Vnni, BYTE_WORDS>(*simd, packed, gallery, least_excess, scores),
        ),
        #[cfg(target_arch = "x86_64")]
        Some((Level::Avx2(simd), packed)) => simd.vectorize(
            #[inline(always)]
            || run::<_, Halves, PORTABLE_WORDS>(*simd, packed, gallery, least_excess, scores),
        ),
        Some((level, packed)) => dispatch!(*level, simd => {
            run::<_, Portable, PORTABLE_WORDS>(simd, packed, gallery, least_excess, scores)
        }),
    }
}

fn one_by_one(batch: &Batch<'_>, gallery: &[PrintView<'_>], least_excess: i32, scores: &mut [i32]) {
    for (probe, scores) in batch.probes.iter().zip(scores.chunks_exact_mut(gallery.len())) {
        for (print, score) in gallery.iter().zip(scores) {
            *score = screened(*probe, *print, least_excess);
        }
    }
}
