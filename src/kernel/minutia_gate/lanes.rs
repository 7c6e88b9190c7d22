//! `minutia_gate` over vectors of 16 numbers.
//!
//! Stage 1 is a matrix product: the minutiae of all probes of a batch lie back to back in the lanes of
//! vectors, whatever print they are of, and a few vectors (a tile) meet a few minutiae of the gallery
//! print (a block) at a time, so that every load serves several products. The greatest of each row and of
//! each column of a probe's part is kept with its number, packed as in [`super::Key`]. Stage 2 holds the
//! 16 pairs in the lanes of one vector and turns it against itself: pairs of pairs are symmetric, so
//! eight turns meet them all.

use fearless_simd::{Bytes, Select, Simd, SimdBase, i16x32, i32x16};

use super::{
    INDEX_MASK, MAX_ROTATION_DIFFERENCE, PAIRS, PLAIN_STRENGTH, TOLERANCE_PX2, TOLERANCE_SHIFT,
    normalised,
};
use crate::domain::finger::{MAX_EXTENT_PX, MAX_PRINT_MINUTIAE};
use crate::kernel::minutia::{Descriptor, PrintView};

/// Numbers in a vector.
pub(super) const LANES: usize = 16;

const _: () = assert!(PAIRS == LANES, "stage 2 keeps its pairs in the lanes of one vector");

/// One vector in memory.
pub(super) type Vector = [i32; LANES];

/// Minutiae of the gallery print that a block or a vector may run past its end.
const SPARE: usize = LANES;

/// How one instruction set does what differs between them. `W` is the number of 32-bit words a descriptor
/// fills in the form it multiplies.
pub(super) trait Kit<S: Simd, const W: usize> {
    /// Vectors of a tile, at most 3.
    const TILE: usize;
    /// Minutiae of the gallery print taken at once, as registers allow: 4, 6 or 8.
    const ROWS: usize;
    /// The descriptor of a probe.
    fn probe_words(descriptor: &Descriptor) -> [i32; W];
    /// The descriptor of a gallery print.
    fn gallery_words(simd: S, descriptor: &Descriptor) -> [i32; W];
    /// What the sum of products of a probe starts from.
    fn start(descriptor: &Descriptor) -> i32;
    /// Adds the products of one word.
    fn add_products(simd: S, sum: i32x16<S>, probes: i32x16<S>, gallery: i32x16<S>) -> i32x16<S>;
    /// Raises `kept` to the greatest number of each of eight vectors.
    fn keep_maxima(simd: S, vectors: &[i32x16<S>; 8], kept: &mut [i32; 8]);
    /// The 16 largest keys of `len` best partners in any order. `best` goes on to a whole vector at least,
    /// with anything.
    fn strongest(simd: S, best: &[i32], len: usize) -> i32x16<S>;
    /// The positions of 16 minutiae as in [`Places`], and their directions in the low bytes; the other
    /// bytes of these are anything.
    fn looked_up(simd: S, places: &Places, numbers: i32x16<S>) -> (i32x16<S>, i32x16<S>);
    /// The support of each of 16 pairs by all others: [`supported`] by those one to seven lanes on, each
    /// counted twice because it comes once of two times, and by those eight lanes on.
    fn support(simd: S, pairs: &Pairs<S>) -> i32x16<S>;
    /// Cosines (low halves) and sines (high halves) of 16 directions, times [`crate::kernel::minutia::trigonometry::ONE`].
    fn waves(simd: S, directions: i32x16<S>) -> i32x16<S>;
}

/// What stage 2 reads of a print.
#[derive(Debug, Clone)]
pub(super) struct Places {
    len: usize,
    /// x in the low half, y in the high one.
    pub(super) positions: [i32; MAX_PRINT_MINUTIAE],
    pub(super) directions: [u8; MAX_PRINT_MINUTIAE],
    /// Both in one word: x, y (12 bits each, from the least of the print) and direction.
    pub(super) words: [u32; MAX_PRINT_MINUTIAE],
}

/// Bits of a coordinate in [`Places::words`].
pub(super) const COORDINATE_BITS: u32 = 12;

const _: () = assert!(
    MAX_EXTENT_PX < 1 << COORDINATE_BITS && 2 * COORDINATE_BITS + 8 == u32::BITS,
    "two coordinates and a direction fill a word"
);

impl Places {
    pub(super) fn of(print: PrintView<'_>) -> Places {
        let mut places = Places::empty();
        places.fill(print);
        places
    }

