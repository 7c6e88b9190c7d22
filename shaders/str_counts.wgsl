// `str_counts`: an invocation looks at 32 rows for a few probes and counts each pair under its loci in
// agreement. `kernel::str_counts` is the definition.

const COUNTER_BITS: u32 = 7u;

struct Counter {
    bits: array<u32, COUNTER_BITS>,
}

fn add(counter: ptr<function, Counter>, one: u32) {
    var carry = one;
    for (var bit = 0u; bit < COUNTER_BITS; bit++) {
        let next = (*counter).bits[bit] & carry;
        (*counter).bits[bit] ^= carry;
        carry = next;
    }
}

fn count_of(counter: ptr<function, Counter>, row: u32) -> u32 {
    var count = 0u;
    for (var bit = 0u; bit < COUNTER_BITS; bit++) {
        count |= (((*counter).bits[bit] >> row) & 1u) << bit;
    }
    return count;
}

// `kernel::str_counts::place`: nested quadruples are numbered without gaps.
fn place_of_quadruple(compared: u32, low: u32, moderate: u32, high: u32) -> u32 {
    return (compared + 3u) * (compared + 2u) * (compared + 1u) * compared / 24u
        + (low + 2u) * (low + 1u) * low / 6u
        + (moderate + 1u) * moderate / 2u
        + high;
}

fn count_word(place: u32, probe: ProbeWords, asked: u32) {
    var compared: Counter;
    var low: Counter;
    var moderate: Counter;
    var high: Counter;
    for (var n = 0u; n < probe.loci; n++) {
        let agreed = agreeing(place, loci[probe.first_locus + n]);
        add(&low, agreed.typed & agreed.low);
        add(&high, agreed.typed & agreed.high);
        if (call.side == 0u) {
            add(&compared, agreed.typed);
            add(&moderate, agreed.typed & agreed.moderate);
        }
    }
    var left = asked;
    while (left != 0u) {
        let row = countTrailingZeros(left);
        left &= left - 1u;
        let high_count = count_of(&high, row);
        let low_count = count_of(&low, row);
        var cell = high_count * call.side + low_count - high_count;
        if (call.side == 0u) {
            cell = place_of_quadruple(
                count_of(&compared, row),
                low_count,
                count_of(&moderate, row),
                high_count,
            );
        }
        atomicAdd(&counts[cell], 1u);
    }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let word_groups = (call.words + WORKGROUP - 1u) / WORKGROUP;
    let number = group.x + group.y * call.grid_width;
    let within = (number % word_groups) * WORKGROUP + lane;
    let first = call.first_probe + number / word_groups * PROBES_PER_INVOCATION;
    if (within >= call.words || first >= call.end_probe) {
        return;
    }
    let word = call.first_word + within;
    let place = place_of_word(word, call.planes_per_block);
    let first_row = call.bound_row + word * 32u;
    let end = min(first + PROBES_PER_INVOCATION, call.end_probe);
    for (var n = first; n < end; n++) {
        let probe = probes[n];
        let asked = rows_asked(probe, first_row);
        if (asked != 0u) {
            count_word(place, probe, asked);
        }
    }
}
