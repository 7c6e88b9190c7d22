//! The plan as people and programs read it.

use std::time::Instant;

use serde::Serialize;

use super::finger_job::{FingerComparator, Held, Holdings, finger_refusals, owner_refusals};
use super::finger_search::ReadyFingerSearch;
use super::finger_side::FingerSide;
use super::job::{Comparator, Parameters, refusals};
use super::search::ReadySearch;
use crate::device::cpu::CpuDevice;
use crate::domain::likelihood::Population;
use crate::error::{Error, Result};
use crate::kernel::str_screen::{Params, Query};
use crate::kernel::{Window, kin_screen};
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
    device: &CpuDevice,
    threads: usize,
    parameters: &Parameters,
    population: &Population,
) -> Result<Plan> {
    let mut lines = Vec::new();
    for search in searches {
        let rate = rate_per_second(search, device, parameters, population)?;
        let kin = matches!(search.spec.comparator, Comparator::Kinship);
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
            gallery: if kin { search.relatives.len() as u64 } else { search.gallery.records },
            comparisons: search.comparisons,
            impressions_not_compared: 0,
            records_not_compared: 0,
            plane_bytes,
            seconds: rate.map_or(0.0, |r| search.comparisons as f64 / (r * threads.max(1) as f64)),
            threshold_log10: search.threshold_log10,
            expected_chance_hits: search.expected_chance_hits,
        });
    }
    lines.extend(finger_searches.iter().map(|search| planned_fingers(search, device, threads)));
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
    Ok(Plan { searches: lines, refusals: refused })
}

/// Prints of either side timed.
const TIMED_PRINTS: usize = 256;

/// Gate comparisons one pair of records costs: two fingers by position, one across the hands and its
/// survivors.
const GATES_PER_PAIR: f64 = 3.2;

/// Of a search of marks one pair of records costs the product of their impressions, in four turns.
fn gates_per_pair(search: &ReadyFingerSearch) -> f64 {
    let per_record = |side: &FingerSide| {
        let prints: usize = side.segments.iter().map(|segment| segment.prints()).sum();
        let records: usize = side.segments.iter().map(|segment| segment.rows()).sum();
        prints as f64 / records.max(1) as f64
    };
    match search.spec.comparator {
        FingerComparator::Positions => GATES_PER_PAIR,
        FingerComparator::Marks => 4.0 * per_record(&search.probes) * per_record(&search.gallery),
    }
}

/// One line about a search of fingerprints, its rate timed on a piece of its own records.
fn planned_fingers(
    search: &ReadyFingerSearch,
    device: &CpuDevice,
    threads: usize,
) -> PlannedSearch {
    let prints = |side: &'_ FingerSide| {
        let first = side.records.iter().take(TIMED_PRINTS);
        let found = first.filter_map(|record| side.prints(record).next());
        found.map(|(_, print)| print.to_print()).collect::<Vec<_>>()
    };
    let (a, b) = (prints(&search.probes), prints(&search.gallery));
    let [a, b] = [&a, &b].map(|list| list.iter().map(|p| p.view()).collect::<Vec<_>>());
    let mut scores = vec![0; a.len() * b.len()];
    let started = Instant::now();
    device.minutia_gate(&device.minutia_batch(&a), &b, &[], &mut scores);
    let each = started.elapsed().as_secs_f64() / scores.len().max(1) as f64;
    let gates = search.comparisons as f64 * gates_per_pair(search);
    PlannedSearch {
        search: search.spec.name.clone(),
        purpose: search.spec.purpose.article.to_owned(),
        probes: search.probes.records.len() as u64,
        gallery: search.gallery.records.len() as u64,
        comparisons: search.comparisons,
        impressions_not_compared: search.unplaced.impressions,
        records_not_compared: search.unplaced.records,
        plane_bytes: search.gallery.segments.iter().map(|s| s.bytes() as u64).sum(),
        seconds: each * gates / threads.max(1) as f64,
        threshold_log10: search.threshold.to_log10(),
        expected_chance_hits: search.expected_chance_hits,
    }
}

/// Pairs per second of one thread; `None` where there is nothing to compare.
fn rate_per_second(
    search: &ReadySearch,
    device: &CpuDevice,
    parameters: &Parameters,
    population: &Population,
) -> Result<Option<f64>> {
    let kin = matches!(search.spec.comparator, Comparator::Kinship);
    let scanned = if kin { &search.probes } else { &search.gallery };
    let Some(segment) = scanned.segments.iter().max_by_key(|s| s.rows()) else { return Ok(None) };
    if search.comparisons == 0 {
        return Ok(None);
    }
    let view = segment.view()?;
    let rows = segment.rows().min(CALIBRATION_ROWS) as u32;
    let capacity = CALIBRATION_PROBES * rows as usize;
    let overflow = |_| Error::usage("calibration overflowed", "run without `plan`");
    let started;
    let probes;
    match search.spec.comparator {
        Comparator::Identity { stringency } => {
            let queries = search
                .probes
                .living()
                .take(CALIBRATION_PROBES)
                .map(|(s, r)| Ok(Query::compile(segment.map(), &search.probes.profile(s, r)?)))
                .collect::<Result<Vec<_>>>()?;
            let windows = vec![Window { first_row: 0, end_row: rows }; queries.len()];
            let params = Params {
                stringency: stringency.stringency(),
                max_failing: parameters.mismatches,
                min_compared: parameters.min_loci,
            };
            probes = queries.len();
            started = Instant::now();
            device.str_screen(&params, &queries, &windows, view, capacity).map_err(overflow)?;
        }
        Comparator::Kinship => {
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
            device.kin_screen(&params, &queries, &windows, view, capacity).map_err(overflow)?;
        }
    }
    let seconds = started.elapsed().as_secs_f64().max(1e-9);
    Ok(Some((probes * rows as usize) as f64 / seconds))
}
