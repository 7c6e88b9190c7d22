//! How an N:N search finds its survivors: all pairs on bit planes, or a join of records with the same key.
//!
//! Both ways have the same survivors and the same hits, so the choice is no part of a run's identity. What each
//! would take is estimated from rates measured on the search's own records; the cheaper one is taken, unless the
//! caller asks for one. Limits: rates are of the processor, also where a graphics card screens; the candidates
//! expected are pairs of unrelated persons, so a search that finds far more of them goes back to all pairs.

use std::str::FromStr;
use std::time::Instant;

use serde::Serialize;

use super::cost::{overflowed, rate_per_second};
use super::job::{Comparator, Parameters};
use super::join::{Blocks, Expected, Join, exact_locus_sets};
use super::search::ReadySearch;
use crate::device::cpu::CpuDevice;
use crate::domain::likelihood::Population;
use crate::domain::locus::Locus;
use crate::domain::rule_set::Microvariants;
use crate::domain::stringency::Stringency;
use crate::error::Result;
use crate::gallery::memory;
use crate::kernel::{Window, str_screen};
use crate::language::{Message, message, word};

/// A way to the survivors of an N:N search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Every pair on bit planes.
    Pairs,
    /// Records with the same key; those without keys on bit planes.
    Join,
}

impl Way {
    /// Its word in results and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Way::Pairs => "pairs",
            Way::Join => "join",
        }
    }
}

/// What the caller wants of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WayChoice {
    /// The cheaper one.
    #[default]
    Auto,
    /// This one, where the search allows it.
    Only(Way),
}

/// What both ways are expected to take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// Records with keys.
    pub keyed: u64,
    /// Records without, screened with everything.
    pub pool: u64,
    /// Loci of each block.
    pub blocks: Vec<Vec<&'static str>>,
    /// Pairs of unrelated persons with a key in common.
    pub candidates: f64,
    /// Seconds of all pairs.
    pub pairs_seconds: f64,
    /// Seconds of the join.
    pub join_seconds: f64,
}

/// The way chosen for an N:N search, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedWay {
    /// The way.
    pub way: Way,
    /// Why this one.
    pub reason: Message,
    /// What it was chosen from; none where there was no choice.
    pub estimate: Option<Estimate>,
}

impl PlannedWay {
    /// All pairs, for a reason that leaves no choice.
    fn pairs(reason: Message) -> PlannedWay {
        PlannedWay { way: Way::Pairs, reason, estimate: None }
    }
}

impl FromStr for WayChoice {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<WayChoice, String> {
        match text {
            "auto" => Ok(WayChoice::Auto),
            "pairs" => Ok(WayChoice::Only(Way::Pairs)),
            "join" => Ok(WayChoice::Only(Way::Join)),
            _ => Err("is auto, pairs or join".to_owned()),
        }
    }
}

/// Who decides, and on what.
#[derive(Debug, Clone, Copy)]
pub struct Deciding<'a> {
    /// What the caller wants.
    pub choice: WayChoice,
    /// Whether the processor compares. A join is its work: where adapters alone are to compare, all pairs are
    /// theirs.
    pub has_processor: bool,
    /// Device whose rates are measured.
    pub device: &'a CpuDevice,
    /// Worker threads.
    pub threads: usize,
    /// Parameters of the search.
    pub parameters: &'a Parameters,
    /// Population model.
    pub population: &'a Population<'a>,
}

/// The way of `search` with the blocks of its keys; `None` where the search is not of records in themselves.
///
/// # Errors
/// A segment cannot be read.
pub fn planned(
    search: &ReadySearch,
    deciding: &Deciding,
) -> Result<Option<(PlannedWay, Option<Blocks>)>> {
    let without = |reason: Message| Ok(Some((PlannedWay::pairs(reason), None)));
    let without_blocks = |reason: &'static str| without(Message::new(reason));
    if search.spec.triangle && search.old.is_some() {
        return without_blocks("way-newer-only");
    }
    match search.spec.comparator {
        _ if !search.spec.triangle => return Ok(None),
        Comparator::Identity { kind } => {
            let rules = &deciding.parameters.rules;
            let stringency = rules.weakest_stringency(kind);
            if stringency != Stringency::High {
                let stringency = word("stringency", stringency.name());
                return without(message!("way-stringency", stringency = stringency));
            }
            if !rules.reads_as_typed() || rules.microvariants != Microvariants::Exact {
                return without_blocks("way-typed-otherwise");
            }
        }
        _ => return Ok(None),
    }
    if deciding.choice == WayChoice::Only(Way::Pairs) {
        return without_blocks("way-asked");
    }
    if deciding.choice == WayChoice::Auto && !deciding.has_processor {
        return without_blocks("way-adapters");
    }
    if deciding.choice == WayChoice::Auto && memory::is_limited() {
        return without_blocks("way-memory");
    }
    let sets = exact_locus_sets(&search.gallery)?;
    let mismatches = deciding.parameters.rules.most_failing;
    let Some((blocks, expected)) = Blocks::choose(&sets, mismatches, deciding.population) else {
        return without_blocks("way-no-exact");
    };
    let rate = rate_per_second(search, deciding.device, deciding.parameters, deciding.population)?;
    let Some(pairs_per_second) = rate else {
        return without_blocks("way-nothing");
    };
    let estimate = estimate(search, &blocks, expected, pairs_per_second, deciding)?;
    let way = match deciding.choice {
        WayChoice::Only(way) => way,
        WayChoice::Auto if estimate.join_seconds < estimate.pairs_seconds => Way::Join,
        WayChoice::Auto => Way::Pairs,
    };
    let reason = reason(deciding.choice, way, &estimate);
    let planned = PlannedWay { way, reason, estimate: Some(estimate) };
    Ok(Some((planned, (way == Way::Join).then_some(blocks))))
}

