//! One tile of a search of fingerprints by position: blocks of records through the screen, survivors
//! compared in full. A pure function of the search and the tile.
//!
//! Stage 1: the gate's scores of the first two fingers that both records have are summed; and, in case a
//! record has its hands exchanged, those of the first two fingers with the same fingers of the other hand
//! (the second of these only where the first reaches a share of its own). A finger whose minutiae find
//! only plain partners counts 0. Stage 2: the sum over all fingers, by position or across, given up on
//! the way where the first three or five fall behind. Stage 3: the full comparison.

use std::ops::Range;

use super::finger_compare::{
    COMPARISON_VERSION, Comparison, Placed, across_hands, by_position, look_for_misplaced,
};
use super::finger_ready::{Block, Probes, Shown};
use super::tile::{SCORED_BY, TileOutput, answers_wrongly, failed};
use crate::column::hit::{FingerEvidence, Hit};
use crate::device::Device;
use crate::domain::finger::Rotation;
use crate::error::{Error, Result};
use crate::ident::hit_id;
use crate::kernel::Overflow;
use crate::kernel::minutia::PrintView;
use crate::kernel::minutia_gate;
use crate::limits::MAX_SURVIVORS_PER_TILE;
use crate::plan::finger_job::FingerComparator;
use crate::plan::finger_screen::{ACROSS_MINUTIAE, FIRST_MINUTIAE, MAX_SCREENED};
use crate::plan::finger_search::ReadyFingerSearch;
use crate::plan::finger_side::{FingerPlace, FingerSide, PositionSet, mirror};
use crate::plan::tile::Tile;
use crate::score::Millibans;

/// What every tile of a search shares.
pub(super) struct FingerContext<'a> {
    pub(super) search: &'a ReadyFingerSearch,
    pub(super) device: Device,
    pub(super) run_id: &'a str,
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

/// Ranges of at most `most` records of one set of positions within `range`.
fn blocks(side: &FingerSide, range: Range<usize>, most: usize) -> Vec<Range<usize>> {
    let mut list: Vec<Range<usize>> = Vec::new();
    for place in range {
        let positions = side.records[place].positions;
        match list.last_mut() {
            Some(last) if last.len() < most && side.records[last.start].positions == positions => {
                last.end = place + 1;
            }
            _ => list.push(place..place + 1),
        }
    }
    list
}

/// By which correspondences a pair passed a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Routes {
    by_position: bool,
    across: bool,
}

impl Routes {
    const BOTH: Routes = Routes { by_position: true, across: true };

    fn any(self) -> bool {
        self.by_position || self.across
    }

    fn others(self) -> Routes {
        Routes { by_position: !self.by_position, across: !self.across }
    }
}

/// A pair that passed a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    probe: usize,
    row: usize,
    routes: Routes,
}

