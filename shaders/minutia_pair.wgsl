// `minutia_pair`: a workgroup compares one pair of prints. `kernel::minutia_pair` is the definition.
//
// All arithmetic is in integers, and whatever several invocations add up is a sum or a maximum of integers,
// so the order in which they arrive changes nothing: the score is that of the definition to the last bit.
// The parts stand in `shaders/minutia_pair`; here are the overlap, the similarity, and the whole.

fn normal_of(side: u32) -> vec2<i32> {
    return vec2<i32>(tables[NORMALS_AT + 2u * side], tables[NORMALS_AT + 2u * side + 1u]);
}

fn place_of(print: u32, i: u32) -> vec2<i32> {
    if (print == 0u) { return mapped[i]; }
    return places[MAX_MINUTIAE + i] * SUB_PIXELS;
}

// How far half of a print reaches along one side: WORKGROUP are two prints, two halves and SIDES.
fn find_reach(c: Comparison, lane: u32) {
    let print = lane / (2u * SIDES);
    let normal = normal_of(lane % SIDES);
    let size = size_of(c, print);
    var reach = LEAST_I32;
    for (var i = lane / SIDES % 2u; i < size; i += 2u) {
        let place = place_of(print, i);
        reach = max(reach, place.x * normal.x + place.y * normal.y);
    }
    reaches[lane] = reach;
}

// Whether a place is in the region of a print.
fn is_within(print: u32, place: vec2<i32>) -> bool {
    for (var side = 0u; side < SIDES; side++) {
        let halves = 2u * SIDES * print + side;
        let normal = normal_of(side);
        if (place.x * normal.x + place.y * normal.y > max(reaches[halves], reaches[halves + SIDES])) {
            return false;
        }
    }
    return true;
}

fn add_overlap(c: Comparison, lane: u32, print: u32) {
    var sum = 0;
    var own_weight = 0u;
    let size = size_of(c, print);
    for (var i = lane; i < size; i += WORKGROUP) {
        let quality = quality_of(MAX_MINUTIAE * print + i);
        var is_paired = atomicLoad(&held[i]) != 0u;
        if (print == 0u) {
            is_paired = claims[i] != 0u;
            if (is_paired) {
                let other = quality_of(MAX_MINUTIAE + second_of(claims[i]));
                let roots = u32(tables[QUALITY_ROOTS_AT + quality]) * u32(tables[QUALITY_ROOTS_AT + other]);
                own_weight += u32(weights[i]) * (roots >> 8u);
            }
        }
        if (is_paired || is_within(1u - print, place_of(print, i))) {
            sum += tables[QUALITY_WEIGHTS_AT + quality];
        }
    }
    atomicAdd(&overlaps[print], sum);
    if (own_weight > 0u) { atomicAdd(&weight, own_weight); }
}

// Binary logarithm of at least 1, times 1024.
fn logarithm(at_least: u32) -> i32 {
    let value = max(at_least, 1u);
    let exponent = 31u - countLeadingZeros(value);
    // Below the leading digit; in two steps, since none may shift by all 32.
    let fraction = (value << (31u - exponent)) << 1u;
    let entry = MANTISSAS_AT + (fraction >> 24u);
    let rest = i32((fraction >> 16u) & 255u);
    let low = tables[entry];
    return (i32(exponent) << LOG_BITS) + low + ((tables[entry + 1u] - low) * rest + 128) / 256;
}

// The similarity (`score::similarity`).
fn similarity_of_terms(c: Comparison, rotation: u32) -> u32 {
    let all_weight = atomicLoad(&weight);
    let all = atomicLoad(&total);
    if (all_weight == 0u || all == 0u) { return 0u; }
    let within = i32(rotation & 63u);
    let away = min(within, 64 - within);
    let overlap = logarithm(u32(max(atomicLoad(&overlaps[0]), 1)))
        + logarithm(u32(max(atomicLoad(&overlaps[1]), 1)));
    let minutiae = logarithm(c.first_size) + logarithm(c.second_size);
    let sum = WEIGHT_PERCENT * logarithm(all_weight) - OVERLAP_PERCENT * overlap
        + TOTAL_PERCENT * logarithm(all) - MINUTIAE_PERCENT * minutiae
        - AWAY_PERCENT * away * away;
    return u32(max(sum / 100, 1));
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let index = group.x + group.y * call.grid_width;
    if (index >= call.pairs) { return; }
    let c = comparison(pairs[index]);
    load(c, lane);
    workgroupBarrier();
    find_partners(c, lane);
    workgroupBarrier();
    pack_keys(c, lane);
    workgroupBarrier();
    choose_best(c, lane);
    workgroupBarrier();
    find_agreements(lane);
    workgroupBarrier();
    seed(lane);
    var rotation = 0u;
    var count = workgroupUniformLoad(&paired);
    for (var round = 0u; round < ROUNDS; round++) {
        if (count < 2u) { break; }
        let alignment = fit(c, lane);
        rotation = alignment.rotation;
        map(c, lane, alignment);
        if (round > 0u) { follow(c, lane); }
        pair_one_to_one(c, lane, rotation, round);
        count = workgroupUniformLoad(&paired);
    }
    if (count < 2u) {
        if (lane == 0u) { pairs[index] = vec2<u32>(0u); }
        return;
    }
    add_consistency(lane);
    find_reach(c, lane);
    workgroupBarrier();
    add_overlap(c, lane, 0u);
    add_overlap(c, lane, 1u);
    workgroupBarrier();
    if (lane == 0u) { pairs[index] = vec2<u32>(similarity_of_terms(c, rotation), count); }
}
