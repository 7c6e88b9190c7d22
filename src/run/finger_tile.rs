//! One tile of a search of fingerprints by position: blocks of records through the screen, survivors
//! compared in full. A pure function of the search and the tile.
//!
//! Stage 1: the gate's scores of the first two fingers that both records have are summed; and, in case a
//! record has its hands exchanged, those of the first two fingers with the same fingers of the other hand
//! (the second of these only where the first reaches a share of its own). A finger whose minutiae find
//! only plain partners counts 0. Stage 2: the sum over all fingers, by position or across, given up on
//! the way where the first three or five fall behind. Stage 3: the full comparison.

use std::sync::Mutex;

use super::finger_compare::{COMPARISON_VERSION, Comparison};
use super::finger_first::first_fingers;
use super::finger_full::{COMPARED_TOGETHER, records_in_full};
use super::finger_ready::{Probes, Shown};
use super::tile::{SCORED_BY, TileOutput};
use crate::column::hit::{FingerEvidence, Hit};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::ident::hit_id;
use crate::kernel::Overflow;
use crate::kernel::minutia::PrintView;
use crate::limits::MAX_SURVIVORS_PER_TILE;
use crate::plan::finger_job::FingerComparator;
use crate::plan::finger_screen::{ACROSS_MINUTIAE, FIRST_MINUTIAE, MAX_SCREENED};
use crate::plan::finger_search::ReadyFingerSearch;
use crate::plan::finger_side::{FingerPlace, FingerSide, mirror};
use crate::plan::tile::Tile;
use crate::score::Millibans;

/// What every tile of a search shares.
pub(super) struct FingerContext<'a> {
    pub(super) search: &'a ReadyFingerSearch,
    pub(super) device: Device,
    pub(super) run_id: &'a str,
    /// Where comparisons are kept besides their hits, if somebody is to be told how a score comes about.
    pub(super) kept: Option<&'a Kept>,
}

/// Full comparisons of a search, each with the sides as a hit of it has them.
pub(super) type Kept = Mutex<Vec<Comparison>>;

impl FingerContext<'_> {
    /// In an N:N search the lower id is the probe, however the records are stored.
    fn is_exchanged(&self, probe: usize, row: usize) -> bool {
        let (probes, gallery) = (&self.search.probes, &self.search.gallery);
        let ids =
            (probes.record_id(&probes.records[probe]), gallery.record_id(&gallery.records[row]));
        self.search.spec.triangle && ids.0 > ids.1
    }

    /// Keeps a full comparison, if they are kept.
    pub(super) fn keep(&self, probe: usize, row: usize, found: &Comparison) {
        let Some(Ok(mut kept)) = self.kept.map(Mutex::lock) else { return };
        let found = found.clone();
        kept.push(if self.is_exchanged(probe, row) { found.swapped() } else { found });
    }
}

/// Runs `tile`, in halves if its survivors or hits overflow.
pub(super) fn run_finger_tile(context: &FingerContext, tile: &Tile) -> Result<TileOutput> {
    run_within(context, tile, MAX_SURVIVORS_PER_TILE)
}

pub(super) fn run_within(
    context: &FingerContext,
    tile: &Tile,
    capacity: usize,
) -> Result<TileOutput> {
    let attempt = match context.search.spec.comparator {
        FingerComparator::Positions => positions(context, tile, capacity)?,
        FingerComparator::Marks => super::finger_mark::marks(context, tile, capacity)?,
    };
    if let Ok(mut output) = attempt {
        output.written = output.hits.len() as u64;
        return Ok(output);
    }
    let Some(halves) = tile.halves() else {
        return Err(Error::Limit {
            what: "the number of survivors of a single pair".into(),
            limit: capacity as u64,
            help: "report this; a pair survives at most once".into(),
        });
    };
    let mut sum = TileOutput { splits: 1, ..TileOutput::default() };
    for half in halves {
        sum.merge(run_within(context, &half, capacity)?);
    }
    Ok(sum)
}

