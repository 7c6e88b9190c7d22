//! `minutia_pair`: the full comparison of two prints: alignment, one-to-one pairing, overlap.
//!
//! What: the most consistent cluster among the 24 best pairs of minutiae gives a rigid alignment; three
//! rounds pair minutiae one to one within a shrinking distance, refit the alignment and, from the second
//! round on, follow the smooth part of what is left over (the skin stretches). The score weighs the paired
//! minutiae against all those in the region both prints show, together with the total of
//! [`super::minutia_gate`] and the size of the prints.
//!
//! Why: it halves the errors of the gate. It costs microseconds, so it runs on survivors of the gate.
//!
//! Limits: prints turned against each other by more than an eighth of a turn are found only in the quarter
//! turn that brings them nearer ([`best_turn`]). Fewer than two consistent pairs score nothing. All
//! arithmetic is in integers of 32 bits, but for the sums of a fit, which take 64.

mod align;
mod cluster;
mod lanes;
mod overlap;
mod pairing;
mod score;
#[cfg(test)]
mod tests;

/// The numbers and tables of the definition, for a device that computes the same.
#[cfg(feature = "gpu")]
pub(crate) mod tables {
    pub(crate) use super::align::{DIRECTION_PX2, NEIGHBOUR_WEIGHTS, NEIGHBOURS, SUB_PIXELS};
    pub(crate) use super::cluster::{FULL, MAX_DISTANCE, RECIPROCALS, ROTATION_FACTOR};
    pub(crate) use super::lanes::WAVES;
    pub(crate) use super::overlap::{NORMALS, QUALITY_WEIGHTS, SIDES};
    pub(crate) use super::pairing::{
        BASE, DISTANCES, FALL, HEAVIEST, MAX_DIRECTION, MAX_WEIGHT, QUALITY_ROOTS, REACH, ROUNDS,
        TURNS,
    };
    pub(crate) use super::score::{
        AWAY_PERCENT, LOG_BITS, MANTISSAS, MINUTIAE_PERCENT, OVERLAP_PERCENT, TOTAL_PERCENT,
        WEIGHT_PERCENT,
    };
}

use super::Spec;
use super::minutia::{Print, PrintView};
use super::minutia_gate::{PAIRS, best_partners, consistency, largest};
use super::simd::SimdLevel;

/// Identity of this kernel.
pub const SPEC: Spec = Spec { name: "minutia_pair", version: 1 };

/// Pairs of minutiae among which a cluster is sought.
pub const CANDIDATES: usize = 24;

/// What the comparison of two prints gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PairScore {
    /// Evidence that both show the same finger, 1024 to the factor 2; 0 for none. Its scale has a meaning
    /// only through a calibration.
    pub similarity: i32,
    /// Minutiae paired one to one.
    pub paired: u32,
}

/// Two minutiae paired, for explanations and training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paired {
    /// Number in the first print.
    pub first: usize,
    /// Number in the second print.
    pub second: usize,
    /// Weight, at most 255.
    pub weight: i32,
}

/// A comparison with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// The score.
    pub score: PairScore,
    /// Minutiae paired; `first` and `second` are of the prints as given.
    pub pairs: Vec<Paired>,
    /// Rotation from the first print to the second, 1/256 turn counter-clockwise.
    pub rotation: u8,
    /// Where the alignment lays the minutiae of one print in the frame of the other, 1/16 pixel; empty where nothing
    /// is aligned.
    pub mapped: Vec<(i32, i32)>,
    /// The print that is laid on the other is the second one.
    pub is_second_mapped: bool,
    /// Minutiae of either print, by number, that lie in the region the other shows, the paired ones among them.
    pub in_region: [u128; 2],
}

/// The definition: the score of two prints, in either order.
pub fn reference(a: PrintView<'_>, b: PrintView<'_>) -> PairScore {
    compare(a, b).0.score
}

/// The score of two prints, in either order, at `level`: that of [`reference`].
pub fn score(level: SimdLevel, a: PrintView<'_>, b: PrintView<'_>) -> PairScore {
    match level.token() {
        None => reference(a, b),
        Some(level) => lanes::run(level, a, b),
    }
}

/// [`best_turn`] at `level`.
pub fn best_turn_score(level: SimdLevel, turns: &[Print; 4], b: PrintView<'_>) -> PairScore {
    let scores = turns.each_ref().map(|turn| score(level, turn.view(), b));
    scores.into_iter().max_by_key(|s| (s.similarity, s.paired)).unwrap_or_default()
}

/// The comparison of two prints, in either order, with its evidence.
pub fn evidence(a: PrintView<'_>, b: PrintView<'_>) -> Evidence {
    let (mut evidence, swapped) = compare(a, b);
    if swapped {
        for pair in &mut evidence.pairs {
            std::mem::swap(&mut pair.first, &mut pair.second);
        }
        evidence.rotation = evidence.rotation.wrapping_neg();
        evidence.is_second_mapped = true;
        evidence.in_region.swap(0, 1);
    }
    evidence
}

/// The best score of `a` in its four quarter turns against `b`: what prints of unknown direction are
/// compared by. `turns` are those of `a`, as [`quarter_turns`] gives them.
pub fn best_turn(turns: &[Print; 4], b: PrintView<'_>) -> PairScore {
    let scores = turns.each_ref().map(|turn| reference(turn.view(), b));
    scores.into_iter().max_by_key(|s| (s.similarity, s.paired)).unwrap_or_default()
}

/// A print in its four quarter turns, the first as it is.
pub fn quarter_turns(print: Print) -> [Print; 4] {
    let once = print.quarter_turned();
    let twice = once.quarter_turned();
    let thrice = twice.quarter_turned();
    [print, once, twice, thrice]
}

/// Evidence with `first` in the smaller print, and whether that is `b`.
fn compare(a: PrintView<'_>, b: PrintView<'_>) -> (Evidence, bool) {
    let (first, second) = a.ordered(b);
    let swapped = std::ptr::eq(first.descriptors, b.descriptors) && a.len() + b.len() > 0;
    let rows = best_partners(first, second);
    let total = consistency(first, second, &largest(&rows, PAIRS))
        + consistency(second, first, &largest(&best_partners(second, first), PAIRS));
    let candidates = cluster::candidates(first, second, &largest(&rows, CANDIDATES));
    let nothing = || (Evidence::default(), swapped);
    let Some(mut pairs) = cluster::seed(&candidates) else { return nothing() };
    let mut alignment = align::Alignment::fit(first, second, &pairs);
    let mut mapped = alignment.map(first);
    for round in 0..pairing::ROUNDS {
        if round > 0 {
            alignment = align::Alignment::fit(first, second, &pairs);
            mapped = alignment.map(first);
            align::follow(&mut mapped, second, &pairs);
        }
        pairs = pairing::pair(first, second, &mapped, alignment.rotation, round);
        if pairs.len() < 2 {
            return nothing();
        }
    }
    let in_region = overlap::inside(second, &mapped, &pairs);
    let overlap = overlap::weight_of(in_region, first, second);
    let similarity = score::similarity(&score::Terms {
        weight: pairing::weight_of(first, second, &pairs),
        overlap,
        total,
        minutiae: (first.len(), second.len()),
        rotation: alignment.rotation,
    });
    let score = PairScore { similarity, paired: pairs.len() as u32 };
    let rotation = alignment.rotation;
    (Evidence { score, pairs, rotation, mapped, is_second_mapped: false, in_region }, swapped)
}
