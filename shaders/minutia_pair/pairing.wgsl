// One-to-one pairing, as `minutia_pair::pairing` defines it.

// What pairs are taken by: 18 bits of order, then the lowest numbers first; one more than the key of
// `pairing::key`, so that 0 is no claim. No two pairs have the same.
fn claim_of(order: u32, i: u32, j: u32) -> u32 {
    return ((order << 14u) | ((MAX_MINUTIAE - 1u - i) << 7u) | (MAX_MINUTIAE - 1u - j)) + 1u;
}

fn first_of(claim: u32) -> u32 {
    return MAX_MINUTIAE - 1u - (((claim - 1u) >> 7u) & (MAX_MINUTIAE - 1u));
}

fn second_of(claim: u32) -> u32 {
    return MAX_MINUTIAE - 1u - ((claim - 1u) & (MAX_MINUTIAE - 1u));
}

// The greatest claim of minutia `i` that beats what its partner holds.
fn best_claim(c: Comparison, i: u32, rotation: u32, reach: i32) -> u32 {
    let place = mapped[i];
    let expected = direction_of(i) + rotation;
    var found = 0u;
    for (var j = 0u; j < c.second_size; j++) {
        let apart = abs(places[MAX_MINUTIAE + j] * SUB_PIXELS - place);
        let turn = abs(signed_turn(direction_of(MAX_MINUTIAE + j) - expected));
        if (max(apart.x, apart.y) > reach || turn > MAX_DIRECTION) { continue; }
        let squared = apart.x * apart.x + apart.y * apart.y;
        if (squared > reach * reach) { continue; }
        let strength = similarity_of(c, i, j) >> 7u;
        let by_distance = tables[DISTANCE_FALL_AT + u32(squared >> 8u)];
        let fall = (by_distance * tables[DIRECTION_FALL_AT + u32(turn)]) >> 10u;
        let claim = claim_of(u32((fall * max(BASE + strength, 0)) >> 8u), i, j);
        if (claim > found && claim > atomicLoad(&held[j])) { found = claim; }
    }
    return found;
}

// The definition takes claims in turn, the greatest first, if both minutiae are free. The same pairs come
// out of deferred acceptance: every free minutia of the first print claims the partner it has the greatest
// claim on among those that hold no greater one, each partner keeps the greatest claim, and whoever loses
// a partner claims again. No two claims are equal, so the greatest of all is kept from the first turn on
// in either way; without its two minutiae the same is true of the next, which the second turn settles at
// the latest, and so on: the pairs are the same, and turns end, after one more than the smaller print has
// minutiae at most. What a partner holds only grows, so it does not matter how much of a turn an
// invocation has seen when it claims.
fn pair_one_to_one(c: Comparison, lane: u32, rotation: u32, round: u32) {
    let reach = tables[REACH_AT + round];
    for (var i = lane; i < c.first_size; i += WORKGROUP) { claims[i] = 0u; }
    for (var j = lane; j < c.second_size; j += WORKGROUP) { atomicStore(&held[j], 0u); }
    if (lane == 0u) {
        atomicStore(&displaced, 0u);
        atomicStore(&paired, 0u);
    }
    workgroupBarrier();
    // Of the minutiae of this invocation, those that have nobody left to claim.
    var exhausted = 0u;
    for (var turn = 0u; turn <= MAX_MINUTIAE; turn++) {
        for (var i = lane; i < c.first_size; i += WORKGROUP) {
            let own = 1u << (i / WORKGROUP);
            if (claims[i] != 0u || (exhausted & own) != 0u) { continue; }
            let claim = best_claim(c, i, rotation, reach);
            if (claim == 0u) {
                exhausted |= own;
            } else {
                claims[i] = claim;
                atomicMax(&held[second_of(claim)], claim);
            }
        }
        workgroupBarrier();
        for (var i = lane; i < c.first_size; i += WORKGROUP) {
            if (claims[i] != 0u && atomicLoad(&held[second_of(claims[i])]) != claims[i]) {
                claims[i] = 0u;
                atomicStore(&displaced, 1u);
            }
        }
        if (workgroupUniformLoad(&displaced) == 0u) { break; }
        // Set again only beyond the next barrier.
        if (lane == 0u) { atomicStore(&displaced, 0u); }
    }
    for (var i = lane; i < c.first_size; i += WORKGROUP) {
        if (claims[i] == 0u) { continue; }
        weights[i] = i32((claims[i] - 1u) >> 14u) * MAX_WEIGHT / HEAVIEST;
        atomicAdd(&paired, 1u);
    }
}