/// By which correspondences a pair passed a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Routes {
    pub(super) by_position: bool,
    pub(super) across: bool,
}

impl Routes {
    pub(super) const BOTH: Routes = Routes { by_position: true, across: true };

    fn any(self) -> bool {
        self.by_position || self.across
    }

    fn others(self) -> Routes {
        Routes { by_position: !self.by_position, across: !self.across }
    }
}

/// A pair that passed a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    pub(super) probe: usize,
    pub(super) row: usize,
    pub(super) routes: Routes,
}

pub(super) type Screened<T> = Result<std::result::Result<T, Overflow>>;

fn positions(context: &FingerContext, tile: &Tile, capacity: usize) -> Screened<TileOutput> {
    let search = context.search;
    let mut output = TileOutput::default();
    let shown = |minutiae| Shown::new(&search.probes, tile.probes.clone(), minutiae);
    let (first, across) = (shown(FIRST_MINUTIAE), shown(ACROSS_MINUTIAE));
    let mut probes = Probes::new(&context.device, &first, &across);
    let candidates = match first_fingers(context, tile, capacity, &mut probes, &mut output)? {
        Ok(candidates) => candidates,
        Err(overflow) => return Ok(Err(overflow)),
    };
    output.stages.first_fingers = candidates.len() as u64;
    let of_probes = candidates.chunk_by(|a, b| a.probe == b.probe);
    let candidates: Vec<Candidate> =
        of_probes.flat_map(|of_probe| all_fingers(context, of_probe, &mut probes)).collect();
    output.stages.all_fingers = candidates.len() as u64;
    output.survivors = output.stages.all_fingers;
    for some in candidates.chunks(COMPARED_TOGETHER) {
        for (candidate, found) in some.iter().zip(records_in_full(context, some)?) {
            output.histogram.add(Millibans(found.score_mban));
            context.keep(candidate.probe, candidate.row, &found);
            if found.score_mban >= search.threshold.0 {
                output.hits.push(hit(context, candidate.probe, candidate.row, found));
            }
        }
        if output.hits.len() > capacity {
            return Ok(Err(Overflow { capacity }));
        }
    }
    Ok(Ok(output))
}

/// Stage 2: of the candidates of one probe those whose fingers together agree enough.
fn all_fingers(
    context: &FingerContext,
    candidates: &[Candidate],
    probes: &mut Probes,
) -> Vec<Candidate> {
    if context.search.screen.all_fingers[0] == i32::MIN {
        return candidates.to_vec();
    }
    let mut kept = candidates.to_vec();
    let passed = follow(context, &kept, probes, |routes| routes);
    kept.iter_mut().zip(passed).for_each(|(candidate, routes)| candidate.routes = routes);
    kept.retain(|candidate| candidate.routes.any());
    // Two index fingers at each other's place bring a pair here across the hands; eight others stand right.
    let passed = follow(context, &kept, probes, Routes::others);
    for (candidate, more) in kept.iter_mut().zip(passed) {
        candidate.routes.by_position |= more.by_position;
        candidate.routes.across |= more.across;
    }
    kept
}

/// Which of the routes that `of` picks the candidates of one probe pass.
fn follow(
    context: &FingerContext,
    candidates: &[Candidate],
    probes: &mut Probes,
    of: impl Fn(Routes) -> Routes,
) -> Vec<Routes> {
    let mut passed = vec![Routes::default(); candidates.len()];
    let straight = |routes: Routes| of(routes).by_position;
    for place in reaching(context, candidates, straight, probes, Some) {
        passed[place].by_position = true;
    }
    let across = |routes: Routes| of(routes).across;
    let other = |place| (place <= 10).then(|| mirror(place));
    for place in reaching(context, candidates, across, probes, other) {
        passed[place].across = true;
    }
    passed
}

