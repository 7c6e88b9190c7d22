//! One tile of a search of families: pedigrees, or pairs whose alleles mutate, against bodies, by look-ups, then
//! exactly.
//!
//! Why apart from the other tiles: a family is asked for as a whole, and its hit names the relative that stands
//! for it.

use super::tile::{
    Pair, Scored, TileContext, TileOutput, hit, new_bodies, spot_check, unanswered, was_asked,
};
use crate::domain::likelihood::log10_product;
use crate::domain::stringency::{Agreement, compare};
use crate::error::Result;
use crate::kernel::genotype_screen::{self, Params, Query};
use crate::kernel::{Overflow, Window};
use crate::plan::family_question::FamilyQuestion;
use crate::plan::job::Comparator;
use crate::plan::pedigree::{PEDIGREE, refused};
use crate::plan::tile::Tile;
use crate::score::Millibans;

/// Runs a tile whose probes are families.
pub(super) fn by_genotype(
    context: &TileContext,
    tile: &Tile,
    capacity: usize,
) -> Result<std::result::Result<TileOutput, Overflow>> {
    let search = context.search;
    let bodies = &search.probes.segments[tile.gallery_segment];
    let alive = &search.probes.alive[tile.gallery_segment];
    let asked = tile.probes.clone().filter(|number| new_bodies(context, tile, *number) > 0);
    let numbers: Vec<usize> = asked.collect();
    let families: Vec<&FamilyQuestion> =
        numbers.iter().map(|number| &search.pedigrees.families[*number]).collect();
    let mut queries: Vec<&Query> = families.iter().map(|family| &family.query).collect();
    let window = Window { first_row: tile.rows.start as u32, end_row: tile.rows.end as u32 };
    let mut windows = vec![window; queries.len()];
    let mut output = TileOutput {
        comparisons: numbers.iter().map(|number| new_bodies(context, tile, *number)).sum(),
        ..TileOutput::default()
    };
    // Scores of the screen are rounded up: what reaches the threshold exactly reaches it there.
    let params = Params { least_mban: (1000.0 * search.threshold_log10).floor() as i32 };
    let rows = search.pedigrees.bodies[tile.gallery_segment].rows();
    // A body that is asked for itself, so that a device that finds nothing is seen.
    let everybody = Query::of_everybody(rows.loci());
    let middle = tile.rows.start + tile.rows.len() / 2;
    if let Some(row) = (middle..tile.rows.end).find(|row| alive[*row]) {
        queries.push(&everybody);
        windows.push(Window { first_row: row as u32, end_row: row as u32 + 1 });
    }
    let room = capacity.saturating_add(1);
    let device = &context.device;
    let mut survivors = match device.genotype_screen(&params, &queries, &windows, &rows, room) {
        Ok(survivors) => survivors,
        Err(error) => return unanswered(device, &error),
    };
    let one = |q: usize, w| genotype_screen::reference(&params, &queries[q..=q], &[w], &rows, 1);
    spot_check(device, bodies, &windows, &survivors, one)?;
    survivors.retain(|survivor| (survivor.probe as usize) < families.len());
    if survivors.len() > capacity {
        return Ok(Err(Overflow { capacity }));
    }
    for survivor in survivors.iter().filter(|s| alive[s.row as usize]) {
        let (place, row) = (survivor.probe as usize, survivor.row as usize);
        if was_asked(context, tile, numbers[place], row) {
            continue;
        }
        output.survivors += 1;
        let family = families[place];
        let body = bodies.profile(row)?;
        let ratios =
            family.ratios(&body, context.population).map_err(|e| refused(&family.family_id, &e))?;
        let log10_lr = log10_product(ratios.iter().map(|(_, ratio)| *ratio));
        let score = Millibans::from_log10(log10_lr);
        output.histogram.add(score);
        if log10_lr < search.threshold_log10 || ratios.len() < context.parameters.min_loci as usize
        {
            continue;
        }
        let relative = &search.relatives[family.relative];
        let segment = &search.gallery.segments[relative.segment];
        let compared = ratios.len() as u32;
        let excluding = ratios.iter().filter(|(_, ratio)| *ratio == 0.0).count() as u32;
        let (counts, relation) = match (search.spec.comparator, relative.kinship.relation()) {
            (Comparator::Kinship, Some(relation)) => {
                let counts = family.first_member().map(|member| compare(member, &body));
                (counts.unwrap_or_default(), relation.code())
            }
            // Alleles agree between two persons, not between a person and a family: what is possible counts as
            // agreeing in part.
            _ => {
                let low = compared - excluding;
                (Agreement { compared, low, ..Agreement::default() }, PEDIGREE)
            }
        };
        let scored = Scored { counts, score, log10_lr, excluding, relation, rule_class: None };
        let gallery = (&**segment, relative.row);
        let pair = Pair { probe: (bodies, row), gallery, relative: Some(relative) };
        output.hits.push(hit(context, &pair, &scored));
    }
    Ok(Ok(output))
}
