//! A table of a report: what it answers, its rows, and the query that gives the same rows.
//!
//! Why: whoever doubts a number of a report can ask the files of the run themselves. A test asks every query with
//! DuckDB and compares. Titles and captions are messages: a page says them in its language, JSON in English.

use serde::Serialize;
use serde_json::Value;

use crate::language::Message;

/// What the values of a column are, and how they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Words.
    Text,
    /// Identifier of a record, a person, a family, a file.
    Identifier,
    /// A count.
    Count,
    /// A score in millibans; shown as log10.
    Millibans,
    /// log10 of a likelihood ratio, or -log10 of a false match rate.
    Log10,
    /// A number of hits to expect.
    Expected,
    /// Seconds.
    Seconds,
}

impl Unit {
    /// Whether the values are numbers.
    pub(super) const fn is_number(self) -> bool {
        !matches!(self, Unit::Text | Unit::Identifier)
    }
}

/// A column of an answer.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    /// Name in the query.
    pub name: &'static str,
    /// Title for people.
    pub title: Message,
    /// What its values are.
    pub unit: Unit,
}

/// A table with the query behind it.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// Name, unique in the report.
    pub id: String,
    /// What the rows are.
    pub caption: Message,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Rows; a value is a text, a number or null.
    pub rows: Vec<Vec<Value>>,
    /// The DuckDB query, asked in the folder of the run, that gives the same rows in some order; of numbers that
    /// need the truth none.
    pub sql: Option<String>,
}

/// A column before it has values: name in the query, message of its title, unit.
pub(super) type Heading = (&'static str, &'static str, Unit);

/// The column that says which search a row is of.
pub(super) const SEARCH: Heading = ("search", "search", Unit::Text);

/// The values that `columns` name of each of `items`, which are written as `run.json` and hit lists write them.
pub(super) fn fields<'a, T: Serialize + 'a>(
    items: impl IntoIterator<Item = &'a T>,
    columns: &[Heading],
) -> Vec<Vec<Value>> {
    let of = |item: &T| {
        let item = serde_json::to_value(item).unwrap_or_default();
        columns.iter().map(|(name, ..)| item.get(name).cloned().unwrap_or_default()).collect()
    };
    items.into_iter().map(of).collect()
}

impl Answer {
    /// An answer without rows yet, captioned by the message of its name.
    pub(super) fn new(
        id: impl Into<String>,
        columns: &[Heading],
        sql: impl Into<Option<String>>,
    ) -> Answer {
        let id = id.into();
        let column =
            |&(name, title, unit): &Heading| Column { name, title: Message::new(title), unit };
        Answer {
            caption: Message::new(format!("report-caption-{}", id.replace('_', "-"))),
            id,
            columns: columns.iter().map(column).collect(),
            rows: Vec::new(),
            sql: sql.into(),
        }
    }

    /// The same with rows.
    pub(super) fn with(mut self, rows: impl IntoIterator<Item = Vec<Value>>) -> Answer {
        self.rows.extend(rows);
        self
    }
}
