//! One segment of fingerprints: records of one register and one owner, and their prints.
//!
//! The Parquet file is the truth: every template as it was recorded. The prints are derived from it
//! at commit, carry the version of their descriptors, and are bound to it in the manifest. Opening
//! checks both hashes, maps the prints without copying, and keeps of the records only identifiers and
//! retention. Limit: a segment is made in memory, so it holds at most
//! [`crate::limits::MAX_PRINTS_PER_SEGMENT`] prints.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use jiff::civil::Date;

use super::enrol;
use super::file::{self, FileEntry, RESTORE_HELP, ROWS_PER_GROUP};
use super::ids::{self, ID_COLUMNS, IdColumns};
use super::ipc;
use super::manifest::FingerSegmentEntry;
use super::prints::{self, Prints};
use crate::column::finger::{
    BIOMETRIC_COLUMNS, decode_finger_records, encode_finger_records, finger_record_schema,
};
use crate::domain::finger::{Impression, Position};
use crate::domain::finger_record::FingerRecord;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::ident::content_id;
use crate::kernel::minutia::PrintView;
use crate::kernel::minutia::descriptor::DESCRIPTOR_VERSION;
use crate::limits::MAX_PRINTS_PER_SEGMENT;

/// Columns of the records file that opening reads besides the identifiers, only to check them.
const CHECKED_COLUMNS: [&str; 2] = ["register", "owner"];

/// Cuts records into the runs that make a segment each.
pub fn split<'a, 'b>(records: &'b [&'a FingerRecord]) -> Vec<&'b [&'a FingerRecord]> {
    let mut runs = Vec::new();
    let (mut start, mut prints) = (0, 0);
    for (row, record) in records.iter().enumerate() {
        // A record without templates takes a row, so it counts as well.
        let more = record.templates.len().max(1);
        if row > start && prints + more > MAX_PRINTS_PER_SEGMENT {
            runs.extend(records.get(start..row));
            (start, prints) = (row, 0);
        }
        prints += more;
    }
    runs.extend(records.get(start..).filter(|run| !run.is_empty()));
    runs
}

/// Writes a segment's two files. All records are of `register` and `owner`.
///
/// # Errors
/// The records cannot be encoded, or the operating system refuses.
pub fn write(
    root: &Path,
    register: Register,
    owner: &str,
    records: &[&FingerRecord],
    generation: u64,
) -> Result<FingerSegmentEntry> {
    let invalid = |e: String| {
        Error::usage(e, "split the input into smaller files and import them one by one")
    };
    let batch = encode_finger_records(records, generation).map_err(|e| invalid(e.to_string()))?;
    let parquet = file::encode_parquet(finger_record_schema(), &[batch], &BIOMETRIC_COLUMNS)
        .map_err(|e| invalid(e.to_string()))?;
    let prints = prints::encode(records).map_err(invalid)?;
    let projection = enrol::projection_id()?;
    let print_rows = prints.num_rows() as u64;
    let arrow = ipc::encode(&prints).map_err(invalid)?;
    drop(prints);
    let id = content_id(
        "finger segment",
        [
            register.name().as_bytes(),
            &generation.to_le_bytes()[..],
            &DESCRIPTOR_VERSION.to_le_bytes()[..],
            projection.as_bytes(),
            &parquet,
        ],
    );
    Ok(FingerSegmentEntry {
        register,
        owner: owner.to_owned(),
        rows: records.len() as u64,
        print_rows,
        generation,
        descriptor_version: DESCRIPTOR_VERSION,
        projection: projection.to_owned(),
        records: file::write_new(root, &format!("segments/{id}/records.parquet"), &parquet)?,
        prints: ipc::write_new(root, &format!("segments/{id}/prints.arrow"), &arrow)?,
        id,
    })
}

/// An opened segment of fingerprints.
#[derive(Debug)]
pub struct FingerSegment {
    entry: FingerSegmentEntry,
    path: PathBuf,
    prints: Prints,
    pieces: Vec<IdColumns>,
    rows: usize,
}

