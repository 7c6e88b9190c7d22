//! `kin_screen` over vectors of 512 rows.
//!
//! Two passes per probe and block. Relations under which a class is impossible first look for rows
//! that no locus excludes; under parenthood or identity nearly all blocks end there. Then each lane
//! starts at the sum of the "neither allele" scores, and per locus the lanes of each other class add
//! the difference. Additions wrap: only the final sum must fit 16 bits, and compiling the probe saw
//! to that.

use fearless_simd::{Level, Select, Simd, SimdBase, SimdMask, dispatch, i16x32, mask16x32, u64x8};

use super::{
    A_AND_B, A_AND_OTHER, A_TWICE, B_AND_OTHER, B_TWICE, CLASSES, KinLocus, KinQuery, NEITHER,
    Params,
};
use crate::kernel::lanes::{Block, for_each_lane, is_zero, lane_mask};
use crate::kernel::planes::{LANES, ONE, PlaneView, TWO, WILD, WORDS};
use crate::kernel::{Overflow, Survivor, Window};
use crate::limits::MAX_LOCI;

/// Vectors of 16-bit sums a block has.
const SUMS: usize = LANES / 32;

/// Probes that stay in the second-level cache beside a block (400 KB).
const PROBES_PER_PASS: usize = 256;

/// Loci between two looks at whether any lane is not excluded.
const LOCI_PER_LOOK: usize = 4;

/// One batch of probes.
struct Job<'a> {
    queries: &'a [KinQuery],
    windows: &'a [Window],
    thresholds: Vec<i32>,
    /// Per probe, the sum of a row that shares no allele with it.
    neither: Vec<i16>,
    first_probe: usize,
    view: PlaneView<'a>,
    capacity: usize,
}

pub(super) fn run(
    level: Level,
    params: &Params,
    queries: &[KinQuery],
    windows: &[Window],
    view: PlaneView,
    capacity: usize,
) -> Result<Vec<Survivor>, Overflow> {
    let mut survivors = Vec::new();
    let batches = queries.chunks(PROBES_PER_PASS).zip(windows.chunks(PROBES_PER_PASS));
    for (batch, (queries, windows)) in batches.enumerate() {
        let job = Job {
            queries,
            windows,
            thresholds: queries.iter().map(|q| q.threshold(params.threshold_log10)).collect(),
            neither: queries.iter().map(neither_sum).collect(),
            first_probe: batch * PROBES_PER_PASS,
            view,
            capacity,
        };
        let start = survivors.len();
        dispatch!(level, simd => pass(simd, &job, &mut survivors))?;
        survivors[start..].sort_unstable();
    }
    Ok(survivors)
}

fn neither_sum(query: &KinQuery) -> i16 {
    query.loci.iter().fold(0i16, |sum, locus| sum.wrapping_add(locus.scores[NEITHER]))
}

/// Every probe against every block; blocks are the outer loop, so one stays in the first-level
/// cache for all probes.
#[inline(always)]
fn pass<S: Simd>(simd: S, job: &Job, survivors: &mut Vec<Survivor>) -> Result<(), Overflow> {
    let mut terms = Terms { terms: Box::new([Term::NONE; CLASSES * MAX_LOCI]), length: 0 };
    for number in 0..job.view.blocks() {
        let block = Block::new(simd, &job.view, number);
        let first_row = number * LANES;
        for (probe, (query, window)) in job.queries.iter().zip(job.windows).enumerate() {
            let rows = window.rows(&job.view);
            let start = rows.start.max(first_row);
            let end = rows.end.min(first_row + LANES);
            if start >= end {
                continue;
            }
            let mask = lane_mask(start - first_row..end - first_row);
            let lanes = u64x8::from_slice(simd, &mask);
            let lanes = not_excluded(&block, query, lanes);
            if is_zero(lanes) {
                continue;
            }
            terms.fill(&block, query);
            let sums = terms.sums(simd, job.neither[probe]);
            let over = lanes & at_least(simd, &sums, job.thresholds[probe]);
            if is_zero(over) {
                continue;
            }
            let probe = (job.first_probe + probe) as u32;
            append(over, &sums, probe, first_row as u32, survivors);
            if survivors.len() > job.capacity {
                return Err(Overflow { capacity: job.capacity });
            }
        }
    }
    Ok(())
}

/// The planes of one locus that the classes are made of. Rows with one or two known alleles and no
/// wildcard are *plain*; only they belong to a class.
#[derive(Clone, Copy)]
struct Planes<S: Simd> {
    a: u64x8<S>,
    b: u64x8<S>,
    plain_one: u64x8<S>,
    plain_two: u64x8<S>,
}

impl<S: Simd> Planes<S> {
    #[inline(always)]
    fn load(block: &Block<S>, locus: &KinLocus) -> Self {
        let wild = block.load(locus.first_plane + WILD as u32);
        let allele = |plane: Option<u32>| plane.map_or(block.zero(), |plane| block.load(plane));
        Planes {
            a: allele(locus.plane_a),
            b: allele(locus.plane_b),
            plain_one: block.load(locus.first_plane + ONE as u32) & !wild,
            plain_two: block.load(locus.first_plane + TWO as u32) & !wild,
        }
    }

