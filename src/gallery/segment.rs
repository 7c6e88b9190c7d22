//! One segment: records of one index, and their bit planes.
//!
//! The Parquet file is the truth; the planes are derived from it at commit and bound to it in the
//! manifest. Opening checks both hashes, maps the planes without copying, and keeps of the records
//! only what matching needs: identifiers, retention and the binary profiles.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    Array, BinaryArray, Date32Array, FixedSizeBinaryArray, RecordBatch, StringArray,
};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::reader::{FileDecoder, read_footer_length};
use arrow::ipc::root_as_footer;
use arrow::ipc::writer::FileWriter;
use bytes::Bytes;
use jiff::civil::Date;

use super::file::{self, FileEntry, RESTORE_HELP, ROWS_PER_GROUP};
use super::manifest::SegmentEntry;
use super::map;
use crate::column::dna::{
    BIOMETRIC_COLUMNS, RECORD_SCHEMA_VERSION, decode_profile, decode_records, encode_records,
    record_schema,
};
use crate::column::{ColumnError, date_of, typed};
use crate::domain::category::Index;
use crate::domain::dna::Profile;
use crate::domain::record::DnaRecord;
use crate::error::{Error, Result};
use crate::ident::content_id;
use crate::kernel::planes::{PlaneMap, PlaneView, WORDS, pack};

const PLANES_COLUMN: &str = "planes";
const MAP_KEY: &str = "tanba.plane_map";
const ROWS_KEY: &str = "tanba.rows";
const VERSION_KEY: &str = "tanba.record_schema_version";

/// Columns of the records file that opening reads; `index` only to check it.
const MATCH_COLUMNS: [&str; 5] = ["record_id", "person_id", "index", "retain_until", "profile"];

/// Writes a segment's two files.
///
/// # Errors
/// The records cannot be encoded, or the operating system refuses.
pub fn write(
    root: &Path,
    index: Index,
    records: &[DnaRecord],
    generation: u64,
) -> Result<SegmentEntry> {
    let invalid = |e: String| {
        Error::usage(e, "split the input into smaller files and import them one by one")
    };
    let batch = encode_records(records, generation).map_err(|e| invalid(e.to_string()))?;
    let parquet = file::encode_parquet(record_schema(), &[batch], &BIOMETRIC_COLUMNS)
        .map_err(|e| invalid(e.to_string()))?;
    let planes = encode_planes(records).map_err(invalid)?;
    let id =
        content_id("segment", [index.name().as_bytes(), &generation.to_le_bytes()[..], &parquet]);
    Ok(SegmentEntry {
        index,
        rows: records.len() as u64,
        generation,
        records: file::write_new(root, &format!("segments/{id}/records.parquet"), &parquet)?,
        planes: file::write_new(root, &format!("segments/{id}/planes.arrow"), &planes)?,
        id,
    })
}

fn encode_planes(records: &[DnaRecord]) -> std::result::Result<Vec<u8>, String> {
    let profiles: Vec<&Profile> = records.iter().map(|r| &r.profile).collect();
    let map = PlaneMap::from_profiles(profiles.iter().copied()).map_err(|e| e.to_string())?;
    let words = pack(&map, &profiles).map_err(|e| e.to_string())?;
    let width = i32::try_from(map.words_per_block() * 8).map_err(|e| e.to_string())?;
    let metadata = [
        (MAP_KEY.to_owned(), serde_json::to_string(&map).map_err(|e| e.to_string())?),
        (ROWS_KEY.to_owned(), records.len().to_string()),
        (VERSION_KEY.to_owned(), RECORD_SCHEMA_VERSION.to_string()),
    ];
    let field = Field::new(PLANES_COLUMN, DataType::FixedSizeBinary(width), false);
    let schema = Arc::new(Schema::new_with_metadata(vec![field], metadata.into()));
    let blocks = if width == 0 { 0 } else { words.len() / map.words_per_block() };
    let values = Buffer::from_vec(words);
    let array = FixedSizeBinaryArray::try_new_with_len(width, values, None, blocks)
        .map_err(|e| e.to_string())?;
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(array)])
        .map_err(|e| e.to_string())?;
    let mut writer = FileWriter::try_new(Vec::new(), &schema).map_err(|e| e.to_string())?;
    writer.write(&batch).and_then(|()| writer.finish()).map_err(|e| e.to_string())?;
    writer.into_inner().map_err(|e| e.to_string())
}

/// The columns matching needs, of up to [`ROWS_PER_GROUP`] consecutive rows.
#[derive(Debug)]
struct MatchColumns {
    record_ids: StringArray,
    person_ids: StringArray,
    retain_until: Date32Array,
    profiles: BinaryArray,
}

