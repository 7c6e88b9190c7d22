//! One search of a run, whatever it compares: its tiles, how one is run, and its account.

use super::finger_tile::{FingerContext, run_finger_tile};
use super::tile::{TileContext, TileOutput, run_tile};
use crate::device::Device;
use crate::error::Result;
use crate::gallery::file::ROWS_PER_GROUP;
use crate::gallery::memory;
use crate::hits::report::{SearchReport, StageReport};
use crate::plan::census::LeftOut;
use crate::plan::join::Join;
use crate::plan::search::ReadySearch;
use crate::plan::tile::{Part, Tile, TileSize, tiles};

/// Probes of a tile of profiles under a limit of memory, over those without.
const LIMITED_PROBES: usize = 8;

/// A search with what its tiles share.
pub(super) enum Work<'a> {
    Dna(TileContext<'a>),
    Finger(FingerContext<'a>),
}

impl Work<'_> {
    pub(super) fn name(&self) -> &str {
        match self {
            Work::Dna(context) => &context.search.spec.name,
            Work::Finger(context) => &context.search.spec.name,
        }
    }

    pub(super) fn comparisons(&self) -> u64 {
        match self {
            Work::Dna(context) => context.search.new_comparisons(),
            Work::Finger(context) => context.search.new_comparisons(),
        }
    }

    /// The tiles of the search. Under a limit of memory those of profiles are narrow, so that a tile touches few
    /// pages, and long, so that there are not many more of them.
    pub(super) fn tiles(&self, size: TileSize) -> Vec<Tile> {
        let size = match self {
            _ if !memory::is_limited() => size,
            Work::Dna(_) => {
                let probes = size.probes.saturating_mul(LIMITED_PROBES);
                TileSize { probes, rows: size.rows.min(ROWS_PER_GROUP) }
            }
            Work::Finger(_) => TileSize { rows: size.rows.min(ROWS_PER_GROUP), ..size },
        };
        match self {
            Work::Dna(TileContext { join: Some(join), search, .. }) => {
                join_tiles(search, join, size)
            }
            Work::Dna(context) => {
                let mut list = profile_tiles(context.search, size);
                if let Some(old) = &context.search.old {
                    list.retain(|tile| old.is_new_in(context.search, tile));
                }
                list
            }
            Work::Finger(context) => context.search.tiles(size),
        }
    }

    /// Whether a device beside the processor has a part in the tile.
    pub(super) fn is_for_devices(&self, tile: &Tile) -> bool {
        tile.part != Part::Keyed
    }

    /// Runs a tile on a device.
    pub(super) fn run(&self, tile: &Tile, device: &Device) -> Result<TileOutput> {
        let device = device.clone();
        match self {
            Work::Dna(context) => run_tile(&TileContext { device, ..*context }, tile),
            Work::Finger(context) => run_finger_tile(&FingerContext { device, ..*context }, tile),
        }
    }

    /// The account of the search whose `tiles` brought `sum`; its hits are those of the tiles, before the final
    /// reduction.
    pub(super) fn report(&self, sum: &TileOutput, tiles: u64, seconds: f64) -> SearchReport {
        let stage = |stage: &str, passed| StageReport { stage: stage.into(), passed };
        let mut report = match self {
            Work::Dna(context) => profile_report(context.search),
            Work::Finger(context) => finger_report(context),
        };
        if matches!(self, Work::Finger(_)) {
            report.stages = vec![
                stage("first_fingers", sum.stages.first_fingers),
                stage("all_fingers", sum.stages.all_fingers),
            ];
        }
        report.comparisons = sum.comparisons;
        report.survivors = sum.survivors;
        report.hits = sum.written;
        report.tiles = tiles;
        report.tiles_split = sum.splits;
        report.seconds = seconds;
        report
    }
}

/// Records left out of either side; an N:N search has one side.
fn left_out(probes: &LeftOut, gallery: &LeftOut, triangle: bool) -> LeftOut {
    let other = if triangle { LeftOut::default() } else { *gallery };
    LeftOut { expired: probes.expired + other.expired, blocked: probes.blocked + other.blocked }
}

