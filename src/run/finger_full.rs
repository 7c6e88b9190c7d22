//! Stage 3 of a search of fingerprints: records and marks compared in full, many at once where a card does it.
//!
//! A card scores the pairs of impressions that the comparisons will ask for. What then reaches the threshold
//! is compared again by the processor, whose comparison becomes the hit: no score of a hit is a card's. A few
//! of the other answers are compared with the definition.

use std::cell::RefCell;
use std::collections::HashMap;

use super::finger_compare::{
    Comparison, Correspondence, Placed, Similarity, Turned, across_hands, any_position,
    by_position, look_for_misplaced, of_marks_on_processor, on_processor,
};
use super::finger_tile::{Candidate, FingerContext, Routes};
use super::tile::{answers_wrongly, failed};
use crate::device::Device;
use crate::domain::calibration::Scale;
use crate::domain::finger::Rotation;
use crate::error::{Error, Result};
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::minutia_pair::{self, PairScore};

/// Comparisons of records whose impressions are brought to a card together: about ten pairs each.
pub(super) const COMPARED_TOGETHER: usize = 1024;

/// Answers of a call that the definition gives again, beside the strongest.
const SPOT_CHECKS: usize = 4;

/// Candidates compared in full, as their routes suggest.
pub(super) fn records_in_full(
    context: &FingerContext,
    candidates: &[Candidate],
) -> Result<Vec<Comparison>> {
    let search = context.search;
    let least = search.threshold.0;
    let scale = search.scale(Rotation::Upright);
    let lists = |candidate: &Candidate| -> (Vec<Placed<'_>>, Vec<Placed<'_>>) {
        let probe = &search.probes.records[candidate.probe];
        let row = &search.gallery.records[candidate.row];
        (search.probes.prints(probe).collect(), search.gallery.prints(row).collect())
    };
    let cpu = context.device.cpu();
    let on_cpu = |candidate: &Candidate| {
        let (a, b) = lists(candidate);
        let similarity = on_processor(cpu, Rotation::Upright, (&a, &b));
        let mut found = as_suggested(&similarity, scale, candidate.routes, ((&a, &b), least));
        if found.score_mban >= least && found.correspondence == Correspondence::Positions {
            look_for_misplaced(&similarity, scale, (&a, &b), &mut found);
        }
        found
    };
    if !context.device.is_gpu() {
        return Ok(candidates.iter().map(on_cpu).collect());
    }
    let mut together = Together::default();
    let all: Vec<_> = candidates.iter().map(lists).collect();
    let mut asked = Vec::new();
    for (candidate, (a, b)) in candidates.iter().zip(&all) {
        let pairs = noted(|similarity| {
            as_suggested(similarity, scale, candidate.routes, ((a, b), i32::MAX));
        });
        for (i, j) in &pairs {
            let probe = ((candidate.probe, *i, 0), a[*i].1);
            together.ask(probe, ((candidate.row, *j, 0), b[*j].1));
        }
        asked.push(pairs);
    }
    let mut scores = together.scores(&context.device)?.into_iter();
    let mut found = Vec::new();
    for ((candidate, (a, b)), pairs) in candidates.iter().zip(&all).zip(asked) {
        let answers: HashMap<(usize, usize), PairScore> =
            pairs.into_iter().zip(&mut scores).collect();
        let similarity = |i, j| answers.get(&(i, j)).copied().unwrap_or_default();
        let said = as_suggested(&similarity, scale, candidate.routes, ((a, b), least));
        found.push(confirmed(&context.device, said, least, || on_cpu(candidate))?);
    }
    Ok(found)
}

/// The comparison of two records, without a look for misplaced fingers.
fn as_suggested(
    similarity: Similarity<'_>,
    upright: Scale<'_>,
    routes: Routes,
    (sides, least): ((&[Placed<'_>], &[Placed<'_>]), i32),
) -> Comparison {
    if !routes.across {
        return by_position(similarity, upright, sides);
    }
    if !routes.by_position {
        return across_hands(similarity, upright, sides);
    }
    let straight = by_position(similarity, upright, sides);
    if straight.score_mban >= least {
        return straight;
    }
    let across = across_hands(similarity, upright, sides);
    if across.score_mban > straight.score_mban { across } else { straight }
}

/// Marks of one probe and the impressions of one record that may be of the same skin.
pub(super) struct MarkCandidate<'a> {
    pub(super) probe: usize,
    pub(super) marks: &'a [Turned],
    pub(super) row: usize,
    pub(super) prints: &'a [Placed<'a>],
    /// Which marks are compared with which impressions, ascending.
    pub(super) wanted: Vec<(usize, usize)>,
}

