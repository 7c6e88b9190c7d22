//! `minutia_pair` over vectors of 16 numbers: the loops over pairs of minutiae and over pairs of pairs.
//!
//! Similarities come all at once from [`crate::kernel::minutia_gate`]; agreements, the search for
//! partners and the smooth distortion go through lanes. What is short or sequential (fits, the taking of
//! pairs in turn, the overlap) is the code of the definition itself.

use std::sync::LazyLock;

use fearless_simd::{Bytes, Level, Select, Simd, SimdBase, SimdMask, dispatch, i32x16, u32x16};

use super::align::{Alignment, NEIGHBOUR_WEIGHTS, SUB_PIXELS, follow_by};
use super::cluster::{
    Agreements, Candidate, MAX_DISTANCE, RECIPROCALS, ROTATION_FACTOR, candidates, seed_among,
};
use super::pairing::{MAX_DIRECTION, REACH, ROUNDS, key, one_to_one, weight_of};
use super::{CANDIDATES, PairScore, Paired, overlap, score};
use crate::domain::finger::MAX_PRINT_MINUTIAE;
use crate::kernel::minutia::PrintView;
use crate::kernel::minutia::trigonometry::{ONE, cosine, sine};
use crate::kernel::minutia_gate::lanes_single::{Compared, compare};

/// Numbers in a vector.
const LANES: usize = 16;
type Vector = [i32; LANES];

/// Vectors that hold the candidates.
const CANDIDATE_VECTORS: usize = CANDIDATES.div_ceil(LANES);
/// Vectors that hold the minutiae of the largest print.
const PRINT_VECTORS: usize = MAX_PRINT_MINUTIAE / LANES;

pub(super) fn run(level: Level, a: PrintView<'_>, b: PrintView<'_>) -> PairScore {
    let (first, second) = a.ordered(b);
    let compared = compare(level, first, second, CANDIDATES);
    dispatch!(level, simd => score_at(simd, first, second, &compared))
}

#[inline(always)]
fn score_at<S: Simd>(
    simd: S,
    first: PrintView<'_>,
    second: PrintView<'_>,
    compared: &Compared,
) -> PairScore {
    let candidates = candidates(first, second, &compared.best);
    let agreements = agreements(simd, &candidates);
    let Some(mut pairs) = seed_among(&candidates, &agreements) else {
        return PairScore::default();
    };
    let goals = Goals::of(second);
    let mut alignment = Alignment::fit(first, second, &pairs);
    let mut mapped = alignment.map(first);
    for round in 0..ROUNDS {
        if round > 0 {
            alignment = Alignment::fit(first, second, &pairs);
            mapped = alignment.map(first);
            follow(simd, &mut mapped, second, &pairs);
        }
        pairs = pair(simd, first, &goals, &mapped, alignment.rotation, round, compared);
        if pairs.len() < 2 {
            return PairScore::default();
        }
    }
    let similarity = score::similarity(&score::Terms {
        weight: weight_of(first, second, &pairs),
        overlap: overlap::overlap(first, second, &mapped, &pairs),
        total: compared.total,
        minutiae: (first.len(), second.len()),
        rotation: alignment.rotation,
    });
    PairScore { similarity, paired: pairs.len() as u32 }
}

/// Cosine (low half) and sine (high half) of each 1/512 turn, times [`ONE`].
pub(crate) static WAVES: [i32; 512] = {
    let mut waves = [0; 512];
    let mut angle = 0;
    while angle < 512 {
        waves[angle as usize] = cosine(angle) & 0xffff | sine(angle) << 16;
        angle += 1;
    }
    waves
};

/// Candidates by lanes.
struct Columns {
    a: [[Vector; CANDIDATE_VECTORS]; 2],
    b: [[Vector; CANDIDATE_VECTORS]; 2],
    rotation: [Vector; CANDIDATE_VECTORS],
    second: [Vector; CANDIDATE_VECTORS],
}

