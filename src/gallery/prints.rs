//! The prints of fingerprint records as kernels read them: `prints.arrow`.
//!
//! Rows ascend by position, then number of minutiae, then record, then view, then place in the
//! record: a search of one finger reads one range, and neighbours cost the same. A template that has
//! no minutiae, or whose geometry is not of a hand, has no row. The columns are those of
//! [`crate::column::print`]; the slices of a print are borrowed from them without a copy.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, LargeBinaryArray, RecordBatch, UInt8Array, UInt16Array, UInt32Array,
    UInt64Array,
};
use arrow::buffer::{MutableBuffer, OffsetBuffer, ScalarBuffer};
use rayon::prelude::*;

use super::enrol::{projection, projection_id};
use super::manifest::FingerSegmentEntry;
use crate::column::print::{
    DESCRIPTOR_VERSION_KEY, PRINTS_KEY, PROJECTION_KEY, ROWS_KEY, print_schema,
};
use crate::column::typed;
use crate::domain::finger::{Impression, PlacedMinutia, Position};
use crate::domain::finger_record::FingerRecord;
use crate::kernel::minutia::descriptor::DESCRIPTOR_VERSION;
use crate::kernel::minutia::{DESCRIPTOR_BYTES, Print, PrintView};

/// Prints described between two appends to the columns: enough to keep every thread busy.
const PRINTS_PER_STEP: usize = 1024;

/// A template that can be matched, before it is described.
struct Placed {
    record_row: u32,
    template: u16,
    position: Position,
    impression: Impression,
    view: u8,
    /// 0 where the record states none.
    quality: u8,
    minutiae: Vec<PlacedMinutia>,
}

impl Placed {
    fn order(&self) -> (Position, usize, u32, u8, u16) {
        (self.position, self.minutiae.len(), self.record_row, self.view, self.template)
    }
}

/// The templates of `records` that can be matched, in the order of the rows.
fn place(records: &[&FingerRecord]) -> Vec<Placed> {
    let of_record = |(row, record): (usize, &&FingerRecord)| -> Vec<Placed> {
        let templates = record.templates.iter().enumerate();
        let placed = templates.filter_map(|(place, template)| {
            let minutiae = template.print().ok().filter(|minutiae| !minutiae.is_empty())?;
            Some(Placed {
                record_row: u32::try_from(row).ok()?,
                template: u16::try_from(place).ok()?,
                position: template.position,
                impression: template.impression,
                view: template.view,
                quality: template.quality.unwrap_or(0),
                minutiae,
            })
        });
        placed.collect()
    };
    let mut placed: Vec<Placed> = records.par_iter().enumerate().flat_map_iter(of_record).collect();
    placed.par_sort_unstable_by_key(Placed::order);
    placed
}

/// Variable-length columns while they are filled.
struct Values {
    /// Minutiae before each print, and their sum.
    starts: Vec<usize>,
    order_keys: Vec<u64>,
    descriptors: MutableBuffer,
    x: MutableBuffer,
    y: MutableBuffer,
    directions: MutableBuffer,
    qualities: MutableBuffer,
}

impl Values {
    fn with_capacity(prints: usize, minutiae: usize) -> Values {
        let mut starts = Vec::with_capacity(prints + 1);
        starts.push(0);
        Values {
            starts,
            order_keys: Vec::with_capacity(prints),
            // These buffers are aligned to a cache line, as those of a mapped file are.
            descriptors: MutableBuffer::with_capacity(minutiae * DESCRIPTOR_BYTES),
            x: MutableBuffer::with_capacity(minutiae * 2),
            y: MutableBuffer::with_capacity(minutiae * 2),
            directions: MutableBuffer::with_capacity(minutiae),
            qualities: MutableBuffer::with_capacity(minutiae),
        }
    }

