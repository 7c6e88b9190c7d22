//! One tile of a search of marks: every impression of a probe, in four quarter turns, with every
//! impression of the gallery.
//!
//! The gate decides which pairs of impressions are compared in full; of one pair of records the best
//! pair of impressions is reported. Palms are compared with palms, fingers with fingers, and an impression
//! of unknown position with both.

use std::ops::Range;

use super::finger_compare::{Placed, Turned, any_position, may_be_same_region};
use super::finger_tile::{FingerContext, hit, spot_check_one};
use super::tile::{TileOutput, failed};
use crate::device::{Batch, Prints};
use crate::domain::finger::Rotation;
use crate::error::Result;
use crate::kernel::Overflow;
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::minutia_pair::quarter_turns;
use crate::plan::finger_side::FingerSide;
use crate::plan::tile::Tile;
use crate::score::Millibans;

/// Quarter turns in which an impression of a probe is compared.
const TURNS: usize = 4;

/// A probe record with its impressions in every turn.
struct Probe {
    record: usize,
    marks: Vec<Turned>,
}

/// Probes compared in one pass.
struct Pass<'a> {
    probes: &'a [Probe],
    batch: Batch<'a>,
}

/// Consecutive gallery records and all their impressions.
struct Block<'a> {
    /// Records, each with where its impressions start; one more closes the list.
    starts: Vec<(usize, usize)>,
    prints: Vec<Placed<'a>>,
    views: Vec<PrintView<'a>>,
}

fn turned(side: &FingerSide, record: usize) -> Probe {
    let prints = side.prints(&side.records[record]);
    let marks = prints.map(|(position, print)| (position, quarter_turns(print.to_print())));
    Probe { record, marks: marks.collect() }
}

/// Probes in groups of about as many impressions as suit the device, each in four turns.
fn passes<'a>(context: &FingerContext, probes: &'a [Probe]) -> Result<Vec<Pass<'a>>> {
    let most = context.device.gate_size().probes / TURNS;
    let mut list = Vec::new();
    let (mut start, mut count) = (0, 0);
    for (place, probe) in probes.iter().enumerate() {
        count += probe.marks.len();
        if count >= most || place + 1 == probes.len() {
            let group = &probes[start..=place];
            let marks = group.iter().flat_map(|probe| &probe.marks);
            let views: Vec<PrintView<'a>> =
                marks.flat_map(|(_, turns)| turns.iter().map(Print::view)).collect();
            let batch = context.device.minutia_batch(&views);
            let batch = batch.map_err(|fault| failed(&context.device, &fault))?;
            list.push(Pass { probes: group, batch });
            (start, count) = (place + 1, 0);
        }
    }
    Ok(list)
}

/// Gallery records in blocks of about `most` impressions.
fn blocks(side: &FingerSide, range: Range<usize>, most: usize) -> Vec<Block<'_>> {
    let empty = || Block { starts: Vec::new(), prints: Vec::new(), views: Vec::new() };
    let mut list = Vec::new();
    let mut block = empty();
    let end = range.end;
    for record in range {
        block.starts.push((record, block.prints.len()));
        block.prints.extend(side.prints(&side.records[record]));
        if block.prints.len() >= most || record + 1 == end {
            block.starts.push((record + 1, block.prints.len()));
            block.views = block.prints.iter().map(|(_, view)| *view).collect();
            list.push(std::mem::replace(&mut block, empty()));
        }
    }
    list
}

/// Runs a tile of marks.
///
/// # Errors
/// The device answers wrongly.
pub(super) fn marks(
    context: &FingerContext,
    tile: &Tile,
    capacity: usize,
) -> Result<std::result::Result<TileOutput, Overflow>> {
    let search = context.search;
    let probes: Vec<Probe> =
        tile.probes.clone().map(|record| turned(&search.probes, record)).collect();
    let passes = passes(context, &probes)?;
    let mut output = TileOutput::default();
    let size = context.device.gate_size();
    for block in blocks(&search.gallery, tile.rows.clone(), size.prints) {
        let rows = block.starts.first().map_or(0, |s| s.0)..block.starts.last().map_or(0, |s| s.0);
        let prints = context.device.minutia_gallery(&block.views);
        let prints = prints.map_err(|fault| failed(&context.device, &fault))?;
        for pass in &passes {
            let is_before = |probe: &Probe| tile.first_row(probe.record) < rows.end;
            if pass.probes.iter().any(is_before) {
                compare(context, tile, (pass, &block, &prints), &mut output)?;
            }
        }
        if output.hits.len() > capacity {
            return Ok(Err(Overflow { capacity }));
        }
    }
    output.stages.first_fingers = output.survivors;
    output.stages.all_fingers = output.survivors;
    Ok(Ok(output))
}

/// Compares the probes of one pass with one block.
fn compare(
    context: &FingerContext,
    tile: &Tile,
    (pass, block, ready): (&Pass<'_>, &Block<'_>, &Prints<'_>),
    output: &mut TileOutput,
) -> Result<()> {
    let search = context.search;
    let least = search.screen.mark;
    let width = block.views.len();
    let mut scores = vec![0; pass.batch.len() * width];
    if least > i32::MIN {
        let device = &context.device;
        let answered = device.minutia_gate(&pass.batch, ready, 0, &mut scores);
        answered.map_err(|fault| failed(device, &fault))?;
        let first = pass.probes.iter().flat_map(|probe| &probe.marks).next();
        if let (Some((_, turns)), Some(view)) = (first, block.views.first()) {
            spot_check_one(device, (turns[0].view(), *view), (0, scores[0]))?;
        }
    }
    let mut before = 0;
    for probe in pass.probes {
        let id = search.probes.record_id(&search.probes.records[probe.record]);
        for window in block.starts.windows(2) {
            let ((row, start), (_, end)) = (window[0], window[1]);
            let is_itself = !search.spec.triangle
                && search.gallery.record_id(&search.gallery.records[row]) == id;
            if row < tile.first_row(probe.record) || is_itself {
                continue;
            }
            output.comparisons += 1;
            let passes = |mark: usize, print: usize| {
                let turn = |turn: usize| (4 * (before + mark) + turn) * width + start + print;
                least == i32::MIN || (0..4).any(|t| scores[turn(t)] >= least)
            };
            let prints = &block.prints[start..end];
            let is_candidate = (0..probe.marks.len()).any(|mark| {
                let may = |print: usize| {
                    may_be_same_region(probe.marks[mark].0, prints[print].0) && passes(mark, print)
                };
                (0..prints.len()).any(may)
            });
            if !is_candidate {
                continue;
            }
            output.survivors += 1;
            let found =
                any_position(context.device.cpu(), (&probe.marks, Rotation::Any), prints, passes);
            output.histogram.add(Millibans(found.score_mban));
            if found.score_mban >= search.threshold.0 {
                output.hits.push(hit(context, probe.record, row, found));
            }
        }
        before += probe.marks.len();
    }
    Ok(())
}