impl Columns {
    fn of(candidates: &[Candidate]) -> Columns {
        let none = [[0; LANES]; CANDIDATE_VECTORS];
        let mut columns = Columns { a: [none; 2], b: [none; 2], rotation: none, second: none };
        for (place, candidate) in candidates.iter().take(CANDIDATES).enumerate() {
            let (vector, lane) = (place / LANES, place % LANES);
            columns.a[0][vector][lane] = candidate.a.0;
            columns.a[1][vector][lane] = candidate.a.1;
            columns.b[0][vector][lane] = candidate.b.0;
            columns.b[1][vector][lane] = candidate.b.1;
            columns.rotation[vector][lane] = i32::from(candidate.rotation);
            columns.second[vector][lane] = candidate.second as i32;
        }
        columns
    }
}

/// The agreements of all candidates with all.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "a matrix is mirrored")]
fn agreements<S: Simd>(simd: S, candidates: &[Candidate]) -> Agreements {
    let mut agreements = [[0; CANDIDATES]; CANDIDATES];
    let columns = Columns::of(candidates);
    // Agreement is mutual: the candidates of a vector meet themselves and those after them.
    for vector in 0..candidates.len().div_ceil(LANES) {
        let from = vector * LANES;
        let rows = candidates.iter().zip(&mut agreements).skip(from);
        for (candidate, row) in rows {
            let mut found = [0; LANES];
            if agree(simd, candidate, &columns, vector, &mut found) {
                let row = &mut row[from..];
                let width = row.len().min(LANES);
                row[..width].copy_from_slice(&found[..width]);
            }
        }
        for earlier in from..candidates.len().min(from + LANES) {
            for later in from + LANES..candidates.len() {
                agreements[earlier][later] = agreements[later][earlier];
            }
        }
    }
    agreements
}

/// The agreement of `u` with 16 candidates; whether there can be any.
#[inline(always)]
fn agree<S: Simd>(
    simd: S,
    u: &Candidate,
    columns: &Columns,
    vector: usize,
    agreements: &mut Vector,
) -> bool {
    let load = |column: &[Vector; CANDIDATE_VECTORS]| i32x16::from_slice(simd, &column[vector]);
    let rotation = load(&columns.rotation);
    let difference = ((i32x16::splat(simd, i32::from(u.rotation)) - rotation) << 24) >> 24;
    let rotation_part = difference * difference * ROTATION_FACTOR;
    let possible = rotation_part.simd_lt(1 << 16) & load(&columns.second).simd_ne(u.second as i32);
    if possible.to_bitmask() == 0 {
        return false;
    }
    let middle: Vector = ((rotation + rotation + difference) & 511).into();
    let waves = i32x16::from_slice(simd, &look_up(&WAVES, &middle));
    let (c, s) = ((waves << 16) >> 16, waves >> 16);
    let ax = i32x16::splat(simd, u.a.0) - load(&columns.a[0]);
    let ay = i32x16::splat(simd, u.a.1) - load(&columns.a[1]);
    let (rx, ry) = (shrunk::<S, ONE>(c * ax - s * ay), shrunk::<S, ONE>(s * ax + c * ay));
    let ex = i32x16::splat(simd, u.b.0) - load(&columns.b[0]) - rx;
    let ey = i32x16::splat(simd, u.b.1) - load(&columns.b[1]) - ry;
    let distance: Vector = root(simd, ax * ax + ay * ay).min(MAX_DISTANCE as i32).into();
    let (mut along, mut across) = ([0; LANES], [0; LANES]);
    for ((along, across), distance) in along.iter_mut().zip(&mut across).zip(distance) {
        (*along, *across) = RECIPROCALS[(distance as usize).min(MAX_DISTANCE)];
    }
    let along = part(ex * rx + ey * ry, i32x16::from_slice(simd, &along));
    let across = part(ey * rx - ex * ry, i32x16::from_slice(simd, &across));
    let none = i32x16::splat(simd, 0);
    let left = (i32x16::splat(simd, 1 << 16) - rotation_part - along - across).max(none) >> 8;
    possible.select(left, none).store_array(agreements);
    true
}

