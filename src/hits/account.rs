//! What processes elsewhere did for a run: their devices, threads and levels, from the tiles they committed.
//!
//! Limits: it knows what commits say ([`super::commit`]); a process that did no tile is not in it.

use std::collections::{BTreeMap, BTreeSet};

use super::commit::Commit;
use super::report::DeviceReport;

/// What processes elsewhere did for a run.
#[derive(Debug, Default)]
pub struct Account {
    devices: BTreeMap<String, DeviceReport>,
    threads: BTreeMap<String, u64>,
    levels: BTreeSet<String>,
}

impl Account {
    /// Adds a tile.
    pub fn add(&mut self, commit: &Commit) {
        let made = &commit.made;
        let of_name = |name: &String| DeviceReport {
            device: name.clone(),
            tiles: 0,
            comparisons: 0,
            put_out: None,
        };
        let device = self.devices.entry(made.device.clone());
        let device = device.or_insert_with_key(of_name);
        device.tiles += 1;
        device.comparisons += commit.entry.comparisons;
        for (name, reason) in &made.put_out {
            let device = self.devices.entry(name.clone()).or_insert_with_key(of_name);
            device.put_out.get_or_insert_with(|| reason.clone());
        }
        self.threads.insert(made.executor.clone(), made.threads);
        self.levels.insert(made.simd_level.clone());
    }

    /// Whether nothing was done elsewhere.
    pub fn is_empty(&self) -> bool {
        self.threads.is_empty()
    }

    /// What each device did.
    pub fn devices(&self) -> impl Iterator<Item = &DeviceReport> {
        self.devices.values()
    }

    /// Threads of all processes.
    pub fn threads(&self) -> usize {
        self.threads.values().sum::<u64>() as usize
    }

    /// Levels of the processors, joined by commas.
    pub fn simd_levels(&self) -> String {
        self.levels.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}
