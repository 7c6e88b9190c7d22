//! The plan as people and programs read it.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::finger_job::{FingerComparator, Held, Holdings, finger_refusals, owner_refusals};
use super::finger_screen::{Penetration, Screen};
use super::finger_search::ReadyFingerSearch;
use super::finger_side::FingerSide;
use super::job::{Comparator, Parameters, refusals};
use super::power::{FamilyPower, powers};
use super::rule_screen::RuleScreen;
use super::search::ReadySearch;
use super::tile::TileSize;
use super::way::{Deciding, PlannedWay, Way, WayChoice, planned};
use crate::device::cpu::CpuDevice;
use crate::domain::likelihood::Population;
use crate::error::{Error, Result};
use crate::kernel::minutia_pair::quarter_turns;
use crate::kernel::{Overflow, Window, genotype_screen, kin_screen};
use crate::law::finger_purpose::Policy;

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedSearch {
    /// Search.
    pub search: String,
    /// Article that allows it.
    pub purpose: String,
    /// Records searched.
    pub probes: u64,
    /// Records searched in.
    pub gallery: u64,
    /// Pairs.
    pub comparisons: u64,
    /// Impressions of fingerprints that are not compared, because they have no position of their own.
    pub impressions_not_compared: u64,
    /// Records of fingerprints compared with nobody, because they have no other impression.
    pub records_not_compared: u64,
    /// Bytes of bit planes, or of prints, read from the gallery side.
    pub plane_bytes: u64,
    /// Estimated seconds on this machine with all its threads.
    pub seconds: f64,
    /// Least score of a hit, log10.
    pub threshold_log10: f64,
    /// Chance hits to expect.
    pub expected_chance_hits: f64,
    /// How a search of records in themselves finds its survivors; none of others.
    pub way: Option<PlannedWay>,
    /// What a search of pedigrees can find, by family.
    pub families: Vec<FamilyPower>,
}

/// A pair of indexes or registers, or of what two owners hold of them, that is never compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedRefusal {
    /// One index.
    pub probe: String,
    /// The other.
    pub gallery: String,
    /// Article.
    pub article: &'static str,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Searches in order.
    pub searches: Vec<PlannedSearch>,
    /// What the law forbids.
    pub refusals: Vec<PlannedRefusal>,
    /// Seconds that opening the gallery, describing probes and measuring screens took just now: a run
    /// takes them again, before its first search.
    pub setup_seconds: f64,
}

/// What a run would work with.
#[derive(Debug, Clone, Copy)]
pub struct Workers<'a> {
    /// Device.
    pub device: &'a CpuDevice,
    /// Worker threads.
    pub threads: usize,
    /// Size of a tile.
    pub tile: TileSize,
    /// How searches of records in themselves are to find their survivors.
    pub way: WayChoice,
    /// Whether the processor compares.
    pub has_processor: bool,
    /// Seconds it took to make the searches ready.
    pub setup_seconds: f64,
}

/// Pairs measured to estimate a rate: large enough to time, small enough not to be felt.
const CALIBRATION_PROBES: usize = 64;
const CALIBRATION_ROWS: usize = 1 << 16;

