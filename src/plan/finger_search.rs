//! A search of fingerprints made ready: both sides opened, comparisons counted, threshold and screen set.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::delta::Watermark;
use super::finger_job::{FingerComparator, FingerSearchSpec};
use super::finger_screen::{Penetration, Screen};
use super::finger_side::{FingerSide, PositionSet, Unplaced};
use super::job::{Parameters, Threshold};
use super::tile::{Tile, TileSize, tiles};
use crate::device::cpu::CpuDevice;
use crate::domain::calibration::{Calibration, Scale};
use crate::domain::finger::Rotation;
use crate::domain::register::Register;
use crate::score::Millibans;

/// Tiles of fingerprint records have this share of the rows of others.
const FINGER_ROWS_SHARE: usize = 32;

/// The sides of a run, opened once per register.
#[derive(Debug, Default)]
pub struct FingerSides {
    /// Records of the gallery by register.
    pub by_register: BTreeMap<Register, Arc<FingerSide>>,
    /// Ad-hoc probes, which replace the probe side.
    pub ad_hoc_probes: Option<Arc<FingerSide>>,
}

/// A search of fingerprints ready to run.
#[derive(Debug)]
pub struct ReadyFingerSearch {
    /// What is searched, and by which article.
    pub spec: FingerSearchSpec,
    /// Searched side.
    pub probes: Arc<FingerSide>,
    /// Enrolled side.
    pub gallery: Arc<FingerSide>,
    /// Pairs of records to be compared: those that have a position in common.
    pub comparisons: u64,
    /// What of either side is not compared because the search is by position.
    pub unplaced: Unplaced,
    /// Least score of a hit.
    pub threshold: Millibans,
    /// Chance hits to expect at the threshold.
    pub expected_chance_hits: f64,
    /// What passes the screen.
    pub screen: Screen,
    /// How similarities become scores.
    pub calibration: Arc<Calibration>,
    /// What an earlier run has compared, if this one compares what is new.
    pub old: Option<OldFingers>,
}

/// What of a search of fingerprints is old: the first records of either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OldFingers {
    /// Generation that was compared.
    pub generation: u64,
    /// Old records searched.
    pub probes: usize,
    /// Old records searched in.
    pub gallery: usize,
    /// Pairs that were compared then.
    pub comparisons: u64,
}

impl ReadyFingerSearch {
    /// How similarities of impressions that lie so become evidence.
    pub fn scale(&self, rotation: Rotation) -> Scale<'_> {
        Scale { rotation, calibration: &self.calibration }
    }

    /// The tiles of the search. A comparison of two fingerprint records costs a hundred times one of two
    /// profiles: their tiles are cut smaller, so that threads end together.
    pub fn tiles(&self, size: TileSize) -> Vec<Tile> {
        let size = TileSize { rows: size.rows.div_ceil(FINGER_ROWS_SHARE), ..size };
        let sides = (self.probes.records.len(), self.gallery.records.len());
        let all = tiles((0, sides.0), (0, sides.1), self.spec.triangle, size);
        let Some(old) = self.old else { return all };
        // Rows that are new with every probe; and of two sides the old rows with the new probes.
        let mut list = shifted(sides.0, old.gallery..sides.1, (0, self.spec.triangle), size);
        if !self.spec.triangle {
            list.extend(shifted(sides.0 - old.probes, 0..old.gallery, (old.probes, false), size));
        }
        list
    }

    /// Marks what a run at `watermark` has compared; the records of either side are put in another order, which no
    /// hit depends on. Thresholds and the screen stay those of the whole search.
    pub fn mark(&mut self, watermark: &Watermark) {
        let (probes, old_probes) = watermark.part(&self.probes);
        let probes = Arc::new(probes);
        let (gallery, old_gallery) = if self.spec.triangle {
            (Arc::clone(&probes), old_probes)
        } else {
            let (gallery, count) = watermark.part(&self.gallery);
            (Arc::new(gallery), count)
        };
        let first = |side: &FingerSide, count: usize| FingerSide {
            records: side.records[..count].to_vec(),
            ..FingerSide::default()
        };
        let of_old =
            comparisons(&self.spec, &first(&probes, old_probes), &first(&gallery, old_gallery));
        (self.probes, self.gallery) = (probes, gallery);
        self.old = Some(OldFingers {
            generation: watermark.generation,
            probes: old_probes,
            gallery: old_gallery,
            comparisons: of_old,
        });
    }

    /// Pairs this run compares: all, or those that have a newer side.
    pub fn new_comparisons(&self) -> u64 {
        self.comparisons - self.old.map_or(0, |old| old.comparisons)
    }

    /// Chance hits to expect in this whole search at `score` or higher: comparisons times the rate at
    /// which records of different persons reach it.
    pub fn expected_chance_hits_at(&self, score: Millibans) -> f64 {
        self.comparisons as f64 * 10f64.powf(-score.to_log10()).min(1.0)
    }
}

