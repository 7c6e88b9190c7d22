// `kin_screen`: an invocation looks at one row for a few probes. `kernel::kin_screen` is the definition.

// The score of a class, sign-extended from its half of a word.
fn class_score(locus: KinLocusWords, number: u32) -> i32 {
    var word = locus.scores_01;
    if (number >= 4u) {
        word = locus.scores_45;
    } else if (number >= 2u) {
        word = locus.scores_23;
    }
    return extractBits(i32(word), (number & 1u) * 16u, 16u);
}

// The class of a row that has one or two known alleles and no wildcard.
fn class_of(a: u32, b: u32, one: u32) -> u32 {
    if ((a & b) == 1u) {
        return 5u;
    }
    if (a == 1u) {
        return 1u + one;
    }
    if (b == 1u) {
        return 3u + one;
    }
    return 0u;
}

fn bit_of(place: u32, plane: u32, bit: u32) -> u32 {
    return (load(place, plane) >> bit) & 1u;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row_groups = (call.words * 32u + WORKGROUP - 1u) / WORKGROUP;
    let number = group.x + group.y * call.grid_width;
    let within = (number % row_groups) * WORKGROUP + lane;
    let first = call.first_probe + number / row_groups * PROBES_PER_INVOCATION;
    if (within >= call.words * 32u || first >= call.end_probe) {
        return;
    }
    let word = call.first_word + within / 32u;
    let place = place_of_word(word, call.planes_per_block);
    let bit = within % 32u;
    let row = call.bound_row + word * 32u + bit;
    let end = min(first + PROBES_PER_INVOCATION, call.end_probe);
    for (var n = first; n < end; n++) {
        let probe = probes[n];
        if (row < probe.first_row || row >= probe.end_row) {
            continue;
        }
        var sum = 0;
        var is_excluded = false;
        for (var k = 0u; k < probe.loci && !is_excluded; k++) {
            let locus = loci[probe.first_locus + k];
            let one = bit_of(place, locus.first_plane + ONE, bit);
            let two = bit_of(place, locus.first_plane + TWO, bit);
            let wild = bit_of(place, locus.first_plane + WILD, bit);
            if (((one | two) & ~wild & bit_of(place, locus.first_plane + TYPED, bit)) == 1u) {
                let a = bit_of(place, locus.plane_a, bit);
                let b = bit_of(place, locus.plane_b, bit);
                let genotype = class_of(a, b, one);
                is_excluded = ((locus.excluding >> genotype) & 1u) == 1u;
                sum += class_score(locus, genotype);
            }
        }
        if (!is_excluded && sum >= thresholds[n]) {
            let slot = atomicAdd(&counters[0], 1u);
            if (slot < call.room) {
                survivors[slot] = SurvivorWords(n, row, sum);
            }
        }
    }
}
