//! The status of records: an append-only table whose latest event per record and kind rules.
//!
//! Whether a record is blocked and how long it is kept are told apart: unblocking a record does not
//! bring back a retention that an acquittal has ended.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use jiff::civil::Date;

use super::file;
use super::manifest::Manifest;
use crate::column::status::{StatusChange, StatusEvent, decode_status_events};
use crate::error::{Error, Result};
use crate::law::retention::Retention;

/// The latest block state and the latest retention of every record that has one.
#[derive(Debug, Clone, Default)]
pub struct StatusTable {
    blocked: HashSet<String>,
    retentions: HashMap<String, (Option<Date>, String)>,
    depersonalised: HashSet<String>,
}

impl StatusTable {
    /// The table that `events`, oldest first, lead to.
    pub(super) fn of(events: impl Iterator<Item = StatusEvent>) -> StatusTable {
        let mut table = StatusTable::default();
        events.for_each(|event| table.apply(event));
        table
    }

    /// Whether the record is blocked: it takes part in no search (L40 1(7), 9(2)).
    pub fn is_blocked(&self, record_id: &str) -> bool {
        self.blocked.contains(record_id)
    }

    /// The last day kept that the latest retention event of the record set (`Some(None)`: no date
    /// follows); `None` where there is no such event and the record's own day rules.
    pub fn retention(&self, record_id: &str) -> Option<Option<Date>> {
        self.retentions.get(record_id).map(|(until, _)| *until)
    }

    /// The rule of the record's latest retention event, with its article.
    pub fn retention_rule(&self, record_id: &str) -> Option<&str> {
        self.retentions.get(record_id).map(|(_, rule)| rule.as_str())
    }

    /// How long a record is kept, and by which rule, that was `stated` at its registration.
    pub fn in_force<'a>(&'a self, record_id: &str, stated: Retention<'a>) -> Retention<'a> {
        Retention {
            until: self.retention(record_id).unwrap_or(stated.until),
            rule: self.retention_rule(record_id).unwrap_or(stated.rule),
        }
    }

    /// Whether the record is depersonalised: no personal identifier is shown for it (L40 1(9), 9(1)).
    pub fn is_depersonalised(&self, record_id: &str) -> bool {
        self.depersonalised.contains(record_id)
    }

    /// Every depersonalised record.
    pub fn depersonalised(&self) -> &HashSet<String> {
        &self.depersonalised
    }

    /// Takes in a later event.
    fn apply(&mut self, event: StatusEvent) {
        match event.change {
            StatusChange::Blocked => {
                self.blocked.insert(event.record_id);
            }
            StatusChange::Unblocked => {
                self.blocked.remove(&event.record_id);
            }
            StatusChange::Retention(until) => {
                self.retentions.insert(event.record_id, (until, event.reason));
            }
            StatusChange::Noted => {}
            StatusChange::Depersonalised => {
                self.depersonalised.insert(event.record_id);
            }
            StatusChange::Repersonalised => {
                self.depersonalised.remove(&event.record_id);
            }
        }
    }
}

/// Reads every status file of the generation, oldest first.
///
/// # Errors
/// A file is missing, changed or cannot be understood.
pub fn read(root: &Path, manifest: &Manifest) -> Result<StatusTable> {
    Ok(StatusTable::of(events(root, manifest)?.into_iter()))
}

/// Every event of the generation, oldest first.
///
/// # Errors
/// As [`read`].
pub fn events(root: &Path, manifest: &Manifest) -> Result<Vec<StatusEvent>> {
    let mut all = Vec::new();
    for entry in &manifest.statuses {
        let path = file::verified(root, entry)?;
        for batch in file::read_parquet(&path, None)? {
            let events = decode_status_events(&batch)
                .map_err(|e| Error::integrity(&path, e.to_string(), file::RESTORE_HELP))?;
            all.extend(events);
        }
    }
    Ok(all)
}
