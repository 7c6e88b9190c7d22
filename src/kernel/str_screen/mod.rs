//! `str_screen`: the rows that fail at most so many loci at a stringency.
//!
//! A locus is compared when both sides are comparable there, and fails when the two typings do not
//! agree ([`super::query::agrees`]). A pair survives when at most `max_failing` loci fail and at
//! least `min_compared` are compared; its value is the exact number of failing loci. Partial
//! profiles, wildcards, tri-alleles and mixtures of up to eight alleles go through the same pass.
//! Lossless against [`crate::domain::stringency::compare`]; see [`super::query`] for the one
//! difference. When not to use it: a probe's required alleles (CMF `ALLELEREQUIRED`) are not
//! checked here.

mod lanes;
#[cfg(test)]
mod tests;

use super::planes::PlaneView;
pub use super::query::Query;
use super::query::{agrees, read_row};
use super::simd::SimdLevel;
use super::{Overflow, Spec, Survivor, Window, assert_paired};
use crate::domain::stringency::Stringency;

/// Name and version.
pub const SPEC: Spec = Spec { name: "str_screen", version: 1 };

/// Which pairs survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    /// The stringency a locus must reach.
    pub stringency: Stringency,
    /// Loci that may fail.
    pub max_failing: u32,
    /// Loci that must be compared.
    pub min_compared: u32,
}

/// The definition: every pair of `queries[i]` with the rows of `windows[i]`, one after the other.
///
/// # Errors
/// More than `capacity` pairs survive.
///
/// # Panics
/// The numbers of queries and windows differ.
pub fn reference(
    params: &Params,
    queries: &[Query],
    windows: &[Window],
    view: PlaneView,
    capacity: usize,
) -> Result<Vec<Survivor>, Overflow> {
    assert_paired(queries, windows);
    let mut survivors = Vec::new();
    for (probe, (query, window)) in queries.iter().zip(windows).enumerate() {
        for row in window.rows(&view) {
            let (mut compared, mut failing) = (0, 0);
            for locus in query.loci() {
                let Some(typing) = read_row(&view, locus, row) else { continue };
                compared += 1;
                failing += u32::from(!agrees(params.stringency, locus, &typing));
            }
            if failing <= params.max_failing && compared >= params.min_compared {
                if survivors.len() == capacity {
                    return Err(Overflow { capacity });
                }
                let value = failing as i32;
                survivors.push(Survivor { probe: probe as u32, row: row as u32, value });
            }
        }
    }
    Ok(survivors)
}

/// The same answer as [`reference`], computed at `level`.
///
/// # Errors
/// As [`reference`].
///
/// # Panics
/// As [`reference`].
pub fn run(
    level: SimdLevel,
    params: &Params,
    queries: &[Query],
    windows: &[Window],
    view: PlaneView,
    capacity: usize,
) -> Result<Vec<Survivor>, Overflow> {
    assert_paired(queries, windows);
    match level.token() {
        None => reference(params, queries, windows, view, capacity),
        Some(token) => lanes::run(token, params, queries, windows, view, capacity),
    }
}
