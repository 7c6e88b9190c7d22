//! Recall of the gate against penetration: how much of a large gallery has to be looked at closely.
//!
//! The searches are those of [`super::identification`], by the score of the gate, with distractors
//! ([`super::chimera`]) in the gallery beside the mate and the impressions of other fingers. The rank of a
//! mate says how many prints have to survive for the mate to survive; ties are misses. Penetration is that
//! number over the size of the gallery.
//!
//! Cascade: with less than all comparisons asked for, the gate's stage 2 is run for that share of a probe's
//! comparisons alone, those with the greatest [`minutia_gate::excess`]; the others score 0. The least excess
//! is that of a sample of the distractors, of each probe by itself; `run dedup` has one for all probes.
//!
//! Two fingers: in each database the first half of the fingers are paired with the second half into
//! persons, impression by impression, and the score of a person is the sum of the gate scores of both
//! fingers. The distractors are paired likewise, each once as a first and once as a second finger, so there
//! are as many distractor persons as distractors.

use rayon::prelude::*;
use serde::Serialize;

use super::chimera::chimeras;
use super::dataset::Dataset;
use super::identification::characteristic;
use super::matrix::Matrix;
use super::projections::Projections;
use super::scorer::{Probe, gate_scores};
use crate::device::cpu::CpuDevice;
use crate::domain::finger::Rotation;
use crate::error::{Error, Result};
use crate::kernel::minutia::{Print, PrintView};
use crate::limits::MAX_DISTRACTORS;

/// Numbers of survivors that are reported.
pub const DEPTHS: [u64; 4] = [1, 10, 100, 1000];

/// Distractors asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Distractors {
    /// How many.
    pub count: u32,
    /// Seed of their making.
    pub seed: u64,
    /// Share of comparisons for which the gate's stage 2 is run, per cent: 1 to 100.
    pub stage_2_percent: u32,
}

/// Distractors whose excess is sampled.
const SAMPLED: usize = 256;

/// Recall of the gate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Filter {
    /// The distractors.
    pub distractors: Distractors,
    /// One finger against one finger.
    pub single: Option<Recall>,
    /// Two fingers of a person against two.
    pub fused: Option<Recall>,
}

/// Share of mates that survive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recall {
    /// Searches: ordered mated pairs.
    pub searches: u64,
    /// Most prints (or persons' impressions) of others and distractors in the gallery of a search.
    pub others: usize,
    /// Share of mates among the best 1, 10, 100 and 1,000.
    pub at_depth: [f64; DEPTHS.len()],
    /// Rank and share of mates at it or before.
    pub recall: Vec<(u64, f64)>,
}

/// An impression of a person: one or two impressions of fingers, by number in the dataset.
#[derive(Debug, Clone, Copy)]
struct Pair {
    /// Finger number of the first; names the person.
    person: u32,
    first: usize,
    second: usize,
}

/// Measures the recall of the gate.
///
/// # Errors
/// There are more than [`MAX_DISTRACTORS`] distractors, or no prints to make them of.
pub(super) fn filter(
    dataset: &Dataset,
    matrix: &Matrix,
    projections: &Projections,
    rotation: Rotation,
    distractors: Distractors,
    device: &CpuDevice,
) -> Result<Filter> {
    if distractors.count > MAX_DISTRACTORS {
        return Err(Error::Limit {
            what: format!("{} distractors", distractors.count),
            limit: u64::from(MAX_DISTRACTORS),
            help: "ask for fewer".into(),
        });
    }
    let chimeras = chimeras(dataset, distractors.count, distractors.seed)?;
    let pairs = pairs(dataset, matrix);
    let (mut single, mut fused) = (Ranks::default(), Ranks::default());
    let mut described: Option<(usize, [Vec<Print>; 2])> = None;
    for database in 0..dataset.databases.len() {
        let projection = &projections.of(database).0.projection;
        let number = projections.number(database);
        if described.as_ref().is_none_or(|(known, _)| *known != number) {
            let prints = chimeras.par_iter().map(|m| Print::of(m, projection)).collect();
            let own = dataset.prints.par_iter().map(|p| Print::of(&p.minutiae, projection));
            described = Some((number, [prints, own.collect()]));
        }
        let Some((_, galleries)) = &described else { continue };
        let [gallery, impressions] =
            galleries.each_ref().map(|list| list.iter().map(Print::view).collect::<Vec<_>>());
        let scores = |print: usize| {
            let probe = Probe::new(&dataset.prints[print].minutiae, projection, rotation);
            let least = least_excess(&probe, &gallery, distractors.stage_2_percent);
            let distractors = gate_scores(device, &probe, &gallery, least);
            Row { impressions: gate_scores(device, &probe, &impressions, least), distractors }
        };
        let own = |print: &usize| dataset.prints[*print].database == database;
        let alone: Vec<usize> = (0..dataset.prints.len()).filter(own).collect();
        let rows: Vec<Row> = alone.par_iter().map(|print| scores(*print)).collect();
        let row_of = |print: usize| alone.binary_search(&print).map(|place| &rows[place]);
        let joint = pairs.iter().filter(|pair| own(&pair.first)).filter_map(|pair| {
            let (first, second) = (row_of(pair.first).ok()?, row_of(pair.second).ok()?);
            Some(ranks_fused(&pairs, pair, (first, second)))
        });
        joint.for_each(|ranks| fused.add(ranks));
        for (print, row) in alone.iter().zip(rows) {
            single.add(ranks_alone(matrix, *print, row));
        }
    }
    Ok(Filter { distractors, single: single.recall(), fused: fused.recall() })
}