    fn push(&mut self, print: &Print) {
        let before = self.starts.last().copied().unwrap_or(0);
        self.starts.push(before + print.directions.len());
        self.order_keys.push(print.order_key);
        self.descriptors.extend_from_slice(bytemuck::cast_slice::<_, u8>(&print.descriptors));
        for (values, out) in [(&print.x, &mut self.x), (&print.y, &mut self.y)] {
            for value in values {
                out.extend_from_slice(&value.to_le_bytes());
            }
        }
        self.directions.extend_from_slice(&print.directions);
        self.qualities.extend_from_slice(&print.qualities);
    }

    /// The columns `order_key`, `descriptors`, `x`, `y`, `directions` and `qualities`.
    fn finish(self) -> std::result::Result<Vec<ArrayRef>, String> {
        let columns = [
            (self.descriptors, DESCRIPTOR_BYTES),
            (self.x, 2),
            (self.y, 2),
            (self.directions, 1),
            (self.qualities, 1),
        ];
        let mut arrays: Vec<ArrayRef> =
            vec![Arc::new(UInt64Array::from_iter_values(self.order_keys))];
        for (values, bytes_each) in columns {
            let offsets: Vec<i64> =
                self.starts.iter().map(|start| (start * bytes_each) as i64).collect();
            let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
            let array = LargeBinaryArray::try_new(offsets, values.into(), None);
            arrays.push(Arc::new(array.map_err(|e| e.to_string())?));
        }
        Ok(arrays)
    }
}

/// The prints of `records`, described on all threads.
///
/// # Errors
/// Arrow refuses the columns.
pub(super) fn encode(records: &[&FingerRecord]) -> std::result::Result<RecordBatch, String> {
    let placed = place(records);
    let projection = projection().map_err(|e| e.to_string())?;
    let id = projection_id().map_err(|e| e.to_string())?;
    let minutiae = placed.iter().map(|p| p.minutiae.len()).sum();
    let mut values = Values::with_capacity(placed.len(), minutiae);
    for step in placed.chunks(PRINTS_PER_STEP) {
        let described: Vec<Print> =
            step.par_iter().map(|placed| Print::of(&placed.minutiae, projection)).collect();
        described.iter().for_each(|print| values.push(print));
    }
    let bytes = |of: &dyn Fn(&Placed) -> u8| -> ArrayRef {
        Arc::new(UInt8Array::from_iter_values(placed.iter().map(of)))
    };
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from_iter_values(placed.iter().map(|p| p.record_row))),
        Arc::new(UInt16Array::from_iter_values(placed.iter().map(|p| p.template))),
        bytes(&|p| p.position.code()),
        bytes(&|p| p.impression.0),
        bytes(&|p| p.view),
        bytes(&|p| p.quality),
    ];
    columns.extend(values.finish()?);
    let schema = print_schema((DESCRIPTOR_VERSION, id), records.len(), placed.len());
    RecordBatch::try_new(schema, columns).map_err(|e| e.to_string())
}

/// The prints of a segment, mapped or in memory.
#[derive(Debug)]
pub(super) struct Prints {
    batch: RecordBatch,
    record_rows: UInt32Array,
    templates: UInt16Array,
    impressions: UInt8Array,
    views: UInt8Array,
    qualities: UInt8Array,
    order_keys: UInt64Array,
    descriptors: LargeBinaryArray,
    x: LargeBinaryArray,
    y: LargeBinaryArray,
    directions: LargeBinaryArray,
    qualities_of_minutiae: LargeBinaryArray,
    /// Positions that occur, ascending, with their rows.
    positions: Vec<(Position, Range<usize>)>,
    /// Prints of record r are `by_record[record_starts[r]..record_starts[r + 1]]`.
    record_starts: Vec<u32>,
    by_record: Vec<u32>,
}