impl FingerSegment {
    /// Opens the segment after checking both files against the manifest.
    ///
    /// # Errors
    /// A file is missing, changed or cannot be understood, a record is of another register or owner
    /// than the manifest says, or the descriptors are not of this program's version and
    /// projection.
    pub fn open(root: &Path, entry: &FingerSegmentEntry) -> Result<FingerSegment> {
        let path = file::verified(root, &entry.records)?;
        let described = (entry.descriptor_version, entry.projection.as_str());
        let (version, projection) = (DESCRIPTOR_VERSION, enrol::projection_id()?);
        if described != (version, projection) {
            return Err(Error::integrity(
                &root.join(&entry.prints.path),
                format!(
                    "its descriptors are of version {} and projection {}, this program compares \
                     version {version} and projection {projection}",
                    described.0, described.1
                ),
                "use the release of tanba that wrote this gallery, or import the source files into \
                 a new one",
            ));
        }
        let columns = [&ID_COLUMNS[..], &CHECKED_COLUMNS].concat();
        let batches = file::read_parquet(&path, Some(&columns))?;
        let batch = ipc::open(root, &entry.prints)?;
        FingerSegment::of_batches(entry.clone(), path, batches, batch)
    }

    /// A segment of records that are in no gallery: the probes of an ad-hoc search.
    ///
    /// # Errors
    /// The records cannot be encoded.
    pub fn in_memory(
        register: Register,
        owner: &str,
        records: &[FingerRecord],
    ) -> Result<FingerSegment> {
        let invalid = |e: String| Error::usage(e, "search fewer probes at a time");
        let records: Vec<&FingerRecord> = records.iter().collect();
        let batches = records
            .chunks(ROWS_PER_GROUP)
            .map(|chunk| encode_finger_records(chunk, 0))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|e| invalid(e.to_string()))?;
        let prints = prints::encode(&records).map_err(invalid)?;
        let nothing = FileEntry { path: String::new(), blake3: String::new(), bytes: 0 };
        let entry = FingerSegmentEntry {
            id: String::new(),
            register,
            owner: owner.to_owned(),
            rows: records.len() as u64,
            print_rows: prints.num_rows() as u64,
            generation: 0,
            descriptor_version: DESCRIPTOR_VERSION,
            projection: enrol::projection_id()?.to_owned(),
            records: nothing.clone(),
            prints: nothing,
        };
        FingerSegment::of_batches(entry, PathBuf::from("ad-hoc probes"), batches, prints)
    }

    /// The same segment, as if it had been committed at `generation`: of records that are looked at by themselves.
    pub fn of_generation(mut self, generation: u64) -> FingerSegment {
        self.entry.generation = generation;
        self
    }

    fn of_batches(
        entry: FingerSegmentEntry,
        path: PathBuf,
        batches: Vec<RecordBatch>,
        prints: RecordBatch,
    ) -> Result<FingerSegment> {
        let broken = |e: String| Error::integrity(&path, e, RESTORE_HELP);
        let all_but_last = &batches[..batches.len().saturating_sub(1)];
        if all_but_last.iter().any(|batch| batch.num_rows() != ROWS_PER_GROUP) {
            return Err(broken(format!("every row group but the last has {ROWS_PER_GROUP} rows")));
        }
        let rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        let counts = (rows as u64, prints.num_rows() as u64);
        if counts != (entry.rows, entry.print_rows) {
            return Err(broken(format!(
                "{} rows and {} prints where {} and {} were committed",
                counts.0, counts.1, entry.rows, entry.print_rows
            )));
        }
        let mut pieces = Vec::with_capacity(batches.len());
        for batch in batches {
            ids::check_all(&batch, "register", entry.register.name()).map_err(broken)?;
            ids::check_all(&batch, "owner", &entry.owner).map_err(broken)?;
            let mut piece = IdColumns::of(&batch).map_err(|e| broken(e.to_string()))?;
            drop(batch);
            piece.shrink();
            pieces.push(piece);
        }
        let prints = Prints::of(prints, &entry).map_err(broken)?;
        Ok(FingerSegment { entry, path, prints, pieces, rows })
    }

    /// The piece that holds `row`, and its place there.
    fn piece(&self, row: usize) -> (&IdColumns, usize) {
        (&self.pieces[row / ROWS_PER_GROUP], row % ROWS_PER_GROUP)
    }

    /// The manifest's line about this segment.
    pub fn entry(&self) -> &FingerSegmentEntry {
        &self.entry
    }

    /// Number of records.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Identifier of the record at `row` (below [`Self::rows`]).
    pub fn record_id(&self, row: usize) -> &str {
        let (piece, row) = self.piece(row);
        piece.record_id(row)
    }

    /// Personal identifier of the record at `row`, where it has one.
    pub fn person_id(&self, row: usize) -> Option<&str> {
        let (piece, row) = self.piece(row);
        piece.person_id(row)
    }

    /// Last day the record at `row` is kept, where the law sets one.
    pub fn retain_until(&self, row: usize) -> Option<Date> {
        let (piece, row) = self.piece(row);
        piece.retain_until(row)
    }

    /// Number of prints: templates that can be matched.
    pub fn prints(&self) -> usize {
        self.prints.len()
    }

    /// The print (below [`Self::prints`]) as kernels read it.
    pub fn print(&self, print: usize) -> PrintView<'_> {
        self.prints.view(print)
    }

    /// Positions that occur, ascending, with the prints of each; within a position the prints ascend
    /// by their number of minutiae.
    pub fn positions(&self) -> &[(Position, Range<usize>)] {
        self.prints.positions()
    }

    /// The prints of `position`; empty where none is.
    pub fn position_range(&self, position: Position) -> Range<usize> {
        let found = self.positions().iter().find(|(known, _)| *known == position);
        found.map_or(0..0, |(_, range)| range.clone())
    }

    /// Finger or palm of the print.
    pub fn position(&self, print: usize) -> Position {
        let found = self.positions().iter().find(|(_, range)| range.contains(&print));
        found.map_or(Position::UNKNOWN, |(position, _)| *position)
    }

    /// The prints of the record at `row`, ascending, so ascending by position.
    pub fn prints_of_record(&self, row: usize) -> &[u32] {
        self.prints.of_record(row)
    }

    /// Row of the record the print is of.
    pub fn record_row(&self, print: usize) -> usize {
        self.prints.record_row(print)
    }

    /// Place of the print's template among the templates of its record.
    pub fn template_of(&self, print: usize) -> usize {
        self.prints.template(print)
    }

    /// How the print was taken.
    pub fn impression(&self, print: usize) -> Impression {
        self.prints.impression(print)
    }

    /// Number of the print's view among several of one position.
    pub fn view_number(&self, print: usize) -> u8 {
        self.prints.view_number(print)
    }

    /// Quality of the print, 1 to 100, where its record states one.
    pub fn quality(&self, print: usize) -> Option<u8> {
        self.prints.quality(print)
    }

    /// Minutiae of the print.
    pub fn minutiae(&self, print: usize) -> usize {
        self.prints.minutiae(print)
    }

    /// Minutiae of all prints.
    pub fn all_minutiae(&self) -> usize {
        self.prints.all_minutiae()
    }

    /// Bytes the segment holds, mapped and in memory: descriptors, coordinates and identifiers.
    pub fn bytes(&self) -> usize {
        self.prints.bytes() + self.pieces.iter().map(IdColumns::bytes).sum::<usize>()
    }

    /// Checks that the prints are those of the records, by describing the records again.
    ///
    /// # Errors
    /// A record cannot be read, or the prints differ.
    pub fn check_content(&self, root: &Path) -> Result<()> {
        let broken = |e: String| Error::integrity(&self.path, e, RESTORE_HELP);
        let records = read_records(root, &self.entry)?;
        let records: Vec<&FingerRecord> = records.iter().collect();
        let expected = prints::encode(&records).map_err(broken)?;
        if self.prints.is_equal(&expected) {
            Ok(())
        } else {
            Err(broken("the prints are not those of the records".into()))
        }
    }
}

