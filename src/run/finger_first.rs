//! Stage 1 of a search of fingerprints by position: blocks of records by their first two fingers.
//!
//! Why apart: it looks at every pair, so a device does it, and only the pairs that pass come back. What a
//! card answers is compared with the definition on the strongest pair of each call.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use super::finger_ready::{Block, Probes, Shown};
use super::finger_tile::{Candidate, FingerContext, Routes, Screened};
use super::tile::{TileOutput, answers_wrongly, failed};
use crate::device::{Batch, Device, DeviceError, Prints};
use crate::error::Result;
use crate::kernel::minutia::PrintView;
use crate::kernel::select::{Params, Selected};
use crate::kernel::{Overflow, Survivor, minutia_gate};
use crate::plan::finger_screen::{ACROSS_MINUTIAE, FIRST_MINUTIAE};
use crate::plan::finger_side::{FingerSide, PositionSet, mirror};
use crate::plan::tile::Tile;

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

/// Pairs of a probe and the row of the same record: an ad-hoc probe may be a record of the gallery, and
/// does not hit itself.
pub(super) fn themselves(context: &FingerContext, tile: &Tile) -> HashSet<(usize, usize)> {
    let search = context.search;
    if search.spec.triangle {
        return HashSet::new();
    }
    let id_of_probe = |place: usize| search.probes.record_id(&search.probes.records[place]);
    let id_of_row = |place: usize| search.gallery.record_id(&search.gallery.records[place]);
    let probes: HashMap<&str, usize> =
        tile.probes.clone().map(|probe| (id_of_probe(probe), probe)).collect();
    let of_row = |row| probes.get(id_of_row(row)).map(|probe| (*probe, row));
    tile.rows.clone().filter_map(of_row).collect()
}

/// Pairs of `probes` and `rows` that a tile compares; `themselves` are not.
pub(super) fn comparisons(
    tile: &Tile,
    probes: impl Iterator<Item = usize> + Clone,
    rows: &Range<usize>,
    themselves: &HashSet<(usize, usize)>,
) -> u64 {
    let first = |probe| rows.start.max(tile.first_row(probe));
    let asked = probes.clone().map(|probe| rows.end.saturating_sub(first(probe)));
    let with_itself = themselves.iter().filter(|(probe, row)| {
        (first(*probe)..rows.end).contains(row) && probes.clone().any(|other| other == *probe)
    });
    (asked.sum::<usize>() - with_itself.count()) as u64
}

/// Stage 1: the pairs of the tile whose first fingers agree enough, ascending.
pub(super) fn first_fingers(
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
    let themselves = themselves(context, tile);
    let mut candidates = Vec::new();
    for rows in blocks(gallery, tile.rows.clone(), size.prints) {
        let set = gallery.records[rows.start].positions;
        let shown = |minutiae| Shown::new(gallery, rows.clone(), minutiae);
        let (first, across) = (shown(FIRST_MINUTIAE), shown(ACROSS_MINUTIAE));
        let mut block = Block::new(&first, &across);
        for batch in &batches {
            let own = side.records[batch.start].positions;
            if tile.first_row(batch.start) >= rows.end || own.common(set).is_empty() {
                continue;
            }
            let passed = block.passed(context, (own, set), batch, (probes, capacity))?;
            let Ok(passed) = passed else { return Ok(Err(Overflow { capacity })) };
            let is_compared = |probe: usize, row: usize| {
                row >= tile.first_row(probe) && !themselves.contains(&(probe, row))
            };
            output.comparisons += comparisons(tile, batch.clone(), &rows, &themselves);
            candidates.extend(passed.into_iter().filter(|c| is_compared(c.probe, c.row)));
            if candidates.len() > capacity {
                return Ok(Err(Overflow { capacity }));
            }
        }
    }
    candidates.sort_unstable();
    Ok(Ok(candidates))
}

/// One finger of a batch of probes and the same, or that of the other hand, of a block.
struct Finger<'a> {
    batch: Rc<Batch<'a>>,
    prints: Rc<Prints<'a>>,
    /// Where it is in the probes, and in the block.
    places: (u8, u8),
}

