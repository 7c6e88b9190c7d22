//! Status events of records as columns. The table is append-only; the latest event of a record rules.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::{ColumnError, typed};

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusChange {
    /// Collection, change, use and transfer suspended (L40 1(7), 9(2)).
    Blocked,
    /// The suspension ended.
    Unblocked,
}

impl StatusChange {
    /// Word in the stored column.
    pub const fn name(self) -> &'static str {
        match self {
            StatusChange::Blocked => "blocked",
            StatusChange::Unblocked => "unblocked",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<StatusChange> {
        [StatusChange::Blocked, StatusChange::Unblocked].into_iter().find(|s| s.name() == text)
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusEvent {
    /// The record concerned.
    pub record_id: String,
    /// What happened.
    pub change: StatusChange,
    /// Why, as the operator wrote it.
    pub reason: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

/// Schema of a status file.
pub fn status_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![text("record_id"), text("change"), text("reason"), text("at")]))
}

/// Events as one batch.
///
/// # Errors
/// Arrow refuses the batch.
pub fn encode_status_events(events: &[StatusEvent]) -> Result<RecordBatch, ColumnError> {
    let text = |value: &dyn Fn(&StatusEvent) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(events.iter().map(value)))
    };
    let columns = vec![
        text(&|e| &e.record_id),
        text(&|e| e.change.name()),
        text(&|e| &e.reason),
        text(&|e| &e.at),
    ];
    Ok(RecordBatch::try_new(status_schema(), columns)?)
}

/// Reads events back.
///
/// # Errors
/// The batch is not of [`status_schema`], or a change is unknown.
pub fn decode_status_events(batch: &RecordBatch) -> Result<Vec<StatusEvent>, ColumnError> {
    let text = |name| typed::<StringArray>(batch, name, "Utf8");
    let (record, change, reason, at) =
        (text("record_id")?, text("change")?, text("reason")?, text("at")?);
    (0..batch.num_rows())
        .map(|row| {
            Ok(StatusEvent {
                record_id: record.value(row).to_owned(),
                change: StatusChange::parse(change.value(row)).ok_or_else(|| {
                    ColumnError::Value { row, column: "change", rule: "is a known change".into() }
                })?,
                reason: reason.value(row).to_owned(),
                at: at.value(row).to_owned(),
            })
        })
        .collect()
}
