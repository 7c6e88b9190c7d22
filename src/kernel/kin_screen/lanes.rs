//! `kin_screen` over vectors.
use super::{KinQuery, Params, reference};
use crate::kernel::planes::PlaneView;
use crate::kernel::{Overflow, Survivor, Window};

pub(super) fn run(
    _: fearless_simd::Level,
    params: &Params,
    queries: &[KinQuery],
    windows: &[Window],
    view: PlaneView,
    capacity: usize,
) -> Result<Vec<Survivor>, Overflow> {
    reference(params, queries, windows, view, capacity)
}
