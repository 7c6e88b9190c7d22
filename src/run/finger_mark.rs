//! One tile of a search of marks: every impression of a probe, in four quarter turns, with every
//! impression of the gallery.
//!
//! The gate decides which pairs of impressions are compared in full; of one pair of records the best
//! pair of impressions is reported. Palms are compared with palms, fingers with fingers, and an impression
//! of unknown position with both.

use std::ops::Range;

use super::finger_compare::{Placed, Turned, any_position, may_be_same_region};
use super::finger_tile::{FingerContext, hit, spot_check_one};
use super::tile::TileOutput;
use crate::domain::finger::Rotation;
use crate::error::Result;
use crate::kernel::Overflow;
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::minutia_gate::Batch;
use crate::kernel::minutia_pair::quarter_turns;
use crate::plan::finger_side::FingerSide;
use crate::plan::tile::Tile;
use crate::score::Millibans;

/// Impressions of a block of the gallery: about 2.5 kB each, they stay in a core's L2 cache.
const BLOCK_PRINTS: usize = 256;

/// Impressions of probes, each in four turns, that go over a block in one pass.
const BATCH_MARKS: usize = 8;

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

/// Probes in groups of about [`BATCH_MARKS`] impressions.
fn passes<'a>(context: &FingerContext, probes: &'a [Probe]) -> Vec<Pass<'a>> {
    let mut list = Vec::new();
    let (mut start, mut count) = (0, 0);
    for (place, probe) in probes.iter().enumerate() {
        count += probe.marks.len();
        if count >= BATCH_MARKS || place + 1 == probes.len() {
            let group = &probes[start..=place];
            let marks = group.iter().flat_map(|probe| &probe.marks);
            let views: Vec<PrintView<'a>> =
                marks.flat_map(|(_, turns)| turns.iter().map(Print::view)).collect();
            list.push(Pass { probes: group, batch: context.device.cpu().minutia_batch(&views) });
            (start, count) = (place + 1, 0);
        }
    }
    list
}

/// Gallery records in blocks of about [`BLOCK_PRINTS`] impressions.
fn blocks(side: &FingerSide, range: Range<usize>) -> Vec<Block<'_>> {
    let empty = || Block { starts: Vec::new(), prints: Vec::new(), views: Vec::new() };
    let mut list = Vec::new();
    let mut block = empty();
    let end = range.end;
    for record in range {
        block.starts.push((record, block.prints.len()));
        block.prints.extend(side.prints(&side.records[record]));
        if block.prints.len() >= BLOCK_PRINTS || record + 1 == end {
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
    let passes = passes(context, &probes);
    let mut output = TileOutput::default();
    for block in blocks(&search.gallery, tile.rows.clone()) {
        let rows = block.starts.first().map_or(0, |s| s.0)..block.starts.last().map_or(0, |s| s.0);
        for pass in &passes {
            let is_before = |probe: &Probe| tile.first_row(probe.record) < rows.end;
            if pass.probes.iter().any(is_before) {
                compare(context, tile, (pass, &block), &mut output)?;
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
    (pass, block): (&Pass<'_>, &Block<'_>),
    output: &mut TileOutput,
) -> Result<()> {
    let search = context.search;
    let least = search.screen.mark;
    let width = block.views.len();
    let mut scores = vec![0; pass.batch.len() * width];
    if least > i32::MIN {
        context.device.cpu().minutia_gate(&pass.batch, &block.views, 0, &mut scores);
        let first = pass.probes.iter().flat_map(|probe| &probe.marks).next();
        if let (Some((_, turns)), Some(view)) = (first, block.views.first()) {
            spot_check_one(turns[0].view(), *view, (0, scores[0]))?;
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