fn profile_report(search: &ReadySearch) -> SearchReport {
    let out = left_out(&search.probes.left_out, &search.gallery.left_out, search.spec.triangle);
    let family = &search.families_left_out;
    SearchReport {
        search: search.spec.name.clone(),
        modality: "dna".into(),
        purpose: search.spec.purpose.article.into(),
        probe_index: search.spec.probe.name().into(),
        gallery_index: search.spec.gallery.name().into(),
        probes: search.probes.records,
        gallery: search.enrolled(),
        left_out_expired: out.expired,
        left_out_blocked: out.blocked,
        left_out_family_members: family.without_consent
            + family.case_closed
            + family.record_left_out
            + family.record_missing
            + family.not_a_relative
            + family.beside_the_pedigree
            + family.family_left_out,
        since_generation: search.old.as_ref().map(|old| old.generation),
        threshold_log10: search.threshold_log10,
        expected_chance_hits: search.expected_chance_hits,
        ..SearchReport::default()
    }
}

fn finger_report(context: &FingerContext) -> SearchReport {
    let search = context.search;
    let out = left_out(&search.probes.left_out, &search.gallery.left_out, search.spec.triangle);
    SearchReport {
        search: search.spec.name.clone(),
        modality: "finger".into(),
        purpose: search.spec.purpose.article.into(),
        probe_index: search.spec.probe.name().into(),
        gallery_index: search.spec.gallery.name().into(),
        probes: search.probes.records.len() as u64,
        gallery: search.gallery.records.len() as u64,
        left_out_expired: out.expired,
        left_out_blocked: out.blocked,
        impressions_not_compared: search.unplaced.impressions,
        records_not_compared: search.unplaced.records,
        since_generation: search.old.map(|old| old.generation),
        threshold_log10: search.threshold.to_log10(),
        screen: serde_json::to_value(&search.screen).ok(),
        expected_chance_hits: search.expected_chance_hits,
        ..SearchReport::default()
    }
}

/// The tiles of a search of profiles. In a search of families the relatives or pedigrees are compiled and the
/// bodies scanned, so a tile's "probes" are those.
fn profile_tiles(search: &ReadySearch, size: TileSize) -> Vec<Tile> {
    let mut list = Vec::new();
    if search.spec.comparator.is_of_families() {
        for (place, segment) in search.probes.segments.iter().enumerate() {
            let asked = (0, search.enrolled() as usize);
            list.extend(tiles(asked, (place, segment.rows()), false, size));
        }
        return list;
    }
    for (p, probe) in search.probes.segments.iter().enumerate() {
        for (g, gallery) in search.gallery.segments.iter().enumerate() {
            if !search.spec.triangle || p <= g {
                let diagonal = search.spec.triangle && p == g;
                list.extend(tiles((p, probe.rows()), (g, gallery.rows()), diagonal, size));
            }
        }
    }
    list
}

/// Probes of a tile of keyed records over those of a tile of pairs: most have no key in common with anybody.
const KEYED_PROBES: usize = 16;

/// The tiles of a search by a join: keyed records with keyed ones, and the pool with everybody.
fn join_tiles(search: &ReadySearch, join: &Join, size: TileSize) -> Vec<Tile> {
    let keyed = (0, join.keyed.len());
    let few = TileSize { probes: size.probes.saturating_mul(KEYED_PROBES), rows: usize::MAX };
    let mut list = tiles(keyed, keyed, true, few);
    list.iter_mut().for_each(|tile| tile.part = Part::Keyed);
    for (place, segment) in search.gallery.segments.iter().enumerate() {
        let mut pooled = tiles((0, join.pool.len()), (place, segment.rows()), false, size);
        pooled.iter_mut().for_each(|tile| tile.part = Part::Pool);
        list.extend(pooled);
    }
    list
}
