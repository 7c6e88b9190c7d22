//! Whose record a row is: the columns of identifiers and retention that every kind of segment keeps
//! in memory.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use arrow::array::{Array, Date32Array, RecordBatch, StringArray};
use jiff::civil::Date;

use super::file::{self, FileEntry, RESTORE_HELP};
use super::remote;
use crate::column::{ColumnError, date_of, typed};
use crate::error::{Error, Result};

/// Columns of a records file that [`IdColumns`] reads.
pub(super) const ID_COLUMNS: [&str; 3] = ["record_id", "person_id", "retain_until"];

/// Identifiers and retention of consecutive rows.
#[derive(Debug)]
pub(super) struct IdColumns {
    record_ids: StringArray,
    person_ids: StringArray,
    retain_until: Date32Array,
}

impl IdColumns {
    /// The columns of `batch`, sharing its buffers until [`Self::shrink`].
    ///
    /// # Errors
    /// A column is missing or of another type.
    pub(super) fn of(batch: &RecordBatch) -> std::result::Result<IdColumns, ColumnError> {
        let text = |name| typed::<StringArray>(batch, name, "Utf8").cloned();
        Ok(IdColumns {
            record_ids: text("record_id")?,
            person_ids: text("person_id")?,
            retain_until: typed::<Date32Array>(batch, "retain_until", "Date32")?.clone(),
        })
    }

    /// Gives back the room to spare in the reader's buffers, up to twice the data. A buffer shared
    /// with another array cannot shrink: drop the batch first.
    pub(super) fn shrink(&mut self) {
        self.record_ids.shrink_to_fit();
        self.person_ids.shrink_to_fit();
        self.retain_until.shrink_to_fit();
    }

    /// Bytes held in memory.
    pub(super) fn bytes(&self) -> usize {
        let arrays: [&dyn Array; 3] = [&self.record_ids, &self.person_ids, &self.retain_until];
        arrays.iter().map(|a| a.get_buffer_memory_size()).sum()
    }

    /// Identifier of the record at `row`.
    pub(super) fn record_id(&self, row: usize) -> &str {
        self.record_ids.value(row)
    }

    /// Personal identifier of the record at `row`, where it has one.
    pub(super) fn person_id(&self, row: usize) -> Option<&str> {
        self.person_ids.is_valid(row).then(|| self.person_ids.value(row))
    }

    /// Last day the record at `row` is kept, where the law sets one.
    pub(super) fn retain_until(&self, row: usize) -> Option<Date> {
        self.retain_until.is_valid(row).then(|| date_of(self.retain_until.value(row))).flatten()
    }
}

/// Identifiers of the records of a committed records file.
///
/// # Errors
/// The file is missing, changed or cannot be understood.
fn record_ids(root: &Path, entry: &FileEntry) -> Result<HashSet<String>> {
    let path = file::verified(root, entry)?;
    let mut ids = HashSet::new();
    for batch in file::read_parquet(&path, Some(&["record_id"]))? {
        let column = typed::<StringArray>(&batch, "record_id", "Utf8")
            .map_err(|e| Error::integrity(&path, e.to_string(), RESTORE_HELP))?;
        ids.extend(column.iter().flatten().map(str::to_owned));
    }
    Ok(ids)
}

/// Identifiers of the records that bear one of the personal identifiers `wanted`, with it.
///
/// # Errors
/// A file is missing, changed or cannot be understood.
pub(super) fn of_persons<'e>(
    root: &Path,
    entries: impl Iterator<Item = &'e FileEntry>,
    wanted: &HashSet<&str>,
) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in entries.filter(|_| !wanted.is_empty()) {
        let path = file::verified(root, entry)?;
        for batch in file::read_parquet(&path, Some(&ID_COLUMNS))? {
            let ids = IdColumns::of(&batch)
                .map_err(|e| Error::integrity(&path, e.to_string(), RESTORE_HELP))?;
            let persons = (0..batch.num_rows()).filter_map(|row| Some((row, ids.person_id(row)?)));
            let wanted = persons.filter(|(_, person)| wanted.contains(person));
            found.extend(wanted.map(|(row, person)| (ids.record_id(row).into(), person.into())));
        }
    }
    Ok(found)
}

/// Least length of a number that is looked for in texts, bytes: a shorter one stands in them for other things too, and
/// goes with its rows alone.
const LEAST_NUMBER_BYTES: usize = 6;

