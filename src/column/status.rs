//! Status events of records as columns. The table is append-only; the latest event of a kind rules.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use jiff::civil::Date;

use super::{ColumnError, date_of, days_of, typed};

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusChange {
    /// Collection, change, use and transfer suspended (L40 1(7), 9(2)).
    Blocked,
    /// The suspension ended.
    Unblocked,
    /// An acquittal, a death or a corrected date of birth moved the last day kept (L40 23(3),
    /// 29(1)); `None` where no date follows. The event's reason is the rule.
    Retention(Option<Date>),
}

impl StatusChange {
    /// Word in the stored column.
    pub const fn name(self) -> &'static str {
        match self {
            StatusChange::Blocked => "blocked",
            StatusChange::Unblocked => "unblocked",
            StatusChange::Retention(_) => "retention",
        }
    }

    /// Reads the word and the date stored beside it; only a retention has one.
    pub fn parse(text: &str, retain_until: Option<Date>) -> Option<StatusChange> {
        [StatusChange::Blocked, StatusChange::Unblocked, StatusChange::Retention(retain_until)]
            .into_iter()
            .find(|change| change.name() == text && change.retain_until() == retain_until)
    }

    /// The last day kept that a retention event sets.
    pub const fn retain_until(self) -> Option<Date> {
        match self {
            StatusChange::Retention(until) => until,
            StatusChange::Blocked | StatusChange::Unblocked => None,
        }
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusEvent {
    /// The record concerned.
    pub record_id: String,
    /// What happened.
    pub change: StatusChange,
    /// Why: as the operator wrote it, or the rule of a retention with its article.
    pub reason: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

/// Schema of a status file.
pub fn status_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![
        text("record_id"),
        text("change"),
        Field::new("retain_until", DataType::Date32, true),
        text("reason"),
        text("at"),
    ]))
}

/// Events as one batch.
///
/// # Errors
/// Arrow refuses the batch.
pub fn encode_status_events(events: &[StatusEvent]) -> Result<RecordBatch, ColumnError> {
    let text = |value: &dyn Fn(&StatusEvent) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(events.iter().map(value)))
    };
    let until = events.iter().map(|e| e.change.retain_until().map(days_of));
    let columns = vec![
        text(&|e| &e.record_id),
        text(&|e| e.change.name()),
        Arc::new(Date32Array::from_iter(until)),
        text(&|e| &e.reason),
        text(&|e| &e.at),
    ];
    Ok(RecordBatch::try_new(status_schema(), columns)?)
}

/// Reads events back.
///
/// # Errors
/// The batch is not of [`status_schema`], a change is unknown, or a date is outside the calendar or
/// beside a change that has none.
pub fn decode_status_events(batch: &RecordBatch) -> Result<Vec<StatusEvent>, ColumnError> {
    let text = |name| typed::<StringArray>(batch, name, "Utf8");
    let (record, change, reason, at) =
        (text("record_id")?, text("change")?, text("reason")?, text("at")?);
    let retain_until = typed::<Date32Array>(batch, "retain_until", "Date32")?;
    let fail = |row, column, rule: &str| ColumnError::Value { row, column, rule: rule.into() };
    (0..batch.num_rows())
        .map(|row| {
            let until = retain_until
                .is_valid(row)
                .then(|| date_of(retain_until.value(row)))
                .map(|date| date.ok_or_else(|| fail(row, "retain_until", "is a date")))
                .transpose()?;
            Ok(StatusEvent {
                record_id: record.value(row).to_owned(),
                change: StatusChange::parse(change.value(row), until).ok_or_else(|| {
                    fail(row, "change", "is a known change, with a date only for a retention")
                })?,
                reason: reason.value(row).to_owned(),
                at: at.value(row).to_owned(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_every_kind_survive_their_columns() {
        let last = jiff::civil::date(2027, 3, 1);
        let changes = [
            StatusChange::Blocked,
            StatusChange::Unblocked,
            StatusChange::Retention(Some(last)),
            StatusChange::Retention(None),
        ];
        let events = changes.map(|change| StatusEvent {
            record_id: "C1".into(),
            change,
            reason: "r".into(),
            at: "2026-11-21T00:00:00Z".into(),
        });
        let batch = encode_status_events(&events).unwrap();
        assert_eq!(decode_status_events(&batch).unwrap(), events);
        assert_eq!(StatusChange::parse("blocked", Some(last)), None);
        assert_eq!(StatusChange::parse("vanished", None), None);
    }
}
