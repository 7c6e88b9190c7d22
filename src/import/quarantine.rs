//! The quarantine: rejections as a Parquet file, so that a laboratory can sort, count and answer them.
//!
//! Columns: `file`, `position_kind` (`file`, `line` or `offset`), `position` (empty for `file`),
//! `record_id` (empty where none is known), `rule`, `found`, `help`; the rows are in the order of the
//! rejections. `found` quotes at most [`crate::limits::MAX_QUOTED_CHARS`] characters of the file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::errors::ParquetError;

use crate::error::{Error, Position, Rejection, Result};
use crate::gallery::file::{encode_parquet, read_parquet, write_new};
use crate::gallery::purge::{Condemned, remove};

fn schema() -> Arc<Schema> {
    Arc::new(Schema::new(vec![
        Field::new("file", DataType::Utf8, false),
        Field::new("position_kind", DataType::Utf8, false),
        Field::new("position", DataType::UInt64, true),
        Field::new("record_id", DataType::Utf8, true),
        Field::new("rule", DataType::Utf8, false),
        Field::new("found", DataType::Utf8, false),
        Field::new("help", DataType::Utf8, false),
    ]))
}

/// Writes `rejections` to `path`; the file appears whole or not at all.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub fn write(path: &Path, rejections: &[Rejection]) -> Result<()> {
    let io = |error: ParquetError| Error::Io {
        path: path.to_owned(),
        source: std::io::Error::other(error),
    };
    let texts = |of: fn(&Rejection) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rejections.iter().map(of)))
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(
            rejections.iter().map(|r| r.file.display().to_string()),
        )),
        texts(|r| match r.position {
            Position::File => "file",
            Position::Line(_) => "line",
            Position::Offset(_) => "offset",
        }),
        Arc::new(UInt64Array::from_iter(rejections.iter().map(|r| match r.position {
            Position::File => None,
            Position::Line(at) | Position::Offset(at) => Some(at),
        }))),
        Arc::new(StringArray::from_iter(rejections.iter().map(|r| r.record_id.as_deref()))),
        texts(|r| &r.rule),
        texts(|r| &r.found),
        texts(|r| &r.help),
    ];
    let batch =
        RecordBatch::try_new(schema(), columns).map_err(|error| io(ParquetError::from(error)))?;
    let bytes = encode_parquet(schema(), &[batch], &[]).map_err(io)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    write_new(folder, &name.unwrap_or_default(), &bytes).map(drop)
}

/// Reads a quarantine file back.
///
/// # Errors
/// [`Error::Io`] when it cannot be opened, [`Error::Integrity`] when it is not a quarantine file.
pub fn read(path: &Path) -> Result<Vec<Rejection>> {
    let broken = || {
        Error::integrity(
            path,
            "a quarantine file has the columns of docs/import.md",
            "write it again by repeating the import",
        )
    };
    let batches = read_parquet(path, None).map_err(|error| match error {
        Error::Integrity { .. } => broken(),
        other => other,
    })?;
    let mut rejections = Vec::new();
    for batch in batches {
        let text = |name: &str| {
            let column = batch.column_by_name(name)?;
            column.as_any().downcast_ref::<StringArray>().cloned()
        };
        let columns = (text("file"), text("position_kind"), text("record_id"), text("rule"));
        let (Some(files), Some(kinds), Some(ids), Some(rules)) = columns else {
            return Err(broken());
        };
        let (Some(founds), Some(helps)) = (text("found"), text("help")) else {
            return Err(broken());
        };
        let positions = batch
            .column_by_name("position")
            .and_then(|column| column.as_any().downcast_ref::<UInt64Array>())
            .ok_or_else(broken)?;
        for row in 0..batch.num_rows() {
            let at = (!positions.is_null(row)).then(|| positions.value(row));
            rejections.push(Rejection {
                file: PathBuf::from(files.value(row)),
                position: match (kinds.value(row), at) {
                    ("file", None) => Position::File,
                    ("line", Some(at)) => Position::Line(at),
                    ("offset", Some(at)) => Position::Offset(at),
                    _ => return Err(broken()),
                },
                record_id: (!ids.is_null(row)).then(|| ids.value(row).to_owned()),
                rule: rules.value(row).to_owned(),
                found: founds.value(row).to_owned(),
                help: helps.value(row).to_owned(),
            });
        }
    }
    Ok(rejections)
}

/// Takes every rejection out of the quarantine file `path` that names one of the records; the file goes if none is left.
/// Returns how many were taken out.
///
/// # Errors
/// As [`read`] and [`write`]; or the file cannot be removed.
pub fn expunge(path: &Path, condemned: &Condemned) -> Result<u64> {
    let mut rejections = read(path)?;
    let before = rejections.len();
    rejections.retain(|r| {
        let file = r.file.display().to_string();
        let is_theirs = r.record_id.as_ref().is_some_and(|id| condemned.records.contains(id));
        !is_theirs && ![&file, &r.rule, &r.found, &r.help].iter().any(|text| condemned.are_in(text))
    });
    let expunged = (before - rejections.len()) as u64;
    if rejections.is_empty() {
        remove(path)?;
    } else if expunged > 0 {
        write(path, &rejections)?;
    }
    Ok(expunged)
}
