// `minutia_gate`: a workgroup compares one gallery print with a few probes, one after the other.
// `kernel::minutia_gate::screened` is the definition, and every score equals its score: all arithmetic is in
// integers, and every sum and maximum is over a set whose order does not matter.
//
// The minutiae of the probe are called rows, those of the gallery print columns. Which print comes first
// makes no difference to the definition beyond the order of its two summands, so rows and columns need no
// ordering. The layout of the threads in stage 2 hangs on WORKGROUP and PAIRS, that of the keys on
// MAX_MINUTIAE.

// Threads lie in a square of 8 by 8 over the similarities, so that a tail costs at most seven rows and
// seven columns; with one row a thread, a print of 36 minutiae would leave 28 of 64 threads idle.
const SIDE: u32 = 8u;
// Rows that a thread holds in registers: a column read from workgroup memory is then used four times, which
// keeps multiplication, not memory, the bound where 64 multiplications of four bytes take a clock.
const ROWS_HELD: u32 = 4u;

// Two more than a multiple of eight vectors: the four quarters of two descriptors, written by eight
// neighbouring threads, then go to different banks.
const COLUMN_PITCH: u32 = MAX_MINUTIAE + 2u;
// Four more (eight more) than a multiple of 32 words, so that the threads of a square write to different
// banks.
const ROW_BEST_PITCH: u32 = MAX_MINUTIAE + 4u;
const COLUMN_BEST_PITCH: u32 = MAX_MINUTIAE + 8u;
const COLUMN_BEST: u32 = SIDE * ROW_BEST_PITCH;
// Room for the three zeros after the last key, and another bank for the other direction.
const KEY_PITCH: u32 = MAX_MINUTIAE + 4u;

// Where the minutiae of a print lie, and the entry of RECIPROCAL_ROOTS for their number.
struct Stretch {
    first: u32,
    count: u32,
    root: u32,
}

struct Descriptor {
    a: vec4<u32>,
    b: vec4<u32>,
    c: vec4<u32>,
    d: vec4<u32>,
}

struct Minutia {
    x: i32,
    y: i32,
    direction: i32,
}

// Quarter by quarter, so that eight threads that read the same quarter of neighbouring columns read
// neighbouring vectors.
var<workgroup> columns: array<vec4<u32>, 4 * COLUMN_PITCH>;
// The best partner of every row as seen by each of eight threads, then the same of every column.
var<workgroup> best: array<i32, SIDE * (ROW_BEST_PITCH + COLUMN_BEST_PITCH)>;
// Keys of the rows, then of the columns.
var<workgroup> keys: array<i32, 2 * KEY_PITCH>;
// The chosen pairs of both directions: places (x, y) in the first and in the second print,
var<workgroup> places: array<vec4<i32>, 2 * PAIRS>;
// and cosine and sine of the rotation, strength, rotation with the number in the second print above it.
var<workgroup> turns: array<vec4<i32>, 2 * PAIRS>;
var<workgroup> excess: atomic<i32>;
var<workgroup> total: atomic<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    // All probes of a print follow each other: the gallery then streams past once, and the probes stay in
    // the cache.
    let number = group.x + group.y * call.grid_width;
    let print = number / call.groups_per_print;
    if (print >= call.prints) {
        return;
    }
    let column_stretch = stretch(gallery_prints[call.first_print + print]);
    load_columns(column_stretch, thread);
    workgroupBarrier();
    let first = (number - print * call.groups_per_print) * call.probes_per_group;
    let end = min(first + call.probes_per_group, call.probes);
    for (var probe = first; probe < end; probe++) {
        let row_stretch = stretch(probe_prints[call.first_probe + probe]);
        compare(row_stretch, column_stretch, probe * call.prints + print, thread);
    }
}

fn stretch(print: PrintWords) -> Stretch {
    return Stretch(print.first, print.minutiae & 255u, print.minutiae >> 8u);
}

fn load_columns(stretch: Stretch, thread: u32) {
    for (var i = thread; i < 4u * stretch.count; i += WORKGROUP) {
        columns[(i & 3u) * COLUMN_PITCH + (i >> 2u)] = gallery_descriptors[4u * stretch.first + i];
    }
}

