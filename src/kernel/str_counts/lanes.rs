//! `str_counts` over vectors of 512 rows.
//!
//! Per pair of probe and block the loci in full and partial agreement are counted bit-sliced, eight
//! loci at a time through carry-save adders; the ten bits of a lane then become one index into a
//! table of counts. Blocks are the outer loop, so a block is read from memory once.

use fearless_simd::{Level, Simd, dispatch};

use super::{AgreementHistogram, CountMatrix, Query, place};
use crate::domain::stringency::Agreement;
use crate::kernel::Window;
use crate::kernel::lanes::{
    Block, Counter, NARROW_BITS, WIDE_BITS, agreeing, first_planes, fit_narrow, interleave,
};
use crate::kernel::planes::{LANES, ONE, PlaneView, TWO, WILD};
use crate::kernel::query::QueryLocus;

/// Cells of a table indexed by two narrow counts.
const NARROW_CELLS: usize = 1 << (2 * NARROW_BITS);
/// Cells of a table indexed by two wide counts.
const WIDE_CELLS: usize = 1 << (2 * WIDE_BITS);

/// Probes whose programs stay in the second-level cache beside a block (400 KB).
const PROBES_PER_PASS: usize = 1024;

/// Pairs after which the 32-bit cells are emptied into the 64-bit result.
const PAIRS_PER_FLUSH: usize = 1 << 31;

/// A locus where the probe has one or two alleles, all in the dictionary, and no wildcard.
#[derive(Clone, Copy)]
struct Step {
    x: u32,
    y: u32,
    /// Plane of the rows with as many alleles as the probe.
    size: u32,
    first_plane: u32,
}

impl Step {
    fn of(locus: &QueryLocus) -> Option<Step> {
        let first_plane = locus.first_plane;
        match (locus.wild, locus.known, locus.planes()) {
            (false, 1, [a]) => {
                Some(Step { x: *a, y: *a, size: first_plane + ONE as u32, first_plane })
            }
            (false, 2, [a, b]) => {
                Some(Step { x: *a, y: *b, size: first_plane + TWO as u32, first_plane })
            }
            _ => None,
        }
    }
}

/// A probe split into the loci that take the short way and the others.
struct Program {
    steps: Vec<Step>,
    others: Vec<QueryLocus>,
}

impl Program {
    fn new(query: &Query) -> Self {
        let mut program = Program { steps: Vec::new(), others: Vec::new() };
        for locus in query.loci() {
            match Step::of(locus) {
                Some(step) => program.steps.push(step),
                None => program.others.push(*locus),
            }
        }
        program
    }
}

pub(super) fn run(
    level: Level,
    queries: &[Query],
    windows: &[Window],
    view: PlaneView,
) -> CountMatrix {
    let mut matrix = CountMatrix::new(view.map().loci().len());
    let mut narrow_cells = Cells::<NARROW_CELLS>::new(NARROW_BITS);
    let mut wide_cells = Cells::<WIDE_CELLS>::new(WIDE_BITS);
    for (queries, windows) in queries.chunks(PROBES_PER_PASS).zip(windows.chunks(PROBES_PER_PASS)) {
        let programs: Vec<Program> = queries.iter().map(Program::new).collect();
        if fit_narrow(queries) {
            dispatch!(level, simd => count::<_, NARROW_BITS, NARROW_CELLS>(
                simd, &programs, windows, &view, &mut narrow_cells, &mut matrix
            ));
        } else {
            dispatch!(level, simd => count::<_, WIDE_BITS, WIDE_CELLS>(
                simd, &programs, windows, &view, &mut wide_cells, &mut matrix
            ));
        }
    }
    matrix
}

/// Counts by index, in two tables: neighbouring lanes often have the same index, and an increment
/// that waits for the previous one of the same cell is slow.
struct Cells<const CELLS: usize> {
    even: Box<[u32; CELLS]>,
    odd: Box<[u32; CELLS]>,
    bits: usize,
    pairs: usize,
}

impl<const CELLS: usize> Cells<CELLS> {
    fn new(bits: usize) -> Self {
        Cells { even: Box::new([0; CELLS]), odd: Box::new([0; CELLS]), bits, pairs: 0 }
    }

    #[inline(always)]
    fn add(&mut self, indices: &[u16]) {
        let (pairs, rest) = indices.as_chunks::<2>();
        for [even, odd] in pairs {
            self.even[usize::from(*even) % CELLS] += 1;
            self.odd[usize::from(*odd) % CELLS] += 1;
        }
        for index in rest {
            self.even[usize::from(*index) % CELLS] += 1;
        }
        self.pairs += indices.len();
    }

    fn flush(&mut self, matrix: &mut CountMatrix) {
        for (index, (even, odd)) in self.even.iter_mut().zip(self.odd.iter_mut()).enumerate() {
            let pairs = u64::from(std::mem::take(even)) + u64::from(std::mem::take(odd));
            if pairs > 0 {
                let (full, partial) = (index >> self.bits, index & ((1 << self.bits) - 1));
                matrix.counts[full * matrix.side + partial] += pairs;
            }
        }
        self.pairs = 0;
    }
}

