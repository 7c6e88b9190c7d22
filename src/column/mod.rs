//! Domain to Arrow and back. The only place where schemas live.

use arrow::array::{Array, RecordBatch};

pub mod decision;
pub mod dna;
pub mod family;
pub mod finger;
pub mod hit;
pub mod lineage;
pub mod print;
pub mod status;

/// Why stored columns could not be understood.
#[derive(Debug, thiserror::Error)]
pub enum ColumnError {
    /// A column of the schema is absent or of another type.
    #[error("column {column:?} is missing or has another type than {expected}")]
    Schema {
        /// Column name.
        column: &'static str,
        /// Type the schema version has.
        expected: &'static str,
    },
    /// A value breaks the column's rule.
    #[error("row {row}, column {column:?}: {rule}")]
    Value {
        /// Row, from 0.
        row: usize,
        /// Column name.
        column: &'static str,
        /// The rule.
        rule: String,
    },
    /// Arrow refused to build the batch.
    #[error("arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}

/// The column called `column` as the array type `A`; `expected` names the type in the error.
///
/// # Errors
/// The column is absent or of another type.
pub(crate) fn typed<'a, A: Array + 'static>(
    batch: &'a RecordBatch,
    column: &'static str,
    expected: &'static str,
) -> Result<&'a A, ColumnError> {
    batch
        .column_by_name(column)
        .and_then(|array| array.as_any().downcast_ref::<A>())
        .ok_or(ColumnError::Schema { column, expected })
}

/// The text at `row`, `None` where null.
pub(crate) fn optional_text(array: &arrow::array::StringArray, row: usize) -> Option<String> {
    array.is_valid(row).then(|| array.value(row).to_owned())
}

/// Days since 1970-01-01, the form of `Date32`.
pub(crate) fn days_of(date: jiff::civil::Date) -> i32 {
    let epoch = jiff::civil::date(1970, 1, 1);
    date.since((jiff::Unit::Day, epoch)).map_or(i32::MAX, |span| span.get_days())
}

/// The date of a `Date32` value, `None` outside the calendar of years -9999 to 9999.
pub(crate) fn date_of(days: i32) -> Option<jiff::civil::Date> {
    let span = jiff::Span::new().try_days(days).ok()?;
    jiff::civil::date(1970, 1, 1).checked_add(span).ok()
}
