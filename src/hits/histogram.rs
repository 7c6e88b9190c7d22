//! How the scores of a search are spread: exact scores of what passed the screen, in bins of one
//! order of magnitude, and one row for all comparisons the screen ended. The rows of a search sum to
//! its comparisons.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef, UInt64Type};
use serde::{Deserialize, Serialize};

use crate::column::ColumnError;
use crate::score::Millibans;

/// Width of a bin, millibans.
const BIN_MBAN: i32 = 1000;

/// Exact scores of one search by bin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    bins: BTreeMap<i32, u64>,
}

impl Histogram {
    /// Counts one exact score.
    pub fn add(&mut self, score: Millibans) {
        *self.bins.entry(score.0.div_euclid(BIN_MBAN)).or_insert(0) += 1;
    }

    /// Adds another histogram's counts.
    pub fn merge(&mut self, other: &Histogram) {
        for (bin, count) in &other.bins {
            *self.bins.entry(*bin).or_insert(0) += count;
        }
    }

    /// Scores counted.
    pub fn total(&self) -> u64 {
        self.bins.values().sum()
    }
}

/// Schema of `histogram.parquet`.
pub fn histogram_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("search", DataType::Utf8, false),
        Field::new("stage", DataType::Utf8, false),
        Field::new("score_low_mban", DataType::Int32, true),
        Field::new("score_high_mban", DataType::Int32, true),
        Field::new("comparisons", DataType::UInt64, false),
    ]))
}

/// Histograms of a run as one batch: (search, comparisons made, exact scores).
///
/// # Errors
/// Arrow refuses the batch.
pub fn encode_histograms(
    searches: &[(String, u64, Histogram)],
) -> Result<RecordBatch, ColumnError> {
    let mut names = Vec::new();
    let mut stages = Vec::new();
    let mut bounds: Vec<Option<i32>> = Vec::new();
    let mut counts = Vec::new();
    for (search, comparisons, histogram) in searches {
        names.push(search.as_str());
        stages.push("screened_out");
        bounds.push(None);
        counts.push(comparisons.saturating_sub(histogram.total()));
        for (bin, count) in &histogram.bins {
            names.push(search);
            stages.push("rescored");
            bounds.push(Some(bin.saturating_mul(BIN_MBAN)));
            counts.push(*count);
        }
    }
    let high = bounds.iter().map(|low| low.map(|low| low.saturating_add(BIN_MBAN)));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(&names)),
        Arc::new(StringArray::from_iter_values(&stages)),
        Arc::new(Int32Array::from_iter(bounds.iter().copied())),
        Arc::new(Int32Array::from_iter(high)),
        Arc::new(UInt64Array::from_iter_values(counts)),
    ];
    Ok(RecordBatch::try_new(histogram_schema(), columns)?)
}

/// One row of `histogram.parquet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistogramRow {
    /// Search.
    pub search: String,
    /// Edges of the bin, millibans, the upper one not included; none: the comparisons the screen ended.
    pub bin_mban: Option<(i32, i32)>,
    /// Comparisons counted.
    pub comparisons: u64,
}

/// Rows of a batch of [`histogram_schema`]; `None` where it is no such batch.
pub fn decode_histograms(batch: &RecordBatch) -> Option<Vec<HistogramRow>> {
    let searches = batch.column_by_name("search")?.as_string_opt::<i32>()?;
    let edge = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Int32Type>();
    let (lows, highs) = (edge("score_low_mban")?, edge("score_high_mban")?);
    let counts = batch.column_by_name("comparisons")?.as_primitive_opt::<UInt64Type>()?;
    let row = |row: usize| HistogramRow {
        search: searches.value(row).to_owned(),
        bin_mban: lows.is_valid(row).then(|| (lows.value(row), highs.value(row))),
        comparisons: counts.value(row),
    };
    Some((0..batch.num_rows()).map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_search_sum_to_its_comparisons() {
        let mut histogram = Histogram::default();
        for score in [999, 1000, -1, i32::MIN, 123_456] {
            histogram.add(Millibans(score));
        }
        let batch = encode_histograms(&[("s".into(), 1000, histogram)]).unwrap();
        let counts = batch.column(4).as_any().downcast_ref::<UInt64Array>().unwrap();
        assert_eq!(counts.values().iter().sum::<u64>(), 1000);
        assert_eq!(batch.num_rows(), 6);
        let rows = decode_histograms(&batch).unwrap();
        assert_eq!((rows[0].bin_mban, rows[0].comparisons), (None, 995));
        assert_eq!((rows[2].bin_mban, rows[2].comparisons), (Some((-1000, 0)), 1));
    }
}