/// The places of those candidates of one probe, among the ones on a route, whose sum of the gate's scores
/// over the fingers in the order of screening, each with the finger that `other` says, is high enough.
fn reaching(
    context: &FingerContext,
    candidates: &[Candidate],
    is_on_route: impl Fn(Routes) -> bool,
    probes: &mut Probes,
    other: impl Fn(u8) -> Option<u8>,
) -> Vec<usize> {
    let (gallery, screen) = (&context.search.gallery, &context.search.screen);
    let mut sums = vec![(0, 0); candidates.len()];
    let mut alive: Vec<usize> =
        (0..candidates.len()).filter(|n| is_on_route(candidates[*n].routes)).collect();
    let Some(probe) = alive.first().map(|n| candidates[*n].probe) else { return alive };
    let own = context.search.probes.records[probe].positions;
    for (place, other) in own.in_order().filter_map(|place| Some((place, other(place)?))) {
        let print = |n: usize| {
            let record = &gallery.records[candidates[n].row];
            let is_wanted = sums[n].1 < MAX_SCREENED && record.positions.contains(other);
            is_wanted.then(|| Some((n, gallery.best_print(record, other)?))).flatten()
        };
        let (chosen, views): (Vec<usize>, Vec<PrintView<'_>>) =
            alive.iter().filter_map(|n| print(*n)).unzip();
        if views.is_empty() {
            continue;
        }
        let mut scores = vec![0; views.len()];
        context.device.cpu().minutia_gate(probes.whole(probe, place), &views, 0, &mut scores);
        for (n, score) in chosen.into_iter().zip(scores) {
            sums[n] = (sums[n].0 + score, sums[n].1 + 1);
        }
        alive.retain(|n| sums[*n].1 == 0 || sums[*n].0 >= screen.on_the_way[sums[*n].1 - 1]);
    }
    alive.retain(|n| sums[*n].1 > 0 && sums[*n].0 >= screen.all_fingers[sums[*n].1 - 1]);
    alive
}

/// The hit of a pair of records.
pub(super) fn hit(context: &FingerContext, probe: usize, row: usize, found: Comparison) -> Hit {
    let search = context.search;
    let spec = &search.spec;
    let is_exchanged = context.is_exchanged(probe, row);
    let mut found = found;
    let mut probe = (&*search.probes, &search.probes.records[probe]);
    let mut gallery = (&*search.gallery, &search.gallery.records[row]);
    let id = |(side, record): (&'_ FingerSide, &FingerPlace)| side.record_id(record).to_owned();
    if is_exchanged {
        std::mem::swap(&mut probe, &mut gallery);
        found = found.swapped();
    }
    let person =
        |(side, record): (&FingerSide, &FingerPlace)| side.shown_person(record).map(str::to_owned);
    let generation =
        |(side, record): (&FingerSide, &FingerPlace)| side.segment(record).entry().generation;
    let (probe_id, gallery_id) = (id(probe), id(gallery));
    Hit {
        hit_id: hit_id(spec.comparator.name(), COMPARISON_VERSION, &probe_id, &gallery_id, ""),
        run_id: context.run_id.to_owned(),
        search: spec.name.clone(),
        modality: "finger".into(),
        probe_id,
        probe_person: person(probe),
        probe_index: spec.probe.name().into(),
        gallery_id,
        gallery_person: person(gallery),
        gallery_index: spec.gallery.name().into(),
        rank: 0,
        score_mban: found.score_mban,
        expected_chance_hits: search.expected_chance_hits_at(Millibans(found.score_mban)),
        calibration: found.calibration().into(),
        rule: found.correspondence.rule().into(),
        family_id: None,
        kinship: None,
        posterior: None,
        purpose: spec.purpose.article.into(),
        new_since: generation(probe).max(generation(gallery)),
        device: SCORED_BY.into(),
        dna: None,
        finger: Some(FingerEvidence { minutiae_paired: found.paired(), fingers: found.fingers() }),
        lineage: None,
    }
}

#[cfg(test)]
#[path = "finger_tests.rs"]
mod tests;
