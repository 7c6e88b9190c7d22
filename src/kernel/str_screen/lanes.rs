//! `str_screen` over vectors of 512 rows.
//!
//! Two passes per block. The *head* counts, for the loci where the probe has one or two alleles, a
//! lower bound of the failing loci from two or three planes each, most selective locus first, and
//! stops as soon as every lane has failed too often; nearly all blocks end there after five loci.
//! What remains is counted *exactly* over all loci. Blocks are the outer loop and probes the inner
//! one, so a block is read from memory once for [`PROBES_PER_PASS`] probes.

use fearless_simd::{Level, Simd, SimdBase, dispatch, u64x8};

use super::{Params, Query};
use crate::domain::stringency::Stringency;
use crate::kernel::lanes::{
    Agreeing, Block, Counter, NARROW_BITS, WIDE_BITS, agreeing, first_planes, fit_narrow,
    for_each_lane, is_zero, lane_count, lane_mask,
};
use crate::kernel::planes::{LANES, ONE, PlaneView, TWO, TYPED, WILD, WORDS};
use crate::kernel::query::QueryLocus;
use crate::kernel::{Overflow, Survivor, Window};

/// Probes whose steps and windows stay in the second-level cache beside a block (250 KB).
const PROBES_PER_PASS: usize = 1024;

/// Loci between two looks at whether any lane is left.
const STEPS_PER_LOOK: usize = 5;

/// Blocks looked at to order the loci.
const SAMPLED_BLOCKS: usize = 4;

/// From this number of probes on, looking whether a block is clean costs less than it saves.
const PROBES_TO_LOOK_AT_FLAGS: usize = 8;

const HIGH: u8 = 0;
const MODERATE: u8 = 1;
const LOW: u8 = 2;

/// One locus of a head: the planes its bound is computed from.
#[derive(Clone, Copy)]
struct Step {
    x: u32,
    y: u32,
    first_plane: u32,
}

/// The heads of a batch of probes, in one array.
struct Heads {
    steps: Vec<[Step; STEPS_PER_LOOK]>,
    ends: Vec<u32>,
}

/// Everything a pass needs that does not depend on the instruction set.
struct Job<'a> {
    params: &'a Params,
    queries: &'a [Query],
    windows: &'a [Window],
    view: PlaneView<'a>,
    heads: Heads,
    first_planes: &'a [u32],
}

pub(super) fn run(
    level: Level,
    params: &Params,
    queries: &[Query],
    windows: &[Window],
    view: PlaneView,
    capacity: usize,
) -> Result<Vec<Survivor>, Overflow> {
    let mut survivors = Vec::new();
    let popularity = Popularity::sample(&view);
    let first_planes = &first_planes(&view);
    let batches = queries.chunks(PROBES_PER_PASS).zip(windows.chunks(PROBES_PER_PASS));
    for (batch, (queries, windows)) in batches.enumerate() {
        let heads = Heads::build(queries, params.stringency, &popularity);
        let job = Job { params, queries, windows, view, heads, first_planes };
        let start = survivors.len();
        dispatch!(level, simd => pass(simd, &job, batch * PROBES_PER_PASS, capacity, &mut survivors))?;
        survivors[start..].sort_unstable();
    }
    Ok(survivors)
}

/// How many of the sampled rows have each plane set; decides the order of loci, never a result.
struct Popularity {
    rows: u64,
    counts: Vec<u64>,
}

impl Popularity {
    fn sample(view: &PlaneView) -> Self {
        let mut counts = vec![0; view.map().planes()];
        let step = (view.blocks() / SAMPLED_BLOCKS).max(1);
        let mut rows = 0;
        for block in (0..view.blocks()).step_by(step).take(SAMPLED_BLOCKS) {
            rows += (view.rows() - block * LANES).min(LANES) as u64;
            let planes = view.block(block).as_chunks::<WORDS>().0;
            for (count, words) in counts.iter_mut().zip(planes) {
                *count += words.iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
            }
        }
        Popularity { rows, counts }
    }

    fn of(&self, plane: u32) -> u64 {
        self.counts.get(plane as usize).copied().unwrap_or(0)
    }

    /// Rows expected to fail at `step`, times the number of rows sampled.
    fn failing(&self, step: &Step, stringency: Stringency) -> u64 {
        let (x, y) = (self.of(step.x), self.of(step.y));
        let either = if step.x == step.y { x } else { x + y };
        let agreeing = match stringency {
            Stringency::High => x * y,
            Stringency::Moderate => x * y + self.of(step.first_plane + ONE as u32) * either,
            Stringency::Low => either * self.rows,
        };
        (self.of(step.first_plane + TYPED as u32) * self.rows).saturating_sub(agreeing)
    }
}