impl MatchColumns {
    fn of(batch: RecordBatch) -> std::result::Result<MatchColumns, ColumnError> {
        let text = |name| typed::<StringArray>(&batch, name, "Utf8").cloned();
        let mut columns = MatchColumns {
            record_ids: text("record_id")?,
            person_ids: text("person_id")?,
            retain_until: typed::<Date32Array>(&batch, "retain_until", "Date32")?.clone(),
            profiles: typed::<BinaryArray>(&batch, "profile", "Binary")?.clone(),
        };
        // The reader's buffers have room to spare, up to twice the data; a shared buffer cannot shrink.
        drop(batch);
        columns.record_ids.shrink_to_fit();
        columns.person_ids.shrink_to_fit();
        columns.retain_until.shrink_to_fit();
        columns.profiles.shrink_to_fit();
        Ok(columns)
    }

    fn bytes(&self) -> usize {
        let arrays: [&dyn Array; 4] =
            [&self.record_ids, &self.person_ids, &self.retain_until, &self.profiles];
        arrays.iter().map(|a| a.get_buffer_memory_size()).sum()
    }
}

/// An opened segment. Its columns stay in the pieces they were read in: joining them would need
/// twice the memory for a moment.
#[derive(Debug)]
pub struct Segment {
    entry: SegmentEntry,
    path: PathBuf,
    map: PlaneMap,
    planes: FixedSizeBinaryArray,
    pieces: Vec<MatchColumns>,
    rows: usize,
}

impl Segment {
    /// Opens the segment after checking both files against the manifest.
    ///
    /// # Errors
    /// A file is missing, changed or cannot be understood, or a record is of another index than the
    /// manifest says: which comparisons are lawful is decided from the manifest.
    pub fn open(root: &Path, entry: &SegmentEntry) -> Result<Segment> {
        let path = file::verified(root, &entry.records)?;
        let batches = file::read_parquet(&path, Some(&MATCH_COLUMNS))?;
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let (map, planes) = open_planes(root, entry, rows)?;
        Segment::of_batches(entry.clone(), path, batches, map, planes)
    }

