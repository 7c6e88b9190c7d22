//! `kin_screen` over vectors of 512 rows.
//!
//! Two passes per probe and block. Relations under which a class is impossible first look for rows
//! that no locus excludes; under parenthood or identity nearly all blocks end there. Then each lane
//! starts at the sum of the "neither allele" scores, and per locus the lanes of each other class add
//! the difference. Additions wrap: only the final sum must fit 16 bits, and compiling the probe saw
//! to that.

use fearless_simd::{
    Level, Select, Simd, SimdBase, SimdInt, SimdMask, dispatch, i16x32, mask16x32, u64x8,
};

use super::{
    A_AND_B, A_AND_OTHER, A_TWICE, B_AND_OTHER, B_TWICE, CLASSES, KinLocus, KinQuery, NEITHER,
    Params,
};
use crate::kernel::lanes::{Block, is_zero, lane_mask};
use crate::kernel::planes::{LANES, ONE, PlaneView, TWO, WILD, WORDS};
use crate::kernel::{Overflow, Survivor, Window};

/// Vectors of 16-bit sums a block has.
const SUMS: usize = LANES / 32;

/// Loci between two looks at whether any lane is not excluded.
const LOCI_PER_LOOK: usize = 4;

pub(super) fn run(
    level: Level,
    params: &Params,
    queries: &[KinQuery],
    windows: &[Window],
    view: PlaneView,
    capacity: usize,
) -> Result<Vec<Survivor>, Overflow> {
    let mut survivors = Vec::new();
    for number in 0..view.blocks() {
        for (probe, (query, window)) in queries.iter().zip(windows).enumerate() {
            let rows = window.rows(&view);
            let first_row = number * LANES;
            let start = rows.start.max(first_row);
            let end = rows.end.min(first_row + LANES);
            if start >= end {
                continue;
            }
            let lanes = lane_mask(start - first_row..end - first_row);
            let threshold = query.threshold(params.threshold_log10);
            let found = Found { probe: probe as u32, first_row: first_row as u32 };
            dispatch!(level, simd => screen(
                simd, query, threshold, &view, number, lanes, found, &mut survivors
            ));
            if survivors.len() > capacity {
                return Err(Overflow { capacity });
            }
        }
    }
    survivors.sort_unstable();
    Ok(survivors)
}