/// Tiles of so many probes, counted from a first one, with a range of rows.
fn shifted(
    probes: usize,
    rows: std::ops::Range<usize>,
    (first_probe, diagonal): (usize, bool),
    size: TileSize,
) -> Vec<Tile> {
    let mut list = tiles((0, probes), (0, rows.len()), false, size);
    for tile in &mut list {
        tile.probes = tile.probes.start + first_probe..tile.probes.end + first_probe;
        tile.rows = tile.rows.start + rows.start..tile.rows.end + rows.start;
        tile.diagonal = diagonal;
    }
    list.retain(|tile| !tile.diagonal || tile.rows.end > tile.probes.start + 1);
    list
}

/// Makes one search ready; the screen is measured by `device`.
pub fn ready_finger(
    spec: &FingerSearchSpec,
    sides: &FingerSides,
    parameters: &Parameters,
    penetration: Penetration,
    device: &CpuDevice,
) -> ReadyFingerSearch {
    let side = |register| sides.by_register.get(&register).cloned().unwrap_or_default();
    let of_owner = |side: Arc<FingerSide>| match &spec.owner {
        Some(owner) => Arc::new(side.of_owner(owner)),
        None => side,
    };
    let probes = sides.ad_hoc_probes.clone().unwrap_or_else(|| of_owner(side(spec.probe)));
    let gallery = of_owner(side(spec.gallery));
    let comparisons = comparisons(spec, &probes, &gallery);
    let threshold = threshold(parameters.threshold, comparisons, probes.records.len());
    let both = (&*probes, &*gallery);
    let screen = match spec.comparator {
        FingerComparator::Positions => Screen::of_positions(device, both, comparisons, penetration),
        FingerComparator::Marks => Screen::of_marks(device, both, comparisons, penetration),
    };
    let mut search = ReadyFingerSearch {
        spec: spec.clone(),
        unplaced: unplaced(spec, &probes, &gallery),
        probes,
        gallery,
        comparisons,
        threshold,
        expected_chance_hits: 0.0,
        screen,
        calibration: Arc::clone(&parameters.calibration),
        old: None,
    };
    search.expected_chance_hits = search.expected_chance_hits_at(threshold);
    search
}

/// What is not compared of either side; an N:N search has one side, and a search of marks compares all.
fn unplaced(spec: &FingerSearchSpec, probes: &FingerSide, gallery: &FingerSide) -> Unplaced {
    if spec.comparator == FingerComparator::Marks {
        return Unplaced::default();
    }
    let other = if spec.triangle { Unplaced::default() } else { gallery.unplaced() };
    let own = probes.unplaced();
    Unplaced {
        impressions: own.impressions + other.impressions,
        records: own.records + other.records,
    }
}

/// Pairs of records that can be compared.
fn comparisons(spec: &FingerSearchSpec, probes: &FingerSide, gallery: &FingerSide) -> u64 {
    let by_set = |side: &FingerSide| {
        let mut counts: BTreeMap<PositionSet, u64> = BTreeMap::new();
        for record in &side.records {
            *counts.entry(record.positions).or_insert(0) += 1;
        }
        counts
    };
    let is_comparable = |a: PositionSet, b: PositionSet| {
        spec.comparator == FingerComparator::Marks || !a.common(b).is_empty()
    };
    let (rows, columns) = (by_set(probes), by_set(gallery));
    let mut pairs = 0;
    for (a, count) in &rows {
        for (b, others) in columns.iter().filter(|(b, _)| is_comparable(*a, **b)) {
            let same = if spec.triangle && a == b { *count } else { 0 };
            pairs += count * others - same;
        }
    }
    if spec.triangle { pairs / 2 } else { pairs }
}

/// The least score of a hit: the rate of chance hits per comparison that is accepted.
fn threshold(threshold: Threshold, comparisons: u64, probes: usize) -> Millibans {
    Millibans::from_log10(match threshold {
        Threshold::Log10(log10) => log10,
        Threshold::Fmr(rate) => -rate.log10(),
        other => {
            let accepted = other.expected(comparisons, probes as u64);
            (comparisons.max(1) as f64 / accepted).log10().max(super::job::FLOOR_LOG10)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_rates_per_comparison() {
        let at = |t, comparisons, probes| threshold(t, comparisons, probes).0;
        assert_eq!(at(Threshold::ExpectFalse(1.0), 1_000_000_000, 10), 9000);
        assert_eq!(at(Threshold::ExpectFalse(0.1), 1_000_000_000, 10), 10_000);
        assert_eq!(at(Threshold::Fpir(0.01), 1_000_000, 10), 7000);
        assert_eq!(at(Threshold::Fmr(1e-6), 5, 5), 6000);
        assert_eq!(at(Threshold::Log10(4.5), 5, 5), 4500);
        assert_eq!(at(Threshold::ExpectFalse(1.0), 5, 5), 3000);
    }
}
