//! One tile of a search of fingerprints by position: blocks of records through the screen, survivors
//! compared in full. A pure function of the search and the tile.
//!
//! Stage 1: the gate's scores of the first two fingers that both records have are summed; and, in case a
//! record has its hands exchanged, those of the first two fingers with the same fingers of the other hand
//! (the second of these only where the first reaches a share of its own). Stage 2: the sum over all
//! fingers, by position and across. Stage 3: the full comparison.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use super::finger_compare::{
    COMPARISON_VERSION, Comparison, Placed, across_hands, by_position, look_for_misplaced,
};
use super::tile::TileOutput;
use crate::column::hit::{FingerEvidence, Hit};
use crate::device::cpu::CpuDevice;
use crate::domain::finger::Rotation;
use crate::error::{Error, Result};
use crate::ident::hit_id;
use crate::kernel::Overflow;
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::minutia_gate::{self, Batch};
use crate::limits::MAX_SURVIVORS_PER_TILE;
use crate::plan::finger_job::FingerComparator;
use crate::plan::finger_screen::{ACROSS_MINUTIAE, FIRST_MINUTIAE, MAX_SCREENED};
use crate::plan::finger_search::ReadyFingerSearch;
use crate::plan::finger_side::{FingerPlace, FingerSide, PositionSet, mirror};
use crate::plan::tile::Tile;
use crate::score::Millibans;

/// Gallery records of a block: their prints of one finger, about 2.5 kB each, stay in a core's L2 cache.
const BLOCK_RECORDS: usize = 256;

/// Probes compared with a block in one pass.
const BATCH_PROBES: usize = 32;

/// What every tile of a search shares.
pub(super) struct FingerContext<'a> {
    pub(super) search: &'a ReadyFingerSearch,
    pub(super) device: CpuDevice,
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

/// Prints as they are screened, made when first needed: a row per record, a column per place.
struct Shown<'a> {
    side: &'a FingerSide,
    rows: Range<usize>,
    minutiae: usize,
    cells: Vec<OnceCell<Print>>,
}

/// Places in a row of [`Shown`]: codes of positions are below.
const PLACES: usize = 37;

impl<'a> Shown<'a> {
    fn new(side: &'a FingerSide, rows: Range<usize>, minutiae: usize) -> Shown<'a> {
        let cells = (0..rows.len() * PLACES).map(|_| OnceCell::new()).collect();
        Shown { side, rows, minutiae, cells }
    }

    /// The print of `record` at `place`, which it has.
    fn view(&self, record: usize, place: u8) -> PrintView<'_> {
        let cell = &self.cells[(record - self.rows.start) * PLACES + usize::from(place)];
        let record = &self.side.records[record];
        let made = || self.side.screened_print(record, place, self.minutiae);
        cell.get_or_init(made).view()
    }

    fn views(&self, records: Range<usize>, place: u8) -> Vec<PrintView<'_>> {
        records.map(|record| self.view(record, place)).collect()
    }
}

/// Probes prepared for the gate, made when first needed: by their first record and place.
struct Probes<'a> {
    device: CpuDevice,
    first: &'a Shown<'a>,
    across: &'a Shown<'a>,
    by_position: HashMap<(usize, u8), Batch<'a>>,
    across_hands: HashMap<(usize, u8), Batch<'a>>,
    one_across: HashMap<(usize, u8), Batch<'a>>,
    whole: HashMap<(usize, u8), Batch<'a>>,
}

