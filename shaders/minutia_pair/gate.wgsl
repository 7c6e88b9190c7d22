// Best partners and their consistency, as `minutia_gate` defines them.

fn dot_part(a: vec4<u32>, b: vec4<u32>) -> i32 {
    return dot4I8Packed(a.x, b.x) + dot4I8Packed(a.y, b.y) + dot4I8Packed(a.z, b.z)
        + dot4I8Packed(a.w, b.w);
}

// Similarity of minutia `i` of the first print and `j` of the second.
fn similarity_of(c: Comparison, i: u32, j: u32) -> i32 {
    let p = 4u * (c.probe + select(i, j, c.swapped == 1u));
    let g = 4u * (c.gallery + select(j, i, c.swapped == 1u));
    return dot_part(probe_descriptors[p], gallery_descriptors[g])
        + dot_part(probe_descriptors[p + 1u], gallery_descriptors[g + 1u])
        + dot_part(probe_descriptors[p + 2u], gallery_descriptors[g + 2u])
        + dot_part(probe_descriptors[p + 3u], gallery_descriptors[g + 3u]);
}

// Best partners of both prints at once, since a similarity is the same from either side. Only positive
// ones can be a best partner: `best_partners` drops whatever packs to INDEX_MASK or less.
fn find_partners(c: Comparison, lane: u32) {
    let probe_slot = MAX_MINUTIAE * c.swapped;
    let gallery_slot = MAX_MINUTIAE - probe_slot;
    let probe_size = size_of(c, c.swapped);
    let gallery_size = size_of(c, 1u - c.swapped);
    for (var i = lane / SQUARE; i < probe_size; i += SQUARE) {
        let p = 4u * (c.probe + i);
        let p0 = probe_descriptors[p];
        let p1 = probe_descriptors[p + 1u];
        let p2 = probe_descriptors[p + 2u];
        let p3 = probe_descriptors[p + 3u];
        var best_of_row = 0;
        for (var j = lane % SQUARE; j < gallery_size; j += SQUARE) {
            let g = 4u * (c.gallery + j);
            let similarity = dot_part(p0, gallery_descriptors[g])
                + dot_part(p1, gallery_descriptors[g + 1u])
                + dot_part(p2, gallery_descriptors[g + 2u])
                + dot_part(p3, gallery_descriptors[g + 3u]);
            if (similarity > INDEX_MASK) {
                let packed = similarity & ~INDEX_MASK;
                best_of_row = max(best_of_row, packed | i32(j));
                atomicMax(&partners[gallery_slot + j], packed | i32(i));
            }
        }
        atomicMax(&partners[probe_slot + i], best_of_row);
    }
}

fn pack_keys(c: Comparison, lane: u32) {
    for (var slot = lane; slot < 2u * MAX_MINUTIAE; slot += WORKGROUP) {
        let i = slot % MAX_MINUTIAE;
        if (i < size_of(c, slot / MAX_MINUTIAE)) {
            let partner = atomicLoad(&partners[slot]);
            keys[slot] = select((partner << 7u) | i32(i), 0, partner <= INDEX_MASK);
        }
    }
}

// The largest keys of both prints, descending: keys differ, so the number of greater ones is the place.
fn choose_best(c: Comparison, lane: u32) {
    for (var slot = lane; slot < 2u * MAX_MINUTIAE; slot += WORKGROUP) {
        let print = slot / MAX_MINUTIAE;
        let size = size_of(c, print);
        if (slot % MAX_MINUTIAE >= size) { continue; }
        let key = keys[slot];
        if (key == 0) { continue; }
        let start = MAX_MINUTIAE * print;
        var rank = 0u;
        for (var other = start; other < start + size; other++) {
            rank += u32(keys[other] > key);
        }
        if (rank >= select(CANDIDATES, PAIRS, print == 1u)) { continue; }
        let partner = u32(key >> 7u) & (MAX_MINUTIAE - 1u);
        let goal = MAX_MINUTIAE - start + partner;
        best[CANDIDATES * print + rank] = Best(
            vec4<i32>(places[slot], places[goal]),
            slot % MAX_MINUTIAE,
            partner,
            (direction_of(goal) - direction_of(slot)) & 255u,
            key >> 14u,
        );
        atomicAdd(&best_counts[print], 1u);
    }
}

// How well two pairs are consistent, 0 to 3 (`minutia_gate::consistency`).
fn consistent(u: Best, t: Best) -> i32 {
    if (u.partner == t.partner || abs(signed_turn(u.rotation - t.rotation)) > MAX_ROTATION_DIFFERENCE) {
        return 0;
    }
    let apart = u.places - t.places;
    let mean = wave(2u * u.rotation) + wave(2u * t.rotation);
    let x = abs(mean.x * apart.x - mean.y * apart.y - (apart.z << 15u)) >> 15u;
    let y = abs(mean.y * apart.x + mean.x * apart.y - (apart.w << 15u)) >> 15u;
    let error = x * x + y * y;
    let tolerance = TOLERANCE_PX2 + ((apart.x * apart.x + apart.y * apart.y) >> TOLERANCE_SHIFT);
    return i32(error < tolerance) + i32(2 * error < tolerance) + i32(4 * error < tolerance);
}

// The total of the gate over both directions. Consistency is mutual, so each pair of pairs counts twice;
// going round the PAIRS places meets each once, but those half way round twice.
fn add_consistency(lane: u32) {
    var sum = 0;
    for (var number = lane; number < PAIRS * PAIRS; number += WORKGROUP) {
        let print = number / (PAIRS * PAIRS / 2u);
        let step = number / PAIRS % (PAIRS / 2u) + 1u;
        let u = number % PAIRS;
        let t = (u + step) % PAIRS;
        if (max(u, t) < atomicLoad(&best_counts[print])) {
            let one = best[CANDIDATES * print + u];
            let other = best[CANDIDATES * print + t];
            let times = select(2, 1, step == PAIRS / 2u);
            sum += times * consistent(one, other) * (one.strength * other.strength);
        }
    }
    atomicAdd(&total, bitcast<u32>(sum));
}
