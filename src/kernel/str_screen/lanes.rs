//! `str_screen` over vectors.
use super::{Params, Query, reference};
use crate::kernel::planes::PlaneView;
use crate::kernel::{Overflow, Survivor, Window};

pub(super) fn run(
    _: fearless_simd::Level,
    params: &Params,
    queries: &[Query],
    windows: &[Window],
    view: PlaneView,
    capacity: usize,
) -> Result<Vec<Survivor>, Overflow> {
    reference(params, queries, windows, view, capacity)
}
