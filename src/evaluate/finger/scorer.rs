//! The matcher as the evaluation calls it: a probe against a list of prints.
//!
//! Everything measured goes through [`gate_scores`] and [`similarities`].

use crate::device::cpu::CpuDevice;
use crate::domain::finger::{PlacedMinutia, Rotation};
use crate::kernel::minutia::projection::Projection;
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::minutia_gate;
use crate::kernel::minutia_pair::quarter_turns;

/// A print in all the turns in which it is compared as a probe, the first as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Probe {
    turns: Vec<Print>,
}

impl Probe {
    /// The probe of some minutiae.
    pub(super) fn new(
        minutiae: &[PlacedMinutia],
        projection: &Projection,
        rotation: Rotation,
    ) -> Probe {
        let print = Print::of(minutiae, projection);
        let turns = match rotation {
            Rotation::Upright => vec![print],
            Rotation::Any => quarter_turns(print).into(),
        };
        Probe { turns }
    }

    /// The greatest excess of any turn with `print`.
    pub(super) fn excess(&self, print: PrintView<'_>) -> i32 {
        let excess = |turn: &Print| minutia_gate::excess(turn.view(), print);
        self.turns.iter().map(excess).max().unwrap_or(0)
    }
}

/// Scores of the gate of `probe` against each of `gallery`, with a least excess: the best of its turns.
pub(super) fn gate_scores(
    device: &CpuDevice,
    probe: &Probe,
    gallery: &[PrintView<'_>],
    least_excess: i32,
) -> Vec<i32> {
    let turns: Vec<PrintView<'_>> = probe.turns.iter().map(Print::view).collect();
    let batch = device.minutia_batch(&turns);
    let mut scores = vec![0; turns.len() * gallery.len()];
    device.minutia_gate(&batch, gallery, least_excess, &mut scores);
    let mut best = scores.split_off((turns.len() - 1) * gallery.len());
    for turn in scores.chunks_exact(gallery.len().max(1)) {
        for (best, score) in best.iter_mut().zip(turn) {
            *best = (*best).max(*score);
        }
    }
    best
}

/// The similarity of `probe` and each of `gallery`, the best of its turns: the full score.
pub(super) fn similarities(
    device: &CpuDevice,
    probe: &Probe,
    gallery: &[PrintView<'_>],
) -> Vec<i32> {
    let of = |print: &PrintView<'_>| {
        let turns = probe.turns.iter();
        let scores = turns.map(|turn| device.minutia_pair(turn.view(), *print).similarity);
        scores.max().unwrap_or(0)
    };
    gallery.iter().map(of).collect()
}