/// Entries of a table whose length is a power of two.
#[inline(always)]
fn look_up<const N: usize>(table: &[i32; N], places: &Vector) -> Vector {
    const { assert!(N.is_power_of_two()) };
    let mut found = [0; LANES];
    for (found, place) in found.iter_mut().zip(places) {
        *found = table[*place as usize & (N - 1)];
    }
    found
}

/// Divided by a power of two, towards zero.
#[inline(always)]
fn shrunk<S: Simd, const BY: i32>(value: i32x16<S>) -> i32x16<S> {
    const { assert!(BY > 0 && BY & (BY - 1) == 0) };
    (value + ((value >> 31) & (BY - 1))) >> BY.trailing_zeros()
}

/// The integer square root: the one of floating point is right to one unit, which is then put right.
#[inline(always)]
fn root<S: Simd>(simd: S, square: i32x16<S>) -> i32x16<S> {
    let root = simd.cvt_i32_f32x16(simd.sqrt_f32x16(simd.cvt_f32_i32x16(square)));
    let (none, one) = (i32x16::splat(simd, 0), i32x16::splat(simd, 1));
    let root = root - (root * root).simd_gt(square).select(one, none);
    let next = root + one;
    root + (next * next).simd_le(square).select(one, none)
}

/// The square of an error times a reciprocal, 2^16 at most: the product of 32 by 24 bits in halves.
#[inline(always)]
fn part<S: Simd>(error: i32x16<S>, reciprocal: i32x16<S>) -> i32x16<S> {
    let error = error.abs();
    let (high, low) = (unsigned_shift(error).min(256), error & 0xffff);
    let lowest = unsigned_shift(low * (reciprocal & 0xffff));
    let scaled = high * reciprocal + low * (reciprocal >> 16) + lowest;
    let scaled = scaled.min(256);
    scaled * scaled
}

/// The high half, as if unsigned.
#[inline(always)]
fn unsigned_shift<S: Simd>(value: i32x16<S>) -> i32x16<S> {
    let unsigned: u32x16<S> = value.bitcast();
    (unsigned >> 16).bitcast()
}

/// The minutiae of the second print by lanes, 1/16 pixel; past its end far from everything.
struct Goals {
    vectors: usize,
    x: [Vector; PRINT_VECTORS],
    y: [Vector; PRINT_VECTORS],
    directions: [Vector; PRINT_VECTORS],
}

impl Goals {
    fn of(print: PrintView<'_>) -> Goals {
        const FAR: i32 = 1 << 28;
        let mut goals = Goals {
            vectors: print.len().div_ceil(LANES),
            x: [[FAR; LANES]; PRINT_VECTORS],
            y: [[FAR; LANES]; PRINT_VECTORS],
            directions: [[0; LANES]; PRINT_VECTORS],
        };
        for j in 0..print.len().min(MAX_PRINT_MINUTIAE) {
            let (vector, lane) = (j / LANES, j % LANES);
            goals.x[vector][lane] = i32::from(print.x[j]) * SUB_PIXELS;
            goals.y[vector][lane] = i32::from(print.y[j]) * SUB_PIXELS;
            goals.directions[vector][lane] = i32::from(print.directions[j]);
        }
        goals
    }
}

