// What a workgroup of `minutia_pair` keeps of its pair, and how it gets there.
//
// Bounds: the host lets no print exceed MAX_MINUTIAE minutiae nor a pair name a print that is not there.
// Numbers of minutiae that come out of keys are then below MAX_MINUTIAE because they went in so, and are
// masked to it besides; indices into tables are masked, or compared with their ends first. Every loop
// counts up to one of these bounds.

// Invocations of a row of the square in which similarities are computed.
const SQUARE: u32 = 8u;
// Places in the sums of a fit.
const WEIGHT: u32 = 0u;
const CENTROIDS: u32 = 1u;
const ALONG: u32 = 5u;
const ACROSS: u32 = 7u;
const SUMS: u32 = 9u;
const LEAST_I32: i32 = -2147483648;

// The two prints in the order in which they are compared; `swapped` is 1 where the probe is the second.
struct Comparison {
    probe: u32,
    gallery: u32,
    swapped: u32,
    first_size: u32,
    second_size: u32,
}

// A minutia with its best partner, as `cluster::Candidate`: places of both, in the order looked from.
struct Best {
    places: vec4<i32>,
    own: u32,
    partner: u32,
    rotation: u32,
    strength: i32,
}

struct Alignment {
    cosine: i32,
    sine: i32,
    rotation: u32,
    // Of the first print, then of the second, in sub-pixels.
    centroids: vec4<i32>,
}

// Columns of both prints, the second's from MAX_MINUTIAE on.
var<workgroup> places: array<vec2<i32>, 2 * MAX_MINUTIAE>;
var<workgroup> marks: array<u32, 2 * MAX_MINUTIAE>;
var<workgroup> partners: array<atomic<i32>, 2 * MAX_MINUTIAE>;
var<workgroup> keys: array<i32, 2 * MAX_MINUTIAE>;

// The best of the first print, then of the second.
var<workgroup> best: array<Best, CANDIDATES + PAIRS>;
var<workgroup> best_counts: array<atomic<u32>, 2>;
var<workgroup> agreements: array<i32, CANDIDATES * CANDIDATES>;
var<workgroup> shares: array<i32, CANDIDATES>;
var<workgroup> peaks: array<atomic<u32>, 4>;

// Of each minutia of the first print: what it is paired by (`claim`, 0 if it is not), and the weight.
var<workgroup> claims: array<u32, MAX_MINUTIAE>;
var<workgroup> weights: array<i32, MAX_MINUTIAE>;
// The greatest claim on each minutia of the second print, 0 for none.
var<workgroup> held: array<atomic<u32>, MAX_MINUTIAE>;
var<workgroup> displaced: atomic<u32>;
var<workgroup> paired: atomic<u32>;

var<workgroup> sums: array<atomic<i32>, SUMS>;
var<workgroup> greatest_claim: atomic<u32>;
// The first print in the frame of the second, in sub-pixels.
var<workgroup> mapped: array<vec2<i32>, MAX_MINUTIAE>;
// Of the paired minutiae: where they were mapped to, and what is left over.
var<workgroup> left_over: array<vec4<i32>, MAX_MINUTIAE>;
var<workgroup> left_over_count: atomic<u32>;

// By print (mapped first, second), half of its minutiae, and side.
var<workgroup> reaches: array<i32, WORKGROUP>;
var<workgroup> overlaps: array<atomic<i32>, 2>;
var<workgroup> weight: atomic<u32>;
var<workgroup> total: atomic<u32>;

fn comparison(pair: vec2<u32>) -> Comparison {
    let probe = probe_prints[pair.x];
    let print = gallery_prints[pair.y];
    let probe_size = probe.minutiae & COUNT_MASK;
    let print_size = print.minutiae & COUNT_MASK;
    var swapped = probe.order_low > print.order_low;
    if (probe.order_high != print.order_high) { swapped = probe.order_high > print.order_high; }
    if (probe_size != print_size) { swapped = probe_size > print_size; }
    return Comparison(
        probe.first,
        print.first,
        u32(swapped),
        select(probe_size, print_size, swapped),
        select(print_size, probe_size, swapped),
    );
}

fn size_of(c: Comparison, print: u32) -> u32 {
    return select(c.first_size, c.second_size, print == 1u);
}

// Cosine and sine of an angle in 1/512 turn.
fn wave(angle: u32) -> vec2<i32> {
    let packed = tables[WAVES_AT + (angle & 511u)];
    return vec2<i32>((packed << 16u) >> 16u, packed >> 16u);
}

// A difference of directions, from -128 to 127.
fn signed_turn(difference: u32) -> i32 {
    return bitcast<i32>(difference << 24u) >> 24u;
}

fn direction_of(slot: u32) -> u32 {
    return marks[slot] & 255u;
}

// Quality as an index of a table of 101.
fn quality_of(slot: u32) -> u32 {
    return min((marks[slot] >> 8u) & 255u, 100u);
}

// Largest integer whose square is at most `value`, which is below 4^bits: by its digits, so that it is
// exact on every device.
fn integer_root(value: u32, bits: u32) -> u32 {
    var rest = value;
    var root = 0u;
    for (var digit = bits; digit > 0u; digit--) {
        let place = 1u << (2u * (digit - 1u));
        let trial = root + place;
        root >>= 1u;
        if (rest >= trial) {
            rest -= trial;
            root += place;
        }
    }
    return root;
}

fn store_minutia(slot: u32, minutia: vec2<u32>) {
    let place = bitcast<i32>(minutia.x);
    places[slot] = vec2<i32>((place << 16u) >> 16u, place >> 16u);
    marks[slot] = minutia.y;
    atomicStore(&partners[slot], 0);
}

// Workgroup memory is not cleared by the driver: whatever is added to or read before it is written is
// set here.
fn load(c: Comparison, lane: u32) {
    let probe_slot = MAX_MINUTIAE * c.swapped;
    let probe_size = size_of(c, c.swapped);
    for (var i = lane; i < probe_size; i += WORKGROUP) {
        store_minutia(probe_slot + i, probe_minutiae[c.probe + i]);
    }
    let gallery_slot = MAX_MINUTIAE - probe_slot;
    let gallery_size = size_of(c, 1u - c.swapped);
    for (var i = lane; i < gallery_size; i += WORKGROUP) {
        store_minutia(gallery_slot + i, gallery_minutiae[c.gallery + i]);
    }
    for (var i = lane; i < c.first_size; i += WORKGROUP) {
        claims[i] = 0u;
    }
    if (lane < CANDIDATES) {
        agreements[lane * CANDIDATES + lane] = 0;
    }
    if (lane < 4u) {
        atomicStore(&peaks[lane], 0u);
    }
    if (lane < 2u) {
        atomicStore(&best_counts[lane], 0u);
        atomicStore(&overlaps[lane], 0);
    }
    if (lane == 0u) {
        atomicStore(&paired, 0u);
        atomicStore(&weight, 0u);
        atomicStore(&total, 0u);
    }
}
