// Bit planes of profiles, 32 rows to a word: `kernel::planes` says what they mean.

// Where the word of an invocation lies in the planes that are bound.
fn place_of_word(word: u32, planes_per_block: u32) -> u32 {
    let block = word / BLOCK_WORDS;
    return block * planes_per_block * BLOCK_WORDS + word % BLOCK_WORDS;
}

// The bits of one plane for the 32 rows at `place`.
fn load(place: u32, plane: u32) -> u32 {
    if (plane == NO_PLANE) {
        return 0u;
    }
    return planes[place + plane * BLOCK_WORDS];
}

// The bits below `count`, of which there may be more than 32.
fn bits_below(count: u32) -> u32 {
    if (count >= 32u) {
        return 0xffffffffu;
    }
    return (1u << count) - 1u;
}

// The rows of a word that starts at `first_row` which a probe is to be compared with.
fn rows_asked(probe: ProbeWords, first_row: u32) -> u32 {
    let start = max(probe.first_row, first_row) - first_row;
    let end = max(probe.end_row, first_row) - first_row;
    return bits_below(end) & ~bits_below(start);
}