    fn empty() -> Places {
        Places {
            len: 0,
            positions: [0; MAX_PRINT_MINUTIAE],
            directions: [0; MAX_PRINT_MINUTIAE],
            words: [0; MAX_PRINT_MINUTIAE],
        }
    }

    /// Number of minutiae.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    fn fill(&mut self, print: PrintView<'_>) {
        self.len = print.len();
        let places = print.x.iter().zip(print.y);
        for (position, (x, y)) in self.positions.iter_mut().zip(places) {
            *position = i32::from(*x as u16) | i32::from(*y) << 16;
        }
        for (place, direction) in self.directions.iter_mut().zip(print.directions) {
            *place = *direction;
        }
        let least = |values: &[i16]| values.iter().copied().min().unwrap_or(0);
        let (least_x, least_y) = (least(print.x), least(print.y));
        let places = print.x.iter().zip(print.y).zip(print.directions);
        for (word, ((x, y), direction)) in self.words.iter_mut().zip(places) {
            let (x, y) = (x.wrapping_sub(least_x) as u16, y.wrapping_sub(least_y) as u16);
            *word = u32::from(x)
                | u32::from(y) << COORDINATE_BITS
                | u32::from(*direction) << (2 * COORDINATE_BITS);
        }
    }
}

/// The minutiae of one probe in one vector of a tile.
#[derive(Debug, Clone)]
struct Part {
    /// Which vector of the tile.
    vector: usize,
    /// The bits of a similarity that are kept, in the lanes of the probe.
    mask: Vector,
    /// Number of the minutia in its print.
    number: Vector,
}

/// The minutiae of one probe in a tile.
#[derive(Debug, Clone)]
struct Group {
    probe: usize,
    parts: Vec<Part>,
}

/// Some vectors of minutiae of probes.
#[derive(Debug, Clone)]
struct Tile {
    first: usize,
    vectors: usize,
    groups: Vec<Group>,
}

/// A batch in the form of one instruction set.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    tiles: Vec<Tile>,
    /// By tile, word and vector.
    panel: Vec<Vector>,
    /// What the sums of products start from, by vector.
    starts: Vec<Vector>,
    probes: Vec<Places>,
    /// Lane of the first minutia of each probe.
    offsets: Vec<usize>,
}

impl Packed {
    pub(super) fn new<S: Simd, K: Kit<S, W>, const W: usize>(probes: &[PrintView<'_>]) -> Packed {
        let lanes: usize = probes.iter().map(PrintView::len).sum();
        let vectors = lanes.div_ceil(LANES);
        let mut packed = Packed {
            tiles: Vec::new(),
            panel: vec![[0; LANES]; vectors * W],
            starts: vec![[0; LANES]; vectors],
            probes: probes.iter().map(|probe| Places::of(*probe)).collect(),
            offsets: Vec::with_capacity(probes.len()),
        };
        for first in (0..vectors).step_by(K::TILE) {
            let vectors = K::TILE.min(vectors - first);
            packed.tiles.push(Tile { first, vectors, groups: Vec::new() });
        }
        let mut lane = 0;
        for (probe, print) in probes.iter().enumerate() {
            packed.offsets.push(lane);
            for (number, descriptor) in print.descriptors.iter().enumerate() {
                packed.place::<S, K, W>(probe, number, lane, descriptor);
                lane += 1;
            }
        }
        packed
    }

    fn place<S: Simd, K: Kit<S, W>, const W: usize>(
        &mut self,
        probe: usize,
        number: usize,
        lane: usize,
        descriptor: &Descriptor,
    ) {
        let (vector, lane) = (lane / LANES, lane % LANES);
        let tile = &mut self.tiles[vector / K::TILE];
        let within = vector - tile.first;
        for (word, value) in K::probe_words(descriptor).into_iter().enumerate() {
            self.panel[tile.first * W + word * tile.vectors + within][lane] = value;
        }
        self.starts[vector][lane] = K::start(descriptor);
        if tile.groups.last().is_none_or(|group| group.probe != probe) {
            tile.groups.push(Group { probe, parts: Vec::new() });
        }
        let Some(group) = tile.groups.last_mut() else { return };
        if group.parts.last().is_none_or(|part| part.vector != within) {
            let (mask, number) = ([0; LANES], [0; LANES]);
            group.parts.push(Part { vector: within, mask, number });
        }
        if let Some(part) = group.parts.last_mut() {
            part.mask[lane] = !INDEX_MASK;
            part.number[lane] = number as i32;
        }
    }
}

/// What one call works in.
struct Workspace<const W: usize> {
    /// The gallery print in the form that is multiplied, the last minutia repeated past the end.
    rows: Vec<[i32; W]>,
    print: Places,
    /// Best partner of each minutia of the probes, by lane; a vector more than they fill.
    best_of_probes: Vec<i32>,
    /// Best partner in each probe of each minutia of the gallery print.
    best_of_print: Vec<[i32; MAX_PRINT_MINUTIAE + SPARE]>,
}

impl<const W: usize> Workspace<W> {
    fn new(packed: &Packed) -> Workspace<W> {
        Workspace {
            rows: vec![[0; W]; MAX_PRINT_MINUTIAE + SPARE],
            print: Places::empty(),
            best_of_probes: vec![0; packed.starts.len() * LANES + LANES],
            best_of_print: vec![[0; MAX_PRINT_MINUTIAE + SPARE]; packed.probes.len()],
        }
    }

