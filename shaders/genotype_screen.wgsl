// `genotype_screen`: an invocation looks up one row for a few questions. `kernel::genotype_screen` is the
// definition.

// The code of a row of the codes bound at locus number `locus`.
fn code_of(row: u32, locus: u32) -> u32 {
    let place = (row / BLOCK_ROWS * call.loci + locus) * BLOCK_ROWS + row % BLOCK_ROWS;
    return extractBits(codes[place / 2u], (place % 2u) * 16u, 16u);
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
    let place = call.first_word * 32u + within;
    let row = call.bound_row + place;
    let end = min(first + PROBES_PER_INVOCATION, call.end_probe);
    for (var n = first; n < end; n++) {
        let probe = probes[n];
        if (row < probe.first_row || row >= probe.end_row) {
            continue;
        }
        var sum = 0;
        for (var k = 0u; k < call.loci; k++) {
            sum += tables[(probe.first_locus + k) * GENOTYPE_CODES + code_of(place, k)];
        }
        if (sum >= call.least_mban) {
            let slot = atomicAdd(&counters[0], 1u);
            if (slot < call.room) {
                survivors[slot] = SurvivorWords(n, row, sum);
            }
        }
    }
}