// Leaves the score of a comparison, or adds it to that of another finger of the same pair of records.
fn keep(place: u32, score: i32) {
    if (call.adds == 0u) {
        scores[place] = score;
    } else {
        scores[place] += score;
    }
}

// Every condition around a barrier is the same in all threads of a workgroup: it comes from `call`,
// from the table of prints, or from workgroupUniformLoad.
fn compare(row_stretch: Stretch, column_stretch: Stretch, place: u32, thread: u32) {
    if (row_stretch.count == 0u || column_stretch.count == 0u) {
        if (thread == 0u) {
            keep(place, 0);
        }
        return;
    }
    // The last comparison is done with these: its threads passed a barrier since they read them, but for
    // `total`, which this thread alone reads.
    if (thread == 0u) {
        atomicStore(&excess, 0);
        atomicStore(&total, 0u);
    }
    if (thread < 2u * PAIRS) {
        // Strength 0 adds nothing: where there are fewer pairs than places for them.
        turns[thread] = vec4<i32>(0);
        places[thread] = vec4<i32>(0);
    }
    find_partners(row_stretch, column_stretch.count, thread);
    workgroupBarrier();
    build_keys(row_stretch.count, column_stretch.count, thread);
    let known = workgroupUniformLoad(&excess);
    if (known < call.least_excess) {
        if (thread == 0u) {
            keep(place, 0);
        }
        return;
    }
    choose_pairs(row_stretch, column_stretch, thread);
    workgroupBarrier();
    add_support(thread);
    workgroupBarrier();
    if (thread == 0u) {
        keep(place, normalised(atomicLoad(&total), row_stretch.root * column_stretch.root));
    }
}

// Stage 1: the strongest partner of every row and of every column. Each similarity is computed once, by the
// thread at (row modulo 8, column modulo 8), and serves both directions.
fn find_partners(row_stretch: Stretch, column_count: u32, thread: u32) {
    let across = thread % SIDE;
    let down = thread / SIDE;
    for (var block = 0u; block < row_stretch.count; block += SIDE * ROWS_HELD) {
        // Threads beyond the last row repeat it: its similarities do not change a maximum.
        let last = row_stretch.count - 1u;
        let row = block + down;
        let number_0 = min(row, last);
        let number_1 = min(row + SIDE, last);
        let number_2 = min(row + 2u * SIDE, last);
        let number_3 = min(row + 3u * SIDE, last);
        // The same in all threads, so that a tail of rows costs no multiplications.
        let height = (row_stretch.count - block + SIDE - 1u) / SIDE;
        let row_0 = row_descriptor(row_stretch.first + number_0);
        var row_1 = row_0;
        var row_2 = row_0;
        var row_3 = row_0;
        if (height > 1u) { row_1 = row_descriptor(row_stretch.first + number_1); }
        if (height > 2u) { row_2 = row_descriptor(row_stretch.first + number_2); }
        if (height > 3u) { row_3 = row_descriptor(row_stretch.first + number_3); }
        var best_0 = 0;
        var best_1 = 0;
        var best_2 = 0;
        var best_3 = 0;
        for (var column = across; column < column_count; column += SIDE) {
            let other = column_descriptor(column);
            let tag = i32(column);
            let slot = COLUMN_BEST + down * COLUMN_BEST_PITCH + column;
            let alike_0 = rounded_similarity(row_0, other);
            best_0 = max(best_0, alike_0 | tag);
            var best_of_column = max(0, alike_0 | i32(number_0));
            if (height > 1u) {
                let alike = rounded_similarity(row_1, other);
                best_1 = max(best_1, alike | tag);
                best_of_column = max(best_of_column, alike | i32(number_1));
            }
            if (height > 2u) {
                let alike = rounded_similarity(row_2, other);
                best_2 = max(best_2, alike | tag);
                best_of_column = max(best_of_column, alike | i32(number_2));
            }
            if (height > 3u) {
                let alike = rounded_similarity(row_3, other);
                best_3 = max(best_3, alike | tag);
                best_of_column = max(best_of_column, alike | i32(number_3));
            }
            if (block > 0u) {
                best_of_column = max(best_of_column, best[slot]);
            }
            best[slot] = best_of_column;
        }
        let slot = across * ROW_BEST_PITCH + row;
        if (row <= last) { best[slot] = best_0; }
        if (row + SIDE <= last) { best[slot + SIDE] = best_1; }
        if (row + 2u * SIDE <= last) { best[slot + 2u * SIDE] = best_2; }
        if (row + 3u * SIDE <= last) { best[slot + 3u * SIDE] = best_3; }
    }
}

