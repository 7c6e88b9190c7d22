//! One tile of a search of marks: every impression of a probe, in four quarter turns, with every
//! impression of the gallery.
//!
//! The gate decides which pairs of impressions are compared in full; of one pair of records the best
//! pair of impressions is reported. Palms are compared with palms, fingers with fingers, and an impression
//! of unknown position with both.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::finger_compare::{Placed, Turned, may_be_same_region};
use super::finger_first::{comparisons, spot_check, themselves};
use super::finger_full::{COMPARED_TOGETHER, MarkCandidate, marks_in_full};
use super::finger_tile::{FingerContext, Screened, hit};
use super::tile::{TileOutput, failed};
use crate::device::{Batch, Prints};
use crate::error::Result;
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::minutia_pair::quarter_turns;
use crate::kernel::select::Params;
use crate::kernel::{Overflow, Survivor, minutia_gate};
use crate::limits::MAX_SURVIVORS_PER_TILE;
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

impl Block<'_> {
    /// Its records.
    fn rows(&self) -> Range<usize> {
        let record = |place: Option<&(usize, usize)>| place.map_or(0, |(record, _)| *record);
        record(self.starts.first())..record(self.starts.last())
    }
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
pub(super) fn marks(context: &FingerContext, tile: &Tile, capacity: usize) -> Screened<TileOutput> {
    let search = context.search;
    let probes: Vec<Probe> =
        tile.probes.clone().map(|record| turned(&search.probes, record)).collect();
    let passes = passes(context, &probes)?;
    let mut output = TileOutput::default();
    let themselves = themselves(context, tile);
    let size = context.device.gate_size();
    for block in blocks(&search.gallery, tile.rows.clone(), size.prints) {
        let rows = block.rows();
        let prints = context.device.minutia_gallery(&block.views);
        let prints = prints.map_err(|fault| failed(&context.device, &fault))?;
        for pass in &passes {
            let is_before = |probe: &Probe| tile.first_row(probe.record) < rows.end;
            if pass.probes.iter().any(is_before) {
                let asked = (tile, &themselves);
                if let Err(overflow) =
                    compare(context, asked, (pass, &block, &prints), &mut output)?
                {
                    return Ok(Err(overflow));
                }
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

/// Marks of a probe of a pass and impressions of a record of a block, by their places there.
type Wanted = BTreeMap<(usize, usize), Vec<(usize, usize)>>;

/// Which impressions pass the gate, of which records: of a pair in any of four turns.
fn passing(
    context: &FingerContext,
    (pass, block, ready): (&Pass<'_>, &Block<'_>, &Prints<'_>),
) -> Screened<Wanted> {
    let least = context.search.screen.mark;
    let owners: Vec<(usize, usize)> = (pass.probes.iter().enumerate())
        .flat_map(|(probe, p)| (0..p.marks.len()).map(move |mark| (probe, mark)))
        .collect();
    let window_of = |print: usize| block.starts.partition_point(|(_, start)| *start <= print) - 1;
    let mut wanted = Wanted::new();
    let mut want = |(probe, mark): (usize, usize), print: usize| {
        let window = window_of(print);
        if may_be_same_region(pass.probes[probe].marks[mark].0, block.prints[print].0) {
            let pair = (mark, print - block.starts[window].1);
            wanted.entry((probe, window)).or_default().push(pair);
        }
    };
    if least == i32::MIN {
        owners.iter().for_each(|owner| (0..block.prints.len()).for_each(|p| want(*owner, p)));
        return Ok(Ok(wanted));
    }
    let device = &context.device;
    let params = Params { least, best: 1 };
    let most = MAX_SURVIVORS_PER_TILE;
    let selected = match device.minutia_gate_select(&[(&pass.batch, ready)], 0, &params, most) {
        Ok(selected) => selected,
        Err(error) => match error.overflow() {
            Some(overflow) => return Ok(Err(overflow)),
            None => return Err(failed(device, &error)),
        },
    };
    let expected = |s: &Survivor| {
        let (probe, mark) = owners[s.probe as usize / TURNS];
        let mark = pass.probes[probe].marks[mark].1[s.probe as usize % TURNS].view();
        minutia_gate::screened(mark, block.views[s.row as usize], 0)
    };
    let asked = (pass.batch.len(), block.views.len(), least);
    spot_check(device, asked, &selected, Some(&expected))?;
    for survivor in &selected.survivors {
        want(owners[survivor.probe as usize / TURNS], survivor.row as usize);
    }
    for pairs in wanted.values_mut() {
        pairs.sort_unstable();
        pairs.dedup();
    }
    Ok(Ok(wanted))
}

/// Compares the probes of one pass with one block.
fn compare(
    context: &FingerContext,
    (tile, themselves): (&Tile, &HashSet<(usize, usize)>),
    (pass, block, ready): (&Pass<'_>, &Block<'_>, &Prints<'_>),
    output: &mut TileOutput,
) -> Screened<()> {
    let is_compared = |probe: usize, row: usize| {
        row >= tile.first_row(probe) && !themselves.contains(&(probe, row))
    };
    let probes = pass.probes.iter().map(|probe| probe.record);
    output.comparisons += comparisons(tile, probes, &block.rows(), themselves);
    let wanted = match passing(context, (pass, block, ready))? {
        Ok(wanted) => wanted,
        Err(overflow) => return Ok(Err(overflow)),
    };
    let of_pair = |((probe, window), wanted): ((usize, usize), Vec<(usize, usize)>)| {
        let probe = &pass.probes[probe];
        let ((row, start), (_, end)) = (block.starts[window], block.starts[window + 1]);
        is_compared(probe.record, row).then(|| MarkCandidate {
            probe: probe.record,
            marks: &probe.marks,
            row,
            prints: &block.prints[start..end],
            wanted,
        })
    };
    let candidates: Vec<MarkCandidate<'_>> = wanted.into_iter().filter_map(of_pair).collect();
    output.survivors += candidates.len() as u64;
    for some in candidates.chunks(COMPARED_TOGETHER) {
        for (candidate, found) in some.iter().zip(marks_in_full(context, some)?) {
            output.histogram.add(Millibans(found.score_mban));
            context.keep(candidate.probe, candidate.row, &found);
            if found.score_mban >= context.search.threshold.0 {
                output.hits.push(hit(context, candidate.probe, candidate.row, found));
            }
        }
    }
    Ok(Ok(()))
}