    #[inline(always)]
    fn plain(&self) -> u64x8<S> {
        self.plain_one | self.plain_two
    }

    #[inline(always)]
    fn class(&self, class: usize) -> u64x8<S> {
        match class {
            A_AND_OTHER => self.a & !self.b & self.plain_two,
            A_TWICE => self.a & self.plain_one,
            B_AND_OTHER => self.b & !self.a & self.plain_two,
            B_TWICE => self.b & self.plain_one,
            A_AND_B => self.a & self.b & self.plain_two,
            _ => self.plain() & !(self.a | self.b),
        }
    }
}

/// The lanes of `lanes` that no locus excludes.
#[inline(always)]
fn not_excluded<S: Simd>(block: &Block<S>, query: &KinQuery, mut lanes: u64x8<S>) -> u64x8<S> {
    for group in query.excluding.chunks(LOCI_PER_LOOK) {
        for locus in group {
            let planes = Planes::load(block, locus);
            for class in 0..CLASSES {
                if locus.excluding >> class & 1 == 1 {
                    lanes &= !planes.class(class);
                }
            }
        }
        if is_zero(lanes) {
            return lanes;
        }
    }
    lanes
}

/// Lanes that add the same number.
#[derive(Clone, Copy)]
struct Term {
    lanes: [u64; WORDS],
    value: i16,
}

impl Term {
    const NONE: Term = Term { lanes: [0; WORDS], value: 0 };
}

/// Terms of one probe and block, at most [`CLASSES`] per locus; those without lanes are left out.
struct Terms {
    terms: Box<[Term; CLASSES * MAX_LOCI]>,
    length: usize,
}

impl Terms {
    #[inline(always)]
    fn push<S: Simd>(&mut self, lanes: u64x8<S>, value: i16) {
        if let Some(term) = self.terms.get_mut(self.length) {
            lanes.store_slice(&mut term.lanes);
            term.value = value;
            // No branch: whether a class is empty in a block cannot be predicted.
            self.length += usize::from(!is_zero(lanes));
        }
    }

    /// Finds the terms of `query` in `block`. Apart from the additions, so that the planes of many
    /// loci are fetched from memory at once.
    #[inline(always)]
    fn fill<S: Simd>(&mut self, block: &Block<S>, query: &KinQuery) {
        self.length = 0;
        for locus in &query.loci {
            let planes = Planes::load(block, locus);
            let neither = locus.scores[NEITHER];
            let more = |class: usize| locus.scores[class].wrapping_sub(neither);
            self.push(!planes.plain(), neither.wrapping_neg());
            if locus.plane_a.is_some() {
                self.push(planes.class(A_AND_OTHER), more(A_AND_OTHER));
                self.push(planes.class(A_TWICE), more(A_TWICE));
            }
            if locus.plane_b.is_some() {
                self.push(planes.class(B_AND_OTHER), more(B_AND_OTHER));
                self.push(planes.class(B_TWICE), more(B_TWICE));
                self.push(planes.class(A_AND_B), more(A_AND_B));
            }
        }
    }

    /// Sum of the class scores of each row; of excluded rows, any number. `neither` is the sum for
    /// a row that is in no term.
    #[inline(always)]
    fn sums<S: Simd>(&self, simd: S, neither: i16) -> [i16x32<S>; SUMS] {
        let mut sums = [i16x32::splat(simd, neither); SUMS];
        for term in self.terms.iter().take(self.length) {
            let value = i16x32::splat(simd, term.value);
            for (place, sum) in sums.iter_mut().enumerate() {
                let lanes = term.lanes[place / 2] >> (place % 2 * 32);
                *sum = mask16x32::from_bitmask(simd, lanes).select(*sum + value, *sum);
            }
        }
        sums
    }
}

/// The lanes whose sum is at least `threshold`.
#[inline(always)]
fn at_least<S: Simd>(simd: S, sums: &[i16x32<S>; SUMS], threshold: i32) -> u64x8<S> {
    if threshold > i32::from(i16::MAX) {
        return u64x8::splat(simd, 0);
    }
    let threshold = i16x32::splat(simd, threshold.max(i32::from(i16::MIN)) as i16);
    let mut words = [0u64; WORDS];
    for (place, sum) in sums.iter().enumerate() {
        words[place / 2] |= sum.simd_ge(threshold).to_bitmask() << (place % 2 * 32);
    }
    u64x8::from_slice(simd, &words)
}

#[inline(always)]
fn append<S: Simd>(
    over: u64x8<S>,
    sums: &[i16x32<S>; SUMS],
    probe: u32,
    first_row: u32,
    survivors: &mut Vec<Survivor>,
) {
    let mut values = [0i16; LANES];
    for (chunk, sum) in values.as_chunks_mut::<32>().0.iter_mut().zip(sums) {
        sum.store_slice(chunk);
    }
    for_each_lane(over, |lane| {
        let value = i32::from(values[lane]);
        survivors.push(Survivor { probe, row: first_row + lane as u32, value });
    });
}