fn row_descriptor(minutia: u32) -> Descriptor {
    return Descriptor(
        probe_descriptors[4u * minutia],
        probe_descriptors[4u * minutia + 1u],
        probe_descriptors[4u * minutia + 2u],
        probe_descriptors[4u * minutia + 3u],
    );
}

fn column_descriptor(column: u32) -> Descriptor {
    return Descriptor(
        columns[column],
        columns[COLUMN_PITCH + column],
        columns[2u * COLUMN_PITCH + column],
        columns[3u * COLUMN_PITCH + column],
    );
}

// One chain of additions, as the hardware's multiplication adds to what it is given.
fn dot16(sum: i32, a: vec4<u32>, b: vec4<u32>) -> i32 {
    return (((sum + dot4I8Packed(a.x, b.x)) + dot4I8Packed(a.y, b.y)) + dot4I8Packed(a.z, b.z))
        + dot4I8Packed(a.w, b.w);
}

// Without its low bits, which make room for the number of a minutia.
fn rounded_similarity(a: Descriptor, b: Descriptor) -> i32 {
    let sum = dot16(dot16(dot16(dot16(0, a.a, b.a), a.b, b.b), a.c, b.c), a.d, b.d);
    return sum & ~INDEX_MASK;
}

// The keys of rows and columns as one list over all threads: 36 and 36 keys then take two turns of one warp
// and one of the other, not two of both.
fn build_keys(row_count: u32, column_count: u32, thread: u32) {
    var exceeding = 0;
    for (var item = thread; item < row_count + column_count; item += WORKGROUP) {
        let of_column = item >= row_count;
        let i = select(item, item - row_count, of_column);
        let pitch = select(ROW_BEST_PITCH, COLUMN_BEST_PITCH, of_column);
        var slot = select(0u, COLUMN_BEST, of_column) + i;
        var strongest = best[slot];
        for (var seen = 1u; seen < SIDE; seen++) {
            slot += pitch;
            strongest = max(strongest, best[slot]);
        }
        let key = select(0, (strongest << 7u) | i32(i), strongest > INDEX_MASK);
        let at = select(0u, KEY_PITCH, of_column) + i;
        keys[at] = key;
        if (i + 1u == select(row_count, column_count, of_column)) {
            // Keys are read four at a time.
            keys[at + 1u] = 0;
            keys[at + 2u] = 0;
            keys[at + 3u] = 0;
        }
        exceeding += max((key >> 14u) - PLAIN_STRENGTH, 0);
    }
    if (call.least_excess > 0 && exceeding > 0) {
        atomicAdd(&excess, exceeding);
    }
}

// The largest keys of each direction by their rank: keys above 0 are distinct, as each holds the number of
// its first minutia.
fn choose_pairs(row_stretch: Stretch, column_stretch: Stretch, thread: u32) {
    let items = row_stretch.count + column_stretch.count;
    for (var item = thread; item < items; item += WORKGROUP) {
        let of_column = item >= row_stretch.count;
        let i = select(item, item - row_stretch.count, of_column);
        let start = select(0u, KEY_PITCH, of_column);
        let end = start + select(row_stretch.count, column_stretch.count, of_column);
        let key = keys[start + i];
        var rank = select(PAIRS, 0u, key > 0);
        for (var at = start; at < end; at += 4u) {
            rank += u32(keys[at] > key) + u32(keys[at + 1u] > key);
            rank += u32(keys[at + 2u] > key) + u32(keys[at + 3u] > key);
        }
        if (rank < PAIRS) {
            let row_number = u32(select(key, key >> 7u, of_column) & INDEX_MASK);
            let column_number = u32(select(key >> 7u, key, of_column) & INDEX_MASK);
            let row = minutia(probe_minutiae[row_stretch.first + row_number]);
            let column = minutia(gallery_minutiae[column_stretch.first + column_number]);
            if (of_column) {
                place_pair(PAIRS + rank, column, row, key);
            } else {
                place_pair(rank, row, column, key);
            }
        }
    }
}