impl Step {
    /// The step of a locus, where two planes bound it: one or two alleles, no wildcard.
    fn of(locus: &QueryLocus, stringency: Stringency) -> Option<Step> {
        if locus.wild || locus.known > 2 {
            return None;
        }
        let first_plane = locus.first_plane;
        let high = stringency == Stringency::High;
        let (x, y) = match (locus.known, locus.planes()) {
            (1, [a]) if high => (*a, first_plane + ONE as u32),
            (1, [a]) => (*a, *a),
            (_, [a, b]) => (*a, *b),
            // An allele no row has: no row agrees at high, and no row has one and two alleles.
            _ if high => (first_plane + ONE as u32, first_plane + TWO as u32),
            (2, [a]) if stringency == Stringency::Low => (*a, *a),
            _ => return None,
        };
        Some(Step { x, y, first_plane })
    }
}

impl Heads {
    fn build(queries: &[Query], stringency: Stringency, popularity: &Popularity) -> Heads {
        let mut heads = Heads { steps: Vec::new(), ends: Vec::with_capacity(queries.len()) };
        let mut ranked: Vec<(u64, Step)> = Vec::new();
        for query in queries {
            ranked.clear();
            ranked.extend(query.loci().iter().filter_map(|locus| {
                let step = Step::of(locus, stringency)?;
                Some((popularity.failing(&step, stringency), step))
            }));
            ranked.sort_unstable_by_key(|(failing, _)| std::cmp::Reverse(*failing));
            // A last incomplete group is left to the exact pass.
            let (groups, _) = ranked.as_chunks::<STEPS_PER_LOOK>();
            heads.steps.extend(groups.iter().map(|group| group.map(|(_, step)| step)));
            heads.ends.push(heads.steps.len() as u32);
        }
        heads
    }

    fn of(&self, probe: usize) -> &[[Step; STEPS_PER_LOOK]] {
        let start = if probe == 0 { 0 } else { self.ends[probe - 1] as usize };
        &self.steps[start..self.ends[probe] as usize]
    }
}

/// One batch of probes against the whole view.
#[inline(always)]
fn pass<S: Simd>(
    simd: S,
    job: &Job,
    first_probe: usize,
    capacity: usize,
    survivors: &mut Vec<Survivor>,
) -> Result<(), Overflow> {
    let narrow = fit_narrow(job.queries);
    let mut active = Vec::with_capacity(job.queries.len());
    let mut left = Vec::with_capacity(job.queries.len());
    for number in 0..job.view.blocks() {
        let rows = number * LANES..job.view.rows().min((number + 1) * LANES);
        active.clear();
        for (probe, window) in job.windows.iter().enumerate() {
            let window = window.rows(&job.view);
            if window.start < rows.end && window.end > rows.start && !window.is_empty() {
                active.push(probe as u32);
            }
        }
        let block = Block::new(simd, &job.view, number);
        let clean = active.len() >= PROBES_TO_LOOK_AT_FLAGS
            && simd.vectorize(
                #[inline(always)]
                || {
                    block.is_fully_typed(job.first_planes, rows.len())
                        && !block.has_wild(job.first_planes)
                },
            );
        left.clear();
        let lanes = u64x8::from_slice(simd, &lane_mask(0..rows.len()));
        heads(simd, job, &block, (clean, lanes), &active, &mut left);
        for probe in &left {
            let window = job.windows[*probe as usize].rows(&job.view);
            let lanes =
                window.start.max(rows.start) - rows.start..window.end.min(rows.end) - rows.start;
            let found =
                Found { probe: first_probe as u32 + probe, first_row: rows.start as u32, lanes };
            let query = &job.queries[*probe as usize];
            if narrow {
                exact::<S, NARROW_BITS>(simd, job, &block, query, &found, survivors);
            } else {
                exact::<S, WIDE_BITS>(simd, job, &block, query, &found, survivors);
            }
            if survivors.len() > capacity {
                return Err(Overflow { capacity });
            }
        }
    }
    Ok(())
}

