//! One tile of records with keys: pairs that have a key in common, by the rule and the score of every other pair.
//!
//! Its probes and rows count the keyed records of a [`Join`], and it stands for all pairs of them: those without
//! a common key fail at more loci than may fail. Why apart from the other tiles: no device screens it.

use super::tile::{Pair, Read, TileContext, TileOutput, identity_hit};
use crate::domain::rule_set::SearchKind;
use crate::error::Result;
use crate::kernel::{Overflow, Window, str_screen};
use crate::plan::join::Join;
use crate::plan::rule_screen::RuleScreen;
use crate::plan::tile::Tile;
use crate::score::Millibans;

/// Runs a tile of keyed records.
pub(super) fn keyed(
    context: &TileContext,
    join: &Join,
    tile: &Tile,
    kind: SearchKind,
    capacity: usize,
) -> Result<std::result::Result<TileOutput, Overflow>> {
    let (side, rules) = (&context.search.gallery, &context.parameters.rules);
    let index = context.search.spec.gallery;
    let candidates = match join.candidates(tile.probes.clone(), tile.rows.clone(), capacity) {
        Ok(candidates) => candidates,
        Err(overflow) => return Ok(Err(overflow)),
    };
    let covered = |probe| tile.rows.end.saturating_sub(tile.first_row(probe)) as u64;
    let mut output =
        TileOutput { comparisons: tile.probes.clone().map(covered).sum(), ..TileOutput::default() };
    for of_probe in candidates.chunk_by(|a, b| a.0 == b.0) {
        let Some((first, _)) = of_probe.first() else { continue };
        let (probe_segment, probe_row) = join.keyed[*first as usize];
        let probe = (&*side.segments[probe_segment as usize], probe_row as usize);
        let profile = Read::new(context, index, probe.0.profile(probe.1)?);
        let places: Vec<_> =
            of_probe.iter().map(|(_, other)| join.keyed[*other as usize]).collect();
        for of_segment in places.chunk_by(|a, b| a.0 == b.0) {
            let Some((segment, _)) = of_segment.first() else { continue };
            let segment = &side.segments[*segment as usize];
            let view = segment.view()?;
            let mut screen = RuleScreen::new(rules, kind, segment.map());
            let query = [screen.compile(&profile.profile)];
            let params = screen.params();
            for (_, row) in of_segment {
                let window = [Window { first_row: *row, end_row: row + 1 }];
                let survives = str_screen::reference(&params, &query, &window, view, 1);
                // Of one pair one survives at most.
                if survives.is_ok_and(|survivors| survivors.is_empty()) {
                    continue;
                }
                let row = *row as usize;
                let candidate = Read::new(context, index, segment.profile(row)?);
                let read = (&profile, &candidate);
                let population = context.population;
                let exact =
                    population.identity_score(&read.0.profile, &read.1.profile, rules, kind);
                let pair = Pair { probe, gallery: (segment, row), relative: None };
                output.survivors += 1;
                output.histogram.add(Millibans::from_log10(exact.score_log10));
                output.hits.extend(identity_hit(context, &pair, read, &exact));
            }
        }
    }
    Ok(Ok(output))
}