fn minutia(packed: vec2<u32>) -> Minutia {
    let both = bitcast<i32>(packed.x);
    return Minutia((both << 16u) >> 16u, both >> 16u, i32(packed.y & 255u));
}

fn place_pair(slot: u32, a: Minutia, b: Minutia, key: i32) {
    let rotation = (b.direction - a.direction) & 255;
    let second = (key >> 7u) & INDEX_MASK;
    places[slot] = vec4<i32>(a.x, a.y, b.x, b.y);
    turns[slot] = vec4<i32>(directions[rotation], key >> 14u, rotation | (second << 8u));
}

// Stage 2. How well two pairs fit does not depend on their order (all differences change sign, and only
// their magnitudes are used), so each two pairs are looked at once and counted twice. They are taken as a
// pair and that 1 to 8 places further round: odd distances by one half of the threads, even by the other.
fn add_support(thread: u32) {
    let start = (thread / (2u * PAIRS)) * PAIRS;
    let own = thread % PAIRS;
    let even = (thread / PAIRS) & 1u;
    let place = places[start + own];
    let turn = turns[start + own];
    var support = 0;
    for (var step = 1u + even; step <= PAIRS / 2u; step += 2u) {
        let other = start + ((own + step) % PAIRS);
        // Half way round every two pairs meet twice.
        if (step < PAIRS / 2u || own < PAIRS / 2u) {
            let other_turn = turns[other];
            support += fit(place, turn, places[other], other_turn) * other_turn.z;
        }
    }
    support *= turn.z;
    if (support > 0) {
        atomicAdd(&total, 2u * u32(support));
    }
}

// How well two pairs are consistent, 0 to 3.
fn fit(place_u: vec4<i32>, turn_u: vec4<i32>, place_t: vec4<i32>, turn_t: vec4<i32>) -> i32 {
    // The difference of the rotations as a signed byte.
    let difference = ((turn_u.w - turn_t.w) << 24u) >> 24u;
    let same_second = (turn_u.w >> 8u) == (turn_t.w >> 8u);
    if (same_second || abs(difference) > MAX_ROTATION_DIFFERENCE) {
        return 0;
    }
    let between = place_u - place_t;
    // The mean of the two rotations, as vectors: 2^15 is one.
    let mean = turn_u.xy + turn_t.xy;
    // Without their signs before the shift, as in the definition.
    let error_x = abs(mean.x * between.x - mean.y * between.y - (between.z << 15u)) >> 15u;
    let error_y = abs(mean.y * between.x + mean.x * between.y - (between.w << 15u)) >> 15u;
    let error = error_x * error_x + error_y * error_y;
    let apart = between.x * between.x + between.y * between.y;
    let tolerance = TOLERANCE_PX2 + (apart >> TOLERANCE_SHIFT);
    return i32(error < tolerance) + i32(2 * error < tolerance) + i32(4 * error < tolerance);
}

// `total * roots >> 25` of the product in 64 bits, by halves of 16 bits. `roots` is at most 2^24.
fn normalised(sum: u32, roots: u32) -> i32 {
    let sum_low = sum & 0xffffu;
    let sum_high = sum >> 16u;
    let roots_low = roots & 0xffffu;
    let roots_high = roots >> 16u;
    let low = sum_low * roots_low;
    let cross = sum_high * roots_low;
    // At most 2^16 + 2^16 + 2^24.
    let middle = (low >> 16u) + (cross & 0xffffu) + sum_low * roots_high;
    let high = sum_high * roots_high + (cross >> 16u) + (middle >> 16u);
    return i32((high << 7u) | (((middle << 16u) | (low & 0xffffu)) >> 25u));
}