type Screened<T> = Result<std::result::Result<T, Overflow>>;

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
    for of_probe in candidates.chunk_by(|a, b| a.probe == b.probe) {
        for candidate in all_fingers(context, of_probe, &mut probes) {
            output.stages.all_fingers += 1;
            output.survivors += 1;
            let found = in_full(context, candidate);
            output.histogram.add(Millibans(found.score_mban));
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

/// Stage 1: the pairs of the tile whose first fingers agree enough, ascending.
fn first_fingers(
    context: &FingerContext,
    tile: &Tile,
    capacity: usize,
    probes: &mut Probes,
    output: &mut TileOutput,
) -> Screened<Vec<Candidate>> {
    let search = context.search;
    let (side, gallery) = (&*search.probes, &*search.gallery);
    let size = context.device.gate_size();
    let batches = blocks(side, tile.probes.clone(), size.probes);
    let mut candidates = Vec::new();
    for rows in blocks(gallery, tile.rows.clone(), size.prints) {
        let set = gallery.records[rows.start].positions;
        let shown = |minutiae| Shown::new(gallery, rows.clone(), minutiae);
        let (first, across) = (shown(FIRST_MINUTIAE), shown(ACROSS_MINUTIAE));
        let mut block = Block::new(&first, &across);
        for batch in &batches {
            if tile.first_row(batch.start) >= rows.end {
                continue;
            }
            let own = side.records[batch.start].positions;
            let passed = block.passed(context, (own, set), batch, probes)?;
            for probe in batch.clone() {
                let first = tile.first_row(probe).max(rows.start);
                let id = side.record_id(&side.records[probe]);
                for row in first..rows.end {
                    // An ad-hoc probe may be a record of the gallery: it does not hit itself.
                    if !own.common(set).is_empty()
                        && (search.spec.triangle || gallery.record_id(&gallery.records[row]) != id)
                    {
                        output.comparisons += 1;
                        let place = (probe - batch.start) * rows.len() + row - rows.start;
                        let routes = passed[place];
                        if routes.any() {
                            candidates.push(Candidate { probe, row, routes });
                        }
                    }
                }
            }
            if candidates.len() > capacity {
                return Ok(Err(Overflow { capacity }));
            }
        }
    }
    candidates.sort_unstable();
    Ok(Ok(candidates))
}

impl Block<'_> {
    /// By which routes the pairs of the probes in `batch` with the block pass stage 1, at
    /// `probe * rows + row`.
    fn passed(
        &mut self,
        context: &FingerContext,
        (own, set): (PositionSet, PositionSet),
        batch: &Range<usize>,
        probes: &mut Probes,
    ) -> Result<Vec<Routes>> {
        let screen = &context.search.screen;
        let pairs = batch.len() * self.rows.len();
        let common: Vec<u8> = own.common(set).in_order().take(2).collect();
        let Some(first) = common.first().copied() else {
            return Ok(vec![Routes::default(); pairs]);
        };
        let least = screen.first_fingers[common.len() - 1];
        if least == i32::MIN {
            return Ok(vec![Routes::BOTH; pairs]);
        }
        let device = &context.device;
        let mut sums = vec![0; pairs];
        let failed = |fault| failed(device, &fault);
        let prepared = probes.by_position(batch, first).map_err(failed)?;
        let prints = self.by_position(device, first).map_err(failed)?;
        device.minutia_gate(prepared, prints, screen.excess, &mut sums).map_err(failed)?;
        // A card is asked about every answer: its blocks are large, and a check costs them nothing.
        let is_checked = device.is_gpu() || batch.start == probes.first.start();
        let shown = (probes.first, self.first);
        if is_checked {
            let answer = (screen.excess, &sums[..]);
            spot_check(device, shown, (batch, &self.rows), (first, first), answer)?;
        }
        if let Some(second) = common.get(1).copied() {
            let mut scores = vec![0; pairs];
            let prepared = probes.by_position(batch, second).map_err(failed)?;
            let prints = self.by_position(device, second).map_err(failed)?;
            device.minutia_gate(prepared, prints, screen.excess, &mut scores).map_err(failed)?;
            if device.is_gpu() {
                let answer = (screen.excess, &scores[..]);
                spot_check(device, shown, (batch, &self.rows), (second, second), answer)?;
            }
            sums.iter_mut().zip(&scores).for_each(|(sum, score)| *sum += score);
        }
        let route = |sum: i32| Routes { by_position: sum >= least, across: false };
        let mut passed: Vec<Routes> = sums.into_iter().map(route).collect();
        self.across(context, (own, set), batch, probes, &mut passed)?;
        Ok(passed)
    }

    /// Adds the pairs whose first fingers agree across the hands.
    fn across(
        &mut self,
        context: &FingerContext,
        (own, set): (PositionSet, PositionSet),
        batch: &Range<usize>,
        probes: &mut Probes,
        passed: &mut [Routes],
    ) -> Result<()> {
        let screen = &context.search.screen;
        let fingers: Vec<u8> = own.common(set.mirrored()).fingers().take(2).collect();
        let Some(first) = fingers.first().copied() else { return Ok(()) };
        let least = screen.across_fingers[fingers.len() - 1];
        let device = &context.device;
        let mut scores = vec![0; passed.len()];
        let alone = if fingers.len() == 1 { least } else { screen.first_across };
        let failed = |fault| failed(device, &fault);
        let prepared = probes.across_hands(batch, first).map_err(failed)?;
        let prints = self.at_mirror(device, first).map_err(failed)?;
        device.minutia_gate(prepared, prints, screen.excess_across, &mut scores).map_err(failed)?;
        if device.is_gpu() {
            let (shown, answer) =
                ((probes.across, self.across), (screen.excess_across, &scores[..]));
            spot_check(device, shown, (batch, &self.rows), (first, mirror(first)), answer)?;
        }
        let width = self.rows.len();
        let seconds = fingers.get(1).map(|second| (*second, self.views_at_mirror(*second)));
        for (number, row) in scores.chunks(width).enumerate() {
            let chosen: Vec<usize> = (0..width).filter(|place| row[*place] >= alone).collect();
            let mut sums: Vec<i32> = chosen.iter().map(|place| row[*place]).collect();
            if let Some((second, others)) = seconds.as_ref().filter(|_| !chosen.is_empty()) {
                let others: Vec<PrintView<'_>> = chosen.iter().map(|p| others[*p]).collect();
                let mut more = vec![0; others.len()];
                let one = probes.one_across(batch.start + number, *second);
                device.cpu().minutia_gate(one, &others, screen.excess_across, &mut more);
                sums.iter_mut().zip(&more).for_each(|(sum, score)| *sum += score);
            }
            for (place, sum) in chosen.into_iter().zip(sums) {
                passed[number * width + place].across |= sum >= least;
            }
        }
        Ok(())
    }
}

/// Compares the device's answer with the reference on the strongest pair of a batch and a block, each as it is
/// shown and at its place. A device that answers wrongly must not write a hit list.
fn spot_check(
    device: &Device,
    shown: (&Shown, &Shown),
    (batch, rows): (&Range<usize>, &Range<usize>),
    places: (u8, u8),
    (least_excess, scores): (i32, &[i32]),
) -> Result<()> {
    let strongest = (0..scores.len()).max_by_key(|pair| scores[*pair]).unwrap_or(0);
    let a = shown.0.view(batch.start + strongest / rows.len(), places.0);
    let b = shown.1.view(rows.start + strongest % rows.len(), places.1);
    spot_check_one(device, (a, b), (least_excess, scores[strongest]))
}

/// Compares the device's answer on one pair with the reference.
pub(super) fn spot_check_one(
    device: &Device,
    (a, b): (PrintView<'_>, PrintView<'_>),
    (least_excess, answered): (i32, i32),
) -> Result<()> {
    let expected = minutia_gate::screened(a, b, least_excess);
    if answered == expected {
        return Ok(());
    }
    let kernel = minutia_gate::SPEC.name;
    Err(answers_wrongly(
        device,
        format!("{kernel}: it answers {answered}, the reference {expected}"),
    ))
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

/// Stage 3: the full comparison, as the routes suggest.
fn in_full(context: &FingerContext, candidate: Candidate) -> Comparison {
    let (search, routes) = (context.search, candidate.routes);
    let a: Vec<Placed<'_>> =
        search.probes.prints(&search.probes.records[candidate.probe]).collect();
    let b: Vec<Placed<'_>> =
        search.gallery.prints(&search.gallery.records[candidate.row]).collect();
    let device = context.device.cpu();
    let straight = routes.by_position.then(|| by_position(device, Rotation::Upright, (&a, &b)));
    if let Some(mut straight) = straight.clone().filter(|s| s.score_mban >= search.threshold.0) {
        look_for_misplaced(device, Rotation::Upright, (&a, &b), &mut straight);
        return straight;
    }
    let across = routes.across.then(|| across_hands(device, Rotation::Upright, (&a, &b)));
    let best = straight.into_iter().chain(across);
    best.reduce(|best, next| if next.score_mban > best.score_mban { next } else { best })
        .unwrap_or_else(|| by_position(device, Rotation::Upright, (&a, &b)))
}

/// The hit of a pair of records.
pub(super) fn hit(context: &FingerContext, probe: usize, row: usize, found: Comparison) -> Hit {
    let search = context.search;
    let spec = &search.spec;
    let mut found = found;
    let mut probe = (&*search.probes, &search.probes.records[probe]);
    let mut gallery = (&*search.gallery, &search.gallery.records[row]);
    let id = |(side, record): (&'_ FingerSide, &FingerPlace)| side.record_id(record).to_owned();
    // In an N:N search the lower id is the probe, however the records are stored.
    if spec.triangle && id(probe) > id(gallery) {
        std::mem::swap(&mut probe, &mut gallery);
        found = found.swapped();
    }
    let person = |(side, record): (&FingerSide, &FingerPlace)| {
        side.segment(record).person_id(record.row as usize).map(str::to_owned)
    };
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
        purpose: spec.purpose.article.into(),
        new_since: generation(probe).max(generation(gallery)),
        device: SCORED_BY.into(),
        dna: None,
        finger: Some(FingerEvidence { minutiae_paired: found.paired(), fingers: found.fingers() }),
    }
}

#[cfg(test)]
#[path = "finger_tests.rs"]
mod tests;