/// Scores of one probe.
struct Row {
    /// With every impression of the dataset.
    impressions: Vec<i32>,
    /// With every distractor.
    distractors: Vec<i32>,
}

/// The excess that so many per cent of the distractors reach; 0 for all of them.
pub(super) fn least_excess(probe: &Probe, gallery: &[PrintView<'_>], percent: u32) -> i32 {
    if percent >= 100 {
        return 0;
    }
    let step = gallery.len().div_ceil(SAMPLED).max(1);
    let mut excesses: Vec<i32> =
        gallery.iter().step_by(step).map(|print| probe.excess(*print)).collect();
    excesses.sort_unstable_by(|a, b| b.cmp(a));
    excesses.get(excesses.len() * percent as usize / 100).copied().unwrap_or(0)
}

/// Ranks of mates, and the largest gallery among which they were found.
#[derive(Debug, Clone, Default)]
struct Ranks {
    ranks: Vec<u64>,
    others: usize,
}

impl Ranks {
    /// The ranks of mates of these scores among others of those.
    fn among(mates: &[i32], mut others: Vec<i32>) -> Ranks {
        others.sort_unstable();
        let rank = |mate: &i32| 1 + (others.len() - others.partition_point(|s| s < mate)) as u64;
        Ranks { ranks: mates.iter().map(rank).collect(), others: others.len() }
    }

    fn add(&mut self, more: Ranks) {
        self.ranks.extend(more.ranks);
        self.others = self.others.max(more.others);
    }

    fn recall(self) -> Option<Recall> {
        let recall = characteristic(self.ranks.iter().copied())?;
        let share = |depth: u64| {
            let within = recall.iter().take_while(|(rank, _)| *rank <= depth);
            within.last().map_or(0.0, |(_, share)| *share)
        };
        Some(Recall {
            searches: self.ranks.len() as u64,
            others: self.others,
            at_depth: DEPTHS.map(share),
            recall,
        })
    }
}

fn ranks_alone(matrix: &Matrix, probe: usize, row: Row) -> Ranks {
    let fingers = matrix.fingers();
    let mut others = row.distractors;
    let mut mates = Vec::new();
    for (print, score) in row.impressions.iter().enumerate() {
        if fingers[print] != fingers[probe] {
            others.push(*score);
        } else if print != probe {
            mates.push(*score);
        }
    }
    Ranks::among(&mates, others)
}

fn ranks_fused(pairs: &[Pair], probe: &Pair, (first, second): (&Row, &Row)) -> Ranks {
    let half = first.distractors.len() / 2;
    let shifted = second.distractors.iter().cycle().skip(half);
    let sums = first.distractors.iter().zip(shifted).map(|(a, b)| a.saturating_add(*b));
    let mut others: Vec<i32> = sums.collect();
    let mut mates = Vec::new();
    for pair in pairs {
        let score = first.impressions[pair.first].saturating_add(second.impressions[pair.second]);
        if pair.person != probe.person {
            others.push(score);
        } else if pair.first != probe.first {
            mates.push(score);
        }
    }
    Ranks::among(&mates, others)
}

/// The impressions of persons of two fingers, in every database.
fn pairs(dataset: &Dataset, matrix: &Matrix) -> Vec<Pair> {
    let fingers = matrix.fingers();
    let impressions =
        |finger: u32| (0..dataset.prints.len()).filter(move |i| fingers[*i] == finger);
    let mut pairs = Vec::new();
    for stratum in matrix.strata() {
        let half = stratum.len() / 2;
        for (first, second) in stratum.iter().zip(&stratum[half..]).take(half) {
            let both = impressions(*first).zip(impressions(*second));
            pairs.extend(both.map(|(a, b)| Pair { person: *first, first: a, second: b }));
        }
    }
    pairs
}