    /// A segment of records that are in no gallery: the probes of an ad-hoc search.
    ///
    /// # Errors
    /// The records cannot be encoded.
    pub fn in_memory(index: Index, records: &[DnaRecord]) -> Result<Segment> {
        let path = PathBuf::from("ad-hoc probes");
        let invalid = |e: String| Error::usage(e, "search fewer probes at a time");
        let batches = records
            .chunks(ROWS_PER_GROUP)
            .map(|chunk| encode_records(chunk, 0))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|e| invalid(e.to_string()))?;
        let bytes = encode_planes(records).map_err(invalid)?;
        let ipc = decode_ipc(&Buffer::from_vec(bytes)).map_err(invalid)?;
        let (map, planes) = planes_of(&ipc, records.len(), &path)?;
        let nothing = FileEntry { path: String::new(), blake3: String::new(), bytes: 0 };
        let entry = SegmentEntry {
            id: String::new(),
            index,
            rows: records.len() as u64,
            generation: 0,
            records: nothing.clone(),
            planes: nothing,
        };
        Segment::of_batches(entry, path, batches, map, planes)
    }

    fn of_batches(
        entry: SegmentEntry,
        path: PathBuf,
        batches: Vec<RecordBatch>,
        map: PlaneMap,
        planes: FixedSizeBinaryArray,
    ) -> Result<Segment> {
        let broken = |e: String| Error::integrity(&path, e, RESTORE_HELP);
        let all_but_last = &batches[..batches.len().saturating_sub(1)];
        if all_but_last.iter().any(|batch| batch.num_rows() != ROWS_PER_GROUP) {
            return Err(broken(format!("every row group but the last has {ROWS_PER_GROUP} rows")));
        }
        let rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        if rows as u64 != entry.rows {
            return Err(broken(format!("{rows} rows where {} were committed", entry.rows)));
        }
        for batch in &batches {
            check_index(batch, entry.index).map_err(broken)?;
        }
        let pieces = batches
            .into_iter()
            .map(MatchColumns::of)
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|e| broken(e.to_string()))?;
        Ok(Segment { entry, path, map, planes, pieces, rows })
    }

    /// The piece that holds `row`, and its place there.
    fn piece(&self, row: usize) -> (&MatchColumns, usize) {
        (&self.pieces[row / ROWS_PER_GROUP], row % ROWS_PER_GROUP)
    }

    /// The manifest's line about this segment.
    pub fn entry(&self) -> &SegmentEntry {
        &self.entry
    }

    /// Number of records.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Identifier of the record at `row` (below [`Self::rows`]).
    pub fn record_id(&self, row: usize) -> &str {
        let (piece, row) = self.piece(row);
        piece.record_ids.value(row)
    }

    /// Personal identifier of the record at `row`, where it has one.
    pub fn person_id(&self, row: usize) -> Option<&str> {
        let (piece, row) = self.piece(row);
        piece.person_ids.is_valid(row).then(|| piece.person_ids.value(row))
    }

    /// Last day the record at `row` is kept, where the law sets one.
    pub fn retain_until(&self, row: usize) -> Option<Date> {
        let (piece, row) = self.piece(row);
        piece.retain_until.is_valid(row).then(|| date_of(piece.retain_until.value(row))).flatten()
    }

    /// The profile at `row`.
    ///
    /// # Errors
    /// The stored bytes are not a profile.
    pub fn profile(&self, row: usize) -> Result<Profile> {
        let (piece, place) = self.piece(row);
        decode_profile(piece.profiles.value(place))
            .map_err(|e| Error::integrity(&self.path, format!("row {row}: {e}"), RESTORE_HELP))
    }

    /// The bit planes, as kernels read them.
    ///
    /// # Errors
    /// The planes are not of the length their map and row count say.
    pub fn view(&self) -> Result<PlaneView<'_>> {
        let broken = |e: String| Error::integrity(&self.path, e, RESTORE_HELP);
        let words = bytemuck::try_cast_slice(self.planes.value_data())
            .map_err(|e| broken(format!("planes are not aligned to 8 bytes: {e}")))?;
        PlaneView::new(&self.map, words, self.rows()).map_err(|e| broken(e.to_string()))
    }

    /// The plane map of this segment.
    pub fn map(&self) -> &PlaneMap {
        &self.map
    }

    /// Bytes this segment holds in memory per record: planes, profiles and identifiers.
    pub fn bytes_per_record(&self) -> f64 {
        let columns: usize = self.pieces.iter().map(MatchColumns::bytes).sum();
        (columns + self.planes.value_data().len()) as f64 / self.rows.max(1) as f64
    }

    /// Checks that the planes are those of the records.
    ///
    /// # Errors
    /// A profile cannot be read or the planes differ.
    pub fn check_content(&self) -> Result<()> {
        let profiles: Vec<Profile> =
            (0..self.rows()).map(|row| self.profile(row)).collect::<Result<_>>()?;
        let expected = pack(&self.map, &profiles)
            .map_err(|e| Error::integrity(&self.path, e.to_string(), RESTORE_HELP))?;
        let expected: &[u8] = bytemuck::cast_slice(&expected);
        if expected == self.planes.value_data() {
            Ok(())
        } else {
            Err(Error::integrity(
                &self.path,
                "the planes are not those of the records",
                RESTORE_HELP,
            ))
        }
    }
}

/// Checks that every record of the batch is of `index`.
fn check_index(batch: &RecordBatch, index: Index) -> std::result::Result<(), String> {
    let indexes =
        typed::<StringArray>(batch, "index", "Utf8").map_err(|error| error.to_string())?;
    match indexes.iter().find(|stored| *stored != Some(index.name())) {
        None => Ok(()),
        Some(other) => {
            let other = other.unwrap_or("no index");
            Err(format!("the manifest says {index}, a record of the segment says {other}"))
        }
    }
}

/// Reads every column of a segment's records.
///
/// # Errors
/// The file is missing, changed or cannot be understood.
pub fn read_records(root: &Path, entry: &SegmentEntry) -> Result<Vec<DnaRecord>> {
    let path = file::verified(root, &entry.records)?;
    let mut records = Vec::new();
    for batch in file::read_parquet(&path, None)? {
        records.extend(
            decode_records(&batch)
                .map_err(|e| Error::integrity(&path, e.to_string(), RESTORE_HELP))?,
        );
    }
    Ok(records)
}

/// Identifiers of a segment's records.
///
/// # Errors
/// The file is missing, changed or cannot be understood.
pub fn record_ids(root: &Path, entry: &SegmentEntry) -> Result<HashSet<String>> {
    let path = file::verified(root, &entry.records)?;
    let mut ids = HashSet::new();
    for batch in file::read_parquet(&path, Some(&["record_id"]))? {
        let column = typed::<StringArray>(&batch, "record_id", "Utf8")
            .map_err(|e| Error::integrity(&path, e.to_string(), RESTORE_HELP))?;
        ids.extend(column.iter().flatten().map(str::to_owned));
    }
    Ok(ids)
}

