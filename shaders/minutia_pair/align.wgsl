// Fits and the smooth distortion, as `minutia_pair::align` defines them.

// A sum of 48 bits from those of its upper and its lower halves: sign and size.
struct Wide {
    sign: i32,
    high: u32,
    low: u32,
}

fn wide(upper: i32, lower: u32) -> Wide {
    var low = (bitcast<u32>(upper) << 16u) + lower;
    var high = bitcast<u32>(upper >> 16u) + u32(low < lower);
    if (bitcast<i32>(high) >= 0) { return Wide(1, high, low); }
    low = ~low + 1u;
    high = ~high + u32(low == 0u);
    return Wide(-1, high, low);
}

// A number of `bits` bits at most, scaled so that `bits` become 15. A sum of a fit has 46 at most: 128
// terms of 31 bits and a sign, times 8 bits of weight.
fn scaled(value: Wide, bits: u32) -> i32 {
    if (bits <= 15u) { return value.sign * i32(value.low << (15u - bits)); }
    let shift = min(bits - 15u, 31u);
    return value.sign * i32((value.low >> shift) | (value.high << (32u - shift)));
}

fn along_direction(cosine: i32, sine: i32, direction: u32) -> i32 {
    let unit = wave(2u * direction);
    return cosine * unit.x + sine * unit.y;
}

// The search of `align::nearest_direction`, step for step.
fn nearest_direction(cosine: i32, sine: i32) -> u32 {
    let above = select(0u, 64u, cosine < 0);
    var found = 32u + select(above, 192u - above, sine < 0);
    for (var step = 16u; step > 0u; step /= 2u) {
        let here = along_direction(cosine, sine, found);
        let down = along_direction(cosine, sine, found - step);
        let up = along_direction(cosine, sine, found + step);
        if (up > here && up >= down) {
            found += step;
        } else if (down > here) {
            found -= step;
        }
    }
    let middle = found;
    var longest = along_direction(cosine, sine, middle);
    let down = along_direction(cosine, sine, middle - 1u);
    if (down > longest) {
        found = middle - 1u;
        longest = down;
    }
    if (along_direction(cosine, sine, middle + 1u) > longest) { found = middle + 1u; }
    return found & 255u;
}

// Adds up weights and weighted places of the pairs. That the definition takes places from the first pair
// on is put right in `fit`: the sums differ by the weight times that place.
fn add_centroids(c: Comparison, lane: u32) {
    var own_weight = 0;
    var own_places = vec4<i32>(0);
    var own_claim = 0u;
    for (var i = lane; i < c.first_size; i += WORKGROUP) {
        let claim = claims[i];
        if (claim == 0u) { continue; }
        own_claim = max(own_claim, claim);
        own_weight += weights[i];
        own_places += weights[i] * vec4<i32>(places[i], places[MAX_MINUTIAE + second_of(claim)]);
    }
    if (own_claim == 0u) { return; }
    atomicMax(&greatest_claim, own_claim);
    atomicAdd(&sums[WEIGHT], own_weight);
    for (var axis = 0u; axis < 4u; axis++) {
        atomicAdd(&sums[CENTROIDS + axis], own_places[axis]);
    }
}

// Adds up what the pairs say about the rotation. Terms have 32 bits and weights 8, sums therefore more
// than 32: upper and lower halves of the terms are summed apart.
fn add_rotations(c: Comparison, lane: u32, centroids: vec4<i32>) {
    var upper = vec2<i32>(0);
    var lower = vec2<u32>(0u);
    for (var i = lane; i < c.first_size; i += WORKGROUP) {
        let claim = claims[i];
        if (claim == 0u) { continue; }
        let goal = MAX_MINUTIAE + second_of(claim);
        let at = (vec4<i32>(places[i], places[goal]) * SUB_PIXELS - centroids) / 4;
        let turn = wave(2u * (direction_of(goal) - direction_of(i)));
        let terms = vec2<i32>(at.x * at.z + at.y * at.w, at.x * at.w - at.y * at.z)
            + ((DIRECTION_PX2 * 16 * turn) >> vec2<u32>(14u));
        upper += weights[i] * (terms >> vec2<u32>(16u));
        lower += u32(weights[i]) * (bitcast<vec2<u32>>(terms) & vec2<u32>(0xffffu));
    }
    atomicAdd(&sums[ALONG], upper.x);
    atomicAdd(&sums[ALONG + 1u], bitcast<i32>(lower.x));
    atomicAdd(&sums[ACROSS], upper.y);
    atomicAdd(&sums[ACROSS + 1u], bitcast<i32>(lower.y));
}