fn reason(choice: WayChoice, way: Way, estimate: &Estimate) -> Message {
    let Estimate { keyed, pool, blocks, pairs_seconds, join_seconds, .. } = estimate;
    let records = message!(
        "way-records",
        keyed = keyed.to_string(),
        blocks = blocks.len().to_string(),
        pool = pool.to_string(),
    );
    let seconds = |seconds: &f64| message!("way-seconds", seconds = format!("{seconds:.3}"));
    let (join, pairs) = (seconds(join_seconds), seconds(pairs_seconds));
    match (choice, way) {
        (WayChoice::Only(_), _) => message!("way-asked-records", records = records),
        (_, Way::Join) => {
            message!("way-join-faster", records = records, join = join, pairs = pairs)
        }
        (_, Way::Pairs) => {
            message!("way-pairs-faster", records = records, join = join, pairs = pairs)
        }
    }
}

/// Records on which keys and candidates are timed.
const TIMED_RECORDS: usize = 2048;

fn estimate(
    search: &ReadySearch,
    blocks: &Blocks,
    expected: Expected,
    pairs_per_second: f64,
    deciding: &Deciding,
) -> Result<Estimate> {
    let side = &search.gallery;
    let step = (side.records as usize).div_ceil(TIMED_RECORDS).max(1);
    let sample: Vec<(usize, usize)> = side.living().step_by(step).collect();
    let started = Instant::now();
    let mut keys = Vec::new();
    for (segment, row) in &sample {
        keys.push(blocks.keys(&side.profile(*segment, *row)?));
    }
    keys.sort_unstable();
    let key_seconds = each(started, &sample);
    let started = Instant::now();
    for (probe, other) in sample.iter().zip(sample.iter().skip(1)) {
        let profile = side.profile(probe.0, probe.1)?;
        let segment = &side.segments[other.0];
        let query = str_screen::Query::compile(segment.map(), &profile);
        let window = Window { first_row: other.1 as u32, end_row: other.1 as u32 + 1 };
        let params = str_screen::Params {
            stringency: Stringency::High,
            max_failing: deciding.parameters.rules.most_failing,
            min_compared: deciding.parameters.rules.least_loci,
        };
        str_screen::reference(&params, &[query], &[window], segment.view()?, 1)
            .map_err(overflowed)?;
    }
    let candidate_seconds = each(started, &sample);
    let threads = deciding.threads.max(1) as f64;
    let join_seconds = side.records as f64 * key_seconds
        + expected.candidates * candidate_seconds
        + expected.pool_pairs as f64 / pairs_per_second;
    let names = |set: &crate::domain::locus::LocusSet| {
        Locus::all().filter(|locus| set.contains(*locus)).map(Locus::name).collect()
    };
    Ok(Estimate {
        keyed: expected.keyed,
        pool: expected.pool,
        blocks: blocks.sets().iter().map(names).collect(),
        candidates: expected.candidates,
        pairs_seconds: search.comparisons as f64 / pairs_per_second / threads,
        join_seconds: join_seconds / threads,
    })
}

fn each(started: Instant, sample: &[(usize, usize)]) -> f64 {
    started.elapsed().as_secs_f64() / sample.len().max(1) as f64
}

/// Candidates over those expected of unrelated persons and two of each record, up to which a join is worth it:
/// beyond, the records are copies of one another, and all pairs are sure to end.
const MOST_EXCESS: f64 = 8.0;

/// The way of `search` with the join made, if that is the way. Where the caller leaves the choice and far more
/// pairs have a key in common than unrelated persons would, the way is all pairs.
///
/// # Errors
/// A segment cannot be read.
pub fn made(
    search: &ReadySearch,
    deciding: &Deciding,
) -> Result<(Option<PlannedWay>, Option<Join>)> {
    let Some((planned, blocks)) = planned(search, deciding)? else { return Ok((None, None)) };
    let Some(blocks) = blocks else { return Ok((Some(planned), None)) };
    let join = Join::new(&search.gallery, &blocks)?;
    let candidates = planned.estimate.as_ref().map_or(0.0, |estimate| estimate.candidates);
    let most = MOST_EXCESS * (candidates + 2.0 * search.gallery.records as f64);
    if deciding.choice == WayChoice::Auto && join.pairs() as f64 > most {
        let pairs = join.pairs();
        let reason = message!("way-too-many", pairs = pairs.to_string());
        return Ok((Some(PlannedWay { way: Way::Pairs, reason, ..planned }), None));
    }
    Ok((Some(planned), Some(join)))
}
