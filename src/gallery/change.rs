//! What the files of one import change in the records of a gallery: the same for every kind of record.

use std::collections::HashMap;

use super::commit::{Clash, Committed};
use super::status::StatusTable;
use crate::column::status::{StatusChange, StatusEvent};
use crate::domain::apart::{ApartMarkers, MITOCHONDRIAL_RANGES, MITOCHONDRIAL_VARIANTS};
use crate::domain::finger_record::FingerRecord;
use crate::domain::record::DnaRecord;
use crate::law::retention::Retention;
use crate::law::{finger_retention, retention};

/// A record that a gallery stores.
pub(super) trait Stored {
    /// Identifier, unique in the gallery.
    fn record_id(&self) -> &str;

    /// The retention the record states.
    fn retention(&self) -> Retention<'_>;

    /// Whether two records have the same content. The day of registration may differ: a file without
    /// dates gets the day of the import. The retention may differ and is compared by itself.
    fn is_same(&self, other: &Self) -> bool;

    /// Whether the law lets `incoming` take the place of `in_force` for this record.
    fn supersedes(&self, incoming: Retention<'_>, in_force: Retention<'_>) -> bool;
}

impl Stored for DnaRecord {
    fn record_id(&self) -> &str {
        &self.record_id
    }

    fn retention(&self) -> Retention<'_> {
        Retention { until: self.retain_until, rule: &self.retain_rule }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.index == other.index
            && self.owner == other.owner
            && self.person_id == other.person_id
            && self.case_id == other.case_id
            && self.profile == other.profile
            && same_apart(&self.apart, &other.apart)
    }

    fn supersedes(&self, incoming: Retention<'_>, in_force: Retention<'_>) -> bool {
        retention::supersedes(self.index, incoming, in_force)
    }
}

/// Whether the markers kept apart of a stored record and of an incoming one are the same. Mitochondrial haplotypes come
/// in a table of their own: a file imported again without it says nothing about them.
fn same_apart(stored: &ApartMarkers, incoming: &ApartMarkers) -> bool {
    let is_mitochondrial =
        |marker: &str| [MITOCHONDRIAL_RANGES, MITOCHONDRIAL_VARIANTS].contains(&marker);
    let is_silent = !incoming.keys().any(|marker| is_mitochondrial(marker));
    let said = stored.iter().filter(|(marker, _)| !is_silent || !is_mitochondrial(marker));
    said.eq(incoming)
}

impl Stored for FingerRecord {
    fn record_id(&self) -> &str {
        &self.record_id
    }

    fn retention(&self) -> Retention<'_> {
        Retention { until: self.retain_until, rule: &self.retain_rule }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.register == other.register
            && self.owner == other.owner
            && self.person_id == other.person_id
            && self.case_id == other.case_id
            && self.templates == other.templates
    }

    fn supersedes(&self, incoming: Retention<'_>, in_force: Retention<'_>) -> bool {
        finger_retention::supersedes(self.register, incoming, in_force)
    }
}

/// What one file brings, besides its records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// Its name, without directories.
    pub(super) file_name: &'a str,
    /// Its content was imported before.
    pub(super) is_known: bool,
    /// It changes something that is not a record.
    pub(super) brings_more: bool,
}

/// What the files of one import change in the present state.
pub(super) struct Changes<'a, R> {
    /// Records already there or brought by an earlier file, by id.
    seen: HashMap<&'a str, &'a R>,
    statuses: &'a StatusTable,
    /// Retentions this import has moved.
    moved: HashMap<&'a str, Retention<'a>>,
    at: &'a str,
    /// Records to add, in the order of the files.
    pub(super) records: Vec<&'a R>,
    /// Retentions to record.
    pub(super) retentions: Vec<StatusEvent>,
    /// Ids that the gallery holds with other content.
    pub(super) clashes: Vec<Clash>,
    retention_kept: Vec<String>,
    already_present: u64,
    known_files: Vec<String>,
}

impl<'a, R: Stored> Changes<'a, R> {
    /// Nothing changed yet in `existing`; events are made at the time `at`.
    pub(super) fn new(
        existing: &'a HashMap<String, R>,
        statuses: &'a StatusTable,
        at: &'a str,
    ) -> Changes<'a, R> {
        Changes {
            seen: existing.iter().map(|(id, record)| (id.as_str(), record)).collect(),
            statuses,
            moved: HashMap::new(),
            at,
            records: Vec::new(),
            retentions: Vec::new(),
            clashes: Vec::new(),
            retention_kept: Vec::new(),
            already_present: 0,
            known_files: Vec::new(),
        }
    }

    /// Number of changes to commit.
    pub(super) fn len(&self) -> usize {
        self.records.len() + self.retentions.len()
    }

    /// The report of a commit as `generation` with `family_members` changed.
    pub(super) fn committed(&self, generation: u64, family_members: u64) -> Committed {
        Committed {
            generation,
            added: self.records.len() as u64,
            already_present: self.already_present,
            family_members,
            pedigrees: 0,
            retention_updates: self.retentions.len() as u64,
            retention_kept: self.retention_kept.clone(),
            known_files: self.known_files.clone(),
        }
    }

    /// Compares every record of a file with the present state, also of a file that was imported
    /// before: in between another file may have said something else. Returns whether the file changes
    /// anything.
    pub(super) fn take_in(&mut self, source: Source<'_>, records: &'a [R]) -> bool {
        let (size, clashes, present) = (self.len(), self.clashes.len(), self.already_present);
        for record in records {
            match self.seen.get(record.record_id()) {
                Some(present) if present.is_same(record) => {
                    let present: &'a R = present;
                    self.already_present += 1;
                    self.compare_retention(present, record, source.is_known);
                }
                Some(_) => self.clash(source.file_name, record.record_id()),
                None => {
                    self.seen.insert(record.record_id(), record);
                    self.records.push(record);
                }
            }
        }
        let changes = source.brings_more || size != self.len();
        if source.is_known && !changes && clashes == self.clashes.len() {
            self.known_files.push(source.file_name.to_owned());
            self.already_present = present;
        }
        changes
    }

    /// Notes that a file brings an id which is there with other content.
    pub(super) fn clash(&mut self, file_name: &str, record_id: &str) {
        self.clashes
            .push(Clash { file_name: file_name.to_owned(), record_id: record_id.to_owned() });
    }

    /// Takes over the retention that a file states of a record already there, where the law lets it.
    fn compare_retention(&mut self, present: &'a R, record: &'a R, is_known: bool) {
        let id = present.record_id();
        let stated = present.retention();
        let in_force = self.moved.get(id).copied().unwrap_or_else(|| Retention {
            until: self.statuses.retention(id).unwrap_or(stated.until),
            rule: self.statuses.retention_rule(id).unwrap_or(stated.rule),
        });
        let incoming = record.retention();
        if present.supersedes(incoming, in_force) {
            self.moved.insert(id, incoming);
            self.retentions.push(StatusEvent {
                record_id: id.to_owned(),
                change: StatusChange::Retention(incoming.until),
                reason: incoming.rule.to_owned(),
                at: self.at.to_owned(),
                news: None,
            });
        } else if incoming != in_force && !is_known {
            self.retention_kept.push(id.to_owned());
        }
    }
}