    #[inline(always)]
    fn set<S: Simd, K: Kit<S, W>>(&mut self, simd: S, print: PrintView<'_>) {
        self.print.fill(print);
        for (row, descriptor) in self.rows.iter_mut().zip(print.descriptors) {
            *row = K::gallery_words(simd, descriptor);
        }
        if let Some(last) = print.len().checked_sub(1) {
            let last = self.rows[last];
            self.rows[print.len()..print.len() + SPARE].fill(last);
        }
        for best in &mut self.best_of_print {
            best[..print.len() + SPARE].fill(0);
        }
    }
}

/// Compares all with all: see [`super::gate`].
#[inline(always)]
pub(super) fn run<S: Simd, K: Kit<S, W>, const W: usize>(
    simd: S,
    packed: &Packed,
    gallery: &[PrintView<'_>],
    least_excess: i32,
    scores: &mut [i32],
) {
    let mut work = Workspace::<W>::new(packed);
    for (place, print) in gallery.iter().enumerate() {
        work.set::<S, K>(simd, *print);
        for tile in &packed.tiles {
            match tile.vectors {
                1 => multiply::<S, K, W, 1>(simd, packed, tile, &mut work),
                2 => multiply::<S, K, W, 2>(simd, packed, tile, &mut work),
                _ => multiply::<S, K, W, 3>(simd, packed, tile, &mut work),
            }
        }
        for probe in 0..packed.probes.len() {
            let score = second_stage::<S, K, W>(simd, packed, &work, (probe, least_excess));
            scores[probe * gallery.len() + place] = score;
        }
    }
}

/// Stage 1 of one tile and the gallery print.
#[inline(always)]
fn multiply<S: Simd, K: Kit<S, W>, const W: usize, const V: usize>(
    simd: S,
    packed: &Packed,
    tile: &Tile,
    work: &mut Workspace<W>,
) {
    let panel = packed.panel[tile.first * W..][..W * V].as_chunks::<V>().0;
    let starts = packed.starts[tile.first..].as_chunks::<V>().0;
    let (Some(panel), Some(starts)) = (panel.first_chunk::<W>(), starts.first()) else { return };
    let mut job = Multiply { simd, panel, starts, tile, best: [i32x16::splat(simd, 0); V] };
    let len = work.print.len;
    let mut row = 0;
    while K::ROWS >= 8 && row < len && len - row > 6 {
        job.block::<K, 8>(row, work);
        row += 8;
    }
    while K::ROWS >= 6 && row < len && len - row > 4 {
        job.block::<K, 6>(row, work);
        row += 6;
    }
    while row < len && len - row > 2 {
        job.block::<K, 4>(row, work);
        row += 4;
    }
    if row < len {
        job.block::<K, 2>(row, work);
    }
    let best = work.best_of_probes[tile.first * LANES..].as_chunks_mut::<LANES>().0;
    for (best, found) in best.iter_mut().zip(&job.best) {
        found.store_array(best);
    }
}

/// All similarities of `V` vectors of minutiae with `M` others.
#[inline(always)]
pub(super) fn products<S: Simd, K: Kit<S, W>, const W: usize, const V: usize, const M: usize>(
    simd: S,
    panel: &[[Vector; V]; W],
    starts: &[Vector; V],
    rows: &[[i32; W]; M],
) -> [[i32x16<S>; V]; M] {
    let mut sums = [[i32x16::splat(simd, 0); V]; M];
    for sums in &mut sums {
        for (sum, start) in sums.iter_mut().zip(starts) {
            *sum = i32x16::from_slice(simd, start);
        }
    }
    for (word, panel) in panel.iter().enumerate() {
        let mut probes = [i32x16::splat(simd, 0); V];
        for (probe, vector) in probes.iter_mut().zip(panel) {
            *probe = i32x16::from_slice(simd, vector);
        }
        for m in 0..M {
            let row = i32x16::splat(simd, rows[m][word]);
            for v in 0..V {
                sums[m][v] = K::add_products(simd, sums[m][v], probes[v], row);
            }
        }
    }
    sums
}

/// One tile on its way through a gallery print.
struct Multiply<'a, S: Simd, const W: usize, const V: usize> {
    simd: S,
    panel: &'a [[Vector; V]; W],
    starts: &'a [Vector; V],
    tile: &'a Tile,
    best: [i32x16<S>; V],
}

impl<S: Simd, const W: usize, const V: usize> Multiply<'_, S, W, V> {
    /// `M` minutiae of the gallery print from `first` on.
    #[inline(always)]
    #[allow(clippy::needless_range_loop, reason = "indices over several arrays of one shape")]
    fn block<K: Kit<S, W>, const M: usize>(&mut self, first: usize, work: &mut Workspace<W>) {
        let simd = self.simd;
        let Some(rows) = work.rows[first..].first_chunk::<M>() else { return };
        let sums = products::<S, K, W, V, M>(simd, self.panel, self.starts, rows);
        let last = work.print.len - 1;
        for m in 0..M {
            let number = i32x16::splat(simd, (first + m).min(last) as i32);
            for v in 0..V {
                self.best[v] = self.best[v].max((sums[m][v] & !INDEX_MASK) | number);
            }
        }
        let mut block = [[[0; LANES]; V]; M];
        for m in 0..M {
            for v in 0..V {
                sums[m][v].store_array(&mut block[m][v]);
            }
        }
        for group in &self.tile.groups {
            let mut best = [i32x16::splat(simd, 0); 8];
            for part in &group.parts {
                let mask = i32x16::from_slice(simd, &part.mask);
                let number = i32x16::from_slice(simd, &part.number);
                for m in 0..M {
                    let sum = i32x16::from_slice(simd, &block[m][part.vector]);
                    best[m] = best[m].max((sum & mask) | number);
                }
            }
            let kept = work.best_of_print[group.probe][first..].first_chunk_mut::<8>();
            if let Some(kept) = kept {
                K::keep_maxima(simd, &best, kept);
            }
        }
    }
}