impl Prints {
    /// The prints in `batch`, of the segment that the manifest calls `entry`.
    ///
    /// # Errors
    /// The batch is not what [`encode`] makes for such records.
    pub(super) fn of(
        batch: RecordBatch,
        entry: &FingerSegmentEntry,
    ) -> std::result::Result<Prints, String> {
        check_metadata(&batch, entry)?;
        let rows = usize::try_from(entry.rows).map_err(|e| e.to_string())?;
        let positions = typed::<UInt8Array>(&batch, "position", "UInt8").map_err(text)?.clone();
        let record_rows =
            typed::<UInt32Array>(&batch, "record_row", "UInt32").map_err(text)?.clone();
        let bytes = |name| typed::<UInt8Array>(&batch, name, "UInt8").cloned().map_err(text);
        let long =
            |name| typed::<LargeBinaryArray>(&batch, name, "LargeBinary").cloned().map_err(text);
        let (record_starts, by_record) = rows_of_records(&record_rows, rows)?;
        let prints = Prints {
            templates: typed::<UInt16Array>(&batch, "template", "UInt16").map_err(text)?.clone(),
            impressions: bytes("impression")?,
            views: bytes("view")?,
            qualities: bytes("quality")?,
            order_keys: typed::<UInt64Array>(&batch, "order_key", "UInt64").map_err(text)?.clone(),
            descriptors: long("descriptors")?,
            x: long("x")?,
            y: long("y")?,
            directions: long("directions")?,
            qualities_of_minutiae: long("qualities")?,
            positions: ranges(&positions)?,
            record_rows,
            record_starts,
            by_record,
            batch,
        };
        prints.check_values()?;
        Ok(prints)
    }

    /// Checks what [`Self::view`] relies on: the five columns of a print are of one number of
    /// minutiae, and every value buffer is aligned.
    fn check_values(&self) -> std::result::Result<(), String> {
        let starts = self.directions.value_offsets();
        let columns = [
            (&self.descriptors, DESCRIPTOR_BYTES),
            (&self.x, 2),
            (&self.y, 2),
            (&self.directions, 1),
            (&self.qualities_of_minutiae, 1),
        ];
        for (column, bytes_each) in columns {
            let offsets = column.value_offsets();
            let agrees = |(offset, start): (&i64, &i64)| *offset == start * bytes_each as i64;
            let is_whole = offsets.first() == Some(&0)
                && offsets.last().is_some_and(|end| *end == column.value_data().len() as i64);
            if column.null_count() > 0 || !is_whole || !offsets.iter().zip(starts).all(agrees) {
                return Err("descriptors, positions and directions are of other minutiae".into());
            }
        }
        for column in [&self.x, &self.y] {
            bytemuck::try_cast_slice::<u8, i16>(column.value_data())
                .map_err(|e| format!("coordinates are not aligned: {e}"))?;
        }
        let by_count =
            |range: &Range<usize>| range.clone().map(|print| self.minutiae(print)).is_sorted();
        if !self.positions.iter().all(|(_, range)| by_count(range)) {
            return Err("the prints of a position ascend by their number of minutiae".into());
        }
        Ok(())
    }

    /// Number of prints.
    pub(super) fn len(&self) -> usize {
        self.record_rows.len()
    }

    /// Minutiae of the print.
    pub(super) fn minutiae(&self, print: usize) -> usize {
        self.directions.value(print).len()
    }

    /// Minutiae of all prints.
    pub(super) fn all_minutiae(&self) -> usize {
        self.directions.value_data().len()
    }