fn unit_of_sums() -> vec2<i32> {
    let along = wide(atomicLoad(&sums[ALONG]), bitcast<u32>(atomicLoad(&sums[ALONG + 1u])));
    let across = wide(atomicLoad(&sums[ACROSS]), bitcast<u32>(atomicLoad(&sums[ACROSS + 1u])));
    // The longer of two numbers is as long as both together.
    let high = along.high | across.high;
    let low = along.low | across.low;
    let leading = select(countLeadingZeros(high), 32u + countLeadingZeros(low), high == 0u);
    let vector = vec2<i32>(scaled(along, 64u - leading), scaled(across, 64u - leading));
    let length = i32(integer_root(u32(vector.x * vector.x) + u32(vector.y * vector.y), 16u));
    if (length == 0) { return vec2<i32>(UNIT, 0); }
    return vector * UNIT / length;
}

fn fit(c: Comparison, lane: u32) -> Alignment {
    if (lane < SUMS) { atomicStore(&sums[lane], 0); }
    if (lane == 0u) {
        atomicStore(&greatest_claim, 0u);
        atomicStore(&left_over_count, 0u);
    }
    workgroupBarrier();
    add_centroids(c, lane);
    workgroupBarrier();
    let claim = atomicLoad(&greatest_claim);
    let origin = vec4<i32>(places[first_of(claim)], places[MAX_MINUTIAE + second_of(claim)]);
    let all = atomicLoad(&sums[WEIGHT]);
    let sum = vec4<i32>(
        atomicLoad(&sums[CENTROIDS]),
        atomicLoad(&sums[CENTROIDS + 1u]),
        atomicLoad(&sums[CENTROIDS + 2u]),
        atomicLoad(&sums[CENTROIDS + 3u]),
    ) - all * origin;
    let centroids = origin * SUB_PIXELS + sum * SUB_PIXELS / max(all, 1);
    add_rotations(c, lane, centroids);
    workgroupBarrier();
    let unit = unit_of_sums();
    return Alignment(unit.x, unit.y, nearest_direction(unit.x, unit.y), centroids);
}

// Divides by UNIT, to the nearest, halves away from zero.
fn rounded(value: vec2<i32>) -> vec2<i32> {
    return ((abs(value) + UNIT / 2) >> vec2<u32>(14u)) * sign(value);
}

fn map(c: Comparison, lane: u32, alignment: Alignment) {
    for (var i = lane; i < c.first_size; i += WORKGROUP) {
        let start = places[i] * SUB_PIXELS - alignment.centroids.xy;
        let turned = vec2<i32>(
            alignment.cosine * start.x - alignment.sine * start.y,
            alignment.sine * start.x + alignment.cosine * start.y,
        );
        mapped[i] = rounded(turned) + alignment.centroids.zw;
    }
}

// Follows the smooth distortion (`align::follow`). An invocation moves only the minutiae that it mapped, and
// looks at the others in a list made before any moved.
fn follow(c: Comparison, lane: u32) {
    for (var i = lane; i < c.first_size; i += WORKGROUP) {
        if (claims[i] == 0u) { continue; }
        let goal = places[MAX_MINUTIAE + second_of(claims[i])] * SUB_PIXELS;
        let slot = atomicAdd(&left_over_count, 1u);
        left_over[slot] = vec4<i32>(mapped[i], goal - mapped[i]);
    }
    workgroupBarrier();
    let count = min(atomicLoad(&left_over_count), MAX_MINUTIAE);
    for (var i = lane; i < c.first_size; i += WORKGROUP) {
        let place = mapped[i];
        var sum = vec2<i32>(0);
        var votes = 0;
        for (var other = 0u; other < count; other++) {
            let left = left_over[other];
            let apart = (left.xy - place) / SUB_PIXELS;
            let step = u32(apart.x * apart.x + apart.y * apart.y) >> 6u;
            if (step >= NEIGHBOURS) { continue; }
            let neighbour = tables[NEIGHBOUR_WEIGHTS_AT + step];
            sum += neighbour * left.zw;
            votes += neighbour;
        }
        // Its own entry, met at no distance, has no say.
        if (claims[i] != 0u) {
            let own = tables[NEIGHBOUR_WEIGHTS_AT];
            sum -= own * (places[MAX_MINUTIAE + second_of(claims[i])] * SUB_PIXELS - place);
            votes -= own;
        }
        mapped[i] = place + sum / (votes + 256);
    }
}