/// The records of `entries` that bear one of `ids`, by id. Whole records are read only from the
/// segments that hold such an id.
///
/// # Errors
/// A file is missing, changed or cannot be understood.
pub fn find_records(
    root: &Path,
    entries: &[SegmentEntry],
    ids: &HashSet<&str>,
) -> Result<HashMap<String, DnaRecord>> {
    let mut found = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    for entry in entries {
        if record_ids(root, entry)?.iter().any(|id| ids.contains(id.as_str())) {
            let records = read_records(root, entry)?;
            let wanted = records.into_iter().filter(|r| ids.contains(r.record_id.as_str()));
            found.extend(wanted.map(|record| (record.record_id.clone(), record)));
        }
    }
    Ok(found)
}

fn open_planes(
    root: &Path,
    entry: &SegmentEntry,
    rows: usize,
) -> Result<(PlaneMap, FixedSizeBinaryArray)> {
    let path = root.join(&entry.planes.path);
    let broken = |e: String| Error::integrity(&path, e, RESTORE_HELP);
    let mapped = map::map(&path)?;
    file::check(&path, &entry.planes, &mapped)?;
    let buffer = Buffer::from(Bytes::from_owner(mapped));
    let batch = decode_ipc(&buffer).map_err(broken)?;
    planes_of(&batch, rows, &path)
}

/// The plane map and planes of a batch made for `rows` records.
fn planes_of(
    batch: &RecordBatch,
    rows: usize,
    path: &Path,
) -> Result<(PlaneMap, FixedSizeBinaryArray)> {
    let broken = |e: String| Error::integrity(path, e, RESTORE_HELP);
    let schema = batch.schema();
    let metadata = |key: &str| {
        schema.metadata().get(key).cloned().ok_or_else(|| broken(format!("no metadata {key}")))
    };
    let map: PlaneMap =
        serde_json::from_str(&metadata(MAP_KEY)?).map_err(|e| broken(e.to_string()))?;
    map.validate().map_err(|e| broken(e.to_string()))?;
    if metadata(ROWS_KEY)? != rows.to_string() {
        return Err(broken("the planes were made for another number of records".into()));
    }
    let planes = typed::<FixedSizeBinaryArray>(batch, PLANES_COLUMN, "FixedSizeBinary")
        .map_err(|e| broken(e.to_string()))?
        .clone();
    if planes.value_data().len() != rows.div_ceil(64 * WORDS) * map.words_per_block() * 8 {
        return Err(broken("the planes are not of the length their map says".into()));
    }
    Ok((map, planes))
}

/// The single batch of an Arrow IPC file, without copying its buffers.
fn decode_ipc(buffer: &Buffer) -> std::result::Result<RecordBatch, String> {
    const TRAILER: usize = 10;
    let trailer = buffer.len().checked_sub(TRAILER).ok_or("the file is too short for Arrow IPC")?;
    let trailer_bytes: [u8; TRAILER] =
        buffer[trailer..].try_into().map_err(|_| "the file is too short for Arrow IPC")?;
    let length = read_footer_length(trailer_bytes).map_err(|e| e.to_string())?;
    let start = trailer.checked_sub(length).ok_or("the footer is longer than the file")?;
    let footer = root_as_footer(&buffer[start..trailer]).map_err(|e| e.to_string())?;
    let schema = fb_to_schema(footer.schema().ok_or("the footer has no schema")?);
    let decoder = FileDecoder::new(Arc::new(schema), footer.version());
    let blocks = footer.recordBatches().ok_or("the file has no record batch")?;
    if blocks.len() != 1 {
        return Err("planes are one record batch".into());
    }
    let block = blocks.get(0);
    let (offset, metadata, body) = (block.offset(), block.metaDataLength(), block.bodyLength());
    let length = i64::from(metadata).checked_add(body).ok_or("the batch is too long")?;
    let (offset, length) = (usize::try_from(offset), usize::try_from(length));
    let (Ok(offset), Ok(length)) = (offset, length) else { return Err("negative offset".into()) };
    if offset.checked_add(length).is_none_or(|end| end > buffer.len()) {
        return Err("the batch reaches past the end of the file".into());
    }
    let data = buffer.slice_with_length(offset, length);
    decoder
        .read_record_batch(block, &data)
        .map_err(|e| e.to_string())?
        .ok_or_else(|| "the record batch is empty".into())
}