impl<'a> Probes<'a> {
    fn new(device: CpuDevice, first: &'a Shown<'a>, across: &'a Shown<'a>) -> Probes<'a> {
        let [by_position, across_hands, one_across, whole] = [(); 4].map(|()| HashMap::new());
        Probes { device, first, across, by_position, across_hands, one_across, whole }
    }

    /// The prints at `place` of the records in `range`, all of which have it.
    fn by_position(&mut self, range: &Range<usize>, place: u8) -> &Batch<'a> {
        let (shown, device) = (self.first, self.device);
        let made = || device.minutia_batch(&shown.views(range.clone(), place));
        self.by_position.entry((range.start, place)).or_insert_with(made)
    }

    /// The same for a comparison across the hands.
    fn across_hands(&mut self, range: &Range<usize>, place: u8) -> &Batch<'a> {
        let (shown, device) = (self.across, self.device);
        let made = || device.minutia_batch(&shown.views(range.clone(), place));
        self.across_hands.entry((range.start, place)).or_insert_with(made)
    }

    /// The print at `place` of one record, for a comparison across the hands.
    fn one_across(&mut self, record: usize, place: u8) -> &Batch<'a> {
        let (shown, device) = (self.across, self.device);
        let made = || device.minutia_batch(&[shown.view(record, place)]);
        self.one_across.entry((record, place)).or_insert_with(made)
    }

    /// The print at `place` of one record with all its minutiae.
    fn whole(&mut self, record: usize, place: u8) -> &Batch<'a> {
        let (side, device) = (self.first.side, self.device);
        let print = side.best_print(&side.records[record], place);
        let made = || device.minutia_batch(print.as_slice());
        self.whole.entry((record, place)).or_insert_with(made)
    }
}

/// A pair that passed a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    probe: usize,
    row: usize,
}

type Screened<T> = Result<std::result::Result<T, Overflow>>;