/// Estimates the cost of searches in what the gallery's `holdings` are by timing each comparator on a piece
/// of its own records.
///
/// # Errors
/// A segment cannot be read.
pub fn plan(
    (searches, finger_searches): (&[ReadySearch], &[ReadyFingerSearch]),
    holdings: &Holdings,
    workers: Workers<'_>,
    parameters: &Parameters,
    population: &Population,
) -> Result<Plan> {
    let Workers { device, threads, way: choice, has_processor, .. } = workers;
    let deciding = Deciding { choice, has_processor, device, threads, parameters, population };
    let mut lines = Vec::new();
    for search in searches {
        let way = planned(search, &deciding)?.map(|(way, _)| way);
        let seconds = seconds_of(search, way.as_ref(), &deciding)?;
        let kin = search.spec.comparator.is_of_families();
        let scanned = if kin { &search.probes } else { &search.gallery };
        let plane_bytes = scanned
            .segments
            .iter()
            .map(|s| (s.map().bytes_per_profile() * s.rows() as f64) as u64)
            .sum();
        lines.push(PlannedSearch {
            search: search.spec.name.clone(),
            purpose: search.spec.purpose.article.to_owned(),
            probes: search.probes.records,
            gallery: search.enrolled(),
            comparisons: search.new_comparisons(),
            impressions_not_compared: 0,
            records_not_compared: 0,
            plane_bytes,
            seconds,
            threshold_log10: search.threshold_log10,
            expected_chance_hits: search.expected_chance_hits,
            way,
            families: match search.spec.comparator {
                Comparator::Pedigree => powers(search, population)?,
                _ => Vec::new(),
            },
        });
    }
    lines.extend(finger_searches.iter().map(|search| planned_fingers(search, workers)));
    let mut refused = Vec::new();
    if !searches.is_empty() {
        refused.extend(refusals().into_iter().map(|(probe, gallery, article)| PlannedRefusal {
            probe: probe.to_string(),
            gallery: gallery.to_string(),
            article,
        }));
    }
    if !finger_searches.is_empty() {
        let policy = Policy { across_owners: parameters.across_owners };
        refused.extend(finger_refusals(policy).into_iter().map(|(probe, gallery, article)| {
            PlannedRefusal {
                probe: format!("{probe} fingerprints"),
                gallery: format!("{gallery} fingerprints"),
                article,
            }
        }));
        let of = |(register, owner): Held| format!("{register} fingerprints of {owner}");
        let owners = owner_refusals(holdings, policy).into_iter();
        refused.extend(owners.map(|(probe, gallery, article)| PlannedRefusal {
            probe: of(probe),
            gallery: of(gallery),
            article,
        }));
    }
    Ok(Plan { searches: lines, refusals: refused, setup_seconds: workers.setup_seconds })
}

/// Seconds a search of profiles takes on the processor, done in that way.
///
/// # Errors
/// A segment cannot be read.
pub fn seconds_of(
    search: &ReadySearch,
    way: Option<&PlannedWay>,
    deciding: &Deciding,
) -> Result<f64> {
    let Deciding { device, threads, parameters, population, .. } = *deciding;
    let of_join = way.filter(|planned| planned.way == Way::Join);
    if let Some(estimate) = of_join.and_then(|planned| planned.estimate.as_ref()) {
        return Ok(estimate.join_seconds);
    }
    let rate = rate_per_second(search, device, parameters, population)?;
    Ok(rate.map_or(0.0, |r| search.new_comparisons() as f64 / (r * threads.max(1) as f64)))
}

/// Prints of either side whose gate is timed, and whose full comparison is, which takes far longer.
const TIMED_PRINTS: usize = 256;
const TIMED_IN_FULL: usize = 8;

/// Gate comparisons with all minutiae that one pair of records costs as much as: two fingers by position, one
/// across the hands and their survivors, with few minutiae and mostly without the gate's second stage. Of
/// the run of 66 million pairs that the README measures.
const GATES_PER_PAIR: f64 = 2.0;

/// Comparisons of two impressions that a search takes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Effort {
    /// By the gate.
    gates: f64,
    /// In full.
    in_full: f64,
}

impl Effort {
    /// The effort of so many `pairs` of records with so many impressions each. A search of few pairs has
    /// no screen (`is_open`): every pair is compared in full.
    fn of(comparator: FingerComparator, pairs: u64, prints: (f64, f64), is_open: bool) -> Effort {
        let penetration = Penetration::default();
        let count = pairs as f64;
        match comparator {
            // By position, and across the hands.
            FingerComparator::Positions if is_open => {
                Effort { gates: 0.0, in_full: 2.0 * count * prints.0.min(prints.1) }
            }
            FingerComparator::Positions => {
                let share = penetration.at_least(penetration.all_fingers, pairs).min(1.0);
                let gates = GATES_PER_PAIR * count;
                Effort { gates, in_full: share * count * prints.0.min(prints.1) }
            }
            FingerComparator::Marks => {
                let all = count * prints.0 * prints.1;
                let share = penetration.at_least(penetration.mark, pairs).min(1.0);
                // The gate looks at a mark in four turns.
                let (gates, share) = if is_open { (0.0, 1.0) } else { (4.0 * all, share) };
                Effort { gates, in_full: share * all }
            }
        }
    }
}