/// Candidates of marks compared in full.
pub(super) fn marks_in_full(
    context: &FingerContext,
    candidates: &[MarkCandidate<'_>],
) -> Result<Vec<Comparison>> {
    let least = context.search.threshold.0;
    let scale = context.search.scale(Rotation::Any);
    let compared = |candidate: &MarkCandidate<'_>, similarity: Similarity<'_>| {
        let is_wanted = |i, j| candidate.wanted.binary_search(&(i, j)).is_ok();
        any_position(similarity, (candidate.marks, scale), candidate.prints, is_wanted)
    };
    let cpu = context.device.cpu();
    let on_cpu = |candidate: &MarkCandidate<'_>| {
        let marks = (candidate.marks, Rotation::Any);
        compared(candidate, &of_marks_on_processor(cpu, marks, candidate.prints))
    };
    if !context.device.is_gpu() {
        return Ok(candidates.iter().map(on_cpu).collect());
    }
    let mut together = Together::default();
    for candidate in candidates {
        for (i, j) in &candidate.wanted {
            for (turn, mark) in candidate.marks[*i].1.iter().map(Print::view).enumerate() {
                let print = ((candidate.row, *j, 0), candidate.prints[*j].1);
                together.ask(((candidate.probe, *i, turn), mark), print);
            }
        }
    }
    let scores = together.scores(&context.device)?;
    let mut best = scores.chunks(4).map(|turns| {
        turns.iter().copied().max_by_key(|s| (s.similarity, s.paired)).unwrap_or_default()
    });
    let mut found = Vec::new();
    for candidate in candidates {
        let answers: HashMap<(usize, usize), PairScore> =
            candidate.wanted.iter().copied().zip(&mut best).collect();
        let said = compared(candidate, &|i, j| answers.get(&(i, j)).copied().unwrap_or_default());
        found.push(confirmed(&context.device, said, least, || on_cpu(candidate))?);
    }
    Ok(found)
}

/// What a card said, or if that is a hit, the processor's comparison.
fn confirmed(
    device: &Device,
    said: Comparison,
    least: i32,
    by_processor: impl FnOnce() -> Comparison,
) -> Result<Comparison> {
    if said.score_mban < least {
        return Ok(said);
    }
    let confirmed = by_processor();
    if confirmed.score_mban == said.score_mban {
        return Ok(confirmed);
    }
    let (answered, expected) = (said.score_mban, confirmed.score_mban);
    Err(wrong(device, &format!("{answered} millibans, the processor {expected}")))
}

fn wrong(device: &Device, what: &str) -> Error {
    let kernel = minutia_pair::SPEC.name;
    answers_wrongly(device, format!("{kernel}: it answers {what}"))
}

/// The pairs of impressions that a comparison asks for.
fn noted(compare: impl FnOnce(Similarity<'_>)) -> Vec<(usize, usize)> {
    let pairs = RefCell::new(Vec::new());
    compare(&|i, j| {
        pairs.borrow_mut().push((i, j));
        PairScore::default()
    });
    pairs.into_inner()
}

/// What tells an impression of a side from every other: record, impression, quarter turn.
type Key = (usize, usize, usize);

/// Impressions that a card is brought, each once.
#[derive(Default)]
struct Brought<'a> {
    numbers: HashMap<Key, u32>,
    views: Vec<PrintView<'a>>,
}

impl<'a> Brought<'a> {
    fn number(&mut self, (key, view): (Key, PrintView<'a>)) -> u32 {
        *self.numbers.entry(key).or_insert_with(|| {
            self.views.push(view);
            self.views.len() as u32 - 1
        })
    }
}

/// Pairs of impressions that are scored in one call.
#[derive(Default)]
struct Together<'a> {
    probes: Brought<'a>,
    gallery: Brought<'a>,
    pairs: Vec<(u32, u32)>,
}

impl<'a> Together<'a> {
    fn ask(&mut self, probe: (Key, PrintView<'a>), print: (Key, PrintView<'a>)) {
        self.pairs.push((self.probes.number(probe), self.gallery.number(print)));
    }

    /// The scores in the order in which they were asked for.
    fn scores(&self, device: &Device) -> Result<Vec<PairScore>> {
        if self.pairs.is_empty() {
            return Ok(Vec::new());
        }
        let scores = device.minutia_pairs(&self.probes.views, &self.gallery.views, &self.pairs);
        let scores = scores.map_err(|fault| failed(device, &fault))?;
        let strongest = (0..scores.len()).max_by_key(|n| scores[*n].similarity);
        let step = scores.len().div_ceil(SPOT_CHECKS).max(1);
        for place in (0..scores.len()).step_by(step).chain(strongest) {
            let (probe, print) = self.pairs[place];
            let (a, b) = (self.probes.views[probe as usize], self.gallery.views[print as usize]);
            let expected = minutia_pair::reference(a, b);
            if scores[place] != expected {
                let (answered, expected) = (scores[place].similarity, expected.similarity);
                return Err(wrong(device, &format!("{answered}, the reference {expected}")));
            }
        }
        Ok(scores)
    }
}
