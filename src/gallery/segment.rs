//! One segment: records of one index, and their bit planes.
//!
//! The Parquet file is the truth; the planes are derived from it at commit and bound to it in the
//! manifest. Opening checks both hashes, maps the planes without copying, and keeps of the records
//! only what matching needs: identifiers, retention and the binary profiles.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, BinaryArray, FixedSizeBinaryArray, RecordBatch};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, Field, Schema};
use jiff::civil::Date;

use super::file::{self, FileEntry, RESTORE_HELP, ROWS_PER_GROUP};
use super::ids::{self, ID_COLUMNS, IdColumns};
use super::ipc;
use super::manifest::SegmentEntry;
use super::memory::{self, Keeper};
use crate::column::dna::{
    BIOMETRIC_COLUMNS, RECORD_SCHEMA_VERSION, decode_apart, decode_profile, decode_records,
    encode_records, record_schema,
};
use crate::column::{ColumnError, typed};
use crate::domain::apart::ApartMarkers;
use crate::domain::category::Index;
use crate::domain::dna::Profile;
use crate::domain::record::DnaRecord;
use crate::error::{Error, Result};
use crate::ident::content_id;
use crate::kernel::planes::{PlaneMap, PlaneView, WORDS, new_number, pack};

const PLANES_COLUMN: &str = "planes";
const MAP_KEY: &str = "tanba.plane_map";
const ROWS_KEY: &str = "tanba.rows";
const VERSION_KEY: &str = "tanba.record_schema_version";

/// Columns of the records file that opening reads besides the identifiers; `index` only to check it.
const MATCH_COLUMNS: [&str; 3] = ["index", "profile", "apart"];

/// What the stored markers of a record without any kept apart look like.
const NOTHING_APART: &[u8] = b"{}";

/// Writes a segment's two files.
///
/// # Errors
/// The records cannot be encoded, or the operating system refuses.
pub fn write(
    root: &Path,
    index: Index,
    records: &[&DnaRecord],
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
        planes: ipc::write_new(root, &format!("segments/{id}/planes.arrow"), &planes)?,
        id,
    })
}

fn encode_planes(records: &[&DnaRecord]) -> std::result::Result<Vec<u8>, String> {
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
    let batch = RecordBatch::try_new(schema, vec![Arc::new(array)]).map_err(|e| e.to_string())?;
    ipc::encode(&batch)
}

/// The columns matching needs, of up to [`ROWS_PER_GROUP`] consecutive rows.
#[derive(Debug)]
struct MatchColumns {
    ids: IdColumns,
    profiles: BinaryArray,
    /// Markers kept apart; `None` where no row has any.
    apart: Option<BinaryArray>,
}

impl MatchColumns {
    fn of(batch: RecordBatch) -> std::result::Result<MatchColumns, ColumnError> {
        let apart = typed::<BinaryArray>(&batch, "apart", "Binary")?;
        let has_any = apart.iter().flatten().any(|value| value != NOTHING_APART);
        let mut columns = MatchColumns {
            ids: IdColumns::of(&batch)?,
            profiles: typed::<BinaryArray>(&batch, "profile", "Binary")?.clone(),
            apart: has_any.then(|| apart.clone()),
        };
        drop(batch);
        columns.ids.shrink();
        columns.profiles.shrink_to_fit();
        if let Some(apart) = &mut columns.apart {
            apart.shrink_to_fit();
        }
        Ok(columns)
    }

    fn bytes(&self) -> usize {
        let apart = self.apart.as_ref().map_or(0, Array::get_buffer_memory_size);
        self.ids.bytes() + self.profiles.get_buffer_memory_size() + apart
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
    /// Number of the planes in the process.
    number: u64,
}

impl Segment {
    /// Opens the segment after checking both files against the manifest.
    ///
    /// # Errors
    /// A file is missing, changed or cannot be understood, or a record is of another index than the
    /// manifest says: which comparisons are lawful is decided from the manifest.
    pub fn open(root: &Path, entry: &SegmentEntry) -> Result<Segment> {
        let path = file::verified(root, &entry.records)?;
        let mut keeper = Keeper::new()?;
        let columns = [&ID_COLUMNS[..], &MATCH_COLUMNS].concat();
        for batch in file::batches(&path, Some(&columns))? {
            keeper.push(batch?)?;
        }
        let batches = keeper.finish()?;
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
        let records: Vec<&DnaRecord> = records.iter().collect();
        let batches = records
            .chunks(ROWS_PER_GROUP)
            .map(|chunk| encode_records(chunk, 0))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|e| invalid(e.to_string()))?;
        let bytes = encode_planes(&records).map_err(invalid)?;
        let ipc = ipc::decode(&Buffer::from_vec(bytes)).map_err(invalid)?;
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

    /// The same segment, as if it had been committed at `generation`: of records that are looked at by themselves.
    pub fn of_generation(mut self, generation: u64) -> Segment {
        self.entry.generation = generation;
        self
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
            ids::check_all(batch, "index", entry.index.name()).map_err(broken)?;
        }
        let piece = |batch| {
            memory::keep();
            MatchColumns::of(batch)
        };
        let pieces = batches
            .into_iter()
            .map(piece)
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|e| broken(e.to_string()))?;
        let number = new_number();
        Ok(Segment { entry, path, map, planes, pieces, rows, number })
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
        piece.ids.record_id(row)
    }

    /// Personal identifier of the record at `row`, where it has one.
    pub fn person_id(&self, row: usize) -> Option<&str> {
        let (piece, row) = self.piece(row);
        piece.ids.person_id(row)
    }

    /// Last day the record at `row` is kept, where the law sets one.
    pub fn retain_until(&self, row: usize) -> Option<Date> {
        let (piece, row) = self.piece(row);
        piece.ids.retain_until(row)
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

    /// Whether some record has markers kept apart.
    pub fn has_apart(&self) -> bool {
        self.pieces.iter().any(|piece| piece.apart.is_some())
    }

    /// The markers of the record at `row` that are kept apart.
    ///
    /// # Errors
    /// The stored bytes are not markers.
    pub fn apart(&self, row: usize) -> Result<ApartMarkers> {
        let (piece, place) = self.piece(row);
        let Some(apart) = &piece.apart else { return Ok(ApartMarkers::new()) };
        decode_apart(apart.value(place))
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
        PlaneView::new(&self.map, words, self.rows())
            .map(|view| view.of_segment(self.number))
            .map_err(|e| broken(e.to_string()))
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

/// The records of `entries` that bear one of `wanted`, by id. Whole records are read only from the
/// segments that hold such an id.
///
/// # Errors
/// A file is missing, changed or cannot be understood.
pub fn find_records(
    root: &Path,
    entries: &[SegmentEntry],
    wanted: &HashSet<&str>,
) -> Result<HashMap<String, DnaRecord>> {
    let mut found = HashMap::new();
    for entry in ids::holding(root, entries, |entry| &entry.records, wanted)? {
        let records = read_records(root, entry)?;
        let wanted = records.into_iter().filter(|r| wanted.contains(r.record_id.as_str()));
        found.extend(wanted.map(|record| (record.record_id.clone(), record)));
    }
    Ok(found)
}

fn open_planes(
    root: &Path,
    entry: &SegmentEntry,
    rows: usize,
) -> Result<(PlaneMap, FixedSizeBinaryArray)> {
    let batch = ipc::open(root, &entry.planes)?;
    planes_of(&batch, rows, &root.join(&entry.planes.path))
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
