//! `select`: of a table of scores those that reach a least one, and the best of each probe.
//!
//! What: probes by rows, prints or records by columns. The best are in order of a key of 64 bits, the score
//! above the complement of the row, so that of equal scores the lower row comes first and no tie is left to
//! chance. Why a kernel: few of many scores matter, and a card that keeps the others need not bring them
//! back.
//!
//! Limits: a table lies in memory, so a caller cuts its work into tiles. When not to use it: a screen of
//! profiles appends its survivors itself and never holds a table.

#[cfg(test)]
mod tests;

use super::{Overflow, Spec, Survivor};

/// Identity of this kernel.
pub const SPEC: Spec = Spec { name: "select", version: 1 };

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    /// Scores that survive are at least this.
    pub least: i32,
    /// How many of each probe are given whatever their score.
    pub best: u32,
}

/// What a table of scores gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selected {
    /// Scores that reach [`Params::least`], ascending by probe, then row.
    pub survivors: Vec<Survivor>,
    /// The best of each probe, by probe, then by falling score, of equal ones the lower row first: fewer
    /// than [`Params::best`] where a probe has fewer.
    pub best: Vec<Survivor>,
}

impl Selected {
    /// The strongest of all pairs, of equal ones the first; none where the best were not asked for.
    pub fn strongest(&self) -> Option<Survivor> {
        self.best.iter().copied().min_by_key(|s| (std::cmp::Reverse(s.value), s.probe, s.row))
    }
}

/// What the best are ordered by, the best highest.
pub const fn key(score: i32, row: u32) -> u64 {
    // Flipping the sign orders negative scores below the others.
    (((score as u32) ^ (1 << 31)) as u64) << 32 | (!row) as u64
}

/// The definition. `scores` are of every probe with each of `rows` rows, at `probe * rows + row`.
///
/// # Errors
/// More than `capacity` scores survive.
pub fn reference(
    params: &Params,
    scores: &[i32],
    rows: usize,
    capacity: usize,
) -> Result<Selected, Overflow> {
    let mut selected = Selected::default();
    for (probe, scores) in scores.chunks_exact(rows.max(1)).enumerate() {
        let of = |(row, score): (usize, &i32)| survivor(probe, row, *score);
        let mut all: Vec<Survivor> = scores.iter().enumerate().map(of).collect();
        selected.survivors.extend(all.iter().filter(|s| s.value >= params.least));
        all.sort_by_key(|s| std::cmp::Reverse(key(s.value, s.row)));
        selected.best.extend(all.iter().take(params.best as usize));
    }
    if selected.survivors.len() > capacity { Err(Overflow { capacity }) } else { Ok(selected) }
}

/// Scores looked at together: a vector of the processor finds the largest of so many at once.
const STRETCH: usize = 64;

/// What [`reference`] gives, in one pass that looks closer only where something is to be found.
///
/// # Errors
/// More than `capacity` scores survive.
pub fn run(
    params: &Params,
    scores: &[i32],
    rows: usize,
    capacity: usize,
) -> Result<Selected, Overflow> {
    let wanted = params.best as usize;
    let mut selected = Selected::default();
    for (probe, scores) in scores.chunks_exact(rows.max(1)).enumerate() {
        let mut best: Vec<Survivor> = Vec::new();
        for (number, stretch) in scores.chunks(STRETCH).enumerate() {
            let largest = stretch.iter().copied().fold(i32::MIN, i32::max);
            // A later row of the same score is never better.
            let may_be_best = best.len() < wanted || best.last().is_some_and(|b| largest > b.value);
            if largest < params.least && !may_be_best {
                continue;
            }
            for (place, score) in stretch.iter().enumerate() {
                let found = survivor(probe, number * STRETCH + place, *score);
                if *score >= params.least {
                    selected.survivors.push(found);
                }
                insert(&mut best, found, wanted);
            }
            if selected.survivors.len() > capacity {
                return Err(Overflow { capacity });
            }
        }
        selected.best.extend(best);
    }
    Ok(selected)
}

fn survivor(probe: usize, row: usize, value: i32) -> Survivor {
    Survivor { probe: probe as u32, row: row as u32, value }
}

/// Puts `found` at its place among the best, of which there are at most `wanted`.
fn insert(best: &mut Vec<Survivor>, found: Survivor, wanted: usize) {
    let of = |s: &Survivor| key(s.value, s.row);
    let place = best.partition_point(|other| of(other) > of(&found));
    if place < wanted {
        best.truncate(wanted - 1);
        best.insert(place, found);
    }
}

/// The best of each probe of tables that are parts of one, each with the rows of the whole.
pub fn merged(parts: Vec<Survivor>, params: &Params) -> Vec<Survivor> {
    let mut parts = parts;
    parts.sort_unstable_by_key(|s| (s.probe, std::cmp::Reverse(key(s.value, s.row))));
    let of_probe = parts.chunk_by(|a, b| a.probe == b.probe);
    of_probe.flat_map(|best| best.iter().take(params.best as usize).copied()).collect()
}