/// Stage 2 of one probe and the gallery print, if their excess reaches the least one: the score.
#[inline(always)]
fn second_stage<S: Simd, K: Kit<S, W>, const W: usize>(
    simd: S,
    packed: &Packed,
    work: &Workspace<W>,
    (probe, least_excess): (usize, i32),
) -> i32 {
    let (probe_places, print) = (&packed.probes[probe], &work.print);
    let of_probe = &work.best_of_probes[packed.offsets[probe]..];
    let of_print = &work.best_of_print[probe];
    if least_excess > 0 {
        let of_probe = excess(simd, of_probe, probe_places.len);
        if (of_probe + excess(simd, of_print, print.len)).reduce_sum() < least_excess {
            return 0;
        }
    }
    let mut total = i32x16::splat(simd, 0);
    // A loop and not two calls: the code of both directions together would not fit a core's cache.
    for (first, second, best) in [(probe_places, print, of_probe), (print, probe_places, of_print)]
    {
        let strongest = K::strongest(simd, best, first.len);
        total += consistency::<S, K, W>(simd, first, second, strongest);
    }
    normalised(total.reduce_sum() as u32, probe_places.len, print.len)
}

/// By how much each of `len` best partners exceeds a plain one, summed by lane.
#[inline(always)]
fn excess<S: Simd>(simd: S, best: &[i32], len: usize) -> i32x16<S> {
    let none = i32x16::splat(simd, 0);
    let mut sum = none;
    for (best, first) in best.as_chunks::<LANES>().0.iter().zip((0..len).step_by(LANES)) {
        let number = i32x16::from_slice(simd, &COUNT) + first as i32;
        let excess = ((i32x16::from_slice(simd, best) >> 7) - PLAIN_STRENGTH).max(none);
        sum += number.simd_lt(len as i32).select(excess, none);
    }
    sum
}