/// The values of `person_id` and `case_id`, of [`LEAST_NUMBER_BYTES`] or more, that rows of `records` bear and no other
/// row does, neither as a number nor as its identifier.
///
/// # Errors
/// A file is missing, changed or cannot be understood.
pub(super) fn numbers_of_these_alone<'e>(
    root: &Path,
    entries: impl Iterator<Item = &'e FileEntry>,
    records: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    const COLUMNS: [&str; 3] = ["record_id", "person_id", "case_id"];
    let (mut theirs, mut others) = (BTreeSet::new(), Vec::new());
    let mut columns = Vec::new();
    for entry in entries {
        let path = file::verified(root, entry)?;
        for batch in file::read_parquet(&path, Some(&COLUMNS))? {
            let text = |name: &'static str| {
                typed::<StringArray>(&batch, name, "Utf8")
                    .cloned()
                    .map_err(|e| Error::integrity(&path, e.to_string(), RESTORE_HELP))
            };
            let batch = [text(COLUMNS[0])?, text(COLUMNS[1])?, text(COLUMNS[2])?];
            for row in (0..batch[0].len()).filter(|row| records.contains(batch[0].value(*row))) {
                let numbers = batch[1..].iter().filter(|column| column.is_valid(row));
                let numbers = numbers.map(|column| column.value(row));
                let numbers = numbers.filter(|number| number.len() >= LEAST_NUMBER_BYTES);
                theirs.extend(numbers.map(str::to_owned));
            }
            columns.push(batch);
        }
    }
    for [ids, persons, cases] in &columns {
        for row in (0..ids.len()).filter(|row| !records.contains(ids.value(*row))) {
            let of_row = [ids, persons, cases];
            let numbers = of_row.iter().filter(|column| column.is_valid(row));
            others.extend(numbers.map(|column| column.value(row)).filter(|n| theirs.contains(*n)));
        }
    }
    for number in others {
        theirs.remove(number);
    }
    Ok(theirs)
}

/// Those of `words` that are identifiers of records, and those that are of persons, in the records files `entries`. A
/// file that cannot be read is passed over, and none is compared with its hash: who asks knows that.
pub(super) fn among<'e>(
    root: &Path,
    entries: impl Iterator<Item = &'e FileEntry>,
    words: &HashSet<&str>,
) -> (HashSet<String>, HashSet<String>) {
    let (mut records, mut persons) = (HashSet::new(), HashSet::new());
    for entry in entries {
        // Of a gallery in a bucket it may not be here yet.
        let path = match remote::of(root) {
            Some(_) => file::verified(root, entry).unwrap_or_else(|_| root.join(&entry.path)),
            None => root.join(&entry.path),
        };
        let batches = file::read_parquet(&path, Some(&ID_COLUMNS));
        for ids in batches.unwrap_or_default().iter().filter_map(|batch| IdColumns::of(batch).ok())
        {
            let held = |ids: &StringArray| -> Vec<String> {
                let held = ids.iter().flatten().filter(|id| words.contains(id));
                held.map(str::to_owned).collect()
            };
            records.extend(held(&ids.record_ids));
            persons.extend(held(&ids.person_ids));
        }
    }
    (records, persons)
}

/// Those of `wanted` that the records files `entries` hold.
///
/// # Errors
/// A file is missing, changed or cannot be understood.
pub(super) fn held<'e>(
    root: &Path,
    entries: impl Iterator<Item = &'e FileEntry>,
    wanted: &HashSet<&str>,
) -> Result<HashSet<String>> {
    let mut held = HashSet::new();
    for entry in entries.filter(|_| !wanted.is_empty()) {
        let ids = record_ids(root, entry)?;
        held.extend(ids.into_iter().filter(|id| wanted.contains(id.as_str())));
    }
    Ok(held)
}

/// The entries whose records file, `file_of` them, holds one of `wanted`.
///
/// # Errors
/// A file is missing, changed or cannot be understood.
pub(super) fn holding<'e, E>(
    root: &Path,
    entries: &'e [E],
    file_of: impl Fn(&E) -> &FileEntry,
    wanted: &HashSet<&str>,
) -> Result<Vec<&'e E>> {
    let mut holding = Vec::new();
    for entry in entries.iter().filter(|_| !wanted.is_empty()) {
        if record_ids(root, file_of(entry))?.iter().any(|id| wanted.contains(id.as_str())) {
            holding.push(entry);
        }
    }
    Ok(holding)
}

/// Checks that every row of `column` says `expected`: which comparisons are lawful is decided from
/// the manifest, so a record must not say another thing.
pub(super) fn check_all(
    batch: &RecordBatch,
    column: &'static str,
    expected: &str,
) -> std::result::Result<(), String> {
    let values = typed::<StringArray>(batch, column, "Utf8").map_err(|error| error.to_string())?;
    match values.iter().find(|stored| *stored != Some(expected)) {
        None => Ok(()),
        Some(other) => {
            let other = other.unwrap_or("nothing");
            Err(format!(
                "the manifest says {column} {expected}, a record of the segment says {other}"
            ))
        }
    }
}
