//! The status of records: an append-only table whose latest event per record rules.

use std::collections::HashMap;
use std::path::Path;

use super::file;
use super::manifest::Manifest;
use crate::column::status::{StatusChange, StatusEvent, decode_status_events};
use crate::error::{Error, Result};

/// The latest status of every record that has one.
#[derive(Debug, Clone, Default)]
pub struct StatusTable {
    latest: HashMap<String, StatusEvent>,
}

impl StatusTable {
    /// Whether the record is blocked: it takes part in no search (L40 1(7), 9(2)).
    pub fn is_blocked(&self, record_id: &str) -> bool {
        self.latest.get(record_id).is_some_and(|e| e.change == StatusChange::Blocked)
    }
}

/// Reads every status file of the generation, oldest first.
///
/// # Errors
/// A file is missing, changed or cannot be understood.
pub fn read(root: &Path, manifest: &Manifest) -> Result<StatusTable> {
    let mut table = StatusTable::default();
    for entry in &manifest.statuses {
        let path = file::verified(root, entry)?;
        for batch in file::read_parquet(&path, None)? {
            let events = decode_status_events(&batch)
                .map_err(|e| Error::integrity(&path, e.to_string(), file::RESTORE_HELP))?;
            for event in events {
                table.latest.insert(event.record_id.clone(), event);
            }
        }
    }
    Ok(table)
}