/// A call of the gate: the sums of some fingers, of which the high ones are wanted.
struct Call<'c, 'a> {
    device: &'c Device,
    /// Records of either side.
    range: (&'c Range<usize>, &'c Range<usize>),
    shown: (&'a Shown<'a>, &'a Shown<'a>),
    fingers: Vec<Finger<'a>>,
    least_excess: i32,
    least: i32,
    is_checked: bool,
}

impl Call<'_, '_> {
    /// The pairs whose sums reach the least one.
    fn run(&self, capacity: usize) -> Screened<Vec<Survivor>> {
        let device = self.device;
        let fingers: Vec<_> = self.fingers.iter().map(|f| (&*f.batch, &*f.prints)).collect();
        let params = Params { least: self.least, best: self.is_checked.into() };
        match device.minutia_gate_select(&fingers, self.least_excess, &params, capacity) {
            Ok(selected) => {
                self.check(&selected)?;
                Ok(Ok(selected.survivors))
            }
            Err(error) => match error.overflow() {
                Some(overflow) => Ok(Err(overflow)),
                None => Err(failed(device, &error)),
            },
        }
    }

    /// Each print as it is shown, and at its place.
    fn check(&self, selected: &Selected) -> Result<()> {
        let (batch, rows) = self.range;
        let expected = |strongest: &Survivor| {
            let of_finger = |finger: &Finger<'_>| {
                let a = self.shown.0.view(batch.start + strongest.probe as usize, finger.places.0);
                let b = self.shown.1.view(rows.start + strongest.row as usize, finger.places.1);
                minutia_gate::screened(a, b, self.least_excess)
            };
            self.fingers.iter().map(of_finger).sum()
        };
        let asked = (batch.len(), rows.len(), self.least);
        spot_check(self.device, asked, selected, self.is_checked.then_some(&expected))
    }
}

/// Compares what a device selected of so many probes and rows, from a least score on, with what is expected
/// of the strongest pair. A device that answers wrongly must not write a hit list.
pub(super) fn spot_check(
    device: &Device,
    (probes, rows, least): (usize, usize, i32),
    selected: &Selected,
    expected: Option<&dyn Fn(&Survivor) -> i32>,
) -> Result<()> {
    let is_there = |s: &Survivor| (s.probe as usize) < probes && (s.row as usize) < rows;
    if !selected.survivors.iter().chain(&selected.best).all(is_there) {
        return Err(answers_wrongly(device, "it names records that are not there".into()));
    }
    let Some(expected) = expected else { return Ok(()) };
    let Some(strongest) = selected.strongest() else {
        return Err(answers_wrongly(device, "it says nothing of a block".into()));
    };
    let (answered, expected) = (strongest.value, expected(&strongest));
    let survives = selected.survivors.binary_search(&strongest).is_ok();
    if answered == expected && survives == (expected >= least) {
        return Ok(());
    }
    let kernel = minutia_gate::SPEC.name;
    Err(answers_wrongly(
        device,
        format!("{kernel}: it answers {answered}, the reference {expected}"),
    ))
}