fn positions(context: &FingerContext, tile: &Tile, capacity: usize) -> Screened<TileOutput> {
    let search = context.search;
    let mut output = TileOutput::default();
    let shown = |minutiae| Shown::new(&search.probes, tile.probes.clone(), minutiae);
    let (first, across) = (shown(FIRST_MINUTIAE), shown(ACROSS_MINUTIAE));
    let mut probes = Probes::new(context.device, &first, &across);
    let candidates = match first_fingers(context, tile, capacity, &mut probes, &mut output)? {
        Ok(candidates) => candidates,
        Err(overflow) => return Ok(Err(overflow)),
    };
    output.stages.first_fingers = candidates.len() as u64;
    for of_probe in candidates.chunk_by(|a, b| a.probe == b.probe) {
        for (candidate, routes) in all_fingers(context, of_probe, &mut probes) {
            output.stages.all_fingers += 1;
            output.survivors += 1;
            let found = in_full(context, candidate, routes);
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
    let batches = blocks(side, tile.probes.clone(), BATCH_PROBES);
    let mut candidates = Vec::new();
    for rows in blocks(gallery, tile.rows.clone(), BLOCK_RECORDS) {
        let set = gallery.records[rows.start].positions;
        let shown = |minutiae| Shown::new(gallery, rows.clone(), minutiae);
        let (first, across) = (shown(FIRST_MINUTIAE), shown(ACROSS_MINUTIAE));
        let block = Block { rows: rows.clone(), first, across };
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
                        if passed[place] {
                            candidates.push(Candidate { probe, row });
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

/// A block of gallery records of one set of positions, with their prints as they are needed.
struct Block<'a> {
    rows: Range<usize>,
    first: Shown<'a>,
    across: Shown<'a>,
}

impl Block<'_> {
    fn at(&self, place: u8) -> Vec<PrintView<'_>> {
        self.first.views(self.rows.clone(), place)
    }

    fn at_mirror(&self, place: u8) -> Vec<PrintView<'_>> {
        self.across.views(self.rows.clone(), mirror(place))
    }

    /// Which pairs of the probes in `batch` with the block pass stage 1, at `probe * rows + row`.
    fn passed(
        &self,
        context: &FingerContext,
        (own, set): (PositionSet, PositionSet),
        batch: &Range<usize>,
        probes: &mut Probes,
    ) -> Result<Vec<bool>> {
        let screen = &context.search.screen;
        let pairs = batch.len() * self.rows.len();
        let common: Vec<u8> = own.common(set).in_order().take(2).collect();
        let Some(first) = common.first().copied() else { return Ok(vec![false; pairs]) };
        let least = screen.first_fingers[common.len() - 1];
        if least == i32::MIN {
            return Ok(vec![true; pairs]);
        }
        let device = context.device;
        let mut sums = vec![0; pairs];
        let alone = if common.len() == 1 { least } else { screen.floor };
        let minimum = vec![alone; batch.len()];
        device.minutia_gate(probes.by_position(batch, first), &self.at(first), &minimum, &mut sums);
        if batch.start == probes.first.rows.start {
            spot_check((batch, probes), self, first, (alone, &sums))?;
        }
        if let Some(second) = common.get(1).copied() {
            // What a sum still lacks in the best case of each probe.
            let lacking = |row: &[i32]| least - row.iter().copied().max().unwrap_or(0);
            let minimum: Vec<i32> =
                sums.chunks(self.rows.len()).map(|row| lacking(row).max(screen.floor)).collect();
            let mut scores = vec![0; pairs];
            let prepared = probes.by_position(batch, second);
            device.minutia_gate(prepared, &self.at(second), &minimum, &mut scores);
            sums.iter_mut().zip(&scores).for_each(|(sum, score)| *sum += score);
        }
        let mut passed: Vec<bool> = sums.iter().map(|sum| *sum >= least).collect();
        self.across(context, (own, set), batch, probes, &mut passed);
        Ok(passed)
    }

    /// Adds the pairs whose first fingers agree across the hands.
    fn across(
        &self,
        context: &FingerContext,
        (own, set): (PositionSet, PositionSet),
        batch: &Range<usize>,
        probes: &mut Probes,
        passed: &mut [bool],
    ) {
        let screen = &context.search.screen;
        let fingers: Vec<u8> = own.common(set.mirrored()).fingers().take(2).collect();
        let Some(first) = fingers.first().copied() else { return };
        let least = screen.across_fingers[fingers.len() - 1];
        let device = context.device;
        let mut scores = vec![0; passed.len()];
        let alone = if fingers.len() == 1 { least } else { screen.first_across };
        let minimum = vec![alone; batch.len()];
        let prepared = probes.across_hands(batch, first);
        device.minutia_gate(prepared, &self.at_mirror(first), &minimum, &mut scores);
        let width = self.rows.len();
        let seconds = fingers.get(1).map(|second| (*second, self.at_mirror(*second)));
        for (number, row) in scores.chunks(width).enumerate() {
            let chosen: Vec<usize> = (0..width).filter(|place| row[*place] > 0).collect();
            let mut sums: Vec<i32> = chosen.iter().map(|place| row[*place]).collect();
            if let Some((second, others)) = seconds.as_ref().filter(|_| !chosen.is_empty()) {
                let others: Vec<PrintView<'_>> = chosen.iter().map(|p| others[*p]).collect();
                let mut more = vec![0; others.len()];
                let one = probes.one_across(batch.start + number, *second);
                device.minutia_gate(one, &others, &[], &mut more);
                sums.iter_mut().zip(&more).for_each(|(sum, score)| *sum += score);
            }
            for (place, sum) in chosen.into_iter().zip(sums) {
                passed[number * width + place] |= sum >= least;
            }
        }
    }
}

/// Compares the device's answer with the reference on the strongest pair of a block. A device that answers
/// wrongly must not write a hit list.
fn spot_check(
    (batch, probes): (&Range<usize>, &Probes),
    block: &Block,
    place: u8,
    (minimum, scores): (i32, &[i32]),
) -> Result<()> {
    let width = block.rows.len();
    let strongest = (0..scores.len()).max_by_key(|pair| scores[*pair]).unwrap_or(0);
    let a = probes.first.view(batch.start + strongest / width, place);
    let b = block.first.view(block.rows.start + strongest % width, place);
    spot_check_one(a, b, (minimum, scores[strongest]))
}

/// Compares the device's answer on one pair with the reference.
pub(super) fn spot_check_one(
    a: PrintView<'_>,
    b: PrintView<'_>,
    (minimum, answered): (i32, i32),
) -> Result<()> {
    let score = minutia_gate::reference(a, b);
    let expected = if score < minimum { 0 } else { score };
    if answered == expected {
        return Ok(());
    }
    Err(Error::integrity(
        std::path::Path::new("cpu"),
        format!(
            "{}: the device answers {answered}, the reference {expected}",
            minutia_gate::SPEC.name
        ),
        "this processor computes wrongly; run again with TANBA_SIMD=scalar and report it",
    ))
}

/// By which correspondences a pair passed stage 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Routes {
    by_position: bool,
    across: bool,
}