/// Impressions of a record, on average.
fn prints_per_record(side: &FingerSide) -> f64 {
    let prints: usize = side.records.iter().map(|record| side.prints(record).count()).sum();
    prints as f64 / side.records.len().max(1) as f64
}

/// Seconds a search of fingerprints takes on the processor, its rates timed on a piece of its own records.
pub fn seconds_of_fingers(
    search: &ReadyFingerSearch,
    device: &CpuDevice,
    (threads, tile): (usize, TileSize),
) -> f64 {
    let prints = |side: &'_ FingerSide| {
        let first = side.records.iter().take(TIMED_PRINTS);
        let found = first.filter_map(|record| side.prints(record).next());
        found.map(|(_, print)| print.to_print()).collect::<Vec<_>>()
    };
    let (a, b) = (prints(&search.probes), prints(&search.gallery));
    let effort = Effort::of(
        search.spec.comparator,
        search.comparisons,
        (prints_per_record(&search.probes), prints_per_record(&search.gallery)),
        search.screen == Screen::open(),
    );
    let mut seconds = 0.0;
    if effort.gates > 0.0 {
        let [a, b] = [&a, &b].map(|list| list.iter().map(|p| p.view()).collect::<Vec<_>>());
        let mut scores = vec![0; a.len() * b.len()];
        let started = Instant::now();
        device.minutia_gate(&device.minutia_batch(&a), &b, 0, &mut scores);
        seconds += effort.gates * each(started, scores.len());
    }
    if effort.in_full > 0.0 {
        let (a, b) = (&a[..a.len().min(TIMED_IN_FULL)], &b[..b.len().min(TIMED_IN_FULL)]);
        let turned: Vec<_> = a.iter().map(|print| quarter_turns(print.clone())).collect();
        let started = Instant::now();
        for turns in &turned {
            for other in b {
                match search.spec.comparator {
                    FingerComparator::Positions => {
                        device.minutia_pair(turns[0].view(), other.view())
                    }
                    FingerComparator::Marks => device.minutia_pair_best_turn(turns, other.view()),
                };
            }
        }
        seconds += effort.in_full * each(started, a.len() * b.len());
    }
    // A tile is done by one thread: a small search leaves the others idle.
    let busy = threads.min(search.tiles(tile).len()).max(1);
    seconds / busy as f64
}

/// One line about a search of fingerprints.
fn planned_fingers(search: &ReadyFingerSearch, workers: Workers<'_>) -> PlannedSearch {
    let seconds = seconds_of_fingers(search, workers.device, (workers.threads, workers.tile));
    PlannedSearch {
        search: search.spec.name.clone(),
        purpose: search.spec.purpose.article.to_owned(),
        probes: search.probes.records.len() as u64,
        gallery: search.gallery.records.len() as u64,
        comparisons: search.new_comparisons(),
        impressions_not_compared: search.unplaced.impressions,
        records_not_compared: search.unplaced.records,
        plane_bytes: search.gallery.segments.iter().map(|s| s.bytes() as u64).sum(),
        seconds,
        threshold_log10: search.threshold.to_log10(),
        expected_chance_hits: search.expected_chance_hits,
        way: None,
        families: Vec::new(),
    }
}

/// Seconds that one of `count` took since `started`.
fn each(started: Instant, count: usize) -> f64 {
    started.elapsed().as_secs_f64() / count.max(1) as f64
}

/// The error of a measurement that had no room for its answer.
pub(super) fn overflowed(_: Overflow) -> Error {
    Error::usage("a measurement of the plan found more pairs than it compared", "report this")
}