impl<'a> Block<'a> {
    /// The pairs of the probes in `batch` with the block that pass stage 1, and by which routes; some may be
    /// pairs that are not asked for.
    fn passed(
        &mut self,
        context: &FingerContext,
        (own, set): (PositionSet, PositionSet),
        batch: &Range<usize>,
        (probes, capacity): (&mut Probes<'_>, usize),
    ) -> Screened<Vec<Candidate>> {
        let screen = &context.search.screen;
        let common: Vec<u8> = own.common(set).in_order().take(2).collect();
        let Some(least) = common.len().checked_sub(1).map(|more| screen.first_fingers[more]) else {
            return Ok(Ok(Vec::new()));
        };
        if least == i32::MIN {
            let pairs =
                batch.clone().flat_map(|probe| self.rows.clone().map(move |row| (probe, row)));
            let all = pairs.map(|(probe, row)| Candidate { probe, row, routes: Routes::BOTH });
            return Ok(Ok(all.collect()));
        }
        let device = &context.device;
        let failed = |fault: DeviceError| failed(device, &fault);
        let mut fingers = Vec::new();
        for place in common {
            let prepared = probes.by_position(batch, place).map_err(failed)?;
            let prints = self.by_position(device, place).map_err(failed)?;
            fingers.push(Finger { batch: prepared, prints, places: (place, place) });
        }
        let call = Call {
            device,
            range: (batch, &self.rows),
            shown: (probes.first, self.first),
            fingers,
            least_excess: screen.excess,
            least,
            // A card is asked about every answer: its blocks are large, and a check costs them nothing.
            is_checked: device.is_gpu() || batch.start == probes.first.start(),
        };
        let survivors = match call.run(capacity)? {
            Ok(survivors) => survivors,
            Err(overflow) => return Ok(Err(overflow)),
        };
        let straight = Routes { by_position: true, across: false };
        let mut passed: Vec<Candidate> =
            survivors.iter().map(|s| self.candidate(batch, s, straight)).collect();
        match self.across(context, (own, set), batch, (probes, capacity))? {
            Ok(others) => passed.extend(others),
            Err(overflow) => return Ok(Err(overflow)),
        }
        passed.sort_unstable_by_key(|c| (c.probe, c.row));
        passed.dedup_by(|other, kept| {
            let is_same = (other.probe, other.row) == (kept.probe, kept.row);
            if is_same {
                kept.routes.by_position |= other.routes.by_position;
                kept.routes.across |= other.routes.across;
            }
            is_same
        });
        Ok(Ok(passed))
    }

    fn candidate(&self, batch: &Range<usize>, survivor: &Survivor, routes: Routes) -> Candidate {
        let probe = batch.start + survivor.probe as usize;
        Candidate { probe, row: self.rows.start + survivor.row as usize, routes }
    }

    /// The pairs whose first fingers agree across the hands.
    fn across(
        &mut self,
        context: &FingerContext,
        (own, set): (PositionSet, PositionSet),
        batch: &Range<usize>,
        (probes, capacity): (&mut Probes<'_>, usize),
    ) -> Screened<Vec<Candidate>> {
        let screen = &context.search.screen;
        let places: Vec<u8> = own.common(set.mirrored()).fingers().take(2).collect();
        let Some(first) = places.first().copied() else { return Ok(Ok(Vec::new())) };
        let least = screen.across_fingers[places.len() - 1];
        let device = &context.device;
        let failed = |fault: DeviceError| failed(device, &fault);
        let prepared = probes.across_hands(batch, first).map_err(failed)?;
        let prints = self.at_mirror(device, first).map_err(failed)?;
        let call = Call {
            device,
            range: (batch, &self.rows),
            shown: (probes.across, self.across),
            fingers: vec![Finger { batch: prepared, prints, places: (first, mirror(first)) }],
            least_excess: screen.excess_across,
            least: if places.len() == 1 { least } else { screen.first_across },
            is_checked: device.is_gpu(),
        };
        let survivors = match call.run(capacity)? {
            Ok(survivors) => survivors,
            Err(overflow) => return Ok(Err(overflow)),
        };
        let route = Routes { by_position: false, across: true };
        let seconds = places.get(1).map(|second| (*second, self.views_at_mirror(*second)));
        let mut passed = Vec::new();
        for chosen in survivors.chunk_by(|a, b| a.probe == b.probe) {
            let mut sums: Vec<i32> = chosen.iter().map(|s| s.value).collect();
            if let Some((second, others)) = &seconds {
                let others: Vec<PrintView<'_>> =
                    chosen.iter().map(|s| others[s.row as usize]).collect();
                let mut more = vec![0; others.len()];
                let one = probes.one_across(batch.start + chosen[0].probe as usize, *second);
                device.cpu().minutia_gate(one, &others, screen.excess_across, &mut more);
                sums.iter_mut().zip(&more).for_each(|(sum, score)| *sum += score);
            }
            let reaching = chosen.iter().zip(sums).filter(|(_, sum)| *sum >= least);
            passed.extend(reaching.map(|(s, _)| self.candidate(batch, s, route)));
        }
        Ok(Ok(passed))
    }
}