/// [`super::pairing::pair`], its search by lanes.
#[inline(always)]
fn pair<S: Simd>(
    simd: S,
    a: PrintView<'_>,
    goals: &Goals,
    mapped: &[(i32, i32)],
    rotation: u8,
    round: usize,
    compared: &Compared,
) -> Vec<Paired> {
    let reach = REACH[round];
    let mut keys: Vec<u32> = Vec::with_capacity(128);
    for (i, place) in mapped.iter().enumerate() {
        let expected = i32x16::splat(simd, i32::from(a.directions[i].wrapping_add(rotation)));
        for vector in 0..goals.vectors {
            let dx = i32x16::from_slice(simd, &goals.x[vector]) - place.0;
            let dy = i32x16::from_slice(simd, &goals.y[vector]) - place.1;
            let directions = i32x16::from_slice(simd, &goals.directions[vector]);
            let turn = (((directions - expected) << 24) >> 24).abs();
            let squared = dx * dx + dy * dy;
            // The squares may have left 32 bits where a difference is beyond reach.
            let near = dx.abs().simd_le(reach)
                & dy.abs().simd_le(reach)
                & turn.simd_le(MAX_DIRECTION)
                & squared.simd_le(reach * reach);
            let mut found = near.to_bitmask();
            if found == 0 {
                continue;
            }
            let (squared, turn): (Vector, Vector) = (squared.into(), turn.into());
            while found != 0 {
                let lane = found.trailing_zeros() as usize & (LANES - 1);
                found &= found - 1;
                let j = vector * LANES + lane;
                let strength = compared.similarity(i, j) >> 7;
                keys.push(key((i, j), squared[lane], turn[lane], strength));
            }
        }
    }
    one_to_one(keys)
}

/// The weights of neighbours, zero beyond their reach.
static WEIGHTS: LazyLock<[i32; 512]> =
    LazyLock::new(|| std::array::from_fn(|step| NEIGHBOUR_WEIGHTS.get(step).copied().unwrap_or(0)));

/// [`super::align::follow`], its sums by lanes.
#[inline(always)]
fn follow<S: Simd>(simd: S, mapped: &mut [(i32, i32)], b: PrintView<'_>, pairs: &[Paired]) {
    let weights = &*WEIGHTS;
    debug_assert!(NEIGHBOUR_WEIGHTS.len() < weights.len());
    let vectors = pairs.len().div_ceil(LANES).min(PRINT_VECTORS);
    let none = [[0; LANES]; PRINT_VECTORS];
    let (mut at, mut left_over, mut numbers) = ([none; 2], [none; 2], [[-1; LANES]; PRINT_VECTORS]);
    for (place, pair) in pairs.iter().take(MAX_PRINT_MINUTIAE).enumerate() {
        let (vector, lane) = (place / LANES, place % LANES);
        let from = mapped[pair.first];
        at[0][vector][lane] = from.0;
        at[1][vector][lane] = from.1;
        left_over[0][vector][lane] = i32::from(b.x[pair.second]) * SUB_PIXELS - from.0;
        left_over[1][vector][lane] = i32::from(b.y[pair.second]) * SUB_PIXELS - from.1;
        numbers[vector][lane] = pair.first as i32;
    }
    for (i, place) in mapped.iter_mut().enumerate() {
        let zero = i32x16::splat(simd, 0);
        let (mut sum_x, mut sum_y, mut votes) = (zero, zero, zero);
        for vector in 0..vectors {
            let dx = shrunk::<S, SUB_PIXELS>(i32x16::from_slice(simd, &at[0][vector]) - place.0);
            let dy = shrunk::<S, SUB_PIXELS>(i32x16::from_slice(simd, &at[1][vector]) - place.1);
            let step = ((dx * dx + dy * dy) >> 6).min(weights.len() as i32 - 1);
            let weight = i32x16::from_slice(simd, &look_up(weights, &step.into()));
            let numbers = i32x16::from_slice(simd, &numbers[vector]);
            let others = numbers.simd_ne(i as i32) & numbers.simd_ge(0);
            let weight = others.select(weight, zero);
            sum_x += weight * i32x16::from_slice(simd, &left_over[0][vector]);
            sum_y += weight * i32x16::from_slice(simd, &left_over[1][vector]);
            votes += weight;
        }
        follow_by(place, (sum_x.reduce_sum(), sum_y.reduce_sum()), votes.reduce_sum());
    }
}
