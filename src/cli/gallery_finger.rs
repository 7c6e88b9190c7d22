//! What `tanba gallery info` says of fingerprints.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::civil::Date;
use serde::Serialize;

use super::common::grouped;
use super::ui::Ui;
use crate::domain::finger::{MAX_PRINT_MINUTIAE, Position};
use crate::domain::register::Register;
use crate::error::Result;
use crate::gallery::finger_segment::FingerSegment;
use crate::gallery::status::StatusTable;
use crate::gallery::{Absence, Gallery, absence};
use crate::language::{category, message, word};

/// One register of a gallery.
#[derive(Debug, Serialize)]
pub(super) struct RegisterInfo {
    register: &'static str,
    owners: BTreeSet<String>,
    segments: usize,
    records: u64,
    /// Personal identifiers; a record without one counts as a person of its own.
    persons: u64,
    living: u64,
    expired: u64,
    blocked: u64,
    /// Templates that can be matched.
    prints: u64,
    prints_by_position: Vec<PositionInfo>,
    minutiae: MinutiaeInfo,
    bytes_per_print: f64,
    descriptor_versions: BTreeSet<u32>,
    projections: BTreeSet<String>,
}

/// Prints of one position.
#[derive(Debug, Serialize)]
struct PositionInfo {
    position: &'static str,
    prints: u64,
}

/// How many minutiae prints have.
#[derive(Debug, Serialize)]
struct MinutiaeInfo {
    least: usize,
    median: usize,
    mean: f64,
    most: usize,
}

impl MinutiaeInfo {
    /// From the number of prints by number of minutiae.
    fn of(prints: &[u64]) -> MinutiaeInfo {
        let total: u64 = prints.iter().sum();
        let all: u64 = prints.iter().zip(0_u64..).map(|(prints, count)| prints * count).sum();
        let mut before = 0;
        let median = prints.iter().position(|prints| {
            before += prints;
            2 * before >= total
        });
        MinutiaeInfo {
            least: prints.iter().position(|prints| *prints > 0).unwrap_or(0),
            median: median.unwrap_or(0),
            mean: all as f64 / total.max(1) as f64,
            most: prints.iter().rposition(|prints| *prints > 0).unwrap_or(0),
        }
    }
}

/// The registers that hold records, in the order of reports, as on `day`.
///
/// # Errors
/// A segment is missing, changed or cannot be understood.
pub(super) fn registers(
    gallery: &Gallery,
    statuses: &StatusTable,
    day: Date,
) -> Result<Vec<RegisterInfo>> {
    let mut registers = Vec::new();
    for register in Register::ALL {
        let entries = gallery.finger_segments(register);
        if entries.is_empty() {
            continue;
        }
        let mut count = Count { by_minutiae: vec![0; MAX_PRINT_MINUTIAE + 1], ..Count::default() };
        for entry in &entries {
            count.take_in(&gallery.open_finger_segment(entry)?, statuses, day);
        }
        registers.push(count.info(register, entries.len()));
    }
    Ok(registers)
}

/// What is counted over the segments of a register.
#[derive(Default)]
struct Count {
    owners: BTreeSet<String>,
    persons: HashSet<String>,
    nameless: u64,
    records: u64,
    expired: u64,
    blocked: u64,
    by_position: BTreeMap<Position, u64>,
    by_minutiae: Vec<u64>,
    bytes: usize,
    versions: BTreeSet<u32>,
    projections: BTreeSet<String>,
}

impl Count {
    fn take_in(&mut self, segment: &FingerSegment, statuses: &StatusTable, day: Date) {
        self.owners.insert(segment.entry().owner.clone());
        self.versions.insert(segment.entry().descriptor_version);
        self.projections.insert(segment.entry().projection.clone());
        self.records += segment.rows() as u64;
        self.bytes += segment.bytes();
        for row in 0..segment.rows() {
            match segment.person_id(row) {
                Some(person) => drop(self.persons.insert(person.to_owned())),
                None => self.nameless += 1,
            }
            match absence(segment.record_id(row), segment.retain_until(row), statuses, day) {
                Some(Absence::Expired) => self.expired += 1,
                Some(Absence::Blocked) => self.blocked += 1,
                None => {}
            }
        }
        for (position, prints) in segment.positions() {
            *self.by_position.entry(*position).or_default() += prints.len() as u64;
            for print in prints.clone() {
                if let Some(prints) = self.by_minutiae.get_mut(segment.minutiae(print)) {
                    *prints += 1;
                }
            }
        }
    }

    fn info(self, register: Register, segments: usize) -> RegisterInfo {
        let prints: u64 = self.by_position.values().sum();
        let by_position = self.by_position.iter();
        RegisterInfo {
            register: register.name(),
            owners: self.owners,
            segments,
            records: self.records,
            persons: self.persons.len() as u64 + self.nameless,
            living: self.records - self.expired - self.blocked,
            expired: self.expired,
            blocked: self.blocked,
            prints,
            prints_by_position: by_position
                .map(|(position, prints)| PositionInfo {
                    position: position.name(),
                    prints: *prints,
                })
                .collect(),
            minutiae: MinutiaeInfo::of(&self.by_minutiae),
            bytes_per_print: self.bytes as f64 / prints.max(1) as f64,
            descriptor_versions: self.versions,
            projections: self.projections,
        }
    }
}

/// Says the same to people.
pub(super) fn tell(registers: &[RegisterInfo], ui: &Ui) {
    if registers.is_empty() {
        return;
    }
    let mut table = ui.titled(&[
        "column-register",
        "column-records",
        "column-persons",
        "column-living",
        "column-gallery-expired",
        "column-blocked",
        "column-segments",
        "column-prints",
        "column-bytes-per-print",
    ]);
    for line in registers {
        table.add_row([
            category(line.register, true).to_string(),
            grouped(line.records),
            grouped(line.persons),
            grouped(line.living),
            grouped(line.expired),
            grouped(line.blocked),
            line.segments.to_string(),
            grouped(line.prints),
            format!("{:.0}", line.bytes_per_print),
        ]);
    }
    ui.say(table.to_string());
    for line in registers {
        let owners: Vec<&str> = line.owners.iter().map(String::as_str).collect();
        let versions: Vec<String> = line.descriptor_versions.iter().map(u32::to_string).collect();
        let minutiae = &line.minutiae;
        ui.say(message!(
            "gallery-minutiae",
            register = category(line.register, true),
            owners = owners.join(", "),
            least = minutiae.least.to_string(),
            most = minutiae.most.to_string(),
            median = minutiae.median.to_string(),
            versions = versions.join(", "),
        ));
        let positions = line.prints_by_position.iter();
        let positions: Vec<String> = positions
            .map(|p| format!("{} {}", word("position", p.position), grouped(p.prints)))
            .collect();
        ui.say(format!("  {}", positions.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutiae_are_summed_up_by_least_median_mean_and_most() {
        let mut prints = vec![0; MAX_PRINT_MINUTIAE + 1];
        for count in [10, 20, 20, 30, 100] {
            prints[count] += 1;
        }
        let info = MinutiaeInfo::of(&prints);
        assert_eq!((info.least, info.median, info.most), (10, 20, 100));
        assert_eq!(info.mean, 36.0);
        let none = MinutiaeInfo::of(&vec![0; MAX_PRINT_MINUTIAE + 1]);
        assert_eq!((none.least, none.median, none.most, none.mean), (0, 0, 0, 0.0));
    }
}