/// Pairs per second of one thread; `None` where there is nothing to compare.
pub(super) fn rate_per_second(
    search: &ReadySearch,
    device: &CpuDevice,
    parameters: &Parameters,
    population: &Population,
) -> Result<Option<f64>> {
    let kin = search.spec.comparator.is_of_families();
    let scanned = if kin { &search.probes } else { &search.gallery };
    let Some(segment) = scanned.segments.iter().max_by_key(|s| s.rows()) else { return Ok(None) };
    if search.comparisons == 0 {
        return Ok(None);
    }
    let view = segment.view()?;
    let rows = segment.rows().min(CALIBRATION_ROWS) as u32;
    let capacity = CALIBRATION_PROBES * rows as usize;
    let started;
    let probes;
    match search.spec.comparator {
        Comparator::Identity { kind } => {
            let mut screen = RuleScreen::new(&parameters.rules, kind, segment.map());
            let queries = search
                .probes
                .living()
                .take(CALIBRATION_PROBES)
                .map(|(s, r)| Ok(screen.compile(&search.probes.profile(s, r)?)))
                .collect::<Result<Vec<_>>>()?;
            let windows = vec![Window { first_row: 0, end_row: rows }; queries.len()];
            let params = screen.params();
            probes = queries.len();
            started = Instant::now();
            device.str_screen(&params, &queries, &windows, view, capacity).map_err(overflowed)?;
        }
        Comparator::Kinship if !search.is_by_genotype => {
            let mut queries = Vec::new();
            for relative in search.relatives.iter().take(CALIBRATION_PROBES) {
                let Some(relation) = relative.kinship.relation() else { continue };
                let profile = search.gallery.profile(relative.segment, relative.row)?;
                queries.push(kin_screen::KinQuery::compile(
                    segment.map(),
                    &profile,
                    relation,
                    population,
                ));
            }
            let windows = vec![Window { first_row: 0, end_row: rows }; queries.len()];
            let params = kin_screen::Params { threshold_log10: search.threshold_log10 };
            probes = queries.len();
            started = Instant::now();
            device.kin_screen(&params, &queries, &windows, view, capacity).map_err(overflowed)?;
        }
        Comparator::Kinship | Comparator::Pedigree => {
            let families = search.pedigrees.families.iter().take(CALIBRATION_PROBES);
            let queries: Vec<&genotype_screen::Query> = families.map(|f| &f.query).collect();
            let place = scanned.segments.iter().position(|s| Arc::ptr_eq(s, segment));
            let Some(codes) = place.and_then(|place| search.pedigrees.bodies.get(place)) else {
                return Ok(None);
            };
            let windows = vec![Window { first_row: 0, end_row: rows }; queries.len()];
            let params = genotype_screen::Params { least_mban: i32::MAX };
            probes = queries.len();
            started = Instant::now();
            genotype_screen::run(&params, &queries, &windows, &codes.rows(), capacity)
                .map_err(overflowed)?;
        }
    }
    let seconds = started.elapsed().as_secs_f64().max(1e-9);
    Ok(Some((probes * rows as usize) as f64 / seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_without_a_screen_is_planned_as_comparisons_in_full() {
        let of = |comparator, pairs, is_open| Effort::of(comparator, pairs, (1.0, 10.0), is_open);
        let small = of(FingerComparator::Marks, 241, true);
        assert_eq!(small, Effort { gates: 0.0, in_full: 2410.0 });
        assert_eq!(of(FingerComparator::Positions, 241, true).in_full, 482.0);
        for comparator in [FingerComparator::Positions, FingerComparator::Marks] {
            let (few, many) = (of(comparator, 10_000, false), of(comparator, 1 << 40, false));
            // Of few pairs a fixed number passes whatever the share.
            assert!(few.gates > 0.0 && few.in_full >= 2000.0, "{few:?}");
            assert!(many.in_full < 0.05 * many.gates, "{many:?}");
        }
    }
}