    /// The print as kernels read it.
    pub(super) fn view(&self, print: usize) -> PrintView<'_> {
        PrintView {
            descriptors: bytemuck::cast_slice(self.descriptors.value(print)),
            x: bytemuck::cast_slice(self.x.value(print)),
            y: bytemuck::cast_slice(self.y.value(print)),
            directions: self.directions.value(print),
            qualities: self.qualities_of_minutiae.value(print),
            order_key: self.order_keys.value(print),
        }
    }

    /// Row of the record the print is of.
    pub(super) fn record_row(&self, print: usize) -> usize {
        self.record_rows.value(print) as usize
    }

    /// Place of the print's template in its record.
    pub(super) fn template(&self, print: usize) -> usize {
        usize::from(self.templates.value(print))
    }

    /// How the print was taken.
    pub(super) fn impression(&self, print: usize) -> Impression {
        Impression(self.impressions.value(print))
    }

    /// View number of the print.
    pub(super) fn view_number(&self, print: usize) -> u8 {
        self.views.value(print)
    }

    /// Quality of the print, where its record states one over 0.
    pub(super) fn quality(&self, print: usize) -> Option<u8> {
        Some(self.qualities.value(print)).filter(|quality| *quality > 0)
    }

    /// Positions that occur, ascending, with the rows of their prints.
    pub(super) fn positions(&self) -> &[(Position, Range<usize>)] {
        &self.positions
    }

    /// The prints of the record at `row`, ascending.
    pub(super) fn of_record(&self, row: usize) -> &[u32] {
        let place = |row: usize| self.record_starts.get(row).map_or(0, |start| *start as usize);
        self.by_record.get(place(row)..place(row + 1)).unwrap_or_default()
    }

    /// Bytes the prints take, mapped or in memory.
    pub(super) fn bytes(&self) -> usize {
        let index = 4 * (self.record_starts.len() + self.by_record.len());
        self.batch.columns().iter().map(data_bytes).sum::<usize>() + index
    }

    /// Whether the prints are those of `other`.
    pub(super) fn is_equal(&self, other: &RecordBatch) -> bool {
        self.batch == *other
    }
}

/// Bytes of a column's data: a mapped buffer is the whole file, of which the column is a part.
fn data_bytes(column: &ArrayRef) -> usize {
    column.to_data().get_slice_memory_size().unwrap_or(0)
}

fn text(error: crate::column::ColumnError) -> String {
    error.to_string()
}

fn check_metadata(
    batch: &RecordBatch,
    entry: &FingerSegmentEntry,
) -> std::result::Result<(), String> {
    let schema = batch.schema();
    let stated = |key: &str| schema.metadata().get(key).cloned().unwrap_or_default();
    if stated(ROWS_KEY) != entry.rows.to_string() {
        return Err("the prints were made for another number of records".into());
    }
    if stated(PRINTS_KEY) != batch.num_rows().to_string() {
        return Err("the prints are not as many as were made".into());
    }
    if stated(DESCRIPTOR_VERSION_KEY) != entry.descriptor_version.to_string() {
        return Err("the descriptors are of another version than the manifest says".into());
    }
    if stated(PROJECTION_KEY) != entry.projection {
        return Err("the descriptors are of another projection than the manifest says".into());
    }
    Ok(())
}

/// The rows of each position; positions are known and ascend.
fn ranges(codes: &UInt8Array) -> std::result::Result<Vec<(Position, Range<usize>)>, String> {
    let mut ranges: Vec<(Position, Range<usize>)> = Vec::new();
    for (row, code) in codes.values().iter().enumerate() {
        let position = Position::from_code(*code).ok_or(format!("no position has code {code}"))?;
        match ranges.last_mut() {
            Some((last, range)) if *last == position => range.end = row + 1,
            Some((last, _)) if *last > position => return Err("positions ascend".into()),
            _ => ranges.push((position, row..row + 1)),
        }
    }
    Ok(ranges)
}

/// Prints by record: where those of each of `rows` records start, and the prints in that order.
fn rows_of_records(
    record_rows: &UInt32Array,
    rows: usize,
) -> std::result::Result<(Vec<u32>, Vec<u32>), String> {
    let beyond = || "a print names a record the segment does not have".to_owned();
    let mut starts = vec![0_u32; rows + 1];
    for row in record_rows.values() {
        *starts.get_mut(*row as usize + 1).ok_or_else(beyond)? += 1;
    }
    for row in 1..starts.len() {
        starts[row] += starts[row - 1];
    }
    let mut next = starts.clone();
    let mut prints = vec![0_u32; record_rows.len()];
    for (print, row) in record_rows.values().iter().enumerate() {
        let place = next.get_mut(*row as usize).ok_or_else(beyond)?;
        if let Some(slot) = prints.get_mut(*place as usize) {
            *slot = print as u32;
        }
        *place += 1;
    }
    Ok((starts, prints))
}
