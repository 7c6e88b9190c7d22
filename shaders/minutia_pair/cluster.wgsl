// The most consistent cluster among the best pairs, as `minutia_pair::cluster` defines it.

// The square of an error times a reciprocal, 2^16 at most: the product of 32 by 22 bits in halves.
fn agreement_part(error: i32, reciprocal: u32) -> i32 {
    let size = u32(abs(error));
    let low = size & 0xffffu;
    let scaled = min(size >> 16u, 256u) * reciprocal + low * (reciprocal >> 16u)
        + ((low * (reciprocal & 0xffffu)) >> 16u);
    let limited = i32(min(scaled, 256u));
    return limited * limited;
}

// How far two candidates agree (`cluster::agreement`).
fn agreement(u: Best, t: Best) -> i32 {
    let difference = signed_turn(u.rotation - t.rotation);
    let rotation_part = difference * difference * ROTATION_FACTOR;
    if (u.partner == t.partner || rotation_part >= 65536) { return 0; }
    let turn = wave(2u * t.rotation + bitcast<u32>(difference));
    let apart = u.places - t.places;
    let rx = (turn.x * apart.x - turn.y * apart.y) / UNIT;
    let ry = (turn.y * apart.x + turn.x * apart.y) / UNIT;
    let ex = apart.z - rx;
    let ey = apart.w - ry;
    // Beyond the table all distances are alike, and ten digits hold its end.
    let squared = min(u32(apart.x * apart.x + apart.y * apart.y), MAX_DISTANCE * MAX_DISTANCE);
    let entry = RECIPROCALS_AT + 2u * min(integer_root(squared, 10u), MAX_DISTANCE);
    let along = agreement_part(ex * rx + ey * ry, u32(tables[entry]));
    let across = agreement_part(ey * rx - ex * ry, u32(tables[entry + 1u]));
    return max(65536 - rotation_part - along - across, 0) >> 8u;
}

// Agreement is mutual: going half way round the CANDIDATES places meets each two once.
fn find_agreements(lane: u32) {
    let count = atomicLoad(&best_counts[0]);
    for (var number = lane; number < CANDIDATES * (CANDIDATES - 1u) / 2u; number += WORKGROUP) {
        let u = number % CANDIDATES;
        let t = (u + number / CANDIDATES + 1u) % CANDIDATES;
        if (max(u, t) < count) {
            let value = agreement(best[u], best[t]);
            agreements[u * CANDIDATES + t] = value;
            agreements[t * CANDIDATES + u] = value;
        }
    }
}

// Three power iterations, and the pairs that agree with the seed they find (`cluster::seed_among`).
fn seed(lane: u32) {
    let count = atomicLoad(&best_counts[0]);
    let candidate = best[min(lane, CANDIDATES - 1u)];
    let takes_part = lane < count;
    if (takes_part) { shares[lane] = candidate.strength; }
    workgroupBarrier();
    for (var iteration = 0u; iteration < 3u; iteration++) {
        var next = 0;
        if (takes_part) {
            var support = 0;
            for (var t = 0u; t < count; t++) {
                support += agreements[lane * CANDIDATES + t] * shares[t];
            }
            next = (support >> 6u) * candidate.strength;
            atomicMax(&peaks[iteration], u32(next));
        }
        workgroupBarrier();
        // To eleven bits: the next support stays within 32.
        let bits = 32u - countLeadingZeros(atomicLoad(&peaks[iteration]));
        if (takes_part) { shares[lane] = next >> (max(bits, 11u) - 11u); }
        workgroupBarrier();
    }
    // Of equal shares the lowest number wins.
    if (takes_part) { atomicMax(&peaks[3], (u32(shares[lane]) << 5u) | (31u - lane)); }
    workgroupBarrier();
    if (takes_part) {
        let chosen = min(31u - (atomicLoad(&peaks[3]) & 31u), CANDIDATES - 1u);
        var agreed = FULL_AGREEMENT;
        if (lane != chosen) { agreed = agreements[chosen * CANDIDATES + lane]; }
        let own_weight = (agreed * candidate.strength) >> 11u;
        if (own_weight > 0) {
            claims[candidate.own] = claim_of(CANDIDATES - lane, candidate.own, candidate.partner);
            weights[candidate.own] = own_weight;
            atomicAdd(&paired, 1u);
        }
    }
}
