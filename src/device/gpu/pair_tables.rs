//! The tables of `minutia_pair` in one buffer: those of the definition, in the places the shader knows.

use super::interface::{
    DIRECTION_FALL_AT, DISTANCE_FALL_AT, MANTISSAS_AT, NEIGHBOUR_WEIGHTS_AT, NORMALS_AT,
    QUALITY_ROOTS_AT, QUALITY_WEIGHTS_AT, REACH_AT, RECIPROCALS_AT, TABLE_WORDS, WAVES_AT,
};
use crate::kernel::minutia_pair::tables::{
    DISTANCES, FALL, MANTISSAS, NEIGHBOUR_WEIGHTS, NEIGHBOURS, NORMALS, QUALITY_ROOTS,
    QUALITY_WEIGHTS, REACH, RECIPROCALS, TURNS, WAVES,
};

/// Every table, one after the other.
pub(super) fn words() -> Vec<i32> {
    let mut words = Vec::with_capacity(TABLE_WORDS as usize);
    words.extend(WAVES);
    words.extend(RECIPROCALS.iter().flat_map(|(along, across)| [*along, *across]));
    words.extend(*NEIGHBOUR_WEIGHTS);
    words.extend(FALL.0);
    words.extend(FALL.1);
    words.extend(REACH);
    words.extend(QUALITY_ROOTS.map(|root| root as i32));
    words.extend(QUALITY_WEIGHTS);
    words.extend(NORMALS.iter().flat_map(|(x, y)| [*x, *y]));
    words.extend(*MANTISSAS);
    words
}

/// Whether a table of `length` words ends where the next one starts.
const fn follows(table: u32, length: usize, next: u32) -> bool {
    table as usize + length == next as usize
}

const _: () = {
    assert!(WAVES_AT == 0);
    assert!(follows(WAVES_AT, WAVES.len(), RECIPROCALS_AT));
    assert!(follows(RECIPROCALS_AT, 2 * RECIPROCALS.len(), NEIGHBOUR_WEIGHTS_AT));
    assert!(follows(NEIGHBOUR_WEIGHTS_AT, NEIGHBOURS, DISTANCE_FALL_AT));
    assert!(follows(DISTANCE_FALL_AT, DISTANCES, DIRECTION_FALL_AT));
    assert!(follows(DIRECTION_FALL_AT, TURNS, REACH_AT));
    assert!(follows(REACH_AT, REACH.len(), QUALITY_ROOTS_AT));
    // Roots and weights of qualities are as many.
    assert!(follows(QUALITY_ROOTS_AT, QUALITY_WEIGHTS.len(), QUALITY_WEIGHTS_AT));
    assert!(follows(QUALITY_WEIGHTS_AT, QUALITY_WEIGHTS.len(), NORMALS_AT));
    assert!(follows(NORMALS_AT, 2 * NORMALS.len(), MANTISSAS_AT));
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_lie_where_the_shader_looks_for_them() {
        let words = words();
        assert_eq!(words.len(), TABLE_WORDS as usize);
        let at = |table: u32| words[table as usize];
        assert_eq!(at(RECIPROCALS_AT), RECIPROCALS[0].0);
        assert_eq!(at(NEIGHBOUR_WEIGHTS_AT), NEIGHBOUR_WEIGHTS[0]);
        assert_eq!([at(DISTANCE_FALL_AT), at(DIRECTION_FALL_AT)], [FALL.0[0], FALL.1[0]]);
        assert_eq!([at(REACH_AT), at(MANTISSAS_AT - 1)], [REACH[0], NORMALS[15].1]);
        assert_eq!(at(QUALITY_ROOTS_AT + 1), QUALITY_ROOTS[1] as i32);
        assert_eq!(at(QUALITY_WEIGHTS_AT + 1), QUALITY_WEIGHTS[1]);
        assert_eq!([at(MANTISSAS_AT), at(TABLE_WORDS - 1)], [MANTISSAS[0], MANTISSAS[256]]);
    }
}
