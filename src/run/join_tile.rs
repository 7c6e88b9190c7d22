//! One tile of records with keys: pairs that have a key in common, by the rule and the score of every other pair.
//!
//! Its probes and rows count the keyed records of a [`Join`], and it stands for all pairs of them: those without
//! a common key fail at more loci than may fail. Why apart from the other tiles: no device screens it.

use super::tile::{Pair, TileContext, TileOutput, identity_hit, screen_params};
use crate::error::Result;
use crate::kernel::{Overflow, Window, str_screen};
use crate::plan::job::Agreement;
use crate::plan::join::Join;
use crate::plan::tile::Tile;

/// Runs a tile of keyed records.
pub(super) fn keyed(
    context: &TileContext,
    join: &Join,
    tile: &Tile,
    stringency: Agreement,
    capacity: usize,
) -> Result<std::result::Result<TileOutput, Overflow>> {
    let side = &context.search.gallery;
    let candidates = match join.candidates(tile.probes.clone(), tile.rows.clone(), capacity) {
        Ok(candidates) => candidates,
        Err(overflow) => return Ok(Err(overflow)),
    };
    let covered = |probe| tile.rows.end.saturating_sub(tile.first_row(probe)) as u64;
    let mut output =
        TileOutput { comparisons: tile.probes.clone().map(covered).sum(), ..TileOutput::default() };
    let params = screen_params(context, stringency);
    for of_probe in candidates.chunk_by(|a, b| a.0 == b.0) {
        let Some((first, _)) = of_probe.first() else { continue };
        let (probe_segment, probe_row) = join.keyed[*first as usize];
        let probe = (&*side.segments[probe_segment as usize], probe_row as usize);
        let profile = probe.0.profile(probe.1)?;
        let places: Vec<_> =
            of_probe.iter().map(|(_, other)| join.keyed[*other as usize]).collect();
        for of_segment in places.chunk_by(|a, b| a.0 == b.0) {
            let Some((segment, _)) = of_segment.first() else { continue };
            let segment = &side.segments[*segment as usize];
            let view = segment.view()?;
            let query = [str_screen::Query::compile(segment.map(), &profile)];
            for (_, row) in of_segment {
                let window = [Window { first_row: *row, end_row: row + 1 }];
                let survives = str_screen::reference(&params, &query, &window, view, 1);
                // Of one pair one survives at most.
                if survives.is_ok_and(|survivors| survivors.is_empty()) {
                    continue;
                }
                output.survivors += 1;
                let row = *row as usize;
                let candidate = segment.profile(row)?;
                let pair = Pair { probe, gallery: (segment, row), relative: None };
                let profiles = (&profile, &candidate);
                let histogram = &mut output.histogram;
                output.hits.extend(identity_hit(context, &pair, profiles, stringency, histogram));
            }
        }
    }
    Ok(Ok(output))
}
