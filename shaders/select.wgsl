// `select`: a workgroup takes the scores of one probe. `kernel::select` is the definition.

const NO_ROW: u32 = 0xffffffffu;

var<workgroup> best_scores: array<i32, WORKGROUP>;
var<workgroup> best_rows: array<u32, WORKGROUP>;

// Whether a score comes before another: of equal ones that of the lower row.
fn is_before(score: i32, row: u32, other: i32, other_row: u32) -> bool {
    return score > other || (score == other && row < other_row);
}

// Appends the scores of a probe that are high enough.
fn append_survivors(probe: u32, lane: u32) {
    let start = probe * call.rows;
    for (var row = lane; row < call.rows; row += WORKGROUP) {
        let score = scores[start + row];
        if (score >= call.least) {
            let slot = atomicAdd(&counters[0], 1u);
            if (slot < call.room) {
                survivors[slot] = SurvivorWords(call.first_probe + probe, call.first_row + row, score);
            }
        }
    }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let probe = group.x + group.y * call.grid_width;
    if (probe >= call.probes) {
        return;
    }
    append_survivors(probe, lane);
    let start = probe * call.rows;
    var last_score = 0;
    var last_row = NO_ROW;
    for (var round = 0u; round < call.best; round++) {
        var best_score = -0x7fffffff - 1;
        var best_row = NO_ROW;
        for (var row = lane; row < call.rows; row += WORKGROUP) {
            let score = scores[start + row];
            let is_left = round == 0u || is_before(last_score, last_row, score, row);
            if (is_left && is_before(score, row, best_score, best_row)) {
                best_score = score;
                best_row = row;
            }
        }
        best_scores[lane] = best_score;
        best_rows[lane] = best_row;
        for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
            workgroupBarrier();
            if (lane < half) {
                let other = lane + half;
                if (is_before(best_scores[other], best_rows[other], best_scores[lane], best_rows[lane])) {
                    best_scores[lane] = best_scores[other];
                    best_rows[lane] = best_rows[other];
                }
            }
        }
        workgroupBarrier();
        last_score = best_scores[0];
        last_row = best_rows[0];
        // Everybody has read what the next round writes over.
        workgroupBarrier();
        if (lane == 0u) {
            var row = NO_ROW;
            if (last_row != NO_ROW) {
                row = call.first_row + last_row;
            }
            best[probe * call.best + round] = SurvivorWords(call.first_probe + probe, row, last_score);
        }
    }
}