/// Reads every column of a segment's records.
///
/// # Errors
/// The file is missing, changed or cannot be understood.
pub fn read_records(root: &Path, entry: &FingerSegmentEntry) -> Result<Vec<FingerRecord>> {
    let path = file::verified(root, &entry.records)?;
    let mut records = Vec::new();
    for batch in file::read_parquet(&path, None)? {
        records.extend(
            decode_finger_records(&batch)
                .map_err(|e| Error::integrity(&path, e.to_string(), RESTORE_HELP))?,
        );
    }
    Ok(records)
}

/// The records of `entries` that bear one of `wanted`, by id. Whole records are read only from the
/// segments that hold such an id.
///
/// # Errors
/// A file is missing, changed or cannot be understood.
pub fn find_records(
    root: &Path,
    entries: &[FingerSegmentEntry],
    wanted: &HashSet<&str>,
) -> Result<HashMap<String, FingerRecord>> {
    let mut found = HashMap::new();
    for entry in ids::holding(root, entries, |entry| &entry.records, wanted)? {
        let records = read_records(root, entry)?;
        let wanted = records.into_iter().filter(|r| wanted.contains(r.record_id.as_str()));
        found.extend(wanted.map(|record| (record.record_id.clone(), record)));
    }
    Ok(found)
}
