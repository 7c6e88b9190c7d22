// `str_screen`: an invocation looks at 32 rows for a few probes. `kernel::str_screen` is the definition.
//
// The head counts failing loci in three bits, starting so that the failing locus too many wraps them; most
// words of rows end there. What is left is counted exactly.

const HEAD_BITS: u32 = 3u;
const LOCI_PER_LOOK: u32 = 5u;
const COUNTER_BITS: u32 = 7u;

fn agreed_bits(place: u32, locus: QueryLocusWords) -> vec2<u32> {
    let agreed = agreeing(place, locus);
    if (call.stringency == HIGH) {
        return vec2<u32>(agreed.typed, agreed.high);
    }
    if (call.stringency == MODERATE) {
        return vec2<u32>(agreed.typed, agreed.moderate);
    }
    return vec2<u32>(agreed.typed, agreed.low);
}

// Of the rows in `asked` those that may survive; all of them where three bits cannot count.
fn head(place: u32, probe: ProbeWords, asked: u32) -> u32 {
    let most = (1u << HEAD_BITS) - 1u;
    if (call.max_failing > most) {
        return asked;
    }
    let start = most - call.max_failing;
    var counter = vec3<u32>(0u - (start & 1u), 0u - ((start >> 1u) & 1u), 0u - ((start >> 2u) & 1u));
    var alive = asked;
    for (var n = 0u; n < probe.loci; n++) {
        let bits = agreed_bits(place, loci[probe.first_locus + n]);
        var carry = bits.x & ~bits.y;
        for (var bit = 0u; bit < HEAD_BITS; bit++) {
            let next = counter[bit] & carry;
            counter[bit] ^= carry;
            carry = next;
        }
        alive &= ~carry;
        if (n % LOCI_PER_LOOK == LOCI_PER_LOOK - 1u && alive == 0u) {
            return 0u;
        }
    }
    return alive;
}

fn count_of(bits: ptr<function, array<u32, COUNTER_BITS>>, row: u32) -> u32 {
    var count = 0u;
    for (var bit = 0u; bit < COUNTER_BITS; bit++) {
        count |= (((*bits)[bit] >> row) & 1u) << bit;
    }
    return count;
}

// Counts every locus for the rows in `alive` and appends the survivors.
fn exact(place: u32, first_row: u32, number: u32, probe: ProbeWords, alive: u32) {
    var failing: array<u32, COUNTER_BITS>;
    var compared: array<u32, COUNTER_BITS>;
    for (var n = 0u; n < probe.loci; n++) {
        let bits = agreed_bits(place, loci[probe.first_locus + n]);
        var fails = bits.x & ~bits.y;
        var counts = bits.x;
        for (var bit = 0u; bit < COUNTER_BITS; bit++) {
            let next = failing[bit] & fails;
            failing[bit] ^= fails;
            fails = next;
            let more = compared[bit] & counts;
            compared[bit] ^= counts;
            counts = more;
        }
    }
    var left = alive;
    while (left != 0u) {
        let row = countTrailingZeros(left);
        left &= left - 1u;
        let value = count_of(&failing, row);
        if (value <= call.max_failing && count_of(&compared, row) >= call.min_compared) {
            let slot = atomicAdd(&counters[0], 1u);
            if (slot < call.room) {
                survivors[slot] = SurvivorWords(number, first_row + row, i32(value));
            }
        }
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
        if (asked == 0u) {
            continue;
        }
        let alive = head(place, probe, asked);
        if (alive != 0u) {
            exact(place, first_row, n, probe, alive);
        }
    }
}
