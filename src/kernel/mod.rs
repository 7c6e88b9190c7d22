//! Pure integer arithmetic on slices: the kernels that compare one probe with many rows.
//!
//! One folder per kernel. Its `mod.rs` holds the parameters and `reference`, the scalar function that
//! *is* the kernel's definition; `lanes.rs` executes the same over SIMD vectors and must agree with
//! `==`, because a hit list is evidence and must not change with the machine. Everything is integer
//! or fixed point. Nothing here reads files, allocates by foreign sizes or runs in parallel: a caller
//! cuts the work into tiles and runs them on its threads.

#[cfg(test)]
pub(crate) mod finger_testing;
mod lanes;
pub mod planes;
pub mod query;
pub mod simd;
#[cfg(test)]
pub(crate) mod testing;

pub mod genotype_screen;
pub mod kin_screen;
pub mod minutia;
pub mod minutia_gate;
pub mod minutia_pair;
pub mod select;
pub mod str_counts;
pub mod str_screen;

use planes::PlaneView;

/// Identity of a kernel; a run records it, because another version may answer differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Name, equal to the folder's.
    pub name: &'static str,
    /// Raised whenever an answer can change.
    pub version: u32,
}

/// Every kernel, in alphabetical order.
pub const SPECS: [Spec; 7] = [
    genotype_screen::SPEC,
    kin_screen::SPEC,
    minutia_gate::SPEC,
    minutia_pair::SPEC,
    select::SPEC,
    str_counts::SPEC,
    str_screen::SPEC,
];

/// A pair that passed a screen. Lists of survivors are ascending by probe, then row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Survivor {
    /// Place of the probe in the call.
    pub probe: u32,
    /// Row of the view.
    pub row: u32,
    /// What the kernel computed for the pair.
    pub value: i32,
}

/// More pairs survive than the caller has room for; nothing was returned, the tile is to be redone
/// in halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {capacity} pairs of one tile survive")]
pub struct Overflow {
    /// The room the caller had.
    pub capacity: usize,
}

/// The rows one probe is compared with: `first_row` up to, not including, `end_row`. Rows past the
/// end of the view do not exist; an empty or reversed window compares nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First row.
    pub first_row: u32,
    /// Row after the last.
    pub end_row: u32,
}

impl Window {
    /// Every row of a view.
    pub const ALL: Window = Window { first_row: 0, end_row: u32::MAX };

    /// The rows of this window that exist in `view`.
    pub fn rows(&self, view: &PlaneView) -> std::ops::Range<usize> {
        let end = (self.end_row as usize).min(view.rows());
        (self.first_row as usize).min(end)..end
    }
}

/// A probe has exactly one window; anything else is a fault of the caller that would drop pairs.
fn assert_paired<Q>(queries: &[Q], windows: &[Window]) {
    assert_eq!(queries.len(), windows.len(), "one window per probe");
}