/// Chooses the head for the parameters; `left` receives the probes with a lane left.
fn heads<S: Simd>(
    simd: S,
    job: &Job,
    block: &Block<S>,
    (clean, lanes): (bool, u64x8<S>),
    active: &[u32],
    left: &mut Vec<u32>,
) {
    macro_rules! choose {
        ($stringency:ident) => {
            match (clean, job.params.max_failing) {
                (true, ..4) => choose!(@ $stringency, true, 2),
                (true, 4..16) => choose!(@ $stringency, true, 4),
                (true, 16..64) => choose!(@ $stringency, true, 6),
                (false, ..4) => choose!(@ $stringency, false, 2),
                (false, 4..16) => choose!(@ $stringency, false, 4),
                (false, 16..64) => choose!(@ $stringency, false, 6),
                _ => left.extend_from_slice(active),
            }
        };
        (@ $stringency:ident, $clean:literal, $bits:literal) => {
            simd.vectorize(
                #[inline(always)]
                || head::<S, $stringency, $clean, $bits>(simd, job, block, lanes, active, left),
            )
        };
    }
    match job.params.stringency {
        Stringency::High => choose!(HIGH),
        Stringency::Moderate => choose!(MODERATE),
        Stringency::Low => choose!(LOW),
    }
}

/// The head: counters start so that the failing locus too many wraps them.
#[inline(always)]
fn head<S: Simd, const STRINGENCY: u8, const CLEAN: bool, const N: usize>(
    simd: S,
    job: &Job,
    block: &Block<S>,
    lanes: u64x8<S>,
    active: &[u32],
    left: &mut Vec<u32>,
) {
    let start = Counter::<S, N>::splat(simd, (1 << N) - 1 - job.params.max_failing);
    'probes: for probe in active {
        let mut counter = start;
        let mut alive = lanes;
        for steps in job.heads.of(*probe as usize) {
            for step in steps {
                let wrapped = counter.add(failing::<S, STRINGENCY, CLEAN>(block, step));
                alive &= !wrapped;
            }
            if is_zero(alive) {
                continue 'probes;
            }
        }
        left.push(*probe);
    }
}

/// Rows that certainly fail at a step: a row with a wildcard never does.
#[inline(always)]
fn failing<S: Simd, const STRINGENCY: u8, const CLEAN: bool>(
    block: &Block<S>,
    step: &Step,
) -> u64x8<S> {
    let (x, y) = (block.load(step.x), block.load(step.y));
    let agreeing = match STRINGENCY {
        HIGH => x & y,
        MODERATE => (x & y) | (block.load(step.first_plane + ONE as u32) & (x | y)),
        _ => x | y,
    };
    if CLEAN {
        return !agreeing;
    }
    let typed = block.load(step.first_plane + TYPED as u32);
    let wild = block.load(step.first_plane + WILD as u32);
    typed & !(agreeing | wild)
}

/// Where the survivors of one probe and block come from.
struct Found {
    probe: u32,
    first_row: u32,
    lanes: std::ops::Range<usize>,
}

/// Counts every locus of a probe against a block and appends the survivors.
fn exact<S: Simd, const N: usize>(
    simd: S,
    job: &Job,
    block: &Block<S>,
    query: &Query,
    found: &Found,
    survivors: &mut Vec<Survivor>,
) {
    simd.vectorize(
        #[inline(always)]
        || {
            let mut failing = Counter::<S, N>::splat(simd, 0);
            let mut compared = Counter::<S, N>::splat(simd, 0);
            for locus in query.loci() {
                let Agreeing { typed, high, moderate, low } = agreeing(block, locus);
                let agreed = match job.params.stringency {
                    Stringency::High => high,
                    Stringency::Moderate => moderate,
                    Stringency::Low => low,
                };
                failing.add(typed & !agreed);
                compared.add(typed);
            }
            let mut out = failing.over(simd, job.params.max_failing);
            if let Some(too_few) = job.params.min_compared.checked_sub(1) {
                out |= !compared.over(simd, too_few);
            }
            let lanes = u64x8::from_slice(simd, &lane_mask(found.lanes.clone()));
            append::<S, N>(lanes & !out, &failing, found, survivors);
        },
    );
}

#[inline(always)]
fn append<S: Simd, const N: usize>(
    alive: u64x8<S>,
    failing: &Counter<S, N>,
    found: &Found,
    survivors: &mut Vec<Survivor>,
) {
    if is_zero(alive) {
        return;
    }
    let values = failing.store();
    for_each_lane(alive, |lane| {
        survivors.push(Survivor {
            probe: found.probe,
            row: found.first_row + lane as u32,
            value: lane_count(&values, lane) as i32,
        });
    });
}