/// The keys of the 16 best partners from `first` on, 0 from `len` on.
#[inline(always)]
pub(super) fn keys<S: Simd>(simd: S, best: &Vector, first: usize, len: usize) -> i32x16<S> {
    let best = i32x16::from_slice(simd, best);
    let number = i32x16::from_slice(simd, &COUNT) + first as i32;
    let is_pair = best.simd_gt(INDEX_MASK) & number.simd_lt(len as i32);
    is_pair.select((best << 7) | number, i32x16::splat(simd, 0))
}

pub(super) const COUNT: Vector = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// 16 pairs of minutiae of two prints.
pub(super) struct Pairs<S: Simd> {
    /// Positions in either print.
    pub(super) first: i32x16<S>,
    pub(super) second: i32x16<S>,
    /// Rotation in the highest byte, number in the second print in the lowest.
    pub(super) rotation: i32x16<S>,
    /// Cosine and negative sine of the rotation; sine and cosine.
    pub(super) along: i32x16<S>,
    pub(super) across: i32x16<S>,
    pub(super) strength: i32x16<S>,
}

/// Stage 2 in one direction: the sum over the lanes is [`super::consistency`].
#[inline(always)]
pub(super) fn consistency<S: Simd, K: Kit<S, W>, const W: usize>(
    simd: S,
    first: &Places,
    second: &Places,
    keys: i32x16<S>,
) -> i32x16<S> {
    let (in_first, in_second) = (keys & INDEX_MASK, (keys >> 7) & INDEX_MASK);
    let (positions_first, directions_first) = K::looked_up(simd, first, in_first);
    let (positions_second, directions_second) = K::looked_up(simd, second, in_second);
    let rotation = (directions_second - directions_first) & 255;
    let waves = K::waves(simd, rotation);
    let turned = (waves << 16) | ((waves >> 16) & 0xffff);
    // The sine's sign: it stands in the high half. Subtracted from 0 there, the low half stays.
    let along = (waves & 0xffff) | (i32x16::splat(simd, 0) - (waves & !0xffff));
    let strength = keys >> 14;
    let pairs = Pairs {
        first: positions_first,
        second: positions_second,
        rotation: (rotation << 24) | in_second,
        along,
        across: turned,
        strength,
    };
    K::support(simd, &pairs) * strength
}

#[inline(always)]
pub(super) fn halves<S: Simd>(vector: i32x16<S>) -> i16x32<S> {
    vector.bitcast()
}

/// The sums of the products of both halves.
#[inline(always)]
pub(super) fn dot<S: Simd>(simd: S, a: i16x32<S>, b: i16x32<S>) -> i32x16<S> {
    simd.pairwise_dot_product_i16x32(a, b)
}

/// The largest difference of [`Pairs::rotation`] that is near.
pub(super) const NEAR: i32 = MAX_ROTATION_DIFFERENCE << 24 | INDEX_MASK;

/// Adds to each pair the strength of the other one in its lane, times how well the two are consistent.
#[inline(always)]
pub(super) fn supported<S: Simd>(
    simd: S,
    pairs: &Pairs<S>,
    others: &Pairs<S>,
    support: i32x16<S>,
) -> i32x16<S> {
    let difference = (pairs.rotation - others.rotation).abs();
    let near = difference.simd_lt(NEAR + 1) & (difference & 255).simd_gt(0);
    let a = halves(pairs.first) - halves(others.first);
    let b = halves(pairs.second) - halves(others.second);
    // Minus 2^15 in the low or the high half.
    let ex = dot(simd, b, halves(i32x16::splat(simd, 0x8000)))
        + dot(simd, halves(pairs.along), a)
        + dot(simd, halves(others.along), a);
    let ey = dot(simd, b, halves(i32x16::splat(simd, i32::MIN)))
        + dot(simd, halves(pairs.across), a)
        + dot(simd, halves(others.across), a);
    let (ex, ey) = (ex.abs() >> 15, ey.abs() >> 15);
    let error = ex * ex + ey * ey;
    let tolerance = (dot(simd, a, a) >> TOLERANCE_SHIFT) + TOLERANCE_PX2;
    let none = i32x16::splat(simd, 0);
    let strength = near.select(others.strength, none);
    let fits = error.simd_lt(tolerance).select(strength, none);
    let well = (error + error).simd_lt(tolerance).select(strength, none);
    let best = (error << 2).simd_lt(tolerance).select(strength, none);
    support + fits + well + best
}
