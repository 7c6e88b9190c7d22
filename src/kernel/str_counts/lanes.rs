//! `str_counts` over vectors.
use super::{AgreementHistogram, CountMatrix, Query, reference, reference_by_agreement};
use crate::kernel::Window;
use crate::kernel::planes::PlaneView;

pub(super) fn run(
    _: fearless_simd::Level,
    queries: &[Query],
    windows: &[Window],
    view: PlaneView,
) -> CountMatrix {
    reference(queries, windows, view)
}
pub(super) fn run_by_agreement(
    _: fearless_simd::Level,
    queries: &[Query],
    windows: &[Window],
    view: PlaneView,
) -> AgreementHistogram {
    reference_by_agreement(queries, windows, view)
}
