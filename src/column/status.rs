//! Status events of records as columns. The table is append-only; the latest event of a kind rules.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use jiff::civil::Date;

use super::{ColumnError, date_of, days_of, typed};
use crate::domain::life_event::LifeEvent;

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
    /// An event was reported that changes nothing by itself; the event's reason says why.
    Noted,
    /// The personal identifier is not to be shown any more (L40 1(9), 9(1)).
    Depersonalised,
    /// It may be shown again.
    Repersonalised,
}

impl StatusChange {
    /// Word in the stored column.
    pub const fn name(self) -> &'static str {
        match self {
            StatusChange::Blocked => "blocked",
            StatusChange::Unblocked => "unblocked",
            StatusChange::Retention(_) => "retention",
            StatusChange::Noted => "noted",
            StatusChange::Depersonalised => "depersonalised",
            StatusChange::Repersonalised => "repersonalised",
        }
    }

    /// Reads the word and the date stored beside it; only a retention has one.
    pub fn parse(text: &str, retain_until: Option<Date>) -> Option<StatusChange> {
        let known = [
            StatusChange::Blocked,
            StatusChange::Unblocked,
            StatusChange::Retention(retain_until),
            StatusChange::Noted,
            StatusChange::Depersonalised,
            StatusChange::Repersonalised,
        ];
        known
            .into_iter()
            .find(|change| change.name() == text && change.retain_until() == retain_until)
    }

    /// The last day kept that a retention event sets.
    pub const fn retain_until(self) -> Option<Date> {
        match self {
            StatusChange::Retention(until) => until,
            _ => None,
        }
    }
}

/// What a status feed reported, as it is kept with the record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct News {
    /// What happened.
    pub event: LifeEvent,
    /// Day on which it happened or took force.
    pub on: Date,
    /// Reference of the source.
    pub source: String,
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
    /// What a status feed reported; `None` for changes by an operator and by files of records.
    pub news: Option<News>,
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
        Field::new("event", DataType::Utf8, true),
        Field::new("event_on", DataType::Date32, true),
        Field::new("source", DataType::Utf8, true),
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
    let news = || events.iter().map(|e| e.news.as_ref());
    let columns: Vec<ArrayRef> = vec![
        text(&|e| &e.record_id),
        text(&|e| e.change.name()),
        Arc::new(Date32Array::from_iter(until)),
        text(&|e| &e.reason),
        text(&|e| &e.at),
        Arc::new(StringArray::from_iter(news().map(|n| n.map(|n| n.event.name())))),
        Arc::new(Date32Array::from_iter(news().map(|n| n.map(|n| days_of(n.on))))),
        Arc::new(StringArray::from_iter(news().map(|n| n.map(|n| n.source.as_str())))),
    ];
    Ok(RecordBatch::try_new(status_schema(), columns)?)
}

/// Reads events back. A batch of the releases before status feeds has no columns of them.
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
    let feed = match batch.column_by_name("event") {
        None => None,
        Some(_) => Some((
            text("event")?,
            typed::<Date32Array>(batch, "event_on", "Date32")?,
            text("source")?,
        )),
    };
    let news = |row| -> Result<Option<News>, ColumnError> {
        let Some((event, on, source)) = feed.filter(|(event, ..)| event.is_valid(row)) else {
            return Ok(None);
        };
        let known = LifeEvent::parse(event.value(row));
        let day = on.is_valid(row).then(|| date_of(on.value(row))).flatten();
        Ok(Some(News {
            event: known.ok_or_else(|| fail(row, "event", "is a known event"))?,
            on: day.ok_or_else(|| fail(row, "event_on", "is a date beside an event"))?,
            source: source.value(row).to_owned(),
        }))
    };
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
                news: news(row)?,
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
            StatusChange::Noted,
            StatusChange::Depersonalised,
            StatusChange::Repersonalised,
        ];
        let news = News { event: LifeEvent::Acquitted, on: last, source: "registry 5".into() };
        let events = changes.map(|change| StatusEvent {
            record_id: "C1".into(),
            change,
            reason: "r".into(),
            at: "2026-11-21T00:00:00Z".into(),
            news: (change == StatusChange::Noted).then(|| news.clone()),
        });
        let batch = encode_status_events(&events).unwrap();
        assert_eq!(decode_status_events(&batch).unwrap(), events);
        // The releases before status feeds wrote the first five columns.
        let old = batch.project(&[0, 1, 2, 3, 4]).unwrap();
        let without = events.map(|event| StatusEvent { news: None, ..event });
        assert_eq!(decode_status_events(&old).unwrap(), without);
        assert_eq!(StatusChange::parse("blocked", Some(last)), None);
        assert_eq!(StatusChange::parse("vanished", None), None);
    }
}