#[inline(always)]
fn count<S: Simd, const N: usize, const CELLS: usize>(
    simd: S,
    programs: &[Program],
    windows: &[Window],
    view: &PlaneView,
    cells: &mut Cells<CELLS>,
    matrix: &mut CountMatrix,
) {
    let first_planes = first_planes(view);
    for number in 0..view.blocks() {
        let block = Block::new(simd, view, number);
        let wild = block.has_wild(&first_planes);
        for (program, window) in programs.iter().zip(windows) {
            let lanes = lanes_in(window, view, number);
            if lanes.is_empty() {
                continue;
            }
            let indices = if wild {
                index_full_partial::<S, N, true>(simd, &block, program)
            } else {
                index_full_partial::<S, N, false>(simd, &block, program)
            };
            cells.add(&indices[lanes]);
            if cells.pairs >= PAIRS_PER_FLUSH {
                cells.flush(matrix);
            }
        }
    }
    cells.flush(matrix);
}

/// Lanes of block `number` that lie in `window`.
fn lanes_in(window: &Window, view: &PlaneView, number: usize) -> std::ops::Range<usize> {
    let rows = window.rows(view);
    let first = number * LANES;
    let start = rows.start.max(first).min(first + LANES);
    let end = rows.end.min(first + LANES).max(start);
    start - first..end - first
}

/// Index of each lane: loci in full agreement times 2^N, plus loci in partial agreement.
#[inline(always)]
fn index_full_partial<S: Simd, const N: usize, const HAS_WILD: bool>(
    simd: S,
    block: &Block<S>,
    program: &Program,
) -> [u16; LANES] {
    let mut full = Counter::<S, N>::splat(simd, 0);
    let mut partial = Counter::<S, N>::splat(simd, 0);
    let (groups, rest) = program.steps.as_chunks::<8>();
    for steps in groups {
        let mut agreed = [[block.zero(); 8]; 2];
        for (place, step) in steps.iter().enumerate() {
            [agreed[0][place], agreed[1][place]] = full_and_partial::<S, HAS_WILD>(block, step);
        }
        full.add_eight(agreed[0]);
        partial.add_eight(agreed[1]);
    }
    if !rest.is_empty() {
        let mut agreed = [[block.zero(); 8]; 2];
        for (place, step) in rest.iter().enumerate() {
            [agreed[0][place], agreed[1][place]] = full_and_partial::<S, HAS_WILD>(block, step);
        }
        full.add_eight(agreed[0]);
        partial.add_eight(agreed[1]);
    }
    for locus in &program.others {
        let agreed = agreeing(block, locus);
        full.add(agreed.typed & agreed.high);
        partial.add(agreed.typed & agreed.low & !agreed.high);
    }
    interleave(simd, &partial, &full)
}

/// [`agreeing`] at high, and at low but not high, for a short-way locus. Rows that are not typed
/// have no allele and no wildcard, so they agree nowhere.
#[inline(always)]
fn full_and_partial<S: Simd, const HAS_WILD: bool>(
    block: &Block<S>,
    step: &Step,
) -> [fearless_simd::u64x8<S>; 2] {
    let (x, y) = (block.load(step.x), block.load(step.y));
    let mut high = x & y & block.load(step.size);
    let mut low = x | y;
    if HAS_WILD {
        let wild = block.load(step.first_plane + WILD as u32);
        high |= wild & block.load(step.first_plane + ONE as u32) & (x ^ y);
        low |= wild;
    }
    [high, low & !high]
}

pub(super) fn run_by_agreement(
    level: Level,
    queries: &[Query],
    windows: &[Window],
    view: PlaneView,
) -> AgreementHistogram {
    let mut histogram = AgreementHistogram::default();
    for (queries, windows) in queries.chunks(PROBES_PER_PASS).zip(windows.chunks(PROBES_PER_PASS)) {
        if fit_narrow(queries) {
            dispatch!(level, simd => count_by_agreement::<_, NARROW_BITS>(
                simd, queries, windows, &view, &mut histogram
            ));
        } else {
            dispatch!(level, simd => count_by_agreement::<_, WIDE_BITS>(
                simd, queries, windows, &view, &mut histogram
            ));
        }
    }
    histogram
}

/// Halves of a place in the histogram, by the two counts a 16-bit number holds.
fn place_tables(bits: usize) -> [Vec<u32>; 2] {
    let half = |agreement: &dyn Fn(u32, u32) -> Agreement| {
        (0..1u32 << (2 * bits))
            .map(|index| place(&agreement(index >> bits, index & ((1 << bits) - 1))) as u32)
            .collect()
    };
    [
        half(&|compared, low| Agreement { compared, low, ..Agreement::default() }),
        half(&|moderate, high| Agreement { moderate, high, ..Agreement::default() }),
    ]
}

#[inline(always)]
fn count_by_agreement<S: Simd, const N: usize>(
    simd: S,
    queries: &[Query],
    windows: &[Window],
    view: &PlaneView,
    histogram: &mut AgreementHistogram,
) {
    let [outer, inner] = place_tables(N);
    for number in 0..view.blocks() {
        let block = Block::new(simd, view, number);
        for (query, window) in queries.iter().zip(windows) {
            let lanes = lanes_in(window, view, number);
            if lanes.is_empty() {
                continue;
            }
            let mut counters = [Counter::<S, N>::splat(simd, 0); 4];
            for locus in query.loci() {
                let agreed = agreeing(&block, locus);
                counters[0].add(agreed.typed);
                counters[1].add(agreed.typed & agreed.low);
                counters[2].add(agreed.typed & agreed.moderate);
                counters[3].add(agreed.typed & agreed.high);
            }
            let compared_low = interleave(simd, &counters[1], &counters[0]);
            let moderate_high = interleave(simd, &counters[3], &counters[2]);
            for lane in lanes {
                let place = outer[usize::from(compared_low[lane])]
                    + inner[usize::from(moderate_high[lane])];
                histogram.counts[place as usize] += 1;
            }
        }
    }
}