/// Stage 2: of the candidates of one probe those whose fingers together agree enough.
fn all_fingers(
    context: &FingerContext,
    candidates: &[Candidate],
    probes: &mut Probes,
) -> Vec<(Candidate, Routes)> {
    let screen = &context.search.screen;
    if screen.all_fingers[0] == i32::MIN {
        let routes = Routes { by_position: true, across: true };
        return candidates.iter().map(|candidate| (*candidate, routes)).collect();
    }
    let by_position = sums(context, candidates, probes, Some);
    let across = sums(context, candidates, probes, |place| (place <= 10).then(|| mirror(place)));
    let reaches = |(sum, count): (i32, usize)| {
        count > 0 && sum >= screen.all_fingers[count.min(MAX_SCREENED) - 1]
    };
    let routes = by_position.into_iter().zip(across).map(|(straight, across)| Routes {
        by_position: reaches(straight),
        across: reaches(across),
    });
    let both = candidates.iter().copied().zip(routes);
    both.filter(|(_, routes)| routes.by_position || routes.across).collect()
}

/// For each candidate of one probe the sum of the gate's scores over the first fingers in the order of
/// screening, each with the finger that `other` says, and their number.
fn sums(
    context: &FingerContext,
    candidates: &[Candidate],
    probes: &mut Probes,
    other: impl Fn(u8) -> Option<u8>,
) -> Vec<(i32, usize)> {
    let gallery = &context.search.gallery;
    let mut sums = vec![(0, 0); candidates.len()];
    let Some(probe) = candidates.first().map(|candidate| candidate.probe) else { return sums };
    let own = context.search.probes.records[probe].positions;
    for (place, other) in own.in_order().filter_map(|place| Some((place, other(place)?))) {
        let record = |candidate: &Candidate| &gallery.records[candidate.row];
        let has = |(n, candidate): (usize, &Candidate)| {
            let is_wanted = sums[n].1 < MAX_SCREENED && record(candidate).positions.contains(other);
            is_wanted.then(|| Some((n, gallery.best_print(record(candidate), other)?))).flatten()
        };
        let (chosen, views): (Vec<usize>, Vec<PrintView<'_>>) =
            candidates.iter().enumerate().filter_map(has).unzip();
        let mut scores = vec![0; views.len()];
        context.device.minutia_gate(probes.whole(probe, place), &views, &[], &mut scores);
        for (n, score) in chosen.into_iter().zip(scores) {
            sums[n] = (sums[n].0 + score, sums[n].1 + 1);
        }
    }
    sums
}

/// Stage 3: the full comparison, as the routes suggest.
fn in_full(context: &FingerContext, candidate: Candidate, routes: Routes) -> Comparison {
    let search = context.search;
    let a: Vec<Placed<'_>> =
        search.probes.prints(&search.probes.records[candidate.probe]).collect();
    let b: Vec<Placed<'_>> =
        search.gallery.prints(&search.gallery.records[candidate.row]).collect();
    let device = &context.device;
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
        device: context.device.name().into(),
        dna: None,
        finger: Some(FingerEvidence { minutiae_paired: found.paired(), fingers: found.fingers() }),
    }
}

#[cfg(test)]
#[path = "finger_tests.rs"]
mod tests;
